//! What explains what.
//!
//! A pattern may say that other patterns are only its symptoms. Where both are found on a common node (or one of
//! them on an unknown one), the cause becomes a diagnosis with its symptoms below it. The evidence shows that
//! both happened, not that one made the other, so the diagnosis is at most likely.

use std::collections::BTreeMap;

use crate::catalog::{Catalog, Key, Pattern};
use crate::report::plural::plural;
use crate::report::{Confidence, Diagnosis, Finding};

/// Makes diagnoses and marks the findings that they explain.
pub(super) fn explain(catalog: &Catalog, findings: &mut [Finding]) -> Vec<Diagnosis> {
    let mut explained: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (cause, finding) in findings.iter().enumerate() {
        let Some(pattern) = catalog.get(&finding.id) else {
            continue;
        };
        for (symptom, other) in findings.iter().enumerate() {
            // What healed does not explain what did not.
            let healed = finding.recovered_at.is_some() && other.recovered_at.is_none();
            if symptom != cause
                && pattern.explains.contains(&other.id)
                && !reaches(&explained, symptom, cause)
                && is_near(pattern, finding, other)
                && !healed
            {
                explained.entry(cause).or_default().push(symptom);
            }
        }
    }
    let ids: Vec<String> = findings.iter().map(|finding| finding.id.clone()).collect();
    for (cause, symptoms) in &explained {
        for symptom in symptoms {
            findings[*symptom].explained_by.push(ids[*cause].clone());
        }
    }
    let roots: Vec<usize> = explained
        .keys()
        .copied()
        .filter(|cause| findings[*cause].explained_by.is_empty())
        .collect();
    let mut diagnoses: Vec<Diagnosis> = roots
        .iter()
        .map(|root| diagnosis(findings, *root, &explained))
        .collect();
    diagnoses.sort_by_key(|diagnosis| rank(diagnosis.severity));
    diagnoses
}

/// Whether `from` explains `to`, directly or by others; patterns that explain each other must not hide both.
fn reaches(explained: &BTreeMap<usize, Vec<usize>>, from: usize, to: usize) -> bool {
    let symptoms = explained.get(&from).into_iter().flatten();
    symptoms
        .into_iter()
        .any(|symptom| *symptom == to || reaches(explained, *symptom, to))
}

/// Whether the cause may be that of the symptom: it is not bound to a node, the node of one is unknown, both have
/// a node in common, or the cause names the node of the symptom.
fn is_near(pattern: &Pattern, cause: &Finding, symptom: &Finding) -> bool {
    let anywhere = !pattern.matching.same.contains(&Key::Node);
    let unknown = cause.nodes.is_empty() || symptom.nodes.is_empty();
    let named = |node: &String| {
        let values = cause.captures.iter().flat_map(|captures| &captures.values);
        cause.nodes.contains(node) || values.into_iter().any(|named| named.value == *node)
    };
    anywhere || unknown || symptom.nodes.iter().any(named)
}

fn diagnosis(
    findings: &[Finding],
    root: usize,
    explained: &BTreeMap<usize, Vec<usize>>,
) -> Diagnosis {
    let finding = &findings[root];
    let mut reached = Vec::new();
    let mut waiting = explained[&root].clone();
    while let Some(symptom) = waiting.pop() {
        if symptom != root && !reached.contains(&symptom) {
            reached.push(symptom);
            waiting.extend(explained.get(&symptom).into_iter().flatten());
        }
    }
    reached.sort_unstable();
    Diagnosis {
        id: finding.id.clone(),
        title: finding.title.clone(),
        severity: finding.severity,
        confidence: Confidence::Likely,
        why: why(finding, reached.len()),
        nodes: finding.nodes.clone(),
        bindings: finding
            .captures
            .first()
            .map(|captures| captures.values.clone())
            .unwrap_or_default(),
        cause: finding.cause.clone(),
        confirm: finding.confirm.clone(),
        remediation: finding.remediation.clone(),
        links: finding.links.clone(),
        evidence: finding.evidence.clone(),
        explains: reached
            .into_iter()
            .map(|symptom| findings[symptom].id.clone())
            .collect(),
        ruled_out: Vec::new(),
        ask_for: Vec::new(),
    }
}

fn why(cause: &Finding, symptoms: usize) -> String {
    let (verb, what) = if symptoms == 1 {
        ("is a", "symptom")
    } else {
        ("are", "symptoms")
    };
    let times = if cause.count == 1 {
        "once".to_owned()
    } else {
        plural(cause.count, "time")
    };
    let these = if symptoms == 1 { "what is" } else { "those" };
    format!(
        "it was found {times}, and {these} below {verb} known {what} of it; nothing in the bundle proves the connection"
    )
}

/// The position of a severity, worst first.
pub(super) fn rank(severity: &str) -> usize {
    crate::catalog::Severity::NAMES
        .iter()
        .position(|name| *name == severity)
        .unwrap_or(usize::MAX)
}
