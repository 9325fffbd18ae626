//! The level before the time: `ERRO 2019-04-24T21:30:28+00:00 [component] file.go:88 message` (Replicated),
//! `[ERROR] 2019-04-24 21:30:28 message`.

use std::borrow::Cow;

use super::{Body, Layer};
use crate::log::{Level, time};

pub(super) fn parse(line: &[u8]) -> Option<Layer<'_>> {
    let end = line
        .iter()
        .take(12)
        .position(|b| matches!(b, b' ' | b'\t'))?;
    let word = line[..end]
        .strip_prefix(b"[")
        .and_then(|word| word.strip_suffix(b"]"))
        .unwrap_or(&line[..end]);
    let level = Level::from_name(word)?;
    let rest = line[end..].trim_ascii_start();
    let (stamp, length) = time::iso(rest)?;
    let mut layer = Layer::new(Body::Message(Cow::Borrowed(
        rest[length..].trim_ascii_start(),
    )));
    layer.time = Some(stamp);
    layer.level = level;
    Some(layer)
}

#[cfg(test)]
mod tests {
    use super::super::samples::shown;

    #[test]
    fn replicated_writes_the_level_first() {
        assert_eq!(
            shown(
                "INFO 2019-04-24T21:30:29+00:00 [pkg/commands] runner.go:44 Command port-available-80 failed: timeout"
            ),
            "level first | 2019-04-24T21:30:29Z | info | [pkg/commands] runner.go:44 Command port-available-80 failed: timeout"
        );
        assert_eq!(
            shown("error reading the file"),
            " | - | - | error reading the file"
        );
    }
}
