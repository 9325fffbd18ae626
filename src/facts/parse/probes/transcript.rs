//! Shell prompts in transcripts, and which connection the command behind one tries.
//!
//! Forms: `$ cmd`, `# cmd`, `user@host:~$ cmd`, `[root@host ~]# cmd`, `core@host ~ $ cmd`, `bash-4.2$ cmd`,
//! and busybox's `/ # cmd`. A bare `# ` also starts comments, so there the command must be a known program.

use super::wording::known;
use crate::facts::table::host_port;

/// Longer than this, what stands before `$ ` is no prompt.
const MAX_PROMPT: usize = 64;

/// Longer than this, a line was not typed.
const MAX_LINE: usize = 4096;

/// A line on which somebody typed a command.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::facts::parse) struct Prompt<'a> {
    /// What the shell printed, with its `$` or `#`.
    pub(in crate::facts::parse) shell: &'a str,
    /// What was typed.
    pub(in crate::facts::parse) command: &'a str,
}

impl<'a> Prompt<'a> {
    /// The prompt that a line starts with.
    pub(in crate::facts::parse) fn of(line: &'a str) -> Option<Self> {
        if line.len() > MAX_LINE {
            return None;
        }
        let at = [line.find("$ "), line.find("# ")]
            .into_iter()
            .flatten()
            .min()?;
        let (shell, command) = (line.get(..=at)?, line.get(at + 2..)?.trim());
        let first = command.split_whitespace().next()?;
        let accepted = match shell {
            "$" => true,
            "#" => tool(first).is_some() || is_runtime(first),
            _ => shell.len() <= MAX_PROMPT && is_shell(&shell[..at]),
        };
        accepted.then_some(Self { shell, command })
    }

    /// The machine that the prompt names.
    pub(super) fn host(&self) -> Option<&'a str> {
        let (_, rest) = self.shell.split_once('@')?;
        let host = rest.split([':', ' ', ']', '$', '#']).next()?;
        is_host(host).then_some(host)
    }

    /// Whether only a part of what there is was asked for: `grep`, filters, selectors.
    pub(in crate::facts::parse) fn is_partial(&self) -> bool {
        const FLAGS: &str = "-f -l -n --filter --selector --field-selector --last --latest";
        let flag = |word: &str| {
            let name = word.split('=').next().unwrap_or(word);
            FLAGS.split(' ').any(|flag| flag == name)
        };
        self.command.contains('|') || self.command.split_whitespace().any(flag)
    }

    /// The value of an option, as `-n kube-system`, `-nkube-system` is not used.
    pub(in crate::facts::parse) fn option(&self, short: &str, long: &str) -> Option<&'a str> {
        let mut words = self.command.split_whitespace();
        while let Some(word) = words.next() {
            if word == short || word == long {
                return words.next();
            }
            let value = word
                .strip_prefix(long)
                .and_then(|rest| rest.strip_prefix('='));
            if value.is_some() {
                return value;
            }
        }
        None
    }
}

/// Whether a shell prints `text` before its `$`: it has a user and a host, a version, or a directory alone.
fn is_shell(text: &str) -> bool {
    if let Some((user, rest)) = text.split_once('@') {
        let user = user.rsplit(['[', ' ', ')']).next().unwrap_or(user);
        let host = rest.split([':', ' ', ']']).next().unwrap_or(rest);
        return !user.is_empty() && is_host(host) && text.split(' ').count() <= 4;
    }
    let versioned = text.starts_with("bash-") || text.starts_with("sh-");
    let directory = text
        .strip_suffix(' ')
        .is_some_and(|dir| dir.starts_with(['/', '~']));
    (versioned || directory) && text.trim_end().split(' ').count() == 1
}

/// Whether `text` can be a host name or an address; what a redactor left cannot.
pub(super) fn is_host(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b".-_:%".contains(&b);
    !text.is_empty() && text.len() <= 253 && text.bytes().all(allowed)
}

/// A test of a connection, as it was typed.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Probe<'a> {
    /// The program: `nc`, `telnet`, `curl`, `wget`, `ping`, `bash`; empty: something else.
    pub(super) tool: &'static str,
    /// The host; empty where it cannot be told.
    pub(super) host: &'a str,
    /// The port; likewise.
    pub(super) port: &'a str,
    /// Whether it runs in a container.
    pub(super) inside: bool,
    /// Whether it opens a shell in a container.
    pub(super) enters: bool,
}

