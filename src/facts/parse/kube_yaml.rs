//! Kubernetes objects as YAML: `kubectl get -o yaml`, must-gather's `namespaces/<name>/core/pods.yaml`, several
//! documents in one text.
//!
//! kubectl and oc write the items of a list at the margin, `- apiVersion: v1`. Each is parsed by itself, so that
//! one that breaks, or the end of a text that was cut, costs no other, and no large tree is held. Texts beyond
//! 8 MiB are left alone, manifests too: see `kube_object`.

use std::ops::Range;

use serde_json::{Map, Value};

use super::kube_json::Places;
use super::kube_object::{is_wanted, state};
use super::probes::Prompt;
use crate::facts::{Input, Parser, Sink};
use crate::yaml::{self, Node};

pub(super) const PARSER: Parser = Parser {
    name: "kubernetes-yaml",
    markers: &[
        "kind: Pod",
        "kind: Node",
        "kind: Service",
        "kind: Endpoint",
        "kind: Event",
    ],
    path: |_| false,
    parse,
};

const MAX_BYTES: usize = 8 << 20;

fn parse(input: Input<'_>, sink: &mut Sink) {
    if input.text.len() > MAX_BYTES || !input.text.contains("apiVersion: ") {
        return;
    }
    let mut places = Places::of(input.text);
    for piece in pieces(input.text) {
        let Some(text) = input.text.get(piece.range.clone()) else {
            continue;
        };
        let Ok(documents) = yaml::documents(text) else {
            continue;
        };
        let list = List {
            kind: piece.list,
            offset: piece.range.start,
        };
        for node in &documents {
            list.node(node, &mut places, sink);
        }
    }
}

/// A part of the text that is parsed by itself.
#[derive(Debug)]
struct Piece<'a> {
    range: Range<usize>,
    /// The kind that the list gives its items.
    list: Option<&'a str>,
}

/// The pieces that may be objects of a kind that is wanted.
fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut document = Document::default();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let range = at..at + line.len();
        at = range.end;
        let line = line.trim_end();
        if is_end(line) {
            std::mem::take(&mut document).finish(&mut pieces);
        } else {
            document.line(line, range);
        }
    }
    document.finish(&mut pieces);
    pieces
}

/// Whether a line ends a document: a marker, a prompt, or what cannot stand at the margin of an object.
fn is_end(line: &str) -> bool {
    let is_yaml = match line.as_bytes().first() {
        None | Some(b' ' | b'\t' | b'#' | b'"' | b'\'' | b'}' | b']') => true,
        Some(b'-') => !line.starts_with("---"),
        Some(first) => first.is_ascii_alphabetic() && line.contains(':'),
    };
    !is_yaml || Prompt::of(line).is_some()
}

/// A document while its lines are read.
#[derive(Debug, Default)]
struct Document<'a> {
    /// From its first key on.
    range: Range<usize>,
    kind: Option<&'a str>,
    /// The items at the margin, each with whether its kind is wanted or not told.
    items: Vec<(Range<usize>, bool)>,
    in_items: bool,
}

impl<'a> Document<'a> {
    fn line(&mut self, line: &'a str, range: Range<usize>) {
        let is_key = line.starts_with(|c: char| c.is_ascii_alphabetic()) && line.contains(':');
        if self.range.is_empty() {
            let first = ["apiVersion:", "kind:", "items:", "metadata:"];
            if !first.iter().any(|key| line.starts_with(key)) {
                return;
            }
            self.range.start = range.start;
        }
        self.range.end = range.end;
        if is_key {
            self.in_items = line == "items:";
            self.kind = line.strip_prefix("kind: ").or(self.kind);
        } else if self.in_items && line.starts_with("- ") {
            self.items.push((range, true));
        } else if let Some((item, _)) = self.items.last_mut().filter(|_| self.in_items) {
            item.end = range.end;
        }
        let kind = line
            .strip_prefix("  kind: ")
            .or_else(|| line.strip_prefix("- kind: "));
        if let (true, Some(kind), Some(item)) = (self.in_items, kind, self.items.last_mut()) {
            item.1 = has_meaning(kind);
        }
    }

    fn finish(self, pieces: &mut Vec<Piece<'a>>) {
        let kind = self.kind.unwrap_or_default().trim_matches(['"', '\'']);
        let list = kind.strip_suffix("List");
        let list = list.filter(|list| !list.is_empty());
        if self.items.is_empty() && (has_meaning(kind) || kind.ends_with("List")) {
            pieces.push(Piece {
                range: self.range,
                list,
            });
            return;
        }
        let wanted = self.items.into_iter().filter(|(_, wanted)| *wanted);
        pieces.extend(wanted.map(|(range, _)| Piece { range, list }));
    }
}

fn has_meaning(kind: &str) -> bool {
    is_wanted(kind.trim_matches(['"', '\'']), "")
}

/// What the nodes of a piece have in common.
struct List<'a> {
    kind: Option<&'a str>,
    /// Where the piece starts in the text.
    offset: usize,
}

impl List<'_> {
    /// States what an object says, or the objects of a list.
    fn node(&self, node: &Node, places: &mut Places<'_>, sink: &mut Sink) {
        let items = match &node.value {
            yaml::Value::List(items) => Some(items),
            yaml::Value::Map(_) => match child(node, "items").map(|items| &items.value) {
                Some(yaml::Value::List(items)) => Some(items),
                _ => None,
            },
            yaml::Value::Scalar { .. } => return,
        };
        match items {
            Some(items) => items
                .iter()
                .for_each(|item| self.object(item, places, sink)),
            None => self.object(node, places, sink),
        }
    }

    fn object(&self, node: &Node, places: &mut Places<'_>, sink: &mut Sink) {
        let scalar = |key| match child(node, key).map(|found| &found.value) {
            Some(yaml::Value::Scalar { text }) => Some(&**text),
            _ => None,
        };
        let Some(kind) = scalar("kind").or(self.kind) else {
            return;
        };
        if !is_wanted(kind, scalar("apiVersion").unwrap_or_default()) {
            return;
        }
        let metadata = child(node, "metadata");
        let named = metadata
            .and_then(|metadata| child(metadata, "name"))
            .or(metadata);
        let Some(named) = named else {
            return;
        };
        let line = places.line_at(self.offset + named.span.start);
        state(kind, &value(node), line, sink);
    }
}

