//! The first packet of a connection, and the machine that it meets, as far as they are known.

use std::net::IpAddr;

use super::{Family, Net};

/// An interface that a packet passes.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum Interface {
    /// This one.
    Named(String),
    /// One of these, it is not known which.
    OneOf(Vec<String>),
    /// None at all: packets that the machine makes come in by no interface.
    None,
    /// Some interface to other machines: neither `lo` nor a bridge of containers.
    Outside,
    /// Some bridge of containers.
    Bridge,
}

/// How the interfaces are called to which containers and virtual machines are attached, or that lead to one of them.
const BRIDGES: &[&str] = &[
    "docker", "cni", "podman", "lxcbr", "lxdbr", "virbr", "cali", "veth", "lxc", "flannel",
    "cilium", "weave", "eni",
];

/// Whether an interface, or a pattern for some, is of containers. `br-` and twelve hexadecimal digits is a network of
/// docker; `br-ex` is a bridge of the machine.
pub fn is_bridge(name: &str) -> bool {
    let of_docker = name.strip_prefix("br-").is_some_and(|rest| {
        let id = rest.trim_end_matches(['+', '*']);
        id.bytes().all(|b| b.is_ascii_hexdigit()) && (id.len() == 12 || id.len() < rest.len())
    });
    of_docker || BRIDGES.iter().any(|prefix| name.starts_with(prefix))
}

/// How a packet goes through the machine whose rules are walked.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Way {
    /// It comes from elsewhere and is for this machine, unless a rule translates its destination.
    In,
    /// It is made here and goes to another machine.
    Out,
    /// It is made here and is for this machine: out and in again by `lo`.
    Local,
    /// It passes through: to or from a container or pod that lives here.
    Through,
}

/// The first packet (SYN) of a new TCP connection.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Packet {
    /// Its way.
    pub way: Way,
    /// The address family, [`Family::V4`] or [`Family::V6`].
    pub family: Family,
    /// Where it comes from, if known: one address, or the network of a bridge.
    pub source: Option<Net>,
    /// Where it goes, if known.
    pub destination: Option<IpAddr>,
    /// The port that it goes to.
    pub port: u16,
    /// Where it comes in.
    pub input: Interface,
    /// Where it goes out.
    pub output: Interface,
}

/// The addresses of a machine.
#[derive(Clone, Debug, Default)]
pub struct Machine {
    /// Interface, address and prefix length.
    pub addresses: Vec<(String, IpAddr, u8)>,
}

impl Machine {
    /// Whether the address is one of the machine's; `None` if no address of it is known.
    pub fn is_local(&self, address: IpAddr) -> Option<bool> {
        if address.is_loopback() {
            return Some(true);
        }
        let own = || self.addresses.iter().any(|(_, own, _)| *own == address);
        (!self.addresses.is_empty()).then(own)
    }

    /// The interface whose network has the address.
    pub fn interface_of(&self, address: IpAddr) -> Option<&str> {
        let on_link = |(_, own, prefix): &&(String, IpAddr, u8)| {
            Net::new(*own, *prefix).is_some_and(|net| net.contains(address))
        };
        let nearest = self
            .addresses
            .iter()
            .filter(on_link)
            .max_by_key(|(.., prefix)| *prefix);
        nearest.map(|(interface, ..)| &**interface)
    }
}
