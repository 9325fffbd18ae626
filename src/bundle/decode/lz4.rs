//! LZ4.

use std::io::{self, BufRead, Read};

use lz4_flex::frame::FrameDecoder;

/// The frames of an LZ4 file, one after the other.
pub(super) struct Lz4Frames<R: BufRead> {
    frames: FrameDecoder<Tail<R>>,
    /// Frames of the old format have no end mark.
    legacy: bool,
    /// Whether a frame was read to its end, and nothing of the next one.
    between: bool,
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
    pub(super) fn new(mut reader: R) -> Self {
        let legacy = reader
            .fill_buf()
            .is_ok_and(|head| head.starts_with(b"\x02\x21\x4c\x18"));
        Self {
            legacy,
            between: false,
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
                    self.between = true;
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
                        if self.between {
                            let text = "what follows its end is no lz4 stream";
                            return Err(io::Error::other(text));
                        }
                        return Err(error);
                    };
                    let mut skipped = self.frames.get_mut().take(u64::from(*length));
                    if io::copy(&mut skipped, &mut io::sink())? < u64::from(*length) {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                }
                read => {
                    self.between = false;
                    return read;
                }
            }
        }
    }
}
