//! The documents of a file: specs, and what holds specs as texts.

use super::super::Spec;
use super::{Decoder, similar};
use crate::yaml::{Node, Value, documents_with_aliases};

/// The kinds of documents, and which lists of analyzers they have; the second is whether those are of hosts.
const KINDS: &[(&str, &[(&str, bool)])] = &[
    (
        "SupportBundle",
        &[("analyzers", false), ("hostAnalyzers", true)],
    ),
    ("Analyzer", &[("analyzers", false), ("hostAnalyzers", true)]),
    ("Preflight", &[("analyzers", false)]),
    ("HostPreflight", &[("analyzers", true)]),
    ("Collector", &[]),
    ("HostCollector", &[]),
    ("RemoteCollector", &[]),
    ("Redactor", &[]),
];

/// Whether a YAML document is a spec, or a `ConfigMap` or `Secret` that holds one.
pub(crate) fn is_spec(document: &Node) -> bool {
    is_troubleshoot(document) || held(document).iter().any(|(text, _)| looks_like_spec(text))
}

fn is_troubleshoot(document: &Node) -> bool {
    let version = document.get("apiVersion").and_then(Node::as_text);
    let group = version
        .and_then(|version| version.split_once('/'))
        .map(|(group, _)| group);
    matches!(
        group,
        Some(
            "troubleshoot.sh"
                | "troubleshoot.replicated.com"
                | "collectors.troubleshoot.replicated.com"
                | "analyzers.troubleshoot.replicated.com"
        )
    )
}

fn looks_like_spec(text: &str) -> bool {
    let is_version = |line: &str| {
        line.trim_start()
            .strip_prefix("apiVersion:")
            .is_some_and(|rest| rest.contains("troubleshoot."))
    };
    text.lines().any(is_version)
}

/// The texts that a `ConfigMap` or `Secret` holds, and the nodes they stand in.
fn held(document: &Node) -> Vec<(String, &Node)> {
    let kind = document.get("kind").and_then(Node::as_text);
    let (plain, encoded) = match kind {
        Some("ConfigMap") => ("data", None),
        Some("Secret") => ("stringData", Some("data")),
        _ => return Vec::new(),
    };
    let entries = |name| match document.get(name).map(|node| &node.value) {
        Some(Value::Map(pairs)) => pairs.as_slice(),
        _ => &[],
    };
    let plain = entries(plain).iter().filter_map(|(_, value)| {
        let text = value.as_text()?;
        Some((text.to_owned(), value))
    });
    let encoded = encoded
        .map_or(&[][..], entries)
        .iter()
        .filter_map(|(_, value)| {
            let bytes = base64(value.as_text()?)?;
            Some((String::from_utf8(bytes).ok()?, value))
        });
    plain.chain(encoded).collect()
}

impl Decoder {
    pub(super) fn file(&mut self, text: &str, depth: usize) -> Vec<Spec> {
        let documents = match documents_with_aliases(text) {
            Ok(documents) => documents,
            Err(error) => {
                let help = text
                    .contains("{{")
                    .then(|| "render the template of the spec first".to_owned());
                self.report_with_help("spec/syntax", error.message, &error.span, help);
                return Vec::new();
            }
        };
        let mut specs = Vec::new();
        for document in documents.iter().filter(|document| is_spec(document)) {
            if is_troubleshoot(document) {
                self.check_rendered(text, document);
                specs.extend(self.spec(document));
            } else if depth == 0 {
                for (text, node) in held(document) {
                    if looks_like_spec(&text) {
                        self.within = Some(node.span.clone());
                        specs.extend(self.file(&text, depth + 1));
                        self.within = None;
                    }
                }
            }
        }
        specs
    }

    /// A spec that is a template of Helm is read as it is written.
    fn check_rendered(&mut self, text: &str, document: &Node) {
        let written = text.get(document.span.clone()).unwrap_or_default();
        if let Some((before, _)) = written.split_once(".Values")
            && before.contains("{{")
        {
            let at = document.span.start + before.len();
            let help = "render the template of the spec first".to_owned();
            let message = "the spec is a template that is not rendered";
            self.report_with_help(
                "spec/template",
                message,
                &(at..at + ".Values".len()),
                Some(help),
            );
        }
    }

    fn spec(&mut self, document: &Node) -> Option<Spec> {
        let kind_node = document.get("kind");
        let kind = kind_node.and_then(Node::as_text).unwrap_or_default();
        let Some((_, lists)) = KINDS.iter().find(|(known, _)| *known == kind) else {
            let span = kind_node.map_or(&document.span, |node| &node.span);
            let help = similar(kind, KINDS.iter().map(|(known, _)| *known));
            let message = format!("there is no kind `{kind}` of specs");
            self.report_with_help("spec/unknown-kind", message, span, help);
            return None;
        };
        let metadata = document.get("metadata");
        let name = metadata
            .and_then(|node| node.get("name"))
            .and_then(Node::as_text);
        let mut spec = Spec {
            name: name.unwrap_or_default().to_owned(),
            kind: kind.to_owned(),
            analyzers: Vec::new(),
        };
        let body = document.get("spec");
        for (list, host) in *lists {
            if let Some(node) = body.and_then(|body| body.get(list)) {
                spec.analyzers.extend(self.analyzers(node, *host));
            }
        }
        Some(spec)
    }
}

/// The bytes of a text in base64; blanks and line ends do not matter.
fn base64(text: &str) -> Option<Vec<u8>> {
    let (mut bytes, mut bits, mut count) = (Vec::with_capacity(text.len()), 0_u32, 0);
    let digits = text.bytes().filter(|byte| !byte.is_ascii_whitespace());
    for digit in digits.take_while(|digit| *digit != b'=') {
        let value = match digit {
            b'A'..=b'Z' => digit - b'A',
            b'a'..=b'z' => digit - b'a' + 26,
            b'0'..=b'9' => digit - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from((bits >> count) & 0xff).ok()?);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_decoded() {
        assert_eq!(base64("YWJj\nZA=="), Some(b"abcd".to_vec()));
        assert_eq!(base64("Zm9vYmFy"), Some(b"foobar".to_vec()));
        assert_eq!(base64("a-b"), None);
    }
}
