//! The table of analyzers.

use super::super::decode::{Decoder, Fields};
use super::{
    Check, ceph, certificates, cluster_version, connection, distribution, document, event,
    goldpinger, host as hosts, metrics, nodes, pods, presence, resource, sysctl, text, workload,
};

/// One kind of analyzer.
pub(in super::super) struct Kind {
    pub(in super::super) key: &'static str,
    /// Whether it looks at what host collectors have collected.
    pub(in super::super) host: bool,
    /// The fields it has besides [`META`].
    pub(in super::super) fields: &'static [&'static str],
    /// Reads one, or reports why that is not possible.
    pub(in super::super) decode: fn(&mut Decoder, &Fields) -> Option<Box<dyn Check>>,
}

/// The fields that all analyzers have.
pub(in super::super) const META: &[&str] =
    &["checkName", "exclude", "strict", "annotations", "outcomes"];

const fn cluster(
    key: &'static str,
    fields: &'static [&'static str],
    decode: fn(&mut Decoder, &Fields) -> Option<Box<dyn Check>>,
) -> Kind {
    Kind {
        key,
        host: false,
        fields,
        decode,
    }
}

const fn host(
    key: &'static str,
    fields: &'static [&'static str],
    decode: fn(&mut Decoder, &Fields) -> Option<Box<dyn Check>>,
) -> Kind {
    Kind {
        key,
        host: true,
        fields,
        decode,
    }
}

const WORKLOAD: &[&str] = &["namespace", "namespaces", "name"];
const CONNECTION: &[&str] = &["collectorName", "fileName"];
const NAMED: &[&str] = &["collectorName"];

/// All analyzers.
pub(in super::super) const ANALYZERS: &[Kind] = &[
    cluster("textAnalyze", text::FIELDS, text::cluster),
    cluster("clusterVersion", &[], cluster_version::decode),
    cluster(
        "storageClass",
        &["storageClassName"],
        presence::storage_class,
    ),
    cluster(
        "ingressClass",
        &["ingressClassName"],
        presence::ingress_class,
    ),
    cluster(
        "customResourceDefinition",
        &["customResourceDefinitionName"],
        presence::definition,
    ),
    cluster("ingress", &["ingressName", "namespace"], presence::ingress),
    cluster(
        "secret",
        &["secretName", "namespace", "key"],
        presence::secret,
    ),
    cluster(
        "configMap",
        &["configMapName", "namespace", "key"],
        presence::config_map,
    ),
    cluster(
        "imagePullSecret",
        &["registryName"],
        presence::image_pull_secret,
    ),
    cluster("deploymentStatus", WORKLOAD, workload::deployment),
    cluster("statefulsetStatus", WORKLOAD, workload::statefulset),
    cluster("jobStatus", WORKLOAD, workload::job),
    cluster(
        "replicasetStatus",
        &["namespace", "namespaces", "name", "selector"],
        workload::replicaset,
    ),
    cluster("clusterPodStatuses", &["namespaces"], pods::statuses),
    cluster(
        "clusterContainerStatuses",
        &["namespaces", "restartCount"],
        pods::containers,
    ),
    cluster("containerRuntime", &[], distribution::runtime),
    cluster("distribution", &[], distribution::decode),
    cluster(
        "nodeResources",
        &["filters", "ignoreIfNoFiles"],
        nodes::decode,
    ),
    cluster(
        "nodeMetrics",
        &["collectorName", "filters"],
        metrics::decode,
    ),
    cluster("jsonCompare", document::JSON, document::json),
    cluster("yamlCompare", document::YAML, document::yaml),
    cluster("clusterResource", resource::FIELDS, resource::decode),
    cluster("postgres", CONNECTION, connection::postgres),
    cluster("mysql", CONNECTION, connection::mysql),
    cluster("mssql", CONNECTION, connection::mssql),
    cluster("redis", CONNECTION, connection::redis),
    cluster("clickhouse", CONNECTION, connection::clickhouse),
    cluster("s3Status", CONNECTION, connection::s3),
    cluster("registryImages", NAMED, connection::registry),
    cluster("http", NAMED, connection::http),
    cluster("certificates", &[], certificates::decode),
    cluster("sysctl", &[], sysctl::decode),
    cluster(
        "event",
        &["collectorName", "namespace", "kind", "reason", "regex"],
        event::decode,
    ),
    cluster(
        "goldpinger",
        &["collectorName", "filePath"],
        goldpinger::decode,
    ),
    cluster("cephStatus", &["collectorName", "namespace"], ceph::decode),
    host("textAnalyze", text::FIELDS, text::host),
    host("jsonCompare", document::JSON, document::host_json),
    host("cpu", NAMED, hosts::hardware::cpu),
    host("memory", NAMED, hosts::hardware::memory),
    host("diskUsage", NAMED, hosts::hardware::disk_usage),
    host(
        "blockDevices",
        &[
            "collectorName",
            "minimumAcceptableSize",
            "includeUnmountedPartitions",
        ],
        hosts::hardware::block_devices,
    ),
    host("time", NAMED, hosts::system::time),
    host("hostOS", NAMED, hosts::system::os),
    host("hostServices", NAMED, hosts::system::services),
    host("systemPackages", NAMED, hosts::packages::decode),
    host("kernelModules", NAMED, hosts::kernel::modules),
    host(
        "kernelConfigs",
        &["collectorName", "selectedConfigs"],
        hosts::kernel::configs,
    ),
    host("sysctl", NAMED, hosts::kernel::sysctl),
    host("ipv4Interfaces", NAMED, hosts::network::interfaces),
    host("subnetAvailable", NAMED, hosts::network::subnet_available),
    host(
        "subnetContainsIP",
        &["collectorName", "cidr", "ip"],
        hosts::network::subnet_contains,
    ),
    host(
        "networkNamespaceConnectivity",
        NAMED,
        hosts::network::namespaces,
    ),
    host("tcpPortStatus", NAMED, hosts::network::tcp_port),
    host("udpPortStatus", NAMED, hosts::network::udp_port),
    host("tcpConnect", NAMED, hosts::network::tcp_connect),
    host("tcpLoadBalancer", NAMED, hosts::network::tcp_balancer),
    host("httpLoadBalancer", NAMED, hosts::network::http_balancer),
    host("http", NAMED, hosts::network::http),
    host("registryImages", NAMED, hosts::network::registry),
    host("certificate", NAMED, hosts::certificate::key_pair),
    host(
        "certificatesCollection",
        NAMED,
        hosts::certificate::collection,
    ),
];

/// What troubleshoot has and this does not; the second is whether it is of hosts.
pub(in super::super) const UNSUPPORTED: &[(&str, bool)] = &[
    ("velero", false),
    ("longhorn", false),
    ("weaveReport", false),
    ("collectd", false),
    ("filesystemPerformance", true),
    ("tls", true),
];
