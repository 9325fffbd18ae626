//! Which of many literals stand where in a block of text.
//!
//! A literal of seven bytes or more puts four consecutive 4-grams of its rarest window into a table; the text
//! is probed every fourth byte, so whatever the alignment, exactly one of them falls on a probe. A probe is a
//! multiplication and a look into a table, which tells where in windows the gram stands. What passes is collected without a
//! branch; then a small Bloom filter tells whether the bytes around it are a window, and only then literals are compared.
//! Shorter literals go to Teddy.

use std::iter;
use std::ops::Range;

use rayon::prelude::*;

use super::needles::Needles;
use super::{Literal, frequency};

/// Bytes between two probes, and grams per literal.
const STRIDE: usize = 4;
const GRAM: usize = 4;
/// The shortest literal that has a gram at every alignment.
const WINDOW: usize = STRIDE + GRAM - 1;
/// Entries of the first table, as a power of two: bytes rather than bits, since a shift costs more than a farther cache.
const ENTRIES: u32 = 18;
/// Words of the second table, as a power of two.
const WORDS: u32 = 12;
/// Probes whose outcome is collected before any is looked at.
const PROBES: usize = 1024;
/// What the start of a part of a text is a multiple of.
pub(crate) const PART: usize = PROBES * STRIDE;

/// Finds literals in text.
#[derive(Debug)]
pub(crate) struct Prefilter {
    literals: Vec<Literal>,
    /// For each hash that grams have, a bit for each place in a window at which one of them stands.
    table: Box<[u8; 1 << ENTRIES]>,
    /// The windows, in lower case.
    filter: Filter,
    /// Bits of the number of a bucket.
    bucket_bits: u32,
    /// Where the windows of each bucket start in `windows`.
    buckets: Vec<u32>,
    windows: Vec<Window>,
    short: Needles,
    /// For each needle of `short` the literals that it stands for.
    short_literals: Vec<Vec<u32>>,
}

/// The rarest seven bytes of a literal.
#[derive(Clone, Copy, Debug)]
struct Window {
    /// The bytes; letters that may be in either case are lower-case.
    bytes: u64,
    /// The bits that make upper-case letters lower-case, of letters that may be in either case.
    fold: u64,
    /// Where it stands in the literal.
    start: u8,
    literal: u32,
}

impl Window {
    /// That of a literal that has one.
    fn of(literal: &Literal, index: usize) -> Option<Self> {
        // How often probes come upon each gram, in any of its spellings.
        let found = |gram: &[u8]| -> u64 {
            let all = grams(gram, literal.fold);
            all.map(|gram| frequency::of_gram(gram) >> 8).sum()
        };
        let found: Vec<u64> = literal.bytes.windows(GRAM).map(found).collect();
        let all = found.as_slice().array_windows().take(usize::from(u8::MAX));
        let (start, _) = all.enumerate().min_by_key(|(_, grams)| cost(grams))?;
        let (bytes, fold) = number(&literal.bytes[start..start + WINDOW], literal.fold);
        Some(Self {
            bytes,
            fold,
            start: u8::try_from(start).unwrap_or(u8::MAX),
            literal: u32::try_from(index).unwrap_or(u32::MAX),
        })
    }
}

/// What a window costs whose grams are found so often.
fn cost(grams: &[u64; STRIDE]) -> u64 {
    /// Comparing literals takes so many times a look at what is around a gram.
    const CONFIRM: u64 = 8;
    // A window is found no more often than the rarest of its grams.
    let found = grams.iter().min().unwrap_or(&0);
    grams.iter().sum::<u64>() + CONFIRM * found * STRIDE as u64
}

