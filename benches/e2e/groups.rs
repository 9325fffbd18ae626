//! What is compared with what.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::catalogs::{self, SIZES};
use crate::commands::{Commands, limited, own_decoder, shell, words};
use crate::measure::is_installed;
use crate::pack::Bundles;
use crate::table::{Group, Row};

/// KiB of address space that `ugrep` gets: it takes more than machines have for some sets of patterns.
const UGREP_MEMORY: u64 = 6 << 20;

impl Commands<'_> {
    /// All groups.
    pub(crate) fn groups(&self) -> io::Result<Vec<Group>> {
        let mut groups = vec![self.peers()];
        groups.extend(self.containers());
        groups.extend([
            self.hits(),
            self.patterns(),
            self.ready()?,
            self.memory(),
            self.batch(),
        ]);
        groups.extend(self.real());
        Ok(groups)
    }

    fn peers(&self) -> Group {
        let bundle = "big-0.01.tar.gz";
        let path = self.path(bundle);
        let regexes = self.path("patterns-200.txt");
        let tree = self.path("unpacked");
        let mut group = Group::new(
            "tar.gz",
            "One tar.gz, 0.01 % of its lines hit. The searches look for the 200 generated patterns, as does bundlecheck \
             where it says so; else for those that are built in.",
        );
        group.rows.push(self.decode(bundle));
        for program in ["igzip", "pigz", "gzip"] {
            group.peer(
                program,
                Row::new(format!("{program} -dc"), words(&[program, "-dc", &path])),
            );
        }
        group.rows.extend(self.check("", &[], bundle));
        group
            .rows
            .extend(self.check(", one thread", &["--jobs", "1"], bundle));
        let generated = self.path("patterns-200");
        let generated = ["--no-builtin", "--patterns", &generated];
        group
            .rows
            .extend(self.check(", the 200 patterns", &generated, bundle));
        group.peer(
            "rg",
            Row::new(
                "rg -z",
                words(&[
                    "rg",
                    "-z",
                    "-a",
                    "--no-unicode",
                    "-c",
                    "-f",
                    &regexes,
                    &path,
                ]),
            ),
        );
        let mut unpacked = shell(&format!(
            "mkdir '{tree}' && tar xzf '{path}' -C '{tree}' && rg -a --no-unicode -c -f '{regexes}' '{tree}' | wc -l"
        ));
        unpacked = limited(unpacked);
        let mut row = Row::new("tar x, then rg", unpacked).slow();
        row.leaves = Some(PathBuf::from(&tree));
        group.peer("rg", row);
        let grep = format!("gzip -dc '{path}' | LC_ALL=C grep -a -c -E -f '{regexes}' | wc -l");
        group.peer(
            "grep",
            Row::new("zcat, grep -E", limited(shell(&grep))).slow(),
        );
        let ugrep = format!("ulimit -v {UGREP_MEMORY}; exec ugrep -z -c -f '{regexes}' '{path}'");
        group.peer("ugrep", Row::new("ugrep -z", limited(shell(&ugrep))).slow());
        group
            .rows
            .iter_mut()
            .for_each(|row| row.bundles = vec![bundle.to_owned()]);
        group
    }

    fn containers(&self) -> Vec<Group> {
        let one = |name, bundle: &str, caption: &str| {
            let mut group = Group::new(name, caption);
            group.rows.push(self.decode(bundle));
            group.rows.extend(self.check("", &[], bundle));
            group
        };
        let mut groups = vec![
            one(
                "tar.xz",
                "big-0.01.tar.xz",
                "The same bundle as xz of a single block.",
            ),
            one("tar.zst", "big-0.01.tar.zst", "The same bundle as zstd."),
            one("zip", "big-0.01.zip", "The same bundle as zip."),
            one(
                "small",
                "small.tar.gz",
                "Small files (50,000 from 128 MiB on, half of them below 1.4 KB), as tar.gz.",
            ),
            one("small-zip", "small.zip", "The same small files as zip."),
            one(
                "inner",
                "inner.tar.gz",
                "Most of the logs are compressed inside of the tar.gz; decoding stops at the outer one.",
            ),
        ];
        if is_installed("xz") {
            let (name, bundle) = ("xz-blocks", "big-0.01-blocks.tar.xz");
            let caption = "The same bundle as xz of many blocks, which four threads or more decode two at a time.";
            let mut blocks = one(name, bundle, caption);
            let four = self.check(", four threads", &["--jobs", "4"], bundle);
            blocks.rows.extend(four);
            groups.push(blocks);
        }
        let mut dir = Group::new("dir", "The same bundle as a directory.");
        dir.rows.extend(self.check("", &[], "big-0.01"));
        dir.rows[0].is_base = true;
        groups.push(dir);
        groups
    }

    fn hits(&self) -> Group {
        let mut group = Group::new(
            "hits",
            "Of all lines 0.01 %, 1 % and 5 % are hits, of the built-in and of the generated patterns each.",
        );
        let patterns = self.path("patterns-200");
        let generated = ["--no-builtin", "--patterns", &patterns];
        for (name, options) in [("built-in", &[][..]), ("200 generated", &generated[..])] {
            for rate in ["0.01", "1", "5"] {
                let what = format!(", {name}, {rate} %");
                let mut rows = self.check(&what, options, &format!("big-{rate}.tar.gz"));
                rows.iter_mut()
                    .take(1)
                    .for_each(|row| row.is_base = rate == "0.01");
                group.rows.extend(rows);
            }
        }
        group
    }

    fn patterns(&self) -> Group {
        let bundle = "big-0.01.tar.gz";
        let mut group = Group::new(
            "patterns",
            "More and more patterns on the same tar.gz; CPU beyond decoding is that of all else.",
        );
        group.rows.push(self.decode(bundle));
        for size in SIZES {
            let patterns = self.path(&format!("patterns-{size}"));
            let options = ["--no-builtin", "--patterns", &patterns];
            group
                .rows
                .extend(self.check(&format!(", {size} patterns"), &options, bundle));
        }
        group
            .rows
            .extend(self.check(", built-in patterns", &[], bundle));
        group
    }

    /// What it takes until the first line can be read.
    fn ready(&self) -> io::Result<Group> {
        let tiny = self.bundles.path("tiny.log");
        fs::write(&tiny, "2026-11-20T12:00:00Z ready\n")?;
        let mut group = Group::new(
            "ready",
            "A bundle of one line: the start of the process, and reading the catalog.",
        );
        for (label, bin) in &self.bins {
            let bin = bin.display().to_string();
            group.rows.push(Row::new(
                format!("bundlecheck{label} --version"),
                vec![bin, "--version".to_owned()],
            ));
        }
        group.rows[0].is_base = true;
        for size in SIZES {
            let patterns = self.path(&format!("patterns-{size}"));
            let options = ["--no-builtin", "--patterns", &patterns];
            group
                .rows
                .extend(self.check(&format!(", {size} patterns"), &options, "tiny.log"));
        }
        group
            .rows
            .extend(self.check(", built-in patterns", &[], "tiny.log"));
        Ok(group)
    }

    fn memory(&self) -> Group {
        let mut group = Group::new(
            "memory",
            "The worst for memory: many hits, and a pattern that every line of a log fits.",
        );
        let every = self.path("every-line.yaml");
        group.rows.push(self.decode("big-5.tar.gz"));
        group
            .rows
            .extend(self.check(", 5 % hits", &[], "big-5.tar.gz"));
        group.rows.push(self.decode("lines.log.gz"));
        let options = ["--no-builtin", "--patterns", &every];
        group
            .rows
            .extend(self.check(", every line a hit", &options, "lines.log.gz"));
        group
    }

    fn batch(&self) -> Group {
        let mut group = Group::new(
            "batch",
            "Eight bundles, each an eighth of the size, on one and on all processors.",
        );
        let names: Vec<String> = (0..8)
            .map(|number| format!("batch/bundle-{number}.tar.gz"))
            .collect();
        for (what, options) in [
            (", one thread", &["--jobs", "1"][..]),
            (", all processors", &[][..]),
        ] {
            let mut rows = self.check(what, options, &names[0]);
            for row in &mut rows {
                row.command
                    .extend(names[1..].iter().map(|name| self.path(name)));
                row.bundles.clone_from(&names);
            }
            group.rows.extend(rows);
        }
        group.rows[0].is_base = true;
        group
    }

    /// Bundles of real systems, where `BUNDLECHECK_CORPUS` names a folder that has them.
    fn real(&self) -> Option<Group> {
        let folder = Path::new(&std::env::var_os("BUNDLECHECK_CORPUS")?).join("bundles");
        let mut files: Vec<PathBuf> = fs::read_dir(folder)
            .ok()?
            .filter_map(|file| Some(file.ok()?.path()))
            .collect();
        files.sort();
        let mut group = Group::new("real", "Bundles of real systems.");
        for file in files {
            let name = file.file_name().unwrap_or_default().display().to_string();
            let path = file.display().to_string();
            group
                .rows
                .push(own_decoder(&format!("decode {name}"), &path));
            group
                .rows
                .extend(self.check_path(&format!(" {name}"), &[], &path));
        }
        Some(group)
    }
}

/// Writes the catalogs that the commands name.
pub(crate) fn write_catalogs(bundles: &Bundles) -> io::Result<()> {
    let generated = catalogs::generated();
    for size in SIZES {
        catalogs::write(&generated, size, &bundles.folder)?;
    }
    catalogs::write_every_line(&bundles.folder)
}
