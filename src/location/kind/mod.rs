//! The kinds of support bundles: how each is told from the others, and what its paths say.
//!
//! A kind is one file. It has the markers by which a bundle of the kind is known, and rules for single paths:
//! which machine, unit or container a file belongs to, and which files hold what the collector itself says went
//! wrong. Names of archives and of top directories are never needed, since people rename both.

mod cluster_info;
mod cockroach;
mod detect;
mod docker_desktop;
mod elastic;
mod gitlab;
mod mattermost;
mod must_gather;
mod rancher;
mod replicated;
mod replicated_v1;
mod sos;
mod support_bundle_kit;
mod troubleshoot;

use super::{Origin, Place};

pub use detect::KindMarks;

/// A kind of support bundle: what one collector writes.
#[derive(Debug)]
pub struct Kind {
    /// The name in reports and on the command line: `sosreport`, `must-gather`.
    pub name: &'static str,
    /// What people call it, with who makes it.
    pub title: &'static str,
    marks: &'static [Mark],
    /// The machine that a directory or an archive is named after.
    pub(super) host: fn(&str) -> Option<String>,
    /// What the path of a file says in this layout; `None` for paths of other layouts.
    pub(super) place: fn(&[&str]) -> Option<Place>,
    /// Whether the file holds what the collector says went wrong while collecting.
    collector_errors: fn(&[&str]) -> bool,
}

const COUNT: usize = 13;

/// All kinds. Where the markers of several are seen, the first one decides.
pub static KINDS: &[&Kind; COUNT] = &[
    &troubleshoot::KIND,
    &replicated::KIND,
    &sos::KIND,
    &must_gather::KIND,
    &support_bundle_kit::KIND,
    &mattermost::KIND,
    &rancher::KIND,
    &replicated_v1::KIND,
    &elastic::KIND,
    &cockroach::KIND,
    &docker_desktop::KIND,
    &gitlab::KIND,
    &cluster_info::KIND,
];

impl Kind {
    /// A kind of which only the markers are known.
    const fn new(name: &'static str, title: &'static str, marks: &'static [Mark]) -> Self {
        Self {
            name,
            title,
            marks,
            host: |_| None,
            place: |_| None,
            collector_errors: |_| false,
        }
    }
}

/// Whether the file holds what a collector itself says went wrong while collecting.
///
/// Such files tell what is missing in the bundle. They say nothing about the system: a tool that is not
/// installed or a permission that the collector lacks is no fault of it.
pub fn collector_errors(origin: &Origin) -> bool {
    let path: Vec<&str> = origin.path().split('/').collect();
    KINDS.iter().any(|kind| (kind.collector_errors)(&path))
}

/// A path by which bundles of a kind are known, below the directories that all their files may have in common.
///
/// `yamls/` stands for anything below the directory, `*` for any text without a slash. It is at most
/// three names long.
#[derive(Debug)]
struct Mark {
    path: &'static str,
    weight: u32,
}

impl Mark {
    /// Weights that add up to this much are enough.
    const ENOUGH: u32 = 2;

    fn is(&self, path: &str) -> bool {
        // Most paths differ from most marks in the first byte.
        let first = self.path.as_bytes().first();
        if first != path.as_bytes().first() && first != Some(&b'*') {
            return false;
        }
        if let Some((before, after)) = self.path.split_once('*') {
            let rest = path.strip_prefix(before);
            let any = rest.and_then(|rest| rest.strip_suffix(after));
            return any.is_some_and(|any| !any.contains('/'));
        }
        if self.path.ends_with('/') {
            path.starts_with(self.path)
        } else {
            path == self.path
        }
    }
}

/// A mark that is enough by itself.
const fn sure(path: &'static str) -> Mark {
    Mark {
        path,
        weight: Mark::ENOUGH,
    }
}

/// A mark that other bundles may have as well; two of them are enough.
const fn half(path: &'static str) -> Mark {
    Mark { path, weight: 1 }
}

/// What follows the directories `dirs` in `path`, at their first occurrence.
fn below<'p, 's>(path: &'p [&'s str], dirs: &[&str]) -> Option<&'p [&'s str]> {
    let at = path.windows(dirs.len()).position(|window| window == dirs)?;
    path.get(at + dirs.len()..)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks `PATH NODE UNIT NAMESPACE POD CONTAINER [clustered]`, `-` for what the path does not tell.
    pub(super) fn expect(rows: &[&str]) {
        for row in rows {
            let want: Vec<&str> = row.split_whitespace().collect();
            let place = Place::of(&Origin::new(want[0]));
            let fields = [
                place.node,
                place.unit,
                place.namespace,
                place.pod,
                place.container,
            ];
            let mut got = vec![want[0].to_owned()];
            got.extend(
                fields
                    .into_iter()
                    .map(|field| field.unwrap_or_else(|| "-".to_owned())),
            );
            got.extend(place.clustered.then(|| "clustered".to_owned()));
            assert_eq!(got, want);
        }
    }

    /// Checks that a bundle with these entries is of the kind.
    pub(super) fn is_kind(name: &str, paths: &[&str]) {
        let mut marks = KindMarks::default();
        for path in paths {
            marks.see(&Origin::new(*path));
        }
        let kind = marks.kind().map(|kind| kind.name);
        assert_eq!(kind.unwrap_or("none"), name, "{paths:?}");
    }

    pub(super) fn is_collector_errors(path: &str) -> bool {
        collector_errors(&Origin::new(path))
    }

    #[test]
    fn names_are_unique_and_marks_are_short_enough_for_the_detector() {
        for (at, kind) in KINDS.iter().enumerate() {
            assert!(KINDS[..at].iter().all(|other| other.name != kind.name));
            assert!(kind.marks.len() <= 16, "{}", kind.name);
            let deep = |mark: &Mark| mark.path.trim_end_matches('/').matches('/').count() > 2;
            assert!(!kind.marks.iter().any(deep), "{}", kind.name);
            assert!(kind.marks.iter().map(|mark| mark.weight).sum::<u32>() >= Mark::ENOUGH);
        }
    }

    #[test]
    fn marks_are_directories_files_and_wildcards() {
        assert!(half("yamls/").is("yamls/cluster/nodes.yaml"));
        assert!(!half("yamls/").is("yamls"));
        assert!(half("version.yaml").is("version.yaml"));
        assert!(!half("version.yaml").is("version.yaml.bak"));
        assert!(half("crdb_internal.*.txt").is("crdb_internal.jobs.txt"));
        assert!(half("*/pods.json").is("default/pods.json"));
        assert!(!half("*/pods.json").is("a/b/pods.json"));
    }

    #[test]
    fn what_the_system_logged_is_no_collectors_error() {
        assert!(!is_collector_errors("node-1/var/log/nginx/error.log"));
        assert!(!is_collector_errors("node-1/app/error.json.log"));
    }
}
