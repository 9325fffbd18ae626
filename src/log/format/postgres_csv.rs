//! PostgreSQL's `csvlog`: `TIME ZONE,"user","database",PID,...,ERROR,42P01,"message","detail",...`, 23 columns or more
//! (PostgreSQL, "Using CSV-Format Log Output"). `FATAL` ends one session only, so it is an error.

use std::borrow::Cow;

use super::{Body, Format, Layer, Recognise, Timed, postgres};
use crate::log::time;

pub(super) const FORMAT: Format =
    Format::payload("postgresql csv", Recognise::Timed(|_| true, parse));

/// Columns that become fields, counted from the time.
const FIELDS: [(usize, &str); 8] = [
    (1, "user"),
    (2, "database"),
    (3, "pid"),
    (4, "client"),
    (12, "sqlstate"),
    (14, "detail"),
    (15, "hint"),
    (19, "query"),
];
const SEVERITY: usize = 11;
const MESSAGE: usize = 13;

fn parse(timed: Timed<'_>) -> Option<Layer<'_>> {
    let rest = timed.bare()?.0;
    let mut rest = &rest[time::zone_name(rest)..];
    if !rest.starts_with(b",") {
        return None;
    }
    let mut columns = Vec::with_capacity(24);
    columns.push(Cow::Borrowed(&b""[..]));
    while let Some(text) = rest.strip_prefix(b",") {
        let (value, after) = column(text);
        columns.push(value);
        rest = after;
    }
    let (level, _) = postgres::severity(columns.get(SEVERITY)?)?;
    let message = columns.get_mut(MESSAGE).map(std::mem::take)?;
    let mut layer = Layer::new(Body::Message(message));
    layer.time = Some(timed.stamp);
    layer.level = level;
    for (at, name) in FIELDS {
        let value = columns.get_mut(at).map(std::mem::take).unwrap_or_default();
        if !value.is_empty() {
            layer.fields.push((Cow::Borrowed(name), value));
        }
    }
    Some(layer)
}

/// The column at the start of `text`, and what follows it. A quote in quotes is doubled; one that is never closed goes on
/// in the next line.
fn column(text: &[u8]) -> (Cow<'_, [u8]>, &[u8]) {
    let Some(quoted) = text.strip_prefix(b"\"") else {
        let end = memchr::memchr(b',', text).unwrap_or(text.len());
        return (Cow::Borrowed(&text[..end]), &text[end..]);
    };
    let mut value: Cow<'_, [u8]> = Cow::Borrowed(b"");
    let mut rest = quoted;
    loop {
        let end = memchr::memchr(b'"', rest).unwrap_or(rest.len());
        if value.is_empty() {
            value = Cow::Borrowed(&rest[..end]);
        } else {
            value.to_mut().extend_from_slice(&rest[..end]);
        }
        rest = rest.get(end + 1..).unwrap_or_default();
        let Some(after) = rest.strip_prefix(b"\"") else {
            return (value, rest);
        };
        value.to_mut().push(b'"');
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::shown;
    use crate::log::parse_line;

    #[test]
    fn columns_have_their_meaning() {
        let line = r#"2026-11-20 11:24:44.874 UTC,"app","shop",885178,"10.0.0.5:41234",66bf1a2b.d81ba,3,"SELECT",2026-11-20 11:20:00 UTC,4/12,0,ERROR,42P01,"relation ""x"", that is, does not exist",,,,,,"select * from x",15,,"psql","client backend",,0"#;
        assert_eq!(
            shown(line),
            r#"postgresql csv | 2026-11-20T11:24:44.874Z | error | relation \"x\", that is, does not exist"#
        );
        let record = parse_line(line.as_bytes());
        assert_eq!(record.field("pid"), Some(&b"885178"[..]));
        assert_eq!(record.field("query"), Some(&b"select * from x"[..]));
        assert_eq!(record.field("hint"), None);
    }

    #[test]
    fn a_message_may_go_on_in_the_next_line() {
        assert_eq!(
            shown(
                r#"2026-11-20 11:24:44.874 CET,,,885178,,66bf1a2b.d81ba,3,,2026-11-20 11:20:00 CET,,0,LOG,00000,"first"#
            ),
            "postgresql csv | 2026-11-20T11:24:44.874Z | info | first"
        );
        assert!(
            shown("2026-11-20 11:24:44,a,b,c").starts_with("iso time | "),
            "a table of times is none"
        );
    }
}
