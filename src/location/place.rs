//! Which machine, unit, pod or container an entry belongs to, as far as its path says.
//!
//! The kinds of bundles know the layouts that collectors write. Here are the layouts that systems themselves
//! have (the kubelet's, docker's) and the habits of people who pack a bundle by hand. Everything else stays
//! unknown, and log lines that name their host decide.

use super::Origin;
use super::kind::KINDS;
use super::names::{archive_stem, log_stem};

/// What a path tells of the origin of its content; `None` where it tells nothing.
#[derive(Clone, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Place {
    /// The machine.
    pub node: Option<String>,
    /// The service: a systemd unit or the stem of a log file.
    pub unit: Option<String>,
    /// The namespace of a cluster.
    pub namespace: Option<String>,
    /// The pod.
    pub pod: Option<String>,
    /// The container, with its pod where known: `pod/container`.
    pub container: Option<String>,
    /// Whether the container may run on any machine of a cluster: its log was fetched from an interface of the
    /// cluster, not from a machine.
    pub clustered: bool,
}

impl Place {
    /// The place that `origin` tells of.
    pub fn of(origin: &Origin) -> Self {
        let path: Vec<&str> = origin.path().split('/').collect();
        let known = KINDS.iter().find_map(|kind| (kind.place)(&path));
        let mut place = known.unwrap_or_default();
        if place.container.is_none() && place.unit.is_none() {
            match container(&path) {
                Some(found) => {
                    place.container = found.container;
                    place.pod = place.pod.or(found.pod);
                    place.namespace = place.namespace.or(found.namespace);
                }
                None => place.unit = unit(&path),
            }
        }
        // What was asked of the cluster says nothing of the machine that asked.
        if place.node.is_none() && !place.clustered {
            // `etcd-0` is a good name for a machine as well.
            place.node = node(origin, &path).filter(|node| place.pod.as_ref() != Some(node));
        }
        place
    }

    /// The place of a container of a pod; an empty namespace is an unknown one.
    pub(super) fn container(namespace: &str, pod: &str, container: &str) -> Self {
        Self {
            namespace: (!namespace.is_empty()).then(|| namespace.to_owned()),
            pod: Some(pod.to_owned()),
            container: Some(format!("{pod}/{container}")),
            ..Self::default()
        }
    }
}

/// The innermost statement wins: a directory below an archive below a directory.
fn node(origin: &Origin, path: &[&str]) -> Option<String> {
    let (dirs, _) = path.split_at(path.len() - 1);
    let by_parent = dirs
        .windows(2)
        .find(|pair| matches!(pair[0], "node" | "nodes" | "hosts"))
        .map(|pair| pair[1].to_owned());
    let by_name = || {
        dirs.iter()
            .take(2)
            .find_map(|dir| collector_host(dir).or_else(|| node_name(dir)))
    };
    let by_archive = || {
        let archives: Vec<&str> = origin.archives().collect();
        archives.iter().rev().find_map(|archive| {
            let stem = archive_stem(archive.rsplit('/').next().unwrap_or(archive));
            let parent = archive.rsplit('/').nth(1);
            let listed =
                matches!(parent, Some("node" | "nodes" | "hosts")).then(|| stem.to_owned());
            listed
                .or_else(|| collector_host(stem))
                .or_else(|| node_name(stem))
        })
    };
    by_parent.or_else(by_name).or_else(by_archive)
}

/// The machine in the name that a collector gives to its output.
fn collector_host(name: &str) -> Option<String> {
    KINDS.iter().find_map(|kind| (kind.host)(name))
}

/// Names that people give to machines: `node-1`, `etcd2`, `10.0.0.11`.
fn node_name(name: &str) -> Option<String> {
    const ROLES: &[&str] = &[
        "node",
        "host",
        "master",
        "worker",
        "server",
        "machine",
        "vm",
        "member",
        "control",
        "controlplane",
        "cp",
        "compute",
        "replica",
        "peer",
        "db",
        "etcd",
        "storage",
        "ip-",
        "app",
        "web",
        "core",
    ];
    let role = ROLES.iter().any(|role| {
        let start = name.as_bytes().get(..role.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(role.as_bytes())) && {
            let rest = &name.as_bytes()[role.len()..];
            let bound = rest.first().copied();
            bound.is_some_and(|b| b.is_ascii_digit() || matches!(b, b'-' | b'_'))
                && rest.iter().any(u8::is_ascii_digit)
        }
    });
    // `server-logs-2026-01-01`, `web-2.4`: what is in them, not who they are.
    let is_content = || {
        let lower = name.to_ascii_lowercase();
        ["log", "backup", "config", "dump", "."]
            .iter()
            .any(|word| lower.contains(word))
    };
    let is_address = || name.contains(['.', ':']) && name.parse::<std::net::IpAddr>().is_ok();
    ((role && !is_content()) || is_address()).then(|| name.to_owned())
}

