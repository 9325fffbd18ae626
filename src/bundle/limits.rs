//! Bounds on what a bundle may make the program do.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

/// Limits against bombs and accidents. Reaching one is reported under "not checked", never an abort. With several
/// threads, what was read before a limit of the whole bundle ends the reading may differ from run to run.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes read and unpacked of the whole bundle, at every level of archives.
    pub total_bytes: u64,
    /// Unpacked bytes of one entry.
    pub entry_bytes: u64,
    /// Entries of the whole bundle: files, links, devices.
    pub entries: u64,
    /// Archives and compressed files inside of archives.
    pub archives: u64,
    /// Archives inside archives; the bundle itself is at depth 0.
    pub depth: u32,
    /// Up to this size a compressed member of a stream is buffered, so that another thread may unpack it.
    pub buffered_bytes: u64,
    /// Bytes of a zip inside an archive, or from a stream, that go to a temporary file.
    pub spooled_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            total_bytes: 64 << 30,
            entry_bytes: 16 << 30,
            // The largest report at hand has 155,000; each takes half a kilobyte of memory.
            entries: 250_000,
            archives: 100_000,
            depth: 5,
            buffered_bytes: 8 << 20,
            spooled_bytes: 4 << 30,
        }
    }
}

impl Limits {
    /// For a machine that does something else besides.
    #[must_use]
    pub fn small() -> Self {
        Self {
            total_bytes: 4 << 30,
            entry_bytes: 1 << 30,
            entries: 100_000,
            archives: 1_000,
            depth: 3,
            ..Self::default()
        }
    }

    /// No limits but those on the memory of each decoder and on the depth.
    #[must_use]
    pub fn none() -> Self {
        Self {
            total_bytes: u64::MAX,
            entry_bytes: u64::MAX,
            entries: u64::MAX,
            archives: u64::MAX,
            spooled_bytes: u64::MAX,
            // Every level takes a decoder.
            depth: 64,
            ..Self::default()
        }
    }
}

/// Bytes of the names of all entries, and of what links lead to: four times those of the largest report at hand.
const NAMES: u64 = 64 << 20;

/// What has been spent of the limits, shared by all threads that read one bundle.
#[derive(Debug, Default)]
pub(super) struct Spent {
    bytes: AtomicU64,
    entries: AtomicU64,
    /// Bytes of their names.
    names: AtomicU64,
    archives: AtomicU64,
    /// The limit that ended the reading of the bundle.
    halted: OnceLock<String>,
}

impl Spent {
    /// Counts one more entry and says whether it is within the limit.
    pub(super) fn entry(&self, limits: &Limits, name: usize) -> Within {
        if self.names.fetch_add(name as u64, Ordering::Relaxed) > NAMES {
            return self.halt(format!(
                "the names of all entries take more than {}",
                size(NAMES)
            ));
        }
        let most = limits.entries;
        self.count(&self.entries, most, || {
            let most = count(most, ["entry", "entries"]);
            format!("more than {most}; --max-entries raises this limit")
        })
    }

    /// Counts one more archive inside of another one and says whether it is within the limit.
    pub(super) fn archive(&self, limits: &Limits) -> Within {
        let most = limits.archives;
        self.count(&self.archives, most, || {
            let most = count(most, ["archive", "archives"]);
            format!("more than {most} inside of archives; --max-archives raises this limit")
        })
    }

    /// Why nothing more is read, if that is so.
    pub(super) fn halted(&self) -> Option<&str> {
        self.halted.get().map(String::as_str)
    }

    fn count(&self, spent: &AtomicU64, most: u64, exceeded: impl FnOnce() -> String) -> Within {
        if spent.fetch_add(1, Ordering::Relaxed) < most {
            return Within::Limit;
        }
        self.halt(exceeded())
    }

    /// Nothing more is read from now on.
    fn halt(&self, detail: String) -> Within {
        match self.halted.set(detail) {
            Ok(()) => Within::First,
            Err(_) => Within::Not,
        }
    }
}

/// Whether something is within a limit.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Within {
    /// It is.
    Limit,
    /// It is the first that is not, and has to say so.
    First,
    /// It is not.
    Not,
}

/// What may be unpacked, for whoever unpacks it.
#[derive(Clone, Debug)]
pub(super) struct Budget {
    pub(super) spent: Arc<Spent>,
    pub(super) limits: Limits,
}

impl Budget {
    /// Counts bytes of the whole bundle; returns how many of them are within the limit.
    pub(super) fn spend(&self, bytes: usize) -> (usize, Within) {
        if self.spent.halted().is_some() {
            return (0, Within::Not);
        }
        let most = self.limits.total_bytes;
        let before = self.spent.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
        let left = most.saturating_sub(before);
        let left = usize::try_from(left).map_or(bytes, |left| left.min(bytes));
        if left == bytes {
            return (left, Within::Limit);
        }
        let most = size(most);
        let detail = format!("more than {most} unpacked in all; --max-unpacked raises this limit");
        (left, self.spent.halt(detail))
    }
}

fn count(number: u64, [one, many]: [&str; 2]) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// A size as people write it, exactly.
pub(super) fn size(bytes: u64) -> String {
    const UNITS: [(u32, &str); 4] = [(40, "TiB"), (30, "GiB"), (20, "MiB"), (10, "KiB")];
    let unit = UNITS
        .iter()
        .find(|(shift, _)| bytes > 0 && bytes.trailing_zeros() >= *shift);
    match unit {
        Some((shift, unit)) => format!("{} {unit}", bytes >> shift),
        None => format!("{bytes} bytes"),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn sizes_are_exact() {
        assert_eq!(super::size(64 << 30), "64 GiB");
        assert_eq!(super::size(1536 << 10), "1536 KiB");
        assert_eq!(super::size(0), "0 bytes");
        assert_eq!(super::size(u64::MAX), "18446744073709551615 bytes");
    }
}
