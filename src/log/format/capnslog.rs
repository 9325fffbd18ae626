//! capnslog, etcd up to 3.3: `YYYY-MM-DD HH:MM:SS.uuuuuu L | package: message`, in local time without a zone.
//!
//! Under journald the time and the letter are lost: only `package: message` remains.

use super::{Format, Layer, Recognise, Timed};
use crate::log::Level;

pub(super) const FORMAT: Format = Format::payload(
    "capnslog",
    Recognise::Timed(|b| b.is_ascii_uppercase(), parse),
);

fn parse(timed: Timed<'_>) -> Option<Layer<'_>> {
    let mut rest = timed.bare()?;
    rest.tag(b" ")?;
    let level = Level::from_letter(*rest.0.first()?)?;
    rest.0 = &rest.0[1..];
    rest.tag(b" | ")?;
    let package = crate::text::find_short(rest.0, b": ")
        .map(|colon| &rest.0[..colon])
        .filter(|package| !package.contains(&b' '))
        .unwrap_or_default();
    if !package.is_empty() {
        rest.0 = &rest.0[package.len() + 2..];
    }
    Some(rest.message(timed.stamp, level).logger(package))
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
