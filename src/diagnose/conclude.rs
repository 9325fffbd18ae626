//! The end of the pipeline: a tally to what the report says.

use std::collections::{BTreeMap, BTreeSet};

use super::clock::{Clock, Instant, Zone, span};
use super::explain::explain;
use super::finding::Builder;
use super::hit::{self, Event, Places};
use super::infer::{Machines, groups, infer};
use super::kept::Beyond;
use super::occurrence::{Occurrence, events_of};
use super::search::Search;
use super::tally::Tally;
use super::unexplained::unexplained;
use crate::catalog::{Catalog, Form, Key, Pattern};
use crate::location::{EntryId, Kind, KindMarks, Link, Links, Target};
use crate::log::{Stamp, format_micros};
use crate::report::plural::thousands;
use crate::report::{
    Anchor, Diagnosis, Finding, LogFile, Named, StatedFact, Unexplained, Warning, rank,
};
use crate::text::printable_str;

/// What a report is to be restricted to.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Nothing before this instant, in microseconds since the epoch; records without a time, or without a
    /// year, stay.
    pub since: Option<i64>,
    /// Nothing after this instant.
    pub until: Option<i64>,
    /// Only these machines, if any are named.
    pub nodes: Vec<String>,
    /// When the bundle was collected, if the caller knows; else the latest time in its logs stands for it.
    pub collected_at: Option<i64>,
}

impl Filter {
    /// Whether it lets everything through.
    fn is_open(&self) -> bool {
        self.since.is_none() && self.until.is_none() && self.nodes.is_empty()
    }

    pub(super) fn keeps(&self, event: &Event<'_>) -> bool {
        let dated = event.time.filter(|time| time.is_dated());
        let time = dated.map(|time| time.micros);
        let early = self
            .since
            .zip(time)
            .is_some_and(|(since, time)| time < since);
        let late = self
            .until
            .zip(time)
            .is_some_and(|(until, time)| time > until);
        let elsewhere = !self.nodes.is_empty()
            && !event
                .node
                .is_some_and(|node| self.nodes.iter().any(|name| name == node));
        !early && !late && !elsewhere
    }
}

/// What a report is to say.
#[derive(Clone, Debug)]
pub struct Options {
    /// What it is restricted to.
    pub filter: Filter,
    /// Quoted lines of each finding.
    pub max_evidence: usize,
    /// Whether it lists all facts.
    pub facts: bool,
    /// Whether it lists all logs and what times are known by.
    pub logs: bool,
    /// The zone of times of which nothing in the bundle tells it; UTC unless told.
    pub assume_zone: Option<Zone>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            filter: Filter::default(),
            max_evidence: 3,
            facts: false,
            logs: false,
            assume_zone: None,
        }
    }
}

/// What a tally comes to.
#[derive(Debug)]
pub struct Conclusion {
    /// Causes.
    pub diagnoses: Vec<Diagnosis>,
    /// Known failures, worst first.
    pub findings: Vec<Finding>,
    /// Unknown errors, most frequent first.
    pub unexplained: Vec<Unexplained>,
    /// What was not checked.
    pub not_checked: Vec<Warning>,
    /// What output of commands states, if it was asked for.
    pub facts: Vec<StatedFact>,
    /// How many statements there are.
    pub fact_count: u64,
    /// When the bundle was collected, RFC 3339, where it says so.
    pub collected_at: Option<String>,
    /// The kind of the bundle.
    pub kind: Option<&'static Kind>,
    /// What its times are known by, if it was asked for.
    pub clocks: Vec<Anchor>,
    /// What its logs are, if it was asked for.
    pub logs: Vec<LogFile>,
    /// All machines.
    pub nodes: Vec<String>,
    /// The earliest and the latest time of the records, RFC 3339.
    pub times: Option<(String, String)>,
    /// Entries, those that are logs, lines and bytes.
    pub totals: (u64, u64, u64, u64),
}

impl Conclusion {
    /// Adds what was found otherwise, behind what is as bad.
    pub fn add(&mut self, findings: Vec<Finding>, not_checked: Vec<Warning>) {
        self.findings.extend(findings);
        self.findings.sort_by_key(|finding| rank(finding.severity));
        self.not_checked.extend(not_checked);
        self.not_checked.sort();
        self.not_checked.dedup();
    }
}

