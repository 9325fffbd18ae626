//! nginx's error log: `YYYY/MM/DD HH:MM:SS [error] PID#TID: *CONNECTION message`.

use super::rest::Rest;
use super::{Format, Layer, Recognise, Timed};

pub(super) const FORMAT: Format =
    Format::payload("nginx error log", Recognise::Timed(|b| b == b'[', parse));

fn parse(timed: Timed<'_>) -> Option<Layer<'_>> {
    let mut rest = timed.bare()?;
    rest.tag(b" ")?;
    let level = rest.bracketed_level()?;
    rest.tag(b" ")?;
    let whole = rest;
    let pid = rest.digits()?;
    rest.tag(b"#")?;
    rest.digits()?;
    rest.tag(b":")?;
    Some(Rest(whole.0).message(timed.stamp, level).with("pid", pid))
}

#[cfg(test)]
mod tests {
    use super::super::samples::shown;

    #[test]
    fn the_level_stands_in_brackets() {
        assert_eq!(
            shown(
                "2026/11/20 11:49:52 [error] 16311#16311: *1 connect() failed (111: Connection refused)"
            ),
            "nginx error log | 2026-11-20T11:49:52Z | error | 16311#16311: *1 connect() failed (111: Connection refused)"
        );
    }
}
