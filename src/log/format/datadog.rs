//! Datadog's agents: `TIME UTC | CORE | ERROR | (file.go:12 in function) | message`.

use super::{Format, Layer, Recognise, Timed};
use crate::log::Level;

pub(super) const FORMAT: Format =
    Format::payload("datadog", Recognise::Timed(|b| b == b'|', parse));

fn parse(timed: Timed<'_>) -> Option<Layer<'_>> {
    let mut rest = timed.bare()?;
    rest.tag(b" | ")?;
    let agent = rest.until(b'|')?.trim_ascii();
    let level = Level::from_name(rest.until(b'|')?)?;
    rest.tag(b" (")?;
    let source = rest.until(b')')?;
    rest.tag(b" | ")?;
    let layer = rest.message(timed.stamp, level).logger(source);
    Some(layer.with("agent", agent))
}

#[cfg(test)]
mod tests {
    use super::super::samples::shown;

    #[test]
    fn bars_separate_the_parts() {
        assert_eq!(
            shown(
                "2025-04-25 02:01:04 UTC | CLUSTER | ERROR | (pkg/util/x.go:12 in Run) | cannot connect"
            ),
            "datadog | 2025-04-25T02:01:04Z | error | cannot connect"
        );
    }
}
