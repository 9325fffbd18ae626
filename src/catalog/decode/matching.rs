//! How the events of a pattern come together.

use super::super::syntax;
use super::super::{Event, Form, Key, Matching, Unless};
use super::{Decoder, captures};
use crate::yaml::{Node, Value};

impl Decoder<'_, '_> {
    pub(super) fn matching(&mut self, node: &Node, events: &[Event]) -> Option<Matching> {
        let mut matching = Matching {
            form: Form::Any,
            events: Vec::new(),
            within: None,
            count: 1,
            same: vec![Key::Node],
            unless: None,
            negates: Vec::new(),
            resolved_by: None,
            before_collection: None,
        };
        if let Value::Scalar { .. } = &node.value {
            matching.events.push(self.event_name(node, events)?);
            return Some(matching);
        }
        let entries = self.entries("match", node, syntax::MATCH, false)?;
        let forms = [
            ("any", Form::Any),
            ("all", Form::All),
            ("sequence", Form::Sequence),
        ];
        let mut written: Vec<_> = forms
            .into_iter()
            .filter_map(|(name, form)| Some((form, entries.get(name)?)))
            .collect();
        if let Some(event) = entries.get("event") {
            matching.events.push(self.event_name(event, events)?);
        }
        if written.len() + matching.events.len() != 1 {
            self.report(
                "pattern/match",
                "`match` needs exactly one of `event`, `any`, `all` and `sequence`",
                &node.span,
            );
            return None;
        }
        if let Some((form, list)) = written.pop() {
            matching.form = form;
            matching.events = self
                .list("match", Some(list))
                .iter()
                .filter_map(|name| self.event_name(name, events))
                .collect();
            if matching.events.is_empty() {
                self.report("pattern/match", "`match` names no event", &list.span);
            }
        }
        matching.within = entries
            .get("within")
            .and_then(|node| self.duration("within", node));
        if let Some(count) = entries.get("count") {
            matching.count = self.count(count)?;
        }
        if let Some(same) = entries.get("same") {
            matching.same = self
                .list("same", Some(same))
                .iter()
                .filter_map(|name| self.key(name, events))
                .collect();
        }
        matching.unless = entries
            .get("unless")
            .and_then(|node| self.unless(node, events));
        matching.resolved_by = entries
            .get("resolved_by")
            .and_then(|node| self.event_name(node, events));
        if let Some(node) = entries.get("before_collection") {
            matching.before_collection = Some(self.capture_name(node, events)?);
        }
        Some(matching)
    }

    pub(super) fn event_name(&mut self, node: &Node, events: &[Event]) -> Option<usize> {
        let name = self.text("an event", node)?;
        let found = events.iter().position(|event| event.name == name);
        if found.is_none() {
            self.unknown(
                &format!("no event is called `{name}`"),
                &name,
                events.iter().map(|event| &*event.name),
                &node.span,
            );
        }
        found
    }

    pub(super) fn capture_name(&mut self, node: &Node, events: &[Event]) -> Option<String> {
        let name = self.text("a capture", node)?;
        let names = captures(events);
        if names.contains(&name) {
            return Some(name);
        }
        self.unknown(
            &format!("nothing is captured as `{name}`"),
            &name,
            names.iter().map(String::as_str),
            &node.span,
        );
        None
    }

    pub(super) fn key(&mut self, node: &Node, events: &[Event]) -> Option<Key> {
        let name = self.text("same", node)?;
        Some(match &*name {
            "node" => Key::Node,
            "entry" => Key::Entry,
            "unit" => Key::Unit,
            "container" => Key::Container,
            _ => {
                let names = captures(events);
                if !names.contains(&name) {
                    let valid = ["node", "entry", "unit", "container"].into_iter();
                    let valid = valid.chain(names.iter().map(String::as_str));
                    let message = format!("`{name}` is no place and nothing is captured as it");
                    self.unknown(&message, &name, valid, &node.span);
                    return None;
                }
                Key::Capture(name)
            }
        })
    }

    pub(super) fn unless(&mut self, node: &Node, events: &[Event]) -> Option<Unless> {
        if let Value::Scalar { .. } = &node.value {
            return Some(Unless {
                event: self.event_name(node, events)?,
                before: None,
                after: None,
            });
        }
        let entries = self.entries("unless", node, syntax::UNLESS, false)?;
        let event = self.event_name(entries.get("event")?, events)?;
        let before = entries
            .get("before")
            .and_then(|node| self.duration("before", node));
        let after = entries
            .get("after")
            .and_then(|node| self.duration("after", node));
        Some(Unless {
            event,
            before,
            after,
        })
    }

    pub(super) fn count(&mut self, node: &Node) -> Option<u32> {
        let text = self.text("count", node)?;
        let count = text.parse().ok().filter(|count| *count >= 1);
        if count.is_none() {
            self.report(
                "pattern/wrong-type",
                format!("count must be a whole number of at least 1, not `{text}`"),
                &node.span,
            );
        }
        count
    }

    /// `10s` in microseconds.
    pub(super) fn duration(&mut self, what: &str, node: &Node) -> Option<i64> {
        let text = self.text(what, node)?;
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let unit = match &text[digits..] {
            "ms" => Some(1_000),
            "s" => Some(1_000_000),
            "m" => Some(60_000_000),
            "h" => Some(3_600_000_000),
            "d" => Some(86_400_000_000),
            _ => None,
        };
        let value = text[..digits]
            .parse::<i64>()
            .ok()
            .zip(unit)
            .and_then(|(number, unit)| number.checked_mul(unit));
        if value.is_none() {
            let message = format!("`{text}` is no duration");
            self.report("pattern/duration", message, &node.span).help =
                Some("write `500ms`, `10s`, `5m`, `1h` or `2d`".to_owned());
        }
        value
    }
}
