//! What conditions look at: `iifname`, `ip saddr`, `tcp dport`, `ct state`, `meta mark`.

use super::token::Cursor;
use crate::facts::parse::iptables::Side;
use crate::filter::Family;

/// A property of a packet.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Selector {
    InInterface,
    OutInterface,
    Source(Family),
    Destination(Family),
    /// The protocol, by a header of this family if one is named.
    Protocol(Family),
    Family,
    /// The type of the frame: `ip`, `ip6`, `arp`.
    Frame,
    /// Ports of these protocols; empty: of any.
    SourcePort(&'static [&'static str]),
    DestinationPort(&'static [&'static str]),
    TcpFlags,
    State,
    /// Conntrack's status: `dnat`.
    Status,
    Direction,
    Mark,
    PacketType,
    /// Whose address it is, and whether only addresses of the interface count.
    AddressType(Side, bool),
    /// Where an answer would go out.
    ReversePath,
    /// The offset of a fragment.
    Fragment,
    /// A number below this, at random or by a hash.
    Random(u32),
    /// Headers that a TCP connection does not have.
    OtherProtocol,
    /// What cannot be decided; the reason.
    Unknown(String),
}

/// Reads one selector; `None` if the next token begins none, which is then still there.
pub(super) fn selector(cursor: &mut Cursor<'_, '_>) -> Option<Selector> {
    if cursor.at_string() {
        return None;
    }
    let rollback = *cursor;
    let first = cursor.word();
    let found = match first {
        "ip" => header(cursor, Family::V4),
        "ip6" => header(cursor, Family::V6),
        "tcp" => tcp(cursor),
        "udp" => ports(cursor, &["udp"]),
        "udplite" => ports(cursor, &["udplite"]),
        "sctp" => ports(cursor, &["sctp"]),
        "dccp" => ports(cursor, &["dccp"]),
        "th" => ports(cursor, &[]),
        "icmp" | "icmpv6" | "igmp" | "ah" | "esp" | "comp" => {
            cursor.word();
            Selector::OtherProtocol
        }
        "ct" => tracked(cursor),
        "meta" => meta(cursor.word()),
        "fib" => fib(cursor),
        "numgen" | "jhash" | "symhash" => random(cursor),
        _ if first.starts_with('@') && first.len() > 1 && cursor.peek(0) == "," => {
            raw(cursor, first)
        }
        _ => other(cursor, first).or_else(|| bare(first))?,
    };
    // `ip` and the like alone are no selectors, so nothing may have been read.
    if matches!(&found, Selector::Unknown(reason) if reason.is_empty()) {
        *cursor = rollback;
        return None;
    }
    Some(found)
}

fn unknown(reason: String) -> Selector {
    Selector::Unknown(reason)
}

/// Properties that are not decided, with their keys.
fn other(cursor: &mut Cursor<'_, '_>, first: &str) -> Option<Selector> {
    let reason = match first {
        "ether" | "vlan" | "arp" | "rt" | "frag" | "hbh" | "dst" | "mh" | "osf" | "exthdr"
        | "auth" => {
            format!("`{first} {}`", cursor.word())
        }
        "socket" => {
            let key = cursor.word();
            if cursor.eat("level") {
                cursor.word();
            }
            format!("`socket {key}`")
        }
        "ipsec" => {
            cursor.take_until(|word| matches!(word, "reqid" | "spi" | "saddr" | "daddr"));
            cursor.word();
            "`ipsec`".to_owned()
        }
        _ => return None,
    };
    Some(unknown(reason))
}

/// Keys of `meta` that may stand without it.
fn bare(key: &str) -> Option<Selector> {
    const BARE: &[&str] = &[
        "iif",
        "oif",
        "iifname",
        "oifname",
        "iifgroup",
        "oifgroup",
        "iiftype",
        "oiftype",
        "mark",
        "pkttype",
        "skuid",
        "skgid",
        "cgroup",
        "rtclassid",
        "cpu",
        "priority",
        "nftrace",
        "length",
        "hour",
        "day",
        "time",
        "l4proto",
        "nfproto",
    ];
    BARE.contains(&key).then(|| meta(key))
}

fn meta(key: &str) -> Selector {
    match key {
        "iif" | "iifname" => Selector::InInterface,
        "oif" | "oifname" => Selector::OutInterface,
        "l4proto" => Selector::Protocol(Family::Any),
        "nfproto" => Selector::Family,
        "protocol" => Selector::Frame,
        "mark" => Selector::Mark,
        "pkttype" => Selector::PacketType,
        "random" => unknown("a choice at random".to_owned()),
        "skuid" | "skgid" => unknown("the user who sends".to_owned()),
        other => unknown(format!("`meta {other}`")),
    }
}

