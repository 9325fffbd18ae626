//! RabbitMQ from 3.7 on (lager, later Erlang's logger): `YYYY-MM-DD HH:MM:SS.mmm[uuu+00:00] [info] <0.8.0> message`; 3.13 cuts levels to four letters.

use super::{Format, Layer, Recognise, Timed};

pub(super) const FORMAT: Format = Format::payload("lager", Recognise::Timed(|b| b == b'[', parse));

fn parse(timed: Timed<'_>) -> Option<Layer<'_>> {
    let mut rest = timed.bare()?;
    rest.tag(b" ")?;
    let level = rest.bracketed_level()?;
    rest.tag(b" ")?;
    let whole = rest;
    rest.tag(b"<")?;
    let process = rest.until(b'>')?;
    if !process.iter().all(|b| b.is_ascii_digit() || *b == b'.') {
        return None;
    }
    Some(whole.message(timed.stamp, level).with("process", process))
}

#[cfg(test)]
mod tests {
    use super::super::samples::shown;

    #[test]
    fn the_process_stays_in_the_message() {
        assert_eq!(
            shown("2022-02-09 23:00:38.120 [warning] <0.8.0> closing AMQP connection"),
            "lager | 2022-02-09T23:00:38.120Z | warn | <0.8.0> closing AMQP connection"
        );
        assert_eq!(
            shown("2025-04-08 19:28:47.428996+00:00 [erro] <0.14149.592> closing"),
            "lager | 2025-04-08T19:28:47.428996Z | error | <0.14149.592> closing"
        );
    }
}
