//! One file a format: how a line of it is recognised and what it says.
//!
//! To add one, write a file with a `FORMAT` and its samples as tests, and add a line to [`FORMATS`].

mod access;
mod android;
mod apache_error;
mod apt;
mod audit;
mod bracketed_fields;
mod calico;
mod capnslog;
mod celery;
mod ceph;
mod ceph_cluster;
mod cockroach;
mod compose;
mod cri;
mod ctime;
mod custom;
mod datadog;
mod docker;
mod elasticsearch;
mod epoch;
mod erlang_report;
mod file_prefix;
mod gostd;
mod haproxy;
pub(super) mod hclog;
mod hdfs;
pub(super) mod iso;
mod journal_json;
mod journal_short;
pub(super) mod journal_verbose;
mod json;
mod juju;
mod kernel;
pub(super) mod klog;
mod kubectl_prefix;
mod lager;
mod level_first;
mod libvirt;
mod log4j;
mod logfmt;
mod logrus_tty;
mod macos_log;
mod mongo;
mod month_time;
mod mysql;
mod mysql_slow;
mod nats;
mod nginx_error;
pub(super) mod openstack;
mod ovs;
mod pacemaker;
mod pebble;
pub(super) mod postgres;
pub(super) mod postgres_csv;
mod python;
mod redis;
mod repeated;
mod rest;
mod rfc5424;
mod seastar;
mod short_iso;
mod spark;
mod spring;
mod syslog;
mod tai64n;
mod vdsm;
mod windows_cbs;
mod zap_console;
mod zerolog_console;
mod zookeeper;

use std::borrow::Cow;
use std::mem;
use std::sync::{LazyLock, OnceLock};

pub use custom::{CustomError, CustomFormat, Formats};
use rest::Rest;

use super::field::{self, Meaning};
use super::{Fields, Level, Stamp, time};

/// A line format: a wrapper around a payload, or a format of messages.
#[derive(Debug)]
pub struct Format {
    /// The name, as documents use it.
    pub name: &'static str,
    /// Whether its payload may be in any format.
    pub wraps: bool,
    /// Whether it splits long payloads over several lines.
    pub splits: bool,
    /// How a line without its terminator is known to be of this format.
    pub(crate) recognise: Recognise,
}

impl Format {
    /// A format of messages.
    const fn payload(name: &'static str, recognise: Recognise) -> Self {
        Self {
            name,
            wraps: false,
            splits: false,
            recognise,
        }
    }

    /// A format that wraps payloads.
    const fn wrapper(name: &'static str, recognise: Recognise) -> Self {
        Self {
            name,
            wraps: true,
            splits: false,
            recognise,
        }
    }
}

/// How a line is recognised, and parsed at once.
#[derive(Debug)]
pub(crate) enum Recognise {
    /// By all of it, where it starts with one of these bytes; without any, a line may start with what it likes.
    Line(&'static [u8], fn(&[u8]) -> Option<Layer<'_>>),
    /// By what follows an ISO 8601 time at its start; the first byte behind the spaces decides whether it is looked at.
    Timed(fn(u8) -> bool, fn(Timed<'_>) -> Option<Layer<'_>>),
}

/// A line that starts with an ISO 8601 time, perhaps in a bracket: `2026-11-20T11:24:44Z ...`, `[2026-11-20 11:24:44] ...`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timed<'a> {
    pub(crate) stamp: Stamp,
    /// The whole line.
    pub(crate) line: &'a [u8],
    /// Whether a bracket stands in front of the time.
    pub(crate) bracketed: bool,
    /// What follows the time.
    pub(crate) rest: &'a [u8],
    /// The first byte of that behind its spaces; zero where there is none.
    next: u8,
}

impl<'a> Timed<'a> {
    fn of(line: &'a [u8]) -> Option<Self> {
        let bracketed = line.first() == Some(&b'[');
        let text = &line[usize::from(bracketed)..];
        let (stamp, length) = time::iso(text)?;
        let rest = &text[length..];
        let next = rest.iter().find(|b| !matches!(b, b' ' | b'\t'));
        Some(Self {
            stamp,
            line,
            bracketed,
            rest,
            next: next.copied().unwrap_or(0),
        })
    }

    /// What follows the time of a line that starts with it.
    fn bare(self) -> Option<Rest<'a>> {
        (!self.bracketed).then_some(Rest(self.rest))
    }

    /// What follows the time of a line that has it in a bracket of its own.
    fn boxed(self) -> Option<Rest<'a>> {
        let rest = self.rest.strip_prefix(b"]")?;
        self.bracketed.then_some(Rest(rest))
    }
}

