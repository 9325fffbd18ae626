//! What a stream is, by its first bytes. Names are never consulted.

use std::fmt;

/// How many bytes [`Format::of`] wants to see; a tar header needs 512.
pub(super) const HEAD: usize = 512;

/// A container, a compression, or what a file holds.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Format {
    /// RFC 1952.
    Gzip,
    /// The .xz file format.
    Xz,
    /// RFC 8878, including skippable frames.
    Zstd,
    /// bzip2.
    Bzip2,
    /// POSIX tar in any dialect.
    Tar,
    /// PKWARE's APPNOTE.
    Zip,
    /// A directory of the file system.
    Directory,
    /// A container that is named but not read.
    Foreign(Foreign),
    /// Known binary content that is no log, by name.
    Binary(&'static str),
    /// Binary journals of systemd.
    Journal,
    /// The export format of systemd's journal.
    JournalExport,
    /// Everything else.
    Text,
}

/// Containers and encodings that are recognised but not read, with what a person can do.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Foreign {
    /// RAR archives of any version.
    Rar,
    /// 7-Zip archives.
    SevenZip,
    /// The LZ4 frame format.
    Lz4,
    /// lzip.
    Lzip,
    /// `compress`, `.Z`.
    Compress,
    /// cpio archives.
    Cpio,
    /// `OpenPGP` messages.
    Pgp,
    /// Microsoft cabinets.
    Cabinet,
    /// Text in UTF-16, with a byte order mark.
    Utf16,
}

impl Foreign {
    /// The name people know it by.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rar => "RAR archives",
            Self::SevenZip => "7z archives",
            Self::Lz4 => "LZ4 streams",
            Self::Lzip => "lzip streams",
            Self::Compress => "compress (.Z) streams",
            Self::Cpio => "cpio archives",
            Self::Pgp => "OpenPGP messages",
            Self::Cabinet => "cabinet archives",
            Self::Utf16 => "UTF-16 texts",
        }
    }

    /// What to do about it.
    pub fn help(self) -> &'static str {
        match self {
            Self::Pgp => "decrypt it first: gpg -o bundle.tar.xz -d FILE",
            Self::Utf16 => "convert it with iconv -f UTF-16 -t UTF-8 FILE, and check that",
            Self::Lz4 | Self::Lzip | Self::Compress => {
                "decompress it first, or repack it as tar.gz, zip or a directory"
            }
            _ => "repack it as tar.gz, zip or a directory",
        }
    }
}

impl Format {
    /// The format of a stream that starts with `head`.
    pub fn of(head: &[u8]) -> Self {
        magic(head)
            .or_else(|| tar_header(head))
            .unwrap_or_else(|| content(head))
    }

    /// Whether the walker has to look inside.
    pub fn is_container(self) -> bool {
        matches!(
            self,
            Self::Gzip | Self::Xz | Self::Zstd | Self::Bzip2 | Self::Tar | Self::Zip
        )
    }

    /// The usual extension, or the word for what has none.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Gzip => "gz",
            Self::Xz => "xz",
            Self::Zstd => "zst",
            Self::Bzip2 => "bz2",
            Self::Tar => "tar",
            Self::Zip => "zip",
            Self::Directory => "directory",
            Self::Foreign(foreign) => foreign.name(),
            Self::Binary(name) => name,
            Self::Journal => "journal",
            Self::JournalExport => "journal export",
            Self::Text => "log",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.extension())
    }
}

