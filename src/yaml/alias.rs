//! Documents with anchors, aliases and merge keys, as the manifests of Kubernetes have them, and typed values.

use std::collections::HashMap;
use std::ops::Range;

use saphyr_parser::{Event, ScalarStyle};
use serde_json::{Map, Number};

use super::{Builder, Node, SyntaxError, Value};

/// All copies that the anchors and aliases of one text may make, in nodes.
const MAX_COPIES: usize = 100_000;
/// Nested deeper than this, before aliases are replaced, a text is refused.
const MAX_DEPTH: usize = 64;

/// The documents in `text`, with aliases replaced by what they stand for, and `<<` by the entries it merges.
pub(crate) fn documents_with_aliases(text: &str) -> Result<Vec<Node>, SyntaxError> {
    let mut expander = Expander {
        text,
        builder: Builder::new(text),
        anchors: HashMap::new(),
        copies: 0,
    };
    let mut documents = Vec::new();
    while let Some((event, span)) = expander.builder.next()? {
        match event {
            Event::StreamEnd => break,
            Event::StreamStart | Event::DocumentStart(_) | Event::DocumentEnd | Event::Nothing => {}
            other => documents.push(expander.node(other, span, 0)?),
        }
    }
    Ok(documents)
}

struct Expander<'a> {
    text: &'a str,
    builder: Builder<'a>,
    /// What an anchor stands for, and how many nodes that are.
    anchors: HashMap<usize, (Node, usize)>,
    copies: usize,
}

impl<'a> Expander<'a> {
    fn node(
        &mut self,
        event: Event<'a>,
        span: Range<usize>,
        depth: usize,
    ) -> Result<Node, SyntaxError> {
        if depth > MAX_DEPTH {
            return Err(SyntaxError {
                message: format!("nested deeper than {MAX_DEPTH} levels"),
                span,
            });
        }
        let (anchor, node) = match event {
            Event::Scalar(text, style, anchor, _) => {
                let text = text.into_owned();
                let value = Value::Scalar { text };
                let span = self.with_header(span, style);
                (anchor, Node { span, value })
            }
            Event::SequenceStart(anchor, _) => (anchor, self.list(span, depth)?),
            Event::MappingStart(anchor, _) => (anchor, self.map(span, depth)?),
            Event::Alias(anchor) => return self.copy(anchor, span),
            _ => {
                return Err(SyntaxError {
                    message: "the document ends too early".to_owned(),
                    span,
                });
            }
        };
        if anchor != 0 {
            let size = size(&node);
            self.charge(size, &node.span)?;
            self.anchors.insert(anchor, (node.clone(), size));
        }
        Ok(node)
    }

    /// The place of a scalar, from the `|` or `>` on that it may have.
    fn with_header(&self, span: Range<usize>, style: ScalarStyle) -> Range<usize> {
        if !matches!(style, ScalarStyle::Literal | ScalarStyle::Folded) {
            return span;
        }
        let before = self.text.get(..span.start).unwrap_or_default();
        before.rfind(['|', '>']).unwrap_or(span.start)..span.end
    }

    fn copy(&mut self, anchor: usize, span: Range<usize>) -> Result<Node, SyntaxError> {
        let Some((node, size)) = self.anchors.get(&anchor) else {
            return Err(SyntaxError {
                message: "an alias inside of what it stands for".to_owned(),
                span,
            });
        };
        let (node, size) = (node.clone(), *size);
        self.charge(size, &span)?;
        Ok(node)
    }

    fn charge(&mut self, size: usize, span: &Range<usize>) -> Result<(), SyntaxError> {
        self.copies = self.copies.saturating_add(size);
        if self.copies > MAX_COPIES {
            return Err(SyntaxError {
                message: format!("anchors and aliases make more than {MAX_COPIES} copies"),
                span: span.clone(),
            });
        }
        Ok(())
    }

    fn list(&mut self, span: Range<usize>, depth: usize) -> Result<Node, SyntaxError> {
        let (mut items, mut end) = (Vec::new(), span.end);
        while let Some((event, item)) = self.builder.next()? {
            end = item.end;
            if matches!(event, Event::SequenceEnd) {
                break;
            }
            items.push(self.node(event, item, depth + 1)?);
        }
        Ok(Node {
            span: span.start..end,
            value: Value::List(items),
        })
    }

    fn map(&mut self, span: Range<usize>, depth: usize) -> Result<Node, SyntaxError> {
        let (mut pairs, mut merged, mut end) = (Vec::new(), Vec::new(), span.end);
        while let Some((event, key)) = self.builder.next()? {
            end = key.end;
            if matches!(event, Event::MappingEnd) {
                break;
            }
            let key = self.node(event, key, depth + 1)?;
            let Some((event, value)) = self.builder.next()? else {
                break;
            };
            let value = self.node(event, value, depth + 1)?;
            end = end.max(value.span.end);
            if key.as_text() == Some("<<") {
                merged.push(value);
            } else {
                pairs.push((key, value));
            }
        }
        for source in merged {
            merge(&mut pairs, source);
        }
        Ok(Node {
            span: span.start..end,
            value: Value::Map(pairs),
        })
    }
}

