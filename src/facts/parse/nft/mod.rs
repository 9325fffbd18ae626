//! `nft list ruleset`, also with `-a`, `-s`, `-n` and of single tables, as versions 0.6 (2016) to 1.1 print it.
//!
//! `table FAMILY NAME { chain NAME { type filter hook input priority 0; policy drop; RULE } set NAME { ... } }`, a
//! rule a line; see nft(8). Tables of the families ip, ip6 and inet are read. What `bridge`, `arp` and `netdev` filter is
//! not looked at: no connection of the machine passes `arp`, and the others are rare. `nft -j` is another form, and
//! files with `flush ruleset` or variables are what would be loaded, not what is in force.
//!
//! Rules of `iptables` on `nf_tables` are listed as well, but nft shows what it can translate of their conditions;
//! `rule` and `condition` know where that goes wrong.

mod condition;
mod flags;
mod property;
mod rule;
mod select;
mod table;
mod token;
mod value;
mod verdict;

use std::collections::HashSet;

use table::{Shown, Table};

use super::draft::{Line, clip};
use super::origin::Origin;
use crate::facts::{Input, Parser, Sink};
use crate::filter::{Family, Ruleset, Source};

pub(super) const PARSER: Parser = Parser {
    name: "nft",
    markers: &[
        "hook prerouting priority",
        "hook input priority",
        "hook forward priority",
        "hook output priority",
        "hook postrouting priority",
    ],
    path: |_| false,
    parse,
};

fn parse(input: Input<'_>, sink: &mut Sink) {
    let is_file = |line: &str| {
        line.starts_with("#!") || line.starts_with("flush ruleset") || line.starts_with("define ")
    };
    if input.text.trim_start().starts_with('{') || input.text.lines().any(is_file) {
        return;
    }
    let mut reader = Reader {
        origin: Origin::new(input.path),
        table: None,
        tables: Vec::new(),
        names: HashSet::new(),
        warned: false,
    };
    for line in input.lines() {
        reader.read(line, sink);
    }
    reader.end(sink);
}

struct Reader<'a> {
    origin: Origin<'a>,
    /// The table that is being read.
    table: Option<Table<'a>>,
    /// The tables of this ruleset so far.
    tables: Vec<Table<'a>>,
    /// Their families and names.
    names: HashSet<String>,
    /// Whether nft has said that iptables manages a table; such versions show all conditions.
    warned: bool,
}

impl<'a> Reader<'a> {
    fn read(&mut self, line: Line<'a>, sink: &mut Sink) {
        let text = line.1.trim();
        if text.is_empty() {
            return;
        }
        if self.table.as_mut().is_some_and(|table| table.take(line)) {
            if self.table.as_ref().is_some_and(|table| table.is_complete) {
                self.tables.extend(self.table.take());
            }
            return;
        }
        // A table that does not end is cut.
        self.tables.extend(self.table.take());
        if let Some(table) = Table::of(line) {
            if self.names.contains(&table.name) {
                self.end(sink);
            }
            self.names.insert(table.name.clone());
            self.table = Some(table);
        } else if text.contains("is managed by iptables-nft") {
            self.warned = true;
        } else {
            self.end(sink);
            self.origin.note(text, &["nft "]);
        }
    }

    /// Hands over the tables that are read as one ruleset; their names tell their families.
    fn end(&mut self, sink: &mut Sink) {
        self.tables.extend(self.table.take());
        let tables = std::mem::take(&mut self.tables);
        let warned = std::mem::take(&mut self.warned);
        self.names.clear();
        let Some(first) = tables.first() else { return };
        if !self.origin.is_running_state() {
            return;
        }
        let shown = Shown {
            all: warned || tables.iter().any(Table::names_extensions),
            elements: tables.iter().any(Table::has_elements),
        };
        let chains = tables
            .iter()
            .flat_map(|table| table.chains(shown))
            .collect();
        tables.iter().for_each(|table| table.policies(sink));
        let (line, text) = first.line;
        let (source, family, text) = (Source::Nft, Family::Any, clip(text));
        sink.ruleset(Ruleset {
            source,
            family,
            chains,
            line,
            text,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Gathered;
    use crate::filter::{Action, Base, Chain, Hook, Policy, Test};

    fn gathered(path: &str, text: &str) -> Gathered {
        PARSER.read(path, text)
    }

    fn rulesets(text: &str) -> Vec<Ruleset> {
        gathered("node1/nft_ruleset", text).rulesets
    }

    fn chain<'a>(ruleset: &'a Ruleset, table: &str, name: &str) -> &'a Chain {
        let mut chains = ruleset.chains.iter();
        chains
            .find(|chain| (&*chain.table, &*chain.name) == (table, name))
            .expect("the chain")
    }

    fn base(chain: &Chain) -> (Hook, i32, Policy) {
        let Base {
            hook,
            priority,
            policy,
        } = chain.base.expect("a base chain");
        (hook, priority, policy)
    }

    const LISTED: &str = "\
table inet fw { # handle 1
	comment \"made by hand\"
	counter web { # handle 2
		packets 5 bytes 300
	}

	set banned { # handle 3
		type ipv4_addr
		flags interval
		elements = { 10.1.0.0/16, 192.0.2.5-192.0.2.9,
			     198.51.100.7 }
	}

	chain input { # handle 4
		type filter hook input priority filter + 10; policy drop;
		ip saddr @banned drop # handle 5
		tcp dport { 22,
			80 } accept
	}

	chain web {
		accept
	}
}
table ip nat {
	chain PREROUTING {
		type nat hook prerouting priority dstnat; policy accept;
		tcp dport 80 counter packets 7 bytes 420 dnat to 10.0.0.2:8080
	}
}
table bridge odd {
	chain forward {
		type filter hook forward priority filter; policy drop;
	}
}
";

