//! Tar, read in one pass.

use std::io::{self, Cursor, Read};

use super::sniff::HEAD;
use super::walk::{Stream, Walker};
use super::{Format, Reason, Visitor};
use crate::location::Origin;

/// Hands every member of the tar in `reader` to `visitor`, then drains the stream, so that a decoder below
/// gets to see its trailer.
pub(super) fn walk(
    walker: &Walker,
    reader: &mut dyn Read,
    origin: &Origin,
    depth: u32,
    visitor: &mut dyn Visitor,
) {
    let mut archive = ::tar::Archive::new(reader);
    archive.set_ignore_zeros(true);
    let outcome = archive.entries().and_then(|entries| {
        let mut complete = true;
        for entry in entries {
            complete &= member(walker, entry?, origin, depth, visitor);
        }
        Ok(complete)
    });
    match outcome {
        Ok(true) => {}
        // The `tar` crate ends a member early without an error; the size in its header tells.
        Ok(false) => visitor.skipped(
            &walker.leaf(origin),
            Reason::Truncated,
            "the tar ends in the middle of a member",
        ),
        Err(error) => {
            let (reason, detail) = describe(&error);
            visitor.skipped(&walker.leaf(origin), reason, &detail);
        }
    }
    let _ = io::copy(&mut archive.into_inner(), &mut io::sink());
}

/// Visits one member; false when it is shorter than its header says.
fn member<R: Read>(
    walker: &Walker,
    mut entry: ::tar::Entry<'_, R>,
    origin: &Origin,
    depth: u32,
    visitor: &mut dyn Visitor,
) -> bool {
    let kind = entry.header().entry_type();
    let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
    let child = origin.inside(name.trim_start_matches("./").trim_end_matches('/'));
    if kind.is_symlink() || kind.is_hard_link() {
        visitor.link(&child);
    } else if kind.is_file() || kind.is_contiguous() || kind.is_gnu_sparse() {
        return content(walker, &mut entry, child, depth, visitor);
    } else if !kind.is_dir() && !kind.is_pax_global_extensions() {
        visitor.skipped(
            &child,
            Reason::Unsupported,
            "a device, pipe or unknown kind of tar member",
        );
    }
    true
}

fn content<R: Read>(
    walker: &Walker,
    entry: &mut ::tar::Entry<'_, R>,
    child: Origin,
    depth: u32,
    visitor: &mut dyn Visitor,
) -> bool {
    let size = entry.size();
    let mut counted = Counted {
        inner: entry,
        read: 0,
    };
    let mut head = Vec::with_capacity(HEAD);
    if Read::by_ref(&mut counted)
        .take(HEAD as u64)
        .read_to_end(&mut head)
        .is_err()
    {
        return false;
    }
    if Format::of(&head).is_container() && size <= walker.limits.buffered_bytes {
        let mut bytes = head;
        let _ = counted.read_to_end(&mut bytes);
        let (walker, complete) = (walker.clone(), bytes.len() as u64 == size);
        visitor.deferred(Box::new(move |visitor| {
            walker.stream(
                Stream {
                    reader: Box::new(Cursor::new(bytes)),
                    origin: child,
                    depth: depth + 1,
                },
                visitor,
            );
        }));
        return complete;
    }
    let origin = child.clone();
    let reader = Box::new(Cursor::new(head).chain(&mut counted));
    walker.stream(
        Stream {
            reader,
            origin: child,
            depth: depth + 1,
        },
        visitor,
    );
    let _ = io::copy(&mut counted, &mut io::sink());
    let complete = counted.read == size;
    if !complete {
        let detail = format!("{} of {size} bytes are in the bundle", counted.read);
        visitor.skipped(&origin, Reason::Truncated, &detail);
    }
    complete
}

fn describe(error: &io::Error) -> (Reason, String) {
    let text = error.to_string();
    if text.contains("unexpected EOF") || text.contains("failed to read entire block") {
        (
            Reason::Truncated,
            "the tar ends in the middle of a member".to_owned(),
        )
    } else {
        (
            Reason::Corrupt,
            format!("the tar is damaged: {text}; what follows was not read"),
        )
    }
}

struct Counted<R> {
    inner: R,
    read: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.read += n as u64;
        Ok(n)
    }
}

/// An archive of these files.
pub(super) fn archive<'f>(
    files: impl IntoIterator<Item = (&'f str, &'f [u8])>,
) -> std::io::Result<Vec<u8>> {
    let mut builder = tar::Builder::new(Vec::new());
    for (path, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        builder.append_data(&mut header, path, content)?;
    }
    builder.into_inner()
}
