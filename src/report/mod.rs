//! Everything about one bundle, as data; renderers are views of it.
//!
//! The names of the fields are the names in the JSON form and stable within a [`SCHEMA_VERSION`]. All lists are
//! in an order that depends on nothing but the bundle and the catalog.

pub mod plural;
pub mod render;
pub mod schema;
pub mod stylesheet;
mod texts;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

/// The version of the JSON form; it changes when a field changes its meaning or goes away.
pub const SCHEMA_VERSION: u32 = 2;

/// Everything about one bundle.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Report {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The program.
    pub tool: Tool,
    /// What was known.
    pub catalog: CatalogInfo,
    /// The command line, where one was used.
    pub command: Vec<String>,
    /// What was looked at.
    pub bundle: BundleInfo,
    /// Causes that explain findings.
    pub diagnoses: Vec<Diagnosis>,
    /// Known failures that were found, worst first.
    pub findings: Vec<Finding>,
    /// What the analyzers of specs concluded, in their order; each is a finding as well.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub analysis: Vec<AnalyzerResult>,
    /// Errors that no pattern knows, most frequent first.
    pub unexplained: Vec<Unexplained>,
    /// What output of commands states, by kind and place; only where it was asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<StatedFact>,
    /// What its logs are, where that was asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub logs: Vec<LogFile>,
    /// What the times are known by, where that was asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub clocks: Vec<Anchor>,
    /// What was not checked, or not wholly.
    pub not_checked: Vec<Warning>,
    /// How much was read.
    pub stats: Stats,
}

/// The program that made a report.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Tool {
    /// Its name.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
}

/// The catalog that a report was made with.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct CatalogInfo {
    /// The number of patterns.
    pub patterns: usize,
    /// The SHA-256 of all of them.
    pub sha256: String,
}

/// What was looked at.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct BundleInfo {
    /// The name as given, without directories.
    pub path: String,
    /// The kind of the bundle, which is who collected it: `sosreport`, `troubleshoot`, `rancher`; absent where nothing
    /// tells it.
    pub kind: Option<&'static str>,
    /// The container: `tar.gz`, `zip`, `directory`, `log`.
    pub container: String,
    /// Bytes of the bundle as a file; absent for directories and streams.
    pub size: Option<u64>,
    /// All machines that the bundle tells of.
    pub nodes: Vec<String>,
    /// Files read.
    pub entries: u64,
    /// Files that look like logs.
    pub logs: u64,
    /// Statements that were read from output of commands.
    pub facts: u64,
    /// Lines read.
    pub lines: u64,
    /// Bytes read, unpacked.
    pub bytes: u64,
    /// The earliest time of the records, RFC 3339 UTC.
    pub first_time: Option<String>,
    /// The latest time of the records, RFC 3339 UTC.
    pub last_time: Option<String>,
    /// When the bundle was collected, where it says so.
    pub collected_at: Option<String>,
    /// Whether everything in the bundle was read to its end.
    pub complete: bool,
}

/// One log of a bundle.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct LogFile {
    /// The file, with the archives around it.
    pub entry: String,
    /// Links in the bundle that lead to it.
    pub linked_as: Vec<String>,
    /// The machine.
    pub node: Option<String>,
    /// The unit, as the path tells it.
    pub unit: Option<String>,
    /// The namespace, as the path tells it.
    pub namespace: Option<String>,
    /// The pod, as the path tells it.
    pub pod: Option<String>,
    /// The container, as the path tells it.
    pub container: Option<String>,
    /// The format of most lines, wrappers first.
    pub format: Option<String>,
    /// Lines.
    pub lines: u64,
    /// Lines with a time or a level of their own.
    pub recognised: u64,
    /// Lines that belong to one above them.
    pub folded: u64,
    /// Blank lines and remarks of the collector.
    pub skipped: u64,
    /// Lines of which nothing is known.
    pub other: u64,
    /// Recognised lines by level.
    pub levels: BTreeMap<String, u64>,
    /// The first time, RFC 3339 UTC.
    pub first: Option<String>,
    /// The last time, RFC 3339 UTC.
    pub last: Option<String>,
    /// How the times are known.
    pub time_source: Option<&'static str>,
}

/// One thing that the times of a bundle are known by.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize, JsonSchema)]
pub struct Anchor {
    /// The machine; absent where it is about one file.
    pub node: Option<String>,
    /// What is known: `collected`, `zone`, `started` of a machine, or the clock of a `file`.
    pub what: &'static str,
    /// The time or the zone.
    pub value: String,
    /// The file that says so, with the archives around it.
    pub entry: String,
    /// The line, counted from one; zero for the file as a whole.
    pub line: u64,
}

