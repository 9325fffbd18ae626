//! What a stream is, by its first bytes. Names are never consulted.

use std::fmt;

use super::Reason;
use super::zeros::RUN;

/// How many bytes [`Format::of`] wants to see; a tar header needs 512.
pub(super) const HEAD: usize = 512;

/// What a head of zeros is called; text may follow.
pub(super) const ZEROS: &str = "zeros";

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
    /// The LZ4 frame format.
    Lz4,
    /// The lzip file format.
    Lzip,
    /// The .lzma file format, the one before .xz.
    Lzma,
    /// POSIX tar in any dialect.
    Tar,
    /// PKWARE's APPNOTE.
    Zip,
    /// 7-Zip's own format.
    SevenZip,
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
    /// Text in UTF-16.
    Utf16(ByteOrder),
    /// Everything else.
    Text,
}

/// The order of the two bytes of a UTF-16 unit.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum ByteOrder {
    /// The low byte first.
    Little,
    /// The high byte first.
    Big,
}

/// Containers and encodings that are recognised but not read, with what a person can do.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Foreign {
    /// RAR archives of any version.
    Rar,
    /// `compress`, `.Z`.
    Compress,
    /// cpio archives.
    Cpio,
    /// `OpenPGP` messages.
    Pgp,
    /// Microsoft cabinets.
    Cabinet,
    /// LZO streams, `.lzo`.
    Lzop,
    /// Text in UTF-32.
    Utf32,
}

impl Foreign {
    /// The name people know it by.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rar => "RAR archives",
            Self::Compress => "compress (.Z) streams",
            Self::Cpio => "cpio archives",
            Self::Pgp => "OpenPGP messages",
            Self::Cabinet => "cabinet archives",
            Self::Lzop => "LZO streams",
            Self::Utf32 => "UTF-32 texts",
        }
    }

    /// Why it is not read.
    pub(super) fn reason(self) -> Reason {
        match self {
            Self::Pgp => Reason::Encrypted,
            _ => Reason::Unsupported,
        }
    }

    /// What to do about it.
    pub fn help(self) -> &'static str {
        match self {
            Self::Pgp => "decrypt it first: gpg -o bundle.tar.xz -d FILE",
            Self::Utf32 => "convert it with iconv -f UTF-32 -t UTF-8 FILE, and check that",
            Self::Compress => "decompress it first with gzip -d",
            Self::Lzop => "decompress it first with lzop -d",
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

    /// The format of a stream that is known to be no container.
    pub(super) fn of_content(head: &[u8]) -> Self {
        match Self::of(head) {
            format @ (Self::Journal | Self::JournalExport | Self::Binary(_)) => format,
            _ => Self::Text,
        }
    }

    /// Whether the walker has to look inside.
    pub fn is_container(self) -> bool {
        self.is_compression() || self.is_random() || self == Self::Tar
    }

    /// Whether it can only be read with its end at hand.
    pub(super) fn is_random(self) -> bool {
        matches!(self, Self::Zip | Self::SevenZip)
    }

    /// Whether there is one stream inside.
    pub fn is_compression(self) -> bool {
        matches!(
            self,
            Self::Gzip | Self::Xz | Self::Zstd | Self::Bzip2 | Self::Lz4 | Self::Lzip | Self::Lzma
        )
    }

    /// The usual extension, or the word for what has none.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Gzip => "gz",
            Self::Xz => "xz",
            Self::Zstd => "zst",
            Self::Bzip2 => "bz2",
            Self::Lz4 => "lz4",
            Self::Lzip => "lz",
            Self::Lzma => "lzma",
            Self::Tar => "tar",
            Self::Zip => "zip",
            Self::SevenZip => "7z",
            Self::Directory => "directory",
            Self::Foreign(foreign) => foreign.name(),
            Self::Binary(name) => name,
            Self::Journal => "journal",
            Self::JournalExport => "journal export",
            Self::Utf16(_) | Self::Text => "log",
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
        (b"7z\xbc\xaf\x27\x1c", Format::SevenZip),
        (b"\x04\x22\x4d\x18", Format::Lz4),
        // The legacy format of the lz4 command.
        (b"\x02\x21\x4c\x18", Format::Lz4),
        (b"LZIP\x01", Format::Lzip),
        (b"\x89LZO\0\r\n\x1a\n", Format::Foreign(Foreign::Lzop)),
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
        (b"\xff\xfe\0\0", Format::Foreign(Foreign::Utf32)),
        (b"\xff\xfe", Format::Utf16(ByteOrder::Little)),
        (b"\xfe\xff", Format::Utf16(ByteOrder::Big)),
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
        [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => {
            let lz4 =
                behind_skippable(head).is_some_and(|rest| rest.starts_with(b"\x04\x22\x4d\x18"));
            Some(if lz4 { Format::Lz4 } else { Format::Zstd })
        }
        // The digit is the block size; the rest is the magic of a block, or of the end of an empty stream.
        [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, 0x26, ..]
        | [b'B', b'Z', b'h', b'1'..=b'9', 0x17, 0x72, 0x45, 0x38, ..] => Some(Format::Bzip2),
        // Properties, the size of the dictionary, the size of the content: unknown, or below 256 GiB, as xz(1)
        // demands before it takes a file for one of these.
        [
            0x5d,
            0,
            0,
            _,
            0,
            0xff,
            0xff,
            0xff,
            0xff,
            0xff,
            0xff,
            0xff,
            0xff,
            0,
            ..,
        ]
        | [0x5d, 0, 0, _, 0, _, _, _, _, 0..=0x3f, 0, 0, 0, 0, ..] => Some(Format::Lzma),
        _ => None,
    }
}

