//! Stamps to instants: the year, the zone and the start of the machine that a line does not give.
//!
//! A stamp without a year gets the year that brings it nearest to an instant in the same file (a wrapper and
//! its payload often have both), else the latest year that does not put it after the end of the file or of the
//! bundle. A stamp without a zone is in the zone that such a pair shows, that the journal states, or that the machine is
//! set to; else UTC is assumed, and said. The wall clock is never asked: a bundle tells the same story on any day.

mod anchors;
mod zone;

use std::collections::BTreeMap;

use anchors::{Anchors, Origin};
pub use zone::{Zone, ZoneError};

use super::infer::Machines;
use super::tally::{Clues, EntryTally, Tally};
use crate::location::EntryId;
use crate::log::{Stamp, StampKind, format_micros, year_of};
use crate::report::Anchor;

/// A stamp may be so much later than the latest instant of the bundle: files are collected one after the other,
/// and zones are unknown.
const SLACK: i64 = 24 * 3_600_000_000;

/// Turns stamps into instants.
#[derive(Debug)]
pub(super) struct Clock<'a> {
    tally: &'a Tally,
    machines: &'a Machines,
    /// When the bundle was collected, or its latest instant.
    end: Option<i64>,
    /// The zone to assume where nothing tells it.
    assumed: Option<Zone>,
    /// The year of the last stamp of entries in which the year turns.
    last_years: BTreeMap<EntryId, i16>,
    anchors: Anchors,
}

impl<'a> Clock<'a> {
    /// The clock of a bundle. `collected_at` is when it was collected, if the caller knows; `assumed` is the zone of
    /// times of which nothing tells it.
    pub(super) fn new(
        tally: &'a Tally,
        machines: &'a Machines,
        collected_at: Option<i64>,
        assumed: Option<Zone>,
    ) -> Self {
        let anchors = Anchors::new(tally, machines);
        // Files may be copied after the clock was read, and a clock or a name may be wrong.
        let end = collected_at.or_else(|| anchors.collected().max(end_of(&tally.entries)));
        let mut clock = Self {
            tally,
            machines,
            end,
            assumed,
            last_years: BTreeMap::new(),
            anchors,
        };
        clock.learn_years();
        clock.learn_boots();
        clock
    }

    /// When the bundle was collected, where it says so.
    pub(super) fn collected(&self) -> Option<i64> {
        self.anchors.collected()
    }

    /// What the times of the bundle are known by.
    pub(super) fn anchors(&self) -> Vec<Anchor> {
        self.anchors.list(self.tally)
    }

    /// In entries that span more than a year each turn of it counts, from the year of the last stamp back.
    fn learn_years(&mut self) {
        for (id, entry) in self.tally.ids().zip(&self.tally.entries) {
            let turns = entry
                .clues
                .as_ref()
                .is_some_and(|clues| !clues.turns.is_empty());
            let last = entry
                .last
                .filter(|stamp| turns && stamp.kind == StampKind::NoYear);
            let local = last.and_then(|last| self.local(last, entry.clues.as_deref()));
            if let Some(year) = local.and_then(year_of) {
                self.last_years.insert(id, year);
            }
        }
    }

    fn learn_boots(&mut self) {
        for (id, entry) in self.tally.ids().zip(&self.tally.entries) {
            let Some((stamp, since_boot, line)) = entry.clues.as_ref().and_then(|clues| clues.boot)
            else {
                continue;
            };
            let instant = self.instant(stamp, id, line);
            if let Some(node) = self.machines.shown(id).filter(|_| instant.is_dated()) {
                let origin = Origin {
                    entry: id,
                    line: line + 1,
                };
                self.anchors
                    .add_boot(node, instant.micros - since_boot, origin);
            }
        }
        self.anchors.add_uptimes(self.tally, self.machines);
    }

    /// The instant of a stamp in an entry, at a line counted from zero.
    pub(super) fn instant(&self, stamp: Stamp, entry: EntryId, line: u64) -> Instant {
        let clues = self.clues(entry);
        let zone = || self.zone_of(stamp.kind, entry, clues);
        let assumed = |micros| {
            self.assumed
                .as_ref()
                .map_or(micros, |zone| zone.utc(micros))
        };
        let (micros, source) = match stamp.kind {
            StampKind::Explicit => (stamp.micros, "explicit"),
            StampKind::AssumedZone => match zone() {
                Some(zone) => (zone.utc(stamp.micros), "inferred zone"),
                None => (assumed(stamp.micros), "assumed zone"),
            },
            StampKind::NoYear => match self.local_at(stamp, entry, line) {
                Some(micros) => {
                    let zoned = zone().map(|zone| zone.utc(micros));
                    (zoned.unwrap_or_else(|| assumed(micros)), "inferred year")
                }
                None => (stamp.micros, UNKNOWN_YEAR),
            },
            StampKind::SinceBoot => match self.boot_of(entry) {
                Some(boot) => (boot + stamp.micros, "since boot"),
                None => (stamp.micros, UNKNOWN_YEAR),
            },
        };
        Instant { micros, source }
    }

