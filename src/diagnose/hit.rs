//! Matches with their instants, copies of one event told apart.

use std::collections::{BTreeSet, HashMap};

use super::clock::{Clock, Instant};
use super::conclude::Filter;
use super::copies::{self, Stand};
use super::infer::Machines;
use super::tally::{Context, EventTally, Tally};
use crate::catalog::Key;
use crate::location::EntryId;

/// A distinct match.
#[derive(Clone, Copy, Debug)]
#[expect(
    clippy::struct_field_names,
    reason = "a match is an event, and fits an event of its pattern"
)]
pub(super) struct Event<'a> {
    /// The event of the pattern.
    pub(super) event: usize,
    pub(super) time: Option<Instant>,
    pub(super) entry: EntryId,
    /// The first entry of the same log.
    log: EntryId,
    pub(super) line: u32,
    pub(super) context_id: u32,
    pub(super) context: &'a Context,
    /// The machine, by the match or by the bundle.
    pub(super) node: Option<&'a str>,
    /// Lines that say so, in this file and in copies of it.
    pub(super) lines: u32,
    /// Microseconds, for comparing; lines where there is no time.
    pub(super) order: i64,
    /// The line where the record starts.
    record: u32,
    /// What tells the message from others.
    identity: u64,
    /// Who wrote it; zero where nothing tells.
    writer: u64,
    /// How often it was logged.
    pub(super) repeats: u32,
}

/// A record without a time stands this long after the line before it.
const LINE: i64 = 100_000;

/// Whose node a match gets that names none.
#[derive(Debug)]
pub(super) struct Places<'a> {
    pub(super) tally: &'a Tally,
    /// The machine of each entry, as the bundle tells.
    pub(super) machines: &'a Machines,
    /// For each entry the first one of the same log.
    pub(super) logs: Vec<EntryId>,
}

impl<'a> Places<'a> {
    /// The places of the entries of `tally`; by `logs` only where a pattern asks which entries are of one log.
    pub(super) fn new(tally: &'a Tally, machines: &'a Machines, logs: bool) -> Self {
        let entries = if logs { &tally.entries[..] } else { &[] };
        let mut first: HashMap<(&str, &str), EntryId> = HashMap::new();
        let logs = (0..).map(EntryId).zip(entries).map(|(id, entry)| {
            let log = entry.origin.log();
            *first.entry(log).or_insert(id)
        });
        Self {
            tally,
            machines,
            logs: logs.collect(),
        }
    }
}

impl Places<'_> {
    fn node<'b>(&'b self, context: &'b Context, entry: EntryId) -> Option<&'b str> {
        context
            .node
            .as_deref()
            .or_else(|| self.machines.shown(entry))
    }
}

/// Of the matches of one event the distinct ones, in order.
///
/// The same message of the same node in the same second may stand in several files: see [`copies`].
pub(super) fn distinct<'a>(mut events: Vec<Event<'a>>) -> Vec<Event<'a>> {
    let place = |event: &Event<'a>| (event.message(), event.entry, event.line);
    events.sort_by_key(place);
    let mut kept = Vec::with_capacity(events.len());
    for same in events.chunk_by(|a, b| a.time.is_some() && a.message() == b.message()) {
        keep_counted(same, &mut kept);
    }
    kept.sort_by_key(Event::position);
    kept
}

/// All matches of one event, copies included.
pub(super) fn events<'a, 'c>(
    index: usize,
    tally: &'a EventTally,
    places: &'a Places<'a>,
    clock: &'c Clock<'c>,
    filter: &'c Filter,
) -> impl Iterator<Item = Event<'a>> + use<'a, 'c> {
    tally.hits.iter().filter_map(move |hit| {
        let context = &tally.contexts[hit.context as usize];
        let time = hit.time.map(|stamp| {
            let instant = clock.instant(stamp, hit.entry, hit.line.saturating_sub(1).into());
            if hit.inherited {
                instant.inherited()
            } else {
                instant
            }
        });
        let node = places.node(context, hit.entry);
        let order = time.map_or(i64::from(hit.line) * LINE, |time| time.micros);
        let event = Event {
            event: index,
            time,
            entry: hit.entry,
            log: places
                .logs
                .get(hit.entry.index())
                .copied()
                .unwrap_or(hit.entry),
            line: hit.line,
            record: hit.record,
            identity: hit.identity,
            context_id: hit.context,
            context,
            node,
            lines: hit.lines,
            order,
            writer: hit.writer,
            repeats: hit.repeats,
        };
        filter.keeps(&event).then_some(event)
    })
}

