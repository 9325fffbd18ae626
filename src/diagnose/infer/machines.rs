//! Which machine an entry tells of, and by which names a machine is called.
//!
//! A path or a log line may name it. Output of commands rarely does: then the host name that was collected beside it
//! does. Where a bundle names nobody, it is one machine, unless two directories state the same things.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnose::tally::Tally;
use crate::facts::Gathered;
use crate::location::{EntryId, Origin};
use crate::text::printable_str;

/// What a machine is called that nothing names.
pub(in crate::diagnose) const UNNAMED: &str = "this machine";

/// The machines of a bundle.
#[derive(Debug, Default)]
pub(in crate::diagnose) struct Machines {
    /// All of them.
    all: Vec<String>,
    /// By entry, the position in `all`.
    of_entry: Vec<Option<u32>>,
    /// Names in lower case, each with the machine that it means; `None`: several.
    names: BTreeMap<String, Option<String>>,
    /// The name of the only machine.
    only: Option<String>,
}

/// Directories in which collectors put the output of commands; what is above them is the machine.
const PARTS: &[&str] = &[
    "etc",
    "proc",
    "sys",
    "run",
    "var",
    "usr",
    "sos_commands",
    "sos_strings",
    "systeminfo",
    "networking",
    "journald",
    "systemlogs",
    "host-collectors",
    "host",
    "commands",
    "command",
    "cmd",
    "network",
    "net",
    "firewall",
    "system",
    "os",
    "logs",
    "log",
    "docker",
    "kubernetes",
    "kubectl",
    "default",
    "daemon",
    "sysinfo",
    "netinfo",
    "networkinfo",
    "diagnostics",
    "facts",
    "output",
    "info",
    "config",
];

impl Machines {
    /// Finds the machines; `nodes` are those that paths and lines name.
    pub(in crate::diagnose) fn new(tally: &Tally, nodes: &BTreeSet<String>) -> Self {
        let hosts = host_names(tally);
        let mut machines = Self::default();
        let mut roots: BTreeMap<&str, String> = BTreeMap::new();
        for (root, host) in &hosts {
            let canonical = host.canonical(nodes);
            host.names
                .iter()
                .for_each(|name| machines.call(name, &canonical));
            roots.insert(root, canonical);
        }
        nodes.iter().for_each(|node| {
            let canonical = machines.named(node).unwrap_or(node).to_owned();
            machines.call(node, &canonical);
        });
        let mut all: BTreeSet<String> = machines.names.values().flatten().cloned().collect();
        let named: Vec<String> = roots.keys().map(|root| (*root).to_owned()).collect();
        let others = unnamed(tally, &named);
        all.extend(others.values().cloned());
        roots.extend(others);
        machines.only = all.first().filter(|_| all.len() == 1).cloned();
        if all.is_empty() {
            machines.only = Some(UNNAMED.to_owned());
        }
        all.extend(machines.only.clone());
        machines.all = all.into_iter().collect();
        let known: BTreeMap<&str, u32> = machines.all.iter().map(String::as_str).zip(0..).collect();
        let mut of_entry = Vec::with_capacity(tally.entries.len());
        for entry in &tally.entries {
            let by_root = || {
                let below = |(root, _): &(&&str, &String)| is_below(entry.origin.as_str(), root);
                roots.iter().rev().find(below).map(|(_, node)| &**node)
            };
            let own = entry
                .node
                .as_deref()
                .map(|node| machines.named(node).unwrap_or(node));
            // A directory beside that of the only machine with a name may be of another machine.
            let alone = || {
                let own = root(&entry.origin);
                let above = |root: &String| is_below(root, &own);
                let only = machines.only.as_deref();
                only.filter(|_| named.is_empty() || named.iter().any(above))
            };
            let shared = || by_root().or_else(alone).filter(|_| !entry.clustered);
            let node = own
                .or_else(shared)
                .and_then(|node| known.get(node).copied());
            of_entry.push(node);
        }
        machines.of_entry = of_entry;
        let cluster = tally
            .facts
            .iter()
            .flat_map(|(_, gathered)| &gathered.facts)
            .filter(|fact| fact.kind == "kube_node");
        cluster
            .filter_map(|fact| fact.get("name"))
            .for_each(|name| machines.learn(&printable_str(name)));
        machines
    }

