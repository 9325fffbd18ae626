//! `crictl ps` and `crictl ps -a`, the containers of a CRI runtime.
//!
//! Columns are aligned below `CONTAINER  IMAGE  CREATED  STATE  NAME  ATTEMPT  POD ID`; since 1.24 POD follows,
//! since 1.33 NAMESPACE; up to 1.12 the first was `CONTAINER ID`. `crictl pods` is left alone: a sandbox that is
//! ready says nothing about the pod in it, and one that is not may be an old one.

use std::collections::HashSet;

use super::kube_table::cell;
use super::probes::{Prompt, known};
use crate::facts::table::Columns;
use crate::facts::{Input, Parser, Sink};

pub(super) const PARSER: Parser = Parser {
    name: "crictl-ps",
    markers: &["ATTEMPT  "],
    path: |_| false,
    parse,
};

fn parse(input: Input<'_>, sink: &mut Sink) {
    let mut columns: Option<Columns<'_>> = None;
    let mut seen = HashSet::new();
    for line in input.lines() {
        if Prompt::of(line.1).is_some() {
            columns = None;
        } else if line.1.contains("ATTEMPT  ") {
            let wanted = ["IMAGE", "STATE", "NAME", "ATTEMPT"];
            columns = Some(Columns::of(line.1)).filter(|columns| columns.has(&wanted));
        } else if let Some(header) = &columns
            && row(header, line, &mut seen, sink).is_none()
        {
            columns = None;
        }
    }
}

/// States what a row says, if it is the first of its container: the newest attempt is listed first. `None` where
/// the table has ended.
fn row<'a>(
    columns: &Columns<'_>,
    line: (u64, &'a str),
    seen: &mut HashSet<(&'a str, &'a str)>,
    sink: &mut Sink,
) -> Option<()> {
    let value = |name| cell(columns, line.1, name);
    let id = value("CONTAINER")
        .or_else(|| value("CONTAINER ID"))
        .filter(|id| is_id(id))?;
    let (Some(state), Some(attempt)) = (value("STATE"), value("ATTEMPT")) else {
        return Some(());
    };
    let state = state.trim_start_matches("CONTAINER_").to_ascii_lowercase();
    let pod = value("POD").or_else(|| value("POD ID")).unwrap_or_default();
    let name = value("NAME").unwrap_or_default();
    let is_state = matches!(&*state, "running" | "exited" | "created" | "unknown");
    if !is_state || !seen.insert((pod, name)) {
        return Some(());
    }
    let fields = [
        ("name", known(name)),
        ("id", known(id)),
        ("image", known(value("IMAGE").unwrap_or_default())),
        ("state", &state),
        (
            "restarts",
            if attempt.parse::<u64>().is_ok() {
                attempt
            } else {
                ""
            },
        ),
        ("pod", known(value("POD").unwrap_or_default())),
    ];
    sink.fact("container", line, fields);
    Some(())
}

fn is_id(text: &str) -> bool {
    text.contains("***") || text.len() >= 10 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Fact;

    fn containers(text: &str) -> Vec<String> {
        let row = |fact: &Fact| {
            let field = |name| fact.get(name).unwrap_or("-").to_owned();
            let names = ["name", "id", "image", "state", "restarts", "pod"].map(field);
            format!("{} {}", fact.line, names.join(" "))
        };
        PARSER
            .read("rke2/crictl/psa", text)
            .facts
            .iter()
            .map(row)
            .collect()
    }

    #[test]
    fn the_header_tells_which_columns_there_are() {
        let old = "\
CONTAINER ID        IMAGE               CREATED             STATE               NAME                ATTEMPT             POD ID
a6c7803d896ef       eea6040304cff       8 days ago          CONTAINER_RUNNING   coredns             2                   fae52c7b54c03
";
        assert_eq!(
            containers(old),
            ["2 coredns a6c7803d896ef eea6040304cff running 2 -"]
        );
        let new = "\
$ crictl ps -a
CONTAINER           IMAGE               CREATED             STATE               NAME                ATTEMPT             POD ID              POD                 NAMESPACE
a6c7803d896ef       eea6040304cff       8 days ago          Running             coredns             0                   fae52c7b54c03       coredns-65dc-tmjns  kube-system
91b3bffba5f11       eea6040304cff       2 weeks ago         Exited              etcd                17                  c1aa4c83bb507       etcd-cp1            kube-system
91b3bffba5f12       eea6040304cff       3 weeks ago         Exited              etcd                16                  c1aa4c83bb507       etcd-cp1            kube-system
$ date
91b3bffba5f11       eea6040304cff       2 weeks ago         Exited              late                17                  c1aa4c83bb507       etcd-cp1            kube-system
";
        assert_eq!(
            containers(new),
            [
                "3 coredns a6c7803d896ef eea6040304cff running 0 coredns-65dc-tmjns",
                "4 etcd 91b3bffba5f11 eea6040304cff exited 17 etcd-cp1",
            ]
        );
    }

    #[test]
    fn sandboxes_and_near_misses_give_nothing() {
        for text in [
            "POD ID              CREATED             STATE               NAME                NAMESPACE           ATTEMPT             RUNTIME\n\
             f5775b0ab084b       8 days ago          Ready               etcd-cp1            kube-system         0                   (default)\n",
            "ATTEMPT  IMAGE  STATE  NAME\n1  x  Running  y\n",
            "CONTAINER   IMAGE   CREATED   STATE   NAME   ATTEMPT   POD ID\nno container here\n",
            "CONTAINER   ä   IMAGE   STATE   NAME   ATTEMPT   \nääääääääääää\n",
        ] {
            assert!(containers(text).is_empty(), "{text}");
        }
    }
}
