//! multilog and svlogd: `@` and 24 hexadecimal digits, a TAI64N label (<https://cr.yp.to/libtai/tai64.html)>: seconds since 1970 TAI plus
//! 2^62, and nanoseconds. TAI was ten seconds ahead of UTC in 1970 and leap seconds are not counted, as the tools do.

use std::borrow::Cow;

use super::{Body, Format, Layer, Recognise};
use crate::log::{Stamp, StampKind};

pub(super) const FORMAT: Format = Format::wrapper("tai64n", Recognise::Line(b"@", parse));

fn parse(line: &[u8]) -> Option<Layer<'_>> {
    let hex = |from: usize, to: usize| {
        let digits = line.get(from..to)?;
        i64::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
    };
    let seconds = hex(1, 17)?.checked_sub(0x4000_0000_0000_000a)?;
    let nanos = hex(17, 25)?;
    if !(0..1 << 34).contains(&seconds) {
        return None;
    }
    let payload = line[25..].strip_prefix(b" ")?;
    let mut layer = Layer::new(Body::Payload(Cow::Borrowed(payload)));
    layer.time = Some(Stamp {
        micros: seconds * 1_000_000 + nanos / 1000,
        kind: StampKind::Explicit,
    });
    Some(layer)
}

#[cfg(test)]
mod tests {
    use super::super::samples::shown;

    #[test]
    fn labels_are_instants() {
        assert_eq!(
            shown("@40000000433225833b6e1a8c tcpserver: status: 5/30"),
            "tai64n | 2005-09-22T03:31:05.997071Z | - | tcpserver: status: 5/30"
        );
    }
}
