//! Decompressors, and how a damaged stream ends.
//!
//! A decoder error ends the stream for whoever reads it; the first error is kept and reported after
//! everything readable was used.

mod bzip2;
mod deflate;
mod lz4;
mod lzma;
mod pieces;
mod pump;
mod zstd;

use std::cell::RefCell;
use std::io::{self, BufReader, Read};
use std::rc::Rc;

use self::bzip2::Bzip2;
use self::deflate::{Deflate, Deflate64, Gzip};
use self::lz4::Lz4Frames;
use self::lzma::Lzma;
pub(super) use self::lzma::has_blocks;
pub(super) use self::pieces::FullReads;
use self::pieces::{FixedReads, PIECE};
use self::pump::Pump;
use self::zstd::Zstd;
use super::limits::{Budget, Within};
use super::sniff::HEAD;
use super::{Format, Reason};

/// The fate of a stream: empty while it is sound.
#[derive(Clone, Debug, Default)]
pub(super) struct Fate(Rc<RefCell<Option<(Reason, String)>>>);

impl Fate {
    /// Records the first misfortune.
    pub(super) fn set(&self, reason: Reason, detail: impl Into<String>) {
        self.0
            .borrow_mut()
            .get_or_insert_with(|| (reason, detail.into()));
    }

    /// What went wrong, if anything did.
    pub(super) fn get(&self) -> Option<(Reason, String)> {
        self.0.borrow().clone()
    }
}

/// A reader that never fails: an error becomes the end of the stream and is recorded in its [`Fate`].
pub(super) struct Recovering<R> {
    inner: R,
    fate: Fate,
    format: Format,
    budget: Option<Budget>,
    ended: bool,
}

impl<R: Read> Recovering<R> {
    pub(super) fn new(inner: R, format: Format, fate: Fate) -> Self {
        Self {
            inner,
            fate,
            format,
            budget: None,
            ended: false,
        }
    }

    /// What is read counts as unpacked.
    pub(super) fn metered(mut self, budget: Budget) -> Self {
        self.budget = Some(budget);
        self
    }

    fn record(&self, error: &io::Error) {
        let (name, text) = (self.format.extension(), error.to_string());
        if self.format == Format::Directory {
            return self
                .fate
                .set(Reason::Unreadable, format!("cannot read on: {text}"));
        }
        if error.kind() == io::ErrorKind::UnexpectedEof || text.contains("premature eof") {
            self.fate.set(
                Reason::Truncated,
                format!("the {name} stream ends before its end mark"),
            );
        } else if text.contains("memory") {
            self.fate.set(Reason::Limit, too_large(self.format));
        } else {
            self.fate.set(
                Reason::Corrupt,
                format!("the {name} stream is damaged: {text}"),
            );
        }
    }
}

impl<R: Read> Read for Recovering<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while !self.ended {
            match self.inner.read(buffer) {
                Ok(0) if !buffer.is_empty() => self.ended = true,
                Ok(n) => {
                    let Some(budget) = &self.budget else {
                        return Ok(n);
                    };
                    let (left, within) = budget.spend(n);
                    self.ended = within != Within::Limit;
                    if within == Within::First {
                        let detail = budget.spent.halted().unwrap_or_default();
                        self.fate.set(Reason::Limit, detail);
                    }
                    return Ok(left);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.record(&error);
                    self.ended = true;
                }
            }
        }
        Ok(0)
    }
}

/// What a decoder may take besides its window.
const OVERHEAD: u64 = 1 << 20;

/// The window that later members of a stream may have, whatever the first one has: that of `xz -6` and `zstd -19`.
const USUAL_WINDOW: u64 = 8 << 20;

/// The memory that the decoder of a stream takes for what it must remember, as far as its head tells.
/// None where that is not in the head.
pub(super) fn memory(format: Format, head: &[u8]) -> Option<u64> {
    let window = match format {
        Format::Xz | Format::Lzip | Format::Lzma => lzma::dictionary(format, head),
        // The library takes powers of two for a limit.
        Format::Zstd => zstd::window(head).and_then(u64::checked_next_power_of_two),
        // Of nine blocks of 100 kB (bzip2 manual, 2.5), and of the largest block, twice.
        Format::Bzip2 => return Some(4 << 20),
        Format::Lz4 => return Some(8 << 20),
        _ => return Some(0),
    };
    Some(window?.max(USUAL_WINDOW).saturating_add(OVERHEAD))
}

