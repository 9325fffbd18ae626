//! HAProxy's HTTP and TCP logs, mostly behind syslog: `192.0.2.7:41234 [20/Nov/2026:11:49:52.123] frontend backend/server 0/0/1/2/3 503 ...`.

use std::borrow::Cow;

use super::rest::Rest;
use super::{Body, Format, Layer, Recognise};
use crate::log::{Level, time};

pub(super) const FORMAT: Format = Format::payload("haproxy", Recognise::Line(&[], parse));

fn parse(line: &[u8]) -> Option<Layer<'_>> {
    let mut rest = Rest(line);
    let client = rest.word().filter(|client| client.contains(&b':'))?;
    rest.tag(b" [")?;
    let (stamp, length) = time::access(rest.0)?;
    rest.0 = &rest.0[length..];
    rest.tag(b"] ")?;
    let message = rest.0;
    let frontend = rest.word()?;
    rest.tag(b" ")?;
    let backend = rest.word().filter(|backend| backend.contains(&b'/'))?;
    rest.tag(b" ")?;
    // Five timers of HTTP, with the status behind them; three of TCP, with the number of bytes.
    let timers = rest.word()?.iter().filter(|b| **b == b'/').count();
    rest.tag(b" ")?;
    let status = match timers {
        4 => rest.word()?,
        2 => b"-",
        _ => return None,
    };
    let mut layer = Layer::new(Body::Message(Cow::Borrowed(message)));
    layer.time = Some(stamp);
    layer.quotes = true;
    layer.requested = true;
    let failed = status.len() == 3 && status[0] == b'5';
    layer.level = if failed { Level::Error } else { Level::Info };
    let layer = layer.logger(frontend).with("client", client);
    Some(layer.with("backend", backend).with("status", status))
}

#[cfg(test)]
mod tests {
    use super::super::samples::shown;

    #[test]
    fn the_status_tells_the_level() {
        assert_eq!(
            shown(
                r#"Feb  6 12:14:14 localhost haproxy[14389]: 10.0.1.2:33317 [06/Feb/2009:12:14:14.655] http-in static/srv1 10/0/30/69/109 503 2750 - - SC-- 1/1/1/1/0 0/0 "GET /index.html HTTP/1.1""#
            ),
            r#"syslog > haproxy | 2009-02-06T12:14:14.655Z | error | http-in static/srv1 10/0/30/69/109 503 2750 - - SC-- 1/1/1/1/0 0/0 \"GET /index.html HTTP/1.1\""#
        );
    }
}
