//! `bundlecheck patterns new`: a pattern drafted from log lines.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{Read as _, Write as _};

use anyhow::{Context as _, bail};

use crate::catalog::Catalog;
use crate::cli::ExitStatus;
use crate::cli::args::NewArgs;
use crate::cli::term;
use crate::log::{Folder, Formats, Level, Record};
use crate::redact::{HIDDEN, Redactor};
use crate::text::strip_ansi;

pub(super) fn run(args: &NewArgs) -> anyhow::Result<ExitStatus> {
    if !is_slug(&args.id) {
        bail!(
            "`{}` is no id\nhelp: lower-case letters, digits and `-`, as in `acme-license-expired`",
            args.id
        );
    }
    let mut lines = Vec::new();
    for given in &args.from {
        if given == "-" {
            let mut text = String::new();
            std::io::stdin()
                .read_to_string(&mut text)
                .context("cannot read lines from standard input")?;
            lines.extend(text.lines().map(str::to_owned));
        } else {
            lines.extend(given.lines().map(str::to_owned));
        }
    }
    let redactor = Redactor::secrets();
    // Colours are no part of what a program says, and secrets are no part of a pattern.
    lines = lines
        .iter()
        .map(|line| {
            let plain = strip_ansi(line.as_bytes());
            let plain = String::from_utf8_lossy(&plain);
            redactor.redact(plain.trim_end()).into_owned()
        })
        .filter(|line| !line.is_empty())
        .collect();
    if let [first, ..] = &mut lines[..] {
        *first = first.trim_start().to_owned();
    }
    if lines.is_empty() {
        bail!("there are no lines to make a pattern from");
    }
    let text = lines.join("\n");
    let formats = Formats::default();
    let empty = records(&formats, text.as_bytes())
        .into_iter()
        .find(|record| shape(&record.msg).len() < 4 && shape(&record.text).len() < 4);
    if let Some(record) = empty {
        let line = String::from_utf8_lossy(&record.text).into_owned();
        bail!(
            "`{}` has no words that a pattern could look for",
            line.trim()
        );
    }
    let text = draft(&args.id, &lines);
    if Catalog::builtin().has(&args.id) {
        term::note(&format!(
            "`{}` is a built-in pattern, which this one replaces",
            args.id
        ));
    }
    std::io::stdout().lock().write_all(text.as_bytes())?;
    Ok(ExitStatus::Clean)
}

fn is_slug(id: &str) -> bool {
    let is_of = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !id.is_empty() && !id.starts_with('-') && !id.ends_with('-') && id.chars().all(is_of)
}

/// Lines that say the same, but for what varies.
struct Kind<'l> {
    records: Vec<Record<'l>>,
    level: Level,
    name: String,
}

/// The records of `text`, earliest first where all have a time.
fn records<'t>(formats: &'t Formats, text: &'t [u8]) -> Vec<Record<'t>> {
    let folder = Folder::new(formats, text, false);
    let mut records: Vec<Record<'t>> = folder.records().map(|span| span.record).collect();
    if records.iter().all(|record| record.time.is_some()) {
        records.sort_by_key(|record| record.time.map(|time| time.micros));
    }
    records
}

