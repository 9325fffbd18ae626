//! The spellings of times in logs: each function reads one from the start of a text, and returns it with its length.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::Offset;

use super::{REFERENCE_YEAR, Stamp, StampKind};

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
    if !(2..=5).contains(&letters)
        || rest
            .get(letters)
            .is_some_and(|b| !matches!(b, b' ' | b':' | b','))
    {
        return (false, at);
    }
    (matches!(name, b"UTC" | b"GMT"), at + 1 + letters)
}

/// The length of an abbreviation of a zone behind a stamp: ` CEST`.
fn zone_name(text: &[u8]) -> usize {
    abbreviation(text, 0).1
}

/// The offset of a zone without an abbreviation, ` -03`, in seconds, and its length; what follows is no digit.
fn hours_east(text: &[u8]) -> Option<(i64, usize)> {
    let sign = match text.get(..2)? {
        b" +" => 3600,
        b" -" => -3600,
        _ => return None,
    };
    let hours = number(text, 2, 2).filter(|hours| *hours <= 14)?;
    let ends = text
        .get(4)
        .is_none_or(|b| matches!(b, b' ' | b':' | b',' | b'"'));
    ends.then_some((sign * hours, 4))
}

/// The stamp in the zone that is written behind it, ` CEST` or ` -03`, and how long that is.
pub(crate) fn zone_behind(stamp: Stamp, text: &[u8]) -> (Stamp, usize) {
    match hours_east(text) {
        Some((offset, length)) => (stamp.in_zone(offset), length),
        None => (stamp, zone_name(text)),
    }
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

/// `MmmDD HH:MM` as `dmesg -e` writes it.
pub(crate) fn month_and_minute(text: &[u8]) -> Option<(Stamp, usize)> {
    let (month, day) = (month(text.get(..3)?)?, padded(text, 3)?);
    let (hour, minute) = (number(text, 6, 2)?, number(text, 9, 2)?);
    let marks = text.get(5) == Some(&b' ') && text.get(8) == Some(&b':');
    if !marks || hour > 23 || minute > 59 {
        return None;
    }
    let micros = instant(
        date(i64::from(REFERENCE_YEAR), month, day)?,
        (hour * 60 + minute) * 60_000_000,
    )?;
    let kind = StampKind::NoYear;
    Some((Stamp { micros, kind }, 11))
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
        .to_timestamp(DateTime::from_parts(date, Time::midnight()))
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
    let whole = ((hour * 60 + minute) * 60 + second.min(59)) * 1_000_000;
    let (fraction, end) = fraction(text, at + 8);
    // A leap second is the last microsecond of the minute, as POSIX time cannot hold it.
    let fraction = if second == 60 { 999_999 } else { fraction };
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
        // Minutes of a zone; anything else is an address behind ` -03:`, as PostgreSQL may write it.
        [b'+' | b'-', _, _, b':', b'0' | b'3', b'0', ..]
        | [b'+' | b'-', _, _, b':', b'1' | b'4', b'5', ..]
            if ends(6) && rest.get(6) != Some(&b'.') =>
        {
            zone(text, at + 1)
        }
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
