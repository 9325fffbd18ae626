//! Times as log lines write them.
//!
//! A stamp without an offset is taken as UTC and marked; one without a year is kept in a reference year
//! until the bundle gives the year (see `diagnose::clock`). The wall clock is never consulted.

mod spelling;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

pub(crate) use spelling::{
    access, any, compact, ctime, day_month, digits, epoch, iso, month_and_minute, month_dash_day,
    month_digits, month_first, reference_date, since_boot, slashed, weekday_iso, zone_behind,
};

/// A leap year, so that 29 February fits.
const REFERENCE_YEAR: i16 = 1972;

/// The time of a line, in microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Stamp {
    /// Microseconds since the epoch; in the year 1972 for [`StampKind::NoYear`], since the start of the machine
    /// for [`StampKind::SinceBoot`].
    pub micros: i64,
    /// What the line said.
    pub kind: StampKind,
}

/// How much of an instant a stamp is.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum StampKind {
    /// Date, time and offset.
    Explicit,
    /// Date and time; UTC is assumed.
    AssumedZone,
    /// Month, day and time; UTC is assumed, the year is unknown.
    NoYear,
    /// The time since the machine was started, as the kernel counts it.
    SinceBoot,
}

impl Stamp {
    /// The stamp of an instant given as seconds, milliseconds, microseconds or nanoseconds since the epoch;
    /// the magnitude decides: all four are told apart from 2001 to 2286, and nothing else is a time.
    pub fn from_epoch(value: f64) -> Option<Self> {
        let micros = match value {
            v if (1e9..1e10).contains(&v) => v * 1e6,
            v if (1e12..1e13).contains(&v) => v * 1e3,
            v if (1e15..1e16).contains(&v) => v,
            v if (1e18..1e19).contains(&v) => v / 1e3,
            _ => return None,
        };
        #[expect(clippy::cast_possible_truncation, reason = "less than 1e16")]
        let micros = micros.round() as i64;
        Some(Self {
            micros,
            kind: StampKind::Explicit,
        })
    }

    /// The stamp of a date and time that stand so many seconds east of UTC, if that is known.
    fn local(micros: i64, offset: Option<i64>) -> Self {
        Self {
            micros: micros - offset.unwrap_or(0) * 1_000_000,
            kind: if offset.is_some() {
                StampKind::Explicit
            } else {
                StampKind::AssumedZone
            },
        }
    }

    /// The same time of day in a zone that becomes known, so many seconds east of UTC.
    pub(crate) fn in_zone(self, offset: i64) -> Self {
        match self.kind {
            StampKind::AssumedZone => Self::local(self.micros, Some(offset)),
            _ => self,
        }
    }

    /// Whether logs were written then: from 1970 to 2200. Other times are lies, and too large to be added to.
    pub(crate) fn is_plausible(self) -> bool {
        (0..7_258_118_400_000_000).contains(&self.micros)
    }

    /// A civil time, taken as UTC.
    pub(crate) fn civil(datetime: DateTime, kind: StampKind) -> Option<Self> {
        let micros = Offset::UTC.to_timestamp(datetime).ok()?.as_microsecond();
        Some(Self { micros, kind })
    }

    /// The same stamp in the year that brings it nearest to `known`.
    pub(crate) fn near(self, known: i64) -> Option<i64> {
        let year = year_of(known)?;
        let years = (year - 1..=year + 1).filter_map(|year| self.in_year(year));
        years.min_by_key(|micros| (micros - known).abs())
    }

    /// Whether a year begins between this stamp and a later line's, both without a year. Small steps back are lines out
    /// of order.
    pub(crate) fn year_turns(self, later: Self) -> bool {
        const HALF: i64 = 180 * 86_400_000_000;
        self.kind == StampKind::NoYear
            && later.kind == StampKind::NoYear
            && self.micros - later.micros > HALF
    }

    /// The same stamp in the given year; `None` for 29 February in a common year.
    pub fn in_year(self, year: i16) -> Option<i64> {
        let civil = Offset::UTC.to_datetime(Timestamp::from_microsecond(self.micros).ok()?);
        let moved = civil.with().year(year).build().ok()?;
        Some(Offset::UTC.to_timestamp(moved).ok()?.as_microsecond())
    }
}

/// What the lines of a file tell of the clock that wrote its stamps without a year.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Calibration {
    /// An instant near those of the stamps.
    pub instant: i64,
    /// Microseconds that the clock is ahead of UTC: its zone, if the lines tell it.
    pub offset: Option<i64>,
    /// Whether no stamp is later than the instant.
    pub is_end: bool,
    /// Of which kind the stamps are that it is about.
    pub kind: StampKind,
    /// How many lines that were looked at say so.
    pub lines: u32,
}

