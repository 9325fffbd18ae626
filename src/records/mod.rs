//! Records on their way out: selected, rendered, kept until their times are known, and put in order.
//!
//! The time of a record is not known while its bundle is read, since the year, the zone and the start of the machine may
//! stand in an entry that comes later. What is known is rendered at once, by the threads that parse; the rest is
//! prefixed when the records are merged.

mod frame;
mod json;
mod render;
mod select;
mod sorter;
mod spool;

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub(crate) use frame::{Frame, frames};
pub use render::{Line, Rendering};
pub use select::{Selection, SelectionError};
pub(crate) use sorter::{Key, Sorter};
pub(crate) use spool::{Data, Spool};

use crate::location::{Origin, Place};
use crate::log::{Folder, Formats, Level};
use crate::text::count_newlines;

/// Turns text into rendered records.
#[derive(Debug)]
pub struct Recorder {
    selection: Selection,
    rendering: Rendering,
    spool: Arc<Spool>,
    without_level: AtomicU64,
}

/// The records of a part of an entry.
#[derive(Debug)]
pub struct Chunk {
    /// The line at which the part starts, counted from zero.
    pub(crate) line: u64,
    pub(crate) data: Data,
}

impl Recorder {
    /// A recorder that keeps what `selection` selects, as `rendering` shows it.
    pub fn new(selection: Selection, rendering: Rendering) -> Self {
        Self {
            selection,
            rendering,
            spool: Arc::default(),
            without_level: AtomicU64::new(0),
        }
    }

    /// Which records are kept.
    pub fn selection(&self) -> &Selection {
        &self.selection
    }

    /// How they are shown.
    pub fn rendering(&self) -> &Rendering {
        &self.rendering
    }

    /// How many records were left out because they have no level and one was asked for.
    pub fn without_level(&self) -> u64 {
        self.without_level.load(Ordering::Relaxed)
    }

    pub(crate) fn spool(&self) -> &Spool {
        &self.spool
    }

    /// The records of `text`, which is part of a log and starts at the start of a record; `None` where nothing is
    /// selected. Of output of a command (`headless`) only lines with a time or a level are records.
    pub(crate) fn record(
        &self,
        formats: &Formats,
        text: &[u8],
        (origin, place): (&Origin, &Place),
        headless: bool,
    ) -> io::Result<Option<Chunk>> {
        if !self.selection.takes_entry(origin) || text.is_empty() {
            return Ok(None);
        }
        let folder = Folder::new(formats, text, headless);
        let mut out = Vec::new();
        let (mut line, mut counted, mut without_level) = (0, 0, 0);
        for span in folder.records() {
            let raw = &text[span.range.clone()];
            // Blank lines and what the collector says between records.
            let blank = raw.trim_ascii().is_empty();
            let meta = !span.record.is_recognised() && crate::log::is_meta(raw);
            let output = headless && !span.record.is_recognised();
            if blank || meta || output {
                continue;
            }
            if !self.selection.takes(&span.record, place) {
                continue;
            }
            if !self.selection.takes_level(span.record.level) {
                without_level += u64::from(span.record.level == Level::Unknown);
                continue;
            }
            // Records come in the order of their first lines.
            line += count_newlines(&text[counted..span.range.start]);
            counted = span.range.start;
            frame::write(&span, place, line, &self.rendering, &mut out);
        }
        self.without_level
            .fetch_add(without_level, Ordering::Relaxed);
        if out.is_empty() {
            return Ok(None);
        }
        let data = self.spool.store(out)?;
        Ok(Some(Chunk { line: 0, data }))
    }
}

#[cfg(test)]
mod tests;
