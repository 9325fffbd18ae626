//! `clusterPodStatuses` and `clusterContainerStatuses`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::Outcome;
use super::super::compare;
use super::super::decode::{Decoder, Fields};
use super::super::glob::Reads;
use super::super::json::{at, flag, integer, list, text};
use super::super::template::{Scope, Template};
use super::pod_status::{is_unhealthy, reason};
use super::{Branch, Bundle, Check, name, namespace};

const PODS: &str = "cluster-resources/pods/*.json";
const EVENTS: &str = "cluster-resources/events/*.json";
const TITLE: &str = "Pod {{ .Namespace }}/{{ .Name }} status";
const MESSAGE: &str = "Pod {{ .Namespace }}/{{ .Name }} status is {{ .Status.Reason }}. Message is: {{ .Status.Message }}";

#[derive(Debug)]
struct PodStatuses {
    namespaces: Vec<String>,
    title: Template,
    branches: Vec<Branch>,
}

pub(super) fn statuses(decoder: &mut Decoder, fields: &Fields) -> Option<Box<dyn Check>> {
    let title = fields.text_or(decoder, "checkName", TITLE);
    let title = decoder.template(&title, &fields.span("checkName"));
    let mut branches = decoder.outcomes(fields, true);
    for branch in &mut branches {
        if branch.message.source().is_empty()
            && let Ok(message) = Template::parse(MESSAGE)
        {
            branch.message = message;
        }
        if !branch.when.is_empty() && compare::words(&branch.when).len() < 2 {
            let message = format!("`{}` is not of the form `<operator> <reason>`", branch.when);
            decoder.report("spec/when", message, &branch.when_span);
        }
    }
    Some(Box::new(PodStatuses {
        namespaces: fields.texts(decoder, "namespaces"),
        title,
        branches,
    }))
}

impl Check for PodStatuses {
    fn title(&self) -> String {
        "Cluster Pod Status".to_owned()
    }

    fn reads(&self) -> Vec<Reads> {
        vec![Reads::glob(PODS), Reads::glob(EVENTS)]
    }

    fn evaluate(&self, _: &str, bundle: &Bundle) -> Result<Vec<Outcome>, String> {
        let mut outcomes = Vec::new();
        let mut events = Events::default();
        for (path, mut pod) in pods(bundle, &self.namespaces)? {
            complete(&mut pod, bundle, &mut events);
            if let Some(branch) = self
                .branches
                .iter()
                .find(|branch| holds(&branch.when, &pod))
            {
                let title = self.title.render(Scope::Object(&pod))?;
                let mut outcome = branch.outcome(&title).on_file(path);
                let message = branch.message.render(Scope::Object(&pod))?;
                message.trim().clone_into(&mut outcome.message);
                outcome.object = Some(format!("Pod {}/{}", namespace(&pod), name(&pod)));
                outcomes.push(outcome);
            }
        }
        Ok(outcomes)
    }
}

/// The pods of some namespaces, or of all.
fn pods<'f>(bundle: &Bundle<'f>, namespaces: &[String]) -> Result<Vec<(&'f str, Value)>, String> {
    let mut pods = Vec::new();
    for (path, content) in bundle.find(&Reads::glob(PODS)) {
        let is_wanted = |namespace: &String| namespace == super::stem(path);
        if namespaces.is_empty() || namespaces.iter().any(is_wanted) {
            let items = super::items_of(super::parsed(path, content)?);
            pods.extend(items.into_iter().map(|pod| (path, pod)));
        }
    }
    Ok(pods)
}

/// The events of namespaces, read once.
type Events = BTreeMap<String, Vec<Value>>;

/// Adds the reason and message that `kubectl` would show, or else what warnings say.
fn complete(pod: &mut Value, bundle: &Bundle, events: &mut Events) {
    let mut message = text(pod, &["status", "message"]).to_owned();
    let mut why = text(pod, &["status", "reason"]).to_owned();
    if why.is_empty() {
        (why, message) = reason(pod);
    }
    if message.is_empty() {
        message = warnings(pod, bundle, events);
    }
    if message.is_empty() {
        "None".clone_into(&mut message);
    }
    if let Some(object) = pod.as_object_mut() {
        let status = object.entry("status").or_insert_with(|| json!({}));
        if let Some(status) = status.as_object_mut() {
            status.insert("reason".to_owned(), why.into());
            status.insert("message".to_owned(), message.into());
        }
    }
}

