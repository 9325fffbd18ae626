//! Line formats that users describe beside their patterns, and the set of all that are known.

use std::borrow::Cow;
use std::sync::Arc;

use jiff::civil::Time;
use jiff::fmt::strtime::BrokenDownTime;
use regex::bytes::{Captures, Regex, RegexBuilder};

use super::{Body, Layer, Recognised};
use crate::log::field::lossy;
use crate::log::parse::parse_joined;
use crate::log::{Level, Record, Stamp, StampKind, time};

/// The memory that the expression of one format may take.
const REGEX_BYTES: usize = 1 << 20;

/// A line format that is described by a regular expression.
///
/// Named groups give the parts: `time`, `level`, `node`, `unit`, `container`, `logger`, `msg`, or `payload`
/// instead of `msg` where the line wraps a payload of another format. Any other group becomes a field.
#[derive(Debug)]
pub struct CustomFormat {
    name: String,
    regex: Regex,
    time_format: Option<String>,
    levels: Vec<(String, Level)>,
}

/// Why a format cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CustomError {
    /// The expression is wrong.
    #[error(transparent)]
    Regex(#[from] regex::Error),
    /// It has neither `msg` nor `payload`.
    #[error("the expression has neither a group `msg` nor a group `payload`")]
    NoMessage,
}

impl CustomFormat {
    /// A format called `name`. `time_format` is a format of `strptime`, where the time is none that is known anyway;
    /// `levels` translates words that are not.
    pub fn new(
        name: impl Into<String>,
        regex: &str,
        time_format: Option<String>,
        levels: Vec<(String, Level)>,
    ) -> Result<Self, CustomError> {
        let regex = RegexBuilder::new(regex)
            .unicode(false)
            .size_limit(REGEX_BYTES)
            .build()?;
        let groups: Vec<&str> = regex.capture_names().flatten().collect();
        if !groups.contains(&"msg") && !groups.contains(&"payload") {
            return Err(CustomError::NoMessage);
        }
        Ok(Self {
            name: name.into(),
            regex,
            time_format,
            levels,
        })
    }

    /// Whether its payload may be in any format.
    fn wraps(&self) -> bool {
        self.regex
            .capture_names()
            .flatten()
            .any(|group| group == "payload")
    }

    fn parse<'a>(&'a self, line: &'a [u8]) -> Option<Layer<'a>> {
        let found = self.regex.captures(line)?;
        let whole = found.get(0)?;
        if whole.start() != 0 {
            return None;
        }
        let text = |name: &str| group(&found, name);
        let name = |group: &str| text(group).map(lossy);
        let stamp = match text("time") {
            Some(text) => Some(self.stamp(text)?),
            None => None,
        };
        let body = match text("payload") {
            Some(payload) => Body::Payload(Cow::Borrowed(payload)),
            None => Body::Message(Cow::Borrowed(text("msg").unwrap_or_default())),
        };
        let mut layer = Layer::new(body);
        layer.time = stamp;
        layer.level = text("level")
            .map(|word| self.level(word))
            .unwrap_or_default();
        layer.node = name("node");
        layer.unit = name("unit");
        layer.container = name("container");
        layer.logger = name("logger");
        for field in self.regex.capture_names().flatten() {
            const MEANT: [&str; 8] = [
                "time",
                "level",
                "node",
                "unit",
                "container",
                "logger",
                "msg",
                "payload",
            ];
            if !MEANT.contains(&field)
                && let Some(value) = text(field)
            {
                layer
                    .fields
                    .push((Cow::Borrowed(field), Cow::Borrowed(value)));
            }
        }
        Some(layer)
    }

    fn level(&self, word: &[u8]) -> Level {
        let own = self
            .levels
            .iter()
            .find(|(name, _)| name.as_bytes().eq_ignore_ascii_case(word));
        let letter = match word {
            [letter] => Level::from_letter(*letter),
            _ => None,
        };
        own.map(|(_, level)| *level)
            .or_else(|| Level::from_name(word))
            .or(letter)
            .unwrap_or_default()
    }

    fn stamp(&self, text: &[u8]) -> Option<Stamp> {
        match &self.time_format {
            Some(format) => by_format(format, std::str::from_utf8(text).ok()?),
            None => time::any(text),
        }
    }
}

