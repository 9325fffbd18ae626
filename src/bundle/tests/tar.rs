//! Tars as programs write them, and as they arrive.

use super::*;

/// One header and its data, filled to whole blocks.
fn member(kind: u8, name: &[u8], data: &[u8], change: impl FnOnce(&mut [u8; 512])) -> Vec<u8> {
    let mut header = ::tar::Header::new_gnu();
    header.set_size(data.len() as u64);
    header.set_mode(0o644);
    header.as_mut_bytes()[..name.len().min(100)].copy_from_slice(&name[..name.len().min(100)]);
    header.as_mut_bytes()[156] = kind;
    change(header.as_mut_bytes());
    header.set_cksum();
    let mut bytes = header.as_bytes().to_vec();
    bytes.extend_from_slice(data);
    bytes.resize(bytes.len().next_multiple_of(512), 0);
    bytes
}

fn file(name: &[u8], data: &[u8]) -> Vec<u8> {
    member(b'0', name, data, |_| {})
}

fn pax(records: &[(&str, &str)]) -> Vec<u8> {
    let mut text = String::new();
    for (key, value) in records {
        let rest = format!(" {key}={value}\n");
        let mut length = rest.len() + 1;
        while format!("{length}{rest}").len() != length {
            length += 1;
        }
        text += &format!("{length}{rest}");
    }
    member(b'x', b"PaxHeaders/x", text.as_bytes(), |_| {})
}

fn archive(members: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = members.concat();
    bytes.resize(bytes.len() + 1024, 0);
    bytes
}

fn entries(bytes: Vec<u8>) -> Vec<(String, String)> {
    let (_, collected) = walk("a.tar", bytes);
    assert_eq!(collected.skipped, []);
    shown(&collected)
}

fn shown(collected: &Collected) -> Vec<(String, String)> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    collected
        .entries
        .iter()
        .map(|(name, content)| (name.clone(), text(content)))
        .collect()
}

fn some(files: &[(&str, &str)]) -> Vec<(String, String)> {
    files
        .iter()
        .map(|(name, content)| ((*name).to_owned(), (*content).to_owned()))
        .collect()
}

#[test]
fn a_long_name_may_be_cut_behind_a_slash() {
    // The header then looks like that of a directory.
    let name = format!("{}/b.log", "a".repeat(99));
    let long = member(
        b'L',
        b"././@LongLink",
        format!("{name}\0").as_bytes(),
        |_| {},
    );
    let tar = archive(&[long, file(name.as_bytes(), b"text\n")]);
    assert_eq!(entries(tar), some(&[(&name, "text\n")]));
}

#[test]
fn pax_records_replace_the_fields_of_the_header() {
    let mut odd = file(b"short", b"0123456789");
    // The size of the header is not the one that counts.
    odd[124..136].copy_from_slice(b"00000000000\0");
    let mut header = ::tar::Header::from_byte_slice(&odd[..512]).clone();
    header.set_cksum();
    odd[..512].copy_from_slice(header.as_bytes());
    let tar = archive(&[
        pax(&[("path", "node-1/ünder\n.log"), ("size", "10")]),
        odd,
        file(b"next.log", b"next\n"),
    ]);
    assert_eq!(
        entries(tar),
        some(&[("node-1/ünder\n.log", "0123456789"), ("next.log", "next\n")])
    );
}

#[test]
fn names_that_are_no_text_stay_apart_and_so_do_members_of_one_name() {
    let tar = archive(&[
        file(b"a\xff.log", b"1\n"),
        file(b"a\xfe.log", b"2\n"),
        file(b"./b.log", b"3\n"),
        file(b"b.log", b"4\n"),
        file(b"", b"5\n"),
    ]);
    assert_eq!(
        entries(tar),
        some(&[
            ("a\\xff.log", "1\n"),
            ("a\\xfe.log", "2\n"),
            ("b.log", "3\n"),
            ("b.log#2", "4\n"),
            ("unnamed", "5\n")
        ])
    );
}

