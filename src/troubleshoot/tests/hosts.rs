//! The analyzers of what was collected from hosts, on small bundles.

use super::super::Verdict;
use super::{Memory, concluded, shown, spec_of, with_outcomes};

/// One analyzer with outcomes on a condition, on one file: whether the condition holds, or is an error.
fn cases(head: &str, path: &str, title: &str, content: &str, cases: &[(&str, Option<bool>)]) {
    for (when, expected) in cases {
        let found = concluded(&with_outcomes(head, when), true, &[(path, content)]);
        let expected = match expected {
            Some(true) => format!("Fail|{title}|bad"),
            Some(false) => format!("Pass|{title}|good"),
            None => "error".to_owned(),
        };
        assert_eq!(found, [expected], "{head} {when}");
    }
}

const YES: Option<bool> = Some(true);
const NO: Option<bool> = Some(false);

#[test]
fn processors_and_memory() {
    let cpu = r#"{"logicalCount": 8, "physicalCount": 4, "machineArch": "x86_64", "flags": ["cmov", "cx8", "fpu", "fxsr", "mmx", "syscall", "sse", "sse2", "avx"]}"#;
    cases(
        "cpu:",
        "host-collectors/system/cpu.json",
        "Number of CPUs",
        cpu,
        &[
            ("< 9", YES),
            ("count >= 9", NO),
            ("physical = 4", YES),
            ("logical != 8", NO),
            ("machineArch == x86_64", YES),
            ("machineArch > x", None),
            ("supports x86-64", YES),
            ("supports x86-64-v2", NO),
            ("supports z80", None),
            ("hasFlags avx,sse2", YES),
            ("hasFlags avx512f", NO),
            ("cores > 1", None),
            ("1", None),
            ("> x", None),
            (">  1", None),
        ],
    );
    cases(
        "memory:",
        "host-collectors/system/memory.json",
        "Amount of Memory",
        r#"{"total": 8589934592}"#,
        &[
            ("< 8Gi", NO),
            ("<= 8Gi", YES),
            ("== 8589934592", YES),
            ("> 1.5", None),
            ("8Gi", None),
            ("> -1", None),
        ],
    );
    let message = "cpu: {outcomes: [{pass: {message: 'on {{ Info.MachineArch }}'}}]}";
    assert_eq!(
        concluded(message, true, &[("host-collectors/system/cpu.json", cpu)]),
        ["Pass|Number of CPUs|on x86_64"]
    );
}

#[test]
fn disks() {
    let usage = r#"{"total_bytes": 100, "used_bytes": 80}"#;
    cases(
        "diskUsage:\n  collectorName: root",
        "host-collectors/diskUsage/root.json",
        "Disk Usage root",
        usage,
        &[
            ("used/total >= 80%", YES),
            ("used/total > 0.8", NO),
            ("available < 21", YES),
            ("total = 100", YES),
            ("used < 1Ki", YES),
            ("available/total > 50%", NO),
            ("free > 1", None),
            ("used/total > x", None),
            ("total != 1", None),
            ("total > 1 2", None),
        ],
    );
    cases(
        "diskUsage:",
        "host-collectors/diskUsage/diskUsage.json",
        "Disk Usage ",
        "{}",
        &[("used/total > 80%", NO)],
    );
    let devices = r#"[{"name": "sda", "kernel_name": "sda", "type": "disk", "size": 100},
        {"name": "sda1", "kernel_name": "sda1", "parent_kernel_name": "sda", "type": "part", "size": 50},
        {"name": "sdb", "kernel_name": "sdb", "type": "disk", "size": 100},
        {"name": "sdc", "kernel_name": "sdc", "type": "disk", "size": 5}, {"name": "sdd", "type": "disk", "size": 100, "read_only": true}]"#;
    let path = "host-collectors/system/block_devices.json";
    cases(
        "blockDevices:\n  minimumAcceptableSize: 10",
        path,
        "Block Devices",
        devices,
        &[
            ("sd. = 1", YES),
            ("sdx > 0", NO),
            (".* >= 2", NO),
            ("sd != 1", None),
            ("sd > x", None),
            ("sd", None),
        ],
    );
    cases(
        "blockDevices:\n  includeUnmountedPartitions: true",
        path,
        "Block Devices",
        devices,
        &[("sd. = 3", YES)],
    );
}

