//! Which field of a structured line is the time, the level, the message.

use std::borrow::Cow;

use super::{Level, Stamp, time};

/// What a field name means, for logfmt and JSON alike.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Meaning {
    Time,
    Level,
    Message,
    Logger,
    Other,
}

/// Messages in objects inside of a record.
pub(crate) const NESTED_MESSAGES: &[&str] = &[
    "fields.message",
    "@fields.msg",
    "@fields.message",
    "data.message",
    "jsonPayload.message",
    "event.message",
    "log.message",
    // Serilog's, where it is not rendered.
    "@mt",
    "MessageTemplate",
    // Only in OpenTelemetry's records; elsewhere it is the body of a request.
    "body",
];

/// Levels in objects inside of a record.
pub(crate) const NESTED_LEVELS: &[&str] = &["@fields.lvl", "@fields.level", "fields.level"];

/// What the names of a line say about the meaning of others.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Dialect {
    /// zap's in development, where single capitals are names: the level is a word.
    capitals: bool,
    /// OpenTelemetry's.
    telemetry: bool,
}

impl Dialect {
    /// The dialect of a line of these fields.
    pub(crate) fn of(fields: &[(Cow<'_, str>, Cow<'_, [u8]>)]) -> Self {
        let mut dialect = Self::default();
        for (name, value) in fields {
            match &**name {
                "L" => dialect.capitals = value.len() > 3 && Level::from_name(value).is_some(),
                "severityText" | "severity_text" | "timeUnixNano" => dialect.telemetry = true,
                _ => {}
            }
        }
        dialect
    }

    /// The meaning of `name` with `value`.
    pub(crate) fn meaning(self, name: &str, value: &[u8]) -> Meaning {
        match name {
            "T" | "L" | "M" | "C" if !self.capitals => Meaning::Other,
            // A severity of MongoDB is a letter; elsewhere it may be seconds.
            "s" if value.first().is_some_and(u8::is_ascii_digit) => Meaning::Other,
            _ => meaning(name),
        }
    }

    /// [`NESTED_MESSAGES`] of this dialect.
    pub(crate) fn nested_messages(self) -> &'static [&'static str] {
        match NESTED_MESSAGES {
            [others @ .., _] if !self.telemetry => others,
            all => all,
        }
    }
}

/// The meaning of `name` in logrus, zap (`T`, `L`, `M` and `C` in development), zerolog, slog, klog, bunyan, pino, ECS, hclog,
/// mongo, go-kit, Serilog (`@t`, `@l`, `@mt`), OpenTelemetry, macOS and Google's cloud.
fn meaning(name: &str) -> Meaning {
    match name {
        "time"
        | "ts"
        | "timestamp"
        | "@timestamp"
        | "t"
        | "t.$date"
        | "datetime"
        | "asctime"
        | "instant.epochSecond"
        | "timestamp.seconds"
        | "timeUnixNano"
        | "@t"
        | "T"
        | "Timestamp"
        | "requestReceivedTimestamp"
        | "stageTimestamp" => Meaning::Time,
        "level" | "lvl" | "severity" | "@level" | "log.level" | "loglevel" | "levelname"
        | "error_severity" | "severityText" | "severity_text" | "messageType" | "@l" | "L"
        | "s" | "Level" => Meaning::Level,
        "msg" | "message" | "@message" | "short_message" | "eventMessage" | "textPayload"
        | "body.stringValue" | "@m" | "M" | "RenderedMessage" => Meaning::Message,
        "logger" | "caller" | "@module" | "module" | "component" | "source" | "c" | "C" => {
            Meaning::Logger
        }
        _ => Meaning::Other,
    }
}

/// A time as a structured line writes it: ISO 8601 or a number.
pub(crate) fn stamp(value: &[u8]) -> Option<Stamp> {
    if let Some((stamp, length)) = time::iso(value) {
        // PostgreSQL's jsonlog has the name of the zone, or its hours.
        let (stamp, zone) = time::zone_behind(stamp, &value[length..]);
        return (length + zone == value.len()).then_some(stamp);
    }
    Stamp::from_epoch(std::str::from_utf8(value).ok()?.parse().ok()?)
}

