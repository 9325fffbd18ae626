//! Regular expressions in the syntax of Go.
//!
//! Go's classes are ASCII, as those of the `bytes` regexes without Unicode are. What else differs is rewritten:
//! `\Q..\E`, a `{` that opens no repetition, `\<`, the `-` beside a class such as `\d`, what would be a set operation
//! inside of brackets, and the names of groups, which may occur more than once in Go.

use std::iter::Peekable;
use std::str::Chars;

use regex::bytes::{Regex, RegexBuilder};

/// A regex of Go, compiled.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    regex: Regex,
    /// The named groups.
    names: Vec<(usize, String)>,
}

/// Where a pattern matched, and what its named groups have.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) start: usize,
    /// A group that took no part is empty.
    pub(super) groups: Vec<(String, String)>,
}

/// How large a compiled regex may become, in bytes.
const SIZE_LIMIT: usize = 32 << 20;

/// A regex of Go in the syntax of Rust, which nobody has compiled yet.
pub(crate) fn in_our_syntax(text: &str) -> Result<String, String> {
    let mut rewriter = Rewriter::new(text);
    rewriter.rewrite()?;
    Ok(rewriter.out)
}

impl Pattern {
    /// Compiles a regex, or says why that does not work.
    pub(super) fn new(text: &str) -> Result<Self, String> {
        let mut rewriter = Rewriter::new(text);
        rewriter.rewrite()?;
        let regex = RegexBuilder::new(&rewriter.out)
            .unicode(false)
            .size_limit(SIZE_LIMIT)
            .build()
            .map_err(|error| reason(&error))?;
        Ok(Self {
            regex,
            names: rewriter.names,
        })
    }

    pub(super) fn is_match(&self, text: &[u8]) -> bool {
        self.regex.is_match(text)
    }

    /// Where it matches first.
    pub(super) fn start(&self, text: &[u8]) -> Option<usize> {
        self.regex.find(text).map(|found| found.start())
    }

    /// Its first match, with groups.
    pub(super) fn find(&self, text: &[u8]) -> Option<Found> {
        let captures = self.regex.captures(text)?;
        let group = |(index, name): &(usize, String)| {
            let group = captures
                .get(*index)
                .map_or(&b""[..], |group| group.as_bytes());
            (name.clone(), String::from_utf8_lossy(group).into_owned())
        };
        Some(Found {
            start: captures.get(0)?.start(),
            groups: self.names.iter().map(group).collect(),
        })
    }
}

/// The last line of the error, which says what is wrong; the others show the rewritten regex.
fn reason(error: &regex::Error) -> String {
    let text = error.to_string();
    let last = text.lines().next_back().unwrap_or_default().trim();
    last.strip_prefix("error: ").unwrap_or(last).to_owned()
}

struct Rewriter<'t> {
    chars: Peekable<Chars<'t>>,
    out: String,
    groups: usize,
    names: Vec<(usize, String)>,
}

impl<'t> Rewriter<'t> {
    fn new(text: &'t str) -> Self {
        Self {
            chars: text.chars().peekable(),
            out: String::with_capacity(text.len() + 8),
            groups: 0,
            names: Vec::new(),
        }
    }

    fn rewrite(&mut self) -> Result<(), String> {
        while let Some(c) = self.chars.next() {
            match c {
                '\\' => self.escape(false),
                '(' => self.group()?,
                '[' => self.class()?,
                '{' => self.repetition(),
                '}' | ']' => {
                    self.out.push('\\');
                    self.out.push(c);
                }
                c => self.out.push(c),
            }
        }
        Ok(())
    }

    /// What follows a backslash.
    fn escape(&mut self, in_class: bool) {
        match self.chars.next() {
            None => self.out.push('\\'),
            Some('Q') if !in_class => {
                let mut literal = String::new();
                for c in self.chars.by_ref() {
                    literal.push(c);
                    if literal.ends_with("\\E") {
                        literal.truncate(literal.len() - 2);
                        break;
                    }
                }
                self.out.push_str(&regex::escape(&literal));
            }
            // To Rust, these are boundaries of words.
            Some(c @ ('<' | '>')) => self.out.push(c),
            Some(c) => {
                self.out.push('\\');
                self.out.push(c);
            }
        }
    }

    fn group(&mut self) -> Result<(), String> {
        self.out.push('(');
        if self.chars.peek() != Some(&'?') {
            self.groups += 1;
            return Ok(());
        }
        let mut ahead = self.chars.clone();
        ahead.next();
        ahead.next_if_eq(&'P');
        if ahead.next() != Some('<') {
            return Ok(());
        }
        let name: String = ahead.by_ref().take_while(|c| *c != '>').collect();
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if name.is_empty() || !name.chars().all(is_name) {
            return Err(format!("`{name}` is no name of a group"));
        }
        self.chars = ahead;
        self.groups += 1;
        self.names.push((self.groups, name));
        Ok(())
    }

    /// `{2}`, `{2,}` and `{2,3}` repeat; any other brace is one.
    fn repetition(&mut self) {
        let mut ahead = self.chars.clone();
        let inner: String = ahead.by_ref().take_while(|c| *c != '}').take(12).collect();
        let is_number =
            |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let repeats = match inner.split_once(',') {
            None => is_number(&inner),
            Some((low, high)) => is_number(low) && (high.is_empty() || is_number(high)),
        };
        let closed = self.chars.clone().nth(inner.chars().count()) == Some('}');
        if repeats && closed {
            self.out.push_str(&format!("{{{inner}}}"));
            self.chars = ahead;
        } else {
            self.out.push_str("\\{");
        }
    }

