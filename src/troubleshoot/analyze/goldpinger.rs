//! `goldpinger`: whether pods reach each other.

use serde_json::Value;

use super::super::decode::{Decoder, Fields};
use super::super::glob::Reads;
use super::super::json::{at, flag, list, text};
use super::super::{Outcome, Verdict};
use super::{Bundle, Check};

#[derive(Debug)]
struct Goldpinger {
    file: String,
    title: String,
}

pub(super) fn decode(decoder: &mut Decoder, fields: &Fields) -> Option<Box<dyn Check>> {
    decoder.outcomes(fields, false);
    Some(Box::new(Goldpinger {
        file: fields.text_or(decoder, "filePath", "goldpinger/check_all.json"),
        title: fields.text_or(decoder, "collectorName", "goldpinger"),
    }))
}

impl Check for Goldpinger {
    fn title(&self) -> String {
        self.title.clone()
    }

    fn reads(&self) -> Vec<Reads> {
        vec![Reads::path(&*self.file)]
    }

    fn evaluate(&self, _: &str, bundle: &Bundle) -> Result<Vec<Outcome>, String> {
        let file = bundle.json(&self.file)?;
        let mut sources: Vec<(&String, &Value)> = at(&file, &["responses"])
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .collect();
        sources.sort_by_key(|(name, _)| *name);
        let mut outcomes = Vec::new();
        for host in list(&file, &["hosts"]) {
            let target = text(host, &["podName"]);
            let before = outcomes.len();
            outcomes.extend(
                sources
                    .iter()
                    .filter_map(|(source, response)| failure(source, response, target)),
            );
            if outcomes.len() == before {
                let message = format!("Pings to \"{target}\" pod from all other pods succeeded");
                outcomes.push(Outcome::new(Verdict::Pass, message.clone(), message));
            }
        }
        Ok(outcomes
            .into_iter()
            .map(|outcome| outcome.on_file(&self.file))
            .collect())
    }
}

/// What one pod says of its pings to another, unless they succeed.
fn failure(source: &str, response: &Value, target: &str) -> Option<Outcome> {
    let Some(result) = at(response, &["response", "podResults", target]) else {
        let title = format!("Missing ping results for \"{target}\" pod");
        let message = format!("Ping result for \"{target}\" pod from \"{source}\" pod is missing");
        return Some(Outcome::new(Verdict::Warn, title, message));
    };
    if flag(result, &["OK"]) {
        return None;
    }
    let title = format!("Ping from \"{source}\" pod to \"{target}\" pod failed");
    let message = format!("Ping error: {}", text(result, &["error"]));
    Some(Outcome::new(Verdict::Fail, title, message))
}
