//! The loop around a decoder that works on slices.
//!
//! The readers that come with the decoders keep what the last call has decoded when it fails, and what they keep depends
//! on how much they were given at a time. Here everything in front of the damage is delivered, and it depends on the
//! bytes of the stream alone.

use std::io::{self, BufRead, Read};

/// A decoder of members: streams that stand one behind the other in a file.
pub(super) trait Step {
    /// What to do with what follows the last member, or with the first bytes of all; `rest` is never empty, but may be
    /// cut after its first byte.
    fn start(&mut self, rest: &[u8]) -> io::Result<Start>;

    /// Decodes a part of `input`; `last` says that no other follows it.
    fn step(&mut self, input: &[u8], output: &mut [u8], last: bool) -> Stepped;
}

/// What stands between two members.
pub(super) enum Start {
    /// Another member.
    Member,
    /// So many bytes that mean nothing.
    Skip(usize),
    /// Nothing that is to be read.
    End,
}

/// What one step did.
pub(super) struct Stepped {
    /// Bytes of the input that are not needed any more.
    pub(super) taken: usize,
    /// Bytes of the output that were written.
    pub(super) given: usize,
    /// Whether the member ended.
    pub(super) ended: io::Result<bool>,
}

/// What a [`Step`] decodes of a reader.
pub(super) struct Pump<R, D> {
    reader: R,
    decoder: D,
    /// Whether a member is being read.
    within: bool,
    /// What comes after the bytes that were delivered last.
    failure: Option<io::Error>,
}

impl<R: BufRead, D: Step> Pump<R, D> {
    pub(super) fn new(reader: R, decoder: D) -> Self {
        Self {
            reader,
            decoder,
            within: false,
            failure: None,
        }
    }
}

impl<R: BufRead, D: Step> Read for Pump<R, D> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            let input = self.reader.fill_buf()?;
            let last = input.is_empty();
            if !self.within {
                if last {
                    return Ok(0);
                }
                match self.decoder.start(input)? {
                    Start::Member => self.within = true,
                    Start::Skip(bytes) => {
                        self.reader.consume(bytes);
                        continue;
                    }
                    Start::End => return Ok(0),
                }
            }
            let Stepped {
                taken,
                given,
                ended,
            } = self.decoder.step(input, buffer, last);
            self.reader.consume(taken);
            let outcome = match ended {
                Ok(true) => {
                    self.within = false;
                    Ok(())
                }
                Ok(false) if given > 0 => Ok(()),
                Ok(false) if last => Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(false) if taken == 0 => Err(io::Error::other("it makes no progress")),
                Ok(false) => Ok(()),
                Err(failure) => Err(failure),
            };
            match outcome {
                Ok(()) if given > 0 => return Ok(given),
                Ok(()) => {}
                Err(failure) if given > 0 => {
                    self.failure = Some(failure);
                    return Ok(given);
                }
                Err(failure) => return Err(failure),
            }
        }
    }
}

/// What a decoder did whose library counts in totals.
pub(super) fn stepped(before: (u64, u64), after: (u64, u64), ended: io::Result<bool>) -> Stepped {
    // Never more than the slices that it was given.
    let difference = |before, after| usize::try_from(after - before).unwrap_or(usize::MAX);
    Stepped {
        taken: difference(before.0, after.0),
        given: difference(before.1, after.1),
        ended,
    }
}
