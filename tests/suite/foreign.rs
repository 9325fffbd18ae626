//! Catalogs of others: rules of CRE and specs of troubleshoot.

use std::collections::BTreeMap;
use std::path::Path;

use bundlecheck::catalog::{Catalog, read_files};
use bundlecheck::checker::check_examples;
use bundlecheck::diagnose::Filter;
use bundlecheck::{Bundle, Checker, Report};
use serde_json::Value;

use crate::support::{corpus, run, stderr, stdout};

fn load(path: &Path) -> bundlecheck::catalog::Loaded {
    Catalog::load(read_files(path).unwrap())
}

fn check(catalog: &Catalog, log: &str) -> Report {
    // 2025-06-01, so that no time of a test lies in the future.
    let filter = Filter {
        collected_at: Some(1_900_000_000_000_000),
        ..Filter::default()
    };
    let checker = Checker::builder(catalog)
        .jobs(1)
        .max_evidence(1_000)
        .filter(filter)
        .build()
        .unwrap();
    let files = [("test.log", log.as_bytes())];
    checker
        .check(&Bundle::from_files("test", files).unwrap())
        .unwrap()
}

/// The lines of all records of a finding, in the order of the log.
fn lines(report: &Report) -> Vec<u64> {
    let evidence = report.findings.iter().flat_map(|finding| &finding.evidence);
    let mut lines: Vec<u64> = evidence.map(|quoted| quoted.line).collect();
    lines.sort_unstable();
    lines
}

