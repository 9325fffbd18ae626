//! One file a command: arguments in, exit status out.

pub(super) mod check;
pub(super) mod explain;
pub(super) mod generate;
pub(super) mod inspect;
pub(super) mod logs;
pub(super) mod patterns;

use std::collections::BTreeSet;
use std::path::PathBuf;

use anyhow::{Context as _, bail};

use super::args::{ForeignArgs, PatternSource};
use crate::catalog::{Catalog, Loaded, Problem, read_files};

/// Loads pattern files with all their problems.
fn load_files(paths: &[PathBuf]) -> anyhow::Result<Loaded> {
    let mut files = Vec::new();
    let mut known = BTreeSet::new();
    for path in paths {
        let read = read_files(path).context("cannot load patterns")?;
        // A folder and a file in it may both be named.
        files.extend(
            read.into_iter()
                .filter(|(path, _)| known.insert(path.clone())),
        );
    }
    Ok(Catalog::load(files))
}

/// The catalog that the options ask for. A broken pattern is an error: a report must not silently lack patterns. Rules of others
/// that cannot be used are told in the report.
fn catalog(source: &PatternSource) -> anyhow::Result<Catalog> {
    let builtin = if source.no_builtin {
        Catalog::default()
    } else {
        Catalog::builtin()
    };
    if source.paths.is_empty() {
        return Ok(builtin);
    }
    let loaded = load_files(&source.paths)?;
    let own = loaded
        .problems
        .iter()
        .filter(|problem| !problem.is_foreign());
    let frames: Vec<String> = own.map(Problem::render_plain).collect();
    if !frames.is_empty() {
        bail!("the patterns cannot be used\n\n{}\n", frames.join("\n\n"));
    }
    Ok(chosen(builtin.with(loaded.catalog), &source.foreign))
}

/// The catalog with what the options say of the rules of others.
fn chosen(mut catalog: Catalog, args: &ForeignArgs) -> Catalog {
    if args.no_drafts {
        catalog = catalog.without_drafts();
    }
    if args.any_source {
        catalog = catalog.any_source();
    }
    catalog
}
