//! All records of a bundle in one time line over its machines.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use super::clock::{Clock, Instant, SOURCES, Zone};
use super::hit;
use super::infer::Machines;
use super::tally::Tally;
use crate::location::EntryId;
use crate::log::{Stamp, StampKind, format_sortable};
use crate::records::{Frame, Key, Line, Recorder, Sorter, frames};
use crate::text::printable_str;

/// Records of one second that are searched for copies at most; of more, copies stay.
const MAX_SECOND: usize = 200_000;

/// What was written.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Written {
    /// Records.
    pub records: u64,
    /// Records that were left out because they stand in another file as well.
    pub copies: u64,
    /// Records of which the time is unknown; they stand at the end.
    pub undated: u64,
}

/// Writes the records that `recorder` kept, in the order of their times. `collected_at` is when the bundle was collected,
/// if the caller knows; `assume_zone` is the zone of times of which nothing tells it.
///
/// The same event in several files is written once, as often as in the file that has it most.
pub fn timeline(
    mut tally: Tally,
    recorder: &Recorder,
    collected_at: Option<i64>,
    assume_zone: Option<Zone>,
    out: &mut dyn Write,
) -> io::Result<Written> {
    tally.sort();
    let chunks = std::mem::take(&mut tally.records);
    let nodes = hit::nodes(&tally);
    let machines = Machines::new(&tally, &nodes);
    let clock = Clock::new(&tally, &machines, collected_at, assume_zone);
    let mut sorter = Sorter::new();
    for (entry, chunk) in chunks {
        let buffer = recorder.spool().take(chunk.data)?;
        for frame in frames(&buffer) {
            let line = chunk.line + u64::from(frame.line);
            let key = key(&clock, &frame, entry, line);
            let known = (!key.undated).then_some(key.micros);
            if recorder.selection().takes_time(known) {
                sorter.add(key, frame.bytes)?;
            }
        }
    }
    let mut writer = Writer {
        tally: &tally,
        machines: &machines,
        recorder,
        names: BTreeMap::new(),
        second: Second::default(),
        written: Written::default(),
        out,
    };
    sorter.finish(&mut |key, bytes| writer.take(key, bytes))?;
    writer.flush()?;
    Ok(writer.written)
}

fn key(clock: &Clock<'_>, frame: &Frame<'_>, entry: EntryId, line: u64) -> Key {
    let instant = frame.stamp.map(|stamp| {
        let instant = clock.instant(stamp, entry, line);
        if frame.inherited {
            instant.inherited()
        } else {
            instant
        }
    });
    let source =
        instant.and_then(|instant| SOURCES.iter().position(|source| *source == instant.source));
    Key {
        undated: !instant.is_some_and(Instant::is_dated),
        micros: instant.map_or(i64::MIN, |instant| instant.micros),
        entry: entry.0,
        line,
        source: source
            .and_then(|at| u8::try_from(at).ok())
            .unwrap_or(u8::MAX),
    }
}

/// The records of one second, among which copies are looked for.
#[derive(Default)]
struct Second {
    at: Option<(bool, i64)>,
    data: Vec<u8>,
    records: Vec<(Key, usize, usize)>,
}

struct Writer<'a> {
    tally: &'a Tally,
    machines: &'a Machines,
    recorder: &'a Recorder,
    /// What machines are called, by what lines call them and by entry.
    names: BTreeMap<(Vec<u8>, u32), Option<String>>,
    second: Second,
    written: Written,
    out: &'a mut dyn Write,
}

