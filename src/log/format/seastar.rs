//! Programs on Seastar: `LEVEL  YYYY-MM-DD HH:MM:SS,mmm [shard 0] subsystem - message`
//! (Redpanda, ScyllaDB).

use super::rest::Rest;
use super::{Format, Layer, Recognise, UPPER};
use crate::log::time;

pub(super) const FORMAT: Format = Format::payload("seastar", Recognise::Line(UPPER, parse));

fn parse(line: &[u8]) -> Option<Layer<'_>> {
    let mut rest = Rest(line);
    let level = rest.level()?;
    rest.spaces()?;
    let (stamp, length) = time::iso(rest.0)?;
    rest.0 = &rest.0[length..];
    rest.tag(b" [shard")?;
    let shard = rest.until(b']')?.trim_ascii();
    rest.skip_spaces();
    let subsystem = rest.word()?;
    rest.tag(b" - ")?;
    Some(
        rest.message(stamp, level)
            .logger(subsystem)
            .with("shard", shard),
    )
}

#[cfg(test)]
mod tests {
    use super::super::samples::shown;

    #[test]
    fn the_level_stands_first() {
        assert_eq!(
            shown(
                "ERROR 2025-04-25 02:01:04,339 [shard 0:main] rpc - connection_cache.cc:12 - Connection refused"
            ),
            "seastar | 2025-04-25T02:01:04.339Z | error | connection_cache.cc:12 - Connection refused"
        );
    }
}
