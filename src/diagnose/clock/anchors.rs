//! What a bundle says of its clocks besides its logs: when it was collected, the zones of its machines, when they
//! were started.

use std::collections::BTreeMap;

use super::Zone;
use crate::diagnose::infer::Machines;
use crate::diagnose::tally::Tally;
use crate::facts::Fact;
use crate::location::EntryId;
use crate::log::{Stamp, StampKind, any_time, format_micros};
use crate::report::Anchor;
use crate::text::printable_str;

/// Where something stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Origin {
    pub(super) entry: EntryId,
    /// Counted from one.
    pub(super) line: u64,
}

/// By machine, what is known and where it stands.
#[derive(Debug, Default)]
pub(super) struct Anchors {
    collected: BTreeMap<String, (i64, Origin)>,
    zones: BTreeMap<String, (Zone, String, Origin)>,
    boots: BTreeMap<String, (i64, Origin)>,
    /// Where the name of the top directory has a date.
    by_name: Option<i64>,
}

impl Anchors {
    pub(super) fn new(tally: &Tally, machines: &Machines) -> Self {
        let mut anchors = Self {
            by_name: top_directory(tally).and_then(date_in),
            ..Self::default()
        };
        let mut local: BTreeMap<String, (i64, Origin)> = BTreeMap::new();
        for (node, fact, origin) in facts(tally, machines) {
            match &*fact.kind {
                "collected" => {
                    let Some(stamp) = fact.get("printed").and_then(time_of) else {
                        continue;
                    };
                    let utc = fact.is("utc", "true") || stamp.kind == StampKind::Explicit;
                    let known = if utc {
                        &mut anchors.collected
                    } else {
                        &mut local
                    };
                    known.entry(node).or_insert((stamp.micros, origin));
                }
                "time_zone" => anchors.add_zone(node, fact, origin),
                _ => {}
            }
        }
        // `date` and `date --utc` together tell the zone.
        for (node, (micros, origin)) in local {
            if let Some((utc, _)) = anchors.collected.get(&node) {
                const QUARTER: i64 = 900_000_000;
                let offset = (micros - utc + QUARTER / 2).div_euclid(QUARTER) * QUARTER;
                anchors
                    .zones
                    .entry(node)
                    .or_insert_with(|| (Zone::fixed(offset), shown_offset(offset), origin));
            } else {
                let zone = anchors.zones.get(&node);
                let instant = zone.map_or(micros, |(zone, ..)| zone.utc(micros));
                anchors.collected.insert(node, (instant, origin));
            }
        }
        anchors
    }

    fn add_zone(&mut self, node: String, fact: &Fact, origin: Origin) {
        let named = [fact.get("name"), fact.get("offset")];
        let mut named = named.into_iter().flatten().filter(|name| !name.is_empty());
        if let Some((zone, name)) = named.find_map(|name| Some((Zone::named(name).ok()?, name))) {
            self.zones
                .entry(node)
                .or_insert_with(|| (zone, name.to_owned(), origin));
        }
    }

    /// When the bundle was collected: the last time that a machine was asked for it, else the date in its name.
    pub(super) fn collected(&self) -> Option<i64> {
        let stated = self.collected.values().map(|(micros, _)| *micros).max();
        stated.or(self.by_name)
    }

    pub(super) fn zone(&self, node: &str) -> Option<Zone> {
        self.zones.get(node).map(|(zone, ..)| zone.clone())
    }

    pub(super) fn boot(&self, node: &str) -> Option<i64> {
        self.boots.get(node).map(|(micros, _)| *micros)
    }

    /// Notes when a machine was started; the last time counts.
    pub(super) fn add_boot(&mut self, node: &str, micros: i64, origin: Origin) {
        let known = self
            .boots
            .get(node)
            .is_some_and(|(known, _)| *known >= micros);
        if !known {
            self.boots.insert(node.to_owned(), (micros, origin));
        }
    }

