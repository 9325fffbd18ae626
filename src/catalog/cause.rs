//! Documents of `kind: diagnosis` and `kind: fact`: what is joined, and what a vendor's own output states.

use std::ops::Range;

use crate::facts::{DERIVED, KINDS, kind_named};

use super::{Confirm, Link, Problem, Severity, Source, Test};

/// A cause: findings and facts that, together, show it.
#[derive(Clone, Debug)]
pub struct Cause {
    /// The slug that names it.
    pub id: String,
    /// One line that stands alone; `{name}` stands for what a variable is bound to.
    pub title: String,
    /// How bad it is.
    pub severity: Severity,
    /// Words to select and group by.
    pub tags: Vec<String>,
    /// What must hold; findings first, in the order in which variables are bound.
    pub when: Vec<Clause>,
    /// Variables of which each combination of values is a diagnosis of its own; empty: each title is.
    pub group_by: Vec<String>,
    /// How sure it is at most, although everything holds.
    pub at_most: Sureness,
    /// Ids of patterns that it explains besides the findings it is made from, where they are near.
    pub explains: Vec<String>,
    /// Ids of causes (a trailing `*` matches a prefix) that take precedence on the same finding.
    pub yields_to: Vec<String>,
    /// Why this happens.
    pub cause: String,
    /// How to make sure.
    pub confirm: Vec<Confirm>,
    /// What to do, most likely first.
    pub remediation: Vec<String>,
    /// Where to read more.
    pub links: Vec<Link>,
    /// Bundles that must give it.
    pub examples: Vec<BundleExample>,
    /// Bundles that must not.
    pub negative_examples: Vec<BundleExample>,
    /// The file it was read from.
    pub source: Source,
}

/// How sure a cause is, as written.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Sureness {
    /// It is no diagnosis at all.
    None,
    /// It fits, and other causes fit as well.
    Possible,
    /// It fits, and what would confirm it was not all collected.
    Likely,
    /// The evidence shows it.
    Confirmed,
}

impl Sureness {
    /// The words of the scale.
    pub const NAMES: [&'static str; 4] = ["none", "possible", "likely", "confirmed"];

    /// The sureness that `name` stands for.
    pub fn from_name(name: &str) -> Option<Self> {
        let all = [Self::None, Self::Possible, Self::Likely, Self::Confirmed];
        let at = Self::NAMES.iter().position(|known| *known == name)?;
        all.get(at).copied()
    }
}

/// One condition of a [`Cause`].
#[derive(Clone, Debug)]
pub struct Clause {
    /// What is looked for.
    pub subject: Subject,
    /// What its fields must be.
    pub wanted: Vec<(String, Term)>,
    /// Whether it must not be there.
    pub negated: bool,
    /// How sure the cause is at most if nothing was collected that could tell; `None`: as sure as ever, the clause
    /// only adds evidence.
    pub if_unknown: Option<Sureness>,
    /// Whether the clause only adds evidence: it neither makes nor breaks the cause.
    pub optional: bool,
    /// What the evidence shows instead, when the clause is false; a template.
    pub otherwise: Option<String>,
    /// What to collect, when it is unknown.
    pub ask_for: Option<AskFor>,
    /// Where it is written, in bytes of the file.
    pub span: Range<usize>,
}

/// What a clause looks for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Subject {
    /// A finding.
    Finding,
    /// A fact of this kind.
    Fact(String),
}

/// What a field must be.
#[derive(Clone, Debug)]
pub enum Term {
    /// What the variable is bound to; it is bound here if it is not yet.
    Variable(String),
    /// Anything but what the variable is bound to.
    Not(String),
    /// What the condition says.
    Test(Test),
    /// What the condition says, and the variable is bound to it or compared with it.
    As(String, Test),
}

/// What to ask the customer for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AskFor {
    /// A command; a template.
    pub run: String,
    /// Where to run it; a template.
    pub on: Option<String>,
}

