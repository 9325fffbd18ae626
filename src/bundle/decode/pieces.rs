//! Pieces of one size, for decoders of which what they make of a damaged stream depends on the pieces that they get and
//! give. So it depends on the bytes alone, and not on the pipe that they come through.

use std::io::{self, Read};

/// How much is read and decoded at a time.
pub(super) const PIECE: usize = 64 << 10;

/// What is lost of a damaged stream at most, where the decoder loses what it has decoded when it fails.
const SIP: usize = 256;

/// A reader that fills every buffer, and gives what it has when the one below fails.
pub(in crate::bundle) struct FullReads<R> {
    inner: R,
    /// How much is asked for at a time.
    most: usize,
    failure: Option<io::Error>,
}

impl<R: Read> FullReads<R> {
    pub(super) fn new(inner: R) -> Self {
        Self {
            inner,
            most: usize::MAX,
            failure: None,
        }
    }

    /// Asks for a few bytes at a time.
    pub(in crate::bundle) fn in_sips(inner: R) -> Self {
        Self {
            most: SIP,
            ..Self::new(inner)
        }
    }
}

impl<R: Read> Read for FullReads<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        let mut filled = 0;
        while filled < buffer.len() {
            let end = buffer.len().min(filled.saturating_add(self.most));
            match self.inner.read(&mut buffer[filled..end]) {
                Ok(0) => break,
                Ok(n) => filled += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if filled > 0 => {
                    self.failure = Some(error);
                    break;
                }
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
