//! What a block of text tells of its times and its machine, from a sample of its lines.

use memchr::memmem;

use super::Scan;
use crate::log::{
    Calibration, Formats, Record, Stamp, StampKind, is_collectors, journal_header, looks_timed,
};
use crate::text::{count_newlines, find_short, line_around, lines, lines_from, trim_line};

/// Lines looked at from each end for the first and last time.
pub(super) const MAX_SNIFFED: usize = 64;
/// Lines that are compared to find where the year turns.
const SAMPLES: usize = 64;

impl Scan {
    /// Finds the first and last time, and whether this is a log at all.
    pub(super) fn sniff(&mut self, text: &[u8], formats: &Formats) -> Sniffed {
        let mut ahead = lines(text);
        for (_, line) in ahead.by_ref().take(MAX_SNIFFED) {
            let has_time = self.look_at(line, formats);
            if has_time {
                self.first = self.last;
                break;
            }
        }
        let is_known = self.is_log;
        let is_whole = self.first.is_none() && ahead.next().is_none();
        let mut end = if is_whole { 0 } else { text.len() };
        for _ in 0..MAX_SNIFFED {
            if end == 0 {
                break;
            }
            let line = line_around(text, end - 1);
            if self.look_at(trim_line(&text[line.clone()]), formats) {
                break;
            }
            end = line.start;
        }
        self.is_log = self.is_log || is_timed(text);
        self.uncollected = uncollected(text);
        self.calibrate(text, formats);
        self.turns = turns(text, formats, self.first);
        if self.is_log && self.first.is_some() {
            self.boot = boot(text, formats);
        }
        match (is_known, is_whole) {
            (true, _) => Sniffed::Known,
            (false, true) => Sniffed::Unknown,
            (false, false) => Sniffed::Unsure,
        }
    }

    /// Looks at more lines where the first one needs a year or a zone: one line with two times may tell of old ones.
    fn calibrate(&mut self, text: &[u8], formats: &Formats) {
        const LINES: usize = 16;
        let unclear = |stamp: Stamp| {
            matches!(stamp.kind, StampKind::NoYear | StampKind::AssumedZone)
                || self.calibration.is_some()
        };
        if !self.first.is_some_and(unclear) || self.calibration.is_some_and(|known| known.is_end) {
            return;
        }
        let mut votes: Vec<Calibration> = Vec::new();
        let mut last = None;
        for at in 0..LINES {
            let line = line_around(text, text.len() / LINES * at);
            // Short texts have fewer lines.
            if last.replace(line.start) == Some(line.start) {
                continue;
            }
            let line = trim_line(&text[line]);
            if !may_have_two_times(line) {
                continue;
            }
            let record = formats.parse(line);
            let Some(pair) = pair(&record) else { continue };
            match votes.iter_mut().find(|known| known.agrees(pair)) {
                Some(known) => {
                    *known = Calibration::merge(Some(*known), Some(pair)).unwrap_or(pair);
                }
                None => votes.push(pair),
            }
        }
        let most = votes.into_iter().max_by_key(|vote| vote.lines);
        self.calibration = Calibration::merge(self.calibration, most);
    }

    /// Notes what a line says. Returns whether it has a time.
    fn look_at(&mut self, line: &[u8], formats: &Formats) -> bool {
        if let Some(end) = journal_header(line) {
            self.calibration = self.calibration.or(Some(end));
        }
        let record = formats.parse(line);
        self.is_log |= record.is_recognised() || record.starts_trace();
        self.node = self
            .node
            .take()
            .or_else(|| record.node.as_deref().map(str::to_owned));
        self.calibration = Calibration::merge(self.calibration, pair(&record));
        self.last = record.time.or(self.last);
        record.time.is_some()
    }
}

/// What the first lines of a text are.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Sniffed {
    /// One of them is of a known format.
    Known,
    /// None is, and there are no others.
    Unknown,
    /// None is.
    Unsure,
}

