//! The log format of the Kubernetes container runtime interface: `TIME stdout|stderr P|F PAYLOAD`.
//!
//! The tag may carry more parts after `:`; `P` marks a part of a line that goes on (kubelet, `logs.go`).

use super::{Body, Layer};
use crate::log::time;

pub(super) fn parse(line: &[u8]) -> Option<Layer<'_>> {
    let (stamp, length) = time::iso(line)?;
    let rest = line[length..].strip_prefix(b" ")?;
    let stream = rest
        .get(..6)
        .filter(|stream| matches!(*stream, b"stdout" | b"stderr"))?;
    let rest = rest[6..].strip_prefix(b" ")?;
    let space = memchr::memchr(b' ', rest).unwrap_or(rest.len());
    let payload = rest.get(space + 1..).unwrap_or_default().into();
    let body = match rest[..space].split(|b| *b == b':').next()? {
        b"P" => Body::Partial(payload),
        b"F" => Body::Payload(payload),
        _ => return None,
    };
    let mut layer = Layer::new(body);
    layer.time = Some(stamp);
    layer.stream = Some(stream);
    Some(layer)
}

#[cfg(test)]
mod tests {
    use super::super::samples::shown;

    #[test]
    fn payloads_are_parsed_in_turn() {
        assert_eq!(
            shown(
                r#"2025-03-10T13:52:33.326118000Z stdout F ts=2025-03-10T13:52:32.125013093Z level=info msg="tail routine: started""#
            ),
            "cri > logfmt | 2025-03-10T13:52:32.125013Z | info | tail routine: started"
        );
        assert_eq!(
            shown(
                "2025-03-10T13:52:33.3+01:00 stderr F E0310 13:52:33.000001       1 status.go:71] boom"
            ),
            "cri > klog | 2025-03-10T12:52:33.300Z | error | boom"
        );
        assert_eq!(
            shown("2025-03-10T13:52:33.3Z stdout F "),
            "cri | 2025-03-10T13:52:33.300Z | - | "
        );
    }

    #[test]
    fn other_lines_with_such_words_are_not_cri() {
        assert_eq!(
            shown("2025-03-10T13:52:33.3Z stdout closed"),
            "iso time | 2025-03-10T13:52:33.300Z | - | stdout closed"
        );
    }
}
