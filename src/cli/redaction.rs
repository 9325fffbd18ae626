//! What `--redact` asks for.

use std::collections::BTreeSet;

use anyhow::{Context as _, bail};

use super::args::{RedactArgs, Redaction};
use crate::redact::Redactor;
use crate::report::Report;

/// The redactor that was asked for, without host names; none where nothing is to be masked.
pub(super) fn redactor(args: &RedactArgs) -> anyhow::Result<Option<Redactor>> {
    if args.redact.is_none() && args.rules.is_empty() {
        return Ok(None);
    }
    let mut redactor = Redactor::secrets().addresses(asks_for(args, Redaction::Addresses));
    for path in &args.rules {
        let name = path.display().to_string();
        let text =
            std::fs::read_to_string(path).with_context(|| format!("cannot read `{name}`"))?;
        redactor = redactor.with_rules(&text, &name).map_err(|error| {
            let frames: Vec<_> = error
                .problems
                .iter()
                .map(crate::catalog::Problem::render_plain)
                .collect();
            anyhow::anyhow!("the rules cannot be used\n\n{}\n", frames.join("\n\n"))
        })?;
    }
    Ok(Some(redactor))
}

/// Masks with `redactor` what is asked for in the reports of one run: a name has the same placeholder in all of them.
pub(super) fn mask<'r>(
    args: &RedactArgs,
    redactor: Option<Redactor>,
    reports: impl Iterator<Item = &'r mut Report>,
) {
    let Some(mut redactor) = redactor else {
        return;
    };
    let mut reports: Vec<_> = reports.collect();
    if asks_for(args, Redaction::Hosts) {
        let names = reports.iter().flat_map(|report| report.node_names());
        redactor = redactor.hosts(names.map(str::to_owned).collect::<BTreeSet<_>>());
    }
    for report in &mut reports {
        report.for_each_text(&mut |text| {
            if let std::borrow::Cow::Owned(masked) = redactor.redact(text) {
                *text = masked;
            }
        });
    }
}

/// Where the names of the machines are not known before everything is read, they cannot be masked.
pub(super) fn without_hosts(args: &RedactArgs) -> anyhow::Result<Option<Redactor>> {
    if asks_for(args, Redaction::Hosts) {
        bail!("`--redact=hosts` masks reports; records of logs can have `--redact=addresses`");
    }
    redactor(args)
}

fn asks_for(args: &RedactArgs, what: Redaction) -> bool {
    args.redact.as_ref().is_some_and(|all| all.contains(&what))
}
