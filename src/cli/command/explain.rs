//! `bundlecheck explain ID`: a pattern as a page of a knowledge base.

use std::io::{BufWriter, Write as _};

use anyhow::bail;

use super::check::similar;
use crate::catalog::template::expand;
use crate::catalog::{
    AnalyzerText, Catalog, Cause, Clause, Comparison, Confirm, Link, Pattern, Subject, Term, Test,
};
use crate::cli::args::ExplainArgs;
use crate::cli::{ExitStatus, term};
use crate::report::plural::plural;
use crate::report::stylesheet::{Stylesheet, paint};

/// Lines of an example that are shown.
const MAX_EXAMPLE: usize = 20;

pub(in crate::cli) fn run(args: &ExplainArgs) -> anyhow::Result<ExitStatus> {
    let mut catalog = super::catalog(&args.patterns)?;
    // Only this command shows them.
    let is_short = |pattern: &Pattern| pattern.examples.is_empty() && !pattern.foreign;
    if catalog.get(&args.id).is_some_and(is_short) {
        catalog = Catalog::builtin_with_examples();
    }
    let (styles, width) = (term::stylesheet(args.color.when), term::width());
    let page = match (catalog.get(&args.id), catalog.cause(&args.id)) {
        (Some(pattern), _) => page(pattern, styles, width),
        (None, Some(cause)) => cause_page(cause, styles, width),
        (None, None) if let Some(analyzer) = catalog.analyzer(&args.id) => {
            analyzer_page(&args.id, &analyzer, styles, width)
        }
        (None, None) => bail!(
            "no pattern is called `{}`{}",
            args.id,
            similar(&catalog, &args.id)
        ),
    };
    let mut out = BufWriter::new(std::io::stdout().lock());
    out.write_all(page.as_bytes())?;
    out.flush()?;
    Ok(ExitStatus::Clean)
}

fn page(pattern: &Pattern, styles: Stylesheet, width: usize) -> String {
    let mut page = Page {
        text: String::new(),
        styles,
        width,
    };
    page.title(
        pattern.severity.as_str(),
        &pattern.id,
        &pattern.title,
        &pattern.tags,
    );
    let example = pattern.examples.first();
    let lines = example.iter().flat_map(|example| example.text.lines());
    // The log on which a rule of others is tested may be long.
    let shown = lines.clone().take(MAX_EXAMPLE).map(str::to_owned);
    let more = lines.count().saturating_sub(MAX_EXAMPLE);
    let more = (more > 0).then(|| format!("... and {}", plural(more as u64, "further line")));
    page.section("What it looks like", shown.chain(more));
    page.advice(
        &pattern.cause,
        &pattern.confirm,
        &pattern.remediation,
        &pattern.links,
    );
    page.section(
        "What it is not",
        pattern
            .negative_examples
            .iter()
            .flat_map(|example| [example.text.trim_end().to_owned(), "\n".to_owned()]),
    );
    if !pattern.explains.is_empty() {
        page.list("It explains", pattern.explains.iter().cloned());
    }
    page.text
}

/// What an analyzer of a spec says of itself is all that is known of it.
fn analyzer_page(id: &str, known: &AnalyzerText<'_>, styles: Stylesheet, width: usize) -> String {
    let mut page = Page {
        text: String::new(),
        styles,
        width,
    };
    page.title("error", id, known.title, &["troubleshoot".to_owned()]);
    let head = format!(
        "`{}`, an analyzer of troubleshoot, from {}",
        known.key, known.place
    );
    page.section("What it is", std::iter::once(head));
    page.section("How it is written", known.text.lines().map(str::to_owned));
    page.text
}

fn cause_page(cause: &Cause, styles: Stylesheet, width: usize) -> String {
    let mut page = Page {
        text: String::new(),
        styles,
        width,
    };
    page.title(
        cause.severity.as_str(),
        &cause.id,
        &cause.title,
        &cause.tags,
    );
    page.list("When it is diagnosed", cause.when.iter().map(condition));
    page.advice(
        &cause.cause,
        &cause.confirm,
        &cause.remediation,
        &cause.links,
    );
    if !cause.explains.is_empty() {
        page.list("It explains, besides", cause.explains.iter().cloned());
    }
    page.text
}

/// A clause as a line: what is looked for, and what must hold for it.
fn condition(clause: &Clause) -> String {
    let wanted: Vec<String> = clause
        .wanted
        .iter()
        .map(|(field, term)| match term {
            Term::Variable(name) => format!("{field} ${name}"),
            Term::Not(name) => format!("{field} not ${name}"),
            Term::Test(test) => format!("{field} {}", words(test)),
            Term::As(name, test) => format!("{field} ${name}, {}", words(test)),
        })
        .collect();
    let subject = match &clause.subject {
        Subject::Finding => "a finding".to_owned(),
        Subject::Fact(kind) if clause.negated => format!("no {}", kind.replace('_', " ")),
        Subject::Fact(kind) => format!("a fact: {}", kind.replace('_', " ")),
    };
    let role = if clause.optional {
        " (only as further evidence)"
    } else {
        ""
    };
    format!("{subject} with {}{role}", wanted.join("; "))
}

