//! What parsers write to, and what comes of one entry.

use std::borrow::Cow;

use super::{Fact, MAX_TEXT};
use crate::filter::{IpSet, Ruleset};

/// Facts of one entry beyond which no more are kept.
const MAX_FACTS: usize = 20_000;

/// Everything that one entry states.
#[derive(Clone, Debug, Default)]
pub struct Gathered {
    /// The statements, in the order of the lines of each parser.
    pub facts: Vec<Fact>,
    /// Which statements are complete.
    pub tables: Vec<Table>,
    /// Packet filter rules.
    pub rulesets: Vec<Ruleset>,
    /// Sets that such rules name.
    pub sets: Vec<IpSet>,
    /// Statements that were not kept because there were too many.
    pub dropped: u64,
    /// The container or network namespace in which the command ran; `None`: the machine itself.
    pub inside: Option<String>,
}

/// A listing that has everything of its kind, so that what is not in it is not there.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Table {
    /// The kind of its facts.
    pub kind: Cow<'static, str>,
    /// What of that kind it covers, such as `listen tcp4`; empty: all.
    pub scope: &'static str,
    /// The line of its header, from one.
    pub line: u64,
    /// The header.
    pub text: String,
}

/// Takes what a parser finds in one entry.
#[derive(Debug, Default)]
pub struct Sink {
    gathered: Gathered,
}

impl Sink {
    /// Adds a fact of `kind` that the line `line` (number and text) states; empty values are left out.
    pub fn fact<K, V>(
        &mut self,
        kind: &'static str,
        line: (u64, &str),
        fields: impl IntoIterator<Item = (K, V)>,
    ) where
        K: Into<Cow<'static, str>>,
        V: Into<String>,
    {
        self.fact_on(None, kind, line, fields);
    }

    /// Adds a fact about the machine `node`, which the statement itself names.
    pub fn fact_on<K, V>(
        &mut self,
        node: Option<&str>,
        kind: impl Into<Cow<'static, str>>,
        (line, text): (u64, &str),
        fields: impl IntoIterator<Item = (K, V)>,
    ) where
        K: Into<Cow<'static, str>>,
        V: Into<String>,
    {
        if self.gathered.facts.len() >= MAX_FACTS {
            self.gathered.dropped += 1;
            return;
        }
        let fields = fields
            .into_iter()
            .map(|(name, value)| (name.into(), value.into()));
        self.gathered.facts.push(Fact {
            kind: kind.into(),
            line,
            text: clip(text),
            node: node.map(str::to_owned),
            fields: fields
                .filter(|(_, value): &(_, String)| !value.is_empty())
                .collect(),
        });
    }

    /// States that all facts of `kind` (within `scope`) are listed from the header `line` on.
    pub fn table(
        &mut self,
        kind: impl Into<Cow<'static, str>>,
        scope: &'static str,
        (line, text): (u64, &str),
    ) {
        let (kind, text) = (kind.into(), clip(text));
        self.gathered.tables.push(Table {
            kind,
            scope,
            line,
            text,
        });
    }

    /// Adds rules of a packet filter.
    pub fn ruleset(&mut self, ruleset: Ruleset) {
        self.gathered.rulesets.push(ruleset);
    }

    /// Adds sets that rules of a packet filter name.
    pub fn sets(&mut self, sets: impl IntoIterator<Item = IpSet>) {
        self.gathered.sets.extend(sets);
    }

    /// What was taken.
    pub fn into_gathered(self) -> Gathered {
        self.gathered
    }
}

impl Gathered {
    /// How many statements there are, with the rules of packet filters.
    pub fn count(&self) -> usize {
        let chains = self.rulesets.iter().flat_map(|ruleset| &ruleset.chains);
        self.facts.len() + chains.map(|chain| chain.rules.len()).sum::<usize>()
    }

    /// The rules of packet filters as facts of the kind `filter_rule`.
    pub fn rules(&self) -> impl Iterator<Item = Fact> {
        self.rulesets.iter().flat_map(|ruleset| {
            ruleset.chains.iter().flat_map(|chain| {
                chain.rules.iter().map(|rule| {
                    let packets = rule.packets.map(|packets| packets.to_string());
                    let fields = [
                        ("source", ruleset.source.as_str().to_owned()),
                        ("table", chain.table.clone()),
                        ("chain", chain.name.clone()),
                        ("rule", clip(rule.text.trim())),
                        ("packets", packets.unwrap_or_default()),
                    ];
                    let set = fields.into_iter().filter(|(_, value)| !value.is_empty());
                    Fact {
                        kind: Cow::Borrowed("filter_rule"),
                        line: rule.line,
                        text: clip(&rule.text),
                        node: None,
                        fields: set
                            .map(|(name, value)| (Cow::Borrowed(name), value))
                            .collect(),
                    }
                })
            })
        })
    }

    /// Whether the statements are about the machine itself, not about a container on it.
    pub fn is_host(&self) -> bool {
        self.inside.is_none()
    }

    /// Whether nothing was stated.
    pub fn is_empty(&self) -> bool {
        self.facts.is_empty()
            && self.tables.is_empty()
            && self.rulesets.is_empty()
            && self.sets.is_empty()
    }
}

/// The line, cut at a character.
fn clip(text: &str) -> String {
    let end = text.floor_char_boundary(MAX_TEXT);
    text[..end].to_owned()
}
