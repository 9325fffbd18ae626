//! How much a check costs beside decompressing the bundle: ratios within one run, since machines differ.
//!
//! `cargo bench` prints a table; nothing passes or fails.

#![expect(clippy::print_stdout, reason = "the table is the result")]

use std::io::{Cursor, Read, Write};
use std::time::{Duration, Instant};

use bundlecheck::{Bundle, Catalog, Checker};

/// Unpacked size of the bundle.
const SIZE: usize = 128 << 20;
/// Rounds of each measurement; the fastest counts.
const ROUNDS: usize = 5;

fn main() {
    let catalog = Catalog::builtin();
    println!("| failing lines | decompress | check -j1 | ratio | check -j2 | ratio |");
    println!("| --- | --- | --- | --- | --- | --- |");
    for permille in [0, 1, 10, 50] {
        let bundle = gzip(&logs(permille));
        let decompress = fastest(|| decompress(&bundle));
        let [one, two] = [1, 2].map(|jobs| {
            let checker = Checker::builder(&catalog)
                .jobs(jobs)
                .build()
                .expect("threads can be started");
            fastest(|| check(&checker, bundle.clone()))
        });
        let ratio = |time: Duration| time.as_secs_f64() / decompress.as_secs_f64();
        println!(
            "| {:.1} % | {decompress:.0?} | {one:.0?} | {:.2} | {two:.0?} | {:.2} |",
            f64::from(permille) / 10.0,
            ratio(one),
            ratio(two)
        );
    }
}

/// Lines of four formats; of a thousand lines `permille` are failures that a pattern knows.
fn logs(permille: u32) -> Vec<u8> {
    let mut text = Vec::with_capacity(SIZE + 512);
    let mut at = 0u32;
    while text.len() < SIZE {
        let id = at.wrapping_mul(2_654_435_761);
        let (minute, second) = (at / 60 % 60, at % 60);
        if at % 1000 < permille {
            let _ = writeln!(
                text,
                "time=\"2026-11-20T12:{minute:02}:{second:02}Z\" level=error msg=\"dial tcp 192.0.2.7:5432: connect: connection refused\" id={id:x}"
            );
        } else {
            let _ = match at % 4 {
                0 => writeln!(
                    text,
                    "time=\"2026-11-20T12:{minute:02}:{second:02}Z\" level=info msg=\"request served\" id={id:x} status=200 path=/v1/items"
                ),
                1 => writeln!(
                    text,
                    "I1120 12:{minute:02}:{second:02}.000000       1 reflector.go:324] \"Caches populated\" type=\"*v1.Node\" id=\"{id:x}\""
                ),
                2 => writeln!(
                    text,
                    "Nov 20 12:{minute:02}:{second:02} node-1 kubelet[812]: Volume {id:x} is already attached"
                ),
                _ => writeln!(
                    text,
                    "{{\"level\":\"info\",\"ts\":\"2026-11-20T12:{minute:02}:{second:02}Z\",\"msg\":\"compacted\",\"id\":\"{id:x}\"}}"
                ),
            };
        }
        at += 1;
    }
    text
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder
        .write_all(text)
        .and_then(|()| encoder.finish())
        .expect("writing to memory")
}

fn decompress(bundle: &[u8]) {
    let mut decoder = flate2::read::MultiGzDecoder::new(bundle);
    let mut buffer = vec![0; 256 << 10];
    while decoder.read(&mut buffer).expect("a sound stream") > 0 {}
}

fn check(checker: &Checker<'_>, bundle: Vec<u8>) {
    let bundle = Bundle::from_reader("bench", Cursor::new(bundle));
    let report = checker.check(&bundle).expect("a first walk");
    assert!(report.bundle.bytes >= SIZE as u64);
}

fn fastest(mut work: impl FnMut()) -> Duration {
    let once = |()| {
        let start = Instant::now();
        work();
        start.elapsed()
    };
    [(); ROUNDS].map(once).into_iter().min().unwrap_or_default()
}
