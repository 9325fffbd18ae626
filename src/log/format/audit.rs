//! The Linux audit log: `type=AVC msg=audit(1364481363.243:24287): key=value ...`.

use super::rest::Rest;
use super::{Format, Layer, Recognise, logfmt};
use crate::log::{Level, time};

pub(super) const FORMAT: Format = Format::payload("audit log", Recognise::Line(b"tna", parse));

fn parse(line: &[u8]) -> Option<Layer<'_>> {
    let mut rest = Rest(line);
    // `node=` stands in front where machines send their logs to another, `type=` is missing in the kernel's ring buffer.
    let node = rest.tag(b"node=").and_then(|()| rest.word());
    rest.skip_spaces();
    let kind = rest.tag(b"type=").and_then(|()| rest.word());
    rest.skip_spaces();
    rest.tag(b"msg=").or_else(|| kind.is_none().then_some(()))?;
    rest.tag(b"audit(")?;
    let (stamp, length) = time::epoch(rest.0)?;
    rest.0 = &rest.0[length..];
    rest.tag(b":")?;
    let serial = rest.digits()?;
    rest.tag(b"):")?;
    rest.skip_spaces();
    let mut layer = rest.message(stamp, Level::Unknown);
    layer.fields = logfmt::pairs(rest.0).unwrap_or_default();
    layer.node = node.map(crate::log::field::lossy);
    Some(
        layer
            .logger(kind.unwrap_or_default())
            .with("serial", serial),
    )
}

#[cfg(test)]
mod tests {
    use super::super::samples::shown;

    #[test]
    fn the_time_stands_in_the_serial() {
        assert_eq!(
            shown(
                r#"type=AVC msg=audit(1364481363.243:24287): avc:  denied  { read } for  pid=2945 comm="httpd""#
            ),
            r#"audit log | 2013-03-28T14:36:03.243Z | - | avc:  denied  { read } for  pid=2945 comm=\"httpd\""#
        );
        assert_eq!(
            shown("node=web1 type=SYSCALL msg=audit(1364481363.243:24287): arch=c000003e"),
            "audit log | 2013-03-28T14:36:03.243Z | - | arch=c000003e"
        );
    }
}
