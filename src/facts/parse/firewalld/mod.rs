//! `firewall-cmd --list-all`, `--list-all-zones` and `--state`, of firewalld 0.3 (RHEL 7.0) to 2.x.
//!
//! A zone is a name, perhaps with `(active)` or `(default, active)`, and indented lines `key: values`, whose values may
//! go on below. What firewalld makes of it: answers are accepted, then the zone of the packet's source decides, else
//! that of its interface, else the default zone. In a zone, rich rules that deny come first, then what is allowed, then
//! the target; see firewalld.zone(5) and firewalld.richlanguage(5). Only the way of a packet to the machine
//! itself is modelled, not what it forwards. With `--permanent` it is not what is in force.

mod listing;
mod rich;
mod services;
mod zone;

use std::collections::HashSet;

use listing::Listing;
use zone::{Item, Zone};

use super::draft::Line;
use super::origin::Origin;
use crate::facts::{Input, Parser, Sink};

pub(super) const PARSER: Parser = Parser {
    name: "firewalld",
    markers: &[
        "FirewallD is not running",
        "icmp-block-inversion: ",
        "  icmp-blocks:",
        "firewall-cmd --state",
    ],
    path: |path| path.contains("firewall-cmd"),
    parse,
};

/// The table of the rules, and its chain that all packets enter.
const TABLE: &str = "firewalld";

fn parse(input: Input<'_>, sink: &mut Sink) {
    let mut reader = Reader {
        origin: Origin::new(input.path),
        zones: Vec::new(),
        names: HashSet::new(),
        head: None,
        key: "",
    };
    for line in input.lines() {
        reader.read(line, sink);
    }
    reader.end(sink);
}

struct Reader<'a> {
    origin: Origin<'a>,
    zones: Vec<Zone<'a>>,
    /// Their names.
    names: HashSet<&'a str>,
    /// A line that may be the name of a zone, until the next confirms it.
    head: Option<Line<'a>>,
    /// The key whose values may go on.
    key: &'a str,
}

/// The keys of zones, and two of policies between zones, which are not read.
const KEYS: &[&str] = &[
    "target",
    "ingress-priority",
    "egress-priority",
    "icmp-block-inversion",
    "interfaces",
    "sources",
    "services",
    "ports",
    "protocols",
    "forward",
    "masquerade",
    "forward-ports",
    "source-ports",
    "icmp-blocks",
    "rich rules",
    "priority",
    "ingress-zones",
    "egress-zones",
];

impl<'a> Reader<'a> {
    fn read(&mut self, line: Line<'a>, sink: &mut Sink) {
        let text = line.1.trim();
        let is_indented = line.1.starts_with([' ', '\t']);
        if text.is_empty() {
            self.key = "";
            return;
        }
        let entry = text
            .split_once(':')
            .filter(|(key, _)| is_indented && KEYS.contains(key));
        if let Some((key, values)) = entry {
            if let Some(zone) = self.head.take().and_then(Zone::of) {
                self.begin(zone, sink);
            }
            self.key = key;
            self.values(line, values);
        } else if is_indented && !self.key.is_empty() {
            self.values(line, text);
        } else {
            self.key = "";
            self.other(line, text, sink);
        }
    }

    fn values(&mut self, line: Line<'a>, text: &'a str) {
        let Some(zone) = self.zones.last_mut() else {
            return;
        };
        let mut push = |text| zone.values.push((self.key, Item { line, text }));
        if self.key == "rich rules" {
            Some(text.trim())
                .filter(|text| !text.is_empty())
                .into_iter()
                .for_each(&mut push);
        } else {
            text.split_whitespace().for_each(push);
        }
    }

    fn begin(&mut self, zone: Zone<'a>, sink: &mut Sink) {
        if self.names.contains(zone.name) {
            self.end(sink);
        }
        self.names.insert(zone.name);
        self.zones.push(zone);
    }

    /// A line outside of zones.
    fn other(&mut self, line: Line<'a>, text: &'a str, sink: &mut Sink) {
        let bare = text
            .trim_start_matches(|c: char| !c.is_ascii_alphabetic())
            .trim_start_matches("Error: ");
        if bare.contains("FirewallD is not running") && text.len() <= 48 {
            state(sink, line, "inactive");
        } else if self.origin.mentions("--state") && matches!(text, "running" | "not running") {
            state(
                sink,
                line,
                if text == "running" {
                    "active"
                } else {
                    "inactive"
                },
            );
        }
        let is_name = Zone::of(line).is_some();
        if !is_name || self.head.is_some() {
            self.end(sink);
        }
        self.head = Some(line);
        if !is_name {
            self.origin
                .note(text, &["firewall-cmd", "firewall-offline-cmd"]);
        }
    }

