//! `ss` of iproute2: TCP and UDP sockets.
//!
//! `[Netid] State Recv-Q Send-Q Local Address:Port Peer Address:Port [Process]`. There is no `Netid` where one
//! protocol was asked for. Before 4.15 `*:22` is an IPv4 socket and `:::22` one of IPv6; since then the former is
//! `0.0.0.0:22`, and `*:22` serves both families. With `-i`, `-m`, `-o` indented lines follow a row or stand at its
//! end. Source: `misc/ss.c` of iproute2.

use std::net::Ipv4Addr;

use super::netstat::place::{self, Options, Shell};
use super::netstat::socket::{ANY_V4, ANY_V6, End, Socket, Sockets, state_of};
use crate::facts::{Input, Parser, Sink};

pub(super) const PARSER: Parser = Parser {
    name: "ss",
    // The second is of rows that were searched for, without their header.
    markers: &["Address:Port", "users:((\""],
    path: |_| false,
    parse,
};

fn parse(input: Input<'_>, sink: &mut Sink) {
    let mut reader = Reader {
        file: Options::of_file(input.file(), "ss"),
        shell: Shell::of("ss"),
        habits: Habits::of(input),
        sockets: Sockets::default(),
        listing: None,
    };
    for line in input.lines() {
        reader.read(line, sink);
    }
    reader.close(sink);
}

/// What only the whole text tells of its rows.
#[derive(Clone, Copy, Default)]
struct Habits {
    /// Whether `*` is IPv4 alone.
    old: bool,
    /// Whether rows without a `Netid` have states that only TCP has.
    tcp: bool,
}

impl Habits {
    fn of(input: Input<'_>) -> Self {
        let mut habits = Self::default();
        for row in input.lines().filter_map(|(_, text)| Row::read(text)) {
            let host = row.local.rsplit_once(':').map_or("", |(host, _)| host);
            let v4 = host.parse::<Ipv4Addr>().is_ok();
            habits.old |= host == "::" || v4 && row.peer.starts_with("*:");
            habits.tcp |= row.netid.is_empty() && !matches!(row.state, "UNCONN" | "ESTAB");
        }
        habits
    }
}

struct Reader<'a> {
    file: Options,
    shell: Shell<'a>,
    habits: Habits,
    sockets: Sockets<'a>,
    listing: Option<Listing<'a>>,
}

/// One table while its rows are read.
struct Listing<'a> {
    header: (u64, &'a str),
    options: Options,
    listening: usize,
    /// Those whose port is missing because its name is unknown.
    unresolved: usize,
}