impl Calibration {
    /// From a line with both: a stamp without a year or a zone and a dated one. Zones are whole quarters of an hour, from
    /// one hour on, within -12 and +14 hours; any other difference is a delay and says nothing of the zone.
    pub(crate) fn new(unclear: Stamp, dated: Stamp) -> Option<Self> {
        const SECOND: i64 = 1_000_000;
        const HOUR: i64 = 3_600 * SECOND;
        const QUARTER: i64 = HOUR / 4;
        let instant = dated.micros;
        let local = if unclear.kind == StampKind::NoYear {
            unclear.near(instant)?
        } else {
            unclear.micros
        };
        let offset = (local - instant + QUARTER / 2).div_euclid(QUARTER) * QUARTER;
        let exact = (local - instant - offset).abs() <= 5 * SECOND;
        let exists =
            offset == 0 || ((-12 * HOUR..=14 * HOUR).contains(&offset) && offset.abs() >= HOUR);
        let zone = dated.kind == StampKind::Explicit && exact && exists;
        Some(Self {
            instant,
            offset: zone.then_some(offset),
            is_end: false,
            kind: unclear.kind,
            lines: 1,
        })
    }

    /// Of two, the one to trust: a stated end, else what more lines say, which may tell of other times, else one that
    /// tells the zone, else the later.
    pub(crate) fn merge(before: Option<Self>, after: Option<Self>) -> Option<Self> {
        let (Some(first), Some(second)) = (before, after) else {
            return before.or(after);
        };
        if first.is_end || second.is_end {
            return Some(if first.is_end { first } else { second });
        }
        if first.agrees(second) {
            let lines = first.lines.saturating_add(second.lines);
            let offset = second.offset.or(first.offset);
            return Some(Self {
                offset,
                lines,
                ..second
            });
        }
        let zoned = |one: Self| (one.lines, one.offset.is_some());
        Some(if zoned(first) > zoned(second) {
            first
        } else {
            second
        })
    }

    /// Whether both say the same of the clock.
    pub(crate) fn agrees(self, other: Self) -> bool {
        const HALF: i64 = 180 * 86_400_000_000;
        let zones = self.offset.zip(other.offset);
        self.kind == other.kind
            && zones.is_none_or(|(a, b)| a == b)
            && (self.instant - other.instant).abs() < HALF
    }
}

/// The end that `journalctl` states in its first line: `-- Logs begin at Fri 2022-02-04 09:34:04 UTC, end at Thu
/// 2022-02-10 16:19:19 UTC. --`, in later versions `-- Journal begins at ..., ends at ...`.
pub(crate) fn journal_header(line: &[u8]) -> Option<Calibration> {
    if !line.starts_with(b"-- Logs begin at ") && !line.starts_with(b"-- Journal begins at ") {
        return None;
    }
    let end = memchr::memmem::rfind(line, b" at ")? + 4;
    // Behind the name of the day.
    let (stamp, _) = iso(line.get(end + 4..)?)?;
    Some(Calibration {
        instant: stamp.micros,
        // Abbreviations of other zones are not clear.
        offset: (stamp.kind == StampKind::Explicit).then_some(0),
        is_end: true,
        kind: StampKind::NoYear,
        lines: 1,
    })
}

/// The year of an instant, UTC.
pub(crate) fn year_of(micros: i64) -> Option<i16> {
    Some(
        Offset::UTC
            .to_datetime(Timestamp::from_microsecond(micros).ok()?)
            .year(),
    )
}

/// RFC 3339 in UTC with as many decimals as are needed (none, 3 or 6).
pub fn format_micros(micros: i64) -> String {
    let Ok(timestamp) = Timestamp::from_microsecond(micros) else {
        return "?".to_owned();
    };
    let decimals = match micros.rem_euclid(1_000_000) {
        0 => 0,
        fraction if fraction % 1000 == 0 => 3,
        _ => 6,
    };
    format!("{timestamp:.decimals$}")
}

/// RFC 3339 in UTC with six decimals, so that texts sort as their times do.
pub(crate) fn format_sortable(micros: i64) -> String {
    let timestamp = Timestamp::from_microsecond(micros);
    timestamp.map_or_else(|_| "?".to_owned(), |timestamp| format!("{timestamp:.6}"))
}

