//! Rule specifications: `-s 10.0.0.0/8 -p tcp -m tcp --dport 22 -j ACCEPT`.
//!
//! This is what `iptables-save` and `iptables -S` print and what users write. `!` stands before the option or, up
//! to 1.4.2, before its value. Strings with other characters than letters, digits, `-`, `_` and `.` are quoted.

use std::borrow::Cow;

use super::modules;
use super::targets::{self, Target};
use crate::facts::parse::draft::{Draft, nets};
use crate::facts::parse::names;
use crate::filter::{Action, Test};

/// A word of a specification.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Word<'a> {
    /// The word, without quotes and backslashes.
    pub(super) text: Cow<'a, str>,
    quoted: bool,
}

impl Word<'_> {
    fn is_option(&self) -> bool {
        !self.quoted && self.text.len() > 1 && self.text.starts_with('-')
    }

    fn is_not(&self) -> bool {
        !self.quoted && self.text == "!"
    }
}

/// The words of a line.
pub(super) fn words(line: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut rest = line.trim();
    while !rest.is_empty() {
        let (word, after) = if let Some(inside) = rest.strip_prefix('"') {
            quoted(inside)
        } else {
            let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
            let (word, after) = rest.split_at(end);
            let text = word.into();
            (
                Word {
                    text,
                    quoted: false,
                },
                after,
            )
        };
        words.push(word);
        rest = after.trim_start();
    }
    words
}

/// A string behind its opening quote, and what follows it.
fn quoted(inside: &str) -> (Word<'_>, &str) {
    let mut text = String::new();
    let mut chars = inside.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => {
                return (
                    Word {
                        text: text.into(),
                        quoted: true,
                    },
                    &inside[at + 1..],
                );
            }
            '\\' => text.extend(chars.next().map(|(_, c)| c)),
            _ => text.push(c),
        }
    }
    (
        Word {
            text: text.into(),
            quoted: true,
        },
        "",
    )
}

/// An option with its values.
#[derive(Debug)]
pub(super) struct Opt<'a> {
    pub(super) name: &'a str,
    pub(super) values: Vec<&'a str>,
    pub(super) negated: bool,
}

impl<'a> Opt<'a> {
    /// The first value, empty if there is none.
    pub(super) fn value(&self) -> &'a str {
        self.values.first().copied().unwrap_or_default()
    }
}

/// Options whose single value may look like an option itself.
const FREE_TEXT: &[&str] = &[
    "--comment",
    "--log-prefix",
    "--nflog-prefix",
    "--ulog-prefix",
    "--string",
    "--name",
    "--hashlimit-name",
];

