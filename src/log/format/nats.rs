//! NATS: `[PID] YYYY/MM/DD HH:MM:SS.uuuuuu [ERR] message`.

use super::rest::Rest;
use super::{Format, Layer, Recognise};
use crate::log::time;

pub(super) const FORMAT: Format = Format::payload("nats", Recognise::Line(b"[", parse));

fn parse(line: &[u8]) -> Option<Layer<'_>> {
    let mut rest = Rest(line);
    let pid = rest
        .bracketed()
        .filter(|pid| pid.iter().all(u8::is_ascii_digit))?;
    rest.tag(b" ")?;
    let (stamp, length) = time::iso(rest.0)?;
    rest.0 = &rest.0[length..];
    rest.tag(b" ")?;
    let level = rest.bracketed_level()?;
    rest.skip_spaces();
    Some(rest.message(stamp, level).with("pid", pid))
}

#[cfg(test)]
mod tests {
    use super::super::samples::shown;

    #[test]
    fn the_process_stands_first() {
        assert_eq!(
            shown("[7] 2025/04/25 02:01:04.339092 [ERR] Error trying to connect to route"),
            "nats | 2025-04-25T02:01:04.339092Z | error | Error trying to connect to route"
        );
    }
}
