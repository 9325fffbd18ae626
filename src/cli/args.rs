//! What can be typed. The doc comments are the help texts.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::bundle::Limits;
use crate::catalog::Severity;
use crate::diagnose::Zone;
use crate::log::Level;
use crate::report::render::Format;

const AFTER_HELP: &str = "\
Examples:
  bundlecheck bundle.tar.gz                  what is wrong, where it shows, what to do
  bundlecheck bundle.zip -f json -o r.json   the same for programs
  journalctl -u kubelet | bundlecheck -      any log, from a pipe
  bundlecheck explain etcd-discovery-dns     all about one pattern
  bundlecheck inspect bundle.tar.gz --facts  sockets, addresses, filter rules, units, with their places
  bundlecheck logs bundle.tar.gz --level warn  all machines in one time line, warnings and worse
  bundlecheck patterns check my-patterns/    prove your own patterns

Exit status: 0 checked, nothing at or above --fail-on; 1 something was; 2 not checked; 130 interrupted.";

/// Reads a customer's support bundle and says what is wrong, why, and how to fix it
#[derive(Debug, Parser)]
#[command(name = "bundlecheck", version, about, after_help = AFTER_HELP, args_conflicts_with_subcommands = true)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Option<Command>,

    #[command(flatten)]
    pub(super) check: CheckArgs,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Diagnose bundles (the default command)
    Check(CheckArgs),
    /// What a pattern means, how to confirm it, how to fix it
    Explain(ExplainArgs),
    /// List patterns, or check your own
    #[command(alias = "rules")]
    Patterns(PatternsArgs),
    /// What is inside a bundle: its kind, machines, logs, clocks, facts
    Inspect(InspectArgs),
    /// All records of all machines in one time line
    Logs(LogsArgs),
    /// Shell completions, the man page, JSON schemas
    Generate(GenerateArgs),
}

#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of the command line"
)]
#[derive(Args, Debug)]
pub(super) struct CheckArgs {
    /// Archives, directories, log files, or `-` for standard input
    #[arg(required = true, value_name = "BUNDLE")]
    pub(super) bundles: Vec<PathBuf>,

    #[command(flatten)]
    pub(super) patterns: PatternSource,

    /// Only these patterns; a trailing * matches a prefix
    #[arg(
        long,
        value_name = "ID",
        value_delimiter = ',',
        help_heading = "Selection"
    )]
    pub(super) select: Vec<String>,

    /// Not these patterns; a trailing * matches a prefix
    #[arg(
        long,
        value_name = "ID",
        value_delimiter = ',',
        help_heading = "Selection"
    )]
    pub(super) ignore: Vec<String>,

    /// Only patterns of this severity or worse
    #[arg(long, value_name = "SEVERITY", help_heading = "Selection")]
    pub(super) min_severity: Option<SeverityArg>,

    /// Nothing before this time (RFC 3339)
    #[arg(long, value_name = "TIME", help_heading = "Selection")]
    pub(super) since: Option<String>,

    /// Nothing after this time (RFC 3339)
    #[arg(long, value_name = "TIME", help_heading = "Selection")]
    pub(super) until: Option<String>,

    /// Only this machine; repeat for more
    #[arg(long, value_name = "NAME", help_heading = "Selection")]
    pub(super) node: Vec<String>,

    #[command(flatten)]
    pub(super) zone: ZoneArg,

    #[command(flatten)]
    pub(super) limits: LimitArgs,

    #[command(flatten)]
    pub(super) redaction: RedactArgs,

    /// How the report is written
    #[arg(
        short,
        long,
        value_name = "FORMAT",
        value_parser = format(),
        env = "BUNDLECHECK_FORMAT",
        help_heading = "Output"
    )]
    pub(super) format: Option<Format>,

    /// Write to a file instead of standard output; the format comes from its extension, unless --format says it
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    pub(super) output: Vec<PathBuf>,

    /// Quoted lines of each finding
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=100), help_heading = "Output")]
    pub(super) max_evidence: u16,

    /// Everything: all captured values, unknown errors and unread files
    #[arg(short, long, help_heading = "Output")]
    pub(super) verbose: bool,

    /// List all facts in the JSON report: sockets, addresses, units, disks
    #[arg(long, help_heading = "Output")]
    pub(super) facts: bool,

    /// The verdict only
    #[arg(short, long, conflicts_with = "verbose", help_heading = "Output")]
    pub(super) quiet: bool,

    /// Exit with 1 from this severity on
    #[arg(
        long,
        value_name = "SEVERITY",
        default_value = "error",
        help_heading = "Status"
    )]
    pub(super) fail_on: FailOn,

    /// Exit with 2 if anything was not checked
    #[arg(long, help_heading = "Status")]
    pub(super) strict: bool,

    /// Threads; the report is the same for any number [default: as many as processors]
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256), help_heading = "Run")]
    pub(super) jobs: Option<u16>,

    #[command(flatten)]
    pub(super) color: ColorArg,

    /// Links to the files of a directory
    #[arg(
        long,
        value_name = "WHEN",
        default_value = "auto",
        help_heading = "Terminal"
    )]
    pub(super) hyperlinks: When,

    /// Progress on standard error
    #[arg(
        long,
        value_name = "WHEN",
        default_value = "auto",
        help_heading = "Terminal"
    )]
    pub(super) progress: When,
}

