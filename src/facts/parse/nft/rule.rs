//! Rules: conditions and statements, in the order in which the kernel takes them.

use super::condition::{Context, case, condition, none_of, selectors};
use super::select::Selector;
use super::token::{Cursor, Token, joined, tokens};
use super::value::{Element, elements};
use super::verdict;
use crate::facts::parse::draft::{Draft, Line, clip};
use crate::facts::parse::iptables::{missing_set, plain, undecided};
use crate::filter::{Action, Rule};

/// The rules that a line stands for.
pub(super) fn rules(line: Line<'_>, text: &str, context: &Context<'_>) -> Vec<Rule> {
    let mut draft = Draft::new(line);
    if hides_conditions(text, context) {
        draft.unknown("nft does not show a condition that iptables has set");
    }
    let tokens = tokens(without_handle(text));
    let mut reader = Reader {
        draft,
        cursor: Cursor::new(&tokens),
        context,
        is_decided: false,
    };
    while !reader.cursor.is_at_end() && !reader.is_decided {
        reader.one();
    }
    if reader.draft.emitted() == 0 {
        reader.draft.emit(&Action::Continue);
    }
    reader.draft.finish()
}

/// The text without ` # handle 12`, which `nft -a` appends.
pub(super) fn without_handle(text: &str) -> &str {
    match text.rsplit_once(" # handle ") {
        Some((before, handle)) if handle.trim().bytes().all(|byte| byte.is_ascii_digit()) => before,
        _ => text,
    }
}

/// Whether a condition of iptables has left nothing but spaces. Most often that is a comment, but up to nft 1.0.5 it
/// may be whatever nft failed to translate, such as a choice at random.
fn hides_conditions(text: &str, context: &Context<'_>) -> bool {
    let text = text.trim_start_matches('\t').trim_end();
    let outside = || text.split('"').step_by(2);
    let gap = |part: &str| part.replace("nfacct-name  ", "nfacct-name ").contains("  ");
    context.is_iptables && !context.shows_all && (text.starts_with(' ') || outside().any(gap))
}

/// Words that begin a statement, and so end one that is not understood.
fn is_statement(word: &str) -> bool {
    const STATEMENTS: &[&str] = &[
        "counter",
        "accept",
        "drop",
        "continue",
        "return",
        "jump",
        "goto",
        "reject",
        "log",
        "limit",
        "comment",
        "queue",
        "masquerade",
        "snat",
        "dnat",
        "redirect",
        "notrack",
        "meta",
        "ct",
        "ip",
        "ip6",
        "tcp",
        "udp",
        "th",
        "fib",
        "xt",
        "#",
        "iifname",
        "oifname",
        "iif",
        "oif",
    ];
    STATEMENTS.contains(&word)
}

struct Reader<'t, 'a, 'c> {
    draft: Draft,
    cursor: Cursor<'t, 'a>,
    context: &'c Context<'c>,
    /// Whether a verdict has been read.
    is_decided: bool,
}

