//! Compressions in all their forms, and text that is not plain.

use super::*;

fn content(bytes: Vec<u8>) -> String {
    let (_, collected) = walk("a", bytes);
    assert_eq!(collected.skipped, []);
    assert_eq!(collected.entries.len(), 1);
    String::from_utf8(collected.entries[0].1.clone()).expect("text")
}

fn lz4(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
    encoder.write_all(bytes).expect("writing to memory");
    encoder.finish().expect("writing to memory")
}

fn zstd_frame(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).expect("writing to memory")
}

/// A stream in .lzma, which ends with a mark.
fn lzma(bytes: &[u8]) -> Vec<u8> {
    let options = liblzma::stream::LzmaOptions::new_preset(1).expect("a preset");
    let stream = liblzma::stream::Stream::new_lzma_encoder(&options).expect("an encoder");
    let mut encoder = liblzma::write::XzEncoder::new_stream(Vec::new(), stream);
    encoder.write_all(bytes).expect("writing to memory");
    encoder.finish().expect("writing to memory")
}

/// The same in lzip: another header, and a trailer.
fn lzip(bytes: &[u8]) -> Vec<u8> {
    let stream = &lzma(bytes)[13..];
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    let mut out = b"LZIP\x01\x17".to_vec();
    out.extend_from_slice(stream);
    out.extend(crc.sum().to_le_bytes());
    out.extend((bytes.len() as u64).to_le_bytes());
    let size = out.len() as u64 + 8;
    out.extend(size.to_le_bytes());
    out
}

type Encode = fn(&[u8]) -> Vec<u8>;

/// The first five tell what follows a stream from another one, the first six can be concatenated.
const ENCODERS: [(&str, Encode); 7] = [
    ("gzip", gzip),
    ("xz", xz),
    ("zstd", zstd_frame),
    ("bzip2", bzip2),
    ("lz4", lz4),
    ("lzip", lzip),
    ("lzma", lzma),
];

const SKIPPABLE: &[u8] = b"\x50\x2a\x4d\x18\x03\0\0\0abc";

#[test]
fn concatenated_streams_are_one_file() {
    let (one, two) = (&b"one\n"[..], &b"two\n"[..]);
    for (name, encode) in &ENCODERS[..6] {
        let both = [encode(one), encode(two)].concat();
        assert_eq!(content(both), "one\ntwo\n", "{name}");
    }
    assert_eq!(content(lzma(one)), "one\n");
    let skipped = [lz4(one), SKIPPABLE.to_vec(), lz4(two)].concat();
    assert_eq!(content(skipped.clone()), "one\ntwo\n");
    assert_eq!(content([SKIPPABLE, &skipped].concat()), "one\ntwo\n");
    let skipped = [
        SKIPPABLE.to_vec(),
        zstd_frame(one),
        SKIPPABLE.to_vec(),
        zstd_frame(two),
    ];
    assert_eq!(content(skipped.concat()), "one\ntwo\n");
}

#[test]
fn every_cut_stream_gives_a_prefix_and_says_so() {
    let text: String = (0u32..60_000)
        .map(|i| format!("{i} {:x}\n", i.wrapping_mul(2_654_435_761)))
        .collect();
    for (name, encode) in ENCODERS {
        let whole = encode(text.as_bytes());
        for part in 0..200 {
            let cut = 32 + part * (whole.len() - 33) / 200;
            let (_, collected) = walk("a", whole[..cut].to_vec());
            let read = collected
                .entries
                .first()
                .map_or(&b""[..], |(_, content)| content);
            assert!(text.as_bytes().starts_with(read), "{name} cut at {cut}");
            let reasons: Vec<_> = collected
                .skipped
                .iter()
                .map(|(_, reason)| *reason)
                .collect();
            assert_eq!(reasons, [Reason::Truncated], "{name} cut at {cut}");
        }
    }
}

#[test]
fn an_lz4_without_its_end_mark_is_cut() {
    let whole = lz4(b"one\n");
    let (_, collected) = walk("a.lz4", whole[..whole.len() - 4].to_vec());
    assert_eq!(collected.entries[0].1, b"one\n");
    assert_eq!(collected.skipped, [("a.lz4".to_owned(), Reason::Truncated)]);
}

#[test]
fn what_follows_a_stream_is_told() {
    for (name, encode) in &ENCODERS[..5] {
        for rest in [&b"not a stream"[..], b"#"] {
            let bytes = [&encode(b"one\n"), rest].concat();
            let (_, collected) = walk("a", bytes);
            assert_eq!(collected.entries[0].1, b"one\n", "{name}");
            let [(_, reason)] = &collected.skipped[..] else {
                panic!("{name}: {:?}", collected.skipped);
            };
            // A single byte may be the start of another stream.
            let cut = *reason == Reason::Truncated && rest.len() == 1;
            assert!(cut || *reason == Reason::Corrupt, "{name}: {reason}");
        }
    }
}

