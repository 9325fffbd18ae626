//! `journalctl -o verbose`: a head with the time and the cursor, and below it a line for each field, indented:
//! `Thu 2024-11-07 22:50:00.123456 IST [s=...;i=1;b=...;m=4c4b40;t=62655d81d1240;x=...]`, `    MESSAGE=...`.

use std::borrow::Cow;

use super::rest::Rest;
use super::{Body, Format, Formats, Layer, Recognise, journal_json};
use crate::log::{Record, Stamp, StampKind, time};

pub(super) const FORMAT: Format = Format::payload(NAME, Recognise::Line(b"MTWFS", parse));

/// The name of the format.
const NAME: &str = "journalctl verbose";

/// How far fields are indented.
const INDENT: &[u8] = b"    ";

fn parse(line: &[u8]) -> Option<Layer<'_>> {
    let (_, length) = time::weekday_iso(line)?;
    let mut rest = Rest(&line[length..]);
    rest.tag(b" [s=")?;
    let cursor = rest.0.strip_suffix(b"]")?;
    let part = |name: &[u8]| {
        let mut parts = cursor.split(|b| *b == b';');
        parts.find_map(|part| part.strip_prefix(name))
    };
    let number = |text: &[u8]| i64::from_str_radix(std::str::from_utf8(text).ok()?, 16).ok();
    let mut layer = Layer::new(Body::Message(Cow::Borrowed(b"")));
    // The time in the cursor is exact and needs no zone: microseconds in hexadecimal.
    layer.time = Some(Stamp {
        micros: number(part(b"t=")?)?,
        kind: StampKind::Explicit,
    });
    Some(layer.with("_BOOT_ID", part(b"b=").unwrap_or_default()))
}

/// Reads the fields from the lines below the head of `record`, if it is of this format, and its message as the payload
/// that it is.
pub(in crate::log) fn complete(formats: &Formats, record: &mut Record<'_>) {
    if record.formats.last().is_none_or(|name| name != NAME) {
        return;
    }
    let mut fields: Vec<(String, Vec<u8>)> = Vec::new();
    for line in record.text.split(|b| *b == b'\n').skip(1) {
        let text = line.strip_prefix(INDENT).unwrap_or(line);
        let name = memchr::memchr(b'=', text).map(|at| &text[..at]);
        let named = name.filter(|name| {
            !name.is_empty()
                && name
                    .iter()
                    .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'_')
        });
        match (named, fields.last_mut()) {
            (Some(name), _) => {
                let value = text[name.len() + 1..].to_vec();
                fields.push((String::from_utf8_lossy(name).into_owned(), value));
            }
            // A further line of a value is indented to where the first starts.
            (None, Some((name, value))) => {
                value.push(b'\n');
                value.extend_from_slice(text.get(name.len() + 1..).unwrap_or_default());
            }
            (None, None) => {}
        }
    }
    let layer = journal_json::layer(fields, record.time);
    let Body::Payload(message) = &layer.body else {
        return;
    };
    let payload = formats.parse(message).into_owned();
    record.level = if payload.level == crate::log::Level::Unknown {
        layer.level
    } else {
        payload.level
    };
    record.node = layer.node;
    record.unit = layer.unit;
    record.container = layer.container;
    record.logger = payload.logger.or(layer.logger);
    record.msg = payload.msg;
    record.text = payload.text;
    record.fields.extend(layer.fields);
    record.fields.extend(payload.fields);
    record.formats.extend(payload.formats);
}

#[cfg(test)]
mod tests {
    use crate::log::{Folder, Formats, Level};

    const TEXT: &str = "Thu 2024-11-07 22:50:01.000000 IST [s=1;i=1;b=9f;m=4c4b40;t=62655d81d1240;x=1]\n    _HOSTNAME=node3\n    PRIORITY=3\n    SYSLOG_IDENTIFIER=dockerd\n    MESSAGE=level=warning msg=\"first\"\n    _SYSTEMD_UNIT=docker.service\nThu 2024-11-07 22:50:02.000000 IST [s=1;i=2;b=9f;m=4c4b41;t=62655d81d1241;x=1]\n    MESSAGE=one\n            two\n    PRIORITY=6\n";

    #[test]
    fn fields_below_the_head_become_the_record() {
        let formats = Formats::default();
        let folder = Folder::new(&formats, TEXT.as_bytes(), false);
        let records: Vec<_> = folder.records().map(|span| span.record).collect();
        assert_eq!(records.len(), 2);
        assert_eq!(&records[0].msg[..], b"first");
        assert_eq!(
            (records[0].level, records[0].unit.as_deref()),
            (Level::Warn, Some("docker"))
        );
        assert_eq!(records[0].node.as_deref(), Some("node3"));
        assert_eq!(
            (&records[1].msg[..], records[1].level),
            (&b"one\ntwo"[..], Level::Info)
        );
        let found = folder.record_at(TEXT.find("first").expect("it is there"), 0);
        assert_eq!(found.record, records[0]);
    }
}
