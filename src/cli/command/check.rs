//! `bundlecheck BUNDLE...`: reports on bundles.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::mem;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, anyhow, bail};

use super::catalog;
use crate::bundle::{Bundle, OpenError};
use crate::catalog::{Catalog, Severity, names};
use crate::checker::{Checker, Progress};
use crate::cli::args::{CheckArgs, FailOn, When};
use crate::cli::output::OutputFile;
use crate::cli::{ExitStatus, redaction, suggest, term};
use crate::diagnose::Filter;
use crate::log::parse_instant;
use crate::redact::Redactor;
use crate::report::Report;
use crate::report::plural::plural;
use crate::report::render::{Format, Human, Verbosity};
use crate::report::stylesheet::Stylesheet;
use crate::text::printable_str;

pub(in crate::cli) fn run(args: &CheckArgs) -> anyhow::Result<ExitStatus> {
    let catalog = selected(catalog(&args.patterns)?, args)?;
    let outputs = outputs(args)?;
    // Rules that cannot be used must not cost the reading.
    let redactor = redaction::redactor(&args.redaction)?;
    let mut status = ExitStatus::Clean;
    let (mut bundles, mut paths) = (Vec::new(), Vec::new());
    for path in &args.bundles {
        match open(path, catalog.analyzers() > 0) {
            Ok(bundle) => {
                bundles.push(bundle);
                paths.push(path);
            }
            // One wrong name must not cost the others.
            Err(error) => {
                term::report_error(&error);
                status = ExitStatus::Failed;
            }
        }
    }
    let progress = Arc::new(Progress::default());
    let to_terminal = args.output.is_empty() && io::stdout().is_terminal();
    let checker = Checker::builder(&catalog)
        .filter(filter(args)?)
        .max_evidence(args.max_evidence.into())
        .jobs(args.jobs.map_or(0, usize::from))
        .facts(args.facts)
        .assume_zone(args.zone.zone.clone())
        .limits(args.limits.limits())
        .timed(to_terminal)
        .progress(Arc::clone(&progress))
        .build()?;
    let line = term::ProgressLine::start(args.progress, &progress);
    let reports = checker.check_all(&bundles);
    drop(line);
    let command = command_line();
    let mut checked = Vec::new();
    for (report, path) in reports.into_iter().zip(paths) {
        match report
            .map_err(Into::into)
            .and_then(|report| usable(report, path, args, redactor.as_ref()))
        {
            Ok(mut report) => {
                report.command.clone_from(&command);
                status = worse(status, verdict(&report, args));
                checked.push((report, path));
            }
            Err(error) => {
                term::report_error(&error);
                status = ExitStatus::Failed;
            }
        }
    }
    redaction::mask(
        &args.redaction,
        redactor,
        checked.iter_mut().map(|(report, _)| report),
    );
    for output in &outputs {
        output.write(args, &checked)?;
    }
    // The process ends here, which frees all of it at once.
    mem::forget(checker);
    mem::forget(catalog);
    Ok(status)
}

/// What was typed, without the number of threads, which changes nothing.
fn command_line() -> Vec<String> {
    let mut typed: Vec<String> = Vec::new();
    let mut skip = false;
    for arg in std::env::args_os() {
        let arg = printable_str(&arg.to_string_lossy()).into_owned();
        let number = |rest: &str| rest.bytes().all(|b| b.is_ascii_digit());
        if std::mem::take(&mut skip) || arg.starts_with("--jobs=") {
            continue;
        }
        match arg.strip_prefix("-j") {
            Some("") => skip = true,
            Some(rest) if number(rest.trim_start_matches('=')) => {}
            _ if arg == "--jobs" => skip = true,
            _ => typed.push(arg),
        }
    }
    typed
}

/// The patterns that the options leave.
fn selected(catalog: Catalog, args: &CheckArgs) -> anyhow::Result<Catalog> {
    let ids = |named: &str| {
        let patterns = catalog.patterns().iter().map(|pattern| &*pattern.id);
        let mut ids = patterns.chain(catalog.causes().iter().map(|cause| &*cause.id));
        ids.any(|id| names(named, id))
    };
    for id in args.select.iter().chain(&args.ignore) {
        if !ids(id) {
            bail!("no pattern is called `{id}`{}", similar(&catalog, id));
        }
    }
    let least = args.min_severity.map_or(Severity::Info, Severity::from);
    let ignored = |id: &str| args.ignore.iter().any(|named| names(named, id));
    let wanted =
        |id: &str| args.select.is_empty() || args.select.iter().any(|named| names(named, id));
    let catalog = catalog
        .with_causes(|cause| wanted(&cause.id) && !ignored(&cause.id) && cause.severity >= least);
    // A diagnosis needs the findings that it is made from.
    let needed: Vec<String> = catalog
        .patterns()
        .iter()
        .filter(|pattern| {
            !args.select.is_empty() && catalog.causes().iter().any(|cause| cause.needs(pattern))
        })
        .map(|pattern| pattern.id.clone())
        .collect();
    Ok(catalog.filtered(|pattern| {
        let wanted = wanted(&pattern.id) || needed.contains(&pattern.id);
        wanted && !ignored(&pattern.id) && pattern.severity >= least
    }))
}