const DIGITS: &[u8] = b"0123456789";
const UPPER: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// All formats; the first that recognises a line has it, so the more specific stand first.
pub const FORMATS: &[Format] = &[
    docker::FORMAT,
    journal_json::FORMAT,
    json::FORMAT,
    repeated::FORMAT,
    cri::FORMAT,
    klog::FORMAT,
    cockroach::FORMAT,
    audit::FORMAT,
    logfmt::FORMAT,
    rfc5424::FORMAT,
    rfc5424::WITHOUT_PRIORITY,
    journal_verbose::FORMAT,
    journal_short::FORMAT,
    kernel::FORMAT,
    zerolog_console::FORMAT,
    pacemaker::FORMAT,
    syslog::FORMAT,
    bracketed_fields::FORMAT,
    postgres::ANGLED,
    postgres::NUMBERED,
    // Behind an ISO time: the more there has to be, the earlier.
    zap_console::FORMAT,
    capnslog::FORMAT,
    zookeeper::FORMAT,
    spring::FORMAT,
    python::FORMAT,
    postgres_csv::FORMAT,
    postgres::FORMAT,
    mysql::FORMAT,
    mongo::FORMAT,
    lager::FORMAT,
    calico::FORMAT,
    hclog::FORMAT,
    openstack::FORMAT,
    juju::FORMAT,
    log4j::FORMAT,
    ceph_cluster::FORMAT,
    ceph::FORMAT,
    ovs::FORMAT,
    datadog::FORMAT,
    libvirt::FORMAT,
    macos_log::FORMAT,
    windows_cbs::FORMAT,
    celery::FORMAT,
    elasticsearch::FORMAT,
    nginx_error::FORMAT,
    pebble::FORMAT,
    short_iso::FORMAT,
    gostd::FORMAT,
    gostd::PREFIXED,
    iso::FORMAT,
    // Other heads.
    apache_error::FORMAT,
    ctime::FORMAT,
    access::FORMAT,
    haproxy::FORMAT,
    nats::FORMAT,
    redis::FORMAT,
    spark::FORMAT,
    hdfs::FORMAT,
    android::FORMAT,
    erlang_report::FORMAT,
    epoch::FORMAT,
    tai64n::FORMAT,
    vdsm::FORMAT,
    seastar::FORMAT,
    apt::FORMAT,
    logrus_tty::FORMAT,
    kubectl_prefix::FORMAT,
    compose::FORMAT,
    level_first::FORMAT,
    month_time::FORMAT,
    mysql_slow::FORMAT,
    file_prefix::FORMAT,
];

/// The formats to try, in order, for the first byte of lines; of lines that start with an ISO time for each byte behind it
/// as well. Lists are made when a line first asks for them: there are thousands, and few are used.
struct Dispatch {
    untimed: Vec<OnceLock<Vec<&'static Format>>>,
    timed: Vec<OnceLock<Vec<&'static Format>>>,
}

static DISPATCH: LazyLock<Dispatch> = LazyLock::new(|| Dispatch {
    untimed: vec![OnceLock::new(); 1 << 8],
    timed: vec![OnceLock::new(); TIME_STARTS.len() << 8],
});

impl Dispatch {
    /// Those for lines that start with byte `first`.
    fn untimed(&self, first: u8) -> &[&'static Format] {
        self.untimed[usize::from(first)].get_or_init(|| Self::tried(first, None))
    }

    /// Those for lines that start with a time, which starts with byte `start` of [`TIME_STARTS`] and has `next` behind it.
    fn timed(&self, start: usize, next: u8) -> &[&'static Format] {
        self.timed[start << 8 | usize::from(next)]
            .get_or_init(|| Self::tried(TIME_STARTS[start], Some(next)))
    }

    fn tried(first: u8, next: Option<u8>) -> Vec<&'static Format> {
        let is_tried = |format: &&Format| match &format.recognise {
            Recognise::Line(starts, _) => starts.is_empty() || starts.contains(&first),
            Recognise::Timed(may_follow, _) => next.is_some_and(may_follow),
        };
        FORMATS.iter().filter(is_tried).collect()
    }
}

/// What an ISO time may start with.
const TIME_STARTS: &[u8] = b"[0123456789";

/// A line whose outermost format is known.
#[derive(Debug)]
pub(super) struct Recognised<'a> {
    pub(super) name: Cow<'a, str>,
    pub(super) wraps: bool,
    pub(super) splits: bool,
    pub(super) layer: Layer<'a>,
}

/// The format of a line, if it is a built-in one.
#[inline]
fn recognise(line: &[u8]) -> Option<Recognised<'_>> {
    let first = *line.first()?;
    let start = TIME_STARTS.iter().position(|start| *start == first);
    let found = start.and_then(|start| Some((start, Timed::of(line)?)));
    let candidates = match found {
        Some((start, timed)) => DISPATCH.timed(start, timed.next),
        None => DISPATCH.untimed(first),
    };
    for format in candidates {
        let layer = match (&format.recognise, found) {
            (Recognise::Line(_, parse), _) => parse(line),
            (Recognise::Timed(_, parse), Some((_, timed))) => parse(timed),
            (Recognise::Timed(..), None) => None,
        };
        if let Some(layer) = layer {
            return Some(Recognised {
                name: Cow::Borrowed(format.name),
                wraps: format.wraps,
                splits: format.splits,
                layer,
            });
        }
    }
    None
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
    /// How many times the payload was logged.
    pub(crate) repeats: u32,
    /// Whether the line belongs to the message before it of the same process.
    pub(crate) continues: bool,
    /// Whether it repeats what a client sent.
    pub(crate) quotes: bool,
    /// Whether the message is the request itself.
    pub(crate) requested: bool,
    pub(crate) body: Body<'a>,
}

