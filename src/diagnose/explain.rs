//! What explains what.
//!
//! The findings that facts explain come first (see [`infer`](super::infer)). A pattern may say that other patterns are
//! only its symptoms. Where both are found on a common node (or one of them on an unknown one), the cause becomes a
//! diagnosis with its symptoms below it. The evidence shows that both happened, not that one made the other, so the
//! diagnosis is at most likely.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::infer::Inferred;
use crate::catalog::{Catalog, Key, Pattern};
use crate::report::plural::plural;
use crate::report::{Confidence, Diagnosis, Explained, Finding, rank};

/// Which findings explain which, as positions.
type Edges = BTreeMap<usize, Vec<usize>>;

/// Adds what patterns say of each other to what was inferred, and marks the findings that are explained.
pub(super) fn explain(
    catalog: &Catalog,
    findings: &mut [Finding],
    inferred: Inferred,
) -> Vec<Diagnosis> {
    let Inferred {
        mut diagnoses,
        mut notes,
    } = inferred;
    for finding in findings.iter_mut() {
        let Some(notes) = notes.remove(&finding.id) else {
            continue;
        };
        finding.explained = notes.whole && !notes.explained_by.is_empty();
        finding.explained_by = notes.explained_by.into_iter().collect();
        finding.ruled_out = notes.ruled_out;
        finding.possible_causes = notes.possible;
        finding.ask_for = notes.ask_for;
    }
    let edges = edges(catalog, findings);
    for diagnosis in &mut diagnoses {
        extend(catalog, diagnosis, findings, &edges);
    }
    let joined: Vec<usize> = (0..findings.len())
        .filter(|at| findings[*at].explained)
        .collect();
    let ids: Vec<String> = findings.iter().map(|finding| finding.id.clone()).collect();
    let by_pattern: Edges = edges
        .iter()
        .filter(|(cause, _)| !joined.contains(cause))
        .map(|(cause, symptoms)| {
            (
                *cause,
                symptoms
                    .iter()
                    .copied()
                    .filter(|at| !joined.contains(at))
                    .collect(),
            )
        })
        .filter(|(_, symptoms): &(usize, Vec<usize>)| !symptoms.is_empty())
        .collect();
    for (cause, symptoms) in &by_pattern {
        for symptom in symptoms {
            findings[*symptom].explained_by.push(ids[*cause].clone());
            findings[*symptom].explained = true;
        }
    }
    let roots = by_pattern
        .keys()
        .filter(|cause| !findings[**cause].explained);
    diagnoses.extend(roots.map(|root| diagnosis(findings, *root, &by_pattern)));
    diagnoses.sort_by_key(|diagnosis| (rank(diagnosis.severity), Reverse(diagnosis.confidence)));
    diagnoses
}

/// Where a pattern and one that it explains are found near each other.
fn edges(catalog: &Catalog, findings: &[Finding]) -> Edges {
    let mut explained: Edges = BTreeMap::new();
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
    explained
}

/// Adds what an inferred diagnosis explains besides its own findings: what its cause names, and what the findings
/// that it explains wholly explain in turn.
fn extend(catalog: &Catalog, diagnosis: &mut Diagnosis, findings: &mut [Finding], edges: &Edges) {
    let position = |id: &str| findings.iter().position(|finding| finding.id == id);
    let mut reached: Vec<usize> = diagnosis
        .explains
        .iter()
        .filter_map(|explained| position(&explained.id))
        .filter(|at| findings[*at].explained)
        .collect();
    let named = catalog
        .cause(&diagnosis.id)
        .map_or(&[][..], |cause| &cause.explains);
    let clients = reached
        .iter()
        .flat_map(|at| &findings[*at].nodes)
        .chain(&diagnosis.nodes);
    let clients: Vec<String> = clients.cloned().collect();
    let is_near = |finding: &Finding| {
        finding.nodes.is_empty()
            || clients.is_empty()
            || finding.nodes.iter().any(|node| clients.contains(node))
    };
    reached.extend(
        named
            .iter()
            .filter_map(|id| position(id))
            .filter(|at| is_near(&findings[*at])),
    );
    let mut next = 0;
    while let Some(at) = reached.get(next).copied() {
        let symptoms = edges.get(&at).into_iter().flatten();
        symptoms.for_each(|symptom| {
            if !reached.contains(symptom) {
                reached.push(*symptom);
            }
        });
        next += 1;
    }
    for at in reached {
        let finding = &mut findings[at];
        if diagnosis
            .explains
            .iter()
            .all(|explained| explained.id != finding.id)
        {
            diagnosis.explains.push(Explained {
                id: finding.id.clone(),
                count: finding.count,
            });
            finding.explained = true;
        }
        if !finding.explained_by.contains(&diagnosis.id) {
            finding.explained_by.push(diagnosis.id.clone());
        }
    }
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
            .map(|symptom| Explained {
                id: findings[symptom].id.clone(),
                count: findings[symptom].count,
            })
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
