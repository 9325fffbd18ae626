//! `kernelModules`, `kernelConfigs`, `sysctl`.

use serde_json::Value;

use super::super::super::compare;
use super::super::super::decode::{Decoder, Fields};
use super::super::super::glob::Reads;
use super::super::super::json::{at, text};
use super::super::super::{Outcome, Verdict};
use super::super::{Branch, Bundle, Check, sysctl as cluster};
use super::Place;

#[derive(Debug)]
struct Modules {
    place: Place,
    branches: Vec<Branch>,
}

pub(in super::super) fn modules(decoder: &mut Decoder, fields: &Fields) -> Option<Box<dyn Check>> {
    Some(Box::new(Modules {
        place: Place::system("kernel_modules.json"),
        branches: decoder.outcomes(fields, false),
    }))
}

impl Check for Modules {
    fn title(&self) -> String {
        "Kernel Modules".to_owned()
    }

    fn reads(&self) -> Vec<Reads> {
        self.place.reads()
    }

    fn evaluate(&self, title: &str, bundle: &Bundle) -> Result<Vec<Outcome>, String> {
        self.place.concluded(bundle, title, |title, file| {
            let mut found = self.conclude(title, file)?;
            if found.is_empty() {
                found.push(Outcome::new(Verdict::Warn, title, "no results"));
            }
            Ok(found)
        })
    }
}

impl Modules {
    /// All outcomes whose conditions hold, and one without a condition that those do not rule out.
    fn conclude(&self, title: &str, file: &Value) -> Result<Vec<Outcome>, String> {
        let mut outcomes = Vec::new();
        for branch in self
            .branches
            .iter()
            .filter(|branch| !branch.when.is_empty())
        {
            if modules_hold(&branch.when, file)? {
                outcomes.push(branch.outcome(title));
            }
        }
        let has = |verdict| outcomes.iter().any(|outcome| outcome.result == verdict);
        let (passed, failed) = (has(Verdict::Pass), has(Verdict::Fail));
        let default = self.branches.iter().find(|branch| {
            branch.when.is_empty()
                && match branch.verdict {
                    Verdict::Fail => !passed,
                    Verdict::Warn => !passed && !failed,
                    Verdict::Pass => !failed,
                }
        });
        outcomes.extend(default.map(|branch| branch.outcome(title)));
        Ok(outcomes)
    }
}

/// `a,b == loaded,loadable`: each module has one of the states.
fn modules_hold(when: &str, file: &Value) -> Result<bool, String> {
    let (modules, operator, states) = match *when.split(' ').collect::<Vec<_>>() {
        [modules, operator, states] => (modules, operator, states),
        ref parts => {
            return Err(format!(
                "Expected exactly 3 parts in conditional, got {}",
                parts.len()
            ));
        }
    };
    let has_state = |module: &str| {
        let state = at(file, &[module]).map(|module| text(module, &["status"]));
        state.map(|state| states.split(',').any(|wanted| wanted == state))
    };
    let mut modules = modules.split(',');
    match operator {
        "=" | "==" => Ok(modules.all(|module| has_state(module) == Some(true))),
        "!=" | "<>" => {
            // A module that is not known decides, in the order of the condition.
            Ok(modules
                .map(has_state)
                .find(|has| *has != Some(false))
                .flatten()
                != Some(true))
        }
        _ => Err(format!("unexpected operator \"{operator}\"")),
    }
}

#[derive(Debug)]
struct Configs {
    place: Place,
    /// The entry as it is written, its key, and the values that will do.
    selected: Vec<(String, String, String)>,
    branches: Vec<Branch>,
}

pub(in super::super) fn configs(decoder: &mut Decoder, fields: &Fields) -> Option<Box<dyn Check>> {
    let mut selected = Vec::new();
    for config in fields.texts(decoder, "selectedConfigs") {
        let parts = config.split_once('=').filter(|(key, values)| {
            let is_key = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
            key.starts_with("CONFIG_")
                && key.chars().all(is_key)
                && !values.is_empty()
                && values.chars().all(|c| "ymn".contains(c))
        });
        let Some((key, values)) = parts else {
            let message = format!("`{config}` is no kernel config such as `CONFIG_BPF=ym`");
            decoder.report(
                "spec/kernel-config",
                message,
                &fields.span("selectedConfigs"),
            );
            return None;
        };
        selected.push((config.clone(), key.to_owned(), values.to_owned()));
    }
    Some(Box::new(Configs {
        place: Place::system("kernel-configs.json"),
        selected,
        branches: decoder.outcomes(fields, false),
    }))
}

impl Check for Configs {
    fn title(&self) -> String {
        "Kernel Configs".to_owned()
    }

    fn reads(&self) -> Vec<Reads> {
        self.place.reads()
    }

    fn evaluate(&self, title: &str, bundle: &Bundle) -> Result<Vec<Outcome>, String> {
        self.place.concluded(bundle, title, |title, file| {
            let is_missing = |(_, key, values): &&(String, String, String)| {
                let value = at(file, &[key]).and_then(Value::as_str);
                !value.is_some_and(|value| values.contains(value))
            };
            let missing: Vec<&str> = self
                .selected
                .iter()
                .filter(is_missing)
                .map(|(config, ..)| &**config)
                .collect();
            let verdict = if missing.is_empty() {
                Verdict::Pass
            } else {
                Verdict::Fail
            };
            let branch = self
                .branches
                .iter()
                .find(|branch| branch.verdict == verdict);
            let outcome = branch.map(|branch| {
                let mut outcome = branch.outcome(title);
                outcome.message = outcome
                    .message
                    .replace("{{ .ConfigsNotFound }}", &missing.join(", "));
                outcome
            });
            Ok(outcome.into_iter().collect())
        })
    }
}

pub(in super::super) fn sysctl(decoder: &mut Decoder, fields: &Fields) -> Option<Box<dyn Check>> {
    super::fixed(decoder, fields, "sysctl.json", "Sysctl", |when, file| {
        let (key, operator, wanted) = cluster::condition(when)?;
        let value = at(file, &[key]).and_then(Value::as_str).ok_or_else(|| {
            format!("kernel parameter \"{key}\" does not exist on collected sysctl output")
        })?;
        if operator.starts_with('=') {
            return Ok(value == wanted);
        }
        compare::holds(
            operator,
            compare::integer(value)?.cmp(&compare::integer(wanted)?),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn modules_have_states() {
        let file = json!({"a": {"status": "loaded"}, "b": {"status": "loadable"}});
        for (when, holds) in [
            ("a,b == loaded,loadable", Ok(true)),
            ("a,b = loaded", Ok(false)),
            ("c == loaded", Ok(false)),
            ("a != loaded", Ok(false)),
            ("a <> unloading", Ok(true)),
            ("c,a != loaded", Ok(true)),
            ("a,c != loaded", Ok(false)),
            ("a > loaded", Err(())),
            ("a loaded", Err(())),
        ] {
            assert_eq!(modules_hold(when, &file).map_err(|_| ()), holds, "{when}");
        }
    }
}
