//! `nodeResources`: how many nodes there are, and what they have.

use serde_json::{Map, Value};

use super::super::compare::{self, Quantity};
use super::super::decode::{Decoder, Fields};
use super::super::glob::Reads;
use super::super::json::{at, list, text};
use super::super::template::Scope;
use super::super::{Outcome, Verdict};
use super::workload::Requirement;
use super::{Branch, Bundle, Check};

const NODES: &str = "cluster-resources/nodes.json";

/// A resource in filters and conditions: the start of its field, its name, and that of Go's field.
const RESOURCES: &[(&str, &str, &str)] = &[
    ("cpu", "cpu", "CPU"),
    ("memory", "memory", "Memory"),
    ("pod", "pods", "Pod"),
    ("ephemeralStorage", "ephemeral-storage", "EphemeralStorage"),
];

const FILTERS: &[&str] = &[
    "cpuArchitecture",
    "cpuCapacity",
    "cpuAllocatable",
    "memoryCapacity",
    "memoryAllocatable",
    "podCapacity",
    "podAllocatable",
    "ephemeralStorageCapacity",
    "ephemeralStorageAllocatable",
    "selector",
    "resourceName",
    "resourceCapacity",
    "resourceAllocatable",
    "taint",
];

#[derive(Debug, Default)]
struct Filters {
    /// What a node must have at least: `capacity` or `allocatable`, the resource, how much.
    at_least: Vec<(&'static str, String, Quantity)>,
    resource: String,
    architecture: String,
    labels: Vec<Requirement>,
    /// Key and effect.
    taint: Option<(String, String)>,
    /// What templates see.
    written: Map<String, Value>,
}

#[derive(Debug)]
struct NodeResources {
    filters: Filters,
    ignore_if_no_files: bool,
    branches: Vec<Branch>,
}

pub(super) fn decode(decoder: &mut Decoder, fields: &Fields) -> Option<Box<dyn Check>> {
    let filters = match fields.map(decoder, "filters", FILTERS) {
        Some(fields) => filters(decoder, &fields)?,
        None => Filters::default(),
    };
    Some(Box::new(NodeResources {
        filters,
        ignore_if_no_files: fields.flag(decoder, "ignoreIfNoFiles"),
        branches: decoder.outcomes(fields, true),
    }))
}

fn filters(decoder: &mut Decoder, fields: &Fields) -> Option<Filters> {
    let mut filters = Filters {
        resource: fields.text(decoder, "resourceName"),
        architecture: fields.text(decoder, "cpuArchitecture"),
        ..Filters::default()
    };
    let resource = filters.resource.clone();
    filters
        .written
        .insert("ResourceName".to_owned(), resource.clone().into());
    filters.written.insert(
        "CPUArchitecture".to_owned(),
        filters.architecture.clone().into(),
    );
    let of_name = ("resource", &*resource, "Resource");
    for (start, name, go) in RESOURCES.iter().copied().chain([of_name]) {
        for (end, kind) in [("Capacity", "capacity"), ("Allocatable", "allocatable")] {
            let field = format!("{start}{end}");
            let written = fields.text(decoder, &field);
            filters
                .written
                .insert(format!("{go}{end}"), written.clone().into());
            // Without a name, the resource is not looked at.
            if written.is_empty() || name.is_empty() {
                continue;
            }
            match Quantity::parse(&written) {
                Ok(quantity) => filters.at_least.push((kind, name.to_owned(), quantity)),
                Err(message) => {
                    decoder.report("spec/quantity", message, &fields.span(&field));
                    return None;
                }
            }
        }
    }
    if let Some(selector) = fields.map(decoder, "selector", &["matchLabel", "matchExpressions"]) {
        let labels = selector.text_map(decoder, "matchLabel").into_iter();
        filters.labels = labels
            .map(|(label, value)| Requirement {
                label,
                is: true,
                values: vec![value],
            })
            .collect();
        for expression in selector.maps(decoder, "matchExpressions", &["key", "operator", "values"])
        {
            let label = expression.text(decoder, "key");
            let values = expression.texts(decoder, "values");
            let operator = expression.text(decoder, "operator");
            let is = match &*operator {
                "In" | "Exists" => true,
                "NotIn" | "DoesNotExist" => false,
                _ => {
                    let message = format!("there is no operator `{operator}` of labels");
                    decoder.report("spec/selector", message, &expression.span("operator"));
                    return None;
                }
            };
            filters.labels.push(Requirement { label, is, values });
        }
    }
    if let Some(taint) = fields.map(decoder, "taint", &["key", "value", "effect", "timeAdded"]) {
        filters.taint = Some((taint.text(decoder, "key"), taint.text(decoder, "effect")));
    }
    Some(filters)
}

impl Filters {
    fn keeps(&self, node: &Value) -> bool {
        let has = |kind| at(node, &["status", kind, &self.resource]).is_some();
        if !self.resource.is_empty() && !has("capacity") && !has("allocatable") {
            return false;
        }
        let enough = |by_name: bool| {
            let mut wanted = self.at_least.iter();
            wanted.all(|(kind, name, least)| {
                (*name == self.resource) != by_name
                    || quantity(node, kind, name).unwrap_or(Quantity::ZERO) >= *least
            })
        };
        if !enough(true) || !self.labels.iter().all(|label| label.holds(node)) {
            return false;
        }
        // As in troubleshoot, a taint makes what follows not count.
        if let Some((key, effect)) = &self.taint {
            let mut taints = list(node, &["spec", "taints"]).iter();
            return taints
                .any(|taint| text(taint, &["key"]) == key && text(taint, &["effect"]) == effect);
        }
        let architecture = text(node, &["status", "nodeInfo", "architecture"]);
        let right =
            self.architecture.is_empty() || architecture.eq_ignore_ascii_case(&self.architecture);
        right && enough(false)
    }
}

fn quantity(node: &Value, kind: &str, resource: &str) -> Option<Quantity> {
    match at(node, &["status", kind, resource])? {
        Value::String(text) => Quantity::parse(text).ok(),
        other => Quantity::parse(&other.to_string()).ok(),
    }
}

impl Check for NodeResources {
    fn title(&self) -> String {
        "Node Resources".to_owned()
    }

