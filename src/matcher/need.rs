//! Literals besides the one that led to a record: a look at them is cheaper than an expression.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use memchr::memmem;

use super::literal::Set;
use crate::literals::{Literal, probability};
use crate::text::line_around;

/// What one way requires in which an alternative can fit, besides the set that the prefilter looks for.
#[derive(Debug)]
pub(super) struct Need {
    pub(super) alternative: u32,
    /// Sets that have a literal on the line of the key.
    near: Vec<Arc<AnyOf>>,
    /// Sets that have a literal somewhere in the record.
    others: Vec<Arc<AnyOf>>,
}

/// A set of literals, one of which has to be there.
#[derive(Debug)]
struct AnyOf {
    /// Its number among all sets.
    number: usize,
    finders: Vec<Finder>,
}

impl AnyOf {
    fn is_in(&self, text: &[u8]) -> bool {
        let mut finders = self.finders.iter();
        finders.any(|finder| finder.find(text).is_some())
    }

    /// Whether a long text has one.
    fn is_in_long(&self, text: &[u8]) -> bool {
        self.finders.iter().any(|finder| finder.is_in_long(text))
    }

    /// Where the first one stands, if all are long enough to tell what a record is about.
    fn telling_in(&self, text: &[u8]) -> Option<usize> {
        let mut finders = self.finders.iter();
        let found = finders.clone().filter_map(|finder| finder.find(text));
        finders.all(Finder::is_telling).then(|| found.min())?
    }
}

/// All sets; many patterns have the same.
#[derive(Default)]
pub(super) struct Sets(HashMap<Set, Arc<AnyOf>>);

impl Sets {
    fn share(&mut self, set: Set) -> Arc<AnyOf> {
        let number = self.0.len();
        let known = self.0.entry(set).or_insert_with_key(|set| {
            let finders = set.iter().map(Finder::new).collect();
            Arc::new(AnyOf { number, finders })
        });
        Arc::clone(known)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

/// Finds one literal in a line, by its rarest byte: lines are short, and most literals are never looked for, so that
/// searchers with tables are not worth their making.
#[derive(Debug)]
struct Finder {
    literal: Literal,
    rarest: usize,
}

impl Finder {
    fn new(literal: &Literal) -> Self {
        let bytes = &literal.bytes;
        let probability = |at: &usize| probability(&bytes[*at..=*at]);
        let rarest = (0..bytes.len()).min_by_key(probability);
        Self {
            rarest: rarest.unwrap_or(0),
            literal: literal.clone(),
        }
    }

    fn is_telling(&self) -> bool {
        const TELLING: usize = 8;
        self.literal.bytes.len() >= TELLING
    }

    /// Whether a long text has it.
    fn is_in_long(&self, text: &[u8]) -> bool {
        if self.literal.fold {
            self.find(text).is_some()
        } else {
            memmem::find(text, &self.literal.bytes).is_some()
        }
    }

    fn find(&self, text: &[u8]) -> Option<usize> {
        let literal = &self.literal;
        let bytes = &literal.bytes;
        let byte = *bytes.get(self.rarest)?;
        let start_of = |at: usize| {
            let start = at.checked_sub(self.rarest)?;
            let found = text.get(start..start + bytes.len())?;
            literal.is(found).then_some(start)
        };
        if literal.fold && byte.is_ascii_alphabetic() {
            memchr::memchr2_iter(byte, byte.to_ascii_uppercase(), text).find_map(start_of)
        } else {
            memchr::memchr_iter(byte, text).find_map(start_of)
        }
    }
}

impl Need {
    pub(super) fn new(alternative: u32, near: Vec<Set>, others: Vec<Set>, sets: &mut Sets) -> Self {
        let mut shared = |own: Vec<Set>| own.into_iter().map(|set| sets.share(set)).collect();
        Self {
            alternative,
            near: shared(near),
            others: shared(others),
        }
    }

    /// Where the decisive words of a record start: the first of all required literals that are long enough to
    /// tell, or `known`, where the literal stands that led to the record.
    pub(super) fn focus(&self, raw: &[u8], known: usize) -> usize {
        let sets = self.near.iter().chain(&self.others);
        let telling = sets.filter_map(|set| set.telling_in(raw));
        telling.chain([known]).min().unwrap_or(known)
    }

    /// Whether a text of many records has all that has to be in one of them besides.
    pub(super) fn may_be_in(&self, text: &[u8]) -> bool {
        self.others.iter().all(|set| set.is_in_long(text))
    }

    /// Whether the raw text of a record has all the other literals.
    pub(super) fn may_match(&self, raw: &[u8]) -> bool {
        let mut sets = self.near.iter().chain(&self.others);
        sets.all(|set| set.is_in(raw))
    }
}

/// Which sets the lines of a text have. Each is looked for once on a line, which may have very many literals.
pub(super) struct Lines<'t> {
    text: &'t [u8],
    line: Range<usize>,
    known: &'t mut Known,
}

/// What was found out of lines, one after the other.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// The number of the line, from one; no other line before it had the same.
    line: u32,
    /// For each set the number of the line on which it was looked for last, doubled, and one if it was there.
    sets: Vec<u32>,
}

impl Known {
    fn next_line(&mut self) {
        self.line += 1;
        if self.line > u32::MAX >> 1 {
            self.line = 1;
            self.sets.fill(0);
        }
    }

    /// Whether the line, which is `text`, has a set.
    fn has(&mut self, set: &AnyOf, text: &[u8]) -> bool {
        let known = &mut self.sets[set.number];
        if *known >> 1 != self.line {
            *known = self.line << 1 | u32::from(set.is_in(text));
        }
        *known & 1 == 1
    }
}

impl<'t> Lines<'t> {
    /// Those of a text, of which `sets` different sets may be asked.
    pub(super) fn of(text: &'t [u8], sets: usize, known: &'t mut Known) -> Self {
        known.sets.resize(sets, 0);
        Self {
            text,
            line: 0..0,
            known,
        }
    }

    /// Whether the line around byte `at`, which has the key of a need, has all that has to be on it.
    pub(super) fn may_fit(&mut self, at: usize, need: &Need) -> bool {
        if !self.line.contains(&at) {
            self.line = line_around(self.text, at);
            self.known.next_line();
        }
        let line = &self.text[self.line.clone()];
        need.near.iter().all(|set| self.known.has(set, line))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_is_looked_at_anew_and_each_set_once() {
        let mut sets = Sets::default();
        let set = |texts: &[&str]| -> Set {
            let literal = |text: &&str| Literal::exact(text.as_bytes());
            texts.iter().map(literal).collect()
        };
        let near = || vec![set(&["refused", "timed out"]), set(&["db"])];
        let first = Need::new(0, near(), Vec::new(), &mut sets);
        let second = Need::new(1, near(), vec![set(&["db"])], &mut sets);
        assert_eq!(sets.len(), 2);
        let text = b"dial db refused\ndial db\ndial db timed out\ndial timed out";
        let starts = [0, 16, 24, 42];
        let mut known = Known::default();
        for _ in 0..3 {
            let mut lines = Lines::of(text, sets.len(), &mut known);
            for (at, fits) in starts.into_iter().zip([true, false, true, false]) {
                for need in [&first, &second] {
                    assert_eq!(lines.may_fit(at, need), fits, "{at}");
                    assert_eq!(lines.may_fit(at + 5, need), fits, "{at}");
                }
            }
            // Numbers start again when there are no more.
            known.line = known.line.max((u32::MAX >> 1) - 6);
        }
    }
}
