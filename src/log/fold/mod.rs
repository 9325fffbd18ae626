//! Lines to records: continuation lines, and lines that a container runtime split.
//!
//! A record is found from any of its lines, so that only the neighbourhood of an interesting line is parsed
//! ([`Folder::record_at`]); or all records of a text are read in order ([`Folder::records`]).

mod ahead;
mod belongs;
mod headless;
mod pretty;
#[cfg(test)]
mod tests;

use std::ops::Range;

use ahead::Ahead;
pub(crate) use belongs::is_meta;
pub use headless::COMMAND;

use super::format::{Formats, hclog, journal_verbose, klog, postgres_csv};
use super::parse::{outer_payload, parse_joined};
use super::{Record, Shape, Stamp};
use crate::text::{line_around, lines, lines_from, trim_line};

/// Physical lines in one record at most.
const MAX_LINES: usize = 1000;
/// Bytes in one record at most, and how far back the start of a record is searched.
const MAX_BYTES: usize = 256 << 10;
/// Lines of other streams that may stand between two lines of a record.
const MAX_FOREIGN: usize = 4;
/// Blank lines and remarks of the collector that may stand between two lines of a record.
const MAX_SKIPPED: usize = 64;
/// How many lines of the start decide whether a text has any recognisable record, and half as many of its middle and of
/// its end.
const SAMPLE: usize = 100;

/// Finds records in a text whose first line starts a record.
#[derive(Debug)]
pub struct Folder<'a> {
    formats: &'a Formats,
    text: &'a [u8],
    headless: bool,
}

/// The first line of a record.
type Head<'a> = (Range<usize>, Record<'a>);

/// A record and where it stands in the text.
#[derive(Debug)]
pub struct Span<'a> {
    /// From the first byte of its first line to the end of its last, without the terminator.
    pub range: Range<usize>,
    /// Its lines. Between them may stand lines of other streams, which are no part of it.
    pub lines: Vec<Range<usize>>,
    /// What the lines say together.
    pub record: Record<'a>,
}

impl<'a> Span<'a> {
    fn new(lines: Vec<Range<usize>>, record: Record<'a>) -> Self {
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

/// Whether `text`, the start of an entry, is output of some command rather than a log: nothing in a sample of its
/// lines is recognised. Every line is then a record of its own.
pub fn is_headless(formats: &Formats, text: &[u8]) -> bool {
    // A trace that stands alone is all that is left of a process that crashed.
    let recognised = |(_, line): (usize, &[u8])| {
        let record = formats.parse(line);
        record.is_recognised() || record.shape == Shape::OwnHead
    };
    // A banner may stand in front of a log, and something else behind it.
    let (middle, end) = (text.len() / 2, text.len().saturating_sub(4096));
    !lines(text).take(SAMPLE).any(recognised)
        && !lines_from(text, middle).take(SAMPLE / 2).any(recognised)
        && !lines_from(text, end).take(SAMPLE / 2).any(recognised)
        && is_headless_unless_pretty(formats, text)
}

/// The same for a text of which no line is recognised.
pub(crate) fn is_headless_unless_pretty(formats: &Formats, text: &[u8]) -> bool {
    !pretty::starts_with_record(formats, text)
}

impl<'a> Folder<'a> {
    /// A folder for `text`, which is `headless` if its entry is.
    pub fn new(formats: &'a Formats, text: &'a [u8], headless: bool) -> Self {
        Self {
            formats,
            text,
            headless,
        }
    }

    /// Whether the text is output of some command.
    pub fn is_headless(&self) -> bool {
        self.headless
    }

    /// All records of the text in the order of their first lines.
    pub fn records(&self) -> Records<'_, 'a> {
        Records {
            folder: self,
            ahead: Ahead::new(self, 0),
            last: None,
        }
    }

    /// The record that holds the line around byte `at`, not looking before byte `floor`.
    pub fn record_at(&self, at: usize, floor: usize) -> Span<'a> {
        let line = line_around(self.text, at);
        let found = self.parse(&line);
        if self.headless {
            return self.headless_record(line, found, floor);
        }
        let (head, nearer) = self.head_of(&line, &found, floor);
        // What looked like the head of the line may be none: then a nearer line is, or the line itself.
        for (first, mut record) in head.into_iter().chain(nearer) {
            if record.shape == Shape::OwnHead && record.time.is_none() {
                record.inherit(self.time_before(first.start));
            }
            let mut ahead = Ahead::new(self, first.end + 1);
            let span = self.extend(first, record, &mut ahead);
            if span.contains(at) {
                return span;
            }
        }
        let mut record = found;
        if record.shape == Shape::OwnHead && record.time.is_none() {
            record.inherit(self.time_before(line.start));
        }
        let mut ahead = Ahead::new(self, line.end + 1);
        self.extend(line, record, &mut ahead)
    }

    fn parse(&self, line: &Range<usize>) -> Record<'a> {
        self.formats.parse(&self.text[line.clone()])
    }

