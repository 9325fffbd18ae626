//! Reports of `oc adm must-gather` and `oc adm inspect` of an `OpenShift` cluster.
//!
//! Layout: `collection-scripts` of github.com/openshift/must-gather. The data is in a directory named after the image;
//! the log of the collection is beside it.

use super::{Kind, below, half, sure};
use crate::location::Place;
use crate::location::names::log_stem;

pub(super) static KIND: Kind = Kind {
    place,
    collector_errors,
    ..Kind::new(
        "must-gather",
        "must-gather (OpenShift)",
        &[
            sure("must-gather.logs"),
            sure("event-filter.html"),
            sure("host_service_logs/"),
            half("cluster-scoped-resources/"),
            half("namespaces/"),
            half("etcd_info/"),
            half("network_logs/"),
            half("audit_logs/"),
        ],
    )
};

fn place(path: &[&str]) -> Option<Place> {
    match path {
        [
            ..,
            "namespaces",
            namespace,
            "pods",
            pod,
            container,
            _,
            "logs",
            _,
        ] => Some(Place {
            clustered: true,
            ..Place::container(namespace, pod, container)
        }),
        [.., "pods", pod, container, _, "logs", _] => Some(Place {
            clustered: path.contains(&"namespaces"),
            ..Place::container("", pod, container)
        }),
        // The journals of all machines of a role in one file; the lines name them.
        [.., "host_service_logs", _, file] => Some(Place {
            unit: Some(log_stem(file).trim_end_matches("_service").to_owned()),
            ..Place::default()
        }),
        // audit_logs/kube-apiserver/NODE-audit-2024-01-01T00-00-00.000.log.gz
        [.., "audit_logs", unit, file] => Some(Place {
            node: file
                .split_once("-audit")
                .or_else(|| file.split_once("-termination"))
                .map(|(node, _)| node.to_owned()),
            unit: Some((*unit).to_owned()),
            ..Place::default()
        }),
        [.., "nodes", node, file] if node_log(node, file).is_some() => Some(Place {
            unit: node_log(node, file).map(str::to_owned),
            ..Place::default()
        }),
        // sos has directories of network namespaces.
        _ if path.contains(&"namespaces") && !path.contains(&"sos_commands") => {
            let namespace = below(path, &["namespaces"]).filter(|rest| rest.len() > 1);
            Some(Place {
                namespace: namespace.map(|rest| rest[0].to_owned()),
                clustered: true,
                ..Place::default()
            })
        }
        _ => None,
    }
}

/// `nodes/NODE/NODE_logs_kubelet.gz`
fn node_log<'a>(node: &str, file: &'a str) -> Option<&'a str> {
    let unit = file.strip_prefix(node)?.strip_prefix("_logs_")?;
    Some(unit.trim_end_matches(".gz"))
}

fn collector_errors(path: &[&str]) -> bool {
    path.last() == Some(&"must-gather.logs")
}

#[cfg(test)]
mod tests {
    use crate::location::kind::tests::{expect, is_collector_errors, is_kind};

    #[test]
    fn it_is_known_with_and_without_the_directory_of_the_image() {
        is_kind(
            "must-gather",
            &[
                "must-gather.local.123/quay-io-sha256-1/host_service_logs/masters/kubelet_service.log",
            ],
        );
        is_kind(
            "must-gather",
            &[
                "inspect.local.1/namespaces/default/core/pods.yaml",
                "inspect.local.1/cluster-scoped-resources/core/nodes/a.yaml",
            ],
        );
        is_kind("none", &["namespaces/default/api.log"]);
    }

    #[test]
    fn pods_machines_and_services_are_in_the_path() {
        expect(&[
            "m/q/namespaces/openshift-etcd/pods/etcd-0/etcd/etcd/logs/current.log \
             - - openshift-etcd etcd-0 etcd-0/etcd clustered",
            "m/q/namespaces/openshift-etcd/core/events.yaml - - openshift-etcd - - clustered",
            "m/q/pods/etcd-0/etcd/etcd/logs/previous.log - - - etcd-0 etcd-0/etcd",
            "m/q/host_service_logs/masters/kubelet_service.log - kubelet - - -",
            "m/q/audit_logs/etcd/ip-10-0-1-2-audit-2024-01-01T00-00-00.000.log.gz ip-10-0-1-2 etcd - - -",
            "m/q/nodes/ip-10-0-1-2.ec2.internal/ip-10-0-1-2.ec2.internal_logs_kubelet.gz \
             ip-10-0-1-2.ec2.internal kubelet - - -",
        ]);
    }

    #[test]
    fn network_namespaces_of_a_machine_are_no_namespaces_of_a_cluster() {
        expect(&["sos_commands/networking/namespaces/qrouter-1/ip_-d_address - - - - -"]);
    }

    #[test]
    fn its_log_tells_what_went_wrong() {
        assert!(is_collector_errors(
            "must-gather.local.123/must-gather.logs"
        ));
    }
}
