//! Text without the zeros that a file system or a crash put into it.

use std::io::{self, Read};

/// So many NULs are no text: a hole in a log that was emptied while a program wrote to it, or a block that a crash lost.
pub(super) const RUN: usize = 64;

/// Readers with less room than this are served from a buffer.
const ROOM: usize = 1024;

/// A stream in which long runs of NULs end the line, and nothing else; shorter ones stay.
pub(super) struct WithoutZeros<R> {
    inner: R,
    /// NULs that were read and not yet handed on; from [`RUN`] on they never are.
    run: usize,
    /// The last byte that was handed on.
    last: Option<u8>,
    /// What was read for a reader with little room, of which `at` bytes were handed on.
    held: Vec<u8>,
    at: usize,
}

impl<R: Read> WithoutZeros<R> {
    pub(super) fn new(inner: R) -> Self {
        Self {
            inner,
            run: 0,
            last: None,
            held: Vec::new(),
            at: 0,
        }
    }

    /// Hands on NULs that turned out to be few.
    fn release(&mut self, buffer: &mut [u8]) -> usize {
        let n = self.run.min(buffer.len());
        buffer[..n].fill(0);
        self.run -= n;
        n
    }

    /// Moves what stays in `buffer` to its start; returns the length.
    fn compact(&mut self, buffer: &mut [u8], kept: usize) -> usize {
        let (mut read, mut write) = (kept, 0);
        // The NULs in front of what was read are those that `run` counts.
        let (mut run, mut last) = (self.run, self.last);
        while read < buffer.len() {
            let zeros = buffer[read..].iter().take_while(|&&byte| byte == 0).count();
            run = (run + zeros).min(RUN);
            read += zeros;
            if read == buffer.len() {
                break;
            }
            let text = memchr::memchr(0, &buffer[read..]).unwrap_or(buffer.len() - read);
            if run < RUN {
                buffer[write..write + run].fill(0);
                write += run;
            } else if last.is_some_and(|byte| byte != b'\n') {
                // What was lost ends the line: the text behind it is another one.
                buffer[write] = b'\n';
                write += 1;
            }
            buffer.copy_within(read..read + text, write);
            write += text;
            read += text;
            run = 0;
            last = Some(buffer[write - 1]);
        }
        (self.run, self.last) = (run, last);
        write
    }

    /// Reads into a buffer with room.
    fn fill(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            // Room for the NULs that may turn out to be few, or for the end of a line.
            let kept = if self.run < RUN { self.run } else { 1 };
            let n = self.inner.read(&mut buffer[kept..])?;
            if n == 0 {
                let few = self.run < RUN;
                return Ok(if few { self.release(buffer) } else { 0 });
            }
            let filled = kept + n;
            if self.run == 0 && memchr::memchr(0, &buffer[..filled]).is_none() {
                self.last = Some(buffer[filled - 1]);
                return Ok(filled);
            }
            let n = self.compact(&mut buffer[..filled], kept);
            if n > 0 {
                return Ok(n);
            }
        }
    }
}

impl<R: Read> Read for WithoutZeros<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.held.len() {
            if buffer.len() >= ROOM {
                return self.fill(buffer);
            }
            let mut held = std::mem::take(&mut self.held);
            held.resize(ROOM, 0);
            let n = self.fill(&mut held)?;
            held.truncate(n);
            (self.held, self.at) = (held, 0);
        }
        let n = (&self.held[self.at..]).read(buffer)?;
        self.at += n;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8], piece: usize, buffer: usize) -> Vec<u8> {
        struct Pieces<'a>(&'a [u8], usize);
        impl Read for Pieces<'_> {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                let most = buffer.len().min(self.1);
                self.0.read(&mut buffer[..most])
            }
        }
        let mut reader = WithoutZeros::new(Pieces(text, piece));
        let (mut all, mut buffer) = (Vec::new(), vec![0; buffer]);
        loop {
            match reader.read(&mut buffer).expect("sound") {
                0 => return all,
                n => all.extend_from_slice(&buffer[..n]),
            }
        }
    }

    #[test]
    fn long_runs_go_and_short_ones_stay_wherever_the_pieces_end() {
        let zeros = |n| vec![0; n];
        let text = [
            zeros(100),
            b"a\n".to_vec(),
            zeros(RUN - 1),
            b"b\n".to_vec(),
            zeros(RUN),
            b"c\n".to_vec(),
            zeros(1000),
            b"d\n".to_vec(),
            zeros(3),
        ]
        .concat();
        let expected = [&b"a\n"[..], &zeros(RUN - 1), b"b\nc\nd\n", &zeros(3)].concat();
        for piece in 1..120 {
            for buffer in [1, 3, 33, 1024, 4096] {
                assert_eq!(read(&text, piece, buffer), expected, "{piece} {buffer}");
            }
        }
        assert_eq!(read(&zeros(5000), 100, 64), b"");
        assert_eq!(read(b"plain", 2, 64), b"plain");
        let cut = [&b"saving sta"[..], &zeros(3000), b"2024 next\n"].concat();
        for piece in [1, 7, 64, 65, 4096] {
            assert_eq!(
                read(&cut, piece, 4096),
                b"saving sta\n2024 next\n",
                "{piece}"
            );
        }
    }
}
