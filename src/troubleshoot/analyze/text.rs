//! `textAnalyze`: a regex on whole files.

use super::super::compare;
use super::super::decode::{Decoder, Fields};
use super::super::glob::{Glob, Reads, join};
use super::super::pattern::Pattern;
use super::super::template::Scope;
use super::super::{Evidence, Outcome, Verdict};
use super::{Branch, Bundle, Check};

pub(super) const FIELDS: &[&str] = &[
    "collectorName",
    "fileName",
    "excludeFiles",
    "regex",
    "regexGroups",
    "ignoreIfNoFiles",
];

/// A `textAnalyze`.
#[derive(Debug)]
pub(in super::super) struct Text {
    reads: Reads,
    regex: Option<Pattern>,
    groups: Option<Pattern>,
    ignore_if_no_files: bool,
    branches: Vec<Branch>,
    default_title: String,
}

pub(super) fn cluster(decoder: &mut Decoder, fields: &Fields) -> Option<Box<dyn Check>> {
    let title = fields.text(decoder, "collectorName");
    decode(decoder, fields, title)
}

pub(super) fn host(decoder: &mut Decoder, fields: &Fields) -> Option<Box<dyn Check>> {
    decode(decoder, fields, "Regular Expression".to_owned())
}

fn decode(decoder: &mut Decoder, fields: &Fields, default_title: String) -> Option<Box<dyn Check>> {
    let collector = fields.text(decoder, "collectorName");
    let file = fields.text(decoder, "fileName");
    let except = fields.texts(decoder, "excludeFiles");
    let regex = fields.pattern(decoder, "regex");
    let groups = fields.pattern(decoder, "regexGroups");
    let (regex, groups) = (regex.ok()?, groups.ok()?);
    if regex.is_none() && groups.is_none() {
        let message = "a `textAnalyze` needs `regex` or `regexGroups`";
        decoder.report("spec/missing-field", message, &fields.span(""));
    }
    let branches = decoder.outcomes(fields, groups.is_some());
    if regex.is_some() {
        for branch in &branches {
            if !branch.when.is_empty()
                && let Err(message) = compare::boolean(&branch.when)
            {
                decoder.report("spec/when", message, &branch.when_span);
                return None;
            }
        }
    }
    let glob = |name: &str| Glob::new(&path(&collector, name));
    Some(Box::new(Text {
        reads: Reads::Glob {
            glob: glob(&file),
            except: except.iter().map(|name| glob(name)).collect(),
        },
        regex,
        groups,
        ignore_if_no_files: fields.flag(decoder, "ignoreIfNoFiles"),
        branches,
        default_title,
    }))
}

/// The path of a file; what an exec collector writes stands below a namespace and a pod.
fn path(collector: &str, file: &str) -> String {
    let path = join(&[collector, file]);
    let is_output = ["-stdout.txt", "-stderr.txt", "-errors.json"]
        .iter()
        .any(|end| file.ends_with(end));
    let is_glob = |text: &str| text.contains(['*', '?', '[']);
    if is_output && !is_glob(&path) {
        return join(&[collector, "*", "*", file]);
    }
    path
}

impl Text {
    /// What one file says.
    pub(in super::super) fn scan(
        &self,
        title: &str,
        path: &str,
        content: &[u8],
    ) -> Result<Vec<Outcome>, String> {
        let mut outcomes = Vec::new();
        if let Some(regex) = &self.regex {
            let found = regex.start(content);
            let outcome = matched(&self.branches, title, found.is_some())?;
            outcomes.extend(outcome.map(|outcome| (outcome, found)));
        }
        if let Some(groups) = &self.groups {
            let found = groups.find(content);
            let start = found.as_ref().map(|found| found.start);
            let names = found.map_or_else(Vec::new, |found| found.groups);
            let outcome = grouped(&self.branches, title, &names)?;
            outcomes.extend(outcome.map(|outcome| (outcome, start)));
        }
        let placed = outcomes.into_iter().map(|(mut outcome, start)| {
            outcome.files.push(Evidence {
                path: path.to_owned(),
                line: start.map(|start| line(content, start)),
            });
            outcome
        });
        Ok(placed.collect())
    }

