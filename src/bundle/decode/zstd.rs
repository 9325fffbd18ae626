//! Zstandard (RFC 8878).

use std::io;

use zstd::stream::raw::{DParameter, Decoder, InBuffer, Operation as _, OutBuffer};

use super::super::sniff::behind_skippable;
use super::pump::{Start, Step, Stepped};

/// Frames, and skippable ones between them.
pub(super) struct Zstd {
    decoder: Decoder<'static>,
    /// How much the decoder wants: as long as it gets no more than that, a failure costs one block.
    wants: usize,
}

impl Zstd {
    /// A decoder that accepts windows of this size.
    pub(super) fn new(window_log: u32) -> io::Result<Self> {
        let mut decoder = Decoder::new()?;
        decoder.set_parameter(DParameter::WindowLogMax(window_log))?;
        Ok(Self { decoder, wants: 1 })
    }
}

impl Step for Zstd {
    fn start(&mut self, _: &[u8]) -> io::Result<Start> {
        self.wants = 1;
        Ok(Start::Member)
    }

    fn step(&mut self, input: &[u8], output: &mut [u8], _: bool) -> Stepped {
        let mut input = InBuffer::around(&input[..input.len().min(self.wants)]);
        let mut output = OutBuffer::around(output);
        let wants = self.decoder.run(&mut input, &mut output);
        self.wants = wants.as_ref().map_or(1, |&wants| wants.max(1));
        Stepped {
            taken: input.pos(),
            given: output.pos(),
            ended: wants.map(|wants| wants == 0),
        }
    }
}

/// The window that the first frame asks for (RFC 8878, 3.1.1.1), if the head has that frame.
pub(super) fn window(head: &[u8]) -> Option<u64> {
    let frame = behind_skippable(head)?.strip_prefix(b"\x28\xb5\x2f\xfd")?;
    let descriptor = *frame.first()?;
    if descriptor & 0x20 == 0 {
        let window = *frame.get(1)?;
        let base = 1_u64 << (10 + (window >> 3));
        return Some(base + base / 8 * u64::from(window & 7));
    }
    // A single segment: the window is the content, whose size stands behind the id of the dictionary.
    let dictionary = [0, 1, 2, 4][usize::from(descriptor & 3)];
    let field = frame.get(1 + dictionary..)?;
    Some(match descriptor >> 6 {
        0 => u64::from(*field.first()?),
        1 => u64::from(u16::from_le_bytes(*field.first_chunk()?)) + 256,
        2 => u64::from(u32::from_le_bytes(*field.first_chunk()?)),
        _ => u64::from_le_bytes(*field.first_chunk()?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_as_levels_say() {
        // Small content stands in a single segment; a stream does not know its size.
        let small = ::zstd::encode_all(&[7_u8; 1000][..], 19).expect("memory");
        assert_eq!(window(&small), Some(8 << 20));
        let whole = ::zstd::bulk::compress(&[7; 1000], 19).expect("memory");
        assert_eq!(window(&whole), Some(1000));
        let skippable = [b"\x5f\x2a\x4d\x18\x01\0\0\0x", &whole[..]].concat();
        assert_eq!(window(&skippable), Some(1000));
        assert_eq!(window(b"\x28\xb5\x2f\xfd\x00\xa8"), Some(2 << 30));
        assert_eq!(window(&whole[..4]), None);
    }
}
