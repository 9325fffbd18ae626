//! Who reads and who scans.
//!
//! A stream has one reader; it fills recycled blocks, which are scanned on the pool. Members of random-access
//! containers and buffered archives inside a stream are read and scanned by one thread each. Results come back as
//! tallies and are appended in the order of the bundle, so that nothing depends on the number of threads.

use std::collections::BTreeMap;
use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use super::blocks::{self, Block, Segment, Source};
use super::custom::CustomFacts;
use super::progress::Progress;
use crate::bundle::{
    Bundle, Container, Deferred, Entry, Format, Limits, LinkKind, Memory, OpenError, Reason,
    Visitor,
};
use crate::diagnose::{Clues, EntryTally, Tally, UnitLog};
use crate::facts::{Gathered, Input, Recogniser, Sink};
use crate::location::{Link, Origin, Place, collector_errors, is_prose};
use crate::log::{Survey, is_headless, journal};
use crate::matcher::{self, Match, Matcher, Scan, Scratch};
use crate::records::{Chunk, Recorder};
use crate::report::Warning;
use crate::text::{printable, printable_str};

/// Members of random-access containers that one thread takes at a time at most.
const BATCH: usize = 64;

/// What every thread needs.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) matcher: &'a Matcher,
    pub(super) recogniser: &'a Recogniser,
    pub(super) custom: &'a CustomFacts,
    pub(super) keep: usize,
    pub(super) progress: Option<&'a Progress>,
    /// Whether every line is to be looked at, so that the logs can be listed.
    pub(super) survey: bool,
    /// Keeps the records instead of matching patterns, if they are asked for.
    pub(super) recorder: Option<&'a Recorder>,
}

/// Who may scan.
#[derive(Clone, Copy)]
pub(super) enum Threads<'a> {
    /// The caller alone.
    None,
    /// The threads of a pool, besides the caller.
    Pool(&'a rayon::ThreadPool),
}

/// Reads and scans a whole bundle.
pub(super) fn read(
    bundle: &Bundle,
    limits: &Limits,
    memory: &Arc<Memory>,
    context: &Context<'_>,
    threads: Threads<'_>,
) -> Result<(Container, Tally), OpenError> {
    match threads {
        Threads::Pool(pool) if pool.current_num_threads() > 1 => {
            let shared = Shared::new(context, pool);
            let kind = pool.in_place_scope_fifo(|scope| {
                let mut reader = Reader {
                    scope,
                    shared: &shared,
                    block: shared.take_block(),
                    own: Tally::new(context.keep),
                    next: 0,
                };
                let kind = bundle.walk_with(limits, memory, &mut reader);
                reader.flush();
                let Reader { next, own, .. } = reader;
                shared.done(next, own);
                kind
            })?;
            Ok((kind, shared.into_tally()))
        }
        _ => {
            let mut inline = Inline::new(context, Block::reusing(Vec::new()));
            let kind = bundle.walk_with(limits, memory, &mut inline)?;
            Ok((kind, inline.finish()))
        }
    }
}

/// Matches and times, records, and how well the lines are understood.
type Scanned = (Scan, std::io::Result<Option<Chunk>>, Option<Box<Survey>>);

