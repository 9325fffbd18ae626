//! Nodes to patterns, with every problem found on the way.

mod cause;
mod events;
mod log_format;
mod matching;

use std::ops::Range;
use std::sync::Arc;

use super::cause::{Cause, FactPattern};
use super::log_format::LogFormat;
use super::syntax::{self, Key as Row};
use super::template::slots;
use super::{Confirm, Event, Example, Link, Pattern, Problem, Severity, Test};
use crate::yaml::{Node, Value};

/// The file that is being read.
#[derive(Clone, Copy)]
pub(super) struct File<'a> {
    pub(super) path: &'a str,
    pub(super) text: &'a Arc<str>,
    /// Whether the tests have proved it, so that expressions need not be compiled to find out.
    pub(super) proven: bool,
}

/// What a document writes down.
pub(super) enum Document {
    /// `kind: symptom`.
    Pattern(Box<Pattern>),
    /// `kind: diagnosis`.
    Cause(Box<Cause>),
    /// `kind: fact`.
    Fact(Box<FactPattern>),
    /// `kind: log-format`.
    LogFormat(Box<LogFormat>),
    /// `sources:`: what labels of CRE stand for.
    Sources(Box<super::Sources>),
    /// A spec of troubleshoot.
    Spec(Box<super::AnalyzerSpec>),
}

/// What `node` writes down; `None` when a problem makes it unusable.
pub(super) fn document(
    file: File<'_>,
    node: &Node,
    problems: &mut Vec<Problem>,
) -> Option<Document> {
    let before = problems.len();
    let mut decoder = Decoder { file, problems };
    let document = match decoder.kind(node)?.as_str() {
        "diagnosis" => decoder.cause(node).map(Box::new).map(Document::Cause),
        "fact" => decoder.fact_pattern(node).map(Box::new).map(Document::Fact),
        "log-format" => decoder
            .log_format(node)
            .map(Box::new)
            .map(Document::LogFormat),
        _ => decoder.pattern(node).map(Box::new).map(Document::Pattern),
    };
    (problems.len() == before).then_some(document).flatten()
}

pub(super) struct Decoder<'a, 'p> {
    pub(super) file: File<'a>,
    pub(super) problems: &'p mut Vec<Problem>,
}

/// The values of a map, looked up by key.
struct Entries<'n>(Vec<(&'n str, &'n Node, &'n Node)>);

impl<'n> Entries<'n> {
    fn get(&self, name: &str) -> Option<&'n Node> {
        self.0
            .iter()
            .find(|(key, ..)| *key == name)
            .map(|(_, _, value)| *value)
    }
}

impl Decoder<'_, '_> {
    fn report(
        &mut self,
        code: &'static str,
        message: impl Into<String>,
        span: &Range<usize>,
    ) -> &mut Problem {
        self.problems.push(Problem::new(
            code,
            message,
            self.file.path,
            self.file.text,
            span.clone(),
        ));
        self.problems.last_mut().expect("it was just pushed")
    }

    fn wrong_type(&mut self, what: &str, wanted: &str, node: &Node) {
        self.report(
            "pattern/wrong-type",
            format!("{what} must be {wanted}, not {}", node.kind()),
            &node.span,
        );
    }

