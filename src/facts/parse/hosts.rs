//! `/etc/hosts`, as a file or printed by `cat` or `getent hosts`: hosts(5).
//!
//! `address name [alias...] [# comment]`. A name on a loopback address is a name of the machine itself. The file that
//! Kubernetes writes into its pods, and those of containers, say nothing about the machine.

use std::collections::HashSet;
use std::net::IpAddr;

use super::netstat::place::{self, Shell};
use crate::facts::{Input, Parser, Sink};

pub(super) const PARSER: Parser = Parser {
    name: "hosts",
    markers: COMMANDS,
    path: is_hosts,
    parse,
};

/// What prints the file.
const COMMANDS: &[&str] = &["cat /etc/hosts", "getent hosts"];

fn is_hosts(path: &str) -> bool {
    let ends = [
        "etc/hosts",
        "etchosts",
        "hosts.txt",
        "etc_hosts",
        "etc.hosts",
    ];
    ends.iter().any(|end| path.ends_with(end))
        && !path.ends_with("known_hosts.txt")
        && !place::in_container(path)
}

fn parse(input: Input<'_>, sink: &mut Sink) {
    if place::in_container(input.path) || input.text.contains("# Kubernetes-managed hosts file") {
        return;
    }
    let file = is_hosts(input.path);
    // The names that a whole file does not have are not in it.
    if let Some(first) = input.lines().next().filter(|_| file) {
        sink.table("host_entry", "", first);
    }
    let mut shell = Shell::of("hosts");
    let mut printed = false;
    let mut seen = HashSet::new();
    for line in input.lines() {
        let text = line.1.trim();
        if COMMANDS.iter().any(|command| text.contains(command)) {
            shell.see(text);
            printed = !shell.is_away();
        } else if file || printed {
            let fits = entry(line, &mut seen, sink);
            printed &= fits && !text.starts_with('$');
        }
    }
}

/// Adds what a line says; `false` if it is no line of the file.
fn entry<'a>(line: (u64, &'a str), seen: &mut HashSet<(IpAddr, &'a str)>, sink: &mut Sink) -> bool {
    let text = line.1.split('#').next().unwrap_or_default();
    let mut words = text.split_whitespace();
    let Some(first) = words.next() else {
        return true;
    };
    let host = first.split('%').next().unwrap_or(first);
    let Ok(address) = host.parse::<IpAddr>() else {
        return first.contains("***");
    };
    let names: Vec<&str> = words.filter(|name| !name.contains("***")).collect();
    if !names.iter().all(|name| is_name(name)) {
        return false;
    }
    let own = |name: &&str| !is_of_every_machine(name) && !address.is_multicast();
    for name in names.into_iter().filter(own) {
        if !seen.insert((address, name)) {
            continue;
        }
        if address.is_loopback() {
            sink.fact("hostname", line, [("name", name)]);
        } else {
            sink.fact(
                "host_entry",
                line,
                [("name", name), ("address", &address.to_string())],
            );
        }
    }
    true
}

fn is_name(word: &str) -> bool {
    let part = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    word.len() <= 253 && word.bytes().all(part)
}

/// Names that stand in the file of every machine.
fn is_of_every_machine(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    ["localhost", "ip6-", "ipv6-", "broadcasthost"]
        .iter()
        .any(|start| lower.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The facts as line, kind and values.
    fn facts(path: &str, text: &str) -> Vec<String> {
        let shown = |fact: &crate::facts::Fact| {
            let values: Vec<&str> = fact.fields.iter().map(|(_, value)| &**value).collect();
            format!("{} {} {}", fact.line, fact.kind, values.join(" "))
        };
        PARSER.read(path, text).facts.iter().map(shown).collect()
    }

    const HOSTS: &str = "\
# Your system has configured 'manage_etc_hosts' as True.
127.0.1.1 node-1.example.com node-1
127.0.0.1 localhost localhost.localdomain localhost4
192.0.2.10\tdb-1.example.com db-1 # the database
192.0.2.10 db-1
::1     localhost ip6-localhost ip6-loopback
ff02::1 ip6-allnodes

2001:db8::5 web
";

    #[test]
    fn every_name_is_a_fact_and_those_of_loopback_are_the_machines() {
        let expected = [
            "2 hostname node-1.example.com",
            "2 hostname node-1",
            "4 host_entry db-1.example.com 192.0.2.10",
            "4 host_entry db-1 192.0.2.10",
            "9 host_entry web 2001:db8::5",
        ];
        assert_eq!(facts("node-1/etc/hosts", HOSTS), expected);
        assert_eq!(facts("node-1/systeminfo/etchosts", HOSTS), expected);
    }

    #[test]
    fn what_a_command_prints_counts_until_the_next_command() {
        let text = "\
$ cat /etc/hosts
127.0.0.1 localhost
# a comment
192.0.2.10 db-1

$ ping -c1 192.0.2.10
192.0.2.11 web-1
[root@node-1 ~]# getent hosts db-2
192.0.2.12      db-2.example.com
$ kubectl exec web -- cat /etc/hosts
192.0.2.13 web
";
        let expected = [
            "4 host_entry db-1 192.0.2.10",
            "9 host_entry db-2.example.com 192.0.2.12",
        ];
        assert_eq!(facts("notes.txt", text), expected);
    }

    #[test]
    fn hidden_addresses_and_names_are_left_out() {
        let text = "***HIDDEN*** db-1\n192.0.2.10 ***HIDDEN*** db-2\n";
        assert_eq!(facts("etc/hosts", text), ["2 host_entry db-2 192.0.2.10"]);
    }

    #[test]
    fn files_of_containers_and_other_lists_give_nothing() {
        let pod = format!("# Kubernetes-managed hosts file.\n{HOSTS}");
        assert!(facts("web/etc/hosts", &pod).is_empty());
        assert!(facts("var/lib/docker/overlay2/0a/merged/etc/hosts", HOSTS).is_empty());
        assert!(!is_hosts("rootfs/etc/hosts") && !is_hosts("root/.ssh/known_hosts.txt"));
        for text in [
            "192.0.2.1 ssh-ed25519 AAAAC3+/=\n",
            "192.0.2.1 ansible_user=root\n",
            "[web]\nweb-1\n",
            "sshd: 192.0.2.1\n",
            "192.0.2.1\n%\n\u{e9} \u{e9}\n",
        ] {
            assert!(facts("hosts.txt", text).is_empty(), "{text}");
        }
    }
}