/// Gives every record its time and node, and finds what each pattern of `catalog` asks for.
pub fn conclude(catalog: &Catalog, mut tally: Tally, options: &Options) -> Conclusion {
    let (filter, max_evidence) = (&options.filter, options.max_evidence);
    tally.sort();
    let nodes = hit::nodes(&tally);
    let machines = Machines::new(&tally, &nodes);
    let clock = Clock::new(
        &tally,
        &machines,
        filter.collected_at,
        options.assume_zone.clone(),
    );
    let times = span(instants(&tally, &clock));
    let end = filter.collected_at.or(times.map(|(_, last)| last));
    let mut patterns = catalog.patterns().iter();
    let by_log = patterns.any(|pattern| pattern.matching.same.contains(&Key::Log));
    let places = Places::new(&tally, &machines, by_log);
    let builder = Builder {
        tally: &tally,
        max_evidence,
    };
    let search = Search {
        catalog,
        places: &places,
        clock: &clock,
        filter,
        end,
    };
    let mut was_found = BTreeSet::new();
    let mut findings: Vec<Finding> = Vec::new();
    let mut symptoms = Vec::new();
    let mut not_checked = tally.not_checked.clone();
    not_checked.extend(catalog.left_out().iter().map(|rule| Warning {
        entry: rule.place.clone(),
        reason: Warning::RULE,
        detail: rule.reason.clone(),
    }));
    for (label, rules) in catalog.unknown_sources() {
        not_checked.push(Warning {
            entry: label.to_owned(),
            reason: Warning::RULE,
            detail: format!(
                "nothing tells which logs are of this source: {} of CRE did not run; name them with `sources:`, or use \
                 --any-source",
                if rules == 1 { "a rule".to_owned() } else { format!("{rules} rules") }
            ),
        });
    }
    let linked = follow(&tally, options.logs, &mut not_checked);
    for ((index, pattern), all) in (0..).zip(catalog.patterns()).zip(search.all()) {
        let found = all.occurrences;
        if found.is_empty() {
            continue;
        }
        was_found.insert(index);
        let mut finding = builder.finding(index, pattern, &found);
        finding.files = all.entries.len() as u64;
        let beyond = beyond(index, pattern, &tally);
        // Of a pattern that gives way nobody knows how many of them are its own.
        if !all.gave_way && pattern.matching.form == Form::Any {
            add_beyond(&mut finding, &found, &beyond, &clock);
        }
        not_checked.extend(told_beyond(&finding, &beyond));
        symptoms.extend(groups(pattern, &finding.title, &found, |occurrence| {
            builder.quote(index, pattern, occurrence.last())
        }));
        findings.push(finding);
    }
    let inferred = infer(catalog, &tally, &machines, symptoms, end, max_evidence);
    let diagnoses = explain(catalog, &mut findings, inferred);
    sort(&mut findings, &diagnoses);
    Conclusion {
        diagnoses,
        findings,
        // Errors are counted without their times and nodes, so they cannot be filtered.
        unexplained: if_asked(filter.is_open(), || unexplained(&tally, &clock, &was_found)),
        facts: if_asked(options.facts, || stated(&tally, &machines)),
        fact_count: tally
            .facts
            .iter()
            .map(|(_, gathered)| gathered.count() as u64)
            .sum(),
        collected_at: clock.collected().map(format_micros),
        kind: kind(&tally),
        clocks: if_asked(options.logs, || clock.anchors()),
        logs: if_asked(options.logs, || logs(&tally, &machines, &clock, &linked)),
        nodes: nodes.into_iter().collect(),
        times: times.map(|(first, last)| (format_micros(first), format_micros(last))),
        totals: totals(&tally),
        not_checked,
    }
}

fn if_asked<T>(asked: bool, list: impl FnOnce() -> Vec<T>) -> Vec<T> {
    if asked { list() } else { Vec::new() }
}

/// The kind of the bundle, by the names in it.
fn kind(tally: &Tally) -> Option<&'static Kind> {
    let mut marks = KindMarks::default();
    tally
        .entries
        .iter()
        .for_each(|entry| marks.see(&entry.origin));
    marks.kind()
}

