//! What a kubernetes object states: pods, nodes, services, endpoints, events. For its JSON and its YAML alike.
//!
//! Scalars are taken by their text, because in YAML everything is text. Only objects of the core API and of those
//! that succeed parts of it are meant; a CRD may call its kind `Service`, too. A manifest is no statement about a
//! cluster: pods and nodes need a status, services a sign that the API server has seen them.

mod pod;
mod service;

use std::borrow::Cow;

use serde_json::Value;

use super::probes::known;
use crate::facts::Sink;

/// Whether `state` knows objects of this kind and API version; an empty version is the core's.
pub(super) fn is_wanted(kind: &str, api: &str) -> bool {
    match kind {
        "Pod" | "Node" | "Service" | "Endpoints" => matches!(api, "" | "v1"),
        "Event" => matches!(api, "" | "v1") || api.starts_with("events.k8s.io/"),
        "EndpointSlice" => api.is_empty() || api.starts_with("discovery.k8s.io/"),
        _ => false,
    }
}

/// States what an object of `kind` says.
pub(super) fn state(kind: &str, value: &Value, line: (u64, &str), sink: &mut Sink) {
    let name = value.pointer("/metadata/name");
    if !name.is_some_and(Value::is_string) {
        return;
    }
    let object = Object { value, line };
    match kind {
        "Pod" => object.pod(sink),
        "Node" => object.node(sink),
        "Service" => object.service(sink),
        "Endpoints" => object.endpoints(sink),
        "EndpointSlice" => object.slice(sink),
        "Event" => object.event(sink),
        _ => {}
    }
}

/// A scalar's text, unless a redactor replaced it; else nothing.
fn text<'v>(value: &'v Value, pointer: &str) -> Cow<'v, str> {
    match value.pointer(pointer) {
        Some(Value::String(text)) => known(text).into(),
        Some(Value::Number(number)) => number.to_string().into(),
        Some(Value::Bool(truth)) => truth_of(*truth),
        _ => Cow::default(),
    }
}

/// The first text that is not empty.
fn first<'v>(value: &'v Value, pointers: &[&str]) -> Cow<'v, str> {
    let mut texts = pointers.iter().map(|pointer| text(value, pointer));
    texts.find(|text| !text.is_empty()).unwrap_or_default()
}

fn list<'v>(value: &'v Value, pointer: &str) -> &'v [Value] {
    let list = value.pointer(pointer).and_then(Value::as_array);
    list.map_or(&[], Vec::as_slice)
}

fn truth_of(is: bool) -> Cow<'static, str> {
    if is { "true" } else { "false" }.into()
}

/// An object and the line of its name.
struct Object<'a> {
    value: &'a Value,
    line: (u64, &'a str),
}

impl<'a> Object<'a> {
    fn text(&self, pointer: &str) -> Cow<'a, str> {
        text(self.value, pointer)
    }

    fn name(&self) -> Cow<'a, str> {
        self.text("/metadata/name")
    }

    fn namespace(&self) -> Cow<'a, str> {
        self.text("/metadata/namespace")
    }

    /// The condition of this type.
    fn condition(&self, kind: &str) -> Option<&'a Value> {
        let mut conditions = list(self.value, "/status/conditions").iter();
        conditions.find(|condition| text(condition, "/type") == kind)
    }

    /// An event; `events.k8s.io` has other names for object, message and count.
    fn event(&self, sink: &mut Sink) {
        let object = self.value.get("involvedObject");
        let Some(object) = object.or_else(|| self.value.get("regarding")) else {
            return;
        };
        let message = self.value.get("message").or_else(|| self.value.get("note"));
        let message = message.and_then(Value::as_str).unwrap_or_default();
        let namespace = Some(self.namespace()).filter(|namespace| !namespace.is_empty());
        let counts = ["/count", "/series/count", "/deprecatedCount"];
        let fields = [
            (
                "namespace",
                namespace.unwrap_or_else(|| text(object, "/namespace")),
            ),
            ("object", reference(object).into()),
            ("type", self.text("/type")),
            ("reason", self.text("/reason")),
            ("message", message.into()),
            ("count", first(self.value, &counts)),
        ];
        sink.fact("kube_event", self.line, fields);
    }
}

