//! docker's json-file driver: `{"log":"...\n","stream":"stdout","time":"..."}`.
//!
//! A payload of more than 16 KiB is split; all parts but the last lack the `\n` at their end
//! (moby, `daemon/logger/copier.go`).

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Body, Format, Layer, Recognise};
use crate::log::field;
use crate::text::starts_with_any;

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    log: &'a RawValue,
    #[serde(borrow)]
    stream: Cow<'a, str>,
    #[serde(borrow)]
    time: Cow<'a, str>,
}

pub(super) const FORMAT: Format = Format {
    splits: true,
    ..Format::wrapper("docker json-file", Recognise::Line(b"{", parse))
};

fn parse(line: &[u8]) -> Option<Layer<'_>> {
    const NAMES: [&[u8]; 3] = [b"log\"", b"stream\"", b"time\""];
    // Other programs rewrite the lines with blanks behind braces and colons.
    let name = line[1..].trim_ascii_start().strip_prefix(b"\"")?;
    if !starts_with_any(name, &NAMES) {
        return None;
    }
    let Line { log, stream, time } = serde_json::from_slice(line).ok()?;
    let mut layer = Layer::new(body(log)?);
    layer.time = Some(field::stamp(time.as_bytes())?);
    layer.stream = Some(if stream == "stderr" {
        b"stderr"
    } else {
        b"stdout"
    });
    Some(layer)
}

/// The payload; borrowed where nothing but the line feed at its end is escaped.
fn body(log: &RawValue) -> Option<Body<'_>> {
    let quoted = log.get().strip_prefix('"')?.strip_suffix('"')?;
    if let Some(line) = quoted.strip_suffix("\\n")
        && memchr::memchr(b'\\', line.as_bytes()).is_none()
    {
        return Some(Body::Payload(Cow::Borrowed(line.as_bytes())));
    }
    let text: String = serde_json::from_str(log.get()).ok()?;
    Some(match text.strip_suffix('\n') {
        Some(line) => Body::Payload(Cow::Owned(line.trim_end_matches('\r').into())),
        None => Body::Partial(Cow::Owned(text.into_bytes())),
    })
}

#[cfg(test)]
mod tests {
    use super::super::samples::shown;

    #[test]
    fn blanks_between_the_parts_do_not_matter() {
        assert_eq!(
            shown(
                r#"{ "log": "level=error msg=a\n", "stream": "stdout", "time": "2018-09-24T13:40:20.5Z" }"#
            ),
            "docker json-file > logfmt | 2018-09-24T13:40:20.500Z | error | a"
        );
    }

    #[test]
    fn payloads_are_unescaped_and_parsed_in_turn() {
        assert_eq!(
            shown(
                r#"{"log":"standard_init_linux.go:211: exec user process caused \"permission denied\"\n","stream":"stderr","time":"2020-07-21T13:31:12.681426353Z"}"#
            ),
            r#"docker json-file | 2020-07-21T13:31:12.681426Z | - | standard_init_linux.go:211: exec user process caused \"permission denied\""#
        );
        assert_eq!(
            shown(
                r#"{"log":"time=\"2018-09-24T13:40:20Z\" level=error msg=\"a \u003c b\"\n","stream":"stdout","time":"2018-09-24T13:40:20.5Z"}"#
            ),
            "docker json-file > logfmt | 2018-09-24T13:40:20Z | error | a < b"
        );
    }
}
