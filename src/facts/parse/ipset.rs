//! `ipset list` and `ipset save`: the members of the sets that rules of iptables name.
//!
//! `Name: f2b`, `Type: hash:ip`, ..., `Members:` and one member a line, down to an empty line; or `create f2b hash:ip ...` and
//! `add f2b 192.0.2.2`. A member has a part for each dimension of the type, separated by commas; options such as
//! `timeout` and `comment` follow. Source: ipset(8). Sets of sets, interfaces, marks and hardware addresses are not
//! decided.

use std::collections::BTreeMap;

use crate::facts::{Input, Parser, Sink};
use crate::filter::{IpSet, Member, Net, Part};

pub(super) const PARSER: Parser = Parser {
    name: "ipset",
    markers: &["hash:ip", "hash:net", "bitmap:ip", "bitmap:port"],
    path: |_| false,
    parse,
};

/// Members of one set beyond which its content counts as unknown.
const MAX_MEMBERS: usize = 100_000;

/// One that may fit anything.
fn unknown_member() -> Member {
    Member {
        parts: vec![Part::Other],
        exception: false,
    }
}

/// A set in the making.
struct Draft<'a> {
    kind: Vec<&'a str>,
    set: IpSet,
}

impl<'a> Draft<'a> {
    fn new(name: &str, kind: &'a str, line: u64) -> Self {
        let dimensions = kind
            .split_once(':')
            .map_or("", |(_, dimensions)| dimensions);
        Self {
            kind: dimensions.split(',').collect(),
            set: IpSet {
                name: name.to_owned(),
                members: Vec::new(),
                line,
            },
        }
    }

    fn add(&mut self, text: &str) {
        let (member, options) = text.split_once(' ').unwrap_or((text, ""));
        let values = member.split(',').map(Some).chain(std::iter::repeat(None));
        let parts = self
            .kind
            .iter()
            .zip(values)
            .map(|(kind, value)| part(kind, value));
        let exception = options.split(' ').any(|option| option == "nomatch");
        let member = Member {
            parts: parts.collect(),
            exception,
        };
        self.set.members.push(member);
    }

    /// The set, with something unknown in it if it has another number of members than its header says.
    fn finish_with(mut self, wanted: Option<usize>) -> IpSet {
        if wanted.is_some_and(|wanted| wanted != self.set.members.len()) {
            self.set.members.push(unknown_member());
        }
        self.finish()
    }

    /// The set, unless it is too large to be whole.
    fn finish(mut self) -> IpSet {
        if self.set.members.len() > MAX_MEMBERS {
            self.set.members = vec![unknown_member()];
        }
        self.set
    }
}

/// What follows the type in `ipset save`.
const OPTIONS: &[&str] = &[
    "family", "range", "size", "hashsize", "maxelem", "timeout", "comment", "counters",
];

fn parse(input: Input<'_>, sink: &mut Sink) {
    listed(input, sink);
    saved(input, sink);
}

