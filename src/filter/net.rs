//! Address ranges.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A network or a range of addresses, as first and last address of one family.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Net {
    /// The lowest address.
    pub first: IpAddr,
    /// The highest address.
    pub last: IpAddr,
}

impl Net {
    /// The network of `address` with `prefix` leading bits.
    pub fn new(address: IpAddr, prefix: u8) -> Option<Self> {
        match address {
            IpAddr::V4(v4) if prefix <= 32 => {
                let mask = u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0);
                let first = u32::from(v4) & mask;
                Some(Self::v4(first, first | !mask))
            }
            IpAddr::V6(v6) if prefix <= 128 => {
                let mask = u128::MAX.checked_shl(128 - u32::from(prefix)).unwrap_or(0);
                let first = u128::from(v6) & mask;
                let (first, last) = (Ipv6Addr::from(first), Ipv6Addr::from(first | !mask));
                Some(Self {
                    first: first.into(),
                    last: last.into(),
                })
            }
            _ => None,
        }
    }

    /// `10.0.0.0/8`, `10.0.0.0/255.0.0.0`, `10.0.0.1`, `fe80::/10`, `10.0.0.5-10.0.0.9`.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some((first, last)) = text.split_once('-') {
            return address_range(first.parse().ok()?, last.parse().ok()?);
        }
        let (address, prefix) = text
            .split_once('/')
            .map_or((text, None), |(a, p)| (a, Some(p)));
        let address: IpAddr = address.parse().ok()?;
        let full = if address.is_ipv4() { 32 } else { 128 };
        match prefix {
            None => Self::new(address, full),
            Some(prefix) => {
                if let Ok(bits) = prefix.parse() {
                    Self::new(address, bits)
                } else {
                    let mask = u32::from(prefix.parse::<Ipv4Addr>().ok()?);
                    let bits = u8::try_from(mask.leading_ones()).ok()?;
                    (mask.count_ones() == mask.leading_ones()).then(|| Self::new(address, bits))?
                }
            }
        }
    }

    fn v4(first: u32, last: u32) -> Self {
        Self {
            first: Ipv4Addr::from(first).into(),
            last: Ipv4Addr::from(last).into(),
        }
    }

    /// The network of just this address.
    pub fn of(address: IpAddr) -> Self {
        Self {
            first: address,
            last: address,
        }
    }

    /// Whether all addresses of `other` are in it.
    pub fn covers(&self, other: &Self) -> bool {
        self.contains(other.first) && self.contains(other.last)
    }

    /// Whether any address of `other` is in it.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.first.is_ipv4() == other.first.is_ipv4()
            && self.first <= other.last
            && other.first <= self.last
    }

    /// Whether `address` is in it.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.first.is_ipv4() == address.is_ipv4() && self.first <= address && address <= self.last
    }

    /// Whether it has every address of its family.
    pub fn is_everything(&self) -> bool {
        let (first, last) = (self.first.is_unspecified(), self.last);
        first
            && (last == IpAddr::V4(Ipv4Addr::BROADCAST)
                || last == IpAddr::V6(Ipv6Addr::from(u128::MAX)))
    }
}

/// The addresses from `first` to `last`; `None` for an empty or mixed range.
pub fn address_range(first: IpAddr, last: IpAddr) -> Option<Net> {
    (first.is_ipv4() == last.is_ipv4() && first <= last).then_some(Net { first, last })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contains(net: &str, address: &str) -> bool {
        let net = Net::parse(net).expect("a network");
        net.contains(address.parse().expect("an address"))
    }

    #[test]
    fn networks_have_their_addresses_and_no_others() {
        assert!(contains("10.0.0.0/8", "10.255.255.255"));
        assert!(!contains("10.0.0.0/8", "11.0.0.0"));
        assert!(contains("192.168.1.77/255.255.255.0", "192.168.1.1"));
        assert!(contains("0.0.0.0/0", "203.0.113.1"));
        assert!(!contains("0.0.0.0/0", "::1"));
        assert!(contains("fe80::/10", "fe80::1"));
        assert!(contains("10.0.0.5-10.0.0.9", "10.0.0.9"));
        assert!(!contains("10.0.0.5-10.0.0.9", "10.0.0.10"));
        assert!(Net::parse("::/0").expect("a network").is_everything());
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in [
            "",
            "10.0.0.0/33",
            "10.0.0.0/255.0.255.0",
            "db.example",
            "10.0.0.9-10.0.0.5",
            "fe80::/129",
        ] {
            assert_eq!(Net::parse(text), None, "{text}");
        }
    }
}
