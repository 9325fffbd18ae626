//! xz, lzip and lzma.

use std::io;

use liblzma::stream::{Action, CONCATENATED, MtStreamBuilder, Status, Stream};

use super::super::Format;
use super::super::memory::AHEAD;
use super::pump::{Start, Step, Stepped, stepped};

/// Any stream that liblzma reads; it goes from one to the next by itself.
pub(super) struct Lzma {
    stream: Stream,
    /// The decoder for what follows, if the other one ends with its stream.
    next: Option<Stream>,
}

impl Lzma {
    /// A decoder that takes no more than `memory` bytes.
    pub(super) fn new(format: Format, memory: u64) -> io::Result<Self> {
        let stream = match format {
            Format::Xz => Stream::new_stream_decoder(memory, CONCATENATED)?,
            Format::Lzip => Stream::new_lzip_decoder(memory, CONCATENATED)?,
            _ => Stream::new_lzma_decoder(memory)?,
        };
        let next = None;
        Ok(Self { stream, next })
    }

    /// A decoder of xz with several threads, which refuses what [`Lzma::new`] refuses. Blocks for which [`AHEAD`] is not
    /// enough are decoded one after the other.
    pub(super) fn blocks(memory: u64, threads: u32) -> io::Result<Self> {
        let mut stream = MtStreamBuilder::new()
            .threads(threads)
            .memlimit_threading(AHEAD)
            .memlimit_stop(AHEAD)
            .decoder()?;
        // Only now: when it is made, this limit bounds the other one.
        stream.set_memlimit(memory)?;
        // The crate has no way to tell that decoder of streams that follow. This one takes what comes for that.
        let mut next = Self::new(Format::Xz, memory)?.stream;
        next.process(EMPTY, &mut [], Action::Run)?;
        let next = Some(next);
        Ok(Self { stream, next })
    }
}

/// An xz stream of no blocks.
const EMPTY: &[u8] =
    b"\xfd7zXZ\0\0\x04\xe6\xd6\xb4\x46\0\0\0\0\x1c\xdf\x44\x21\x1f\xb6\xf3\x7d\x01\0\0\0\0\x04YZ";

impl Step for Lzma {
    fn start(&mut self, _: &[u8]) -> io::Result<Start> {
        if self.stream.total_in() > 0 {
            let next = self.next.take();
            self.stream =
                next.ok_or_else(|| io::Error::other("what follows its end is no lzma stream"))?;
        }
        Ok(Start::Member)
    }

    fn step(&mut self, input: &[u8], output: &mut [u8], last: bool) -> Stepped {
        let before = (self.stream.total_in(), self.stream.total_out());
        let action = if last { Action::Finish } else { Action::Run };
        let status = self.stream.process(input, output, action);
        let ended = match status {
            Ok(status) => Ok(matches!(status, Status::StreamEnd)),
            Err(error) => Err(error.into()),
        };
        stepped(
            before,
            (self.stream.total_in(), self.stream.total_out()),
            ended,
        )
    }
}

