//! Specs of troubleshoot on a bundle: a second walk that reads only what analyzers ask for.
//!
//! Which entries these are is known when all names and links are. Their contents are kept until the analyzers have
//! looked at them; logs are looked at one by one and not kept.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::sync::Arc;

use crate::bundle::{Bundle, Deferred, Entry, Limits, LinkKind, Memory, Reason, Visitor};
use crate::catalog::{AnalyzerSpec, Catalog};
use crate::diagnose::Tally;
use crate::location::{Links, Origin, Target};
use crate::report::{AnalyzerResult, Evidence, Finding, Link, Warning};
use crate::text::{printable, printable_str};
use crate::troubleshoot::{Analyzer, Files, Outcome, Verdict};

/// The most of an entry that is looked at.
const WHOLE: u64 = 64 << 20;

/// The most that is kept of all entries together.
const KEPT: usize = 64 << 20;

/// Messages that are part of a title.
const SHORT: usize = 100;

/// How deep in its archive a bundle may be.
const ROOT_DEPTH: usize = 2;

/// What analyzers concluded.
#[derive(Debug, Default)]
pub(super) struct Analysis {
    pub(super) results: Vec<AnalyzerResult>,
    pub(super) findings: Vec<Finding>,
    pub(super) not_checked: Vec<Warning>,
    /// The entries that were looked at, by the names that analyzers have for them.
    read: BTreeSet<String>,
}

/// Which entries are wanted, and by what names.
pub(super) struct Plan<'c> {
    catalog: &'c Catalog,
    /// The roots of the bundles of troubleshoot: `archive!folder/`.
    roots: Vec<String>,
    /// For each entry the roots and the paths from there by which analyzers want it.
    wanted: BTreeMap<String, Vec<(usize, String)>>,
    /// All paths of each root.
    paths: Vec<BTreeSet<String>>,
    /// Whether what is not there was not collected: the bundle is one of troubleshoot, and nothing of it is lost.
    whole: bool,
}

impl<'c> Plan<'c> {
    /// The plan for a bundle with these entries; `None` if there are no specs.
    pub(super) fn new(catalog: &'c Catalog, tally: &Tally) -> Option<Self> {
        if catalog.specs().is_empty() {
            return None;
        }
        let entries: Vec<&str> = tally
            .entries
            .iter()
            .map(|entry| entry.origin.as_str())
            .collect();
        let mut plan = Self {
            catalog,
            roots: roots(&entries),
            wanted: BTreeMap::new(),
            paths: Vec::new(),
            whole: entries.iter().any(|entry| is_version(entry))
                && !tally.not_checked.iter().any(Warning::is_loss),
        };
        plan.paths.resize_with(plan.roots.len(), BTreeSet::new);
        for entry in &entries {
            plan.want(entry, entry);
        }
        let mut links = Links::new(&tally.links, entries.iter().copied());
        for link in &tally.links {
            if let Target::Entry(target) = links.target(link) {
                plan.want(link.origin.as_str(), &target);
            }
        }
        Some(plan)
    }

    /// Notes the entry `target` if analyzers want it by `name`.
    fn want(&mut self, name: &str, target: &str) {
        for (at, root) in self.roots.iter().enumerate() {
            let Some(path) = name.strip_prefix(root.as_str()) else {
                continue;
            };
            if path.contains('!') {
                continue;
            }
            self.paths[at].insert(path.to_owned());
            if analyzers(self.catalog).any(|one| one.analyzer.wants(path)) {
                let wanted = self.wanted.entry(target.to_owned()).or_default();
                wanted.push((at, path.to_owned()));
            }
        }
    }

