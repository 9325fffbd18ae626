//! Words of nft's language, and a cursor over them.

/// A word, a string or a punctuation mark.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Token<'a> {
    /// The text, of a string without its quotes.
    pub(super) text: &'a str,
    pub(super) quoted: bool,
}

/// Punctuation that stands alone even without spaces around it. Colons are not among them: they are parts of
/// addresses, and those of maps have spaces.
const ALONE: &[char] = &['{', '}', '(', ')', ',', ';', '|', '&'];

/// Cuts a text into tokens.
pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, after) = if let Some(inside) = rest.strip_prefix('"') {
            let end = inside.find('"').unwrap_or(inside.len());
            (
                Token {
                    text: &inside[..end],
                    quoted: true,
                },
                inside.get(end + 1..).unwrap_or_default(),
            )
        } else {
            let is_end = |c: char| c.is_whitespace() || c == '"' || ALONE.contains(&c);
            let end = if ALONE.contains(&first) {
                1
            } else {
                rest.find(is_end).unwrap_or(rest.len())
            };
            let (word, after) = rest.split_at(end);
            (
                Token {
                    text: word,
                    quoted: false,
                },
                after,
            )
        };
        tokens.push(token);
        rest = after.trim_start();
    }
    tokens
}

/// How many braces a line opens, less those that it closes.
pub(super) fn depth(line: &str) -> isize {
    let tokens = tokens(line);
    let count = |brace: &str| {
        tokens
            .iter()
            .filter(|token| !token.quoted && token.text == brace)
            .count()
            .cast_signed()
    };
    count("{") - count("}")
}

/// A place between tokens.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'t, 'a> {
    tokens: &'t [Token<'a>],
}

impl<'t, 'a> Cursor<'t, 'a> {
    pub(super) fn new(tokens: &'t [Token<'a>]) -> Self {
        Self { tokens }
    }

    /// The next token, which is consumed.
    pub(super) fn next(&mut self) -> Option<Token<'a>> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(*first)
    }

    /// The text of the next token, which is consumed; empty at the end.
    pub(super) fn word(&mut self) -> &'a str {
        self.next().map_or("", |token| token.text)
    }

    /// The text of the token `ahead` of the next; empty at the end, and for strings, which mean nothing.
    pub(super) fn peek(&self, ahead: usize) -> &'a str {
        self.tokens
            .get(ahead)
            .filter(|token| !token.quoted)
            .map_or("", |token| token.text)
    }

    /// Whether the next token is a string.
    pub(super) fn at_string(&self) -> bool {
        self.tokens.first().is_some_and(|token| token.quoted)
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.tokens.is_empty()
    }

    /// Consumes the next token if it is this word.
    pub(super) fn eat(&mut self, word: &str) -> bool {
        let found = !self.is_at_end() && self.peek(0) == word;
        if found {
            self.next();
        }
        found
    }

    /// Consumes tokens up to one of which `is_end` holds; braces are passed as a whole.
    pub(super) fn take_until(&mut self, is_end: impl Fn(&str) -> bool) -> &'t [Token<'a>] {
        let all = self.tokens;
        let mut depth = 0_usize;
        while !self.is_at_end() && (depth > 0 || !is_end(self.peek(0))) {
            match self.peek(0) {
                "{" => depth += 1,
                "}" => depth = depth.saturating_sub(1),
                _ => {}
            }
            self.next();
        }
        &all[..all.len() - self.tokens.len()]
    }

    /// Consumes what stands between braces, which are consumed as well.
    pub(super) fn braces(&mut self) -> &'t [Token<'a>] {
        if !self.eat("{") {
            return &[];
        }
        let inside = self.take_until(|word| word == "}");
        self.eat("}");
        inside
    }
}

/// Tokens as text.
pub(super) fn joined(tokens: &[Token<'_>]) -> String {
    tokens
        .iter()
        .map(|token| token.text)
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<&str> {
        tokens(text).iter().map(|token| token.text).collect()
    }

    #[test]
    fn punctuation_stands_alone_and_strings_are_one() {
        assert_eq!(
            texts("tcp dport {22,80} log prefix \"a { b\""),
            [
                "tcp", "dport", "{", "22", ",", "80", "}", "log", "prefix", "a { b"
            ]
        );
        assert_eq!(
            texts("flags & (fin|syn)"),
            ["flags", "&", "(", "fin", "|", "syn", ")"]
        );
        assert_eq!(
            texts("dnat to [2001:db8::1]:80"),
            ["dnat", "to", "[2001:db8::1]:80"]
        );
        assert_eq!(texts("\"open"), ["open"]);
        assert_eq!(depth("x { \"}\" {"), 2);
    }

    #[test]
    fn braces_are_passed_as_a_whole() {
        let tokens = tokens("{ a { b } c } d");
        let mut cursor = Cursor::new(&tokens);
        assert_eq!(joined(cursor.braces()), "a { b } c");
        assert_eq!(cursor.word(), "d");
        assert!(cursor.is_at_end() && cursor.braces().is_empty());
    }
}
