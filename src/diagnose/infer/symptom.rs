//! Findings as rows: one for each client and combination of captured values, with whom it was dialled.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::IpAddr;

use super::book::{Book, Client, Target, is_loopback};
use super::machines::{Machines, UNNAMED};
use crate::catalog::{Pattern, Severity};
use crate::diagnose::clock::Instant;
use crate::diagnose::occurrence::Occurrence;
use crate::report::Evidence;

/// Groups of one pattern that are joined with facts, most frequent first.
pub(super) const MAX_GROUPS: usize = 500;

/// Occurrences of one pattern that have client, container and captured values in common.
#[derive(Clone, Debug)]
pub(in crate::diagnose) struct Group {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) severity: Severity,
    pub(super) tags: Vec<String>,
    pub(super) node: Option<String>,
    pub(super) container: Option<String>,
    pub(super) captures: Vec<(String, String)>,
    pub(super) count: u64,
    /// The first of them, in microseconds, where it has a time with a year.
    pub(super) first: Option<i64>,
    /// The last of them, in microseconds, where it has a time with a year.
    pub(super) last: Option<i64>,
    pub(super) recovered: bool,
    pub(super) evidence: Option<Evidence>,
}

/// The groups of a pattern, most frequent first; `quote` gives the line of the last occurrence.
pub(in crate::diagnose) fn groups(
    pattern: &Pattern,
    title: &str,
    occurrences: &[Occurrence<'_>],
    quote: impl Fn(&Occurrence<'_>) -> Option<Evidence>,
) -> Vec<Group> {
    type Key<'a> = (Option<&'a str>, Option<&'a str>, Vec<(String, String)>);
    let mut found: BTreeMap<Key<'_>, Vec<&Occurrence<'_>>> = BTreeMap::new();
    for occurrence in occurrences {
        let mut captures: BTreeMap<&str, &str> = BTreeMap::new();
        for (name, value) in occurrence
            .events
            .iter()
            .flat_map(|event| &event.context.captures)
        {
            captures.entry(name).or_insert(value);
        }
        let captures = captures
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let first = occurrence.first();
        found
            .entry((first.node, first.context.container.as_deref(), captures))
            .or_default()
            .push(occurrence);
    }
    let mut groups: Vec<Group> = found
        .into_iter()
        .map(|((node, container, captures), members)| {
            let times = || {
                members
                    .iter()
                    .filter_map(|occurrence| occurrence.last().time)
                    .filter(|time| Instant::is_dated(*time))
                    .map(|time| time.micros)
            };
            Group {
                id: pattern.id.clone(),
                title: title.to_owned(),
                severity: pattern.severity,
                tags: pattern.tags.clone(),
                node: node.map(str::to_owned),
                container: container.map(str::to_owned),
                captures,
                count: members.len() as u64,
                first: times().min(),
                last: times().max(),
                recovered: members
                    .iter()
                    .all(|occurrence| occurrence.recovered.is_some()),
                evidence: members.last().and_then(|occurrence| quote(occurrence)),
            }
        })
        .collect();
    groups.sort_by(|a, b| {
        b.count.cmp(&a.count).then_with(|| {
            (&a.node, &a.container, &a.captures).cmp(&(&b.node, &b.container, &b.captures))
        })
    });
    groups.truncate(MAX_GROUPS);
    groups
}

/// What a field of a symptom is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Value {
    /// This.
    Known(String),
    /// It has one, which nothing tells; why.
    Unknown(String),
    /// It has none.
    Absent,
}

/// A group with whom it was dialled.
#[derive(Clone, Debug)]
pub(in crate::diagnose) struct Symptom {
    pub(super) group: Group,
    pub(super) client: Client,
    pub(super) target: Option<Target>,
    /// What the client saw of the connection.
    pub(super) sees: Option<&'static str>,
    /// Minutes from the last occurrence to the end of the bundle.
    pub(super) age_minutes: Option<i64>,
}

impl Symptom {
    pub(super) fn new(group: Group, book: &Book, machines: &Machines, end: Option<i64>) -> Self {
        let named = |node: &str| machines.named(node).unwrap_or(node).to_owned();
        let node = group.node.as_deref().map(named).or_else(|| {
            machines
                .only()
                .filter(|only| *only == UNNAMED)
                .map(str::to_owned)
        });
        // A table of connections names who dials.
        let named = |source: &str| machines.called(source).map(str::to_owned);
        let node = match capture(&group, "source") {
            Some(source) => named(source),
            None => node,
        };
        let client = book.client(node.as_deref(), group.container.as_deref());
        let target = capture(&group, "host").map(|host| book.resolve(host, &client, machines));
        let age_minutes = group
            .last
            .zip(end)
            .map(|(last, end)| (end - last).max(0) / 60_000_000);
        let sees = seen(&group);
        Self {
            group,
            client,
            target,
            sees,
            age_minutes,
        }
    }

    pub(super) fn capture(&self, name: &str) -> Option<&str> {
        capture(&self.group, name)
    }

    pub(super) fn port(&self) -> Option<u16> {
        self.capture("port")?.parse().ok()
    }

    /// Whether the client may be another machine although the bundle tells of one only: nothing names either, and the
    /// address that was dialled is not loopback.
    pub(super) fn client_is_guessed(&self) -> bool {
        let loopback = matches!(self.target, Some(Target::Loopback { .. }));
        self.client.node.as_deref() == Some(UNNAMED) && self.client.container.is_none() && !loopback
    }

    /// The machine that was dialled, and by which address.
    pub(super) fn dialled(&self) -> Option<(&str, Option<IpAddr>)> {
        match self.target.as_ref()? {
            Target::Machine { node, address } => Some((node, *address)),
            Target::Loopback { node, address } => Some((node, Some(*address))),
            _ => None,
        }
    }

    /// The address that was dialled: of the target, or as it stands in the line.
    pub(super) fn address(&self) -> Option<IpAddr> {
        let resolved = match self.target.as_ref()? {
            Target::Machine { address, .. } | Target::Container { address, .. } => *address,
            Target::Loopback { address, .. } | Target::Pod { address, .. } => Some(*address),
            Target::Service { .. } | Target::Inside { .. } | Target::Unknown(_) => None,
        };
        resolved.or_else(|| self.capture("host")?.parse().ok())
    }

    /// The value of a field, as clauses name it.
    pub(super) fn value(&self, name: &str) -> Value {
        let known = |value: &str| Value::Known(value.to_owned());
        let maybe = |value: Option<&str>| value.map_or(Value::Absent, known);
        match name {
            "id" => known(&self.group.id),
            "title" => known(&self.group.title),
            "severity" => known(self.group.severity.as_str()),
            "symptom" => maybe(self.sees),
            "recovered" => known(if self.group.recovered {
                "true"
            } else {
                "false"
            }),
            "count" => Value::Known(self.group.count.to_string()),
            "age_minutes" => self.age_minutes.map_or_else(
                || Value::Unknown("its lines have no times".to_owned()),
                |age| Value::Known(age.to_string()),
            ),
            "client" | "node" => self.client.node.as_deref().map_or_else(
                || Value::Unknown("the log does not say which machine it is from".to_owned()),
                known,
            ),
            "container" => maybe(self.client.container.as_deref()),
            "from" => known(self.from()),
            "loopback" => self.capture("host").map_or(Value::Absent, |host| {
                known(if is_loopback(host) { "true" } else { "false" })
            }),
            "target_container" => match &self.target {
                Some(Target::Container { name, .. }) => known(name),
                _ => Value::Absent,
            },
            "target" | "address" | "service" | "pod" => self.of_target(name),
            capture => maybe(self.capture(capture)),
        }
    }

    /// Where the connection comes from, as the target sees it.
    fn from(&self) -> &'static str {
        if self.client_is_guessed() {
            return "elsewhere";
        }
        let of_container = match &self.target {
            Some(Target::Container { node, .. }) => Some(node.as_str()),
            _ => None,
        };
        let target = self.dialled().map(|(node, _)| node).or(of_container);
        let here = target.is_some() && target == self.client.node.as_deref();
        match (&self.client.container, here) {
            (Some(_), true) => "container",
            (None, true) => "itself",
            // Its machine hides a container that dials another machine.
            (_, false) => "elsewhere",
        }
    }

    fn of_target(&self, name: &str) -> Value {
        let known = |value: &str| Value::Known(value.to_owned());
        let Some(target) = &self.target else {
            return Value::Absent;
        };
        match (target, name) {
            (Target::Unknown(why), "target") => Value::Unknown(why.clone()),
            (Target::Inside { container }, "target") => {
                Value::Unknown(format!("it is the container {container} itself"))
            }
            (
                Target::Machine { node, .. }
                | Target::Loopback { node, .. }
                | Target::Container { node, .. },
                "target",
            ) => known(node),
            (Target::Service { id }, "service") | (Target::Pod { id, .. }, "pod") => known(id),
            (_, "address") => self.address().map_or_else(
                || Value::Unknown("the address is not known".to_owned()),
                |address| Value::Known(address.to_string()),
            ),
            _ => Value::Absent,
        }
    }

    /// Names and values to fill in in templates.
    pub(super) fn bindings(&self) -> Vec<(Cow<'static, str>, String)> {
        let derived = [
            "client",
            "target",
            "address",
            "service",
            "pod",
            "container",
            "symptom",
        ];
        let derived = derived
            .into_iter()
            .filter_map(|name| match self.value(name) {
                Value::Known(value) => Some((Cow::Borrowed(name), value)),
                Value::Unknown(_) | Value::Absent => None,
            });
        let captures = self
            .group
            .captures
            .iter()
            .map(|(name, value)| (Cow::Owned(name.clone()), value.clone()));
        derived.chain(captures).collect()
    }
}