/// `ipset list`.
fn listed(input: Input<'_>, sink: &mut Sink) {
    let (mut name, mut draft): (Option<(u64, &str)>, Option<Draft<'_>>) = (None, None);
    let mut in_members = false;
    let mut wanted = None;
    for (number, line) in input.lines() {
        if let Some(text) = line.strip_prefix("Name: ") {
            sink.sets(draft.take().map(|draft| draft.finish_with(wanted)));
            (name, in_members, wanted) = (Some((number, text.trim())), false, None);
        } else if let Some(text) = line.strip_prefix("Number of entries: ") {
            wanted = text.trim().parse().ok();
        } else if let (Some(kind), Some((number, name))) = (line.strip_prefix("Type: "), name) {
            draft = Some(Draft::new(name, kind.trim(), number));
        } else if line.trim() == "Members:" {
            in_members = draft.is_some();
        } else if in_members && line.trim().is_empty() {
            sink.sets(draft.take().map(|draft| draft.finish_with(wanted)));
            (name, in_members) = (None, false);
        } else if let (true, Some(draft)) = (in_members, &mut draft) {
            draft.add(line.trim());
        }
    }
    let last = draft.filter(|_| in_members);
    sink.sets(last.map(|draft| draft.finish_with(wanted)));
}

/// `ipset save`.
fn saved(input: Input<'_>, sink: &mut Sink) {
    let mut drafts: BTreeMap<&str, Draft<'_>> = BTreeMap::new();
    for (number, line) in input.lines() {
        let mut words = line.splitn(3, ' ');
        match (words.next(), words.next(), words.next()) {
            (Some("create"), Some(name), Some(rest)) => {
                let mut rest = rest.split(' ');
                let kind = rest.next().unwrap_or_default();
                let is_type = rest.next().is_none_or(|option| OPTIONS.contains(&option));
                if kind.contains(':') && is_type {
                    drafts.insert(name, Draft::new(name, kind, number));
                }
            }
            (Some("add"), Some(name), Some(member)) => {
                if let Some(draft) = drafts.get_mut(name) {
                    draft.add(member.trim());
                }
            }
            _ => {}
        }
    }
    sink.sets(drafts.into_values().map(Draft::finish));
}

fn part(kind: &str, value: Option<&str>) -> Part {
    let Some(value) = value else {
        return Part::Other;
    };
    match kind {
        "ip" | "net" => Net::parse(value).map_or(Part::Other, Part::Address),
        "port" => port(value),
        _ => Part::Other,
    }
}

/// `5432`, `5400-5402`, `tcp:5432`, `udp:53`.
fn port(value: &str) -> Part {
    let (protocol, range) = value.split_once(':').unwrap_or(("tcp", value));
    if protocol != "tcp" {
        return Part::OtherPort;
    }
    let (low, high) = range.split_once('-').unwrap_or((range, range));
    match (low.parse(), high.parse()) {
        (Ok(low), Ok(high)) => Part::Port(low, high),
        _ => Part::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sets(text: &str) -> Vec<IpSet> {
        PARSER.read("ipset.txt", text).sets
    }

    fn net(text: &str) -> Part {
        Part::Address(Net::parse(text).expect("a network"))
    }

    const LIST: &str = "$ ipset list
Name: friends
Type: hash:net
Revision: 7
Header: family inet hashsize 1024 maxelem 65536 timeout 300 comment bucketsize 12 initval 0x264c390d
Size in memory: 540
References: 1
Number of entries: 2
Members:
10.0.0.0/8 timeout 299 comment \"the office\"
10.1.0.0/16 nomatch

Name: services
Type: hash:ip,port
Header: family inet hashsize 1024 maxelem 65536
Members:
192.0.2.1,tcp:5432
192.0.2.1,udp:53

$ date
";

    #[test]
    fn listed_sets_have_their_members_with_exceptions() {
        let sets = sets(LIST);
        assert_eq!(sets.len(), 2);
        assert_eq!((&*sets[0].name, sets[0].line), ("friends", 2));
        let exceptions: Vec<bool> = sets[0]
            .members
            .iter()
            .map(|member| member.exception)
            .collect();
        assert_eq!(exceptions, [false, true]);
        assert_eq!(sets[0].members[0].parts, [net("10.0.0.0/8")]);
        assert_eq!(
            sets[1].members[0].parts,
            [net("192.0.2.1"), Part::Port(5432, 5432)]
        );
        assert_eq!(
            sets[1].members[1].parts,
            [net("192.0.2.1"), Part::OtherPort]
        );
    }

    #[test]
    fn saved_sets_are_the_same() {
        let saved = "create ports bitmap:port range 1-65535\nadd ports 5400\nadd ports 5401-5403\ncreate l list:set size 8\nadd l ports\nadd unknown 10.0.0.1\n";
        let sets = sets(saved);
        assert_eq!(sets[1].members[1].parts, [Part::Port(5401, 5403)]);
        assert_eq!(
            sets[0].members[0].parts,
            [Part::Other],
            "a set of sets is not decided"
        );
    }

    #[test]
    fn prose_and_cut_lists_give_nothing_that_is_not_there() {
        assert!(sets("create a hash:ip set, then add members\n").is_empty());
        assert!(sets("Name: x\nMembers:\n10.0.0.1\n").is_empty());
        assert!(sets("Name: x\nType: hash:ip\n").is_empty());
    }
}
