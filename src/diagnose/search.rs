//! The occurrences of all patterns, each without the records that count for a stronger one.

use std::collections::HashSet;

use super::Filter;
use super::clock::Clock;
use super::hit::{self, Event, Places};
use super::occurrence::{Occurrence, events_of, occurrences};
use crate::catalog::{Catalog, Pattern};
use crate::location::EntryId;
use crate::log::parse_instant;

/// Records, by their entry and the line where they start.
type Records = HashSet<(EntryId, u32)>;

/// Looks for occurrences, pattern by pattern.
pub(super) struct Search<'a, 'c> {
    pub(super) catalog: &'c Catalog,
    pub(super) places: &'a Places<'a>,
    pub(super) clock: &'c Clock<'c>,
    pub(super) filter: &'c Filter,
    /// When the bundle was collected, or its last record.
    pub(super) end: Option<i64>,
}

/// What was found of one pattern.
#[derive(Default)]
pub(super) struct Found<'a> {
    pub(super) occurrences: Vec<Occurrence<'a>>,
    /// The entries in which its records stand, copies included.
    pub(super) entries: HashSet<EntryId>,
    /// Whether some of its records count for stronger patterns.
    pub(super) gave_way: bool,
    /// The records of the occurrences and all copies of them, where another pattern yields to it.
    records: Records,
}

impl<'a> Search<'a, '_> {
    /// What is found of each pattern of the catalog.
    pub(super) fn all(&self) -> Vec<Found<'a>> {
        let yields = self.catalog.yields();
        let count = self.catalog.patterns().len();
        let mut is_stronger = vec![false; count];
        for &index in yields.iter().flatten() {
            is_stronger[index as usize] = true;
        }
        let mut found: Vec<Option<Found<'a>>> = Vec::new();
        found.resize_with(count, || None);
        // Stronger patterns first; there are no circles.
        let mut order: Vec<usize> = (0..count).collect();
        // Whoever is yielded to yields to fewer, since what it yields to is yielded to as well.
        order.sort_by_key(|at| yields[*at].len());
        for at in order {
            let taken: Vec<&Records> = yields[at]
                .iter()
                .filter_map(|stronger| Some(&found[*stronger as usize].as_ref()?.records))
                .filter(|records| !records.is_empty())
                .collect();
            found[at] = Some(self.one(at, &taken, is_stronger[at]));
        }
        found.into_iter().map(Option::unwrap_or_default).collect()
    }

    fn one(&self, at: usize, taken: &[&Records], is_stronger: bool) -> Found<'a> {
        let pattern = &self.catalog.patterns()[at];
        let mut left: Vec<Vec<Event<'a>>> = (0..pattern.events.len())
            .map(|event| self.events(at, event))
            .collect();
        let mut gave_way = false;
        for event in &pattern.matching.events {
            let before = left[*event].len();
            let stands = |event: &Event<'_>| {
                let record = event.record();
                !taken.iter().any(|records| records.contains(&record))
            };
            left[*event].retain(stands);
            gave_way |= left[*event].len() < before;
        }
        let matching = &pattern.matching.events;
        if matching.iter().all(|event| left[*event].is_empty()) {
            return Found::default();
        }
        let counting = || matching.iter().flat_map(|event| &left[*event]);
        let entries = counting().map(|event| event.entry).collect();
        let of_records = |event: &Event<'a>| {
            let message = event.time.map(|_| event.message());
            (message, event.record())
        };
        let copies: Vec<_> = if is_stronger {
            counting().map(of_records).collect()
        } else {
            Vec::new()
        };
        let distinct: Vec<_> = (0..)
            .zip(left)
            .map(|(event, mut events)| {
                // What ends or prevents an occurrence is not counted: on an unknown node a copy stands for another one.
                if matching.contains(&event) {
                    return hit::distinct(events);
                }
                events.sort_by_key(Event::position);
                events
            })
            .collect();
        let occurrences = self.occurrences(pattern, &distinct);
        let mut records = Records::default();
        if is_stronger && !occurrences.is_empty() {
            let messages: HashSet<_> = events_of(&occurrences).map(Event::message).collect();
            let own = events_of(&occurrences).map(Event::record);
            let copies = copies
                .into_iter()
                .filter(|(message, _)| message.is_some_and(|message| messages.contains(&message)))
                .map(|(_, record)| record);
            records = own.chain(copies).collect();
        }
        Found {
            occurrences,
            entries,
            gave_way,
            records,
        }
    }

    fn events(&self, pattern: usize, event: usize) -> Vec<Event<'a>> {
        let id = u32::try_from(pattern).ok().zip(u32::try_from(event).ok());
        let tally = id.and_then(|id| self.places.tally.events.get(&id));
        tally.map_or_else(Vec::new, |tally| {
            hit::events(event, tally, self.places, self.clock, self.filter).collect()
        })
    }

    fn occurrences(&self, pattern: &Pattern, events: &[Vec<Event<'a>>]) -> Vec<Occurrence<'a>> {
        let mut found = occurrences(&pattern.matching, events);
        let Some(name) = &pattern.matching.before_collection else {
            return found;
        };
        found.retain(|occurrence| {
            let time = occurrence
                .capture(name)
                .and_then(|value| parse_instant(value.as_bytes()));
            time.zip(self.end).is_some_and(|(time, end)| time < end)
        });
        let times: u64 = found.iter().map(Occurrence::times).sum();
        if times < pattern.matching.count.into() {
            found.clear();
        }
        found
    }
}
