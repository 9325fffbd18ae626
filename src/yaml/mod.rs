//! A tree of YAML nodes that know where they stand: for the catalog, and for YAML that a bundle holds.

mod alias;

use std::ops::Range;

pub(crate) use alias::{documents_with_aliases, to_json};
use saphyr_parser::{Event, Parser, ScanError, Span};

/// One node and its place in bytes of the text.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) span: Range<usize>,
    pub(crate) value: Value,
}

#[derive(Clone, Debug)]
pub(crate) enum Value {
    /// The text of a scalar, unquoted.
    Scalar {
        text: String,
    },
    List(Vec<Node>),
    /// Keys in the order of the file.
    Map(Vec<(Node, Node)>),
}

/// Why a text is no YAML that patterns may use, and where.
#[derive(Debug)]
pub(crate) struct SyntaxError {
    pub(crate) message: String,
    pub(crate) span: Range<usize>,
}

impl Node {
    /// The text of a scalar.
    pub(crate) fn as_text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar { text } => Some(text),
            _ => None,
        }
    }

    /// The items of a list; none for anything else.
    pub(crate) fn items(&self) -> &[Node] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    /// The keys and values of a map; none for anything else.
    pub(crate) fn pairs(&self) -> &[(Node, Node)] {
        match &self.value {
            Value::Map(pairs) => pairs,
            _ => &[],
        }
    }

    /// The value of a key of a map.
    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        let named = |(name, _): &&(Node, Node)| name.as_text() == Some(key);
        self.pairs().iter().find(named).map(|(_, value)| value)
    }

    pub(crate) fn kind(&self) -> &'static str {
        match self.value {
            Value::Scalar { .. } => "a single value",
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
        }
    }
}

/// The documents in `text`.
pub(crate) fn documents(text: &str) -> Result<Vec<Node>, SyntaxError> {
    let mut builder = Builder::new(text);
    let mut documents = Vec::new();
    while let Some((event, span)) = builder.next()? {
        match event {
            Event::StreamEnd => break,
            Event::StreamStart | Event::DocumentStart(_) | Event::DocumentEnd | Event::Nothing => {}
            other => documents.push(builder.node(other, span)?),
        }
    }
    Ok(documents)
}

/// Nested deeper than this, a file is no pattern.
const MAX_DEPTH: usize = 32;

struct Builder<'a> {
    /// Byte offset of every character, where they are not all bytes; the parser counts in characters.
    offsets: Option<Vec<usize>>,
    /// Bytes of the text.
    length: usize,
    parser: Parser<'a, saphyr_parser::StrInput<'a>>,
}

impl<'a> Builder<'a> {
    fn new(text: &'a str) -> Self {
        let offsets = || text.char_indices().map(|(at, _)| at).collect();
        Self {
            offsets: (!text.is_ascii()).then(offsets),
            length: text.len(),
            parser: Parser::new_from_str(text),
        }
    }

    fn next(&mut self) -> Result<Option<(Event<'a>, Range<usize>)>, SyntaxError> {
        match self.parser.next() {
            None => Ok(None),
            Some(Ok((event, span))) => Ok(Some((event, self.range(span)))),
            Some(Err(error)) => Err(self.error(&error)),
        }
    }

    fn range(&self, span: Span) -> Range<usize> {
        self.byte(span.start.index())..self.byte(span.end.index())
    }

    /// Where a character stands.
    fn byte(&self, index: usize) -> usize {
        let Some(offsets) = &self.offsets else {
            return index.min(self.length);
        };
        offsets.get(index).copied().unwrap_or(self.length)
    }

    fn error(&self, error: &ScanError) -> SyntaxError {
        let at = self.byte(error.marker().index());
        SyntaxError {
            message: error.info().to_owned(),
            span: at..at,
        }
    }

    fn node(&mut self, event: Event<'a>, span: Range<usize>) -> Result<Node, SyntaxError> {
        self.nested(event, span, 0)
    }

    fn nested(
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
        match event {
            Event::Scalar(text, ..) => {
                let text = text.into_owned();
                Ok(Node {
                    span,
                    value: Value::Scalar { text },
                })
            }
            Event::SequenceStart(..) => {
                let (mut items, mut end) = (Vec::new(), span.end);
                while let Some((event, span)) = self.next()? {
                    end = span.end;
                    if matches!(event, Event::SequenceEnd) {
                        break;
                    }
                    items.push(self.nested(event, span, depth + 1)?);
                }
                Ok(Node {
                    span: span.start..end,
                    value: Value::List(items),
                })
            }
            Event::MappingStart(..) => self.map(span, depth),
            Event::Alias(_) => Err(SyntaxError {
                message: "aliases are not supported".to_owned(),
                span,
            }),
            _ => Err(SyntaxError {
                message: "the document ends too early".to_owned(),
                span,
            }),
        }
    }

    fn map(&mut self, span: Range<usize>, depth: usize) -> Result<Node, SyntaxError> {
        let (mut pairs, mut end) = (Vec::new(), span.end);
        while let Some((event, key_span)) = self.next()? {
            end = key_span.end;
            if matches!(event, Event::MappingEnd) {
                break;
            }
            let key = self.nested(event, key_span, depth + 1)?;
            let Some((event, span)) = self.next()? else {
                break;
            };
            let value = self.nested(event, span, depth + 1)?;
            end = value.span.end;
            pairs.push((key, value));
        }
        Ok(Node {
            span: span.start..end,
            value: Value::Map(pairs),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_know_their_bytes() {
        let text = "ä: 503\nb: ['x', {c: d}]\n";
        let documents = documents(text).expect("valid YAML");
        let Value::Map(pairs) = &documents[0].value else {
            panic!("a map")
        };
        assert_eq!(&text[pairs[0].1.span.clone()], "503");
        let Value::List(items) = &pairs[1].1.value else {
            panic!("a list")
        };
        assert_eq!(&text[items[0].span.clone()], "'x'");
        assert!(matches!(&items[0].value, Value::Scalar { text } if text == "x"));
    }

    #[test]
    fn broken_and_bottomless_files_are_errors() {
        assert!(documents("a: [b\nc: d").is_err());
        assert!(documents("a: &x b\nc: *x\n").is_err());
        assert!(documents(&"[".repeat(10_000)).is_err());
    }
}