    /// Hands over the zones of one listing.
    fn end(&mut self, sink: &mut Sink) {
        let mut zones = std::mem::take(&mut self.zones);
        self.names.clear();
        let has = |zone: &Zone<'_>, key: &str| zone.values.iter().any(|(known, _)| *known == key);
        zones.retain(|zone| !has(zone, "ingress-zones") && !has(zone, "egress-zones"));
        let is_saved = ["--permanent", "firewall-offline-cmd"]
            .iter()
            .any(|word| self.origin.mentions(word));
        let Some(first) = zones.first() else { return };
        if is_saved || !self.origin.is_running_state() {
            return;
        }
        state(sink, first.line, "active");
        let is_of_one = self.origin.mentions("zone=")
            || self.origin.mentions("info-zone")
            || self.origin.mentions("--zone");
        let listing = Listing {
            is_single: zones.len() == 1,
            is_of_one,
            zones: &zones,
        };
        if let Some(ruleset) = listing.ruleset(sink) {
            sink.ruleset(ruleset);
        }
    }
}

fn state(sink: &mut Sink, line: Line<'_>, state: &str) {
    sink.fact(
        "filter_state",
        line,
        [("source", "firewalld"), ("state", state)],
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Gathered;
    use crate::filter::{Action, Chain, Family, Match, Policy, RejectKind, Ruleset, Test};

    fn gathered(path: &str, text: &str) -> Gathered {
        PARSER.read(path, text)
    }

    fn ruleset(path: &str, text: &str) -> Ruleset {
        let mut found = gathered(path, text).rulesets;
        assert_eq!(found.len(), 1);
        found.remove(0)
    }

    fn chain<'a>(ruleset: &'a Ruleset, name: &str) -> &'a Chain {
        ruleset
            .chains
            .iter()
            .find(|chain| chain.name == name)
            .expect("the chain")
    }

    fn goto(name: &str) -> Action {
        Action::Goto(name.to_owned())
    }

    fn states(gathered: &Gathered) -> Vec<(u64, Option<&str>)> {
        let states = gathered
            .facts
            .iter()
            .filter(|fact| fact.kind == "filter_state");
        states.map(|fact| (fact.line, fact.get("state"))).collect()
    }

    const PUBLIC: &str = "\
public (active)
  target: default
  icmp-block-inversion: no
  interfaces: eth0
  sources:
  services: dhcpv6-client mine ssh
  ports: 5432/tcp 1000-2000/udp
        8080/tcp
  protocols: gre
  masquerade: no
  forward-ports: port=80:proto=tcp:toport=12345:toaddr=
  source-ports: 1024/tcp
  icmp-blocks:
  rich rules:
