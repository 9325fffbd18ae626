//! What has been seen so far, in a bounded form.
//!
//! Blocks are tallied by themselves and appended in order, so that line numbers and the numbering of entries
//! come out the same for any number of threads. Every match is kept as a few words; its text only for the
//! first and last of each file and combination of captured values.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry as Slot;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::kept::{Half, Kept, MOST};
use super::unit_log::UnitLog;
use crate::facts::Gathered;
use crate::location::{EntryId, Link, Origin, Place};
use crate::log::{Calibration, Level, Stamp, Survey};
use crate::matcher::{ErrorKey, ErrorRecord, Match, Scan, Trials};
use crate::records::Chunk;
use crate::report::Warning;

/// Combinations of captured values that are told apart, for each event; more lose their values.
const MAX_CONTEXTS: usize = 50_000;
/// Files and combinations for which texts are kept, for each event.
const MAX_SAMPLED: usize = 1_000;
/// Templates of unexplained errors that are told apart.
const MAX_TEMPLATES: usize = 10_000;

/// Everything that was seen in a part of a bundle.
#[derive(Debug, Default)]
pub struct Tally {
    /// Texts kept at each end of a group of matches.
    pub keep: usize,
    /// The entries, in the order in which they were read.
    pub entries: Vec<EntryTally>,
    /// What was not checked.
    pub not_checked: Vec<Warning>,
    /// Links and their targets, as they are written.
    pub links: Vec<Link>,
    /// How far records got with patterns, where that is watched.
    pub trials: Trials,
    pub(super) events: BTreeMap<EventId, EventTally>,
    /// How many matches are kept of each event.
    half: Half,
    /// How many are kept of all events.
    kept: usize,
    pub(super) errors: BTreeMap<ErrorId, ErrorTally>,
    /// What entries state, by entry.
    pub(super) facts: Vec<(EntryId, Gathered)>,
    /// Records, by the part of the entry that they are of; only where they are asked for.
    pub(super) records: Vec<(EntryId, Chunk)>,
}

/// A kind of error. The hash comes first, so that the choice of those that are kept does not depend on the order
/// in which they are met.
pub(super) type ErrorId = (u64, ErrorKey);

/// A pattern and one of its events, as indexes.
pub(super) type EventId = (u32, u32);

/// One entry, or the part of it that a block holds.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a property of its own"
)]
#[derive(Clone, Debug, Default)]
pub struct EntryTally {
    /// Which entry it is.
    pub origin: Origin,
    /// Whether this part continues the last entry of the tally before it.
    pub continues: bool,
    /// Lines.
    pub lines: u64,
    /// Bytes.
    pub bytes: u64,
    /// Whether any line of it was recognised.
    pub is_log: bool,
    /// The first time.
    pub first: Option<Stamp>,
    /// The last time.
    pub last: Option<Stamp>,
    /// What it tells of the clock that wrote it; most entries tell nothing.
    pub clues: Option<Box<Clues>>,
    /// Whether it tells of a container.
    pub in_container: bool,
    /// The machine, by the path or by a line.
    pub node: Option<String>,
    /// Whether it may come from any machine of a cluster.
    pub clustered: bool,
    /// The end of it, if it is the log of a unit.
    pub unit_log: Option<Box<UnitLog>>,
    /// What its path tells of its origin, where logs are listed.
    pub place: Option<Box<Place>>,
    /// How well its lines are understood, where logs are listed.
    pub survey: Option<Box<Survey>>,
}

/// What an entry tells of the clock that wrote it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Clues {
    /// What tells the year and zone of stamps without them.
    pub calibration: Option<Calibration>,
    /// The lines, counted from zero, at which the year of stamps without one turns.
    pub turns: Vec<u64>,
    /// A line that tells when the machine was started: its time, the microseconds since the start, its number from zero.
    pub boot: Option<(Stamp, i64, u64)>,
    /// When its content was last written, in seconds since 1970, where its own compression says so.
    pub modified: Option<i64>,
}

impl Clues {
    /// Adds those of the part of an entry that follows so many lines.
    fn append(&mut self, next: &Self, lines: u64) {
        self.calibration = Calibration::merge(self.calibration, next.calibration);
        self.turns.extend(next.turns.iter().map(|at| at + lines));
        self.boot = next
            .boot
            .map(|(stamp, since, at)| (stamp, since, at + lines))
            .or(self.boot);
        self.modified = self.modified.or(next.modified);
    }
}

/// All matches of one event.
#[derive(Debug, Default)]
pub(super) struct EventTally {
    pub(super) hits: Kept,
    pub(super) contexts: Vec<Context>,
    index: BTreeMap<Context, u32>,
    /// By entry and context.
    pub(super) samples: BTreeMap<(EntryId, u32), Vec<Sample>>,
}

