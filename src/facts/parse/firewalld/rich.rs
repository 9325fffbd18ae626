//! Rich rules: `rule family="ipv4" source address="10.0.0.0/24" port port="5432" protocol="tcp" accept`.

use super::zone::{Item, port_tests, service_tests};
use crate::facts::parse::draft::{Draft, clip, nets, reject};
use crate::facts::parse::iptables::missing_set;
use crate::facts::parse::names;
use crate::filter::{Action, Family, Net, RejectKind, Rule, Test};

/// The rich rules of a zone in the order in which they count.
#[derive(Debug, Default)]
pub(super) struct Rules {
    /// What counts before services and ports: by priority, and of those without one what denies.
    pub(super) first: Vec<Rule>,
    /// What counts with them or after them.
    pub(super) last: Vec<Rule>,
}

impl Rules {
    pub(super) fn of<'a>(items: impl Iterator<Item = Item<'a>>) -> Self {
        let mut read: Vec<(i32, bool, Vec<Rule>)> = items.map(rule).collect();
        read.sort_by_key(|(priority, allows, _)| (*priority, *allows));
        let (first, last): (Vec<_>, Vec<_>) = read
            .into_iter()
            .partition(|(priority, allows, _)| *priority < 0 || (*priority == 0 && !allows));
        let rules = |rules: Vec<(i32, bool, Vec<Rule>)>| {
            rules.into_iter().flat_map(|(_, _, rules)| rules).collect()
        };
        Self {
            first: rules(first),
            last: rules(last),
        }
    }
}

/// A word, with its value if it is an attribute.
type Word<'a> = (&'a str, Option<&'a str>);

/// The words and attributes of a rule.
fn words(text: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let end = rest.find([' ', '=']).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        let (value, after) = after.strip_prefix('=').map_or((None, after), value);
        words.push((name, value));
        rest = after.trim_start();
    }
    words
}

/// The value behind an equals sign, and what follows it.
fn value(text: &str) -> (Option<&str>, &str) {
    let (value, after) = if let Some(inside) = text.strip_prefix('"') {
        inside.split_once('"').unwrap_or((inside, ""))
    } else {
        text.split_at(text.find(' ').unwrap_or(text.len()))
    };
    (Some(value), after)
}

/// What a rule says, part by part.
struct Reader<'w, 'a> {
    draft: Draft,
    words: std::iter::Peekable<std::slice::Iter<'w, Word<'a>>>,
    priority: i32,
    action: Option<Action>,
}

/// Reads a rule: its priority, whether it allows, and what becomes of it.
fn rule(item: Item<'_>) -> (i32, bool, Vec<Rule>) {
    let words = words(item.text);
    let mut reader = Reader {
        draft: Draft::new(item.line),
        words: words.iter().peekable(),
        priority: 0,
        action: None,
    };
    while let Some((name, value)) = reader.words.next() {
        reader.part(name, *value);
    }
    let action = reader.action.unwrap_or(Action::Continue);
    let denies = matches!(action, Action::Drop | Action::Reject(_));
    (reader.priority, !denies, reader.draft.with(&action))
}

