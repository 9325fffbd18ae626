//! What is asked for on the command line.

use std::path::PathBuf;

/// How to use it.
pub(crate) const USAGE: &str = "\
cargo bench --bench e2e -- [OPTIONS] [reference]

  reference         only compare the findings with the slow reference
  --size MIB        text of a bundle [default: 256]
  --rounds N        rounds of each measurement [default: 5]
  --only A,B        only these tables: tar.gz, tar.xz, xz-blocks, tar.zst, zip, dir, small, small-zip, inner, hits,
                    patterns, ready, memory, batch, real, reference
  --bin NAME=PATH   measure this program as well as, with several, others; instead of the one just built
  --generate        only generate the bundles
  --save            write the tables to benches/runs/DATE.md as well
";

/// The options.
pub(crate) struct Options {
    /// MiB.
    pub(crate) size: usize,
    pub(crate) rounds: usize,
    pub(crate) only: Vec<String>,
    pub(crate) bins: Vec<(String, PathBuf)>,
    pub(crate) save: bool,
    pub(crate) generate: bool,
}

impl Options {
    /// Reads the arguments; a text says what is wrong with them.
    pub(crate) fn parse(mut args: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self {
            size: 256,
            rounds: 5,
            only: Vec::new(),
            bins: Vec::new(),
            save: false,
            generate: false,
        };
        while let Some(arg) = args.next() {
            let mut value = || args.next().ok_or_else(|| format!("`{arg}` needs a value"));
            match arg.as_str() {
                // Cargo says so to each benchmark.
                "--bench" => {}
                "--size" => options.size = number(&value()?)?,
                "--rounds" => options.rounds = number(&value()?)?,
                "--only" => options.only.extend(value()?.split(',').map(str::to_owned)),
                "--bin" => options.bins.push(named(&value()?)),
                "--save" => options.save = true,
                "--generate" => options.generate = true,
                "reference" => options.only.push(arg),
                _ => return Err(format!("unknown argument `{arg}`")),
            }
        }
        if options.bins.is_empty() {
            let own = PathBuf::from(env!("CARGO_BIN_EXE_bundlecheck"));
            options.bins.push((String::new(), own));
        }
        Ok(options)
    }

    /// Whether a table is wanted.
    pub(crate) fn wants(&self, group: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|name| name == group)
    }
}

fn number(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number) if number > 0 => Ok(number),
        _ => Err(format!("`{text}` is not a number above zero")),
    }
}

/// `NAME=PATH`, or a path alone.
fn named(text: &str) -> (String, PathBuf) {
    match text.split_once('=') {
        Some((name, path)) => (format!(" ({name})"), path.into()),
        None => (String::new(), text.into()),
    }
}
