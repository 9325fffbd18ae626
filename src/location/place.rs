//! Which machine, unit or container an entry belongs to, as far as its path says.
//!
//! Only layouts that collectors really write are known; everything else stays unknown, and log lines that
//! name their host decide.

use super::Origin;

/// What a path tells of the origin of its content; `None` where it tells nothing.
#[derive(Clone, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Place {
    /// The machine.
    pub node: Option<String>,
    /// The service: a systemd unit or the stem of a log file.
    pub unit: Option<String>,
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
        let container = container(&path);
        let logs = path.windows(2).any(|pair| pair == ["pods", "logs"]);
        let clustered = logs || path.contains(&"namespaces");
        let unit = if container.is_some() {
            None
        } else {
            unit(&path)
        };
        Self {
            node: node(origin, &path),
            unit,
            container,
            clustered,
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

/// `sosreport-HOST-CASE-DATE-RAND` and `HOST-2025-12-04_09_15_57` (Rancher's log collector).
fn collector_host(dir: &str) -> Option<String> {
    if let Some(rest) = dir.strip_prefix("sosreport-") {
        let date =
            (1..rest.len()).find(|&at| is_date(rest.get(at..at + 10).unwrap_or_default()))?;
        let mut host = rest.get(..date)?.trim_end_matches('-');
        // A case number may stand between the host and the date.
        while let Some((name, case)) = host.rsplit_once('-') {
            if name.is_empty() || !case.bytes().all(|b| b.is_ascii_digit()) || case.len() < 5 {
                break;
            }
            host = name;
        }
        return Some(host.to_owned());
    }
    let at = dir.len().checked_sub(20)?;
    let stamp = dir.get(at..)?;
    (stamp.starts_with('-') && stamp.as_bytes()[11] == b'_' && is_date(&stamp[1..11]))
        .then(|| dir[..at].to_owned())
}

fn is_date(text: &str) -> bool {
    text.len() == 10
        && text.bytes().enumerate().all(|(i, b)| {
            if i == 4 || i == 7 {
                b == b'-'
            } else {
                b.is_ascii_digit()
            }
        })
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
    let lower = name.to_ascii_lowercase();
    let address = lower.parse::<std::net::IpAddr>().is_ok();
    let role = ROLES.iter().any(|role| {
        let rest = lower.strip_prefix(role);
        rest.is_some_and(|rest| {
            rest.bytes()
                .next()
                .is_some_and(|b| b.is_ascii_digit() || matches!(b, b'-' | b'_'))
                && rest.bytes().any(|b| b.is_ascii_digit())
        })
    });
    // `server-logs-2026-01-01`, `web-2.4`: what is in them, not who they are.
    let content = ["log", "backup", "config", "dump", "."]
        .iter()
        .any(|word| lower.contains(word));
    (address || (role && !content)).then(|| name.to_owned())
}

fn archive_stem(name: &str) -> &str {
    let mut stem = name;
    for suffix in [".gz", ".xz", ".zst", ".bz2", ".tgz", ".txz", ".tar", ".zip"] {
        stem = stem.strip_suffix(suffix).unwrap_or(stem);
    }
    stem
}

fn container(path: &[&str]) -> Option<String> {
    let after = |marker: &[&str]| {
        let at = path
            .windows(marker.len())
            .position(|window| window == marker)?;
        path.get(at + marker.len()..)
    };
    // troubleshoot: pods/logs/NAMESPACE/POD/CONTAINER[-previous].log
    if let Some([_, pod, file]) = after(&["pods", "logs"]) {
        return Some(format!("{pod}/{}", log_stem(file)));
    }
    // kubelet: var/log/pods/NAMESPACE_POD_UID/CONTAINER/N.log
    if let Some([pod, container, _]) = after(&["log", "pods"]) {
        let pod = pod.split('_').nth(1).unwrap_or(pod);
        return Some(format!("{pod}/{container}"));
    }
    // kubelet: var/log/containers/POD_NAMESPACE_CONTAINER-ID.log
    if let Some([file]) = after(&["log", "containers"]) {
        let mut parts = log_stem(file).split('_');
        let (pod, _, container) = (parts.next()?, parts.next()?, parts.next()?);
        let container = container
            .rsplit_once('-')
            .map_or(container, |(name, _)| name);
        return Some(format!("{pod}/{container}"));
    }
    // must-gather: namespaces/NAMESPACE/pods/POD/CONTAINER/CONTAINER/logs/current.log
    if let Some([pod, container, _, "logs", _]) = after(&["pods"]) {
        return Some(format!("{pod}/{container}"));
    }
    // Rancher: podlogs/NAMESPACE-POD; Replicated: scheduler/container/ID/stdout; docker: containers/ID/ID-json.log
    if let Some([file]) = after(&["podlogs"]) {
        return Some(log_stem(file).to_owned());
    }
    if let Some([id, _]) =
        after(&["scheduler", "container"]).or_else(|| after(&["docker", "containers"]))
    {
        return Some(id.chars().take(12).collect());
    }
    // Collectors that write one file a container: docker/NAME.log, containers/NAME/stderr
    match path {
        [
            ..,
            "containers" | "container-logs",
            name,
            "stdout" | "stderr" | "stdout.log" | "stderr.log",
        ] => Some((*name).to_owned()),
        [.., "docker" | "containers" | "container-logs", file] if file.contains(".log") => {
            Some(log_stem(file).to_owned())
        }
        _ => None,
    }
}

fn unit(path: &[&str]) -> Option<String> {
    let file = path.last()?;
    if let Some((_, unit)) = file.split_once("--unit_") {
        return Some(
            unit.split("_--")
                .next()
                .unwrap_or(unit)
                .trim_end_matches(".service")
                .to_owned(),
        );
    }
    let journal = path.len() >= 2 && path[path.len() - 2] == "journald";
    let stem = log_stem(file);
    let log = journal || file.contains(".log");
    (log && !stem.is_empty() && !stem.starts_with("journalctl"))
        .then(|| stem.trim_end_matches(".service").to_owned())
}

/// `api.log.2.gz` is a log of `api`; so are `api-previous.log` and `api.stderr`.
fn log_stem(file: &str) -> &str {
    let stem = file.split(".log").next().unwrap_or(file);
    let stem = stem.strip_suffix("-previous").unwrap_or(stem);
    stem.strip_suffix(".stdout")
        .or_else(|| stem.strip_suffix(".stderr"))
        .unwrap_or(stem)
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
            "w-guard-svtk6",
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
