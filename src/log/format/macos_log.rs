//! macOS, `log show`: `TIME+0100 0xTHREAD Type 0xACTIVITY PID TTL process: message`, in columns.

use super::{Format, Layer, Recognise, Timed};
use crate::log::Level;

pub(super) const FORMAT: Format =
    Format::payload("macos log", Recognise::Timed(|b| b == b'0', parse));

fn parse(timed: Timed<'_>) -> Option<Layer<'_>> {
    let mut rest = timed.bare()?;
    rest.tag(b" 0x")?;
    rest.word()?;
    rest.spaces()?;
    let level = match rest.word()? {
        b"Default" => Level::Notice,
        b"Info" => Level::Info,
        b"Debug" => Level::Debug,
        b"Error" => Level::Error,
        b"Fault" => Level::Critical,
        _ => return None,
    };
    rest.spaces()?;
    rest.tag(b"0x")?;
    rest.word()?;
    rest.spaces()?;
    let pid = rest.digits()?;
    rest.spaces()?;
    rest.digits()?;
    rest.spaces()?;
    let process = rest.until(b':')?;
    rest.skip_spaces();
    Some(
        rest.message(timed.stamp, level)
            .logger(process)
            .with("pid", pid),
    )
}

#[cfg(test)]
mod tests {
    use super::super::samples::shown;

    #[test]
    fn the_type_is_the_level() {
        assert_eq!(
            shown(
                "2026-11-20 11:24:44.873661+0100 0x1a2b     Error       0x0                  123    0    kernel: (AppleACPI) failed"
            ),
            "macos log | 2026-11-20T10:24:44.873661Z | error | (AppleACPI) failed"
        );
    }
}
