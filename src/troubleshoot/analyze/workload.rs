//! `deploymentStatus`, `statefulsetStatus`, `jobStatus`, `replicasetStatus`.

use serde_json::Value;

use super::super::compare;
use super::super::decode::{Decoder, Fields};
use super::super::glob::Reads;
use super::super::json::{at, integer};
use super::super::{Outcome, Verdict};
use super::{Branch, Bundle, Check, name, namespace};

/// What kind of objects is looked at.
#[derive(Debug)]
struct Shape {
    directory: &'static str,
    /// In messages and titles.
    lower: &'static str,
    title: &'static str,
    /// Whether a condition may be `absent`, and is on the number of ready replicas.
    replicas: bool,
    /// What conditions are on otherwise: a word, and the number in the status it stands for.
    numbers: &'static [(&'static str, &'static str)],
    /// What is wrong with an object by itself.
    default: fn(&Value) -> Option<String>,
    /// Whether outcomes count without a name.
    outcomes_for_all: bool,
}

static DEPLOYMENT: Shape = Shape {
    directory: "deployments",
    lower: "deployment",
    title: "Deployment Status",
    replicas: true,
    numbers: &[],
    default: |object| replicas(object, "deployment", "availableReplicas"),
    outcomes_for_all: false,
};

static STATEFULSET: Shape = Shape {
    directory: "statefulsets",
    lower: "statefulset",
    title: "Statefulset Status",
    replicas: true,
    numbers: &[],
    default: |object| replicas(object, "statefulset", "readyReplicas"),
    outcomes_for_all: false,
};

static JOB: Shape = Shape {
    directory: "jobs",
    lower: "job",
    title: "Job Status",
    replicas: false,
    numbers: &[("succeeded", "succeeded"), ("failed", "failed")],
    default: job_default,
    outcomes_for_all: false,
};

static REPLICASET: Shape = Shape {
    directory: "replicasets",
    lower: "replicaset",
    title: "ReplicaSet Status",
    replicas: false,
    numbers: &[
        ("ready", "readyReplicas"),
        ("available", "availableReplicas"),
    ],
    default: replicaset_default,
    outcomes_for_all: true,
};

fn replicas(object: &Value, kind: &str, counts: &str) -> Option<String> {
    let wanted = integer(object, &["status", "replicas"]);
    if wanted == integer(object, &["status", counts]) {
        return None;
    }
    let ready = integer(object, &["status", "readyReplicas"]);
    let (namespace, name) = (namespace(object), name(object));
    Some(format!(
        "The {kind} {namespace}/{name} has {ready}/{wanted} replicas"
    ))
}

fn job_default(job: &Value) -> Option<String> {
    let succeeded = integer(job, &["status", "succeeded"]);
    let is_complete = match at(job, &["spec", "completions"]).and_then(Value::as_i64) {
        Some(completions) => completions == succeeded,
        None => succeeded > 1,
    };
    if is_complete || integer(job, &["status", "failed"]) == 0 {
        return None;
    }
    Some(format!(
        "The job {}/{} is not complete",
        namespace(job),
        name(job)
    ))
}

fn replicaset_default(set: &Value) -> Option<String> {
    let wanted = at(set, &["spec", "replicas"])
        .and_then(Value::as_i64)
        .unwrap_or(1);
    if wanted == integer(set, &["status", "availableReplicas"]) {
        return None;
    }
    Some(format!(
        "The replicaset {}/{} is not ready",
        namespace(set),
        name(set)
    ))
}

#[derive(Debug)]
struct Workload {
    shape: &'static Shape,
    name: String,
    namespaces: Vec<String>,
    selector: Vec<Requirement>,
    branches: Vec<Branch>,
}

pub(super) fn deployment(decoder: &mut Decoder, fields: &Fields) -> Option<Box<dyn Check>> {
    decode(&DEPLOYMENT, decoder, fields)
}

pub(super) fn statefulset(decoder: &mut Decoder, fields: &Fields) -> Option<Box<dyn Check>> {
    decode(&STATEFULSET, decoder, fields)
}

