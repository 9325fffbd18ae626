//! UTF-16 to UTF-8.

use std::io::{self, Read};

use super::sniff::ByteOrder;

/// A text in UTF-16 as UTF-8, without its byte order mark. What is no character becomes U+FFFD.
pub(super) struct Utf16<R> {
    inner: R,
    order: ByteOrder,
    /// Units that were read and not yet decoded: half of a pair, or half of a unit.
    rest: Vec<u8>,
    /// Decoded text, of which `at` bytes were handed on.
    text: String,
    at: usize,
    started: bool,
}

impl<R: Read> Utf16<R> {
    pub(super) fn new(inner: R, order: ByteOrder) -> Self {
        Self {
            inner,
            order,
            rest: Vec::new(),
            text: String::new(),
            at: 0,
            started: false,
        }
    }

    /// Decodes the next piece; false at the end.
    fn fill(&mut self) -> io::Result<bool> {
        const PIECE: u64 = 16 << 10;
        self.at = 0;
        self.text.clear();
        let read = Read::by_ref(&mut self.inner)
            .take(PIECE)
            .read_to_end(&mut self.rest)?;
        let last = read == 0;
        let (units, half) = self.rest.as_chunks::<2>();
        let mut units: Vec<u16> = units.iter().map(|&unit| self.unit(unit)).collect();
        let mut keep = half.to_vec();
        // The second half of a pair may come with the next piece.
        if !last && let Some(high @ 0xd800..=0xdbff) = units.last().copied() {
            units.pop();
            let bytes = match self.order {
                ByteOrder::Little => high.to_le_bytes(),
                ByteOrder::Big => high.to_be_bytes(),
            };
            keep.splice(0..0, bytes);
        }
        let marked = !self.started && units.first() == Some(&0xfeff);
        self.started |= !units.is_empty();
        let characters = char::decode_utf16(units.into_iter().skip(usize::from(marked)));
        self.text
            .extend(characters.map(|decoded| decoded.unwrap_or(char::REPLACEMENT_CHARACTER)));
        if last && !keep.is_empty() {
            self.text.push(char::REPLACEMENT_CHARACTER);
            keep.clear();
        }
        self.rest = keep;
        Ok(!last)
    }

    fn unit(&self, bytes: [u8; 2]) -> u16 {
        match self.order {
            ByteOrder::Little => u16::from_le_bytes(bytes),
            ByteOrder::Big => u16::from_be_bytes(bytes),
        }
    }
}

impl<R: Read> Read for Utf16<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut more = true;
        while self.at == self.text.len() && more {
            more = self.fill()?;
        }
        let n = (&self.text.as_bytes()[self.at..]).read(buffer)?;
        self.at += n;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(bytes: &[u8], order: ByteOrder) -> String {
        let mut text = String::new();
        Utf16::new(bytes, order)
            .read_to_string(&mut text)
            .expect("sound");
        text
    }

    #[test]
    fn both_orders_give_the_text() {
        let text = "Fehler: \u{1f525} grün\r\n".repeat(5_000);
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(decode(&little, ByteOrder::Little), text);
        assert_eq!(decode(&big, ByteOrder::Big), text);
        let marked = [&[0xff, 0xfe], &little[..]].concat();
        assert_eq!(decode(&marked, ByteOrder::Little), text);
    }

    #[test]
    fn halves_are_replaced() {
        assert_eq!(
            decode(b"a\0\x3d\xd8b\0c", ByteOrder::Little),
            "a\u{fffd}b\u{fffd}"
        );
        assert_eq!(decode(b"a\0\x3d\xd8", ByteOrder::Little), "a\u{fffd}");
        assert_eq!(decode(b"", ByteOrder::Big), "");
    }
}
