//! xz, lzip and lzma.

use std::io;

use liblzma::stream::{Action, CONCATENATED, Status, Stream};

use super::super::Format;
use super::pump::{Start, Step, Stepped, stepped};

/// Any stream that liblzma reads; it goes from one to the next by itself.
pub(super) struct Lzma(Stream);

impl Lzma {
    /// A decoder that takes no more than `memory` bytes.
    pub(super) fn new(format: Format, memory: u64) -> io::Result<Self> {
        Ok(Self(match format {
            Format::Xz => Stream::new_stream_decoder(memory, CONCATENATED)?,
            Format::Lzip => Stream::new_lzip_decoder(memory, CONCATENATED)?,
            _ => Stream::new_lzma_decoder(memory)?,
        }))
    }
}

impl Step for Lzma {
    fn start(&mut self, _: &[u8]) -> io::Result<Start> {
        if self.0.total_in() > 0 {
            return Err(io::Error::other("what follows its end is no lzma stream"));
        }
        Ok(Start::Member)
    }

    fn step(&mut self, input: &[u8], output: &mut [u8], last: bool) -> Stepped {
        let before = (self.0.total_in(), self.0.total_out());
        let action = if last { Action::Finish } else { Action::Run };
        let status = self.0.process(input, output, action);
        let ended = match status {
            Ok(status) => Ok(matches!(status, Status::StreamEnd)),
            Err(error) => Err(error.into()),
        };
        stepped(before, (self.0.total_in(), self.0.total_out()), ended)
    }
}

/// The dictionary that a stream asks for, if its head tells.
pub(super) fn dictionary(format: Format, head: &[u8]) -> Option<u64> {
    match format {
        Format::Xz => xz(head),
        // 4, 5, and the lzip manual, "File format": a power of two less some sixteenths of it.
        Format::Lzip => {
            let coded = *head.get(5)?;
            let base = 1_u64 << (coded & 0x1f).min(29);
            Some(base - base / 16 * u64::from(coded >> 5))
        }
        // The properties are one byte, the dictionary four.
        _ => Some(u32::from_le_bytes(*head.get(1..)?.first_chunk()?).into()),
    }
}

/// The dictionary of LZMA2, which is the last filter of the first block (xz file format 3.1 and 5.3.1).
fn xz(head: &[u8]) -> Option<u64> {
    let block = head.get(12..)?;
    let (flags, mut fields) = (*block.get(1)?, block.get(2..)?);
    // The sizes of the block.
    for present in [0x40, 0x80] {
        if flags & present != 0 {
            number(&mut fields)?;
        }
    }
    for _ in 0..=(flags & 3) {
        let (filter, properties) = (number(&mut fields)?, number(&mut fields)?);
        if filter == 0x21 {
            return Some(match *fields.first()? {
                coded @ ..40 => u64::from(2 | (coded & 1)) << (coded / 2 + 11),
                _ => u64::from(u32::MAX),
            });
        }
        fields = fields.get(usize::try_from(properties).ok()?..)?;
    }
    None
}

/// An integer in seven bits a byte (xz file format 1.2).
fn number(fields: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..63).step_by(7) {
        let (byte, rest) = fields.split_first()?;
        *fields = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dictionaries_are_as_presets_say() {
        for (preset, size) in [(0, 256 << 10), (6, 8 << 20), (9, 64 << 20)] {
            let stream = liblzma::encode_all(&b"text"[..], preset).expect("memory");
            assert_eq!(dictionary(Format::Xz, &stream), Some(size), "xz -{preset}");
        }
        assert_eq!(dictionary(Format::Lzip, b"LZIP\x01\x17"), Some(8 << 20));
        assert_eq!(
            dictionary(Format::Lzip, b"LZIP\x01\x37"),
            Some((8 << 20) - (512 << 10))
        );
        assert_eq!(dictionary(Format::Xz, b"\xfd7zXZ"), None);
    }
}
