//! Neighbours: `ip neighbour`, `arp -an`, `arp -n` and `/proc/net/arp`.
//!
//! `192.0.2.1 dev eth0 lladdr 02:00:... ref 1 used 78/0/76 probes 1 REACHABLE`, without the address of the link where
//! nothing answers; with `dev` among the options it is not repeated. `arp` knows whether there is an address, not
//! whether it still answers, so such a neighbour has no state. Sources: `ip/ipneigh.c` of iproute2, `arp.c` of
//! net-tools, `proc_net(5)`.

use std::net::IpAddr;

use super::netstat::place::Shell;
use crate::facts::{Input, Parser, Sink};

pub(super) const PARSER: Parser = Parser {
    name: "ip neighbour",
    markers: &[
        " lladdr ",
        "ip neigh",
        "[ether] on",
        "<incomplete> on",
        "HWtype  HWaddress",
        "HW type     Flags",
    ],
    path: |path| path.rsplit('/').next().unwrap_or(path).contains("neigh"),
    parse,
};

/// Tables with a header.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Table {
    None,
    /// `arp -n`
    Arp,
    /// `/proc/net/arp`
    Kernel,
}

#[derive(Default)]
struct Neighbour<'a> {
    address: &'a str,
    interface: &'a str,
    state: &'static str,
}

fn parse(input: Input<'_>, sink: &mut Sink) {
    let mut shell = Shell::of("ip");
    let mut table = Table::None;
    for line in input.lines() {
        let text = line.1.trim();
        if let Some(next) = header(text) {
            table = next;
        } else if let Some(found) = neighbour(text, table, shell.command()) {
            if !shell.is_away() {
                add(&found, line, sink);
            }
        } else {
            table = Table::None;
            shell.see(line.1);
        }
    }
}

fn header(text: &str) -> Option<Table> {
    if text.starts_with("Address") && text.contains("HWtype") && text.contains("Iface") {
        Some(Table::Arp)
    } else if text.starts_with("IP address") && text.contains("HW type") {
        Some(Table::Kernel)
    } else {
        None
    }
}

fn add(found: &Neighbour<'_>, line: (u64, &str), sink: &mut Sink) {
    if let Ok(address) = found.address.parse::<IpAddr>() {
        let address = address.to_string();
        let fields = [
            ("address", &*address),
            ("interface", found.interface),
            ("state", found.state),
        ];
        sink.fact("neighbour", line, fields);
    }
}

fn neighbour<'a>(text: &'a str, table: Table, command: &'a str) -> Option<Neighbour<'a>> {
    if text.contains(") at ") {
        return answered(text);
    }
    let words: Vec<&str> = text.split_whitespace().take(MAX_WORDS).collect();
    words.first()?.parse::<IpAddr>().ok()?;
    match table {
        Table::None => of_ip(&words, command),
        Table::Arp => of_arp(&words),
        Table::Kernel => of_kernel(&words),
    }
}

/// More words than any row has.
const MAX_WORDS: usize = 32;

/// A row of `ip neighbour`.
fn of_ip<'a>(words: &[&'a str], command: &'a str) -> Option<Neighbour<'a>> {
    let (address, rest) = words.split_first()?;
    let first = *rest.first()?;
    let state = rest.iter().rev().find_map(|word| state_of(word))?;
    let named = ["dev", "lladdr", "used", "ref", "probes", "router"].contains(&first);
    if !named && rest.len() > 1 {
        return None;
    }
    let mut options = command.split_whitespace();
    let own = (first == "dev").then(|| rest.get(1).copied());
    let asked = || options.by_ref().skip_while(|word| *word != "dev").nth(1);
    let interface = own.unwrap_or_else(asked).unwrap_or_default();
    Some(Neighbour {
        address,
        interface,
        state,
    })
}

fn state_of(word: &str) -> Option<&'static str> {
    Some(match word {
        "REACHABLE" => "reachable",
        "STALE" => "stale",
        "DELAY" => "delay",
        "PROBE" => "probe",
        "FAILED" => "failed",
        "INCOMPLETE" => "incomplete",
        "PERMANENT" => "permanent",
        _ => return None,
    })
}

/// `? (192.0.2.1) at 02:00:00:00:00:05 [ether] PERM on eth0`
fn answered(text: &str) -> Option<Neighbour<'_>> {
    let (before, after) = text.split_once(") at ")?;
    let (_, address) = before.rsplit_once('(')?;
    let (link, interface) = after.rsplit_once(" on ")?;
    let state = match link {
        _ if link.contains("incomplete") => "incomplete",
        _ if link.matches(':').count() != 5 => return None,
        _ if link.contains("PERM") => "permanent",
        _ => "",
    };
    Some(Neighbour {
        address,
        interface: interface.split_whitespace().next()?,
        state,
    })
}

/// `192.0.2.1  ether  02:00:00:00:00:05  C  eth0`; without an answer `(incomplete)` stands for the middle.
fn of_arp<'a>(words: &[&'a str]) -> Option<Neighbour<'a>> {
    let (address, interface) = (*words.first()?, *words.last()?);
    let state = match words {
        [_, "(incomplete)", ..] => "incomplete",
        [_, _, _, flags, _, ..] if flags.contains('M') => "permanent",
        [_, _, _, flags, _, ..] if flags.contains('C') => "",
        _ => return None,
    };
    Some(Neighbour {
        address,
        interface,
        state,
    })
}

