//! Many literals at once: which of them stand where in a text.
//!
//! [`Prefilter`] is for any number of them, [`Needles`] for a few. Nothing here knows what they are for.

mod frequency;
mod needles;
mod prefilter;

pub(crate) use frequency::{of_text, probability};
pub(crate) use needles::Needles;
pub(crate) use prefilter::{PART, Prefilter};

/// A text that is looked for.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) struct Literal {
    /// The bytes; lower-case if `fold`.
    pub(crate) bytes: Vec<u8>,
    /// Whether ASCII letters match in either case.
    pub(crate) fold: bool,
}

impl Literal {
    /// Whether it is this text.
    pub(crate) fn is(&self, text: &[u8]) -> bool {
        if self.fold {
            text.eq_ignore_ascii_case(&self.bytes)
        } else {
            text == self.bytes
        }
    }

    /// A text as it stands.
    pub(crate) fn exact(text: &[u8]) -> Self {
        Self {
            bytes: text.to_vec(),
            fold: false,
        }
    }
}
