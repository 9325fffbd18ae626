//! Unpacking: the decoders by themselves, and the walk through a bundle with a visitor that throws everything away.

use std::fmt;
use std::io::{self, Cursor, Read, Write};

use bundlecheck::bundle::{Deferred, Entry, LinkKind, Reason, Visitor};
use bundlecheck::location::Origin;
use bundlecheck::text::lines;
use bundlecheck::{Bundle, Limits};
use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};

use crate::text::Log;

/// A file that holds one log.
#[derive(Clone, Copy, Debug)]
enum Codec {
    Gzip,
    Zstd,
    Xz,
    Bzip2,
    Lz4,
    Zip,
}

const CODECS: [Codec; 6] = [
    Codec::Gzip,
    Codec::Zstd,
    Codec::Xz,
    Codec::Bzip2,
    Codec::Lz4,
    Codec::Zip,
];

/// The decoder of each crate, with the features that the library builds it with. It is the floor of `walk`.
#[divan::bench(args = CODECS)]
fn decoder(bencher: Bencher<'_, '_>, codec: Codec) {
    let log = Log::mixed().text();
    let packed = codec.pack(&log).expect("memory can be written");
    let mut sink = Discard::default();
    bencher
        .counter(BytesCount::of_slice(&log))
        .bench_local(|| codec.unpack(&packed, &mut sink).expect("it was packed"));
    sink.expect_multiple(log.len());
}

/// The same files as bundles.
#[divan::bench(args = CODECS)]
fn walk(bencher: Bencher<'_, '_>, codec: Codec) {
    let log = Log::mixed().text();
    let packed = codec.pack(&log).expect("memory can be written");
    walk_all(bencher, &packed, &log);
}

/// What containers cost beside their contents, of one large file or many small ones. Items are files.
#[divan::bench(args = [Container::Bare, Container::Tar, Container::TarOfMany, Container::ZipOfMany])]
fn container(bencher: Bencher<'_, '_>, container: Container) {
    let log = Log::mixed().text();
    let (packed, members) = container.pack(&log).expect("memory can be written");
    walk_all(bencher.counter(ItemsCount::new(members)), &packed, &log);
}

fn walk_all(bencher: Bencher<'_, '_>, packed: &[u8], log: &[u8]) {
    let bundle = Bundle::spooled("app.log", &mut &packed[..]).expect("files can be made");
    let mut sink = Discard::default();
    bencher
        .counter(BytesCount::of_slice(log))
        .bench_local(|| bundle.walk(&Limits::default(), &mut sink));
    sink.expect_multiple(log.len());
}

impl fmt::Display for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Xz => "xz",
            Self::Bzip2 => "bzip2",
            Self::Lz4 => "lz4",
            Self::Zip => "zip",
        })
    }
}

impl Codec {
    fn pack(self, log: &[u8]) -> io::Result<Vec<u8>> {
        match self {
            Self::Gzip => {
                let level = flate2::Compression::default();
                let mut encoder = flate2::write::GzEncoder::new(Vec::new(), level);
                encoder.write_all(log)?;
                encoder.finish()
            }
            Self::Zstd => zstd::encode_all(log, zstd::DEFAULT_COMPRESSION_LEVEL),
            Self::Xz => {
                let mut encoder = liblzma::write::XzEncoder::new(Vec::new(), 6);
                encoder.write_all(log)?;
                encoder.finish()
            }
            Self::Bzip2 => {
                let level = bzip2::Compression::best();
                let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), level);
                encoder.write_all(log)?;
                encoder.finish()
            }
            Self::Lz4 => {
                let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
                encoder.write_all(log)?;
                Ok(encoder.finish()?)
            }
            Self::Zip => zip_of(&[log]),
        }
    }

    fn unpack(self, packed: &[u8], sink: &mut Discard) -> io::Result<()> {
        match self {
            Self::Gzip => sink.drain(&mut flate2::bufread::MultiGzDecoder::new(packed)),
            Self::Zstd => sink.drain(&mut zstd::Decoder::with_buffer(packed)?),
            Self::Xz => sink.drain(&mut liblzma::bufread::XzDecoder::new(packed)),
            Self::Bzip2 => sink.drain(&mut bzip2::bufread::MultiBzDecoder::new(packed)),
            Self::Lz4 => sink.drain(&mut lz4_flex::frame::FrameDecoder::new(packed)),
            Self::Zip => {
                let mut archive = zip::ZipArchive::new(Cursor::new(packed))?;
                sink.drain(&mut archive.by_index(0)?)
            }
        }
    }
}

