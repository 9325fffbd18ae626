//! Tar in any dialect, read in one pass.
//!
//! The loop is our own because the `tar` crate ends members early without an error, takes names of any length into
//! memory, stops at the first damaged header, and does not read the sparse files of pax.

mod header;
mod pax;
mod sparse;

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{self, BufRead as _, BufReader, Cursor, Read};

use self::header::{BLOCK, Kind};
use self::pax::Pax;
use self::sparse::{Filled, Map};
use super::decode::Fate;
use super::label;
use super::memory::Level;
use super::sniff::HEAD;
use super::walk::{PATH, Stream, Walker};
use super::{Format, LinkKind, Reason, Visitor};
use crate::location::Origin;

pub(super) use self::header::{Block, is_header};

/// Names and records about a member may be so long; longer ones are skipped.
const EXTENSION: u64 = 1 << 20;

/// Hands every member of the tar in `reader` to `visitor`, to the end of the stream, so that a decoder below gets to
/// see its trailer. `below` tells whether that stream ended well.
pub(super) fn walk(
    walker: &Walker,
    reader: &mut dyn Read,
    origin: &Origin,
    level: Level,
    below: &Fate,
    visitor: &mut dyn Visitor,
) {
    let mut members = Members {
        walker,
        origin,
        level,
        blocks: Blocks::new(reader),
        pending: Pending::default(),
        names: HashMap::new(),
        damage: None,
        ended: false,
        cut: None,
    };
    members.walk(visitor);
    let Members { damage, cut, .. } = members;
    if let Some((at, bytes)) = damage {
        let detail = format!("the tar is damaged at byte {at}; {bytes} bytes were skipped");
        visitor.skipped(&walker.leaf(origin), Reason::Corrupt, &detail);
    }
    // Whoever reads the stream below says why it ended.
    if let Some(detail) = cut.filter(|_| below.get().is_none() && !walker.is_halted()) {
        visitor.skipped(&walker.leaf(origin), Reason::Truncated, detail);
    }
}

/// What headers in front of a member say about it.
#[derive(Default)]
struct Pending {
    name: Option<Vec<u8>>,
    target: Option<Vec<u8>>,
    pax: Pax,
}

struct Members<'a, R> {
    walker: &'a Walker,
    origin: &'a Origin,
    level: Level,
    blocks: Blocks<R>,
    pending: Pending,
    /// How often a name was seen, by its hash.
    names: HashMap<u64, u32>,
    /// Where blocks that are no headers were skipped first, and how many bytes in all.
    damage: Option<(u64, u64)>,
    /// Whether the last block was an end mark, or lies behind one.
    ended: bool,
    cut: Option<&'static str>,
}

