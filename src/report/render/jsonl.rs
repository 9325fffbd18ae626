//! One typed object a line: `begin`, then every part of the report, then `end`. The version comes first, so that
//! a reader can refuse.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::report::Report;

pub(super) fn render(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let begin = json!({
        "schema_version": report.schema_version,
        "tool": report.tool,
        "catalog": report.catalog,
        "command": report.command,
        "bundle": report.bundle,
    });
    line(out, "begin", &begin)?;
    lines(out, "diagnosis", &report.diagnoses)?;
    lines(out, "finding", &report.findings)?;
    lines(out, "analyzer", &report.analysis)?;
    lines(out, "unexplained", &report.unexplained)?;
    lines(out, "fact", &report.facts)?;
    lines(out, "not_checked", &report.not_checked)?;
    line(out, "end", &json!({ "stats": report.stats }))
}

fn lines<T: Serialize>(out: &mut dyn Write, kind: &str, items: &[T]) -> io::Result<()> {
    items.iter().try_for_each(|item| line(out, kind, item))
}

fn line<T: Serialize>(out: &mut dyn Write, kind: &str, item: &T) -> io::Result<()> {
    let mut object = Map::new();
    object.insert("type".to_owned(), Value::from(kind));
    if let Value::Object(fields) = serde_json::to_value(item)? {
        object.extend(fields);
    }
    serde_json::to_writer(&mut *out, &object)?;
    writeln!(out)
}
