//! The words of remarks, and which of them begin what a module or a target prints.

use super::modules;

/// Stands for a comment among the words.
pub(super) const COMMENT: &str = "/**/";

/// Stands for a comment whose end cannot be told.
pub(super) const ODD_COMMENT: &str = "/*?*/";

/// The words, each comment and each quoted string as one.
pub(super) fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (word, after) = if let Some(inside) = rest.strip_prefix("/* ") {
            comment(inside)
        } else if let Some(inside) = rest.strip_prefix('"') {
            rest.split_at(inside.find('"').map_or(rest.len(), |end| end + 2))
        } else {
            rest.split_at(rest.find(char::is_whitespace).unwrap_or(rest.len()))
        };
        words.push(word);
        rest = after.trim_start();
    }
    words
}

/// A comment by its inside and what follows it, and what follows it. A comment may have `*/` in itself: where
/// there is another end before the next comment begins, what stands between may be of the comment or not.
fn comment(inside: &str) -> (&'static str, &str) {
    const END: &str = "*/";
    let own = &inside[..inside.find("/* ").unwrap_or(inside.len())];
    match (own.find(END), own.rfind(END)) {
        (Some(first), Some(last)) => {
            let kind = if first == last { COMMENT } else { ODD_COMMENT };
            (kind, &inside[last + END.len()..])
        }
        // The beginning of a comment within this one.
        _ => match inside.find(END) {
            Some(end) => (ODD_COMMENT, &inside[end + END.len()..]),
            None => (ODD_COMMENT, ""),
        },
    }
}

/// Words that begin what a module or a target prints, beside those of what is not decided.
const STARTS: &[&str] = &[
    COMMENT,
    ODD_COMMENT,
    "/*",
    "tcp",
    "udp",
    "udplite",
    "sctp",
    "dccp",
    "icmp",
    "icmptype",
    "ipv6-icmp",
    "ipv6-icmptype",
    "icmp6",
    "icmpv6",
    "multiport",
    "state",
    "ctstate",
    "ctdir",
    "mark",
    "MARK",
    "match-set",
    "PKTTYPE",
    "rpfilter",
    "nfacct-name",
    "ADDRTYPE",
    "reject-with",
    "redir",
    "LOG",
    "ULOG",
    "NFQUEUE",
    "CONNMARK",
    "CT",
    "TCPMSS",
    "!",
];

/// Whether a word begins what a module or a target prints.
pub(super) fn is_start(word: &str) -> bool {
    let prefixed = ["dpt:", "dpts:", "spt:", "spts:", "flags:", "to:"]
        .iter()
        .any(|start| word.starts_with(start));
    prefixed || STARTS.contains(&word) || undecided(word, "").is_some()
}

/// Why what begins with this word cannot be decided; `next` is the word behind it.
pub(super) fn undecided(word: &str, next: &str) -> Option<String> {
    let module = match word {
        "limit:" => "limit",
        "recent:" => "recent",
        "statistic" => "statistic",
        "#conn" => "connlimit",
        "owner" => "owner",
        "connmark" => "connmark",
        "PHYSDEV" => "physdev",
        "MAC" => "mac",
        "TIME" => "time",
        "STRING" => "string",
        "u32" => "u32",
        "length" => "length",
        "tcpmss" => "tcpmss",
        "quota:" => "quota",
        "connbytes" => "connbytes",
        "helper" if matches!(next, "" | "match") => "helper",
        "policy" if matches!(next, "" | "match") => "policy",
        "socket" => "socket",
        "ctorigsrc" | "ctorigdst" | "ctreplsrc" | "ctrepldst" | "ctorigsrcport"
        | "ctorigdstport" | "ctreplsrcport" | "ctrepldstport" | "ctproto" | "ctstatus"
        | "ctexpire" => return Some(format!("what conntrack knows (`{word}`)")),
        _ => return None,
    };
    modules::undecided(module)
}
