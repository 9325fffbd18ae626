//! The test for a property of a packet to be one of some values.

use super::condition::{Case, Context};
use super::flags::{exactly, flag_names};
use super::select::Selector;
use crate::facts::parse::draft::clip;
use crate::facts::parse::iptables::{direction_test, packet_type, state_test};
use crate::facts::parse::names;
use crate::filter::{Family, Net, Test};

/// The tests for a property to be one of some items: what must hold in any case, and cases of which one must.
pub(super) fn tests(
    selector: &Selector,
    items: &[String],
    context: &Context<'_>,
) -> (Vec<Test>, Vec<Case>) {
    let implied = match selector {
        Selector::SourcePort([first, rest @ ..])
        | Selector::DestinationPort([first, rest @ ..]) => {
            vec![Test::Protocol(
                std::iter::once(first)
                    .chain(rest)
                    .map(|name| (*name).to_owned())
                    .collect(),
            )]
        }
        Selector::TcpFlags => vec![Test::Protocol(vec!["tcp".to_owned()])],
        // In a table for both families, a look at a header implies which one there is.
        Selector::Source(family) | Selector::Destination(family) | Selector::Protocol(family)
            if context.family == Family::Any && *family != Family::Any =>
        {
            vec![Test::Family(*family)]
        }
        _ => Vec::new(),
    };
    if let Selector::Mark = selector {
        let mark = |item: &String| vec![(mark(item), false)];
        return (implied, items.iter().map(mark).collect());
    }
    (implied, vec![vec![(test(selector, items), false)]])
}

/// The name of what `nft -n` prints as a number.
pub(super) fn named<'a>(selector: &Selector, item: &'a str) -> &'a str {
    const TYPES: &[&str] = &[
        "unspec",
        "unicast",
        "local",
        "broadcast",
        "anycast",
        "multicast",
    ];
    const PACKETS: &[&str] = &["host", "broadcast", "multicast", "otherhost"];
    const DIRECTIONS: &[&str] = &["original", "reply"];
    const ROUTES: &[&str] = &["missing", "exists"];
    let names = match selector {
        Selector::AddressType(..) => TYPES,
        Selector::PacketType => PACKETS,
        Selector::Direction => DIRECTIONS,
        Selector::ReversePath => ROUTES,
        _ => return item,
    };
    item.parse::<usize>()
        .ok()
        .and_then(|number| names.get(number).copied())
        .unwrap_or(item)
}

/// The test for a property to be one of some items.
fn test(selector: &Selector, items: &[String]) -> Test {
    if items.is_empty() {
        return Test::Never;
    }
    let read = match selector {
        Selector::InInterface => interfaces(items).map(Test::InInterface),
        Selector::OutInterface => interfaces(items).map(Test::OutInterface),
        Selector::Source(_) => nets(items).map(Test::Source),
        Selector::Destination(_) => nets(items).map(Test::Destination),
        Selector::Protocol(_) => {
            let protocols = items
                .iter()
                .map(|item| names::protocol(item))
                .collect::<Option<_>>();
            protocols.map(Test::Protocol)
        }
        Selector::SourcePort(_) => ports(items).map(Test::SourcePort),
        Selector::DestinationPort(_) => ports(items).map(Test::DestinationPort),
        Selector::TcpFlags => flags(items),
        _ => word_test(selector, items),
    };
    let not_understood = || format!("`{}` is not understood", clip(&items.join(",")));
    read.unwrap_or_else(|| Test::Unknown(not_understood()))
}

/// The test for a property whose values are words.
fn word_test(selector: &Selector, items: &[String]) -> Option<Test> {
    let joined = items.join(",");
    Some(match selector {
        Selector::Family | Selector::Frame => families(items),
        Selector::State => states(items),
        Selector::Status => match &*joined {
            "dnat" | "0x20" => state_test("dnat"),
            "snat" | "0x10" => state_test("snat"),
            "dnat,snat" | "snat,dnat" => state_test(&joined),
            _ => return None,
        },
        Selector::Direction => direction_test(&joined),
        Selector::Mark => mark(&joined),
        Selector::PacketType => alike(items.iter().map(|item| packet_type(item))),
        // An ordinary packet comes in where an answer would go out, and there is such a way.
        Selector::ReversePath => match &*joined {
            "missing" => Test::Never,
            "exists" => Test::Always,
            _ => return None,
        },
        Selector::Random(1) => Test::Always,
        Selector::Random(_) => Test::Unknown("a choice at random".to_owned()),
        Selector::OtherProtocol => Test::Never,
        Selector::Unknown(reason) => Test::Unknown(reason.clone()),
        _ => return None,
    })
}

/// TCP flags in a set: each element is all flags that are set.
fn flags(items: &[String]) -> Option<Test> {
    let items: Vec<&str> = items.iter().map(String::as_str).collect();
    let has_syn = flag_names(&items)?.iter().any(|flag| flag == "SYN");
    Some(if has_syn {
        exactly(vec!["SYN".to_owned()])
    } else {
        Test::Never
    })
}

/// One test of several of which any may hold, where each is decided.
fn alike(mut tests: impl Iterator<Item = Test>) -> Test {
    let first = tests.next().unwrap_or(Test::Never);
    tests.fold(first, |all, test| match (all, test) {
        (Test::Always, _) | (_, Test::Always) => Test::Always,
        (unknown @ Test::Unknown(_), _) | (_, unknown @ Test::Unknown(_)) => unknown,
        _ => Test::Never,
    })
}

/// Names of interfaces; where one is gone, its number stands there.
fn interfaces(items: &[String]) -> Option<Vec<String>> {
    let is_number = |item: &String| item.bytes().all(|byte| byte.is_ascii_digit());
    (!items.iter().any(is_number)).then(|| items.to_vec())
}

fn nets(items: &[String]) -> Option<Vec<Net>> {
    items.iter().map(|item| Net::parse(item)).collect()
}

fn ports(items: &[String]) -> Option<Vec<(u16, u16)>> {
    items
        .iter()
        .map(|item| names::port_range(item, '-'))
        .collect()
}

fn families(items: &[String]) -> Test {
    let has = |names: [&str; 4]| items.iter().any(|item| names.contains(&&**item));
    match (
        has(["ipv4", "ip", "2", "0x0800"]),
        has(["ipv6", "ip6", "10", "0x86dd"]),
    ) {
        (true, true) => Test::Always,
        (true, false) => Test::Family(Family::V4),
        (false, true) => Test::Family(Family::V6),
        (false, false) => Test::Never,
    }
}

/// Conntrack's states by name, or with `-n` by their bits.
fn states(items: &[String]) -> Test {
    const BITS: &[(u32, &str)] = &[
        (1, "invalid"),
        (2, "established"),
        (4, "related"),
        (8, "new"),
        (64, "untracked"),
    ];
    let names = items.iter().flat_map(|item| match names::number(item) {
        Some(bits) => BITS
            .iter()
            .filter(|(bit, _)| bits & bit != 0)
            .map(|(_, name)| (*name).to_owned())
            .collect(),
        None => vec![item.clone()],
    });
    state_test(&names.collect::<Vec<_>>().join(","))
}

fn mark(item: &str) -> Test {
    match names::number(item) {
        Some(value) => Test::Mark {
            value,
            mask: u32::MAX,
        },
        None => Test::Unknown(format!("the mark `{}`", clip(item))),
    }
}
