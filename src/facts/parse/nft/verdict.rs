//! Verdicts, other destinations, and changes of the mark.

use super::token::Cursor;
use crate::facts::parse::draft::{clip, destination, reject};
use crate::facts::parse::iptables::{redirect, untracked};
use crate::facts::parse::names::number;
use crate::filter::{Action, Family, RejectKind, Test};

/// Reads a statement that ends the rule; `None` if the next token begins none, which is then still there.
pub(super) fn read(cursor: &mut Cursor<'_, '_>) -> Option<Action> {
    let rollback = *cursor;
    let is_string = cursor.at_string();
    let action = match cursor.word() {
        // Source addresses change when everything is decided: the packet goes on.
        "accept" | "masquerade" | "snat" => Action::Accept,
        "drop" => Action::Drop,
        "return" => Action::Return,
        "jump" => Action::Jump(cursor.word().to_owned()),
        "goto" => Action::Goto(cursor.word().to_owned()),
        "reject" => rejected(cursor),
        "queue" => Action::Unknown("userspace decides".to_owned()),
        "dnat" => to_other(cursor),
        "redirect" => {
            let port = if cursor.eat("to") { cursor.word() } else { "" };
            redirect(port.trim_start_matches(':'))
        }
        "notrack" => untracked(),
        statement @ ("tproxy" | "synproxy" | "fwd") => {
            Action::Unknown(format!("the statement `{statement}`"))
        }
        _ => {
            *cursor = rollback;
            return None;
        }
    };
    if is_string {
        *cursor = rollback;
        return None;
    }
    Some(action)
}

/// `reject with icmp type host-prohibited`, `reject with tcp reset`.
fn rejected(cursor: &mut Cursor<'_, '_>) -> Action {
    if !cursor.eat("with") {
        return Action::Reject(RejectKind::PortUnreachable);
    }
    let protocol = cursor.word();
    cursor.eat("type");
    match (protocol, cursor.word()) {
        ("tcp", "reset") => Action::Reject(RejectKind::TcpReset),
        (protocol, name) => reject(by_code(protocol, name).unwrap_or(name)),
    }
}

/// The name of a code that `nft -n` prints.
fn by_code(protocol: &str, code: &str) -> Option<&'static str> {
    Some(match (protocol, code) {
        ("icmpx" | "icmpv6", "0") => "no-route",
        ("icmpx", "1") | ("icmp", "3") | ("icmpv6", "4") => "port-unreachable",
        ("icmpx", "2") | ("icmp", "1") => "host-unreachable",
        ("icmpx", "3") | ("icmp", "13") | ("icmpv6", "1") => "admin-prohibited",
        ("icmp", "0") => "net-unreachable",
        ("icmp", "2") => "proto-unreachable",
        ("icmp", "9") => "net-prohibited",
        ("icmp", "10") => "host-prohibited",
        ("icmpv6", "3") => "addr-unreachable",
        ("icmpv6", "5") => "policy-fail",
        ("icmpv6", "6") => "reject-route",
        _ => return None,
    })
}

/// What a statement for one protocol or family implies, though it may not be printed: in a table for both families,
/// `reject with icmp` and `dnat ip to` take packets of IPv4 only.
pub(super) fn implied(cursor: Cursor<'_, '_>) -> Option<Test> {
    let kind = match cursor.peek(0) {
        "reject" if cursor.peek(1) == "with" => cursor.peek(2),
        "dnat" | "snat" => cursor.peek(1),
        _ => return None,
    };
    match kind {
        "tcp" => Some(Test::Protocol(vec!["tcp".to_owned()])),
        "icmp" | "ip" => Some(Test::Family(Family::V4)),
        "icmpv6" | "ip6" => Some(Test::Family(Family::V6)),
        _ => None,
    }
}

/// `dnat to 10.0.0.2:80`, `dnat ip to 10.0.0.2`, `dnat to tcp dport map { ... }`.
fn to_other(cursor: &mut Cursor<'_, '_>) -> Action {
    let _ = cursor.eat("ip") || cursor.eat("ip6");
    cursor.eat("addr");
    if cursor.eat(".") {
        cursor.eat("port");
    }
    cursor.eat("to");
    let target = cursor.word();
    match cursor.peek(0) {
        "" | "comment" | "random" | "fully-random" | "persistent" | "prefix" | "counter" => {
            destination(target)
        }
        _ => Action::Unknown(format!(
            "another destination, one of `{}` and others",
            clip(target)
        )),
    }
}

