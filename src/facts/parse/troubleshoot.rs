//! Results of troubleshoot's host collectors that test connections, and the host name of its host report.
//!
//! `host-collectors/{tcpPortStatus,udpPortStatus,connect,tcpConnect,tcpLoadBalancer,httpLoadBalancer}/<name>.json`
//! hold `{"status":"connection-refused","message":"..."}`, in old versions the bare status. The collectors for
//! ports and load balancers start the server that they dial, so `connected` means that the port was free and
//! open. The words are those of `pkg/collect/host_network.go`.

use std::net::IpAddr;

use serde_json::Value;

use super::probes::{known, status_of};
use crate::facts::table::host_port;
use crate::facts::{Input, Parser, Sink};

pub(super) const PARSER: Parser = Parser {
    name: "troubleshoot",
    markers: &[],
    path: |path| Report::of(path).is_some(),
    parse,
};

/// Such a file holds one short object.
const MAX_BYTES: usize = 64 << 10;

/// What a path is the report of.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Report {
    Connection,
    Host,
}

impl Report {
    fn of(path: &str) -> Option<Self> {
        let (_, rest) = path.rsplit_once("host-collectors/")?;
        let (collector, file) = rest.split_once('/')?;
        match collector {
            "tcpPortStatus" | "udpPortStatus" | "connect" | "tcpConnect" | "tcpLoadBalancer"
            | "httpLoadBalancer"
                if file.strip_suffix(".json").is_some() =>
            {
                Some(Self::Connection)
            }
            "system" if file.ends_with("hostos_info.json") => Some(Self::Host),
            _ => None,
        }
    }
}

fn parse(input: Input<'_>, sink: &mut Sink) {
    if input.text.len() > MAX_BYTES {
        return;
    }
    match Report::of(input.path) {
        Some(Report::Connection) => connection(input, sink),
        Some(Report::Host) => host(input, sink),
        None => {}
    }
}

fn host(input: Input<'_>, sink: &mut Sink) {
    let Ok(report) = serde_json::from_str::<Value>(input.text) else {
        return;
    };
    // `name` is what os.Hostname gives; troubleshoot copies it from gopsutil's `hostname`.
    for key in ["hostname", "name"] {
        let name = report.get(key).and_then(Value::as_str);
        let name = known(name.unwrap_or_default());
        if !name.is_empty() {
            let line = line_with(input, &format!("\"{key}\""));
            return sink.fact("hostname", line, [("name", name)]);
        }
    }
}

fn connection(input: Input<'_>, sink: &mut Sink) {
    let Some((word, message)) = result(input.text) else {
        return;
    };
    let status = match &*word {
        "connected" => "connected",
        "connection-refused" => "refused",
        "connection-timeout" => "timeout",
        "address-in-use" => "in-use",
        "error" | "bind-permission-denied" | "invalid-address" => status_of(&message),
        _ => return,
    };
    let stem = input.file().trim_end_matches(".json");
    let (host, port) = dialled(&message)
        .or_else(|| named(stem))
        .unwrap_or_default();
    let fields = [
        ("tool", "troubleshoot"),
        ("host", known(host)),
        ("port", port),
        ("status", status),
    ];
    sink.fact("check", line_with(input, "\"status\""), fields);
}

/// Status and message.
fn result(text: &str) -> Option<(String, String)> {
    let text = text.trim();
    match serde_json::from_str(text) {
        Ok(Value::String(status)) => Some((status, String::new())),
        Ok(Value::Object(object)) => {
            let field = |name| object.get(name).and_then(Value::as_str).map(str::to_owned);
            Some((field("status")?, field("message").unwrap_or_default()))
        }
        Ok(_) => None,
        Err(_) => Some((text.to_owned(), String::new())),
    }
}

/// The target in an error of Go's dialler: `dial tcp 192.0.2.2:6443: ...`, `dial tcp: lookup db on ...`.
fn dialled(message: &str) -> Option<(&str, &str)> {
    if let Some((_, rest)) = message.split_once(": lookup ") {
        return Some((rest.split([' ', ':']).next()?, ""));
    }
    let (_, rest) = message.split_once("dial tcp ")?;
    let target = rest.split(' ').next()?.trim_end_matches(':');
    host_port(target).filter(|(_, port)| port.parse::<u16>().is_ok())
}

