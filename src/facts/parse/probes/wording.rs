//! How the programs that test connections word their results.
//!
//! telnet (Linux, BSD, busybox), curl 7 and 8, wget, bash's `/dev/tcp`. A result stands at the start of its line,
//! which keeps log records out. The netcats are in `netcat.rs`; ping's results are spread over lines, see `ping.rs`.

use super::netcat;
use super::transcript::{dev_tcp, is_host};
use crate::facts::table::host_port;

/// One result; what the line does not say is empty.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Outcome<'a> {
    pub(super) tool: &'static str,
    pub(super) host: &'a str,
    pub(super) port: &'a str,
    pub(super) status: &'static str,
}

/// A result from its values, in the order of the struct.
pub(super) fn result<'a>(
    tool: &'static str,
    host: &'a str,
    port: &'a str,
    status: &'static str,
) -> Outcome<'a> {
    Outcome {
        tool,
        host,
        port,
        status,
    }
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
    netcat::outcome(line)
        .or_else(|| telnet(line))
        .or_else(|| curl(line))
        .or_else(|| wget(line))
        .or_else(|| bash(line))
}

/// `db 5432 port`, `db (192.0.2.2) 5432 port`, `db port 5432`: the address, else the name, and the port.
pub(super) fn endpoint<'t>(text: &'t str) -> Option<(&'t str, &'t str)> {
    let mut words = text.split_whitespace().peekable();
    let name = words.next()?;
    let address = |word: &&'t str| word.strip_prefix('(')?.strip_suffix(')');
    let host = words.peek().and_then(address).unwrap_or(name);
    let port = words.find(|word| word.parse::<u16>().is_ok())?;
    Some((host, port))
}

/// `can't connect to remote host (192.0.2.2): reason`, `db (192.0.2.2:5432): reason`, `bad address 'db'`.
pub(super) fn busybox<'a>(tool: &'static str, rest: &'a str) -> Option<Outcome<'a>> {
    if let Some(name) = rest.strip_prefix("bad address '") {
        return Some(result(tool, name.trim_end_matches('\''), "", "unresolved"));
    }
    let (target, reason) = rest.split_once("): ")?;
    let (before, target) = target.rsplit_once('(')?;
    if before == "can't connect to remote host " {
        return Some(result(tool, target, "", status_of(reason)));
    }
    let (host, port) = host_port(target)?;
    is_host(before.trim_end()).then(|| result(tool, host, port, status_of(reason)))
}

/// Target and reason.
pub(super) fn failed(rest: &str) -> Option<(&str, &str)> {
    rest.split_once(" failed: ")
}

fn telnet(line: &str) -> Option<Outcome<'_>> {
    let rest = line.strip_prefix("telnet: ")?;
    let of = |host, port, status| Some(result("telnet", host, port, status));
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
    (status == "unresolved").then(|| result("telnet", host, "", status))
}

/// The lines of `curl -v`, and the error that curl ends with.
fn curl(line: &str) -> Option<Outcome<'_>> {
    if let Some(verbose) = line.strip_prefix("* ") {
        return curl_verbose(verbose).or_else(|| curl_error(verbose));
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

fn curl_verbose(line: &str) -> Option<Outcome<'_>> {
    let connected =
        |target| endpoint(target).map(|(host, port)| result("curl", host, port, "connected"));
    if let Some(target) = line.strip_prefix("Connected to ") {
        return connected(target);
    }
    if let Some(target) = line.strip_prefix("Established connection to ") {
        let (_, target) = target.split_once(" (")?;
        return connected(target.split(')').next()?);
    }
    let (target, reason) = failed(line.strip_prefix("connect to ")?)?;
    let (host, port) = endpoint(target)?;
    Some(result("curl", host, port, status_of(reason)))
}

fn curl_error(error: &str) -> Option<Outcome<'_>> {
    let of = |host, port, status| Some(result("curl", host, port, status));
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
    let of = |host, port, status| Some(result("wget", host, port, status));
    if let Some(error) = line.strip_prefix("wget: ") {
        if let Some(name) = error.strip_prefix("unable to resolve host address ") {
            let quotes = ['\'', '"', '`', '‘', '’', '“', '”'];
            return of(name.trim_matches(quotes), "", "unresolved");
        }
        return busybox("wget", error);
    }
    let (target, outcome) = line.strip_prefix("Connecting to ")?.split_once("... ")?;
    let (host, port) = host_port(target)?;
    let host = host.trim_end_matches('|').rsplit(['|', ' ']).next()?;
    match outcome.split_once(": ") {
        Some(("failed", reason)) => of(host, port, status_of(reason)),
        _ => outcome
            .starts_with("connected.")
            .then(|| result("wget", host, port, "connected")),
    }
}

