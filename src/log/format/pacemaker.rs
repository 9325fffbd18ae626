//! Pacemaker and Corosync in files of their own: `Mmm dd HH:MM:SS HOST DAEMON     [PID] (function)  level: message`.

use super::rest::{Rest, is_name};
use super::{Format, Layer, Recognise};
use crate::log::field::lossy;
use crate::log::{Level, time};

pub(super) const FORMAT: Format = Format::payload("pacemaker", Recognise::Line(b"JFMASOND", parse));

fn parse(line: &[u8]) -> Option<Layer<'_>> {
    // Most lines that start with a month are of syslog: cheap to tell before the time is read.
    crate::text::find_short(&line[..line.len().min(128)], b"] (")?;
    let (stamp, length) = time::month_first(line)?;
    let mut rest = Rest(&line[length..]);
    rest.tag(b" ")?;
    let host = rest.word()?;
    rest.spaces()?;
    let daemon = rest.word().filter(|daemon| is_name(daemon))?;
    rest.spaces()?;
    let pid = rest
        .bracketed()
        .filter(|pid| pid.iter().all(u8::is_ascii_digit))?;
    rest.tag(b" (")?;
    let function = rest.until(b')')?;
    rest.spaces()?;
    let level = Level::from_name(rest.until(b':')?)?;
    rest.skip_spaces();
    let mut layer = rest.message(stamp, level).logger(function).with("pid", pid);
    layer.node = Some(lossy(host));
    layer.unit = Some(lossy(daemon));
    Some(layer)
}

#[cfg(test)]
mod tests {
    use super::super::samples::shown;

    #[test]
    fn the_level_stands_behind_the_function() {
        assert_eq!(
            shown(
                "Nov 20 11:49:52 node-1 pacemakerd          [12750] (crm_log_init) \terror: Could not connect"
            ),
            "pacemaker | 1972-11-20T11:49:52Z | error | Could not connect"
        );
    }
}
