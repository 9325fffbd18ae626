//! VDSM of oVirt: `MainThread::ERROR::2011-12-05 07:04:56,300::vdsm::74::vds::(run) message`.

use std::borrow::Cow;

use super::{Body, Format, LETTERS, Layer, Recognise};
use crate::log::field::lossy;
use crate::log::{Level, time};

pub(super) const FORMAT: Format = Format::payload("vdsm", Recognise::Line(LETTERS, parse));

fn parse(line: &[u8]) -> Option<Layer<'_>> {
    let cut = |text: &'static [u8], line: &'_ [u8]| {
        crate::text::find_short(&line[..line.len().min(256)], text)
    };
    let thread = cut(b"::", line)?;
    let rest = &line[thread + 2..];
    let word = cut(b"::", rest)?;
    let level = Level::from_name(&rest[..word])?;
    let rest = &rest[word + 2..];
    let (stamp, length) = time::iso(rest)?;
    let rest = rest[length..].strip_prefix(b"::")?;
    let (module, message) = match memchr::memchr(b')', rest) {
        Some(end) => (&rest[..=end], rest[end + 1..].trim_ascii_start()),
        None => (&b""[..], rest),
    };
    let mut layer = Layer::new(Body::Message(Cow::Borrowed(message)));
    layer.time = Some(stamp);
    layer.level = level;
    layer.logger = (!module.is_empty()).then(|| lossy(module));
    Some(layer)
}

#[cfg(test)]
mod tests {
    use super::super::samples::shown;

    #[test]
    fn colons_separate_the_parts() {
        assert_eq!(
            shown(
                "MainThread::ERROR::2011-12-05 07:04:56,300::vdsm::74::vds::(run) Traceback (most recent call last):"
            ),
            "vdsm | 2011-12-05T07:04:56.300Z | error | Traceback (most recent call last):"
        );
    }
}