impl<R: Read> Members<'_, R> {
    fn walk(&mut self, visitor: &mut dyn Visitor) {
        loop {
            let at = self.blocks.at;
            match self.blocks.next() {
                Next::Block(ref block) if block.iter().all(|&byte| byte == 0) => self.ended = true,
                Next::Block(block) => match header::size(&block).filter(|_| is_header(&block)) {
                    // Tars can be concatenated: members may follow an end mark.
                    Some(size) => {
                        self.ended = false;
                        self.header(&block, size, visitor);
                    }
                    // What follows the end mark is padding or not part of the tar.
                    None if self.ended => {}
                    None => {
                        let damage = self.damage.get_or_insert((at, 0));
                        damage.1 += BLOCK as u64;
                    }
                },
                Next::Part | Next::End if self.ended || self.cut.is_some() => return,
                Next::Part => {
                    self.cut = Some("the tar ends in the middle of a member");
                    return;
                }
                Next::End => {
                    self.cut = Some("the tar ends without an end mark; members may be missing");
                    return;
                }
            }
        }
    }

    fn header(&mut self, block: &Block, size: u64, visitor: &mut dyn Visitor) {
        match Kind::of(block) {
            Kind::LongName => self.pending.name = self.extension(size, visitor).map(until_nul),
            Kind::LongLink => self.pending.target = self.extension(size, visitor).map(until_nul),
            Kind::Pax => {
                let records = self.extension(size, visitor);
                self.pending.pax = records.map(|text| Pax::of(&text)).unwrap_or_default();
            }
            Kind::Ignored => self.skip(size),
            kind => {
                let Pending { name, target, pax } = std::mem::take(&mut self.pending);
                let sparse_name = pax.sparse.as_ref().and_then(|sparse| sparse.name.clone());
                let name = sparse_name.or(pax.path.clone()).or(name);
                let name = name.unwrap_or_else(|| header::name(block));
                let origin = self.name(&name);
                match kind {
                    // Before POSIX a slash at the end of the name made a directory.
                    Kind::File if name.ends_with(b"/") => self.skip_unless_header(size),
                    Kind::File | Kind::GnuSparse => self.file(block, size, &pax, &origin, visitor),
                    Kind::HardLink | Kind::Symlink => {
                        let target = pax.target.or(target);
                        let target = target.unwrap_or_else(|| header::target(block));
                        let link = match kind {
                            Kind::HardLink => LinkKind::Hard,
                            _ => LinkKind::Symbolic,
                        };
                        self.walker.link(&origin, &target, link, visitor);
                        self.skip_unless_header(size);
                    }
                    Kind::Directory => self.skip_unless_header(size),
                    _ => {
                        let detail = "a device or a pipe";
                        if self.walker.counts(&origin, visitor) {
                            visitor.skipped(&origin, Reason::Unsupported, detail);
                        }
                        self.skip_unless_header(size);
                    }
                }
            }
        }
    }

    /// The member called `name`; one that was there before gets a number, since both are read.
    fn name(&mut self, name: &[u8]) -> Origin {
        let text = label(name);
        let mut text = text.trim_start_matches("./").trim_end_matches('/');
        if text.is_empty() {
            text = "unnamed";
        }
        let shortened;
        if text.len() > PATH {
            shortened = format!("{}...", &text[..text.floor_char_boundary(PATH)]);
            text = &shortened;
        }
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        let times = self.names.entry(hasher.finish()).or_default();
        *times += 1;
        match times {
            1 => self.origin.inside(text),
            times => self.origin.inside(&format!("{text}#{times}")),
        }
    }

    /// The content of a header that is about the next one.
    fn extension(&mut self, size: u64, visitor: &mut dyn Visitor) -> Option<Vec<u8>> {
        if size > EXTENSION {
            let detail = format!(
                "the name or the attributes of a member take {size} bytes; they were skipped"
            );
            visitor.skipped(&self.walker.leaf(self.origin), Reason::Limit, &detail);
            self.skip(size);
            return None;
        }
        let mut text = Vec::new();
        let mut body = Body::new(&mut self.blocks, size);
        let _ = body.read_to_end(&mut text);
        let complete = body.left == 0;
        self.finish(size, complete);
        complete.then_some(text)
    }

    fn file(
        &mut self,
        block: &Block,
        size: u64,
        pax: &Pax,
        origin: &Origin,
        visitor: &mut dyn Visitor,
    ) {
        let mut size = pax.size.unwrap_or(size);
        let stored = size;
        let map = match &pax.sparse {
            Some(sparse) if sparse.map_in_data => {
                let mut body = Body::new(&mut self.blocks, size);
                let map = sparse::map_in_data(&mut body);
                size = body.left;
                Some(map.and_then(|map| Map::new(&map, sparse.real_size, size)))
            }
            Some(sparse) => Some(Map::new(&sparse.map, sparse.real_size, size)),
            None if Kind::of(block) == Kind::GnuSparse => Some(self.old_map(block, size)),
            None => None,
        };
        let mut body = Body::new(&mut self.blocks, size);
        match map {
            None => content(self.walker, &mut body, size, origin, self.level, visitor),
            Some(map) => {
                let map = map.unwrap_or_else(|| {
                    let detail =
                        "the map of a sparse file is damaged; its data was read as it stands";
                    visitor.skipped(origin, Reason::Corrupt, detail);
                    Map::whole(size)
                });
                let mut filled = Filled::new(&mut body, map);
                content(
                    self.walker,
                    &mut filled,
                    u64::MAX,
                    origin,
                    self.level,
                    visitor,
                );
            }
        }
        body.skip();
        let left = body.left;
        if left > 0 && !self.walker.is_halted() {
            let detail = format!("{} of {stored} bytes are in the bundle", stored - left);
            visitor.skipped(origin, Reason::Truncated, &detail);
        }
        self.finish(stored, left == 0);
    }

    /// The map of an old GNU sparse file, which goes on in blocks behind the header.
    fn old_map(&mut self, block: &Block, size: u64) -> Option<Map> {
        let (mut numbers, mut more) = sparse::old_map(block);
        while more {
            let Next::Block(block) = self.blocks.next() else {
                return None;
            };
            let (next, again) = sparse::more_map(&block);
            more = again;
            if numbers.len() <= sparse::NUMBERS {
                numbers.extend(next);
            }
        }
        let real_size = sparse::real_size(block)?;
        Map::new(&numbers, real_size, size)
    }

    /// Skips the data of a member that should have none: some programs write it, some only its size.
    fn skip_unless_header(&mut self, size: u64) {
        if size == 0 {
            return;
        }
        if let Next::Block(block) = self.blocks.next() {
            if is_header(&block) || block.iter().all(|&byte| byte == 0) {
                self.blocks.put_back(block);
            } else {
                self.skip(size.next_multiple_of(BLOCK as u64) - BLOCK as u64);
            }
        }
    }

    fn skip(&mut self, size: u64) {
        let mut body = Body::new(&mut self.blocks, size);
        body.skip();
        let complete = body.left == 0;
        self.finish(size, complete);
    }

    /// Skips what fills the last block of a member.
    fn finish(&mut self, size: u64, complete: bool) {
        if complete {
            let padding = size.next_multiple_of(BLOCK as u64) - size;
            Body::new(&mut self.blocks, padding).skip();
        } else {
            self.cut = Some("the tar ends in the middle of a member");
        }
    }
}