impl<'a> Reader<'a> {
    fn read(&mut self, line: (u64, &'a str), sink: &mut Sink) {
        let text = line.1;
        if text.contains("Address:Port") && text.contains("Recv-Q") {
            self.close(sink);
            let options = self
                .file
                .or(Options::of_command(self.shell.command(), "ss"));
            self.listing = Some(Listing {
                header: line,
                options,
                listening: 0,
                unresolved: 0,
            });
        } else if let Some(row) = Row::read(text) {
            self.add(line, row, sink);
        } else {
            self.shell.see(text);
            if place::prompt(text).is_some() {
                self.close(sink);
            }
        }
    }

    fn add(&mut self, line: (u64, &'a str), row: Row<'a>, sink: &mut Sink) {
        let options = self
            .listing
            .as_ref()
            .map_or(self.file, |listing| listing.options);
        let Some(socket) = row
            .socket(options, self.habits)
            .filter(|_| !self.shell.is_away())
        else {
            return;
        };
        self.sockets.add(sink, line, &socket);
        if let Some(listing) = self.listing.as_mut().filter(|_| socket.listens()) {
            listing.listening += 1;
            listing.unresolved += usize::from(socket.local.port.is_none());
        }
    }

    fn close(&mut self, sink: &mut Sink) {
        let Some(listing) = self.listing.take() else {
            return;
        };
        if listing.listening > 0 && listing.unresolved == 0 && !listing.options.filtered {
            sink.table("socket", listing.options.listen_scope(), listing.header);
        }
    }
}

/// The words of a row.
#[derive(Clone, Copy)]
struct Row<'a> {
    /// `tcp`, `udp`, `u_str`, `???`; nothing without that column.
    netid: &'a str,
    state: &'a str,
    local: &'a str,
    peer: &'a str,
    /// The name of the first process, or nothing.
    process: &'a str,
    pid: &'a str,
}

impl<'a> Row<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let mut words = text.split_whitespace();
        let first = words.next()?;
        let (netid, state) = if is_state(first) {
            ("", first)
        } else {
            (first, words.next()?)
        };
        if !is_state(state) {
            return None;
        }
        words
            .next()?
            .parse::<u64>()
            .and(words.next()?.parse::<u64>())
            .ok()?;
        let (local, peer) = (words.next()?, words.next()?);
        let peer = peer.split("users:").next().unwrap_or(peer);
        let (process, pid) = process(text);
        Some(Self {
            netid,
            state,
            local,
            peer,
            process,
            pid,
        })
    }

    fn socket(self, options: Options, habits: Habits) -> Option<Socket<'a>> {
        let proto = self.proto(options, habits)?;
        let v4 = options.has(b'4') && !options.has(b'6');
        let any = if habits.old || v4 { ANY_V4 } else { ANY_V6 };
        let state = match state_of(self.state) {
            Some(state) => state,
            // A raw socket has its protocol for a `Netid`.
            None if proto == "udp" => "unconnected",
            None => return None,
        };
        Some(Socket {
            proto,
            state,
            local: End::read(self.local, any)?,
            peer: End::read(self.peer, any)?,
            process: self.process,
            pid: self.pid,
            written: (self.local, self.peer),
        })
    }

    /// TCP or UDP; without a `Netid` as the options or the states of the table tell.
    fn proto(self, options: Options, habits: Habits) -> Option<&'static str> {
        let single = |letter| options.has(letter) && !options.has(b't');
        match (self.netid, self.state) {
            ("udp", _) => Some("udp"),
            ("", _) if single(b'w') || single(b'x') => None,
            ("", "UNCONN" | "ESTAB") if single(b'u') => Some("udp"),
            ("", "ESTAB") if habits.tcp || options.has(b't') => Some("tcp"),
            ("", "UNCONN" | "ESTAB") => None,
            ("tcp" | "", _) => Some("tcp"),
            _ => None,
        }
    }
}

fn is_state(word: &str) -> bool {
    matches!(word, "UNCONN" | "UNKNOWN") || state_of(word).is_some()
}

