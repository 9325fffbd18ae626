//! Reports of Rancher's log collector for RKE, RKE2, K3s and kubeadm: one machine each.
//!
//! Layout: `collection/rancher/v2.x/logs-collector` of github.com/rancherlabs/support-tools.

use super::{Kind, half};
use crate::location::Place;
use crate::location::names::{container_id, is_date, log_stem, namespace_and_pod};
use crate::location::place::{kubelet_link, kubelet_pod};

pub(super) static KIND: Kind = Kind {
    host,
    place,
    collector_errors,
    ..Kind::new(
        "rancher",
        "Rancher log collector (RKE, RKE2, K3s)",
        &[
            half("systeminfo/"),
            half("networking/"),
            half("collector-output.log"),
        ],
    )
};

/// `HOST-2025-12-04_09_15_57`.
fn host(name: &str) -> Option<String> {
    let at = name.len().checked_sub(20)?;
    let stamp = name.get(at..)?;
    (at > 0 && stamp.starts_with('-') && stamp.as_bytes()[11] == b'_' && is_date(stamp.get(1..11)?))
        .then(|| name[..at].to_owned())
}

fn place(path: &[&str]) -> Option<Place> {
    match path {
        [.., "podlogs", file] => Some(docker_pod(file).unwrap_or_else(|| pod(log_stem(file)))),
        // A machine that cannot ask the cluster has copies of what its kubelet wrote.
        [.., "podlogs", dir, container, _] if dir.contains('_') => {
            Some(kubelet_pod(dir, container))
        }
        [.., "containers-varlogs", file] => kubelet_link(file),
        // What the cluster says is about all of its machines.
        [.., "rke2" | "k3s" | "k8s" | "kubeadm", "kubectl", _] => Some(Place {
            clustered: true,
            ..Place::default()
        }),
        // rancher/containerlogs/server-ID, k8s/containerlogs/kubelet
        [.., "containerlogs", file] => Some(Place {
            container: Some(container_id(log_stem(file)).to_owned()),
            ..Place::default()
        }),
        _ => None,
    }
}

/// `NAMESPACE-POD`, all containers in one file. Only a known namespace tells where it ends.
fn pod(name: &str) -> Place {
    let known = namespace_and_pod(name);
    Place {
        namespace: known.map(|(namespace, _)| namespace.to_owned()),
        pod: known.map(|(_, pod)| pod.to_owned()),
        container: Some(name.to_owned()),
        // The collector asks the cluster for the logs of all pods, wherever they run.
        clustered: true,
        ..Place::default()
    }
}

/// Docker's name of a container of a pod: `k8s_CONTAINER_POD_NAMESPACE_UID_ATTEMPT`.
fn docker_pod(name: &str) -> Option<Place> {
    let mut parts = name.strip_prefix("k8s_")?.split('_');
    let (container, pod, namespace) = (parts.next()?, parts.next()?, parts.next()?);
    Some(Place::container(namespace, pod, container))
}

fn collector_errors(path: &[&str]) -> bool {
    path.last() == Some(&"collector-output.log")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::location::kind::tests::{expect, is_collector_errors, is_kind};

    #[test]
    fn it_takes_two_of_its_directories() {
        let top = "w-guard-wg-cp-svtk6-lqtxw-2025-12-04_09_15_57";
        is_kind(
            "rancher",
            &[
                &format!("{top}/systeminfo/date"),
                &format!("{top}/networking/ss4apn"),
            ],
        );
        is_kind("none", &["networking/ss4apn", "journald/kubelet"]);
    }

    #[test]
    fn the_host_is_in_the_name() {
        assert_eq!(
            host("w-guard-svtk6-2025-12-04_09_15_57").as_deref(),
            Some("w-guard-svtk6")
        );
        assert_eq!(host("-2025-12-04_09_15_57"), None);
        assert_eq!(host("node-1"), None);
    }

    #[test]
    fn pods_are_told_from_known_namespaces() {
        expect(&[
            "rke2/podlogs/kube-system-etcd-w-guard-previous \
             - - kube-system etcd-w-guard kube-system-etcd-w-guard clustered",
            "rke2/podlogs/shop-web-0 - - - - shop-web-0 clustered",
            "rke2/podlogs/kube-system_kube-proxy-a_77d1/kube-proxy/0.log \
             - - kube-system kube-proxy-a kube-proxy-a/kube-proxy",
            "k8s/podlogs/k8s_agent_cattle-node-agent-7x2lz_cattle-system_77d1_0 \
             - - cattle-system cattle-node-agent-7x2lz cattle-node-agent-7x2lz/agent",
            "kubeadm/containers-varlogs/etcd-a_kube-system_etcd-0a1b.log - - kube-system etcd-a etcd-a/etcd",
        ]);
    }

    #[test]
    fn units_and_containers_have_files() {
        expect(&[
            "h-2025-12-04_09_15_57/journald/rke2-server h rke2-server - - -",
            "h-2025-12-04_09_15_57/rancher/containerlogs/server-1f2e h - - - server-1f2e",
            "h-2025-12-04_09_15_57/rke2/agent-logs/kubelet-2025-12-02T13-58-40.483.log.gz \
             h kubelet - - -",
        ]);
    }

    #[test]
    fn its_output_tells_what_went_wrong() {
        assert!(is_collector_errors("h/collector-output.log"));
    }
}