    /// Goes back from a continuation to the head of its record; a line without a head is its own. Where text of no format
    /// stands between, which may be part of a trace or not, that is the second answer.
    fn head_of(
        &self,
        line: &Range<usize>,
        found: &Record<'_>,
        floor: usize,
    ) -> (Option<Head<'a>>, Option<Head<'a>>) {
        let lowest = floor.max(line.start.saturating_sub(MAX_BYTES));
        if let Some(head) = self.repeated_head(line, found, lowest) {
            return (Some(head), None);
        }
        let split = self.is_split_before(line.start, lowest, found);
        let chained = found.shape == Shape::OwnHead && self.is_chained(line.start, lowest);
        let in_trace = belongs::may_be_of_trace(found);
        if !split && !chained && found.shape.is_head() && !in_trace {
            return (None, None);
        }
        let mut nearer = None;
        let mut at = line.start;
        let (mut foreign, mut skipped) = (0, 0);
        let mut split_head = None;
        // The time of the line below the one that is looked at.
        let mut below = found.time.filter(|_| found.wrapped);
        // Whether all lines so far belong to the head only if no blank line stands between.
        let mut bare = found.shape == Shape::Bare && !self.leads_to_trace(line.end);
        for _ in 0..MAX_LINES {
            let Some(previous) = self.previous(at, lowest) else {
                break;
            };
            let record = self.parse(&previous);
            at = previous.start;
            if belongs::is_skipped(&record) && skipped < MAX_SKIPPED {
                if bare && !is_meta(&record.text) {
                    break;
                }
                skipped += 1;
                continue;
            }
            if !record.partial && belongs::is_later(record.time, below) {
                break;
            }
            bare &= record.shape == Shape::Bare;
            if self.is_foreign_before(found, line, &record, &previous) {
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
            below = record.time.filter(|_| found.wrapped);
            if record.shape.is_head() && !chained {
                if belongs::may_be_of_trace(&record) {
                    nearer.get_or_insert((previous, record));
                    continue;
                }
                let repeated = self.repeated_head(&previous, &record, lowest);
                return (Some(repeated.unwrap_or((previous, record))), nearer);
            }
        }
        (split_head, nearer)
    }

    /// The head of a trace of which every line has the whole head.
    fn repeated_head(
        &self,
        line: &Range<usize>,
        found: &Record<'_>,
        lowest: usize,
    ) -> Option<Head<'a>> {
        let mut head = None;
        let mut at = line.start;
        let mut foreign = 0;
        while foreign <= MAX_FOREIGN
            && belongs::may_repeat_head(head.as_ref().map_or(found, |(_, head)| head))
        {
            let previous = self.previous(at, lowest)?;
            let record = self.parse(&previous);
            at = previous.start;
            if belongs::repeats_head(&record, found) {
                head = Some((previous, record));
            } else if belongs::is_of_other_process(&record, found) {
                foreign += 1;
            } else {
                break;
            }
        }
        head
    }