impl<'a> Reader<'_, 'a> {
    fn part(&mut self, name: &'a str, value: Option<&'a str>) {
        match (name, value) {
            ("rule", None) => {}
            ("priority", Some(value)) => self.priority = value.parse().unwrap_or(0),
            ("family", Some("ipv4")) => self.draft.need(Test::Family(Family::V4)),
            ("family", Some("ipv6")) => self.draft.need(Test::Family(Family::V6)),
            ("source", None) => self.address(Test::Source),
            ("destination", None) => self.address(Test::Destination),
            ("service", None) => {
                let tests = service_tests(self.attribute("name").unwrap_or_default());
                self.need(tests);
            }
            ("port" | "source-port", None) => self.port(name),
            ("protocol", None) => {
                let name = self.attribute("value").and_then(names::protocol);
                self.need(name.map(|name| Test::Protocol(vec![name])));
            }
            ("forward-port", None) => {
                self.port("port");
                let to = [self.attribute("to-port"), self.attribute("to-addr")];
                let to: Vec<&str> = to.into_iter().flatten().collect();
                self.action = Some(Action::Unknown(format!(
                    "the port is forwarded to `{}`",
                    clip(&to.join(" "))
                )));
            }
            // These match ICMP, or have an effect on what is forwarded.
            ("icmp-block" | "icmp-type", None) => {
                self.attributes();
                self.draft.need(Test::Never);
            }
            ("masquerade", None) => self.draft.need(Test::Never),
            ("log" | "nflog" | "audit", None) => self.log(),
            ("accept" | "drop" | "reject" | "mark", None) => self.action(name),
            _ => self
                .draft
                .unknown(format!("`{}` is not understood", clip(name))),
        }
    }

    fn need(&mut self, tests: impl IntoIterator<Item = Test>) {
        self.draft
            .add_all(tests.into_iter().map(|test| (test, false)));
    }

    /// The next attribute if it has this name.
    fn attribute(&mut self, name: &str) -> Option<&'a str> {
        self.words
            .next_if(|(known, value)| *known == name && value.is_some())
            .and_then(|(_, value)| *value)
    }

    /// Passes over attributes.
    fn attributes(&mut self) {
        while self.words.next_if(|(_, value)| value.is_some()).is_some() {}
    }

    /// `[NOT] address="..."`, `mac="..."`, `ipset="..."`, and old versions' `invert="True"`.
    fn address(&mut self, test: fn(Vec<Net>) -> Test) {
        let mut negated = self
            .words
            .next_if(|(name, _)| name.eq_ignore_ascii_case("not"))
            .is_some();
        let address = self.attribute("address");
        let other = if address.is_none() {
            self.words.next_if(|(_, value)| value.is_some())
        } else {
            None
        };
        negated |= self
            .attribute("invert")
            .is_some_and(|value| value.eq_ignore_ascii_case("true"));
        match (address.map(nets), other) {
            (Some(Ok(nets)), _) => self.draft.add(test(nets), negated),
            (Some(Err(source)), _) => self.draft.unknown(unknown_source(source)),
            (None, Some(("ipset", Some(set)))) => self.draft.unknown(missing_set(set)),
            (None, Some((_, Some(source)))) => self.draft.unknown(unknown_source(source)),
            _ => self.draft.unknown("an address that is not understood"),
        }
    }

    /// `port="5432" protocol="tcp"`.
    fn port(&mut self, kind: &str) {
        let range = self.attribute("port").unwrap_or_default();
        let protocol = self.attribute("protocol").unwrap_or_default();
        let test = if kind == "port" {
            Test::DestinationPort
        } else {
            Test::SourcePort
        };
        self.need(port_tests(&format!("{range}/{protocol}"), test));
    }

    /// Passes over a log with its own limit, which is not one of the action.
    fn log(&mut self) {
        self.attributes();
        if self
            .words
            .next_if(|(name, value)| *name == "limit" && value.is_none())
            .is_some()
        {
            self.attributes();
        }
    }

    fn action(&mut self, name: &str) {
        let forwarded = self.action.take();
        let action = match name {
            "accept" => Action::Accept,
            "drop" => Action::Drop,
            "reject" => self
                .attribute("type")
                .map_or(Action::Reject(RejectKind::PortUnreachable), reject),
            // A mark changes nothing that a zone looks at.
            _ => Action::Continue,
        };
        self.attributes();
        self.action = Some(forwarded.unwrap_or(action));
        if self
            .words
            .next_if(|(name, value)| *name == "limit" && value.is_none())
            .is_some()
        {
            self.attributes();
            self.draft.unknown("a rate limit");
        }
    }
}

