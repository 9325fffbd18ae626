//! Services and the addresses behind them.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde_json::Value;

use super::{Object, first, list, text};
use crate::facts::Sink;

/// Addresses of a service that are listed.
const MAX_ADDRESSES: usize = 100;

/// The lock of an elected leader has the form of endpoints, and no service.
const LEADER: &str = "/metadata/annotations/control-plane.alpha.kubernetes.io~1leader";

impl Object<'_> {
    pub(super) fn service(&self, sink: &mut Sink) {
        let address = Some(self.text("/spec/clusterIP")).filter(|address| address != "None");
        let address = address.unwrap_or_default();
        if address.is_empty() && !self.was_seen() {
            return;
        }
        let none = [Value::Null];
        let ports = match list(self.value, "/spec/ports") {
            [] => &none,
            ports => ports,
        };
        for port in ports {
            let number = text(port, "/port");
            let fields = [
                ("namespace", self.namespace()),
                ("name", self.name()),
                ("type", self.text("/spec/type")),
                ("address", address.clone()),
                (
                    "proto",
                    if number.is_empty() {
                        Cow::default()
                    } else {
                        protocol(port).into()
                    },
                ),
                ("port", number),
                ("target_port", text(port, "/targetPort")),
            ];
            sink.fact("service", self.line, fields);
        }
    }

    /// Whether the API server has seen the object, so that it is no manifest.
    fn was_seen(&self) -> bool {
        let signs = [
            "/metadata/uid",
            "/metadata/resourceVersion",
            "/metadata/creationTimestamp",
        ];
        let signed = !first(self.value, &signs).is_empty() || self.value.get("status").is_some();
        signed && self.value.get("spec").is_some()
    }

    pub(super) fn endpoints(&self, sink: &mut Sink) {
        if self.value.pointer(LEADER).is_some() {
            return;
        }
        let mut found = Addresses::default();
        for subset in list(self.value, "/subsets") {
            let ports = list(subset, "/ports");
            for address in list(subset, "/addresses") {
                found.add(&text(address, "/ip"), ports);
            }
            found.not_ready += list(subset, "/notReadyAddresses").len();
        }
        self.counted(&self.name(), &found, sink);
    }

    /// A slice may be one of several of its service; only a service without any address has an empty one.
    pub(super) fn slice(&self, sink: &mut Sink) {
        let service = self.text("/metadata/labels/kubernetes.io~1service-name");
        if service.is_empty() {
            return;
        }
        let ports = list(self.value, "/ports");
        let mut found = Addresses::default();
        for endpoint in list(self.value, "/endpoints") {
            // A condition that is not there means ready.
            if text(endpoint, "/conditions/ready") == "false" {
                found.not_ready += 1;
            } else {
                found.add(&text(endpoint, "/addresses/0"), ports);
            }
        }
        self.counted(&service, &found, sink);
    }

    fn counted(&self, service: &str, found: &Addresses, sink: &mut Sink) {
        let fields = [
            ("namespace", self.namespace()),
            ("service", service.into()),
            ("ready", found.ready().to_string().into()),
            ("not_ready", found.not_ready.to_string().into()),
            ("addresses", found.listed.join(",").into()),
        ];
        sink.fact("endpoints", self.line, fields);
    }
}

/// The protocol in lower case; TCP where it is left out.
fn protocol(port: &Value) -> String {
    match &*text(port, "/protocol") {
        "" => "tcp".to_owned(),
        protocol => protocol.to_ascii_lowercase(),
    }
}

/// The addresses behind a service.
#[derive(Debug, Default)]
struct Addresses {
    known: BTreeSet<String>,
    /// Addresses that a redactor replaced.
    hidden: usize,
    not_ready: usize,
    /// `ip:port`, in the order of the object.
    listed: Vec<String>,
}

impl Addresses {
    fn add(&mut self, address: &str, ports: &[Value]) {
        if address.is_empty() {
            self.hidden += 1;
            return;
        }
        self.known.insert(address.to_owned());
        let room = MAX_ADDRESSES.saturating_sub(self.listed.len());
        for port in ports.iter().take(room) {
            let port = text(port, "/port");
            let brackets = address.contains(':');
            let listed = if brackets {
                format!("[{address}]:{port}")
            } else {
                format!("{address}:{port}")
            };
            self.listed.push(listed);
        }
    }

    fn ready(&self) -> usize {
        self.known.len() + self.hidden
    }
}
