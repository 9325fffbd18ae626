//! The analyzers of Replicated's `troubleshoot`, evaluated on a bundle that was collected before.
//!
//! Every analyzer of a spec is a function of collected files, so that a spec can be evaluated without a cluster.
//! [`decode`] reads specs, [`Analyzer::wants`] says which entries of a bundle to keep, and [`Analyzer::evaluate`]
//! concludes. A `textAnalyze` looks at files one by one ([`Analyzer::scan`]), so that logs need not be kept.
//!
//! Titles, messages and verdicts are those of troubleshoot. What differs, on purpose:
//!
//! - Files are looked at in the order of their paths; troubleshoot takes them as Go's maps give them.
//! - A directory that a glob matches is skipped; troubleshoot drops the analyzer.
//! - What makes troubleshoot drop an analyzer without a word is an error that is returned.
//! - A conclusion that neither fails, warns nor passes is left out; troubleshoot shows an empty one.
//! - "Today" of certificates is when the bundle was collected; troubleshoot takes the clock.
//! - `clusterContainerStatuses` looks at all containers of a pod, and renders the message for each pod; in
//!   troubleshoot all pods share the message of the last one.
//! - Of `jsonCompare` and `yamlCompare`, only the message of the outcome that holds is rendered; in troubleshoot, a
//!   template that fails in a message before it drops the analyzer.
//! - Templates have a subset of Go's functions; one that is not understood is reported, and shown as it is written.
//! - An analyzer with a regex or quantity that is not valid is reported and left out, also where troubleshoot would
//!   not have come to it.
//! - The results of a `textAnalyze` with both `regex` and `regexGroups` alternate by file.
//! - A status file of a host collector may be the bare word, as old ones are, everywhere.
//! - In `clusterResource`, a `warn` has its own `when`; troubleshoot takes that of `fail`, which is not there, and
//!   crashes. The value that a regex is matched against is written as JSON if it is no scalar.
//! - Lists of Kubernetes objects may be bare arrays, as old bundles have them, everywhere.
//! - `.` in a regex is one byte, not one character.

mod analyze;
mod compare;
mod decode;
mod glob;
mod json;
mod pattern;
mod semver;
mod template;
#[cfg(test)]
mod tests;

use std::ops::Range;

use analyze::{Bundle, Check};
use glob::Reads;

pub(crate) use decode::decode;
pub(crate) use decode::is_spec;
pub(crate) use pattern::in_our_syntax;

/// A spec: the analyzers of one document.
#[derive(Debug)]
pub(crate) struct Spec {
    /// `metadata.name`, or empty.
    pub(crate) name: String,
    /// `SupportBundle`, `Preflight` and such.
    pub(crate) kind: String,
    /// In the order of the document: in-cluster ones, then those of hosts.
    pub(crate) analyzers: Vec<Analyzer>,
}

/// One analyzer of a spec.
#[derive(Debug)]
pub(crate) struct Analyzer {
    /// `textAnalyze` and such.
    pub(crate) key: String,
    /// Whether it looks at what host collectors have collected.
    pub(crate) host: bool,
    /// `checkName`, or the title that troubleshoot gives it.
    pub(crate) title: String,
    /// Its place in the text of the file; for a spec inside of a `ConfigMap`, the place of that entry.
    pub(crate) span: Range<usize>,
    /// Excluded analyzers are not evaluated.
    pub(crate) exclude: bool,
    /// Whether its failures should stop an installation.
    pub(crate) strict: bool,
    reads: Vec<Reads>,
    check: Box<dyn Check>,
}

/// What is wrong with a spec, and where.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct SpecProblem {
    /// `spec/unknown-analyzer` and such.
    pub(crate) code: &'static str,
    /// A lower-case fragment.
    pub(crate) message: String,
    /// The place in the text of the file.
    pub(crate) span: Range<usize>,
    /// What would be right.
    pub(crate) help: Option<String>,
}

