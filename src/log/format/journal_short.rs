//! Other forms in which `journalctl` prints a line: short-full and with-unit (`Thu 2024-11-07 22:50:00 IST HOST TAG[PID]: ...`),
//! short-unix (`1731000000.123456 HOST TAG[PID]: ...`), short-monotonic (`[    5.000000] HOST TAG[PID]: ...`) and short-delta
//! (`[    6.500000 <    1.500000 >] HOST ...`).

use super::rest::Rest;
use super::{Format, Layer, Recognise, syslog};
use crate::log::time;

pub(super) const FORMAT: Format = Format::wrapper(
    "journalctl short",
    Recognise::Line(b"MTWFS0123456789[", parse),
);

fn parse(line: &[u8]) -> Option<Layer<'_>> {
    let (stamp, mut rest) = match line.first()? {
        b'[' => monotonic(&line[1..])?,
        b'0'..=b'9' => {
            let (stamp, length) = time::epoch(line)?;
            (stamp, Rest(line.get(length..).filter(|_| length == 17)?))
        }
        _ => {
            let (stamp, length) = time::weekday_iso(line)?;
            (stamp, Rest(&line[length..]))
        }
    };
    rest.tag(b" ")?;
    let mut layer = syslog::tagged(rest.0)?;
    // The kernel's own log starts alike: `[    5.000000] usb 1-1: new device`. The journal names the process.
    let by_process = layer.unit.as_deref() == Some("kernel") || !layer.fields.is_empty();
    if line.starts_with(b"[") && (layer.node.is_none() || !by_process) {
        return None;
    }
    layer.time = Some(stamp);
    Some(layer)
}

/// `    5.000000]`, `    6.500000 <    1.500000 >]`, with a `*` where the machine was started in between.
fn monotonic(text: &[u8]) -> Option<(crate::log::Stamp, Rest<'_>)> {
    let (stamp, length) = time::since_boot(text)?;
    let mut rest = Rest(&text[length..]);
    if rest.tag(b" <").is_some() {
        let delta = rest.until(b'>')?;
        time::since_boot(delta)?;
    }
    rest.tag(b"]")?;
    Some((stamp, rest))
}

#[cfg(test)]
mod tests {
    use super::super::samples::shown;

    #[test]
    fn all_forms_name_the_machine() {
        assert_eq!(
            shown("Thu 2024-11-07 22:50:00 IST node3 dockerd[812]: boom"),
            "journalctl short | 2024-11-07T22:50:00Z | - | boom"
        );
        assert_eq!(
            shown("Thu 2024-11-07 17:20:00 UTC node3 docker.service[812]: boom"),
            "journalctl short | 2024-11-07T17:20:00Z | - | boom"
        );
        assert_eq!(
            shown("1731000000.123456 node3 kernel: boom"),
            "journalctl short | 2024-11-07T17:20:00.123456Z | - | boom"
        );
        assert_eq!(
            shown("[    5.000000] node3 kernel: boom"),
            "journalctl short | +5.000000s | - | boom"
        );
        assert_eq!(
            shown("[    6.500000 <    1.500000 >] node3 dockerd[812]: boom"),
            "journalctl short | +6.500000s | - | boom"
        );
        assert_eq!(
            shown("[    8.500000 <    1.500000*>] node3 dockerd[812]: boom"),
            "journalctl short | +8.500000s | - | boom"
        );
    }
}
