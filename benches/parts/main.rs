//! What each part costs by itself: from the decompressors to the views of a report.
//!
//! `cargo bench --bench parts` prints times and throughputs as a tree; `-- records` takes only the parts whose path
//! matches a regular expression, `--max-time 5` measures each for five seconds instead of half a one. Nothing passes or
//! fails: machines differ, and ratios within one run are what tells. All text is generated, the same in every run, and
//! throughput counts it unpacked.

mod catalog;
mod catalogs;
mod decompress;
mod facts;
mod journal;
mod lines;
mod prefilter;
#[path = "../shared/random.rs"]
#[expect(dead_code, reason = "each benchmark draws in ways of its own")]
mod random;
mod records;
mod report;
mod scanning;
mod text;
mod verify;
mod words;

use std::time::Duration;

fn main() {
    divan::Divan::default()
        .max_time(Duration::from_millis(500))
        .config_with_args()
        .main();
}
