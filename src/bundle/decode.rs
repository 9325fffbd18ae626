//! Decompressors, and how a damaged stream ends.
//!
//! A decoder error ends the stream for whoever reads it; the first error is kept and reported after
//! everything readable was used.

use std::cell::RefCell;
use std::io::{self, BufRead, Read};
use std::rc::Rc;

use flate2::{Decompress, FlushDecompress, Status};
use liblzma::bufread::XzDecoder;
use liblzma::stream::{CONCATENATED, Stream};
use lz4_flex::frame::FrameDecoder;

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

/// Memory that a decoder may take for its window: enough for `xz -9` and `zstd --ultra -22`, and for nothing that was
/// made to take memory.
pub(super) const MEMORY: u64 = 192 << 20;
/// The same for zstd, as the binary logarithm of the window.
const ZSTD_WINDOW_LOG: u32 = 27;

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
            let tool = match self.format {
                Format::Zstd => "zstd -d --long=31",
                _ => "xz -d",
            };
            let detail = format!(
                "the {name} stream takes more memory than bundlecheck gives it; unpack it first with `{tool}`"
            );
            self.fate.set(Reason::Limit, detail);
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

/// The decoder of `format` over `reader`; concatenated members and frames are read to the last.
pub(super) fn decoder<'a>(
    format: Format,
    reader: impl Read + 'a,
) -> io::Result<Box<dyn Read + 'a>> {
    if format == Format::Gzip {
        let reader = io::BufReader::with_capacity(PIECE, reader);
        return Ok(Box::new(GzipMembers::new(reader)));
    }
    let reader = io::BufReader::with_capacity(PIECE, FullReads(reader));
    let decoder: Box<dyn Read> = match format {
        Format::Xz | Format::Lzip | Format::Lzma => {
            let stream = match format {
                Format::Xz => Stream::new_stream_decoder(MEMORY, CONCATENATED)?,
                Format::Lzip => Stream::new_lzip_decoder(MEMORY, CONCATENATED)?,
                _ => Stream::new_lzma_decoder(MEMORY)?,
            };
            Box::new(XzDecoder::new_stream(reader, stream))
        }
        Format::Zstd => {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(reader)?;
            decoder.window_log_max(ZSTD_WINDOW_LOG)?;
            Box::new(decoder)
        }
        Format::Bzip2 => Box::new(bzip2::bufread::MultiBzDecoder::new(reader)),
        Format::Lz4 => Box::new(Lz4Frames::new(reader)),
        other => return Err(io::Error::other(format!("{other} is not a compression"))),
    };
    Ok(Box::new(FixedReads::new(decoder)))
}

/// How much is read and decoded at a time.
const PIECE: usize = 64 << 10;

/// A reader that fills every buffer. What a decoder delivers of a damaged stream depends on the pieces that it gets;
/// these depend on the bytes alone, and not on the pipe that they come through.
struct FullReads<R>(R);

impl<R: Read> Read for FullReads<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.0.read(&mut buffer[filled..]) {
                Ok(0) => break,
                Ok(n) => filled += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // The stream below fails again when it is asked again, or ends.
                Err(_) if filled > 0 => break,
                Err(error) => return Err(error),
            }
        }
        Ok(filled)
    }
}

/// A decoder that is asked for pieces of one size, for the same reason.
struct FixedReads<R> {
    inner: R,
    piece: Vec<u8>,
    at: usize,
}

impl<R: Read> FixedReads<R> {
    fn new(inner: R) -> Self {
        Self {
            inner,
            piece: Vec::new(),
            at: 0,
        }
    }
}

impl<R: Read> Read for FixedReads<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.piece.len() {
            self.at = 0;
            self.piece.resize(PIECE, 0);
            let n = self.inner.read(&mut self.piece);
            self.piece.truncate(*n.as_ref().unwrap_or(&0));
            n?;
        }
        let n = (&self.piece[self.at..]).read(buffer)?;
        self.at += n;
        Ok(n)
    }
}

/// The members of a gzip file (RFC 1952, 2.2), one after the other. Of a damaged member everything in front of the
/// damage is delivered; flate2's own reader keeps what the last call has decoded.
struct GzipMembers<R> {
    reader: R,
    /// The member that is read; none between members.
    member: Option<Decompress>,
    /// What comes after the bytes that were delivered last.
    failure: Option<io::Error>,
}

