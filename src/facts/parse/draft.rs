//! Packet filter rules in the making: conditions are collected, and become one [`Rule`] or several.

use std::net::IpAddr;

use super::names;
use crate::filter::{Action, Match, Net, Policy, RejectKind, Rule, Test};

/// The most rules that one line becomes; beyond it the line's condition stays undecided.
const MAX_RULES: usize = 20_000;
/// How many conditions are compared with a new one, which is left out if it is there.
const MAX_COMPARED: usize = 64;
/// Bytes of a line beyond which it is quoted in part.
const LONG: usize = 4 << 10;
/// Bytes that are quoted of a line that is many rules.
const SHARED_TEXT: usize = 256;

/// A line of the output: its number, from one, and its text.
pub(super) type Line<'a> = (u64, &'a str);

/// A rule in the making.
#[derive(Debug)]
pub(super) struct Draft {
    line: u64,
    text: String,
    /// What must all hold.
    matches: Vec<Match>,
    /// What must hold together in at least one case; empty: nothing more.
    cases: Vec<Vec<Match>>,
    /// Packets that it has matched.
    pub(super) packets: Option<u64>,
    /// What has been emitted.
    rules: Vec<Rule>,
}

impl Draft {
    /// A rule that stands in this line.
    pub(super) fn new((line, text): Line<'_>) -> Self {
        // A line with thousands of values is quoted in part, for it may be thousands of rules.
        let end = if text.len() > LONG {
            text.floor_char_boundary(SHARED_TEXT)
        } else {
            text.len()
        };
        let text = clip(&text[..end]);
        Self {
            line,
            text,
            matches: Vec::new(),
            cases: Vec::new(),
            packets: None,
            rules: Vec::new(),
        }
    }

    /// Adds a condition, or for `negated` that it must not hold.
    pub(super) fn add(&mut self, test: Test, negated: bool) {
        if let Some(matched) = plain(test, negated)
            && !self
                .matches
                .iter()
                .take(MAX_COMPARED)
                .any(|known| *known == matched)
        {
            self.matches.push(matched);
        }
    }

    /// Adds conditions that must all hold.
    pub(super) fn add_all(&mut self, tests: impl IntoIterator<Item = (Test, bool)>) {
        for (test, negated) in tests {
            self.add(test, negated);
        }
    }

    /// Adds a condition that must hold.
    pub(super) fn need(&mut self, test: Test) {
        self.add(test, false);
    }

    /// Adds a condition that cannot be decided.
    pub(super) fn unknown(&mut self, reason: impl Into<String>) {
        self.need(Test::Unknown(reason.into()));
    }

    /// Adds what must hold in at least one of some cases, each a conjunction.
    pub(super) fn any_of(&mut self, cases: Vec<Vec<(Test, bool)>>) {
        if cases.is_empty() {
            self.need(Test::Never);
        } else if !self.cases.is_empty() || cases.len() > MAX_RULES {
            self.unknown("too many combinations");
        } else {
            self.cases = cases.into_iter().map(case_of).collect();
        }
    }

    /// Ends the conditions so far with an action; more may follow on the same line.
    pub(super) fn emit(&mut self, action: &Action) {
        let none = [Vec::new()];
        let cases = if self.cases.is_empty() {
            &none[..]
        } else {
            &self.cases
        };
        for case in cases {
            let matches = self.matches.iter().chain(case).cloned().collect();
            // A line that is thousands of rules is quoted in part.
            let end = if self.rules.len() < 16 {
                self.text.len()
            } else {
                self.text.floor_char_boundary(SHARED_TEXT)
            };
            let (line, text) = (self.line, self.text[..end].to_owned());
            self.rules.push(Rule {
                line,
                text,
                matches,
                action: action.clone(),
                packets: None,
            });
        }
    }

    /// A rule with conditions of its own beside those so far.
    pub(super) fn emit_case(&mut self, case: Vec<(Test, bool)>, action: &Action) {
        self.cases = vec![case_of(case)];
        self.emit(action);
        self.cases.clear();
    }

    /// How many rules the line is so far.
    pub(super) fn emitted(&self) -> usize {
        self.rules.len()
    }

