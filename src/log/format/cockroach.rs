//! CockroachDB (crdb-v1 and v2): `I230101 12:00:00.000000 1 server/file.go:12 ⋮ [n1] 1  message`. Lines of one message that follow
//! repeat the head, with `+` before the text.

use super::rest::Rest;
use super::{Format, Layer, Recognise};
use crate::log::{Level, time};

pub(super) const FORMAT: Format = Format::payload("cockroachdb", Recognise::Line(b"IWEF", parse));

fn parse(line: &[u8]) -> Option<Layer<'_>> {
    let level = Level::from_letter(*line.first()?)?;
    let (stamp, length) = time::compact(&line[1..])?;
    let mut rest = Rest(&line[1 + length..]);
    rest.tag(b" ")?;
    rest.digits()?;
    rest.tag(b" ")?;
    let source = rest.word().filter(|source| source.contains(&b':'))?;
    rest.skip_spaces();
    // The bar that separates the redactable part.
    let _ = rest.tag("⋮".as_bytes());
    rest.skip_spaces();
    let tags = rest.bracketed().unwrap_or_default();
    rest.skip_spaces();
    let mut numbered = rest;
    if numbered.digits().is_some() && numbered.tag(b" ").is_some() {
        rest = numbered;
    }
    rest.skip_spaces();
    Some(rest.message(stamp, level).logger(source).with("tags", tags))
}

#[cfg(test)]
mod tests {
    use super::super::samples::shown;

    #[test]
    fn the_date_has_two_digits_of_the_year() {
        assert_eq!(
            shown(
                "E230101 12:00:00.000000 1 server/node.go:12 ⋮ [n1] 17  could not join: connection refused"
            ),
            "cockroachdb | 2023-01-01T12:00:00Z | error | could not join: connection refused"
        );
    }
}
