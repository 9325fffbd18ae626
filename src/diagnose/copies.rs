//! Which of several records that say the same are one event in several files.
//!
//! A journal, its `--boot` part, a syslog and a rotated copy hold the same events. Records of one message on one machine
//! in one second are copies of each other if they stand in different files and nothing tells them apart: not the container
//! or the process that wrote them, nor times that are finer than a second. Of copies those of the file count that has
//! most of them.

use std::collections::{BTreeMap, BTreeSet};

/// Fine times of copies may differ so much: a syslog daemon stamps what the journal stamped before.
const JITTER: i64 = 100_000;

/// What tells a record from others of the same second, machine and message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stand {
    /// The file.
    pub(super) entry: u32,
    /// The instant.
    pub(super) micros: i64,
    /// The container or process that wrote it; zero where nothing tells.
    pub(super) writer: u64,
}

/// For each of the records whether it counts, and then in how many other files it stands.
pub(super) fn counted(stands: &[Stand]) -> Vec<Option<u32>> {
    let mut counted = vec![None; stands.len()];
    let mut writers: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
    for (at, stand) in stands.iter().enumerate() {
        writers.entry(stand.writer).or_default().push(at);
    }
    let unknown = writers.remove(&0).unwrap_or_default();
    let more = files(stands, &unknown).len();
    for same in writers.values() {
        one_writer(stands, same, more, &mut counted);
    }
    if writers.is_empty() {
        one_writer(stands, &unknown, 0, &mut counted);
        return counted;
    }
    // What names no writer is a copy of what does, as far as there is as much of that.
    let known = counted.iter().flatten().count();
    let most = files(stands, &unknown)
        .into_iter()
        .map(|(_, records)| records)
        .max_by_key(Vec::len);
    if let Some(most) = most {
        most.iter()
            .skip(known)
            .for_each(|at| counted[*at] = Some(0));
    }
    counted
}

/// The records of each file, in the order of the files.
fn files(stands: &[Stand], records: &[usize]) -> Vec<(u32, Vec<usize>)> {
    let mut files: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for at in records {
        files.entry(stands[*at].entry).or_default().push(*at);
    }
    files.into_iter().collect()
}

/// Of records that one writer wrote; they stand in `more` files besides.
fn one_writer(stands: &[Stand], same: &[usize], more: usize, counted: &mut [Option<u32>]) {
    let is_fine = |at: &usize| stands[*at].micros % 1_000_000 != 0;
    let mut order = same.to_vec();
    order.sort_by_key(|at| stands[*at].micros);
    let moments: Vec<&[usize]> = if order.iter().all(is_fine) {
        order
            .chunk_by(|a, b| stands[*b].micros - stands[*a].micros <= JITTER)
            .collect()
    } else {
        vec![&order]
    };
    for moment in moments {
        let files = files(stands, moment);
        let others = files.len() - 1 + more;
        // Of equals the file with the finer times, then the first.
        let rank = |records: &[usize]| (records.len(), records.iter().any(is_fine));
        let most = files.into_iter().map(|(_, records)| records);
        let most = most.reduce(|most, file| {
            if rank(&file) > rank(&most) {
                file
            } else {
                most
            }
        });
        for at in most.unwrap_or_default() {
            counted[at] = Some(u32::try_from(others).unwrap_or(u32::MAX));
        }
    }
}

/// In how many files the records stand.
pub(super) fn file_count(stands: &[Stand]) -> usize {
    stands
        .iter()
        .map(|stand| stand.entry)
        .collect::<BTreeSet<_>>()
        .len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stands(all: &[(u32, i64, u64)]) -> Vec<Stand> {
        all.iter()
            .map(|&(entry, micros, writer)| Stand {
                entry,
                micros,
                writer,
            })
            .collect()
    }

    #[test]
    fn the_file_with_most_counts() {
        let found = counted(&stands(&[(1, 0, 0), (2, 0, 0), (2, 0, 0), (3, 0, 0)]));
        assert_eq!(found, [None, Some(2), Some(2), None]);
    }

    #[test]
    fn containers_and_processes_are_told_apart() {
        assert_eq!(
            counted(&stands(&[(1, 0, 7), (2, 0, 8)])),
            [Some(0), Some(0)]
        );
        // A third file that names nobody has copies of both.
        let found = counted(&stands(&[(1, 0, 7), (2, 0, 8), (3, 0, 0), (3, 0, 0)]));
        assert_eq!(found, [Some(1), Some(1), None, None]);
        // It has one more than there are.
        let found = counted(&stands(&[(1, 0, 7), (3, 0, 0), (3, 0, 0)]));
        assert_eq!(found, [Some(1), None, Some(0)]);
    }

    #[test]
    fn fine_times_tell_apart_and_coarse_ones_do_not() {
        assert_eq!(
            counted(&stands(&[(1, 100_001, 0), (2, 700_001, 0)])),
            [Some(0), Some(0)]
        );
        assert_eq!(
            counted(&stands(&[(1, 100_001, 0), (2, 100_900, 0)])),
            [Some(1), None]
        );
        assert_eq!(
            counted(&stands(&[(1, 0, 0), (2, 700_001, 0)])),
            [None, Some(1)]
        );
    }
}
