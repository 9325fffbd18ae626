//! The kernel's log as `dmesg` prints it: `[   12.345678] message`, with the caller (`[  T123]`), with facility and level
//! (`kern  :info  : [...]`, `dmesg -x`), raw (`<6>[...]`, `dmesg -r`); in `/var/log/dmesg` with `kernel:` behind the time.

use std::borrow::Cow;

use super::rest::Rest;
use super::{Body, Format, Layer, Recognise};
use crate::log::{Level, Stamp, StampKind, time};

pub(super) const FORMAT: Format =
    Format::payload("kernel", Recognise::Line(b"[<kudmaslncf", parse));

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
    // `dmesg -x --time-format iso` has no brackets; the fraction is behind a comma, and there is a zone.
    if line[0].is_ascii_lowercase()
        && rest.0.get(10) == Some(&b'T')
        && rest.0.get(19) == Some(&b',')
        && let Some((stamp, length)) = time::iso(rest.0)
        && stamp.kind == StampKind::Explicit
    {
        rest.0 = rest.0[length..].strip_prefix(b" ")?;
        skip_caller(&mut rest);
        return Some(rest.message(stamp, level));
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
    let with_step = |(stamp, length): (Stamp, usize)| {
        let behind = &bracket[length..];
        let known = level != Level::Unknown && behind.is_empty();
        (known || is_step(behind)).then_some(stamp)
    };
    let stamp = stamp_in(bracket).or_else(|| time::ctime(bracket).and_then(with_step))?;
    skip_caller(&mut rest);
    let _ = rest.tag(b" ");
    let mut named = rest;
    if named.tag(b"kernel: ").is_some() {
        rest = named;
    }
    Some(rest.message(stamp, level))
}

/// `[  T123]` or `[   C0]`: the task or the processor; newer kernels and `dmesg` put a space in front.
fn skip_caller(rest: &mut Rest<'_>) {
    let mut caller = *rest;
    let _ = caller.tag(b" ");
    if caller.bracketed().is_some_and(|name| matches!(name.trim_ascii(), [b'T' | b'C', digits @ ..] if digits.iter().all(u8::is_ascii_digit))) {
        let _ = caller.tag(b" ");
        *rest = caller;
    }
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
    // util-linux, `dmesg.c`: names of at least six columns.
    const FACILITIES: [&[u8]; 12] = [
        b"kern",
        b"user",
        b"mail",
        b"daemon",
        b"auth",
        b"syslog",
        b"lpr",
        b"news",
        b"uucp",
        b"cron",
        b"authpriv",
        b"ftp",
    ];
    const COLUMNS: usize = 6;
    let padded = |field: &[u8]| field.len() == field.trim_ascii_end().len().max(COLUMNS);
    let facility = rest.until(b':').filter(|field| padded(field))?;
    let name = facility.trim_ascii_end();
    let local = matches!(name, [b'l', b'o', b'c', b'a', b'l', b'0'..=b'7']);
    if !local && !FACILITIES.contains(&name) {
        return None;
    }
    let level = rest.until(b':').filter(|field| padded(field))?;
    rest.tag(b" ")?;
    Level::from_name(level)
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
        // What other programs write the like of is theirs.
        for line in [
            "app: error: 2026-11-20T11:06:55Z Connection refused",
            "class : INFO : 2026-11-20 11:24:44 - 5 apples",
            "count: info: 2026-11-19 10:00:00 x",
        ] {
            assert!(!shown(line).starts_with("kernel"), "{line}");
        }
        assert_eq!(
            shown("[Thu Nov 20 00:42:53 2025 <    0.000010>] two"),
            "kernel | 2025-11-20T00:42:53Z | - | two"
        );
        assert_eq!(
            shown("[    0.105413] [      T1] smpboot: up"),
            "kernel | +0.105413s | - | smpboot: up"
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
