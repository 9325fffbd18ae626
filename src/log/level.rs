//! One scale for the severities of all loggers.

use std::fmt;

/// How bad the program that wrote the line says it is. `Unknown` is below all others.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Level {
    /// The line states no level.
    #[default]
    Unknown,
    /// Finer than debug.
    Trace,
    /// For the developers of the program.
    Debug,
    /// Normal operation.
    Info,
    /// Normal but significant (syslog 5).
    Notice,
    /// Something may go wrong.
    Warn,
    /// Something went wrong.
    Error,
    /// The program is in danger (syslog 2).
    Critical,
    /// The program or the system is unusable (syslog 0 and 1).
    Fatal,
}

impl Level {
    /// The names of the scale, worst first.
    pub const NAMES: [&'static str; 9] = [
        "fatal", "critical", "error", "warn", "notice", "info", "debug", "trace", "unknown",
    ];

    /// The level that a logger writes as `name`, in any case. Exact tokens only.
    pub fn from_name(name: &[u8]) -> Option<Self> {
        let mut lower = [0; 11];
        let name = name.trim_ascii();
        // Most words are none, and are asked about often.
        if name.len() < 3
            || !matches!(
                name[0] | 0x20,
                b'a' | b'c'..=b'f' | b'i' | b'n' | b'p' | b's' | b't' | b'w'
            )
        {
            return None;
        }
        let lower = lower.get_mut(..name.len())?;
        lower.copy_from_slice(name);
        lower.make_ascii_lowercase();
        Some(match &*lower {
            b"emerg" | b"emergency" | b"alert" | b"fatal" | b"panic" | b"emer" | b"ftl"
            | b"fata" | b"pani" | b"pnc" => Self::Fatal,
            b"crit" | b"critical" | b"dpanic" => Self::Critical,
            b"error" | b"err" | b"erro" | b"eror" | b"severe" => Self::Error,
            b"warn" | b"warning" | b"wrn" | b"deprecation" => Self::Warn,
            b"notice" | b"note" | b"audit" => Self::Notice,
            b"info" | b"information" | b"inf" | b"informational" => Self::Info,
            b"debug" | b"debu" | b"dbg" | b"dbug" | b"config" | b"fine" => Self::Debug,
            b"trace" | b"trac" | b"trc" | b"finer" | b"finest" => Self::Trace,
            _ => return Self::from_slog(lower),
        })
    }

    /// slog prints offsets from its named levels: `INFO+1`, `DEBUG-4`. Rounded down.
    fn from_slog(name: &[u8]) -> Option<Self> {
        let at = name.iter().position(|b| matches!(b, b'+' | b'-'))?;
        let offset: i32 = std::str::from_utf8(&name[at..]).ok()?.parse().ok()?;
        let base = match &name[..at] {
            b"debug" => -4,
            b"info" => 0,
            b"warn" => 4,
            b"error" => 8,
            _ => return None,
        };
        Some(match base + offset {
            8.. => Self::Error,
            4..8 => Self::Warn,
            0..4 => Self::Info,
            -4..0 => Self::Debug,
            _ => Self::Trace,
        })
    }

    /// Severity 0 to 7 of RFC 5424.
    pub fn from_syslog(severity: u8) -> Option<Self> {
        const SCALE: [Level; 8] = [
            Level::Fatal,
            Level::Fatal,
            Level::Critical,
            Level::Error,
            Level::Warn,
            Level::Notice,
            Level::Info,
            Level::Debug,
        ];
        SCALE.get(usize::from(severity)).copied()
    }

    /// The single letters of klog, glog and capnslog.
    pub fn from_letter(letter: u8) -> Option<Self> {
        Some(match letter {
            b'F' => Self::Fatal,
            b'C' => Self::Critical,
            b'E' => Self::Error,
            b'W' => Self::Warn,
            b'N' => Self::Notice,
            b'I' => Self::Info,
            b'D' => Self::Debug,
            b'T' => Self::Trace,
            _ => return None,
        })
    }

    /// The word used in reports and patterns.
    pub fn as_str(self) -> &'static str {
        Self::NAMES[8 - self as usize]
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_logger_has_its_words() {
        for (word, level) in [
            ("warning", Level::Warn),
            ("ERRO", Level::Error),
            ("dpanic", Level::Critical),
            ("panic", Level::Fatal),
            ("INFO+1", Level::Info),
            ("ERROR+4", Level::Error),
            ("DEBUG-8", Level::Trace),
            ("Note", Level::Notice),
        ] {
            assert_eq!(Level::from_name(word.as_bytes()), Some(level), "{word}");
        }
        assert_eq!(Level::from_name(b"errors"), None);
        assert_eq!(Level::from_name(b"x-1"), None);
    }

    #[test]
    fn the_scale_is_ordered_and_named() {
        assert!(Level::Unknown < Level::Trace && Level::Error < Level::Fatal);
        assert_eq!(Level::Fatal.as_str(), "fatal");
        assert_eq!(Level::Unknown.as_str(), "unknown");
        assert_eq!(Level::from_syslog(3), Some(Level::Error));
        assert_eq!(Level::from_syslog(8), None);
    }
}
