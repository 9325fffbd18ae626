//! Conditions on records, as they are meant.

use regex_syntax::hir::{Class, Hir, HirKind};

/// A named set of conditions on one record; it holds when all conditions of one alternative hold.
#[derive(Clone, Debug)]
pub struct Event {
    /// The name within its pattern.
    pub name: String,
    /// The alternatives.
    pub alternatives: Vec<Alternative>,
}

/// Conditions that must all hold, and fields to capture.
#[derive(Clone, Debug)]
pub struct Alternative {
    /// What must hold.
    pub conditions: Vec<Condition>,
    /// Capture name and the field whose value it takes.
    pub capture: Vec<(String, Field)>,
}

/// What a field must be.
#[derive(Clone, Debug)]
pub struct Condition {
    /// Whose value is looked at.
    pub field: Field,
    /// What must hold for it.
    pub test: Test,
}

/// A field of a record, by what it means or by its name in the line.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Field {
    /// The unwrapped line, and every value in it.
    Text,
    /// The message.
    Msg,
    /// The level.
    Level,
    /// The logger.
    Logger,
    /// The unit.
    Unit,
    /// The container.
    Container,
    /// The node.
    Node,
    /// The path of the entry.
    Entry,
    /// The line as it stands, unwrapped or behind its head: what rules of others look at.
    Raw,
    /// The programs that a label of CRE stands for.
    Source,
    /// A field by its name.
    Named(String),
}

impl Field {
    /// The fields with a meaning of their own, as they are written.
    pub const NAMES: [&'static str; 8] = [
        "text",
        "msg",
        "level",
        "logger",
        "unit",
        "container",
        "node",
        "entry",
    ];

    /// The field that is written as `name`.
    pub fn from_name(name: &str) -> Self {
        match name {
            "text" => Self::Text,
            "msg" => Self::Msg,
            "level" => Self::Level,
            "logger" => Self::Logger,
            "unit" => Self::Unit,
            "container" => Self::Container,
            "node" => Self::Node,
            "entry" => Self::Entry,
            other => Self::Named(other.to_owned()),
        }
    }
}

/// Compiled expressions may use so much memory; the built-in ones use a hundredth.
pub(crate) const REGEX_BYTES: usize = 4 << 20;

/// An expression as patterns have it: of bytes, without Unicode.
pub(crate) fn parse_regex(text: &str) -> Result<Hir, Box<regex_syntax::Error>> {
    let mut parser = regex_syntax::ParserBuilder::new();
    let mut parser = parser.unicode(false).utf8(false).build();
    parser.parse(text).map_err(Box::new)
}

/// No less than a state of a compiled expression takes; a transition takes a quarter.
const STATE: usize = 64;

/// Whether an expression compiles, and stays below [`REGEX_BYTES`], for sure. To know takes a tenth of the time of compiling
/// it.
pub(super) fn is_small(expression: &Hir) -> bool {
    // Borders of words as Unicode has them take tables that are not there.
    let compiles = !expression.properties().look_set().contains_word_unicode();
    compiles && states(expression).saturating_mul(STATE) < REGEX_BYTES
}

/// No fewer than the states and transitions that an expression compiles to.
fn states(expression: &Hir) -> usize {
    match expression.kind() {
        HirKind::Empty | HirKind::Look(_) => 1,
        HirKind::Literal(literal) => literal.0.len(),
        HirKind::Class(Class::Bytes(class)) => 1 + class.ranges().len(),
        // A range of characters is up to a dozen sequences of four bytes.
        HirKind::Class(Class::Unicode(class)) => 1 + 64 * class.ranges().len(),
        HirKind::Repetition(repetition) => {
            let copies = repetition.max.unwrap_or(repetition.min).max(1) as usize;
            states(&repetition.sub)
                .saturating_add(4)
                .saturating_mul(copies)
        }
        HirKind::Capture(capture) => states(&capture.sub).saturating_add(2),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            let all = parts.iter().map(states);
            all.fold(2 + parts.len(), usize::saturating_add)
        }
    }
}

