//! `bundlecheck inspect BUNDLE`: what is inside, without a judgement.

use std::collections::BTreeMap;
use std::io::{BufWriter, Write};

use anyhow::bail;
use serde_json::json;

use super::check::{losses, open};
use crate::checker::Checker;
use crate::cli::args::InspectArgs;
use crate::cli::{ExitStatus, redaction, term};
use crate::location::KINDS;
use crate::report::plural::{bytes, plural, thousands};
use crate::report::stylesheet::{Stylesheet, paint};
use crate::report::{LogFile, Report, StatedFact, Warning};

/// Warnings that are listed unless all are asked for.
const MAX_WARNINGS: usize = 10;

pub(in crate::cli) fn run(args: &InspectArgs) -> anyhow::Result<ExitStatus> {
    let catalog = super::catalog(&args.patterns)?;
    let bundle = open(&args.bundle, false)?;
    // Rules that cannot be used must not cost the reading.
    let redactor = redaction::redactor(&args.redaction)?;
    let mut report = Checker::builder(&catalog)
        .facts(true)
        .logs(true)
        .assume_zone(args.zone.zone.clone())
        .limits(args.limits.limits())
        .build()?
        .check(&bundle)?;
    redaction::mask(&args.redaction, redactor, std::iter::once(&mut report));
    if report.bundle.entries == 0 {
        bail!(
            "nothing in `{}` could be read{}",
            args.bundle.display(),
            losses(&report, None)
        );
    }
    let known: Vec<String> = by_kind(&report)
        .keys()
        .map(|kind| (*kind).to_owned())
        .collect();
    if let Some(kind) = args.kind.iter().find(|kind| !known.contains(kind)) {
        bail!(
            "there are no facts of the kind `{kind}`\nhelp: there are: {}",
            known.join(", ")
        );
    }
    if !args.kind.is_empty() {
        report.facts.retain(|fact| args.kind.contains(&fact.kind));
    }
    let mut out = BufWriter::new(std::io::stdout().lock());
    if args.json {
        let whole = json!({
            "bundle": report.bundle,
            "logs": report.logs,
            "clocks": report.clocks,
            "facts": report.facts,
            "not_checked": report.not_checked,
        });
        serde_json::to_writer_pretty(&mut out, &whole)?;
        writeln!(out)?;
    } else {
        let styles = term::stylesheet(args.color.when);
        summary(&report, styles, &mut out)?;
        if args.logs {
            list_logs(&report.logs, styles, &mut out)?;
        } else {
            formats(&report.logs, styles, &mut out)?;
        }
        clocks(&report, args.logs, styles, &mut out)?;
        not_checked(&report.not_checked, args.logs, styles, &mut out)?;
        count_facts(&report, styles, &mut out)?;
        if args.facts {
            facts(&report.facts, styles, &mut out)?;
        } else if !report.facts.is_empty() {
            writeln!(
                out,
                "\nList them with `--facts`, some of them with `--facts --kind KIND`; all logs with `--logs`."
            )?;
        }
    }
    out.flush()?;
    Ok(ExitStatus::Clean)
}

fn by_kind(report: &Report) -> BTreeMap<&str, Vec<&StatedFact>> {
    let mut kinds: BTreeMap<&str, Vec<&StatedFact>> = BTreeMap::new();
    for fact in &report.facts {
        kinds.entry(&fact.kind).or_default().push(fact);
    }
    kinds
}

fn summary(report: &Report, styles: Stylesheet, out: &mut dyn Write) -> anyhow::Result<()> {
    let bundle = &report.bundle;
    let title = KINDS
        .iter()
        .find(|kind| Some(kind.name) == bundle.kind)
        .map(|kind| kind.title);
    let kind = match title {
        Some(title) => format!("{title} ({})", bundle.container),
        None => bundle.container.clone(),
    };
    writeln!(out, "{}: {kind}", paint(styles.headline, &bundle.path))?;
    let files = format!(
        "{}, {} with logs",
        thousands(bundle.entries),
        thousands(bundle.logs)
    );
    writeln!(
        out,
        "  files  {files}, {} lines, {}",
        thousands(bundle.lines),
        bytes(bundle.bytes)
    )?;
    let nodes = if bundle.nodes.is_empty() {
        "none is named".to_owned()
    } else {
        bundle.nodes.join(", ")
    };
    writeln!(out, "  nodes  {nodes}")?;
    if let (Some(first), Some(last)) = (&bundle.first_time, &bundle.last_time) {
        writeln!(out, "  times  {first} to {last}{}", sources(&report.logs))?;
    }
    if let Some(collected) = &bundle.collected_at {
        writeln!(out, "  collected  {collected}")?;
    }
    Ok(())
}

