//! Ceph's daemons: `TIME THREAD LEVEL message`, the thread in hexadecimal, the level a number: -1 is an error, 0 is normal, higher is for developers.

use super::{Format, Layer, Recognise, Timed};
use crate::log::Level;

pub(super) const FORMAT: Format =
    Format::payload("ceph", Recognise::Timed(|b| b.is_ascii_hexdigit(), parse));

fn parse(timed: Timed<'_>) -> Option<Layer<'_>> {
    let mut rest = timed.bare()?;
    rest.tag(b" ")?;
    let thread = rest.word()?;
    if thread.len() < 8 || !thread.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    rest.spaces()?;
    let level = match std::str::from_utf8(rest.word()?).ok()?.parse::<i8>().ok()? {
        ..0 => Level::Error,
        0 => Level::Info,
        _ => Level::Debug,
    };
    rest.spaces()?;
    Some(rest.message(timed.stamp, level).with("thread", thread))
}

#[cfg(test)]
mod tests {
    use super::super::samples::shown;

    #[test]
    fn minus_one_is_an_error() {
        assert_eq!(
            shown(
                "2022-02-09T06:29:36.061+0000 7f6fc5ff0700 -1 received  signal: Hangup from killall"
            ),
            "ceph | 2022-02-09T06:29:36.061Z | error | received  signal: Hangup from killall"
        );
        assert_eq!(
            shown("2022-02-09T06:29:36.061+0000 7f6fc5ff0700  4 rocksdb: [db_impl.cc:1] x"),
            "ceph | 2022-02-09T06:29:36.061Z | debug | rocksdb: [db_impl.cc:1] x"
        );
    }
}
