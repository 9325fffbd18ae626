//! `ufw status`, also `verbose` and `numbered`, of ufw 0.30 (2010) to 0.36.
//!
//! `Status: active`, with `verbose` the defaults, and rows `To  Action  From` in their order: `22/tcp ALLOW IN Anywhere`,
//! `10.0.0.5 5432/tcp on eth0 (v6) DENY OUT 10.0.0.0/8`, where `(v6)` marks rules for IPv6. In front of them, ufw accepts
//! answers and what the machine sends to itself (before.rules). Rows for what is forwarded are not read: other programs
//! put rules in front of them that `ufw status` does not show. See ufw(8) and `get_status` of its back end.

mod row;

use row::{Direction, Row};

use super::draft::{Draft, Line, clip, policy_name};
use super::origin::Origin;
use crate::facts::{Input, Parser, Sink};
use crate::filter::{
    Action, Base, Chain, Family, Hook, Policy, RejectKind, Rule, Ruleset, Source, Test,
};

pub(super) const PARSER: Parser = Parser {
    name: "ufw",
    markers: &["Status: active", "Status: inactive"],
    path: |_| false,
    parse,
};

fn parse(input: Input<'_>, sink: &mut Sink) {
    let mut reader = Reader {
        origin: Origin::new(input.path),
        status: None,
        defaults: None,
        chains: None,
    };
    for line in input.lines() {
        reader.read(line, sink);
    }
    reader.end(sink);
}

struct Reader<'a> {
    origin: Origin<'a>,
    /// `Status: active`.
    status: Option<Line<'a>>,
    /// `Default: deny (incoming), ...`.
    defaults: Option<Line<'a>>,
    /// The rules for what comes in and for what goes out, once the header of the rows has been read.
    chains: Option<[Vec<Rule>; 2]>,
}

impl<'a> Reader<'a> {
    fn read(&mut self, line: Line<'a>, sink: &mut Sink) {
        let text = line.1.trim();
        match text {
            "Status: inactive" if self.origin.mentions("ufw") => {
                self.end(sink);
                self.state(line, "inactive", sink);
            }
            "Status: active" => {
                self.end(sink);
                self.status = Some(line);
            }
            "" => {}
            _ if self.status.is_some() => self.status_line(line, text, sink),
            _ => self.origin.note(text, &["ufw"]),
        }
    }

    /// A line behind `Status: active`.
    fn status_line(&mut self, line: Line<'a>, text: &'a str, sink: &mut Sink) {
        let is_other = ["Logging: ", "New profiles: ", "-- "]
            .iter()
            .any(|start| text.starts_with(start));
        if text.starts_with("Default: ") {
            self.defaults = Some(line);
        } else if text.split_whitespace().eq(["To", "Action", "From"]) {
            self.chains = Some(Default::default());
        } else if !is_other && !self.row(line) {
            self.end(sink);
            self.origin.note(text, &["ufw"]);
        }
    }

    /// Adds the rule of a row; false if the line is none.
    fn row(&mut self, line: Line<'a>) -> bool {
        let (Some(row), Some([input, output])) = (Row::of(line), &mut self.chains) else {
            return false;
        };
        match row.direction {
            Direction::In => input.extend(row.rules()),
            Direction::Out => output.extend(row.rules()),
            Direction::Forward => {}
        }
        true
    }

    fn state(&self, line: Line<'a>, state: &str, sink: &mut Sink) {
        if self.origin.is_running_state() {
            sink.fact("filter_state", line, [("source", "ufw"), ("state", state)]);
        }
    }

    /// Hands over the rules. A status without rows and defaults may be that of another program.
    fn end(&mut self, sink: &mut Sink) {
        let (status, defaults, chains) =
            (self.status.take(), self.defaults.take(), self.chains.take());
        let Some(status) = status else { return };
        let is_ufw = self.origin.mentions("ufw") || defaults.is_some() || chains.is_some();
        if !is_ufw || !self.origin.is_running_state() {
            return;
        }
        self.state(status, "active", sink);
        let [input, output] = chains.unwrap_or_default();
        let chains = [
            ("INPUT", Hook::Input, "incoming", input),
            ("OUTPUT", Hook::Output, "outgoing", output),
        ];
        let chains = chains.map(|(name, hook, direction, rules)| {
            let policy = defaults.map_or(Policy::Unknown, |(_, text)| policy(text, direction));
            let line = defaults.unwrap_or(status);
            policy_fact(name, policy, line, sink);
            chain(
                name,
                Base {
                    hook,
                    priority: 0,
                    policy,
                },
                rules,
                line,
            )
        });
        let (line, text) = status;
        let (source, family, text) = (Source::Ufw, Family::Any, clip(text));
        sink.ruleset(Ruleset {
            source,
            family,
            chains: chains.into(),
            line,
            text,
        });
    }
}

/// The policy for a direction in `Default: deny (incoming), allow (outgoing), disabled (routed)`.
fn policy(defaults: &str, direction: &str) -> Policy {
    let items = defaults.trim().trim_start_matches("Default: ").split(", ");
    let mut names = items.filter_map(|item| {
        item.strip_suffix(')')?
            .strip_suffix(direction)?
            .strip_suffix(" (")
    });
    match names.next() {
        Some("allow") => Policy::Accept,
        Some("deny") => Policy::Drop,
        Some("reject") => Policy::Reject(RejectKind::PortUnreachable),
        _ => Policy::Unknown,
    }
}

fn policy_fact(chain: &str, policy: Policy, line: Line<'_>, sink: &mut Sink) {
    let Some(name) = policy_name(policy) else {
        return;
    };
    sink.fact(
        "filter_policy",
        line,
        [
            ("source", "ufw"),
            ("table", "filter"),
            ("chain", chain),
            ("policy", name),
        ],
    );
}

