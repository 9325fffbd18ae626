//! The journal export format, as `journalctl -o export` writes it: `NAME=value` lines, or for values with
//! special characters `NAME`, their length in 64 bits little-endian, their bytes and a newline; a blank line
//! ends an entry. After systemd's "Journal Export Format".

use std::io::{self, BufRead, BufReader, ErrorKind, Read};
use std::ops::Range;

use super::{LONGEST_NAME, MOST_ENTRY, MOST_FIELDS, MOST_VALUE, counted, cut_at, is_name};

/// A field that claims to be longer is damaged.
const LARGEST_FIELD: u64 = 64 << 20;

/// The longest name, its `=`, the most of a value that is kept, and a byte more to tell that it is cut.
const MOST_LINE: usize = LONGEST_NAME + 1 + MOST_VALUE + 1;

/// Entries of an export stream, one at a time.
pub(super) struct Export<'r> {
    input: Input<'r>,
    /// Names and values of the current entry.
    bytes: Vec<u8>,
    fields: Vec<(Range<usize>, Range<usize>)>,
    /// Newlines that the current entry takes in the stream.
    newlines: u64,
    damage: Damage,
}

/// What was wrong so far.
#[derive(Default)]
struct Damage {
    /// The stream ends inside a line or a value.
    unfinished: bool,
    /// Lines that are no fields.
    foreign: u64,
    /// Values whose length is wrong.
    broken: u64,
    /// Fields too many or too large for one entry.
    lost: u64,
    cut: u64,
}

impl Damage {
    /// What was not read, a sentence each.
    fn sentences(&self) -> Vec<String> {
        let mut sentences = Vec::new();
        if self.unfinished {
            sentences.push("truncated: it ends in the middle of an entry".to_owned());
        }
        sentences.extend(counted(
            self.foreign,
            "line that is no field was skipped",
            "lines that are no fields were skipped",
        ));
        sentences.extend(counted(
            self.broken,
            "value with a wrong length is damaged",
            "values with wrong lengths are damaged",
        ));
        sentences.extend(counted(
            self.lost,
            "field was left out: too many in one entry",
            "fields were left out: too many in one entry",
        ));
        sentences.extend(counted(
            self.cut,
            "field of more than 1 MiB was cut",
            "fields of more than 1 MiB were cut",
        ));
        sentences
    }
}

/// A line that was read: its kept bytes are at the end of the buffer.
struct Line {
    /// Whether it was the last one and has no newline.
    unfinished: bool,
    empty: bool,
}

impl<'r> Export<'r> {
    pub(super) fn new(content: &'r mut dyn Read) -> Self {
        Self {
            input: Input {
                content: BufReader::with_capacity(64 << 10, content),
                returned: Vec::new(),
                error: None,
            },
            bytes: Vec::new(),
            fields: Vec::new(),
            newlines: 0,
            damage: Damage::default(),
        }
    }

    /// Goes to the next entry; `false` at the end of the stream. An entry may be without fields: its
    /// newlines count nevertheless.
    pub(super) fn advance(&mut self) -> bool {
        self.bytes.clear();
        self.bytes.shrink_to(4 * MOST_VALUE);
        self.fields.clear();
        self.newlines = 0;
        loop {
            let start = self.bytes.len();
            let Some(line) = self.line() else {
                return self.newlines > 0 || !self.fields.is_empty();
            };
            if line.empty {
                return true;
            }
            let kept = self.bytes.get(start..).unwrap_or_default();
            let split = memchr::memchr(b'=', kept);
            let name = start..start + split.unwrap_or(kept.len());
            let named = is_name(kept.get(..name.len()).unwrap_or_default());
            self.damage.unfinished |= line.unfinished;
            match split {
                Some(_) if named => {
                    let value = name.end + 1..self.bytes.len();
                    self.keep(name, value);
                }
                None if named && !line.unfinished => self.binary(name),
                _ => {
                    self.damage.foreign += 1;
                    self.bytes.truncate(start);
                }
            }
        }
    }

    /// Names and values of the current entry; a name may come more than once.
    pub(super) fn fields(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.fields.iter().map(|(name, value)| {
            let part = |range: &Range<usize>| self.bytes.get(range.clone()).unwrap_or_default();
            (part(name), part(value))
        })
    }

    /// The lines of the stream that the current entry takes, the blank one that ends it included.
    pub(super) fn lines(&self) -> u64 {
        self.newlines.max(1)
    }

