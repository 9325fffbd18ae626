//! Ceph's cluster and audit logs: `TIME mon.x (mon.2) 200 : audit [DBG] message`.

use super::{Format, Layer, Recognise, Timed};
use crate::log::Level;

pub(super) const FORMAT: Format = Format::payload(
    "ceph cluster log",
    Recognise::Timed(|b| b.is_ascii_alphabetic(), parse),
);

fn parse(timed: Timed<'_>) -> Option<Layer<'_>> {
    let mut rest = timed.bare()?;
    rest.tag(b" ")?;
    let daemon = rest.word()?;
    rest.tag(b" (")?;
    rest.until(b')')?;
    rest.tag(b" ")?;
    rest.digits()?;
    rest.tag(b" : ")?;
    rest.word()?;
    rest.tag(b" ")?;
    let level = match rest.bracketed()? {
        b"SEC" => Level::Notice,
        name => Level::from_name(name)?,
    };
    rest.skip_spaces();
    Some(rest.message(timed.stamp, level).logger(daemon))
}

#[cfg(test)]
mod tests {
    use super::super::samples::shown;

    #[test]
    fn the_level_stands_behind_the_channel() {
        assert_eq!(
            shown(
                "2022-02-09T06:29:36.061+0000 mon.juju-1 (mon.2) 200 : cluster [WRN] Health check failed: 1 osds down (OSD_DOWN)"
            ),
            "ceph cluster log | 2022-02-09T06:29:36.061Z | warn | Health check failed: 1 osds down (OSD_DOWN)"
        );
    }
}
