//! What logs are made of: kinds of lines, real lines, and lines that patterns fit.

use std::fs;

use bundlecheck::Catalog;
use bundlecheck::catalog::Pattern;
use bundlecheck::location::{Origin, Place};
use bundlecheck::matcher::{Input, Match, Matcher, Scan, Scratch};

use crate::catalogs::{self, SIZES};
use crate::kinds::{COMPLAINTS, KINDS, Kind, MESSAGES, OBJECTS, OTHERS, TAILS, TRACES, VERBS};
use crate::random::Random;
use crate::template::{Template, Values};

/// Of a million lines as many are complaints of a system that works.
const COMPLAINING: u32 = 25_000;

/// Kinds of logs that are asked for by number.
pub(crate) const KUBELET: usize = 0;
pub(crate) const SYSLOG: usize = 4;

/// What lines are made of.
pub(crate) struct Pool {
    pub(crate) sources: Vec<Source>,
    /// Lines that built-in patterns fit.
    builtin: Vec<Template>,
    /// Messages that generated patterns fit.
    generated: Vec<String>,
}

/// A kind of log, or a real log.
pub(crate) struct Source {
    pub(crate) path: String,
    kind: Option<&'static Kind>,
    calm: Vec<Template>,
    complaints: Vec<Template>,
}

/// What programs complain about in a system that works.
pub(crate) fn complaints() -> Vec<String> {
    let mut random = Random::new(3);
    let mut all: Vec<String> = COMPLAINTS.iter().map(ToString::to_string).collect();
    all.extend((0..400).map(|_| {
        let verb = random.pick(VERBS).to_lowercase();
        format!(
            "{} not {verb}: {}",
            random.pick(OBJECTS),
            random.pick(TAILS)
        )
    }));
    all
}

impl Pool {
    /// Lines of all kinds; with those of real logs where `BUNDLECHECK_CORPUS` names a folder that has them.
    pub(crate) fn new() -> Self {
        let matcher = Matcher::new(&Catalog::builtin());
        let mut random = Random::new(1);
        let mut sources: Vec<Source> = KINDS.iter().map(|kind| source(kind, &mut random)).collect();
        sources.extend(real_logs());
        for source in &mut sources {
            source.calm.retain(|template| !fits(&matcher, template));
            source
                .complaints
                .retain(|template| !fits(&matcher, template));
        }
        sources.retain(|source| !source.calm.is_empty());
        let generated = catalogs::generated();
        Self {
            sources,
            builtin: examples(),
            generated: generated.into_iter().map(|one| one.message).collect(),
        }
    }

    /// A log of about `size` bytes.
    pub(crate) fn log(
        &self,
        source: &Source,
        size: usize,
        hits: u32,
        values: &mut Values,
    ) -> Vec<u8> {
        let mut text = Vec::with_capacity(size + 1024);
        let real = source.kind.is_none();
        // In real logs the syslog daemon tells them.
        let speaker = source.kind.unwrap_or(&KINDS[SYSLOG]);
        let mut at = values.random.below(source.calm.len());
        while text.len() < size {
            if values.random.chance(hits) {
                values.random.pick(&self.builtin).write(values, &mut text);
            }
            if speaker.speaks && values.random.chance(hits) {
                let end = SIZES[[0, 0, 0, 0, 0, 1, 1, 1, 1, 3][values.random.below(10)]];
                let message = &self.generated[values.random.below(end)];
                template(speaker, 3, message, &mut values.random).write(values, &mut text);
            }
            if !source.complaints.is_empty() && values.random.chance(COMPLAINING) {
                values
                    .random
                    .pick(&source.complaints)
                    .write(values, &mut text);
            }
            // Real lines keep their order; of the others some are said more often.
            at = if real {
                (at + 1) % source.calm.len()
            } else {
                let mut any = || values.random.below(source.calm.len());
                any().min(any())
            };
            source.calm[at].write(values, &mut text);
        }
        text
    }

    /// A file that is no log.
    pub(crate) fn other(size: usize, values: &mut Values) -> (&'static str, Vec<u8>) {
        let (path, line) = values.random.pick(OTHERS);
        let template = Template::new(line);
        let mut text = Vec::with_capacity(size + 1024);
        while text.len() < size {
            template.write(values, &mut text);
        }
        (path, text)
    }
}

