//! One block of text against all patterns.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::candidates::{self, Candidate, Scratch};
use super::compile::{Compiled, Matcher};
use super::need::Need;
use super::sniff::Sniffed;
use super::trials::{Stage, Trials};
use super::verify::{Subject, verify};
use super::{Match, template};
use crate::location::{Origin, Place};
use crate::log::{
    Calibration, Folder, Level, Record, Stamp, is_collectors, is_headless,
    is_headless_unless_pretty,
};
use crate::text::{count_newlines, line_around, trim_line};

/// Text kept of a line as evidence.
const MAX_TEXT: usize = 2048;

/// Text of an entry, from the start of a record on.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// The text.
    pub text: &'a [u8],
    /// What the path of the entry tells of its origin.
    pub place: &'a Place,
    /// The entry.
    pub entry: &'a Origin,
    /// Whether the entry is output of some command rather than a log. Without it `text` decides, which must be all of
    /// the entry then.
    pub headless: Option<bool>,
    /// Whether no pattern is looked for in it: what the collector says of its own work.
    pub unsearched: bool,
    /// Whether it quotes logs, as documents, source code and settings do: only events that name the entry fit it.
    pub quotes: bool,
    /// Whether the text was made from a journal that has no lines, so that nobody would know them again.
    pub from_journal: bool,
}

impl<'a> Input<'a> {
    /// A text of an entry of which nothing else is known.
    pub fn new(text: &'a [u8], place: &'a Place, entry: &'a Origin) -> Self {
        Self {
            text,
            place,
            entry,
            headless: None,
            unsearched: false,
            quotes: false,
            from_journal: false,
        }
    }

    /// Whether an alternative is looked for in this entry.
    pub(super) fn admits(&self, alternative: &Compiled) -> bool {
        !self.quotes || alternative.names_entry
    }
}

/// What a block of text has.
#[derive(Debug, Default)]
pub struct Scan {
    /// Newlines; a last line without one is the caller's to count.
    pub newlines: u64,
    /// Records at level error or worse, by the template of their message and the pattern of which they fit
    /// an event.
    pub errors: BTreeMap<ErrorKey, ErrorRecord>,
    /// Whether any line was recognised as part of a log.
    pub is_log: bool,
    /// The first time.
    pub first: Option<Stamp>,
    /// The last time.
    pub last: Option<Stamp>,
    /// What tells the year, and perhaps the zone, of stamps without them.
    pub calibration: Option<Calibration>,
    /// The lines, counted from zero, at which the year of stamps without one turns.
    pub turns: Vec<u64>,
    /// A line of the kernel with a time: that, the microseconds since the start of the machine, its number from zero.
    pub boot: Option<(Stamp, i64, u64)>,
    /// A machine that the lines name.
    pub node: Option<String>,
    /// What the collector wrote where a log should be.
    pub uncollected: Option<Vec<u8>>,
    /// How far records got with patterns, if the matcher watches that.
    pub trials: Trials,
}

/// The template of a message, and the pattern that may explain it.
pub type ErrorKey = (String, Option<u32>);

/// Records at level error or worse of one kind.
#[derive(Debug)]
pub struct ErrorRecord {
    /// How many.
    pub count: u64,
    /// The worst level.
    pub level: Level,
    /// The line of the first, counted from one in the scanned text.
    pub line: u64,
    /// The times of the first and the last.
    pub times: Vec<Stamp>,
    /// The machines.
    pub nodes: BTreeSet<String>,
    /// The first line.
    pub text: Vec<u8>,
}

impl Matcher {
    /// What a text is and tells of its times, without a look at patterns, and whether its entry is output of some command.
    pub fn sniff(&self, input: Input<'_>) -> (Scan, bool) {
        let mut scan = Scan {
            newlines: count_newlines(input.text),
            ..Scan::default()
        };
        let sniffed = scan.sniff(input.text, &self.formats);
        let headless = input.headless.unwrap_or_else(|| match sniffed {
            Sniffed::Known => false,
            Sniffed::Unknown => is_headless_unless_pretty(&self.formats, input.text),
            Sniffed::Unsure => is_headless(&self.formats, input.text),
        });
        scan.is_log |= !headless;
        (scan, headless)
    }

    /// Scans a text; `found` gets the records that fit events, in the order of their lines.
    pub fn scan(
        &self,
        input: Input<'_>,
        scratch: &mut Scratch,
        found: &mut dyn FnMut(Match),
    ) -> Scan {
        let text = input.text;
        let (scan, headless) = self.sniff(input);
        if input.unsearched {
            return scan;
        }
        let mut pass = Pass {
            matcher: self,
            input,
            text,
            folder: Folder::new(&self.formats, text, headless),
            scan,
            found,
            line: 0,
            counted: 0,
            floor: 0,
            marked: None,
        };
        let candidates = candidates::of(self, &input, headless, scratch);
        pass.look_at_all(&candidates);
        pass.scan
    }
}

