//! The conditions of `-m` modules, and what they mean for the first packet of a TCP connection.

use super::options::{Opt, addresses};
use crate::facts::parse::draft::{Draft, clip, mark_test, port_test};
use crate::facts::parse::names;
use crate::filter::End;
use crate::filter::Test;

/// What has been read of modules that several options describe together.
#[derive(Debug, Default)]
pub(super) struct State {
    /// `-m addrtype`: which side, the types, negated.
    types: Vec<(Side, String, bool)>,
    /// `--limit-iface-in` or `-out`.
    types_of_interface: bool,
    /// `-m rpfilter` was named, and `--invert` of it.
    reverse_path: Option<bool>,
}

/// Which address a condition is on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::facts::parse) enum Side {
    Source,
    Destination,
}

impl State {
    /// Takes `-m name`.
    pub(super) fn load(&mut self, draft: &mut Draft, name: &str) {
        if name == "rpfilter" {
            self.reverse_path.get_or_insert(false);
        } else if let Some(reason) = undecided(name) {
            draft.unknown(reason);
        }
    }

    /// Takes an option of the module that was named last.
    pub(super) fn option(&mut self, draft: &mut Draft, module: &str, option: &Opt<'_>) {
        let (value, negated) = (option.value(), option.negated);
        match (module, option.name) {
            ("rpfilter", name) => {
                self.reverse_path = Some(self.reverse_path == Some(true) || name == "--invert");
            }
            (_, "--src-type") => self.types.push((Side::Source, value.to_owned(), negated)),
            (_, "--dst-type") => self
                .types
                .push((Side::Destination, value.to_owned(), negated)),
            (_, "--limit-iface-in" | "--limit-iface-out") => self.types_of_interface = true,
            (_, "--icmp-type" | "--icmpv6-type") => draft.need(Test::Never),
            ("tcp" | "udp" | "udplite" | "sctp" | "dccp" | "multiport" | "", _) => {
                ports(draft, option);
            }
            ("conntrack" | "state", _) => tracked(draft, option),
            ("mark", "--mark") => draft.add(mark_test(value), negated),
            ("iprange", "--src-range") => addresses(draft, value, negated, Test::Source),
            ("iprange", "--dst-range") => addresses(draft, value, negated, Test::Destination),
            ("set", "--match-set" | "--set") => {
                let ends = option.values.get(1).copied().unwrap_or_default();
                draft.add(set_test(value, ends), negated);
            }
            ("pkttype", "--pkt-type") => draft.add(packet_type(value), negated),
            ("comment", "--comment") | ("nfacct", "--nfacct-name") | ("set", _) => {}
            _ if undecided(module).is_some() => {}
            _ => draft.unknown(format!("the option `{}`", option.name)),
        }
    }

    /// Adds the conditions that took several options.
    pub(super) fn finish(self, draft: &mut Draft) {
        for (side, types, negated) in self.types {
            draft.add_all(address_types(
                side,
                &types,
                negated,
                self.types_of_interface,
            ));
        }
        // An ordinary packet comes in where an answer to it would go out.
        if self.reverse_path == Some(true) {
            draft.need(Test::Never);
        }
    }
}

/// Options of tcp, udp and multiport.
fn ports(draft: &mut Draft, option: &Opt<'_>) {
    let (value, negated) = (option.value(), option.negated);
    match option.name {
        "--dport" | "--destination-port" | "--dports" | "--destination-ports" => {
            draft.add(port_test(value, ':', Test::DestinationPort), negated);
        }
        "--sport" | "--source-port" | "--sports" | "--source-ports" => {
            draft.add(port_test(value, ':', Test::SourcePort), negated);
        }
        "--ports" => either_port(draft, value, negated),
        "--syn" => draft.add(syn(), negated),
        "--tcp-flags" => {
            let mask = names::tcp_flags(value);
            draft.add(
                flags_test(
                    mask,
                    option.values.get(1).and_then(|set| names::tcp_flags(set)),
                ),
                negated,
            );
        }
        name => draft.unknown(format!("the option `{name}`")),
    }
}

