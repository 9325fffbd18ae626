//! `clusterResource`: a value in a Kubernetes object.

use serde_json::Value;

use super::super::compare::{self, Quantity};
use super::super::decode::{Decoder, Fields};
use super::super::glob::Reads;
use super::super::json;
use super::super::pattern::Pattern;
use super::super::{Outcome, Verdict};
use super::document::{compared, yaml_value};
use super::text::{grouped, matched};
use super::{Branch, Bundle, Check};

pub(super) const FIELDS: &[&str] = &[
    "collectorName",
    "kind",
    "clusterScoped",
    "namespace",
    "name",
    "yamlPath",
    "expectedValue",
    "regex",
    "regexGroups",
];

/// Kinds, and where they stand.
const KINDS: &[(&str, &str)] = &[
    ("deployment", "deployments"),
    ("daemonset", "daemonsets"),
    ("statefulset", "statefulsets"),
    ("networkpolicy", "network-policy"),
    ("pod", "pods"),
    ("ingress", "ingress"),
    ("service", "services"),
    ("resourcequota", "resource-quota"),
    ("job", "jobs"),
    ("persistentvolumeclaim", "pvcs"),
    ("pvc", "pvcs"),
    ("replicaset", "replicasets"),
    ("configmap", "configmaps"),
    (
        "validatingwebhookconfiguration",
        "validatingwebhookconfigurations.json",
    ),
    (
        "mutatingwebhookconfiguration",
        "mutatingwebhookconfigurations.json",
    ),
    ("namespace", "namespaces.json"),
    ("persistentvolume", "pvs.json"),
    ("pv", "pvs.json"),
    ("node", "nodes.json"),
    ("storageclass", "storage-classes.json"),
];

#[derive(Debug)]
struct ClusterResource {
    file: String,
    path: String,
    name: String,
    title: String,
    missing: String,
    expected: String,
    regex: Option<Pattern>,
    groups: Option<Pattern>,
    branches: Vec<Branch>,
}

pub(super) fn decode(decoder: &mut Decoder, fields: &Fields) -> Option<Box<dyn Check>> {
    let kind = fields.text(decoder, "kind");
    let known = KINDS
        .iter()
        .find(|(known, _)| kind.eq_ignore_ascii_case(known));
    let Some((_, place)) = known else {
        let message = format!("objects of kind `{kind}` are not looked at");
        decoder.report("spec/unknown-kind", message, &fields.span("kind"));
        return None;
    };
    let name = fields.text(decoder, "name");
    let written = fields.text(decoder, "namespace");
    let (file, missing) = if fields.flag(decoder, "clusterScoped") {
        (
            format!("cluster-resources/{place}"),
            format!("{kind} {name} does not exist"),
        )
    } else {
        let namespace = if written.is_empty() {
            "default"
        } else {
            &written
        };
        (
            format!("cluster-resources/{place}/{namespace}.json"),
            format!("{kind} {name} in namespace {written} does not exist"),
        )
    };
    let regex = fields.pattern(decoder, "regex");
    let groups = fields.pattern(decoder, "regexGroups");
    let (regex, groups) = (regex.ok()?, groups.ok()?);
    let branches = decoder.outcomes(fields, groups.is_some());
    Some(Box::new(ClusterResource {
        file,
        missing,
        path: fields.text(decoder, "yamlPath"),
        name,
        title: fields.text(decoder, "collectorName"),
        expected: fields.text(decoder, "expectedValue"),
        regex,
        groups,
        branches,
    }))
}

impl Check for ClusterResource {
    fn title(&self) -> String {
        self.title.clone()
    }

    fn reads(&self) -> Vec<Reads> {
        vec![Reads::path(&*self.file)]
    }

    fn evaluate(&self, title: &str, bundle: &Bundle) -> Result<Vec<Outcome>, String> {
        let objects = bundle.items(&self.file).unwrap_or_default();
        let fail = |message: &str| Outcome::new(Verdict::Fail, title, message);
        let Some(object) = objects
            .iter()
            .find(|object| super::name(object) == self.name)
        else {
            return Ok(vec![fail(&self.missing)]);
        };
        let Ok(actual) = json::at_path(object, &self.path) else {
            return Ok(vec![
                fail("YAML path provided is invalid").on_file(&self.file),
            ]);
        };
        let outcome = self.conclude(title, &actual)?;
        Ok(outcome
            .map(|outcome| outcome.on_file(&self.file))
            .into_iter()
            .collect())
    }
}

impl ClusterResource {
    fn conclude(&self, title: &str, actual: &Value) -> Result<Option<Outcome>, String> {
        if !self.expected.is_empty() {
            let expected = yaml_value("expectedValue", &self.expected)?;
            return compared(&self.branches, title, *actual == expected, None).map(Some);
        }
        let written = match actual {
            Value::String(text) => format!("{text}\n"),
            other => format!("{other}\n"),
        };
        if let Some(regex) = &self.regex {
            return matched(&self.branches, title, regex.is_match(written.as_bytes()));
        }
        if let Some(groups) = &self.groups {
            let found = groups.find(written.as_bytes());
            let names = found.map_or_else(Vec::new, |found| found.groups);
            return grouped(&self.branches, title, &names);
        }
        let found = super::first(&self.branches, |when| holds(when, actual))?;
        Ok(Some(found.map_or_else(
            || Outcome::new(Verdict::Fail, title, "Invalid analyzer"),
            |branch| branch.outcome(title),
        )))
    }
}

/// `op N` on a number or a quantity.
fn holds(when: &str, actual: &Value) -> Result<bool, String> {
    let (operator, wanted) = compare::two(when)?;
    let ordering = match actual {
        Value::Number(number) if number.is_i64() => number
            .as_i64()
            .unwrap_or_default()
            .cmp(&compare::integer(wanted)?),
        Value::String(text) => {
            let wanted = Quantity::parse(wanted)?.value();
            Quantity::parse(text)?.value().cmp(&wanted)
        }
        _ => return Err("the value is neither a number nor a quantity".to_owned()),
    };
    compare::holds(operator, ordering)
}
