//! For a person at a terminal: what is wrong, where it shows, why, and what to do, most important first.

use std::io::{self, Write};

use super::phrases::{combination, counts, on, short_time, time_range};
use super::wrap::{cut, window, wrap};
use crate::report::plural::{bytes, plural, thousands};
use crate::report::stylesheet::{Stylesheet, paint};
use crate::report::{Confirm, Evidence, Finding, Link, Report, Top, Unexplained};

/// How the report is shown.
#[derive(Clone, Debug)]
pub struct Human {
    /// Columns.
    pub width: usize,
    /// Colours, or none.
    pub styles: Stylesheet,
    /// How much is shown.
    pub verbosity: Verbosity,
    /// The absolute path of the bundle, if it is a directory whose files the terminal may link to.
    pub link_base: Option<String>,
}

/// How much is shown.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Verbosity {
    /// The verdict only.
    Quiet,
    /// What a person needs.
    Normal,
    /// Every combination of captured values, unknown error and unread file.
    Verbose,
}

/// Combinations of captured values that are listed.
const MAX_CAPTURES: usize = 4;
/// Unknown errors that are listed.
const MAX_UNEXPLAINED: usize = 3;
/// Unread files that are listed.
const MAX_NOT_CHECKED: usize = 5;

/// Titles in front of everything.
const MAX_OVERVIEW: usize = 8;

impl Human {
    /// No colours and 100 columns, as for a pipe.
    pub fn plain() -> Self {
        Self {
            width: 100,
            styles: Stylesheet::plain(),
            verbosity: Verbosity::Normal,
            link_base: None,
        }
    }

    /// Writes the report.
    pub fn render(&self, report: &Report, out: &mut dyn Write) -> io::Result<()> {
        if self.verbosity > Verbosity::Quiet {
            self.bundle(report, out)?;
            self.losses_first(report, out)?;
            self.overview(report, out)?;
            let mut previous = "";
            for top in report.top() {
                match top {
                    Top::Diagnosis(diagnosis) => {
                        self.diagnosis(report, diagnosis, previous, out)?;
                        previous = &diagnosis.id;
                    }
                    Top::Finding(finding) => self.finding(finding, out)?,
                }
            }
            self.unexplained(&report.unexplained, out)?;
            self.not_checked(report, out)?;
        }
        self.verdict(report, out)
    }

    fn bundle(&self, report: &Report, out: &mut dyn Write) -> io::Result<()> {
        let bundle = &report.bundle;
        let mut parts = Vec::new();
        match &bundle.nodes[..] {
            [] => {}
            [node] => parts.push(format!("node {node}")),
            nodes => parts.push(plural(nodes.len() as u64, "node")),
        }
        parts.push(format!(
            "{} ({} with logs)",
            plural(bundle.entries, "file"),
            thousands(bundle.logs)
        ));
        parts.push(plural(bundle.lines, "line"));
        parts.push(bytes(bundle.bytes));
        if let (Some(first), Some(last)) = (&bundle.first_time, &bundle.last_time) {
            parts.push(time_range(first, last));
        }
        writeln!(
            out,
            "{}: {}",
            paint(self.styles.headline, &bundle.path),
            parts.join(", ")
        )
    }

    /// What there is, and what to do first, where it does not fit on a screen.
    fn overview(&self, report: &Report, out: &mut dyn Write) -> io::Result<()> {
        let top = report.top();
        let [first, _, _, ..] = top[..] else {
            return Ok(());
        };
        writeln!(out)?;
        for one in top.iter().take(MAX_OVERVIEW) {
            let style = self.styles.severity(one.severity());
            let severity = format!("{:<8}", one.severity());
            let room = self.width.saturating_sub(severity.len() + 2);
            let lines = wrap(one.title(), room);
            for (at, line) in lines.iter().enumerate() {
                let label = if at == 0 { &*severity } else { "        " };
                writeln!(out, "  {}{line}", paint(style, label))?;
            }
        }
        if top.len() > MAX_OVERVIEW {
            writeln!(out, "  and {} more", top.len() - MAX_OVERVIEW)?;
        }
        // A fix that needs a value, or a choice, needs the rest of the advice as well.
        let whole = |fix: &&String| !fix.contains('<') && !fix.starts_with("If ");
        let fix = match first.remediation().first().filter(whole) {
            Some(fix) => format!("First: {}: {fix}", first.id()),
            None if first.is_explained() => format!("First: `bundlecheck explain {}`", first.id()),
            None => format!("First: {}", first.title()),
        };
        for line in wrap(&fix, self.width) {
            writeln!(out, "{}", paint(self.styles.headline, &line))?;
        }
        Ok(())
    }

