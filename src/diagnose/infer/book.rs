//! Addresses and names to machines, services, pods and containers.
//!
//! What nothing in the bundle tells of stays unknown; a redacted host (`***HIDDEN***`) is never anybody.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::machines::Machines;
use super::relation::{Relations, Row};
use crate::filter::{Machine, Net, is_bridge};

/// Who a host in a log line is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Target {
    /// A machine, and by which of its addresses.
    Machine {
        node: String,
        address: Option<IpAddr>,
    },
    /// The client itself, by loopback.
    Loopback { node: String, address: IpAddr },
    /// A kubernetes service: `namespace/name`.
    Service { id: String },
    /// A pod with a network of its own: `namespace/name`.
    Pod { id: String, address: IpAddr },
    /// A container with a network of its own.
    Container {
        node: String,
        name: String,
        address: Option<IpAddr>,
    },
    /// The container that dials, in a network that no command showed.
    Inside { container: String },
    /// Nothing tells; why.
    Unknown(String),
}

/// Who dials.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Client {
    /// The machine.
    pub(super) node: Option<String>,
    /// The container, if it has a network of its own.
    pub(super) container: Option<String>,
}

/// Everything that names and addresses mean.
#[derive(Debug, Default)]
pub(super) struct Book {
    machines: BTreeMap<String, Machine>,
    /// What a machine is of which no address is known.
    unknown: Machine,
    /// Who has an address, and on which interface, where that is known.
    owners: BTreeMap<IpAddr, BTreeSet<(String, Option<String>)>>,
    /// Lines of /etc/hosts: name, machine that has the line, address.
    hosts: BTreeMap<String, BTreeSet<(Option<String>, IpAddr)>>,
    /// Machines whose /etc/hosts was collected.
    with_hosts: BTreeSet<String>,
    services: BTreeMap<IpAddr, String>,
    /// Whether the bundle tells of a kubernetes cluster.
    pub(super) in_cluster: bool,
    service_ids: BTreeSet<String>,
    pods: Vec<Pod>,
    containers: Vec<Row>,
}

#[derive(Debug)]
struct Pod {
    id: String,
    node: Option<String>,
    address: Option<IpAddr>,
    /// Whether it uses the network of its machine.
    on_host: bool,
}

impl Book {
    pub(super) fn new(relations: &Relations, machines: &Machines) -> Self {
        let mut book = Self::default();
        book.add_addresses(relations);
        book.add_own_names(relations);
        for row in relations.rows("host_entry") {
            if let (Some(name), Some(address)) = (row.get("name"), address(row)) {
                book.hosts
                    .entry(name.to_ascii_lowercase())
                    .or_default()
                    .insert((row.node.clone(), address));
            }
        }
        for row in relations.rows("service") {
            let Some(id) = row.get("id") else { continue };
            book.service_ids.insert(id.to_owned());
            if let Some(address) = address(row) {
                book.services.insert(address, id.to_owned());
            }
        }
        book.service_ids.extend(
            relations
                .rows("endpoints")
                .iter()
                .filter_map(|row| row.get("id"))
                .map(str::to_owned),
        );
        book.in_cluster = ["pod", "service", "endpoints", "kube_node"]
            .iter()
            .any(|kind| !relations.rows(kind).is_empty());
        book.containers = relations.rows("container").to_vec();
        for row in relations.rows("pod") {
            let Some(id) = row.get("id") else { continue };
            let node = row
                .get("node")
                .and_then(|node| machines.named(node).or(Some(node)));
            let address = address(row);
            let of_node = address.is_some_and(|address| book.owner(address, node).is_some());
            let on_host = row.is("host_network", "true") || of_node;
            book.pods.push(Pod {
                id: id.to_owned(),
                node: node.map(str::to_owned),
                address,
                on_host,
            });
        }
        book
    }

    /// Names on loopback addresses, and whose /etc/hosts was collected.
    fn add_own_names(&mut self, relations: &Relations) {
        for row in relations.rows("hostname") {
            let first = row
                .place
                .as_ref()
                .and_then(|place| place.text.split_whitespace().next());
            let address = first.and_then(|first| first.parse::<IpAddr>().ok());
            let address = address.filter(IpAddr::is_loopback);
            if let (Some(name), Some(address), Some(node)) = (row.get("name"), address, &row.node) {
                let lines = self.hosts.entry(name.to_ascii_lowercase()).or_default();
                lines.insert((Some(node.clone()), address));
            }
        }
        self.with_hosts = relations
            .all_listings("host_entry")
            .filter_map(|listing| listing.node.clone())
            .collect();
    }

