//! Pebble, the service manager in Canonical's charms: `TIME [service] PAYLOAD`, the time in UTC with milliseconds.

use std::borrow::Cow;

use super::rest::is_name;
use super::{Body, Format, Layer, Recognise, Timed};
use crate::log::field::lossy;
use crate::log::{Level, StampKind};

pub(super) const FORMAT: Format = Format::wrapper("pebble", Recognise::Timed(|b| b == b'[', parse));

fn parse(timed: Timed<'_>) -> Option<Layer<'_>> {
    let mut rest = timed.bare()?;
    if timed.stamp.kind != StampKind::Explicit || timed.line.get(10) != Some(&b'T') {
        return None;
    }
    rest.tag(b" ")?;
    let service = rest.bracketed()?;
    let named = is_name(service)
        && service
            .iter()
            .all(|b| !b.is_ascii_uppercase() && *b != b'/');
    if !named || Level::from_name(service).is_some() {
        return None;
    }
    rest.tag(b" ")?;
    let mut layer = Layer::new(Body::Payload(Cow::Borrowed(rest.0)));
    layer.time = Some(timed.stamp);
    layer.unit = Some(lossy(service));
    Some(layer)
}

#[cfg(test)]
mod tests {
    use super::super::samples::shown;

    #[test]
    fn the_service_is_the_unit() {
        assert_eq!(
            shown(
                "2025-05-14T04:29:00.314Z [wsgi-nova-api] 2025-05-14 04:29:00.314828 mod_wsgi failed"
            ),
            "pebble > iso time | 2025-05-14T04:29:00.314Z | - | mod_wsgi failed"
        );
        assert_eq!(
            shown("2025-05-14T04:29:00.314Z [pebble] Service started"),
            "pebble | 2025-05-14T04:29:00.314Z | - | Service started"
        );
    }
}
