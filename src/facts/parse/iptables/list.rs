//! `iptables -L`, with any of `-n`, `-v`, `-x`, `--line-numbers` and `-t`; also `service iptables status` of RHEL 5 and 6.
//!
//! `Chain INPUT (policy DROP 18 packets, 1080 bytes)`, a header, and rows of
//! `[num] [pkts bytes] target prot opt [in out] source destination` with free text behind, see `remarks`. A rule
//! without a target has spaces there; for IPv6, `opt` is spaces up to 1.8.8. Without `-v` interfaces are not shown, so
//! that `-i lo -j ACCEPT` looks as if it accepted everything: such rules stay undecided.

use std::collections::HashSet;

use super::row::{Columns, Row, count};
use super::{
    Counted, PROGRAMS, assign, chain, hand_over, is_foreign, is_v6, policy, ruleset, table_of,
};
use crate::facts::parse::draft::{Draft, Line};
use crate::facts::parse::origin::Origin;
use crate::facts::{Input, Parser, Sink};
use crate::filter::{Action, Family, Ruleset, Source};

pub(super) const PARSER: Parser = Parser {
    name: "iptables_list",
    markers: &["prot opt source ", "prot opt in "],
    path: |_| false,
    parse,
};

fn parse(input: Input<'_>, sink: &mut Sink) {
    let mut reader = Reader {
        origin: Origin::new(input.path),
        open: None,
        pending: None,
        columns: None,
    };
    for line in input.lines() {
        reader.read(line, sink);
    }
    reader.end(sink);
}

struct Reader<'a> {
    origin: Origin<'a>,
    open: Option<Open<'a>>,
    /// `Chain INPUT ...`, until its header confirms it.
    pending: Option<(Line<'a>, Declared<'a>)>,
    /// The columns of the current chain.
    columns: Option<Columns>,
}

/// A ruleset that is being read.
struct Open<'a> {
    ruleset: Ruleset,
    origin: Origin<'a>,
    counted: Vec<Counted>,
    /// Whether rows have addresses of IPv6.
    has_v6: bool,
    /// The names of its chains.
    names: HashSet<&'a str>,
    /// Whether it has a chain that is no base chain.
    has_user_defined: bool,
}

/// What stands behind `Chain`.
struct Declared<'a> {
    name: &'a str,
    policy: Option<&'a str>,
    packets: Option<u64>,
}

impl<'a> Declared<'a> {
    /// `Chain INPUT (policy DROP 18 packets, 1080 bytes)`, `Chain web (3 references)`.
    fn of(text: &'a str) -> Option<Self> {
        let (name, rest) = text.strip_prefix("Chain ")?.split_once(" (")?;
        let inside = rest.trim_end().strip_suffix(')')?;
        let Some(policy) = inside.strip_prefix("policy ") else {
            return inside.ends_with("references").then_some(Self {
                name,
                policy: None,
                packets: None,
            });
        };
        let mut words = policy.split_whitespace();
        Some(Self {
            name,
            policy: words.next(),
            packets: words.next().and_then(count),
        })
    }
}

impl<'a> Reader<'a> {
    fn read(&mut self, line: Line<'a>, sink: &mut Sink) {
        let text = line.1.trim_end();
        if let Some(declared) = Declared::of(text) {
            self.columns = None;
            self.pending = Some((line, declared));
        } else if let Some((chain, declared)) = self.pending.take() {
            self.columns = Columns::of(text);
            if self.columns.is_some() {
                self.chain(chain, &declared, sink);
            }
        } else if text.is_empty() {
            self.columns = None;
        } else if !self.columns.is_some_and(|columns| self.row(columns, line)) {
            self.end(sink);
            self.origin.note(text, PROGRAMS);
        }
    }

    /// Begins a chain, and a new ruleset if it cannot be of the same table as those before.
    fn chain(&mut self, line: Line<'a>, declared: &Declared<'a>, sink: &mut Sink) {
        if self
            .open
            .as_ref()
            .is_some_and(|open| open.is_other_table(declared))
        {
            self.end_table(sink);
        }
        if is_foreign(&self.origin) || !self.origin.is_running_state() {
            return;
        }
        let origin = self.origin;
        let open = self.open.get_or_insert_with(|| Open {
            ruleset: ruleset(Source::IptablesList, Family::V4, line),
            origin,
            counted: Vec::new(),
            has_v6: false,
            names: HashSet::new(),
            has_user_defined: false,
        });
        open.names.insert(declared.name);
        open.has_user_defined |= declared.policy.is_none();
        // Which table it is shows only at its end; in `mangle`, all hooks have a base chain.
        open.ruleset.chains.push(chain(
            "mangle",
            declared.name,
            declared.policy.map(policy),
            line,
        ));
        open.counted
            .extend(declared.packets.map(|packets| (line.0, packets)));
    }

