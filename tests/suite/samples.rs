//! The bundles in `samples/`: each in every container, every wrapping and for any number of threads.

use std::path::Path;

use serde_json::Value;

use crate::pack::{self, Files};
use crate::support::{decisions, expect_file, run, samples, stdout};

#[test]
fn reports_are_the_expected_ones() {
    for sample in samples().into_iter().chain(decisions()) {
        let bundle = sample.join("bundle");
        let bundle = bundle.strip_prefix(crate::support::root()).unwrap();
        expect_file(
            &sample.join("expected.txt"),
            &stdout(&run(&[bundle.as_os_str()])),
        );
        let json = run(&[bundle.as_os_str(), "-f".as_ref(), "json".as_ref()]);
        expect_file(
            &sample.join("expected.json"),
            &without_program(&stdout(&json)),
        );
    }
}

#[test]
fn every_container_gives_the_same_report() {
    for sample in samples() {
        let files = pack::files(&sample.join("bundle"));
        let expected = report(&sample.join("bundle"), &[]);
        for (kind, bytes) in pack::all(&files) {
            let packed = save(&bytes);
            let mut found = report(packed.path(), &[]);
            if kind == "tar of .gz members" {
                found = strip(&found, "size");
            }
            assert_eq!(
                comparable(&found),
                comparable(&expected),
                "{} as {kind}",
                sample.display()
            );
        }
    }
}

#[test]
fn an_archive_in_an_archive_gives_the_same_findings() {
    for sample in samples() {
        let files = pack::files(&sample.join("bundle"));
        let inner = pack::xz(&pack::tar(&files));
        let nested = pack::zip(&vec![("case/bundle.tar.xz".to_owned(), inner)]);
        let packed = save(&nested);
        let (found, expected) = (
            report(packed.path(), &[]),
            report(&sample.join("bundle"), &[]),
        );
        assert_eq!(counts(&found), counts(&expected), "{}", sample.display());
        let entry = found["findings"][0]["evidence"][0]["entry"].as_str();
        assert!(
            entry.is_none_or(|entry| entry.starts_with("case/bundle.tar.xz!")),
            "{entry:?}"
        );
    }
}

/// A line and its node to a wrapped line.
type Wrap = fn(&str, &str) -> String;

#[test]
fn every_wrapping_of_the_logs_gives_the_same_findings() {
    let wrappings: [(&str, Wrap); 3] = [
        ("docker json", |line, _| {
            format!(
                "{{\"log\":{},\"stream\":\"stdout\",\"time\":\"{}\"}}",
                serde_json::to_string(&format!("{line}\n")).unwrap(),
                time(line)
            )
        }),
        ("CRI", |line, _| format!("{} stdout F {line}", time(line))),
        ("journald short", |line, node| {
            format!("{} {node} storageos[7]: {line}", month_first(&time(line)))
        }),
    ];
    let sample = crate::support::root().join("samples/storageos-join/bundle");
    let expected = counts(&report(&sample, &[]));
    for (name, wrap) in wrappings {
        let mut files = pack::files(&sample);
        for (path, content) in &mut files {
            let node = path.split('/').next().unwrap().to_owned();
            if path.ends_with("storageos.log") {
                let text = String::from_utf8(std::mem::take(content)).unwrap();
                *content = text
                    .lines()
                    .map(|line| wrap(line, &node) + "\n")
                    .collect::<String>()
                    .into_bytes();
            }
        }
        let packed = save(&pack::gzip(&pack::tar(&files)));
        assert_eq!(counts(&report(packed.path(), &[])), expected, "{name}");
    }
}

#[test]
fn the_number_of_threads_changes_nothing() {
    for sample in samples() {
        let packed = save(&pack::gzip(&pack::tar(&pack::files(
            &sample.join("bundle"),
        ))));
        for bundle in [packed.path(), &sample.join("bundle")] {
            let one = run(&[bundle.as_os_str(), "-j1".as_ref(), "-v".as_ref()]);
            for jobs in ["-j2", "-j8"] {
                assert_eq!(
                    stdout(&run(&[bundle.as_os_str(), jobs.as_ref(), "-v".as_ref()])),
                    stdout(&one),
                    "{}",
                    bundle.display()
                );
            }
        }
    }
}

#[test]
fn the_packed_sample_is_the_directory() {
    let root = crate::support::root().join("samples");
    if std::env::var_os("BUNDLECHECK_BLESS").is_some() {
        let files = pack::files(&root.join("storageos-join/bundle"));
        std::fs::write(
            root.join("storageos-join.tar.gz"),
            pack::gzip(&pack::tar(&files)),
        )
        .unwrap();
    }
    let found = report(&root.join("storageos-join.tar.gz"), &[]);
    assert_eq!(
        comparable(&found),
        comparable(&report(&root.join("storageos-join/bundle"), &[]))
    );
}

