//! A cause as a conjunction: clauses bind and compare variables, and are true, false or unknown.
//!
//! A clause about a fact is true where a fact fits. It is false where what was collected says otherwise: a complete
//! listing has no such fact, or the one fact that there can be has other values. Everything else is unknown.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::derived::{Answer, Derived};
use super::relation::{Place, Relations, Row};
use super::symptom::{Symptom, Value};
use crate::catalog::{Cause, Clause, Comparison, Subject, Sureness, Term, Test};

/// Ways to bind the variables of one cause to one symptom; what is beyond is not followed.
const MAX_WAYS: usize = 64;
/// How long before a finding another one may have been that caused it, in microseconds.
const NEAR: i64 = 60 * 60 * 1_000_000;

/// What a variable stands for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Bound {
    /// This.
    To(String),
    /// Something that nothing tells; why.
    Unknown(String),
}

/// One way in which a cause fits a symptom, or does not.
#[derive(Clone, Debug)]
pub(super) struct Way {
    /// What the variables stand for.
    pub(super) bound: BTreeMap<String, Bound>,
    /// The symptoms that it explains, the first one first.
    pub(super) symptoms: Vec<usize>,
    /// What shows it.
    pub(super) evidence: Vec<Shown>,
    /// Clauses that cannot be told, and why.
    pub(super) unknown: Vec<(usize, String)>,
    /// Facts that were found.
    pub(super) facts: usize,
    /// The clause that is false, and the fact that says so.
    pub(super) contradicted: Option<(usize, Option<Row>)>,
}

/// A fact that makes a clause true.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    pub(super) kind: Cow<'static, str>,
    pub(super) place: Place,
    /// What it shows, in words, where the fact says it.
    pub(super) says: Option<String>,
}

impl Shown {
    fn of(row: Row) -> Option<Self> {
        let says = row.get("says").map(str::to_owned);
        Some(Self {
            kind: row.kind,
            place: row.place?,
            says,
        })
    }
}

/// The outcome of one clause.
enum Truth {
    True(Vec<(BTreeMap<String, Bound>, Option<Row>)>),
    False(Option<Row>),
    Unknown(String),
}

/// Everything that clauses are compared with.
pub(super) struct World<'a> {
    pub(super) symptoms: &'a [Symptom],
    pub(super) relations: &'a Relations,
    pub(super) derived: &'a Derived<'a>,
}

