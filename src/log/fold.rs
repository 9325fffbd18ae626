//! Lines to records: continuation lines, and lines that a container runtime split.
//!
//! A record is found from any of its lines, so that only the neighbourhood of an interesting line is parsed.

use std::ops::Range;

use super::parse::{outer_payload, parse_joined};
use super::{Record, Shape, parse_line};
use crate::text::{line_around, lines, trim_line};

/// The field that holds the command above a line in a transcript.
pub const COMMAND: &str = "command";

/// Physical lines in one record at most.
const MAX_LINES: usize = 1000;
/// Bytes in one record at most, and how far back the start of a record is searched.
const MAX_BYTES: usize = 256 << 10;
/// Lines of other streams that may stand between two lines of a record.
const MAX_FOREIGN: usize = 4;
/// Indented lines that continue a line in the output of a command.
const MAX_HEADLESS: usize = 8;
/// How far above a line the command may stand that printed it.
const MAX_OUTPUT: usize = 8;
/// How many lines decide whether a text has any recognisable record.
const SAMPLE: usize = 200;

/// What Python writes between the traces of an exception and of what it was raised from.
const CHAINS: &[&[u8]] = &[
    b"During handling of the above exception",
    b"The above exception was the direct cause",
];

/// Finds records in a text whose first line starts a record.
#[derive(Debug)]
pub struct Folder<'a> {
    text: &'a [u8],
    headless: bool,
}

/// A record and where it stands in the text.
#[derive(Debug)]
pub struct Span {
    /// From the first byte of its first line to the end of its last, without the terminator.
    pub range: Range<usize>,
    /// Its lines. Between them may stand lines of other streams, which are no part of it.
    pub lines: Vec<Range<usize>>,
    /// What the lines say together.
    pub record: Record,
}

impl Span {
    fn new(lines: Vec<Range<usize>>, record: Record) -> Self {
        let start = lines.first().map_or(0, |line| line.start);
        let end = lines.last().map_or(0, |line| line.end);
        Self {
            range: start..end,
            lines,
            record,
        }
    }

    /// Whether the line around byte `at` is part of the record.
    pub fn contains(&self, at: usize) -> bool {
        let after = self.lines.partition_point(|line| line.end < at);
        self.lines.get(after).is_some_and(|line| line.start <= at)
    }
}

impl<'a> Folder<'a> {
    /// A folder for `text`. Where no line of a sample is recognised, the text is output of some command, and
    /// every line is a record of its own.
    pub fn new(text: &'a [u8]) -> Self {
        let headless = !lines(text)
            .take(SAMPLE)
            .any(|(_, line)| parse_line(line).is_recognised());
        Self { text, headless }
    }

    /// Whether no line of the sample was recognised.
    pub fn is_headless(&self) -> bool {
        self.headless
    }

    /// The record that holds the line around byte `at`, not looking before byte `floor`.
    pub fn record_at(&self, at: usize, floor: usize) -> Span {
        let line = line_around(self.text, at);
        let found = self.parse(&line);
        if self.headless {
            return self.headless_record(line, found, floor);
        }
        let (first, mut record) = self.head_of(line, found, floor);
        if record.shape == Shape::OwnHead && record.time.is_none() {
            record.time = self.time_before(first.start, floor);
        }
        self.extend(first, record)
    }

    fn parse(&self, line: &Range<usize>) -> Record {
        parse_line(&self.text[line.clone()])
    }

    /// Goes back from a continuation to the head of its record; a line without a head is its own.
    fn head_of(&self, line: Range<usize>, found: Record, floor: usize) -> (Range<usize>, Record) {
        let wrapped = found.is_recognised();
        let split = self.is_split_before(line.start, floor, &found);
        let chained = found.shape == Shape::OwnHead && self.is_chained(line.start, floor);
        if !split && !chained && matches!(found.shape, Shape::Head | Shape::OwnHead) {
            return (line, found);
        }
        let lowest = floor.max(line.start.saturating_sub(MAX_BYTES));
        let mut start = line.start;
        let mut foreign = 0;
        let mut split_head = None;
        for _ in 0..MAX_LINES {
            let Some(previous) = self.previous(start, lowest) else {
                break;
            };
            let record = self.parse(&previous);
            start = previous.start;
            if wrapped && record.stream != found.stream {
                foreign += 1;
                if foreign > MAX_FOREIGN {
                    break;
                }
                continue;
            }
            if record.partial {
                split_head = Some((previous, record));
                continue;
            }
            if split_head.is_some() {
                break;
            }
            let chained = record.shape == Shape::OwnHead && self.is_chained(previous.start, lowest);
            if matches!(record.shape, Shape::Head | Shape::OwnHead) && !chained {
                return (previous, record);
            }
        }
        split_head.unwrap_or((line, found))
    }

