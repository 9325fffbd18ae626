//! systemd journals as text: binary files and the export format become one line of JSON per entry, as
//! `journalctl -o json --all` writes it.
//!
//! Formats: systemd's `journal-def.h` and "Journal File Format" for `binary`, "Journal Export Format" for
//! `export`, "Journal JSON Format" for what comes out. Everything readable is delivered, from damaged
//! files as well; what is missing is told in notes.

mod binary;
#[cfg(test)]
mod corpus;
mod export;
mod json;
mod object;
mod payload;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod writer;

use std::io::{self, ErrorKind, Read};

#[cfg(test)]
use binary::{Condition, Entry};
use binary::{Journal, Pass};
use export::Export;

/// Bytes of a value that are kept; systemd allows 768 MiB.
const MOST_VALUE: usize = 1 << 20;

/// Fields of an entry that are kept, as many as systemd allows.
const MOST_FIELDS: usize = 1024;

/// Bytes of all fields of an entry that are kept.
const MOST_ENTRY: usize = 16 << 20;

/// Bytes of the longest name of a field, as systemd has it.
const LONGEST_NAME: usize = 64;

/// Text is made in pieces of about this many bytes.
const PIECE: usize = 64 << 10;

/// A journal as lines of JSON. Reading never fails: an error of the content is its end, and a note.
pub(crate) struct Lines<'r> {
    source: Source<'r>,
    text: Vec<u8>,
    /// What was read of `text`.
    at: usize,
    /// Empty lines that are due after `text`.
    blank: u64,
    notes: Vec<String>,
}

enum Source<'r> {
    Binary(Box<(Journal, Pass)>),
    Export(Export<'r>),
    /// The content was not what it should be.
    Nothing,
}

impl<'r> Lines<'r> {
    /// Of a binary journal, of which up to `limit` bytes are held in memory, without the zeros at its end.
    /// Content that is not a journal has no lines.
    pub(crate) fn binary(content: &mut dyn Read, limit: u64) -> Self {
        let mut notes = Vec::new();
        let (data, length) = read_sparse(content, limit, &mut notes);
        let source = if let Some(journal) = Journal::sparse(data, length) {
            Source::Binary(Box::new((journal, Pass::default())))
        } else {
            notes.push("not a journal of a known layout".to_owned());
            Source::Nothing
        };
        Self::new(source, notes)
    }

    /// Of an export stream, entry by entry. An entry that takes several lines of the stream is followed by
    /// empty ones, so that line numbers are those of the stream.
    pub(crate) fn export(content: &'r mut dyn Read) -> Self {
        Self::new(Source::Export(Export::new(content)), Vec::new())
    }

    fn new(source: Source<'r>, notes: Vec<String>) -> Self {
        Self {
            source,
            text: Vec::new(),
            at: 0,
            blank: 0,
            notes,
        }
    }

    /// What could not be read, a sentence each. Complete after reading to the end.
    pub(crate) fn notes(&self) -> Vec<String> {
        let mut notes = self.notes.clone();
        match &self.source {
            Source::Binary(binary) => notes.extend(binary.0.condition(&binary.1).sentences()),
            Source::Export(export) => notes.extend(export.notes()),
            Source::Nothing => {}
        }
        notes
    }

    /// The state of a binary journal.
    #[cfg(test)]
    fn condition(&self) -> Option<Condition> {
        match &self.source {
            Source::Binary(binary) => Some(binary.0.condition(&binary.1)),
            _ => None,
        }
    }

    /// Makes the next piece of text; `false` at the end.
    fn refill(&mut self) -> bool {
        self.text.clear();
        self.text.shrink_to(4 << 20);
        self.at = 0;
        while self.text.len() < PIECE && self.blank == 0 {
            let more = match &mut self.source {
                Source::Binary(binary) => write_binary(&binary.0, &mut binary.1, &mut self.text),
                Source::Export(export) => write_export(export, &mut self.text, &mut self.blank),
                Source::Nothing => false,
            };
            if !more {
                break;
            }
        }
        !self.text.is_empty() || self.blank > 0
    }
}

impl Read for Lines<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let text = self.text.get(self.at..).unwrap_or_default();
            if !text.is_empty() {
                let part = text.len().min(buffer.len());
                if let (Some(to), Some(from)) = (buffer.get_mut(..part), text.get(..part)) {
                    to.copy_from_slice(from);
                }
                self.at += part;
                return Ok(part);
            }
            if self.blank > 0 {
                let due = usize::try_from(self.blank).unwrap_or(usize::MAX);
                let part = due.min(buffer.len());
                buffer.iter_mut().take(part).for_each(|byte| *byte = b'\n');
                self.blank -= part as u64;
                return Ok(part);
            }
            if buffer.is_empty() || !self.refill() {
                return Ok(0);
            }
        }
    }
}

