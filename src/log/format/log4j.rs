//! Layouts of log4j, logback, Python and Rust that put level, thread and class behind the time:
//! `TIME LEVEL [thread] class: message` (Hadoop), `TIME [thread] LEVEL class - message` (logback),
//! `[TIME] LEVEL message (logger)` (Kafka), `TIME  INFO module::path: message` (tracing).

use super::rest::{Rest, is_name};
use super::{Format, Layer, Recognise, Timed};
use crate::log::Level;

pub(super) const FORMAT: Format = Format::payload(
    "log4j",
    Recognise::Timed(
        |b| matches!(b, b'[' | b']') || b.is_ascii_uppercase(),
        parse,
    ),
);

fn parse(timed: Timed<'_>) -> Option<Layer<'_>> {
    let boxed = timed.boxed();
    let kafka = boxed.is_some();
    let mut rest = boxed.or(timed.bare())?;
    rest.spaces()?;
    let mut thread = rest.bracketed();
    if thread.is_some() {
        rest.spaces()?;
    }
    // Levels are upper-case; what is lower-case may be the start of a sentence.
    let word = rest.word()?;
    if !word.iter().all(u8::is_ascii_uppercase) {
        return None;
    }
    let level = Level::from_name(word)?;
    rest.spaces()?;
    if kafka {
        return Some(kafka_message(rest, timed, level));
    }
    if thread.is_none() {
        thread = rest.bracketed();
        rest.skip_spaces();
    }
    let class = class(&mut rest)?;
    let layer = rest.message(timed.stamp, level).logger(class);
    Some(match thread {
        Some(thread) => layer.with("thread", thread.trim_ascii()),
        None => layer,
    })
}

/// `class: `, `class - `, `class : ` or `class (File.java:12) - `.
fn class<'a>(rest: &mut Rest<'a>) -> Option<&'a [u8]> {
    let word = rest.word()?;
    if let Some(class) = word.strip_suffix(b":") {
        rest.skip_spaces();
        return is_name(class).then_some(class);
    }
    rest.spaces()?;
    if rest.0.starts_with(b"(") {
        rest.until(b')')?;
        rest.skip_spaces();
    }
    rest.tag(b"- ")
        .or_else(|| rest.tag(b": "))
        .or_else(|| rest.tag(b"-- "))?;
    rest.skip_spaces();
    is_name(word).then_some(word)
}

/// The logger stands in parentheses at the end.
fn kafka_message<'a>(rest: Rest<'a>, timed: Timed<'_>, level: Level) -> Layer<'a> {
    let logger = rest
        .0
        .strip_suffix(b")")
        .and_then(|text| Some(&text[memchr::memrchr(b'(', text)? + 1..]))
        .filter(|logger| is_name(logger));
    rest.message(timed.stamp, level)
        .logger(logger.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::super::samples::shown;
    use crate::log::parse_line;

    #[test]
    fn thread_and_class_are_told_apart() {
        assert_eq!(
            shown(
                "2015-10-18 18:01:47,978 INFO [main] org.apache.hadoop.mapreduce.v2.app.MRAppMaster: Created MRAppMaster"
            ),
            "log4j | 2015-10-18T18:01:47.978Z | info | Created MRAppMaster"
        );
        assert_eq!(
            shown(
                "2024-01-01 12:00:00.123 [pool-1-thread-2] ERROR com.example.Api - connection refused"
            ),
            "log4j | 2024-01-01T12:00:00.123Z | error | connection refused"
        );
        assert_eq!(
            shown(
                "[2025-03-10 13:52:33,326] WARN [Producer clientId=x] Connection to node -1 could not be established (org.apache.kafka.clients.NetworkClient)"
            ),
            "log4j | 2025-03-10T13:52:33.326Z | warn | [Producer clientId=x] Connection to node -1 could not be established (org.apache.kafka.clients.NetworkClient)"
        );
        assert_eq!(
            shown("2025-10-28T19:15:10.821315Z  INFO fmt::yak_shave: shaving yaks"),
            "log4j | 2025-10-28T19:15:10.821315Z | info | shaving yaks"
        );
        let record =
            parse_line(b"2024-01-01 12:00:00.123 [pool-1-thread-2] ERROR com.example.Api - x");
        assert_eq!(record.logger.as_deref(), Some("com.example.Api"));
        assert_eq!(record.field("thread"), Some(&b"pool-1-thread-2"[..]));
    }
}
