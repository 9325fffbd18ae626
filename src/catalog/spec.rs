//! Specs of troubleshoot as part of a catalog.

use super::decode::{Document, File};
use super::{Known, Problem, Severity, Source};
use crate::troubleshoot::{self, Analyzer, Spec};

/// What is written of an analyzer.
#[derive(Clone, Debug)]
pub struct AnalyzerText<'s> {
    /// Its title.
    pub title: &'s str,
    /// `textAnalyze` and such.
    pub key: &'s str,
    /// `path:line`.
    pub place: String,
    /// Its part of the spec.
    pub text: &'s str,
}

/// A spec and the file that it was read from.
#[derive(Debug)]
pub(crate) struct AnalyzerSpec {
    pub(crate) spec: Spec,
    pub(crate) source: Source,
    /// The ids of its analyzers, in their order.
    pub(crate) ids: Vec<String>,
}

impl AnalyzerSpec {
    fn new(spec: Spec, file: File<'_>) -> Self {
        let mut ids: Vec<String> = Vec::new();
        let name = if spec.name.is_empty() {
            "troubleshoot"
        } else {
            &spec.name
        };
        for analyzer in &spec.analyzers {
            let id = format!("{name}/{}", slug(&analyzer.title));
            let same = ids.iter().filter(|known| {
                known
                    .strip_prefix(&*id)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            });
            ids.push(match same.count() {
                0 => id,
                known => format!("{id}.{}", known + 1),
            });
        }
        Self {
            ids,
            source: Source {
                path: file.path.to_owned(),
                text: std::sync::Arc::clone(file.text),
                id: 0..0,
            },
            spec,
        }
    }

    /// What is written of the analyzer with this id.
    pub(super) fn text_of(&self, id: &str) -> Option<AnalyzerText<'_>> {
        let at = self.ids.iter().position(|known| known == id)?;
        let analyzer = &self.spec.analyzers[at];
        Some(AnalyzerText {
            title: &analyzer.title,
            key: &analyzer.key,
            place: self.place(analyzer),
            text: self
                .source
                .text
                .get(analyzer.span.clone())
                .unwrap_or_default(),
        })
    }

    /// `path:line` of an analyzer.
    pub(crate) fn place(&self, analyzer: &Analyzer) -> String {
        let before = self.source.text.get(..analyzer.span.start);
        let line = before.unwrap_or_default().matches('\n').count() + 1;
        format!("{}:{line}", self.source.path)
    }

    /// The analyzers as they are listed.
    pub(super) fn known(&self) -> impl Iterator<Item = Known<'_>> {
        self.spec
            .analyzers
            .iter()
            .zip(&self.ids)
            .map(|(analyzer, id)| Known {
                id,
                kind: "analyzer",
                // Those of hosts look at what collectors of hosts wrote.
                area: if analyzer.host { "host" } else { "cluster" },
                severity: Severity::Error,
                title: &analyzer.title,
                tags: &[],
                cause: &analyzer.key,
            })
    }
}

/// `postgres-checks` of `Postgres checks`.
fn slug(title: &str) -> String {
    let words = title
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-").to_lowercase()
}

/// The specs of a file, and what is wrong with them.
pub(super) fn decode(file: File<'_>, problems: &mut Vec<Problem>) -> Vec<Document> {
    let (specs, found) = troubleshoot::decode(file.text);
    problems.extend(found.into_iter().map(|found| {
        let mut problem = Problem::new(found.code, found.message, file.path, file.text, found.span);
        problem.help = found.help;
        problem
    }));
    specs
        .into_iter()
        .filter(|spec| !spec.analyzers.is_empty())
        .map(|spec| Document::Spec(Box::new(AnalyzerSpec::new(spec, file))))
        .collect()
}
