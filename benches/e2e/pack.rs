//! Corpora packed as the bundles that are measured, and kept below `target/e2e`.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Mutex;

use flate2::Compression;
use flate2::write::GzEncoder;
use liblzma::write::XzEncoder;

use crate::corpus::{Corpus, Shape};
use crate::measure::is_installed;
use crate::pool::Pool;

/// Counts up when the corpora change. Where the built-in patterns do, remove `target/e2e` for lines of the new ones.
const VERSION: u32 = 1;

/// The default, 6, takes four times as long to pack.
const XZ_PRESET: u32 = 3;

/// How a corpus is packed.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(crate) enum Container {
    TarGz,
    /// One block.
    TarXz,
    /// Blocks of 24 MiB with their sizes in front, by the program `xz`: the encoder of the crate has no threads.
    TarXzBlocks,
    TarZst,
    Zip,
    Dir,
    /// The one log of [`Shape::Lines`].
    Gz,
}

/// All bundles of one size.
pub(crate) struct Bundles {
    pub(crate) folder: PathBuf,
    size: usize,
}

/// A bundle and what it is packed from.
pub(crate) struct Job {
    pub(crate) path: PathBuf,
    corpus: Corpus,
    container: Container,
}

impl Bundles {
    /// `size` is that of the text.
    pub(crate) fn new(size: usize) -> io::Result<Self> {
        let real = if std::env::var_os("BUNDLECHECK_CORPUS").is_some() {
            "-real"
        } else {
            ""
        };
        let name = format!("v{VERSION}-{}{real}", size >> 20);
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .with_file_name("e2e")
            .join(name);
        fs::create_dir_all(folder.join("batch"))?;
        Ok(Self { folder, size })
    }

    /// The path of a bundle: `big-0.01.tar.gz`.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The bundles of which `wanted` accepts the name.
    pub(crate) fn jobs(&self, wanted: impl Fn(&str) -> bool) -> Vec<Job> {
        let job = |name: &str, shape, hits, container| {
            (name.to_owned(), shape, hits, self.size, container)
        };
        let mut all = vec![
            job("big-0.01.tar.gz", Shape::Big, 100, Container::TarGz),
            job("big-1.tar.gz", Shape::Big, 10_000, Container::TarGz),
            job("big-5.tar.gz", Shape::Big, 50_000, Container::TarGz),
            job("big-0.01.tar.zst", Shape::Big, 100, Container::TarZst),
            job("big-0.01.zip", Shape::Big, 100, Container::Zip),
            job("big-0.01", Shape::Big, 100, Container::Dir),
            job("small.tar.gz", Shape::Small, 100, Container::TarGz),
            job("small.zip", Shape::Small, 100, Container::Zip),
            job("inner.tar.gz", Shape::Inner, 100, Container::TarGz),
            job("lines.log.gz", Shape::Lines, 0, Container::Gz),
            job("big-0.01.tar.xz", Shape::Big, 100, Container::TarXz),
        ];
        if is_installed("xz") {
            all.push(job(
                "big-0.01-blocks.tar.xz",
                Shape::Big,
                100,
                Container::TarXzBlocks,
            ));
        }
        for (name, hits) in [("0.01", 100), ("1", 10_000), ("5", 50_000)] {
            let name = format!("slice-{name}.tar.gz");
            all.push((
                name,
                Shape::Big,
                hits,
                self.size.min(32 << 20),
                Container::TarGz,
            ));
        }
        for number in 0..8 {
            let name = format!("batch/bundle-{number}.tar.gz");
            all.push((name, Shape::Big, 100, self.size / 8, Container::TarGz));
        }
        all.retain(|(name, ..)| wanted(name));
        let jobs = all.into_iter().map(|(name, shape, hits, size, container)| {
            let seed = if name.starts_with("batch") {
                name.bytes().map(u64::from).sum()
            } else {
                11
            };
            Job {
                path: self.folder.join(name),
                corpus: Corpus {
                    shape,
                    size,
                    hits,
                    seed,
                },
                container,
            }
        });
        jobs.collect()
    }
}

