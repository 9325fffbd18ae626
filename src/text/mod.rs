//! Bytes to lines, and text from a bundle to text that is safe to show.
//!
//! A line never includes its terminator. `\n` and `\r\n` are terminators; a lone `\r` is not, because
//! progress bars captured in logs use it mid-line. Nothing here knows what a log is.

mod lines;
mod printable;

pub use lines::{
    Lines, count_newlines, find_short, line_around, lines, lines_from, starts_with_any, trim_line,
};
pub use printable::{is_shown, printable, printable_str, strip_ansi};
