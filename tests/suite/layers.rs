//! Dependencies point one way: from the bundle to the report, never back up.

use std::collections::BTreeSet;
use std::path::Path;

use crate::support::root;

/// Each module and what it may use besides itself.
const ALLOWED: &[(&str, &[&str])] = &[
    ("location", &[]),
    ("text", &[]),
    ("bundle", &["location"]),
    ("log", &["text"]),
    ("yaml", &[]),
    ("filter", &[]),
    ("literals", &[]),
    ("facts", &["filter", "literals", "text", "yaml"]),
    ("jq", &[]),
    ("troubleshoot", &["yaml"]),
    ("catalog", &["facts", "jq", "troubleshoot", "yaml"]),
    (
        "matcher",
        &["catalog", "jq", "literals", "log", "location", "text"],
    ),
    ("report", &[]),
    ("records", &["location", "log", "report", "text"]),
    ("redact", &["catalog", "yaml"]),
    (
        "diagnose",
        &[
            "matcher", "catalog", "facts", "filter", "records", "report", "log", "location", "text",
        ],
    ),
    (
        "checker",
        &[
            "bundle",
            "catalog",
            "diagnose",
            "facts",
            "log",
            "location",
            "matcher",
            "records",
            "report",
            "text",
            "troubleshoot",
        ],
    ),
    (
        "cli",
        &[
            "bundle", "catalog", "checker", "diagnose", "location", "log", "records", "redact",
            "report", "text",
        ],
    ),
];

#[test]
fn modules_use_only_what_is_below_them() {
    let mut wrong = BTreeSet::new();
    for (module, allowed) in ALLOWED {
        for (file, code) in sources(&root().join("src").join(module)) {
            for used in uses(&code).filter(|used| used != module && !allowed.contains(&&**used)) {
                wrong.insert(format!("{file} uses {used}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_module_is_in_the_table() {
    let modules: Vec<String> = std::fs::read_dir(root().join("src"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    for module in modules {
        assert!(
            ALLOWED.iter().any(|(known, _)| *known == module),
            "{module} has no place in the layers"
        );
    }
}

/// The views know the report alone, and neither terminal nor environment.
#[test]
fn views_know_only_the_report() {
    for (file, code) in sources(&root().join("src/report/render")) {
        for forbidden in [
            "std::env",
            "is_terminal",
            "println!",
            "crate::catalog",
            "crate::diagnose",
        ] {
            assert!(!code.contains(forbidden), "{file} contains {forbidden}");
        }
    }
}

fn sources(dir: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push((
                path.display().to_string(),
                std::fs::read_to_string(&path).unwrap(),
            ));
        }
    }
    found
}

/// Modules named behind `crate::`, in code (doc comments of examples name the crate instead).
fn uses(code: &str) -> impl Iterator<Item = String> + '_ {
    let lines = code
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    lines
        .flat_map(|line| line.split("crate::").skip(1))
        .map(|rest| {
            rest.chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect()
        })
}
