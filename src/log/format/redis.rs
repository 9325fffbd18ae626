//! Redis: `PID:ROLE dd Mmm YYYY HH:MM:SS.mmm # message`; the role is X, C, S or M, the mark `.` debug, `-` verbose, `*` notice, `#` warning. 2.x has no year.

use super::rest::Rest;
use super::{DIGITS, Format, Layer, Recognise};
use crate::log::{Level, time};

pub(super) const FORMAT: Format = Format::payload("redis", Recognise::Line(DIGITS, parse));

fn parse(line: &[u8]) -> Option<Layer<'_>> {
    let mut rest = Rest(line);
    let pid = rest.digits()?;
    rest.tag(b":")?;
    rest.word()
        .filter(|role| matches!(role, [b'X' | b'C' | b'S' | b'M']))?;
    rest.tag(b" ")?;
    let (stamp, length) = time::day_month(rest.0)?;
    rest.0 = &rest.0[length..];
    rest.tag(b" ")?;
    let level = match rest.word()? {
        b"." => Level::Trace,
        b"-" => Level::Debug,
        b"*" => Level::Notice,
        b"#" => Level::Warn,
        _ => return None,
    };
    let _ = rest.tag(b" ");
    Some(rest.message(stamp, level).with("pid", pid))
}

#[cfg(test)]
mod tests {
    use super::super::samples::shown;

    #[test]
    fn the_mark_is_the_level() {
        assert_eq!(
            shown(
                "16635:S 20 Nov 2026 11:48:58.467 # Error condition on socket for SYNC: Connection refused"
            ),
            "redis | 2026-11-20T11:48:58.467Z | warn | Error condition on socket for SYNC: Connection refused"
        );
        assert_eq!(
            shown("1:M 20 Nov 11:48:58.467 * Ready to accept connections"),
            "redis | 1972-11-20T11:48:58.467Z | notice | Ready to accept connections"
        );
    }
}
