//! One JSON object a line: logrus, zap, zerolog, slog, bunyan, pino, ECS, mongo and whoever else.
//!
//! Fields are told by their names. An object without at least two of time, level and message is data, not a
//! log record.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::{Fields, Format, Layer, Recognise};

/// Objects in objects are flattened this deep; deeper ones stay JSON text.
const DEPTH: usize = 4;

pub(super) const FORMAT: Format = Format::payload("json", Recognise::Line(b"{", parse));

fn parse(line: &[u8]) -> Option<Layer<'_>> {
    let object = object(line)?;
    let mut fields = Vec::with_capacity(object.len());
    flatten("", object, 0, &mut fields);
    super::structured(fields)
}

/// The fields of an object.
pub(super) fn fields(text: &[u8]) -> Option<Fields<'static>> {
    let mut fields = Vec::new();
    flatten("", object(text)?, 0, &mut fields);
    Some(fields)
}

/// The object that is the whole line.
pub(super) fn object(line: &[u8]) -> Option<Map<String, Value>> {
    let line = line.trim_ascii_end();
    if line.first() != Some(&b'{') || line.last() != Some(&b'}') || line.len() < 2 {
        return None;
    }
    match serde_json::from_slice(line) {
        Ok(object) => Some(object),
        // One wrong byte must not cost the line.
        Err(_) if std::str::from_utf8(line).is_err() => {
            serde_json::from_str(&String::from_utf8_lossy(line)).ok()
        }
        Err(_) => None,
    }
}

fn flatten(prefix: &str, object: Map<String, Value>, depth: usize, fields: &mut Fields<'_>) {
    for (name, value) in object {
        let name = if prefix.is_empty() {
            name
        } else {
            format!("{prefix}.{name}")
        };
        match value {
            Value::Object(inner) if depth < DEPTH => flatten(&name, inner, depth + 1, fields),
            Value::String(text) => fields.push((name.into(), text.into_bytes().into())),
            Value::Null => fields.push((name.into(), Cow::Borrowed(b""))),
            other => fields.push((name.into(), other.to_string().into_bytes().into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::shown;
    use crate::log::parse_line;

    #[test]
    fn loggers_are_told_by_their_field_names() {
        for (line, expected) in [
            (
                r#"{"error":"boom","fields.level":"clash","level":"error","msg":"line one\nline two","time":"2026-11-20T11:24:44Z"}"#,
                "json | 2026-11-20T11:24:44Z | error | line one\\nline two",
            ),
            (
                r#"{"level":"info","ts":1795173884.873661,"caller":"x.go:1","msg":"zap"}"#,
                "json | 2026-11-20T11:24:44.873661Z | info | zap",
            ),
            (
                r#"{"level":"trace","time":1795173884873,"caller":"x.go:1","message":"zerolog"}"#,
                "json | 2026-11-20T11:24:44.873Z | trace | zerolog",
            ),
            (
                r#"{"time":"2026-11-20T11:24:44.873Z","level":"ERROR","source":{"line":1},"msg":"slog"}"#,
                "json | 2026-11-20T11:24:44.873Z | error | slog",
            ),
            (
                r#"{"t":{"$date":"2024-01-01T00:00:00.000+00:00"},"s":"W",  "c":"NETWORK", "id":23015, "ctx":"listener","msg":"mongo"}"#,
                "json | 2024-01-01T00:00:00Z | warn | mongo",
            ),
            (
                r#"{"name":"api","level":50,"time":1795173884873,"msg":"pino"}"#,
                "json | 2026-11-20T11:24:44.873Z | error | pino",
            ),
            (
                r#"{"timestamp":"2025-10-28T19:15:10.821315Z","level":"INFO","fields":{"message":"tracing","yaks":3},"target":"x"}"#,
                "json | 2025-10-28T19:15:10.821315Z | info | tracing",
            ),
            (
                r#"{"ts": "2013-09-06T20:00:48.124817Z", "@fields": { "lvl": "TRACE", "msg": "logstash"}}"#,
                "json | 2013-09-06T20:00:48.124817Z | trace | logstash",
            ),
            (
                r#"{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"1","stage":"ResponseComplete","requestURI":"/api/v1/nodes","verb":"list","requestReceivedTimestamp":"2024-01-01T00:00:00.000001Z"}"#,
                "json | 2024-01-01T00:00:00.000001Z | - | list /api/v1/nodes",
            ),
            (
                r#"{"@timestamp":"2024-01-01T00:00:00.000Z","log.level":"error","message":"ecs","ecs.version":"1.6.0"}"#,
                "json | 2024-01-01T00:00:00Z | error | ecs",
            ),
            (
                r#"{"name":"api","hostname":"h","pid":1,"level":40,"msg":"bunyan","time":"2024-01-01T00:00:00.000Z","v":0}"#,
                "json | 2024-01-01T00:00:00Z | warn | bunyan",
            ),
        ] {
            assert_eq!(shown(line), expected);
        }
    }

    #[test]
    fn nested_fields_have_dotted_names() {
        let record = parse_line(
            br#"{"level":"error","msg":"x","peer":{"id":"c94c","ports":[2380]},"ok":false}"#,
        );
        assert_eq!(record.field("peer.id"), Some(&b"c94c"[..]));
        assert_eq!(record.field("peer.ports"), Some(&b"[2380]"[..]));
        assert_eq!(record.field("ok"), Some(&b"false"[..]));
    }

    #[test]
    fn data_is_not_a_log() {
        assert_eq!(
            shown(r#"{"kind":"Pod","message":"x"}"#),
            r#" | - | - | {\"kind\":\"Pod\",\"message\":\"x\"}"#
        );
        assert_eq!(
            shown(r#"{"level":"error","msg":"cut"#),
            r#" | - | - | {\"level\":\"error\",\"msg\":\"cut"#
        );
    }
}