impl Context<'_> {
    fn source(&self, entry: &Entry) -> Source {
        if let Some(progress) = self.progress {
            progress.begin(entry.origin.as_str());
        }
        let place = Place::of(&entry.origin);
        let shown = |name: Option<String>| name.map(|name| printable_str(&name).into_owned());
        Source {
            origin: entry.origin.clone(),
            modified: entry.modified,
            from_journal: matches!(entry.format, Format::Journal | Format::JournalExport),
            place: Place {
                node: shown(place.node),
                unit: shown(place.unit),
                namespace: shown(place.namespace),
                pod: shown(place.pod),
                container: shown(place.container),
                clustered: place.clustered,
            },
        }
    }

    fn scan(&self, block: &Block) -> Tally {
        let (mut tally, mut scratch) = (Tally::new(self.keep), Scratch::default());
        for segment in &block.segments {
            let text = &block.data[segment.range.clone()];
            self.scan_segment(text, segment, &mut scratch, &mut tally);
        }
        if let Some(progress) = self.progress {
            progress.add(block.data.len() as u64);
        }
        tally
    }

    fn scan_segment(
        &self,
        text: &[u8],
        segment: &Segment,
        scratch: &mut Scratch,
        tally: &mut Tally,
    ) {
        let Source {
            origin,
            place,
            modified,
            ..
        } = &*segment.source;
        // A fault in a parser must cost this part of one entry, not the report.
        let mut matched = Tally::new(self.keep);
        let scanned = catch_unwind(AssertUnwindSafe(|| {
            self.scanned(text, segment, scratch, &mut |found| {
                matched.add_match(found);
            })
        }));
        let (scan, records, survey) = scanned.unwrap_or_else(|_| {
            matched = Tally::new(self.keep);
            let detail = "a fault in bundlecheck while scanning; please report it with this file";
            tally
                .not_checked
                .push(warning(origin, Reason::Fault, detail));
            let scan = Scan {
                newlines: crate::text::count_newlines(text),
                ..Scan::default()
            };
            (scan, Ok(None), None)
        });
        let records = records.unwrap_or_else(|error| {
            let detail = format!("records could not be kept: {error}");
            tally
                .not_checked
                .push(warning(origin, Reason::Unreadable, &detail));
            None
        });
        let open_end = segment.last && text.last().is_some_and(|byte| *byte != b'\n');
        if let Some(said) = scan.uncollected.as_ref().filter(|_| !segment.continues) {
            tally.not_checked.push(Warning {
                entry: printable_str(origin.as_str()).into_owned(),
                reason: Warning::UNCOLLECTED,
                detail: printable(said),
            });
        }
        let unit = place.unit.as_deref().filter(|_| scan.is_log);
        let part = EntryTally {
            origin: origin.clone(),
            continues: segment.continues,
            lines: scan.newlines + u64::from(open_end),
            bytes: text.len() as u64,
            node: place.node.clone(),
            clues: modified.map(|modified| {
                Box::new(Clues {
                    modified: Some(modified),
                    ..Clues::default()
                })
            }),
            in_container: place.container.is_some(),
            clustered: place.clustered,
            unit_log: unit.map(|unit| Box::new(UnitLog::of(unit, text))),
            place: self.survey.then(|| Box::new(place.clone())),
            survey,
            ..EntryTally::default()
        };
        let gathered = self.gather(text, segment, scan.is_log).unwrap_or_else(|| {
            let detail =
                "a fault in bundlecheck while reading facts; please report it with this file";
            tally
                .not_checked
                .push(warning(origin, Reason::Fault, detail));
            Gathered::default()
        });
        tally.append(matched.with(part, scan));
        tally.add_records(records);
        tally.add_facts(gathered);
    }

    /// What a part of an entry has: matches of patterns, or records if those are asked for, and how well it is understood.
    fn scanned(
        &self,
        text: &[u8],
        segment: &Segment,
        scratch: &mut Scratch,
        found: &mut dyn FnMut(Match),
    ) -> Scanned {
        let Source {
            origin,
            place,
            from_journal,
            ..
        } = &*segment.source;
        let input = matcher::Input {
            text,
            place,
            entry: origin,
            headless: segment.headless,
            unsearched: collector_errors(origin),
            quotes: is_prose(origin.path()),
            from_journal: *from_journal,
        };
        let Some(recorder) = self.recorder else {
            let scan = self.matcher.scan(input, scratch, found);
            let survey = self.survey(text, segment, scan.is_log);
            return (scan, Ok(None), survey);
        };
        let (scan, headless) = self.matcher.sniff(input);
        let is_log = scan.is_log || segment.continues;
        let formats = self.matcher.formats();
        let record = || recorder.record(formats, text, (origin, place), headless);
        let records = if is_log { record() } else { Ok(None) };
        (scan, records, None)
    }

    /// How well the lines of a log are understood, if that is asked for.
    fn survey(&self, text: &[u8], segment: &Segment, is_log: bool) -> Option<Box<Survey>> {
        if !self.survey || !is_log {
            return None;
        }
        let formats = self.matcher.formats();
        let headless = segment
            .headless
            .unwrap_or_else(|| is_headless(formats, text));
        Some(Box::new(Survey::of(formats, text, headless)))
    }

    /// The facts of an entry, when its whole text is there.
    fn gather(&self, text: &[u8], segment: &Segment, is_log: bool) -> Option<Gathered> {
        let whole = match (&segment.whole, segment.continues) {
            (Some(whole), _) => &whole[..],
            (None, false) if segment.last => text,
            (None, _) => return Some(Gathered::default()),
        };
        let path = segment.source.origin.path();
        // In a log the words of commands are quotations; only what starts like output of a command is one.
        let searched = if is_log { head(whole) } else { whole };
        let wanted = Recogniser::by_path(path).or(self.recogniser.by_text(searched));
        let custom = self.custom.wants(path);
        if wanted.is_empty() && !custom {
            return Some(Gathered::default());
        }
        let text = crate::text::strip_ansi(whole);
        let text = String::from_utf8_lossy(&text);
        let input = Input { path, text: &text };
        let read = || {
            let mut sink = Sink::default();
            Recogniser::gather(wanted, input, &mut sink);
            if custom {
                self.custom.gather(input, &mut sink);
            }
            sink.into_gathered()
        };
        let mut gathered = catch_unwind(AssertUnwindSafe(read)).ok()?;
        // What docker says of a container is said by the machine.
        let inspected = input.file().starts_with("inspect");
        let container = segment
            .source
            .place
            .container
            .clone()
            .filter(|_| !inspected);
        gathered.inside = container.or_else(|| network_namespace(path));
        Some(gathered)
    }

    /// Whether an entry of several segments, which starts with `text`, has facts.
    fn wants_whole(&self, origin: &Origin, text: &[u8]) -> bool {
        let wanted = Recogniser::by_path(origin.path()).or(self.recogniser.by_text(head(text)));
        !wanted.is_empty() || self.custom.wants(origin.path())
    }
}

