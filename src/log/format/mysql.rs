//! MySQL from 5.7 on and MariaDB: `TIME THREAD [Note] [MY-012487] [InnoDB] message`.

use super::rest::Rest;
use super::{Format, Layer, Recognise, Timed};
use crate::log::Level;

pub(super) const FORMAT: Format =
    Format::payload("mysql", Recognise::Timed(|b| b.is_ascii_digit(), parse));

fn parse(timed: Timed<'_>) -> Option<Layer<'_>> {
    let mut rest = timed.bare()?;
    rest.tag(b" ")?;
    let thread = rest.digits()?;
    rest.tag(b" ")?;
    let level = match rest.bracketed()? {
        b"System" => Level::Notice,
        name => Level::from_name(name)?,
    };
    rest.skip_spaces();
    let message = rest;
    let code = rest.bracketed().filter(|code| code.starts_with(b"MY-"));
    rest.skip_spaces();
    let subsystem = code.and_then(|_| rest.bracketed());
    let layer = Rest(message.0).message(timed.stamp, level);
    let layer = layer
        .logger(subsystem.unwrap_or_default())
        .with("thread", thread);
    Some(match code {
        Some(code) => layer.with("code", code),
        None => layer,
    })
}

#[cfg(test)]
mod tests {
    use super::super::samples::shown;

    #[test]
    fn the_level_stands_behind_the_thread() {
        assert_eq!(
            shown(
                "2020-08-06T14:25:02.936146Z 0 [Warning] [MY-010068] [Server] CA certificate is self signed."
            ),
            "mysql | 2020-08-06T14:25:02.936146Z | warn | [MY-010068] [Server] CA certificate is self signed."
        );
        assert_eq!(
            shown(
                "2025-01-01  9:25:42 12 [ERROR] Can't start server: Bind on TCP/IP port: Address already in use"
            ),
            "mysql | 2025-01-01T09:25:42Z | error | Can\\'t start server: Bind on TCP/IP port: Address already in use"
        );
    }
}
