//! Tables as blocks of lines: chains with their rules, and named sets.

use super::condition::Context;
use super::value::Sets;
use super::{rule, token};
use crate::facts::Sink;
use crate::facts::parse::draft::{Draft, Line, clip, policy_name};
use crate::filter::{Action, Base, Chain, Family, Hook, Policy};

/// What the whole listing tells of what it shows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shown {
    /// Whether each condition of iptables that nft cannot translate is named.
    pub(super) all: bool,
    /// Whether elements of sets are listed; `nft -t` leaves them out.
    pub(super) elements: bool,
}

/// A table as text.
#[derive(Debug)]
pub(super) struct Table<'a> {
    pub(super) line: Line<'a>,
    /// Family and name.
    pub(super) name: String,
    /// `None` for those that are not read.
    family: Option<Family>,
    chains: Vec<RawChain<'a>>,
    /// Name and content of each set and map.
    sets: Vec<(String, String)>,
    block: Block,
    /// Whether the closing brace has been read.
    pub(super) is_complete: bool,
}

/// What is open within a table.
#[derive(Debug)]
enum Block {
    /// Nothing.
    None,
    /// The last chain; how deep its unfinished rule is.
    Chain(isize),
    /// The last set, how deep.
    Set(isize),
    /// Something else, how deep.
    Other(isize),
}

#[derive(Debug)]
struct RawChain<'a> {
    name: &'a str,
    line: Line<'a>,
    base: Option<Base>,
    /// Whether it is of type `filter`.
    filters: bool,
    /// Each rule's first line, and its text with the lines that continue it.
    rules: Vec<(Line<'a>, String)>,
}

impl<'a> Table<'a> {
    /// `table inet filter { # handle 1`.
    pub(super) fn of(line: Line<'a>) -> Option<Self> {
        let text = rule::without_handle(line.1.trim_end());
        let mut words = text
            .strip_prefix("table ")?
            .strip_suffix('{')?
            .split_whitespace();
        let (family, name) = (words.next()?, words.next()?);
        words.next().is_none().then(|| Self {
            line,
            name: format!("{family} {name}"),
            family: match family {
                "ip" => Some(Family::V4),
                "ip6" => Some(Family::V6),
                "inet" => Some(Family::Any),
                _ => None,
            },
            chains: Vec::new(),
            sets: Vec::new(),
            block: Block::None,
            is_complete: false,
        })
    }

    /// Takes a line of the table; false if it is none.
    pub(super) fn take(&mut self, line: Line<'a>) -> bool {
        let text = rule::without_handle(line.1).trim();
        match &mut self.block {
            Block::None if text == "}" => self.is_complete = true,
            // Everything within a table is indented.
            _ if !line.1.starts_with([' ', '\t']) => return false,
            Block::None => self.open(line, text),
            Block::Chain(0) if text == "}" => self.block = Block::None,
            Block::Chain(depth) => {
                let deeper = token::depth(text);
                let Some(chain) = self.chains.last_mut() else {
                    return false;
                };
                if *depth == 0 {
                    chain.take(line, text);
                } else if let Some((_, rule)) = chain.rules.last_mut() {
                    rule.push(' ');
                    rule.push_str(text);
                }
                *depth = (*depth + deeper).max(0);
            }
            Block::Set(depth) | Block::Other(depth) => {
                *depth += token::depth(text);
                if *depth > 0 {
                    if let (Block::Set(_), Some((_, content))) = (&self.block, self.sets.last_mut())
                    {
                        content.push_str(text);
                        content.push(' ');
                    }
                } else {
                    self.block = Block::None;
                }
            }
        }
        true
    }

    /// `chain input {`, `set banned {`, and what else a table has.
    fn open(&mut self, line: Line<'a>, text: &'a str) {
        let Some(head) = text.strip_suffix('{') else {
            return;
        };
        let mut words = head.split_whitespace();
        self.block = match (words.next(), words.next()) {
            (Some("chain"), Some(name)) => {
                self.chains.push(RawChain {
                    name,
                    line,
                    base: None,
                    filters: false,
                    rules: Vec::new(),
                });
                Block::Chain(0)
            }
            (Some("set" | "map"), Some(name)) => {
                self.sets.push((name.to_owned(), String::new()));
                Block::Set(1)
            }
            _ => Block::Other(1),
        };
    }

    /// Whether rules name extensions of iptables, as newer versions do with what they cannot translate.
    pub(super) fn names_extensions(&self) -> bool {
        let mut rules = self.chains.iter().flat_map(|chain| &chain.rules);
        rules.any(|(_, text)| text.contains("xt match ") || text.contains("xt target "))
    }

