//! Routes: `ip route`, also `show table all`, `route -n` and `netstat -rn`.
//!
//! `[type] destination [via gateway] [dev interface] [src address] [table t] ...`; a route of several paths continues
//! with `nexthop` lines. The others print `Destination Gateway Genmask Flags ... Iface`, and for IPv6 `Destination
//! Next Hop Flag ... If`. Only the main table counts: the kernel's table of its own addresses and those of policy
//! routing say something else. Sources: `ip/iproute.c` of iproute2, `lib/inet_gr.c` of net-tools.

use std::net::{IpAddr, Ipv4Addr};

use super::netstat::place::Shell;
use crate::facts::{Input, Parser, Sink};

pub(super) const PARSER: Parser = Parser {
    name: "ip route",
    markers: &[
        "default via ",
        " proto kernel",
        " scope link",
        "Genmask",
        "Next Hop",
    ],
    path: |_| false,
    parse,
};

fn parse(input: Input<'_>, sink: &mut Sink) {
    let mut reader = Reader {
        shell: Shell::of("ip"),
        table: Table::None,
        paths: None,
    };
    let mut first = None;
    let mut lines = input.lines().peekable();
    while let Some(line) = lines.next() {
        // `ip route get` prints one route that is in use, and below it how it is kept.
        let asked = lines
            .peek()
            .is_some_and(|(_, next)| next.trim_start().starts_with("cache"));
        for route in reader.read(line.1).filter(|route| route.counts && !asked) {
            if route.is_ipv4() {
                first = first.or(Some(line));
            }
            sink.fact("route", line, route.fields());
        }
    }
    // Of a file that is named for it the listing is whole; in others it may be what somebody searched for.
    if let Some(first) = first.filter(|_| input.file().contains("route")) {
        sink.table("route", "", first);
    }
}

/// Which table of net-tools is being read.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Table {
    None,
    V4,
    V6,
}

struct Reader<'a> {
    shell: Shell<'a>,
    table: Table,
    /// The destination of a route whose paths follow.
    paths: Option<Route<'a>>,
}

impl<'a> Reader<'a> {
    fn read(&mut self, line: &'a str) -> std::option::IntoIter<Route<'a>> {
        let text = line.trim();
        if let Some(table) = header(text) {
            self.table = table;
            return None.into_iter();
        }
        let route = match self.table {
            Table::V4 => of_ipv4(text),
            Table::V6 => of_ipv6(text),
            Table::None => self.of_ip(line),
        };
        if route.is_none() {
            self.table = Table::None;
            self.shell.see(line);
        }
        route.filter(|_| !self.shell.is_away()).into_iter()
    }

    /// A line of `ip route`; the first of a route of several paths has no interface, and does not count.
    fn of_ip(&mut self, line: &'a str) -> Option<Route<'a>> {
        if let Some(path) = line.trim_start().strip_prefix("nexthop ") {
            return self.paths.clone()?.with(path);
        }
        // Indented lines like these are in the configuration of keepalived.
        let route = of_ip(line);
        let bare = |route: &Route<'_>| route.interface.is_empty() && route.gateway.is_none();
        self.paths = route
            .clone()
            .filter(|route| route.kind.is_empty() && bare(route));
        route.map(|route| Route {
            counts: route.counts && self.paths.is_none(),
            ..route
        })
    }
}

fn header(text: &str) -> Option<Table> {
    let text = text.strip_prefix("Destination")?;
    if text.contains("Genmask") {
        Some(Table::V4)
    } else {
        text.contains("Next Hop").then_some(Table::V6)
    }
}

#[derive(Clone, Default)]
struct Route<'a> {
    destination: String,
    gateway: Option<IpAddr>,
    interface: &'a str,
    source: Option<IpAddr>,
    /// `unreachable`, `blackhole`, ...; nothing for an ordinary route.
    kind: &'a str,
    /// Whether packets to other machines are routed by it.
    counts: bool,
}

impl<'a> Route<'a> {
    /// Whether it is surely one of IPv4: a default route names its family by its gateway only.
    fn is_ipv4(&self) -> bool {
        let by_gateway = self.gateway.is_some_and(|gateway| gateway.is_ipv4());
        by_gateway || self.destination.contains('.')
    }

