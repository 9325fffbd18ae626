//! The analyzers of workloads and nodes, on small bundles.

use super::cluster::cases;
use super::{concluded, with_outcomes};

#[test]
fn deployments() {
    let path = "cluster-resources/deployments/n.json";
    let content = r#"{"items": [{"metadata": {"name": "d", "namespace": "n"}, "status": {"replicas": 3, "readyReplicas": 1, "availableReplicas": 2}}]}"#;
    let head = "deploymentStatus:\n  namespace: n\n  name: d";
    cases(
        head,
        path,
        "d Status",
        &[
            ("< 2", content, "bad"),
            ("absent", content, "good"),
            ("!= 1", content, "error"),
            ("<2", content, "error"),
        ],
    );
    let absent = |when| concluded(&with_outcomes(head, when), false, &[(path, "{}")]);
    assert_eq!(absent("absent"), ["Fail|d Status|bad"]);
    assert_eq!(
        absent("< 1"),
        ["Fail|d Status|The deployment \"d\" was not found"]
    );
    assert_eq!(concluded(&with_outcomes(head, "< 1"), false, &[]), [""; 0]);
    let all = concluded(
        "deploymentStatus: {namespaces: [n]}",
        false,
        &[(path, content)],
    );
    assert_eq!(
        all,
        ["Fail|n/d Deployment Status|The deployment n/d has 1/3 replicas"]
    );
    let sets = concluded(
        "statefulsetStatus: {}",
        false,
        &[("cluster-resources/statefulsets/n.json", content)],
    );
    assert_eq!(
        sets,
        ["Fail|n/d Statefulset Status|The statefulset n/d has 1/3 replicas"]
    );
}

#[test]
fn jobs_and_replicasets() {
    let path = "cluster-resources/jobs/n.json";
    let content = r#"[{"metadata": {"name": "j", "namespace": "n"}, "spec": {"completions": 1}, "status": {"failed": 2}}]"#;
    let head = "jobStatus:\n  namespace: n\n  name: j";
    cases(
        head,
        path,
        "j Status",
        &[
            ("failed > 1", content, "bad"),
            ("succeeded > 0", content, "good"),
            ("= 0", content, "error"),
            ("x = 0", content, "error"),
        ],
    );
    let default = concluded(
        "jobStatus: {name: j, namespace: n}",
        false,
        &[(path, content)],
    );
    assert_eq!(default, ["Fail|n/j Job Status|The job n/j is not complete"]);
    let missing = concluded(
        "jobStatus: {name: x, namespace: n}",
        false,
        &[(path, content)],
    );
    assert_eq!(missing, ["Fail|x Job Status|The job \"x\" was not found"]);
    let path = "cluster-resources/replicasets/n.json";
    let content = r#"{"items": [
        {"metadata": {"name": "r", "namespace": "n", "labels": {"app": "web"}}, "spec": {"replicas": 2}, "status": {"readyReplicas": 1, "availableReplicas": 1}},
        {"metadata": {"name": "s", "namespace": "n"}, "status": {"availableReplicas": 0}}]}"#;
    let all = concluded(
        "replicasetStatus: {selector: ['app=web']}",
        false,
        &[(path, content)],
    );
    assert_eq!(
        all,
        ["Fail|n/r ReplicaSet Status|The replicaset n/r is not ready"]
    );
    let found = concluded(
        &with_outcomes("replicasetStatus:", "available < 1"),
        false,
        &[(path, content)],
    );
    assert_eq!(found, ["Pass|r Status|good", "Fail|s Status|bad"]);
}

const PODS: &str = r#"{"items": [
    {"metadata": {"name": "a", "namespace": "n"}, "status": {"phase": "Running", "containerStatuses": [
        {"name": "c", "ready": false, "restartCount": 9, "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off"}},
         "lastState": {"terminated": {"reason": "OOMKilled", "exitCode": 137}}},
        {"name": "d", "ready": true, "restartCount": 0, "state": {"running": {}}}]}},
    {"metadata": {"name": "b", "namespace": "n"}, "status": {"phase": "Pending"}}]}"#;

