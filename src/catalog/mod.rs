//! YAML to patterns: the only user of the YAML crate.
//!
//! What is written (`syntax`, tables of keys) becomes what is meant ([`Pattern`]). Unknown keys, wrong types
//! and dangling names are [`Problem`]s with file, line and column; a broken file never disables the others.
//! Compiling conditions into something that matches is the matcher's work.

mod cause;
mod condition;
mod cre;
pub(crate) mod decode;
mod handbook;
mod import;
mod load;
mod log_format;
mod problem;
pub mod schema;
mod spec;
mod syntax;
pub(crate) mod template;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, OnceLock};

pub use cause::{
    AskFor, BundleExample, Cause, Clause, FactPattern, Reader, Subject, Sureness, Term,
};
pub use condition::{Alternative, Comparison, Condition, Event, Field, Test};
pub(crate) use condition::{LEVELS, REGEX_BYTES, parse_regex};
pub use cre::{Source as LogSource, Sources};
pub use handbook::handbook;
pub use import::Imported;
pub use load::{LoadError, Loaded, read_files};
pub use log_format::LogFormat;
pub use problem::{Problem, ProblemKind};
pub(crate) use spec::AnalyzerSpec;
pub use spec::AnalyzerText;

/// All known failures, in the order of their ids.
///
/// ```
/// use bundlecheck::catalog::Catalog;
/// let catalog = Catalog::builtin();
/// assert!(catalog.get("storageos-join-503").is_some());
/// ```
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    patterns: Vec<Pattern>,
    causes: Vec<Cause>,
    facts: Vec<FactPattern>,
    log_formats: Vec<LogFormat>,
    /// Labels of files of this catalog; the built-in ones are known besides.
    sources: Sources,
    left_out: Vec<LeftOut>,
    specs: Vec<Arc<AnalyzerSpec>>,
    /// See [`Catalog::yields`]; emptied when patterns come or go.
    yields: OnceLock<Vec<Vec<u32>>>,
}

impl Catalog {
    /// The patterns compiled into the program, without their examples.
    ///
    /// # Panics
    ///
    /// When a built-in pattern is broken, which a test rules out.
    pub fn builtin() -> Self {
        Self::proven(false)
    }

    /// The same with their examples, which takes twice the time.
    ///
    /// # Panics
    ///
    /// When a built-in pattern is broken, which a test rules out.
    pub fn builtin_with_examples() -> Self {
        Self::proven(true)
    }

    fn proven(examples: bool) -> Self {
        let loaded = load::load(&load::builtin(examples), true);
        assert!(
            loaded.problems.is_empty(),
            "built-in patterns are sound: {}",
            loaded.problems[0].render_plain()
        );
        loaded.catalog
    }

    /// Patterns from `(path, text)` pairs, with all problems found; broken patterns are left out.
    pub fn load<P: Into<String>, T: Into<Arc<str>>>(
        files: impl IntoIterator<Item = (P, T)>,
    ) -> Loaded {
        let files: Vec<_> = files
            .into_iter()
            .map(|(path, text)| (path.into(), text.into()))
            .collect();
        load::load(&files, false)
    }

    /// This catalog and `other`; a pattern of `other` replaces the one with the same id.
    #[must_use]
    pub fn with(mut self, other: Self) -> Self {
        self.patterns.retain(|own| !other.has(&own.id));
        self.causes.retain(|own| !other.has(&own.id));
        self.facts.retain(|own| !other.has(&own.id));
        self.log_formats.retain(|own| !other.has(&own.id));
        self.patterns.extend(other.patterns);
        self.causes.extend(other.causes);
        self.facts.extend(other.facts);
        self.log_formats.extend(other.log_formats);
        self.sources.extend(other.sources);
        self.left_out.extend(other.left_out);
        self.specs.extend(other.specs);
        self.sort();
        self
    }

