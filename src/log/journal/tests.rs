use std::io::{Cursor, Read};

use super::writer::{BOOT, COMPRESSIONS, Compression, START, Writer, sample, sample_fields};
use super::*;

/// A field as `NAME=value`, which is easy to compare.
type Fields = Vec<Vec<u8>>;

fn joined(entry: &Entry<'_>) -> Fields {
    let join = |(name, value): (&[u8], &[u8])| [name, b"=", value].concat();
    entry.fields().map(join).collect()
}

/// Reads everything; `None` if it is no journal.
fn read(data: Vec<u8>) -> Option<(Vec<(u64, Fields)>, Condition)> {
    let journal = Journal::new(data)?;
    let mut pass = Pass::default();
    let mut entries = Vec::new();
    while let Some(entry) = journal.next_entry(&mut pass) {
        assert_eq!(entry.boot_id.len(), 16);
        entries.push((entry.seqnum, joined(&entry)));
    }
    Some((entries, journal.condition(&pass)))
}

fn sound(data: Vec<u8>) -> (Vec<(u64, Fields)>, Condition) {
    read(data).expect("a journal")
}

fn variants() -> impl Iterator<Item = (bool, Compression)> {
    COMPRESSIONS
        .into_iter()
        .flat_map(|compression| [(false, compression), (true, compression)])
}

/// Numbers that look random and are the same in every run.
fn noise(seed: u64) -> impl Iterator<Item = u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    std::iter::repeat_with(move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    })
}

fn text(lines: &mut Lines<'_>) -> String {
    let mut text = String::new();
    lines
        .read_to_string(&mut text)
        .expect("reading never fails");
    text
}

#[test]
fn every_variant_is_read_exactly() {
    for (compact, compression) in variants() {
        let data = sample(compact, compression, 5);
        assert!(data.len() < 4096);
        let journal = Journal::new(data.clone()).expect("a journal");
        for (index, entry) in journal.entries().enumerate() {
            let seconds = index as u64 * 1_000_000;
            assert_eq!(entry.seqnum, index as u64 + 1);
            assert_eq!(
                (entry.realtime, entry.monotonic),
                (START + seconds, seconds)
            );
            assert_eq!(entry.boot_id, BOOT);
            assert_eq!(
                joined(&entry),
                sample_fields(index),
                "{compact} {compression:?}"
            );
        }
        let (entries, condition) = sound(data);
        let expected = Condition {
            header_entries: 5,
            entries: 5,
            entries_read: 5,
            ..Condition::default()
        };
        assert_eq!((entries.len(), condition), (5, expected));
        assert_eq!(condition.sentences(), Vec::<String>::new());
    }
}

#[test]
fn a_cut_file_gives_the_entries_before_the_cut() {
    for (compact, compression) in variants() {
        let data = sample(compact, compression, 5);
        let whole = sound(data.clone()).0;
        let mut last = 0;
        for cut in (0..data.len()).step_by(64) {
            let Some((entries, condition)) = read(data[..cut].to_vec()) else {
                assert!(cut < 208);
                continue;
            };
            assert_eq!(entries, whole[..entries.len()], "{cut}");
            assert!(entries.len() >= last);
            last = entries.len();
            assert!(condition.truncated);
            assert_eq!((condition.skipped_bytes, condition.lost_fields), (0, 0));
            let said = format!("truncated: {last} of 5 entries could be read");
            assert_eq!(condition.sentences(), [said]);
        }
        assert!(last >= 4);
    }
}

#[test]
fn one_damaged_byte_never_costs_more_than_an_entry() {
    for (compact, compression) in variants() {
        let data = sample(compact, compression, 4);
        for (at, mask) in (0..data.len()).flat_map(|at| [(at, 0x01), (at, 0x80), (at, 0xff)]) {
            let mut damaged = data.clone();
            damaged[at] ^= mask;
            let read = read(damaged);
            if at >= 272 {
                let (entries, _) = read.expect("the header is sound");
                assert!((3..=4).contains(&entries.len()), "{at} {mask:x}");
            }
        }
    }
}

