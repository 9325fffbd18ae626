//! `set` and `sequence`: terms, windows, counts and negates.

use std::collections::BTreeMap;

use super::super::{Alternative, Condition, Event, Field, Form, Matching, Negate, Test};
use super::{Reader, duration, matching};
use crate::jq::Program;
use crate::yaml::{Node, Value};

/// The records that a rule looks for, and how they come together.
pub(super) struct Body {
    pub(super) events: Vec<Event>,
    pub(super) matching: Matching,
}

/// One term.
struct Term {
    test: Test,
    count: usize,
    /// Where the options of a negate stand.
    options: Option<Node>,
    name: Option<String>,
}

/// More records of one occurrence are not asked for by anybody.
const MAX_RECORDS: usize = 1_000;

/// What only the commercial product knows, and what nobody does.
const NESTING: [&str; 3] = ["set", "sequence", "promql"];

impl Reader<'_, '_> {
    pub(super) fn terms(&mut self, form: Form, node: &Node) -> Option<Body> {
        let problems = self.problems.len();
        let list = if form == Form::Set { "match" } else { "order" };
        for (key, value) in node.pairs() {
            let name = key.as_text().unwrap_or_default();
            match name {
                "window" | "event" | "match" | "order" | "negate" | "origin" => {}
                "correlations" => {
                    self.report(
                        "cre/unsupported",
                        "`correlations` cannot be honoured",
                        &key.span,
                    );
                }
                _ => self.warn(
                    "cre/ignored",
                    format!("`{name}` has no effect"),
                    &value.span,
                ),
            }
        }
        let window = match node.get("window") {
            Some(node) => Some(self.duration("window", node)?),
            None => None,
        };
        let mut events = Events::default();
        let mut steps = Vec::new();
        let items = node.get(list).map_or(&[][..], Node::items);
        for item in items {
            let Some(term) = self.term(item) else {
                continue;
            };
            let event = events.of(&term, list);
            steps.extend(std::iter::repeat_n(event, term.count));
        }
        if steps.len() > MAX_RECORDS {
            let message = format!("it asks for more than {MAX_RECORDS} records");
            self.report("cre/count", message, &node.span);
        }
        if !self.has_errors_since(problems) {
            self.check_window(form, node, &steps, window);
        }
        let single = steps.len() == 1 && node.get("negate").is_none();
        // A window of a rule without one is empty: a negate counts at the very time.
        let within = if single {
            None
        } else {
            Some(window.unwrap_or(0))
        };
        let form = if single { Form::Any } else { form };
        let mut matching = matching(form, steps, within);
        for item in node.get("negate").map_or(&[][..], Node::items) {
            let negate = self.negate(item, &mut events, matching.events.len());
            matching.negates.extend(negate);
        }
        let sound = !self.has_errors_since(problems);
        sound.then_some(Body {
            events: events.all,
            matching,
        })
    }

    fn has_errors_since(&self, problems: usize) -> bool {
        self.problems[problems..]
            .iter()
            .any(|problem| problem.kind == super::super::ProblemKind::Error)
    }

    fn check_window(&mut self, form: Form, node: &Node, steps: &[usize], window: Option<i64>) {
        let message = match (form, steps.len(), window) {
            (_, 0, _) => "the rule has no terms",
            (Form::Set, 1, Some(_)) => "a single term has no `window`",
            (Form::Set, 2.., None) => "several terms need a `window`",
            (Form::Order, 1, _) => "a `sequence` needs two or more terms",
            (Form::Order, _, None) => "a `sequence` needs a `window`",
            (_, _, Some(..0)) => "a `window` is not negative",
            _ => return,
        };
        self.report("cre/window", message, &node.span);
    }

    fn duration(&mut self, what: &str, node: &Node) -> Option<i64> {
        let text = node.as_text().unwrap_or_default();
        let micros = duration::micros(text);
        if micros.is_none() {
            self.report("cre/duration", format!("`{text}` is no {what}"), &node.span)
                .help = Some("write `500ms`, `10s`, `5m` or `1h30m`".to_owned());
        }
        micros
    }

    /// A term, with what the `terms` of the file say of its name.
    fn term(&mut self, node: &Node) -> Option<Term> {
        let value = match &node.value {
            Value::Scalar { text } => Some(text.as_str()),
            _ => node.get("value").and_then(Node::as_text),
        };
        let referenced =
            value.and_then(|name| Some((name.to_owned(), self.terms.get(name)?.clone())));
        if let Some((name, named)) = referenced {
            let mut term = self.plain_term(&named)?;
            // The count of a reference holds as well, which preq loses.
            if let Some(count) = self.count(node) {
                term.count = count;
            }
            term.options = Some(node.clone());
            term.name = Some(name);
            return Some(term);
        }
        self.plain_term(node)
    }