    /// Only the patterns that `keep` accepts.
    #[must_use]
    pub fn filtered(mut self, keep: impl FnMut(&Pattern) -> bool) -> Self {
        self.patterns.retain(keep);
        self.yields = OnceLock::new();
        self
    }

    /// A catalog of one pattern.
    pub fn of(pattern: Pattern) -> Self {
        Self {
            patterns: vec![pattern],
            ..Self::default()
        }
    }

    /// This catalog with rules of others looking at all records, not only at those of the programs that they name.
    #[must_use]
    pub fn any_source(mut self) -> Self {
        let events = self
            .patterns
            .iter_mut()
            .flat_map(|pattern| &mut pattern.events);
        for alternative in events.flat_map(|event| &mut event.alternatives) {
            alternative
                .conditions
                .retain(|condition| condition.field != Field::Source);
        }
        self
    }

    /// What a label of CRE stands for: what this catalog says of it and what is known anyway.
    pub fn log_source(&self, label: &str) -> Option<LogSource> {
        self.sources.get(label)
    }

    /// Whether it has rules or specs of others.
    fn has_foreign(&self) -> bool {
        !self.specs.is_empty() || self.patterns.iter().any(|pattern| pattern.foreign)
    }

    /// Labels of CRE that nobody knows, and how many rules look only at what they stand for.
    pub fn unknown_sources(&self) -> std::collections::BTreeMap<&str, usize> {
        let mut unknown = std::collections::BTreeMap::new();
        for rule in self.patterns.iter().filter(|pattern| pattern.foreign) {
            let alternatives = rule.events.iter().flat_map(|event| &event.alternatives);
            let mut conditions = alternatives.flat_map(|one| &one.conditions);
            let label =
                conditions.find_map(|condition| match (&condition.field, &condition.test) {
                    (Field::Source, Test::Equals(label)) => Some(label.as_str()),
                    _ => None,
                });
            if let Some(label) = label.filter(|label| self.log_source(label).is_none()) {
                *unknown.entry(label).or_default() += 1;
            }
        }
        unknown
    }

    /// The specs of troubleshoot.
    pub(crate) fn specs(&self) -> &[Arc<AnalyzerSpec>] {
        &self.specs
    }

