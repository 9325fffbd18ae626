//! bundlecheck from the command line to its report, beside other tools on the same bundles.
//!
//! `cargo bench --bench e2e` generates bundles below `target/e2e`, measures, and prints tables in Markdown; `-- --help`
//! lists the options. Commands that are compared run in turn, in several rounds, each as a process of its own. What
//! counts are ratios within one run, since machines differ, and nothing passes or fails by time. What is compared with
//! the slow reference has to be equal.
//!
//! Only Rust is needed. Tools that are not installed are left out, and the tables say so. Real log lines and bundles
//! are used where `BUNDLECHECK_CORPUS` names a folder that has them, below `logs` and `bundles`.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the tables are the result"
)]

mod catalogs;
mod commands;
mod corpus;
mod decode;
mod groups;
mod kinds;
mod measure;
mod options;
mod pack;
mod pool;
#[path = "../shared/random.rs"]
#[expect(dead_code, reason = "each benchmark draws in ways of its own")]
mod random;
mod reference;
mod table;
mod template;

use std::fs;
use std::io;
use std::path::Path;
use std::process::ExitCode;

use commands::Commands;
use options::{Options, USAGE};
use pack::Bundles;
use table::Group;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let result = match words[..] {
        // What the benchmark starts itself as.
        ["measure", result, ..] => measure::run(result, &args[2..]).map(|()| true),
        ["decode", file] => decode::decode(Path::new(file)).map(|_| true),
        _ if words.contains(&"--help") => {
            print!("{USAGE}");
            Ok(true)
        }
        _ => match Options::parse(args.into_iter()) {
            Ok(options) => bench(&options),
            Err(problem) => Err(io::Error::other(format!("{problem}\n\n{USAGE}"))),
        },
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

/// Whether all that has to be equal is.
fn bench(options: &Options) -> io::Result<bool> {
    let bundles = Bundles::new(options.size << 20)?;
    groups::write_catalogs(&bundles)?;
    let commands = Commands {
        bins: options.bins.clone(),
        bundles: &bundles,
    };
    let mut groups = commands.groups()?;
    groups.retain(|group| options.wants(group.name));
    generate(options, &bundles, &groups)?;
    if options.generate {
        return Ok(true);
    }
    let mut text = title(options, &bundles)?;
    print!("{text}");
    for group in &groups {
        let table = format!("\n{}", group.run(options.rounds, &bundles.folder)?);
        print!("{table}");
        text.push_str(&table);
    }
    let mut equal = true;
    if options.wants("reference") {
        let (same, table) = references(options, &bundles)?;
        print!("{table}");
        text.push_str(&table);
        equal = same;
    }
    if options.save {
        save(&text)?;
    }
    Ok(equal)
}

/// Packs the bundles that the groups need.
fn generate(options: &Options, bundles: &Bundles, groups: &[Group]) -> io::Result<()> {
    let rows = || groups.iter().flat_map(|group| &group.rows);
    pack::pack_all(bundles.jobs(|name| {
        let slice = options.wants("reference") && name.starts_with("slice");
        slice || rows().any(|row| row.bundles.iter().any(|bundle| bundle == name))
    }))
}

#[expect(clippy::cast_precision_loss, reason = "a ratio")]
fn title(options: &Options, bundles: &Bundles) -> io::Result<String> {
    let processors = std::thread::available_parallelism()?;
    let mut text = format!(
        "## {}\n\nBundles of {} MiB of text, {} rounds, {processors} processors, {}.\n",
        today(),
        options.size,
        options.rounds,
        std::env::consts::ARCH
    );
    let bundle = bundles.path("big-0.01.tar.gz");
    if let Ok(packed) = fs::metadata(&bundle) {
        let ratio = decode::decode(&bundle)? as f64 / packed.len() as f64;
        text.push_str(&format!("gzip makes them {ratio:.1} times smaller.\n"));
    }
    Ok(text)
}

/// The findings at each hit rate against the reference.
fn references(options: &Options, bundles: &Bundles) -> io::Result<(bool, String)> {
    let mut table = "\n### reference\n\nLines that each generated pattern fits, against a set of regexes line by line.\n\n".to_owned();
    let mut equal = true;
    for rate in ["0.01", "1", "5"] {
        let bundle = bundles.path(&format!("slice-{rate}.tar.gz"));
        for (label, bin) in &options.bins {
            let result = reference::compare(bin, &bundles.path("patterns-200"), &bundle)?;
            equal &= result.is_ok();
            let (Ok(text) | Err(text)) = result;
            table.push_str(&format!("* {rate} %, bundlecheck{label}: {text}\n"));
        }
    }
    Ok((equal, table))
}

fn save(text: &str) -> io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/runs");
    fs::create_dir_all(&folder)?;
    fs::write(folder.join(format!("{}.md", today())), text)
}

/// The date in UTC.
fn today() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%d").to_string()
}
