//! `docker ps`, `podman ps`, `nerdctl ps` with `-a`, `--no-trunc` or `-s`, also `docker container ls`.
//!
//! Columns are aligned below `CONTAINER ID  IMAGE  COMMAND  CREATED  STATUS  PORTS  NAMES`; podman may leave out
//! COMMAND and adds pods, `-s` adds SIZE. Docker cuts COMMAND with an ellipsis, which is one column but three
//! bytes. STATUS is a sentence: `Up 3 hours (Paused)`, `Exited (137) 18 hours ago`. PORTS has what is published,
//! `0.0.0.0:80->8080/tcp, :::80->8080/tcp`, and what is only exposed, `6379/tcp`.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use super::kube_table::cell;
use super::probes::{Prompt, known};
use crate::facts::table::{Columns, host_port};
use crate::facts::{Input, Parser, Sink};

pub(super) const PARSER: Parser = Parser {
    name: "docker-ps",
    markers: &["CONTAINER ID "],
    path: |_| false,
    parse,
};

/// Ports of a published range that are listed one by one.
const MAX_RANGE: usize = 1024;

fn parse(input: Input<'_>, sink: &mut Sink) {
    let mut columns: Option<Columns<'_>> = None;
    let mut prompt: Option<Prompt<'_>> = None;
    for line in input.lines() {
        if let Some(found) = Prompt::of(line.1) {
            (columns, prompt) = (None, Some(found));
        } else if line.1.contains("CONTAINER ID ") {
            columns = Some(Columns::of(line.1))
                .filter(|columns| columns.has(&["CONTAINER ID", "STATUS", "NAMES"]));
            let partial = || prompt.is_some_and(|prompt| prompt.is_partial());
            if columns.is_some() && !partial() {
                sink.table("container", "", line);
            }
        } else if let Some(header) = &columns
            && row(header, line, sink).is_none()
        {
            columns = None;
        }
    }
}

/// States what a row says; `None` where the table has ended.
fn row(columns: &Columns<'_>, line: (u64, &str), sink: &mut Sink) -> Option<()> {
    let text = one_byte_a_column(line.1);
    let value = |name| cell(columns, &text, name);
    let id = text.split_whitespace().next().filter(|id| is_id(id))?;
    let (Some(status), Some(names)) = (value("STATUS"), value("NAMES")) else {
        return Some(());
    };
    let Some((state, code)) = state(status) else {
        return Some(());
    };
    let name = known(first_name(names));
    let fields = [
        ("name", name),
        ("id", known(id.get(..12).unwrap_or(id))),
        ("image", known(value("IMAGE").unwrap_or_default())),
        ("state", state),
        ("exit_code", code),
        (
            "pod",
            known(
                value("POD NAME")
                    .or_else(|| value("PODNAME"))
                    .unwrap_or_default(),
            ),
        ),
        ("since", status),
    ];
    sink.fact("container", line, fields);
    for mapping in value("PORTS").unwrap_or_default().split(", ") {
        published(mapping, name, line, sink);
    }
    Some(())
}

/// The row with every character in one byte, so that it can be cut at the columns of the header.
fn one_byte_a_column(row: &str) -> Cow<'_, str> {
    if row.is_ascii() {
        return Cow::Borrowed(row);
    }
    Cow::Owned(
        row.chars()
            .map(|c| if c.is_ascii() { c } else { '?' })
            .collect(),
    )
}