/// The zone of times that do not state it.
#[derive(Args, Debug)]
pub(super) struct ZoneArg {
    /// The zone of times of which nothing in the bundle tells it, as a name (Europe/Berlin) or an offset (+02:00)
    #[arg(long = "assume-timezone", value_name = "ZONE", value_parser = Zone::named, allow_hyphen_values = true, help_heading = "Selection")]
    pub(super) zone: Option<Zone>,
}

/// What is masked in what is shown; never in what is matched.
#[derive(Args, Debug)]
pub(super) struct RedactArgs {
    /// Mask secrets: passwords, tokens, private keys, e-mail addresses; and as WHAT: `addresses`, `hosts`
    #[arg(
        long,
        value_name = "WHAT",
        num_args = 0..=1,
        require_equals = true,
        value_delimiter = ',',
        default_missing_value = "secrets",
        help_heading = "Redaction"
    )]
    pub(super) redact: Option<Vec<Redaction>>,

    /// Rules of your own, documents of `kind: redaction`; they come with --redact
    #[arg(long = "redact-rules", value_name = "FILE", help_heading = "Redaction")]
    pub(super) rules: Vec<PathBuf>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(super) enum Redaction {
    Secrets,
    Addresses,
    Hosts,
}

/// How much a bundle may make the program do.
#[derive(Args, Debug)]
pub(super) struct LimitArgs {
    /// Bounds on what is unpacked: `small` for a busy machine, `none` but for memory
    #[arg(
        long = "limits",
        value_name = "SET",
        default_value = "default",
        help_heading = "Limits"
    )]
    set: LimitSet,

    /// Bytes that are read and unpacked in all [default: 64G]
    #[arg(long, value_name = "SIZE", value_parser = size, help_heading = "Limits")]
    max_unpacked: Option<u64>,

    /// Bytes of one file [default: 16G]
    #[arg(long, value_name = "SIZE", value_parser = size, help_heading = "Limits")]
    max_entry: Option<u64>,

    /// Files, links and devices [default: 250000]
    #[arg(long, value_name = "COUNT", help_heading = "Limits")]
    max_entries: Option<u64>,

    /// Archives and compressed files inside of archives [default: 100000]
    #[arg(long, value_name = "COUNT", help_heading = "Limits")]
    max_archives: Option<u64>,

    /// Levels of archives inside of archives [default: 5]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(0..=64), help_heading = "Limits")]
    max_depth: Option<u32>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LimitSet {
    Small,
    Default,
    None,
}

impl LimitArgs {
    /// The set, with what replaces single ones of it.
    pub(super) fn limits(&self) -> Limits {
        let mut limits = match self.set {
            LimitSet::Small => Limits::small(),
            LimitSet::Default => Limits::default(),
            LimitSet::None => Limits::none(),
        };
        let replace = |limit: &mut u64, given: Option<u64>| *limit = given.unwrap_or(*limit);
        replace(&mut limits.total_bytes, self.max_unpacked);
        replace(&mut limits.entry_bytes, self.max_entry);
        replace(&mut limits.entries, self.max_entries);
        replace(&mut limits.archives, self.max_archives);
        limits.depth = self.max_depth.unwrap_or(limits.depth);
        limits
    }
}

/// A size as people write it: `500M`, `64G`, `1TiB`; the units are powers of 1024.
fn size(text: &str) -> Result<u64, String> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let unit = unit.trim().to_ascii_lowercase();
    let shift = match unit.trim_end_matches("ib").trim_end_matches('b') {
        "" => 0,
        "k" => 10,
        "m" => 20,
        "g" => 30,
        "t" => 40,
        _ => return Err("expected a size such as 500M or 64G".to_owned()),
    };
    let number: u64 = number
        .parse()
        .map_err(|_| "expected a size such as 500M or 64G".to_owned())?;
    number
        .checked_mul(1 << shift)
        .ok_or_else(|| "more bytes than there are".to_owned())
}

