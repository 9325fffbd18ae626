//! How much the decoders of nested streams may remember, all together.
//!
//! Streams inside of streams form a chain; what its decoders take adds up to [`CHAIN`] at most, which depends on the
//! bundle alone, so that the same is read with any number of threads. All chains share a [`POOL`]; when that is empty,
//! one chain at a time may take more, and whoever else needs memory waits for it.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// What a chain may take: the largest window of `zstd --ultra -22` or `--long` around that of `xz -9`, and nothing that
/// was made to take memory.
const CHAIN: u64 = 196 << 20;

/// What all chains may take at any time.
const POOL: u64 = 40 << 20;

/// What the threads take besides that decode blocks of one stream ahead: two blocks of 24 MiB as `xz -T` makes them,
/// with dictionaries of 8 MiB and the 4 MiB that logs pack to. With more, liblzma keeps more, and is no faster.
pub(super) const AHEAD: u64 = 72 << 20;

/// With fewer threads none of them is to spare: on two processors a check of a sosreport takes as long, and twice the memory.
const TO_SPARE: u32 = 4;

/// Where a stream stands.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Level {
    /// In how many archives.
    pub(super) depth: u32,
    /// What all decoders around it take.
    chain: u64,
    /// Whether its chain is the one that may take more than the pool has.
    large: bool,
    /// Whether it is read by a thread of its own.
    job: bool,
    /// Whether blocks of a stream around it are decoded ahead.
    ahead: bool,
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
        Self { job: true, ..self }
    }

    /// Whether parts of the stream may be left to other threads. Those may wait for the chain that takes much, which must
    /// not wait for them.
    pub(super) fn may_share(self) -> bool {
        !self.job && !self.large
    }

    /// The level and the memory for a decoder that takes so many bytes; none if that is too much. May wait for other
    /// threads.
    pub(super) fn take(self, memory: &Arc<Memory>, bytes: u64) -> Option<(Self, Lease)> {
        let chain = self.chain.checked_add(bytes).filter(|sum| *sum <= CHAIN)?;
        let share = if self.large || bytes == 0 {
            Share::Nothing
        } else {
            memory.take(bytes, self.job)
        };
        let level = Self {
            chain,
            large: self.large || share == Share::Large,
            ..self
        };
        let memory = Arc::clone(memory);
        Some((level, Lease { memory, share }))
    }

    /// The level of a stream whose blocks are decoded ahead, and by how many threads; none where threads are few, none
    /// inside of another one, and none on a thread of its own. [`AHEAD`] does not count for the chain: what is read must not depend on threads.
    pub(super) fn ahead(self, memory: &Memory) -> Option<(Self, u32)> {
        let alone = !self.job && !self.ahead && memory.threads >= TO_SPARE;
        let level = Self {
            ahead: true,
            ..self
        };
        alone.then_some((level, memory.threads))
    }

    /// What is left for a decoder that can be told how much it may take.
    pub(super) fn left(self) -> u64 {
        CHAIN.saturating_sub(self.chain)
    }
}

/// What the threads that read a bundle share.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// How many threads may decode one stream.
    threads: u32,
    taken: Mutex<Taken>,
    given_back: Condvar,
}

#[derive(Debug, Default)]
struct Taken {
    /// Bytes of the pool.
    pooled: u64,
    /// Whether a chain takes more.
    large: bool,
    /// Streams that were left to other threads and are not read to the end.
    jobs: usize,
}

/// What a decoder has.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Share {
    /// It is part of a chain that may take more, or needs nothing.
    Nothing,
    /// Bytes of the pool.
    Pooled(u64),
    /// The right to take more.
    Large,
}

/// The memory of a decoder, until it is dropped.
pub(super) struct Lease {
    memory: Arc<Memory>,
    share: Share,
}

