//! How the programs that test connections word their results.
//!
//! netcat (OpenBSD, traditional, busybox), ncat, telnet (Linux, BSD, busybox), curl 7 and 8, wget, bash's
//! `/dev/tcp`. A result stands at the start of its line, which keeps log records out. ping's results are spread
//! over lines, see `ping.rs`.

use std::net::IpAddr;

use super::transcript::{dev_tcp, is_host, tool};
use crate::facts::table::host_port;

/// One result; what the line does not say is empty.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Outcome<'a> {
    pub(super) tool: &'static str,
    pub(super) host: &'a str,
    pub(super) port: &'a str,
    pub(super) status: &'static str,
}

/// A value that no redactor replaced; else nothing.
pub(in crate::facts::parse) fn known(value: &str) -> &str {
    if value.contains("***") { "" } else { value }
}

/// The status that the text of an error means: `refused`, `timeout`, `no-route`, `unresolved`, else `failed`.
pub(in crate::facts::parse) fn status_of(message: &str) -> &'static str {
    const WORDS: [(&str, &str); 17] = [
        ("refused", "refused"),
        ("timed out", "timeout"),
        ("timeout", "timeout"),
        ("deadline exceeded", "timeout"),
        ("no route to host", "no-route"),
        ("unreachable", "no-route"),
        ("not known", "unresolved"),
        ("no such host", "unresolved"),
        ("not resolve", "unresolved"),
        ("unable to resolve", "unresolved"),
        ("name resolution", "unresolved"),
        ("name does not resolve", "unresolved"),
        ("nodename nor servname", "unresolved"),
        ("bad address", "unresolved"),
        ("unknown host", "unresolved"),
        ("no address associated", "unresolved"),
        ("server misbehaving", "unresolved"),
    ];
    let message = message.to_ascii_lowercase();
    let found = WORDS.iter().find(|(words, _)| message.contains(words));
    found.map_or("failed", |(_, status)| status)
}

/// The result that a line states by itself.
pub(super) fn outcome(line: &str) -> Option<Outcome<'_>> {
    ncat(line)
        .or_else(|| netcat(line))
        .or_else(|| traditional(line))
        .or_else(|| telnet(line))
        .or_else(|| curl(line))
        .or_else(|| wget(line))
        .or_else(|| bash(line))
}

fn ncat(line: &str) -> Option<Outcome<'_>> {
    let rest = line.strip_prefix("Ncat: ")?;
    let of = |host, port, status| {
        Some(Outcome {
            tool: "nc",
            host,
            port,
            status,
        })
    };
    if let Some(target) = rest.strip_prefix("Connected to ") {
        let (host, port) = host_port(target.strip_suffix('.')?)?;
        return of(host, port, "connected");
    }
    if let Some((host, reason)) = rest.strip_prefix("Connection to ").and_then(failed) {
        return of(host, "", status_of(reason));
    }
    if let Some(name) = rest.strip_prefix("Could not resolve hostname \"") {
        return of(name.split('"').next()?, "", "unresolved");
    }
    // Anything longer is advice or an error of ncat itself.
    let status = if rest.len() <= 40 {
        status_of(rest)
    } else {
        "failed"
    };
    if status == "failed" {
        None
    } else {
        of("", "", status)
    }
}

fn failed(rest: &str) -> Option<(&str, &str)> {
    rest.split_once(" failed: ")
}

/// OpenBSD's netcat, also macOS's, and busybox's.
fn netcat(line: &str) -> Option<Outcome<'_>> {
    if let Some(rest) = line.strip_prefix("Connection to ") {
        let (target, proto) = rest.strip_suffix(" succeeded!")?.rsplit_once(" [")?;
        let (host, port) = endpoint(target)?;
        return proto
            .starts_with("tcp/")
            .then_some(succeeded("nc", host, port));
    }
    let (program, rest) = line.split_once(": ")?;
    if tool(program) != Some("nc") {
        return None;
    }
    let attempt = rest
        .strip_prefix("connect to ")
        .or_else(|| rest.strip_prefix("connectx to "));
    if let Some((target, reason)) = attempt.and_then(|attempt| attempt.split_once(" (tcp) ")) {
        let (host, port) = endpoint(target)?;
        return Some(Outcome {
            tool: "nc",
            host,
            port,
            status: status_of(reason),
        });
    }
    busybox("nc", rest)
}

