//! `bundlecheck patterns list|check`.

use std::io::{BufWriter, Write as _};

use serde::Serialize;

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
    let tagged = |tags: &[String]| args.tag.as_ref().is_none_or(|tag| tags.contains(tag));
    let patterns = catalog.patterns().iter().map(|pattern| Listed {
        id: &pattern.id,
        kind: "symptom",
        area: pattern.area(),
        severity: pattern.severity.as_str(),
        title: &pattern.title,
        tags: &pattern.tags,
    });
    let causes = catalog.causes().iter().map(|cause| Listed {
        id: &cause.id,
        kind: "diagnosis",
        area: cause.area(),
        severity: cause.severity.as_str(),
        title: &cause.title,
        tags: &cause.tags,
    });
    let mut listed: Vec<Listed<'_>> = patterns
        .chain(causes)
        .filter(|one| tagged(one.tags))
        .collect();
    listed.sort_by_key(|one| one.id);
    let mut out = BufWriter::new(std::io::stdout().lock());
    if args.json {
        serde_json::to_writer_pretty(&mut out, &listed)?;
        writeln!(out)?;
    } else {
        let width = listed.iter().map(|one| one.id.len()).max().unwrap_or(0);
        for one in &listed {
            let title = shown(one.title);
            writeln!(out, "{:<width$}  {:<7}  {title}", one.id, one.severity)?;
        }
        writeln!(out, "{}", plural(listed.len() as u64, "pattern"))?;
    }
    out.flush()?;
    Ok(ExitStatus::Clean)
}

/// A pattern in a list.
#[derive(Serialize)]
struct Listed<'c> {
    id: &'c str,
    kind: &'static str,
    area: &'c str,
    severity: &'static str,
    title: &'c str,
    tags: &'c [String],
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
        plural(catalog.len() as u64, "pattern"),
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
    let known = |named: &str| catalog.is_named(named) || builtin.is_named(named);
    let mut problems = Vec::new();
    let of_patterns = catalog.patterns().iter().map(|pattern| {
        let names = pattern.explains.iter().chain(&pattern.yields_to);
        (&pattern.id, names, &pattern.source)
    });
    let of_causes = catalog.causes().iter().map(|cause| {
        (
            &cause.id,
            cause.explains.iter().chain(&cause.yields_to),
            &cause.source,
        )
    });
    for (own, names, source) in of_patterns.chain(of_causes) {
        for id in names.filter(|id| !known(id)) {
            let message = format!("`{own}` names `{id}`, which does not exist");
            let problem = Problem::new(
                "pattern/unknown-reference",
                message,
                &source.path,
                &source.text,
                source.id.clone(),
            );
            let similar = builtin.similar(id);
            let help = similar.first().map_or_else(
                || "`bundlecheck patterns list` shows all".to_owned(),
                |near| format!("did you mean `{near}`?"),
            );
            problems.push(problem.help(help));
        }
    }
    problems
}
