//! A binary journal: finding its entries, damaged or not, and reading them in order.
//!
//! Objects are read one after the other from the header on, as they were appended; the hash tables are never
//! used. Where no sound object follows, the search goes on in steps of 8 bytes, so that damage costs the
//! objects that it hit and no others. What this jumps over is found through the arrays of entries.

use super::object::{ALIGNMENT, ENTRY_HEAD, Header, Kind, OBJECT_HEADER, Object, Store, le64};
use super::payload::{Payload, Unpacker};
use super::{MOST_ENTRY, MOST_FIELDS, MOST_VALUE, counted, cut_at, is_name, thousands};

/// Bytes that reading all entries may put out: the fields of an entry may be anywhere, so that a small file
/// can repeat the same ones without end.
const MOST_OUTPUT: u64 = 4 << 30;

/// What looking at an entry or a field costs at least, in bytes of output.
const LOOK: u64 = 64;

/// One log event and its fields in the order of the file.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    pub(super) seqnum: u64,
    /// µs since 1970, UTC.
    pub(super) realtime: u64,
    /// µs since boot.
    pub(super) monotonic: u64,
    pub(super) boot_id: [u8; 16],
    fields: Vec<Field<'a>>,
}

impl Entry<'_> {
    /// The names and values; a name may come more than once.
    pub(super) fn fields(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.fields.iter().map(Field::parts)
    }
}

/// A name and a value.
#[derive(Debug)]
struct Field<'a> {
    payload: Payload<'a>,
    /// Where the `=` is.
    split: usize,
    /// Where the value ends.
    end: usize,
}

impl Field<'_> {
    /// `None` if `payload` is not `NAME=value`.
    fn split(payload: Payload<'_>) -> Option<Field<'_>> {
        let bytes = payload.bytes();
        let split = memchr::memchr(b'=', bytes).filter(|&at| is_name(&bytes[..at]))?;
        let value = &bytes[split + 1..];
        let end = split + 1 + cut_at(value, MOST_VALUE);
        Some(Field {
            payload,
            split,
            end,
        })
    }

    fn parts(&self) -> (&[u8], &[u8]) {
        let bytes = self.payload.bytes();
        let value = bytes.get(self.split.saturating_add(1)..self.end);
        (
            bytes.get(..self.split).unwrap_or_default(),
            value.unwrap_or_default(),
        )
    }

    fn is_cut(&self) -> bool {
        self.end < self.payload.bytes().len()
    }
}

/// A journal file in memory.
#[derive(Debug)]
pub(super) struct Journal {
    store: Store,
    header: Header,
    /// Where the entries are, in the order in which they were written.
    entries: Vec<usize>,
    truncated: bool,
    skipped: u64,
}

/// How far the entries have been read, and what was wrong with them.
#[derive(Default)]
pub(super) struct Pass {
    next: usize,
    unpacker: Unpacker,
    lost: u64,
    cut: u64,
    exhausted: bool,
}

impl Journal {
    /// `None` unless `data` begins with the header of a journal of a known layout.
    #[cfg(test)]
    pub(super) fn new(data: Vec<u8>) -> Option<Self> {
        let length = data.len() as u64;
        Self::sparse(data, length)
    }

    /// A journal of `length` bytes, of which those after `data` are zero; `None` unless it begins with the
    /// header of a known layout.
    pub(super) fn sparse(mut data: Vec<u8>, length: u64) -> Option<Self> {
        /// So that the fixed part of an object is there even if it ends in zeros.
        const PADDING: usize = 64;
        let header = Header::parse(&data)?;
        let used = data
            .iter()
            .rposition(|&byte| byte != 0)
            .map_or(0, |at| at + 1);
        let padded = used.saturating_add(PADDING) as u64;
        data.resize(usize::try_from(padded.min(length)).ok()?, 0);
        data.shrink_to_fit();
        let store = Store {
            data,
            length,
            compact: header.compact,
        };
        let mut journal = Self {
            truncated: is_truncated(&store, &header),
            store,
            header,
            entries: Vec::new(),
            skipped: 0,
        };
        let scan = Scan::run(&journal.store, header.size, used);
        // The end of a file that is cut, or that is being written, is an unfinished object.
        let unfinished = journal.truncated || header.online;
        journal.skipped = scan.skipped + if unfinished { 0 } else { scan.tail };
        journal.entries = scan.entries;
        let end = scan.end.min(usize::try_from(length).ok()?);
        if end > journal.store.data.len() {
            journal.store.data.resize(end, 0);
        }
        journal.add_listed();
        Some(journal)
    }

