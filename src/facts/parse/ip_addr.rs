//! `ip address` of iproute2, also `-d`, `-4`, `-o` (one line an address) and `-br` (one line an interface).
//!
//! `2: eth0@if5: <FLAGS> mtu 1500 ...` starts an interface, `inet 192.0.2.7/24 ... scope global eth0` below it is an
//! address; of a point-to-point link `inet 192.0.2.7 peer 192.0.2.8/32`. With `-o` both are one line, and the line
//! breaks a literal backslash. Source: `ip/ipaddress.c`.

use std::net::IpAddr;

use super::netstat::place::{self, Shell};
use crate::facts::{Input, Parser, Sink};

pub(super) const PARSER: Parser = Parser {
    name: "ip address",
    markers: &[
        "scope global",
        "scope host",
        "link/ether",
        "link/loopback",
        "valid_lft",
        "127.0.0.1/8",
    ],
    path: is_brief,
    parse,
};

/// Output of `-br` for one interface has nothing else that tells it.
fn is_brief(path: &str) -> bool {
    let file = path.rsplit('/').next().unwrap_or(path);
    ["ip_-br", "ip-br", "ip_br"]
        .iter()
        .any(|start| file.starts_with(start))
}

fn parse(input: Input<'_>, sink: &mut Sink) {
    let mut reader = Reader {
        shell: Shell::of("ip"),
        interface: "",
        listing: None,
    };
    for line in input.lines() {
        reader.read(line, sink);
    }
    reader.close(sink);
}

/// A listing that has the loopback interface, which comes first.
struct Listing<'a> {
    header: (u64, &'a str),
    /// Whether an address of IPv4 was among those of the loopback interface.
    v4: bool,
    /// Whether it is not of IPv4 alone: that has neither links nor addresses of IPv6.
    whole: bool,
    /// Whether there is another interface; else only one was asked for.
    others: bool,
}

struct Reader<'a> {
    shell: Shell<'a>,
    interface: &'a str,
    listing: Option<Listing<'a>>,
}

impl<'a> Reader<'a> {
    fn read(&mut self, line: (u64, &'a str), sink: &mut Sink) {
        let text = line.1.trim();
        if let Some((name, rest)) = interface(text) {
            self.enter(name, line, sink);
            self.inet(rest, line, sink);
        } else if let Some((name, addresses)) = brief(text) {
            self.enter(name, line, sink);
            self.addresses(addresses, line, sink);
        } else if text.starts_with("inet") {
            self.inet(text, line, sink);
        } else if text.starts_with("link/") {
            if let Some(listing) = &mut self.listing {
                listing.whole = true;
            }
        } else {
            self.shell.see(line.1);
            if place::prompt(text).is_some() {
                self.close(sink);
                self.interface = "";
            }
        }
    }

    fn enter(&mut self, name: &'a str, line: (u64, &'a str), sink: &mut Sink) {
        if name == "lo" && self.interface != "lo" {
            self.close(sink);
            self.listing = Some(Listing {
                header: line,
                v4: false,
                whole: false,
                others: false,
            });
        } else if let Some(listing) = &mut self.listing {
            listing.others |= name != "lo";
        }
        self.interface = name;
    }

    /// `inet 192.0.2.7/24 brd ...`
    fn inet(&mut self, text: &'a str, line: (u64, &'a str), sink: &mut Sink) {
        let addresses = text
            .strip_prefix("inet6 ")
            .or_else(|| text.strip_prefix("inet "));
        let Some(addresses) = addresses.filter(|_| !self.interface.is_empty()) else {
            return;
        };
        let mut words = addresses.split_whitespace();
        let own = (words.next(), words.next(), words.next());
        match own {
            (Some(local), Some("peer"), Some(peer)) => self.add(local, peer, line, sink),
            (Some(local), ..) if local.contains('/') => self.add(local, "", line, sink),
            _ => {}
        }
    }

    /// `192.0.2.7/24 192.0.2.8 peer 192.0.2.9/32 fe80::1/64`
    fn addresses(&mut self, text: &'a str, line: (u64, &'a str), sink: &mut Sink) {
        let mut words = text.split_whitespace().peekable();
        while let Some(word) = words.next() {
            let peer = words
                .next_if_eq(&"peer")
                .and_then(|_| words.next())
                .unwrap_or("");
            self.add(word, peer, line, sink);
        }
    }

    /// An address, perhaps with its prefix, and the peer, which has the prefix then.
    fn add(&mut self, local: &str, peer: &str, line: (u64, &'a str), sink: &mut Sink) {
        let Some((address, own)) = network(local) else {
            return;
        };
        let (peer, of_peer) =
            network(peer).map_or((None, ""), |(peer, prefix)| (Some(peer), prefix));
        if own.is_empty() && of_peer.is_empty() {
            return;
        }
        if let Some(listing) = &mut self.listing {
            listing.v4 |= self.interface == "lo" && address.is_ipv4();
            listing.whole |= address.is_ipv6();
        }
        if address.is_loopback() || self.shell.is_away() {
            return;
        }
        let fields = [
            ("address", address.to_string()),
            (
                "prefix",
                if own.is_empty() { of_peer } else { own }.to_owned(),
            ),
            ("interface", self.interface.to_owned()),
            (
                "peer",
                peer.map(|peer| peer.to_string()).unwrap_or_default(),
            ),
        ];
        sink.fact("address", line, fields);
    }

    fn close(&mut self, sink: &mut Sink) {
        let Some(listing) = self.listing.take() else {
            return;
        };
        let partial = self.shell.command().contains('|') || self.shell.is_away();
        if listing.v4 && listing.whole && listing.others && !partial {
            sink.table("address", "", listing.header);
        }
    }
}