/// Of events that say the same, keeps those that are no copies; they get the lines of all.
fn keep_counted<'a>(same: &[Event<'a>], kept: &mut Vec<Event<'a>>) {
    let stands: Vec<Stand> = same
        .iter()
        .map(|event| Stand {
            entry: event.entry.0,
            micros: event.order,
            writer: event.writer,
        })
        .collect();
    let counted = copies::counted(&stands);
    let lines: u32 = same.iter().map(|event| event.lines).sum();
    let own = same
        .iter()
        .zip(&counted)
        .filter(|(_, counted)| counted.is_some());
    let own: Vec<&Event<'a>> = own.map(|(event, _)| event).collect();
    // Lines of copies are shared out among those that count.
    let of_copies = lines - own.iter().map(|event| event.lines).sum::<u32>();
    let count = u32::try_from(own.len()).unwrap_or(u32::MAX).max(1);
    kept.extend((0..).zip(own).map(|(at, event)| Event {
        lines: event.lines + of_copies / count + u32::from(at < of_copies % count),
        ..*event
    }));
}

/// The second, what tells messages apart, and the machine.
pub(super) type Message<'a> = (Option<i64>, u64, Option<&'a str>);

impl<'a> Event<'a> {
    /// What copies of it have in common.
    pub(super) fn message(&self) -> Message<'a> {
        let second = self.time.map(|time| time.micros.div_euclid(1_000_000));
        (second, self.identity, self.node)
    }

    /// The record that fits.
    pub(super) fn record(&self) -> (EntryId, u32) {
        (self.entry, self.record)
    }
}

impl Event<'_> {
    /// Timed events by time; untimed ones by entry and line, before all timed ones.
    pub(super) fn position(&self) -> (bool, i64, EntryId, u32) {
        match self.time {
            Some(time) => (true, time.micros, self.entry, self.line),
            None => (false, i64::from(self.entry.0), self.entry, self.line),
        }
    }

    /// Whether this is surely later than `other`. Without a year, December may be the one before January: then
    /// only the order in one file tells.
    pub(super) fn is_after(&self, other: &Self) -> bool {
        let dated = |event: &Self| event.time.is_none_or(Instant::is_dated);
        let in_order = (self.entry, self.line) > (other.entry, other.line);
        let sure = (dated(self) && dated(other)) || (self.entry == other.entry && in_order);
        sure && self.position() > other.position()
    }

    /// What must be equal in all records of an occurrence. Records without time are comparable in one entry
    /// only.
    pub(super) fn key(&self, keys: &[Key]) -> Vec<String> {
        let entry = || format!("entry {}", self.entry.0);
        let part = |key: &Key| match key {
            Key::Node => self.node.map_or_else(entry, |node| format!("node {node}")),
            Key::Entry => entry(),
            Key::Log => format!("log {}", self.log.0),
            Key::Unit => self.context.unit.clone().unwrap_or_default(),
            Key::Container => self.context.container.clone().unwrap_or_default(),
            Key::Capture(name) => self.capture(name).unwrap_or_default().to_owned(),
        };
        let untimed = self.time.is_none().then(entry);
        keys.iter().map(part).chain(untimed).collect()
    }

    /// A captured value.
    pub(super) fn capture(&self, name: &str) -> Option<&str> {
        self.context
            .captures
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }
}

/// All machines that the bundle tells of: those of the paths, of lines, and of matches.
pub(super) fn nodes(tally: &Tally) -> BTreeSet<String> {
    let of_entries = tally.entries.iter().filter_map(|entry| entry.node.clone());
    let of_matches = tally.events.values().flat_map(|event| {
        event
            .contexts
            .iter()
            .filter_map(|context| context.node.clone())
    });
    of_entries.chain(of_matches).collect()
}
