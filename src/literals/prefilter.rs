//! Which of many literals stand where in a block of text.
//!
//! A literal of seven bytes or more puts four consecutive 4-grams of its rarest window into a table; the text
//! is probed every fourth byte, so whatever the alignment, exactly one of them falls on a probe. A probe is a
//! multiplication and a look into a table. What passes is collected without a branch, tested with the bytes around it
//! by a small Bloom filter, and only then compared: the window as one number, then the literal itself.
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
/// Bytes on one side of a gram that are known at least, wherever it stands in its window.
const BESIDE: usize = 2;

/// Finds literals in text.
#[derive(Debug)]
pub(crate) struct Prefilter {
    literals: Vec<Literal>,
    /// One for each hash that a gram has, else zero.
    table: Box<[u8; 1 << ENTRIES]>,
    /// The grams with what stands beside them, in lower case.
    around: Table,
    /// Bits of the number of a bucket.
    bucket_bits: u32,
    /// Where the grams of each bucket start in `values` and `grams`.
    buckets: Vec<u32>,
    /// The grams, apart from what belongs to them, so that they take few lines of the cache.
    values: Vec<u32>,
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
    /// The window that the gram is of.
    window: Window,
    /// Where the gram stands in the window.
    shift: u8,
    /// Where the window stands in the literal.
    start: u8,
}

/// Seven bytes as a number.
#[derive(Clone, Copy, Debug)]
struct Window {
    /// The bytes; letters that may be in either case are lower-case.
    bytes: u64,
    /// The bits that make upper-case letters lower-case, of letters that may be in either case.
    fold: u64,
}

impl Window {
    /// That of a literal that starts at byte `start`.
    fn of(literal: &Literal, start: usize) -> Self {
        let (bytes, fold) = number(&literal.bytes[start..start + WINDOW], literal.fold);
        Self { bytes, fold }
    }

    /// Where the gram at `shift` stands in the table of those with what is beside them.
    fn around(self, shift: usize) -> Slot {
        if shift + GRAM + BESIDE <= WINDOW {
            with_next(self.bytes >> (8 * shift))
        } else {
            with_previous(self.bytes >> (8 * (shift - BESIDE)))
        }
    }

    /// Whether `text` starts with it.
    fn starts(self, text: &[u8]) -> bool {
        const MASK: u64 = u64::MAX >> (8 * (8 - WINDOW));
        let bytes = text.first_chunk().copied().unwrap_or_else(|| {
            let mut bytes = [0; 8];
            bytes[..text.len()].copy_from_slice(text);
            bytes
        });
        u64::from_le_bytes(bytes) & MASK | self.fold == self.bytes
    }
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
        let mut grams: Vec<Gram> = long
            .filter(|(_, literal)| literal.bytes.len() >= WINDOW)
            .flat_map_iter(|(index, literal)| grams_of(literal, index))
            .collect();
        let bucket_bits = grams.len().next_power_of_two().ilog2().clamp(4, 20);
        grams.sort_by_cached_key(|gram| bucket(gram.value, bucket_bits));
        let (mut table, mut around) = (zeros(), Table::new());
        let mut buckets = vec![0; (1 << bucket_bits) + 1];
        for gram in &grams {
            table[entry(gram.value)] = 1;
            around.add(gram.window.around(gram.shift.into()));
            buckets[bucket(gram.value, bucket_bits) + 1] += 1;
        }
        for at in 1..buckets.len() {
            buckets[at] += buckets[at - 1];
        }
        let (short, short_literals) = needles(short);
        Self {
            literals,
            table,
            around,
            bucket_bits,
            buckets,
            values: grams.iter().map(|gram| gram.value).collect(),
            grams,
            short,
            short_literals,
        }
    }

    /// All hits as `(offset, literal)`, by offset. A literal that overlaps itself may be missed at the overlap.
    pub(crate) fn find(&self, text: &[u8], hits: &mut Vec<(usize, u32)>) {
        hits.clear();
        self.find_in(text, 0..text.len(), hits);
        hits.sort_unstable();
        hits.dedup();
    }

    /// Adds the hits of a part of the text, in no order. It starts at a multiple of [`PART`]; the parts of a text have
    /// all hits of it together.
    pub(crate) fn find_in(&self, text: &[u8], part: Range<usize>, hits: &mut Vec<(usize, u32)>) {
        if !self.grams.is_empty() {
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
                let at = start + *at as usize * STRIDE;
                if self.is_likely(text, at) {
                    self.confirm(text, at, hits);
                }
            }
        }
    }

    /// One if a gram may be one of a literal, else zero.
    fn passes(&self, gram: [u8; GRAM]) -> usize {
        self.table[entry(u32::from_le_bytes(gram))].into()
    }

    /// Whether a gram stands beside what is beside it in a literal.
    fn is_likely(&self, text: &[u8], at: usize) -> bool {
        let around = at
            .checked_sub(BESIDE)
            .and_then(|start| text.get(start..)?.first_chunk());
        let Some(around) = around else { return true };
        let around = u64::from_le_bytes(*around);
        self.around.has(with_next(around >> (8 * BESIDE))) || self.around.has(with_previous(around))
    }

    #[cold]
    fn confirm(&self, text: &[u8], at: usize, hits: &mut Vec<(usize, u32)>) {
        let Some(gram) = text[at..].first_chunk() else {
            return;
        };
        let value = u32::from_le_bytes(*gram);
        let bucket = bucket(value, self.bucket_bits);
        let range = self.buckets[bucket] as usize..self.buckets[bucket + 1] as usize;
        let values = self.values[range.clone()].iter();
        for (_, at_gram) in values.zip(range).filter(|(known, _)| **known == value) {
            let gram = &self.grams[at_gram];
            let Some(window) = at.checked_sub(gram.shift.into()) else {
                continue;
            };
            if !gram.window.starts(&text[window..]) {
                continue;
            }
            let literal = &self.literals[gram.literal as usize];
            let Some(start) = window.checked_sub(gram.start.into()) else {
                continue;
            };
            let Some(found) = text.get(start..start + literal.bytes.len()) else {
                continue;
            };
            if literal.is(found) {
                hits.push((start, gram.literal));
            }
        }
    }
}

