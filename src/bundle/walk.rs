//! The recursion: what a stream is decides who reads it.

use std::fs::File;
use std::io::{self, Cursor, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use super::decode::{self, Fate, Peeked, Recovering, decoder};
use super::limits::{self, Budget, Spent, Within};
use super::memory::{Level, Memory};
use super::random::Random;
use super::sniff::{self, HEAD};
use super::utf16::Utf16;
use super::zeros::WithoutZeros;
use super::{
    Container, Entry, Format, Limits, LinkKind, OpenError, Reason, Visitor, dir, label, seven_zip,
    tar, zip,
};
use crate::location::Origin;

/// One walk through one bundle; clones share what has been spent.
#[derive(Clone)]
pub(super) struct Walker {
    pub(super) limits: Limits,
    name: Arc<str>,
    spent: Arc<Spent>,
    pub(super) memory: Arc<Memory>,
}

/// A stream and where it stands: its origin (empty for the bundle itself) and its level in archives.
pub(super) struct Stream<'a> {
    pub(super) reader: Box<dyn Read + 'a>,
    pub(super) origin: Origin,
    pub(super) level: Level,
    /// What it was taken out of: a tar, whose bytes were counted when it was read; a zip; a directory, which stands
    /// for the file system.
    pub(super) container: Format,
}

/// What is known of a stream before its first byte.
struct At<'a> {
    origin: &'a Origin,
    level: Level,
    modified: Option<i64>,
    /// How the stream ends.
    fate: &'a Fate,
}