/// A chain with what ufw accepts in front of all rules.
fn chain(name: &str, base: Base, rules: Vec<Rule>, line: Line<'_>) -> Chain {
    let lo = vec!["lo".to_owned()];
    let lo = if base.hook == Hook::Output {
        Test::OutInterface(lo)
    } else {
        Test::InInterface(lo)
    };
    let answers = Test::State(vec!["RELATED".to_owned(), "ESTABLISHED".to_owned()]);
    let mut all: Vec<Rule> = [lo, answers]
        .into_iter()
        .flat_map(|test| {
            let mut draft = Draft::new(line);
            draft.need(test);
            draft.with(&Action::Accept)
        })
        .collect();
    all.extend(rules);
    let (line, text) = line;
    Chain {
        table: "filter".to_owned(),
        name: name.to_owned(),
        base: Some(base),
        rules: all,
        line,
        text: clip(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Gathered;
    use crate::filter::Match;

    fn gathered(path: &str, text: &str) -> Gathered {
        PARSER.read(path, text)
    }

    const VERBOSE: &str = "\
Status: active
Logging: on (low)
Default: deny (incoming), allow (outgoing), disabled (routed)
New profiles: skip

To                         Action      From
--                         ------      ----
22/tcp                     LIMIT IN    Anywhere                  
5432/tcp                   ALLOW IN    10.0.0.0/24                # db # clients
22/tcp (v6)                LIMIT IN    Anywhere (v6)             

25                         DENY OUT    Anywhere on eth1          

80/tcp on docker0          ALLOW FWD   Anywhere on eth0          

";

    #[test]
    fn rows_follow_what_ufw_always_accepts() {
        let found = gathered("node1/ufw.txt", VERBOSE).rulesets;
        assert_eq!(found.len(), 1);
        assert_eq!(
            (found[0].family, found[0].line, found[0].chains.len()),
            (Family::Any, 1, 2)
        );
        let [input, output] = &found[0].chains[..] else {
            panic!("two chains")
        };
        assert_eq!(
            input.base.map(|base| (base.hook, base.policy)),
            Some((Hook::Input, Policy::Drop))
        );
        assert_eq!(
            output.base.map(|base| (base.hook, base.policy)),
            Some((Hook::Output, Policy::Accept))
        );
        assert_eq!(
            (input.line, &*input.text),
            (
                3,
                "Default: deny (incoming), allow (outgoing), disabled (routed)"
            )
        );
        assert_eq!(
            input.rules.iter().map(|rule| rule.line).collect::<Vec<_>>(),
            [3, 3, 8, 9, 10]
        );
        assert_eq!(
            output
                .rules
                .iter()
                .map(|rule| rule.line)
                .collect::<Vec<_>>(),
            [3, 3, 12]
        );
        let lo = |test: fn(Vec<String>) -> Test| Match::from(test(vec!["lo".to_owned()]));
        assert_eq!(input.rules[0].matches, [lo(Test::InInterface)]);
        assert_eq!(output.rules[0].matches, [lo(Test::OutInterface)]);
    }

    #[test]
    fn state_and_policies_are_facts() {
        let facts = gathered("node1/ufw.txt", VERBOSE).facts;
        assert_eq!(
            facts
                .iter()
                .map(|fact| (&*fact.kind, fact.line))
                .collect::<Vec<_>>(),
            [
                ("filter_state", 1),
                ("filter_policy", 3),
                ("filter_policy", 3)
            ]
        );
        assert!(facts[0].is("state", "active") && facts[0].is("source", "ufw"));
        assert!(facts[1].is("policy", "drop") && facts[1].is("chain", "INPUT"));
    }

    #[test]
    fn without_defaults_the_policy_is_not_known() {
        let plain = "Status: active\n\nTo                         Action      From\n--                         ------      ----\n22                         ALLOW       Anywhere                  \n";
        let found = gathered("node1/all.txt", plain);
        assert_eq!(
            found.rulesets[0].chains[0].base.map(|base| base.policy),
            Some(Policy::Unknown)
        );
        assert_eq!(found.facts.len(), 1);
        let reject = VERBOSE.replace("deny (incoming)", "reject (incoming)");
        let found = gathered("node1/all.txt", &reject);
        let policy = Policy::Reject(RejectKind::PortUnreachable);
        assert_eq!(
            found.rulesets[0].chains[0].base.map(|base| base.policy),
            Some(policy)
        );
    }

    #[test]
    fn an_inactive_ufw_has_no_rules() {
        for (path, text) in [
            ("sos_commands/ufw/ufw_status_numbered", "Status: inactive\n"),
            ("node1/all.txt", "# ufw status\nStatus: inactive\n"),
        ] {
            let found = gathered(path, text);
            assert!(
                found.rulesets.is_empty() && found.facts[0].is("state", "inactive"),
                "{path}"
            );
        }
    }

    #[test]
    fn the_status_of_others_gives_nothing() {
        for text in [
            "Status: inactive\n",
            "Status: active\nName: db\n",
            "Status: active (running)\n",
        ] {
            assert!(gathered("node1/service.txt", text).is_empty(), "{text}");
        }
        assert!(gathered("node1/etc/ufw.txt", VERBOSE).is_empty());
    }

    #[test]
    fn rows_end_where_another_command_begins() {
        let text = format!(
            "$ ufw status verbose\n{VERBOSE}$ ls\n22/tcp ALLOW IN Anywhere\n$ ufw status\n{VERBOSE}"
        );
        let found = gathered("node1/all.txt", &text).rulesets;
        assert_eq!(
            found.iter().map(|found| found.line).collect::<Vec<_>>(),
            [2, 20]
        );
        assert_eq!(found[0].chains[0].rules.len(), 5);
    }
}