#[test]
fn pods() {
    let path = "cluster-resources/pods/n.json";
    let events = r#"{"items": [{"type": "Warning", "message": "no node", "involvedObject": {"kind": "Pod", "name": "b", "namespace": "n"}}]}"#;
    let files = [(path, PODS), ("cluster-resources/events/n.json", events)];
    let found = concluded(
        "clusterPodStatuses: {outcomes: [{fail: {when: '!= Healthy'}}]}",
        false,
        &files,
    );
    assert_eq!(
        found,
        [
            "Fail|Pod n/a status|Pod n/a status is CrashLoopBackOff. Message is: ExitCode:137",
            "Fail|Pod n/b status|Pod n/b status is Pending. Message is: no node",
        ]
    );
    let one = "clusterPodStatuses: {namespaces: [n], checkName: '{{ .Name }}!', outcomes: [{warn: {when: '== CrashLoopBackOff', message: '{{ .Status.Phase }}'}}]}";
    assert_eq!(concluded(one, false, &files), ["Warn|a!|Running"]);
    let other = "clusterPodStatuses: {namespaces: [other], outcomes: [{fail: {message: x}}]}";
    assert_eq!(concluded(other, false, &files), [""; 0]);
}

#[test]
fn containers() {
    let files = [("cluster-resources/pods/n.json", PODS)];
    let found = |outcomes: &str| {
        concluded(
            &format!("clusterContainerStatuses: {{restartCount: 3, outcomes: [{outcomes}]}}"),
            false,
            &files,
        )
    };
    let message = "message: '{{ .PodName }}/{{ .ContainerName }} {{ .RestartCount }} {{ .Ready }}'";
    assert_eq!(
        found(&format!(
            "{{fail: {{when: '== oomkilled', {message}}}}}, {{pass: {{message: good}}}}"
        )),
        ["Fail|Cluster Container Status|a/c 9 false"]
    );
    assert_eq!(
        found("{fail: {when: '== Error', message: bad}}, {pass: {message: good}}"),
        ["Pass|Cluster Container Status|good"]
    );
    assert_eq!(
        found("{fail: {when: '!= OOMKilled', message: bad}}"),
        [""; 0]
    );
    assert_eq!(
        found("{fail: {when: 'OOMKilled', message: bad}}"),
        ["error"]
    );
}

const NODES: &str = r#"{"items": [
    {"metadata": {"name": "m", "labels": {"zone": "a", "node-role.kubernetes.io/control-plane": ""}}, "spec": {"taints": [{"key": "t", "effect": "NoSchedule"}], "providerID": "aws:///x"},
     "status": {"capacity": {"cpu": "4", "memory": "16Gi", "gpu": "1"}, "allocatable": {"cpu": "3500m"}, "nodeInfo": {"architecture": "amd64", "containerRuntimeVersion": "containerd://1.7"},
                "conditions": [{"type": "Ready", "status": "True"}]}},
    {"metadata": {"name": "w", "labels": {"zone": "b"}}, "status": {"capacity": {"cpu": "2", "memory": "8Gi"}, "nodeInfo": {"architecture": "arm64", "containerRuntimeVersion": "docker://20"},
                "conditions": [{"type": "Ready", "status": "False"}]}}]}"#;

