//! Why a pod is as it is, in the words of `kubectl get pods`.

use serde_json::Value;

use super::super::json::{at, flag, integer, list, text};

/// The reason and what is known besides.
pub(super) fn reason(pod: &Value) -> (String, String) {
    let own = text(pod, &["status", "reason"]);
    let mut status = Status {
        reason: if own.is_empty() {
            text(pod, &["status", "phase"])
        } else {
            own
        }
        .to_owned(),
        message: String::new(),
    };
    if !status.initializing(pod) {
        status.containers(pod);
    }
    if at(pod, &["metadata", "deletionTimestamp"]).is_some() {
        let reason = if own == "NodeLost" {
            "Unknown"
        } else {
            "Terminating"
        };
        reason.clone_into(&mut status.reason);
    }
    (status.reason, status.message)
}

/// Whether a pod neither runs with all its containers ready, nor has completed.
pub(super) fn is_unhealthy(pod: &Value) -> bool {
    if matches!(
        text(pod, &["status", "phase"]),
        "Failed" | "Pending" | "Unknown"
    ) {
        return true;
    }
    match &*reason(pod).0 {
        "Completed" => false,
        "Running" => {
            let containers = list(pod, &["status", "containerStatuses"]);
            !containers
                .iter()
                .all(|container| flag(container, &["ready"]))
        }
        _ => true,
    }
}

struct Status {
    reason: String,
    message: String,
}

impl Status {
    /// Looks at the first init container that is not through; whether there is one.
    fn initializing(&mut self, pod: &Value) -> bool {
        let specs = list(pod, &["spec", "initContainers"]);
        for (index, container) in list(pod, &["status", "initContainerStatuses"])
            .iter()
            .enumerate()
        {
            let terminated = at(container, &["state", "terminated"]);
            let waiting = text(container, &["state", "waiting", "reason"]);
            let restarts = specs.get(index).map(|spec| text(spec, &["restartPolicy"]));
            let is_sidecar = restarts == Some("Always");
            self.reason = match terminated {
                Some(terminated) if integer(terminated, &["exitCode"]) == 0 => continue,
                Some(terminated) => format!("Init:{}", ended(terminated)),
                None if !waiting.is_empty() && waiting != "PodInitializing" => {
                    format!("Init:{waiting}")
                }
                None if is_sidecar && at(container, &["state", "running"]).is_some() => continue,
                None => format!("Init:{index}/{}", specs.len()),
            };
            self.message += text(container, &["lastState", "terminated", "message"]);
            return true;
        }
        false
    }

    fn containers(&mut self, pod: &Value) {
        let mut has_running = false;
        for container in list(pod, &["status", "containerStatuses"]).iter().rev() {
            let waiting = text(container, &["state", "waiting", "reason"]);
            if !waiting.is_empty() {
                waiting.clone_into(&mut self.reason);
                if let Some(last) = at(container, &["lastState", "terminated"]) {
                    match text(last, &["message"]) {
                        "" => self.message += &format!("ExitCode:{}", integer(last, &["exitCode"])),
                        message => self.message += message,
                    }
                }
            } else if let Some(terminated) = at(container, &["state", "terminated"]) {
                self.reason = ended(terminated);
                if !text(terminated, &["reason"]).is_empty() {
                    self.message += &format!("ExitCode:{}", integer(terminated, &["exitCode"]));
                }
            } else if flag(container, &["ready"]) && at(container, &["state", "running"]).is_some()
            {
                has_running = true;
            }
        }
        let conditions = list(pod, &["status", "conditions"]);
        let is = |condition: &&Value, kind: &str, status: &str| {
            text(condition, &["type"]) == kind && text(condition, &["status"]) == status
        };
        if self.reason == "Completed" && has_running {
            let is_ready = conditions
                .iter()
                .any(|condition| is(&condition, "Ready", "True"));
            let reason = if is_ready { "Running" } else { "NotReady" };
            reason.clone_into(&mut self.reason);
        }
        for condition in conditions
            .iter()
            .filter(|one| is(one, "PodScheduled", "False"))
        {
            self.message += text(condition, &["message"]);
        }
    }
}

