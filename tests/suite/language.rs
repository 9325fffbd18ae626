//! The pattern language as PATTERNS.md describes it: patterns and logs in, findings out.

use bundlecheck::diagnose::Filter;
use bundlecheck::report::{Finding, Report};
use bundlecheck::{Bundle, Catalog, Checker};

use crate::pack;

/// A pattern with the events `a`, `b`, `c` (messages `alpha`, `beta`, `gamma`), each with a capture `id`.
fn pattern(matching: &str) -> Catalog {
    let event = |name: &str, word: &str| {
        format!("  {name}: {{ msg: {{ regex: '^{word}(?: (?<id>\\w+))?$' }} }}\n")
    };
    let events = event("a", "alpha") + &event("b", "beta!") + &event("c", "gamma");
    let text = format!(
        "id: t\ntitle: t\nseverity: error\nevents:\n{events}match: {matching}\ncause: c\nremediation: [r]\nexamples: [a]\nnegative_examples: [b]\n"
    );
    let loaded = Catalog::load([("t.yaml", text)]);
    assert!(
        loaded.problems.is_empty(),
        "{}",
        loaded.problems[0].render_plain()
    );
    loaded.catalog
}

fn check(catalog: &Catalog, files: &[(&str, String)]) -> Report {
    let files = files
        .iter()
        .map(|(name, text)| ((*name).to_owned(), text.clone().into_bytes()))
        .collect();
    let checker = Checker::builder(catalog).jobs(1).build().unwrap();
    let bundle = Bundle::from_reader("t.tar", std::io::Cursor::new(pack::tar(&files)));
    checker.check(&bundle).unwrap()
}

/// A log of `SECONDS WORD [ID]`, one a line.
fn log(lines: &str) -> String {
    let line = |line: &str| {
        let (second, message) = line.trim().split_once(' ').unwrap();
        let second: u32 = second.parse().unwrap();
        format!(
            "time=\"2026-11-20T12:{:02}:{:02}Z\" level=info msg=\"{}\"\n",
            second / 60,
            second % 60,
            message.replace("beta", "beta!")
        )
    };
    lines.split(',').map(line).collect()
}

/// Count, lines, and the times of first and last of the only finding.
fn found(matching: &str, lines: &str) -> Option<(u64, u64, String, String)> {
    let report = check(&pattern(matching), &[("a.log", log(lines))]);
    let finding = report.findings.first()?;
    let clock = |time: &Option<String>| time.as_ref().unwrap()[14..19].to_owned();
    Some((
        finding.count,
        finding.lines,
        clock(&finding.first),
        clock(&finding.last),
    ))
}

fn expect(matching: &str, lines: &str, count: u64, all: u64, first: &str, last: &str) {
    let expected = Some((count, all, first.to_owned(), last.to_owned()));
    assert_eq!(found(matching, lines), expected, "{matching} in {lines}");
}

fn nothing(matching: &str, lines: &str) {
    assert_eq!(found(matching, lines), None, "{matching} in {lines}");
}

#[test]
fn single_events_and_any_count_every_record() {
    expect("a", "1 alpha, 2 beta, 3 alpha", 2, 2, "00:01", "00:03");
    expect("{ event: a }", "1 alpha", 1, 1, "00:01", "00:01");
    expect("{ any: [a, b] }", "1 alpha, 2 beta", 2, 2, "00:01", "00:02");
    nothing("c", "1 alpha, 2 beta");
}

#[test]
fn count_asks_for_so_many_within_the_window_both_ends_included() {
    let three = "{ event: a, count: 3, within: 10s }";
    expect(three, "0 alpha, 5 alpha, 10 alpha", 3, 3, "00:00", "00:10");
    nothing(three, "0 alpha, 5 alpha, 11 alpha");
    expect(
        three,
        "0 alpha, 100 alpha, 101 alpha, 102 alpha, 300 alpha",
        3,
        3,
        "01:40",
        "01:42",
    );
    expect(
        "{ event: a, count: 2 }",
        "0 alpha, 900 alpha",
        2,
        2,
        "00:00",
        "15:00",
    );
}