    /// What is missing is said before anything is claimed.
    fn losses_first(&self, report: &Report, out: &mut dyn Write) -> io::Result<()> {
        if report.bundle.complete {
            return Ok(());
        }
        let losses: Vec<_> = report
            .not_checked
            .iter()
            .filter(|warning| warning.is_loss())
            .collect();
        let first = losses
            .iter()
            .find(|warning| warning.entry == report.bundle.path)
            .or(losses.first());
        let Some(first) = first else { return Ok(()) };
        let more = match losses.len() {
            1 => String::new(),
            count => format!(" ({} more, see \"Not checked\" below)", count - 1),
        };
        let text = format!(
            "This is not the whole bundle: {}: {}{more}.",
            first.entry, first.detail
        );
        for line in wrap(&text, self.width) {
            writeln!(out, "{}", paint(self.styles.warning, &line))?;
        }
        Ok(())
    }

    pub(super) fn headline(
        &self,
        severity: &str,
        id: &str,
        title: &str,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let style = self.styles.severity(severity);
        writeln!(out)?;
        writeln!(
            out,
            "{}{}",
            paint(style, &format!("{severity}[{id}]")),
            paint(self.styles.headline, &format!(": {title}"))
        )
    }

    fn finding(&self, finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
        self.headline(finding.severity, &finding.id, &finding.title, out)?;
        self.summary(finding, out)?;
        let gutter = self.evidence(&finding.evidence, out)?;
        self.captures(finding, gutter, out)?;
        if !finding.explained_by.is_empty() {
            let by = finding.explained_by.join(", ");
            self.note(gutter, "explained in part by", &by, out)?;
        }
        for cause in &finding.possible_causes {
            self.note(
                gutter,
                "possible",
                &format!("{}: {}", cause.id, cause.title),
                out,
            )?;
        }
        self.ruled_out(gutter, &finding.ruled_out, out)?;
        self.ask_for(gutter, &finding.ask_for, out)?;
        // What an analyzer of a spec says is in its title, where it is short.
        let is_said = finding.title.ends_with(&*finding.cause);
        self.advice(
            gutter,
            if is_said { "" } else { &finding.cause },
            &finding.confirm,
            &finding.remediation,
            &finding.links,
            out,
        )
    }

    /// How often, where, when, and whether it is over.
    pub(super) fn summary(&self, finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
        let mut text = format!("{}{}", plural(finding.count, "time"), on(&finding.nodes));
        if finding.lines == 0 && finding.files > 1 {
            text += &format!(", in {}", plural(finding.files, "file"));
        }
        if finding.lines > 0 && finding.lines != finding.count {
            text += &format!(", in {}", plural(finding.lines, "line"));
            if finding.files > 1 {
                text += &format!(" of {}", plural(finding.files, "file"));
            }
        }
        if let (Some(first), Some(last)) = (&finding.first, &finding.last) {
            text += &format!(", {}", time_range(first, last));
        }
        if let Some(time) = &finding.recovered_at {
            text += &format!(
                "; recovered at {} (severity {} otherwise)",
                short_time(time),
                finding.pattern_severity
            );
        }
        writeln!(out, "  {}", paint(self.styles.secondary, &text))
    }

