//! The JSON Schema of pattern files, for editors; made from the tables that the loader reads.

use serde_json::{Map, Value, json};

use super::Field;
use super::syntax::{CAUSE, CONDITION, EVENT, FACT, Key, LOG_FORMAT, PATTERN, Shape};

/// The schema as it is checked in at `patterns/pattern.schema.json`.
pub fn pattern() -> Value {
    let of_kind =
        |name: &str| json!({ "properties": { "kind": { "const": name } }, "required": ["kind"] });
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "bundlecheck pattern",
        "type": "object",
        "if": of_kind("diagnosis"),
        "then": table(CAUSE),
        "else": {
            "if": of_kind("fact"),
            "then": table(FACT),
            "else": { "if": of_kind("log-format"), "then": table(LOG_FORMAT), "else": table(PATTERN) },
        },
        "$defs": { "event": event(), "condition": condition(), "terms": terms() },
    })
}

fn terms() -> Value {
    json!({ "type": "object", "additionalProperties": { "$ref": "#/$defs/condition" } })
}

fn table(keys: &[Key]) -> Value {
    let properties: Map<String, Value> = keys
        .iter()
        .map(|key| (key.name.to_owned(), property(key)))
        .collect();
    let required: Vec<_> = keys
        .iter()
        .filter(|key| key.required)
        .map(|key| key.name)
        .collect();
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}

fn property(key: &Key) -> Value {
    let mut value = shape(key.shape);
    if let Some(object) = value.as_object_mut() {
        object.insert("description".into(), key.doc.into());
    }
    value
}

fn shape(shape: Shape) -> Value {
    let text = || json!({ "type": "string" });
    match shape {
        Shape::Text => json!({ "type": ["string", "number", "boolean"] }),
        Shape::Word(words) => json!({ "enum": words }),
        Shape::Count => json!({ "type": "integer", "minimum": 1 }),
        Shape::Number => json!({ "type": "number" }),
        Shape::Bool => json!({ "type": "boolean" }),
        Shape::Duration => json!({ "type": "string", "pattern": "^[0-9]+(ms|s|m|h|d)$" }),
        Shape::Texts => json!({ "type": "array", "items": text() }),
        Shape::Maps([]) => json!({ "type": "array", "items": { "$ref": "#/$defs/event" } }),
        Shape::Maps(keys) => json!({ "type": "array", "items": table(keys) }),
        Shape::MapsOrTexts(keys) => {
            json!({ "type": "array", "items": { "anyOf": [text(), table(keys)] } })
        }
        Shape::NameOrMap(keys) => json!({ "anyOf": [text(), table(keys)] }),
        Shape::Events => {
            json!({ "type": "object", "minProperties": 1, "additionalProperties": { "$ref": "#/$defs/event" } })
        }
        Shape::Names => json!({ "type": "object", "additionalProperties": text() }),
        Shape::Conditions => json!({ "type": "array", "items": { "$ref": "#/$defs/condition" } }),
        Shape::Condition => json!({ "$ref": "#/$defs/condition" }),
        Shape::Terms => json!({ "$ref": "#/$defs/terms" }),
        Shape::Map(keys) => table(keys),
        Shape::TextOrTexts => {
            json!({ "anyOf": [text(), { "type": "array", "items": text() }] })
        }
    }
}

fn event() -> Value {
    let mut event = table(EVENT);
    let object = event.as_object_mut().expect("a table is an object");
    object.insert(
        "additionalProperties".into(),
        json!({ "$ref": "#/$defs/condition" }),
    );
    let properties = object["properties"]
        .as_object_mut()
        .expect("a table has properties");
    for name in Field::NAMES {
        properties.insert(name.to_owned(), json!({ "$ref": "#/$defs/condition" }));
    }
    event
}

fn condition() -> Value {
    json!({ "anyOf": [{ "type": ["string", "number", "boolean"] }, table(CONDITION)] })
}