/// `--ports`: source or destination.
pub(super) fn either_port(draft: &mut Draft, list: &str, negated: bool) {
    let (source, destination) = (
        port_test(list, ':', Test::SourcePort),
        port_test(list, ':', Test::DestinationPort),
    );
    if negated {
        draft.add(source, true);
        draft.add(destination, true);
    } else {
        draft.any_of(vec![vec![(destination, false)], vec![(source, false)]]);
    }
}

/// `--syn`.
fn syn() -> Test {
    flags_test(names::tcp_flags("FIN,SYN,RST,ACK"), names::tcp_flags("SYN"))
}

/// Which flags are looked at and which of them are set, if both are known.
pub(super) fn flags_test(mask: Option<Vec<String>>, set: Option<Vec<String>>) -> Test {
    match (mask, set) {
        (Some(mask), Some(set)) => Test::TcpFlags { mask, set },
        _ => Test::Unknown("the TCP flags are not understood".to_owned()),
    }
}

/// Options of conntrack and state.
fn tracked(draft: &mut Draft, option: &Opt<'_>) {
    match option.name {
        "--state" | "--ctstate" => draft.add(state_test(option.value()), option.negated),
        "--ctdir" => draft.add(direction_test(option.value()), option.negated),
        name => draft.unknown(format!("what conntrack knows (`{name}`)")),
    }
}

/// Conntrack's states between commas.
pub(in crate::facts::parse) fn state_test(list: &str) -> Test {
    const STATES: &[&str] = &[
        "NEW",
        "ESTABLISHED",
        "RELATED",
        "INVALID",
        "UNTRACKED",
        "SNAT",
        "DNAT",
    ];
    let states: Vec<String> = list
        .split(',')
        .map(|state| state.trim().to_ascii_uppercase())
        .collect();
    match states
        .iter()
        .find(|state| !STATES.contains(&state.as_str()))
    {
        Some(other) => Test::Unknown(format!("the state `{other}`")),
        None => Test::State(states),
    }
}

/// The direction of a packet in its connection; the first packet goes in the original one.
pub(in crate::facts::parse) fn direction_test(direction: &str) -> Test {
    match direction.to_ascii_uppercase().as_str() {
        "ORIGINAL" => Test::Always,
        "REPLY" => Test::Never,
        other => Test::Unknown(format!("the direction `{other}`")),
    }
}

/// How the packet was addressed on the link; that of a connection is for the machine alone.
pub(in crate::facts::parse) fn packet_type(kind: &str) -> Test {
    match kind {
        "unicast" | "host" => Test::Always,
        "broadcast" | "multicast" | "otherhost" => Test::Never,
        other => Test::Unknown(format!("the packet type `{other}`")),
    }
}

/// Whether a set of ipset has the packet; `ends` is `src` or `dst` for each dimension.
pub(in crate::facts::parse) fn set_test(name: &str, ends: &str) -> Test {
    let end = |text: &str| match text {
        "src" => Some(End::Source),
        "dst" => Some(End::Destination),
        _ => None,
    };
    match ends.split(',').map(end).collect() {
        Some(ends) => Test::Set {
            name: name.to_owned(),
            ends,
        },
        None => Test::Unknown(missing_set(name)),
    }
}

/// Why the members of a set are not known.
pub(in crate::facts::parse) fn missing_set(name: &str) -> String {
    format!("the set `{}` was not collected", clip(name))
}

/// The types of addresses that the kernel knows.
const ADDRESS_TYPES: &[&str] = &[
    "UNSPEC",
    "UNICAST",
    "LOCAL",
    "BROADCAST",
    "ANYCAST",
    "MULTICAST",
    "BLACKHOLE",
    "UNREACHABLE",
    "PROHIBIT",
    "THROW",
    "NAT",
    "XRESOLVE",
];

