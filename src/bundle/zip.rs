//! Zip, by its central directory; by its local headers where that is lost.

use std::io::Read;

use ::zip::ZipArchive;
use ::zip::read::{ZipFile, read_zipfile_from_stream};
use ::zip::result::ZipError;

use super::random::Random;
use super::walk::{Stream, Walker};
use super::{Reason, Visitor};
use crate::location::Origin;

pub(super) fn walk(
    walker: &Walker,
    random: Random,
    origin: &Origin,
    depth: u32,
    visitor: &mut dyn Visitor,
) {
    let archive = match ZipArchive::new(random.clone()) {
        Ok(archive) => archive,
        Err(error) => {
            let detail = format!(
                "the zip has no readable central directory ({error}); its members were read one after the other"
            );
            visitor.skipped(&walker.leaf(origin), Reason::Truncated, &detail);
            return stream(walker, random, origin, depth, visitor);
        }
    };
    visitor.members(archive.len(), &|index, visitor| {
        let mut archive = archive.clone();
        let name = archive
            .name_for_index(index)
            .and_then(Result::ok)
            .map(std::borrow::Cow::into_owned);
        match archive.by_index(index) {
            Ok(file) => member(walker, file, origin, depth, visitor),
            Err(error) => {
                let name = name.unwrap_or_else(|| format!("member {index}"));
                let (reason, detail) = describe(&error);
                visitor.skipped(&origin.inside(&name), reason, &detail);
            }
        }
    });
}

fn member<R: Read>(
    walker: &Walker,
    mut file: ZipFile<'_, R>,
    origin: &Origin,
    depth: u32,
    visitor: &mut dyn Visitor,
) {
    if file.is_dir() {
        return;
    }
    let name = String::from_utf8_lossy(file.name_raw()).into_owned();
    let child = origin.inside(name.trim_start_matches("./"));
    if file.is_symlink() {
        return visitor.link(&child);
    }
    walker.stream(
        Stream {
            reader: Box::new(&mut file),
            origin: child,
            depth: depth + 1,
        },
        visitor,
    );
}

/// Reads the members in front of a cut. Members with data descriptors cannot be delimited and end it.
fn stream(
    walker: &Walker,
    mut random: Random,
    origin: &Origin,
    depth: u32,
    visitor: &mut dyn Visitor,
) {
    while let Ok(Some(file)) = read_zipfile_from_stream(&mut random) {
        member(walker, file, origin, depth, visitor);
    }
}

fn describe(error: &ZipError) -> (Reason, String) {
    let text = error.to_string();
    match error {
        ZipError::UnsupportedArchive(message) if message.contains("Password") => (
            Reason::Encrypted,
            "the zip member needs a password".to_owned(),
        ),
        ZipError::UnsupportedArchive(_) => (Reason::Unsupported, text),
        _ => (Reason::Corrupt, text),
    }
}