    fn add_addresses(&mut self, relations: &Relations) {
        for row in relations.rows("address") {
            let (Some(node), Some(address)) = (row.node.clone(), address(row)) else {
                continue;
            };
            let interface = row.get("interface").unwrap_or_default().to_owned();
            // IPVS keeps the addresses of all services there.
            if interface.starts_with("kube-ipvs") {
                continue;
            }
            let full = if address.is_ipv4() { 32 } else { 128 };
            let prefix = row
                .get("prefix")
                .and_then(|prefix| prefix.parse().ok())
                .unwrap_or(full);
            let machine = self.machines.entry(node.clone()).or_default();
            if !machine
                .addresses
                .iter()
                .any(|(known, own, _)| *known == interface && *own == address)
            {
                machine.addresses.push((interface.clone(), address, prefix));
            }
            self.owners
                .entry(address)
                .or_default()
                .insert((node, Some(interface)));
        }
        for row in relations.rows("kube_node") {
            if let (Some(name), Some(address)) =
                (row.get("name").or(row.node.as_deref()), address(row))
            {
                self.owners
                    .entry(address)
                    .or_default()
                    .insert((name.to_owned(), None));
            }
        }
        // A machine can only use addresses that it has.
        for row in relations.rows("socket") {
            let (Some(node), Some(address)) = (row.node.clone(), address(row)) else {
                continue;
            };
            let own =
                !address.is_loopback() && !address.is_unspecified() && !address.is_multicast();
            if own && row.is("proto", "tcp") && !self.machines.contains_key(&node) {
                self.owners.entry(address).or_default().insert((node, None));
            }
        }
    }

    /// The machine that has an address: `client` itself if it does, else the only one that has it on an interface
    /// that others can reach.
    fn owner(&self, address: IpAddr, client: Option<&str>) -> Option<&str> {
        let owners = self.owners.get(&address)?;
        if let Some((own, _)) = owners.iter().find(|(node, _)| Some(&**node) == client) {
            return Some(own);
        }
        let nodes: BTreeSet<&str> = owners
            .iter()
            .filter(|(_, interface)| !interface.as_deref().is_some_and(is_private))
            .map(|(node, _)| &**node)
            .collect();
        nodes.first().copied().filter(|_| nodes.len() == 1)
    }

    /// The addresses of a machine, as far as they are known.
    pub(super) fn machine(&self, node: &str) -> &Machine {
        self.machines.get(node).unwrap_or(&self.unknown)
    }

    /// Who dials: a container in the network of its machine is the machine.
    pub(super) fn client(&self, node: Option<&str>, container: Option<&str>) -> Client {
        let node = node.map(str::to_owned);
        let Some(container) = container else {
            return Client {
                node,
                container: None,
            };
        };
        match self.pod_of(container) {
            Some(pod) if pod.on_host => Client {
                node: pod.node.clone().or(node),
                container: None,
            },
            Some(pod) => Client {
                node: pod.node.clone().or(node),
                container: Some(container.to_owned()),
            },
            None => {
                let own = self.containers.iter().find(|row| {
                    row.is("name", container)
                        || row.get("id").is_some_and(|id| same_id(id, container))
                });
                let host = own.is_some_and(|row| row.is("network", "host"));
                Client {
                    node,
                    container: Some(container.to_owned()).filter(|_| !host),
                }
            }
        }
    }

    /// `pod/container`, or Rancher's `namespace-pod`; a name that several namespaces have is nobody.
    fn pod_of(&self, container: &str) -> Option<&Pod> {
        let pod = container.split('/').next()?;
        let is_it = |known: &&Pod| {
            let (namespace, name) = known.id.split_once('/').unwrap_or_default();
            let rest = pod.strip_prefix(namespace);
            name == pod || rest.and_then(|rest| rest.strip_prefix('-')) == Some(name)
        };
        let found = self.pods.iter().find(is_it)?;
        let same = |other: &Pod| other.id == found.id;
        self.pods.iter().filter(is_it).all(same).then_some(found)
    }

