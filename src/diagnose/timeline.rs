//! All records of a bundle in one time line over its machines.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::clock::{Clock, Instant, SOURCES, Zone};
use super::copies::{self, Stand};
use super::hit;
use super::infer::Machines;
use super::tally::Tally;
use crate::location::EntryId;
use crate::log::{Stamp, StampKind, format_sortable};
use crate::records::{Frame, Key, Line, Recorder, Sorter, frames};
use crate::text::printable_str;

/// Records of one second, and bytes of them, that are searched for copies at once; of more, copies may stay.
const MAX_SECOND: usize = 200_000;
const MAX_BYTES: usize = 32 << 20;

/// What was written.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Written {
    /// Records.
    pub records: u64,
    /// Records that were left out because they stand in another file as well.
    pub copies: u64,
    /// Records of which the time is unknown; they stand at the end.
    pub undated: u64,
    /// Records of which the time is unknown, left out because of a range of times.
    pub outside: u64,
    /// The machines of the bundle.
    pub nodes: Vec<String>,
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
    let mut outside = 0;
    for (entry, chunk) in chunks {
        let buffer = recorder.spool().take(chunk.data)?;
        for frame in frames(&buffer) {
            let line = chunk.line + u64::from(frame.line);
            let key = key(&clock, &frame, entry, line);
            let known = (!key.undated).then_some(key.micros);
            if recorder.selection().takes_time(known) {
                sorter.add(key, frame.bytes)?;
            } else if known.is_none() {
                outside += 1;
            }
        }
    }
    let mut writer = Writer {
        tally: &tally,
        machines: &machines,
        recorder,
        nodes: Vec::new(),
        by_name: BTreeMap::new(),
        by_entry: BTreeMap::new(),
        second: Second::default(),
        written: Written {
            outside,
            nodes: nodes.iter().cloned().collect(),
            ..Written::default()
        },
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
    /// The names of machines.
    nodes: Vec<String>,
    /// Positions in `nodes`, by what lines call a machine, or else by entry.
    by_name: BTreeMap<Vec<u8>, u32>,
    by_entry: BTreeMap<u32, Option<u32>>,
    second: Second,
    written: Written,
    out: &'a mut dyn Write,
}

impl Writer<'_> {
    fn take(&mut self, key: Key, bytes: &[u8]) -> io::Result<()> {
        let at = Some((key.undated, key.micros.div_euclid(1_000_000)));
        let full = self.second.records.len() >= MAX_SECOND || self.second.data.len() >= MAX_BYTES;
        // Records without a time have no copies.
        if self.second.at != at || full || key.undated {
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
            let node = self.node(&frame, key.entry);
            let name = node.map(|node| &*self.nodes[node as usize]);
            if self.recorder.selection().takes_node(name) {
                held.push(Held {
                    key,
                    frame,
                    node,
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
    fn node(&mut self, frame: &Frame<'_>, entry: u32) -> Option<u32> {
        if frame.node.is_empty() {
            if let Some(known) = self.by_entry.get(&entry) {
                return *known;
            }
            let name = self.machines.shown(EntryId(entry)).map(str::to_owned);
            let node = name.map(|name| self.intern(name));
            self.by_entry.insert(entry, node);
            return node;
        }
        if let Some(known) = self.by_name.get(frame.node) {
            return Some(*known);
        }
        let stated = String::from_utf8_lossy(frame.node);
        let name = self.machines.named(&stated).unwrap_or(&stated).to_owned();
        let node = self.intern(name);
        self.by_name.insert(frame.node.to_vec(), node);
        Some(node)
    }

    fn intern(&mut self, name: String) -> u32 {
        let known = self.nodes.iter().position(|node| *node == name);
        let at = known.unwrap_or_else(|| {
            self.nodes.push(name);
            self.nodes.len() - 1
        });
        u32::try_from(at).unwrap_or(u32::MAX)
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
            node: record.node.map(|node| &*self.nodes[node as usize]),
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
    /// The position of its machine.
    node: Option<u32>,
    /// In how many other files it stands.
    copies: u32,
    is_copy: bool,
}

/// Tells copies among records of one second: see [`copies`].
fn mark_copies(held: &mut [Held<'_>]) {
    let one_file = held
        .iter()
        .all(|record| record.key.entry == held[0].key.entry);
    if held.len() < 2 || one_file || held[0].key.undated {
        return;
    }
    let mut order: Vec<usize> = (0..held.len()).collect();
    let message = |at: usize| (held[at].frame.identity, held[at].node);
    order.sort_by_key(|at| message(*at));
    let mut marks: Vec<(usize, Option<u32>)> = Vec::new();
    for same in order.chunk_by(|a, b| message(*a) == message(*b)) {
        let stands: Vec<Stand> = same
            .iter()
            .map(|at| Stand {
                entry: held[*at].key.entry,
                micros: held[*at].key.micros,
                writer: held[*at].frame.writer,
            })
            .collect();
        if copies::file_count(&stands) > 1 {
            marks.extend(same.iter().copied().zip(copies::counted(&stands)));
        }
    }
    for (at, copies) in marks {
        held[at].is_copy = copies.is_none();
        held[at].copies = copies.unwrap_or(0);
    }
}