impl World<'_> {
    /// All ways in which `cause` fits the symptom `at`, and those in which evidence speaks against it.
    pub(super) fn ways(&self, cause: &Cause, at: usize) -> Vec<Way> {
        let mut clauses = cause.when.iter().enumerate();
        let Some((_, first)) = clauses.next() else {
            return Vec::new();
        };
        let Some(bound) = self.finding(first, &BTreeMap::new(), at) else {
            return Vec::new();
        };
        let start = Way {
            bound,
            symptoms: vec![at],
            evidence: Vec::new(),
            unknown: Vec::new(),
            facts: 0,
            contradicted: None,
        };
        let mut ways = vec![start];
        for (index, clause) in clauses {
            ways = ways
                .into_iter()
                .flat_map(|way| self.follow(way, index, clause))
                .take(MAX_WAYS)
                .collect();
        }
        ways
    }

    fn follow(&self, way: Way, index: usize, clause: &Clause) -> Vec<Way> {
        if way.contradicted.is_some() {
            return vec![way];
        }
        if clause.subject == Subject::Finding {
            return self.also(&way, clause);
        }
        match self.truth(&way, clause) {
            Truth::True(found) => found
                .into_iter()
                // Of further evidence one piece is enough.
                .take(if clause.optional { 1 } else { MAX_WAYS })
                .map(|(bound, row)| {
                    let mut next = Way {
                        bound,
                        facts: way.facts + usize::from(!clause.optional),
                        ..way.clone()
                    };
                    next.evidence.extend(row.and_then(Shown::of));
                    next
                })
                .collect(),
            Truth::False(_) if clause.optional => vec![way],
            Truth::False(row) => vec![Way {
                contradicted: Some((index, row)),
                ..way
            }],
            Truth::Unknown(_) if clause.optional || clause.if_unknown.is_none() => vec![way],
            Truth::Unknown(_) if clause.if_unknown == Some(Sureness::None) => Vec::new(),
            Truth::Unknown(why) => {
                let mut next = way;
                next.unknown.push((index, why));
                vec![next]
            }
        }
    }

    /// Further findings: each one that fits is a way; without one the cause is not considered.
    fn also(&self, way: &Way, clause: &Clause) -> Vec<Way> {
        let others = (0..self.symptoms.len()).filter(|at| !way.symptoms.contains(at));
        let fitting: Vec<Way> = others
            .filter(|at| self.is_near(way.symptoms[0], *at))
            .filter_map(|at| {
                let bound = self.finding(clause, &way.bound, at)?;
                let mut symptoms = way.symptoms.clone();
                symptoms.push(at);
                Some(Way {
                    bound,
                    symptoms,
                    ..way.clone()
                })
            })
            .take(MAX_WAYS)
            .collect();
        if fitting.is_empty() && clause.optional {
            return vec![way.clone()];
        }
        fitting
    }

    /// Whether `other` may have caused `at`: it began before the last of `at`, and was seen within [`NEAR`] of its
    /// first. What has no time is not told apart.
    fn is_near(&self, at: usize, other: usize) -> bool {
        let (at, other) = (&self.symptoms[at].group, &self.symptoms[other].group);
        let (Some(first), Some(last)) = (at.first, at.last) else {
            return true;
        };
        let (Some(began), Some(ended)) = (other.first, other.last) else {
            return true;
        };
        began <= last && ended >= first - NEAR
    }

    /// The variables after the symptom `at` fits a clause.
    fn finding(
        &self,
        clause: &Clause,
        bound: &BTreeMap<String, Bound>,
        at: usize,
    ) -> Option<BTreeMap<String, Bound>> {
        let symptom = &self.symptoms[at];
        let mut bound = bound.clone();
        for (field, term) in &clause.wanted {
            if field == "tag" || field == "tags" {
                let Term::Test(test) = term else { return None };
                if !test.holds_for_any(&symptom.group.tags) {
                    return None;
                }
                continue;
            }
            let value = symptom.value(field);
            if let Term::Test(test) | Term::As(_, test) = term {
                match &value {
                    Value::Known(value) if holds(test, Some(value)) => {}
                    Value::Absent if holds(test, None) => {}
                    _ => return None,
                }
            }
            match term {
                Term::Test(_) => {}
                Term::Not(name) => match (&value, bound.get(name)) {
                    (Value::Known(value), Some(Bound::To(other))) if value != other => {}
                    _ => return None,
                },
                Term::Variable(name) | Term::As(name, _) => match (value, bound.get(name)) {
                    (Value::Known(value), None) => {
                        bound.insert(name.clone(), Bound::To(value));
                    }
                    (Value::Unknown(why), None) => {
                        bound.insert(name.clone(), Bound::Unknown(why));
                    }
                    (Value::Known(value), Some(Bound::To(known))) if value == *known => {}
                    // Who is not known is nobody.
                    _ => return None,
                },
            }
        }
        Some(bound)
    }

    fn truth(&self, way: &Way, clause: &Clause) -> Truth {
        let Subject::Fact(kind) = &clause.subject else {
            return Truth::Unknown(String::new());
        };
        let truth = match self.derived.ask(kind, &self.symptoms[way.symptoms[0]]) {
            Some(Answer::Unknown(why)) => Truth::Unknown(why),
            Some(Answer::Row(row)) => among(&[row], clause, way, kind, None),
            None => self.stored(way, clause, kind),
        };
        if !clause.negated {
            return truth;
        }
        match truth {
            Truth::True(found) => Truth::False(found.into_iter().find_map(|(_, row)| row)),
            Truth::False(row) => Truth::True(vec![(way.bound.clone(), row)]),
            unknown @ Truth::Unknown(_) => unknown,
        }
    }

    fn stored(&self, way: &Way, clause: &Clause, kind: &str) -> Truth {
        if let Some(why) = clause
            .wanted
            .iter()
            .find_map(|(_, term)| undecided(term, way))
        {
            return Truth::Unknown(why);
        }
        let node = clause
            .wanted
            .iter()
            .find(|(field, _)| field == "node")
            .and_then(|(_, term)| match term {
                Term::Variable(name) | Term::As(name, _) => match way.bound.get(name) {
                    Some(Bound::To(node)) => Some(node.as_str()),
                    _ => None,
                },
                Term::Test(Test::Equals(node)) => Some(node.as_str()),
                _ => None,
            });
        let listing = self
            .relations
            .listings(kind, node)
            .find(|listing| listing.scope.is_empty() || kind == "socket");
        let listing = listing.map(|listing| Row {
            kind: Cow::Owned(kind.to_owned()),
            node: listing.node.clone(),
            fields: Vec::new(),
            place: Some(listing.place.clone()),
        });
        among(self.relations.rows(kind), clause, way, kind, listing)
    }
}

/// Why a term cannot be compared: its variable stands for something that nothing tells.
fn undecided(term: &Term, way: &Way) -> Option<String> {
    let (Term::Variable(name) | Term::Not(name) | Term::As(name, _)) = term else {
        return None;
    };
    match way.bound.get(name) {
        Some(Bound::Unknown(why)) => Some(why.clone()),
        _ => None,
    }
}