/// The name in `2: eth0@if5: <UP> mtu 1500` or `2: eth0    inet 192.0.2.7/24`, and what follows it.
fn interface(text: &str) -> Option<(&str, &str)> {
    let (index, rest) = text.split_once(": ")?;
    index.parse::<u32>().ok()?;
    let (name, rest) = rest.trim_start().split_once(' ')?;
    let rest = rest.trim_start();
    let linked = name.strip_suffix(':').filter(|_| rest.starts_with('<'));
    let name = linked.or_else(|| rest.starts_with("inet").then_some(name))?;
    Some((without_link(name), rest))
}

/// The name and the addresses in `eth0@if5  UP  192.0.2.7/24 fe80::1/64`.
fn brief(text: &str) -> Option<(&str, &str)> {
    let (name, rest) = text.split_once(' ')?;
    let (state, rest) = rest.trim_start().split_once(' ')?;
    let states = [
        "UP",
        "DOWN",
        "UNKNOWN",
        "DORMANT",
        "LOWERLAYERDOWN",
        "TESTING",
        "NOTPRESENT",
    ];
    let first = rest.split_whitespace().next()?;
    let known = states.contains(&state) && network(first).is_some();
    known.then_some((without_link(name), rest))
}

/// The name without the interface that it is tied to.
fn without_link(name: &str) -> &str {
    name.split('@').next().unwrap_or(name)
}

