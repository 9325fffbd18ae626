//! zap's console encoder: `TIME TAB LEVEL TAB [logger TAB] [caller TAB] message [TAB {fields}]`, the time in ISO 8601 or as a number
//! of seconds (`1.7951738848737535e+09`). Copied from a terminal the tabs are runs of spaces.

use std::borrow::Cow;

use super::rest::{Rest, is_name};
use super::{Body, DIGITS, Format, Layer, Recognise, json};
use crate::log::{Level, Stamp, field, time};

pub(super) const FORMAT: Format = Format::payload("zap console", Recognise::Line(DIGITS, parse));

fn parse(line: &[u8]) -> Option<Layer<'_>> {
    let (stamp, length) = time::iso(line).or_else(|| scientific(line))?;
    let mut columns = Columns(
        line[length..]
            .strip_prefix(b"\t")
            .or_else(|| line[length..].strip_prefix(b"  "))?,
    );
    columns.0 = columns.0.trim_ascii_start();
    let level = Level::from_name(columns.next()?)?;
    let mut logger = None;
    let mut message = columns.0;
    for _ in 0..2 {
        let mut rest = columns;
        let Some(name) = rest
            .next()
            .filter(|name| is_name(name) && !rest.0.is_empty())
        else {
            break;
        };
        // The last of both is the caller; a message of one word has no more columns behind it, or only fields.
        if !name.contains(&b':') && rest.0.starts_with(b"{") {
            break;
        }
        logger = logger.or(Some(name));
        (columns, message) = (rest, rest.0);
    }
    let (message, fields) = split(message);
    let mut layer = Layer::new(Body::Message(Cow::Borrowed(message)));
    layer.time = Some(stamp);
    layer.level = level;
    layer.fields = fields;
    Some(layer.logger(logger.unwrap_or_default()))
}

/// `1.7951738848737535e+09`
fn scientific(line: &[u8]) -> Option<(Stamp, usize)> {
    let word = Rest(line).word()?;
    memchr::memchr(b'e', word)?;
    Some((field::stamp(word)?, word.len()))
}

/// Texts separated by tabs, or by at least two spaces.
#[derive(Clone, Copy)]
struct Columns<'a>(&'a [u8]);

impl<'a> Columns<'a> {
    fn next(&mut self) -> Option<&'a [u8]> {
        let text = self.0;
        let end = (0..text.len())
            .find(|&at| text[at] == b'\t' || text[at..].starts_with(b"  "))
            .unwrap_or(text.len());
        self.0 = text[end..].trim_ascii_start();
        (end > 0).then_some(&text[..end])
    }
}

/// The message and the fields in the JSON object behind it.
fn split(text: &[u8]) -> (&[u8], super::Fields<'_>) {
    let object = || {
        let at = [&b"\t{"[..], b"  {"]
            .iter()
            .filter_map(|mark| crate::text::find_short(text, mark))
            .min()?;
        let start = memchr::memchr(b'{', &text[at..])? + at;
        Some((text[..at].trim_ascii_end(), json::fields(&text[start..])?))
    };
    object().unwrap_or((text, Vec::new()))
}

#[cfg(test)]
mod tests {
    use super::super::samples::shown;
    use crate::log::parse_line;

    #[test]
    fn columns_are_told_apart() {
        assert_eq!(
            shown(
                "2026-11-20T11:24:44.873Z\tINFO\tctrl\tgosamples/main.go:94\thello world\t{\"a\": \"b\", \"n\": 3}"
            ),
            "zap console | 2026-11-20T11:24:44.873Z | info | hello world"
        );
        assert_eq!(
            shown(
                "1.7951738848737535e+09\tinfo\tgosamples/main.go:99\thello world\t{\"a\": \"b\"}"
            ),
            "zap console | 2026-11-20T11:24:44.873754Z | info | hello world"
        );
        assert_eq!(
            shown("2026-11-20T11:24:44.873Z\tERROR\tboom"),
            "zap console | 2026-11-20T11:24:44.873Z | error | boom"
        );
        assert_eq!(
            shown("2025-04-24T22:09:20.854Z\tinfo\tMetrics\t{\"a\": \"b\"}"),
            "zap console | 2025-04-24T22:09:20.854Z | info | Metrics"
        );
        let record = parse_line(
            b"2026-11-20T11:24:44.873Z\tERROR\tx/main.go:96\twith it\t{\"error\": \"boom\"}",
        );
        assert_eq!(record.field("error"), Some(&b"boom"[..]));
        assert_eq!(record.logger.as_deref(), Some("x/main.go:96"));
    }
}
