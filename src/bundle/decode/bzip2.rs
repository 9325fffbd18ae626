//! bzip2.

use std::io;

use ::bzip2::{Decompress, Status};

use super::pump::{Start, Step, Stepped, stepped};

/// Streams, one behind the other.
pub(super) struct Bzip2(Decompress);

impl Bzip2 {
    pub(super) fn new() -> Self {
        Self(Decompress::new(false))
    }
}

impl Step for Bzip2 {
    fn start(&mut self, rest: &[u8]) -> io::Result<Start> {
        if rest[0] != b'B' {
            return Err(io::Error::other("what follows its end is no bzip2 stream"));
        }
        if self.0.total_in() > 0 {
            *self = Self::new();
        }
        Ok(Start::Member)
    }

    fn step(&mut self, input: &[u8], output: &mut [u8], _: bool) -> Stepped {
        let before = (self.0.total_in(), self.0.total_out());
        let status = self.0.decompress(input, output);
        let ended = match status {
            Ok(status) => Ok(matches!(status, Status::StreamEnd)),
            Err(error) => Err(io::Error::other(error)),
        };
        stepped(before, (self.0.total_in(), self.0.total_out()), ended)
    }
}
