//! Diagnoses for a person: the cause, what shows it, what it explains, what was ruled out, what to ask for.

use std::io::{self, Write};

use super::human::{Human, Verbosity, focus};
use super::phrases::on;
use super::wrap::window;
use crate::report::plural::{plural, thousands};
use crate::report::stylesheet::paint;
use crate::report::{AskFor, Confidence, Diagnosis, Finding, Report, RuledOut};

/// Causes that are ruled out and listed.
const MAX_RULED_OUT: usize = 4;

impl Human {
    pub(super) fn diagnosis(
        &self,
        report: &Report,
        diagnosis: &Diagnosis,
        previous: &str,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        // What is not sure is not said as if it were.
        let sure = diagnosis.confidence == Confidence::Confirmed || diagnosis.bindings.is_empty();
        let title = if sure {
            diagnosis.title.clone()
        } else {
            format!("{}: {}", diagnosis.confidence.as_str(), diagnosis.title)
        };
        self.headline(diagnosis.severity, &diagnosis.id, &title, out)?;
        let found = |id: &str| report.findings.iter().find(|finding| finding.id == id);
        if let Some(finding) = found(&diagnosis.id) {
            self.summary(finding, out)?;
        }
        let gutter = self.evidence(&diagnosis.evidence, out)?;
        if let Some(finding) = found(&diagnosis.id) {
            self.captures(finding, gutter, out)?;
        }
        self.note(
            gutter,
            "confidence",
            &format!("{}: {}", diagnosis.confidence.as_str(), diagnosis.why),
            out,
        )?;
        self.explained(report, diagnosis, gutter, out)?;
        self.ruled_out(gutter, &diagnosis.ruled_out, out)?;
        self.ask_for(gutter, &diagnosis.ask_for, out)?;
        // The same cause elsewhere: only what names the machine is worth repeating.
        let again = previous == diagnosis.id;
        let (cause, links) = if again {
            ("as above", &[][..])
        } else {
            (&*diagnosis.cause, &diagnosis.links[..])
        };
        self.advice(
            gutter,
            cause,
            &diagnosis.confirm,
            &diagnosis.remediation,
            links,
            out,
        )
    }

    /// The findings below a diagnosis.
    fn explained(
        &self,
        report: &Report,
        diagnosis: &Diagnosis,
        gutter: usize,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let mut explained: Vec<(&Finding, u64)> = Vec::new();
        for one in &diagnosis.explains {
            let found = report.findings.iter().find(|finding| finding.id == one.id);
            explained.extend(found.map(|finding| (finding, one.count)));
        }
        let part = explained
            .iter()
            .any(|(finding, count)| *count < finding.count);
        let lines: u64 = explained.iter().map(|(finding, _)| finding.lines).sum();
        let lines = if part {
            String::new()
        } else {
            format!(", {}", plural(lines, "line"))
        };
        let count = plural(explained.len() as u64, "finding");
        self.note(gutter, "explains", &format!("{count}{lines}:"), out)?;
        explained
            .into_iter()
            .try_for_each(|(finding, count)| self.branch(gutter, finding, count, out))
    }

    pub(super) fn ruled_out(
        &self,
        gutter: usize,
        ruled_out: &[RuledOut],
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let shown = if self.verbosity == Verbosity::Verbose {
            ruled_out.len()
        } else {
            MAX_RULED_OUT
        };
        for one in ruled_out.iter().take(shown) {
            let place = one.evidence.as_ref();
            let place = place
                .map(|at| format!(" ({}:{})", at.entry, at.line))
                .unwrap_or_default();
            self.note(
                gutter,
                "ruled out",
                &format!("{}: {}{place}", one.id, one.why),
                out,
            )?;
        }
        if ruled_out.len() > shown {
            let rest = plural((ruled_out.len() - shown) as u64, "other");
            self.note(
                gutter,
                "and",
                &format!("{rest}; list them with --verbose"),
                out,
            )?;
        }
        Ok(())
    }

    pub(super) fn ask_for(
        &self,
        gutter: usize,
        asks: &[AskFor],
        out: &mut dyn Write,
    ) -> io::Result<()> {
        for ask in asks {
            let on = ask
                .on
                .as_ref()
                .map(|on| format!(" on {on}"))
                .unwrap_or_default();
            self.note(
                gutter,
                "ask for",
                &format!("`{}`{on}: {}", ask.run, ask.why),
                out,
            )?;
        }
        Ok(())
    }

    /// An explained finding, below what explains it.
    fn branch(
        &self,
        gutter: usize,
        finding: &Finding,
        count: u64,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let indent = " ".repeat(gutter);
        let mark = paint(self.styles.structure, "+-");
        let times = if count < finding.count {
            format!("{} of {}x", thousands(count), thousands(finding.count))
        } else {
            format!("{}x", thousands(finding.count))
        };
        let severity = paint(
            self.styles.severity(finding.severity),
            &format!("[{}]", finding.id),
        );
        writeln!(
            out,
            "{indent} {mark} {severity} {}  {}{}",
            finding.title,
            times,
            on(&finding.nodes)
        )?;
        // Of a finding that is explained in part, the lines of the part stand above.
        if count < finding.count {
            return Ok(());
        }
        let bar = paint(self.styles.structure, "|");
        for evidence in finding.evidence.iter().take(2) {
            let location = format!("{}:{}", evidence.entry, evidence.line);
            let room = self
                .width
                .saturating_sub(gutter + 8 + location.len())
                .max(20);
            writeln!(
                out,
                "{indent} {bar}    {}  {}",
                self.location(evidence),
                window(evidence.text.trim_end(), focus(evidence), room)
            )?;
        }
        Ok(())
    }
}
