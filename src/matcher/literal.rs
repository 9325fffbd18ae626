//! Which texts must stand in a line for a condition to hold.
//!
//! The result is a choice of conjunctions of sets: of every set of one of them at least one literal is in the raw text.
//! Literals are cut where a wrapper could escape them (JSON and Go quoting), so that they survive docker json and the like.
//! Sets of a part of an expression that stays within a line have to be on one line together.
//! `regex-syntax`'s own extractor gives prefixes and suffixes only; most log expressions have their literals
//! in the middle.

use std::cmp::Reverse;

use rayon::prelude::*;
use regex_syntax::hir::{Class, Hir, HirKind};

use crate::catalog::{Condition, Field, Test, parse_regex};
use crate::literals::{Literal, of_text};

/// One of these is in the text.
pub(super) type Set = Vec<Literal>;

/// A set with more members costs more than it saves.
const MAX_MEMBERS: usize = 64;
/// Longer literals gain nothing.
const MAX_LENGTH: usize = 64;

/// Conditions that can hold in more ways than this are taken as one.
const MAX_WAYS: usize = 32;

/// What one way in which conditions can hold requires.
#[derive(Clone, Debug, Default)]
pub(super) struct Need {
    /// The set that is looked for; empty where nothing is required.
    pub(super) key: Set,
    /// Sets that have a literal on the same line.
    pub(super) near: Vec<Set>,
    /// Sets that have a literal somewhere in the record.
    pub(super) others: Vec<Set>,
}

/// Sets that have to be on one line together.
type Group = Vec<Set>;

/// The ways in which something can hold, with the sets that each requires.
type Ways = Vec<Vec<Group>>;

/// What the expressions of many conditions require. Each is looked at once, since many stand in several patterns.
#[derive(Default)]
pub(super) struct Expressions<'c>(Vec<(&'c str, Ways)>);

impl<'c> Expressions<'c> {
    /// Those that [`needs`] asks for.
    pub(super) fn of(conditions: impl Iterator<Item = &'c Condition>) -> Self {
        let mut texts = Vec::new();
        for condition in conditions.filter(|condition| in_line(&condition.field)) {
            expressions(&condition.test, &mut texts);
        }
        texts.sort_unstable();
        texts.dedup();
        // Parsing them takes most of the time; a part for each processor.
        let ways = texts.into_par_iter().map(|text| (text, of_regex(text)));
        Self(ways.collect())
    }

    fn ways(&self, text: &str) -> Ways {
        match self.0.binary_search_by_key(&text, |(known, _)| known) {
            Ok(at) => self.0[at].1.clone(),
            Err(_) => of_regex(text),
        }
    }
}

fn expressions<'c>(test: &'c Test, texts: &mut Vec<&'c str>) {
    match test {
        Test::Regex(text) => texts.push(text),
        Test::AllOf(tests) | Test::AnyOf(tests) => {
            tests.iter().for_each(|test| expressions(test, texts));
        }
        _ => {}
    }
}

/// What each way requires in which conditions can hold.
pub(super) fn needs(conditions: &[Condition], known: &Expressions<'_>) -> Vec<Need> {
    let found = conditions
        .iter()
        .filter(|condition| in_line(&condition.field));
    let ways = found.fold(vec![Vec::new()], |ways, condition| {
        let own = ways_of(&condition.test, known);
        // Rules of others see a record as one line.
        let own = match condition.field {
            Field::Raw => own.into_iter().map(apart).collect(),
            _ => own,
        };
        product(ways, own)
    });
    ways.into_iter().map(Need::of).collect()
}

impl Need {
    fn of(mut groups: Vec<Group>) -> Self {
        // A single byte is everywhere; it is a key only where there is no other.
        let long = |set: &Set| set.iter().all(|literal| literal.bytes.len() > 1);
        if groups.iter().flatten().any(long) {
            groups.iter_mut().for_each(|group| group.retain(long));
        }
        let best = |group: &Group| group.iter().map(score).max();
        groups.sort_by_cached_key(|group| Reverse(best(group)));
        let mut groups = groups.into_iter();
        let Some(mut near) = groups.next().filter(|group| !group.is_empty()) else {
            return Self::default();
        };
        near.sort_by_cached_key(|set| Reverse(score(set)));
        Self {
            key: near.remove(0),
            near,
            others: groups.flatten().collect(),
        }
    }
}