    /// Reads what is wanted and lets the analyzers look at it.
    pub(super) fn run(
        self,
        bundle: &Bundle,
        limits: &Limits,
        memory: &Arc<Memory>,
        collected_at: Option<&str>,
    ) -> Analysis {
        let mut keeper = Keeper {
            plan: &self,
            kept: BTreeMap::new(),
            size: 0,
            seen: BTreeMap::new(),
            read: BTreeSet::new(),
            not_checked: Vec::new(),
        };
        let walked = bundle.walk_with(limits, memory, &mut keeper);
        let mut analysis = Analysis::default();
        if let Err(error) = walked {
            analysis.not_checked.push(Warning {
                entry: bundle.name().to_owned(),
                reason: Warning::RULE,
                detail: format!("the analyzers of specs were not run: {error}"),
            });
            return analysis;
        }
        let Keeper {
            kept,
            mut seen,
            not_checked,
            read,
            ..
        } = keeper;
        analysis.not_checked = not_checked;
        analysis.read = read;
        for root in 0..self.roots.len() {
            let files = OfRoot {
                paths: &self.paths[root],
                kept: &kept,
                root,
                collected_at: collected_at.and_then(|time| time.parse().ok()),
            };
            for (index, one) in analyzers(self.catalog).enumerate() {
                let concluded = if one.analyzer.is_text() {
                    let seen = seen.remove(&(index, root)).unwrap_or_default();
                    of_text(one.analyzer, seen)
                } else {
                    let outcomes = one.analyzer.evaluate(&files);
                    outcomes.map(|outcomes| outcomes.into_iter().map(Quoted::bare).collect())
                };
                match concluded {
                    // What says nothing since there is nothing is told as well.
                    Ok(outcomes)
                        if outcomes.is_empty()
                            && !one.analyzer.exclude
                            && !one.analyzer.is_text()
                            && !self.paths[root].iter().any(|path| one.analyzer.wants(path)) =>
                    {
                        analysis.saw_nothing(&one);
                    }
                    Ok(outcomes) => {
                        analysis.add(&one, &self.roots[root], outcomes, self.whole);
                    }
                    Err(reason) => analysis.not_checked.push(Warning {
                        entry: one.spec.place(one.analyzer),
                        reason: Warning::RULE,
                        detail: printable_str(&format!(
                            "the analyzer `{}` of the {} could not be evaluated: {reason}",
                            one.analyzer.key, one.spec.spec.kind
                        ))
                        .into_owned(),
                    }),
                }
            }
        }
        analysis
    }
}

/// An analyzer and the id of its findings.
struct One<'c> {
    id: &'c str,
    spec: &'c AnalyzerSpec,
    analyzer: &'c Analyzer,
}

fn analyzers(catalog: &Catalog) -> impl Iterator<Item = One<'_>> {
    catalog.specs().iter().flat_map(|spec| {
        spec.spec
            .analyzers
            .iter()
            .zip(&spec.ids)
            .map(|(analyzer, id)| One { id, spec, analyzer })
    })
}

fn is_version(entry: &str) -> bool {
    entry.rsplit(['/', '!']).next() == Some("version.yaml")
}

/// The roots of the bundles of troubleshoot among entries of these names: where `version.yaml` is, or else the folder that
/// has everything.
fn roots(entries: &[&str]) -> Vec<String> {
    let mut roots = BTreeSet::new();
    for entry in entries {
        let Some(folder) = entry.strip_suffix("version.yaml") else {
            continue;
        };
        let path = folder.rsplit('!').next().unwrap_or(folder);
        let is_folder = folder.is_empty() || folder.ends_with(['/', '!']);
        if is_folder && path.matches('/').count() <= ROOT_DEPTH {
            roots.insert(folder.to_owned());
        }
    }
    // Of folders in each other the outer one is the bundle.
    let all = roots.clone();
    roots.retain(|root| {
        !all.iter().any(|other| {
            other != root && root.starts_with(other.as_str()) && !root[other.len()..].contains('!')
        })
    });
    if roots.is_empty() {
        let mut root = String::new();
        for _ in 0..ROOT_DEPTH {
            let first = entries.first().and_then(|entry| entry.strip_prefix(&*root));
            let Some((folder, _)) = first.and_then(|entry| entry.split_once('/')) else {
                break;
            };
            let deeper = format!("{root}{folder}/");
            if folder.contains('!') || !entries.iter().all(|entry| entry.starts_with(&*deeper)) {
                break;
            }
            root = deeper;
        }
        roots.insert(root);
    }
    roots.into_iter().collect()
}

/// An outcome, with the text of the line that it is about.
struct Quoted {
    outcome: Outcome,
    text: String,
}

impl Quoted {
    fn bare(outcome: Outcome) -> Self {
        Self {
            outcome,
            text: String::new(),
        }
    }
}

type Scanned = Result<Vec<Quoted>, String>;

/// Reads the entries that are wanted.
struct Keeper<'p, 'c> {
    plan: &'p Plan<'c>,
    /// Contents by root and path.
    kept: BTreeMap<(usize, String), Arc<[u8]>>,
    size: usize,
    /// What analyzers of text say of each file, by analyzer and root.
    seen: BTreeMap<(usize, usize), BTreeMap<String, Scanned>>,
    read: BTreeSet<String>,
    not_checked: Vec<Warning>,
}

impl Keeper<'_, '_> {
    fn beyond(&mut self, origin: &Origin, what: &str, limit: u64) {
        self.not_checked.push(Warning {
            entry: printable_str(origin.as_str()).into_owned(),
            reason: Reason::Limit.as_str(),
            detail: format!(
                "{what} more than {} MiB: analyzers do not see it",
                limit >> 20
            ),
        });
    }