/// The whole pattern as YAML.
pub(super) fn draft(id: &str, lines: &[String]) -> String {
    let (formats, text) = (Formats::default(), lines.join("\n"));
    let mut kinds: Vec<Kind<'_>> = Vec::new();
    for record in records(&formats, text.as_bytes()) {
        let shape = shape(&record.msg);
        let known = kinds
            .iter_mut()
            .find(|kind| self::shape(&kind.records[0].msg) == shape);
        if let Some(kind) = known {
            kind.level = kind.level.min(record.level);
            kind.records.push(record);
            continue;
        }
        let mut name = slug(&shape, kinds.len());
        if kinds.iter().any(|kind| kind.name == name) {
            let _ = write!(name, "-{}", kinds.len() + 1);
        }
        kinds.push(Kind {
            level: record.level,
            name,
            records: vec![record],
        });
    }
    let mut names = Names::default();
    let mut events = String::new();
    for kind in &kinds {
        event(kind, &mut names, &mut events);
    }
    let area = id.split('-').next().unwrap_or(id);
    let worst = kinds.iter().map(|kind| kind.level).max();
    let severity = match worst {
        Some(Level::Warn) => "warning",
        Some(Level::Trace | Level::Debug | Level::Info) => "info",
        _ => "error",
    };
    let subject = names
        .subject()
        .map(|name| format!("{{{name}}}: "))
        .unwrap_or_default();
    let said = telling(&text_of(&kinds[0].records[0].msg)).to_owned();
    // Braces would name captures.
    let plain = literal_words(&said).replace(['{', '}'], "");
    let said: String = plain.chars().take(60).collect();
    let mut out = format!(
        "# For editors: `bundlecheck generate schema pattern > pattern.schema.json`\n# yaml-language-server: $schema=pattern.schema.json\nid: {id}\n\
         # One line that stands alone in a ticket; `{{name}}` inserts what an event captures, or `{{node}}`.\n\
         title: {}\nseverity: {severity}\ntags: [{area}]\nevents:\n{events}",
        quoted(&format!("{subject}{}", said.trim()))
    );
    let list: Vec<&str> = kinds.iter().map(|kind| &*kind.name).collect();
    match list[..] {
        [one] => {
            let _ = writeln!(out, "match: {one}");
        }
        _ => {
            let _ = writeln!(
                out,
                "# `any` where each of them alone is the failure; `resolved_by` names an event that ends it.\nmatch:\n  sequence: [{}]\n  within: 5m",
                list.join(", ")
            );
        }
    }
    out.push_str(
        "cause: TODO Why this happens, in two or three sentences.\n\
         confirm:\n  - { run: \"TODO\", on: the node, expect: TODO }\n\
         remediation:\n  - TODO What to do, most likely first; commands in backquotes.\n",
    );
    out.push_str("examples:\n  - |\n");
    for line in lines {
        let _ = writeln!(out, "    {line}");
    }
    out.push_str(
        "negative_examples:\n  # Lines that look alike and are not this failure: the success, another component, documentation.\n  - 'TODO'\n",
    );
    out
}

/// What structured logs say of the reason.
const TELLING: [&str; 8] = [
    "error",
    "err",
    "reason",
    "status",
    "status_code",
    "code",
    "exception",
    "cause",
];

/// The conditions on one kind of lines.
fn event(kind: &Kind<'_>, names: &mut Names, out: &mut String) {
    let _ = writeln!(out, "  {}:", kind.name);
    if kind.level != Level::Unknown {
        let _ = writeln!(out, "    level: {}", kind.level.as_str());
    }
    let whole: Vec<String> = kind
        .records
        .iter()
        .map(|record| text_of(&record.msg))
        .collect();
    // Of a trace the last line says what happened.
    let messages: Vec<String> = whole.iter().map(|msg| telling(msg).to_owned()).collect();
    let is_trace = messages[0].len() < whole[0].len() && !whole[0].starts_with(&*messages[0]);
    // Where nothing was recognised, the whole line is the text.
    let known = kind.records.iter().all(|record| !record.formats.is_empty());
    let field = if known { "msg" } else { "text" };
    let messages = if is_trace { messages } else { whole };
    let _ = writeln!(
        out,
        "    {field}: {}",
        condition(&messages, names, is_trace)
    );
    let first = &kind.records[0];
    for (name, _) in &first.fields {
        let values: Option<Vec<String>> = kind
            .records
            .iter()
            .map(|record| record.field(name).map(text_of))
            .collect();
        let Some(values) = values.filter(|_| TELLING.contains(&&**name)) else {
            continue;
        };
        // A number says what it is about, unless it changes.
        let same = !values[0].contains(char::is_whitespace)
            && values.iter().all(|value| *value == values[0]);
        let condition = if same {
            quoted(&values[0])
        } else {
            condition(&values, names, false)
        };
        let _ = writeln!(out, "    {name}: {condition}");
    }
}