    /// Who `host` is for `client`.
    pub(super) fn resolve(&self, host: &str, client: &Client, machines: &Machines) -> Target {
        if host.contains('*') {
            return Target::Unknown("the host is masked in the bundle".to_owned());
        }
        let bare = host
            .trim_matches(['[', ']'])
            .split('%')
            .next()
            .unwrap_or(host);
        if let Ok(address) = bare.parse::<IpAddr>() {
            return self.resolve_address(address.to_canonical(), client);
        }
        let name = bare.trim_end_matches('.').to_ascii_lowercase();
        if is_localhost(&name) {
            return self.resolve_address(IpAddr::from([127, 0, 0, 1]), client);
        }
        let listed = self.listed(&name, client.node.as_deref());
        let service = || self.service(&name, client);
        let container = || self.container(&name, client);
        let machine = || {
            machines.called(&name).map(|node| Target::Machine {
                node: node.to_owned(),
                address: None,
            })
        };
        if let Some(address) = listed {
            return self.resolve_address(address, client);
        }
        container()
            .or_else(service)
            .or_else(machine)
            .unwrap_or_else(|| {
                Target::Unknown(format!(
                    "nothing in the bundle says which machine `{name}` is"
                ))
            })
    }

    fn resolve_address(&self, address: IpAddr, client: &Client) -> Target {
        if address.is_loopback() || address.is_unspecified() {
            return match client {
                Client {
                    container: Some(container),
                    ..
                } => Target::Inside {
                    container: container.clone(),
                },
                Client {
                    node: Some(node), ..
                } => Target::Loopback {
                    node: node.clone(),
                    address,
                },
                Client { node: None, .. } => Target::Unknown(format!(
                    "{address} is the client itself, and the log does not say which machine that is"
                )),
            };
        }
        if let Some(id) = self.services.get(&address) {
            return Target::Service { id: id.clone() };
        }
        if let Some(node) = self.owner(address, client.node.as_deref()) {
            return Target::Machine {
                node: node.to_owned(),
                address: Some(address),
            };
        }
        if let Some(pod) = self.pods.iter().find(|pod| pod.address == Some(address)) {
            return Target::Pod {
                id: pod.id.clone(),
                address,
            };
        }
        let text = address.to_string();
        let own = self
            .containers
            .iter()
            .find(|row| row.is("address", &text) && row.node == client.node && row.node.is_some());
        if let (Some(row), Some(node)) = (own, client.node.clone()) {
            let name = row.get("name").unwrap_or(&text).to_owned();
            return Target::Container {
                node,
                name,
                address: Some(address),
            };
        }
        if self
            .owners
            .get(&address)
            .is_some_and(|owners| owners.len() > 1)
        {
            return Target::Unknown(format!(
                "several machines of the bundle have the address {address}"
            ));
        }
        Target::Unknown(format!(
            "nothing in the bundle says which machine has the address {address}"
        ))
    }

    /// The address that /etc/hosts gives: the client's own file, or if that was not collected the others' if they agree.
    fn listed(&self, name: &str, client: Option<&str>) -> Option<IpAddr> {
        let lines = self.hosts.get(name)?;
        let own =
            |(node, _): &&(Option<String>, IpAddr)| client.is_some() && node.as_deref() == client;
        let only = |addresses: BTreeSet<IpAddr>| {
            let first = addresses.first().copied();
            first.filter(|_| addresses.len() == 1)
        };
        if client.is_some_and(|client| self.with_hosts.contains(client)) {
            return only(
                lines
                    .iter()
                    .filter(own)
                    .map(|(_, address)| *address)
                    .collect(),
            );
        }
        let others = lines.iter().map(|(_, address)| *address);
        only(others.filter(|address| !address.is_loopback()).collect())
    }

    /// `name`, `name.namespace`, `name.namespace.svc...`; a bare name is looked for in the namespace of the client.
    fn service(&self, name: &str, client: &Client) -> Option<Target> {
        let mut parts = name.split('.');
        let (service, namespace, svc) = (parts.next()?, parts.next(), parts.next());
        let id = match namespace {
            Some(namespace) if svc.is_none_or(|svc| svc == "svc") => {
                format!("{namespace}/{service}")
            }
            Some(_) => return None,
            None => {
                let pod = self.pod_of(client.container.as_deref()?)?;
                format!("{}/{service}", pod.id.split_once('/')?.0)
            }
        };
        self.service_ids
            .contains(&id)
            .then_some(Target::Service { id })
    }

    /// A container of the client's machine, which docker's DNS knows by its name.
    fn container(&self, name: &str, client: &Client) -> Option<Target> {
        client.container.as_ref()?;
        let node = client.node.clone()?;
        let row = self
            .containers
            .iter()
            .find(|row| row.is("name", name) && row.node.as_deref() == Some(&node))?;
        Some(Target::Container {
            node,
            name: name.to_owned(),
            address: address(row),
        })
    }

