//! Any line that starts with `Mmm dd HH:MM:SS` but names no machine and no program behind it.

use super::rest::Rest;
use super::{Format, Layer, Recognise, iso};
use crate::log::time;

pub(super) const FORMAT: Format =
    Format::payload("month and time", Recognise::Line(b"JFMASOND", parse));

fn parse(line: &[u8]) -> Option<Layer<'_>> {
    let (stamp, length) = time::month_first(line)?;
    let mut rest = Rest(&line[length..]);
    rest.spaces()?;
    if rest.0.is_empty() {
        return None;
    }
    Some(iso::text(rest.0, stamp))
}

#[cfg(test)]
mod tests {
    use super::super::samples::shown;

    #[test]
    fn the_level_is_read_where_there_is_one() {
        assert_eq!(
            shown("Nov 07 22:50:01 ERROR app: boom"),
            "month and time | 1972-11-07T22:50:01Z | error | app: boom"
        );
        assert_eq!(shown("Nov 07 22:50:01"), " | - | - | Nov 07 22:50:01");
        assert_eq!(
            shown("Nov 07 22:50 notes.txt"),
            " | - | - | Nov 07 22:50 notes.txt"
        );
    }
}
