//! `systemPackages`: which packages are installed.

use serde_json::{Map, Value};

use super::super::super::Outcome;
use super::super::super::compare;
use super::super::super::decode::{Decoder, Fields};
use super::super::super::glob::Reads;
use super::super::super::json::{list, text};
use super::super::super::template::{Scope, Template};
use super::super::{Branch, Bundle, Check};
use super::Place;

#[derive(Debug)]
struct Packages {
    place: Place,
    /// Conditions are templates that give `true` or `false`.
    branches: Vec<(Template, Branch)>,
}

pub(in super::super) fn decode(decoder: &mut Decoder, fields: &Fields) -> Option<Box<dyn Check>> {
    let collector = fields.text_or(decoder, "collectorName", "packages");
    let branches = decoder.outcomes(fields, true).into_iter();
    let branches =
        branches.map(|branch| (decoder.template(&branch.when, &branch.when_span), branch));
    Some(Box::new(Packages {
        place: Place::system(&format!("{collector}-packages.json")),
        branches: branches.collect(),
    }))
}

impl Check for Packages {
    fn title(&self) -> String {
        "System Packages".to_owned()
    }

    fn reads(&self) -> Vec<Reads> {
        self.place.reads()
    }

    fn evaluate(&self, title: &str, bundle: &Bundle) -> Result<Vec<Outcome>, String> {
        self.place.concluded(bundle, title, |title, file| {
            let mut outcomes = Vec::new();
            for package in list(file, &["packages"]) {
                let scope = Value::Object(scope(file, package));
                for (when, branch) in &self.branches {
                    let holds = branch.when.is_empty()
                        || compare::boolean(&when.render(Scope::Map(&scope))?)?;
                    if holds {
                        outcomes.push(branch.rendered(title, Scope::Map(&scope))?);
                        break;
                    }
                }
            }
            Ok(outcomes)
        })
    }
}

/// What templates see of a package.
fn scope(file: &Value, package: &Value) -> Map<String, Value> {
    let (error, code, details) = (
        text(package, &["error"]),
        text(package, &["exitCode"]),
        text(package, &["details"]),
    );
    let is_installed = error.is_empty()
        && code == "0"
        && !details.contains("not installed")
        && !details.contains("No matching Packages");
    let version = text(file, &["osVersion"]);
    let number = |index| {
        let part = version.split('.').nth(index);
        part.and_then(|part| part.parse::<i64>().ok())
            .unwrap_or_default()
    };
    let mut scope = Map::new();
    for (name, value) in [
        ("OS", text(file, &["os"]).into()),
        ("OSVersion", version.into()),
        ("OSVersionMajor", number(0).into()),
        ("OSVersionMinor", number(1).into()),
        ("Name", text(package, &["name"]).into()),
        ("Error", error.into()),
        ("ExitCode", code.into()),
        ("IsInstalled", Value::from(is_installed)),
    ] {
        scope.insert(name.to_owned(), value);
    }
    for (key, value) in details.lines().filter_map(|line| line.split_once(':')) {
        let value = value.trim();
        if key.starts_with(char::is_uppercase) && !value.is_empty() {
            scope.insert(key.replace([' ', '-'], ""), value.into());
        }
    }
    scope
}
