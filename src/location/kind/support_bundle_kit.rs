//! Bundles of Rancher's support-bundle-kit: Harvester, Longhorn.
//!
//! Layout: `pkg/manager` of github.com/rancher/support-bundle-kit. `nodes/` has a zip for each machine, named after it.

use super::{Kind, half, sure};
use crate::location::Place;
use crate::location::names::{is_known_namespace, log_stem};

pub(super) static KIND: Kind = Kind {
    place,
    collector_errors,
    ..Kind::new(
        "support-bundle-kit",
        "support-bundle-kit (Harvester, Longhorn)",
        &[
            sure("bundleGenerationError.log"),
            half("metadata.yaml"),
            half("yamls/"),
            half("nodes/*.zip"),
            half("prometheus-alerts.json"),
        ],
    )
};

fn place(path: &[&str]) -> Option<Place> {
    match path {
        // logs/NAMESPACE/POD/CONTAINER.log could be anything but for the directory above or the namespace.
        [above @ .., "logs", namespace, pod, file]
            if file.contains(".log")
                && above.len() <= 2
                && (is_known_namespace(namespace)
                    || above
                        .last()
                        .is_some_and(|dir| dir.contains("supportbundle_"))) =>
        {
            Some(Place {
                clustered: true,
                ..Place::container(namespace, pod, log_stem(file))
            })
        }
        [.., "yamls", "namespaced", namespace, _]
        | [.., "yamls", "namespaced", namespace, _, _] => Some(Place {
            namespace: Some((*namespace).to_owned()),
            ..Place::default()
        }),
        _ => None,
    }
}

fn collector_errors(path: &[&str]) -> bool {
    path.last() == Some(&"bundleGenerationError.log")
}

#[cfg(test)]
mod tests {
    use crate::location::kind::tests::{expect, is_collector_errors, is_kind};

    const TOP: &str = "supportbundle_6f1c_2024-01-01T00-00-00Z";

    #[test]
    fn metadata_alone_says_nothing() {
        is_kind("none", &[&format!("{TOP}/metadata.yaml")]);
        is_kind(
            "support-bundle-kit",
            &[
                &format!("{TOP}/metadata.yaml"),
                &format!("{TOP}/yamls/cluster/nodes.yaml"),
            ],
        );
        is_kind("support-bundle-kit", &["bundleGenerationError.log"]);
    }

    #[test]
    fn pods_and_machines_are_in_the_path() {
        expect(&[
            &format!("{TOP}/logs/shop/web-0/nginx.log.1 - - shop web-0 web-0/nginx clustered"),
            "logs/longhorn-system/longhorn-manager-9zr2q/longhorn-manager.log \
             - - longhorn-system longhorn-manager-9zr2q longhorn-manager-9zr2q/longhorn-manager clustered",
            "logs/shop/web/access.log - access - - -",
            &format!("{TOP}/nodes/harvester-0.zip!logs/kernel.log harvester-0 kernel - - -"),
            &format!("{TOP}/yamls/namespaced/shop/v1/pods.yaml - - shop - -"),
        ]);
    }

    #[test]
    fn its_own_errors_are_known() {
        assert!(is_collector_errors(&format!(
            "{TOP}/bundleGenerationError.log"
        )));
    }
}
