//! The vocabulary at the bottom: which entry, which line, which machine.
//!
//! Nothing here knows what an entry holds; its path says of which machine it is, and all paths together say which
//! collector wrote the bundle. All other modules may use it; it uses nothing but `std`.

mod kind;
mod links;
mod names;
mod place;
mod prose;

use std::fmt;

pub use kind::{KINDS, Kind, KindMarks, collector_errors};
pub use links::{Link, Links, Target};
pub(crate) use names::bare_unit;
pub use place::Place;
pub use prose::is_prose;

/// The position of an entry among all entries of a bundle, in the order of their names.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct EntryId(pub u32);

impl EntryId {
    /// The position as an index.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// The position of a line in its entry, counted from one as editors and `grep -n` do.
///
/// Zero stands for the entry as a whole.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct LineNumber(pub u64);

/// The chain that leads to an entry: `case.zip!node1.tar.xz!var/log/syslog.2.gz`.
///
/// Names come from the bundle. They are labels for people and for globs, never paths that are opened.
#[derive(Clone, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Origin(String);

impl Origin {
    /// The origin of an entry at the top of the bundle.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The origin of `name` inside the archive that `self` names.
    #[must_use]
    pub fn inside(&self, name: &str) -> Self {
        if self.0.is_empty() {
            Self(name.to_owned())
        } else {
            Self(format!("{}!{name}", self.0))
        }
    }

    /// The folder and the name of a log without what rotation adds: `syslog.2.gz` and `syslog` are one log.
    pub fn log(&self) -> (&str, &str) {
        let at = self.0.rfind(['/', '!']).map_or(0, |at| at + 1);
        let (folder, file) = self.0.split_at(at);
        (folder, names::unrotated(file))
    }

    /// The whole chain, archives separated by `!`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last part of the chain: the path in the innermost archive.
    pub fn path(&self) -> &str {
        self.0.rsplit('!').next().unwrap_or(&self.0)
    }

    /// The archives around the entry, outermost first.
    pub fn archives(&self) -> impl Iterator<Item = &str> {
        let count = self.0.matches('!').count();
        self.0.split('!').take(count)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_names_every_archive_on_the_way() {
        let origin = Origin::new("node1.tar.xz").inside("var/log/syslog");
        assert_eq!(origin.as_str(), "node1.tar.xz!var/log/syslog");
        assert_eq!(origin.path(), "var/log/syslog");
        assert_eq!(origin.archives().collect::<Vec<_>>(), ["node1.tar.xz"]);
    }

    #[test]
    fn an_empty_origin_is_the_bundle_itself() {
        assert_eq!(Origin::default().inside("a.log").as_str(), "a.log");
        assert_eq!(Origin::new("a.log").archives().count(), 0);
    }
}
