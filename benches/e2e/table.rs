//! Groups of commands that are compared, run in turn, and their tables.

use std::fmt::Write;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::measure::{Usage, measure};

/// The exit status of the program `timeout`.
const TIMED_OUT: i32 = 124;

/// A command that is measured.
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) command: Vec<String>,
    /// Rows below are compared with this one, up to the next such row.
    pub(crate) is_base: bool,
    /// Measured only once.
    pub(crate) is_slow: bool,
    /// The bundles that it needs, by name.
    pub(crate) bundles: Vec<String>,
    /// What it leaves behind, to be removed before each round.
    pub(crate) leaves: Option<PathBuf>,
}

/// Rows of one table.
pub(crate) struct Group {
    /// What `--only` selects it by.
    pub(crate) name: &'static str,
    pub(crate) caption: String,
    pub(crate) rows: Vec<Row>,
    pub(crate) notes: Vec<String>,
}

impl Row {
    pub(crate) fn new(name: impl Into<String>, command: Vec<String>) -> Self {
        Self {
            name: name.into(),
            command,
            is_base: false,
            is_slow: false,
            bundles: Vec::new(),
            leaves: None,
        }
    }

    pub(crate) fn base(mut self) -> Self {
        self.is_base = true;
        self
    }

    pub(crate) fn slow(mut self) -> Self {
        self.is_slow = true;
        self
    }

    pub(crate) fn of(mut self, bundle: &str) -> Self {
        self.bundles.push(bundle.to_owned());
        self
    }
}

impl Group {
    pub(crate) fn new(name: &'static str, caption: &str) -> Self {
        Self {
            name,
            caption: caption.to_owned(),
            rows: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Runs all rows in turn, `rounds` times, and gives the table.
    pub(crate) fn run(&self, rounds: usize, scratch: &Path) -> io::Result<String> {
        let mut usages: Vec<Vec<Usage>> = self.rows.iter().map(|_| Vec::new()).collect();
        for round in 0..rounds {
            for (row, usages) in self.rows.iter().zip(&mut usages) {
                if row.is_slow && round > 0 {
                    continue;
                }
                if let Some(left) = row.leaves.as_ref().filter(|left| left.exists()) {
                    fs::remove_dir_all(left)?;
                }
                usages.push(measure(&row.command, scratch)?);
            }
        }
        Ok(self.table(&usages))
    }

    fn table(&self, usages: &[Vec<Usage>]) -> String {
        let mut table = format!(
            "### {}\n\n{}\n\n| | wall s, min | median | ratio of min | of median | CPU s | CPU s beyond | peak MiB |\n\
             | --- | --- | --- | --- | --- | --- | --- | --- |\n",
            self.name, self.caption
        );
        let mut notes = self.notes.clone();
        let mut base = Summary::default();
        for (row, usages) in self.rows.iter().zip(usages) {
            let own = Summary::of(usages);
            if row.is_base {
                base = own;
            }
            let mark = if row.is_base { " (base)" } else { "" };
            let _ = writeln!(
                table,
                "| {}{mark} | {:.3} | {:.3} | {:.2} | {:.2} | {:.3} | {:+.3} | {:.0} |",
                row.name,
                own.least,
                own.median,
                own.least / base.least,
                own.median / base.median,
                own.cpu,
                own.cpu - base.cpu,
                own.memory
            );
            notes.extend(note(row, usages));
        }
        notes
            .iter()
            .for_each(|note| table.push_str(&format!("\n{note}\n")));
        table
    }
}

/// What has to be said of how a command ended: 1 is that of a search without a result.
fn note(row: &Row, usages: &[Usage]) -> Option<String> {
    let failed = usages
        .iter()
        .find(|usage| !matches!(usage.status, Some(0 | 1)))?;
    Some(match failed.status {
        Some(TIMED_OUT) => format!("`{}` gave up: out of time.", row.name),
        Some(status) => format!("`{}` gave up: exit status {status}.", row.name),
        None => format!("`{}` gave up: ended by a signal.", row.name),
    })
}

#[derive(Clone, Copy, Default)]
struct Summary {
    least: f64,
    median: f64,
    cpu: f64,
    memory: f64,
}

impl Summary {
    fn of(usages: &[Usage]) -> Self {
        let sorted = |value: fn(&Usage) -> f64| {
            let mut values: Vec<f64> = usages.iter().map(value).collect();
            values.sort_by(f64::total_cmp);
            values
        };
        let walls = sorted(|usage| usage.wall);
        let processors = sorted(|usage| usage.cpu);
        Self {
            least: walls[0],
            median: walls[walls.len() / 2],
            cpu: processors[processors.len() / 2],
            memory: sorted(|usage| usage.memory)[usages.len() - 1],
        }
    }
}
