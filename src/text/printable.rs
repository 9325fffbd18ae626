//! Text from a bundle is hostile: escape codes, bidirectional controls, invalid UTF-8.
//!
//! Everything shown passes through [`printable`]; everything parsed passes through [`strip_ansi`].

use std::borrow::Cow;
use std::fmt::Write as _;

/// `bytes` as text in which every character can be shown on a terminal or in a page.
///
/// A tab becomes a space. Invalid UTF-8 becomes `\xNN`; control characters (C0, DEL and C1), line and
/// paragraph separators and bidirectional controls become `\xNN` or `\u{NNNN}`.
pub fn printable(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        push_printable(&mut out, chunk.valid());
        for byte in chunk.invalid() {
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
    out
}

/// [`printable`] for text that is UTF-8 already; borrows when nothing has to change.
pub fn printable_str(text: &str) -> Cow<'_, str> {
    if is_plain(text.as_bytes()) {
        Cow::Borrowed(text)
    } else if text.chars().any(|c| c == '\t' || needs_escape(c)) {
        let mut out = String::with_capacity(text.len() + 8);
        push_printable(&mut out, text);
        Cow::Owned(out)
    } else {
        Cow::Borrowed(text)
    }
}

/// Whether `text` is of ASCII alone, without control characters; most text is.
fn is_plain(text: &[u8]) -> bool {
    text.iter().all(|b| matches!(b, b' '..=b'~'))
}

fn push_printable(out: &mut String, text: &str) {
    if is_plain(text.as_bytes()) {
        out.push_str(text);
        return;
    }
    for c in text.chars() {
        match c {
            '\t' => out.push(' '),
            c if !needs_escape(c) => out.push(c),
            c if (c as u32) < 0x100 => {
                let _ = write!(out, "\\x{:02x}", c as u32);
            }
            c => {
                let _ = write!(out, "\\u{{{:x}}}", c as u32);
            }
        }
    }
}

/// Whether a character can be shown as it is: it is neither a control character nor one that changes the direction
/// of text or has no width.
pub fn is_shown(c: char) -> bool {
    !needs_escape(c)
}

fn needs_escape(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{061c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}

/// `line` without CSI and OSC sequences (ECMA-48), which colour the output of many loggers.
pub fn strip_ansi(line: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr(0x1b, line).is_none() {
        return Cow::Borrowed(line);
    }
    let mut out = Vec::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = memchr::memchr(0x1b, rest) {
        out.extend_from_slice(&rest[..at]);
        rest = &rest[at + escape_length(&rest[at..])..];
    }
    out.extend_from_slice(rest);
    Cow::Owned(out)
}

/// The length of the escape sequence at the start of `bytes`, which starts with ESC.
fn escape_length(bytes: &[u8]) -> usize {
    match bytes.get(1) {
        Some(b'[') => {
            let params = bytes[2..]
                .iter()
                .take_while(|b| (0x20..0x40).contains(*b))
                .count();
            (params + 3).min(bytes.len())
        }
        Some(b']') => {
            let end = bytes[2..].iter().position(|&b| b == 0x07 || b == 0x1b);
            match end {
                Some(at) if bytes[at + 2] == 0x1b => (at + 4).min(bytes.len()),
                Some(at) => at + 3,
                None => bytes.len(),
            }
        }
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_reaches_the_terminal_that_could_steer_it() {
        assert_eq!(
            printable(b"\x1b[31mred\x1b[0m\x07"),
            "\\x1b[31mred\\x1b[0m\\x07"
        );
        assert_eq!(printable(b"a\tb\xff\xc2\x9b"), "a b\\xff\\x9b");
        assert_eq!(
            printable("x\u{202e}y\u{2028}".as_bytes()),
            "x\\u{202e}y\\u{2028}"
        );
        assert_eq!(printable("grün 東京".as_bytes()), "grün 東京");
    }

    #[test]
    fn clean_text_is_borrowed() {
        assert!(matches!(printable_str("plain"), Cow::Borrowed("plain")));
        assert_eq!(printable_str("a\u{7f}"), "a\\x7f");
    }

    #[test]
    fn colours_are_stripped_and_cut_sequences_do_not_panic() {
        assert_eq!(
            &*strip_ansi(b"\x1b[1;31mERRO\x1b[0m[0000] x"),
            b"ERRO[0000] x"
        );
        assert_eq!(
            &*strip_ansi(b"\x1b]8;;http://x\x1b\\link\x1b]8;;\x07!"),
            b"link!"
        );
        for cut in [
            &b"\x1b"[..],
            b"\x1b[",
            b"\x1b[31",
            b"\x1b]",
            b"\x1b]8;;x\x1b",
        ] {
            strip_ansi(cut);
        }
    }
}
