//! Files with holes: data without the zeros that the file system did not store.

use std::io::{self, Read};

use super::header::{BLOCK, Block};
use super::pax::number;

/// The most that a hole is filled with. Zeros are no text, and a hole of terabytes costs nothing to write.
const HOLE: u64 = 4 << 10;
/// The most pieces of a file. GNU tar writes one a hole; 8 MiB of memory are enough for a map.
const PIECES: usize = 500_000;
/// The most numbers that a map needs.
pub(super) const NUMBERS: usize = 2 * PIECES;

/// Where the data stands in the file: offset and length, in order.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Map {
    pieces: Vec<(u64, u64)>,
    end: u64,
}

impl Map {
    /// A file without holes.
    pub(super) fn whole(size: u64) -> Self {
        Self {
            pieces: vec![(0, size)],
            end: size,
        }
    }

    /// A map of these numbers, offset and length by turns; `None` if it makes no sense for `stored` bytes.
    pub(super) fn new(numbers: &[u64], real_size: u64, stored: u64) -> Option<Self> {
        let (pairs, odd) = numbers.as_chunks::<2>();
        if !odd.is_empty() || pairs.len() > PIECES {
            return None;
        }
        let (mut at, mut sum) = (0, 0);
        for &[offset, length] in pairs {
            if offset < at {
                return None;
            }
            at = offset.checked_add(length)?;
            sum += length;
        }
        (at <= real_size && sum <= stored).then(|| Self {
            pieces: pairs
                .iter()
                .map(|&[offset, length]| (offset, length))
                .collect(),
            end: real_size,
        })
    }
}

/// The numbers of the map in an old GNU header, and whether another block of them follows.
pub(super) fn old_map(block: &Block) -> (Vec<u64>, bool) {
    (numbers(&block[386..482]), block[482] == 1)
}

/// The size with all holes, in an old GNU header.
pub(super) fn real_size(block: &Block) -> Option<u64> {
    field_number(block[483..].first_chunk()?)
}

/// The numbers in a block that follows such a header, and whether another one follows.
pub(super) fn more_map(block: &Block) -> (Vec<u64>, bool) {
    (numbers(&block[..504]), block[504] == 1)
}

/// Fields of twelve bytes, octal or binary, up to the first empty one.
fn numbers(fields: &[u8]) -> Vec<u64> {
    let (fields, _) = fields.as_chunks::<12>();
    fields.iter().map_while(field_number).collect()
}

/// A numeric field: octal digits, or the number itself behind a set bit (GNU tar, "base-256").
fn field_number(field: &[u8; 12]) -> Option<u64> {
    if field[0] == 0x80 {
        return field[4..].first_chunk().copied().map(u64::from_be_bytes);
    }
    let text = std::str::from_utf8(field).ok()?;
    let text = text.trim_matches(['\0', ' ']);
    u64::from_str_radix(text, 8).ok()
}

/// Reads the map in front of the data of version 1.0: decimal numbers, one a line, in whole blocks.
pub(super) fn map_in_data(data: &mut impl Read) -> Option<Vec<u64>> {
    let (mut found, mut wanted) = (Vec::new(), None);
    let mut digits = Vec::new();
    loop {
        let mut block = [0; BLOCK];
        data.read_exact(&mut block).ok()?;
        for &byte in &block {
            if byte != b'\n' {
                digits.push(byte);
                if digits.len() > 20 {
                    return None;
                }
                continue;
            }
            let value = number(&digits)?;
            digits.clear();
            match wanted {
                None => {
                    let pieces = usize::try_from(value)
                        .ok()
                        .filter(|&count| count <= PIECES)?;
                    wanted = Some(pieces * 2);
                }
                Some(_) => found.push(value),
            }
            if wanted == Some(found.len()) {
                return Some(found);
            }
        }
    }
}

/// The file as it was, but for the length of its holes.
pub(super) struct Filled<R> {
    data: R,
    pieces: std::vec::IntoIter<(u64, u64)>,
    at: u64,
    end: u64,
    hole: u64,
    piece: u64,
}

impl<R: Read> Filled<R> {
    pub(super) fn new(data: R, map: Map) -> Self {
        Self {
            data,
            pieces: map.pieces.into_iter(),
            at: 0,
            end: map.end,
            hole: 0,
            piece: 0,
        }
    }
}

impl<R: Read> Read for Filled<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.hole == 0 && self.piece == 0 {
            match self.pieces.next() {
                Some((offset, length)) => {
                    self.hole = (offset - self.at).min(HOLE);
                    self.piece = length;
                    self.at = offset + length;
                }
                None if self.at < self.end => {
                    self.hole = (self.end - self.at).min(HOLE);
                    self.at = self.end;
                }
                None => return Ok(0),
            }
        }
        if self.hole > 0 {
            let n = usize::try_from(self.hole).map_or(buffer.len(), |hole| hole.min(buffer.len()));
            buffer[..n].fill(0);
            self.hole -= n as u64;
            return Ok(n);
        }
        let n = usize::try_from(self.piece).map_or(buffer.len(), |piece| piece.min(buffer.len()));
        let n = self.data.read(&mut buffer[..n])?;
        if n == 0 {
            // Cut in the middle of a piece: nothing is known of what follows.
            self.pieces = Vec::new().into_iter();
            (self.piece, self.at) = (0, self.end);
        }
        self.piece -= n as u64;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_are_filled_but_not_for_ever() {
        let map = Map::new(&[2, 3, 10 << 40, 2], 20 << 40, 5).expect("sound");
        let mut all = Vec::new();
        Filled::new(&b"abcde"[..], map)
            .read_to_end(&mut all)
            .expect("sound");
        let text: Vec<u8> = all.iter().copied().filter(|&byte| byte != 0).collect();
        assert_eq!(text, b"abcde");
        assert_eq!(all.len() as u64, 2 + 3 + HOLE + 2 + HOLE);
    }

    #[test]
    fn maps_that_lie_are_refused() {
        assert_eq!(Map::new(&[5, 3, 4, 1], 10, 10), None, "backwards");
        assert_eq!(Map::new(&[0, 11], 10, 20), None, "behind the end");
        assert_eq!(Map::new(&[0, 5], 10, 4), None, "more than is stored");
        assert_eq!(Map::new(&[u64::MAX, 2], u64::MAX, 4), None, "overflow");
        assert_eq!(Map::new(&[1], 10, 4), None, "odd");
        assert!(Map::new(&[], 10, 0).is_some(), "nothing but a hole");
    }

    #[test]
    fn the_map_in_front_of_the_data_takes_whole_blocks() {
        let mut data = b"2\n0\n3\n100\n2\n".to_vec();
        data.resize(BLOCK, 0);
        data.extend_from_slice(b"abcde");
        let mut rest = &data[..];
        assert_eq!(map_in_data(&mut rest), Some(vec![0, 3, 100, 2]));
        assert_eq!(rest, b"abcde");
        assert_eq!(map_in_data(&mut &b"2\n0\n"[..]), None);
        assert_eq!(map_in_data(&mut &[b'1'; 1024][..]), None);
    }
}
