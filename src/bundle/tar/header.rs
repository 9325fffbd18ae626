//! One block of a tar that stands before a member.
//!
//! The fields are those of POSIX.1-2017 (ustar, pax) and of GNU tar; the `tar` crate reads them.

use ::tar::Header;

pub(super) const BLOCK: usize = 512;

pub(in crate::bundle) type Block = [u8; BLOCK];

/// Whether the block has the checksum of a header. Old programs summed signed bytes.
pub(in crate::bundle) fn is_header(block: &Block) -> bool {
    let Ok(stored) = Header::from_byte_slice(block).cksum() else {
        return false;
    };
    // The field of the sum counts as blanks.
    let empty = 8 * u32::from(b' ');
    let own = &block[148..156];
    let sum = |bytes: &[u8]| bytes.iter().map(|byte| u32::from(*byte)).sum::<u32>();
    let negative = |bytes: &[u8]| bytes.iter().map(|byte| u32::from(byte >> 7)).sum::<u32>();
    let unsigned = sum(block) - sum(own) + empty;
    let signed = i64::from(unsigned) - 256 * i64::from(negative(block) - negative(own));
    // A block of NULs and blanks has the sum of its blanks; it names nothing.
    (stored == unsigned && stored != empty) || i64::from(stored) == signed && stored > empty
}

/// What a member is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    File,
    /// A file with holes, of which the map follows the header.
    GnuSparse,
    /// Its data, if there is any, is that of the file that it is linked to.
    HardLink,
    Symlink,
    Directory,
    /// Devices and pipes.
    Special,
    /// The name of the next member.
    LongName,
    /// The target of the link that is the next member.
    LongLink,
    /// Records about the next member.
    Pax,
    /// Attributes, volume labels and global records, of which nothing is shown.
    Ignored,
}

impl Kind {
    pub(super) fn of(block: &Block) -> Self {
        match block[156] {
            b'1' => Self::HardLink,
            b'2' => Self::Symlink,
            b'3' | b'4' | b'6' => Self::Special,
            b'5' | b'D' => Self::Directory,
            b'S' => Self::GnuSparse,
            b'L' => Self::LongName,
            b'K' => Self::LongLink,
            b'x' | b'X' => Self::Pax,
            // Solaris: access control lists, attributes, inodes; GNU: volume labels, old long names.
            b'g' | b'A' | b'E' | b'I' | b'V' | b'N' => Self::Ignored,
            // "Treated as a regular file" where the letter is not known (POSIX, pax, ustar interchange format).
            _ => Self::File,
        }
    }
}

/// The bytes that follow the header; `None` where the field says nothing sensible.
pub(super) fn size(block: &Block) -> Option<u64> {
    let size = Header::from_byte_slice(block).entry_size().ok()?;
    (size <= i64::MAX.cast_unsigned()).then_some(size)
}

pub(super) fn name(block: &Block) -> Vec<u8> {
    Header::from_byte_slice(block).path_bytes().into_owned()
}

pub(super) fn target(block: &Block) -> Vec<u8> {
    let target = Header::from_byte_slice(block).link_name_bytes();
    target.map(std::borrow::Cow::into_owned).unwrap_or_default()
}
