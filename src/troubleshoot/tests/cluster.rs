//! The analyzers of what was collected from clusters, on small bundles.

use super::{concluded, with_outcomes};

/// One analyzer with outcomes on a condition, on one file.
pub(super) fn cases(head: &str, path: &str, title: &str, cases: &[(&str, &str, &str)]) {
    for (when, content, expected) in cases {
        let found = concluded(&with_outcomes(head, when), false, &[(path, content)]);
        let expected = match *expected {
            "error" => "error".to_owned(),
            other => {
                let verdict = if other.starts_with("bad") {
                    "Fail"
                } else {
                    "Pass"
                };
                format!("{verdict}|{title}|{other}")
            }
        };
        assert_eq!(found, [expected], "{head} {when} {content}");
    }
}

#[test]
fn versions() {
    let eks = r#"{"string": "v1.27.3-eks-a5565ad"}"#;
    cases(
        "clusterVersion:",
        "cluster-info/cluster_version.json",
        "Required Kubernetes Version",
        &[
            ("< 1.28.0", r#"{"string": "v1.27.9"}"#, "bad"),
            (">= 1.20.0 <1.27.0", r#"{"string": "v1.27.9"}"#, "good"),
            (">= 1.27.3", eks, "bad"),
            ("< 1.0.0", r#"{"string": "x"}"#, "error"),
            ("< 1.0.0", "[]", "error"),
            ("< 1.0.0", "{", "error"),
        ],
    );
}

#[test]
fn what_is_there() {
    let classes = r#"{"items": [{"metadata": {"name": "fast", "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}}}]}"#;
    let path = "cluster-resources/storage-classes.json";
    cases(
        "storageClass:\n  storageClassName: fast",
        path,
        "Storage class fast",
        &[("", classes, "good"), ("", "[]", "bad")],
    );
    cases(
        "storageClass:",
        path,
        "Default Storage Class",
        &[("", classes, "good"), ("", "{}", "bad")],
    );
    let found = concluded("storageClass: {}", false, &[(path, classes)]);
    assert_eq!(
        found,
        ["Pass|Default Storage Class|Default Storage Class found"]
    );
    let found = concluded(
        "ingressClass: {}",
        false,
        &[("cluster-resources/ingress-classes.json", "{}")],
    );
    assert_eq!(
        found,
        ["Fail|Default Ingress Class|No Default Ingress Class found"]
    );
    let named = r#"[{"metadata": {"name": "x"}}]"#;
    cases(
        "ingress:\n  namespace: n\n  ingressName: x",
        "cluster-resources/ingress/n.json",
        "Ingress x",
        &[("", named, "good"), ("", "{}", "bad")],
    );
    cases(
        "customResourceDefinition:\n  customResourceDefinitionName: x",
        "cluster-resources/custom-resource-definitions.json",
        "Custom resource definition x",
        &[("", named, "good"), ("", "{}", "bad")],
    );
    cases(
        "secret:\n  namespace: n\n  secretName: s\n  key: k",
        "secrets/n/s/k.json",
        "Secret s",
        &[
            (
                "",
                r#"{"secretExists": true, "key": "k", "keyExists": true}"#,
                "good",
            ),
            (
                "",
                r#"{"secretExists": true, "key": "k", "keyExists": false}"#,
                "bad",
            ),
            ("", r#"{"secretExists": false}"#, "bad"),
        ],
    );
    cases(
        "configMap:\n  namespace: n\n  configMapName: c",
        "configmaps/n/c.json",
        "ConfigMap c",
        &[
            ("", r#"{"configMapExists": true}"#, "good"),
            ("", "{}", "bad"),
        ],
    );
    let path = "cluster-resources/image-pull-secrets/a.json";
    let found = |content| {
        concluded(
            "imagePullSecret: {registryName: quay.io}",
            false,
            &[(path, content)],
        )
    };
    assert_eq!(
        found(r#"{"quay.io": "me"}"#),
        ["Pass|Image Pull Secrets|Credentials to pull from: quay.io found"]
    );
    assert_eq!(
        found("{}"),
        ["Fail|Image Pull Secrets|Credentials to pull from: quay.io not found"]
    );
    assert_eq!(
        concluded("secret: {secretName: s, namespace: n}", false, &[]),
        ["error"]
    );
}

#[test]
fn documents() {
    let json = r#"{"a": {"b": [1, 2], "c": "x"}}"#;
    for (place, value, expected) in [
        ("path: a.c", r#"'"x"'"#, "Pass|c|good"),
        ("path: a.b", "'[2, 1.0]'", "Pass|c|good"),
        ("path: 'a.b.[1]'", "'1'", "Fail|c|is x"),
        ("jsonPath: '$.a.c'", r#"'"x"'"#, "Pass|c|good"),
        ("jsonPath: '{.a.d}'", "'[]'", "Pass|c|good"),
        ("path: a.c.d", "'1'", "error"),
    ] {
        let analyzer = format!(
            "jsonCompare:\n  collectorName: c\n  fileName: f.json\n  {place}\n  value: {value}\n  \
             outcomes: [{{fail: {{message: 'is {{{{ .a.c }}}}'}}}}, {{pass: {{message: good}}}}]"
        );
        assert_eq!(
            concluded(&analyzer, false, &[("c/f.json", json)]),
            [expected],
            "{place}"
        );
    }
    let yaml = "a:\n  port: 1\n  name: '1'\n  on: yes\n";
    for (path, value, expected) in [
        ("a.port", "1", "good"),
        ("a.port", "'1'", "bad"),
        ("a.name", "'1'", "good"),
        ("a.on", "'true'", "bad"),
        ("a.on", "true", "good"),
    ] {
        let analyzer = format!(
            "yamlCompare:\n  fileName: f\n  path: {path}\n  value: |\n    {value}\n  outcomes: [{{fail: {{message: bad}}}}, {{pass: {{message: good}}}}]"
        );
        let found = concluded(&analyzer, false, &[("f", yaml)]);
        assert!(found[0].ends_with(expected), "{path} {value} {found:?}");
    }
    assert_eq!(
        concluded(
            "jsonCompare: {fileName: f, value: '1'}",
            false,
            &[("f", "2")]
        ),
        ["Fail|Json Compare|Invalid analyzer"]
    );
}

#[test]
fn resources() {
    let objects = r#"{"items": [{"metadata": {"name": "p"}, "spec": {"size": "10Gi", "count": 3, "word": "a-12"}}]}"#;
    let path = "cluster-resources/pvcs/default.json";
    let head =
        |rest: &str| format!("clusterResource:\n  checkName: R\n  kind: PVC\n  name: p\n  {rest}");
    let case = |when, expected| (when, objects, expected);
    cases(
        &head("yamlPath: spec.size"),
        path,
        "R",
        &[
            case("< 20Gi", "bad"),
            case(">= 20Gi", "good"),
            case("x", "error"),
        ],
    );
    cases(
        &head("yamlPath: spec.count"),
        path,
        "R",
        &[case("= 3", "bad"), case("> 3", "good")],
    );
    cases(
        &head("yamlPath: spec.word\n  expectedValue: a-12"),
        path,
        "R",
        &[case("false", "good"), case("true", "bad")],
    );
    cases(
        &head("yamlPath: spec.word\n  regexGroups: 'a-(?P<N>\\d+)'"),
        path,
        "R",
        &[case("N > 10", "bad"), case("N > 12", "good")],
    );
    let found = concluded(&head("yamlPath: spec.size.deep"), false, &[(path, objects)]);
    assert_eq!(found, ["Fail|R|YAML path provided is invalid"]);
    let missing = concluded(
        "clusterResource: {kind: Pod, name: x, namespace: n, checkName: R}",
        false,
        &[],
    );
    assert_eq!(missing, ["Fail|R|Pod x in namespace n does not exist"]);
    let missing = concluded(
        "clusterResource: {kind: Node, clusterScoped: true, name: x, checkName: R}",
        false,
        &[],
    );
    assert_eq!(missing, ["Fail|R|Node x does not exist"]);
}

#[test]
fn connections() {
    let down = r#"{"isConnected": false, "error": "connection refused"}"#;
    let up = r#"{"isConnected": true, "version": "10.5"}"#;
    cases(
        "postgres:\n  collectorName: pg",
        "postgres/pg.json",
        "pg",
        &[
            ("connected == false", down, "bad connection refused"),
            ("connected != true", up, "good"),
            ("version < 11.x", up, "bad"),
            ("version >= 10.5.1", up, "good"),
            ("version < 1", down, "error"),
            ("connected > true", up, "error"),
            ("connected", up, "error"),
        ],
    );
    cases(
        "redis:",
        "redis/redis.json",
        "redis",
        &[("connected == false", down, "bad")],
    );
    let images =
        r#"{"images": {"a": {"exists": true}, "b": {"exists": false}, "c": {"error": "x"}}}"#;
    cases(
        "registryImages:",
        "registry/images.json",
        "images",
        &[
            ("missing > 0", images, "bad"),
            ("verified == 1", images, "bad"),
            ("errors > 1", images, "good"),
            ("x > 0", images, "error"),
        ],
    );
    cases(
        "http:\n  collectorName: h",
        "h.json",
        "h",
        &[
            (
                "statusCode == 200",
                r#"{"response": {"status": 200}}"#,
                "bad",
            ),
            ("error", r#"{"error": {"message": "x"}}"#, "bad"),
            ("statusCode == 200", r#"{"error": {}}"#, "good"),
        ],
    );
}

#[test]
fn certificates_end() {
    let content = r#"[{"source": {"secret": "s", "namespace": "n"}, "certificateChain": [
        {"certificate": "a", "isValid": true, "notAfter": "2025-06-10T00:00:00Z"},
        {"certificate": "b", "isValid": true, "notAfter": "2026-06-10T00:00:00Z"},
        {"certificate": "c", "isValid": false, "notAfter": "2024-06-10T00:00:00Z"}]}]"#;
    let analyzer = "certificates:\n  outcomes:\n    - pass: {message: is valid}\n    - warn: {when: 'notAfter < Today + 15 days', message: ends}\n    - fail: {message: is invalid}";
    let found = concluded(
        analyzer,
        false,
        &[("certificates/certificates.json", content)],
    );
    let title = "Cerfiticates Verification";
    assert_eq!(
        found,
        [
            format!("Warn|{title}|a ends in 15 days, obtained from s secret within n namespace"),
            format!("Pass|{title}|b is valid, obtained from s secret within n namespace"),
            format!("Fail|{title}|c is invalid, obtained from s secret within n namespace"),
        ]
    );
}

#[test]
fn kernels_and_events() {
    let analyzer = with_outcomes("sysctl:", "net.ipv4.ip_forward = 0");
    let (off, on) = (
        "/proc/sys/net/ipv4/ip_forward = 0\nx\n",
        "/proc/sys/net/ipv4/ip_forward = 1\n",
    );
    let found = |files: &[(&str, &str)]| concluded(&analyzer, false, files);
    assert_eq!(
        found(&[("sysctl/a", off), ("sysctl/b", on)]),
        ["Fail|Sysctl|Node a: bad"]
    );
    assert_eq!(
        found(&[("sysctl/a", off), ("sysctl/b", off)]),
        ["Fail|Sysctl|Nodes a, b: bad"]
    );
    assert_eq!(found(&[("sysctl/a", on)]), ["Pass|Sysctl|good"]);
    assert_eq!(found(&[]), ["error"]);
    let path = "cluster-resources/events/default.json";
    let events = r#"{"items": [{"reason": "Unhealthy", "message": "Readiness probe failed", "involvedObject": {"kind": "Pod", "name": "p"}}]}"#;
    let event = "event:\n  reason: unhealthy\n  kind: Pod\n  regex: '(?i)readiness'\n  outcomes:\n    - fail: {when: 'true', message: '{{ .InvolvedObject.Name }}: {{ .Message }}'}\n    - pass: {when: 'false', message: good}";
    assert_eq!(
        concluded(event, false, &[(path, events)]),
        ["Fail|Event|p: Readiness probe failed"]
    );
    assert_eq!(
        concluded(event, false, &[(path, "{}")]),
        ["Pass|Event|good"]
    );
}

#[test]
fn metrics_pings_and_ceph() {
    let summary = r#"{"pods": [{"podRef": {"namespace": "n"}, "volume": [{"pvcRef": {"name": "data", "namespace": "n"}, "usedBytes": 90, "capacityBytes": 100}]}]}"#;
    let metrics = "nodeMetrics:\n  checkName: M\n  filters: {pvc: {nameRegex: '^da'}}\n  outcomes:\n    - fail: {when: 'pvcUsedPercentage >= 80', message: 'full: {{ .PVC.ConcatenatedNames }}'}\n    - pass: {message: good}";
    assert_eq!(
        concluded(metrics, false, &[("node-metrics/a.json", summary)]),
        ["Fail|M|full: n/data"]
    );
    assert_eq!(
        concluded(metrics, false, &[("node-metrics/a.json", "{}")]),
        ["Pass|M|good"]
    );
    let pings = r#"{"hosts": [{"podName": "a"}, {"podName": "b"}], "responses": {"a": {"response": {"podResults": {"a": {"OK": true}, "b": {"OK": false, "error": "timeout"}}}}}}"#;
    assert_eq!(
        concluded(
            "goldpinger: {}",
            false,
            &[("goldpinger/check_all.json", pings)]
        ),
        [
            "Pass|Pings to \"a\" pod from all other pods succeeded|Pings to \"a\" pod from all other pods succeeded",
            "Fail|Ping from \"a\" pod to \"b\" pod failed|Ping error: timeout",
        ]
    );
    let status = r#"{"health": {"status": "HEALTH_WARN", "checks": {"OSD_DOWN": {"summary": {"message": "1 osds down"}}}},
        "osdmap": {"osdmap": {"num_osds": 3, "num_up_osds": 2, "nearfull": true}}, "pgmap": {"bytes_used": 1, "bytes_total": 3}}"#;
    let message =
        "3 OSDs up\nOSD disk is nearly full\nPG storage usage is 33.3%\nOSD_DOWN: 1 osds down";
    let found = concluded(
        "cephStatus: {namespace: rook-ceph}",
        false,
        &[("ceph/status.json", status)],
    );
    assert_eq!(
        found,
        [format!(
            "Warn|Ceph Status|Ceph status is HEALTH_WARN\n2/{message}"
        )]
    );
    let found = concluded(
        &with_outcomes("cephStatus:\n  namespace: x", "<= HEALTH_WARN"),
        false,
        &[("x/ceph/status.json", status)],
    );
    assert_eq!(found, [format!("Fail|Ceph Status|bad\n2/{message}")]);
    assert_eq!(concluded("cephStatus: {}", false, &[]), [""; 0]);
}