#[test]
fn every_quoted_line_is_the_line_of_the_file() {
    for sample in samples().into_iter().chain(decisions()) {
        let files = pack::files(&sample.join("bundle"));
        for evidence in all_evidence(&report(&sample.join("bundle"), &[])) {
            let entry = evidence["entry"].as_str().unwrap();
            let number = usize::try_from(evidence["line"].as_u64().unwrap()).unwrap();
            let line = line_of(&files, entry, number);
            assert_eq!(
                evidence["text"].as_str().unwrap(),
                line.replace('\t', " "),
                "{entry}:{number}"
            );
        }
    }
}

#[test]
fn filters_restrict_the_findings() {
    let bundle = crate::support::root().join("samples/storageos-join/bundle");
    let all = counts(&report(&bundle, &[]));
    assert!(all.iter().any(|(id, ..)| id == "storageos-join-503"));
    assert!(
        counts(&report(&bundle, &["--select", "net-*"]))
            .iter()
            .all(|(id, ..)| id.starts_with("net-"))
    );
    assert!(
        !counts(&report(&bundle, &["--ignore", "storageos-join-503"]))
            .iter()
            .any(|(id, ..)| id == "storageos-join-503")
    );
    assert!(
        !counts(&report(&bundle, &["--node", "node1"]))
            .iter()
            .any(|(id, ..)| id == "storageos-join-503")
    );
    assert!(
        !counts(&report(&bundle, &["--until", "2001-01-01T00:00:00Z"]))
            .iter()
            .any(|(id, ..)| id == "storageos-join-503")
    );
}

fn line_of<'a>(files: &'a Files, entry: &str, number: usize) -> &'a str {
    let (_, content) = files.iter().find(|(name, _)| name == entry).unwrap();
    std::str::from_utf8(content)
        .unwrap()
        .lines()
        .nth(number - 1)
        .unwrap()
}

fn all_evidence(report: &Value) -> Vec<Value> {
    let list = |value: &Value| value.as_array().unwrap().clone();
    let stated = [list(&report["findings"]), list(&report["diagnoses"])].concat();
    let ruled_out = stated.iter().flat_map(|one| list(&one["ruled_out"]));
    let counter = ruled_out
        .map(|one| one["evidence"].clone())
        .filter(Value::is_object);
    let quoted = stated.iter().flat_map(|one| list(&one["evidence"]));
    quoted.chain(counter).collect()
}

fn report(bundle: &Path, options: &[&str]) -> Value {
    let mut args = vec![bundle.as_os_str(), "-f".as_ref(), "json".as_ref()];
    args.extend(options.iter().map(std::ffi::OsStr::new));
    let output = run(&args);
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", crate::support::stderr(&output)))
}

/// Id, count, lines and nodes of every finding.
fn counts(report: &Value) -> Vec<(String, u64, u64, String)> {
    let one = |finding: &Value| {
        (
            finding["id"].as_str().unwrap().to_owned(),
            finding["count"].as_u64().unwrap(),
            finding["lines"].as_u64().unwrap(),
            finding["nodes"].to_string(),
        )
    };
    report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(one)
        .collect()
}

/// The report without what names the container.
fn comparable(report: &Value) -> Value {
    ["command", "path", "container", "size"]
        .iter()
        .fold(report.clone(), |report, name| strip(&report, name))
}

fn strip(report: &Value, name: &str) -> Value {
    let mut report = report.clone();
    report.as_object_mut().unwrap().remove(name);
    report["bundle"].as_object_mut().unwrap().remove(name);
    report
}

/// JSON without the path of the program, which differs between machines, and the catalog's hash.
fn without_program(json: &str) -> String {
    let mut report: Value = serde_json::from_str(json).unwrap();
    report["command"][0] = "bundlecheck".into();
    report["catalog"]["sha256"] = "...".into();
    report["catalog"]["patterns"] = 0.into();
    serde_json::to_string_pretty(&report).unwrap() + "\n"
}

fn save(bytes: &[u8]) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    file
}

/// The time that a logrus line carries; the text of other lines stays without one.
fn time(line: &str) -> String {
    let found = line
        .split("time=\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next());
    found.unwrap_or("2018-09-24T13:40:20Z").to_owned()
}

/// `2018-09-24T13:40:20Z` as `Sep 24 13:40:20`.
fn month_first(time: &str) -> String {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let month: usize = time[5..7].parse().unwrap();
    format!(
        "{} {:>2} {}",
        MONTHS[month - 1],
        time[8..10].trim_start_matches('0'),
        &time[11..19]
    )
}
