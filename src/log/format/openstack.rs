//! oslo.log of OpenStack: `TIME PID LEVEL logger [request] message`. Every line of a traceback has the whole head.

use super::rest::is_name;
use super::{Format, Layer, Recognise, Timed};

pub(super) const FORMAT: Format =
    Format::payload(NAME, Recognise::Timed(|b| b.is_ascii_digit(), parse));

/// The name of the format.
pub(in crate::log) const NAME: &str = "oslo.log";

/// The field that holds the request.
pub(in crate::log) const REQUEST: &str = "request";

fn parse(timed: Timed<'_>) -> Option<Layer<'_>> {
    let mut rest = timed.bare()?;
    rest.tag(b" ")?;
    let pid = rest.digits()?;
    rest.tag(b" ")?;
    let level = rest.level()?;
    rest.spaces()?;
    let logger = rest.word().filter(|logger| is_name(logger))?;
    let _ = rest.tag(b" ");
    let mut context = rest;
    let request = context.bracketed().filter(|request| {
        request.starts_with(b"req-") || *request == b"-" || request.starts_with(b"None")
    });
    if request.is_some() {
        let _ = context.tag(b" ");
        rest = context;
    }
    let layer = rest
        .message(timed.stamp, level)
        .logger(logger)
        .with("pid", pid);
    Some(match request {
        Some(request) => layer.with(REQUEST, request),
        None => layer,
    })
}

#[cfg(test)]
mod tests {
    use super::super::samples::shown;

    #[test]
    fn logger_and_request_are_fields() {
        assert_eq!(
            shown(
                "2022-02-04 10:21:58.881 284971 ERROR nova.compute.manager [req-1 - - - - -] Error updating resources"
            ),
            "oslo.log | 2022-02-04T10:21:58.881Z | error | Error updating resources"
        );
        assert_eq!(
            shown(
                r#"2022-02-04 10:21:58.881 284971 ERROR nova.compute.manager   File "x.py", line 1"#
            ),
            r#"oslo.log | 2022-02-04T10:21:58.881Z | error |   File \"x.py\", line 1"#
        );
    }
}
