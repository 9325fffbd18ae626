//! Occurrences to a finding: counts, times, nodes, captured values and quoted lines.

use std::collections::{BTreeMap, BTreeSet};

use super::clock::{Instant, span};
use super::hit::Event;
use super::infer::is_harmless;
use super::occurrence::{Occurrence, events_of};
use super::tally::{EventTally, Tally};
use crate::catalog::template::{Slot, expand};
use crate::catalog::{Pattern, Severity};
use crate::log::format_micros;
use crate::report::{Captures, Confirm, Evidence, Finding, Link, Named};
use crate::text::{printable, printable_str};

/// Combinations of captured values that a finding lists.
const MAX_CAPTURES: usize = 100;
/// Values of one name that a title lists.
const MAX_IN_TITLE: usize = 3;

/// Makes findings of one bundle.
pub(super) struct Builder<'a> {
    pub(super) tally: &'a Tally,
    pub(super) max_evidence: usize,
}

impl Builder<'_> {
    /// The finding of `pattern` with its `occurrences`, of which there is at least one.
    pub(super) fn finding(
        &self,
        index: u32,
        pattern: &Pattern,
        occurrences: &[Occurrence<'_>],
    ) -> Finding {
        let mut captures = captures(occurrences);
        let recovered = recovered_at(occurrences);
        let severity = if recovered.is_some() {
            Severity::Info
        } else {
            pattern.severity
        };
        let times = span(events_of(occurrences).filter_map(|event| event.time));
        let nodes: BTreeSet<&str> = events_of(occurrences)
            .filter_map(|event| event.node)
            .collect();
        let fill = |text: &str| fill(text, occurrences, &nodes);
        let captures_total = captures.len();
        captures.truncate(MAX_CAPTURES);
        Finding {
            id: pattern.id.clone(),
            title: fill(&pattern.title),
            severity: severity.as_str(),
            pattern_severity: pattern.severity.as_str(),
            count: occurrences.iter().map(Occurrence::times).sum(),
            lines: events_of(occurrences)
                .map(|event| u64::from(event.lines))
                .sum(),
            files: 0,
            first: times.map(|(first, _)| format_micros(first)),
            last: times.map(|(_, last)| format_micros(last)),
            recovered_at: recovered,
            nodes: nodes.iter().map(|node| (*node).to_owned()).collect(),
            captures,
            captures_total,
            evidence: self.evidence(index, pattern, occurrences),
            explained_by: Vec::new(),
            explained: false,
            possible_causes: Vec::new(),
            ruled_out: Vec::new(),
            ask_for: Vec::new(),
            cause: pattern.cause.clone(),
            confirm: confirm(pattern, occurrences, &fill),
            remediation: pattern.remediation.clone(),
            links: links(pattern),
        }
    }

    /// The first occurrences and the last one; all records of the first.
    fn evidence(
        &self,
        index: u32,
        pattern: &Pattern,
        occurrences: &[Occurrence<'_>],
    ) -> Vec<Evidence> {
        let mut chosen: Vec<&Event<'_>> = Vec::new();
        let room = self.max_evidence.max(1);
        if let [first, rest @ ..] = occurrences {
            chosen.extend(
                first
                    .events
                    .iter()
                    .take(room.max(pattern.matching.events.len())),
            );
            let (last, middle) = rest
                .split_last()
                .map_or((None, rest), |(last, middle)| (Some(last), middle));
            let spare = room.saturating_sub(chosen.len() + usize::from(last.is_some()));
            chosen.extend(middle.iter().map(Occurrence::last).take(spare));
            chosen.extend(last.map(Occurrence::last).filter(|_| room > chosen.len()));
        }
        if let Some(healed) = occurrences
            .last()
            .and_then(|occurrence| occurrence.recovered.as_deref())
        {
            chosen.push(healed);
        }
        // A line that fits two events is quoted once.
        let mut places = BTreeSet::new();
        chosen
            .into_iter()
            .filter(|event| places.insert((event.entry, event.line)))
            .filter_map(|event| self.quote(index, pattern, event))
            .collect()
    }

    pub(super) fn quote(
        &self,
        index: u32,
        pattern: &Pattern,
        event: &Event<'_>,
    ) -> Option<Evidence> {
        let tally: &EventTally = self
            .tally
            .events
            .get(&(index, u32::try_from(event.event).ok()?))?;
        let samples = tally.samples.get(&(event.entry, event.context_id))?;
        let sample = samples.iter().find(|sample| sample.line == event.line)?;
        Some(Evidence {
            entry: printable_str(self.tally.entries[event.entry.index()].origin.as_str())
                .into_owned(),
            line: u64::from(event.line),
            time: event.time.and_then(Instant::shown),
            time_source: event.time.map(|time| time.source),
            node: event.node.map(str::to_owned),
            text: printable(&sample.text),
            column: printable(&sample.text[..(sample.focus as usize).min(sample.text.len())])
                .chars()
                .count() as u64
                + 1,
            role: pattern.events[event.event].name.clone(),
            shows: None,
        })
    }
}

/// Each combination of captured values, most frequent first.
fn captures(occurrences: &[Occurrence<'_>]) -> Vec<Captures> {
    let mut groups: BTreeMap<Vec<Named>, (u64, BTreeSet<&str>)> = BTreeMap::new();
    for occurrence in occurrences {
        let mut values: BTreeMap<&str, &str> = BTreeMap::new();
        for (name, value) in occurrence
            .events
            .iter()
            .flat_map(|event| &event.context.captures)
        {
            values.entry(name).or_insert(value);
        }
        let values: Vec<Named> = values
            .into_iter()
            .map(|(name, value)| Named {
                name: name.to_owned(),
                value: value.to_owned(),
            })
            .collect();
        let group = groups.entry(values).or_default();
        group.0 += occurrence.times();
        group.1.extend(occurrence.first().node);
    }
    let mut groups: Vec<Captures> = groups
        .into_iter()
        .map(|(values, (count, nodes))| Captures {
            values,
            count,
            nodes: nodes.into_iter().map(str::to_owned).collect(),
        })
        .collect();
    groups.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.values.cmp(&b.values)));
    groups
}

