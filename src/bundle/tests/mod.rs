mod seven_zip;
mod streams;
mod tar;
mod zip;

use std::io::{Read, Write};

use super::*;

/// Keeps everything that a walk delivers.
#[derive(Debug, Default)]
struct Collected {
    entries: Vec<(String, Vec<u8>)>,
    skipped: Vec<(String, Reason)>,
    links: Vec<String>,
}

impl Visitor for Collected {
    fn entry(&mut self, entry: &Entry, content: &mut dyn Read) {
        let mut bytes = Vec::new();
        content
            .read_to_end(&mut bytes)
            .expect("readers of entries do not fail");
        self.entries.push((entry.origin.to_string(), bytes));
    }

    fn skipped(&mut self, origin: &Origin, reason: Reason, _detail: &str) {
        self.skipped.push((origin.to_string(), reason));
    }

    fn link(&mut self, origin: &Origin, _: &str, _: LinkKind) {
        self.links.push(origin.to_string());
    }

    fn members(&mut self, count: usize, visit: &(dyn Fn(usize, &mut dyn Visitor) + Sync)) {
        (0..count).for_each(|index| visit(index, self));
    }

    fn deferred(&mut self, work: Deferred) {
        work(self);
    }
}

fn walk(name: &str, bytes: Vec<u8>) -> (String, Collected) {
    let bundle = Bundle::from_reader(name, std::io::Cursor::new(bytes));
    let mut collected = Collected::default();
    let container = bundle
        .walk(&Limits::default(), &mut collected)
        .expect("a first walk");
    (container.to_string(), collected)
}

const FILES: &[(&str, &str)] = &[
    ("node-1/api.log", "one\ntwo\n"),
    ("node-2/api.log", "three\n"),
];

fn tar_of(files: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut builder = ::tar::Builder::new(Vec::new());
    for (name, content) in files {
        let mut header = ::tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        builder
            .append_data(&mut header, name, &content[..])
            .expect("writing to memory");
    }
    builder.into_inner().expect("writing to memory")
}

fn plain_tar() -> Vec<u8> {
    let files: Vec<_> = FILES
        .iter()
        .map(|(name, text)| (*name, text.as_bytes().to_vec()))
        .collect();
    tar_of(&files)
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).expect("writing to memory");
    encoder.finish().expect("writing to memory")
}

fn xz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = liblzma::write::XzEncoder::new(Vec::new(), 6);
    encoder.write_all(bytes).expect("writing to memory");
    encoder.finish().expect("writing to memory")
}

fn bzip2(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ::bzip2::write::BzEncoder::new(Vec::new(), ::bzip2::Compression::best());
    encoder.write_all(bytes).expect("writing to memory");
    encoder.finish().expect("writing to memory")
}

fn zip_of(files: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut writer = ::zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in files {
        writer
            .start_file(*name, ::zip::write::SimpleFileOptions::default())
            .expect("writing to memory");
        writer.write_all(content).expect("writing to memory");
    }
    writer.finish().expect("writing to memory").into_inner()
}

fn expect_files(collected: &Collected) {
    let found: Vec<_> = collected
        .entries
        .iter()
        .map(|(name, bytes)| (name.as_str(), std::str::from_utf8(bytes).expect("text")))
        .collect();
    assert_eq!(found, FILES);
    assert_eq!(collected.skipped, []);
}

#[test]
fn every_container_gives_the_same_entries() {
    let tar = plain_tar();
    let files: Vec<_> = FILES
        .iter()
        .map(|(name, text)| (*name, text.as_bytes().to_vec()))
        .collect();
    let zstd = zstd::encode_all(&tar[..], 3).expect("writing to memory");
    for (kind, bytes) in [
        ("tar", tar.clone()),
        ("tar.gz", gzip(&tar)),
        ("tar.xz", xz(&tar)),
        ("tar.zst", zstd),
        ("tar.bz2", bzip2(&tar)),
        ("zip", zip_of(&files)),
    ] {
        let (container, collected) = walk("any-name", bytes);
        assert_eq!(container, kind);
        expect_files(&collected);
    }
}

