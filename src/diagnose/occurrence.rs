//! Events to occurrences: any, all and sequence, with windows, counts, suppression and recovery.

use std::collections::BTreeMap;

use super::hit::Event;
use crate::catalog::{Form, Matching, Unless};

/// Unfinished sequences that are followed at a time, for each group.
const MAX_OPEN: usize = 1_000;

/// The records of one occurrence, in order.
#[derive(Clone, Debug)]
pub(super) struct Occurrence<'a> {
    pub(super) events: Vec<Event<'a>>,
    /// When the group of the occurrence was seen to heal after it.
    pub(super) recovered: Option<Event<'a>>,
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
    };
    if let Some(unless) = &matching.unless {
        found.retain(|occurrence| !is_suppressed(occurrence, unless, &group));
    }
    if found.len() < matching.count as usize {
        return Vec::new();
    }
    if let Some(resolved_by) = matching.resolved_by
        && let Some(last) = found
            .iter()
            .map(|occurrence| occurrence.last().position())
            .max()
    {
        let healed = group
            .iter()
            .find(|event| event.event == resolved_by && event.position() > last)
            .copied();
        found
            .iter_mut()
            .for_each(|occurrence| occurrence.recovered = healed);
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

/// Each step in order; a record extends the oldest sequence that waits for it, or starts one.
fn sequences<'a>(matching: &Matching, group: &[Event<'a>]) -> Vec<Occurrence<'a>> {
    let steps = &matching.events;
    let mut found = Vec::new();
    let mut open: Vec<Vec<Event<'a>>> = Vec::new();
    for event in group {
        if let Some(within) = matching.within {
            open.retain(|events| event.order - events[0].order <= within);
        }
        let waiting = open.iter().position(|events| {
            steps[events.len()] == event.event
                && events
                    .last()
                    .is_none_or(|last| (last.entry, last.line) != (event.entry, event.line))
        });
        if let Some(at) = waiting {
            open[at].push(*event);
            if open[at].len() == steps.len() {
                found.push(Occurrence {
                    events: open.remove(at),
                    recovered: None,
                });
            }
        } else if steps[0] == event.event {
            if steps.len() == 1 {
                found.push(Occurrence {
                    events: vec![*event],
                    recovered: None,
                });
            } else if open.len() < MAX_OPEN {
                open.push(vec![*event]);
            }
        }
    }
    found
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
