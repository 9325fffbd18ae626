//! `docker compose logs` and its kin: `NAME-1  | PAYLOAD`, with `--timestamps` an RFC 3339 time behind the bar.

use std::borrow::Cow;

use super::rest::{Rest, is_name};
use super::{Body, Format, LETTERS, Layer, Recognise};
use crate::log::field::lossy;

pub(super) const FORMAT: Format =
    Format::wrapper("docker compose", Recognise::Line(LETTERS, parse));

fn parse(line: &[u8]) -> Option<Layer<'_>> {
    let mut rest = Rest(line);
    let name = rest.until(b'|')?;
    let name = name.strip_suffix(b" ")?.trim_ascii_end();
    // Tables have bars as well: a container has a number or a name made of several words.
    let several = name.iter().any(|b| matches!(b, b'-' | b'_')) && is_name(name);
    if !several
        || !name.last().is_some_and(u8::is_ascii_digit)
        || memchr::memmem::find_iter(rest.0, b" | ").nth(1).is_some()
    {
        return None;
    }
    let payload = rest.0.strip_prefix(b" ").unwrap_or(rest.0);
    let mut layer = Layer::new(Body::Payload(Cow::Borrowed(payload)));
    layer.container = Some(lossy(name));
    Some(layer)
}

#[cfg(test)]
mod tests {
    use super::super::samples::shown;

    #[test]
    fn the_name_is_a_container() {
        assert_eq!(
            shown("web-1    | ERROR: connection refused"),
            "docker compose | - | - | ERROR: connection refused"
        );
        assert_eq!(
            shown(
                r#"web-1  | 2024-04-25T05:32:35.018Z time="2024-04-25T05:32:35Z" level=error msg=boom"#
            ),
            "docker compose > iso time > logfmt | 2024-04-25T05:32:35Z | error | boom"
        );
        assert_eq!(
            shown("node-1 | 10.0.0.1 | up | x"),
            " | - | - | node-1 | 10.0.0.1 | up | x"
        );
    }
}