/// What follows the skippable frames at the start, which Zstandard and LZ4 have in common (RFC 8878, 3.1.2); none where
/// that is not in `head`.
pub(super) fn behind_skippable(mut head: &[u8]) -> Option<&[u8]> {
    while let [0x50..=0x5f, 0x2a, 0x4d, 0x18, rest @ ..] = head {
        let (size, rest) = rest.split_first_chunk::<4>()?;
        head = rest.get(usize::try_from(u32::from_le_bytes(*size)).ok()?..)?;
    }
    Some(head)
}

/// Tar has no magic at its start: `ustar` stands at 257, and older dialects have only the checksum at 148.
fn tar_header(head: &[u8]) -> Option<Format> {
    let header = head.first_chunk::<512>()?;
    // A damaged header is known by its magic and version, those of POSIX or of GNU; the reader then finds the next one.
    let named = matches!(&header[257..265], b"ustar\x0000" | b"ustar  \0");
    (named || super::tar::is_header(header)).then_some(Format::Tar)
}

/// Text unless more than one byte in ten is a NUL or another control character that no text has. Logs lose blocks to
/// NULs in a crash and have holes: long runs of NULs do not count. UTF-16 without a mark has a NUL in most of its
/// units.
fn content(head: &[u8]) -> Format {
    if head.len() == HEAD && head.iter().all(|&byte| byte == 0) {
        return Format::Binary(ZEROS);
    }
    let odd_of = |run: &[u8]| {
        let odd = |byte: &&u8| matches!(byte, 0..=6 | 0x0e..=0x1a | 0x1c..=0x1f);
        run.iter().filter(odd).count()
    };
    let (mut odd, mut length) = (0, 0);
    if head.contains(&0) {
        let runs = head.chunk_by(|a, b| (*a == 0) == (*b == 0));
        for run in runs.filter(|run| run[0] != 0 || run.len() < RUN) {
            length += run.len();
            odd += odd_of(run);
        }
    } else {
        (odd, length) = (odd_of(head), head.len());
    }
    if odd * 10 <= length {
        return Format::Text;
    }
    let (units, _) = head.as_chunks::<2>();
    let high = units.iter().filter(|unit| unit[1] == 0).count();
    let low = units.iter().filter(|unit| unit[0] == 0).count();
    // Three in ten units are of ASCII, and none is a NUL: text of any language has its blanks and newlines.
    match (high * 10 >= units.len() * 3, low * 10 >= units.len() * 3) {
        (true, false) if low == 0 => Format::Utf16(ByteOrder::Little),
        (false, true) if high == 0 => Format::Utf16(ByteOrder::Big),
        _ => Format::Binary("binary data"),
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
        assert_eq!(Format::of(&[0; 512]), Format::Binary(ZEROS));
        assert_eq!(Format::of(b"\0\0ab"), Format::Binary("binary data"));
        assert_eq!(Format::of(b"a\0b\0"), Format::Utf16(ByteOrder::Little));
        assert_eq!(Format::of(b"\0a\0b"), Format::Utf16(ByteOrder::Big));
        assert_eq!(
            Format::of(b"\x02\0a\0\0\0b\0"),
            Format::Binary("binary data")
        );
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