    fn clues(&self, entry: EntryId) -> Option<&'a Clues> {
        self.tally.entries.get(entry.index())?.clues.as_deref()
    }

    fn boot_of(&self, entry: EntryId) -> Option<i64> {
        self.anchors.boot(self.machines.shown(entry)?)
    }

    /// The zone of stamps of one kind, where the bundle tells it.
    fn zone_of(&self, kind: StampKind, entry: EntryId, clues: Option<&Clues>) -> Option<Zone> {
        let calibration = clues.and_then(|clues| clues.calibration);
        let offset = calibration
            .filter(|known| known.kind == kind)
            .and_then(|known| known.offset);
        if let Some(offset) = offset {
            return Some(Zone::fixed(offset));
        }
        // Programs in containers run in UTC, whatever the machine is set to.
        let in_container = self.tally.entries.get(entry.index())?.in_container;
        let node = self.machines.shown(entry).filter(|_| !in_container)?;
        self.anchors.zone(node)
    }

    /// The stamp in its year, still in the zone of the clock that wrote it.
    fn local_at(&self, stamp: Stamp, entry: EntryId, line: u64) -> Option<i64> {
        let clues = self.clues(entry);
        let counted = self.last_years.get(&entry).and_then(|last| {
            let turns = clues?.turns.iter().filter(|turn| **turn > line).count();
            let year = last.checked_sub(i16::try_from(turns).ok()?)?;
            stamp.in_year(year)
        });
        counted.or_else(|| self.local(stamp, clues))
    }

    fn local(&self, stamp: Stamp, clues: Option<&Clues>) -> Option<i64> {
        let known = clues
            .and_then(|clues| clues.calibration)
            .filter(|known| known.kind == StampKind::NoYear)
            .and_then(|known| {
                if known.is_end {
                    latest(stamp, known.instant)
                } else {
                    stamp.near(known.instant)
                }
            });
        let limit = clues
            .and_then(|clues| clues.modified)
            .map(|seconds| seconds * 1_000_000);
        let end = match (self.end, limit) {
            (Some(end), Some(limit)) => Some(end.min(limit)),
            (end, limit) => end.or(limit),
        };
        known.or_else(|| latest(stamp, end?))
    }
}

/// An instant and how it is known.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Instant {
    pub(super) micros: i64,
    pub(super) source: &'static str,
}

/// How instants are known.
pub(super) const SOURCES: &[&str] = &[
    "explicit",
    "assumed zone",
    "inferred zone",
    "inferred year",
    "since boot",
    "inherited",
    UNKNOWN_YEAR,
];

/// The source of an instant whose year nothing tells; it serves to order and compare, and is never shown.
const UNKNOWN_YEAR: &str = "unknown year";

impl Instant {
    /// RFC 3339; `None` where the year is unknown.
    pub(super) fn shown(self) -> Option<String> {
        self.is_dated().then(|| format_micros(self.micros))
    }

    /// The same instant, as it is known of the line before.
    pub(super) fn inherited(self) -> Self {
        Self {
            source: if self.is_dated() {
                "inherited"
            } else {
                self.source
            },
            ..self
        }
    }

    /// Whether the year is known.
    pub(super) fn is_dated(self) -> bool {
        self.source != UNKNOWN_YEAR
    }
}

/// The first and the last of the instants whose year is known.
pub(super) fn span(instants: impl Iterator<Item = Instant>) -> Option<(i64, i64)> {
    instants
        .filter(|instant| instant.is_dated())
        .map(|instant| (instant.micros, instant.micros))
        .reduce(|(first, last), (micros, _)| (first.min(micros), last.max(micros)))
}

/// The end of the bundle's logs: the latest instant that is not far off the others, since one wrong date must not
/// move all years.
fn end_of(entries: &[EntryTally]) -> Option<i64> {
    const YEAR: i64 = 366 * 86_400_000_000;
    let dated = |stamp: Option<Stamp>| {
        stamp
            .filter(|stamp| stamp.kind < StampKind::NoYear)
            .map(|stamp| stamp.micros)
    };
    let of_entry = |entry: &EntryTally| {
        let calibration = entry.clues.as_ref().and_then(|clues| clues.calibration);
        let calibrated = calibration.map(|calibration| calibration.instant);
        [dated(entry.first), dated(entry.last), calibrated]
    };
    let logs = entries.iter().filter(|entry| entry.is_log);
    let mut instants: Vec<i64> = logs.flat_map(of_entry).flatten().collect();
    instants.sort_unstable();
    let median = *instants.get(instants.len() / 2)?;
    instants
        .into_iter()
        .rfind(|instant| *instant <= median + YEAR)
}

/// The stamp in the latest year that does not put it after `end`. 29 February may have to go back further.
fn latest(stamp: Stamp, end: i64) -> Option<i64> {
    let year = year_of(end)?;
    (year - 8..=year + 1)
        .rev()
        .filter_map(|year| stamp.in_year(year))
        .find(|micros| *micros <= end + SLACK)
}

#[cfg(test)]
mod tests;
