//! Nodes to patterns, with every problem found on the way.

use std::ops::Range;
use std::sync::Arc;

use super::syntax::{self, Key as Row};
use super::yaml::{Node, Value};
use super::{
    Alternative, Comparison, Condition, Confirm, Event, Example, Field, Form, Key, Link, Matching,
    Pattern, Problem, Severity, Source, Test, Unless,
};

/// The file that is being read.
#[derive(Clone, Copy)]
pub(super) struct File<'a> {
    pub(super) path: &'a str,
    pub(super) text: &'a Arc<str>,
}

/// The pattern that `node` writes down; `None` when a problem makes it unusable.
pub(super) fn pattern(file: File<'_>, node: &Node, problems: &mut Vec<Problem>) -> Option<Pattern> {
    let before = problems.len();
    let mut decoder = Decoder { file, problems };
    let pattern = decoder.pattern(node);
    (problems.len() == before).then_some(pattern).flatten()
}

struct Decoder<'a, 'p> {
    file: File<'a>,
    problems: &'p mut Vec<Problem>,
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
            let Value::Scalar { text, .. } = &key.value else {
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
        if let Value::Scalar { text, .. } = &node.value {
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
            source: Source {
                path: self.file.path.to_owned(),
                text: Arc::clone(self.file.text),
                id: id_node.span.clone(),
            },
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

    fn events(&mut self, node: &Node) -> Option<Vec<Event>> {
        let entries = self.entries("events", node, &[], true)?;
        if entries.0.is_empty() {
            self.report(
                "pattern/empty",
                "a pattern needs at least one event",
                &node.span,
            );
        }
        let events = entries.0.iter().filter_map(|(name, _, value)| {
            let alternatives = self.alternatives(name, value)?;
            Some(Event {
                name: (*name).to_owned(),
                alternatives,
            })
        });
        Some(events.collect())
    }

    fn alternatives(&mut self, name: &str, node: &Node) -> Option<Vec<Alternative>> {
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

    fn alternative(&mut self, name: &str, node: &Node) -> Option<Alternative> {
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
    fn test(&mut self, field: &Field, node: &Node) -> Option<Test> {
        if let Value::Scalar { text, .. } = &node.value {
            if *field == Field::Level {
                self.level(text, node)?;
                return Some(Test::AtLeast(text.clone()));
            }
            return Some(if *field == Field::Entry {
                Test::Glob(text.clone())
            } else {
                Test::Equals(text.clone())
            });
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

    fn one_test(&mut self, field: &Field, key: &str, node: &Node) -> Option<Test> {
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
    fn any_of_test(&mut self, field: &Field, node: &Node) -> Option<Test> {
        match self.test(field, node)? {
            Test::AtLeast(level) => Some(Test::Equals(level)),
            other => Some(other),
        }
    }

    /// The text of a condition, in which spaces at the end matter.
    fn exact_text(&mut self, what: &str, node: &Node) -> Option<String> {
        if let Value::Scalar { text, .. } = &node.value {
            return Some(text.clone());
        }
        self.wrong_type(what, "a single value", node);
        None
    }

    fn level(&mut self, text: &str, node: &Node) -> Option<()> {
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

    fn check_regex(&mut self, text: &str, node: &Node) -> Option<()> {
        let parsed = regex_syntax::ParserBuilder::new()
            .unicode(false)
            .utf8(false)
            .build()
            .parse(text);
        let Err(error) = parsed else { return Some(()) };
        let message = error.to_string();
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

    fn matching(&mut self, node: &Node, events: &[Event]) -> Option<Matching> {
        let mut matching = Matching {
            form: Form::Any,
            events: Vec::new(),
            within: None,
            count: 1,
            same: vec![Key::Node],
            unless: None,
            resolved_by: None,
            before_collection: None,
        };
        if let Value::Scalar { .. } = &node.value {
            matching.events.push(self.event_name(node, events)?);
            return Some(matching);
        }
        let entries = self.entries("match", node, syntax::MATCH, false)?;
        let forms = [
            ("any", Form::Any),
            ("all", Form::All),
            ("sequence", Form::Sequence),
        ];
        let mut written: Vec<_> = forms
            .into_iter()
            .filter_map(|(name, form)| Some((form, entries.get(name)?)))
            .collect();
        if let Some(event) = entries.get("event") {
            matching.events.push(self.event_name(event, events)?);
        }
        if written.len() + matching.events.len() != 1 {
            self.report(
                "pattern/match",
                "`match` needs exactly one of `event`, `any`, `all` and `sequence`",
                &node.span,
            );
            return None;
        }
        if let Some((form, list)) = written.pop() {
            matching.form = form;
            matching.events = self
                .list("match", Some(list))
                .iter()
                .filter_map(|name| self.event_name(name, events))
                .collect();
            if matching.events.is_empty() {
                self.report("pattern/match", "`match` names no event", &list.span);
            }
        }
        matching.within = entries
            .get("within")
            .and_then(|node| self.duration("within", node));
        if let Some(count) = entries.get("count") {
            matching.count = self.count(count)?;
        }
        if let Some(same) = entries.get("same") {
            matching.same = self
                .list("same", Some(same))
                .iter()
                .filter_map(|name| self.key(name, events))
                .collect();
        }
        matching.unless = entries
            .get("unless")
            .and_then(|node| self.unless(node, events));
        matching.resolved_by = entries
            .get("resolved_by")
            .and_then(|node| self.event_name(node, events));
        if let Some(node) = entries.get("before_collection") {
            matching.before_collection = Some(self.capture_name(node, events)?);
        }
        Some(matching)
    }

    fn event_name(&mut self, node: &Node, events: &[Event]) -> Option<usize> {
        let name = self.text("an event", node)?;
        let found = events.iter().position(|event| event.name == name);
        if found.is_none() {
            self.unknown(
                &format!("no event is called `{name}`"),
                &name,
                events.iter().map(|event| &*event.name),
                &node.span,
            );
        }
        found
    }

    fn capture_name(&mut self, node: &Node, events: &[Event]) -> Option<String> {
        let name = self.text("a capture", node)?;
        let names = captures(events);
        if names.contains(&name) {
            return Some(name);
        }
        self.unknown(
            &format!("nothing is captured as `{name}`"),
            &name,
            names.iter().map(String::as_str),
            &node.span,
        );
        None
    }

    fn key(&mut self, node: &Node, events: &[Event]) -> Option<Key> {
        let name = self.text("same", node)?;
        Some(match &*name {
            "node" => Key::Node,
            "entry" => Key::Entry,
            "unit" => Key::Unit,
            "container" => Key::Container,
            _ => Key::Capture(self.capture_name(node, events)?),
        })
    }

    fn unless(&mut self, node: &Node, events: &[Event]) -> Option<Unless> {
        if let Value::Scalar { .. } = &node.value {
            return Some(Unless {
                event: self.event_name(node, events)?,
                before: None,
                after: None,
            });
        }
        let entries = self.entries("unless", node, syntax::UNLESS, false)?;
        let event = self.event_name(entries.get("event")?, events)?;
        let before = entries
            .get("before")
            .and_then(|node| self.duration("before", node));
        let after = entries
            .get("after")
            .and_then(|node| self.duration("after", node));
        Some(Unless {
            event,
            before,
            after,
        })
    }

    fn count(&mut self, node: &Node) -> Option<u32> {
        let text = self.text("count", node)?;
        let count = text.parse().ok().filter(|count| *count >= 1);
        if count.is_none() {
            self.wrong_type("count", "a whole number of at least 1", node);
        }
        count
    }

    /// `10s` in microseconds.
    fn duration(&mut self, what: &str, node: &Node) -> Option<i64> {
        let text = self.text(what, node)?;
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let unit = match &text[digits..] {
            "ms" => Some(1_000),
            "s" => Some(1_000_000),
            "m" => Some(60_000_000),
            "h" => Some(3_600_000_000),
            "d" => Some(86_400_000_000),
            _ => None,
        };
        let value = text[..digits]
            .parse::<i64>()
            .ok()
            .zip(unit)
            .and_then(|(number, unit)| number.checked_mul(unit));
        if value.is_none() {
            let message = format!("`{text}` is no duration");
            self.report("pattern/duration", message, &node.span).help =
                Some("write `500ms`, `10s`, `5m`, `1h` or `2d`".to_owned());
        }
        value
    }

    fn confirm(&mut self, node: Option<&Node>) -> Vec<Confirm> {
        let items = self.list("confirm", node);
        items
            .iter()
            .filter_map(|item| {
                if let Value::Scalar { text, .. } = &item.value {
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
        if items.is_empty() {
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
        for name in placeholders(title).filter(|name| {
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

/// The names in braces in a template.
pub(crate) fn placeholders(template: &str) -> impl Iterator<Item = &str> {
    template
        .split('{')
        .skip(1)
        .filter_map(|part| part.split_once('}'))
        .map(|(name, _)| name)
        .filter(|name| {
            !name.is_empty()
                && name
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
        })
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
            tests.iter().for_each(|test| groups(test, names))
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