    /// What is written of an analyzer of a spec.
    pub fn analyzer(&self, id: &str) -> Option<AnalyzerText<'_>> {
        self.specs.iter().find_map(|spec| spec.text_of(id))
    }

    /// The number of analyzers of all specs.
    pub fn analyzers(&self) -> usize {
        self.specs
            .iter()
            .map(|spec| spec.spec.analyzers.len())
            .sum()
    }

    /// The rules of other catalogs that cannot be used.
    pub fn left_out(&self) -> &[LeftOut] {
        &self.left_out
    }

    /// This catalog without rules that nobody has looked at since they were generated.
    #[must_use]
    pub fn without_drafts(self) -> Self {
        self.filtered(|pattern| {
            !(pattern.foreign && pattern.tags.iter().any(|tag| tag == cre::DRAFT))
        })
    }

    /// Only the causes that `keep` accepts.
    #[must_use]
    pub fn with_causes(mut self, keep: impl FnMut(&Cause) -> bool) -> Self {
        self.causes.retain(keep);
        self
    }

    fn add(&mut self, document: decode::Document) {
        match document {
            decode::Document::Pattern(pattern) => self.patterns.push(*pattern),
            decode::Document::Cause(cause) => self.causes.push(*cause),
            decode::Document::Fact(fact) => self.facts.push(*fact),
            decode::Document::LogFormat(format) => self.log_formats.push(*format),
            decode::Document::Sources(sources) => self.sources.extend(*sources),
            decode::Document::Spec(spec) => self.specs.push(Arc::new(*spec)),
        }
    }

    fn sort(&mut self) {
        self.yields = OnceLock::new();
        self.patterns.sort_by(|a, b| a.id.cmp(&b.id));
        self.causes.sort_by(|a, b| a.id.cmp(&b.id));
        self.facts.sort_by(|a, b| a.id.cmp(&b.id));
        self.log_formats.sort_by(|a, b| a.id.cmp(&b.id));
    }

    /// Keeps the first document of each id, and says which others there were.
    fn remove_duplicates(&mut self) -> Vec<Problem> {
        const NATIVE: &str = "pattern/duplicate-id";
        let mut taken: std::collections::BTreeMap<String, String> =
            std::collections::BTreeMap::new();
        let mut problems = Vec::new();
        let mut is_first = |code: &'static str, id: &str, source: &Source| {
            if let Some(path) = taken.get(id) {
                let message = format!("the id `{id}` is taken by `{path}`");
                problems.push(Problem::new(
                    code,
                    message,
                    &source.path,
                    &source.text,
                    source.id.clone(),
                ));
                return false;
            }
            taken.insert(id.to_owned(), source.path.clone());
            true
        };
        self.patterns.retain(|pattern| {
            let code = if pattern.foreign {
                "cre/duplicate-id"
            } else {
                NATIVE
            };
            is_first(code, &pattern.id, &pattern.source)
        });
        self.causes
            .retain(|cause| is_first(NATIVE, &cause.id, &cause.source));
        self.facts
            .retain(|fact| is_first(NATIVE, &fact.id, &fact.source));
        self.log_formats
            .retain(|format| is_first(NATIVE, &format.id, &format.source));
        problems
    }

    /// Kinds of facts, and fields of them, that there are not.
    fn unknown_facts(&self) -> Vec<Problem> {
        let own: Vec<&str> = self.facts.iter().map(|fact| &*fact.fact).collect();
        let mut problems = Vec::new();
        for cause in &self.causes {
            for clause in &cause.when {
                if let Some((message, valid)) = clause.unknown_names(&own) {
                    let problem =
                        cause.problem("pattern/unknown-name", message, clause.span.clone());
                    problems.push(problem.help(format!("valid are: {}", valid.join(", "))));
                }
            }
        }
        problems
    }

    /// For each pattern, as indexes, those that take precedence on the same record, directly or because one of these yields
    /// to them. Patterns that yield to each other in a circle take none over the others.
    pub fn yields(&self) -> &[Vec<u32>] {
        self.yields.get_or_init(|| self.stronger())
    }

    fn stronger(&self) -> Vec<Vec<u32>> {
        let mut by_id: Vec<(&str, usize)> = self.patterns.iter().map(|p| &*p.id).zip(0..).collect();
        by_id.sort_unstable();
        // Those that a name of `yields_to` means stand side by side.
        let named = |name: &str| {
            let first = name.strip_suffix('*').unwrap_or(name);
            let start = by_id.partition_point(|(id, _)| *id < first);
            let found = by_id[start..].iter().take_while(|(id, _)| names(name, id));
            found.map(|(_, index)| *index).collect::<Vec<_>>()
        };
        let direct: Vec<Vec<usize>> = self
            .patterns
            .iter()
            .map(|pattern| {
                pattern
                    .yields_to
                    .iter()
                    .flat_map(|name| named(name))
                    .collect()
            })
            .collect();
        let reached: Vec<BTreeSet<usize>> = (0..direct.len())
            .map(|start| {
                let mut reached = BTreeSet::new();
                let mut open = direct[start].clone();
                while let Some(at) = open.pop() {
                    if reached.insert(at) {
                        open.extend(&direct[at]);
                    }
                }
                reached
            })
            .collect();
        let stronger = |own: usize| {
            let others = reached[own].iter();
            let one_way = others.filter(|other| !reached[**other].contains(&own));
            one_way
                .map(|other| u32::try_from(*other).unwrap_or(u32::MAX))
                .collect()
        };
        (0..direct.len()).map(stronger).collect()
    }

    /// All patterns and causes: what can stand in a report.
    pub fn known(&self) -> impl Iterator<Item = Known<'_>> {
        let patterns = self.patterns.iter().map(|pattern| Known {
            id: &pattern.id,
            kind: "symptom",
            area: pattern.area(),
            severity: pattern.severity,
            title: &pattern.title,
            tags: &pattern.tags,
            cause: &pattern.cause,
        });
        let analyzers = self.specs.iter().flat_map(|spec| spec.known());
        let causes = self.causes.iter().map(|cause| Known {
            id: &cause.id,
            kind: "diagnosis",
            area: cause.area(),
            severity: cause.severity,
            title: &cause.title,
            tags: &cause.tags,
            cause: &cause.cause,
        });
        patterns.chain(causes).chain(analyzers)
    }

    /// The number of all documents.
    pub fn len(&self) -> usize {
        self.ids().count() + self.analyzers()
    }

    /// Whether there are no documents.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether any document is named so; a trailing `*` matches a prefix.
    pub fn is_named(&self, name: &str) -> bool {
        self.ids().any(|id| names(name, id))
    }

    /// Whether any document has this id.
    pub fn has(&self, id: &str) -> bool {
        self.ids().any(|known| known == id)
    }

    /// The ids of patterns and causes that are found in reports.
    fn ids(&self) -> impl Iterator<Item = &str> {
        let patterns = self.patterns.iter().map(|pattern| &*pattern.id);
        let causes = self.causes.iter().map(|cause| &*cause.id);
        patterns
            .chain(causes)
            .chain(self.facts.iter().map(|fact| &*fact.id))
            .chain(self.log_formats.iter().map(|format| &*format.id))
    }

    /// All causes, by id.
    pub fn causes(&self) -> &[Cause] {
        &self.causes
    }

    /// The cause with this id.
    pub fn cause(&self, id: &str) -> Option<&Cause> {
        let at = self
            .causes
            .binary_search_by(|cause| cause.id.as_str().cmp(id))
            .ok()?;
        Some(&self.causes[at])
    }

    /// All vendors' kinds of facts, by id.
    pub fn facts(&self) -> &[FactPattern] {
        &self.facts
    }

    /// All vendors' formats of log lines, by id.
    pub fn log_formats(&self) -> &[LogFormat] {
        &self.log_formats
    }

    /// This catalog with the log formats of `other` instead of its own.
    #[must_use]
    pub fn with_log_formats_of(mut self, other: &Self) -> Self {
        self.log_formats.clone_from(&other.log_formats);
        self
    }

    /// Whether a diagnosis looks at facts of a kind.
    pub fn asks_for(&self, kind: &str) -> bool {
        let mut clauses = self.causes.iter().flat_map(|cause| &cause.when);
        clauses.any(|clause| matches!(&clause.subject, Subject::Fact(name) if name == kind))
    }

    /// All patterns, by id.
    pub fn patterns(&self) -> &[Pattern] {
        &self.patterns
    }

    /// The pattern with this id.
    pub fn get(&self, id: &str) -> Option<&Pattern> {
        let at = self
            .patterns
            .binary_search_by(|pattern| pattern.id.as_str().cmp(id))
            .ok()?;
        Some(&self.patterns[at])
    }

    /// The ids that look like `id`, nearest first; for "did you mean".
    pub fn similar(&self, id: &str) -> Vec<&str> {
        let mut scored: Vec<_> = self
            .ids()
            .map(|known| (strsim::jaro_winkler(known, id), known))
            .collect();
        scored.retain(|(score, name)| *score > 0.85 || name.contains(id));
        scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
        scored.into_iter().map(|(_, name)| name).take(3).collect()
    }

    /// The SHA-256 over all pattern files, in hexadecimal: what a report was made with.
    pub fn sha256(&self) -> String {
        use sha2::Digest as _;
        let mut hasher = sha2::Sha256::new();
        let mut texts = std::collections::HashSet::new();
        let patterns = self
            .patterns
            .iter()
            .map(|pattern| (&pattern.id, &pattern.source));
        let causes = self.causes.iter().map(|cause| (&cause.id, &cause.source));
        let facts = self.facts.iter().map(|fact| (&fact.id, &fact.source));
        let formats = self.log_formats.iter();
        let formats = formats.map(|format| (&format.id, &format.source));
        let specs = self
            .specs
            .iter()
            .map(|spec| (&spec.spec.name, &spec.source));
        for (id, source) in patterns
            .chain(causes)
            .chain(facts)
            .chain(formats)
            .chain(specs)
        {
            hasher.update(id.as_bytes());
            hasher.update([0]);
            // A file may hold thousands of rules.
            if texts.insert(Arc::as_ptr(&source.text).cast::<u8>()) {
                hasher.update(source.text.as_bytes());
            }
            hasher.update([0]);
        }
        hasher
            .finalize()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
}

