//! Celery: `[YYYY-MM-DD HH:MM:SS,mmm: ERROR/MainProcess] message`, a task in front of it as `module.task[ID]: `.

use super::{Format, Layer, Recognise, Timed};
use crate::log::Level;

pub(super) const FORMAT: Format = Format::payload("celery", Recognise::Timed(|b| b == b':', parse));

fn parse(timed: Timed<'_>) -> Option<Layer<'_>> {
    let mut rest = super::Rest(timed.rest);
    if !timed.bracketed {
        return None;
    }
    rest.tag(b": ")?;
    let level = Level::from_name(rest.until(b'/')?)?;
    let process = rest.until(b']')?;
    rest.skip_spaces();
    Some(rest.message(timed.stamp, level).logger(process))
}

#[cfg(test)]
mod tests {
    use super::super::samples::shown;

    #[test]
    fn level_and_process_share_a_word() {
        assert_eq!(
            shown(
                "[2025-04-25 02:01:04,339: ERROR/MainProcess] consumer: Cannot connect to redis://localhost:6379//: Connection refused."
            ),
            "celery | 2025-04-25T02:01:04.339Z | error | consumer: Cannot connect to redis://localhost:6379//: Connection refused."
        );
    }
}