/// Whether `text` is a container's id, short or whole, or what a redactor left of it.
fn is_id(text: &str) -> bool {
    text.contains("***") || text.len() >= 12 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// Of `web,proxy/web`, where the second is a link, the container's own name.
fn first_name(names: &str) -> &str {
    names
        .split(',')
        .find(|name| !name.contains('/'))
        .unwrap_or(names)
}

/// The state that STATUS describes, and the exit code.
fn state(status: &str) -> Option<(&'static str, &str)> {
    let (word, rest) = status.split_once(' ').unwrap_or((status, ""));
    let state = match word {
        "Up" if status.ends_with("(Paused)") => "paused",
        "Up" => "running",
        "Exited" | "Exit" | "Stopped" => "exited",
        "Restarting" => "restarting",
        "Created" | "Initialized" | "Configured" => "created",
        "Paused" => "paused",
        "Dead" => "dead",
        "Removal" | "Removing" => "removing",
        _ => return None,
    };
    let code = rest
        .strip_prefix('(')
        .and_then(|rest| rest.split(')').next());
    let code = code.filter(|code| code.parse::<i64>().is_ok());
    Some((state, code.unwrap_or_default()))
}

/// States the ports of `0.0.0.0:8000-8002->8000-8002/tcp`.
fn published(mapping: &str, container: &str, line: (u64, &str), sink: &mut Sink) {
    let Some((outside, inside)) = mapping.trim().split_once("->") else {
        return;
    };
    let (inside, proto) = inside.split_once('/').unwrap_or((inside, "tcp"));
    let Some((address, outside)) = host_port(outside) else {
        return;
    };
    let (Some(outside), Some(inside)) = (range(outside), range(inside)) else {
        return;
    };
    // A range may be published for one port of the container; which of them it is now is not told.
    let paired = outside.len() == inside.len();
    for (at, port) in outside.take(MAX_RANGE).enumerate() {
        let target = inside.clone().nth(at).filter(|_| paired);
        let fields = [
            ("address", known(address).to_owned()),
            ("port", port.to_string()),
            ("container", container.to_owned()),
            (
                "container_port",
                target.map(|port| port.to_string()).unwrap_or_default(),
            ),
            ("proto", known(proto).to_owned()),
        ];
        sink.fact("published_port", line, fields);
    }
}

/// `8000-8002`, or a single port.
fn range(text: &str) -> Option<RangeInclusive<u16>> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (first.parse().ok()?, last.parse().ok()?);
    (first <= last).then_some(first..=last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{Fact, Gathered};

    fn gathered(text: &str) -> Gathered {
        PARSER.read("commands/docker-ps.txt", text)
    }

    fn of_kind(kind: &str, fields: &[&str], text: &str) -> Vec<String> {
        let row = |fact: &Fact| {
            let values = fields
                .iter()
                .map(|name| fact.get(name).unwrap_or("-").to_owned());
            format!("{} {}", fact.line, values.collect::<Vec<_>>().join(" "))
        };
        let facts = gathered(text).facts;
        facts
            .iter()
            .filter(|fact| fact.kind == kind)
            .map(row)
            .collect()
    }

    fn containers(text: &str) -> Vec<String> {
        of_kind(
            "container",
            &["name", "id", "image", "state", "exit_code"],
            text,
        )
    }

    fn ports(text: &str) -> Vec<String> {
        of_kind(
            "published_port",
            &["address", "port", "container", "container_port", "proto"],
            text,
        )
    }

    /// A table as docker aligns it: cells are padded to the widest and three spaces.
    fn aligned(rows: &[&[&str]]) -> String {
        let width = |at: usize| {
            rows.iter()
                .filter_map(|row| row.get(at))
                .map(|cell| cell.chars().count())
                .max()
        };
        let pad = |(at, cell): (usize, &&str)| format!("{cell:0$}", width(at).unwrap_or(0) + 3);
        rows.iter()
            .map(|row| row.iter().enumerate().map(pad).collect::<String>() + "\n")
            .collect()
    }

    const DOCKER: [&[&str]; 6] = [
        &[
            "CONTAINER ID",
            "IMAGE",
            "COMMAND",
            "STATUS",
            "PORTS",
            "NAMES",
        ],
        &[
            "3f9a1c07d2be",
            "postgres:15",
            "\"docker-entrypoint.s…\"",
            "Up 7 minutes (healthy)",
            "0.0.0.0:5432->5432/tcp, :::5432->5432/tcp",
            "db",
        ],
        &[
            "7d40be91c6fa",
            "example/api:1.8.2",
            "\"/entrypoint.sh web\"",
            "Exited (137) 18 hours ago",
            "",
            "web/api,api",
        ],
        &[
            "a81e5c4f0b7d",
            "redis:7",
            "\"docker-entrypoint.s…\"",
            "Restarting (1) 5 seconds ago",
            "6379/tcp",
            "redis",
        ],
        &["58e1f7a0c93b", "ui", "\"/start.sh\"", "Created", "", "ui"],
        &[
            "0d6b4a82ef17",
            "proxy",
            "\"/start.sh\"",
            "Up 2 hours (Paused)",
            "6379/tcp",
            "proxy",
        ],
    ];

    #[test]
    fn states_come_from_the_sentence_below_status() {
        let text = format!("$ docker ps -a\n{}", aligned(&DOCKER));
        assert_eq!(
            containers(&text),
            [
                "3 db 3f9a1c07d2be postgres:15 running -",
                "4 api 7d40be91c6fa example/api:1.8.2 exited 137",
                "5 redis a81e5c4f0b7d redis:7 restarting 1",
                "6 ui 58e1f7a0c93b ui created -",
                "7 proxy 0d6b4a82ef17 proxy paused -",
            ]
        );
        let gathered = gathered(&text);
        assert_eq!(
            gathered.facts[0].get("since"),
            Some("Up 7 minutes (healthy)")
        );
        assert!(
            gathered.facts[0].text.contains('…'),
            "the line is quoted as it stands"
        );
        assert_eq!((gathered.tables.len(), gathered.tables[0].line), (1, 2));
        assert_eq!(gathered.tables[0].kind, "container");
    }

    #[test]
    fn published_ports_have_an_address_each() {
        assert_eq!(
            ports(&aligned(&DOCKER)),
            ["2 0.0.0.0 5432 db 5432 tcp", "2 :: 5432 db 5432 tcp"]
        );
    }

    #[test]
    fn podman_and_old_docker_are_read() {
        let podman = "\
CONTAINER ID  IMAGE                         COMMAND     CREATED       STATUS           PORTS                   NAMES
087eefc6dd2e  registry.example.com/mysql:8  run-mysqld  20 hours ago  Up 20 hours ago  127.0.0.1:80->8080/tcp  mysql-basic
";
        assert_eq!(
            containers(podman),
            ["2 mysql-basic 087eefc6dd2e registry.example.com/mysql:8 running -"]
        );
        assert_eq!(ports(podman), ["2 127.0.0.1 80 mysql-basic 8080 tcp"]);
        let sizes = "\
CONTAINER ID        IMAGE               COMMAND             CREATED             STATUS              PORTS               NAMES               SIZE
4c01db0b339cbc5d8e6f7a8b9c0d1e2f3a4b5c6d7e8f9a0b1c2d3e4f5a6b7c8d   not aligned at all with the header above   and therefore skipped
4c01db0b339c        ubuntu:22.04        bash                17 seconds ago      Up 16 seconds       3300-3310/tcp       webapp              35.6 kB
";
        assert_eq!(
            containers(sizes),
            ["3 webapp 4c01db0b339c ubuntu:22.04 running -"]
        );
    }

    #[test]
    fn ranges_are_listed_port_by_port() {
        let text = aligned(&[
            &["CONTAINER ID", "STATUS", "PORTS", "NAMES"],
            &[
                "3f9a1c07d2be",
                "Up 2 hours",
                "0.0.0.0:8000-8001->8000-8001/tcp, 6379/tcp",
                "web",
            ],
            &[
                "3f9a1c07d2bf",
                "Up 2 hours",
                "0.0.0.0:90-91->80/tcp, [::]:9-8->9-8/tcp, ->, a->b",
                "dns",
            ],
            &[
                "3f9a1c07d2b0",
                "Up 2 hours",
                "***HIDDEN***:5432->5432/tcp",
                "***HIDDEN***",
            ],
        ]);
        assert_eq!(
            ports(&text),
            [
                "2 0.0.0.0 8000 web 8000 tcp",
                "2 0.0.0.0 8001 web 8001 tcp",
                "3 0.0.0.0 90 dns - tcp",
                "3 0.0.0.0 91 dns - tcp",
                "4 - 5432 - 5432 tcp",
            ]
        );
        let wide = aligned(&[
            &["CONTAINER ID", "STATUS", "PORTS", "NAMES"],
            &[
                "3f9a1c07d2be",
                "Up 2 hours",
                "0.0.0.0:10-65000->10-65000/udp",
                "web",
            ],
        ]);
        assert_eq!(ports(&wide).len(), MAX_RANGE);
    }

    #[test]
    fn a_filtered_listing_is_not_complete() {
        for (command, tables) in [
            ("$ docker ps -a", 1),
            ("$ docker ps -a | head", 0),
            ("$ docker ps --filter name=db", 0),
            ("[root@web1 ~]# docker ps -n 2", 0),
        ] {
            let text = format!("{command}\nCONTAINER ID   IMAGE   STATUS       NAMES\n");
            assert_eq!(gathered(&text).tables.len(), tables, "{command}");
        }
    }

    #[test]
    fn the_table_ends_where_no_id_follows() {
        let text = "\
CONTAINER ID   IMAGE   STATUS       NAMES
3f9a1c07d2be   web     Up 2 hours   web

3f9a1c07d2bf   web     Up 2 hours   late
";
        assert_eq!(containers(text), ["2 web 3f9a1c07d2be web running -"]);
    }

    #[test]
    fn near_misses_give_nothing() {
        for text in [
            "CONTAINER ID   NAME   CPU %   MEM USAGE / LIMIT\n3f9a1c07d2be   web   0.1%   1MiB / 2MiB\n",
            "the CONTAINER ID is 3f9a1c07d2be, see STATUS and NAMES\n3f9a1c07d2be\n",
            "CONTAINER ID   ä STATUS   NAMES\nääääääääääää   ää   ää\n",
            "CONTAINER ID ",
        ] {
            let gathered = gathered(text);
            assert!(gathered.facts.is_empty(), "{text}");
        }
    }
}
