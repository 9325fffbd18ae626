//! How common texts are in logs.

use std::sync::LazyLock;

/// A line for what a text starts with, then one for each byte that another may follow; in it a letter for each byte:
/// how rare that is, from `a`, always, to `z`, in half bits. Counted over 27 MB of logs of some hundred programs.
const PAIRS: &str = include_str!("pairs.txt");

/// The bytes that are told apart: printable ASCII, and the last for all others.
const CLASSES: usize = 96;

/// Texts of four bytes that are common in the same logs: how rare they are, in bits, and those up to the bar.
const GRAMS: &str = include_str!("grams.txt");

/// The bits of the rarest texts that are listed; whatever else there is is rarer.
const LISTED: u8 = 14;

/// The common texts of four bytes as numbers, sorted, and how rare they are in bits.
static COMMON: LazyLock<Vec<(u32, u8)>> = LazyLock::new(|| {
    let line = |line: &'static str| {
        let bits = line[..2].parse().unwrap_or(LISTED);
        let (grams, _) = line.as_bytes()[3..].as_chunks::<4>();
        grams
            .iter()
            .map(move |gram| (u32::from_be_bytes(*gram), bits))
    };
    let mut grams: Vec<_> = GRAMS.lines().flat_map(line).collect();
    grams.sort_unstable();
    grams
});

/// The probability that a text stands at some place of a log, of 2^62, as far as each two of its bytes tell.
pub(crate) fn probability(text: &[u8]) -> u64 {
    let table = PAIRS.as_bytes();
    let mut row = 0;
    let mut half_bits = 0;
    for byte in text {
        let class = match byte {
            b' '..=b'~' => usize::from(byte - b' '),
            _ => CLASSES - 1,
        };
        half_bits += u32::from(table[row * (CLASSES + 1) + class] - b'a');
        row = class + 1;
    }
    1 << (62 - (half_bits / 2).min(62))
}

/// The same, as far as the rarest four bytes of the text tell as well: pairs make long words rarer than they are.
pub(crate) fn of_text(text: &[u8]) -> u64 {
    let pairs = probability(text);
    match text.array_windows().map(|gram| of_gram(*gram)).min() {
        Some(rarest) => 1 << u32::midpoint(pairs.ilog2(), rarest.ilog2()),
        None => pairs,
    }
}

/// The same for four bytes, of which the common ones were counted.
pub(crate) fn of_gram(gram: [u8; 4]) -> u64 {
    let number = u32::from_be_bytes(gram);
    match COMMON.binary_search_by_key(&number, |(gram, _)| *gram) {
        Ok(at) => (1 << 62) >> COMMON[at].1,
        Err(_) => probability(&gram).min((1 << 62) >> (LISTED + 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_whole() {
        let lines: Vec<&str> = PAIRS.lines().collect();
        assert_eq!(lines.len(), CLASSES + 1);
        let is_whole =
            |line: &&str| line.len() == CLASSES && line.bytes().all(|b| b.is_ascii_lowercase());
        assert!(lines.iter().all(is_whole));
        for line in GRAMS.lines() {
            let (bits, grams) = line.split_once(' ').expect("bits and texts");
            assert!(bits.parse::<u8>().expect("a number") <= LISTED);
            let grams = grams.strip_suffix('|').expect("an end");
            assert!(grams.len().is_multiple_of(4) && grams.is_ascii());
        }
        assert!(COMMON.is_sorted_by(|a, b| a.0 < b.0), "each stands once");
    }

    #[test]
    fn common_words_are_commoner_than_odd_ones() {
        assert!(of_gram(*b"node") > of_gram(*b"xq?Z"));
        assert!(of_gram(*b" for") > of_gram(*b"FOR_"));
        assert!(of_gram(*b"aaaa") < of_gram(*b"INFO"));
        assert!(of_text(b"error") > of_text(b"xqzjk"));
        assert_eq!(probability(b""), 1 << 62);
        assert!(probability(&[0xff; 99]) < probability(b"\xff"));
    }
}
