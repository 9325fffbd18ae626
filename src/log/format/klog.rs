//! klog and glog: `[IWEF]MMDD HH:MM:SS.uuuuuu THREAD FILE:LINE] MESSAGE`.
//!
//! Structured messages are `"msg" key="value" err="..."`; the message is then the text in the first quotes.

use std::borrow::Cow;

use super::{Body, Fields, Format, Layer, Recognise, logfmt};
use crate::log::field::lossy;
use crate::log::{Level, Record, time};

/// The name of the format.
const NAME: &str = "klog";

pub(super) const FORMAT: Format = Format::payload(NAME, Recognise::Line(b"IWEFC", parse));

fn parse(line: &[u8]) -> Option<Layer<'_>> {
    let level = match line.first()? {
        letter @ (b'I' | b'W' | b'E' | b'F' | b'C') => Level::from_letter(*letter)?,
        _ => return None,
    };
    // Newer versions of glog write the year as well, and capnslog's writer a `Z`.
    let (stamp, length) = time::month_digits(&line[1..]).or_else(|| time::digits(&line[1..]))?;
    let rest = &line[1 + length..];
    let rest = rest.strip_prefix(b"Z").unwrap_or(rest).trim_ascii_start();
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

/// Reads values of many lines from the lines below the head of `record`, if it is of this format:
/// `key=<`, a line with a tab for each line of the value, ` > other=1`.
pub(in crate::log) fn complete(record: &mut Record<'_>) {
    if record.formats.last().is_none_or(|name| name != NAME) {
        return;
    }
    let head = memchr::memchr(b'\n', &record.text).unwrap_or(record.text.len());
    if !record.text[..head].ends_with(b"=<") {
        return;
    }
    let mut rest: Vec<Vec<u8>> = record.text[head..]
        .split(|b| *b == b'\n')
        .skip(1)
        .map(<[u8]>::to_vec)
        .collect();
    let mut at = record
        .fields
        .iter()
        .rposition(|(_, value)| &value[..] == b"<");
    while let Some(open) = at {
        let Some(end) = rest.iter().position(|line| line.starts_with(b" >")) else {
            return;
        };
        let lines: Vec<&[u8]> = rest[..end]
            .iter()
            .map(|line| line.strip_prefix(b"\t").unwrap_or(line))
            .collect();
        record.fields[open].1 = lines.join(&b'\n').into();
        let after = rest[end][2..].to_vec();
        rest.drain(..=end);
        let more = logfmt::pairs(&after).unwrap_or_default();
        let start = record.fields.len();
        let more = more
            .into_iter()
            .map(|(name, value)| (name.into_owned().into(), value.into_owned().into()));
        record.fields.extend(more);
        at = record.fields[start..]
            .iter()
            .position(|(_, value)| &value[..] == b"<")
            .map(|at| start + at);
    }
    let message = memchr::memchr(b'\n', &record.msg).unwrap_or(record.msg.len());
    record.msg.to_mut().truncate(message);
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
    use crate::log::{Folder, Formats, parse_line};

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
    fn values_may_have_many_lines() {
        let text = "E1120 11:24:44.874000   12985 main.go:148] \"Failed to sync\" err=\"boom it\" multi=<\n\ta\n\tb\n > dur=\"1s\"\nI1120 11:24:44.874020   12985 main.go:149] \"next\"\n";
        let formats = Formats::default();
        let folder = Folder::new(&formats, text.as_bytes(), false);
        let records: Vec<_> = folder.records().map(|span| span.record).collect();
        assert_eq!(records.len(), 2);
        assert_eq!(&records[0].msg[..], b"Failed to sync");
        assert_eq!(records[0].field("multi"), Some(&b"a\nb"[..]));
        assert_eq!(records[0].field("dur"), Some(&b"1s"[..]));
    }

    #[test]
    fn glog_may_write_the_year_or_a_zone() {
        assert_eq!(
            shown("I20261120 11:24:44.874000 12985 main.cc:12] with the year"),
            "klog | 2026-11-20T11:24:44.874Z | info | with the year"
        );
        assert_eq!(
            shown("W1120 11:24:44.874061Z 12985 pkg_logger.go:128] with a zone"),
            "klog | 1972-11-20T11:24:44.874061Z | warn | with a zone"
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
