//! The vocabulary of the generated logs and of the patterns that look for failures in them.
//!
//! Both take their words from the same lists, so that a pattern meets its words, and the beginning of its sentence,
//! in lines that it does not fit. The lengths of the lists have no common divisor: as a number counts up, the words
//! meet in ever new combinations.

use crate::random::Random;

/// Different messages of programs that work.
pub(crate) const ACTIVITIES: usize = SUBJECTS.len() * DOING.len();

/// A message of a program that works, one of [`ACTIVITIES`], with numbers of its own.
pub(crate) fn activity(kind: usize, random: &mut Random) -> String {
    let template = [
        word(SUBJECTS, kind),
        word(DOING, kind),
        word(OBJECTS, kind),
        word(DETAILS, kind),
    ];
    numbered(&template.join(" "), random)
}

/// The sentence of a failure up to the name of its object, of which there are more than any catalog has patterns.
pub(crate) fn failure(kind: usize) -> String {
    let (object, _) = object(kind);
    format!("{} {} {object}", word(SUBJECTS, kind), word(FAILING, kind))
}

/// The message of a failure that no generated pattern knows, though its words, and often its start, are theirs.
pub(crate) fn unknown_failure(random: &mut Random) -> String {
    const FIRST: usize = 5_000;
    const KINDS: usize = 400;
    let kind = FIRST + random.below(KINDS);
    let (_, name) = object(kind);
    numbered(&format!("{}{name}", failure(kind)), random)
}

fn word(words: &[&'static str], at: usize) -> &'static str {
    words[at % words.len()]
}

/// An object, cut in front of its number.
fn object(kind: usize) -> (&'static str, &'static str) {
    let object = word(OBJECTS, kind);
    object.split_at(object.find('#').unwrap_or(object.len()))
}

/// `template` with a number for each `#`.
fn numbered(template: &str, random: &mut Random) -> String {
    let mut parts = template.split('#');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text += &random.skewed(10_000).to_string();
        text += part;
    }
    text
}

#[rustfmt::skip]
const SUBJECTS: &[&str] = &[
    "volume controller", "lease keeper", "scheduler", "image cache", "replica set", "raft log", "snapshotter",
    "ingress", "node agent", "resolver", "block device", "connection pool", "certificate store", "config watcher",
    "token reviewer", "backup job", "metrics scraper", "session store", "migration", "balancer", "audit sink",
    "queue consumer", "health probe", "garbage collector",
];

#[rustfmt::skip]
const DOING: &[&str] = &[
    "finished reconciling", "started to sync", "took a snapshot of", "compacted", "is watching", "renewed its hold on",
    "scheduled another pass over", "resized", "released", "picked up", "refreshed its view of", "reports no change in",
    "handed over", "reopened", "listed", "joined", "assigned", "drained", "published", "rotated",
    "verified the checksum of", "queued work for", "acknowledged",
];

#[rustfmt::skip]
const OBJECTS: &[&str] = &[
    "pod web-#", "volume pvc-#", "shard #", "revision #", "endpoint 10.0.7.11:#", "segment #", "peer node-#",
    "request #", "partition #", "key /registry/leases/#", "session #", "transaction #", "chunk #", "table orders_#",
    "job nightly-#", "tenant t#", "blob #",
];

#[rustfmt::skip]
const DETAILS: &[&str] = &[
    "after # ms", "in # steps", "with # items", "at generation #", "(# bytes)", "for client #", "on queue #",
    "from offset # to #", "as planned", "of # in all", "without waiting",
];

#[rustfmt::skip]
const FAILING: &[&str] = &[
    "timed out on", "cannot open", "lost track of", "could not mount", "has no room left for", "gave up on",
    "read a damaged", "was denied", "does not know", "is not allowed to touch", "cannot bind", "cannot decode",
    "found no leader for", "waits in vain for", "ran into a conflict over", "lags far behind", "was fenced off from",
    "rolled back", "cannot verify", "missed the deadline of", "dropped", "could not allocate", "was refused by",
    "is out of step with", "saw an expired", "cannot resolve", "has too many writers on", "could not lock", "aborted",
    "cannot replay", "went away during", "is starved by", "could not elect a master for", "found a stale",
    "cannot shrink", "rejected", "was evicted from", "could not attach", "cannot reach", "is throttled by",
    "never heard back from",
];
