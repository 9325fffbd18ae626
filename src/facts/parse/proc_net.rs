//! The kernel's tables of sockets: `/proc/net/tcp`, `tcp6`, `udp`, `udp6`.
//!
//! `sl local_address rem_address st ...`; an address is its 32-bit words in the byte order of the machine, which is
//! little-endian here, in hexadecimal, the port a number: `0100007F:1F90`. `st` is a state of `tcp_states.h`. The
//! tables of UDP, raw sockets and ICMP end in `ref pointer drops`, and only the file's name tells them apart. Source:
//! `Documentation/networking/proc_net_tcp.rst`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::netstat::place::{self, Shell};
use super::netstat::socket::{End, Socket, Sockets};
use crate::facts::{Input, Parser, Sink};

pub(super) const PARSER: Parser = Parser {
    name: "/proc/net",
    markers: &["sl  local_address"],
    path: |_| false,
    parse,
};

/// What a table is of.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Table {
    Tcp,
    Udp,
    /// Raw sockets, ICMP, UDP-Lite, and what comes from elsewhere.
    Other,
}

fn parse(input: Input<'_>, sink: &mut Sink) {
    let mut shell = Shell::of("cat");
    let mut sockets = Sockets::default();
    let mut table = Table::Other;
    for line in input.lines() {
        let text = line.1.trim();
        if text.starts_with("sl ") && text.contains("local_address") {
            let named = |name: &str| input.file() == name || shell.command().ends_with(name);
            table = if shell.is_away() {
                Table::Other
            } else {
                kind(text, named)
            };
            if table == Table::Tcp {
                sink.table("socket", scope(text), line);
            }
        } else if let Some(socket) = row(text, table) {
            sockets.add(sink, line, &socket);
        } else {
            shell.see(line.1);
            if place::prompt(text).is_some() {
                table = Table::Other;
            }
        }
    }
}

/// The kind of a table by its header and its name.
fn kind(header: &str, named: impl Fn(&str) -> bool) -> Table {
    let others = ["raw", "raw6", "icmp", "icmp6", "udplite", "udplite6"];
    if others.iter().any(|name| named(name)) {
        Table::Other
    } else if header.contains("drops") {
        Table::Udp
    } else {
        Table::Tcp
    }
}

/// Only the table of IPv6 writes `remote_address`.
fn scope(header: &str) -> &'static str {
    if header.contains("remote_address") {
        "listen tcp6"
    } else {
        "listen tcp4"
    }
}

fn row(text: &str, table: Table) -> Option<Socket<'_>> {
    let proto = match table {
        Table::Tcp => "tcp",
        Table::Udp => "udp",
        Table::Other => return None,
    };
    let mut words = text.split_whitespace();
    words.next()?.strip_suffix(':')?.parse::<u64>().ok()?;
    let (local, peer, code) = (words.next()?, words.next()?, words.next()?);
    Some(Socket {
        proto,
        state: state(code, table)?,
        local: end(local)?,
        peer: end(peer)?,
        process: "",
        pid: "",
        written: (local, peer),
    })
}

fn state(code: &str, table: Table) -> Option<&'static str> {
    Some(match code {
        "01" => "established",
        "02" => "syn_sent",
        "03" | "0C" => "syn_recv",
        "04" => "fin_wait1",
        "05" => "fin_wait2",
        "06" => "time_wait",
        "07" if table == Table::Udp => "unconnected",
        "07" => "close",
        "08" => "close_wait",
        "09" => "last_ack",
        "0A" => "listen",
        "0B" => "closing",
        _ => return None,
    })
}

fn end(text: &str) -> Option<End> {
    let (address, port) = text.split_once(':')?;
    Some(End::of(
        address_of(address)?,
        u16::from_str_radix(port, 16).ok()?,
    ))
}