fn container(path: &[&str]) -> Option<Place> {
    let named = |name: &str| {
        Some(Place {
            container: Some(name.to_owned()),
            ..Place::default()
        })
    };
    match path {
        [.., "log", "pods", pod, container, _] => Some(kubelet_pod(pod, container)),
        [.., "log", "containers", file] => kubelet_link(file),
        [.., "docker", "containers", id, _] => named(id.get(..12).unwrap_or(id)),
        // Collectors that write one file a container: docker/NAME.log, containers/NAME/stderr
        [
            ..,
            "containers" | "container-logs",
            name,
            "stdout" | "stderr" | "stdout.log" | "stderr.log",
        ] => named(name),
        [.., "docker" | "containers" | "container-logs", file] if file.contains(".log") => {
            named(log_stem(file))
        }
        _ => None,
    }
}

/// The kubelet's `var/log/pods/NAMESPACE_POD_UID/CONTAINER/N.log`.
pub(super) fn kubelet_pod(dir: &str, container: &str) -> Place {
    let mut parts = dir.split('_');
    match (parts.next(), parts.next()) {
        (Some(namespace), Some(pod)) => Place::container(namespace, pod, container),
        _ => Place::container("", dir, container),
    }
}

/// The kubelet's `var/log/containers/POD_NAMESPACE_CONTAINER-ID.log`.
pub(super) fn kubelet_link(file: &str) -> Option<Place> {
    let mut parts = log_stem(file).split('_');
    let (pod, namespace, container) = (parts.next()?, parts.next()?, parts.next()?);
    let container = container
        .rsplit_once('-')
        .map_or(container, |(name, _)| name);
    Some(Place::container(namespace, pod, container))
}

fn unit(path: &[&str]) -> Option<String> {
    let file = path.last()?;
    let journal = path.len() >= 2 && path[path.len() - 2] == "journald";
    let stem = log_stem(file);
    let log = journal || file.contains(".log");
    (log && !stem.is_empty() && !stem.starts_with("journalctl"))
        .then(|| stem.trim_end_matches(".service").to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(path: &str) -> (String, String, String) {
        let Place {
            node,
            unit,
            container,
            ..
        } = Place::of(&Origin::new(path));
        (
            node.unwrap_or_default(),
            unit.unwrap_or_default(),
            container.unwrap_or_default(),
        )
    }

    fn expect(path: &str, node: &str, unit: &str, container: &str) {
        assert_eq!(
            place(path),
            (node.to_owned(), unit.to_owned(), container.to_owned()),
            "{path}"
        );
    }

    #[test]
    fn collectors_layouts_are_known() {
        expect(
            "support-bundle/cluster-resources/pods/logs/kube-system/traefik-7cd4-9blj6/traefik-previous.log",
            "",
            "",
            "traefik-7cd4-9blj6/traefik",
        );
        expect(
            "w-guard-svtk6-2025-12-04_09_15_57/journald/rke2-server",
            "w-guard-svtk6",
            "rke2-server",
            "",
        );
        expect(
            "w-guard-svtk6-2025-12-04_09_15_57/rke2/podlogs/kube-system-etcd-w-guard",
            "",
            "",
            "kube-system-etcd-w-guard",
        );
        expect(
            "sosreport-db01-00123456-2022-02-10-abcdefg/var/log/syslog",
            "db01",
            "",
            "",
        );
        expect(
            "sos/sos_commands/kubernetes/journalctl_--no-pager_--unit_kubelet.service",
            "",
            "kubelet",
            "",
        );
        expect(
            "nodes/harvester-0.zip!logs/rancherd.log.1",
            "harvester-0",
            "rancherd",
            "",
        );
        expect(
            "node1/var/log/pods/default_web-0_1b2c/nginx/0.log",
            "node1",
            "",
            "web-0/nginx",
        );
        expect(
            "host/var/log/containers/web-0_default_nginx-0a1b2c.log",
            "",
            "",
            "web-0/nginx",
        );
    }

    #[test]
    fn machines_are_known_by_directory_and_by_nested_archive() {
        expect("node-1/logs/api.log", "node-1", "api", "");
        expect(
            "case.zip!nodes/worker-a.zip!logs/kubelet.log",
            "worker-a",
            "kubelet",
            "",
        );
        expect("etcd2.tar.xz!etcd.log.2.gz", "etcd2", "etcd", "");
        expect("logs/api.log", "", "api", "");
        expect("10.0.0.11/docker/api.log", "10.0.0.11", "", "api");
        expect("etcd/memberlist", "", "", "");
        expect("server-logs-2026-01-01/a.txt", "", "", "");
        expect("web-2.4/a.txt", "", "", "");
    }
}
