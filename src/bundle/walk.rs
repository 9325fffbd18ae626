//! The recursion: what a stream is decides who reads it.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use super::decode::{Fate, Peeked, Recovering, decoder};
use super::limits::Spent;
use super::random::Random;
use super::sniff::HEAD;
use super::{Container, Entry, Format, Limits, OpenError, Reason, Visitor, dir, tar, zip};
use crate::location::Origin;

/// One walk through one bundle; clones share what has been spent.
#[derive(Clone)]
pub(super) struct Walker {
    pub(super) limits: Limits,
    name: Arc<str>,
    spent: Arc<Spent>,
}

/// A stream and where it stands: its origin (empty for the bundle itself) and its depth in archives.
pub(super) struct Stream<'a> {
    pub(super) reader: Box<dyn Read + 'a>,
    pub(super) origin: Origin,
    pub(super) depth: u32,
}

impl Walker {
    pub(super) fn new(limits: &Limits, name: &str) -> Self {
        Self {
            limits: *limits,
            name: name.into(),
            spent: Arc::default(),
        }
    }

    /// Walks the file or directory at `path`, which the user named.
    pub(super) fn path(
        &self,
        path: &Path,
        visitor: &mut dyn Visitor,
    ) -> Result<Container, OpenError> {
        let failed = |source| OpenError::Open {
            path: path.to_path_buf(),
            source,
        };
        if path.is_dir() {
            dir::walk(self, path, visitor);
            return Ok(Container {
                compression: None,
                content: Format::Directory,
            });
        }
        let mut file = File::open(path).map_err(failed)?;
        let mut head = Vec::with_capacity(HEAD);
        Read::by_ref(&mut file)
            .take(HEAD as u64)
            .read_to_end(&mut head)
            .map_err(failed)?;
        if Format::of(&head) == Format::Zip {
            let random = Random::file(file).map_err(failed)?;
            zip::walk(self, random, &Origin::default(), 0, visitor);
            return Ok(Container {
                compression: None,
                content: Format::Zip,
            });
        }
        let reader = Box::new(io::Cursor::new(head).chain(file));
        Ok(self.stream(
            Stream {
                reader,
                origin: Origin::default(),
                depth: 0,
            },
            visitor,
        ))
    }

    /// Walks a stream that cannot seek.
    pub(super) fn reader(
        &self,
        reader: Box<dyn Read + Send>,
        visitor: &mut dyn Visitor,
    ) -> Container {
        self.stream(
            Stream {
                reader,
                origin: Origin::default(),
                depth: 0,
            },
            visitor,
        )
    }

    /// Walks whatever `stream` turns out to be.
    pub(super) fn stream(&self, stream: Stream<'_>, visitor: &mut dyn Visitor) -> Container {
        let Stream {
            reader,
            origin,
            depth,
        } = stream;
        let fate = Fate::default();
        let raw = Recovering::new(reader, Format::Text, fate.clone());
        let container = match Peeked::new(raw, HEAD) {
            Ok(peeked) => self.dispatch(peeked, &origin, (depth, None), visitor),
            Err(error) => {
                visitor.skipped(&self.leaf(&origin), Reason::Unreadable, &error.to_string());
                Container {
                    compression: None,
                    content: Format::Text,
                }
            }
        };
        self.report(&origin, &fate, visitor);
        container
    }

    fn dispatch<R: Read>(
        &self,
        mut stream: Peeked<R>,
        origin: &Origin,
        (depth, modified): (u32, Option<i64>),
        visitor: &mut dyn Visitor,
    ) -> Container {
        let content = Format::of(stream.head());
        let plain = Container {
            compression: None,
            content,
        };
        if content.is_container() && depth > self.limits.depth {
            let detail = format!(
                "archives inside archives are opened to a depth of {}",
                self.limits.depth
            );
            visitor.skipped(&self.leaf(origin), Reason::Limit, &detail);
            return plain;
        }
        match content {
            Format::Gzip | Format::Xz | Format::Zstd | Format::Bzip2 => {
                return self.compressed(stream, content, origin, depth, visitor);
            }
            Format::Tar => tar::walk(self, &mut stream, origin, depth, visitor),
            Format::Zip => match self.spool(&mut stream) {
                Ok(random) => zip::walk(self, random, origin, depth, visitor),
                Err(error) => {
                    visitor.skipped(&self.leaf(origin), Reason::Limit, &error.to_string());
                }
            },
            Format::Foreign(foreign) => {
                let reason = if foreign.name().contains("PGP") {
                    Reason::Encrypted
                } else {
                    Reason::Unsupported
                };
                let detail = format!("{} are not supported; {}", foreign.name(), foreign.help());
                visitor.skipped(&self.leaf(origin), reason, &detail);
            }
            Format::Binary(name) => visitor.skipped(&self.leaf(origin), Reason::Binary, name),
            Format::Text | Format::Directory | Format::Journal | Format::JournalExport => {
                self.plain(&mut stream, origin, modified, visitor);
            }
        }
        plain
    }