#[test]
fn rules_of_cre_fire_on_their_logs() {
    let Some(corpus) = corpus() else { return };
    let loaded = load(&corpus.join("cre/rules"));
    assert!(loaded.catalog.left_out().is_empty());
    assert_eq!(loaded.catalog.patterns().len(), 240);
    let with = |pick: fn(&bundlecheck::catalog::Pattern) -> usize| -> usize {
        loaded.catalog.patterns().iter().map(pick).sum()
    };
    assert_eq!(with(|rule| rule.examples.len()), 240);
    assert_eq!(with(|rule| rule.negative_examples.len()), 1);
    let (_, problems) = check_examples(&loaded.catalog);
    let wrong: Vec<String> = problems
        .iter()
        .filter(|problem| problem.code.contains("example"))
        .map(bundlecheck::catalog::Problem::render_plain)
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What `preq` answers and what a rule means differ here; the numbers are lines of the file.
const INTENDED: &[(usize, &[&str], &str)] = &[
    (5, &["A", "B"], "a line of the future does not stop a rule"),
    (6, &["A", "B"], "neither does one before"),
    (
        12,
        &["A1", "A2", "A3"],
        "all three, not the last one thrice",
    ),
    (20, &[], "no C stands between B and D"),
    (46, &[], "the second N lies between the three A"),
    (47, &[], "preq ends with a panic"),
    (54, &[], "preq ends with a panic"),
    (61, &[], "`extract` is refused"),
    (63, &[], "lines are not joined without a space"),
    (64, &["HEADER", "HEADER2"], "lines without a time count"),
    (65, &["BAD"], "so do those that are no UTF-8 or no JSON"),
    (66, &["level"], "the line is quoted as it stands"),
    (69, &[], "an empty log is no error"),
    (70, &["A"], "any spelling of time is one"),
    (71, &["A"], "any spelling of time is one"),
    (72, &["A"], "the last line counts without its end"),
    (75, &["A"], "1970 is a time"),
    (77, &["foo", "foo"], "the count of a reference holds"),
    (78, &["A"], "of two rules of one id the first is used"),
    (79, &["A"], "a broken rule leaves the others"),
    (81, &[], "nesting is refused"),
    (82, &[], "nesting is refused"),
    (83, &[], "promql is refused"),
];

#[test]
fn vectors_of_cre_agree_with_what_rules_mean() {
    let Some(corpus) = corpus() else { return };
    let text = std::fs::read_to_string(corpus.join("cre/vectors.jsonl")).unwrap();
    let intended: BTreeMap<usize, &[&str]> = INTENDED
        .iter()
        .map(|(number, hits, _)| (*number, *hits))
        .collect();
    let mut wrong = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let vector: Value = serde_json::from_str(line).unwrap();
        let (Some(rule), Some(log)) = (vector["rule"].as_str(), vector["log"].as_str()) else {
            continue;
        };
        let catalog = Catalog::load([("rule.yaml", rule)]).catalog.any_source();
        let report = check(&catalog, log);
        let found: Vec<&str> = lines(&report)
            .iter()
            .map(|line| {
                log.lines()
                    .nth(usize::try_from(*line).unwrap() - 1)
                    .unwrap()
            })
            .collect();
        let texts = |hit: &Value| hit.as_str().unwrap().trim_end().to_owned();
        let answered = vector["hits"].as_array().unwrap().iter().map(texts);
        let hits: Vec<String> = intended.get(&number).map_or_else(
            || answered.collect(),
            |hits| hits.iter().map(|hit| (*hit).to_owned()).collect(),
        );
        // All records of the first occurrence are quoted, and the last one of each other.
        let counted: u64 = report.findings.iter().map(|finding| finding.lines).sum();
        let agrees = counted == hits.len() as u64
            && found
                .iter()
                .all(|line| hits.iter().any(|hit| line.contains(&**hit)));
        if !agrees {
            wrong.push(format!(
                "{number} {}: wanted {hits:?}, found {found:?}",
                vector["name"]
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_spec_concludes_what_troubleshoot_concluded() {
    let Some(corpus) = corpus() else { return };
    let folder = corpus.join("troubleshoot");
    let (bundle, spec) = (
        folder.join("preflight-v1beta2.tar.gz"),
        folder.join("all-analyzers-v1beta2.yaml"),
    );
    let output = run(&[
        bundle.as_os_str(),
        "--patterns".as_ref(),
        spec.as_os_str(),
        "--no-builtin".as_ref(),
        "--format".as_ref(),
        "troubleshoot-json".as_ref(),
    ]);
    let found: Value = serde_json::from_str(&stdout(&output)).unwrap();
    let wanted = std::process::Command::new("tar")
        .args([
            "xzOf",
            bundle.to_str().unwrap(),
            "--wildcards",
            "*/analysis.json",
        ])
        .output()
        .unwrap();
    let wanted: Value = serde_json::from_slice(&wanted.stdout).unwrap();
    let rows = |value: &Value| -> Vec<[String; 5]> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let row = |row: &Value| {
            let insight = &row["insight"];
            [
                text(&row["name"]),
                text(&insight["primary"]),
                text(&insight["detail"]),
                text(&row["severity"]),
                text(&row["involvedObject"]["name"]),
            ]
        };
        value.as_array().unwrap().iter().map(row).collect()
    };
    assert_eq!(rows(&found).len(), 32);
    assert_eq!(rows(&found), rows(&wanted));
}

const RULES: &str = "\
rules:
- cre: {id: CRE-2026-9001, severity: 1, title: Cache lost}
  rule:
    set:
      event: {source: cre.log.redis}
      match: [connection lost]
- cre: {id: CRE-2026-9002, severity: 1, title: Broken}
  rule:
    set:
      event: {source: cre.log.redis}
      match: [{regex: '('}]
- cre: {id: CRE-2026-9003, severity: 0, title: Draft, author: Prequel (draft)}
  rule:
    set:
      event: {source: cre.log.acme}
      match: [connection lost]
";

#[test]
fn sources_choose_logs_and_a_broken_rule_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let (rules, own) = (dir.path().join("rules.yaml"), dir.path().join("own.yaml"));
    std::fs::write(&rules, RULES).unwrap();
    std::fs::write(
        &own,
        "sources:\n  cre.log.acme: {entries: ['**/app.log']}\n",
    )
    .unwrap();
    let bundle = dir.path().join("bundle");
    std::fs::create_dir_all(bundle.join("var/log/redis")).unwrap();
    let line = "2026-11-20T12:00:00Z ERROR connection lost\n";
    std::fs::write(bundle.join("var/log/redis/redis-server.log"), line).unwrap();
    // Another message, since a copy of a line in another file is the same event.
    std::fs::write(bundle.join("app.log"), line.replace("lost", "lost to db")).unwrap();
    let check = |more: &[&str]| {
        let mut args = vec![bundle.to_str().unwrap(), "--no-builtin", "--format", "json"];
        args.extend(["--patterns", rules.to_str().unwrap()]);
        args.extend(more);
        let output = run(&args);
        assert_eq!(stderr(&output), "");
        let report: Value = serde_json::from_str(&stdout(&output)).unwrap();
        let findings = report["findings"].as_array().unwrap().iter();
        let found: Vec<String> = findings
            .map(|one| {
                format!(
                    "{} {} {}",
                    one["id"].as_str().unwrap(),
                    one["severity"].as_str().unwrap(),
                    one["count"]
                )
            })
            .collect();
        let told = report["not_checked"].as_array().unwrap().iter();
        let told: Vec<&str> = told
            .inspect(|warning| assert_eq!(warning["reason"], "rule"))
            .map(|warning| warning["entry"].as_str().unwrap())
            .collect();
        assert!(told.iter().any(|place| place.ends_with("rules.yaml:11")));
        // The other one is of an unknown source.
        let knows_all = more.contains(&"--any-source") || more.contains(&"--patterns");
        assert_eq!(told.contains(&"cre.log.acme"), !knows_all, "{told:?}");
        found
    };
    assert_eq!(check(&[]), ["CRE-2026-9001 error 1"]);
    assert_eq!(
        check(&["--any-source"]),
        ["CRE-2026-9001 error 2", "CRE-2026-9003 info 2"]
    );
    assert_eq!(
        check(&["--any-source", "--no-drafts"]),
        ["CRE-2026-9001 error 2"]
    );
    assert_eq!(
        check(&["--patterns", own.to_str().unwrap()]),
        ["CRE-2026-9001 error 1", "CRE-2026-9003 info 1"]
    );
}

const SPEC: &str = "\
apiVersion: troubleshoot.sh/v1beta2
kind: SupportBundle
metadata: {name: acme}
spec:
  analyzers:
    - deploymentStatus:
        name: api
        namespace: default
        outcomes:
          - fail: {when: absent, message: There is no api}
          - pass: {message: fine}
    - textAnalyze:
        checkName: Boom
        fileName: app.log
        regex: boom
        outcomes:
          - fail: {when: 'true', message: It went boom}
          - pass: {when: 'false', message: quiet}
";

#[test]
fn what_is_missing_says_something_only_of_a_bundle_of_troubleshoot() {
    let catalog = Catalog::load([("spec.yaml", SPEC)]);
    assert!(catalog.problems.is_empty());
    let checker = Checker::builder(&catalog.catalog).jobs(1).build().unwrap();
    let found = |files: &[(&str, &str)]| {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let report = checker.check(&Bundle::open(dir.path()).unwrap()).unwrap();
        let findings = report.findings.iter();
        let findings: Vec<String> = findings.map(|one| one.title.clone()).collect();
        (findings, report.not_checked.len())
    };
    let deployments = (
        "cluster-resources/deployments/default.json",
        r#"{"kind":"DeploymentList","items":[]}"#,
    );
    let (version, log) = (("version.yaml", "spec: {}\n"), ("app.log", "x\nboom\n"));
    let quiet = vec!["Boom: It went boom".to_owned()];
    assert_eq!(found(&[log]), (quiet, 1));
    let (both, told) = found(&[version, log, deployments]);
    assert_eq!((both.len(), told), (2, 0), "{both:?}");
}