fn text_of(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim().to_owned()
}

/// The line of a message that says what happened: the first, and of a trace of Python the last.
fn telling(msg: &str) -> &str {
    let mut lines = msg.lines();
    let first = lines.next().unwrap_or_default();
    match lines.next_back() {
        Some(last) if first.starts_with("Traceback (most recent call last)") => last.trim(),
        _ => first,
    }
}

/// A condition that all `values` fulfil: what they have in common stays, what varies becomes an expression.
fn condition(values: &[String], names: &mut Names, in_lines: bool) -> String {
    let value = values[0].lines().next().unwrap_or_default();
    let words: Vec<&str> = value.split(' ').collect();
    let others: Vec<Vec<&str>> = values[1..]
        .iter()
        .map(|other| {
            other
                .lines()
                .next()
                .unwrap_or_default()
                .split(' ')
                .collect()
        })
        .collect();
    let varies = |at: usize| {
        is_variable(words[at])
            || others
                .iter()
                .any(|other| other.len() == words.len() && other[at] != words[at])
    };
    let first = (0..words.len()).find(|&at| varies(at));
    let whole = values.iter().all(|value| value.lines().count() <= 1);
    let Some(first) = first else {
        let same = whole && others.iter().all(|other| *other == words);
        return if in_lines {
            format!("{{ contains: {} }}", quoted(value))
        } else if same {
            quoted(value)
        } else {
            format!("{{ starts_with: {} }}", quoted(value))
        };
    };
    // Numbers of words that differ: only what stands in front of the first difference is sure.
    if others.iter().any(|other| other.len() != words.len()) {
        let common = words[..first].join(" ");
        return format!("{{ starts_with: {} }}", quoted(&common));
    }
    let expressions: Vec<String> = (0..words.len())
        .map(|at| {
            if varies(at) {
                let before = at.checked_sub(1).map(|at| words[at]);
                names.expression(words[at], before)
            } else {
                regex_syntax::escape(words[at])
            }
        })
        .collect();
    format!(
        "{{ regex: {} }}",
        quoted(&format!(
            "{}{}",
            if in_lines { "(?m)^" } else { "^" },
            expressions.join(" ")
        ))
    )
}

/// Names of captures, each given once.
#[derive(Default)]
struct Names(BTreeMap<String, u32>);