/// How the times of how many logs are known.
fn sources(logs: &[LogFile]) -> String {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for source in logs.iter().filter_map(|log| log.time_source) {
        *counts.entry(source).or_default() += 1;
    }
    let mut counts: Vec<(&str, u64)> = counts.into_iter().collect();
    counts.sort_by_key(|(source, count)| (u64::MAX - count, *source));
    let counts: Vec<String> = counts
        .iter()
        .map(|(source, count)| format!("{source} in {}", plural(*count, "log")))
        .collect();
    if counts.is_empty() {
        String::new()
    } else {
        format!("; {}", counts.join(", "))
    }
}

/// Lines, recognised lines and files of one format.
#[derive(Default)]
struct Share {
    files: u64,
    lines: u64,
    filled: u64,
    recognised: u64,
    folded: u64,
}

impl Share {
    fn add(&mut self, log: &LogFile) {
        self.files += 1;
        self.lines += log.lines;
        self.filled += log.recognised + log.folded + log.other;
        self.recognised += log.recognised;
        self.folded += log.folded;
    }
}

fn formats(logs: &[LogFile], styles: Stylesheet, out: &mut dyn Write) -> anyhow::Result<()> {
    if logs.is_empty() {
        return Ok(());
    }
    let mut all = Share::default();
    let mut shares: BTreeMap<&str, Share> = BTreeMap::new();
    for log in logs {
        all.add(log);
        shares
            .entry(log.format.as_deref().unwrap_or("no format that is known"))
            .or_default()
            .add(log);
    }
    writeln!(
        out,
        "\n{}  {} of their lines are recognised, {} continue others",
        paint(styles.headline, &plural(logs.len() as u64, "log")),
        percent(all.recognised, all.filled),
        percent(all.folded, all.filled)
    )?;
    let mut shares: Vec<(&str, Share)> = shares.into_iter().collect();
    shares.sort_by_key(|(name, share)| (u64::MAX - share.lines, *name));
    for (name, share) in shares {
        writeln!(
            out,
            "{:>12} {} in {:>4} {} {:>9} recognised  {name}",
            thousands(share.lines),
            if share.lines == 1 { "line " } else { "lines" },
            thousands(share.files),
            if share.files == 1 { "file, " } else { "files," },
            percent(share.recognised, share.filled),
        )?;
    }
    Ok(())
}

/// In hundredths, rounded down, so that only all is 100 %.
fn percent(part: u64, whole: u64) -> String {
    if part == whole {
        return "100 %".to_owned();
    }
    let hundredths = part * 10_000 / whole.max(1);
    format!("{}.{:02} %", hundredths / 100, hundredths % 100)
}

fn list_logs(logs: &[LogFile], styles: Stylesheet, out: &mut dyn Write) -> anyhow::Result<()> {
    writeln!(
        out,
        "\n{}",
        paint(styles.headline, &plural(logs.len() as u64, "log"))
    )?;
    for log in logs {
        writeln!(out, "  {}", log.entry)?;
        for name in &log.linked_as {
            writeln!(
                out,
                "    {}",
                paint(styles.secondary, &format!("also as {name}"))
            )?;
        }
        let filled = log.recognised + log.folded + log.other;
        let format = log.format.as_deref().unwrap_or("no format that is known");
        writeln!(
            out,
            "    {format}, {} lines, {} recognised, {} folded, {} unknown",
            thousands(log.lines),
            percent(log.recognised, filled),
            thousands(log.folded),
            thousands(log.other)
        )?;
        let place = [
            ("node", &log.node),
            ("unit", &log.unit),
            ("namespace", &log.namespace),
            ("container", &log.container),
        ];
        let place: Vec<String> = place
            .iter()
            .filter_map(|(name, value)| Some(format!("{name} {}", value.as_deref()?)))
            .collect();
        let times = match (&log.first, &log.last, log.time_source) {
            (Some(first), Some(last), Some(source)) => format!("{first} to {last} ({source})"),
            (_, _, Some(source)) => source.to_owned(),
            _ => "no times".to_owned(),
        };
        let levels: Vec<String> = log
            .levels
            .iter()
            .map(|(level, count)| format!("{level} {}", thousands(*count)))
            .collect();
        let parts = [place.join(", "), times, levels.join(", ")];
        let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        writeln!(out, "    {}", paint(styles.secondary, &parts.join("; ")))?;
    }
    Ok(())
}

