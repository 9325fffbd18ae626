//! Rules that users write, as documents of `kind: redaction`.
//!
//! ```yaml
//! kind: redaction
//! id: acme-license
//! regex: 'license=(?P<mask>[A-Z0-9-]{20,})'
//! replace: '***HIDDEN***'
//! ```
//!
//! The group `mask` is hidden, without one the whole match. `values`, a list of texts, may stand instead of `regex`.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use regex::bytes::Regex;

use super::rule::compile;
use super::{Found, HIDDEN, Mask};
use crate::catalog::Problem;
use crate::yaml::{self, Node, Value};

/// What is wrong with a file of rules; none of them is used.
#[derive(Clone, Debug, thiserror::Error)]
pub struct RulesError {
    /// All that is wrong, in the order of the file. There is at least one.
    pub problems: Vec<Problem>,
}

impl fmt::Display for RulesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            let (path, line, column) = (&problem.path, problem.line(), problem.column());
            write!(f, "{separator}{path}:{line}:{column}: {}", problem.message)?;
        }
        Ok(())
    }
}

/// A user's rule.
#[derive(Clone, Debug)]
pub(super) struct Own {
    regex: Regex,
    replace: Arc<str>,
}

impl Own {
    /// Adds what this rule hides in `text`.
    pub(super) fn find(&self, text: &str, into: &mut Vec<Found>) {
        for captures in self.regex.captures_iter(text.as_bytes()) {
            let range = match (captures.name("mask"), captures.get(0)) {
                (Some(mask), _) => mask.range(),
                // The group takes no part in this match.
                (None, Some(_)) if self.has_mask() => continue,
                (None, Some(whole)) => whole.range(),
                (None, None) => continue,
            };
            let mask = Mask::Own(Arc::clone(&self.replace));
            into.push(Found { range, mask });
        }
    }

    fn has_mask(&self) -> bool {
        self.regex
            .capture_names()
            .flatten()
            .any(|name| name == "mask")
    }
}

/// The rules in `text`, or everything that is wrong with them.
pub(super) fn load(text: &str, path: &str) -> Result<Vec<Own>, RulesError> {
    let text: Arc<str> = text.into();
    let mut decoder = Decoder {
        path,
        text: &text,
        problems: Vec::new(),
    };
    let mut rules = Vec::new();
    match yaml::documents(&text) {
        Ok(documents) => {
            rules.extend(documents.iter().filter_map(|node| decoder.rule(node)));
            if documents.is_empty() {
                decoder.report("redaction/empty", "the file holds no rule", &(0..0));
            }
        }
        Err(error) => {
            let message = format!("this is not valid YAML: {}", error.message);
            decoder.report("redaction/syntax", message, &error.span);
        }
    }
    match decoder.problems {
        problems if problems.is_empty() => Ok(rules),
        problems => Err(RulesError { problems }),
    }
}

const KEYS: [&str; 5] = ["kind", "id", "regex", "values", "replace"];

struct Decoder<'a> {
    path: &'a str,
    text: &'a Arc<str>,
    problems: Vec<Problem>,
}

