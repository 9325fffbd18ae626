//! One line of JSON per entry, as `journalctl -o json --all` writes it (systemd's Journal JSON Format):
//! values are strings, arrays of byte numbers if they are not printable, and arrays of values if the name
//! comes more than once.

use std::ops::Range;

/// The fields that say what happened, in the order in which they are wanted; the others follow in theirs.
const FIRST: [&[u8]; 5] = [
    b"__REALTIME_TIMESTAMP",
    b"_HOSTNAME",
    b"PRIORITY",
    b"SYSLOG_IDENTIFIER",
    b"MESSAGE",
];

/// Appends `{...}\n`. Names are made of letters, digits and underscores.
pub(super) fn write(fields: &[(&[u8], &[u8])], out: &mut Vec<u8>) {
    let mut order: Vec<usize> = (0..fields.len()).collect();
    let name = |index: usize| fields.get(index).map_or(&[][..], |field| field.0);
    order.sort_unstable_by(|&a, &b| name(a).cmp(name(b)).then(a.cmp(&b)));
    let mut groups = grouped(&order, name);
    groups.sort_unstable_by_key(|group| (group.rank, group.first));
    out.push(b'{');
    for (at, group) in groups.into_iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        out.push(b'"');
        out.extend_from_slice(name(group.first));
        out.extend_from_slice(b"\":");
        let same = order.get(group.members).unwrap_or_default();
        let mut values = same
            .iter()
            .filter_map(|&index| fields.get(index).map(|field| field.1));
        if let [_] = same {
            values.for_each(|value| write_value(value, out));
        } else {
            out.push(b'[');
            values
                .next()
                .into_iter()
                .for_each(|value| write_value(value, out));
            for value in values {
                out.push(b',');
                write_value(value, out);
            }
            out.push(b']');
        }
    }
    out.extend_from_slice(b"}\n");
}

/// Fields of one name.
struct Group {
    rank: usize,
    first: usize,
    /// Where they stand in the order by name.
    members: Range<usize>,
}

fn grouped<'a>(order: &[usize], name: impl Fn(usize) -> &'a [u8]) -> Vec<Group> {
    let mut groups = Vec::with_capacity(order.len());
    let mut start = 0;
    for same in order.chunk_by(|&a, &b| name(a) == name(b)) {
        let end = start + same.len();
        let first = same.first().copied().unwrap_or_default();
        let wanted = FIRST.iter().position(|wanted| *wanted == name(first));
        groups.push(Group {
            rank: wanted.unwrap_or(FIRST.len()),
            first,
            members: start..end,
        });
        start = end;
    }
    groups
}

fn write_value(value: &[u8], out: &mut Vec<u8>) {
    if is_printable(value) {
        out.push(b'"');
        write_escaped(value, out);
        out.push(b'"');
        return;
    }
    out.push(b'[');
    for (at, &byte) in value.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        write_byte(byte, out);
    }
    out.push(b']');
}

/// UTF-8 without control characters other than newline and tab: systemd's `utf8_is_printable`.
fn is_printable(value: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(value) else {
        return false;
    };
    let plain = |byte: u8| (byte >= b' ' || byte == b'\n' || byte == b'\t') && byte != 0x7f;
    // U+0080 to U+009F are the only characters that are encoded as C2 80 to C2 9F.
    value.iter().all(|&byte| plain(byte))
        && (text.is_ascii()
            || !value
                .windows(2)
                .any(|pair| matches!(pair, [0xc2, 0x80..=0x9f])))
}

fn write_escaped(text: &[u8], out: &mut Vec<u8>) {
    let special = |&byte: &u8| matches!(byte, b'"' | b'\\' | b'\n' | b'\t');
    let mut rest = text;
    while let Some(at) = rest.iter().position(special) {
        let (plain, tail) = rest.split_at(at);
        out.extend_from_slice(plain);
        let Some((&byte, tail)) = tail.split_first() else {
            return;
        };
        let letter = match byte {
            b'\n' => b'n',
            b'\t' => b't',
            other => other,
        };
        out.extend_from_slice(&[b'\\', letter]);
        rest = tail;
    }
    out.extend_from_slice(rest);
}

fn write_byte(byte: u8, out: &mut Vec<u8>) {
    if byte >= 100 {
        out.push(b'0' + byte / 100);
    }
    if byte >= 10 {
        out.push(b'0' + byte / 10 % 10);
    }
    out.push(b'0' + byte % 10);
}

#[cfg(test)]
mod tests {
    fn shown(fields: &[(&str, &[u8])]) -> String {
        let fields: Vec<(&[u8], &[u8])> = fields
            .iter()
            .map(|(name, value)| (name.as_bytes(), *value))
            .collect();
        let mut out = Vec::new();
        super::write(&fields, &mut out);
        String::from_utf8(out).expect("JSON is text")
    }

    #[test]
    fn what_happened_comes_first_and_repeated_fields_are_arrays() {
        let fields: &[(&str, &[u8])] = &[
            ("_UID", b"0"),
            ("DUP", b"one"),
            ("MESSAGE", b"tab\t \"quote\" back\\slash\nline \xc3\xa9"),
            ("DUP", b"\xff\x00"),
            ("__REALTIME_TIMESTAMP", b"17"),
            ("EMPTY", b""),
        ];
        assert_eq!(
            shown(fields),
            concat!(
                r#"{"__REALTIME_TIMESTAMP":"17","MESSAGE":"tab\t \"quote\" back\\slash\nline é","#,
                r#""_UID":"0","DUP":["one",[255,0]],"EMPTY":""}"#,
                "\n"
            )
        );
        assert_eq!(shown(&[]), "{}\n");
    }

    #[test]
    fn what_is_not_printable_is_an_array_of_bytes() {
        for (value, expected) in [
            (&b"\x1b[0m"[..], "[27,91,48,109]"),
            (b"\r", "[13]"),
            (b"\x7f", "[127]"),
            (b"\xc2\x85", "[194,133]"),
            (b"\xc2\xa0", "\"\u{a0}\""),
            (b"\xed\xa0\x80", "[237,160,128]"),
        ] {
            assert_eq!(shown(&[("A", value)]), format!("{{\"A\":{expected}}}\n"));
        }
    }
}
