//! Go's standard log package: `YYYY/MM/DD HH:MM:SS[.uuuuuu] [file.go:n: ]message`; nginx's error log starts
//! alike and adds `[level]`.

use std::borrow::Cow;

use super::{Body, Layer, iso};
use crate::log::time;

pub(super) fn parse(line: &[u8]) -> Option<Layer<'_>> {
    if line.get(4) != Some(&b'/') {
        return None;
    }
    let (stamp, length) = time::iso(line)?;
    let rest = line[length..].strip_prefix(b" ")?;
    let (level, message) = iso::leading_level(rest);
    let mut layer = Layer::new(Body::Either {
        payload: Cow::Borrowed(rest),
        message: Cow::Borrowed(message),
    });
    layer.time = Some(stamp);
    layer.level = level;
    Some(layer)
}

#[cfg(test)]
mod tests {
    use super::super::samples::shown;

    #[test]
    fn slashes_in_the_date() {
        assert_eq!(
            shown("2026/11/20 12:18:49 line 4: error: found character that cannot start any token"),
            "go log | 2026-11-20T12:18:49Z | - | line 4: error: found character that cannot start any token"
        );
        assert_eq!(
            shown(
                "2026/11/20 11:49:52 [error] 16311#16311: *1 connect() failed (111: Connection refused)"
            ),
            "go log | 2026-11-20T11:49:52Z | error | 16311#16311: *1 connect() failed (111: Connection refused)"
        );
    }
}
