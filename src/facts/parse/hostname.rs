//! Names of the machine: `/etc/hostname`, `hostname`, `hostnamectl`, `uname -a`.
//!
//! The first two are one word; `hostnamectl` prints `Static hostname: node-1`, and `uname -a` has the name between the
//! kernel's name and its release: `Linux node-1 5.15.0-113-generic #123-Ubuntu SMP ...`. Lines of `uname` count only
//! where the command is named, because containers print them into their logs with their own names.

use std::net::IpAddr;

use super::netstat::place::{self, Shell};
use crate::facts::{Input, Parser, Sink};

pub(super) const PARSER: Parser = Parser {
    name: "hostname",
    markers: &[
        "Static hostname:",
        "Transient hostname:",
        "uname -a",
        "$ hostname",
        "# hostname",
    ],
    path: |path| (is_hostname(path) || is_uname(path)) && !place::in_container(path),
    parse,
};

fn file(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn is_hostname(path: &str) -> bool {
    let names = [
        "hostname",
        "hostname.txt",
        "hostname_-f",
        "hostname_-f.txt",
        "hostnamefqdn",
    ];
    names
        .iter()
        .any(|name| file(path).eq_ignore_ascii_case(name))
}

fn is_uname(path: &str) -> bool {
    file(path).starts_with("uname")
}

fn parse(input: Input<'_>, sink: &mut Sink) {
    if place::in_container(input.path) {
        return;
    }
    let single = if is_hostname(input.path) {
        only_word(input)
    } else {
        None
    };
    if let Some((line, name)) = single {
        add(name, line, sink);
        return;
    }
    let mut shell = Shell::of("hostname");
    let mut command = if is_uname(input.path) { "uname -a" } else { "" };
    for line in input.lines() {
        let text = line.1.trim();
        if text.is_empty() {
            continue;
        }
        if let Some(name) = stated(text).or_else(|| answer(command, text)) {
            if !shell.is_away() {
                add(name, line, sink);
            }
        } else {
            shell.see(text);
        }
        command = place::prompt(text).map_or(text, |(_, command)| command.trim());
    }
}

/// The only line of the file that is not empty or a comment, if it is one word.
fn only_word(input: Input<'_>) -> Option<((u64, &str), &str)> {
    let mut lines = input.lines().filter(|(_, text)| {
        let text = text.trim();
        !text.is_empty() && !text.starts_with('#')
    });
    let line = lines.next()?;
    let name = line.1.trim();
    (lines.next().is_none() && is_name(name)).then_some((line, name))
}

/// The name in a line of `hostnamectl`.
fn stated(text: &str) -> Option<&str> {
    let starts = ["Static hostname:", "Transient hostname:"];
    let value = starts.iter().find_map(|start| text.strip_prefix(start))?;
    Some(value.trim())
}

/// The name in the line that follows a command.
fn answer<'a>(command: &str, text: &'a str) -> Option<&'a str> {
    if command.ends_with("uname -a") {
        return of_uname(text);
    }
    let asked = [
        "hostname",
        "hostname -f",
        "hostname --fqdn",
        "hostname -s",
        "uname -n",
    ];
    asked.contains(&command).then_some(text)
}

/// The name in `Linux node-1 5.15.0-113-generic #123-Ubuntu SMP ...`.
fn of_uname(text: &str) -> Option<&str> {
    let mut words = text.split_whitespace();
    let (system, name) = (words.next()?, words.next()?);
    let (release, version) = (words.next()?, words.next()?);
    let kernel = release.starts_with(|c: char| c.is_ascii_digit()) && version.starts_with('#');
    (system == "Linux" && kernel).then_some(name)
}

fn add(name: &str, line: (u64, &str), sink: &mut Sink) {
    if is_name(name) {
        sink.fact("hostname", line, [("name", name)]);
    }
}

/// Whether it is a name that a machine has for itself.
fn is_name(word: &str) -> bool {
    let part = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    let valid = !word.is_empty() && word.len() <= 253 && word.bytes().all(part);
    valid && !word.to_ascii_lowercase().starts_with("localhost") && word.parse::<IpAddr>().is_err()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The facts as line and name.
    fn facts(path: &str, text: &str) -> Vec<(u64, String)> {
        let facts = PARSER.read(path, text).facts;
        facts
            .iter()
            .map(|fact| (fact.line, fact.get("name").unwrap_or("").to_owned()))
            .collect()
    }

    fn found(line: u64, name: &str) -> Vec<(u64, String)> {
        vec![(line, name.to_owned())]
    }

    #[test]
    fn a_file_of_one_word_is_the_name() {
        for path in [
            "x/sos_commands/host/hostname",
            "etc/hostname",
            "hostname.txt",
            "hostnamefqdn",
        ] {
            assert!((PARSER.path)(path), "{path}");
            assert_eq!(
                facts(path, "node-1.example.com\n"),
                found(1, "node-1.example.com")
            );
        }
        assert_eq!(
            facts("etc/hostname", "# set by the installer\n\nnode-1\r\n"),
            found(3, "node-1")
        );
    }

    #[test]
    fn hostnamectl_and_uname_name_it() {
        let ctl = " Static hostname: node-1\n Pretty hostname: My Node\n       Icon name: computer-vm\n\
            Transient hostname: (none)\n";
        assert_eq!(facts("hostnamectl_status", ctl), found(1, "node-1"));
        let uname = "Linux node-1 5.15.0-113-generic #123-Ubuntu SMP Mon Jun 10 08:16:17 UTC 2024 \
            x86_64 x86_64 x86_64 GNU/Linux\n";
        assert_eq!(
            facts("sos_commands/kernel/uname_-a", uname),
            found(1, "node-1")
        );
        assert_eq!(
            facts("basic.txt", &format!("# /bin/uname -a\n{uname}")),
            found(2, "node-1")
        );
        assert!(facts("pod.log", &format!("uname -a was asked\nhere:\n{uname}")).is_empty());
    }

    #[test]
    fn transcripts_show_it_after_the_command() {
        let text = "$ hostname\nnode-1\n$ date\nnode-2\n[root@node-1 ~]# hostname -f\nnode-1.example.com\n";
        let names = [
            (2, "node-1".to_owned()),
            (6, "node-1.example.com".to_owned()),
        ];
        assert_eq!(facts("notes.txt", text), names);
        assert_eq!(facts("hostname.txt", text), names);
        assert!(facts("notes.txt", "root@3f9a1c07d2be:/# hostname\n3f9a1c07d2be\n").is_empty());
        assert!(
            facts(
                "notes.txt",
                "$ docker exec web uname -a\nLinux w 5.1 #1 SMP\n"
            )
            .is_empty()
        );
    }

    #[test]
    fn containers_and_what_is_no_name_give_nothing() {
        assert!(!(PARSER.path)("var/lib/docker/containers/0a/hostname"));
        assert!(facts("overlay2/0a/diff/rootfs/etc/hostname", "web\n").is_empty());
        for text in [
            "localhost.localdomain\n",
            "(none)\n",
            "***HIDDEN***\n",
            "two words\n",
            "192.0.2.1\n",
            "",
        ] {
            assert!(facts("etc/hostname", text).is_empty(), "{text}");
        }
        let version = "Linux version 5.15.0-113-generic (buildd@host) (gcc) #123-Ubuntu SMP\n";
        assert!(facts("uname_-a", version).is_empty());
        assert!(facts("uname_-a", "Linux\nLinux \u{e9}\n").is_empty());
    }
}
