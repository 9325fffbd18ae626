//! The text of support bundles: files of many sizes and kinds, with lines that patterns fit at a known rate.

use std::io;

use crate::pack::gzip;
use crate::pool::{KUBELET, Pool, SYSLOG};
use crate::random::Random;
use crate::template::Values;

/// Of a thousand files of a bundle as many are logs.
const LOGS: usize = 920;
/// The most bytes of a file that is no log.
const MAX_OTHER: usize = 1 << 20;
/// Bytes of a single log that are generated at a time.
const PART: usize = 16 << 20;

/// How a bundle is made up of files.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(crate) enum Shape {
    /// Some hundreds of files, of which one is a quarter of all.
    Big,
    /// As many as 50,000 small files.
    Small,
    /// As `Big`, with most logs compressed.
    Inner,
    /// One log, of which every line is of one kind.
    Lines,
}

/// A bundle to generate.
#[derive(Clone, Copy)]
pub(crate) struct Corpus {
    pub(crate) shape: Shape,
    /// Bytes of text.
    pub(crate) size: usize,
    /// Of a million lines as many fit built-in patterns, and as many generated ones.
    pub(crate) hits: u32,
    pub(crate) seed: u64,
}

/// What is done with a file.
pub(crate) type Sink<'a> = dyn FnMut(&str, &[u8]) -> io::Result<()> + 'a;

impl Corpus {
    /// Generates the files, one after the other.
    pub(crate) fn each_file(&self, pool: &Pool, sink: &mut Sink<'_>) -> io::Result<()> {
        let mut random = Random::new(self.seed);
        if self.shape == Shape::Lines {
            return self.each_part(pool, sink);
        }
        for (number, size) in self.sizes(&mut random).into_iter().enumerate() {
            let mut values = Values::new(random.next());
            let is_largest = number == 0;
            let (path, text) = if is_largest {
                let source = &pool.sources[SYSLOG];
                (
                    &*source.path,
                    pool.log(source, size, self.hits, &mut values),
                )
            } else if random.below(1000) < LOGS {
                let source = random.pick(&pool.sources);
                (
                    &*source.path,
                    pool.log(source, size, self.hits, &mut values),
                )
            } else {
                Pool::other(size.min(MAX_OTHER), &mut values)
            };
            let path = format!("node-1/{}", path.replace('#', &number.to_string()));
            if self.shape == Shape::Inner && !is_largest && random.below(10) < 8 {
                sink(&format!("{path}.gz"), &gzip(&text)?)?;
            } else {
                sink(&path, &text)?;
            }
        }
        Ok(())
    }

    /// The one log, piece by piece.
    fn each_part(&self, pool: &Pool, sink: &mut Sink<'_>) -> io::Result<()> {
        let mut values = Values::new(self.seed);
        let source = &pool.sources[KUBELET];
        for at in (0..self.size).step_by(PART) {
            let size = PART.min(self.size - at);
            let text = pool.log(source, size, self.hits, &mut values);
            sink("kubelet.log", &text)?;
        }
        Ok(())
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "rough sizes"
    )]
    fn sizes(&self, random: &mut Random) -> Vec<usize> {
        if self.shape == Shape::Small {
            let count = 50_000 * self.size.min(128 << 20) / (128 << 20);
            // Half of them are below 1.4 KB, nine tenths below 9.4 KB.
            let size = |_| (1434.0 * (1.485 * random.normal()).exp()).min(524_288.0) as usize;
            return (0..count).map(size).collect();
        }
        let mut sizes = vec![self.size / 4];
        let span = (self.size as f64 / 10.0 / 1024.0).max(2.0).ln();
        let mut left = self.size - sizes[0];
        while left > 1024 {
            let size = 1024.0 * (span * random.unit().powi(3)).exp();
            let size = (size as usize).min(left);
            left -= size;
            sizes.push(size);
        }
        sizes
    }
}