#[test]
fn a_sequence_is_ordered_and_all_is_not() {
    let sequence = "{ sequence: [a, b], within: 10s }";
    expect(sequence, "0 alpha, 10 beta", 1, 2, "00:00", "00:10");
    nothing(sequence, "0 alpha, 11 beta");
    nothing(sequence, "0 beta, 1 alpha");
    let all = "{ all: [a, b], within: 10s }";
    expect(all, "0 beta, 10 alpha", 1, 2, "00:00", "00:10");
    nothing(all, "0 beta, 11 alpha");
    expect(
        all,
        "0 alpha, 1 beta, 2 beta, 3 alpha",
        2,
        4,
        "00:00",
        "00:03",
    );
}

#[test]
fn records_that_repeat_a_step_belong_to_the_sequence() {
    let sequence = "{ sequence: [a, b], within: 10s }";
    expect(
        sequence,
        "0 alpha, 1 alpha, 2 beta, 5 alpha, 6 beta",
        2,
        5,
        "00:00",
        "00:06",
    );
    // What is too old is left behind, and what is near enough still counts.
    expect(
        sequence,
        "0 alpha, 8 alpha, 15 beta",
        1,
        2,
        "00:08",
        "00:15",
    );
    expect(
        "{ sequence: [a, b, c] }",
        "0 alpha, 1 beta, 2 alpha, 3 gamma",
        1,
        3,
        "00:00",
        "00:03",
    );
    let three = "{ sequence: [a, b, c], within: 10s }";
    expect(
        three,
        "0 alpha, 3 beta, 5 alpha, 6 beta, 11 gamma",
        1,
        3,
        "00:05",
        "00:11",
    );
    nothing(three, "0 alpha, 3 beta, 11 gamma");
    nothing("{ sequence: [a, a] }", "0 alpha");
    expect(
        "{ sequence: [a, a] }",
        "0 alpha, 1 alpha",
        1,
        2,
        "00:00",
        "00:01",
    );
}

#[test]
fn same_binds_the_records_of_an_occurrence() {
    let by_id = "{ sequence: [a, b], same: [id] }";
    nothing(by_id, "0 alpha x, 1 beta y");
    expect(
        by_id,
        "0 alpha x, 1 alpha y, 2 beta y, 3 beta x",
        2,
        4,
        "00:00",
        "00:03",
    );
    let apart = [
        ("node-1/a.log", log("0 alpha")),
        ("node-2/a.log", log("1 beta")),
    ];
    let by_node = |matching: &str| check(&pattern(matching), &apart).findings.len();
    assert_eq!(by_node("{ sequence: [a, b], same: [node] }"), 0);
    assert_eq!(by_node("{ sequence: [a, b] }"), 0);
    assert_eq!(by_node("{ sequence: [a, b], same: [] }"), 1);
}

#[test]
fn unless_suppresses_near_the_occurrence() {
    let before = "{ event: a, unless: { event: b, before: 10s } }";
    nothing(before, "0 beta, 10 alpha");
    expect(before, "0 beta, 11 alpha", 1, 1, "00:11", "00:11");
    expect(before, "0 alpha, 1 beta", 1, 1, "00:00", "00:00");
    let after = "{ event: a, unless: { event: b, after: 10s } }";
    nothing(after, "0 alpha, 10 beta");
    expect(after, "0 beta, 1 alpha, 30 beta", 1, 1, "00:01", "00:01");
    nothing("{ event: a, unless: b }", "0 alpha, 900 beta");
}