/// The links that lead to an entry, by its name.
type Linked = BTreeMap<String, Vec<String>>;

/// Follows links; those to logs that are not there are told. Without `all` only links that look like logs are followed.
fn follow(tally: &Tally, all: bool, not_checked: &mut Vec<Warning>) -> Linked {
    let mut linked = Linked::new();
    // Most links are about programs and their configuration.
    let is_log =
        |path: &str| path.contains(".log") || path.starts_with("log/") || path.contains("/log/");
    let wanted = |link: &&Link| all || is_log(link.origin.path());
    if !tally.links.iter().any(|link| wanted(&link)) {
        return linked;
    }
    let unread = tally.not_checked.iter().map(|warning| &*warning.entry);
    let read = tally.entries.iter().map(|entry| entry.origin.as_str());
    let mut links = Links::new(&tally.links, read.chain(unread));
    let shown = |name: &str| printable_str(name).into_owned();
    for link in tally.links.iter().filter(wanted) {
        let name = link.origin.as_str();
        let detail = match links.target(link) {
            Target::Entry(found) => {
                linked.entry(found).or_default().push(shown(name));
                continue;
            }
            Target::Container | Target::Unknown => continue,
            Target::Missing => "which is not in the bundle",
            Target::Circle => "which leads back to it",
        };
        // Nobody collects devices.
        if is_log(link.origin.path()) && !link.target.starts_with("/dev/") {
            not_checked.push(Warning {
                entry: shown(name),
                reason: Warning::MISSING,
                detail: format!("a link to `{}`, {detail}", shown(&link.target)),
            });
        }
    }
    linked.values_mut().for_each(|names| names.sort());
    linked
}

/// All logs, by name.
fn logs(tally: &Tally, machines: &Machines, clock: &Clock<'_>, linked: &Linked) -> Vec<LogFile> {
    let shown = |name: &str| printable_str(name).into_owned();
    let logs = tally
        .ids()
        .zip(&tally.entries)
        .filter(|(_, entry)| entry.is_log);
    let files = logs.filter_map(|(id, entry)| {
        let survey = entry.survey.as_deref()?;
        let place = entry.place.as_deref().cloned().unwrap_or_default();
        let at = |stamp: Option<Stamp>, line| stamp.map(|stamp| clock.instant(stamp, id, line));
        let (earliest, latest) = survey.span.unzip();
        let first = at(earliest.or(entry.first), 0);
        let last = at(latest.or(entry.last), entry.lines);
        Some(LogFile {
            entry: shown(entry.origin.as_str()),
            linked_as: linked
                .get(entry.origin.as_str())
                .cloned()
                .unwrap_or_default(),
            node: machines.shown(id).map(shown),
            unit: place.unit,
            namespace: place.namespace,
            pod: place.pod,
            container: place.container,
            format: survey.main_format().map(shown),
            lines: entry.lines,
            recognised: survey.recognised,
            folded: survey.folded,
            skipped: survey.blank + survey.remarks,
            other: survey.other,
            levels: survey
                .levels
                .iter()
                .map(|(level, count)| (level.to_string(), *count))
                .collect(),
            first: first.and_then(Instant::shown),
            last: last.and_then(Instant::shown),
            time_source: last.or(first).map(|instant| instant.source),
        })
    });
    files.collect()
}

/// All facts, by kind and place.
fn stated(tally: &Tally, machines: &Machines) -> Vec<StatedFact> {
    let mut facts: Vec<StatedFact> = Vec::new();
    for (entry, gathered) in &tally.facts {
        let origin = printable_str(tally.entries[entry.index()].origin.as_str());
        let own = machines.shown(*entry);
        let rules: Vec<_> = gathered.rules().collect();
        facts.extend(gathered.facts.iter().chain(&rules).map(|fact| {
            StatedFact {
                kind: fact.kind.to_string(),
                node: fact
                    .node
                    .as_deref()
                    .or(own)
                    .map(|node| printable_str(node).into_owned()),
                entry: origin.to_string(),
                line: fact.line,
                fields: fact
                    .fields
                    .iter()
                    .map(|(name, value)| Named {
                        name: name.to_string(),
                        value: printable_str(value).into_owned(),
                    })
                    .collect(),
                inside: gathered
                    .inside
                    .as_deref()
                    .map(|name| printable_str(name).into_owned()),
            }
        }));
    }
    facts.sort_by(|a, b| {
        (&a.kind, &a.node, &a.entry, a.line, &a.fields)
            .cmp(&(&b.kind, &b.node, &b.entry, b.line, &b.fields))
    });
    facts
}