#[test]
fn sparse_files_are_read_in_all_their_forms() {
    let expected = some(&[("sparse.log", "one\ntwo\n"), ("next.log", "next\n")]);
    let octal = |field: &mut [u8], value: u64| {
        field.copy_from_slice(format!("{value:011o}\0").as_bytes());
    };
    let old = member(b'S', b"sparse.log", b"one\ntwo\n", |header| {
        for (at, value) in [0, 4, 1_000_000, 4].into_iter().enumerate() {
            octal(&mut header[386 + 12 * at..][..12], value);
        }
        octal(&mut header[483..495], 2_000_000);
    });
    let first = [
        ("GNU.sparse.size", "2000000"),
        ("GNU.sparse.numblocks", "2"),
        ("GNU.sparse.offset", "0"),
        ("GNU.sparse.numbytes", "4"),
        ("GNU.sparse.offset", "1000000"),
        ("GNU.sparse.numbytes", "4"),
    ];
    let second = [
        ("GNU.sparse.name", "sparse.log"),
        ("GNU.sparse.size", "2000000"),
        ("GNU.sparse.map", "0,4,1000000,4"),
    ];
    let third = [
        ("GNU.sparse.major", "1"),
        ("GNU.sparse.minor", "0"),
        ("GNU.sparse.name", "sparse.log"),
        ("GNU.sparse.realsize", "2000000"),
    ];
    let mut mapped = b"2\n0\n4\n1000000\n4\n".to_vec();
    mapped.resize(512, 0);
    mapped.extend_from_slice(b"one\ntwo\n");
    for member in [
        old,
        [pax(&first), file(b"sparse.log", b"one\ntwo\n")].concat(),
        [
            pax(&second),
            file(b"GNUSparseFile.1/sparse.log", b"one\ntwo\n"),
        ]
        .concat(),
        [pax(&third), file(b"GNUSparseFile.1/sparse.log", &mapped)].concat(),
    ] {
        assert_eq!(
            entries(archive(&[member, file(b"next.log", b"next\n")])),
            expected
        );
    }
    // A map that lies costs the holes.
    let lie = [
        ("GNU.sparse.name", "sparse.log"),
        ("GNU.sparse.size", "2"),
        ("GNU.sparse.map", "0,4,1000000,4"),
    ];
    let tar = archive(&[
        pax(&lie),
        file(b"x", b"one\ntwo\n"),
        file(b"next.log", b"next\n"),
    ]);
    let (_, collected) = walk("a.tar", tar);
    assert_eq!(shown(&collected), expected);
    assert_eq!(
        collected.skipped,
        [("sparse.log".to_owned(), Reason::Corrupt)]
    );
}

#[test]
fn damage_costs_the_member_that_it_hits() {
    let whole = archive(&[
        file(b"a.log", b"a\n"),
        file(b"b.log", &[b'b'; 3000]),
        file(b"c.log", b"c\n"),
    ]);
    for at in [0, 100, 124, 148, 156, 257, 511] {
        let mut bytes = whole.clone();
        bytes[1024 + at] ^= 0x41;
        let (_, collected) = walk("a.tar", bytes);
        assert_eq!(
            shown(&collected),
            some(&[("a.log", "a\n"), ("c.log", "c\n")]),
            "{at}"
        );
        assert_eq!(
            collected.skipped,
            [("a.tar".to_owned(), Reason::Corrupt)],
            "{at}"
        );
    }
}

#[test]
fn a_damaged_first_header_costs_one_member() {
    let whole = archive(&[file(b"a.log", b"a\n"), file(b"b.log", b"b\n")]);
    for at in [3, 100, 124, 148, 156] {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x41;
        let (container, collected) = walk("a.tar", bytes);
        assert_eq!(container, "tar", "{at}");
        assert_eq!(shown(&collected), some(&[("b.log", "b\n")]), "{at}");
        assert_eq!(
            collected.skipped,
            [("a.tar".to_owned(), Reason::Corrupt)],
            "{at}"
        );
    }
}

