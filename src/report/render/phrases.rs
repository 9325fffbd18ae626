//! Counts, times and places as a person would say them.

use crate::report::plural::{plural, thousands};
use crate::report::{Captures, Named};

pub(super) fn counts(errors: usize, warnings: usize, infos: usize) -> String {
    let parts: Vec<String> = [(errors, "error"), (warnings, "warning")]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| plural(count as u64, word))
        .chain((infos > 0).then(|| format!("{} for information", thousands(infos as u64))))
        .collect();
    match parts.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}

pub(super) fn combination(captures: &Captures) -> String {
    let one = |named: &Named| {
        let quote = if named.value.contains(' ') { "\"" } else { "" };
        format!("{}={quote}{}{quote}", named.name, named.value)
    };
    let values: Vec<String> = captures.values.iter().map(one).collect();
    let values = if values.is_empty() {
        "the line names none".to_owned()
    } else {
        values.join(" ")
    };
    format!("{values}{}", on(&captures.nodes))
}

/// ` on node-1, node-2`.
pub(super) fn on(nodes: &[String]) -> String {
    match nodes.len() {
        0 => String::new(),
        1..=4 => format!(" on {}", nodes.join(", ")),
        count => format!(" on {} and {} more", nodes[..3].join(", "), count - 3),
    }
}

/// `2018-09-24T13:40:20Z` as `2018-09-24 13:40:20 UTC`.
pub(super) fn short_time(time: &str) -> String {
    time.replacen('T', " ", 1).replace('Z', " UTC")
}

/// Two times; the date of the second only if it differs.
pub(super) fn time_range(first: &str, last: &str) -> String {
    let whole_seconds = |time: &str| {
        time.split(['.', 'Z'])
            .next()
            .unwrap_or(time)
            .replacen('T', " ", 1)
    };
    let (first, last) = (whole_seconds(first), whole_seconds(last));
    if first == last {
        return format!("at {first} UTC");
    }
    let same_day = first.get(..10) == last.get(..10);
    let last = if same_day {
        last.get(11..).unwrap_or(&last)
    } else {
        &last
    };
    format!("{first} to {last} UTC")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_as_short_as_they_can_be() {
        assert_eq!(
            time_range("2018-09-24T13:40:20Z", "2018-09-24T13:40:20.5Z"),
            "at 2018-09-24 13:40:20 UTC"
        );
        assert_eq!(
            time_range("2018-09-24T13:40:20Z", "2018-09-24T14:00:00Z"),
            "2018-09-24 13:40:20 to 14:00:00 UTC"
        );
        assert_eq!(
            time_range("2018-09-24T13:40:20Z", "2018-09-25T14:00:00Z"),
            "2018-09-24 13:40:20 to 2018-09-25 14:00:00 UTC"
        );
    }

    #[test]
    fn counts_read_like_a_sentence() {
        assert_eq!(counts(1, 2, 1), "1 error, 2 warnings and 1 for information");
        assert_eq!(counts(0, 1, 0), "1 warning");
    }
}
