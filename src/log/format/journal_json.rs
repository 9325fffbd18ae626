//! `journalctl -o json`: all values are strings; binary or invalid UTF-8 ones are arrays of bytes, repeated
//! fields are arrays, and a field of more than 4096 bytes is `null` unless `--all` was given.
//!
//! Also `-o json-sse` (`data: ` in front) and `-o json-seq` (a record separator in front, RFC 7464).

use std::borrow::Cow;
use std::sync::LazyLock;

use memchr::memmem::Finder;
use serde_json::{Map, Value};

use super::{Body, Format, Layer, Recognise};
use crate::log::{Level, Stamp, StampKind};

pub(super) const FORMAT: Format =
    Format::wrapper("journalctl json", Recognise::Line(b"{d\x1e", parse));

/// Fields that become parts of the record, or that only the journal itself needs.
const MEANT: &[&str] = &[
    "MESSAGE",
    "__CURSOR",
    "__REALTIME_TIMESTAMP",
    "__MONOTONIC_TIMESTAMP",
    "__SEQNUM",
    "__SEQNUM_ID",
    "PRIORITY",
    "_HOSTNAME",
    "_SYSTEMD_UNIT",
    "CONTAINER_NAME",
    "SYSLOG_RAW",
];

fn parse(line: &[u8]) -> Option<Layer<'_>> {
    static STAMP: LazyLock<Finder<'static>> =
        LazyLock::new(|| Finder::new(b"\"__REALTIME_TIMESTAMP\""));
    let line = line
        .strip_prefix(b"data: ")
        .or_else(|| line.strip_prefix(b"\x1e"))
        .unwrap_or(line);
    if line.first() != Some(&b'{') || STAMP.find(line).is_none() {
        return None;
    }
    let mut fields = Vec::new();
    let object: Map<String, Value> = match serde_json::from_slice(line) {
        Ok(object) => object,
        // One wrong byte must not cost the line.
        Err(_) => serde_json::from_str(&String::from_utf8_lossy(line)).ok()?,
    };
    for (name, value) in object {
        fields.extend(
            values(&value)
                .into_iter()
                .map(|value| (name.clone(), value)),
        );
    }
    let value = |wanted: &str| fields.iter().find(|(name, _)| name == wanted);
    let (_, micros) = value("__REALTIME_TIMESTAMP")?;
    let stamp = Stamp {
        micros: std::str::from_utf8(micros).ok()?.parse().ok()?,
        kind: StampKind::Explicit,
    };
    Some(layer(fields, Some(stamp)))
}

/// What the fields of a journal entry mean.
pub(super) fn layer(fields: Vec<(String, Vec<u8>)>, time: Option<Stamp>) -> Layer<'static> {
    let text = |wanted: &str| {
        fields
            .iter()
            .find(|(name, _)| name == wanted)
            .map(|(_, value)| value.clone())
    };
    let name = |name: &str| {
        text(name).map(|value| Cow::Owned(String::from_utf8_lossy(&value).into_owned()))
    };
    let message = text("MESSAGE").unwrap_or_default();
    let mut layer = Layer::new(Body::Payload(Cow::Owned(message)));
    layer.time = time;
    let priority =
        text("PRIORITY").and_then(|value| value.first().map(|digit| digit.wrapping_sub(b'0')));
    layer.level = priority.and_then(Level::from_syslog).unwrap_or_default();
    layer.node = name("_HOSTNAME");
    layer.unit = name("_SYSTEMD_UNIT")
        .map(|unit| Cow::Owned(unit.trim_end_matches(".service").to_owned()))
        .or_else(|| name("SYSLOG_IDENTIFIER"));
    layer.container = name("CONTAINER_NAME");
    layer.logger = name("SYSLOG_IDENTIFIER");
    let rest = fields
        .into_iter()
        .filter(|(name, _)| !MEANT.contains(&name.as_str()));
    layer.fields = rest
        .map(|(name, value)| (Cow::Owned(name), Cow::Owned(value)))
        .collect();
    layer
}

/// A string, an array of byte numbers, or several of them where the field was repeated.
fn values(value: &Value) -> Vec<Vec<u8>> {
    match value {
        Value::String(text) => vec![text.clone().into_bytes()],
        Value::Array(items) => {
            let numbers = items
                .iter()
                .map(|item| item.as_u64().and_then(|number| u8::try_from(number).ok()));
            match numbers.collect::<Option<Vec<u8>>>() {
                Some(bytes) => vec![bytes],
                None => items.iter().flat_map(values).collect(),
            }
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::shown;
    use crate::log::parse_line;

    #[test]
    fn fields_become_what_they_mean() {
        let line = br#"{"__CURSOR":"s=1","__REALTIME_TIMESTAMP":"1731000001000000","PRIORITY":"3","_HOSTNAME":"node3","_SYSTEMD_UNIT":"docker.service","SYSLOG_IDENTIFIER":"dockerd","_PID":"812","MESSAGE":"time=\"2024-11-07T17:20:01Z\" level=warning msg=boom"}"#;
        let record = parse_line(line);
        assert_eq!(
            (record.node.as_deref(), record.unit.as_deref()),
            (Some("node3"), Some("docker"))
        );
        assert_eq!(record.field("_PID"), Some(&b"812"[..]));
        assert_eq!(
            shown(std::str::from_utf8(line).expect("text")),
            "journalctl json > logfmt | 2024-11-07T17:20:01Z | warn | boom"
        );
    }

    #[test]
    fn binary_and_missing_messages_are_kept() {
        let shown = shown(r#"{"__REALTIME_TIMESTAMP":"1731000001000000","MESSAGE":[104,105,255]}"#);
        assert_eq!(
            shown,
            "journalctl json | 2024-11-07T17:20:01Z | - | hi\u{fffd}"
        );
        assert!(
            super::parse(br#"{"__REALTIME_TIMESTAMP":"1731000001000000","MESSAGE":null}"#)
                .is_some()
        );
    }
}
