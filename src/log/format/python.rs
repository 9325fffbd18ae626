//! Python's `logging` with its usual formats: `TIME - name - LEVEL - message`, `TIME - util.py[DEBUG]: message` (cloud-init),
//! `TIME INFO: message` (sos) and `TIME:LEVEL:message`.

use super::{Format, Layer, Recognise, Timed};
use crate::log::Level;

pub(super) const FORMAT: Format = Format::payload(
    "python",
    Recognise::Timed(
        |b| matches!(b, b':' | b'-') || b.is_ascii_uppercase(),
        parse,
    ),
);

fn parse(timed: Timed<'_>) -> Option<Layer<'_>> {
    let mut rest = timed.bare()?;
    if rest.tag(b":").is_some() {
        let level = Level::from_name(rest.until(b':')?)?;
        return Some(rest.message(timed.stamp, level));
    }
    rest.tag(b" ")?;
    if rest.tag(b"- ").is_none() {
        let word = rest.word()?.strip_suffix(b":")?;
        if !word.iter().all(u8::is_ascii_uppercase) {
            return None;
        }
        let level = Level::from_name(word)?;
        // Two spaces are PostgreSQL's.
        if rest.0.starts_with(b"  ") {
            return None;
        }
        rest.spaces()?;
        return Some(rest.message(timed.stamp, level));
    }
    let mut whole = rest;
    let name = rest.word()?;
    if let Some(open) = memchr::memchr(b'[', name) {
        let level = Level::from_name(name[open + 1..].strip_suffix(b"]:")?)?;
        rest.skip_spaces();
        return Some(rest.message(timed.stamp, level).logger(&name[..open]));
    }
    rest.tag(b" - ")?;
    let word = rest.word()?;
    if let Some(level) = Level::from_name(word) {
        rest.tag(b" - ")?;
        return Some(rest.message(timed.stamp, level).logger(name));
    }
    // `TIME - LEVEL - message`
    let level = whole.level()?;
    whole.tag(b" - ")?;
    Some(whole.message(timed.stamp, level))
}

#[cfg(test)]
mod tests {
    use super::super::samples::shown;

    #[test]
    fn dashes_and_brackets() {
        assert_eq!(
            shown(
                "2022-02-04 10:58:47,123 - urllib3.connectionpool - WARNING - Retrying after connection broken"
            ),
            "python | 2022-02-04T10:58:47.123Z | warn | Retrying after connection broken"
        );
        assert_eq!(
            shown("2022-02-04 10:58:47,123 - util.py[DEBUG]: Running command"),
            "python | 2022-02-04T10:58:47.123Z | debug | Running command"
        );
        assert_eq!(
            shown("2022-02-04 10:58:47,123 - ERROR - boom"),
            "python | 2022-02-04T10:58:47.123Z | error | boom"
        );
        assert_eq!(
            shown("2022-02-04 10:58:47,123 INFO: [plugin:apt] collecting"),
            "python | 2022-02-04T10:58:47.123Z | info | [plugin:apt] collecting"
        );
        assert_eq!(
            shown("2026-11-20 11:24:44.874 UTC FATAL:  two spaces"),
            "postgresql | 2026-11-20T11:24:44.874Z | error | two spaces"
        );
        assert_eq!(
            shown("2012-07-02 10:22:40,672:DEBUG:foo bar baz"),
            "python | 2012-07-02T10:22:40.672Z | debug | foo bar baz"
        );
    }
}