impl<'a> Probe<'a> {
    /// What `command` tests.
    pub(super) fn of(command: &'a str) -> Self {
        let words = || command.split_whitespace().map(unquote);
        let wrappers = words().take_while(|word| tool(word).is_none());
        let inside = runs_inside(wrappers);
        if let Some((_, target)) = command.split_once("/dev/tcp/") {
            return Self {
                inside,
                ..dev_tcp(target)
            };
        }
        let mut rest = command
            .split_whitespace()
            .skip_while(|word| tool(unquote(word)).is_none());
        let Some(tool) = rest.next().map(unquote).and_then(tool) else {
            let interactive = |word: &str| matches!(word, "-it" | "-ti" | "-i" | "-t" | "rsh");
            return Self {
                enters: inside && words().any(interactive),
                ..Self::default()
            };
        };
        let (host, port) = target(tool, arguments(rest));
        let host = if is_host(host) { host } else { "" };
        let port = if port.parse::<u16>().is_ok() {
            port
        } else {
            ""
        };
        Self {
            tool,
            host,
            port,
            inside,
            enters: false,
        }
    }
}

/// Host and port of bash's `/dev/tcp/host/port`, without the prefix.
pub(super) fn dev_tcp(target: &str) -> Probe<'_> {
    let (host, rest) = target.split_once('/').unwrap_or((target, ""));
    let end = rest
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(rest.len());
    let (host, port) = if is_host(host) {
        (host, &rest[..end])
    } else {
        ("", "")
    };
    Probe {
        tool: "bash",
        host,
        port,
        ..Probe::default()
    }
}

fn basename(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or(word)
}

fn unquote(word: &str) -> &str {
    word.trim_matches(['"', '\'', '`', '(', ')', ';'])
}

/// The words up to the end of the command, without quotes.
fn arguments<'a>(words: impl Iterator<Item = &'a str>) -> impl Iterator<Item = &'a str> {
    let mut ended = false;
    words
        .take_while(move |word| {
            !is_operator(word) && !std::mem::replace(&mut ended, word.ends_with(';'))
        })
        .map(unquote)
}

fn is_operator(word: &str) -> bool {
    word.starts_with(['|', '&', '>', '<']) || word.starts_with("2>") || word.starts_with("1>")
}

fn runs_inside<'w>(mut wrappers: impl Iterator<Item = &'w str>) -> bool {
    wrappers.any(is_runtime)
        && wrappers.any(|word| matches!(word, "exec" | "run" | "rsh" | "debug"))
}

/// Whether a word of a command starts a program that runs others in containers.
fn is_runtime(word: &str) -> bool {
    let names = "docker podman nerdctl kubectl oc crictl docker-compose k3s";
    names.split(' ').any(|name| name == basename(word))
}

/// The program that a word of a command starts, if it is one that tests connections.
pub(super) fn tool(word: &str) -> Option<&'static str> {
    Some(match basename(word) {
        "nc" | "ncat" | "netcat" | "nc.openbsd" | "nc.traditional" => "nc",
        "telnet" => "telnet",
        "curl" => "curl",
        "wget" => "wget",
        "ping" | "ping6" => "ping",
        _ => return None,
    })
}

/// Host and port in the arguments of `tool`; either may be empty.
fn target<'a>(tool: &str, words: impl Iterator<Item = &'a str>) -> (&'a str, &'a str) {
    let words = positional(tool, words);
    match (tool, words.as_slice()) {
        (_, []) => ("", ""),
        ("telnet", [host]) => (host, "23"),
        ("nc", [.., host, port]) | ("telnet", [host, port, ..]) => (host, port),
        ("curl" | "wget", [first, ..]) => url(words
            .iter()
            .find(|word| word.contains("://"))
            .unwrap_or(first)),
        (_, [first, ..]) => (first, ""),
    }
}

/// The arguments that are neither options nor values of options.
fn positional<'a>(tool: &str, words: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let letters = match tool {
        "nc" => "wpsiqxXeIOTVGgmMcoWP",
        "telnet" => "lbenSX",
        "ping" => "cIiWwstTQmMpSl",
        _ => "xHdomwuXAeEbcFTKCtrQYyzPDO",
    };
    let (mut found, mut value) = (Vec::new(), false);
    for word in words {
        if std::mem::take(&mut value) {
            continue;
        }
        match word.strip_prefix('-') {
            None => found.push(word),
            Some(long) if long.starts_with('-') => value = takes_value(long),
            Some(short) => value = ends_in(short, letters),
        }
    }
    found
}

/// Whether the first of the letters in a word is its last, so that the value is the next word.
fn ends_in(word: &str, letters: &str) -> bool {
    let first = word.find(|c| letters.contains(c));
    first.is_some_and(|at| at + 1 == word.len())
}

/// Whether the value of a long option, given without its first dash, is the next word.
fn takes_value(long: &str) -> bool {
    const OPTIONS: &str = "-max-time -connect-timeout -proxy -header -data -output -cacert -cert -key -resolve \
        -request -user -write-out -wait";
    OPTIONS.split(' ').any(|option| option == long)
}

/// Host and port of a URL; the scheme gives the port where none is written.
fn url(text: &str) -> (&str, &str) {
    let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let authority = authority.rsplit('@').next().unwrap_or(authority);
    match host_port(authority) {
        Some((host, port)) if port.parse::<u16>().is_ok() => (host, port),
        _ => (
            known(authority.trim_matches(['[', ']'])),
            default_port(scheme),
        ),
    }
}

