use std::collections::BTreeSet;

use super::*;
use crate::catalog::Catalog;
use crate::location::{Origin, Place};

fn matcher(events: &str) -> Matcher {
    let text = format!(
        "id: t\ntitle: t\nseverity: error\nevents:\n{events}\nmatch: e\ncause: c\nremediation: [r]\nexamples: [a]\nnegative_examples: [b]\n"
    );
    let loaded = Catalog::load([("t.yaml", text)]);
    assert!(
        loaded.problems.is_empty(),
        "{}",
        loaded.problems[0].render_plain()
    );
    Matcher::new(&loaded.catalog)
}

fn scan(matcher: &Matcher, text: &str, entry: &str) -> (Scan, Vec<Match>) {
    let (place, entry) = (Place::default(), Origin::new(entry));
    let input = Input::new(text.as_bytes(), &place, &entry);
    let mut matches = Vec::new();
    let scan = matcher.scan(input, &mut Scratch::default(), &mut |found| {
        matches.push(found);
    });
    (scan, matches)
}

/// `line: captures` of every match.
fn matches(matcher: &Matcher, text: &str) -> Vec<String> {
    let (_, found) = scan(matcher, text, "a/b.log");
    let shown = |captures: &[(String, String)]| {
        captures
            .iter()
            .map(|(name, value)| format!(" {name}={value}"))
            .collect::<String>()
    };
    found
        .iter()
        .map(|found| format!("{}:{}", found.line, shown(&found.captures)))
        .collect()
}

#[test]
fn a_condition_on_a_field_matches_in_every_rendering() {
    let matcher = matcher(
        "  e: { level: error, error: { regex: 'dial tcp (?<host>[^:]+):(?<port>\\d+): connect: connection refused' } }",
    );
    let logrus = r#"time="2018-09-24T13:40:20Z" level=error msg=x error="dial tcp 10.0.0.1:5432: connect: connection refused""#;
    let json = r#"{"time":"2018-09-24T13:40:20Z","level":"error","msg":"x","error":"dial tcp 10.0.0.1:5432: connect: connection refused"}"#;
    let docker = format!(
        "{{\"log\":{},\"stream\":\"stderr\",\"time\":\"2018-09-24T13:40:20.5Z\"}}",
        serde_json::to_string(&format!("{logrus}\n")).expect("a string")
    );
    for line in [
        logrus.to_owned(),
        json.to_owned(),
        docker,
        format!("Sep 24 13:40:20 node3 app[1]: {logrus}"),
        format!("2018-09-24T13:40:20.1Z stderr F {json}"),
    ] {
        assert_eq!(
            matches(&matcher, &line),
            ["1: host=10.0.0.1 port=5432"],
            "{line}"
        );
    }
    assert!(matches(&matcher, &logrus.replace("level=error", "level=info")).is_empty());
    assert!(matches(&matcher, &logrus.replace("refused", "reset")).is_empty());
}

#[test]
fn lines_are_those_of_grep() {
    let matcher = matcher("  e: { text: { contains: unexpectedly closed } }");
    let text = "2022-02-04 10:07:26.120 [warning] <0.8.0> closing AMQP connection:\nclient unexpectedly closed TCP connection\n\n2022-02-04 10:07:27.120 [info] x\n2022-02-04 10:07:28.120 [warning] y unexpectedly closed";
    assert_eq!(matches(&matcher, text), ["2:", "5:"]);
}

#[test]
fn text_is_tried_against_unescaped_values() {
    let matcher = matcher(
        "  e: { text: { regex: 'connection to server at \"(?<host>[^\"]+)\", port (?<port>\\d+) failed' } }",
    );
    let plain =
        r#"psql: error: connection to server at "192.0.2.2", port 5433 failed: Connection refused"#;
    assert_eq!(matches(&matcher, plain), ["1: host=192.0.2.2 port=5433"]);
    let quoted = format!(
        "time=\"2018-09-24T13:40:20Z\" level=error msg={}",
        serde_json::to_string(plain).expect("a string")
    );
    assert_eq!(matches(&matcher, &quoted), ["1: host=192.0.2.2 port=5433"]);
}

#[test]
fn all_conditions_work() {
    for (condition, value, holds) in [
        ("{ gte: 500, lt: 600 }", "503", true),
        ("{ gte: 500 }", "499", false),
        ("{ any_of: [a, { starts_with: 5 }] }", "503", true),
        ("{ not: 503 }", "503", false),
        ("{ not: 503 }", "200", true),
        ("{ exists: true }", "1", true),
        ("{ exists: false }", "1", false),
        ("{ ends_with: '3', not: { contains: '0' } }", "503", false),
        ("503", "503", true),
        ("503", "5030", false),
    ] {
        let matcher = matcher(&format!("  e: {{ msg: needle in hay, code: {condition} }}"));
        let line =
            format!("time=\"2018-09-24T13:40:20Z\" level=info msg=\"needle in hay\" code={value}");
        assert_eq!(
            !matches(&matcher, &line).is_empty(),
            holds,
            "{condition} on {value}"
        );
    }
}

