//! Matches in bounded memory: the first and the last ones are kept, those between are counted.

use std::collections::{BTreeMap, VecDeque};

use super::tally::Hit;
use crate::location::EntryId;
use crate::log::Stamp;

/// Matches that are kept at each end.
const HALF: usize = 50_000;

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
    pub(super) fn push(&mut self, hit: Hit) {
        if self.head.len() < HALF {
            self.head.push(hit);
            return;
        }
        self.tail.push_back(hit);
        if self.tail.len() > HALF {
            self.beyond.take(self.tail.pop_front());
        }
    }

    /// Adds all matches of what comes next, each changed by `change`.
    pub(super) fn append(&mut self, next: Self, change: impl Fn(Hit) -> Hit) {
        let changed = |hit| change(hit);
        next.head
            .into_iter()
            .map(changed)
            .for_each(|hit| self.push(hit));
        self.beyond.count += next.beyond.count;
        self.beyond.lines += next.beyond.lines;
        next.tail
            .into_iter()
            .map(changed)
            .for_each(|hit| self.push(hit));
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

    #[test]
    fn the_ends_are_kept_and_the_middle_is_counted() {
        let (mut all, mut next) = (Kept::default(), Kept::default());
        (0..80_000).for_each(|at| all.push(hit(at)));
        (80_000..200_000).for_each(|at| next.push(hit(at)));
        all.append(next, |hit| hit);
        let times: Vec<i64> = all
            .iter()
            .filter_map(|hit| Some(hit.time?.micros))
            .collect();
        assert_eq!((times[0], times[times.len() - 1]), (0, 199_999));
        assert_eq!(times.len() as u64 + all.beyond.count, 200_000);
        assert_eq!(all.beyond.lines, 2 * all.beyond.count);
    }
}
