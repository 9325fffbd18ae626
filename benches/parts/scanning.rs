//! A matcher and logs, in the blocks in which a checker scans.

use bundlecheck::Catalog;
use bundlecheck::location::{Origin, Place};
use bundlecheck::matcher::{Input, Match, Matcher, Scan, Scratch};
use divan::counter::BytesCount;

/// Bytes of a block.
const BLOCK: usize = 1 << 20;

/// What is scanned for what.
pub(crate) struct Scanning {
    pub(crate) matcher: Matcher,
    files: Vec<Vec<u8>>,
    place: Place,
    entry: Origin,
}

impl Scanning {
    pub(crate) fn new(catalog: &Catalog, files: Vec<Vec<u8>>) -> Self {
        Self {
            matcher: Matcher::new(catalog),
            files,
            place: Place::default(),
            entry: Origin::new("app.log"),
        }
    }

    pub(crate) fn bytes(&self) -> BytesCount {
        BytesCount::new(self.files.iter().map(Vec::len).sum::<usize>())
    }

    /// Scans all blocks.
    pub(crate) fn scan(&self) -> Vec<(Scan, Vec<Match>)> {
        self.inputs().map(|input| self.one(input)).collect()
    }

    /// Scans one text.
    pub(crate) fn one(&self, input: Input<'_>) -> (Scan, Vec<Match>) {
        let mut matches = Vec::new();
        let scan = self
            .matcher
            .scan(input, &mut Scratch::default(), &mut |found| {
                matches.push(found);
            });
        (scan, matches)
    }

    /// Only looks at what the blocks are.
    pub(crate) fn sniff(&self) -> Vec<Scan> {
        let inputs = self.inputs();
        inputs.map(|input| self.matcher.sniff(input).0).collect()
    }

    /// A text as part of a log.
    pub(crate) fn input<'a>(&'a self, text: &'a [u8]) -> Input<'a> {
        Input {
            headless: Some(false),
            ..Input::new(text, &self.place, &self.entry)
        }
    }

    fn inputs(&self) -> impl Iterator<Item = Input<'_>> {
        let blocks = self.files.iter().flat_map(|file| blocks(file));
        blocks.map(|text| self.input(text))
    }
}

/// Parts of at most [`BLOCK`] bytes that end with lines.
fn blocks(mut text: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let most = &text[..text.len().min(BLOCK)];
        let end = memchr::memrchr(b'\n', most).map_or(most.len(), |newline| newline + 1);
        let block;
        (block, text) = text.split_at(end);
        (!block.is_empty()).then_some(block)
    })
}