    /// Adds the entries that only the arrays of entries know.
    fn add_listed(&mut self) {
        let mut listed = Vec::new();
        let mut at = usize::try_from(self.header.entry_array).unwrap_or(0);
        // Arrays may overlap in a hostile file.
        let mut budget = self.store.data.len() / 4;
        while let Some(Object {
            kind: Kind::EntryArray,
            end,
            ..
        }) = self.store.object(at)
        {
            for item in self.store.array(at, end).take(budget) {
                if item != 0 && self.entries.binary_search(&item).is_err() {
                    listed.push(item);
                }
            }
            budget = budget.saturating_sub(self.store.array(at, end).len());
            let next = le64(&self.store.data, at.saturating_add(OBJECT_HEADER));
            // Later arrays were appended later; anything else is damage, or a circle.
            match next.and_then(|next| usize::try_from(next).ok()) {
                Some(next) if next > at && budget > 0 => at = next,
                _ => break,
            }
        }
        listed.retain(
            |&item| matches!(self.store.object(item), Some(object) if object.kind == Kind::Entry),
        );
        if !listed.is_empty() {
            self.entries.append(&mut listed);
            self.entries.sort_unstable();
            self.entries.dedup();
        }
    }

    /// The next entry, in the order in which they were written.
    pub(super) fn next_entry(&self, pass: &mut Pass) -> Option<Entry<'_>> {
        loop {
            let at = *self.entries.get(pass.next)?;
            if pass.unpacker.cost > MOST_OUTPUT {
                pass.exhausted = true;
                return None;
            }
            pass.next += 1;
            pass.unpacker.cost = pass.unpacker.cost.saturating_add(LOOK);
            if let Some(entry) = self.entry(at, pass) {
                return Some(entry);
            }
        }
    }

    fn entry(&self, at: usize, pass: &mut Pass) -> Option<Entry<'_>> {
        let object = self.store.object(at)?;
        let head = self.store.entry_head(at)?;
        let items = self.store.items(at, object.end);
        let mut lost = items.len().saturating_sub(MOST_FIELDS);
        let mut fields = Vec::with_capacity(items.len().min(MOST_FIELDS));
        let mut size = 0_usize;
        for item in items.take(MOST_FIELDS) {
            pass.unpacker.cost = pass.unpacker.cost.saturating_add(LOOK);
            let field = self.field(item, &mut pass.unpacker);
            let length = field.as_ref().map_or(0, |field| field.end);
            let Some(field) = field.filter(|_| size.saturating_add(length) <= MOST_ENTRY) else {
                lost += 1;
                continue;
            };
            size += length;
            pass.cut += u64::from(field.is_cut());
            fields.push(field);
        }
        pass.lost = pass.lost.saturating_add(lost as u64);
        pass.unpacker.cost = pass.unpacker.cost.saturating_add(size as u64);
        Some(Entry {
            seqnum: head.seqnum,
            realtime: head.realtime,
            monotonic: head.monotonic,
            boot_id: head.boot_id,
            fields,
        })
    }

    fn field(&self, at: usize, unpacker: &mut Unpacker) -> Option<Field<'_>> {
        let object = self.store.object(at)?;
        if object.kind != Kind::Data {
            return None;
        }
        let stored = self.store.payload(at, object.end)?;
        Field::split(unpacker.unpack(at, object.flags, stored)?)
    }

    /// All entries; what is wrong with them is not told.
    #[cfg(test)]
    pub(super) fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        let mut pass = Pass::default();
        std::iter::from_fn(move || self.next_entry(&mut pass))
    }

    /// The state of the file and of what was read of it in `pass`.
    pub(super) fn condition(&self, pass: &Pass) -> Condition {
        /// Files were never this large; it is for headers that are damaged.
        const LARGEST_FILE: u64 = 1 << 40;
        // A damaged count says nothing.
        let size = self.header.arena.min(LARGEST_FILE).max(self.store.length);
        let possible = size / ENTRY_HEAD as u64;
        let header_entries = Some(self.header.entries).filter(|&count| count <= possible);
        Condition {
            online: self.header.online,
            truncated: self.truncated,
            header_entries: header_entries.unwrap_or(0),
            entries: self.entries.len() as u64,
            entries_read: pass.next as u64,
            skipped_bytes: self.skipped,
            lost_fields: pass.lost,
            cut_fields: pass.cut,
            exhausted: pass.exhausted,
        }
    }
}