/// sosreport's `ip_netns_exec_NAME_ss_-peaonmi`: the command ran in a network namespace.
fn network_namespace(path: &str) -> Option<String> {
    let file = path.rsplit('/').next()?;
    let rest = file.split_once("netns_exec_")?.1;
    Some(rest.split('_').next().unwrap_or(rest).to_owned())
}

/// The part of a text that shows what it is.
fn head(text: &[u8]) -> &[u8] {
    const HEAD: usize = 4 << 10;
    &text[..text.len().min(HEAD)]
}

fn warning(origin: &Origin, reason: Reason, detail: &str) -> Warning {
    Warning {
        entry: printable_str(origin.as_str()).into_owned(),
        reason: reason.as_str(),
        detail: printable_str(detail).into_owned(),
    }
}

/// Hands the text of an entry to `read`; of a journal that has no lines, lines of JSON. Returns what could not be
/// read of it.
fn with_text(
    entry: &Entry,
    content: &mut dyn Read,
    read: impl FnOnce(&mut dyn Read),
) -> Vec<Warning> {
    let mut lines = match entry.format {
        Format::Journal => journal::Lines::binary(content, entry.memory),
        Format::JournalExport => journal::Lines::export(content),
        _ => {
            read(content);
            return Vec::new();
        }
    };
    read(&mut lines);
    let reason = |note: &str| {
        if note.starts_with("truncated") {
            Reason::Truncated
        } else {
            Reason::Corrupt
        }
    };
    let notes = lines.notes();
    notes
        .iter()
        .map(|note| warning(&entry.origin, reason(note), note))
        .collect()
}

