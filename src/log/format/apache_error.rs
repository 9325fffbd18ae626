//! Apache's error log: `[Sun Dec 04 04:47:44 2005] [error] message` (2.2) and
//! `[Mon Aug 09 09:31:04.075673 2021] [ssl:warn] [pid 746] [client 192.0.2.1:80] message` (2.4).
//!
//! The kernel's log as `dmesg -T` prints it starts alike; there no second bracket with a level follows.

use super::rest::Rest;
use super::{Format, Layer, Recognise};
use crate::log::{Level, time};

pub(super) const FORMAT: Format = Format::payload("apache error log", Recognise::Line(b"[", parse));

fn parse(line: &[u8]) -> Option<Layer<'_>> {
    let (stamp, length) = time::ctime(line.get(1..)?)?;
    let mut rest = Rest(&line[1 + length..]);
    rest.tag(b"] [")?;
    let mark = rest.until(b']')?;
    let colon = memchr::memchr(b':', mark);
    let (module, level) = colon.map_or((&b""[..], mark), |at| (&mark[..at], &mark[at + 1..]));
    // `trace1` to `trace8`.
    let level = Level::from_name(without_number(level))?;
    rest.skip_spaces();
    Some(rest.message(stamp, level).logger(module))
}

fn without_number(level: &[u8]) -> &[u8] {
    let digits = level
        .iter()
        .rev()
        .take_while(|b| b.is_ascii_digit())
        .count();
    &level[..level.len() - digits]
}

#[cfg(test)]
mod tests {
    use super::super::samples::shown;

    #[test]
    fn both_generations_are_read() {
        assert_eq!(
            shown("[Sun Dec 04 04:47:44 2005] [error] mod_jk child workerEnv in error state 6"),
            "apache error log | 2005-12-04T04:47:44Z | error | mod_jk child workerEnv in error state 6"
        );
        assert_eq!(
            shown(
                "[Mon Aug 09 09:31:04.075673 2021] [ssl:warn] [pid 746] AH01909: server certificate does NOT include an ID"
            ),
            "apache error log | 2021-08-09T09:31:04.075673Z | warn | [pid 746] AH01909: server certificate does NOT include an ID"
        );
    }
}