/// The ways in which both can hold.
fn product(left: Ways, right: Ways) -> Ways {
    if matches!(&left[..], [nothing] if nothing.is_empty()) {
        return right;
    }
    if left.len() * right.len() > MAX_WAYS {
        return product(vec![as_one(left)], vec![as_one(right)]);
    }
    let join = |a: &Vec<Group>| {
        let a = a.clone();
        right.iter().map(move |b| [&a[..], &b[..]].concat())
    };
    left.iter().flat_map(join).collect()
}

/// Several ways as one: the best set of each, of which one is there.
fn as_one(mut ways: Ways) -> Vec<Group> {
    if ways.len() == 1 {
        return ways.remove(0);
    }
    let sets = union(ways.into_iter().map(|way| best(way.concat())));
    sets.into_iter().map(|set| vec![set]).collect()
}

/// The same sets, which need not be on one line.
fn apart(way: Vec<Group>) -> Vec<Group> {
    way.into_iter().flatten().map(|set| vec![set]).collect()
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

fn ways_of(test: &Test, known: &Expressions<'_>) -> Ways {
    let ways_of = |test: &Test| ways_of(test, known);
    match test {
        Test::Equals(text)
        | Test::Contains(text)
        | Test::StartsWith(text)
        | Test::EndsWith(text) => {
            let lines = text.split('\n').map(|line| {
                let pieces = pieces(line.as_bytes());
                pieces.map(|piece| vec![Literal::exact(piece)]).collect()
            });
            vec![lines.collect()]
        }
        Test::Regex(text) => known.ways(text),
        Test::AllOf(tests) => tests.iter().map(ways_of).fold(vec![Vec::new()], product),
        Test::AnyOf(tests) => {
            let ways: Ways = tests.iter().flat_map(ways_of).collect();
            if ways.len() > MAX_WAYS {
                return vec![as_one(ways)];
            }
            ways
        }
        // Records of JSON are objects: as they are, escaped in a wrapper, with a blank.
        Test::Jq(_) => vec![vec![vec![vec![
            Literal::exact(b"{\""),
            Literal::exact(b"{\\"),
            Literal::exact(b"{ "),
        ]]]],
        Test::AtLeast(_) | Test::Glob(_) | Test::Number(..) | Test::Exists(_) | Test::Not(_) => {
            vec![Vec::new()]
        }
    }
}

fn of_regex(text: &str) -> Ways {
    let Ok(hir) = parse_regex(text) else {
        return vec![Vec::new()];
    };
    match bare(&hir).kind() {
        HirKind::Alternation(branches) if branches.len() <= MAX_WAYS => {
            branches.iter().map(groups).collect()
        }
        _ => vec![groups(&hir)],
    }
}

/// An expression without the groups around it.
fn bare(hir: &Hir) -> &Hir {
    match hir.kind() {
        HirKind::Capture(capture) => bare(&capture.sub),
        _ => hir,
    }
}

/// The sets that an expression requires, those together that stand between two parts that may hold the end of a line.
fn groups(hir: &Hir) -> Vec<Group> {
    let parts = match bare(hir).kind() {
        HirKind::Concat(parts) => &parts[..],
        _ => std::slice::from_ref(hir),
    };
    let sets = |Needed { exact, mut sets }| -> Group {
        sets.extend(exact);
        sets.into_iter().filter_map(clean).collect()
    };
    let mut groups = Vec::new();
    let goes_on =
        |a: &Hir, b: &Hir| line_end(a) == LineEnd::Nowhere && line_end(b) != LineEnd::Anywhere;
    for run in parts.chunk_by(goes_on) {
        match run {
            [part] if line_end(part) == LineEnd::Anywhere => {
                groups.extend(sets(walk(part)).into_iter().map(|set| vec![set]));
            }
            _ => groups.push(sets(concat(run))),
        }
    }
    groups.retain(|group| !group.is_empty());
    groups
}

/// Where the end of a line may be in what fits an expression.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum LineEnd {
    Nowhere,
    /// Behind all literals of the expression.
    AtEnd,
    Anywhere,
}

