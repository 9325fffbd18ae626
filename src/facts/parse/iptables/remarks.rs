//! What `iptables -L` prints behind the columns: conditions of modules, comments, and options of the target.
//!
//! Each module has a form of its own (`tcp dpt:22`, `ctstate NEW`, `ADDRTYPE match dst-type LOCAL`), one after the
//! other with a space between, the target's last. What is not known stays in the rule as undecided.

use super::lexicon::{COMMENT, ODD_COMMENT, is_start, undecided, words};
use super::modules::{
    self, Side, direction_test, either_port, flags_test, packet_type, set_test, state_test,
};
use super::options::addresses;
use super::targets;
use crate::facts::parse::draft::{Draft, clip, destination, mark_test, port_test, reject};
use crate::facts::parse::names;
use crate::filter::{Action, RejectKind, Test};

/// Adds the conditions to a draft, and says what the rule does.
pub(super) fn read(draft: &mut Draft, target: &str, text: &str) -> Action {
    let words = words(text);
    let mut reader = Reader {
        words: &words,
        at: 0,
        target,
        action: None,
        is_goto: false,
        unread: Vec::new(),
    };
    while let Some(word) = reader.next() {
        reader.one(draft, word);
    }
    reader.leave(draft);
    match reader.action {
        _ if reader.is_goto => Action::Goto(target.to_owned()),
        Some(action) => action,
        None => match target {
            "REJECT" => Action::Reject(RejectKind::PortUnreachable),
            "MARK" => Action::Unknown("it changes the mark".to_owned()),
            "DNAT" => Action::Unknown("another destination".to_owned()),
            "REDIRECT" => Action::Dnat(None, None),
            name => targets::plain(name),
        },
    }
}