/// How a container ended.
fn ended(terminated: &Value) -> String {
    let reason = text(terminated, &["reason"]);
    let signal = integer(terminated, &["signal"]);
    if !reason.is_empty() {
        reason.to_owned()
    } else if signal != 0 {
        format!("Signal:{signal}")
    } else {
        format!("ExitCode:{}", integer(terminated, &["exitCode"]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn reasons_are_those_of_kubectl() {
        for (pod, expected, unhealthy) in [
            (
                json!({"status": {"phase": "Running", "containerStatuses": [{"ready": true, "state": {"running": {}}}]}}),
                "Running",
                false,
            ),
            (
                json!({"status": {"phase": "Running", "containerStatuses": [{"ready": false, "state": {"running": {}}}]}}),
                "Running",
                true,
            ),
            (
                json!({"status": {"phase": "Running", "containerStatuses": [{"state": {"waiting": {"reason": "CrashLoopBackOff"}}}]}}),
                "CrashLoopBackOff",
                true,
            ),
            (
                json!({"status": {"phase": "Succeeded", "containerStatuses": [{"state": {"terminated": {"reason": "Completed"}}}]}}),
                "Completed",
                false,
            ),
            (
                json!({"status": {"phase": "Running", "containerStatuses": [{"ready": true, "state": {"running": {}}}, {"state": {"terminated": {"reason": "Completed"}}}]}}),
                "NotReady",
                true,
            ),
            (
                json!({"status": {"phase": "Running", "containerStatuses": [{"state": {"terminated": {"exitCode": 3}}}]}}),
                "ExitCode:3",
                true,
            ),
            (
                json!({"status": {"phase": "Running", "containerStatuses": [{"state": {"terminated": {"signal": 9}}}]}}),
                "Signal:9",
                true,
            ),
            (
                json!({"spec": {"initContainers": [{}, {}]}, "status": {"phase": "Pending", "initContainerStatuses": [{"state": {"terminated": {"exitCode": 0}}}, {"state": {"running": {}}}]}}),
                "Init:1/2",
                true,
            ),
            (
                json!({"status": {"phase": "Pending", "initContainerStatuses": [{"state": {"terminated": {"exitCode": 1}}}]}}),
                "Init:ExitCode:1",
                true,
            ),
            (
                json!({"status": {"phase": "Pending", "initContainerStatuses": [{"state": {"waiting": {"reason": "CrashLoopBackOff"}}}]}}),
                "Init:CrashLoopBackOff",
                true,
            ),
            (
                json!({"spec": {"initContainers": [{"restartPolicy": "Always"}]}, "status": {"phase": "Running", "initContainerStatuses": [{"state": {"running": {}}}]}}),
                "Running",
                false,
            ),
            (
                json!({"metadata": {"deletionTimestamp": "t"}, "status": {"phase": "Running"}}),
                "Terminating",
                true,
            ),
            (
                json!({"metadata": {"deletionTimestamp": "t"}, "status": {"reason": "NodeLost"}}),
                "Unknown",
                true,
            ),
            (
                json!({"status": {"phase": "Failed", "reason": "Evicted"}}),
                "Evicted",
                true,
            ),
        ] {
            assert_eq!(reason(&pod).0, expected, "{pod}");
            assert_eq!(is_unhealthy(&pod), unhealthy, "{pod}");
        }
    }

    #[test]
    fn messages_tell_of_the_last_end() {
        let pod = json!({"status": {"containerStatuses": [
            {"state": {"waiting": {"reason": "CrashLoopBackOff"}}, "lastState": {"terminated": {"exitCode": 137}}},
        ], "conditions": [{"type": "PodScheduled", "status": "False", "message": " no node"}]}});
        assert_eq!(reason(&pod).1, "ExitCode:137 no node");
    }
}
