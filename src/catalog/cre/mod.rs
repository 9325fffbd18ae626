//! Rules of Prequel's Common Reliability Enumerations (<https://github.com/prequel-dev/cre>) as patterns.
//!
//! The meaning is the one that their documentation intends; PATTERNS.md says where `preq` differs. Keys that neither
//! can honour are problems with their place.

mod duration;
mod sources;
mod terms;

use std::collections::BTreeMap;
use std::ops::Range;

pub use sources::{Source, Sources};

use super::decode::{Document, File};
use super::{
    Condition, Example, Field, Form, Key, Link, Matching, Pattern, Problem, Severity, Test,
};
use crate::yaml::Node;

/// What tells a draft that nobody has looked at.
const DRAFT_MARKS: [&str; 2] = ["Auto-generated draft", "Draft rule for"];

/// The tag of drafts.
pub(crate) const DRAFT: &str = "draft";

/// The tag of all rules.
const TAG: &str = "cre";

/// Whether a document is a file of rules.
pub(super) fn is_rules(document: &Node) -> bool {
    document.get("rules").is_some_and(|rules| {
        let mut rules = rules.items().iter();
        rules.any(|rule| rule.get("cre").is_some() || rule.get("rule").is_some())
    })
}

/// Whether a document says what labels stand for.
pub(super) fn is_sources(document: &Node) -> bool {
    document.get("sources").is_some() && document.get("id").is_none()
}

/// The test logs beside a file of rules.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct TestLogs<'a> {
    /// Must fire.
    pub(super) positive: Option<&'a str>,
    /// Must not.
    pub(super) negative: Option<&'a str>,
}

/// The rules of a document, and what is wrong with the others.
pub(super) fn rules(
    file: File<'_>,
    document: &Node,
    logs: TestLogs<'_>,
    problems: &mut Vec<Problem>,
) -> Vec<Document> {
    let mut reader = Reader {
        file,
        terms: BTreeMap::new(),
        logs,
        problems,
    };
    if let Some(terms) = document.get("terms") {
        for (name, term) in terms.pairs() {
            let name = name.as_text().unwrap_or_default();
            reader.terms.insert(name.to_owned(), term.clone());
        }
    }
    let rules = document.get("rules").map_or(&[][..], Node::items);
    rules
        .iter()
        .filter_map(|rule| reader.rule(rule))
        .map(|pattern| Document::Pattern(Box::new(pattern)))
        .collect()
}

/// What labels stand for.
pub(super) fn sources(file: File<'_>, document: &Node, problems: &mut Vec<Problem>) -> Document {
    let mut report = |message: String, span: Range<usize>| {
        problems.push(Problem::new(
            "cre/sources",
            message,
            file.path,
            file.text,
            span,
        ));
    };
    let sources = Sources::read(document, &mut report);
    Document::Sources(Box::new(sources))
}

struct Reader<'a, 'p> {
    file: File<'a>,
    terms: BTreeMap<String, Node>,
    logs: TestLogs<'a>,
    problems: &'p mut Vec<Problem>,
}

impl Reader<'_, '_> {
    fn report(
        &mut self,
        code: &'static str,
        message: impl Into<String>,
        span: &Range<usize>,
    ) -> &mut Problem {
        let File { path, text, .. } = self.file;
        self.problems
            .push(Problem::new(code, message, path, text, span.clone()));
        self.problems.last_mut().expect("it was just pushed")
    }

    fn warn(&mut self, code: &'static str, message: impl Into<String>, span: &Range<usize>) {
        let problem = self.report(code, message, span);
        problem.kind = super::ProblemKind::Warning;
    }

