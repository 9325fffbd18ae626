//! Several short literals at once: Teddy where the machine has it, else an automaton.

use aho_corasick::{AhoCorasick, packed};

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
            None => AhoCorasick::new(literals).map_or(Self::None, Self::Automaton),
        }
    }

    /// Calls `found` with the offset and the literal of every leftmost match. Where two literals start at the
    /// same byte, only the first of them is reported.
    pub(super) fn find(&self, text: &[u8], mut found: impl FnMut(usize, usize)) {
        match self {
            Self::None => {}
            Self::Packed(searcher) => searcher
                .find_iter(text)
                .for_each(|hit| found(hit.start(), hit.pattern().as_usize())),
            Self::Automaton(automaton) => automaton
                .find_iter(text)
                .for_each(|hit| found(hit.start(), hit.pattern().as_usize())),
        }
    }
}
