//! Several short literals at once: Teddy where the machine has it, else an automaton.

use aho_corasick::{AhoCorasick, Input, MatchKind, Span, packed};

/// A searcher for a few short literals, case-sensitive.
#[derive(Debug)]
pub(super) enum Needles {
    None,
    Packed(packed::Searcher),
    Automaton(AhoCorasick),
}

impl Needles {
    /// A searcher whose matches carry the index of the literal.
    pub(super) fn new<L: AsRef<[u8]>>(literals: &[L]) -> Self {
        if literals.is_empty() {
            return Self::None;
        }
        match packed::Searcher::new(literals.iter()) {
            Some(searcher) => Self::Packed(searcher),
            None => AhoCorasick::builder()
                .match_kind(MatchKind::LeftmostFirst)
                .build(literals)
                .map_or(Self::None, Self::Automaton),
        }
    }

    /// Calls `found` with the offset and the literal of every match, overlapping ones included. Where two
    /// literals start at the same byte, only one of them is reported.
    pub(super) fn find(&self, text: &[u8], mut found: impl FnMut(usize, usize)) {
        let mut from = 0;
        while let Some((start, literal)) = self.first(text, from) {
            found(start, literal);
            from = start + 1;
        }
    }

    /// The leftmost match that starts at `from` or later.
    fn first(&self, text: &[u8], from: usize) -> Option<(usize, usize)> {
        let rest = Span::from(from..text.len());
        let hit = match self {
            Self::None => None,
            Self::Packed(searcher) => searcher.find_in(text, rest),
            Self::Automaton(automaton) => automaton.find(Input::new(text).span(rest)),
        };
        hit.map(|hit| (hit.start(), hit.pattern().as_usize()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlapping_literals_are_all_found() {
        let needles = Needles::new(&["abcd", "cdef", "zz"]);
        let mut found = Vec::new();
        needles.find(b"abcdef zzz", |at, literal| found.push((at, literal)));
        assert_eq!(found, [(0, 0), (2, 1), (7, 2), (8, 2)]);
        Needles::new(&[] as &[&str]).find(b"abc", |_, _| panic!("nothing to find"));
    }
}
