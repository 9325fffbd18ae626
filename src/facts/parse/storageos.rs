//! `storageos cluster connectivity`: each node dials the services of all others.
//!
//! Columns SOURCE, NAME, ADDRESS, LATENCY, STATUS, MESSAGE; none but the last has spaces. STATUS is `OK` or
//! `ERROR`, and MESSAGE the error of Go's dialler. `--quiet` prints `SOURCE->ADDRESS  STATUS`. The form is that of
//! the formatter in storageos/go-cli.

use super::probes::{known, status_of};
use crate::facts::table::{host_port, words};
use crate::facts::{Input, Parser, Sink};

pub(super) const PARSER: Parser = Parser {
    name: "storageos-connectivity",
    markers: &["LATENCY  ", "SOURCE->ADDRESS"],
    path: |_| false,
    parse,
};

/// What the rows look like.
#[derive(Clone, Copy)]
enum Form {
    Whole,
    Quiet,
}

fn parse(input: Input<'_>, sink: &mut Sink) {
    let mut form = None;
    for line in input.lines() {
        if let Some(header) = header(line.1) {
            form = Some(header);
            continue;
        }
        let row = match form {
            None => continue,
            Some(Form::Whole) => whole(line.1),
            Some(Form::Quiet) => quiet(line.1),
        };
        let Some(row) = row else {
            form = None;
            continue;
        };
        let fields = [
            ("tool", "storageos"),
            ("from", known(row.source)),
            ("host", known(row.host)),
            ("port", row.port),
            (
                "status",
                if row.status == "OK" {
                    "connected"
                } else {
                    status_of(row.message)
                },
            ),
        ];
        sink.fact("check", line, fields);
    }
}

fn header(line: &str) -> Option<Form> {
    let names: Vec<&str> = line.split_whitespace().take(7).collect();
    match names.as_slice() {
        ["SOURCE", "NAME", "ADDRESS", "LATENCY", "STATUS", "MESSAGE"] => Some(Form::Whole),
        ["SOURCE->ADDRESS", "STATUS"] => Some(Form::Quiet),
        _ => None,
    }
}

struct Row<'a> {
    source: &'a str,
    host: &'a str,
    port: &'a str,
    status: &'a str,
    message: &'a str,
}

/// `node4   node3.api   192.0.2.5:5705  5.000870574s  ERROR   dial tcp 192.0.2.5:5705: i/o timeout`.
fn whole(line: &str) -> Option<Row<'_>> {
    let mut words = words(line);
    let (_, source) = words.next()?;
    let (_, address) = words.nth(1)?;
    let (_, latency) = words.next()?;
    let (at, status) = words.next()?;
    let measured = latency.starts_with(|c: char| c.is_ascii_digit()) && latency.ends_with('s');
    let (host, port) = endpoint(address)?;
    let message = line.get(at + status.len()..)?;
    (measured && is_status(status)).then_some(Row {
        source,
        host,
        port,
        status,
        message,
    })
}

/// `node4->192.0.2.5:5705  ERROR`.
fn quiet(line: &str) -> Option<Row<'_>> {
    let mut words = line.split_whitespace();
    let (source, address) = words.next()?.split_once("->")?;
    let (host, port) = endpoint(address)?;
    let status = words.next().filter(|status| is_status(status))?;
    words.next().is_none().then_some(Row {
        source,
        host,
        port,
        status,
        message: "",
    })
}

fn endpoint(address: &str) -> Option<(&str, &str)> {
    host_port(address).filter(|(_, port)| port.parse::<u16>().is_ok())
}

/// Only `OK` and `ERROR` are known; what a later version writes is no success.
fn is_status(word: &str) -> bool {
    word.len() >= 2 && word.bytes().all(|b| b.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Fact;

    fn checks(text: &str) -> Vec<String> {
        let row = |fact: &Fact| {
            let field = |name| fact.get(name).unwrap_or("-").to_owned();
            format!(
                "{} {}",
                fact.line,
                ["from", "host", "port", "status"].map(field).join(" ")
            )
        };
        PARSER
            .read("commands/connectivity.txt", text)
            .facts
            .iter()
            .map(row)
            .collect()
    }

    #[test]
    fn rows_say_who_dialled_whom() {
        let text = "\
root@node1:~# storageos cluster connectivity
SOURCE  NAME            ADDRESS         LATENCY       STATUS       MESSAGE
node4   node2.nats      192.0.2.4:5708  1.949275ms    OK
node4   node3.api       192.0.2.5:5705  5.000870574s  ERROR        dial tcp 192.0.2.5:5705: i/o timeout
node1   node2.etcd      192.0.2.4:5707  812.3µs       ERROR        dial tcp 192.0.2.4:5707: connect: connection refused
node1   node2.api       192.0.2.4:5705  1.2ms         ERROR        dial tcp 192.0.2.4:5705: connect: no route to host
node1   node5.api       [2001:db8::1]:5705  1.2ms     UNREACHABLE
root@node1:~# date
node9   node2.nats      192.0.2.4:5708  1.949275ms    OK
";
        assert_eq!(
            checks(text),
            [
                "3 node4 192.0.2.4 5708 connected",
                "4 node4 192.0.2.5 5705 timeout",
                "5 node1 192.0.2.4 5707 refused",
                "6 node1 192.0.2.4 5705 no-route",
                "7 node1 2001:db8::1 5705 failed",
            ]
        );
    }

    #[test]
    fn the_quiet_form_has_no_reason() {
        let text = "SOURCE->ADDRESS            STATUS\nnode1->192.0.2.1:1234  OK\nnode1->192.0.2.1:3456  ERROR\n";
        assert_eq!(
            checks(text),
            [
                "2 node1 192.0.2.1 1234 connected",
                "3 node1 192.0.2.1 3456 failed"
            ]
        );
    }

    #[test]
    fn redacted_addresses_are_left_out() {
        let text = "SOURCE  NAME  ADDRESS  LATENCY  STATUS  MESSAGE\n\
            node4  node2.nats  ***HIDDEN***:5708  1s  ERROR  timeout\n";
        assert_eq!(checks(text), ["2 node4 - 5708 timeout"]);
    }

    #[test]
    fn near_misses_give_nothing() {
        for text in [
            "node4   node2.nats      192.0.2.4:5708  1.949275ms    OK\n",
            "SOURCE  NAME  ADDRESS  LATENCY  STATUS  MESSAGE\nweb01  app  10.0.0.5:8080  ERROR\n",
            "SOURCE  NAME  ADDRESS  LATENCY  STATUS\nnode4  node2.nats  192.0.2.4:5708  1s  OK\n",
            "SOURCE->ADDRESS  STATUS\nnode1->192.0.2.1  OK\n",
            "SOURCE->ADDRESS  STATUS\n->:1 ä\n",
        ] {
            assert!(checks(text).is_empty(), "{text}");
        }
    }
}