    /// Whether the line of the same stream before `start` goes on in this one, as its wrapper says.
    fn is_split_before(&self, start: usize, lowest: usize, found: &Record<'_>) -> bool {
        if !found.splits {
            return false;
        }
        let mut start = start;
        for _ in 0..=MAX_FOREIGN {
            let Some(previous) = self.previous(start, lowest) else {
                return false;
            };
            let record = self.parse(&previous);
            if record.outer_stream == found.outer_stream {
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
        belongs::announces_a_cause(&self.parse(&announcement).text)
    }

    /// Adds the lines after the first to the record, and takes them from `ahead`.
    fn extend(
        &self,
        first: Range<usize>,
        record: Record<'a>,
        ahead: &mut Ahead<'_, 'a>,
    ) -> Span<'a> {
        let start = first.start;
        let mut lines = vec![first];
        // Nothing goes on with what is between records.
        if belongs::is_skipped(&record) {
            return Span::new(lines, record);
        }
        let mut record = if record.partial {
            self.join(&mut lines, &record, ahead)
        } else {
            record
        };
        if let Some((whole, count)) = pretty::object(self.formats, &record, ahead) {
            lines.extend((0..count).filter_map(|_| Some(ahead.take(0)?.0)));
            return Span::new(lines, whole);
        }
        let (mut at, mut foreign, mut skipped) = (0, 0, 0);
        let (mut after_foreign, mut after_blank) = (false, false);
        let mut last = record.time.filter(|_| record.wrapped);
        while lines.len() < MAX_LINES && foreign <= MAX_FOREIGN && skipped < MAX_SKIPPED {
            let Some((next, line)) = ahead
                .peek(at)
                .filter(|(next, _)| next.end - start <= MAX_BYTES)
            else {
                break;
            };
            let indent = belongs::indent(&line.text);
            let indented = record.wrapped
                && indent >= 8
                && !line.is_recognised()
                && self.indent(&lines[0], &record) == Some(indent);
            if record.wrapped && belongs::is_skipped(line) && !indented {
                at += 1;
                skipped += 1;
                continue;
            }
            if record.wrapped && indented && !line.is_recognised() {
                // The journal writes such a line below the one that it belongs to.
                if after_foreign {
                    at += 1;
                    continue;
                }
            } else if belongs::is_foreign(&record, line)
                || (after_foreign && !line.is_recognised() && !record.wrapped)
            {
                after_foreign = true;
                at += 1;
                foreign += 1;
                continue;
            }
            let continues = match line.shape {
                Shape::Continuation => true,
                // A paragraph of its own is no part of the message, unless the lines of a trace follow it.
                Shape::Bare => {
                    let apart = after_blank && !self.leads_to_trace(next.end);
                    record.shape.is_head() && !record.wrapped && !apart
                }
                Shape::OwnHead => self.is_chained(next.start, start),
                Shape::Open => false,
                Shape::Plain => {
                    belongs::continues_trace(&record, line)
                        || (record.shape.is_head()
                            && belongs::is_exception(&line.text)
                            && self.leads_to_trace(next.end))
                }
                Shape::Head => belongs::repeats_head(&record, line),
            };
            if !continues || belongs::is_later(last, line.time.filter(|_| record.wrapped)) {
                break;
            }
            last = line.time;
            after_foreign = false;
            let Some((next, line)) = ahead.take(at) else {
                break;
            };
            after_blank = line.text.trim_ascii().is_empty();
            belongs::append(&mut record, &line, if indented { indent } else { 0 });
            lines.push(next);
        }
        belongs::trim_blank_end(&mut record, &mut lines);
        journal_verbose::complete(self.formats, &mut record);
        klog::complete(&mut record);
        hclog::complete(&mut record);
        postgres_csv::complete(&mut record);
        Span::new(lines, record)
    }

    /// Whether lines of a trace follow the line that ends at `end`, at most a few lines of text below it.
    fn leads_to_trace(&self, end: usize) -> bool {
        const LINES: usize = 8;
        let mut end = end;
        for _ in 0..LINES {
            let Some(next) = self.next(end) else {
                return false;
            };
            let line = self.parse(&next);
            match line.shape {
                Shape::Bare if !line.text.trim_ascii().is_empty() => end = next.end,
                shape => return shape == Shape::Continuation && !is_meta(&line.text),
            }
        }
        false
    }

    /// How far the journal indents the lines of a message behind its first.
    fn indent(&self, line: &Range<usize>, record: &Record<'_>) -> Option<usize> {
        if !record.wrapped || record.splits {
            return None;
        }
        let raw = trim_line(&self.text[line.clone()]);
        let (payload, _) = outer_payload(self.formats, raw)?;
        raw.len()
            .checked_sub(payload.len())
            .filter(|indent| *indent >= 8)
    }

    /// Whether `previous`, a line before `line`, can be no part of the same record.
    fn is_foreign_before(
        &self,
        found: &Record<'_>,
        line: &Range<usize>,
        record: &Record<'_>,
        previous: &Range<usize>,
    ) -> bool {
        if !found.is_recognised() && record.wrapped {
            // Below a line of a journal only what is indented as its message is belongs to it.
            let indent = belongs::indent(&self.text[line.clone()]);
            return self.indent(previous, record) != Some(indent);
        }
        if found.wrapped && record.partial {
            return record.outer_stream != found.outer_stream;
        }
        (found.wrapped && record.stream != found.stream)
            || belongs::is_of_other_process(record, found)
    }

    /// Joins the parts of a line that its wrapper split; `lines` holds the first and gets the others.
    fn join(
        &self,
        lines: &mut Vec<Range<usize>>,
        found: &Record<'_>,
        ahead: &mut Ahead<'_, 'a>,
    ) -> Record<'a> {
        let mut rest = Vec::new();
        let first = lines[0].clone();
        let mut at = 0;
        while let Some((next, line)) = ahead.peek(at) {
            if line.outer_stream != found.outer_stream {
                at += 1;
                if at > MAX_FOREIGN {
                    break;
                }
                continue;
            }
            let next = next.clone();
            let Some((payload, partial)) =
                outer_payload(self.formats, trim_line(&self.text[next.clone()]))
            else {
                break;
            };
            ahead.take(at);
            rest.extend_from_slice(&payload);
            lines.push(next);
            if !partial || rest.len() > MAX_BYTES {
                break;
            }
        }
        parse_joined(self.formats, &self.text[first], Some(rest))
    }

