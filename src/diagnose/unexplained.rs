//! Errors that no finding accounts for, by template.

use std::collections::{BTreeMap, BTreeSet};

use super::clock::{Clock, span};
use super::tally::{ErrorTally, Tally};
use crate::log::format_micros;
use crate::report::{Example, Unexplained};
use crate::text::{printable, printable_str};

/// Templates that a report lists.
const MAX_UNEXPLAINED: usize = 100;

/// The most frequent templates. Errors that fit an event of a pattern count only when the pattern, by its index,
/// `was_found` in vain: a sequence that was never completed explains nothing.
pub(super) fn unexplained(
    tally: &Tally,
    clock: &Clock<'_>,
    was_found: &BTreeSet<u32>,
) -> Vec<Unexplained> {
    let mut templates: BTreeMap<&str, Vec<&ErrorTally>> = BTreeMap::new();
    for ((_, (template, pattern)), error) in &tally.errors {
        let explained = pattern.is_some_and(|pattern| was_found.contains(&pattern));
        if !explained && template.contains(|c: char| c.is_alphabetic()) {
            templates.entry(template).or_default().push(error);
        }
    }
    let mut errors: Vec<Unexplained> = templates
        .into_iter()
        .filter_map(|(template, errors)| one(template, &errors, clock))
        .collect();
    errors.sort_by(|a, b| {
        b.count
            .cmp(&a.count)
            .then_with(|| a.template.cmp(&b.template))
    });
    errors.truncate(MAX_UNEXPLAINED);
    errors
}

fn one(template: &str, errors: &[&ErrorTally], clock: &Clock<'_>) -> Option<Unexplained> {
    let stamps = errors.iter().flat_map(|error| &error.times);
    let times = span(stamps.map(|(entry, stamp)| clock.instant(*stamp, *entry, 0)));
    let nodes: BTreeSet<&String> = errors.iter().flat_map(|error| &error.nodes).collect();
    let (entry, line, text) = errors.iter().map(|error| &error.example).min()?;
    Some(Unexplained {
        template: template.to_owned(),
        level: errors.iter().map(|error| error.level).max()?.as_str(),
        count: errors.iter().map(|error| error.count).sum(),
        first: times.map(|(first, _)| format_micros(first)),
        last: times.map(|(_, last)| format_micros(last)),
        nodes: nodes.into_iter().cloned().collect(),
        example: Example {
            entry: printable_str(entry.as_str()).into_owned(),
            line: *line,
            text: printable(text),
        },
    })
}