impl Names {
    /// What a title is best about.
    fn subject(&self) -> Option<&'static str> {
        ["host", "path"]
            .into_iter()
            .find(|name| self.0.contains_key(*name))
            .map(|name| {
                if name == "host" && self.0.contains_key("port") {
                    "target"
                } else {
                    name
                }
            })
    }

    /// The name for what stands behind a word or a key; none for words that are no names.
    fn behind(word: Option<&str>) -> Option<String> {
        let name: String = word?
            .trim_matches(|c: char| !c.is_ascii_alphanumeric())
            .chars()
            .map(|c| if c == '-' || c == '.' { '_' } else { c })
            .collect();
        let sound = name.starts_with(|c: char| c.is_ascii_lowercase())
            && (2..=24).contains(&name.len())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        let filler = [
            "at", "after", "by", "for", "from", "in", "is", "of", "on", "to", "with", "than",
        ];
        // These join findings with other evidence, and take nothing but what they say.
        let taken = ["host", "port", "target", "node", "path"];
        (sound && !filler.contains(&&*name) && !taken.contains(&&*name)).then_some(name)
    }

    fn group(&mut self, name: &str, expression: &str) -> String {
        let count = self.0.entry(name.to_owned()).or_default();
        *count += 1;
        match count {
            1 => format!("(?<{name}>{expression})"),
            // The same place in another event has the same name; a second one in a record has none.
            _ => format!("(?:{expression})"),
        }
    }

    /// An expression for a word that varies, with the punctuation around it.
    fn expression(&mut self, word: &str, before: Option<&str>) -> String {
        if let Some((start, end)) = MASKS.iter().find_map(|mask| word.split_once(mask)) {
            let (start, end) = (regex_syntax::escape(start), regex_syntax::escape(end));
            return format!("{start}\\S+{end}");
        }
        let is_around = |c: char| "\"'`()[]{}<>,;:.!".contains(c);
        // The brackets of an IPv6 address belong to it.
        let inner = match word.trim_matches(is_around) {
            inner if inner.contains("]:") => word.trim_matches(|c| is_around(c) && c != '['),
            inner => inner,
        };
        let start = word.find(inner).unwrap_or(0);
        let said_before = before;
        let (before, after) = (&word[..start], &word[start + inner.len()..]);
        let (before, after) = (regex_syntax::escape(before), regex_syntax::escape(after));
        let middle = match (inner.rsplit_once(':'), inner.rsplit_once('=')) {
            (_, Some((name, value))) if !name.contains("://") && !value.is_empty() => {
                let value = self.expression(value, Some(name));
                format!("{}={value}", regex_syntax::escape(name))
            }
            (Some((host, port)), _) if is_digits(port) && is_host(host) => {
                let host = self.group("host", "[^\\s\"]+?");
                format!("{host}:{}", self.group("port", "\\d+"))
            }
            _ if is_digits(inner) => match Self::behind(said_before) {
                Some(name) => self.group(&name, "\\d+"),
                None => "\\d+".to_owned(),
            },
            _ if is_address(inner) => self.group("host", "[0-9a-fA-F.:]+"),
            _ if inner.starts_with('/') => self.group("path", "/[^\\s\":,]*"),
            _ => match Self::behind(said_before) {
                // Lazy only where something follows.
                Some(name) if after.is_empty() => self.group(&name, "\\S+"),
                Some(name) => self.group(&name, "\\S+?"),
                None => "\\S+?".to_owned(),
            },
        };
        // Without anything behind it, a lazy expression would take one character.
        let middle = match (&*after, middle.strip_suffix("+?")) {
            ("", Some(greedy)) => format!("{greedy}+"),
            _ => middle,
        };
        format!("{before}{middle}{after}")
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_host(text: &str) -> bool {
    let is_of = |c: char| c.is_ascii_alphanumeric() || "-._:[]".contains(c);
    !text.is_empty() && text.chars().all(is_of)
}

fn is_address(text: &str) -> bool {
    text.parse::<std::net::IpAddr>().is_ok()
}

/// What stands in the place of secrets.
const MASKS: [&str; 2] = [HIDDEN, "<e-mail>"];

/// Whether a word stands for a value: it has digits, or is a path or quoted.
fn is_variable(word: &str) -> bool {
    if MASKS.iter().any(|mask| word.contains(mask)) {
        return true;
    }
    let quoted = word.len() > 1 && word.starts_with(['"', '\'', '`']);
    quoted || word.bytes().any(|byte| byte.is_ascii_digit()) || word.matches('/').count() > 1
}

/// A message without what varies.
fn shape(msg: &[u8]) -> String {
    literal_words(telling(&text_of(msg)))
}

fn literal_words(line: &str) -> String {
    let words = line.split(' ').filter(|word| !is_variable(word));
    words.collect::<Vec<_>>().join(" ")
}

/// A name for an event, of the first words that mean something.
fn slug(shape: &str, number: usize) -> String {
    let words = shape
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| word.len() > 2)
        .take(3)
        .map(str::to_lowercase);
    let slug = words.collect::<Vec<_>>().join("-");
    if slug.is_empty() {
        format!("event-{}", number + 1)
    } else {
        slug
    }
}

