//! `bundlecheck patterns list`.

use std::io::{BufWriter, Write as _};

use anyhow::bail;
use serde::Serialize;

use crate::catalog::Severity;
use crate::cli::ExitStatus;
use crate::cli::args::ListArgs;
use crate::cli::command::{catalog, explain::shown};
use crate::report::plural::plural;

pub(super) fn run(args: &ListArgs) -> anyhow::Result<ExitStatus> {
    let catalog = catalog(&args.patterns)?;
    let patterns = catalog.patterns().iter().map(|pattern| Listed {
        id: &pattern.id,
        kind: "symptom",
        area: pattern.area(),
        severity: pattern.severity.as_str(),
        rank: pattern.severity,
        title: &pattern.title,
        tags: &pattern.tags,
        cause: &pattern.cause,
    });
    let causes = catalog.causes().iter().map(|cause| Listed {
        id: &cause.id,
        kind: "diagnosis",
        area: cause.area(),
        severity: cause.severity.as_str(),
        rank: cause.severity,
        title: &cause.title,
        tags: &cause.tags,
        cause: &cause.cause,
    });
    let all: Vec<Listed<'_>> = patterns.chain(causes).collect();
    if let Some(area) = &args.area
        && !all.iter().any(|one| one.area == area)
    {
        let mut areas: Vec<_> = all.iter().map(|one| one.area).collect();
        areas.sort_unstable();
        areas.dedup();
        bail!(
            "there is no area `{area}`\nhelp: there are: {}",
            areas.join(", ")
        );
    }
    if let Some(tag) = args
        .tag
        .iter()
        .find(|tag| !all.iter().any(|one| one.tags.contains(tag)))
    {
        bail!("no pattern has the tag `{tag}`");
    }
    let mut listed: Vec<&Listed<'_>> = all.iter().filter(|one| one.fits(args)).collect();
    listed.sort_by_key(|one| one.id);
    let mut out = BufWriter::new(std::io::stdout().lock());
    if args.json {
        serde_json::to_writer_pretty(&mut out, &listed)?;
        writeln!(out)?;
    } else {
        let width = listed.iter().map(|one| one.id.len()).max().unwrap_or(0);
        for one in &listed {
            let (severity, title) = (one.severity, shown(one.title));
            writeln!(out, "{:<width$}  {severity:<7}  {title}", one.id)?;
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
    #[serde(skip)]
    cause: &'c str,
    #[serde(skip)]
    rank: Severity,
}

impl Listed<'_> {
    fn fits(&self, args: &ListArgs) -> bool {
        let texts = [self.id, self.title, self.cause].map(str::to_lowercase);
        let says = |word: &str| {
            let word = word.to_lowercase();
            texts.iter().any(|text| text.contains(&word)) || self.tags.contains(&word)
        };
        let severe = args.severity.is_none_or(|least| self.rank >= least.into());
        args.tag.iter().all(|tag| self.tags.contains(tag))
            && args.area.as_ref().is_none_or(|area| self.area == area)
            && severe
            && args.words.iter().all(|word| says(word))
    }
}
