//! Elasticsearch, OpenSearch and what else puts all its marks in brackets:
//! `[2024-01-01T12:00:00,000][WARN ][o.e.c.c.Coordinator] [node] message`, Envoy's `[TIME][tid][warning][main] [source] message`,
//! ceph-volume's `[TIME][module][INFO  ] message`, Docker Desktop's `[TIME][component][I] message`.

use super::rest::Rest;
use super::{Format, Layer, Recognise, Timed};
use crate::log::Level;

pub(super) const FORMAT: Format =
    Format::payload("bracketed marks", Recognise::Timed(|b| b == b']', parse));

/// Brackets besides that of the time.
const MARKS: usize = 3;

fn parse(timed: Timed<'_>) -> Option<Layer<'_>> {
    let mut rest = timed.boxed()?;
    let (mut level, mut logger) = (None, None);
    for _ in 0..MARKS {
        let mut next = rest;
        let Some(mark) = next.bracketed().map(<[u8]>::trim_ascii) else {
            break;
        };
        match (level, level_of(mark)) {
            (None, Some(found)) => level = Some(found),
            _ if mark.iter().all(u8::is_ascii_digit) => {}
            _ => logger = logger.or(Some(mark)),
        }
        rest = next;
    }
    rest.skip_spaces();
    let layer = Rest(rest.0).message(timed.stamp, level?);
    Some(layer.logger(logger.unwrap_or_default()))
}

fn level_of(mark: &[u8]) -> Option<Level> {
    match mark {
        &[letter] => Level::from_letter(letter),
        name => Level::from_name(name),
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::shown;

    #[test]
    fn the_level_is_one_of_the_brackets() {
        assert_eq!(
            shown(
                "[2024-01-01T12:00:00,000][WARN ][o.e.c.c.Coordinator] [node-1] master not discovered yet"
            ),
            "bracketed marks | 2024-01-01T12:00:00Z | warn | [node-1] master not discovered yet"
        );
        assert_eq!(
            shown("[2024-07-01 12:00:00.123][12][warning][main] [source/server/server.cc:1] x"),
            "bracketed marks | 2024-07-01T12:00:00.123Z | warn | [source/server/server.cc:1] x"
        );
        assert_eq!(
            shown(
                "[2022-02-04 09:34:04,123][ceph_volume.process][INFO  ] Running command: /usr/bin/ceph"
            ),
            "bracketed marks | 2022-02-04T09:34:04.123Z | info | Running command: /usr/bin/ceph"
        );
        assert_eq!(
            shown("[2024-07-05T01:16:20.681234Z][com.docker.backend][E] connection refused"),
            "bracketed marks | 2024-07-05T01:16:20.681234Z | error | connection refused"
        );
    }
}
