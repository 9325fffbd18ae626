//! The globs of Go's `filepath.Glob`, and paths as `filepath.Join` joins them.
//!
//! `*` and `?` do not cross `/`, and match a leading dot; `**` is `*`; classes are `[a-z]` and `[^a]`; `\` escapes.
//! There are no braces.

/// What an analyzer reads.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Reads {
    /// The entry with this path.
    Path(String),
    /// The entries that a glob matches, except for those that others match.
    Glob { glob: Glob, except: Vec<Glob> },
}

impl Reads {
    pub(super) fn path(path: impl Into<String>) -> Self {
        Self::Path(path.into())
    }

    pub(super) fn glob(glob: &str) -> Self {
        Self::Glob {
            glob: Glob::new(glob),
            except: Vec::new(),
        }
    }

    pub(super) fn matches(&self, path: &str) -> bool {
        match self {
            Self::Path(wanted) => wanted == path,
            Self::Glob { glob, except } => {
                glob.matches(path) && !except.iter().any(|glob| glob.matches(path))
            }
        }
    }
}

/// A glob; one that Go would refuse matches nothing.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Glob {
    /// What matches one component of a path each.
    components: Vec<Vec<Piece>>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
enum Piece {
    Char(char),
    Any,
    Star,
    Class {
        negated: bool,
        ranges: Vec<(char, char)>,
    },
    /// What nothing matches.
    Bad,
}

impl Glob {
    pub(super) fn new(glob: &str) -> Self {
        let mut components = vec![Vec::new()];
        let mut chars = glob.chars().peekable();
        while let Some(c) = chars.next() {
            let piece = match c {
                '/' => {
                    components.push(Vec::new());
                    continue;
                }
                '*' => Piece::Star,
                '?' => Piece::Any,
                '\\' => chars.next().map_or(Piece::Bad, Piece::Char),
                '[' => class(&mut chars).unwrap_or(Piece::Bad),
                c => Piece::Char(c),
            };
            if let Some(last) = components.last_mut()
                && (piece != Piece::Star || last.last() != Some(&Piece::Star))
            {
                last.push(piece);
            }
        }
        Self { components }
    }

    pub(super) fn matches(&self, path: &str) -> bool {
        let mut parts = path.split('/');
        let all = self
            .components
            .iter()
            .all(|pieces| parts.next().is_some_and(|part| matches(pieces, part)));
        all && parts.next().is_none()
    }
}

fn class(chars: &mut std::iter::Peekable<std::str::Chars>) -> Option<Piece> {
    let negated = chars.next_if_eq(&'^').is_some();
    let mut ranges = Vec::new();
    loop {
        if chars.peek() == Some(&']') && !ranges.is_empty() {
            chars.next();
            return Some(Piece::Class { negated, ranges });
        }
        let low = class_char(chars)?;
        let high = match chars.next_if_eq(&'-') {
            Some(_) => class_char(chars)?,
            None => low,
        };
        ranges.push((low, high));
    }
}

fn class_char(chars: &mut std::iter::Peekable<std::str::Chars>) -> Option<char> {
    match chars.next()? {
        '-' | ']' | '/' => None,
        '\\' => chars.next(),
        c => Some(c),
    }
}

impl Piece {
    fn matches(&self, c: char) -> bool {
        match self {
            Self::Char(wanted) => *wanted == c,
            Self::Any | Self::Star => true,
            Self::Class { negated, ranges } => {
                ranges.iter().any(|(low, high)| (*low..=*high).contains(&c)) != *negated
            }
            Self::Bad => false,
        }
    }
}

/// Whether the whole of one component matches; goes back to the last star only, which is enough.
fn matches(pieces: &[Piece], part: &str) -> bool {
    let chars: Vec<char> = part.chars().collect();
    let (mut piece, mut at) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    loop {
        match (pieces.get(piece), chars.get(at)) {
            (None, None) => return true,
            (Some(Piece::Star), _) => {
                star = Some((piece, at));
                piece += 1;
                continue;
            }
            (Some(wanted), Some(c)) if wanted.matches(*c) => {
                (piece, at) = (piece + 1, at + 1);
                continue;
            }
            _ => {}
        }
        let Some((from, eaten)) = star.filter(|(_, eaten)| *eaten < chars.len()) else {
            return false;
        };
        star = Some((from, eaten + 1));
        (piece, at) = (from + 1, eaten + 1);
    }
}

/// The parts of a path joined and cleaned, as by Go's `filepath.Join`.
pub(super) fn join(parts: &[&str]) -> String {
    let mut cleaned: Vec<&str> = Vec::new();
    for part in parts.iter().flat_map(|part| part.split('/')) {
        match part {
            "" | "." => {}
            ".." if cleaned.last().is_some_and(|last| *last != "..") => {
                cleaned.pop();
            }
            part => cleaned.push(part),
        }
    }
    cleaned.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_match_as_in_go() {
        for (glob, path, matches) in [
            ("*", "a", true),
            ("*", "a/b", false),
            ("*", ".hidden", true),
            ("**", "a", true),
            ("**/x", "a/b/x", false),
            ("a/*/c", "a/b/c", true),
            ("a/*b*c", "a/xbbxc", true),
            ("a/?.log", "a/é.log", true),
            ("[a-c]x", "bx", true),
            ("[^a-c]x", "bx", false),
            ("[!a]x", "!x", true),
            (r"\*", "*", true),
            (r"\*", "a", false),
            ("[]a]", "a", false),
            ("[a", "a", false),
            ("{a,b}", "a", false),
            ("a", "a", true),
            ("", "", true),
            ("a*", "b", false),
        ] {
            assert_eq!(Glob::new(glob).matches(path), matches, "{glob} {path}");
        }
    }

    #[test]
    fn paths_are_cleaned() {
        assert_eq!(join(&["", "a//b/./c"]), "a/b/c");
        assert_eq!(join(&["a", "../b", "/c/"]), "b/c");
        assert_eq!(join(&["../a"]), "../a");
    }
}
