//! PostgreSQL: `TIME ZONE [PID] user@database ERROR:  message`. What stands between time and level is `log_line_prefix`; the two
//! spaces behind the level never change. `DETAIL`, `HINT`, `CONTEXT`, `STATEMENT` and `QUERY` belong to the message before them of the
//! same process. `FATAL` ends one session only, so it is an error.

use std::borrow::Cow;

use super::rest::Rest;
use super::{Body, Format, Layer, Recognise, Timed};
use crate::log::{Level, Stamp, time};

/// The name of the format.
pub(in crate::log) const NAME: &str = "postgresql";

pub(super) const FORMAT: Format = Format::payload(NAME, Recognise::Timed(|_| true, parse));

/// The same with the whole prefix in angle brackets: `< 2026-11-20 11:24:44.874 UTC >LOG:  message`.
pub(super) const ANGLED: Format = Format::payload(NAME, Recognise::Line(b"<", angled));

/// The same behind syslog, which numbers the messages of a process and their lines: `[3-1] ERROR:  message`.
pub(super) const NUMBERED: Format = Format::payload(NAME, Recognise::Line(b"[", numbered));

/// How far from the time the level may stand.
const PREFIX: usize = 160;

fn parse(timed: Timed<'_>) -> Option<Layer<'_>> {
    layer(timed.stamp, timed.bare()?.0)
}

fn angled(line: &[u8]) -> Option<Layer<'_>> {
    let text = line[1..].trim_ascii_start();
    let (stamp, length) = time::iso(text)?;
    layer(stamp, &text[length..])
}

/// What follows the time.
fn layer(stamp: Stamp, rest: &[u8]) -> Option<Layer<'_>> {
    let prefix = &rest[..rest.len().min(PREFIX)];
    let mark = crate::text::find_short(prefix, b":  ")?;
    let start = prefix[..mark]
        .iter()
        .rposition(|b| !b.is_ascii_alphanumeric())?
        + 1;
    let (level, continues) = severity(&rest[start..mark])?;
    let (stamp, zone) = time::zone_behind(stamp, rest);
    let between = &rest[zone.min(start)..start];
    if !is_line_prefix(&rest[..start]) {
        return None;
    }
    let open = memchr::memchr(b'[', between);
    let pid = open
        .map(|open| &between[open + 1..])
        .and_then(|text| Rest(text).digits());
    let text = &rest[mark + 3..];
    let mut layer = Rest(text).message(stamp, level);
    layer.continues = continues;
    // `log_statement` and `log_min_duration_statement` repeat what clients sent.
    let head = &text[..text.len().min(64)];
    let is_timed = head.starts_with(b"duration: ") && has(head, b" ms  ");
    layer.requested = head.starts_with(b"statement: ") || head.starts_with(b"execute ") || is_timed;
    layer.quotes = layer.requested;
    if let Some(pid) = pid {
        layer = layer.with("pid", pid);
    }
    Some(layer)
}

fn has(text: &[u8], part: &[u8]) -> bool {
    crate::text::find_short(text, part).is_some()
}

/// Whether `text` may be a `log_line_prefix`: no level stands in it, and no sentence. Clients quote what the server
/// says: `WARNING oslo_db [-] (psycopg2.OperationalError) FATAL:  ...`.
fn is_line_prefix(text: &[u8]) -> bool {
    let mut words = 0;
    for token in text.split(|b| *b == b' ') {
        let bare = token.trim_ascii();
        let name = |b: &u8| b.is_ascii_alphabetic();
        let start = bare.iter().position(name).unwrap_or(bare.len());
        let end = bare.iter().rposition(name).map_or(start, |end| end + 1);
        let word = &bare[start..end];
        if Level::from_name(word).is_some() {
            return false;
        }
        let plain = !word.is_empty() && word.iter().all(u8::is_ascii_lowercase);
        if plain {
            words += 1;
            // `retry failed: `
            if words > 1 && bare[end..] == *b":" {
                return false;
            }
        }
    }
    // `%u %d %a`: the user, the database, the application.
    words <= 3
}

