//! Spark, and whoever kept log4j 1.2's default: `yy/MM/dd HH:MM:SS LEVEL class: message`.

use super::rest::Rest;
use super::{DIGITS, Format, Layer, Recognise};
use crate::log::time;

pub(super) const FORMAT: Format = Format::payload("spark", Recognise::Line(DIGITS, parse));

fn parse(line: &[u8]) -> Option<Layer<'_>> {
    let (stamp, length) = time::slashed(line)?;
    let mut rest = Rest(&line[length..]);
    rest.tag(b" ")?;
    let level = rest.level()?;
    rest.spaces()?;
    let class = rest.until(b':')?;
    rest.skip_spaces();
    Some(rest.message(stamp, level).logger(class))
}

#[cfg(test)]
mod tests {
    use super::super::samples::shown;

    #[test]
    fn the_year_has_two_digits() {
        assert_eq!(
            shown(
                "17/06/09 20:10:40 INFO executor.CoarseGrainedExecutorBackend: Registered signal handlers"
            ),
            "spark | 2017-06-09T20:10:40Z | info | Registered signal handlers"
        );
    }
}
