//! `bundlecheck patterns check`: pattern files and their examples.

use std::io::{BufWriter, Write};

use super::trial;
use crate::catalog::{Catalog, Loaded, Problem, ProblemKind};
use crate::checker::check_examples;
use crate::cli::args::{ColorArg, PatternsCheckArgs};
use crate::cli::command::load_files;
use crate::cli::{ExitStatus, term};
use crate::report::plural::plural;
use crate::report::stylesheet::paint;

pub(super) fn run(args: &PatternsCheckArgs) -> anyhow::Result<ExitStatus> {
    let loaded = if args.paths.is_empty() {
        Loaded {
            catalog: Catalog::builtin_with_examples(),
            problems: Vec::new(),
        }
    } else {
        load_files(&args.paths)?
    };
    let mut out = BufWriter::new(std::io::stdout().lock());
    let catalog = loaded.catalog.clone();
    let status = examples(loaded, &args.color, &mut out)?;
    if let Some(bundle) = &args.costs {
        trial::costs(&catalog, bundle, &mut out)?;
    }
    out.flush()?;
    Ok(status)
}

/// Runs all examples and says what is broken.
pub(super) fn examples(
    loaded: Loaded,
    color: &ColorArg,
    out: &mut dyn Write,
) -> anyhow::Result<ExitStatus> {
    let Loaded {
        catalog,
        mut problems,
    } = loaded;
    problems.extend(dangling(&catalog));
    let (summary, failed) = check_examples(&catalog);
    problems.extend(failed);
    let colored = term::colored(color.when);
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
    let styles = term::stylesheet(color.when);
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
