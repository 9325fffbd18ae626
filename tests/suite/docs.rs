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