/// Whether to colour.
#[derive(Args, Debug)]
pub(super) struct ColorArg {
    /// Colours
    #[arg(
        long = "color",
        value_name = "WHEN",
        default_value = "auto",
        help_heading = "Terminal"
    )]
    pub(super) when: When,
}

/// Where patterns come from.
#[derive(Args, Debug)]
pub(super) struct PatternSource {
    /// More patterns, CRE rules or troubleshoot specs: a file, or a directory of *.yaml; repeat for more
    #[arg(long = "patterns", value_name = "PATH", help_heading = "Patterns")]
    pub(super) paths: Vec<PathBuf>,

    /// Without the built-in patterns
    #[arg(long, requires = "paths", help_heading = "Patterns")]
    pub(super) no_builtin: bool,

    #[command(flatten)]
    pub(super) foreign: ForeignArgs,
}

/// What is done with rules of other catalogs.
#[derive(Args, Debug)]
pub(super) struct ForeignArgs {
    /// CRE rules look at all records, not only at those of the programs that their `event.source` names
    #[arg(long, help_heading = "Patterns")]
    pub(super) any_source: bool,

    /// Without CRE rules that are generated drafts
    #[arg(long, help_heading = "Patterns")]
    pub(super) no_drafts: bool,
}

#[derive(Args, Debug)]
pub(super) struct ExplainArgs {
    /// The id of a pattern
    pub(super) id: String,

    #[command(flatten)]
    pub(super) patterns: PatternSource,

    #[command(flatten)]
    pub(super) color: ColorArg,
}

#[derive(Args, Debug)]
pub(super) struct InspectArgs {
    /// An archive, a directory, or `-` for standard input
    #[arg(value_name = "BUNDLE")]
    pub(super) bundle: PathBuf,

    #[command(flatten)]
    pub(super) patterns: PatternSource,

    /// Every fact with its place
    #[arg(long)]
    pub(super) facts: bool,

    /// Every log: its format, how many of its lines are recognised, its times
    #[arg(long)]
    pub(super) logs: bool,

    #[command(flatten)]
    pub(super) zone: ZoneArg,

    #[command(flatten)]
    pub(super) limits: LimitArgs,

    #[command(flatten)]
    pub(super) redaction: RedactArgs,

    /// Only facts of this kind; repeat for more
    #[arg(long, value_name = "KIND", requires = "facts")]
    pub(super) kind: Vec<String>,

    /// As JSON
    #[arg(long)]
    pub(super) json: bool,

    #[command(flatten)]
    pub(super) color: ColorArg,
}

#[derive(Args, Debug)]
pub(super) struct LogsArgs {
    /// An archive, a directory, a log file, or `-` for standard input
    #[arg(value_name = "BUNDLE")]
    pub(super) bundle: PathBuf,

    /// Nothing before this time (RFC 3339)
    #[arg(long, value_name = "TIME", help_heading = "Selection")]
    pub(super) since: Option<String>,

    /// Nothing after this time (RFC 3339)
    #[arg(long, value_name = "TIME", help_heading = "Selection")]
    pub(super) until: Option<String>,

    /// This level or worse: fatal, critical, error, warn, notice, info, debug, trace
    #[arg(long, value_name = "LEVEL", value_parser = level, help_heading = "Selection")]
    pub(super) level: Option<Level>,

    /// Only this machine; repeat for more
    #[arg(long, value_name = "NAME", help_heading = "Selection")]
    pub(super) node: Vec<String>,

    /// Only this unit, container, pod or logger; repeat for more
    #[arg(long, value_name = "NAME", help_heading = "Selection")]
    pub(super) unit: Vec<String>,

    /// Only files of which the path fits this glob; repeat for more
    #[arg(long, value_name = "GLOB", help_heading = "Selection")]
    pub(super) entry: Vec<String>,

    /// Only records with a match of this regular expression; (?i) in front ignores case
    #[arg(long, value_name = "REGEX", help_heading = "Selection")]
    pub(super) grep: Option<String>,

    #[command(flatten)]
    pub(super) zone: ZoneArg,

    #[command(flatten)]
    pub(super) limits: LimitArgs,

    #[command(flatten)]
    pub(super) redaction: RedactArgs,

    /// How records are written
    #[arg(
        short,
        long,
        value_name = "FORMAT",
        default_value = "human",
        help_heading = "Output"
    )]
    pub(super) format: LogsFormat,

    /// Write to a file instead of standard output
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    pub(super) output: Option<PathBuf>,

    /// The file and the line behind every record
    #[arg(long, help_heading = "Output")]
    pub(super) locations: bool,

    #[command(flatten)]
    pub(super) patterns: PatternSource,

    /// Threads; the output is the same for any number [default: as many as processors]
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256), help_heading = "Run")]
    pub(super) jobs: Option<u16>,

    #[command(flatten)]
    pub(super) color: ColorArg,
}

