//! Documents of `kind: diagnosis` and `kind: fact`.

use std::sync::Arc;

use super::super::cause::{
    AskFor, BundleExample, Cause, Clause, FactPattern, Reader, Subject, Sureness, Term,
};
use super::super::template::slots;
use super::super::{Field, Severity, Source, syntax};
use super::Decoder;
use crate::yaml::{Node, Value};

impl Decoder<'_, '_> {
    pub(super) fn cause(&mut self, node: &Node) -> Option<Cause> {
        let entries = self.entries("a diagnosis", node, syntax::CAUSE, false)?;
        let id_node = entries.get("id")?;
        let id = self.id(id_node)?;
        let severity = self.word("severity", entries.get("severity")?, &Severity::NAMES)?;
        let title_node = entries.get("title")?;
        let title = self.text("title", title_node)?;
        let when: Vec<Clause> = self
            .list("when", entries.get("when"))
            .iter()
            .filter_map(|clause| self.clause(clause))
            .collect();
        self.check_clauses(&when, entries.get("when")?);
        self.check_variables(&title, title_node, &when);
        if let Some(node) = entries.get("group_by") {
            self.check_grouping(node, &when);
        }
        let at_most = match entries.get("confidence") {
            Some(node) => {
                Sureness::from_name(&self.word("confidence", node, &Sureness::NAMES[1..])?)?
            }
            None => Sureness::Confirmed,
        };
        Some(Cause {
            id,
            title,
            severity: Severity::from_name(&severity)?,
            tags: self.texts("tags", entries.get("tags")),
            group_by: self.texts("group_by", entries.get("group_by")),
            when,
            at_most,
            explains: self.texts("explains", entries.get("explains")),
            yields_to: self.texts("yields_to", entries.get("yields_to")),
            cause: self.text("cause", entries.get("cause")?)?,
            confirm: self.confirm(entries.get("confirm")),
            remediation: self.texts("remediation", entries.get("remediation")),
            links: self.links(entries.get("links")),
            examples: self.bundles("examples", entries.get("examples")?),
            negative_examples: self.bundles("negative_examples", entries.get("negative_examples")?),
            source: self.source(id_node),
        })
    }

    pub(super) fn source(&self, id: &Node) -> Source {
        Source {
            path: self.file.path.to_owned(),
            text: Arc::clone(self.file.text),
            id: id.span.clone(),
        }
    }

    fn clause(&mut self, node: &Node) -> Option<Clause> {
        let entries = self.entries("a clause", node, syntax::CLAUSE, false)?;
        let (subject, wanted, negated) = match (
            entries.get("finding"),
            entries.get("fact"),
            entries.get("not"),
        ) {
            (Some(finding), None, None) => {
                (Subject::Finding, self.terms("finding", finding)?, false)
            }
            (None, Some(fact), None) => (
                Subject::Fact(self.text("fact", fact)?),
                self.optional_terms(entries.get("where"))?,
                false,
            ),
            (None, None, Some(not)) => {
                let inner = self.entries("`not`", not, syntax::NEGATED, false)?;
                let fact = self.text("fact", inner.get("fact")?)?;
                (
                    Subject::Fact(fact),
                    self.optional_terms(inner.get("where"))?,
                    true,
                )
            }
            _ => {
                let message = "a clause needs exactly one of `finding`, `fact` and `not`";
                self.report("pattern/clause", message, &node.span);
                return None;
            }
        };
        let if_unknown = match entries.get("if_unknown") {
            Some(node) => {
                let word = self.word(
                    "if_unknown",
                    node,
                    &["ignore", "none", "possible", "likely"],
                )?;
                Sureness::from_name(&word)
            }
            None => Some(Sureness::Likely),
        };
        let optional = self.flag("optional", entries.get("optional"))?;
        let otherwise = entries.get("else").and_then(|node| self.text("else", node));
        let ask_for = entries.get("ask_for").and_then(|node| self.ask_for(node));
        Some(Clause {
            subject,
            wanted,
            negated,
            if_unknown,
            optional,
            otherwise,
            ask_for,
            span: node.span.clone(),
        })
    }

