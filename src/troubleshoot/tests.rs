//! Specs and bundles as tests write them.

mod cluster;
mod hostile;
mod hosts;
mod oracle;
mod specs;
mod workloads;

use std::collections::BTreeMap;

use super::{Files, Outcome, Spec, Verdict, decode};

/// Entries of a bundle.
#[derive(Default)]
struct Memory(BTreeMap<String, Vec<u8>>);

impl Memory {
    fn new(entries: &[(&str, &str)]) -> Self {
        let entry =
            |(path, content): &(&str, &str)| ((*path).to_owned(), content.as_bytes().to_vec());
        Self(entries.iter().map(entry).collect())
    }
}

impl Files for Memory {
    fn paths(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        Box::new(self.0.keys().map(String::as_str))
    }

    fn read(&self, path: &str) -> Option<&[u8]> {
        self.0.get(path).map(Vec::as_slice)
    }

    fn collected_at(&self) -> Option<jiff::Timestamp> {
        "2025-06-01T00:00:00Z".parse().ok()
    }
}

/// The one spec with this analyzer; `host` is whether it is of hosts.
fn spec_of(analyzer: &str, host: bool) -> Spec {
    let list = if host { "hostAnalyzers" } else { "analyzers" };
    let text = format!(
        "apiVersion: troubleshoot.sh/v1beta2\nkind: SupportBundle\nspec:\n  {list}:\n    - {}\n",
        analyzer.trim().replace('\n', "\n      ")
    );
    let (mut specs, problems) = decode(&text);
    assert_eq!(problems, [], "{text}");
    specs.pop().expect("a spec")
}

/// What an analyzer concludes: `Fail|title|message`, or `error`.
fn concluded(analyzer: &str, host: bool, entries: &[(&str, &str)]) -> Vec<String> {
    let spec = spec_of(analyzer, host);
    let files = Memory::new(entries);
    for path in files.paths() {
        assert!(
            spec.analyzers[0].wants(path),
            "{analyzer} does not want {path}"
        );
    }
    match spec.analyzers[0].evaluate(&files) {
        Ok(outcomes) => outcomes.iter().map(shown).collect(),
        Err(_) => vec!["error".to_owned()],
    }
}

fn shown(outcome: &Outcome) -> String {
    let verdict = match outcome.result {
        Verdict::Fail => "Fail",
        Verdict::Warn => "Warn",
        Verdict::Pass => "Pass",
    };
    format!("{verdict}|{}|{}", outcome.title, outcome.message)
}

/// An analyzer with outcomes `fail` on a condition and `pass` else.
fn with_outcomes(head: &str, when: &str) -> String {
    format!(
        "{head}\n  outcomes:\n    - fail: {{when: '{when}', message: bad}}\n    - pass: {{message: good}}"
    )
}