pub(super) fn similar(catalog: &Catalog, id: &str) -> String {
    let names = catalog.similar(id);
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    if names.is_empty() {
        "\nhelp: `bundlecheck patterns list` shows all".to_owned()
    } else {
        format!("\nhelp: did you mean {}?", quoted.join(" or "))
    }
}

fn filter(args: &CheckArgs) -> anyhow::Result<Filter> {
    Ok(Filter {
        since: instant(args.since.as_deref(), "--since")?,
        until: instant(args.until.as_deref(), "--until")?,
        nodes: args.node.clone(),
        collected_at: None,
    })
}

/// The time that was typed for an option.
pub(super) fn instant(text: Option<&str>, option: &str) -> anyhow::Result<Option<i64>> {
    let parse = |text: &str| {
        parse_instant(text.as_bytes()).ok_or_else(|| {
            anyhow!("`{text}` is no time for {option}\nhelp: write it as 2026-11-20T12:00:00Z")
        })
    };
    text.map(parse).transpose()
}

/// The bundle at `path`; one that is to be read `again` must not be lost when it was read once.
pub(super) fn open(path: &Path, again: bool) -> anyhow::Result<Bundle> {
    let stream = |name: String, mut reader: Box<dyn io::Read + Send>| {
        if again {
            return Bundle::spooled(&name, &mut reader)
                .with_context(|| format!("cannot keep a copy of `{name}`"));
        }
        Ok(Bundle::from_reader(name, reader))
    };
    if path == Path::new("-") {
        if io::stdin().is_terminal() {
            bail!(
                "standard input is a terminal\nhelp: pipe a log or an archive into `bundlecheck -`"
            );
        }
        return stream("stdin".to_owned(), Box::new(io::stdin()));
    }
    if is_pipe(path) {
        let file = File::open(path).with_context(|| format!("cannot open `{}`", path.display()))?;
        return stream(path.display().to_string(), Box::new(file));
    }
    Bundle::open(path).map_err(|error| match &error {
        OpenError::Open { source, .. } if source.kind() == io::ErrorKind::NotFound => {
            anyhow!(
                "cannot open `{}`: no such file or directory{}",
                path.display(),
                suggest::for_missing(path)
            )
        }
        _ => error.into(),
    })
}

/// Whether it is what a shell makes of `<(command)`.
#[cfg(unix)]
fn is_pipe(path: &Path) -> bool {
    use std::os::unix::fs::FileTypeExt as _;
    std::fs::metadata(path).is_ok_and(|metadata| metadata.file_type().is_fifo())
}

#[cfg(not(unix))]
fn is_pipe(_: &Path) -> bool {
    false
}

/// A bundle of which nothing could be read is an error; silence would look like health.
fn usable(
    report: Report,
    path: &Path,
    args: &CheckArgs,
    redactor: Option<&Redactor>,
) -> anyhow::Result<Report> {
    let nodes = &report.bundle.nodes;
    if let Some(node) = args.node.iter().find(|node| !nodes.contains(node)) {
        let known = if nodes.is_empty() {
            "none".to_owned()
        } else {
            nodes.join(", ")
        };
        bail!(
            "`{}` tells of no node `{node}`\nhelp: its nodes are: {known}",
            path.display()
        );
    }
    let told = report.has_logs() || !report.findings.is_empty() || report.bundle.facts > 0;
    if report.bundle.entries > 0 && told {
        return Ok(report);
    }
    let name = path.display();
    let losses = losses(&report, redactor);
    match (report.bundle.entries, losses.is_empty()) {
        (1.., true) if report.bundle.bytes == 0 => {
            bail!("`{name}` is empty: there is nothing in it to check")
        }
        (0, true) => bail!("`{name}` is empty: there is nothing in it to check"),
        (0, false) => bail!("nothing in `{name}` could be read{losses}"),
        (entries, _) => bail!(
            "nothing that looks like a log was found in {} of `{name}`{}\nhelp: this says nothing about the health of the system; is it the right file?",
            plural(entries, "file"),
            losses
        ),
    }
}

