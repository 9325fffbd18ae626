//! Findings joined with facts: which causes are shown, which are ruled out, and what is missing to tell.
//!
//! Every cause of the catalog is tried on every [`Symptom`](symptom::Symptom); [`solve`] gives the ways in which it fits or is
//! contradicted. Of the causes that fit a symptom the surest are its diagnoses. What speaks against the others is
//! kept with the finding, and so is what nothing was collected for.

mod book;
mod derived;
mod filters;
mod lookup;
mod machines;
mod outcome;
mod relation;
mod solve;
mod symptom;
mod template;

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::{Catalog, Cause, Sureness};
use crate::diagnose::tally::Tally;
use crate::report::{AskFor, Diagnosis, PossibleCause, RuledOut};

pub(super) use machines::Machines;
pub(super) use symptom::{Group, groups};
pub(super) use template::is_harmless;

use book::{Book, Target};
use derived::Derived;
use filters::Filters;
use outcome::{Candidate, Writer};
use relation::Relations;
use solve::{Way, World};
use symptom::Symptom;

/// What was inferred about the findings of one bundle.
#[derive(Debug, Default)]
pub(super) struct Inferred {
    /// The causes that are shown.
    pub(super) diagnoses: Vec<Diagnosis>,
    /// What is to be said of each finding, by its id.
    pub(super) notes: BTreeMap<String, Notes>,
}

/// What is to be said of a finding.
#[derive(Debug, Default)]
pub(super) struct Notes {
    /// Ids of diagnoses that explain some of it.
    pub(super) explained_by: BTreeSet<String>,
    /// Whether they explain all of it.
    pub(super) whole: bool,
    pub(super) ruled_out: Vec<RuledOut>,
    pub(super) possible: Vec<PossibleCause>,
    pub(super) ask_for: Vec<AskFor>,
}

/// Tries all causes on the groups of matches of one bundle; `end` is when it was collected.
pub(super) fn infer(
    catalog: &Catalog,
    tally: &Tally,
    machines: &Machines,
    groups: Vec<Group>,
    end: Option<i64>,
    max_evidence: usize,
) -> Inferred {
    let relations = Relations::new(tally, machines, catalog.asks_for("filter_rule"));
    let book = Book::new(&relations, machines);
    let filters = Filters::new(tally, machines, &relations);
    let derived = Derived {
        book: &book,
        relations: &relations,
        filters: &filters,
        decisions: RefCell::default(),
    };
    let symptoms: Vec<Symptom> = groups
        .into_iter()
        .map(|group| Symptom::new(group, &book, machines, end))
        .collect();
    let world = World {
        symptoms: &symptoms,
        relations: &relations,
        derived: &derived,
    };
    let writer = Writer {
        tally,
        symptoms: &symptoms,
        max_evidence,
    };
    let mut inferred = Inferred::default();
    let mut chosen: Vec<Candidate<'_>> = Vec::new();
    let mut undecided: BTreeMap<String, Vec<Candidate<'_>>> = BTreeMap::new();
    for (at, symptom) in symptoms.iter().enumerate() {
        let id = &symptom.group.id;
        let notes = inferred.notes.entry(id.clone()).or_default();
        let considered = consider(catalog, &world, at);
        let ruled_out = writer.ruled_out(at, &considered.contradicted);
        extend_new(&mut notes.ruled_out, ruled_out);
        let (diagnoses, possible) = choose(considered.candidates);
        if diagnoses.is_empty() {
            let asked = possible
                .iter()
                .flat_map(|candidate| writer.ask_for(candidate));
            let who = who_is(symptom).filter(|_| !possible.is_empty());
            asked
                .chain(who)
                .for_each(|ask| ask_once(&mut notes.ask_for, ask));
            undecided.entry(id.clone()).or_default().extend(possible);
        }
        chosen.extend(diagnoses);
    }
    for (id, possible) in undecided {
        if let Some(notes) = inferred.notes.get_mut(&id) {
            notes.possible = writer.possible(&possible);
        }
    }
    mark_explained(&mut inferred.notes, &symptoms, &chosen);
    inferred.diagnoses = writer.diagnoses(chosen, &inferred.notes);
    inferred
}