#[test]
fn a_later_success_means_that_it_healed() {
    let matching = "{ event: a, resolved_by: b }";
    let finding = |lines: &str| -> Finding {
        check(&pattern(matching), &[("a.log", log(lines))])
            .findings
            .remove(0)
    };
    let healed = finding("1 alpha, 2 alpha, 3 beta");
    assert_eq!(healed.recovered_at.as_deref(), Some("2026-11-20T12:00:03Z"));
    assert_eq!(
        (healed.severity, healed.pattern_severity),
        ("info", "error")
    );
    for lines in ["1 alpha, 2 beta, 3 alpha", "1 beta, 2 alpha"] {
        let open = finding(lines);
        assert_eq!(
            (open.recovered_at, open.severity),
            (None, "error"),
            "{lines}"
        );
    }
    // One machine that healed does not heal the other.
    let files = [
        ("node-1/a.log", log("0 alpha, 5 beta")),
        ("node-2/a.log", log("1 alpha")),
    ];
    let report = check(&pattern(matching), &files);
    assert_eq!(
        (
            report.findings[0].recovered_at.as_deref(),
            report.findings[0].count
        ),
        (None, 2)
    );
}

#[test]
fn the_same_event_in_several_files_counts_once() {
    let twice = log("1 alpha, 1 alpha, 2 alpha");
    let files = [
        ("journal", twice.clone()),
        ("boot", twice),
        ("rotated", log("2 alpha, 3 alpha")),
    ];
    let report = check(&pattern("a"), &files);
    let finding = &report.findings[0];
    // Twice in one second in the same file are two events; the copies are lines.
    assert_eq!((finding.count, finding.lines), (4, 8));
}

#[test]
fn the_same_message_on_two_machines_is_two_events() {
    let files = [
        ("node-1/a.log", log("1 alpha")),
        ("node-2/a.log", log("1 alpha")),
    ];
    let report = check(&pattern("a"), &files);
    let finding = &report.findings[0];
    assert_eq!(
        (finding.count, &finding.nodes[..]),
        (2, &["node-1".to_owned(), "node-2".to_owned()][..])
    );
}

#[test]
fn records_without_time_are_ordered_by_line() {
    let catalog = pattern("{ sequence: [a, b], within: 1s }");
    let near = format!("alpha\n{}beta!\n", "x\n".repeat(9));
    let far = format!("alpha\n{}beta!\n", "x\n".repeat(10));
    assert_eq!(check(&catalog, &[("out.txt", near)]).findings.len(), 1);
    assert_eq!(check(&catalog, &[("out.txt", far)]).findings.len(), 0);
    let apart = [
        ("1.txt", "alpha\n".to_owned()),
        ("2.txt", "beta!\n".to_owned()),
    ];
    assert_eq!(check(&catalog, &apart).findings.len(), 0);
}

#[test]
fn captured_values_are_grouped_with_their_counts() {
    let report = check(
        &pattern("a"),
        &[("a.log", log("1 alpha x, 2 alpha y, 3 alpha x"))],
    );
    let captures = &report.findings[0].captures;
    let shown: Vec<(u64, &str)> = captures
        .iter()
        .map(|group| (group.count, &*group.values[0].value))
        .collect();
    assert_eq!(shown, [(2, "x"), (1, "y")]);
}

#[test]
fn an_error_of_an_unfinished_pattern_stays_unexplained() {
    let text = log("1 alpha").replace("level=info", "level=error");
    let files = [("a.log", text)];
    assert_eq!(
        check(&pattern("{ sequence: [a, b] }"), &files)
            .unexplained
            .len(),
        1
    );
    assert_eq!(check(&pattern("a"), &files).unexplained.len(), 0);
}

#[test]
fn lines_of_other_streams_inside_a_record_are_seen() {
    let text = "2026-11-20T12:00:00Z stderr F panic: x\n2026-11-20T12:00:00Z stdout F alpha\n2026-11-20T12:00:00Z stderr F   at y\n";
    let report = check(&pattern("a"), &[("a.log", text.to_owned())]);
    assert_eq!(report.findings[0].evidence[0].line, 2);
}

