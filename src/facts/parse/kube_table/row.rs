//! The rows of each table. A row that does not fit gives `None`, and states nothing.

use std::collections::BTreeSet;

use super::super::probes::known;
use super::{Table, cell};
use crate::facts::Sink;
use crate::facts::table::host_port;

/// A row below its header.
pub(super) struct Row<'a> {
    pub(super) table: &'a Table<'a>,
    pub(super) line: (u64, &'a str),
}

impl<'a> Row<'a> {
    fn cell(&self, name: &str) -> Option<&'a str> {
        cell(&self.table.columns, self.line.1, name)
    }

    /// A value that is there and not redacted; `<none>` and the like are nothing.
    fn value(&self, name: &str) -> &'a str {
        let value = self
            .cell(name)
            .filter(|value| !value.starts_with('<') && *value != "None");
        known(value.unwrap_or_default())
    }

    /// The number in a column, without what follows it, as in `8 (4m53s ago)`.
    fn number(&self, name: &str) -> &'a str {
        let number = self.cell(name).and_then(|text| text.split(' ').next());
        number
            .filter(|number| number.parse::<u64>().is_ok())
            .unwrap_or_default()
    }

    fn namespace(&self) -> &'a str {
        match self.value("NAMESPACE") {
            "" => self.table.namespace.unwrap_or_default(),
            own => own,
        }
    }

    /// The name, which `kubectl get all` writes as `pod/web-0`.
    fn name(&self) -> Option<&'a str> {
        let name = self.cell("NAME")?;
        let one_word = !name.contains(char::is_whitespace);
        one_word.then(|| known(name.rsplit('/').next().unwrap_or(name)))
    }

    pub(super) fn pod(&self, sink: &mut Sink) -> Option<()> {
        let name = self.name()?;
        let (ready, all) = self.cell("READY")?.split_once('/')?;
        let (ready, all): (u32, u32) = (ready.parse().ok()?, all.parse().ok()?);
        let status = self.cell("STATUS")?;
        let (phase, reason) = match status {
            "Running" | "Pending" | "Succeeded" | "Failed" | "Unknown" => (status, ""),
            "Completed" => ("Succeeded", status),
            _ => ("", status),
        };
        let is_ready = ready == all && all > 0;
        let fields = [
            ("namespace", self.namespace()),
            ("name", name),
            ("node", self.value("NODE")),
            ("address", self.value("IP")),
            ("phase", phase),
            ("ready", if is_ready { "true" } else { "false" }),
            ("reason", reason),
            ("restarts", self.number("RESTARTS")),
        ];
        sink.fact("pod", self.line, fields);
        Some(())
    }

    pub(super) fn node(&self, sink: &mut Sink) -> Option<()> {
        let name = self.name()?;
        let node = Some(name).filter(|name| !name.is_empty());
        let status = self.cell("STATUS")?;
        let ready = match status.split(',').next()? {
            "Ready" => "true",
            "NotReady" | "Unknown" => "false",
            _ => return None,
        };
        let reason = if status == "Ready" { "" } else { status };
        let second = Some(self.value("EXTERNAL-IP")).filter(|address| !address.is_empty());
        for address in std::iter::once(self.value("INTERNAL-IP")).chain(second) {
            let fields = [
                ("name", name),
                ("address", address),
                ("ready", ready),
                ("reason", reason),
            ];
            sink.fact_on(node, "kube_node", self.line, fields);
        }
        Some(())
    }

    pub(super) fn service(&self, sink: &mut Sink) -> Option<()> {
        let name = self.name()?;
        let ports = match self.cell("PORT(S)")? {
            "<none>" => vec![("", String::new())],
            ports => ports.split(',').map(port).collect::<Option<Vec<_>>>()?,
        };
        for (port, proto) in ports {
            let fields = [
                ("namespace", self.namespace()),
                ("name", name),
                ("type", self.value("TYPE")),
                ("address", self.value("CLUSTER-IP")),
                ("port", port),
                ("proto", &proto),
            ];
            sink.fact("service", self.line, fields);
        }
        Some(())
    }

    pub(super) fn endpoints(&self, sink: &mut Sink) -> Option<()> {
        let service = self.name()?;
        let listed = self.cell("ENDPOINTS")?;
        let (addresses, more) = listed.split_once(" + ").unwrap_or((listed, ""));
        let addresses = if addresses.starts_with('<') {
            ""
        } else {
            addresses
        };
        if addresses.contains(char::is_whitespace) {
            return None;
        }
        let more = more
            .split(' ')
            .next()
            .and_then(|more| more.parse::<usize>().ok());
        let fields = [
            ("namespace", self.namespace()),
            ("service", service),
            (
                "ready",
                &distinct(addresses)
                    .saturating_add(more.unwrap_or(0))
                    .to_string(),
            ),
            ("addresses", known(addresses)),
        ];
        sink.fact("endpoints", self.line, fields);
        Some(())
    }

    pub(super) fn event(&self, sink: &mut Sink) -> Option<()> {
        let level = self
            .cell("TYPE")
            .filter(|level| matches!(*level, "Normal" | "Warning"))?;
        let object = self.object()?;
        let fields = [
            ("namespace", self.namespace()),
            ("object", known(&object)),
            ("type", level),
            ("reason", self.value("REASON")),
            ("message", self.cell("MESSAGE").unwrap_or_default()),
            ("count", self.number("COUNT")),
        ];
        sink.fact("kube_event", self.line, fields);
        Some(())
    }

    /// `pod/web-0`; before kubectl 1.14 from the event's own name, `web-0.15f3e1b0c1d2e3f4`, and KIND.
    fn object(&self) -> Option<String> {
        let object = self.cell("OBJECT");
        let old = || {
            let name = self.cell("NAME")?;
            let name = name.rsplit_once('.').map_or(name, |(name, _)| name);
            Some((self.cell("KIND")?, name))
        };
        let (kind, name) = object
            .and_then(|object| object.split_once('/'))
            .or_else(old)?;
        Some(format!("{}/{name}", kind.to_ascii_lowercase()))
    }
}

/// Port and protocol of `80:30080/TCP`, whose second port is that of the nodes.
fn port(text: &str) -> Option<(&str, String)> {
    let (ports, proto) = text.split_once('/')?;
    let port = ports
        .split(':')
        .next()
        .filter(|port| port.parse::<u16>().is_ok())?;
    let is_name = proto.bytes().all(|b| b.is_ascii_alphabetic());
    is_name.then(|| (port, proto.to_ascii_lowercase()))
}

/// How many addresses there are in `10.42.0.5:53,10.42.0.5:9153`, where each comes with each of its ports.
fn distinct(listed: &str) -> usize {
    let hosts = listed.split(',').filter(|address| !address.is_empty());
    let hosts = hosts.map(|address| host_port(address).map_or(address, |(host, _)| host));
    hosts.collect::<BTreeSet<_>>().len()
}