/// One known failure.
#[derive(Clone, Debug)]
pub struct Pattern {
    /// The slug that names it.
    pub id: String,
    /// One line that stands alone; `{name}` stands for a captured value.
    pub title: String,
    /// How bad it is.
    pub severity: Severity,
    /// Words to select and group by.
    pub tags: Vec<String>,
    /// The records that matter.
    pub events: Vec<Event>,
    /// How they have to come together.
    pub matching: Matching,
    /// Ids of patterns that are only symptoms of this one.
    pub explains: Vec<String>,
    /// Ids (or prefixes with `*`) of patterns that take precedence on the same record.
    pub yields_to: Vec<String>,
    /// Why this happens.
    pub cause: String,
    /// How to make sure.
    pub confirm: Vec<Confirm>,
    /// What to do, most likely first.
    pub remediation: Vec<String>,
    /// Where to read more.
    pub links: Vec<Link>,
    /// Texts that must match.
    pub examples: Vec<Example>,
    /// Near misses.
    pub negative_examples: Vec<Example>,
    /// Whether it is a rule of another catalog, whose examples are whole logs.
    pub foreign: bool,
    /// The file it was read from.
    pub source: Source,
}

/// A rule of another catalog that cannot be used.
#[derive(Clone, Debug)]
pub struct LeftOut {
    /// `path:line`.
    pub place: String,
    /// Why.
    pub reason: String,
}

