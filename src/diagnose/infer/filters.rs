//! The packet filters of all machines of a bundle.

use std::collections::BTreeMap;

use super::machines::Machines;
use super::relation::cut_entries;
use crate::diagnose::tally::Tally;
use crate::filter::{Filter, Ruleset};
use crate::location::EntryId;
use crate::text::printable_str;

/// The packet filters of all machines.
#[derive(Debug, Default)]
pub(super) struct Filters<'t> {
    pub(super) of_node: BTreeMap<&'t str, (Filter<'t>, Vec<EntryId>)>,
    /// Why the rules of a machine cannot be relied on.
    pub(super) unreliable: BTreeMap<&'t str, String>,
}

impl<'t> Filters<'t> {
    pub(super) fn new(tally: &'t Tally, machines: &'t Machines) -> Self {
        let mut rulesets: BTreeMap<&str, Vec<(&Ruleset, EntryId)>> = BTreeMap::new();
        for (entry, gathered) in tally
            .facts
            .iter()
            .filter(|(_, gathered)| gathered.is_host())
        {
            if let Some(node) = machines.of_entry(*entry) {
                rulesets
                    .entry(node)
                    .or_default()
                    .extend(gathered.rulesets.iter().map(|ruleset| (ruleset, *entry)));
            }
        }
        rulesets.retain(|_, rulesets| !rulesets.is_empty());
        let cut = cut_entries(tally);
        let is_cut = |entry: EntryId| {
            cut.contains(&*printable_str(
                tally.entries[entry.index()].origin.as_str(),
            ))
        };
        let mut unreliable = BTreeMap::new();
        for (node, rulesets) in &rulesets {
            let why = if rulesets.iter().any(|(_, entry)| is_cut(*entry)) {
                format!("a part of the packet filter rules of {node} is missing in the bundle")
            } else if disagree(rulesets) {
                format!("two listings of the packet filter rules of {node} differ")
            } else {
                continue;
            };
            unreliable.insert(*node, why);
        }
        let of_node = rulesets.into_iter().map(|(node, rulesets)| {
            let sets = tally
                .facts
                .iter()
                .filter(|(entry, gathered)| {
                    gathered.is_host() && machines.of_entry(*entry) == Some(node)
                })
                .flat_map(|(_, gathered)| &gathered.sets);
            let filter = Filter::new(rulesets.iter().map(|(ruleset, _)| *ruleset)).with_sets(sets);
            (
                node,
                (
                    filter,
                    rulesets.into_iter().map(|(_, entry)| entry).collect(),
                ),
            )
        });
        Self {
            of_node: of_node.collect(),
            unreliable,
        }
    }
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