    /// `true` or `false`, which it is without the key.
    fn flag(&mut self, what: &str, node: Option<&Node>) -> Option<bool> {
        match node {
            Some(node) => Some(self.word(what, node, &["true", "false"])? == "true"),
            None => Some(false),
        }
    }

    fn ask_for(&mut self, node: &Node) -> Option<AskFor> {
        let entries = self.entries("ask_for", node, syntax::ASK_FOR, false)?;
        Some(AskFor {
            run: self.text("run", entries.get("run")?)?,
            on: entries.get("on").and_then(|node| self.text("on", node)),
        })
    }

    fn optional_terms(&mut self, node: Option<&Node>) -> Option<Vec<(String, Term)>> {
        node.map_or_else(|| Some(Vec::new()), |node| self.terms("where", node))
    }

    fn terms(&mut self, what: &str, node: &Node) -> Option<Vec<(String, Term)>> {
        let entries = self.entries(what, node, &[], true)?;
        let terms = entries
            .0
            .iter()
            .map(|(name, _, value)| Some(((*name).to_owned(), self.term(name, value)?)));
        terms.collect()
    }

    fn term(&mut self, name: &str, node: &Node) -> Option<Term> {
        if let Some(variable) = variable(node) {
            return Some(Term::Variable(variable.to_owned()));
        }
        if let Value::Map(pairs) = &node.value
            && let [
                (
                    Node {
                        value: Value::Scalar { text },
                        ..
                    },
                    value,
                ),
            ] = &pairs[..]
            && text == "not"
            && let Some(variable) = variable(value)
        {
            return Some(Term::Not(variable.to_owned()));
        }
        let field = Field::Named(name.to_owned());
        if let Value::Map(pairs) = &node.value
            && let Some(at) = pairs
                .iter()
                .position(|(key, _)| matches!(&key.value, Value::Scalar { text } if text == "as"))
        {
            let mut rest = pairs.clone();
            let (_, value) = rest.remove(at);
            let Some(name) = variable(&value) else {
                self.report("pattern/clause", "`as` needs a `$variable`", &value.span);
                return None;
            };
            let rest = Node {
                span: node.span.clone(),
                value: Value::Map(rest),
            };
            return Some(Term::As(name.to_owned(), self.test(&field, &rest)?));
        }
        Some(Term::Test(self.test(&field, node)?))
    }

    fn check_clauses(&mut self, when: &[Clause], node: &Node) {
        let facts = when
            .iter()
            .position(|clause| clause.subject != Subject::Finding)
            .unwrap_or(when.len());
        if facts == 0 {
            let message = "`when` must start with a `finding`";
            self.report("pattern/clause", message, &node.span).help =
                Some("the finding is what the diagnosis explains; facts follow".to_owned());
        }
        for clause in when
            .iter()
            .skip(facts)
            .filter(|clause| clause.subject == Subject::Finding)
        {
            let message = "a `finding` must stand before all facts";
            self.report("pattern/clause", message, &clause.span);
        }
    }

    /// Every `{name}` of the title must be a variable of some clause that is not negated.
    fn check_variables(&mut self, title: &str, node: &Node, when: &[Clause]) {
        let mut names: Vec<&str> = when
            .iter()
            .filter(|clause| !clause.negated)
            .flat_map(Clause::variables)
            .collect();
        names.push("node");
        let named = slots(title).map(|slot| slot.name);
        for name in named.filter(|name| !names.contains(name)) {
            let message = format!("the title names `{{{name}}}`, which no clause binds");
            self.unknown(&message, name, names.iter().copied(), &node.span);
        }
    }

    /// Every name in `group_by` must be a variable.
    fn check_grouping(&mut self, node: &Node, when: &[Clause]) {
        let names: Vec<&str> = when.iter().flat_map(Clause::variables).collect();
        for item in self.list("group_by", Some(node)) {
            let Some(name) = self.text("group_by", item) else {
                continue;
            };
            if !names.contains(&&*name) {
                let message = format!("`group_by` names `{name}`, which no clause binds");
                self.unknown(&message, &name, names.iter().copied(), &item.span);
            }
        }
    }

