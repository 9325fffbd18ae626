//! What connecting from hosts gave, and their addresses.

use std::net::IpAddr;

use serde_json::{Value, json};

use super::super::super::decode::{Decoder, Fields};
use super::super::super::glob::Reads;
use super::super::super::json::{at, list, text};
use super::super::super::template::Scope;
use super::super::super::{Outcome, Verdict, compare};
use super::super::connection::{http_holds, registry_holds};
use super::super::{Branch, Bundle, Check, parsed};
use super::{Place, fixed, named};

pub(in super::super) fn tcp_port(decoder: &mut Decoder, fields: &Fields) -> Option<Box<dyn Check>> {
    status(
        decoder,
        fields,
        ("host-collectors/tcpPortStatus", "tcpPortStatus"),
        "TCP Port Status",
    )
}

pub(in super::super) fn udp_port(decoder: &mut Decoder, fields: &Fields) -> Option<Box<dyn Check>> {
    status(
        decoder,
        fields,
        ("host-collectors/udpPortStatus", "udpPortStatus"),
        "UDP Port Status",
    )
}

pub(in super::super) fn tcp_connect(
    decoder: &mut Decoder,
    fields: &Fields,
) -> Option<Box<dyn Check>> {
    status(
        decoder,
        fields,
        ("host-collectors/connect", "connect"),
        "TCP Connection Attempt",
    )
}

pub(in super::super) fn tcp_balancer(
    decoder: &mut Decoder,
    fields: &Fields,
) -> Option<Box<dyn Check>> {
    status(
        decoder,
        fields,
        ("host-collectors/tcpLoadBalancer", "tcpLoadBalancer"),
        "TCP Load Balancer",
    )
}

pub(in super::super) fn http_balancer(
    decoder: &mut Decoder,
    fields: &Fields,
) -> Option<Box<dyn Check>> {
    status(
        decoder,
        fields,
        ("host-collectors/httpLoadBalancer", "httpLoadBalancer"),
        "HTTP Load Balancer",
    )
}

pub(in super::super) fn subnet_available(
    decoder: &mut Decoder,
    fields: &Fields,
) -> Option<Box<dyn Check>> {
    status(
        decoder,
        fields,
        ("host-collectors/subnetAvailable", "result"),
        "Subnet Available",
    )
}

/// A status, such as `connection-refused`, that conditions name.
#[derive(Debug)]
struct Status {
    place: Place,
    title: String,
    branches: Vec<Branch>,
}

fn status(
    decoder: &mut Decoder,
    fields: &Fields,
    (directory, default): (&'static str, &str),
    title: &str,
) -> Option<Box<dyn Check>> {
    let collector = fields.text_or(decoder, "collectorName", default);
    Some(Box::new(Status {
        place: Place::new(directory, &format!("{collector}.json")),
        title: title.to_owned(),
        branches: decoder.outcomes(fields, false),
    }))
}

impl Check for Status {
    fn title(&self) -> String {
        self.title.clone()
    }

    fn reads(&self) -> Vec<Reads> {
        self.place.reads()
    }

    fn evaluate(&self, title: &str, bundle: &Bundle) -> Result<Vec<Outcome>, String> {
        let mut outcomes = Vec::new();
        for one in self.place.collected(bundle, title)? {
            // Old collectors wrote the status alone.
            let alone = std::str::from_utf8(one.content).unwrap_or_default().trim();
            let is_alone = !alone.is_empty()
                && alone
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte == b'-');
            let file = if is_alone {
                json!({"status": alone})
            } else {
                parsed(&one.path, one.content)?
            };
            let status = text(&file, &["status"]);
            let branch = super::super::first(&self.branches, |when| Ok(when == status))?;
            outcomes.extend(branch.map(|branch| branch.outcome(&one.title).on_file(&one.path)));
        }
        Ok(outcomes)
    }
}

pub(in super::super) fn http(decoder: &mut Decoder, fields: &Fields) -> Option<Box<dyn Check>> {
    named(
        decoder,
        fields,
        ("host-collectors/http", "result"),
        "HTTP Request",
        http_holds,
    )
}

pub(in super::super) fn registry(decoder: &mut Decoder, fields: &Fields) -> Option<Box<dyn Check>> {
    let place = ("host-collectors/registry-images", "images");
    named(decoder, fields, place, "Registry Images", registry_holds)
}

pub(in super::super) fn interfaces(
    decoder: &mut Decoder,
    fields: &Fields,
) -> Option<Box<dyn Check>> {
    fixed(
        decoder,
        fields,
        "ipv4Interfaces.json",
        "IPv4 Interfaces",
        |when, file| super::system::count_holds(when, file.as_array().map_or(0, Vec::len)),
    )
}

