//! Facts as rows that clauses are compared with, and which listings are complete.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::machines::Machines;
use crate::diagnose::tally::Tally;
use crate::facts::{Fact, Kind, Table, kind_named};
use crate::filter::Test;
use crate::location::{EntryId, bare_unit};
use crate::text::printable_str;

/// A place in the bundle that shows something.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Place {
    pub(super) entry: EntryId,
    pub(super) line: u64,
    pub(super) text: String,
}

/// One statement, ready to be joined.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) kind: Cow<'static, str>,
    /// The machine; `None` where nothing tells.
    pub(super) node: Option<String>,
    pub(super) fields: Vec<(Cow<'static, str>, String)>,
    pub(super) place: Option<Place>,
}

impl Row {
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        if name == "node" && !self.fields.iter().any(|(key, _)| key == name) {
            return self.node.as_deref();
        }
        self.fields
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| &**value)
    }

    pub(super) fn is(&self, name: &str, value: &str) -> bool {
        self.get(name) == Some(value)
    }
}

/// A complete listing.
#[derive(Clone, Debug)]
pub(super) struct Listing {
    pub(super) node: Option<String>,
    pub(super) scope: &'static str,
    pub(super) place: Place,
}

/// All rows by kind, and all complete listings.
#[derive(Debug, Default)]
pub(super) struct Relations {
    rows: BTreeMap<Cow<'static, str>, Vec<Row>>,
    listings: BTreeMap<Cow<'static, str>, Vec<Listing>>,
    /// Positions among the rows of kind `socket` of those that listen, by machine and port.
    listening: BTreeMap<String, BTreeMap<u16, Vec<usize>>>,
}

/// Kinds that tell of a cluster, not of a machine.
const CLUSTER: &[&str] = &["pod", "service", "endpoints", "kube_node", "kube_event"];

impl Relations {
    /// `with_rules`: the rules of packet filters, which may be very many, as well.
    pub(super) fn new(tally: &Tally, machines: &Machines, with_rules: bool) -> Self {
        let cut = cut_entries(tally);
        let mut relations = Self::default();
        known_ports().for_each(|row| relations.add(row));
        let logs = tally
            .entries
            .iter()
            .filter(|entry| entry.unit_log.is_some());
        let units = (logs.count() > MAX_UNIT_LOGS).then(|| named_units(tally));
        tally
            .ids()
            .flat_map(|entry| unit_log(tally, entry, machines))
            .filter(|(unit, _)| {
                units
                    .as_ref()
                    .is_none_or(|units| units.contains(bare_unit(unit)))
            })
            .for_each(|(_, row)| relations.add(row()));
        for (entry, gathered) in &tally.facts {
            if !gathered.is_host() {
                continue;
            }
            let node = machines.of_entry(*entry);
            for fact in &gathered.facts {
                relations.add(row(fact, *entry, node, machines));
            }
            let rules = with_rules.then(|| gathered.rules());
            for rule in rules.into_iter().flatten() {
                relations.add(row(&rule, *entry, node, machines));
            }
            for chain in gathered.rulesets.iter().flat_map(|ruleset| &ruleset.chains) {
                chain
                    .rules
                    .iter()
                    .filter_map(|rule| without_endpoints(rule, *entry))
                    .for_each(|row| relations.add(row));
            }
            // A listing of which the end is missing is not complete.
            if gathered.dropped == 0 && !cut.contains(entry) {
                gathered
                    .tables
                    .iter()
                    .for_each(|table| relations.list(table, *entry, node));
            }
        }
        relations.rows.values_mut().for_each(|rows| {
            rows.sort_by(|a, b| (&a.place, &a.fields).cmp(&(&b.place, &b.fields)));
        });
        relations.index_sockets();
        relations
    }

    fn index_sockets(&mut self) {
        let mut listening: BTreeMap<String, BTreeMap<u16, Vec<usize>>> = BTreeMap::new();
        for (at, row) in self.rows("socket").iter().enumerate() {
            let port = row.get("port").and_then(|port| port.parse().ok());
            let listens = row.is("state", "listen") && row.is("proto", "tcp");
            if let (Some(node), Some(port), true) = (&row.node, port, listens) {
                let ports = listening.entry(node.clone()).or_default();
                ports.entry(port).or_default().push(at);
            }
        }
        self.listening = listening;
    }