/// The dictionary that a stream asks for, if its head tells.
pub(super) fn dictionary(format: Format, head: &[u8]) -> Option<u64> {
    match format {
        Format::Xz => Some(Block::first(head)?.dictionary),
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

/// Whether a stream is of several blocks, as far as its head tells, and [`AHEAD`] is enough for two at a time.
pub(in crate::bundle) fn has_blocks(format: Format, head: &[u8]) -> bool {
    let block = (format == Format::Xz).then(|| Block::first(head)).flatten();
    let Some((block, sizes)) = block.and_then(|block| Some((block, block.sizes?))) else {
        return false;
    };
    let [packed, unpacked] = sizes;
    let two = unpacked.saturating_add(block.dictionary).saturating_mul(2);
    // The blocks of xz(1) have three dictionaries: a shorter one is the only one.
    block.is_plain
        && unpacked >= 3 * block.dictionary
        // Later blocks may pack better.
        && two.saturating_add(packed) <= AHEAD
}

/// What the header of a block of xz says (xz file format 3.1 and 5.3.1).
#[derive(Clone, Copy)]
struct Block {
    /// Packed and unpacked, if it says both.
    sizes: Option<[u64; 2]>,
    /// Whether LZMA2 is the only filter. What others make of the last bytes in front of a damage depends on the pieces
    /// that they get.
    is_plain: bool,
    /// That of LZMA2, which is the last filter.
    dictionary: u64,
}

impl Block {
    /// The first block of a stream.
    fn first(head: &[u8]) -> Option<Self> {
        let block = head.get(12..)?;
        let (flags, mut fields) = (*block.get(1)?, block.get(2..)?);
        let mut sizes = [None; 2];
        for (size, present) in sizes.iter_mut().zip([0x40, 0x80]) {
            if flags & present != 0 {
                *size = Some(number(&mut fields)?);
            }
        }
        for filters in 0..=(flags & 3) {
            let (filter, properties) = (number(&mut fields)?, number(&mut fields)?);
            if filter == 0x21 {
                return Some(Self {
                    sizes: sizes[0].zip(sizes[1]).map(Into::into),
                    is_plain: filters == 0,
                    dictionary: match *fields.first()? {
                        coded @ ..40 => u64::from(2 | (coded & 1)) << (coded / 2 + 11),
                        _ => u64::from(u32::MAX),
                    },
                });
            }
            fields = fields.get(usize::try_from(properties).ok()?..)?;
        }
        None
    }
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
    use std::io::Read;

    use liblzma::stream::{Check, Filters, LzmaOptions};
    use liblzma::write::XzEncoder;

    use super::super::{Fate, Reason, Recovering, blocks, decoder, memory};
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

    fn filters(dictionary: u32, x86: bool) -> Filters {
        let mut options = LzmaOptions::new_preset(0).expect("a preset");
        options.dict_size(dictionary);
        let mut filters = Filters::new();
        if x86 {
            filters.x86();
        }
        filters.lzma2(&options);
        filters
    }

    fn encoded(text: &[u8], encoder: Stream) -> Vec<u8> {
        let mut encoder = XzEncoder::new_stream(Vec::new(), encoder);
        io::Write::write_all(&mut encoder, text).expect("memory");
        encoder.finish().expect("memory")
    }

    /// Blocks of `size` bytes, as `xz -T` writes them.
    fn in_blocks(text: &[u8], size: u64, filters: Filters) -> Vec<u8> {
        let mut encoder = MtStreamBuilder::new();
        encoder.threads(1).block_size(size).filters(filters);
        let encoder = encoder.check(Check::Crc64).encoder();
        encoded(text, encoder.expect("valid options"))
    }

    fn text(lines: u32) -> Vec<u8> {
        let line = |i: u32| format!("{i} {:x}\n", i.wrapping_mul(2_654_435_761));
        (0..lines).flat_map(|i| line(i).into_bytes()).collect()
    }

    /// Six blocks of one kilobyte.
    fn small() -> Vec<u8> {
        in_blocks(&text(400), 1000, filters(4096, false))
    }

    /// What is read of a stream, and how it ends.
    fn decoded(
        reader: io::Result<Box<dyn Read + '_>>,
        piece: usize,
    ) -> (Vec<u8>, Option<(Reason, String)>) {
        let fate = Fate::default();
        let mut reader = Recovering::new(reader.expect("a decoder"), Format::Xz, fate.clone());
        let (mut content, mut buffer) = (Vec::new(), vec![0; piece]);
        while let Ok(n @ 1..) = reader.read(&mut buffer) {
            content.extend_from_slice(&buffer[..n]);
        }
        (content, fate.get())
    }

    /// Expects the same of any number of threads, and returns it.
    #[track_caller]
    fn expect_same(bytes: &[u8], what: &str) -> (Vec<u8>, Option<(Reason, String)>) {
        let memory = memory(Format::Xz, bytes).unwrap_or(9 << 20);
        let alone = decoded(decoder(Format::Xz, bytes, memory), 1 << 10);
        for (threads, piece) in [(2, 100), (3, 1 << 16)] {
            let together = decoded(blocks(bytes, memory, threads), piece);
            assert!(alone == together, "{what}: {:?} {:?}", alone.1, together.1);
        }
        // Nobody waits for what is not read.
        let mut left = blocks(bytes, memory, 2).expect("a decoder");
        let _ = left.read(&mut [0; 100]);
        drop(left);
        alone
    }

    #[test]
    fn threads_decode_the_same_up_to_any_cut() {
        let bytes = small();
        assert_eq!(expect_same(&bytes, "whole"), (text(400), None));
        for cut in 0..bytes.len() {
            let (content, fate) = expect_same(&bytes[..cut], &format!("cut at {cut}"));
            assert!(text(400).starts_with(&content));
            assert!(cut == 0 || fate.is_some());
        }
    }

    #[test]
    fn threads_decode_the_same_around_any_damage() {
        let bytes = small();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << (at % 8);
            let (_, fate) = expect_same(&changed, &format!("changed at {at}"));
            assert!(fate.is_some(), "changed at {at}");
        }
    }

    #[test]
    fn threads_decode_the_same_behind_a_stream() {
        let (bytes, zeros) = (small(), [0; 8]);
        let single = liblzma::encode_all(&b"text\n"[..], 0).expect("memory");
        let rests = [
            &b"#"[..],
            b"no stream\n",
            &bytes,
            &single,
            EMPTY,
            &bytes[..500],
            &single[1..],
        ];
        for padding in 0..=zeros.len() {
            for rest in [&b""[..]].into_iter().chain(rests) {
                let bytes = [&bytes, &zeros[..padding], rest].concat();
                let what = format!("{padding} zeros and {} bytes", rest.len());
                let (content, fate) = expect_same(&bytes, &what);
                let sound = padding % 4 == 0
                    && [0, single.len(), small().len(), EMPTY.len()].contains(&rest.len());
                assert_eq!(fate.is_none(), sound, "{what}: {fate:?}");
                assert!(content.starts_with(&text(400)));
            }
        }
        assert_eq!(
            EMPTY,
            encoded(
                b"",
                Stream::new_easy_encoder(0, Check::Crc64).expect("a preset")
            )
        );
    }

    #[test]
    fn threads_give_no_more_memory_to_a_block() {
        let mut bytes = small();
        // Behind the header of the stream are blocks: a header of 16 bytes, what is packed, a checksum of 8.
        let [packed, _] = Block::first(&bytes)
            .and_then(|block| block.sizes)
            .expect("sizes");
        let second = 12 + 16 + usize::try_from(packed).expect("small").next_multiple_of(4) + 8;
        let (header, checksum) = bytes[second..second + 16].split_at_mut(12);
        assert_eq!((header[0], &header[6..9]), (3, &[0x21, 1, 0][..]));
        // 64 MiB.
        header[8] = 28;
        let mut crc = flate2::Crc::new();
        crc.update(header);
        checksum.copy_from_slice(&crc.sum().to_le_bytes());
        let (content, fate) = expect_same(&bytes, "a large dictionary");
        assert_eq!(content, text(400)[..1000]);
        assert_eq!(fate.map(|(reason, _)| reason), Some(Reason::Limit));
    }

    #[test]
    fn blocks_are_known_by_their_header() {
        let text = text(4000);
        let is = |bytes: &[u8]| has_blocks(Format::Xz, bytes);
        let bytes = in_blocks(&text, 16 << 10, filters(4096, false));
        assert!(is(&bytes) && is(&bytes[..32]) && !is(&bytes[..16]));
        assert!(!has_blocks(Format::Lzma, &bytes));
        // One block, with sizes and without.
        assert!(!is(&in_blocks(&text, 3 << 20, filters(1 << 20, false))));
        assert!(!is(&liblzma::encode_all(&text[..], 0).expect("memory")));
        assert!(!is(&in_blocks(&text, 16 << 10, filters(4096, true))));
        let large = vec![0; 40 << 20];
        assert!(!is(&in_blocks(&large, 40 << 20, filters(4096, false))));
        assert!(is(&in_blocks(&large, 24 << 20, filters(8 << 20, false))));
    }
}
