//! The views of a report about three nodes, of whose lines one in twenty belongs to some finding.

use bundlecheck::report::render::{Format, Human};
use bundlecheck::{Bundle, Checker, Report};
use divan::Bencher;
use divan::counter::BytesCount;

use crate::catalogs::BUILTIN;
use crate::text::{ALL, Log};
use crate::verify::KNOWN_LINES;

/// By the name of the view; throughput is that of its output.
#[divan::bench(args = Format::ALL.map(|(name, _)| name))]
fn render(bencher: Bencher<'_, '_>, name: &str) {
    let format = Format::ALL.iter().find(|(known, _)| *known == name);
    let (_, format) = *format.expect("the argument is the name of a view");
    let (report, human) = (report(), Human::plain());
    let render = || {
        let mut out = Vec::new();
        let written = format.render(&report, &human, &mut out);
        written.expect("memory can be written");
        out
    };
    bencher
        .counter(BytesCount::of_slice(&render()))
        .bench(render);
}

fn report() -> Report {
    let text = Log::mixed().with_known(ALL / 20, &KNOWN_LINES).text();
    let files = ["node-1/app.log", "node-2/app.log", "node-3/app.log"];
    let bundle = Bundle::from_files("bench", files.map(|path| (path, &text[..])));
    let checker = Checker::builder(&BUILTIN).build();
    let checker = checker.expect("threads can be started");
    let report = checker.check(&bundle.expect("the paths are short"));
    report.expect("a first walk")
}