/// Adds the entries of a map, or of a list of maps, that are not there.
fn merge(pairs: &mut Vec<(Node, Node)>, source: Node) {
    match source.value {
        Value::Map(more) => {
            for (key, value) in more {
                let is_there = |(known, _): &(Node, Node)| known.as_text() == key.as_text();
                if !pairs.iter().any(is_there) {
                    pairs.push((key, value));
                }
            }
        }
        Value::List(sources) => sources.into_iter().for_each(|source| merge(pairs, source)),
        Value::Scalar { .. } => {}
    }
}

fn size(node: &Node) -> usize {
    1 + match &node.value {
        Value::Scalar { .. } => 0,
        Value::List(items) => items.iter().map(size).sum(),
        Value::Map(pairs) => pairs
            .iter()
            .map(|(key, value)| size(key) + size(value))
            .sum(),
    }
}

/// The node as JSON: plain scalars that look like numbers, booleans or null are such. `text` is where it comes from.
pub(crate) fn to_json(node: &Node, text: &str) -> serde_json::Value {
    match &node.value {
        Value::Scalar { text: scalar } => {
            let written = text.get(node.span.clone()).unwrap_or_default();
            if written.trim() == scalar {
                plain(scalar)
            } else {
                scalar.clone().into()
            }
        }
        Value::List(items) => items.iter().map(|item| to_json(item, text)).collect(),
        Value::Map(pairs) => {
            let mut object = Map::new();
            for (key, value) in pairs {
                if let Some(key) = key.as_text() {
                    object.insert(key.to_owned(), to_json(value, text));
                }
            }
            object.into()
        }
    }
}

/// An unquoted scalar, by the rules of YAML 1.1 that Go's `yaml.v2` follows.
fn plain(text: &str) -> serde_json::Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return serde_json::Value::Null,
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" | "y" | "Y" => {
            return true.into();
        }
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" | "n" | "N" => {
            return false.into();
        }
        _ => {}
    }
    let looks_like_number = text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c))
        && text.contains(|c: char| c.is_ascii_digit())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    if looks_like_number {
        let radix = |prefix, radix| {
            let digits = text.strip_prefix(prefix)?;
            i64::from_str_radix(digits, radix).ok()
        };
        let whole = text
            .parse::<i64>()
            .ok()
            .filter(|_| !text.starts_with('0') || text == "0")
            .or_else(|| radix("0x", 16))
            .or_else(|| radix("0o", 8))
            .or_else(|| radix("0b", 2))
            .or_else(|| radix("0", 8));
        if let Some(whole) = whole {
            return whole.into();
        }
        if let Some(number) = text.parse::<f64>().ok().and_then(Number::from_f64) {
            return number.into();
        }
    }
    text.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> String {
        let documents = documents_with_aliases(text).expect("valid YAML");
        let values: Vec<_> = documents.iter().map(|node| to_json(node, text)).collect();
        serde_json::to_string(&values).expect("JSON")
    }

    #[test]
    fn aliases_and_merge_keys_are_replaced() {
        let text = "a: &a {x: 1, y: 2}\nb: *a\nc: {<<: *a, y: 3}\nd: {<<: [{z: 4}, *a]}\n";
        let expected =
            r#"[{"a":{"x":1,"y":2},"b":{"x":1,"y":2},"c":{"y":3,"x":1},"d":{"z":4,"x":1,"y":2}}]"#;
        assert_eq!(json(text), expected);
    }

    #[test]
    fn plain_scalars_have_types() {
        let text = "[1, '1', 1.5, true, yes, \"no\", ~, null, 0x10, 010, -3, 1.2.3, 1e3, abc, 5m]";
        let expected =
            r#"[[1,"1",1.5,true,true,"no",null,null,16,8,-3,"1.2.3",1000.0,"abc","5m"]]"#;
        assert_eq!(json(text), expected);
        assert_eq!(
            json("a: |\n  5\nb: >-\n  5\nc:\n"),
            r#"[{"a":"5\n","b":"5","c":null}]"#
        );
    }

    #[test]
    fn a_text_that_grows_or_never_ends_is_refused() {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..12 {
            let list = format!("*a{}, ", level - 1).repeat(9);
            text += &format!("a{level}: &a{level} [{list}]\n");
        }
        assert!(documents_with_aliases(&text).is_err());
        assert!(documents_with_aliases("a: &a [*a]\n").is_err());
        assert!(documents_with_aliases("a: *b\n").is_err());
        assert!(documents_with_aliases(&"[".repeat(10_000)).is_err());
    }
}
