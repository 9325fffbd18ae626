//! The end of the log of a unit.

/// Lines that are kept.
const LINES: usize = 3;
/// Bytes that are kept of a line.
const WIDTH: usize = 1 << 10;

/// The last lines of the log of a unit that say something. There may be tens of thousands, so all of it is one text.
#[derive(Clone, Debug)]
pub struct UnitLog {
    unit: Box<str>,
    /// The numbers of the lines, from zero.
    numbers: [u64; LINES],
    /// The lines, with a newline behind each.
    text: Box<[u8]>,
}

impl UnitLog {
    /// That of the unit which the path names, out of the end of its log.
    pub fn of(unit: &str, log: &[u8]) -> Self {
        let total = crate::text::count_newlines(log);
        let lines = log
            .rsplit(|byte| *byte == b'\n')
            .zip((0..=total).rev())
            .filter(|(line, _)| !line.trim_ascii().is_empty());
        let mut last: Vec<_> = lines.take(LINES).collect();
        last.reverse();
        let mut numbers = [0; LINES];
        let mut text = Vec::new();
        for (at, (line, number)) in last.into_iter().enumerate() {
            numbers[at] = number;
            text.extend_from_slice(&line[..line.len().min(WIDTH)]);
            text.push(b'\n');
        }
        Self {
            unit: unit.into(),
            numbers,
            text: text.into(),
        }
    }

    /// The unit, as the path names it.
    pub fn unit(&self) -> &str {
        &self.unit
    }

    /// The lines, with their numbers from zero.
    pub fn lines(&self) -> impl Iterator<Item = (u64, &[u8])> {
        let lines = self.text.split_inclusive(|byte| *byte == b'\n');
        let lines = lines.map(|line| &line[..line.len() - 1]);
        self.numbers.iter().copied().zip(lines)
    }

    /// Adds so many lines in front.
    pub(super) fn shift(&mut self, lines: u64) {
        self.numbers.iter_mut().for_each(|number| *number += lines);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_that_say_something_are_kept() {
        let log = [&b"a\nb\n\n \nc\r\n"[..], &[b'd'; 2000], b"\n\n"].concat();
        let mut end = UnitLog::of("web", &log);
        end.shift(10);
        let lines: Vec<_> = end.lines().collect();
        let cut = [b'd'; WIDTH];
        assert_eq!(lines, [(11, &b"b"[..]), (14, b"c\r"), (15, &cut)]);
        assert_eq!(end.unit(), "web");
        let lines = |log: &[u8]| UnitLog::of("web", log).lines().count();
        assert_eq!((lines(b""), lines(b"\n \n"), lines(b"a")), (0, 0, 1));
    }
}
