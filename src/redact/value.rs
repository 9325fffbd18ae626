//! Where the value behind a name starts and ends, in all the ways in which names and values are written.

use std::ops::Range;

use super::words;

/// How names and values are written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Style {
    /// `key=value`, `key: value`, `"key":"value"`, `:key=>"value"`.
    Pair,
    /// `--key value`.
    Argument,
    /// A value in quotes whatever stands between it and its name.
    Quoted,
}

/// A quote as it is written: `"`, or `\"` in a text that is quoted itself, or `\\\"` one level deeper.
#[derive(Clone, Copy)]
struct Quote {
    mark: u8,
    backslashes: usize,
}

/// A name, what separates it from its value, and where that starts.
struct Head<'t> {
    text: &'t str,
    /// The whole name, prefixes included.
    name: Range<usize>,
    /// All between name and value.
    separator: &'t str,
    at: usize,
}

/// The secret behind `whole`, a match in which `key` is the end of a name; `None` if there is nothing to hide.
pub(super) fn behind(
    text: &str,
    key: Range<usize>,
    whole: Range<usize>,
    style: Style,
) -> Option<Range<usize>> {
    let head = Head {
        name: name_start(text, key.start)..key.end,
        separator: text.get(key.end..whole.end)?,
        at: whole.end,
        text,
    };
    if !words::names_secret(&text[head.name.clone()], &text[key]) {
        return None;
    }
    match style {
        Style::Pair => head.pair(),
        Style::Argument => head.argument(),
        Style::Quoted => {
            let (start, quote) = opening(text.as_bytes(), head.at);
            let range = start..closing(text.as_bytes(), start, quote?);
            head.is_secret(&range).then_some(range)
        }
    }
}

/// Where the name that ends with a key starts: `DB_`, `mysql-root-` and `spring.datasource.` are parts of it.
fn name_start(text: &str, key: usize) -> usize {
    let bytes = text.as_bytes();
    let is_part = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-');
    let prefix = bytes[..key].iter().rev().take_while(|b| is_part(b)).count();
    let mut start = key - prefix;
    // `\n` and `\t` of a quoted text are no part of the name behind them.
    if start > 0 && bytes[start - 1] == b'\\' && start < key && b"nrt".contains(&bytes[start]) {
        start += 1;
    }
    start
}

