//! The packet filters of all machines of a bundle.

use std::collections::BTreeMap;

use super::machines::Machines;
use super::relation::{Relations, cut_entries};
use crate::diagnose::tally::Tally;
use crate::filter::{Filter, IpSet, Ruleset};
use crate::location::EntryId;

/// The packet filters of all machines.
#[derive(Debug, Default)]
pub(super) struct Filters<'t> {
    pub(super) of_node: BTreeMap<&'t str, (Filter<'t>, Vec<EntryId>)>,
    /// Programs that make rules, run on a machine, and of which the rules that are known show nothing.
    pub(super) hidden: BTreeMap<&'t str, &'static str>,
    /// Why the rules of a machine cannot be relied on.
    pub(super) unreliable: BTreeMap<&'t str, String>,
}

impl<'t> Filters<'t> {
    pub(super) fn new(tally: &'t Tally, machines: &'t Machines, relations: &Relations) -> Self {
        let mut shown: BTreeMap<&str, Shown<'_>> = BTreeMap::new();
        for (entry, gathered) in tally.facts.iter().filter(|(_, found)| found.is_host()) {
            if let Some(node) = machines.of_entry(*entry) {
                let shown = shown.entry(node).or_default();
                let rulesets = gathered.rulesets.iter();
                shown
                    .rulesets
                    .extend(rulesets.map(|ruleset| (ruleset, *entry)));
                shown.sets.extend(&gathered.sets);
            }
        }
        shown.retain(|_, shown| !shown.rulesets.is_empty());
        let cut = cut_entries(tally);
        let mut filters = Self::default();
        for (node, Shown { rulesets, sets }) in shown {
            if rulesets.iter().any(|(_, entry)| cut.contains(entry)) {
                let why =
                    format!("a part of the packet filter rules of {node} is missing in the bundle");
                filters.unreliable.insert(node, why);
            } else if disagree(&rulesets) {
                let why = format!("two listings of the packet filter rules of {node} differ");
                filters.unreliable.insert(node, why);
            }
            let filter = Filter::new(rulesets.iter().map(|(ruleset, _)| *ruleset)).with_sets(sets);
            let hidden = ["firewalld", "ufw"]
                .into_iter()
                .find(|program| runs(program, node, relations) && !filter.shows_program(program));
            filters.hidden.extend(hidden.map(|program| (node, program)));
            let entries = rulesets.into_iter().map(|(_, entry)| entry).collect();
            filters.of_node.insert(node, (filter, entries));
        }
        filters
    }
}

/// What was collected of the packet filter of one machine.
#[derive(Default)]
struct Shown<'t> {
    rulesets: Vec<(&'t Ruleset, EntryId)>,
    sets: Vec<&'t IpSet>,
}

/// Whether a program that makes rules is active on a machine. The unit of ufw is active even where ufw is not.
fn runs(program: &str, node: &str, relations: &Relations) -> bool {
    let has = |kind: &str, name: &str| {
        let mut rows = relations.rows(kind).iter();
        rows.any(|row| {
            row.node.as_deref() == Some(node) && row.is(name, program) && row.is("state", "active")
        })
    };
    program == "firewalld" && has("unit", "unit") || has("filter_state", "source")
}

/// Whether the same program shows other rules of a chain in another entry: one of them is out of date.
fn disagree(rulesets: &[(&Ruleset, EntryId)]) -> bool {
    let mut seen: BTreeMap<_, (EntryId, Vec<_>)> = BTreeMap::new();
    for (ruleset, entry) in rulesets {
        for chain in &ruleset.chains {
            let rules = chain.rules.iter().map(|rule| (&rule.matches, &rule.action));
            let rules: Vec<_> = rules.collect();
            let key = (ruleset.source, ruleset.family, &chain.table, &chain.name);
            let (other, known) = seen.entry(key).or_insert_with(|| (*entry, rules.clone()));
            if other != entry && *known != rules {
                return true;
            }
        }
    }
    false
}
