//! One JSON object a line: logrus, zap, zerolog, slog, bunyan, pino, ECS, mongo and whoever else.
//!
//! Fields are told by their names. An object without at least two of time, level and message is data, not a
//! log record.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{Fields, Format, Layer, Recognise};

/// Objects in objects are flattened this deep; deeper ones stay JSON text.
const DEPTH: usize = 4;

pub(super) const FORMAT: Format = Format::payload("json", Recognise::Line(b"{", parse));

fn parse(line: &[u8]) -> Option<Layer<'_>> {
    super::structured(fields(line)?)
}

/// The fields of the object that is all of `text`; those of objects inside of it by their path.
pub(super) fn fields(text: &[u8]) -> Option<Fields<'_>> {
    // One wrong byte must not cost the line.
    match String::from_utf8_lossy(object(text)?) {
        Cow::Borrowed(text) => flat(text).ok(),
        Cow::Owned(text) => {
            let owned = |(name, value): (Cow<'_, str>, Cow<'_, [u8]>)| {
                (name.into_owned().into(), value.into_owned().into())
            };
            Some(flat(&text).ok()?.into_iter().map(owned).collect())
        }
    }
}

fn flat(text: &str) -> serde_json::Result<Fields<'_>> {
    let mut fields = Vec::with_capacity(8);
    let flat = Flat {
        prefix: "",
        depth: 0,
        fields: &mut fields,
    };
    let mut parser = serde_json::Deserializer::from_str(text);
    flat.deserialize(&mut parser)?;
    parser.end()?;
    Ok(fields)
}

/// `text` if it may be an object.
fn object(text: &[u8]) -> Option<&[u8]> {
    let text = text.trim_ascii_end();
    (text.first() == Some(&b'{') && text.last() == Some(&b'}')).then_some(text)
}

/// Reads an object into a list of fields, borrowing what is not escaped.
struct Flat<'f, 'a> {
    prefix: &'f str,
    depth: usize,
    fields: &'f mut Fields<'a>,
}

impl<'de> DeserializeSeed<'de> for Flat<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Flat<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(mut self, mut map: M) -> Result<(), M::Error> {
        while let Some(Text(name)) = map.next_key::<Text<'de>>()? {
            let name = if self.prefix.is_empty() {
                name
            } else {
                Cow::Owned(format!("{}.{name}", self.prefix))
            };
            let value: &'de RawValue = map.next_value()?;
            self.add(name, value.get()).map_err(M::Error::custom)?;
        }
        Ok(())
    }
}

impl<'de> Flat<'_, 'de> {
    fn add(&mut self, name: Cow<'de, str>, value: &'de str) -> serde_json::Result<()> {
        let value = match value.as_bytes() {
            // Most strings have nothing escaped, and the quotes are not part of them.
            [b'"', text @ .., b'"'] if memchr::memchr(b'\\', text).is_none() => Cow::Borrowed(text),
            [b'"', ..] => Cow::Owned(serde_json::from_str::<String>(value)?.into_bytes()),
            [b'{', ..] if self.depth < DEPTH => {
                let inner = Flat {
                    prefix: &name,
                    depth: self.depth + 1,
                    fields: self.fields,
                };
                return inner.deserialize(&mut serde_json::Deserializer::from_str(value));
            }
            [b'n', ..] => Cow::Borrowed(&b""[..]),
            _ => Cow::Borrowed(value.as_bytes()),
        };
        self.fields.push((name, value));
        Ok(())
    }
}

/// A string, borrowed where nothing in it is escaped.
struct Text<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Borrowing;
        impl<'de> Visitor<'de> for Borrowing {
            type Value = Text<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Borrowed(text)))
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Borrowing)
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::shown;
    use crate::log::parse_line;

    #[test]
    fn access_logs_are_requests() {
        let line = r#"{"authority":"envoy:8080","method":"GET","path":"/slow","response_code":504,"timestamp":"2025-07-06T17:08:42.414Z"}"#;
        assert_eq!(
            shown(line),
            "json | 2025-07-06T17:08:42.414Z | error | GET /slow 504"
        );
        assert!(parse_line(line.as_bytes()).quotes);
        let nginx = r#"{"time":"2025-07-06T17:08:42Z","request":"GET / HTTP/1.1","status":"200"}"#;
        assert!(shown(nginx).ends_with("| info | GET / HTTP/1.1 200"));
        let data = r#"{"time":"2025-07-06T17:08:42Z","path":"/a","status":"ok"}"#;
        assert!(shown(data).starts_with(" | - | - | "));
    }

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
        for data in [
            r#"{"S":12,"M":30,"L":3,"XL":2}"#,
            r#"{"T":300,"C":7,"L":3,"M":8}"#,
            r#"{"level":3,"body":"hello"}"#,
            r#"{"time":"2026-11-20T11:24:44Z","body":"Dear customer","author":"x"}"#,
            "S=12 M=30 L=3",
        ] {
            assert!(shown(data).starts_with(" | - | - | "), "{data}");
        }
        assert_eq!(
            shown(
                r#"{"level":"error","time":1795173884,"error":"connection refused","body":"{}"}"#
            ),
            "json | 2026-11-20T11:24:44Z | error | connection refused"
        );
    }

    #[test]
    fn levels_are_those_of_their_program() {
        assert_eq!(
            shown(
                r#"{"timestamp":"2026-11-20 11:24:44.874 CET","pid":7,"error_severity":"FATAL","message":"the database system is starting up"}"#
            ),
            "json | 2026-11-20T11:24:44.874Z | error | the database system is starting up"
        );
        assert_eq!(
            shown(
                r#"{"Timestamp":"2026-11-20T11:24:44.874Z","Level":"Verbose","MessageTemplate":"x {A}","RenderedMessage":"x 1"}"#
            ),
            "json | 2026-11-20T11:24:44.874Z | trace | x 1"
        );
    }
}