/// `db 5432 port`, `db (192.0.2.2) 5432 port`, `db port 5432`: the address, else the name, and the port.
fn endpoint<'t>(text: &'t str) -> Option<(&'t str, &'t str)> {
    let mut words = text.split_whitespace().peekable();
    let name = words.next()?;
    let address = |word: &&'t str| word.strip_prefix('(')?.strip_suffix(')');
    let host = words.peek().and_then(address).unwrap_or(name);
    let port = words.find(|word| word.parse::<u16>().is_ok())?;
    Some((host, port))
}

fn succeeded<'a>(tool: &'static str, host: &'a str, port: &'a str) -> Outcome<'a> {
    Outcome {
        tool,
        host,
        port,
        status: "connected",
    }
}

/// `can't connect to remote host (192.0.2.2): reason`, `db (192.0.2.2:5432): reason`, `bad address 'db'`.
fn busybox<'a>(tool: &'static str, rest: &'a str) -> Option<Outcome<'a>> {
    if let Some(name) = rest.strip_prefix("bad address '") {
        let host = name.trim_end_matches('\'');
        return Some(Outcome {
            tool,
            host,
            port: "",
            status: "unresolved",
        });
    }
    let (target, reason) = rest.split_once("): ")?;
    let (before, target) = target.rsplit_once('(')?;
    if before == "can't connect to remote host " {
        return Some(Outcome {
            tool,
            host: target,
            port: "",
            status: status_of(reason),
        });
    }
    let (host, port) = host_port(target)?;
    is_host(before.trim_end()).then_some(Outcome {
        tool,
        host,
        port,
        status: status_of(reason),
    })
}

/// `db [192.0.2.2] 5432 (postgresql) open`, or ` : Connection refused`; busybox: `db (192.0.2.2:5432) open`.
fn traditional(line: &str) -> Option<Outcome<'_>> {
    let mut words = line.split(' ');
    let (name, address) = (words.next()?, words.next()?);
    if !is_host(name) && name != "(UNKNOWN)" {
        return None;
    }
    if let Some(target) = address
        .strip_prefix('(')
        .and_then(|target| target.strip_suffix(')'))
    {
        let (host, port) = host_port(target)?;
        let is_address = host.parse::<IpAddr>().is_ok();
        return (is_address && words.eq(["open"])).then_some(succeeded("nc", host, port));
    }
    let host = address.strip_prefix('[')?.strip_suffix(']')?;
    let port = words.next().filter(|port| port.parse::<u16>().is_ok())?;
    words.next().filter(|service| service.starts_with('('))?;
    match words.next()? {
        "open" => Some(succeeded("nc", host, port)),
        ":" => {
            let (_, reason) = line.split_once(") : ")?;
            Some(Outcome {
                tool: "nc",
                host,
                port,
                status: status_of(reason),
            })
        }
        _ => None,
    }
}

fn telnet(line: &str) -> Option<Outcome<'_>> {
    let rest = line.strip_prefix("telnet: ")?;
    let of = |host, port, status| {
        Some(Outcome {
            tool: "telnet",
            host,
            port,
            status,
        })
    };
    if let Some(reason) = rest.strip_prefix("Unable to connect to remote host: ") {
        return of("", "", status_of(reason));
    }
    if let Some(attempt) = rest.strip_prefix("connect to address ") {
        let (host, reason) = attempt.split_once(": ")?;
        return of(host, "", status_of(reason));
    }
    if let Some(name) = rest.strip_prefix("could not resolve ") {
        let (name, _) = name.split_once(": ")?;
        let (host, port) = name.split_once('/').unwrap_or((name, ""));
        return of(host, port, "unresolved");
    }
    if let Some(outcome) = busybox("telnet", rest) {
        return Some(outcome);
    }
    let (host, reason) = rest.split_once(": ")?;
    let status = status_of(reason);
    if status == "unresolved" {
        of(host, "", status)
    } else {
        None
    }
}

