//! Sets and orders: the oldest records within a window that have every event as often as it is asked for.
//!
//! This is what rules of CRE mean: an occurrence takes its records away, those that are left may be part of the next one,
//! and a record that prevents it costs the record that it is near, not the whole.

use std::collections::{BTreeMap, VecDeque};

use super::hit::Event;
use super::occurrence::Occurrence;
use crate::catalog::{Matching, Negate};

/// Each event as often as it stands in `matching`, in any order. A record may fit several events.
pub(super) fn sets<'a>(matching: &Matching, group: &[Event<'a>]) -> Vec<Occurrence<'a>> {
    let mut needed: BTreeMap<usize, usize> = BTreeMap::new();
    for event in &matching.events {
        *needed.entry(*event).or_default() += 1;
    }
    let negates = Negates::new(matching, group);
    let mut waiting = Waiting::new(needed.keys().copied());
    let mut found = Vec::new();
    for event in group
        .iter()
        .filter(|event| needed.contains_key(&event.event))
    {
        waiting.forget(event.order.saturating_sub(matching.within.unwrap_or(0)));
        waiting.push(*event);
        while let Some(mut frame) = waiting.oldest(&needed) {
            frame.sort_by_key(Event::position);
            if let Some(blocked) = negates.blocked(&frame) {
                waiting.remove(&blocked);
                continue;
            }
            frame.iter().for_each(|event| waiting.remove(event));
            found.push(occurrence(frame));
        }
    }
    found
}

/// Each event of `matching` in its order, each in a record of its own.
pub(super) fn orders<'a>(matching: &Matching, group: &[Event<'a>]) -> Vec<Occurrence<'a>> {
    let Some((last, steps)) = matching.events.split_last() else {
        return Vec::new();
    };
    let negates = Negates::new(matching, group);
    let mut waiting = Waiting::new(matching.events.iter().copied());
    let mut found = Vec::new();
    for event in group
        .iter()
        .filter(|event| matching.events.contains(&event.event))
    {
        waiting.forget(event.order.saturating_sub(matching.within.unwrap_or(0)));
        let mut is_free = true;
        while is_free
            && event.event == *last
            && let Some(mut frame) = waiting.chain(steps, event)
        {
            frame.push(*event);
            if let Some(blocked) = negates.blocked(&frame) {
                is_free = is_other(&blocked, event);
                waiting.remove(&blocked);
                continue;
            }
            is_free = false;
            frame.iter().for_each(|event| waiting.remove(event));
            found.push(occurrence(frame));
        }
        if is_free {
            waiting.push(*event);
        }
    }
    found
}

fn occurrence(events: Vec<Event<'_>>) -> Occurrence<'_> {
    Occurrence {
        events,
        recovered: None,
    }
}

/// Whether two events are of different records.
fn is_other(one: &Event<'_>, other: &Event<'_>) -> bool {
    (one.entry, one.line) != (other.entry, other.line)
}

/// Records that are part of no occurrence yet, oldest first, by event.
struct Waiting<'a>(BTreeMap<usize, VecDeque<Event<'a>>>);

impl<'a> Waiting<'a> {
    fn new(events: impl Iterator<Item = usize>) -> Self {
        Self(events.map(|event| (event, VecDeque::new())).collect())
    }

    fn push(&mut self, event: Event<'a>) {
        self.0.entry(event.event).or_default().push_back(event);
    }

    /// Drops what happened before `start`.
    fn forget(&mut self, start: i64) {
        for queue in self.0.values_mut() {
            while queue.front().is_some_and(|event| event.order < start) {
                queue.pop_front();
            }
        }
    }

    fn remove(&mut self, event: &Event<'a>) {
        let Some(queue) = self.0.get_mut(&event.event) else {
            return;
        };
        let from = queue.partition_point(|other| other.position() < event.position());
        let same = |other: &Event<'a>| !is_other(other, event);
        if queue.get(from).is_some_and(same) {
            queue.remove(from);
        }
    }

    /// The oldest records of each event, as many as are needed.
    fn oldest(&self, needed: &BTreeMap<usize, usize>) -> Option<Vec<Event<'a>>> {
        let mut frame = Vec::new();
        for (event, count) in needed {
            let queue = self.0.get(event)?;
            if queue.len() < *count {
                return None;
            }
            frame.extend(queue.iter().take(*count).copied());
        }
        Some(frame)
    }

    /// The oldest records with these events, one behind the other and all before `end`.
    fn chain(&self, steps: &[usize], end: &Event<'a>) -> Option<Vec<Event<'a>>> {
        let mut chain: Vec<Event<'a>> = Vec::with_capacity(steps.len() + 1);
        for step in steps {
            let queue = self.0.get(step)?;
            let from = chain.last().map_or(0, |last: &Event<'a>| {
                queue.partition_point(|event| event.position() <= last.position())
            });
            let next = queue.get(from)?;
            if next.position() >= end.position() {
                return None;
            }
            chain.push(*next);
        }
        Some(chain)
    }
}

/// When what prevents an occurrence happened.
struct Negates<'m>(Vec<(&'m Negate, Vec<i64>)>);

impl<'m> Negates<'m> {
    fn new(matching: &'m Matching, group: &[Event<'_>]) -> Self {
        let times = |negate: &'m Negate| {
            let events = group.iter().filter(|event| event.event == negate.event);
            let mut times: Vec<i64> = events.map(|event| event.order).collect();
            times.sort_unstable();
            (negate, times)
        };
        Self(matching.negates.iter().map(times).collect())
    }

    /// The record that cannot be part of the occurrence, because of what happened near it.
    fn blocked<'a>(&self, frame: &[Event<'a>]) -> Option<Event<'a>> {
        let first = frame.iter().map(|event| event.order).min()?;
        let last = frame.iter().map(|event| event.order).max()?;
        self.0.iter().find_map(|(negate, times)| {
            let anchor = frame.get(negate.anchor)?;
            let from = anchor.order.saturating_add(negate.slide);
            let span = if negate.absolute { 0 } else { last - first };
            let to = from.saturating_add(negate.window.saturating_add(span).max(0));
            let next = times.get(times.partition_point(|time| *time < from))?;
            (*next <= to).then_some(*anchor)
        })
    }
}
