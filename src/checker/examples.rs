//! Every pattern proves itself: its examples match, its near misses do not, in every wrapping.

use std::io::Cursor;

use rayon::prelude::*;

use super::{Checker, custom};
use crate::bundle::Bundle;
use crate::catalog::{
    BundleExample, Catalog, Cause, Example, FactPattern, LogFormat, Pattern, Problem, Sureness,
};
use crate::diagnose::Filter;
use crate::matcher::Matcher;
use crate::report::Confidence;

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
    let mut problems: Vec<Vec<Problem>> = catalog
        .patterns()
        .par_iter()
        .map(|pattern| check_pattern(catalog, pattern))
        .collect();
    problems.push(check_causes(catalog));
    problems.extend(catalog.facts().iter().map(check_fact));
    problems.extend(
        catalog
            .log_formats()
            .iter()
            .map(|format| check_log_format(catalog, format)),
    );
    let of_patterns = catalog
        .patterns()
        .iter()
        .map(|pattern| pattern.examples.len() + pattern.negative_examples.len());
    let of_causes = catalog
        .causes()
        .iter()
        .map(|cause| cause.examples.len() + cause.negative_examples.len());
    let of_facts = catalog
        .facts()
        .iter()
        .map(|fact| fact.examples.len() + fact.negative_examples.len());
    let of_formats = catalog
        .log_formats()
        .iter()
        .map(|format| format.examples.len() + format.negative_examples.len());
    let examples = of_patterns
        .chain(of_causes)
        .chain(of_facts)
        .chain(of_formats)
        .sum();
    (ExampleSummary { examples }, problems.concat())
}

/// Causes are joined with findings of any pattern, so their examples are checked with the whole catalog.
fn check_causes(catalog: &Catalog) -> Vec<Problem> {
    if catalog.causes().is_empty() {
        return Vec::new();
    }
    let whole = Catalog::builtin().with(catalog.clone());
    let filter = Filter {
        collected_at: None,
        ..Filter::default()
    };
    let Ok(checker) = Checker::builder(&whole).jobs(1).filter(filter).build() else {
        return Vec::new();
    };
    let problems = catalog
        .causes()
        .par_iter()
        .map(|cause| check_cause(&checker, cause));
    problems.collect::<Vec<_>>().concat()
}

fn check_cause(checker: &Checker<'_>, cause: &Cause) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (example, at) in cause.examples.iter().zip(1..) {
        let found = diagnosed(checker, &cause.id, example);
        let wanted = example
            .confidence
            .map(|wanted| Sureness::NAMES[wanted as usize]);
        let as_wanted = |found: &Confidence| wanted.is_none_or(|wanted| found.as_str() == wanted);
        if found.as_ref().is_some_and(as_wanted) {
            continue;
        }
        let but = found.map_or_else(
            || "it is not found".to_owned(),
            |found| format!("it is `{}`", found.as_str()),
        );
        let message = format!("example {at} of `{}`: {but}", cause.id);
        let label = format!("was expected to be {}", wanted.unwrap_or("found"));
        problems.push(
            cause
                .problem("pattern/example-unmatched", message, example.span.clone())
                .label(label),
        );
    }
    for (example, at) in cause.negative_examples.iter().zip(1..) {
        if diagnosed(checker, &cause.id, example).is_some() {
            let message = format!("negative example {at} gives `{}`", cause.id);
            problems.push(
                cause
                    .problem("pattern/example-matched", message, example.span.clone())
                    .label("must not give it"),
            );
        }
    }
    problems
}

/// How sure the diagnosis `id` is in a small bundle; `None` if it is not found.
fn diagnosed(checker: &Checker<'_>, id: &str, example: &BundleExample) -> Option<Confidence> {
    let files = example
        .files
        .iter()
        .map(|(path, text)| (&**path, text.as_bytes()));
    let bundle = Bundle::from_files("example", files).ok()?;
    let report = checker.check(&bundle).ok()?;
    let found = report
        .diagnoses
        .iter()
        .filter(|diagnosis| diagnosis.id == id);
    found.map(|diagnosis| diagnosis.confidence).max()
}