    fn rule(&mut self, node: &Node) -> Option<Pattern> {
        let Some(cre) = node.get("cre") else {
            self.report("cre/missing-key", "a rule has no `cre`", &node.span);
            return None;
        };
        let text = |key: &str| {
            cre.get(key)
                .and_then(Node::as_text)
                .unwrap_or_default()
                .trim()
        };
        let id_node = cre
            .get("id")
            .filter(|id| id.as_text().is_some_and(|id| !id.is_empty()));
        let Some(id_node) = id_node else {
            self.report("cre/missing-key", "a rule has no `cre.id`", &cre.span);
            return None;
        };
        let Some(rule) = node.get("rule") else {
            self.report("cre/missing-key", "there is no `rule`", &node.span);
            return None;
        };
        let body = self.body(rule)?;
        let description = text("description");
        let draft = text("author").ends_with("(draft)")
            || DRAFT_MARKS.iter().any(|mark| description.contains(mark));
        let severity = if draft {
            Severity::Info
        } else {
            self.severity(cre.get("severity"))
        };
        let id = text("id").to_owned();
        Some(Pattern {
            title: title(text("title"), &id),
            severity,
            tags: tags(cre, draft),
            cause: cause(text("cause"), description, text("impact")),
            confirm: Vec::new(),
            remediation: advice(text("mitigation")),
            links: links(cre),
            explains: Vec::new(),
            yields_to: Vec::new(),
            examples: example(self.logs.positive, id_node),
            negative_examples: example(self.logs.negative, id_node),
            source: super::Source {
                path: self.file.path.to_owned(),
                text: std::sync::Arc::clone(self.file.text),
                id: id_node.span.clone(),
            },
            events: body.events,
            matching: body.matching,
            foreign: true,
            id,
        })
    }

    /// The scale of CRE: 0 critical, 1 high, 2 medium, 3 low, 4 info.
    fn severity(&mut self, node: Option<&Node>) -> Severity {
        let text = node.and_then(Node::as_text).unwrap_or_default();
        match text.trim().to_ascii_lowercase().as_str() {
            "0" | "1" | "critical" | "high" => Severity::Error,
            "2" | "medium" => Severity::Warning,
            "3" | "4" | "low" | "info" => Severity::Info,
            _ => {
                if let Some(node) = node {
                    let message =
                        format!("`{text}` is no severity of CRE (0 to 4); it counts as 2");
                    self.warn("cre/severity", message, &node.span);
                }
                Severity::Warning
            }
        }
    }

    fn body(&mut self, rule: &Node) -> Option<terms::Body> {
        let (set, sequence) = (rule.get("set"), rule.get("sequence"));
        let (form, node) = match (set, sequence) {
            (None, None) => {
                let message = "a rule needs a `set` or a `sequence`";
                self.report("cre/missing-key", message, &rule.span);
                return None;
            }
            (Some(set), Some(sequence)) => {
                let message = "this `set` has no effect: there is a `sequence` as well";
                self.warn("cre/ignored", message, &set.span);
                (Form::Order, sequence)
            }
            (Some(set), None) => (Form::Set, set),
            (None, Some(sequence)) => (Form::Order, sequence),
        };
        let mut body = self.terms(form, node)?;
        let label = node.get("event").and_then(|event| event.get("source"));
        if let Some(label) = label.and_then(Node::as_text) {
            let condition = Condition {
                field: Field::Source,
                test: Test::Equals(label.to_owned()),
            };
            let alternatives = body
                .events
                .iter_mut()
                .flat_map(|event| &mut event.alternatives);
            alternatives.for_each(|one| one.conditions.insert(0, condition.clone()));
        } else {
            self.warn(
                "cre/missing-key",
                "the rule names no `event.source` and looks at everything",
                &node.span,
            );
        }
        Some(body)
    }
}

/// The title; braces would name captures.
fn title(title: &str, id: &str) -> String {
    let title = if title.is_empty() { id } else { title };
    title.replace(['{', '}'], "")
}

