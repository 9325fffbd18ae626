//! What conditions compare with: words, lists, sets in braces and named sets.

use std::cell::Cell;
use std::collections::HashMap;

use super::token::{Cursor, Token};

/// How many elements of sets are copied into rules, all in all; beyond it a condition stays undecided.
const MAX_COPIES: usize = 1 << 20;
/// What an element costs of them that becomes a rule of its own.
const RULE: usize = 16;

/// An element of a set or a map.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Element<'a> {
    /// The parts of the key, which dots connect; none if it is an expression.
    pub(super) key: Vec<&'a str>,
    /// For a map, what the key leads to.
    pub(super) data: Vec<Token<'a>>,
}

/// A named set or map.
#[derive(Debug)]
pub(super) struct Named<'a> {
    pub(super) elements: Vec<Element<'a>>,
    /// Whether packets change it.
    is_dynamic: bool,
}

/// The named sets and maps of a table.
#[derive(Debug, Default)]
pub(super) struct Sets<'a> {
    by_name: HashMap<&'a str, Named<'a>>,
    /// Whether elements are listed at all; `nft -t` leaves them out.
    has_elements: bool,
    copies: Cell<usize>,
}

impl<'a> Sets<'a> {
    /// Reads the blocks of sets, each as its name and the text between its braces.
    pub(super) fn of(blocks: &'a [(String, String)], has_elements: bool) -> Self {
        let by_name = blocks
            .iter()
            .map(|(name, text)| (&**name, named(text)))
            .collect();
        Self {
            by_name,
            has_elements,
            copies: Cell::default(),
        }
    }

    /// The elements of a set for one condition; an error is the reason why they are not known.
    pub(super) fn items(&self, name: &str) -> Result<&[Element<'a>], String> {
        self.elements(name, 1)
    }

    /// The elements of a set or map of which each becomes a rule.
    pub(super) fn cases(&self, name: &str) -> Result<&[Element<'a>], String> {
        self.elements(name, RULE)
    }

    /// Whether so many more elements in braces may become rules.
    pub(super) fn allows(&self, elements: usize) -> bool {
        self.copies.set(
            self.copies
                .get()
                .saturating_add(elements.saturating_mul(RULE)),
        );
        self.copies.get() <= MAX_COPIES
    }

    fn elements(&self, name: &str, cost: usize) -> Result<&[Element<'a>], String> {
        let Some(set) = self.by_name.get(name) else {
            return Err(format!("the set `{name}` is not listed"));
        };
        if set.elements.is_empty() && (set.is_dynamic || !self.has_elements) {
            return Err(format!("the elements of the set `{name}` are not listed"));
        }
        self.copies.set(
            self.copies
                .get()
                .saturating_add(set.elements.len().saturating_mul(cost)),
        );
        if self.copies.get() > MAX_COPIES {
            return Err(format!("the set `{name}` is too long"));
        }
        Ok(&set.elements)
    }
}

/// Reads what stands between the braces of `set x { ... }`.
fn named(text: &str) -> Named<'_> {
    let tokens = super::token::tokens(text);
    let mut cursor = Cursor::new(&tokens);
    let mut set = Named {
        elements: Vec::new(),
        is_dynamic: false,
    };
    while !cursor.is_at_end() {
        match cursor.word() {
            "flags" => {
                let flags =
                    cursor.take_until(|word| word == ";" || word == "elements" || word == "size");
                set.is_dynamic |= flags
                    .iter()
                    .any(|flag| matches!(flag.text, "dynamic" | "timeout"));
            }
            "elements" if cursor.eat("=") => set.elements = elements(cursor.braces()),
            _ => {}
        }
    }
    set
}

/// The elements between braces.
pub(super) fn elements<'a>(tokens: &[Token<'a>]) -> Vec<Element<'a>> {
    let mut cursor = Cursor::new(tokens);
    let mut elements = Vec::new();
    while !cursor.is_at_end() {
        let item = cursor.take_until(|word| word == ",");
        cursor.eat(",");
        elements.extend(element(item));
    }
    elements
}

/// `10.0.0.1 . 22 timeout 1h comment "x" : jump web`.
fn element<'a>(tokens: &[Token<'a>]) -> Option<Element<'a>> {
    let mut cursor = Cursor::new(tokens);
    let mut key = vec![cursor.next()?.text];
    while cursor.eat(".") {
        key.push(cursor.next()?.text);
    }
    let known = matches!(
        cursor.peek(0),
        ":" | "timeout" | "expires" | "counter" | "comment" | "limit" | "quota" | "last"
    );
    if !known && !cursor.is_at_end() {
        key.clear();
    }
    cursor.take_until(|word| word == ":");
    cursor.eat(":");
    let data = cursor.take_until(|_| false).to_vec();
    Some(Element { key, data })
}