/// `bash: line 1: /dev/tcp/192.0.2.2/5432: Connection refused`.
fn bash(line: &str) -> Option<Outcome<'_>> {
    let (_, target) = line.split_once(": /dev/tcp/")?;
    let (target, reason) = target.split_once(": ")?;
    // A shell without this feature looks for a file.
    let tried = !reason.contains("No such file") && !reason.contains("Permission denied");
    let probe = dev_tcp(target);
    tried.then(|| result("bash", probe.host, probe.port, status_of(reason)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each line has the values of a result, an arrow, and the line that states it.
    fn check(table: &str) {
        for row in table.lines() {
            let (expected, line) = row.trim().split_once(" <- ").expect("an arrow");
            let found = outcome(line).expect(line);
            let or = |value: &str| {
                if value.is_empty() {
                    "-".to_owned()
                } else {
                    value.to_owned()
                }
            };
            let found = [
                found.tool.to_owned(),
                or(found.host),
                or(found.port),
                found.status.to_owned(),
            ];
            assert_eq!(found.join(" "), expected, "{line}");
        }
    }

    #[test]
    fn netcats_word_success_and_failure_differently() {
        check(
            "nc 192.0.2.2 5432 connected <- Connection to 192.0.2.2 5432 port [tcp/postgresql] succeeded!
            nc 192.0.2.2 5432 connected <- Connection to db (192.0.2.2) 5432 port [tcp/*] succeeded!
            nc db 5432 connected <- Connection to db port 5432 [tcp/postgresql] succeeded!
            nc db 5432 refused <- nc: connect to db port 5432 (tcp) failed: Connection refused
            nc 192.0.2.2 5432 no-route <- nc: connect to db (192.0.2.2) port 5432 (tcp) failed: No route to host
            nc 192.0.2.2 5432 timeout <- nc.openbsd: connect to 192.0.2.2 port 5432 (tcp) timed out: Operation now in progress
            nc db 81 refused <- nc: connectx to db port 81 (tcp) failed: Connection refused
            nc 192.0.2.2 5432 connected <- Ncat: Connected to 192.0.2.2:5432.
            nc ::1 22 connected <- Ncat: Connected to ::1:22.
            nc 192.0.2.2 - timeout <- Ncat: Connection to 192.0.2.2 failed: Connection timed out.
            nc - - refused <- Ncat: Connection refused.
            nc - - timeout <- Ncat: TIMEOUT.
            nc - - no-route <- Ncat: No route to host.
            nc db - unresolved <- Ncat: Could not resolve hostname \"db\": Name or service not known. QUITTING.
            nc 127.0.0.1 22 connected <- localhost [127.0.0.1] 22 (ssh) open
            nc 192.0.2.2 5432 refused <- (UNKNOWN) [192.0.2.2] 5432 (postgresql) : Connection refused
            nc 192.0.2.2 5432 connected <- db (192.0.2.2:5432) open
            nc 192.0.2.2 5432 refused <- nc: db (192.0.2.2:5432): Connection refused
            nc 192.0.2.2 - refused <- nc: can't connect to remote host (192.0.2.2): Connection refused
            nc db - unresolved <- nc: bad address 'db'",
        );
    }

    #[test]
    fn telnet_wget_and_bash_are_read() {
        check(
            "telnet - - refused <- telnet: Unable to connect to remote host: Connection refused
            telnet 192.0.2.2 - timeout <- telnet: connect to address 192.0.2.2: Connection timed out
            telnet 192.0.2.2 - no-route <- telnet: can't connect to remote host (192.0.2.2): No route to host
            telnet db 5432 unresolved <- telnet: could not resolve db/5432: Name or service not known
            telnet db - unresolved <- telnet: db: Name or service not known
            wget 192.0.2.2 5433 refused <- Connecting to 192.0.2.2:5433... failed: Connection refused.
            wget 192.0.2.2 80 connected <- Connecting to db (db)|192.0.2.2|:80... connected.
            wget db - unresolved <- wget: unable to resolve host address ‘db’
            wget 192.0.2.2 - refused <- wget: can't connect to remote host (192.0.2.2): Connection refused
            bash 192.0.2.2 5433 refused <- bash: line 1: /dev/tcp/192.0.2.2/5433: Connection refused
            bash db 5433 timeout <- -bash: /dev/tcp/db/5433: Connection timed out",
        );
    }

    #[test]
    fn curl_says_it_in_many_ways() {
        check(
            "curl 192.0.2.2 9200 connected <- * Connected to db (192.0.2.2) port 9200 (#0)
            curl 192.0.2.2 9200 connected <- * Established connection to db (192.0.2.2 port 9200) from 192.0.2.9 port 4444
            curl 192.0.2.2 9200 refused <- * connect to 192.0.2.2 port 9200 failed: Connection refused
            curl 192.0.2.2 92 no-route <- * connect to 192.0.2.2 port 92 from 192.0.2.9 port 4444 failed: No route to host
            curl db 9200 refused <- * Failed to connect to db port 9200: Connection refused
            curl db 5433 failed <- curl: (7) Failed to connect to db port 5433 after 0 ms: Couldn't connect to server
            curl db 5432 timeout <- curl: (28) Failed to connect to db port 5432 after 3004 ms: Timeout was reached
            curl 192.0.2.2 5432 refused <- curl: (7) Failed connect to 192.0.2.2:5432; Connection refused
            curl - - timeout <- curl: (28) Connection timed out after 3001 milliseconds
            curl db - unresolved <- curl: (6) Could not resolve host: db; Unknown error
            curl db 80 refused <- 0   0  0 --:--:-- --:--:-- --:--:--     0curl: (7) Failed to connect to db port 80: Connection refused",
        );
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
            assert_eq!(outcome(line), None, "{line}");
        }
    }
}
