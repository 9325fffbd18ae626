//! What is wrong with a pattern file, shown as a code frame.

use std::ops::Range;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

/// How bad a problem is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ProblemKind {
    /// The pattern cannot be used.
    Error,
    /// It works, but not well.
    Warning,
}

/// One problem with one place in a pattern file.
#[derive(Clone, Debug)]
pub struct Problem {
    /// Stable name, such as `pattern/unknown-name`.
    pub code: &'static str,
    /// Error or warning.
    pub kind: ProblemKind,
    /// What is wrong: a lower-case fragment.
    pub message: String,
    /// The file.
    pub path: String,
    /// What is said at the place itself.
    pub label: String,
    /// What would be valid, or what to do.
    pub help: Option<String>,
    text: Arc<str>,
    span: Range<usize>,
}

impl Problem {
    /// A problem at `span` (in bytes) of the file `path` with this `text`.
    pub fn new(
        code: &'static str,
        message: impl Into<String>,
        path: &str,
        text: &Arc<str>,
        span: Range<usize>,
    ) -> Self {
        let end = span.end.min(text.len());
        let span = span.start.min(end)..end;
        Self {
            code,
            kind: ProblemKind::Error,
            message: message.into(),
            path: path.to_owned(),
            label: String::new(),
            help: None,
            text: Arc::clone(text),
            span,
        }
    }

    /// The same problem with a word at its place.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// The same problem with advice.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same problem, as a warning.
    #[must_use]
    pub fn warning(mut self) -> Self {
        self.kind = ProblemKind::Warning;
        self
    }

    /// Whether it is in a file of another catalog: such a rule is left out, and the others are used.
    pub fn is_foreign(&self) -> bool {
        !self.code.starts_with("pattern/")
    }

    /// The line, from one.
    pub fn line(&self) -> usize {
        self.text[..self.span.start].matches('\n').count() + 1
    }

    /// The column in characters, from one.
    pub fn column(&self) -> usize {
        let before = &self.text[..self.span.start];
        before[before.rfind('\n').map_or(0, |at| at + 1)..]
            .chars()
            .count()
            + 1
    }

    /// The code frame without colours.
    pub fn render_plain(&self) -> String {
        self.render(&Renderer::plain())
    }

    /// The code frame with ANSI colours.
    pub fn render_styled(&self) -> String {
        self.render(&Renderer::styled())
    }

    fn render(&self, renderer: &Renderer) -> String {
        let level = match self.kind {
            ProblemKind::Error => Level::ERROR,
            ProblemKind::Warning => Level::WARNING,
        };
        // Only the first line of a long place is marked.
        let first_line = self.text[self.span.clone()]
            .find('\n')
            .map_or(self.span.end, |at| self.span.start + at);
        let mark = AnnotationKind::Primary
            .span(self.span.start..first_line)
            .label(&*self.label);
        let snippet = Snippet::source(&*self.text)
            .path(&*self.path)
            .annotation(mark);
        let mut group = level
            .primary_title(&*self.message)
            .id(self.code)
            .element(snippet);
        if let Some(help) = &self.help {
            group = group.element(Level::HELP.message(&**help));
        }
        renderer.render(&[group])
    }
}
