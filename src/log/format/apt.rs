//! Blocks of Debian's package manager: `Start-Date: 2022-02-07  15:32:54` in `history.log`, `Log started: 2022-02-07  15:32:54` in
//! `term.log`; the lines below have no time.

use super::rest::Rest;
use super::{Format, Layer, Recognise};
use crate::log::{Level, time};

pub(super) const FORMAT: Format = Format::payload("apt", Recognise::Line(b"SEL", parse));

fn parse(line: &[u8]) -> Option<Layer<'_>> {
    const STARTS: [&[u8]; 4] = [
        b"Start-Date: ",
        b"End-Date: ",
        b"Log started: ",
        b"Log ended: ",
    ];
    let date = STARTS.iter().find_map(|start| line.strip_prefix(*start))?;
    // Two spaces stand between day and hour.
    let (day, clock) = date.split_at_checked(10)?;
    let text = [day, b" ", clock.trim_ascii()].concat();
    let (stamp, length) = time::iso(&text)?;
    (length == text.len()).then(|| Rest(line).message(stamp, Level::Unknown))
}

#[cfg(test)]
mod tests {
    use super::super::samples::shown;

    #[test]
    fn blocks_have_a_time() {
        assert_eq!(
            shown("Start-Date: 2022-02-07  15:32:54"),
            "apt | 2022-02-07T15:32:54Z | - | Start-Date: 2022-02-07  15:32:54"
        );
    }
}
