//! Whether a condition holds for a packet: yes, no, or not to be told.

use super::packet::{Interface, is_bridge};
use super::walk::State;
use super::{Family, Match, Net, Test};

/// The outcome of a condition.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Truth {
    /// It holds.
    Yes,
    /// It does not.
    No,
    /// It cannot be told, and why.
    Maybe(String),
}

impl Truth {
    pub(super) fn of(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }

    fn negate(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            maybe @ Self::Maybe(_) => maybe,
        }
    }

    fn maybe(why: &str) -> Self {
        Self::Maybe(why.to_owned())
    }
}

/// Whether all conditions hold. One that does not decides, whatever cannot be told of the others.
pub(super) fn all(matches: &[Match], state: &State<'_>) -> Truth {
    let mut doubt = None;
    for one in matches {
        let truth = test(&one.test, state);
        match if one.negated { truth.negate() } else { truth } {
            Truth::Yes => {}
            Truth::No => return Truth::No,
            Truth::Maybe(why) => doubt = doubt.or(Some(why)),
        }
    }
    doubt.map_or(Truth::Yes, Truth::Maybe)
}

fn test(test: &Test, state: &State<'_>) -> Truth {
    match test {
        Test::Always => Truth::Yes,
        Test::Never => Truth::No,
        Test::Unknown(why) => Truth::maybe(why),
        Test::Set { name, ends } => state.look_up(name, ends),
        Test::Protocol(names) => Truth::of(names.iter().any(|name| name == "tcp" || name == "all")),
        Test::Family(family) => Truth::of(*family == Family::Any || *family == state.packet.family),
        Test::InInterface(names) => interface(names, &state.input),
        Test::OutInterface(names) => interface(names, &state.output),
        Test::Source(nets) => {
            let why = "the address of the client is not known";
            address(nets, state.packet.source, state, why)
        }
        Test::Destination(nets) => {
            let why = "the address that is dialled is not known";
            address(nets, state.destination.map(Net::of), state, why)
        }
        Test::SourcePort(ranges) => source_port(ranges),
        Test::DestinationPort(ranges) => Truth::of(in_ranges(ranges, state.port)),
        Test::State(names) => conntrack(names, state),
        Test::TcpFlags { mask, set } => Truth::of(is_syn(mask, set)),
        Test::Mark { value, mask } => mark(*value, *mask, state),
        Test::DestinationLocal(wanted) => known(
            state.destination_local(),
            *wanted,
            "whether the destination is an address of the machine is not known",
        ),
        Test::SourceLocal(wanted) => Truth::of(state.source_local() == *wanted),
    }
}

fn known(fact: Option<bool>, wanted: bool, why: &str) -> Truth {
    fact.map_or_else(|| Truth::maybe(why), |fact| Truth::of(fact == wanted))
}

fn interface(names: &[String], interface: &Interface) -> Truth {
    let fits = |name: &str| names.iter().any(|pattern| interface_fits(pattern, name));
    match interface {
        Interface::Named(name) => Truth::of(fits(name)),
        Interface::None => Truth::No,
        Interface::OneOf(candidates) => {
            let count = candidates.iter().filter(|name| fits(name)).count();
            match count {
                0 => Truth::No,
                count if count == candidates.len() => Truth::Yes,
                _ => Truth::maybe("the interface is not known"),
            }
        }
        _ if names.iter().any(|name| matches!(&**name, "+" | "*")) => Truth::Yes,
        Interface::Outside if names.iter().all(|name| name == "lo" || is_bridge(name)) => Truth::No,
        Interface::Bridge if !names.iter().any(|name| may_be_bridge(name)) => Truth::No,
        Interface::Outside | Interface::Bridge => Truth::maybe("the interface is not known"),
    }
}

/// A prefix such as `br+` has bridges of containers and others.
fn may_be_bridge(pattern: &str) -> bool {
    let prefix = pattern.strip_suffix(['+', '*']);
    is_bridge(pattern) || prefix.is_some_and(|prefix| prefix.len() < 3 || prefix == "br-")
}

fn interface_fits(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix(['+', '*']) {
        Some(prefix) => name.starts_with(prefix),
        None => pattern == name,
    }
}

/// `addresses` is where the address may lie; a rule that has only some of them cannot be told.
fn address(nets: &[Net], addresses: Option<Net>, state: &State<'_>, why: &str) -> Truth {
    let of_family = |net: &&Net| net.first.is_ipv4() == (state.packet.family == Family::V4);
    let nets: Vec<&Net> = nets.iter().filter(of_family).collect();
    if nets.iter().any(|net| net.is_everything()) {
        return Truth::Yes;
    }
    match addresses {
        Some(addresses) if nets.iter().any(|net| net.covers(&addresses)) => Truth::Yes,
        Some(addresses) if !nets.iter().any(|net| net.overlaps(&addresses)) => Truth::No,
        // An unknown peer is another machine: never loopback.
        None if nets.iter().all(|net| net.first.is_loopback()) => Truth::No,
        _ => Truth::maybe(why),
    }
}

/// The client's port is one of the ephemeral ports, which start at 1024 at the lowest.
fn source_port(ranges: &[(u16, u16)]) -> Truth {
    if ranges
        .iter()
        .any(|(low, high)| *low <= 1024 && *high == u16::MAX)
    {
        Truth::Yes
    } else if ranges.iter().all(|(_, high)| *high < 1024) {
        Truth::No
    } else {
        Truth::maybe("the port of the client is not known")
    }
}

fn in_ranges(ranges: &[(u16, u16)], port: u16) -> bool {
    ranges
        .iter()
        .any(|(low, high)| (*low..=*high).contains(&port))
}

fn conntrack(names: &[String], state: &State<'_>) -> Truth {
    let holds = |name: &String| match &**name {
        "NEW" => true,
        "DNAT" => state.translated,
        _ => false,
    };
    Truth::of(names.iter().any(holds))
}

/// The first packet of a connection has SYN and no other flag.
fn is_syn(mask: &[String], set: &[String]) -> bool {
    let all = mask.iter().any(|flag| flag == "ALL");
    let looked_at = |flag: &str| all || mask.iter().any(|known| known == flag);
    let wanted: Vec<&str> = set
        .iter()
        .map(|flag| &**flag)
        .filter(|flag| *flag != "NONE")
        .collect();
    let syn = wanted.contains(&"SYN");
    wanted.iter().all(|flag| *flag == "SYN") && syn == looked_at("SYN")
}

fn mark(value: u32, mask: u32, state: &State<'_>) -> Truth {
    let (own, known) = state.mark;
    if (own ^ value) & mask & known != 0 {
        return Truth::No;
    }
    if known & mask == mask {
        return Truth::Yes;
    }
    Truth::maybe("the mark of the packet is not known")
}
