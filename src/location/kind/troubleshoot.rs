//! Bundles of Replicated's troubleshoot: `kubectl support-bundle`, `kubectl preflight`, and the products built on it.
//!
//! Layout: <https://troubleshoot.sh/docs/> and `pkg/collect` of github.com/replicatedhq/troubleshoot.
//! KOTS and `kubectl storageos bundle` write the same. `version.yaml` alone is too common a name to say anything.

use super::{Kind, half, sure};
use crate::location::Place;
use crate::location::names::{is_generated_pod_name, is_known_namespace, log_stem};

pub(super) static KIND: Kind = Kind {
    place,
    collector_errors,
    ..Kind::new(
        "troubleshoot",
        "troubleshoot support bundle (Replicated)",
        &[
            sure("cluster-resources/"),
            sure("host-collectors/"),
            sure("execution-data/summary.txt"),
            sure("cluster-info/cluster_version.json"),
            half("version.yaml"),
            half("analysis.json"),
            half("skipped-collectors.json"),
            half("collector-errors/"),
            half("metadata/cluster.json"),
        ],
    )
};

fn place(path: &[&str]) -> Option<Place> {
    match path {
        [.., "pods", "logs", namespace, pod, file] => Some(Place {
            clustered: true,
            ..Place::container(namespace, pod, log_stem(file))
        }),
        _ if path.windows(2).any(|pair| pair == ["pods", "logs"]) => Some(Place {
            clustered: true,
            ..Place::default()
        }),
        // Lists of one namespace: cluster-resources/events/NAMESPACE.json, custom-resources/CRD/NAMESPACE.yaml
        [.., "cluster-resources", "custom-resources", _, file]
        | [.., "cluster-resources", _, file] => {
            let stem = file.strip_suffix(".json").or(file.strip_suffix(".yaml"))?;
            (!stem.ends_with("-errors")).then(|| Place {
                namespace: Some(stem.to_owned()),
                ..Place::default()
            })
        }
        [.., "host-collectors", "journald", file] => file.strip_suffix(".txt").map(|unit| Place {
            unit: Some(unit.trim_end_matches(".service").to_owned()),
            ..Place::default()
        }),
        // Collected by a pod on each machine.
        [.., "host-collectors", "system", node, _] => Some(Place {
            node: Some((*node).to_owned()),
            ..Place::default()
        }),
        // What a command in a pod printed: COLLECTOR/NAMESPACE/POD/NAME-stdout.txt
        [.., namespace, pod, file]
            if (file.ends_with("-stdout.txt") || file.ends_with("-stderr.txt"))
                && (is_known_namespace(namespace) || is_generated_pod_name(pod)) =>
        {
            Some(Place {
                namespace: Some((*namespace).to_owned()),
                pod: Some((*pod).to_owned()),
                ..Place::default()
            })
        }
        _ => None,
    }
}

fn collector_errors(path: &[&str]) -> bool {
    let [dirs @ .., file] = path else {
        return false;
    };
    file.ends_with("-errors.json")
        || *file == "skipped-collectors.json"
        || dirs.contains(&"collector-errors")
}

#[cfg(test)]
mod tests {
    use crate::location::kind::tests::{expect, is_collector_errors, is_kind};

    #[test]
    fn it_is_known_without_its_version() {
        is_kind(
            "troubleshoot",
            &[
                "support-bundle/version.yaml",
                "support-bundle/analysis.json",
            ],
        );
        is_kind(
            "troubleshoot",
            &["preflightbundle-2025-12-10T17_26_50/cluster-resources/nodes.json"],
        );
        is_kind("none", &["chart/version.yaml", "chart/values.yaml"]);
    }

    #[test]
    fn pod_logs_name_namespace_pod_and_container() {
        expect(&[
            "support-bundle/cluster-resources/pods/logs/kube-system/traefik-7cd4fcff68-9blj6/traefik-previous.log \
             - - kube-system traefik-7cd4fcff68-9blj6 traefik-7cd4fcff68-9blj6/traefik clustered",
            "support-bundle/cluster-resources/pods/kube-system.json - - kube-system - -",
            "support-bundle/cluster-resources/nodes.json - - - - -",
            "b/cluster-resources/custom-resources/addons.k3s.cattle.io/kube-system.yaml - - kube-system - -",
            "b/cluster-resources/events/default-errors.json - - - - -",
        ]);
    }

    #[test]
    fn host_collectors_name_units_and_machines() {
        expect(&[
            "b/host-collectors/journald/kubelet.service.txt - kubelet - - -",
            "b/host-collectors/system/ip-10-0-0-7/cpu.json ip-10-0-0-7 - - - -",
            "b/host-collectors/system/cpu.json - - - - -",
            "b/pg/default/postgres-0/psql-stdout.txt - - default postgres-0 -",
            "b/commands/local/disk/df-stdout.txt - - - - -",
        ]);
    }

    #[test]
    fn its_own_errors_are_known() {
        assert!(is_collector_errors(
            "b/cluster-resources/pods-disruption-budgets-errors.json"
        ));
        assert!(is_collector_errors("b/collector-errors/redis.json"));
        assert!(!is_collector_errors("b/redis/redis.json"));
    }
}