    /// Adds a rule to the last chain, unless the listing is not taken; false if the line is none.
    fn row(&mut self, columns: Columns, line: Line<'a>) -> bool {
        let row = Row::of(columns, line.1);
        let Some(open) = &mut self.open else {
            return row.is_some();
        };
        let Some(chain) = open.ruleset.chains.last_mut() else {
            return false;
        };
        match row {
            Some(row) => {
                open.has_v6 |= row.source.contains(':') || row.destination.contains(':');
                chain.rules.extend(row.draft(columns, line).finish());
            }
            None if columns.is_row(line.1) => {
                let action = Action::Unknown("a rule that is not understood".to_owned());
                chain.rules.extend(Draft::new(line).with(&action));
            }
            None => return false,
        }
        true
    }

    /// Ends the ruleset, and with it what a table's name tells.
    fn end(&mut self, sink: &mut Sink) {
        self.columns = None;
        self.end_table(sink);
    }

    fn end_table(&mut self, sink: &mut Sink) {
        let Some(mut open) = self.open.take() else {
            return;
        };
        if open.has_v6 || is_v6(&open.origin) {
            open.ruleset.family = Family::V6;
        }
        let table = table_of(&open.origin, &open.ruleset.chains);
        assign(&mut open.ruleset.chains, table);
        hand_over(open.ruleset, &open.counted, sink);
    }
}

