//! ZooKeeper: `TIME [myid:1] - LEVEL  [thread:class@line] - message`.

use super::{Format, Layer, Recognise, Timed};

pub(super) const FORMAT: Format = Format::payload(
    "zookeeper",
    Recognise::Timed(|b| matches!(b, b'[' | b'-'), parse),
);

fn parse(timed: Timed<'_>) -> Option<Layer<'_>> {
    let mut rest = timed.bare()?;
    rest.tag(b" ")?;
    if rest.bracketed().is_some() {
        rest.tag(b" ")?;
    }
    rest.tag(b"- ")?;
    let level = rest.level()?;
    rest.spaces()?;
    // Threads have brackets in their names: the last ` - ` on which a bracket closes ends the head.
    let end = crate::text::find_short(rest.0, b"] - ")?;
    let head = rest.0[..end].strip_prefix(b"[")?;
    rest.0 = &rest.0[end + 4..];
    let source = head.rsplit(|b| *b == b':').next().unwrap_or(head);
    Some(rest.message(timed.stamp, level).logger(source))
}

#[cfg(test)]
mod tests {
    use super::super::samples::shown;

    #[test]
    fn threads_may_have_brackets() {
        assert_eq!(
            shown(
                "2015-07-29 17:41:44,747 - INFO  [QuorumPeer[myid=1]/0:0:0:0:0:0:0:0:2181:FastLeaderElection@774] - Notification time out: 3200"
            ),
            "zookeeper | 2015-07-29T17:41:44.747Z | info | Notification time out: 3200"
        );
        assert_eq!(
            shown(
                "2015-07-29 17:41:44,747 [myid:1] - WARN  [main:QuorumPeerMain@1] - Either no config"
            ),
            "zookeeper | 2015-07-29T17:41:44.747Z | warn | Either no config"
        );
    }
}
