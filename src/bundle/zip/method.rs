//! The methods by which members are compressed (APPNOTE 4.4.5).

use std::io::{self, BufReader, Cursor, Read};

use ::zip::CompressionMethod;
use flate2::Crc;

use super::super::Format;
use super::super::decode::decoder;

pub(super) const STORED: u16 = 0;
pub(super) const DEFLATED: u16 = 8;
pub(super) const BZIP2: u16 = 12;
pub(super) const LZMA: u16 = 14;
pub(super) const ZSTD: u16 = 93;
pub(super) const XZ: u16 = 95;
pub(super) const PPMD: u16 = 98;

/// Memory that a member in `PPMd` may ask for; 7-Zip's highest level takes less.
pub(super) const PPMD_MEMORY: u64 = 128 << 20;

/// The number of a method whose memory is looked at.
pub(super) fn number(method: CompressionMethod) -> Option<u16> {
    [
        (CompressionMethod::LZMA, LZMA),
        (CompressionMethod::XZ, XZ),
        (CompressionMethod::PPMD, PPMD),
    ]
    .into_iter()
    .find(|(own, _)| *own == method)
    .map(|(_, number)| number)
}

/// The memory that a member in `PPMd`, version I, asks for: two bytes in front of the data hold the order, the size in
/// MiB and how the model is restored (APPNOTE 5.10).
pub(super) fn ppmd_memory(mut data: impl Read) -> Option<u64> {
    let mut head = [0; 2];
    data.read_exact(&mut head).ok()?;
    let size = (u16::from_le_bytes(head) >> 4) & 0xff;
    Some((u64::from(size) + 1) << 20)
}

/// What a member of `size` bytes holds, from its compressed bytes.
pub(super) fn decode<'r>(
    method: u16,
    mut raw: impl Read + 'r,
    size: u64,
) -> io::Result<Box<dyn Read + 'r>> {
    Ok(match method {
        STORED => Box::new(raw),
        DEFLATED => Box::new(flate2::bufread::DeflateDecoder::new(BufReader::new(raw))),
        BZIP2 => decoder(Format::Bzip2, raw)?,
        ZSTD => decoder(Format::Zstd, raw)?,
        XZ => decoder(Format::Xz, raw)?,
        LZMA => {
            // Version, length of the properties, properties (APPNOTE 5.8.8); a file in .lzma has these, then the size.
            let mut head = [0; 9];
            raw.read_exact(&mut head)?;
            let mut header = head[4..].to_vec();
            header.extend(size.to_le_bytes());
            decoder(Format::Lzma, Cursor::new(header).chain(raw))?
        }
        other => {
            let text = format!("method {other} of zip is not read here");
            return Err(io::Error::new(io::ErrorKind::Unsupported, text));
        }
    })
}

/// A member whose checksum is compared at its end.
pub(super) struct Checked<R> {
    inner: R,
    crc: Crc,
    expected: u32,
}

impl<R: Read> Checked<R> {
    pub(super) fn new(inner: R, expected: u32) -> Self {
        Self {
            inner,
            crc: Crc::new(),
            expected,
        }
    }
}

impl<R: Read> Read for Checked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.crc.update(&buffer[..n]);
        if n == 0 && !buffer.is_empty() && self.crc.sum() != self.expected {
            return Err(io::Error::other("its checksum is wrong"));
        }
        Ok(n)
    }
}