/// What lies around files.
#[derive(Clone, Copy, Debug)]
enum Container {
    Bare,
    Tar,
    TarOfMany,
    ZipOfMany,
}

impl fmt::Display for Container {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bare => "none",
            Self::Tar => "tar",
            Self::TarOfMany => "tar of many",
            Self::ZipOfMany => "zip of many",
        })
    }
}

impl Container {
    /// The container and the number of its members.
    fn pack(self, log: &[u8]) -> io::Result<(Vec<u8>, usize)> {
        let many = parts(log);
        Ok(match self {
            Self::Bare => (log.to_vec(), 1),
            Self::Tar => (tar_of(&[log])?, 1),
            Self::TarOfMany => (tar_of(&many)?, many.len()),
            Self::ZipOfMany => (zip_of(&many)?, many.len()),
        })
    }
}

/// A log, cut into files as small as most files of a cluster's bundle are.
fn parts(log: &[u8]) -> Vec<&[u8]> {
    /// Lines of each.
    const SMALL: usize = 10;
    let starts = lines(log).step_by(SMALL).map(|(start, _)| start);
    let borders: Vec<usize> = starts.chain([log.len()]).collect();
    let parts = borders.windows(2).map(|pair| &log[pair[0]..pair[1]]);
    parts.collect()
}

fn tar_of(members: &[&[u8]]) -> io::Result<Vec<u8>> {
    let mut builder = tar::Builder::new(Vec::new());
    for (number, content) in members.iter().enumerate() {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name(number), *content)?;
    }
    builder.into_inner()
}

fn zip_of(members: &[&[u8]]) -> io::Result<Vec<u8>> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (number, content) in members.iter().enumerate() {
        writer.start_file(name(number), zip::write::SimpleFileOptions::default())?;
        writer.write_all(content)?;
    }
    Ok(writer.finish()?.into_inner())
}

fn name(number: usize) -> String {
    format!("node-1/var/log/pods/app-{number}.log")
}

/// Throws away what it is given, and counts it.
struct Discard {
    buffer: Vec<u8>,
    bytes: usize,
}

impl Default for Discard {
    fn default() -> Self {
        Self {
            buffer: vec![0; 256 << 10],
            bytes: 0,
        }
    }
}

impl Discard {
    fn drain(&mut self, content: &mut dyn Read) -> io::Result<()> {
        loop {
            match content.read(&mut self.buffer)? {
                0 => return Ok(()),
                read => self.bytes += read,
            }
        }
    }

    /// # Panics
    ///
    /// When something was lost in any of the rounds.
    fn expect_multiple(&self, length: usize) {
        assert_eq!(self.bytes % length, 0, "every round gives everything");
    }
}

impl Visitor for Discard {
    fn entry(&mut self, _: &Entry, content: &mut dyn Read) {
        self.drain(content).expect("readers of entries do not fail");
    }

    fn skipped(&mut self, origin: &Origin, reason: Reason, detail: &str) {
        panic!("{origin} is {reason}: {detail}");
    }

    fn link(&mut self, _: &Origin, _: &str, _: LinkKind) {}

    fn members(&mut self, count: usize, visit: &(dyn Fn(usize, &mut dyn Visitor) + Sync)) {
        (0..count).for_each(|index| visit(index, self));
    }

    fn deferred(&mut self, work: Deferred) {
        work(self);
    }
}
