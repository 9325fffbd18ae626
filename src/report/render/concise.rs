//! One line for each finding and for each loss, in the manner of compilers: `bundle!entry:line: error[id] title`.

use std::io::{self, Write};

use crate::report::plural::{plural, thousands};
use crate::report::{Diagnosis, Evidence, Finding, Report, SEVERITIES};

pub(super) fn render(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    for severity in SEVERITIES {
        for diagnosis in report.joined().filter(|one| one.severity == severity) {
            cause(report, diagnosis, out)?;
        }
        for finding in report
            .findings
            .iter()
            .filter(|one| one.severity == severity)
        {
            line(report, finding, out)?;
        }
    }
    for warning in report
        .not_checked
        .iter()
        .filter(|warning| warning.is_loss())
    {
        writeln!(
            out,
            "{}: not checked: {}: {}",
            place(report, &warning.entry),
            warning.reason,
            warning.detail
        )?;
    }
    Ok(())
}

fn cause(report: &Report, diagnosis: &Diagnosis, out: &mut dyn Write) -> io::Result<()> {
    let location = location(report, &diagnosis.evidence);
    let explains = diagnosis.explains.iter();
    let explains: Vec<String> = explains
        .map(|explained| format!("{} {}x", explained.id, thousands(explained.count)))
        .collect();
    writeln!(
        out,
        "{location}: {}[{}] {} ({}, explains {})",
        diagnosis.severity,
        diagnosis.id,
        diagnosis.title,
        diagnosis.confidence.as_str(),
        explains.join(", ")
    )
}

/// Where the first of the quoted lines stands.
fn location(report: &Report, evidence: &[Evidence]) -> String {
    match evidence.first() {
        Some(evidence) if evidence.line == 0 => place(report, &evidence.entry),
        Some(evidence) => format!("{}:{}", place(report, &evidence.entry), evidence.line),
        None => report.bundle.path.clone(),
    }
}

fn line(report: &Report, finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
    let location = location(report, &finding.evidence);
    write!(
        out,
        "{location}: {}[{}] {} ({}",
        finding.severity,
        finding.id,
        finding.title,
        plural(finding.count, "time")
    )?;
    if !finding.nodes.is_empty() {
        write!(out, " on {}", finding.nodes.join(", "))?;
    }
    if let Some(time) = &finding.recovered_at {
        write!(out, ", recovered {time}")?;
    }
    if !finding.explained_by.is_empty() {
        write!(out, ", explained by {}", finding.explained_by.join(", "))?;
    }
    writeln!(out, ")")
}

/// The entry, with the bundle in front of it unless they are the same file.
fn place(report: &Report, entry: &str) -> String {
    if entry == report.bundle.path {
        entry.to_owned()
    } else {
        format!("{}!{entry}", report.bundle.path)
    }
}