/// The mark behind `meta mark set`: a number, or the old one with `and`, `or` and `xor`, which newer versions print
/// as `&`, `|` and `^`.
pub(super) fn mark(cursor: &mut Cursor<'_, '_>) -> Action {
    let unknown = || Action::Unknown("it changes the mark".to_owned());
    cursor.eat("meta");
    // The mark becomes `(mark & kept) ^ flipped`.
    let (mut kept, mut flipped) = match cursor.word() {
        "mark" => (u32::MAX, 0),
        word => match number(word) {
            Some(value) => (0, value),
            None => return unknown(),
        },
    };
    loop {
        let operator = cursor.peek(0);
        if !matches!(operator, "and" | "&" | "or" | "|" | "xor" | "^") {
            break;
        }
        cursor.word();
        let Some(bits) = number(cursor.word()) else {
            return unknown();
        };
        match operator {
            "and" | "&" => {
                kept &= bits;
                flipped &= bits;
            }
            "or" | "|" => {
                kept &= !bits;
                flipped |= bits;
            }
            _ => flipped ^= bits,
        }
    }
    match cursor.peek(0) {
        "<<" | ">>" | "map" => unknown(),
        _ => Action::SetMark {
            value: flipped,
            mask: !kept,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::super::token::tokens;
    use super::*;

    fn action(text: &str) -> Action {
        let tokens = tokens(text);
        read(&mut Cursor::new(&tokens)).expect("a verdict")
    }

    fn set_mark(text: &str) -> Action {
        let tokens = tokens(text);
        mark(&mut Cursor::new(&tokens))
    }

    #[test]
    fn rejections_have_their_kinds_in_all_versions() {
        for (text, kind) in [
            ("reject", RejectKind::PortUnreachable),
            ("reject with tcp reset", RejectKind::TcpReset),
            (
                "reject with icmp type host-prohibited",
                RejectKind::HostProhibited,
            ),
            (
                "reject with icmp host-prohibited",
                RejectKind::HostProhibited,
            ),
            (
                "reject with icmpx type admin-prohibited",
                RejectKind::AdminProhibited,
            ),
            (
                "reject with icmpx admin-prohibited",
                RejectKind::AdminProhibited,
            ),
            ("reject with icmpv6 no-route", RejectKind::NetUnreachable),
        ] {
            assert_eq!(action(text), Action::Reject(kind), "{text}");
        }
        assert!(matches!(action("reject with icmp 99"), Action::Unknown(_)));
    }

    #[test]
    fn destinations_are_read() {
        let to = |address: &str, port| Action::Dnat(address.parse().ok(), port);
        assert_eq!(action("dnat to 10.0.0.2:80"), to("10.0.0.2", Some(80)));
        assert_eq!(action("dnat ip to 10.0.0.2"), to("10.0.0.2", None));
        assert_eq!(
            action("dnat ip6 to [2001:db8::1]:80 persistent"),
            to("2001:db8::1", Some(80))
        );
        assert_eq!(action("redirect to :8080"), Action::Dnat(None, Some(8080)));
        assert_eq!(action("redirect"), Action::Dnat(None, None));
        for text in [
            "dnat to 10.0.0.2-10.0.0.9",
            "dnat ip to tcp dport map { 80 : 10.0.0.1 }",
            "dnat ip addr . port to tcp dport map { 80 : 10.0.0.1 . 80 }",
        ] {
            assert!(matches!(action(text), Action::Unknown(_)), "{text}");
        }
    }

    #[test]
    fn marks_are_one_formula() {
        let set = |value, mask| Action::SetMark { value, mask };
        assert_eq!(set_mark("0x1 accept"), set(1, u32::MAX));
        assert_eq!(set_mark("mark or 0x4000"), set(0x4000, 0x4000));
        assert_eq!(set_mark("mark and 0xffe4ffff"), set(0, 0x001b_0000));
        assert_eq!(set_mark("mark xor 0x4000"), set(0x4000, 0));
        assert_eq!(set_mark("mark and 0xffffff00 xor 0x1"), set(1, 0xff));
        assert_eq!(
            set_mark("meta mark & 0xffffff00 | 0x00000001"),
            set(1, 0xff)
        );
        assert!(matches!(
            set_mark("ip saddr map { 10.0.0.1 : 0x1 }"),
            Action::Unknown(_)
        ));
    }
}
