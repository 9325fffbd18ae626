//! The contents of DATA objects: decompressed once, within bounds.

use std::collections::HashMap;
use std::io::Read;
use std::rc::Rc;

use super::MOST_VALUE;
use super::object::le64;

const XZ: u8 = 1;
const LZ4: u8 = 2;
const ZSTD: u8 = 4;
const COMPRESSED: u8 = XZ | LZ4 | ZSTD;

/// A field that claims to unpack to more is damaged; systemd itself stops at 768 MiB.
const LARGEST_FIELD: u64 = 64 << 20;

/// LZ4 cannot do better than this, so a length beyond it is a lie.
const LZ4_BEST_RATIO: u64 = 255;

/// Unpacked bytes that are kept for entries that use the same field again.
const CACHED: usize = 16 << 20;

/// What setting up a decompressor costs, in bytes of output.
const SETUP: u64 = 4096;

/// Memory that an XZ stream may ask for; systemd's have dictionaries of 1 MiB.
const XZ_MEMORY: u64 = 64 << 20;

/// `NAME=value` as it is stored or as it was unpacked.
#[derive(Clone, Debug)]
pub(super) enum Payload<'a> {
    Stored(&'a [u8]),
    Unpacked(Rc<[u8]>),
}

impl Payload<'_> {
    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Self::Stored(bytes) => bytes,
            Self::Unpacked(bytes) => bytes,
        }
    }
}

/// Unpacks fields and remembers the recent ones by where they are.
#[derive(Default)]
pub(super) struct Unpacker {
    /// Damaged ones are remembered as `None`.
    recent: HashMap<usize, Option<Rc<[u8]>>>,
    recent_bytes: usize,
    zstd: Option<zstd::bulk::Decompressor<'static>>,
    scratch: Vec<u8>,
    /// What was done so far, in bytes of output.
    pub(super) cost: u64,
}

impl Unpacker {
    /// The field that `stored` holds, of which one byte more than is shown is kept; `None` if it is damaged.
    pub(super) fn unpack<'a>(
        &mut self,
        at: usize,
        flags: u8,
        stored: &'a [u8],
    ) -> Option<Payload<'a>> {
        if flags & COMPRESSED == 0 {
            return Some(Payload::Stored(stored));
        }
        if let Some(known) = self.recent.get(&at) {
            return known.clone().map(Payload::Unpacked);
        }
        self.scratch.clear();
        let sound = match flags & COMPRESSED {
            XZ => self.xz(stored),
            LZ4 => self.lz4(stored),
            ZSTD => self.zstd(stored),
            _ => None,
        };
        self.cost = self
            .cost
            .saturating_add(SETUP)
            .saturating_add(self.scratch.len() as u64);
        let unpacked: Option<Rc<[u8]>> = sound.map(|()| self.scratch.as_slice().into());
        self.remember(at, unpacked.clone());
        unpacked.map(Payload::Unpacked)
    }

    fn remember(&mut self, at: usize, unpacked: Option<Rc<[u8]>>) {
        const ENTRY: usize = 64;
        let size = unpacked.as_ref().map_or(0, |bytes| bytes.len());
        self.recent_bytes = self.recent_bytes.saturating_add(size).saturating_add(ENTRY);
        if self.recent_bytes > CACHED {
            self.recent.clear();
            self.recent_bytes = size.saturating_add(ENTRY);
        }
        self.recent.insert(at, unpacked);
    }

    fn xz(&mut self, stored: &[u8]) -> Option<()> {
        let stream = liblzma::stream::Stream::new_stream_decoder(XZ_MEMORY, 0).ok()?;
        let decoder = liblzma::bufread::XzDecoder::new_stream(stored, stream);
        self.stream(decoder)
    }

    fn zstd(&mut self, stored: &[u8]) -> Option<()> {
        self.scratch.reserve(MOST_KEPT);
        if self.zstd.is_none() {
            self.zstd = zstd::bulk::Decompressor::new().ok();
        }
        // A reused decompressor is many times faster than a stream; what does not fit needs the stream.
        if let Some(whole) = &mut self.zstd
            && whole
                .decompress_to_buffer(stored, &mut self.scratch)
                .is_ok()
        {
            return Some(());
        }
        self.scratch.clear();
        let decoder = zstd::stream::read::Decoder::with_buffer(stored).ok()?;
        self.stream(decoder)
    }

    fn stream(&mut self, decoder: impl Read) -> Option<()> {
        let mut decoder = decoder.take(MOST_KEPT as u64);
        decoder.read_to_end(&mut self.scratch).ok().map(|_| ())
    }

    /// The unpacked length, then a raw block.
    fn lz4(&mut self, stored: &[u8]) -> Option<()> {
        let length = le64(stored, 0)?;
        let block = stored.get(8..)?;
        let best = (block.len() as u64).saturating_mul(LZ4_BEST_RATIO);
        if length > LARGEST_FIELD || length > best {
            return None;
        }
        self.scratch.resize(usize::try_from(length).ok()?, 0);
        let written = lz4_flex::block::decompress_into(block, &mut self.scratch).ok()?;
        self.scratch.truncate(written.min(MOST_KEPT));
        self.scratch.shrink_to(MOST_KEPT);
        // The whole block was worked on, whatever is kept.
        self.cost = self.cost.saturating_add(length);
        Some(())
    }
}

/// The longest name, its `=`, the most of a value that is shown, and a byte more to tell that it is cut.
const MOST_KEPT: usize = super::LONGEST_NAME + 1 + MOST_VALUE + 1;
