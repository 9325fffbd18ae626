//! Which records are wanted.

use globset::{Glob, GlobMatcher};
use regex::bytes::{Regex, RegexBuilder};

use crate::location::{Origin, Place};
use crate::log::{Level, Record};

/// Which records of a bundle are wanted; without any condition all are.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// At least this level; records without a level are left out then.
    pub level: Option<Level>,
    /// Of one of these machines, if any are named.
    pub nodes: Vec<String>,
    /// Of one of these units or containers, if any are named.
    pub units: Vec<String>,
    /// Not before this instant, in microseconds since 1970.
    pub since: Option<i64>,
    /// Not after this instant.
    pub until: Option<i64>,
    pub(super) entries: Vec<GlobMatcher>,
    pub(super) text: Option<Regex>,
}

/// Why a selection cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SelectionError {
    /// A glob is wrong.
    #[error("cannot read the glob `{glob}`")]
    Glob {
        /// The glob.
        glob: String,
        /// What is wrong with it.
        source: globset::Error,
    },
    /// The expression is wrong.
    #[error("cannot read the expression")]
    Regex(#[from] regex::Error),
}

impl Selection {
    /// Only records of entries of which the path fits the glob. A `*` crosses directories, and a glob without a `/`
    /// is about the name of the file.
    pub fn entry(mut self, glob: &str) -> Result<Self, SelectionError> {
        let parsed = Glob::new(glob).map_err(|source| SelectionError::Glob {
            glob: glob.to_owned(),
            source,
        })?;
        self.entries.push(parsed.compile_matcher());
        Ok(self)
    }

    /// Only records of which the text or the message has a match of the regular expression, in which a character is a byte.
    pub fn text(mut self, regex: &str) -> Result<Self, SelectionError> {
        self.text = Some(RegexBuilder::new(regex).unicode(false).build()?);
        Ok(self)
    }

    pub(super) fn takes_entry(&self, origin: &Origin) -> bool {
        let path = origin.as_str();
        let name = path.rsplit(['/', '!']).next().unwrap_or(path);
        // Archives and up to two leading directories may be left out.
        let inner = origin.path();
        let below = |path: &'_ str| path.split_once('/').map(|(_, rest)| rest.to_owned());
        let first = below(inner);
        let second = first.as_deref().and_then(below);
        let tails = [Some(path), Some(inner), first.as_deref(), second.as_deref()];
        self.entries.is_empty()
            || self.entries.iter().any(|glob| {
                tails.iter().flatten().any(|tail| glob.is_match(tail))
                    || (!glob.glob().glob().contains('/') && glob.is_match(name))
            })
    }

    /// Whether the level of a record is wanted.
    pub(super) fn takes_level(&self, level: Level) -> bool {
        self.level.is_none_or(|wanted| level >= wanted)
    }

    /// Whether a record is wanted, apart from its level, its time and its machine.
    pub(super) fn takes(&self, record: &Record<'_>, place: &Place) -> bool {
        let names = [
            record.unit.as_deref(),
            place.unit.as_deref(),
            record.container.as_deref(),
            place.container.as_deref(),
            place.pod.as_deref(),
            record.logger.as_deref(),
        ];
        let named = |wanted: &String| {
            let wanted = wanted.trim_end_matches(".service");
            let fits = |name: &str| {
                name.eq_ignore_ascii_case(wanted)
                    || name
                        .rsplit('/')
                        .next()
                        .is_some_and(|last| last.eq_ignore_ascii_case(wanted))
            };
            names.iter().flatten().any(|name| fits(name))
        };
        if !self.units.is_empty() && !self.units.iter().any(named) {
            return false;
        }
        let fits = |regex: &Regex| regex.is_match(&record.text) || regex.is_match(&record.msg);
        self.text.as_ref().is_none_or(fits)
    }

    /// Whether records of the machine are wanted.
    pub(crate) fn takes_node(&self, node: Option<&str>) -> bool {
        self.nodes.is_empty()
            || node.is_some_and(|node| {
                self.nodes
                    .iter()
                    .any(|wanted| wanted.eq_ignore_ascii_case(node))
            })
    }

    /// Whether records of the instant are wanted; those without one are, unless a range is asked for.
    pub(crate) fn takes_time(&self, micros: Option<i64>) -> bool {
        let Some(micros) = micros else {
            return self.since.is_none() && self.until.is_none();
        };
        self.since.is_none_or(|since| micros >= since)
            && self.until.is_none_or(|until| micros <= until)
    }
}
