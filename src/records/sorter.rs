//! Sorting more than fits in memory: sorted runs in temporary files, merged when they are read.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};

/// Bytes that are sorted in memory at once.
const RUN: usize = 48 << 20;

/// By what records are sorted.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Key {
    /// Records of which the time is unknown come last.
    pub(crate) undated: bool,
    /// The instant.
    pub(crate) micros: i64,
    /// The entry, in the order of their names.
    pub(crate) entry: u32,
    /// The line, counted from zero.
    pub(crate) line: u64,
    /// How the time is known; as an index, since it plays no part in the order.
    pub(crate) source: u8,
}

/// Bytes of a key in a file.
const KEY: usize = 22;

/// Takes records in any order.
#[derive(Debug)]
pub(crate) struct Sorter {
    limit: usize,
    data: Vec<u8>,
    index: Vec<(Key, usize, u32)>,
    runs: Vec<File>,
}

impl Sorter {
    pub(crate) fn new() -> Self {
        Self::with_limit(RUN)
    }

    /// A sorter that holds so many bytes in memory.
    pub(super) fn with_limit(limit: usize) -> Self {
        Self {
            limit,
            data: Vec::new(),
            index: Vec::new(),
            runs: Vec::new(),
        }
    }

    /// Adds a record.
    pub(crate) fn add(&mut self, key: Key, bytes: &[u8]) -> io::Result<()> {
        let taken = self.data.len() + self.index.len() * size_of::<(Key, usize, u32)>();
        if taken + bytes.len() > self.limit && !self.index.is_empty() {
            self.spill()?;
        }
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        self.index.push((key, self.data.len(), length));
        self.data.extend_from_slice(bytes);
        Ok(())
    }

    fn spill(&mut self) -> io::Result<()> {
        self.index.sort_unstable();
        let mut out = BufWriter::with_capacity(1 << 16, tempfile::tempfile()?);
        for (key, at, length) in &self.index {
            out.write_all(&key.to_bytes())?;
            out.write_all(&length.to_le_bytes())?;
            out.write_all(&self.data[*at..*at + *length as usize])?;
        }
        let mut file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.seek(SeekFrom::Start(0))?;
        self.runs.push(file);
        self.index.clear();
        self.data.clear();
        Ok(())
    }

    /// Hands the records out in order.
    pub(crate) fn finish(
        mut self,
        each: &mut dyn FnMut(Key, &[u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        if self.runs.is_empty() {
            self.index.sort_unstable();
            for (key, at, length) in &self.index {
                each(*key, &self.data[*at..*at + *length as usize])?;
            }
            return Ok(());
        }
        self.spill()?;
        let Self {
            runs, data, index, ..
        } = self;
        drop((data, index));
        let mut runs: Vec<Run> = runs.into_iter().map(Run::new).collect();
        let mut heap = BinaryHeap::new();
        for (at, run) in runs.iter_mut().enumerate() {
            if run.next()? {
                heap.push(Reverse((run.key, at)));
            }
        }
        while let Some(Reverse((key, at))) = heap.pop() {
            let run = &mut runs[at];
            each(key, &run.bytes)?;
            if run.next()? {
                heap.push(Reverse((run.key, at)));
            }
        }
        Ok(())
    }
}

/// A sorted run in a file.
struct Run {
    file: BufReader<File>,
    key: Key,
    bytes: Vec<u8>,
}

impl Run {
    fn new(file: File) -> Self {
        Self {
            file: BufReader::with_capacity(1 << 16, file),
            key: Key::from_bytes([0; KEY]),
            bytes: Vec::new(),
        }
    }

    /// Reads the next record; `false` at the end.
    fn next(&mut self) -> io::Result<bool> {
        let mut key = [0; KEY];
        if let Err(error) = self.file.read_exact(&mut key) {
            let end = error.kind() == io::ErrorKind::UnexpectedEof;
            return if end { Ok(false) } else { Err(error) };
        }
        let mut length = [0; 4];
        self.file.read_exact(&mut length)?;
        self.key = Key::from_bytes(key);
        self.bytes.resize(u32::from_le_bytes(length) as usize, 0);
        self.file.read_exact(&mut self.bytes)?;
        Ok(true)
    }
}

impl Key {
    fn to_bytes(self) -> [u8; KEY] {
        let mut bytes = [0; KEY];
        bytes[0] = u8::from(self.undated);
        bytes[1..9].copy_from_slice(&self.micros.to_le_bytes());
        bytes[9..13].copy_from_slice(&self.entry.to_le_bytes());
        bytes[13..21].copy_from_slice(&self.line.to_le_bytes());
        bytes[21] = self.source;
        bytes
    }

    fn from_bytes(bytes: [u8; KEY]) -> Self {
        let [
            undated,
            m0,
            m1,
            m2,
            m3,
            m4,
            m5,
            m6,
            m7,
            e0,
            e1,
            e2,
            e3,
            l0,
            l1,
            l2,
            l3,
            l4,
            l5,
            l6,
            l7,
            source,
        ] = bytes;
        Self {
            undated: undated == 1,
            micros: i64::from_le_bytes([m0, m1, m2, m3, m4, m5, m6, m7]),
            entry: u32::from_le_bytes([e0, e1, e2, e3]),
            line: u64::from_le_bytes([l0, l1, l2, l3, l4, l5, l6, l7]),
            source,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(limit: usize) -> Vec<(i64, Vec<u8>)> {
        let mut sorter = Sorter::with_limit(limit);
        for at in 0..500u64 {
            let micros = i64::try_from(at * 7919 % 503).expect("small") - 250;
            let key = Key {
                undated: at % 50 == 0,
                micros,
                entry: 3,
                line: at,
                source: 1,
            };
            sorter
                .add(key, format!("{at}").as_bytes())
                .expect("it is added");
        }
        let mut all = Vec::new();
        let mut each = |key: Key, bytes: &[u8]| {
            all.push((key.micros, bytes.to_vec()));
            Ok(())
        };
        sorter.finish(&mut each).expect("it is read");
        all
    }

    #[test]
    fn runs_in_files_give_the_same_order_as_memory() {
        let in_memory = sorted(1 << 20);
        assert_eq!(in_memory.len(), 500);
        assert!(in_memory[..490].is_sorted_by_key(|(micros, _)| *micros));
        assert_eq!(sorted(2000), in_memory);
        assert_eq!(sorted(1), in_memory);
    }
}
