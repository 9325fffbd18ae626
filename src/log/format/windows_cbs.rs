//! Windows' servicing logs (CBS, DISM, setup): `YYYY-MM-DD HH:MM:SS, Info                  CBS    message`.

use super::{Format, Layer, Recognise, Timed};

pub(super) const FORMAT: Format =
    Format::payload("windows cbs", Recognise::Timed(|b| b == b',', parse));

fn parse(timed: Timed<'_>) -> Option<Layer<'_>> {
    let mut rest = timed.bare()?;
    rest.tag(b", ")?;
    let level = match rest.word()? {
        b"Perf" => crate::log::Level::Debug,
        word => crate::log::Level::from_name(word)?,
    };
    rest.spaces()?;
    let mut named = rest;
    let component = named
        .word()
        .filter(|word| word.iter().all(u8::is_ascii_uppercase));
    if component.is_some() && named.spaces().is_some() {
        rest = named;
    }
    Some(
        rest.message(timed.stamp, level)
            .logger(component.unwrap_or_default()),
    )
}

#[cfg(test)]
mod tests {
    use super::super::samples::shown;

    #[test]
    fn columns_are_padded() {
        assert_eq!(
            shown(
                "2016-09-28 04:30:31, Info                  CSI    00000001@2016/9/27 WcpInitialize called"
            ),
            "windows cbs | 2016-09-28T04:30:31Z | info | 00000001@2016/9/27 WcpInitialize called"
        );
    }
}
