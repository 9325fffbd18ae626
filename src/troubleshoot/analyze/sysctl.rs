//! `sysctl`: the parameters of the kernels of all nodes.

use std::collections::BTreeMap;

use super::super::Outcome;
use super::super::compare;
use super::super::decode::{Decoder, Fields};
use super::super::glob::Reads;
use super::{Branch, Bundle, Check};

const FILES: &str = "sysctl/*";

#[derive(Debug)]
struct Sysctl {
    branches: Vec<Branch>,
}

pub(super) fn decode(decoder: &mut Decoder, fields: &Fields) -> Option<Box<dyn Check>> {
    let branches = decoder.outcomes(fields, false);
    for branch in &branches {
        if !branch.when.is_empty()
            && let Err(message) = condition(&branch.when)
        {
            decoder.report("spec/when", message, &branch.when_span);
        }
    }
    Some(Box::new(Sysctl { branches }))
}

type Parameters = BTreeMap<String, String>;

impl Check for Sysctl {
    fn title(&self) -> String {
        "Sysctl".to_owned()
    }

    fn reads(&self) -> Vec<Reads> {
        vec![Reads::glob(FILES)]
    }

    fn evaluate(&self, title: &str, bundle: &Bundle) -> Result<Vec<Outcome>, String> {
        let files = bundle.find(&Reads::glob(FILES));
        if files.is_empty() {
            return Err("no sysctl parameters collected".to_owned());
        }
        let nodes: BTreeMap<&str, Parameters> = files
            .iter()
            .map(|(path, content)| (path.rsplit('/').next().unwrap_or(path), parameters(content)))
            .collect();
        for branch in &self.branches {
            let mut outcome = branch.outcome(title);
            if !branch.when.is_empty() {
                let found = nodes_where(&branch.when, &nodes)?;
                let names = found.join(", ");
                outcome.message = match found.len() {
                    0 => continue,
                    1 => format!("Node {names}: {}", outcome.message),
                    _ => format!("Nodes {names}: {}", outcome.message),
                };
            }
            return Ok(vec![
                files
                    .iter()
                    .fold(outcome, |outcome, (path, _)| outcome.on_file(path)),
            ]);
        }
        Ok(Vec::new())
    }
}

/// The parameters of lines such as `/proc/sys/net/ipv4/ip_forward = 1`.
fn parameters(content: &[u8]) -> Parameters {
    let text = String::from_utf8_lossy(content);
    let parameter = |line: &str| {
        let (key, value) = line.split_once(" = ")?;
        let is_key = !key.is_empty() && !key.contains(char::is_whitespace);
        let key = key
            .strip_prefix("/proc/sys/")
            .unwrap_or(key)
            .replace('/', ".");
        (is_key && !value.is_empty()).then(|| (key, value.to_owned()))
    };
    text.lines().filter_map(parameter).collect()
}

/// The parts of `key op value`.
pub(super) fn condition(when: &str) -> Result<(&str, &str, &str), String> {
    let parts = || {
        let (key, rest) = when.trim_start().split_once(char::is_whitespace)?;
        let (operator, value) = rest.trim_start().split_once(char::is_whitespace)?;
        let known = ["=", "==", "===", "<", "<=", ">", ">="].contains(&operator);
        known.then_some((key, operator, value.trim()))
    };
    parts().ok_or_else(|| format!("Failed to parse when \"{when}\""))
}

fn nodes_where<'n>(
    when: &str,
    nodes: &BTreeMap<&'n str, Parameters>,
) -> Result<Vec<&'n str>, String> {
    let (key, operator, wanted) = condition(when)?;
    let mut found = Vec::new();
    for (name, parameters) in nodes {
        let value = parameters.get(key);
        let holds = if operator.starts_with('=') {
            value.is_some_and(|value| value == wanted)
        } else {
            let value = value.ok_or_else(|| format!("node `{name}` has no `{key}`"))?;
            compare::holds(
                operator,
                compare::integer(value)?.cmp(&compare::integer(wanted)?),
            )?
        };
        if holds {
            found.push(*name);
        }
    }
    Ok(found)
}
