//! One file a command: arguments in, exit status out.

pub(super) mod check;
pub(super) mod explain;
pub(super) mod generate;
pub(super) mod inspect;
pub(super) mod logs;
pub(super) mod patterns;

use std::path::PathBuf;

use anyhow::{Context as _, bail};

use super::args::PatternSource;
use crate::catalog::{Catalog, Loaded, read_files};

/// Loads pattern files with all their problems.
fn load_files(paths: &[PathBuf]) -> anyhow::Result<Loaded> {
    let mut files = Vec::new();
    for path in paths {
        files.extend(read_files(path).context("cannot load patterns")?);
    }
    Ok(Catalog::load(files))
}

/// The catalog that the options ask for. A broken file is an error: a report must not silently lack patterns.
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
    if !loaded.problems.is_empty() {
        let frames: Vec<String> = loaded
            .problems
            .iter()
            .map(crate::catalog::Problem::render_plain)
            .collect();
        bail!("the patterns cannot be used\n\n{}\n", frames.join("\n\n"));
    }
    Ok(builtin.with(loaded.catalog))
}
