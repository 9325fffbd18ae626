//! No file and no spec makes an analyzer panic.

use serde_json::{Value, json};

use super::super::analyze::ANALYZERS;
use super::super::{Spec, decode};
use super::Memory;

/// Conditions of all kinds, right and wrong.
const WHENS: &[&str] = &[
    "",
    "true",
    "absent",
    "< 1",
    "= 1",
    "!= Healthy",
    "== x",
    "count() > 1",
    "min(cpuCapacity) < 1Gi",
    "nodeCondition(Ready) == True",
    "succeeded > 0",
    "ready = 1",
    "connected == true",
    "version < 1.x",
    "missing > 0",
    "statusCode == 200 || !(statusCode > 1)",
    "error",
    "key = 1",
    "key < 1",
    "a == loaded",
    "ntp == synchronized+active",
    "ubuntu >= 20.04",
    "ubuntu - x",
    "unit = active",
    "used/total > 80%",
    "total < 1Gi",
    "supports x86-64-v4",
    ".* > 1",
    "pvcUsedPercentage > 1",
    "notAfter < Today + 15 days",
    "N > 1",
    "{{ .Name }}",
    "{{ eq .A 1 }}",
    "((((",
    "é > é",
    "  ",
    "= = =",
    "99999999999999999999999 > 1",
];

/// Every analyzer, with this condition.
fn all(when: &str) -> Vec<Spec> {
    let mut specs = Vec::new();
    for host in [false, true] {
        let list = if host { "hostAnalyzers" } else { "analyzers" };
        let mut text =
            format!("apiVersion: troubleshoot.sh/v1beta2\nkind: SupportBundle\nspec:\n  {list}:\n");
        for kind in ANALYZERS.iter().filter(|kind| kind.host == host) {
            let fields = [
                ("namespace", "n"),
                ("name", "x"),
                ("regex", "x"),
                ("regexGroups", "(?P<N>\\d)"),
                ("reason", "r"),
                ("value", "1"),
                ("kind", "Pod"),
                ("path", "a.b.[0]"),
                ("yamlPath", "a.[0]"),
                ("fileName", "f.json"),
                ("cidr", "10.0.0.0/8"),
                ("ip", "10.0.0.1"),
            ];
            text += &format!("  - {}:\n", kind.key);
            for (name, value) in fields.iter().filter(|(name, _)| kind.fields.contains(name)) {
                text += &format!("      {name}: '{value}'\n");
            }
            let when = when.replace('\'', "''");
            text += &format!(
                "      outcomes: [{{fail: {{when: '{when}', message: '{{{{ .Name }}}}'}}}}, {{warn: {{when: '{when}'}}}}, {{pass: {{}}}}]\n"
            );
        }
        specs.extend(decode(&text).0);
    }
    specs
}

/// Values of all types, in shapes that analyzers look for.
fn shapes() -> Vec<String> {
    let leaves = [
        json!(null),
        json!(true),
        json!(-1),
        json!(1e300),
        json!("é"),
        json!([[1]]),
        json!({"a": {"b": [1]}}),
    ];
    let names = [
        "items",
        "metadata",
        "name",
        "status",
        "spec",
        "containerStatuses",
        "initContainerStatuses",
        "state",
        "terminated",
        "conditions",
        "capacity",
        "cpu",
        "nodeInfo",
        "response",
        "error",
        "images",
        "version",
        "string",
        "certificateChain",
        "notAfter",
        "isValid",
        "hosts",
        "responses",
        "health",
        "pods",
        "volume",
        "pvcRef",
        "total",
        "packages",
        "errors",
        "nodes",
        "involvedObject",
        "a",
    ];
    let mut shapes: Vec<String> = leaves.iter().map(Value::to_string).collect();
    let of_all = |value: &Value| -> Value {
        let entries = names.iter().map(|name| ((*name).to_owned(), value.clone()));
        entries.collect::<serde_json::Map<_, _>>().into()
    };
    for (index, leaf) in leaves.iter().enumerate() {
        let other = &leaves[(index + 1) % leaves.len()];
        let flat = of_all(leaf);
        // Objects of objects, lists of objects, and values of another type among them.
        let object = of_all(&flat);
        let list = of_all(&json!([flat, other]));
        let deep = json!({"items": [{"metadata": flat, "status": list, "spec": list}, object, other], "pods": [list]});
        shapes.extend([&flat, &deep, &json!([object, leaf])].map(Value::to_string));
    }
    shapes.extend(
        [
            "",
            "{",
            "\u{0}",
            "null",
            "connection-refused",
            "a: b\n- c",
            "/proc/sys/a = 1\n/proc/sys/key = 1",
        ]
        .map(str::to_owned),
    );
    shapes.push("[".repeat(10_000));
    shapes
}