    /// Whether a set has elements.
    pub(super) fn has_elements(&self) -> bool {
        self.sets
            .iter()
            .any(|(_, text)| text.contains("elements ="))
    }

    /// The chains with their rules; none for a table that is not read.
    pub(super) fn chains(&self, shown: Shown) -> Vec<Chain> {
        let Some(family) = self.family else {
            return Vec::new();
        };
        let is_iptables = family != Family::Any && self.is_of_iptables();
        let sets = Sets::of(&self.sets, shown.elements);
        let context = Context {
            family,
            sets,
            is_iptables,
            shows_all: shown.all,
        };
        self.chains
            .iter()
            .map(|chain| self.chain(chain, &context))
            .collect()
    }

    fn chain(&self, raw: &RawChain<'_>, context: &Context<'_>) -> Chain {
        let rules = raw
            .rules
            .iter()
            .flat_map(|(line, text)| rule::rules(*line, text, context));
        let mut rules: Vec<_> = rules.collect();
        // Rules that follow may be missing.
        if !self.is_complete {
            rules.extend(
                Draft::new(raw.line).with(&Action::Unknown("the listing is cut".to_owned())),
            );
        }
        let ((line, text), base) = (raw.line, raw.base);
        let (table, name) = (self.name.clone(), raw.name.to_owned());
        Chain {
            table,
            name,
            base,
            rules,
            line,
            text: clip(text),
        }
    }

    /// Whether iptables made the table: it has its name, and base chains with names of iptables.
    fn is_of_iptables(&self) -> bool {
        let (_, name) = self.name.split_once(' ').unwrap_or_default();
        let is_builtin = |chain: &RawChain<'_>| {
            chain.base.is_some() && chain.name.bytes().all(|byte| byte.is_ascii_uppercase())
        };
        matches!(name, "filter" | "nat" | "mangle" | "raw" | "security")
            && self.chains.iter().any(is_builtin)
    }

    /// States the policies of chains that filter.
    pub(super) fn policies(&self, sink: &mut Sink) {
        let is_read = self.family.is_some();
        for chain in self.chains.iter().filter(|chain| is_read && chain.filters) {
            let Some(Base {
                hook: Hook::Input | Hook::Forward | Hook::Output,
                policy,
                ..
            }) = chain.base
            else {
                continue;
            };
            let Some(policy) = policy_name(policy) else {
                continue;
            };
            let fields = [
                ("source", "nftables"),
                ("table", &self.name),
                ("chain", chain.name),
                ("policy", policy),
            ];
            sink.fact("filter_policy", chain.line, fields);
        }
    }
}

impl<'a> RawChain<'a> {
    /// Takes a line within the chain.
    fn take(&mut self, line: Line<'a>, text: &'a str) {
        if text.starts_with("type ") && text.contains(" hook ") {
            if let Some(base) = base(text) {
                self.base = Some(base);
                self.filters = text.starts_with("type filter ");
                // The line that states the policy.
                self.line = line;
            }
        } else if !text.starts_with("comment ") && !text.starts_with("devices ") {
            // The spaces in front of a rule mean something, see `rule::hides_conditions`.
            self.rules
                .push((line, line.1.trim_start_matches('\t').to_owned()));
        }
    }
}

/// `type filter hook input priority filter + 10; policy drop;`; `None` for hooks that a connection's packets pass
/// only on certain devices.
fn base(text: &str) -> Option<Base> {
    let mut parts = text.split(';').map(str::trim);
    let mut words = parts.next()?.split_whitespace();
    let hook = Hook::from_name(words.by_ref().skip_while(|word| *word != "hook").nth(1)?)?;
    let priority = priority(
        &words
            .skip_while(|word| *word != "priority")
            .skip(1)
            .collect::<Vec<_>>(),
    )?;
    let policy = parts.find_map(|part| part.strip_prefix("policy "));
    let policy = match policy {
        Some("drop") => Policy::Drop,
        Some("accept") | None => Policy::Accept,
        Some(_) => Policy::Unknown,
    };
    Some(Base {
        hook,
        priority,
        policy,
    })
}

/// `-150`, `filter`, `filter + 10`.
fn priority(words: &[&str]) -> Option<i32> {
    let named = |name: &str| {
        Some(match name {
            "raw" => -300,
            "mangle" => -150,
            "dstnat" => -100,
            "filter" => 0,
            "security" => 50,
            "srcnat" => 100,
            number => number.parse().ok()?,
        })
    };
    match words {
        [name] => named(name),
        [name, "+", number] => named(name)?.checked_add(number.parse().ok()?),
        [name, "-", number] => named(name)?.checked_sub(number.parse().ok()?),
        _ => None,
    }
}
