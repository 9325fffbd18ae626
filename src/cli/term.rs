//! The terminal: width, colours, progress, and how errors are shown.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::Duration;

use anstyle::AnsiColor;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::args::When;
use crate::checker::Progress;
use crate::report::plural::{bytes, thousands};
use crate::report::stylesheet::{Stylesheet, paint};
use crate::text::printable_str;

/// Whether standard output gets colours.
pub(super) fn colored(when: When) -> bool {
    match when {
        When::Always => true,
        When::Never => false,
        When::Auto => anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never,
    }
}

/// The styles for standard output.
pub(super) fn stylesheet(when: When) -> Stylesheet {
    if colored(when) {
        Stylesheet::styled()
    } else {
        Stylesheet::plain()
    }
}

/// The width of standard output: the terminal's, within reason; 100 for pipes and files.
pub(super) fn width() -> usize {
    if !io::stdout().is_terminal() {
        return 100;
    }
    terminal_size::terminal_size().map_or(100, |(terminal_size::Width(columns), _)| {
        usize::from(columns).clamp(60, 120)
    })
}

/// `note: what is worth knowing`, on standard error.
pub(super) fn note(text: &str) {
    let mut stderr = anstream::stderr().lock();
    let style = AnsiColor::Cyan.on_default().bold();
    let _ = writeln!(stderr, "{} {}", paint(style, "note:"), printable_str(text));
}

/// `error: what went wrong`, the causes and the hints on lines of their own.
pub(super) fn report_error(error: &anyhow::Error) {
    let mut stderr = anstream::stderr().lock();
    let red = AnsiColor::Red.on_default().bold();
    let text = error
        .chain()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ");
    let mut lines = text.lines();
    let first = printable_str(lines.next().unwrap_or_default()).into_owned();
    let _ = writeln!(stderr, "{} {first}", paint(red, "error:"));
    for line in lines {
        let _ = writeln!(stderr, "  {}", printable_str(line));
    }
}

/// A line on standard error that says what is read, after half a second; gone when this is dropped.
pub(super) struct ProgressLine {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl ProgressLine {
    /// Starts the line, if it is wanted.
    pub(super) fn start(when: When, progress: &Arc<Progress>) -> Option<Self> {
        let wanted = when == When::Always || (when == When::Auto && io::stderr().is_terminal());
        if !wanted {
            return None;
        }
        let (stop, stopped) = mpsc::channel();
        let progress = Arc::clone(progress);
        let thread = std::thread::spawn(move || {
            if stopped.recv_timeout(Duration::from_millis(500)) != Err(RecvTimeoutError::Timeout) {
                return;
            }
            let style = ProgressStyle::with_template("{spinner} {wide_msg}")
                .unwrap_or_else(|_| ProgressStyle::default_spinner());
            let bar =
                ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr()).with_style(style);
            while stopped.recv_timeout(Duration::from_millis(200)) == Err(RecvTimeoutError::Timeout)
            {
                let current = progress.current();
                let read = format!(
                    "{} files, {}",
                    thousands(progress.entries()),
                    bytes(progress.bytes())
                );
                bar.set_message(format!("{read}, {}", printable_str(&current)));
                bar.tick();
            }
            bar.finish_and_clear();
        });
        Some(Self {
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

impl Drop for ProgressLine {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