    /// The entries of a map; keys outside of `rows` are problems unless `open`.
    fn entries<'n>(
        &mut self,
        what: &str,
        node: &'n Node,
        rows: &[Row],
        open: bool,
    ) -> Option<Entries<'n>> {
        let Value::Map(pairs) = &node.value else {
            self.wrong_type(what, "a map", node);
            return None;
        };
        let mut entries = Entries(Vec::new());
        for (key, value) in pairs {
            let Value::Scalar { text } = &key.value else {
                self.wrong_type("a key", "a word", key);
                continue;
            };
            if entries.get(text).is_some() {
                self.report(
                    "pattern/duplicate-key",
                    format!("`{text}` stands twice"),
                    &key.span,
                );
            } else if open || rows.iter().any(|row| row.name == text) {
                entries.0.push((text, key, value));
            } else {
                self.unknown(
                    &format!("unknown key `{text}` in {what}"),
                    text,
                    rows.iter().map(|row| row.name),
                    &key.span,
                );
            }
        }
        for row in rows
            .iter()
            .filter(|row| row.required && entries.get(row.name).is_none())
        {
            let start = node.span.start;
            let line = self.file.text[start..]
                .find('\n')
                .map_or(node.span.end, |at| start + at);
            let problem = self.report(
                "pattern/missing-key",
                format!("{what} has no `{}`", row.name),
                &(start..line),
            );
            problem.help = Some(format!("`{}`: {}", row.name, row.doc));
        }
        Some(entries)
    }

    /// Reports a word that is not among `valid`, with the nearest one.
    fn unknown<'v>(
        &mut self,
        message: &str,
        word: &str,
        valid: impl Iterator<Item = &'v str>,
        span: &Range<usize>,
    ) {
        let valid: Vec<&str> = valid.collect();
        let similarity = |name: &&&str| strsim::jaro_winkler(name, word);
        let nearest = valid
            .iter()
            .max_by(|a, b| similarity(a).total_cmp(&similarity(b)));
        let label = nearest
            .filter(|name| similarity(name) > 0.75)
            .map(|name| format!("did you mean `{name}`?"));
        let problem = self.report("pattern/unknown-name", message, span);
        problem.label = label.unwrap_or_default();
        problem.help = Some(format!("valid are: {}", valid.join(", ")));
    }

    fn text(&mut self, what: &str, node: &Node) -> Option<String> {
        if let Value::Scalar { text } = &node.value {
            return Some(text.trim_end().to_owned());
        }
        self.wrong_type(what, "text", node);
        None
    }

    fn list<'n>(&mut self, what: &str, node: Option<&'n Node>) -> &'n [Node] {
        match node.map(|node| (&node.value, node)) {
            Some((Value::List(items), _)) => items,
            Some((_, node)) => {
                self.wrong_type(what, "a list", node);
                &[]
            }
            None => &[],
        }
    }

    fn texts(&mut self, what: &str, node: Option<&Node>) -> Vec<String> {
        self.list(what, node)
            .iter()
            .filter_map(|item| self.text(what, item))
            .collect()
    }

    fn word(&mut self, what: &str, node: &Node, words: &[&str]) -> Option<String> {
        let text = self.text(what, node)?;
        if words.contains(&&*text) {
            return Some(text);
        }
        self.unknown(
            &format!("unknown {what} `{text}`"),
            &text,
            words.iter().copied(),
            &node.span,
        );
        None
    }

    /// The `kind` of a document.
    fn kind(&mut self, node: &Node) -> Option<String> {
        let kind = match &node.value {
            Value::Map(pairs) => pairs
                .iter()
                .find(|(key, _)| matches!(&key.value, Value::Scalar { text } if text == "kind")),
            _ => None,
        };
        match kind {
            Some((_, value)) => self.word("kind", value, &syntax::KINDS),
            None => Some("symptom".to_owned()),
        }
    }

    fn pattern(&mut self, node: &Node) -> Option<Pattern> {
        let entries = self.entries("a pattern", node, syntax::PATTERN, false)?;
        let id_node = entries.get("id")?;
        let id = self.id(id_node)?;
        let severity = self.word("severity", entries.get("severity")?, &Severity::NAMES)?;
        let title_node = entries.get("title")?;
        let title = self.text("title", title_node)?;
        let events = self.events(entries.get("events")?)?;
        let matching = self.matching(entries.get("match")?, &events)?;
        self.check_title(&title, title_node, &events);
        Some(Pattern {
            id,
            title,
            severity: Severity::from_name(&severity)?,
            tags: self.texts("tags", entries.get("tags")),
            matching,
            explains: self.texts("explains", entries.get("explains")),
            yields_to: self.texts("yields_to", entries.get("yields_to")),
            cause: self.text("cause", entries.get("cause")?)?,
            confirm: self.confirm(entries.get("confirm")),
            remediation: self.texts("remediation", entries.get("remediation")),
            links: self.links(entries.get("links")),
            examples: self.examples("examples", entries.get("examples")?),
            negative_examples: self
                .examples("negative_examples", entries.get("negative_examples")?),
            events,
            foreign: false,
            source: self.source(id_node),
        })
    }

    fn id(&mut self, node: &Node) -> Option<String> {
        let id = self.text("id", node)?;
        let slug = !id.is_empty()
            && id
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if !slug {
            self.report("pattern/id", format!("`{id}` is no slug"), &node.span)
                .help = Some(
                "ids are lower-case letters, digits and `-`, such as `postgres-connect-refused`"
                    .to_owned(),
            );
            return None;
        }
        let stem = self
            .file
            .path
            .rsplit(['/', '\\'])
            .next()
            .unwrap_or_default();
        let stem = stem.trim_end_matches(".yaml").trim_end_matches(".yml");
        if stem != id {
            let message = format!("the id `{id}` is not the name of the file, `{stem}`");
            self.report("pattern/id", message, &node.span).help =
                Some(format!("rename the file to `{id}.yaml`"));
        }
        Some(id)
    }

    fn confirm(&mut self, node: Option<&Node>) -> Vec<Confirm> {
        let items = self.list("confirm", node);
        items
            .iter()
            .filter_map(|item| {
                if let Value::Scalar { text } = &item.value {
                    return Some(Confirm {
                        run: text.trim_end().to_owned(),
                        on: None,
                        expect: None,
                    });
                }
                let entries = self.entries("confirm", item, syntax::CONFIRM, false)?;
                let optional = |name: &str, decoder: &mut Self| {
                    entries.get(name).and_then(|node| decoder.text(name, node))
                };
                Some(Confirm {
                    run: self.text("run", entries.get("run")?)?,
                    on: optional("on", self),
                    expect: optional("expect", self),
                })
            })
            .collect()
    }

    fn links(&mut self, node: Option<&Node>) -> Vec<Link> {
        let items = self.list("links", node);
        items
            .iter()
            .filter_map(|item| {
                let entries = self.entries("a link", item, syntax::LINK, false)?;
                let url_node = entries.get("url")?;
                let url = self.text("url", url_node)?;
                if !url.starts_with("https://") && !url.starts_with("http://") {
                    self.report(
                        "pattern/link",
                        format!("`{url}` is no web address"),
                        &url_node.span,
                    );
                }
                Some(Link {
                    title: self.text("title", entries.get("title")?)?,
                    url,
                })
            })
            .collect()
    }

    fn examples(&mut self, what: &str, node: &Node) -> Vec<Example> {
        let items = self.list(what, Some(node));
        if items.is_empty() && !self.file.proven {
            self.report(
                "pattern/empty",
                format!("`{what}` needs at least one text"),
                &node.span,
            );
        }
        items
            .iter()
            .filter_map(|item| {
                Some(Example {
                    text: self.exact_text(what, item)?,
                    span: item.span.clone(),
                })
            })
            .collect()
    }

    /// Every `{name}` of the title must be captured by some event.
    fn check_title(&mut self, title: &str, node: &Node, events: &[Event]) {
        let names = captures(events);
        let derived = |name: &str| name == "target" && names.iter().any(|known| known == "host");
        for name in slots(title).map(|slot| slot.name).filter(|name| {
            *name != "node" && !derived(name) && !names.iter().any(|known| known == name)
        }) {
            let valid = names.iter().map(String::as_str).chain(["node"]);
            self.unknown(
                &format!("the title names `{{{name}}}`, which nothing captures"),
                name,
                valid,
                &node.span,
            );
        }
    }
}

/// All names that the events capture.
fn captures(events: &[Event]) -> Vec<String> {
    let mut names = Vec::new();
    for alternative in events.iter().flat_map(|event| &event.alternatives) {
        names.extend(alternative.capture.iter().map(|(name, _)| name.clone()));
        alternative
            .conditions
            .iter()
            .for_each(|condition| groups(&condition.test, &mut names));
    }
    names.sort();
    names.dedup();
    names
}

/// The named groups of all expressions in a test.
fn groups(test: &Test, names: &mut Vec<String>) {
    match test {
        Test::AnyOf(tests) | Test::AllOf(tests) => {
            tests.iter().for_each(|test| groups(test, names));
        }
        Test::Regex(text) => {
            for part in text.split("(?<").skip(1).chain(text.split("(?P<").skip(1)) {
                let name = part.split('>').next().unwrap_or_default();
                if name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') && !name.is_empty()
                {
                    names.push(name.to_owned());
                }
            }
        }
        _ => {}
    }
}