#[test]
fn patterns_that_explain_each_other_do_not_hide_each_other() {
    let one = |id: &str, other: &str, word: &str| {
        let text = format!(
            "id: {id}\ntitle: t\nseverity: error\nevents:\n  e: {{ msg: {word} }}\nmatch: e\nexplains: [{other}]\nyields_to: [{other}]\ncause: c\nremediation: [r]\nexamples: [a]\nnegative_examples: [b]\n"
        );
        (format!("{id}.yaml"), text)
    };
    let loaded = Catalog::load([one("one", "two", "alpha"), one("two", "one", "gamma")]);
    assert!(loaded.problems.is_empty());
    let report = check(&loaded.catalog, &[("a.log", log("1 alpha, 2 gamma"))]);
    assert_eq!((report.findings.len(), report.diagnoses.len()), (2, 1));
    assert_eq!(report.diagnoses[0].explains.len(), 1);
}

#[test]
fn a_repeated_step_keeps_its_newest_records() {
    let early = "0 alpha, ".repeat(1_500);
    let lines = format!("{early}9 alpha, 12 beta");
    let sequence = "{ sequence: [a, b], within: 10s }";
    assert!(found(sequence, &lines).is_some_and(|(count, ..)| count == 1));
}

#[test]
fn without_a_year_only_the_order_in_the_file_tells_what_healed() {
    let catalog = pattern("{ event: a, resolved_by: b }");
    let severity = |lines: &str| {
        let report = check(&catalog, &[("syslog", lines.to_owned())]);
        report.findings[0].severity.to_string()
    };
    let (beta, alpha) = (
        "Dec 31 23:59:50 n app: beta!\n",
        "Jan  1 00:00:10 n app: alpha\n",
    );
    assert_eq!(severity(&format!("{beta}{alpha}")), "error");
    let healed = "Jan  1 00:00:20 n app: beta!\n";
    assert_eq!(severity(&format!("{alpha}{healed}")), "info");
}

#[test]
fn a_filter_by_time_keeps_what_has_no_year() {
    let catalog = pattern("a");
    let filter = Filter {
        since: Some(1_577_836_800_000_000),
        ..Filter::default()
    };
    let checker = Checker::builder(&catalog).filter(filter).build().unwrap();
    let line = b"Jan  1 00:00:10 n app: alpha\n";
    let tar = pack::tar(&vec![("syslog".to_owned(), line.to_vec())]);
    let bundle = Bundle::from_reader("t.tar", std::io::Cursor::new(tar));
    assert_eq!(checker.check(&bundle).unwrap().findings.len(), 1);
}

#[test]
fn messages_as_arrays_of_bytes_are_read_behind_other_lines() {
    let message: Vec<String> = b"alpha".iter().map(u8::to_string).collect();
    let record = format!(
        "{{\"__REALTIME_TIMESTAMP\":\"1704880800000000\",\"PRIORITY\":\"6\",\"MESSAGE\":[{}]}}\n",
        message.join(",")
    );
    let report = check(
        &pattern("a"),
        &[("j.json", format!("-- Reboot --\n{record}{record}"))],
    );
    assert_eq!(report.findings[0].lines, 2);
}

#[test]
fn no_record_is_later_than_the_end_that_journalctl_states() {
    let header =
        "-- Logs begin at Wed 2022-01-05 09:34:04 UTC, end at Tue 2022-12-20 16:19:19 UTC. --\n";
    let lines = format!("{header}Jan 05 10:00:00 n app: alpha\nDec 20 16:00:00 n app: alpha\n");
    let report = check(&pattern("a"), &[("journal.txt", lines)]);
    let finding = &report.findings[0];
    assert_eq!(finding.first.as_deref(), Some("2022-01-05T10:00:00Z"));
    assert_eq!(finding.last.as_deref(), Some("2022-12-20T16:00:00Z"));
}

