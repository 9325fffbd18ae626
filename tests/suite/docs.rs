//! The documents tell the truth: their console blocks are run.

#[test]
fn console_blocks_show_what_the_program_prints() {
    let cases = trycmd::TestCases::new();
    cases.env("NO_COLOR", "1").env("COLUMNS", "100");
    cases
        .case("README.md")
        .case("GUIDE.md")
        .case("tests/cmd/*.trycmd");
}
