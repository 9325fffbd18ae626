//! Which of many literals stand where in a block of text.
//!
//! A literal of seven bytes or more puts four consecutive 4-grams of its rarest window into a table; the text
//! is probed every fourth byte, so whatever the alignment, exactly one of them falls on a probe. A probe is a
//! multiplication and a bit test; only then the literal itself is compared. Shorter literals go to Teddy.

use super::literal::{Literal, rarity};
use super::needles::Needles;

/// Bytes between two probes, and grams per literal.
const STRIDE: usize = 4;
const GRAM: usize = 4;
/// The shortest literal that has a gram at every alignment.
const WINDOW: usize = STRIDE + GRAM - 1;
/// Bits of the first table; 2^18 bits are 32 KiB, which stay in the first-level cache.
const TABLE_BITS: u32 = 18;
/// Buckets of the second table.
const BUCKET_BITS: u32 = 12;

/// Finds literals in text.
#[derive(Debug)]
pub(super) struct Prefilter {
    literals: Vec<Literal>,
    table: Vec<u64>,
    /// Where the grams of each bucket start in `grams`.
    buckets: Vec<u32>,
    grams: Vec<Gram>,
    short: Needles,
    /// For each needle of `short` the literals that it stands for.
    short_literals: Vec<Vec<u32>>,
}

/// One 4-gram of one literal.
#[derive(Clone, Copy, Debug)]
struct Gram {
    value: u32,
    literal: u32,
    /// Where the gram stands in the literal.
    offset: u32,
}

impl Prefilter {
    /// A prefilter whose hits carry the index into `literals`.
    pub(super) fn new(literals: Vec<Literal>) -> Self {
        let mut grams = Vec::new();
        let mut short: Vec<(Vec<u8>, u32)> = Vec::new();
        for (index, literal) in (0..).zip(&literals) {
            if literal.bytes.len() >= WINDOW {
                grams_of(literal, index, &mut grams);
            } else {
                short.extend(
                    spellings(&literal.bytes, literal.fold).map(|spelling| (spelling, index)),
                );
            }
        }
        grams.sort_by_key(|gram| (bucket(gram.value), gram.value, gram.literal, gram.offset));
        let mut table = vec![0; 1 << (TABLE_BITS - 6)];
        let mut buckets = vec![0; (1 << BUCKET_BITS) + 1];
        for gram in &grams {
            let bit = slot(gram.value);
            table[bit >> 6] |= 1 << (bit & 63);
            buckets[bucket(gram.value) + 1] += 1;
        }
        for at in 1..buckets.len() {
            buckets[at] += buckets[at - 1];
        }
        let (short, short_literals) = needles(short);
        Self {
            literals,
            table,
            buckets,
            grams,
            short,
            short_literals,
        }
    }

    /// All hits as `(offset, literal)`, by offset. A literal that overlaps itself may be missed at the overlap.
    pub(super) fn find(&self, text: &[u8], hits: &mut Vec<(usize, u32)>) {
        hits.clear();
        if !self.grams.is_empty() {
            self.probe(text, hits);
        }
        self.short.find(text, |at, needle| {
            hits.extend(
                self.short_literals[needle]
                    .iter()
                    .map(|literal| (at, *literal)),
            );
        });
        hits.sort_unstable();
        hits.dedup();
    }

    fn probe(&self, text: &[u8], hits: &mut Vec<(usize, u32)>) {
        let (chunks, _) = text.as_chunks::<STRIDE>();
        for (index, chunk) in chunks.iter().enumerate() {
            let value = u32::from_le_bytes(*chunk);
            let bit = slot(value);
            if self.table[bit >> 6] >> (bit & 63) & 1 != 0 {
                self.confirm(text, index * STRIDE, value, hits);
            }
        }
    }

    #[cold]
    fn confirm(&self, text: &[u8], at: usize, value: u32, hits: &mut Vec<(usize, u32)>) {
        let bucket = bucket(value);
        let range = self.buckets[bucket] as usize..self.buckets[bucket + 1] as usize;
        for gram in self.grams[range].iter().filter(|gram| gram.value == value) {
            let literal = &self.literals[gram.literal as usize];
            let Some(start) = at.checked_sub(gram.offset as usize) else {
                continue;
            };
            let Some(found) = text.get(start..start + literal.bytes.len()) else {
                continue;
            };
            let equal = if literal.fold {
                found.eq_ignore_ascii_case(&literal.bytes)
            } else {
                found == literal.bytes
            };
            if equal {
                hits.push((start, gram.literal));
            }
        }
    }
}

fn grams_of(literal: &Literal, index: u32, grams: &mut Vec<Gram>) {
    let windows = literal.bytes.windows(WINDOW).enumerate();
    // Folding multiplies the grams; a window with fewer letters has fewer spellings.
    let letters = |window: &[u8]| {
        window
            .iter()
            .filter(|b| literal.fold && b.is_ascii_alphabetic())
            .count()
    };
    let best = windows
        .max_by_key(|(at, window)| (WINDOW - letters(window), rarity(window), usize::MAX - at));
    let Some((start, window)) = best else { return };
    for shift in 0..STRIDE {
        for spelling in spellings(&window[shift..shift + GRAM], literal.fold) {
            let Ok(bytes) = <[u8; GRAM]>::try_from(&spelling[..]) else {
                continue;
            };
            let offset = u32::try_from(start + shift).unwrap_or(u32::MAX);
            grams.push(Gram {
                value: u32::from_le_bytes(bytes),
                literal: index,
                offset,
            });
        }
    }
}

/// All spellings of `bytes`: one, or one for each choice of case.
fn spellings(bytes: &[u8], fold: bool) -> impl Iterator<Item = Vec<u8>> + '_ {
    let letters: Vec<usize> = (0..bytes.len())
        .filter(|at| fold && bytes[*at].is_ascii_alphabetic())
        .collect();
    (0..1u32 << letters.len()).map(move |choice| {
        let mut spelling = bytes.to_vec();
        for (bit, at) in letters.iter().enumerate() {
            if choice >> bit & 1 == 1 {
                spelling[*at] = spelling[*at].to_ascii_uppercase();
            }
        }
        spelling
    })
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

fn slot(value: u32) -> usize {
    (value.wrapping_mul(0x9E37_79B1) >> (32 - TABLE_BITS)) as usize
}

fn bucket(value: u32) -> usize {
    (value.wrapping_mul(0x85EB_CA6B) >> (32 - BUCKET_BITS)) as usize
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