fn address_of(hex: &str) -> Option<IpAddr> {
    let word = |at: usize| {
        let digits = hex.get(at * 8..at * 8 + 8)?;
        u32::from_str_radix(digits, 16).ok().map(u32::swap_bytes)
    };
    match hex.len() {
        8 => Some(IpAddr::V4(Ipv4Addr::from_bits(word(0)?))),
        32 => {
            let mut words = (0..4).map(word);
            let bits = words.try_fold(0_u128, |bits, word| Some(bits << 32 | u128::from(word?)))?;
            Some(IpAddr::V6(Ipv6Addr::from_bits(bits)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Gathered;

    fn gather(path: &str, text: &str) -> Gathered {
        PARSER.read(path, text)
    }

    const TCP: &str = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:07E8 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1076 1 00000000f127503c 100 0 0 10 0
   1: 0100007F:46A0 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 22308 1 0000000093d81980 100 0 0 10 0
   2: 070200C0:88E4 090200C0:0CEA 06 00000000:00000000 03:00001772 00000000     0        0 0 3 0000000000000000
";
    const TCP6: &str = "  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000000000000:1628 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000   114        0 148379 1 0000000000000000 100 0 0 10 0
   1: 0000000000000000FFFF0000070200C0:1538 0000000000000000FFFF0000080200C0:8A4A 01 00000000:00000000 02:00000A1B 00000000   114        0 148400 2 0000000000000000 20 4 30 10 -1
   2: B80D0120000000000000000001000000:0016 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000   114        0 148379 1 0000000000000000 100 0 0 10 0
";
    const UDP: &str = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  471: 3500007F:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000   101        0 62301 2 0000000000000000 0
";

    #[test]
    fn ipv4_addresses_are_read_backwards() {
        let gathered = gather("proc/net/tcp", TCP);
        let facts = gathered.facts;
        assert_eq!(facts.len(), 3);
        assert_eq!(facts[0].line, 2);
        assert_eq!(
            facts[0].shown(),
            "proto=tcp address=0.0.0.0 port=2024 state=listen loopback=false wildcard=true"
        );
        assert!(facts[1].is("address", "127.0.0.1") && facts[1].is("port", "18080"));
        assert!(facts[1].is("loopback", "true"));
        assert_eq!(
            facts[2].shown(),
            "proto=tcp address=192.0.2.7 port=35044 state=time_wait loopback=false \
             wildcard=false peer=192.0.2.9 peer_port=3306"
        );
        let table = &gathered.tables[0];
        assert_eq!((table.scope, table.line), ("listen tcp4", 1));
    }

    #[test]
    fn ipv6_addresses_are_read_word_by_word() {
        let gathered = gather("proc/net/tcp6", TCP6);
        let facts = gathered.facts;
        assert!(facts[0].is("address", "::") && facts[0].is("port", "5672"));
        assert!(facts[1].is("address", "192.0.2.7") && facts[1].is("peer", "192.0.2.8"));
        assert!(facts[2].is("address", "2001:db8::1") && facts[2].is("port", "22"));
        assert_eq!(gathered.tables[0].scope, "listen tcp6");
    }

    #[test]
    fn udp_has_no_states_and_raw_sockets_no_ports() {
        let gathered = gather("proc/self/net/udp", UDP);
        assert_eq!(
            gathered.facts[0].shown(),
            "proto=udp address=127.0.0.53 port=53 state=unconnected loopback=true wildcard=false"
        );
        assert!(gathered.tables.is_empty());
        assert!(gather("proc/net/raw", UDP).is_empty());
        assert!(gather("proc/net/udplite", UDP).is_empty());
        let empty = gather("proc/net/tcp", TCP.lines().next().unwrap_or_default());
        assert_eq!((empty.facts.len(), empty.tables.len()), (0, 1));
    }

    #[test]
    fn a_transcript_has_several_tables() {
        let text = format!("$ cat /proc/net/raw\n{UDP}$ cat /proc/net/tcp\n{TCP}$ date\n");
        let gathered = gather("notes.txt", &text);
        assert_eq!((gathered.facts.len(), gathered.facts[0].line), (3, 6));
        let inside = text.replace("$ cat", "$ docker exec web cat");
        assert!(gather("notes.txt", &inside).is_empty());
    }

    #[test]
    fn broken_rows_give_nothing() {
        let header = UDP.lines().next().unwrap_or_default();
        for row in [
            "0: 0100007F:0035 00000000:0000",
            "0: 0100007:0035 00000000:0000 07",
            "0: 0100007F:XYZ 00000000:0000 07",
            "0: \u{e9}\u{e9}\u{e9}\u{e9}:0035 00000000:0000 07",
            "0: 0100007F:0035 00000000:0000 FF",
            "one: 0100007F:0035 00000000:0000 07",
        ] {
            assert!(
                gather("udp", &format!("{header}\n{row}\n")).is_empty(),
                "{row}"
            );
        }
        assert!(gather("udp", UDP.lines().nth(1).unwrap_or_default()).is_empty());
    }
}