#[test]
fn entry_globs_and_places_are_conditions_too() {
    let good = matcher("  e: { msg: needle in hay, entry: '**/*.log' }");
    assert_eq!(matches(&good, "needle in hay").len(), 1);
    let bad = matcher("  e: { msg: needle in hay, entry: '*.log' }");
    assert!(matches(&bad, "needle in hay").is_empty());
}

#[test]
fn a_pattern_without_literals_still_matches() {
    let matcher = matcher("  e: { msg: { regex: '^\\d+$' } }");
    assert_eq!(matches(&matcher, "a\n42\nb\n7\n"), ["2:", "4:"]);
}

#[test]
fn errors_without_a_pattern_are_kept_with_their_template() {
    let matcher = matcher("  e: { msg: known }");
    let text = "E0211 19:15:08.120000       1 x.go:1] lease 17 expired\nE0211 19:15:08.220000       1 x.go:1] known\nI0211 19:15:08.320000       1 x.go:1] no error here\n";
    let (scan, matches) = scan(&matcher, text, "a.log");
    let errors: Vec<_> = scan
        .errors
        .iter()
        .filter(|((_, pattern), _)| pattern.is_none())
        .map(|((template, _), error)| (error.line, &**template))
        .collect();
    assert_eq!(errors, [(1, "lease <*> expired")]);
    assert_eq!(matches.len(), 1);
}

#[test]
fn every_word_for_an_error_is_a_marker() {
    let matcher = matcher("  e: { msg: known }");
    let words = [
        "error",
        "err",
        "erro",
        "eror",
        "severe",
        "crit",
        "critical",
        "dpanic",
        "fatal",
        "panic",
        "emerg",
        "alert",
        "emergency",
        "ftl",
        "fata",
        "pani",
        "pnc",
        "emer",
    ];
    let lines = words.iter().flat_map(|word| {
        let upper = word.to_ascii_uppercase();
        [
            format!("time=\"2026-11-20T12:00:00Z\" level={word} msg=boom"),
            format!("{{\"ts\":\"2026-11-20T12:00:00Z\",\"level\":\"{word}\",\"msg\":\"boom\"}}"),
            format!("2026-11-20 12:00:00 [{word}] boom"),
            format!("2026-11-20 12:00:00 {upper} boom"),
        ]
    });
    let others = [
        "{\"name\":\"a\",\"level\": 50,\"time\":1795173884873,\"msg\":\"boom\"}",
        "{\"log\":\"{\\\"level\\\":60,\\\"time\\\":1795173884873,\\\"msg\\\":\\\"boom\\\"}\\n\",\"stream\":\"stdout\",\"time\":\"2026-11-20T12:00:00Z\"}",
        "<11>Nov 20 12:00:00 node app: boom",
        "Nov 20 12:00:00 node kubelet[1]: F1120 12:00:00.000000       1 x.go:1] boom",
        "2026-11-20 12:00:00.000000 C | etcdmain: boom",
        "{\"__REALTIME_TIMESTAMP\":\"1795173884873000\",\"PRIORITY\":\"2\",\"MESSAGE\":\"boom\"}",
    ];
    for line in lines.chain(others.map(str::to_owned)) {
        let (scan, _) = scan(&matcher, &line, "a.log");
        assert_eq!(scan.errors.len(), 1, "{line}");
    }
}

#[test]
fn what_a_wrapper_hides_is_found() {
    let matcher = matcher(
        "  e: { text: { regex: 'dial tcp (?<host>[\\d.]+):(?<port>\\d+): connect: connection refused' } }",
    );
    let message = "\u{1b}[31mdial tcp 10.0.0.5:5432: connect: connection refused";
    let bytes = message
        .as_bytes()
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(",");
    let journal =
        format!("{{\"__REALTIME_TIMESTAMP\":\"1795173884873000\",\"MESSAGE\":[{bytes}]}}");
    let cri = "2026-11-20T12:00:00Z stderr P dial tcp 10.0.0.5:54\n2026-11-20T12:00:00Z stderr F 32: connect: connection refused";
    let docker = "{\"log\":\"dial tcp 10.0.0.5:54\",\"stream\":\"stderr\",\"time\":\"2026-11-20T12:00:00Z\"}\n{\"log\":\"32: connect: connection refused\\n\",\"stream\":\"stderr\",\"time\":\"2026-11-20T12:00:00Z\"}";
    for text in [&*journal, cri, docker] {
        assert_eq!(
            matches(&matcher, text),
            ["1: host=10.0.0.5 port=5432"],
            "{text}"
        );
    }
}

