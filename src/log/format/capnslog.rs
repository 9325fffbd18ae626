//! capnslog, etcd up to 3.3: `YYYY-MM-DD HH:MM:SS.uuuuuu L | package: message`, in local time without a zone.
//!
//! Under journald the time and the letter are lost: only `package: message` remains.

use std::borrow::Cow;

use super::{Body, Layer};
use crate::log::field::lossy;
use crate::log::{Level, time};

pub(super) fn parse(line: &[u8]) -> Option<Layer<'_>> {
    let (stamp, length) = time::iso(line)?;
    let rest = line[length..].strip_prefix(b" ")?;
    let (letter, rest) = (rest.first()?, rest.get(1..)?.strip_prefix(b" | ")?);
    let level = Level::from_letter(*letter)?;
    let (package, message) = match memchr::memmem::find(rest, b": ") {
        Some(colon) if !rest[..colon].contains(&b' ') => {
            (Some(lossy(&rest[..colon])), &rest[colon + 2..])
        }
        _ => (None, rest),
    };
    let mut layer = Layer::new(Body::Message(Cow::Borrowed(message)));
    layer.time = Some(stamp);
    layer.level = level;
    layer.logger = package;
    Some(layer)
}

#[cfg(test)]
mod tests {
    use super::super::samples::shown;

    #[test]
    fn the_letter_is_the_level() {
        assert_eq!(
            shown("2026-11-20 12:07:40.185869 N | discovery: found 2 peer(s), waiting for 1 more"),
            "capnslog | 2026-11-20T12:07:40.185869Z | notice | found 2 peer(s), waiting for 1 more"
        );
        assert_eq!(
            shown("2026-11-20 12:07:40.1 X | y"),
            "iso time | 2026-11-20T12:07:40.100Z | - | X | y"
        );
    }
}