/// An address and its prefix, which may be missing.
fn network(text: &str) -> Option<(IpAddr, &str)> {
    let (address, prefix) = text.split_once('/').unwrap_or((text, ""));
    let valid = prefix.is_empty() || prefix.parse::<u8>().is_ok_and(|prefix| prefix <= 128);
    address
        .parse()
        .ok()
        .filter(|_| valid)
        .map(|address| (address, prefix))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Gathered;

    fn gather(text: &str) -> Gathered {
        PARSER.read("node-1/ip-addr.txt", text)
    }

    /// The facts as line, address, prefix, interface and peer.
    fn facts(text: &str) -> Vec<String> {
        let shown = |fact: &crate::facts::Fact| {
            let field = |name| fact.get(name).unwrap_or("-").to_owned();
            let fields = ["address", "prefix", "interface", "peer"].map(field);
            format!("{}: {}", fact.line, fields.join(" "))
        };
        gather(text).facts.iter().map(shown).collect()
    }

    fn table_line(text: &str) -> Option<u64> {
        gather(text).tables.first().map(|table| table.line)
    }

    const SHOW: &str = "\
# ip addr show
1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
    inet 127.0.0.1/8 scope host lo
       valid_lft forever preferred_lft forever
    inet 10.96.0.10/32 scope global lo
       valid_lft forever preferred_lft forever
    inet6 ::1/128 scope host 
       valid_lft forever preferred_lft forever
2: eth0@if5: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc fq_codel state UP group default qlen 1000
    link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff link-netnsid 0
    inet 192.0.2.7/24 brd 192.0.2.255 scope global dynamic eth0
       valid_lft 84872sec preferred_lft 84872sec
    inet 192.0.2.8/24 brd 192.0.2.255 scope global secondary eth0:1
    inet6 fe80::fc:ff:fe00:1/64 scope link 
8: tun0: <POINTOPOINT,NOARP,UP,LOWER_UP> mtu 1440 qdisc noqueue state UNKNOWN
    link/none 
    inet 198.51.100.1 peer 198.51.100.2/32 scope global tun0
9: docker0: <NO-CARRIER,BROADCAST,MULTICAST,UP> mtu 1500 qdisc noqueue state DOWN
    link/ether 02:00:00:00:00:02 brd ff:ff:ff:ff:ff:ff
    inet 172.17.0.1/16 scope global docker0
";

    #[test]
    fn every_address_has_its_interface() {
        let expected = [
            "6: 10.96.0.10 32 lo -",
            "12: 192.0.2.7 24 eth0 -",
            "14: 192.0.2.8 24 eth0 -",
            "15: fe80::fc:ff:fe00:1 64 eth0 -",
            "18: 198.51.100.1 32 tun0 198.51.100.2",
            "21: 172.17.0.1 16 docker0 -",
        ];
        assert_eq!(facts(SHOW), expected);
        assert!(
            gather(SHOW).facts[1]
                .text
                .starts_with("    inet 192.0.2.7/24 brd")
        );
        assert_eq!(table_line(SHOW), Some(2));
    }

    #[test]
    fn one_line_an_address_and_one_line_an_interface_are_read_as_well() {
        let one = "\
1: lo    inet 127.0.0.1/8 scope host lo\\       valid_lft forever preferred_lft forever
1: lo    inet6 ::1/128 scope host \\       valid_lft forever preferred_lft forever
4: eth0    inet 192.0.2.2/24 brd 192.0.2.255 scope global eth0\\       valid_lft forever
4: eth0    inet6 2001:db8::2/64 scope global nodad \\       valid_lft forever
9: tun0    inet 198.51.100.1 peer 198.51.100.2/32 scope global tun0\\       valid_lft forever
";
        let expected = [
            "3: 192.0.2.2 24 eth0 -",
            "4: 2001:db8::2 64 eth0 -",
            "5: 198.51.100.1 32 tun0 198.51.100.2",
        ];
        assert_eq!(facts(one), expected);
        assert_eq!(table_line(one), Some(1));
        let brief = "\
lo               UNKNOWN        127.0.0.1/8 ::1/128 
ifb0             DOWN           
eth0@if5         UP             192.0.2.2/24 metric 100 2001:db8::2/64 
tun0             UNKNOWN        198.51.100.1 peer 198.51.100.2/32 fe80::1/64 
";
        let expected = [
            "3: 192.0.2.2 24 eth0 -",
            "3: 2001:db8::2 64 eth0 -",
            "4: 198.51.100.1 32 tun0 198.51.100.2",
            "4: fe80::1 64 tun0 -",
        ];
        assert_eq!(facts(brief), expected);
        assert_eq!(table_line(brief), Some(1));
    }

    #[test]
    fn a_part_is_not_complete() {
        let (_, eth0) = SHOW.split_once("2: eth0").unwrap_or_default();
        assert_eq!(table_line(&format!("2: eth0{eth0}")), None);
        let (lo, _) = SHOW.split_once("2: eth0").unwrap_or_default();
        assert_eq!(table_line(lo), None, "`ip addr show lo`");
        let four: String = SHOW
            .lines()
            .filter(|line| !line.contains("link/") && !line.contains("inet6"))
            .map(|line| format!("{line}\n"))
            .collect();
        assert_eq!(table_line(&four), None, "`ip -4 addr`");
        let six = SHOW
            .replace("inet 127.0.0.1/8", "x")
            .replace("inet 10.96", "x");
        assert_eq!(table_line(&six), None, "`ip -6 addr`");
        assert_eq!(table_line(&SHOW.replace("addr show", "addr | head")), None);
    }

    #[test]
    fn a_container_is_not_the_machine() {
        assert!(gather(&SHOW.replace("# ip", "# docker exec web ip")).is_empty());
        let two = format!(
            "{SHOW}# ip netns exec r1 ip addr\n{}",
            SHOW.replace("# ip", "")
        );
        assert_eq!(facts(&two).len(), 6);
    }

    #[test]
    fn what_is_no_listing_gives_nothing() {
        for text in [
            "eth0: flags=4163<UP>  mtu 1400\n        inet 192.0.2.2  netmask 255.255.255.0\n",
            "no_proxy=127.0.0.1/8,192.0.2.0/24 scope global\n",
            "node-1 UP 3 days\n12: retry: inet\n",
            "2: eth0: <UP> mtu 1\n    inet ***HIDDEN***/24 brd scope global eth0\n    inet\n",
            "2: eth0: <UP> mtu 1\n    inet 192.0.2.1/999 scope\n    inet 192.0.2.1\n inet6 \u{e9}/8\n",
            "    inet 192.0.2.1/24 scope global eth0\n",
        ] {
            assert!(gather(text).is_empty(), "{text}");
        }
    }
}
