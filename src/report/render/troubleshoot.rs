//! The `analysis.json` that troubleshoot writes into its bundles (`pkg/convert/supportbundle.go`): what analyzers concluded in
//! their order, then the findings of patterns.

use std::io::{self, Write};

use serde_json::{Value, json};

use crate::report::{AnalyzerResult, Finding, Report};

pub(super) fn render(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let of_patterns = report.findings.iter().filter(|finding| {
        let mut analyzed = report.analysis.iter();
        !analyzed.any(|result| result.id == finding.id)
    });
    let rows: Vec<Value> = report
        .analysis
        .iter()
        .map(analyzed)
        .chain(of_patterns.map(found))
        .collect();
    serde_json::to_writer_pretty(&mut *out, &rows)?;
    writeln!(out)
}

fn analyzed(result: &AnalyzerResult) -> Value {
    let severity = match result.outcome {
        "fail" => "error",
        "warn" => "warn",
        _ => "debug",
    };
    let mut row = row(&result.title, &result.message, severity);
    if let Some((kind, name)) = result
        .object
        .as_deref()
        .and_then(|object| object.split_once(' '))
    {
        let (namespace, name) = name.split_once('/').unwrap_or(("", name));
        row["involvedObject"] = json!({ "kind": kind, "namespace": namespace, "name": name });
    }
    row
}

fn found(finding: &Finding) -> Value {
    let severity = match finding.severity {
        "error" => "error",
        "warning" => "warn",
        _ => "debug",
    };
    row(&finding.title, &finding.cause, severity)
}

fn row(title: &str, message: &str, severity: &str) -> Value {
    let dotted = |c: char| {
        if c.is_ascii_alphanumeric() {
            c.to_ascii_lowercase()
        } else {
            '.'
        }
    };
    let name: String = title.chars().map(dotted).collect();
    let mut row = json!({
        "name": name,
        "labels": { "desiredPosition": "1", "iconKey": "", "iconUri": "" },
        "insight": {
            "name": name,
            "labels": { "iconKey": "", "iconUri": "" },
            "primary": title,
            "detail": message,
            "severity": severity,
        },
        "severity": severity,
        "analyzerSpec": "",
    });
    if severity == "error" {
        row["error"] = Value::from(message);
    }
    row
}