#[test]
fn lines_of_a_split_record_are_counted_where_they_stand() {
    let tag = "2024-01-01T00:00:01.000000000Z stdout";
    let lines = format!(
        "{tag} P 2024-01-01T00:00:01Z INFO head \n{tag} F gamma\n{tag} F     at gamma\n{tag} F     at gamma\n"
    );
    let catalog = {
        let text = "id: t\ntitle: t\nseverity: error\nevents:\n  a: { text: { contains: gamma } }\nmatch: a\ncause: c\nremediation: [r]\nexamples: [gamma]\nnegative_examples: [b]\n";
        Catalog::load([("t.yaml", text.to_owned())]).catalog
    };
    let report = check(&catalog, &[("0.log", lines)]);
    let finding = &report.findings[0];
    assert_eq!((finding.count, finding.lines), (1, 3));
    assert_eq!(finding.evidence[0].line, 2);
}

/// A vendor's own facts, joined with its own finding.
#[test]
fn own_facts_are_read_by_line_table_and_json_and_joined() {
    const SEALED: &str = "id: vault-sealed-error
title: 'vault at {host} is sealed'
severity: error
tags: [vault]
events:
  sealed: { msg: { regex: 'vault at (?<host>\\S+) is sealed' } }
match: sealed
cause: The vault answers that it is sealed, and gives no secrets until somebody unseals it with its keys.
remediation: [unseal it]
examples: ['level=error msg=\"vault at db1 is sealed\"']
negative_examples: ['level=info msg=\"vault at db1 is unsealed\"']
";
    const CAUSE: &str = "id: vault-is-sealed
kind: diagnosis
title: 'The vault of {target} is sealed since {since}'
severity: error
when:
  - finding: { tag: vault, target: $target }
  - fact: vault
    where: { node: $target, sealed: 'true', since: $since }
    else: '{since} is when it was unsealed'
    ask_for: { run: vault status, on: '{target}' }
cause: It was sealed.
remediation: [unseal it]
examples:
  - confidence: confirmed
    files:
      app/api.log: 'level=error msg=\"vault at db1 is sealed\"'
      db1/vault.txt: FACT
negative_examples:
  - files: { app/api.log: 'level=error msg=\"vault at db1 is sealed\"' }
";
    let readers = [
        (
            "line: '^Sealed (?<sealed>\\w+) since (?<since>\\S+)'",
            "Sealed true since noon",
            "Sealed: unknown",
        ),
        (
            "table: { sealed: SEALED, since: SINCE }",
            "NAME   SEALED   SINCE\nmain   true     noon",
            "NAME   STATE\nmain   true",
        ),
        (
            "json: { path: 'vaults[]', fields: { sealed: state.sealed, since: state.since } }",
            "{\"vaults\": [{\"state\": {\"sealed\": true, \"since\": \"noon\"}}]}",
            "{\"vaults\": []}",
        ),
    ];
    for (reader, text, other) in readers {
        let block = |text: &str, indent: &str| {
            format!(
                "|\n{}",
                text.lines()
                    .map(|line| format!("{indent}{line}\n"))
                    .collect::<String>()
            )
        };
        let fact = format!(
            "id: vault-status\nkind: fact\nfact: vault\nentries: '**/vault*.txt'\n{reader}\nexamples:\n  - {}negative_examples:\n  - {}",
            block(text, "    "),
            block(other, "    ")
        );
        let cause = CAUSE.replace("FACT\n", &block(text, "        "));
        let loaded = Catalog::load([
            ("vault-sealed-error.yaml", SEALED),
            ("vault-is-sealed.yaml", &cause),
            ("vault-status.yaml", &fact),
        ]);
        let problems: Vec<String> = loaded
            .problems
            .iter()
            .map(bundlecheck::catalog::Problem::render_plain)
            .collect();
        assert!(problems.is_empty(), "{}", problems.join("\n"));
        let (_, problems) = bundlecheck::checker::check_examples(&loaded.catalog);
        let problems: Vec<String> = problems
            .iter()
            .map(bundlecheck::catalog::Problem::render_plain)
            .collect();
        assert!(problems.is_empty(), "{reader}\n{}", problems.join("\n"));
        let checker = Checker::builder(&loaded.catalog).jobs(1).build().unwrap();
        let log = b"level=error msg=\"vault at db1 is sealed\"\n";
        let files = [
            ("app1/api.log", &log[..]),
            ("db1/hostname", b"db1\n"),
            ("db1/vault.txt", text.as_bytes()),
        ];
        let report = checker
            .check(&bundlecheck::Bundle::from_files("b", files).unwrap())
            .unwrap();
        assert_eq!(
            report.diagnoses[0].title, "The vault of db1 is sealed since noon",
            "{reader}"
        );
    }
}

