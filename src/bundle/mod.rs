//! Archive to entries: the only user of tar, zip and the decompressors.
//!
//! A [`Bundle`] is walked, never extracted. [`Bundle::walk`] recognises containers by content, descends into
//! archives inside archives and hands every readable file to a [`Visitor`] as a stream. What cannot be read
//! is reported to the same visitor with a [`Reason`]; one bad entry costs one entry.
//!
//! This module knows nothing of threads, but for those that decode blocks of xz: a visitor that wants members of
//! random-access containers in parallel takes them from [`Visitor::members`], and compressed members of streams from
//! [`Visitor::deferred`].

mod decode;
mod dir;
mod limits;
mod memory;
mod random;
mod seven_zip;
mod sniff;
mod tar;
mod utf16;
mod walk;
mod zeros;
mod zip;

use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

pub use limits::Limits;
pub(crate) use memory::Memory;
pub use sniff::Format;

use crate::location::Origin;

/// One support bundle: an archive, a directory, a single log or a stream.
///
/// ```no_run
/// use bundlecheck::bundle::Bundle;
/// let bundle = Bundle::open("acme-48213.tar.gz")?;
/// assert_eq!(bundle.name(), "acme-48213.tar.gz");
/// # Ok::<(), bundlecheck::bundle::OpenError>(())
/// ```
#[derive(Debug)]
pub struct Bundle {
    name: String,
    source: Source,
}

enum Source {
    Path(PathBuf),
    /// A file without a name, which holds what a stream gave.
    Spooled(File),
    Reader(Mutex<Option<Box<dyn Read + Send>>>),
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => f.debug_tuple("Path").field(path).finish(),
            Self::Spooled(_) => f.write_str("Spooled"),
            Self::Reader(_) => f.write_str("Reader"),
        }
    }
}

/// Why a bundle could not be opened at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The file or directory does not exist or may not be read.
    #[error("cannot open `{}`", path.display())]
    Open {
        /// What was asked for.
        path: PathBuf,
        /// Why the system refused.
        source: io::Error,
    },
    /// The path is a device, socket or pipe.
    #[error("cannot open `{}`: neither a file nor a directory", path.display())]
    Special {
        /// What was asked for.
        path: PathBuf,
    },
    /// The bundle came from a reader that was walked before.
    #[error("the stream `{name}` was read before and cannot be read twice")]
    Consumed {
        /// The name given to the stream.
        name: String,
    },
}

impl Bundle {
    /// A bundle of these files, paths and contents, in memory.
    ///
    /// # Errors
    ///
    /// When a path does not fit in an archive.
    pub fn from_files<'f>(
        name: impl Into<String>,
        files: impl IntoIterator<Item = (&'f str, &'f [u8])>,
    ) -> io::Result<Self> {
        let archive = tar::archive(files)?;
        Ok(Self::from_reader(name, io::Cursor::new(archive)))
    }

    /// Opens a file or a directory. Nothing is read yet.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        let path = path.as_ref().to_path_buf();
        let failed = |source| OpenError::Open {
            path: path.clone(),
            source,
        };
        let metadata = std::fs::metadata(&path).map_err(failed)?;
        if metadata.is_file() {
            File::open(&path).map_err(failed)?;
        } else if !metadata.is_dir() {
            return Err(OpenError::Special { path });
        }
        let name = file_name(&path);
        Ok(Self {
            name,
            source: Source::Path(path),
        })
    }

    /// A bundle from any stream; it can be walked once. `name` is shown in the report.
    pub fn from_reader(name: impl Into<String>, reader: impl Read + Send + 'static) -> Self {
        Self {
            name: name.into(),
            source: Source::Reader(Mutex::new(Some(Box::new(reader)))),
        }
    }

    /// A bundle from a stream that can be walked more than once: it is copied into an unlinked temporary file.
    ///
    /// # Errors
    ///
    /// When the stream cannot be read, or the file not be written.
    pub fn spooled(name: impl Into<String>, reader: &mut dyn Read) -> io::Result<Self> {
        let mut file = tempfile::tempfile()?;
        io::copy(reader, &mut file)?;
        Ok(Self {
            name: name.into(),
            source: Source::Spooled(file),
        })
    }

    /// The file name without its directories.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Bytes of the bundle as a file; `None` for directories and streams.
    pub fn size(&self) -> Option<u64> {
        let Source::Path(path) = &self.source else {
            return None;
        };
        std::fs::metadata(path)
            .ok()
            .filter(std::fs::Metadata::is_file)
            .map(|metadata| metadata.len())
    }

    /// Hands every entry to `visitor` and returns what kind of container the bundle is.
    pub fn walk(&self, limits: &Limits, visitor: &mut dyn Visitor) -> Result<Container, OpenError> {
        self.walk_with(limits, &Arc::default(), visitor)
    }

    /// The same with memory that other walks take from as well. They must not leave work to the same threads.
    pub(crate) fn walk_with(
        &self,
        limits: &Limits,
        memory: &Arc<Memory>,
        visitor: &mut dyn Visitor,
    ) -> Result<Container, OpenError> {
        let walker = walk::Walker::new(limits, &self.name, memory);
        match &self.source {
            Source::Path(path) => walker.path(path, visitor),
            Source::Spooled(file) => {
                let open = || {
                    let mut file = file.try_clone()?;
                    file.seek(SeekFrom::Start(0))?;
                    Ok(file)
                };
                let file = open().map_err(|source| OpenError::Open {
                    path: PathBuf::from(&self.name),
                    source,
                })?;
                Ok(walker.reader(Box::new(file), visitor))
            }
            Source::Reader(reader) => {
                let reader = reader.lock().ok().and_then(|mut slot| slot.take());
                let reader = reader.ok_or_else(|| OpenError::Consumed {
                    name: self.name.clone(),
                })?;
                Ok(walker.reader(reader, visitor))
            }
        }
    }
}

