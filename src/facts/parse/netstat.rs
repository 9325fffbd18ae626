//! `netstat` of net-tools and busybox: TCP and UDP sockets.
//!
//! `Proto Recv-Q Send-Q Local Address  Foreign Address  State  [User Inode] [PID/Program name] [Timer]`. The columns
//! are as wide as their widest value, so rows are read by words; what follows the state depends on the options. Old
//! versions write `ESTABLISHED4226/(squid)` without a space, cut IPv6 addresses off, and write `tcp` for IPv6.
//! Source: `netstat.c` of net-tools.

pub(super) mod place;
mod services;
pub(super) mod socket;

use std::net::IpAddr;

use place::{Options, Shell};
use socket::{ANY_V4, ANY_V6, End, Socket, Sockets, state_of};

use crate::facts::{Input, Parser, Sink};

pub(super) const PARSER: Parser = Parser {
    name: "netstat",
    markers: &[
        "Proto Recv-Q Send-Q",
        // Rows that were searched for, without their header.
        "0.0.0.0:*               LISTEN",
        ":::*                    LISTEN",
    ],
    path: |_| false,
    parse,
};

fn parse(input: Input<'_>, sink: &mut Sink) {
    let mut reader = Reader {
        file: Options::of_file(input.file(), "netstat"),
        shell: Shell::of("netstat"),
        sockets: Sockets::default(),
        listing: None,
        heading: "",
    };
    for line in input.lines() {
        reader.read(line, sink);
    }
    reader.close(sink);
}

/// The port that the service `name` has, as netstat prints it without `-n`.
pub(super) fn port_of(name: &str) -> Option<u16> {
    services::port_of(name)
}

struct Reader<'a> {
    file: Options,
    shell: Shell<'a>,
    sockets: Sockets<'a>,
    listing: Option<Listing<'a>>,
    /// `Active Internet connections (only servers)`.
    heading: &'a str,
}

impl<'a> Reader<'a> {
    fn read(&mut self, line: (u64, &'a str), sink: &mut Sink) {
        let text = line.1.trim_start();
        if is_header(text) {
            self.close(sink);
            self.open(line);
        } else if let Some(socket) = row(text, self.is_wide()) {
            self.add(line, &socket, sink);
        } else {
            self.shell.see(line.1);
            let typed = place::prompt(text).is_some();
            if typed || text.starts_with("Active ") {
                self.close(sink);
                self.heading = if typed { "" } else { text };
            }
        }
    }

    fn open(&mut self, header: (u64, &'a str)) {
        if self.shell.is_away() {
            return;
        }
        let options = self
            .file
            .or(Options::of_command(self.shell.command(), "netstat"));
        self.listing = Some(Listing {
            header,
            heading: self.heading,
            options,
            tcp: 0,
            udp: 0,
            listening: 0,
            unresolved: 0,
        });
    }

    fn add(&mut self, line: (u64, &'a str), socket: &Socket<'a>, sink: &mut Sink) {
        if self.shell.is_away() {
            return;
        }
        self.sockets.add(sink, line, socket);
        if let Some(listing) = &mut self.listing {
            listing.count(socket);
        }
    }

    fn close(&mut self, sink: &mut Sink) {
        if let Some(listing) = self.listing.take().filter(Listing::is_complete) {
            sink.table("socket", listing.options.listen_scope(), listing.header);
        }
    }

    fn is_wide(&self) -> bool {
        self.listing
            .as_ref()
            .map_or(self.file, |listing| listing.options)
            .has(b'W')
    }
}

fn is_header(text: &str) -> bool {
    text.starts_with("Proto") && text.contains("Recv-Q") && text.contains("Local Address")
}

/// What is known of one table while its rows are read.
struct Listing<'a> {
    header: (u64, &'a str),
    heading: &'a str,
    options: Options,
    tcp: usize,
    udp: usize,
    listening: usize,
    /// Those whose port is missing because its name is unknown.
    unresolved: usize,
}

impl Listing<'_> {
    fn count(&mut self, socket: &Socket<'_>) {
        self.tcp += usize::from(socket.proto == "tcp");
        self.udp += usize::from(socket.proto == "udp");
        self.listening += usize::from(socket.listens());
        self.unresolved += usize::from(socket.listens() && socket.local.port.is_none());
    }

    /// Whether a TCP port that is not in it does not listen.
    fn is_complete(&self) -> bool {
        let servers = ["(only servers)", "(servers and established)"];
        let headed = servers.iter().any(|words| self.heading.contains(words));
        // With `-u` alone the heading is the same.
        let shown = self.listening > 0 || headed && (self.tcp > 0 || self.udp == 0);
        shown
            && !self.heading.contains("(w/o servers)")
            && !self.options.filtered
            && self.unresolved == 0
    }
}

/// A row of the table of TCP and UDP sockets.
fn row(text: &str, wide: bool) -> Option<Socket<'_>> {
    let (proto, any) = match text.split_whitespace().next()? {
        "tcp" => ("tcp", ANY_V4),
        "tcp6" => ("tcp", ANY_V6),
        "udp" => ("udp", ANY_V4),
        "udp6" => ("udp", ANY_V6),
        _ => return None,
    };
    let (_, rest) = first_word(text)?;
    let (received, rest) = first_word(rest)?;
    let (sent, rest) = first_word(rest)?;
    received.parse::<u64>().and(sent.parse::<u64>()).ok()?;
    let (local, rest) = first_word(rest)?;
    let (peer, rest) = first_word(rest)?;
    let (state, rest) = state(rest, proto)?;
    let (pid, process) = program(rest);
    Some(Socket {
        proto,
        state,
        local: end(local, any, wide)?,
        peer: end(peer, any, wide)?,
        process,
        pid,
        written: (local, peer),
    })
}

fn first_word(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start();
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    let (word, rest) = text.split_at_checked(end)?;
    (!word.is_empty()).then_some((word, rest))
}

/// An end; without `-W` a long IPv6 address is cut so that it has 22 characters with the port, and means nothing.
fn end(text: &str, any: IpAddr, wide: bool) -> Option<End> {
    const CUT: usize = "2001:db8:1:2:3:4:5:5432".len();
    let mut end = End::read(text, any)?;
    if !wide && text.len() == CUT && text.matches(':').count() > 1 {
        end.address = None;
    }
    Some(end)
}

/// The state, and what follows it; UDP has one only when it is connected.
fn state<'a>(rest: &'a str, proto: &str) -> Option<(&'static str, &'a str)> {
    let (word, after) = first_word(rest).unwrap_or(("", ""));
    if let Some(state) = state_of(word) {
        return Some((state, after));
    }
    if word.starts_with("ESTABLISHED") {
        return Some((
            "established",
            rest.trim_start().strip_prefix("ESTABLISHED")?,
        ));
    }
    (proto == "udp").then_some(("unconnected", rest))
}