/// How records are written.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(super) enum LogsFormat {
    /// For people.
    Human,
    /// One JSON object a line.
    Jsonl,
}

/// A level by its name.
fn level(name: &str) -> Result<Level, String> {
    Level::from_name(name.as_bytes())
        .ok_or_else(|| format!("no such level; there are {}", Level::NAMES[..8].join(", ")))
}

#[derive(Args, Debug)]
pub(super) struct PatternsArgs {
    #[command(subcommand)]
    pub(super) command: PatternsCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum PatternsCommand {
    /// All patterns: id, severity, title
    List(ListArgs),
    /// Validate pattern files and run all their examples; exit 1 when one is broken
    Check(PatternsCheckArgs),
    /// The same, and what the patterns hit and nearly hit in bundles
    Test(PatternsTestArgs),
    /// Draft a pattern from log lines
    New(NewArgs),
    /// Rules of CRE and `textAnalyze` of troubleshoot as native pattern files
    Import(ImportArgs),
}

#[derive(Args, Debug)]
pub(super) struct ImportArgs {
    /// Files or directories
    #[arg(required = true, value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,

    /// Writes `<id>.yaml` files into this directory instead of printing them; existing files are kept
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(super) struct PatternsTestArgs {
    /// Files or directories
    #[arg(required = true, value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,

    /// A bundle to try them on; repeat for more
    #[arg(long, value_name = "BUNDLE")]
    pub(super) against: Vec<PathBuf>,

    #[command(flatten)]
    pub(super) foreign: ForeignArgs,

    #[command(flatten)]
    pub(super) limits: LimitArgs,

    #[command(flatten)]
    pub(super) color: ColorArg,
}

#[derive(Args, Debug)]
pub(super) struct NewArgs {
    /// The id of the pattern: a slug that a colleague would search for
    pub(super) id: String,

    /// A log line of the failure, or `-` for lines from standard input; repeat for more
    #[arg(long, value_name = "LINE", required = true, num_args = 1..)]
    pub(super) from: Vec<String>,
}

#[derive(Args, Debug)]
pub(super) struct ListArgs {
    #[command(flatten)]
    pub(super) patterns: PatternSource,

    /// Only patterns that have all these words in their id, title, tags or cause
    #[arg(value_name = "WORD")]
    pub(super) words: Vec<String>,

    /// Only patterns with this tag; repeat for several tags at once
    #[arg(long, value_name = "TAG")]
    pub(super) tag: Vec<String>,

    /// Only patterns of this area: `etcd`, `kernel`
    #[arg(long, value_name = "AREA")]
    pub(super) area: Option<String>,

    /// Only patterns of this severity or worse
    #[arg(long = "min-severity", value_name = "SEVERITY")]
    pub(super) severity: Option<SeverityArg>,

    /// As a JSON list
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Args, Debug)]
pub(super) struct PatternsCheckArgs {
    /// Files or directories; the built-in patterns without one
    pub(super) paths: Vec<PathBuf>,

    /// Which patterns send the most records of this bundle to verification
    #[arg(long, value_name = "BUNDLE")]
    pub(super) costs: Option<PathBuf>,

    #[command(flatten)]
    pub(super) color: ColorArg,
}

#[derive(Args, Debug)]
pub(super) struct GenerateArgs {
    #[command(subcommand)]
    pub(super) what: Generate,
}

#[derive(Debug, Subcommand)]
pub(super) enum Generate {
    /// A completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// The man page
    Man,
    /// All patterns as a page in Markdown
    Patterns,
    /// A JSON Schema
    Schema {
        /// Of what
        of: SchemaOf,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum SchemaOf {
    /// Pattern files
    Pattern,
    /// The JSON report
    Report,
}

/// The formats that there are, by their names.
fn format() -> impl clap::builder::TypedValueParser<Value = Format> {
    let names = PossibleValuesParser::new(Format::ALL.map(|(name, _)| name));
    names.map(|name| {
        Format::ALL
            .into_iter()
            .find(|(known, _)| *known == name)
            .map_or(Format::Human, |(_, format)| format)
    })
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(super) enum SeverityArg {
    Info,
    Warning,
    Error,
}

impl From<SeverityArg> for Severity {
    fn from(arg: SeverityArg) -> Self {
        match arg {
            SeverityArg::Info => Self::Info,
            SeverityArg::Warning => Self::Warning,
            SeverityArg::Error => Self::Error,
        }
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(super) enum FailOn {
    Info,
    Warning,
    Error,
    Never,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(super) enum When {
    Auto,
    Always,
    Never,
}