fn file_name(path: &Path) -> String {
    let resolved = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let named = path.file_name().or_else(|| resolved.file_name());
    named.map_or_else(
        || path.display().to_string(),
        |name| name.to_string_lossy().into_owned(),
    )
}

/// A name as a label: what is not UTF-8 is shown as `\xNN`, so that different names stay different.
fn label(name: &[u8]) -> String {
    let mut text = String::with_capacity(name.len());
    for chunk in name.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")));
    }
    text
}

/// What a bundle turned out to be, outermost layer first: `tar.gz`, `zip`, `directory`, `log`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Container {
    /// The compression around everything, if any.
    pub compression: Option<Format>,
    /// What is inside of it.
    pub content: Format,
}

impl fmt::Display for Container {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.compression {
            Some(compression) if self.content == Format::Text => {
                write!(f, "log.{}", compression.extension())
            }
            Some(compression) => write!(
                f,
                "{}.{}",
                self.content.extension(),
                compression.extension()
            ),
            None => f.write_str(self.content.extension()),
        }
    }
}

/// One file in a bundle.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The chain that leads to it.
    pub origin: Origin,
    /// What the content is by its first bytes; the reader that comes with the entry starts before them.
    pub format: Format,
    /// When the content was last written, in seconds since 1970, where the gzip header around it says so. Times of
    /// containers are left out: they say when something was packed or unpacked.
    pub modified: Option<i64>,
    /// How many bytes of a [`Format::Journal`] may be held in memory.
    pub memory: u64,
}

/// Receives what a bundle holds, in the order of the container.
pub trait Visitor {
    /// One readable file. `content` ends early where the bundle is cut; a [`Visitor::skipped`] for the
    /// same origin then follows.
    fn entry(&mut self, entry: &Entry, content: &mut dyn Read);

    /// Something that was not read, or not wholly.
    fn skipped(&mut self, origin: &Origin, reason: Reason, detail: &str);

    /// A link to `target`, as it is written: an entry of its own, or something outside. It is never opened.
    fn link(&mut self, origin: &Origin, target: &str, kind: LinkKind);

    /// Members that can be opened in any order: `visit(index, visitor)` visits one of `count`.
    fn members(&mut self, count: usize, visit: &(dyn Fn(usize, &mut dyn Visitor) + Sync));

    /// A member of a stream that was buffered, to be unpacked now or by another thread.
    fn deferred(&mut self, work: Deferred);
}

/// What a link is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LinkKind {
    /// A path, from the directory of the link.
    Symbolic,
    /// Another name of the same file, from the root of the archive.
    Hard,
}

/// The unpacking of a buffered member; call it once with the visitor that is to receive the entries, now or on another
/// thread: the walk may wait for it.
pub type Deferred = Box<dyn FnOnce(&mut dyn Visitor) + Send>;

/// Why something in a bundle was not checked.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Reason {
    /// The data ends before it should; what came before was checked.
    Truncated,
    /// A checksum or a structure is wrong; what could be decoded was checked.
    Corrupt,
    /// A password or key is needed.
    Encrypted,
    /// A container that bundlecheck does not read.
    Unsupported,
    /// Not text.
    Binary,
    /// A limit of [`Limits`] was reached.
    Limit,
    /// The system refused to read it.
    Unreadable,
    /// A fault of bundlecheck itself; the entry is lost, the rest is not.
    Fault,
}

impl Reason {
    /// The word used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Truncated => "truncated",
            Self::Corrupt => "corrupt",
            Self::Encrypted => "encrypted",
            Self::Unsupported => "unsupported",
            Self::Binary => "binary",
            Self::Limit => "limit",
            Self::Unreadable => "unreadable",
            Self::Fault => "fault",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests;
