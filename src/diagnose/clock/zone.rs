//! Time zones: local times to UTC.

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};

/// The zone in which a clock was set.
#[derive(Clone, Debug)]
pub struct Zone(TimeZone);

/// Why a zone is not known.
#[derive(Debug, thiserror::Error)]
#[error(
    "unknown time zone `{0}`: neither a name such as `Europe/Berlin` nor an offset such as `+02:00`"
)]
pub struct ZoneError(String);

impl Zone {
    /// The zone with a name of the IANA database (`Europe/Berlin`) or an offset (`+02:00`, `-0530`, `UTC`).
    pub fn named(name: &str) -> Result<Self, ZoneError> {
        let name = name.trim();
        let by_offset = || offset(name).map(Self::fixed);
        let by_name = || TimeZone::get(name).ok().map(Self);
        by_offset()
            .or_else(by_name)
            .ok_or_else(|| ZoneError(name.to_owned()))
    }

    /// The zone that is so many microseconds ahead of UTC all the year.
    pub(super) fn fixed(micros: i64) -> Self {
        let seconds = i32::try_from(micros / 1_000_000).unwrap_or(0);
        Self(
            Offset::from_seconds(seconds)
                .unwrap_or(Offset::UTC)
                .to_time_zone(),
        )
    }

    /// The instant of a local time, both in microseconds. Of a time that happened twice, when summer time ended, the
    /// first; one that was left out is taken as if summer time had not begun.
    pub(super) fn utc(&self, local: i64) -> i64 {
        let civil = Timestamp::from_microsecond(local).map(|at| Offset::UTC.to_datetime(at));
        let instant = civil.and_then(|civil| self.0.to_ambiguous_timestamp(civil).compatible());
        instant.map_or(local, Timestamp::as_microsecond)
    }
}

/// Microseconds ahead of UTC: `+0100`, `-05:30`, `UTC`.
fn offset(text: &str) -> Option<i64> {
    if matches!(text, "UTC" | "GMT" | "Z") {
        return Some(0);
    }
    let (sign, digits) = match text.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let digits = digits.replace(':', "");
    let number = |range: std::ops::Range<usize>| digits.get(range)?.parse::<i64>().ok();
    let (hours, minutes) = (number(0..2)?, number(2..4).unwrap_or(0));
    (digits.len() % 2 == 0 && digits.len() <= 4 && hours <= 14 && minutes < 60)
        .then_some(sign * (hours * 60 + minutes) * 60_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::{format_micros, parse_instant};

    fn utc(zone: &str, local: &str) -> String {
        let local = parse_instant(local.as_bytes()).expect("a time");
        format_micros(Zone::named(zone).expect("a zone").utc(local))
    }

    #[test]
    fn names_know_summer_time_and_offsets_do_not() {
        assert_eq!(
            utc("Europe/Berlin", "2024-07-01 12:00:00"),
            "2024-07-01T10:00:00Z"
        );
        assert_eq!(
            utc("Europe/Berlin", "2024-12-01 12:00:00"),
            "2024-12-01T11:00:00Z"
        );
        assert_eq!(utc("+0100", "2024-07-01 12:00:00"), "2024-07-01T11:00:00Z");
        assert_eq!(utc("-05:30", "2024-07-01 12:00:00"), "2024-07-01T17:30:00Z");
        assert_eq!(
            utc("Etc/UTC", "2024-07-01 12:00:00"),
            "2024-07-01T12:00:00Z"
        );
        for bad in ["Mars/Olympus", "+25:00", "+1", ""] {
            assert!(Zone::named(bad).is_err(), "{bad}");
        }
    }
}
