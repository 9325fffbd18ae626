//! HashiCorp's hclog (Vault, Consul, Nomad, Terraform): `TIME [ERROR] name: message: key=value`, the level padded behind the bracket.

use super::rest::Rest;
use super::{Format, Formats, Layer, Recognise, Timed, logfmt};
use crate::log::{Record, StampKind};

/// The name of the format.
const NAME: &str = "hclog";

pub(super) const FORMAT: Format = Format::payload(NAME, Recognise::Timed(|b| b == b'[', parse));

fn parse(timed: Timed<'_>) -> Option<Layer<'_>> {
    let mut rest = timed.bare()?;
    if timed.stamp.kind != StampKind::Explicit || timed.line.get(10) != Some(&b'T') {
        return None;
    }
    rest.tag(b" ")?;
    let level = rest.bracketed_level()?;
    rest.tag(b" ")?;
    rest.skip_spaces();
    let mut named = rest;
    let name = named.until(b':').filter(|name| super::rest::is_name(name));
    if name.is_some() {
        rest = named;
        rest.skip_spaces();
    }
    let (message, fields) = split(rest.0);
    let mut layer = Rest(message).message(timed.stamp, level);
    layer.fields = fields;
    Some(layer.logger(name.unwrap_or_default()))
}

/// The message, and the fields behind its last colon. A value may go on in the next line, as far as it is quoted.
fn split(text: &[u8]) -> (&[u8], super::Fields<'_>) {
    let starts = |at: &usize| {
        let name = text[*at + 2..]
            .split(|b| matches!(b, b'=' | b' ' | b'"'))
            .next();
        let name = name.unwrap_or_default();
        !name.is_empty() && text.get(*at + 2 + name.len()) == Some(&b'=')
    };
    match memchr::memmem::find_iter(text, b": ").find(starts) {
        Some(at) => (
            &text[..at],
            logfmt::pairs(&text[at + 2..]).unwrap_or_default(),
        ),
        None => (text, Vec::new()),
    }
}

/// Reads the fields again from all lines of `record`, if it is of this format and has several.
pub(in crate::log) fn complete(record: &mut Record<'_>) {
    if record.formats.last().is_none_or(|name| name != NAME) || !record.text.contains(&b'\n') {
        return;
    }
    let (formats, text) = (Formats::default(), std::mem::take(&mut record.text));
    let whole = formats.parse(&text).into_owned();
    record.text = text;
    if !whole.fields.is_empty() {
        record.fields.truncate(record.wrapper_fields);
        record.fields.extend(whole.fields);
        record.msg = whole.msg;
    }
}

#[cfg(test)]
mod tests {
    use crate::log::{Folder, Formats};

    use super::super::samples::shown;

    #[test]
    fn the_name_is_the_logger() {
        assert_eq!(
            shown("2022-02-10T00:02:59.333Z [INFO]  expiration: revoked lease: lease_id=x"),
            "hclog | 2022-02-10T00:02:59.333Z | info | revoked lease"
        );
    }

    #[test]
    fn quoted_values_may_have_many_lines() {
        let text = "2026-11-20T11:24:44.874Z [ERROR] core.cluster: failed to reconcile: error=\"boom it\" multi=\"a\nb\" n=1\n2026-11-20T11:24:44.874Z [WARN]  core.cluster: w\n";
        let formats = Formats::default();
        let folder = Folder::new(&formats, text.as_bytes(), false);
        let records: Vec<_> = folder.records().map(|span| span.record).collect();
        assert_eq!(records.len(), 2);
        assert_eq!(&records[0].msg[..], b"failed to reconcile");
        assert_eq!(records[0].logger.as_deref(), Some("core.cluster"));
        assert_eq!(records[0].field("multi"), Some(&b"a\nb"[..]));
        assert_eq!(records[0].field("n"), Some(&b"1"[..]));
    }
}
