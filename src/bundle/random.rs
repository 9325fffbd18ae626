//! Random access for containers that need it, from several threads at once.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Arc;

/// Bytes that can be read at any place by any number of clones.
#[derive(Clone)]
pub(super) struct Random {
    data: Data,
    at: u64,
    length: u64,
}

#[derive(Clone)]
enum Data {
    Memory(Arc<[u8]>),
    File(Arc<File>),
}

impl Random {
    pub(super) fn file(file: File) -> io::Result<Self> {
        let length = file.metadata()?.len();
        Ok(Self {
            data: Data::File(Arc::new(file)),
            at: 0,
            length,
        })
    }

    pub(super) fn length(&self) -> u64 {
        self.length
    }

    pub(super) fn memory(bytes: Vec<u8>) -> Self {
        let length = bytes.len() as u64;
        Self {
            data: Data::Memory(bytes.into()),
            at: 0,
            length,
        }
    }

    /// Holds a small `reader` in memory; a larger one goes to an unlinked temporary file. More than `most` bytes are an
    /// error.
    pub(super) fn spool(reader: &mut dyn Read, most: u64) -> io::Result<Self> {
        // There may be one at every level of every thread.
        const MEMORY: u64 = 256 << 10;
        let mut bytes = Vec::new();
        reader.take(MEMORY).read_to_end(&mut bytes)?;
        if (bytes.len() as u64) < MEMORY {
            return Ok(Self::memory(bytes));
        }
        let mut file = tempfile::tempfile()?;
        let written = io::copy(&mut (&bytes[..]).chain(reader).take(most + 1), &mut file)?;
        if written > most {
            return Err(io::Error::other(format!(
                "the archive is larger than {most} bytes"
            )));
        }
        Self::file(file)
    }
}

impl Read for Random {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = match &self.data {
            Data::Memory(bytes) => {
                let start = usize::try_from(self.at)
                    .unwrap_or(usize::MAX)
                    .min(bytes.len());
                (&bytes[start..]).read(buffer)?
            }
            Data::File(file) => read_at(file, buffer, self.at)?,
        };
        self.at += n as u64;
        Ok(n)
    }
}

impl Seek for Random {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(offset) => self.length.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.at.checked_add_signed(offset),
        };
        self.at = target.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.at)
    }
}

#[cfg(unix)]
fn read_at(file: &File, buffer: &mut [u8], at: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buffer, at)
}

#[cfg(windows)]
fn read_at(file: &File, buffer: &mut [u8], at: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buffer, at)
}

#[cfg(not(any(unix, windows)))]
fn read_at(file: &File, buffer: &mut [u8], at: u64) -> io::Result<usize> {
    let mut file = file;
    file.seek(SeekFrom::Start(at))?;
    file.read(buffer)
}