fn magic(head: &[u8]) -> Option<Format> {
    const MAGIC: &[(&[u8], Format)] = &[
        (b"\x1f\x8b\x08", Format::Gzip),
        (b"\xfd7zXZ\0", Format::Xz),
        (b"\x28\xb5\x2f\xfd", Format::Zstd),
        (b"PK\x03\x04", Format::Zip),
        (b"PK\x05\x06", Format::Zip),
        (b"PK\x07\x08", Format::Zip),
        (b"Rar!\x1a\x07", Format::Foreign(Foreign::Rar)),
        (b"7z\xbc\xaf\x27\x1c", Format::Foreign(Foreign::SevenZip)),
        (b"\x04\x22\x4d\x18", Format::Foreign(Foreign::Lz4)),
        (b"LZIP\x01", Format::Foreign(Foreign::Lzip)),
        (b"\x1f\x9d", Format::Foreign(Foreign::Compress)),
        (b"070701", Format::Foreign(Foreign::Cpio)),
        (b"MSCF\0\0\0\0", Format::Foreign(Foreign::Cabinet)),
        (b"-----BEGIN PGP MESSAGE", Format::Foreign(Foreign::Pgp)),
        (b"\x8c\x0d\x04", Format::Foreign(Foreign::Pgp)),
        (b"LPKSHHRH", Format::Journal),
        (b"KSHHRHLP", Format::Binary("key of a sealed journal")),
        (b"__CURSOR=", Format::JournalExport),
        (b"__REALTIME_TIMESTAMP=", Format::JournalExport),
        (b"__SEQNUM=", Format::JournalExport),
        (b"\xff\xfe", Format::Foreign(Foreign::Utf16)),
        (b"\xfe\xff", Format::Foreign(Foreign::Utf16)),
        (b"SQLite format 3\0", Format::Binary("SQLite database")),
        (b"\x7fELF", Format::Binary("ELF executable")),
        (b"\xd4\xc3\xb2\xa1", Format::Binary("packet capture")),
        (b"\x0a\x0d\x0d\x0a", Format::Binary("packet capture")),
        (b"\x89PNG\r\n\x1a\n", Format::Binary("PNG image")),
        (b"%PDF-", Format::Binary("PDF document")),
    ];
    if let Some((_, format)) = MAGIC.iter().find(|(magic, _)| head.starts_with(magic)) {
        return Some(*format);
    }
    match head {
        // A skippable frame may come first (RFC 8878, 3.1.2).
        [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Format::Zstd),
        // The digit is the block size; the rest is the magic of a block, or of the end of an empty stream.
        [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, 0x26, ..]
        | [b'B', b'Z', b'h', b'1'..=b'9', 0x17, 0x72, 0x45, 0x38, ..] => Some(Format::Bzip2),
        _ => None,
    }
}

/// Tar has no magic at its start: `ustar` stands at 257, and older dialects have only the checksum at 148.
fn tar_header(head: &[u8]) -> Option<Format> {
    let header = head.first_chunk::<512>()?;
    let stored = octal(&header[148..156])?;
    let sum: u64 = header
        .iter()
        .enumerate()
        .map(|(i, &b)| {
            if (148..156).contains(&i) {
                32
            } else {
                u64::from(b)
            }
        })
        .sum();
    (stored == sum && sum != 256).then_some(Format::Tar)
}

fn octal(field: &[u8]) -> Option<u64> {
    let digits: &[u8] = field.trim_ascii_start();
    let length = digits
        .iter()
        .take_while(|b| (b'0'..=b'7').contains(*b))
        .count();
    let text = std::str::from_utf8(&digits[..length]).ok()?;
    u64::from_str_radix(text, 8).ok()
}

/// Text unless more than one byte in ten of the head is NUL (logs lose blocks to NULs in a crash, but a head
/// full of them is something else).
fn content(head: &[u8]) -> Format {
    let nuls = memchr::memchr_iter(0, head).count();
    if nuls * 10 > head.len() {
        Format::Binary("binary data")
    } else {
        Format::Text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_known_by_content() {
        assert_eq!(Format::of(b"\x1f\x8b\x08\0\0"), Format::Gzip);
        assert_eq!(Format::of(b"\x50\x2a\x4d\x18\0"), Format::Zstd);
        assert_eq!(Format::of(b"BZh91AY&SY"), Format::Bzip2);
        assert_eq!(Format::of(b"BZh9 is how a bzip2 file starts"), Format::Text);
        assert_eq!(
            Format::of(b"Rar!\x1a\x07\x01\0"),
            Format::Foreign(Foreign::Rar)
        );
        assert_eq!(Format::of(b"time=\"2018-09-24T13:40:20Z\""), Format::Text);
        assert_eq!(Format::of(b""), Format::Text);
        assert_eq!(Format::of(&[0; 512]), Format::Binary("binary data"));
    }

    #[test]
    fn a_tar_is_known_by_its_checksum() {
        let mut header = ::tar::Header::new_old();
        header.set_path("a.log").expect("a short path");
        header.set_size(3);
        header.set_cksum();
        assert_eq!(Format::of(header.as_bytes()), Format::Tar);
        assert_ne!(Format::of(&header.as_bytes()[..511]), Format::Tar);
    }
}
