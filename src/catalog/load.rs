//! Files to a catalog: the only place of the catalog that touches the file system.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fs, io};

use rayon::prelude::*;

use super::cre::{self, TestLogs};
use super::{Catalog, LeftOut, Problem, ProblemKind, decode, spec};
use crate::troubleshoot::is_spec;
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

/// The files compiled into the program, with or without the examples, which are half of all text and only tests and
/// people read.
pub(super) fn builtin(examples: bool) -> Vec<(String, Arc<str>)> {
    const FILES: &[(&str, &str, &str)] = include!(concat!(env!("OUT_DIR"), "/patterns.rs"));
    FILES
        .iter()
        .map(|(path, whole, short)| {
            let text = if examples { whole } else { short };
            ((*path).to_owned(), Arc::from(*text))
        })
        .collect()
}

/// The logs that stand beside a rule of CRE: it must fire on the first, and must not on the second.
const TEST_LOGS: [&str; 2] = ["test.log", "test-fp.log"];

/// Reads the pattern files at `path`: a file, or a directory with all `*.yaml` and `*.yml` below it, and the logs on which
/// rules of CRE are tested.
pub fn read_files(path: &Path) -> Result<Vec<(String, String)>, LoadError> {
    let mut paths = Vec::new();
    collect(path, &mut paths)?;
    if paths.is_empty() {
        return Err(LoadError::Empty {
            path: path.to_path_buf(),
        });
    }
    let mut folders: Vec<PathBuf> = paths
        .iter()
        .filter_map(|path| Some(path.parent()?.to_path_buf()))
        .collect();
    folders.dedup();
    let logs = folders
        .iter()
        .flat_map(|folder| TEST_LOGS.map(|name| folder.join(name)));
    paths.extend(logs.filter(|log| log.is_file()));
    let read = |path: PathBuf| match fs::read(&path) {
        Ok(bytes) => Ok((
            path.display().to_string(),
            String::from_utf8_lossy(&bytes).into_owned(),
        )),
        Err(source) => Err(LoadError::Read { path, source }),
    };
    // All of them before any is looked at: of several errors the first is told.
    let read: Vec<_> = paths.into_par_iter().map(read).collect();
    read.into_iter().collect()
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
    // An entry keeps its folder open, of which there may be many above each other.
    let child = |entry: fs::DirEntry| (entry.file_name(), entry.path(), entry.file_type());
    let children = fs::read_dir(path).map_err(failed)?;
    let mut children: Vec<_> = children.filter_map(Result::ok).map(child).collect();
    children.sort_by(|(a, ..), (b, ..)| a.cmp(b));
    for (_, path, kind) in children {
        let yaml = path
            .extension()
            .is_some_and(|extension| extension == "yaml" || extension == "yml");
        // The folder tells what it holds, but not where links lead.
        let is_dir = match kind {
            Ok(kind) if !kind.is_symlink() => kind.is_dir(),
            _ => path.is_dir(),
        };
        if is_dir {
            collect(&path, files)?;
        } else if yaml {
            files.push(path);
        }
    }
    Ok(())
}

/// Loads every file by itself, then checks what only the whole shows. Files that are `proven` have passed the
/// tests, and are not compiled to find expressions that are too large.
pub(super) fn load(files: &[(String, Arc<str>)], proven: bool) -> Loaded {
    let mut problems = Vec::new();
    let mut catalog = Catalog::default();
    let is_log = |path: &str| TEST_LOGS.contains(&name(path));
    let logs: BTreeMap<&str, &str> = files
        .iter()
        .filter(|(path, _)| is_log(path))
        .map(|(path, text)| (&**path, &**text))
        .collect();
    let read: Vec<_> = files
        .par_iter()
        .filter(|(path, _)| !is_log(path))
        .map(|(path, text)| {
            let folder = &path[..path.len() - name(path).len()];
            let log = |name: &str| logs.get(&*format!("{folder}{name}")).copied();
            let [positive, negative] = TEST_LOGS.map(log);
            file(path, text, proven, TestLogs { positive, negative })
        })
        .collect();
    for (documents, of_file) in read {
        documents.into_iter().for_each(|one| catalog.add(one));
        problems.extend(of_file);
    }
    catalog.sort();
    problems.extend(catalog.remove_duplicates());
    if !proven {
        problems.extend(catalog.unknown_facts());
    }
    // Beside catalogs of others there are other files; one that cannot be read costs itself.
    if catalog.has_foreign() {
        for problem in &mut problems {
            problem.code = match problem.code {
                "pattern/syntax" => "file/syntax",
                "pattern/empty" if problem.message == EMPTY => "file/empty",
                "pattern/unknown-file" => "file/unknown",
                other => other,
            };
        }
    }
    let foreign = problems
        .iter()
        .filter(|problem| problem.is_foreign() && problem.kind == ProblemKind::Error);
    catalog.left_out = foreign
        .map(|problem| LeftOut {
            place: format!("{}:{}", problem.path, problem.line()),
            reason: problem.message.clone(),
        })
        .collect();
    Loaded { catalog, problems }
}

/// Keys of which each native document has one.
const NATIVE: [&str; 9] = [
    "id", "title", "kind", "events", "match", "severity", "cause", "when", "examples",
];

/// What is said of a file without documents.
const EMPTY: &str = "the file holds no pattern";

/// The name of a file without its folder.
fn name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// The documents of one file, and what is wrong with it.
fn file(
    path: &str,
    text: &Arc<str>,
    proven: bool,
    logs: TestLogs<'_>,
) -> (Vec<decode::Document>, Vec<Problem>) {
    let problem = |code, message: String, span| vec![Problem::new(code, message, path, text, span)];
    // Rules and specs of others may have anchors.
    let is_foreign = |document: &yaml::Node| cre::is_rules(document) || is_spec(document);
    let parsed = yaml::documents(text).or_else(|error| {
        let read = (!proven).then(|| yaml::documents_with_aliases(text).ok());
        read.flatten()
            .filter(|documents| documents.iter().any(is_foreign))
            .ok_or(error)
    });
    match parsed {
        Err(error) => {
            let message = format!("this is not valid YAML: {}", error.message);
            (Vec::new(), problem("pattern/syntax", message, error.span))
        }
        Ok(documents) if documents.is_empty() => {
            let message = EMPTY.to_owned();
            (Vec::new(), problem("pattern/empty", message, 0..0))
        }
        Ok(documents) if !proven && documents.iter().any(is_spec) => {
            let mut problems = Vec::new();
            let file = decode::File { path, text, proven };
            let documents = spec::decode(file, &mut problems);
            (documents, problems)
        }
        Ok(documents) => {
            let mut problems = Vec::new();
            let file = decode::File { path, text, proven };
            let mut all = Vec::new();
            for document in &documents {
                if cre::is_rules(document) {
                    all.extend(cre::rules(file, document, logs, &mut problems));
                } else if cre::is_sources(document) {
                    all.push(cre::sources(file, document, &mut problems));
                } else if NATIVE.iter().any(|key| document.get(key).is_some()) {
                    all.extend(decode::document(file, document, &mut problems));
                } else {
                    let message = "this is no pattern, no rule of CRE and no spec of troubleshoot";
                    let span = document.span.start..document.span.start;
                    problems.push(Problem::new(
                        "pattern/unknown-file",
                        message,
                        path,
                        text,
                        span,
                    ));
                }
            }
            (all, problems)
        }
    }
}
