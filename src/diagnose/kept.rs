//! Matches in bounded memory: the first and the last ones are kept, those between are counted. What is kept of one event
//! depends on all of them: where many have many, of each fewer are kept, those with the most first.

use std::collections::{BTreeMap, VecDeque};

use super::tally::Hit;
use crate::location::EntryId;
use crate::log::Stamp;

/// Matches that are kept at each end of those of one event, at most.
const HALF: usize = 1 << 15;
/// Matches that are kept of all events together.
pub(super) const MOST: usize = 100_000;
/// Matches that are kept at each end of those of one event, whatever others have.
const LEAST: usize = 256;

/// How many matches are kept at each end: fewer where many events have many.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Half(usize);

impl Default for Half {
    fn default() -> Self {
        Self(HALF)
    }
}

impl Half {
    /// The next smaller one, if there is any.
    pub(super) fn smaller(self) -> Option<Self> {
        (self.0 > LEAST).then_some(Self(self.0 / 2))
    }
}

/// The matches of one event, in the order of the bundle.
#[derive(Debug, Default)]
pub(super) struct Kept {
    head: Vec<Hit>,
    tail: VecDeque<Hit>,
    /// What was counted only.
    pub(super) beyond: Beyond,
}

/// Matches that were counted only.
#[derive(Debug, Default)]
pub(super) struct Beyond {
    pub(super) count: u64,
    pub(super) lines: u64,
    /// The earliest and the latest stamp of each entry.
    pub(super) times: BTreeMap<EntryId, [Stamp; 2]>,
}

impl Kept {
    /// Adds the next match; may push one from the middle out.
    pub(super) fn push(&mut self, hit: Hit, half: Half) {
        if self.head.len() < half.0 {
            self.head.push(hit);
            return;
        }
        self.tail.push_back(hit);
        if self.tail.len() > half.0 {
            self.beyond.take(self.tail.pop_front());
        }
    }

    /// Adds all matches of what comes next, each changed by `change`; both were kept with the same `half`.
    pub(super) fn append(&mut self, next: Self, half: Half, change: impl Fn(Hit) -> Hit) {
        let changed = |hit| change(hit);
        next.head
            .into_iter()
            .map(changed)
            .for_each(|hit| self.push(hit, half));
        self.beyond.count += next.beyond.count;
        self.beyond.lines += next.beyond.lines;
        next.tail
            .into_iter()
            .map(changed)
            .for_each(|hit| self.push(hit, half));
    }

    /// Keeps fewer at each end: those that would be there had `half` been so small from the start.
    pub(super) fn shrink(&mut self, half: Half) {
        if self.head.len() > half.0 {
            let inner = self.head.split_off(half.0);
            inner
                .into_iter()
                .rev()
                .for_each(|hit| self.tail.push_front(hit));
            self.head.shrink_to_fit();
        }
        while self.tail.len() > half.0 {
            self.beyond.take(self.tail.pop_front());
        }
        self.tail.shrink_to_fit();
    }

    /// How many were kept.
    pub(super) fn len(&self) -> usize {
        self.head.len() + self.tail.len()
    }

    /// The matches that were kept.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Hit> {
        self.head.iter().chain(&self.tail)
    }

    /// Renumbers the entries.
    pub(super) fn renumber(&mut self, new_id: impl Fn(EntryId) -> EntryId) {
        for hit in self.head.iter_mut().chain(&mut self.tail) {
            hit.entry = new_id(hit.entry);
        }
        let times = std::mem::take(&mut self.beyond.times).into_iter();
        self.beyond.times = times.map(|(entry, times)| (new_id(entry), times)).collect();
    }
}

impl Beyond {
    fn take(&mut self, hit: Option<Hit>) {
        let Some(hit) = hit else { return };
        self.count += u64::from(hit.repeats);
        self.lines += u64::from(hit.lines);
        self.widen(hit.time.map(|time| (hit.entry, [time, time])));
    }

    /// Takes in the earliest and latest stamps of entries.
    pub(super) fn widen(&mut self, times: impl IntoIterator<Item = (EntryId, [Stamp; 2])>) {
        for (entry, [earliest, latest]) in times {
            let [first, last] = self.times.entry(entry).or_insert([earliest, latest]);
            if earliest.micros < first.micros {
                *first = earliest;
            }
            if latest.micros > last.micros {
                *last = latest;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::StampKind;

    fn hit(micros: i64) -> Hit {
        let time = Stamp {
            micros,
            kind: StampKind::Explicit,
        };
        Hit {
            time: Some(time),
            inherited: false,
            identity: 0,
            writer: 0,
            repeats: 1,
            entry: EntryId(0),
            record: 0,
            line: 1,
            lines: 2,
            context: 0,
        }
    }

    fn filled(range: std::ops::Range<i64>, half: Half) -> Kept {
        let mut kept = Kept::default();
        range.for_each(|at| kept.push(hit(at), half));
        kept
    }

    fn shown(kept: &Kept) -> (Vec<i64>, u64, u64) {
        let times = kept.iter().filter_map(|hit| Some(hit.time?.micros));
        (times.collect(), kept.beyond.count, kept.beyond.lines)
    }

    #[test]
    fn the_ends_are_kept_and_the_middle_is_counted() {
        let half = Half(3);
        let mut all = filled(0..4, half);
        all.append(filled(4..20, half), half, |hit| hit);
        assert_eq!(shown(&all), (vec![0, 1, 2, 17, 18, 19], 14, 28));
        assert_eq!(all.len(), 6);
    }

    /// Whenever it is noticed that there are too many, the same are kept.
    #[test]
    fn it_does_not_matter_when_fewer_are_kept() {
        for count in [0, 1, 3, 4, 5, 9, 30] {
            let expected = shown(&filled(0..count, Half(2)));
            for when in 0..=count {
                let mut kept = filled(0..when, Half(8));
                kept.shrink(Half(2));
                (when..count).for_each(|at| kept.push(hit(at), Half(2)));
                assert_eq!(shown(&kept), expected, "{count}, {when}");
            }
        }
    }
}
