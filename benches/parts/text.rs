//! Generated logs: the formats that bundles are full of, some hundred messages, hardly two lines alike.

use std::fmt;
use std::iter::Cycle;
use std::slice;

use crate::random::Random;
use crate::words;

/// Bytes of a log.
const SIZE: usize = 4 << 20;

/// Rates are in lines of so many.
pub(crate) const ALL: usize = 10_000;

/// A format and a line of it, in which words in angle brackets stand for what differs; see [`Line::fill`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Format {
    name: &'static str,
    line: &'static str,
}

/// The formats of lines.
#[rustfmt::skip]
pub(crate) const FORMATS: &[Format] = &[
    Format { name: "klog", line: r#"<L>1120 <clock>.<ms>000       1 reflector.go:324] "<msg>" type="*v1.Node" id="<n>""# },
    Format { name: "logfmt (logrus)", line: r#"time="<date>T<clock>Z" level=<level> msg="<msg>" id=<n> status=200 path=/v1/items"# },
    Format { name: "json (zap)", line: r#"{"level":"<level>","ts":"<date>T<clock>.<ms>Z","caller":"mvcc/index.go:214","msg":"<msg>","revision":<n>}"# },
    Format { name: "oslo.log", line: "<date> <clock>.<ms> 284971 <LEVEL> nova.compute.manager [req-<n> - - - - -] <msg>" },
    Format { name: "calico", line: "<date> <clock>.<ms> [<LEVEL>][60] felix/summary.go 100: <msg>" },
    Format { name: "access log", line: r#"192.0.2.7 - - [20/Nov/2026:<clock> +0100] "GET /item/<n> HTTP/1.1" 200 197 "-" "curl/7.88.1""# },
    Format { name: "syslog, plain text", line: "Nov 20 <clock> node-1 kubelet[812]: <msg>" },
    Format { name: "syslog > logfmt", line: r#"Nov 20 <clock> node-1 rke2[812]: time="<date>T<clock>Z" level=<level> msg="<msg>""# },
    Format { name: "cri > json", line: r#"<date>T<clock>.<ms>456789Z stdout F {"level":"<level>","ts":"<date>T<clock>.<ms>Z","msg":"<msg>","n":<n>}"# },
    Format { name: "docker > klog", line: r#"{"log":"<L>1120 <clock>.<ms>000       1 reflector.go:324] <msg>\n","stream":"stderr","time":"<date>T<clock>.<ms>456789Z"}"# },
    Format { name: "iso time, text", line: "<date>T<clock>.<ms>Z <msg>" },
    Format { name: "no format", line: "        at com.example.Service.call(Service.java:<n>)" },
    Format { name: "no format, a table", line: "tcp        0      0 10.0.0.1:<n>      0.0.0.0:*               LISTEN      812/kubelet" },
];

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl Format {
    fn has_time(&self) -> bool {
        self.line.contains("<clock>")
    }
}

/// A level as formats spell it.
struct Level {
    lower: &'static str,
    upper: &'static str,
    letter: &'static str,
}

#[rustfmt::skip]
const INFO: Level = Level { lower: "info", upper: "INFO", letter: "I" };
#[rustfmt::skip]
const WARNING: Level = Level { lower: "warning", upper: "WARNING", letter: "W" };
#[rustfmt::skip]
const ERROR: Level = Level { lower: "error", upper: "ERROR", letter: "E" };

/// What a log is made of.
#[derive(Clone, Debug)]
pub(crate) struct Log {
    formats: Vec<Format>,
    errors: usize,
    known: usize,
    known_lines: Vec<String>,
}

impl Log {
    /// Logs of all formats that tell a time, in a row.
    pub(crate) fn mixed() -> Self {
        let timed = FORMATS.iter().filter(|format| format.has_time());
        Self {
            formats: timed.copied().collect(),
            errors: 0,
            known: 0,
            known_lines: Vec::new(),
        }
    }

    /// A log of one format.
    pub(crate) fn of(format: Format) -> Self {
        Self {
            formats: vec![format],
            ..Self::mixed()
        }
    }

    /// The same where `rate` in [`ALL`] lines are errors that no pattern knows. In formats without a level nothing
    /// tells that they are.
    pub(crate) fn with_errors(mut self, rate: usize) -> Self {
        self.errors = rate;
        self
    }

    /// The same where `rate` in [`ALL`] lines are some of `lines`, in turn.
    pub(crate) fn with_known(mut self, rate: usize, lines: &[String]) -> Self {
        self.known = rate;
        self.known_lines = lines.to_vec();
        self
    }

    /// A file for each format, together of about [`SIZE`] bytes.
    pub(crate) fn files(&self) -> Vec<Vec<u8>> {
        let mut writer = Writer::new(self);
        let share = SIZE / self.formats.len();
        let files = self.formats.iter().map(|format| {
            let mut text = String::with_capacity(share + (1 << 10));
            while text.len() < share {
                writer.line(*format, &mut text);
            }
            text.into_bytes()
        });
        files.collect()
    }

    /// All files as one text.
    pub(crate) fn text(&self) -> Vec<u8> {
        self.files().concat()
    }
}

/// Writes the lines of a log.
struct Writer<'l> {
    random: Random,
    clock: Clock,
    known: Due,
    errors: Due,
    warnings: Due,
    known_lines: Cycle<slice::Iter<'l, String>>,
}

impl<'l> Writer<'l> {
    fn new(log: &'l Log) -> Self {
        /// Warnings share words with patterns.
        const WARNINGS: usize = ALL / 50;
        Self {
            random: Random::new(1),
            clock: Clock::default(),
            known: Due::of(log.known),
            errors: Due::of(log.errors),
            warnings: Due::of(WARNINGS),
            known_lines: log.known_lines.iter().cycle(),
        }
    }

    fn line(&mut self, format: Format, text: &mut String) {
        self.clock.tick(&mut self.random);
        if self.known.is_next() {
            *text += self.known_lines.next().map_or("", String::as_str);
        } else {
            self.unknown().fill(format, text);
        }
        text.push('\n');
    }

    /// A line that no pattern knows.
    fn unknown(&mut self) -> Line {
        if self.errors.is_next() {
            Line::failing(ERROR, self.clock, &mut self.random)
        } else if self.warnings.is_next() {
            Line::failing(WARNING, self.clock, &mut self.random)
        } else {
            Line::ordinary(self.clock, &mut self.random)
        }
    }
}

/// Which lines are of a kind that has a share of [`ALL`] lines, evenly spread.
struct Due {
    rate: usize,
    sum: usize,
}

impl Due {
    fn of(rate: usize) -> Self {
        Self { rate, sum: ALL / 2 }
    }

    fn is_next(&mut self) -> bool {
        self.sum += self.rate;
        let is_due = self.sum >= ALL;
        self.sum %= ALL;
        is_due
    }
}

/// Milliseconds since midnight.
#[derive(Clone, Copy, Default)]
struct Clock(usize);

impl Clock {
    fn tick(&mut self, random: &mut Random) {
        self.0 = (self.0 + random.below(400)) % (24 * 3600 * 1000);
    }
}

impl fmt::Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0 / 1000;
        let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        write!(f, "{hours:02}:{minutes:02}:{seconds:02}")
    }
}

/// What one line says, in whatever format.
struct Line {
    clock: Clock,
    level: Level,
    msg: String,
    number: usize,
}

impl Line {
    fn ordinary(clock: Clock, random: &mut Random) -> Self {
        // Some messages are frequent, most are not.
        let kind = random.skewed(words::ACTIVITIES);
        Self {
            clock,
            level: INFO,
            msg: words::activity(kind, random),
            number: random.skewed(65_536),
        }
    }

    fn failing(level: Level, clock: Clock, random: &mut Random) -> Self {
        Self {
            clock,
            level,
            msg: words::unknown_failure(random),
            number: random.skewed(65_536),
        }
    }

    /// Appends the line in a format, without its end.
    fn fill(&self, format: Format, text: &mut String) {
        for (at, part) in format.line.split(['<', '>']).enumerate() {
            let is_word = at % 2 == 1;
            match part {
                _ if !is_word => *text += part,
                "date" => *text += "2026-11-20",
                "clock" => *text += &self.clock.to_string(),
                "ms" => *text += &format!("{:03}", self.clock.0 % 1000),
                "level" => *text += self.level.lower,
                "LEVEL" => *text += self.level.upper,
                "L" => *text += self.level.letter,
                "msg" => *text += &self.msg,
                "n" => *text += &self.number.to_string(),
                _ => panic!("`<{part}>` stands for nothing"),
            }
        }
    }
}
