//! `bundlecheck explain ID`: a pattern as a page of a knowledge base.

use std::io::{BufWriter, Write as _};

use anyhow::bail;

use super::check::similar;
use crate::catalog::Pattern;
use crate::catalog::decode::placeholders;
use crate::cli::args::ExplainArgs;
use crate::cli::{ExitStatus, term};
use crate::report::stylesheet::{Stylesheet, paint};

pub(in crate::cli) fn run(args: &ExplainArgs) -> anyhow::Result<ExitStatus> {
    let catalog = super::catalog(&args.patterns)?;
    let Some(pattern) = catalog.get(&args.id) else {
        bail!(
            "no pattern is called `{}`{}",
            args.id,
            similar(&catalog, &args.id)
        );
    };
    let page = page(pattern, term::stylesheet(args.color.when), term::width());
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
    let severity = pattern.severity.as_str();
    page.line(&format!(
        "{}{}",
        paint(
            styles.severity(severity),
            &format!("{severity}[{}]", pattern.id)
        ),
        paint(styles.headline, &format!(": {}", shown(&pattern.title)))
    ));
    if !pattern.tags.is_empty() {
        page.line(&format!(
            "  {}",
            paint(styles.secondary, &pattern.tags.join(", "))
        ));
    }
    page.section(
        "What it looks like",
        pattern
            .examples
            .first()
            .map(|example| example.text.as_str())
            .into_iter()
            .flat_map(str::lines)
            .map(str::to_owned),
    );
    page.paragraph("Why it happens", &pattern.cause);
    page.list(
        "How to confirm it",
        pattern.confirm.iter().map(|step| {
            let on = step
                .on
                .as_ref()
                .map(|on| format!("on {on}: "))
                .unwrap_or_default();
            let expect = step
                .expect
                .as_ref()
                .map(|expect| format!(" (expect: {expect})"))
                .unwrap_or_default();
            if on.is_empty() && expect.is_empty() {
                shown(&step.run)
            } else {
                format!("{on}`{}`{expect}", shown(&step.run))
            }
        }),
    );
    page.list("How to fix it", pattern.remediation.iter().cloned());
    page.list(
        "Read more",
        pattern
            .links
            .iter()
            .map(|link| format!("{}: {}", link.title, link.url)),
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

/// `{name}` in a template stands for a captured value; without a bundle it is a placeholder.
pub(super) fn shown(template: &str) -> String {
    placeholders(template).fold(template.to_owned(), |text, name| {
        text.replace(&format!("{{{name}}}"), &format!("<{name}>"))
    })
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