#[test]
fn a_window_of_gigabytes_is_refused() {
    // Properties, a dictionary of 4 GiB, an unknown size.
    let mut bytes = b"\x5d\0\0\0\0".to_vec();
    bytes.extend([0xff; 8]);
    bytes.extend_from_slice(&lzma(b"text\n")[13..]);
    // Sizes of dictionaries that nobody uses are no .lzma for us, as for xz(1).
    bytes[1..5].copy_from_slice(&(1_u32 << 30).to_le_bytes());
    let (_, collected) = walk("a.lzma", bytes);
    assert_eq!(
        collected
            .entries
            .iter()
            .map(|(_, content)| content.len())
            .sum::<usize>(),
        0
    );
    // A frame with a window of 2 GiB, in one raw block.
    let frame = b"\x28\xb5\x2f\xfd\x00\xa8\x29\0\0text\n".to_vec();
    let (_, zstd) = walk("a.zst", frame);
    assert_eq!(zstd.skipped, [("a.zst".to_owned(), Reason::Limit)]);
}

#[test]
fn text_in_utf_16_is_text() {
    let text = "Zeit: 11:24 \u{1f525}\r\n";
    let units: Vec<u16> = text.encode_utf16().collect();
    let little: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
    let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
    assert_eq!(content(little.clone()), text);
    assert_eq!(content(big.clone()), text);
    assert_eq!(content([&b"\xff\xfe"[..], &little].concat()), text);
    assert_eq!(content(gzip(&[&b"\xfe\xff"[..], &big].concat())), text);
}

#[test]
fn holes_are_no_text() {
    let log = [&vec![0; 100_000][..], b"one\n", &[0; 5000], b"two\n"].concat();
    assert_eq!(content(log), "one\ntwo\n");
    let (_, collected) = walk("a", vec![0; 100_000]);
    assert_eq!(collected.skipped, [("a".to_owned(), Reason::Binary)]);
}

#[test]
fn a_changed_byte_costs_little_in_front_of_it() {
    let text: String = (0u32..250_000)
        .map(|i| format!("{i} {:x}\n", i.wrapping_mul(2_654_435_761)))
        .collect();
    let text = text.as_bytes();
    // What is decoded at a time, or cannot be known to be damaged.
    for (name, encode, block) in [
        ("gzip", gzip as Encode, 1 << 10),
        ("xz", xz, 1 << 10),
        ("lzma", lzma, 1 << 10),
        ("lzip", lzip, 1 << 10),
        ("zstd", zstd_frame, 128 << 10),
        ("bzip2", bzip2, 900_000),
        ("lz4", lz4, 4 << 20),
    ] {
        let whole = encode(text);
        for percent in [30, 60, 90] {
            let mut changed = whole.clone();
            changed[whole.len() * percent / 100] ^= 0x10;
            let (_, collected) = walk("a", changed);
            let read = &collected.entries[0].1;
            let same = read.iter().zip(text).take_while(|(a, b)| a == b).count();
            let expected = (text.len() * percent / 100).saturating_sub(2 * block + text.len() / 50);
            assert!(
                same >= expected,
                "{name} at {percent} %: {same} of {expected}"
            );
            let reasons: Vec<_> = collected.skipped.iter().map(|(_, reason)| reason).collect();
            // These have no checksums here.
            let silent = ["zstd", "lz4"].contains(&name) && reasons.is_empty();
            assert!(
                silent || reasons == [&Reason::Corrupt],
                "{name} at {percent} %"
            );
        }
    }
}

#[test]
fn windows_of_nested_streams_add_up() {
    // A frame with a window of 64 MiB around each of the others, in raw blocks.
    let frame = |content: &[u8]| {
        let length = u32::try_from(content.len()).expect("short");
        let block = (length << 3 | 1).to_le_bytes();
        [b"\x28\xb5\x2f\xfd\x00\x80", &block[..3], content].concat()
    };
    let mut bytes = b"text\n".to_vec();
    for (depth, read) in [(1, true), (2, true), (3, true), (4, false)] {
        bytes = frame(&bytes);
        let (_, collected) = walk("a", bytes.clone());
        assert_eq!(collected.entries.len(), usize::from(read), "{depth}");
        let limit = ("a".to_owned(), Reason::Limit);
        assert_eq!(collected.skipped.contains(&limit), !read, "{depth}");
    }
}