impl Reader<'_, '_, '_> {
    fn one(&mut self) {
        let implied = verdict::implied(self.cursor);
        if let Some(action) = verdict::read(&mut self.cursor) {
            self.draft.add_all(implied.map(|test| (test, false)));
            self.draft.emit(&action);
            self.is_decided = true;
        } else if !self.statement() && !self.expression() {
            self.not_understood();
        }
    }

    /// What is not understood up to a verdict makes the rule undecided.
    fn not_understood(&mut self) {
        let first = self.cursor.word();
        let ends = |word: &str| {
            is_statement(word)
                && !matches!(word, "meta" | "ct" | "ip" | "ip6" | "tcp" | "udp" | "th")
        };
        let rest = joined(self.cursor.take_until(ends));
        self.draft.unknown(format!(
            "`{}` is not understood",
            clip(format!("{first} {rest}").trim())
        ));
    }

    /// A statement that is no verdict; whether there is one.
    fn statement(&mut self) -> bool {
        match self.cursor.peek(0) {
            "counter" => self.counter(),
            "log" => self.log(),
            "comment" => self.skip(2),
            "continue" => self.skip(1),
            "limit" | "quota" => self.limit(),
            "add" | "update" | "delete" | "set" | "meter" => self.dynamic(),
            "dup" | "flow" | "reset" => {
                self.skip(1);
                self.cursor.take_until(is_statement);
            }
            "last" => {
                self.cursor.take_until(is_statement);
            }
            "#" => self.untranslated(),
            "xt" => self.named_extension(),
            _ => return false,
        }
        true
    }

    fn skip(&mut self, count: usize) {
        for _ in 0..count {
            self.cursor.next();
        }
    }

    /// `counter packets 5 bytes 300`, `counter name "x"`.
    fn counter(&mut self) {
        self.cursor.next();
        if self.cursor.eat("name") {
            self.cursor.next();
        } else if self.cursor.eat("packets") {
            self.draft.packets = self.cursor.word().parse().ok();
            if self.cursor.eat("bytes") {
                self.cursor.next();
            }
        }
    }

    /// `log prefix "x" level warn flags all group 2`.
    fn log(&mut self) {
        self.cursor.next();
        while matches!(
            self.cursor.peek(0),
            "prefix" | "level" | "group" | "snaplen" | "queue-threshold" | "flags"
        ) {
            let is_flags = self.cursor.word() == "flags";
            let is_header = is_flags && matches!(self.cursor.word(), "tcp" | "ip");
            if is_header || !is_flags {
                self.cursor.next();
            }
            while self.cursor.eat(",") {
                self.cursor.next();
            }
        }
    }

    /// `limit rate over 10/second burst 5 packets`.
    fn limit(&mut self) {
        self.cursor.next();
        let is_end = |word: &str| is_statement(word) || matches!(word, "add" | "update" | "delete");
        self.cursor.take_until(is_end);
        self.draft.unknown("a rate limit");
    }

    /// `add @seen { ip saddr timeout 1m limit rate over 10/minute }`, `meter x { ... }`.
    fn dynamic(&mut self) {
        self.skip(1);
        self.cursor
            .take_until(|word| word == "{" || is_statement(word));
        let inside = self.cursor.braces();
        if inside
            .iter()
            .any(|token| matches!(token.text, "limit" | "quota" | "count" | "over"))
        {
            self.draft.unknown("a rate limit");
        }
    }

    /// `# match-set x src`, `# xt_tcp`: what old versions print of an extension of iptables.
    fn untranslated(&mut self) {
        self.skip(1);
        self.cursor.eat("!");
        let first = self.cursor.word();
        let rest = joined(self.cursor.take_until(is_statement));
        let name = first.strip_prefix("xt_").unwrap_or(first);
        match name {
            "match-set" => {
                self.draft
                    .unknown(missing_set(rest.split(' ').next().unwrap_or_default()));
            }
            "nfacct-name" | "comment" => {}
            _ if self.draft.packets.is_some() => self.extension_target(name),
            _ => self.draft.unknown(format!(
                "`{}` of iptables",
                clip(format!("{name} {rest}").trim())
            )),
        }
    }

    /// `xt match "recent"`, `xt target "TPROXY"`: what newer versions print of one.
    fn named_extension(&mut self) {
        self.skip(1);
        let kind = self.cursor.word();
        let name = self.cursor.word();
        match (kind, name) {
            ("match", "comment" | "nfacct") => {}
            ("match", _) => {
                let reason = undecided(name).unwrap_or_else(|| format!("the match `{name}`"));
                self.draft.unknown(reason);
            }
            _ => self.extension_target(name),
        }
    }

    /// A target without its options.
    fn extension_target(&mut self, name: &str) {
        match plain(name) {
            Action::Continue => {}
            Action::Jump(_) => {
                self.draft
                    .emit(&Action::Unknown(format!("the target `{}`", clip(name))));
                self.is_decided = true;
            }
            action => {
                self.draft.emit(&action);
                self.is_decided = true;
            }
        }
    }

    /// A condition, a verdict map, or a change of the packet; whether there is one.
    fn expression(&mut self) -> bool {
        let rollback = self.cursor;
        let Some(selectors) = selectors(&mut self.cursor) else {
            self.cursor = rollback;
            return false;
        };
        if self.cursor.eat("vmap") {
            self.map(&selectors);
        } else if self.cursor.eat("set") {
            self.change(&selectors);
        } else {
            condition(&mut self.draft, &mut self.cursor, &selectors, self.context);
        }
        true
    }

    /// `meta mark set 0x1`, `ct mark set mark`, `ip daddr set 10.0.0.1`.
    fn change(&mut self, selectors: &[Selector]) {
        let action = match selectors {
            // The mark of a connection is that of its packets, for a new one the same as none.
            [Selector::Mark] if self.cursor.peek(0) == "ct" => Action::Continue,
            [Selector::Mark] => verdict::mark(&mut self.cursor),
            [
                Selector::Source(_)
                | Selector::Destination(_)
                | Selector::SourcePort(_)
                | Selector::DestinationPort(_),
            ] => Action::Unknown("it rewrites the packet".to_owned()),
            _ => Action::Continue,
        };
        self.is_decided = matches!(action, Action::Unknown(_));
        if action != Action::Continue {
            self.draft.emit(&action);
            self.draft.doubt_mark();
        }
        if !matches!(action, Action::SetMark { .. }) {
            // The value may begin with a word that begins statements: `ct mark set meta mark`.
            if matches!(self.cursor.word(), "meta" | "ct") {
                self.cursor.word();
            }
            self.cursor.take_until(is_statement);
        }
    }

    /// `tcp dport vmap { 22 : accept, 80 : jump web }`, `vmap @services`: a rule for each element.
    fn map(&mut self, selectors: &[Selector]) {
        let context = self.context;
        let inside;
        let name = self.cursor.peek(0).strip_prefix('@');
        let found = if let Some(name) = name {
            self.cursor.next();
            context.sets.cases(name)
        } else {
            inside = elements(self.cursor.braces());
            let too_many = || "too many cases".to_owned();
            context
                .sets
                .allows(inside.len())
                .then_some(&inside[..])
                .ok_or_else(too_many)
        };
        match found {
            Ok(elements) => self.elements(selectors, elements),
            Err(reason) => self.draft.emit(&Action::Unknown(reason)),
        }
        self.is_decided = true;
    }

    fn elements(&mut self, selectors: &[Selector], elements: &[Element<'_>]) {
        for element in elements.iter().filter(|element| !is_rest(element)) {
            let case = case(selectors, &element.key, self.context);
            self.draft.emit_case(case, &data(&element.data));
        }
        if let Some(rest) = elements.iter().find(|element| is_rest(element)) {
            let keys = elements
                .iter()
                .filter(|element| !is_rest(element))
                .map(|element| &element.key[..]);
            let case = none_of(selectors, &keys.collect::<Vec<_>>(), self.context);
            self.draft.emit_case(case, &data(&rest.data));
        }
        if elements.is_empty() {
            self.draft.emit(&Action::Continue);
        }
    }
}

