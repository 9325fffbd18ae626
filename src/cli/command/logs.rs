//! `bundlecheck logs BUNDLE`: all records of all machines in one time line.

use std::collections::BTreeSet;
use std::io::{self, BufWriter, Write};

use anyhow::{Context as _, bail};

use super::check::{instant, open};
use crate::bundle::Bundle;
use crate::checker::{Checker, LogsWritten};
use crate::cli::args::{LogsArgs, LogsFormat};
use crate::cli::output::OutputFile;
use crate::cli::{ExitStatus, redaction, term};
use crate::records::{Recorder, Rendering, Selection};
use crate::redact::{Masked, Redactor};
use crate::report::plural::plural;

pub(in crate::cli) fn run(args: &LogsArgs) -> anyhow::Result<ExitStatus> {
    let catalog = super::catalog(&args.patterns)?;
    let bundle = open(&args.bundle, false)?;
    let checker = Checker::builder(&catalog)
        .jobs(args.jobs.map_or(0, usize::from))
        .assume_zone(args.zone.zone.clone())
        .limits(args.limits.limits())
        .build()?;
    let recorder = Recorder::new(selection(args)?, rendering(args));
    let redactor = redaction::without_hosts(&args.redaction)?;
    let written = if let Some(path) = &args.output {
        let failed = || format!("cannot write `{}`", path.display());
        // The output may be the bundle itself.
        let output = OutputFile::create(path).with_context(failed)?;
        let written = write(&checker, &bundle, &recorder, redactor, output.as_file())?;
        if written.logs > 0 {
            output.commit().with_context(failed)?;
        }
        written
    } else {
        let out = io::stdout().lock();
        write(&checker, &bundle, &recorder, redactor, out)?
    };
    if written.logs == 0 {
        bail!(
            "nothing in `{}` looks like a log\nhelp: `bundlecheck inspect` says what is in it",
            args.bundle.display()
        );
    }
    let lost = written
        .not_checked
        .iter()
        .filter(|warning| warning.is_loss());
    let lost: BTreeSet<&str> = lost.map(|warning| &*warning.entry).collect();
    if !lost.is_empty() {
        let files = plural(lost.len() as u64, "file");
        term::note(&format!(
            "not read, or not wholly: {files}; `bundlecheck inspect` lists them"
        ));
    }
    if written.without_level > 0 {
        let records = plural(written.without_level, "record");
        term::note(&format!("{records} without a level: left out by --level"));
    }
    if written.written.outside > 0 {
        let records = plural(written.written.outside, "record");
        term::note(&format!(
            "{records} of which the time is not known: left out by --since or --until"
        ));
    }
    if written.written.records == 0 {
        let nodes = if written.written.nodes.is_empty() {
            "none is named".to_owned()
        } else {
            written.written.nodes.join(", ")
        };
        term::note(&format!("no record is selected; machines: {nodes}"));
    }
    if written.written.undated > 0 {
        term::note(&format!(
            "of {} the time is not known; they stand at the end",
            plural(written.written.undated, "record")
        ));
    }
    Ok(ExitStatus::Clean)
}

fn write(
    checker: &Checker<'_>,
    bundle: &Bundle,
    recorder: &Recorder,
    redactor: Option<Redactor>,
    out: impl Write,
) -> anyhow::Result<LogsWritten> {
    let mut out = BufWriter::with_capacity(1 << 16, out);
    let Some(redactor) = redactor else {
        let written = checker.write_logs(bundle, recorder, &mut out)?;
        out.flush()?;
        return Ok(written);
    };
    let mut masked = match recorder.rendering() {
        Rendering::Jsonl => Masked::json_lines(out, redactor),
        Rendering::Human { .. } => Masked::text(out, redactor),
    };
    let written = checker.write_logs(bundle, recorder, &mut masked)?;
    masked.flush()?;
    Ok(written)
}

fn selection(args: &LogsArgs) -> anyhow::Result<Selection> {
    let mut selection = Selection::default();
    selection.level = args.level;
    selection.nodes.clone_from(&args.node);
    selection.units.clone_from(&args.unit);
    selection.since = instant(args.since.as_deref(), "--since")?;
    selection.until = instant(args.until.as_deref(), "--until")?;
    for glob in &args.entry {
        selection = selection.entry(glob)?;
    }
    if let Some(regex) = &args.grep {
        selection = selection.text(regex)?;
    }
    Ok(selection)
}

fn rendering(args: &LogsArgs) -> Rendering {
    match args.format {
        LogsFormat::Jsonl => Rendering::Jsonl,
        LogsFormat::Human => Rendering::Human {
            styles: term::stylesheet(args.color.when),
            locations: args.locations,
        },
    }
}