/// `ip` and `ip6`.
fn header(cursor: &mut Cursor<'_, '_>, family: Family) -> Selector {
    let name = if family == Family::V4 { "ip" } else { "ip6" };
    match cursor.word() {
        "saddr" => Selector::Source(family),
        "daddr" => Selector::Destination(family),
        "protocol" | "nexthdr" => Selector::Protocol(family),
        "frag-off" => Selector::Fragment,
        "option" => {
            let option = cursor.word();
            if matches!(cursor.peek(0), "type" | "length" | "ptr" | "addr" | "value") {
                cursor.word();
            }
            unknown(format!("`{name} option {option}`"))
        }
        "" => unknown(String::new()),
        field => unknown(format!("`{name} {field}`")),
    }
}

fn tcp(cursor: &mut Cursor<'_, '_>) -> Selector {
    match cursor.peek(0) {
        "flags" => {
            cursor.word();
            Selector::TcpFlags
        }
        "option" => {
            cursor.word();
            let option = cursor.word();
            if matches!(
                cursor.peek(0),
                "size" | "count" | "left" | "right" | "tsval" | "tsecr" | "kind" | "length"
            ) {
                cursor.word();
            }
            unknown(format!("`tcp option {option}`"))
        }
        _ => ports(cursor, &["tcp"]),
    }
}

fn ports(cursor: &mut Cursor<'_, '_>, protocols: &'static [&'static str]) -> Selector {
    match cursor.word() {
        "dport" => Selector::DestinationPort(protocols),
        "sport" => Selector::SourcePort(protocols),
        "" => unknown(String::new()),
        field => unknown(format!("`{} {field}`", protocols.first().unwrap_or(&"th"))),
    }
}

fn tracked(cursor: &mut Cursor<'_, '_>) -> Selector {
    match cursor.word() {
        "state" => Selector::State,
        "status" => Selector::Status,
        "direction" => Selector::Direction,
        "mark" => unknown("the mark of the connection".to_owned()),
        "count" => {
            cursor.eat("over");
            unknown("a limit of connections".to_owned())
        }
        direction @ ("original" | "reply") => {
            if matches!(cursor.peek(0), "ip" | "ip6") {
                cursor.word();
            }
            unknown(format!(
                "what conntrack knows (`ct {direction} {}`)",
                cursor.word()
            ))
        }
        "" => unknown(String::new()),
        key => unknown(format!("what conntrack knows (`ct {key}`)")),
    }
}

/// `fib daddr type`, `fib saddr . iif oif`.
fn fib(cursor: &mut Cursor<'_, '_>) -> Selector {
    let keys: Vec<&str> = cursor
        .take_until(|word| matches!(word, "type" | "oifname" | "check") || word == "oif")
        .iter()
        .map(|token| token.text)
        .collect();
    // `oif` is a key behind a dot, else the result.
    let mut keys = keys;
    while keys.last() == Some(&".") && !cursor.is_at_end() {
        keys.push(cursor.word());
        keys.extend(
            cursor
                .take_until(|word| matches!(word, "type" | "oifname" | "check" | "oif"))
                .iter()
                .map(|token| token.text),
        );
    }
    let has = |key: &str| keys.contains(&key);
    let of_interface = has("iif") || has("oif");
    match (cursor.word(), has("saddr"), has("daddr")) {
        ("type", true, false) => Selector::AddressType(Side::Source, of_interface),
        ("type", false, true) => Selector::AddressType(Side::Destination, of_interface),
        ("oif" | "oifname" | "check", true, false) => Selector::ReversePath,
        (result, ..) => unknown(format!("`fib {} {result}`", keys.join(" "))),
    }
}

/// `numgen random mod 4 offset 1`, `jhash ip saddr mod 4`.
fn random(cursor: &mut Cursor<'_, '_>) -> Selector {
    cursor.take_until(|word| word == "mod");
    cursor.eat("mod");
    let modulus = cursor.word().parse().unwrap_or(0);
    for option in ["seed", "offset"] {
        if cursor.eat(option) {
            cursor.word();
        }
    }
    Selector::Random(modulus)
}

/// `@th,16,16`.
fn raw(cursor: &mut Cursor<'_, '_>, base: &str) -> Selector {
    while cursor.eat(",") {
        cursor.word();
    }
    unknown(format!("bits of the packet (`{base}`)"))
}