/// A condition in words.
fn words(test: &Test) -> String {
    let all =
        |tests: &[Test], between: &str| tests.iter().map(words).collect::<Vec<_>>().join(between);
    match test {
        Test::Equals(text) | Test::AtLeast(text) => text.clone(),
        Test::Contains(text) => format!("with `{text}`"),
        Test::StartsWith(text) => format!("starting with `{text}`"),
        Test::EndsWith(text) => format!("ending with `{text}`"),
        Test::Regex(text) | Test::Glob(text) => format!("like `{text}`"),
        Test::Jq(text) => format!("JSON for which jq finds `{text}`"),
        Test::AnyOf(tests) => all(tests, " or "),
        Test::AllOf(tests) => all(tests, " and "),
        Test::Number(Comparison::Gt, number) => format!("over {number}"),
        Test::Number(Comparison::Gte, number) => format!("at least {number}"),
        Test::Number(Comparison::Lt, number) => format!("under {number}"),
        Test::Number(Comparison::Lte, number) => format!("at most {number}"),
        Test::Exists(true) => "known".to_owned(),
        Test::Exists(false) => "not known".to_owned(),
        Test::Not(test) => format!("not {}", words(test)),
    }
}

/// `{name}` in a template stands for a captured value; without a bundle it is a placeholder.
pub(super) fn shown(template: &str) -> String {
    expand(template, |slot| format!("<{}>", slot.name))
}

/// One way to make sure, as a line.
fn step(step: &Confirm) -> String {
    let on = step
        .on
        .as_ref()
        .map(|on| format!("on {}: ", shown(on)))
        .unwrap_or_default();
    let expect = step
        .expect
        .as_ref()
        .map(|expect| format!(" (expect: {expect})"))
        .unwrap_or_default();
    if on.is_empty() && expect.is_empty() {
        return shown(&step.run);
    }
    format!("{on}`{}`{expect}", shown(&step.run))
}

struct Page {
    text: String,
    styles: Stylesheet,
    width: usize,
}

impl Page {
    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn title(&mut self, severity: &str, id: &str, title: &str, tags: &[String]) {
        let (styles, name) = (self.styles, format!("{severity}[{id}]"));
        self.line(&format!(
            "{}{}",
            paint(styles.severity(severity), &name),
            paint(styles.headline, &format!(": {}", shown(title)))
        ));
        if !tags.is_empty() {
            self.line(&format!("  {}", paint(styles.secondary, &tags.join(", "))));
        }
    }

    /// Why, how to make sure, what to do, where to read more.
    fn advice(&mut self, cause: &str, confirm: &[Confirm], fix: &[String], links: &[Link]) {
        self.paragraph("Why it happens", &shown(cause));
        self.list("How to confirm it", confirm.iter().map(step));
        self.list("How to fix it", fix.iter().map(|fix| shown(fix)));
        self.list(
            "Read more",
            links
                .iter()
                .map(|link| format!("{}: {}", link.title, link.url)),
        );
    }

    fn heading(&mut self, heading: &str) {
        let heading = format!("\n{}", paint(self.styles.headline, heading));
        self.line(&heading);
    }

    /// Lines as they are, indented; log lines are never broken.
    fn section(&mut self, heading: &str, lines: impl Iterator<Item = String>) {
        let lines: Vec<String> = lines.collect();
        if !lines.is_empty() {
            self.heading(heading);
            lines
                .iter()
                .flat_map(|text| text.lines())
                .for_each(|line| self.line(&format!("  {line}")));
        }
    }

    fn paragraph(&mut self, heading: &str, text: &str) {
        self.heading(heading);
        let lines = crate::report::render::wrap_text(text, self.width - 2);
        lines
            .iter()
            .for_each(|line| self.line(&format!("  {line}")));
    }

    fn list(&mut self, heading: &str, items: impl Iterator<Item = String>) {
        let items: Vec<String> = items.collect();
        if items.is_empty() {
            return;
        }
        self.heading(heading);
        for (at, item) in items.iter().enumerate() {
            for (line_at, line) in crate::report::render::wrap_text(item, self.width - 5)
                .iter()
                .enumerate()
            {
                let mark = if line_at == 0 {
                    format!("{:>2}. ", at + 1)
                } else {
                    "    ".to_owned()
                };
                self.line(&format!("{mark}{line}"));
            }
        }
    }
}