impl Head<'_> {
    fn pair(&self) -> Option<Range<usize>> {
        let bytes = self.text.as_bytes();
        let before = self.name.start.checked_sub(1).map(|at| bytes[at]);
        let colon = self.separator.contains(':');
        // Paths, images and ARNs: `open /run/db_password: no such file`, `acme/token:1.2`, `arn:aws:..:secret:x`.
        if colon && matches!(before, Some(b'/' | b':' | b'@')) {
            return None;
        }
        let name_is_quoted = self.separator.starts_with(['"', '\'', '`', '\\']);
        let (start, quote) = opening(bytes, self.at);
        if let Some(quote) = quote {
            let range = start..closing(bytes, start, quote);
            let prose = colon && !name_is_quoted && self.is_prose(&range);
            return (!prose && self.is_secret(&range)).then_some(range);
        }
        if (name_is_quoted && !matches!(before, Some(b'"' | b'\'' | b'`')))
            || self.separator.starts_with([' ', '\t']) && colon && !self.starts_line()
        {
            return None;
        }
        if let Some(end) = self.quoted_whole() {
            let range = start..end;
            return self.is_secret(&range).then_some(range);
        }
        let range = start..bare_end(bytes, start);
        let name = &self.text[self.name.clone()];
        if !words::is_bare_secret(name, &self.text[range.clone()]) {
            return None;
        }
        if !colon {
            return Some(range);
        }
        if self.separator.ends_with([' ', '\t']) {
            return self.behind_colon(range);
        }
        // `host:port` of a machine whose name ends so, paths of Rust and C++, modules of Python.
        let value = &self.text[range.clone()];
        let port = value.len() <= 5 && value.bytes().all(|b| b.is_ascii_digit());
        let module = self.text[self.name.clone()].contains('.')
            && value.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        (!port && !module && !value.starts_with(':')).then_some(range)
    }

    fn argument(&self) -> Option<Range<usize>> {
        let bytes = self.text.as_bytes();
        let (start, quote) = opening(bytes, self.at);
        let end = match quote {
            Some(quote) => closing(bytes, start, quote),
            None => bare_end(bytes, start),
        };
        let value = &self.text[start..end];
        let name = &self.text[self.name.clone()];
        let placeholder = name
            .to_ascii_lowercase()
            .ends_with(&value.to_ascii_lowercase());
        // Help on options: `--token string   what it is for`.
        let rest = rest_of_line(self.text, end);
        let help = rest.starts_with("  ") && !rest.trim().is_empty();
        let secret = !value.starts_with('-')
            && !help
            && !placeholder
            && !words::is_prose(value)
            && self.is_secret(&(start..end));
        secret.then_some(start..end)
    }

    /// A bare value behind `: `, which may as well be a sentence about the name.
    fn behind_colon(&self, range: Range<usize>) -> Option<Range<usize>> {
        let line = rest_of_line(self.text, range.end);
        let rest = line.trim_start();
        if rest.starts_with(':') {
            return None;
        }
        if words::is_random(&self.text[range.clone()]) {
            return Some(range);
        }
        if self.is_prose(&range) || words::is_prose(&self.text[range.clone()]) {
            return None;
        }
        let next = rest.split([' ', '\t']).next().unwrap_or_default();
        let alone = rest.is_empty()
            || rest.starts_with('#')
            || line.starts_with([',', ';', ')', '}', ']', '"', '\'', '`', '|', '&', '\\', '<'])
            || is_name(next);
        if alone {
            return Some(range);
        }
        let sentence = rest.split_ascii_whitespace().any(words::is_prose);
        let words = rest.split_ascii_whitespace().count();
        (self.starts_line() && !sentence && words < 8)
            .then(|| range.start..range.end + line.trim_end().len())
    }

    /// Whether the word in front of the name tells that the value is no secret: `unexpected token: foo`.
    fn is_prose(&self, range: &Range<usize>) -> bool {
        let before = self.text[..self.name.start].trim_end_matches([' ', '"', '\'', '`']);
        let word = before.rsplit([' ', '\t', '\n']).next().unwrap_or_default();
        words::is_complaint(word) && !words::is_random(&self.text[range.clone()])
    }

    fn is_secret(&self, range: &Range<usize>) -> bool {
        words::is_secret(&self.text[self.name.clone()], &self.text[range.clone()])
    }

    fn starts_line(&self) -> bool {
        let before = self.text[..self.name.start].trim_end_matches([' ', '\t', '-', '"', '\'']);
        before.is_empty() || before.ends_with('\n')
    }

    /// The end of a value in `"DB_PASSWORD=a b"`, where name and value stand in one pair of quotes: environments of containers.
    fn quoted_whole(&self) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let name = &bytes[self.name.clone()];
        let environment = self.separator == "="
            && name.contains(&b'_')
            && name.iter().all(|b| !b.is_ascii_lowercase());
        let mark = *bytes[..self.name.start].last()?;
        if !environment || !matches!(mark, b'"' | b'\'') {
            return None;
        }
        let quote = Quote {
            mark,
            backslashes: backslashes_before(bytes, self.name.start - 1, 0),
        };
        Some(closing(bytes, self.at, quote))
    }
}

/// Where the value at `at` starts and how it is quoted; prefixes of languages (`[`, `<<`, `Some(`, `b'`) are no part of it.
fn opening(bytes: &[u8], mut at: usize) -> (usize, Option<Quote>) {
    for prefix in [&b"["[..], b"<<", b"Some("] {
        if bytes[at..].starts_with(prefix) {
            at += prefix.len();
        }
    }
    if let [b'b' | b'u' | b'r', b'"' | b'\'', ..] = bytes[at..] {
        at += 1;
    }
    let backslashes = bytes[at..].iter().take_while(|b| **b == b'\\').count();
    match bytes.get(at + backslashes) {
        Some(&mark @ (b'"' | b'\'' | b'`')) => {
            (at + backslashes + 1, Some(Quote { mark, backslashes }))
        }
        _ => (at, None),
    }
}

