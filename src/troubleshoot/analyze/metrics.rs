//! `nodeMetrics`: how full persistent volumes are.

use serde_json::{Value, json};

use super::super::Outcome;
use super::super::compare;
use super::super::decode::{Decoder, Fields};
use super::super::glob::Reads;
use super::super::json::{at, list, text};
use super::super::pattern::Pattern;
use super::super::template::Scope;
use super::{Branch, Bundle, Check};

const FILES: &str = "node-metrics/*.json";

#[derive(Debug)]
struct NodeMetrics {
    title: String,
    name: Option<Pattern>,
    namespace: String,
    branches: Vec<Branch>,
}

pub(super) fn decode(decoder: &mut Decoder, fields: &Fields) -> Option<Box<dyn Check>> {
    let filters = fields.map(decoder, "filters", &["pvc"]);
    let pvc = filters.and_then(|filters| filters.map(decoder, "pvc", &["nameRegex", "namespace"]));
    let (name, namespace) = match pvc {
        Some(pvc) => (
            pvc.pattern(decoder, "nameRegex").ok()?,
            pvc.text(decoder, "namespace"),
        ),
        None => (None, String::new()),
    };
    Some(Box::new(NodeMetrics {
        title: fields.text(decoder, "collectorName"),
        name,
        namespace,
        branches: decoder.outcomes(fields, true),
    }))
}

/// A persistent volume claim and how full it is, in percent.
struct Usage {
    claim: String,
    percent: f64,
}

impl Check for NodeMetrics {
    fn title(&self) -> String {
        self.title.clone()
    }

    fn reads(&self) -> Vec<Reads> {
        vec![Reads::glob(FILES)]
    }

    fn evaluate(&self, title: &str, bundle: &Bundle) -> Result<Vec<Outcome>, String> {
        let files = bundle.find(&Reads::glob(FILES));
        let mut usages = Vec::new();
        for (path, content) in &files {
            self.usages(&super::parsed(path, content)?, &mut usages);
        }
        for branch in &self.branches {
            let outcome = if branch.when.is_empty() {
                branch.outcome(title)
            } else {
                let claims = claims(&branch.when, &usages)?;
                if claims.is_empty() {
                    continue;
                }
                let percents: Vec<_> = claims.iter().map(|usage| usage.percent).collect();
                let names: Vec<_> = claims.iter().map(|usage| &*usage.claim).collect();
                let scope = json!({"PVC": {
                    "ConcatenatedNames": names.join(", "),
                    "Names": names,
                    "UsedPercentage": percents,
                }, "ConcatenatedPVCNames": names.join(", ")});
                branch.rendered(title, Scope::Map(&scope))?
            };
            return Ok(vec![
                files
                    .iter()
                    .fold(outcome, |outcome, (path, _)| outcome.on_file(path)),
            ]);
        }
        Ok(Vec::new())
    }
}

impl NodeMetrics {
    fn usages(&self, summary: &Value, usages: &mut Vec<Usage>) {
        for pod in list(summary, &["pods"]) {
            let namespace = text(pod, &["podRef", "namespace"]);
            if !self.namespace.is_empty() && namespace != self.namespace {
                continue;
            }
            for volume in list(pod, &["volume"]) {
                let Some(claim) = at(volume, &["pvcRef"]) else {
                    continue;
                };
                let name = text(claim, &["name"]);
                if self
                    .name
                    .as_ref()
                    .is_some_and(|regex| !regex.is_match(name.as_bytes()))
                {
                    continue;
                }
                let number = |field| at(volume, &[field]).and_then(Value::as_f64);
                if let (Some(used), Some(capacity)) = (number("usedBytes"), number("capacityBytes"))
                {
                    usages.push(Usage {
                        claim: format!("{}/{name}", text(claim, &["namespace"])),
                        percent: used / capacity * 100.0,
                    });
                }
            }
        }
    }
}

/// The claims of which `pvcUsedPercentage op N` holds.
fn claims<'u>(when: &str, usages: &'u [Usage]) -> Result<Vec<&'u Usage>, String> {
    let (what, operator, wanted) = compare::three(when)?;
    if what != "pvcUsedPercentage" {
        return Err(format!("unknown node metric `{what}`"));
    }
    let wanted: f64 = wanted
        .parse()
        .map_err(|_| format!("`{wanted}` is no number"))?;
    let mut claims = Vec::new();
    for usage in usages {
        let holds = match operator {
            "!=" | "!==" => !compare::float("==", usage.percent, wanted)?,
            operator => compare::float(operator, usage.percent, wanted)?,
        };
        if holds {
            claims.push(usage);
        }
    }
    Ok(claims)
}
