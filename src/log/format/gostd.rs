//! Go's standard log package: `YYYY/MM/DD HH:MM:SS[.uuuuuu] [file.go:n: ]message`.

use super::{Format, LETTERS, Layer, Recognise, Timed, iso};

pub(super) const FORMAT: Format = Format::payload("go log", Recognise::Timed(|_| true, parse));

/// The same behind the prefix that a logger was given: `raft2026/11/20 11:24:44 INFO: ...`.
pub(super) const PREFIXED: Format =
    Format::payload("go log", Recognise::Line(LETTERS, parse_prefixed));

/// Longer prefixes are sentences.
const MAX_PREFIX: usize = 24;

fn parse_prefixed(line: &[u8]) -> Option<Layer<'_>> {
    let head = &line[..line.len().min(MAX_PREFIX + 1)];
    let digit = head.iter().position(u8::is_ascii_digit)?;
    if line.get(digit + 4) != Some(&b'/') {
        return None;
    }
    let (prefix, rest) = line.split_at(digit);
    let layer = parse(Timed::of(rest)?)?;
    let prefix = prefix.trim_ascii_end();
    let prefix = prefix.strip_suffix(b":").unwrap_or(prefix);
    Some(match layer.logger {
        Some(_) => layer,
        None => layer.logger(prefix),
    })
}

fn parse(timed: Timed<'_>) -> Option<Layer<'_>> {
    let mut rest = timed.bare()?;
    if timed.line.get(4) != Some(&b'/') {
        return None;
    }
    rest.tag(b" ")?;
    let mut source = rest;
    let position = source
        .word()
        .and_then(|word| word.strip_suffix(b":"))
        .filter(|word| crate::text::find_short(word, b".go:").is_some());
    if position.is_some() {
        source.skip_spaces();
        rest = source;
    }
    let layer = iso::text(rest.0, timed.stamp);
    Some(layer.logger(position.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::super::samples::shown;
    use crate::log::parse_line;

    #[test]
    fn slashes_in_the_date() {
        assert_eq!(
            shown("2026/11/20 12:18:49 line 4: error: found character that cannot start any token"),
            "go log | 2026-11-20T12:18:49Z | - | line 4: error: found character that cannot start any token"
        );
        assert_eq!(
            shown("raft2026/11/20 12:18:49 INFO: 8e9e05c52164694d became leader at term 2"),
            "go log | 2026-11-20T12:18:49Z | info | 8e9e05c52164694d became leader at term 2"
        );
        assert!(shown("see 2026/11/20").starts_with(" | - | - | "));
        let record = parse_line(b"2026/11/20 11:24:44.874132 main.go:191: std message micro");
        assert_eq!(record.logger.as_deref(), Some("main.go:191"));
    }
}