/// How sure a diagnosis is.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// It fits, and other causes fit as well.
    Possible,
    /// It fits, and what would confirm it was not all collected.
    Likely,
    /// The evidence shows it.
    Confirmed,
}

impl Confidence {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Possible => "possible",
            Self::Likely => "likely",
            Self::Confirmed => "confirmed",
        }
    }
}

/// A cause and the findings that it explains.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Diagnosis {
    /// The pattern that names the cause.
    pub id: String,
    /// One line that stands alone.
    pub title: String,
    /// `error`, `warning` or `info`.
    pub severity: &'static str,
    /// How sure.
    pub confidence: Confidence,
    /// The reason for the confidence.
    pub why: String,
    /// The machines.
    pub nodes: Vec<String>,
    /// What the title's names stand for.
    pub bindings: Vec<Named>,
    /// Why this happens.
    pub cause: String,
    /// How to make sure.
    pub confirm: Vec<Confirm>,
    /// What to do.
    pub remediation: Vec<String>,
    /// Where to read more.
    pub links: Vec<Link>,
    /// What shows it.
    pub evidence: Vec<Evidence>,
    /// The findings that it explains.
    pub explains: Vec<Explained>,
    /// Causes that were considered, and what speaks against them.
    pub ruled_out: Vec<RuledOut>,
    /// What would decide, if it were in the bundle.
    pub ask_for: Vec<AskFor>,
}

/// A finding that a diagnosis explains.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, JsonSchema)]
pub struct Explained {
    /// The finding.
    pub id: String,
    /// How many of its distinct occurrences.
    pub count: u64,
}

/// A cause that was considered, and what speaks against it.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct RuledOut {
    /// The cause.
    pub id: String,
    /// Its headline.
    pub title: String,
    /// What the evidence shows instead.
    pub why: String,
    /// The evidence.
    pub evidence: Option<Evidence>,
}

/// A cause that would fit, of which nothing was collected that could tell.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, JsonSchema)]
pub struct PossibleCause {
    /// The cause.
    pub id: String,
    /// Its headline.
    pub title: String,
}

/// What to ask the customer for.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, JsonSchema)]
pub struct AskFor {
    /// A command whose output would tell.
    pub run: String,
    /// Where to run it.
    pub on: Option<String>,
    /// What is not known without it.
    pub why: String,
}

/// All matches of one pattern in one bundle.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Finding {
    /// The pattern.
    pub id: String,
    /// One line that stands alone.
    pub title: String,
    /// `error`, `warning` or `info`; a finding that recovered is `info`.
    pub severity: &'static str,
    /// The severity of the pattern, whatever happened later.
    pub pattern_severity: &'static str,
    /// Distinct occurrences.
    pub count: u64,
    /// Lines of the bundle that belong to them, copies in other files included: what `grep` counts.
    pub lines: u64,
    /// Files in which they stand, copies included.
    pub files: u64,
    /// The first occurrence, RFC 3339 UTC.
    pub first: Option<String>,
    /// The last record of the last occurrence, RFC 3339 UTC.
    pub last: Option<String>,
    /// When it was seen to heal, if it was and did not come back.
    pub recovered_at: Option<String>,
    /// The machines, where known.
    pub nodes: Vec<String>,
    /// Captured values that occurred together, most frequent first.
    pub captures: Vec<Captures>,
    /// How many combinations of captured values there are; `captures` may list fewer.
    pub captures_total: usize,
    /// Quoted lines.
    pub evidence: Vec<Evidence>,
    /// Ids of the diagnoses that explain it, or some of it.
    pub explained_by: Vec<String>,
    /// Whether they explain all of it.
    pub explained: bool,
    /// Causes that would produce it, where nothing tells which one does.
    pub possible_causes: Vec<PossibleCause>,
    /// Causes that were considered, and what speaks against them.
    pub ruled_out: Vec<RuledOut>,
    /// What would tell more, if it were in the bundle.
    pub ask_for: Vec<AskFor>,
    /// Why this happens.
    pub cause: String,
    /// How to make sure.
    pub confirm: Vec<Confirm>,
    /// What to do.
    pub remediation: Vec<String>,
    /// Where to read more.
    pub links: Vec<Link>,
}

