//! Output of `kubectl cluster-info dump --output-directory`.
//!
//! Layout: `staging/src/k8s.io/kubectl/pkg/cmd/clusterinfo` of github.com/kubernetes/kubernetes. A directory for each
//! namespace, with lists of objects and one log for each pod; markers in the log name the containers.

use super::{Kind, half};
use crate::location::Place;
use crate::location::names::{is_generated_pod_name, is_known_namespace};

pub(super) static KIND: Kind = Kind {
    place,
    ..Kind::new(
        "cluster-info-dump",
        "kubectl cluster-info dump",
        &[
            half("nodes.json"),
            half("*/replication-controllers.json"),
            half("*/replicasets.json"),
            half("*/daemonsets.json"),
            half("*/pods.json"),
        ],
    )
};

fn place(path: &[&str]) -> Option<Place> {
    match path {
        // Other programs have a logs.txt as well.
        [.., namespace, pod, "logs.txt"]
            if is_known_namespace(namespace) || is_generated_pod_name(pod) =>
        {
            Some(Place {
                namespace: Some((*namespace).to_owned()),
                pod: Some((*pod).to_owned()),
                container: Some((*pod).to_owned()),
                clustered: true,
                ..Place::default()
            })
        }
        [
            ..,
            namespace,
            "daemonsets.json"
            | "deployments.json"
            | "events.json"
            | "pods.json"
            | "replicasets.json"
            | "replication-controllers.json"
            | "services.json",
        ] if is_known_namespace(namespace) => Some(Place {
            namespace: Some((*namespace).to_owned()),
            ..Place::default()
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::location::kind::tests::{expect, is_kind};

    #[test]
    fn it_is_known_by_its_lists() {
        is_kind(
            "cluster-info-dump",
            &["dump/nodes.json", "dump/default/pods.json"],
        );
        is_kind("none", &["dump/nodes.json"]);
    }

    #[test]
    fn directories_are_namespaces_and_pods() {
        expect(&[
            "dump/kube-system/etcd-a/logs.txt - - kube-system etcd-a etcd-a clustered",
            "dump/shop/web-7986654d4-ztx2g/logs.txt - - shop web-7986654d4-ztx2g web-7986654d4-ztx2g clustered",
            "build/api/logs.txt - - - - -",
            "dump/kube-system/events.json - - kube-system - -",
        ]);
    }
}
