//! Which texts must stand in a line for a condition to hold.
//!
//! The result is a conjunction of sets: of every set at least one literal is in the raw text. Literals are cut
//! where a wrapper could escape them (JSON and Go quoting), so that they survive docker json and the like.
//! `regex-syntax`'s own extractor gives prefixes and suffixes only; most log expressions have their literals
//! in the middle.

use regex_syntax::hir::{Class, Hir, HirKind};

use crate::catalog::{Condition, Field, Test};

/// A text that is looked for.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(super) struct Literal {
    /// The bytes; lower-case if `fold`.
    pub(super) bytes: Vec<u8>,
    /// Whether ASCII letters match in either case.
    pub(super) fold: bool,
}

/// One of these is in the text.
pub(super) type Set = Vec<Literal>;

/// A set with more members costs more than it saves.
const MAX_MEMBERS: usize = 64;
/// Longer literals gain nothing.
const MAX_LENGTH: usize = 64;

/// The sets that `conditions` require together, best first.
pub(super) fn required(conditions: &[Condition]) -> Vec<Set> {
    let mut sets: Vec<Set> = conditions
        .iter()
        .filter(|condition| in_line(&condition.field))
        .flat_map(|condition| of_test(&condition.test))
        .collect();
    sets.sort_by_key(|set| std::cmp::Reverse(score(set)));
    // A single byte is everywhere; it is a key only where there is no other.
    let long = |set: &Set| set.iter().all(|literal| literal.bytes.len() > 1);
    if sets.iter().any(long) {
        sets.retain(long);
    }
    sets
}

/// Whether the value of a field stands in the line itself; places may come from the path, and the command of a
/// transcript stands above.
fn in_line(field: &Field) -> bool {
    if matches!(field, Field::Named(name) if name == crate::log::COMMAND) {
        return false;
    }
    matches!(
        field,
        Field::Text | Field::Raw | Field::Msg | Field::Logger | Field::Named(_)
    )
}

fn of_test(test: &Test) -> Vec<Set> {
    match test {
        Test::Equals(text)
        | Test::Contains(text)
        | Test::StartsWith(text)
        | Test::EndsWith(text) => pieces(text.as_bytes())
            .map(|piece| {
                vec![Literal {
                    bytes: piece.to_vec(),
                    fold: false,
                }]
            })
            .collect(),
        Test::Regex(text) => of_regex(text),
        Test::AllOf(tests) => tests.iter().flat_map(of_test).collect(),
        Test::AnyOf(tests) => union(tests.iter().map(|test| best(of_test(test))))
            .into_iter()
            .collect(),
        // Records of JSON are objects: as they are, escaped in a wrapper, with a blank.
        Test::Jq(_) => {
            let start = |text: &[u8]| Literal {
                bytes: text.to_vec(),
                fold: false,
            };
            vec![vec![start(b"{\""), start(b"{\\"), start(b"{ ")]]
        }
        Test::AtLeast(_) | Test::Glob(_) | Test::Number(..) | Test::Exists(_) | Test::Not(_) => {
            Vec::new()
        }
    }
}

fn of_regex(text: &str) -> Vec<Set> {
    let parsed = regex_syntax::ParserBuilder::new()
        .unicode(false)
        .utf8(false)
        .build()
        .parse(text);
    let Ok(hir) = parsed else { return Vec::new() };
    let Needed { exact, mut sets } = walk(&hir);
    sets.extend(exact);
    sets.into_iter().filter_map(clean).collect()
}

/// What an expression needs: exactly one of these texts, or one of each of these sets somewhere.
struct Needed {
    exact: Option<Set>,
    sets: Vec<Set>,
}

impl Needed {
    fn nothing() -> Self {
        Self {
            exact: None,
            sets: Vec::new(),
        }
    }

    fn exactly(set: Set) -> Self {
        Self {
            exact: Some(set),
            sets: Vec::new(),
        }
    }
}

