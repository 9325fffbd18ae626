//! `chronyc tracking` and `chronyc sources [-v]`: how far the clock is off, and which servers answer.
//!
//! `tracking` prints `Name : value`, from `Reference ID` to `Leap status`; `System time` is `slow` or `fast` of NTP
//! time, and an offset is negative where the clock is slow. `sources` prints one source a row: its mode (`^` server,
//! `=` peer, `#` local clock), its state (`*` selected), and the register of the last eight polls in octal. See
//! chronyc(1).

use crate::facts::{Input, Parser, Sink};

pub(super) const PARSER: Parser = Parser {
    name: "chronyc",
    markers: &[
        "MS Name/IP address",
        "Leap status     :",
        "506 Cannot talk to daemon",
    ],
    path: |_| false,
    parse,
};

fn parse(input: Input<'_>, sink: &mut Sink) {
    let mut tracking: Option<Tracking> = None;
    let mut is_in_sources = false;
    for (number, line) in input.lines() {
        let text = line.trim();
        is_in_sources = is_in_sources && (is_rule(text) || source((number, line), text, sink));
        if text.starts_with("506 Cannot talk to daemon") {
            unanswered((number, line), sink);
        } else if text.starts_with("MS Name/IP address") {
            is_in_sources = true;
        } else if let Some((name, value)) = text.split_once(':') {
            field(
                (number, line),
                (name.trim_end(), value.trim()),
                &mut tracking,
                sink,
            );
        } else {
            tracking = None;
        }
    }
}

fn unanswered(line: (u64, &str), sink: &mut Sink) {
    let fields = [
        ("synchronised", "false"),
        ("service", "chronyd does not answer"),
        ("source", "chronyc"),
    ];
    sink.fact("clock", line, fields);
}

/// What `chronyc tracking` said so far.
#[derive(Default)]
struct Tracking<'a> {
    /// Seconds that the clock is ahead, and the line.
    offset: Option<((u64, &'a str), String)>,
}

fn field<'a>(
    line: (u64, &'a str),
    (name, value): (&str, &str),
    tracking: &mut Option<Tracking<'a>>,
    sink: &mut Sink,
) {
    match name {
        "Reference ID" => *tracking = Some(Tracking::default()),
        "System time" => {
            if let Some(tracking) = tracking {
                tracking.offset = offset(value).map(|offset| (line, offset));
            }
        }
        "Leap status" => {
            if let Some(tracking) = tracking.take() {
                tracking.ends(line, value, sink);
            }
        }
        _ => {}
    }
}

impl Tracking<'_> {
    /// The last line says whether the clock is synchronised; while it is not, the offset means nothing.
    fn ends(self, line: (u64, &str), leap: &str, sink: &mut Sink) {
        let is_synchronised = match leap {
            "Normal" | "Insert second" | "Delete second" => true,
            "Not synchronised" => false,
            _ => return,
        };
        let offset = self.offset.filter(|_| is_synchronised);
        let line = offset.as_ref().map_or(line, |(line, _)| *line);
        let fields = [
            ("synchronised", is_synchronised.to_string()),
            (
                "offset_seconds",
                offset.map(|(_, offset)| offset).unwrap_or_default(),
            ),
            ("source", "chronyc".to_owned()),
        ];
        sink.fact("clock", line, fields);
    }
}

/// The seconds of `0.000012 seconds slow of NTP time`, signed.
fn offset(value: &str) -> Option<String> {
    let (number, rest) = value.split_once(" seconds ")?;
    let sign = match rest.split_whitespace().next()? {
        "slow" => "-",
        "fast" => "",
        _ => return None,
    };
    let is_number =
        number.parse::<f64>().is_ok_and(f64::is_finite) && !number.starts_with(['-', '+']);
    is_number.then(|| format!("{sign}{number}"))
}

/// Whether this is the line of `=` below the header.
fn is_rule(text: &str) -> bool {
    text.len() > 2 && text.bytes().all(|byte| byte == b'=')
}