/// Adds the matches that were too many to be kept.
fn add_beyond(
    finding: &mut Finding,
    found: &[Occurrence<'_>],
    beyond: &[&Beyond],
    clock: &Clock<'_>,
) {
    if beyond.is_empty() {
        return;
    }
    finding.count += beyond.iter().map(|beyond| beyond.count).sum::<u64>();
    finding.lines += beyond.iter().map(|beyond| beyond.lines).sum::<u64>();
    let times = beyond.iter().flat_map(|beyond| &beyond.times);
    let instants =
        times.flat_map(|(entry, times)| times.map(|time| clock.instant(time, *entry, 0)));
    let known = events_of(found).filter_map(|event| event.time);
    let times = span(known.chain(instants));
    finding.first = times.map(|(first, _)| format_micros(first));
    finding.last = times.map(|(_, last)| format_micros(last));
}

/// What was counted only of the events that count for a pattern.
fn beyond<'t>(index: u32, pattern: &Pattern, tally: &'t Tally) -> Vec<&'t Beyond> {
    let id = |event: &usize| Some((index, u32::try_from(*event).ok()?));
    let events: BTreeSet<_> = pattern.matching.events.iter().filter_map(id).collect();
    events
        .into_iter()
        .filter_map(|id| Some(&tally.events.get(&id)?.hits.beyond))
        .filter(|beyond| beyond.count > 0)
        .collect()
}

/// That some matches were not kept.
fn told_beyond(finding: &Finding, beyond: &[&Beyond]) -> Option<Warning> {
    let count: u64 = beyond.iter().map(|beyond| beyond.count).sum();
    (count > 0).then(|| Warning {
        entry: finding.id.clone(),
        reason: Warning::APPROXIMATE,
        detail: format!(
            "{} matches were counted but not kept; copies of them in other files were not told apart",
            thousands(count)
        ),
    })
}

/// Worst first; inside a severity what explains others, what stands for itself, what is explained; then by
/// number.
fn sort(findings: &mut [Finding], diagnoses: &[Diagnosis]) {
    let role = |finding: &Finding| {
        let explains = diagnoses.iter().any(|diagnosis| diagnosis.id == finding.id);
        if explains {
            0
        } else {
            1 + usize::from(finding.explained)
        }
    };
    findings.sort_by_cached_key(|finding| {
        (
            rank(finding.severity),
            role(finding),
            u64::MAX - finding.count,
            finding.id.clone(),
        )
    });
}

/// The instants of all entries that are logs, and of all matches.
fn instants<'a>(tally: &'a Tally, clock: &'a Clock<'a>) -> impl Iterator<Item = Instant> + 'a {
    let of_entries = (0..)
        .zip(&tally.entries)
        .filter(|(_, entry)| entry.is_log)
        .flat_map(move |(id, entry)| {
            let at = |stamp: Option<Stamp>, line| {
                stamp.map(|stamp| clock.instant(stamp, EntryId(id), line))
            };
            [at(entry.first, 0), at(entry.last, entry.lines)]
                .into_iter()
                .flatten()
        });
    let of_matches = tally
        .events
        .values()
        .flat_map(|event| event.hits.iter())
        .filter_map(|hit| Some(clock.instant(hit.time?, hit.entry, hit.line.into())));
    let counted = tally
        .events
        .values()
        .flat_map(|event| &event.hits.beyond.times);
    let of_counted =
        counted.flat_map(|(entry, times)| times.map(|time| clock.instant(time, *entry, 0)));
    of_entries.chain(of_matches).chain(of_counted)
}

fn totals(tally: &Tally) -> (u64, u64, u64, u64) {
    let entries = &tally.entries;
    let logs = entries.iter().filter(|entry| entry.is_log).count() as u64;
    (
        entries.len() as u64,
        logs,
        entries.iter().map(|entry| entry.lines).sum(),
        entries.iter().map(|entry| entry.bytes).sum(),
    )
}