fn warnings(pod: &Value, bundle: &Bundle, events: &mut Events) -> String {
    let events = events
        .entry(namespace(pod).to_owned())
        .or_insert_with_key(|namespace| {
            let path = format!("cluster-resources/events/{namespace}.json");
            bundle.items(&path).unwrap_or_default()
        });
    let is_of_pod = |event: &&Value| {
        let object = |field| text(event, &["involvedObject", field]);
        object("kind") == "Pod"
            && object("name") == name(pod)
            && object("namespace") == namespace(pod)
            && text(event, &["type"]) == "Warning"
    };
    let messages = events
        .iter()
        .filter(is_of_pod)
        .map(|event| text(event, &["message"]));
    let messages: Vec<_> = messages.filter(|message| !message.is_empty()).collect();
    messages.join(". ")
}

/// `== Reason`, where `Healthy` is one.
fn holds(when: &str, pod: &Value) -> bool {
    let (operator, wanted) = match *compare::words(when) {
        [""] => return true,
        [operator, wanted, ..] => (operator, wanted),
        _ => return false,
    };
    let is_it = match wanted {
        "Healthy" => !is_unhealthy(pod),
        _ => {
            wanted == text(pod, &["status", "phase"]) || wanted == text(pod, &["status", "reason"])
        }
    };
    match operator {
        "=" | "==" | "===" => is_it,
        "!=" | "!==" => !is_it,
        _ => false,
    }
}

#[derive(Debug)]
struct ContainerStatuses {
    namespaces: Vec<String>,
    restarts: i64,
    branches: Vec<Branch>,
}

pub(super) fn containers(decoder: &mut Decoder, fields: &Fields) -> Option<Box<dyn Check>> {
    Some(Box::new(ContainerStatuses {
        namespaces: fields.texts(decoder, "namespaces"),
        restarts: fields.number(decoder, "restartCount"),
        branches: decoder.outcomes(fields, true),
    }))
}

impl Check for ContainerStatuses {
    fn title(&self) -> String {
        "Cluster Container Status".to_owned()
    }

    fn reads(&self) -> Vec<Reads> {
        vec![Reads::glob(PODS)]
    }

    fn evaluate(&self, title: &str, bundle: &Bundle) -> Result<Vec<Outcome>, String> {
        let pods = pods(bundle, &self.namespaces)?;
        let mut outcomes = Vec::new();
        for branch in &self.branches {
            if branch.when.is_empty() {
                // Only if nothing else held.
                if outcomes.is_empty() {
                    outcomes.push(branch.outcome(title));
                }
                break;
            }
            let (operator, wanted) = compare::two(&branch.when)?;
            let is_equality = match operator {
                "=" | "==" | "===" => true,
                "!=" | "!==" => false,
                _ => return Err(format!("unexpected operator \"{operator}\"")),
            };
            for (path, pod) in &pods {
                if let Some(container) = self.container(pod, wanted, is_equality) {
                    outcomes.push(told(branch, title, pod, container).on_file(path));
                }
            }
        }
        Ok(outcomes)
    }
}

impl ContainerStatuses {
    /// The container with the wanted reason; or, if none should have it and none has, the last.
    fn container<'p>(&self, pod: &'p Value, wanted: &str, is_equality: bool) -> Option<&'p Value> {
        let containers = list(pod, &["status", "containerStatuses"]).iter();
        let mut often = containers.filter(|one| integer(one, &["restartCount"]) >= self.restarts);
        let has_reason = |one: &&Value| {
            let state = state(one);
            state.is_some_and(|state| text(state, &["reason"]).eq_ignore_ascii_case(wanted))
        };
        let found = often.clone().find(has_reason);
        match is_equality {
            true => found,
            false if found.is_none() => often.next_back(),
            false => None,
        }
    }
}

/// How a container ended, how it ended before, or what it waits for.
fn state(container: &Value) -> Option<&Value> {
    at(container, &["state", "terminated"])
        .or_else(|| at(container, &["lastState", "terminated"]))
        .or_else(|| at(container, &["state", "waiting"]))
}

fn told(branch: &Branch, title: &str, pod: &Value, container: &Value) -> Outcome {
    let (namespace, pod, container_name) = (namespace(pod), name(pod), text(container, &["name"]));
    let scope = json!({
        "Namespace": namespace,
        "PodName": pod,
        "ContainerName": container_name,
        "Ready": flag(container, &["ready"]),
        "RestartCount": integer(container, &["restartCount"]),
        "Message": state(container).map_or("", |state| text(state, &["message"])),
    });
    let mut outcome = branch.outcome(title);
    outcome.message = match branch.message.render(Scope::Map(&scope)) {
        Ok(message) => message.trim().to_owned(),
        Err(_) => format!(
            "Container matched. Container: {container_name}, Namespace: {namespace}, Pod: {pod}"
        ),
    };
    outcome.object = Some(format!("Pod {namespace}/{pod}"));
    outcome
}
