//! Hadoop 0.x, and MySQL up to 5.5, whose dates have two digits of the year and no separators:
//! `081109 203615 148 INFO dfs.DataNode: message`, `161109  9:25:42 [Warning] message`.

use super::rest::Rest;
use super::{DIGITS, Format, Layer, Recognise};
use crate::log::{Level, time};

pub(super) const FORMAT: Format = Format::payload("compact date", Recognise::Line(DIGITS, parse));

fn parse(line: &[u8]) -> Option<Layer<'_>> {
    let (stamp, length) = time::compact(line)?;
    let mut rest = Rest(&line[length..]);
    rest.spaces()?;
    let mut marks = rest;
    if let Some(level) = marks.bracketed_level() {
        marks.skip_spaces();
        return Some(marks.message(stamp, level));
    }
    let pid = marks.digits().filter(|_| marks.spaces().is_some());
    let Some(level) = pid.and_then(|_| marks.level()) else {
        // InnoDB writes without a level.
        return line
            .contains(&b':')
            .then(|| rest.message(stamp, Level::Unknown));
    };
    marks.spaces()?;
    let class = marks.until(b':')?;
    marks.skip_spaces();
    Some(marks.message(stamp, level).logger(class))
}

#[cfg(test)]
mod tests {
    use super::super::samples::shown;

    #[test]
    fn dates_have_two_digits_of_the_year() {
        assert_eq!(
            shown(
                "081109 203615 148 INFO dfs.DataNode$PacketResponder: PacketResponder 0 for block blk_1 terminating"
            ),
            "compact date | 2008-11-09T20:36:15Z | info | PacketResponder 0 for block blk_1 terminating"
        );
        assert_eq!(
            shown("161109  9:25:42 [Warning] SSL error: Unable to get certificate"),
            "compact date | 2016-11-09T09:25:42Z | warn | SSL error: Unable to get certificate"
        );
        assert_eq!(
            shown("161109  9:25:42  InnoDB: Waiting for the background threads to start"),
            "compact date | 2016-11-09T09:25:42Z | - | InnoDB: Waiting for the background threads to start"
        );
    }
}
