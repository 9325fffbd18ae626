//! In which zone a machine writes local times: `/etc/timezone`, and `timedatectl`'s `Time zone: Europe/Berlin (CET, +0100)`.

use crate::facts::{Input, Parser, Sink};

pub(super) const PARSER: Parser = Parser {
    name: "time zone",
    markers: &["Time zone: ", "Timezone: ", "Timezone="],
    path: is_timezone,
    parse,
};

fn is_timezone(path: &str) -> bool {
    path == "etc/timezone" || path.ends_with("/etc/timezone")
}

fn parse(input: Input<'_>, sink: &mut Sink) {
    if is_timezone(input.path) {
        let named = |(_, text): &(u64, &str)| is_zone(text.trim());
        if let Some(line) = input.lines().next().filter(named) {
            add(line, line.1.trim(), "", sink);
        }
        return;
    }
    for line in input.lines() {
        let text = line.1.trim();
        let starts = ["Time zone: ", "Timezone: ", "Timezone="];
        let Some(value) = starts.iter().find_map(|start| text.strip_prefix(start)) else {
            continue;
        };
        let (name, rest) = value.split_once(" (").unwrap_or((value, ""));
        let offset = rest
            .trim_end_matches(')')
            .rsplit(", ")
            .next()
            .unwrap_or_default();
        if is_zone(name) {
            add(line, name, offset, sink);
        }
    }
}

/// Names of the IANA database: `Europe/Berlin`, `Etc/UTC`, `UTC`.
fn is_zone(text: &str) -> bool {
    let within = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'_' | b'-' | b'+');
    (3..=40).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_uppercase())
        && text.bytes().all(within)
}

fn add(line: (u64, &str), name: &str, offset: &str, sink: &mut Sink) {
    let fields = [("name", name.to_owned()), ("offset", offset.to_owned())];
    sink.fact("time_zone", line, fields);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_have_names_and_offsets() {
        let shown = |path: &str, text: &str| {
            let facts = PARSER.read(path, text).facts;
            facts
                .iter()
                .map(crate::facts::Fact::shown)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            shown(
                "x/timedatectl",
                "                Time zone: Europe/Berlin (CET, +0100)\n"
            ),
            ["name=Europe/Berlin offset=+0100"]
        );
        assert_eq!(shown("node1/etc/timezone", "Etc/UTC\n"), ["name=Etc/UTC"]);
        assert!(shown("x/a.log", "Time zone: not set in file\n").is_empty());
    }
}
