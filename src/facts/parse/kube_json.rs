//! Kubernetes objects as JSON: `kubectl get -o json`, `kubectl cluster-info dump`, troubleshoot's
//! `cluster-resources/pods/<namespace>.json`, one object, a list of them, or several documents in one text.
//!
//! Objects carry their kind; the items of a `PodList` and of troubleshoot's old bare arrays may not, then the list
//! or the path tells it. Items are cut out of the text before they are read, so that an item's place is known and
//! only one item is held as a tree.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::Deserializer;
use serde_json::value::RawValue;

use super::kube_object::{is_wanted, state};
use super::probes::Prompt;
use crate::facts::{Input, MAX_TEXT, Parser, Sink};

pub(super) const PARSER: Parser = Parser {
    name: "kubernetes-json",
    markers: &["\"metadata\""],
    path: |_| false,
    parse,
};

/// Characters of a line without line ends that are quoted.
const MAX_WINDOW: usize = 200;

/// Bytes from the key of a name to its value, at most.
const MAX_KEY: usize = 16;

fn parse(input: Input<'_>, sink: &mut Sink) {
    if !is_json(input.text) {
        return;
    }
    let mut places = Places::of(input.text);
    // Most lines of a log in JSON are of no interest.
    let objects = |document: &&RawValue| document.get().contains("\"metadata\"");
    for document in documents(input.text).filter(objects) {
        for (item, list) in items(document) {
            object(
                item,
                list.as_deref().or_else(|| kind_in(input.path)),
                &mut places,
                sink,
            );
        }
    }
}

/// Whether the text is JSON from its start, or the transcript of a command.
pub(super) fn is_json(text: &str) -> bool {
    let text = text.trim_start_matches(['\u{feff}', ' ', '\n', '\r', '\t']);
    text.starts_with(['{', '[']) || text.lines().next().and_then(Prompt::of).is_some()
}

/// The JSON documents that start at the start of a line; what stands between them is skipped.
pub(super) fn documents(text: &str) -> impl Iterator<Item = &RawValue> {
    let mut rest = text.trim_start_matches('\u{feff}');
    std::iter::from_fn(move || {
        loop {
            rest = rest.get(document_start(rest)?..)?;
            let mut stream = Deserializer::from_str(rest).into_iter::<&RawValue>();
            let error = match stream.next()? {
                Ok(document) => {
                    rest = rest.get(stream.byte_offset()..)?;
                    return Some(document);
                }
                Err(error) => error,
            };
            // The line that broke one document may start the next.
            rest = match error.line() {
                0 | 1 => rest.split_once('\n')?.1,
                line => rest.get(lines_len(rest, line - 1)..)?,
            };
        }
    })
}

fn document_start(text: &str) -> Option<usize> {
    let opens = |at: &usize| text[*at..].starts_with(['{', '[']);
    let first = text.len() - text.trim_start().len();
    let later = || {
        memchr::memchr_iter(b'\n', text.as_bytes())
            .map(|at| at + 1)
            .find(opens)
    };
    Some(first).filter(opens).or_else(later)
}

/// Bytes of the first `count` lines.
fn lines_len(text: &str, count: usize) -> usize {
    let ends = memchr::memchr_iter(b'\n', text.as_bytes());
    ends.take(count).last().map_or(0, |at| at + 1)
}

/// What is needed to know what an object is.
#[derive(Deserialize)]
struct Head<'a> {
    #[serde(borrow, default)]
    kind: Option<Cow<'a, str>>,
    #[serde(borrow, default, rename = "apiVersion")]
    api: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    metadata: Option<&'a RawValue>,
    #[serde(borrow, default)]
    items: Option<Vec<&'a RawValue>>,
}

/// Of an object's metadata, where the name stands.
#[derive(Deserialize)]
struct Name<'a> {
    #[serde(borrow, default)]
    name: Option<&'a RawValue>,
}

/// The objects of a document, each with the kind that its list gives it.
fn items(document: &RawValue) -> Vec<(&RawValue, Option<String>)> {
    if let Ok(items) = serde_json::from_str::<Vec<&RawValue>>(document.get()) {
        return items.into_iter().map(|item| (item, None)).collect();
    }
    let Ok(head) = serde_json::from_str::<Head<'_>>(document.get()) else {
        return Vec::new();
    };
    let Some(items) = head.items else {
        return vec![(document, None)];
    };
    let kind = head
        .kind
        .as_deref()
        .and_then(|kind| kind.strip_suffix("List"));
    let kind = kind.filter(|kind| !kind.is_empty());
    items
        .into_iter()
        .map(|item| (item, kind.map(str::to_owned)))
        .collect()
}

