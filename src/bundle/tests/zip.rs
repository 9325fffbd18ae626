//! Zips as programs write them, and as they arrive.

use super::*;

/// A member as it is stored.
struct Raw {
    name: &'static str,
    method: u16,
    flags: u16,
    data: Vec<u8>,
    content: &'static [u8],
}

impl Raw {
    fn crc(&self) -> u32 {
        let mut crc = flate2::Crc::new();
        crc.update(self.content);
        crc.sum()
    }

    /// What local header and directory have in common.
    fn fields(&self, out: &mut Vec<u8>, described: bool) {
        out.extend(self.flags.to_le_bytes());
        out.extend(self.method.to_le_bytes());
        out.extend([0; 4]);
        let (size, unpacked, crc) = (self.data.len(), self.content.len(), self.crc());
        for number in [crc, length(size), length(unpacked)] {
            out.extend(if described { 0 } else { number }.to_le_bytes());
        }
        out.extend(short(self.name.len()).to_le_bytes());
        out.extend([0; 2]);
    }
}

fn length(bytes: usize) -> u32 {
    u32::try_from(bytes).expect("a short member")
}

fn short(bytes: usize) -> u16 {
    u16::try_from(bytes).expect("few bytes")
}

/// A zip of these members; with `twice`, the directory lists each of them so often.
fn raw_zip(members: &[Raw], twice: usize) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for member in members {
        let start = length(out.len());
        let described = member.flags & 8 != 0;
        out.extend_from_slice(b"PK\x03\x04\x14\0");
        member.fields(&mut out, described);
        out.extend_from_slice(member.name.as_bytes());
        out.extend_from_slice(&member.data);
        if described {
            out.extend_from_slice(b"PK\x07\x08");
            for number in [
                member.crc(),
                length(member.data.len()),
                length(member.content.len()),
            ] {
                out.extend(number.to_le_bytes());
            }
        }
        for copy in 0..twice {
            directory.extend_from_slice(b"PK\x01\x02\x14\0\x14\0");
            member.fields(&mut directory, false);
            directory.extend([0; 10]);
            directory.extend(start.to_le_bytes());
            let name = member.name.replace('#', &copy.to_string());
            directory.extend_from_slice(name.as_bytes());
        }
    }
    let (at, count) = (length(out.len()), short(members.len() * twice));
    out.extend_from_slice(&directory);
    out.extend_from_slice(b"PK\x05\x06\0\0\0\0");
    out.extend(count.to_le_bytes());
    out.extend(count.to_le_bytes());
    out.extend(length(directory.len()).to_le_bytes());
    out.extend(at.to_le_bytes());
    out.extend([0; 2]);
    out
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("writing to memory");
    encoder.finish().expect("writing to memory")
}

/// Order 6, the memory in MiB, restarting.
fn ppmd(bytes: &[u8], mebibytes: u16) -> Vec<u8> {
    let header = 5 | (mebibytes - 1) << 4;
    let memory = u32::from(mebibytes) << 20;
    let restart = ppmd_rust::RestoreMethod::Restart;
    let mut encoder =
        ppmd_rust::Ppmd8Encoder::new(header.to_le_bytes().to_vec(), 6, memory, restart)
            .expect("sound parameters");
    encoder.write_all(bytes).expect("writing to memory");
    encoder.finish(true).expect("writing to memory")
}

const CONTENT: &[u8] = b"one two three\none two three\n";

/// The content as each method has it.
fn methods() -> Vec<(u16, Vec<u8>)> {
    let options = liblzma::stream::LzmaOptions::new_preset(1).expect("a preset");
    let stream = liblzma::stream::Stream::new_lzma_encoder(&options).expect("an encoder");
    let mut encoder = liblzma::write::XzEncoder::new_stream(Vec::new(), stream);
    encoder.write_all(CONTENT).expect("writing to memory");
    let alone = encoder.finish().expect("writing to memory");
    let lzma = [&b"\x09\x14\x05\0"[..], &alone[..5], &alone[13..]].concat();
    vec![
        (0, CONTENT.to_vec()),
        (8, deflate(CONTENT)),
        // A stream without the longest lengths and distances is the same in both.
        (9, deflate(CONTENT)),
        (12, bzip2(CONTENT)),
        (14, lzma),
        (93, zstd::encode_all(CONTENT, 1).expect("writing to memory")),
        (95, xz(CONTENT)),
        (98, ppmd(CONTENT, 1)),
    ]
}

fn members(flags: u16) -> Vec<Raw> {
    let member = |(method, data)| Raw {
        name: "a.log",
        method,
        flags,
        data,
        content: CONTENT,
    };
    methods().into_iter().map(member).collect()
}

