//! `key=value` lines: logrus without a terminal, slog's text handler, go-kit and Grafana.
//!
//! Values are quoted and escaped as Go's `%q` writes them. Quirks of logrus: an empty value is bare (`empty=`),
//! a key with spaces is not quoted (the words before the last are skipped), an empty message has no `msg`.

use std::borrow::Cow;

use super::{Fields, Format, Layer, Recognise};
use crate::log::field::lossy;

pub(super) const FORMAT: Format = Format::payload("logfmt", Recognise::Line(&[], parse));

fn parse(line: &[u8]) -> Option<Layer<'_>> {
    let first = line
        .iter()
        .take(40)
        .position(|b| !(b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'@' | b'-')))?;
    if line[first] != b'=' || first == 0 {
        return None;
    }
    let pairs = pairs(line)?;
    super::structured(pairs)
}

/// The fields of `line`; `None` when a quote is never closed.
pub(super) fn pairs(line: &[u8]) -> Option<Fields<'_>> {
    let mut pairs = Vec::with_capacity(8);
    let mut rest = line.trim_ascii_start();
    let mut in_message = false;
    while !rest.is_empty() {
        // slog quotes names as well as values.
        if let Some((name, after)) = quoted(rest)
            && let Some(value) = after.strip_prefix(b"=")
        {
            let (value, after) = value_of(value)?;
            pairs.push((Cow::Owned(lossy(&name).into_owned()), value));
            rest = after.trim_ascii_start();
            continue;
        }
        let end = rest
            .iter()
            .position(|b| matches!(b, b'=' | b' '))
            .unwrap_or(rest.len());
        let name = &rest[..end];
        if rest.get(end) != Some(&b'=') || name.is_empty() {
            if in_message {
                continue_message(&mut pairs, name);
            }
            rest = rest[end..].get(1..).unwrap_or_default().trim_ascii_start();
            continue;
        }
        let (value, after) = value_of(&rest[end + 1..])?;
        in_message = name == b"msg" && rest.get(end + 1) != Some(&b'"') && !value.is_empty();
        pairs.push((lossy(name), value));
        rest = after.trim_ascii_start();
    }
    Some(pairs)
}

/// Adds a word to a message that is not quoted (logrus with `DisableQuote`).
fn continue_message(pairs: &mut Fields<'_>, word: &[u8]) {
    if let Some((_, message)) = pairs.last_mut().filter(|_| !word.is_empty()) {
        let message = message.to_mut();
        message.push(b' ');
        message.extend_from_slice(word);
    }
}

/// The value at the start of `value`, and what follows it; `None` when its quote is never closed.
fn value_of(value: &[u8]) -> Option<(Cow<'_, [u8]>, &[u8])> {
    if value.starts_with(b"\"") {
        return quoted(value);
    }
    let end = memchr::memchr(b' ', value).unwrap_or(value.len());
    Some((Cow::Borrowed(&value[..end]), &value[end..]))
}

/// The text in the quotes at the start of `text`, unescaped, and what follows them.
pub(super) fn quoted(text: &[u8]) -> Option<(Cow<'_, [u8]>, &[u8])> {
    let body = text.strip_prefix(b"\"")?;
    let mut at = 0;
    let mut escaped = false;
    loop {
        at += memchr::memchr2(b'"', b'\\', &body[at..])?;
        if body[at] == b'"' {
            break;
        }
        escaped = true;
        at += 2;
        if at > body.len() {
            return None;
        }
    }
    let inner = &body[..at];
    Some((
        if escaped {
            Cow::Owned(unescape(inner))
        } else {
            Cow::Borrowed(inner)
        },
        &body[at + 1..],
    ))
}

