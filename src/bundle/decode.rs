//! Decompressors, and how a damaged stream ends.
//!
//! A decoder error ends the stream for whoever reads it; the first error is kept and reported after
//! everything readable was used.

use std::cell::RefCell;
use std::io::{self, Read};
use std::rc::Rc;

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
    delivered: bool,
    ended: bool,
}

impl<R: Read> Recovering<R> {
    pub(super) fn new(inner: R, format: Format, fate: Fate) -> Self {
        Self {
            inner,
            fate,
            format,
            delivered: false,
            ended: false,
        }
    }

    fn record(&self, error: &io::Error) {
        let (name, text) = (self.format.extension(), error.to_string());
        if self.delivered && self.format == Format::Gzip && text.contains("invalid gzip header") {
            return; // Padding or junk after a complete member: gzip(1) ignores it as well.
        }
        if error.kind() == io::ErrorKind::UnexpectedEof || text.contains("premature eof") {
            self.fate.set(
                Reason::Truncated,
                format!("the {name} stream ends before its end mark"),
            );
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
                    self.delivered = true;
                    return Ok(n);
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
    let reader = io::BufReader::with_capacity(64 << 10, reader);
    Ok(match format {
        Format::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(reader)),
        Format::Xz => Box::new(liblzma::bufread::XzDecoder::new_multi_decoder(reader)),
        Format::Zstd => Box::new(zstd::stream::read::Decoder::with_buffer(reader)?),
        Format::Bzip2 => Box::new(bzip2::bufread::MultiBzDecoder::new(reader)),
        other => return Err(io::Error::other(format!("{other} is not a compression"))),
    })
}

/// A reader whose first bytes have been looked at.
pub(super) struct Peeked<R> {
    head: Vec<u8>,
    at: usize,
    rest: R,
}

impl<R: Read> Peeked<R> {
    /// Reads up to `want` bytes ahead.
    pub(super) fn new(mut reader: R, want: usize) -> io::Result<Self> {
        let mut head = Vec::with_capacity(want);
        Read::by_ref(&mut reader)
            .take(want as u64)
            .read_to_end(&mut head)?;
        Ok(Self {
            head,
            at: 0,
            rest: reader,
        })
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
