//! Sockets in one form, whether `netstat`, `ss`, `lsof` or the kernel lists them.
//!
//! Addresses are written as the standard library writes them, IPv4 in IPv6 as IPv4. A host that is a name or was
//! made unreadable is no address; whether it is a loopback address is then said only of `localhost`.

use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::port_of;
use crate::facts::Sink;

/// What `*` is in an IPv4 listing.
pub(crate) const ANY_V4: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

/// What `*` is in an IPv6 listing, or for a socket of both families.
pub(crate) const ANY_V6: IpAddr = IpAddr::V6(Ipv6Addr::UNSPECIFIED);

/// Sockets of one entry that do not listen, beyond which no more are kept.
const MAX_OTHERS: usize = 5_000;

/// One end of a socket, as far as it can be read.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct End {
    pub(crate) address: Option<IpAddr>,
    pub(crate) port: Option<u16>,
    /// Whether only the machine itself can reach it.
    pub(crate) loopback: Option<bool>,
    /// Whether it is every address.
    pub(crate) wildcard: Option<bool>,
}

impl End {
    /// Reads `host:port`, cut at the last colon; `any` is what the host `*` stands for.
    pub(crate) fn read(text: &str, any: IpAddr) -> Option<Self> {
        let (host, port) = text.rsplit_once(':')?;
        if host.is_empty() || port.is_empty() {
            return None;
        }
        let number = port.parse().ok().filter(|port| *port != 0);
        Some(Self {
            port: number.or_else(|| port_of(port)),
            ..Self::of_host(host, any)
        })
    }

    /// An end whose address is known.
    pub(crate) fn of(address: IpAddr, port: u16) -> Self {
        let address = address.to_canonical();
        Self {
            address: Some(address),
            port: Some(port).filter(|port| *port != 0),
            loopback: Some(address.is_loopback()),
            wildcard: Some(address.is_unspecified()),
        }
    }

    /// The host without a port; with a zone (`%eth0`) a wildcard is the unknown address of an interface.
    fn of_host(host: &str, any: IpAddr) -> Self {
        let (host, zone) = host.split_once('%').unwrap_or((host, ""));
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let address = if host == "*" {
            Some(any)
        } else {
            host.parse().ok()
        };
        let Some(address) = address else {
            return Self {
                loopback: is_localhost(host).then_some(true),
                ..Self::default()
            };
        };
        let mut end = Self::of(address, 0);
        if !zone.is_empty() && address.is_unspecified() {
            let lo = zone.trim_end_matches(']') == "lo";
            end = Self {
                loopback: Some(lo),
                wildcard: Some(false),
                ..Self::default()
            };
        }
        end
    }

    /// Whether it is the peer of a socket without one: `*:*`, `0.0.0.0:*`.
    fn is_nobody(&self) -> bool {
        self.port.is_none() && self.wildcard != Some(false)
    }
}

/// Whether it is a name of the loopback address, perhaps cut off as `netstat` does.
fn is_localhost(name: &str) -> bool {
    ["localhost", "ip6-localhost", "ip6-loopback"]
        .iter()
        .any(|local| name.starts_with(local))
}

/// The name that facts give to a state, whichever way it is spelt.
pub(crate) fn state_of(text: &str) -> Option<&'static str> {
    Some(match text {
        "LISTEN" => "listen",
        "ESTAB" | "ESTABLISHED" => "established",
        "SYN-SENT" | "SYN_SENT" => "syn_sent",
        "SYN-RECV" | "SYN_RECV" | "SYN_RCVD" | "SYN_RECEIVED" => "syn_recv",
        "FIN-WAIT-1" | "FIN_WAIT1" | "FIN_WAIT_1" => "fin_wait1",
        "FIN-WAIT-2" | "FIN_WAIT2" | "FIN_WAIT_2" => "fin_wait2",
        "TIME-WAIT" | "TIME_WAIT" => "time_wait",
        "CLOSE" | "CLOSED" => "close",
        "CLOSE-WAIT" | "CLOSE_WAIT" => "close_wait",
        "LAST-ACK" | "LAST_ACK" => "last_ack",
        "CLOSING" => "closing",
        _ => return None,
    })
}

/// What tells rows apart.
type Key<'a> = ([&'a str; 4], Option<IpAddr>);

