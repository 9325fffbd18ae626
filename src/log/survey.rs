//! How well the lines of a text are understood.

use std::collections::BTreeMap;

use super::fold::is_meta;
use super::{Formats, Level, Stamp, StampKind};
use crate::text::lines;

/// What the lines of a text are, each by itself.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Survey {
    /// Lines with a time or a level of their own.
    pub recognised: u64,
    /// Lines without, below one that has: traces, further lines of a message.
    pub folded: u64,
    /// Remarks of the collector, such as `-- Reboot --`.
    pub remarks: u64,
    /// Blank lines.
    pub blank: u64,
    /// Lines of which nothing is known.
    pub other: u64,
    /// Recognised lines by format, wrappers first: `syslog > klog`.
    pub formats: BTreeMap<String, u64>,
    /// Recognised lines by level.
    pub levels: BTreeMap<Level, u64>,
    /// The earliest and the latest time among those with a date; lines may be out of order.
    pub span: Option<(Stamp, Stamp)>,
}

impl Survey {
    /// Looks at every line of `text`. `headless` says whether its entry is output of some command; what no line is
    /// recognised of is not below any.
    pub fn of(formats: &Formats, text: &[u8], headless: bool) -> Self {
        let mut survey = Self::default();
        for (_, line) in lines(text) {
            if line.trim_ascii().is_empty() {
                survey.blank += 1;
                continue;
            }
            let record = formats.parse(line);
            if record.is_recognised() {
                survey.recognised += 1;
                let name = match &record.formats[..] {
                    [name] => name.clone(),
                    names => names.join(" > ").into(),
                };
                match survey.formats.get_mut(&*name) {
                    Some(count) => *count += 1,
                    None => drop(survey.formats.insert(name.into_owned(), 1)),
                }
                *survey.levels.entry(record.level).or_default() += 1;
                let dated = record.time.filter(|time| time.kind < StampKind::NoYear);
                survey.widen(dated.map(|time| (time, time)));
            } else if is_meta(line) {
                survey.remarks += 1;
            } else if headless {
                survey.other += 1;
            } else if survey.recognised > 0 {
                survey.folded += 1;
            } else {
                survey.other += 1;
            }
        }
        survey
    }

    fn widen(&mut self, other: Option<(Stamp, Stamp)>) {
        let Some((first, last)) = other else { return };
        let (earliest, latest) = self.span.get_or_insert((first, last));
        if first.micros < earliest.micros {
            *earliest = first;
        }
        if last.micros > latest.micros {
            *latest = last;
        }
    }

    /// Adds what follows in the same entry; where that starts with lines without a head, they are below one here.
    pub fn append(&mut self, next: Self) {
        let (folded, other) = if self.recognised > 0 {
            (next.folded + next.other, 0)
        } else {
            (next.folded, next.other)
        };
        self.recognised += next.recognised;
        self.folded += folded;
        self.remarks += next.remarks;
        self.blank += next.blank;
        self.other += other;
        for (name, count) in next.formats {
            *self.formats.entry(name).or_default() += count;
        }
        self.widen(next.span);
        for (level, count) in next.levels {
            *self.levels.entry(level).or_default() += count;
        }
    }

    /// The format of most of its lines.
    pub fn main_format(&self) -> Option<&str> {
        let most = self
            .formats
            .iter()
            .max_by_key(|(name, count)| (**count, std::cmp::Reverse(*name)));
        most.map(|(name, _)| name.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_once_and_by_what_they_are() {
        let text = "banner\n-- Logs begin at Fri 2022-02-04 09:34:04 UTC, end at Thu 2022-02-10 16:19:19 UTC. --\nE1204 08:59:24.803571       1 status.go:71] boom\n\ttrace\n\nW1204 08:59:25.803571       1 status.go:72] hm\n";
        let survey = Survey::of(&Formats::default(), text.as_bytes(), false);
        assert_eq!(
            (
                survey.recognised,
                survey.folded,
                survey.remarks,
                survey.blank,
                survey.other
            ),
            (2, 1, 1, 1, 1)
        );
        assert_eq!(survey.levels[&Level::Error], 1);
        assert_eq!(survey.main_format(), Some("klog"));
        // Cut anywhere between two lines it comes to the same.
        let cuts = text.match_indices('\n').map(|(at, _)| at + 1);
        for cut in cuts {
            let (start, end) = text.split_at(cut);
            let mut whole = Survey::of(&Formats::default(), start.as_bytes(), false);
            whole.append(Survey::of(&Formats::default(), end.as_bytes(), false));
            assert_eq!(whole, survey, "cut at {cut}");
        }
    }
}