    /// What to say if there is no file.
    pub(in super::super) fn no_files(&self, title: &str) -> Option<Outcome> {
        let outcome = Outcome::new(Verdict::Warn, title, "No matching files");
        (!self.ignore_if_no_files).then_some(outcome)
    }
}

impl Check for Text {
    fn title(&self) -> String {
        self.default_title.clone()
    }

    fn reads(&self) -> Vec<Reads> {
        vec![self.reads.clone()]
    }

    fn evaluate(&self, title: &str, bundle: &Bundle) -> Result<Vec<Outcome>, String> {
        let files = bundle.find(&self.reads);
        if files.is_empty() {
            return Ok(self.no_files(title).into_iter().collect());
        }
        if self.regex.is_none() && self.groups.is_none() {
            return Ok(vec![Outcome::new(Verdict::Fail, title, "Invalid analyzer")]);
        }
        let mut outcomes = Vec::new();
        for (path, content) in files {
            outcomes.extend(self.scan(title, path, content)?);
        }
        Ok(outcomes)
    }

    fn text(&self) -> Option<&Text> {
        Some(self)
    }
}

/// The line, counted from 1, of a byte.
fn line(content: &[u8], at: usize) -> u64 {
    let before = content.get(..at).unwrap_or_default();
    let ends = before.iter().filter(|byte| **byte == b'\n').count();
    u64::try_from(ends).unwrap_or(u64::MAX).saturating_add(1)
}

/// The outcome of whether a regex matched. All outcomes that hold count: the worst is the verdict, the last has the
/// message.
pub(super) fn matched(
    branches: &[Branch],
    title: &str,
    is_match: bool,
) -> Result<Option<Outcome>, String> {
    let mut conclusion: Option<Outcome> = None;
    for branch in branches {
        if branch.expects(is_match)? {
            let mut outcome = branch.outcome(title);
            if let Some(before) = conclusion {
                outcome.result = outcome.result.min(before.result);
            }
            conclusion = Some(outcome);
        }
    }
    Ok(conclusion)
}

/// The first outcome whose condition on the groups holds.
pub(super) fn grouped(
    branches: &[Branch],
    title: &str,
    groups: &[(String, String)],
) -> Result<Option<Outcome>, String> {
    let found = super::first(branches, |when| group_holds(when, groups))?;
    let Some(branch) = found else {
        return Ok(None);
    };
    let mut scope = serde_json::Map::new();
    for (name, value) in groups {
        scope.insert(name.clone(), value.clone().into());
    }
    let outcome = branch.rendered(title, Scope::Map(&scope.into()))?;
    Ok(Some(outcome))
}

/// `Group op value`: numbers if the value is one, else equality only.
fn group_holds(when: &str, groups: &[(String, String)]) -> Result<bool, String> {
    let (name, operator, wanted) = compare::three(when)?;
    let wanted = match wanted {
        "''" | "\"\"" => "",
        wanted => wanted,
    };
    // Of groups with the same name, the last counts.
    let Some((_, value)) = groups.iter().rev().find(|(known, _)| known == name) else {
        return Ok(false);
    };
    match wanted.parse::<i64>() {
        Ok(wanted) => {
            let ordering = value.parse::<i64>().ok().map(|value| value.cmp(&wanted));
            let holds = ordering.and_then(|ordering| compare::ordered(operator, ordering));
            Ok(holds.unwrap_or_default())
        }
        Err(_) if matches!(operator, "=" | "==" | "===") => Ok(value == wanted),
        Err(_) => Err(format!(
            "`{operator}` cannot compare `{value}` and `{wanted}`"
        )),
    }
}