/// A level as a structured line writes it: a name, a letter, or a number of bunyan, pino (10 to 60) or
/// syslog (0 to 7).
pub(crate) fn level(value: &[u8]) -> Option<Level> {
    if let &[letter] = value
        && let Some(level) = Level::from_letter(letter)
    {
        return Some(level);
    }
    // MongoDB.
    if matches!(value, [b'D', b'1'..=b'5']) {
        return Some(Level::Debug);
    }
    let Ok(number) = std::str::from_utf8(value).unwrap_or_default().parse::<u8>() else {
        return Level::from_name(value).or(match value {
            // Serilog.
            b"Verbose" => Some(Level::Trace),
            // macOS.
            b"Default" => Some(Level::Notice),
            b"Fault" => Some(Level::Critical),
            _ => None,
        });
    };
    match number {
        0..=7 => Level::from_syslog(number),
        10..20 => Some(Level::Trace),
        20..30 => Some(Level::Debug),
        30..40 => Some(Level::Info),
        40..50 => Some(Level::Warn),
        50..60 => Some(Level::Error),
        60..70 => Some(Level::Fatal),
        _ => None,
    }
}

/// `text` as UTF-8, invalid bytes replaced; for names, not for messages.
pub(crate) fn lossy(text: &[u8]) -> Cow<'_, str> {
    // The check alone is faster than the one that is ready to replace.
    match std::str::from_utf8(text) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => String::from_utf8_lossy(text),
    }
}
/// The last part of the name of a field, in lower case and without `-` and `_`.
fn bare_name(name: &str) -> String {
    let last = name.rsplit('.').next().unwrap_or(name);
    let letters = last.chars().filter(|c| !matches!(c, '-' | '_'));
    letters.map(|c| c.to_ascii_lowercase()).collect()
}

/// Names of fields that hold what a client sent.
const OF_CLIENTS: [&str; 18] = [
    "body",
    "cookie",
    "httpreferer",
    "httpuseragent",
    "path",
    "query",
    "referer",
    "referrer",
    "request",
    "requestbody",
    "requestline",
    "requestpath",
    "requestquery",
    "requesturi",
    "sql",
    "uri",
    "url",
    "useragent",
];

/// Whether a field holds what a client sent.
pub(crate) fn is_of_client(name: &str) -> bool {
    OF_CLIENTS.contains(&&*bare_name(name))
}

/// Whether the fields are of a request: only then a program or a proxy knows the agent of the user.
pub(super) fn is_request(fields: &super::Fields<'_>) -> bool {
    let is_agent = |name: &str| {
        let end = name.len().checked_sub(5).and_then(|at| name.get(at..));
        // Almost every name is told apart without a copy.
        end.is_some_and(|end| end.eq_ignore_ascii_case("agent"))
            && matches!(&*bare_name(name), "useragent" | "httpuseragent")
    };
    fields.iter().any(|(name, _)| is_agent(name))
}

/// What an access log in JSON says, as `GET /path 503`, and whether the server failed: the field names of Envoy, nginx, Caddy,
/// Traefik and others.
pub(super) fn request(fields: &super::Fields<'_>) -> Option<(Vec<u8>, bool)> {
    let value = |names: &[&str]| {
        let is_named = |(name, _): &&(Cow<'_, str>, Cow<'_, [u8]>)| {
            let last = name.rsplit('.').next().unwrap_or(name);
            names.iter().any(|known| known.eq_ignore_ascii_case(last))
        };
        let (_, value) = fields.iter().find(is_named)?;
        Some(&value[..])
    };
    let status = value(&[
        "status",
        "status_code",
        "response_code",
        "DownstreamStatus",
        "http_status",
    ])?;
    if status.len() != 3 || !status.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let failed = status[0] == b'5';
    if let Some(line) = value(&["request"]) {
        return Some(([line, b" ", status].concat(), failed));
    }
    let method = value(&["method", "request_method", "http_method", "RequestMethod"])?;
    let path = value(&[
        "path",
        "uri",
        "request_uri",
        "url",
        "RequestPath",
        "http_path",
    ])?;
    Some(([method, b" ", path, b" ", status].concat(), failed))
}
