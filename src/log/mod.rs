//! Lines to records: knows log formats, not patterns.
//!
//! A physical line may be wrapped several times (docker json-file, CRI, syslog, journal); each wrapper is
//! peeled before the payload is parsed, and only then lines are folded into records, because the wrapper
//! stands on every physical line of a stack trace. A format is one file in `log/format/`.

mod field;
mod fold;
pub mod format;
pub(crate) mod journal;
mod level;
mod parse;
mod remark;
mod survey;
mod time;

use std::borrow::Cow;
use std::hash::{DefaultHasher, Hash, Hasher};

pub(crate) use field::is_of_client;
pub(crate) use fold::is_headless_unless_pretty;
pub use fold::{COMMAND, Folder, Records, Span, is_headless};
pub(crate) use fold::{is_meta, starts_record};
pub use format::{CustomError, CustomFormat, Formats};
pub use level::Level;
pub(crate) use parse::looks_timed;
pub use parse::{MAX_LAYERS, parse_line};
pub(crate) use remark::is_collectors;
pub use survey::Survey;
pub use time::{Calibration, Stamp, StampKind, format_micros, parse_instant};
pub(crate) use time::{any as any_time, format_sortable, journal_header, year_of};

/// One log event, normalised; possibly of many physical lines. It borrows from them what they say in plain words.
#[derive(Clone, Debug, Default, PartialEq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a property of its own"
)]
pub struct Record<'a> {
    /// When it happened, as far as its own line tells.
    pub time: Option<Stamp>,
    /// Whether the time is that of the line before it, since its own has none.
    pub inherited: bool,
    /// The time of the outermost wrapper, if an inner layer has a time as well; a pair of both calibrates
    /// stamps without a year.
    pub wrapper_time: Option<Stamp>,
    /// The severity that the line states; never guessed from words in the message.
    pub level: Level,
    /// The host that the line names.
    pub node: Option<Cow<'a, str>>,
    /// The program or unit that the line names.
    pub unit: Option<Cow<'a, str>>,
    /// The container that the line names.
    pub container: Option<Cow<'a, str>>,
    /// The logger, component or source position inside the program.
    pub logger: Option<Cow<'a, str>>,
    /// The whole unwrapped line; continuation lines follow, separated by `\n`.
    pub text: Cow<'a, [u8]>,
    /// The message, unescaped; continuation lines follow, separated by `\n`.
    pub msg: Cow<'a, [u8]>,
    /// All other fields in the order of the line, nested names joined by `.`, values unescaped.
    pub fields: Fields<'a>,
    /// How often it was logged: a syslog daemon may write one line for many.
    pub repeats: u32,
    /// Microseconds since the start of the machine, where the line tells that.
    pub since_boot: Option<i64>,
    /// The formats that were recognised, outermost first. Empty: nothing was.
    pub formats: Vec<Cow<'a, str>>,
    /// How many of the fields are of wrappers, which stand first.
    pub(crate) wrapper_fields: usize,
    /// Lines of the same stream fold into the same record.
    pub(crate) stream: u64,
    /// The same by the outermost wrapper alone: parts of a split line are of the same.
    pub(crate) outer_stream: u64,
    /// How this line takes part in folding.
    pub(crate) shape: Shape,
    /// The wrapper says that this line goes on in the next one of the same stream.
    pub(crate) partial: bool,
    /// It repeats what a client sent, whose words say nothing of this machine.
    pub(crate) quotes: bool,
    /// The message is the request itself.
    pub(crate) requested: bool,
    /// The outermost format wraps payloads of any format.
    pub(crate) wrapped: bool,
    /// The outermost format splits long payloads.
    pub(crate) splits: bool,
}

/// Names and unescaped values.
pub type Fields<'a> = Vec<(Cow<'a, str>, Cow<'a, [u8]>)>;