/// The latest recovery, if every group of occurrences has one.
fn recovered_at(occurrences: &[Occurrence<'_>]) -> Option<String> {
    let one = |occurrence: &Occurrence<'_>| Some(occurrence.recovered.as_ref()?.time);
    let all: Vec<Option<Instant>> = occurrences.iter().map(one).collect::<Option<_>>()?;
    let latest = all.into_iter().flatten().max();
    Some(
        latest
            .and_then(Instant::shown)
            .unwrap_or_else(|| "unknown".to_owned()),
    )
}

/// `text` with `{name}` replaced by the captured values, `{node}` by the nodes.
fn fill(text: &str, occurrences: &[Occurrence<'_>], nodes: &BTreeSet<&str>) -> String {
    let filled = expand(text, |slot| match slot.name {
        "node" => list(nodes.iter().copied())
            .unwrap_or_else(|| slot.otherwise.unwrap_or("a node").to_owned()),
        _ => captured(slot, occurrences),
    });
    let mut chars = filled.chars();
    match chars.next() {
        Some(first) if text.starts_with("{node}") && nodes.is_empty() => {
            first.to_uppercase().chain(chars).collect()
        }
        _ => filled,
    }
}

/// The captured values that fill a slot, most frequent first.
fn captured(slot: Slot<'_>, occurrences: &[Occurrence<'_>]) -> String {
    let name = slot.name;
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut unnamed = 0;
    for occurrence in occurrences {
        let values: BTreeSet<String> = occurrence
            .events
            .iter()
            .filter_map(|event| value(event, name))
            .collect();
        unnamed += usize::from(values.is_empty());
        for value in values {
            *counts.entry(value).or_default() += 1;
        }
    }
    let mut values: Vec<(&String, usize)> = counts
        .iter()
        .map(|(value, count)| (value, *count))
        .collect();
    values.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    let others = unnamed > 0 && values.len() <= MAX_IN_TITLE && name == "target";
    list(values.into_iter().map(|(value, _)| value.as_str())).map_or_else(
        || slot.otherwise.unwrap_or(unknown(name)).to_owned(),
        |list| if others { list + " and others" } else { list },
    )
}

/// A captured value; `target` is made of host and port where it is not captured itself.
fn value(event: &Event<'_>, name: &str) -> Option<String> {
    if let Some(value) = event.capture(name) {
        return Some(value.to_owned());
    }
    let host = event.capture("host").filter(|_| name == "target")?;
    let host = if host.contains(':') && !host.starts_with('[') {
        format!("[{host}]")
    } else {
        host.to_owned()
    };
    Some(
        event
            .capture("port")
            .map_or_else(|| host.clone(), |port| format!("{host}:{port}")),
    )
}

/// What stands in a title for a value that no line gave.
fn unknown(name: &str) -> &'static str {
    match name {
        "target" => "a service that the log does not name",
        "host" => "a host that the log does not name",
        _ => "?",
    }
}

/// `a, b, c and 4 more`.
fn list<'v>(values: impl Iterator<Item = &'v str>) -> Option<String> {
    let values: Vec<&str> = values.collect();
    let shown = values
        .iter()
        .take(MAX_IN_TITLE)
        .copied()
        .collect::<Vec<_>>()
        .join(", ");
    match values.len() {
        0 => None,
        count if count <= MAX_IN_TITLE => Some(shown),
        count => Some(format!("{shown} and {} more", count - MAX_IN_TITLE)),
    }
}

fn confirm(
    pattern: &Pattern,
    occurrences: &[Occurrence<'_>],
    fill: &dyn Fn(&str) -> String,
) -> Vec<Confirm> {
    let filled = |text: &Option<String>| text.as_deref().map(fill);
    pattern
        .confirm
        .iter()
        .map(|step| Confirm {
            run: fill_command(&step.run, occurrences, fill),
            on: filled(&step.on),
            expect: filled(&step.expect),
        })
        .collect()
}

/// In a command only a single value that no shell would interpret is put in; else the placeholder stays.
fn fill_command(
    text: &str,
    occurrences: &[Occurrence<'_>],
    fill: &dyn Fn(&str) -> String,
) -> String {
    expand(text, |Slot { name, .. }| {
        let value = fill(&format!("{{{name}}}"));
        let everywhere = name == "node"
            || occurrences.iter().all(|occurrence| {
                occurrence
                    .events
                    .iter()
                    .any(|event| self::value(event, name).is_some())
            });
        if everywhere && is_harmless(&value) {
            value
        } else {
            format!("<{name}>")
        }
    })
}

fn links(pattern: &Pattern) -> Vec<Link> {
    pattern
        .links
        .iter()
        .map(|link| Link {
            title: link.title.clone(),
            url: link.url.clone(),
        })
        .collect()
}