#[test]
fn members_are_decompressed_and_archives_inside_archives_are_opened() {
    let inner = xz(&tar_of(&[("var/log/syslog.1.gz", gzip(b"old\n"))]));
    let (container, collected) = walk(
        "case.zip",
        zip_of(&[("node1.tar.xz", inner), ("a.log.xz", xz(b"a\n"))]),
    );
    assert_eq!(container, "zip");
    assert_eq!(
        collected.entries,
        [
            (
                "node1.tar.xz!var/log/syslog.1.gz".to_owned(),
                b"old\n".to_vec()
            ),
            ("a.log.xz".to_owned(), b"a\n".to_vec())
        ]
    );
}

#[test]
fn a_single_log_is_a_bundle_of_one_entry() {
    let (container, collected) = walk("api.log", b"hello\n".to_vec());
    assert_eq!(
        (container.as_str(), collected.entries[0].0.as_str()),
        ("log", "api.log")
    );
    let (container, collected) = walk("api.log.gz", gzip(b"hello\n"));
    assert_eq!(
        (container.as_str(), &collected.entries[0].1[..]),
        ("log.gz", &b"hello\n"[..])
    );
}

#[test]
fn concatenated_members_are_read_to_the_last_and_padding_is_ignored() {
    let mut bytes = gzip(b"one\n");
    bytes.extend(gzip(b"two\n"));
    bytes.extend([0; 512]);
    let (_, collected) = walk("a.gz", bytes);
    assert_eq!(collected.entries[0].1, b"one\ntwo\n");
    assert_eq!(collected.skipped, []);
}

#[test]
fn a_bundle_cut_anywhere_gives_a_prefix_and_says_so() {
    let text: String = (0u32..20_000)
        .map(|i| format!("{i} {:x}\n", i.wrapping_mul(2_654_435_761)))
        .collect();
    let whole = gzip(&tar_of(&[
        ("a.log", text.clone().into_bytes()),
        ("b.log", b"last\n".to_vec()),
    ]));
    for cut in (512..whole.len() - 1).step_by(4096) {
        let (_, collected) = walk("cut.tar.gz", whole[..cut].to_vec());
        let (_, content) = &collected.entries[0];
        assert!(text.as_bytes().starts_with(content), "cut at {cut}");
        assert!(
            collected
                .skipped
                .iter()
                .any(|(_, reason)| *reason == Reason::Truncated),
            "cut at {cut}"
        );
    }
    let (_, most) = walk("cut.tar.gz", whole[..whole.len() - 40].to_vec());
    assert!(most.entries[0].1.len() > text.len() * 9 / 10);
}

#[test]
fn a_wrong_checksum_taints_the_stream_but_its_content_is_used() {
    let mut bytes = gzip(&plain_tar());
    let crc = bytes.len() - 8;
    bytes[crc] ^= 1;
    let (_, collected) = walk("bad.tar.gz", bytes);
    assert_eq!(collected.entries.len(), 2);
    assert_eq!(
        collected.skipped,
        [("bad.tar.gz".to_owned(), Reason::Corrupt)]
    );
}

#[test]
fn a_zip_without_its_directory_is_read_member_by_member() {
    let mut whole = zip_of(&[("a.log", b"one\n".to_vec()), ("b.log", b"two\n".to_vec())]);
    whole.truncate(whole.len() - 30);
    let (_, collected) = walk("cut.zip", whole);
    assert_eq!(collected.entries.len(), 2);
    assert_eq!(
        collected.skipped,
        [("cut.zip".to_owned(), Reason::Truncated)]
    );
}

#[test]
fn foreign_and_binary_content_is_named() {
    let (_, collected) = walk("acme.rar", b"Rar!\x1a\x07\x01\0rest".to_vec());
    assert_eq!(
        collected.skipped,
        [("acme.rar".to_owned(), Reason::Unsupported)]
    );
}

#[test]
fn nesting_ends_at_the_limit() {
    let mut bytes = tar_of(&[("deep.log", b"deep\n".to_vec())]);
    for level in 0..8 {
        bytes = tar_of(&[(&*format!("{level}.tar"), bytes)]);
    }
    let (_, collected) = walk("nested.tar", bytes);
    assert_eq!(collected.entries.len(), 0);
    assert_eq!(collected.skipped.len(), 1);
    assert_eq!(collected.skipped[0].1, Reason::Limit);
}

