//! klog and glog: `[IWEF]MMDD HH:MM:SS.uuuuuu THREAD FILE:LINE] MESSAGE`.
//!
//! Structured messages are `"msg" key="value" err="..."`; the message is then the text in the first quotes.

use std::borrow::Cow;

use super::{Body, Fields, Format, Layer, Recognise, logfmt};
use crate::log::field::lossy;
use crate::log::{Level, time};

pub(super) const FORMAT: Format = Format::payload("klog", Recognise::Line(b"IWEFC", parse));

fn parse(line: &[u8]) -> Option<Layer<'_>> {
    let level = match line.first()? {
        letter @ (b'I' | b'W' | b'E' | b'F' | b'C') => Level::from_letter(*letter)?,
        _ => return None,
    };
    let (stamp, length) = time::month_digits(&line[1..])?;
    let rest = line[1 + length..].trim_ascii_start();
    let bracket = memchr::memchr(b']', rest)?;
    let mut head = rest[..bracket]
        .split(|b| *b == b' ')
        .filter(|part| !part.is_empty());
    let thread = head
        .next()
        .filter(|thread| thread.iter().all(u8::is_ascii_digit))?;
    let caller = head.next().filter(|caller| caller.contains(&b':'))?;
    let message = rest[bracket + 1..]
        .strip_prefix(b" ")
        .unwrap_or(&rest[bracket + 1..]);
    let (message, mut fields) = structured(message);
    fields.push((Cow::Borrowed("thread"), Cow::Borrowed(thread)));
    let mut layer = Layer::new(Body::Message(message));
    layer.time = Some(stamp);
    layer.level = level;
    layer.logger = Some(lossy(caller));
    layer.fields = fields;
    Some(layer)
}

/// The message of `"msg" key=value ...`, unescaped, and its fields; any other message as it is.
fn structured(message: &[u8]) -> (Cow<'_, [u8]>, Fields<'_>) {
    let quoted = message
        .strip_prefix(b"\"")
        .and_then(|_| logfmt::quoted(message));
    match quoted {
        Some((text, rest)) if rest.is_empty() || rest.starts_with(b" ") => {
            (text, logfmt::pairs(rest).unwrap_or_default())
        }
        _ => (Cow::Borrowed(message), Vec::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::shown;
    use crate::log::parse_line;

    #[test]
    fn a_bare_line_has_no_year() {
        assert_eq!(
            shown(
                "W0211 19:15:08.120000       1 reflector.go:324] failed to list *v1.Node: connection refused"
            ),
            "klog | 1972-02-11T19:15:08.120Z | warn | failed to list *v1.Node: connection refused"
        );
    }

    #[test]
    fn structured_lines_have_fields() {
        let line = br#"E1204 08:59:24.803571       1 status.go:71] "Unhandled Error" err="apiserver received an \"x\"" logger="UnhandledError""#;
        let record = parse_line(line);
        assert_eq!(
            (&record.msg[..], record.logger.as_deref()),
            (&b"Unhandled Error"[..], Some("status.go:71"))
        );
        assert_eq!(
            record.field("err"),
            Some(&b"apiserver received an \"x\""[..])
        );
    }

    #[test]
    fn words_that_start_with_such_a_letter_are_not_klog() {
        assert_eq!(
            shown("E1204 is an error code"),
            " | - | - | E1204 is an error code"
        );
    }
}