/// The decoder of `format` over `reader`, which takes [`memory`]; concatenated members and frames are read to the last, but for LZ4 of the
/// old format.
pub(super) fn decoder<'a>(
    format: Format,
    reader: impl Read + 'a,
    memory: u64,
) -> io::Result<Box<dyn Read + 'a>> {
    if format == Format::Zstd {
        let reader = BufReader::with_capacity(PIECE, FullReads::new(reader));
        let decoder = Pump::new(reader, Zstd::new(memory.ilog2())?);
        return Ok(Box::new(FixedReads::new(decoder)));
    }
    let reader = BufReader::with_capacity(PIECE, reader);
    Ok(match format {
        Format::Gzip => Box::new(Pump::new(reader, Gzip::new())),
        Format::Xz | Format::Lzip | Format::Lzma => {
            Box::new(Pump::new(reader, Lzma::new(format, memory)?))
        }
        Format::Bzip2 => Box::new(Pump::new(reader, Bzip2::new())),
        Format::Lz4 => Box::new(Lz4Frames::new(reader)),
        other => return Err(io::Error::other(format!("{other} is not a compression"))),
    })
}

/// The decoder of an xz stream that [`has_blocks`], by several threads. It gives the same as [`decoder`], and takes
/// [`AHEAD`](super::memory::AHEAD) more.
pub(super) fn blocks<'a>(
    reader: impl Read + 'a,
    memory: u64,
    threads: u32,
) -> io::Result<Box<dyn Read + 'a>> {
    let reader = BufReader::with_capacity(PIECE, reader);
    Ok(Box::new(Pump::new(reader, Lzma::blocks(memory, threads)?)))
}

/// A single deflate stream without a header.
pub(super) fn deflate<'a>(reader: impl Read + 'a) -> Box<dyn Read + 'a> {
    let reader = BufReader::with_capacity(PIECE, reader);
    Box::new(Pump::new(reader, Deflate::new()))
}

/// A single deflate64 stream.
pub(super) fn deflate64<'a>(reader: impl Read + 'a) -> Box<dyn Read + 'a> {
    let reader = BufReader::with_capacity(PIECE, reader);
    Box::new(Pump::new(reader, Deflate64::new()))
}

/// That a stream takes more memory than there is for it.
pub(super) fn too_large(format: Format) -> String {
    let tool = match format {
        Format::Zstd => "zstd -d --long=31",
        Format::Xz | Format::Lzma => "xz -d",
        Format::Lzip => "lzip -d",
        Format::Bzip2 => "bzip2 -d",
        Format::Lz4 => "lz4 -d",
        _ => "7z x",
    };
    let name = format.extension();
    format!(
        "the {name} stream and those around it take more memory than bundlecheck gives them; unpack it first with \
         `{tool}`"
    )
}

/// A reader whose first bytes have been looked at.
pub(super) struct Peeked<R> {
    head: Vec<u8>,
    at: usize,
    rest: R,
}

impl<R: Read> Peeked<R> {
    /// Looks at the head of `reader`. A stream that fails at once is empty; a [`Recovering`] knows why.
    pub(super) fn over(mut reader: R) -> Self {
        let mut head = Vec::with_capacity(HEAD);
        let _ = Read::by_ref(&mut reader)
            .take(HEAD as u64)
            .read_to_end(&mut head);
        Self {
            head,
            at: 0,
            rest: reader,
        }
    }

    /// The bytes that were looked at.
    pub(super) fn head(&self) -> &[u8] {
        &self.head
    }
}

impl<R: Read> Read for Peeked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.head.len() {
            return self.rest.read(buffer);
        }
        let n = (&self.head[self.at..]).read(buffer)?;
        self.at += n;
        Ok(n)
    }
}
