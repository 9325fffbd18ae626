//! `journalctl -o short-iso` and `short-iso-precise`, and rsyslog's ISO format:
//! `TIME-WITH-ZONE HOST TAG[PID]: PAYLOAD`. systemd 252 writes `+0530`, 257 writes `+05:30`.

use super::{Layer, syslog};
use crate::log::{StampKind, time};

pub(super) fn parse(line: &[u8]) -> Option<Layer<'_>> {
    let (stamp, length) = time::iso(line)?;
    if stamp.kind != StampKind::Explicit || line.get(10) != Some(&b'T') {
        return None;
    }
    let rest = line[length..].strip_prefix(b" ")?;
    let ident = rest
        .iter()
        .position(|b| *b == b' ')
        .map(|space| &rest[space + 1..])?;
    // `TIME WORD WORD: text` is how many loggers write as well; a host has a program without spaces behind it.
    let colon = memchr::memchr(b':', ident)?;
    if ident[..colon].contains(&b' ')
        || rest.first().is_none_or(|b| !b.is_ascii_alphanumeric())
        || line[..length].ends_with(b"UTC")
    {
        return None;
    }
    let mut layer = syslog::tagged(rest)?;
    layer.time = Some(stamp);
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
            "iso time | 2024-11-07T22:50:00Z | error | app: boom"
        );
    }
}