fn grams_of(literal: &Literal, index: usize) -> Vec<Gram> {
    let spellings = |gram: &[u8]| {
        spellings(gram, literal.fold).map(|text| {
            let [a, b, c, d, ..] = text.to_le_bytes();
            [a, b, c, d]
        })
    };
    // How often probes come upon each gram, in any of its spellings.
    let found = |gram: &[u8]| -> u64 {
        let all = spellings(gram);
        all.map(|gram| frequency::of_gram(gram) >> 8).sum()
    };
    let found: Vec<u64> = literal.bytes.windows(GRAM).map(found).collect();
    let windows = found.windows(STRIDE).take(usize::from(u8::MAX)).enumerate();
    let rarest = windows.min_by_key(|(_, grams)| grams.iter().sum::<u64>());
    let Some((start, _)) = rarest else {
        return Vec::new();
    };
    let window = Window::of(literal, start);
    let at_shift = |shift: usize| {
        let at = start + shift;
        spellings(&literal.bytes[at..at + GRAM]).map(move |gram| Gram {
            value: u32::from_le_bytes(gram),
            literal: u32::try_from(index).unwrap_or(u32::MAX),
            window,
            shift: u8::try_from(shift).unwrap_or(u8::MAX),
            start: u8::try_from(start).unwrap_or(u8::MAX),
        })
    };
    (0..STRIDE).flat_map(at_shift).collect()
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

/// A Bloom filter of two bits for each member, both in one word.
#[derive(Debug)]
struct Table(Box<[u64; 1 << WORDS]>);

impl Table {
    fn new() -> Self {
        Self(zeros())
    }

    fn add(&mut self, slot: Slot) {
        self.0[slot.word] |= 1 << slot.bits[0] | 1 << slot.bits[1];
    }

    fn has(&self, slot: Slot) -> bool {
        let word = self.0[slot.word];
        word >> slot.bits[0] & word >> slot.bits[1] & 1 == 1
    }
}

/// Where a member stands in a table.
#[derive(Clone, Copy)]
struct Slot {
    word: usize,
    bits: [u32; 2],
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

fn entry(value: u32) -> usize {
    (value.wrapping_mul(0x9E37_79B1) >> (32 - ENTRIES)) as usize
}

/// Where a gram and the bytes behind it, the lowest of the number, stand in the table of those with what is beside them.
fn with_next(bytes: u64) -> Slot {
    beside(bytes, 0x9E37_79B9_7F4A_7C15)
}

/// The same for a gram and the bytes in front of it.
fn with_previous(bytes: u64) -> Slot {
    beside(bytes, 0xC2B2_AE3D_27D4_EB4F)
}

fn beside(bytes: u64, multiplier: u64) -> Slot {
    const UNUSED: usize = 8 * (size_of::<u64>() - GRAM - BESIDE);
    // Lower case, and other bytes that differ in this bit, are taken as one.
    let hash = ((bytes | 0x2020_2020_2020_2020) << UNUSED).wrapping_mul(multiplier);
    Slot {
        word: (hash >> (64 - WORDS)) as usize,
        bits: [(hash >> 46) as u32 & 63, (hash >> 40) as u32 & 63],
    }
}

fn bucket(value: u32, bits: u32) -> usize {
    (value.wrapping_mul(0x85EB_CA6B) >> (32 - bits)) as usize
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
