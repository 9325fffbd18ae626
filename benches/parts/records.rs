//! Lines to records, by format: recognising what a line is, and reading its time, level, message and fields.
//!
//! `BUNDLECHECK_BENCH_LOG=FILE` adds the lines of a file. `lines::split` is the floor.

use std::ffi::OsString;
use std::fmt;

use bundlecheck::log::{Folder, Formats};
use bundlecheck::text::lines;
use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};

use crate::text::{FORMATS, Format, Log};

/// Where lines come from.
#[derive(Clone, Debug)]
enum Lines {
    Of(Format),
    Mixed,
    In(OsString),
}

impl fmt::Display for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Of(format) => format.fmt(f),
            Self::Mixed => f.write_str("mixed"),
            Self::In(path) => path.display().fmt(f),
        }
    }
}

impl Lines {
    fn all() -> impl Iterator<Item = Self> {
        let given = std::env::var_os("BUNDLECHECK_BENCH_LOG").map(Self::In);
        let formats = FORMATS.iter().copied().map(Self::Of);
        formats.chain([Self::Mixed]).chain(given)
    }

    fn text(&self) -> Vec<u8> {
        match self {
            Self::Of(format) => Log::of(*format).text(),
            Self::Mixed => Log::mixed().text(),
            Self::In(path) => std::fs::read(path).expect("the file can be read"),
        }
    }
}

/// Each line by itself.
#[divan::bench(args = Lines::all())]
fn parse(bencher: Bencher<'_, '_>, from: &Lines) {
    let (text, formats) = (from.text(), Formats::default());
    bencher
        .counter(BytesCount::of_slice(&text))
        .counter(ItemsCount::new(lines(&text).count()))
        .bench(|| {
            for (_, line) in lines(&text) {
                black_box(formats.parse(line));
            }
        });
}

/// Lines that belong together as one record.
#[divan::bench(args = Lines::all())]
fn fold(bencher: Bencher<'_, '_>, from: &Lines) {
    let (text, formats) = (from.text(), Formats::default());
    bencher
        .counter(BytesCount::of_slice(&text))
        .counter(ItemsCount::new(lines(&text).count()))
        .bench(|| Folder::new(&formats, &text, false).records().count());
}
