//! HashiCorp's hclog (Vault, Consul, Nomad, Terraform): `TIME [ERROR] name: message: key=value`, the level padded behind the bracket.

use super::{Format, Layer, Recognise, Timed};
use crate::log::StampKind;

pub(super) const FORMAT: Format = Format::payload("hclog", Recognise::Timed(parse));

fn parse(timed: Timed<'_>) -> Option<Layer<'_>> {
    let mut rest = timed.bare()?;
    if timed.stamp.kind != StampKind::Explicit || timed.line.get(10) != Some(&b'T') {
        return None;
    }
    rest.tag(b" ")?;
    let level = rest.bracketed_level()?;
    rest.tag(b" ")?;
    rest.skip_spaces();
    let mut named = rest;
    let name = named.until(b':').filter(|name| super::rest::is_name(name));
    let layer = rest.message(timed.stamp, level);
    Some(layer.logger(name.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::super::samples::shown;

    #[test]
    fn the_name_is_the_logger() {
        assert_eq!(
            shown("2022-02-10T00:02:59.333Z [INFO]  expiration: revoked lease: lease_id=x"),
            "hclog | 2022-02-10T00:02:59.333Z | info | expiration: revoked lease: lease_id=x"
        );
    }
}
