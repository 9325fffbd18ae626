//! Any line that starts with an ISO time. As `docker logs -t` and `kubectl logs --timestamps` it wraps a
//! payload of another format; else it is text, perhaps with a level in front.

use std::borrow::Cow;

use super::{Body, Format, Layer, Recognise, Timed};
use crate::log::{Level, Stamp};

pub(super) const FORMAT: Format = Format::payload(NAME, Recognise::Timed(|_| true, parse));

/// The name of the format.
pub(in crate::log) const NAME: &str = "iso time";

fn parse(timed: Timed<'_>) -> Option<Layer<'_>> {
    let rest = if timed.bracketed {
        timed.boxed()?.0
    } else {
        timed.rest
    };
    // A time alone is what `date` prints.
    if rest.is_empty() || rest[0].is_ascii_alphanumeric() {
        return None;
    }
    let rest = rest
        .strip_prefix(b" ")
        .or_else(|| rest.strip_prefix(b"\t"))
        .or_else(|| rest.strip_prefix(b": "))
        .or_else(|| rest.strip_prefix(b":"))
        .unwrap_or(rest);
    Some(text(rest, timed.stamp))
}

/// A layer of text with a time in front: a payload if some format recognises it, else a message, perhaps with a level.
pub(super) fn text(text: &[u8], stamp: Stamp) -> Layer<'_> {
    let (level, message) = leading_level(text);
    let mut layer = Layer::new(Body::Either {
        payload: Cow::Borrowed(text),
        message: Cow::Borrowed(message),
    });
    layer.time = Some(stamp);
    layer.level = level;
    layer
}

/// The level among the first four words of `text`, bare or in brackets, and the message behind it. Words before
/// the level must look like a process id, a thread or a logger; the message then starts behind the level.
pub(super) fn leading_level(text: &[u8]) -> (Level, &[u8]) {
    let mut rest = text.trim_ascii_start();
    for position in 0..4 {
        let end = rest
            .iter()
            .position(|b| matches!(b, b' ' | b'\t'))
            .unwrap_or(rest.len());
        let (word, after) = (&rest[..end], rest[end..].trim_ascii_start());
        let bare = word.trim_ascii_end();
        let stripped = bare.strip_prefix(b"[").map_or(bare, |inner| {
            inner.split(|b| *b == b']').next().unwrap_or(inner)
        });
        let stripped = stripped.strip_suffix(b":").unwrap_or(stripped);
        // Padded inside the brackets: `[WARN ]`, `[ERROR]`.
        if let Some(level) = Level::from_name(stripped) {
            let in_brackets = bare.starts_with(b"[");
            // In running text "error" and "info" are words; as levels they are upper-case, in brackets, or first with a
            // colon or the name of a process behind them. A panic is no level but the head of a trace.
            let upper = stripped
                .iter()
                .all(|b| b.is_ascii_uppercase() || matches!(b, b'+' | b'-' | b'0'..=b'9'));
            let next = after.split(|b| *b == b' ').next().unwrap_or_default();
            let lower = position == 0
                && stripped.iter().all(u8::is_ascii_lowercase)
                && (bare.ends_with(b":") || next.ends_with(b"]") || next.ends_with(b"]:"))
                && stripped != b"panic";
            if in_brackets || upper || lower {
                return (
                    level,
                    after
                        .strip_prefix(b"]")
                        .map_or(after, <[u8]>::trim_ascii_start),
                );
            }
        }
        if !is_preamble(bare) || after.is_empty() {
            break;
        }
        rest = after;
    }
    (Level::Unknown, text)
}

/// Process ids, `-`, `|`, `[thread]`, `<0.8.0>`.
fn is_preamble(word: &[u8]) -> bool {
    let bracketed = word.starts_with(b"[") || word.starts_with(b"<") || word.starts_with(b"(");
    bracketed
        || word
            .iter()
            .all(|b| b.is_ascii_digit() || matches!(b, b'-' | b'|' | b'#' | b':'))
}

#[cfg(test)]
mod tests {
    use super::super::samples::shown;

    #[test]
    fn docker_timestamps_wrap_other_formats() {
        assert_eq!(
            shown(
                r#"2025-07-01T16:34:43.657864191Z time="2025-07-01T16:34:43Z" level=error msg=boom"#
            ),
            "iso time > logfmt | 2025-07-01T16:34:43Z | error | boom"
        );
        assert_eq!(
            shown(
                "2025-04-08T19:28:47.429622688Z 2025-04-08 19:28:47.428996+00:00 [error] <0.14149.592> closing"
            ),
            "iso time > lager | 2025-04-08T19:28:47.428996Z | error | <0.14149.592> closing"
        );
        assert_eq!(
            shown(
                "2019-04-24T21:30:28.429517895Z ERRO 2019-04-24T21:30:28+00:00 [replicated-native] port_available.go:88 Failed"
            ),
            "iso time > level first | 2019-04-24T21:30:28Z | error | [replicated-native] port_available.go:88 Failed"
        );
    }

    #[test]
    fn levels_are_read_where_loggers_put_them() {
        for (line, level, message) in [
            (
                "2022-02-04 10:21:58.881 | ERROR | something broke",
                "error",
                "| something broke",
            ),
            (
                "2022-06-02T11:58:12.193Z info vpxd[45715] [sub=x] BEGIN",
                "info",
                "vpxd[45715] [sub=x] BEGIN",
            ),
            (
                "2022-02-04 10:21:58 error: cannot connect",
                "error",
                "cannot connect",
            ),
            ("2022-02-04 10:21:58 Config loaded", "-", "Config loaded"),
            (
                "2022-02-04 10:21:58 something had an error in it",
                "-",
                "something had an error in it",
            ),
        ] {
            let expected = format!(" | {level} | {message}");
            assert!(shown(line).ends_with(&expected), "{line}: {}", shown(line));
        }
    }
}
