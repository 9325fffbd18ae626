//! Symbolic and hard links, followed by their names alone.
//!
//! A link in a bundle is text that its maker chose. Where it leads is worked out inside of the archive that has it; nothing is
//! ever opened for it.

use std::collections::HashMap;

use super::Origin;

/// A link as it stands in a bundle.
#[derive(Clone, Debug)]
pub struct Link {
    /// The link itself.
    pub origin: Origin,
    /// Its target as it is written.
    pub target: Box<str>,
    /// Whether it is another name of the same file, and its target starts at the root of the archive.
    pub hard: bool,
}

/// The links of a bundle and the entries that they may lead to.
#[derive(Debug)]
pub struct Links<'a> {
    by_origin: HashMap<&'a str, &'a Link>,
    /// Sorted, so that whatever is below a directory stands together.
    entries: Vec<&'a str>,
    /// How many more names are looked up. Whoever makes links that lead from one to the next could make much work.
    budget: usize,
}

/// Where a link leads.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Target {
    /// To an entry of this name.
    Entry(String),
    /// To an archive, or a directory that has entries.
    Container,
    /// To what is not in the bundle: it was left out, is empty, or lies outside.
    Missing,
    /// From one link to the next, without an end.
    Circle,
    /// Nobody knows: the bundle has too many links that lead through others.
    Unknown,
}

/// Links that lead from one to the next; more are taken for a circle, as Linux does (`path_resolution(7)`).
const HOPS: usize = 40;

/// Names that are looked up for all links of a bundle; the largest report at hand needs 20,000.
const BUDGET: usize = 4_000_000;

/// Names in a path; longer ones lead nowhere.
const NAMES: usize = 256;

/// How deep in an archive the root of a machine may be: `nodes/NODE/rootfs`.
const ROOT_DEPTH: usize = 4;

impl<'a> Links<'a> {
    /// These links among the entries of these names.
    pub fn new(
        links: impl IntoIterator<Item = &'a Link>,
        entries: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let by_origin = links
            .into_iter()
            .map(|link| (link.origin.as_str(), link))
            .collect();
        let mut sorted = Vec::new();
        for entry in entries {
            sorted.push(entry);
            // The archives around it can be led to as well.
            sorted.extend(entry.match_indices('!').map(|(at, _)| &entry[..at]));
        }
        sorted.sort_unstable();
        sorted.dedup();
        Self {
            by_origin,
            entries: sorted,
            budget: BUDGET,
        }
    }

    /// Where a link leads.
    pub fn target(&mut self, link: &Link) -> Target {
        let path = link.origin.path();
        let whole = link.origin.as_str();
        let archive = &whole[..whole.len() - path.len()];
        let target = &*link.target;
        // What is in an archive inside cannot be named.
        if target.contains('!') {
            return Target::Missing;
        }
        let (directory, _) = path.rsplit_once('/').unwrap_or(("", path));
        if link.hard {
            return self.walk(archive, 0, "", target).0;
        }
        let parents: Vec<&str> = names(directory).collect();
        // The root of the machine is a directory of the archive: the deepest one from which the path leads somewhere.
        let mut depth = parents.len().min(ROOT_DEPTH);
        loop {
            let root = parents[..depth].join("/");
            let absolute = target.starts_with('/');
            let start = if absolute { &root } else { directory };
            match self.walk(archive, depth, start, target) {
                (Target::Missing, rooted) if (rooted || absolute) && depth > 0 => depth -= 1,
                (found, _) => return found,
            }
        }
    }

    /// Follows `path` from `start`, name by name; the first `root` names of it are those of the root. Returns as well
    /// whether an absolute link was met, so that another root may lead elsewhere.
    fn walk(&mut self, archive: &str, root: usize, start: &str, path: &str) -> (Target, bool) {
        let mut place = Place::new(archive, start);
        let above: Vec<String> = names(start).take(root).map(str::to_owned).collect();
        // Whether the walk started at the root, above which nothing leads.
        let mut rooted = path.starts_with('/');
        let mut met = false;
        let mut rest: Vec<&str> = names(path).collect();
        rest.reverse();
        let mut hops = 0;
        while let Some(name) = rest.pop() {
            if self.budget == 0 {
                return (Target::Unknown, false);
            }
            self.budget -= 1;
            if name == ".." {
                if place.depth() <= root && rooted {
                    continue;
                }
                if !place.leave() {
                    return (Target::Missing, met);
                }
                continue;
            }
            if place.depth() >= NAMES {
                return (Target::Missing, met);
            }
            place.enter(name);
            let Some(next) = self.by_origin.get(&*place.path) else {
                continue;
            };
            hops += 1;
            if hops > HOPS || rest.len() > NAMES {
                return (Target::Circle, met);
            }
            place.leave();
            if next.hard {
                place = Place::new(archive, "");
            } else if next.target.starts_with('/') {
                (rooted, met) = (true, true);
                place = Place::new(archive, &above.join("/"));
            }
            let at = rest.len();
            rest.extend(names(&next.target));
            rest[at..].reverse();
        }
        let target = if place.depth() == 0 {
            Target::Container
        } else {
            self.found(place.path)
        };
        (target, met)
    }

