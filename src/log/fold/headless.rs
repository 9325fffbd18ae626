//! The output of commands, in which every line is a record of its own.

use std::ops::Range;

use super::{Folder, MAX_BYTES, Span, belongs};
use crate::log::Record;
use crate::text::trim_line;

/// The field that holds the command above a line in a transcript.
pub const COMMAND: &str = "command";

/// Indented lines that continue a line in the output of a command.
const MAX_HEADLESS: usize = 8;
/// How far above a line the command may stand that printed it.
const MAX_OUTPUT: usize = 8;

impl<'a> Folder<'a> {
    /// In the output of a command only an indented line continues the one before, and not in data such as
    /// JSON or YAML.
    pub(super) fn headless_record(
        &self,
        line: Range<usize>,
        found: Record<'a>,
        floor: usize,
    ) -> Span<'a> {
        let (mut first, mut record) = (line, found);
        for _ in 0..MAX_HEADLESS {
            let previous = self
                .previous(first.start, floor)
                .filter(|_| is_indented(&record.text));
            let Some(previous) = previous.filter(|line| ends_a_sentence(&self.text[line.clone()]))
            else {
                break;
            };
            record = self.parse(&previous);
            first = previous;
        }
        if let Some(command) = self.command_above(first.start, floor) {
            record.fields.push((COMMAND.into(), command.into()));
        }
        let start = first.start;
        let mut end = first.end;
        let mut lines = vec![first.clone()];
        let mut open = ends_a_sentence(&self.text[first.clone()]);
        while open && let Some(next) = self.next(end).filter(|next| next.end - start < 4096) {
            let line = self.parse(&next);
            if !is_indented(&line.text) {
                break;
            }
            open = ends_a_sentence(&line.text);
            belongs::append(&mut record, &line, 0);
            end = next.end;
            lines.push(next);
        }
        Span::new(lines, record)
    }

    /// The command whose output a line is part of, where a prompt stands above it.
    fn command_above(&self, start: usize, floor: usize) -> Option<Vec<u8>> {
        let mut start = start;
        for _ in 0..MAX_OUTPUT {
            let line = self.previous(start, floor.max(start.saturating_sub(MAX_BYTES)))?;
            start = line.start;
            let text = trim_line(&self.text[line]);
            if let Some(command) = after_prompt(text) {
                return Some(command.to_vec());
            }
        }
        None
    }
}

fn is_indented(text: &[u8]) -> bool {
    text.starts_with(b"\t") || text.starts_with(b"    ")
}

/// What was typed behind a shell prompt: `$ `, `root@node1:~# `, `[root@node06 ~]# `.
fn after_prompt(line: &[u8]) -> Option<&[u8]> {
    if let Some(command) = line.strip_prefix(b"$ ") {
        return Some(command);
    }
    let at = [&b"# "[..], b"$ "]
        .iter()
        .filter_map(|mark| memchr::memmem::find(line, mark))
        .min()?;
    let prompt = &line[..at];
    let named = prompt.contains(&b'@')
        && prompt.len() < 64
        && matches!(prompt.last(), Some(b']' | b'~' | b'/'));
    named.then(|| &line[at + 2..])
}

/// Whether `line` reads like text that may go on in an indented line, not like a table or a data structure.
fn ends_a_sentence(line: &[u8]) -> bool {
    let line = line.trim_ascii_end();
    let data = line
        .last()
        .is_none_or(|b| matches!(b, b'{' | b'}' | b'[' | b']' | b',' | b';' | b'|' | b'-'));
    let key = line.last() == Some(&b':') && !line.contains(&b' ');
    !data && !key
}

#[cfg(test)]
mod tests {
    use super::after_prompt;

    #[test]
    fn a_comment_is_no_prompt() {
        assert_eq!(after_prompt(b"# a comment"), None);
        assert_eq!(after_prompt(b"root@n1:~# ss -lntp"), Some(&b"ss -lntp"[..]));
    }
}