fn check_fact(fact: &FactPattern) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (example, at) in fact.examples.iter().zip(1..) {
        if custom::count(fact, &example.text) == 0 {
            let message = format!("example {at} gives no `{}`", fact.fact);
            problems.push(
                fact.problem("pattern/example-unmatched", message, example.span.clone())
                    .label("was expected to give a fact"),
            );
        }
    }
    for (example, at) in fact.negative_examples.iter().zip(1..) {
        if custom::count(fact, &example.text) > 0 {
            let message = format!("negative example {at} gives `{}`", fact.fact);
            problems.push(
                fact.problem("pattern/example-matched", message, example.span.clone())
                    .label("must give none"),
            );
        }
    }
    problems
}

fn check_log_format(catalog: &Catalog, format: &LogFormat) -> Vec<Problem> {
    let alone = Catalog::default().with_log_formats_of(catalog);
    let matcher = Matcher::new(&alone);
    let recognised = |example: &Example| {
        let record = matcher.formats().parse(example.text.trim_end().as_bytes());
        record
            .formats
            .first()
            .is_some_and(|name| *name == format.id)
    };
    let mut problems = Vec::new();
    for (example, at) in format.examples.iter().zip(1..) {
        if !recognised(example) {
            let message = format!("example {at} is not of the format `{}`", format.id);
            let problem =
                format.problem("pattern/example-unmatched", message, example.span.clone());
            problems.push(
                problem
                    .label("was expected to be recognised, its time included")
                    .help("mend `line` or `time`, or move the text to `negative_examples`"),
            );
        }
    }
    for (example, at) in format.negative_examples.iter().zip(1..) {
        if recognised(example) {
            let message = format!("negative example {at} is of the format `{}`", format.id);
            problems.push(
                format
                    .problem("pattern/example-matched", message, example.span.clone())
                    .label("must not be recognised"),
            );
        }
    }
    problems
}

/// What a draft has left open.
fn unfinished(pattern: &Pattern) -> Option<Problem> {
    let examples = pattern.examples.iter().chain(&pattern.negative_examples);
    let mut texts = [&pattern.title, &pattern.cause]
        .into_iter()
        .chain(&pattern.remediation)
        .chain(pattern.confirm.iter().map(|step| &step.run))
        .chain(examples.map(|example| &example.text));
    texts.any(|text| text.starts_with("TODO")).then(|| {
        let message = "the pattern has texts that begin with TODO";
        let place = pattern.source.id.clone();
        pattern
            .problem("pattern/unfinished", message, place)
            .warning()
    })
}

/// Whether a pattern alone is found in a log, whatever its programs are called.
pub fn fires_on(pattern: &Pattern, log: &str) -> bool {
    let alone = Catalog::of(pattern.clone()).any_source();
    let checker = Checker::builder(&alone).jobs(1).filter(long_ago()).build();
    checker.is_ok_and(|checker| matches(&checker, log))
}

/// Whatever examples say was long ago.
fn long_ago() -> Filter {
    Filter {
        collected_at: Some(END),
        ..Filter::default()
    }
}

fn check_pattern(catalog: &Catalog, pattern: &Pattern) -> Vec<Problem> {
    let mut problems = slow(pattern);
    problems.extend(unfinished(pattern));
    let alone = Catalog::of(pattern.clone())
        .with_log_formats_of(catalog)
        .any_source();
    let Ok(checker) = Checker::builder(&alone).jobs(1).filter(long_ago()).build() else {
        return problems;
    };
    for (example, at) in pattern.examples.iter().zip(1..) {
        for (wrapping, text) in wrapped(pattern, &example.text) {
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
        for (wrapping, text) in wrapped(pattern, &example.text) {
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

/// The text alone and in every wrapping, with how to call it. A log on which a rule of others is tested has its own.
fn wrapped(pattern: &Pattern, text: &str) -> Vec<(String, String)> {
    let alone = (String::new(), text.to_owned());
    if pattern.foreign {
        return vec![alone];
    }
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
