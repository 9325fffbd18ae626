//! Times as log lines write them.
//!
//! A stamp without an offset is taken as UTC and marked; one without a year is kept in a reference year
//! until the bundle gives the year (see `diagnose::clock`). The wall clock is never consulted.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;

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
                lines,
                offset,
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

/// `YYYY-MM-DD[T _]HH:MM:SS[.,fraction][Z|±hh[:mm]| UTC| Z| ±hhmm]`, also with `/` in the date as Go's log package
/// writes it, and with a space instead of a zero before the hour (MariaDB). Returns the stamp and the length of its
/// text.
pub(crate) fn iso(text: &[u8]) -> Option<(Stamp, usize)> {
    let separator = *text.get(4)?;
    if !matches!(separator, b'-' | b'/')
        || text.get(7) != Some(&separator)
        || !matches!(text.get(10)?, b'T' | b't' | b' ' | b'_')
    {
        return None;
    }
    let (year, month, day) = (
        number(text, 0, 4)?,
        number(text, 5, 2)?,
        number(text, 8, 2)?,
    );
    let (seconds, after) = clock(text, 11)?;
    let date = date(year, month, day)?;
    let (offset, length) = zone(text, after);
    Some((Stamp::local(instant(date, seconds)?, offset), length))
}

/// `Mmm dd HH:MM:SS[.fraction]`, the day padded with a space or zero.
pub(crate) fn month_first(text: &[u8]) -> Option<(Stamp, usize)> {
    let month = month(text.get(..3)?)?;
    if text.get(3) != Some(&b' ') {
        return None;
    }
    let day = padded(text, 4)?;
    if text.get(6) != Some(&b' ') {
        return None;
    }
    yearless(month, day, text, 7)
}

/// `dd/Mmm/YYYY:HH:MM:SS[.fraction][ ±hhmm]` as access logs write it.
pub(crate) fn access(text: &[u8]) -> Option<(Stamp, usize)> {
    let slashes = text.get(2) == Some(&b'/') && text.get(6) == Some(&b'/');
    if !slashes || text.get(11) != Some(&b':') {
        return None;
    }
    let date = date(
        number(text, 7, 4)?,
        month(&text[3..6])?,
        number(text, 0, 2)?,
    )?;
    let (micros, end) = clock(text, 12)?;
    let (offset, length) = zone(text, end);
    Some((Stamp::local(instant(date, micros)?, offset), length))
}

/// `Www Mmm dd HH:MM:SS[.fraction] [ZONE] YYYY` as `ctime(3)` and `date(1)` write it. Of the abbreviations of zones only
/// `UTC` and `GMT` are clear; others are read and left to be assumed.
pub(crate) fn ctime(text: &[u8]) -> Option<(Stamp, usize)> {
    weekday(text)?;
    let text = &text[4..];
    let (month, day) = (month(text.get(..3)?)?, padded(text, 4)?);
    if text.get(6) != Some(&b' ') {
        return None;
    }
    let (micros, end) = clock(text, 7)?;
    let (zone, end) = abbreviation(text, end);
    if text.get(end) != Some(&b' ') {
        return None;
    }
    let date = date(number(text, end + 1, 4)?, month, day)?;
    let stamp = Stamp::local(instant(date, micros)?, zone.then_some(0));
    Some((stamp, 4 + end + 5))
}

/// `Www YYYY-MM-DD HH:MM:SS[.fraction] ZONE` as `journalctl` writes it (short-full, verbose).
pub(crate) fn weekday_iso(text: &[u8]) -> Option<(Stamp, usize)> {
    weekday(text)?;
    let (stamp, length) = iso(&text[4..])?;
    let (_, end) = abbreviation(text, 4 + length);
    Some((stamp, end))
}

