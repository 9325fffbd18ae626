//! Views of a report. Each writes to whatever it is given and knows no terminal.
//!
//! A new view is a file and a line in [`Format`].

mod concise;
mod diagnosis;
mod human;
mod json;
mod jsonl;
mod phrases;
mod troubleshoot;
mod wrap;

use std::io::{self, Write};

pub use human::{Human, Verbosity};
#[cfg(feature = "cli")]
pub(crate) use wrap::wrap as wrap_text;

use super::Report;

/// The views, by the names that `--format` takes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Format {
    /// For a person at a terminal.
    Human,
    /// One line for each finding.
    Concise,
    /// One document.
    Json,
    /// One typed object a line.
    Jsonl,
    /// The `analysis.json` of troubleshoot.
    TroubleshootJson,
}

impl Format {
    /// All formats with their names.
    pub const ALL: [(&'static str, Self); 5] = [
        ("human", Self::Human),
        ("concise", Self::Concise),
        ("json", Self::Json),
        ("jsonl", Self::Jsonl),
        ("troubleshoot-json", Self::TroubleshootJson),
    ];

    /// The format for a file, by its extension.
    pub fn of_extension(extension: &str) -> Option<Self> {
        match extension {
            "txt" => Some(Self::Human),
            "json" => Some(Self::Json),
            "jsonl" | "ndjson" => Some(Self::Jsonl),
            _ => None,
        }
    }

    /// Writes `report` in this format; `human` says how, for the one view that can be adjusted.
    pub fn render(self, report: &Report, human: &Human, out: &mut dyn Write) -> io::Result<()> {
        match self {
            Self::Human => human.render(report, out),
            Self::Concise => concise::render(report, out),
            Self::Json => json::render(report, out),
            Self::Jsonl => jsonl::render(report, out),
            Self::TroubleshootJson => troubleshoot::render(report, out),
        }
    }
}