/// The tests for an address to be of one of some types. A connection has none with broadcast and the like;
/// `UNICAST` is the kernel's word for addresses of other machines, `LOCAL` for those of this one.
pub(in crate::facts::parse) fn address_types(
    side: Side,
    types: &str,
    negated: bool,
    of_interface: bool,
) -> Vec<(Test, bool)> {
    let has = |name: &str| {
        types
            .split(',')
            .any(|kind| kind.trim().eq_ignore_ascii_case(name))
    };
    let local = |is_local| match side {
        Side::Source => Test::SourceLocal(is_local),
        Side::Destination => Test::DestinationLocal(is_local),
    };
    let is_known = |kind: &str| {
        ADDRESS_TYPES
            .iter()
            .any(|known| known.eq_ignore_ascii_case(kind.trim()))
    };
    if let Some(other) = types.split(',').find(|kind| !is_known(kind)) {
        return vec![(Test::Unknown(format!("the address type `{other}`")), false)];
    }
    let of_which = Test::Unknown("only addresses of the interface count".to_owned());
    match (has("LOCAL"), has("UNICAST")) {
        (true, true) => vec![(Test::Always, negated)],
        // Not every address of the machine is one of the interface.
        (true, false) if of_interface && !negated => vec![(local(true), false), (of_which, false)],
        (true, _) | (_, true) if of_interface => vec![(of_which, false)],
        (true, false) => vec![(local(true), negated)],
        (false, true) => vec![(local(false), negated)],
        (false, false) => vec![(Test::Never, negated)],
    }
}

/// Why the conditions of a module cannot be decided; `None` for those that are read.
pub(in crate::facts::parse) fn undecided(module: &str) -> Option<String> {
    Some(match module {
        "" | "tcp" | "udp" | "udplite" | "sctp" | "dccp" | "multiport" | "icmp" | "icmp6"
        | "ipv6-icmp" | "icmpv6" | "standard" | "state" | "conntrack" | "comment" | "mark"
        | "iprange" | "addrtype" | "pkttype" | "nfacct" | "set" | "rpfilter" => return None,
        "limit" | "hashlimit" => "a rate limit".to_owned(),
        "statistic" | "random" | "nth" => "a choice at random".to_owned(),
        "connlimit" => "a limit of connections".to_owned(),
        "connmark" => "the mark of the connection".to_owned(),
        "owner" => "the user who sends".to_owned(),
        other => format!("the match `{other}`"),
    })
}

#[cfg(test)]
mod tests {
    use super::super::options::{read, words};
    use crate::facts::parse::draft::{Draft, nets};
    use crate::filter::{Match, Rule, Test};

    fn rules(specification: &str) -> Vec<Rule> {
        let mut draft = Draft::new((1, specification));
        read(&mut draft, &words(specification));
        draft.finish()
    }