fn walk(hir: &Hir) -> Needed {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Needed::exactly(vec![Literal {
            bytes: Vec::new(),
            fold: false,
        }]),
        HirKind::Literal(literal) => Needed::exactly(vec![Literal {
            bytes: literal.0.to_vec(),
            fold: false,
        }]),
        HirKind::Class(class) => class_members(class).map_or_else(Needed::nothing, Needed::exactly),
        HirKind::Capture(capture) => walk(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min >= 1 => {
            let Needed { exact, mut sets } = walk(&repetition.sub);
            if repetition.min == 1 && repetition.max == Some(1) {
                return Needed { exact, sets };
            }
            sets.extend(exact);
            Needed { exact: None, sets }
        }
        HirKind::Repetition(_) => Needed::nothing(),
        HirKind::Concat(parts) => concat(parts),
        HirKind::Alternation(branches) => alternation(branches),
    }
}

/// The members of a small class; a letter in both cases is one folded byte.
fn class_members(class: &Class) -> Option<Set> {
    let Class::Bytes(class) = class else {
        return None;
    };
    let bytes: Vec<u8> = class
        .ranges()
        .iter()
        .flat_map(|range| range.start()..=range.end())
        .take(17)
        .collect();
    if let [upper, lower] = bytes[..]
        && upper.is_ascii_uppercase()
        && lower == upper.to_ascii_lowercase()
    {
        return Some(vec![Literal {
            bytes: vec![lower],
            fold: true,
        }]);
    }
    (bytes.len() <= 16).then(|| {
        bytes
            .into_iter()
            .map(|byte| Literal {
                bytes: vec![byte],
                fold: false,
            })
            .collect()
    })
}

fn concat(parts: &[Hir]) -> Needed {
    let empty = || {
        vec![Literal {
            bytes: Vec::new(),
            fold: false,
        }]
    };
    let (mut run, mut sets, mut whole) = (empty(), Vec::new(), true);
    for part in parts {
        let needed = walk(part);
        let product = needed.exact.as_ref().and_then(|exact| cross(&run, exact));
        if let Some(product) = product {
            run = product;
        } else {
            whole = false;
            sets.push(std::mem::replace(
                &mut run,
                needed.exact.clone().unwrap_or_else(empty),
            ));
            sets.extend(needed.sets);
        }
    }
    if whole {
        return Needed::exactly(run);
    }
    sets.push(run);
    Needed { exact: None, sets }
}

fn cross(left: &Set, right: &Set) -> Option<Set> {
    if left.len() * right.len() > MAX_MEMBERS {
        return None;
    }
    let mut product = Vec::with_capacity(left.len() * right.len());
    for a in left {
        for b in right {
            let fold = a.fold || b.fold;
            let mut bytes = [&a.bytes[..], &b.bytes[..]].concat();
            if bytes.len() > MAX_LENGTH {
                return None;
            }
            if fold {
                bytes.make_ascii_lowercase();
            }
            product.push(Literal { bytes, fold });
        }
    }
    Some(product)
}

fn alternation(branches: &[Hir]) -> Needed {
    let needed: Vec<Needed> = branches.iter().map(walk).collect();
    if needed.iter().all(|needed| needed.exact.is_some()) {
        let members: Set = needed
            .iter()
            .filter_map(|needed| needed.exact.clone())
            .flatten()
            .collect();
        if members.len() <= MAX_MEMBERS {
            return Needed::exactly(members);
        }
    }
    let sets = needed.into_iter().map(|Needed { exact, mut sets }| {
        sets.extend(exact);
        best(sets.into_iter().filter_map(clean).collect())
    });
    Needed {
        exact: None,
        sets: union(sets).into_iter().collect(),
    }
}

/// One set for "one of several": every part needs one.
fn union(parts: impl Iterator<Item = Option<Set>>) -> Option<Set> {
    let members: Set = parts.collect::<Option<Vec<Set>>>()?.concat();
    (!members.is_empty() && members.len() <= MAX_MEMBERS).then_some(members)
}

fn best(sets: Vec<Set>) -> Option<Set> {
    sets.into_iter().max_by_key(score)
}