pub(super) fn job(decoder: &mut Decoder, fields: &Fields) -> Option<Box<dyn Check>> {
    decode(&JOB, decoder, fields)
}

pub(super) fn replicaset(decoder: &mut Decoder, fields: &Fields) -> Option<Box<dyn Check>> {
    decode(&REPLICASET, decoder, fields)
}

fn decode(shape: &'static Shape, decoder: &mut Decoder, fields: &Fields) -> Option<Box<dyn Check>> {
    let name = fields.text(decoder, "name");
    let namespace = fields.text(decoder, "namespace");
    let mut namespaces = vec![namespace];
    if name.is_empty() {
        namespaces.retain(|namespace| !namespace.is_empty());
        namespaces.extend(fields.texts(decoder, "namespaces"));
    }
    let selector = fields.texts(decoder, "selector").join(",");
    let selector = requirements(&selector).or_else(|| {
        let message = format!("`{selector}` is no selector of labels");
        decoder.report("spec/selector", message, &fields.span("selector"));
        None
    })?;
    Some(Box::new(Workload {
        shape,
        name,
        namespaces,
        selector,
        branches: decoder.outcomes(fields, false),
    }))
}

impl Check for Workload {
    fn title(&self) -> String {
        self.shape.title.to_owned()
    }

    fn reads(&self) -> Vec<Reads> {
        let directory = format!("cluster-resources/{}", self.shape.directory);
        if self.namespaces.is_empty() {
            return vec![Reads::glob(&format!("{directory}/*.json"))];
        }
        let file = |namespace| Reads::glob(&format!("{directory}/{namespace}.json"));
        self.namespaces.iter().map(file).collect()
    }

    fn evaluate(&self, _: &str, bundle: &Bundle) -> Result<Vec<Outcome>, String> {
        let mut outcomes = Vec::new();
        for (path, content) in self.reads().iter().flat_map(|reads| bundle.find(reads)) {
            let objects = super::items_of(super::parsed(path, content)?);
            if self.name.is_empty() {
                for object in &objects {
                    if self
                        .selector
                        .iter()
                        .all(|requirement| requirement.holds(object))
                    {
                        outcomes.extend(self.one_of_all(object)?.map(|one| one.on_file(path)));
                    }
                }
            } else {
                let object = objects.iter().find(|object| name(object) == self.name);
                outcomes.extend(self.named(object)?.map(|one| one.on_file(path)));
            }
        }
        Ok(outcomes)
    }
}

impl Workload {
    /// What is said about the object with the wanted name, or that there is none.
    fn named(&self, object: Option<&Value>) -> Result<Option<Outcome>, String> {
        if self.shape.replicas {
            return self.replicas(object);
        }
        match object {
            None => Ok(Some(
                self.not_found(&format!("{} {}", self.name, self.shape.title)),
            )),
            Some(object) if self.branches.is_empty() => Ok(self.default(object)),
            Some(object) => self.by_outcomes(object),
        }
    }

    fn one_of_all(&self, object: &Value) -> Result<Option<Outcome>, String> {
        if self.shape.outcomes_for_all && !self.branches.is_empty() {
            return self.by_outcomes(object);
        }
        Ok(self.default(object))
    }

    fn not_found(&self, title: &str) -> Outcome {
        let message = format!("The {} \"{}\" was not found", self.shape.lower, self.name);
        Outcome::new(Verdict::Fail, title, message)
    }

    fn default(&self, object: &Value) -> Option<Outcome> {
        let message = (self.shape.default)(object)?;
        let title = format!(
            "{}/{} {}",
            namespace(object),
            name(object),
            self.shape.title
        );
        Some(Outcome::new(Verdict::Fail, title, message))
    }