/// Why a source that is no network is not decided.
pub(super) fn unknown_source(source: &str) -> String {
    match source.strip_prefix("ipset:") {
        Some(set) => missing_set(set),
        None => format!("the source `{}`", clip(source)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::Match;

    fn read(text: &str) -> (Vec<Match>, Action) {
        let (_, _, mut rules) = rule(Item {
            line: (1, text),
            text,
        });
        let rule = rules.remove(0);
        (rule.matches, rule.action)
    }

    fn tcp(port: u16) -> [Match; 2] {
        [
            Test::Protocol(vec!["tcp".to_owned()]).into(),
            Test::DestinationPort(vec![(port, port)]).into(),
        ]
    }

    fn unknown(reason: &str) -> Match {
        Test::Unknown(reason.to_owned()).into()
    }

    #[test]
    fn a_rule_is_its_parts() {
        let (matches, action) = read(
            r#"rule family="ipv4" source address="10.0.0.0/24" port port="5432" protocol="tcp" accept"#,
        );
        let source = Test::Source(nets("10.0.0.0/24").expect("a network"));
        let [protocol, port] = tcp(5432);
        assert_eq!(
            matches,
            [
                Test::Family(Family::V4).into(),
                source.into(),
                protocol,
                port
            ]
        );
        assert_eq!(action, Action::Accept);
    }

    #[test]
    fn sources_may_be_negated_and_unknown() {
        let net = |text| nets(text).expect("a network");
        let not = Match {
            negated: true,
            test: Test::Source(net("192.0.2.0/24")),
        };
        for text in [
            r#"rule source NOT address="192.0.2.0/24" drop"#,
            r#"rule source address="192.0.2.0/24" invert="True" drop"#,
        ] {
            assert_eq!(read(text), (vec![not.clone()], Action::Drop), "{text}");
        }
        assert_eq!(
            read(r#"rule source ipset="banned" drop"#).0,
            [unknown("the set `banned` was not collected")]
        );
        let to = Test::Destination(net("192.0.2.7"));
        assert_eq!(
            read(r#"rule destination address="192.0.2.7" service name="ssh" accept"#).0[0],
            to.into()
        );
    }

    #[test]
    fn rejections_and_limits_are_those_of_the_action() {
        assert_eq!(
            read("rule reject").1,
            Action::Reject(RejectKind::PortUnreachable)
        );
        assert_eq!(
            read(r#"rule reject type="icmp-host-prohibited""#).1,
            Action::Reject(RejectKind::HostProhibited)
        );
        assert_eq!(read(r#"rule service name="ssh" log prefix="ssh: " level="info" limit value="1/m" accept"#).0, tcp(22));
        let limited = read(r#"rule service name="ssh" accept limit value="1/m""#).0;
        assert_eq!(limited.last(), Some(&unknown("a rate limit")));
    }

    #[test]
    fn what_is_not_understood_stays_undecided() {
        let forwarded =
            read(r#"rule family="ipv4" forward-port port="80" protocol="tcp" to-port="8080""#);
        assert!(matches!(forwarded.1, Action::Unknown(_)));
        assert_eq!(
            read(r#"rule service name="mine" accept"#).0,
            [unknown("the ports of the service `mine` are not known")]
        );
        assert_eq!(
            read("rule sometimes accept").0,
            [unknown("`sometimes` is not understood")]
        );
        assert_eq!(
            read(r#"rule icmp-block name="echo-request""#).0,
            [Test::Never.into()]
        );
        let _ = (read("rule port port="), read("=\""), read("rule source"));
    }

    #[test]
    fn what_denies_counts_before_what_allows() {
        let texts = [
            r#"rule priority="32767" reject"#,
            r#"rule service name="http" accept"#,
            r#"rule source address="192.0.2.0/24" drop"#,
            r#"rule priority="-5" service name="ssh" accept"#,
        ];
        let items = (1..).zip(texts).map(|(number, text)| Item {
            line: (number, text),
            text,
        });
        let rules = Rules::of(items);
        let lines = |rules: &[Rule]| rules.iter().map(|rule| rule.line).collect::<Vec<_>>();
        assert_eq!(
            (lines(&rules.first), lines(&rules.last)),
            (vec![4, 3], vec![2, 1])
        );
    }
}