/// Whether an element is what holds where no other fits.
fn is_rest(element: &Element<'_>) -> bool {
    element.key == ["*"]
}

/// The verdict of an element.
fn data(tokens: &[Token<'_>]) -> Action {
    verdict::read(&mut Cursor::new(tokens)).unwrap_or_else(|| match tokens.first() {
        Some(token) if token.text == "continue" => Action::Continue,
        _ => Action::Unknown(format!("`{}`", clip(&joined(tokens)))),
    })
}

#[cfg(test)]
mod tests {
    use super::super::value::Sets;
    use super::*;
    use crate::filter::{Family, Match, RejectKind, Test};

    fn read_in(context: &Context<'_>, text: &str) -> Vec<Rule> {
        rules((1, text), text, context)
    }

    fn context(is_iptables: bool, shows_all: bool) -> Context<'static> {
        let family = if is_iptables { Family::V4 } else { Family::Any };
        Context {
            family,
            sets: Sets::default(),
            is_iptables,
            shows_all,
        }
    }

    fn read(text: &str) -> Vec<Rule> {
        read_in(&context(false, true), text)
    }

    fn actions(text: &str) -> Vec<Action> {
        read(text).into_iter().map(|rule| rule.action).collect()
    }

    fn jump(name: &str) -> Action {
        Action::Jump(name.to_owned())
    }

    fn unknown(reason: &str) -> Match {
        Test::Unknown(reason.to_owned()).into()
    }

    fn port(port: u16) -> Match {
        Test::DestinationPort(vec![(port, port)]).into()
    }

    #[test]
    fn statements_that_decide_nothing_are_passed() {
        for text in [
            "counter packets 5 bytes 300 accept comment \"drop # handle 9\" # handle 12",
            "counter name \"web\" accept",
            "log prefix \"drop { \" level warn flags all counter packets 5 bytes 300 accept",
            "log prefix \"x\" flags tcp sequence,options flags ip options group 2 snaplen 100 accept",
            "ct mark set meta mark accept",
            "meta priority set 1:1 meta nftrace set 1 accept",
            "tcp option maxseg size set rt mtu accept",
            "add @seen { ip saddr timeout 1m } counter accept",
            "dup to 192.0.2.1 accept",
        ] {
            let rules = read(text);
            assert_eq!(
                (rules.len(), &rules[0].action, &*rules[0].matches),
                (1, &Action::Accept, &[][..]),
                "{text}"
            );
        }
        assert_eq!(read("counter packets 5 bytes 300")[0].packets, Some(5));
        assert_eq!(actions("counter packets 5 bytes 300"), [Action::Continue]);
    }

    #[test]
    fn limits_are_undecided() {
        for text in [
            "limit rate 10/second burst 5 packets accept",
            "limit rate over 1 mbytes/second accept",
            "quota over 100 mbytes accept",
            "update @seen { ip saddr limit rate over 5/minute } accept",
        ] {
            let rules = read(text);
            assert_eq!(
                (&*rules[0].matches, &rules[0].action),
                (&[unknown("a rate limit")][..], &Action::Accept),
                "{text}"
            );
        }
    }

    #[test]
    fn rejections_imply_what_they_are_for() {
        let rules = read("reject with icmp host-prohibited");
        assert_eq!(rules[0].matches, [Test::Family(Family::V4).into()]);
        assert_eq!(rules[0].action, Action::Reject(RejectKind::HostProhibited));
        assert_eq!(read("reject with icmpx admin-prohibited")[0].matches, []);
        assert_eq!(
            read("dnat ip6 to 2001:db8::1")[0].matches,
            [Test::Family(Family::V6).into()]
        );
    }

    #[test]
    fn a_verdict_map_is_a_rule_for_each_element() {
        let rules = read("tcp dport vmap { 22 : accept, 80-90 : jump web, * : drop }");
        let found: Vec<_> = rules
            .iter()
            .map(|rule| (rule.matches[1].clone(), rule.action.clone()))
            .collect();
        let others = Match {
            negated: true,
            test: Test::DestinationPort(vec![(22, 22), (80, 90)]),
        };
        let web = Test::DestinationPort(vec![(80, 90)]).into();
        assert_eq!(
            found,
            [
                (port(22), Action::Accept),
                (web, jump("web")),
                (others, Action::Drop)
            ]
        );
        let rules =
            read("iifname . tcp dport vmap { \"lo\" . 22 : accept, \"eth0\" . 80 : goto web }");
        assert_eq!(
            rules[1].matches[0],
            Test::InInterface(vec!["eth0".to_owned()]).into()
        );
        assert_eq!(
            (&rules[1].matches[2], &rules[1].action),
            (&port(80), &Action::Goto("web".to_owned()))
        );
        assert_eq!(
            actions("ct state vmap { invalid : drop, established : accept }"),
            [Action::Drop, Action::Accept]
        );
    }

    #[test]
    fn named_sets_and_maps_are_looked_up() {
        let blocks = [
            ("ports", "type inet_service elements = { 22, 80 } "),
            (
                "verdicts",
                "type inet_proto . inet_service : verdict elements = { tcp . 5432 : drop } ",
            ),
            ("dynamic", "type ipv4_addr flags dynamic,timeout "),
        ];
        let blocks = blocks.map(|(name, text)| (name.to_owned(), text.to_owned()));
        let context = Context {
            sets: Sets::of(&blocks, true),
            ..context(false, true)
        };
        let rules = read_in(&context, "tcp dport @ports accept");
        assert_eq!(
            rules[0].matches[1],
            Test::DestinationPort(vec![(22, 22), (80, 80)]).into()
        );
        let rules = read_in(&context, "meta l4proto . th dport vmap @verdicts");
        assert_eq!(
            (&rules[0].matches[1], &rules[0].action),
            (&port(5432), &Action::Drop)
        );
        for (text, reason) in [
            (
                "ip saddr @dynamic drop",
                "the elements of the set `dynamic` are not listed",
            ),
            ("ip saddr @nothing drop", "the set `nothing` is not listed"),
        ] {
            assert_eq!(
                read_in(&context, text)[0].matches,
                [unknown(reason)],
                "{text}"
            );
        }
        let rules = read_in(&context, "tcp dport vmap @nothing");
        assert!(matches!(rules[0].action, Action::Unknown(_)));
    }

    #[test]
    fn choices_at_random_are_undecided_unless_there_is_none() {
        let rules = read("numgen random mod 2 vmap { 0 : goto a, 1 : goto b }");
        assert_eq!(rules[1].matches, [unknown("a choice at random")]);
        assert_eq!(
            read("numgen random mod 1 vmap { 0 : goto a }")[0].matches,
            []
        );
    }

    #[test]
    fn a_mark_is_set_before_the_verdict() {
        let set = Action::SetMark {
            value: 0x10,
            mask: 0x10,
        };
        assert_eq!(
            actions("meta mark set meta mark | 0x10 accept"),
            [set.clone(), Action::Accept]
        );
        let rules = read("meta mark 0x1 meta mark set mark or 0x10 jump web");
        assert_eq!((&rules[0].action, &rules[1].action), (&set, &jump("web")));
        assert!(matches!(rules[0].matches[0].test, Test::Mark { .. }));
        assert!(matches!(rules[1].matches[0].test, Test::Unknown(_)));
        assert!(matches!(
            actions("ip daddr set 10.0.0.1")[..],
            [Action::Unknown(_)]
        ));
    }

    #[test]
    fn extensions_of_iptables_are_named() {
        let context = context(true, true);
        for (text, reason) in [
            (
                "xt match \"recent\" counter packets 0 bytes 0 drop",
                "the match `recent`",
            ),
            (
                "xt match hashlimit counter packets 0 bytes 0 drop",
                "a rate limit",
            ),
            (
                "# match-set f2b src counter packets 0 bytes 0 drop",
                "the set `f2b` was not collected",
            ),
            (
                "# ! match-set f2b src counter packets 0 bytes 0 drop",
                "the set `f2b` was not collected",
            ),
            (
                "# xt_time counter packets 0 bytes 0 drop",
                "`time` of iptables",
            ),
        ] {
            let rules = read_in(&context, text);
            assert_eq!(
                (&*rules[0].matches, &rules[0].action),
                (&[unknown(reason)][..], &Action::Drop),
                "{text}"
            );
        }
        let action = |text| read_in(&context, text).remove(0).action;
        assert_eq!(
            action("counter packets 0 bytes 0 xt target \"CHECKSUM\""),
            Action::Continue
        );
        assert!(matches!(
            action("counter packets 0 bytes 0 xt target \"TPROXY\""),
            Action::Unknown(_)
        ));
        assert!(matches!(
            action("counter packets 0 bytes 0 # xt_DNAT"),
            Action::Unknown(_)
        ));
        assert_eq!(
            read_in(
                &context,
                "ct state invalid # nfacct-name  drops counter packets 0 bytes 0 drop"
            )[0]
            .matches
            .len(),
            1
        );
    }

    #[test]
    fn gaps_of_old_versions_may_hide_a_condition() {
        let hidden = unknown("nft does not show a condition that iptables has set");
        for text in [
            " counter packets 0 bytes 0 jump web",
            "ip saddr 10.0.0.1  counter packets 0 bytes 0 drop",
        ] {
            assert!(
                read_in(&context(true, false), text)[0]
                    .matches
                    .contains(&hidden),
                "{text}"
            );
            assert!(
                !read_in(&context(true, true), text)[0]
                    .matches
                    .contains(&hidden),
                "{text}"
            );
            assert!(
                !read_in(&context(false, false), text)[0]
                    .matches
                    .contains(&hidden),
                "{text}"
            );
        }
        assert!(
            !read_in(&context(true, false), "log prefix \"a  b\" drop ")[0]
                .matches
                .contains(&hidden)
        );
    }

    #[test]
    fn what_is_not_understood_makes_the_rule_undecided() {
        let rules = read("frobnicate 5 tcp dport 22 counter packets 0 bytes 0 drop");
        assert_eq!(
            rules[0].matches,
            [unknown("`frobnicate 5 tcp dport 22` is not understood")]
        );
        assert_eq!(
            (rules[0].packets, &rules[0].action),
            (Some(0), &Action::Drop)
        );
    }
}