/// Whether an address is in a network, both of the spec.
#[derive(Debug)]
struct SubnetContains {
    contains: bool,
    branches: Vec<Branch>,
}

pub(in super::super) fn subnet_contains(
    decoder: &mut Decoder,
    fields: &Fields,
) -> Option<Box<dyn Check>> {
    let (cidr, ip) = (fields.text(decoder, "cidr"), fields.text(decoder, "ip"));
    let Some(contains) = contains(&cidr, &ip) else {
        let message = format!("`{cidr}` is no network, or `{ip}` no address");
        decoder.report("spec/address", message, &fields.span("cidr"));
        return None;
    };
    Some(Box::new(SubnetContains {
        contains,
        branches: decoder.outcomes(fields, false),
    }))
}

fn contains(cidr: &str, ip: &str) -> Option<bool> {
    let (network, length) = cidr.split_once('/')?;
    let bits = |address: IpAddr| match address {
        IpAddr::V4(address) => (u128::from(address.to_bits()) << 96, 32, true),
        IpAddr::V6(address) => (address.to_bits(), 128, false),
    };
    let (network, width, is_four) = bits(network.parse().ok()?);
    let (ip, _, is_other_four) = bits(ip.parse::<IpAddr>().ok()?.to_canonical());
    let length: u32 = length.parse().ok().filter(|length| *length <= width)?;
    let mask = u128::MAX.checked_shl(128 - length).unwrap_or_default();
    Some(is_four == is_other_four && network & mask == ip & mask)
}

impl Check for SubnetContains {
    fn title(&self) -> String {
        "Subnet Contains IP".to_owned()
    }

    fn reads(&self) -> Vec<Reads> {
        Vec::new()
    }

    fn evaluate(&self, title: &str, _: &Bundle) -> Result<Vec<Outcome>, String> {
        let found = super::super::first(&self.branches, |when| {
            Ok(compare::boolean(when)? == self.contains)
        })?;
        Ok(found
            .map(|branch| branch.outcome(title))
            .into_iter()
            .collect())
    }
}

/// Whether two network namespaces reach each other.
#[derive(Debug)]
struct Namespaces {
    place: Place,
    branches: Vec<Branch>,
}

pub(in super::super) fn namespaces(
    decoder: &mut Decoder,
    fields: &Fields,
) -> Option<Box<dyn Check>> {
    let collector = fields.text_or(decoder, "collectorName", "networkNamespaceConnectivity");
    Some(Box::new(Namespaces {
        place: Place::system(&format!("{collector}.json")),
        branches: decoder.outcomes(fields, true),
    }))
}

impl Check for Namespaces {
    fn title(&self) -> String {
        "Network Namespace Connectivity".to_owned()
    }

    fn reads(&self) -> Vec<Reads> {
        self.place.reads()
    }

    fn evaluate(&self, title: &str, bundle: &Bundle) -> Result<Vec<Outcome>, String> {
        // As in troubleshoot, the node is not in the title.
        self.place.concluded(bundle, title, |_, file| {
            let errors = errors(file);
            let verdict = if errors.is_empty() {
                Verdict::Pass
            } else {
                Verdict::Fail
            };
            let scope = json!({
                "ErrorMessage": errors.join(", "),
                "FromCIDR": text(file, &["from_cidr"]),
                "ToCIDR": text(file, &["to_cidr"]),
                "Output": {"Logs": list(file, &["output", "logs"])},
            });
            let branch = self
                .branches
                .iter()
                .find(|branch| branch.verdict == verdict);
            let outcome = branch.map(|branch| branch.rendered(title, Scope::Map(&scope)));
            Ok(outcome.transpose()?.into_iter().collect())
        })
    }
}

/// The errors of what was tried, in its order.
fn errors(file: &Value) -> Vec<String> {
    let errors = at(file, &["errors"]).and_then(Value::as_object);
    let texts = errors
        .into_iter()
        .flatten()
        .filter_map(|(_, error)| error.as_str());
    texts
        .filter(|error| !error.is_empty())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_contain_addresses() {
        for (cidr, ip, expected) in [
            ("10.0.0.0/8", "10.1.2.3", Some(true)),
            ("10.0.0.0/8", "11.0.0.1", Some(false)),
            ("0.0.0.0/0", "1.2.3.4", Some(true)),
            ("10.0.0.0/32", "10.0.0.1", Some(false)),
            ("fd00::/8", "fd00::1", Some(true)),
            ("fd00::/8", "10.0.0.1", Some(false)),
            ("10.0.0.0/33", "10.0.0.1", None),
            ("10.0.0.0", "10.0.0.1", None),
            ("x/8", "y", None),
        ] {
            assert_eq!(contains(cidr, ip), expected, "{cidr} {ip}");
        }
    }
}
