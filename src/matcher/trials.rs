//! What it took to find the matches: for whoever writes patterns.

use std::collections::BTreeMap;

/// Near misses that are kept of each pattern.
const KEPT: usize = 3;

/// How much work a pattern made.
#[derive(Clone, Debug, Default)]
pub struct Trial {
    /// Records with a literal that an event of the pattern requires.
    pub candidates: u64,
    /// Those of them with all literals of an event, so that its conditions were tried.
    pub verified: u64,
    /// Those of them that fit an event.
    pub matched: u64,
    /// The first ones that have all literals and still do not fit: the entry and the line.
    pub near_misses: Vec<(String, Vec<u8>)>,
}

/// The trials of all patterns, by their index in the catalog.
#[derive(Clone, Debug, Default)]
pub struct Trials(BTreeMap<u32, Trial>);

impl Trials {
    /// The trial of a pattern.
    pub fn of(&mut self, pattern: u32) -> &mut Trial {
        self.0.entry(pattern).or_default()
    }

    /// Those of patterns that had any candidate.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &Trial)> {
        self.0.iter().map(|(pattern, trial)| (*pattern, trial))
    }

    /// Adds what comes after this in the bundle.
    pub fn append(&mut self, next: Self) {
        for (pattern, trial) in next.0 {
            let own = self.of(pattern);
            own.candidates += trial.candidates;
            own.verified += trial.verified;
            own.matched += trial.matched;
            let room = KEPT - own.near_misses.len();
            own.near_misses
                .extend(trial.near_misses.into_iter().take(room));
        }
    }
}

/// How far a record got with a pattern.
#[derive(Clone, Copy, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Stage {
    Candidate,
    Verified,
    Matched,
}

impl Trial {
    pub(super) fn add(&mut self, stage: Stage, quote: impl FnOnce() -> (String, Vec<u8>)) {
        self.candidates += 1;
        self.verified += u64::from(stage >= Stage::Verified);
        self.matched += u64::from(stage == Stage::Matched);
        if stage == Stage::Verified && self.near_misses.len() < KEPT {
            self.near_misses.push(quote());
        }
    }
}
