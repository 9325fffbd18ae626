//! Running the program and comparing with files.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

use bundlecheck::{Catalog, Checker};

/// The root of the project.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The program, in the root of the project, shielded from the environment.
pub(crate) fn program() -> Command {
    let program = std::env::var_os("BUNDLECHECK_TEST_PROGRAM")
        .unwrap_or_else(|| env!("CARGO_BIN_EXE_bundlecheck").into());
    let mut command = Command::new(program);
    command
        .current_dir(root())
        .env_remove("BUNDLECHECK_FORMAT")
        .env("NO_COLOR", "1")
        .env("COLUMNS", "100");
    command
}

/// Runs the program with `args`.
pub(crate) fn run<S: AsRef<std::ffi::OsStr>>(args: &[S]) -> Output {
    program().args(args).output().unwrap()
}

/// Standard output as text.
pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Standard error as text.
pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Compares `found` with the file `expected`, or rewrites the file.
pub(crate) fn expect_file(expected: &Path, found: &str) {
    if std::env::var_os("BUNDLECHECK_BLESS").is_some() {
        std::fs::write(expected, found).unwrap();
        return;
    }
    let wanted = std::fs::read_to_string(expected).unwrap_or_default();
    let line = wanted
        .lines()
        .zip(found.lines())
        .position(|(a, b)| a != b)
        .unwrap_or_else(|| wanted.lines().count().min(found.lines().count()));
    assert!(
        wanted == found,
        "{} differs from line {} on:\n  expected: {}\n  found:    {}\nBUNDLECHECK_BLESS=1 rewrites it",
        expected.display(),
        line + 1,
        wanted.lines().nth(line).unwrap_or("(end)"),
        found.lines().nth(line).unwrap_or("(end)"),
    );
}

/// The folder with real bundles, if the environment names one; says so when it does not.
pub(crate) fn corpus() -> Option<PathBuf> {
    let folder = std::env::var_os("BUNDLECHECK_CORPUS").map(PathBuf::from);
    // Relative paths are meant from the root of the project, wherever the test runs.
    let folder = folder
        .map(|folder| root().join(folder))
        .filter(|folder| folder.is_dir());
    if folder.is_none() {
        // Past the test harness, which would swallow it.
        let _ = writeln!(
            std::io::stderr(),
            "skipped: BUNDLECHECK_CORPUS names no folder"
        );
    }
    folder
}

/// A checker with the built-in patterns; making one takes longer than most tests.
pub(crate) fn checker() -> &'static Checker<'static> {
    static CATALOG: LazyLock<Catalog> = LazyLock::new(Catalog::builtin);
    static CHECKER: LazyLock<Checker<'static>> =
        LazyLock::new(|| Checker::builder(&CATALOG).build().unwrap());
    &CHECKER
}

/// The sample bundles: directories with a README.md.
pub(crate) fn samples() -> Vec<PathBuf> {
    let samples = bundles_below("samples");
    assert!(samples.len() >= 4, "the samples are there");
    samples
}

/// The small bundles of `samples/decisions`, one for each row of the table of causes.
pub(crate) fn decisions() -> Vec<PathBuf> {
    let decisions = bundles_below("samples/decisions");
    assert!(decisions.len() >= 20, "the decisions are there");
    decisions
}

/// The directories below `folder` that hold a `bundle`.
fn bundles_below(folder: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root().join(folder)).unwrap();
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    found.retain(|path| path.join("bundle").is_dir());
    found.sort();
    found
}