impl Prefilter {
    /// A prefilter whose hits carry the index into `literals`.
    pub(crate) fn new(literals: Vec<Literal>) -> Self {
        let mut short: Vec<(Vec<u8>, u32)> = Vec::new();
        for (index, literal) in (0..).zip(&literals) {
            let Literal { bytes, fold } = literal;
            if bytes.len() < WINDOW {
                let texts = spellings(bytes, *fold).map(u64::to_le_bytes);
                short.extend(texts.map(|text| (text[..bytes.len()].to_vec(), index)));
            }
        }
        let long = literals.par_iter().enumerate();
        let mut windows: Vec<Window> = long
            .filter_map(|(index, literal)| Window::of(literal, index))
            .collect();
        let bucket_bits = windows.len().next_power_of_two().ilog2().clamp(4, 20);
        windows.sort_by_cached_key(|window| bucket(window.bytes, bucket_bits));
        let (mut table, mut filter) = (zeros(), Filter::new());
        let mut buckets = vec![0; (1 << bucket_bits) + 1];
        for window in &windows {
            let Literal { bytes, fold } = &literals[window.literal as usize];
            let bytes = &bytes[window.start.into()..];
            for (shift, gram) in bytes.windows(GRAM).take(STRIDE).enumerate() {
                grams(gram, *fold).for_each(|gram| table[entry(gram)] |= 1 << shift);
            }
            filter.add(window.bytes);
            buckets[bucket(window.bytes, bucket_bits) + 1] += 1;
        }
        for at in 1..buckets.len() {
            buckets[at] += buckets[at - 1];
        }
        let (short, short_literals) = needles(short);
        Self {
            literals,
            table,
            filter,
            bucket_bits,
            buckets,
            windows,
            short,
            short_literals,
        }
    }

    /// All hits as `(offset, literal)`, by offset.
    pub(crate) fn find(&self, text: &[u8], hits: &mut Vec<(usize, u32)>) {
        hits.clear();
        self.find_in(text, 0..text.len(), hits);
        hits.sort_unstable();
        hits.dedup();
    }

    /// Adds the hits of a part of the text, in no order. It starts at a multiple of [`PART`]; the parts of a text have
    /// all hits of it together.
    pub(crate) fn find_in(&self, text: &[u8], part: Range<usize>, hits: &mut Vec<(usize, u32)>) {
        if !self.windows.is_empty() {
            self.probe(text, part.clone(), hits);
        }
        self.short.find(text, part, |at, needle| {
            let literals = self.short_literals[needle].iter();
            hits.extend(literals.map(|literal| (at, *literal)));
        });
    }

    fn probe(&self, text: &[u8], part: Range<usize>, hits: &mut Vec<(usize, u32)>) {
        let mut passed = [0; PROBES];
        let starts = part.clone().step_by(PART);
        for (start, piece) in starts.zip(text[part].chunks(PART)) {
            let (grams, _) = piece.as_chunks();
            let mut count = 0;
            for (at, gram) in (0u32..).zip(grams) {
                passed[count % PROBES] = at;
                count += self.passes(*gram);
            }
            for at in &passed[..count] {
                self.look_around(text, start + *at as usize * STRIDE, hits);
            }
        }
    }

    /// One if a gram may be one of a window, else zero.
    fn passes(&self, gram: [u8; GRAM]) -> usize {
        (self.table[entry(gram)] != 0).into()
    }

    /// Looks for windows around the gram at byte `at`.
    fn look_around(&self, text: &[u8], at: usize, hits: &mut Vec<(usize, u32)>) {
        const MASK: u64 = u64::MAX >> (8 * (8 - WINDOW));
        let Some(gram) = text[at..].first_chunk() else {
            return;
        };
        let mut shifts = self.table[entry(*gram)];
        while shifts != 0 {
            let shift = shifts.trailing_zeros() as usize;
            shifts &= shifts - 1;
            let Some(start) = at.checked_sub(shift) else {
                continue;
            };
            let rest = &text[start..];
            let bytes = match rest.first_chunk() {
                Some(bytes) => u64::from_le_bytes(*bytes),
                None => number(rest, false).0,
            };
            let bytes = bytes & MASK;
            if self.filter.has(bytes) {
                self.confirm(text, start, bytes, hits);
            }
        }
    }

