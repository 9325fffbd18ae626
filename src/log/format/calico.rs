//! Calico, Felix and BIRD: `YYYY-MM-DD HH:MM:SS.mmm [INFO][60] felix/summary.go 100: message`.

use super::{Format, Layer, Recognise, Timed};

pub(super) const FORMAT: Format = Format::payload("calico", Recognise::Timed(|b| b == b'[', parse));

fn parse(timed: Timed<'_>) -> Option<Layer<'_>> {
    let mut rest = timed.bare()?;
    rest.tag(b" ")?;
    let level = rest.bracketed_level()?;
    let pid = rest
        .bracketed()
        .filter(|pid| pid.iter().all(u8::is_ascii_digit))?;
    rest.tag(b" ")?;
    let source = rest.until(b':')?;
    rest.skip_spaces();
    Some(
        rest.message(timed.stamp, level)
            .logger(source)
            .with("pid", pid),
    )
}

#[cfg(test)]
mod tests {
    use super::super::samples::shown;

    #[test]
    fn level_and_process_stand_in_brackets() {
        assert_eq!(
            shown("2025-11-27 10:00:00.123 [WARNING][60] felix/summary.go 100: late"),
            "calico | 2025-11-27T10:00:00.123Z | warn | late"
        );
    }
}