    /// Whether the line of the same stream before `start` goes on in this one, as its wrapper says.
    fn is_split_before(&self, start: usize, floor: usize, found: &Record) -> bool {
        if !found
            .formats
            .first()
            .is_some_and(|name| super::format::splits_lines(name))
        {
            return false;
        }
        let lowest = floor.max(start.saturating_sub(MAX_BYTES));
        let mut start = start;
        for _ in 0..=MAX_FOREIGN {
            let Some(previous) = self.previous(start, lowest) else {
                return false;
            };
            let record = self.parse(&previous);
            if record.stream == found.stream {
                return record.partial;
            }
            start = previous.start;
        }
        false
    }

    /// Whether the trace that starts at `start` belongs to the one before it: Python announces it two lines
    /// earlier.
    fn is_chained(&self, start: usize, lowest: usize) -> bool {
        let Some(blank) = self.previous(start, lowest) else {
            return false;
        };
        let Some(announcement) = self.previous(blank.start, lowest) else {
            return false;
        };
        let text = self.parse(&announcement).text;
        CHAINS
            .iter()
            .any(|chain| text.trim_ascii_start().starts_with(chain))
    }

    /// Adds the lines after the first to the record.
    fn extend(&self, first: Range<usize>, mut record: Record) -> Span {
        let start = first.start;
        let mut lines = vec![first];
        if record.partial {
            record = self.join(&mut lines, &record);
        }
        let mut at = lines[lines.len() - 1].end;
        let wrapped = record
            .formats
            .first()
            .is_some_and(|name| super::format::is_wrapper(name));
        let mut foreign = 0;
        for _ in 0..MAX_LINES {
            let Some(next) = self.next(at).filter(|next| next.end - start <= MAX_BYTES) else {
                break;
            };
            let line = self.parse(&next);
            at = next.end;
            if wrapped && line.stream != record.stream {
                foreign += 1;
                if foreign > MAX_FOREIGN {
                    break;
                }
                continue;
            }
            let continues = match line.shape {
                Shape::Continuation => true,
                Shape::Bare => matches!(record.shape, Shape::Head | Shape::OwnHead) && !wrapped,
                Shape::OwnHead => self.is_chained(next.start, start),
                Shape::Head => false,
            };
            if !continues {
                break;
            }
            append(&mut record, &line);
            lines.push(next);
        }
        Span::new(lines, record)
    }

    /// Joins the parts of a line that its wrapper split; `lines` holds the first and gets the others.
    fn join(&self, lines: &mut Vec<Range<usize>>, found: &Record) -> Record {
        let mut rest = Vec::new();
        let first = lines[0].clone();
        let mut at = first.end;
        let mut foreign = 0;
        while let Some(next) = self.next(at) {
            at = next.end;
            if self.parse(&next).stream != found.stream {
                foreign += 1;
                if foreign > MAX_FOREIGN {
                    break;
                }
                continue;
            }
            let Some((payload, partial)) = outer_payload(trim_line(&self.text[next.clone()]))
            else {
                break;
            };
            rest.extend_from_slice(&payload);
            lines.push(next);
            if !partial || rest.len() > MAX_BYTES {
                break;
            }
        }
        parse_joined(&self.text[first], rest)
    }

    /// In the output of a command only an indented line continues the one before, and not in data such as
    /// JSON or YAML.
    fn headless_record(&self, line: Range<usize>, found: Record, floor: usize) -> Span {
        let (mut first, mut record) = (line, found);
        for _ in 0..MAX_HEADLESS {
            let previous = self
                .previous(first.start, floor)
                .filter(|_| is_indented(&record.text));
            let Some(previous) = previous.filter(|line| ends_a_sentence(&self.text[line.clone()]))
            else {
                break;
            };
            record = self.parse(&previous);
            first = previous;
        }
        if let Some(command) = self.command_above(first.start, floor) {
            record.fields.push((COMMAND.to_owned(), command));
        }
        let start = first.start;
        let mut end = first.end;
        let mut lines = vec![first.clone()];
        let mut open = ends_a_sentence(&self.text[first.clone()]);
        while open && let Some(next) = self.next(end).filter(|next| next.end - start < 4096) {
            let line = self.parse(&next);
            if !is_indented(&line.text) {
                break;
            }
            open = ends_a_sentence(&line.text);
            append(&mut record, &line);
            end = next.end;
            lines.push(next);
        }
        Span::new(lines, record)
    }