/// One match.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hit {
    pub(super) time: Option<Stamp>,
    /// Whether that is the time of the line before it.
    pub(super) inherited: bool,
    pub(super) identity: u64,
    /// Who wrote it; zero where nothing tells.
    pub(super) writer: u64,
    /// How often it was logged.
    pub(super) repeats: u32,
    pub(super) entry: EntryId,
    pub(super) line: u32,
    /// The line where the record starts.
    pub(super) record: u32,
    /// Lines of the record that `grep` would count.
    pub(super) lines: u32,
    pub(super) context: u32,
}

/// What groups of matches have in common.
#[derive(Clone, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Context {
    pub(super) node: Option<String>,
    pub(super) unit: Option<String>,
    pub(super) container: Option<String>,
    pub(super) captures: Vec<(String, String)>,
}

/// The text of a match.
#[derive(Clone, Debug)]
pub(super) struct Sample {
    pub(super) line: u32,
    pub(super) text: Box<[u8]>,
    /// The byte of `text` at which the decisive words start.
    pub(super) focus: u32,
}

/// Unexplained errors of one template.
#[derive(Debug)]
pub(super) struct ErrorTally {
    pub(super) count: u64,
    pub(super) level: Level,
    pub(super) nodes: Vec<String>,
    pub(super) times: Vec<(EntryId, Stamp)>,
    /// The entry and the line that come first by name, and the text.
    pub(super) example: (Origin, u64, Box<[u8]>),
}

impl Tally {
    /// An empty tally that keeps `keep` texts at each end of a group of matches.
    pub fn new(keep: usize) -> Self {
        Self {
            keep,
            ..Self::default()
        }
    }

    /// All entries by their position.
    pub(super) fn ids(&self) -> impl Iterator<Item = EntryId> + use<> {
        (0..u32::try_from(self.entries.len()).unwrap_or(u32::MAX)).map(EntryId)
    }

    /// Adds the scan of a block of the entry that `part` describes, of which `self` has the matches.
    #[must_use]
    pub fn with(mut self, mut part: EntryTally, scan: Scan) -> Self {
        let origin = part.origin.clone();
        part.is_log = scan.is_log;
        (part.first, part.last) = (scan.first, scan.last);
        let clues = Clues {
            calibration: scan.calibration,
            turns: scan.turns,
            boot: scan.boot,
            modified: part.clues.and_then(|clues| clues.modified),
        };
        part.clues = (clues != Clues::default()).then(|| Box::new(clues));
        part.node = part.node.or(scan.node);
        self.trials = scan.trials;
        self.entries.push(part);
        self.errors = scan
            .errors
            .into_iter()
            .map(|(key, error)| (error_id(key), ErrorTally::of(&origin, error)))
            .collect();
        self
    }

    /// Adds records of the part of an entry that was added last.
    pub fn add_records(&mut self, chunk: Option<Chunk>) {
        let last = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
        self.records
            .extend(chunk.map(|chunk| (EntryId(last.saturating_sub(1)), chunk)));
    }

    /// Adds what the entry states that was added last.
    pub fn add_facts(&mut self, gathered: Gathered) {
        let last = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
        if !gathered.is_empty() {
            self.facts.push((EntryId(last.saturating_sub(1)), gathered));
        }
    }

    /// Adds a match in a block of which this is the tally.
    pub fn add_match(&mut self, found: Match) {
        let keep = self.keep;
        let event = self.events.entry((found.pattern, found.event)).or_default();
        let context = Context {
            node: found.node,
            unit: found.unit,
            container: found.container,
            captures: found.captures,
        };
        let context = event.intern(context);
        let line = u32::try_from(found.line).unwrap_or(u32::MAX);
        let before = event.hits.len();
        let hit = Hit {
            time: found.time,
            inherited: found.inherited,
            identity: found.identity,
            writer: found.writer,
            repeats: found.repeats,
            entry: EntryId(0),
            line,
            record: u32::try_from(found.record).unwrap_or(u32::MAX),
            lines: found.lines,
            context,
        };
        event.hits.push(hit, self.half);
        self.kept += event.hits.len() - before;
        event.sample(
            (EntryId(0), context),
            Sample {
                line,
                text: found.text.into(),
                focus: found.focus,
            },
            keep,
        );
        self.bound();
    }

    /// Keeps fewer matches of every event while there are too many of all.
    fn bound(&mut self) {
        while self.kept > MOST
            && let Some(half) = self.half.smaller()
        {
            self.shrink(half);
        }
    }

