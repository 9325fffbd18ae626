//! `distribution` and `containerRuntime`: what the nodes run.

use serde_json::Value;

use super::super::compare;
use super::super::decode::{Decoder, Fields};
use super::super::glob::Reads;
use super::super::json::{at, text};
use super::super::{Outcome, Verdict};
use super::{Branch, Bundle, Check};

const NODES: &str = "cluster-resources/nodes.json";
const RESOURCES: &str = "cluster-resources/resources.json";

#[derive(Debug)]
struct Runtime {
    branches: Vec<Branch>,
}

pub(super) fn runtime(decoder: &mut Decoder, fields: &Fields) -> Option<Box<dyn Check>> {
    let branches = decoder.outcomes(fields, false);
    Some(Box::new(Runtime { branches }))
}

impl Check for Runtime {
    fn title(&self) -> String {
        "Container Runtime".to_owned()
    }

    fn reads(&self) -> Vec<Reads> {
        vec![Reads::path(NODES)]
    }

    fn evaluate(&self, title: &str, bundle: &Bundle) -> Result<Vec<Outcome>, String> {
        let nodes = bundle.items(NODES)?;
        let versions = nodes.iter().map(|node| {
            let version = text(node, &["status", "nodeInfo", "containerRuntimeVersion"]);
            version.split_once(':').map_or("", |(scheme, _)| scheme)
        });
        let found = super::first(&self.branches, |when| {
            let (operator, wanted) = compare::two(when)?;
            let is_equality = matches!(operator, "=" | "==" | "===");
            Ok(is_equality
                && versions
                    .clone()
                    .any(|scheme| scheme.eq_ignore_ascii_case(wanted)))
        })?;
        Ok(found
            .map(|branch| branch.outcome(title).on_file(NODES))
            .into_iter()
            .collect())
    }
}

#[derive(Debug)]
struct Distribution {
    branches: Vec<Branch>,
}

pub(super) fn decode(decoder: &mut Decoder, fields: &Fields) -> Option<Box<dyn Check>> {
    let branches = decoder.outcomes(fields, false);
    Some(Box::new(Distribution { branches }))
}

/// The names of distributions, without hyphens.
const KNOWN: &[&str] = &[
    "microk8s",
    "dockerdesktop",
    "eks",
    "gke",
    "digitalocean",
    "openshift",
    "tanzu",
    "kurl",
    "aks",
    "ibm",
    "minikube",
    "rke2",
    "k3s",
    "oke",
    "kind",
    "k0s",
    "embeddedcluster",
];

/// Labels of nodes that tell a distribution; without a value, any will do.
const LABELS: &[(&str, Option<&str>, &str)] = &[
    ("kurl.sh/cluster", Some("true"), "kurl"),
    ("microk8s.io/cluster", Some("true"), "microk8s"),
    ("kubernetes.azure.com/role", None, "aks"),
    ("minikube.k8s.io/version", None, "minikube"),
    ("node.kubernetes.io/instance-type", Some("k3s"), "k3s"),
    ("beta.kubernetes.io/instance-type", Some("k3s"), "k3s"),
    ("oci.oraclecloud.com/fault-domain", None, "oke"),
    ("node.k0sproject.io/role", None, "k0s"),
    ("kots.io/embedded-cluster-role", None, "embeddedcluster"),
    (
        "run.tanzu.vmware.com/kubernetesDistributionVersion",
        None,
        "tanzu",
    ),
];

/// What the id of a node's provider begins with.
const PROVIDERS: &[(&str, &str)] = &[
    ("digitalocean:", "digitalocean"),
    ("aws:", "eks"),
    ("gce:", "gke"),
    ("ibm:", "ibm"),
    ("kind:", "kind"),
];

impl Check for Distribution {
    fn title(&self) -> String {
        "Kubernetes Distribution".to_owned()
    }

    fn reads(&self) -> Vec<Reads> {
        vec![Reads::path(NODES), Reads::path(RESOURCES)]
    }

    fn evaluate(&self, title: &str, bundle: &Bundle) -> Result<Vec<Outcome>, String> {
        let mut found = of_nodes(&bundle.items(NODES)?);
        let mut files = vec![NODES];
        if let Some(content) = bundle.get(RESOURCES) {
            found.extend(of_resources(&super::parsed(RESOURCES, content)?));
            files.push(RESOURCES);
        }
        let mut unknown = String::new();
        let branch = super::first(&self.branches, |when| {
            let (operator, name) = match *compare::words(when) {
                [name] => ("=", name),
                [operator, name] => (operator, name),
                _ => return Err(format!("`{when}` is not of the form `<operator> <name>`")),
            };
            let normal = name.trim().to_lowercase().replace('-', "");
            let normal = if normal == "ibmcloud" { "ibm" } else { &normal };
            if !KNOWN.contains(&normal) {
                unknown += &format!("- Unknown distribution: {name} ");
                return Ok(false);
            }
            let is_it = found.contains(&normal);
            Ok(match operator {
                "=" | "==" | "===" => is_it,
                "!=" | "!==" => !is_it,
                _ => false,
            })
        })?;
        let outcome = match branch {
            Some(branch) => branch.outcome(title),
            None if unknown.is_empty() => {
                Outcome::new(Verdict::Warn, title, "None of the conditionals were met")
            }
            None => Outcome::new(Verdict::Warn, title, unknown),
        };
        Ok(vec![
            files
                .iter()
                .fold(outcome, |outcome, file| outcome.on_file(file)),
        ])
    }
}

fn of_nodes(nodes: &[Value]) -> Vec<&'static str> {
    let mut found = Vec::new();
    let mut has_master = false;
    for node in nodes {
        let label = |label| at(node, &["metadata", "labels", label]).and_then(Value::as_str);
        has_master |= label("node-role.kubernetes.io/master").is_some()
            || label("node-role.kubernetes.io/control-plane").is_some();
        let by_label = LABELS.iter().filter(|(name, wanted, _)| {
            label(name).is_some_and(|value| wanted.is_none_or(|wanted| wanted == value))
        });
        found.extend(by_label.map(|(_, _, distribution)| *distribution));
        if at(node, &["metadata", "annotations", "rke2.io/node-args"]).is_some() {
            found.push("rke2");
        }
        if text(node, &["status", "nodeInfo", "osImage"]) == "Docker Desktop" {
            found.push("dockerdesktop");
        }
        let provider = text(node, &["spec", "providerID"]);
        let by_provider = PROVIDERS
            .iter()
            .filter(|(start, _)| provider.starts_with(start));
        found.extend(by_provider.map(|(_, distribution)| *distribution));
    }
    if has_master {
        // EKS does not list its masters.
        found.retain(|distribution| *distribution != "eks");
    }
    found
}

fn of_resources(resources: &Value) -> Option<&'static str> {
    let groups = resources.as_array()?.iter();
    groups.into_iter().find_map(|list| {
        let group = text(list, &["groupVersion"]);
        if group.starts_with("apps.openshift.io/") {
            Some("openshift")
        } else if group.starts_with("run.tanzu.vmware.com/") {
            Some("tanzu")
        } else {
            None
        }
    })
}