    /// The command whose output a line is part of, where a prompt stands above it.
    fn command_above(&self, start: usize, floor: usize) -> Option<Vec<u8>> {
        let mut start = start;
        for _ in 0..MAX_OUTPUT {
            let line = self.previous(start, floor.max(start.saturating_sub(MAX_BYTES)))?;
            start = line.start;
            let text = trim_line(&self.text[line]);
            if let Some(command) = after_prompt(text) {
                return Some(command.to_vec());
            }
        }
        None
    }

    /// The time of the nearest head before `start`.
    fn time_before(&self, start: usize, floor: usize) -> Option<super::Stamp> {
        let lowest = floor.max(start.saturating_sub(MAX_BYTES));
        let mut start = start;
        for _ in 0..MAX_LINES {
            let previous = self.previous(start, lowest)?;
            if let Some(time) = self.parse(&previous).time {
                return Some(time);
            }
            start = previous.start;
        }
        None
    }

    fn previous(&self, start: usize, lowest: usize) -> Option<Range<usize>> {
        (start > lowest)
            .then(|| line_around(self.text, start - 1))
            .filter(|line| line.start >= lowest)
    }

    fn next(&self, end: usize) -> Option<Range<usize>> {
        (end + 1 < self.text.len()).then(|| line_around(self.text, end + 1))
    }
}

/// Whether a record can start at `line`, so that a text may be cut in front of it.
pub(crate) fn starts_record(line: &[u8]) -> bool {
    let record = parse_line(line);
    record.shape == Shape::Head && !record.partial
}

fn append(record: &mut Record, line: &Record) {
    for (whole, part) in [(&mut record.text, &line.text), (&mut record.msg, &line.msg)] {
        whole.push(b'\n');
        whole.extend_from_slice(part);
    }
}

fn is_indented(text: &[u8]) -> bool {
    text.starts_with(b"\t") || text.starts_with(b"    ")
}

/// What was typed behind a shell prompt: `$ `, `root@node1:~# `, `[root@node06 ~]# `.
fn after_prompt(line: &[u8]) -> Option<&[u8]> {
    if let Some(command) = line.strip_prefix(b"$ ") {
        return Some(command);
    }
    let at = [&b"# "[..], b"$ "]
        .iter()
        .filter_map(|mark| memchr::memmem::find(line, mark))
        .min()?;
    let prompt = &line[..at];
    let named = prompt.contains(&b'@')
        && prompt.len() < 64
        && matches!(prompt.last(), Some(b']' | b'~' | b'/'));
    named.then(|| &line[at + 2..])
}

