//! Lines that were parsed to see where a record ends, and belong to the next ones.

use std::collections::VecDeque;
use std::ops::Range;

use super::Folder;
use crate::log::Record;
use crate::text::line_around;

/// The lines from some place of a text on, each parsed once, of which any may be taken.
#[derive(Debug)]
pub(super) struct Ahead<'f, 'a> {
    folder: &'f Folder<'a>,
    parsed: VecDeque<(Range<usize>, Record<'a>)>,
    /// Where the lines start that were not parsed yet.
    next: usize,
    /// The end of what was taken, for lines that look back.
    floor: usize,
}

impl<'f, 'a> Ahead<'f, 'a> {
    /// The lines from byte `start` on.
    pub(super) fn new(folder: &'f Folder<'a>, start: usize) -> Self {
        Self {
            folder,
            parsed: VecDeque::new(),
            next: start,
            floor: start,
        }
    }

    /// Line `at` of those that were not taken.
    pub(super) fn peek(&mut self, at: usize) -> Option<&(Range<usize>, Record<'a>)> {
        while self.parsed.len() <= at {
            let line = self.next_line()?;
            self.next = line.end + 1;
            let record = self.folder.parse(&line);
            self.parsed.push_back((line, record));
        }
        self.parsed.get(at)
    }

    /// Takes line `at`.
    pub(super) fn take(&mut self, at: usize) -> Option<(Range<usize>, Record<'a>)> {
        self.peek(at)?;
        self.parsed.remove(at)
    }

    /// Where the text starts that was not taken as a whole.
    pub(super) fn floor(&self) -> usize {
        self.floor
    }

    /// Leaves out everything before byte `start`.
    pub(super) fn skip_to(&mut self, start: usize) {
        self.parsed.retain(|(line, _)| line.start >= start);
        self.next = self.next.max(start);
        self.floor = start;
    }

    fn next_line(&self) -> Option<Range<usize>> {
        let text = self.folder.text;
        (self.next < text.len()).then(|| line_around(text, self.next))
    }
}
