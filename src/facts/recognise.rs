//! Which parsers an entry is shown to.

use super::{Input, PARSERS, Parser, Sink};
use crate::literals::{Literal, Prefilter};

/// Finds the parsers whose output a text may be.
#[derive(Debug)]
pub struct Recogniser {
    markers: Prefilter,
    /// The parser of each marker.
    owners: Vec<usize>,
}

/// Parsers that an entry is shown to, as a set.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Wanted(u64);

impl Wanted {
    /// Whether no parser wants it.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    fn add(&mut self, parser: usize) {
        self.0 |= 1 << parser;
    }

    /// What either wants.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl Default for Recogniser {
    fn default() -> Self {
        Self::new()
    }
}

impl Recogniser {
    /// Compiles the markers of all parsers.
    ///
    /// # Panics
    ///
    /// When there are more than 64 parsers, which a test rules out.
    pub fn new() -> Self {
        assert!(PARSERS.len() <= 64, "a set of parsers fits in 64 bits");
        let markers = || {
            PARSERS
                .iter()
                .enumerate()
                .flat_map(|(at, parser)| parser.markers.iter().map(move |marker| (at, *marker)))
        };
        Self {
            markers: Prefilter::new(
                markers()
                    .map(|(_, marker)| Literal::exact(marker.as_bytes()))
                    .collect(),
            ),
            owners: markers().map(|(at, _)| at).collect(),
        }
    }

    /// The parsers that know the path.
    pub fn by_path(path: &str) -> Wanted {
        let mut wanted = Wanted::default();
        for (at, parser) in PARSERS.iter().enumerate() {
            if (parser.path)(path) {
                wanted.add(at);
            }
        }
        wanted
    }

    /// The parsers that have a marker in the text.
    pub fn by_text(&self, text: &[u8]) -> Wanted {
        let mut hits = Vec::new();
        self.markers.find(text, &mut hits);
        let mut wanted = Wanted::default();
        for (_, marker) in hits {
            wanted.add(self.owners[marker as usize]);
        }
        wanted
    }

    /// Lets the parsers read the text.
    pub fn gather(wanted: Wanted, input: Input<'_>, sink: &mut Sink) {
        let chosen = |at: &(usize, &Parser)| wanted.0 & (1 << at.0) != 0;
        for (_, parser) in PARSERS.iter().enumerate().filter(chosen) {
            (parser.parse)(input, sink);
        }
    }
}