struct Reader<'a> {
    words: &'a [&'a str],
    at: usize,
    target: &'a str,
    action: Option<Action>,
    is_goto: bool,
    /// Words that are not understood.
    unread: Vec<&'a str>,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Option<&'a str> {
        let word = self.words.get(self.at).copied();
        self.at += 1;
        word
    }

    fn value(&mut self) -> &'a str {
        self.next().unwrap_or_default()
    }

    fn peek(&self) -> &'a str {
        self.words.get(self.at).copied().unwrap_or_default()
    }

    fn eat(&mut self, word: &str) -> bool {
        let found = self.peek() == word;
        self.at += usize::from(found);
        found
    }

    /// Adds what is not understood as one condition.
    fn leave(&mut self, draft: &mut Draft) {
        let unread = std::mem::take(&mut self.unread);
        // What a target prints that does nothing to the packet does not matter.
        if !unread.is_empty() && targets::plain(self.target) != Action::Continue {
            draft.unknown(clip(&unread.join(" ")));
        }
    }

    /// Passes over the values of what cannot be decided.
    fn skip(&mut self) {
        while self.at < self.words.len() && !is_start(self.peek()) {
            self.at += 1;
        }
    }

    fn one(&mut self, draft: &mut Draft, word: &'a str) {
        let (word, negated) = if word == "!" && is_start(self.peek()) {
            (self.value(), true)
        } else {
            (word, false)
        };
        if is_start(word) {
            self.leave(draft);
        }
        if !(self.condition(draft, word, negated)
            || self.address_condition(draft, word)
            || self.option(word))
        {
            match undecided(word, self.peek()) {
                Some(reason) => {
                    self.skip();
                    draft.unknown(reason);
                }
                None => self.unread.push(word),
            }
        }
    }

    /// A condition on protocol, port, state, mark; whether it is one.
    fn condition(&mut self, draft: &mut Draft, word: &'a str, negated: bool) -> bool {
        if let Some((kind @ ("dpt" | "dpts" | "spt" | "spts" | "flags"), value)) =
            word.split_once(':')
        {
            ports_or_flags(draft, kind, value);
            return true;
        }
        match word {
            ODD_COMMENT => draft.unknown("a comment whose end cannot be told"),
            COMMENT | "tcp" | "udp" | "udplite" | "sctp" | "dccp" => {}
            "icmp" | "icmptype" | "ipv6-icmp" | "ipv6-icmptype" | "icmp6" | "icmpv6" => {
                self.skip();
                draft.need(Test::Never);
            }
            "multiport" => self.multiport(draft),
            "state" | "ctstate" => draft.add(state_test(self.value()), negated),
            "ctdir" => draft.add(direction_test(self.value()), negated),
            "mark" | "MARK" if self.eat("match") => {
                let negated = self.eat("!");
                draft.add(mark_test(self.value()), negated);
            }
            "match-set" => {
                let (name, ends) = (self.value(), self.value());
                draft.add(set_test(name, ends), negated);
                self.skip();
            }
            "PKTTYPE" => {
                let negated = self.value() == "!=";
                draft.add(packet_type(self.value()), negated);
            }
            "rpfilter" => self.reverse_path(draft),
            "nfacct-name" => self.at += 1,
            _ => return false,
        }
        true
    }

    fn multiport(&mut self, draft: &mut Draft) {
        let kind = self.value();
        let value = self.value();
        let (value, negated) = if value == "!" {
            (self.value(), true)
        } else {
            super::row::negated(value)
        };
        match kind {
            "dports" => draft.add(port_test(value, ':', Test::DestinationPort), negated),
            "sports" => draft.add(port_test(value, ':', Test::SourcePort), negated),
            "ports" => either_port(draft, value, negated),
            other => draft.unknown(format!("multiport {other}")),
        }
    }

    /// `rpfilter`: an ordinary packet comes in where an answer to it would go out.
    fn reverse_path(&mut self, draft: &mut Draft) {
        while matches!(
            self.peek(),
            "loose" | "validmark" | "accept-local" | "invert"
        ) {
            if self.value() == "invert" {
                draft.need(Test::Never);
            }
        }
    }

    /// `ADDRTYPE match ...`, `source IP range ...`; whether it is one.
    fn address_condition(&mut self, draft: &mut Draft, word: &str) -> bool {
        match (word, self.peek()) {
            ("ADDRTYPE", "match") => {
                self.at += 1;
                self.address_types(draft);
            }
            ("source" | "destination", "IP") => {
                let is_range = self.value() == "IP" && self.eat("range");
                let negated = self.eat("!");
                let test = if word == "source" {
                    Test::Source
                } else {
                    Test::Destination
                };
                if is_range {
                    addresses(draft, self.value(), negated, test);
                } else {
                    draft.unknown(format!("{word} IP"));
                }
            }
            _ => return false,
        }
        true
    }

    fn address_types(&mut self, draft: &mut Draft) {
        let mut types = Vec::new();
        let mut of_interface = false;
        loop {
            match self.peek() {
                kind @ ("src-type" | "dst-type") => {
                    self.at += 1;
                    let (list, negated) = super::row::negated(self.value());
                    let side = if kind == "src-type" {
                        Side::Source
                    } else {
                        Side::Destination
                    };
                    types.push((side, list, negated));
                }
                "limit-in" | "limit-out" => {
                    self.at += 1;
                    of_interface = true;
                }
                _ => break,
            }
        }
        for (side, list, negated) in types {
            draft.add_all(modules::address_types(side, list, negated, of_interface));
        }
    }

    /// Whether the target is a chain.
    fn is_jump(&self) -> bool {
        matches!(targets::plain(self.target), Action::Jump(_))
    }

    /// An option of the target; whether it is one.
    fn option(&mut self, word: &str) -> bool {
        match (self.target, word) {
            (_, "[goto]") => self.is_goto = true,
            ("REJECT", "reject-with") => self.action = Some(reject(self.value())),
            ("MARK", "MARK") => {
                let change = match self.value() {
                    "xset" => "set-xmark".to_owned(),
                    other => format!("{other}-mark"),
                };
                self.action = targets::mark_by(&change, self.value());
            }
            ("DNAT", _) if word.starts_with("to:") => {
                // An old version may name several.
                let several = || Action::Unknown("another destination, one of several".to_owned());
                let first = destination(word.get(3..).unwrap_or_default());
                self.action = Some(self.action.take().map_or(first, |_| several()));
            }
            ("REDIRECT", "redir") => {
                self.eat("ports");
                self.action = Some(targets::redirect(self.value()));
            }
            ("CT", "NOTRACK") => self.action = Some(targets::untracked()),
            ("CT", "CT") if self.peek() == "notrack" => {
                self.at += 1;
                self.action = Some(targets::untracked());
            }
            (
                "DNAT" | "REDIRECT" | "MASQUERADE" | "SNAT",
                "random" | "random-fully" | "persistent",
            ) => {}
            ("MASQUERADE" | "SNAT" | "SAME" | "NETMAP", _) if word.starts_with("to:") => {}
            ("MASQUERADE", "masq" | "ports:") => self.skip(),
            // The target's own words come last; these targets do the same whatever they say.
            (target, _) if word == target && !self.is_jump() => self.at = self.words.len(),
            _ => return false,
        }
        true
    }
}