/// The lines of `curl -v`, and the error that curl ends with.
fn curl(line: &str) -> Option<Outcome<'_>> {
    let of = |host, port, status| {
        Some(Outcome {
            tool: "curl",
            host,
            port,
            status,
        })
    };
    if let Some(verbose) = line.strip_prefix("* ") {
        let connected = verbose.strip_prefix("Connected to ");
        if let Some(target) = connected {
            let (host, port) = endpoint(target)?;
            return of(host, port, "connected");
        }
        if let Some(target) = verbose.strip_prefix("Established connection to ") {
            let (_, target) = target.split_once(" (")?;
            let (host, port) = endpoint(target.split(')').next()?)?;
            return of(host, port, "connected");
        }
        if let Some((target, reason)) = verbose.strip_prefix("connect to ").and_then(failed) {
            let (host, port) = endpoint(target)?;
            return of(host, port, status_of(reason));
        }
        return curl_error(verbose);
    }
    let (progress, error) = line.split_once("curl: (")?;
    // The progress meter ends without a line end.
    if progress
        .bytes()
        .any(|b| b.is_ascii_alphabetic() && !b"kMGTP".contains(&b))
    {
        return None;
    }
    curl_error(error.split_once(") ")?.1)
}

fn curl_error(error: &str) -> Option<Outcome<'_>> {
    let of = |host, port, status| {
        Some(Outcome {
            tool: "curl",
            host,
            port,
            status,
        })
    };
    if let Some(name) = error.strip_prefix("Could not resolve host: ") {
        return of(name.split([' ', ';']).next()?, "", "unresolved");
    }
    if let Some(attempt) = error.strip_prefix("Failed to connect to ") {
        let (target, reason) = attempt.split_once(": ")?;
        let (host, port) = endpoint(target)?;
        return of(host, port, status_of(reason));
    }
    // curl before 7.30, as in RHEL 7: `Failed connect to 192.0.2.2:5432; Connection refused`.
    if let Some(attempt) = error.strip_prefix("Failed connect to ") {
        let (target, reason) = attempt.split_once("; ")?;
        let (host, port) = host_port(target)?;
        return of(host, port, status_of(reason));
    }
    match error {
        "couldn't connect to host" => of("", "", "failed"),
        "connect() timed out!" => of("", "", "timeout"),
        _ if error.starts_with("Connection timed out") => of("", "", "timeout"),
        _ if error.starts_with("Resolving timed out") => of("", "", "unresolved"),
        _ => None,
    }
}

/// `Connecting to db (db)|192.0.2.2|:80... connected.`, `Connecting to 192.0.2.2:80... failed: reason.`
fn wget(line: &str) -> Option<Outcome<'_>> {
    let of = |host, port, status| {
        Some(Outcome {
            tool: "wget",
            host,
            port,
            status,
        })
    };
    if let Some(error) = line.strip_prefix("wget: ") {
        if let Some(name) = error.strip_prefix("unable to resolve host address ") {
            let quotes = ['\'', '"', '`', '‘', '’', '“', '”'];
            return of(name.trim_matches(quotes), "", "unresolved");
        }
        return busybox("wget", error);
    }
    let (target, result) = line.strip_prefix("Connecting to ")?.split_once("... ")?;
    let (host, port) = host_port(target)?;
    let host = host.trim_end_matches('|').rsplit(['|', ' ']).next()?;
    match result.split_once(": ") {
        Some(("failed", reason)) => of(host, port, status_of(reason)),
        _ => result
            .starts_with("connected.")
            .then_some(succeeded("wget", host, port)),
    }
}