fn source(kind: &'static Kind, random: &mut Random) -> Source {
    let mut calm: Vec<Template> = Vec::new();
    for _ in 0..20 {
        let message = format!(
            "{} {} {}",
            random.pick(VERBS),
            random.pick(OBJECTS),
            random.pick(TAILS)
        );
        calm.push(template(kind, random.below(2), &message, random));
        calm.push(template(kind, 1, random.pick::<&str>(MESSAGES), random));
    }
    if kind.path.contains("java") || kind.path.contains("nova") {
        calm.push(Template::new(
            TRACES[usize::from(kind.path.contains("nova"))],
        ));
    }
    let complaints = complaints();
    Source {
        path: kind.path.to_owned(),
        kind: Some(kind),
        calm,
        complaints: (0..60)
            .map(|_| {
                template(
                    kind,
                    2 + random.below(2),
                    random.pick::<String>(&complaints),
                    random,
                )
            })
            .collect(),
    }
}

fn template(kind: &Kind, level: usize, message: &str, random: &mut Random) -> Template {
    let line = kind.line.replace("@l", kind.levels[level]);
    let line = line.replace("@s", random.pick::<&str>(kind.sources));
    Template::new(&line.replace("@m", message))
}

fn real_logs() -> Vec<Source> {
    let folder =
        std::env::var_os("BUNDLECHECK_CORPUS").map(|path| std::path::Path::new(&path).join("logs"));
    let Some(files) = folder.and_then(|folder| fs::read_dir(folder).ok()) else {
        return Vec::new();
    };
    let mut paths: Vec<_> = files.filter_map(|file| Some(file.ok()?.path())).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "log"));
    paths.sort();
    let read = |path: std::path::PathBuf| {
        let text = fs::read(&path).ok()?;
        let lines = text
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty() && line.len() < 4096);
        Some(Source {
            path: format!("var/log/{}-#.log", path.file_stem()?.display()),
            kind: None,
            calm: lines.map(Template::of_real_line).collect(),
            complaints: Vec::new(),
        })
    };
    paths.into_iter().filter_map(read).collect()
}

/// Whether built-in patterns know lines of the template.
fn fits(matcher: &Matcher, template: &Template) -> bool {
    let mut values = Values::new(5);
    let mut text = Vec::new();
    (0..3).for_each(|_| template.write(&mut values, &mut text));
    !scan(matcher, &text).1.is_empty()
}

/// What the text has as a log that says nothing of its origin.
fn scan(matcher: &Matcher, text: &[u8]) -> (Scan, Vec<Match>) {
    let (place, entry) = (Place::default(), Origin::new("var/log/app.log"));
    let input = Input {
        headless: Some(false),
        ..Input::new(text, &place, &entry)
    };
    let mut matches = Vec::new();
    let scan = matcher.scan(input, &mut Scratch::default(), &mut |found| {
        matches.push(found);
    });
    (scan, matches)
}

/// One line for each built-in pattern that a single line of a log fits: an example, if it has a time or gets one.
fn examples() -> Vec<Template> {
    let catalog = Catalog::builtin_with_examples();
    let matcher = Matcher::new(&catalog);
    let line_of = |(number, pattern): (usize, &Pattern)| {
        let lines = pattern.examples.iter().flat_map(|example| {
            let line = example.text.trim().replace('%', "");
            let timed = format!("%S node-1 app[12]: {line}");
            [line, timed]
        });
        let mut templates = lines
            .filter(|line| !line.contains('\n'))
            .map(|line| Template::new(&line));
        templates.find(|template| {
            let mut text = Vec::new();
            template.write(&mut Values::new(1), &mut text);
            let (scan, matches) = scan(&matcher, &text);
            let is_it = |found: &Match| usize::try_from(found.pattern) == Ok(number);
            scan.first.is_some() && matches.iter().any(is_it)
        })
    };
    let patterns = catalog.patterns().iter().enumerate();
    patterns.filter_map(line_of).collect()
}
