//! Times as `ctime(3)` writes them: `Wed May 19 08:00:01 EST 2021 message`, and in brackets as `dmesg -T` does:
//! `[Thu Nov 20 00:42:53 2025] message`. The clock of the latter drifts while a machine sleeps (dmesg(1)).

use super::{Format, Layer, Recognise, iso};
use crate::log::time;

pub(super) const FORMAT: Format = Format::payload("ctime", Recognise::Line(b"[MTWFS", parse));

fn parse(line: &[u8]) -> Option<Layer<'_>> {
    let bracketed = line.first() == Some(&b'[');
    let line = &line[usize::from(bracketed)..];
    let (stamp, length) = time::ctime(line)?;
    let rest = &line[length..];
    let rest = if bracketed {
        rest.strip_prefix(b"]")?
    } else {
        rest
    };
    let [b':' | b' ', rest @ ..] = rest else {
        return None;
    };
    Some(iso::text(rest, stamp))
}

#[cfg(test)]
mod tests {
    use super::super::samples::shown;

    #[test]
    fn zones_are_read_where_they_are_clear() {
        assert_eq!(
            shown("[Thu Nov 20 00:42:53 2025] Out of memory: Killed process 8123"),
            "ctime | 2025-11-20T00:42:53Z | - | Out of memory: Killed process 8123"
        );
        assert_eq!(
            shown("Wed May 19 08:00:01 EST 2021 line 1"),
            "ctime | 2021-05-19T08:00:01Z | - | line 1"
        );
    }
}
