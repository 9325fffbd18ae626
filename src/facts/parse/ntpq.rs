//! `ntpq -p` (peers) and `ntpstat`, of ntpd and ntpsec.
//!
//! `ntpq` prints one server a row below `remote refid st t when poll reach delay offset jitter`: a mark in the first
//! column (`*` or `o`: selected), the register of the last eight polls in octal, the offset in milliseconds. That
//! offset is the server's from this machine, so the clock here is off by the negative of it, as chronyc counts. Pools
//! and the undisciplined local clock are no servers. See the "Peers" of ntpq(8), and ntpstat(1).

use std::net::IpAddr;
use std::str::SplitWhitespace;

use crate::facts::{Input, Parser, Sink};

pub(super) const PARSER: Parser = Parser {
    name: "ntpq",
    markers: &[
        "when poll reach",
        "ntpq: read: Connection refused",
        "No association ID",
        "polling server every",
        "Unable to talk to NTP daemon",
    ],
    path: |_| false,
    parse,
};

/// Bytes of the column `remote`, at which long names are cut.
const REMOTE_WIDTH: usize = 15;

fn parse(input: Input<'_>, sink: &mut Sink) {
    let mut peers: Option<Peers> = None;
    let mut lines = input.lines().peekable();
    while let Some((number, line)) = lines.next() {
        if is_header(line) {
            finish(peers.replace(Peers::below((number, line))), sink);
        } else if let Some(open) = &mut peers
            && !open.row((number, line), sink)
        {
            finish(peers.take(), sink);
        }
        if peers.is_none() {
            let next = lines.peek().map_or("", |(_, next)| next.trim());
            status((number, line), line.trim(), next, sink);
        }
    }
    finish(peers, sink);
}

fn is_header(line: &str) -> bool {
    let names = [
        "remote", "refid", "st", "t", "when", "poll", "reach", "delay", "offset",
    ];
    let mut words = line.split_whitespace();
    names.iter().all(|name| words.next() == Some(name))
}

fn finish(peers: Option<Peers<'_>>, sink: &mut Sink) {
    if let Some(peers) = peers {
        peers.end(sink);
    }
}

