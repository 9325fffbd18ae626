//! The kernel's log as `dmesg` prints it: `[   12.345678] message`, with the caller (`[  T123]`), with facility and level
//! (`kern  :info  : [...]`, `dmesg -x`), raw (`<6>[...]`, `dmesg -r`); in `/var/log/dmesg` with `kernel:` behind the time.

use std::borrow::Cow;

use super::rest::Rest;
use super::{Body, Format, Layer, Recognise};
use crate::log::{Level, Stamp, time};

pub(super) const FORMAT: Format = Format::payload("kernel", Recognise::Line(b"[<kudmslafc", parse));

fn parse(line: &[u8]) -> Option<Layer<'_>> {
    let mut rest = Rest(line);
    let level = match line.first()? {
        b'[' => Level::Unknown,
        b'<' => {
            rest.tag(b"<")?;
            let number: u8 = std::str::from_utf8(rest.until(b'>')?).ok()?.parse().ok()?;
            Level::from_syslog(number & 7)?
        }
        _ => facility_and_level(&mut rest)?,
    };
    // `dmesg -x --time-format iso` has no brackets.
    if level != Level::Unknown
        && let Some((stamp, length)) = time::iso(rest.0)
    {
        let message = Rest(rest.0[length..].strip_prefix(b" ")?);
        return Some(message.message(stamp, level));
    }
    let bracket = rest.bracketed()?;
    if is_step(bracket) {
        // A step from the line before is no time by itself.
        let _ = rest.tag(b" ");
        let mut layer = Layer::new(Body::Message(Cow::Borrowed(rest.0)));
        layer.level = level;
        return Some(layer);
    }
    // Without the level it may be any other log, which tells more.
    let with_level =
        |(stamp, length)| (level != Level::Unknown && length == bracket.len()).then_some(stamp);
    let stamp = stamp_in(bracket).or_else(|| time::ctime(bracket).and_then(with_level))?;
    let mut caller = rest;
    // `[  T123]` or `[   C0]`: the task or the processor.
    if caller.bracketed().is_some_and(|name| matches!(name.trim_ascii(), [b'T' | b'C', digits @ ..] if digits.iter().all(u8::is_ascii_digit))) {
        rest = caller;
    }
    let _ = rest.tag(b" ");
    let mut named = rest;
    if named.tag(b"kernel: ").is_some() {
        rest = named;
    }
    Some(rest.message(stamp, level))
}

/// What stands in the brackets: `   12.345678`; with `-d` a step behind it, `   12.345678 <    0.000010>`; with `-e` the local
/// minute, `Nov20 11:06`.
fn stamp_in(bracket: &[u8]) -> Option<Stamp> {
    if let Some((stamp, length)) = time::since_boot(bracket) {
        let behind = bracket[length..].trim_ascii();
        return (behind.is_empty() || is_step(behind)).then_some(stamp);
    }
    let (stamp, length) = time::month_and_minute(bracket)?;
    (length == bracket.len()).then_some(stamp)
}

/// `+0.000012` (`-e`) or `<    0.000010>` (`-d`): seconds since the line before.
fn is_step(text: &[u8]) -> bool {
    let text = text.trim_ascii();
    let number = match text {
        [b'+', number @ ..] | [b'<', number @ .., b'>'] => number.trim_ascii_start(),
        _ => return false,
    };
    time::since_boot(number).is_some_and(|(_, length)| length == number.len())
}

/// `kern  :info  : `
fn facility_and_level(rest: &mut Rest<'_>) -> Option<Level> {
    let facility = rest.until(b':')?;
    if facility.len() > 8
        || !facility
            .trim_ascii_end()
            .iter()
            .all(u8::is_ascii_alphanumeric)
    {
        return None;
    }
    let level = Level::from_name(rest.until(b':')?)?;
    rest.tag(b" ")?;
    Some(level)
}

#[cfg(test)]
mod tests {
    use super::super::samples::shown;

    #[test]
    fn times_count_from_the_start_of_the_machine() {
        assert_eq!(
            shown("[    0.000000] Linux version 5.4.0-97-generic (buildd@lcy02)"),
            "kernel | +0.000000s | - | Linux version 5.4.0-97-generic (buildd@lcy02)"
        );
        assert_eq!(
            shown("kern  :err   : [ 4365.997644] cgroup: fork rejected by pids controller"),
            "kernel | +4365.997644s | error | cgroup: fork rejected by pids controller"
        );
        assert_eq!(
            shown("<3>[   12.500000][  T123] usb 1-1: device not accepting address"),
            "kernel | +12.500000s | error | usb 1-1: device not accepting address"
        );
        assert_eq!(
            shown("[    0.000000] kernel: Command line: x"),
            "kernel | +0.000000s | - | Command line: x"
        );
        assert_eq!(
            shown("Feb 11 18:58:28 juju-1 kernel: [    3.250000] ext4: mounted"),
            "syslog > kernel | 1972-02-11T18:58:28Z | - | ext4: mounted"
        );
        assert_eq!(
            shown("[Nov20 11:06] usb 1-1: new device"),
            "kernel | 1972-11-20T11:06:00Z | - | usb 1-1: new device"
        );
        assert_eq!(
            shown("[  +0.000012] usb 1-1: again"),
            "kernel | - | - | usb 1-1: again"
        );
        assert_eq!(
            shown("[    5.000000 <    0.000010>] usb 1-1: delta"),
            "kernel | +5.000000s | - | usb 1-1: delta"
        );
        assert_eq!(
            shown("kern  :info  : [Thu Nov 20 00:42:53 2025] usb 1-1: new device"),
            "kernel | 2025-11-20T00:42:53Z | info | usb 1-1: new device"
        );
        assert_eq!(
            shown("kern  :err   : 2026-11-20T11:06:55,000000+00:00 usb 1-1: new device"),
            "kernel | 2026-11-20T11:06:55Z | error | usb 1-1: new device"
        );
        assert_eq!(shown("[1] 1234"), " | - | - | [1] 1234");
    }
}