    fn look(&mut self, origin: &Origin, content: &[u8]) {
        let mut shared: Option<Arc<[u8]>> = None;
        let mut lost = false;
        for (root, path) in &self.plan.wanted[origin.as_str()] {
            self.read
                .insert(format!("{}{path}", self.plan.roots[*root]));
            let mut keep = false;
            for (index, one) in analyzers(self.plan.catalog).enumerate() {
                if !one.analyzer.wants(path) {
                    continue;
                }
                if !one.analyzer.is_text() {
                    keep = true;
                    continue;
                }
                let outcomes = one.analyzer.scan(path, content);
                let quoted = outcomes.map(|outcomes| {
                    let quote = |outcome: Outcome| Quoted {
                        text: line_of(content, &outcome),
                        outcome,
                    };
                    outcomes.into_iter().map(quote).collect()
                });
                let seen = self.seen.entry((index, *root)).or_default();
                seen.insert(path.clone(), quoted);
            }
            if keep && shared.is_none() && self.size + content.len() > KEPT {
                lost = true;
            } else if keep {
                let kept = shared.get_or_insert_with(|| {
                    self.size += content.len();
                    content.into()
                });
                self.kept.insert((*root, path.clone()), Arc::clone(kept));
            }
        }
        if lost {
            self.beyond(origin, "the files for analyzers have", KEPT as u64);
        }
    }

    /// Text analyzers that want an entry which was not looked at have not seen everything.
    fn lose(&mut self, entry: &str) {
        for (root, path) in &self.plan.wanted[entry] {
            for (index, one) in analyzers(self.plan.catalog).enumerate() {
                if one.analyzer.is_text() && one.analyzer.wants(path) {
                    let seen = self.seen.entry((index, *root)).or_default();
                    seen.insert(path.clone(), Err(format!("{path} is too large")));
                }
            }
        }
    }
}

impl Visitor for Keeper<'_, '_> {
    fn entry(&mut self, entry: &Entry, content: &mut dyn Read) {
        if !self.plan.wanted.contains_key(entry.origin.as_str()) {
            return;
        }
        let mut whole = Vec::new();
        // The end of what can be read is the end; the first walk told of damage.
        let _ = content.take(WHOLE + 1).read_to_end(&mut whole);
        if whole.len() as u64 > WHOLE {
            self.beyond(&entry.origin, "it has", WHOLE);
            self.lose(entry.origin.as_str());
            return;
        }
        self.look(&entry.origin, &whole);
    }

    fn skipped(&mut self, _: &Origin, _: Reason, _: &str) {}

    fn link(&mut self, _: &Origin, _: &str, _: LinkKind) {}

    fn members(&mut self, count: usize, visit: &(dyn Fn(usize, &mut dyn Visitor) + Sync)) {
        (0..count).for_each(|index| visit(index, self));
    }

    fn deferred(&mut self, work: Deferred) {
        work(self);
    }
}

/// The line that an outcome is about.
fn line_of(content: &[u8], outcome: &Outcome) -> String {
    const WIDTH: usize = 2 << 10;
    let line = outcome.files.first().and_then(|file| file.line);
    let Some(at) = line.and_then(|line| usize::try_from(line).ok()?.checked_sub(1)) else {
        return String::new();
    };
    let line = content.split(|b| *b == b'\n').nth(at).unwrap_or_default();
    printable(&line[..line.len().min(WIDTH)])
}

/// What an analyzer of text says of all its files.
fn of_text(analyzer: &Analyzer, seen: BTreeMap<String, Scanned>) -> Scanned {
    if seen.is_empty() {
        let nothing = analyzer.when_nothing_matched().map(Quoted::bare);
        return Ok(nothing.into_iter().collect());
    }
    let all: Result<Vec<Vec<Quoted>>, String> = seen.into_values().collect();
    Ok(all?.into_iter().flatten().collect())
}

/// The entries of one root.
struct OfRoot<'k> {
    paths: &'k BTreeSet<String>,
    kept: &'k BTreeMap<(usize, String), Arc<[u8]>>,
    root: usize,
    collected_at: Option<jiff::Timestamp>,
}

impl Files for OfRoot<'_> {
    fn paths(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        Box::new(self.paths.iter().map(String::as_str))
    }

    fn read(&self, path: &str) -> Option<&[u8]> {
        let found = self.kept.get(&(self.root, path.to_owned()))?;
        Some(found)
    }

    fn collected_at(&self) -> Option<jiff::Timestamp> {
        self.collected_at
    }
}