fn numbered(line: &[u8]) -> Option<Layer<'_>> {
    let mut rest = Rest(line);
    rest.tag(b"[")?;
    rest.digits()?;
    rest.tag(b"-")?;
    let part = rest.digits()?;
    rest.tag(b"] ")?;
    // The lines of a message are indented by a tab, which rsyslog escapes.
    let indented = rest.0.strip_prefix(b"\t").or(rest.0.strip_prefix(b"#011"));
    if let Some(text) = indented.filter(|_| part != b"1") {
        let mut layer = Layer::new(Body::Message(Cow::Borrowed(text)));
        layer.continues = true;
        return Some(layer);
    }
    if let Some((stamp, length)) = time::iso(rest.0) {
        return layer(stamp, &rest.0[length..]);
    }
    let mark = crate::text::find_short(&rest.0[..rest.0.len().min(PREFIX)], b":  ")?;
    let word = rest.0[..mark].rsplit(|b| *b == b' ').next()?;
    let (level, continues) = severity(word)?;
    let mut layer = Layer::new(Body::Message(Cow::Borrowed(&rest.0[mark + 3..])));
    layer.level = level;
    layer.continues = continues;
    Some(layer)
}

/// The level of a word, and whether it continues the message before.
pub(super) fn severity(word: &[u8]) -> Option<(Level, bool)> {
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
            shown("2025-08-16 13:02:58.095 -03 [885178] ERROR:  invalid input syntax"),
            "postgresql | 2025-08-16T16:02:58.095Z | error | invalid input syntax"
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
        assert_eq!(
            shown("< 2026-11-20 11:24:44.874 UTC >LOG:  ready"),
            "postgresql | 2026-11-20T11:24:44.874Z | info | ready"
        );
    }

    #[test]
    fn syslog_numbers_messages_and_their_lines() {
        assert_eq!(
            shown(
                "Nov 20 11:24:44 db1 postgres[885178]: [3-1] FATAL:  the database system is starting up"
            ),
            "syslog > postgresql | 1972-11-20T11:24:44Z | error | the database system is starting up"
        );
        assert_eq!(
            shown(
                "Nov 20 11:24:44 db1 postgres[885178]: [3-1] 2026-11-20 11:24:44.874 UTC [885178] ERROR:  x"
            ),
            "syslog > postgresql | 2026-11-20T11:24:44.874Z | error | x"
        );
        assert_eq!(
            shown("Nov 20 11:24:44 db1 app[7]: [3-1] something else"),
            "syslog | 1972-11-20T11:24:44Z | - | [3-1] something else"
        );
        assert_eq!(
            shown("Nov 20 11:24:44 db1 app[7]: [3-2] something else"),
            "syslog | 1972-11-20T11:24:44Z | - | [3-2] something else"
        );
        assert_eq!(
            shown("Nov 20 11:24:45 db1 postgres[7]: [3-2] #011  from x"),
            "syslog > postgresql | 1972-11-20T11:24:45Z | - |   from x"
        );
        assert_eq!(
            shown(
                "Nov 20 11:24:45 db1 postgres[7]: [3-2] 2026-11-20 11:24:45.874 UTC [7] DETAIL:  Key exists."
            ),
            "syslog > postgresql | 2026-11-20T11:24:45.874Z | - | Key exists."
        );
    }

    #[test]
    fn a_client_that_quotes_the_server_is_none() {
        let oslo = "2026-11-20 11:24:44.123 1234 WARNING oslo_db.sqlalchemy.engines [-] SQL connection failed. 10 attempts left.: (psycopg2.OperationalError) FATAL:  the database system is starting up";
        assert!(shown(oslo).starts_with("oslo.log | 2026-11-20T11:24:44.123Z | warn | "));
        for line in [
            "2026-11-20 11:24:44.123 INFO [main] com.example.Api: retrying after FATAL:  x",
            "2026-11-20 11:24:44 +0000 [info]: #0 fluent worker said NOTICE:  table exists",
            "2026-11-20T11:24:44.123Z [DEBUG] agent: output=CONTEXT:  while updating tuple",
            "2026-11-20 11:24:44 retry failed: could not connect: FATAL:  x",
        ] {
            assert!(!shown(line).starts_with("postgres"), "{line}");
        }
        for line in [
            "2026-11-20 11:24:44 CET [7] app shop psql ERROR:  x",
            "2026-11-20 11:24:44 CET:10.0.0.7(41234):app@db:[12345]:ERROR:  x",
            "2026-11-20 11:24:44 CET [7] user=app,db=shop,app=psql,client=10.0.0.7 ERROR:  x",
            "2026-11-20 11:24:44 CET [7-1] [unknown]@[unknown] ERROR:  x",
            "2026-11-20 11:24:44 CET ERROR:  x",
        ] {
            assert!(shown(line).starts_with("postgresql | "), "{line}");
        }
        assert_eq!(
            shown("2026-11-20 11:24:44 -03:10.0.0.1(5):app@db:[12]:ERROR:  x"),
            "postgresql | 2026-11-20T14:24:44Z | error | x"
        );
    }
}
