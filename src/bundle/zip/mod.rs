//! Zip, by its central directory; by its local headers where that is lost.
//!
//! Offsets and signatures are those of PKWARE's APPNOTE 6.3.10.

mod method;
mod recover;

use std::io::{self, Read, Seek, SeekFrom};

use ::zip::ZipArchive;
use ::zip::read::ZipFile;
use ::zip::result::ZipError;

use self::method::{Checked, PPMD};
use super::limits::size;
use super::random::Random;
use super::walk::{Stream, Walker};
use super::{Format, Reason, Visitor, label};
use crate::location::Origin;

/// The most that a central directory may take; the memory that it needs is several times as much. A directory of
/// a million members takes about this.
const DIRECTORY: u64 = 64 << 20;

pub(super) fn walk(
    walker: &Walker,
    random: &Random,
    origin: &Origin,
    depth: u32,
    visitor: &mut dyn Visitor,
) {
    let member_by_member = "its members were read one after the other";
    let directory = directory_size(random);
    if directory.is_some_and(|bytes| bytes > DIRECTORY) {
        let most = size(DIRECTORY);
        let detail =
            format!("the central directory of the zip takes more than {most}; {member_by_member}");
        visitor.skipped(&walker.leaf(origin), Reason::Limit, &detail);
        return recover::walk(walker, random, origin, depth, visitor);
    }
    let mut archive = match ZipArchive::new(random.clone()) {
        Ok(archive) => archive,
        Err(error) => {
            let detail =
                format!("the zip has no readable central directory ({error}); {member_by_member}");
            let reason = match directory {
                Some(_) => Reason::Corrupt,
                None => Reason::Truncated,
            };
            visitor.skipped(&walker.leaf(origin), reason, &detail);
            return recover::walk(walker, random, origin, depth, visitor);
        }
    };
    // As in a bomb: a member for every way to read the same bytes.
    if archive.has_overlapping_files().unwrap_or(false) {
        let detail = format!("members of the zip share their bytes; {member_by_member}");
        visitor.skipped(&walker.leaf(origin), Reason::Corrupt, &detail);
        return recover::walk(walker, random, origin, depth, visitor);
    }
    visitor.members(archive.len(), &|index, visitor| {
        let mut archive = archive.clone();
        let name = archive
            .name_for_index(index)
            .and_then(Result::ok)
            .map(std::borrow::Cow::into_owned);
        let outcome = match raw_method(&mut archive, index, random) {
            Some(opened) => opened.map(|(named, reader)| {
                member(walker, &named, reader, origin, depth, visitor);
            }),
            None => archive.by_index(index).map(|mut file| {
                let entry = Named::of(&file);
                member(walker, &entry, Box::new(&mut file), origin, depth, visitor);
            }),
        };
        if let Err(error) = outcome {
            let name = name.unwrap_or_else(|| format!("member {index}"));
            let (reason, detail) = describe(&error);
            visitor.skipped(&origin.inside(&name), reason, &detail);
        }
    });
}

/// What is shown of a member.
struct Named {
    name: String,
    directory: bool,
    symlink: bool,
}

impl Named {
    fn of<R: Read>(file: &ZipFile<'_, R>) -> Self {
        Self {
            name: label(file.name_raw()),
            directory: file.is_dir(),
            symlink: file.is_symlink(),
        }
    }
}

type Opened<'r> = Result<(Named, Box<dyn Read + 'r>), ZipError>;