/// Whether the last object that the header knows is not there to its end.
fn is_truncated(store: &Store, header: &Header) -> bool {
    let Ok(tail) = usize::try_from(header.tail_object) else {
        return false; // No file was ever so large: the header is damaged.
    };
    if header.tail_object.saturating_add(OBJECT_HEADER as u64) > store.length {
        return true;
    }
    let size = le64(&store.data, tail.saturating_add(8)).unwrap_or(0);
    header.tail_object.saturating_add(size) > store.length && store.object(tail).is_none()
}

/// All objects from the header on.
#[derive(Default)]
struct Scan {
    /// Where ENTRY objects are.
    entries: Vec<usize>,
    /// Bytes between objects that are not zero.
    skipped: u64,
    /// Such bytes behind the last object.
    tail: u64,
    /// Where the last DATA or ENTRY object ends.
    end: usize,
}

impl Scan {
    fn run(store: &Store, start: usize, used: usize) -> Self {
        let mut scan = Self::default();
        let mut at = start;
        while at < used {
            let Some(object) = store.object(at) else {
                let block = store.data.get(at..at.saturating_add(ALIGNMENT).min(used));
                let bytes = block.unwrap_or_default().iter().filter(|&&byte| byte != 0);
                scan.tail += bytes.count() as u64;
                at = at.saturating_add(ALIGNMENT);
                continue;
            };
            scan.skipped += std::mem::take(&mut scan.tail);
            if object.kind == Kind::Entry {
                scan.entries.push(at);
            }
            if matches!(object.kind, Kind::Data | Kind::Entry) {
                scan.end = scan.end.max(object.end);
            }
            at = scan.follow(store, at, object.end, used);
        }
        scan
    }

    /// Where to go on after the object from `at` to `end`: if nothing sound follows but something inside it
    /// is, then its size is damaged.
    fn follow(&mut self, store: &Store, at: usize, end: usize, used: usize) -> usize {
        let next = end.next_multiple_of(ALIGNMENT);
        if next >= used || store.object(next).is_some() {
            return next;
        }
        let mut inside = (at.saturating_add(OBJECT_HEADER)..next).step_by(ALIGNMENT);
        match inside.find(|&inner| store.object(inner).is_some()) {
            Some(inner) => {
                self.skipped += (inner - at) as u64;
                inner
            }
            None => next,
        }
    }
}

/// The state of a journal and of what was read of it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Condition {
    /// Not closed: copied while in use, or after a crash. Usual, and by itself no damage.
    pub(super) online: bool,
    /// The file ends before its last object does.
    pub(super) truncated: bool,
    /// Entries according to the header; 0 if that is damaged. The header of a file that is not closed may
    /// be late.
    pub(super) header_entries: u64,
    /// Entries that were found.
    pub(super) entries: u64,
    /// Entries that were read so far.
    pub(super) entries_read: u64,
    /// Bytes that belong to no sound object.
    pub(super) skipped_bytes: u64,
    /// Fields of entries that are damaged, missing or too many.
    pub(super) lost_fields: u64,
    /// Fields of which only the beginning is kept.
    pub(super) cut_fields: u64,
    /// Reading ended early because the entries repeat too much.
    pub(super) exhausted: bool,
}

impl Condition {
    /// What was not read, a sentence each; empty for a sound journal.
    pub(super) fn sentences(&self) -> Vec<String> {
        let mut sentences = Vec::new();
        let (read, all) = (self.entries_read, self.header_entries.max(self.entries));
        let cut = if self.truncated { "truncated: " } else { "" };
        if self.truncated || read < all {
            let (read, all) = (thousands(read), thousands(all));
            sentences.push(format!("{cut}{read} of {all} entries could be read"));
        }
        if self.exhausted {
            sentences
                .push("its entries repeat the same fields too often to read them all".to_owned());
        }
        sentences.extend(counted(
            self.skipped_bytes,
            "byte of damaged objects was skipped",
            "bytes of damaged objects were skipped",
        ));
        sentences.extend(counted(
            self.lost_fields,
            "field of an entry is damaged and was left out",
            "fields of entries are damaged or too many and were left out",
        ));
        sentences.extend(counted(
            self.cut_fields,
            "field of more than 1 MiB was cut",
            "fields of more than 1 MiB were cut",
        ));
        if self.online && !sentences.is_empty() {
            sentences.push(
                "not closed cleanly (still in use when it was copied, or a crash)".to_owned(),
            );
        }
        sentences
    }
}
