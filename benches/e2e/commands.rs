//! The commands that are measured.

use std::path::PathBuf;

use crate::measure::is_installed;
use crate::pack::Bundles;
use crate::table::{Group, Row};

/// Seconds after which a slow tool is given up.
const PATIENCE: &str = "120";

/// The programs and files that the commands name.
pub(crate) struct Commands<'a> {
    /// The programs bundlecheck, with what tells them apart.
    pub(crate) bins: Vec<(String, PathBuf)>,
    pub(crate) bundles: &'a Bundles,
}

impl Commands<'_> {
    pub(crate) fn path(&self, name: &str) -> String {
        self.bundles.path(name).display().to_string()
    }

    /// The decoder alone, as the base.
    pub(crate) fn decode(&self, bundle: &str) -> Row {
        own_decoder("own decoder", &self.path(bundle)).of(bundle)
    }

    /// Each bundlecheck on a bundle.
    pub(crate) fn check(&self, what: &str, options: &[&str], bundle: &str) -> Vec<Row> {
        let rows = self.check_path(what, options, &self.path(bundle));
        rows.into_iter().map(|row| row.of(bundle)).collect()
    }

    pub(crate) fn check_path(&self, what: &str, options: &[&str], path: &str) -> Vec<Row> {
        let row = |(label, bin): &(String, PathBuf)| {
            let mut command = vec![bin.display().to_string()];
            command.extend(words(&["--fail-on", "never", "--progress", "never"]));
            command.extend(words(options));
            command.push(path.to_owned());
            Row::new(format!("bundlecheck{label}{what}"), command)
        };
        self.bins.iter().map(row).collect()
    }
}

impl Group {
    /// Adds the row of another tool, if that is installed.
    pub(crate) fn peer(&mut self, program: &str, row: Row) {
        if is_installed(program) {
            self.rows.push(row);
        } else {
            self.notes
                .push(format!("`{program}` is not installed: no `{}`.", row.name));
        }
    }
}

pub(crate) fn own_decoder(name: &str, path: &str) -> Row {
    let own = std::env::current_exe().unwrap_or_default();
    Row::new(name, words(&[&own.display().to_string(), "decode", path])).base()
}

pub(crate) fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(ToString::to_string).collect()
}

pub(crate) fn shell(script: &str) -> Vec<String> {
    words(&["sh", "-c", script])
}

/// The command with an end, where there is a program that sets one.
pub(crate) fn limited(command: Vec<String>) -> Vec<String> {
    if !is_installed("timeout") {
        return command;
    }
    [words(&["timeout", "-k", "5", PATIENCE]), command].concat()
}
