//! Access logs of nginx and Apache (common and combined log format):
//! `ADDRESS IDENT USER [20/Nov/2026:11:49:52 +0000] "REQUEST" STATUS BYTES ...`.

use std::borrow::Cow;

use super::{Body, Format, Layer, Recognise};
use crate::log::{Level, time};

pub(super) const FORMAT: Format = Format::payload("access log", Recognise::Line(&[], parse));

fn parse(line: &[u8]) -> Option<Layer<'_>> {
    let bracket = memchr::memchr(b'[', &line[..line.len().min(256)])?;
    let client = line[..bracket].split(|b| *b == b' ').next()?;
    let rest = &line[bracket + 1..];
    let (stamp, length) = time::access(rest)?;
    let request = rest[length..].strip_prefix(b"] \"")?;
    let quote = crate::text::find_short(request, b"\" ")?;
    let status = request.get(quote + 2..quote + 5)?;
    if client.is_empty() || !status.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let mut layer = Layer::new(Body::Message(Cow::Borrowed(&rest[length + 2..])));
    layer.time = Some(stamp);
    layer.quotes = true;
    layer.requested = true;
    // A server error is the server's; what clients do wrong is normal.
    layer.level = if status[0] == b'5' {
        Level::Error
    } else {
        Level::Info
    };
    let layer = layer.with("client", client);
    Some(
        layer
            .with("request", &request[..quote])
            .with("status", status),
    )
}

#[cfg(test)]
mod tests {
    use super::super::samples::shown;
    use crate::log::parse_line;

    #[test]
    fn the_status_is_a_field_and_tells_the_level() {
        let line = r#"192.0.2.7 - - [20/Nov/2026:11:49:54 +0100] "GET /ret503 HTTP/1.1" 503 197 "-" "curl/7.88.1""#;
        assert!(shown(line).starts_with("access log | 2026-11-20T10:49:54Z | error | "));
        let record = parse_line(line.as_bytes());
        assert!(record.quotes);
        assert_eq!(record.field("status"), Some(&b"503"[..]));
        assert_eq!(record.field("request"), Some(&b"GET /ret503 HTTP/1.1"[..]));
    }

    #[test]
    fn other_brackets_are_not_access_logs() {
        assert!(shown("x [20/Nov/2026:11:49:54 +0100] no request").starts_with(" | - | - | "));
    }
}