/// A YAML scalar between single quotes.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{Catalog, Problem};
    use crate::checker::check_examples;

    fn check(lines: &[&str]) -> String {
        let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        let text = draft("acme-test", &lines);
        let loaded = Catalog::load([("acme-test.yaml", text.clone())]);
        let problems: Vec<_> = loaded.problems.iter().map(Problem::render_plain).collect();
        assert!(problems.is_empty(), "{text}\n{}", problems.join("\n"));
        let (_, problems) = check_examples(&loaded.catalog);
        let wrong = problems
            .iter()
            .filter(|one| one.code != "pattern/unfinished");
        let problems: Vec<_> = wrong.map(Problem::render_plain).collect();
        assert!(problems.is_empty(), "{text}\n{}", problems.join("\n"));
        text
    }

    #[test]
    fn a_draft_matches_its_own_lines() {
        let text = check(&[
            r#"time="2018-09-24T13:40:20Z" level=error msg="cannot reach 10.0.0.7:5705, attempt 3" status_code=503"#,
            r#"time="2018-09-24T13:40:25Z" level=error msg="cannot reach 10.0.0.8:5705, attempt 4" status_code=503"#,
        ]);
        assert!(text.contains("level: error\n"), "{text}");
        let regex = r"msg: { regex: '^cannot reach (?<host>[^\s\x22]+?):(?<port>\d+), attempt (?<attempt>\d+)' }";
        assert!(text.contains(&regex.replace("\\x22", "\"")), "{text}");
        assert!(
            text.contains("title: '{target}: cannot reach attempt'"),
            "{text}"
        );
        assert!(text.contains("match: cannot-reach-attempt\n"), "{text}");
        assert!(text.contains("status_code: '503'\n"), "{text}");
    }

    #[test]
    fn any_line_makes_a_pattern() {
        check(&["Nov 20 12:00:01 node-1 app[7]: it's \"broken\": {x} [y] (z) \\ 100%"]);
        check(&["no format at all 17 /var/lib/x/y"]);
        check(&[
            r#"{"level":"fatal","ts":"2026-11-20T12:00:00Z","msg":"boom","error":"open /a/b: permission denied"}"#,
            "2026-11-20T12:00:09Z ERROR another thing: id=7f3a took 300ms",
        ]);
        let text = check(&["level=error msg=\"dial tcp [2001:db8::7]:5432: refused\""]);
        assert!(
            text.contains("tcp (?<host>[^\\s\"]+?):(?<port>\\d+): refused"),
            "{text}"
        );
    }

    #[test]
    fn what_varies_is_captured_and_masked_values_match_anything() {
        let text = check(&[
            "2026-11-02T08:14:22Z ERROR volume data-7 not ready: job 17 mails to <e-mail> again",
        ]);
        for wanted in [
            "volume (?<volume>\\S+)",
            "job (?<job>\\d+) mails",
            "to \\S+ again",
        ] {
            assert!(text.contains(wanted), "{wanted}: {text}");
        }
        let text = check(&[
            "Traceback (most recent call last):",
            "  File \"a.py\", line 1, in <module>",
            "KeyError: 'tenant-7'",
        ]);
        assert!(
            text.contains("(?m)^KeyError: 'tenant-7'") || text.contains("(?m)^KeyError: ''"),
            "{text}"
        );
    }

    #[test]
    fn a_trace_belongs_to_its_line_and_time_decides_the_order() {
        let text = check(&[
            "2026-11-20T12:00:09Z ERROR second thing failed",
            "java.lang.IllegalStateException: boom",
            "\tat com.example.Main.run(Main.java:17)",
            "2026-11-20T12:00:00Z ERROR first thing failed",
        ]);
        assert!(
            text.contains("sequence: [first-thing-failed, second-thing-failed]"),
            "{text}"
        );
    }
}