/// Cuts words into options; words that belong to none come as options without a name.
fn options<'a>(words: &'a [Word<'a>]) -> Vec<Opt<'a>> {
    let mut options = Vec::new();
    let mut words = words.iter().peekable();
    let mut negated = false;
    while let Some(word) = words.next() {
        if word.is_not() {
            negated = true;
            continue;
        }
        let mut option = Opt {
            name: "",
            values: Vec::new(),
            negated: std::mem::take(&mut negated),
        };
        if word.is_option() {
            option.name = &word.text;
        } else {
            option.values.push(&word.text);
        }
        if FREE_TEXT.contains(&option.name) {
            option.values.extend(words.next().map(|word| &*word.text));
        }
        while let Some(value) = words.next_if(|next| !option.name.is_empty() && !next.is_option()) {
            if !value.is_not() {
                option.values.push(&value.text);
            } else if words.peek().is_some_and(|next| !next.is_option()) {
                option.negated = !option.negated;
            } else {
                negated = true;
                break;
            }
        }
        options.push(option);
    }
    options
}

/// Reads the specification behind the name of the chain into a draft, which gets its action.
pub(super) fn read(draft: &mut Draft, words: &[Word<'_>]) {
    let mut module = "";
    let mut target: Option<Target<'_>> = None;
    let mut modules = modules::State::default();
    for option in options(words) {
        if option.values.len() > 1 && !option.name.starts_with("--") && option.name != "-c" {
            draft.unknown(format!("`{}` is not understood", option.values.join(" ")));
        }
        match option.name {
            "-m" | "--match" => {
                module = option.value();
                modules.load(draft, module);
            }
            "-j" | "--jump" | "-g" | "--goto" => {
                let is_goto = option.name.ends_with('g') || option.name.ends_with("goto");
                target = Some(Target {
                    name: option.value(),
                    is_goto,
                    options: Vec::new(),
                });
                module = "";
            }
            "-c" | "--set-counters" => draft.packets = option.value().parse().ok(),
            _ if is_basic(draft, &option) => {}
            _ => match &mut target {
                Some(target) if module.is_empty() => target.options.push(option),
                _ => modules.option(draft, module, &option),
            },
        }
    }
    modules.finish(draft);
    let action = target.map_or(Action::Continue, |target| targets::action(&target));
    draft.emit(&action);
}

/// Adds the condition of an option that belongs to no module; whether it is one.
fn is_basic(draft: &mut Draft, option: &Opt<'_>) -> bool {
    let value = option.value();
    match option.name {
        "-p" | "--protocol" | "--proto" => match names::protocol(value) {
            Some(name) => draft.add(Test::Protocol(vec![name]), option.negated),
            None => draft.add(Test::Always, option.negated),
        },
        "-s" | "--source" | "--src" => addresses(draft, value, option.negated, Test::Source),
        "-d" | "--destination" | "--dst" => {
            addresses(draft, value, option.negated, Test::Destination);
        }
        "-i" | "--in-interface" => {
            draft.add(Test::InInterface(vec![value.to_owned()]), option.negated);
        }
        "-o" | "--out-interface" => {
            draft.add(Test::OutInterface(vec![value.to_owned()]), option.negated);
        }
        // Fragments behind the first: connection tracking has put them together, and a SYN is none.
        "-f" | "--fragment" => draft.add(Test::Never, option.negated),
        "" => draft.unknown(format!("`{value}` is not understood")),
        _ => return false,
    }
    true
}

/// Adds a condition on an address, given as a list of networks.
pub(super) fn addresses(
    draft: &mut Draft,
    list: &str,
    negated: bool,
    test: fn(Vec<crate::filter::Net>) -> Test,
) {
    match nets(list) {
        Ok(nets) => draft.add(test(nets), negated),
        Err(item) => draft.unknown(format!("`{item}` is not an address")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::{Match, Net, RejectKind, Rule};

    fn rules(specification: &str) -> Vec<Rule> {
        let mut draft = Draft::new((1, specification));
        read(&mut draft, &words(specification));
        draft.finish()
    }

    fn rule(specification: &str) -> (Vec<Match>, Action) {
        let rules = rules(specification);
        assert_eq!(rules.len(), 1, "{specification}");
        (rules[0].matches.clone(), rules[0].action.clone())
    }

    fn net(text: &str) -> Vec<Net> {
        nets(text).expect("networks")
    }

    fn tcp() -> Match {
        Test::Protocol(vec!["tcp".to_owned()]).into()
    }

    fn not(test: Test) -> Match {
        Match {
            negated: true,
            test,
        }
    }

    #[test]
    fn a_plain_rule_is_its_conditions_and_its_action() {
        let (matches, action) = rule("-s 10.0.0.0/8 -i eth0 -p tcp -m tcp --dport 5432 -j ACCEPT");
        let expected = [
            Test::Source(net("10.0.0.0/8")).into(),
            Test::InInterface(vec!["eth0".to_owned()]).into(),
            tcp(),
            Test::DestinationPort(vec![(5432, 5432)]).into(),
        ];
        assert_eq!((matches, action), (expected.to_vec(), Action::Accept));
    }

    #[test]
    fn negation_stands_before_the_option_or_before_the_value() {
        for text in [
            "! -s 10.0.0.0/8 -p tcp ! --dport 22",
            "-s ! 10.0.0.0/8 -p tcp --dport ! 22",
        ] {
            let (matches, action) = rule(text);
            let port = not(Test::DestinationPort(vec![(22, 22)]));
            assert_eq!(
                matches,
                [not(Test::Source(net("10.0.0.0/8"))), tcp(), port],
                "{text}"
            );
            assert_eq!(action, Action::Continue);
        }
        assert_eq!(
            rule("! -i lo -j DROP").0,
            [not(Test::InInterface(vec!["lo".to_owned()]))]
        );
        assert_eq!(
            rule("! -p 6 -j DROP").0,
            [not(Test::Protocol(vec!["tcp".to_owned()]))]
        );
    }

    #[test]
    fn comments_may_contain_anything() {
        let text = r#"-m comment --comment "say \"no\" -p udp ! -j DROP" -m comment --comment -x -j ACCEPT"#;
        assert_eq!(rule(text), (vec![], Action::Accept));
        assert_eq!(rule("-m comment --comment \"cut").1, Action::Continue);
    }

    #[test]
    fn everything_is_no_condition_and_fragments_are_none() {
        assert_eq!(
            rule("-s 0.0.0.0/0 -i + -p all ! -f -j DROP"),
            (vec![], Action::Drop)
        );
        assert_eq!(rule("-f -j DROP").0, [Test::Never.into()]);
    }

    #[test]
    fn names_of_hosts_and_stray_words_stay_undecided() {
        for text in [
            "-s db.example -j ACCEPT",
            "-j ACCEPT stray",
            "--frobnicate 7 -j ACCEPT",
            "what -j ACCEPT",
        ] {
            let (matches, _) = rule(text);
            assert!(
                matches!(
                    &matches[..],
                    [Match {
                        test: Test::Unknown(_),
                        ..
                    }]
                ),
                "{text}: {matches:?}"
            );
        }
    }

    #[test]
    fn counters_and_goto_are_read() {
        let rules = rules("-i lo -c 12 3456 -g web");
        assert_eq!(
            (rules[0].packets, &rules[0].action),
            (Some(12), &Action::Goto("web".to_owned()))
        );
    }

    #[test]
    fn options_behind_the_target_are_its_own() {
        let (matches, action) =
            rule("-j REJECT --reject-with icmp-host-prohibited -m state --state NEW");
        assert_eq!(action, Action::Reject(RejectKind::HostProhibited));
        assert_eq!(matches, [Test::State(vec!["NEW".to_owned()]).into()]);
    }
}