    /// Conditions on the ready replicas. The first outcome that does not ask for absence finds an absent object.
    fn replicas(&self, object: Option<&Value>) -> Result<Option<Outcome>, String> {
        let title = format!("{} Status", self.name);
        for branch in &self.branches {
            let holds = match (object, &*branch.when) {
                (None, "absent") | (Some(_), "") => true,
                (None, _) => return Ok(Some(self.not_found(&title))),
                (Some(_), "absent") => false,
                (Some(object), when) => {
                    compare::number(when, integer(object, &["status", "readyReplicas"]))?
                }
            };
            if holds {
                return Ok(Some(branch.outcome(&title)));
            }
        }
        Ok(None)
    }

    fn by_outcomes(&self, object: &Value) -> Result<Option<Outcome>, String> {
        let title = format!("{} Status", name(object));
        let found = super::first(&self.branches, |when| {
            let (what, operator, value) = compare::three(when)?;
            let value = compare::integer(value)?;
            let number = self.shape.numbers.iter().find(|(word, _)| *word == what);
            let (_, number) = number.ok_or_else(|| format!("unknown when value: {what}"))?;
            compare::holds(operator, integer(object, &["status", number]).cmp(&value))
        })?;
        Ok(found.map(|branch| branch.outcome(&title)))
    }
}

/// One condition on labels.
#[derive(Clone, Debug)]
pub(super) struct Requirement {
    pub(super) label: String,
    pub(super) is: bool,
    /// One of these; if there are none, whether the label exists counts.
    pub(super) values: Vec<String>,
}

impl Requirement {
    pub(super) fn holds(&self, object: &Value) -> bool {
        let label = at(object, &["metadata", "labels", &self.label]).and_then(Value::as_str);
        let is = match label {
            None => false,
            Some(value) => {
                self.values.is_empty() || self.values.iter().any(|wanted| wanted == value)
            }
        };
        is == self.is
    }
}

/// The conditions of `a=b,c!=d,e,!f,g in (h,i),j notin (k)`.
fn requirements(selector: &str) -> Option<Vec<Requirement>> {
    let (mut parts, mut depth) = (vec![String::new()], 0_i32);
    for c in selector.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        match parts.last_mut() {
            Some(last) if c != ',' || depth > 0 => last.push(c),
            _ => parts.push(String::new()),
        }
    }
    let parts = parts
        .iter()
        .map(|part| part.trim())
        .filter(|part| !part.is_empty());
    parts.map(requirement).collect()
}

fn requirement(text: &str) -> Option<Requirement> {
    let of = |label: &str, is, values| {
        let label = label.trim().to_owned();
        let is_label = !label.is_empty() && !label.contains([' ', '=', '!', '(', ')']);
        is_label.then_some(Requirement { label, is, values })
    };
    if let Some((label, value)) = text.split_once("!=") {
        return of(label, false, vec![value.trim().to_owned()]);
    }
    if let Some((label, value)) = text.split_once("==").or_else(|| text.split_once('=')) {
        return of(label, true, vec![value.trim().to_owned()]);
    }
    for (word, is) in [(" notin ", false), (" in ", true)] {
        if let Some((label, values)) = text.split_once(word) {
            let values = values.trim().strip_prefix('(')?.strip_suffix(')')?;
            let values = values.split(',').map(|value| value.trim().to_owned());
            return of(label, is, values.collect());
        }
    }
    match text.strip_prefix('!') {
        Some(label) => of(label, false, Vec::new()),
        None => of(text, true, Vec::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn selectors_are_on_labels() {
        let object = json!({"metadata": {"labels": {"app": "web", "tier": "front"}}});
        for (selector, holds) in [
            ("", true),
            ("app=web", true),
            ("app==web,tier!=back", true),
            ("app=db", false),
            ("app", true),
            ("!app", false),
            ("app in (db, web)", true),
            ("app notin (db,web)", false),
            ("missing!=x", true),
        ] {
            let parsed = requirements(selector).expect("a selector");
            assert_eq!(
                parsed.iter().all(|part| part.holds(&object)),
                holds,
                "{selector}"
            );
        }
        for selector in ["a b", "=x", "app in web", "!"] {
            assert!(requirements(selector).is_none(), "{selector}");
        }
    }
}