fn write_binary(journal: &Journal, pass: &mut Pass, text: &mut Vec<u8>) -> bool {
    let Some(entry) = journal.next_entry(pass) else {
        return false;
    };
    let [realtime, monotonic, seqnum] =
        [entry.realtime, entry.monotonic, entry.seqnum].map(|number| number.to_string());
    let boot = hex(entry.boot_id);
    let head: [(&[u8], &[u8]); 4] = [
        (b"__REALTIME_TIMESTAMP", realtime.as_bytes()),
        (b"__MONOTONIC_TIMESTAMP", monotonic.as_bytes()),
        (b"__SEQNUM", seqnum.as_bytes()),
        (BOOT_ID, &boot),
    ];
    let fields = entry.fields().filter(|(name, _)| !is_of_head(name));
    let fields: Vec<_> = head.into_iter().chain(fields).collect();
    json::write(&fields, text);
    true
}

fn write_export(export: &mut Export<'_>, text: &mut Vec<u8>, blank: &mut u64) -> bool {
    if !export.advance() {
        return false;
    }
    let fields = export.fields().filter(|(name, _)| *name != b"__CURSOR");
    let fields: Vec<_> = fields.collect();
    *blank = export.lines();
    if !fields.is_empty() {
        json::write(&fields, text);
        *blank -= 1;
    }
    if *blank < PIECE as u64 {
        let due = usize::try_from(std::mem::take(blank)).unwrap_or_default();
        text.resize(text.len() + due, b'\n');
    }
    true
}

/// Reads up to `limit` bytes; gives them without zeros at the end, and how many there were.
fn read_sparse(content: &mut dyn Read, limit: u64, notes: &mut Vec<String>) -> (Vec<u8>, u64) {
    let (mut chunk, zeros) = (vec![0; PIECE], vec![0; PIECE]);
    let mut data = Vec::new();
    let mut length = 0_u64;
    loop {
        let part = match content.read(&mut chunk) {
            Ok(0) => break,
            Ok(count) => chunk.get(..count).unwrap_or_default(),
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => {
                notes.push(format!("the content ends early: {error}"));
                break;
            }
        };
        let room = usize::try_from(limit.saturating_sub(length)).unwrap_or(usize::MAX);
        let kept = part.get(..room.min(part.len())).unwrap_or_default();
        if zeros.get(..kept.len()) != Some(kept) {
            data.resize(usize::try_from(length).unwrap_or(data.len()), 0);
            data.extend_from_slice(kept);
        }
        length += kept.len() as u64;
        if kept.len() < part.len() {
            let limit = thousands(limit);
            notes.push(format!("only the first {limit} bytes were read"));
            break;
        }
    }
    (data, length)
}

/// The entry itself knows the boot; a field may repeat it.
const BOOT_ID: &[u8] = b"_BOOT_ID";

/// Whether a field would repeat what the head of the entry says.
fn is_of_head(name: &[u8]) -> bool {
    name == BOOT_ID || name.starts_with(b"__")
}

/// Letters, digits and underscores: what else systemd lets nobody write, so it is damage.
fn is_name(name: &[u8]) -> bool {
    (1..=LONGEST_NAME).contains(&name.len())
        && name
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
}

/// Up to `most`, where `value` may be cut without cutting a character.
fn cut_at(value: &[u8], most: usize) -> usize {
    if value.len() <= most {
        return value.len();
    }
    let is_inside = |at: usize| value.get(at).is_some_and(|byte| byte & 0xc0 == 0x80);
    let start = (most.saturating_sub(3)..=most)
        .rev()
        .find(|&at| !is_inside(at));
    start.unwrap_or(most)
}

fn hex(bytes: [u8; 16]) -> [u8; 32] {
    let mut text = [b'0'; 32];
    let digits = b"0123456789abcdef";
    for (pair, byte) in text.chunks_exact_mut(2).zip(bytes) {
        let nibbles = [byte >> 4, byte & 15];
        for (to, nibble) in pair.iter_mut().zip(nibbles) {
            *to = digits.get(usize::from(nibble)).copied().unwrap_or(b'0');
        }
    }
    text
}

/// A sentence that begins with a number, unless that is zero.
fn counted(count: u64, one: &str, many: &str) -> Option<String> {
    match count {
        0 => None,
        1 => Some(format!("1 {one}")),
        _ => Some(format!("{} {many}", thousands(count))),
    }
}

/// `41207331` as `41,207,331`.
fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