    /// Frames around quoted lines, one for each run of lines of one entry; returns the width of the numbers.
    pub(super) fn evidence(&self, evidence: &[Evidence], out: &mut dyn Write) -> io::Result<usize> {
        let gutter = evidence
            .iter()
            .map(|evidence| evidence.line.to_string().len())
            .max()
            .unwrap_or(1);
        let structure = self.styles.structure;
        let (indent, bar) = (" ".repeat(gutter), paint(structure, "|"));
        let room = self.width.saturating_sub(gutter + 3).max(20);
        let mut entry = "";
        for quoted in evidence {
            if quoted.entry != entry {
                let time = quoted
                    .time
                    .as_deref()
                    .map(|time| format!("  {}", self.time(time, quoted.time_source)))
                    .unwrap_or_default();
                let shows = quoted.shows.as_deref().map(|shows| format!("  {shows}"));
                let shows = shows.unwrap_or_default();
                writeln!(
                    out,
                    "{indent}{} {}{time}{shows}",
                    paint(structure, "-->"),
                    self.location(quoted)
                )?;
                entry = &quoted.entry;
                if quoted.line > 0 {
                    writeln!(out, "{indent} {bar}")?;
                }
            }
            if quoted.line == 0 {
                continue;
            }
            let number = paint(structure, &format!("{:>gutter$} |", quoted.line));
            let text = quoted.text.trim_end();
            let text = if self.verbosity == Verbosity::Verbose {
                text.to_owned()
            } else {
                window(text, focus(quoted), room)
            };
            writeln!(out, "{number} {text}")?;
        }
        if evidence.iter().any(|quoted| quoted.line > 0) {
            writeln!(out, "{indent} {bar}")?;
        }
        Ok(gutter)
    }

    fn time(&self, time: &str, source: Option<&str>) -> String {
        let doubt = source
            .filter(|source| *source != "explicit")
            .map(|source| format!(" ({source})"))
            .unwrap_or_default();
        paint(
            self.styles.secondary,
            &format!("{}{doubt}", short_time(time)),
        )
    }

    pub(super) fn location(&self, evidence: &Evidence) -> String {
        let shown = evidence.place();
        match &self.link_base {
            Some(base) if !evidence.entry.contains('!') => {
                format!(
                    "\x1b]8;;file://{base}/{}\x1b\\{shown}\x1b]8;;\x1b\\",
                    evidence.entry
                )
            }
            _ => shown,
        }
    }

    /// Captured values, when there is more than one combination of them.
    pub(super) fn captures(
        &self,
        finding: &Finding,
        gutter: usize,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        if finding.captures.len() < 2 {
            return Ok(());
        }
        let shown = if self.verbosity == Verbosity::Verbose {
            finding.captures.len()
        } else {
            MAX_CAPTURES
        };
        for captures in finding.captures.iter().take(shown) {
            self.note(
                gutter,
                &format!("{}x", thousands(captures.count)),
                &combination(captures),
                out,
            )?;
        }
        if finding.captures_total > shown {
            let rest = plural((finding.captures_total - shown) as u64, "other combination");
            self.note(gutter, "and", &rest, out)?;
        }
        Ok(())
    }

    pub(super) fn advice(
        &self,
        gutter: usize,
        cause: &str,
        confirm: &[Confirm],
        fix: &[String],
        links: &[Link],
        out: &mut dyn Write,
    ) -> io::Result<()> {
        if !cause.is_empty() {
            self.note(gutter, "cause", cause, out)?;
        }
        for step in confirm {
            let on = step
                .on
                .as_ref()
                .map(|on| format!(" on {on}"))
                .unwrap_or_default();
            let expect = step
                .expect
                .as_ref()
                .map(|expect| format!("; expect: {expect}"))
                .unwrap_or_default();
            let text = if on.is_empty() && expect.is_empty() {
                step.run.clone()
            } else {
                format!("`{}`{on}{expect}", step.run)
            };
            self.note(gutter, "confirm", &text, out)?;
        }
        for step in fix {
            self.note(gutter, "fix", step, out)?;
        }
        links
            .iter()
            .try_for_each(|link| self.note(gutter, "docs", &link.url, out))
    }

    /// `= label: text`, further lines indented below the text.
    pub(super) fn note(
        &self,
        gutter: usize,
        label: &str,
        text: &str,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let indent = " ".repeat(gutter + 1);
        let hang = " ".repeat(gutter + 5 + label.len());
        let lines = wrap(text, self.width.saturating_sub(hang.len()).max(30));
        let label = format!(
            "{} {}",
            paint(self.styles.structure, "="),
            paint(self.styles.headline, &format!("{label}:"))
        );
        for (at, line) in lines.iter().enumerate() {
            match at {
                0 => writeln!(out, "{indent}{label} {line}")?,
                _ => writeln!(out, "{hang}{line}")?,
            }
        }
        Ok(())
    }

