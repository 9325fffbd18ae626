//! Several short literals at once: Teddy where the machine has it, else an automaton.

use std::ops::Range;

use aho_corasick::{AhoCorasick, Input, MatchKind, Span, packed};

/// A searcher for a few short literals, case-sensitive.
#[derive(Debug)]
pub(crate) struct Needles {
    searcher: Searcher,
    /// The length of the longest literal.
    longest: usize,
}

#[derive(Debug)]
enum Searcher {
    None,
    Packed(packed::Searcher),
    Automaton(AhoCorasick),
}

impl Needles {
    /// A searcher whose matches carry the index of the literal.
    pub(crate) fn new<L: AsRef<[u8]>>(literals: &[L]) -> Self {
        let longest = literals.iter().map(|literal| literal.as_ref().len()).max();
        Self {
            searcher: Searcher::new(literals),
            longest: longest.unwrap_or(0),
        }
    }

    /// Calls `found` with the offset and the literal of every match that starts in `range`, overlapping ones included. Where
    /// two literals start at the same byte, only one of them is reported.
    pub(crate) fn find(
        &self,
        text: &[u8],
        range: Range<usize>,
        mut found: impl FnMut(usize, usize),
    ) {
        let end = (range.end + self.longest.saturating_sub(1)).min(text.len());
        let mut from = range.start;
        while let Some((start, literal)) = self.first(text, from..end) {
            if start >= range.end {
                break;
            }
            found(start, literal);
            from = start + 1;
        }
    }

    /// The leftmost match in a part of the text.
    fn first(&self, text: &[u8], part: Range<usize>) -> Option<(usize, usize)> {
        let rest = Span::from(part);
        let hit = match &self.searcher {
            Searcher::None => None,
            Searcher::Packed(searcher) => searcher.find_in(text, rest),
            Searcher::Automaton(automaton) => automaton.find(Input::new(text).span(rest)),
        };
        hit.map(|hit| (hit.start(), hit.pattern().as_usize()))
    }
}

impl Searcher {
    fn new<L: AsRef<[u8]>>(literals: &[L]) -> Self {
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlapping_literals_are_all_found() {
        let needles = Needles::new(&["abcd", "cdef", "zz"]);
        let text = b"abcdef zzz";
        // Wherever the text is divided.
        for middle in 0..=text.len() {
            let mut found = Vec::new();
            for range in [0..middle, middle..text.len()] {
                needles.find(text, range, |at, literal| found.push((at, literal)));
            }
            assert_eq!(found, [(0, 0), (2, 1), (7, 2), (8, 2)], "{middle}");
        }
        Needles::new(&[] as &[&str]).find(b"abc", 0..3, |_, _| panic!("nothing to find"));
    }
}
