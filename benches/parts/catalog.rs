//! From the text of patterns to something that matches: what a run pays before it reads anything.

use bundlecheck::Catalog;
use bundlecheck::matcher::Matcher;
use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};

use crate::catalogs::{self, BUILTIN, Patterns};

/// The built-in patterns and causes; that they are sound was shown by tests.
#[divan::bench]
fn builtin(bencher: Bencher<'_, '_>) {
    bencher
        .counter(ItemsCount::new(BUILTIN.len()))
        .bench(Catalog::builtin);
}

/// Patterns of a user, which are checked as well.
#[divan::bench(args = [200, 2_000])]
fn load(bencher: Bencher<'_, '_>, count: usize) {
    let files = catalogs::files(count);
    let bytes: usize = files.iter().map(|(_, text)| text.len()).sum();
    bencher
        .counter(BytesCount::new(bytes))
        .counter(ItemsCount::new(count))
        .bench(|| catalogs::load(&files));
}

/// Literals, the prefilter, the conditions, and which pattern yields to which; regexes are compiled when a line first
/// needs them.
#[divan::bench(args = [Patterns::Builtin, Patterns::Generated(200), Patterns::Generated(2_000)])]
fn compile(bencher: Bencher<'_, '_>, patterns: Patterns) {
    let catalog = patterns.catalog();
    bencher
        .counter(ItemsCount::new(catalog.patterns().len()))
        // A catalog remembers who yields to whom, once it was asked.
        .with_inputs(|| catalog.clone())
        .bench_refs(|catalog| Matcher::new(catalog));
}