fn clocks(
    report: &Report,
    all: bool,
    styles: Stylesheet,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    if report.clocks.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{}", paint(styles.headline, "Clocks"))?;
    // Files of which the same is known are one line.
    let mut files: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for clock in report.clocks.iter().filter(|clock| clock.node.is_none()) {
        files.entry(&clock.value).or_default().push(&clock.entry);
    }
    for clock in &report.clocks {
        let Some(node) = &clock.node else { continue };
        let place = format!("{}:{}", clock.entry, clock.line);
        let says = format!("{node} {} {}", clock.what, clock.value);
        writeln!(out, "  {says}  {}", paint(styles.secondary, &place))?;
    }
    for (value, entries) in files {
        let count = plural(entries.len() as u64, "log");
        writeln!(out, "  {value}: {count}")?;
        let shown = if all { usize::MAX } else { 1 };
        for entry in entries.iter().take(shown) {
            writeln!(out, "    {}", paint(styles.secondary, entry))?;
        }
    }
    Ok(())
}

fn not_checked(
    warnings: &[Warning],
    all: bool,
    styles: Stylesheet,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    if warnings.is_empty() {
        return Ok(());
    }
    let mut reasons: BTreeMap<&str, u64> = BTreeMap::new();
    for warning in warnings {
        *reasons.entry(warning.reason).or_default() += 1;
    }
    let reasons: Vec<String> = reasons
        .iter()
        .map(|(reason, count)| format!("{} {reason}", thousands(*count)))
        .collect();
    writeln!(
        out,
        "\n{} {}",
        paint(styles.headline, "Not checked:"),
        reasons.join(", ")
    )?;
    let shown = if all { usize::MAX } else { MAX_WARNINGS };
    // What was lost first.
    let mut order: Vec<&Warning> = warnings.iter().collect();
    order.sort_by_key(|warning| !warning.is_loss());
    for warning in order.iter().take(shown) {
        writeln!(
            out,
            "  {}: {}: {}",
            warning.entry, warning.reason, warning.detail
        )?;
    }
    more(warnings.len(), shown, out)
}

fn more(count: usize, shown: usize, out: &mut dyn Write) -> anyhow::Result<()> {
    if count > shown {
        writeln!(
            out,
            "  ... and {} more; list them with `--logs`",
            thousands((count - shown) as u64)
        )?;
    }
    Ok(())
}

fn count_facts(report: &Report, styles: Stylesheet, out: &mut dyn Write) -> anyhow::Result<()> {
    writeln!(
        out,
        "\n{}",
        paint(styles.headline, &plural(report.facts.len() as u64, "fact"))
    )?;
    for (kind, facts) in by_kind(report) {
        let mut entries: Vec<&str> = facts.iter().map(|fact| &*fact.entry).collect();
        entries.dedup();
        let files = match &entries[..] {
            [entry] => (*entry).to_owned(),
            entries => format!("{} and {} more", entries[0], entries.len() - 1),
        };
        writeln!(
            out,
            "{:>8}  {kind:<15} {}",
            thousands(facts.len() as u64),
            paint(styles.secondary, &files)
        )?;
    }
    Ok(())
}
fn facts(facts: &[StatedFact], styles: Stylesheet, out: &mut dyn Write) -> anyhow::Result<()> {
    let mut kind = "";
    for fact in facts {
        if fact.kind != kind {
            kind = &fact.kind;
            writeln!(out, "\n{}", paint(styles.headline, kind))?;
        }
        let mut fields: Vec<String> = fact
            .fields
            .iter()
            .map(|field| format!("{}={}", field.name, field.value))
            .collect();
        fields.extend(fact.inside.iter().map(|inside| format!("inside={inside}")));
        let node = fact
            .node
            .as_deref()
            .map(|node| format!("{node}: "))
            .unwrap_or_default();
        let place = paint(styles.secondary, &format!("{}:{}", fact.entry, fact.line));
        writeln!(out, "  {node}{}  {place}", fields.join(" "))?;
    }
    Ok(())
}
