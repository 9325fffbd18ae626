//! The methods by which members are compressed (APPNOTE 4.4.5).

use std::io::{self, BufReader, Cursor, Read};

use flate2::Crc;
use ppmd_rust::Ppmd8Decoder;

use super::super::Format;
use super::super::decode::{FullReads, Peeked, decoder, deflate, deflate64, memory, too_large};
use super::super::memory::{Lease, Level};
use super::super::walk::{UNTOLD, Walker};

pub(super) const STORED: u16 = 0;
const DEFLATED: u16 = 8;
const DEFLATE64: u16 = 9;
const BZIP2: u16 = 12;
const LZMA: u16 = 14;
const ZSTD: u16 = 93;
const XZ: u16 = 95;
const PPMD: u16 = 98;

/// The content of a member, and the memory that is taken for it.
pub(super) struct Opened<'r> {
    pub(super) reader: Box<dyn Read + 'r>,
    pub(super) level: Level,
    #[expect(dead_code, reason = "its drop gives the memory back")]
    lease: Option<Lease>,
}

impl<'r> Opened<'r> {
    fn at(level: Level, reader: Box<dyn Read + 'r>) -> Self {
        Self {
            reader,
            level,
            lease: None,
        }
    }

    /// The same through another reader.
    pub(super) fn through<R: Read + 'r>(self, wrap: impl FnOnce(Box<dyn Read + 'r>) -> R) -> Self {
        Self {
            reader: Box::new(wrap(self.reader)),
            ..self
        }
    }
}

/// What a member of `size` bytes holds, from its compressed bytes.
pub(super) fn open<'r>(
    walker: &Walker,
    level: Level,
    method: u16,
    mut raw: impl Read + 'r,
    size: u64,
) -> io::Result<Opened<'r>> {
    let format = match method {
        STORED => return Ok(Opened::at(level, Box::new(raw))),
        DEFLATED => return Ok(Opened::at(level, deflate(raw))),
        DEFLATE64 => return Ok(Opened::at(level, deflate64(raw))),
        PPMD => return ppmd(walker, level, raw),
        LZMA => {
            // Version, length of the properties, properties (APPNOTE 5.8.8); a file in .lzma has these, then the size.
            let mut head = [0; 9];
            raw.read_exact(&mut head)?;
            let mut header = head[4..].to_vec();
            header.extend(size.to_le_bytes());
            let raw = Cursor::new(header).chain(raw);
            return compressed(walker, level, Format::Lzma, raw);
        }
        BZIP2 => Format::Bzip2,
        ZSTD => Format::Zstd,
        XZ => Format::Xz,
        other => {
            let text = format!("the method {other} of zip is not read");
            return Err(io::Error::new(io::ErrorKind::Unsupported, text));
        }
    };
    compressed(walker, level, format, raw)
}

fn compressed<'r>(
    walker: &Walker,
    level: Level,
    format: Format,
    raw: impl Read + 'r,
) -> io::Result<Opened<'r>> {
    let raw = Peeked::over(raw);
    let takes = memory(format, raw.head()).unwrap_or(level.left().min(UNTOLD));
    let Some((level, lease)) = level.take(&walker.memory, takes) else {
        return Err(io::Error::other(too_large(format)));
    };
    Ok(Opened {
        reader: decoder(format, raw, takes)?,
        level,
        lease: Some(lease),
    })
}

/// `PPMd`, version I: two bytes in front of the data hold the order less one, the memory in MiB less one, and how the
/// model is restored (APPNOTE 5.10).
fn ppmd<'r>(walker: &Walker, level: Level, mut raw: impl Read + 'r) -> io::Result<Opened<'r>> {
    let mut head = [0; 2];
    raw.read_exact(&mut head)?;
    let head = u16::from_le_bytes(head);
    let (order, mebibytes) = ((head & 0xf) + 1, ((head >> 4) & 0xff) + 1);
    let memory = u32::from(mebibytes) << 20;
    let Some((level, lease)) = level.take(&walker.memory, memory.into()) else {
        return Err(io::Error::other(
            "the member takes more memory than bundlecheck gives it; unpack the zip first with `7z x`",
        ));
    };
    let raw = BufReader::new(raw);
    let decoder = Ppmd8Decoder::new(raw, order.into(), memory, (head >> 12).into());
    Ok(Opened {
        reader: Box::new(FullReads::in_sips(
            decoder.map_err(|error| io::Error::other(error.to_string()))?,
        )),
        level,
        lease: Some(lease),
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