/// Name and id of the first process in `users:(("sshd",pid=801,fd=3))`, formerly `users:(("sshd",801,3))`.
fn process(text: &str) -> (&str, &str) {
    let users = text
        .split_once("users:((\"")
        .and_then(|(_, users)| users.split_once("\","));
    users.map_or(("", ""), |(name, rest)| {
        let rest = rest.strip_prefix("pid=").unwrap_or(rest);
        let digits = rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(rest.len());
        (name, rest.get(..digits).unwrap_or(""))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{Fact, Gathered};

    fn gather(path: &str, text: &str) -> Gathered {
        PARSER.read(path, text)
    }

    fn facts(text: &str) -> Vec<Fact> {
        gather("node-1/commands/ss.txt", text).facts
    }

    fn scopes(path: &str, text: &str) -> Vec<(u64, &'static str)> {
        let tables = gather(path, text).tables;
        tables
            .iter()
            .map(|table| (table.line, table.scope))
            .collect()
    }

    const LTNP: &str = "\
$ ss -ltnp
State  Recv-Q Send-Q Local Address:Port  Peer Address:PortProcess                            
LISTEN 0      5            0.0.0.0:5432       0.0.0.0:*    users:((\"postgres\",pid=31320,fd=3))
LISTEN 0      5          127.0.0.1:6379       0.0.0.0:*    users:((\"redis-server\",pid=31,fd=4),(\"x\",pid=1,fd=9))
LISTEN 0      128             [::]:22            [::]:*    
LISTEN 0      4096               *:9345             *:*    users:((\"rke2\",pid=8828,fd=6))
[rc=0]
";

    #[test]
    fn rows_without_netid_are_tcp() {
        let facts = facts(LTNP);
        assert_eq!(facts.len(), 4);
        assert_eq!((&*facts[0].kind, facts[0].line), ("socket", 3));
        assert!(
            facts[0]
                .text
                .ends_with("users:((\"postgres\",pid=31320,fd=3))")
        );
        assert_eq!(
            facts[0].shown(),
            "proto=tcp address=0.0.0.0 port=5432 state=listen loopback=false wildcard=true \
             process=postgres pid=31320"
        );
        assert!(facts[1].is("loopback", "true") && facts[1].is("process", "redis-server"));
        assert!(facts[2].is("address", "::") && facts[2].is("port", "22"));
        assert!(facts[3].is("address", "::") && facts[3].is("wildcard", "true"));
        assert_eq!(scopes("ss.txt", LTNP), [(2, "listen tcp4 tcp6")]);
    }

    #[test]
    fn netids_other_than_tcp_and_udp_are_skipped() {
        let facts = facts("\
Netid State     Recv-Q Send-Q   Local Address:Port     Peer Address:Port Process
nl    UNCONN    0      0                    0:-1590996171          *
u_str LISTEN    0      4096  /run/systemd/private 1133199         * 0    users:((\"systemd\",pid=1,fd=16))
u_dgr UNCONN    0      0                    * 1863                 * 11541
tcp   UNCONN    0      0              0.0.0.0:6             0.0.0.0:*     users:((\"droplet-agent\",pid=8390,fd=3))
icmp6 UNCONN    0      0               *%eth0:58                  *:*     users:((\"systemd-network\",pid=232703,fd=21))
???   UNCONN    0      0                    *:eth0                *       users:((\"dhclient\",pid=9,fd=5))
p_raw UNCONN    0      0                    *:eth0                *       users:((\"lldpd\",pid=9,fd=5))
v_str LISTEN    0      0                    *:1023                *:*     users:((\"vsock\",pid=9,fd=5))
udp   UNCONN    0      0        127.0.0.53%lo:53            0.0.0.0:*     users:((\"systemd-resolve\",pid=23,fd=13))
udp   ESTAB     0      0         192.0.2.7%eth0:68         192.0.2.1:67    users:((\"NetworkManager\",pid=24,fd=13))
tcp   ESTAB     0      0      [::ffff:192.0.2.7]:5473  [::ffff:192.0.2.8]:35400 users:((\"typha\",pid=11423,fd=8))
tcp   ESTAB     0      0      [::ffff:192.0.2.7]:5474  [::ffff:192.0.2.8]:35400 users:((\"typha\",pid=11423,fd=8))
tcp   SYN-SENT  0      1             192.0.2.7:40000        192.0.2.9:5432 
");
        assert_eq!(facts.len(), 4);
        assert!(facts[0].is("state", "unconnected") && facts[0].is("loopback", "true"));
        assert!(facts[1].is("proto", "udp") && facts[1].is("state", "established"));
        assert_eq!(
            facts[2].shown(),
            "proto=tcp address=192.0.2.7 port=5473 state=established loopback=false wildcard=false \
             process=typha pid=11423 peer=192.0.2.8 peer_port=35400"
        );
        assert!(facts[3].is("state", "syn_sent") && facts[3].is("peer_port", "5432"));
    }

    #[test]
    fn before_4_15_an_asterisk_is_ipv4() {
        let facts = facts("\
State      Recv-Q Send-Q        Local Address:Port          Peer Address:Port 
LISTEN     0      128                       *:ssh                      *:*      users:((\"sshd\",982,3))
LISTEN     0      100               127.0.0.1:smtp                     *:*      users:((\"master\",1207,13))
LISTEN     0      128                      :::80                      :::*      users:((\"httpd\",7,4))
");
        assert!(facts[0].is("address", "0.0.0.0") && facts[0].is("port", "22"));
        assert!(facts[0].is("pid", "982"));
        assert!(facts[1].is("port", "25") && facts[1].is("loopback", "true"));
        assert!(facts[2].is("address", "::"));
    }

    #[test]
    fn details_after_and_below_a_row_are_ignored() {
        let facts = facts("\
Netid State  Recv-Q Send-Q Local Address:Port  Peer Address:PortProcess
tcp   LISTEN 0      128          0.0.0.0:2024       0.0.0.0:*    users:((\"a b\",pid=7,fd=3)) ino:1076 sk:1 cgroup:/ <->
\t skmem:(r0,rb131072,t0,tb16384,f0,w0,o0,bl0,d0) bbr cwnd:10
tcp   ESTAB  0      0          127.0.0.1:6443     127.0.0.1:39444 timer:(keepalive,14sec,0) users:((\"api\",pid=9,fd=3))
\t skmem:(r0,rb1,t0) ts sack cubic wscale:7,7 rto:204 rtt:0.1/0.05 LISTEN 0 0
");
        assert_eq!(facts.len(), 2);
        assert!(facts[0].is("process", "a b") && facts[0].is("pid", "7"));
        assert!(facts[1].is("process", "api") && facts[1].is("peer_port", "39444"));
        assert_eq!(facts[1].line, 4);
    }

    #[test]
    fn options_in_the_path_or_the_command_restrict_the_table() {
        let header = "Netid State Recv-Q Send-Q Local Address:Port Peer Address:PortProcess\n";
        let text = format!("{header}tcp LISTEN 0 5 0.0.0.0:22 0.0.0.0:*\n");
        assert_eq!(scopes("networking/ss4apn", &text), [(1, "listen tcp4")]);
        assert_eq!(scopes("networking/sstunlp4", &text), [(1, "listen tcp4")]);
        assert_eq!(scopes("networking/ss6apn", &text), [(1, "listen tcp6")]);
        assert_eq!(scopes("networking/ssanp", &text), [(1, "listen tcp4 tcp6")]);
        assert_eq!(
            scopes("ss.txt", &format!("# ss -4 -ltn\n{text}")),
            [(2, "listen tcp4")]
        );
        for command in ["ss -ltn sport = :22", "ss -ltn | grep -e State -e 22"] {
            assert_eq!(
                scopes("ss.txt", &format!("$ {command}\n{text}")),
                [],
                "{command}"
            );
        }
        let connected = format!("{header}tcp ESTAB 0 5 192.0.2.1:22 192.0.2.2:4000\n");
        assert_eq!(scopes("ssanp", &connected), []);
        let unknown = format!("{text}tcp LISTEN 0 5 0.0.0.0:frobd 0.0.0.0:*\n");
        assert_eq!(scopes("ssanp", &unknown), []);
    }

    #[test]
    fn rows_of_one_protocol_are_what_the_file_name_says() {
        let text = "State  Recv-Q Send-Q Local Address:Port  Peer Address:PortProcess\n\
            UNCONN 0      0            0.0.0.0:51820      0.0.0.0:*\n\
            ESTAB  0      0          192.0.2.1:514      192.0.2.2:514\n";
        assert!(
            gather("ssuapn", text)
                .facts
                .iter()
                .all(|fact| fact.is("proto", "udp"))
        );
        assert_eq!(gather("ssuapn", text).facts.len(), 2);
        assert!(gather("sswapn", text).is_empty());
        let tcp = gather("sstan", text).facts;
        assert_eq!(tcp.len(), 1);
        assert!(tcp[0].is("proto", "tcp") && tcp[0].is("state", "established"));
    }

    #[test]
    fn rows_that_were_searched_for_are_facts_but_no_table() {
        let text = "$ ss -lntp | grep 5432\n\
            LISTEN 0      244        127.0.0.1:5432      0.0.0.0:*    users:((\"postgres\",pid=4,fd=3))\n";
        assert_eq!(facts(text).len(), 1);
        assert!(gather("ss.txt", text).tables.is_empty());
    }

    #[test]
    fn a_container_or_another_namespace_is_not_the_machine() {
        assert!(gather("ss.txt", &LTNP.replace("$ ss", "$ docker exec db ss")).is_empty());
    }

    #[test]
    fn what_is_no_listing_gives_nothing() {
        for text in [
            "tcp        0      0 0.0.0.0:22              0.0.0.0:*               LISTEN\n",
            "Server LISTEN on Address:Port 0.0.0.0:80\n",
            "Netid State Recv-Q Send-Q Local Address:Port Peer Address:Port\nu_str LISTEN 0\n\
             tcp LISTEN\ntcp LISTEN 0 0\ntcp LISTEN 0 0 :\u{e9} \u{e9}:\ntcp LISTEN x 0 a:1 b:2\n",
            "State Recv-Q Send-Q Local Address:Port Peer Address:Port\n\
             LISTEN 0 128 @/tmp/x:1 4711 * 0\n",
        ] {
            assert!(gather("ss.txt", text).is_empty(), "{text}");
        }
    }
}
