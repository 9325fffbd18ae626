//! The real journals of `BUNDLECHECK_CORPUS`, against what journalctl reads in them and against digests of
//! their contents.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};

use super::{BOOT_ID, Export, Journal, Lines, hex};

/// An entry for comparison: the number, times and boot of its head, and its fields. `_BOOT_ID` is not among
/// them: an entry whose field disagrees with its head (one of systemd's own test journals has such an entry)
/// counts as what its head says, as in journalctl.
#[derive(Debug, Default, Eq, PartialEq)]
struct Plain {
    seqnum: u64,
    realtime: u64,
    monotonic: u64,
    boot_id: Vec<u8>,
    fields: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Plain {
    /// Reads the head from its fields.
    fn exported<'a>(fields: impl Iterator<Item = (&'a [u8], &'a [u8])>) -> Self {
        let mut plain = Self::default();
        let number = |value: &[u8]| {
            let text = std::str::from_utf8(value).expect("a number");
            text.parse().expect("a number")
        };
        for (name, value) in fields {
            match name {
                b"__CURSOR" => plain.seqnum = seqnum(value),
                b"__REALTIME_TIMESTAMP" => plain.realtime = number(value),
                b"__MONOTONIC_TIMESTAMP" => plain.monotonic = number(value),
                BOOT_ID => plain.boot_id = value.to_vec(),
                _ if name.starts_with(b"__") => {}
                _ => plain.fields.push((name.to_vec(), value.to_vec())),
            }
        }
        plain
    }
}

/// The `i=` of a cursor: `s=<id>;i=<hexadecimal>;...`.
fn seqnum(cursor: &[u8]) -> u64 {
    let cursor = std::str::from_utf8(cursor).expect("text");
    let part = cursor.split(';').find_map(|part| part.strip_prefix("i="));
    u64::from_str_radix(part.expect("a number"), 16).expect("a number")
}

fn binary(data: &[u8]) -> Vec<Plain> {
    let journal = Journal::new(data.to_vec()).expect("a journal");
    let plain = |entry: super::Entry<'_>| Plain {
        seqnum: entry.seqnum,
        realtime: entry.realtime,
        monotonic: entry.monotonic,
        boot_id: hex(entry.boot_id).to_vec(),
        fields: entry
            .fields()
            .filter(|(name, _)| *name != BOOT_ID)
            .map(|(name, value)| (name.to_vec(), value.to_vec()))
            .collect(),
    };
    journal.entries().map(plain).collect()
}

fn exported(mut content: &[u8]) -> Vec<Plain> {
    let mut export = Export::new(&mut content);
    let mut entries = Vec::new();
    while export.advance() {
        entries.push(Plain::exported(export.fields()));
    }
    entries
}

/// The same for all files with the same entries, however they are stored: systemd orders the fields of an
/// entry by when they were first used in the file.
fn digest(entries: &[Plain]) -> String {
    let mut hash = Sha256::new();
    for entry in entries {
        hash.update(entry.realtime.to_le_bytes());
        hash.update(entry.monotonic.to_le_bytes());
        hash.update(&entry.boot_id);
        let mut fields: Vec<_> = entry.fields.iter().collect();
        fields.sort_unstable();
        hash.update(fields.len().to_le_bytes());
        for part in fields.into_iter().flat_map(|(name, value)| [name, value]) {
            hash.update(part.len().to_le_bytes());
            hash.update(part);
        }
    }
    hash.finalize()[..8]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Entries and digest of each file.
const EXPECTED: &[(&str, usize, &str)] = &[
    ("generated-c252_LZ4.journal", 2000, GENERATED),
    ("generated-c252_XZ.journal", 2000, GENERATED),
    ("generated-c252_ZSTD.journal", 2000, GENERATED),
    ("generated-c257_0_nc.journal", 2000, GENERATED),
    ("generated-c257_ZSTD.journal", 2000, GENERATED),
    ("generated-old_style.journal", 2000, GENERATED),
    ("generated.export", 2000, GENERATED),
    ("systemd-system.journal", 1922, "66a4b858f4707e38"),
    (
        "systemd-system_0005ebbfd42fc981-39a8842ec948769a.journal_",
        2648,
        "fecd82e346350b71",
    ),
    ("systemd-user-1000.journal", 296, "78358637106da5aa"),
];
const GENERATED: &str = "98c820103000eed2";

fn unpacked(folder: &Path, name: &str) -> Vec<u8> {
    let path = folder.join("journals").join(format!("{name}.zst"));
    let file = File::open(path).expect("a file of the corpus");
    zstd::stream::decode_all(file).expect("a sound file of the corpus")
}

/// What journalctl prints, if it is there and knows the layout.
fn journalctl(data: &[u8], output: &[&str]) -> Option<Vec<u8>> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("x.journal");
    std::fs::write(&path, data).expect("room for a journal");
    let mut command = Command::new("journalctl");
    command.arg("--file").arg(&path).args(output);
    let output = command.env("TZ", "UTC").output().ok()?;
    Some(output.stdout).filter(|printed| !printed.is_empty())
}

/// JSON as journalctl writes it and as this module does: the same but for the order of names and for what
/// only one of them, or only newer versions, have.
fn same_json(theirs: &[u8], data: &[u8]) {
    let mut ours = String::new();
    let mut content = data;
    Lines::binary(&mut content, u64::MAX)
        .read_to_string(&mut ours)
        .expect("reading never fails");
    let theirs = std::str::from_utf8(theirs).expect("JSON is text");
    assert_eq!(theirs.lines().count(), ours.lines().count());
    for (theirs, ours) in theirs.lines().zip(ours.lines()) {
        let [theirs, ours] = [theirs, ours].map(|line| {
            let mut object: serde_json::Map<String, serde_json::Value> =
                serde_json::from_str(line).expect("a JSON object");
            for name in ["__CURSOR", "__SEQNUM", "__SEQNUM_ID"] {
                object.remove(name);
            }
            object
        });
        assert_eq!(theirs, ours);
    }
}

#[test]
fn real_journals_are_read_like_journalctl_reads_them() {
    let folder = std::env::var_os("BUNDLECHECK_CORPUS").map(PathBuf::from);
    let Some(folder) = folder.filter(|folder| folder.is_dir()) else {
        // Past the test harness, which would swallow it.
        let _ = writeln!(
            std::io::stderr(),
            "skipped: BUNDLECHECK_CORPUS names no folder"
        );
        return;
    };
    for &(name, count, expected) in EXPECTED {
        let data = unpacked(&folder, name);
        if name.ends_with(".export") {
            let entries = exported(&data);
            assert_eq!(
                (entries.len(), &*digest(&entries)),
                (count, expected),
                "{name}"
            );
            continue;
        }
        let entries = binary(&data);
        assert_eq!(
            (entries.len(), &*digest(&entries)),
            (count, expected),
            "{name}"
        );
        if let Some(theirs) = journalctl(&data, &["-o", "export"]) {
            assert!(
                exported(&theirs) == entries,
                "{name}: fields or their order differ"
            );
        }
        if let Some(theirs) = journalctl(&data, &["-o", "json", "--all"]) {
            same_json(&theirs, &data);
        }
    }
}
