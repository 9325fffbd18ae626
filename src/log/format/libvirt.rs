//! libvirt's daemons: `TIME+0000: THREAD: level : function:line : message`.

use super::{Format, Layer, Recognise, Timed};

pub(super) const FORMAT: Format =
    Format::payload("libvirt", Recognise::Timed(|b| b == b':', parse));

fn parse(timed: Timed<'_>) -> Option<Layer<'_>> {
    let mut rest = timed.bare()?;
    rest.tag(b": ")?;
    let thread = rest.digits()?;
    rest.tag(b": ")?;
    let level = rest.level()?;
    rest.tag(b" : ")?;
    // The first lines of a daemon have no source: `info : libvirt version: 6.0.0`.
    let mut sourced = rest;
    let source = sourced
        .until(b' ')
        .filter(|source| source.contains(&b':') && sourced.tag(b": ").is_some());
    let layer = match source {
        Some(source) => sourced.message(timed.stamp, level).logger(source),
        None => rest.message(timed.stamp, level),
    };
    Some(layer.with("thread", thread))
}

#[cfg(test)]
mod tests {
    use super::super::samples::shown;

    #[test]
    fn the_level_stands_between_colons() {
        assert_eq!(
            shown(
                "2022-02-10 13:48:38.127+0000: 1234: error : virNetSocketReadWire:1806 : End of file while reading data: Input/output error"
            ),
            "libvirt | 2022-02-10T13:48:38.127Z | error | End of file while reading data: Input/output error"
        );
        assert_eq!(
            shown("2022-02-10 13:48:38.127+0000: 1234: info : libvirt version: 6.0.0"),
            "libvirt | 2022-02-10T13:48:38.127Z | info | libvirt version: 6.0.0"
        );
        assert_eq!(
            shown("2022-02-10 13:48:38.127+0000: starting up libvirt version: 6.0.0"),
            "iso time | 2022-02-10T13:48:38.127Z | - | starting up libvirt version: 6.0.0"
        );
    }
}
