//! Text fitted to a width, by terminal columns.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// `text` in lines of at most `width` columns, broken at spaces. What stands in backquotes is a command, and a
/// word longer than the width an address or path: both stay whole.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut columns = 0;
    for word in words(text) {
        let length = word.width();
        if columns > 0 && columns + 1 + length > width {
            lines.push(String::new());
            columns = 0;
        }
        let line = lines.last_mut().expect("there is always a line");
        if columns > 0 {
            line.push(' ');
            columns += 1;
        }
        line.push_str(&word);
        columns += length;
    }
    lines
}

/// The words of `text`; a command in backquotes is one word.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut open = false;
    for word in text.split_whitespace() {
        match words.last_mut().filter(|_| open) {
            Some(last) => {
                last.push(' ');
                last.push_str(word);
            }
            None => words.push(word.to_owned()),
        }
        open ^= word.matches('`').count() % 2 == 1;
    }
    words
}

/// `text` cut to `width` columns; a cut is marked with `...`.
pub(super) fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut columns = 0;
    let keep = width.saturating_sub(3);
    let kept: String = text
        .chars()
        .take_while(|c| {
            columns += c.width().unwrap_or(0);
            columns <= keep
        })
        .collect();
    kept + "..."
}

/// `text` fitted to `width` columns around its character `focus` (from zero); what is cut off is marked with
/// `...`.
pub(super) fn window(text: &str, focus: usize, width: usize) -> String {
    let before: String = text.chars().take(focus).collect();
    if text.width() <= width || before.width() + width / 2 <= width {
        return cut(text, width);
    }
    // The words behind the focus matter most; what leads to them gets a third of the room.
    let mut columns = 0;
    let lead = before
        .chars()
        .rev()
        .take_while(|c| {
            columns += c.width().unwrap_or(0);
            columns <= width / 3
        })
        .count();
    let tail: String = text.chars().skip(focus - lead).collect();
    if tail.width() + 3 > width {
        return format!("...{}", cut(&tail, width.saturating_sub(3)));
    }
    let skip = text.chars().count()
        - text
            .chars()
            .rev()
            .scan(0, |columns, c| {
                *columns += c.width().unwrap_or(0);
                Some(*columns)
            })
            .take_while(|columns| columns + 3 <= width)
            .count();
    format!("...{}", text.chars().skip(skip).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_at_spaces_and_commands_stay_whole() {
        assert_eq!(wrap("one two three four", 9), ["one two", "three", "four"]);
        assert_eq!(
            wrap("run `nc -zv host 1` now", 8),
            ["run", "`nc -zv host 1`", "now"]
        );
        assert_eq!(wrap("", 10), [""]);
    }

    #[test]
    fn a_cut_counts_columns_and_is_marked() {
        assert_eq!(cut("abcdefgh", 8), "abcdefgh");
        assert_eq!(cut("abcdefghi", 8), "abcde...");
        assert_eq!(cut("東京東京東京", 8), "東京...");
    }

    #[test]
    fn a_window_shows_the_decisive_words() {
        let text =
            "a long prefix that nobody reads: connection refused, and a tail that nobody reads";
        assert_eq!(
            window(text, 33, 40),
            "...obody reads: connection refused, a..."
        );
        assert_eq!(window(text, 0, 20), "a long prefix tha...");
        assert_eq!(
            window("prefix prefix prefix refused", 21, 18),
            "... prefix refused"
        );
        assert_eq!(window("short", 3, 20), "short");
    }
}