fn child<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    let yaml::Value::Map(pairs) = &node.value else {
        return None;
    };
    let is_key = |found: &Node| matches!(&found.value, yaml::Value::Scalar { text } if text == key);
    pairs
        .iter()
        .find(|(found, _)| is_key(found))
        .map(|(_, value)| value)
}

/// The node as JSON, all scalars as texts; the parser bounds the depth.
fn value(node: &Node) -> Value {
    match &node.value {
        yaml::Value::Scalar { text } if matches!(&**text, "null" | "~" | "") => Value::Null,
        yaml::Value::Scalar { text } => Value::String(text.clone()),
        yaml::Value::List(items) => Value::Array(items.iter().map(value).collect()),
        yaml::Value::Map(pairs) => {
            let key = |node: &Node| match &node.value {
                yaml::Value::Scalar { text } => text.clone(),
                _ => String::new(),
            };
            let pairs = pairs.iter().map(|(name, found)| (key(name), value(found)));
            Value::Object(pairs.collect::<Map<_, _>>())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Line, kind, name (or service) and text of each fact.
    fn facts(text: &str) -> Vec<String> {
        let mut sink = Sink::default();
        parse(
            Input {
                path: "core/pods.yaml",
                text,
            },
            &mut sink,
        );
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
                fact.text.trim()
            )
        };
        sink.into_gathered().facts.iter().map(row).collect()
    }

    const LIST: &str = "\
---
apiVersion: v1
items:
- apiVersion: v1
  kind: Pod
  metadata:
    name: web-0
    ownerReferences:
    - kind: ReplicaSet
      name: not-this
  spec:
    hostNetwork: true
  status:
    containerStatuses:
    - name: web
      ready: true
      restartCount: 3
      state:
        running:
          startedAt: \"2026-01-01T00:00:00Z\"
    phase: Running
- apiVersion: v1
  kind: ConfigMap
  metadata:
    name: settings
  data:
    text: |
      kind: Pod
- metadata:
    name: web-1
  status:
    phase: Pending
kind: PodList
metadata:
  resourceVersion: \"1\"
";

    #[test]
    fn items_at_the_margin_are_read_one_by_one() {
        assert_eq!(
            facts(LIST),
            [
                "7 pod web-0 | name: web-0",
                "7 container web | name: web-0",
                "30 pod web-1 | name: web-1",
            ]
        );
        let facts = PARSER.read("x", LIST).facts;
        assert_eq!(
            (facts[0].get("host_network"), facts[0].get("ready")),
            (Some("true"), Some("true"))
        );
        assert_eq!(
            (facts[0].get("restarts"), facts[1].get("state")),
            (Some("3"), Some("running"))
        );
    }

    #[test]
    fn a_broken_item_costs_no_other() {
        let broken = LIST.replace("    name: web-0\n", "    name: [web-0\n");
        assert_eq!(facts(&broken), ["30 pod web-1 | name: web-1"]);
        let cut = LIST
            .split_once("\n  data:")
            .map_or("", |(before, _)| before);
        assert_eq!(facts(cut).len(), 2);
    }

    #[test]
    fn documents_and_indented_lists_are_read() {
        let text = "\
$ kubectl get ep db -o yaml
Warning: v1 Endpoints is deprecated in v1.33+
apiVersion: v1
kind: Endpoints
metadata:
  name: db
subsets:
- addresses:
  - ip: 10.42.0.5
  ports:
  - port: 5432
[rc=0]
$ cat more.yaml
# comment
apiVersion: v1
kind: List
items:
  - apiVersion: v1
    kind: Endpoints
    metadata: {name: web}
--- # another
kind: \"Service\"
apiVersion: v1
metadata: {name: web, uid: x}
spec: {clusterIP: 10.43.0.1, ports: [{port: 80, protocol: TCP}]}
";
        assert_eq!(
            facts(text),
            [
                "6 endpoints db | name: db",
                "20 endpoints web | metadata: {name: web}",
                "24 service web | metadata: {name: web, uid: x}",
            ]
        );
    }

    #[test]
    fn manifests_other_apis_and_broken_texts_give_nothing() {
        for text in [
            "apiVersion: v1\nkind: Pod\nmetadata:\n  name: etcd\nspec:\n  hostNetwork: true\nstatus: {}\n",
            "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  ports:\n  - port: 80\n",
            "apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: web, uid: x}\nspec: {a: b}\n",
            "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: web\n",
            "apiVersion: v1\nkind: Endpoints\nmetadata:\n  name: {{ .Values.name }}\n",
            "apiVersion: v1\nkind: Endpoints\nmetadata: ~\n",
            "apiVersion: v1\nkind: Endpoints\nmetadata: &a\n  b: *a\n",
            "level=info msg=\"apiVersion: v1 kind: Pod\"\n",
            "apiVersion: v1\nkind: PodList\nitems:\n- \n- -\n-\n- a: [\nä: ä\n",
        ] {
            assert!(facts(text).is_empty(), "{text}");
        }
        assert!(
            facts(&format!(
                "apiVersion: v1\nkind: Endpoints\nx: {}",
                "[".repeat(100_000)
            ))
            .is_empty()
        );
    }
}
