//! Peeling: wrapper by wrapper down to the message.

use std::borrow::Cow;
use std::mem;
use std::sync::LazyLock;

use super::format::{Body, Formats, Layer, iso};
use super::{Record, Shape, Stamp, StampKind};
use crate::text::{printable_str, starts_with_any, strip_ansi, trim_line};

/// How many layers of one line are peeled at most.
pub const MAX_LAYERS: usize = 4;

/// How often one line may say that it was repeated.
const MAX_REPEATS: u32 = 100_000;

/// Parses one physical line with the built-in formats. A line that no format recognises becomes a record with nothing
/// but its text.
///
/// ```
/// use bundlecheck::log::{Level, parse_line};
/// let record = parse_line(br#"time="2018-09-24T13:40:20Z" level=error msg="join failed" status_code=503"#);
/// assert_eq!((record.level, &record.msg[..]), (Level::Error, &b"join failed"[..]));
/// assert_eq!(record.field("status_code"), Some(&b"503"[..]));
/// ```
pub fn parse_line(line: &[u8]) -> Record<'_> {
    static BUILT_IN: LazyLock<Formats> = LazyLock::new(Formats::default);
    parse_joined(&BUILT_IN, line, None)
}

/// Parses a line; of one that its wrapper split, `rest` is the payload of the parts that follow it.
pub(super) fn parse_joined<'a>(
    formats: &'a Formats,
    first: &'a [u8],
    rest: Option<Vec<u8>>,
) -> Record<'a> {
    let mut record = Record {
        repeats: 1,
        ..Record::default()
    };
    let mut peeler = Peeler {
        formats,
        record: &mut record,
        state: State {
            rest,
            ..State::default()
        },
    };
    peeler.peel_payload(strip_ansi(trim_line(first)), 0);
    peeler.finish();
    record
}

/// The payload of the outermost wrapper and whether it goes on in the next line.
pub(super) fn outer_payload<'a>(
    formats: &'a Formats,
    line: &'a [u8],
) -> Option<(Cow<'a, [u8]>, bool)> {
    match formats.recognise(line)?.layer.body {
        Body::Payload(payload) => Some((payload, false)),
        Body::Partial(payload) => Some((payload, true)),
        _ => None,
    }
}

/// Tells streams apart: FNV-1a over what names them, since that is cheap for few bytes.
#[derive(Clone, Copy)]
struct Stream(u64);

