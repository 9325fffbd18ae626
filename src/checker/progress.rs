//! Counters for whoever shows progress.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// What has been read so far. Shared with the threads that read.
#[derive(Debug, Default)]
pub struct Progress {
    entries: AtomicU64,
    bytes: AtomicU64,
    current: Mutex<String>,
}

impl Progress {
    /// Files begun.
    pub fn entries(&self) -> u64 {
        self.entries.load(Ordering::Relaxed)
    }

    /// Unpacked bytes read.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// The file begun last.
    pub fn current(&self) -> String {
        self.current
            .lock()
            .map(|current| current.clone())
            .unwrap_or_default()
    }

    pub(super) fn begin(&self, entry: &str) {
        self.entries.fetch_add(1, Ordering::Relaxed);
        if let Ok(mut current) = self.current.try_lock() {
            entry.clone_into(&mut current);
        }
    }

    pub(super) fn add(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }
}