/// Reads a row of `sources`; `false` for anything else.
fn source(line: (u64, &str), text: &str, sink: &mut Sink) -> bool {
    let mut chars = text.chars();
    let (Some('^' | '=' | '#'), Some(state)) = (chars.next(), chars.next()) else {
        return false;
    };
    let mut words = chars.as_str().split_whitespace();
    let (Some(name), Some(stratum), Some(poll), Some(reach)) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return false;
    };
    let Ok(polls) = u16::from_str_radix(reach, 8) else {
        return false;
    };
    let has_numbers = stratum.parse::<u8>().is_ok() && poll.parse::<i8>().is_ok();
    if !has_numbers || !"*+-x~? ".contains(state) {
        return false;
    }
    // A name that is too wide ends in `>`; without its end it is no name.
    let is_whole = !name.ends_with('>') && !name.contains("***");
    let fields = [
        ("address", if is_whole { name } else { "" }),
        ("reachable", if polls > 0 { "true" } else { "false" }),
        ("selected", if state == '*' { "true" } else { "false" }),
    ];
    sink.fact("time_source", line, fields);
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Fact;

    fn rows(text: &str) -> Vec<String> {
        let row = |fact: Fact| {
            let values: Vec<&str> = fact.fields.iter().map(|(_, value)| &**value).collect();
            format!("{} {}: {}", fact.line, fact.kind, values.join("|"))
        };
        PARSER
            .read("chronyc", text)
            .facts
            .into_iter()
            .map(row)
            .collect()
    }

    fn tracking(time: &str, leap: &str) -> String {
        format!(
            "Reference ID    : C0000201 (ntp.example)\nStratum         : 3\nRef time (UTC)  : Thu Feb 10 09:40:15 2022\n\
             System time     : {time} of NTP time\nLast offset     : -0.000001 seconds\n\
             Update interval : 64.2 seconds\nLeap status     : {leap}\n"
        )
    }

    #[test]
    fn a_slow_clock_has_a_negative_offset() {
        let slow = tracking("0.000012 seconds slow", "Normal");
        assert_eq!(rows(&slow), ["4 clock: true|-0.000012|chronyc"]);
        let fast = tracking("2.500000000 seconds fast", "Insert second");
        assert_eq!(rows(&fast), ["4 clock: true|2.500000000|chronyc"]);
    }

    #[test]
    fn a_clock_that_is_not_synchronised_has_no_offset() {
        let text = tracking("0.000000000 seconds fast", "Not synchronised");
        assert_eq!(rows(&text), ["7 clock: false|chronyc"]);
    }

    #[test]
    fn sources_are_reachable_where_a_poll_was_answered() {
        let text = "210 Number of sources = 5\n\
            MS Name/IP address         Stratum Poll Reach LastRx Last sample               \n\
            ===============================================================================\n\
            ^* ntp.example                   2   6   377    23   -923us[ -924us] +/-   43ms\n\
            ^- 2001:db8::1                   2  10   200   34m    +11us[  +12us] +/-   43ms\n\
            ^? 203.0.113.9                   0   7     0     -     +0ns[   +0ns] +/-    0ns\n\
            ^+ a-very-long-name.ntp.exam>    2   6    17     3   -923us[ -924us] +/-   43ms\n\
            #? PHC0                          0   4     0     -     +0ns[   +0ns] +/-    0ns\n\
            \n^* 192.0.2.9 2 6 377 23 x\n";
        assert_eq!(
            rows(text),
            [
                "4 time_source: ntp.example|true|true",
                "5 time_source: 2001:db8::1|true|false",
                "6 time_source: 203.0.113.9|false|false",
                "7 time_source: true|false",
                "8 time_source: PHC0|false|false",
            ]
        );
    }

    #[test]
    fn the_verbose_form_has_a_legend_first() {
        let text = "\n  .-- Source mode  '^' = server, '=' = peer, '#' = local clock.\n / .- Source state '*' = current best, '+' = combined, '-' = not combined,\n\
            | /             'x' = may be in error, '~' = too variable, '?' = unusable.\n||                                                 .- xxxx [ yyyy ] +/- zzzz\n\
            MS Name/IP address         Stratum Poll Reach LastRx Last sample\n=====\n=x 192.0.2.7 3 6 7 1 +1us[ +1us] +/- 1ms\n";
        assert_eq!(rows(text), ["8 time_source: 192.0.2.7|true|false"]);
    }

    #[test]
    fn one_output_may_follow_the_other_at_once() {
        let sources =
            "MS Name/IP address         Stratum Poll Reach\n====\n^* 192.0.2.7 3 6 7 1 +1us\n";
        let text = format!("{sources}{}", tracking("0.5 seconds slow", "Normal"));
        assert_eq!(
            rows(&text),
            [
                "3 time_source: 192.0.2.7|true|true",
                "7 clock: true|-0.5|chronyc"
            ]
        );
    }

    #[test]
    fn a_daemon_that_does_not_answer_synchronises_nothing() {
        let text = "$ chronyc tracking\n506 Cannot talk to daemon\n";
        assert_eq!(
            rows(text),
            ["2 clock: false|chronyd does not answer|chronyc"]
        );
    }

    #[test]
    fn other_lines_give_nothing() {
        for text in [
            "Leap status     : Normal\n",
            "System time     : 0.1 seconds slow of NTP time\nLeap status     : Normal\n",
            "Reference ID    : 0\n\nLeap status     : Normal\n",
            "Reference ID    : 0\nLeap status     : Unknown\n",
            "Feb 10 node-1 sos: 506 Cannot talk to daemon\n",
            "^* 192.0.2.7 3 6 7 1\n",
            "MS Name/IP address         Stratum\n^* 192.0.2.7 x 6 7 1\n^* é 2 6 9\n",
        ] {
            assert_eq!(rows(text), [""; 0], "{text}");
        }
        assert_eq!(offset("inf seconds slow of"), None);
        assert_eq!(offset("-1 seconds slow of"), None);
    }
}