fn capture<'g>(group: &'g Group, name: &str) -> Option<&'g str> {
    group
        .captures
        .iter()
        .find(|(known, _)| known == name)
        .map(|(_, value)| &**value)
}

/// By the words of the error that the pattern captures, else by its tags.
fn seen(group: &Group) -> Option<&'static str> {
    const SYMPTOMS: [&str; 4] = ["refused", "timeout", "no-route", "net-unreachable"];
    const WORDS: [(&str, &str); 9] = [
        ("connection refused", "refused"),
        ("actively refused", "refused"),
        ("i/o timeout", "timeout"),
        ("timed out", "timeout"),
        ("deadline exceeded", "timeout"),
        ("no route to host", "no-route"),
        ("host is unreachable", "no-route"),
        ("network is unreachable", "net-unreachable"),
        ("network unreachable", "net-unreachable"),
    ];
    if !group.tags.iter().any(|tag| tag == "connect-failure") {
        return None;
    }
    let error = capture(group, "error").or_else(|| capture(group, "message"));
    let worded = error.map(str::to_ascii_lowercase).and_then(|error| {
        let found = WORDS.into_iter().find(|(words, _)| error.contains(words));
        found.map(|(_, symptom)| symptom)
    });
    let tagged = || {
        SYMPTOMS
            .into_iter()
            .find(|symptom| group.tags.iter().any(|tag| tag == symptom))
    };
    worded.or_else(tagged)
}