impl Open<'_> {
    /// Whether a chain belongs to another table: base chains stand in front of all others, `PREROUTING` first.
    fn is_other_table(&self, next: &Declared<'_>) -> bool {
        let has = |name: &str| self.names.contains(name);
        let is_first =
            next.name == "PREROUTING" || next.name == "INPUT" && (has("FORWARD") || has("OUTPUT"));
        has(next.name) || (next.policy.is_some() && (self.has_user_defined || is_first))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Gathered;
    use crate::facts::parse::draft::nets;
    use crate::filter::{Match, Net, Policy, RejectKind, Rule, Test};

    fn gathered(path: &str, text: &str) -> Gathered {
        PARSER.read(path, text)
    }

    const V: &str =
        " pkts bytes target     prot opt in     out     source               destination         ";

    /// The rules of an INPUT chain with these rows.
    fn rules(header: &str, rows: &str) -> Vec<Rule> {
        let text = format!("Chain INPUT (policy ACCEPT 0 packets, 0 bytes)\n{header}\n{rows}");
        let mut rulesets = gathered("node1/iptables.txt", &text).rulesets;
        assert_eq!(rulesets.len(), 1, "{rows}");
        rulesets.remove(0).chains.remove(0).rules
    }

    fn net(text: &str) -> Vec<Net> {
        nets(text).expect("networks")
    }

    #[test]
    fn every_cell_is_a_condition() {
        let rules = rules(
            V,
            "  12K 1080 ACCEPT     tcp  --  eth0   *       10.0.0.0/8           0.0.0.0/0            tcp dpt:5432\n\
                 5   300 REJECT     0    --  !lo    *      !192.0.2.7            0.0.0.0/0            reject-with icmp-host-prohibited\n",
        );
        let tcp = Test::Protocol(vec!["tcp".to_owned()]);
        let expected = [
            tcp,
            Test::InInterface(vec!["eth0".to_owned()]),
            Test::Source(net("10.0.0.0/8")),
            Test::DestinationPort(vec![(5432, 5432)]),
        ];
        assert_eq!(rules[0].matches, expected.map(Match::from));
        assert_eq!(
            (&rules[0].action, rules[0].packets, rules[0].line),
            (&Action::Accept, Some(12_000), 3)
        );
        let not = |test| Match {
            negated: true,
            test,
        };
        assert_eq!(
            rules[1].matches,
            [
                not(Test::InInterface(vec!["lo".to_owned()])),
                not(Test::Source(net("192.0.2.7")))
            ]
        );
        assert_eq!(rules[1].action, Action::Reject(RejectKind::HostProhibited));
    }

    #[test]
    fn rules_without_target_or_option_are_told_apart() {
        let rules = rules(
            V,
            "    0     0            6    --  *      *       0.0.0.0/0            0.0.0.0/0            tcp dpt:5432\n\
             \x20   0     0 KUBE-PROXY-FIREWALL  all      *      *       0.0.0.0/0            0.0.0.0/0           \n\
             \x20   0     0            all      *      *       0.0.0.0/0            0.0.0.0/0           \n\
             \x20   0     0 DROP       0    -f  *      *       0.0.0.0/0            0.0.0.0/0           \n\
             \x20   0     0 DROP       ipencap--  *      *       0.0.0.0/0            0.0.0.0/0           \n",
        );
        let actions: Vec<_> = rules.iter().map(|rule| &rule.action).collect();
        let jump = Action::Jump("KUBE-PROXY-FIREWALL".to_owned());
        assert_eq!(
            actions,
            [
                &Action::Continue,
                &jump,
                &Action::Continue,
                &Action::Drop,
                &Action::Drop
            ]
        );
        assert_eq!(rules[0].matches.len(), 2);
        assert_eq!(rules[1].matches, []);
        assert_eq!(rules[3].matches, [Test::Never.into()]);
        assert_eq!(
            rules[4].matches,
            [Test::Protocol(vec!["ipencap".to_owned()]).into()]
        );
    }

    #[test]
    fn without_interfaces_no_rule_is_trusted() {
        let header = "num  target     prot opt source               destination         ";
        let rules = rules(
            header,
            "1    ACCEPT     all  --  anywhere             anywhere            \n2               tcp  --  db.example           anywhere             tcp dpt:postgresql\n",
        );
        let reason =
            Test::Unknown("`iptables -L` without `-v` does not show interfaces".to_owned());
        assert_eq!(rules[0].matches, [reason.clone().into()]);
        assert_eq!(rules[1].action, Action::Continue);
        let host = Test::Unknown("the address of `db.example` is not known".to_owned());
        assert!(
            rules[1].matches.contains(&host.into()) && rules[1].matches.contains(&reason.into())
        );
        assert!(
            rules[1]
                .matches
                .contains(&Test::DestinationPort(vec![(5432, 5432)]).into())
        );
    }

    #[test]
    fn tables_that_follow_one_another_are_told_apart() {
        let chains = [
            "INPUT",
            "FORWARD",
            "OUTPUT",
            "web",
            "PREROUTING",
            "INPUT",
            "OUTPUT",
            "POSTROUTING",
            "PREROUTING",
            "OUTPUT",
            "INPUT",
            "FORWARD",
            "OUTPUT",
        ];
        let text: String = chains
            .iter()
            .map(|name| {
                if *name == "web" {
                    format!("Chain web (0 references)\n{V}\n\n")
                } else {
                    format!("Chain {name} (policy ACCEPT 0 packets, 0 bytes)\n{V}\n\n")
                }
            })
            .collect();
        let rulesets = gathered("node1/firewall.txt", &text).rulesets;
        let tables: Vec<_> = rulesets
            .iter()
            .map(|found| (&*found.chains[0].table, found.chains.len()))
            .collect();
        assert_eq!(
            tables,
            [("filter", 4), ("nat", 4), ("raw", 2), ("filter", 3)]
        );
    }

    #[test]
    fn family_and_table_come_from_command_path_or_rows() {
        let chain = format!("Chain OUTPUT (policy DROP)\n{V}\n");
        assert_eq!(
            gathered("ip6tables_-vnxL", &chain).rulesets[0].family,
            Family::V6
        );
        let row = "    0     0 DROP       all      *      *       ::/0                 !::1                \n";
        let found = gathered("node1/all.txt", &format!("{chain}{row}")).rulesets;
        assert_eq!(found[0].family, Family::V6);
        assert_eq!(
            found[0].chains[0].rules[0].matches,
            [Match {
                negated: true,
                test: Test::Destination(net("::1"))
            }]
        );
        let found = gathered(
            "node1/all.txt",
            &format!("# iptables -t nat -nvL\n{chain}\nTable: raw\n{chain}"),
        )
        .rulesets;
        assert_eq!(
            found
                .iter()
                .map(|found| &*found.chains[0].table)
                .collect::<Vec<_>>(),
            ["nat", "raw"]
        );
    }

    #[test]
    fn a_row_that_is_not_understood_is_not_left_out() {
        let rules = rules(
            V,
            "    0     0 ACCEPT     ?    ~~  lo     *\n    5   300 DROP       0    --  *      *       0.0.0.0/0            0.0.0.0/0           \n",
        );
        assert!(matches!(rules[0].action, Action::Unknown(_)));
        assert_eq!(rules[1].action, Action::Drop);
    }

    #[test]
    fn policies_are_facts() {
        let text = format!(
            "Chain INPUT (policy DROP 18 packets, 1080 bytes)\n{V}\n\nChain web (2 references)\n{V}\n"
        );
        let found = gathered("node1/iptables.txt", &text);
        assert_eq!(
            found.rulesets[0].chains[0].base.map(|base| base.policy),
            Some(Policy::Drop)
        );
        assert_eq!(found.facts.len(), 1);
        assert!(found.facts[0].is("policy", "drop") && found.facts[0].is("packets", "18"));
    }

    #[test]
    fn what_is_no_listing_gives_nothing() {
        for text in [
            "Chain INPUT (policy ACCEPT)\n",
            "Chain of events (policy DROP)\nnot a header\n",
            "target prot opt source destination\nACCEPT all -- anywhere anywhere\n",
            "Chain  ()\n",
            "Chain x (policy )\n",
        ] {
            assert!(gathered("node1/iptables.txt", text).is_empty(), "{text}");
        }
        for row in [
            "1",
            "1 2",
            "    0     0",
            "    0     0 ACCEPT",
            "    0     0 ACCEPT     0",
            "é é é é é é é é é é é",
            "ACCEPT all -- é",
        ] {
            let _ = gathered("x", &format!("Chain INPUT (policy ACCEPT)\n{V}\n{row}\n"));
        }
    }
}