#[test]
fn the_end_is_known_by_its_mark() {
    let members = [file(b"a.log", b"a\n"), file(b"b.log", b"b\n")].concat();
    let (_, collected) = walk("a.tar", members.clone());
    assert_eq!(collected.entries.len(), 2);
    assert_eq!(collected.skipped, [("a.tar".to_owned(), Reason::Truncated)]);
    // One block of zeros is enough, and what follows the mark is not part of the tar, but for another tar.
    let one = [&members[..], &[0; 512]].concat();
    assert_eq!(entries(one).len(), 2);
    let whole = archive(&[members]);
    let garbage = [&whole[..], b"garbage"].concat();
    assert_eq!(entries(garbage).len(), 2);
    let two = whole.repeat(2);
    assert_eq!(entries(two).len(), 4);
}

#[test]
fn what_is_no_file_has_no_data_unless_it_follows() {
    let sized = |kind: u8, name: &[u8]| {
        member(kind, name, b"", |header| {
            header[124..136].copy_from_slice(b"00000000004\0");
        })
    };
    let tar = archive(&[
        sized(b'5', b"dir/"),
        sized(b'1', b"hard"),
        member(b'1', b"with-data", b"data", |_| {}),
        sized(b'2', b"soft"),
        member(b'D', b"dump/", b"YNone\0Ntwo\0\0", |_| {}),
        file(b"a.log", b"a\n"),
    ]);
    let (_, collected) = walk("a.tar", tar);
    assert_eq!(shown(&collected), some(&[("a.log", "a\n")]));
    assert_eq!(collected.skipped, []);
    assert_eq!(collected.links, ["hard", "with-data", "soft"]);
}

#[test]
fn names_without_an_end_are_skipped() {
    let name = vec![b'n'; 3 << 20];
    let long = member(b'L', b"././@LongLink", &name, |_| {});
    let records = member(b'x', b"x", &name, |_| {});
    let tar = archive(&[long, records, file(b"a.log", b"a\n")]);
    let (_, collected) = walk("a.tar", tar);
    assert_eq!(shown(&collected), some(&[("a.log", "a\n")]));
    let limit = ("a.tar".to_owned(), Reason::Limit);
    assert_eq!(collected.skipped, [limit.clone(), limit]);
}

#[test]
fn sizes_that_lie_end_with_the_bundle() {
    for size in [
        &b"77777777777\0"[..],
        b"\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff",
    ] {
        let liar = member(b'0', b"a.log", b"text\n", |header| {
            header[124..136].copy_from_slice(size);
        });
        let (_, collected) = walk("a.tar", [liar, vec![0; 1024]].concat());
        assert_eq!(shown(&collected), some(&[("a.log", "text\n")]));
        let reasons: Vec<_> = collected
            .skipped
            .iter()
            .map(|(_, reason)| *reason)
            .collect();
        assert_eq!(reasons, [Reason::Truncated, Reason::Truncated]);
    }
}

#[test]
fn every_cut_tar_gives_a_prefix_and_says_so() {
    let text: String = (0..400).map(|at| format!("line {at}\n")).collect();
    let members = [
        file(b"a.log", text.as_bytes()),
        pax(&[("path", "b.log")]),
        file(b"short", b"b\n"),
        file(b"c.log", text.as_bytes()),
    ];
    let whole = archive(&members);
    let expected = some(&[("a.log", &text), ("b.log", "b\n"), ("c.log", &text)]);
    // One block of the end mark is enough.
    let end = whole.len() - 512;
    for cut in (512..end).step_by(end / 200) {
        let (_, collected) = walk("a.tar", whole[..cut].to_vec());
        let read = shown(&collected);
        assert!(read.len() <= expected.len(), "cut at {cut}");
        for ((name, content), (expected_name, expected_content)) in read.iter().zip(&expected) {
            assert_eq!(name, expected_name, "cut at {cut}");
            assert!(expected_content.starts_with(content), "cut at {cut}");
        }
        let cuts = collected
            .skipped
            .iter()
            .filter(|(_, reason)| *reason == Reason::Truncated);
        assert!(cuts.count() > 0, "cut at {cut}: {:?}", collected.skipped);
    }
}
