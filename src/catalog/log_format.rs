//! A vendor's own format of log lines, as it is meant; the `log` module compiles it.

use std::ops::Range;

use super::{Example, Problem, Source};

/// A vendor's own format of log lines.
#[derive(Clone, Debug)]
pub struct LogFormat {
    /// The slug that names the file, and the format in reports.
    pub id: String,
    /// The expression that a line fits from its start; its named groups are the parts of a record.
    pub line: String,
    /// The format of the group `time`, as `strptime` has it; without one, any spelling that is known.
    pub time: Option<String>,
    /// Words for levels that are not known anyway, and the levels that they mean.
    pub levels: Vec<(String, String)>,
    /// Lines that it must recognise.
    pub examples: Vec<Example>,
    /// Lines that it must not recognise.
    pub negative_examples: Vec<Example>,
    /// The file it was read from.
    pub source: Source,
}

impl LogFormat {
    /// A problem with a part of this format.
    pub fn problem(
        &self,
        code: &'static str,
        message: impl Into<String>,
        span: Range<usize>,
    ) -> Problem {
        Problem::new(code, message, &self.source.path, &self.source.text, span)
    }
}
