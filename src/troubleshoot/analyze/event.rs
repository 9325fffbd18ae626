//! `event`: whether there is a certain event.

use serde_json::Value;

use super::super::decode::{Decoder, Fields};
use super::super::glob::Reads;
use super::super::json::text;
use super::super::pattern::Pattern;
use super::super::template::Scope;
use super::super::{Outcome, compare};
use super::{Branch, Bundle, Check};

#[derive(Debug)]
struct Event {
    file: String,
    title: String,
    reason: String,
    kind: String,
    regex: Option<Pattern>,
    branches: Vec<Branch>,
}

pub(super) fn decode(decoder: &mut Decoder, fields: &Fields) -> Option<Box<dyn Check>> {
    let namespace = fields.text_or(decoder, "namespace", "default");
    let reason = fields.text(decoder, "reason");
    if reason.is_empty() {
        decoder.report(
            "spec/missing-field",
            "an `event` needs a `reason`",
            &fields.span("reason"),
        );
        return None;
    }
    let regex = fields.pattern(decoder, "regex").ok()?;
    let branches = decoder.outcomes(fields, true);
    for branch in &branches {
        if let Err(message) = compare::boolean(&branch.when) {
            decoder.report("spec/when", message, &branch.when_span);
        }
    }
    Some(Box::new(Event {
        file: format!("cluster-resources/events/{namespace}.json"),
        title: fields.text_or(decoder, "collectorName", "Event"),
        reason,
        kind: fields.text(decoder, "kind"),
        regex,
        branches,
    }))
}

impl Check for Event {
    fn title(&self) -> String {
        self.title.clone()
    }

    fn reads(&self) -> Vec<Reads> {
        vec![Reads::path(&*self.file)]
    }

    fn evaluate(&self, title: &str, bundle: &Bundle) -> Result<Vec<Outcome>, String> {
        let events = bundle.items(&self.file)?;
        let event = events.iter().find(|event| self.is_wanted(event));
        for branch in &self.branches {
            if compare::boolean(&branch.when)? != event.is_some() {
                continue;
            }
            let outcome = match event {
                Some(event) => told(branch, title, event),
                None => branch.outcome(title),
            };
            return Ok(vec![outcome.on_file(&self.file)]);
        }
        Ok(Vec::new())
    }
}

impl Event {
    fn is_wanted(&self, event: &Value) -> bool {
        let kind = text(event, &["involvedObject", "kind"]);
        let message = text(event, &["message"]).as_bytes();
        text(event, &["reason"]).eq_ignore_ascii_case(&self.reason)
            && (self.kind.is_empty() || kind.eq_ignore_ascii_case(&self.kind))
            && self
                .regex
                .as_ref()
                .is_none_or(|regex| regex.is_match(message))
    }
}

/// The outcome with what the event says.
fn told(branch: &Branch, title: &str, event: &Value) -> Outcome {
    let object = |field| text(event, &["involvedObject", field]);
    let mut outcome = branch.outcome(title);
    outcome.message = match branch.message.render(Scope::Object(event)) {
        Ok(message) => message.trim().to_owned(),
        Err(_) => format!(
            "Event matched. Reason: {} Name: {} Message: {}",
            text(event, &["reason"]),
            object("name"),
            text(event, &["message"]),
        ),
    };
    let place = match object("namespace") {
        "" => object("name").to_owned(),
        namespace => format!("{namespace}/{}", object("name")),
    };
    outcome.object = Some(format!("{} {place}", object("kind")));
    outcome
}
