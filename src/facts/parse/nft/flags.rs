//! Conditions on TCP flags.

use super::condition::Comparison;
use crate::facts::parse::names;
use crate::filter::Test;

/// A condition on TCP flags, and whether it is negated.
///
/// Newer versions print `syn / fin,syn,rst,ack` (of those behind the slash, exactly these), `! fin,rst` (none of
/// these); older ones `& (fin | syn) == syn`. A list alone is met by any of its flags; after `==`, and in braces,
/// by exactly these.
pub(super) fn flags(
    mask: Option<&[&str]>,
    comparison: Comparison,
    first: &[&str],
    second: Option<&[&str]>,
) -> (Test, bool) {
    let negated = comparison == Comparison::NotEqual;
    let unknown = (
        Test::Unknown("the TCP flags are not understood".to_owned()),
        false,
    );
    let mask = mask
        .or(second)
        .map_or(Some(None), |mask| flag_names(mask).map(Some));
    let (Some(set), Some(mask)) = (flag_names(first), mask) else {
        return unknown;
    };
    match (mask, comparison) {
        // `& (syn | ack) != 0`: any of the mask.
        (Some(mask), Comparison::NotEqual) if set.is_empty() => (any_flag(mask), false),
        (Some(mask), Comparison::Equal | Comparison::Exact | Comparison::NotEqual) => {
            (Test::TcpFlags { mask, set }, negated)
        }
        (None, Comparison::NoneOf) => (
            Test::TcpFlags {
                mask: set,
                set: Vec::new(),
            },
            false,
        ),
        (None, Comparison::Equal) => (any_flag(set), false),
        (None, Comparison::Exact | Comparison::NotEqual) => (exactly(set), negated),
        _ => unknown,
    }
}

/// Exactly these flags are set.
pub(super) fn exactly(set: Vec<String>) -> Test {
    Test::TcpFlags {
        mask: names::tcp_flags("ALL").unwrap_or_default(),
        set,
    }
}

/// The flags of a list, each by name or by its bits.
pub(super) fn flag_names(words: &[&str]) -> Option<Vec<String>> {
    let flags = |word: &&str| match *word {
        "0" => Some(Vec::new()),
        bits if bits.starts_with("0x") => names::tcp_flags(bits),
        name => names::flag(name).map(|flag| vec![flag]),
    };
    words
        .iter()
        .map(flags)
        .collect::<Option<Vec<_>>>()
        .map(|flags| flags.concat())
}

/// Any of these flags is set. In the first packet of a connection, that is `SYN` or none.
fn any_flag(flags: Vec<String>) -> Test {
    match &flags[..] {
        [_] => Test::TcpFlags {
            mask: flags.clone(),
            set: flags,
        },
        _ if flags.iter().any(|flag| flag == "SYN") => {
            let syn = vec!["SYN".to_owned()];
            Test::TcpFlags {
                mask: syn.clone(),
                set: syn,
            }
        }
        _ => Test::Never,
    }
}