/// Literals are a shortcut: without them the same is found, only slower.
#[test]
fn the_prefilter_hides_nothing() {
    let catalog = Catalog::builtin_with_examples();
    let (fast, slow) = (Matcher::new(&catalog), Matcher::new(&catalog).exhaustive());
    let found = |matcher: &Matcher, text: &str| -> BTreeSet<(u64, u32, u32, Vec<_>)> {
        let (_, matches) = scan(matcher, text, "var/log/app.log");
        let key = |found: Match| (found.record, found.pattern, found.event, found.captures);
        matches.into_iter().map(key).collect()
    };
    let patterns = catalog.patterns().iter();
    let examples = patterns.flat_map(|p| p.examples.iter().chain(&p.negative_examples));
    let texts: Vec<&str> = examples.map(|example| &*example.text).collect();
    let (mut compared, mut all) = (0, 0);
    // Every fourth: all of them take minutes in a debug build.
    for texts in texts.chunks(40).step_by(4) {
        let mut log = String::new();
        for (at, text) in texts.iter().enumerate() {
            log += text.trim_end();
            log += &format!("\nI1120 12:00:00.000000       1 a.go:{at}] \"Nothing of note\"\n");
        }
        let expected = found(&slow, &log);
        assert_eq!(found(&fast, &log), expected, "{log}");
        compared += texts.len();
        all += expected.len();
    }
    assert!(compared > 500 && all > 300, "{all} of {compared}");
}

/// The messages of errors that no pattern fits, and how often they were logged.
fn errors(matcher: &Matcher, text: &str) -> Vec<(String, u64)> {
    let (scan, _) = scan(matcher, text, "a.log");
    let unknown = scan.errors.into_iter();
    let unknown = unknown.filter(|((_, pattern), _)| pattern.is_none());
    unknown
        .map(|((template, _), error)| (template, error.count))
        .collect()
}

#[test]
fn a_journal_of_notices_may_hold_errors() {
    let matcher = matcher("  e: { msg: known }");
    let entry = |message: &str| {
        format!(
            "{{\"__REALTIME_TIMESTAMP\":\"1700000000000000\",\"PRIORITY\":\"6\",\"MESSAGE\":{},\"_COMM\":\"kubelet\"}}\n",
            serde_json::to_string(message).expect("a string")
        )
    };
    let text = entry("E0101 12:00:00.000000       1 a.go:1] lease expired")
        + &entry("I0101 12:00:00.000000       1 a.go:1] all is well")
        + &entry("level=error msg=\"disk gone\" time=2026-01-01T00:00:00Z");
    let expected = [("disk gone".to_owned(), 1), ("lease expired".to_owned(), 1)];
    assert_eq!(errors(&matcher, &text), expected);
}

#[test]
fn errors_in_json_over_many_lines_need_no_literal() {
    let record = |msg: &str| {
        format!(
            "{{\n  \"time\": \"2026-01-01T00:00:00Z\",\n  \"level\": \"error\",\n  \"msg\": \"{msg}\"\n}}\n"
        )
    };
    let matcher = matcher("  e: { text: { regex: 'alpha key words\\s+omega other' } }");
    for count in [1, 16, 17, 40] {
        let text = record("alpha key words").repeat(count);
        let expected = [("alpha key words".to_owned(), count as u64)];
        assert_eq!(errors(&matcher, &text), expected);
    }
}

/// Whether the rest of a block has what an alternative needs does not matter to a record of another one.
#[test]
fn lines_are_counted_by_what_stands_in_the_record() {
    let matcher = matcher(
        "  e: { text: { any_of: [{ regex: 'alpha key words\\s+omega other' }, { regex: 'beta second words' }] } }",
    );
    let record = "I1120 12:00:00.000000       1 a.go:1] alpha key words\n\tat beta second words\n";
    let other = "I1120 12:00:00.000000       1 a.go:1] omega other\n";
    for count in [1, 16, 17, 40] {
        for tail in ["", other] {
            let (_, found) = scan(&matcher, &(record.repeat(count) + tail), "a.log");
            let lines: Vec<u32> = found.iter().map(|found| found.lines).collect();
            assert_eq!(lines, vec![1; count], "{tail}");
        }
    }
}

#[test]
fn literals_of_one_line_may_be_split_by_its_wrapper() {
    let matcher = matcher(
        "  e: { entry: '**/a.*', text: { regex: 'connection to server .* was refused by peer' } }",
    );
    let cri = "2026-01-01T00:00:00.1Z stderr P connection to server db-1\n2026-01-01T00:00:00.1Z stderr F  was refused by peer\n";
    let part = |text: &str| {
        format!(
            "{{\"log\":\"{text}\",\"stream\":\"stderr\",\"time\":\"2026-01-01T00:00:00.1Z\"}}\n"
        )
    };
    let docker = "I1120 12:00:00.000000       1 a.go:1] nothing of note\n".repeat(70)
        + &part("connection to server db-1")
        + &part(" was refused by peer\\n");
    for text in [cri, &docker] {
        for quotes in [false, true] {
            let (place, entry) = (Place::default(), Origin::new("b/a.log"));
            let input = Input {
                headless: Some(false),
                quotes,
                ..Input::new(text.as_bytes(), &place, &entry)
            };
            let mut count = 0;
            matcher.scan(input, &mut Scratch::default(), &mut |_| count += 1);
            // Settings and documents hold no containers' logs of docker.
            let expected = usize::from(!quotes || text == cri);
            assert_eq!(count, expected, "{quotes}: {text}");
        }
    }
}
