//! `kubectl logs --prefix`: `[pod/NAME/CONTAINER] PAYLOAD`.

use std::borrow::Cow;

use super::rest::Rest;
use super::{Body, Format, Layer, Recognise};
use crate::log::field::lossy;

pub(super) const FORMAT: Format =
    Format::wrapper("kubectl logs --prefix", Recognise::Line(b"[", parse));

fn parse(line: &[u8]) -> Option<Layer<'_>> {
    let mut rest = Rest(line);
    let source = rest.bracketed()?.strip_prefix(b"pod/")?;
    if source.iter().filter(|b| **b == b'/').count() != 1 {
        return None;
    }
    rest.tag(b" ")?;
    let mut layer = Layer::new(Body::Payload(Cow::Borrowed(rest.0)));
    layer.container = Some(lossy(source));
    Some(layer)
}

#[cfg(test)]
mod tests {
    use super::super::samples::shown;

    #[test]
    fn pod_and_container_are_named() {
        assert_eq!(
            shown("[pod/web-0/nginx] E1204 08:59:24.803571       1 status.go:71] boom"),
            "kubectl logs --prefix > klog | 1972-12-04T08:59:24.803571Z | error | boom"
        );
    }
}