    fn shrink(&mut self, half: Half) {
        if half < self.half {
            self.half = half;
            self.events
                .values_mut()
                .for_each(|event| event.hits.shrink(half));
            self.kept = self.events.values().map(|event| event.hits.len()).sum();
        }
    }

    fn merge_error(&mut self, id: ErrorId, tally: ErrorTally) {
        match self.errors.entry(id) {
            Slot::Occupied(mut known) => known.get_mut().merge(tally),
            Slot::Vacant(slot) => {
                slot.insert(tally);
            }
        }
        if self.errors.len() > MAX_TEMPLATES {
            self.errors.pop_last();
        }
    }

    /// Adds what comes after this in the bundle.
    pub fn append(&mut self, mut next: Self) {
        self.shrink(next.half);
        next.shrink(self.half);
        let mut shift = Shift {
            entries: u32::try_from(self.entries.len()).unwrap_or(u32::MAX),
            lines: 0,
        };
        let mut entries = next.entries.into_iter();
        let mut continued = None;
        if let Some(first) = entries.next() {
            continued = first.continues.then(|| first.origin.clone());
            match self.entries.last_mut() {
                Some(last) if first.continues => {
                    shift = Shift {
                        entries: shift.entries - 1,
                        lines: u32::try_from(last.lines).unwrap_or(u32::MAX),
                    };
                    last.continue_with(first);
                }
                _ => self.entries.push(first),
            }
        }
        self.entries.extend(entries);
        let shifted = |(entry, facts): (EntryId, _)| (shift.apply(entry, 0).0, facts);
        self.facts.extend(next.facts.into_iter().map(shifted));
        self.records
            .extend(next.records.into_iter().map(|(entry, mut chunk)| {
                if entry == EntryId(0) {
                    chunk.line += u64::from(shift.lines);
                }
                (EntryId(entry.0 + shift.entries), chunk)
            }));
        self.not_checked.extend(next.not_checked);
        self.links.extend(next.links);
        self.trials.append(next.trials);
        for (id, event) in next.events {
            let own = self.events.entry(id).or_default();
            let before = own.hits.len();
            own.append(event, shift, self.keep, self.half);
            self.kept += own.hits.len() - before;
        }
        self.bound();
        for (id, mut error) in next.errors {
            error.shift(shift, continued.as_ref());
            self.merge_error(id, error);
        }
    }

    /// Sorts the entries by name, so that nothing depends on the order of the container.
    pub(super) fn sort(&mut self) {
        let mut order: Vec<u32> = (0..).take(self.entries.len()).collect();
        order.sort_by(|a, b| {
            self.entries[*a as usize]
                .origin
                .cmp(&self.entries[*b as usize].origin)
        });
        let mut new_ids = vec![EntryId::default(); order.len()];
        for (new, old) in (0..).zip(&order) {
            new_ids[*old as usize] = EntryId(new);
        }
        // In place: of very many entries a second list takes much memory.
        let mut due: Vec<usize> = new_ids.iter().map(|id| id.index()).collect();
        for at in 0..due.len() {
            while due[at] != at {
                let to = due[at];
                self.entries.swap(at, to);
                due.swap(at, to);
            }
        }
        for event in self.events.values_mut() {
            event.hits.renumber(|entry| new_ids[entry.index()]);
            event.samples = std::mem::take(&mut event.samples)
                .into_iter()
                .map(|((entry, context), samples)| ((new_ids[entry.index()], context), samples))
                .collect();
        }
        for error in self.errors.values_mut() {
            error
                .times
                .iter_mut()
                .for_each(|(entry, _)| *entry = new_ids[entry.index()]);
        }
        for (entry, _) in &mut self.facts {
            *entry = new_ids[entry.index()];
        }
        self.facts.sort_by_key(|(entry, _)| *entry);
        for (entry, _) in &mut self.records {
            *entry = new_ids[entry.index()];
        }
        self.records
            .sort_by_key(|(entry, chunk)| (*entry, chunk.line));
        self.not_checked.sort();
        self.not_checked.dedup();
    }
}

fn error_id(key: ErrorKey) -> ErrorId {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    (hasher.finish(), key)
}

/// How entries and lines of a block are renumbered when it is appended. Lines shift in its first entry only.
#[derive(Clone, Copy)]
struct Shift {
    entries: u32,
    lines: u32,
}

impl Shift {
    fn apply(self, entry: EntryId, line: u32) -> (EntryId, u32) {
        let line = if entry == EntryId(0) {
            line.saturating_add(self.lines)
        } else {
            line
        };
        (EntryId(entry.0 + self.entries), line)
    }
}

