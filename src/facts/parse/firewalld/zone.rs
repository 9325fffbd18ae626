//! Zones, and the rules that they stand for.

use super::{TABLE, rich, services};
use crate::facts::parse::draft::{Draft, Line, clip};
use crate::facts::parse::names;
use crate::filter::{Action, Chain, RejectKind, Rule, Test};

/// A value with the line that it stands in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Item<'a> {
    pub(super) line: Line<'a>,
    pub(super) text: &'a str,
}

#[derive(Debug)]
pub(super) struct Zone<'a> {
    pub(super) line: Line<'a>,
    pub(super) name: &'a str,
    pub(super) is_default: bool,
    /// Keys and the values behind them; rich rules are whole lines, all others words.
    pub(super) values: Vec<(&'a str, Item<'a>)>,
}

impl<'a> Zone<'a> {
    /// `public`, `public (active)`, `public (default, active)`.
    pub(super) fn of(line: Line<'a>) -> Option<Self> {
        let (name, state) = line
            .1
            .trim_end()
            .split_once(" (")
            .unwrap_or((line.1.trim_end(), ")"));
        let state = state.strip_suffix(')')?;
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '/');
        let states: Vec<&str> = state
            .split(',')
            .map(str::trim)
            .filter(|state| !state.is_empty())
            .collect();
        let known = states
            .iter()
            .all(|state| matches!(*state, "active" | "default"));
        (known && !name.is_empty() && name.chars().all(is_name)).then(|| Self {
            line,
            name,
            is_default: states.contains(&"default"),
            values: Vec::new(),
        })
    }

    /// The values of a key.
    pub(super) fn items<'z>(&'z self, key: &'z str) -> impl Iterator<Item = Item<'a>> + 'z {
        self.values
            .iter()
            .filter(move |(known, _)| *known == key)
            .map(|(_, item)| *item)
    }

    /// What happens to what no rule of the zone decides. Versions up to 0.3.9 do not print it.
    pub(super) fn target(&self) -> (Line<'a>, Action) {
        let rejected = Action::Reject(RejectKind::AdminProhibited);
        let target = self.items("target").next();
        let (line, name) = target.map_or((self.line, self.name), |item| (item.line, item.text));
        let action = match name {
            "ACCEPT" | "trusted" => Action::Accept,
            "DROP" | "drop" => Action::Drop,
            "default" | "%%REJECT%%" | "REJECT" => rejected,
            "block" | "public" | "external" | "dmz" | "work" | "home" | "internal"
                if target.is_none() =>
            {
                rejected
            }
            other => Action::Unknown(format!("the target `{}`", clip(other))),
        };
        (line, action)
    }

    /// Its rules, with the target as the last.
    pub(super) fn chain(&self) -> Chain {
        let mut rules: Vec<Rule> = self.items("forward-ports").flat_map(forwarded).collect();
        let rich = rich::Rules::of(self.items("rich rules"));
        rules.extend(rich.first);
        rules.extend(self.items("services").flat_map(service));
        rules.extend(
            self.items("ports")
                .flat_map(|item| port(item, Test::DestinationPort)),
        );
        rules.extend(
            self.items("source-ports")
                .flat_map(|item| port(item, Test::SourcePort)),
        );
        rules.extend(self.items("protocols").flat_map(protocol));
        rules.extend(rich.last);
        let (line, action) = self.target();
        rules.extend(Draft::new(line).with(&action));
        let (line, text) = self.line;
        Chain {
            table: TABLE.to_owned(),
            name: self.name.to_owned(),
            base: None,
            rules,
            line,
            text: clip(text),
        }
    }
}

fn service(item: Item<'_>) -> Vec<Rule> {
    accept_if(item.line, service_tests(item.text))
}

/// What a packet to a service must be.
pub(super) fn service_tests(name: &str) -> Vec<Test> {
    let Some(ports) = services::tcp_ports(name) else {
        return vec![Test::Unknown(format!(
            "the ports of the service `{}` are not known",
            clip(name)
        ))];
    };
    let ranges: Option<Vec<_>> = ports
        .split_whitespace()
        .map(|range| names::port_range(range, '-'))
        .collect();
    match ranges {
        Some(ranges) if !ranges.is_empty() => {
            vec![
                Test::Protocol(vec!["tcp".to_owned()]),
                Test::DestinationPort(ranges),
            ]
        }
        _ => vec![Test::Never],
    }
}

/// `80/tcp`, `1000-2000/tcp`.
fn port(item: Item<'_>, test: fn(Vec<(u16, u16)>) -> Test) -> Vec<Rule> {
    accept_if(item.line, port_tests(item.text, test))
}

pub(super) fn port_tests(text: &str, test: fn(Vec<(u16, u16)>) -> Test) -> Vec<Test> {
    let parts = text.split_once('/').and_then(|(range, protocol)| {
        Some((names::port_range(range, '-')?, names::protocol(protocol)?))
    });
    match parts {
        Some((range, protocol)) => vec![Test::Protocol(vec![protocol]), test(vec![range])],
        None => vec![Test::Unknown(format!(
            "the port `{}` is not known",
            clip(text)
        ))],
    }
}

fn protocol(item: Item<'_>) -> Vec<Rule> {
    accept_if(
        item.line,
        names::protocol(item.text).map(|name| Test::Protocol(vec![name])),
    )
}

/// `port=80:proto=tcp:toport=12345:toaddr=`: where it leads is not looked at.
fn forwarded(item: Item<'_>) -> Vec<Rule> {
    let value = |key: &str| {
        item.text
            .split(':')
            .find_map(|part| part.strip_prefix(key)?.strip_prefix('='))
    };
    let port = format!(
        "{}/{}",
        value("port").unwrap_or_default(),
        value("proto").unwrap_or_default()
    );
    let mut draft = Draft::new(item.line);
    draft.add_all(
        port_tests(&port, Test::DestinationPort)
            .into_iter()
            .map(|test| (test, false)),
    );
    draft.with(&Action::Unknown(format!(
        "the port is forwarded, `{}`",
        clip(item.text)
    )))
}

pub(super) fn accept_if(line: Line<'_>, tests: impl IntoIterator<Item = Test>) -> Vec<Rule> {
    let mut draft = Draft::new(line);
    draft.add_all(tests.into_iter().map(|test| (test, false)));
    draft.with(&Action::Accept)
}