/// Compares rows with a clause; `listing` stands for all of them, if they are complete.
fn among(rows: &[Row], clause: &Clause, way: &Way, kind: &str, listing: Option<Row>) -> Truth {
    let mut fitting = Vec::new();
    let mut against = None;
    for row in rows {
        match fits(row, clause, way) {
            Fit::Yes(bound) => fitting.push((bound, Some(row.clone()))),
            Fit::Otherwise if against.is_none() && is_the_one(row, clause, way, kind) => {
                against = Some(row.clone());
            }
            Fit::Otherwise | Fit::Another => {}
        }
        if fitting.len() >= MAX_WAYS {
            break;
        }
    }
    match (fitting.is_empty(), against, listing) {
        (false, ..) => Truth::True(fitting),
        (true, Some(row), _) | (true, None, Some(row)) => Truth::False(Some(row)),
        (true, None, None) => {
            Truth::Unknown(format!("{} was not collected", super::phrase(kind, way)))
        }
    }
}

enum Fit {
    Yes(BTreeMap<String, Bound>),
    /// All variables fit, but a condition does not hold.
    Otherwise,
    /// It is about something else.
    Another,
}

fn fits(row: &Row, clause: &Clause, way: &Way) -> Fit {
    let mut bound = way.bound.clone();
    let mut holding = true;
    for (field, term) in &clause.wanted {
        let value = row.get(field);
        if let Term::Test(test) | Term::As(_, test) = term {
            holding &= holds(test, value);
        }
        match term {
            Term::Test(_) => {}
            Term::Not(name) => {
                holding &= matches!((value, bound.get(name)), (Some(value), Some(Bound::To(other))) if value != other);
            }
            Term::Variable(name) | Term::As(name, _) => match (value, bound.get(name)) {
                (Some(value), None) => {
                    bound.insert(name.clone(), Bound::To(value.to_owned()));
                }
                (Some(value), Some(Bound::To(known))) if value == known => {}
                // A fact that can only be one of its kind is compared, not passed over.
                _ if !is_key(field, &row.kind) => holding = false,
                _ => return Fit::Another,
            },
        }
    }
    if holding {
        Fit::Yes(bound)
    } else {
        Fit::Otherwise
    }
}

fn is_key(field: &str, kind: &str) -> bool {
    let keys = Relations::keys(kind);
    keys.is_empty() || keys.contains(&field)
}

/// Whether the clause names all fields that tell rows of this kind apart, so that this row is the only one.
fn is_the_one(row: &Row, clause: &Clause, way: &Way, kind: &str) -> bool {
    let keys = Relations::keys(kind);
    !keys.is_empty() && keys.iter().all(|key| {
        let term = clause.wanted.iter().find(|(field, _)| field == key).map(|(_, term)| term);
        match term {
            Some(Term::Variable(name) | Term::As(name, _)) => matches!((way.bound.get(name), row.get(key)), (Some(Bound::To(known)), Some(value)) if known == value),
            Some(Term::Test(Test::Equals(wanted))) => row.is(key, wanted),
            _ => false,
        }
    })
}

/// Whether a condition holds for a value.
fn holds(test: &Test, value: Option<&str>) -> bool {
    let with = |holds: &dyn Fn(&str) -> bool| value.is_some_and(holds);
    match test {
        Test::Equals(wanted) => with(&|value| value == wanted),
        Test::Contains(part) => with(&|value| value.contains(part.as_str())),
        Test::StartsWith(part) => with(&|value| value.starts_with(part.as_str())),
        Test::EndsWith(part) => with(&|value| value.ends_with(part.as_str())),
        Test::Regex(text) => with(&|value| {
            let regex = regex::bytes::RegexBuilder::new(text).unicode(false).build();
            regex.is_ok_and(|regex| regex.is_match(value.as_bytes()))
        }),
        Test::AnyOf(tests) => tests.iter().any(|test| holds(test, value)),
        Test::AllOf(tests) => tests.iter().all(|test| holds(test, value)),
        Test::Number(comparison, number) => with(&|value| {
            value.parse::<f64>().is_ok_and(|value| match comparison {
                Comparison::Gt => value > *number,
                Comparison::Gte => value >= *number,
                Comparison::Lt => value < *number,
                Comparison::Lte => value <= *number,
            })
        }),
        Test::Exists(wanted) => value.is_some() == *wanted,
        Test::Not(test) => !holds(test, value),
        // Levels and globs are of log records.
        Test::AtLeast(_) | Test::Glob(_) | Test::Jq(_) => false,
    }
}
