//! Buffers that wait: in memory up to a limit, beyond it in an unlinked temporary file.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::{Mutex, PoisonError};

/// Bytes that are held in memory.
const IN_MEMORY: usize = 64 << 20;

/// Keeps buffers of many threads.
#[derive(Debug)]
pub(crate) struct Spool {
    state: Mutex<State>,
    limit: usize,
}

#[derive(Debug, Default)]
struct State {
    in_memory: usize,
    file: Option<File>,
    end: u64,
}

/// A buffer that was stored.
#[derive(Debug)]
pub(crate) enum Data {
    Memory(Vec<u8>),
    File { at: u64, length: usize },
}

impl Default for Spool {
    fn default() -> Self {
        Self::with_limit(IN_MEMORY)
    }
}

impl Spool {
    /// A spool that holds so many bytes in memory.
    pub(super) fn with_limit(limit: usize) -> Self {
        Self {
            state: Mutex::default(),
            limit,
        }
    }

    /// Stores a buffer.
    pub(super) fn store(&self, mut buffer: Vec<u8>) -> io::Result<Data> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.in_memory + buffer.len() <= self.limit {
            buffer.shrink_to_fit();
            state.in_memory += buffer.len();
            return Ok(Data::Memory(buffer));
        }
        let at = state.end;
        let file = match &mut state.file {
            Some(file) => file,
            none => none.insert(tempfile::tempfile()?),
        };
        file.seek(SeekFrom::Start(at))?;
        file.write_all(&buffer)?;
        state.end += buffer.len() as u64;
        Ok(Data::File {
            at,
            length: buffer.len(),
        })
    }

    /// Takes a buffer back.
    pub(crate) fn take(&self, data: Data) -> io::Result<Vec<u8>> {
        let (at, length) = match data {
            Data::Memory(buffer) => return Ok(buffer),
            Data::File { at, length } => (at, length),
        };
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut buffer = vec![0; length];
        if let Some(file) = &mut state.file {
            file.seek(SeekFrom::Start(at))?;
            file.read_exact(&mut buffer)?;
        }
        Ok(buffer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_much_for_memory_comes_back_from_a_file() {
        let spool = Spool::with_limit(10);
        let texts: Vec<Vec<u8>> = (0..5u8)
            .map(|n| vec![b'a' + n; 4 + usize::from(n)])
            .collect();
        let stored: Vec<Data> = texts
            .iter()
            .map(|text| spool.store(text.clone()).expect("it is stored"))
            .collect();
        assert!(matches!(stored[0], Data::Memory(_)) && matches!(stored[4], Data::File { .. }));
        for (data, text) in stored.into_iter().zip(texts) {
            assert_eq!(spool.take(data).expect("it is there"), text);
        }
    }
}
