//! Reports of Erlang's old error logger (RabbitMQ before 3.7): `=ERROR REPORT==== 7-Jun-2015::03:42:28 ===`, the text below it.

use super::rest::Rest;
use super::{Format, Layer, Recognise};
use crate::log::{Level, time};

pub(super) const FORMAT: Format = Format::payload("erlang report", Recognise::Line(b"=", parse));

fn parse(line: &[u8]) -> Option<Layer<'_>> {
    let mut rest = Rest(line);
    rest.tag(b"=")?;
    let kind = rest.until(b'=')?;
    let level = match kind.strip_suffix(b" REPORT")? {
        b"CRASH" | b"SUPERVISOR" => Level::Error,
        b"PROGRESS" => Level::Info,
        name => Level::from_name(name)?,
    };
    rest.tag(b"=== ")?;
    let (stamp, length) = time::day_month(rest.0)?;
    rest.0 = &rest.0[length..];
    rest.skip_spaces();
    rest.tag(b"===")?;
    Some(rest.message(stamp, level).logger(kind))
}

#[cfg(test)]
mod tests {
    use super::super::samples::shown;

    #[test]
    fn the_head_has_level_and_time() {
        assert_eq!(
            shown("=ERROR REPORT==== 7-Jun-2015::03:42:28 ==="),
            "erlang report | 2015-06-07T03:42:28Z | error | "
        );
    }
}