/// The entries that analyzers may read.
const PATHS: &[&str] = &[
    "cluster-info/cluster_version.json",
    "cluster-resources/nodes.json",
    "cluster-resources/resources.json",
    "cluster-resources/pods/n.json",
    "cluster-resources/events/n.json",
    "cluster-resources/events/default.json",
    "cluster-resources/deployments/n.json",
    "cluster-resources/statefulsets/n.json",
    "cluster-resources/jobs/n.json",
    "cluster-resources/replicasets/n.json",
    "cluster-resources/storage-classes.json",
    "cluster-resources/ingress/n.json",
    "cluster-resources/ingress-classes.json",
    "cluster-resources/custom-resource-definitions.json",
    "cluster-resources/image-pull-secrets/x.json",
    "secrets/n/.json",
    "configmaps/n/.json",
    "f.json",
    "postgres/postgres.json",
    "mysql/mysql.json",
    "mssql/mssql.json",
    "redis/redis.json",
    "clickhouse/clickhouse.json",
    "s3Status/s3Status.json",
    "registry/images.json",
    "result.json",
    "certificates/certificates.json",
    "sysctl/x",
    "goldpinger/check_all.json",
    "n/ceph/status.json",
    "node-metrics/x.json",
    "host-collectors/system/cpu.json",
    "host-collectors/system/memory.json",
    "host-collectors/diskUsage/diskUsage.json",
    "host-collectors/system/block_devices.json",
    "host-collectors/system/time.json",
    "host-collectors/system/hostos_info.json",
    "host-collectors/system/systemctl_services.json",
    "host-collectors/system/packages-packages.json",
    "host-collectors/system/kernel_modules.json",
    "host-collectors/system/kernel-configs.json",
    "host-collectors/system/sysctl.json",
    "host-collectors/system/ipv4Interfaces.json",
    "host-collectors/subnetAvailable/result.json",
    "host-collectors/system/networkNamespaceConnectivity.json",
    "host-collectors/tcpPortStatus/tcpPortStatus.json",
    "host-collectors/udpPortStatus/udpPortStatus.json",
    "host-collectors/connect/connect.json",
    "host-collectors/http/result.json",
    "host-collectors/registry-images/images.json",
    "host-collectors/certificate/certificate.json",
    "host-collectors/certificatesCollection/certificatesCollection.json",
];

#[test]
fn any_json_gives_outcomes_or_errors() {
    let shapes = shapes();
    let whens: Vec<Vec<Spec>> = WHENS.iter().map(|when| all(when)).collect();
    for (index, shape) in shapes.iter().enumerate() {
        let entries: Vec<(&str, &str)> = PATHS.iter().map(|path| (*path, &**shape)).collect();
        let mut files = Memory::new(&entries);
        let remote = Memory::new(&[("host-collectors/system/node_list.json", shape)]);
        // Another condition for each shape.
        for analyzer in whens
            .iter()
            .cycle()
            .skip(index)
            .take(1)
            .flatten()
            .flat_map(|spec| &spec.analyzers)
        {
            let _ = analyzer.evaluate(&files);
            let _ = analyzer.scan("f.json", shape.as_bytes());
        }
        files.0.clear();
        for analyzer in whens[0].iter().flat_map(|spec| &spec.analyzers) {
            let _ = analyzer.evaluate(&files);
            let _ = analyzer.evaluate(&remote);
        }
    }
}

#[test]
fn any_spec_is_decoded() {
    let spec =
        "apiVersion: troubleshoot.sh/v1beta2\nkind: SupportBundle\nspec:\n  analyzers:\n  - ";
    let bodies = [
        "1",
        "[]",
        "{outcomes: 1}",
        "{outcomes: [1, [], {fail: 1}, {fail: {when: [1]}}]}",
        "{filters: 1, namespaces: {}, name: []}",
        "{filters: {taint: [], selector: {matchLabel: [], matchExpressions: [1]}, pvc: 1}}",
    ];
    for kind in ANALYZERS {
        for body in bodies {
            for list in ["analyzers", "hostAnalyzers"] {
                decode(&format!(
                    "{}{}: {body}\n",
                    spec.replace("analyzers", list),
                    kind.key
                ));
            }
        }
    }
    for text in [
        "",
        "---",
        "a",
        "[]",
        "apiVersion: [troubleshoot.sh/v1]",
        "apiVersion: troubleshoot.sh/\nkind: []",
        "kind: ConfigMap\ndata: [a]",
        "kind: Secret\ndata: {a: 'é'}",
        "{{{{",
    ] {
        decode(text);
    }
    let whole = format!(
        "{spec}textAnalyze: {{regex: 'a{{1,2}}[b-d]é(?P<N>x)', outcomes: [{{fail: {{when: 'true', message: m}}}}]}}\n"
    );
    for (end, _) in whole.char_indices() {
        let (cut, rest) = whole.split_at(end);
        for text in [
            cut.to_owned(),
            format!("{cut}é{rest}"),
            format!("{cut}[{rest}"),
            format!("{cut}\\{rest}"),
        ] {
            let (_, problems) = decode(&text);
            assert!(
                problems
                    .iter()
                    .all(|problem| text.get(problem.span.clone()).is_some()),
                "{text}"
            );
        }
    }
}