/// The number of backslashes in front of `at`, not beyond `start`.
fn backslashes_before(bytes: &[u8], at: usize, start: usize) -> usize {
    bytes[start..at]
        .iter()
        .rev()
        .take_while(|b| **b == b'\\')
        .count()
}

/// Where a quoted value ends; one that is cut off ends with its line.
///
/// A quote within the value has `2n + 1` backslashes where the quotes around it have `n`, and each backslash at the end
/// of the value adds `2n + 2`.
fn closing(bytes: &[u8], start: usize, quote: Quote) -> usize {
    for at in memchr::memchr2_iter(quote.mark, b'\n', &bytes[start..]).map(|at| start + at) {
        if bytes[at] == b'\n' {
            return at;
        }
        let backslashes = backslashes_before(bytes, at, start);
        let own = backslashes % (2 * quote.backslashes + 2);
        if own <= quote.backslashes {
            return at - own;
        }
    }
    bytes.len()
}

/// Where a value without quotes ends. Punctuation ends it only where more follows that is no part of it, since
/// passwords have punctuation, too.
fn bare_end(bytes: &[u8], start: usize) -> usize {
    // No secret is longer; a line of nothing but names and no blank must not take forever.
    let bytes = &bytes[..bytes.len().min(start + (16 << 10))];
    let mut at = start;
    while let Some(&byte) = bytes.get(at) {
        let rest = &bytes[at + 1..];
        let ends = match byte {
            b if b.is_ascii_whitespace() => true,
            b'\\' => {
                let more = rest.iter().take_while(|b| **b == b'\\').count();
                match rest.get(more) {
                    Some(b'"' | b'\'' | b'n' | b'r' | b't') => true,
                    Some(b'u') => rest[more..].starts_with(b"u00"),
                    _ => false,
                }
            }
            b'"' | b'\'' | b'`' => is_end(rest) || rest[0] == b'+',
            b',' | b';' => is_end(rest) || starts_pair(rest),
            b'&' => {
                starts_pair(rest)
                    || [&b"amp;"[..], b"quot;", b"lt;", b"#"]
                        .iter()
                        .any(|e| rest.starts_with(e))
            }
            b':' => rest.first().is_none_or(u8::is_ascii_whitespace),
            b'<' => rest.first() == Some(&b'/'),
            b')' => is_end(rest) && !bytes[start..at].contains(&b'('),
            b']' => is_end(rest) && !bytes[start..at].contains(&b'['),
            b'}' => is_end(rest) && !bytes[start..at].contains(&b'{'),
            _ => false,
        };
        if ends {
            break;
        }
        at += 1;
    }
    at
}

/// Whether nothing of a value stands at the start of `rest`.
fn is_end(rest: &[u8]) -> bool {
    rest.first()
        .is_none_or(|b| b.is_ascii_whitespace() || b",;:.)]}>&|\"'\\".contains(b))
}

/// Whether `rest` starts with `name=` or `name:`; names such as `User Id` have a blank and a capital.
fn starts_pair(rest: &[u8]) -> bool {
    let is_part = |b: &&u8| b.is_ascii_alphanumeric() || b"_.-[] ".contains(b);
    let length = rest.iter().take(40).take_while(is_part).count();
    let (name, rest) = rest.split_at(length);
    let one = !name.contains(&b' ')
        || name[0].is_ascii_uppercase()
        || name.eq_ignore_ascii_case(b"user id");
    length > 0 && one && matches!(rest.first(), Some(b'=' | b':'))
}

/// Whether a word is the `name:` or `name=..` of another pair.
fn is_name(word: &str) -> bool {
    !word.contains(' ') && starts_pair(word.as_bytes())
}

/// What follows on the line, as far as it matters.
fn rest_of_line(text: &str, at: usize) -> &str {
    let end = text.floor_char_boundary(at.saturating_add(2048));
    text[at..end].split('\n').next().unwrap_or_default()
}
