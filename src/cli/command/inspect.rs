//! `bundlecheck inspect BUNDLE`: what is inside, without a judgement.

use std::collections::BTreeMap;
use std::io::{BufWriter, Write};

use anyhow::bail;
use serde_json::json;

use super::check::open;
use crate::checker::Checker;
use crate::cli::args::InspectArgs;
use crate::cli::{ExitStatus, term};
use crate::report::plural::{bytes, plural, thousands};
use crate::report::stylesheet::{Stylesheet, paint};
use crate::report::{Report, StatedFact};

pub(in crate::cli) fn run(args: &InspectArgs) -> anyhow::Result<ExitStatus> {
    let catalog = super::catalog(&args.patterns)?;
    let bundle = open(&args.bundle)?;
    let mut report = Checker::builder(&catalog)
        .facts(true)
        .build()?
        .check(&bundle)?;
    if report.bundle.entries == 0 {
        bail!("nothing in `{}` could be read", args.bundle.display());
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
        let whole = json!({ "bundle": report.bundle, "facts": report.facts, "not_checked": report.not_checked });
        serde_json::to_writer_pretty(&mut out, &whole)?;
        writeln!(out)?;
    } else {
        let styles = term::stylesheet(args.color.when);
        summary(&report, styles, &mut out)?;
        if args.facts {
            facts(&report.facts, styles, &mut out)?;
        } else if !report.facts.is_empty() {
            writeln!(
                out,
                "\nList them with `--facts`, some of them with `--facts --kind KIND`."
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
    writeln!(
        out,
        "{}: {}",
        paint(styles.headline, &bundle.path),
        bundle.kind
    )?;
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
        writeln!(out, "  times  {first} to {last}")?;
    }
    if !report.not_checked.is_empty() {
        let warnings = plural(report.not_checked.len() as u64, "warning");
        writeln!(
            out,
            "  not checked  {warnings}; `bundlecheck check --verbose` lists them"
        )?;
    }
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
