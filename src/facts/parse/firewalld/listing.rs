//! Which zone a packet comes to.

use super::zone::{Item, Zone, accept_if};
use super::{TABLE, rich};
use crate::facts::Sink;
use crate::facts::parse::draft::{Draft, Line, clip, nets};
use crate::filter::{Action, Base, Chain, Family, Hook, Policy, Rule, Ruleset, Source, Test};

const INPUT: &str = "INPUT";

/// The zones of one command.
pub(super) struct Listing<'z, 'a> {
    pub(super) zones: &'z [Zone<'a>],
    pub(super) is_single: bool,
    /// Whether the command asked for a zone by its name.
    pub(super) is_of_one: bool,
}

impl<'a> Listing<'_, 'a> {
    fn default_zone(&self) -> Option<&Zone<'a>> {
        let plain = self
            .zones
            .first()
            .filter(|_| self.is_single && !self.is_of_one);
        self.zones.iter().find(|zone| zone.is_default).or(plain)
    }

    /// The zones that packets may come to, with the rule that leads there.
    pub(super) fn ruleset(&self, sink: &mut Sink) -> Option<Ruleset> {
        let (first, default) = (self.zones.first()?, self.default_zone());
        let head = default.unwrap_or(first).line;
        let policy = if default.is_some() {
            Policy::Accept
        } else {
            Policy::Unknown
        };
        let base = Some(Base {
            hook: Hook::Input,
            priority: 10,
            policy,
        });
        let (table, name, rules) = (
            TABLE.to_owned(),
            INPUT.to_owned(),
            self.dispatch(head, default),
        );
        let mut chains = vec![Chain {
            table,
            name,
            base,
            rules,
            line: head.0,
            text: clip(head.1),
        }];
        let is_used = |zone: &&Zone<'_>| {
            let is_default = default.is_some_and(|default| default.name == zone.name);
            is_default
                || zone
                    .items("interfaces")
                    .chain(zone.items("sources"))
                    .next()
                    .is_some()
        };
        for zone in self.zones.iter().filter(is_used) {
            policy_of(zone, sink);
            chains.push(zone.chain());
        }
        let (line, text) = first.line;
        let (source, family, text) = (Source::Firewalld, Family::Any, clip(text));
        Some(Ruleset {
            source,
            family,
            chains,
            line,
            text,
        })
    }

    /// What is accepted at once, and the ways to the zones.
    fn dispatch(&self, head: Line<'_>, default: Option<&Zone<'_>>) -> Vec<Rule> {
        let mut rules = answers(head);
        for key in ["sources", "interfaces"] {
            for zone in self.zones {
                rules.extend(zone.items(key).flat_map(|item| dispatch(zone, key, item)));
            }
        }
        if let Some(zone) = default {
            rules.extend(self.other_zones(zone));
            rules.extend(Draft::new(zone.line).with(&Action::Goto(zone.name.to_owned())));
        }
        rules
    }

    /// Docker, podman and libvirt put their bridges into zones of their own, which `--list-all` does not show.
    fn other_zones(&self, zone: &Zone<'_>) -> Vec<Rule> {
        const BRIDGES: &[&str] = &["docker*", "br-*", "virbr*", "podman*", "cni-podman*"];
        if !self.is_single {
            return Vec::new();
        }
        let mut draft = Draft::new(zone.line);
        draft.need(Test::InInterface(
            BRIDGES.iter().map(|name| (*name).to_owned()).collect(),
        ));
        draft.with(&Action::Unknown("only one zone is listed".to_owned()))
    }
}

/// What is accepted before the zones are looked at: answers, redirected connections, the machine itself.
fn answers(line: Line<'_>) -> Vec<Rule> {
    let state = |names: &[&str]| Test::State(names.iter().map(|name| (*name).to_owned()).collect());
    let tests = [
        state(&["RELATED", "ESTABLISHED"]),
        state(&["DNAT"]),
        Test::InInterface(vec!["lo".to_owned()]),
    ];
    tests
        .into_iter()
        .flat_map(|test| accept_if(line, [test]))
        .collect()
}

/// The rule that leads from a source or an interface to its zone.
fn dispatch(zone: &Zone<'_>, key: &str, item: Item<'_>) -> Vec<Rule> {
    let mut draft = Draft::new(item.line);
    match (key, nets(item.text)) {
        ("interfaces", _) => draft.need(Test::InInterface(vec![item.text.to_owned()])),
        (_, Ok(nets)) => draft.need(Test::Source(nets)),
        (_, Err(source)) => draft.unknown(rich::unknown_source(source)),
    }
    draft.with(&Action::Goto(zone.name.to_owned()))
}

fn policy_of(zone: &Zone<'_>, sink: &mut Sink) {
    let (line, action) = zone.target();
    let policy = match action {
        Action::Accept => "accept",
        Action::Drop => "drop",
        Action::Reject(_) => "reject",
        _ => return,
    };
    let fields = [
        ("source", "firewalld"),
        ("table", TABLE),
        ("chain", zone.name),
        ("policy", policy),
    ];
    sink.fact("filter_policy", line, fields);
}
