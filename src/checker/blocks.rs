//! Content of entries to blocks of text that can be scanned by themselves.
//!
//! Small entries share a block. A large entry is cut into segments of at most [`SEGMENT`] bytes, at the start of
//! a record; where the cuts fall depends on the content of the entry alone, so that a bundle gives the same
//! result in any container and for any number of threads.

use std::io::Read;
use std::ops::Range;
use std::sync::Arc;

use crate::location::{Origin, Place};
use crate::log::{Formats, is_headless, starts_record};
use crate::text::line_around;

/// A block is handed on when it holds so many bytes.
const BLOCK: usize = 1 << 20;
/// Or so many segments: what goes with an empty file is larger than its text.
const SEGMENTS: usize = 1 << 10;
/// The most that one block holds of one entry.
const SEGMENT: usize = 1 << 20;
/// How far back from its end a segment may be cut.
const CUT: usize = 128 << 10;

/// Which entry a segment belongs to.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) origin: Origin,
    pub(super) place: Place,
    /// Whether its text was made from a journal that has no lines.
    pub(super) from_journal: bool,
    /// When it was last written, in seconds since 1970, where its compression says so.
    pub(super) modified: Option<i64>,
}

/// A part of a block that belongs to one entry.
#[derive(Debug)]
pub(super) struct Segment {
    pub(super) source: Arc<Source>,
    pub(super) range: Range<usize>,
    /// Whether it continues the segment before it in the bundle.
    pub(super) continues: bool,
    /// Whether the entry ends with it.
    pub(super) last: bool,
    /// Whether the entry is output of some command; known where it takes several segments, of which each must
    /// be read alike.
    pub(super) headless: Option<bool>,
    /// The whole text of an entry of several segments, on its last one, where it was wanted.
    pub(super) whole: Option<Vec<u8>>,
}

/// Text of one or more entries.
#[derive(Debug, Default)]
pub(super) struct Block {
    pub(super) data: Vec<u8>,
    pub(super) segments: Vec<Segment>,
}

