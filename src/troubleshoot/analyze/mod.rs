//! The analyzers, and what they share. A new one is a file and a line in the table.

#![expect(
    clippy::unnecessary_wraps,
    reason = "decoders have the type that the table asks for"
)]

mod ceph;
mod certificates;
mod cluster_version;
mod connection;
mod distribution;
mod document;
mod event;
mod goldpinger;
mod host;
mod metrics;
mod nodes;
mod pod_status;
mod pods;
mod presence;
mod resource;
mod sysctl;
mod table;
mod text;
mod workload;

use std::fmt;
use std::ops::Range;

use serde_json::Value;

use super::glob::Reads;
use super::template::{Scope, Template};
use super::{Files, Outcome, Verdict};
pub(super) use table::{ANALYZERS, Kind, META, UNSUPPORTED};
pub(super) use text::Text;

/// An analyzer that is decoded.
pub(super) trait Check: fmt::Debug + Send + Sync {
    /// The title if the spec gives none.
    fn title(&self) -> String;
    /// The entries it reads.
    fn reads(&self) -> Vec<Reads>;
    /// What it concludes.
    fn evaluate(&self, title: &str, bundle: &Bundle) -> Result<Vec<Outcome>, String>;
    /// The `textAnalyze` it is.
    fn text(&self) -> Option<&Text> {
        None
    }
}

/// An analyzer that the spec excludes.
#[derive(Debug)]
pub(super) struct Excluded;

impl Check for Excluded {
    fn title(&self) -> String {
        String::new()
    }

    fn reads(&self) -> Vec<Reads> {
        Vec::new()
    }

    fn evaluate(&self, _: &str, _: &Bundle) -> Result<Vec<Outcome>, String> {
        Ok(Vec::new())
    }
}

/// One of the outcomes that a spec foresees.
#[derive(Clone, Debug)]
pub(super) struct Branch {
    pub(super) verdict: Verdict,
    pub(super) when: String,
    pub(super) when_span: Range<usize>,
    pub(super) message: Template,
    pub(super) uri: String,
}

impl Branch {
    /// The outcome, with the message as it is written.
    pub(super) fn outcome(&self, title: &str) -> Outcome {
        let mut outcome = Outcome::new(self.verdict, title, self.message.source());
        outcome.uri.clone_from(&self.uri);
        outcome
    }

    /// The outcome, with the message as a template.
    pub(super) fn rendered(&self, title: &str, scope: Scope) -> Result<Outcome, String> {
        let mut outcome = self.outcome(title);
        outcome.message = self.message.render(scope)?;
        Ok(outcome)
    }

    /// Whether `when`, true or false, says what is; by default, only `pass` asks for true.
    pub(super) fn expects(&self, actual: bool) -> Result<bool, String> {
        let when = match &*self.when {
            "" => self.verdict == Verdict::Pass,
            when => super::compare::boolean(when)?,
        };
        Ok(when == actual)
    }
}

/// The first outcome whose condition holds; an empty one does.
pub(super) fn first(
    branches: &[Branch],
    mut holds: impl FnMut(&str) -> Result<bool, String>,
) -> Result<Option<&Branch>, String> {
    for branch in branches {
        if branch.when.is_empty() || holds(&branch.when)? {
            return Ok(Some(branch));
        }
    }
    Ok(None)
}

/// The message and address of the last outcome with this verdict.
pub(super) fn last_of(branches: &[Branch], verdict: Verdict, title: &str) -> Outcome {
    let found = branches
        .iter()
        .rev()
        .find(|branch| branch.verdict == verdict);
    found.map_or_else(
        || Outcome::new(verdict, title, ""),
        |branch| branch.outcome(title),
    )
}

/// The entries of a bundle.
pub(super) struct Bundle<'f> {
    files: &'f dyn Files,
}

impl<'f> Bundle<'f> {
    pub(super) fn new(files: &'f dyn Files) -> Self {
        Self { files }
    }

    fn get(&self, path: &str) -> Option<&'f [u8]> {
        self.files.read(path)
    }

    /// The content of an entry that must be there.
    fn need(&self, path: &str) -> Result<&'f [u8], String> {
        self.get(path)
            .ok_or_else(|| format!("`{path}` was not collected"))
    }

    /// An entry that must be there, and JSON.
    fn json(&self, path: &str) -> Result<Value, String> {
        parsed(path, self.need(path)?)
    }

    /// The items of a list of Kubernetes objects.
    fn items(&self, path: &str) -> Result<Vec<Value>, String> {
        Ok(items_of(self.json(path)?))
    }

    /// The entries that are read, sorted by path.
    fn find(&self, reads: &Reads) -> Vec<(&'f str, &'f [u8])> {
        let mut found: Vec<_> = match reads {
            Reads::Path(path) => {
                let path = self.files.paths().find(|known| known == path);
                path.into_iter().collect()
            }
            Reads::Glob { .. } => self
                .files
                .paths()
                .filter(|path| reads.matches(path))
                .collect(),
        };
        found.sort_unstable();
        let content = |path: &'f str| Some((path, self.files.read(path)?));
        found.into_iter().filter_map(content).collect()
    }

    fn collected_at(&self) -> Option<jiff::Timestamp> {
        self.files.collected_at()
    }
}

fn parsed(path: &str, content: &[u8]) -> Result<Value, String> {
    serde_json::from_slice(content).map_err(|error| format!("`{path}` is no valid JSON: {error}"))
}

/// The `items` of a list, or those of an array, as old bundles have it.
fn items_of(list: Value) -> Vec<Value> {
    let items = match list {
        Value::Object(mut object) => object.remove("items").unwrap_or_default(),
        other => other,
    };
    match items {
        Value::Array(items) => items,
        _ => Vec::new(),
    }
}

/// `metadata.name`.
fn name(object: &Value) -> &str {
    super::json::text(object, &["metadata", "name"])
}

/// `metadata.namespace`.
fn namespace(object: &Value) -> &str {
    super::json::text(object, &["metadata", "namespace"])
}

/// The last component of a path, without `.json`.
fn stem(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.strip_suffix(".json").unwrap_or(name)
}