    fn plain_term(&mut self, node: &Node) -> Option<Term> {
        if let Value::Scalar { text } = &node.value {
            return Some(Term {
                test: Test::Contains(text.clone()),
                count: 1,
                options: None,
                name: None,
            });
        }
        let nested = node
            .pairs()
            .iter()
            .find(|(key, _)| key.as_text().is_some_and(|key| NESTING.contains(&key)));
        if let Some((key, _)) = nested {
            let message = format!(
                "`{}` inside of a rule cannot be honoured",
                key.as_text().unwrap_or_default()
            );
            self.report("cre/unsupported", message, &key.span);
            return None;
        }
        for (key, _) in node.pairs() {
            let name = key.as_text().unwrap_or_default();
            match name {
                "value" | "regex" | "jq" | "count" | "window" | "slide" | "anchor" | "absolute" => {
                }
                "extract" => {
                    self.report("cre/unsupported", "`extract` cannot be honoured", &key.span);
                }
                _ => self.warn("cre/ignored", format!("`{name}` has no effect"), &key.span),
            }
        }
        let tests: Vec<(&str, &Node)> = ["value", "regex", "jq"]
            .into_iter()
            .filter_map(|key| Some((key, node.get(key)?)))
            .collect();
        let [(key, value)] = tests[..] else {
            let message = "a term needs exactly one of `value`, `regex` and `jq`";
            self.report("cre/term", message, &node.span);
            return None;
        };
        let Some(text) = value.as_text() else {
            self.report("cre/term", format!("`{key}` must be text"), &value.span);
            return None;
        };
        let test = match key {
            "value" => Test::Contains(text.to_owned()),
            "regex" => Test::Regex(self.regex(text, value)?),
            _ => Test::Jq(self.jq(text, value)?),
        };
        Some(Term {
            test,
            count: self.count(node).unwrap_or(1),
            options: Some(node.clone()),
            name: None,
        })
    }

    fn count(&mut self, node: &Node) -> Option<usize> {
        let node = node.get("count")?;
        let count = node.as_text().and_then(|text| text.trim().parse().ok());
        if count.is_none() {
            self.report("cre/count", "`count` must be a whole number", &node.span);
        }
        count.map(|count: usize| count.clamp(1, MAX_RECORDS + 1))
    }

    /// The expression in our dialect.
    fn regex(&mut self, text: &str, node: &Node) -> Option<String> {
        let found = super::super::condition::go_regex(text);
        match found {
            Ok(text) => Some(text),
            Err(reason) => {
                let message = format!("this regex cannot be used: {reason}");
                self.report("cre/regex", message, &node.span);
                None
            }
        }
    }

    fn jq(&mut self, text: &str, node: &Node) -> Option<String> {
        match Program::new(text) {
            Ok(_) => Some(text.to_owned()),
            Err(reason) => {
                let message = format!("this jq program cannot be used: {reason}");
                self.report("cre/jq", message, &node.span);
                None
            }
        }
    }

    fn negate(&mut self, node: &Node, events: &mut Events, records: usize) -> Option<Negate> {
        let term = self.term(node)?;
        if term.count > 1 {
            self.report("cre/count", "a negate has no `count`", &node.span);
        }
        let options = term.options.clone();
        let option = |key: &str| options.as_ref().and_then(|node| node.get(key));
        let mut duration = |key: &str| match option(key) {
            Some(node) => self.duration(key, node),
            None => Some(0),
        };
        let (window, slide) = (duration("window")?, duration("slide")?);
        let anchor = match option("anchor") {
            Some(node) => node
                .as_text()
                .and_then(|text| text.trim().parse().ok())
                .unwrap_or(usize::MAX),
            None => 0,
        };
        if anchor >= records.max(1) {
            let message = format!(
                "the anchor must be the number of a record, from 0 to {}",
                records.max(1) - 1
            );
            self.report("cre/anchor", message, &node.span);
            return None;
        }
        let absolute = match option("absolute").map(|node| (node, node.as_text())) {
            Some((_, Some("true" | "True" | "TRUE"))) => true,
            None | Some((_, Some("false" | "False" | "FALSE"))) => false,
            Some((node, _)) => {
                self.report("cre/term", "`absolute` is true or false", &node.span);
                return None;
            }
        };
        Some(Negate {
            event: events.of(&term, "negate"),
            anchor,
            slide,
            window,
            absolute,
        })
    }
}

/// The distinct terms of a rule.
#[derive(Default)]
struct Events {
    all: Vec<Event>,
    known: BTreeMap<String, usize>,
}

impl Events {
    /// The event of a term; terms that say the same are one.
    fn of(&mut self, term: &Term, list: &str) -> usize {
        let kind = if list == "negate" { "negate" } else { "term" };
        let key = format!("{kind} {:?}", term.test);
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        let index = self.all.len();
        let number = 1 + self
            .known
            .keys()
            .filter(|key| key.starts_with(kind))
            .count();
        self.known.insert(key, index);
        self.all.push(Event {
            name: term
                .name
                .clone()
                .unwrap_or_else(|| format!("{kind}-{number}")),
            alternatives: vec![Alternative {
                conditions: vec![Condition {
                    field: Field::Raw,
                    test: term.test.clone(),
                }],
                capture: Vec::new(),
            }],
        });
        index
    }
}
