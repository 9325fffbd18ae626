//! Expressions of conditions, compiled when they are first needed; most never are.

use std::sync::OnceLock;

use memchr::memmem;
use regex_automata::meta::{self, Regex};
use regex_automata::util::primitives::NonMaxUsize;
use regex_automata::{Anchored, Input, PatternID};
use regex_syntax::hir::{Hir, HirKind};

use crate::catalog::{REGEX_BYTES, parse_regex};

/// States of a lazy DFA in each direction that one thread keeps of an expression, in bytes.
const STATES: usize = 1 << 18;

/// An expression of a condition.
#[derive(Debug)]
pub(super) struct Expression {
    text: String,
    compiled: OnceLock<Option<Box<Compiled>>>,
}

#[derive(Debug)]
struct Compiled {
    regex: Regex,
    /// The text that every match starts with, where there is one and it is worth a search.
    start: Option<memmem::Finder<'static>>,
}

impl Expression {
    pub(super) fn new(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            compiled: OnceLock::new(),
        }
    }

    /// Whether it fits `value`; `found` then gets its named groups. An expression that is too large to be compiled fits
    /// nothing.
    pub(super) fn find(&self, value: &[u8], found: &mut dyn FnMut(&str, &[u8])) -> bool {
        let compiled = self
            .compiled
            .get_or_init(|| Compiled::new(&self.text).map(Box::new));
        compiled
            .as_ref()
            .is_some_and(|compiled| compiled.find(value, found))
    }
}

impl Compiled {
    fn new(text: &str) -> Option<Self> {
        /// Shorter texts are in too many places where nothing else fits.
        const WORTH: usize = 3;
        let hir = parse_regex(text).ok()?;
        let config = meta::Config::new()
            .utf8_empty(false)
            .nfa_size_limit(Some(REGEX_BYTES))
            // Whole tables are large, and only there if another crate asks for them.
            .dfa(false)
            .hybrid_cache_capacity(STATES);
        let regex = Regex::builder()
            .configure(config)
            .build_from_hir(&hir)
            .ok()?;
        let start = Some(leading(&hir)).filter(|start| start.len() >= WORTH);
        let start = start.map(|start| memmem::Finder::new(start).into_owned());
        Some(Self { regex, start })
    }

    fn find(&self, value: &[u8], found: &mut dyn FnMut(&str, &[u8])) -> bool {
        const SLOTS: usize = 32;
        let groups = self.regex.group_info();
        if groups.all_group_len() == 1 {
            return self.regex.is_match(value);
        }
        let (mut few, mut many) = ([None; SLOTS], Vec::new());
        let slots = if groups.slot_len() <= SLOTS {
            &mut few[..groups.slot_len()]
        } else {
            many.resize(groups.slot_len(), None);
            &mut many[..]
        };
        if !self.search(value, slots) {
            return false;
        }
        let names = groups.pattern_names(PatternID::ZERO);
        for (name, slots) in names.zip(slots.as_chunks().0) {
            if let (Some(name), [Some(start), Some(end)]) = (name, slots) {
                found(name, &value[start.get()..end.get()]);
            }
        }
        true
    }

    /// Where an expression starts with some text, its occurrences are tried one by one. A search takes a run forwards for the
    /// end of the match, one back for its start, and one for the groups; this saves the one back, and where the text decides
    /// at each byte how to go on (`regex_automata::dfa::onepass`) all but the last.
    fn search(&self, value: &[u8], slots: &mut [Option<NonMaxUsize>]) -> bool {
        /// A value that has the text more often is searched as a whole, in linear time.
        const TRIES: usize = 8;
        let mut from = 0;
        if let Some(start) = &self.start {
            for _ in 0..TRIES {
                let Some(at) = start.find(&value[from..]) else {
                    return false;
                };
                from += at;
                let input = Input::new(value).range(from..).anchored(Anchored::Yes);
                if self.regex.search_slots(&input, slots).is_some() {
                    return true;
                }
                from += 1;
            }
        }
        let rest = Input::new(value).range(from..);
        self.regex.search_slots(&rest, slots).is_some()
    }
}

/// The text that every match of an expression starts with; may be empty.
fn leading(hir: &Hir) -> &[u8] {
    match hir.kind() {
        HirKind::Literal(literal) => &literal.0,
        HirKind::Capture(capture) => leading(&capture.sub),
        HirKind::Concat(parts) => parts.first().map_or(b"", leading),
        _ => b"",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What groups have, as the plain search of another crate has them.
    #[test]
    fn groups_are_those_of_a_plain_search() {
        let expressions = [
            r"dial tcp (?<host>[\w.]+):(?<port>\d+)",
            r"(?<error>dial \w+) (?<host>[\w.]+)",
            r"dial tcp .*: (?<last>\w+)$",
            r"\b(?<host>[\w.]+):(?<port>\d+)",
            r"aba(?<rest>c)",
            "tcp (?:a|(?<b>b))",
            "refused",
        ];
        let many = "dial tcp x ".repeat(20) + "dial tcp 10.0.0.1:80: refused";
        let values = [
            "dial tcp 10.0.0.1:5432: connect: connection refused",
            "dial tcp: lookup db: dial tcp 10.0.0.1:5432: refused",
            "ababac",
            "tcp a tcp b",
            "",
            &many,
        ];
        for expression in expressions {
            let plain = regex::bytes::RegexBuilder::new(expression)
                .unicode(false)
                .build()
                .expect("an expression");
            let own = Expression::new(expression);
            for value in values {
                let mut found = Vec::new();
                let fits = own.find(value.as_bytes(), &mut |name, group| {
                    found.push((name.to_owned(), group.to_vec()));
                });
                let expected = plain.captures(value.as_bytes());
                assert_eq!(fits, expected.is_some(), "{expression} in {value}");
                let groups: Vec<_> = expected.map_or(Vec::new(), |groups| {
                    let names = plain.capture_names().flatten();
                    let group = |name: &str| {
                        Some((name.to_owned(), groups.name(name)?.as_bytes().to_vec()))
                    };
                    names.filter_map(group).collect()
                });
                assert_eq!(found, groups, "{expression} in {value}");
            }
        }
    }

    #[test]
    fn what_cannot_be_compiled_fits_nothing() {
        let mut nothing = |_: &str, _: &[u8]| ();
        assert!(!Expression::new("(").find(b"(", &mut nothing));
        assert!(!Expression::new(r"(?:\w{1000}){1000}").find(b"a", &mut nothing));
    }
}