    fn bundles(&mut self, what: &str, node: &Node) -> Vec<BundleExample> {
        let items = self.list(what, Some(node));
        if items.is_empty() && !self.file.proven {
            let message = format!("`{what}` needs at least one bundle");
            self.report("pattern/empty", message, &node.span);
        }
        items.iter().filter_map(|item| self.bundle(item)).collect()
    }

    fn bundle(&mut self, node: &Node) -> Option<BundleExample> {
        let entries = self.entries("an example", node, syntax::BUNDLE_EXAMPLE, false)?;
        let files = self.entries("files", entries.get("files")?, &[], true)?;
        let files = files
            .0
            .iter()
            .map(|(path, _, text)| Some(((*path).to_owned(), self.exact_text("a file", text)?)));
        let files: Option<Vec<_>> = files.collect();
        let confidence = match entries.get("confidence") {
            Some(node) => {
                Sureness::from_name(&self.word("confidence", node, &Sureness::NAMES[1..])?)
            }
            None => None,
        };
        Some(BundleExample {
            files: files?,
            confidence,
            span: node.span.clone(),
        })
    }

    pub(super) fn fact_pattern(&mut self, node: &Node) -> Option<FactPattern> {
        let entries = self.entries("a fact", node, syntax::FACT, false)?;
        let id_node = entries.get("id")?;
        let id = self.id(id_node)?;
        let fact = match entries.get("fact") {
            Some(node) => self.text("fact", node)?,
            None => id.clone(),
        };
        let globs = entries.get("entries")?;
        let readers = [
            entries.get("line"),
            entries.get("table"),
            entries.get("json"),
        ];
        if readers.iter().flatten().count() != 1 {
            let message = "a fact needs exactly one of `line`, `table` and `json`";
            self.report("pattern/fact", message, &node.span);
            return None;
        }
        let complete = self.flag("complete", entries.get("complete"))?;
        Some(FactPattern {
            id,
            fact,
            entries: self.globs(globs)?,
            reader: self.reader(readers)?,
            complete,
            examples: self.examples("examples", entries.get("examples")?),
            negative_examples: self
                .examples("negative_examples", entries.get("negative_examples")?),
            source: self.source(id_node),
        })
    }

    fn globs(&mut self, node: &Node) -> Option<Vec<String>> {
        let items = match &node.value {
            Value::List(items) => &items[..],
            _ => std::slice::from_ref(node),
        };
        let globs: Option<Vec<String>> = items
            .iter()
            .map(|item| {
                let text = self.text("entries", item)?;
                self.glob(&text, item)?;
                Some(text)
            })
            .collect();
        globs
    }

    fn reader(&mut self, readers: [Option<&Node>; 3]) -> Option<Reader> {
        match readers {
            [Some(node), ..] => {
                let regex = self.exact_text("line", node)?;
                self.check_regex(&regex, node)?;
                Some(Reader::Line(regex))
            }
            [_, Some(node), _] => Some(Reader::Table(self.names("table", node)?)),
            [_, _, node] => {
                let entries = self.entries("json", node?, syntax::JSON, false)?;
                let path = entries
                    .get("path")
                    .and_then(|node| self.text("path", node))
                    .unwrap_or_default();
                Some(Reader::Json(
                    path,
                    self.names("fields", entries.get("fields")?)?,
                ))
            }
        }
    }

    fn names(&mut self, what: &str, node: &Node) -> Option<Vec<(String, String)>> {
        let entries = self.entries(what, node, &[], true)?;
        entries
            .0
            .iter()
            .map(|(name, _, value)| Some(((*name).to_owned(), self.text(what, value)?)))
            .collect()
    }
}

/// `$name`.
fn variable(node: &Node) -> Option<&str> {
    let Value::Scalar { text } = &node.value else {
        return None;
    };
    text.strip_prefix('$').filter(|name| !name.is_empty())
}

impl Clause {
    /// The variables that it binds or compares.
    fn variables(&self) -> impl Iterator<Item = &str> {
        self.wanted.iter().filter_map(|(_, term)| match term {
            Term::Variable(name) | Term::As(name, _) => Some(&**name),
            Term::Not(_) | Term::Test(_) => None,
        })
    }
}