#[test]
fn mistakes_in_diagnoses_are_shown_at_their_place() {
    let cause = |when: &str, title: &str| {
        format!(
            "id: x\nkind: diagnosis\ntitle: '{title}'\nseverity: error\nwhen:\n{when}\ncause: c\nremediation: [r]\nexamples: [{{files: {{a: b}}}}]\nnegative_examples: [{{files: {{a: b}}}}]\n"
        )
    };
    let cases = [
        (
            cause("  - fact: socket", "t"),
            "`when` must start with a `finding`",
        ),
        (
            cause("  - finding: {}\n  - fact: socket\n  - finding: {}", "t"),
            "a `finding` must stand before all facts",
        ),
        (
            cause("  - finding: {}\n    fact: socket", "t"),
            "exactly one of `finding`, `fact` and `not`",
        ),
        (
            cause("  - finding: { host: $host }", "{hots}"),
            "the title names `{hots}`, which no clause binds",
        ),
        (
            cause("  - finding: { host: { as: host } }", "t"),
            "`as` needs a `$variable`",
        ),
        (
            cause("  - finding: {}\n    if_unknown: maybe", "t"),
            "unknown if_unknown `maybe`",
        ),
        (
            cause("  - finding: {}\n  - fact: sockte", "t"),
            "no kind of facts is called `sockte`",
        ),
        (
            cause(
                "  - finding: {}\n  - fact: socket\n    where: { prot: tcp }",
                "t",
            ),
            "a `socket` has no field `prot`",
        ),
    ];
    for (text, message) in cases {
        let loaded = Catalog::load([("x.yaml", &*text)]);
        let problems: Vec<String> = loaded
            .problems
            .iter()
            .map(bundlecheck::catalog::Problem::render_plain)
            .collect();
        assert!(
            problems.iter().any(|problem| problem.contains(message)),
            "{message}: {}",
            problems.join("\n")
        );
    }
}

#[test]
fn a_diagnosis_may_ask_for_a_rule_of_the_packet_filter() {
    let cause = "id: x\nkind: diagnosis\ntitle: 'a chain of {target} limits: {rule}'\nseverity: error\nwhen:\n  - finding: { tag: connect-failure, target: $target }\n  - fact: filter_rule\n    where: { node: $target, chain: INPUT, rule: { contains: connlimit, as: $rule } }\ncause: c\nremediation: [r]\nexamples: [{files: {a: b}}]\nnegative_examples: [{files: {a: b}}]\n";
    let loaded = Catalog::load([("x.yaml", cause)]);
    assert!(loaded.problems.is_empty(), "{:?}", loaded.problems);
    let catalog = Catalog::builtin().with(loaded.catalog);
    let checker = Checker::builder(&catalog).jobs(1).build().unwrap();
    let files = [
        (
            "app1/api.log",
            &b"level=error msg=\"dial tcp 10.0.0.11:5432: connect: connection refused\"\n"[..],
        ),
        (
            "db1/ip-addr.txt",
            b"2: eth0: <UP> mtu 1500\n    inet 10.0.0.11/24 scope global eth0\n",
        ),
        (
            "db1/iptables-save.txt",
            b"*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -p tcp -m connlimit --connlimit-above 9 -j DROP\nCOMMIT\n",
        ),
    ];
    let bundle = bundlecheck::Bundle::from_files("b", files).unwrap();
    let report = checker.check(&bundle).unwrap();
    let titles = report.diagnoses.iter().map(|diagnosis| &*diagnosis.title);
    let titles: Vec<&str> = titles.collect();
    assert!(
        titles.contains(
            &"a chain of db1 limits: -A INPUT -p tcp -m connlimit --connlimit-above 9 -j DROP"
        ),
        "{titles:?}"
    );
}