    fn class(&mut self) -> Result<(), String> {
        let negated = self.chars.next_if_eq(&'^').is_some();
        let start = self.out.len();
        let (mut unicode, mut first, mut before) = (false, true, Before::Nothing);
        loop {
            let c = self.chars.next().ok_or("a `[` is not closed")?;
            if c == ']' && !first {
                break;
            }
            first = false;
            unicode |= !c.is_ascii();
            before = match c {
                '-' => self.dash(before),
                '[' => self.posix(),
                '\\' => {
                    let is_set = self.chars.peek().is_some_and(|c| "dDsSwWpP".contains(*c));
                    self.escape(true);
                    if is_set { Before::Set } else { before.then() }
                }
                '&' | '~' | ']' | '^' => {
                    self.out.push('\\');
                    self.out.push(c);
                    before.then()
                }
                c => {
                    self.out.push(c);
                    before.then()
                }
            };
        }
        let inner = self.out.split_off(start);
        let negation = if negated { "^" } else { "" };
        // Without Unicode, a class cannot have what is more than one byte.
        let class = if unicode {
            format!("(?u:[{negation}{inner}])")
        } else {
            format!("[{negation}{inner}]")
        };
        self.out.push_str(&class);
        Ok(())
    }

    /// A `-`: of a range, if there is a character on both sides.
    fn dash(&mut self, before: Before) -> Before {
        let mut ahead = self.chars.clone();
        let next_is_char = match ahead.next() {
            None | Some(']') => false,
            Some('\\') => ahead.next().is_none_or(|c| !"dDsSwWpP".contains(c)),
            Some(_) => true,
        };
        if before == Before::Char && next_is_char {
            self.out.push('-');
            Before::Range
        } else {
            self.out.push_str("\\-");
            before.then()
        }
    }

    /// `[:alpha:]`, or a bracket.
    fn posix(&mut self) -> Before {
        let mut ahead = self.chars.clone();
        if ahead.next() == Some(':') {
            let name: String = ahead.by_ref().take_while(|c| *c != ':').take(12).collect();
            let inner = name.strip_prefix('^').unwrap_or(&name);
            if !inner.is_empty()
                && inner.bytes().all(|byte| byte.is_ascii_lowercase())
                && ahead.next() == Some(']')
            {
                self.out.push_str(&format!("[:{name}:]"));
                self.chars = ahead;
                return Before::Set;
            }
        }
        self.out.push_str("\\[");
        Before::Char
    }
}

/// What stands before a place in a class.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Before {
    Nothing,
    /// A character that a range may begin with.
    Char,
    /// The `-` of a range.
    Range,
    /// The end of a range, or a set.
    Set,
}

impl Before {
    /// What stands before the place after one more character.
    fn then(self) -> Self {
        match self {
            Self::Range => Self::Set,
            _ => Self::Char,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_syntax_of_go_is_understood() {
        for (pattern, text, matches) in [
            (r"\d+ \w+", "12 ab", true),
            ("{foo}", "x{foo}", true),
            ("a{,2}", "a{,2}", true),
            ("a{2}", "aa", true),
            ("a{2,}b", "aaab", true),
            (r"\Qa.b\E+", "a.bb", true),
            (r"\Qa.b", "axb", false),
            (r"[\w\d\S-_]+", "-", true),
            (r"[a-\d]", "-", true),
            ("[a-z&&[aeiou]", "&", true),
            ("[[]", "[", true),
            ("[]a]", "]", true),
            ("[^]a]", "]", false),
            ("[a--]", "a", false),
            ("[!--]", "-", true),
            ("[[:alpha:]_]+", "a_", true),
            ("[é]", "é", true),
            ("é", "é", true),
            ("(?i)ERROR", "an error", true),
            ("(?m)^b$", "a\nb\nc", true),
            ("(?s)a.b", "a\nb", true),
            ("a.b", "a\nb", false),
            (r"\<a\>", "<a>", true),
            (r"\<a\>", "a", false),
            ("(?U)a+", "aa", true),
            ("}]", "}]", true),
        ] {
            match Pattern::new(pattern) {
                Ok(compiled) => {
                    let found = compiled.is_match(text.as_bytes());
                    assert_eq!(found, matches, "{pattern} {text}");
                }
                Err(error) => assert!(pattern == "[a--]", "{pattern}: {error}"),
            }
        }
        for pattern in [
            "(",
            "[a",
            "a**?b(",
            r"(?P<n",
            "(?P<a b>x)",
            "x{1001,2}",
            r"\",
        ] {
            assert!(Pattern::new(pattern).is_err(), "{pattern}");
        }
    }

    #[test]
    fn named_groups_may_be_absent_or_twice() {
        let pattern = Pattern::new(r"(?P<a>\d)(x)?(?<b>y)?|(?P<a>z)").expect("valid");
        let groups = |text: &str| {
            let found = pattern.find(text.as_bytes()).expect("a match");
            (
                found.start,
                found
                    .groups
                    .iter()
                    .map(|(name, text)| format!("{name}={text}"))
                    .collect::<Vec<_>>(),
            )
        };
        assert_eq!(
            groups("-1x"),
            (1, vec!["a=1".into(), "b=".into(), "a=".into()])
        );
        assert!(pattern.find(b"none").is_none());
    }
}