#[test]
fn noise_and_hostile_numbers_do_no_harm() {
    let header = &sample(true, Compression::Plain, 1)[..272];
    for seed in 0..200 {
        let mut data = header.to_vec();
        data.extend(noise(seed).take(2000).map(|byte| byte & 7));
        assert!(read(data).is_some());
        assert!(read(noise(seed).take(2000).collect()).is_none());
    }
    for (compact, compression) in variants() {
        let data = sample(compact, compression, 4);
        for at in (0..data.len() - 8).step_by(8) {
            for number in [u64::MAX, u64::MAX - 15, 1 << 63, 1 << 32, 64, 16, 0] {
                let mut hostile = data.clone();
                hostile[at..at + 8].copy_from_slice(&number.to_le_bytes());
                read(hostile);
            }
        }
    }
}

#[test]
fn arrays_that_form_a_circle_end() {
    for compact in [false, true] {
        let mut writer = Writer::new(compact);
        let item = writer.data(b"MESSAGE=hi", Compression::Plain);
        let entry = writer.entry(&[item]);
        let first = writer.array(0, &[entry, 0, entry, 13, u64::MAX]);
        let second = writer.array(first, &[entry]);
        let mut data = writer.finish_with(first);
        let next = usize::try_from(first).expect("small") + 16;
        for target in [first, second] {
            data[next..next + 8].copy_from_slice(&target.to_le_bytes());
            assert_eq!(sound(data.clone()).0.len(), 1);
        }
    }
}

#[test]
fn entries_behind_a_damaged_size_are_found() {
    for compact in [false, true] {
        let mut writer = Writer::new(compact);
        let first = writer.data(b"MESSAGE=one", Compression::Plain);
        writer.entry(&[first]);
        let second = writer.data(b"MESSAGE=two", Compression::Plain);
        writer.entry(&[second]);
        let third = writer.data(b"MESSAGE=three", Compression::Plain);
        writer.entry(&[third]);
        let data = writer.finish();
        let size_at = usize::try_from(second).expect("small") + 8;
        // One size ends exactly at a sound object, the others do not.
        for size in [third - second, third - second - 8, third - second + 24] {
            let mut damaged = data.clone();
            damaged[size_at..size_at + 8].copy_from_slice(&size.to_le_bytes());
            let (entries, _) = sound(damaged);
            let numbers: Vec<u64> = entries.iter().map(|entry| entry.0).collect();
            assert_eq!(numbers, [1, 2, 3], "{size}");
            assert_eq!(entries[2].1, [b"MESSAGE=three".to_vec()]);
        }
    }
}

#[test]
fn long_fields_are_cut_and_lies_about_lengths_cost_the_field() {
    let long = [&b"MESSAGE="[..], &"é".repeat(MOST_VALUE).into_bytes()[1..]].concat();
    for (compact, compression) in variants() {
        let mut writer = Writer::new(compact);
        let item = writer.data(&long, compression);
        writer.entry(&[item]);
        let (entries, condition) = sound(writer.finish());
        let field = &entries[0].1[0];
        assert_eq!(field[..], long[..8 + MOST_VALUE - 1], "{compression:?}");
        assert_eq!(condition.cut_fields, 1);
        assert_eq!(
            condition.sentences(),
            ["1 field of more than 1 MiB was cut"]
        );
    }
    let mut writer = Writer::new(false);
    let mut contents = vec![0; 48];
    contents.extend((60_u64 << 20).to_le_bytes());
    contents.extend(lz4_flex::block::compress(b"MESSAGE=short"));
    let items = [
        writer.object(1, 2, &contents),
        writer.data(b"A=b", Compression::Plain),
    ];
    writer.entry(&items);
    let (entries, condition) = sound(writer.finish());
    assert_eq!(entries[0].1, [b"A=b".to_vec()]);
    let said = "1 field of an entry is damaged and was left out";
    assert_eq!(condition.sentences(), [said]);
}