/// `dd Mmm [YYYY] HH:MM:SS[.fraction]` (Redis), `d-Mmm-YYYY::HH:MM:SS` (Erlang), `dd-Mmm-YYYY HH:MM:SS.mmm` (Tomcat, BIND).
pub(crate) fn day_month(text: &[u8]) -> Option<(Stamp, usize)> {
    let digits = text
        .iter()
        .take(3)
        .take_while(|b| b.is_ascii_digit())
        .count();
    let separator = *text.get(digits).filter(|b| matches!(b, b' ' | b'-'))?;
    let day = number(text, 0, digits)?;
    let month = month(text.get(digits + 1..digits + 4)?)?;
    let at = digits + 4;
    if text.get(at) != Some(&separator) {
        return None;
    }
    let gap = |at: usize| match text.get(at..)? {
        [b':', b':', ..] => Some(at + 2),
        [b' ' | b':', ..] => Some(at + 1),
        _ => None,
    };
    let Some(year) = number(text, at + 1, 4) else {
        return yearless(month, day, text, at + 1);
    };
    let (micros, end) = clock(text, gap(at + 5)?)?;
    Some((
        Stamp::local(instant(date(year, month, day)?, micros)?, None),
        end,
    ))
}

/// `yyMMdd HHMMSS` (HDFS) and `yyMMdd HH:MM:SS`, the hour perhaps padded with a space (MySQL 5.5).
pub(crate) fn compact(text: &[u8]) -> Option<(Stamp, usize)> {
    let date = date(
        2000 + number(text, 0, 2)?,
        number(text, 2, 2)?,
        number(text, 4, 2)?,
    )?;
    if text.get(6) != Some(&b' ') {
        return None;
    }
    let (micros, end) = clock(text, 7).or_else(|| {
        let (hour, minute, second) = (
            number(text, 7, 2)?,
            number(text, 9, 2)?,
            number(text, 11, 2)?,
        );
        let seconds = (hour < 24 && minute < 60 && second < 60)
            .then_some((hour * 60 + minute) * 60 + second)?;
        Some((seconds * 1_000_000, 13))
    })?;
    Some((Stamp::local(instant(date, micros)?, None), end))
}

/// `yy/MM/dd HH:MM:SS` as Spark writes it.
pub(crate) fn slashed(text: &[u8]) -> Option<(Stamp, usize)> {
    if text.get(2) != Some(&b'/') || text.get(5) != Some(&b'/') || text.get(8) != Some(&b' ') {
        return None;
    }
    let date = date(
        2000 + number(text, 0, 2)?,
        number(text, 3, 2)?,
        number(text, 6, 2)?,
    )?;
    let (micros, end) = clock(text, 9)?;
    Some((Stamp::local(instant(date, micros)?, None), end))
}

/// `MM-DD HH:MM:SS.mmm` as Android's logcat writes it.
pub(crate) fn month_dash_day(text: &[u8]) -> Option<(Stamp, usize)> {
    if text.get(2) != Some(&b'-') || text.get(5) != Some(&b' ') {
        return None;
    }
    yearless(number(text, 0, 2)?, number(text, 3, 2)?, text, 6)
}

/// Seconds since the machine was started: `12.345678`, perhaps padded with spaces in front.
pub(crate) fn since_boot(text: &[u8]) -> Option<(Stamp, usize)> {
    let padding = text.iter().take(8).take_while(|b| **b == b' ').count();
    let whole = text[padding..]
        .iter()
        .take(10)
        .take_while(|b| b.is_ascii_digit())
        .count();
    let at = padding + whole;
    let (fraction, end) = fraction(text, at);
    if whole == 0 || end != at + 7 {
        return None;
    }
    let micros = number(text, padding, whole)? * 1_000_000 + fraction;
    let kind = StampKind::SinceBoot;
    Some((Stamp { micros, kind }, end))
}

/// Microseconds since 1970 that are taken for times: from September 2001 on (before, there would be a digit less) to 2039,
/// since other numbers are rarely in between.
const EPOCHS: std::ops::Range<i64> = 1_000_000_000_000_000..2_200_000_000_000_000;

/// Seconds, milliseconds, microseconds or nanoseconds since 1970, told by the number of digits, with a fraction for seconds.
pub(crate) fn epoch(text: &[u8]) -> Option<(Stamp, usize)> {
    let digits = text
        .iter()
        .take(20)
        .take_while(|b| b.is_ascii_digit())
        .count();
    let (micros, end) = match digits {
        10 => {
            let (fraction, end) = fraction(text, 10);
            (number(text, 0, 10)? * 1_000_000 + fraction, end)
        }
        13 => (number(text, 0, 13)? * 1000, 13),
        16 | 19 => (number(text, 0, 16)?, digits),
        _ => return None,
    };
    EPOCHS
        .contains(&micros)
        .then(|| (Stamp::local(micros, Some(0)), end))
}

