//! Which of several outputs shows a chain best: several programs print the same rules, not all of them whole.

use super::{Chain, Family, LOST_CONDITIONS, Policy, Ruleset, Source, Test};

/// Whether another ruleset shows the rules of this chain as well, and better.
pub(super) fn is_shown_better(rulesets: &[&Ruleset], at: usize, chain: &Chain) -> bool {
    let own = rulesets[at];
    let better = |(other_at, other): (usize, &&Ruleset)| {
        if other_at == at {
            return false;
        }
        let earlier = other_at < at;
        match (own.source, other.source) {
            (mine, theirs) if is_iptables(mine) && is_iptables(theirs) => {
                other.family == own.family
                    && (theirs, other_at) < (mine, at)
                    && shows(other, &chain.table, &chain.name)
            }
            // An iptables that does not show everything, beside an nft that does.
            (mine, Source::Nft) if is_iptables(mine) => {
                let table = format!(
                    "{} {}",
                    if own.family == Family::V6 {
                        "ip6"
                    } else {
                        "ip"
                    },
                    chain.table
                );
                (is_lossy(own) || has_no_policy(chain)) && shows(other, &table, &chain.name)
            }
            // iptables-nft's tables, of which nft shows the matches of xtables empty.
            (Source::Nft, theirs) if is_iptables(theirs) => {
                let (family, table) = chain.table.split_once(' ').unwrap_or_default();
                let family_fits = matches!(
                    (family, other.family),
                    ("ip", Family::V4) | ("ip6", Family::V6)
                );
                family_fits && !is_lossy(other) && shows(other, table, &chain.name)
            }
            (Source::Nft, Source::Nft) => earlier && shows(other, &chain.table, &chain.name),
            (Source::Firewalld, theirs) => {
                is_managed(other, theirs, |chain| {
                    chain.name == "INPUT_ZONES" || chain.table.ends_with(" firewalld")
                }) || (earlier && theirs == own.source)
            }
            (Source::Ufw, theirs) => {
                is_managed(other, theirs, |chain| chain.name.starts_with("ufw-"))
                    || (earlier && theirs == own.source)
            }
            _ => false,
        }
    };
    rulesets.iter().enumerate().any(better)
}

fn is_iptables(source: Source) -> bool {
    matches!(
        source,
        Source::IptablesSave | Source::IptablesSpec | Source::IptablesList
    )
}

/// Whether a ruleset has the chain with what it does at its end.
fn shows(ruleset: &Ruleset, table: &str, name: &str) -> bool {
    let same = |chain: &Chain| chain.table == table && chain.name == name && !has_no_policy(chain);
    ruleset.chains.iter().any(same)
}

fn has_no_policy(chain: &Chain) -> bool {
    chain
        .base
        .is_some_and(|base| base.policy == Policy::Unknown)
}

/// Whether the program that printed it left out conditions that it does not know.
fn is_lossy(ruleset: &Ruleset) -> bool {
    let lost = |test: &Test| matches!(test, Test::Unknown(why) if why == LOST_CONDITIONS);
    let mut rules = ruleset.chains.iter().flat_map(|chain| &chain.rules);
    rules.any(|rule| rule.matches.iter().any(|one| lost(&one.test)))
}

/// Whether another program shows the chains that firewalld or ufw have made.
fn is_managed(other: &Ruleset, source: Source, made: impl Fn(&Chain) -> bool) -> bool {
    (is_iptables(source) || source == Source::Nft) && other.chains.iter().any(made)
}
