//! Syslog as RFC 5424 has it: `<PRI>1 TIME HOST APP PROCID MSGID [SD] MESSAGE`; `-` stands for nothing. Collectors leave `<PRI>1` away.

use std::borrow::Cow;

use super::rest::Rest;
use super::{Body, Fields, Format, Layer, Recognise, Timed, logfmt};
use crate::log::field::lossy;
use crate::log::{Level, Stamp, StampKind, time};

/// The name of the format.
const NAME: &str = "rfc 5424";

pub(super) const FORMAT: Format = Format::wrapper(NAME, Recognise::Line(b"<", parse));

/// The same without `<PRI>1`.
pub(super) const WITHOUT_PRIORITY: Format = Format::wrapper(
    NAME,
    Recognise::Timed(|b| b.is_ascii_alphanumeric() || b == b'-', parse_timed),
);

fn parse(line: &[u8]) -> Option<Layer<'_>> {
    let mut rest = Rest(line);
    rest.tag(b"<")?;
    let priority: u8 = std::str::from_utf8(rest.until(b'>')?).ok()?.parse().ok()?;
    let level = Level::from_syslog(priority & 7)?;
    rest.tag(b"1 ")?;
    let (stamp, length) = time::iso(rest.0)?;
    rest.0 = &rest.0[length..];
    behind_time(rest, stamp, level)
}

fn parse_timed(timed: Timed<'_>) -> Option<Layer<'_>> {
    let rest = timed.bare()?;
    (timed.stamp.kind == StampKind::Explicit)
        .then(|| behind_time(rest, timed.stamp, Level::Unknown))?
}

fn behind_time(mut rest: Rest<'_>, stamp: Stamp, level: Level) -> Option<Layer<'_>> {
    let mut value = || {
        rest.tag(b" ")?;
        rest.word()
    };
    let (host, app, process, id) = (value()?, value()?, value()?, value()?);
    rest.tag(b" ")?;
    let data = structured(&mut rest)?;
    // Without a priority the line has to look like nothing else.
    let number = process.iter().all(|b| b.is_ascii_digit() || *b == b'-');
    if level == Level::Unknown && !number {
        return None;
    }
    let _ = rest.tag(b" ");
    let _ = rest.tag(b"\xef\xbb\xbf");
    let mut layer = Layer::new(Body::Payload(Cow::Borrowed(rest.0)));
    let given = |value: &'_ [u8]| value != b"-";
    layer.time = Some(stamp);
    layer.level = level;
    layer.node = given(host).then(|| lossy(host));
    layer.unit = given(app).then(|| lossy(app));
    layer.fields = data;
    for (name, value) in [("pid", process), ("msgid", id)] {
        if given(value) {
            layer = layer.with(name, value);
        }
    }
    Some(layer)
}

/// `-` or `[id key="value" ...]`, possibly several.
fn structured<'a>(rest: &mut Rest<'a>) -> Option<Fields<'a>> {
    if rest.tag(b"-").is_some() {
        return (rest.0.is_empty() || rest.0.starts_with(b" ")).then(Vec::new);
    }
    let mut fields = Vec::new();
    rest.0.starts_with(b"[").then_some(())?;
    while rest.tag(b"[").is_some() {
        rest.word().filter(|id| !id.contains(&b'"'))?;
        while rest.tag(b" ").is_some() {
            let name = rest.until(b'=')?;
            let (value, after) = logfmt::quoted(rest.0)?;
            rest.0 = after;
            fields.push((lossy(name), value));
        }
        rest.tag(b"]")?;
    }
    Some(fields)
}

#[cfg(test)]
mod tests {
    use super::super::samples::shown;

    #[test]
    fn nothing_is_written_as_a_dash() {
        assert_eq!(
            shown(
                "<30>1 2017-04-27T07:59:12+02:00 nextcloud dhclient - - -  DHCPREQUEST on eth0 to 192.168.1.1 port 67"
            ),
            "rfc 5424 | 2017-04-27T05:59:12Z | info |  DHCPREQUEST on eth0 to 192.168.1.1 port 67"
        );
        assert_eq!(
            shown(
                r#"<165>1 2003-10-11T22:14:15.003Z host app 12 ID47 [ex@32473 iut="3" text="a \"b\""] boom"#
            ),
            "rfc 5424 | 2003-10-11T22:14:15.003Z | notice | boom"
        );
        assert_eq!(
            shown(
                r#"2022-08-27T14:22:01.613Z space01 NSX 3106 - [abc@6876 level="INFO"] keep-alive"#
            ),
            "rfc 5424 | 2022-08-27T14:22:01.613Z | - | keep-alive"
        );
    }
}