impl Drop for Lease {
    fn drop(&mut self) {
        match self.share {
            Share::Nothing => return,
            Share::Pooled(bytes) => self.memory.lock().pooled -= bytes,
            Share::Large => self.memory.lock().large = false,
        }
        self.memory.given_back.notify_all();
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
    /// For one bundle, which is read by so many threads.
    pub(crate) fn of_one(threads: usize) -> Self {
        // Of blocks as xz(1) makes them there is memory for two.
        const MOST: u32 = 16;
        Self {
            threads: u32::try_from(threads).map_or(MOST, |threads| threads.min(MOST)),
            ..Self::default()
        }
    }

    pub(super) fn job(self: &Arc<Self>) -> Job {
        self.lock().jobs += 1;
        Job(Arc::clone(self))
    }

    /// Waits until the pool has so much, or until nobody else takes more than that.
    ///
    /// The one who takes more never waits, so it comes to its end, and so does whoever waits. A thread that leaves jobs to
    /// others waits for all of them before it takes more: it may come to wait for one of them, which would wait for it.
    fn take(&self, bytes: u64, job: bool) -> Share {
        let mut taken = self.lock();
        loop {
            if taken.pooled + bytes <= POOL {
                taken.pooled += bytes;
                return Share::Pooled(bytes);
            }
            if !taken.large && (job || taken.jobs == 0) {
                taken.large = true;
                return Share::Large;
            }
            let waited = self.given_back.wait(taken);
            taken = waited.unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    #[test]
    fn a_chain_takes_no_more_than_it_may() {
        let memory = Arc::default();
        let (first, _lease) = Level::default()
            .take(&memory, 9 << 20)
            .expect("it is small");
        let (second, _large) = first.take(&memory, 140 << 20).expect("there is room");
        assert!(memory.lock().large);
        assert!(second.take(&memory, 48 << 20).is_none());
        assert!(second.take(&memory, u64::MAX).is_none());
        assert!(!second.may_share() && first.may_share());
        assert_eq!(second.left(), 47 << 20);
    }

    #[test]
    fn one_stream_of_one_bundle_is_decoded_ahead() {
        let (few, many) = (Memory::of_one(3), Memory::of_one(100_000));
        let top = Level::default();
        assert!(top.ahead(&few).is_none() && top.ahead(&Memory::default()).is_none());
        let (level, threads) = top.ahead(&many).expect("it is alone");
        assert_eq!(threads, 16);
        assert!(level.deeper().ahead(&many).is_none());
        assert!(top.job().ahead(&many).is_none());
    }

    #[test]
    fn threads_share_the_pool_and_one_takes_more() {
        let memory: Arc<Memory> = Arc::default();
        let started = Barrier::new(9);
        let (small, large) = (AtomicU64::new(0), AtomicU64::new(0));
        let (most_small, most_large) = (AtomicU64::new(0), AtomicU64::new(0));
        let within = |count: &AtomicU64, most: &AtomicU64| {
            most.fetch_max(count.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            std::thread::yield_now();
            count.fetch_sub(1, Ordering::SeqCst);
        };
        std::thread::scope(|scope| {
            for _ in 0..8 {
                let job = memory.job();
                scope.spawn(|| {
                    let _job = job;
                    started.wait();
                    for _ in 0..50 {
                        let level = Level::default().job();
                        let (level, _first) = level.take(&memory, 10 << 20).expect("it is small");
                        if !level.large {
                            within(&small, &most_small);
                        }
                        let (level, _second) = level.take(&memory, 100 << 20).expect("it fits");
                        assert!(level.large);
                        within(&large, &most_large);
                    }
                });
            }
            started.wait();
            // Whoever made the jobs waits for all of them.
            let lease = Level::default().take(&memory, 100 << 20);
            assert_eq!(memory.lock().jobs, 0);
            drop(lease);
        });
        assert!(most_small.into_inner() <= 4);
        assert_eq!(most_large.into_inner(), 1);
        let taken = memory.lock();
        assert_eq!((taken.pooled, taken.large), (0, false));
    }
}