    fn tests(specification: &str) -> Vec<Match> {
        let mut rules = rules(specification);
        assert_eq!(rules.len(), 1, "{specification}");
        rules.remove(0).matches
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

    #[test]
    fn ports_may_be_ranges_and_lists() {
        let ports = |ranges: &[(u16, u16)]| Match::from(Test::DestinationPort(ranges.to_vec()));
        assert_eq!(tests("-m tcp --dport 1000:2000"), [ports(&[(1000, 2000)])]);
        assert_eq!(tests("-m tcp --dport :99"), [ports(&[(0, 99)])]);
        assert_eq!(
            tests("-m multiport --dports 80,443,8000:8010"),
            [ports(&[(80, 80), (443, 443), (8000, 8010)])]
        );
        assert_eq!(
            tests("-m multiport ! --sports 80"),
            [not(Test::SourcePort(vec![(80, 80)]))]
        );
        assert!(matches!(
            &tests("-m tcp --dport nothing")[..],
            [Match {
                test: Test::Unknown(_),
                ..
            }]
        ));
    }

    #[test]
    fn ports_of_either_side_are_two_rules() {
        let (destination, source) = (
            Test::DestinationPort(vec![(80, 80)]),
            Test::SourcePort(vec![(80, 80)]),
        );
        let found: Vec<_> = rules("-m multiport --ports 80 -j DROP")
            .into_iter()
            .map(|rule| rule.matches)
            .collect();
        assert_eq!(
            found,
            [[destination.clone().into()], [source.clone().into()]]
        );
        assert_eq!(
            tests("-m multiport ! --ports 80"),
            [not(source), not(destination)]
        );
    }

    #[test]
    fn syn_is_short_for_flags() {
        let flags = Test::TcpFlags {
            mask: strings(&["FIN", "SYN", "RST", "ACK"]),
            set: strings(&["SYN"]),
        };
        assert_eq!(tests("-p tcp -m tcp --syn")[1..], [flags.clone().into()]);
        assert_eq!(
            tests("-m tcp ! --tcp-flags FIN,SYN,RST,ACK SYN"),
            [not(flags)]
        );
        let none = Test::TcpFlags {
            mask: strings(&["FIN", "SYN"]),
            set: Vec::new(),
        };
        assert_eq!(tests("-m tcp --tcp-flags FIN,SYN NONE"), [none.into()]);
    }

    #[test]
    fn states_are_read_from_both_modules() {
        let new = Test::State(strings(&["NEW"]));
        assert_eq!(tests("-m state --state NEW"), [new.clone().into()]);
        assert_eq!(tests("-m conntrack ! --ctstate NEW"), [not(new)]);
        assert_eq!(tests("-m conntrack --ctdir ORIGINAL"), []);
        for text in [
            "-m conntrack --ctorigdstport 80",
            "-m conntrack --ctstate NEW,ODD",
        ] {
            assert!(
                matches!(
                    &tests(text)[..],
                    [Match {
                        test: Test::Unknown(_),
                        ..
                    }]
                ),
                "{text}"
            );
        }
    }

    #[test]
    fn types_of_addresses_are_whose_they_are() {
        let local = |is| Match::from(Test::DestinationLocal(is));
        assert_eq!(tests("-m addrtype --dst-type LOCAL"), [local(true)]);
        assert_eq!(tests("-m addrtype ! --dst-type LOCAL"), [local(false)]);
        assert_eq!(tests("-m addrtype --dst-type UNICAST"), [local(false)]);
        assert_eq!(tests("-m addrtype --dst-type UNICAST,LOCAL"), []);
        assert_eq!(
            tests("-m addrtype --dst-type BROADCAST,MULTICAST"),
            [Test::Never.into()]
        );
        assert_eq!(
            tests("-m addrtype --src-type LOCAL ! --dst-type LOCAL"),
            [Test::SourceLocal(true).into(), local(false)]
        );
        let limited = tests("-m addrtype --dst-type LOCAL --limit-iface-in");
        assert!(
            matches!(&limited[..], [first, Match { test: Test::Unknown(_), .. }] if *first == local(true))
        );
    }

    #[test]
    fn an_ordinary_packet_passes_the_reverse_path_check() {
        assert_eq!(tests("-m rpfilter -j RETURN"), []);
        assert_eq!(
            tests("-m rpfilter --loose --validmark --invert -j DROP"),
            [Test::Never.into()]
        );
    }

    #[test]
    fn marks_ranges_and_packet_types_are_read() {
        assert_eq!(
            tests("-m mark ! --mark 0x4000/0x4000"),
            [not(Test::Mark {
                value: 0x4000,
                mask: 0x4000
            })]
        );
        assert_eq!(
            tests("-m mark --mark 0x1"),
            [Test::Mark {
                value: 1,
                mask: u32::MAX
            }
            .into()]
        );
        let range = nets("192.0.2.5-192.0.2.9").expect("a range");
        assert_eq!(
            tests("-m iprange --src-range 192.0.2.5-192.0.2.9"),
            [Test::Source(range).into()]
        );
        assert_eq!(tests("-m pkttype --pkt-type unicast"), []);
        assert_eq!(
            tests("-m pkttype ! --pkt-type unicast"),
            [Test::Never.into()]
        );
        assert_eq!(tests("-m icmp ! --icmp-type 8"), [Test::Never.into()]);
        assert_eq!(tests("-m nfacct --nfacct-name  drops"), []);
    }

    #[test]
    fn what_only_the_kernel_knows_stays_undecided() {
        for (text, reason) in [
            ("-m limit --limit 5/min --limit-burst 5", "a rate limit"),
            (
                "-m set ! --match-set f2b-sshd sideways",
                "the set `f2b-sshd` was not collected",
            ),
            (
                "-m recent --update --seconds 60 --name SSH --rsource",
                "the match `recent`",
            ),
            (
                "-m statistic --mode random --probability 0.5",
                "a choice at random",
            ),
            (
                "-m string --string \"-j x\" --algo bm",
                "the match `string`",
            ),
            (
                "-m connmark ! --mark 0x0/0xffff0000",
                "the mark of the connection",
            ),
        ] {
            assert_eq!(
                tests(text),
                [Test::Unknown(reason.to_owned()).into()],
                "{text}"
            );
        }
    }
}