/// A time in any spelling that is known, which takes all of `text`.
pub(crate) fn any(text: &[u8]) -> Option<Stamp> {
    type Spelling = fn(&[u8]) -> Option<(Stamp, usize)>;
    const SPELLINGS: [Spelling; 10] = [
        iso,
        month_first,
        ctime,
        weekday_iso,
        access,
        day_month,
        compact,
        slashed,
        epoch,
        since_boot,
    ];
    let text = text.trim_ascii();
    SPELLINGS
        .iter()
        .filter_map(|spelling| spelling(text))
        .find(|(_, length)| *length == text.len())
        .map(|(stamp, _)| stamp)
}

/// A day in the year that stands for an unknown one.
pub(crate) fn reference_date(month: i8, day: i8) -> Option<Date> {
    Date::new(REFERENCE_YEAR, month, day).ok()
}

/// Whether `text` starts with the name of a day and a space.
fn weekday(text: &[u8]) -> Option<()> {
    const DAYS: [&[u8]; 7] = [
        b"Mon ", b"Tue ", b"Wed ", b"Thu ", b"Fri ", b"Sat ", b"Sun ",
    ];
    DAYS.contains(&text.get(..4)?).then_some(())
}

/// The end of an abbreviation of a zone behind a space at `at`, and whether it is UTC.
fn abbreviation(text: &[u8], at: usize) -> (bool, usize) {
    let Some(rest) = text.get(at..).and_then(|rest| rest.strip_prefix(b" ")) else {
        return (false, at);
    };
    let letters = rest
        .iter()
        .take(6)
        .take_while(|b| b.is_ascii_uppercase())
        .count();
    let name = &rest[..letters];
    if !(2..=5).contains(&letters) || rest.get(letters).is_some_and(|b| *b != b' ' && *b != b':') {
        return (false, at);
    }
    (matches!(name, b"UTC" | b"GMT"), at + 1 + letters)
}

/// The length of an abbreviation of a zone behind a stamp: ` CEST`.
pub(crate) fn zone_name(text: &[u8]) -> usize {
    abbreviation(text, 0).1
}

/// A number of two digits, the first perhaps a space.
fn padded(text: &[u8], at: usize) -> Option<i64> {
    if text.get(at) == Some(&b' ') {
        number(text, at + 1, 1)
    } else {
        number(text, at, 2)
    }
}

/// The number of a month by the first three letters of its English name.
fn month(name: &[u8]) -> Option<i64> {
    const MONTHS: &[u8; 36] = b"JanFebMarAprMayJunJulAugSepOctNovDec";
    (1..)
        .zip(MONTHS.chunks_exact(3))
        .find(|(_, month)| *month == name)
        .map(|(number, _)| number)
}

/// `MMDD HH:MM:SS.uuuuuu` as klog writes it.
pub(crate) fn month_digits(text: &[u8]) -> Option<(Stamp, usize)> {
    let (month, day) = (number(text, 0, 2)?, number(text, 2, 2)?);
    if text.get(4) != Some(&b' ') {
        return None;
    }
    yearless(month, day, text, 5)
}

/// `YYYYMMDD HH:MM:SS.uuuuuu` as newer versions of glog write it.
pub(crate) fn digits(text: &[u8]) -> Option<(Stamp, usize)> {
    let date = date(
        number(text, 0, 4)?,
        number(text, 4, 2)?,
        number(text, 6, 2)?,
    )?;
    if text.get(8) != Some(&b' ') {
        return None;
    }
    let (micros, end) = clock(text, 9)?;
    Some((Stamp::local(instant(date, micros)?, None), end))
}

/// A month and day with the time of day that `text` has at `at`, in the reference year.
fn yearless(month: i64, day: i64, text: &[u8], at: usize) -> Option<(Stamp, usize)> {
    let (seconds, length) = clock(text, at)?;
    let micros = instant(date(i64::from(REFERENCE_YEAR), month, day)?, seconds)?;
    Some((
        Stamp {
            micros,
            kind: StampKind::NoYear,
        },
        length,
    ))
}

