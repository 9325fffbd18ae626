//! MySQL's slow query log: a head `# Time: 2021-01-26T23:45:57.678222Z` (before 5.7 `# Time: 210126 23:45:57`), the query below it.

use super::rest::Rest;
use super::{Format, Layer, Recognise};
use crate::log::{Level, time};

pub(super) const FORMAT: Format = Format::payload("mysql slow log", Recognise::Line(b"#", parse));

fn parse(line: &[u8]) -> Option<Layer<'_>> {
    let text = line.strip_prefix(b"# Time: ")?;
    let (stamp, _) = time::iso(text).or_else(|| time::compact(text))?;
    Some(Rest(line).message(stamp, Level::Unknown))
}

#[cfg(test)]
mod tests {
    use super::super::samples::shown;

    #[test]
    fn both_spellings_of_the_time() {
        assert_eq!(
            shown("# Time: 2021-01-26T23:45:57.678222Z"),
            "mysql slow log | 2021-01-26T23:45:57.678222Z | - | # Time: 2021-01-26T23:45:57.678222Z"
        );
        assert_eq!(
            shown("# Time: 210126 23:45:57"),
            "mysql slow log | 2021-01-26T23:45:57Z | - | # Time: 210126 23:45:57"
        );
    }
}
