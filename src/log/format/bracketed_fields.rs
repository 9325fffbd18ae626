//! Go programs of the TiDB and CoreDNS families write their fields in brackets:
//! `[2025/03/10 13:52:33.326 +00:00] [ERROR] [server.go:12] ["message"] [key=value]`, and CoreDNS just `[ERROR] plugin/errors: message`.

use std::borrow::Cow;

use super::rest::Rest;
use super::{Body, Format, Layer, Recognise, logfmt};
use crate::log::{Level, time};

pub(super) const FORMAT: Format = Format::payload("bracketed level", Recognise::Line(b"[", parse));

fn parse(line: &[u8]) -> Option<Layer<'_>> {
    let mut rest = Rest(line);
    let first = rest.bracketed()?;
    rest.tag(b" ")?;
    if let Some(level) = Level::from_name(first) {
        let mut named = rest;
        let plugin = named
            .until(b':')
            .filter(|name| name.starts_with(b"plugin/"));
        let message = if plugin.is_some() {
            Rest(named.0.trim_ascii_start())
        } else {
            rest
        };
        let mut layer = Layer::new(Body::Message(Cow::Borrowed(message.0)));
        layer.level = level;
        // Without a plugin anything may follow, perhaps a line with a time.
        if plugin.is_none() && time::iso(rest.0).is_some() {
            return None;
        }
        return Some(layer.logger(plugin.unwrap_or_default()));
    }
    let (stamp, length) = time::iso(first)?;
    if length != first.len() {
        return None;
    }
    let level = rest.bracketed_level()?;
    rest.tag(b" ")?;
    let source = rest.bracketed()?;
    rest.tag(b" [")?;
    let (message, after) = match logfmt::quoted(rest.0) {
        Some((message, after)) => (message, after.strip_prefix(b"]")?),
        None => (Cow::Borrowed(rest.until(b']')?), rest.0),
    };
    let mut layer = Layer::new(Body::Message(message));
    layer.time = Some(stamp);
    layer.level = level;
    layer.fields = fields(after);
    Some(layer.logger(source))
}

/// `[key=value] [key="quoted value"]`
fn fields(text: &[u8]) -> super::Fields<'_> {
    let mut fields = Vec::new();
    let mut rest = Rest(text);
    while rest.tag(b" [").is_some() {
        let Some(name) = rest.until(b'=') else { break };
        let value = match logfmt::quoted(rest.0) {
            Some((value, after)) => {
                rest.0 = after;
                let _ = rest.tag(b"]");
                value
            }
            None => Cow::Borrowed(rest.until(b']').unwrap_or_default()),
        };
        fields.push((crate::log::field::lossy(name), value));
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::super::samples::shown;
    use crate::log::parse_line;

    #[test]
    fn coredns_has_no_time_and_tidb_has_fields() {
        assert_eq!(
            shown("[ERROR] plugin/errors: 2 example.org. A: read udp: i/o timeout"),
            "bracketed level | - | error | 2 example.org. A: read udp: i/o timeout"
        );
        assert_eq!(
            shown(
                r#"[2025/03/10 13:52:33.326 +00:00] [ERROR] [client.go:12] ["connect failed"] [addr=10.0.0.1:2379] [error="dial tcp: refused"]"#
            ),
            "bracketed level | 2025-03-10T13:52:33.326Z | error | connect failed"
        );
        let record = parse_line(b"[2025/03/10 13:52:33.326 +00:00] [ERROR] [client.go:12] [\"x\"] [addr=10.0.0.1:2379] [error=\"dial tcp\"]");
        assert_eq!(record.field("error"), Some(&b"dial tcp"[..]));
    }
}
