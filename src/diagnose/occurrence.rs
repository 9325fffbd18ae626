//! Events to occurrences: any, all and sequence, with windows, counts, suppression and recovery.

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use super::frames;
use super::hit::Event;
use crate::catalog::{Form, Matching, Unless};

/// Records in one occurrence at most.
const MAX_RECORDS: usize = 1_000;

/// The records of one occurrence, in order.
#[derive(Clone, Debug)]
pub(super) struct Occurrence<'a> {
    pub(super) events: Vec<Event<'a>>,
    /// When the group of the occurrence was seen to heal after it.
    pub(super) recovered: Option<Rc<Event<'a>>>,
}

impl<'a> Occurrence<'a> {
    fn start(&self) -> i64 {
        self.events
            .iter()
            .map(|event| event.order)
            .min()
            .unwrap_or(0)
    }

    fn end(&self) -> i64 {
        self.events
            .iter()
            .map(|event| event.order)
            .max()
            .unwrap_or(0)
    }

    /// How often it happened: a single record may have been logged many times.
    pub(super) fn times(&self) -> u64 {
        match &self.events[..] {
            [event] => event.repeats.into(),
            _ => 1,
        }
    }

    /// The first record.
    pub(super) fn first(&self) -> &Event<'a> {
        &self.events[0]
    }

    /// The last record.
    pub(super) fn last(&self) -> &Event<'a> {
        &self.events[self.events.len() - 1]
    }

    /// A captured value of any of the records, the earliest first.
    pub(super) fn capture(&self, name: &str) -> Option<&str> {
        self.events.iter().find_map(|event| event.capture(name))
    }
}

/// The records of all `occurrences`.
pub(super) fn events_of<'o, 'a>(
    occurrences: &'o [Occurrence<'a>],
) -> impl Iterator<Item = &'o Event<'a>> {
    occurrences.iter().flat_map(|occurrence| &occurrence.events)
}

/// The occurrences that `matching` asks for, among the distinct events of each event of the pattern.
pub(super) fn occurrences<'a>(
    matching: &Matching,
    events: &[Vec<Event<'a>>],
) -> Vec<Occurrence<'a>> {
    let mut groups: BTreeMap<Vec<String>, Vec<Event<'a>>> = BTreeMap::new();
    for event in events.iter().flatten() {
        groups
            .entry(event.key(&matching.same))
            .or_default()
            .push(*event);
    }
    let mut found: Vec<Occurrence<'a>> = groups
        .into_values()
        .flat_map(|group| in_group(matching, group))
        .collect();
    found.sort_by_key(|occurrence| (occurrence.first().position(), occurrence.last().position()));
    found
}

fn in_group<'a>(matching: &Matching, mut group: Vec<Event<'a>>) -> Vec<Occurrence<'a>> {
    group.sort_by_key(Event::position);
    let mut found = match matching.form {
        Form::Any => singles(matching, &group),
        Form::All => all(matching, &group),
        Form::Sequence => sequences(matching, &group),
        Form::Set => frames::sets(matching, &group),
        Form::Order => frames::orders(matching, &group),
    };
    if let Some(unless) = &matching.unless {
        found.retain(|occurrence| !is_suppressed(occurrence, unless, &group));
    }
    if found.iter().map(Occurrence::times).sum::<u64>() < matching.count.into() {
        return Vec::new();
    }
    if let Some(resolved_by) = matching.resolved_by
        && let Some(last) = found
            .iter()
            .map(|occurrence| *occurrence.last())
            .max_by_key(Event::position)
    {
        let healed = group
            .iter()
            .find(|event| event.event == resolved_by && event.is_after(&last))
            .map(|event| Rc::new(*event));
        found
            .iter_mut()
            .for_each(|occurrence| occurrence.recovered.clone_from(&healed));
    }
    found
}

/// Single events; with a count and a window only those that stand in a window with so many.
fn singles<'a>(matching: &Matching, group: &[Event<'a>]) -> Vec<Occurrence<'a>> {
    let events: Vec<Event<'a>> = group
        .iter()
        .filter(|event| matching.events.contains(&event.event))
        .copied()
        .collect();
    let count = matching.count as usize;
    let mut stands = vec![true; events.len()];
    if let Some(within) = matching.within.filter(|_| count > 1) {
        stands.fill(false);
        for last in count.saturating_sub(1)..events.len() {
            let first = last + 1 - count;
            if events[last].order - events[first].order <= within {
                stands[first..=last].fill(true);
            }
        }
    }
    let kept = events.into_iter().zip(stands).filter(|(_, stands)| *stands);
    kept.map(|(event, _)| Occurrence {
        events: vec![event],
        recovered: None,
    })
    .collect()
}