/// Undoes Go's `strconv.Quote`.
fn unescape(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        out.extend_from_slice(&rest[..at]);
        let Some(&letter) = rest.get(at + 1) else {
            break;
        };
        rest = &rest[at + 2..];
        match letter {
            b'n' => out.push(b'\n'),
            b't' => out.push(b'\t'),
            b'r' => out.push(b'\r'),
            b'a' => out.push(0x07),
            b'b' => out.push(0x08),
            b'f' => out.push(0x0c),
            b'v' => out.push(0x0b),
            b'x' => rest = hex(rest, 2, |code| out.push(u8::try_from(code).unwrap_or(b'?'))),
            b'u' => rest = hex(rest, 4, |code| push_char(&mut out, code)),
            b'U' => rest = hex(rest, 8, |code| push_char(&mut out, code)),
            other => out.push(other),
        }
    }
    out.extend_from_slice(rest);
    out
}

fn hex(text: &[u8], digits: usize, push: impl FnOnce(u32)) -> &[u8] {
    let code = text
        .get(..digits)
        .and_then(|code| u32::from_str_radix(std::str::from_utf8(code).ok()?, 16).ok());
    let Some(code) = code else { return text };
    push(code);
    &text[digits..]
}

fn push_char(out: &mut Vec<u8>, code: u32) {
    let c = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
}

#[cfg(test)]
mod tests {
    use super::super::samples::shown;
    use crate::log::parse_line;

    #[test]
    fn logrus_as_go_writes_it() {
        assert_eq!(
            shown(
                r#"time="2026-11-20T11:24:44Z" level=warning msg="line one\nline two \"quoted\" tab\there \x1b[31mred ünï back\\slash" empty= k with space=1"#
            ),
            "logfmt | 2026-11-20T11:24:44Z | warn | line one\\nline two \\\"quoted\\\" tab\\there \\u{1b}[31mred ünï back\\\\slash"
        );
        let record = parse_line(br#"time="2018-09-24T13:40:20Z" level=error msg="failed to join existing cluster" action=create endpoint="172.28.128.3,172.28.128.4" error="503 Service Unavailable" bad="\xff" empty= module=cp"#);
        assert_eq!(
            record.field("endpoint"),
            Some(&b"172.28.128.3,172.28.128.4"[..])
        );
        assert_eq!(record.field("bad"), Some(&b"\xff"[..]));
        assert_eq!(record.field("empty"), Some(&b""[..]));
        assert_eq!(record.logger.as_deref(), Some("cp"));
    }

    #[test]
    fn messages_may_be_unquoted_and_names_quoted() {
        assert_eq!(
            shown("time=2026-11-20T11:24:44Z level=info msg=two words"),
            "logfmt | 2026-11-20T11:24:44Z | info | two words"
        );
        let record = parse_line(br#"level=info msg="x" "k v"=1 n=2"#);
        assert_eq!(record.field("k v"), Some(&b"1"[..]));
        assert_eq!(record.field("n"), Some(&b"2"[..]));
    }

    #[test]
    fn slog_and_go_kit_are_the_same_family() {
        assert_eq!(
            shown(
                r#"time=2025-11-27T11:00:04.318Z level=INFO source=compact.go:591 msg="write block""#
            ),
            "logfmt | 2025-11-27T11:00:04.318Z | info | write block"
        );
        assert_eq!(
            shown(r#"logger=settings t=2025-04-24T19:51:48.520963849Z level=eror msg="no""#),
            "logfmt | 2025-04-24T19:51:48.520963Z | error | no"
        );
        assert_eq!(
            shown(r"level=error ts=2025-04-24T19:51:48Z caller=x.go:1"),
            "logfmt | 2025-04-24T19:51:48Z | error | "
        );
    }

    #[test]
    fn assignments_and_broken_quotes_are_not_logs() {
        assert_eq!(
            shown("JOIN=172.28.128.3 ADVERTISE_IP=172.28.128.4"),
            " | - | - | JOIN=172.28.128.3 ADVERTISE_IP=172.28.128.4"
        );
        assert_eq!(
            shown(r#"level=error msg="never closed"#),
            r#" | - | - | level=error msg=\"never closed"#
        );
        assert_eq!(
            shown(r#"time="2026-11-20T11:24:44Z" level=info msg="ends in \"#),
            r#" | - | - | time=\"2026-11-20T11:24:44Z\" level=info msg=\"ends in \\"#
        );
    }
}
