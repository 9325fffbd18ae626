//! The built-in patterns.

use bundlecheck::Catalog;
use bundlecheck::catalog::schema;
use bundlecheck::checker::check_examples;

use crate::support::{expect_file, root};

#[test]
fn every_pattern_proves_itself_in_every_wrapping() {
    let (summary, problems) = check_examples(&Catalog::builtin_with_examples());
    let frames: Vec<String> = problems
        .iter()
        .map(bundlecheck::catalog::Problem::render_plain)
        .collect();
    assert!(frames.is_empty(), "{}", frames.join("\n\n"));
    assert!(summary.examples > 500);
}

#[test]
fn names_of_other_patterns_exist() {
    let catalog = Catalog::builtin();
    for pattern in catalog.patterns() {
        for id in pattern.explains.iter().chain(&pattern.yields_to) {
            let known = catalog
                .patterns()
                .iter()
                .any(|other| match id.strip_suffix('*') {
                    Some(prefix) => other.id.starts_with(prefix),
                    None => other.id == *id,
                });
            assert!(known, "{} names `{id}`, which does not exist", pattern.id);
        }
    }
}

#[test]
fn every_pattern_says_what_to_do_and_where_to_read() {
    for pattern in Catalog::builtin().patterns() {
        assert!(
            !pattern.confirm.is_empty() && !pattern.remediation.is_empty(),
            "{}",
            pattern.id
        );
        assert!(pattern.cause.len() > 60, "{}", pattern.id);
        assert!(
            !pattern.tags.is_empty() && !pattern.area().is_empty(),
            "{}",
            pattern.id
        );
    }
}

#[test]
fn the_checked_in_schemas_are_current() {
    let pretty = |schema: &serde_json::Value| serde_json::to_string_pretty(schema).unwrap() + "\n";
    expect_file(
        &root().join("patterns/pattern.schema.json"),
        &pretty(&schema::pattern()),
    );
    expect_file(
        &root().join("docs/report.schema.json"),
        &pretty(&bundlecheck::report::schema::report()),
    );
}

#[test]
fn the_page_of_all_patterns_is_current() {
    let page = bundlecheck::catalog::handbook(&Catalog::builtin());
    expect_file(&root().join("docs/patterns.md"), &page);
}

/// The program loads its patterns without their examples.
#[test]
fn without_examples_the_patterns_are_the_same() {
    let (short, whole) = (Catalog::builtin(), Catalog::builtin_with_examples());
    let ids = |catalog: &Catalog| -> Vec<String> {
        let patterns = catalog.patterns().iter().map(|one| one.id.clone());
        patterns
            .chain(catalog.causes().iter().map(|one| one.id.clone()))
            .collect()
    };
    assert_eq!(ids(&short), ids(&whole));
    for (short, whole) in short.patterns().iter().zip(whole.patterns()) {
        assert!(short.examples.is_empty() && !whole.examples.is_empty());
        assert_eq!(
            format!("{:?}", short.matching),
            format!("{:?}", whole.matching)
        );
        assert_eq!(short.remediation, whole.remediation, "{}", short.id);
        assert_eq!(short.events.len(), whole.events.len(), "{}", short.id);
    }
    for (short, whole) in short.causes().iter().zip(whole.causes()) {
        assert_eq!(short.when.len(), whole.when.len(), "{}", short.id);
        assert_eq!(short.remediation, whole.remediation, "{}", short.id);
    }
}
