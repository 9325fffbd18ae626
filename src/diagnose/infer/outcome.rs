//! What fits, put into words: diagnoses, what was ruled out, what to ask for.

use std::collections::{BTreeMap, BTreeSet};

use super::Notes;
use super::relation::{Place, Row};
use super::solve::{Shown, Way};
use super::symptom::Symptom;
use super::template::Values;
use crate::catalog::{Cause, Severity, Subject, Sureness};
use crate::diagnose::tally::Tally;
use crate::report::plural::plural;
use crate::report::rank;
use crate::report::{
    AskFor, Confidence, Confirm, Diagnosis, Evidence, Explained, Link, Named, PossibleCause,
    RuledOut,
};
use crate::text::printable_str;

/// The facts are of the end of the bundle; a failure that much earlier may have had another cause.
const STALE_MINUTES: i64 = 60;

/// A cause that fits a symptom.
#[derive(Debug)]
pub(super) struct Candidate<'c> {
    pub(super) cause: &'c Cause,
    pub(super) way: Way,
    pub(super) sureness: Sureness,
    /// Why it is not surer.
    doubts: Vec<String>,
}

impl<'c> Candidate<'c> {
    pub(super) fn new(cause: &'c Cause, way: Way, symptom: &Symptom) -> Self {
        let mut doubts: Vec<String> = way.unknown.iter().map(|(_, why)| why.clone()).collect();
        let weights = way
            .unknown
            .iter()
            .filter_map(|missing| cause.when[missing.0].if_unknown);
        let mut sureness = weights
            .min()
            .unwrap_or(Sureness::Confirmed)
            .min(cause.at_most);
        if way.unknown.len() > 1 {
            sureness = sureness.min(Sureness::Possible);
        }
        let stale = symptom
            .age_minutes
            .filter(|age| *age > STALE_MINUTES && !symptom.group.recovered);
        if let Some(age) = stale {
            doubts.push(format!("the last of it was {} before the end of the bundle, and what was collected is of the end", duration(age)));
            // What was not sure then is no more than one of several possibilities.
            sureness = match sureness {
                Sureness::Confirmed => Sureness::Likely,
                other => other.min(Sureness::None),
            };
        }
        let needs_facts = cause
            .when
            .iter()
            .any(|clause| clause.subject != Subject::Finding && !clause.optional);
        if needs_facts && way.facts == 0 {
            sureness = Sureness::None;
        }
        Self {
            cause,
            way,
            sureness,
            doubts,
        }
    }

    fn confidence(&self) -> Confidence {
        match self.sureness {
            Sureness::Confirmed => Confidence::Confirmed,
            Sureness::Likely => Confidence::Likely,
            Sureness::Possible | Sureness::None => Confidence::Possible,
        }
    }
}

fn duration(minutes: i64) -> String {
    let (amount, unit) = match minutes {
        0..120 => (minutes, "minute"),
        120..2_880 => (minutes / 60, "hour"),
        _ => (minutes / 1_440, "day"),
    };
    plural(amount.unsigned_abs(), unit)
}

/// Writes what was found out.
pub(super) struct Writer<'a> {
    pub(super) tally: &'a Tally,
    pub(super) symptoms: &'a [Symptom],
    pub(super) max_evidence: usize,
}

