use crate::catalog::{Catalog, Form, Loaded, ProblemKind, Severity};

const RULE: &str = "\
rules:
- cre:
    id: CRE-2026-9001
    severity: 1
    title: Cache {lost}
    category: cache
    tags: [redis, known-problem]
    cause: |
      - Nobody answers.
    impact: Slow pages.
    mitigation: |
      1. Start it.
         And wait.
      2. Look again.
    references: ['https://example.com/a/b', none]
  metadata: {id: x}
  rule:
    sequence:
      window: 1m30s
      event: {source: cre.log.redis}
      order: [{value: A, count: 2}, again, {regex: 'B\\d'}]
      negate: [{value: N, window: 5s, anchor: 1}]
terms:
  again: {jq: '.a == 1'}
";

fn load(text: &str) -> Loaded {
    Catalog::load([("redis.yaml", text)])
}

fn codes(text: &str) -> Vec<(&'static str, ProblemKind)> {
    let problems = load(text).problems;
    problems
        .iter()
        .map(|problem| (problem.code, problem.kind))
        .collect()
}

#[test]
fn a_rule_is_a_pattern() {
    let logs = [
        ("a/redis.yaml", RULE),
        ("a/test.log", "A"),
        ("b/test-fp.log", "B"),
    ];
    let loaded = Catalog::load(logs);
    assert!(
        loaded.problems.is_empty(),
        "{}",
        loaded.problems[0].render_plain()
    );
    let rule = loaded.catalog.get("CRE-2026-9001").expect("the rule");
    assert_eq!(
        (&*rule.title, rule.severity),
        ("Cache lost", Severity::Error)
    );
    assert_eq!(rule.tags, ["cre", "cache", "redis", "known-problem"]);
    assert_eq!(rule.cause, "Nobody answers. Impact: Slow pages.");
    assert_eq!(rule.remediation, ["Start it. And wait.", "Look again."]);
    assert_eq!(
        (rule.links.len(), &*rule.links[0].title),
        (1, "example.com")
    );
    assert_eq!((rule.examples.len(), rule.negative_examples.len()), (1, 0));
    let names: Vec<&str> = rule.events.iter().map(|event| &*event.name).collect();
    assert_eq!(names, ["term-1", "again", "term-3", "negate-1"]);
    let matching = &rule.matching;
    assert_eq!(
        (matching.form, matching.within),
        (Form::Order, Some(90_000_000))
    );
    assert_eq!(matching.events, [0, 0, 1, 2]);
    let negate = &matching.negates[0];
    assert_eq!(
        (negate.event, negate.anchor, negate.window),
        (3, 1, 5_000_000)
    );
}

#[test]
fn what_cannot_be_honoured_is_an_error_with_its_place() {
    use ProblemKind::{Error, Warning};
    for (from, to, wanted) in [
        ("jq: '.a == 1'", "jq: '.a ='", ("cre/jq", Error)),
        ("regex: 'B\\d'", "regex: 'B('", ("cre/regex", Error)),
        ("window: 1m30s", "window: 90", ("cre/duration", Error)),
        ("      window: 1m30s\n", "", ("cre/window", Error)),
        ("anchor: 1", "anchor: 4", ("cre/anchor", Error)),
        (
            "regex: 'B\\d'",
            "set: {match: [B]}",
            ("cre/unsupported", Error),
        ),
        ("value: N", "value: N, count: 2", ("cre/count", Error)),
        ("value: A", "value: A, regex: a", ("cre/term", Error)),
        (
            "value: A",
            "value: A, extract: []",
            ("cre/unsupported", Error),
        ),
        (
            "value: A",
            "value: A, field: message",
            ("cre/ignored", Warning),
        ),
        ("severity: 1", "severity: 9", ("cre/severity", Warning)),
        (
            "    sequence:",
            "    set: {match: [A]}\n    sequence:",
            ("cre/ignored", Warning),
        ),
    ] {
        let text = RULE.replace(from, to);
        assert_ne!(text, RULE, "{from}");
        assert_eq!(codes(&text), [wanted], "{to}");
        assert_eq!(
            load(&text).catalog.len(),
            usize::from(wanted.1 == Warning),
            "{to}"
        );
    }
}

#[test]
fn a_broken_rule_leaves_the_others() {
    let good = RULE.replace("9001", "9002");
    let rules = good.split_once("terms:").expect("terms").0;
    let rest = RULE
        .strip_prefix("rules:\n")
        .expect("rules")
        .replace("'B\\d'", "'B('");
    let loaded = load(&format!("{rules}{rest}"));
    assert_eq!((loaded.catalog.len(), loaded.problems.len()), (1, 1));
    assert!(loaded.catalog.get("CRE-2026-9002").is_some());
}

#[test]
fn drafts_are_info() {
    let text = RULE.replace("    title", "    author: Prequel (draft)\n    title");
    let loaded = load(&text);
    let draft = loaded.catalog.get("CRE-2026-9001").expect("the rule");
    assert_eq!(draft.severity, Severity::Info);
    assert!(draft.tags.contains(&"draft".to_owned()));
}
