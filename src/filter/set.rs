//! Sets of addresses and ports that rules of iptables name, as `ipset` lists them.

use std::net::IpAddr;

use super::Net;
use super::truth::Truth;

/// A set with its members.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct IpSet {
    /// Its name.
    pub name: String,
    /// Its members.
    pub members: Vec<Member>,
    /// The line of its header, from one.
    pub line: u64,
}

/// A member: one part for each dimension of the set, and whether it is an exception (`nomatch`).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Member {
    /// Its parts.
    pub parts: Vec<Part>,
    /// What it has is not in the set, although another member has it.
    pub exception: bool,
}

/// One dimension of a member.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Part {
    /// An address or network.
    Address(Net),
    /// Ports of TCP, both ends included.
    Port(u16, u16),
    /// Ports of another protocol.
    OtherPort,
    /// An interface, a mark, a hardware address: what is not decided.
    Other,
}

/// Which end of a packet is looked up in a dimension of a set.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum End {
    /// Where it comes from.
    Source,
    /// Where it goes.
    Destination,
}

/// What is looked up.
pub(super) struct Key {
    pub(super) source: Option<Net>,
    pub(super) destination: Option<IpAddr>,
    pub(super) port: u16,
}

impl IpSet {
    /// Whether the set has the packet, with `ends` for its dimensions.
    pub(super) fn has(&self, ends: &[End], key: &Key) -> Truth {
        let mut found = Truth::No;
        for member in &self.members {
            let truth = member.has(ends, key);
            match (truth, member.exception) {
                (Truth::No, _) => {}
                // The most special member decides; which one that is, is the kernel's to say.
                (_, true) => {
                    return Truth::Maybe(format!("the set `{}` has exceptions", self.name));
                }
                (Truth::Yes, false) => found = Truth::Yes,
                (maybe @ Truth::Maybe(_), false) if found == Truth::No => found = maybe,
                (Truth::Maybe(_), false) => {}
            }
        }
        found
    }
}

impl Member {
    fn has(&self, ends: &[End], key: &Key) -> Truth {
        let mut doubt = None;
        for (part, end) in self.parts.iter().zip(ends) {
            match part.has(*end, key) {
                Truth::Yes => {}
                Truth::No => return Truth::No,
                Truth::Maybe(why) => doubt = Some(why),
            }
        }
        doubt.map_or(Truth::Yes, Truth::Maybe)
    }
}

impl Part {
    fn has(&self, end: End, key: &Key) -> Truth {
        let unknown = |why: &str| Truth::Maybe(why.to_owned());
        match (self, end) {
            (Self::Address(net), End::Destination) => match key.destination {
                Some(address) => Truth::of(net.contains(address)),
                None => unknown("the address that is dialled is not known"),
            },
            (Self::Address(net), End::Source) => match key.source {
                Some(source) if net.covers(&source) => Truth::Yes,
                Some(source) if !net.overlaps(&source) => Truth::No,
                _ => unknown("the address of the client is not known"),
            },
            (Self::Port(low, high), End::Destination) => {
                Truth::of((*low..=*high).contains(&key.port))
            }
            (Self::Port(..), End::Source) => unknown("the port of the client is not known"),
            (Self::OtherPort, _) => Truth::No,
            (Self::Other, _) => unknown("a part of the set is not read"),
        }
    }
}
