//! `lsof`: open files of all processes, of which only the sockets of TCP and UDP matter.
//!
//! `COMMAND PID [TID TASKCMD] USER FD TYPE DEVICE SIZE/OFF NODE NAME`; a socket has `IPv4` or `IPv6` for a type, its
//! protocol for a node, and `192.0.2.7:22->192.0.2.8:4711 (ESTABLISHED)` for a name. Commands are cut to nine
//! characters. Listings of whole systems are large and name each thread, so lines are searched for the type.
//! Source: lsof(8).

use memchr::memmem;

use super::netstat::place::{self, Shell};
use super::netstat::socket::{ANY_V4, ANY_V6, End, Socket, Sockets, state_of};
use crate::facts::table::words;
use crate::facts::{Input, Parser, Sink};

pub(super) const PARSER: Parser = Parser {
    name: "lsof",
    // The last is of rows that were searched for, without their header.
    markers: &["SIZE/OFF", "NODE NAME", "(LISTEN)"],
    path: |_| false,
    parse,
};

fn parse(input: Input<'_>, sink: &mut Sink) {
    let socket = memmem::Finder::new(" IPv");
    let mut reader = Reader {
        shell: Shell::of("lsof"),
        sockets: Sockets::default(),
        listing: None,
    };
    for line in input.lines() {
        if socket.find(line.1.as_bytes()).is_some() {
            reader.row(line, sink);
        } else if is_header(line.1) {
            reader.close(sink);
            reader.listing = Some(Listing {
                header: line,
                ..Listing::default()
            });
        } else if line.1.contains("lsof") || place::prompt(line.1).is_some() {
            reader.close(sink);
            reader.shell.see(line.1);
        }
    }
    reader.close(sink);
}

fn is_header(text: &str) -> bool {
    let text = text.trim_start();
    text.starts_with("COMMAND") && text.contains(" PID") && text.contains("NODE NAME")
}

struct Reader<'a> {
    shell: Shell<'a>,
    sockets: Sockets<'a>,
    listing: Option<Listing<'a>>,
}

/// A listing, and whether it can be one of everything.
#[derive(Default)]
struct Listing<'a> {
    header: (u64, &'a str),
    /// The first port that is listened on.
    port: Option<u16>,
    /// Whether there are others: `lsof -i :5432` has one.
    ports: bool,
    /// Whether files of root are among them: others see only their own.
    root: bool,
    /// Whether a port is missing because its name is unknown.
    unresolved: bool,
}

