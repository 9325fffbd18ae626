//! ping, whose result takes several lines: iputils, busybox, BSD.

use super::transcript::is_host;
use super::wording::{Outcome, status_of};

/// The run of ping that is being read.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ping<'a> {
    target: &'a str,
    /// An answer was reported.
    answered: bool,
    /// A router's refusal was reported.
    failed: bool,
}

impl<'a> Ping<'a> {
    /// The first answer, the first refusal, or the loss of all packets.
    pub(super) fn read(&mut self, line: &'a str) -> Option<Outcome<'a>> {
        if let Some(header) = line.strip_prefix("PING ") {
            *self = Self {
                target: target(header)?,
                ..Self::default()
            };
            return None;
        }
        if let Some(error) = line
            .strip_prefix("ping: ")
            .or_else(|| line.strip_prefix("ping6: "))
        {
            return error_of(error);
        }
        if line == "connect: Network is unreachable" {
            return Some(outcome("", "no-route"));
        }
        if let Some(header) = line.strip_prefix("--- ") {
            let name = header.strip_suffix(" ping statistics ---")?;
            if self.target.is_empty() && is_host(name) {
                self.target = name;
            }
            return None;
        }
        self.reply(line).or_else(|| self.summary(line))
    }

    fn reply(&mut self, line: &'a str) -> Option<Outcome<'a>> {
        if let Some((size, from)) = line.split_once(" bytes from ") {
            let from = from.split([' ', ',']).next()?.trim_end_matches(':');
            let host = if self.target.is_empty() {
                from
            } else {
                self.target
            };
            let first = size.parse::<u32>().is_ok() && line.contains("seq=");
            let first = first && !std::mem::replace(&mut self.answered, true);
            return first.then_some(outcome(host, "connected"));
        }
        let refusal = line.strip_prefix("From ")?;
        let status = match refusal {
            _ if !refusal.contains("icmp_seq") => return None,
            _ if refusal.contains("Unreachable") => "no-route",
            _ if refusal.contains("filtered") || refusal.contains("rohibited") => "failed",
            _ => return None,
        };
        let first = !std::mem::replace(&mut self.failed, true);
        first.then_some(outcome(self.target, status))
    }

    fn summary(&mut self, line: &str) -> Option<Outcome<'a>> {
        if !line.contains(" packets transmitted") {
            return None;
        }
        let ended = std::mem::take(self);
        let lost = line.contains(" 100% packet loss") && !ended.answered && !ended.failed;
        lost.then_some(outcome(ended.target, "timeout"))
    }
}

fn outcome<'a>(host: &'a str, status: &'static str) -> Outcome<'a> {
    Outcome {
        tool: "ping",
        host,
        port: "",
        status,
    }
}

/// `db (192.0.2.2) 56(84) bytes of data.`, `db (192.0.2.2): 56 data bytes`: the address, else the name.
fn target(header: &str) -> Option<&str> {
    let mut words = header.split_whitespace();
    let name = words.next()?;
    let address = words.next().and_then(|word| word.strip_prefix('('));
    let host = address.map_or(name, |word| word.trim_end_matches([':', ')']));
    Some(if is_host(host) { host } else { "" })
}

/// `unknown host db`, `db: Name or service not known`, `bad address 'db'`, `connect: Network is unreachable`.
fn error_of(error: &str) -> Option<Outcome<'_>> {
    let status = status_of(error);
    match status {
        "no-route" => Some(outcome("", status)),
        "unresolved" => {
            let prefixes = ["unknown host ", "bad address ", "cannot resolve "];
            let name = prefixes
                .iter()
                .find_map(|prefix| error.strip_prefix(prefix))
                .unwrap_or(error);
            let name = name.split([':', ' ']).next()?.trim_matches('\'');
            Some(outcome(name, status))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn results(text: &str) -> Vec<(&str, &'static str)> {
        let mut ping = Ping::default();
        let found = text.lines().filter_map(|line| ping.read(line));
        found
            .map(|outcome| (outcome.host, outcome.status))
            .collect()
    }

    #[test]
    fn an_answer_is_reported_once() {
        let text = "PING db (192.0.2.2) 56(84) bytes of data.\n\
            64 bytes from db (192.0.2.2): icmp_seq=1 ttl=64 time=0.1 ms\n\
            64 bytes from db (192.0.2.2): icmp_seq=2 ttl=64 time=0.1 ms\n\n\
            --- db ping statistics ---\n\
            2 packets transmitted, 2 received, 0% packet loss, time 1001ms\n";
        assert_eq!(results(text), [("192.0.2.2", "connected")]);
        let busybox = "PING 192.0.2.2 (192.0.2.2): 56 data bytes\n64 bytes from 192.0.2.2: seq=0 ttl=64 time=0.1 ms\n";
        assert_eq!(results(busybox), [("192.0.2.2", "connected")]);
    }

    #[test]
    fn silence_and_routers_are_told_apart() {
        let silence = "PING 192.0.2.2 (192.0.2.2) 56(84) bytes of data.\n\n\
            --- 192.0.2.2 ping statistics ---\n3 packets transmitted, 0 received, 100% packet loss, time 2031ms\n";
        assert_eq!(results(silence), [("192.0.2.2", "timeout")]);
        let summary_alone = "--- db ping statistics ---\n3 packets transmitted, 0 packets received, 100% packet loss\n";
        assert_eq!(results(summary_alone), [("db", "timeout")]);
        let router = "PING 192.0.2.2 (192.0.2.2) 56(84) bytes of data.\n\
            From 192.0.2.9 icmp_seq=1 Destination Host Unreachable\n\
            From 192.0.2.9 icmp_seq=2 Destination Host Unreachable\n\n--- 192.0.2.2 ping statistics ---\n\
            3 packets transmitted, 0 received, +3 errors, 100% packet loss, time 2031ms\n";
        assert_eq!(results(router), [("192.0.2.2", "no-route")]);
    }

    #[test]
    fn names_that_are_unknown_are_named() {
        for line in [
            "ping: unknown host db",
            "ping: db: Name or service not known",
            "ping: bad address 'db'",
            "ping: cannot resolve db: Unknown host",
            "ping: db: Temporary failure in name resolution",
        ] {
            assert_eq!(results(line), [("db", "unresolved")], "{line}");
        }
        assert_eq!(
            results("ping: connect: Network is unreachable"),
            [("", "no-route")]
        );
    }

    #[test]
    fn near_misses_are_no_results() {
        assert!(results("ping: socket: Operation not permitted").is_empty());
        assert!(results("read 64 bytes from disk").is_empty());
        assert!(results("64 bytes from disk").is_empty());
        assert!(results("From: admin Unreachable").is_empty());
        assert!(results("PING").is_empty());
    }
}