/// An expression in the syntax of Go, in ours; or why it cannot be used. Where bytes are not enough, since a class names
/// other characters than ASCII, it is read as Unicode.
pub(crate) fn go_regex(text: &str) -> Result<String, String> {
    let build = |text: &str| {
        regex::bytes::RegexBuilder::new(text)
            .unicode(false)
            .size_limit(REGEX_BYTES)
            .build()
    };
    let text = crate::troubleshoot::in_our_syntax(text)?;
    let Err(error) = build(&text) else {
        return Ok(text);
    };
    let unicode = format!("(?u){text}");
    if !text.is_ascii() && build(&unicode).is_ok() {
        return Ok(unicode);
    }
    let reason = error.to_string();
    let reason = reason.lines().last().unwrap_or_default();
    Err(reason.trim_start_matches("error: ").to_owned())
}

/// The names of levels; the same words as the log module's, which this module does not use.
pub(crate) const LEVELS: [&str; 8] = [
    "fatal", "critical", "error", "warn", "notice", "info", "debug", "trace",
];

/// A condition on one value.
#[derive(Clone, Debug)]
pub enum Test {
    /// Exactly this.
    Equals(String),
    /// For [`Field::Level`]: this level or worse.
    AtLeast(String),
    /// This somewhere in it.
    Contains(String),
    /// This at the start.
    StartsWith(String),
    /// This at the end.
    EndsWith(String),
    /// This expression somewhere in it.
    Regex(String),
    /// A jq program over it as JSON gives something.
    Jq(String),
    /// A glob over the whole of it; only for [`Field::Entry`].
    Glob(String),
    /// One of these.
    AnyOf(Vec<Test>),
    /// All of these.
    AllOf(Vec<Test>),
    /// A number compared with this one.
    Number(Comparison, f64),
    /// Whether there is a value at all.
    Exists(bool),
    /// The opposite; holds for a missing value.
    Not(Box<Test>),
}

impl Test {
    /// Whether one of several values, such as tags, fits; only tests of whole values can.
    pub fn holds_for_any(&self, values: &[String]) -> bool {
        match self {
            Self::Equals(wanted) => values.contains(wanted),
            Self::AnyOf(tests) => tests.iter().any(|test| test.holds_for_any(values)),
            Self::AllOf(tests) => tests.iter().all(|test| test.holds_for_any(values)),
            Self::Not(test) => !test.holds_for_any(values),
            _ => false,
        }
    }
}

/// How a number compares.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Comparison {
    /// Greater.
    Gt,
    /// Greater or equal.
    Gte,
    /// Less.
    Lt,
    /// Less or equal.
    Lte,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_not_compile_is_not_small() {
        for text in [r"(?u:\b)x", r"(?u:\B|x)", r"a{2000}{100}", r"(?u:\<x)"] {
            let parsed = parse_regex(text).expect("an expression");
            assert!(!is_small(&parsed), "{text}");
        }
    }

    #[test]
    fn expressions_compile_to_no_more_than_is_reckoned() {
        for text in [
            "",
            "a",
            r"\bdial tcp (?<host>\S+):(?<port>\d+): (?:connect: )?connection refused$",
            "(?i)connection (?:refused|reset by peer|timed out)",
            "a{0,500}b{500}c{500,}",
            "(?:(?:[a-z]{0,9}x){7,}|[^x]*y+){20}",
            r"(?s).*[\x00-\x10\x20-\x30\x40-\x50].*?",
            "(?u:[^a-zä]{50}.é+(?s:.){3})",
            r"(?u:[\x{80}-\x{10ffff}]{90})",
        ] {
            let parsed = parse_regex(text).expect("an expression");
            assert!(is_small(&parsed), "{text}");
            let states = states(&parsed);
            // Beside its own states it has a few that every expression has.
            let limit = 1024 + STATE * states;
            let mut builder = regex::bytes::RegexBuilder::new(text);
            let compiled = builder.unicode(false).size_limit(limit).build();
            assert!(compiled.is_ok(), "{text}: {states}");
        }
    }
}
