//! Host names, which get a number each.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};
use regex::bytes::Regex;

use super::words::is_in;
use super::{Found, Mask, rule};

/// The host names that are masked wherever they stand.
#[derive(Debug)]
pub(super) struct Hosts {
    names: Option<AhoCorasick>,
}

/// A name with a domain in a URL, behind the user if there is one, or in front of a port.
static NAMES: LazyLock<[Regex; 2]> = LazyLock::new(|| {
    [
        r#"://(?:[^\s/?#"'<>]*@)?(?P<mask>[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+)"#,
        r"(?:^|[^A-Za-z0-9_./-])(?P<mask>[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+):[0-9]{2,5}\b",
    ]
    .map(|regex| rule::compile(regex).expect("a constant that tests compile"))
});

impl Hosts {
    pub(super) fn new(names: impl IntoIterator<Item = String>) -> Self {
        let names: Vec<String> = names
            .into_iter()
            .map(|name| name.trim().to_owned())
            .filter(|name| !name.is_empty() && !is_nobody(name))
            .collect();
        let automaton = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::LeftmostLongest)
            .build(names);
        Self {
            names: automaton.ok(),
        }
    }

    /// Adds the host names in `text`.
    pub(super) fn find(&self, text: &str, into: &mut Vec<Found>) {
        let bytes = text.as_bytes();
        let part = |at: usize| {
            bytes
                .get(at)
                .is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
        };
        let known = self.names.iter().flat_map(|names| names.find_iter(text));
        for hit in known {
            let starts = hit.start().checked_sub(1).is_none_or(|at| !part(at));
            if starts && !part(hit.end()) {
                push(text, hit.range(), into);
            }
        }
        if !text.contains(':') {
            return;
        }
        for regex in NAMES.iter() {
            for found in regex.captures_iter(bytes) {
                if let Some(name) = found.name("mask")
                    && is_host(&text[name.range()])
                {
                    push(text, name.range(), into);
                }
            }
        }
    }
}

fn push(text: &str, range: std::ops::Range<usize>, into: &mut Vec<Found>) {
    let name = text[range.clone()].to_ascii_lowercase();
    into.push(Found {
        range,
        mask: Mask::Numbered("host", name),
    });
}

fn is_nobody(name: &str) -> bool {
    [
        "localhost",
        "localhost.localdomain",
        "localhost4",
        "localhost6",
    ]
    .iter()
    .any(|local| local.eq_ignore_ascii_case(name))
}

/// Whether a name with dots is a machine's, not an address or a file with a line number.
fn is_host(name: &str) -> bool {
    const FILES: &str = "
        c cc cfg cj conf cpp cs cxx erl ex exs go h hpp html java js json jsx kt log lua m mjs php pl pm py rb rs scala
        service sh swift ts tsx txt xml yaml yml";
    let ending = name.rsplit('.').next().unwrap_or_default();
    !is_nobody(name)
        && ending.len() >= 2
        && ending.bytes().any(|b| b.is_ascii_alphabetic())
        && !is_in(FILES, ending)
}
