//! How a journal file is laid out: a header, then objects at multiples of 8 bytes, all numbers
//! little-endian. After systemd's `journal-def.h`; names are those of its structures.

/// The first bytes of every journal file.
pub(super) const SIGNATURE: &[u8] = b"LPKSHHRH";

/// Objects begin at multiples of this many bytes.
pub(super) const ALIGNMENT: usize = 8;

/// Bytes of an object before its contents: type, flags, six reserved zeros, size.
pub(super) const OBJECT_HEADER: usize = 16;

/// Bytes of an ENTRY object before its items.
pub(super) const ENTRY_HEAD: usize = 64;

/// Bytes of an `ENTRY_ARRAY` object before its items.
const ARRAY_HEAD: usize = 24;

/// The smallest header that was ever written, and more than the largest.
const HEADER_SIZES: std::ops::RangeInclusive<u64> = 208..=4096;

/// A DATA, FIELD, ENTRY or TAG object that claims to be larger is damaged. Hash tables and arrays of entries
/// grow with the file.
const LARGEST_OBJECT: u64 = 64 << 20;

/// Real journals hold times below this, in µs; what is above is damaged.
const LATEST: u64 = 1 << 55;

/// Incompatible features that this reader knows: XZ, LZ4, keyed hash, ZSTD, compact.
const KNOWN_FEATURES: u32 = 0b1_1111;
const COMPACT: u32 = 1 << 4;

/// `state` of a file that was not closed.
const ONLINE: u8 = 1;

pub(super) fn le32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

pub(super) fn le64(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// What the file says about itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Header {
    /// Items are 32 bits wide, and DATA objects have two more numbers.
    pub(super) compact: bool,
    /// Still written to, or never closed.
    pub(super) online: bool,
    /// Bytes before the first object.
    pub(super) size: usize,
    /// Bytes of the file after the header.
    pub(super) arena: u64,
    /// Where the last object begins.
    pub(super) tail_object: u64,
    pub(super) entries: u64,
    /// The first array of the chain that lists all entries.
    pub(super) entry_array: u64,
}

impl Header {
    /// `None` unless `data` begins like a journal of a known layout.
    pub(super) fn parse(data: &[u8]) -> Option<Self> {
        let features = le32(data, 12)?;
        if !data.starts_with(SIGNATURE) || features & !KNOWN_FEATURES != 0 {
            return None;
        }
        let size = le64(data, 88)?;
        Some(Self {
            compact: features & COMPACT != 0,
            online: *data.get(16)? == ONLINE,
            // The scan finds the first object behind a damaged size as well.
            size: if HEADER_SIZES.contains(&size) {
                usize::try_from(size).ok()?.next_multiple_of(ALIGNMENT)
            } else {
                usize::try_from(*HEADER_SIZES.start()).ok()?
            },
            arena: le64(data, 96)?,
            tail_object: le64(data, 136)?,
            entries: le64(data, 152)?,
            entry_array: le64(data, 176)?,
        })
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    /// One field: `NAME=value`, possibly compressed.
    Data,
    /// The name of a field, for the index of names.
    Field,
    Entry,
    /// Of data or of fields.
    HashTable,
    EntryArray,
    /// A seal.
    Tag,
}

/// The bounds of a sound object.
#[derive(Clone, Copy, Debug)]
pub(super) struct Object {
    pub(super) kind: Kind,
    pub(super) flags: u8,
    /// Where its last byte was; the next object begins at the next multiple of 8.
    pub(super) end: usize,
}

/// Who wrote what when.
#[derive(Clone, Copy, Debug)]
pub(super) struct EntryHead {
    pub(super) seqnum: u64,
    /// µs since 1970, UTC.
    pub(super) realtime: u64,
    /// µs since boot.
    pub(super) monotonic: u64,
    pub(super) boot_id: [u8; 16],
}

/// The bytes of a journal. Zeros at its end need not be stored.
#[derive(Debug)]
pub(super) struct Store {
    pub(super) data: Vec<u8>,
    /// The size of the file.
    pub(super) length: u64,
    pub(super) compact: bool,
}

impl Store {
    /// The object at `at`, if one can be there.
    pub(super) fn object(&self, at: usize) -> Option<Object> {
        let head: &[u8; OBJECT_HEADER] = self.data.get(at..)?.first_chunk()?;
        let &[kind, flags, ref reserved @ .., _, _, _, _, _, _, _, _] = head;
        let (kind, smallest) = match kind {
            1 => (Kind::Data, self.data_head()),
            2 => (Kind::Field, 40),
            3 => (Kind::Entry, ENTRY_HEAD),
            4 | 5 => (Kind::HashTable, OBJECT_HEADER),
            6 => (Kind::EntryArray, ARRAY_HEAD),
            7 => (Kind::Tag, ENTRY_HEAD),
            _ => return None,
        };
        let size = le64(head, 8)?;
        let grows = matches!(kind, Kind::HashTable | Kind::EntryArray);
        let end = u64::try_from(at).ok()?.checked_add(size)?;
        let sound = *reserved == [0; 6]
            && at.is_multiple_of(ALIGNMENT)
            && size >= smallest as u64
            && (grows || size <= LARGEST_OBJECT)
            && end <= self.length
            && (kind != Kind::Entry || self.entry_head(at).is_some());
        let end = usize::try_from(end).ok()?;
        sound.then_some(Object { kind, flags, end })
    }

    /// The fixed part of the ENTRY object at `at`; `None` for values that systemd refuses as well.
    pub(super) fn entry_head(&self, at: usize) -> Option<EntryHead> {
        let head: &[u8; ENTRY_HEAD] = self.data.get(at..)?.first_chunk()?;
        let head = EntryHead {
            seqnum: le64(head, 16)?,
            realtime: le64(head, 24)?,
            monotonic: le64(head, 32)?,
            boot_id: *head.get(40..)?.first_chunk()?,
        };
        let times = (1..LATEST).contains(&head.realtime) && head.monotonic < LATEST;
        (times && head.seqnum != 0).then_some(head)
    }

    /// The offsets that the ENTRY object at `at` refers to.
    pub(super) fn items(&self, at: usize, end: usize) -> impl ExactSizeIterator<Item = usize> {
        let stride = if self.compact { 4 } else { 16 };
        self.offsets(at.saturating_add(ENTRY_HEAD), end, stride)
    }

    /// The offsets in the `ENTRY_ARRAY` object at `at`.
    pub(super) fn array(&self, at: usize, end: usize) -> impl ExactSizeIterator<Item = usize> {
        let stride = if self.compact { 4 } else { 8 };
        self.offsets(at.saturating_add(ARRAY_HEAD), end, stride)
    }

    fn offsets(
        &self,
        start: usize,
        end: usize,
        stride: usize,
    ) -> impl ExactSizeIterator<Item = usize> {
        let stored = self.data.get(start..end.min(self.data.len()));
        let items = stored.unwrap_or_default().chunks_exact(stride);
        let width = if self.compact { le32_wide } else { le64 };
        items.map(move |item| {
            let offset = width(item, 0).and_then(|offset| usize::try_from(offset).ok());
            offset.unwrap_or(usize::MAX)
        })
    }

    /// What is stored in a DATA object, compressed or not.
    pub(super) fn payload(&self, at: usize, end: usize) -> Option<&[u8]> {
        self.data.get(at.checked_add(self.data_head())?..end)
    }

    fn data_head(&self) -> usize {
        if self.compact { 72 } else { 64 }
    }
}

fn le32_wide(bytes: &[u8], at: usize) -> Option<u64> {
    le32(bytes, at).map(u64::from)
}