/// A small bundle as an example.
#[derive(Clone, Debug)]
pub struct BundleExample {
    /// The files: path and text.
    pub files: Vec<(String, String)>,
    /// How sure the diagnosis must be; `None` for any.
    pub confidence: Option<Sureness>,
    /// Where it is written, in bytes of the file.
    pub span: Range<usize>,
}

impl Cause {
    /// A problem with a part of this cause.
    pub fn problem(
        &self,
        code: &'static str,
        message: impl Into<String>,
        span: Range<usize>,
    ) -> Problem {
        Problem::new(code, message, &self.source.path, &self.source.text, span)
    }

    /// The clauses about findings.
    pub fn findings(&self) -> impl Iterator<Item = &Clause> {
        self.when
            .iter()
            .filter(|clause| clause.subject == Subject::Finding)
    }

    /// Whether findings of `pattern` may be among those that it is made from.
    pub fn needs(&self, pattern: &super::Pattern) -> bool {
        let fits = |clause: &Clause| {
            clause
                .wanted
                .iter()
                .all(|(field, term)| match (&**field, term) {
                    ("tag" | "tags", Term::Test(test) | Term::As(_, test)) => {
                        test.holds_for_any(&pattern.tags)
                    }
                    ("id", Term::Test(test)) => {
                        test.holds_for_any(std::slice::from_ref(&pattern.id))
                    }
                    _ => true,
                })
        };
        self.findings().any(fits)
    }

    /// Whether this cause leaves a finding to `other`.
    pub fn yields(&self, other: &str) -> bool {
        self.yields_to.iter().any(|name| super::names(name, other))
    }

    /// The directory of the file.
    pub fn area(&self) -> &str {
        self.source.area()
    }
}

impl Clause {
    /// What is wrong with the kind of fact and its fields; `own` are the kinds that the catalog itself defines.
    pub(super) fn unknown_names(&self, own: &[&str]) -> Option<(String, Vec<String>)> {
        let Subject::Fact(kind) = &self.subject else {
            return None;
        };
        if own.contains(&&**kind) {
            return None;
        }
        let Some(known) = kind_named(kind) else {
            let builtin = KINDS.iter().chain(DERIVED).map(|kind| kind.name);
            let valid = builtin.chain(own.iter().copied()).map(str::to_owned);
            return Some((
                format!("no kind of facts is called `{kind}`"),
                valid.collect(),
            ));
        };
        let valid = || known.fields.iter().copied().chain(["node"]);
        let wrong = self.wanted.iter().map(|(field, _)| field);
        let wrong = wrong
            .filter(|field| !valid().any(|name| name == *field))
            .min()?;
        let message = format!("a `{kind}` has no field `{wrong}`");
        Some((message, valid().map(str::to_owned).collect()))
    }
}

/// A vendor's own kind of fact.
#[derive(Clone, Debug)]
pub struct FactPattern {
    /// The slug that names the file.
    pub id: String,
    /// The kind of the facts; several files may give facts of one kind.
    pub fact: String,
    /// Globs over the path of the entry in the innermost archive.
    pub entries: Vec<String>,
    /// How facts are read.
    pub reader: Reader,
    /// Whether an entry has all facts of the kind, so that what is not in it is not there.
    pub complete: bool,
    /// Texts that must give at least one fact.
    pub examples: Vec<super::Example>,
    /// Texts that must give none.
    pub negative_examples: Vec<super::Example>,
    /// The file it was read from.
    pub source: Source,
}

/// How facts are read from a text.
#[derive(Clone, Debug)]
pub enum Reader {
    /// One fact for each line in which the expression is found; its named groups are the fields.
    Line(String),
    /// A table: fields by the names of their columns.
    Table(Vec<(String, String)>),
    /// JSON: the path to the objects (`items[]`), and fields by paths from there (`metadata.name`).
    Json(String, Vec<(String, String)>),
}

impl FactPattern {
    /// A problem with a part of this pattern.
    pub fn problem(
        &self,
        code: &'static str,
        message: impl Into<String>,
        span: Range<usize>,
    ) -> Problem {
        Problem::new(code, message, &self.source.path, &self.source.text, span)
    }
}
