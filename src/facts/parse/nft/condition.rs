//! Conditions: a property, a comparison and a value, to tests.

use super::flags::flags;
use super::property::{named, tests};
use super::select::{Selector, selector};
use super::token::Cursor;
use super::value::{Sets, Value, list, single_keys, value};
use crate::facts::parse::draft::Draft;
use crate::facts::parse::iptables::{Side, address_types};
use crate::facts::parse::names;
use crate::filter::{Family, Test};

/// Tests that must hold together, each perhaps negated.
pub(super) type Case = Vec<(Test, bool)>;

/// What the table of a rule tells about its conditions.
#[derive(Debug)]
pub(super) struct Context<'a> {
    /// The family of the table.
    pub(super) family: Family,
    /// The named sets of the table.
    pub(super) sets: Sets<'a>,
    /// Whether iptables made the table, whose conditions nft translates, in part wrongly.
    pub(super) is_iptables: bool,
    /// Whether this nft shows each condition of iptables that it cannot translate.
    pub(super) shows_all: bool,
}

/// How a property is compared.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Comparison {
    /// Without an operator; of flags, any may be set.
    Equal,
    /// `==`
    Exact,
    NotEqual,
    /// None of these bits is set.
    NoneOf,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// Reads selectors with dots between, a key of several parts.
pub(super) fn selectors(cursor: &mut Cursor<'_, '_>) -> Option<Vec<Selector>> {
    let mut selectors = vec![selector(cursor)?];
    while cursor.eat(".") {
        selectors.push(selector(cursor)?);
    }
    Some(selectors)
}

/// Reads the comparison behind selectors and adds its condition.
pub(super) fn condition(
    draft: &mut Draft,
    cursor: &mut Cursor<'_, '_>,
    selectors: &[Selector],
    context: &Context<'_>,
) {
    let mask = (cursor.eat("&") || cursor.eat("and")).then(|| list(cursor));
    let comparison = comparison(cursor);
    let value = value(cursor);
    match selectors {
        [single] => simple(draft, single, mask, comparison, &value, context),
        parts => combined(draft, parts, comparison, value, context),
    }
}

fn comparison(cursor: &mut Cursor<'_, '_>) -> Comparison {
    let found = match cursor.peek(0) {
        "==" | "eq" => Comparison::Exact,
        "!=" | "ne" => Comparison::NotEqual,
        "!" => Comparison::NoneOf,
        "<" | "lt" => Comparison::Less,
        "<=" | "le" => Comparison::LessOrEqual,
        ">" | "gt" => Comparison::Greater,
        ">=" | "ge" => Comparison::GreaterOrEqual,
        _ => return Comparison::Equal,
    };
    cursor.word();
    found
}

/// A condition on one property.
fn simple(
    draft: &mut Draft,
    selector: &Selector,
    mask: Option<Vec<&str>>,
    comparison: Comparison,
    value: &Value<'_>,
    context: &Context<'_>,
) {
    let negated = matches!(comparison, Comparison::NotEqual | Comparison::NoneOf);
    if let Some(reason) = mistranslated(selector, context) {
        return draft.unknown(reason);
    }
    let items = match (selector, value) {
        (Selector::TcpFlags, Value::List(first, second)) => {
            need_protocol(draft, &["tcp"]);
            let (test, flipped) = flags(mask.as_deref(), comparison, first, second.as_deref());
            return draft.add(test, flipped);
        }
        (Selector::Mark | Selector::Fragment, Value::List(items, None)) if mask.is_some() => {
            return masked(draft, selector, &mask.unwrap_or_default(), items, negated);
        }
        _ if mask.is_some() => return draft.unknown(reason_of(selector)),
        (_, Value::List(items, None)) => Some(items.clone()),
        (_, Value::Set(elements)) => single_keys(elements),
        (_, Value::Named(name)) => match context.sets.items(name) {
            Ok(elements) => single_keys(elements),
            Err(reason) => return draft.unknown(reason),
        },
        _ => None,
    };
    match items.and_then(|items| compared(selector, comparison, items)) {
        Some(items) => one(draft, selector, &items, negated, context),
        None => draft.unknown(reason_of(selector)),
    }
}

