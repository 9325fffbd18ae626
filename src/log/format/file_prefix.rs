//! Lines behind the name of the file that they were taken from, as `grep` and `tail` over several files print them:
//! `nova-api.log.1 2017-05-16 00:00:00.008 ...`, `var/log/app.log:2017-05-16T00:00:00Z ...`.

use std::borrow::Cow;

use super::rest::Rest;
use super::{Body, Format, Layer, Recognise};
use crate::log::time;

pub(super) const FORMAT: Format = Format::wrapper("file name prefix", Recognise::Line(&[], parse));

fn parse(line: &[u8]) -> Option<Layer<'_>> {
    let mut rest = Rest(line);
    let word = rest.word()?;
    let log = crate::text::find_short(word, b".log")?;
    let payload = match memchr::memchr(b':', &word[log..]) {
        // `file.log:` or `file.log:12:` in front of the line itself.
        Some(colon) if time::iso(&line[log + colon + 1..]).is_some() => &line[log + colon + 1..],
        _ => rest.0.get(1..)?,
    };
    time::iso(payload)?;
    Some(Layer::new(Body::Payload(Cow::Borrowed(payload))))
}

#[cfg(test)]
mod tests {
    use super::super::samples::shown;

    #[test]
    fn the_line_itself_has_a_time() {
        assert_eq!(
            shown(
                "nova-api.log.1.2017-05-16_13:53:08 2017-05-16 00:00:00.008 25746 INFO nova.osapi_compute.wsgi.server [req-38101a0b] 10.11.10.1"
            ),
            "file name prefix > oslo.log | 2017-05-16T00:00:00.008Z | info | 10.11.10.1"
        );
        assert_eq!(
            shown("var/log/app.log:2017-05-16T00:00:00Z [INFO]  core: up"),
            "file name prefix > hclog | 2017-05-16T00:00:00Z | info | up"
        );
        assert_eq!(
            shown("see app.log for more"),
            " | - | - | see app.log for more"
        );
    }
}
