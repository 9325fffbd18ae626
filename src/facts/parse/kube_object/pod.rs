//! Pods with their containers, and nodes.

use std::borrow::Cow;

use serde_json::Value;

use super::{Object, first, list, text, truth_of};
use crate::facts::Sink;

impl<'a> Object<'a> {
    pub(super) fn pod(&self, sink: &mut Sink) {
        let phase = self.text("/status/phase");
        if phase.is_empty() {
            return;
        }
        let containers = self.containers();
        let fields = [
            ("namespace", self.namespace()),
            ("name", self.name()),
            ("node", self.text("/spec/nodeName")),
            ("address", self.text("/status/podIP")),
            ("phase", phase),
            ("ready", truth_of(self.is_ready())),
            ("reason", self.pod_reason()),
            ("restarts", restarts(containers).into()),
            ("host_network", self.host_network()),
        ];
        sink.fact("pod", self.line, fields);
        for status in containers {
            self.container(status, sink);
        }
    }

    fn containers(&self) -> &'a [Value] {
        list(self.value, "/status/containerStatuses")
    }

    fn is_ready(&self) -> bool {
        if let Some(ready) = self.condition("Ready") {
            return text(ready, "/status") == "True";
        }
        let containers = self.containers();
        let ready = |status: &Value| text(status, "/ready") == "true";
        !containers.is_empty() && containers.iter().all(ready)
    }

    /// Whether the pod uses the network of its node; a specification that is silent says no.
    fn host_network(&self) -> Cow<'a, str> {
        match self.value.get("spec") {
            Some(_) => truth_of(self.text("/spec/hostNetwork") == "true"),
            None => Cow::default(),
        }
    }

    /// Why a pod is not as it should be, most telling first.
    fn pod_reason(&self) -> Cow<'a, str> {
        let own = self.text("/status/reason");
        if !own.is_empty() {
            return own;
        }
        let init = list(self.value, "/status/initContainerStatuses");
        let statuses = || init.iter().chain(self.containers());
        if statuses().any(is_oom_killed) {
            return "OOMKilled".into();
        }
        if let Some(reason) = statuses()
            .map(current_reason)
            .find(|reason| !is_ordinary(reason))
        {
            return reason;
        }
        if !self.text("/metadata/deletionTimestamp").is_empty() {
            return "Terminating".into();
        }
        let scheduled = self
            .condition("PodScheduled")
            .map(|found| text(found, "/reason"));
        let mut reasons = scheduled.into_iter().chain(statuses().map(current_reason));
        reasons
            .find(|reason| !reason.is_empty())
            .unwrap_or_default()
    }

    fn container(&self, status: &'a Value, sink: &mut Sink) {
        let state = status.pointer("/state").and_then(Value::as_object);
        let state = state.and_then(|state| state.keys().next());
        let state = state.map_or("waiting", String::as_str);
        // The code of a running container would be that of the run before.
        let codes: &[&str] = match state {
            "running" => &[],
            _ => &[
                "/state/terminated/exitCode",
                "/lastState/terminated/exitCode",
            ],
        };
        let fields = [
            ("name", text(status, "/name")),
            ("pod", self.name()),
            ("image", text(status, "/image")),
            ("state", state.into()),
            ("exit_code", first(status, codes)),
            ("oom_killed", truth_of(is_oom_killed(status))),
            ("restarts", text(status, "/restartCount")),
        ];
        sink.fact("container", self.line, fields);
    }

    /// A node; one fact for each of its addresses.
    pub(super) fn node(&self, sink: &mut Sink) {
        let Some(ready) = self.condition("Ready") else {
            return;
        };
        let name = self.name();
        let node = Some(&*name).filter(|name| !name.is_empty());
        let is_ready = text(ready, "/status") == "True";
        let reason = self.node_reason(ready, is_ready);
        for address in self.addresses() {
            let fields = [
                ("name", &*name),
                ("address", &*address),
                ("ready", &*truth_of(is_ready)),
                ("reason", &*reason),
            ];
            sink.fact_on(node, "kube_node", self.line, fields);
        }
    }

    /// The addresses of a node, or an empty one.
    fn addresses(&self) -> Vec<Cow<'a, str>> {
        let mut found = Vec::new();
        for address in list(self.value, "/status/addresses") {
            if matches!(&*text(address, "/type"), "InternalIP" | "ExternalIP") {
                found.push(text(address, "/address"));
            }
        }
        if found.is_empty() {
            found.push(Cow::default());
        }
        found
    }

    /// `KubeletNotReady`, `DiskPressure`, `SchedulingDisabled`: all that hold.
    fn node_reason(&self, ready: &'a Value, is_ready: bool) -> String {
        let mut reasons = Vec::new();
        if !is_ready {
            reasons.push(text(ready, "/reason"));
        }
        for condition in list(self.value, "/status/conditions") {
            let kind = text(condition, "/type");
            let trouble = kind.ends_with("Pressure") || kind == "NetworkUnavailable";
            if trouble && text(condition, "/status") == "True" {
                reasons.push(kind);
            }
        }
        if self.text("/spec/unschedulable") == "true" {
            reasons.push("SchedulingDisabled".into());
        }
        reasons.retain(|reason| !reason.is_empty());
        reasons.join(",")
    }
}

/// The restarts of all containers; nothing where none is listed.
fn restarts(containers: &[Value]) -> String {
    let counts = containers
        .iter()
        .map(|status| text(status, "/restartCount").parse::<u64>());
    let sum = counts
        .map(Result::unwrap_or_default)
        .reduce(u64::saturating_add);
    sum.map(|sum| sum.to_string()).unwrap_or_default()
}

fn current_reason(status: &Value) -> Cow<'_, str> {
    first(
        status,
        &["/state/waiting/reason", "/state/terminated/reason"],
    )
}

/// Whether a reason is one of a container that starts or has done its work.
fn is_ordinary(reason: &str) -> bool {
    matches!(
        reason,
        "" | "ContainerCreating" | "PodInitializing" | "Completed"
    )
}

fn is_oom_killed(status: &Value) -> bool {
    let reasons = ["/state/terminated/reason", "/lastState/terminated/reason"];
    let killed = |pointer: &&str| text(status, pointer) == "OOMKilled";
    reasons.iter().any(killed)
}
