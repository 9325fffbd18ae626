//! Tests of a connection that a person or a script ran: nc, ncat, telnet, curl, wget, ping, bash's `/dev/tcp`.
//!
//! They stand in transcripts (`$ nc -zv db 5432` and what it printed) and in captured output. The line of the
//! result states the fact; host and port that it does not name come from the command behind the prompt above it.
//! `from` is `container` for a command that ran in one, else the host of the prompt. Log files are left alone:
//! there the same words come from a program that waits for another, and tell nothing about the present.

mod netcat;
mod ping;
mod transcript;
mod wording;

pub(super) use transcript::Prompt;
pub(super) use wording::{known, status_of};

use ping::Ping;
use transcript::{Probe, is_host};
use wording::{Outcome, outcome};

use crate::facts::{Input, Parser, Sink};

pub(super) const PARSER: Parser = Parser {
    name: "probes",
    markers: &[
        " [tcp/",
        " (tcp) failed:",
        " (tcp) timed out:",
        "Ncat: Conn",
        "Ncat: TIMEOUT",
        "Ncat: No route",
        "Ncat: Network",
        "Ncat: Could not resolve",
        "\nnc: ",
        "(UNKNOWN) [",
        ") open\n",
        "telnet: ",
        "Escape character is",
        "curl: (",
        "* Connected to ",
        "* Established connection to ",
        "* connect to ",
        "* Failed to connect to ",
        "... connected.",
        "... failed: ",
        "\nwget: ",
        " ping statistics ---",
        "icmp_seq=",
        ": seq=",
        "ping: unknown host",
        "ping: bad address",
        "\nping: ",
        ": /dev/tcp/",
    ],
    path: |_| false,
    parse,
};

fn parse(input: Input<'_>, sink: &mut Sink) {
    if is_log(input) {
        return;
    }
    let mut reader = Reader::default();
    for line in input.lines() {
        let Some(found) = reader.read(line.1) else {
            continue;
        };
        let fields = [
            ("tool", found.tool),
            ("from", reader.from),
            ("host", found.host),
            ("port", found.port),
            ("status", found.status),
        ];
        sink.fact("check", line, fields);
    }
}

fn is_log(input: Input<'_>) -> bool {
    let file = input.file();
    let logs = ["journalctl", "syslog", "messages", "dmesg"];
    file.contains(".log")
        || logs.iter().any(|name| file.starts_with(name))
        || input
            .path
            .split('/')
            .any(|part| matches!(part, "podlogs" | "journal" | "journald"))
}

/// What the lines so far say about the next.
#[derive(Debug, Default)]
struct Reader<'a> {
    /// The test that the last prompt started.
    probe: Probe<'a>,
    from: &'a str,
    /// The prompt from which a shell in a container was opened.
    outside: Option<&'a str>,
    ping: Ping<'a>,
    /// The address behind telnet's `Trying`.
    trying: &'a str,
    /// Whether curl has named the reason, so that its last line adds nothing.
    explained: bool,
    last: Option<Outcome<'a>>,
}