#[test]
fn clocks_and_systems() {
    let time = r#"{"timezone": "UTC", "ntp_synchronized": false, "ntp_active": true}"#;
    cases(
        "time:",
        "host-collectors/system/time.json",
        "Time",
        time,
        &[
            ("ntp == unsynchronized+active", YES),
            ("ntp == synchronized+active", NO),
            ("timezone != UTC", NO),
            ("timezone = UTC", YES),
            ("ntp != synchronized+active", None),
            ("ntp == x", None),
            ("date == 1", None),
            ("ntp", None),
            ("timezone > UTC", None),
        ],
    );
    let os =
        r#"{"platform": "centos", "platformVersion": "7.9", "kernelVersion": "3.10.0-1160.el7"}"#;
    cases(
        "hostOS:",
        "host-collectors/system/hostos_info.json",
        "Host OS Info",
        os,
        &[
            ("centos < 8", YES),
            ("centos >= 8 && < 9", NO),
            ("kernelVersion < 4.0", YES),
            ("centos", None),
        ],
    );
    let services =
        r#"[{"Unit": "docker.service", "Active": "active", "Sub": "running", "Load": "loaded"}]"#;
    cases(
        "hostServices:",
        "host-collectors/system/systemctl_services.json",
        "Host Services",
        services,
        &[("docker = active", YES), ("docker != active", NO)],
    );
}

#[test]
fn kernels() {
    let modules = r#"{"overlay": {"status": "loaded"}, "nf": {"status": "unloaded"}}"#;
    let path = "host-collectors/system/kernel_modules.json";
    let found = |outcomes: &str| {
        concluded(
            &format!("kernelModules: {{outcomes: [{outcomes}]}}"),
            true,
            &[(path, modules)],
        )
    };
    let (fail, pass) = ("{fail: {message: bad}}", "{pass: {message: good}}");
    assert_eq!(
        found(&format!(
            "{{pass: {{when: 'overlay == loaded', message: has}}}}, {fail}, {pass}"
        )),
        ["Pass|Kernel Modules|has", "Pass|Kernel Modules|good"]
    );
    assert_eq!(
        found(&format!(
            "{{fail: {{when: 'nf != loaded', message: lacks}}}}, {pass}"
        )),
        ["Fail|Kernel Modules|lacks"]
    );
    assert_eq!(
        found("{warn: {when: 'nf == loaded', message: x}}"),
        ["Warn|Kernel Modules|no results"]
    );
    let configs = |selected: &str| {
        let analyzer = format!(
            "kernelConfigs: {{selectedConfigs: [{selected}], outcomes: [{{fail: {{message: 'no {{{{ .ConfigsNotFound }}}}'}}}}, {{pass: {{message: good}}}}]}}"
        );
        concluded(
            &analyzer,
            true,
            &[(
                "host-collectors/system/kernel-configs.json",
                r#"{"CONFIG_A": "y", "CONFIG_B": "m"}"#,
            )],
        )
    };
    assert_eq!(
        configs("CONFIG_A=y, CONFIG_B=ym"),
        ["Pass|Kernel Configs|good"]
    );
    assert_eq!(
        configs("CONFIG_A=n, CONFIG_C=y"),
        ["Fail|Kernel Configs|no CONFIG_A=n, CONFIG_C=y"]
    );
    let sysctl = r#"{"net.core.somaxconn": "128", "kernel.x": "y"}"#;
    cases(
        "sysctl:",
        "host-collectors/system/sysctl.json",
        "Sysctl",
        sysctl,
        &[
            ("net.core.somaxconn < 4096", YES),
            ("kernel.x = y", YES),
            ("kernel.x > 1", None),
            ("missing = 1", None),
        ],
    );
}

#[test]
fn networks() {
    let status = r#"{"status": "connection-refused", "message": ""}"#;
    for (head, path, title) in [
        (
            "tcpPortStatus:\n  collectorName: c",
            "tcpPortStatus/c",
            "TCP Port Status",
        ),
        (
            "udpPortStatus:",
            "udpPortStatus/udpPortStatus",
            "UDP Port Status",
        ),
        ("tcpConnect:", "connect/connect", "TCP Connection Attempt"),
        (
            "tcpLoadBalancer:",
            "tcpLoadBalancer/tcpLoadBalancer",
            "TCP Load Balancer",
        ),
        (
            "httpLoadBalancer:",
            "httpLoadBalancer/httpLoadBalancer",
            "HTTP Load Balancer",
        ),
        (
            "subnetAvailable:",
            "subnetAvailable/result",
            "Subnet Available",
        ),
    ] {
        let path = format!("host-collectors/{path}.json");
        cases(
            head,
            &path,
            title,
            status,
            &[("connection-refused", YES), ("connected", NO)],
        );
        cases(
            head,
            &path,
            title,
            "connection-refused\n",
            &[("connection-refused", YES)],
        );
        cases(head, &path, title, "{", &[("connected", None)]);
    }
    cases(
        "ipv4Interfaces:",
        "host-collectors/system/ipv4Interfaces.json",
        "IPv4 Interfaces",
        "[{}, {}]",
        &[("count > 1", YES), ("count < 1", NO), ("> 1", None)],
    );
    cases(
        "http:",
        "host-collectors/http/result.json",
        "HTTP Request",
        r#"{"response": {"status": 500}}"#,
        &[("statusCode >= 500", YES), ("error", NO)],
    );
    cases(
        "registryImages:",
        "host-collectors/registry-images/images.json",
        "Registry Images",
        "{}",
        &[("missing = 0", YES)],
    );
    let inside = "subnetContainsIP: {cidr: 10.0.0.0/8, ip: 10.1.1.1, outcomes: [{fail: {when: 'false', message: out}}, {pass: {when: 'true', message: in}}]}";
    assert_eq!(concluded(inside, true, &[]), ["Pass|Subnet Contains IP|in"]);
    let namespaces = "networkNamespaceConnectivity: {outcomes: [{pass: {message: good}}, {fail: {message: '{{ .FromCIDR }}: {{ .ErrorMessage }}'}}]}";
    let path = "host-collectors/system/networkNamespaceConnectivity.json";
    let failed =
        r#"{"from_cidr": "10.0.0.0/24", "errors": {"tcp_client": "timeout", "udp_client": ""}}"#;
    assert_eq!(
        concluded(namespaces, true, &[(path, failed)]),
        ["Fail|Network Namespace Connectivity|10.0.0.0/24: timeout"]
    );
    assert_eq!(
        concluded(namespaces, true, &[(path, "{}")]),
        ["Pass|Network Namespace Connectivity|good"]
    );
}