/// Whether `line` reads like text that may go on in an indented line, not like a table or a data structure.
fn ends_a_sentence(line: &[u8]) -> bool {
    let line = line.trim_ascii_end();
    let data = line
        .last()
        .is_none_or(|b| matches!(b, b'{' | b'}' | b'[' | b']' | b',' | b';' | b'|' | b'-'));
    let key = line.last() == Some(&b':') && !line.contains(&b' ');
    !data && !key
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record_of(text: &str, needle: &str) -> (String, String) {
        let folder = Folder::new(text.as_bytes());
        let at = text.find(needle).expect("the needle is in the text");
        let span = folder.record_at(at, 0);
        let lines = span.lines.len();
        (
            String::from_utf8(span.record.msg).expect("text"),
            format!(
                "{lines} lines from {}",
                text[..span.range.start].lines().count() + 1
            ),
        )
    }

    const RABBIT: &str = "2022-02-04 10:07:26.120 [warning] <0.8.0> closing AMQP connection <0.8.0>:\n\
                          client unexpectedly closed TCP connection\n\
                          2022-02-04 10:07:27.000 [info] <0.9.0> accepting\n";

    #[test]
    fn an_untimed_line_belongs_to_the_head_before_it() {
        let (msg, place) = record_of(RABBIT, "unexpectedly");
        assert_eq!(
            msg,
            "<0.8.0> closing AMQP connection <0.8.0>:\nclient unexpectedly closed TCP connection"
        );
        assert_eq!(place, "2 lines from 1");
        assert_eq!(record_of(RABBIT, "accepting").1, "1 lines from 3");
    }

    #[test]
    fn traces_inside_a_wrapper_fold_by_stream() {
        let text = "2025-03-10T13:52:33Z stderr F 2025-03-10 13:52:33,100 ERROR boom\n\
                    2025-03-10T13:52:33Z stderr F   at com.example.A\n\
                    2025-03-10T13:52:33Z stdout F 2025-03-10 13:52:33,200 INFO fine\n\
                    2025-03-10T13:52:33Z stderr F Caused by: java.net.ConnectException: Connection refused\n\
                    2025-03-10T13:52:34Z stderr F 2025-03-10 13:52:34,100 ERROR next\n";
        let (msg, place) = record_of(text, "Connection refused");
        assert_eq!(
            msg,
            "boom\n  at com.example.A\nCaused by: java.net.ConnectException: Connection refused"
        );
        assert_eq!(place, "3 lines from 1");
    }

    #[test]
    fn a_panic_is_a_record_of_its_own_with_the_time_before_it() {
        let text = "time=\"2026-11-20T11:24:44Z\" level=info msg=fine\npanic: runtime error\n\ngoroutine 1 [running]:\n\tmain.go:1\n";
        let folder = Folder::new(text.as_bytes());
        let span = folder.record_at(text.find("panic").expect("a panic"), 0);
        assert_eq!(
            span.record.time.map(|time| time.micros),
            Some(1_795_173_884_000_000)
        );
        assert!(span.record.msg.starts_with(b"panic: runtime error"));
    }

    #[test]
    fn docker_timestamps_stand_on_continuation_lines_as_well() {
        let text = "2016-07-01T10:00:01.1Z psql: could not connect to server: Connection refused\n\
                    2016-07-01T10:00:01.2Z \tIs the server running on host \"db\" and accepting\n\
                    2016-07-01T10:00:01.3Z \tTCP/IP connections on port 5432?\n\
                    2016-07-01T10:00:02.1Z next\n";
        let (msg, place) = record_of(text, "5432");
        assert!(
            msg.starts_with("psql: could not connect") && msg.ends_with("port 5432?"),
            "{msg}"
        );
        assert_eq!(place, "3 lines from 1");
    }

    #[test]
    fn chained_traces_are_one_record() {
        let text = "2022-02-04 10:58:47 ERROR unit.x hook failed\n2022-02-04 10:58:48 DEBUG unit.x start\nTraceback (most recent call last):\n  File a\nOSError: [Errno 113] No route to host\n\nDuring handling of the above exception, another exception occurred:\n\nTraceback (most recent call last):\n  File b\nMaxRetryError: [Errno 113] No route to host\n2022-02-04 10:58:49 INFO unit.x next\n";
        for needle in ["OSError", "MaxRetryError", "File b"] {
            assert_eq!(record_of(text, needle).1, "9 lines from 3", "{needle}");
        }
    }

    #[test]
    fn split_lines_are_joined_before_they_are_parsed() {
        let text = "2025-03-10T13:52:33Z stdout P time=\"2025-03-10T13:52:33Z\" level=error msg=\"connection \n\
                    2025-03-10T13:52:33Z stderr F other\n\
                    2025-03-10T13:52:33Z stdout P refused by \n\
                    2025-03-10T13:52:33Z stdout F peer\" port=5432\n\
                    2025-03-10T13:52:35Z stdout F time=\"2025-03-10T13:52:35Z\" level=info msg=next\n";
        for needle in ["connection", "refused", "5432"] {
            let (msg, place) = record_of(text, needle);
            assert_eq!(
                (msg.as_str(), place.as_str()),
                ("connection refused by peer", "3 lines from 1"),
                "{needle}"
            );
        }
        assert_eq!(record_of(text, "next").1, "1 lines from 5");
    }

    #[test]
    fn output_of_a_command_knows_the_command() {
        let text = "[root@node06 ~]# nc -zv node04 5705\nNcat: Version 7.50\nNcat: Connection timed out.\n$ true\nroot@node1:~# x\nout\n";
        let command = |needle: &str| {
            let span =
                Folder::new(text.as_bytes()).record_at(text.find(needle).expect("it is there"), 0);
            span.record
                .field("command")
                .map(|command| String::from_utf8_lossy(command).into_owned())
        };
        assert_eq!(command("timed out").as_deref(), Some("nc -zv node04 5705"));
        assert_eq!(command("out\n").as_deref(), Some("x"));
        assert_eq!(command("[root"), None);
        assert_eq!(after_prompt(b"# a comment"), None);
    }

    #[test]
    fn output_of_commands_is_one_record_a_line() {
        let psql = "psql: could not connect to server: Connection refused\n\tIs the server running on host \"db\" (10.0.0.11) and accepting\n\tTCP/IP connections on port 5432?\n";
        for needle in ["refused", "running", "5432"] {
            assert_eq!(record_of(psql, needle).1, "3 lines from 1", "{needle}");
        }
        let json = "{\n  node: {\n        key: \"/_etcd/registry/a\",\n        value: \"http://10.0.0.1:7001\",\n";
        assert_eq!(record_of(json, "registry").1, "1 lines from 3");
        let table = "node4   node2.nats   172.28.128.4:5708  1.9ms   OK\nnode4   node3.api    172.28.128.5:5705  3.0ms   ERROR  timeout\n";
        assert_eq!(record_of(table, "ERROR").1, "1 lines from 2");
    }
}