#[test]
fn nodes() {
    let path = "cluster-resources/nodes.json";
    let case = |when, expected| (when, NODES, expected);
    cases(
        "nodeResources:",
        path,
        "Node Resources",
        &[
            case("< 3", "bad"),
            case("count() = 2", "bad"),
            case("count() > 2", "good"),
            case("countDistinct(zone) == 2", "bad"),
            case("min(memoryCapacity) < 16Gi", "bad"),
            case("max(cpuCapacity) >= 4", "bad"),
            case("sum(cpuCapacity) == 6", "bad"),
            case("sum(cpuAllocatable) == 3500m", "bad"),
            case("min(cpuAllocatable) == 0", "bad"),
            case("nodeCondition(Ready) == False", "bad"),
            case("nodeCondition(DiskPressure) == True", "good"),
            case("nodeCondition(Ready) > True", "error"),
            case("min(nothing) > 1", "error"),
            case("middle(cpuCapacity) > 1", "error"),
            case("count() > x", "error"),
            case("sum(cpuCapacity) != 6", "error"),
            case("a b c d", "error"),
        ],
    );
    let count = |filters: &str| {
        let head = format!(
            "nodeResources:\n  filters: {filters}\n  outcomes: [{{pass: {{message: '{{{{ .NodeCount }}}} {{{{ .CPUCapacity }}}}'}}}}]"
        );
        concluded(&head, false, &[(path, NODES)])
    };
    for (filters, expected) in [
        ("{cpuCapacity: '3'}", "1 3"),
        ("{cpuAllocatable: '1'}", "1 "),
        ("{cpuArchitecture: ARM64}", "1 "),
        ("{selector: {matchLabel: {zone: a}}}", "1 "),
        (
            "{selector: {matchExpressions: [{key: zone, operator: NotIn, values: [a]}]}}",
            "1 ",
        ),
        ("{resourceName: gpu}", "1 "),
        ("{resourceName: gpu, resourceCapacity: '2'}", "0 "),
        (
            "{taint: {key: t, effect: NoSchedule}, memoryCapacity: 64Gi}",
            "1 ",
        ),
        ("{memoryCapacity: 8Gi}", "2 "),
    ] {
        assert_eq!(
            count(filters),
            [format!("Pass|Node Resources|{expected}")],
            "{filters}"
        );
    }
    assert_eq!(
        concluded("nodeResources: {}", false, &[]),
        ["Warn|Node Resources|No matching files"]
    );
    assert_eq!(
        concluded("nodeResources: {ignoreIfNoFiles: true}", false, &[]),
        [""; 0]
    );
}

#[test]
fn distributions() {
    let path = "cluster-resources/nodes.json";
    // EKS has no control plane among its nodes.
    cases(
        "distribution:",
        path,
        "Kubernetes Distribution",
        &[
            ("== eks", NODES, "good"),
            ("!= eks", NODES, "bad"),
            ("k3s", NODES, "good"),
            ("a b c", NODES, "error"),
        ],
    );
    let k3s = r#"[{"metadata": {"labels": {"node.kubernetes.io/instance-type": "k3s"}}}]"#;
    cases(
        "distribution:",
        path,
        "Kubernetes Distribution",
        &[("= k3s", k3s, "bad")],
    );
    let found = |when| {
        concluded(
            &format!("distribution: {{outcomes: [{{pass: {{when: '{when}'}}}}]}}"),
            false,
            &[(path, NODES)],
        )
    };
    assert_eq!(
        found("= gke"),
        ["Warn|Kubernetes Distribution|None of the conditionals were met"]
    );
    assert_eq!(
        found("= rancher"),
        ["Warn|Kubernetes Distribution|- Unknown distribution: rancher "]
    );
    let resources = r#"[{"groupVersion": "apps.openshift.io/v1"}]"#;
    let files = [
        (path, NODES),
        ("cluster-resources/resources.json", resources),
    ];
    assert_eq!(
        concluded(&with_outcomes("distribution:", "openShift"), false, &files),
        ["Fail|Kubernetes Distribution|bad"]
    );
    cases(
        "containerRuntime:",
        path,
        "Container Runtime",
        &[
            ("== docker", NODES, "bad"),
            ("== cri-o", NODES, "good"),
            ("!= docker", NODES, "good"),
            ("docker", NODES, "error"),
        ],
    );
}
