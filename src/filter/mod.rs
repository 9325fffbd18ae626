//! Packet filters as data, and what they do to a new TCP connection.
//!
//! iptables, nftables, firewalld and ufw are read into one form: [`Ruleset`]s of [`Chain`]s of [`Rule`]s.
//! A [`Filter`] walks them as the kernel would for the first packet (SYN) of a connection, and
//! says accept, drop, reject or unknown, with the rule that decides. What cannot be decided from the text, such
//! as an ipset whose members were not collected, stays undecided and shows in the verdict.

mod choice;
mod net;
mod packet;
mod set;
mod truth;
mod verdict;
mod walk;

pub use net::{Net, address_range};
pub use packet::{Interface, Machine, Packet, Way, is_bridge};
pub use set::{End, IpSet, Member, Part};
pub use verdict::{Symptom, Verdict};
pub use walk::{Decision, Filter, Step};

use std::net::IpAddr;

/// Rules of one machine from one source: one `iptables-save`, one `nft list ruleset`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Ruleset {
    /// Which program printed it.
    pub source: Source,
    /// The address families that it is for.
    pub family: Family,
    /// The chains, in the order of the output.
    pub chains: Vec<Chain>,
    /// The line of its header, from one.
    pub line: u64,
    /// The header as it stands.
    pub text: String,
}

/// The reason of [`Test::Unknown`] where a program left out conditions that it does not know: what `nft` shows of the
/// same chains is better.
pub const LOST_CONDITIONS: &str =
    "this iptables does not show all conditions that a newer one has set";

/// Where rules come from, most telling first.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Source {
    /// `iptables-save` or a saved rules file: all tables.
    IptablesSave,
    /// `iptables -S`: one table.
    IptablesSpec,
    /// `iptables -L -v -n`: one table, rules shortened.
    IptablesList,
    /// `nft list ruleset`.
    Nft,
    /// `firewall-cmd --list-all` or `--list-all-zones`.
    Firewalld,
    /// `ufw status`.
    Ufw,
}

impl Source {
    /// The program's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::IptablesSave | Self::IptablesSpec | Self::IptablesList => "iptables",
            Self::Nft => "nftables",
            Self::Firewalld => "firewalld",
            Self::Ufw => "ufw",
        }
    }
}

/// Address families.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Family {
    /// IPv4 alone.
    V4,
    /// IPv6 alone.
    V6,
    /// Both: nft's `inet`, firewalld, ufw.
    Any,
}

impl Family {
    /// That of an address.
    pub fn of(address: IpAddr) -> Self {
        if address.is_ipv6() {
            Self::V6
        } else {
            Self::V4
        }
    }
}

/// A chain of rules.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Chain {
    /// The table: `filter`, `nat`; for nft with the family, `inet firewalld`.
    pub table: String,
    /// The name within the table.
    pub name: String,
    /// Where the kernel enters it; `None` for a chain that only rules jump to.
    pub base: Option<Base>,
    /// The rules, in order.
    pub rules: Vec<Rule>,
    /// The line that declares it, from one.
    pub line: u64,
    /// That line as it stands.
    pub text: String,
}

/// How a base chain is entered and left.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Base {
    /// When packets pass it.
    pub hook: Hook,
    /// The order among the chains of a hook, lowest first: raw -300, mangle -150, nat (dst) -100, filter 0,
    /// security 50, nat (src) 100.
    pub priority: i32,
    /// What happens to a packet that no rule decides; [`Policy::Unknown`] where the output does not say.
    pub policy: Policy,
}

/// Netfilter's hooks that a TCP connection passes.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Hook {
    /// Everything that comes in.
    Prerouting,
    /// What is for the machine itself.
    Input,
    /// What passes through: containers, pods.
    Forward,
    /// What the machine itself sends.
    Output,
    /// Everything that goes out.
    Postrouting,
}

impl Hook {
    /// The hook of a built-in chain of iptables, or of nft's `hook` keyword.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "PREROUTING" | "prerouting" => Self::Prerouting,
            "INPUT" | "input" => Self::Input,
            "FORWARD" | "forward" => Self::Forward,
            "OUTPUT" | "output" => Self::Output,
            "POSTROUTING" | "postrouting" => Self::Postrouting,
            _ => return None,
        })
    }
}

impl Base {
    /// The base chain `chain` of the iptables table `table`; `None` for a user-defined chain.
    pub fn of_iptables(table: &str, chain: &str, policy: Policy) -> Option<Self> {
        let hook =
            Hook::from_name(chain).filter(|_| chain.bytes().all(|b| b.is_ascii_uppercase()))?;
        let source = matches!(hook, Hook::Postrouting | Hook::Input);
        let priority = match table {
            "raw" => -300,
            "mangle" => -150,
            "nat" if source => 100,
            "nat" => -100,
            "security" => 50,
            _ => 0,
        };
        Some(Self {
            hook,
            priority,
            policy,
        })
    }
}

/// What a base chain does at its end.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Policy {
    /// The packet goes on.
    Accept,
    /// The packet vanishes.
    Drop,
    /// The packet is answered; firewalld's zones end like this.
    Reject(RejectKind),
    /// The output does not say.
    Unknown,
}

/// One rule.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Rule {
    /// The line, from one.
    pub line: u64,
    /// The line as it stands.
    pub text: String,
    /// What must all hold.
    pub matches: Vec<Match>,
    /// What happens then.
    pub action: Action,
    /// Packets that it has matched, where the output counts them.
    pub packets: Option<u64>,
}