/// What a pattern or a cause says of itself.
#[derive(Clone, Copy, Debug)]
pub struct Known<'c> {
    /// The slug.
    pub id: &'c str,
    /// `symptom`, `diagnosis` or `analyzer`.
    pub kind: &'static str,
    /// The folder.
    pub area: &'c str,
    /// How bad it is.
    pub severity: Severity,
    /// One line.
    pub title: &'c str,
    /// Words to select by.
    pub tags: &'c [String],
    /// Why it happens.
    pub cause: &'c str,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// It may become a failure, or explains one.
    Warning,
    /// Something is broken.
    Error,
}

impl Severity {
    /// The words of the scale, worst first.
    pub const NAMES: [&'static str; 3] = ["error", "warning", "info"];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        Self::NAMES[2 - self as usize]
    }

    /// The severity that `name` stands for.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Error, Self::Warning, Self::Info]
            .into_iter()
            .find(|severity| severity.as_str() == name)
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How the events of a pattern have to come together.
#[derive(Clone, Debug)]
pub struct Matching {
    /// The form of an occurrence.
    pub form: Form,
    /// Indexes into [`Pattern::events`].
    pub events: Vec<usize>,
    /// The longest time between the first and the last record of an occurrence, in microseconds.
    pub within: Option<i64>,
    /// The least number of occurrences.
    pub count: u32,
    /// What is equal in all records of an occurrence.
    pub same: Vec<Key>,
    /// What must not be near.
    pub unless: Option<Unless>,
    /// What else must not be near, for [`Form::Set`] and [`Form::Order`].
    pub negates: Vec<Negate>,
    /// The event that means that it healed.
    pub resolved_by: Option<usize>,
    /// The captured time that must be earlier than the end of the bundle's records.
    pub before_collection: Option<String>,
}

/// The form of an occurrence.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Form {
    /// One of the events.
    Any,
    /// Each of the events, in any order.
    All,
    /// Each of the events, in this order.
    Sequence,
    /// As [`Form::All`], where an event that stands several times has to happen as often, and the oldest records within the
    /// window count.
    Set,
    /// As [`Form::Sequence`], each event a record of its own, and the oldest records within the window count.
    Order,
}

