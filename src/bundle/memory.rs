//! How much the decoders of nested streams may remember, all together.
//!
//! Streams inside of streams form a chain; what its decoders take adds up to [`CHAIN`] at most, which depends on the
//! bundle alone, so that the same is read with any number of threads. Chains of several threads take [`SMALL`] each, and
//! only one of them at a time more than that.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// What a chain may take: the largest window of `zstd --ultra -22` inside of `tar.xz`, and nothing that was made to take
/// memory. A journal of the usual size as well.
const CHAIN: u64 = 160 << 20;

/// What every thread may take at any time: two streams of usual windows.
const SMALL: u64 = 18 << 20;

/// Where a stream stands.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Level {
    /// In how many archives.
    pub(super) depth: u32,
    /// What all decoders around it take.
    chain: u64,
    /// What those of them take that run on the same thread.
    own: u64,
    /// Whether it is read by a thread of its own.
    job: bool,
}

impl Level {
    /// Inside of one more archive.
    pub(super) fn deeper(self) -> Self {
        Self {
            depth: self.depth + 1,
            ..self
        }
    }

    /// Read by another thread, while this one goes on.
    pub(super) fn job(self) -> Self {
        if self.job {
            return self;
        }
        Self {
            own: 0,
            job: true,
            ..self
        }
    }

    /// Whether parts of the stream may be left to other threads. Those wait for whoever takes much memory, who must not
    /// wait for them; and they do it themselves.
    pub(super) fn may_share(self) -> bool {
        !self.job && self.own <= SMALL
    }

    /// The level and the memory for a decoder that takes so many bytes; none if that is too much.
    pub(super) fn take(self, memory: &Arc<Memory>, bytes: u64) -> Option<(Self, Lease)> {
        let level = Self {
            chain: self.chain.checked_add(bytes)?,
            own: self.own.checked_add(bytes)?,
            ..self
        };
        if level.chain > CHAIN {
            return None;
        }
        let passes = self.own <= SMALL && level.own > SMALL;
        let lease = passes.then(|| memory.large(self.job));
        Some((level, Lease(lease)))
    }

    /// What is left for a decoder that can be told how much it may take.
    pub(super) fn left(self) -> u64 {
        CHAIN.saturating_sub(self.chain)
    }
}

/// What a bundle's threads share.
#[derive(Debug, Default)]
pub(super) struct Memory {
    taken: Mutex<Taken>,
    given_back: Condvar,
}

#[derive(Debug, Default)]
struct Taken {
    /// Whether a chain takes more than [`SMALL`].
    large: bool,
    /// Streams that were left to other threads and are not read to the end.
    jobs: usize,
}

/// The memory of a decoder, until it is dropped.
pub(super) struct Lease(#[expect(dead_code, reason = "its drop gives back")] Option<Large>);

struct Large(Arc<Memory>);

impl Drop for Large {
    fn drop(&mut self) {
        self.0.lock().large = false;
        self.0.given_back.notify_all();
    }
}

/// A stream that was left to another thread, until that has read it.
pub(super) struct Job(Arc<Memory>);

impl Drop for Job {
    fn drop(&mut self) {
        self.0.lock().jobs -= 1;
        self.0.given_back.notify_all();
    }
}

impl Memory {
    pub(super) fn job(self: &Arc<Self>) -> Job {
        self.lock().jobs += 1;
        Job(Arc::clone(self))
    }

    /// Waits until nobody else takes much. A job waits for nothing but this, so whoever has it comes to its end. Whoever
    /// leaves jobs to others waits for all of them first, since they could not go on while it has it.
    fn large(self: &Arc<Self>, job: bool) -> Large {
        let mut taken = self.lock();
        while taken.large || (!job && taken.jobs > 0) {
            let waited = self.given_back.wait(taken);
            taken = waited.unwrap_or_else(PoisonError::into_inner);
        }
        taken.large = true;
        Large(Arc::clone(self))
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_takes_no_more_than_it_may() {
        let memory = Arc::default();
        let (first, _lease) = Level::default()
            .take(&memory, 9 << 20)
            .expect("it is small");
        let (second, _large) = first.take(&memory, 140 << 20).expect("there is room");
        assert!(memory.lock().large);
        assert!(second.take(&memory, 12 << 20).is_none());
        assert!(second.take(&memory, u64::MAX).is_none());
        assert!(!second.may_share() && first.may_share());
    }

    #[test]
    fn one_at_a_time_takes_much() {
        let memory: Arc<Memory> = Arc::default();
        let level = Level::default().job();
        let sum = Mutex::new((0_u64, 0_u64));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let _job = memory.job();
                    for _ in 0..20 {
                        let lease = level.take(&memory, 100 << 20);
                        let count = |change: i64| {
                            let mut sum = sum.lock().expect("no panic");
                            sum.0 = sum.0.strict_add_signed(change);
                            sum.1 = sum.1.max(sum.0);
                        };
                        count(1);
                        std::thread::yield_now();
                        count(-1);
                        drop(lease);
                    }
                });
            }
            // Whoever made the jobs waits for them.
            let lease = Level::default().take(&memory, 100 << 20);
            assert!(lease.is_some());
        });
        assert_eq!(sum.into_inner().expect("no panic"), (0, 1));
        assert!(!memory.lock().large);
    }
}
