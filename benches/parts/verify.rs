//! Scanning text in which the built-in patterns find something, or lines are errors that none of them knows.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::LazyLock;

use bundlecheck::Catalog;
use bundlecheck::matcher::{Match, Scan};
use bundlecheck::text::lines;
use divan::Bencher;

use crate::catalogs::BUILTIN;
use crate::scanning::Scanning;
use crate::text::{ALL, Log};

/// A share of all lines.
#[derive(Clone, Copy, Debug)]
struct Rate(usize);

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, part) = (self.0 * 100 / ALL, self.0 * 100 % ALL * 100 / ALL);
        match part {
            0 => write!(f, "{whole} %"),
            _ => write!(f, "{whole}.{part:02} %"),
        }
    }
}

/// Lines that patterns know.
#[divan::bench(args = [1, 100, 500, ALL].map(Rate))]
fn hits(bencher: Bencher<'_, '_>, rate: Rate) {
    let files = Log::mixed().with_known(rate.0, &KNOWN_LINES).files();
    let count: usize = files.iter().map(|file| lines(file).count()).sum();
    let due = count * rate.0 / ALL;
    let scanning = Scanning::new(&BUILTIN, files);
    let found: usize = scanning
        .scan()
        .iter()
        .map(|(_, matches)| distinct_lines(matches))
        .sum();
    assert!(
        found.abs_diff(due) <= due / 50 + 1,
        "{found} lines fit where {due} should"
    );
    bencher.counter(scanning.bytes()).bench(|| scanning.scan());
}

/// Lines of level error that no pattern knows.
#[divan::bench(args = [100, 500, ALL].map(Rate))]
fn unknown_errors(bencher: Bencher<'_, '_>, rate: Rate) {
    let files = Log::mixed().with_errors(rate.0).files();
    let scanning = Scanning::new(&BUILTIN, files);
    let has_errors = |(scan, _): &(Scan, _)| !scan.errors.is_empty();
    assert!(scanning.scan().iter().any(has_errors));
    bencher.counter(scanning.bytes()).bench(|| scanning.scan());
}

fn distinct_lines(matches: &[Match]) -> usize {
    let lines = matches.iter().map(|found| found.line);
    lines.collect::<BTreeSet<_>>().len()
}

/// The examples of the built-in patterns that are single lines with a time, so that they are found among other lines
/// as well.
pub(crate) static KNOWN_LINES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let catalog = Catalog::builtin_with_examples();
    let alone = Scanning::new(&catalog, Vec::new());
    let is_known = |line: &&str| {
        let line = line.as_bytes();
        let has_time = alone.matcher.formats().parse(line).time.is_some();
        has_time && !alone.one(alone.input(line)).1.is_empty()
    };
    let patterns = catalog.patterns().iter();
    let examples = patterns.flat_map(|pattern| &pattern.examples);
    let lines = examples.map(|example| example.text.trim_end());
    let single = lines.filter(|text| !text.contains('\n'));
    single.filter(is_known).map(str::to_owned).collect()
});