    /// Compares the literals whose window may stand at byte `at`.
    #[cold]
    fn confirm(&self, text: &[u8], at: usize, bytes: u64, hits: &mut Vec<(usize, u32)>) {
        let bucket = bucket(bytes, self.bucket_bits);
        let range = self.buckets[bucket] as usize..self.buckets[bucket + 1] as usize;
        for window in &self.windows[range] {
            if bytes | window.fold != window.bytes {
                continue;
            }
            let literal = &self.literals[window.literal as usize];
            let Some(start) = at.checked_sub(window.start.into()) else {
                continue;
            };
            let Some(found) = text.get(start..start + literal.bytes.len()) else {
                continue;
            };
            if literal.is(found) {
                hits.push((start, window.literal));
            }
        }
    }
}

/// All spellings of a gram.
fn grams(gram: &[u8], fold: bool) -> impl Iterator<Item = [u8; GRAM]> {
    spellings(gram, fold).map(|text| {
        let [a, b, c, d, ..] = text.to_le_bytes();
        [a, b, c, d]
    })
}

/// Up to eight bytes as a number, and the bits that make upper-case letters lower-case, of letters that may be in either
/// case.
fn number(text: &[u8], fold: bool) -> (u64, u64) {
    let (mut bytes, mut bits) = ([0; 8], [0; 8]);
    for (at, byte) in text.iter().enumerate() {
        bytes[at] = *byte;
        bits[at] = 0x20 * u8::from(fold && byte.is_ascii_alphabetic());
    }
    (u64::from_le_bytes(bytes), u64::from_le_bytes(bits))
}

/// All spellings of up to eight bytes as numbers: one, or one for each choice of case.
fn spellings(text: &[u8], fold: bool) -> impl Iterator<Item = u64> + use<> {
    let (bytes, letters) = number(text, fold);
    // Each subset of the bits follows from the one before.
    let next = move |upper: &u64| upper.wrapping_sub(letters) & letters;
    let upper = iter::successors(Some(0), move |upper| {
        Some(next(upper)).filter(|bits| *bits != 0)
    });
    upper.map(move |upper| bytes ^ upper)
}

/// Only the shortest of nested needles is searched, since only one match is reported at a byte; it stands for
/// all literals that start with it.
fn needles(mut short: Vec<(Vec<u8>, u32)>) -> (Needles, Vec<Vec<u32>>) {
    short.sort();
    let mut texts: Vec<Vec<u8>> = Vec::new();
    let mut literals: Vec<Vec<u32>> = Vec::new();
    for (text, literal) in short {
        match texts.last() {
            Some(last) if text.starts_with(last) => literals
                .last_mut()
                .expect("one for each text")
                .push(literal),
            _ => {
                texts.push(text);
                literals.push(vec![literal]);
            }
        }
    }
    (Needles::new(&texts), literals)
}

/// A Bloom filter of two bits for each window, both in one word.
#[derive(Debug)]
struct Filter(Box<[u64; 1 << WORDS]>);

impl Filter {
    fn new() -> Self {
        Self(zeros())
    }

    fn add(&mut self, window: u64) {
        let (word, bits) = Self::slot(window);
        self.0[word] |= bits;
    }

    fn has(&self, window: u64) -> bool {
        let (word, bits) = Self::slot(window);
        self.0[word] & bits == bits
    }

    /// The word that a window belongs to, and its bits there.
    fn slot(window: u64) -> (usize, u64) {
        let hash = hash(window);
        let word = (hash >> (64 - WORDS)) as usize;
        (word, 1 << (hash >> 46 & 63) | 1 << (hash >> 40 & 63))
    }
}

/// A table of zeros, made where it stays.
#[expect(
    clippy::unnecessary_box_returns,
    reason = "it is too large for the stack"
)]
fn zeros<T: Clone + Default, const N: usize>() -> Box<[T; N]> {
    let zeros = vec![T::default(); N].into_boxed_slice();
    zeros.try_into().ok().expect("it has as many")
}

