//! Specs from YAML.

mod documents;
mod fields;

use std::ops::Range;

use super::analyze::{ANALYZERS, Branch, Kind, META, UNSUPPORTED};
use super::template::Template;
use super::{Analyzer, Spec, SpecProblem, Verdict};
use crate::yaml::{Node, Value};
pub(super) use fields::Fields;

pub(crate) use documents::is_spec;

/// Reads all specs of a file, and what is wrong with them.
///
/// A file may have several documents; those of other kinds are passed over. Specs inside of `ConfigMap` and `Secret`
/// documents are read as well.
pub(crate) fn decode(text: &str) -> (Vec<Spec>, Vec<SpecProblem>) {
    let mut decoder = Decoder {
        problems: Vec::new(),
        within: None,
    };
    let specs = decoder.file(text, 0);
    (specs, decoder.problems)
}

/// What analyzers are decoded with.
pub(super) struct Decoder {
    problems: Vec<SpecProblem>,
    /// For a spec that is a text inside of the file: where that stands.
    within: Option<Range<usize>>,
}

impl Decoder {
    pub(super) fn report(
        &mut self,
        code: &'static str,
        message: impl Into<String>,
        span: &Range<usize>,
    ) {
        self.report_with_help(code, message, span, None);
    }

    fn report_with_help(
        &mut self,
        code: &'static str,
        message: impl Into<String>,
        span: &Range<usize>,
        help: Option<String>,
    ) {
        self.problems.push(SpecProblem {
            code,
            message: message.into(),
            span: self.place(span),
            help,
        });
    }

    fn place(&self, span: &Range<usize>) -> Range<usize> {
        self.within.clone().unwrap_or_else(|| span.clone())
    }

    /// A list of analyzers, each a map with its key.
    fn analyzers(&mut self, node: &Node, host: bool) -> Vec<Analyzer> {
        let Value::List(items) = &node.value else {
            if !is_null(node) {
                let message = format!("analyzers are a list, not {}", node.kind());
                self.report("spec/wrong-type", message, &node.span);
            }
            return Vec::new();
        };
        items
            .iter()
            .filter_map(|item| self.analyzer(item, host))
            .collect()
    }

    fn analyzer(&mut self, node: &Node, host: bool) -> Option<Analyzer> {
        let Value::Map(pairs) = &node.value else {
            let message = format!("an analyzer is a map, not {}", node.kind());
            self.report("spec/wrong-type", message, &node.span);
            return None;
        };
        let [(key, body), others @ ..] = &**pairs else {
            self.report(
                "spec/unknown-analyzer",
                "an analyzer has no key",
                &node.span,
            );
            return None;
        };
        for (other, _) in others {
            let name = other.as_text().unwrap_or_default();
            let message = format!("`{name}` stands beside another analyzer, and is not evaluated");
            let help = "write each analyzer as an item of its own".to_owned();
            self.report_with_help("spec/several-analyzers", message, &other.span, Some(help));
        }
        let name = key.as_text().unwrap_or_default();
        let kind = self.kind(name, &key.span, host)?;
        let fields = Fields::new(self, body)?;
        let known = META.iter().chain(kind.fields).copied();
        fields.check_names(self, &format!("`{name}`"), &known);
        let check_name = fields.text(self, "checkName");
        let exclude = fields.bool_or_text(self, "exclude");
        let strict = fields.bool_or_text(self, "strict");
        let span = node.span.start..body.span.end.max(node.span.start);
        if exclude {
            // As it is not evaluated, nothing in it matters.
            return Some(Analyzer {
                key: name.to_owned(),
                host,
                title: check_name,
                span: self.place(&span),
                exclude,
                strict,
                reads: Vec::new(),
                check: Box::new(super::analyze::Excluded),
            });
        }
        let check = (kind.decode)(self, &fields)?;
        let title = if check_name.is_empty() {
            check.title()
        } else {
            check_name
        };
        Some(Analyzer {
            key: name.to_owned(),
            host,
            title,
            span: self.place(&span),
            exclude,
            strict,
            reads: check.reads(),
            check,
        })
    }

