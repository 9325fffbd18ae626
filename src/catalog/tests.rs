use super::*;

const GOOD: &str = r#"
id: join-503
title: "{node} cannot join {members}"
severity: error
events:
  config-503: { level: error, msg: could not retrieve cluster config, status_code: 503 }
  failed:
    error: { contains: 503 Service, not: { regex: 'retry (?<after>\d+)' } }
    capture: { members: endpoint }
  joined: { msg: { starts_with: joined } }
match:
  sequence: [config-503, failed]
  within: 10s
  count: 2
  same: [node, members]
  unless: { event: joined, before: 1m }
  resolved_by: joined
cause: Nobody answers.
confirm: [{ run: nc -zv, on: the node }, look]
remediation: [open the port]
links: [{ title: Docs, url: "https://example.com" }]
examples: [a]
negative_examples: [b]
"#;

fn load(text: &str) -> Loaded {
    Catalog::load([("area/join-503.yaml", text)])
}

/// Code, line, column and message of the first problem.
fn first_problem(text: &str) -> (String, usize, usize, String) {
    let loaded = load(text);
    let problem = loaded.problems.first().expect("a problem");
    (
        problem.code.to_owned(),
        problem.line(),
        problem.column(),
        problem.message.clone(),
    )
}

#[test]
fn a_whole_pattern_is_read() {
    let loaded = load(GOOD);
    assert!(
        loaded.problems.is_empty(),
        "{}",
        loaded.problems[0].render_plain()
    );
    let pattern = loaded.catalog.get("join-503").expect("it is there");
    assert_eq!(pattern.area(), "area");
    let matching = &pattern.matching;
    assert_eq!(
        (matching.form, &matching.events[..], matching.within),
        (Form::Sequence, &[0, 1][..], Some(10_000_000))
    );
    assert_eq!(
        (matching.count, &matching.same[..]),
        (2, &[Key::Node, Key::Capture("members".into())][..])
    );
    assert_eq!(
        matching
            .unless
            .as_ref()
            .map(|unless| (unless.event, unless.before, unless.after)),
        Some((2, Some(60_000_000), None))
    );
    assert_eq!(pattern.confirm.len(), 2);
}

#[test]
fn problems_know_their_place_and_what_would_be_valid() {
    let cases = [
        (
            ("severity: error", "severity: eror"),
            ("pattern/unknown-name", 4, 11, "unknown severity `eror`"),
        ),
        (
            ("severity:", "severty:"),
            (
                "pattern/unknown-name",
                4,
                1,
                "unknown key `severty` in a pattern",
            ),
        ),
        (
            ("within: 10s", "within: ten"),
            ("pattern/duration", 13, 11, "`ten` is no duration"),
        ),
        (
            ("resolved_by: joined", "resolved_by: joind"),
            ("pattern/unknown-name", 17, 16, "no event is called `joind`"),
        ),
        (
            ("level: error", "level: eror"),
            ("pattern/unknown-name", 6, 24, "unknown level `eror`"),
        ),
        (
            ("{members}", "{nodes}"),
            (
                "pattern/unknown-name",
                3,
                8,
                "the title names `{nodes}`, which nothing captures",
            ),
        ),
        (
            ("(?<after>", "(?<after"),
            (
                "pattern/regex",
                8,
                51,
                "this regex cannot be used: invalid capture group character",
            ),
        ),
        (
            ("  sequence: [config-503, failed]\n", ""),
            (
                "pattern/match",
                12,
                3,
                "`match` needs exactly one of `event`, `any`, `all` and `sequence`",
            ),
        ),
        (
            ("id: join-503", "id: Join 503"),
            ("pattern/id", 2, 5, "`Join 503` is no slug"),
        ),
        (
            ("cause: Nobody answers.", "cause: [x]"),
            (
                "pattern/wrong-type",
                18,
                8,
                "cause must be text, not a list",
            ),
        ),
        (
            ("https://", "ftp://"),
            (
                "pattern/link",
                21,
                29,
                "`ftp://example.com` is no web address",
            ),
        ),
        (
            ("remediation: [open the port]\n", ""),
            (
                "pattern/missing-key",
                2,
                1,
                "a pattern has no `remediation`",
            ),
        ),
        (
            ("cause: Nobody answers.", "cause: a\ncause: b"),
            ("pattern/duplicate-key", 19, 1, "`cause` stands twice"),
        ),
    ];
    for ((from, to), (code, line, column, message)) in cases {
        assert!(GOOD.contains(from), "{from}");
        let found = first_problem(&GOOD.replacen(from, to, 1));
        let found = (&*found.0, found.1, found.2, &*found.3);
        assert_eq!(found, (code, line, column, message), "{from} -> {to}");
    }
}

#[test]
fn a_problem_is_shown_as_a_code_frame_with_a_suggestion() {
    let loaded = load(&GOOD.replace("severity: error", "severity: eror"));
    let frame = loaded.problems[0].render_plain();
    for part in [
        "error[pattern/unknown-name]",
        "area/join-503.yaml:4:11",
        "4 | severity: eror",
        "did you mean `error`?",
        "valid are: error, warning, info",
    ] {
        assert!(frame.contains(part), "{part} in\n{frame}");
    }
}

#[test]
fn a_broken_file_does_not_disable_the_others() {
    let other = GOOD.replace("id: join-503", "id: other");
    let loaded = Catalog::load([("join-503.yaml", "id: [".to_owned()), ("other.yaml", other)]);
    assert_eq!(
        (loaded.problems.len(), loaded.catalog.patterns().len()),
        (1, 1)
    );
}

#[test]
fn an_id_stands_once_and_a_later_catalog_replaces_it() {
    let loaded = Catalog::load([("a/join-503.yaml", GOOD), ("b/join-503.yaml", GOOD)]);
    assert_eq!(loaded.problems.len(), 1);
    assert!(
        loaded.problems[0]
            .message
            .contains("is taken by `a/join-503.yaml`")
    );
    let changed = load(&GOOD.replace("Nobody answers.", "Changed.")).catalog;
    let merged = load(GOOD).catalog.with(changed);
    assert_eq!(
        merged.get("join-503").map(|pattern| &*pattern.cause),
        Some("Changed.")
    );
}

#[test]
fn similar_ids_are_suggested() {
    let catalog = load(GOOD).catalog;
    assert_eq!(catalog.similar("join-504"), ["join-503"]);
    assert!(catalog.similar("disk-full").is_empty());
}

#[test]
fn what_cannot_be_compiled_is_a_problem_not_a_pattern_that_never_matches() {
    let large = GOOD.replace("retry (?<after>\\d+)", "(retry{1000}){1000}");
    assert_eq!(
        first_problem(&large).3,
        "this regex is too large to be used"
    );
    let glob = GOOD.replace("level: error, msg", "entry: 'a[', msg");
    assert!(
        first_problem(&glob)
            .3
            .starts_with("this glob cannot be used"),
        "{}",
        first_problem(&glob).3
    );
}

#[test]
fn one_mistake_is_one_problem() {
    for (from, to) in [
        ("level: error", "level: eror"),
        ("same: [node, members]", "same: [node, membrs]"),
        ("count: 2", "count: zero"),
    ] {
        assert_eq!(load(&GOOD.replacen(from, to, 1)).problems.len(), 1, "{to}");
    }
    let problem = &load(&GOOD.replace("same: [node, members]", "same: [nod]")).problems[0];
    assert_eq!(problem.label, "did you mean `node`?");
}
