//! `bundlecheck patterns list`.

use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use anyhow::bail;
use serde::Serialize;

use crate::catalog::Known;
use crate::cli::ExitStatus;
use crate::cli::args::ListArgs;
use crate::cli::command::{catalog, explain::shown, load_files};
use crate::report::plural::plural;

pub(super) fn run(args: &ListArgs) -> anyhow::Result<ExitStatus> {
    // `patterns list PATH`, as with the other commands: a word that is a file or a folder is not looked for.
    let (paths, words): (Vec<&String>, Vec<&String>) =
        args.words.iter().partition(|word| is_catalog(word));
    let catalog = if paths.is_empty() {
        catalog(&args.patterns)?
    } else {
        let paths: Vec<PathBuf> = paths.into_iter().map(PathBuf::from).collect();
        load_files(&paths)?.catalog
    };
    let all: Vec<Known<'_>> = catalog.known().collect();
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
    let mut listed: Vec<&Known<'_>> = all.iter().filter(|one| fits(one, args, &words)).collect();
    listed.sort_by_key(|one| one.id);
    let mut out = BufWriter::new(std::io::stdout().lock());
    if args.json {
        let listed: Vec<_> = listed.into_iter().map(Listed::from).collect();
        serde_json::to_writer_pretty(&mut out, &listed)?;
        writeln!(out)?;
    } else {
        let width = listed.iter().map(|one| one.id.len()).max().unwrap_or(0);
        for one in &listed {
            let (severity, title) = (one.severity.as_str(), shown(one.title));
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
}

impl<'c> From<&Known<'c>> for Listed<'c> {
    fn from(one: &Known<'c>) -> Self {
        Self {
            id: one.id,
            kind: one.kind,
            area: one.area,
            severity: one.severity.as_str(),
            title: one.title,
            tags: one.tags,
        }
    }
}

/// Whether a word names a file or a folder: a bare word is one only where it ends as pattern files do.
fn is_catalog(word: &str) -> bool {
    let path = Path::new(word);
    (word.contains('/') || path.extension().is_some()) && path.exists()
}

fn fits(one: &Known<'_>, args: &ListArgs, words: &[&String]) -> bool {
    let texts = [one.id, one.title, one.cause].map(str::to_lowercase);
    let says = |word: &String| {
        let word = word.to_lowercase();
        texts.iter().any(|text| text.contains(&word)) || one.tags.contains(&word)
    };
    let severe = args
        .severity
        .is_none_or(|least| one.severity >= least.into());
    let tagged = |tag: &String| one.tags.iter().any(|known| known.eq_ignore_ascii_case(tag));
    let area = args.area.as_ref();
    args.tag.iter().all(tagged)
        && area.is_none_or(|area| one.area.eq_ignore_ascii_case(area))
        && severe
        && words.iter().all(|word| says(word))
}
