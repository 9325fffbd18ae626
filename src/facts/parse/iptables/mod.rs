//! What `iptables` and `ip6tables` print, of both back ends, from 1.3 (2005) to 1.8.
//!
//! `save` reads `iptables-save` and `iptables -S`, `list` reads `iptables -L`. `options` has the language of rule
//! specifications with `modules` (conditions) and `targets` (actions), `remarks` what `-L` prints behind the
//! columns. The names and forms are those of the `print` and `save` functions of iptables' extensions.

mod doubt;
mod lexicon;
mod list;
mod modules;
mod options;
mod remarks;
mod row;
mod save;
mod targets;

pub(super) use modules::{
    Side, address_types, direction_test, missing_set, packet_type, state_test, undecided,
};
pub(super) use targets::{plain, redirect, untracked};

use super::draft::{Line, clip, policy_name};
use super::origin::Origin;
use crate::facts::{Parser, Sink};
use crate::filter::{Base, Chain, Family, Policy, Ruleset, Source};

/// `iptables-save`, `iptables -S`.
pub(super) const SAVE: Parser = save::PARSER;
/// `iptables -L`.
pub(super) const LIST: Parser = list::PARSER;

/// Words that make a line outside of a listing tell about the listing that follows.
const PROGRAMS: &[&str] = &["tables", "Table: "];

/// The tables and their base chains.
const TABLES: &[(&str, &[&str])] = &[
    ("filter", &["INPUT", "FORWARD", "OUTPUT"]),
    ("nat", &["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"]),
    (
        "mangle",
        &["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"],
    ),
    ("raw", &["PREROUTING", "OUTPUT"]),
    ("security", &["INPUT", "FORWARD", "OUTPUT"]),
];

/// The table of this name.
fn table_named(name: &str) -> Option<&'static str> {
    TABLES
        .iter()
        .map(|(table, _)| *table)
        .find(|table| *table == name)
}

/// The table that chains belong to, by what command and path say, else by which chains there are.
fn table_of(origin: &Origin<'_>, chains: &[Chain]) -> &'static str {
    let bases: Vec<&str> = chains
        .iter()
        .filter(|chain| chain.base.is_some())
        .map(|chain| &*chain.name)
        .collect();
    let fits = |table: &str| {
        let known = TABLES.iter().find(|(name, _)| *name == table);
        known.is_some_and(|(_, hooks)| bases.iter().all(|base| hooks.contains(base)))
    };
    let has = |name: &str| bases.contains(&name);
    let named = origin
        .words()
        .filter_map(|word| table_named(word.rsplit("tables").next().unwrap_or_default()));
    let guess = match (has("PREROUTING"), has("FORWARD")) {
        (true, true) => "mangle",
        (true, false) if !has("POSTROUTING") && has("OUTPUT") => "raw",
        (true, false) => "nat",
        (false, _) if has("POSTROUTING") => "nat",
        (false, _) => "filter",
    };
    named.last().filter(|table| fits(table)).unwrap_or(guess)
}

/// Whether command or path speak of IPv6.
fn is_v6(origin: &Origin<'_>) -> bool {
    origin.mentions("ip6tables") || origin.mentions("iptables6") || origin.mentions("iptables -6")
}

/// Whether the listing is of another program with the same forms, for frames or ARP.
fn is_foreign(origin: &Origin<'_>) -> bool {
    ["arptables", "ebtables"]
        .iter()
        .any(|program| origin.mentions(program))
}

/// The policy by its name.
fn policy(name: &str) -> Policy {
    match name {
        "ACCEPT" => Policy::Accept,
        "DROP" => Policy::Drop,
        _ => Policy::Unknown,
    }
}

/// A chain of `table` without rules.
fn chain(table: &str, name: &str, policy: Option<Policy>, (line, text): Line<'_>) -> Chain {
    let base = policy.and_then(|policy| Base::of_iptables(table, name, policy));
    Chain {
        table: table.to_owned(),
        name: name.to_owned(),
        base,
        rules: Vec::new(),
        line,
        text: clip(text),
    }
}

/// Puts chains whose table was not known when they were read into it.
fn assign(chains: &mut [Chain], table: &str) {
    for chain in chains {
        table.clone_into(&mut chain.table);
        chain.base = chain
            .base
            .and_then(|base| Base::of_iptables(table, &chain.name, base.policy));
    }
}

/// A base chain's counter of packets that its policy has decided, by the line that has it.
type Counted = (u64, u64);

/// Hands over a ruleset and states its policies; without a base chain it decides nothing and is left out.
fn hand_over(mut ruleset: Ruleset, counted: &[Counted], sink: &mut Sink) {
    if ruleset.chains.iter().all(|chain| chain.base.is_none()) {
        return;
    }
    doubt::mark_lost_conditions(&mut ruleset);
    let source = if ruleset.family == Family::V6 {
        "ip6tables"
    } else {
        ruleset.source.as_str()
    };
    for chain in ruleset
        .chains
        .iter()
        .filter(|chain| chain.table == "filter")
    {
        let Some(policy) = chain.base.and_then(|base| policy_name(base.policy)) else {
            continue;
        };
        let packets = counted
            .iter()
            .find(|(line, _)| *line == chain.line)
            .map(|(_, packets)| packets.to_string());
        let fields = [
            ("source", source),
            ("table", &chain.table),
            ("chain", &chain.name),
            ("policy", policy),
            ("packets", packets.as_deref().unwrap_or_default()),
        ];
        sink.fact("filter_policy", (chain.line, &chain.text), fields);
    }
    sink.ruleset(ruleset);
}

/// An empty ruleset with this header.
fn ruleset(source: Source, family: Family, (line, text): Line<'_>) -> Ruleset {
    Ruleset {
        source,
        family,
        chains: Vec::new(),
        line,
        text: clip(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chains(names: &[&str]) -> Vec<Chain> {
        names
            .iter()
            .map(|name| chain("mangle", name, Some(Policy::Accept), (1, "")))
            .collect()
    }

    #[test]
    fn the_table_is_what_the_command_says_else_what_the_chains_show() {
        let of = |path, names: &[&str]| table_of(&Origin::new(path), &chains(names));
        assert_eq!(of("n/iptablesnat", &["PREROUTING"]), "nat");
        assert_eq!(of("n/iptables_-t_mangle_-nvL", &["PREROUTING"]), "mangle");
        assert_eq!(
            of(
                "n/iptables_-t_security_-nvL",
                &["INPUT", "FORWARD", "OUTPUT"]
            ),
            "security"
        );
        assert_eq!(
            of("n/iptables.txt", &["PREROUTING", "POSTROUTING", "OUTPUT"]),
            "nat"
        );
        assert_eq!(of("n/iptables.txt", &["PREROUTING", "OUTPUT"]), "raw");
        assert_eq!(
            of("n/iptables_-t_nat", &["INPUT", "FORWARD", "OUTPUT"]),
            "filter"
        );
        assert_eq!(of("destination/iptables", &["INPUT"]), "filter");
    }
}
