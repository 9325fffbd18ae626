//! The documents tell the truth: their console blocks are run.

use crate::support::{root, run, stdout};

/// The first screen of the README is the report, shortened at `...`.
#[test]
fn the_readme_shows_the_report_of_its_sample() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let block = readme.split("```text\n$ bundlecheck ").nth(1).unwrap();
    let (bundle, block) = block.split("```").next().unwrap().split_once('\n').unwrap();
    let report = stdout(&run(&[bundle]));
    let mut rest = &report[..];
    for part in block.split("...\n") {
        let at = rest
            .find(part)
            .unwrap_or_else(|| panic!("the report has no\n{part}"));
        rest = &rest[at + part.len()..];
    }
    assert_eq!(rest, "");
}

#[test]
fn console_blocks_show_what_the_program_prints() {
    let cases = trycmd::TestCases::new();
    cases.env("NO_COLOR", "1").env("COLUMNS", "100");
    cases.case("GUIDE.md").case("tests/cmd/*.trycmd");
}

#[test]
fn the_formats_of_logs_and_the_kinds_of_bundles_are_documented() {
    let formats = std::fs::read_to_string(root().join("docs/formats.md")).unwrap();
    for format in bundlecheck::log::format::FORMATS {
        assert!(
            formats.contains(&format!("`{}`", format.name)),
            "{}",
            format.name
        );
    }
    for kind in bundlecheck::location::KINDS {
        assert!(
            formats.contains(&format!("`{}`", kind.name)),
            "{}",
            kind.name
        );
    }
}

#[test]
fn the_kinds_of_facts_are_documented() {
    let patterns = std::fs::read_to_string(root().join("PATTERNS.md")).unwrap();
    for kind in bundlecheck::facts::KINDS
        .iter()
        .chain(bundlecheck::facts::DERIVED)
    {
        let fields: Vec<String> = kind
            .fields
            .iter()
            .map(|field| format!("`{field}`"))
            .collect();
        let row = format!("| `{}` | {} | {} |", kind.name, kind.doc, fields.join(", "));
        assert!(patterns.contains(&row), "PATTERNS.md has no\n{row}");
    }
}