/// What the property must be equal to: the items, or of a port the range that the comparison leaves.
fn compared(selector: &Selector, comparison: Comparison, items: Vec<&str>) -> Option<Vec<String>> {
    if matches!(
        comparison,
        Comparison::Equal | Comparison::Exact | Comparison::NotEqual | Comparison::NoneOf
    ) {
        return Some(
            items
                .into_iter()
                .map(|item| named(selector, item).to_owned())
                .collect(),
        );
    }
    let ([item], Selector::SourcePort(_) | Selector::DestinationPort(_)) = (&items[..], selector)
    else {
        return None;
    };
    let port = names::port(item)?;
    Some(vec![match comparison {
        Comparison::Less => format!("0-{}", port.checked_sub(1)?),
        Comparison::LessOrEqual => format!("0-{port}"),
        Comparison::Greater => format!("{}-65535", port.checked_add(1)?),
        _ => format!("{port}-65535"),
    }])
}

/// Conditions of iptables that nft is known to translate wrongly: of `! --ctstate RELATED,DNAT` it leaves
/// `ct status dnat`, of `--src-type LOCAL ! --dst-type LOCAL` it leaves `fib saddr type != local`.
fn mistranslated(selector: &Selector, context: &Context<'_>) -> Option<String> {
    let wrong = matches!(
        selector,
        Selector::Status | Selector::AddressType(Side::Source, _)
    );
    (context.is_iptables && wrong)
        .then(|| "nft does not translate this condition of iptables well".to_owned())
}

/// Adds the condition that the property is one of the items.
fn one(
    draft: &mut Draft,
    selector: &Selector,
    items: &[String],
    negated: bool,
    context: &Context<'_>,
) {
    if let Selector::AddressType(side, of_interface) = selector {
        return draft.add_all(address_types(
            *side,
            &items.join(","),
            negated,
            *of_interface,
        ));
    }
    if let Selector::OtherProtocol = selector {
        return draft.need(Test::Never);
    }
    let (implied, mut cases) = tests(selector, items, context);
    draft.add_all(implied.into_iter().map(|test| (test, false)));
    if cases.len() == 1 {
        for (test, flipped) in cases.remove(0) {
            draft.add(test, flipped != negated);
        }
    } else if negated {
        // None of them: each must fail, and each is one test.
        for (test, flipped) in cases.into_iter().flatten() {
            draft.add(test, !flipped);
        }
    } else {
        draft.any_of(cases);
    }
}

/// A condition on several properties at once: each element of the set is a case.
fn combined(
    draft: &mut Draft,
    parts: &[Selector],
    comparison: Comparison,
    value: Value<'_>,
    context: &Context<'_>,
) {
    if !matches!(comparison, Comparison::Equal | Comparison::Exact) {
        return draft.unknown("a combination that must not be");
    }
    let keys = match value {
        Value::Parts(parts) => vec![parts],
        Value::Set(elements) if !context.sets.allows(elements.len()) => {
            return draft.unknown("too many combinations");
        }
        Value::Set(elements) => elements.into_iter().map(|element| element.key).collect(),
        Value::Named(name) => match context.sets.cases(name) {
            Ok(elements) => elements.iter().map(|element| element.key.clone()).collect(),
            Err(reason) => return draft.unknown(reason),
        },
        Value::List(..) => return draft.unknown("a combination"),
    };
    draft.any_of(keys.iter().map(|key| case(parts, key, context)).collect());
}

/// What must hold for a key of several parts.
pub(super) fn case(selectors: &[Selector], key: &[&str], context: &Context<'_>) -> Case {
    if selectors.len() != key.len() {
        return vec![(Test::Unknown("a combination".to_owned()), false)];
    }
    let mut case = Case::new();
    for (selector, item) in selectors.iter().zip(key) {
        if let Some(reason) = mistranslated(selector, context) {
            case.push((Test::Unknown(reason), false));
            continue;
        }
        let item = named(selector, item).to_owned();
        if let Selector::AddressType(side, of_interface) = selector {
            case.extend(address_types(*side, &item, false, *of_interface));
            continue;
        }
        let (implied, tests) = tests(selector, &[item], context);
        case.extend(implied.into_iter().map(|test| (test, false)));
        case.extend(tests.into_iter().flatten());
    }
    case
}

