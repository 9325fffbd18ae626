//! The fields of a map, by name and type.

use std::ops::Range;

use super::super::pattern::Pattern;
use super::{Decoder, is_null, similar};
use crate::yaml::{Node, Value};

/// The entries of a map. Those without a value are left out.
pub(in super::super) struct Fields<'n> {
    pairs: Vec<(&'n str, &'n Node, &'n Node)>,
    span: Range<usize>,
}

impl<'n> Fields<'n> {
    /// The entries of a map; of what is no map, a problem.
    pub(super) fn new(decoder: &mut Decoder, node: &'n Node) -> Option<Self> {
        let pairs: &[_] = match &node.value {
            Value::Map(pairs) => pairs,
            _ if is_null(node) => &[],
            _ => {
                let message = format!("expected a map, found {}", node.kind());
                decoder.report("spec/wrong-type", message, &node.span);
                return None;
            }
        };
        let pairs = pairs
            .iter()
            .filter_map(|(key, value)| Some((key.as_text()?, key, value)))
            .collect();
        Some(Self {
            pairs,
            span: node.span.clone(),
        })
    }

    pub(super) fn check_names<'k>(
        &self,
        decoder: &mut Decoder,
        whose: &str,
        known: &(impl Iterator<Item = &'k str> + Clone),
    ) {
        for (name, key, _) in &self.pairs {
            if !known.clone().any(|known| known == *name) {
                let help = similar(name, known.clone());
                let message = format!("{whose} has no field `{name}`");
                decoder.report_with_help("spec/unknown-field", message, &key.span, help);
            }
        }
    }

    pub(in super::super) fn get(&self, name: &str) -> Option<&'n Node> {
        let mut found = self.pairs.iter().filter(|(known, ..)| *known == name);
        found.next().map(|(.., value)| *value)
    }

    /// Where the value of a field stands, or the map if there is none.
    pub(in super::super) fn span(&self, name: &str) -> Range<usize> {
        let found = self.get(name).map(|node| node.span.clone());
        found.unwrap_or_else(|| self.span.clone())
    }

    /// A text, empty if it is not there.
    pub(in super::super) fn text(&self, decoder: &mut Decoder, name: &str) -> String {
        self.get(name)
            .and_then(|node| text_of(decoder, name, node))
            .unwrap_or_default()
    }

    /// A text, or what stands for it if it is not there.
    pub(in super::super) fn text_or(
        &self,
        decoder: &mut Decoder,
        name: &str,
        default: &str,
    ) -> String {
        let text = self.text(decoder, name);
        if text.is_empty() {
            default.to_owned()
        } else {
            text
        }
    }

    pub(in super::super) fn flag(&self, decoder: &mut Decoder, name: &str) -> bool {
        let text = self.text(decoder, name);
        match &*text {
            "" | "false" => false,
            "true" => true,
            _ => {
                let message = format!("`{name}` is `true` or `false`, not `{text}`");
                decoder.report("spec/wrong-type", message, &self.span(name));
                false
            }
        }
    }

    /// A boolean, or a text that Go reads as one.
    pub(super) fn bool_or_text(&self, decoder: &mut Decoder, name: &str) -> bool {
        let text = self.text(decoder, name);
        if text.is_empty() {
            return false;
        }
        super::super::compare::boolean(&text).unwrap_or_else(|_| {
            let message = format!("`{name}` is `true` or `false`, not `{text}`");
            decoder.report("spec/wrong-type", message, &self.span(name));
            false
        })
    }

    pub(in super::super) fn number(&self, decoder: &mut Decoder, name: &str) -> i64 {
        let text = self.text(decoder, name);
        if text.is_empty() {
            return 0;
        }
        text.parse().unwrap_or_else(|_| {
            let message = format!("`{name}` is a whole number, not `{text}`");
            decoder.report("spec/wrong-type", message, &self.span(name));
            0
        })
    }

    pub(in super::super) fn texts(&self, decoder: &mut Decoder, name: &str) -> Vec<String> {
        let Some(node) = self.get(name) else {
            return Vec::new();
        };
        let Value::List(items) = &node.value else {
            if !is_null(node) {
                let message = format!("`{name}` is a list, not {}", node.kind());
                decoder.report("spec/wrong-type", message, &node.span);
            }
            return Vec::new();
        };
        let texts = items.iter().filter_map(|item| text_of(decoder, name, item));
        texts.collect()
    }

    /// The fields of a map in a field.
    pub(in super::super) fn map(
        &self,
        decoder: &mut Decoder,
        name: &str,
        known: &[&str],
    ) -> Option<Fields<'n>> {
        let node = self.get(name).filter(|node| !is_null(node))?;
        let fields = Fields::new(decoder, node)?;
        fields.check_names(decoder, &format!("`{name}`"), &known.iter().copied());
        Some(fields)
    }

    /// The fields of the maps in a list.
    pub(in super::super) fn maps(
        &self,
        decoder: &mut Decoder,
        name: &str,
        known: &[&str],
    ) -> Vec<Fields<'n>> {
        let Some(Value::List(items)) = self.get(name).map(|node| &node.value) else {
            return Vec::new();
        };
        let maps = items.iter().filter_map(|item| {
            let fields = Fields::new(decoder, item)?;
            fields.check_names(decoder, &format!("`{name}`"), &known.iter().copied());
            Some(fields)
        });
        maps.collect()
    }

    /// All entries of a map of texts in a field.
    pub(in super::super) fn text_map(
        &self,
        decoder: &mut Decoder,
        name: &str,
    ) -> Vec<(String, String)> {
        let node = self.get(name).filter(|node| !is_null(node));
        let Some(fields) = node.and_then(|node| Fields::new(decoder, node)) else {
            return Vec::new();
        };
        let texts = fields.pairs.iter();
        texts
            .filter_map(|(key, _, value)| Some(((*key).to_owned(), text_of(decoder, key, value)?)))
            .collect()
    }

    /// A regex; nothing if there is none, or a problem if it cannot be compiled.
    pub(in super::super) fn pattern(
        &self,
        decoder: &mut Decoder,
        name: &str,
    ) -> Result<Option<Pattern>, ()> {
        let text = self.text(decoder, name);
        if text.is_empty() {
            return Ok(None);
        }
        Pattern::new(&text).map(Some).map_err(|reason| {
            let help = text
                .contains("{{")
                .then(|| "render the template of the spec first".to_owned());
            let message = format!("the regex of `{name}` is not valid: {reason}");
            decoder.report_with_help("spec/regex", message, &self.span(name), help);
        })
    }
}

fn text_of(decoder: &mut Decoder, name: &str, node: &Node) -> Option<String> {
    match node.as_text() {
        Some("~" | "null") => None,
        Some(text) => Some(text.to_owned()),
        None => {
            let message = format!("`{name}` is a text, not {}", node.kind());
            decoder.report("spec/wrong-type", message, &node.span);
            None
        }
    }
}