    /// Takes the start of machines of which no log tells it from how long they were up when they were asked.
    pub(super) fn add_uptimes(&mut self, tally: &Tally, machines: &Machines) {
        for (node, fact, origin) in facts(tally, machines) {
            let seconds = fact.get("seconds").filter(|_| fact.kind == "uptime");
            let seconds = seconds.and_then(|seconds| seconds.parse::<i64>().ok());
            let asked = self.collected.get(&node).map(|(micros, _)| *micros);
            if let Some((seconds, asked)) = seconds.zip(asked)
                && let Some(up) = seconds.checked_mul(1_000_000)
            {
                self.boots.entry(node).or_insert((asked - up, origin));
            }
        }
    }

    /// All of it, by machine.
    pub(super) fn list(&self, tally: &Tally) -> Vec<Anchor> {
        let anchor = |node: &str, what, value: String, origin: Origin| Anchor {
            node: Some(printable_str(node).into_owned()),
            what,
            value: printable_str(&value).into_owned(),
            entry: shown_entry(tally, origin.entry),
            line: origin.line,
        };
        let collected = self.collected.iter().map(|(node, (micros, origin))| {
            anchor(node, "collected", format_micros(*micros), *origin)
        });
        let zones = self
            .zones
            .iter()
            .map(|(node, (_, name, origin))| anchor(node, "zone", name.clone(), *origin));
        let boots = self.boots.iter().map(|(node, (micros, origin))| {
            anchor(node, "started", format_micros(*micros), *origin)
        });
        let files = tally.ids().zip(&tally.entries).filter_map(|(id, entry)| {
            let known = entry.clues.as_ref()?.calibration?;
            let by = if known.is_end {
                "what journalctl says of its end"
            } else {
                "lines with two times"
            };
            Some(Anchor {
                node: None,
                what: "file",
                value: match known.offset {
                    Some(offset) => {
                        format!("year and zone ({}) known by {by}", shown_offset(offset))
                    }
                    None => format!("year known by {by}"),
                },
                entry: shown_entry(tally, id),
                line: 0,
            })
        });
        collected.chain(zones).chain(boots).chain(files).collect()
    }
}

fn shown_entry(tally: &Tally, entry: EntryId) -> String {
    printable_str(tally.entries[entry.index()].origin.as_str()).into_owned()
}

