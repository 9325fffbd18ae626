//! Patterns times records: which records fit which events.
//!
//! Literals first: one prefilter looks for the rarest literal that each event requires in whole blocks of raw
//! text; only on a hit is the line folded into its record, parsed and verified. Findings, windows and counts
//! are the business of `diagnose`.

mod candidates;
mod compile;
mod expression;
mod gate;
mod literal;
mod need;
mod scan;
mod sniff;
mod template;
mod trials;
mod verify;

pub use candidates::Scratch;
pub use compile::Matcher;
pub use scan::{ErrorKey, ErrorRecord, Input, Scan};
pub use trials::{Trial, Trials};

use crate::log::Stamp;

/// One record that fits one event of a pattern.
#[derive(Clone, Debug)]
pub struct Match {
    /// Index of the pattern in the catalog.
    pub pattern: u32,
    /// Index of the event in the pattern.
    pub event: u32,
    /// The line that fits, counted from one in the scanned text; of a folded record the line with the literal.
    pub line: u64,
    /// The line where the record starts.
    pub record: u64,
    /// Lines of the record that hold the literals of the event: what `grep` would count.
    pub lines: u32,
    /// How often it was logged: a syslog daemon may write one line for many.
    pub repeats: u32,
    /// When.
    pub time: Option<Stamp>,
    /// Whether that is the time of the line before it, since its own has none.
    pub inherited: bool,
    /// The machine, by the record or by the path.
    pub node: Option<String>,
    /// The unit, by the record or by the path.
    pub unit: Option<String>,
    /// The container, by the record or by the path.
    pub container: Option<String>,
    /// Captured values, sorted by name.
    pub captures: Vec<(String, String)>,
    /// What tells this event from others of the same second: a hash of the message.
    pub identity: u64,
    /// A hash of the container or process that wrote it; zero where nothing tells.
    pub writer: u64,
    /// The line itself.
    pub text: Vec<u8>,
    /// Where in `text` the literal stands that led to the match, in bytes.
    pub focus: u32,
}

#[cfg(test)]
mod tests;
