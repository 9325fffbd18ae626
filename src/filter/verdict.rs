//! What becomes of a packet, and what the program that dials sees of it.

use super::RejectKind;

/// What becomes of a packet.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Verdict {
    /// It passes.
    Accept,
    /// It vanishes.
    Drop,
    /// It is answered with an error.
    Reject(RejectKind),
    /// It cannot be told.
    Unknown,
}

/// What the program that dials sees.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Symptom {
    /// ECONNREFUSED.
    Refused,
    /// ETIMEDOUT, or its own deadline.
    Timeout,
    /// EHOSTUNREACH.
    NoRoute,
    /// ENETUNREACH.
    NetUnreachable,
    /// ENOPROTOOPT.
    NoProtocol,
}

impl Symptom {
    /// The word for it, which is also the tag of the patterns that match it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Timeout => "timeout",
            Self::NoRoute => "no-route",
            Self::NetUnreachable => "net-unreachable",
            Self::NoProtocol => "no-protocol",
        }
    }
}

impl Verdict {
    /// What the client sees of it, as measured on Linux 6.18; `None` where the packet passes or nothing is known.
    pub fn symptom(self) -> Option<Symptom> {
        Some(match self {
            Self::Accept | Self::Unknown => return None,
            Self::Drop => Symptom::Timeout,
            Self::Reject(RejectKind::PortUnreachable | RejectKind::TcpReset) => Symptom::Refused,
            Self::Reject(RejectKind::NetUnreachable | RejectKind::NetProhibited) => {
                Symptom::NetUnreachable
            }
            Self::Reject(RejectKind::ProtoUnreachable) => Symptom::NoProtocol,
            Self::Reject(_) => Symptom::NoRoute,
        })
    }

    /// `accept`, `drop`, `reject` or `unknown`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Drop => "drop",
            Self::Reject(_) => "reject",
            Self::Unknown => "unknown",
        }
    }
}
