//! A catalog made ready for matching.

use std::collections::BTreeMap;
use std::sync::Arc;

use globset::{GlobBuilder, GlobMatcher};
use memchr::memmem;
use rayon::prelude::*;

use super::expression::Expression;
use super::gate::{Gate, Gates};
use super::literal::{self, Expressions};
use super::need::{Need, Sets};
use crate::catalog::{Catalog, Comparison, Condition, Field, Pattern, Test};
use crate::jq::Program;
use crate::literals::{Literal, Needles, Prefilter};
use crate::log::{CustomFormat, Formats, Level};

/// A catalog made ready for matching. Share one between all threads.
#[derive(Debug)]
pub struct Matcher {
    /// The line formats by which lines become records.
    pub(super) formats: Formats,
    pub(super) alternatives: Vec<Compiled>,
    pub(super) prefilter: Prefilter,
    /// What each way requires in which an alternative can fit.
    pub(super) needs: Vec<Need>,
    /// How many different sets of literals those have.
    pub(super) sets: usize,
    /// For each literal of the prefilter the needs that it is a key of.
    pub(super) by_literal: Vec<Vec<u32>>,
    /// Alternatives without any literal: every line is a candidate.
    pub(super) always: Vec<u32>,
    /// For each pattern the patterns that take precedence on the same record.
    pub(super) yields: Vec<Vec<u32>>,
    /// Marks of lines that go on in the next, the first [`PARTIALS`], and words that lines of level error or worse contain.
    pub(super) markers: [Needles; 2],
    /// Whether it counts how far records get with each pattern.
    pub(super) watched: bool,
}

/// One alternative of one event.
#[derive(Debug)]
pub(super) struct Compiled {
    pub(super) pattern: u32,
    pub(super) event: u32,
    pub(super) conditions: Vec<(Field, Check)>,
    pub(super) capture: Vec<(String, Field)>,
    /// Whether the event is part of an occurrence, not only of its suppression or recovery.
    pub(super) counts: bool,
    /// Whether a condition says in which entries it stands.
    pub(super) names_entry: bool,
}

/// A test made ready.
#[derive(Debug)]
pub(super) enum Check {
    Equals(Vec<u8>),
    AtLeast(Level),
    Contains(Box<memmem::Finder<'static>>),
    StartsWith(Vec<u8>),
    EndsWith(Vec<u8>),
    Regex(Expression),
    Glob(Box<GlobMatcher>),
    Jq(Box<Program>),
    /// Nothing fits an unknown label.
    Source(Arc<Gate>),
    AnyOf(Vec<Check>),
    AllOf(Vec<Check>),
    Number(Comparison, f64),
    Exists(bool),
    Not(Box<Check>),
}

impl Matcher {
    /// Compiles all patterns of `catalog`. Indexes in matches refer to its order.
    pub fn new(catalog: &Catalog) -> Self {
        let mut alternatives = Vec::new();
        let mut needs = Vec::new();
        let mut keys: BTreeMap<Literal, Vec<u32>> = BTreeMap::new();
        let mut always = Vec::new();
        let mut gates = Gates::default();
        let mut sets = Sets::default();
        let events = catalog.patterns().iter().flat_map(|one| &one.events);
        let all = events.flat_map(|event| &event.alternatives);
        let known = Expressions::of(all.flat_map(|alternative| &alternative.conditions));
        let ways_of = |pattern: &Pattern| -> Vec<_> {
            let alternatives = pattern.events.iter().flat_map(|event| &event.alternatives);
            alternatives
                .map(|alternative| literal::needs(&alternative.conditions, &known))
                .collect()
        };
        let ways: Vec<Vec<_>> = catalog.patterns().par_iter().map(ways_of).collect();
        let mut ways = ways.into_iter().flatten();
        for (pattern, definition) in (0..).zip(catalog.patterns()) {
            let matching = &definition.matching;
            for (event, definition) in (0u32..).zip(&definition.events) {
                for alternative in &definition.alternatives {
                    let index = u32::try_from(alternatives.len()).unwrap_or(u32::MAX);
                    let ways = ways.next().unwrap_or_default();
                    if ways.iter().any(|way| way.key.is_empty()) {
                        always.push(index);
                    } else {
                        for literal::Need { key, near, others } in ways {
                            let need = u32::try_from(needs.len()).unwrap_or(u32::MAX);
                            for literal in key {
                                keys.entry(literal).or_default().push(need);
                            }
                            needs.push(Need::new(index, near, others, &mut sets));
                        }
                    }
                    alternatives.push(Compiled {
                        pattern,
                        event,
                        conditions: alternative
                            .conditions
                            .iter()
                            .map(|c| {
                                let check = match (&c.field, &c.test) {
                                    (Field::Source, Test::Equals(label)) => {
                                        Check::Source(gates.of(catalog, label))
                                    }
                                    (_, test) => check(test),
                                };
                                (c.field.clone(), check)
                            })
                            .collect(),
                        capture: alternative.capture.clone(),
                        names_entry: alternative.conditions.iter().any(names_entry),
                        counts: matching.events.contains(&(event as usize)),
                    });
                }
            }
        }
        let (literals, by_literal) = keys.into_iter().unzip();
        // Freeing so many small texts takes as long as making the tables of those that are looked for.
        let prefilter = rayon::in_place_scope(|scope| {
            scope.spawn(|_| drop(known));
            Prefilter::new(literals)
        });
        Self {
            formats: formats(catalog),
            alternatives,
            prefilter,
            needs,
            sets: sets.len(),
            by_literal,
            always,
            yields: catalog.yields().to_vec(),
            markers: MARKERS.map(Needles::new),
            watched: false,
        }
    }