/// The entries of a bundle that analyzers asked for, by their paths relative to the bundle's root.
pub(crate) trait Files {
    /// The paths of all entries, sorted; no directories.
    fn paths(&self) -> Box<dyn Iterator<Item = &str> + '_>;
    /// The content of an entry.
    fn read(&self, path: &str) -> Option<&[u8]>;
    /// When the bundle was collected.
    fn collected_at(&self) -> Option<jiff::Timestamp>;
}

/// What an analyzer says.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) enum Verdict {
    /// Something is wrong.
    Fail,
    /// Something may be wrong.
    Warn,
    /// All is well.
    Pass,
}

/// What an analyzer concluded.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Outcome {
    /// What it says.
    pub(crate) result: Verdict,
    /// As troubleshoot shows it.
    pub(crate) title: String,
    /// As the spec or troubleshoot words it.
    pub(crate) message: String,
    /// Where to read more; often empty.
    pub(crate) uri: String,
    /// Whether a failure should stop an installation.
    pub(crate) strict: bool,
    /// The object it is about: `Pod default/web-0`.
    pub(crate) object: Option<String>,
    /// The entries it was concluded from.
    pub(crate) files: Vec<Evidence>,
}

/// An entry that an outcome was concluded from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Evidence {
    /// Relative to the bundle's root.
    pub(crate) path: String,
    /// For a `textAnalyze` that found something, the line where it begins.
    pub(crate) line: Option<u64>,
}

impl Analyzer {
    /// Whether it may read the entry with this path, relative to the bundle's root.
    pub(crate) fn wants(&self, path: &str) -> bool {
        !self.exclude && self.reads.iter().any(|reads| reads.matches(path))
    }

    /// Whether it is a `textAnalyze`, which looks at files one by one: see [`Analyzer::scan`].
    pub(crate) fn is_text(&self) -> bool {
        self.check.text().is_some()
    }

    /// What a `textAnalyze` concludes from one file that it [wants](Analyzer::wants).
    ///
    /// An error is why it could not; troubleshoot then drops the analyzer.
    pub(crate) fn scan(&self, path: &str, content: &[u8]) -> Result<Vec<Outcome>, String> {
        match self.check.text() {
            Some(text) if !self.exclude => {
                Ok(self.stamped(text.scan(&self.title, path, content)?))
            }
            _ => Ok(Vec::new()),
        }
    }

    /// What a `textAnalyze` concludes if there was no file for it.
    pub(crate) fn when_nothing_matched(&self) -> Option<Outcome> {
        let outcome = self.check.text()?.no_files(&self.title)?;
        self.stamped(vec![outcome]).pop().filter(|_| !self.exclude)
    }

    /// What it concludes from the entries of a bundle; of a `textAnalyze`, those of all its files.
    ///
    /// An error is why it could not be evaluated. Of an in-cluster analyzer, troubleshoot then shows nothing; of a
    /// host analyzer, it shows a failure with the message `Analyzer Failed: ` and the error, in Go's words.
    pub(crate) fn evaluate(&self, files: &dyn Files) -> Result<Vec<Outcome>, String> {
        if self.exclude {
            return Ok(Vec::new());
        }
        let outcomes = self.check.evaluate(&self.title, &Bundle::new(files))?;
        Ok(self.stamped(outcomes))
    }

    fn stamped(&self, mut outcomes: Vec<Outcome>) -> Vec<Outcome> {
        for outcome in &mut outcomes {
            outcome.strict = self.strict;
        }
        outcomes
    }
}

impl Outcome {
    fn new(result: Verdict, title: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            result,
            title: title.into(),
            message: message.into(),
            uri: String::new(),
            strict: false,
            object: None,
            files: Vec::new(),
        }
    }

    fn on_file(mut self, path: &str) -> Self {
        self.files.push(Evidence {
            path: path.to_owned(),
            line: None,
        });
        self
    }
}
