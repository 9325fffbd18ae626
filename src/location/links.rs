//! Symbolic and hard links, followed by their names alone.
//!
//! A link in a bundle is text that its maker chose. Where it leads is worked out inside of the archive that has it; nothing is
//! ever opened for it.

use std::collections::HashMap;

use super::Origin;

/// Links that lead from one to the next; more are taken for a circle, as Linux does (`path_resolution(7)`).
const HOPS: usize = 40;

/// The links of a bundle and the entries that they may lead to.
#[derive(Debug)]
pub struct Links<'a> {
    links: HashMap<&'a str, &'a str>,
    /// Sorted, so that whatever is below a directory stands together.
    entries: Vec<&'a str>,
}

/// Where a link leads.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Target {
    /// To an entry of this name.
    Entry(String),
    /// To a directory that has entries.
    Directory,
    /// To this path, which is not in the bundle: it was left out, is empty, or lies outside.
    Missing(String),
    /// From one link to the next, without an end.
    Circle,
}

impl<'a> Links<'a> {
    /// The links, each with its target as it is written, among these entries.
    pub fn new(
        links: impl IntoIterator<Item = (&'a Origin, &'a str)>,
        entries: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let links: HashMap<_, _> = links
            .into_iter()
            .map(|(origin, target)| (origin.as_str(), target))
            .collect();
        let mut entries: Vec<_> = entries.into_iter().collect();
        entries.sort_unstable();
        Self { links, entries }
    }

    /// Where the link at `origin` leads.
    pub fn target(&self, origin: &Origin) -> Target {
        let path = origin.path();
        let archive = &origin.as_str()[..origin.as_str().len() - path.len()];
        let target = self.links.get(origin.as_str()).copied().unwrap_or_default();
        let (directory, _) = path.rsplit_once('/').unwrap_or(("", path));
        // The root of the machine is a directory of the archive: the nearest one from which the path leads somewhere.
        let mut root = directory;
        loop {
            let way = Way {
                archive,
                root,
                rooted: target.starts_with('/'),
            };
            match self.walk(way, directory, target) {
                (Target::Missing(_), true) if !root.is_empty() => {
                    root = root.rsplit_once('/').map_or("", |(above, _)| above);
                }
                (found, _) => return found,
            }
        }
    }

    /// Follows `path` from `directory`, name by name; returns as well whether that depends on the root.
    fn walk(&self, mut way: Way<'_>, directory: &str, path: &str) -> (Target, bool) {
        let start = if way.rooted { way.root } else { directory };
        let mut place: Vec<&str> = names(start).collect();
        let mut rest: Vec<&str> = names(path).collect();
        rest.reverse();
        let mut hops = 0;
        while let Some(name) = rest.pop() {
            if name == ".." {
                if place.pop().is_none() {
                    return (Target::Missing(path.to_owned()), way.rooted);
                }
                continue;
            }
            place.push(name);
            let Some(next) = self.links.get(&*way.name(&place)) else {
                continue;
            };
            hops += 1;
            if hops > HOPS {
                return (Target::Circle, way.rooted);
            }
            place.pop();
            if next.starts_with('/') {
                way.rooted = true;
                place = names(way.root).collect();
            }
            let at = rest.len();
            rest.extend(names(next));
            rest[at..].reverse();
        }
        let found = way.name(&place);
        let target = if self.entries.binary_search(&&*found).is_ok() {
            Target::Entry(found)
        } else if place.is_empty() || self.has_below(found) {
            Target::Directory
        } else {
            Target::Missing(path.to_owned())
        };
        (target, way.rooted)
    }

    /// Whether `directory` has entries.
    fn has_below(&self, mut directory: String) -> bool {
        directory.push('/');
        let at = self.entries.partition_point(|entry| **entry < *directory);
        let entry = self.entries.get(at);
        entry.is_some_and(|entry| entry.starts_with(&directory))
    }
}

/// Where a path is followed.
struct Way<'a> {
    /// The archives around it, with the `!` behind them.
    archive: &'a str,
    /// The directory that absolute paths start from.
    root: &'a str,
    /// Whether a path started from it.
    rooted: bool,
}

impl Way<'_> {
    fn name(&self, place: &[&str]) -> String {
        format!("{}{}", self.archive, place.join("/"))
    }
}

/// The names in a path; `.` stands for nothing.
fn names(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|name| !matches!(*name, "" | "."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(links: &[(&str, &str)], entries: &[&str]) -> Target {
        let links: Vec<_> = links
            .iter()
            .map(|(origin, target)| (Origin::new(*origin), *target))
            .collect();
        let first = &links[0].0;
        let all = links.iter().map(|(origin, target)| (origin, *target));
        Links::new(all, entries.iter().copied()).target(first)
    }

    fn entry(name: &str) -> Target {
        Target::Entry(name.to_owned())
    }

    #[test]
    fn relative_links_lead_from_their_directory() {
        let link = [("a!sos/var/log/syslog", "../../strings/./syslog.tailed")];
        let found = target(&link, &["a!sos/strings/syslog.tailed", "sos/strings/x"]);
        assert_eq!(found, entry("a!sos/strings/syslog.tailed"));
    }

    #[test]
    fn absolute_links_lead_from_the_root_of_the_machine() {
        let link = [("sos-1/etc/resolv.conf", "/run/resolv.conf")];
        let found = target(&link, &["run/resolv.conf", "sos-1/run/resolv.conf"]);
        assert_eq!(found, entry("sos-1/run/resolv.conf"));
        assert_eq!(
            target(&link, &["run/resolv.conf"]),
            entry("run/resolv.conf")
        );
    }

    #[test]
    fn links_lead_through_links() {
        let links = [
            ("logs/pod.log", "../pods/pod/0.log"),
            ("pods", "var/pods"),
            ("var/pods/pod/0.log", "/var/docker/7.log"),
        ];
        assert_eq!(
            target(&links, &["var/docker/7.log"]),
            entry("var/docker/7.log")
        );
        assert_eq!(target(&[("a", "b"), ("b", "./a")], &["c"]), Target::Circle);
    }

    #[test]
    fn what_is_not_there_is_named() {
        let entries = ["var/log/a.log", "var/log-1"];
        assert_eq!(target(&[("l", "var/log")], &entries), Target::Directory);
        assert_eq!(target(&[("l", "/")], &entries), Target::Directory);
        for gone in ["var/lo", "../../etc/shadow", "/etc/shadow", "var/log/b.log"] {
            let found = target(&[("l", gone)], &entries);
            assert_eq!(found, Target::Missing(gone.to_owned()));
        }
    }
}
