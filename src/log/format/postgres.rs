//! PostgreSQL: `TIME ZONE [PID] user@database ERROR:  message`. What stands between time and level is `log_line_prefix`; the two
//! spaces behind the level never change. `DETAIL`, `HINT`, `CONTEXT`, `STATEMENT` and `QUERY` belong to the message before them of the
//! same process. `FATAL` ends one session only, so it is an error.

use super::rest::Rest;
use super::{Format, Layer, Recognise, Timed};
use crate::log::{Level, time};

pub(super) const FORMAT: Format = Format::payload("postgresql", Recognise::Timed(|_| true, parse));

/// How far from the time the level may stand.
const PREFIX: usize = 160;

fn parse(timed: Timed<'_>) -> Option<Layer<'_>> {
    let rest = timed.bare()?.0;
    let prefix = &rest[..rest.len().min(PREFIX)];
    let mark = crate::text::find_short(prefix, b":  ")?;
    let start = prefix[..mark]
        .iter()
        .rposition(|b| !b.is_ascii_alphanumeric())?
        + 1;
    let (level, continues) = severity(&rest[start..mark])?;
    let between = &rest[time::zone_name(rest).min(start)..start];
    let open = memchr::memchr(b'[', between);
    let pid = open
        .map(|open| &between[open + 1..])
        .and_then(|text| Rest(text).digits());
    let mut layer = Rest(&rest[mark + 3..]).message(timed.stamp, level);
    layer.continues = continues;
    if let Some(pid) = pid {
        layer = layer.with("pid", pid);
    }
    Some(layer)
}

/// The level of a word, and whether it continues the message before.
fn severity(word: &[u8]) -> Option<(Level, bool)> {
    Some(match word {
        b"DEBUG1" | b"DEBUG2" | b"DEBUG3" | b"DEBUG4" | b"DEBUG5" => (Level::Debug, false),
        b"LOG" | b"INFO" => (Level::Info, false),
        b"NOTICE" => (Level::Notice, false),
        b"WARNING" => (Level::Warn, false),
        b"ERROR" | b"FATAL" => (Level::Error, false),
        b"PANIC" => (Level::Critical, false),
        b"DETAIL" | b"HINT" | b"CONTEXT" | b"STATEMENT" | b"QUERY" | b"LOCATION" => {
            (Level::Unknown, true)
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::samples::shown;

    #[test]
    fn the_prefix_may_be_anything() {
        assert_eq!(
            shown("2026-11-20 11:47:35.958 UTC [16311] LOG:  listening"),
            "postgresql | 2026-11-20T11:47:35.958Z | info | listening"
        );
        assert_eq!(
            shown("2025-08-16 13:02:58.095 CEST [885178] ERROR:  invalid input syntax"),
            "postgresql | 2025-08-16T13:02:58.095Z | error | invalid input syntax"
        );
        assert_eq!(
            shown(
                "2023-03-10 03:54:59 UTC:10.0.0.7(41234):app@db:[12345]:FATAL:  password authentication failed"
            ),
            "postgresql | 2023-03-10T03:54:59Z | error | password authentication failed"
        );
        assert_eq!(
            shown("2025-08-16 13:02:58.095 CEST [885178] app@db STATEMENT:  select 1"),
            "postgresql | 2025-08-16T13:02:58.095Z | - | select 1"
        );
    }
}
