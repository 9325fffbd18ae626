//! `ifconfig` of net-tools, old and new, of busybox and of the BSDs.
//!
//! Old: `eth0      Link encap:Ethernet ...`, then `inet addr:192.0.2.7  Bcast:...  Mask:255.255.255.0`. New:
//! `eth0: flags=4163<UP,...>  mtu 1500`, then `inet 192.0.2.7  netmask 255.255.255.0  broadcast ...`. It leaves out
//! addresses that `ip` added without a label, so it is never complete. Source: `lib/interface.c` of net-tools.

use std::net::{IpAddr, Ipv4Addr};

use super::netstat::place::{self, Shell};
use crate::facts::{Input, Parser, Sink};

pub(super) const PARSER: Parser = Parser {
    name: "ifconfig",
    markers: &[
        "inet addr:",
        "Link encap:",
        "  netmask ",
        " netmask 0x",
        "  prefixlen ",
    ],
    path: |_| false,
    parse,
};

fn parse(input: Input<'_>, sink: &mut Sink) {
    let mut shell = Shell::of("ifconfig");
    let mut interface = "";
    for line in input.lines() {
        let text = line.1.trim();
        if let Some(name) = header(line.1) {
            interface = name;
        } else if let Some(address) = address(text) {
            if !interface.is_empty() && !shell.is_away() && !address.own.is_loopback() {
                sink.fact("address", line, address.fields(interface));
            }
        } else if !line.1.starts_with([' ', '\t']) {
            shell.see(text);
            if place::prompt(text).is_some() {
                interface = "";
            }
        }
    }
}

/// The name in the first line of an interface; an alias (`eth0:1`) keeps its number.
fn header(text: &str) -> Option<&str> {
    let new = text.split_once(": flags=").map(|(name, _)| name);
    let old = || {
        text.split_once("Link encap:")
            .map(|(name, _)| name.trim_end())
    };
    new.or_else(old)
        .filter(|name| !name.is_empty() && !name.contains(char::is_whitespace))
}

struct Address {
    own: IpAddr,
    prefix: Option<u32>,
    peer: Option<IpAddr>,
}