    /// The time of the nearest head before `start`.
    fn time_before(&self, start: usize) -> Option<Stamp> {
        let lowest = start.saturating_sub(MAX_BYTES);
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

/// The iterator that [`Folder::records`] returns.
#[derive(Debug)]
pub struct Records<'f, 'a> {
    folder: &'f Folder<'a>,
    ahead: Ahead<'f, 'a>,
    last: Option<Stamp>,
}

impl<'a> Iterator for Records<'_, 'a> {
    type Item = Span<'a>;

    fn next(&mut self) -> Option<Span<'a>> {
        let (first, mut record) = self.ahead.take(0)?;
        if self.folder.headless {
            let span = self
                .folder
                .headless_record(first, record, self.ahead.floor());
            self.ahead.skip_to(span.range.end + 1);
            return Some(span);
        }
        if record.time.is_none() {
            record.inherit(self.last);
        } else {
            self.last = record.time;
        }
        Some(self.folder.extend(first, record, &mut self.ahead))
    }
}

/// Whether a record can start at `line`, so that a text may be cut in front of it.
pub(crate) fn starts_record(formats: &Formats, line: &[u8]) -> bool {
    let record = formats.parse(line);
    let head = matches!(record.shape, Shape::Head | Shape::Plain);
    head && !record.partial
        && !belongs::may_repeat_head(&record)
        && !belongs::may_be_of_trace(&record)
}