impl<'a> Reader<'a> {
    fn read(&mut self, line: &'a str) -> Option<Outcome<'a>> {
        // A progress meter overwrites its line.
        let line = line.rsplit('\r').next().unwrap_or(line);
        if let Some(prompt) = Prompt::of(line) {
            self.start(prompt);
            return None;
        }
        let found = outcome(line)
            .or_else(|| self.ping.read(line))
            .or_else(|| self.telnet(line))?;
        if self.repeats(line, found) {
            return None;
        }
        let found = self.complete(found);
        let told = !(found.host.is_empty() && found.port.is_empty());
        (told && self.last.replace(found) != Some(found)).then_some(found)
    }

    fn start(&mut self, prompt: Prompt<'a>) {
        let probe = Probe::of(prompt.command);
        let exits = matches!(prompt.command, "exit" | "logout");
        let mut outside = self.outside.filter(|shell| *shell != prompt.shell);
        let host = prompt
            .host()
            .filter(|host| *host != "localhost")
            .unwrap_or_default();
        let inside = probe.inside || outside.is_some() || is_container_id(host);
        if exits {
            outside = None;
        } else if probe.enters {
            outside = outside.or(Some(prompt.shell));
        }
        let from = if inside { "container" } else { host };
        *self = Self {
            probe,
            from,
            outside,
            ..Self::default()
        };
    }

    /// The two lines of telnet that mean nothing alone.
    fn telnet(&mut self, line: &'a str) -> Option<Outcome<'a>> {
        if let Some(address) = line.strip_prefix("Trying ") {
            self.trying = address.strip_suffix("...").filter(|host| is_host(host))?;
            return None;
        }
        let name = line.strip_prefix("Connected to ")?.strip_suffix('.')?;
        let expected = self.probe.tool == "telnet" || !self.trying.is_empty();
        let host = if self.trying.is_empty() {
            name
        } else {
            self.trying
        };
        let found = Outcome {
            tool: "telnet",
            host,
            port: "",
            status: "connected",
        };
        (expected && is_host(name)).then_some(found)
    }

    /// Whether this is curl's last line, which repeats less exactly what `-v` has said.
    fn repeats(&mut self, line: &str, found: Outcome<'_>) -> bool {
        if found.tool != "curl" {
            return false;
        }
        let before = self.explained;
        let summary = line.contains("curl: (");
        self.explained = !summary && (before || line.starts_with("* connect to "));
        before && (summary || line.starts_with("* Failed to connect "))
    }

    /// The result with what the command knows.
    fn complete(&mut self, found: Outcome<'a>) -> Outcome<'a> {
        let mut whole = found;
        if found.tool == "telnet" {
            let trying = std::mem::take(&mut self.trying);
            whole.host = if found.host.is_empty() {
                trying
            } else {
                found.host
            };
        }
        if !is_host(whole.host) {
            whole.host = "";
        }
        if self.probe.tool == found.tool {
            let or = |value, default| if str::is_empty(value) { default } else { value };
            whole.host = or(whole.host, self.probe.host);
            whole.port = or(whole.port, self.probe.port);
        }
        whole
    }
}

/// Whether a host name is the short id that docker gives a container as its name.
fn is_container_id(host: &str) -> bool {
    host.len() == 12
        && host
            .bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Line, tool, from, host, port and status of each check.
    fn checks_in(path: &str, text: &str) -> Vec<String> {
        let gathered = PARSER.read(path, text);
        let row = |fact: &crate::facts::Fact| {
            let field = |name| fact.get(name).unwrap_or("-").to_owned();
            let names = ["tool", "from", "host", "port", "status"].map(field);
            format!("{} {}", fact.line, names.join(" "))
        };
        gathered.facts.iter().map(row).collect()
    }

    fn checks(text: &str) -> Vec<String> {
        checks_in("commands/nc.txt", text)
    }

    #[test]
    fn the_prompt_tells_what_the_output_leaves_out() {
        let text = "$ date\nMon Sep 24 13:41:22 UTC 2018\n$ nc -zv node1 5705\n\
            Ncat: Version 7.50 ( https://nmap.org/ncat )\nNcat: Connection timed out.\n$ nc -zv node1 22\n\
            Ncat: Version 7.50 ( https://nmap.org/ncat )\nNcat: Connected to 192.0.2.3:22.\n";
        assert_eq!(
            checks(text),
            ["5 nc - node1 5705 timeout", "8 nc - 192.0.2.3 22 connected"]
        );
    }

    #[test]
    fn results_without_a_prompt_need_a_host_of_their_own() {
        assert_eq!(
            checks("nc: connect to db port 5432 (tcp) failed: Connection refused\n"),
            ["1 nc - db 5432 refused"]
        );
        assert!(checks("Ncat: Connection refused.\n").is_empty());
        assert!(checks("$ ls\nNcat: Connection refused.\n").is_empty());
    }

    #[test]
    fn telnet_takes_its_port_from_the_command() {
        let text = "[root@web1 ~]# telnet db 5432\nTrying 192.0.2.2...\nConnected to db.\nEscape character is '^]'.\n\
            [root@web1 ~]# telnet db 5433\ntelnet: Unable to connect to remote host: Connection refused\n\
            Trying 192.0.2.2...\n";
        assert_eq!(
            checks(text),
            [
                "3 telnet web1 192.0.2.2 5432 connected",
                "6 telnet web1 db 5433 refused"
            ]
        );
        assert!(checks("Connected to db.\n").is_empty());
    }

    #[test]
    fn a_shell_in_a_container_is_remembered_until_it_ends() {
        let text = "$ telnet 172.17.0.5 27017\nTrying 172.17.0.5...\nConnected to 172.17.0.5.\n\
            $ docker run -it ubuntu /bin/bash\n# telnet 172.17.0.5 27017\nTrying 172.17.0.5...\n\
            telnet: Unable to connect to remote host: No route to host\n# exit\n$ nc -zv 172.17.0.5 27017\n\
            Connection to 172.17.0.5 27017 port [tcp/*] succeeded!\n";
        assert_eq!(
            checks(text),
            [
                "3 telnet - 172.17.0.5 27017 connected",
                "7 telnet container 172.17.0.5 27017 no-route",
                "10 nc - 172.17.0.5 27017 connected",
            ]
        );
    }

    #[test]
    fn containers_are_known_by_the_command_and_by_the_prompt() {
        let refused = "nc: connect to db port 5432 (tcp) failed: Connection refused\n";
        for prompt in [
            "$ docker exec web nc -zv db 5432\n",
            "$ kubectl exec -n a web -- nc -zv db 5432\n",
            "root@3f9a1c07d2be:/# nc -zv db 5432\n",
        ] {
            let found = checks(&format!("{prompt}{refused}"));
            assert_eq!(found, ["2 nc container db 5432 refused"], "{prompt}");
        }
    }

    #[test]
    fn curl_is_counted_once() {
        let text = "$ curl -v http://db:9200/\n*   Trying 192.0.2.2...\n* TCP_NODELAY set\n\
            * connect to 192.0.2.2 port 9200 failed: Connection refused\n\
            * Failed to connect to db port 9200: Connection refused\n* Closing connection 0\n\
            curl: (7) Failed to connect to db port 9200: Connection refused\n\
            $ curl -sS -m 3 http://192.0.2.3:2380/members\ncurl: (28) Connection timed out after 3001 milliseconds\n";
        assert_eq!(
            checks(text),
            [
                "4 curl - 192.0.2.2 9200 refused",
                "9 curl - 192.0.2.3 2380 timeout"
            ]
        );
    }

    #[test]
    fn ping_has_no_port() {
        let text = "$ ping -c 1 192.0.2.2\nPING 192.0.2.2 (192.0.2.2) 56(84) bytes of data.\n\n\
            --- 192.0.2.2 ping statistics ---\n1 packets transmitted, 0 received, 100% packet loss, time 0ms\n\
            $ ping db\nconnect: Network is unreachable\n";
        assert_eq!(
            checks(text),
            ["5 ping - 192.0.2.2 - timeout", "7 ping - db - no-route"]
        );
    }

    #[test]
    fn redacted_hosts_are_left_out() {
        let text = "nc: connect to ***HIDDEN*** port 5432 (tcp) failed: Connection refused\n\
            $ nc -zv ***TOKEN_IP_ab12*** 22\nNcat: Connection refused.\n";
        assert_eq!(
            checks(text),
            ["1 nc - - 5432 refused", "3 nc - - 22 refused"]
        );
    }

    #[test]
    fn logs_are_left_alone() {
        let text = "nc: connect to db port 5432 (tcp) failed: Connection refused\n";
        for path in [
            "web/app.log",
            "var/log/syslog.1",
            "rke2/podlogs/default-web",
            "a/journal/x",
        ] {
            assert!(checks_in(path, text).is_empty(), "{path}");
        }
    }

    #[test]
    fn hostile_lines_do_no_harm() {
        let text = "$ \n# \n$ nc\n$ telnet\nTrying ...\nConnected to .\nPING\n--- ping statistics ---\n\
            [ä@ß ~]# nc -zv ä 1\nä: /dev/tcp/\n: /dev/tcp//: \nConnection to  succeeded!\ncurl: (\n* Connected to \n";
        assert!(checks(text).is_empty());
    }
}
