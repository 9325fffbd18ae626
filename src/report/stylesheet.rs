//! All styles in one place: colour says severity, blue is structure, bold is for headlines, dim for the rest.

use anstyle::{AnsiColor, Style};

/// The styles of a rendering; [`Stylesheet::plain`] has none.
#[derive(Clone, Copy, Debug)]
pub struct Stylesheet {
    /// Severity `error`.
    pub error: Style,
    /// Severity `warning`.
    pub warning: Style,
    /// Severity `info`.
    pub info: Style,
    /// Headlines.
    pub headline: Style,
    /// Frames, arrows, labels.
    pub structure: Style,
    /// What can be skipped.
    pub secondary: Style,
}

impl Stylesheet {
    /// No styles at all.
    pub fn plain() -> Self {
        let none = Style::new();
        Self {
            error: none,
            warning: none,
            info: none,
            headline: none,
            structure: none,
            secondary: none,
        }
    }

    /// Colours for terminals.
    pub fn styled() -> Self {
        let bold = |color: AnsiColor| color.on_default().bold();
        Self {
            error: bold(AnsiColor::Red),
            warning: bold(AnsiColor::Yellow),
            info: bold(AnsiColor::Cyan),
            headline: Style::new().bold(),
            structure: bold(AnsiColor::Blue),
            secondary: Style::new().dimmed(),
        }
    }

    /// The style of a severity by its word.
    pub fn severity(&self, word: &str) -> Style {
        match word {
            "error" => self.error,
            "warning" => self.warning,
            _ => self.info,
        }
    }
}

/// `text` in a style.
pub fn paint(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}
