//! All texts of a report that come out of a bundle, for whoever has to change them: to mask secrets, say.

use std::collections::BTreeSet;

use super::{AskFor, Confirm, Diagnosis, Evidence, Finding, Named, Report, RuledOut};

/// Changes one text.
type Visit<'v> = &'v mut dyn FnMut(&mut String);

impl Report {
    /// The names of all machines in the report.
    pub fn node_names(&self) -> BTreeSet<&str> {
        fn of(evidence: &[Evidence]) -> impl Iterator<Item = &str> {
            evidence
                .iter()
                .filter_map(|evidence| evidence.node.as_deref())
        }
        let mut names: BTreeSet<&str> = self.bundle.nodes.iter().map(String::as_str).collect();
        for diagnosis in &self.diagnoses {
            names.extend(diagnosis.nodes.iter().map(String::as_str));
            names.extend(of(&diagnosis.evidence));
        }
        for finding in &self.findings {
            names.extend(finding.nodes.iter().map(String::as_str));
            names.extend(of(&finding.evidence));
        }
        for error in &self.unexplained {
            names.extend(error.nodes.iter().map(String::as_str));
        }
        names.extend(self.facts.iter().filter_map(|fact| fact.node.as_deref()));
        names.extend(self.logs.iter().filter_map(|log| log.node.as_deref()));
        names.extend(
            self.clocks
                .iter()
                .filter_map(|anchor| anchor.node.as_deref()),
        );
        names
    }

    /// Hands every text to `visit` that holds, or may hold, something from the bundle or its name, in the order of the report. Where
    /// that changes a quoted line, its column follows.
    pub fn for_each_text(&mut self, visit: Visit<'_>) {
        self.command.iter_mut().for_each(&mut *visit);
        visit(&mut self.bundle.path);
        self.bundle.nodes.iter_mut().for_each(&mut *visit);
        for diagnosis in &mut self.diagnoses {
            of_diagnosis(diagnosis, visit);
        }
        for finding in &mut self.findings {
            of_finding(finding, visit);
        }
        for result in &mut self.analysis {
            visit(&mut result.title);
            visit(&mut result.message);
            visit(&mut result.uri);
            result.object.iter_mut().for_each(&mut *visit);
        }
        for error in &mut self.unexplained {
            visit(&mut error.template);
            error.nodes.iter_mut().for_each(&mut *visit);
            visit(&mut error.example.entry);
            visit(&mut error.example.text);
        }
        for fact in &mut self.facts {
            fact.node.iter_mut().for_each(&mut *visit);
            fact.inside.iter_mut().for_each(&mut *visit);
            visit(&mut fact.entry);
            values(&mut fact.fields, visit);
        }
        for log in &mut self.logs {
            visit(&mut log.entry);
            let places = [
                &mut log.node,
                &mut log.unit,
                &mut log.namespace,
                &mut log.pod,
                &mut log.container,
            ];
            places.into_iter().flatten().for_each(&mut *visit);
        }
        for anchor in &mut self.clocks {
            anchor.node.iter_mut().for_each(&mut *visit);
            visit(&mut anchor.value);
            visit(&mut anchor.entry);
        }
        for warning in &mut self.not_checked {
            visit(&mut warning.entry);
            visit(&mut warning.detail);
        }
    }
}

fn of_diagnosis(diagnosis: &mut Diagnosis, visit: Visit<'_>) {
    visit(&mut diagnosis.title);
    visit(&mut diagnosis.why);
    diagnosis.nodes.iter_mut().for_each(&mut *visit);
    values(&mut diagnosis.bindings, visit);
    visit(&mut diagnosis.cause);
    advice(&mut diagnosis.confirm, &mut diagnosis.remediation, visit);
    for evidence in &mut diagnosis.evidence {
        of_evidence(evidence, visit);
    }
    doubts(&mut diagnosis.ruled_out, &mut diagnosis.ask_for, visit);
}

fn of_finding(finding: &mut Finding, visit: Visit<'_>) {
    visit(&mut finding.title);
    finding.nodes.iter_mut().for_each(&mut *visit);
    for captures in &mut finding.captures {
        values(&mut captures.values, visit);
        captures.nodes.iter_mut().for_each(&mut *visit);
    }
    for evidence in &mut finding.evidence {
        of_evidence(evidence, visit);
    }
    for cause in &mut finding.possible_causes {
        visit(&mut cause.title);
    }
    doubts(&mut finding.ruled_out, &mut finding.ask_for, visit);
    visit(&mut finding.cause);
    advice(&mut finding.confirm, &mut finding.remediation, visit);
}

fn advice(confirm: &mut [Confirm], remediation: &mut [String], visit: Visit<'_>) {
    for step in confirm {
        visit(&mut step.run);
        step.on.iter_mut().for_each(&mut *visit);
        step.expect.iter_mut().for_each(&mut *visit);
    }
    remediation.iter_mut().for_each(visit);
}

fn doubts(ruled_out: &mut [RuledOut], ask_for: &mut [AskFor], visit: Visit<'_>) {
    for cause in ruled_out {
        visit(&mut cause.title);
        visit(&mut cause.why);
        if let Some(evidence) = &mut cause.evidence {
            of_evidence(evidence, visit);
        }
    }
    for ask in ask_for {
        visit(&mut ask.run);
        ask.on.iter_mut().for_each(&mut *visit);
        visit(&mut ask.why);
    }
}

fn of_evidence(evidence: &mut Evidence, visit: Visit<'_>) {
    visit(&mut evidence.entry);
    evidence.node.iter_mut().for_each(&mut *visit);
    evidence.shows.iter_mut().for_each(&mut *visit);
    let before = usize::try_from(evidence.column)
        .unwrap_or(1)
        .saturating_sub(1);
    let mut head: String = evidence.text.chars().take(before).collect();
    visit(&mut evidence.text);
    visit(&mut head);
    // Where the change lies across the column, the line as a whole is what is left to show.
    evidence.column = if evidence.text.starts_with(&head) {
        head.chars().count() as u64 + 1
    } else {
        1
    };
}

fn values(named: &mut [Named], visit: Visit<'_>) {
    named.iter_mut().for_each(|named| visit(&mut named.value));
}