fn group<'a>(found: &Captures<'a>, name: &str) -> Option<&'a [u8]> {
    Some(found.name(name)?.as_bytes())
}

/// A time in a format of `strptime`. Without a zone it is taken as UTC and marked; without a year it waits for one.
fn by_format(format: &str, text: &str) -> Option<Stamp> {
    let parsed = BrokenDownTime::parse(format, text).ok()?;
    if let Ok(timestamp) = parsed.to_timestamp() {
        return Some(Stamp {
            micros: timestamp.as_microsecond(),
            kind: StampKind::Explicit,
        });
    }
    let clock = parsed.to_time().unwrap_or(Time::midnight());
    if let Ok(date) = parsed.to_date() {
        return Stamp::civil(date.to_datetime(clock), StampKind::AssumedZone);
    }
    let date = time::reference_date(parsed.month()?, parsed.day()?)?;
    Stamp::civil(date.to_datetime(clock), StampKind::NoYear)
}

/// The line formats that are known: the built-in ones, and before them those of a user. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Formats(Arc<[CustomFormat]>);

impl Formats {
    /// The built-in formats and before them `custom`, of which the first that fits has a line.
    pub fn new(custom: Vec<CustomFormat>) -> Self {
        Self(custom.into())
    }

    /// Parses one physical line. A line that no format recognises becomes a record with nothing but its text.
    pub fn parse<'a>(&'a self, line: &'a [u8]) -> Record<'a> {
        parse_joined(self, line, None)
    }

    /// The format of a line, whether it wraps and splits payloads, and what its outermost layer says.
    #[inline]
    pub(in crate::log) fn recognise<'a>(&'a self, line: &'a [u8]) -> Option<Recognised<'a>> {
        for format in self.0.iter() {
            if let Some(layer) = format.parse(line) {
                return Some(Recognised {
                    name: Cow::Borrowed(&*format.name),
                    wraps: format.wraps(),
                    splits: false,
                    layer,
                });
            }
        }
        super::recognise(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn formats(regex: &str, time_format: Option<&str>) -> Formats {
        let levels = vec![("SCHLIMM".to_owned(), Level::Error)];
        let format = CustomFormat::new("acme", regex, time_format.map(str::to_owned), levels);
        Formats::new(vec![format.expect("a format")])
    }

    #[test]
    fn groups_become_what_they_are_called() {
        let formats = formats(
            r"(?<level>\w+)\|(?<time>[^|]+)\|(?<logger>\w+)\|(?<worker>\d+)\|(?<msg>.*)",
            Some("%d.%m.%Y %H:%M:%S"),
        );
        let record = formats.parse(b"SCHLIMM|24.09.2018 13:40:20|cp|7|cannot join");
        assert_eq!(
            (record.level, &record.msg[..]),
            (Level::Error, &b"cannot join"[..])
        );
        assert_eq!(record.logger.as_deref(), Some("cp"));
        assert_eq!(record.field("worker"), Some(&b"7"[..]));
        let stamp = record.time.expect("a time");
        assert_eq!(
            (time::format_micros(stamp.micros), stamp.kind),
            ("2018-09-24T13:40:20Z".to_owned(), StampKind::AssumedZone)
        );
        assert!(!formats.parse(b"SCHLIMM|yesterday|cp|7|x").is_recognised());
    }

    #[test]
    fn a_payload_is_parsed_in_turn_and_known_times_need_no_format() {
        let formats = formats(r"<(?<node>\w+)> (?<time>\S+ \S+) (?<payload>.*)", None);
        let record = formats.parse(br#"<node1> 2018-09-24 13:40:20 level=error msg="boom""#);
        assert_eq!(record.formats, ["acme", "logfmt"]);
        assert_eq!(
            (record.node.as_deref(), record.level),
            (Some("node1"), Level::Error)
        );
    }

    #[test]
    fn a_format_needs_a_message() {
        let error = CustomFormat::new("x", "(?<time>.*)", None, Vec::new());
        assert!(matches!(error, Err(CustomError::NoMessage)));
    }
}