/// Notes for each finding which causes explain it, and whether they explain all of it.
fn mark_explained(
    notes: &mut BTreeMap<String, Notes>,
    symptoms: &[Symptom],
    chosen: &[Candidate<'_>],
) {
    let mut explained = BTreeSet::new();
    for candidate in chosen {
        for at in &candidate.way.symptoms {
            explained.insert(*at);
            if let Some(notes) = notes.get_mut(&symptoms[*at].group.id) {
                notes.explained_by.insert(candidate.cause.id.clone());
            }
        }
    }
    for (id, notes) in notes {
        let mut own = symptoms
            .iter()
            .enumerate()
            .filter(|(_, symptom)| symptom.group.id == *id);
        notes.whole = own.all(|(at, _)| explained.contains(&at));
    }
}

/// What was found out about one symptom.
struct Considered<'c> {
    candidates: Vec<Candidate<'c>>,
    contradicted: Vec<(&'c Cause, Way)>,
}

fn consider<'c>(catalog: &'c Catalog, world: &World<'_>, at: usize) -> Considered<'c> {
    let mut considered = Considered {
        candidates: Vec::new(),
        contradicted: Vec::new(),
    };
    let symptom = &world.symptoms[at];
    // What a container dials inside of itself no command of the machine shows.
    if matches!(symptom.target, Some(Target::Inside { .. })) {
        return considered;
    }
    for cause in catalog.causes() {
        // What healed is explained only by what says so.
        let mentions = |clause: &crate::catalog::Clause| {
            clause.wanted.iter().any(|(field, _)| field == "recovered")
        };
        if symptom.group.recovered && !cause.findings().any(mentions) {
            continue;
        }
        for way in world.ways(cause, at) {
            if way.contradicted.is_some() {
                considered.contradicted.push((cause, way));
            } else {
                considered
                    .candidates
                    .push(Candidate::new(cause, way, symptom));
            }
        }
    }
    // A cause that fits in one way is not ruled out by another way.
    let fits = |cause: &Cause| {
        considered
            .candidates
            .iter()
            .any(|candidate| candidate.cause.id == cause.id)
    };
    considered.contradicted.retain(|(cause, _)| !fits(cause));
    considered
}

/// The surest of the causes that fit, and those that remain possible besides.
fn choose(candidates: Vec<Candidate<'_>>) -> (Vec<Candidate<'_>>, Vec<Candidate<'_>>) {
    let best = candidates
        .iter()
        .map(|candidate| candidate.sureness)
        .max()
        .unwrap_or(Sureness::None);
    let taken: Vec<bool> = candidates
        .iter()
        .map(|candidate| {
            let surer = |other: &Candidate<'_>| {
                other.sureness > Sureness::None
                    && other.sureness >= candidate.sureness
                    && candidate.cause.yields(&other.cause.id)
            };
            candidates.iter().any(surer)
        })
        .collect();
    let mut standing: Vec<Candidate<'_>> = candidates
        .into_iter()
        .zip(taken)
        .filter(|(_, taken)| !taken)
        .map(|(candidate, _)| candidate)
        .collect();
    let causes: BTreeSet<&str> = standing
        .iter()
        .filter(|candidate| candidate.sureness == best)
        .map(|candidate| &*candidate.cause.id)
        .collect();
    // Several things that are merely possible are no diagnosis.
    if best <= Sureness::None || (best == Sureness::Possible && causes.len() > 1) {
        return (Vec::new(), standing);
    }
    let rest = standing
        .extract_if(.., |candidate| candidate.sureness < best)
        .collect();
    (standing, rest)
}

/// How to find out who was dialled.
fn who_is(symptom: &Symptom) -> Option<AskFor> {
    let Some(Target::Unknown(why)) = &symptom.target else {
        return None;
    };
    let host = symptom
        .capture("host")
        .filter(|host| template::is_harmless(host))?;
    if host.contains('*') {
        return None;
    }
    let run = match host.parse::<std::net::IpAddr>() {
        Ok(address) if address.is_loopback() => return None,
        Ok(_) => "ip -o addr; hostname".to_owned(),
        Err(_) => format!("getent hosts {host}"),
    };
    let on = if host.parse::<std::net::IpAddr>().is_ok() {
        format!("the machine with the address {host}")
    } else {
        template::client(symptom)
    };
    Some(AskFor {
        run,
        on: Some(on),
        why: why.clone(),
    })
}

/// The same output is asked for once, for the first reason.
fn ask_once(all: &mut Vec<AskFor>, ask: AskFor) {
    if !all
        .iter()
        .any(|known| (&known.run, &known.on) == (&ask.run, &ask.on))
    {
        all.push(ask);
    }
}

/// Adds what is not there yet, in the order in which it comes.
fn extend_new<T: PartialEq>(all: &mut Vec<T>, more: impl IntoIterator<Item = T>) {
    for item in more {
        if !all.contains(&item) {
            all.push(item);
        }
    }
}

/// What a kind of facts is called in a sentence.
fn phrase(kind: &str, way: &Way) -> String {
    let of = |what: &str| {
        let node =
            ["target", "node", "client"]
                .into_iter()
                .find_map(|name| match way.bound.get(name) {
                    Some(solve::Bound::To(node)) => Some(node.as_str()),
                    _ => None,
                });
        node.map_or_else(|| what.to_owned(), |node| format!("{what} of {node}"))
    };
    match kind {
        "socket" => of("the list of sockets"),
        "unit" => of("the list of units"),
        "disk" | "inode" => of("the output of df"),
        "memory" => of("the memory"),
        "clock" | "time_source" => of("the state of the clock"),
        "route" | "route_to" => of("the list of routes"),
        "neighbour" => of("the list of neighbours"),
        "nameserver" => of("resolv.conf"),
        "container" => of("the list of containers"),
        "pod" => "the list of pods".to_owned(),
        "service" | "endpoints" => "the list of endpoints".to_owned(),
        other => Cow::Borrowed(other).replace('_', " "),
    }
}