    fn fields(&self) -> [(&'static str, String); 5] {
        let written = |address: Option<IpAddr>| address.map(|address| address.to_string());
        [
            ("destination", self.destination.clone()),
            ("gateway", written(self.gateway).unwrap_or_default()),
            ("interface", self.interface.to_owned()),
            ("source", written(self.source).unwrap_or_default()),
            ("type", self.kind.to_owned()),
        ]
    }

    /// The route with its options; `None` if they are none of a route.
    fn with(mut self, options: &'a str) -> Option<Self> {
        let mut words = options.split_whitespace();
        let mut known = !self.kind.is_empty() || !self.counts;
        while let Some(word) = words.next() {
            match word {
                "via" => {
                    let gateway = words.find(|word| !word.starts_with("inet"))?;
                    self.gateway = gateway.parse().ok();
                    known |= self.gateway.is_some() || gateway.contains("***");
                }
                "dev" => self.interface = words.next()?,
                "src" => self.source = words.next()?.parse().ok(),
                "table" => self.counts &= matches!(words.next()?, "main" | "254"),
                // IPv6 has a route like this for everything that it cannot reach.
                "metric" => self.counts &= !matches!(words.next()?, "4294967295" | "-1"),
                "proto" | "scope" | "weight" => known |= words.next().is_some(),
                "lladdr" | "uid" => return None,
                _ => {}
            }
        }
        known.then_some(self)
    }
}

/// A line of `ip route`.
fn of_ip(text: &str) -> Option<Route<'_>> {
    let (first, rest) = text.split_once(' ').unwrap_or((text, ""));
    let own = ["local", "broadcast", "multicast", "anycast"].contains(&first);
    let typed = ["unreachable", "blackhole", "prohibit", "throw"].contains(&first);
    let (kind, network) = if own || typed {
        (first, rest)
    } else {
        ("", text)
    };
    let (word, options) = network.split_once(' ').unwrap_or((network, ""));
    let destination = destination(word)?;
    let next = options.split_whitespace().next().unwrap_or("dev");
    let keys = [
        "dev", "via", "proto", "scope", "src", "metric", "table", "error", "nhid",
    ];
    if !keys.contains(&next) {
        return None;
    }
    let route = Route {
        destination,
        kind,
        counts: !own,
        ..Route::default()
    };
    route.with(options)
}

/// `default`, or the network; a host is a network of itself.
fn destination(word: &str) -> Option<String> {
    if matches!(word, "default" | "0.0.0.0/0" | "::/0") {
        return Some("default".to_owned());
    }
    let (address, prefix) = word.split_once('/').unwrap_or((word, ""));
    let address: IpAddr = address.parse().ok()?;
    let full = if address.is_ipv4() { 32 } else { 128 };
    let prefix = if prefix.is_empty() {
        full
    } else {
        prefix.parse::<u8>().ok()?
    };
    (prefix <= full).then(|| format!("{address}/{prefix}"))
}

/// `192.0.2.0  0.0.0.0  255.255.255.0  U  0  0  0  eth0`
fn of_ipv4(text: &str) -> Option<Route<'_>> {
    let mut words = text.split_whitespace();
    let (network, gateway) = (words.next()?, words.next()?);
    let (mask, flags) = (words.next()?.parse::<Ipv4Addr>().ok()?, words.next()?);
    let interface = words.nth(3)?;
    let network = if network == "default" {
        "0.0.0.0"
    } else {
        network
    };
    let destination = destination(&format!("{network}/{}", mask.to_bits().count_ones()))?;
    Some(Route {
        destination,
        gateway: gateway
            .parse()
            .ok()
            .filter(|gateway: &IpAddr| !gateway.is_unspecified()),
        interface: if interface == "-" { "" } else { interface },
        source: None,
        kind: if flags.contains('!') {
            "unreachable"
        } else {
            ""
        },
        counts: true,
    })
}

