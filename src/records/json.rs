//! Text to JSON strings without a detour.

use std::io::Write as _;

use crate::text::is_shown;

/// Appends `text` as a JSON string. Invalid UTF-8 becomes U+FFFD; control and bidirectional characters are escaped, so
/// that nothing steers a terminal that the JSON is shown on.
pub(super) fn string(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    let mut rest = text;
    while let Some(at) = rest.iter().position(|b| !is_plain(*b)) {
        out.extend_from_slice(&rest[..at]);
        rest = &rest[at..];
        rest = match rest[0] {
            b'"' => escape(rest, b"\\\"", out),
            b'\\' => escape(rest, b"\\\\", out),
            b'\n' => escape(rest, b"\\n", out),
            b'\t' => escape(rest, b"\\t", out),
            b'\r' => escape(rest, b"\\r", out),
            0..0x20 | 0x7f => {
                let _ = write!(out, "\\u{:04x}", rest[0]);
                &rest[1..]
            }
            _ => wide(rest, out),
        };
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}

fn is_plain(byte: u8) -> bool {
    matches!(byte, 0x20..0x7f) && byte != b'"' && byte != b'\\'
}

fn escape<'a>(rest: &'a [u8], escaped: &[u8], out: &mut Vec<u8>) -> &'a [u8] {
    out.extend_from_slice(escaped);
    &rest[1..]
}

/// The text up to the next ASCII byte.
fn wide<'a>(rest: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
    let end = rest.iter().position(u8::is_ascii).unwrap_or(rest.len());
    for c in String::from_utf8_lossy(&rest[..end]).chars() {
        if is_shown(c) {
            out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        }
    }
    &rest[end..]
}

/// Appends `"name":"value"` behind a comma.
pub(super) fn member(name: &str, value: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(b",\"");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
    string(value, out);
}

#[cfg(test)]
mod tests {
    use super::string;

    #[test]
    fn every_text_is_a_json_string() {
        for text in [
            &b"plain"[..],
            b"a \"b\" \\ c\nd\te\r\x1b[31m\x7f\0",
            "grün 東京 \u{202e}x\u{9b}y\u{1f600}".as_bytes(),
            b"\xff\xfe broken \xc3",
            b"",
        ] {
            let mut out = Vec::new();
            string(text, &mut out);
            let back: String = serde_json::from_slice(&out).expect("valid JSON");
            assert_eq!(back, String::from_utf8_lossy(text));
            let shown = String::from_utf8(out).expect("UTF-8");
            assert!(
                !shown.contains(['\u{1b}', '\u{202e}', '\u{9b}', '\u{7f}']),
                "{shown}"
            );
        }
    }
}