fn entry(gram: [u8; GRAM]) -> usize {
    (u32::from_le_bytes(gram).wrapping_mul(0x9E37_79B1) >> (32 - ENTRIES)) as usize
}

/// The highest bits are the best. Lower case, and other bytes that differ in this bit, are taken as one.
fn hash(window: u64) -> u64 {
    const UNUSED: usize = 8 * (size_of::<u64>() - WINDOW);
    ((window | 0x2020_2020_2020_2020) << UNUSED).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

fn bucket(window: u64, bits: u32) -> usize {
    usize::try_from(hash(window) >> (64 - bits)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn literal(text: &str) -> Literal {
        match text.strip_suffix("/i") {
            Some(text) => Literal {
                bytes: text.to_ascii_lowercase().into_bytes(),
                fold: true,
            },
            None => Literal {
                bytes: text.as_bytes().to_vec(),
                fold: false,
            },
        }
    }

    /// The lines of hits equal those of a plain search, at every alignment.
    #[test]
    fn every_literal_is_found_at_every_alignment() {
        let texts = [
            "connection refused",
            "refused",
            "i/o timeout",
            "no route to host/i",
            "503",
            "50",
            "x509: /i",
            "abcdefg",
        ];
        let prefilter = Prefilter::new(texts.iter().map(|text| literal(text)).collect());
        let mut hits = Vec::new();
        for padding in 0..9 {
            for (index, text) in texts.iter().enumerate() {
                for spelled in [
                    text.trim_end_matches("/i").to_owned(),
                    text.trim_end_matches("/i").to_ascii_uppercase(),
                ] {
                    let line = format!("{}{spelled} tail", "-".repeat(padding));
                    prefilter.find(line.as_bytes(), &mut hits);
                    let found = hits
                        .iter()
                        .any(|(at, literal)| (*at, *literal as usize) == (padding, index));
                    let expected = text.ends_with("/i")
                        || !spelled.bytes().any(|b| b.is_ascii_uppercase())
                        || spelled == **text;
                    assert_eq!(found, expected, "{text} in {line}");
                }
            }
        }
    }

    /// All of them, at the ends of a text, on both sides of where it is divided, and where they overlap.
    #[test]
    fn literals_are_found_at_every_end() {
        let texts = [
            "abababa",
            "connection refused",
            "no route",
            "refused/i",
            "503",
        ];
        let prefilter = Prefilter::new(texts.map(literal).into());
        for (index, text) in (0..).zip(texts) {
            let text = text.trim_end_matches("/i");
            for padding in [0..9, PART - 30..PART + 9].into_iter().flatten() {
                for (before, tail) in [("-", ""), ("-", "b"), ("ab", "-"), ("\n", "ba")] {
                    let mut bytes = before.repeat(padding).into_bytes();
                    bytes.truncate(padding);
                    bytes.extend([text, tail].concat().bytes());
                    let mut hits = Vec::new();
                    for start in (0..bytes.len()).step_by(PART) {
                        let part = start..(start + PART).min(bytes.len());
                        prefilter.find_in(&bytes, part, &mut hits);
                    }
                    hits.sort_unstable();
                    hits.retain(|(_, literal)| *literal == index);
                    let places = bytes.windows(text.len()).enumerate();
                    let expected: Vec<_> = places
                        .filter(|(_, window)| *window == text.as_bytes())
                        .map(|(at, _)| (at, index))
                        .collect();
                    assert_eq!(hits, expected, "{text} behind {padding} of {before:?}");
                    assert!(expected.contains(&(padding, index)));
                }
            }
        }
    }

    #[test]
    fn nothing_is_found_in_nothing() {
        let prefilter = Prefilter::new(vec![literal("connection refused")]);
        let mut hits = vec![(1, 1)];
        prefilter.find(b"", &mut hits);
        assert_eq!(hits, []);
        prefilter.find(b"onnection refused", &mut hits);
        assert_eq!(hits, []);
        Prefilter::new(Vec::new()).find(b"connection refused", &mut hits);
        assert_eq!(hits, []);
    }
}