/// An instant written in ISO 8601, to the end of `text`; used for captured values.
pub fn parse_instant(text: &[u8]) -> Option<i64> {
    let (stamp, length) = iso(text.trim_ascii())?;
    (length == text.trim_ascii().len()).then_some(stamp.micros)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Option<(String, StampKind, usize)> {
        let (stamp, length) = iso(text.as_bytes())?;
        Some((format_micros(stamp.micros), stamp.kind, length))
    }

    #[test]
    fn iso_times_are_read_in_all_their_spellings() {
        use StampKind::{AssumedZone, Explicit};
        for (text, time, kind) in [
            ("2018-09-24T13:40:20Z", "2018-09-24T13:40:20Z", Explicit),
            ("2024-11-07T22:50:00+0530", "2024-11-07T17:20:00Z", Explicit),
            (
                "2024-11-07T22:50:00.123456+05:30",
                "2024-11-07T17:20:00.123456Z",
                Explicit,
            ),
            (
                "2025-04-08 19:28:47.428996+00",
                "2025-04-08T19:28:47.428996Z",
                Explicit,
            ),
            (
                "2022-02-09 23:00:38,120",
                "2022-02-09T23:00:38.120Z",
                AssumedZone,
            ),
            ("2026/11/20 12:18:49", "2026-11-20T12:18:49Z", AssumedZone),
            (
                "2025-07-01T16:34:43.657864191Z",
                "2025-07-01T16:34:43.657864Z",
                Explicit,
            ),
            (
                "2016-12-31T23:59:60Z",
                "2016-12-31T23:59:59.999999Z",
                Explicit,
            ),
            (
                "2026-11-20 11:47:35.958 UTC",
                "2026-11-20T11:47:35.958Z",
                Explicit,
            ),
        ] {
            assert_eq!(
                shown(text),
                Some((time.to_owned(), kind, text.len())),
                "{text}"
            );
        }
        for bad in [
            "2018-13-24T13:40:20Z",
            "2018-02-30 00:00:00",
            "2018-09-24T25:40:20Z",
            "2018-09-24",
            "20180924T134020Z",
            "",
        ] {
            assert_eq!(shown(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_stamp_without_year_waits_for_one() {
        let (stamp, length) = month_first(b"Feb 29 09:22:00.5 host x: y").expect("a stamp");
        assert_eq!((stamp.kind, length), (StampKind::NoYear, 17));
        assert_eq!(stamp.in_year(2023), None);
        assert_eq!(
            stamp.in_year(2024).map(format_micros).as_deref(),
            Some("2024-02-29T09:22:00.500Z")
        );
        assert!(month_first(b"Nov  7 22:50:01 node3").is_some());
        assert!(month_first(b"Nov 7 22:50:01 node3").is_none());
        let (stamp, _) = month_digits(b"1204 08:59:24.803571").expect("a stamp");
        assert_eq!(
            stamp.in_year(2025).map(format_micros).as_deref(),
            Some("2025-12-04T08:59:24.803571Z")
        );
    }

    #[test]
    fn the_header_of_a_journal_tells_its_end() {
        let line =
            b"-- Logs begin at Fri 2022-02-04 09:34:04 UTC, end at Thu 2022-02-10 16:19:19 UTC. --";
        let end = journal_header(line).map(|end| format_micros(end.instant));
        assert_eq!(end.as_deref(), Some("2022-02-10T16:19:19Z"));
        assert_eq!(journal_header(b"-- No entries --"), None);
    }

    #[test]
    fn a_pair_of_stamps_tells_year_and_zone() {
        let (yearless, _) = month_first(b"Sep 24 15:40:00").expect("a stamp");
        let (dated, _) = iso(b"2018-09-24T13:40:00Z").expect("a stamp");
        let calibration = Calibration::new(yearless, dated).expect("a pair");
        assert_eq!(calibration.offset, Some(2 * 3_600_000_000));
        let (local, _) = iso(b"2018-09-24 13:40:00").expect("a stamp");
        assert_eq!(
            Calibration::new(yearless, local).map(|pair| pair.offset),
            Some(None)
        );
        for late in [
            &b"2018-09-24T15:10:00Z"[..],
            b"2018-09-24T13:41:00Z",
            b"2018-09-25T04:40:00Z",
        ] {
            let (late, _) = iso(late).expect("a stamp");
            let delay = Calibration::new(yearless, late).map(|pair| pair.offset);
            assert_eq!(delay, Some(None), "a delay is no zone");
        }
    }

    #[test]
    fn the_magnitude_of_an_epoch_tells_its_unit() {
        for value in [
            1_795_173_884.0,
            1_795_173_884_000.0,
            1_795_173_884_000_000.0,
            1_795_173_884e9,
        ] {
            assert_eq!(
                Stamp::from_epoch(value).map(|stamp| stamp.micros),
                Some(1_795_173_884_000_000)
            );
        }
        for value in [12.5, -1.8e9, 1e300, f64::INFINITY, f64::NAN] {
            assert_eq!(Stamp::from_epoch(value), None, "{value}");
        }
    }
}
