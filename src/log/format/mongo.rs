//! MongoDB before 4.4: `TIME W NETWORK  [context] message`; the levels are `F E W I D1` to `D5`.

use super::{Format, Layer, Recognise, Timed};
use crate::log::Level;

pub(super) const FORMAT: Format = Format::payload(
    "mongodb",
    Recognise::Timed(|b| b.is_ascii_uppercase(), parse),
);

fn parse(timed: Timed<'_>) -> Option<Layer<'_>> {
    let mut rest = timed.bare()?;
    rest.tag(b" ")?;
    let level = match rest.word()? {
        [b'D', b'1'..=b'5'] => Level::Debug,
        &[letter @ (b'F' | b'E' | b'W' | b'I' | b'D')] => Level::from_letter(letter)?,
        _ => return None,
    };
    rest.spaces()?;
    let component = rest.word()?;
    if !component
        .iter()
        .all(|b| b.is_ascii_uppercase() || matches!(b, b'-' | b'_'))
    {
        return None;
    }
    rest.spaces()?;
    let context = rest.bracketed()?;
    rest.skip_spaces();
    let layer = rest.message(timed.stamp, level).logger(component);
    Some(layer.with("ctx", context))
}

#[cfg(test)]
mod tests {
    use super::super::samples::shown;

    #[test]
    fn the_letter_is_the_level() {
        assert_eq!(
            shown(
                "2020-02-13T23:19:57.750-0500 W NETWORK  [thread1] Failed to connect to 127.0.0.1:27017"
            ),
            "mongodb | 2020-02-14T04:19:57.750Z | warn | Failed to connect to 127.0.0.1:27017"
        );
    }
}
