//! The netcats: OpenBSD's and macOS's, the traditional one, busybox's, and ncat.

use std::net::IpAddr;

use super::transcript::{is_host, tool};
use super::wording::{Outcome, busybox, endpoint, failed, result, status_of};
use crate::facts::table::host_port;

/// The result that a line states by itself.
pub(super) fn outcome(line: &str) -> Option<Outcome<'_>> {
    ncat(line)
        .or_else(|| succeeded(line))
        .or_else(|| openbsd(line))
        .or_else(|| traditional(line))
}

fn nc<'a>(host: &'a str, port: &'a str, status: &'static str) -> Outcome<'a> {
    result("nc", host, port, status)
}

fn ncat(line: &str) -> Option<Outcome<'_>> {
    let rest = line.strip_prefix("Ncat: ")?;
    if let Some(target) = rest.strip_prefix("Connected to ") {
        let (host, port) = host_port(target.strip_suffix('.')?)?;
        return Some(nc(host, port, "connected"));
    }
    if let Some((host, reason)) = rest.strip_prefix("Connection to ").and_then(failed) {
        return Some(nc(host, "", status_of(reason)));
    }
    if let Some(name) = rest.strip_prefix("Could not resolve hostname \"") {
        return Some(nc(name.split('"').next()?, "", "unresolved"));
    }
    let status = status_of(rest);
    // Anything longer is advice or an error of ncat itself.
    (rest.len() <= 40 && status != "failed").then(|| nc("", "", status))
}

/// `Connection to db 5432 port [tcp/postgresql] succeeded!`; with UDP nothing was proved.
fn succeeded(line: &str) -> Option<Outcome<'_>> {
    let rest = line.strip_prefix("Connection to ")?;
    let (target, proto) = rest.strip_suffix(" succeeded!")?.rsplit_once(" [")?;
    let (host, port) = endpoint(target)?;
    proto
        .starts_with("tcp/")
        .then(|| nc(host, port, "connected"))
}

/// `nc: connect to db port 5432 (tcp) failed: reason`, and busybox's errors.
fn openbsd(line: &str) -> Option<Outcome<'_>> {
    let (program, rest) = line.split_once(": ")?;
    if tool(program) != Some("nc") {
        return None;
    }
    let attempt = ["connect to ", "connectx to "];
    let attempt = attempt.iter().find_map(|prefix| rest.strip_prefix(prefix));
    if let Some((target, reason)) = attempt.and_then(|attempt| attempt.split_once(" (tcp) ")) {
        let (host, port) = endpoint(target)?;
        return Some(nc(host, port, status_of(reason)));
    }
    busybox("nc", rest)
}

/// `db [192.0.2.2] 5432 (postgresql) open`, or ` : Connection refused`; busybox: `db (192.0.2.2:5432) open`.
fn traditional<'l>(line: &'l str) -> Option<Outcome<'l>> {
    let mut words = line.split(' ');
    let (name, address) = (words.next()?, words.next()?);
    if !is_host(name) && name != "(UNKNOWN)" {
        return None;
    }
    let inner = |text: &'l str, open, close| text.strip_prefix(open)?.strip_suffix(close);
    if let Some(target) = inner(address, '(', ')') {
        let (host, port) = host_port(target)?;
        let is_address = host.parse::<IpAddr>().is_ok();
        return (is_address && words.eq(["open"])).then(|| nc(host, port, "connected"));
    }
    let host = inner(address, '[', ']')?;
    let port = words.next().filter(|port| port.parse::<u16>().is_ok())?;
    words.next().filter(|service| service.starts_with('('))?;
    match words.next()? {
        "open" => Some(nc(host, port, "connected")),
        ":" => {
            let (_, reason) = line.split_once(") : ")?;
            Some(nc(host, port, status_of(reason)))
        }
        _ => None,
    }
}
