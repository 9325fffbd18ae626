//! `{name}` in the texts of a cause.

use std::collections::BTreeMap;

use super::solve::Bound;
use super::symptom::Symptom;
use crate::catalog::template::expand;

/// Values of one name that a text lists.
const MAX_LISTED: usize = 3;

/// What names stand for: one or more values each, most important first.
#[derive(Debug, Default)]
pub(super) struct Values(BTreeMap<String, Vec<String>>);

impl Values {
    /// Adds what the variables of a way stand for, and what its symptom says.
    pub(super) fn add(&mut self, bound: &BTreeMap<String, Bound>, symptom: &Symptom) {
        for (name, value) in bound {
            if let Bound::To(value) = value {
                self.insert(name, value);
            }
        }
        for (name, value) in symptom.bindings() {
            if !bound.contains_key(&*name) {
                self.insert(&name, &value);
            }
        }
    }

    /// Adds one value.
    pub(super) fn insert(&mut self, name: &str, value: &str) {
        let values = self.0.entry(name.to_owned()).or_default();
        if !values.iter().any(|known| known == value) {
            values.push(value.to_owned());
        }
    }

    /// Puts one value in the place of all others.
    pub(super) fn replace(&mut self, name: &str, value: &str) {
        self.0.insert(name.to_owned(), vec![value.to_owned()]);
    }

    /// All names and their values.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.0.iter().map(|(name, values)| (&**name, &values[..]))
    }

    /// The values of a name.
    pub(super) fn get(&self, name: &str) -> &[String] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }

    /// A sentence, with lists of values and words for what is not known.
    pub(super) fn fill(&self, text: &str) -> String {
        expand(text, |slot| match self.get(slot.name) {
            [] => slot.otherwise.unwrap_or(unknown(slot.name)).to_owned(),
            values => list(values),
        })
    }

    /// A sentence of which the commands, in backquotes, are filled as commands.
    pub(super) fn fill_advice(&self, text: &str) -> String {
        let parts = text.split('`').enumerate().map(|(at, part)| {
            if at % 2 == 1 {
                self.fill_command(part)
            } else {
                self.fill(part)
            }
        });
        parts.collect::<Vec<_>>().join("`")
    }

    /// A command: only a single value that no shell would interpret is put in.
    pub(super) fn fill_command(&self, text: &str) -> String {
        expand(text, |slot| match self.get(slot.name) {
            [value] if is_harmless(value) => value.clone(),
            _ => format!("<{}>", slot.name),
        })
    }
}

/// `a, b, c and 4 more`; numbers in their order.
fn list(values: &[String]) -> String {
    let mut values = values.to_vec();
    values.sort_by_key(|value| value.parse::<u64>().ok());
    let shown = values
        .iter()
        .take(MAX_LISTED)
        .cloned()
        .collect::<Vec<_>>()
        .join(", ");
    match values.len().saturating_sub(MAX_LISTED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// Whether a shell would take the text as one plain word.
pub(in crate::diagnose) fn is_harmless(text: &str) -> bool {
    let plain = |c: char| {
        c.is_ascii_alphanumeric()
            || matches!(c, '.' | ':' | '_' | '-' | '/' | '@' | '%' | '+' | ',')
    };
    !text.is_empty() && !text.starts_with('-') && text.chars().all(plain)
}

/// Who dialled, in words.
pub(super) fn client(symptom: &Symptom) -> String {
    match (&symptom.client.node, &symptom.client.container) {
        (Some(node), Some(container)) => format!("{node}, inside the container {container}"),
        (Some(node), None) => node.clone(),
        (None, Some(container)) => format!("the client, inside the container {container}"),
        (None, None) => "the client".to_owned(),
    }
}

fn unknown(name: &str) -> &'static str {
    match name {
        "target" => "the machine that was dialled",
        "client" | "node" => "the client",
        "port" => "the port",
        "address" => "the address that was dialled",
        "service" => "the service that was dialled",
        "process" => "the service",
        "listens" => "another address",
        "verdict" => "block",
        "mount" => "a mount point",
        "used" => "nearly 100",
        "unit" => "a unit",
        "state" => "not failed",
        _ => "?",
    }
}