    fn unexplained(&self, errors: &[Unexplained], out: &mut dyn Write) -> io::Result<()> {
        if errors.is_empty() {
            return Ok(());
        }
        let shown = if self.verbosity == Verbosity::Verbose {
            errors.len()
        } else {
            MAX_UNEXPLAINED
        };
        writeln!(
            out,
            "\n{}",
            paint(
                self.styles.headline,
                "Errors that no pattern knows, most frequent first:"
            )
        )?;
        for error in errors.iter().take(shown) {
            let count = format!("{}x", thousands(error.count));
            let room = self.width.saturating_sub(10).max(20);
            writeln!(out, "  {count:>7} {}", cut(&error.template, room))?;
            let location = format!("{}:{}", error.example.entry, error.example.line);
            writeln!(out, "          {}", paint(self.styles.secondary, &location))?;
        }
        if errors.len() > shown {
            let rest = plural((errors.len() - shown) as u64, "other kind");
            writeln!(out, "  and {rest}; list them with --verbose")?;
        }
        Ok(())
    }

    fn not_checked(&self, report: &Report, out: &mut dyn Write) -> io::Result<()> {
        let warnings: Vec<_> = match self.verbosity {
            Verbosity::Verbose => report.not_checked.iter().collect(),
            _ => report
                .not_checked
                .iter()
                .filter(|warning| warning.is_loss())
                .collect(),
        };
        if report.not_checked.is_empty() {
            return Ok(());
        }
        let mut reasons: Vec<(&str, u64)> = Vec::new();
        for warning in &report.not_checked {
            match reasons
                .iter_mut()
                .find(|(reason, _)| *reason == warning.reason)
            {
                Some((_, count)) => *count += 1,
                None => reasons.push((warning.reason, 1)),
            }
        }
        let reasons: Vec<String> = reasons
            .iter()
            .map(|(reason, count)| format!("{} {reason}", thousands(*count)))
            .collect();
        let shown = if self.verbosity == Verbosity::Verbose {
            warnings.len()
        } else {
            MAX_NOT_CHECKED
        };
        let hint = if warnings.len() > shown || warnings.len() < report.not_checked.len() {
            ". List them with --verbose"
        } else {
            ""
        };
        writeln!(
            out,
            "\n{} {}{hint}.",
            paint(self.styles.headline, "Not checked:"),
            reasons.join(", ")
        )?;
        for warning in warnings.iter().take(shown) {
            writeln!(
                out,
                "  {}: {}: {}",
                warning.entry, warning.reason, warning.detail
            )?;
        }
        Ok(())
    }

    fn verdict(&self, report: &Report, out: &mut dyn Write) -> io::Result<()> {
        let found = match (
            report.count_top("error"),
            report.count_top("warning"),
            report.count_top("info"),
        ) {
            (0, 0, 0) if !report.has_logs() => format!(
                "Nothing that looks like a log was found in {}",
                plural(report.bundle.entries, "file")
            ),
            (0, 0, 0) if report.bundle.complete => "No known failure was found".to_owned(),
            (0, 0, 0) => "No known failure was found in the part that could be read".to_owned(),
            (errors, warnings, infos) => format!("Found {}", counts(errors, warnings, infos)),
        };
        let time = report
            .stats
            .elapsed_ms
            .map(|ms| format!(", {}.{} s", ms / 1000, ms % 1000 / 100))
            .unwrap_or_default();
        let scope = format!(
            "{}, {}{time}",
            plural(report.catalog.patterns as u64, "pattern"),
            plural(report.stats.lines, "line")
        );
        if self.verbosity > Verbosity::Quiet {
            writeln!(out)?;
        }
        writeln!(out, "{}. {scope}.", paint(self.styles.headline, &found))?;
        if let Some(first) = report
            .top()
            .first()
            .filter(|first| first.is_explained())
            .map(|first| first.id())
            && self.verbosity > Verbosity::Quiet
        {
            writeln!(out, "Next: `bundlecheck explain {first}`.")?;
        }
        Ok(())
    }
}

/// The character at which the decisive words of a quoted line start, from zero.
pub(super) fn focus(evidence: &Evidence) -> usize {
    usize::try_from(evidence.column)
        .unwrap_or(1)
        .saturating_sub(1)
}