#[test]
fn a_total_limit_ends_the_reading_with_a_reason() {
    let bundle = Bundle::from_reader("bomb.gz", std::io::Cursor::new(gzip(&vec![b'a'; 1 << 20])));
    let limits = Limits {
        total_bytes: 1000,
        ..Limits::default()
    };
    let mut collected = Collected::default();
    bundle.walk(&limits, &mut collected).expect("a first walk");
    assert!(collected.entries[0].1.len() <= 1000);
    assert_eq!(collected.skipped, [("bomb.gz".to_owned(), Reason::Limit)]);
}

/// Fails at one entry, as a parser of ours may.
struct Faulty(Collected);

impl Visitor for Faulty {
    fn entry(&mut self, entry: &Entry, content: &mut dyn Read) {
        assert!(entry.origin.path() != "b.log", "a fault");
        self.0.entry(entry, content);
    }

    fn skipped(&mut self, origin: &Origin, reason: Reason, detail: &str) {
        self.0.skipped(origin, reason, detail);
    }

    fn link(&mut self, origin: &Origin, target: &str, kind: LinkKind) {
        self.0.link(origin, target, kind);
    }

    fn members(&mut self, count: usize, visit: &(dyn Fn(usize, &mut dyn Visitor) + Sync)) {
        (0..count).for_each(|index| visit(index, self));
    }

    fn deferred(&mut self, work: Deferred) {
        work(self);
    }
}

#[test]
fn a_fault_costs_one_entry() {
    let files = ["a.log", "b.log", "c.log"].map(|name| (name, b"text\n".to_vec()));
    let zip = zip_of(&files);
    let nested = tar_of(&[("in.zip", zip.clone()), ("d.log", b"text\n".to_vec())]);
    for (bundle, inner, entries) in [
        (tar_of(&files), "", 2),
        (zip, "", 2),
        (nested, "in.zip!", 3),
    ] {
        let mut faulty = Faulty(Collected::default());
        Bundle::from_reader("a", std::io::Cursor::new(bundle))
            .walk(&Limits::default(), &mut faulty)
            .expect("a first walk");
        let Faulty(collected) = faulty;
        assert_eq!(collected.entries.len(), entries);
        let told = (format!("{inner}b.log"), Reason::Fault);
        assert_eq!(collected.skipped, [told]);
    }
}

#[test]
fn links_are_never_followed() {
    let mut builder = ::tar::Builder::new(Vec::new());
    let mut header = ::tar::Header::new_gnu();
    header.set_entry_type(::tar::EntryType::Symlink);
    header.set_size(0);
    header.set_cksum();
    builder
        .append_link(&mut header, "all-logs/a.log", "/etc/shadow")
        .expect("writing to memory");
    let (_, collected) = walk(
        "links.tar",
        builder.into_inner().expect("writing to memory"),
    );
    assert_eq!(collected.links, ["all-logs/a.log"]);
    assert_eq!(collected.entries, []);
}

#[test]
fn limits_of_the_whole_bundle_end_the_reading_and_are_told_once() {
    let files: Vec<_> = (0..10)
        .map(|at| (format!("{at}.log"), vec![b'x'; 600]))
        .collect();
    let named = |content: &dyn Fn(&[u8]) -> Vec<u8>| -> Vec<u8> {
        let files: Vec<_> = files
            .iter()
            .map(|(name, text)| (name.as_str(), content(text)))
            .collect();
        tar_of(&files)
    };
    let plain = named(&|text: &[u8]| text.to_vec());
    let nested = named(&gzip);
    let few = Limits {
        entries: 3,
        archives: 4,
        total_bytes: 64 << 10,
        ..Limits::default()
    };
    for (name, bytes, limits, entries) in [
        (
            "entries",
            plain.clone(),
            Limits {
                entries: 3,
                ..Limits::default()
            },
            3,
        ),
        (
            "archives",
            nested.clone(),
            Limits {
                archives: 4,
                ..Limits::default()
            },
            4,
        ),
        (
            "bytes",
            plain,
            Limits {
                total_bytes: 2048,
                ..Limits::default()
            },
            2,
        ),
        ("all", nested, few, 3),
    ] {
        let mut collected = Collected::default();
        Bundle::from_reader("a.tar", std::io::Cursor::new(bytes))
            .walk(&limits, &mut collected)
            .expect("a first walk");
        assert_eq!(collected.entries.len(), entries, "{name}");
        assert_eq!(
            collected.skipped,
            [("a.tar".to_owned(), Reason::Limit)],
            "{name}"
        );
    }
}
