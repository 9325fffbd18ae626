//! Whether two lines are of one record.

use std::ops::Range;

use crate::log::format::{openstack, postgres};
use crate::log::{Level, Record, Shape, Stamp};

/// What Python writes between the traces of an exception and of what it was raised from.
const CHAINS: &[&[u8]] = &[
    b"During handling of the above exception",
    b"The above exception was the direct cause",
];

/// Whether `text` says that the trace after it belongs to the one before.
pub(super) fn announces_a_cause(text: &[u8]) -> bool {
    let text = text.trim_ascii_start();
    CHAINS.iter().any(|chain| text.starts_with(chain))
}

/// Whether a line without a format is a remark of `journalctl`: `-- Boot 0a1b --`, `-- Subject: ...`.
pub(crate) fn is_meta(text: &[u8]) -> bool {
    text.starts_with(b"-- ") || text == b"--"
}

/// Blank lines and what the collector says between the records of a journal.
pub(super) fn is_skipped(line: &Record<'_>) -> bool {
    !line.is_recognised() && (line.text.trim_ascii().is_empty() || is_meta(&line.text))
}

/// The number of spaces in front of `text`.
pub(super) fn indent(text: &[u8]) -> usize {
    text.iter().take_while(|b| **b == b' ').count()
}

/// Whether `line`, which stands behind the record, is of another stream.
pub(super) fn is_foreign(record: &Record<'_>, line: &Record<'_>) -> bool {
    (record.wrapped && line.stream != record.stream) || is_of_other_process(record, line)
}

/// Whether two lines of a file that many processes write into are of two of them.
pub(super) fn is_of_other_process(a: &Record<'_>, b: &Record<'_>) -> bool {
    let shared = |record: &Record<'_>| {
        let format = record.formats.last();
        format.is_some_and(|name| name == openstack::NAME || name == postgres::NAME)
    };
    let (a_pid, b_pid) = (a.field("pid"), b.field("pid"));
    shared(a) && shared(b) && a_pid.is_some() && b_pid.is_some() && a_pid != b_pid
}

/// Whether the line may belong to one with the same head: oslo.log puts the whole head on every line of a trace,
/// but not the request.
pub(super) fn may_repeat_head(line: &Record<'_>) -> bool {
    line.level >= Level::Warn
        && line
            .formats
            .last()
            .is_some_and(|name| name == openstack::NAME)
        && line.field(openstack::REQUEST).is_none()
}

/// Whether `line` is of a trace that `before` starts or goes on with.
pub(super) fn repeats_head(before: &Record<'_>, line: &Record<'_>) -> bool {
    may_repeat_head(line)
        && before.formats == line.formats
        && before.time == line.time
        && before.level == line.level
        && before.logger == line.logger
        && before.field("pid") == line.field("pid")
}

/// Whether a line whose wrapper has a time is so much later than the line above it that it is no part of its record.
pub(super) fn is_later(above: Option<Stamp>, line: Option<Stamp>) -> bool {
    const APART: i64 = 2_000_000;
    above.zip(line).is_some_and(|(above, line)| {
        above.kind == line.kind && (line.micros - above.micros).abs() > APART
    })
}

/// Whether text of no format reads like a part of a trace: an empty line, a frame of Go, or the name of an exception.
pub(super) fn may_be_of_trace(line: &Record<'_>) -> bool {
    line.shape == Shape::Plain
        && (line.text.trim_ascii().is_empty() || is_frame(&line.text) || is_exception(&line.text))
}

/// Whether text of no format, behind the lines of `record` in the same stream, goes on with its trace.
pub(super) fn continues_trace(record: &Record<'_>, line: &Record<'_>) -> bool {
    let last = record
        .text
        .rsplit(|b| *b == b'\n')
        .next()
        .unwrap_or_default();
    let has = |start: &[u8]| {
        record.text.starts_with(start)
            || crate::text::find_short(&record.text, &[b"\n", start].concat()).is_some()
    };
    if has(b"panic: ") || has(b"fatal error: ") {
        return line.text.trim_ascii().is_empty() || is_frame(&line.text);
    }
    if has(b"Traceback (most recent call last):") {
        let indented = last.first().is_some_and(u8::is_ascii_whitespace);
        return (indented && is_exception(&line.text)) || line.text.trim_ascii().is_empty();
    }
    false
}

/// `main.(*Server).run(0xc000010000, 0x1)`
fn is_frame(text: &[u8]) -> bool {
    let text = text.trim_ascii_end();
    let open = memchr::memchr(b'(', text);
    text.ends_with(b")")
        && open.is_some_and(|open| text[..open].contains(&b'.') && !text[..open].contains(&b' '))
        || text.ends_with(b"(...)")
}

/// `java.lang.IllegalStateException: x`, `KeyError: 'a'`, `requests.exceptions.ConnectionError`
pub(super) fn is_exception(text: &[u8]) -> bool {
    let end = text
        .iter()
        .position(|b| matches!(b, b':' | b' '))
        .unwrap_or(text.len());
    let name = &text[..end];
    let class = name.rsplit(|b| *b == b'.').next().unwrap_or_default();
    let within = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'$');
    let behind = text.get(end);
    class.first().is_some_and(u8::is_ascii_uppercase)
        && name.iter().all(within)
        && name.len() > 3
        && (behind == Some(&b':') || behind.is_none())
}

/// Adds a line to a record, without the first `indent` bytes.
pub(super) fn append(record: &mut Record<'_>, line: &Record<'_>, indent: usize) {
    for (whole, part) in [(&mut record.text, &line.text), (&mut record.msg, &line.msg)] {
        let whole = whole.to_mut();
        whole.push(b'\n');
        whole.extend_from_slice(part.get(indent..).unwrap_or_default());
    }
}

/// Leaves out the blank lines at the end of a record.
pub(super) fn trim_blank_end(record: &mut Record<'_>, lines: &mut Vec<Range<usize>>) {
    while lines.len() > 1 {
        let Some(last) = record.text.iter().rposition(|b| *b == b'\n') else {
            return;
        };
        if !record.text[last + 1..].trim_ascii().is_empty() {
            return;
        }
        record.text.to_mut().truncate(last);
        if let Some(end) = record.msg.iter().rposition(|b| *b == b'\n') {
            record.msg.to_mut().truncate(end);
        }
        lines.pop();
    }
}