/// The same fields with a copy of everything that they borrow.
fn owned_fields(fields: Fields<'_>) -> Fields<'static> {
    let owned = |(name, value): (Cow<'_, str>, Cow<'_, [u8]>)| {
        (
            Cow::Owned(name.into_owned()),
            Cow::Owned(value.into_owned()),
        )
    };
    fields.into_iter().map(owned).collect()
}

/// How a physical line takes part in folding.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Shape {
    /// A line with a time or a level of its own.
    Head,
    /// The start of a trace or panic: a record of its own that inherits its time.
    OwnHead,
    /// It belongs to what came before in the same stream.
    Continuation,
    /// Text of no format in a wrapper, which may be part of a trace.
    Plain,
    /// A brace alone: the start of a JSON object over many lines, or of anything else.
    Open,
    /// Nothing was recognised.
    #[default]
    Bare,
}

impl Shape {
    fn is_head(self) -> bool {
        matches!(self, Self::Head | Self::OwnHead | Self::Open | Self::Plain)
    }
}

impl Record<'_> {
    /// The same record with a copy of everything that it borrows.
    pub fn into_owned(self) -> Record<'static> {
        let name = |name: Option<Cow<'_, str>>| name.map(|name| Cow::Owned(name.into_owned()));
        let text = |text: Cow<'_, [u8]>| Cow::Owned(text.into_owned());
        let format = |name: Cow<'_, str>| Cow::Owned(name.into_owned());
        Record {
            node: name(self.node),
            unit: name(self.unit),
            container: name(self.container),
            logger: name(self.logger),
            text: text(self.text),
            msg: text(self.msg),
            fields: owned_fields(self.fields),
            formats: self.formats.into_iter().map(format).collect(),
            time: self.time,
            inherited: self.inherited,
            wrapper_time: self.wrapper_time,
            level: self.level,
            repeats: self.repeats,
            since_boot: self.since_boot,
            wrapper_fields: self.wrapper_fields,
            stream: self.stream,
            outer_stream: self.outer_stream,
            shape: self.shape,
            partial: self.partial,
            quotes: self.quotes,
            requested: self.requested,
            wrapped: self.wrapped,
            splits: self.splits,
        }
    }

    /// The value of a field by its name in the line.
    pub fn field(&self, name: &str) -> Option<&[u8]> {
        self.fields
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| &value[..])
    }

    /// A hash of what it says. The message and its own fields decide whether two records of one second are the same
    /// event: a journal and a syslog differ in everything else.
    pub(crate) fn identity(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.msg.trim_ascii().hash(&mut hasher);
        self.fields[self.wrapper_fields..]
            .iter()
            .filter(|(name, _)| name != "pid")
            .for_each(|field| field.hash(&mut hasher));
        hasher.finish()
    }

    /// A hash of who wrote it, the container or the process; zero where nothing tells. `container` is what the path says.
    pub(crate) fn writer(&self, container: Option<&str>) -> u64 {
        let mut hasher = DefaultHasher::new();
        if let Some(container) = self.container.as_deref().or(container) {
            ("container", container).hash(&mut hasher);
        } else {
            let names = ["pid", "_PID", "SYSLOG_PID"];
            let Some(pid) = names.iter().find_map(|name| self.field(name)) else {
                return 0;
            };
            ("process", pid).hash(&mut hasher);
        }
        hasher.finish().max(1)
    }

    /// Takes the time of a line before it.
    fn inherit(&mut self, time: Option<Stamp>) {
        self.time = time;
        self.inherited = time.is_some();
    }

    /// Whether it is the head of a trace or panic.
    pub(crate) fn starts_trace(&self) -> bool {
        self.shape == Shape::OwnHead
    }

    /// Whether it continues a record of another stream or process than that of `head`.
    pub(crate) fn goes_on_elsewhere(&self, head: &Self) -> bool {
        let elsewhere = self.stream != head.stream
            || (self.field("pid").is_some() && self.field("pid") != head.field("pid"));
        elsewhere && !self.shape.is_head()
    }

    /// Whether any format was recognised.
    pub fn is_recognised(&self) -> bool {
        !self.formats.is_empty()
    }
}