impl EntryTally {
    fn continue_with(&mut self, next: Self) {
        if let Some(mut end) = next.unit_log {
            end.shift(self.lines);
            self.unit_log = Some(end);
        }
        match (&mut self.survey, next.survey) {
            (Some(survey), Some(next)) => survey.append(*next),
            (None, next) => self.survey = next,
            (Some(_), None) => {}
        }
        if let (Some(last), Some(first)) = (self.last, next.first)
            && last.year_turns(first)
        {
            self.clues.get_or_insert_default().turns.push(self.lines);
        }
        if let Some(clues) = next.clues {
            self.clues
                .get_or_insert_default()
                .append(&clues, self.lines);
        }
        self.lines += next.lines;
        self.bytes += next.bytes;
        self.is_log |= next.is_log;
        self.first = self.first.or(next.first);
        self.last = next.last.or(self.last);
        self.node = self.node.take().or(next.node);
    }
}

impl EventTally {
    fn intern(&mut self, context: Context) -> u32 {
        if let Some(index) = self.index.get(&context) {
            return *index;
        }
        if self.contexts.len() >= MAX_CONTEXTS && !context.captures.is_empty() {
            return self.intern(Context {
                captures: Vec::new(),
                ..context
            });
        }
        let next = u32::try_from(self.contexts.len()).unwrap_or(u32::MAX);
        self.contexts.push(context.clone());
        self.index.insert(context, next);
        next
    }

    fn sample(&mut self, key: (EntryId, u32), sample: Sample, keep: usize) {
        let full = self.samples.len() >= MAX_SAMPLED;
        match self.samples.entry(key) {
            Slot::Occupied(mut samples) => push_sample(samples.get_mut(), sample, keep),
            Slot::Vacant(slot) if !full => {
                slot.insert(vec![sample]);
            }
            Slot::Vacant(_) => {}
        }
    }

    fn append(&mut self, next: Self, shift: Shift, keep: usize, half: Half) {
        let contexts: Vec<u32> = next
            .contexts
            .into_iter()
            .map(|context| self.intern(context))
            .collect();
        let times = next.hits.beyond.times.iter();
        let times = times.map(|(entry, times)| (shift.apply(*entry, 0).0, *times));
        self.hits.beyond.widen(times);
        self.hits.append(next.hits, half, |hit| {
            let (entry, line) = shift.apply(hit.entry, hit.line);
            let (_, record) = shift.apply(hit.entry, hit.record);
            let context = contexts[hit.context as usize];
            Hit {
                entry,
                line,
                record,
                context,
                ..hit
            }
        });
        for ((entry, context), samples) in next.samples {
            for sample in samples {
                let (entry, line) = shift.apply(entry, sample.line);
                self.sample(
                    (entry, contexts[context as usize]),
                    Sample { line, ..sample },
                    keep,
                );
            }
        }
    }
}

/// Keeps the first and the last `keep` samples.
fn push_sample(samples: &mut Vec<Sample>, sample: Sample, keep: usize) {
    samples.push(sample);
    if samples.len() > 2 * keep.max(1) {
        samples.remove(keep.max(1));
    }
}

impl ErrorTally {
    /// The tally of a block whose only entry is `origin`.
    fn of(origin: &Origin, error: ErrorRecord) -> Self {
        Self {
            count: error.count,
            level: error.level,
            nodes: error.nodes.into_iter().collect(),
            times: error
                .times
                .into_iter()
                .map(|time| (EntryId(0), time))
                .collect(),
            example: (origin.clone(), error.line, error.text.into()),
        }
    }

    fn shift(&mut self, shift: Shift, continued: Option<&Origin>) {
        for (entry, _) in &mut self.times {
            entry.0 += shift.entries;
        }
        if continued == Some(&self.example.0) {
            self.example.1 += u64::from(shift.lines);
        }
    }

    fn merge(&mut self, next: Self) {
        self.count += next.count;
        if (&next.example.0, next.example.1) < (&self.example.0, self.example.1) {
            self.example = next.example;
        }
        self.level = self.level.max(next.level);
        self.nodes.extend(next.nodes);
        self.nodes.sort();
        self.nodes.dedup();
        self.times.extend(next.times);
        // Only the extremes of each entry matter.
        self.times
            .sort_by_key(|(entry, stamp)| (*entry, stamp.kind, stamp.micros));
        let times = std::mem::take(&mut self.times);
        for (at, time) in times.iter().enumerate() {
            let inner = |other: Option<&(EntryId, Stamp)>| {
                other.is_some_and(|other| (other.0, other.1.kind) == (time.0, time.1.kind))
            };
            if !(inner(at.checked_sub(1).and_then(|at| times.get(at))) && inner(times.get(at + 1)))
            {
                self.times.push(*time);
            }
        }
    }
}
