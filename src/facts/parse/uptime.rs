//! For how long a machine runs: `uptime` and `/proc/uptime`.

use crate::facts::{Input, Parser, Sink};

pub(super) const PARSER: Parser = Parser {
    name: "uptime",
    markers: &[],
    path: |path| {
        let file = path.rsplit('/').next().unwrap_or(path);
        matches!(file, "uptime" | "uptime.txt")
    },
    parse,
};

fn parse(input: Input<'_>, sink: &mut Sink) {
    let Some(line) = input.lines().find(|(_, text)| !text.trim().is_empty()) else {
        return;
    };
    let (seconds, exact) = match proc_uptime(line.1) {
        Some(seconds) => (Some(seconds), true),
        None => (command(line.1), false),
    };
    if let Some(seconds) = seconds {
        let fields = [
            ("seconds", seconds.to_string()),
            ("exact", exact.to_string()),
        ];
        sink.fact("uptime", line, fields);
    }
}

/// `446721.50 1743210.11`: the first is the time, the second that of idle processors (proc(5)).
fn proc_uptime(text: &str) -> Option<u64> {
    let mut words = text.split_whitespace();
    let (up, idle) = (words.next()?, words.next()?);
    let number = |word: &str| word.split_once('.')?.0.parse::<u64>().ok();
    (words.next().is_none() && number(idle).is_some()).then(|| number(up))?
}

/// `09:15:58 up 14 days,  8:33,  1 user, ...`, `up 25 min`, `up 1 day, 3 min`.
fn command(text: &str) -> Option<u64> {
    let up = text.split_once(" up ")?.1;
    let mut seconds = None;
    for part in up.split(',').map(str::trim) {
        let (number, unit) = part.split_once(' ').unwrap_or((part, ""));
        let value = match (number.split_once(':'), unit) {
            (Some((hours, minutes)), "") => {
                hours.parse::<u64>().ok()? * 3600 + minutes.parse::<u64>().ok()? * 60
            }
            (None, "day" | "days") => number.parse::<u64>().ok()? * 86_400,
            (None, "min" | "mins" | "minutes") => number.parse::<u64>().ok()? * 60,
            (None, "sec" | "secs") => number.parse::<u64>().ok()?,
            _ => break,
        };
        seconds = Some(seconds.unwrap_or(0) + value);
    }
    seconds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_forms_are_seconds() {
        for (text, seconds) in [
            (
                " 09:15:58 up 14 days,  8:33,  1 user,  load average: 0.95, 0.91, 0.94\n",
                Some(14 * 86_400 + 8 * 3600 + 33 * 60),
            ),
            (
                " 19:23:40 up 25 min,  1 user,  load average: 0.83\n",
                Some(1500),
            ),
            (" 19:23:40 up 1 day, 3 min,  2 users\n", Some(86_580)),
            ("446721.50 1743210.11\n", Some(446_721)),
            ("usage: uptime\n", None),
        ] {
            let facts = PARSER.read("proc/uptime", text).facts;
            let found = facts.first().and_then(|fact| fact.get("seconds"));
            assert_eq!(
                found.map(str::to_owned),
                seconds.map(|s: u64| s.to_string()),
                "{text}"
            );
        }
    }
}