/// What an analyzer of a spec concluded.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct AnalyzerResult {
    /// The id of the finding that it is.
    pub id: String,
    /// The kind of the analyzer: `textAnalyze`, `deploymentStatus`.
    pub analyzer: String,
    /// As the spec or troubleshoot names it.
    pub title: String,
    /// `fail`, `warn` or `pass`.
    pub outcome: &'static str,
    /// As the spec or troubleshoot words it.
    pub message: String,
    /// Where to read more; may be empty.
    pub uri: String,
    /// Whether a failure should stop an installation.
    pub strict: bool,
    /// The object that it is about: `Pod default/web-0`.
    pub object: Option<String>,
}

/// Captured values of one combination.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Captures {
    /// The values by name.
    pub values: Vec<Named>,
    /// Distinct occurrences.
    pub count: u64,
    /// The machines.
    pub nodes: Vec<String>,
}

/// A name and its value.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize, JsonSchema)]
pub struct Named {
    /// The name.
    pub name: String,
    /// The value, made printable.
    pub value: String,
}

/// A quoted line.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Evidence {
    /// The full chain that leads to the file.
    pub entry: String,
    /// The line, from one; zero stands for the whole file.
    pub line: u64,
    /// When, RFC 3339 UTC.
    pub time: Option<String>,
    /// How the time is known: `explicit`, `assumed zone`, `inferred year` or `unknown year`.
    pub time_source: Option<&'static str>,
    /// The machine.
    pub node: Option<String>,
    /// The line, made printable.
    pub text: String,
    /// Where in `text` the decisive words start, in characters from one.
    pub column: u64,
    /// What it is: the name of the pattern's event, or the kind of the fact.
    pub role: String,
    /// What it shows, in words, where that does not go without saying.
    pub shows: Option<String>,
}

impl Evidence {
    /// `path:line`; the path alone where it is the whole file.
    pub fn place(&self) -> String {
        match self.line {
            0 => self.entry.clone(),
            line => format!("{}:{line}", self.entry),
        }
    }
}

/// One way to make sure.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Confirm {
    /// A command, or a sentence.
    pub run: String,
    /// Where.
    pub on: Option<String>,
    /// What to look for.
    pub expect: Option<String>,
}

/// A page to read.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Link {
    /// What is there.
    pub title: String,
    /// Where it is.
    pub url: String,
}

/// Errors of one kind that no pattern knows.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Unexplained {
    /// The message without its variable parts.
    pub template: String,
    /// The worst level.
    pub level: &'static str,
    /// Lines.
    pub count: u64,
    /// The first time, RFC 3339 UTC.
    pub first: Option<String>,
    /// The last time, RFC 3339 UTC.
    pub last: Option<String>,
    /// The machines.
    pub nodes: Vec<String>,
    /// One of them.
    pub example: Example,
}

/// A line as an example.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Example {
    /// The full chain that leads to the file.
    pub entry: String,
    /// The line, from one.
    pub line: u64,
    /// The line, made printable.
    pub text: String,
}

/// One statement of output of a command, and the line that makes it.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize, JsonSchema)]
pub struct StatedFact {
    /// What it is about: `socket`, `unit`, `disk`.
    pub kind: String,
    /// The machine, where known.
    pub node: Option<String>,
    /// The full chain that leads to the file.
    pub entry: String,
    /// The line, from one.
    pub line: u64,
    /// The values by their names.
    pub fields: Vec<Named>,
    /// The container or network namespace in which the command ran; absent: the machine itself.
    pub inside: Option<String>,
}

/// Something that was not checked, or not wholly.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize, JsonSchema)]
pub struct Warning {
    /// The file or archive.
    pub entry: String,
    /// One word: `truncated`, `corrupt`, `encrypted`, `unsupported`, `binary`, `limit`, `unreadable`, `fault`,
    /// `approximate`, `uncollected`, `missing`, `rule`.
    pub reason: &'static str,
    /// The rest of the story.
    pub detail: String,
}

impl Warning {
    /// The reason of a number that is not exact.
    pub const APPROXIMATE: &'static str = "approximate";
    /// The reason of a file that has what its collector says instead of what was to be collected.
    pub const UNCOLLECTED: &'static str = "uncollected";

    /// The reason of a link to a log that is not in the bundle.
    pub const MISSING: &'static str = "missing";

    /// The reason of a rule that cannot be used; the entry is its file.
    pub const RULE: &'static str = "rule";

