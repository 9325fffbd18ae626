//! Command output and configuration to typed facts: listening sockets, addresses, units, disks, filter rules.
//!
//! A [`Fact`] is one statement that is no log record, with the line that makes it. A parser is one file in
//! `facts/parse/`; [`PARSERS`] lists them. What a parser is shown is chosen by the path of the entry and by
//! markers in its text, never by the name alone. Nothing here knows what a fact is good for: which machine an
//! address belongs to, and what follows for a connection, is the diagnosis's work.

mod fields;
mod parse;
mod recognise;
mod sink;
mod table;

use std::borrow::Cow;

pub(crate) use fields::kind_named;
pub use fields::{DERIVED, KINDS, Kind};
pub use parse::PARSERS;
pub use recognise::{Recogniser, Wanted};
pub use sink::{Gathered, Sink, Table};
pub use table::Columns;

/// One statement about a machine or a cluster, and the line that makes it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Fact {
    /// What it is about: `socket`, `unit`, `disk`; the names are in [`KINDS`].
    pub kind: Cow<'static, str>,
    /// The line, from one.
    pub line: u64,
    /// The line as it stands, at most [`MAX_TEXT`] bytes of it.
    pub text: String,
    /// The machine that the statement itself names; `None`: that of the entry.
    pub node: Option<String>,
    /// The values by their names, as text: numbers in decimal, `true` and `false`.
    pub fields: Vec<(Cow<'static, str>, String)>,
}

/// Bytes of a quoted line.
pub const MAX_TEXT: usize = 2 << 10;

impl Fact {
    /// The value of a field, if the statement has it.
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.fields.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| &**value)
    }

    /// Whether a field has this value.
    pub fn is(&self, name: &str, value: &str) -> bool {
        self.get(name) == Some(value)
    }
}

/// The text that a parser reads.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// The path of the entry in the innermost archive.
    pub path: &'a str,
    /// The whole text, invalid UTF-8 replaced.
    pub text: &'a str,
}

impl<'a> Input<'a> {
    /// The lines with their numbers, without terminators and carriage returns.
    pub fn lines(&self) -> impl Iterator<Item = (u64, &'a str)> + use<'a> {
        (1..).zip(self.text.lines().map(|line| line.trim_end_matches('\r')))
    }

    /// The last component of the path.
    pub fn file(&self) -> &'a str {
        self.path.rsplit('/').next().unwrap_or(self.path)
    }
}

/// How one kind of output is recognised and read.
#[derive(Clone, Copy, Debug)]
pub struct Parser {
    /// The name of the output: `netstat`, `iptables-save`.
    pub name: &'static str,
    /// Texts; an entry that has one of them is shown to the parser, whatever its path.
    pub markers: &'static [&'static str],
    /// Whether the path is one of this output even without a marker.
    pub path: fn(&str) -> bool,
    /// Reads the output; what is not of its kind is left alone, silently.
    pub parse: fn(Input<'_>, &mut Sink),
}

#[cfg(test)]
impl Parser {
    /// What it finds in a text.
    fn read(&self, path: &str, text: &str) -> Gathered {
        let mut sink = Sink::default();
        (self.parse)(Input { path, text }, &mut sink);
        sink.into_gathered()
    }
}

#[cfg(test)]
impl Fact {
    /// The fields as `name=value`, in order.
    fn shown(&self) -> String {
        let fields = self
            .fields
            .iter()
            .map(|(name, value)| format!("{name}={value}"));
        fields.collect::<Vec<_>>().join(" ")
    }
}