/// The keys of elements, if they have one part each.
pub(super) fn single_keys<'a>(elements: &[Element<'a>]) -> Option<Vec<&'a str>> {
    elements
        .iter()
        .map(|element| {
            if let [key] = element.key[..] {
                Some(key)
            } else {
                None
            }
        })
        .collect()
}

/// The right side of a condition.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Value<'a> {
    /// Words between commas or bars, and those behind a slash.
    List(Vec<&'a str>, Option<Vec<&'a str>>),
    /// One key of several parts.
    Parts(Vec<&'a str>),
    /// A set in braces.
    Set(Vec<Element<'a>>),
    /// A named set.
    Named(&'a str),
}

/// Reads a value.
pub(super) fn value<'a>(cursor: &mut Cursor<'_, 'a>) -> Value<'a> {
    if cursor.peek(0) == "{" {
        return Value::Set(elements(cursor.braces()));
    }
    if let Some(name) = cursor.peek(0).strip_prefix('@') {
        cursor.word();
        return Value::Named(name);
    }
    let first = list(cursor);
    if cursor.peek(0) == "." {
        let mut parts = first;
        while cursor.eat(".") {
            parts.push(cursor.word());
        }
        return Value::Parts(parts);
    }
    let second = cursor.eat("/").then(|| list(cursor));
    Value::List(first, second)
}

/// Words with commas or bars between, perhaps in parentheses.
pub(super) fn list<'a>(cursor: &mut Cursor<'_, 'a>) -> Vec<&'a str> {
    if cursor.eat("(") {
        let inside = cursor.take_until(|word| word == ")");
        cursor.eat(")");
        let words = inside.iter().map(|token| token.text);
        return words.filter(|word| !matches!(*word, "|" | ",")).collect();
    }
    let mut words = vec![cursor.word()];
    // Times are ranges of strings: `"10:00"-"12:00"`.
    if cursor.eat("-") {
        words.push(cursor.word());
    }
    while cursor.eat(",") || cursor.eat("|") {
        words.push(cursor.word());
    }
    words
}

#[cfg(test)]
mod tests {
    use super::super::token::tokens;
    use super::*;

    fn read(text: &str) -> String {
        let tokens = tokens(text);
        let mut cursor = Cursor::new(&tokens);
        let value = match value(&mut cursor) {
            Value::List(first, second) => format!("{first:?} {second:?}"),
            Value::Parts(parts) => format!("parts {parts:?}"),
            Value::Set(elements) => format!(
                "{:?}",
                elements
                    .iter()
                    .map(|element| &element.key)
                    .collect::<Vec<_>>()
            ),
            Value::Named(name) => format!("@{name}"),
        };
        format!("{value} then {}", cursor.word())
    }

    #[test]
    fn values_end_where_the_next_statement_begins() {
        assert_eq!(read("22 accept"), r#"["22"] None then accept"#);
        assert_eq!(
            read("established,related accept"),
            r#"["established", "related"] None then accept"#
        );
        assert_eq!(
            read("{ 22, 80-90 } drop"),
            r#"[["22"], ["80-90"]] then drop"#
        );
        assert_eq!(
            read("syn / fin,syn counter"),
            r#"["syn"] Some(["fin", "syn"]) then counter"#
        );
        assert_eq!(
            read("10.0.0.1 . 22 accept"),
            r#"parts ["10.0.0.1", "22"] then accept"#
        );
        assert_eq!(read("@banned drop"), "@banned then drop");
        assert_eq!(
            read("\"10:00\"-\"12:00\" drop"),
            r#"["10:00", "12:00"] None then drop"#
        );
    }

    #[test]
    fn elements_have_keys_data_and_other_things_in_between() {
        let text = "type ipv4_addr . inet_service : verdict flags interval elements = { 10.0.0.1 . 22 timeout 1h expires 59m : jump web, \"eth0\" comment \"a, b\" : accept }";
        let set = named(text);
        assert!(!set.is_dynamic);
        assert_eq!(set.elements[0].key, ["10.0.0.1", "22"]);
        assert_eq!(set.elements[0].data.len(), 2);
        assert_eq!(
            (set.elements[1].key[0], set.elements[1].data[0].text),
            ("eth0", "accept")
        );
    }

    #[test]
    fn an_empty_set_is_empty_only_where_elements_are_listed() {
        let blocks = [
            ("a", "type ipv4_addr"),
            ("b", "type ipv4_addr flags dynamic,timeout"),
            ("c", "type ipv4_addr elements = { 10.0.0.1 }"),
        ];
        let blocks = blocks.map(|(name, text)| (name.to_owned(), text.to_owned()));
        let sets = Sets::of(&blocks, true);
        assert!(sets.items("a").is_ok_and(<[_]>::is_empty));
        assert!(sets.items("b").is_err() && sets.items("d").is_err());
        assert!(Sets::of(&blocks, false).items("a").is_err());
    }
}
