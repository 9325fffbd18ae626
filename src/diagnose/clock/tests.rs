use super::*;
use crate::facts::{Fact, Gathered};
use crate::log::{Calibration, parse_instant, parse_line};

fn micros(text: &str) -> i64 {
    parse_instant(text.as_bytes()).expect("an instant")
}

fn entry(path: &str) -> EntryTally {
    EntryTally {
        origin: crate::location::Origin::new(path),
        is_log: true,
        node: Some("node1".to_owned()),
        ..EntryTally::default()
    }
}

/// The clock of a bundle of one machine.
fn clock(entries: Vec<EntryTally>, facts: Vec<Fact>, assumed: Option<&str>) -> Clock<'static> {
    let mut tally = Tally::new(1);
    tally.entries = entries;
    let gathered = Gathered {
        facts,
        ..Gathered::default()
    };
    tally.facts = vec![(EntryId(0), gathered)];
    let nodes = std::collections::BTreeSet::from(["node1".to_owned()]);
    let machines = Box::leak(Box::new(Machines::new(&tally, &nodes)));
    let assumed = assumed.map(|name| Zone::named(name).expect("a zone"));
    Clock::new(Box::leak(Box::new(tally)), machines, None, assumed)
}

fn fact(kind: &'static str, fields: &[(&'static str, &str)]) -> Fact {
    let mut sink = crate::facts::Sink::default();
    let fields: Vec<(&'static str, String)> = fields
        .iter()
        .map(|(name, value)| (*name, (*value).to_owned()))
        .collect();
    sink.fact(kind, (1, "x"), fields);
    sink.into_gathered().facts.remove(0)
}

fn shown(clock: &Clock, line: &str, at: u64) -> (Option<String>, &'static str) {
    let stamp = parse_line(line.as_bytes()).time.expect("a time");
    let instant = clock.instant(stamp, EntryId(0), at);
    (instant.shown(), instant.source)
}

fn year_of_line(line: &str, calibration: Option<&str>, end: Option<&str>) -> Option<String> {
    let mut entry = entry("a.log");
    entry.clues.get_or_insert_default().calibration = calibration.map(|instant| Calibration {
        instant: micros(instant),
        offset: None,
        is_end: false,
        kind: StampKind::NoYear,
        lines: 1,
    });
    entry.last = end.map(|end| Stamp {
        micros: micros(end),
        kind: StampKind::Explicit,
    });
    shown(&clock(vec![entry], Vec::new(), None), line, 0).0
}

#[test]
fn the_year_comes_from_the_bundle() {
    let line = "Dec 31 23:59:00 node app: x";
    for (calibration, end, expected) in [
        (
            None,
            Some("2025-01-02T00:00:00Z"),
            Some("2024-12-31T23:59:00Z"),
        ),
        (
            None,
            Some("2024-12-31T10:00:00Z"),
            Some("2024-12-31T23:59:00Z"),
        ),
        (
            Some("2022-01-01T00:00:10Z"),
            Some("2025-01-02T00:00:00Z"),
            Some("2021-12-31T23:59:00Z"),
        ),
        (None, None, None),
    ] {
        assert_eq!(year_of_line(line, calibration, end).as_deref(), expected);
    }
    assert_eq!(
        year_of_line(
            "Feb 29 10:00:00 node app: x",
            None,
            Some("2026-03-01T00:00:00Z")
        )
        .as_deref(),
        Some("2024-02-29T10:00:00Z")
    );
}

#[test]
fn a_file_of_several_years_counts_its_turns() {
    let mut entry = entry("var/log/messages");
    entry.clues.get_or_insert_default().turns = vec![100, 200];
    entry.last = parse_line(b"Mar  1 00:00:00 node app: x").time;
    let collected = fact(
        "collected",
        &[("printed", "Fri Mar  7 10:00:00 UTC 2025"), ("utc", "true")],
    );
    let clock = clock(vec![entry], vec![collected], None);
    for (at, year) in [(5, "2023"), (150, "2024"), (250, "2025")] {
        let (time, _) = shown(&clock, "Feb  1 10:00:00 node app: x", at);
        assert_eq!(time, Some(format!("{year}-02-01T10:00:00Z")), "line {at}");
    }
}

#[test]
fn the_zone_is_that_of_the_machine_or_what_the_user_says() {
    let line = "2024-07-01 12:00:00,100 - app - ERROR - x";
    let explicit = "2024-07-01T12:00:00+02:00 x";
    let berlin = fact(
        "time_zone",
        &[("name", "Europe/Berlin"), ("offset", "+0200")],
    );
    let known = clock(vec![entry("a.log")], vec![berlin], Some("+05:00"));
    assert_eq!(
        shown(&known, line, 0),
        (Some("2024-07-01T10:00:00.100Z".to_owned()), "inferred zone")
    );
    assert_eq!(
        shown(&known, explicit, 0).0.as_deref(),
        Some("2024-07-01T10:00:00Z")
    );
    let said = clock(vec![entry("a.log")], Vec::new(), Some("+05:00"));
    assert_eq!(
        shown(&said, line, 0).0.as_deref(),
        Some("2024-07-01T07:00:00.100Z")
    );
    let unknown = clock(vec![entry("a.log")], Vec::new(), None);
    assert_eq!(
        shown(&unknown, line, 0),
        (Some("2024-07-01T12:00:00.100Z".to_owned()), "assumed zone")
    );
}

#[test]
fn the_zone_of_a_machine_is_not_that_of_its_containers() {
    let berlin = fact(
        "time_zone",
        &[("name", "Europe/Berlin"), ("offset", "+0200")],
    );
    let mut inside = entry("a.log");
    inside.in_container = true;
    let clock = clock(vec![inside], vec![berlin], None);
    let line = "2024-07-01 12:00:00,100 - app - ERROR - x";
    assert_eq!(shown(&clock, line, 0).1, "assumed zone");
}

#[test]
fn two_dates_tell_the_zone() {
    let facts = vec![
        fact(
            "collected",
            &[
                ("printed", "Fri Feb 11 20:23:39 CET 2022"),
                ("utc", "false"),
            ],
        ),
        fact(
            "collected",
            &[("printed", "Fri Feb 11 19:23:40 UTC 2022"), ("utc", "true")],
        ),
    ];
    let clock = clock(vec![entry("a.log")], facts, None);
    let (time, source) = shown(&clock, "Feb 11 20:00:00 node1 app: x", 0);
    assert_eq!(
        (time.as_deref(), source),
        (Some("2022-02-11T19:00:00Z"), "inferred year")
    );
}

#[test]
fn times_since_the_start_of_the_machine_need_a_start() {
    let line = "[   12.500000] usb 1-1: new device";
    let unknown = clock(vec![entry("dmesg")], Vec::new(), None);
    assert_eq!(shown(&unknown, line, 0).0, None);
    let mut booted = entry("kern.log");
    booted.clues.get_or_insert_default().boot = Some((
        parse_line(b"2022-02-11T18:58:28Z x").time.expect("a time"),
        3_000_000,
        0,
    ));
    let by_log = clock(vec![booted], Vec::new(), None);
    assert_eq!(
        shown(&by_log, line, 0),
        (Some("2022-02-11T18:58:37.500Z".to_owned()), "since boot")
    );
    let facts = vec![
        fact(
            "collected",
            &[("printed", "Fri Feb 11 19:23:40 UTC 2022"), ("utc", "true")],
        ),
        fact("uptime", &[("seconds", "1500"), ("exact", "false")]),
    ];
    let by_uptime = clock(vec![entry("dmesg")], facts, None);
    assert_eq!(
        shown(&by_uptime, line, 0).0.as_deref(),
        Some("2022-02-11T18:58:52.500Z")
    );
}
