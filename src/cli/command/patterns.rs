//! `bundlecheck patterns list|check`.

use std::io::{BufWriter, Write as _};

use serde_json::json;

use super::explain::shown;
use crate::catalog::{Catalog, Problem, ProblemKind};
use crate::checker::check_examples;
use crate::cli::args::{ListArgs, PatternsArgs, PatternsCheckArgs, PatternsCommand};
use crate::cli::{ExitStatus, term};
use crate::report::plural::plural;
use crate::report::stylesheet::paint;

pub(in crate::cli) fn run(args: &PatternsArgs) -> anyhow::Result<ExitStatus> {
    match &args.command {
        PatternsCommand::List(args) => list(args),
        PatternsCommand::Check(args) => check(args),
    }
}

fn list(args: &ListArgs) -> anyhow::Result<ExitStatus> {
    let catalog = super::catalog(&args.patterns)?;
    let catalog = catalog.filtered(|pattern| {
        args.tag
            .as_ref()
            .is_none_or(|tag| pattern.tags.contains(tag))
    });
    let mut out = BufWriter::new(std::io::stdout().lock());
    if args.json {
        let patterns: Vec<_> = catalog
            .patterns()
            .iter()
            .map(|pattern| {
                json!({ "id": pattern.id, "area": pattern.area(), "severity": pattern.severity.as_str(), "title": pattern.title, "tags": pattern.tags })
            })
            .collect();
        serde_json::to_writer_pretty(&mut out, &patterns)?;
        writeln!(out)?;
    } else {
        let width = catalog
            .patterns()
            .iter()
            .map(|pattern| pattern.id.len())
            .max()
            .unwrap_or(0);
        for pattern in catalog.patterns() {
            writeln!(
                out,
                "{:<width$}  {:<7}  {}",
                pattern.id,
                pattern.severity.as_str(),
                shown(&pattern.title)
            )?;
        }
        writeln!(
            out,
            "{}",
            plural(catalog.patterns().len() as u64, "pattern")
        )?;
    }
    out.flush()?;
    Ok(ExitStatus::Clean)
}

fn check(args: &PatternsCheckArgs) -> anyhow::Result<ExitStatus> {
    let (catalog, mut problems) = if args.paths.is_empty() {
        (Catalog::builtin(), Vec::new())
    } else {
        let loaded = super::load_files(&args.paths)?;
        (loaded.catalog, loaded.problems)
    };
    problems.extend(dangling(&catalog));
    let (summary, failed) = check_examples(&catalog);
    problems.extend(failed);
    let colored = term::colored(args.color.when);
    let mut out = BufWriter::new(std::io::stdout().lock());
    for problem in &problems {
        let frame = if colored {
            Problem::render_styled(problem)
        } else {
            Problem::render_plain(problem)
        };
        writeln!(out, "{frame}\n")?;
    }
    let errors = problems
        .iter()
        .filter(|problem| problem.kind == ProblemKind::Error)
        .count();
    let styles = term::stylesheet(args.color.when);
    let counts = format!(
        "{}, {}",
        plural(errors as u64, "error"),
        plural((problems.len() - errors) as u64, "warning")
    );
    let counts = paint(
        if errors > 0 {
            styles.error
        } else {
            styles.headline
        },
        &counts,
    );
    writeln!(
        out,
        "{}, {}: {counts}",
        plural(catalog.patterns().len() as u64, "pattern"),
        plural(summary.examples as u64, "example")
    )?;
    out.flush()?;
    Ok(if errors > 0 {
        ExitStatus::Found
    } else {
        ExitStatus::Clean
    })
}

/// Names of other patterns that neither the catalog nor the built-in one has.
fn dangling(catalog: &Catalog) -> Vec<Problem> {
    let builtin = Catalog::builtin();
    let known = |id: &str| {
        let mut all = catalog.patterns().iter().chain(builtin.patterns());
        match id.strip_suffix('*') {
            Some(prefix) => all.any(|pattern| pattern.id.starts_with(prefix)),
            None => all.any(|pattern| pattern.id == id),
        }
    };
    let mut problems = Vec::new();
    for pattern in catalog.patterns() {
        for id in pattern.explains.iter().chain(&pattern.yields_to) {
            if !known(id) {
                let message = format!("`{}` names `{id}`, which does not exist", pattern.id);
                let problem = pattern.problem(
                    "pattern/unknown-reference",
                    message,
                    pattern.source.id.clone(),
                );
                let similar = builtin.similar(id);
                let help = similar.first().map_or_else(
                    || "`bundlecheck patterns list` shows all".to_owned(),
                    |near| format!("did you mean `{near}`?"),
                );
                problems.push(problem.help(help));
            }
        }
    }
    problems
}