fn link_of(origin: &Origin, target: &str, kind: LinkKind) -> Link {
    Link {
        origin: origin.clone(),
        target: target.into(),
        hard: kind == LinkKind::Hard,
    }
}

/// Reads and scans on one thread.
struct Inline<'a> {
    context: &'a Context<'a>,
    tally: Tally,
    block: Block,
}

impl<'a> Inline<'a> {
    fn new(context: &'a Context<'a>, block: Block) -> Self {
        Self {
            context,
            tally: Tally::new(context.keep),
            block,
        }
    }

    fn flush(&mut self) {
        if !self.block.is_empty() {
            self.tally.append(self.context.scan(&self.block));
        }
        self.block = Block::reusing(std::mem::take(&mut self.block.data));
    }

    fn finish(mut self) -> Tally {
        self.flush();
        self.tally
    }
}

impl Visitor for Inline<'_> {
    fn entry(&mut self, entry: &Entry, content: &mut dyn Read) {
        let (context, tally, block) = (self.context, &mut self.tally, &mut self.block);
        let warnings = with_text(entry, content, |content| {
            blocks::read(
                context.matcher.formats(),
                context.source(entry),
                content,
                block,
                &mut |full| {
                    tally.append(context.scan(&full));
                    Block::reusing(full.data)
                },
                &|text| context.wants_whole(&entry.origin, text),
            );
        });
        self.tally.not_checked.extend(warnings);
        if self.block.is_full() {
            self.flush();
        }
    }

    fn skipped(&mut self, origin: &Origin, reason: Reason, detail: &str) {
        self.tally.not_checked.push(warning(origin, reason, detail));
    }

    fn link(&mut self, origin: &Origin, target: &str, kind: LinkKind) {
        self.tally.links.push(link_of(origin, target, kind));
    }

    fn members(&mut self, count: usize, visit: &(dyn Fn(usize, &mut dyn Visitor) + Sync)) {
        (0..count).for_each(|index| visit(index, self));
    }

    fn deferred(&mut self, work: Deferred) {
        work(self);
    }
}

/// What the reader of a stream and the scanning threads share.
struct Shared<'a> {
    context: &'a Context<'a>,
    pool: &'a rayon::ThreadPool,
    /// Buffers that no thread uses, and how many may still be made.
    free: Mutex<(Vec<Vec<u8>>, usize)>,
    freed: Condvar,
    ordered: Mutex<Ordered>,
}

/// Tallies that came back, and those that wait for one before them.
struct Ordered {
    tally: Tally,
    next: u64,
    waiting: BTreeMap<u64, Tally>,
}

impl<'a> Shared<'a> {
    fn new(context: &'a Context<'a>, pool: &'a rayon::ThreadPool) -> Self {
        let ordered = Ordered {
            tally: Tally::new(context.keep),
            next: 0,
            waiting: BTreeMap::new(),
        };
        let buffers = pool.current_num_threads().min(4) * 2 + 2;
        Self {
            context,
            pool,
            free: Mutex::new((Vec::new(), buffers)),
            freed: Condvar::new(),
            ordered: Mutex::new(ordered),
        }
    }