/// Whether at least half of the first lines have a time, in whatever format.
fn is_timed(text: &[u8]) -> bool {
    let filled = lines(text).filter(|(_, line)| !line.is_empty());
    let (timed, other): (Vec<_>, Vec<_>) = filled.take(16).partition(|(_, line)| looks_timed(line));
    timed.len() > 1 && timed.len() >= other.len()
}

/// Whether a line may have a time with a year behind another one: that takes ten digits, of seconds since 1970, or more near
/// to each other, if these are not written as `1.77e+09`. Parsing the line costs much more than looking for them.
fn may_have_two_times(line: &[u8]) -> bool {
    /// The shortest time at the start of a line, `Feb 11 18:58:28`.
    const FIRST: usize = 15;
    /// Those in front of the tenth.
    const BEFORE: usize = 9;
    /// More than any time has from one digit to the ninth behind it; `20 Nov 2026 11:48` has most.
    const WITHIN: usize = 24;
    let rest = line.get(FIRST..).unwrap_or_default();
    if find_short(rest, b"e+09").is_some() {
        return true;
    }
    let digits = rest.iter().enumerate().filter(|(_, b)| b.is_ascii_digit());
    let mut last = [0; BEFORE];
    digits.enumerate().any(|(count, (at, _))| {
        let first = std::mem::replace(&mut last[count % BEFORE], at);
        count >= BEFORE && at - first < WITHIN
    })
}

/// What a line with two times says of the clock that wrote the less clear one.
fn pair(record: &Record<'_>) -> Option<Calibration> {
    let (wrapper, inner) = (record.wrapper_time?, record.time?);
    let unclear = matches!(wrapper.kind, StampKind::NoYear | StampKind::AssumedZone);
    (unclear && inner.kind < wrapper.kind).then(|| Calibration::new(wrapper, inner))?
}

/// What the collector wrote where a log should be: the only line, or the one below the head of a journal.
fn uncollected(text: &[u8]) -> Option<Vec<u8>> {
    const LINES: usize = 3;
    let filled = lines(text)
        .map(|(_, line)| line)
        .filter(|line| !line.trim_ascii().is_empty());
    let found = filled.take(LINES).find(|line| is_collectors(line))?;
    Some(found[..found.len().min(256)].to_vec())
}

/// The lines at which the year of stamps without one turns, between lines of a sample.
fn turns(text: &[u8], formats: &Formats, first: Option<Stamp>) -> Vec<u64> {
    if first.is_none_or(|stamp| stamp.kind != StampKind::NoYear) {
        return Vec::new();
    }
    let stamp = |line: &[u8]| {
        let stamp = formats.parse(trim_line(line)).time;
        stamp.filter(|stamp| stamp.kind == StampKind::NoYear)
    };
    // The first line with a stamp from the one around `at` on, in front of `end`.
    let next = |at: usize, end: usize| {
        let mut lines = lines_from(text, at).take_while(|(at, _)| *at < end);
        lines.find_map(|(at, line)| Some((at, stamp(line)?)))
    };
    let count = (text.len() / 4096).clamp(8, SAMPLES);
    let samples: Vec<(usize, Stamp)> = (0..=count)
        .filter_map(|at| next(text.len().saturating_sub(1) * at / count, text.len()))
        .collect();
    let mut turns = Vec::new();
    for pair in samples.windows(2) {
        let ((mut low, before), (mut high, after)) = (pair[0], pair[1]);
        if !before.year_turns(after) {
            continue;
        }
        // Nothing turns up to the line at `low`; the year has turned at the one at `high`.
        loop {
            let above = line_around(text, low).end + 1;
            if above >= high {
                break;
            }
            let middle = above + (high - above) / 2;
            match next(middle, high).or_else(|| next(above, middle)) {
                Some((at, found)) if before.year_turns(found) => high = at,
                Some((at, _)) if at > low => low = at,
                _ => break,
            }
        }
        turns.push(count_newlines(&text[..high]));
    }
    turns
}

