//! Names in paths, as programs and clusters build them: log files, archives, dates, namespaces, pods.

/// `api.log.2.gz` is a log of `api`; so are `api-previous.log` and `api.stderr`.
pub(super) fn log_stem(file: &str) -> &str {
    let stem = file.split(".log").next().unwrap_or(file);
    let stem = stem.strip_suffix("-previous").unwrap_or(stem);
    let stem = stem
        .strip_suffix(".stdout")
        .or_else(|| stem.strip_suffix(".stderr"))
        .unwrap_or(stem);
    without_rotation(stem)
}

/// The name of a unit without the kind that is meant where none is named (`systemd.unit(5)`).
pub(crate) fn bare_unit(unit: &str) -> &str {
    unit.strip_suffix(".service").unwrap_or(unit)
}

/// The name of a file without the number, the date and the compression that rotation adds.
pub(super) fn unrotated(file: &str) -> &str {
    let stem = archive_stem(file);
    let bare = stem.trim_end_matches(|c: char| c.is_ascii_digit());
    let digits = stem.len() - bare.len();
    match (digits, bare.as_bytes().last()) {
        (1..=3, Some(b'.')) | (8, Some(b'-' | b'.')) if bare.len() > 1 => &bare[..bare.len() - 1],
        _ => stem,
    }
}

/// Go's lumberjack renames a full log to `kubelet-2025-12-02T13-58-40.483.log`.
fn without_rotation(stem: &str) -> &str {
    const STAMP: &str = "-0000-00-00T00-00-00.000";
    let at = stem.len().saturating_sub(STAMP.len());
    let stamped = stem.get(at..).is_some_and(|end| {
        end.len() == STAMP.len()
            && end
                .bytes()
                .zip(STAMP.bytes())
                .all(|(byte, form)| match form {
                    b'0' => byte.is_ascii_digit(),
                    _ => byte == form,
                })
    });
    if stamped && at > 0 { &stem[..at] } else { stem }
}

pub(super) fn archive_stem(name: &str) -> &str {
    let mut stem = name;
    for suffix in [".gz", ".xz", ".zst", ".bz2", ".tgz", ".txz", ".tar", ".zip"] {
        stem = stem.strip_suffix(suffix).unwrap_or(stem);
    }
    stem
}

/// `2025-12-04`.
pub(super) fn is_date(text: &str) -> bool {
    text.len() == 10
        && text.bytes().enumerate().all(|(i, b)| {
            if i == 4 || i == 7 {
                b == b'-'
            } else {
                b.is_ascii_digit()
            }
        })
}

/// Whether `text` is made of at least `count` digits and of nothing else.
pub(super) fn is_digits(text: &str, count: usize) -> bool {
    text.len() >= count && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A container as people know it: a long id is cut as `docker ps` does, a name stays.
pub(super) fn container_id(id: &str) -> &str {
    let long = id.len() == 64 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    if long { &id[..12] } else { id }
}

/// Namespaces that mean the same in every cluster that has them.
const NAMESPACES: &[&str] = &[
    "calico-apiserver",
    "calico-system",
    "cattle-alerting",
    "cattle-fleet-local-system",
    "cattle-fleet-system",
    "cattle-gatekeeper-system",
    "cattle-global-data",
    "cattle-impersonation-system",
    "cattle-logging",
    "cattle-logging-system",
    "cattle-monitoring-system",
    "cattle-pipeline",
    "cattle-prometheus",
    "cattle-provisioning-capi-system",
    "cattle-resources-system",
    "cattle-system",
    "cert-manager",
    "cis-operator-system",
    "default",
    "fleet-default",
    "fleet-local",
    "fleet-system",
    "harvester-system",
    "ingress-nginx",
    "istio-system",
    "kube-node-lease",
    "kube-public",
    "kube-system",
    "longhorn-system",
    "rancher-operator-system",
    "system-upgrade",
    "tigera-operator",
];

/// Whether `name` is the name of a namespace and of little else.
pub(super) fn is_known_namespace(name: &str) -> bool {
    NAMESPACES.contains(&name)
}

/// The namespace and the pod of `NAMESPACE-POD`, where the namespace is a known one.
pub(super) fn namespace_and_pod(name: &str) -> Option<(&str, &str)> {
    NAMESPACES
        .iter()
        .filter_map(|namespace| {
            let pod = name.strip_prefix(namespace)?.strip_prefix('-')?;
            (!pod.is_empty()).then_some((*namespace, pod))
        })
        .max_by_key(|(namespace, _)| namespace.len())
}

/// Whether a controller gave a pod this name: `web-7986654d4-ztx2g`, `node-exporter-54lzp`, but not `web-0`.
pub(super) fn is_generated_pod_name(name: &str) -> bool {
    // The alphabet of generated names has no vowels and no digits that look like letters.
    let generated = |part: &str| {
        part.bytes()
            .all(|byte| b"bcdfghjklmnpqrstvwxz2456789".contains(&byte))
    };
    name.rsplit_once('-').is_some_and(|(rest, tail)| {
        !rest.is_empty()
            && tail.len() == 5
            && generated(tail)
            && tail.bytes().any(|byte| byte.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rotated_log_is_a_log_of_the_same_program() {
        assert_eq!(
            log_stem("kubelet-2025-12-02T13-58-40.483.log.gz"),
            "kubelet"
        );
        assert_eq!(log_stem("api-previous.log"), "api");
        assert_eq!(log_stem("api.stderr.log.1"), "api");
        assert_eq!(log_stem("-2025-12-02T13-58-40.483.log").len(), 24);
        assert_eq!(log_stem("backup-2025-12-02.log"), "backup-2025-12-02");
    }

    #[test]
    fn rotation_adds_numbers_dates_and_compression() {
        for name in ["syslog", "syslog.1", "syslog.12.gz", "syslog-20221016.xz"] {
            assert_eq!(unrotated(name), "syslog");
        }
        assert_eq!(unrotated("api.log.1"), "api.log");
        assert_eq!(unrotated("node1"), "node1");
        assert_eq!(unrotated(".1"), ".1");
    }

    #[test]
    fn the_longest_known_namespace_wins() {
        assert_eq!(
            namespace_and_pod("kube-system-etcd-w-guard"),
            Some(("kube-system", "etcd-w-guard"))
        );
        assert_eq!(
            namespace_and_pod("cattle-logging-system-rancher-logging-0"),
            Some(("cattle-logging-system", "rancher-logging-0"))
        );
        assert_eq!(namespace_and_pod("shop-web-0"), None);
        assert_eq!(namespace_and_pod("kube-system-"), None);
    }

    #[test]
    fn generated_pod_names_are_told_from_words() {
        assert!(is_generated_pod_name("traefik-7cd4fcff68-9blj6"));
        assert!(is_generated_pod_name("node-exporter-54lzp"));
        assert!(!is_generated_pod_name("web-0"));
        assert!(!is_generated_pod_name("my-build"));
        assert!(!is_generated_pod_name("commands"));
    }

    #[test]
    fn only_long_ids_are_cut() {
        let id = "0123456789abcdef".repeat(4);
        assert_eq!(container_id(&id), "0123456789ab");
        assert_eq!(container_id("postgres"), "postgres");
    }
}
