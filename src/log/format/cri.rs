//! The log format of the Kubernetes container runtime interface: `TIME stdout|stderr P|F PAYLOAD`.
//!
//! The tag may carry more parts after `:`; `P` marks a part of a line that goes on (kubelet, `logs.go`).

use super::{Body, Format, Layer, Recognise, Timed};

pub(super) const FORMAT: Format = Format {
    splits: true,
    ..Format::wrapper("cri", Recognise::Timed(|b| b == b's', parse))
};

fn parse(timed: Timed<'_>) -> Option<Layer<'_>> {
    let mut rest = timed.bare()?;
    rest.tag(b" ")?;
    let stream = rest
        .0
        .get(..6)
        .filter(|stream| matches!(*stream, b"stdout" | b"stderr"))?;
    rest.tag(stream)?;
    rest.tag(b" ")?;
    let whole = rest.0;
    let tag = rest.word()?;
    let payload = rest.0.get(1..).unwrap_or_default().into();
    let body = match tag.split(|b| *b == b':').next()? {
        b"P" => Body::Partial(payload),
        b"F" => Body::Payload(payload),
        // Before 2018 there was no tag; the time had nanoseconds then as well.
        _ if timed.line.len() - timed.rest.len() >= 30 => Body::Payload(whole.into()),
        _ => return None,
    };
    let mut layer = Layer::new(body);
    layer.time = Some(timed.stamp);
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
    fn old_versions_wrote_no_tag() {
        assert_eq!(
            shown("2017-03-10T13:52:33.326118000Z stdout [ERROR] plugin/errors: boom"),
            "cri > bracketed level | 2017-03-10T13:52:33.326118Z | error | boom"
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