/// Takes the first field that has one of these names.
fn take<'a>(fields: &mut Fields<'a>, names: &[&str]) -> Option<Cow<'a, [u8]>> {
    let at = fields
        .iter()
        .position(|(name, _)| names.contains(&&**name))?;
    Some(fields.remove(at).1)
}

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
    #[expect(
        clippy::inline_always,
        reason = "a layer is large, and copied where this is a call"
    )]
    #[inline(always)]
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
            repeats: 1,
            continues: false,
            quotes: false,
            requested: false,
            body,
        }
    }
}

/// The layer of a line that consists of named values, whose meaning their names tell. Fewer than two of time,
/// level and message make no log record.
fn structured(mut fields: Fields<'_>) -> Option<Layer<'_>> {
    let mut layer = Layer::new(Body::Message(Cow::Borrowed(b"")));
    let (mut marks, mut message) = (0, None);
    let dialect = field::Dialect::of(&fields);
    fields.retain_mut(|(name, value)| {
        let is_mark = match dialect.meaning(name, value) {
            Meaning::Time if layer.time.is_none() => {
                layer.time = field::stamp(value);
                layer.time.is_some()
            }
            Meaning::Level if layer.level == Level::Unknown => {
                layer.level = match &**name {
                    "error_severity" => postgres::severity(value).map(|(level, _)| level),
                    _ => field::level(value),
                }
                .unwrap_or_default();
                layer.level != Level::Unknown
            }
            Meaning::Message if message.is_none() => {
                message = Some(mem::take(value));
                true
            }
            Meaning::Logger if layer.logger.is_none() => {
                layer.logger = Some(match value {
                    Cow::Borrowed(name) => field::lossy(name),
                    Cow::Owned(name) => Cow::Owned(field::lossy(name).into_owned()),
                });
                false
            }
            _ => false,
        };
        marks += i32::from(is_mark);
        !is_mark
    });
    layer.fields = fields;
    // Some loggers put all but the time one level deeper (tracing, Logstash).
    if message.is_none() && marks > 0 {
        let names = dialect.nested_messages();
        message = take(&mut layer.fields, names).inspect(|_| marks += 1);
    }
    if layer.level == Level::Unknown
        && marks > 0
        && let Some(level) =
            take(&mut layer.fields, field::NESTED_LEVELS).and_then(|value| field::level(&value))
    {
        layer.level = level;
        marks += 1;
    }
    // The audit log of Kubernetes says what happened in fields of its own (audit.k8s.io/v1).
    let is_audit = layer.fields.iter().any(|(name, _)| name == "auditID");
    if message.is_none() && is_audit && marks > 0 {
        let value = |wanted: &str| layer.fields.iter().find(|(name, _)| name == wanted);
        if let (Some((_, verb)), Some((_, uri))) = (value("verb"), value("requestURI")) {
            message = Some(Cow::Owned([verb, &b" "[..], uri].concat()));
            marks += 1;
        }
    }
    if message.is_none()
        && layer.time.is_some()
        && let Some((request, failed)) = field::request(&layer.fields)
    {
        message = Some(Cow::Owned(request));
        layer.quotes = true;
        layer.requested = true;
        if layer.level == Level::Unknown {
            layer.level = if failed { Level::Error } else { Level::Info };
        }
        marks += 1;
    }
    layer.quotes |= field::is_request(&layer.fields);
    // Without a message the error is what happened (zerolog, go-kit).
    let message = message.or_else(|| {
        let error = layer
            .fields
            .iter()
            .find(|(name, _)| matches!(&**name, "error" | "err"))?;
        Some(error.1.clone())
    });
    layer.body = Body::Message(message.unwrap_or_default());
    (marks >= 2).then_some(layer)
}

/// Sample lines shared by the tests of all formats.
#[cfg(test)]
mod samples {
    use crate::log::{Level, Record, StampKind, format_micros, parse_line};

    /// `line` as `formats | time | level | message`.
    pub(super) fn shown(line: &str) -> String {
        let Record {
            formats,
            time,
            level,
            msg,
            ..
        } = parse_line(line.as_bytes());
        let time = match time {
            None => "-".to_owned(),
            Some(time) if time.kind == StampKind::SinceBoot => {
                format!(
                    "+{}.{:06}s",
                    time.micros / 1_000_000,
                    time.micros % 1_000_000
                )
            }
            Some(time) => format_micros(time.micros),
        };
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