    /// Counts how far records get with each pattern, which takes time.
    #[must_use]
    pub fn watched(mut self, watched: bool) -> Self {
        self.watched = watched;
        self
    }

    /// The same, but that every alternative is tried on every record, whatever literals it has.
    #[cfg(test)]
    pub(super) fn exhaustive(mut self) -> Self {
        let all = u32::try_from(self.alternatives.len()).unwrap_or(u32::MAX);
        self.prefilter = Prefilter::new(Vec::new());
        self.needs.clear();
        self.by_literal.clear();
        self.always = (0..all).collect();
        self
    }

    /// The line formats by which lines become records.
    pub fn formats(&self) -> &Formats {
        &self.formats
    }

    /// The literals that the prefilter looks for because of `conditions`; empty when every line is a candidate.
    pub fn keys(conditions: &[Condition]) -> Vec<String> {
        let ways = literal::needs(conditions, &Expressions::default());
        if ways.iter().any(|way| way.key.is_empty()) {
            return Vec::new();
        }
        let keys = ways.iter().flat_map(|way| &way.key);
        keys.map(|literal| String::from_utf8_lossy(&literal.bytes).into_owned())
            .collect()
    }
}

/// Whether a condition says in which entries an event stands, not only in which it does not.
fn names_entry(condition: &Condition) -> bool {
    condition.field == Field::Entry && !matches!(condition.test, Test::Not(_) | Test::Exists(_))
}

/// The built-in line formats, and those of the catalog. What cannot be compiled is left out: the catalog has checked it.
fn formats(catalog: &Catalog) -> Formats {
    let level = |(word, level): &(String, String)| {
        Some((word.clone(), Level::from_name(level.as_bytes())?))
    };
    let custom = catalog.log_formats().iter().filter_map(|format| {
        let levels = format.levels.iter().filter_map(level).collect();
        CustomFormat::new(&*format.id, &format.line, format.time.clone(), levels).ok()
    });
    Formats::new(custom.collect())
}

/// What lines of CRI contain whose payload goes on in the next line, so that the prefilter may miss its literals.
const PARTIAL: [&str; 2] = ["stdout P ", "stderr P "];

/// How many of the first markers are those.
pub(super) const PARTIALS: usize = PARTIAL.len();

/// First [`PARTIAL`], then what lines of level error or worse contain in some spelling; the level itself is read by the
/// parser. A searcher looks at as many bytes as its shortest text has, and stops the more often the more texts it has: parts
/// of words stand for several spellings, and the short texts are apart.
#[rustfmt::skip]
const MARKERS: [&[&str]; 2] = [
    &[
        PARTIAL[0], PARTIAL[1],
        "rror", "eror", "EROR", "atal", "FATA", "anic", "PANI", "crit", "CRIT", "Crit", "lert", "ALERT", "emer", "EMER",
        "Emer", "evere", "SEVERE", "[err", "|err", ":err ", "=err", "\"err\"", "PRIORITY\":\"", "PRIORITY=",
    ],
    &[
        "ERR", "FTL", "ftl", "PNC", "pnc", "\nE0", "\nE1", "\nF0", "\nF1", " E0", " E1", " F0", " F1", " E | ", " C | ", "\"E\"",
        "\"C\"", "\"F\"", "\"E0", "\"E1", "\"F0", "\"F1", "el\":5", "el\":6", "el\": 5", "el\": 6", "el\\\":5", "el\\\":6", " -1 ",
    ],
];

fn check(test: &Test) -> Check {
    let all = |tests: &[Test]| tests.iter().map(check).collect();
    let bytes = |text: &String| text.as_bytes().to_vec();
    match test {
        Test::Equals(text) => Check::Equals(bytes(text)),
        Test::AtLeast(level) => {
            Check::AtLeast(Level::from_name(level.as_bytes()).unwrap_or_default())
        }
        Test::Contains(text) => {
            Check::Contains(Box::new(memmem::Finder::new(text.as_bytes()).into_owned()))
        }
        Test::StartsWith(text) => Check::StartsWith(bytes(text)),
        Test::EndsWith(text) => Check::EndsWith(bytes(text)),
        Test::Regex(text) => Check::Regex(Expression::new(text)),
        Test::Glob(text) => match GlobBuilder::new(text).literal_separator(true).build() {
            Ok(glob) => Check::Glob(Box::new(glob.compile_matcher())),
            Err(_) => Check::Equals(bytes(text)),
        },
        // The catalog has checked it.
        Test::Jq(text) => match Program::new(text) {
            Ok(program) => Check::Jq(Box::new(program)),
            Err(_) => Check::AnyOf(Vec::new()),
        },
        Test::AnyOf(tests) => Check::AnyOf(all(tests)),
        Test::AllOf(tests) => Check::AllOf(all(tests)),
        Test::Number(comparison, number) => Check::Number(*comparison, *number),
        Test::Exists(exists) => Check::Exists(*exists),
        Test::Not(test) => Check::Not(Box::new(check(test))),
    }
}