/// The target in the name that the vendor gave the collector, where it surely is one: `db:5432`,
/// `postgres-192.0.2.2-5432`, `port-6443`.
fn named(stem: &str) -> Option<(&str, &str)> {
    let (before, port) = stem.rsplit_once([':', '-', '_']).unwrap_or(("", stem));
    if port.parse::<u16>().is_err() {
        return None;
    }
    if stem.ends_with(port) && stem.strip_suffix(port)?.ends_with(':') {
        return Some((before, port));
    }
    let last = before.rsplit(['-', '_']).next().unwrap_or(before);
    if last.parse::<IpAddr>().is_ok() {
        return Some((last, port));
    }
    let is_port = matches!(&*last.to_ascii_lowercase(), "" | "port" | "tcp" | "udp");
    is_port.then_some(("", port))
}

/// The first line that has `text`, else the first of all.
fn line_with<'a>(input: Input<'a>, text: &str) -> (u64, &'a str) {
    let found = input.lines().find(|(_, line)| line.contains(text));
    found.or_else(|| input.lines().next()).unwrap_or((1, ""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Fact;

    fn facts(path: &str, text: &str) -> Vec<Fact> {
        PARSER.read(path, text).facts
    }

    fn check(path: &str, text: &str) -> Option<String> {
        let facts = facts(&format!("bundle/host-collectors/{path}.json"), text);
        let fact = facts.first()?;
        let field = |name| fact.get(name).unwrap_or("-").to_owned();
        Some(format!(
            "{} {}",
            fact.line,
            ["host", "port", "status"].map(field).join(" ")
        ))
    }

    #[test]
    fn status_and_target_are_read_from_what_there_is() {
        for (path, text, expected) in [
            (
                "tcpPortStatus/port-6443",
                "{\n \"status\": \"address-in-use\",\n \"message\": \"\"\n}\n",
                "2 - 6443 in-use",
            ),
            (
                "tcpPortStatus/api",
                r#"{"status":"connected","message":""}"#,
                "1 - - connected",
            ),
            (
                "connect/db",
                r#"{"status":"connection-refused","message":"dial tcp 192.0.2.2:5432: connect: connection refused"}"#,
                "1 192.0.2.2 5432 refused",
            ),
            (
                "connect/node1/db",
                r#"{"status":"error","message":"dial tcp: lookup db.example.com on 192.0.2.53:53: no such host"}"#,
                "1 db.example.com - unresolved",
            ),
            (
                "connect/db:5432",
                r#"{"status":"connection-timeout"}"#,
                "1 db 5432 timeout",
            ),
            (
                "tcpConnect/pg-192.0.2.2-5432",
                "\"connection-refused\"\n",
                "1 192.0.2.2 5432 refused",
            ),
            (
                "tcpLoadBalancer/lb",
                "connection-timeout\n",
                "1 - - timeout",
            ),
            (
                "httpLoadBalancer/lb",
                r#"{"status":"invalid-address","message":"Invalid Load Balancer Address: x"}"#,
                "1 - - failed",
            ),
            (
                "udpPortStatus/***HIDDEN***:53",
                r#"{"status":"connected"}"#,
                "1 - 53 connected",
            ),
        ] {
            assert_eq!(check(path, text).as_deref(), Some(expected), "{path}");
        }
    }

    #[test]
    fn the_host_is_named_by_hostname_else_by_name() {
        let path = "bundle/host-collectors/system/hostos_info.json";
        let text =
            "{\n \"name\": \"ubuntu\",\n \"hostname\": \"web1\",\n \"kernelVersion\": \"5.4\"\n}\n";
        let found = facts(path, text);
        assert_eq!((found[0].line, found[0].get("name")), (3, Some("web1")));
        let old = facts(path, r#"{"name":"ubuntu","kernelVersion":"5.4"}"#);
        assert_eq!(old[0].get("name"), Some("ubuntu"));
        assert!(facts(path, r#"{"kernelVersion":"5.4"}"#).is_empty());
    }

    #[test]
    fn other_files_and_other_words_give_nothing() {
        let refused = r#"{"status":"connection-refused","message":""}"#;
        assert!(facts("bundle/connect/db.json", refused).is_empty());
        assert!(facts("bundle/host-collectors/connect/db.txt", refused).is_empty());
        assert!(facts("bundle/host-collectors/http/get.json", refused).is_empty());
        for text in [
            "",
            "{",
            "[]",
            "12",
            "{\"status\":\"ready\"}",
            "{\"status\":5}",
            "\"ä\"",
            "no such file",
        ] {
            assert_eq!(check("connect/db", text), None, "{text}");
        }
    }
}