impl<'a> Reader<'a> {
    fn row(&mut self, line: (u64, &'a str), sink: &mut Sink) {
        let Some((socket, user)) = row(line.1).filter(|_| !self.shell.is_away()) else {
            return;
        };
        self.sockets.add(sink, line, &socket);
        let Some(listing) = &mut self.listing else {
            return;
        };
        listing.root |= matches!(user, "root" | "0");
        if socket.listens() {
            listing.unresolved |= socket.local.port.is_none();
            listing.ports |= listing.port.is_some() && listing.port != socket.local.port;
            listing.port = listing.port.or(socket.local.port);
        }
    }

    fn close(&mut self, sink: &mut Sink) {
        let Some(listing) = self.listing.take() else {
            return;
        };
        let whole = listing.ports && listing.root && !listing.unresolved;
        if whole && !is_partial(self.shell.command()) {
            sink.table("socket", "listen tcp4 tcp6", listing.header);
        }
    }
}

/// Whether a command line selects processes, files or addresses, or passes rows on.
fn is_partial(command: &str) -> bool {
    let selects = |word: &str| match word.strip_prefix(['-', '+']) {
        Some(option) if option.starts_with('i') => option.contains([':', '@', '4', '6']),
        Some(option) => option.starts_with(['p', 'u', 'c', 'a', 'g', 'd', 'D']),
        None => {
            let proto = ["tcp", "udp"]
                .iter()
                .any(|proto| word.eq_ignore_ascii_case(proto));
            !proto && !word.contains('>') && word.contains(|c: char| c.is_ascii_alphanumeric())
        }
    };
    let mut words = command
        .split_whitespace()
        .skip_while(|word| !word.ends_with("lsof"));
    command.contains('|') || words.by_ref().skip(1).any(selects)
}

/// A row of a socket and its user.
fn row(text: &str) -> Option<(Socket<'_>, &str)> {
    let (before, after) = text.split_once(" IPv")?;
    let (family, after) = after.split_at_checked(1)?;
    let any = match family {
        "4" => ANY_V4,
        "6" => ANY_V6,
        _ => return None,
    };
    let mut words = after.split_whitespace();
    // Before the protocol are the device and the offset.
    let (node, name) = (words.nth(2)?, words.next()?);
    let (local, peer) = name.split_once("->").unwrap_or((name, "*:*"));
    let (proto, state) = state(node, words.next().unwrap_or_default(), peer)?;
    let (process, pid, user) = owner(before)?;
    let written = (without_program(local), without_program(peer));
    let (local, peer) = (End::read(written.0, any)?, End::read(written.1, any)?);
    Some((
        Socket {
            proto,
            state,
            local,
            peer,
            process,
            pid,
            written,
        },
        user,
    ))
}

/// The protocol and the state, which UDP does not have; with `-T` `(LISTEN` is followed by more.
fn state(node: &str, word: &str, peer: &str) -> Option<(&'static str, &'static str)> {
    let state = state_of(word.trim_matches(['(', ')']));
    match node {
        "TCP" => Some(("tcp", state?)),
        "UDP" if peer == "*:*" => Some(("udp", "unconnected")),
        "UDP" => Some(("udp", "established")),
        _ => None,
    }
}

/// `*:111` of `*:111[portmapper]`, which `+M` writes.
fn without_program(end: &str) -> &str {
    let program = end.strip_suffix(']').and_then(|end| end.rsplit_once('['));
    program
        .map(|(end, _)| end)
        .filter(|end| !end.is_empty())
        .unwrap_or(end)
}

/// Command, process id and user of the columns before the type; the command may have spaces, and between the id and
/// the user are those of threads.
fn owner(before: &str) -> Option<(&str, &str, &str)> {
    let is_number = |word: &str| word.bytes().all(|b| b.is_ascii_digit());
    let (start, pid) = words(before).skip(1).find(|(_, word)| is_number(word))?;
    let process = before.get(..start)?.trim();
    // A title that is cut at the end of a folder names no program.
    let process = if process.ends_with('/') { "" } else { process };
    // The last is the descriptor.
    let user = before.split_whitespace().rev().nth(1)?;
    Some((process, pid, user))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Gathered;

    fn gather(text: &str) -> Gathered {
        PARSER.read("node-1/lsof.txt", text)
    }

    const NP: &str = "\
COMMAND     PID     USER   FD   TYPE DEVICE SIZE/OFF NODE NAME
systemd-r   588      101   13u  IPv4  18814      0t0  TCP 127.0.0.53:53 (LISTEN)
sshd        855     root    3u  IPv4  24082      0t0  TCP *:22 (LISTEN)
sshd        855     root    4u  IPv6  24093      0t0  TCP *:22 (LISTEN)
java Web  13736     1000    3u  IPv6  22308      0t0  TCP [::1]:8005 (LISTEN)
kube-apis   700        0   17u  IPv4  37241      0t0  TCP 127.0.0.1:6443->127.0.0.1:39444 (ESTABLISHED)
systemd-n   567      100   19u  IPv4  19720      0t0  UDP 192.0.2.7:68 
";

    #[test]
    fn sockets_are_found_among_files() {
        let gathered = gather(NP);
        let facts = gathered.facts;
        assert_eq!(facts.len(), 6);
        assert_eq!(facts[0].line, 2);
        assert_eq!(
            facts[0].shown(),
            "proto=tcp address=127.0.0.53 port=53 state=listen loopback=true wildcard=false \
             process=systemd-r pid=588"
        );
        assert!(facts[1].is("address", "0.0.0.0") && facts[2].is("address", "::"));
        assert!(facts[3].is("process", "java Web") && facts[3].is("loopback", "true"));
        assert!(facts[4].is("state", "established") && facts[4].is("peer_port", "39444"));
        assert!(facts[5].is("proto", "udp") && facts[5].is("state", "unconnected"));
        let table = &gathered.tables[0];
        assert_eq!((table.scope, table.line), ("listen tcp4 tcp6", 1));
    }

    #[test]
    fn threads_and_descriptors_of_one_socket_are_one_fact() {
        let gathered = gather("\
                                                            COMMAND      PID    TID TASKCMD       USER   FD      TYPE             DEVICE  SIZE/OFF       NODE NAME
systemd        1                         0  cwd       DIR              252,1      4096          2 /
beam.smp    1216                       114   75u     IPv4             106554       0t0        TCP *:25672 (LISTEN)
beam.smp    1216   1300 async_1        114   75u     IPv4             106554       0t0        TCP *:25672 (LISTEN)
beam.smp    1216   1301 2_scheduler    114   75u     IPv4             106554       0t0        TCP *:25672 (LISTEN)
rpcbind      700                         0    8u     IPv4              12000       0t0        TCP *:111[portmapper] (LISTEN)
rpcbind      700                         0    9u     IPv6              12001       0t0        UDP *:sunrpc[portmapper]
");
        assert_eq!(gathered.facts.len(), 3);
        assert!(gathered.facts[0].is("pid", "1216") && gathered.facts[0].is("process", "beam.smp"));
        assert!(gathered.facts[1].is("port", "111") && gathered.facts[2].is("port", "111"));
        assert_eq!(gathered.tables.len(), 1);
    }

    #[test]
    fn a_selection_is_not_complete() {
        let tables = |text: &str| gather(text).tables.len();
        assert_eq!(tables(&format!("$ sudo lsof -i -P -n\n{NP}")), 1);
        assert_eq!(tables(&format!("$ lsof -nP -iTCP -sTCP:LISTEN\n{NP}")), 1);
        for command in [
            "lsof -i :22",
            "lsof -iTCP:22",
            "lsof -i4",
            "lsof -p 855",
            "lsof -i | head",
        ] {
            assert_eq!(tables(&format!("$ {command}\n{NP}")), 0, "{command}");
        }
        let lines: Vec<&str> = NP.lines().collect();
        let one = format!("{}\n{}\n{}\n", lines[0], lines[2], lines[3]);
        assert_eq!(tables(&one), 0, "one port");
        let user = format!("{}\n{}\n{}\n", lines[0], lines[1], lines[4]);
        assert_eq!(tables(&user), 0, "not run by root");
        assert_eq!(
            tables(&NP.replace(":8005", ":frobd")),
            0,
            "an unknown service"
        );
        assert_eq!(tables(&NP.replace(":53 ", ":domain ")), 1);
    }

    #[test]
    fn a_folder_is_no_program() {
        let facts = gather(&NP.replace("sshd        855", "/usr/bin/   855")).facts;
        assert!(facts[1].is("port", "22") && facts[1].get("process").is_none());
    }

    #[test]
    fn rows_without_a_header_are_facts() {
        let text = "$ lsof -nPi | grep LISTEN\nsshd 855 root 3u IPv4 24082 0t0 TCP *:22 (LISTEN)\n";
        let gathered = gather(text);
        assert_eq!((gathered.facts.len(), gathered.tables.len()), (1, 0));
        assert!(gather(&text.replace("$ lsof", "$ docker exec web lsof")).is_empty());
    }

    #[test]
    fn other_files_give_nothing() {
        for text in [
            "sshd 855 root 3u IPv6 24082 0t0 ICMPV6 *:* \n",
            "sshd 855 root 3u IPv4 24082 0t0 TCP no PCB, CANTSENDMORE, CANTRCVMORE\n",
            "dbus 855 root 3u unix 0x0 0t0 24082 /run/dbus/system_bus_socket type=STREAM\n",
            "node-1 kernel: IPv4: martian source (LISTEN)\n",
            "a IPv4\na IPv\na IPv\u{e9} b c d\n IPv4 1 0t0 TCP *:22 (LISTEN)\n",
        ] {
            assert!(
                gather(&format!(
                    "COMMAND PID USER FD TYPE SIZE/OFF NODE NAME\n{text}"
                ))
                .is_empty()
            );
        }
    }
}