impl Decoder<'_> {
    fn report(
        &mut self,
        code: &'static str,
        message: impl Into<String>,
        span: &Range<usize>,
    ) -> &mut Problem {
        let problem = Problem::new(code, message, self.path, self.text, span.clone());
        self.problems.push(problem);
        self.problems.last_mut().expect("it was just pushed")
    }

    fn rule(&mut self, node: &Node) -> Option<Own> {
        let Value::Map(pairs) = &node.value else {
            let message = format!("a rule must be a map, not {}", node.kind());
            self.report("redaction/wrong-type", message, &node.span);
            return None;
        };
        let before = self.problems.len();
        self.check_keys(pairs);
        let get = |name: &str| {
            pairs
                .iter()
                .find(|(key, _)| matches!(&key.value, Value::Scalar { text } if text == name))
                .map(|(_, value)| value)
        };
        let kind = get("kind").and_then(|node| Some((self.word("kind", node)?, node)));
        match kind {
            Some((kind, _)) if kind == "redaction" => {}
            Some((kind, node)) => {
                let message = format!("`{kind}` is no kind of a rule");
                self.report("redaction/unknown-name", message, &node.span)
                    .help = Some("valid is: redaction".to_owned());
            }
            None => self.missing(node, "kind", "`kind: redaction` says what the document is"),
        }
        match get("id") {
            Some(id) => drop(self.word("id", id)),
            None => self.missing(node, "id", "`id` is the name of the rule"),
        }
        let regex = match (get("regex"), get("values")) {
            (Some(node), None) => self.regex(node)?,
            (None, Some(node)) => self.values(node)?,
            _ => {
                self.missing(node, "regex", "a rule has either `regex` or `values`");
                return None;
            }
        };
        let replace = match get("replace") {
            Some(node) => self.word("replace", node)?,
            None => HIDDEN.to_owned(),
        };
        let rule = Own {
            regex,
            replace: replace.into(),
        };
        (self.problems.len() == before).then_some(rule)
    }

    fn check_keys(&mut self, pairs: &[(Node, Node)]) {
        let mut seen = Vec::new();
        for (key, _) in pairs {
            let Value::Scalar { text } = &key.value else {
                self.report("redaction/wrong-type", "a key must be a word", &key.span);
                continue;
            };
            if !KEYS.contains(&&**text) {
                let message = format!("unknown key `{text}` in a rule");
                self.report("redaction/unknown-name", message, &key.span)
                    .help = Some(format!("valid are: {}", KEYS.join(", ")));
            } else if seen.contains(&text) {
                let message = format!("`{text}` stands twice");
                self.report("redaction/duplicate-key", message, &key.span);
            }
            seen.push(text);
        }
    }

    fn missing(&mut self, node: &Node, name: &str, help: &str) {
        let start = node.span.start;
        let line = self.text[start..]
            .find('\n')
            .map_or(node.span.end, |at| start + at);
        let message = format!("a rule has no `{name}`");
        self.report("redaction/missing-key", message, &(start..line))
            .help = Some(help.to_owned());
    }

    fn word(&mut self, what: &str, node: &Node) -> Option<String> {
        if let Value::Scalar { text } = &node.value {
            return Some(text.clone());
        }
        let message = format!("{what} must be text, not {}", node.kind());
        self.report("redaction/wrong-type", message, &node.span);
        None
    }

    fn regex(&mut self, node: &Node) -> Option<Regex> {
        let text = self.word("regex", node)?;
        match compile(&text) {
            Ok(regex) if regex.is_match(b"") => {
                let message = "the expression matches the empty text, and so everywhere";
                self.report("redaction/regex", message, &node.span);
                None
            }
            Ok(regex) => Some(regex),
            Err(error) => {
                let reason = error.to_string();
                let reason = reason.lines().last().unwrap_or_default();
                let reason = reason.trim_start_matches("error: ");
                let message = format!("this is no regular expression: {reason}");
                self.report("redaction/regex", message, &node.span);
                None
            }
        }
    }

    /// One expression for all of the texts, the longest first, so that none hides only the start of another.
    fn values(&mut self, node: &Node) -> Option<Regex> {
        let Value::List(items) = &node.value else {
            let message = format!("values must be a list, not {}", node.kind());
            self.report("redaction/wrong-type", message, &node.span);
            return None;
        };
        let mut values = Vec::new();
        for item in items {
            let value = self.word("a value", item)?;
            if value.is_empty() {
                self.report("redaction/empty", "an empty text is everywhere", &item.span);
                return None;
            }
            values.push(value);
        }
        if values.is_empty() {
            self.report(
                "redaction/empty",
                "`values` needs at least one text",
                &node.span,
            );
            return None;
        }
        values.sort_by_key(|value| std::cmp::Reverse(value.len()));
        let all: Vec<String> = values.iter().map(|value| literal(value)).collect();
        match compile(&all.join("|")) {
            Ok(regex) => Some(regex),
            Err(error) => {
                self.report("redaction/regex", error.to_string(), &node.span);
                None
            }
        }
    }
}

/// An expression over bytes for `value`.
fn literal(value: &str) -> String {
    let mut out = String::new();
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || byte == b' ' {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("\\x{byte:02x}"));
        }
    }
    out
}
