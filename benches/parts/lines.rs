//! What is done to all text, whether or not a pattern finds anything in it.

use bundlecheck::Catalog;
use bundlecheck::text;
use divan::Bencher;
use divan::counter::BytesCount;

use crate::scanning::Scanning;
use crate::text::Log;

/// Counting the ends of lines.
#[divan::bench]
fn count_newlines(bencher: Bencher<'_, '_>) {
    let log = Log::mixed().text();
    bencher
        .counter(BytesCount::of_slice(&log))
        .bench(|| text::count_newlines(&log));
}

/// Splitting into lines.
#[divan::bench]
fn split(bencher: Bencher<'_, '_>) {
    let log = Log::mixed().text();
    bencher
        .counter(BytesCount::of_slice(&log))
        .bench(|| text::lines(&log).count());
}

/// What a text is, and its times: counting the ends of lines is part of it.
#[divan::bench]
fn sniff(bencher: Bencher<'_, '_>) {
    let scanning = Scanning::new(&Catalog::default(), Log::mixed().files());
    bencher.counter(scanning.bytes()).bench(|| scanning.sniff());
}
