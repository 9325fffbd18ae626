//! What a built-in rule is, and how all of them are applied at once.

use std::ops::Range;
use std::sync::{LazyLock, OnceLock};

use aho_corasick::AhoCorasick;
use regex::bytes::{Captures, Regex, RegexBuilder};

use super::value::{self, Style};
use super::{Found, HIDDEN, Mask, rules};

/// One kind of secret.
pub(super) struct Rule {
    /// What it is called in tests and problems.
    pub(super) name: &'static str,
    /// Texts of which one occurs wherever the expression matches, in any case of letters. Few occurrences elsewhere
    /// make a good one.
    pub(super) literals: &'static [&'static str],
    /// Bytes, not Unicode. The group `mask` is what is hidden, else the whole match.
    pub(super) regex: &'static str,
    what: What,
    with: &'static str,
    check: fn(&str, &Range<usize>) -> bool,
}

/// What of a match is hidden.
#[derive(Clone, Copy)]
enum What {
    /// The group `mask`, or everything.
    Group,
    /// The value that starts behind the match, if the group `key` names a secret.
    Value(Style),
}

impl Rule {
    pub(super) const fn new(
        name: &'static str,
        literals: &'static [&'static str],
        regex: &'static str,
    ) -> Self {
        Self {
            name,
            literals,
            regex,
            what: What::Group,
            with: HIDDEN,
            check: |_, _| true,
        }
    }

    /// Hides the value that starts behind the match.
    pub(super) const fn value(mut self, style: Style) -> Self {
        self.what = What::Value(style);
        self
    }

    /// Hides only what passes a test of the text and the place in it.
    pub(super) const fn when(mut self, check: fn(&str, &Range<usize>) -> bool) -> Self {
        self.check = check;
        self
    }

    /// Another mask.
    pub(super) const fn with(mut self, mask: &'static str) -> Self {
        self.with = mask;
        self
    }

    fn hidden(&self, text: &str, found: &Captures<'_>) -> Option<Range<usize>> {
        let whole = found.get(0)?.range();
        let hidden = match self.what {
            What::Group => found
                .name("mask")
                .map_or(whole, |mask| mask.start()..mask.end()),
            What::Value(style) => value::behind(text, found.name("key")?.range(), whole, style)?,
        };
        (self.check)(text, &hidden).then_some(hidden)
    }
}

/// An expression over bytes, as all rules have them: neither Unicode tables nor invalid UTF-8 matter to a mask.
pub(super) fn compile(regex: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(regex)
        .unicode(false)
        .size_limit(1 << 20)
        .build()
}

/// All rules, and the literals that say which of them are worth a try.
struct Builtin {
    rules: Vec<(&'static Rule, OnceLock<Regex>)>,
    literals: AhoCorasick,
    /// The rule of each literal.
    owners: Vec<usize>,
}

static BUILTIN: LazyLock<Builtin> = LazyLock::new(|| {
    let rules: Vec<_> = rules::all().map(|rule| (rule, OnceLock::new())).collect();
    let literals = rules.iter().flat_map(|(rule, _)| rule.literals);
    let owners = rules
        .iter()
        .enumerate()
        .flat_map(|(index, (rule, _))| rule.literals.iter().map(move |_| index))
        .collect();
    let literals = AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .build(literals)
        .expect("some hundred short literals fit");
    Builtin {
        rules,
        literals,
        owners,
    }
});

/// Adds what the built-in rules hide in `text`.
pub(super) fn find(text: &str, into: &mut Vec<Found>) {
    let builtin = &*BUILTIN;
    let mut wanted = 0_u128;
    for hit in builtin.literals.find_overlapping_iter(text) {
        wanted |= 1 << builtin.owners[hit.pattern()];
    }
    while wanted != 0 {
        let (rule, regex) = &builtin.rules[wanted.trailing_zeros() as usize];
        wanted &= wanted - 1;
        let regex = regex.get_or_init(|| match compile(rule.regex) {
            Ok(regex) => regex,
            Err(error) => panic!("a test compiles all rules, also `{}`: {error}", rule.name),
        });
        for captures in regex.captures_iter(text.as_bytes()) {
            if let Some(range) = rule.hidden(text, &captures) {
                let mask = Mask::Text(rule.with);
                into.push(Found { range, mask });
            }
        }
    }
}
