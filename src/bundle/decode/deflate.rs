//! gzip (RFC 1952), deflate (RFC 1951) and deflate64.

use std::io;

use deflate64::InflaterManaged;
use flate2::{Decompress, FlushDecompress, Status};

use super::pump::{Start, Step, Stepped, stepped};

/// The members of a gzip file.
pub(super) struct Gzip(Decompress);

impl Gzip {
    pub(super) fn new() -> Self {
        // The largest window, as the format demands.
        Self(Decompress::new_gzip(15))
    }
}

impl Step for Gzip {
    fn start(&mut self, rest: &[u8]) -> io::Result<Start> {
        // Tapes and block devices fill the rest with zeros; gzip(1) skips them as well.
        let zeros = rest.iter().take_while(|&&byte| byte == 0).count();
        if zeros > 0 {
            return Ok(Start::Skip(zeros));
        }
        if rest[0] != 0x1f {
            return Err(io::Error::other("what follows its end is no gzip stream"));
        }
        if self.0.total_in() > 0 {
            *self = Self::new();
        }
        Ok(Start::Member)
    }

    fn step(&mut self, input: &[u8], output: &mut [u8], _: bool) -> Stepped {
        inflate(&mut self.0, input, output)
    }
}

/// A single stream without a header; what follows it is not read.
pub(super) struct Deflate(Decompress);

impl Deflate {
    pub(super) fn new() -> Self {
        Self(Decompress::new(false))
    }
}

impl Step for Deflate {
    fn start(&mut self, _: &[u8]) -> io::Result<Start> {
        Ok(first(self.0.total_in()))
    }

    fn step(&mut self, input: &[u8], output: &mut [u8], _: bool) -> Stepped {
        inflate(&mut self.0, input, output)
    }
}

/// A member where nothing was read yet, else the end.
pub(super) fn first(read: u64) -> Start {
    if read == 0 { Start::Member } else { Start::End }
}

fn inflate(decoder: &mut Decompress, input: &[u8], output: &mut [u8]) -> Stepped {
    let before = (decoder.total_in(), decoder.total_out());
    let status = decoder.decompress(input, output, FlushDecompress::None);
    let ended = match status {
        Ok(status) => Ok(status == Status::StreamEnd),
        // What else zlib says depends on how far it looked ahead.
        Err(error) => Err(io::Error::other(match error.message() {
            Some("incorrect data check" | "incorrect length check") => "its checksum is wrong",
            _ => "its data is no deflate stream",
        })),
    };
    stepped(before, (decoder.total_in(), decoder.total_out()), ended)
}

/// A single stream with a window of 64 KiB.
pub(super) struct Deflate64 {
    decoder: Box<InflaterManaged>,
    read: u64,
}

impl Deflate64 {
    pub(super) fn new() -> Self {
        Self {
            decoder: Box::new(InflaterManaged::new()),
            read: 0,
        }
    }
}

impl Step for Deflate64 {
    fn start(&mut self, _: &[u8]) -> io::Result<Start> {
        Ok(first(self.read))
    }

    fn step(&mut self, input: &[u8], output: &mut [u8], _: bool) -> Stepped {
        let result = self.decoder.inflate(input, output);
        self.read += result.bytes_consumed as u64;
        let ended = if result.data_error {
            Err(io::Error::other("its data is no deflate64 stream"))
        } else {
            Ok(self.decoder.finished())
        };
        Stepped {
            taken: result.bytes_consumed,
            given: result.bytes_written,
            ended,
        }
    }
}
