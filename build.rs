//! Compiles every file below `patterns/` into the program, so that a new pattern is one new file.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let root =
        PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("patterns");
    println!("cargo::rerun-if-changed={}", root.display());
    let mut files = Vec::new();
    collect(&root, &mut files);
    files.sort();
    let mut code = String::from("&[\n");
    for file in files {
        let name = file
            .strip_prefix(&root)
            .expect("it was found below")
            .to_string_lossy()
            .replace('\\', "/");
        let text = fs::read_to_string(&file).expect("patterns are text");
        let path = file.display().to_string();
        let short = without_examples(&text);
        let _ = writeln!(
            code,
            "    (\"patterns/{name}\", include_str!({path:?}), {short:?}),"
        );
    }
    code.push(']');
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    fs::write(out.join("patterns.rs"), code).expect("the build directory is writable");
}

/// A pattern whose lists of examples are empty, which are at the top level of the file.
fn without_examples(text: &str) -> String {
    let mut short = String::new();
    let mut skips = false;
    for line in text.lines() {
        let top = line.starts_with(|c: char| !c.is_whitespace() && c != '#');
        let list = line.split_once(':').map(|(key, _)| key);
        skips = if top {
            matches!(list, Some("examples" | "negative_examples"))
        } else {
            skips
        };
        if !skips {
            short.push_str(line);
        } else if let Some(list) = list.filter(|_| top) {
            short.push_str(list);
            short.push_str(": []");
        } else {
            continue;
        }
        short.push('\n');
    }
    short
}

fn collect(dir: &Path, files: &mut Vec<PathBuf>) {
    println!("cargo::rerun-if-changed={}", dir.display());
    let entries = fs::read_dir(dir).expect("patterns/ is readable");
    for path in entries.map(|entry| entry.expect("patterns/ is readable").path()) {
        if path.is_dir() {
            collect(&path, files);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "yaml")
        {
            files.push(path);
        }
    }
}