/// `2001:db8::/64  [::]  U  256  1  0  eth0`; `n` is for the machine itself, `!` for what it cannot reach.
fn of_ipv6(text: &str) -> Option<Route<'_>> {
    let mut words = text.split_whitespace();
    let (network, gateway) = (words.next()?, words.next()?);
    let flags = words.next()?;
    let interface = words.nth(3)?;
    let destination = destination(&network.replace(['[', ']'], ""))?;
    let gateway = gateway
        .trim_start_matches('[')
        .trim_end_matches(']')
        .parse()
        .ok();
    Some(Route {
        counts: !flags.contains(['n', '!']) && !destination.starts_with("ff"),
        destination,
        gateway: gateway.filter(|gateway: &IpAddr| !gateway.is_unspecified()),
        interface,
        ..Route::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The facts as line, destination, gateway, interface, source and type.
    fn facts(text: &str) -> Vec<String> {
        let shown = |fact: &crate::facts::Fact| {
            let field = |name| fact.get(name).unwrap_or("-").to_owned();
            let names = ["destination", "gateway", "interface", "source", "type"];
            format!("{}: {}", fact.line, names.map(field).join(" "))
        };
        PARSER
            .read("node-1/ip-route.txt", text)
            .facts
            .iter()
            .map(shown)
            .collect()
    }

    #[test]
    fn the_main_table_is_read() {
        let text = "\
10.42.20.64/26 dev wireguard.cali table 1 scope link 
throw 10.42.207.0/26 table 1 
default via 192.0.2.1 dev eth0 proto static metric 100 
10.42.60.64/26 via 10.42.60.64 dev vxlan.calico onlink 
10.42.60.65 dev vxlan.calico scope link 
blackhole 10.42.207.0/26 proto 80 
192.0.2.0/24 dev eth0 proto kernel scope link src 192.0.2.7 linkdown 
local 192.0.2.7 dev eth0 table local proto kernel scope host src 192.0.2.7 
broadcast 192.0.2.255 dev eth0 table local proto kernel scope link src 192.0.2.7 
2001:db8::/64 dev eth0 proto kernel metric 256 pref medium
default via fe80::1 dev eth0 proto ra metric 1024 pref medium
unreachable default dev lo table unspec proto kernel metric 4294967295 error -101
198.51.100.0/24 via inet6 fe80::2 dev eth0 proto static
";
        let expected = [
            "3: default 192.0.2.1 eth0 - -",
            "4: 10.42.60.64/26 10.42.60.64 vxlan.calico - -",
            "5: 10.42.60.65/32 - vxlan.calico - -",
            "6: 10.42.207.0/26 - - - blackhole",
            "7: 192.0.2.0/24 - eth0 192.0.2.7 -",
            "10: 2001:db8::/64 - eth0 - -",
            "11: default fe80::1 eth0 - -",
            "13: 198.51.100.0/24 fe80::2 eth0 - -",
        ];
        assert_eq!(facts(text), expected);
    }

    #[test]
    fn each_path_of_a_route_is_a_route() {
        let text = "\
default proto static metric 100 
\tnexthop via 192.0.2.1 dev eth0 weight 1 
\tnexthop via 192.0.2.2 dev eth1 weight 1 
192.0.2.0/24 dev eth0 proto kernel scope link src 192.0.2.7 
\tnexthop via 192.0.2.3 dev eth1 weight 1 
";
        let expected = [
            "2: default 192.0.2.1 eth0 - -",
            "3: default 192.0.2.2 eth1 - -",
            "4: 192.0.2.0/24 - eth0 192.0.2.7 -",
        ];
        assert_eq!(facts(text), expected);
    }

    #[test]
    fn net_tools_print_masks() {
        let text = "\
Kernel IP routing table
Destination     Gateway         Genmask         Flags Metric Ref    Use Iface
0.0.0.0         192.0.2.1       0.0.0.0         UG    0      0        0 eth0
default         192.0.2.1       0.0.0.0         UG    0      0        0 eth0
192.0.2.0       0.0.0.0         255.255.255.0   U     0      0        0 eth0
198.51.100.0    -               255.255.255.0   !     0      -        0 -
Kernel IPv6 routing table
Destination                    Next Hop                   Flag Met Ref Use If
2001:db8::/64                  [::]                       U    256 1     0 eth0
[::]/0                         fe80::1                    UGDAe 1024 1   0 eth0
fe80::1/128                    [::]                       Un   0   3     0 eth0
ff00::/8                       [::]                       U    256 3     0 eth0
[::]/0                         [::]                       !n   -1  1     0 lo
";
        let expected = [
            "3: default 192.0.2.1 eth0 - -",
            "4: default 192.0.2.1 eth0 - -",
            "5: 192.0.2.0/24 - eth0 - -",
            "6: 198.51.100.0/24 - - - unreachable",
            "9: 2001:db8::/64 - eth0 - -",
            "10: default fe80::1 eth0 - -",
        ];
        assert_eq!(facts(text), expected);
        let mss = "Destination     Gateway         Genmask         Flags   MSS Window  irtt Iface\n\
            0.0.0.0         192.0.2.1       0.0.0.0         UG        0 0          0 eth0\n";
        assert_eq!(facts(mss), ["2: default 192.0.2.1 eth0 - -"]);
    }

    #[test]
    fn other_commands_and_containers_give_nothing() {
        for text in [
            "192.0.2.9 via 192.0.2.1 dev eth0 src 192.0.2.7 uid 0 \n    cache\n",
            "192.0.2.9 via 192.0.2.1 dev eth0 src 192.0.2.7\n    cache\n",
            "192.0.2.21 dev eth1  src 192.0.2.2\n",
            "192.0.2.1 dev eth0 lladdr 02:00:00:00:00:05 STALE\n192.0.2.9 dev eth1  FAILED\n",
            "default via environment\nunreachable 192.0.2.1 for hours scope link\ndefault scope is global\n",
            "# ip netns exec r1 ip route\ndefault via 192.0.2.1 dev eth0 proto static\n",
            "nexthop via 192.0.2.1 dev eth0 weight 1\nlocal\ndefault\ndefault via\n\u{e9}/8 dev x scope link\n",
            "static_routes {\n    0.0.0.0/0 via 192.0.2.1 dev eth0 no_track\n    2001:db8::/64 dev eth0 scope link\n}\n",
            "Destination Gateway Genmask Flags\n192.0.2.0 0.0.0.0 x U 0 0 0 eth0\n192.0.2.0 0.0.0.0\n",
        ] {
            assert!(facts(text).is_empty(), "{text}");
        }
        assert_eq!(
            facts("default via ***HIDDEN*** dev eth0\n"),
            ["1: default - eth0 - -"]
        );
    }
}