/// The last line of the kernel that has a time, and how long after the start of the machine it was written. The first
/// line of the kernel stands for the start where its lines do not count.
fn boot(text: &[u8], formats: &Formats) -> Option<(Stamp, i64, u64)> {
    let last = |mark: &[u8]| memmem::find_iter(text, mark).last();
    let counting = last(b" kernel: [");
    let starting = || last(b" kernel: Linux version ");
    let at = counting.or_else(starting)?;
    let line = line_around(text, at);
    let record = formats.parse(trim_line(&text[line.clone()]));
    let stamp = record
        .time
        .filter(|stamp| stamp.kind != StampKind::SinceBoot)?;
    let since = match record.since_boot {
        Some(since) => since,
        None if counting.is_none() => 0,
        None => return None,
    };
    (record.unit.as_deref() == Some("kernel"))
        .then(|| (stamp, since, count_newlines(&text[..line.start])))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sniffed(text: &str) -> Scan {
        let mut scan = Scan::default();
        scan.sniff(text.as_bytes(), &Formats::default());
        scan
    }

    #[test]
    fn the_year_turns_where_the_month_falls_back() {
        let mut text = String::new();
        let mut expected = Vec::new();
        for year in 0..3 {
            for day in 0..12 * 28 {
                if year > 0 && day == 0 {
                    expected.push(text.lines().count() as u64);
                }
                let months = [
                    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov",
                    "Dec",
                ];
                text += &format!(
                    "{} {:2} 10:00:00 node1 app: day {day}\n",
                    months[day / 28],
                    day % 28 + 1
                );
            }
        }
        assert_eq!(sniffed(&text).turns, expected);
    }

    #[test]
    fn a_second_time_takes_ten_digits_near_to_each_other() {
        let wrapped = |rest: &str| may_have_two_times(format!("Feb 11 18:58:28 {rest}").as_bytes());
        for time in [
            "node1 app: 2026-11-20 11:48:58 x",
            "node1 app[12]: 17/06/09 20:10:40 x",
            "node1 app: 081109 203615 148 x",
            "node1 app: 16635:S 20 Nov 2026 11:48:58.467 # x",
            "node1 app: [20/Nov/2026:11:48:58 +0000] x",
            "node1 app: ts=1644000000 x",
            "node1 app: Sun Dec 04 04:47:44 2005 x",
            "node1 app: ts=1.77e+09 x",
            "0123456789",
        ] {
            assert!(wrapped(time), "{time}");
        }
        for other in [
            "node1 app[1234]: took 12.5 ms",
            "node12 app[12345]: took 1 of 10 and 3 of 12",
            "node1 app: 1 + 09, e+8, +",
            "123456789",
            "",
        ] {
            assert!(!wrapped(other), "{other}");
        }
        assert!(!may_have_two_times(b"short"));
    }

    #[test]
    fn lines_out_of_order_are_no_turn() {
        let text = "Mar  2 10:00:00 node1 app: x\nMar  1 09:00:00 node1 app: late\nMar  3 10:00:00 node1 app: x\n";
        assert_eq!(sniffed(text).turns, Vec::<u64>::new());
    }

    #[test]
    fn a_line_of_the_kernel_tells_the_start_of_the_machine() {
        let text = "Feb 11 18:58:28 node1 kernel: [    3.500000] ext4: mounted\nFeb 11 18:58:30 node1 app: x\n";
        let (_, since, line) = sniffed(text).boot.expect("a start");
        assert_eq!((since, line), (3_500_000, 0));
        let text = "Feb 11 18:58:28 node1 kernel: Linux version 5.4\n";
        assert_eq!(sniffed(text).boot.map(|(_, since, _)| since), Some(0));
        assert!(
            sniffed("Feb 11 18:58:28 node1 app: kernel: [    3.500000] x\n")
                .boot
                .is_none()
        );
    }
}
