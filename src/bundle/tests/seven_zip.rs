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
