//! Which records of a bundle a label of CRE (`event.source`) stands for.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::OnceLock;

use crate::yaml::{self, Node};

/// Globs, each list alternatives, of which one must fit.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Source {
    /// Over the name of the container, or `pod/container` where the glob has a `/`.
    pub containers: Vec<String>,
    /// Over the unit or the tag of syslog.
    pub units: Vec<String>,
    /// Over the path in the innermost archive.
    pub entries: Vec<String>,
}

impl Source {
    fn extend(&mut self, other: &Self) {
        self.containers.extend(other.containers.iter().cloned());
        self.units.extend(other.units.iter().cloned());
        self.entries.extend(other.entries.iter().cloned());
    }
}

/// Labels and what they stand for.
#[derive(Clone, Debug, Default)]
pub struct Sources(BTreeMap<String, Source>);

/// The labels that are known without any file.
fn builtin() -> &'static Sources {
    static BUILTIN: OnceLock<Sources> = OnceLock::new();
    BUILTIN.get_or_init(|| {
        let documents = yaml::documents(include_str!("sources.yaml"));
        let documents = documents.expect("the built-in sources are YAML, which a test rules out");
        Sources::read(&documents[0], &mut |message, _| {
            unreachable!("the built-in sources are sound: {message}")
        })
    })
}

impl Sources {
    /// The labels of a document `sources: {label: {containers, units, entries}}`.
    pub(super) fn read(document: &Node, report: &mut dyn FnMut(String, Range<usize>)) -> Self {
        let mut sources = Self::default();
        let labels = document.get("sources").map_or(&[][..], Node::pairs);
        if labels.is_empty() {
            report(
                "`sources` must be a map of labels".to_owned(),
                document.span.clone(),
            );
        }
        for (label, lists) in labels {
            let mut source = Source::default();
            for (key, list) in lists.pairs() {
                let globs = match key.as_text().unwrap_or_default() {
                    "containers" => &mut source.containers,
                    "units" => &mut source.units,
                    "entries" => &mut source.entries,
                    other => {
                        let valid = "valid are: containers, units, entries";
                        report(
                            format!("unknown key `{other}` in a source; {valid}"),
                            key.span.clone(),
                        );
                        continue;
                    }
                };
                for item in list.items() {
                    match item.as_text() {
                        Some(glob) if globset::Glob::new(glob).is_ok() => {
                            globs.push(glob.to_owned());
                        }
                        _ => report("this is no glob".to_owned(), item.span.clone()),
                    }
                }
            }
            let label = label.as_text().unwrap_or_default().to_owned();
            sources.0.entry(label).or_default().extend(&source);
        }
        sources
    }

    /// Adds what `other` says.
    pub(in crate::catalog) fn extend(&mut self, other: Self) {
        for (label, source) in other.0 {
            self.0.entry(label).or_default().extend(&source);
        }
    }

    /// What a label stands for; labels of drafts are looked up by the product that they name.
    pub(in crate::catalog) fn get(&self, label: &str) -> Option<Source> {
        let exact = |label: &str| {
            let mut found: Option<Source> = None;
            for known in [builtin(), self] {
                if let Some(source) = known.0.get(label) {
                    found.get_or_insert_default().extend(source);
                }
            }
            found
        };
        exact(label).or_else(|| exact(&product(label)))
    }
}

/// `cre.log.harbor` of `cre.log.harbor-12-harbor-log-based-cre-candidates`.
fn product(label: &str) -> String {
    let cut = ["-log-based-cre-candidates", "-cres"]
        .into_iter()
        .find_map(|ending| {
            let head = label.strip_suffix(ending)?;
            let bare = head.trim_end_matches(|c: char| c.is_ascii_digit());
            (bare.len() < head.len()).then_some(bare)?.strip_suffix('-')
        })
        .unwrap_or(label);
    let Some((group, name)) = cut.rsplit_once('.') else {
        return cut.to_owned();
    };
    // `coredns-autopath-coredns`: the product, what it is about, the product.
    let doubled = (1..=name.len() / 2).rev().find(|length| {
        let edge = |at: usize| name.is_char_boundary(at);
        edge(*length)
            && edge(name.len() - length)
            && name[..*length] == name[name.len() - length..]
            && name[*length..].starts_with('-')
            && name[..name.len() - length].ends_with('-')
    });
    let name = doubled.map_or(name, |length| &name[..length]);
    format!("{group}.{name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_sources_are_sound() {
        assert!(builtin().0.len() > 100);
        let redis = Sources::default().get("cre.log.redis").expect("a source");
        assert!(redis.containers.contains(&"redis".to_owned()));
        assert!(Sources::default().get("cre.log.frobnicator").is_none());
    }

    #[test]
    fn drafts_name_their_product_twice() {
        for (label, wanted) in [
            (
                "cre.log.prometheus-15-log-based-cre-candidates",
                "cre.log.prometheus",
            ),
            ("cre.log.coredns-12-coredns", "cre.log.coredns"),
            (
                "cre.log.harbor-x-harbor-15-log-based-cre-candidates",
                "cre.log.harbor",
            ),
            ("cre.log.redis", "cre.log.redis"),
            ("cre.log.ab-a", "cre.log.ab-a"),
        ] {
            assert_eq!(product(label), wanted, "{label}");
        }
    }

    #[test]
    fn files_of_users_add_to_what_is_known() {
        let text = "sources:\n  cre.log.redis: {units: [cache]}\n  cre.log.own: {entries: ['**/own.log']}\n";
        let documents = yaml::documents(text).expect("YAML");
        let own = Sources::read(&documents[0], &mut |message, _| panic!("{message}"));
        let redis = own.get("cre.log.redis").expect("a source");
        assert!(redis.units.contains(&"cache".to_owned()) && redis.containers.len() > 1);
        assert_eq!(
            own.get("cre.log.own").expect("a source").entries,
            ["**/own.log"]
        );
    }
}
