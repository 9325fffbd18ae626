//! Splitting without copying.

use memchr::{memchr, memchr_iter, memrchr};

/// Where `needle` first stands in `bytes`, which are few: a line, or a part of one. Preparing a search for long texts would
/// take longer than this.
pub fn find_short(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    let (first, rest) = needle.split_first()?;
    memchr_iter(*first, bytes).find(|at| bytes[at + 1..].starts_with(rest))
}

/// Whether `bytes` start with one of a few texts. Most lines do not even share the first byte.
pub fn starts_with_any(bytes: &[u8], starts: &[&[u8]]) -> bool {
    let first = bytes.first();
    starts
        .iter()
        .any(|start| start.first() == first && bytes.starts_with(start))
}

/// The number of `\n` in `bytes`.
pub fn count_newlines(bytes: &[u8]) -> u64 {
    memchr_iter(b'\n', bytes).count() as u64
}

/// The range of the line that holds byte `at`, without its `\n`.
pub fn line_around(bytes: &[u8], at: usize) -> std::ops::Range<usize> {
    let at = at.min(bytes.len());
    let start = memrchr(b'\n', &bytes[..at]).map_or(0, |newline| newline + 1);
    let end = memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |newline| at + newline);
    start..end
}

/// `line` without a `\r` at its end.
pub fn trim_line(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// The lines of `bytes` with the offset at which each starts.
pub fn lines(bytes: &[u8]) -> Lines<'_> {
    Lines { bytes, at: 0 }
}

/// The same from the line on that holds byte `at`; the offsets are those in all of `bytes`.
pub fn lines_from(bytes: &[u8], at: usize) -> Lines<'_> {
    let at = line_around(bytes, at).start;
    Lines { bytes, at }
}

/// The iterator that [`lines`] returns. A last line without terminator counts; an empty rest does not.
#[derive(Clone, Debug)]
pub struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Iterator for Lines<'a> {
    type Item = (usize, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        if self.at >= self.bytes.len() {
            return None;
        }
        let start = self.at;
        let end = memchr(b'\n', &self.bytes[start..]).map_or(self.bytes.len(), |n| start + n);
        self.at = end + 1;
        Some((start, trim_line(&self.bytes[start..end])))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_have_no_terminators_and_know_their_offsets() {
        let found: Vec<_> = lines(b"a\r\nb\rc\n\nd").collect();
        assert_eq!(found, [(0, &b"a"[..]), (3, b"b\rc"), (7, b""), (8, b"d")]);
        assert_eq!(lines(b"").count(), 0);
        assert_eq!(lines(b"\n").count(), 1);
    }

    #[test]
    fn short_needles_are_found_where_they_first_stand() {
        assert_eq!(find_short(b"a: b: c", b": "), Some(1));
        assert_eq!(find_short(b"aab", b"ab"), Some(1));
        assert_eq!(find_short(b"ab", b"abc"), None);
        assert_eq!(find_short(b"ab", b""), None);
    }

    #[test]
    fn a_line_is_found_from_any_byte_in_it() {
        let text = b"one\ntwo\nthree";
        assert_eq!(line_around(text, 0), 0..3);
        assert_eq!(line_around(text, 5), 4..7);
        assert_eq!(line_around(text, 12), 8..13);
    }
}
