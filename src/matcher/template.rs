//! Messages without their variable parts, to group errors that nobody has a pattern for.

/// Longer messages are grouped by their start.
const MAX_LENGTH: usize = 160;

/// The first line of `msg` with numbers, ids, addresses, paths and quoted texts replaced by `<*>`.
pub(super) fn template(msg: &[u8]) -> String {
    let line = msg
        .split(|b| *b == b'\n')
        .find(|line| !line.trim_ascii().is_empty())
        .unwrap_or_default();
    let text = crate::text::printable(&line[..line.len().min(MAX_LENGTH * 2)]);
    let mut words: Vec<&str> = Vec::new();
    let mut length = 0;
    for word in text.split_whitespace() {
        let masked = if is_variable(word) { "<*>" } else { word };
        if masked == "<*>" && words.last() == Some(&"<*>") {
            continue;
        }
        length += masked.len() + 1;
        if length > MAX_LENGTH {
            words.push("...");
            break;
        }
        words.push(masked);
    }
    words.join(" ")
}

fn is_variable(word: &str) -> bool {
    let quoted = word.len() > 1 && word.starts_with(['"', '\'', '`']);
    let path = word.matches('/').count() > 1;
    word.bytes().any(|b| b.is_ascii_digit())
        || quoted
        || path
        || word.contains("::")
        || word.contains('=')
}

#[cfg(test)]
mod tests {
    use super::template;

    #[test]
    fn the_same_failure_has_the_same_template() {
        assert_eq!(
            template(b"lease 0x7a expired after 30s for \"node-1\""),
            "lease <*> expired after <*> for <*>"
        );
        assert_eq!(
            template(b"open /var/lib/x/y: no such file\nstack"),
            "open <*> no such file"
        );
        assert_eq!(template(b""), "");
        assert!(template(&[b'a'; 4000]).len() <= 400);
    }
}
