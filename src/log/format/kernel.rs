//! The kernel's log as `dmesg` prints it: `[   12.345678] message`, with the caller (`[  T123]`), with facility and level
//! (`kern  :info  : [...]`, `dmesg -x`), raw (`<6>[...]`, `dmesg -r`); in `/var/log/dmesg` with `kernel:` behind the time.

use super::rest::Rest;
use super::{Format, Layer, Recognise};
use crate::log::{Level, time};

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
    rest.tag(b"[")?;
    let (stamp, length) = time::since_boot(rest.0)?;
    rest.0 = &rest.0[length..];
    rest.tag(b"]")?;
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
        assert_eq!(shown("[1] 1234"), " | - | - | [1] 1234");
    }
}
