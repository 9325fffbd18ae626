//! RFC 3164 as syslog daemons and `journalctl` (short, short-precise) write it:
//! `[<PRI>]Mmm dd HH:MM:SS[.fraction] HOST TAG[PID]: PAYLOAD`. No year, no zone, and no level without `<PRI>`. rsyslog forwards the same
//! with an ISO time.

use std::borrow::Cow;

use super::{Body, Format, Layer, Recognise};
use crate::log::field::lossy;
use crate::log::{Level, time};

pub(super) const FORMAT: Format = Format::wrapper("syslog", Recognise::Line(b"<JFMASOND", parse));

fn parse(line: &[u8]) -> Option<Layer<'_>> {
    let (priority, rest) = priority(line);
    let forwarded = || priority.and_then(|_| time::iso(rest));
    let (stamp, length) = time::month_first(rest).or_else(forwarded)?;
    let mut layer = tagged(rest[length..].strip_prefix(b" ")?)?;
    layer.time = Some(stamp);
    layer.level = priority
        .and_then(|priority| Level::from_syslog(priority & 7))
        .unwrap_or_default();
    Some(layer)
}

fn priority(line: &[u8]) -> (Option<u8>, &[u8]) {
    let parsed = line.strip_prefix(b"<").and_then(|rest| {
        let end = rest.iter().take(4).position(|b| *b == b'>')?;
        let number = std::str::from_utf8(&rest[..end]).ok()?.parse().ok()?;
        Some((Some(number), &rest[end + 1..]))
    });
    parsed.unwrap_or((None, line))
}

/// `HOST TAG[PID]: PAYLOAD`; the tag may hold spaces, slashes and brackets, so the pid is read from the right.
pub(super) fn tagged(rest: &[u8]) -> Option<Layer<'_>> {
    let space = memchr::memchr(b' ', rest)?;
    let (host, rest) = (&rest[..space], &rest[space + 1..]);
    let name = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b':');
    let named = host.first().is_some_and(u8::is_ascii_alphanumeric) && host.iter().all(name);
    // `journalctl --no-hostname`
    if let Some((ident, pid)) = host.strip_suffix(b":").and_then(with_pid) {
        return Some(layer_of(ident, Some(pid), rest));
    }
    if !named || host.ends_with(b":") || Level::from_name(host).is_some() {
        return None;
    }
    let limit = rest.len().min(128);
    let colon = crate::text::find_short(&rest[..limit], b": ")
        .or_else(|| rest[..limit].ends_with(b":").then(|| limit - 1))?;
    let (tag, payload) = (&rest[..colon], rest.get(colon + 2..).unwrap_or_default());
    let (ident, pid) = with_pid(tag).map_or((tag, None), |(ident, pid)| (ident, Some(pid)));
    if ident.is_empty() || ident.iter().filter(|b| **b == b' ').count() > 2 {
        return None;
    }
    let mut layer = layer_of(ident, pid, payload);
    layer.node = Some(lossy(host));
    Some(layer)
}

fn layer_of<'a>(ident: &'a [u8], pid: Option<&'a [u8]>, payload: &'a [u8]) -> Layer<'a> {
    let mut layer = Layer::new(Body::Payload(Cow::Borrowed(payload)));
    layer.unit = Some(lossy(ident.trim_ascii_end()));
    layer.fields = pid
        .map(|pid| (Cow::Borrowed("pid"), Cow::Borrowed(pid)))
        .into_iter()
        .collect();
    layer
}

/// `NAME[PID]`
fn with_pid(tag: &[u8]) -> Option<(&[u8], &[u8])> {
    let tag = tag.strip_suffix(b"]")?;
    let bracket = memchr::memrchr(b'[', tag)?;
    let (ident, pid) = (&tag[..bracket], &tag[bracket + 1..]);
    (!pid.is_empty() && pid.iter().all(u8::is_ascii_digit)).then_some((ident, pid))
}

#[cfg(test)]
mod tests {
    use super::super::samples::shown;
    use crate::log::parse_line;

    fn place(line: &str) -> (Option<String>, Option<String>, Option<String>) {
        let record = parse_line(line.as_bytes());
        let pid = record
            .field("pid")
            .map(|pid| String::from_utf8_lossy(pid).into_owned());
        let (node, unit) = (record.node.as_deref(), record.unit.as_deref());
        (node.map(str::to_owned), unit.map(str::to_owned), pid)
    }

    fn some(
        node: &str,
        unit: &str,
        pid: Option<&str>,
    ) -> (Option<String>, Option<String>, Option<String>) {
        (
            Some(node.to_owned()),
            Some(unit.to_owned()),
            pid.map(str::to_owned),
        )
    }

    #[test]
    fn rsyslog_forwards_with_an_iso_time() {
        assert_eq!(
            shown(
                "<14>2026-11-20T11:24:44.123456+01:00 host app[12]: time=\"2026-11-20T10:24:44Z\" level=error msg=\"boom\""
            ),
            "syslog > logfmt | 2026-11-20T10:24:44Z | error | boom"
        );
        assert_eq!(
            place("<14>2026-11-20T11:24:44.123456+01:00 host app[12]: x"),
            some("host", "app", Some("12"))
        );
    }

    #[test]
    fn host_and_program_are_told_apart() {
        assert_eq!(
            place("Nov 07 22:50:01 node3 dockerd[812]: x"),
            some("node3", "dockerd", Some("812"))
        );
        assert_eq!(
            place("Jun  9 06:06:20 combo sshd(pam_unix)[19939]: x"),
            some("combo", "sshd(pam_unix)", Some("19939"))
        );
        assert_eq!(
            place("Nov 07 22:50:01 node3 my app[1][79]: x"),
            some("node3", "my app[1]", Some("79"))
        );
        assert_eq!(
            place("Nov 07 22:50:00.123456 node3 kernel: x"),
            some("node3", "kernel", None)
        );
    }

    #[test]
    fn payloads_have_formats_of_their_own() {
        assert_eq!(
            shown(
                r#"Nov 27 00:00:00 w-guard rke2[8828]: time="2025-11-27T00:00:00Z" level=info msg="wake, now=...""#
            ),
            "syslog > logfmt | 2025-11-27T00:00:00Z | info | wake, now=..."
        );
        assert_eq!(
            shown(
                "Dec 02 14:22:55 node-0 kubelet[42965]: E1202 14:22:55.038219   42965 kubelet_node_status.go:95] \"Unable\" err=\"x\""
            ),
            "syslog > klog | 1972-12-02T14:22:55.038219Z | error | Unable"
        );
        assert_eq!(
            shown("<11>Nov 07 22:50:01 node3 app: boom"),
            "syslog | 1972-11-07T22:50:01Z | error | boom"
        );
    }

    #[test]
    fn a_date_is_not_enough() {
        assert_eq!(shown("Nov 07 22:50:01"), " | - | - | Nov 07 22:50:01");
        assert_eq!(
            shown("Nov 07 22:50:01 ERROR app: boom"),
            "month and time | 1972-11-07T22:50:01Z | error | app: boom"
        );
        assert_eq!(
            shown("Nov 07 22:50:01 dockerd[812]: no host"),
            "syslog | 1972-11-07T22:50:01Z | - | no host"
        );
    }
}
