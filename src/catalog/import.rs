//! Rules of others written down as native patterns.

use std::fmt::Write as _;

use super::{Catalog, Condition, Event, Form, Matching, Pattern, Severity, Test};
use crate::yaml::{self, Node};

/// A rule as a pattern file, `<id>.yaml`.
#[derive(Clone, Debug)]
pub struct Imported {
    /// The id of the pattern.
    pub id: String,
    /// The file, or why there is none.
    pub text: Result<String, String>,
}

impl Catalog {
    /// All rules of CRE and each `textAnalyze` of troubleshoot as native patterns.
    pub fn imported(&self) -> Vec<Imported> {
        let rules = self.patterns.iter().filter(|pattern| pattern.foreign);
        let mut all: Vec<Imported> = rules
            .map(|rule| Imported {
                id: slug(&rule.id),
                text: of_rule(rule),
            })
            .collect();
        for spec in &self.specs {
            let documents = yaml::documents_with_aliases(&spec.source.text);
            for document in documents.iter().flatten() {
                texts(document, &mut all);
            }
        }
        all
    }
}

fn of_rule(rule: &Pattern) -> Result<String, String> {
    let matching = matching(rule)?;
    let mut out = head(&slug(&rule.id), &rule.title, rule.severity, &rule.tags);
    let alternatives = rule.events.iter().flat_map(|event| &event.alternatives);
    let mut conditions = alternatives.flat_map(|one| &one.conditions);
    let source = conditions.find(|one| one.field == super::Field::Source);
    if let Some(Test::Equals(label)) = source.map(|condition| &condition.test) {
        let _ = writeln!(
            out,
            "# The rule looks only at logs of the source {label}; a condition on container, unit or entry says that here."
        );
    }
    out.push_str("events:\n");
    for event in &rule.events {
        let _ = writeln!(
            out,
            "  {}:\n    text: {}",
            slug(&event.name),
            condition(event)?
        );
    }
    out.push_str(&matching);
    let cause = if rule.cause.is_empty() {
        "TODO Why this happens."
    } else {
        &rule.cause
    };
    let _ = writeln!(out, "cause: {}", quoted(cause));
    out.push_str(&advice(&rule.remediation));
    if !rule.links.is_empty() {
        out.push_str("links:\n");
        for link in &rule.links {
            let (title, url) = (quoted(&link.title), quoted(&link.url));
            let _ = writeln!(out, "  - {{ title: {title}, url: {url} }}");
        }
    }
    let texts = |examples: &[super::Example]| -> Vec<String> {
        examples
            .iter()
            .map(|example| example.text.clone())
            .collect()
    };
    out.push_str(&examples("examples", &texts(&rule.examples)));
    out.push_str(&examples(
        "negative_examples",
        &texts(&rule.negative_examples),
    ));
    Ok(out)
}

fn head(id: &str, title: &str, severity: Severity, tags: &[String]) -> String {
    let tags: Vec<String> = tags.iter().map(|tag| quoted(tag)).collect();
    format!(
        "id: {id}\ntitle: {}\nseverity: {severity}\ntags: [{}]\n",
        quoted(title),
        tags.join(", ")
    )
}

fn advice(steps: &[String]) -> String {
    let mut out = "remediation:\n".to_owned();
    for step in steps {
        let _ = writeln!(out, "  - {}", quoted(step));
    }
    if steps.is_empty() {
        out.push_str("  - TODO What to do.\n");
    }
    out
}

/// Whole logs, or what is to be filled in.
fn examples(name: &str, texts: &[String]) -> String {
    let mut out = format!("{name}:\n");
    for text in texts {
        // Spaces in front of the first line would be taken for the indentation of the block.
        out.push_str("  - |2-\n");
        for line in text.lines() {
            let _ = writeln!(out, "    {line}");
        }
    }
    if texts.is_empty() {
        out.push_str("  - TODO\n");
    }
    out
}

/// What the text of a record must have.
fn condition(event: &Event) -> Result<String, String> {
    let tests = event.alternatives.iter().flat_map(|one| &one.conditions);
    let test = tests
        .filter(|Condition { field, .. }| *field == super::Field::Raw)
        .map(|condition| &condition.test)
        .next();
    match test {
        Some(Test::Contains(text)) => Ok(format!("{{ contains: {} }}", quoted(text))),
        // A record of several lines is one line for rules.
        Some(Test::Regex(text)) => Ok(format!("{{ regex: {} }}", quoted(&format!("(?s){text}")))),
        _ => Err("jq has no counterpart; name the fields instead".to_owned()),
    }
}

