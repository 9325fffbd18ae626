//! 7z, by the list of members at its end.

use std::io;

use sevenz_rust2::{ArchiveEntry, ArchiveReader, EntryDecision, Error, Password};

use super::decode::{Fate, FullReads, Recovering, too_large};
use super::memory::Level;
use super::random::Random;
use super::walk::{Stream, Walker};
use super::{Format, Reason, Visitor};
use crate::location::Origin;

/// What the decoders of an archive may take: enough for `7z -mx=9`, and some is left for what is inside.
const MEMORY: u64 = 100 << 20;

pub(super) fn walk(
    walker: &Walker,
    random: &Random,
    origin: &Origin,
    level: Level,
    visitor: &mut dyn Visitor,
) {
    let memory = MEMORY.min(level.left());
    let Some((level, _lease)) = level.take(&walker.memory, memory) else {
        let detail = too_large(Format::SevenZip);
        return visitor.skipped(&walker.leaf(origin), Reason::Limit, &detail);
    };
    let memory = usize::try_from(memory >> 10).unwrap_or(usize::MAX);
    let reader = ArchiveReader::new_with_memory_limit(random.clone(), Password::empty(), memory);
    let outcome = reader.and_then(|mut reader| {
        // Members come in the order of the archive.
        reader.set_thread_count(1);
        reader.for_each_entries_with_decision(|entry, content| {
            if entry.is_directory() || entry.is_anti_item() {
                return Ok(EntryDecision::Continue);
            }
            let child = origin.inside(entry.name().trim_start_matches("./"));
            let mut content = FullReads::in_sips(content);
            if is_symlink(entry) {
                walker.symlink(&child, &mut content, visitor);
                return Ok(EntryDecision::Continue);
            }
            let stream = Stream {
                reader: Box::new(&mut content),
                origin: child.clone(),
                level: level.deeper(),
                container: Format::SevenZip,
            };
            walker.stream(stream, visitor);
            // Members are packed one behind the other: what was not wanted of one has to be unpacked for the next one.
            let rest = Recovering::new(content, Format::SevenZip, Fate::default());
            let _ = io::copy(&mut rest.metered(walker.budget()), &mut io::sink());
            let next = if walker.is_halted() {
                EntryDecision::Stop
            } else {
                EntryDecision::Continue
            };
            Ok(next)
        })
    });
    if let Err(error) = outcome {
        let (reason, detail) = describe(&error);
        visitor.skipped(&walker.leaf(origin), reason, &detail);
    }
}

/// Whether the mode of Unix says so, which 7-Zip keeps in the upper half of the attributes if bit 15 is set.
fn is_symlink(entry: &ArchiveEntry) -> bool {
    let attributes = entry.windows_attributes();
    attributes & 0x8000 != 0 && (attributes >> 16) & 0o170_000 == 0o120_000
}

fn describe(error: &Error) -> (Reason, String) {
    const PASSWORD: &str =
        "the 7z needs a password; unpack it with `7z x -pPASSWORD` and check the directory";
    const CUT: &str = "the 7z is cut; the list of its members stands at its end";
    match error {
        Error::PasswordRequired | Error::MaybeBadPassword(_) => {
            (Reason::Encrypted, PASSWORD.to_owned())
        }
        Error::UnsupportedCompressionMethod(method) if method.contains("AES") => {
            (Reason::Encrypted, PASSWORD.to_owned())
        }
        Error::UnsupportedCompressionMethod(method) => (
            Reason::Unsupported,
            format!("the method {method} of 7z is not read"),
        ),
        Error::MaxMemLimited { actaul_kb, .. } => (
            Reason::Limit,
            format!(
                "the 7z takes {actaul_kb} KiB of memory to unpack, more than bundlecheck gives it"
            ),
        ),
        Error::Io(error, _) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            (Reason::Truncated, CUT.to_owned())
        }
        Error::Other(text) if text.contains("out of range") => (Reason::Truncated, CUT.to_owned()),
        Error::Other(text) => (Reason::Corrupt, format!("the 7z is damaged: {text}")),
        Error::Io(error, _) => (Reason::Corrupt, format!("the 7z is damaged: {error}")),
        error => (Reason::Corrupt, format!("the 7z is damaged: {error}")),
    }
}