\trule family=\"ipv4\" source address=\"192.0.2.0/24\" reject
\trule service name=\"http\" accept
";

    #[test]
    fn a_zone_is_a_chain_with_its_target_last() {
        let ruleset = ruleset("node1/firewall-cmd_--list-all", PUBLIC);
        assert_eq!((ruleset.family, ruleset.line), (Family::Any, 1));
        let public = chain(&ruleset, "public");
        let found: Vec<_> = public
            .rules
            .iter()
            .map(|rule| (rule.line, &rule.action))
            .collect();
        assert!(matches!(found[0], (11, Action::Unknown(_))));
        assert_eq!(found[1], (15, &Action::Reject(RejectKind::PortUnreachable)));
        assert_eq!(found[2..5], [(6, &Action::Accept); 3]);
        assert_eq!(
            found[5..8],
            [
                (7, &Action::Accept),
                (7, &Action::Accept),
                (8, &Action::Accept)
            ]
        );
        assert_eq!(
            found.last(),
            Some(&(2, &Action::Reject(RejectKind::AdminProhibited)))
        );
        assert_eq!(public.rules[2].matches, [Test::Never.into()]);
        assert!(
            matches!(&public.rules[3].matches[0].test, Test::Unknown(why) if why.contains("`mine`"))
        );
        assert_eq!(
            public.rules[7].matches[1],
            Test::DestinationPort(vec![(8080, 8080)]).into()
        );
    }

    #[test]
    fn packets_come_to_the_zone_of_their_source_or_interface() {
        let text = format!(
            "block\n  target: %%REJECT%%\n  interfaces:\n  sources:\n\n\n\
             internal (active)\n  target: ACCEPT\n  interfaces: docker0\n  sources: 10.0.0.0/8 ipset:friends\n\n\n{}",
            PUBLIC.replace("(active)", "(default, active)")
        );
        let ruleset = ruleset("node1/zones.txt", &text);
        let input = chain(&ruleset, "INPUT");
        assert_eq!(
            input.base.map(|base| (base.priority, base.policy)),
            Some((10, Policy::Accept))
        );
        let ways: Vec<_> = input.rules[3..]
            .iter()
            .map(|rule| rule.action.clone())
            .collect();
        assert_eq!(
            ways,
            ["internal", "internal", "internal", "public", "public"].map(goto)
        );
        assert!(matches!(input.rules[3].matches[0].test, Test::Source(_)));
        assert!(matches!(input.rules[4].matches[0].test, Test::Unknown(_)));
        assert_eq!(
            input.rules[5].matches,
            [Test::InInterface(vec!["docker0".to_owned()]).into()]
        );
        assert_eq!(input.rules[7].matches, []);
        assert!(ruleset.chains.iter().all(|chain| chain.name != "block"));
    }

    #[test]
    fn a_single_zone_is_the_default_unless_it_was_asked_for() {
        let plain = ruleset(
            "node1/all.txt",
            &format!("# firewall-cmd --list-all\n{PUBLIC}"),
        );
        let rules = &chain(&plain, "INPUT").rules;
        assert_eq!(rules.last().map(|rule| &rule.action), Some(&goto("public")));
        // Bridges of containers are in zones that are not shown.
        assert!(matches!(&rules[rules.len() - 2].action, Action::Unknown(_)));
        let asked = ruleset(
            "node1/all.txt",
            &format!("# firewall-cmd --zone=public --list-all\n{PUBLIC}"),
        );
        let input = chain(&asked, "INPUT");
        assert_eq!(input.base.map(|base| base.policy), Some(Policy::Unknown));
        assert_eq!(input.rules.last().map(|rule| rule.line), Some(5));
    }

    #[test]
    fn old_versions_print_no_target() {
        let ruleset = ruleset(
            "node1/all.txt",
            "trusted (default, active)\n  interfaces: eth0\n  services: \n  icmp-blocks: \n  rich rules: \n",
        );
        assert_eq!(
            chain(&ruleset, "trusted")
                .rules
                .last()
                .map(|rule| &rule.action),
            Some(&Action::Accept)
        );
    }

    #[test]
    fn whether_it_runs_is_a_fact() {
        assert_eq!(
            states(&gathered("sos/firewall-cmd_--state", "not running\n")),
            [(1, Some("inactive"))]
        );
        assert_eq!(
            states(&gathered(
                "node1/all.txt",
                "$ firewall-cmd --state\nrunning\n"
            )),
            [(2, Some("active"))]
        );
        assert_eq!(
            states(&gathered(
                "node1/all.txt",
                "$ x\n\u{1b}[91mFirewallD is not running\u{1b}[00m\n"
            )),
            [(2, Some("inactive"))]
        );
        let listed = gathered("node1/all.txt", PUBLIC);
        assert_eq!(states(&listed), [(1, Some("active"))]);
        assert!(listed.facts[1].is("policy", "reject") && listed.facts[1].is("chain", "public"));
    }

    #[test]
    fn what_is_not_in_force_gives_nothing() {
        assert!(gathered("sos/firewall-cmd_--permanent_--list-all-zones", PUBLIC).is_empty());
        assert!(
            gathered(
                "node1/all.txt",
                &format!("$ firewall-offline-cmd --list-all\n{PUBLIC}")
            )
            .is_empty()
        );
        let policy = "allow-host-ipv6 (active)\n  priority: -15000\n  target: CONTINUE\n  ingress-zones: ANY\n  egress-zones: HOST\n";
        assert!(gathered("node1/all.txt", policy).is_empty());
        for text in [
            "public\n",
            "running\n",
            "  target: default\n",
            "a b c\n  ports: x\n",
            "public (odd)\n  ports: 80/tcp\n",
        ] {
            assert!(gathered("node1/all.txt", text).is_empty(), "{text}");
        }
    }

    #[test]
    fn runs_in_one_transcript_are_told_apart() {
        let text = format!(
            "# firewall-cmd --list-all\n{PUBLIC}# firewall-cmd --reload\nsuccess\n# firewall-cmd --list-all\n{PUBLIC}"
        );
        let found = gathered("node1/all.txt", &text).rulesets;
        assert_eq!(
            found.iter().map(|found| found.line).collect::<Vec<_>>(),
            [2, 21]
        );
        let not_lo = |matched: &Match| matched.test != Test::InInterface(vec!["lo".to_owned()]);
        assert!(
            !chain(&found[0], "INPUT").rules[2]
                .matches
                .iter()
                .all(not_lo)
        );
    }
}
