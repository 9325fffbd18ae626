//! Bounds on what a bundle may make the program do.

use std::sync::atomic::{AtomicU64, Ordering};

/// Limits against bombs and accidents. Reaching one is reported under "not checked", never an abort.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// Unpacked bytes of the whole bundle.
    pub total_bytes: u64,
    /// Unpacked bytes of one entry.
    pub entry_bytes: u64,
    /// Entries of the whole bundle.
    pub entries: u64,
    /// Archives inside archives; the bundle itself is at depth 0.
    pub depth: u32,
    /// Up to this size a compressed member of a stream is buffered, so that another thread may unpack it,
    /// and a zip inside an archive is held in memory instead of in a temporary file.
    pub buffered_bytes: u64,
    /// Bytes of a zip inside an archive, or from a stream, that go to a temporary file.
    pub spooled_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            total_bytes: 64 << 30,
            entry_bytes: 16 << 30,
            entries: 2_000_000,
            depth: 5,
            buffered_bytes: 8 << 20,
            spooled_bytes: 4 << 30,
        }
    }
}

/// What has been spent of the limits, shared by all threads that read one bundle.
#[derive(Debug, Default)]
pub(super) struct Spent {
    bytes: AtomicU64,
    entries: AtomicU64,
}

impl Spent {
    /// Counts one more entry and says whether it is still within `limits`.
    pub(super) fn entry(&self, limits: &Limits) -> bool {
        self.entries.fetch_add(1, Ordering::Relaxed) < limits.entries
    }

    /// Counts `bytes` and says whether the total is still within `limits`.
    pub(super) fn bytes(&self, bytes: u64, limits: &Limits) -> bool {
        self.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes <= limits.total_bytes
    }
}