/// What must hold for a key to be none of these.
pub(super) fn none_of(selectors: &[Selector], keys: &[&[&str]], context: &Context<'_>) -> Case {
    let unknown = || vec![(Test::Unknown("no other element fits".to_owned()), false)];
    let items: Option<Vec<String>> = keys
        .iter()
        .map(|key| {
            if let [item] = key {
                Some((*item).to_owned())
            } else {
                None
            }
        })
        .collect();
    let ([selector], Some(items)) = (selectors, items) else {
        return unknown();
    };
    if mistranslated(selector, context).is_some() || matches!(selector, Selector::AddressType(..)) {
        return unknown();
    }
    let (implied, cases) = tests(selector, &items, context);
    let implied = implied.into_iter().map(|test| (test, false));
    // Each case of one property is one test.
    implied
        .chain(
            cases
                .into_iter()
                .flatten()
                .map(|(test, negated)| (test, !negated)),
        )
        .collect()
}

fn need_protocol(draft: &mut Draft, protocols: &[&str]) {
    draft.need(Test::Protocol(
        protocols.iter().map(|name| (*name).to_owned()).collect(),
    ));
}

/// Why a property's comparison is not decided.
fn reason_of(selector: &Selector) -> String {
    match selector {
        Selector::Unknown(reason) => reason.clone(),
        Selector::Random(_) => "a choice at random".to_owned(),
        other => format!("a comparison of {other:?}"),
    }
}