fn line_end(hir: &Hir) -> LineEnd {
    let if_any = |any| {
        if any {
            LineEnd::AtEnd
        } else {
            LineEnd::Nowhere
        }
    };
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => LineEnd::Nowhere,
        HirKind::Literal(literal) => match memchr::memchr(b'\n', &literal.0) {
            Some(at) if at + 1 < literal.0.len() => LineEnd::Anywhere,
            found => if_any(found.is_some()),
        },
        HirKind::Class(Class::Bytes(class)) => if_any(
            class
                .ranges()
                .iter()
                .any(|range| (range.start()..=range.end()).contains(&b'\n')),
        ),
        HirKind::Class(Class::Unicode(_)) => LineEnd::Anywhere,
        HirKind::Capture(capture) => line_end(&capture.sub),
        HirKind::Repetition(repetition) => match (repetition.sub.kind(), line_end(&repetition.sub))
        {
            (HirKind::Class(_), end) => end,
            (_, LineEnd::Nowhere) => LineEnd::Nowhere,
            _ => LineEnd::Anywhere,
        },
        HirKind::Alternation(parts) => {
            let ends = parts.iter().map(line_end);
            ends.max().unwrap_or(LineEnd::Nowhere)
        }
        HirKind::Concat(parts) => {
            let first = parts
                .iter()
                .position(|part| line_end(part) != LineEnd::Nowhere);
            match first {
                None => LineEnd::Nowhere,
                Some(at) if at + 1 == parts.len() => line_end(&parts[at]),
                Some(_) => LineEnd::Anywhere,
            }
        }
    }
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
        HirKind::Empty | HirKind::Look(_) => Needed::exactly(vec![Literal::exact(b"")]),
        HirKind::Literal(literal) => Needed::exactly(vec![Literal::exact(&literal.0)]),
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
            .map(|byte| Literal::exact(&[byte]))
            .collect()
    })
}

fn concat(parts: &[Hir]) -> Needed {
    let empty = || vec![Literal::exact(b"")];
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
    let mut members: Set = parts.collect::<Option<Vec<Set>>>()?.concat();
    members.sort();
    members.dedup();
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

/// How often a set is come upon, the rarest first.
fn score(set: &Set) -> Reverse<u64> {
    // Short texts are looked for in another way, which costs more; and the table says less about them.
    let penalty = |length: usize| match length {
        0..4 => 16,
        4..7 => 8,
        _ => 0,
    };
    let found = |literal: &Literal| {
        let common = of_text(&literal.bytes) >> 16;
        common.saturating_mul(1 << penalty(literal.bytes.len()))
    };
    Reverse(set.iter().map(found).fold(0, u64::saturating_add))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(regex: &str) -> Vec<Vec<String>> {
        let shown = |literal: Literal| {
            String::from_utf8(literal.bytes).expect("text") + if literal.fold { "/i" } else { "" }
        };
        let mut sets: Vec<Vec<String>> = of_regex(regex)
            .concat()
            .concat()
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
        assert_eq!(of("a|b.*c?"), [["a"], ["b"]]);
        assert_eq!(of("x(?:a|b.*c?)"), [vec!["a", "b"], vec!["x"]]);
        assert_eq!(of(r"\w+ [a-z]*"), [[" "]]);
        let either = of_regex("x*|y");
        assert_eq!((either.len(), &either[0]), (2, &Vec::new()));
    }

    #[test]
    fn what_stays_within_a_line_has_to_be_on_one() {
        let near = |regex: &str| -> Vec<(usize, usize)> {
            let condition = Condition {
                field: Field::Text,
                test: Test::Regex(regex.into()),
            };
            let needs = needs(&[condition], &Expressions::default()).into_iter();
            needs
                .map(|need| (need.near.len(), need.others.len()))
                .collect()
        };
        assert_eq!(near("abc .* def"), [(1, 0)]);
        assert_eq!(near(r"abc\s+def"), [(0, 1)]);
        assert_eq!(near(r"abc[^x]def.+ghi"), [(1, 1)]);
        assert_eq!(near(r"abc.+(?: def\s| ghi(?:[^x]|$))"), [(1, 0)]);
        assert_eq!(near("(?s)abc.*def"), [(0, 1)]);
        assert_eq!(near("abc.*def|ghi"), [(1, 0), (0, 0)]);
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
        let conditions = [
            condition("level", Test::AtLeast("error".into())),
            condition("node", Test::Equals("node-1".into())),
            condition("status_code", Test::Equals("503".into())),
            condition(
                "msg",
                Test::Equals("could not retrieve cluster config from api".into()),
            ),
        ];
        let [need] = &needs(&conditions, &Expressions::default())[..] else {
            panic!("one way");
        };
        let texts: Vec<_> = [&need.key]
            .into_iter()
            .chain(&need.others)
            .map(|set| String::from_utf8_lossy(&set[0].bytes).into_owned())
            .collect();
        assert_eq!(texts, ["could not retrieve cluster config from api", "503"]);
    }
}