/// The process id and the program's name in `[user inode] 1234/name with spaces [timer (1.00/0/0)]`.
fn program(rest: &str) -> (&str, &str) {
    let is_start = |at: usize| {
        rest.get(..at)
            .is_none_or(|before| before.ends_with(char::is_whitespace))
    };
    let found = rest.match_indices('/').find_map(|(at, _)| {
        let before = rest.get(..at)?;
        let start = before.trim_end_matches(|c: char| c.is_ascii_digit()).len();
        let pid = before.get(start..)?;
        (!pid.is_empty() && (start == 0 || is_start(start))).then_some((pid, rest.get(at + 1..)?))
    });
    found.map_or(("", ""), |(pid, name)| {
        (pid, without_timer(name).trim_end())
    })
}

fn without_timer(name: &str) -> &str {
    let digits = |text: &str| {
        text.bytes()
            .all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'/'))
    };
    let timer = name
        .trim_end()
        .strip_suffix(')')
        .and_then(|name| name.rsplit_once(" ("));
    let Some((before, _)) = timer.filter(|(_, numbers)| digits(numbers)) else {
        return name;
    };
    before
        .rsplit_once(char::is_whitespace)
        .map_or("", |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{Fact, Gathered};

    fn gather(path: &str, text: &str) -> Gathered {
        PARSER.read(path, text)
    }

    fn facts(text: &str) -> Vec<Fact> {
        gather("node-1/netstat.txt", text).facts
    }

    fn scopes(text: &str) -> Vec<(u64, &'static str)> {
        let tables = gather("node-1/netstat.txt", text).tables;
        tables
            .iter()
            .map(|table| (table.line, table.scope))
            .collect()
    }

    const LNTP: &str = "\
$ netstat -lntp
Active Internet connections (only servers)
Proto Recv-Q Send-Q Local Address           Foreign Address         State       PID/Program name    
tcp        0      0 0.0.0.0:5432            0.0.0.0:*               LISTEN      31320/postgres      
tcp        0      0 127.0.0.1:6379          0.0.0.0:*               LISTEN      -                   
tcp6       0      0 :::8080                 :::*                    LISTEN      2647/java           
$ date
";

    #[test]
    fn listening_sockets_have_address_process_and_line() {
        let facts = facts(LNTP);
        assert_eq!(facts.len(), 3);
        assert_eq!((&*facts[0].kind, facts[0].line), ("socket", 4));
        assert!(
            facts[0]
                .text
                .starts_with("tcp        0      0 0.0.0.0:5432")
        );
        assert_eq!(
            facts[0].shown(),
            "proto=tcp address=0.0.0.0 port=5432 state=listen loopback=false wildcard=true \
             process=postgres pid=31320"
        );
        assert_eq!(
            facts[1].shown(),
            "proto=tcp address=127.0.0.1 port=6379 state=listen loopback=true wildcard=false"
        );
        assert!(facts[2].is("address", "::") && facts[2].is("wildcard", "true"));
        assert_eq!(scopes(LNTP), [(3, "listen tcp4 tcp6")]);
    }

    #[test]
    fn further_columns_and_names_with_spaces_do_not_confuse_it() {
        let facts = facts("\
Active Internet connections (servers and established)
Proto Recv-Q Send-Q Local Address           Foreign Address         State       User       Inode      PID/Program name     Timer
tcp        0      0 127.0.0.1:3306          0.0.0.0:*               LISTEN      997        337245     302/mysqlrouter      off (0.00/0/0)
tcp        0      0 0.0.0.0:22              0.0.0.0:*               LISTEN      0          80701      328/sshd: /usr/sbin  off (0.00/0/0)
tcp        0      0 127.0.0.1:53644         0.0.0.0:*               LISTEN      995        1154674    12387/Passenger Rac  off (0.00/0/0)
tcp        0      0 ::ffff:127.0.0.1:7403   :::*                    LISTEN      500        19075      2647/java            off (0.00/0/0)
tcp        0      0 198.51.100.7:35100      198.51.100.9:3306       TIME_WAIT   0          0          -                    timewait (10.04/0/0)
tcp        0      0 198.51.100.7:35102      198.51.100.9:3306       TIME_WAIT   0          0          -                    timewait (12.00/0/0)
tcp        0      0 198.51.100.7:22         198.51.100.2:48324      ESTABLISHED 0          10680181   282376/sshd: ubuntu  keepalive (7146.52/0/0)
udp        0      0 127.0.0.53:53           0.0.0.0:*                           101        24116      623/systemd-resolve  off (0.00/0/0)
udp6       0      0 fe80::5054:ff:fee2::546 :::*                                101        24117      -                    off (0.00/0/0)
Active UNIX domain sockets (servers and established)
Proto RefCnt Flags       Type       State         I-Node   PID/Program name    Path
unix  2      [ ACC ]     STREAM     LISTENING     7175     433/systemd         /run/systemd/private
");
        let process = |at: usize| facts.get(at).and_then(|fact| fact.get("process"));
        assert_eq!(process(0), Some("mysqlrouter"));
        assert_eq!(process(1), Some("sshd: /usr/sbin"));
        assert_eq!(process(2), Some("Passenger Rac"));
        assert_eq!(facts[3].get("address"), Some("127.0.0.1"));
        assert_eq!(
            facts[4].shown(),
            "proto=tcp address=198.51.100.7 port=35100 state=time_wait loopback=false \
             wildcard=false peer=198.51.100.9 peer_port=3306"
        );
        assert!(facts[5].is("state", "established") && facts[5].is("process", "sshd: ubuntu"));
        assert!(facts[6].is("state", "unconnected") && facts[6].is("process", "systemd-resolve"));
        assert_eq!(facts[7].get("address"), None);
        assert_eq!(facts.len(), 8);
    }

    #[test]
    fn old_versions_glue_the_state_to_the_process() {
        let facts = facts("\
Proto Recv-Q Send-Q Local Address           Foreign Address         State       PID/Program name    Timer
tcp        0    679 198.51.100.7:52783      198.51.100.9:80         ESTABLISHED4226/(squid)        on (1.44/0/0)
tcp        0      0 0.0.0.0:3128            0.0.0.0:*               LISTEN     4226/(squid)        off (0.00/0/0)
");
        assert!(facts[0].is("process", "(squid)") && facts[0].is("pid", "4226"));
        assert!(facts[0].is("peer_port", "80"));
        assert!(facts[1].is("process", "(squid)"));
    }

    #[test]
    fn names_of_services_and_of_the_machine_are_understood() {
        let text = "\
Active Internet connections (only servers)
Proto Recv-Q Send-Q Local Address           Foreign Address         State      
tcp        0      0 localhost:postgresql    0.0.0.0:*               LISTEN     
tcp        0      0 db-1.example.com:https  0.0.0.0:*               LISTEN     
tcp6       0      0 [::]:ssh                [::]:*                  LISTEN     
";
        let facts = facts(text);
        let expected = "proto=tcp port=5432 state=listen loopback=true";
        assert_eq!(facts[0].shown(), expected);
        assert_eq!(facts[1].shown(), "proto=tcp port=443 state=listen");
        assert!(facts[2].is("address", "::") && facts[2].is("port", "22"));
        assert_eq!(scopes(text), [(2, "listen tcp4 tcp6")]);
        let unknown = text.replace("https ", "frobd ");
        assert_eq!(scopes(&unknown), []);
    }

    #[test]
    fn an_address_that_was_cut_off_or_hidden_is_left_out() {
        let facts = facts(
            "\
Proto Recv-Q Send-Q Local Address           Foreign Address         State       PID/Program name
tcp6       0      0 2001:db8:85a3::8a2:5432 :::*                    LISTEN      1/a
tcp6       0      0 2001:db8::5:5432        :::*                    LISTEN      1/a
tcp        0      0 ***HIDDEN***:5433       0.0.0.0:*               LISTEN      9/***HIDDEN***
",
        );
        assert_eq!(facts[0].get("address"), None);
        assert_eq!(facts[1].get("address"), Some("2001:db8::5"));
        assert_eq!(facts[2].shown(), "proto=tcp port=5433 state=listen pid=9");
    }

    #[test]
    fn only_a_whole_listing_is_complete() {
        let only = |heading: &str, row: &str| {
            scopes(&format!(
                "{heading}\nProto Recv-Q Send-Q Local Address Foreign Address State\n{row}\n"
            ))
        };
        let listen = "tcp 0 0 0.0.0.0:22 0.0.0.0:* LISTEN";
        let connected = "tcp 0 0 192.0.2.1:22 192.0.2.2:999 ESTABLISHED";
        let whole = [(2, "listen tcp4 tcp6")];
        assert_eq!(
            only("Active Internet connections (only servers)", ""),
            whole
        );
        assert_eq!(only("", listen), whole);
        assert_eq!(
            only(
                "Active Internet connections (servers and established)",
                connected
            ),
            whole
        );
        assert_eq!(
            only("Active Internet connections (w/o servers)", connected),
            []
        );
        assert_eq!(only("$ netstat -lnt | grep -e Proto -e :22", listen), []);
        let udp = "udp 0 0 0.0.0.0:68 0.0.0.0:*";
        assert_eq!(only("Active Internet connections (only servers)", udp), []);
        let four = "$ netstat -lnt4\nActive Internet connections (only servers)";
        assert_eq!(only(four, listen), [(3, "listen tcp4")]);
    }

    #[test]
    fn rows_without_a_header_are_facts_but_no_table() {
        let text = "$ netstat -tulpn | grep 5432\n\
            tcp        0      0 127.0.0.1:5432          0.0.0.0:*               LISTEN      1234/postgres\n";
        assert_eq!(facts(text).len(), 1);
        assert_eq!(facts(text)[0].line, 2);
        assert_eq!(scopes(text), []);
    }

    #[test]
    fn a_container_or_another_namespace_is_not_the_machine() {
        assert!(facts(&LNTP.replace("$ netstat", "$ docker exec db netstat")).is_empty());
        assert_eq!(
            scopes(&LNTP.replace("$ netstat", "# ip netns exec r1 netstat")),
            []
        );
    }

    #[test]
    fn what_is_no_listing_gives_nothing() {
        for text in [
            "Proto Recv-Q Send-Q  Local Address          Foreign Address        (state)\n\
             tcp4       0      0  127.0.0.1.5432         *.*                    LISTEN\n",
            "  Proto  Local Address          Foreign Address        State           PID\n\
             \u{20} TCP    0.0.0.0:135            0.0.0.0:0              LISTENING       1040\n",
            "tcp   LISTEN 0      128          0.0.0.0:22           0.0.0.0:*\n",
            "raw        0      0 0.0.0.0:1               0.0.0.0:*               7\n",
            "Proto Recv-Q Send-Q\ntcp\ntcp 0\ntcp 0 0 \u{e9}:\u{e9} :\n",
        ] {
            assert!(gather("netstat.txt", text).is_empty(), "{text}");
        }
    }

    #[test]
    fn listening_rows_survive_any_number_of_connections() {
        let mut text = String::from(
            "Active Internet connections (servers and established)\n\
             Proto Recv-Q Send-Q Local Address Foreign Address State\n",
        );
        for port in 1_000..30_000 {
            text += &format!("tcp 0 0 192.0.2.1:22 192.0.2.2:{port} ESTABLISHED\n");
        }
        text += "tcp 0 0 0.0.0.0:22 0.0.0.0:* LISTEN\n";
        let gathered = gather("netstat.txt", &text);
        assert_eq!((gathered.facts.len(), gathered.dropped), (5_001, 0));
        assert!(gathered.facts.iter().any(|fact| fact.is("state", "listen")));
    }
}
