//! One file a format: how a line of it is recognised and what it says.
//!
//! To add one, write a file with a `parse` function and its samples as tests, and add a line to [`FORMATS`].

mod access;
mod capnslog;
mod cri;
mod docker;
mod gostd;
mod iso;
mod journal_json;
mod json;
mod klog;
mod level_first;
mod logfmt;
mod short_iso;
mod syslog;

use std::borrow::Cow;

use super::field::{self, Meaning};
use super::{Level, Stamp};

/// A line format: a wrapper around a payload, or a format of messages.
#[derive(Debug)]
pub struct Format {
    /// The name, as documents use it.
    pub name: &'static str,
    /// Whether its payload may be in any format.
    pub wraps: bool,
    /// Whether it splits long payloads over several lines.
    pub splits: bool,
    /// Parses a line without its terminator; `None` when the line is not of this format.
    pub(crate) parse: fn(&[u8]) -> Option<Layer<'_>>,
}

/// All formats; the first that recognises a line has it, so the more specific stand first.
pub const FORMATS: &[Format] = &[
    Format {
        name: "docker json-file",
        wraps: true,
        splits: true,
        parse: docker::parse,
    },
    Format {
        name: "journalctl json",
        wraps: true,
        splits: false,
        parse: journal_json::parse,
    },
    Format {
        name: "json",
        wraps: false,
        splits: false,
        parse: json::parse,
    },
    Format {
        name: "cri",
        wraps: true,
        splits: true,
        parse: cri::parse,
    },
    Format {
        name: "klog",
        wraps: false,
        splits: false,
        parse: klog::parse,
    },
    Format {
        name: "logfmt",
        wraps: false,
        splits: false,
        parse: logfmt::parse,
    },
    Format {
        name: "syslog",
        wraps: true,
        splits: false,
        parse: syslog::parse,
    },
    Format {
        name: "journalctl short-iso",
        wraps: true,
        splits: false,
        parse: short_iso::parse,
    },
    Format {
        name: "capnslog",
        wraps: false,
        splits: false,
        parse: capnslog::parse,
    },
    Format {
        name: "go log",
        wraps: false,
        splits: false,
        parse: gostd::parse,
    },
    Format {
        name: "iso time",
        wraps: false,
        splits: false,
        parse: iso::parse,
    },
    Format {
        name: "access log",
        wraps: false,
        splits: false,
        parse: access::parse,
    },
    Format {
        name: "level first",
        wraps: false,
        splits: false,
        parse: level_first::parse,
    },
];

/// Whether the format called `name` wraps payloads of any format.
pub(super) fn is_wrapper(name: &str) -> bool {
    FORMATS
        .iter()
        .any(|format| format.name == name && format.wraps)
}

/// Whether the format called `name` splits long payloads.
pub(super) fn splits_lines(name: &str) -> bool {
    FORMATS
        .iter()
        .any(|format| format.name == name && format.splits)
}

/// What one layer of a line says.
#[derive(Debug)]
pub(crate) struct Layer<'a> {
    pub(crate) time: Option<Stamp>,
    pub(crate) level: Level,
    pub(crate) node: Option<Cow<'a, str>>,
    pub(crate) unit: Option<Cow<'a, str>>,
    pub(crate) container: Option<Cow<'a, str>>,
    pub(crate) logger: Option<Cow<'a, str>>,
    /// What tells apart the streams that share a file: `stdout` and `stderr`.
    pub(crate) stream: Option<&'a [u8]>,
    pub(crate) fields: Fields<'a>,
    pub(crate) body: Body<'a>,
}

/// Names and unescaped values.
pub(crate) type Fields<'a> = Vec<(Cow<'a, str>, Cow<'a, [u8]>)>;

/// What is left of a line below a layer.
#[derive(Debug)]
pub(crate) enum Body<'a> {
    /// A payload in any format.
    Payload(Cow<'a, [u8]>),
    /// The first part of a payload that goes on in the next line.
    Partial(Cow<'a, [u8]>),
    /// The message.
    Message(Cow<'a, [u8]>),
    /// A payload if some format recognises it, else the message.
    Either {
        payload: Cow<'a, [u8]>,
        message: Cow<'a, [u8]>,
    },
}

impl<'a> Layer<'a> {
    /// A layer that says nothing but `body`.
    fn new(body: Body<'a>) -> Self {
        Self {
            time: None,
            level: Level::Unknown,
            node: None,
            unit: None,
            container: None,
            logger: None,
            stream: None,
            fields: Vec::new(),
            body,
        }
    }
}

/// The layer of a line that consists of named values, whose meaning their names tell. Fewer than two of time,
/// level and message make no log record.
fn structured(fields: Fields<'_>) -> Option<Layer<'_>> {
    let mut layer = Layer::new(Body::Message(Cow::Borrowed(b"")));
    let (mut marks, mut message) = (0, None);
    for (name, value) in fields {
        match field::meaning(&name) {
            Meaning::Time if layer.time.is_none() && field::stamp(&value).is_some() => {
                layer.time = field::stamp(&value);
                marks += 1;
            }
            Meaning::Level if layer.level == Level::Unknown && field::level(&value).is_some() => {
                layer.level = field::level(&value)?;
                marks += 1;
            }
            Meaning::Message if message.is_none() => {
                message = Some(value);
                marks += 1;
            }
            meaning => {
                if meaning == Meaning::Logger && layer.logger.is_none() {
                    layer.logger = Some(field::lossy(&value).into_owned().into());
                }
                layer.fields.push((name, value));
            }
        }
    }
    layer.body = Body::Message(message.unwrap_or_default());
    (marks >= 2).then_some(layer)
}

/// Sample lines shared by the tests of all formats.
#[cfg(test)]
mod samples {
    use crate::log::{Level, Record, format_micros, parse_line};

    /// `line` as `formats | time | level | message`.
    pub(super) fn shown(line: &str) -> String {
        let Record {
            formats,
            time,
            level,
            msg,
            ..
        } = parse_line(line.as_bytes());
        let time = time.map_or_else(|| "-".to_owned(), |time| format_micros(time.micros));
        let level = if level == Level::Unknown {
            "-"
        } else {
            level.as_str()
        };
        format!(
            "{} | {time} | {level} | {}",
            formats.join(" > "),
            String::from_utf8_lossy(&msg).escape_debug()
        )
    }
}