/// Packs what is not there yet, two at a time.
pub(crate) fn pack_all(jobs: Vec<Job>) -> io::Result<()> {
    let missing: Vec<Job> = jobs.into_iter().filter(|job| !job.path.exists()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let pool = Pool::new();
    let queue = Mutex::new(missing.into_iter());
    let next = || queue.lock().ok()?.next();
    let work = || {
        while let Some(job) = next() {
            job.run(&pool)?;
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let other = scope.spawn(work);
        let own: io::Result<()> = work();
        own.and(
            other
                .join()
                .unwrap_or_else(|_| Err(io::Error::other("packing failed"))),
        )
    })
}

impl Job {
    /// Packs it beside its place first, so that what is there is whole.
    fn run(&self, pool: &Pool) -> io::Result<()> {
        let part = PathBuf::from(format!("{}.part", self.path.display()));
        if self.container == Container::Dir {
            self.unpacked(pool, &part)?;
            return fs::rename(&part, &self.path);
        }
        let file = BufWriter::new(File::create(&part)?);
        match self.container {
            Container::TarGz => self
                .tar(pool, GzEncoder::new(file, Compression::new(6)))?
                .finish()?
                .flush()?,
            Container::TarZst => self
                .tar(pool, zstd::Encoder::new(file, 3)?)?
                .finish()?
                .flush()?,
            Container::TarXz => self
                .tar(pool, XzEncoder::new(file, XZ_PRESET))?
                .finish()?
                .flush()?,
            Container::TarXzBlocks => self
                .tar(pool, XzProgram::start(file.into_inner()?)?)?
                .finish()?,
            Container::Zip => self.zip(pool, file)?,
            Container::Gz => {
                let mut file = GzEncoder::new(file, Compression::new(6));
                self.corpus
                    .each_file(pool, &mut |_, text| file.write_all(text))?;
                file.finish()?.flush()?;
            }
            Container::Dir => {}
        }
        fs::rename(&part, &self.path)
    }

    fn tar<W: Write>(&self, pool: &Pool, writer: W) -> io::Result<W> {
        let mut tar = tar::Builder::new(writer);
        self.corpus.each_file(pool, &mut |path, text| {
            let mut header = tar::Header::new_gnu();
            header.set_size(text.len() as u64);
            header.set_mode(0o644);
            header.set_mtime(1_795_000_000);
            tar.append_data(&mut header, path, text)
        })?;
        tar.into_inner()
    }

    fn zip(&self, pool: &Pool, file: BufWriter<File>) -> io::Result<()> {
        let mut zip = zip::ZipWriter::new(file);
        let options = zip::write::SimpleFileOptions::default().compression_level(Some(6));
        self.corpus.each_file(pool, &mut |path, text| {
            zip.start_file(path, options)?;
            zip.write_all(text)
        })?;
        zip.finish()?.flush()
    }

    fn unpacked(&self, pool: &Pool, folder: &Path) -> io::Result<()> {
        self.corpus.each_file(pool, &mut |path, text| {
            let path = folder.join(path);
            fs::create_dir_all(path.parent().unwrap_or(folder))?;
            fs::write(path, text)
        })
    }
}

/// Text as a gzip stream.
pub(crate) fn gzip(text: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(6));
    encoder.write_all(text)?;
    encoder.finish()
}

/// The program `xz`, which writes into a file.
struct XzProgram {
    child: Child,
    input: ChildStdin,
}

impl XzProgram {
    fn start(file: File) -> io::Result<Self> {
        let mut child = Command::new("xz")
            .args([&format!("-{XZ_PRESET}"), "-T2", "--block-size=24MiB"])
            .stdin(Stdio::piped())
            .stdout(file)
            .spawn()?;
        let input = child
            .stdin
            .take()
            .ok_or_else(|| io::Error::other("no pipe"))?;
        Ok(Self { child, input })
    }

    fn finish(mut self) -> io::Result<()> {
        drop(self.input);
        let status = self.child.wait()?;
        status
            .success()
            .then_some(())
            .ok_or_else(|| io::Error::other("xz failed"))
    }
}

impl Write for XzProgram {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.input.write(text)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.input.flush()
    }
}