/// Cuts every member at characters that may be escaped; a set with an empty member requires nothing.
fn clean(set: Set) -> Option<Set> {
    let cut = |literal: Literal| {
        let longest = pieces(&literal.bytes).max_by_key(|piece| piece.len())?;
        Some(Literal {
            bytes: longest.to_vec(),
            fold: literal.fold,
        })
    };
    let mut members = set.into_iter().map(cut).collect::<Option<Set>>()?;
    members.sort();
    members.dedup();
    (!members.is_empty()).then_some(members)
}

/// The parts of `text` between characters that JSON or Go quoting may escape.
fn pieces(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|b| matches!(b, b'"' | b'\\' | b'<' | b'>' | b'&') || !(0x20..0x7f).contains(b))
        .filter(|piece| !piece.is_empty())
}

/// How rare the commonest member is: an estimate by length and by how common its bytes are in logs.
pub(super) fn score(set: &Set) -> u32 {
    set.iter()
        .map(|literal| rarity(&literal.bytes))
        .min()
        .unwrap_or(0)
}

/// The rarity of a text; only its rarest 16 bytes count.
pub(super) fn rarity(bytes: &[u8]) -> u32 {
    let weight = |byte: &u8| match byte {
        b' ' | b'e' | b't' | b'a' | b'o' | b'i' | b'n' | b'r' | b's' | b'd' | b'c' | b'l'
        | b'0' | b'1' | b'2' | b':' | b'-' => 1,
        b'a'..=b'z' | b'0'..=b'9' | b'.' | b'/' | b'=' | b',' => 2,
        _ => 3,
    };
    let weights: Vec<u32> = bytes.iter().map(weight).collect();
    let window = weights.len().clamp(1, 16);
    weights
        .windows(window)
        .map(|window| window.iter().sum())
        .max()
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(regex: &str) -> Vec<Vec<String>> {
        let shown = |literal: Literal| {
            String::from_utf8(literal.bytes).expect("text") + if literal.fold { "/i" } else { "" }
        };
        let mut sets: Vec<Vec<String>> = of_regex(regex)
            .into_iter()
            .map(|set| set.into_iter().map(shown).collect())
            .collect();
        sets.sort();
        sets
    }

    #[test]
    fn inner_literals_are_found() {
        assert_eq!(
            of(r"dial tcp (?<host>\S+):(?<port>\w+): connect: connection refused"),
            [[":"], [": connect: connection refused"], ["dial tcp "]]
        );
        assert_eq!(
            of(r"\berror #\w+: (?:tls|x509):"),
            [vec![": tls:", ": x509:"], vec!["error #"]]
        );
        assert_eq!(of("(?i)refused"), [["refused/i"]]);
        assert_eq!(of("(?:abc)+d?"), [["abc"]]);
        assert_eq!(of("a|b.*c?"), [["a", "b"]]);
        assert_eq!(of(r"\w+ [a-z]*"), [[" "]]);
        assert_eq!(of("x*|y"), Vec::<Vec<String>>::new());
    }

    #[test]
    fn literals_are_cut_where_wrappers_escape() {
        assert_eq!(of(r#"at "(?<host>[^"]+)", port"#), [[", port"], ["at "]]);
        assert_eq!(of(r"on port\n\tnext"), [["on port"]]);
    }

    #[test]
    fn field_conditions_give_literals_unless_the_value_may_come_from_the_path() {
        let condition = |field: &str, test: Test| Condition {
            field: Field::from_name(field),
            test,
        };
        let sets = required(&[
            condition("level", Test::AtLeast("error".into())),
            condition("node", Test::Equals("node-1".into())),
            condition("status_code", Test::Equals("503".into())),
            condition(
                "msg",
                Test::Equals("could not retrieve cluster config from api".into()),
            ),
        ]);
        let texts: Vec<_> = sets
            .iter()
            .map(|set| String::from_utf8_lossy(&set[0].bytes).into_owned())
            .collect();
        assert_eq!(texts, ["could not retrieve cluster config from api", "503"]);
    }
}
