//! Matches to findings, findings to diagnoses.
//!
//! [`Tally`] gathers the matches of all blocks in a bounded form; [`conclude`] gives every record its time and
//! node, finds the occurrences that each pattern asks for, and says what explains what.

mod clock;
mod conclude;
mod copies;
mod explain;
mod finding;
mod frames;
mod hit;
mod infer;
mod kept;
mod occurrence;
mod search;
mod tally;
mod timeline;
mod unexplained;
mod unit_log;

pub use clock::{Zone, ZoneError};
pub use conclude::{Conclusion, Filter, Options, conclude};
pub use tally::{Clues, EntryTally, Tally};
pub use timeline::{Written, timeline};
pub use unit_log::UnitLog;
