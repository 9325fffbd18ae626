//! Directories: every regular file below, in the order of the names; links are never followed.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use super::memory::Level;
use super::walk::{Stream, Walker};
use super::{Format, LinkKind, Reason, Visitor};
use crate::location::Origin;

pub(super) fn walk(walker: &Walker, root: &Path, visitor: &mut dyn Visitor) {
    let mut files = Vec::new();
    collect(walker, root, &Origin::default(), &mut files, visitor);
    visitor.members(files.len(), &|index, visitor| {
        let (origin, path) = &files[index];
        match File::open(path) {
            Ok(file) => {
                let stream = Stream {
                    reader: Box::new(file),
                    origin: origin.clone(),
                    level: Level::default().job(),
                    container: Format::Directory,
                };
                walker.stream(stream, visitor);
            }
            Err(error) => visitor.skipped(origin, Reason::Unreadable, &error.to_string()),
        }
    });
}

fn collect(
    walker: &Walker,
    dir: &Path,
    origin: &Origin,
    files: &mut Vec<(Origin, PathBuf)>,
    visitor: &mut dyn Visitor,
) {
    let mut children: Vec<PathBuf> = match fs::read_dir(dir) {
        Ok(entries) => entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .collect(),
        Err(error) => return visitor.skipped(origin, Reason::Unreadable, &error.to_string()),
    };
    children.sort();
    for path in children {
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        let child = if origin.as_str().is_empty() {
            Origin::new(name)
        } else {
            Origin::new(format!("{origin}/{name}"))
        };
        match fs::symlink_metadata(&path) {
            Ok(metadata) if metadata.is_dir() => collect(walker, &path, &child, files, visitor),
            Ok(metadata) if metadata.is_file() => files.push((child, path)),
            Ok(_) | Err(_) if !walker.counts(&child, visitor) => return,
            Ok(metadata) if metadata.is_symlink() => {
                let target = fs::read_link(&path).unwrap_or_default();
                visitor.link(&child, &target.to_string_lossy(), LinkKind::Symbolic);
            }
            Ok(_) => visitor.skipped(&child, Reason::Unsupported, "a device, pipe or socket"),
            Err(error) => visitor.skipped(&child, Reason::Unreadable, &error.to_string()),
        }
    }
}
