//! A record as a line of text or of JSON. What depends on all of the bundle stands in front, so that the rest can be
//! rendered early.

use std::borrow::Cow;
use std::io::{self, Write};

use anstyle::Style;

use super::json;
use crate::location::Place;
use crate::log::{Level, Record};
use crate::report::stylesheet::Stylesheet;
use crate::text::{printable, printable_str};

/// How records are shown.
#[derive(Clone, Copy, Debug)]
pub enum Rendering {
    /// One JSON object a line.
    Jsonl,
    /// Lines for people; further lines of a message are indented.
    Human {
        /// The styles.
        styles: Stylesheet,
        /// Whether the file and the line are shown.
        locations: bool,
    },
}

/// What is known of a record when all of the bundle is.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    /// RFC 3339 in UTC; `None` where the year or the whole time is unknown.
    pub time: Option<&'a str>,
    /// The time without the year that is unknown.
    pub undated: Option<&'a str>,
    /// How the time is known.
    pub time_source: Option<&'static str>,
    /// The machine.
    pub node: Option<&'a str>,
    /// The entry, printable.
    pub entry: &'a str,
    /// The first line, counted from one.
    pub line: u64,
    /// How many lines.
    pub lines: u32,
    /// In how many other places of the bundle it stands.
    pub copies: u32,
    /// The rest, as it was rendered.
    pub(crate) body: &'a [u8],
}

impl Rendering {
    /// Writes a record.
    pub(crate) fn write(&self, line: &Line<'_>, out: &mut dyn Write) -> io::Result<()> {
        match self {
            Self::Jsonl => jsonl(line, out),
            Self::Human { styles, locations } => human(line, *styles, *locations, out),
        }
    }
}

fn jsonl(line: &Line<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut head = Vec::with_capacity(256);
    head.extend_from_slice(b"{\"time\":");
    match line.time {
        Some(time) => json::string(time.as_bytes(), &mut head),
        None => head.extend_from_slice(b"null"),
    }
    if let Some(undated) = line.undated {
        json::member("undated", undated.as_bytes(), &mut head);
    }
    if let Some(source) = line.time_source {
        json::member("time_source", source.as_bytes(), &mut head);
    }
    if let Some(node) = line.node {
        json::member("node", node.as_bytes(), &mut head);
    }
    json::member("entry", line.entry.as_bytes(), &mut head);
    write!(head, ",\"line\":{},\"lines\":{}", line.line, line.lines)?;
    if line.copies > 0 {
        write!(head, ",\"copies\":{}", line.copies)?;
    }
    out.write_all(&head)?;
    out.write_all(line.body)?;
    out.write_all(b"}\n")
}

fn human(
    line: &Line<'_>,
    styles: Stylesheet,
    locations: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    let dim = styles.secondary;
    let time = line.time.or(line.undated).unwrap_or("-");
    write!(out, "{dim}{time}{dim:#} ")?;
    if let Some(node) = line.node {
        write!(out, "{} ", printable_str(node))?;
    }
    out.write_all(line.body)?;
    if locations {
        write!(out, "  {dim}{}:{}{dim:#}", line.entry, line.line)?;
    }
    out.write_all(b"\n")
}

/// What is known of a record by itself.
pub(super) fn body(record: &Record<'_>, place: &Place, rendering: &Rendering, out: &mut Vec<u8>) {
    match rendering {
        Rendering::Jsonl => json_body(record, place, out),
        Rendering::Human { styles, .. } => human_body(record, place, *styles, out),
    }
}

fn json_body(record: &Record<'_>, place: &Place, out: &mut Vec<u8>) {
    if record.level != Level::Unknown {
        json::member("level", record.level.as_str().as_bytes(), out);
    }
    let parts = [
        ("unit", record.unit.as_deref().or(place.unit.as_deref())),
        ("namespace", place.namespace.as_deref()),
        ("pod", place.pod.as_deref()),
        (
            "container",
            record.container.as_deref().or(place.container.as_deref()),
        ),
        ("logger", record.logger.as_deref()),
    ];
    for (name, value) in parts {
        if let Some(value) = value {
            json::member(name, value.as_bytes(), out);
        }
    }
    if record.repeats > 1 {
        let _ = write!(out, ",\"repeats\":{}", record.repeats);
    }
    json::member("msg", &record.msg, out);
    if !record.fields.is_empty() {
        out.extend_from_slice(b",\"fields\":{");
        for (at, (name, value)) in record.fields.iter().enumerate() {
            // Of fields with one name the first stands, as in the patterns.
            if record.fields[..at].iter().any(|(other, _)| other == name) {
                continue;
            }
            if at > 0 {
                out.push(b',');
            }
            json::string(name.as_bytes(), out);
            out.push(b':');
            json::string(value, out);
        }
        out.push(b'}');
    }
    if let Some((first, rest)) = record.formats.split_first() {
        let mut format = first.to_string();
        for name in rest {
            format.push_str(" > ");
            format.push_str(name);
        }
        json::member("format", format.as_bytes(), out);
    }
}

/// `ERROR unit logger: message key=value`
fn human_body(record: &Record<'_>, place: &Place, styles: Stylesheet, out: &mut Vec<u8>) {
    let (style, dim) = (level_style(record.level, styles), styles.secondary);
    let _ = write!(out, "{style}{:<5}{style:#} ", level_word(record.level));
    let unit = record.unit.as_deref().or(place.unit.as_deref());
    let container = record.container.as_deref().or(place.container.as_deref());
    if let Some(source) = container.or(unit) {
        let _ = write!(out, "{} ", printable_str(source));
    }
    let logger = record
        .logger
        .as_deref()
        .filter(|logger| Some(*logger) != unit);
    if let Some(logger) = logger {
        let _ = write!(out, "{dim}{}{dim:#} ", printable_str(logger));
    }
    let mut lines = record.msg.split(|b| *b == b'\n');
    out.extend_from_slice(printable(lines.next().unwrap_or_default()).as_bytes());
    let fields = &record.fields[record.wrapper_fields..];
    let told = |(name, value): &&(Cow<'_, str>, Cow<'_, [u8]>)| name != "pid" && &value[..] != b"-";
    for (name, value) in fields.iter().filter(told) {
        let (name, value) = (printable_str(name), printable(value).replace('"', "\\\""));
        let quote = if value.contains(' ') || value.is_empty() {
            "\""
        } else {
            ""
        };
        let _ = write!(out, " {dim}{name}={dim:#}{quote}{value}{quote}");
    }
    if record.repeats > 1 {
        let _ = write!(out, " {dim}({} times){dim:#}", record.repeats);
    }
    for line in lines {
        out.extend_from_slice(b"\n    ");
        out.extend_from_slice(printable(line).as_bytes());
    }
}

fn level_word(level: Level) -> &'static str {
    match level {
        Level::Unknown => "-",
        Level::Fatal => "FATAL",
        Level::Critical => "CRIT",
        Level::Error => "ERROR",
        Level::Warn => "WARN",
        Level::Notice => "NOTE",
        Level::Info => "INFO",
        Level::Debug => "DEBUG",
        Level::Trace => "TRACE",
    }
}

fn level_style(level: Level, styles: Stylesheet) -> Style {
    match level {
        Level::Fatal | Level::Critical | Level::Error => styles.error,
        Level::Warn => styles.warning,
        Level::Notice | Level::Info => styles.info,
        _ => styles.secondary,
    }
}
