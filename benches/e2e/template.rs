//! Lines with values that change: ids, numbers, addresses and the time.

use std::io::Write;

use crate::random::Random;

/// Of a million values as many are new; the others repeat the last one of their kind, as in logs of real systems,
/// where a request has several lines. It is what makes the ratio of gzip that of real bundles.
const NEW_VALUES: u32 = 330_000;
/// 2026-11-20 in microseconds since the start of that month.
const START: u64 = 19 * DAY;
const DAY: u64 = 86_400 * SECOND;
const SECOND: u64 = 1_000_000;
/// Names of things.
const NAMES: &[&str] = &[
    "api-gateway",
    "billing",
    "cart",
    "catalog-sync",
    "coredns",
    "frontend",
    "grafana",
    "ingress",
    "inventory",
    "ledger",
    "mailer",
    "metrics-server",
    "notifier",
    "orders",
    "payments",
    "prometheus",
    "registry-mirror",
    "reports",
    "search",
    "sessions",
    "shipping",
    "storage-0",
    "storage-1",
    "worker",
];

/// A line, or several, taken apart.
#[derive(Clone)]
pub(crate) struct Template(Vec<Piece>);

#[derive(Clone)]
enum Piece {
    Text(Vec<u8>),
    Value(u8),
}

/// What the values are made of.
pub(crate) struct Values {
    pub(crate) random: Random,
    /// Microseconds since the start of the month.
    time: u64,
    last: [u64; 128],
}

impl Template {
    /// `%` and a letter stand for a value: `d` a number, `i` an address, `u` a UUID, `h` an id in hex, `w` a name, `m`
    /// milliseconds; capital letters for the time.
    pub(crate) fn new(text: &str) -> Self {
        let mut pieces = Vec::new();
        let mut parts = text.split('%');
        pieces.extend(parts.next().map(|first| Piece::Text(first.into())));
        for part in parts {
            match part.as_bytes() {
                [letter, rest @ ..] if Values::has(*letter) => {
                    pieces.push(Piece::Value(*letter));
                    pieces.push(Piece::Text(rest.into()));
                }
                other => pieces.push(Piece::Text([b"%", other].concat())),
            }
        }
        Self(pieces)
    }

    /// A line of a real log: its longer numbers change, and keep their length.
    pub(crate) fn of_real_line(line: &[u8]) -> Self {
        let mut pieces = vec![Piece::Text(Vec::new())];
        for (at, run) in line
            .chunk_by(|one, other| one.is_ascii_digit() == other.is_ascii_digit())
            .scan(0, |at, run| {
                *at += run.len();
                Some((*at, run))
            })
        {
            // Of the time, which stands in front, no other digits make sense.
            let changes = at > 64 && run[0].is_ascii_digit() && (3..10).contains(&run.len());
            match pieces.last_mut() {
                _ if changes => pieces.push(Piece::Value(u8::try_from(run.len()).unwrap_or(3))),
                Some(Piece::Text(text)) => text.extend_from_slice(run),
                _ => pieces.push(Piece::Text(run.into())),
            }
        }
        Self(pieces)
    }

    /// Writes the line with its end.
    pub(crate) fn write(&self, values: &mut Values, out: &mut Vec<u8>) {
        values.tick();
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => out.extend_from_slice(text),
                Piece::Value(letter) => values.write(*letter, out),
            }
        }
        out.push(b'\n');
    }
}

impl Values {
    pub(crate) fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let time = START + random.next() % DAY;
        Self {
            random,
            time,
            last: [1; 128],
        }
    }

    fn has(letter: u8) -> bool {
        b"diuhwmKZIJSNPCLDE".contains(&letter)
    }

    fn tick(&mut self) {
        if self.random.chance(600_000) {
            self.time += self.random.next() % 40_000;
        }
        if self.time >= 28 * DAY {
            self.time = START;
        }
    }

    fn value(&mut self, letter: u8) -> u64 {
        let last = usize::from(letter & 127);
        if self.random.chance(NEW_VALUES) {
            self.last[last] = self.random.next() >> 1;
        }
        self.last[last]
    }

    /// Capital letters are the time, numbers are digits, as many as they say, and small letters other values.
    #[expect(clippy::cast_possible_truncation, reason = "a few bits")]
    fn write(&mut self, letter: u8, out: &mut Vec<u8>) {
        if letter.is_ascii_uppercase() {
            return self.write_time(letter, out);
        }
        let value = self.value(letter);
        let _ = match letter {
            b'd' => write!(out, "{}", value % 10_u64.pow(1 + (value >> 40 & 3) as u32)),
            b'm' => write!(out, "{}.{}", value % 90, value >> 20 & 7),
            b'h' => write!(out, "{:010x}", value & 0xff_ffff_ffff),
            b'i' => write!(out, "10.42.{}.{}", value % 8, 2 + (value >> 8) % 60),
            b'w' => out.write_all(NAMES[(value % NAMES.len() as u64) as usize].as_bytes()),
            b'u' => {
                let other = value.wrapping_mul(0xD6E8_FEB8_6659_FD93);
                let [low, middle, high] = [value & 0xffff_ffff, value >> 32 & 0xffff, value >> 48];
                let [variant, node] = [other & 0xfff, other >> 16];
                write!(
                    out,
                    "{low:08x}-{middle:04x}-4{:03x}-8{variant:03x}-{node:012x}",
                    high & 0xfff
                )
            }
            digits => {
                let value = value % 10_u64.pow(u32::from(digits));
                write!(out, "{value:0width$}", width = usize::from(digits))
            }
        };
    }

    /// As klog, logrus, Python, journalctl, syslog, container runtimes, `PostgreSQL`, web servers, Spark, the kernel and
    /// etcd write it.
    fn write_time(&self, letter: u8, out: &mut Vec<u8>) {
        let [day, hour, minute, second, micro] = self.clock();
        let milli = micro / 1000;
        let time = format_args!("{hour:02}:{minute:02}:{second:02}");
        let _ = match letter {
            b'K' => write!(out, "11{day:02} {time}.{micro:06}"),
            b'Z' => write!(out, "2026-11-{day:02}T{time}Z"),
            b'I' => write!(out, "2026-11-{day:02} {time},{milli:03}"),
            b'J' => write!(out, "2026-11-{day:02}T{time}+0000"),
            b'S' => write!(out, "Nov {day:2} {time}"),
            b'N' => write!(out, "2026-11-{day:02}T{time}.{micro:06}123Z"),
            b'P' => write!(out, "2026-11-{day:02} {time}.{milli:03}"),
            b'C' => write!(out, "{day:02}/Nov/2026:{time} +0000"),
            b'L' => write!(out, "26/11/{day:02} {time}"),
            b'D' => {
                let seconds = (self.time - START) / SECOND;
                write!(out, "{seconds:5}.{micro:06}")
            }
            _ => write!(out, "2026-11-{day:02}T{time}.{micro:06}Z"),
        };
    }

    /// Day, hour, minute, second and microsecond.
    fn clock(&self) -> [u64; 5] {
        let seconds = self.time / SECOND;
        let (day, second) = (1 + seconds / 86_400, seconds % 86_400);
        [
            day,
            second / 3600,
            second / 60 % 60,
            second % 60,
            self.time % SECOND,
        ]
    }
}