#[test]
fn a_small_file_that_repeats_itself_does_not_work_forever() {
    let mut writer = Writer::new(true);
    let bomb = [&b"MESSAGE="[..], &vec![b'x'; MOST_VALUE]].concat();
    let item = writer.data(&bomb, Compression::Zstd);
    (0..1000).for_each(|_| {
        writer.entry(&[item; 20]);
    });
    let (entries, journal) = (1000, Journal::new(writer.finish()).expect("a journal"));
    let mut pass = Pass::default();
    let mut read = 0;
    while let Some(entry) = journal.next_entry(&mut pass) {
        // 15 of a bit more than 1 MiB fit into 16 MiB.
        assert_eq!(entry.fields().count(), 15);
        read += 1;
    }
    assert!((250..300).contains(&read), "{read}");
    let condition = journal.condition(&pass);
    assert!(condition.exhausted && condition.entries == entries);
    let sentences = condition.sentences();
    assert_eq!(
        sentences[0],
        format!("{read} of 1,000 entries could be read")
    );
    assert!(sentences[1].contains("too often"), "{sentences:?}");
}

#[test]
fn a_binary_journal_becomes_lines() {
    let data = sample(true, Compression::Lz4, 2);
    let mut padded = data.clone();
    padded.resize(1 << 20, 0);
    let mut content = Cursor::new(&padded);
    let mut lines = Lines::binary(&mut content, u64::MAX);
    let lines_text = text(&mut lines);
    let expected = format!(
        concat!(
            r#"{{"__REALTIME_TIMESTAMP":"1731000001000000","_HOSTNAME":"node3","PRIORITY":"3","#,
            r#""MESSAGE":"line 1\n{}","__MONOTONIC_TIMESTAMP":"1000000","__SEQNUM":"2","#,
            r#""_BOOT_ID":"0123456789abcdeffedcba9876543210","DUP":["one","two"],"EMPTY":"","#,
            r#""B":[0,255,10,61,1]}}"#
        ),
        "lorem ipsum ".repeat(20)
    );
    assert_eq!(lines_text.lines().nth(1), Some(&*expected));
    assert_eq!((lines_text.lines().count(), lines.notes()), (2, vec![]));
    assert!(
        lines
            .condition()
            .is_some_and(|condition| condition.entries_read == 2)
    );
    let mut content = Cursor::new(&data);
    let mut limited = Lines::binary(&mut content, 1000);
    assert_eq!(text(&mut limited).lines().count(), 1);
    let said = [
        "only the first 1,000 bytes were read",
        "truncated: 1 of 2 entries could be read",
    ];
    assert_eq!(limited.notes(), said);
    let mut none = Lines::binary(&mut &b"LPKSHHRH but no journal"[..], 1000);
    assert_eq!(text(&mut none), "");
    assert_eq!(none.notes(), ["not a journal of a known layout"]);
}

/// An export stream: 4 lines, 7 lines with a binary value of three newlines, 1 blank line, 2 lines.
fn stream() -> Vec<u8> {
    let mut stream = b"__CURSOR=x\n__REALTIME_TIMESTAMP=17\nMESSAGE=one\n\n".to_vec();
    stream.extend(b"__REALTIME_TIMESTAMP=18\nMESSAGE\n");
    stream.extend(12_u64.to_le_bytes());
    stream.extend(b"two\n=\n\nthree\nDUP=a\nDUP=b=c\n\n\nMESSAGE=four\n\n");
    stream
}

#[test]
fn an_export_stream_keeps_its_line_numbers() {
    let expected = concat!(
        "{\"__REALTIME_TIMESTAMP\":\"17\",\"MESSAGE\":\"one\"}\n\n\n\n",
        "{\"__REALTIME_TIMESTAMP\":\"18\",\"MESSAGE\":\"two\\n=\\n\\nthree\",\"DUP\":[\"a\",\"b=c\"]}",
        "\n\n\n\n\n\n\n\n\n\n{\"MESSAGE\":\"four\"}\n\n"
    );
    let stream = stream();
    let newlines = |bytes: &[u8]| memchr::memchr_iter(b'\n', bytes).count();
    assert_eq!(newlines(expected.as_bytes()), newlines(&stream));
    let mut content = &stream[..];
    let mut lines = Lines::export(&mut content);
    assert_eq!(text(&mut lines), expected);
    assert_eq!(lines.notes(), Vec::<String>::new());
}

/// Gives one byte at a time, and an error at the end.
struct Dribble<'a>(&'a [u8]);

