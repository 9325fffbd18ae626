//! What it costs to understand a line: recognising its format and reading time, level, message and fields.
//!
//! `cargo bench --bench records` prints nanoseconds a line, by format and for a mixture, beside what it takes to find
//! the ends of the lines. Nothing passes or fails; numbers are those of the machine. `-- json` takes only the formats
//! whose names contain it, `-- FILE` the lines of a file instead.

#![expect(clippy::print_stdout, reason = "the table is the result")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use bundlecheck::log::{Folder, Formats};
use bundlecheck::text::lines;

/// Lines of each format.
const LINES: usize = 20_000;
/// Rounds of each measurement; the fastest counts.
const ROUNDS: usize = 5;

/// A name and a line in which `#` stands for a number.
const FORMATS: &[(&str, &str)] = &[
    (
        "klog",
        "I1120 12:00:01.000000       1 reflector.go:324] \"Caches populated\" type=\"*v1.Node\" id=\"#\"",
    ),
    (
        "logfmt (logrus)",
        "time=\"2026-11-20T12:00:01Z\" level=info msg=\"request served\" id=# status=200 path=/v1/items",
    ),
    (
        "json (zap)",
        "{\"level\":\"info\",\"ts\":\"2026-11-20T12:00:01Z\",\"caller\":\"mvcc/index.go:214\",\"msg\":\"compacted\",\"revision\":#}",
    ),
    (
        "oslo.log",
        "2022-02-04 10:21:58.881 284971 INFO nova.compute.manager [req-# - - - - -] Volume attached",
    ),
    (
        "calico",
        "2025-11-27 10:00:00.123 [INFO][60] felix/summary.go 100: Summarising # dataplane reconciliation loops",
    ),
    (
        "access log",
        "192.0.2.7 - - [20/Nov/2026:11:49:54 +0100] \"GET /item/# HTTP/1.1\" 200 197 \"-\" \"curl/7.88.1\"",
    ),
    (
        "syslog, plain text",
        "Nov 20 12:00:01 node-1 kubelet[812]: Volume # is already attached",
    ),
    (
        "syslog > logfmt",
        "Nov 20 12:00:01 node-1 rke2[812]: time=\"2026-11-20T12:00:01Z\" level=info msg=\"wake, now=#\"",
    ),
    (
        "cri > json",
        "2026-11-20T12:00:01.123456789Z stdout F {\"level\":\"info\",\"ts\":1795173884.873661,\"msg\":\"compacted\",\"n\":#}",
    ),
    (
        "docker > klog",
        "{\"log\":\"I1120 12:00:01.000000       1 reflector.go:324] Caches populated #\\n\",\"stream\":\"stderr\",\"time\":\"2026-11-20T12:00:01.123456789Z\"}",
    ),
    (
        "iso time, text",
        "2026-11-20T12:00:01.123Z something happened to item #",
    ),
    (
        "no format",
        "        at com.example.Service.call(Service.java:#)",
    ),
    (
        "no format, a table",
        "tcp        0      0 10.0.0.1:#      0.0.0.0:*               LISTEN      812/kubelet",
    ),
];

fn main() {
    let wanted = std::env::args().skip(1).find(|arg| !arg.starts_with('-'));
    let wanted = wanted.unwrap_or_default();
    let formats = Formats::default();
    let mut mixture = Vec::new();
    println!("| format | bytes a line | ns a line | ns a line, folded |");
    println!("| --- | --- | --- | --- |");
    if let Ok(text) = std::fs::read(&wanted) {
        return row(&formats, &wanted, &text);
    }
    for (name, line) in FORMATS.iter().filter(|(name, _)| name.contains(&wanted)) {
        let text = text(line);
        mixture.extend_from_slice(&text);
        row(&formats, name, &text);
    }
    row(&formats, "all of them", &mixture);
    let bare = per_line(&mixture, || {
        black_box(lines(&mixture).count());
    });
    println!("| (ends of lines alone) | | {bare:.0} | |");
}

fn text(line: &str) -> Vec<u8> {
    let numbered = (0..LINES).map(|at| line.replace('#', &at.to_string()) + "\n");
    numbered.collect::<String>().into_bytes()
}

fn row(formats: &Formats, name: &str, text: &[u8]) {
    let parsed = per_line(text, || {
        for (_, line) in lines(text) {
            black_box(formats.parse(line));
        }
    });
    let folded = per_line(text, || {
        black_box(Folder::new(formats, text, false).records().count());
    });
    let width = text.len() / lines(text).count();
    println!("| {name} | {width} | {parsed:.0} | {folded:.0} |");
}

/// Nanoseconds that `work` takes for each line of `text`.
fn per_line(text: &[u8], mut work: impl FnMut()) -> f64 {
    let count = u32::try_from(lines(text).count()).unwrap_or(u32::MAX);
    let once = |()| {
        let start = Instant::now();
        work();
        start.elapsed()
    };
    let fastest: Duration = [(); ROUNDS].map(once).into_iter().min().unwrap_or_default();
    fastest.as_secs_f64() * 1e9 / f64::from(count)
}
