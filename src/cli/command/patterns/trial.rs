//! `bundlecheck patterns test`, and the costs of `patterns check`: patterns against real bundles.

use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::Context as _;

use super::check;
use crate::bundle::{Bundle, Limits};
use crate::catalog::{Catalog, Example};
use crate::checker::{Checker, Trial, Trials, fires_on};
use crate::cli::ExitStatus;
use crate::cli::args::PatternsTestArgs;
use crate::cli::command::{chosen, load_files};
use crate::cli::term;
use crate::report::plural::{plural, thousands};
use crate::report::stylesheet::{Stylesheet, paint};
use crate::report::{Finding, Report};
use crate::text::{printable, printable_str};

/// Patterns in the table of costs.
const MOST_COSTS: usize = 20;

/// Characters of a quoted line.
const WIDTH: usize = 160;

pub(super) fn run(args: &PatternsTestArgs) -> anyhow::Result<ExitStatus> {
    let loaded = load_files(&args.paths)?;
    let catalog = chosen(loaded.catalog.clone(), &args.foreign);
    let mut out = BufWriter::new(std::io::stdout().lock());
    rules_of_others(&catalog, &mut out)?;
    let status = check::examples(loaded, &args.color, &mut out)?;
    let styles = term::stylesheet(args.color.when);
    for path in &args.against {
        let (report, trials) = try_out(&catalog, path, args.limits.limits())?;
        let name = path.display().to_string();
        let read = &report.stats;
        writeln!(
            out,
            "\n{} {}, {}",
            paint(styles.headline, &printable_str(&name)),
            plural(read.entries, "file"),
            plural(read.lines, "line")
        )?;
        against(&catalog, &report, &trials, styles, &mut out)?;
    }
    out.flush()?;
    Ok(status)
}

/// Each rule of CRE, and whether it fires on the logs that stand beside it.
fn rules_of_others(catalog: &Catalog, out: &mut dyn Write) -> anyhow::Result<()> {
    let rules: Vec<_> = catalog
        .patterns()
        .iter()
        .filter(|one| one.foreign)
        .collect();
    let width = rules.iter().map(|rule| rule.id.len()).max().unwrap_or(0);
    for rule in rules {
        let fires = |examples: &[Example]| -> Option<bool> {
            Some(fires_on(rule, &examples.first()?.text))
        };
        let positive = match fires(&rule.examples) {
            Some(true) => "fires on its test.log",
            Some(false) => "does NOT fire on its test.log",
            None => "has no test.log",
        };
        let negative = match fires(&rule.negative_examples) {
            Some(true) => ", and on its test-fp.log, which it must NOT",
            Some(false) => ", not on its test-fp.log",
            None => "",
        };
        writeln!(out, "{:<width$}  {positive}{negative}", rule.id)?;
    }
    Ok(())
}

fn try_out(catalog: &Catalog, path: &Path, limits: Limits) -> anyhow::Result<(Report, Trials)> {
    let bundle = Bundle::open(path)?;
    let checker = Checker::builder(catalog)
        .watched(true)
        .limits(limits)
        .build()?;
    checker
        .try_out(&bundle)
        .with_context(|| format!("cannot read `{}`", path.display()))
}

/// What each pattern hit, and what has its words and is not hit.
fn against(
    catalog: &Catalog,
    report: &Report,
    trials: &Trials,
    styles: Stylesheet,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let mut silent = Vec::new();
    for (index, pattern) in (0..).zip(catalog.patterns()) {
        let finding = report.findings.iter().find(|found| found.id == pattern.id);
        let trial = trials.iter().find(|(of, _)| *of == index);
        let missed = trial.map_or(0, |(_, trial)| trial.verified - trial.matched);
        if finding.is_none() && missed == 0 {
            silent.push(&*pattern.id);
            continue;
        }
        writeln!(out, "  {}", paint(styles.headline, &pattern.id))?;
        match finding {
            Some(finding) => hits(finding, styles, out)?,
            None => writeln!(out, "    found: nothing")?,
        }
        if let Some((_, trial)) = trial.filter(|_| missed > 0) {
            near_misses(trial, missed, styles, out)?;
        }
    }
    for diagnosis in &report.diagnoses {
        let sure = diagnosis.confidence.as_str();
        writeln!(out, "  {} {sure}: {}", diagnosis.id, diagnosis.title)?;
    }
    if !silent.is_empty() {
        let list = silent.join(", ");
        writeln!(
            out,
            "  no line for {}: {list}",
            plural(silent.len() as u64, "pattern")
        )?;
    }
    Ok(())
}

fn hits(finding: &Finding, styles: Stylesheet, out: &mut dyn Write) -> anyhow::Result<()> {
    let healed = if finding.recovered_at.is_some() {
        ", healed"
    } else {
        ""
    };
    writeln!(
        out,
        "    found: {}, {}{healed}: {}",
        plural(finding.count, "event"),
        plural(finding.lines, "line"),
        finding.title
    )?;
    for quote in &finding.evidence {
        let place = format!("{}:{}", quote.entry, quote.line);
        writeln!(out, "      {}", paint(styles.secondary, &place))?;
        writeln!(out, "        {}", clipped(&quote.text))?;
    }
    Ok(())
}

fn near_misses(
    trial: &Trial,
    missed: u64,
    styles: Stylesheet,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let count = plural(missed, "record");
    writeln!(out, "    not matched, though its words are there: {count}")?;
    for (entry, line) in &trial.near_misses {
        writeln!(
            out,
            "      {}",
            paint(styles.secondary, &printable_str(entry))
        )?;
        writeln!(out, "        {}", clipped(&printable(line)))?;
    }
    Ok(())
}

fn clipped(text: &str) -> String {
    let mut out: String = text.chars().take(WIDTH).collect();
    if out.len() < text.len() {
        out.push_str("...");
    }
    out
}

/// Which patterns make the most work.
pub(super) fn costs(catalog: &Catalog, path: &Path, out: &mut dyn Write) -> anyhow::Result<()> {
    let (report, trials) = try_out(catalog, path, Limits::default())?;
    let mut rows: Vec<(&str, &Trial)> = trials
        .iter()
        .filter_map(|(index, trial)| Some((&*catalog.patterns().get(index as usize)?.id, trial)))
        .collect();
    rows.sort_by_key(|(id, trial)| (std::cmp::Reverse((trial.verified, trial.candidates)), *id));
    let lines = plural(report.stats.lines, "line");
    writeln!(
        out,
        "\n{lines}; records with a literal of the pattern, verified, matched:"
    )?;
    let shown = &rows[..rows.len().min(MOST_COSTS)];
    let width = shown.iter().map(|(id, _)| id.len()).max().unwrap_or(0);
    for (id, trial) in shown {
        let numbers = [trial.candidates, trial.verified, trial.matched].map(thousands);
        let [candidates, verified, matched] = numbers;
        writeln!(
            out,
            "  {id:<width$} {candidates:>11} {verified:>11} {matched:>11}"
        )?;
    }
    if rows.len() > shown.len() {
        let more = rows.len() - shown.len();
        writeln!(out, "  and {}", plural(more as u64, "pattern"))?;
    }
    Ok(())
}