/// `192.0.2.1  0x1  0x2  02:00:00:00:00:05  *  eth0`; the flags are those of `if_arp.h`.
fn of_kernel<'a>(words: &[&'a str]) -> Option<Neighbour<'a>> {
    let &[address, _, flags, _, _, interface] = words else {
        return None;
    };
    let flags = u32::from_str_radix(flags.strip_prefix("0x")?, 16).ok()?;
    let state = match flags {
        _ if flags & 0x4 != 0 => "permanent",
        _ if flags & 0x2 != 0 => "",
        _ => "incomplete",
    };
    Some(Neighbour {
        address,
        interface,
        state,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The facts as line, address, interface and state.
    fn facts(text: &str) -> Vec<String> {
        let shown = |fact: &crate::facts::Fact| {
            let field = |name| fact.get(name).unwrap_or("-").to_owned();
            format!(
                "{}: {}",
                fact.line,
                ["address", "interface", "state"].map(field).join(" ")
            )
        };
        PARSER
            .read("node-1/ip-neigh.txt", text)
            .facts
            .iter()
            .map(shown)
            .collect()
    }

    #[test]
    fn states_are_read_with_and_without_statistics() {
        let text = "\
192.0.2.1 dev eth0 lladdr 02:00:00:00:00:05 STALE
192.0.2.9 dev eth1  FAILED
192.0.2.2 dev eth0 lladdr 02:00:00:00:00:06 ref 1 used 78/0/76 probes 1 REACHABLE
192.0.2.8 dev eth0  used 78/72/76 probes 6 INCOMPLETE
198.51.100.0 dev vxlan.calico lladdr 02:00:00:00:00:07 extern_learn PERMANENT
fe80::1 dev eth0 lladdr 02:00:00:00:00:05 router DELAY
ff02::2 dev eth0 lladdr 33:33:00:00:00:02 NOARP
";
        let expected = [
            "1: 192.0.2.1 eth0 stale",
            "2: 192.0.2.9 eth1 failed",
            "3: 192.0.2.2 eth0 reachable",
            "4: 192.0.2.8 eth0 incomplete",
            "5: 198.51.100.0 vxlan.calico permanent",
            "6: fe80::1 eth0 delay",
        ];
        assert_eq!(facts(text), expected);
    }

    #[test]
    fn the_interface_may_be_in_the_command() {
        let text = "\
$ ip route get 192.0.2.21
192.0.2.21 dev eth1  src 192.0.2.2
    cache
$ ip neigh show dev eth1
192.0.2.1 lladdr 02:00:00:00:00:40 REACHABLE
192.0.2.21  FAILED
$ docker exec web ip neigh
192.0.2.22 dev eth0  FAILED
";
        assert_eq!(
            facts(text),
            ["5: 192.0.2.1 eth1 reachable", "6: 192.0.2.21 eth1 failed"]
        );
    }

    #[test]
    fn arp_tells_only_whether_there_is_an_answer() {
        let text = "\
? (192.0.2.1) at 02:00:00:00:00:05 [ether] on eth0
web-1 (192.0.2.2) at <incomplete> on eth0
? (192.0.2.3) at 02:00:00:00:00:07 [ether] PERM on eth0
Address                  HWtype  HWaddress           Flags Mask            Iface
192.0.2.1                ether   02:00:00:00:00:05   C                     eth0
192.0.2.2                        (incomplete)                              eth0
192.0.2.3                ether   02:00:00:00:00:07   CM                    eth0
web-1                    ether   02:00:00:00:00:07   C                     eth0
IP address       HW type     Flags       HW address            Mask     Device
192.0.2.1        0x1         0x2         02:00:00:00:00:05     *        eth0
192.0.2.2        0x1         0x0         00:00:00:00:00:00     *        eth0
192.0.2.3        0x1         0x6         02:00:00:00:00:07     *        eth0
";
        let three = |first: u64| {
            [
                "192.0.2.1 eth0 -",
                "192.0.2.2 eth0 incomplete",
                "192.0.2.3 eth0 permanent",
            ]
            .iter()
            .zip(first..)
            .map(|(fact, line)| format!("{line}: {fact}"))
            .collect::<Vec<_>>()
        };
        assert_eq!(facts(text), [three(1), three(5), three(10)].concat());
    }

    #[test]
    fn routes_logs_and_broken_rows_give_nothing() {
        for text in [
            "192.0.2.0/24 dev eth0 proto kernel scope link src 192.0.2.2\n",
            "192.0.2.1 - - [10/Oct/2000:13:55:36] FAILED\n",
            "192.0.2.1 FAILED login\n",
            "refused by web-1 (192.0.2.1) at step 3 on node-1\n",
            "***HIDDEN*** dev eth0  FAILED\n",
            "192.0.2.1\n\u{e9} dev\n) at \n(x) at y on z\n192.0.2.1 dev\n",
            "IP address       HW type     Flags\n192.0.2.1 0x1 2 a b c\n",
        ] {
            assert!(facts(text).is_empty(), "{text}");
        }
    }
}