impl Block {
    /// An empty block that reuses a buffer.
    pub(super) fn reusing(mut data: Vec<u8>) -> Self {
        data.clear();
        data.reserve(BLOCK + SEGMENT);
        Self {
            data,
            segments: Vec::new(),
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.data.len() >= BLOCK || self.segments.len() >= SEGMENTS
    }

    pub(super) fn is_empty(&self) -> bool {
        self.segments.is_empty()
    }
}

/// The most of an entry that is kept as a whole.
pub(super) const WHOLE: usize = 16 << 20;

/// Reads an entry into `block`; whenever the entry fills a segment, `next` takes the block and returns an empty
/// one. `wanted` is asked with the first segment of an entry that goes on whether its text is needed as a whole.
pub(super) fn read(
    formats: &Formats,
    source: Source,
    content: &mut dyn Read,
    block: &mut Block,
    next: &mut dyn FnMut(Block) -> Block,
    wanted: &dyn Fn(&[u8]) -> bool,
) {
    let source = Arc::new(source);
    let mut continues = false;
    let mut headless = None;
    let mut whole: Option<Vec<u8>> = None;
    loop {
        let start = block.data.len();
        let segment_start = block.segments.last().map_or(0, |segment| segment.range.end);
        let room = (segment_start + SEGMENT).saturating_sub(start);
        // Readers of entries do not fail; if one did, what was read would still count.
        let _ = (&mut *content)
            .take(room as u64)
            .read_to_end(&mut block.data);
        let end = block.data.len();
        let push = |block: &mut Block, end, last, headless, whole: Option<Vec<u8>>| {
            block.segments.push(Segment {
                headless,
                source: Arc::clone(&source),
                range: segment_start..end,
                continues,
                last,
                whole,
            });
        };
        let room = WHOLE.saturating_sub(whole.as_ref().map_or(0, Vec::len));
        if end - segment_start < SEGMENT {
            if let Some(whole) = &mut whole {
                let rest = &block.data[segment_start..end];
                whole.extend_from_slice(&rest[..rest.len().min(room)]);
            }
            return push(block, end, true, headless, whole);
        }
        let text = &block.data[segment_start..];
        let headless = *headless.get_or_insert_with(|| is_headless(formats, text));
        let cut = segment_start + cut(formats, text);
        if !continues && wanted(&block.data[segment_start..cut]) {
            whole = Some(Vec::new());
        }
        if let Some(whole) = &mut whole {
            let part = &block.data[segment_start..cut];
            whole.extend_from_slice(&part[..part.len().min(room)]);
        }
        let carry = block.data[cut..].to_vec();
        block.data.truncate(cut);
        push(block, cut, false, Some(headless), None);
        *block = next(std::mem::take(block));
        block.data.extend_from_slice(&carry);
        continues = true;
    }
}

/// Where to cut a text that goes on: in front of the last record whose start is sure, else behind the last
/// line, else at the end.
fn cut(formats: &Formats, text: &[u8]) -> usize {
    let Some(last_newline) = memchr::memrchr(b'\n', text) else {
        return text.len();
    };
    let mut line = line_around(text, last_newline);
    while line.start > text.len().saturating_sub(CUT).max(1) {
        let previous = line_around(text, line.start - 1);
        if starts_record(formats, &text[line.clone()]) && !is_amid(formats, text, &line) {
            return line.start;
        }
        line = previous;
    }
    last_newline + 1
}

/// Whether records of several streams are mixed around `line`, so that one of them may go on behind it.
fn is_amid(formats: &Formats, text: &[u8], line: &Range<usize>) -> bool {
    // As many lines of other streams as may stand between two lines of a record.
    const AROUND: usize = 4;
    let mut before = line.clone();
    for _ in 0..AROUND {
        if before.start == 0 {
            break;
        }
        before = line_around(text, before.start - 1);
        if formats.parse(&text[before.clone()]).partial {
            return true;
        }
    }
    let own = formats.parse(&text[line.clone()]);
    let mut after = line.clone();
    for _ in 0..AROUND {
        if after.end + 1 >= text.len() {
            break;
        }
        after = line_around(text, after.end + 1);
        let next = formats.parse(&text[after.clone()]);
        if next.goes_on_elsewhere(&own) {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks(text: &[u8]) -> Vec<(Vec<u8>, bool, bool)> {
        let source = Source {
            origin: Origin::new("a.log"),
            place: Place::default(),
            from_journal: false,
            modified: None,
        };
        let mut all: Vec<Block> = Vec::new();
        let mut block = Block::default();
        let mut next = |full| {
            all.push(full);
            Block::default()
        };
        read(
            &Formats::default(),
            source,
            &mut &text[..],
            &mut block,
            &mut next,
            &|_| true,
        );
        all.push(block);
        all.iter()
            .flat_map(|block| {
                block
                    .segments
                    .iter()
                    .map(|s| (block.data[s.range.clone()].to_vec(), s.continues, s.last))
            })
            .collect()
    }

    #[test]
    fn segments_make_up_the_entry_and_start_with_a_record() {
        let mut text = Vec::new();
        for at in 0..60_000 {
            text.extend_from_slice(
                format!(
                    "2022-02-04 10:07:26.{:03} [warning] <0.{at}.0> closing\n  because\n",
                    at % 1000
                )
                .as_bytes(),
            );
        }
        let segments = blocks(&text);
        assert!(segments.len() > 2);
        assert_eq!(
            segments
                .iter()
                .flat_map(|(data, ..)| data.clone())
                .collect::<Vec<u8>>(),
            text
        );
        for (at, (data, continues, last)) in segments.iter().enumerate() {
            assert!(data.starts_with(b"2022-02-04"));
            assert_eq!((*continues, *last), (at > 0, at + 1 == segments.len()));
        }
    }

    #[test]
    fn the_whole_text_comes_with_the_last_segment_if_it_is_wanted() {
        let text = vec![b'a'; SEGMENT * 2 + 5];
        for wanted in [false, true] {
            let source = Source {
                origin: Origin::new("a"),
                place: Place::default(),
                from_journal: false,
                modified: None,
            };
            let (mut block, mut earlier) = (Block::default(), Vec::new());
            let mut next = |full: Block| {
                earlier.push(full);
                Block::default()
            };
            read(
                &Formats::default(),
                source,
                &mut &text[..],
                &mut block,
                &mut next,
                &|_| wanted,
            );
            assert_eq!(block.segments[0].whole, wanted.then(|| text.clone()));
            assert!(
                earlier
                    .iter()
                    .all(|block| block.segments[0].whole.is_none())
            );
        }
    }

    #[test]
    fn a_line_without_end_is_cut_and_an_empty_entry_is_a_segment() {
        let segments = blocks(&vec![b'a'; SEGMENT * 2 + 5]);
        assert_eq!(
            segments
                .iter()
                .map(|(data, ..)| data.len())
                .collect::<Vec<_>>(),
            [SEGMENT, SEGMENT, 5]
        );
        assert_eq!(blocks(b""), [(Vec::new(), false, true)]);
    }
}