impl Default for Stream {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Stream {
    fn add(&mut self, bytes: &[u8]) {
        for byte in bytes.iter().chain([&0xff]) {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

struct Peeler<'p, 'a> {
    formats: &'a Formats,
    record: &'p mut Record<'a>,
    state: State,
}

/// What is known of the layers so far, beside the record.
#[derive(Default)]
struct State {
    stream: Stream,
    /// The payload of the parts that follow a split line.
    rest: Option<Vec<u8>>,
    /// A layer says that the line belongs to the one before it.
    continues: bool,
    /// The innermost format is no wrapper.
    payload: bool,
}

impl<'a> Peeler<'_, 'a> {
    /// Absorbs the layers of `line`; false when no format recognises it.
    fn peel(&mut self, line: &'a [u8], depth: usize) -> bool {
        let formats = self.formats;
        let found = if depth < MAX_LAYERS {
            formats.recognise(line)
        } else {
            None
        };
        let Some(found) = found else {
            self.record.text = Cow::Borrowed(line);
            self.record.msg = Cow::Borrowed(line);
            return false;
        };
        if depth == 0 {
            self.record.wrapped = found.wraps;
            self.record.splits = found.splits;
        }
        self.state.payload = !found.wraps;
        let wraps = found.wraps;
        self.record.formats.push(found.name);
        let body = self.absorb(found.layer);
        if depth == 0 {
            self.record.outer_stream = self.state.stream.0;
        }
        if wraps {
            self.record.wrapper_fields = self.record.fields.len();
        }
        match body {
            Body::Payload(payload) => {
                self.peel_payload(payload, depth + 1);
            }
            Body::Partial(payload) => {
                let mut whole = payload.into_owned();
                let rest = self.state.rest.take();
                self.record.partial = rest.is_none();
                whole.extend_from_slice(&rest.unwrap_or_default());
                self.peel_payload(Cow::Owned(whole), depth + 1);
            }
            Body::Either { payload, message } => {
                if !self.peel_payload(payload, depth + 1) {
                    self.record.text = Cow::Borrowed(line);
                    self.record.msg = message;
                }
            }
            Body::Message(message) => {
                self.record.text = Cow::Borrowed(line);
                self.record.msg = message;
            }
        }
        true
    }

    /// The same for a payload, from which the record can borrow only where it is part of the line.
    fn peel_payload(&mut self, payload: Cow<'a, [u8]>, depth: usize) -> bool {
        match payload {
            Cow::Borrowed(payload) => self.peel(payload, depth),
            Cow::Owned(payload) => {
                let mut record: Record<'_> = mem::take(self.record);
                let mut inner = Peeler {
                    formats: self.formats,
                    record: &mut record,
                    state: mem::take(&mut self.state),
                };
                let found = inner.peel(&payload, depth);
                self.state = inner.state;
                *self.record = record.into_owned();
                found
            }
        }
    }

    /// Merges what a layer says into the record: the outermost names the place, the innermost the event.
    fn absorb(&mut self, layer: Layer<'a>) -> Body<'a> {
        let (record, state) = (&mut *self.record, &mut self.state);
        if matches!(layer.body, Body::Payload(_) | Body::Partial(_)) {
            for name in [&layer.node, &layer.unit, &layer.container] {
                state
                    .stream
                    .add(name.as_deref().unwrap_or_default().as_bytes());
            }
            state.stream.add(layer.stream.unwrap_or_default());
            let pids = layer
                .fields
                .iter()
                .filter(|(name, _)| matches!(&**name, "pid" | "_PID"));
            pids.for_each(|(_, value)| state.stream.add(value));
        }
        if let Some(time) = layer.time.filter(|time| time.is_plausible()) {
            if time.kind == StampKind::SinceBoot {
                record.since_boot = Some(time.micros);
            }
            record.wrapper_time = record.wrapper_time.or(record.time);
            record.time = Some(better(record.time, time));
        }
        if layer.level != super::Level::Unknown {
            record.level = layer.level;
        }
        record.repeats = record.repeats.max(layer.repeats.min(MAX_REPEATS));
        state.continues |= layer.continues;
        record.quotes |= layer.quotes;
        record.requested |= layer.requested;
        for (outer, inner) in [
            (&mut record.node, layer.node),
            (&mut record.unit, layer.unit),
            (&mut record.container, layer.container),
        ] {
            if outer.is_none() {
                *outer = inner.map(shown);
            }
        }
        if layer.logger.is_some() {
            record.logger = layer.logger;
        }
        if record.fields.is_empty() {
            record.fields = layer.fields;
        } else {
            record.fields.extend(layer.fields);
        }
        layer.body
    }

    fn finish(self) {
        let Self { record, state, .. } = self;
        record.stream = state.stream.0;
        record.shape = if state.continues {
            Shape::Continuation
        } else {
            shape(record, state.payload)
        };
        // Go's runtime says so itself: the process ends.
        let fatal: [&[u8]; 2] = [b"panic: ", b"fatal error: "];
        if record.shape == Shape::OwnHead && starts_with_any(&record.text, &fatal) {
            record.level = super::Level::Fatal;
        }
    }
}

/// Names are shown in titles and tables; what is longer is none.
const MAX_NAME: usize = 255;

fn shown(name: Cow<'_, str>) -> Cow<'_, str> {
    let end = (0..=name.len().min(MAX_NAME))
        .rev()
        .find(|at| name.is_char_boundary(*at))
        .unwrap_or(0);
    match name {
        Cow::Borrowed(name) => printable_str(&name[..end]),
        Cow::Owned(name) => Cow::Owned(printable_str(&name[..end]).into_owned()),
    }
}

/// The innermost time is the event's own, unless it is less of an instant than the wrapper's.
fn better(outer: Option<Stamp>, inner: Stamp) -> Stamp {
    match outer {
        Some(outer) if inner.kind > outer.kind => outer,
        _ => inner,
    }
}

/// Starts of lines that continue the line before them in the same stream.
const CONTINUES: &[&[u8]] = &[
    b"Caused by:",
    b"Suppressed:",
    b"... ",
    b"at ",
    b"During handling of",
    b"The above exception",
    b"created by ",
    b"goroutine ",
    b"[signal ",
    b"exit status",
    b")",
    b"}",
    b"]",
    b"-- ",
];

/// Starts of traces that loggers do not put a time on; each is a record of its own.
const OWN_HEADS: &[&[u8]] = &[
    b"panic:",
    b"fatal error:",
    b"Traceback (most recent call last):",
    b"Exception in thread",
    b"Segmentation fault",
];

fn shape(record: &Record<'_>, payload_recognised: bool) -> Shape {
    // `docker logs -t` puts a time in front of every physical line.
    let timed_only = record.formats.last().is_some_and(|name| name == iso::NAME)
        && record.level == super::Level::Unknown;
    if timed_only
        && matches!(record.msg[..], [b'\t', ..] | [b' ', b' ', ..])
        && !has_columns(&record.msg)
    {
        return Shape::Continuation;
    }
    if payload_recognised {
        return Shape::Head;
    }
    let text = &record.text[..];
    let indented = text.first().is_some_and(|b| matches!(b, b' ' | b'\t'));
    if indented || starts_with_any(text, CONTINUES) {
        Shape::Continuation
    } else if starts_with_any(text, OWN_HEADS) {
        Shape::OwnHead
    } else if text == b"{" {
        Shape::Open
    } else if record.is_recognised() {
        Shape::Plain
    } else {
        Shape::Bare
    }
}

/// Whether a text is a row of a table, such as one of `kubectl get events`, and no line of a trace.
fn has_columns(text: &[u8]) -> bool {
    const GAP: usize = 3;
    let words = text.trim_ascii().split(|b| *b == b' ');
    // Each further space between two words is an empty word.
    let mut gaps = 0;
    let mut blanks = 0;
    for word in words {
        if word.is_empty() {
            blanks += 1;
        } else {
            gaps += usize::from(blanks + 1 >= GAP);
            blanks = 0;
        }
    }
    gaps >= 3
}

/// Whether a line of a format that is not known yet has a time near its start, so that the file is a log.
pub(crate) fn looks_timed(line: &[u8]) -> bool {
    let start = &line[..line.len().min(48)];
    if start.first().is_none_or(u8::is_ascii_whitespace) {
        return false;
    }
    let digits = |at: usize, count: usize| {
        let digits = start.get(at..at + count);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_digit))
    };
    // Hardware addresses have colons as well, and letters or more colons around them.
    let bound = |b: Option<&u8>| b.is_none_or(|b| !b.is_ascii_alphanumeric() && *b != b':');
    let clock = |at: usize| {
        digits(at, 2)
            && start.get(at + 2) == Some(&b':')
            && digits(at + 3, 2)
            && start.get(at + 5) == Some(&b':')
            && digits(at + 6, 2)
            && bound(start.get(at + 8).filter(|b| **b != b'Z'))
            && bound(
                at.checked_sub(1)
                    .and_then(|at| start.get(at))
                    .filter(|b| **b != b'T' && !(**b == b':' && at > 4 && digits(at - 5, 4))),
            )
    };
    // `yyMMdd HHMMSS`, and seconds since boot in brackets.
    let compact = super::time::compact(start).is_some();
    let uptime = start.strip_prefix(b"[").map(<[u8]>::trim_ascii_start);
    let uptime = uptime.is_some_and(|rest| {
        let whole = rest.iter().take_while(|b| b.is_ascii_digit()).count();
        whole > 0 && rest.get(whole) == Some(&b'.') && rest.get(whole + 7) == Some(&b']')
    });
    compact || uptime || (0..start.len()).any(clock)
}

#[cfg(test)]
mod tests {
    use super::looks_timed;

    #[test]
    fn logs_of_unknown_formats_are_logs_all_the_same() {
        for line in [
            "[Sun Dec 04 04:47:44 2005] [notice] workerEnv.init() ok",
            "081109 203615 148 INFO dfs.DataNode: PacketResponder 1",
            "17/06/09 20:10:40 INFO executor.CoarseGrained: Registered",
            "16635:S 20 Nov 2026 11:48:58.467 # Error condition on socket",
            "[ 4365.997644] cgroup: fork rejected by pids controller",
        ] {
            assert!(looks_timed(line.as_bytes()), "{line}");
        }
        for line in [
            "Dear customer,",
            "12:30",
            "[1] 1234",
            "ratio 1:2:3",
            "2026-11-20",
            "",
        ] {
            assert!(!looks_timed(line.as_bytes()), "{line}");
        }
    }
}