    fn call(&mut self, name: &str, machine: &str) {
        let lower = name.to_ascii_lowercase();
        let short = lower.split('.').next().unwrap_or(&lower).to_owned();
        for name in BTreeSet::from([lower, short]) {
            if name.parse::<u8>().is_ok() {
                continue;
            }
            let known = self
                .names
                .entry(name)
                .or_insert_with(|| Some(machine.to_owned()));
            if known.as_deref() != Some(machine) {
                *known = None;
            }
        }
    }

    /// The machine of an entry.
    pub(in crate::diagnose) fn of_entry(&self, entry: EntryId) -> Option<&str> {
        let at = self.of_entry.get(entry.index()).copied().flatten()?;
        self.all.get(at as usize).map(String::as_str)
    }

    /// The machine of an entry, if it has a name.
    pub(in crate::diagnose) fn shown(&self, entry: EntryId) -> Option<&str> {
        self.of_entry(entry).filter(|node| *node != UNNAMED)
    }

    /// The only machine that the bundle tells of.
    pub(in crate::diagnose) fn only(&self) -> Option<&str> {
        self.only.as_deref()
    }

    /// The machine that is called exactly so; machines with a domain are known without it as well.
    pub(in crate::diagnose) fn called(&self, name: &str) -> Option<&str> {
        self.names.get(&name.to_ascii_lowercase())?.as_deref()
    }

    /// The machine that is called so by output about the machines themselves, which may add a domain that nothing else
    /// gives. What a client dials may not: `db1.example.org` is not the machine `db1.example.com`.
    pub(in crate::diagnose) fn named(&self, name: &str) -> Option<&str> {
        let lower = name.to_ascii_lowercase();
        let bare = || {
            let (short, _) = lower.split_once('.')?;
            let other_domain = format!("{short}.");
            let mut with_domain = self.names.range(other_domain.clone()..);
            with_domain
                .next()
                .is_none_or(|(name, _)| !name.starts_with(&other_domain))
                .then(|| self.names.get(short))?
        };
        self.names.get(&lower).or_else(bare)?.as_deref()
    }

    /// A machine that the bundle names in a fact, such as a node of a cluster.
    fn learn(&mut self, name: &str) {
        if self.named(name).is_none() {
            self.call(name, name);
        }
    }
}

/// The names of one machine, as found below one directory.
#[derive(Debug, Default)]
struct Host {
    /// What the path of the entry says.
    by_path: Option<String>,
    names: BTreeSet<String>,
}

impl Host {
    /// The name that the path gives, else one that log lines use, else the shortest.
    fn canonical(&self, nodes: &BTreeSet<String>) -> String {
        let used = || {
            let short = |name: &str| name.split('.').next().unwrap_or(name).to_ascii_lowercase();
            let same = |node: &&String| self.names.iter().any(|name| short(name) == short(node));
            nodes.iter().find(same).cloned()
        };
        let shortest = || {
            self.names
                .iter()
                .min_by_key(|name| (name.len(), *name))
                .cloned()
        };
        self.by_path
            .clone()
            .or_else(used)
            .or_else(shortest)
            .unwrap_or_default()
    }
}

fn host_names(tally: &Tally) -> BTreeMap<String, Host> {
    let mut hosts: BTreeMap<String, Host> = BTreeMap::new();
    for (entry, gathered) in &tally.facts {
        let entry = &tally.entries[entry.index()];
        let names = gathered
            .facts
            .iter()
            .filter(|fact| fact.kind == "hostname" && gathered.is_host())
            .filter_map(|fact| fact.get("name"));
        for name in names {
            let host = hosts.entry(root(&entry.origin)).or_default();
            host.by_path = host.by_path.take().or_else(|| entry.node.clone());
            host.names.insert(printable_str(name).into_owned());
        }
    }
    hosts
}