    fn reads(&self) -> Vec<Reads> {
        vec![Reads::path(NODES)]
    }

    fn evaluate(&self, title: &str, bundle: &Bundle) -> Result<Vec<Outcome>, String> {
        if bundle.get(NODES).is_none() {
            let outcome = Outcome::new(Verdict::Warn, title, "No matching files");
            return Ok(Some(outcome)
                .filter(|_| !self.ignore_if_no_files)
                .into_iter()
                .collect());
        }
        let mut nodes = bundle.items(NODES)?;
        nodes.retain(|node| self.filters.keeps(node));
        let branch = super::first(&self.branches, |when| {
            condition(when, &nodes, &self.filters.resource)
        })?;
        let Some(branch) = branch else {
            return Ok(Vec::new());
        };
        let mut written = self.filters.written.clone();
        written.insert("NodeCount".to_owned(), nodes.len().into());
        let outcome = branch.rendered(title, Scope::Map(&written.into()))?;
        Ok(vec![outcome.on_file(NODES)])
    }
}

/// `function(property) op value`, where `count` may be left out.
fn condition(when: &str, nodes: &[Value], resource: &str) -> Result<bool, String> {
    let (call, operator, wanted) = match *when.split_whitespace().collect::<Vec<_>>() {
        [operator, wanted] => ("count()", operator, wanted),
        [call, operator, wanted] => (call, operator, wanted),
        _ => {
            return Err(format!(
                "`{when}` is not of the form `<function> <operator> <value>`"
            ));
        }
    };
    let call = if call.contains('(') { call } else { "count()" };
    let (function, property) = call
        .split_once('(')
        .and_then(|(function, rest)| Some((function, rest.strip_suffix(')')?)))
        .ok_or_else(|| format!("`{call}` is not of the form `function(property)`"))?;
    let count = match function {
        "nodeCondition" => return node_condition(nodes, property, operator, wanted),
        "count" => Some(nodes.len()),
        "countDistinct" => Some(distinct(nodes, property)),
        _ => None,
    };
    if let Some(count) = count {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        return compare::holds(operator, count.cmp(&compare::integer(wanted)?));
    }
    let values = nodes
        .iter()
        .filter_map(|node| property_of(node, property, resource));
    let actual = match function {
        "min" => values.min(),
        "max" => values.max(),
        "sum" => Some(values.fold(Quantity::ZERO, Quantity::plus)),
        _ => return Err(format!("there is no function `{function}`")),
    };
    let actual = actual.ok_or_else(|| format!("no node has `{property}`"))?;
    compare::holds(operator, actual.cmp(&Quantity::parse(wanted)?))
}

fn node_condition(
    nodes: &[Value],
    kind: &str,
    operator: &str,
    wanted: &str,
) -> Result<bool, String> {
    if !operator.contains('=') {
        return Err("a condition of nodes can only be compared with `==`".to_owned());
    }
    if kind.is_empty() {
        return Err("`nodeCondition` needs the type of a condition".to_owned());
    }
    let mut conditions = nodes
        .iter()
        .flat_map(|node| list(node, &["status", "conditions"]));
    Ok(conditions.any(|one| text(one, &["type"]) == kind && text(one, &["status"]) == wanted))
}

fn distinct(nodes: &[Value], label: &str) -> usize {
    let values = nodes
        .iter()
        .filter_map(|node| at(node, &["metadata", "labels", label])?.as_str());
    values.collect::<std::collections::BTreeSet<_>>().len()
}

fn property_of(node: &Value, property: &str, resource: &str) -> Option<Quantity> {
    let (start, kind) = match property.strip_suffix("Capacity") {
        Some(start) => (start, "capacity"),
        None => (property.strip_suffix("Allocatable")?, "allocatable"),
    };
    if start == "resource" {
        return quantity(node, kind, resource);
    }
    let (_, name, _) = RESOURCES.iter().find(|(known, ..)| *known == start)?;
    // What a node does not tell is nothing.
    Some(quantity(node, kind, name).unwrap_or(Quantity::ZERO))
}