/// `meta mark & 0xff == 0x1`, `ip frag-off & 0x1fff != 0`.
fn masked(draft: &mut Draft, selector: &Selector, mask: &[&str], items: &[&str], negated: bool) {
    let mask = if let [mask] = mask {
        names::number(mask)
    } else {
        None
    };
    let value = if let [value] = items {
        names::number(value)
    } else {
        None
    };
    match (selector, mask, value) {
        (Selector::Mark, Some(mask), Some(value)) => draft.add(Test::Mark { value, mask }, negated),
        // Connection tracking has put fragments together.
        (Selector::Fragment, Some(_), Some(0)) => draft.add(Test::Always, negated),
        _ => draft.unknown(reason_of(selector)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::rule::rules;
    use super::*;
    use crate::facts::parse::draft::nets;
    use crate::filter::{Action, Match};

    fn context(family: Family) -> Context<'static> {
        Context {
            family,
            sets: Sets::default(),
            is_iptables: false,
            shows_all: true,
        }
    }

    /// The conditions of a rule in a table of this family.
    fn conditions_in(family: Family, text: &str) -> Vec<Match> {
        let text = format!("{text} counter packets 0 bytes 0 accept");
        let mut rules = rules((1, &text), &text, &context(family));
        assert_eq!(
            (rules.len(), &rules[0].action),
            (1, &Action::Accept),
            "{text}"
        );
        rules.remove(0).matches
    }

    fn conditions(text: &str) -> Vec<Match> {
        conditions_in(Family::V4, text)
    }

    fn one(text: &str) -> Test {
        let mut found = conditions(text);
        assert!(found.len() == 1 && !found[0].negated, "{text}: {found:?}");
        found.remove(0).test
    }

    fn undecided(text: &str) -> bool {
        matches!(
            &conditions(text)[..],
            [Match {
                test: Test::Unknown(_),
                ..
            }]
        )
    }

    fn not(test: Test) -> Match {
        Match {
            negated: true,
            test,
        }
    }

    fn strings(items: &[&str]) -> Vec<String> {
        items.iter().map(|item| (*item).to_owned()).collect()
    }

    fn tcp() -> Match {
        Test::Protocol(strings(&["tcp"])).into()
    }

    fn flags(mask: &[&str], set: &[&str]) -> Test {
        Test::TcpFlags {
            mask: strings(mask),
            set: strings(set),
        }
    }

    #[test]
    fn interfaces_may_be_many_and_prefixes() {
        assert_eq!(one("iifname \"lo\""), Test::InInterface(strings(&["lo"])));
        assert_eq!(one("meta iif \"lo\""), Test::InInterface(strings(&["lo"])));
        assert_eq!(
            one("oifname { \"eth0\", \"br-*\" }"),
            Test::OutInterface(strings(&["eth0", "br-*"]))
        );
        assert_eq!(
            conditions("iifname != \"lo\""),
            [not(Test::InInterface(strings(&["lo"])))]
        );
        assert!(undecided("iif 12"));
    }

    #[test]
    fn a_look_at_a_header_implies_its_family_and_protocol() {
        let net = |text| Test::Source(nets(text).expect("networks"));
        assert_eq!(
            conditions("ip saddr 10.0.0.0/8"),
            [net("10.0.0.0/8").into()]
        );
        let inet = conditions_in(
            Family::Any,
            "ip saddr != { 10.0.0.0/8, 192.0.2.5-192.0.2.9 }",
        );
        assert_eq!(
            inet,
            [
                Test::Family(Family::V4).into(),
                not(net("10.0.0.0/8,192.0.2.5-192.0.2.9"))
            ]
        );
        let inet = conditions_in(Family::Any, "ip6 daddr fe80::/10");
        assert_eq!(inet[0], Test::Family(Family::V6).into());
        assert_eq!(conditions("tcp dport 22")[0], tcp());
        assert_eq!(conditions("meta l4proto { tcp, 17 } th dport 53").len(), 2);
        assert_eq!(one("meta nfproto ipv6"), Test::Family(Family::V6));
        assert_eq!(conditions("meta protocol { ip, ip6 }"), []);
    }

    #[test]
    fn ports_are_compared_in_all_ways() {
        let ports = |ranges: &[(u16, u16)]| Test::DestinationPort(ranges.to_vec());
        for (text, expected) in [
            ("th dport 22", ports(&[(22, 22)])),
            ("th dport 1000-2000", ports(&[(1000, 2000)])),
            (
                "th dport { 22, 80, 1000-2000 }",
                ports(&[(22, 22), (80, 80), (1000, 2000)]),
            ),
            ("th dport > 1024", ports(&[(1025, 65535)])),
            ("th dport >= 1024", ports(&[(1024, 65535)])),
            ("th dport < 1024", ports(&[(0, 1023)])),
            ("th dport ssh", ports(&[(22, 22)])),
            ("th sport 53", Test::SourcePort(vec![(53, 53)])),
        ] {
            assert_eq!(one(text), expected, "{text}");
        }
        assert_eq!(
            conditions("th dport != { 22, 80 }"),
            [not(ports(&[(22, 22), (80, 80)]))]
        );
        assert!(undecided("th dport nothing") && undecided("th dport & 0xff == 1"));
    }

    #[test]
    fn flags_are_any_all_or_exactly_these() {
        let looked_at = ["FIN", "SYN", "RST", "ACK"];
        for text in [
            "tcp flags syn / fin,syn,rst,ack",
            "tcp flags & (fin | syn | rst | ack) == syn",
            "tcp flags & (fin|syn|rst|ack) == 0x2",
        ] {
            assert_eq!(
                conditions(text),
                [tcp(), flags(&looked_at, &["SYN"]).into()],
                "{text}"
            );
        }
        assert_eq!(
            conditions("tcp flags != syn / fin,syn,rst,ack")[1],
            not(flags(&looked_at, &["SYN"]))
        );
        assert_eq!(
            conditions("tcp flags syn,ack")[1],
            flags(&["SYN"], &["SYN"]).into()
        );
        assert_eq!(
            conditions("tcp flags & (fin | ack) != 0")[1],
            Test::Never.into()
        );
        assert_eq!(
            conditions("tcp flags ! fin,syn")[1],
            flags(&["FIN", "SYN"], &[]).into()
        );
        let all = ["FIN", "SYN", "RST", "PSH", "ACK", "URG"];
        assert_eq!(
            conditions("tcp flags == syn")[1],
            flags(&all, &["SYN"]).into()
        );
        assert_eq!(
            conditions("tcp flags { syn, ack }")[1],
            flags(&all, &["SYN"]).into()
        );
        assert_eq!(
            conditions("tcp flags & (fin | syn) == 0x0")[1],
            flags(&["FIN", "SYN"], &[]).into()
        );
    }

    #[test]
    fn states_marks_and_types_are_read() {
        assert_eq!(
            one("ct state established,related"),
            Test::State(strings(&["ESTABLISHED", "RELATED"]))
        );
        assert_eq!(
            one("ct state { new, untracked }"),
            Test::State(strings(&["NEW", "UNTRACKED"]))
        );
        assert_eq!(one("ct state 0x8"), Test::State(strings(&["NEW"])));
        assert_eq!(
            conditions("ct state ! new"),
            [not(Test::State(strings(&["NEW"])))]
        );
        assert_eq!(one("ct status dnat"), Test::State(strings(&["DNAT"])));
        assert_eq!(
            one("meta mark 0x00000001"),
            Test::Mark {
                value: 1,
                mask: u32::MAX
            }
        );
        assert_eq!(
            conditions("meta mark & 0x4000 != 0x4000"),
            [not(Test::Mark {
                value: 0x4000,
                mask: 0x4000
            })]
        );
        assert_eq!(one("fib daddr type local"), Test::DestinationLocal(true));
        assert_eq!(one("fib daddr type != 2"), Test::DestinationLocal(false));
        assert_eq!(one("fib daddr type { broadcast, multicast }"), Test::Never);
        assert_eq!(conditions("fib daddr . iif type local").len(), 2);
        assert_eq!(one("meta pkttype { broadcast, multicast }"), Test::Never);
    }

    #[test]
    fn an_ordinary_packet_passes_checks_and_is_no_other_protocol() {
        for text in [
            "fib saddr . iif oif missing",
            "fib saddr . mark . iif oif 0",
            "ip frag-off & 0x1fff != 0",
            "icmp type != echo-request",
            "icmpv6 type { 135, 136 }",
            "ct direction reply",
        ] {
            assert_eq!(one(text), Test::Never, "{text}");
        }
        for text in [
            "fib saddr . iif oif != 0",
            "fib saddr . iif oif exists",
            "ct direction original",
            "pkttype host",
            "ip frag-off & 8191 == 0",
        ] {
            assert_eq!(conditions(text), [], "{text}");
        }
    }

    #[test]
    fn what_cannot_be_decided_hides_nothing_behind_it() {
        for text in [
            "ip dscp 0x01",
            "ether saddr 00:11:22:33:44:55",
            "ct original ip daddr 10.0.0.1",
            "meta skuid 0",
            "tcp option maxseg size 1-5",
            "@nh,8,8 0x10",
            "meta hour \"10:00:00\"-\"12:00:00\"",
            "ct mark and 0x4000 == 0x4000",
            "ct count over 5",
            "socket cgroupv2 level 1 \"x\"",
            "meta random & 2147483647 < 1073741824",
            "ip saddr @banned",
        ] {
            let found = conditions(&format!("{text} th dport 22"));
            assert!(
                matches!(&found[0].test, Test::Unknown(_)),
                "{text}: {found:?}"
            );
            assert_eq!(
                found[1..],
                [Test::DestinationPort(vec![(22, 22)]).into()],
                "{text}"
            );
        }
    }

    #[test]
    fn what_nft_translates_wrongly_is_not_believed() {
        let context = Context {
            is_iptables: true,
            ..context(Family::V4)
        };
        for text in ["ct status dnat drop", "fib saddr type != local drop"] {
            let rules = rules((1, text), text, &context);
            assert!(
                matches!(
                    &rules[0].matches[..],
                    [Match {
                        test: Test::Unknown(_),
                        ..
                    }]
                ),
                "{text}"
            );
        }
    }
}
