//! Android's logcat (threadtime): `MM-DD HH:MM:SS.mmm PID TID L TAG: message`.

use super::rest::Rest;
use super::{DIGITS, Format, Layer, Recognise};
use crate::log::{Level, time};

pub(super) const FORMAT: Format = Format::payload("logcat", Recognise::Line(DIGITS, parse));

fn parse(line: &[u8]) -> Option<Layer<'_>> {
    let (stamp, length) = time::month_dash_day(line)?;
    let mut rest = Rest(&line[length..]);
    rest.spaces()?;
    let pid = rest.digits()?;
    rest.spaces()?;
    rest.digits()?;
    rest.spaces()?;
    let level = match rest.word()? {
        b"V" => Level::Trace,
        // Silent: asserts that must be seen.
        b"S" => Level::Fatal,
        &[letter] => Level::from_letter(letter)?,
        _ => return None,
    };
    rest.tag(b" ")?;
    let tag = rest.until(b':')?;
    rest.skip_spaces();
    Some(
        rest.message(stamp, level)
            .logger(tag.trim_ascii())
            .with("pid", pid),
    )
}

#[cfg(test)]
mod tests {
    use super::super::samples::shown;

    #[test]
    fn the_letter_is_the_level() {
        assert_eq!(
            shown(
                "03-17 16:13:38.811  1702  2395 D WindowManager: printFreezingDisplayLogsopening app"
            ),
            "logcat | 1972-03-17T16:13:38.811Z | debug | printFreezingDisplayLogsopening app"
        );
        assert_eq!(
            shown("03-17 16:13:38.811 some text: x"),
            " | - | - | 03-17 16:13:38.811 some text: x"
        );
    }
}
