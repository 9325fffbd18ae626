//! When the bundle was collected: `date` and `date --utc`, and `timedatectl`'s `Universal time:`.
//!
//! The time stays as it is printed (`Thu Dec  4 09:15:58 UTC 2025`, `Thu 04 Dec 2025 09:15:58 AM UTC`), because only the
//! reader of the logs knows what a zone's abbreviation means.

use crate::facts::{Input, Parser, Sink};

pub(super) const PARSER: Parser = Parser {
    name: "date",
    markers: &["Universal time:"],
    path: is_date,
    parse,
};

fn is_date(path: &str) -> bool {
    let file = path.rsplit('/').next().unwrap_or(path);
    let stem = file.strip_suffix(".txt").unwrap_or(file);
    matches!(stem, "date" | "date_--utc" | "date_-u" | "date-utc")
}

fn parse(input: Input<'_>, sink: &mut Sink) {
    if is_date(input.path) {
        let mut lines = input.lines().filter(|(_, text)| !text.trim().is_empty());
        // More lines are output of something else.
        if let (Some((line, text)), None) = (lines.next(), lines.next())
            && is_time(text.trim())
        {
            let utc = input.file().contains("-u") || text.contains(" UTC");
            add((line, text), text.trim(), utc, sink);
        }
        return;
    }
    for (line, text) in input.lines() {
        if let Some(printed) = text.trim().strip_prefix("Universal time: ") {
            add((line, text), printed.trim(), true, sink);
        }
    }
}

/// Whether `text` has a time of day and few words, as a date has.
fn is_time(text: &str) -> bool {
    let words = text.split_whitespace().count();
    let colons = text
        .split_whitespace()
        .any(|word| word.matches(':').count() >= 2);
    (1..=8).contains(&words) && colons && text.len() < 64
}

fn add(line: (u64, &str), printed: &str, utc: bool, sink: &mut Sink) {
    let fields = [("printed", printed.to_owned()), ("utc", utc.to_string())];
    sink.fact("collected", line, fields);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_is_a_date() {
        let shown = |path: &str, text: &str| {
            let facts = PARSER.read(path, text).facts;
            facts
                .iter()
                .map(crate::facts::Fact::shown)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            shown("systeminfo/date", "Thu Dec  4 09:15:58 UTC 2025\n"),
            ["printed=Thu Dec  4 09:15:58 UTC 2025 utc=true"]
        );
        assert_eq!(
            shown("sos_commands/date/date", "Fri Feb 11 20:23:39 CET 2022\n"),
            ["printed=Fri Feb 11 20:23:39 CET 2022 utc=false"]
        );
        assert_eq!(
            shown(
                "x/timedatectl",
                "   Local time: Fri 2022-02-11 20:24:03 CET\n   Universal time: Fri 2022-02-11 19:24:03 UTC\n"
            ),
            ["printed=Fri 2022-02-11 19:24:03 UTC utc=true"]
        );
        assert!(shown("bin/date", "usage: date [-u]\n").is_empty());
        assert!(shown("x/date", "Fri Feb 11 19:23:39 UTC 2022\nmore\n").is_empty());
    }
}