fn instant(date: Date, micros_of_day: i64) -> Option<i64> {
    let midnight = Offset::UTC
        .to_timestamp(DateTime::from_parts(date, jiff::civil::Time::midnight()))
        .ok()?;
    Some(midnight.as_microsecond() + micros_of_day)
}

fn date(year: i64, month: i64, day: i64) -> Option<Date> {
    Date::new(
        i16::try_from(year).ok()?,
        i8::try_from(month).ok()?,
        i8::try_from(day).ok()?,
    )
    .ok()
}

/// `HH:MM:SS` with an optional fraction at `at`: microseconds since midnight and where the text ends.
fn clock(text: &[u8], at: usize) -> Option<(i64, usize)> {
    let (hour, minute, second) = (
        padded(text, at)?,
        number(text, at + 3, 2)?,
        number(text, at + 6, 2)?,
    );
    let colons = text.get(at + 2) == Some(&b':') && text.get(at + 5) == Some(&b':');
    if !colons || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    // A leap second is the last microsecond of the minute, as POSIX time cannot hold it.
    let whole = ((hour * 60 + minute) * 60 + second.min(59)) * 1_000_000;
    let (fraction, end) = fraction(text, at + 8);
    Some((whole + fraction, end))
}

fn fraction(text: &[u8], at: usize) -> (i64, usize) {
    let digits = match text.get(at) {
        Some(b'.' | b',') => text[at + 1..]
            .iter()
            .take_while(|b| b.is_ascii_digit())
            .count(),
        _ => 0,
    };
    if digits == 0 {
        return (0, at);
    }
    let kept = &text[at + 1..at + 1 + digits.min(6)];
    let value = kept
        .iter()
        .fold(0, |value, digit| value * 10 + i64::from(digit - b'0'));
    let scale = 10i64.pow(6 - u32::try_from(kept.len()).unwrap_or(6));
    (value * scale, at + 1 + digits)
}

/// The offset in seconds east of UTC at `at`, and where the stamp ends.
fn zone(text: &[u8], at: usize) -> (Option<i64>, usize) {
    let sign = match text.get(at) {
        Some(b'Z' | b'z') => return (Some(0), at + 1),
        Some(b' ') => return spaced_zone(text, at),
        Some(b'+') => 1,
        Some(b'-') => -1,
        _ => return (None, at),
    };
    let Some(hours) = number(text, at + 1, 2) else {
        return (None, at);
    };
    let colon = usize::from(text.get(at + 3) == Some(&b':'));
    let minutes = number(text, at + 3 + colon, 2);
    let end = if minutes.is_some() {
        at + 5 + colon
    } else {
        at + 3
    };
    (Some(sign * (hours * 3600 + minutes.unwrap_or(0) * 60)), end)
}

/// ` UTC`, ` Z`, ` +0100` behind a stamp.
fn spaced_zone(text: &[u8], at: usize) -> (Option<i64>, usize) {
    let rest = &text[at + 1..];
    let ends = |length: usize| rest.get(length).is_none_or(|b| !b.is_ascii_alphanumeric());
    match rest {
        [b'U', b'T', b'C', ..] | [b'G', b'M', b'T', ..] if ends(3) => (Some(0), at + 4),
        [b'Z', ..] if ends(1) => (Some(0), at + 2),
        [b'+' | b'-', _, _, b':', _, _, ..] if ends(6) => zone(text, at + 1),
        [b'+' | b'-', digits @ ..]
            if digits
                .iter()
                .take(5)
                .take_while(|b| b.is_ascii_digit())
                .count()
                == 4 =>
        {
            zone(text, at + 1)
        }
        _ => (None, at),
    }
}

fn number(text: &[u8], at: usize, digits: usize) -> Option<i64> {
    text.get(at..at + digits)?.iter().try_fold(0, |value, b| {
        b.is_ascii_digit().then(|| value * 10 + i64::from(b - b'0'))
    })
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
            ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59Z", Explicit),
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