/// A condition on a packet, perhaps negated.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Match {
    /// Whether it must not hold.
    pub negated: bool,
    /// The condition.
    pub test: Test,
}

impl From<Test> for Match {
    fn from(test: Test) -> Self {
        Self {
            negated: false,
            test,
        }
    }
}

/// Conditions on a packet.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Test {
    /// It came in by one of these interfaces; a trailing `+` (iptables) or `*` (nft) matches a prefix.
    InInterface(Vec<String>),
    /// It goes out by one of these.
    OutInterface(Vec<String>),
    /// Its source address is in one of these.
    Source(Vec<Net>),
    /// Its destination address is in one of these.
    Destination(Vec<Net>),
    /// Its protocol is one of these, lower-case: `tcp`, `udp`, `icmp`; numbers are given as names.
    Protocol(Vec<String>),
    /// Its family.
    Family(Family),
    /// Its source port is in one of these ranges, both ends included.
    SourcePort(Vec<(u16, u16)>),
    /// Its destination port is.
    DestinationPort(Vec<(u16, u16)>),
    /// Conntrack's state is one of these, upper-case: `NEW`, `ESTABLISHED`, `RELATED`, `INVALID`, `UNTRACKED`,
    /// `DNAT`, `SNAT`.
    State(Vec<String>),
    /// Of these TCP flags exactly these are set (`--tcp-flags MASK SET`, `--syn`), upper-case.
    TcpFlags {
        /// The flags that are looked at.
        mask: Vec<String>,
        /// Those of them that must be set.
        set: Vec<String>,
    },
    /// `mark & mask == value`.
    Mark {
        /// What must be left.
        value: u32,
        /// The bits that are looked at.
        mask: u32,
    },
    /// The destination is (or for `false`: is not) an address of the machine.
    DestinationLocal(bool),
    /// The source is.
    SourceLocal(bool),
    /// A set that `ipset` keeps has these ends of it, one for each dimension of the set.
    Set {
        /// The name of the set.
        name: String,
        /// What is looked up.
        ends: Vec<End>,
    },
    /// Always: comments, counters, checks that an ordinary packet passes.
    Always,
    /// Never for the first packet of a TCP connection: ICMP types, fragments, broadcast.
    Never,
    /// It cannot be decided from the text; the reason, such as "the set `f2b` was not collected".
    Unknown(String),
}

/// What a rule does.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Action {
    /// The packet passes this base chain.
    Accept,
    /// The packet vanishes.
    Drop,
    /// The packet is answered.
    Reject(RejectKind),
    /// Back to the chain that jumped here.
    Return,
    /// On to another chain, and back at its end.
    Jump(String),
    /// On to another chain; at its end back to where this chain was jumped from.
    Goto(String),
    /// Another destination: the address, if one is named, and the port.
    Dnat(Option<IpAddr>, Option<u16>),
    /// The mark becomes `(mark & !mask) ^ value`.
    SetMark {
        /// What is set.
        value: u32,
        /// The bits that are replaced.
        mask: u32,
    },
    /// Nothing that matters: logs, counters, source NAT.
    Continue,
    /// It ends the walk in a way that the text does not tell; the reason.
    Unknown(String),
}

/// How a rejected packet is answered.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum RejectKind {
    /// ICMP port unreachable: the default of iptables and nft.
    PortUnreachable,
    /// A TCP reset.
    TcpReset,
    /// ICMP host prohibited: the last rule of RHEL 6 and 7.
    HostProhibited,
    /// ICMP administratively prohibited: firewalld.
    AdminProhibited,
    /// ICMP host unreachable, or IPv6 address unreachable.
    HostUnreachable,
    /// ICMP network unreachable, or IPv6 no route.
    NetUnreachable,
    /// ICMP network prohibited.
    NetProhibited,
    /// ICMP protocol unreachable.
    ProtoUnreachable,
}

impl RejectKind {
    /// The kind that `--reject-with` of iptables and ip6tables, or nft's `reject with`, names; prefixes such as
    /// `icmp-`, `icmp6-`, `icmpx type ` must have been removed, `tcp-reset` is written as it is.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "port-unreachable" | "port-unreach" => Self::PortUnreachable,
            "tcp-reset" | "tcp reset" | "reset" => Self::TcpReset,
            "host-prohibited" | "host-prohib" => Self::HostProhibited,
            "admin-prohibited" | "adm-prohibited" | "admin-prohib" | "policy-fail" => {
                Self::AdminProhibited
            }
            "host-unreachable" | "host-unreach" | "addr-unreachable" | "addr-unreach" => {
                Self::HostUnreachable
            }
            "net-unreachable" | "net-unreach" | "no-route" | "reject-route" => Self::NetUnreachable,
            "net-prohibited" | "net-prohib" => Self::NetProhibited,
            "proto-unreachable" | "proto-unreach" | "prot-unreachable" => Self::ProtoUnreachable,
            _ => return None,
        })
    }

    /// The name that iptables gives it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PortUnreachable => "icmp-port-unreachable",
            Self::TcpReset => "tcp-reset",
            Self::HostProhibited => "icmp-host-prohibited",
            Self::AdminProhibited => "icmp-admin-prohibited",
            Self::HostUnreachable => "icmp-host-unreachable",
            Self::NetUnreachable => "icmp-net-unreachable",
            Self::NetProhibited => "icmp-net-prohibited",
            Self::ProtoUnreachable => "icmp-proto-unreachable",
        }
    }
}