    /// Whether it is a loss: nothing of a log is lost with files that are no text, that were never there, nor with an
    /// approximate number or a rule that cannot be used.
    pub fn is_loss(&self) -> bool {
        !matches!(
            self.reason,
            "binary" | Self::APPROXIMATE | Self::UNCOLLECTED | Self::MISSING | Self::RULE
        )
    }
}

/// How much was read.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct Stats {
    /// Files read.
    pub entries: u64,
    /// Symbolic and hard links; they are followed by name only.
    pub links: u64,
    /// Lines read.
    pub lines: u64,
    /// Bytes read, unpacked.
    pub bytes: u64,
    /// Lines that belong to findings.
    pub matched_lines: u64,
    /// Wall time; absent where output has to be reproducible.
    pub elapsed_ms: Option<u64>,
}

impl Report {
    /// Whether any log was recognised at all; without one, silence means nothing.
    pub fn has_logs(&self) -> bool {
        self.bundle.logs > 0
    }

    /// The diagnoses that join findings with facts; the others are findings themselves.
    pub fn joined(&self) -> impl Iterator<Item = &Diagnosis> {
        let is_finding = |id: &str| self.findings.iter().any(|finding| finding.id == id);
        self.diagnoses
            .iter()
            .filter(move |diagnosis| !is_finding(&diagnosis.id))
    }

    /// The findings that stand for themselves: neither a diagnosis nor explained by one.
    pub fn unexplained_findings(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| {
            let diagnosed = self
                .diagnoses
                .iter()
                .any(|diagnosis| diagnosis.id == finding.id);
            !finding.explained && !diagnosed
        })
    }

    /// What stands for itself, worst first: of a severity first the diagnoses, then the findings that none explains.
    pub fn top(&self) -> Vec<Top<'_>> {
        let diagnoses = self.diagnoses.iter().map(Top::Diagnosis);
        let findings = self.unexplained_findings().map(Top::Finding);
        let mut top: Vec<_> = diagnoses.chain(findings).collect();
        // Stable: both lists have their order.
        top.sort_by_key(|one| rank(one.severity()));
        top
    }

    /// Findings and diagnoses of a severity, recovered ones not counted as what they were.
    pub fn count(&self, severity: &str) -> usize {
        let findings = self.findings.iter().map(|finding| finding.severity);
        let causes = self.joined().map(|diagnosis| diagnosis.severity);
        findings
            .chain(causes)
            .filter(|own| *own == severity)
            .count()
    }

    /// What stands for itself in the report, of a severity: diagnoses, and findings that none explains.
    pub fn count_top(&self, severity: &str) -> usize {
        let top = self.top();
        top.iter().filter(|one| one.severity() == severity).count()
    }
}

/// Something that stands for itself in a report.
#[derive(Clone, Copy, Debug)]
pub enum Top<'r> {
    /// A cause, with what it explains.
    Diagnosis(&'r Diagnosis),
    /// A finding that nothing explains.
    Finding(&'r Finding),
}

impl<'r> Top<'r> {
    /// `error`, `warning` or `info`.
    pub fn severity(self) -> &'static str {
        match self {
            Self::Diagnosis(diagnosis) => diagnosis.severity,
            Self::Finding(finding) => finding.severity,
        }
    }

    /// The pattern that found it.
    pub fn id(self) -> &'r str {
        match self {
            Self::Diagnosis(diagnosis) => &diagnosis.id,
            Self::Finding(finding) => &finding.id,
        }
    }

    /// What it is.
    pub fn title(self) -> &'r str {
        match self {
            Self::Diagnosis(diagnosis) => &diagnosis.title,
            Self::Finding(finding) => &finding.title,
        }
    }

    /// Whether `explain` knows it without more options: ids of others are no slugs.
    pub fn is_explained(self) -> bool {
        let of_slug = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        self.id().bytes().all(of_slug)
    }

    /// What to do, most likely first.
    pub fn remediation(self) -> &'r [String] {
        match self {
            Self::Diagnosis(diagnosis) => &diagnosis.remediation,
            Self::Finding(finding) => &finding.remediation,
        }
    }
}

/// The severities, worst first.
const SEVERITIES: [&str; 3] = ["error", "warning", "info"];

/// The place of a severity, worst first.
pub(crate) fn rank(severity: &str) -> usize {
    SEVERITIES
        .iter()
        .position(|name| *name == severity)
        .unwrap_or(SEVERITIES.len())
}
