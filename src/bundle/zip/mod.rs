//! Zip, by its central directory; by its local headers where that is lost.
//!
//! Offsets and signatures are those of PKWARE's APPNOTE 6.3.10.

mod method;
mod recover;

use std::io::{self, Read, Seek, SeekFrom};

use ::zip::ZipArchive;
use ::zip::read::ZipFile;
use ::zip::result::ZipError;

use self::method::{Checked, Opened};
use super::limits::size;
use super::memory::Level;
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
    level: Level,
    visitor: &mut dyn Visitor,
) {
    let member_by_member = "its members were read one after the other";
    let directory = directory_size(random);
    if directory.is_some_and(|bytes| bytes > DIRECTORY) {
        let most = size(DIRECTORY);
        let detail =
            format!("the central directory of the zip takes more than {most}; {member_by_member}");
        visitor.skipped(&walker.leaf(origin), Reason::Limit, &detail);
        return recover::walk(walker, random, origin, level, visitor);
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
            return recover::walk(walker, random, origin, level, visitor);
        }
    };
    // As in a bomb: a member for every way to read the same bytes.
    if archive.has_overlapping_files().unwrap_or(false) {
        let detail = format!("members of the zip share their bytes; {member_by_member}");
        visitor.skipped(&walker.leaf(origin), Reason::Corrupt, &detail);
        return recover::walk(walker, random, origin, level, visitor);
    }
    let visit = |index: usize, level: Level, visitor: &mut dyn Visitor| {
        let mut archive = archive.clone();
        let name = archive
            .name_for_index(index)
            .and_then(Result::ok)
            .map(std::borrow::Cow::into_owned);
        match open(walker, level, &mut archive, index, random) {
            Ok((named, opened)) => member(walker, &named, opened, origin, visitor),
            Err(error) => {
                let name = name.unwrap_or_else(|| format!("member {index}"));
                let child = origin.inside(&name);
                if !walker.counts(&child, visitor) {
                    return;
                }
                let (reason, detail) = describe(&error);
                visitor.skipped(&child, reason, &detail);
            }
        }
    };
    if level.may_share() {
        visitor.members(archive.len(), &|index, visitor| {
            visit(index, level.job(), visitor);
        });
    } else {
        (0..archive.len()).for_each(|index| visit(index, level, visitor));
    }
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

/// A member and its content. Only its place comes from the `zip` crate, whose decoders take as much memory as the member
/// asks for, and keep what they have decoded of a damaged one.
fn open<'r>(
    walker: &Walker,
    level: Level,
    archive: &mut ZipArchive<Random>,
    index: usize,
    random: &Random,
) -> Result<(Named, Opened<'r>), ZipError> {
    let file = archive.by_index_raw(index)?;
    if file.encrypted() {
        return Err(ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED));
    }
    let start = file.data_start().ok_or(ZipError::FileNotFound)?;
    let mut raw = random.clone();
    raw.seek(SeekFrom::Start(start))?;
    let raw = raw.take(file.compressed_size());
    #[expect(
        deprecated,
        reason = "the constants leave out methods that are read here"
    )]
    let method = file.compression().to_u16();
    let opened = method::open(walker, level, method, raw, file.size())?;
    let (named, crc) = (Named::of(&file), file.crc32());
    Ok((named, opened.through(|reader| Checked::new(reader, crc))))
}

fn member(
    walker: &Walker,
    named: &Named,
    mut opened: Opened<'_>,
    origin: &Origin,
    visitor: &mut dyn Visitor,
) {
    if named.directory {
        return;
    }
    let child = origin.inside(named.name.trim_start_matches("./"));
    if named.symlink {
        return walker.symlink(&child, &mut opened.reader, visitor);
    }
    walker.stream(
        Stream {
            reader: opened.reader,
            origin: child,
            level: opened.level.deeper(),
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
        ZipError::Io(error) if error.kind() == io::ErrorKind::Unsupported => {
            (Reason::Unsupported, error.to_string())
        }
        ZipError::Io(error) if error.to_string().contains("memory") => {
            (Reason::Limit, error.to_string())
        }
        ZipError::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            (Reason::Truncated, "the member ends in its header".to_owned())
        }
        ZipError::Io(error) => (Reason::Corrupt, error.to_string()),
        _ => (Reason::Corrupt, text),
    }
}