/// The kind of the items of a file that does not tell it.
fn kind_in(path: &str) -> Option<&'static str> {
    let (_, rest) = path.rsplit_once("cluster-resources/")?;
    let name = rest.split(['/', '.']).next()?;
    let depth = rest.matches('/').count();
    Some(match name {
        "nodes" if depth == 0 => "Node",
        "pods" if depth == 1 => "Pod",
        "services" if depth == 1 => "Service",
        "endpoints" if depth == 1 => "Endpoints",
        "endpointslices" if depth == 1 => "EndpointSlice",
        "events" if depth == 1 => "Event",
        _ => return None,
    })
}

/// States what one object says.
fn object(item: &RawValue, list: Option<&str>, places: &mut Places<'_>, sink: &mut Sink) {
    let Ok(head) = serde_json::from_str::<Head<'_>>(item.get()) else {
        return;
    };
    let Some(kind) = head.kind.as_deref().or(list) else {
        return;
    };
    if !is_wanted(kind, head.api.as_deref().unwrap_or_default()) {
        return;
    }
    let Some(metadata) = head.metadata else {
        return;
    };
    let name = serde_json::from_str::<Name<'_>>(metadata.get())
        .ok()
        .and_then(|found| found.name);
    let line = places.line_of(name.unwrap_or(metadata).get());
    if let Ok(value) = serde_json::from_str(item.get()) {
        state(kind, &value, line, sink);
    }
}

/// Finds the lines of parts of a text, which are asked for from the start to the end.
#[derive(Debug)]
pub(super) struct Places<'a> {
    text: &'a str,
    /// Bytes whose lines are counted.
    at: usize,
    /// The line there, from one.
    line: u64,
}