impl Writer<'_> {
    fn values<'w>(&self, ways: impl IntoIterator<Item = &'w Way>) -> Values {
        let mut values = Values::default();
        for way in ways {
            way.symptoms
                .iter()
                .for_each(|at| values.add(&way.bound, &self.symptoms[*at]));
        }
        values
    }

    fn quote(&self, role: &str, place: &Place) -> Evidence {
        let entry = &self.tally.entries[place.entry.index()];
        Evidence {
            entry: printable_str(entry.origin.as_str()).into_owned(),
            line: place.line,
            time: None,
            time_source: None,
            node: None,
            text: printable_str(&place.text).into_owned(),
            column: 1,
            role: role.to_owned(),
            shows: None,
        }
    }

    /// The causes that evidence speaks against, for one symptom.
    pub(super) fn ruled_out(&self, at: usize, contradicted: &[(&Cause, Way)]) -> Vec<RuledOut> {
        let mut ruled_out = Vec::new();
        for (cause, way) in contradicted {
            let Some((clause, row)) = &way.contradicted else {
                continue;
            };
            // A clause that has nothing to say of it is too far off to be worth a word.
            let Some(text) = &cause.when[*clause].otherwise else {
                continue;
            };
            let mut values = Values::default();
            values.add(&way.bound, &self.symptoms[at]);
            let title = values.fill(&cause.title);
            // What the fact says goes before what the symptom says.
            let fact = row.iter().flat_map(|row: &Row| &row.fields);
            fact.for_each(|(name, value)| values.replace(name, value));
            let why = values.fill(text);
            let place = row.as_ref().and_then(|row| row.place.as_ref());
            let evidence = place.map(|place| self.quote("counter-evidence", place));
            let one = RuledOut {
                id: cause.id.clone(),
                title,
                why,
                evidence,
            };
            if !ruled_out.contains(&one) {
                ruled_out.push(one);
            }
        }
        ruled_out
    }

    /// Causes that would fit, each once.
    pub(super) fn possible(&self, candidates: &[Candidate<'_>]) -> Vec<PossibleCause> {
        let mut alike: BTreeMap<(&str, Vec<String>), Vec<&Candidate<'_>>> = BTreeMap::new();
        for candidate in candidates {
            alike
                .entry((&candidate.cause.id, self.group(candidate)))
                .or_default()
                .push(candidate);
        }
        let titles = alike.into_values().map(|candidates| {
            let values = self.values(candidates.iter().map(|candidate| &candidate.way));
            let cause = candidates[0].cause;
            PossibleCause {
                id: cause.id.clone(),
                title: values.fill(&cause.title),
            }
        });
        titles.collect()
    }

    /// What would tell whether a cause is the one.
    pub(super) fn ask_for(&self, candidate: &Candidate<'_>) -> Vec<AskFor> {
        let values = self.values([&candidate.way]);
        let asked = candidate.way.unknown.iter().filter_map(|(at, why)| {
            let ask = candidate.cause.when[*at].ask_for.as_ref()?;
            Some(AskFor {
                run: values.fill_command(&ask.run),
                on: ask.on.as_ref().map(|on| values.fill(on)),
                why: why.clone(),
            })
        });
        asked.collect()
    }

    /// One diagnosis for each cause and title, or what else the cause groups by.
    pub(super) fn diagnoses(
        &self,
        chosen: Vec<Candidate<'_>>,
        notes: &BTreeMap<String, Notes>,
    ) -> Vec<Diagnosis> {
        let mut alike: BTreeMap<(String, Vec<String>), Vec<Candidate<'_>>> = BTreeMap::new();
        for candidate in chosen {
            let key = (candidate.cause.id.clone(), self.group(&candidate));
            alike.entry(key).or_default().push(candidate);
        }
        // The surest speaks for all of a group.
        let of_group = |candidate: &Candidate<'_>| std::cmp::Reverse(candidate.sureness);
        alike
            .values_mut()
            .for_each(|candidates| candidates.sort_by_key(of_group));
        let mut diagnoses: Vec<Diagnosis> = alike
            .values()
            .map(|candidates| self.diagnosis(candidates, notes))
            .collect();
        diagnoses.sort_by_cached_key(|diagnosis| {
            let explained: u64 = diagnosis
                .explains
                .iter()
                .map(|explained| explained.count)
                .sum();
            (
                rank(diagnosis.severity),
                std::cmp::Reverse(diagnosis.confidence),
                std::cmp::Reverse(explained),
                diagnosis.id.clone(),
                diagnosis.title.clone(),
            )
        });
        diagnoses
    }

    fn group(&self, candidate: &Candidate<'_>) -> Vec<String> {
        let values = self.values([&candidate.way]);
        match &candidate.cause.group_by[..] {
            [] => vec![values.fill(&candidate.cause.title)],
            names => names
                .iter()
                .map(|name| values.get(name).join(" "))
                .collect(),
        }
    }

    fn diagnosis(
        &self,
        candidates: &[Candidate<'_>],
        notes: &BTreeMap<String, Notes>,
    ) -> Diagnosis {
        let cause = candidates[0].cause;
        let values = self.values(candidates.iter().map(|candidate| &candidate.way));
        let symptoms: BTreeSet<usize> = candidates
            .iter()
            .flat_map(|candidate| candidate.way.symptoms.iter().copied())
            .collect();
        let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
        for at in &symptoms {
            let group = &self.symptoms[*at].group;
            *counts.entry(&group.id).or_default() += group.count;
        }
        let confidence = candidates[0].confidence();
        let mut ask_for = Vec::new();
        let asked = candidates
            .iter()
            .flat_map(|candidate| self.ask_for(candidate));
        asked.for_each(|ask| super::ask_once(&mut ask_for, ask));
        let mut ruled_out: Vec<RuledOut> = Vec::new();
        let considered = counts
            .keys()
            .filter_map(|id| notes.get(*id))
            .flat_map(|notes| &notes.ruled_out);
        super::extend_new(
            &mut ruled_out,
            considered.filter(|one| one.id != cause.id).cloned(),
        );
        let nodes = ["target", "node", "client"]
            .into_iter()
            .map(|name| values.get(name))
            .find(|nodes| !nodes.is_empty());
        let mut nodes = nodes.unwrap_or_default().to_vec();
        nodes.sort();
        Diagnosis {
            id: cause.id.clone(),
            title: values.fill(&cause.title),
            severity: self.severity(cause, &symptoms),
            confidence,
            why: why(candidates),
            nodes,
            bindings: bindings(&values),
            cause: values.fill_advice(&cause.cause),
            confirm: cause
                .confirm
                .iter()
                .map(|step| Confirm {
                    run: values.fill_command(&step.run),
                    on: step.on.as_ref().map(|on| values.fill(on)),
                    expect: step.expect.as_ref().map(|expect| values.fill(expect)),
                })
                .collect(),
            remediation: cause
                .remediation
                .iter()
                .map(|step| values.fill_advice(step))
                .collect(),
            links: cause
                .links
                .iter()
                .map(|link| Link {
                    title: link.title.clone(),
                    url: link.url.clone(),
                })
                .collect(),
            evidence: self.evidence(candidates, &symptoms),
            explains: counts
                .into_iter()
                .map(|(id, count)| Explained {
                    id: id.to_owned(),
                    count,
                })
                .collect(),
            ruled_out,
            ask_for,
        }
    }

    /// As bad as the worst of what it explains; what is only for information stays that.
    fn severity(&self, cause: &Cause, symptoms: &BTreeSet<usize>) -> &'static str {
        let explained = symptoms.iter().map(|at| &self.symptoms[*at].group);
        let standing = explained.filter(|group| !group.recovered);
        let worst = standing
            .map(|group| group.severity)
            .max()
            .unwrap_or(cause.severity);
        match cause.severity {
            Severity::Info => Severity::Info.as_str(),
            own => own.max(worst).as_str(),
        }
    }

    /// The facts in the order of the clauses, then a line of each symptom.
    fn evidence(&self, candidates: &[Candidate<'_>], symptoms: &BTreeSet<usize>) -> Vec<Evidence> {
        let mut shown: Vec<&Shown> = Vec::new();
        for one in candidates
            .iter()
            .flat_map(|candidate| &candidate.way.evidence)
        {
            if !shown.iter().any(|known| known.place == one.place) {
                shown.push(one);
            }
        }
        let room = self.max_evidence.max(1);
        let facts = shown.into_iter().take(2 * room).map(|shown| {
            let says = shown
                .says
                .as_deref()
                .map(|says| printable_str(says).into_owned());
            Evidence {
                shows: says,
                ..self.quote(&shown.kind, &shown.place)
            }
        });
        let lines = symptoms
            .iter()
            .filter_map(|at| self.symptoms[*at].group.evidence.clone());
        let mut lines: Vec<Evidence> = lines.take(room).collect();
        lines.sort_by(|a, b| (&a.entry, a.line).cmp(&(&b.entry, b.line)));
        facts.chain(lines).collect()
    }
}

fn why(candidates: &[Candidate<'_>]) -> String {
    let mut doubts: Vec<&str> = Vec::new();
    let surest = candidates
        .iter()
        .filter(|candidate| candidate.sureness == candidates[0].sureness);
    for doubt in surest.flat_map(|candidate| &candidate.doubts) {
        if !doubts.contains(&&**doubt) {
            doubts.push(doubt);
        }
    }
    let most = candidates[0].cause.at_most;
    match (doubts.is_empty(), candidates[0].sureness) {
        (true, Sureness::Confirmed) => {
            "everything that it takes was found in the bundle".to_owned()
        }
        (true, _) if most < Sureness::Confirmed => {
            "what was found fits, and other causes that no bundle shows fit as well".to_owned()
        }
        (true, _) => "what was found fits".to_owned(),
        (false, _) => format!(
            "what was found fits, but {}",
            doubts
                .iter()
                .take(3)
                .copied()
                .collect::<Vec<_>>()
                .join("; ")
        ),
    }
}

fn bindings(values: &Values) -> Vec<Named> {
    let single = values.iter().map(|(name, values)| Named {
        name: name.to_owned(),
        value: values.join(", "),
    });
    single.collect()
}