/// `match:` with all below it.
fn matching(rule: &Pattern) -> Result<String, String> {
    let Matching {
        form,
        events,
        within,
        ..
    } = &rule.matching;
    let names: Vec<String> = events
        .iter()
        .map(|event| slug(&rule.events[*event].name))
        .collect();
    let mut distinct = events.clone();
    distinct.sort_unstable();
    distinct.dedup();
    let within = within.map(duration).unwrap_or_default();
    let mut out = match form {
        Form::Set if distinct.len() == 1 && events.len() > 1 => format!(
            "match:\n  event: {}\n  count: {}\n  within: {within}\n",
            names[0],
            events.len()
        ),
        Form::Set if distinct.len() == 1 => format!("match:\n  event: {}\n", names[0]),
        Form::Set if distinct.len() < events.len() => {
            return Err("how often each of several terms has to happen cannot be said".to_owned());
        }
        Form::Set => format!(
            "match:\n  all: [{}]\n  within: {within}\n",
            names.join(", ")
        ),
        Form::Order => format!(
            "match:\n  sequence: [{}]\n  within: {within}\n",
            names.join(", ")
        ),
        _ => return Ok(format!("match: {}\n", names[0])),
    };
    out.push_str("  same: [entry]\n");
    match &rule.matching.negates[..] {
        [] => {}
        [negate] if negate.anchor == 0 && !negate.absolute && negate.slide <= 0 => {
            let event = slug(&rule.events[negate.event].name);
            let (before, after) = (
                -negate.slide,
                negate.slide.saturating_add(negate.window).max(0),
            );
            let _ = writeln!(
                out,
                "  unless: {{ event: {event}, before: {}, after: {} }}",
                duration(before),
                duration(after)
            );
        }
        _ => return Err("its `negate` cannot be said with `unless`".to_owned()),
    }
    Ok(out)
}

/// Microseconds as the language writes them.
fn duration(micros: i64) -> String {
    if micros % 1_000_000 == 0 {
        return format!("{}s", micros / 1_000_000);
    }
    format!("{}ms", micros / 1_000)
}

/// The `textAnalyze` below a node.
fn texts(node: &Node, all: &mut Vec<Imported>) {
    for item in node.items() {
        texts(item, all);
    }
    for (key, value) in node.pairs() {
        if key.as_text() == Some("textAnalyze") {
            let text = |key: &str| value.get(key).and_then(Node::as_text).unwrap_or_default();
            let title = [text("checkName"), text("collectorName"), text("fileName")];
            let title = title.into_iter().find(|title| !title.is_empty());
            let title = title.unwrap_or("text-analyze");
            let mut id = slug(title);
            let same = all.iter().filter(|one| one.id.starts_with(&*id)).count();
            let excluded = value.get("exclude").and_then(Node::as_text);
            if excluded.is_some_and(|text| matches!(text, "true" | "True" | "1")) {
                continue;
            }
            if same > 0 {
                let _ = write!(id, "-{}", same + 1);
            }
            let text = of_text(&id, title, value);
            all.push(Imported { id, text });
        } else {
            texts(value, all);
        }
    }
}

fn of_text(id: &str, title: &str, node: &Node) -> Result<String, String> {
    let text = |key: &str| node.get(key).and_then(Node::as_text).unwrap_or_default();
    let regex = text("regex");
    if regex.is_empty() {
        return Err("it has no `regex`; what `regexGroups` compare cannot be said".to_owned());
    }
    let regex = super::condition::go_regex(regex)?;
    let outcomes = node.get("outcomes").map_or(&[][..], Node::items);
    // What it says when the regex matches; a pattern cannot look for what is not there.
    let found = outcomes.iter().find_map(|outcome| {
        let severities = [("fail", Severity::Error), ("warn", Severity::Warning)];
        severities.into_iter().find_map(|(key, severity)| {
            let branch = outcome.get(key)?;
            let when = branch
                .get("when")
                .and_then(Node::as_text)
                .unwrap_or("false");
            let holds = matches!(when, "1" | "t" | "T" | "true" | "TRUE" | "True");
            holds.then_some((branch, severity))
        })
    });
    let Some((branch, severity)) = found else {
        return Err(
            "it warns where its regex does not match, which a pattern cannot say".to_owned(),
        );
    };
    let said = |key: &str| branch.get(key).and_then(Node::as_text).unwrap_or_default();
    let mut out = head(
        id,
        &title.replace(['{', '}'], ""),
        severity,
        &["troubleshoot".to_owned()],
    );
    let file = [text("collectorName"), text("fileName")];
    let file: Vec<&str> = file.into_iter().filter(|part| !part.is_empty()).collect();
    let _ = write!(
        out,
        "events:\n  found:\n    entry: {}\n    text: {{ regex: {} }}\nmatch: found\n",
        quoted(&format!("**/{}", file.join("/"))),
        quoted(&regex)
    );
    let _ = writeln!(out, "cause: {}", quoted(said("message")));
    out.push_str(&advice(&[]));
    let url = said("uri");
    if !url.is_empty() {
        let _ = writeln!(
            out,
            "links:\n  - {{ title: {}, url: {} }}",
            quoted(title),
            quoted(url)
        );
    }
    out.push_str(&examples("examples", &[]));
    out.push_str(&examples("negative_examples", &[]));
    Ok(out)
}

