//! Events: names, alternatives, conditions.

use super::super::condition::{is_small, parse_regex};
use super::super::syntax;
use super::super::{Alternative, Comparison, Condition, Event, Field, REGEX_BYTES, Test};
use super::Decoder;
use crate::yaml::{Node, Value};

impl Decoder<'_, '_> {
    pub(super) fn events(&mut self, node: &Node) -> Option<Vec<Event>> {
        let entries = self.entries("events", node, &[], true)?;
        if entries.0.is_empty() {
            self.report(
                "pattern/empty",
                "a pattern needs at least one event",
                &node.span,
            );
        }
        // A broken event keeps its name, so that naming it is not a second problem.
        let events = entries.0.iter().map(|(name, _, value)| Event {
            name: (*name).to_owned(),
            alternatives: self.alternatives(name, value).unwrap_or_default(),
        });
        Some(events.collect())
    }

    pub(super) fn alternatives(&mut self, name: &str, node: &Node) -> Option<Vec<Alternative>> {
        let entries = self.entries("an event", node, syntax::EVENT, true)?;
        let Some(any) = entries.get("any") else {
            return Some(vec![self.alternative(name, node)?]);
        };
        if let Some((key, key_node, _)) = entries.0.iter().find(|(key, ..)| *key != "any") {
            let message = format!("`{key}` beside `any` in the event `{name}`");
            self.report("pattern/unknown-name", message, &key_node.span)
                .help = Some("move it into each of the alternatives".to_owned());
        }
        let items = self.list("any", Some(any));
        Some(
            items
                .iter()
                .filter_map(|item| self.alternative(name, item))
                .collect(),
        )
    }

    pub(super) fn alternative(&mut self, name: &str, node: &Node) -> Option<Alternative> {
        let entries = self.entries("an event", node, syntax::EVENT, true)?;
        let mut alternative = Alternative {
            conditions: Vec::new(),
            capture: Vec::new(),
        };
        for (key, _, value) in &entries.0 {
            if *key == "capture" {
                let captures = self.entries("capture", value, &[], true)?;
                for (capture, _, field) in captures.0 {
                    let field = self.text("a captured field", field)?;
                    alternative
                        .capture
                        .push((capture.to_owned(), Field::from_name(&field)));
                }
            } else {
                let field = Field::from_name(key);
                let test = self.test(&field, value)?;
                alternative.conditions.push(Condition { field, test });
            }
        }
        if alternative.conditions.is_empty() {
            self.report(
                "pattern/empty",
                format!("the event `{name}` has no conditions and would match every record"),
                &node.span,
            );
        }
        Some(alternative)
    }

    /// What a field must be: a scalar, or a map of conditions that must all hold.
    pub(super) fn test(&mut self, field: &Field, node: &Node) -> Option<Test> {
        if let Value::Scalar { text } = &node.value {
            if *field == Field::Level {
                self.level(text, node)?;
                return Some(Test::AtLeast(text.clone()));
            }
            if *field == Field::Entry {
                return self.glob(text, node);
            }
            return Some(Test::Equals(text.clone()));
        }
        let entries = self.entries("a condition", node, syntax::CONDITION, false)?;
        let mut tests = Vec::new();
        for (key, _, value) in &entries.0 {
            tests.push(self.one_test(field, key, value)?);
        }
        match tests.len() {
            0 => {
                self.report("pattern/empty", "a condition says nothing", &node.span);
                None
            }
            1 => tests.pop(),
            _ => Some(Test::AllOf(tests)),
        }
    }

