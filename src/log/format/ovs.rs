//! Open vSwitch and OVN: `TIME|SEQUENCE|module|LEVEL|message`.

use super::{Format, Layer, Recognise, Timed};
use crate::log::Level;

pub(super) const FORMAT: Format =
    Format::payload("open vswitch", Recognise::Timed(|b| b == b'|', parse));

fn parse(timed: Timed<'_>) -> Option<Layer<'_>> {
    let mut rest = timed.bare()?;
    rest.tag(b"|")?;
    rest.digits()?;
    rest.tag(b"|")?;
    let module = rest.until(b'|')?;
    let level = Level::from_name(rest.until(b'|')?)?;
    Some(rest.message(timed.stamp, level).logger(module))
}

#[cfg(test)]
mod tests {
    use super::super::samples::shown;

    #[test]
    fn bars_separate_the_parts() {
        assert_eq!(
            shown(
                "2022-02-04T09:34:04.123Z|00012|reconnect|WARN|unix:/var/run/openvswitch/db.sock: connection dropped"
            ),
            "open vswitch | 2022-02-04T09:34:04.123Z | warn | unix:/var/run/openvswitch/db.sock: connection dropped"
        );
    }
}