impl Analysis {
    fn saw_nothing(&mut self, one: &One<'_>) {
        self.not_checked.push(Warning {
            entry: one.spec.place(one.analyzer),
            reason: Warning::RULE,
            detail: format!(
                "the analyzer `{}` found nothing to look at",
                one.analyzer.key
            ),
        });
    }

    fn add(&mut self, one: &One<'_>, root: &str, outcomes: Vec<Quoted>, whole: bool) {
        for Quoted { outcome, text } in outcomes {
            // Of a bundle that somebody else collected, or that is cut, what is missing says nothing.
            let files = outcome.files.iter();
            if !whole
                && !files
                    .clone()
                    .any(|file| self.read.contains(&format!("{root}{}", file.path)))
            {
                self.saw_nothing(one);
                continue;
            }
            let clean = |text: &str| printable_str(text).into_owned();
            let result = AnalyzerResult {
                id: one.id.to_owned(),
                analyzer: one.analyzer.key.clone(),
                title: clean(&outcome.title),
                outcome: match outcome.result {
                    Verdict::Fail => "fail",
                    Verdict::Warn => "warn",
                    Verdict::Pass => "pass",
                },
                message: clean(&outcome.message),
                uri: clean(&outcome.uri),
                strict: outcome.strict,
                object: outcome.object.as_deref().map(clean),
            };
            let evidence = outcome.files.iter().map(|file| Evidence {
                entry: clean(&format!("{root}{}", file.path)),
                line: file.line.unwrap_or(0),
                time: None,
                time_source: None,
                node: None,
                text: text.clone(),
                column: 1,
                role: one.analyzer.key.clone(),
                shows: None,
            });
            self.merge(finding(&result, evidence.collect()));
            self.results.push(result);
        }
    }

    /// Adds a finding, to one that says the same of other files if there is one.
    fn merge(&mut self, finding: Finding) {
        let same = |known: &&mut Finding| {
            known.id == finding.id
                && known.title == finding.title
                && known.cause == finding.cause
                && known.severity == finding.severity
        };
        match self.findings.iter_mut().find(same) {
            Some(known) => {
                known.count += 1;
                known.lines += finding.lines;
                known.files += finding.files;
                known.evidence.extend(finding.evidence);
            }
            None => self.findings.push(finding),
        }
    }
}

fn finding(result: &AnalyzerResult, evidence: Vec<Evidence>) -> Finding {
    let severity = match result.outcome {
        "fail" => "error",
        "warn" => "warning",
        _ => "info",
    };
    let object = result.object.as_ref();
    let about = object.map(|object| format!(" ({object})"));
    let about = about.unwrap_or_default();
    // A message of one short line stands in the overview.
    let is_short = result.message.chars().count() <= SHORT && !result.message.contains('\n');
    let message = Some(&result.message).filter(|message| is_short && !message.is_empty());
    let message = message.map(|message| format!(": {message}"));
    let named = if result.title.trim().is_empty() {
        &result.analyzer
    } else {
        &result.title
    };
    let title = format!("{named}{about}{}", message.unwrap_or_default());
    Finding {
        id: result.id.clone(),
        title,
        severity,
        pattern_severity: severity,
        count: 1,
        lines: evidence.iter().filter(|line| line.line > 0).count() as u64,
        files: evidence.len() as u64,
        first: None,
        last: None,
        recovered_at: None,
        nodes: Vec::new(),
        captures: Vec::new(),
        captures_total: 0,
        evidence,
        explained_by: Vec::new(),
        explained: false,
        possible_causes: Vec::new(),
        ruled_out: Vec::new(),
        ask_for: Vec::new(),
        cause: result.message.clone(),
        confirm: Vec::new(),
        remediation: Vec::new(),
        links: Some(&result.uri)
            .filter(|uri| !uri.is_empty())
            .map(|uri| Link {
                title: result.title.clone(),
                url: uri.clone(),
            })
            .into_iter()
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_are_where_the_version_is() {
        assert_eq!(roots(&["a/version.yaml", "a/x/version.yaml"]), ["a/"]);
        assert_eq!(roots(&["version.yaml", "x.log"]), [""]);
        assert_eq!(
            roots(&["1.zip!b.tar.gz!s/version.yaml", "2.tgz!version.yaml"]),
            ["1.zip!b.tar.gz!s/", "2.tgz!"]
        );
        assert_eq!(roots(&["a/b/x.json", "a/b/c/y.json"]), ["a/b/"]);
        assert_eq!(roots(&["a/x.json", "b/y.json"]), [""]);
        assert_eq!(roots(&["a/b/c/d/version.yaml"]), ["a/b/"]);
    }
}