/// Hands on one member of `size` bytes.
fn content(
    walker: &Walker,
    reader: &mut dyn Read,
    size: u64,
    origin: &Origin,
    level: Level,
    visitor: &mut dyn Visitor,
) {
    let mut head = Vec::with_capacity(HEAD);
    // The stream below does not fail: it ends.
    let _ = (&mut *reader).take(HEAD as u64).read_to_end(&mut head);
    let small = size <= walker.limits.buffered_bytes;
    if small && level.may_share() && Format::of(&head).is_container() {
        let mut bytes = head;
        let _ = reader.read_to_end(&mut bytes);
        let (walker, origin) = (walker.clone(), origin.clone());
        let job = walker.memory.job();
        visitor.deferred(Box::new(move |visitor| {
            let _job = job;
            if walker.is_halted() {
                return;
            }
            walker.stream(
                Stream {
                    reader: Box::new(Cursor::new(bytes)),
                    origin,
                    level: level.job().deeper(),
                    container: Format::Tar,
                },
                visitor,
            );
        }));
        return;
    }
    walker.stream(
        Stream {
            reader: Box::new(Cursor::new(head).chain(reader)),
            origin: origin.clone(),
            level: level.deeper(),
            container: Format::Tar,
        },
        visitor,
    );
}

fn until_nul(mut text: Vec<u8>) -> Vec<u8> {
    let end = memchr::memchr(0, &text).unwrap_or(text.len());
    text.truncate(end);
    text
}

/// A stream in blocks of 512 bytes.
struct Blocks<R> {
    inner: BufReader<R>,
    /// A block that was looked at and is read again.
    back: Option<Box<Block>>,
    /// Bytes read.
    at: u64,
}

enum Next {
    Block(Box<Block>),
    /// Less than a block, then the end.
    Part,
    End,
}

impl<R: Read> Blocks<R> {
    fn new(reader: R) -> Self {
        Self {
            inner: BufReader::with_capacity(32 << 10, reader),
            back: None,
            at: 0,
        }
    }

    fn next(&mut self) -> Next {
        if let Some(block) = self.back.take() {
            self.at += BLOCK as u64;
            return Next::Block(block);
        }
        let mut block = Box::new([0; BLOCK]);
        let mut filled = 0;
        while filled < BLOCK {
            match self.inner.read(&mut block[filled..]) {
                Ok(0) | Err(_) if filled == 0 => return Next::End,
                Ok(0) | Err(_) => return Next::Part,
                Ok(n) => filled += n,
            }
        }
        self.at += BLOCK as u64;
        Next::Block(block)
    }

    /// Lets the block that was read last be read again.
    fn put_back(&mut self, block: Box<Block>) {
        self.at -= BLOCK as u64;
        self.back = Some(block);
    }
}

/// The data of one member.
struct Body<'a, R> {
    blocks: &'a mut Blocks<R>,
    left: u64,
}

impl<'a, R: Read> Body<'a, R> {
    fn new(blocks: &'a mut Blocks<R>, size: u64) -> Self {
        Self { blocks, left: size }
    }
}

impl<R: Read> Body<'_, R> {
    /// Reads what is left.
    fn skip(&mut self) {
        while self.left > 0 {
            let filled = match self.blocks.inner.fill_buf() {
                Ok([]) => return,
                Ok(buffer) => buffer.len(),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(_) => return,
            };
            let n = usize::try_from(self.left).map_or(filled, |left| left.min(filled));
            self.blocks.inner.consume(n);
            self.blocks.at += n as u64;
            self.left -= n as u64;
        }
    }
}

impl<R: Read> Read for Body<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).map_or(buffer.len(), |left| left.min(buffer.len()));
        if most == 0 {
            return Ok(0);
        }
        let n = self.blocks.inner.read(&mut buffer[..most])?;
        self.blocks.at += n as u64;
        self.left -= n as u64;
        Ok(n)
    }
}

/// An archive of these files.
pub(super) fn archive<'f>(
    files: impl IntoIterator<Item = (&'f str, &'f [u8])>,
) -> io::Result<Vec<u8>> {
    let mut builder = ::tar::Builder::new(Vec::new());
    for (path, content) in files {
        let mut header = ::tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        builder.append_data(&mut header, path, content)?;
    }
    builder.into_inner()
}
