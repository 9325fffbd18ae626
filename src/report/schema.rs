//! The JSON Schema of the report, for whoever reads it with a program.

use serde_json::Value;

use super::Report;

/// The schema of the JSON form.
pub fn report() -> Value {
    let mut schema = schemars::schema_for!(Report);
    schema.insert("title".to_owned(), "bundlecheck report".into());
    schema.to_value()
}
