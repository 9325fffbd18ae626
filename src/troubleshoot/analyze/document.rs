//! `jsonCompare` and `yamlCompare`: a value in a document.

use serde_json::Value;

use super::super::decode::{Decoder, Fields};
use super::super::glob::{Reads, join};
use super::super::json::{self, JsonPath};
use super::super::template::Scope;
use super::super::{Outcome, Verdict};
use super::{Branch, Bundle, Check};
use crate::yaml::{documents_with_aliases, to_json};

pub(super) const JSON: &[&str] = &["collectorName", "fileName", "path", "jsonPath", "value"];
pub(super) const YAML: &[&str] = &["collectorName", "fileName", "path", "value"];

#[derive(Debug)]
struct Compare {
    file: String,
    path: String,
    json_path: Option<JsonPath>,
    value: String,
    yaml: bool,
    title: String,
    branches: Vec<Branch>,
}

pub(super) fn json(decoder: &mut Decoder, fields: &Fields) -> Option<Box<dyn Check>> {
    let title = fields.text(decoder, "collectorName");
    decode(decoder, fields, false, title)
}

pub(super) fn host_json(decoder: &mut Decoder, fields: &Fields) -> Option<Box<dyn Check>> {
    let title = fields.text_or(decoder, "collectorName", "Json Compare");
    decode(decoder, fields, false, title)
}

pub(super) fn yaml(decoder: &mut Decoder, fields: &Fields) -> Option<Box<dyn Check>> {
    let title = fields.text(decoder, "collectorName");
    decode(decoder, fields, true, title)
}

fn decode(
    decoder: &mut Decoder,
    fields: &Fields,
    yaml: bool,
    title: String,
) -> Option<Box<dyn Check>> {
    let collector = fields.text(decoder, "collectorName");
    let written = fields.text(decoder, "jsonPath");
    let json_path = JsonPath::parse(&written).filter(|_| !written.is_empty());
    if json_path.is_none() && !written.is_empty() {
        let message = format!("the JSONPath `{written}` is not supported");
        decoder.report("spec/json-path", message, &fields.span("jsonPath"));
        return None;
    }
    let value = fields.text(decoder, "value");
    if !yaml && let Err(error) = serde_json::from_str::<Value>(&value) {
        let message = format!("`value` is no JSON: {error}");
        decoder.report("spec/value", message, &fields.span("value"));
    }
    Some(Box::new(Compare {
        file: join(&[&collector, &fields.text(decoder, "fileName")]),
        path: fields.text(decoder, "path"),
        json_path,
        value,
        yaml,
        title: if title.is_empty() && !yaml {
            "Json Compare".to_owned()
        } else {
            title
        },
        branches: decoder.outcomes(fields, true),
    }))
}

impl Check for Compare {
    fn title(&self) -> String {
        self.title.clone()
    }

    fn reads(&self) -> Vec<Reads> {
        vec![Reads::path(&*self.file)]
    }

    fn evaluate(&self, title: &str, bundle: &Bundle) -> Result<Vec<Outcome>, String> {
        let document = if self.yaml {
            yaml_value(
                &self.file,
                &String::from_utf8_lossy(bundle.need(&self.file)?),
            )?
        } else {
            bundle.json(&self.file)?
        };
        let actual = match &self.json_path {
            _ if !self.path.is_empty() => json::at_path(&document, &self.path)?,
            Some(path) => path.select(&document),
            None => document.clone(),
        };
        let is_equal = if self.yaml {
            actual == yaml_value("value", &self.value)?
        } else {
            let expected = serde_json::from_str(&self.value)
                .map_err(|error| format!("`value` is no JSON: {error}"))?;
            json::equal(&sorted(actual), &sorted(expected))
        };
        let scope = if self.yaml {
            Scope::Map(&document)
        } else {
            Scope::Document(&document)
        };
        let outcome = compared(&self.branches, title, is_equal, Some(scope))?;
        Ok(vec![outcome.on_file(&self.file)])
    }
}

/// The first document of a YAML text.
pub(super) fn yaml_value(what: &str, text: &str) -> Result<Value, String> {
    let documents = documents_with_aliases(text)
        .map_err(|error| format!("`{what}` is no valid YAML: {}", error.message))?;
    Ok(documents
        .first()
        .map_or(Value::Null, |node| to_json(node, text)))
}

/// The order of a list does not matter.
fn sorted(mut value: Value) -> Value {
    if let Value::Array(items) = &mut value {
        items.sort_by_cached_key(|item| json::printed(item, true));
    }
    value
}

/// The outcome of whether values are equal; without one, the analyzer is not valid.
pub(super) fn compared(
    branches: &[Branch],
    title: &str,
    is_equal: bool,
    scope: Option<Scope>,
) -> Result<Outcome, String> {
    for branch in branches {
        if branch.expects(is_equal)? {
            return match scope {
                Some(scope) => branch.rendered(title, scope),
                None => Ok(branch.outcome(title)),
            };
        }
    }
    Ok(Outcome::new(Verdict::Fail, title, "Invalid analyzer"))
}