/// `cre-2025-0001` of `CRE-2025-0001`.
fn slug(text: &str) -> String {
    let words = text
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty());
    let slug = words.collect::<Vec<_>>().join("-").to_ascii_lowercase();
    if slug.is_empty() {
        "rule".to_owned()
    } else {
        slug
    }
}

/// A YAML scalar on one line.
fn quoted(text: &str) -> String {
    let text = text.trim_end_matches('\n');
    if text.contains(|c: char| c.is_control()) {
        return serde_json::Value::from(text).to_string();
    }
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: &str = "\
rules:
- cre: {id: CRE-2026-9001, severity: 1, title: \"It's lost\", mitigation: Look., references: ['https://a.example/b']}
  rule:
    sequence:
      window: 1m30s
      event: {source: x}
      order: [{value: \"A: 'x'\"}, {regex: 'B\\d'}]
      negate: [{value: N, slide: -5s, window: 10s}]
- cre: {id: CRE-2026-9002, severity: 3, title: Many}
  rule: {set: {window: 10s, event: {source: x}, match: [{value: A, count: 3}]}}
- cre: {id: CRE-2026-9003, severity: 3, title: Mixed}
  rule: {set: {window: 10s, event: {source: x}, match: [{value: A, count: 3}, B]}}
";

    fn texts(path: &str, text: &str) -> Vec<Result<String, String>> {
        let loaded = Catalog::load([(path, text), ("test.log", "A: 'x'\n B1\n")]);
        let imported = loaded.catalog.imported();
        imported.into_iter().map(|one| one.text).collect()
    }

    #[test]
    fn rules_become_patterns_that_load() {
        let texts = texts("rules.yaml", RULES);
        for (at, text) in texts.iter().take(2).enumerate() {
            let text = text.as_ref().expect("a pattern");
            let name = format!("cre-2026-900{}.yaml", at + 1);
            let loaded = Catalog::load([(name, text.clone())]);
            assert!(
                loaded.problems.is_empty(),
                "{text}\n{}",
                loaded.problems[0].render_plain()
            );
            assert_eq!(loaded.catalog.len(), 1);
        }
        let first = texts[0].as_ref().expect("a pattern");
        assert!(
            first.contains("  unless: { event: negate-1, before: 5s, after: 5s }\n"),
            "{first}"
        );
        assert!(first.contains("  - |2-\n    A: 'x'\n     B1\n"), "{first}");
        assert!(texts[2].is_err());
    }

    #[test]
    fn a_text_analyze_becomes_a_pattern() {
        let spec = "\
apiVersion: troubleshoot.sh/v1beta2
kind: SupportBundle
spec:
  analyzers:
    - textAnalyze:
        checkName: API down
        fileName: api/*.log
        regex: 'refused: \\d+'
        outcomes:
          - fail: {when: \"true\", message: The API is down, uri: 'https://a.example'}
          - pass: {message: fine}
    - textAnalyze: {fileName: a, regex: b, outcomes: [{fail: {when: \"false\", message: x}}]}
";
        let texts = texts("spec.yaml", spec);
        let text = texts[0].as_ref().expect("a pattern");
        let loaded = Catalog::load([("api-down.yaml", text.clone())]);
        assert!(
            loaded.problems.is_empty(),
            "{}",
            loaded.problems[0].render_plain()
        );
        assert!(text.contains("entry: '**/api/*.log'"), "{text}");
        assert!(texts[1].is_err());
    }
}