/// `dpt:22`, `dpts:!0:99`, `flags:0x17/0x02`.
fn ports_or_flags(draft: &mut Draft, kind: &str, value: &str) {
    let (value, negated) = super::row::negated(value);
    match kind {
        "flags" => {
            let (mask, set) = value.split_once('/').unwrap_or((value, ""));
            draft.add(
                flags_test(names::tcp_flags(mask), names::tcp_flags(set)),
                negated,
            );
        }
        "dpt" | "dpts" => draft.add(port_test(value, ':', Test::DestinationPort), negated),
        _ => draft.add(port_test(value, ':', Test::SourcePort), negated),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::parse::draft::nets;
    use crate::filter::Match;

    fn read_all(target: &str, text: &str) -> (Vec<Match>, Action) {
        let mut draft = Draft::new((1, text));
        let action = read(&mut draft, target, text);
        draft.emit(&action);
        let mut rules = draft.finish();
        (rules.remove(0).matches, action)
    }

    fn conditions(text: &str) -> Vec<Match> {
        read_all("ACCEPT", text).0
    }

    fn unknown(reason: &str) -> Match {
        Test::Unknown(reason.to_owned()).into()
    }

    fn not(test: Test) -> Match {
        Match {
            negated: true,
            test,
        }
    }

    #[test]
    fn ports_states_and_flags_are_read() {
        let port = |first, last| Match::from(Test::DestinationPort(vec![(first, last)]));
        assert_eq!(conditions("tcp dpt:5432"), [port(5432, 5432)]);
        assert_eq!(conditions("tcp dpts:1000:2000"), [port(1000, 2000)]);
        assert_eq!(conditions("tcp dpt:ssh"), [port(22, 22)]);
        assert_eq!(
            conditions("tcp spt:80 dpts:!0:99"),
            [
                Test::SourcePort(vec![(80, 80)]).into(),
                not(Test::DestinationPort(vec![(0, 99)]))
            ]
        );
        let new = Test::State(vec!["NEW".to_owned()]);
        assert_eq!(
            conditions("state NEW tcp dpt:22"),
            [new.clone().into(), port(22, 22)]
        );
        assert_eq!(conditions("! ctstate NEW"), [not(new)]);
        let flags = |negated| Match {
            negated,
            test: flags_test(names::tcp_flags("0x17"), names::tcp_flags("SYN")),
        };
        assert_eq!(conditions("tcp flags:0x17/0x02"), [flags(false)]);
        assert_eq!(conditions("tcp flags:!FIN,SYN,RST,ACK/SYN"), [flags(true)]);
        assert_eq!(
            conditions("multiport dports  !80,http,8000:8010"),
            [not(Test::DestinationPort(vec![
                (80, 80),
                (80, 80),
                (8000, 8010)
            ]))]
        );
    }

    #[test]
    fn comments_may_contain_anything() {
        assert_eq!(conditions("/* tcp dpt:22 state NEW */ /* second */"), []);
        assert_eq!(conditions("/* a */ tcp dpt:22 /* b */").len(), 1);
        let odd = unknown("a comment whose end cannot be told");
        for text in [
            r#"/* it is "quoted" -j DROP */ x */"#,
            "/* a */ tcp dpt:22 */",
            "/* a /* b */",
            "/* never closed",
        ] {
            assert_eq!(conditions(text), std::slice::from_ref(&odd), "{text}");
        }
        assert_eq!(
            read_all("REJECT", "/* a */ b */ reject-with tcp-reset").1,
            Action::Reject(RejectKind::TcpReset)
        );
    }

    #[test]
    fn addresses_marks_and_types_are_read() {
        assert_eq!(
            conditions("ADDRTYPE match src-type LOCAL dst-type !LOCAL"),
            [
                Test::SourceLocal(true).into(),
                Test::DestinationLocal(false).into()
            ]
        );
        let range = nets("192.0.2.5-192.0.2.9").expect("a range");
        assert_eq!(
            conditions("destination IP range ! 192.0.2.5-192.0.2.9"),
            [not(Test::Destination(range))]
        );
        assert_eq!(
            conditions("mark match ! 0x4000/0x4000"),
            [not(Test::Mark {
                value: 0x4000,
                mask: 0x4000
            })]
        );
        assert_eq!(conditions("PKTTYPE != unicast"), [Test::Never.into()]);
        assert_eq!(
            conditions("rpfilter validmark invert"),
            [Test::Never.into()]
        );
        assert_eq!(conditions("ctstate INVALID nfacct-name  drops").len(), 1);
        assert_eq!(conditions("icmp !type 8"), [Test::Never.into()]);
    }

    #[test]
    fn what_cannot_be_decided_says_why_and_hides_nothing_behind_it() {
        let set = conditions("match-set f2b-sshd src tcp dpt:22");
        assert_eq!(
            set,
            [
                set_test("f2b-sshd", "src").into(),
                Test::DestinationPort(vec![(22, 22)]).into()
            ]
        );
        assert_eq!(
            conditions("! match-set f2b-sshd src"),
            [Match {
                negated: true,
                test: set_test("f2b-sshd", "src")
            }]
        );
        assert_eq!(
            conditions("limit: avg 5/min burst 5"),
            [unknown("a rate limit")]
        );
        assert_eq!(
            conditions(
                "recent: UPDATE seconds: 60 hit_count: 4 name: SSH side: source mask: 255.255.255.255"
            ),
            [unknown("the match `recent`")]
        );
        assert_eq!(
            conditions("STRING match  \"tcp dpt:22\" ALGO name bm"),
            [unknown("the match `string`")]
        );
        assert_eq!(conditions("DSCP match 0x01"), [unknown("DSCP match 0x01")]);
        assert_eq!(
            conditions("some thing new tcp dpt:22")[0],
            unknown("some thing new")
        );
        assert_eq!(
            conditions("owner UID match 0"),
            [unknown("the user who sends")]
        );
    }

    #[test]
    fn options_of_targets_are_read() {
        let action = |target, text| read_all(target, text).1;
        assert_eq!(
            action("REJECT", "reject-with icmp-host-prohibited"),
            Action::Reject(RejectKind::HostProhibited)
        );
        assert_eq!(
            action("DNAT", "tcp dpt:80 to:10.0.0.2:8080"),
            Action::Dnat("10.0.0.2".parse().ok(), Some(8080))
        );
        assert_eq!(action("DNAT", "to::8080"), Action::Dnat(None, Some(8080)));
        assert_eq!(
            action("REDIRECT", "tcp dpt:85 redir ports 8080"),
            Action::Dnat(None, Some(8080))
        );
        assert_eq!(
            action("MARK", "MARK xset 0x1/0xff"),
            Action::SetMark {
                value: 1,
                mask: 0xff
            }
        );
        assert_eq!(
            action("MARK", "MARK and 0xffe4ffff"),
            Action::SetMark {
                value: 0,
                mask: 0x001b_0000
            }
        );
        assert_eq!(
            action("web", "[goto]  /* x */"),
            Action::Goto("web".to_owned())
        );
        assert_eq!(
            read_all("SNAT", "to:192.0.2.7 random"),
            (vec![], Action::Accept)
        );
        assert_eq!(
            read_all("LOG", "LOG flags 0 level 4 prefix \"tcp dpt:22 \""),
            (vec![], Action::Continue)
        );
        assert_eq!(
            read_all("NFLOG", "nflog-prefix \"a b\" nflog-group 2"),
            (vec![], Action::Continue)
        );
        assert_eq!(action("CT", "tcp dpt:81 CT zone 1"), Action::Continue);
        for text in ["tcp dpt:80 NOTRACK", "tcp dpt:81 CT notrack"] {
            assert!(matches!(action("CT", text), Action::Unknown(_)), "{text}");
        }
        assert!(matches!(
            action("NFQUEUE", "NFQUEUE num 3"),
            Action::Unknown(_)
        ));
        assert!(matches!(
            action("DNAT", "to:10.0.0.2-10.0.0.9"),
            Action::Unknown(_)
        ));
        assert!(matches!(action("MARK", ""), Action::Unknown(_)));
    }
}