    /// Whether the mark is looked at: a rule that changes it before its verdict tests the old one.
    pub(super) fn doubt_mark(&mut self) {
        let all = self
            .matches
            .iter_mut()
            .chain(self.cases.iter_mut().flatten());
        for matched in all.filter(|matched| matches!(matched.test, Test::Mark { .. })) {
            *matched = Test::Unknown("the rule changes the mark that it tests".to_owned()).into();
        }
    }

    /// The rules that the line stands for when it ends in this action.
    pub(super) fn with(mut self, action: &Action) -> Vec<Rule> {
        self.emit(action);
        self.finish()
    }

    /// The rules that the line stands for.
    pub(super) fn finish(self) -> Vec<Rule> {
        let packets = self.packets;
        self.rules
            .into_iter()
            .map(|rule| Rule { packets, ..rule })
            .collect()
    }
}

/// A condition without needless negation; nothing if it always holds.
fn plain(test: Test, negated: bool) -> Option<Match> {
    let never = || Some(Match::from(Test::Never));
    match (test, negated) {
        (Test::Always, false) | (Test::Never, true) => None,
        (Test::Always, true) | (Test::Never, false) => never(),
        (Test::Source(nets) | Test::Destination(nets), _)
            if nets.iter().any(Net::is_everything) =>
        {
            if negated {
                never()
            } else {
                None
            }
        }
        (Test::InInterface(names) | Test::OutInterface(names), _)
            if names.iter().any(|name| is_any(name)) =>
        {
            if negated {
                never()
            } else {
                None
            }
        }
        (Test::DestinationLocal(local), true) => Some(Test::DestinationLocal(!local).into()),
        (Test::SourceLocal(local), true) => Some(Test::SourceLocal(!local).into()),
        (Test::Unknown(reason), _) => Some(Test::Unknown(reason).into()),
        (test, negated) => Some(Match { negated, test }),
    }
}

/// The conditions of a case, each once.
fn case_of(tests: Vec<(Test, bool)>) -> Vec<Match> {
    let mut case = Vec::new();
    for matched in tests
        .into_iter()
        .filter_map(|(test, negated)| plain(test, negated))
    {
        if !case.contains(&matched) {
            case.push(matched);
        }
    }
    case
}

/// Whether an interface pattern fits every name.
fn is_any(name: &str) -> bool {
    matches!(name, "+" | "*")
}

/// The networks of a list between commas; an error is the item that is none.
pub(super) fn nets(list: &str) -> Result<Vec<Net>, &str> {
    list.split(',')
        .map(str::trim)
        .map(|item| Net::parse(item).ok_or(item))
        .collect()
}

/// A condition on the port, given as text such as `80,443,8000:8010`.
pub(super) fn port_test(text: &str, separator: char, test: fn(Vec<(u16, u16)>) -> Test) -> Test {
    match names::port_list(text, separator) {
        Some(ranges) => test(ranges),
        None => Test::Unknown(format!("the port `{}` is not known", clip(text))),
    }
}

/// A condition on `mark & mask`, given as `value/mask` or `value`.
pub(super) fn mark_test(text: &str) -> Test {
    match mark_and_mask(text) {
        Some((value, mask)) => Test::Mark { value, mask },
        None => Test::Unknown(format!("the mark `{}`", clip(text))),
    }
}

/// `value/mask` or `value`, with all bits for a missing mask.
pub(super) fn mark_and_mask(text: &str) -> Option<(u32, u32)> {
    let (value, mask) = text
        .split_once('/')
        .map_or((text, None), |(value, mask)| (value, Some(mask)));
    Some((
        names::number(value)?,
        mask.map_or(Some(u32::MAX), names::number)?,
    ))
}

/// The lower-case name of a policy; `None` where it is not known.
pub(super) fn policy_name(policy: Policy) -> Option<&'static str> {
    match policy {
        Policy::Accept => Some("accept"),
        Policy::Drop => Some("drop"),
        Policy::Reject(_) => Some("reject"),
        Policy::Unknown => None,
    }
}

