//! logrus on a terminal: `ERRO[0000] message   key="value"`, or with the time in the bracket (`FullTimestamp`). The number counts
//! seconds since the process started and is no time. The message is padded to 44 columns.

use std::borrow::Cow;

use super::rest::Rest;
use super::{Body, Format, Layer, Recognise, UPPER, logfmt};
use crate::log::{Level, time};

pub(super) const FORMAT: Format = Format::payload("logrus terminal", Recognise::Line(UPPER, parse));

fn parse(line: &[u8]) -> Option<Layer<'_>> {
    let mut rest = Rest(line);
    let word = rest.until(b'[')?;
    if word.len() < 4 || !word.iter().all(u8::is_ascii_uppercase) {
        return None;
    }
    let level = Level::from_name(word)?;
    let inner = rest.until(b']')?;
    let seconds = inner.len() >= 4 && inner.iter().all(u8::is_ascii_digit);
    let stamp = time::iso(inner).filter(|(_, length)| *length == inner.len());
    if !seconds && stamp.is_none() {
        return None;
    }
    rest.skip_spaces();
    let (message, fields) = split(rest.0);
    let mut layer = Layer::new(Body::Message(Cow::Borrowed(message)));
    layer.time = stamp.map(|(stamp, _)| stamp);
    layer.level = level;
    layer.fields = fields;
    Some(layer)
}

/// The message and the fields behind its padding.
fn split(text: &[u8]) -> (&[u8], super::Fields<'_>) {
    const WIDTH: usize = 44;
    let starts = |at: &usize| {
        let word = text[*at + 1..]
            .split(|b| matches!(b, b'=' | b' '))
            .next()
            .unwrap_or_default();
        !word.is_empty() && text.get(*at + 1 + word.len()) == Some(&b'=')
    };
    let from = WIDTH.min(text.len()).saturating_sub(1);
    let at = memchr::memchr_iter(b' ', &text[from..])
        .map(|at| from + at)
        .find(starts);
    let Some(at) = at else {
        return (text.trim_ascii_end(), Vec::new());
    };
    (
        text[..at].trim_ascii_end(),
        logfmt::pairs(&text[at..]).unwrap_or_default(),
    )
}

#[cfg(test)]
mod tests {
    use super::super::samples::shown;

    #[test]
    fn fields_stand_behind_the_padding() {
        assert_eq!(
            shown(
                "\x1b[31mERRO\x1b[0m[0000] message here                                  \x1b[31merr\x1b[0m=\"e\\\"q\" \x1b[31mkey\x1b[0m=\"val ue\""
            ),
            "logrus terminal | - | error | message here"
        );
        assert_eq!(
            shown(
                "WARNING[2026-11-20T11:24:44Z] full ts pad                                   key=val"
            ),
            "logrus terminal | 2026-11-20T11:24:44Z | warn | full ts pad"
        );
        assert_eq!(
            shown("INFO[0012] dial tcp a=b refused"),
            "logrus terminal | - | info | dial tcp a=b refused"
        );
    }
}
