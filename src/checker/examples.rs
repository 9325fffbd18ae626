//! Every pattern proves itself: its examples match, its near misses do not, in every wrapping.

use std::io::Cursor;

use rayon::prelude::*;

use super::Checker;
use crate::bundle::Bundle;
use crate::catalog::{Catalog, Pattern, Problem};
use crate::diagnose::Filter;
use crate::matcher::Matcher;

/// What [`check_examples`] ran.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct ExampleSummary {
    /// Texts, each counted once whatever the number of wrappings.
    pub examples: usize,
}

/// When examples are collected: 2038-01-01.
const END: i64 = 2_145_916_800_000_000;

/// A way in which collectors wrap a line.
type Wrapping = (&'static str, fn(&str, usize) -> String);

/// How examples are wrapped, besides standing alone. The argument is the number of the line.
const WRAPPINGS: &[Wrapping] = &[
    ("docker json", |line, at| {
        let log = serde_json::Value::String(format!("{line}\n"));
        format!(
            "{{\"log\":{log},\"stream\":\"stderr\",\"time\":\"2026-11-20T12:00:{:02}.000000001Z\"}}",
            at % 60
        )
    }),
    ("CRI", |line, at| {
        format!("2026-11-20T12:00:{:02}.000000001Z stderr F {line}", at % 60)
    }),
    ("syslog", |line, at| {
        format!("Nov 20 12:00:{:02} node-1 app[7]: {line}", at % 60)
    }),
];

/// Runs all examples and near misses of `catalog` and returns what does not hold, and warnings about patterns
/// that would be slow.
pub fn check_examples(catalog: &Catalog) -> (ExampleSummary, Vec<Problem>) {
    let problems: Vec<Vec<Problem>> = catalog.patterns().par_iter().map(check_pattern).collect();
    let examples = catalog
        .patterns()
        .iter()
        .map(|pattern| pattern.examples.len() + pattern.negative_examples.len())
        .sum();
    (ExampleSummary { examples }, problems.concat())
}

fn check_pattern(pattern: &Pattern) -> Vec<Problem> {
    let mut problems = slow(pattern);
    let alone = Catalog::load([(&*pattern.source.path, &*pattern.source.text)])
        .catalog
        .filtered(|other| other.id == pattern.id);
    // Whatever the examples say was long ago.
    let filter = Filter {
        collected_at: Some(END),
        ..Filter::default()
    };
    let Ok(checker) = Checker::builder(&alone).jobs(1).filter(filter).build() else {
        return problems;
    };
    for (example, at) in pattern.examples.iter().zip(1..) {
        for (wrapping, text) in wrapped(&example.text) {
            if matches(&checker, &text) {
                continue;
            }
            let message = format!("example {at} does not match `{}`{wrapping}", pattern.id);
            let problem =
                pattern.problem("pattern/example-unmatched", message, example.span.clone());
            problems.push(
                problem
                    .label("was expected to match")
                    .help("widen the conditions, or move the text to `negative_examples`"),
            );
            break;
        }
    }
    for (example, at) in pattern.negative_examples.iter().zip(1..) {
        for (wrapping, text) in wrapped(&example.text) {
            if !matches(&checker, &text) {
                continue;
            }
            let message = format!("negative example {at} matches `{}`{wrapping}", pattern.id);
            let problem = pattern.problem("pattern/example-matched", message, example.span.clone());
            problems.push(
                problem
                    .label("must not match")
                    .help("narrow the conditions, or move the text to `examples`"),
            );
            break;
        }
    }
    problems
}

/// The text alone and in every wrapping, with how to call it.
fn wrapped(text: &str) -> Vec<(String, String)> {
    let alone = (String::new(), text.to_owned());
    let rewrap = |(name, wrap): &Wrapping| {
        let lines: Vec<String> = text
            .lines()
            .enumerate()
            .map(|(at, line)| wrap(line, at))
            .collect();
        (format!(" when wrapped in {name}"), lines.join("\n"))
    };
    [alone]
        .into_iter()
        .chain(WRAPPINGS.iter().map(rewrap))
        .collect()
}

/// Whether the text, as a log of its own, gives a finding.
fn matches(checker: &Checker<'_>, text: &str) -> bool {
    let bundle = Bundle::from_reader("example", Cursor::new(text.as_bytes().to_vec()));
    checker
        .check(&bundle)
        .is_ok_and(|report| !report.findings.is_empty())
}

/// Warns when no literal narrows an alternative down.
fn slow(pattern: &Pattern) -> Vec<Problem> {
    const LEAST: usize = 4;
    let mut problems = Vec::new();
    for event in &pattern.events {
        for alternative in &event.alternatives {
            let keys = Matcher::keys(&alternative.conditions);
            let shortest = keys.iter().map(String::len).min().unwrap_or(0);
            if shortest >= LEAST {
                continue;
            }
            let message = if keys.is_empty() {
                format!(
                    "the event `{}` requires no literal, so every line is a candidate",
                    event.name
                )
            } else {
                format!("the event `{}` requires only {keys:?}", event.name)
            };
            let problem = pattern.problem("pattern/slow", message, pattern.source.id.clone());
            problems.push(problem.warning().help(format!(
                "add a condition with a text of at least {LEAST} bytes"
            )));
        }
    }
    problems
}