impl Walker {
    pub(super) fn new(limits: &Limits, name: &str, memory: &Arc<Memory>) -> Self {
        Self {
            limits: *limits,
            name: name.into(),
            spent: Arc::default(),
            memory: Arc::clone(memory),
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
        let mut content = Format::of(&head);
        let random = Random::file(file).map_err(failed)?;
        // A zip may have a program in front that unpacks it.
        if !content.is_container() && zip::is_at_end(&random) {
            content = Format::Zip;
        }
        if content.is_random() {
            self.random(
                content,
                &random,
                &Origin::default(),
                Level::default(),
                visitor,
            );
            return Ok(Container {
                compression: None,
                content,
            });
        }
        Ok(self.reader(Box::new(random), visitor))
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
                level: Level::default(),
                container: Format::Directory,
            },
            visitor,
        )
    }

    /// Walks whatever `stream` turns out to be. A fault in a decoder costs this stream.
    pub(super) fn stream(&self, stream: Stream<'_>, visitor: &mut dyn Visitor) -> Container {
        let origin = stream.origin.clone();
        let walked = catch_unwind(AssertUnwindSafe(|| self.sound(stream, visitor)));
        walked.unwrap_or_else(|_| {
            let detail = "a fault in bundlecheck while unpacking; please report it with this file";
            visitor.skipped(&self.leaf(&origin), Reason::Fault, detail);
            Container {
                compression: None,
                content: Format::Text,
            }
        })
    }

    fn sound(&self, stream: Stream<'_>, visitor: &mut dyn Visitor) -> Container {
        let Stream {
            reader,
            origin,
            level,
            container,
        } = stream;
        // What a tar has handed on was counted before.
        if container != Format::Tar && self.is_halted() {
            return Container {
                compression: None,
                content: Format::Text,
            };
        }
        let fate = Fate::default();
        let mut raw = Recovering::new(reader, container, fate.clone());
        if container != Format::Tar {
            raw = raw.metered(self.budget());
        }
        let at = At {
            origin: &origin,
            level,
            modified: None,
            fate: &fate,
        };
        let container = self.dispatch(Peeked::over(raw), &at, visitor);
        self.report(&at, visitor);
        container
    }

    fn dispatch<R: Read>(
        &self,
        mut stream: Peeked<R>,
        at: &At<'_>,
        visitor: &mut dyn Visitor,
    ) -> Container {
        let content = Format::of(stream.head());
        let plain = Container {
            compression: None,
            content,
        };
        let &At { origin, level, .. } = at;
        if content.is_container()
            && let Err(detail) = self.descend(level)
        {
            visitor.skipped(&self.leaf(origin), Reason::Limit, &detail);
            return plain;
        }
        let nested = content.is_container() && level.depth > 0;
        if nested && !self.is_within(self.spent.archive(&self.limits), visitor) {
            return plain;
        }
        match content {
            compression if compression.is_compression() => {
                return self.compressed(stream, compression, at, visitor);
            }
            Format::Tar => tar::walk(self, &mut stream, origin, level, at.fate, visitor),
            random if random.is_random() => match self.spool(&mut stream) {
                Ok(bytes) => self.random(random, &bytes, origin, level, visitor),
                Err(error) => {
                    visitor.skipped(&self.leaf(origin), Reason::Limit, &error.to_string());
                }
            },
            Format::Utf16(order) => {
                let mut decoded = Peeked::over(Utf16::new(stream, order));
                let content = Format::of_content(decoded.head());
                self.plain(&mut decoded, content, at, visitor);
                return Container {
                    compression: None,
                    content,
                };
            }
            Format::Foreign(foreign) if self.counts(origin, visitor) => {
                let detail = format!("{} are not supported; {}", foreign.name(), foreign.help());
                visitor.skipped(&self.leaf(origin), foreign.reason(), &detail);
            }
            Format::Foreign(_) => {}
            Format::Binary(sniff::ZEROS) => {
                let mut rest = Peeked::over(WithoutZeros::new(stream));
                if rest.head().is_empty() {
                    visitor.skipped(&self.leaf(origin), Reason::Binary, "nothing but zeros");
                } else {
                    let content = Format::of_content(rest.head());
                    self.plain(&mut rest, content, at, visitor);
                }
            }
            _ => self.plain(&mut stream, content, at, visitor),
        }
        plain
    }

    /// Walks a container that is read in any order.
    fn random(
        &self,
        format: Format,
        bytes: &Random,
        origin: &Origin,
        level: Level,
        visitor: &mut dyn Visitor,
    ) {
        match format {
            Format::SevenZip => seven_zip::walk(self, bytes, origin, level, visitor),
            _ => zip::walk(self, bytes, origin, level, visitor),
        }
    }

    /// Whether there may be one more archive at this level.
    fn descend(&self, level: Level) -> Result<(), String> {
        if level.depth > self.limits.depth {
            return Err(format!(
                "archives inside of archives are opened to a depth of {}; --max-depth raises this limit",
                self.limits.depth
            ));
        }
        Ok(())
    }

    /// Whether a limit ended the reading of the bundle, so that whatever ends early does so for that.
    pub(super) fn is_halted(&self) -> bool {
        self.spent.halted().is_some()
    }

    /// Tells the visitor which limit ended the reading, once.
    fn is_within(&self, within: Within, visitor: &mut dyn Visitor) -> bool {
        if within == Within::First {
            let detail = self.spent.halted().unwrap_or_default();
            visitor.skipped(&self.leaf(&Origin::default()), Reason::Limit, detail);
        }
        within == Within::Limit
    }

    /// Counts one more entry and says whether it is within the limits; what is kept of every one is bounded by it.
    pub(super) fn counts(&self, name: &Origin, visitor: &mut dyn Visitor) -> bool {
        let within = self.spent.entry(&self.limits, name.as_str().len());
        self.is_within(within, visitor)
    }

    /// A link, which counts with the name that it leads to.
    pub(super) fn link(
        &self,
        origin: &Origin,
        target: &[u8],
        kind: LinkKind,
        visitor: &mut dyn Visitor,
    ) {
        let target = label(&target[..target.len().min(PATH)]);
        if self.counts(&origin.inside(&target), visitor) {
            visitor.link(origin, &target, kind);
        }
    }

    /// A symbolic link whose content is its target.
    pub(super) fn symlink(
        &self,
        origin: &Origin,
        content: &mut dyn Read,
        visitor: &mut dyn Visitor,
    ) {
        let mut target = Vec::new();
        // What cannot be read leads nowhere.
        let _ = content.take(PATH as u64).read_to_end(&mut target);
        self.link(origin, &target, LinkKind::Symbolic, visitor);
    }

    fn compressed<R: Read>(
        &self,
        stream: Peeked<R>,
        format: Format,
        at: &At<'_>,
        visitor: &mut dyn Visitor,
    ) -> Container {
        let mut container = Container {
            compression: Some(format),
            content: Format::Text,
        };
        let modified = modified(stream.head());
        let takes = decode::memory(format, stream.head()).unwrap_or(at.level.left().min(UNTOLD));
        let Some((level, _lease)) = at.level.take(&self.memory, takes) else {
            let detail = decode::too_large(format);
            visitor.skipped(&self.leaf(at.origin), Reason::Limit, &detail);
            return container;
        };
        let blocks = decode::has_blocks(format, stream.head());
        let ahead = blocks.then(|| level.ahead(&self.memory)).flatten();
        let (level, decoded) = match ahead {
            Some((level, threads)) => (level, decode::blocks(stream, takes, threads)),
            None => (level, decoder(format, stream, takes)),
        };
        let decoded = match decoded {
            Ok(decoded) => decoded,
            Err(error) => {
                visitor.skipped(&self.leaf(at.origin), Reason::Corrupt, &error.to_string());
                return container;
            }
        };
        let fate = Fate::default();
        let decoded = Recovering::new(decoded, format, fate.clone()).metered(self.budget());
        let peeked = Peeked::over(decoded);
        // An archive and the compression around it are one level.
        let archive = matches!(
            Format::of(peeked.head()),
            Format::Tar | Format::Zip | Format::SevenZip
        );
        let inner = At {
            origin: at.origin,
            level: if archive { level } else { level.deeper() },
            modified,
            fate: &fate,
        };
        // A stream that fails before its first byte holds nothing, not even an empty file.
        if fate.get().is_none() || !peeked.head().is_empty() {
            container.content = self.dispatch(peeked, &inner, visitor).content;
        }
        self.report(&inner, visitor);
        container
    }

    pub(super) fn budget(&self) -> Budget {
        Budget {
            spent: Arc::clone(&self.spent),
            limits: self.limits,
        }
    }

    fn spool(&self, stream: &mut dyn Read) -> io::Result<Random> {
        Random::spool(stream, self.limits.spooled_bytes)
    }

    /// One file of `format`, which is no container.
    fn plain<R: Read>(
        &self,
        stream: &mut Peeked<R>,
        format: Format,
        at: &At<'_>,
        visitor: &mut dyn Visitor,
    ) {
        let origin = self.leaf(at.origin);
        if !self.counts(&origin, visitor) {
            return;
        }
        if let Format::Binary(name) = format {
            return visitor.skipped(&origin, Reason::Binary, name);
        }
        if format == Format::Journal {
            return self.journal(stream, origin, at, visitor);
        }
        let most = self.limits.entry_bytes;
        let mut capped = stream.take(most);
        let mut text = WithoutZeros::new(&mut capped);
        let content: &mut dyn Read = match format {
            Format::Text => &mut text,
            _ => &mut capped,
        };
        visitor.entry(
            &Entry {
                origin: origin.clone(),
                format,
                modified: at.modified,
                memory: 0,
            },
            content,
        );
        if capped.limit() == 0 && !self.is_halted() && matches!(stream.read(&mut [0]), Ok(1)) {
            let size = limits::size(most);
            let detail = format!("more than {size} in one entry; --max-entry raises this limit");
            visitor.skipped(&origin, Reason::Limit, &detail);
        }
    }

    /// A binary journal, which is held in memory as a whole; most have a few blocks of 8 MiB (`journald.conf(5)`).
    fn journal<R: Read>(
        &self,
        stream: &mut Peeked<R>,
        origin: Origin,
        at: &At<'_>,
        visitor: &mut dyn Visitor,
    ) {
        const SMALL: u64 = 16 << 20;
        // The largest that journald makes unless told.
        const LARGE: u64 = 128 << 20;
        let small = SMALL.min(at.level.left() / 2).min(self.limits.entry_bytes);
        // What is looked at here is copied where it is read.
        let Some((level, small_lease)) = at.level.take(&self.memory, 2 * small) else {
            return;
        };
        let mut head = Vec::new();
        // The stream does not fail: it ends.
        let _ = stream.take(small).read_to_end(&mut head);
        let more = head.len() as u64 == small;
        let large = LARGE.min(level.left()).min(self.limits.entry_bytes);
        let memory = if more { large } else { small };
        let large_lease = level.take(&self.memory, if more { large } else { 0 });
        let entry = Entry {
            origin,
            format: Format::Journal,
            modified: at.modified,
            memory,
        };
        visitor.entry(&entry, &mut Cursor::new(head).chain(stream));
        drop((large_lease, small_lease));
    }

    /// Tells the visitor how a stream ended, if it did not end well.
    fn report(&self, at: &At<'_>, visitor: &mut dyn Visitor) {
        if let Some((reason, detail)) = at.fate.get() {
            // A limit of the whole bundle is told of the bundle, whichever stream came upon it.
            let halted = self.spent.halted() == Some(&*detail);
            let origin = if halted {
                &Origin::default()
            } else {
                at.origin
            };
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

/// The longest path that is kept: `PATH_MAX` of Linux; links with longer ones lead nowhere.
pub(super) const PATH: usize = 4096;

/// What a decoder gets where the head of a stream does not tell what it takes: enough for the largest window.
pub(super) const UNTOLD: u64 = 129 << 20;

/// The time in the header of a gzip stream; zero stands for none (RFC 1952, 2.3.1).
fn modified(head: &[u8]) -> Option<i64> {
    let seconds = head.strip_prefix(b"\x1f\x8b\x08")?.get(1..5)?;
    let seconds = u32::from_le_bytes(seconds.try_into().ok()?);
    (seconds > 0).then_some(seconds.into())
}
