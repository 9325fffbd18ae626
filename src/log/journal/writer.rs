//! Writes small journals for tests, as systemd lays them out. Hash tables are left out: nothing reads them.

use std::collections::HashMap;
use std::io::Read;

/// How a field is stored.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) enum Compression {
    Plain,
    Xz,
    Lz4,
    Zstd,
}

pub(super) const COMPRESSIONS: [Compression; 4] = [
    Compression::Plain,
    Compression::Xz,
    Compression::Lz4,
    Compression::Zstd,
];

pub(super) const BOOT: [u8; 16] =
    *b"\x01\x23\x45\x67\x89\xab\xcd\xef\xfe\xdc\xba\x98\x76\x54\x32\x10";

pub(super) const START: u64 = 1_731_000_000_000_000;

pub(super) struct Writer {
    bytes: Vec<u8>,
    compact: bool,
    data: HashMap<(Vec<u8>, Compression), u64>,
    pub(super) entries: Vec<u64>,
    objects: Vec<u64>,
}

impl Writer {
    pub(super) fn new(compact: bool) -> Self {
        Self {
            bytes: vec![0; 272],
            compact,
            data: HashMap::new(),
            entries: Vec::new(),
            objects: Vec::new(),
        }
    }

    /// Appends an object and gives its offset.
    pub(super) fn object(&mut self, kind: u8, flags: u8, contents: &[u8]) -> u64 {
        let at = self.bytes.len() as u64;
        self.bytes.extend([kind, flags, 0, 0, 0, 0, 0, 0]);
        self.bytes
            .extend((contents.len() as u64 + 16).to_le_bytes());
        self.bytes.extend(contents);
        self.bytes.resize(self.bytes.len().next_multiple_of(8), 0);
        self.objects.push(at);
        at
    }

    /// The offset of a DATA object with this `NAME=value`.
    pub(super) fn data(&mut self, field: &[u8], compression: Compression) -> u64 {
        if let Some(&at) = self.data.get(&(field.to_vec(), compression)) {
            return at;
        }
        let (flags, stored) = compress(field, compression);
        let mut contents = vec![0; if self.compact { 56 } else { 48 }];
        contents.extend(stored);
        let at = self.object(1, flags, &contents);
        self.data.insert((field.to_vec(), compression), at);
        at
    }

    /// Appends an entry, a second after the last one.
    pub(super) fn entry(&mut self, items: &[u64]) -> u64 {
        let count = self.entries.len() as u64;
        let mut contents = Vec::new();
        for number in [count + 1, START + count * 1_000_000, count * 1_000_000] {
            contents.extend(number.to_le_bytes());
        }
        contents.extend(BOOT);
        contents.extend([0xaa; 8]);
        for item in items {
            self.offset(*item, &mut contents);
            if !self.compact {
                contents.extend([0xbb; 8]);
            }
        }
        let at = self.object(3, 0, &contents);
        self.entries.push(at);
        at
    }

    /// Appends an array of entries that is followed by the one at `next`.
    pub(super) fn array(&mut self, next: u64, items: &[u64]) -> u64 {
        let mut contents = next.to_le_bytes().to_vec();
        for item in items {
            self.offset(*item, &mut contents);
        }
        self.object(6, 0, &contents)
    }

    fn offset(&self, offset: u64, to: &mut Vec<u8>) {
        let bytes = offset.to_le_bytes();
        to.extend(&bytes[..if self.compact { 4 } else { 8 }]);
    }

    /// The file, with one array of all entries.
    pub(super) fn finish(mut self) -> Vec<u8> {
        let entries = self.entries.clone();
        let array = self.array(0, &entries);
        self.finish_with(array)
    }

    /// The file, with the chain of arrays that begins at `array`.
    pub(super) fn finish_with(mut self, array: u64) -> Vec<u8> {
        let arena = self.bytes.len() as u64 - 272;
        let tail = *self.objects.last().expect("an object");
        let incompatible: u32 = if self.compact { 0b1_1111 } else { 0b0_1111 };
        self.bytes[..8].copy_from_slice(b"LPKSHHRH");
        self.bytes[12..16].copy_from_slice(&incompatible.to_le_bytes());
        for (at, number) in [
            (88, 272),
            (96, arena),
            (136, tail),
            (144, self.objects.len() as u64),
            (152, self.entries.len() as u64),
            (176, array),
        ] {
            self.bytes[at..at + 8].copy_from_slice(&number.to_le_bytes());
        }
        self.bytes
    }
}

fn compress(field: &[u8], compression: Compression) -> (u8, Vec<u8>) {
    match compression {
        Compression::Plain => (0, field.to_vec()),
        Compression::Xz => {
            let mut stored = Vec::new();
            let mut encoder = liblzma::read::XzEncoder::new(field, 0);
            encoder.read_to_end(&mut stored).expect("memory");
            (1, stored)
        }
        Compression::Lz4 => {
            let mut stored = (field.len() as u64).to_le_bytes().to_vec();
            stored.extend(lz4_flex::block::compress(field));
            (2, stored)
        }
        Compression::Zstd => (4, zstd::bulk::compress(field, 1).expect("memory")),
    }
}

/// Fields of a small journal: repeated, empty, binary, and one that is worth compressing.
pub(super) fn sample_fields(index: usize) -> Vec<Vec<u8>> {
    vec![
        b"_HOSTNAME=node3".to_vec(),
        b"PRIORITY=3".to_vec(),
        format!("MESSAGE=line {index}\n{}", "lorem ipsum ".repeat(20)).into_bytes(),
        b"DUP=one".to_vec(),
        b"DUP=two".to_vec(),
        b"EMPTY=".to_vec(),
        vec![
            b'B',
            b'=',
            0,
            255,
            b'\n',
            b'=',
            u8::try_from(index).expect("few"),
        ],
    ]
}

/// A journal of `count` entries with [`sample_fields`], of less than 4 kB for five of them.
pub(super) fn sample(compact: bool, compression: Compression, count: usize) -> Vec<u8> {
    let mut writer = Writer::new(compact);
    for index in 0..count {
        let fields = sample_fields(index);
        let items: Vec<u64> = fields
            .iter()
            .map(|field| {
                let long = field.len() > 100;
                writer.data(
                    field,
                    if long {
                        compression
                    } else {
                        Compression::Plain
                    },
                )
            })
            .collect();
        writer.entry(&items);
        writer.object(7, 0, &[0x77; 48]); // As in a sealed journal.
    }
    writer.finish()
}