/// `pod/web-0`, or nothing where the name is not told.
fn reference(object: &Value) -> String {
    let kind = text(object, "/kind").to_ascii_lowercase();
    match &*text(object, "/name") {
        "" => String::new(),
        name => format!("{kind}/{name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Fact;

    /// Kind and all fields of each fact.
    fn facts(kind: &str, json: &str) -> Vec<String> {
        let value = serde_json::from_str(json).expect("JSON");
        let mut sink = Sink::default();
        state(kind, &value, (7, "\"name\": \"x\""), &mut sink);
        let row = |fact: &Fact| {
            assert_eq!(fact.line, 7);
            let fields = fact
                .fields
                .iter()
                .map(|(name, value)| format!(" {name}={value}"));
            format!("{}{}", fact.kind, fields.collect::<String>())
        };
        sink.into_gathered().facts.iter().map(row).collect()
    }

    #[test]
    fn a_pod_states_its_containers_too() {
        let pod = r#"{"metadata":{"name":"web-0","namespace":"shop"},"spec":{"nodeName":"wk1","hostNetwork":true},
            "status":{"phase":"Running","podIP":"10.42.0.5","conditions":[{"type":"Ready","status":"False"}],
            "containerStatuses":[
            {"name":"web","image":"web:1","restartCount":3,"state":{"waiting":{"reason":"CrashLoopBackOff"}},
             "lastState":{"terminated":{"exitCode":137,"reason":"OOMKilled"}}},
            {"name":"side","image":"side:1","restartCount":1,"ready":true,"state":{"running":{"startedAt":"x"}},
             "lastState":{"terminated":{"exitCode":1,"reason":"Error"}}}]}}"#;
        assert_eq!(
            facts("Pod", pod),
            [
                "pod namespace=shop name=web-0 node=wk1 address=10.42.0.5 phase=Running ready=false reason=OOMKilled restarts=4 host_network=true",
                "container name=web pod=web-0 image=web:1 state=waiting exit_code=137 oom_killed=true restarts=3",
                "container name=side pod=web-0 image=side:1 state=running oom_killed=false restarts=1",
            ]
        );
    }

    #[test]
    fn the_reason_is_the_most_telling_one() {
        let reason = |status: &str| {
            let pod =
                format!(r#"{{"metadata":{{"name":"p"}},"status":{{"phase":"Pending",{status}}}}}"#);
            let found = facts("Pod", &pod);
            let (_, rest) = found[0].split_once("reason=").unwrap_or(("", ""));
            rest.split(' ').next().unwrap_or("").to_owned()
        };
        let state =
            |list: &str, state: &str| format!(r#""{list}":[{{"name":"c","state":{state}}}]"#);
        let main = |inner: &str| state("containerStatuses", inner);
        assert_eq!(reason(r#""reason":"Evicted""#), "Evicted");
        assert_eq!(
            reason(&main(r#"{"waiting":{"reason":"ImagePullBackOff"}}"#)),
            "ImagePullBackOff"
        );
        assert_eq!(
            reason(&main(r#"{"waiting":{"reason":"ContainerCreating"}}"#)),
            "ContainerCreating"
        );
        assert_eq!(reason(&main(r#"{"running":{}}"#)), "");
        let init = state(
            "initContainerStatuses",
            r#"{"waiting":{"reason":"CrashLoopBackOff"}}"#,
        );
        let waiting = main(r#"{"waiting":{"reason":"PodInitializing"}}"#);
        assert_eq!(reason(&format!("{init},{waiting}")), "CrashLoopBackOff");
        let unscheduled =
            r#""conditions":[{"type":"PodScheduled","status":"False","reason":"Unschedulable"}]"#;
        assert_eq!(reason(unscheduled), "Unschedulable");
    }

    #[test]
    fn a_node_has_a_fact_for_each_address() {
        let node = r#"{"metadata":{"name":"wk1"},"spec":{"unschedulable":true},"status":{
            "addresses":[{"type":"InternalIP","address":"192.0.2.12"},{"type":"Hostname","address":"wk1"},
            {"type":"ExternalIP","address":"203.0.113.12"}],
            "conditions":[{"type":"DiskPressure","status":"True"},{"type":"MemoryPressure","status":"False"},
            {"type":"Ready","status":"Unknown","reason":"NodeStatusUnknown"}]}}"#;
        let reason = "ready=false reason=NodeStatusUnknown,DiskPressure,SchedulingDisabled";
        assert_eq!(
            facts("Node", node),
            [
                format!("kube_node name=wk1 address=192.0.2.12 {reason}"),
                format!("kube_node name=wk1 address=203.0.113.12 {reason}"),
            ]
        );
    }

    #[test]
    fn a_service_has_a_fact_for_each_port() {
        let service = r#"{"metadata":{"name":"db","namespace":"shop","uid":"1"},"spec":{"type":"ClusterIP",
            "clusterIP":"10.43.0.9","ports":[{"port":5432,"targetPort":"pg","protocol":"TCP"},{"port":53,
            "targetPort":5353,"protocol":"UDP"}]}}"#;
        assert_eq!(
            facts("Service", service),
            [
                "service namespace=shop name=db type=ClusterIP address=10.43.0.9 proto=tcp port=5432 target_port=pg",
                "service namespace=shop name=db type=ClusterIP address=10.43.0.9 proto=udp port=53 target_port=5353",
            ]
        );
        let outside = r#"{"metadata":{"name":"x","uid":"1"},"spec":{"type":"ExternalName","clusterIP":"None"}}"#;
        assert_eq!(
            facts("Service", outside),
            ["service name=x type=ExternalName"]
        );
    }

    #[test]
    fn endpoints_are_counted_by_address() {
        let endpoints = r#"{"metadata":{"name":"db","namespace":"shop"},"subsets":[{
            "addresses":[{"ip":"10.42.0.5"},{"ip":"10.42.0.6"}],"notReadyAddresses":[{"ip":"10.42.0.7"}],
            "ports":[{"port":5432},{"port":9187}]},{"addresses":[{"ip":"10.42.0.5"}],"ports":[{"port":1}]}]}"#;
        assert_eq!(
            facts("Endpoints", endpoints),
            [
                "endpoints namespace=shop service=db ready=2 not_ready=1 addresses=10.42.0.5:5432,10.42.0.5:9187,\
              10.42.0.6:5432,10.42.0.6:9187,10.42.0.5:1"
            ]
        );
        let none = r#"{"metadata":{"name":"db"},"subsets":null}"#;
        assert_eq!(
            facts("Endpoints", none),
            ["endpoints service=db ready=0 not_ready=0"]
        );
        let lock = r#"{"metadata":{"name":"db","annotations":{"control-plane.alpha.kubernetes.io/leader":"x"}}}"#;
        assert!(facts("Endpoints", lock).is_empty());
    }

    #[test]
    fn a_slice_names_its_service_by_a_label() {
        let slice = r#"{"metadata":{"name":"db-x2x","labels":{"kubernetes.io/service-name":"db"}},"ports":[{"port":5432}],
            "endpoints":[{"addresses":["2001:db8::5"],"conditions":{"ready":true}},{"addresses":["2001:db8::6"],
            "conditions":{"ready":false}},{"addresses":["2001:db8::7"]}]}"#;
        assert_eq!(
            facts("EndpointSlice", slice),
            [
                "endpoints service=db ready=2 not_ready=1 addresses=[2001:db8::5]:5432,[2001:db8::7]:5432"
            ]
        );
        assert!(
            facts(
                "EndpointSlice",
                r#"{"metadata":{"name":"db-x2x"},"endpoints":null}"#
            )
            .is_empty()
        );
    }

    #[test]
    fn events_of_both_apis_are_read() {
        let core = r#"{"metadata":{"name":"a.1","namespace":"shop"},"involvedObject":{"kind":"Pod","name":"web-0"},
            "type":"Warning","reason":"BackOff","message":"Back-off","count":4}"#;
        let expected = "kube_event namespace=shop object=pod/web-0 type=Warning reason=BackOff message=Back-off count=4";
        assert_eq!(facts("Event", core), [expected]);
        let new = r#"{"metadata":{"name":"a.1"},"regarding":{"kind":"Pod","name":"web-0","namespace":"shop"},
            "type":"Warning","reason":"BackOff","note":"Back-off","series":{"count":4}}"#;
        assert_eq!(facts("Event", new), [expected]);
    }

    #[test]
    fn redacted_values_are_left_out() {
        let pod = r#"{"metadata":{"name":"***HIDDEN***","namespace":"shop"},"status":{"phase":"Running","podIP":"***TOKEN_IP_1***"}}"#;
        assert_eq!(
            facts("Pod", pod),
            ["pod namespace=shop phase=Running ready=false"]
        );
        let endpoints = r#"{"metadata":{"name":"db"},"subsets":[{"addresses":[{"ip":"***HIDDEN***"}],"ports":[{"port":1}]}]}"#;
        assert_eq!(
            facts("Endpoints", endpoints),
            ["endpoints service=db ready=1 not_ready=0"]
        );
    }

    #[test]
    fn manifests_and_other_apis_state_nothing() {
        let manifest =
            r#"{"metadata":{"name":"db"},"spec":{"ports":[{"port":5432}],"clusterIP":"None"}}"#;
        for kind in [
            "Pod",
            "Node",
            "Service",
            "Event",
            "EndpointSlice",
            "ConfigMap",
        ] {
            assert!(facts(kind, manifest).is_empty(), "{kind}");
        }
        for broken in [
            "null",
            "[]",
            "{}",
            "{\"status\":1,\"spec\":[],\"metadata\":[]}",
        ] {
            for kind in ["Pod", "Node", "Service", "Event", "EndpointSlice"] {
                assert!(facts(kind, broken).len() <= 1, "{kind}");
            }
        }
        assert!(is_wanted("Service", "v1") && is_wanted("Pod", ""));
        assert!(!is_wanted("Service", "serving.knative.dev/v1"));
        assert!(!is_wanted("Node", "longhorn.io/v1beta2"));
        assert!(!is_wanted("Event", "audit.k8s.io/v1"));
    }
}