impl Writer<'_> {
    fn take(&mut self, key: Key, bytes: &[u8]) -> io::Result<()> {
        let at = Some((key.undated, key.micros.div_euclid(1_000_000)));
        if self.second.at != at || self.second.records.len() >= MAX_SECOND {
            self.flush()?;
            self.second.at = at;
        }
        let start = self.second.data.len();
        self.second.data.extend_from_slice(bytes);
        self.second.records.push((key, start, bytes.len()));
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        let Second { data, records, .. } = std::mem::take(&mut self.second);
        let mut held = Vec::with_capacity(records.len());
        for (key, at, length) in records {
            let Some(frame) = data.get(at..at + length).and_then(Frame::read) else {
                continue;
            };
            let name = (frame.node.to_vec(), key.entry);
            if !self.names.contains_key(&name) {
                let node = self.node(&frame, EntryId(key.entry));
                self.names.insert(name.clone(), node);
            }
            let node = self.names.get(&name).and_then(Option::as_deref);
            if self.recorder.selection().takes_node(node) {
                held.push(Held {
                    key,
                    frame,
                    node: node.map(str::to_owned),
                    copies: 0,
                    is_copy: false,
                });
            }
        }
        mark_copies(&mut held);
        for record in &held {
            self.write(record)?;
        }
        let Second { data: free, .. } = &mut self.second;
        *free = data;
        free.clear();
        Ok(())
    }

    /// The machine of a record, by one name for each.
    fn node(&self, frame: &Frame<'_>, entry: EntryId) -> Option<String> {
        let stated = std::str::from_utf8(frame.node).unwrap_or_default();
        if stated.is_empty() {
            return self.machines.shown(entry).map(str::to_owned);
        }
        Some(self.machines.named(stated).unwrap_or(stated).to_owned())
    }

    fn write(&mut self, record: &Held<'_>) -> io::Result<()> {
        if record.is_copy {
            self.written.copies += 1;
            return Ok(());
        }
        self.written.records += 1;
        let key = record.key;
        self.written.undated += u64::from(key.undated);
        let time = (!key.undated).then(|| format_sortable(key.micros));
        let undated = record.frame.stamp.filter(|_| key.undated).map(undated);
        let entry = self.tally.entries.get(key.entry as usize);
        let entry = entry.map(|entry| printable_str(entry.origin.as_str()));
        let line = Line {
            time: time.as_deref(),
            undated: undated.as_deref(),
            time_source: SOURCES.get(usize::from(key.source)).copied(),
            node: record.node.as_deref(),
            entry: entry.as_deref().unwrap_or_default(),
            line: key.line + 1,
            lines: record.frame.lines,
            copies: record.copies,
            body: record.frame.body,
        };
        self.recorder.rendering().write(&line, self.out)
    }
}

/// A stamp of which not enough is known: without the year, or since the start of the machine.
fn undated(stamp: Stamp) -> String {
    if stamp.kind == StampKind::SinceBoot {
        return format!(
            "+{}.{:06}s",
            stamp.micros / 1_000_000,
            stamp.micros.rem_euclid(1_000_000)
        );
    }
    let text = format_sortable(stamp.micros);
    text.get(5..)
        .unwrap_or_default()
        .trim_end_matches('Z')
        .to_owned()
}

struct Held<'a> {
    key: Key,
    frame: Frame<'a>,
    node: Option<String>,
    /// In how many other files it stands.
    copies: u32,
    is_copy: bool,
}

/// Of records of one second that say the same of the same machine, those of the file that has most of them stay.
fn mark_copies(held: &mut [Held<'_>]) {
    if held.len() < 2 || held[0].key.undated {
        return;
    }
    let mut order: Vec<usize> = (0..held.len()).collect();
    let message = |at: usize| (held[at].frame.identity, held[at].node.as_deref());
    order.sort_by(|a, b| {
        (message(*a), held[*a].key.entry, a).cmp(&(message(*b), held[*b].key.entry, b))
    });
    let mut marks: Vec<(usize, Option<u32>)> = Vec::new();
    for same in order.chunk_by(|a, b| message(*a) == message(*b)) {
        let files: BTreeSet<u32> = same.iter().map(|at| held[*at].key.entry).collect();
        if files.len() < 2 {
            continue;
        }
        let files_of = same.chunk_by(|a, b| held[*a].key.entry == held[*b].key.entry);
        // Of equals the file with the finer times, then the first.
        let fine = |file: &&[usize]| file.iter().any(|at| held[*at].key.micros % 1_000_000 != 0);
        let most = files_of
            .reduce(|most, file| {
                let better = (file.len(), fine(&file)) > (most.len(), fine(&most));
                if better { file } else { most }
            })
            .unwrap_or_default();
        let others = u32::try_from(files.len() - 1).unwrap_or(u32::MAX);
        let kept: BTreeSet<usize> = most.iter().copied().collect();
        marks.extend(
            same.iter()
                .map(|at| (*at, kept.contains(at).then_some(others))),
        );
    }
    for (at, copies) in marks {
        held[at].is_copy = copies.is_none();
        held[at].copies = copies.unwrap_or(0);
    }
}