impl Address {
    fn fields(&self, interface: &str) -> [(&'static str, String); 4] {
        [
            ("address", self.own.to_string()),
            (
                "prefix",
                self.prefix
                    .map(|prefix| prefix.to_string())
                    .unwrap_or_default(),
            ),
            ("interface", interface.to_owned()),
            (
                "peer",
                self.peer.map(|peer| peer.to_string()).unwrap_or_default(),
            ),
        ]
    }
}

/// Reads `inet addr:A ... Mask:M`, `inet A netmask M`, `inet6 addr: A/P` and `inet6 A prefixlen P`.
fn address(text: &str) -> Option<Address> {
    let rest = text
        .strip_prefix("inet6 ")
        .or_else(|| text.strip_prefix("inet "))?;
    let mut words = rest.split_whitespace();
    let first = words.next()?;
    let first = if first == "addr:" {
        words.next()?
    } else {
        first
    };
    let first = first.strip_prefix("addr:").unwrap_or(first);
    let (own, prefix) = first.split_once('/').unwrap_or((first, ""));
    let own = own.split('%').next()?.parse().ok()?;
    let mut address = Address {
        own,
        prefix: prefix.parse().ok(),
        peer: None,
    };
    while let Some(word) = words.next() {
        match word {
            "netmask" => address.prefix = words.next().and_then(prefix_of),
            "prefixlen" => address.prefix = words.next().and_then(|prefix| prefix.parse().ok()),
            "destination" | "-->" => address.peer = words.next().and_then(|peer| peer.parse().ok()),
            _ => {
                let after = |key: &str| word.strip_prefix(key);
                address.prefix = address
                    .prefix
                    .or_else(|| after("Mask:").and_then(prefix_of));
                address.peer = address.peer.or_else(|| after("P-t-P:")?.parse().ok());
            }
        }
    }
    Some(address)
}

/// The length of the prefix of `255.255.255.0` or `0xffffff00`.
fn prefix_of(mask: &str) -> Option<u32> {
    let bits = match mask.strip_prefix("0x") {
        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
        None => mask.parse::<Ipv4Addr>().ok()?.to_bits(),
    };
    (bits.leading_ones() == bits.count_ones()).then(|| bits.count_ones())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The facts as line, address, prefix, interface and peer.
    fn facts(text: &str) -> Vec<String> {
        let gathered = PARSER.read("node-1/ifconfig.txt", text);
        assert!(gathered.tables.is_empty());
        let shown = |fact: &crate::facts::Fact| {
            let field = |name| fact.get(name).unwrap_or("-").to_owned();
            let fields = ["address", "prefix", "interface", "peer"].map(field);
            format!("{}: {}", fact.line, fields.join(" "))
        };
        gathered.facts.iter().map(shown).collect()
    }

    const OLD: &str = "\
eth0      Link encap:Ethernet  HWaddr 02:00:00:00:00:01  
          inet addr:192.0.2.7  Bcast:192.0.2.255  Mask:255.255.255.0
          inet6 addr: fe80::fc:ff:fe00:1/64 Scope:Link
          UP BROADCAST RUNNING MULTICAST  MTU:1500  Metric:1

eth0:1    Link encap:Ethernet  HWaddr 02:00:00:00:00:01  
          inet addr:192.0.2.8  Bcast:192.0.2.255  Mask:255.255.240.0

tun0      Link encap:UNSPEC  HWaddr 00-00-00-00-00-00-00-00
          inet addr:198.51.100.1  P-t-P:198.51.100.2  Mask:255.255.255.255

lo        Link encap:Local Loopback  
          inet addr:127.0.0.1  Mask:255.0.0.0
          inet6 addr: ::1/128 Scope:Host
";

    #[test]
    fn the_old_form_is_read() {
        let expected = [
            "2: 192.0.2.7 24 eth0 -",
            "3: fe80::fc:ff:fe00:1 64 eth0 -",
            "7: 192.0.2.8 20 eth0:1 -",
            "10: 198.51.100.1 32 tun0 198.51.100.2",
        ];
        assert_eq!(facts(OLD), expected);
    }

    #[test]
    fn the_new_form_and_that_of_the_bsds_are_read() {
        let new = "\
eth0: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>  mtu 1400
        inet 192.0.2.2  netmask 255.255.255.0  broadcast 192.0.2.255
        inet6 2001:db8::2  prefixlen 64  scopeid 0x0<global>
        ether 02:fc:00:00:00:01  txqueuelen 1000  (Ethernet)

lo: flags=73<UP,LOOPBACK,RUNNING>  mtu 65536
        inet 127.0.0.1  netmask 255.0.0.0
        inet6 ::1  prefixlen 128  scopeid 0x10<host>

tun0: flags=4305<UP,POINTOPOINT,RUNNING,NOARP,MULTICAST>  mtu 1500
        inet 198.51.100.1  netmask 255.255.255.255  destination 198.51.100.2
en0: flags=8863<UP,BROADCAST> mtu 1500
\tinet 192.0.2.9 netmask 0xffffff00 broadcast 192.0.2.255
\tinet6 fe80::1%en0 prefixlen 64 scopeid 0x4
";
        let expected = [
            "2: 192.0.2.2 24 eth0 -",
            "3: 2001:db8::2 64 eth0 -",
            "11: 198.51.100.1 32 tun0 198.51.100.2",
            "13: 192.0.2.9 24 en0 -",
            "14: fe80::1 64 en0 -",
        ];
        assert_eq!(facts(new), expected);
    }

    #[test]
    fn what_is_no_listing_gives_nothing() {
        for text in [
            "iface eth0 inet static\n    address 192.0.2.1\n    netmask 255.255.255.0\n",
            "    inet 192.0.2.2  netmask 255.255.255.0\n",
            "eth0: flags=1<UP>\n inet ***HIDDEN***  netmask 255.255.255.0\n inet\n inet addr:\n inet \u{e9}\n",
            "$ docker exec web ifconfig\neth0: flags=1<UP>\n inet 172.17.0.2  netmask 255.255.0.0\n",
        ] {
            assert!(facts(text).is_empty(), "{text}");
        }
        assert_eq!(
            facts("e: flags=1\n inet 192.0.2.2  netmask 255.0.255.0\n"),
            ["2: 192.0.2.2 - e -"]
        );
    }
}
