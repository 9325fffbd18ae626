//! Small sips from decoders that lose what they have decoded when they fail.

use std::io::{self, Read};

/// A reader that asks for a few bytes at a time, whatever it is asked for, and gives what it has when that fails.
pub(super) struct Trickle<R> {
    inner: R,
    failure: Option<io::Error>,
}

/// What is lost of a damaged stream at most.
const SIP: usize = 256;

impl<R: Read> Trickle<R> {
    pub(super) fn new(inner: R) -> Self {
        Self {
            inner,
            failure: None,
        }
    }
}

impl<R: Read> Read for Trickle<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        let mut filled = 0;
        while filled < buffer.len() {
            let end = buffer.len().min(filled + SIP);
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
