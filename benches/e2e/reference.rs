//! The slow truth: lines that each pattern fits, counted one by one, against what bundlecheck reports.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::process::Command;

use flate2::read::MultiGzDecoder;
use regex::bytes::RegexSetBuilder;

use crate::catalogs::{generated, id};

/// Patterns that are compared: those of one generated catalog.
const PATTERNS: usize = 200;

/// Lines by the id of the pattern that they fit.
type Counts = BTreeMap<String, u64>;

/// Compares the counts of a bundle, and says what differs or how much is equal.
pub(crate) fn compare(
    bin: &Path,
    catalog: &Path,
    bundle: &Path,
) -> io::Result<Result<String, String>> {
    let expected = count(bundle)?;
    let reported = report(bin, catalog, bundle)?;
    let ids: std::collections::BTreeSet<&String> = expected.keys().chain(reported.keys()).collect();
    let of = |counts: &Counts, id: &String| counts.get(id).copied().unwrap_or_default();
    let different: Vec<String> = ids
        .iter()
        .filter(|id| of(&expected, id) != of(&reported, id))
        .map(|id| {
            format!(
                "{id}: {} lines, reported {}",
                of(&expected, id),
                of(&reported, id)
            )
        })
        .collect();
    let matches: u64 = expected.values().sum();
    Ok(if different.is_empty() {
        Ok(format!(
            "equal: {PATTERNS} patterns, {} of them found, {matches} matches",
            expected.len()
        ))
    } else {
        Err(different.join("\n"))
    })
}

/// Each line of each file against each pattern.
fn count(bundle: &Path) -> io::Result<Counts> {
    let patterns = generated();
    let regexes = patterns[..PATTERNS].iter().map(|pattern| &pattern.regex);
    let set = RegexSetBuilder::new(regexes)
        .unicode(false)
        .build()
        .map_err(io::Error::other)?;
    let mut counts = Counts::new();
    let mut archive = tar::Archive::new(MultiGzDecoder::new(File::open(bundle)?));
    for entry in archive.entries()? {
        let mut text = Vec::new();
        entry?.read_to_end(&mut text)?;
        for line in text.split(|byte| *byte == b'\n') {
            for number in set.matches(line) {
                *counts.entry(id(number)).or_default() += 1;
            }
        }
    }
    Ok(counts)
}

fn report(bin: &Path, catalog: &Path, bundle: &Path) -> io::Result<Counts> {
    let output = Command::new(bin)
        .args([
            "--no-builtin",
            "--format",
            "json",
            "--fail-on",
            "never",
            "--patterns",
        ])
        .args([catalog, bundle])
        .output()?;
    let report: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    let findings = report["findings"].as_array().cloned().unwrap_or_default();
    let lines = |finding: &serde_json::Value| {
        let id = finding["id"].as_str()?.to_owned();
        Some((id, finding["lines"].as_u64()?))
    };
    Ok(findings.iter().filter_map(lines).collect())
}
