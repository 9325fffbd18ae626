//! Spring Boot: `TIME  LEVEL PID --- [thread] class : message`.

use super::{Format, Layer, Recognise, Timed};

pub(super) const FORMAT: Format = Format::payload(
    "spring boot",
    Recognise::Timed(|b| b.is_ascii_uppercase(), parse),
);

fn parse(timed: Timed<'_>) -> Option<Layer<'_>> {
    let mut rest = timed.bare()?;
    rest.spaces()?;
    let level = rest.level()?;
    rest.spaces()?;
    let pid = rest.digits()?;
    rest.tag(b" --- ")?;
    // Spring Boot 3 puts the name of the application in a bracket of its own.
    while rest.bracketed().is_some() {
        rest.skip_spaces();
    }
    let class = rest.until(b' ')?;
    rest.skip_spaces();
    rest.tag(b": ")?;
    Some(
        rest.message(timed.stamp, level)
            .logger(class)
            .with("pid", pid),
    )
}

#[cfg(test)]
mod tests {
    use super::super::samples::shown;

    #[test]
    fn the_dashes_stand_behind_the_process() {
        assert_eq!(
            shown(
                "2024-05-01T12:00:00.123+02:00 ERROR 1 --- [api] [           main] o.s.b.d.LoggingFailureAnalysisReporter   : Application failed to start"
            ),
            "spring boot | 2024-05-01T10:00:00.123Z | error | Application failed to start"
        );
    }
}