/// `UTC`, `UTC+02:00`.
fn shown_offset(micros: i64) -> String {
    if micros == 0 {
        return "UTC".to_owned();
    }
    let minutes = micros.abs() / 60_000_000;
    let sign = if micros < 0 { '-' } else { '+' };
    format!("UTC{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

/// The facts of machines, not of what runs inside of them.
fn facts<'a>(
    tally: &'a Tally,
    machines: &'a Machines,
) -> impl Iterator<Item = (String, &'a Fact, Origin)> {
    tally
        .facts
        .iter()
        .filter(|(_, gathered)| gathered.inside.is_none())
        .flat_map(move |(entry, gathered)| {
            gathered.facts.iter().filter_map(move |fact| {
                let node = fact.node.as_deref().or(machines.shown(*entry))?;
                let origin = Origin {
                    entry: *entry,
                    line: fact.line,
                };
                Some((node.to_owned(), fact, origin))
            })
        })
}

/// A time as `date` prints it: as `ctime(3)` does, or with day and month turned and AM or PM (locales of English).
fn time_of(printed: &str) -> Option<Stamp> {
    if let Some(stamp) = any_time(printed.as_bytes()) {
        return Some(stamp);
    }
    // `Thu 04 Dec 2025 09:15:58 AM UTC`, `Thu Dec  4 09:15:58 AM UTC 2025`
    let mut words: Vec<&str> = printed.split_whitespace().collect();
    words.retain(|word| !word.ends_with(','));
    let half = words.iter().position(|word| matches!(*word, "AM" | "PM"));
    let afternoon = half.map(|at| words.remove(at) == "PM");
    let clock = words.iter().position(|word| word.contains(':'))?;
    let hour: i64 = words[clock].split(':').next()?.parse().ok()?;
    let year = words
        .iter()
        .find(|word| word.len() == 4 && word.bytes().all(|b| b.is_ascii_digit()))?;
    let month = words
        .iter()
        .find(|word| word.len() == 3 && any_month(word))?;
    let day = words[..clock]
        .iter()
        .find(|word| word.len() <= 2 && word.parse::<u8>().is_ok())?;
    let zone = words
        .get(clock + 1)
        .filter(|zone| matches!(**zone, "UTC" | "GMT"));
    let text = format!(
        "{:0>2} {month} {year} {:02}{}",
        day,
        match afternoon {
            Some(true) => hour % 12 + 12,
            Some(false) => hour % 12,
            None => hour,
        },
        &words[clock][words[clock].find(':')?..],
    );
    let stamp = any_time(text.as_bytes())?;
    let kind = if zone.is_some() {
        StampKind::Explicit
    } else {
        stamp.kind
    };
    Some(Stamp { kind, ..stamp })
}

fn any_month(word: &str) -> bool {
    any_time(format!("01 {word} 2000 00:00:00").as_bytes()).is_some()
}

/// The directory that all entries are in.
fn top_directory(tally: &Tally) -> Option<&str> {
    let top = |entry: &'_ crate::diagnose::tally::EntryTally| {
        let (top, _) = entry.origin.as_str().split_once('/')?;
        Some(top.len())
    };
    let first = tally.entries.first()?;
    let name = &first.origin.as_str()[..top(first)?];
    let inside = |path: &str| {
        path.strip_prefix(name)
            .is_some_and(|rest| rest.starts_with('/'))
    };
    tally
        .entries
        .iter()
        .all(|entry| inside(entry.origin.as_str()))
        .then_some(name)
}

/// The time in the name of the top directory: `node1-2025-12-04_09_15_57/...`, `sosreport-a-2022-02-11-abc/...`. A day
/// alone stands for its end.
fn date_in(top: &str) -> Option<i64> {
    let top = top.rsplit('!').next().unwrap_or(top);
    let starts = (0..top.len()).filter(|at| top.is_char_boundary(*at));
    starts.into_iter().find_map(|at| {
        let alone = at == 0 || !top.as_bytes()[at - 1].is_ascii_digit();
        let date = top.get(at..at + 10).filter(|_| alone)?;
        let day = any_time(format!("{date} 23:59:59").as_bytes())?.micros;
        let clock = top
            .get(at + 11..at + 19)
            .map(|clock| clock.replace(['_', '-'], ":"));
        let exact = clock.and_then(|clock| any_time(format!("{date} {clock}").as_bytes()));
        Some(exact.map_or(day, |stamp| stamp.micros))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_in_all_forms_of_date() {
        for printed in [
            "Thu Dec  4 09:15:58 UTC 2025",
            "Thu Dec  4 09:15:58 AM UTC 2025",
            "Thu 04 Dec 2025 09:15:58 AM UTC",
            "2025-12-04T09:15:58+00:00",
            "Thu 2025-12-04 09:15:58 UTC",
        ] {
            let stamp = time_of(printed).expect(printed);
            assert_eq!(
                format_micros(stamp.micros),
                "2025-12-04T09:15:58Z",
                "{printed}"
            );
            assert_eq!(stamp.kind, StampKind::Explicit, "{printed}");
        }
        assert!(time_of("up 3 days").is_none());
    }

    #[test]
    fn names_of_directories_have_dates() {
        let shown = |path| date_in(path).map(format_micros);
        assert_eq!(
            shown("w-2025-12-04_09_15_57").as_deref(),
            Some("2025-12-04T09:15:57Z")
        );
        assert_eq!(
            shown("sosreport-a-2022-02-11-abcdefg").as_deref(),
            Some("2022-02-11T23:59:59Z")
        );
        assert_eq!(shown("logs-20250101"), None);
    }
}
