//! The level before the time: `ERRO 2019-04-24T21:30:28+00:00 [component] file.go:88 message` (Replicated),
//! `[ERROR] 2019-04-24 21:30:28 message`.

use std::borrow::Cow;

use super::{Body, Format, Layer, Recognise};
use crate::log::field::lossy;
use crate::log::{Level, time};

pub(super) const FORMAT: Format = Format::payload("level first", Recognise::Line(&[], parse));

fn parse(line: &[u8]) -> Option<Layer<'_>> {
    if let Some(layer) = basic_config(line) {
        return Some(layer);
    }
    let end = line
        .iter()
        .take(12)
        .position(|b| matches!(b, b' ' | b'\t'))?;
    let word = line[..end]
        .strip_prefix(b"[")
        .and_then(|word| word.strip_suffix(b"]"))
        .unwrap_or(&line[..end]);
    let level = Level::from_name(word)?;
    let rest = line[end..].trim_ascii_start();
    let Some((stamp, length)) = time::iso(rest) else {
        return source_line(level, rest).or_else(|| slog_line(level, word, rest));
    };
    let mut layer = Layer::new(Body::Message(Cow::Borrowed(
        rest[length..].trim_ascii_start(),
    )));
    layer.time = Some(stamp);
    layer.level = level;
    Some(layer)
}

/// Where the message of uvicorn starts, behind the level, its colon and spaces.
const UVICORN_COLUMNS: usize = 9;

/// Python's `basicConfig`: `ERROR:root:boom`; and uvicorn, which pads behind the colon: `INFO:     127.0.0.1:1 - "GET /"`.
fn basic_config(line: &[u8]) -> Option<Layer<'_>> {
    let end = line.iter().take(10).position(|b| !b.is_ascii_uppercase())?;
    let (word, mut rest) = (&line[..end], super::Rest(&line[end..]));
    rest.tag(b":")?;
    let level = Level::from_name(word)?;
    let mut named = rest;
    let name = named
        .until(b':')
        .filter(|name| super::rest::is_name(name) && !name.contains(&b'/'));
    let spaces = rest.0.iter().take_while(|b| **b == b' ').count();
    let padded = spaces > 1 && spaces + word.len() == UVICORN_COLUMNS;
    if padded {
        rest.skip_spaces();
    } else {
        // `ERROR:http://...` names nothing.
        name.filter(|_| !named.0.starts_with(b"//") && !named.0.starts_with(b"\\"))?;
        rest = named;
    }
    let mut layer = Layer::new(Body::Message(Cow::Borrowed(rest.0)));
    layer.level = level;
    layer.logger = name.filter(|_| !padded).map(lossy);
    Some(layer)
}

/// `hello world count=3 s="a b"`, as slog writes through Go's log package: the message, and at least one field.
fn slog_line<'a>(level: Level, word: &[u8], rest: &'a [u8]) -> Option<Layer<'a>> {
    let is_field = |at: &usize| {
        let name = rest[*at + 1..]
            .split(|b| matches!(b, b'=' | b' ' | b'"'))
            .next();
        let name = name.unwrap_or_default();
        !name.is_empty() && rest.get(*at + 1 + name.len()) == Some(&b'=')
    };
    let at = memchr::memchr_iter(b' ', rest).find(is_field)?;
    if !word
        .iter()
        .all(|b| b.is_ascii_uppercase() || matches!(b, b'+' | b'-' | b'0'..=b'9'))
    {
        return None;
    }
    let mut layer = Layer::new(Body::Message(Cow::Borrowed(&rest[..at])));
    layer.level = level;
    layer.fields = super::logfmt::pairs(&rest[at..])?;
    Some(layer)
}

/// `engine.go:217: message`, as fleet writes behind its level.
fn source_line(level: Level, rest: &[u8]) -> Option<Layer<'_>> {
    let end = rest.iter().position(|b| *b == b' ')?;
    let (file, number) = rest[..end]
        .strip_suffix(b":")?
        .split_at(memchr::memchr(b':', rest)?);
    if !file.contains(&b'.') || number.len() < 2 || !number[1..].iter().all(u8::is_ascii_digit) {
        return None;
    }
    let mut layer = Layer::new(Body::Message(Cow::Borrowed(&rest[end + 1..])));
    layer.level = level;
    layer.logger = Some(lossy(&rest[..end - 1]));
    Some(layer)
}

#[cfg(test)]
mod tests {
    use super::super::samples::shown;

    #[test]
    fn replicated_writes_the_level_first() {
        assert_eq!(
            shown(
                "INFO 2019-04-24T21:30:29+00:00 [pkg/commands] runner.go:44 Command port-available-80 failed: timeout"
            ),
            "level first | 2019-04-24T21:30:29Z | info | [pkg/commands] runner.go:44 Command port-available-80 failed: timeout"
        );
        assert_eq!(
            shown("ERROR engine.go:217: Engine leadership lost"),
            "level first | - | error | Engine leadership lost"
        );
        assert_eq!(
            shown(r#"INFO hello world count=3 s="a b""#),
            "level first | - | info | hello world"
        );
        assert_eq!(
            shown("2026/11/20 11:24:44 WARN slow query=12ms"),
            "go log > level first | 2026-11-20T11:24:44Z | warn | slow"
        );
        assert_eq!(
            shown("WARNING:urllib3.connectionpool:Retrying"),
            "level first | - | warn | Retrying"
        );
        assert_eq!(
            shown("INFO:     127.0.0.1:1 - GET /"),
            "level first | - | info | 127.0.0.1:1 - GET /"
        );
        assert_eq!(
            shown("WARNING:  StatReload detected changes"),
            "level first | - | warn | StatReload detected changes"
        );
        assert_eq!(
            shown("ERROR:http://localhost:8080/x is down"),
            " | - | - | ERROR:http://localhost:8080/x is down"
        );
        assert_eq!(
            shown("ERROR: cannot open the file"),
            " | - | - | ERROR: cannot open the file"
        );
        assert_eq!(
            shown("error reading the file"),
            " | - | - | error reading the file"
        );
    }
}