/// An event that prevents a set or an order, relative to its records.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Negate {
    /// Index into [`Pattern::events`].
    pub event: usize,
    /// Which record it is relative to: of a set in the order of time, of an order by its step.
    pub anchor: usize,
    /// How much later than that it starts to prevent, in microseconds; negative: earlier.
    pub slide: i64,
    /// How much longer than from the first to the last record it does so.
    pub window: i64,
    /// Whether `window` is all of it.
    pub absolute: bool,
}

/// What two records may have in common.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Key {
    /// The machine; the entry where the machine is unknown.
    Node,
    /// The entry.
    Entry,
    /// The unit.
    Unit,
    /// The container.
    Container,
    /// The log, rotated files of it included.
    Log,
    /// A captured value.
    Capture(String),
}

/// An event that suppresses occurrences near it.
#[derive(Clone, Debug)]
pub struct Unless {
    /// Index into [`Pattern::events`].
    pub event: usize,
    /// How much earlier than the occurrence, in microseconds; `None` with `after` set: not earlier at all.
    pub before: Option<i64>,
    /// How much later.
    pub after: Option<i64>,
}

/// One way to make sure.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Confirm {
    /// A command, or a sentence.
    pub run: String,
    /// Where to run it.
    pub on: Option<String>,
    /// What its output shows when the cause is the right one, or when all is well, as the text says.
    pub expect: Option<String>,
}

/// A page to read.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Link {
    /// What is there.
    pub title: String,
    /// Where it is.
    pub url: String,
}

/// A text that must or must not match.
#[derive(Clone, Debug)]
pub struct Example {
    /// The lines.
    pub text: String,
    /// Where it is written, in bytes of the file.
    pub span: std::ops::Range<usize>,
}

/// The file that a pattern was read from.
#[derive(Clone, Debug)]
pub struct Source {
    /// The path as given.
    pub path: String,
    /// The whole file.
    pub text: Arc<str>,
    /// Where the id is written, in bytes.
    pub id: std::ops::Range<usize>,
}

impl Pattern {
    /// The directory of the pattern's file: `etcd`, `net`.
    pub fn area(&self) -> &str {
        self.source.area()
    }

    /// A problem with an example of this pattern.
    pub fn problem(
        &self,
        code: &'static str,
        message: impl Into<String>,
        span: std::ops::Range<usize>,
    ) -> Problem {
        Problem::new(code, message, &self.source.path, &self.source.text, span)
    }

    /// Whether this pattern leaves a record to `other`, if both match it.
    pub fn yields(&self, other: &str) -> bool {
        self.yields_to.iter().any(|name| names(name, other))
    }
}

impl Source {
    /// The directory of the file: `etcd`, `net`.
    pub fn area(&self) -> &str {
        let mut parts = self.path.rsplit(['/', '\\']);
        parts.nth(1).unwrap_or_default()
    }
}

/// Whether `name`, which may end with `*`, names `id`.
pub fn names(name: &str, id: &str) -> bool {
    match name.strip_suffix('*') {
        Some(prefix) => id.starts_with(prefix),
        None => name == id,
    }
}

#[cfg(test)]
mod tests;
