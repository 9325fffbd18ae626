//! Files to a catalog: the only place of the catalog that touches the file system.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fs, io};

use super::{Catalog, Problem, decode};
use crate::yaml;

/// A catalog and what was wrong with the files.
#[derive(Debug)]
pub struct Loaded {
    /// The patterns that are sound.
    pub catalog: Catalog,
    /// Everything that is not, in the order of the files.
    pub problems: Vec<Problem>,
}

/// Why pattern files could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The system refused.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// The file or directory.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Nothing to load.
    #[error("no pattern files (*.yaml) in `{}`", path.display())]
    Empty {
        /// The directory.
        path: PathBuf,
    },
}

/// The files compiled into the program.
pub(super) fn builtin() -> Vec<(String, Arc<str>)> {
    const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/patterns.rs"));
    FILES
        .iter()
        .map(|(path, text)| ((*path).to_owned(), Arc::from(*text)))
        .collect()
}

/// Reads the pattern files at `path`: a file, or a directory with all `*.yaml` and `*.yml` below it.
pub fn read_files(path: &Path) -> Result<Vec<(String, String)>, LoadError> {
    let mut paths = Vec::new();
    collect(path, &mut paths)?;
    if paths.is_empty() {
        return Err(LoadError::Empty {
            path: path.to_path_buf(),
        });
    }
    let read = |path: PathBuf| match fs::read(&path) {
        Ok(bytes) => Ok((
            path.display().to_string(),
            String::from_utf8_lossy(&bytes).into_owned(),
        )),
        Err(source) => Err(LoadError::Read { path, source }),
    };
    paths.into_iter().map(read).collect()
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) -> Result<(), LoadError> {
    let failed = |source| LoadError::Read {
        path: path.to_path_buf(),
        source,
    };
    if !fs::metadata(path).map_err(failed)?.is_dir() {
        files.push(path.to_path_buf());
        return Ok(());
    }
    let mut children: Vec<PathBuf> = fs::read_dir(path)
        .map_err(failed)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    children.sort();
    for child in children {
        let yaml = child
            .extension()
            .is_some_and(|extension| extension == "yaml" || extension == "yml");
        if child.is_dir() {
            collect(&child, files)?;
        } else if yaml {
            files.push(child);
        }
    }
    Ok(())
}

/// Loads every file by itself, then checks what only the whole shows. Files that are `proven` have passed the
/// tests, and are not compiled to find expressions that are too large.
pub(super) fn load(files: Vec<(String, Arc<str>)>, proven: bool) -> Loaded {
    let mut problems = Vec::new();
    let mut catalog = Catalog::default();
    for (path, text) in files {
        match yaml::documents(&text) {
            Err(error) => {
                let message = format!("this is not valid YAML: {}", error.message);
                problems.push(Problem::new(
                    "pattern/syntax",
                    message,
                    &path,
                    &text,
                    error.span,
                ));
            }
            Ok(documents) if documents.is_empty() => {
                problems.push(Problem::new(
                    "pattern/empty",
                    "the file holds no pattern",
                    &path,
                    &text,
                    0..0,
                ));
            }
            Ok(documents) => {
                for document in documents {
                    let file = decode::File {
                        path: &path,
                        text: &text,
                        proven,
                    };
                    catalog.add(decode::document(file, &document, &mut problems));
                }
            }
        }
    }
    catalog.sort();
    problems.extend(catalog.remove_duplicates());
    if !proven {
        problems.extend(catalog.unknown_facts());
    }
    Loaded { catalog, problems }
}
