//! `bundlecheck patterns import`: rules of others as native pattern files.

use std::io::Write as _;

use anyhow::{Context as _, bail};

use crate::catalog::Problem;
use crate::cli::args::ImportArgs;
use crate::cli::command::load_files;
use crate::cli::{ExitStatus, term};
use crate::report::plural::plural;

pub(super) fn run(args: &ImportArgs) -> anyhow::Result<ExitStatus> {
    let loaded = load_files(&args.paths)?;
    let frames: Vec<String> = loaded.problems.iter().map(Problem::render_plain).collect();
    for frame in &frames {
        eprintln_frame(frame);
    }
    let imported = loaded.catalog.imported();
    if imported.is_empty() {
        bail!("there are no rules of CRE and no `textAnalyze` of troubleshoot to import");
    }
    if let Some(folder) = &args.out {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot write to `{}`", folder.display()))?;
    }
    let mut left_out = 0;
    let mut out = std::io::stdout().lock();
    for one in &imported {
        let text = match &one.text {
            Ok(text) => text,
            Err(reason) => {
                left_out += 1;
                term::note(&format!("{}: {reason}", one.id));
                continue;
            }
        };
        let name = format!("{}.yaml", one.id);
        let Some(folder) = &args.out else {
            writeln!(out, "# {name}\n{text}")?;
            continue;
        };
        let path = folder.join(name);
        let mut file = std::fs::File::create_new(&path)
            .with_context(|| format!("cannot write `{}`", path.display()))?;
        file.write_all(text.as_bytes())?;
    }
    let written = imported.len() - left_out;
    if args.out.is_some() {
        writeln!(out, "{} written", plural(written as u64, "pattern"))?;
    }
    Ok(if written == 0 {
        ExitStatus::Found
    } else {
        ExitStatus::Clean
    })
}

/// A code frame, on standard error.
fn eprintln_frame(frame: &str) {
    let mut stderr = anstream::stderr().lock();
    let _ = writeln!(stderr, "{frame}\n");
}