    /// The network from which containers of a machine dial, with its bridge, if there is just one.
    pub(super) fn bridge(&self, node: &str, client: &Client) -> Option<(Vec<String>, Option<Net>)> {
        let machine = self.machines.get(node)?;
        let bridged: Vec<&(String, IpAddr, u8)> = machine
            .addresses
            .iter()
            .filter(|(name, address, _)| address.is_ipv4() && is_bridge(name))
            .collect();
        let pod = client
            .container
            .as_deref()
            .filter(|container| container.contains('/') || self.pod_of(container).is_some());
        let own = client.container.as_deref().and_then(|container| {
            if let Some(pod) = pod {
                return self.pod_of(pod)?.address;
            }
            let row = self.containers.iter().find(|row| {
                row.node.as_deref() == Some(node)
                    && (row.is("name", container)
                        || row.get("id").is_some_and(|id| same_id(id, container)))
            })?;
            address(row)
        });
        if let Some(own) = own
            && let Some((name, ..)) = bridged.iter().find(|(_, address, prefix)| {
                Net::new(*address, *prefix).is_some_and(|net| net.contains(own))
            })
        {
            return Some((vec![name.clone()], Some(Net::of(own))));
        }
        // A pod comes in by what its network plugin made, which need not be a bridge with an address.
        if pod.is_some() {
            return Some((Vec::new(), own.map(Net::of)));
        }
        let names: Vec<String> = bridged.iter().map(|(name, ..)| name.clone()).collect();
        match &bridged[..] {
            [] => None,
            [(_, address, prefix)] => Some((names, Net::new(*address, *prefix))),
            _ => Some((names, None)),
        }
    }

    /// The address by which `client` reaches `target`: that of the network in which the dialled address is, else the only
    /// one that is near the target, else the only one that there is.
    pub(super) fn source(
        &self,
        client: &str,
        target: &str,
        dialled: Option<IpAddr>,
    ) -> Option<IpAddr> {
        let in_network = |dialled: IpAddr| {
            let machine = self.machines.get(client)?;
            let near = |(_, own, prefix): &&(String, IpAddr, u8)| {
                Net::new(*own, *prefix).is_some_and(|net| net.contains(dialled))
            };
            // The first address in a network is the primary one.
            let mut own = machine.addresses.iter();
            own.find(near).map(|(_, address, _)| *address)
        };
        if let Some(source) = dialled.and_then(in_network) {
            return Some(source);
        }
        let own = self.reachable(client);
        let near: Vec<IpAddr> = own
            .iter()
            .copied()
            .filter(|address| {
                self.machines
                    .get(target)
                    .is_some_and(|machine| machine.interface_of(*address).is_some())
            })
            .collect();
        match (&near[..], &own[..]) {
            ([address], _) | ([], [address]) => Some(*address),
            _ => None,
        }
    }

    /// The IPv4 addresses of a machine that others can reach.
    fn reachable(&self, node: &str) -> Vec<IpAddr> {
        let own = |owners: &BTreeSet<(String, Option<String>)>| {
            owners.iter().any(|(owner, interface)| {
                owner == node && !interface.as_deref().is_some_and(is_private)
            })
        };
        self.owners
            .iter()
            .filter(|(address, owners)| address.is_ipv4() && own(owners))
            .map(|(address, _)| *address)
            .collect()
    }

    /// The address of a machine, where it has only one that others can reach.
    pub(super) fn only_address(&self, node: &str) -> Option<IpAddr> {
        let own = self.reachable(node);
        own.first().copied().filter(|_| own.len() == 1)
    }
}

/// Whether a host in a log line is the one that dials.
pub(super) fn is_loopback(host: &str) -> bool {
    let bare = host.trim_matches(['[', ']']).to_ascii_lowercase();
    bare.parse::<IpAddr>().map_or_else(
        |_| is_localhost(&bare),
        |address| address.to_canonical().is_loopback(),
    )
}

fn is_localhost(name: &str) -> bool {
    name == "localhost" || name.starts_with("localhost.")
}

fn address(row: &Row) -> Option<IpAddr> {
    row.get("address")?
        .parse::<IpAddr>()
        .ok()
        .map(|address| address.to_canonical())
}

/// Whether the addresses of an interface exist on many machines alike: they mean the machine that uses them.
fn is_private(name: &str) -> bool {
    is_bridge(name) || name.starts_with("nodelocaldns") || name.starts_with("tunl")
}

/// docker shortens ids to 12 digits.
fn same_id(a: &str, b: &str) -> bool {
    let length = a.len().min(b.len());
    length >= 12 && a.get(..length) == b.get(..length)
}
