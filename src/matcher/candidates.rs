//! Which places of a text are worth a look.

use std::collections::BTreeMap;
use std::ops::Range;

use memchr::memmem;

use super::compile::{Matcher, PARTIALS};
use super::need::{Known, Lines};
use super::scan::Input;
use super::sniff::MAX_SNIFFED;
use crate::literals::PART;
use crate::text::{lines, lines_from};

/// Bytes that all searchers look at before they go on: less than a first-level cache holds.
const AT_ONCE: usize = 4 * PART;

/// A place to look at, and why.
#[derive(Clone, Copy, Debug)]
pub(super) enum Candidate {
    Literal(u32),
    Marker,
    Line,
    /// A line whose text its wrapper hides from the prefilter.
    Hidden,
}

/// Memory that scans use one after the other; many texts are so small that taking it anew would be most of their work, and
/// would leave holes between what is kept of them.
#[derive(Debug, Default)]
pub struct Scratch {
    /// Where literals stand.
    hits: Vec<(usize, u32)>,
    known: Known,
}

/// All places of a text that are worth a look, by offset; in a `headless` one no first line starts a record.
pub(super) fn of(
    matcher: &Matcher,
    input: &Input<'_>,
    headless: bool,
    scratch: &mut Scratch,
) -> Vec<(usize, Candidate)> {
    let search = Search {
        matcher,
        input,
        headless,
    };
    search.all(scratch)
}

struct Search<'a> {
    matcher: &'a Matcher,
    input: &'a Input<'a>,
    headless: bool,
}

impl Search<'_> {
    /// All places worth a look, by offset.
    fn all(&self, scratch: &mut Scratch) -> Vec<(usize, Candidate)> {
        let (matcher, text) = (self.matcher, self.input.text);
        let Scratch { hits, known } = scratch;
        hits.clear();
        let mut candidates = Vec::new();
        // A part at a time, so that all searchers find it in the cache.
        for start in (0..text.len()).step_by(AT_ONCE) {
            let part = start..(start + AT_ONCE).min(text.len());
            matcher.prefilter.find_in(text, part.clone(), hits);
            self.marks(part, &mut candidates);
        }
        if self.input.quotes {
            candidates.retain(|(_, found)| matches!(found, Candidate::Hidden));
        }
        hits.sort_unstable();
        hits.dedup();
        self.retain_called(hits, known);
        let literals = hits.iter();
        candidates.extend(literals.map(|(at, literal)| (*at, Candidate::Literal(*literal))));
        if self.input.quotes {
            candidates.sort_by_key(|(at, _)| *at);
            return candidates;
        }
        candidates.extend(severe_priorities(text).map(|at| (at, Candidate::Marker)));
        // Markers that stand behind a newline would miss the first line.
        let first_line = !text.is_empty() && !self.headless;
        candidates.extend(first_line.then_some((0, Candidate::Marker)));
        candidates.extend(hidden(text).map(|at| (at, Candidate::Hidden)));
        if !matcher.always.is_empty() {
            candidates.extend(lines(text).map(|(at, _)| (at, Candidate::Line)));
        }
        candidates.sort_by_key(|(at, _)| *at);
        candidates
    }

    /// Adds the markers of a part of the text.
    fn marks(&self, part: Range<usize>, candidates: &mut Vec<(usize, Candidate)>) {
        let [words, signs] = &self.matcher.markers;
        words.find(self.input.text, part.clone(), |at, word| {
            if self.is_harmless(at) {
                return;
            }
            let found = if word < PARTIALS {
                Candidate::Hidden
            } else {
                Candidate::Marker
            };
            candidates.push((at, found));
        });
        // A marker that starts with a newline belongs to the line behind it.
        let past_newline = |at: usize| at + usize::from(self.input.text[at] == b'\n');
        signs.find(self.input.text, part, |at, _| {
            candidates.push((past_newline(at), Candidate::Marker));
        });
    }

    /// Whether what stands at byte `at` is the priority of an entry of a journal in JSON that is no error by itself
    /// (`systemd.journal-fields(7)`); the message has markers of its own.
    fn is_harmless(&self, at: usize) -> bool {
        let value = self.input.text[at..].strip_prefix(b"PRIORITY\":\"");
        value.is_some_and(|value| matches!(value, [b'4'..=b'7', ..]))
    }

    /// Keeps the literals that call for something: an alternative that is looked for in this entry, whose other literals
    /// are where they have to be. Whoever watches wants to see all of them.
    fn retain_called(&self, hits: &mut Vec<(usize, u32)>, known: &mut Known) {
        /// From so many candidates on a look at the whole text is cheaper than one at each record.
        const MANY: u32 = 16;
        let matcher = self.matcher;
        let mut lines = Lines::of(self.input.text, matcher.sets, known);
        let mut calls = |at: usize, index: u32| {
            let need = &matcher.needs[index as usize];
            let alternative = &matcher.alternatives[need.alternative as usize];
            self.input.admits(alternative) && (matcher.watched || lines.may_fit(at, need))
        };
        let by_literal = |literal: u32| matcher.by_literal[literal as usize].iter().copied();
        let mut counts: BTreeMap<u32, u32> = BTreeMap::new();
        hits.retain(|(at, literal)| {
            let mut is_called = false;
            for index in by_literal(*literal).filter(|index| calls(*at, *index)) {
                is_called = true;
                *counts.entry(index).or_default() += 1;
            }
            is_called
        });
        let is_vain = |index: &u32, count: &mut u32| {
            *count > MANY && !matcher.needs[*index as usize].may_be_in(self.input.text)
        };
        counts.retain(is_vain);
        if !counts.is_empty() && !matcher.watched {
            hits.retain(|(at, literal)| {
                by_literal(*literal).any(|index| !counts.contains_key(&index) && calls(*at, index))
            });
        }
    }
}