/// The servers of one output.
struct Peers<'a> {
    header: (u64, &'a str),
    /// Mark and name where they are wider than their column: the rest stands on the next line.
    wide: Option<(char, &'a str)>,
    servers: usize,
    reachable: usize,
    selected: usize,
}

impl<'a> Peers<'a> {
    fn below(header: (u64, &'a str)) -> Self {
        Self {
            header,
            wide: None,
            servers: 0,
            reachable: 0,
            selected: 0,
        }
    }

    /// Reads a row, or the line below the header; `false` for anything else.
    fn row(&mut self, line: (u64, &'a str), sink: &mut Sink) -> bool {
        let text = line.1.trim();
        if !text.is_empty() && text.bytes().all(|byte| byte == b'=') {
            return true;
        }
        let mut words = text.split_whitespace();
        let wide = self.wide.take();
        let Some((mark, name)) = wide.or_else(|| marked(line.1, &mut words)) else {
            return false;
        };
        if wide.is_none() && words.clone().next().is_none() {
            self.wide = Some((mark, name));
            return true;
        }
        let Some(peer) = Peer::of(mark, name, words) else {
            return false;
        };
        if peer.is_server {
            self.servers += 1;
            self.reachable += usize::from(peer.is_reachable);
            self.selected += usize::from(peer.is_selected);
            peer.facts(line, sink);
        }
        true
    }

    /// Without any server that answers, the clock follows none.
    fn end(&self, sink: &mut Sink) {
        if self.servers > 0 && self.reachable == 0 && self.selected == 0 {
            sink.fact(
                "clock",
                self.header,
                [("synchronised", "false"), ("source", "ntpq")],
            );
        }
    }
}

/// The mark in the first column and the name behind it, which is taken from the words of the line.
fn marked<'a>(line: &'a str, words: &mut SplitWhitespace<'a>) -> Option<(char, &'a str)> {
    let mark = line.chars().next().filter(|c| " *o+-#x.".contains(*c))?;
    let word = words.next()?;
    let name = if mark == ' ' { word } else { word.get(1..)? };
    (!name.is_empty()).then_some((mark, name))
}

/// One row.
struct Peer<'a> {
    name: &'a str,
    is_server: bool,
    is_reachable: bool,
    is_selected: bool,
    /// Milliseconds that the server is ahead.
    offset: Option<f64>,
}

impl<'a> Peer<'a> {
    /// Reads `refid st t when poll reach delay offset`.
    fn of(mark: char, name: &'a str, mut words: SplitWhitespace<'a>) -> Option<Self> {
        let refid = words.next()?;
        words.next()?.parse::<u8>().ok()?;
        let kind = words.next().filter(|kind| kind.len() == 1)?;
        let reach = words.nth(2)?;
        let offset = words.nth(1)?;
        let is_own_clock = refid == ".LOCL." || name.starts_with("LOCAL(");
        Some(Self {
            name,
            is_server: kind != "p" && refid != ".POOL." && !is_own_clock,
            is_reachable: u16::from_str_radix(reach, 8).ok()? > 0,
            is_selected: matches!(mark, '*' | 'o'),
            offset: offset
                .parse()
                .ok()
                .filter(|offset: &f64| offset.is_finite()),
        })
    }

    fn facts(&self, line: (u64, &str), sink: &mut Sink) {
        let fields = [
            ("address", self.address().to_owned()),
            ("reachable", self.is_reachable.to_string()),
            ("selected", self.is_selected.to_string()),
        ];
        sink.fact("time_source", line, fields);
        if self.is_selected {
            let seconds = self
                .offset
                .map(|offset| format!("{:.6}", 0.0 - offset / 1000.0));
            let fields = [
                ("synchronised", "true".to_owned()),
                ("offset_seconds", seconds.unwrap_or_default()),
                ("source", "ntpq".to_owned()),
            ];
            sink.fact("clock", line, fields);
        }
    }

    /// The name, unless it may be cut, or was redacted.
    fn address(&self) -> &str {
        let is_address = self.name.parse::<IpAddr>().is_ok();
        let may_be_cut = self.name.len() == REMOTE_WIDTH || self.name.contains(':');
        if !is_address && (may_be_cut || self.name.contains("***")) {
            ""
        } else {
            self.name
        }
    }
}

/// Sentences of both programs that say how it stands.
fn status(line: (u64, &str), text: &str, next: &str, sink: &mut Sink) {
    let is_ntpstat = next.starts_with("time ") || next.starts_with("polling server");
    let (synchronised, service, source) = if is_refused(text) {
        ("false", "ntpd does not answer", "ntpq")
    } else if text.starts_with("No association ID") {
        ("false", "ntpd has no servers", "ntpq")
    } else if text.starts_with("Unable to talk to NTP daemon") {
        ("false", "ntpd does not answer", "ntpstat")
    } else if text == "unsynchronised" && is_ntpstat {
        ("false", "", "ntpstat")
    } else if text.starts_with("synchronised to ") && !text.contains(" local net") && is_ntpstat {
        ("true", "", "ntpstat")
    } else {
        return;
    };
    let fields = [
        ("synchronised", synchronised),
        ("service", service),
        ("source", source),
    ];
    sink.fact("clock", line, fields);
}

/// Whether nothing listens on the control port: `/usr/sbin/ntpq: read: Connection refused`.
fn is_refused(text: &str) -> bool {
    let program = text.strip_suffix("ntpq: read: Connection refused");
    program.is_some_and(|path| !path.contains(' '))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Fact;

    const HEADER: &str = "     remote           refid      st t when poll reach   delay   offset  jitter\n\
        ==============================================================================\n";

    fn rows(text: &str) -> Vec<String> {
        let row = |fact: Fact| {
            let values: Vec<&str> = fact.fields.iter().map(|(_, value)| &**value).collect();
            format!("{} {}: {}", fact.line, fact.kind, values.join("|"))
        };
        PARSER
            .read("ntpq_-p", text)
            .facts
            .into_iter()
            .map(row)
            .collect()
    }

    #[test]
    fn the_selected_server_tells_the_offset() {
        let text = format!(
            "{HEADER}*192.0.2.5       .GPS.            1 u   23   64  377    0.100   12.500   0.010\n\
             +ntp.example     192.0.2.5        2 u    1   64   17    9.200   -0.044   0.020\n \
             203.0.113.9     .INIT.          16 u    - 1024    0    0.000    0.000   0.000\n\
             -2001:db8:0:1:2: 192.0.2.5        2 u   2h   64  377    9.200   -0.044   0.020\n\
             -time-a.ntp.exam 192.0.2.5        2 u   2h   64  377    9.200   -0.044   0.020\n"
        );
        assert_eq!(
            rows(&text),
            [
                "3 time_source: 192.0.2.5|true|true",
                "3 clock: true|-0.012500|ntpq",
                "4 time_source: ntp.example|true|false",
                "5 time_source: 203.0.113.9|false|false",
                "6 time_source: true|false",
                "7 time_source: true|false",
            ]
        );
    }

    #[test]
    fn without_any_answer_the_clock_is_not_synchronised() {
        let text = format!(
            "$ ntpq -pn\n{HEADER} 192.0.2.5       .INIT.          16 u    - 1024    0    0.000    0.000   0.000\n \
             0.pool.example  .POOL.          16 p    -   64    0    0.000    0.000   0.000\n\
             *LOCAL(0)        .LOCL.          10 l   12   64  377    0.000    0.000   0.000\n$ uptime\n"
        );
        assert_eq!(
            rows(&text),
            [
                "4 time_source: 192.0.2.5|false|false",
                "2 clock: false|ntpq"
            ]
        );
        let soon = format!("{HEADER} 192.0.2.5       192.0.2.7  2 u 3 64 1 0.1 0.2 0.3\n");
        assert_eq!(
            rows(&soon),
            ["3 time_source: 192.0.2.5|true|false"],
            "it has just started"
        );
        let pool = format!("{HEADER} 0.pool.example  .POOL. 16 p - 64 0 0.000 0.000 0.000\n");
        assert_eq!(rows(&pool), [""; 0]);
    }

    #[test]
    fn wide_names_have_a_line_of_their_own() {
        let text = format!(
            "{HEADER} 192.0.2.5       .INIT.          16 u    - 1024    0    0.000    0.000   0.000\n\
             *2001:db8:0:1:2:3:4:5\n                 .GPS.            1 u   23   64  377    0.100   -2.000   0.010\n\
             +GPS_NMEA(0)     .GPS.            0 l   23   64  377    0.000   -2.000   0.010\n"
        );
        assert_eq!(
            rows(&text),
            [
                "3 time_source: 192.0.2.5|false|false",
                "5 time_source: 2001:db8:0:1:2:3:4:5|true|true",
                "5 clock: true|0.002000|ntpq",
                "6 time_source: GPS_NMEA(0)|true|false",
            ]
        );
    }

    #[test]
    fn a_daemon_that_does_not_answer_is_no_fault_of_the_network() {
        for text in [
            "ntpq: read: Connection refused\n",
            "/usr/sbin/ntpq: read: Connection refused\n",
        ] {
            assert_eq!(rows(text), ["1 clock: false|ntpd does not answer|ntpq"]);
        }
        assert_eq!(
            rows("No association ID's returned\n"),
            ["1 clock: false|ntpd has no servers|ntpq"]
        );
    }

    #[test]
    fn ntpstat_says_it_in_a_sentence() {
        let good = "synchronised to NTP server (192.0.2.5) at stratum 3\n   time correct to within 42 ms\n   polling server every 64 s\n";
        assert_eq!(rows(good), ["1 clock: true|ntpstat"]);
        let bad = "unsynchronised\n  time server re-starting\n   polling server every 8 s\n";
        assert_eq!(rows(bad), ["1 clock: false|ntpstat"]);
        assert_eq!(
            rows("unsynchronised\n   polling server every 8 s\n"),
            ["1 clock: false|ntpstat"]
        );
        assert_eq!(
            rows("Unable to talk to NTP daemon. Is it running?\n"),
            ["1 clock: false|ntpd does not answer|ntpstat"]
        );
    }

    #[test]
    fn other_lines_give_nothing() {
        for text in [
            "unsynchronised\n",
            "synchronised to local net at stratum 11\n   time correct to within 11 ms\n",
            "clock is synchronised to NTP server\n",
            "Feb 10 node-1 cron: ntpq: read: Connection refused\n",
            "*192.0.2.5 .GPS. 1 u 23 64 377 0.100 12.500 0.010\n",
            "     remote           refid      st t when poll reach   delay   offset  jitter\n\n*192.0.2.5 .GPS. 1 u 23 64 377 0.1 0 0\n",
            "     remote           refid      st t when poll reach   delay   offset  jitter\né192.0.2.5 .GPS. 1 u 23\n*192.0.2.5 .GPS. 1 u 23 64 9 0 0 0\n",
        ] {
            assert_eq!(rows(text), [""; 0], "{text}");
        }
    }
}