    #[test]
    fn tables_of_one_listing_are_one_ruleset() {
        let found = rulesets(LISTED);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].family, found[0].line), (Family::Any, 1));
        let input = chain(&found[0], "inet fw", "input");
        assert_eq!(base(input), (Hook::Input, 10, Policy::Drop));
        assert_eq!((input.line, input.rules.len()), (15, 2));
        assert_eq!(
            (input.rules[1].line, &*input.rules[1].text),
            (17, "\t\ttcp dport { 22,")
        );
        assert!(
            input.rules[1]
                .matches
                .contains(&Test::DestinationPort(vec![(22, 22), (80, 80)]).into())
        );
        let banned = &input.rules[0].matches[1].test;
        assert!(
            matches!(banned, Test::Source(nets) if nets.len() == 3),
            "{banned:?}"
        );
        assert_eq!(
            chain(&found[0], "inet fw", "web").rules[0].action,
            Action::Accept
        );
        let nat = chain(&found[0], "ip nat", "PREROUTING");
        assert_eq!(base(nat), (Hook::Prerouting, -100, Policy::Accept));
        assert_eq!(nat.rules[0].packets, Some(7));
        assert!(
            found[0]
                .chains
                .iter()
                .all(|chain| !chain.table.starts_with("bridge"))
        );
    }

    #[test]
    fn policies_of_chains_that_filter_are_facts() {
        let facts = gathered("node1/nft_ruleset", LISTED).facts;
        assert_eq!(facts.len(), 1);
        assert_eq!(facts[0].line, 15);
        for (field, value) in [
            ("source", "nftables"),
            ("table", "inet fw"),
            ("chain", "input"),
            ("policy", "drop"),
        ] {
            assert!(facts[0].is(field, value), "{field}");
        }
    }

    #[test]
    fn priorities_are_names_or_numbers() {
        for (text, expected) in [
            ("filter", 0),
            ("raw", -300),
            ("mangle - 5", -155),
            ("-100", -100),
            ("filter + 10", 10),
            ("srcnat", 100),
        ] {
            let text = format!(
                "table ip t {{\n\tchain c {{\n\t\ttype filter hook output priority {text}; policy accept;\n\t}}\n}}\n"
            );
            assert_eq!(base(&rulesets(&text)[0].chains[0]).1, expected, "{text}");
        }
    }

    #[test]
    fn files_and_other_forms_are_not_what_is_in_force() {
        assert!(gathered("sos/etc/nftables.conf", LISTED).is_empty());
        assert!(rulesets(&format!("#!/usr/sbin/nft -f\nflush ruleset\n{LISTED}")).is_empty());
        assert!(rulesets("{\"nftables\": [{\"metainfo\": {}}]}").is_empty());
        assert!(rulesets(&format!("$ ip netns exec blue nft list ruleset\n{LISTED}")).is_empty());
        assert!(rulesets(&format!("$ cat /etc/nftables.conf\n{LISTED}")).is_empty());
    }

    #[test]
    fn listings_in_a_transcript_are_told_apart() {
        let text = format!("$ nft list ruleset\n{LISTED}[rc=0]\n\n$ nft -a list ruleset\n{LISTED}");
        assert_eq!(
            rulesets(&text)
                .iter()
                .map(|found| found.line)
                .collect::<Vec<_>>(),
            [2, 40]
        );
    }

    #[test]
    fn a_listing_that_is_cut_decides_nothing_at_its_end() {
        let text = LISTED.split("tcp dport").next().expect("the first part");
        let found = rulesets(text);
        let last = chain(&found[0], "inet fw", "input")
            .rules
            .last()
            .expect("a rule")
            .action
            .clone();
        assert_eq!(last, Action::Unknown("the listing is cut".to_owned()));
    }

    #[test]
    fn odd_text_does_no_harm() {
        for text in [
            "table",
            "table ip {",
            "table ip x {\n}",
            "table ip x {\n\tchain\n\tchain {\n\t\t}\n",
            "table ip x {\n\tset y {\n\t\telements = { ,, . : }\n\t}\n\tchain c {\n\t\tip saddr @y vmap @y\n\t\tfib\n\t\t{ { {\n",
        ] {
            let _ = rulesets(text);
        }
    }
}
