//! Lines that start with the seconds or milliseconds since 1970: `1428634687123 message`, `1428634687.123 message`.

use super::rest::Rest;
use super::{DIGITS, Format, Layer, Recognise, iso};
use crate::log::time;

pub(super) const FORMAT: Format = Format::payload("epoch time", Recognise::Line(DIGITS, parse));

fn parse(line: &[u8]) -> Option<Layer<'_>> {
    let (stamp, length) = time::epoch(line)?;
    let mut rest = Rest(&line[length..]);
    rest.spaces()?;
    // A column of numbers is a table.
    if !rest.0.iter().any(u8::is_ascii_alphabetic) {
        return None;
    }
    Some(iso::text(rest.0, stamp))
}

#[cfg(test)]
mod tests {
    use super::super::samples::shown;

    #[test]
    fn the_number_of_digits_tells_the_unit() {
        assert_eq!(
            shown("1428634687123 Hello, World!"),
            "epoch time | 2015-04-10T02:58:07.123Z | - | Hello, World!"
        );
        assert_eq!(
            shown("1428634687.25 ERROR boom"),
            "epoch time | 2015-04-10T02:58:07.250Z | error | boom"
        );
        assert_eq!(shown("1428634687 12 17"), " | - | - | 1428634687 12 17");
    }
}