impl<R: BufRead> GzipMembers<R> {
    fn new(reader: R) -> Self {
        Self {
            reader,
            member: None,
            failure: None,
        }
    }

    /// The next member, unless the file ends.
    fn next_member(&mut self) -> io::Result<bool> {
        // Tapes and block devices fill the rest with zeros; gzip(1) skips them as well.
        while let Some(skip) = zeros(self.reader.fill_buf()?) {
            self.reader.consume(skip);
        }
        match self.reader.fill_buf()? {
            [] => Ok(false),
            [0x1f, ..] => {
                // The largest window, as the format demands.
                self.member = Some(Decompress::new_gzip(15));
                Ok(true)
            }
            _ => Err(io::Error::other("what follows its end is no gzip stream")),
        }
    }
}

impl<R: BufRead> Read for GzipMembers<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            let Some(member) = &mut self.member else {
                if self.next_member()? {
                    continue;
                }
                return Ok(0);
            };
            let input = self.reader.fill_buf()?;
            let last = input.is_empty();
            let (before_in, before_out) = (member.total_in(), member.total_out());
            let status = member.decompress(input, buffer, FlushDecompress::None);
            let taken = usize::try_from(member.total_in() - before_in).unwrap_or(input.len());
            let given = usize::try_from(member.total_out() - before_out).unwrap_or(buffer.len());
            self.reader.consume(taken);
            let outcome = match status {
                Ok(Status::StreamEnd) => {
                    self.member = None;
                    Ok(())
                }
                Ok(_) if last && given == 0 => Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(_) if taken == 0 && given == 0 => Err(io::Error::other("it makes no progress")),
                Ok(_) => Ok(()),
                // What else zlib says depends on how far it looked ahead.
                Err(error) => Err(io::Error::other(match error.message() {
                    Some("incorrect data check" | "incorrect length check") => {
                        "its checksum is wrong"
                    }
                    _ => "its data is no deflate stream",
                })),
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

/// How many zeros are at the start, if there are any.
fn zeros(bytes: &[u8]) -> Option<usize> {
    let count = bytes.iter().take_while(|&&byte| byte == 0).count();
    (count > 0).then_some(count)
}

/// The frames of an LZ4 file, one after the other.
struct Lz4Frames<R: BufRead> {
    frames: FrameDecoder<Tail<R>>,
    /// Frames of the old format have no end mark.
    legacy: bool,
}

/// A reader that remembers the last bytes that it gave.
struct Tail<R> {
    inner: R,
    last: [u8; 8],
}

impl<R: BufRead> Read for Tail<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        let given = &buffer[n.saturating_sub(self.last.len())..n];
        self.last.rotate_left(given.len());
        let start = self.last.len() - given.len();
        self.last[start..].copy_from_slice(given);
        Ok(n)
    }
}

impl<R> Tail<R> {
    /// Whether the end mark of a frame was read last: a block of no bytes, with or without a checksum behind it. The
    /// decoder takes the end of a file between two blocks for one.
    fn is_end_mark(&self) -> bool {
        self.last[4..] == [0; 4] || self.last[..4] == [0; 4]
    }
}

impl<R: BufRead> Lz4Frames<R> {
    fn new(mut reader: R) -> Self {
        let legacy = reader
            .fill_buf()
            .is_ok_and(|head| head.starts_with(b"\x02\x21\x4c\x18"));
        Self {
            legacy,
            frames: FrameDecoder::new(Tail {
                inner: reader,
                last: [0; 8],
            }),
        }
    }
}

impl<R: BufRead> Read for Lz4Frames<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.frames.read(buffer) {
                // The end of a frame; the next read starts another one.
                Ok(0) if !buffer.is_empty() => {
                    let reader = self.frames.get_mut();
                    if reader.inner.fill_buf()?.is_empty() {
                        if reader.is_end_mark() || self.legacy {
                            return Ok(0);
                        }
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                }
                Err(error) => {
                    let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
                    let Some(lz4_flex::frame::Error::SkippableFrame(length)) = inner else {
                        return Err(error);
                    };
                    let mut skipped = self.frames.get_mut().take(u64::from(*length));
                    if io::copy(&mut skipped, &mut io::sink())? < u64::from(*length) {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                }
                read => return read,
            }
        }
    }
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
