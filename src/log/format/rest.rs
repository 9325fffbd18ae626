//! Reading a line from the left, word by word.

use std::borrow::Cow;

use super::{Body, Layer};
use crate::log::{Level, Stamp, field};

/// What is left of a line. Each method that returns `None` leaves the line to another format.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rest<'a>(pub(super) &'a [u8]);

impl<'a> Rest<'a> {
    /// Steps over `text`.
    pub(super) fn tag(&mut self, text: &[u8]) -> Option<()> {
        self.0 = self.0.strip_prefix(text)?;
        Some(())
    }

    /// Steps over spaces and tabs, of which there is at least one.
    pub(super) fn spaces(&mut self) -> Option<()> {
        let count = self.count_spaces();
        self.0 = &self.0[count..];
        (count > 0).then_some(())
    }

    /// Steps over spaces and tabs.
    pub(super) fn skip_spaces(&mut self) {
        self.0 = &self.0[self.count_spaces()..];
    }

    fn count_spaces(self) -> usize {
        self.0
            .iter()
            .take_while(|b| matches!(b, b' ' | b'\t'))
            .count()
    }

    /// The text up to `end`, which is stepped over; not farther than 256 bytes.
    pub(super) fn until(&mut self, end: u8) -> Option<&'a [u8]> {
        let at = memchr::memchr(end, &self.0[..self.0.len().min(256)])?;
        let text = &self.0[..at];
        self.0 = &self.0[at + 1..];
        Some(text)
    }

    /// A word: what stands before the next space, tab or the end. Never empty.
    pub(super) fn word(&mut self) -> Option<&'a [u8]> {
        let end = self
            .0
            .iter()
            .position(|b| matches!(b, b' ' | b'\t'))
            .unwrap_or(self.0.len());
        let word = &self.0[..end];
        self.0 = &self.0[end..];
        (end > 0).then_some(word)
    }

    /// The text in brackets that open here.
    pub(super) fn bracketed(&mut self) -> Option<&'a [u8]> {
        self.tag(b"[")?;
        self.until(b']')
    }

    /// Digits, at least one.
    pub(super) fn digits(&mut self) -> Option<&'a [u8]> {
        let end = self.0.iter().take_while(|b| b.is_ascii_digit()).count();
        let digits = &self.0[..end];
        self.0 = &self.0[end..];
        (end > 0).then_some(digits)
    }

    /// A word that names a level.
    pub(super) fn level(&mut self) -> Option<Level> {
        Level::from_name(self.word()?)
    }

    /// A level in brackets, perhaps padded: `[WARN ]`.
    pub(super) fn bracketed_level(&mut self) -> Option<Level> {
        Level::from_name(self.bracketed()?)
    }

    /// What is left as the message of a layer with a time and a level.
    #[expect(
        clippy::inline_always,
        reason = "a layer is large, and copied where this is a call"
    )]
    #[inline(always)]
    pub(super) fn message(self, stamp: Stamp, level: Level) -> Layer<'a> {
        let mut layer = Layer::new(Body::Message(Cow::Borrowed(self.0)));
        layer.time = Some(stamp);
        layer.level = level;
        layer
    }
}

impl<'a> Layer<'a> {
    /// The same layer with the name of a logger.
    #[expect(
        clippy::inline_always,
        reason = "a layer is large, and copied where this is a call"
    )]
    #[inline(always)]
    pub(super) fn logger(mut self, name: &'a [u8]) -> Self {
        self.logger = (!name.is_empty()).then(|| field::lossy(name));
        self
    }

    /// The same layer with a field more.
    #[expect(
        clippy::inline_always,
        reason = "a layer is large, and copied where this is a call"
    )]
    #[inline(always)]
    pub(super) fn with(mut self, name: &'static str, value: &'a [u8]) -> Self {
        self.fields
            .push((Cow::Borrowed(name), Cow::Borrowed(value)));
        self
    }
}

/// Whether `text` could be the name of a logger, module or class: letters, digits and `._-$/:`.
pub(super) fn is_name(text: &[u8]) -> bool {
    let within =
        |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'$' | b'/' | b':');
    text.first()
        .is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_')
        && text.iter().all(within)
}
