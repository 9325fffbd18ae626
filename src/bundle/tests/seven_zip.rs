//! 7z as programs write it, and as it arrives.

use sevenz_rust2::{
    ArchiveEntry, ArchiveWriter, EncoderConfiguration, EncoderMethod, SourceReader,
};

use super::*;

fn seven_zip(method: EncoderConfiguration, solid: bool) -> Vec<u8> {
    let mut writer = ArchiveWriter::new(std::io::Cursor::new(Vec::new())).expect("a buffer");
    writer.set_content_methods(vec![method]);
    let entries: Vec<_> = FILES
        .iter()
        .map(|(name, _)| ArchiveEntry::new_file(name))
        .collect();
    let content = |text: &'static str| SourceReader::new(text.as_bytes());
    if solid {
        let readers = FILES.iter().map(|(_, text)| content(text)).collect();
        writer
            .push_archive_entries(entries, readers)
            .expect("a member");
    } else {
        for (entry, (_, text)) in entries.into_iter().zip(FILES) {
            writer
                .push_archive_entry(entry, Some(text.as_bytes()))
                .expect("a member");
        }
    }
    let directory = ArchiveEntry::new_directory("empty");
    writer
        .push_archive_entry::<&[u8]>(directory, None)
        .expect("a member");
    writer.finish().expect("writing to memory").into_inner()
}

fn whole(solid: bool) -> Vec<u8> {
    seven_zip(EncoderMethod::LZMA2.into(), solid)
}

#[test]
fn members_are_read_alone_and_packed_together() {
    for solid in [false, true] {
        let (container, collected) = walk("a.7z", whole(solid));
        assert_eq!(container, "7z");
        expect_files(&collected);
    }
    // Inside of an archive, and from a stream.
    let (_, collected) = walk("a.tar.gz", gzip(&tar_of(&[("case.7z", whole(true))])));
    assert_eq!(collected.entries[0].0, "case.7z!node-1/api.log");
}

/// Members packed together, in LZMA2.
fn solid(entries: Vec<ArchiveEntry>, contents: &[&'static [u8]]) -> Vec<u8> {
    let mut writer = ArchiveWriter::new(std::io::Cursor::new(Vec::new())).expect("a buffer");
    writer.set_content_methods(vec![EncoderMethod::LZMA2.into()]);
    let readers = contents.iter().map(|content| SourceReader::new(*content));
    writer
        .push_archive_entries(entries, readers.collect())
        .expect("members");
    writer.finish().expect("writing to memory").into_inner()
}

#[test]
fn what_stands_behind_other_members_is_read() {
    let mut link = ArchiveEntry::new_file("link.log");
    link.has_windows_attributes = true;
    link.windows_attributes = 0x8000 | 0o120_777 << 16;
    let entries = vec![
        ArchiveEntry::new_file("a.bin"),
        link,
        ArchiveEntry::new_file("b.log"),
    ];
    let binary: &'static [u8] = [&b"\x7fELF"[..], &[7; 5000]].concat().leak();
    let (_, collected) = walk("a.7z", solid(entries, &[binary, b"b.log", b"text\n"]));
    assert_eq!(
        collected.entries,
        [("b.log".to_owned(), b"text\n".to_vec())]
    );
    assert_eq!(collected.links, ["link.log"]);
    assert_eq!(collected.skipped, [("a.bin".to_owned(), Reason::Binary)]);
}

#[test]
fn a_damaged_member_gives_what_is_in_front() {
    let text: String = (0u32..100_000)
        .map(|i| format!("{i} {:x}\n", i.wrapping_mul(2_654_435_761)))
        .collect();
    let text: &'static str = text.leak();
    let entry = vec![ArchiveEntry::new_file("a.log")];
    let mut changed = solid(entry, &[text.as_bytes()]);
    let at = changed.len() * 6 / 10;
    changed[at] ^= 0x10;
    let (_, collected) = walk("a.7z", changed);
    let read = &collected.entries[0].1;
    let same = read.iter().zip(text.bytes()).take_while(|(a, b)| **a == *b);
    assert!(same.count() > text.len() / 2);
    assert!(
        collected
            .skipped
            .iter()
            .all(|(_, reason)| *reason == Reason::Corrupt)
    );
    assert!(!collected.skipped.is_empty());
}

#[test]
fn a_cut_or_changed_7z_is_told_and_does_no_harm() {
    let whole = whole(true);
    for at in 0..whole.len() {
        let (_, collected) = walk("a.7z", whole[..at].to_vec());
        assert!(at < 6 || !collected.skipped.is_empty(), "cut at {at}");
        let mut changed = whole.clone();
        changed[at] ^= 0x55;
        walk("a.7z", changed);
    }
}
