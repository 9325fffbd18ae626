//! PostgreSQL's `csvlog`: `TIME ZONE,"user","database",PID,...,ERROR,42P01,"message","detail",...`, 23 columns or more
//! (PostgreSQL, "Using CSV-Format Log Output"). `FATAL` ends one session only, so it is an error.

use std::borrow::Cow;

use super::{Body, Fields, Format, Layer, Recognise, Timed, postgres};
use crate::log::{Level, Record, owned_fields, time};

const NAME: &str = "postgresql csv";

pub(super) const FORMAT: Format = Format::payload(
    NAME,
    Recognise::Timed(
        |b| matches!(b, b',' | b'+' | b'-') || b.is_ascii_uppercase(),
        parse,
    ),
);

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
    let (stamp, zone) = time::zone_behind(timed.stamp, rest);
    let (message, level, fields) = columns(&rest[zone..])?;
    let mut layer = Layer::new(Body::Message(message));
    layer.time = Some(stamp);
    layer.level = level;
    layer.fields = fields;
    Some(layer)
}

/// Reads a record whose quoted columns go on over several lines again, as a whole.
pub(in crate::log) fn complete(record: &mut Record<'_>) {
    if record.formats.last().is_none_or(|format| format != NAME) || !record.text.contains(&b'\n') {
        return;
    }
    // What stands between the time and the first comma is the zone.
    let Some(at) = memchr::memchr(b',', &record.text) else {
        return;
    };
    let Some((message, _, fields)) = columns(&record.text[at..]) else {
        return;
    };
    let (message, fields) = (message.into_owned(), owned_fields(fields));
    record.msg = Cow::Owned(message);
    record.fields.truncate(record.wrapper_fields);
    record.fields.extend(fields);
}

/// Message, level and fields of what stands behind the time.
fn columns(mut rest: &[u8]) -> Option<(Cow<'_, [u8]>, Level, Fields<'_>)> {
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
    let mut fields = Fields::new();
    for (at, name) in FIELDS {
        let value = columns.get_mut(at).map(std::mem::take).unwrap_or_default();
        if !value.is_empty() {
            fields.push((Cow::Borrowed(name), value));
        }
    }
    Some((message, level, fields))
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
    use crate::log::{Folder, Formats, Level, parse_line};

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
    fn quoted_columns_may_have_many_lines() {
        let text = "2026-11-20 11:24:44.874 -03,\"app\",\"shop\",7,\"[local]\",66bf1a2b.d81ba,3,\"SELECT\",2026-11-20 11:20:00 -03,4/12,0,ERROR,42P01,\"relation \"\"x\"\" does not exist\",,,,,,\"select *\n  from x\n  where y = 'z'\",15,,\"psql\",\"client backend\",,0\n2026-11-20 11:24:45.874 -03,,,8,,66bf1a2b.d81ba,3,,2026-11-20 11:20:00 -03,,0,LOG,00000,\"could not connect to the primary server: FATAL:  the database system is starting up\",,,,,,,,,\"\",\"walreceiver\",,0\n";
        let formats = Formats::default();
        let folder = Folder::new(&formats, text.as_bytes(), false);
        let records: Vec<_> = folder.records().map(|span| span.record).collect();
        assert_eq!(records.len(), 2);
        assert_eq!(&records[0].msg[..], b"relation \"x\" does not exist");
        assert_eq!(
            records[0].field("query"),
            Some(&b"select *\n  from x\n  where y = 'z'"[..])
        );
        assert_eq!(records[0].field("pid"), Some(&b"7"[..]));
        assert_eq!(
            records[0].time.map(|time| time.micros),
            Some(1_795_184_684_874_000)
        );
        assert_eq!(
            &records[1].msg[..],
            b"could not connect to the primary server: FATAL:  the database system is starting up"
        );
        assert_eq!(records[1].level, Level::Info);
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