/// Where lines stand whose payload is split over several lines (docker; those of CRI are found with the markers), or
/// written as an array of bytes (`journalctl -o json`, for messages with control characters).
fn hidden(text: &[u8]) -> impl Iterator<Item = usize> {
    let is_in_sample = |text: &[u8], start: &[u8]| {
        let is_so = |(_, line): (usize, &[u8])| line.starts_with(start);
        let is_near = |from: usize| lines_from(text, from).take(MAX_SNIFFED).any(is_so);
        let mut ahead = lines(text);
        ahead.by_ref().take(MAX_SNIFFED).any(is_so)
            || ahead.next().is_some()
                && (is_near(text.len() / 2) || is_near(text.len().saturating_sub(4096)))
    };
    let having = |text, start| if is_in_sample(text, start) { text } else { b"" };
    let arrays = [&b"\"MESSAGE\":["[..], b"\"MESSAGE\" : ["];
    let journal = having(text, b"{");
    let docker = having(journal, b"{\"log\":\"");
    let journal = arrays
        .into_iter()
        .flat_map(move |array| memmem::find_iter(journal, array));
    let docker = memmem::find_iter(docker, b"\",\"stream\":\"");
    let docker = docker.filter(|at| !ends_in_newline(&text[..*at]));
    journal.chain(docker)
}

/// Whether JSON text ends in an escaped newline: an `n` behind an odd number of backslashes.
fn ends_in_newline(text: &[u8]) -> bool {
    let backslashes = |text: &[u8]| text.iter().rev().take_while(|byte| **byte == b'\\').count();
    text.strip_suffix(b"n")
        .is_some_and(|text| backslashes(text) % 2 == 1)
}

/// Where lines start that syslog marks as an error or worse: `<11>`, of which the lowest three bits are the
/// severity (RFC 5424, 6.2.1). Only looked for in texts that start with such a mark.
fn severe_priorities(text: &[u8]) -> impl Iterator<Item = usize> {
    let marked = text.first() == Some(&b'<');
    let starts = lines(if marked { text } else { b"" });
    starts.filter_map(|(at, line)| {
        let end = memchr::memchr(b'>', &line[..line.len().min(5)])?;
        let number: u8 = std::str::from_utf8(line.get(1..end)?).ok()?.parse().ok()?;
        (number & 7 <= 3).then_some(at)
    })
}
