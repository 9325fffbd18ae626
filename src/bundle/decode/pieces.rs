//! Pieces of one size, for a decoder of which what it makes of a damaged stream depends on the pieces that it gets and gives.
//!
//! So it depends on the bytes alone, and not on the pipe that they come through.

use std::io::{self, Read};

/// How much is read and decoded at a time.
pub(super) const PIECE: usize = 64 << 10;

/// A reader that fills every buffer.
pub(super) struct FullReads<R>(pub(super) R);

impl<R: Read> Read for FullReads<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.0.read(&mut buffer[filled..]) {
                Ok(0) => break,
                Ok(n) => filled += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // The stream below fails again when it is asked again, or ends.
                Err(_) if filled > 0 => break,
                Err(error) => return Err(error),
            }
        }
        Ok(filled)
    }
}

/// A decoder that is asked for pieces of one size.
pub(super) struct FixedReads<R> {
    inner: R,
    piece: Vec<u8>,
    at: usize,
}

impl<R: Read> FixedReads<R> {
    pub(super) fn new(inner: R) -> Self {
        Self {
            inner,
            piece: Vec::new(),
            at: 0,
        }
    }
}

impl<R: Read> Read for FixedReads<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.piece.len() {
            self.at = 0;
            self.piece.resize(PIECE, 0);
            let n = self.inner.read(&mut self.piece);
            self.piece.truncate(*n.as_ref().unwrap_or(&0));
            n?;
        }
        let n = (&self.piece[self.at..]).read(buffer)?;
        self.at += n;
        Ok(n)
    }
}