/// Where nothing is named: one machine, or one for each directory if two of them state the same kind of things.
fn unnamed<'t>(tally: &'t Tally, named: &[String]) -> BTreeMap<&'t str, String> {
    let mut roots: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for (entry, gathered) in &tally.facts {
        let entry = &tally.entries[entry.index()];
        let known = |root: &String| is_below(entry.origin.as_str(), root);
        if entry.node.is_some() || named.iter().any(known) {
            seen.extend(machine_kinds(gathered));
        } else if !entry.clustered {
            let kinds = roots.entry(root(&entry.origin)).or_default();
            kinds.extend(machine_kinds(gathered));
        }
    }
    roots.retain(|_, kinds| !kinds.is_empty());
    let several = roots.values().flatten().any(|kind| !seen.insert(*kind));
    if !several {
        return BTreeMap::new();
    }
    let origins = tally
        .facts
        .iter()
        .map(|(entry, _)| tally.entries[entry.index()].origin.as_str());
    let named = origins.filter_map(|origin| {
        let root = roots.keys().rev().find(|root| is_below(origin, root))?;
        let name = root
            .rsplit(['/', '!'])
            .next()
            .filter(|name| !name.is_empty())?;
        Some((origin.get(..root.len())?, name.to_owned()))
    });
    named.collect()
}

/// Kinds of facts that a machine has once.
fn machine_kinds(gathered: &Gathered) -> impl Iterator<Item = &str> {
    let facts = gathered.facts.iter().map(|fact| &*fact.kind);
    let kinds =
        facts.filter(|kind| matches!(*kind, "socket" | "address" | "memory" | "route" | "disk"));
    kinds.chain(gathered.rulesets.iter().map(|_| "ruleset"))
}

/// The directory that stands for the machine.
fn root(origin: &Origin) -> String {
    let whole = origin.as_str();
    let start = whole.len() - origin.path().len();
    let mut end = start;
    let mut at = start;
    let mut parts = origin.path().split('/').peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() || PARTS.contains(&part) {
            break;
        }
        at += part.len();
        end = at;
        at += 1;
    }
    whole[..end].trim_end_matches('!').to_owned()
}

fn is_below(origin: &str, root: &str) -> bool {
    root.is_empty()
        || origin
            .strip_prefix(root)
            .is_some_and(|rest| rest.starts_with(['/', '!']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_is_above_the_directories_of_collectors() {
        for (origin, expected) in [
            ("sosreport-x/sos_commands/host/hostname", "sosreport-x"),
            (
                "case.zip!node1.tar.xz!etc/hostname",
                "case.zip!node1.tar.xz",
            ),
            ("a/b/hostname", "a/b"),
            ("hostname", ""),
            ("node1/commands/hostname.txt", "node1"),
        ] {
            assert_eq!(root(&Origin::new(origin)), expected, "{origin}");
        }
    }

    #[test]
    fn a_name_means_its_machine_with_and_without_its_domain() {
        let mut machines = Machines::default();
        machines.call("node-1.example.com", "node-1");
        machines.call("Node-2", "node-2");
        assert_eq!(machines.named("node-1"), Some("node-1"));
        assert_eq!(machines.named("NODE-1.example.com"), Some("node-1"));
        assert_eq!(machines.named("node-2.other"), Some("node-2"));
        assert_eq!(machines.called("node-2.other"), None);
        assert_eq!(
            machines.named("node-1.other"),
            None,
            "it has another domain"
        );
        machines.call("node-1.example.org", "other");
        assert_eq!(
            machines.named("node-1"),
            None,
            "two machines have this short name"
        );
        assert_eq!(machines.named("node-1.example.org"), Some("other"));
    }
}
