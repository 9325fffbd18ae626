//! Which records a label of CRE stands for.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use super::verify::Subject;
use crate::catalog::{Catalog, LogSource};
use crate::location::bare_unit;

/// The gates of all labels that a catalog names.
#[derive(Debug, Default)]
pub(super) struct Gates(BTreeMap<String, Arc<Gate>>);

impl Gates {
    /// The gate of a label.
    pub(super) fn of(&mut self, catalog: &Catalog, label: &str) -> Arc<Gate> {
        let gate = self.0.entry(label.to_owned()).or_insert_with(|| {
            Arc::new(Gate {
                source: catalog.log_source(label).unwrap_or_default(),
                globs: OnceLock::new(),
            })
        });
        Arc::clone(gate)
    }
}

/// Lets the records of one label through.
#[derive(Debug)]
pub(super) struct Gate {
    source: LogSource,
    /// Compiled when the first record asks.
    globs: OnceLock<Globs>,
}

#[derive(Debug)]
struct Globs {
    /// Over the name of a container.
    containers: GlobSet,
    /// Over `pod/container`.
    in_pods: GlobSet,
    units: GlobSet,
    entries: GlobSet,
}

impl Gate {
    fn globs(&self) -> &Globs {
        self.globs.get_or_init(|| {
            let containers = &self.source.containers;
            let slashed = |wanted: bool| {
                containers
                    .iter()
                    .filter(move |glob| glob.contains('/') == wanted)
            };
            Globs {
                containers: set(slashed(false)),
                in_pods: set(slashed(true)),
                units: set(self.source.units.iter()),
                entries: set(self.source.entries.iter()),
            }
        })
    }

    /// Whether the record is of one of the programs.
    pub(super) fn lets_in(&self, subject: &Subject<'_>) -> bool {
        let globs = self.globs();
        if let Some(container) = subject.container() {
            let fits = match container.rsplit_once('/') {
                Some((_, name)) => {
                    globs.containers.is_match(name) || globs.in_pods.is_match(container)
                }
                None => is_of_pod(&globs.containers, container, subject.node()),
            };
            if fits {
                return true;
            }
        } else if let Some(pod) = &subject.place.pod
            && is_of_pod(&globs.containers, pod, subject.node())
        {
            return true;
        }
        let unit = subject.unit().map(bare_unit);
        unit.is_some_and(|unit| globs.units.is_match(unit))
            || globs.entries.is_match(subject.entry.path())
    }
}

/// Globs that are sound; the catalog has checked them.
fn set<'g>(globs: impl Iterator<Item = &'g String>) -> GlobSet {
    let mut set = GlobSetBuilder::new();
    for glob in globs {
        if let Ok(glob) = GlobBuilder::new(glob).literal_separator(true).build() {
            set.add(glob);
        }
    }
    set.build().unwrap_or_default()
}

/// Whether the name of a container or a pod fits, as it is or without what its controller added to it. Jobs that install a
/// chart are not the program.
fn is_of_pod(globs: &GlobSet, name: &str, node: Option<&str>) -> bool {
    if name.starts_with("helm-install-") || name.starts_with("helm-delete-") {
        return false;
    }
    if globs.is_match(name) {
        return true;
    }
    let of_node = node.and_then(|node| name.strip_suffix(node)?.strip_suffix('-'));
    let bare = of_node
        .or_else(|| without_suffix(name))
        .or_else(|| without_ordinal(name));
    bare.is_some_and(|bare| globs.is_match(bare))
}

/// `coredns` of `coredns-6799fbcd5-jg8hw` and `canal` of `canal-x7k2p`: the alphabet of Kubernetes has no vowels and no 0, 1, 3
/// (apimachinery, `util/rand`).
fn without_suffix(name: &str) -> Option<&str> {
    let is_random = |part: &str, lengths: std::ops::RangeInclusive<usize>| {
        lengths.contains(&part.len())
            && part
                .bytes()
                .all(|b| b"bcdfghjklmnpqrstvwxz2456789".contains(&b))
    };
    let (rest, pod) = name.rsplit_once('-')?;
    if !is_random(pod, 5..=5) {
        return None;
    }
    Some(match rest.rsplit_once('-') {
        Some((head, set)) if is_random(set, 6..=10) => head,
        _ => rest,
    })
}

/// `etcd` of `etcd-0` and `app_redis` of `app_redis_1`.
fn without_ordinal(name: &str) -> Option<&str> {
    let bare = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let digits = name.len() - bare.len();
    (1..=3)
        .contains(&digits)
        .then(|| bare.strip_suffix(['-', '_']))
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::location::{Origin, Place};
    use crate::log::parse_line;

    fn lets_in(source: &LogSource, path: &str, line: &str) -> bool {
        let gate = Gate {
            source: source.clone(),
            globs: OnceLock::new(),
        };
        let origin = Origin::new(path);
        let (record, place) = (parse_line(line.as_bytes()), Place::of(&origin));
        gate.lets_in(&Subject {
            record: &record,
            place: &place,
            entry: &origin,
            raw: line.as_bytes(),
        })
    }

    #[test]
    fn containers_units_and_paths_let_records_in() {
        let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
        let redis = LogSource {
            containers: texts(&["redis", "cache-*/server"]),
            units: texts(&["redis-server"]),
            entries: texts(&["**/redis*.log"]),
        };
        for (path, line) in [
            (
                "cluster-resources/pods/logs/a/web-6799fbcd5-jg8hw/redis.log",
                "x",
            ),
            ("cluster-resources/pods/logs/a/cache-0/server.log", "x"),
            (
                "var/log/syslog",
                "Nov 20 12:00:00 node-1 redis-server[7]: x",
            ),
            ("var/log/redis/redis-1.log", "x"),
        ] {
            assert!(lets_in(&redis, path, line), "{path}: {line}");
        }
        for (path, line) in [
            ("cluster-resources/pods/logs/a/redis-0/exporter.log", "x"),
            ("cluster-resources/pods/logs/a/web-0/server.log", "x"),
            (
                "var/log/syslog",
                "Nov 20 12:00:00 node-1 app[7]: redis is down",
            ),
            ("var/log/app.log", "x"),
        ] {
            assert!(!lets_in(&redis, path, line), "{path}: {line}");
        }
        assert!(!lets_in(&LogSource::default(), "a.log", "x"));
    }

    #[test]
    fn what_controllers_add_to_names_is_cut() {
        let bare = |name| without_suffix(name).or_else(|| without_ordinal(name));
        assert_eq!(bare("coredns-6799fbcd5-jg8hw"), Some("coredns"));
        assert_eq!(bare("rke2-canal-x7k2p"), Some("rke2-canal"));
        assert_eq!(bare("etcd-0"), Some("etcd"));
        assert_eq!(bare("app_redis_1"), Some("app_redis"));
        assert_eq!(bare("ingress-nginx"), None);
        let redis = set([&"redis".to_owned()].into_iter());
        assert!(is_of_pod(&redis, "redis-node-1", Some("node-1")));
        assert!(!is_of_pod(&redis, "helm-install-redis-x7k2p", None));
    }
}
