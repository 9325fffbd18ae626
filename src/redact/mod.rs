//! Masks secrets in text that is shown: quoted lines, captured values, reports. What is matched is never masked.
//!
//! `rules` is the table of what is known to be secret: one entry a kind. A rule is tried only where one of its
//! literals occurs; its expression finds the place, and `value` and `words` tell a secret from what
//! merely stands where one could (`using password: YES`). Error messages have to stay readable: of
//! `postgres://app:secret@db:5432` only the password goes, and host and port remain evidence.
//!
//! On request addresses and host names become numbered placeholders (`address`, `host`), alike for alike.
//! Users add rules of their own as YAML (`own`).

mod address;
mod email;
mod host;
mod own;
mod rule;
mod rules;
#[cfg(test)]
mod tests;
mod value;
mod words;
mod writer;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use host::Hosts;
use own::Own;
pub use own::RulesError;
pub use writer::Masked;

/// What stands for a secret: the mask of Replicated's troubleshoot, so that one word means the same everywhere.
pub const HIDDEN: &str = "***HIDDEN***";

/// Masking brings texts together that were apart; what then looks like a secret is masked in turn, so often at most.
const ROUNDS: usize = 8;

/// What is masked in text that is shown. Clones share their placeholders; [`Redactor::default`] masks nothing.
///
/// ```
/// use bundlecheck::redact::Redactor;
/// let redactor = Redactor::secrets().addresses(true);
/// assert_eq!(
///     redactor.redact("dial postgres://app:hunter2@10.0.0.7:5432/db: refused"),
///     "dial postgres://app:***HIDDEN***@<ip-1>:5432/db: refused"
/// );
/// ```
#[derive(Clone, Debug, Default)]
pub struct Redactor {
    secrets: bool,
    addresses: bool,
    hosts: Option<Arc<Hosts>>,
    own: Arc<[Own]>,
    numbers: Arc<Mutex<Numbers>>,
}

impl Redactor {
    /// Masks obvious secrets: passwords, tokens, private keys, and e-mail addresses.
    pub fn secrets() -> Self {
        Self {
            secrets: true,
            ..Self::default()
        }
    }

    /// Also replaces IP and MAC addresses with `<ip-1>`, `<mac-1>` and so on. Loopback, unspecified and broadcast
    /// addresses and netmasks stay: they identify nobody, and often are the cause.
    #[must_use]
    pub fn addresses(mut self, masked: bool) -> Self {
        self.addresses = masked;
        self
    }

    /// Also replaces host names with `<host-1>` and so on: `names` wherever they stand, and names with a domain in
    /// URLs and in front of a port. `localhost` stays.
    #[must_use]
    pub fn hosts(mut self, names: impl IntoIterator<Item = String>) -> Self {
        self.hosts = Some(Arc::new(Hosts::new(names)));
        self
    }

    /// Also applies the rules in `yaml`, documents of `kind: redaction`; `name` is what problems call the file.
    pub fn with_rules(mut self, yaml: &str, name: &str) -> Result<Self, RulesError> {
        let added = own::load(yaml, name)?;
        self.own = self.own.iter().cloned().chain(added).collect();
        Ok(self)
    }

    /// `text` with everything masked that this redactor masks; borrowed if that is nothing. What is masked already
    /// stays as it is.
    pub fn redact<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut text = Cow::Borrowed(text);
        for _ in 0..ROUNDS {
            let found = self.find(&text);
            if found.is_empty() {
                break;
            }
            text = Cow::Owned(self.replace(&text, &found));
        }
        text
    }

    /// What is to be masked in `text`, in its order and without overlaps.
    fn find(&self, text: &str) -> Vec<Found> {
        let mut found = Vec::new();
        for own in self.own.iter() {
            own.find(text, &mut found);
        }
        if self.secrets {
            rule::find(text, &mut found);
        }
        if let Some(hosts) = &self.hosts {
            hosts.find(text, &mut found);
        }
        if self.addresses {
            address::find(text, &mut found);
        }
        for one in &mut found {
            one.range = to_characters(text, &one.range);
        }
        found.retain(|one| !one.range.is_empty() && !one.is_done(text));
        merge(found)
    }

    fn replace(&self, text: &str, found: &[Found]) -> String {
        let mut out = String::with_capacity(text.len() + 16 * found.len());
        let mut at = 0;
        for one in found {
            out.push_str(&text[at..one.range.start]);
            match &one.mask {
                Mask::Text(mask) => out.push_str(mask),
                Mask::Own(mask) => out.push_str(mask),
                Mask::Numbered(kind, name) => {
                    let mut numbers = self.numbers.lock().unwrap_or_else(PoisonError::into_inner);
                    out.push_str(&numbers.placeholder(kind, name));
                }
            }
            at = one.range.end;
        }
        out.push_str(&text[at..]);
        out
    }
}

/// A place that is to be masked.
#[derive(Debug)]
struct Found {
    range: Range<usize>,
    mask: Mask,
}

/// What takes the place of what is masked. Where places overlap, the first of these kinds wins.
#[derive(Clone, Debug)]
enum Mask {
    /// As a user's rule says.
    Own(Arc<str>),
    /// As a built-in rule says.
    Text(&'static str),
    /// `<kind-1>`, with one number for each name.
    Numbered(&'static str, String),
}

impl Found {
    /// Whether the mask stands there already, or around the place.
    fn is_done(&self, text: &str) -> bool {
        let mask = match &self.mask {
            Mask::Own(mask) => mask.as_bytes(),
            Mask::Text(mask) => mask.as_bytes(),
            Mask::Numbered(..) => return false,
        };
        let first = self.range.end.saturating_sub(mask.len());
        (first..=self.range.start).any(|at| text.as_bytes()[at..].starts_with(mask))
    }

    fn rank(&self) -> u8 {
        match &self.mask {
            Mask::Own(_) => 0,
            Mask::Text(HIDDEN) => 1,
            Mask::Text(_) => 2,
            Mask::Numbered(..) => 3,
        }
    }
}

/// Overlapping places become one, with the mask that ranks first.
fn merge(mut found: Vec<Found>) -> Vec<Found> {
    found.sort_by_key(|one| (one.range.start, one.rank(), one.range.end));
    let mut merged: Vec<Found> = Vec::with_capacity(found.len());
    for one in found {
        match merged.last_mut() {
            Some(last) if one.range.start < last.range.end => {
                last.range.end = last.range.end.max(one.range.end);
                if one.rank() < last.rank() {
                    last.mask = one.mask;
                }
            }
            _ => merged.push(one),
        }
    }
    merged
}

/// Expressions work on bytes; what they cut inside a character is widened to the whole of it.
fn to_characters(text: &str, range: &Range<usize>) -> Range<usize> {
    text.floor_char_boundary(range.start)..text.ceil_char_boundary(range.end)
}

/// The placeholders given so far.
#[derive(Debug, Default)]
struct Numbers(BTreeMap<&'static str, BTreeMap<String, usize>>);

impl Numbers {
    fn placeholder(&mut self, kind: &'static str, name: &str) -> String {
        let known = self.0.entry(kind).or_default();
        let next = known.len() + 1;
        let number = *known.entry(name.to_owned()).or_insert(next);
        format!("<{kind}-{number}>")
    }
}
