//! `journalctl -o short-iso` and `short-iso-precise`, and rsyslog's ISO format:
//! `TIME-WITH-ZONE HOST TAG[PID]: PAYLOAD`. systemd 252 writes `+0530`, 257 writes `+05:30`.

use super::{Format, Layer, Recognise, Timed, syslog};
use crate::log::StampKind;

pub(super) const FORMAT: Format = Format::wrapper(
    "journalctl short-iso",
    Recognise::Timed(|b| b.is_ascii_alphanumeric(), parse),
);

fn parse(timed: Timed<'_>) -> Option<Layer<'_>> {
    let mut rest = timed.bare()?;
    if timed.stamp.kind != StampKind::Explicit || timed.line.get(10) != Some(&b'T') {
        return None;
    }
    // `dmesg --time-format iso` has a comma in its times, and no host.
    if timed.line[..timed.line.len() - timed.rest.len()].contains(&b',') {
        return None;
    }
    rest.tag(b" ")?;
    let mut words = rest;
    let host = words.word()?;
    words.tag(b" ")?;
    let ident = words.until(b':')?;
    // `TIME WORD WORD: text` is how many loggers write as well; a host has a program without spaces behind it,
    // a logger's source position goes on with a number.
    let program = !ident.contains(&b' ') && host[0].is_ascii_alphanumeric();
    let position = words.0.first().is_some_and(u8::is_ascii_digit);
    if !program || position {
        return None;
    }
    let mut layer = syslog::tagged(rest.0)?;
    // `docker logs -t` writes `Z` in front of any text; the journal and rsyslog write an offset.
    let in_utc = timed.line[..timed.line.len() - timed.rest.len()].ends_with(b"Z");
    let by_process = layer.unit.as_deref() == Some("kernel") || !layer.fields.is_empty();
    if in_utc && !by_process {
        return None;
    }
    layer.time = Some(timed.stamp);
    Some(layer)
}

#[cfg(test)]
mod tests {
    use super::super::samples::shown;
    use crate::log::parse_line;

    #[test]
    fn both_spellings_of_the_zone_are_read() {
        for line in [
            "2024-11-07T22:50:00+0530 node3 dockerd[812]: boom",
            "2024-11-07T22:50:00+05:30 node3 dockerd[812]: boom",
        ] {
            assert_eq!(
                shown(line),
                "journalctl short-iso | 2024-11-07T17:20:00Z | - | boom"
            );
            assert_eq!(parse_line(line.as_bytes()).node.as_deref(), Some("node3"));
        }
        assert_eq!(
            shown(
                "2024-11-07T22:50:00.123456+0530 node3 etcd[8]: 2024-11-07 17:20:00.123000 W | rafthttp: lost the TCP streaming connection"
            ),
            "journalctl short-iso > capnslog | 2024-11-07T17:20:00.123456Z | warn | lost the TCP streaming connection"
        );
    }

    #[test]
    fn a_level_is_not_a_host() {
        assert_eq!(
            shown("2024-11-07T22:50:00Z ERROR app: boom"),
            "log4j | 2024-11-07T22:50:00Z | error | boom"
        );
    }
}