#[test]
fn packages() {
    let content = r#"{"os": "ubuntu", "osVersion": "20.04", "packages": [
        {"name": "nginx", "details": "Package: nginx\nVersion: 1.18", "exitCode": "0"}, {"name": "gone", "exitCode": "1"}]}"#;
    let analyzer = "systemPackages:\n  outcomes:\n    - fail: {when: '{{ not .IsInstalled }}', message: '{{ .Name }} is missing'}\n    \
        - pass: {when: '{{ and (eq .OS \"ubuntu\") (ge .OSVersionMajor 20) }}', message: '{{ .Name }} {{ .Version }}'}";
    let found = concluded(
        analyzer,
        true,
        &[("host-collectors/system/packages-packages.json", content)],
    );
    assert_eq!(
        found,
        [
            "Pass|System Packages|nginx 1.18",
            "Fail|System Packages|gone is missing"
        ]
    );
    let wrong = "systemPackages: {outcomes: [{fail: {when: '{{ .Name }}'}}]}";
    assert_eq!(
        concluded(
            wrong,
            true,
            &[("host-collectors/system/packages-packages.json", content)]
        ),
        ["error"]
    );
}

#[test]
fn certificates() {
    cases(
        "certificate:",
        "host-collectors/certificate/certificate.json",
        "Certificate Key Pair",
        "key-pair-mismatch\n",
        &[("key-pair-mismatch", YES), ("key-pair-valid", NO)],
    );
    let content = r#"[{"certificatePath": "/a.crt", "message": "cert-missing"},
        {"certificatePath": "/b.crt", "certificateChain": [{"isValid": true, "notAfter": "2025-06-02T00:00:00Z"}]}]"#;
    let analyzer = "certificatesCollection: {outcomes: [{warn: {when: 'notAfter < Today + 2 days', message: ends}}, {pass: {message: good}}]}";
    let path = "host-collectors/certificatesCollection/certificatesCollection.json";
    let title = "Host Cerfiticates Collection";
    assert_eq!(
        concluded(analyzer, true, &[(path, content)]),
        [
            format!("Fail|{title}|Certificate is missing, cannot be obtained from /a.crt"),
            format!("Warn|{title}|ends in 2 days, obtained from /b.crt"),
        ]
    );
    assert_eq!(
        concluded(analyzer, true, &[(path, "[]")]),
        [format!("Warn|{title}|no results")]
    );
}

#[test]
fn nodes_have_a_result_each() {
    let analyzer = with_outcomes("memory:", "< 8");
    let list = (
        "host-collectors/system/node_list.json",
        r#"{"nodes": ["a", "b"]}"#,
    );
    let (a, b) = (
        "host-collectors/system/a/memory.json",
        "host-collectors/system/b/memory.json",
    );
    let found = concluded(
        &analyzer,
        true,
        &[list, (a, r#"{"total": 4}"#), (b, r#"{"total": 16}"#)],
    );
    assert_eq!(
        found,
        [
            "Fail|Amount of Memory - Node a|bad",
            "Pass|Amount of Memory - Node b|good"
        ]
    );
    assert_eq!(concluded(&analyzer, true, &[list, (a, "{}")]), ["error"]);
    assert_eq!(concluded(&analyzer, true, &[]), ["error"]);
    let spec = spec_of(&with_outcomes("memory:\n  checkName: M", "< 8"), true);
    let files = Memory::new(&[("host-collectors/system/memory.json", "{}")]);
    let outcomes = spec.analyzers[0].evaluate(&files).expect("evaluated");
    assert_eq!(
        (shown(&outcomes[0]).as_str(), outcomes[0].result),
        ("Fail|M|bad", Verdict::Fail)
    );
}