/// What `reject with` this name does; prefixes of the protocol are removed.
pub(super) fn reject(name: &str) -> Action {
    let bare = ["icmp6-", "icmpx-", "icmp-"]
        .iter()
        .find_map(|prefix| name.strip_prefix(prefix));
    match RejectKind::from_name(bare.unwrap_or(name)) {
        Some(kind) => Action::Reject(kind),
        None => Action::Unknown(format!("it rejects with `{}`", clip(name))),
    }
}

/// Another destination: `10.0.0.2:5432`, `[2001:db8::1]:5432`, `10.0.0.2`, `:8080`.
///
/// Where there are several to choose from, the outcome is not known.
pub(super) fn destination(text: &str) -> Action {
    let several = || Action::Unknown(format!("another destination, one of `{}`", clip(text)));
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => rest.split_once(']').unwrap_or((rest, "")),
        None if text.matches(':').count() > 1 && !text.starts_with(':') => (text, ""),
        None => text.split_at(text.find(':').unwrap_or(text.len())),
    };
    let port = match port.trim_start_matches(':') {
        "" => None,
        port => match port.parse() {
            Ok(port) => Some(port),
            Err(_) => return several(),
        },
    };
    match (host, host.parse::<IpAddr>()) {
        ("", _) => Action::Dnat(None, port),
        (_, Ok(address)) => Action::Dnat(Some(address), port),
        _ => several(),
    }
}

/// A text as it stands, or the part of a long one that is quoted, cut at a character.
pub(super) fn clip(text: &str) -> String {
    text[..text.floor_char_boundary(crate::facts::MAX_TEXT)].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft() -> Draft {
        Draft::new((1, "rule"))
    }

    #[test]
    fn what_always_holds_is_no_condition() {
        let mut draft = draft();
        draft.need(Test::Always);
        draft.add(Test::Never, true);
        draft.need(Test::Source(nets("0.0.0.0/0").expect("networks")));
        draft.need(Test::InInterface(vec!["+".to_owned()]));
        draft.emit(&Action::Accept);
        assert_eq!(draft.finish()[0].matches, []);
    }

    #[test]
    fn negations_are_resolved_where_they_can_be() {
        let mut draft = draft();
        draft.add(Test::DestinationLocal(true), true);
        draft.add(Test::Unknown("x".to_owned()), true);
        draft.add(Test::Always, true);
        draft.emit(&Action::Drop);
        let expected = [
            Test::DestinationLocal(false),
            Test::Unknown("x".to_owned()),
            Test::Never,
        ];
        assert_eq!(draft.finish()[0].matches, expected.map(Match::from));
    }

    #[test]
    fn each_case_is_a_rule() {
        let mut draft = draft();
        draft.packets = Some(7);
        draft.any_of(vec![
            vec![(Test::DestinationPort(vec![(80, 80)]), false)],
            vec![(Test::SourcePort(vec![(80, 80)]), false)],
        ]);
        draft.emit(&Action::Drop);
        let rules = draft.finish();
        assert_eq!(rules.len(), 2);
        assert_eq!((rules[1].packets, rules[1].line), (Some(7), 1));
    }

    #[test]
    fn destinations_are_read_in_all_forms() {
        let address = |text: &str| text.parse().ok();
        assert_eq!(
            destination("10.0.0.2:5432"),
            Action::Dnat(address("10.0.0.2"), Some(5432))
        );
        assert_eq!(
            destination("10.0.0.2"),
            Action::Dnat(address("10.0.0.2"), None)
        );
        assert_eq!(destination(":8080"), Action::Dnat(None, Some(8080)));
        assert_eq!(
            destination("[2001:db8::1]:80"),
            Action::Dnat(address("2001:db8::1"), Some(80))
        );
        assert_eq!(
            destination("[2001:db8::1]"),
            Action::Dnat(address("2001:db8::1"), None)
        );
        assert_eq!(
            destination("2001:db8::1"),
            Action::Dnat(address("2001:db8::1"), None)
        );
        for several in ["10.0.0.2-10.0.0.9", "10.0.0.2:80-90", "db.example:80"] {
            assert!(
                matches!(destination(several), Action::Unknown(_)),
                "{several}"
            );
        }
    }
}