/// A member whose method is decoded here, because the decoders of the `zip` crate take as much memory as the member
/// asks for.
fn raw_method<'r>(
    archive: &mut ZipArchive<Random>,
    index: usize,
    random: &Random,
) -> Option<Opened<'r>> {
    let file = archive.by_index_raw(index).ok()?;
    let method = method::number(file.compression()).filter(|_| !file.encrypted())?;
    let mut raw = random.clone();
    raw.seek(SeekFrom::Start(file.data_start()?)).ok()?;
    let raw = raw.take(file.compressed_size());
    if method == PPMD {
        return match method::ppmd_memory(raw) {
            Some(memory) if memory > method::PPMD_MEMORY => Some(Err(io::Error::other(
                "it takes too much memory to unpack",
            )
            .into())),
            _ => None,
        };
    }
    let named = Named::of(&file);
    let (bytes, crc) = (file.size(), file.crc32());
    let decoded = method::decode(method, raw, bytes);
    Some(decoded.map_err(ZipError::from).map(|reader| {
        let checked: Box<dyn Read> = Box::new(Checked::new(reader, crc));
        (named, checked)
    }))
}

fn member(
    walker: &Walker,
    named: &Named,
    mut reader: Box<dyn Read + '_>,
    origin: &Origin,
    depth: u32,
    visitor: &mut dyn Visitor,
) {
    if named.directory {
        return;
    }
    let child = origin.inside(named.name.trim_start_matches("./"));
    if named.symlink {
        let mut target = Vec::new();
        // PATH_MAX of Linux; longer ones lead nowhere.
        let _ = (&mut reader).take(4096).read_to_end(&mut target);
        return visitor.link(&child, &label(&target));
    }
    walker.stream(
        Stream {
            reader,
            origin: child,
            depth: depth + 1,
            container: Format::Zip,
        },
        visitor,
    );
}

/// The fixed part of the record at the end of a zip (APPNOTE 4.3.16).
const RECORD: usize = 22;

/// The last bytes of what may be a zip, and where the record at its end starts in them.
fn end_record(random: &Random) -> Option<(Vec<u8>, usize)> {
    const COMMENT: usize = 65_535;
    let mut random = random.clone();
    let start = random.length().saturating_sub((RECORD + COMMENT) as u64);
    random.seek(SeekFrom::Start(start)).ok()?;
    let mut tail = Vec::new();
    random.read_to_end(&mut tail).ok()?;
    let at = memchr::memmem::rfind(&tail, b"PK\x05\x06")?;
    (at + RECORD <= tail.len()).then_some((tail, at))
}

/// Whether the bytes end as a zip does: with a record whose comment reaches to the end, and whose directory, which is not
/// empty, has room in front of it.
pub(super) fn is_at_end(random: &Random) -> bool {
    let Some((tail, at)) = end_record(random) else {
        return false;
    };
    let record = &tail[at..];
    let comment = usize::from(u16::from_le_bytes([record[20], record[21]]));
    let directory = u32::from_le_bytes([record[12], record[13], record[14], record[15]]);
    let before = random.length() - record.len() as u64;
    record.len() == RECORD + comment && directory > 0 && u64::from(directory) <= before
}

/// The size of the central directory, as the record at the end states it (APPNOTE 4.3.14 and 4.3.16).
fn directory_size(random: &Random) -> Option<u64> {
    let (tail, at) = end_record(random)?;
    let record = &tail[at..at + RECORD];
    let small = u32::from_le_bytes(*record[12..].first_chunk()?);
    if small != u32::MAX {
        return Some(small.into());
    }
    let locator = tail.get(at.checked_sub(20)?..at)?;
    let record = u64::from_le_bytes(*locator.strip_prefix(b"PK\x06\x07")?[4..].first_chunk()?);
    let mut random = random.clone();
    random.seek(SeekFrom::Start(record.checked_add(40)?)).ok()?;
    let mut large = [0; 8];
    random.read_exact(&mut large).ok()?;
    Some(u64::from_le_bytes(large))
}

fn describe(error: &ZipError) -> (Reason, String) {
    let text = error.to_string();
    match error {
        ZipError::UnsupportedArchive(message) if message.contains("Password") => (
            Reason::Encrypted,
            "the zip member needs a password; unpack it with `7z x -pPASSWORD` and check the directory".to_owned(),
        ),
        ZipError::UnsupportedArchive(_) => (Reason::Unsupported, text),
        _ if text.contains("memory") => (Reason::Limit, text),
        _ => (Reason::Corrupt, text),
    }
}
