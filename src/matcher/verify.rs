//! Whether a record fits an alternative, and what it captures.

use super::compile::{Check, Compiled};
use crate::catalog::{Comparison, Field};
use crate::location::{Origin, Place};
use crate::log::{Level, Record, is_of_client};
use crate::text::printable;

/// A record and where it comes from.
#[derive(Clone, Copy)]
pub(super) struct Subject<'a> {
    pub(super) record: &'a Record<'a>,
    pub(super) place: &'a Place,
    pub(super) entry: &'a Origin,
    /// The lines as they stand, with their wrappers.
    pub(super) raw: &'a [u8],
}

/// Captured values are cut at this many bytes.
const MAX_CAPTURE: usize = 256;

impl<'a> Subject<'a> {
    /// The machine; the path wins, since it names the machine that was asked, under one name for all its files.
    pub(super) fn node(&self) -> Option<&'a str> {
        self.place.node.as_deref().or(self.record.node.as_deref())
    }

    pub(super) fn unit(&self) -> Option<&'a str> {
        self.record.unit.as_deref().or(self.place.unit.as_deref())
    }

    pub(super) fn container(&self) -> Option<&'a str> {
        self.record
            .container
            .as_deref()
            .or(self.place.container.as_deref())
    }

    /// What a record that repeats a request says of its own: the lines behind the first, and of structured ones whose
    /// message is not the request, the message and the fields that no client sends.
    fn beside_request(&self, field: &Field) -> Vec<&'a [u8]> {
        let record = self.record;
        let behind = memchr::memchr(b'\n', &record.text);
        let behind = behind.map(|at| &record.text[at + 1..]);
        if record.requested {
            return behind.into_iter().collect();
        }
        let own = record
            .fields
            .iter()
            .filter(|(name, value)| value.len() > 3 && !is_of_client(name))
            .map(|(_, value)| &value[..]);
        let own = own.filter(|_| *field == Field::Text);
        [&record.msg[..]]
            .into_iter()
            .chain(own)
            .chain(behind)
            .collect()
    }

    /// The values that a condition on `field` looks at; the unescaped ones first, so that captures come clean.
    fn values(&self, field: &Field) -> Vec<&'a [u8]> {
        let one = |value: Option<&'a str>| value.map(str::as_bytes).into_iter().collect();
        match field {
            Field::Text | Field::Msg if self.record.quotes => self.beside_request(field),
            Field::Text => {
                let record = self.record;
                let fields = record
                    .fields
                    .iter()
                    .map(|(_, value)| &value[..])
                    .filter(|value| value.len() > 3);
                // Of a line that no format recognises the message is the text.
                let text = Some(&record.text[..]).filter(|text| **text != record.msg[..]);
                [&record.msg[..]]
                    .into_iter()
                    .chain(fields)
                    .chain(text)
                    .collect()
            }
            Field::Msg => vec![&self.record.msg],
            Field::Level if self.record.level == Level::Unknown => Vec::new(),
            Field::Level => vec![self.record.level.as_str().as_bytes()],
            Field::Logger => one(self.record.logger.as_deref()),
            Field::Unit => one(self.unit()),
            Field::Container => one(self.container()),
            Field::Node => one(self.node()),
            Field::Entry => vec![self.entry.path().as_bytes()],
            Field::Raw => vec![&self.record.text, &self.record.msg, self.raw],
            Field::Source => Vec::new(),
            Field::Named(name) => self.record.field(name).into_iter().collect(),
        }
    }
}

/// Captured values, sorted by name.
pub(super) type Captures = Vec<(String, String)>;

/// The captures of `subject`, if all conditions of `alternative` hold.
pub(super) fn verify(alternative: &Compiled, subject: &Subject<'_>) -> Option<Captures> {
    let mut captures = Vec::new();
    for (field, check) in &alternative.conditions {
        if let Check::Source(gate) = check {
            if !gate.lets_in(subject) {
                return None;
            }
            continue;
        }
        let fits = match field {
            Field::Raw => holds_raw(check, subject, &mut captures),
            _ => holds(check, &subject.values(field), &mut captures),
        };
        if !fits {
            return None;
        }
    }
    for (name, field) in &alternative.capture {
        if let Some(value) = subject.values(field).first() {
            capture(&mut captures, name, value);
        }
    }
    captures.sort();
    captures.dedup_by(|second, first| second.0 == first.0);
    Some(captures)
}

/// Whether a test of a rule of others holds: for them a record is one line, however many it has.
fn holds_raw(check: &Check, subject: &Subject<'_>, captures: &mut Captures) -> bool {
    let mut values = subject.values(&Field::Raw);
    let text = &subject.record.text;
    let flat = memchr::memchr(b'\n', text)
        .map(|_| text.iter().map(|b| if *b == b'\n' { b' ' } else { *b }));
    let flat: Option<Vec<u8>> = flat.map(Iterator::collect);
    values.extend(flat.as_deref());
    holds(check, &values, captures)
}

fn holds(check: &Check, values: &[&[u8]], captures: &mut Captures) -> bool {
    let any = |test: &dyn Fn(&[u8]) -> bool| values.iter().any(|value| test(value));
    match check {
        Check::Equals(text) => any(&|value| value == text),
        Check::AtLeast(level) => {
            any(&|value| Level::from_name(value).is_some_and(|found| found >= *level))
        }
        Check::Contains(finder) => any(&|value| finder.find(value).is_some()),
        Check::StartsWith(text) => any(&|value| value.starts_with(text)),
        Check::EndsWith(text) => any(&|value| value.ends_with(text)),
        Check::Glob(glob) => {
            any(&|value| std::str::from_utf8(value).is_ok_and(|path| glob.is_match(path)))
        }
        Check::Jq(program) => any(&|value| program.holds(value)),
        // Whole records pass it or do not.
        Check::Source(_) => true,
        Check::Exists(exists) => values.is_empty() != *exists,
        Check::Not(check) => !holds(check, values, &mut Vec::new()),
        Check::AnyOf(checks) => checks.iter().any(|check| holds(check, values, captures)),
        Check::AllOf(checks) => checks.iter().all(|check| holds(check, values, captures)),
        Check::Number(comparison, number) => any(&|value| {
            let found: Option<f64> = std::str::from_utf8(value)
                .ok()
                .and_then(|text| text.trim().parse().ok());
            found.is_some_and(|found| match comparison {
                Comparison::Gt => found > *number,
                Comparison::Gte => found >= *number,
                Comparison::Lt => found < *number,
                Comparison::Lte => found <= *number,
            })
        }),
        Check::Regex(expression) => values
            .iter()
            .any(|value| expression.find(value, &mut |name, group| capture(captures, name, group))),
    }
}

fn capture(captures: &mut Captures, name: &str, value: &[u8]) {
    let value = printable(&value[..value.len().min(MAX_CAPTURE)]);
    let value = value.trim();
    if !value.is_empty() {
        captures.push((name.to_owned(), value.to_owned()));
    }
}
