//! Vendors' own kinds of facts, ready to be read: what the catalog writes, compiled.

use std::borrow::Cow;

use globset::{Glob, GlobSet, GlobSetBuilder};
use regex::bytes::{Regex, RegexBuilder};
use serde_json::Value;

use crate::catalog::{Catalog, FactPattern, Reader};
use crate::facts::{Columns, Input, Sink};

/// All `kind: fact` documents of a catalog.
#[derive(Debug, Default)]
pub(super) struct CustomFacts {
    globs: GlobSet,
    /// The reader of each glob.
    of_glob: Vec<usize>,
    readers: Vec<Custom>,
}

#[derive(Debug)]
struct Custom {
    kind: String,
    reader: Compiled,
    complete: bool,
}

#[derive(Debug)]
enum Compiled {
    Line(Regex),
    Table(Vec<(String, String)>),
    Json(Vec<String>, Vec<(String, String)>),
}

impl CustomFacts {
    pub(super) fn new(catalog: &Catalog) -> Self {
        let mut builder = GlobSetBuilder::new();
        let (mut of_glob, mut readers) = (Vec::new(), Vec::new());
        for pattern in catalog.facts() {
            let Some(custom) = Custom::new(pattern) else {
                continue;
            };
            for glob in pattern
                .entries
                .iter()
                .filter_map(|glob| Glob::new(glob).ok())
            {
                builder.add(glob);
                of_glob.push(readers.len());
            }
            readers.push(custom);
        }
        Self {
            globs: builder.build().unwrap_or_default(),
            of_glob,
            readers,
        }
    }

    /// Whether any document reads this path.
    pub(super) fn wants(&self, path: &str) -> bool {
        !self.globs.is_empty() && self.globs.is_match(path)
    }

    /// Reads a text by all documents that ask for its path.
    pub(super) fn gather(&self, input: Input<'_>, sink: &mut Sink) {
        let mut readers: Vec<usize> = self
            .globs
            .matches(input.path)
            .into_iter()
            .map(|glob| self.of_glob[glob])
            .collect();
        readers.sort_unstable();
        readers.dedup();
        readers
            .into_iter()
            .for_each(|at| self.readers[at].read(input, sink));
    }
}

impl Custom {
    fn new(pattern: &FactPattern) -> Option<Self> {
        let reader = match &pattern.reader {
            Reader::Line(regex) => {
                Compiled::Line(RegexBuilder::new(regex).unicode(false).build().ok()?)
            }
            Reader::Table(columns) => Compiled::Table(columns.clone()),
            Reader::Json(path, fields) => Compiled::Json(
                path.split('.')
                    .filter(|part| !part.is_empty())
                    .map(str::to_owned)
                    .collect(),
                fields.clone(),
            ),
        };
        Some(Self {
            kind: pattern.fact.clone(),
            reader,
            complete: pattern.complete,
        })
    }

    fn read(&self, input: Input<'_>, sink: &mut Sink) {
        match &self.reader {
            Compiled::Line(regex) => self.lines(regex, input, sink),
            Compiled::Table(columns) => self.table(columns, input, sink),
            Compiled::Json(path, fields) => self.json(path, fields, input, sink),
        }
        if self.complete {
            let first = input.lines().next().unwrap_or((1, ""));
            sink.table(self.kind.clone(), "", first);
        }
    }

    fn add(&self, line: (u64, &str), fields: Vec<(String, String)>, sink: &mut Sink) {
        let node = fields
            .iter()
            .find(|(name, _)| name == "node")
            .map(|(_, value)| value.clone());
        let fields = fields
            .into_iter()
            .map(|(name, value)| (Cow::Owned::<'static, str>(name), value));
        sink.fact_on(node.as_deref(), self.kind.clone(), line, fields);
    }

    fn lines(&self, regex: &Regex, input: Input<'_>, sink: &mut Sink) {
        for (number, line) in input.lines() {
            let Some(captures) = regex.captures(line.as_bytes()) else {
                continue;
            };
            let named = regex.capture_names().flatten();
            let fields = named.filter_map(|name| {
                Some((
                    name.to_owned(),
                    String::from_utf8_lossy(captures.name(name)?.as_bytes()).into_owned(),
                ))
            });
            self.add((number, line), fields.collect(), sink);
        }
    }

    /// Rows below a header that has all columns, down to an empty line.
    fn table(&self, columns: &[(String, String)], input: Input<'_>, sink: &mut Sink) {
        let names: Vec<&str> = columns.iter().map(|(_, column)| &**column).collect();
        let mut header: Option<Columns<'_>> = None;
        for (number, line) in input.lines() {
            if line.trim().is_empty() {
                header = None;
                continue;
            }
            let candidate = Columns::of(line);
            if candidate.has(&names) {
                header = Some(candidate);
                continue;
            }
            let Some(header) = &header else { continue };
            let fields: Vec<_> = columns
                .iter()
                .filter_map(|(field, column)| {
                    Some((field.clone(), header.get(line, column)?.to_owned()))
                })
                .collect();
            if !fields.is_empty() {
                self.add((number, line), fields, sink);
            }
        }
    }

    fn json(
        &self,
        path: &[String],
        fields: &[(String, String)],
        input: Input<'_>,
        sink: &mut Sink,
    ) {
        let Ok(root) = serde_json::from_str::<Value>(input.text) else {
            return;
        };
        let mut objects = Vec::new();
        collect(&root, path, &mut objects);
        let lines: Vec<_> = input.lines().collect();
        let mut at = 0;
        let mut misses = 0;
        for object in objects {
            let values: Vec<(String, String)> = fields
                .iter()
                .filter_map(|(field, path)| Some((field.clone(), scalar(inner(object, path)?)?)))
                .collect();
            // The line that has the first of the values, below that of the object before, is where a reader looks.
            let shown = values.first().and_then(|(_, value)| {
                if misses > MAX_MISSES {
                    return None;
                }
                let below = lines.get(at..)?;
                let Some(further) = below.iter().position(|(_, line)| line.contains(&**value))
                else {
                    misses += 1;
                    return None;
                };
                at += further;
                lines.get(at).copied()
            });
            if !values.is_empty() {
                self.add(shown.unwrap_or((1, "")), values, sink);
            }
        }
    }
}

/// Values that are looked for in vain, as they are written otherwise; each costs a pass over the rest of the text.
const MAX_MISSES: u32 = 100;

/// How many facts a document reads from a text.
pub(super) fn count(pattern: &FactPattern, text: &str) -> usize {
    let mut sink = Sink::default();
    if let Some(custom) = Custom::new(pattern) {
        custom.read(Input { path: "", text }, &mut sink);
    }
    sink.into_gathered().facts.len()
}

/// The objects at a path; `name[]` goes into each item of a list.
fn collect<'v>(value: &'v Value, path: &[String], objects: &mut Vec<&'v Value>) {
    let Some((first, rest)) = path.split_first() else {
        return objects.push(value);
    };
    let (name, each) = first
        .strip_suffix("[]")
        .map_or((&**first, false), |name| (name, true));
    let inner = if name.is_empty() {
        Some(value)
    } else {
        value.get(name)
    };
    match (inner, each) {
        (Some(Value::Array(items)), true) => {
            items.iter().for_each(|item| collect(item, rest, objects));
        }
        (Some(inner), false) => collect(inner, rest, objects),
        _ => {}
    }
}

fn inner<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    path.split('.')
        .try_fold(value, |value, name| value.get(name))
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}
