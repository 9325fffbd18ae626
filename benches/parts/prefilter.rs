//! Scanning text in which no pattern fits anything: what is left is the search for literals, beside `lines::sniff`.

use divan::Bencher;

use crate::catalogs::Patterns;
use crate::scanning::Scanning;
use crate::text::Log;

/// By the size of the catalog.
#[divan::bench(args = Patterns::SIZES)]
fn scan(bencher: Bencher<'_, '_>, patterns: Patterns) {
    let scanning = Scanning::new(&patterns.catalog(), Log::mixed().files());
    let found = scanning.scan();
    assert!(
        found.iter().all(|(_, matches)| matches.is_empty()),
        "nothing fits"
    );
    bencher.counter(scanning.bytes()).bench(|| scanning.scan());
}