    fn add(&mut self, row: Row) {
        self.rows.entry(row.kind.clone()).or_default().push(row);
    }

    fn list(&mut self, table: &Table, entry: EntryId, node: Option<&str>) {
        self.listings
            .entry(table.kind.clone())
            .or_default()
            .push(Listing {
                node: node.map(str::to_owned),
                scope: table.scope,
                place: Place {
                    entry,
                    line: table.line,
                    text: table.text.clone(),
                },
            });
    }

    /// All rows of a kind.
    pub(super) fn rows(&self, kind: &str) -> &[Row] {
        self.rows.get(kind).map_or(&[], Vec::as_slice)
    }

    /// The complete listings of a kind for a machine; of a cluster's kinds those of any machine.
    pub(super) fn listings<'a>(
        &'a self,
        kind: &str,
        node: Option<&'a str>,
    ) -> impl Iterator<Item = &'a Listing> + use<'a> {
        let cluster = CLUSTER.contains(&kind);
        let all = self.listings.get(kind).map_or(&[][..], Vec::as_slice);
        all.iter()
            .filter(move |listing| cluster || (node.is_some() && listing.node.as_deref() == node))
    }

    /// The complete listings of a kind for all machines.
    pub(super) fn all_listings(&self, kind: &str) -> impl Iterator<Item = &Listing> {
        self.listings.get(kind).into_iter().flatten()
    }

    /// The TCP sockets of a machine that listen on a port.
    pub(super) fn listening(&self, node: &str, port: u16) -> impl Iterator<Item = &Row> {
        let rows = self.rows("socket");
        let of_node = self.listening.get(node).and_then(|ports| ports.get(&port));
        of_node.into_iter().flatten().map(|at| &rows[*at])
    }

    /// The table of kinds says which fields tell rows of a kind apart.
    pub(super) fn keys(kind: &str) -> &'static [&'static str] {
        kind_named(kind).map_or(&[], |kind: &Kind| kind.keys)
    }
}

/// Entries with facts of which a part is missing.
pub(super) fn cut_entries(tally: &Tally) -> BTreeSet<EntryId> {
    let losses = tally.not_checked.iter().filter(|warning| warning.is_loss());
    let losses: BTreeSet<&str> = losses.map(|warning| &*warning.entry).collect();
    let is_cut = |entry: &EntryId| {
        let origin = tally.entries[entry.index()].origin.as_str();
        losses.contains(&*printable_str(origin))
    };
    let entries = tally.facts.iter().map(|(entry, _)| *entry);
    entries.filter(is_cut).collect()
}

fn row(fact: &Fact, entry: EntryId, node: Option<&str>, machines: &Machines) -> Row {
    let named = fact
        .node
        .as_deref()
        .map(|name| machines.named(name).unwrap_or(name));
    let mut fields = fact.fields.clone();
    let id = |name: &str| Some(format!("{}/{}", fact.get("namespace")?, fact.get(name)?));
    let id = id("name").or_else(|| id("service"));
    fields.extend(id.map(|id| (Cow::Borrowed("id"), id)));
    // Log lines and people leave the suffix out.
    let unit = fact.get("name").filter(|_| fact.kind == "unit");
    let unit = unit.map(|name| bare_unit(name).to_owned());
    fields.extend(unit.map(|unit| (Cow::Borrowed("unit"), unit)));
    for (name, value) in &mut fields {
        // Values come from the bundle and stand in titles.
        *value = shown(value);
        // Names of machines are compared by what they mean.
        if name == "node"
            && let Some(machine) = machines.named(value)
        {
            machine.clone_into(value);
        }
    }
    Row {
        kind: fact.kind.clone(),
        node: named.or(node).map(shown),
        fields,
        place: Some(Place {
            entry,
            line: fact.line,
            text: fact.text.clone(),
        }),
    }
}