/// One pass over one block.
struct Pass<'a> {
    matcher: &'a Matcher,
    input: Input<'a>,
    text: &'a [u8],
    folder: Folder<'a>,
    scan: Scan,
    found: &'a mut dyn FnMut(Match),
    /// Newlines in front of byte `counted`.
    line: u64,
    counted: usize,
    /// The end of the last record.
    floor: usize,
    /// The start of the last line that was counted as an error because of a word in it.
    marked: Option<(usize, ErrorKey)>,
}

/// An alternative to be tried, and why.
#[derive(Clone, Copy)]
struct Called {
    alternative: u32,
    /// The way in which it may fit; `None` where nothing is required.
    need: Option<u32>,
    /// Where the literal stands.
    at: usize,
}

impl Called {
    fn need(self, matcher: &Matcher) -> Option<&Need> {
        self.need.map(|need| &matcher.needs[need as usize])
    }

    fn may_match(self, matcher: &Matcher, raw: &[u8]) -> bool {
        self.need(matcher).is_none_or(|need| need.may_match(raw))
    }
}

impl Pass<'_> {
    /// Looks at candidates in order, a record at a time.
    fn look_at_all(&mut self, candidates: &[(usize, Candidate)]) {
        let mut at = 0;
        while at < candidates.len() {
            let (position, _) = candidates[at];
            // Without a literal only the level and the message of the line itself matter; folding costs more.
            let line = line_around(self.text, position);
            let on_line = candidates[at..]
                .iter()
                .take_while(|(position, _)| *position <= line.end)
                .count();
            let only_markers = candidates[at..at + on_line]
                .iter()
                .all(|(_, candidate)| matches!(candidate, Candidate::Marker));
            if only_markers && !is_field(&self.text[line.clone()]) {
                self.marked_line(line);
                at += on_line;
                continue;
            }
            let span = self.folder.record_at(position, self.floor.min(position));
            let end = span.range.end.max(line.end);
            let count = candidates[at..]
                .iter()
                .take_while(|(position, _)| *position <= end)
                .count();
            let (own, foreign): (Vec<_>, Vec<_>) = candidates[at..at + count]
                .iter()
                .copied()
                .partition(|(position, _)| span.contains(*position) || *position <= line.end);
            self.record(&span.record, span.range, &own);
            // Lines of other streams stand between those of the record.
            self.look_at_all(&foreign);
            self.floor = (end + 1).min(self.text.len());
            at += count;
        }
    }

    /// Notes a line that is worth a look only because of a word like "error".
    fn marked_line(&mut self, line: Range<usize>) {
        let record = self
            .matcher
            .formats
            .parse(trim_line(&self.text[line.clone()]));
        if record.level >= Level::Error {
            let subject = Subject {
                record: &record,
                place: self.input.place,
                entry: self.input.entry,
                raw: &self.text[line.clone()],
            };
            let key = self.error(&record, line.start, &subject, None);
            self.marked = Some((line.start, key));
        }
    }

    /// Takes an error back that turned out to be the start of a record with a literal.
    fn unmark(&mut self, start: usize) {
        let Some((_, key)) = self.marked.take_if(|(marked, _)| *marked == start) else {
            return;
        };
        let error = self.scan.errors.get_mut(&key);
        if error.is_some_and(|error| {
            error.count -= 1;
            error.count == 0
        }) {
            self.scan.errors.remove(&key);
        }
    }

    /// Verifies one record against whatever the candidates in it call for.
    fn record(
        &mut self,
        record: &Record<'_>,
        range: Range<usize>,
        candidates: &[(usize, Candidate)],
    ) {
        if !record.is_recognised() && is_collectors(&record.text) {
            return;
        }
        let raw = &self.text[range.clone()];
        let subject = Subject {
            record,
            place: self.input.place,
            entry: self.input.entry,
            raw,
        };
        let matcher = self.matcher;
        let mut stages: BTreeMap<u32, Stage> = BTreeMap::new();
        let mut reach = |pattern: u32, stage: Stage| {
            if matcher.watched {
                let reached = stages.entry(pattern).or_insert(stage);
                *reached = stage.max(*reached);
            }
        };
        let mut fitting: Vec<(Match, bool)> = Vec::new();
        let mut start = None;
        let is_hidden = candidates
            .iter()
            .any(|(_, candidate)| matches!(candidate, Candidate::Hidden));
        let unhidden = is_hidden.then(|| self.unhidden(record, range.start, candidates));
        let candidates = unhidden.as_deref().unwrap_or(candidates);
        let searched = if is_hidden { &record.text[..] } else { raw };
        let called = self.called_by(candidates);
        // In the order of the catalog: of the alternatives of an event the first that fits gives the values.
        for ways in called.chunk_by(|a, b| a.alternative == b.alternative) {
            let index = ways[0].alternative;
            let compiled = &matcher.alternatives[index as usize];
            reach(compiled.pattern, Stage::Candidate);
            let event = (compiled.pattern, compiled.event);
            let last = fitting
                .last()
                .map(|(found, _)| (found.pattern, found.event));
            if last == Some(event) || !self.input.admits(compiled) {
                continue;
            }
            let Some(way) = ways.iter().find(|way| way.may_match(matcher, searched)) else {
                continue;
            };
            reach(compiled.pattern, Stage::Verified);
            if let Some(captures) = verify(compiled, &subject) {
                reach(compiled.pattern, Stage::Matched);
                let known = way.at.saturating_sub(range.start);
                let focus = way
                    .need(matcher)
                    .map_or(known, |need| need.focus(raw, known));
                let focus = (range.start + focus).min(range.end);
                // Lines are counted forwards.
                let start = *start.get_or_insert_with(|| self.line_number(range.start));
                let mut found = self.new_match(compiled, focus, captures, &subject);
                found.record = start;
                found.lines = self.lines_with(compiled, candidates, searched);
                fitting.push((found, compiled.counts));
            }
        }
        for (pattern, stage) in stages {
            let text = self.line_text(range.start);
            let trial = self.scan.trials.of(pattern);
            trial.add(stage, || (self.input.entry.to_string(), text));
        }
        let counting: Vec<u32> = fitting
            .iter()
            .filter(|(_, counts)| *counts)
            .map(|(found, _)| found.pattern)
            .collect();
        self.unmark(range.start);
        let gives_way = |pattern: u32| {
            let stronger = &matcher.yields[pattern as usize];
            counting.iter().any(|other| stronger.contains(other))
        };
        if record.level >= Level::Error {
            let pattern = counting
                .iter()
                .copied()
                .find(|pattern| !gives_way(*pattern));
            self.error(record, range.start, &subject, pattern);
        }
        for (found, _) in fitting {
            (self.found)(found);
        }
    }

    /// What candidates call for, by alternative, then by place.
    fn called_by(&self, candidates: &[(usize, Candidate)]) -> Vec<Called> {
        let matcher = self.matcher;
        let mut called = Vec::new();
        for &(at, candidate) in candidates {
            match candidate {
                Candidate::Literal(literal) => {
                    let needs = matcher.by_literal[literal as usize].iter();
                    called.extend(needs.map(|need| Called {
                        alternative: matcher.needs[*need as usize].alternative,
                        need: Some(*need),
                        at,
                    }));
                }
                Candidate::Line => {
                    let always = matcher.always.iter();
                    called.extend(always.map(|alternative| Called {
                        alternative: *alternative,
                        need: None,
                        at,
                    }));
                }
                Candidate::Marker | Candidate::Hidden => {}
            }
        }
        // Of each way the first place.
        called.sort_unstable_by_key(|called| (called.alternative, called.need, called.at));
        called.dedup_by_key(|called| (called.alternative, called.need));
        called.sort_unstable_by_key(|called| (called.alternative, called.at, called.need));
        called
    }

    /// The candidates of a record that its wrapper hid: those that stand on lines, and the other literals of
    /// its text, at its first line.
    fn unhidden(
        &self,
        record: &Record<'_>,
        at: usize,
        candidates: &[(usize, Candidate)],
    ) -> Vec<(usize, Candidate)> {
        let on_lines: BTreeSet<u32> = candidates
            .iter()
            .filter_map(|(_, found)| match found {
                Candidate::Literal(literal) => Some(*literal),
                _ => None,
            })
            .collect();
        let mut hits = Vec::new();
        self.matcher.prefilter.find(&record.text, &mut hits);
        let literals = hits
            .into_iter()
            .filter(|(_, literal)| !on_lines.contains(literal))
            .map(|(_, literal)| (at, Candidate::Literal(literal)));
        candidates.iter().copied().chain(literals).collect()
    }

    /// How many lines of a record hold a literal of the event that `compiled` belongs to, in a way that may fit.
    fn lines_with(
        &self,
        compiled: &Compiled,
        candidates: &[(usize, Candidate)],
        searched: &[u8],
    ) -> u32 {
        let alternatives = &self.matcher.alternatives;
        let mut known: BTreeMap<u32, bool> = BTreeMap::new();
        let mut counts = |index: &u32| {
            *known.entry(*index).or_insert_with(|| {
                let need = &self.matcher.needs[*index as usize];
                let other = &alternatives[need.alternative as usize];
                (other.pattern, other.event) == (compiled.pattern, compiled.event)
                    && need.may_match(searched)
            })
        };
        let mut starts = BTreeSet::new();
        // One line may have very many.
        let mut line = 0..0;
        for (at, candidate) in candidates {
            let Candidate::Literal(literal) = candidate else {
                continue;
            };
            let mut needs = self.matcher.by_literal[*literal as usize].iter();
            if !line.contains(at) && needs.any(&mut counts) {
                line = line_around(self.text, *at);
                starts.insert(line.start);
            }
        }
        u32::try_from(starts.len()).unwrap_or(u32::MAX).max(1)
    }

    fn new_match(
        &mut self,
        compiled: &Compiled,
        at: usize,
        captures: Vec<(String, String)>,
        subject: &Subject<'_>,
    ) -> Match {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        let (text, focus) = self.quoted(at, subject.record);
        Match {
            pattern: compiled.pattern,
            event: compiled.event,
            line: self.line_number(at),
            record: 0,
            lines: 1,
            repeats: subject.record.repeats,
            time: subject.record.time,
            inherited: subject.record.inherited,
            node: owned(subject.node()),
            unit: owned(subject.unit()),
            container: owned(subject.container()),
            captures,
            identity: subject.record.identity(),
            writer: subject.record.writer(subject.place.container.as_deref()),
            text,
            focus,
        }
    }

    /// Counts a record at level error or worse, of which `pattern` fits an event.
    fn error(
        &mut self,
        record: &Record<'_>,
        at: usize,
        subject: &Subject<'_>,
        pattern: Option<u32>,
    ) -> ErrorKey {
        let key = (template::template(&record.msg), pattern);
        if !self.scan.errors.contains_key(&key) {
            let (line, (text, _)) = (self.line_number(at), self.quoted(at, record));
            let first = ErrorRecord {
                count: 0,
                level: record.level,
                line,
                times: Vec::new(),
                nodes: BTreeSet::new(),
                text,
            };
            self.scan.errors.insert(key.clone(), first);
        }
        let Some(error) = self.scan.errors.get_mut(&key) else {
            return key;
        };
        error.count += 1;
        error.level = error.level.max(record.level);
        error.times.truncate(1);
        error.times.extend(record.time);
        if let Some(node) = subject.node().filter(|node| !error.nodes.contains(*node)) {
            error.nodes.insert(node.to_owned());
        }
        key
    }

    /// The number of the line around byte `at`; cheap because places are asked for in order.
    fn line_number(&mut self, at: usize) -> u64 {
        if at < self.counted {
            (self.line, self.counted) = (0, 0);
        }
        self.line += count_newlines(&self.text[self.counted..at]);
        self.counted = at;
        self.line + 1
    }

    /// The line around byte `at` as it is quoted, and where in it the byte stands.
    fn quoted(&self, at: usize, record: &Record<'_>) -> (Vec<u8>, u32) {
        if self.input.from_journal {
            return (journal_line(record), 0);
        }
        let focus = at - line_around(self.text, at).start;
        (self.line_text(at), u32::try_from(focus).unwrap_or(0))
    }

    fn line_text(&self, at: usize) -> Vec<u8> {
        let line = trim_line(&self.text[line_around(self.text, at)]);
        line[..line.len().min(MAX_TEXT)].to_vec()
    }
}

/// A record of a journal as `journalctl` prints it, without the time: `HOST IDENT[PID]: MESSAGE`.
fn journal_line(record: &Record<'_>) -> Vec<u8> {
    let name = record.field("_COMM").unwrap_or_default();
    let ident = record.field("SYSLOG_IDENTIFIER").unwrap_or(name);
    let mut line = record
        .node
        .as_deref()
        .unwrap_or_default()
        .as_bytes()
        .to_vec();
    line.push(b' ');
    line.extend_from_slice(ident);
    if let Some(pid) = record.field("_PID").or(record.field("SYSLOG_PID")) {
        line.push(b'[');
        line.extend_from_slice(pid);
        line.push(b']');
    }
    line.extend_from_slice(b": ");
    line.extend_from_slice(&record.text);
    line.truncate(MAX_TEXT);
    line
}

/// Whether the level that a line tells is that of a record around it: in `journalctl -o verbose`, and in JSON over many lines.
fn is_field(line: &[u8]) -> bool {
    let field = line.trim_ascii_start();
    field.starts_with(b"PRIORITY=") || (field.len() < line.len() && field.starts_with(b"\""))
}