/// The first things that were not read, a line each, for an error that is about them.
pub(super) fn losses(report: &Report, redactor: Option<&Redactor>) -> String {
    const SHOWN: usize = 3;
    let lines: String = report
        .not_checked
        .iter()
        .take(SHOWN)
        .map(|warning| {
            format!(
                "\n{}: {}: {}",
                warning.entry, warning.reason, warning.detail
            )
        })
        .collect();
    match redactor {
        Some(redactor) => redactor.redact(&lines).into_owned(),
        None => lines,
    }
}

fn verdict(report: &Report, args: &CheckArgs) -> ExitStatus {
    if args.strict
        && report
            .not_checked
            .iter()
            .any(crate::report::Warning::is_loss)
    {
        return ExitStatus::Failed;
    }
    let failing: &[&str] = match args.fail_on {
        FailOn::Never => &[],
        FailOn::Error => &["error"],
        FailOn::Warning => &["error", "warning"],
        FailOn::Info => &["error", "warning", "info"],
    };
    if failing.iter().any(|severity| report.count(severity) > 0) {
        ExitStatus::Found
    } else {
        ExitStatus::Clean
    }
}

fn worse(a: ExitStatus, b: ExitStatus) -> ExitStatus {
    match (a, b) {
        (ExitStatus::Failed, _) | (_, ExitStatus::Failed) => ExitStatus::Failed,
        (ExitStatus::Found, _) | (_, ExitStatus::Found) => ExitStatus::Found,
        _ => ExitStatus::Clean,
    }
}

/// Where a rendering goes.
struct Output {
    format: Format,
    file: Option<PathBuf>,
}

/// All outputs; problems with them are found before anything is read.
fn outputs(args: &CheckArgs) -> anyhow::Result<Vec<Output>> {
    let asked = args.format;
    if args.output.is_empty() {
        return Ok(vec![Output {
            format: asked.unwrap_or(Format::Human),
            file: None,
        }]);
    }
    let one = |file: &PathBuf| {
        let extension = file
            .extension()
            .map(|extension| extension.to_string_lossy().into_owned())
            .unwrap_or_default();
        let format = asked.or_else(|| Format::of_extension(&extension));
        let format = format.ok_or_else(|| anyhow!("`{}` has no extension that names a format\nhelp: use .txt, .json or .jsonl, or add --format", file.display()))?;
        Ok(Output {
            format,
            file: Some(file.clone()),
        })
    };
    args.output.iter().map(one).collect()
}

impl Output {
    fn write(&self, args: &CheckArgs, reports: &[(Report, &PathBuf)]) -> anyhow::Result<()> {
        match &self.file {
            None => {
                let mut out = BufWriter::new(io::stdout().lock());
                self.render(args, reports, &mut out)?;
                Ok(out.flush()?)
            }
            Some(file) => self
                .replace(args, reports, file)
                .with_context(|| format!("cannot write `{}`", file.display())),
        }
    }

    fn replace(
        &self,
        args: &CheckArgs,
        reports: &[(Report, &PathBuf)],
        file: &Path,
    ) -> anyhow::Result<()> {
        let output = OutputFile::create(file)?;
        let mut out = BufWriter::new(output.as_file());
        self.render(args, reports, &mut out)?;
        out.flush()?;
        drop(out);
        Ok(output.commit()?)
    }

    fn render(
        &self,
        args: &CheckArgs,
        reports: &[(Report, &PathBuf)],
        out: &mut dyn Write,
    ) -> anyhow::Result<()> {
        if self.format == Format::Json && reports.len() > 1 {
            let all: Vec<&Report> = reports.iter().map(|(report, _)| report).collect();
            serde_json::to_writer_pretty(&mut *out, &all)?;
            writeln!(out)?;
            return Ok(());
        }
        for (at, (report, path)) in reports.iter().enumerate() {
            if at > 0 && self.format == Format::Human {
                writeln!(out)?;
            }
            self.format.render(report, &self.human(args, path), out)?;
        }
        Ok(())
    }

    fn human(&self, args: &CheckArgs, path: &Path) -> Human {
        let verbosity = match (args.quiet, args.verbose) {
            (true, _) => Verbosity::Quiet,
            (_, true) => Verbosity::Verbose,
            _ => Verbosity::Normal,
        };
        if self.file.is_some() {
            return Human {
                verbosity,
                ..Human::plain()
            };
        }
        let link = args.hyperlinks == When::Always
            || (args.hyperlinks == When::Auto && io::stdout().is_terminal());
        let base = path
            .canonicalize()
            .ok()
            .filter(|path| link && path.is_dir());
        let styles: Stylesheet = term::stylesheet(args.color.when);
        Human {
            width: term::width(),
            styles,
            verbosity,
            link_base: base.map(|base| base.display().to_string()),
        }
    }
}
