//! A zip without its directory: every local header is searched for, and what follows it is read.

use std::io::{self, Read, Seek as _, SeekFrom};

use memchr::memmem;

use super::super::memory::Level;
use super::super::random::Random;
use super::super::walk::Walker;
use super::super::{Reason, Visitor, label};
use super::method::{self, Checked, STORED};
use super::{Named, describe, member};
use crate::location::Origin;

pub(super) fn walk(
    walker: &Walker,
    random: &Random,
    origin: &Origin,
    level: Level,
    visitor: &mut dyn Visitor,
) {
    let mut at = 0;
    while let Some(start) = find(random, b"PK\x03\x04", at).filter(|_| !walker.is_halted()) {
        let Some(local) = Local::read(random, start) else {
            at = start + 4;
            continue;
        };
        let data = start + local.length;
        let left = random.length().saturating_sub(data);
        let described = local
            .size
            .is_none()
            .then(|| descriptor(random, data))
            .flatten();
        let (size, crc) = match (local.size, described) {
            (Some(size), _) => (size, local.crc),
            (None, Some((size, crc))) => (size, crc),
            // The mark behind it is lost, and with it where it ends.
            (None, None) if local.method == STORED => (undescribed(random, data), 0),
            (None, None) => (left, 0),
        };
        let cut = size > left || (local.size.is_none() && described.is_none());
        let mut raw = random.clone();
        if raw.seek(SeekFrom::Start(data)).is_err() {
            return;
        }
        let child = origin.inside(local.named.name.trim_start_matches("./"));
        if local.encrypted {
            if walker.counts(&child, visitor) {
                visitor.skipped(&child, Reason::Encrypted, "the zip member needs a password");
            }
        } else {
            match method::open(walker, level, local.method, raw.take(size), local.unpacked) {
                Ok(opened) if cut => {
                    let opened = opened.through(UntilError);
                    member(walker, &local.named, opened, origin, visitor);
                    let detail = if size > left {
                        "the zip ends in the middle of this member"
                    } else {
                        "where this member ends is not told; what follows it was not read"
                    };
                    visitor.skipped(&child, Reason::Truncated, detail);
                }
                Ok(opened) => {
                    let opened = opened.through(|reader| Checked::new(reader, crc));
                    member(walker, &local.named, opened, origin, visitor);
                }
                Err(_) if !walker.counts(&child, visitor) => {}
                Err(error) => {
                    let (reason, detail) = describe(&error.into());
                    visitor.skipped(&child, reason, &detail);
                }
            }
        }
        at = data.saturating_add(size);
    }
}

/// A local header (APPNOTE 4.3.7).
struct Local {
    named: Named,
    encrypted: bool,
    method: u16,
    crc: u32,
    /// The compressed size; none where it stands behind the data.
    size: Option<u64>,
    unpacked: u64,
    /// The length of the header itself.
    length: u64,
}

impl Local {
    fn read(random: &Random, start: u64) -> Option<Self> {
        let mut reader = random.clone();
        reader.seek(SeekFrom::Start(start)).ok()?;
        let mut fixed = [0; 30];
        reader.read_exact(&mut fixed).ok()?;
        let short = |at: usize| u16::from_le_bytes([fixed[at], fixed[at + 1]]);
        let long = |at: usize| {
            u32::from_le_bytes([fixed[at], fixed[at + 1], fixed[at + 2], fixed[at + 3]])
        };
        let (flags, method) = (short(6), short(8));
        let (name_length, extra_length) = (usize::from(short(26)), usize::from(short(28)));
        let mut variable = vec![0; name_length + extra_length];
        reader.read_exact(&mut variable).ok()?;
        let (name, extra) = variable.split_at(name_length);
        let (mut size, mut unpacked) = (u64::from(long(18)), u64::from(long(22)));
        if long(18) == u32::MAX || long(22) == u32::MAX {
            (unpacked, size) = zip64(extra, unpacked, size);
        }
        let described = flags & 0x8 != 0 && size == 0;
        Some(Self {
            named: Named {
                name: label(name),
                directory: name.ends_with(b"/"),
                symlink: false,
            },
            encrypted: flags & 0x1 != 0,
            method,
            crc: long(14),
            size: (!described).then_some(size),
            unpacked: if described { u64::MAX } else { unpacked },
            length: 30 + variable.len() as u64,
        })
    }
}

/// The sizes in the zip64 field (APPNOTE 4.5.3), unpacked first.
fn zip64(mut extra: &[u8], unpacked: u64, size: u64) -> (u64, u64) {
    while let Some((head, rest)) = extra.split_first_chunk::<4>() {
        let length = usize::from(u16::from_le_bytes([head[2], head[3]]));
        let Some(field) = rest.get(..length) else {
            break;
        };
        if head[..2] == [1, 0] {
            let (numbers, _) = field.as_chunks::<8>();
            if let [first, second, ..] = numbers {
                return (u64::from_le_bytes(*first), u64::from_le_bytes(*second));
            }
        }
        extra = &rest[length..];
    }
    (unpacked, size)
}

/// The compressed size and the checksum of the data at `data`, from the descriptor behind it (APPNOTE 4.3.9): the
/// first one that states its own distance.
fn descriptor(random: &Random, data: u64) -> Option<(u64, u32)> {
    let mut at = data;
    while let Some(found) = find(random, b"PK\x07\x08", at) {
        let mut reader = random.clone();
        reader.seek(SeekFrom::Start(found + 4)).ok()?;
        let mut fields = [0; 12];
        reader.read_exact(&mut fields).ok()?;
        let crc = u32::from_le_bytes(*fields.first_chunk()?);
        let distance = found - data;
        let small = u32::from_le_bytes(*fields[4..].first_chunk()?);
        let large = u64::from_le_bytes(*fields[4..].first_chunk()?);
        if u64::from(small) == distance || large == distance {
            return Some((distance, crc));
        }
        at = found + 4;
    }
    None
}

/// How many bytes from `data` on are stored ones, where the descriptor behind them is cut.
fn undescribed(random: &Random, data: u64) -> u64 {
    const MARK: &[u8] = b"PK\x07\x08";
    if let Some(found) = find(random, MARK, data) {
        return found - data;
    }
    let left = random.length().saturating_sub(data);
    let mut tail = Vec::new();
    let mut reader = random.clone();
    let start = random.length().saturating_sub(3).max(data);
    if reader.seek(SeekFrom::Start(start)).is_err() || reader.read_to_end(&mut tail).is_err() {
        return left;
    }
    let part = (1..=3)
        .rev()
        .find(|&length| tail.ends_with(&MARK[..length]));
    left - part.unwrap_or(0) as u64
}

/// Where `signature` stands next, from `at` on.
fn find(random: &Random, signature: &[u8], at: u64) -> Option<u64> {
    let finder = memmem::Finder::new(signature);
    let mut reader = random.clone();
    reader.seek(SeekFrom::Start(at)).ok()?;
    let mut buffer = vec![0; 64 << 10];
    let (mut base, mut kept) = (at, 0);
    loop {
        let n = reader.read(&mut buffer[kept..]).ok()?;
        let filled = kept + n;
        if let Some(found) = finder.find(&buffer[..filled]) {
            return Some(base + found as u64);
        }
        if n == 0 {
            return None;
        }
        // The signature may lie across two pieces.
        kept = filled.min(signature.len() - 1);
        buffer.copy_within(filled - kept..filled, 0);
        base += (filled - kept) as u64;
    }
}

/// A reader that ends where it fails.
struct UntilError<R>(R);

impl<R: Read> Read for UntilError<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.read(buffer) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => Ok(0),
            read => read,
        }
    }
}