/// A row of a listing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Socket<'a> {
    /// `tcp` or `udp`.
    pub(crate) proto: &'static str,
    /// A name of [`state_of`], or `unconnected`.
    pub(crate) state: &'static str,
    pub(crate) local: End,
    pub(crate) peer: End,
    /// The program's name, or nothing.
    pub(crate) process: &'a str,
    pub(crate) pid: &'a str,
    /// The ends as they are written, by which rows are told apart.
    pub(crate) written: (&'a str, &'a str),
}

impl<'a> Socket<'a> {
    pub(crate) fn listens(&self) -> bool {
        self.state == "listen"
    }

    /// What two rows share that say the same: connections from one address to one service count as one.
    fn key(&self) -> Key<'a> {
        let (local, peer) = self.written;
        let (local, other) = if self.peer.is_nobody() {
            (local, self.process)
        } else {
            (local.rsplit_once(':').map_or(local, |(host, _)| host), peer)
        };
        // lsof writes `*` for either family.
        ([self.proto, self.state, local, other], self.local.address)
    }

    fn fields(&self) -> [(&'static str, String); 10] {
        let peer = if self.peer.is_nobody() {
            End::default()
        } else {
            self.peer
        };
        [
            ("proto", self.proto.to_owned()),
            ("address", written(self.local.address)),
            ("port", written(self.local.port)),
            ("state", self.state.to_owned()),
            ("loopback", written(self.local.loopback)),
            ("wildcard", written(self.local.wildcard)),
            ("process", readable(self.process).to_owned()),
            ("pid", self.pid.to_owned()),
            ("peer", written(peer.address)),
            ("peer_port", written(peer.port)),
        ]
    }
}

fn written(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

/// Nothing for a name that was made unreadable.
fn readable(name: &str) -> &str {
    if name.contains("***") { "" } else { name }
}

/// Gives the sockets of an entry to the sink: each once, and not more connections than anyone reads.
#[derive(Debug, Default)]
pub(crate) struct Sockets<'a> {
    seen: HashSet<Key<'a>>,
    others: usize,
}

impl<'a> Sockets<'a> {
    /// Adds the socket that a line states; without a port there is nothing to state.
    pub(crate) fn add(&mut self, sink: &mut Sink, line: (u64, &str), socket: &Socket<'a>) {
        let full = self.others >= MAX_OTHERS && !socket.listens();
        if full || socket.local.port.is_none() || !self.seen.insert(socket.key()) {
            return;
        }
        self.others += usize::from(!socket.listens());
        sink.fact("socket", line, socket.fields());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Option<String> {
        End::read(text, ANY_V4)
            .and_then(|end| end.address)
            .map(|address| address.to_string())
    }

    #[test]
    fn every_spelling_of_an_address_becomes_one() {
        assert_eq!(address("*:22").as_deref(), Some("0.0.0.0"));
        assert_eq!(address(":::22").as_deref(), Some("::"));
        assert_eq!(address("[::]:22").as_deref(), Some("::"));
        assert_eq!(
            address("::ffff:127.0.0.1:7403").as_deref(),
            Some("127.0.0.1")
        );
        assert_eq!(
            address("[::ffff:192.0.2.7]:7403").as_deref(),
            Some("192.0.2.7")
        );
        assert_eq!(address("[fe80::1]%eth0:546").as_deref(), Some("fe80::1"));
        assert_eq!(address("[fe80::1%eth0]:546").as_deref(), Some("fe80::1"));
        assert_eq!(End::read("22", ANY_V4), None);
        assert_eq!(End::read(":22", ANY_V4), None);
    }

    #[test]
    fn an_unreadable_host_is_neither_loopback_nor_not() {
        let hidden = End::read("***HIDDEN***:5432", ANY_V4);
        assert_eq!(
            hidden,
            Some(End {
                port: Some(5432),
                ..End::default()
            })
        );
        let local = End::read("localhost.localdo:postgresql", ANY_V4);
        let expected = End {
            port: Some(5432),
            loopback: Some(true),
            ..End::default()
        };
        assert_eq!(local, Some(expected));
        assert_eq!(
            End::read("db-1:5432", ANY_V4).and_then(|end| end.loopback),
            None
        );
    }

    #[test]
    fn a_zone_makes_a_wildcard_an_interface() {
        let dns = End::read("0.0.0.0%lxdbr0:53", ANY_V4).unwrap_or_default();
        assert_eq!((dns.wildcard, dns.loopback), (Some(false), Some(false)));
        assert_eq!(dns.address, None);
        let local = End::read("*%lo:53", ANY_V6).unwrap_or_default();
        assert_eq!((local.wildcard, local.loopback), (Some(false), Some(true)));
    }
}
