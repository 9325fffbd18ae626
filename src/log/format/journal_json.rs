//! `journalctl -o json`: all values are strings; binary or invalid UTF-8 ones are arrays of bytes, repeated
//! fields are arrays, and a field of more than 4096 bytes is `null` unless `--all` was given.

use std::borrow::Cow;
use std::sync::LazyLock;

use memchr::memmem::Finder;
use serde_json::Value;

use super::{Body, Layer, json};
use crate::log::{Level, Stamp, StampKind};

pub(super) fn parse(line: &[u8]) -> Option<Layer<'_>> {
    static STAMP: LazyLock<Finder<'static>> =
        LazyLock::new(|| Finder::new(b"\"__REALTIME_TIMESTAMP\""));
    if line.first() != Some(&b'{') || STAMP.find(line).is_none() {
        return None;
    }
    let object = json::object(line)?;
    let text = |name: &str| object.get(name).and_then(bytes);
    let name = |name: &str| {
        text(name).map(|value| Cow::Owned(String::from_utf8_lossy(&value).into_owned()))
    };
    let micros = String::from_utf8(text("__REALTIME_TIMESTAMP")?)
        .ok()?
        .parse()
        .ok()?;
    let mut layer = Layer::new(Body::Payload(Cow::Owned(
        text("MESSAGE").unwrap_or_default(),
    )));
    layer.time = Some(Stamp {
        micros,
        kind: StampKind::Explicit,
    });
    let priority =
        text("PRIORITY").and_then(|value| value.first().map(|digit| digit.wrapping_sub(b'0')));
    layer.level = priority.and_then(Level::from_syslog).unwrap_or_default();
    layer.node = name("_HOSTNAME");
    layer.unit = name("_SYSTEMD_UNIT")
        .map(|unit| Cow::Owned(unit.trim_end_matches(".service").to_owned()))
        .or_else(|| name("SYSLOG_IDENTIFIER"));
    layer.container = name("CONTAINER_NAME");
    layer.logger = name("SYSLOG_IDENTIFIER");
    for field in ["_PID", "_BOOT_ID", "_TRANSPORT", "_COMM"] {
        layer
            .fields
            .extend(text(field).map(|value| (Cow::Borrowed(field), Cow::Owned(value))));
    }
    Some(layer)
}

/// A string, an array of byte numbers, or the first of a repeated field.
fn bytes(value: &Value) -> Option<Vec<u8>> {
    match value {
        Value::String(text) => Some(text.clone().into_bytes()),
        Value::Array(items) => {
            let numbers = items
                .iter()
                .map(|item| item.as_u64().and_then(|number| u8::try_from(number).ok()));
            numbers
                .collect::<Option<Vec<u8>>>()
                .or_else(|| bytes(items.first()?))
        }
        _ => None,
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