fn tags(cre: &Node, draft: bool) -> Vec<String> {
    let category = cre.get("category").and_then(Node::as_text);
    let listed = cre.get("tags").map_or(&[][..], Node::items);
    let named = listed.iter().filter_map(Node::as_text);
    let mut tags: Vec<String> = [TAG]
        .into_iter()
        .chain(draft.then_some(DRAFT))
        .chain(category)
        .chain(named)
        .map(str::to_owned)
        .collect();
    let mut known = std::collections::BTreeSet::new();
    tags.retain(|tag| !tag.is_empty() && known.insert(tag.clone()));
    tags
}

fn cause(cause: &str, description: &str, impact: &str) -> String {
    let mut text = String::new();
    for (head, part) in [("", description), ("", cause), ("Impact: ", impact)] {
        let part = flowing(part);
        if part.is_empty() || text.contains(&part) {
            continue;
        }
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(head);
        text.push_str(&part);
    }
    text
}

/// A text without its line breaks; bullets become clauses.
fn flowing(text: &str) -> String {
    let mut flat = String::new();
    for line in text.lines().map(str::trim) {
        let bullet = line.strip_prefix("- ").or_else(|| line.strip_prefix("* "));
        let words = bullet.unwrap_or(line);
        if words.is_empty() || words.starts_with("```") {
            continue;
        }
        if !flat.is_empty() {
            let ended = flat.ends_with(['.', ':', ';', '!', '?', ',']);
            flat.push_str(if bullet.is_some() && !ended {
                "; "
            } else {
                " "
            });
        }
        flat.push_str(words);
    }
    flat.replace("**", "")
}

/// A step for each bullet or number of a list, or else the whole text. Lines of a block of code are commands.
fn advice(text: &str) -> Vec<String> {
    let mut steps: Vec<String> = Vec::new();
    let mut code = false;
    for line in text.lines() {
        let bare = line.trim();
        if bare.starts_with("```") {
            code = !code;
            continue;
        }
        if code && !bare.is_empty() {
            let command = format!("`{bare}`");
            match steps.last_mut() {
                Some(last) => {
                    last.push(' ');
                    last.push_str(&command);
                }
                None => steps.push(command),
            }
            continue;
        }
        let bullet = bare.strip_prefix("- ").or_else(|| bare.strip_prefix("* "));
        let number = bare.trim_start_matches(|c: char| c.is_ascii_digit());
        let numbered = (number.len() < bare.len())
            .then(|| {
                number
                    .strip_prefix(". ")
                    .or_else(|| number.strip_prefix(") "))
            })
            .flatten();
        match (bullet.or(numbered), steps.last_mut()) {
            (Some(step), _) => steps.push(step.trim().to_owned()),
            (None, _) if bare.is_empty() => {}
            (None, Some(last)) => {
                last.push(' ');
                last.push_str(bare);
            }
            (None, None) => steps.push(bare.to_owned()),
        }
    }
    steps
}

fn links(cre: &Node) -> Vec<Link> {
    let references = cre.get("references").map_or(&[][..], Node::items);
    let urls = references.iter().filter_map(Node::as_text);
    urls.filter(|url| url.starts_with("http://") || url.starts_with("https://"))
        .map(|url| Link {
            title: url
                .split("//")
                .nth(1)
                .and_then(|rest| rest.split('/').next())
                .unwrap_or(url)
                .to_owned(),
            url: url.trim().to_owned(),
        })
        .collect()
}

fn example(log: Option<&str>, id: &Node) -> Vec<Example> {
    log.map(|text| Example {
        text: text.to_owned(),
        span: id.span.clone(),
    })
    .into_iter()
    .collect()
}

/// How a set or an order comes together.
fn matching(form: Form, events: Vec<usize>, within: Option<i64>) -> Matching {
    Matching {
        form,
        events,
        within,
        count: 1,
        same: vec![Key::Log],
        unless: None,
        negates: Vec::new(),
        resolved_by: None,
        before_collection: None,
    }
}

#[cfg(test)]
mod tests;