    pub(super) fn one_test(&mut self, field: &Field, key: &str, node: &Node) -> Option<Test> {
        match key {
            "any_of" => {
                let items = self.list("any_of", Some(node));
                return Some(Test::AnyOf(
                    items
                        .iter()
                        .filter_map(|item| self.any_of_test(field, item))
                        .collect(),
                ));
            }
            "not" => return Some(Test::Not(Box::new(self.any_of_test(field, node)?))),
            "as" => {
                let message = "`as` binds a variable, which only a clause of a diagnosis can";
                self.report("pattern/clause", message, &node.span);
                return None;
            }
            _ => {}
        }
        let text = self.exact_text(key, node)?;
        Some(match key {
            "equals" if *field == Field::Level => {
                self.level(&text, node)?;
                Test::Equals(text)
            }
            "equals" => Test::Equals(text),
            "contains" => Test::Contains(text),
            "starts_with" => Test::StartsWith(text),
            "ends_with" => Test::EndsWith(text),
            "exists" => Test::Exists(self.word("exists", node, &["true", "false"])? == "true"),
            "regex" => {
                self.check_regex(&text, node)?;
                Test::Regex(text)
            }
            comparison => {
                let Ok(number) = text.parse() else {
                    self.wrong_type(comparison, "a number", node);
                    return None;
                };
                let comparison = match comparison {
                    "gt" => Comparison::Gt,
                    "gte" => Comparison::Gte,
                    "lt" => Comparison::Lt,
                    _ => Comparison::Lte,
                };
                Test::Number(comparison, number)
            }
        })
    }

    /// In `any_of` and `not` a bare level means exactly that level.
    pub(super) fn any_of_test(&mut self, field: &Field, node: &Node) -> Option<Test> {
        match self.test(field, node)? {
            Test::AtLeast(level) => Some(Test::Equals(level)),
            other => Some(other),
        }
    }

    /// The text of a condition, in which spaces at the end matter.
    pub(super) fn exact_text(&mut self, what: &str, node: &Node) -> Option<String> {
        if let Value::Scalar { text } = &node.value {
            return Some(text.clone());
        }
        self.wrong_type(what, "a single value", node);
        None
    }

    pub(super) fn level(&mut self, text: &str, node: &Node) -> Option<()> {
        if crate::catalog::LEVELS.contains(&text) {
            return Some(());
        }
        self.unknown(
            &format!("unknown level `{text}`"),
            text,
            crate::catalog::LEVELS.into_iter(),
            &node.span,
        );
        None
    }

    pub(super) fn check_regex(&mut self, text: &str, node: &Node) -> Option<()> {
        if self.file.proven {
            return Some(());
        }
        let message = match parse_regex(text) {
            Ok(expression) if is_small(&expression) => return Some(()),
            Ok(_) => match compiled(text) {
                Ok(_) => return Some(()),
                Err(regex::Error::CompiledTooBig(_)) => return self.too_large(node),
                Err(error) => error.to_string(),
            },
            Err(error) => error.to_string(),
        };
        let reason = message
            .lines()
            .last()
            .unwrap_or_default()
            .trim_start_matches("error: ")
            .to_owned();
        let message = format!("this regex cannot be used: {reason}");
        self.report("pattern/regex", message, &node.span).help =
            Some("the syntax: https://docs.rs/regex/latest/regex/#syntax".to_owned());
        None
    }

    /// An expression may be valid and still too large to be used.
    fn too_large(&mut self, node: &Node) -> Option<()> {
        self.report(
            "pattern/regex",
            "this regex is too large to be used",
            &node.span,
        )
        .help = Some(format!(
            "compiled it must fit in {} MiB; repeat less",
            REGEX_BYTES >> 20
        ));
        None
    }

    /// A glob over the path of an entry.
    pub(super) fn glob(&mut self, text: &str, node: &Node) -> Option<Test> {
        if let Err(error) = globset::Glob::new(text) {
            let message = format!("this glob cannot be used: {}", error.kind());
            self.report("pattern/glob", message, &node.span);
            return None;
        }
        Some(Test::Glob(text.to_owned()))
    }
}

/// An expression as it is compiled when a line asks for it.
fn compiled(text: &str) -> Result<regex::bytes::Regex, regex::Error> {
    let mut builder = regex::bytes::RegexBuilder::new(text);
    builder.unicode(false).size_limit(REGEX_BYTES).build()
}