/// `bash: line 1: /dev/tcp/192.0.2.2/5432: Connection refused`.
fn bash(line: &str) -> Option<Outcome<'_>> {
    let (_, target) = line.split_once(": /dev/tcp/")?;
    let (target, reason) = target.split_once(": ")?;
    // A shell without this feature looks for a file.
    let tried = !reason.contains("No such file") && !reason.contains("Permission denied");
    let probe = dev_tcp(target);
    let status = status_of(reason);
    tried.then_some(Outcome {
        tool: "bash",
        host: probe.host,
        port: probe.port,
        status,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Option<(&'static str, &str, &str, &'static str)> {
        outcome(line).map(|found| (found.tool, found.host, found.port, found.status))
    }

    #[test]
    fn netcats_word_success_and_failure_differently() {
        for (line, host, port, status) in [
            (
                "Connection to 192.0.2.2 5432 port [tcp/postgresql] succeeded!",
                "192.0.2.2",
                "5432",
                "connected",
            ),
            (
                "Connection to db (192.0.2.2) 5432 port [tcp/*] succeeded!",
                "192.0.2.2",
                "5432",
                "connected",
            ),
            (
                "Connection to db port 5432 [tcp/postgresql] succeeded!",
                "db",
                "5432",
                "connected",
            ),
            (
                "nc: connect to db port 5432 (tcp) failed: Connection refused",
                "db",
                "5432",
                "refused",
            ),
            (
                "nc: connect to db (192.0.2.2) port 5432 (tcp) failed: No route to host",
                "192.0.2.2",
                "5432",
                "no-route",
            ),
            (
                "nc.openbsd: connect to 192.0.2.2 port 5432 (tcp) timed out: Operation now in progress",
                "192.0.2.2",
                "5432",
                "timeout",
            ),
            (
                "nc: connectx to db port 81 (tcp) failed: Connection refused",
                "db",
                "81",
                "refused",
            ),
            (
                "Ncat: Connected to 192.0.2.2:5432.",
                "192.0.2.2",
                "5432",
                "connected",
            ),
            ("Ncat: Connected to ::1:22.", "::1", "22", "connected"),
            (
                "Ncat: Connection to 192.0.2.2 failed: Connection timed out.",
                "192.0.2.2",
                "",
                "timeout",
            ),
            ("Ncat: Connection refused.", "", "", "refused"),
            ("Ncat: TIMEOUT.", "", "", "timeout"),
            ("Ncat: No route to host.", "", "", "no-route"),
            (
                "Ncat: Could not resolve hostname \"db\": Name or service not known. QUITTING.",
                "db",
                "",
                "unresolved",
            ),
            (
                "localhost [127.0.0.1] 22 (ssh) open",
                "127.0.0.1",
                "22",
                "connected",
            ),
            (
                "(UNKNOWN) [192.0.2.2] 5432 (postgresql) : Connection refused",
                "192.0.2.2",
                "5432",
                "refused",
            ),
            ("db (192.0.2.2:5432) open", "192.0.2.2", "5432", "connected"),
            (
                "nc: db (192.0.2.2:5432): Connection refused",
                "192.0.2.2",
                "5432",
                "refused",
            ),
            (
                "nc: can't connect to remote host (192.0.2.2): Connection refused",
                "192.0.2.2",
                "",
                "refused",
            ),
            ("nc: bad address 'db'", "db", "", "unresolved"),
        ] {
            assert_eq!(read(line), Some(("nc", host, port, status)), "{line}");
        }
    }

    #[test]
    fn telnet_wget_and_bash_are_read() {
        for (line, tool, host, port, status) in [
            (
                "telnet: Unable to connect to remote host: Connection refused",
                "telnet",
                "",
                "",
                "refused",
            ),
            (
                "telnet: connect to address 192.0.2.2: Connection timed out",
                "telnet",
                "192.0.2.2",
                "",
                "timeout",
            ),
            (
                "telnet: can't connect to remote host (192.0.2.2): No route to host",
                "telnet",
                "192.0.2.2",
                "",
                "no-route",
            ),
            (
                "telnet: could not resolve db/5432: Name or service not known",
                "telnet",
                "db",
                "5432",
                "unresolved",
            ),
            (
                "telnet: db: Name or service not known",
                "telnet",
                "db",
                "",
                "unresolved",
            ),
            (
                "Connecting to 192.0.2.2:5433... failed: Connection refused.",
                "wget",
                "192.0.2.2",
                "5433",
                "refused",
            ),
            (
                "Connecting to db (db)|192.0.2.2|:80... connected.",
                "wget",
                "192.0.2.2",
                "80",
                "connected",
            ),
            (
                "wget: unable to resolve host address ‘db’",
                "wget",
                "db",
                "",
                "unresolved",
            ),
            (
                "wget: can't connect to remote host (192.0.2.2): Connection refused",
                "wget",
                "192.0.2.2",
                "",
                "refused",
            ),
            (
                "bash: line 1: /dev/tcp/192.0.2.2/5433: Connection refused",
                "bash",
                "192.0.2.2",
                "5433",
                "refused",
            ),
            (
                "-bash: /dev/tcp/db/5433: Connection timed out",
                "bash",
                "db",
                "5433",
                "timeout",
            ),
        ] {
            assert_eq!(read(line), Some((tool, host, port, status)), "{line}");
        }
    }

    #[test]
    fn curl_says_it_in_many_ways() {
        for (line, host, port, status) in [
            (
                "* Connected to db (192.0.2.2) port 9200 (#0)",
                "192.0.2.2",
                "9200",
                "connected",
            ),
            (
                "* Established connection to db (192.0.2.2 port 9200) from 192.0.2.9 port 4444",
                "192.0.2.2",
                "9200",
                "connected",
            ),
            (
                "* connect to 192.0.2.2 port 9200 failed: Connection refused",
                "192.0.2.2",
                "9200",
                "refused",
            ),
            (
                "* connect to 192.0.2.2 port 9200 from 192.0.2.9 port 4444 failed: No route to host",
                "192.0.2.2",
                "9200",
                "no-route",
            ),
            (
                "* Failed to connect to db port 9200: Connection refused",
                "db",
                "9200",
                "refused",
            ),
            (
                "curl: (7) Failed to connect to 192.0.2.2 port 5433 after 0 ms: Couldn't connect to server",
                "192.0.2.2",
                "5433",
                "failed",
            ),
            (
                "curl: (28) Failed to connect to 192.0.2.2 port 5432 after 3004 ms: Timeout was reached",
                "192.0.2.2",
                "5432",
                "timeout",
            ),
            (
                "curl: (7) Failed connect to 192.0.2.2:5432; Connection refused",
                "192.0.2.2",
                "5432",
                "refused",
            ),
            (
                "curl: (28) Connection timed out after 3001 milliseconds",
                "",
                "",
                "timeout",
            ),
            (
                "curl: (6) Could not resolve host: db; Unknown error",
                "db",
                "",
                "unresolved",
            ),
            (
                "  0     0    0     0    0     0      0      0 --:--:-- --:--:-- --:--:--     0curl: (7) Failed to connect to db port 80: Connection refused",
                "db",
                "80",
                "refused",
            ),
        ] {
            assert_eq!(read(line), Some(("curl", host, port, status)), "{line}");
        }
    }

    #[test]
    fn near_misses_are_no_results() {
        for line in [
            "Ncat: Version 7.93 ( https://nmap.org/ncat )",
            "Ncat: 0 bytes sent, 0 bytes received in 0.12 seconds.",
            "Ncat: Connected to 192.0.2.2",
            "Connection to 192.0.2.2 53 port [udp/domain] succeeded!",
            "Connection to 192.0.2.2 closed.",
            "time=\"x\" msg=\"nc: connect to db port 5432 (tcp) failed: Connection refused\"",
            "app: connect to db port 5432 (tcp) failed: Connection refused",
            "nc: invalid option -- 'Z'",
            "telnet: invalid option",
            "curl: (22) The requested URL returned error: 404",
            "error from curl: (7) Failed to connect to db port 80: Connection refused",
            "* Connection #0 to host db left intact",
            "Connecting to db",
            "sh: 1: cannot open /dev/tcp/db/80: No such file",
            "bash: /dev/tcp/db/80: No such file or directory",
            "main.c (1:2) open",
            "",
        ] {
            assert_eq!(read(line), None, "{line}");
        }
    }
}