    fn found(&self, path: String) -> Target {
        let at = self.entries.partition_point(|entry| **entry < *path);
        let next = self.entries.get(at..).unwrap_or_default();
        if next.first() != Some(&&*path) {
            let below = |mark: char| {
                let below = format!("{path}{mark}");
                let at = next.partition_point(|entry| **entry < *below);
                next.get(at).is_some_and(|entry| entry.starts_with(&below))
            };
            return if below('/') {
                Target::Container
            } else {
                Target::Missing
            };
        }
        match next.get(1).and_then(|entry| entry.strip_prefix(&*path)) {
            Some(rest) if rest.starts_with('!') => Target::Container,
            _ => Target::Entry(path),
        }
    }
}

/// Where a walk stands.
struct Place {
    path: String,
    /// The lengths of the path in front of each name.
    lengths: Vec<usize>,
}

impl Place {
    fn new(archive: &str, start: &str) -> Self {
        let mut place = Self {
            path: archive.to_owned(),
            lengths: Vec::new(),
        };
        names(start).for_each(|name| place.enter(name));
        place
    }

    fn depth(&self) -> usize {
        self.lengths.len()
    }

    fn enter(&mut self, name: &str) {
        let length = self.path.len();
        if !self.lengths.is_empty() {
            self.path.push('/');
        }
        self.lengths.push(length);
        self.path.push_str(name);
    }

    /// Goes to the directory above, if there is one.
    fn leave(&mut self) -> bool {
        let length = self.lengths.pop();
        if let Some(length) = length {
            self.path.truncate(length);
        }
        length.is_some()
    }
}

/// The names in a path; `.` stands for nothing.
fn names(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|name| !matches!(*name, "" | "."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(origin: &str, target: &str) -> Link {
        Link {
            origin: Origin::new(origin),
            target: target.into(),
            hard: false,
        }
    }

    fn target(links: &[(&str, &str)], entries: &[&str]) -> Target {
        let links: Vec<_> = links.iter().map(|(from, to)| link(from, to)).collect();
        Links::new(&links, entries.iter().copied()).target(&links[0])
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
        let link = [("sos-1/etc/resolv.conf", "/../run/resolv.conf")];
        let found = target(&link, &["run/resolv.conf", "sos-1/run/resolv.conf"]);
        assert_eq!(found, entry("sos-1/run/resolv.conf"));
        assert_eq!(
            target(&link, &["run/resolv.conf"]),
            entry("run/resolv.conf")
        );
    }

    #[test]
    fn hard_links_lead_from_the_root_of_the_archive() {
        let mut hard = link("x/h.log", "a.log");
        hard.hard = true;
        let links = [hard];
        let found = Links::new(&links, ["a.log", "x/a.log"]).target(&links[0]);
        assert_eq!(found, entry("a.log"));
    }

    #[test]
    fn links_lead_through_links() {
        let links = [
            ("logs/pod.log", "../pods/pod/0.log"),
            ("pods", "var/pods"),
            ("var/pods/pod/0.log", "/var/docker/7.log"),
        ];
        let found = target(&links, &["var/docker/7.log"]);
        assert_eq!(found, entry("var/docker/7.log"));
        assert_eq!(target(&[("a", "b"), ("b", "./a")], &["c"]), Target::Circle);
    }

    #[test]
    fn what_is_not_there_is_missing() {
        let entries = ["var/log/a.log", "var/log-1", "x.tar!y"];
        for container in ["var/log", "var", "/", "x.tar"] {
            let found = target(&[("l", container)], &entries);
            assert_eq!(found, Target::Container, "{container}");
        }
        for gone in [
            "var/lo",
            "../../etc/shadow",
            "/etc/shadow",
            "var/log/b.log",
            "x.tar!y",
        ] {
            let found = target(&[("l", gone)], &entries);
            assert_eq!(found, Target::Missing, "{gone}");
        }
    }

    #[test]
    fn links_that_make_much_work_are_left() {
        let long = "b/".repeat(2000);
        let deep = format!("{}l", "a/".repeat(2000));
        assert_eq!(
            target(&[(&deep, &format!("/{long}"))], &["c"]),
            Target::Missing
        );
        // Each name leads through all of the others.
        let doubling: Vec<_> = (0..30)
            .map(|at| (format!("{at}"), format!("{0}/../{0}", at + 1)))
            .collect();
        let links: Vec<_> = doubling.iter().map(|(from, to)| (&**from, &**to)).collect();
        assert_eq!(target(&links, &["30/x"]), Target::Circle);
    }
}