#[test]
fn what_prevents_or_ends_an_occurrence_counts_in_every_file() {
    // Nothing tells the machines of these files: each stands for one.
    for matching in [
        "{ any: [a], unless: { event: b } }",
        "{ any: [a], resolved_by: b }",
    ] {
        let files = [
            ("a.log", log("2 beta")),
            ("b.log", log("1 alpha,2 beta")),
            ("c.log", log("1 alpha one,2 beta")),
        ];
        let report = check(&pattern(matching), &files);
        let healed = report
            .findings
            .iter()
            .all(|found| found.recovered_at.is_some());
        assert!(healed, "{matching}");
    }
}

#[test]
fn a_record_counts_for_the_weaker_pattern_until_the_stronger_is_found() {
    let text = |id: &str, rest: &str| {
        format!(
            "id: {id}\ntitle: t\nseverity: error\n{rest}\ncause: c\nremediation: [r]\nexamples: [a]\nnegative_examples: [b]\n"
        )
    };
    let weak = text(
        "weak",
        "yields_to: [strong]\nevents: { a: { msg: { contains: alpha } } }\nmatch: a",
    );
    let strong = text(
        "strong",
        "events: { a: { msg: { contains: alpha two } } }\nmatch: { event: a, count: 3 }",
    );
    let loaded = Catalog::load([("strong.yaml", strong), ("weak.yaml", weak)]);
    assert!(loaded.problems.is_empty());
    let count = |lines: &str, copies: usize| -> Vec<(String, u64)> {
        let names = ["a.log", "b.log"];
        let files: Vec<_> = names[..copies]
            .iter()
            .map(|name| (*name, log(lines)))
            .collect();
        let report = check(&loaded.catalog, &files);
        let counts = report
            .findings
            .iter()
            .map(|found| (found.id.clone(), found.count));
        counts.collect()
    };
    let found = |list: &[(&str, u64)]| -> Vec<(String, u64)> {
        list.iter()
            .map(|(id, count)| ((*id).to_owned(), *count))
            .collect()
    };
    assert_eq!(count("1 alpha one,2 alpha two", 1), found(&[("weak", 2)]));
    let all = "1 alpha one,2 alpha two,3 alpha two,4 alpha two";
    assert_eq!(count(all, 1), found(&[("strong", 3), ("weak", 1)]));
    // Copies of what the stronger one counts are not left to the weaker one.
    let report = count(all, 2);
    assert!(
        report
            .iter()
            .all(|(id, count)| (id == "weak") == (*count == 1)),
        "{report:?}"
    );
}

#[test]
fn a_pattern_yields_to_what_its_stronger_patterns_yield_to() {
    let text = |id: &str, word: &str, yields: &str| {
        let text = format!(
            "id: {id}\ntitle: t\nseverity: error\n{yields}events: {{ a: {{ msg: {{ contains: {word} }} }} }}\nmatch: a\ncause: c\nremediation: [r]\nexamples: [a]\nnegative_examples: [b]\n"
        );
        (format!("{id}.yaml"), text)
    };
    let ids = |strong: &str| -> Vec<String> {
        let loaded = Catalog::load([
            text("weak", "alpha", "yields_to: [mid]\n"),
            text("mid", "alpha two", "yields_to: [strong]\n"),
            text("strong", "two three", strong),
        ]);
        assert!(loaded.problems.is_empty());
        let report = check(&loaded.catalog, &[("a.log", log("1 alpha two three"))]);
        report
            .findings
            .iter()
            .map(|found| found.id.clone())
            .collect()
    };
    assert_eq!(ids(""), ["strong"]);
    // In a circle nobody is stronger.
    assert_eq!(ids("yields_to: [weak]\n"), ["mid", "strong", "weak"]);
}
