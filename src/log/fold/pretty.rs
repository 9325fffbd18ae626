//! JSON records that are printed over many lines.

use super::Ahead;
use crate::log::format::Formats;
use crate::log::{Record, Shape};
use crate::text::lines;

/// Bytes and lines of one object at most.
const MAX_BYTES: usize = 64 << 10;
const MAX_LINES: usize = 1000;

/// The record of an object that `head`, a brace alone, opens, and the number of lines behind it. `None` where it
/// is no log record.
pub(super) fn object<'a>(
    formats: &Formats,
    head: &Record<'a>,
    ahead: &mut Ahead<'_, '_>,
) -> Option<(Record<'a>, usize)> {
    if head.shape != Shape::Open {
        return None;
    }
    let mut text = head.text.to_vec();
    let mut depth = Depth::default();
    depth.read(&text);
    let mut count = 0;
    while depth.open > 0 {
        let (_, line) = ahead.peek(count)?;
        // Only the first line may have a wrapper's time, as `docker logs -t` writes it.
        if line.wrapped && line.stream != head.stream {
            return None;
        }
        text.push(b'\n');
        text.extend_from_slice(&line.text);
        depth.read(&line.text);
        count += 1;
        if text.len() > MAX_BYTES || count > MAX_LINES {
            return None;
        }
    }
    let inner = formats.parse(&text);
    inner
        .is_recognised()
        .then(|| (merge(head.clone(), inner.into_owned()), count))
}

/// Whether `text` starts with such a record.
pub(super) fn starts_with_record(formats: &Formats, text: &[u8]) -> bool {
    let mut depth = Depth::default();
    let mut end = 0;
    for (at, line) in lines(text).take(MAX_LINES) {
        if (at == 0 && line != b"{") || at > MAX_BYTES {
            return false;
        }
        depth.read(line);
        end = at + line.len();
        if depth.open == 0 {
            break;
        }
    }
    depth.open == 0 && end > 0 && formats.parse(&text[..end]).is_recognised()
}

/// What the object says inside of what its wrapper says.
fn merge<'a>(outer: Record<'a>, inner: Record<'a>) -> Record<'a> {
    let mut formats = outer.formats;
    formats.extend(inner.formats);
    let mut fields = outer.fields;
    fields.extend(inner.fields);
    Record {
        time: inner.time.or(outer.time),
        wrapper_time: outer.time,
        level: inner.level,
        node: outer.node.or(inner.node),
        unit: outer.unit.or(inner.unit),
        container: outer.container.or(inner.container),
        logger: inner.logger.or(outer.logger),
        text: inner.text,
        msg: inner.msg,
        formats,
        fields,
        shape: Shape::Head,
        ..outer
    }
}

/// How many braces are open, outside of strings.
#[derive(Debug, Default)]
struct Depth {
    open: usize,
    in_string: bool,
}

impl Depth {
    fn read(&mut self, line: &[u8]) {
        let mut escaped = false;
        for byte in line {
            match byte {
                _ if escaped => escaped = false,
                b'\\' if self.in_string => escaped = true,
                b'"' => self.in_string = !self.in_string,
                b'{' if !self.in_string => self.open += 1,
                b'}' if !self.in_string => self.open = self.open.saturating_sub(1),
                _ => {}
            }
        }
    }
}