impl Read for Dribble<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some((first, rest)) = self.0.split_first() else {
            return Err(io::Error::other("the tape is torn"));
        };
        buffer[0] = *first;
        self.0 = rest;
        Ok(1)
    }
}

#[test]
fn small_reads_and_errors_change_nothing() {
    let stream = stream();
    let mut content = &stream[..];
    let whole = text(&mut Lines::export(&mut content));
    let mut dribble = Dribble(&stream);
    let mut lines = Lines::export(&mut dribble);
    let mut slowly = Vec::new();
    let mut byte = [0];
    while lines.read(&mut byte).expect("reading never fails") == 1 {
        slowly.push(byte[0]);
    }
    assert_eq!(String::from_utf8_lossy(&slowly), whole);
    assert_eq!(lines.notes(), ["the content ends early: the tape is torn"]);
    let data = sample(false, Compression::Zstd, 3);
    let mut dribble = Dribble(&data);
    let mut lines = Lines::binary(&mut dribble, u64::MAX);
    assert_eq!(
        text(&mut lines),
        text(&mut Lines::binary(&mut &data[..], u64::MAX))
    );
    assert_eq!(lines.notes(), ["the content ends early: the tape is torn"]);
}

#[test]
fn a_cut_export_stream_keeps_what_came_before() {
    let stream = stream();
    let mut content = &stream[..];
    let whole = text(&mut Lines::export(&mut content));
    for cut in 0..stream.len() {
        let mut content = &stream[..cut];
        let mut lines = Lines::export(&mut content);
        let text = text(&mut lines);
        let shared = text
            .lines()
            .zip(whole.lines())
            .filter(|(a, b)| a == b)
            .count();
        assert!(text.lines().count() <= shared + 1, "{cut}");
        let complete = stream[..cut].ends_with(b"\n") || cut == 0;
        assert!(complete || !lines.notes().is_empty(), "{cut}");
    }
}

#[test]
fn any_export_stream_keeps_its_line_numbers() {
    for seed in 0..2000 {
        let letters = b"AAA=\n\n\0\x03";
        let letter = |byte: u8| letters[usize::from(byte) % letters.len()];
        let mut stream: Vec<u8> = noise(seed).map(letter).take(200).collect();
        stream.extend(b"\n\n");
        let mut content = &stream[..];
        let text = text(&mut Lines::export(&mut content));
        let newlines = |bytes: &[u8]| memchr::memchr_iter(b'\n', bytes).count();
        assert_eq!(newlines(text.as_bytes()), newlines(&stream), "{seed}");
    }
}

#[test]
fn damage_in_an_export_stream_is_counted() {
    let mut stream = b"-- No entries --\nWarning: x=1\n\nMESSAGE\n".to_vec();
    stream.extend([0xff; 8]);
    stream.extend(b"\nMESSAGE=after\n\nA\n");
    stream.extend(1_u64.to_le_bytes());
    stream.extend(b"bc\nMESSAGE=last\n\nLONG=");
    stream.resize(stream.len() + MOST_VALUE + 5, b'l');
    stream.extend(b"\n\n");
    (0..MOST_FIELDS + 2).for_each(|_| stream.extend(b"F=1\n"));
    let mut content = &stream[..];
    let mut lines = Lines::export(&mut content);
    let text = text(&mut lines);
    let newlines = memchr::memchr_iter(b'\n', &stream).count();
    assert_eq!(
        memchr::memchr_iter(b'\n', text.as_bytes()).count(),
        newlines
    );
    let entries: Vec<&str> = text.lines().filter(|line| !line.is_empty()).collect();
    assert_eq!(
        entries[..2],
        [
            "{\"MESSAGE\":\"after\"}",
            "{\"MESSAGE\":\"last\",\"A\":\"b\"}"
        ]
    );
    assert_eq!(entries[2].len(), MOST_VALUE + "{\"LONG\":\"\"}".len());
    assert_eq!(entries[3].matches("\"1\"").count(), MOST_FIELDS);
    assert_eq!(
        lines.notes(),
        [
            "3 lines that are no fields were skipped",
            "2 values with wrong lengths are damaged",
            "2 fields were left out: too many in one entry",
            "1 field of more than 1 MiB was cut"
        ]
    );
}