/// One of each, in any order, as near as possible; a record takes part in one occurrence.
fn all<'a>(matching: &Matching, group: &[Event<'a>]) -> Vec<Occurrence<'a>> {
    let mut found = Vec::new();
    let mut waiting: BTreeMap<usize, Event<'a>> = BTreeMap::new();
    for event in group
        .iter()
        .filter(|event| matching.events.contains(&event.event))
    {
        if let Some(within) = matching.within {
            waiting.retain(|_, other| event.order - other.order <= within);
        }
        waiting.insert(event.event, *event);
        if matching
            .events
            .iter()
            .all(|wanted| waiting.contains_key(wanted))
        {
            let mut events: Vec<Event<'a>> = std::mem::take(&mut waiting).into_values().collect();
            events.sort_by_key(Event::position);
            found.push(Occurrence {
                events,
                recovered: None,
            });
        }
    }
    found
}

/// Each step in order. A record that repeats the step before the awaited one belongs to the same occurrence, as
/// when three attempts lead to one failure.
fn sequences<'a>(matching: &Matching, group: &[Event<'a>]) -> Vec<Occurrence<'a>> {
    let mut found = Vec::new();
    let mut open = Open::default();
    for event in group {
        if let Some(within) = matching.within {
            open.forget(event.order - within, &matching.events);
        }
        if let Some(events) = open.take_in(*event, &matching.events) {
            found.push(Occurrence {
                events,
                recovered: None,
            });
        }
    }
    found
}

/// A sequence that waits for its next step.
#[derive(Default)]
struct Open<'a> {
    /// Everything since its start, taken in or not: when the start grows too old, a later one may serve.
    recent: VecDeque<Event<'a>>,
    events: Vec<Event<'a>>,
    /// Steps that were seen.
    seen: usize,
}

impl<'a> Open<'a> {
    /// Drops what happened before `start`.
    fn forget(&mut self, start: i64, steps: &[usize]) {
        let old = self
            .recent
            .iter()
            .take_while(|event| event.order < start)
            .count();
        if old == 0 {
            return;
        }
        self.recent.drain(..old);
        let taken = self
            .events
            .iter()
            .take_while(|event| event.order < start)
            .count();
        self.events.drain(..taken);
        // While only the first step was seen, its later repeats stand as they are.
        if self.seen > 1 || self.events.is_empty() {
            self.seen = 0;
            self.events.clear();
            let recent = std::mem::take(&mut self.recent);
            recent.into_iter().for_each(|event| {
                self.take_in(event, steps);
            });
        }
    }

    /// Adds a record, if it is the awaited step or repeats the one before; returns the records of a sequence
    /// that it completes.
    fn take_in(&mut self, event: Event<'a>, steps: &[usize]) -> Option<Vec<Event<'a>>> {
        let place = |event: &Event<'_>| (event.entry, event.line);
        let another = self
            .events
            .last()
            .is_none_or(|last| place(last) != place(&event));
        let awaited = steps[self.seen] == event.event && another;
        let repeated = self.seen > 0 && steps[self.seen - 1] == event.event && another;
        if self.seen > 0 || awaited {
            if self.recent.len() >= MAX_RECORDS {
                self.recent.pop_front();
            }
            self.recent.push_back(event);
        }
        if awaited || repeated {
            // Of too many repeats the newest stays: it is the one that the next step may be near.
            if repeated && self.events.len() >= MAX_RECORDS {
                self.events.pop();
            }
            self.events.push(event);
        }
        self.seen += usize::from(awaited);
        (self.seen == steps.len()).then(|| std::mem::take(self).events)
    }
}

fn is_suppressed(occurrence: &Occurrence<'_>, unless: &Unless, group: &[Event<'_>]) -> bool {
    let anywhere = unless.before.is_none() && unless.after.is_none();
    let from = occurrence.start() - unless.before.unwrap_or(0);
    let to = occurrence.end() + unless.after.unwrap_or(0);
    group
        .iter()
        .filter(|event| event.event == unless.event)
        .any(|event| anywhere || (from..=to).contains(&event.order))
}