    /// An empty block; waits until there is a buffer for it, which bounds the memory.
    fn take_block(&self) -> Block {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(buffer) = free.0.pop() {
                return Block::reusing(buffer);
            }
            if free.1 > 0 {
                free.1 -= 1;
                return Block::reusing(Vec::new());
            }
            free = self
                .freed
                .wait(free)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn give_back(&self, buffer: Vec<u8>) {
        self.free
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .0
            .push(buffer);
        self.freed.notify_one();
    }

    fn done(&self, at: u64, tally: Tally) {
        let mut guard = self.ordered.lock().unwrap_or_else(PoisonError::into_inner);
        let ordered = &mut *guard;
        ordered.waiting.insert(at, tally);
        while let Some(tally) = ordered.waiting.remove(&ordered.next) {
            ordered.tally.append(tally);
            ordered.next += 1;
        }
    }

    /// Reads and scans on this thread what stands at place `at` of the bundle.
    fn inline(&self, at: u64, block: Block, work: impl FnOnce(&mut Inline<'_>)) {
        let mut inline = Inline::new(self.context, block);
        let worked = catch_unwind(AssertUnwindSafe(|| {
            work(&mut inline);
            inline.flush();
        }));
        // Whoever waits for the buffer must not wait for ever.
        let Inline { tally, block, .. } = inline;
        self.give_back(block.data);
        self.done(at, tally);
        if let Err(fault) = worked {
            resume_unwind(fault);
        }
    }

    fn into_tally(self) -> Tally {
        self.ordered
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
            .tally
    }
}

/// Reads a stream and hands blocks to the pool.
struct Reader<'scope, 's, 'a> {
    scope: &'s rayon::ScopeFifo<'scope>,
    shared: &'scope Shared<'a>,
    block: Block,
    /// What concerns no block.
    own: Tally,
    /// The place of the next piece of work in the bundle.
    next: u64,
}

impl Reader<'_, '_, '_> {
    fn flush(&mut self) {
        if !self.block.is_empty() {
            let full = std::mem::take(&mut self.block);
            spawn_scan(self.scope, self.shared, &mut self.next, full);
            self.block = self.shared.take_block();
        }
    }
}

fn spawn_scan<'scope>(
    scope: &rayon::ScopeFifo<'scope>,
    shared: &'scope Shared<'_>,
    next: &mut u64,
    block: Block,
) {
    let at = *next;
    *next += 1;
    scope.spawn_fifo(move |_| {
        let tally = shared.context.scan(&block);
        shared.give_back(block.data);
        shared.done(at, tally);
    });
}

impl Visitor for Reader<'_, '_, '_> {
    fn entry(&mut self, entry: &Entry, content: &mut dyn Read) {
        let Self {
            scope,
            shared,
            next,
            block,
            own,
        } = self;
        let warnings = with_text(entry, content, |content| {
            blocks::read(
                shared.context.matcher.formats(),
                shared.context.source(entry),
                content,
                block,
                &mut |full| {
                    spawn_scan(scope, shared, next, full);
                    shared.take_block()
                },
                &|text| shared.context.wants_whole(&entry.origin, text),
            );
        });
        own.not_checked.extend(warnings);
        if self.block.is_full() {
            self.flush();
        }
    }

    fn skipped(&mut self, origin: &Origin, reason: Reason, detail: &str) {
        self.own.not_checked.push(warning(origin, reason, detail));
    }

    fn link(&mut self, origin: &Origin, target: &str, kind: LinkKind) {
        self.own.links.push(link_of(origin, target, kind));
    }

    fn members(&mut self, count: usize, visit: &(dyn Fn(usize, &mut dyn Visitor) + Sync)) {
        self.flush();
        let (shared, first) = (self.shared, self.next);
        let batch = (count / (8 * shared.pool.current_num_threads())).clamp(1, BATCH);
        let batches = (0..count)
            .step_by(batch)
            .map(|start| start..(start + batch).min(count));
        shared.pool.in_place_scope_fifo(|scope| {
            for (at, batch) in (first..).zip(batches) {
                let block = shared.take_block();
                scope.spawn_fifo(move |_| {
                    shared.inline(at, block, |inline| {
                        batch.for_each(|index| visit(index, inline));
                    });
                });
                self.next = at + 1;
            }
        });
    }

    fn deferred(&mut self, work: Deferred) {
        self.flush();
        let (shared, at) = (self.shared, self.next);
        self.next += 1;
        // The buffer of the block also stands for the memory of the member.
        let block = shared.take_block();
        self.scope
            .spawn_fifo(move |_| shared.inline(at, block, |inline| work(inline)));
    }
}