fn shown(text: &str) -> String {
    printable_str(text).into_owned()
}

/// Where there are more logs of units, only those count whose units something names.
const MAX_UNIT_LOGS: usize = 4_000;

/// The units that matches or facts name.
fn named_units(tally: &Tally) -> HashSet<&str> {
    let contexts = tally.events.values().flat_map(|event| &event.contexts);
    let of_contexts = contexts.flat_map(|context| {
        let captured = context.captures.iter().map(|(_, value)| value);
        context.unit.iter().chain(captured)
    });
    let facts = tally.facts.iter().flat_map(|(_, gathered)| &gathered.facts);
    let of_facts = facts.flat_map(|fact| fact.get("unit").into_iter().chain(fact.get("name")));
    of_contexts
        .map(String::as_str)
        .chain(of_facts)
        .map(bare_unit)
        .collect()
}

/// The last lines of the log of a unit.
fn unit_log<'t>(
    tally: &'t Tally,
    entry: EntryId,
    machines: &'t Machines,
) -> impl Iterator<Item = (&'t str, impl FnOnce() -> Row + 't)> + 't {
    let log = tally.entries[entry.index()].unit_log.as_deref();
    let lines = log
        .into_iter()
        .flat_map(|log| log.lines().map(|line| (log.unit(), line)));
    lines.map(move |(unit, (at, line))| {
        let row = move || Row {
            kind: Cow::Borrowed("unit_log"),
            node: machines.of_entry(entry).map(str::to_owned),
            fields: vec![(Cow::Borrowed("unit"), unit.to_owned())],
            place: Some(Place {
                entry,
                line: at + 1,
                text: String::from_utf8_lossy(line).into_owned(),
            }),
        };
        (unit, row)
    })
}

/// kube-proxy writes a rejecting rule for each port of a service without endpoints, with a comment that says so.
fn without_endpoints(rule: &crate::filter::Rule, entry: EntryId) -> Option<Row> {
    let (before, _) = rule.text.split_once(" has no endpoints")?;
    let name = before.rsplit(['"', ' ']).next()?;
    let name = name.split(':').next()?;
    let (namespace, service) = name.split_once('/')?;
    let port = rule.matches.iter().find_map(|one| match &one.test {
        Test::DestinationPort(ranges) if !one.negated => ranges.first(),
        _ => None,
    });
    let (port, _) = port?;
    let fields = [
        ("namespace", namespace),
        ("service", service),
        ("ready", "0"),
        ("id", name),
        ("port", &port.to_string()),
    ];
    Some(Row {
        kind: Cow::Borrowed("endpoints"),
        node: None,
        fields: fields
            .map(|(name, value)| (Cow::Borrowed(name), shown(value)))
            .into(),
        place: Some(Place {
            entry,
            line: rule.line,
            text: rule.text.clone(),
        }),
    })
}

/// Which programs usually listen on a port: what they register or have as a default.
fn known_ports() -> impl Iterator<Item = Row> {
    const PORTS: &[(&str, &str, &str)] = &[
        ("2379", "etcd", "etcd"),
        ("2380", "etcd", "etcd"),
        ("3306", "MySQL", "mysqld"),
        ("3306", "MariaDB", "mariadbd"),
        ("5432", "PostgreSQL", "postgres"),
        ("5672", "RabbitMQ", "beam.smp"),
        ("5705", "StorageOS", "storageos"),
        ("6379", "Redis", "redis-server"),
        ("6443", "kube-apiserver", "kube-apiserver"),
        ("9092", "Kafka", "java"),
        ("9200", "Elasticsearch", "java"),
        ("11211", "memcached", "memcached"),
        ("27017", "MongoDB", "mongod"),
    ];
    PORTS.iter().map(|(port, service, process)| {
        let fields = [
            ("port", *port),
            ("service", *service),
            ("process", *process),
        ];
        Row {
            kind: Cow::Borrowed("known_port"),
            node: None,
            fields: fields
                .map(|(name, value)| (Cow::Borrowed(name), value.to_owned()))
                .into(),
            place: None,
        }
    })
}
