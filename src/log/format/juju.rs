//! Juju: `YYYY-MM-DD HH:MM:SS LEVEL module file.go:NUMBER message`, in UTC.

use super::rest::is_name;
use super::{Format, Layer, Recognise, Timed};

pub(super) const FORMAT: Format =
    Format::payload("juju", Recognise::Timed(|b| b.is_ascii_uppercase(), parse));

fn parse(timed: Timed<'_>) -> Option<Layer<'_>> {
    let mut rest = timed.bare()?;
    rest.tag(b" ")?;
    let level = rest.level()?;
    rest.tag(b" ")?;
    let module = rest.word().filter(|module| is_name(module))?;
    rest.tag(b" ")?;
    let (file, line) = {
        let word = rest.word()?;
        word.split_at(memchr::memchr(b':', word)?)
    };
    if !file.ends_with(b".go") || !line[1..].iter().all(u8::is_ascii_digit) {
        return None;
    }
    let _ = rest.tag(b" ");
    Some(rest.message(timed.stamp, level).logger(module))
}

#[cfg(test)]
mod tests {
    use super::super::samples::shown;

    #[test]
    fn the_file_stands_in_front_of_the_message() {
        assert_eq!(
            shown(
                "2022-02-04 10:58:47 ERROR juju.worker.uniter.operation runhook.go:136 hook failed"
            ),
            "juju | 2022-02-04T10:58:47Z | error | hook failed"
        );
    }
}
