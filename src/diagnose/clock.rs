//! Stamps to instants: the year and the zone that a line does not give.
//!
//! A stamp without a year gets the year that brings it nearest to an instant in the same file (a wrapper and
//! its payload often have both), else the latest year that does not put it after the end of the bundle.
//! The wall clock is never asked: a bundle tells the same story on any day.

use crate::diagnose::tally::EntryTally;
use crate::location::EntryId;
use crate::log::{Calibration, Stamp, StampKind, format_micros, year_of};

/// A stamp may be so much later than the latest instant of the bundle: files are collected one after the other,
/// and zones are unknown.
const SLACK: i64 = 24 * 3_600_000_000;

/// Turns stamps into instants.
#[derive(Debug)]
pub(super) struct Clock {
    /// The latest instant in the bundle.
    anchor: Option<i64>,
    calibrations: Vec<Option<Calibration>>,
}

/// An instant and how it is known.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Instant {
    pub(super) micros: i64,
    pub(super) source: &'static str,
}

impl Clock {
    pub(super) fn new(entries: &[EntryTally], collected_at: Option<i64>) -> Self {
        let dated = |stamp: Option<Stamp>| {
            stamp
                .filter(|stamp| stamp.kind < StampKind::NoYear)
                .map(|stamp| stamp.micros)
        };
        let calibrations: Vec<Option<Calibration>> =
            entries.iter().map(|entry| entry.calibration).collect();
        let instants = entries
            .iter()
            .filter(|entry| entry.is_log)
            .flat_map(|entry| {
                let calibrated = entry.calibration.map(|calibration| calibration.instant);
                [dated(entry.first), dated(entry.last), calibrated]
            });
        let anchor = collected_at.or_else(|| end_of(instants.flatten().collect()));
        Self {
            anchor,
            calibrations,
        }
    }

    /// The instant of a stamp in an entry.
    pub(super) fn instant(&self, stamp: Stamp, entry: EntryId) -> Instant {
        let (micros, source) = match stamp.kind {
            StampKind::Explicit => (stamp.micros, "explicit"),
            StampKind::AssumedZone => (stamp.micros, "assumed zone"),
            StampKind::SinceBoot => (stamp.micros, UNKNOWN_YEAR),
            StampKind::NoYear => match self.in_its_year(stamp, entry) {
                Some(micros) => (micros, "inferred year"),
                None => (stamp.micros, UNKNOWN_YEAR),
            },
        };
        Instant { micros, source }
    }

    fn in_its_year(&self, stamp: Stamp, entry: EntryId) -> Option<i64> {
        let calibration = self.calibrations.get(entry.index()).copied().flatten();
        let known = calibration.and_then(|known| {
            if known.is_end {
                latest(stamp, known.instant)
            } else {
                Some(stamp.near(known.instant)? - known.offset)
            }
        });
        known.or_else(|| latest(stamp, self.anchor?))
    }
}

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
fn end_of(mut instants: Vec<i64>) -> Option<i64> {
    const YEAR: i64 = 366 * 86_400_000_000;
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
mod tests {
    use super::*;
    use crate::log::{parse_instant, parse_line};

    fn instant(line: &str, calibration: Option<&str>, end: Option<&str>) -> Option<String> {
        let micros = |text: &str| parse_instant(text.as_bytes()).expect("an instant");
        let entry = EntryTally {
            is_log: true,
            calibration: calibration.map(|instant| Calibration {
                instant: micros(instant),
                offset: 0,
                is_end: false,
            }),
            last: end.map(|end| Stamp {
                micros: micros(end),
                kind: StampKind::Explicit,
            }),
            ..EntryTally::default()
        };
        let stamp = parse_line(line.as_bytes()).time.expect("a time");
        Clock::new(&[entry], None)
            .instant(stamp, EntryId(0))
            .shown()
    }

    #[test]
    fn the_year_comes_from_the_bundle() {
        let line = "Dec 31 23:59:00 node app: x";
        assert_eq!(
            instant(line, None, Some("2025-01-02T00:00:00Z")).as_deref(),
            Some("2024-12-31T23:59:00Z")
        );
        assert_eq!(
            instant(line, None, Some("2024-12-31T10:00:00Z")).as_deref(),
            Some("2024-12-31T23:59:00Z")
        );
        assert_eq!(
            instant(
                line,
                Some("2022-01-01T00:00:10Z"),
                Some("2025-01-02T00:00:00Z")
            )
            .as_deref(),
            Some("2021-12-31T23:59:00Z")
        );
        assert_eq!(
            instant(
                "Feb 29 10:00:00 node app: x",
                None,
                Some("2026-03-01T00:00:00Z")
            )
            .as_deref(),
            Some("2024-02-29T10:00:00Z")
        );
        assert_eq!(instant(line, None, None), None);
    }
}