    /// What could not be read so far, a sentence each.
    pub(super) fn notes(&self) -> Vec<String> {
        let error = self.input.error.as_ref();
        let error = error.map(|error| format!("the content ends early: {error}"));
        error.into_iter().chain(self.damage.sentences()).collect()
    }

    /// Makes a field of what is at the end of the buffer.
    fn keep(&mut self, name: Range<usize>, value: Range<usize>) {
        if self.fields.len() >= MOST_FIELDS || value.start > MOST_ENTRY {
            self.damage.lost += 1;
            self.bytes.truncate(name.start);
            return;
        }
        let kept = cut_at(
            self.bytes.get(value.clone()).unwrap_or_default(),
            MOST_VALUE,
        );
        self.damage.cut += u64::from(kept < value.len());
        let value = value.start..value.start + kept;
        self.bytes.truncate(value.end);
        self.fields.push((name, value));
    }

    /// What follows the name of a binary field.
    fn binary(&mut self, name: Range<usize>) {
        let start = self.bytes.len();
        self.copy(8, 8);
        let head = self.bytes.split_off(start);
        let length = head.first_chunk().map(|bytes| u64::from_le_bytes(*bytes));
        let Some(length) = length.filter(|&length| length <= LARGEST_FIELD) else {
            // A line of other text, and the next one.
            self.newlines -= memchr::memchr_iter(b'\n', &head).count() as u64;
            self.damage.broken += u64::from(!self.damage.unfinished);
            self.input.returned = head;
            self.bytes.truncate(name.start);
            return;
        };
        self.copy(length, MOST_VALUE + 1);
        self.keep(name, start..self.bytes.len());
        match self.input.fill() {
            [b'\n', ..] => {
                self.newlines += 1;
                self.input.consume(1);
            }
            [] => self.damage.unfinished = true,
            _ => {
                self.damage.broken += 1;
                let end = self.bytes.len();
                self.line();
                self.bytes.truncate(end);
            }
        }
    }

    /// Reads a line, of which it appends up to `MOST_LINE` bytes to the buffer; `None` at the end.
    fn line(&mut self) -> Option<Line> {
        let mut room = MOST_LINE;
        let mut line = Line {
            unfinished: true,
            empty: true,
        };
        while line.unfinished {
            let available = self.input.fill();
            if available.is_empty() {
                return (!line.empty).then_some(line);
            }
            let newline = memchr::memchr(b'\n', available);
            let text = available.get(..newline.unwrap_or(available.len()));
            let text = text.unwrap_or_default();
            let kept = text.get(..room.min(text.len())).unwrap_or_default();
            self.bytes.extend_from_slice(kept);
            room -= kept.len();
            line.empty &= text.is_empty();
            line.unfinished = newline.is_none();
            let used = text.len() + usize::from(newline.is_some());
            self.newlines += u64::from(newline.is_some());
            self.input.consume(used);
        }
        Some(line)
    }

    /// Reads `length` bytes, of which it appends up to `most` to the buffer.
    fn copy(&mut self, mut length: u64, most: usize) {
        let mut room = most;
        while length > 0 {
            let available = self.input.fill();
            if available.is_empty() {
                self.damage.unfinished = true;
                return;
            }
            let wanted = usize::try_from(length).unwrap_or(usize::MAX);
            let part = available.get(..wanted.min(available.len()));
            let part = part.unwrap_or_default();
            let kept = part.get(..room.min(part.len())).unwrap_or_default();
            self.bytes.extend_from_slice(kept);
            room -= kept.len();
            self.newlines += memchr::memchr_iter(b'\n', part).count() as u64;
            length -= part.len() as u64;
            let used = part.len();
            self.input.consume(used);
        }
    }
}

/// A stream to which bytes can be returned. An error is its end.
struct Input<'r> {
    content: BufReader<&'r mut dyn Read>,
    /// What comes before the rest of the content.
    returned: Vec<u8>,
    error: Option<io::Error>,
}

impl Input<'_> {
    /// What can be read without waiting; empty at the end.
    fn fill(&mut self) -> &[u8] {
        if !self.returned.is_empty() {
            return &self.returned;
        }
        while self.error.is_none() {
            match self.content.fill_buf() {
                Ok(_) => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => self.error = Some(error),
            }
        }
        self.content.buffer()
    }

    fn consume(&mut self, count: usize) {
        if self.returned.is_empty() {
            self.content.consume(count);
        } else {
            self.returned.drain(..count.min(self.returned.len()));
        }
    }
}