    fn kind(&mut self, name: &str, span: &Range<usize>, host: bool) -> Option<&'static Kind> {
        let whose = if host { "host " } else { "" };
        let found = ANALYZERS
            .iter()
            .find(|kind| kind.key == name && kind.host == host);
        if found.is_some() {
            return found;
        }
        if UNSUPPORTED.contains(&(name, host)) {
            let message = format!("the {whose}analyzer `{name}` is not supported");
            self.report("spec/unsupported-analyzer", message, span);
            return None;
        }
        let known = ANALYZERS.iter().filter(|kind| kind.host == host);
        let help = similar(name, known.map(|kind| kind.key));
        let help = if ANALYZERS.iter().any(|kind| kind.key == name) {
            let list = if host { "analyzers" } else { "hostAnalyzers" };
            Some(format!("`{name}` belongs to `{list}`"))
        } else {
            help
        };
        let message = format!("there is no {whose}analyzer `{name}`");
        self.report_with_help("spec/unknown-analyzer", message, span, help);
        None
    }

    /// The outcomes of an analyzer; `templated` is whether their messages are templates.
    pub(super) fn outcomes(&mut self, fields: &Fields, templated: bool) -> Vec<Branch> {
        let Some(node) = fields.get("outcomes") else {
            return Vec::new();
        };
        let Value::List(items) = &node.value else {
            let message = format!("`outcomes` is a list, not {}", node.kind());
            self.report("spec/wrong-type", message, &node.span);
            return Vec::new();
        };
        items
            .iter()
            .filter_map(|item| self.outcome(item, templated))
            .collect()
    }

    fn outcome(&mut self, node: &Node, templated: bool) -> Option<Branch> {
        let outcome = Fields::new(self, node)?;
        outcome.check_names(self, "an outcome", &["fail", "warn", "pass"].into_iter());
        let verdicts = [
            ("fail", Verdict::Fail),
            ("warn", Verdict::Warn),
            ("pass", Verdict::Pass),
        ];
        let mut written = verdicts
            .into_iter()
            .filter_map(|(name, verdict)| Some((verdict, outcome.get(name)?)));
        let Some((verdict, body)) = written.next() else {
            self.report(
                "spec/outcome",
                "an outcome is `fail`, `warn` or `pass`",
                &node.span,
            );
            return None;
        };
        if let Some((_, other)) = written.next() {
            let message = "an outcome is only one of `fail`, `warn` and `pass`";
            self.report("spec/outcome", message, &other.span);
        }
        let body = Fields::new(self, body)?;
        body.check_names(self, "an outcome", &["when", "message", "uri"].into_iter());
        let when = body.text(self, "when");
        let source = body.text(self, "message");
        let message = if templated {
            let span = body.span("message");
            self.template(&source, &span)
        } else {
            Template::raw(source)
        };
        Some(Branch {
            verdict,
            when,
            when_span: body.span("when"),
            message,
            uri: body.text(self, "uri"),
        })
    }

    /// A template; one that is not understood is shown as it is written.
    pub(super) fn template(&mut self, source: &str, span: &Range<usize>) -> Template {
        Template::parse(source).unwrap_or_else(|reason| {
            let message = format!("the template is not understood: {reason}");
            let help = "the message is shown as it is written".to_owned();
            self.report_with_help("spec/template", message, span, Some(help));
            Template::raw(source.to_owned())
        })
    }
}

/// Whether the node has no value.
fn is_null(node: &Node) -> bool {
    matches!(node.as_text(), Some("" | "~" | "null"))
}

/// "did you mean", of the name that shares most with another.
fn similar<'k>(name: &str, known: impl Iterator<Item = &'k str>) -> Option<String> {
    let distance = |known: &'k str| (distance(&name.to_lowercase(), &known.to_lowercase()), known);
    let (distance, nearest) = known.map(distance).min()?;
    (distance <= name.len().max(nearest.len()) / 2).then(|| format!("did you mean `{nearest}`?"))
}

/// How many letters must be changed, added or removed to make one of the other.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(64).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (line, letter) in a.chars().take(64).enumerate() {
        let mut diagonal = line;
        let mut left = line + 1;
        let mut next = vec![left];
        for (other, above) in b.iter().zip(row.iter().skip(1)) {
            let changed = diagonal + usize::from(*other != letter);
            diagonal = *above;
            left = changed.min(above + 1).min(left + 1);
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}
