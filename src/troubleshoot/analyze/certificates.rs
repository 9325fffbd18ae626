//! `certificates`: whether certificates are valid, and for how long.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::super::decode::{Decoder, Fields};
use super::super::glob::Reads;
use super::super::json::{flag, list, text};
use super::super::{Outcome, Verdict};
use super::{Branch, Bundle, Check};

const FILE: &str = "certificates/certificates.json";

#[derive(Debug)]
struct Certificates {
    branches: Vec<Branch>,
}

pub(super) fn decode(decoder: &mut Decoder, fields: &Fields) -> Option<Box<dyn Check>> {
    let branches = decoder.outcomes(fields, false);
    Some(Box::new(Certificates { branches }))
}

impl Check for Certificates {
    fn title(&self) -> String {
        // As troubleshoot writes it.
        "Cerfiticates Verification".to_owned()
    }

    fn reads(&self) -> Vec<Reads> {
        vec![Reads::path(FILE)]
    }

    fn evaluate(&self, title: &str, bundle: &Bundle) -> Result<Vec<Outcome>, String> {
        let file = bundle.json(FILE)?;
        let mut outcomes = Vec::new();
        for collection in file.as_array().into_iter().flatten() {
            let source = source(collection);
            for certificate in list(collection, &["certificateChain"]) {
                let name = text(certificate, &["certificate"]);
                let said = said(&self.branches, certificate, bundle.collected_at())?;
                outcomes.extend(said.into_iter().map(|said| {
                    let mut outcome = said.branch.outcome(title).on_file(FILE);
                    outcome.uri.clear();
                    outcome.message = match said.days {
                        None => format!("{name} {}, {source}", outcome.message),
                        Some(days) => {
                            format!("{name} {} in {days} days, {source}", outcome.message)
                        }
                    };
                    outcome
                }));
            }
        }
        Ok(outcomes)
    }
}

/// Where certificates come from.
fn source(collection: &Value) -> String {
    let namespace = text(collection, &["source", "namespace"]);
    let from = |kind: &str, name: &str| {
        format!("obtained from {name} {kind} within {namespace} namespace")
    };
    match (
        text(collection, &["source", "secret"]),
        text(collection, &["source", "configMap"]),
    ) {
        ("", "") => String::new(),
        ("", name) => from("configmap", name),
        (name, _) => from("secret", name),
    }
}

/// An outcome that holds of a certificate; with days if it ends in so many.
pub(super) struct Said<'b> {
    pub(super) branch: &'b Branch,
    pub(super) days: Option<i64>,
}

/// The outcomes that hold of a certificate; if one warns that it ends, none passes.
pub(super) fn said<'b>(
    branches: &'b [Branch],
    certificate: &Value,
    now: Option<Timestamp>,
) -> Result<Vec<Said<'b>>, String> {
    let is_valid = flag(certificate, &["isValid"]);
    let mut said = Vec::new();
    for branch in branches {
        let days = match branch.verdict {
            Verdict::Fail if is_valid => continue,
            Verdict::Pass | Verdict::Warn if !is_valid => continue,
            Verdict::Fail | Verdict::Pass => None,
            Verdict::Warn => match days(&branch.when) {
                Some(days) if ends_within(certificate, days, now)? => Some(days),
                _ => continue,
            },
        };
        said.push(Said { branch, days });
    }
    if said.iter().any(|said| said.days.is_some()) {
        said.retain(|said| said.branch.verdict != Verdict::Pass);
    }
    Ok(said)
}

/// The number of `notAfter < Today + 15 days`.
fn days(when: &str) -> Option<i64> {
    let (_, rest) = when.split_once("notAfter < Today + ")?;
    let (days, _) = rest.split_once(" days")?;
    days.parse()
        .ok()
        .filter(|days| (0..1_000_000).contains(days))
}

fn ends_within(certificate: &Value, days: i64, now: Option<Timestamp>) -> Result<bool, String> {
    let now = now.ok_or("it is not known when the bundle was collected")?;
    let written = text(certificate, &["notAfter"]);
    let end: Timestamp = written
        .parse()
        .map_err(|_| format!("`{written}` is no time"))?;
    let limit = now.checked_add(SignedDuration::from_hours(days * 24));
    Ok(limit.map_or(true, |limit| limit > end))
}