impl<'a> Places<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            line: 1,
        }
    }

    /// The line of a part of the text, which must be borrowed from it.
    pub(super) fn line_of(&mut self, part: &str) -> (u64, &'a str) {
        let offset = part
            .as_ptr()
            .addr()
            .saturating_sub(self.text.as_ptr().addr());
        self.line_at(offset)
    }

    /// The line that a byte is in.
    pub(super) fn line_at(&mut self, offset: usize) -> (u64, &'a str) {
        let offset = self.text.floor_char_boundary(offset.min(self.text.len()));
        if offset < self.at {
            (self.at, self.line) = (0, 1);
        }
        let passed = &self.text.as_bytes()[self.at..offset];
        for _ in memchr::memchr_iter(b'\n', passed) {
            self.line += 1;
        }
        self.at = offset;
        (self.line, self.quote(offset))
    }

    /// The line; of one that is too long to be quoted, the part that starts with the key before `offset`.
    fn quote(&self, offset: usize) -> &'a str {
        let low = self
            .text
            .floor_char_boundary(offset.saturating_sub(MAX_TEXT));
        let high = self
            .text
            .floor_char_boundary((offset + MAX_TEXT).min(self.text.len()));
        let (before, after) = (&self.text[low..offset], &self.text[offset..high]);
        let start = before.rfind('\n').map(|at| low + at + 1);
        let start = start.or_else(|| (low == 0).then_some(0));
        let end = after.find('\n').map_or(high, |at| offset + at);
        if let Some(start) = start {
            return self.text[start..end].trim_end_matches('\r');
        }
        let key = before.rfind("\"name\"").map(|at| low + at);
        let start = key.filter(|at| offset - at < MAX_KEY).unwrap_or(offset);
        &self.text[start..self.text.floor_char_boundary((start + MAX_WINDOW).min(end))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Line, kind, name (or service) and text of each fact.
    fn facts(path: &str, text: &str) -> Vec<String> {
        let mut sink = Sink::default();
        parse(Input { path, text }, &mut sink);
        let row = |fact: &crate::facts::Fact| {
            let name = fact
                .get("name")
                .or_else(|| fact.get("service"))
                .or_else(|| fact.get("object"));
            format!(
                "{} {} {} | {}",
                fact.line,
                fact.kind,
                name.unwrap_or("-"),
                fact.text.trim_start()
            )
        };
        sink.into_gathered().facts.iter().map(row).collect()
    }

    const LIST: &str = r#"{
    "kind": "PodList",
    "apiVersion": "v1",
    "metadata": {"resourceVersion": "1"},
    "items": [
        {
            "metadata": {
                "ownerReferences": [{"name": "not-this"}],
                "name": "web-0"
            },
            "status": {"phase": "Running"}
        },
        {
            "metadata": {
                "name": "web-1"
            },
            "status": {"phase": "Pending"}
        }
    ]
}
"#;

    #[test]
    fn items_are_found_on_the_line_of_their_name() {
        assert_eq!(
            facts("x/pods.json", LIST),
            [
                "9 pod web-0 | \"name\": \"web-0\"",
                "15 pod web-1 | \"name\": \"web-1\""
            ]
        );
    }

    #[test]
    fn bare_arrays_get_their_kind_from_the_path() {
        let text = "[\n {\"metadata\": {\n  \"name\": \"db\"},\n \"subsets\": null}\n]\n";
        assert_eq!(
            facts("b/cluster-resources/endpoints/shop.json", text),
            ["3 endpoints db | \"name\": \"db\"},"]
        );
        assert!(facts("b/cluster-resources/deployments/shop.json", text).is_empty());
        assert!(facts("b/cluster-resources/pods/logs/shop/a.log", text).is_empty());
        assert!(facts("b/endpoints/shop.json", text).is_empty());
        let node = r#"[{"metadata":{"name":"wk1"},"status":{"conditions":[{"type":"Ready","status":"True"}]}}]"#;
        assert_eq!(facts("b/cluster-resources/nodes.json", node).len(), 1);
    }

    #[test]
    fn one_object_and_a_mixed_list_are_read() {
        let one = r#"{"apiVersion":"v1","kind":"Endpoints","metadata":{"name":"db"}}"#;
        assert_eq!(facts("a", one).len(), 1);
        let mixed = format!(
            r#"{{"kind":"List","items":[{one},{{"kind":"ConfigMap","metadata":{{}}}},3,{one}]}}"#
        );
        assert_eq!(facts("a", &mixed).len(), 2);
    }

    #[test]
    fn documents_may_stand_between_other_text() {
        let text = format!(
            "$ kubectl cluster-info dump\n{LIST}==== START logs for container web of pod shop/web-0 ====\n\
             {{not json}}\n[info] started\n==== END logs ====\n{LIST}{{\"cut\": \"te\n{LIST}"
        );
        let lines: Vec<_> = facts("dump", &text)
            .iter()
            .map(|fact| fact.split(' ').next().unwrap_or("").to_owned())
            .collect();
        assert_eq!(lines, ["10", "16", "34", "40", "55", "61"]);
        assert!(facts("dump", &format!("some log\n{LIST}")).is_empty());
    }

    #[test]
    fn a_text_of_one_line_is_quoted_at_the_name() {
        let items: Vec<_> = (0..100)
            .map(|at| format!(r#"{{"kind":"Endpoints","metadata":{{"name":"ä{at}","labels":{{"a":"ööööööö"}}}}}}"#))
            .collect();
        let found = facts(
            "a",
            &format!(r#"{{"kind":"List","items":[{}]}}"#, items.join(",")),
        );
        assert_eq!(found.len(), 100);
        assert!(
            found[42].starts_with("1 endpoints ä42 | \"name\":\"ä42\",\"labels\""),
            "{}",
            found[42]
        );
        assert!(found[42].len() < 300);
    }

    #[test]
    fn broken_and_bottomless_texts_give_nothing() {
        for text in [
            "",
            "{",
            "[\"metadata\"",
            "{\"metadata\": 1}",
            "{\"kind\":\"Pod\",\"metadata\":null}",
            "{\"kind\":7,\"metadata\":{}}",
            "{\"kind\":\"Pod\",\"items\":[{\"metadata\":{\"name\":{}}}]}",
            "{\"kind\":\"Event\",\"apiVersion\":\"audit.k8s.io/v1\",\"metadata\":{\"name\":\"x\"},\"involvedObject\":{}}",
            &"[".repeat(100_000),
            &"{\n".repeat(10_000),
            &"[\n".repeat(10_000),
            &format!(
                "{{\"kind\":\"Endpoints\",\"metadata\":{{\"name\":\"x\"}},\"subsets\":{}",
                "[".repeat(1000)
            ),
        ] {
            assert!(
                facts("a", text).is_empty(),
                "{}",
                text.get(..60).unwrap_or(text)
            );
        }
    }
}