fn default_port(scheme: &str) -> &'static str {
    match scheme {
        "http" => "80",
        "https" => "443",
        "ftp" => "21",
        "telnet" => "23",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tool, host, port and place of what a command tests.
    fn typed(command: &str) -> String {
        let probe = Probe::of(command);
        let or = |value: &str| {
            if value.is_empty() {
                "-".to_owned()
            } else {
                value.to_owned()
            }
        };
        let inside = if probe.inside { " inside" } else { "" };
        format!(
            "{} {} {}{inside}",
            or(probe.tool),
            or(probe.host),
            or(probe.port)
        )
    }

    #[test]
    fn prompts_of_many_shells_are_found() {
        for (line, shell, command) in [
            ("$ nc -zv db 5432", "$", "nc -zv db 5432"),
            ("# telnet db 5432", "#", "telnet db 5432"),
            (
                "[root@node06 ~]# nc -zv node04 5705",
                "[root@node06 ~]#",
                "nc -zv node04 5705",
            ),
            ("root@3f9a1c07d2be:/# ls", "root@3f9a1c07d2be:/#", "ls"),
            ("core@node1 ~ $ ping db", "core@node1 ~ $", "ping db"),
            ("bash-4.2$ curl db", "bash-4.2$", "curl db"),
            ("/ # nc db 80", "/ #", "nc db 80"),
        ] {
            assert_eq!(Prompt::of(line), Some(Prompt { shell, command }), "{line}");
        }
        let host = |line| Prompt::of(line).and_then(|prompt| prompt.host());
        assert_eq!(host("[root@node06 ~]# ls"), Some("node06"));
        assert_eq!(host("root@3f9a1c07d2be:/# ls"), Some("3f9a1c07d2be"));
        assert_eq!(host("$ ls"), None);
    }

    #[test]
    fn comments_and_prices_are_no_prompts() {
        for line in [
            "# Generated by iptables-save v1.8.9",
            "the price is 5 $ or more",
            "  # a comment",
            "$ ",
            "ä$ ",
            "2026-01-01 user mail@example.com paid in full for 3 $ and more",
        ] {
            assert_eq!(Prompt::of(line), None, "{line}");
        }
    }

    #[test]
    fn commands_name_host_and_port() {
        for (command, expected) in [
            ("nc -zv -w 3 192.0.2.2 5432", "nc 192.0.2.2 5432"),
            ("sudo nc -vzw3 db 5432 2>&1 | tail", "nc db 5432"),
            ("ncat --wait 3 db 5432", "nc db 5432"),
            ("ip netns exec a telnet 192.0.2.2 25", "telnet 192.0.2.2 25"),
            ("telnet db", "telnet db 23"),
            (
                "curl -sS -m 3 http://192.0.2.2:5433/x?y=1",
                "curl 192.0.2.2 5433",
            ),
            (
                "curl -k -H 'A: b' https://u:p@[2001:db8::1]/",
                "curl 2001:db8::1 443",
            ),
            ("curl --max-time 3 db:9200", "curl db 9200"),
            ("ping -c 3 db", "ping db -"),
            ("timeout 3 bash -c '</dev/tcp/db/5432'", "bash db 5432"),
            ("for h in a b; do nc -zv $h 22; done", "nc - 22"),
            ("nc - db 80", "nc db 80"),
            ("nc -zv db 1-1024", "nc db -"),
            ("nc -zv db", "nc db -"),
            ("ls -l /usr/bin", "- - -"),
        ] {
            assert_eq!(typed(command), expected, "{command}");
        }
    }

    #[test]
    fn a_container_is_told_by_the_command() {
        for (command, expected) in [
            ("docker exec -it web nc -zv db 5432", "nc db 5432 inside"),
            (
                "kubectl exec web -- sh -c \"nc -zv db 5432\"",
                "nc db 5432 inside",
            ),
            (
                "docker run --rm busybox telnet db 25",
                "telnet db 25 inside",
            ),
            ("docker ps", "- - -"),
        ] {
            assert_eq!(typed(command), expected, "{command}");
        }
        assert!(Probe::of("docker run -it ubuntu /bin/bash").enters);
        assert!(!Probe::of("docker run -d redis").enters);
    }

    #[test]
    fn options_tell_what_was_asked_for() {
        let prompt = |line| Prompt::of(line).expect("a prompt");
        let namespace = |line| prompt(line).option("-n", "--namespace");
        assert_eq!(
            namespace("$ kubectl get pods -n kube-system"),
            Some("kube-system")
        );
        assert_eq!(namespace("$ kubectl get pods --namespace=a"), Some("a"));
        assert_eq!(namespace("$ kubectl get pods -A"), None);
        assert!(prompt("$ kubectl get pods -A -l app=b").is_partial());
        assert!(prompt("$ docker ps -a | grep db").is_partial());
        assert!(!prompt("$ docker ps -a").is_partial());
    }
}