#[test]
fn every_method_is_read_with_and_without_a_directory() {
    for flags in [0, 8] {
        for member in members(flags) {
            let method = member.method;
            let whole = raw_zip(&[member], 1);
            let (_, collected) = walk("a.zip", whole.clone());
            assert_eq!(collected.skipped, [], "{method}");
            assert_eq!(
                collected.entries,
                [("a.log".to_owned(), CONTENT.to_vec())],
                "{method}"
            );
            // Without the end record, and with something in front.
            let cut = [&b"#!/bin/sh\n"[..], &whole[..whole.len() - 10]].concat();
            let (_, collected) = walk("a.zip", [&b"PK\x05\x06"[..], &cut].concat());
            assert_eq!(
                collected.skipped,
                [("a.zip".to_owned(), Reason::Truncated)],
                "{method} {flags}"
            );
            assert_eq!(
                collected.entries,
                [("a.log".to_owned(), CONTENT.to_vec())],
                "{method}"
            );
        }
    }
}

#[test]
fn a_cut_zip_gives_a_prefix_and_says_so() {
    for flags in [0, 8] {
        let whole = raw_zip(&members(flags), 1);
        let full = methods().len();
        for cut in 4..whole.len() - 1 {
            let (_, collected) = walk("a.zip", whole[..cut].to_vec());
            assert!(collected.entries.len() <= full);
            for (name, content) in &collected.entries {
                assert_eq!(name, "a.log");
                assert!(CONTENT.starts_with(content), "cut at {cut}");
            }
            let cuts = collected
                .skipped
                .iter()
                .filter(|(_, reason)| *reason == Reason::Truncated);
            assert!(cuts.count() > 0, "cut at {cut}: {:?}", collected.skipped);
        }
    }
}

#[test]
fn wrong_checksums_are_told() {
    for mut member in members(0) {
        let method = member.method;
        member.content = b"one two three\nONE two three\n";
        let whole = raw_zip(&[member], 1);
        for bytes in [whole.clone(), whole[..whole.len() - 10].to_vec()] {
            let (_, collected) = walk("a.zip", bytes);
            assert_eq!(collected.entries[0].1, CONTENT, "{method}");
            let told = ("a.log".to_owned(), Reason::Corrupt);
            assert!(
                collected.skipped.contains(&told),
                "{method}: {:?}",
                collected.skipped
            );
        }
    }
}

#[test]
fn members_that_share_their_bytes_are_read_once() {
    let bomb = Raw {
        name: "a#.log",
        method: 8,
        flags: 0,
        data: deflate(CONTENT),
        content: CONTENT,
    };
    let (_, collected) = walk("bomb.zip", raw_zip(&[bomb], 2000));
    assert_eq!(collected.entries.len(), 1);
    assert_eq!(
        collected.skipped,
        [("bomb.zip".to_owned(), Reason::Corrupt)]
    );
}

#[test]
fn dictionaries_of_gigabytes_and_passwords_are_told() {
    let mut members = members(0);
    let lzma = members
        .iter_mut()
        .find(|member| member.method == 14)
        .expect("it is there");
    lzma.data[5..9].copy_from_slice(&(3_u32 << 30).to_le_bytes());
    let ppmd = members
        .iter_mut()
        .find(|member| member.method == 98)
        .expect("it is there");
    ppmd.data = self::ppmd(CONTENT, 200);
    ppmd.name = "b.log";
    members.retain(|member| [14, 98].contains(&member.method));
    let (_, collected) = walk("a.zip", raw_zip(&members, 1));
    let limits = ["a.log", "b.log"].map(|name| (name.to_owned(), Reason::Limit));
    assert_eq!(collected.skipped, limits);
    let secret = Raw {
        name: "a.log",
        method: 0,
        flags: 1,
        data: b"123456789012secret".to_vec(),
        content: b"secret",
    };
    let whole = raw_zip(&[secret], 1);
    for bytes in [whole.clone(), whole[..whole.len() - 10].to_vec()] {
        let (_, collected) = walk("a.zip", bytes);
        assert!(
            collected
                .skipped
                .contains(&("a.log".to_owned(), Reason::Encrypted))
        );
    }
}

#[test]
fn a_zip_may_have_a_program_in_front() {
    let whole = raw_zip(&members(0), 1);
    let path = tempfile::NamedTempFile::new().expect("a temporary file");
    let program = b"#!/bin/sh\nexec unzip \"$0\"\n";
    std::fs::write(path.path(), [&program[..], &whole].concat()).expect("a file");
    let mut collected = Collected::default();
    let bundle = Bundle::open(path.path()).expect("a file");
    let container = bundle
        .walk(&Limits::default(), &mut collected)
        .expect("a first walk");
    assert_eq!(container.to_string(), "zip");
    assert_eq!(collected.entries.len(), 1, "all members have one name");
    // A log that quotes the mark is a log.
    std::fs::write(
        path.path(),
        b"found PK\x05\x06 and 18 more bytes of no zip\n",
    )
    .expect("a file");
    let mut collected = Collected::default();
    bundle
        .walk(&Limits::default(), &mut collected)
        .expect("a second walk");
    assert_eq!(collected.entries.len(), 1);
    assert_eq!(collected.skipped, []);
}
