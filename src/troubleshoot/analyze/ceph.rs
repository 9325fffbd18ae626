//! `cephStatus`: the health of a Ceph cluster.

use std::cmp::Ordering;

use serde_json::Value;

use super::super::compare;
use super::super::decode::{Decoder, Fields};
use super::super::glob::{Reads, join};
use super::super::json::{at, flag, integer, text};
use super::super::{Outcome, Verdict};
use super::{Branch, Bundle, Check};

#[derive(Debug)]
struct Ceph {
    file: String,
    branches: Vec<Branch>,
}

pub(super) fn decode(decoder: &mut Decoder, fields: &Fields) -> Option<Box<dyn Check>> {
    let namespace = match fields.text(decoder, "namespace") {
        // Where Rook stands by default.
        namespace if namespace == "rook-ceph" => String::new(),
        namespace => namespace,
    };
    let collector = fields.text(decoder, "collectorName");
    Some(Box::new(Ceph {
        file: join(&[&collector, &namespace, "ceph/status.json"]),
        branches: decoder.outcomes(fields, false),
    }))
}

/// What is said without outcomes.
const DEFAULTS: [(&str, Verdict, &str); 3] = [
    ("HEALTH_OK", Verdict::Pass, "Ceph is healthy"),
    ("HEALTH_WARN", Verdict::Warn, "Ceph status is HEALTH_WARN"),
    ("HEALTH_ERR", Verdict::Fail, "Ceph status is HEALTH_ERR"),
];
const DEFAULT_URI: &str = "https://rook.io/docs/rook/v1.4/ceph-common-issues.html";

impl Check for Ceph {
    fn title(&self) -> String {
        "Ceph Status".to_owned()
    }

    fn reads(&self) -> Vec<Reads> {
        vec![Reads::path(&*self.file)]
    }

    fn evaluate(&self, title: &str, bundle: &Bundle) -> Result<Vec<Outcome>, String> {
        let Some(content) = bundle.get(&self.file) else {
            return Ok(Vec::new());
        };
        let status = super::parsed(&self.file, content)?;
        let health = text(&status, &["health", "status"]);
        let outcome = self.conclude(title, health)?.map(|mut outcome| {
            if outcome.result != Verdict::Pass {
                outcome.message = detailed(&outcome.message, &status);
            }
            outcome.on_file(&self.file)
        });
        Ok(outcome.into_iter().collect())
    }
}

impl Ceph {
    fn conclude(&self, title: &str, health: &str) -> Result<Option<Outcome>, String> {
        if self.branches.is_empty() {
            let default = DEFAULTS.iter().find(|(word, ..)| *word == health);
            return Ok(default.map(|(_, verdict, message)| {
                let mut outcome = Outcome::new(*verdict, title, *message);
                if *verdict != Verdict::Pass {
                    DEFAULT_URI.clone_into(&mut outcome.uri);
                }
                outcome
            }));
        }
        for branch in &self.branches {
            let default = DEFAULTS
                .iter()
                .find(|(_, verdict, _)| *verdict == branch.verdict);
            let when = match &*branch.when {
                "" => default.map_or("", |(word, ..)| *word),
                when => when,
            };
            let holds = match *compare::words(when) {
                [word] => word == health,
                [operator, word] => compare::holds(operator, compared(health, word))?,
                _ => return Err(format!("`{when}` is not of the form `<operator> <status>`")),
            };
            if holds {
                return Ok(Some(branch.outcome(title)));
            }
        }
        Ok(None)
    }
}

/// Better is greater.
fn compared(health: &str, other: &str) -> Ordering {
    let rank = |word| match word {
        "HEALTH_OK" => 3,
        "HEALTH_WARN" => 2,
        "HEALTH_ERR" => 1,
        _ => 0,
    };
    if health == other {
        Ordering::Equal
    } else {
        rank(health).cmp(&rank(other))
    }
}

/// The message, and what the status tells besides.
fn detailed(message: &str, status: &Value) -> String {
    let osds = ["osdmap", "osdmap"];
    let map = at(status, &osds).unwrap_or(&Value::Null);
    let mut lines: Vec<String> = Some(message.to_owned())
        .into_iter()
        .filter(|text| !text.is_empty())
        .collect();
    let count = integer(map, &["num_osds"]);
    if count > 0 {
        lines.push(format!(
            "{}/{count} OSDs up",
            integer(map, &["num_up_osds"])
        ));
    }
    if flag(map, &["full"]) {
        lines.push("OSD disk is full".to_owned());
    } else if flag(map, &["nearfull"]) {
        lines.push("OSD disk is nearly full".to_owned());
    }
    let number = |name| {
        at(status, &["pgmap", name])
            .and_then(Value::as_f64)
            .unwrap_or_default()
    };
    let total = number("bytes_total");
    if total > 0.0 {
        lines.push(format!(
            "PG storage usage is {:.1}%",
            100.0 * number("bytes_used") / total
        ));
    }
    let mut checks: Vec<_> = at(status, &["health", "checks"])
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .collect();
    checks.sort_by_key(|(name, _)| *name);
    lines.extend(
        checks
            .iter()
            .map(|(name, check)| format!("{name}: {}", text(check, &["summary", "message"]))),
    );
    lines.join("\n")
}
