//! IP and MAC addresses, which get a number each.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::Range;

use super::{Found, Mask};

/// Adds the addresses in `text` that identify a machine.
pub(super) fn find(text: &str, into: &mut Vec<Found>) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if !is_part(bytes[at]) {
            at += 1;
            continue;
        }
        let length = bytes[at..].iter().take_while(|b| is_part(**b)).count();
        run(text, at..at + length, into);
        at += length;
    }
}

/// What addresses are made of, and what makes a run no address.
fn is_part(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b':' | b'_')
}

/// A run of letters, digits, dots and colons: an address, one with a port, or none.
fn run(text: &str, range: Range<usize>, into: &mut Vec<Found>) {
    let word = text[range.clone()].trim_end_matches(['.', ':', '_']);
    // `fe80::` ends with what is trimmed.
    let whole = &text[range.clone()];
    let word = if whole.len() == word.len() + 2 && whole.ends_with("::") {
        whole
    } else {
        word
    };
    let start = range.start + (word.len() - word.trim_start_matches(['.', '_']).len());
    let word = &text[start..range.start + word.len()];
    if let Some(length) = mac(text, start) {
        let name = text[start..start + length].replace('-', ":");
        return push(start, length, "mac", &name.to_ascii_lowercase(), into);
    }
    if word.matches(':').count() >= 2
        && word.bytes().any(|b| b.is_ascii_digit())
        && let Ok(address) = word.parse::<Ipv6Addr>()
    {
        let address = address
            .to_ipv4_mapped()
            .map_or(IpAddr::V6(address), IpAddr::V4);
        return push_ip(start, word.len(), address, into);
    }
    // Pieces between colons: `10.0.0.1:80`, `dst:10.0.0.1`.
    let mut at = start;
    for piece in word.split(':') {
        if !is_version(&text[..at])
            && let Ok(address) = piece.parse::<Ipv4Addr>()
        {
            push_ip(at, piece.len(), IpAddr::V4(address), into);
        }
        at += piece.len() + 1;
    }
}

/// Whether what follows `before` is the version of a package: `libpam0g (>= 1.1.3.7)`.
fn is_version(before: &str) -> bool {
    let word = before.trim_end_matches([' ', '=', ':', '"']);
    let word = word.get(word.len().saturating_sub(7)..).unwrap_or_default();
    let relation = [">= ", "<= ", "(= ", "<< ", ">> "];
    relation.iter().any(|sign| before.ends_with(sign)) || word.eq_ignore_ascii_case("version")
}

/// The length of the MAC address at `start`, if one stands there.
fn mac(text: &str, start: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let found = bytes.get(start..start + 17)?;
    let separator = found[2];
    let fits = |(at, byte): (usize, &u8)| match at % 3 {
        2 => *byte == separator,
        _ => byte.is_ascii_hexdigit(),
    };
    let is_mac = matches!(separator, b':' | b'-') && found.iter().enumerate().all(fits);
    let more = |at: Option<&u8>| at.is_some_and(|b| b.is_ascii_alphanumeric() || *b == separator);
    let before = start.checked_sub(1).and_then(|at| bytes.get(at));
    // A sentence may end with a colon behind it, a longer number may not.
    let goes_on =
        more(bytes.get(start + 17)) && bytes.get(start + 18).is_some_and(u8::is_ascii_alphanumeric);
    let nobody = found.iter().all(|b| matches!(b, b'0' | b':' | b'-'))
        || found.iter().all(|b| matches!(b, b'f' | b'F' | b':' | b'-'));
    (is_mac && !more(before) && !goes_on && !nobody).then_some(17)
}

fn push_ip(start: usize, length: usize, address: IpAddr, into: &mut Vec<Found>) {
    let stays = match address {
        IpAddr::V4(address) => {
            let bits = address.to_bits();
            address.is_loopback()
                || address.is_unspecified()
                // The metadata service of every cloud.
                || address.octets() == [169, 254, 169, 254]
                // A netmask, or one that is turned round; 255.255.255.255 is one as well.
                || (bits.leading_ones() >= 8 && bits.leading_ones() + bits.trailing_zeros() == 32)
                || (bits.leading_zeros() >= 8 && bits.leading_zeros() + bits.trailing_ones() == 32)
        }
        IpAddr::V6(address) => address.is_loopback() || address.is_unspecified(),
    };
    if !stays {
        push(start, length, "ip", &address.to_string(), into);
    }
}

fn push(start: usize, length: usize, kind: &'static str, name: &str, into: &mut Vec<Found>) {
    into.push(Found {
        range: start..start + length,
        mask: Mask::Numbered(kind, name.to_owned()),
    });
}