    fn compressed<R: Read>(
        &self,
        stream: Peeked<R>,
        format: Format,
        origin: &Origin,
        depth: u32,
        visitor: &mut dyn Visitor,
    ) -> Container {
        let plain = Container {
            compression: Some(format),
            content: Format::Text,
        };
        let modified = modified(stream.head());
        let decoded = match decoder(format, stream) {
            Ok(decoded) => decoded,
            Err(error) => {
                visitor.skipped(&self.leaf(origin), Reason::Corrupt, &error.to_string());
                return plain;
            }
        };
        let fate = Fate::default();
        let decoded = Recovering::new(decoded, format, fate.clone());
        let Ok(peeked) = Peeked::new(decoded, HEAD) else {
            return plain;
        };
        // An archive and the compression around it are one level.
        let archive = matches!(Format::of(peeked.head()), Format::Tar | Format::Zip);
        let inner = self.dispatch(
            peeked,
            origin,
            (if archive { depth } else { depth + 1 }, modified),
            visitor,
        );
        self.report(origin, &fate, visitor);
        Container {
            compression: Some(format),
            content: inner.content,
        }
    }

    fn spool(&self, stream: &mut dyn Read) -> io::Result<Random> {
        Random::spool(
            stream,
            self.limits.buffered_bytes,
            self.limits.spooled_bytes,
        )
    }

    /// One file that is no container.
    fn plain<R: Read>(
        &self,
        stream: &mut Peeked<R>,
        origin: &Origin,
        modified: Option<i64>,
        visitor: &mut dyn Visitor,
    ) {
        let origin = self.leaf(origin);
        if !self.spent.entry(&self.limits) {
            let detail = format!("more than {} entries", self.limits.entries);
            return visitor.skipped(&origin, Reason::Limit, &detail);
        }
        let format = Format::of(stream.head());
        let mut metered = Metered {
            inner: stream,
            walker: self,
            read: 0,
            hit: None,
        };
        visitor.entry(
            &Entry {
                origin: origin.clone(),
                format,
                modified,
            },
            &mut metered,
        );
        if let Some(detail) = metered.hit {
            visitor.skipped(&origin, Reason::Limit, &detail);
        }
    }

    /// Tells the visitor how a stream ended, if it did not end well.
    fn report(&self, origin: &Origin, fate: &Fate, visitor: &mut dyn Visitor) {
        if let Some((reason, detail)) = fate.get() {
            visitor.skipped(&self.leaf(origin), reason, &detail);
        }
    }

    /// The name of what stands at `origin`: the bundle's own name at the top.
    pub(super) fn leaf(&self, origin: &Origin) -> Origin {
        if origin.as_str().is_empty() {
            Origin::new(&*self.name)
        } else {
            origin.clone()
        }
    }
}

/// The time in the header of a gzip stream; zero stands for none (RFC 1952, 2.3.1).
fn modified(head: &[u8]) -> Option<i64> {
    let seconds = head.strip_prefix(b"\x1f\x8b\x08")?.get(1..5)?;
    let seconds = u32::from_le_bytes(seconds.try_into().ok()?);
    (seconds > 0).then_some(seconds.into())
}

/// Counts what is read of one entry and ends it at a limit.
struct Metered<'a, R> {
    inner: R,
    walker: &'a Walker,
    read: u64,
    hit: Option<String>,
}

impl<R: Read> Read for Metered<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.hit.is_some() {
            return Ok(0);
        }
        let n = self.inner.read(buffer)?;
        let limits = &self.walker.limits;
        self.read += n as u64;
        if self.read > limits.entry_bytes {
            self.hit = Some(format!(
                "more than {} bytes in one entry",
                limits.entry_bytes
            ));
        } else if !self.walker.spent.bytes(n as u64, limits) {
            self.hit = Some(format!(
                "more than {} bytes in the bundle",
                limits.total_bytes
            ));
        }
        Ok(if self.hit.is_some() { 0 } else { n })
    }
}
