//! Which kind a bundle is of, from the paths of its entries in any order.

use super::{COUNT, KINDS, Kind, Mark};
use crate::location::Origin;

/// Leading directories that a bundle may have before its markers: `case-123/support-bundle/version.yaml`.
const LEADING: usize = 2;

/// How deep in archives markers are looked for: the bundle, an archive in it, an archive in that.
const ARCHIVES: usize = 3;

/// The directories of a path that can matter: the leading ones, and three in a mark.
const DIRECTORIES: usize = LEADING + 3;

/// For each kind the marks that were seen, one bit each.
type Seen = [u16; COUNT];

/// The markers of kinds among the entries of one bundle.
#[derive(Clone, Debug, Default)]
pub struct KindMarks {
    /// By the depth in archives, then by the number of leading directories.
    seen: [[Seen; LEADING + 1]; ARCHIVES],
    /// The directory of an entry that was seen, so deep that marks do not tell what is in it apart.
    same: String,
}

impl KindMarks {
    /// Takes one entry into account.
    pub fn see(&mut self, origin: &Origin) {
        let whole = origin.as_str();
        let same = whole.strip_prefix(self.same.as_str());
        if !self.same.is_empty() && same.is_some_and(|rest| !rest.contains('!')) {
            return;
        }
        let deep = origin.path().match_indices('/').nth(DIRECTORIES - 1);
        self.same.clear();
        if let Some((at, _)) = deep {
            let archives = whole.len() - origin.path().len();
            self.same.push_str(&whole[..=archives + at]);
        }
        // An archive is an entry of the archive around it.
        for (path, depth) in whole.split('!').zip(&mut self.seen) {
            let mut path = path;
            for seen in depth {
                for (kind, seen) in KINDS.iter().zip(seen) {
                    for (bit, mark) in kind.marks.iter().enumerate() {
                        *seen |= u16::from(mark.is(path)) << bit;
                    }
                }
                let Some((_, rest)) = path.split_once('/') else {
                    break;
                };
                path = rest;
            }
        }
    }

    /// Adds what another worker saw of the same bundle.
    pub fn merge(&mut self, other: Self) {
        let own = self.seen.as_flattened_mut().as_flattened_mut();
        let Self { seen, same } = other;
        for (own, other) in own.iter_mut().zip(seen.as_flattened().as_flattened()) {
            *own |= other;
        }
        self.same = same;
    }

    /// The kind of the bundle; `None` for plain logs and for layouts that no collector writes.
    ///
    /// The outermost container decides. What is in archives counts only if the container around them says
    /// nothing, as a tar with the sosreports of several machines does, and if they are all of one kind.
    pub fn kind(&self) -> Option<&'static Kind> {
        let [outer, nested @ ..] = &self.seen;
        let first = outer.iter().find_map(|seen| enough(seen).next());
        if first.is_some() {
            return first;
        }
        for depth in nested {
            let mut kinds: Vec<&'static Kind> = depth.iter().flat_map(enough).collect();
            kinds.dedup_by_key(|kind| kind.name);
            match kinds[..] {
                [] => {}
                [kind] => return Some(kind),
                _ => return None,
            }
        }
        None
    }
}

/// The kinds of which enough was seen.
fn enough(seen: &Seen) -> impl Iterator<Item = &'static Kind> {
    KINDS.iter().zip(seen).filter_map(|(kind, seen)| {
        let marks = kind.marks.iter().enumerate();
        let weights = marks.filter_map(|(bit, mark)| (seen >> bit & 1 == 1).then_some(mark.weight));
        (weights.sum::<u32>() >= Mark::ENOUGH).then_some(*kind)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::location::kind::tests::is_kind;

    #[test]
    fn up_to_two_leading_directories_do_not_matter() {
        is_kind("sosreport", &["sos_commands/date/date"]);
        is_kind("sosreport", &["db01/sos_commands/date/date"]);
        is_kind("sosreport", &["case/db01/sos_commands/date/date"]);
        is_kind("none", &["a/case/db01/sos_commands/date/date"]);
    }

    #[test]
    fn half_marks_count_once_and_in_one_depth() {
        is_kind("none", &["systeminfo/date", "systeminfo/uptime"]);
        is_kind("none", &["systeminfo/date", "host/networking/ss4apn"]);
        is_kind("none", &["systeminfo/date", "a.zip!networking/ss4apn"]);
        is_kind("rancher", &["systeminfo/date", "networking/ss4apn"]);
        is_kind("none", &["metadata.yaml"]);
    }

    #[test]
    fn the_outermost_container_decides() {
        let troubleshoot = "support-bundle/cluster-resources/nodes.json";
        let nested = "support-bundle/host/sosreport-a.tar.xz!sosreport-a/sos_commands/date/date";
        is_kind("troubleshoot", &[nested, troubleshoot]);
        is_kind("sosreport", &["readme.txt", nested]);
        is_kind(
            "sosreport",
            &[
                "all/a.tar.xz!a/sos_commands/date/date",
                "all/b.tar.xz!b/sos_reports/sos.txt",
            ],
        );
    }

    #[test]
    fn archives_of_several_kinds_leave_it_open() {
        is_kind(
            "none",
            &[
                "a.tar.xz!a/sos_commands/date/date",
                "b.tgz!cluster-resources/nodes.json",
            ],
        );
        // One archive further inside does not count against the one around it.
        is_kind(
            "troubleshoot",
            &[
                "b.tgz!cluster-resources/nodes.json",
                "b.tgz!a.tar.xz!a/sos_commands/date/date",
            ],
        );
    }

    #[test]
    fn an_archive_is_an_entry_of_the_one_around_it() {
        is_kind(
            "support-bundle-kit",
            &["metadata.yaml", "nodes/harvester-0.zip!logs/kubelet.log"],
        );
    }

    #[test]
    fn plain_logs_are_of_no_kind() {
        is_kind("none", &[]);
        is_kind("none", &["api.log", "node-1/var/log/syslog", "etc/hosts"]);
    }

    #[test]
    fn entries_in_the_same_deep_directory_say_the_same() {
        let deep = "case/host/daemon/replicated/a/b/c.log";
        is_kind("replicated-v1", &["case/host/daemon/x/a", deep, deep]);
        let nested = "a/b/c/d/e/f.tgz!b/sos_commands/date/date";
        is_kind("sosreport", &["a/b/c/d/e/x.log", nested, "a/b/c/d/e/y.log"]);
        is_kind("sosreport", &[nested]);
    }

    #[test]
    fn parts_merge_to_the_whole() {
        let (mut one, mut other) = (KindMarks::default(), KindMarks::default());
        one.see(&Origin::new("systeminfo/date"));
        other.see(&Origin::new("networking/ss4apn"));
        assert!(one.kind().is_none());
        one.merge(other);
        assert_eq!(one.kind().map(|kind| kind.name), Some("rancher"));
    }
}
