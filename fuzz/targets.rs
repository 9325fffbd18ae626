//! What is fuzzed, and what must hold for any input.
//!
//! `fuzz_targets/` runs these under libFuzzer; `tests/suite/fuzz.rs` replays `seeds/`, among them every input that
//! once broke something.

use std::io::{self, Cursor, Read};
use std::sync::OnceLock;

use bundlecheck::bundle::{Deferred, Entry, LinkKind, Reason, Visitor};
use bundlecheck::location::Origin;
use bundlecheck::records::{Recorder, Rendering, Selection};
use bundlecheck::report::render::{Format, Human};
use bundlecheck::{Bundle, Catalog, Checker, Limits};

/// Fails by a panic.
type Target = fn(&[u8]);

/// The targets by name.
pub(crate) const TARGETS: &[(&str, Target)] = &[
    ("bundle", bundle),
    ("facts", facts),
    ("journal", journal),
    ("patterns", patterns),
    ("records", records),
    ("tar", tar),
    ("zip", zip),
];

/// Any bytes are a bundle, of which there is a report.
pub(crate) fn bundle(data: &[u8]) {
    check(&Bundle::from_reader("bundle", Cursor::new(data.to_vec())));
}

/// Output of commands, on a machine with a log that makes all of it matter.
pub(crate) fn facts(data: &[u8]) {
    let log = b"level=error msg=\"dial tcp 10.0.0.11:5432: connect: connection refused\"\n\
        level=error msg=\"dial tcp 10.0.0.12:2379: i/o timeout\"\n";
    let files = [("n1/api.log", &log[..]), ("n1/output.txt", data)];
    check(&Bundle::from_files("bundle", files).expect("short names"));
}

/// A binary journal.
pub(crate) fn journal(data: &[u8]) {
    logs(&[b"LPKSHHRH", data].concat());
}

/// Lines of a log: every record is one line of JSON.
pub(crate) fn records(data: &[u8]) {
    logs(data);
}

/// A file of patterns, whose examples are then run.
pub(crate) fn patterns(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let loaded = Catalog::load([("pattern.yaml", text)]);
    for problem in &loaded.problems {
        problem.render_plain();
    }
    let _ = bundlecheck::checker::check_examples(&loaded.catalog);
}

/// A tar gives the same, however it arrives.
pub(crate) fn tar(data: &[u8]) {
    let mut data = data.to_vec();
    // No fuzzer guesses checksums: every block that could be a header gets the right one.
    for block in data.chunks_exact_mut(512) {
        if &block[257..262] == b"ustar" {
            block[148..156].fill(b' ');
            let sum: u32 = block.iter().map(|&byte| u32::from(byte)).sum();
            block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        }
    }
    let whole = Walked::of(Cursor::new(data.clone()));
    let pieces = Walked::of(Pieces(Cursor::new(data)));
    assert_eq!(whole, pieces);
}

/// A zip, with or without its directory.
pub(crate) fn zip(data: &[u8]) {
    Walked::of(Cursor::new([b"PK\x03\x04", data].concat()));
}

fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.total_bytes = 4 << 20;
    limits.entry_bytes = 2 << 20;
    limits.entries = 2_000;
    limits
}

fn checker() -> &'static Checker<'static> {
    static CATALOG: OnceLock<Catalog> = OnceLock::new();
    static CHECKER: OnceLock<Checker<'static>> = OnceLock::new();
    CHECKER.get_or_init(|| {
        Checker::builder(CATALOG.get_or_init(Catalog::builtin))
            .limits(limits())
            .facts(true)
            .logs(true)
            .jobs(1)
            .build()
            .expect("the built-in patterns are sound")
    })
}

/// Makes a report in every format: no fault, and nothing that steers a terminal.
fn check(bundle: &Bundle) {
    let report = checker().check(bundle).expect("a first walk");
    for warning in &report.not_checked {
        assert_ne!(warning.reason, Reason::Fault.as_str(), "{warning:?}");
    }
    for (name, format) in Format::ALL {
        let mut out = Vec::new();
        format
            .render(&report, &Human::plain(), &mut out)
            .expect("writing to memory");
        let text = String::from_utf8(out).expect("reports are text");
        let steers =
            |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{202a}'..='\u{202e}');
        assert!(!text.contains(steers), "{name}: {text:?}");
    }
}

/// Lists the records of a log as JSON lines and as text.
fn logs(data: &[u8]) {
    for rendering in [
        Rendering::Jsonl,
        Rendering::Human {
            styles: bundlecheck::report::stylesheet::Stylesheet::plain(),
            locations: true,
        },
    ] {
        let json = matches!(rendering, Rendering::Jsonl);
        let recorder = Recorder::new(Selection::default(), rendering);
        let bundle = Bundle::from_files("bundle", [("a.log", data)]).expect("a short name");
        let mut out = Vec::new();
        let written = checker()
            .write_logs(&bundle, &recorder, &mut out)
            .expect("writing to memory");
        for warning in &written.not_checked {
            assert_ne!(warning.reason, Reason::Fault.as_str(), "{warning:?}");
        }
        let text = String::from_utf8(out).expect("records are text");
        if json {
            for line in text.lines() {
                serde_json::from_str::<serde_json::Value>(line)
                    .expect("a record is one line of JSON");
            }
        }
    }
}

/// What a walk delivers.
#[derive(Debug, Default, Eq, PartialEq)]
struct Walked {
    entries: Vec<(String, Vec<u8>)>,
    skipped: Vec<(String, Reason, String)>,
    links: Vec<(String, String)>,
}

impl Walked {
    fn of(reader: impl Read + Send + 'static) -> Self {
        let mut walked = Self::default();
        Bundle::from_reader("bundle", reader)
            .walk(&limits(), &mut walked)
            .expect("a first walk");
        let bytes: usize = walked
            .entries
            .iter()
            .map(|(_, content)| content.len())
            .sum();
        assert!(bytes as u64 <= limits().total_bytes);
        walked
    }
}

impl Visitor for Walked {
    fn entry(&mut self, entry: &Entry, content: &mut dyn Read) {
        let mut bytes = Vec::new();
        content
            .read_to_end(&mut bytes)
            .expect("readers of entries do not fail");
        self.entries.push((entry.origin.to_string(), bytes));
    }

    fn skipped(&mut self, origin: &Origin, reason: Reason, detail: &str) {
        // A panic that the walk has caught.
        assert_ne!(reason, Reason::Fault, "{origin}");
        self.skipped
            .push((origin.to_string(), reason, detail.to_owned()));
    }

    fn link(&mut self, origin: &Origin, target: &str, _: LinkKind) {
        self.links.push((origin.to_string(), target.to_owned()));
    }

    fn members(&mut self, count: usize, visit: &(dyn Fn(usize, &mut dyn Visitor) + Sync)) {
        (0..count).for_each(|index| visit(index, self));
    }

    fn deferred(&mut self, work: Deferred) {
        work(self);
    }
}

/// A reader that gives few bytes at a time.
struct Pieces<R>(R);

impl<R: Read> Read for Pieces<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = buffer.len().min(100);
        self.0.read(&mut buffer[..most])
    }
}
