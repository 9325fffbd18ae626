//! zerolog's ConsoleWriter: `11:24AM ERR message key=value`, with other time formats `May 16 00:28:21.422694 INF main.go:28 > message`. A time of day is no instant.

use std::borrow::Cow;

use super::rest::Rest;
use super::{Body, Format, Layer, Recognise, logfmt};
use crate::log::{Level, time};

pub(super) const FORMAT: Format = Format::payload(
    "zerolog console",
    Recognise::Line(b"0123456789JFMASOND", parse),
);

fn parse(line: &[u8]) -> Option<Layer<'_>> {
    let stamp = time::month_first(line);
    let length = match stamp {
        Some((_, length)) => length,
        None => time_of_day(line)?,
    };
    let mut rest = Rest(&line[length..]);
    rest.tag(b" ")?;
    let level = match rest.word()? {
        b"???" => Level::Unknown,
        word if word.len() == 3 && word.iter().all(u8::is_ascii_uppercase) => {
            Level::from_name(word)?
        }
        _ => return None,
    };
    rest.tag(b" ")?;
    let mut sourced = rest;
    let source = sourced
        .word()
        .filter(|word| word.contains(&b':') && sourced.tag(b" > ").is_some());
    if source.is_some() {
        rest = sourced;
    }
    let (message, fields) = split(rest.0);
    let mut layer = Layer::new(Body::Message(Cow::Borrowed(message)));
    layer.time = stamp.map(|(stamp, _)| stamp);
    layer.level = level;
    layer.fields = fields;
    Some(layer.logger(source.unwrap_or_default()))
}

/// The length of `11:24AM` or `5:04PM`.
fn time_of_day(line: &[u8]) -> Option<usize> {
    let mut rest = Rest(line);
    let hour = rest.digits()?;
    rest.tag(b":")?;
    let minute = rest.digits()?;
    rest.tag(b"AM").or_else(|| rest.tag(b"PM"))?;
    (hour.len() <= 2 && minute.len() == 2).then_some(line.len() - rest.0.len())
}

/// The message, and the `key=value` fields at its end.
fn split(text: &[u8]) -> (&[u8], super::Fields<'_>) {
    let starts = |at: &usize| {
        let word = text[*at + 1..]
            .split(|b| matches!(b, b'=' | b' ' | b'"'))
            .next()
            .unwrap_or_default();
        !word.is_empty() && text.get(*at + 1 + word.len()) == Some(&b'=')
    };
    match memchr::memchr_iter(b' ', text).find(starts) {
        Some(at) => (&text[..at], logfmt::pairs(&text[at..]).unwrap_or_default()),
        None => (text, Vec::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::shown;

    #[test]
    fn levels_have_three_letters() {
        assert_eq!(
            shown(r#"11:24AM ERR hello there error="boom it" a="b c""#),
            "zerolog console | - | error | hello there"
        );
        assert_eq!(
            shown("May 16 00:28:21.422694 INF main.go:28 > Boot sequence"),
            "zerolog console | 1972-05-16T00:28:21.422694Z | info | Boot sequence"
        );
    }
}
