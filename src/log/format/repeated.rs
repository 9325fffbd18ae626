//! How syslog daemons write the same message many times: rsyslog's `message repeated 2 times: [ MESSAGE]`.

use std::borrow::Cow;

use super::rest::Rest;
use super::{Body, Format, Layer, Recognise};

pub(super) const FORMAT: Format = Format::wrapper("repeated message", Recognise::Line(b"m", parse));

fn parse(line: &[u8]) -> Option<Layer<'_>> {
    let mut rest = Rest(line);
    rest.tag(b"message repeated ")?;
    let count = rest.digits()?;
    rest.tag(b" times: [")?;
    let message = rest.0.strip_suffix(b"]")?;
    let message = message.strip_prefix(b" ").unwrap_or(message);
    let mut layer = Layer::new(Body::Payload(Cow::Borrowed(message)));
    layer.repeats = std::str::from_utf8(count).ok()?.parse().ok()?;
    Some(layer)
}

#[cfg(test)]
mod tests {
    use super::super::samples::shown;
    use crate::log::parse_line;

    #[test]
    fn the_message_stands_in_the_bracket() {
        assert_eq!(
            shown(
                "Feb  4 10:00:00 juju-1 app[12]: message repeated 2 times: [ connection refused]"
            ),
            "syslog > repeated message | 1972-02-04T10:00:00Z | - | connection refused"
        );
        let line = b"Feb  4 10:00:00 juju-1 app[12]: message repeated 2 times: [ x]";
        assert_eq!(parse_line(line).repeats, 2);
        assert_eq!(parse_line(b"Feb  4 10:00:00 juju-1 app[12]: x").repeats, 1);
    }
}
