//! Findings joined with facts: the right cause for each row of the table, and none when one thing is changed.

use bundlecheck::report::{Confidence, Diagnosis, Finding, Report};
use bundlecheck::{Bundle, Catalog, Checker};

use crate::pack::{self, Files};
use crate::support::{checker, corpus, decisions, root};

/// The causes that are shown for each sample, with their confidence; a sample that is not listed has none.
const EXPECTED: &[(&str, &str, Confidence)] = &[
    (
        "01-refused-nothing-listens",
        "service-not-listening",
        Confidence::Confirmed,
    ),
    (
        "02-refused-loopback-only",
        "service-bound-to-loopback",
        Confidence::Confirmed,
    ),
    (
        "03-refused-rejected",
        "firewall-rejects-port",
        Confidence::Confirmed,
    ),
    (
        "04-refused-but-dropped",
        "firewall-mismatch",
        Confidence::Possible,
    ),
    (
        "05-refused-but-prohibited",
        "firewall-mismatch",
        Confidence::Possible,
    ),
    (
        "06-refused-then-connected",
        "service-started-late",
        Confidence::Confirmed,
    ),
    (
        "07-refused-listens-now",
        "service-listens-now",
        Confidence::Likely,
    ),
    (
        "08-timeout-dropped",
        "firewall-drops-port",
        Confidence::Confirmed,
    ),
    (
        "09-timeout-dropped-nothing-listens",
        "firewall-drops-unused-port",
        Confidence::Confirmed,
    ),
    (
        "10-timeout-accepted",
        "packets-lost-on-the-way",
        Confidence::Likely,
    ),
    (
        "11-timeout-conntrack-full",
        "conntrack-table-full",
        Confidence::Confirmed,
    ),
    (
        "12-no-route-prohibited",
        "firewall-prohibits-port",
        Confidence::Confirmed,
    ),
    (
        "13-no-route-host-down",
        "host-is-down",
        Confidence::Confirmed,
    ),
    (
        "14-network-unreachable",
        "no-route-in-table",
        Confidence::Confirmed,
    ),
    (
        "15-container-to-host",
        "firewall-blocks-containers",
        Confidence::Confirmed,
    ),
    (
        "16-container-to-container",
        "firewall-blocks-between-containers",
        Confidence::Confirmed,
    ),
    (
        "17-published-port",
        "packets-lost-on-the-way",
        Confidence::Likely,
    ),
    (
        "19-name-not-resolved",
        "dns-server-does-not-answer",
        Confidence::Likely,
    ),
    (
        "21-service-without-endpoints",
        "service-without-endpoints",
        Confidence::Confirmed,
    ),
    ("23-oom-killed", "oom-killed-service", Confidence::Confirmed),
];

fn check(files: &Files) -> Report {
    let files = files.iter().map(|(path, content)| (&**path, &content[..]));
    checker()
        .check(&Bundle::from_files("bundle", files).unwrap())
        .unwrap()
}

fn sample(name: &str) -> Files {
    pack::files(&root().join("samples/decisions").join(name).join("bundle"))
}

/// Ids and confidences of what was joined.
fn joined(report: &Report) -> Vec<(String, Confidence)> {
    report
        .joined()
        .map(|diagnosis| (diagnosis.id.clone(), diagnosis.confidence))
        .collect()
}

fn diagnosis<'r>(report: &'r Report, id: &str) -> &'r Diagnosis {
    let found = report.diagnoses.iter().find(|diagnosis| diagnosis.id == id);
    found.unwrap_or_else(|| panic!("no {id} among {:?}", joined(report)))
}

fn replace(files: &mut Files, path: &str, from: &str, to: &str) {
    let (_, content) = files.iter_mut().find(|(name, _)| name == path).unwrap();
    let text = std::str::from_utf8(content).unwrap();
    assert!(text.contains(from), "{path} has no {from:?}");
    *content = text.replace(from, to).into_bytes();
}

#[test]
fn each_row_of_the_table_has_its_cause_and_no_other() {
    for sample in decisions() {
        let name = sample.file_name().unwrap().to_str().unwrap().to_owned();
        let report = check(&pack::files(&sample.join("bundle")));
        let expected = EXPECTED.iter().filter(|(row, ..)| *row == name);
        let expected: Vec<_> = expected
            .map(|(_, id, confidence)| ((*id).to_owned(), *confidence))
            .collect();
        assert_eq!(joined(&report), expected, "{name}");
    }
}

#[test]
fn what_was_ruled_out_is_said_with_the_line_that_says_so() {
    let report = check(&sample("03-refused-rejected"));
    let cause = diagnosis(&report, "firewall-rejects-port");
    assert_eq!(
        cause.evidence[0].text,
        "-A INPUT -j REJECT --reject-with icmp-port-unreachable"
    );
    let ruled_out: Vec<(&str, &str)> = cause
        .ruled_out
        .iter()
        .map(|one| (&*one.id, &*one.why))
        .collect();
    let listens = "postgres listens on 0.0.0.0:5432 of db1";
    assert_eq!(
        ruled_out,
        [
            ("service-bound-to-loopback", listens),
            ("service-not-listening", listens)
        ]
    );
    let place = cause.ruled_out[0].evidence.as_ref().unwrap();
    assert_eq!((&*place.entry, place.line), ("db1/commands/ss-ltnp.txt", 4));

    let report = check(&sample("01-refused-nothing-listens"));
    let ruled_out = &diagnosis(&report, "service-not-listening").ruled_out;
    assert!(
        ruled_out
            .iter()
            .any(|one| one.id == "firewall-rejects-port" && one.why.contains("accepts tcp/5432"))
    );
}

#[test]
fn without_a_piece_of_evidence_it_is_likely_and_the_report_asks_for_it() {
    for (row, id, file, ask) in [
        (
            "03-refused-rejected",
            "firewall-rejects-port",
            "db1/commands/ss-ltnp.txt",
            "ss -ltnp",
        ),
        (
            "03-refused-rejected",
            "firewall-rejects-port",
            "db1/commands/iptables-save.txt",
            "iptables-save; ipset list; nft list ruleset",
        ),
        (
            "15-container-to-host",
            "firewall-blocks-containers",
            "host1/commands/ss-ltnp.txt",
            "ss -ltnp",
        ),
    ] {
        let mut files = sample(row);
        files.retain(|(path, _)| path != file);
        let report = check(&files);
        let cause = diagnosis(&report, id);
        assert_eq!(cause.confidence, Confidence::Likely, "{row} without {file}");
        assert!(
            cause.ask_for.iter().any(|asked| asked.run == ask),
            "{row} without {file}: {:?}",
            cause.ask_for
        );
    }
}

#[test]
fn without_any_evidence_the_finding_says_what_to_collect() {
    let report = check(&sample("20-no-evidence"));
    let finding = &report.findings[0];
    assert!(report.diagnoses.is_empty());
    let possible: Vec<&str> = finding
        .possible_causes
        .iter()
        .map(|cause| &*cause.id)
        .collect();
    assert_eq!(
        possible,
        [
            "firewall-rejects-port",
            "service-bound-to-loopback",
            "service-not-listening"
        ]
    );
    let asked: Vec<&str> = finding.ask_for.iter().map(|ask| &*ask.run).collect();
    assert_eq!(
        asked,
        [
            "iptables-save; ipset list; nft list ruleset",
            "ss -ltnp",
            "ip -o addr; hostname"
        ]
    );
}

#[test]
fn changing_one_thing_turns_the_diagnosis_off() {
    const RULES: &str = "db1/commands/iptables-save.txt";
    const LAST: &str = "-A INPUT -j REJECT --reject-with icmp-port-unreachable";
    let changes = [
        (
            "an accept above",
            "-A INPUT -p tcp -m tcp --dport 5432 -j ACCEPT\n-A INPUT -j REJECT --reject-with icmp-port-unreachable",
        ),
        (
            "an accept for the network of the client",
            "-A INPUT -s 10.0.0.0/24 -j ACCEPT\n-A INPUT -j REJECT",
        ),
        (
            "another protocol",
            "-A INPUT -p udp -m udp --dport 5432 -j REJECT",
        ),
        (
            "another port",
            "-A INPUT -p tcp -m tcp --dport 5433 -j REJECT",
        ),
        ("another source", "-A INPUT -s 10.9.0.0/16 -j REJECT"),
        ("another interface", "-A INPUT -i eth1 -j REJECT"),
        ("another chain", "-A FORWARD -j REJECT"),
        ("a drop", "-A INPUT -j DROP"),
        (
            "a kind that the client would see otherwise",
            "-A INPUT -j REJECT --reject-with icmp-host-prohibited",
        ),
    ];
    for (what, rules) in changes {
        let mut files = sample("03-refused-rejected");
        replace(&mut files, RULES, LAST, rules);
        let report = check(&files);
        assert!(
            report
                .diagnoses
                .iter()
                .all(|diagnosis| diagnosis.id != "firewall-rejects-port"),
            "{what}"
        );
    }
    for (what, path, from, to) in [
        (
            "the host is masked",
            "app1/logs/api.log",
            "10.0.0.11",
            "***HIDDEN***",
        ),
        (
            "another host",
            "app1/logs/api.log",
            "10.0.0.11",
            "10.0.0.99",
        ),
        (
            "another port is dialled",
            "app1/logs/api.log",
            ":5432",
            ":22",
        ),
        (
            "it listens on loopback only",
            "db1/commands/ss-ltnp.txt",
            "0.0.0.0:5432",
            "127.0.0.1:5432",
        ),
    ] {
        let mut files = sample("03-refused-rejected");
        replace(&mut files, path, from, to);
        let report = check(&files);
        assert!(
            report
                .diagnoses
                .iter()
                .all(|diagnosis| diagnosis.id != "firewall-rejects-port"),
            "{what}"
        );
    }
}

#[test]
fn the_same_rules_in_another_form_give_the_same_diagnosis() {
    let forms = [
        (
            "commands/iptables-S.txt",
            "$ iptables -S\n-P INPUT ACCEPT\n-P FORWARD ACCEPT\n-P OUTPUT ACCEPT\n-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n-A INPUT -i lo -j ACCEPT\n-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n-A INPUT -j REJECT --reject-with icmp-port-unreachable\n",
        ),
        (
            "commands/iptables-L-n-v.txt",
            "Chain INPUT (policy ACCEPT 0 packets, 0 bytes)\n pkts bytes target     prot opt in     out     source               destination         \n  412 30110 ACCEPT     all  --  *      *       0.0.0.0/0            0.0.0.0/0            ctstate RELATED,ESTABLISHED\n    0     0 ACCEPT     all  --  lo     *       0.0.0.0/0            0.0.0.0/0           \n   11   660 ACCEPT     tcp  --  *      *       0.0.0.0/0            0.0.0.0/0            tcp dpt:22\n   94  5640 REJECT     all  --  *      *       0.0.0.0/0            0.0.0.0/0            reject-with icmp-port-unreachable\n\nChain FORWARD (policy ACCEPT 0 packets, 0 bytes)\n pkts bytes target     prot opt in     out     source               destination         \n\nChain OUTPUT (policy ACCEPT 0 packets, 0 bytes)\n pkts bytes target     prot opt in     out     source               destination         \n",
        ),
        (
            "commands/nft-list-ruleset.txt",
            "table inet filter {\n\tchain input {\n\t\ttype filter hook input priority filter; policy accept;\n\t\tct state established,related accept\n\t\tiifname \"lo\" accept\n\t\ttcp dport 22 accept\n\t\treject\n\t}\n}\n",
        ),
    ];
    for (name, text) in forms {
        is_confirmed_with("db1/commands/iptables-save.txt", name, text);
    }
    let sockets = [
        (
            "netstat.txt",
            "Active Internet connections (only servers)\nProto Recv-Q Send-Q Local Address           Foreign Address         State       PID/Program name\ntcp        0      0 0.0.0.0:5432            0.0.0.0:*               LISTEN      812/postgres\ntcp6       0      0 :::22                   :::*                    LISTEN      700/sshd\n",
        ),
        (
            "proc/net/tcp",
            "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   0: 00000000:1538 00000000:0000 0A 00000000:00000000 00:00000000 00000000    26        0 41200 1 0000000000000000 100 0 0 10 0\n",
        ),
        (
            "lsof-i.txt",
            "COMMAND  PID     USER   FD   TYPE DEVICE SIZE/OFF NODE NAME\nsshd     700     root    3u  IPv4  20100      0t0  TCP *:22 (LISTEN)\npostgres 812 postgres    6u  IPv4  41200      0t0  TCP *:5432 (LISTEN)\n",
        ),
    ];
    for (name, text) in sockets {
        is_confirmed_with("db1/commands/ss-ltnp.txt", name, text);
    }
}

/// Another file of db1 in the place of one tells the same.
fn is_confirmed_with(instead_of: &str, name: &str, text: &str) {
    let mut files = sample("03-refused-rejected");
    files.retain(|(path, _)| path != instead_of);
    files.push((format!("db1/{name}"), text.as_bytes().to_vec()));
    assert_eq!(
        diagnosis(&check(&files), "firewall-rejects-port").confidence,
        Confidence::Confirmed,
        "{name}"
    );
}

#[test]
fn an_old_failure_is_not_pinned_on_the_rules_of_today() {
    let mut files = sample("03-refused-rejected");
    files.push((
        "app1/logs/other.log".to_owned(),
        b"time=\"2026-08-05T11:00:00Z\" level=info msg=idle\n".to_vec(),
    ));
    let report = check(&files);
    let cause = diagnosis(&report, "firewall-rejects-port");
    assert_eq!(cause.confidence, Confidence::Likely);
    assert!(
        cause.why.contains("25 hours before the end of the bundle"),
        "{}",
        cause.why
    );
}

/// Numbers that look random and are the same on every machine (a linear congruential generator).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound
    }
}

/// A file that has nothing to do with the machines of the samples.
fn irrelevant(random: &mut Random) -> (String, Vec<u8>) {
    let texts = [
        "State  Recv-Q Send-Q Local Address:Port Peer Address:Port Process\nLISTEN 0 128 127.0.0.1:5432 0.0.0.0:* users:((\"postgres\",pid=1,fd=3))\n",
        "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n",
        "2: eth0: <BROADCAST,UP> mtu 1500\n    inet 198.51.100.7/24 scope global eth0\n",
        "time=\"2026-08-04T09:14:00Z\" level=info msg=\"all is well\"\n",
        "Filesystem 1K-blocks Used Available Use% Mounted on\n/dev/sda1 100 100 0 100% /\n",
        "  UNIT LOAD ACTIVE SUB DESCRIPTION\n* other.service loaded failed failed Other\n\n1 loaded units listed.\n",
        "#!/bin/sh\nexit 0\n",
        "\u{0}\u{1}\u{2}binary",
        "",
    ];
    let text = texts[random.below(texts.len())];
    let name = ["stats.txt", "notes", "a.log", "b.txt", "etc/motd"][random.below(5)];
    (
        format!(
            "node-{}/{name}-{}",
            70 + random.below(9),
            random.below(1000)
        ),
        text.as_bytes().to_vec(),
    )
}

#[test]
fn irrelevant_files_and_the_order_of_entries_change_nothing() {
    let mut random = Random(20_260_804);
    for sample in decisions() {
        let original = pack::files(&sample.join("bundle"));
        let expected = comparable(&check(&original));
        for _ in 0..4 {
            let mut files = original.clone();
            for _ in 0..random.below(6) {
                files.push(irrelevant(&mut random));
            }
            for at in (1..files.len()).rev() {
                files.swap(at, random.below(at + 1));
            }
            let names: Vec<&str> = files.iter().map(|(name, _)| &**name).collect();
            assert_eq!(
                comparable(&check(&files)),
                expected,
                "{}: {names:?}",
                sample.display()
            );
        }
    }
}

/// The diagnoses, and what is said of the findings.
fn comparable(report: &Report) -> serde_json::Value {
    let mut findings = report.findings.clone();
    // What is said of the whole cluster is of the only machine, if there is no other one.
    let of_cluster = |finding: &&mut Finding| finding.evidence[0].entry.starts_with("cluster/");
    for finding in findings.iter_mut().filter(of_cluster) {
        finding.nodes.clear();
        finding
            .captures
            .iter_mut()
            .for_each(|captured| captured.nodes.clear());
        finding
            .evidence
            .iter_mut()
            .for_each(|quote| quote.node = None);
    }
    serde_json::json!({ "diagnoses": report.diagnoses, "findings": findings })
}

#[test]
fn open_packet_filters_are_never_blamed() {
    let Some(folder) = corpus() else { return };
    let catalog = Catalog::builtin();
    let checker = Checker::builder(&catalog).build().unwrap();
    for entry in std::fs::read_dir(folder.join("bundles")).unwrap() {
        let bundle = entry.unwrap().path();
        let report = checker.check(&Bundle::open(&bundle).unwrap()).unwrap();
        let blamed: Vec<&str> = report
            .diagnoses
            .iter()
            .map(|diagnosis| &*diagnosis.id)
            .filter(|id| id.starts_with("firewall-"))
            .collect();
        assert!(blamed.is_empty(), "{}: {blamed:?}", bundle.display());
    }
}

/// What may not be confirmed: one file of a sample is changed or added, and the packet filter is no longer sure to be it.
#[test]
fn what_the_bundle_does_not_show_is_not_confirmed() {
    const RULES: &str = "db1/commands/iptables-save.txt";
    const LOG: &str = "app1/logs/api.log";
    let base = sample("03-refused-rejected");
    let text = |path: &str| {
        let (_, content) = base.iter().find(|(name, _)| name == path).unwrap();
        String::from_utf8(content.clone()).unwrap()
    };
    let (rules, log) = (text(RULES), text(LOG));
    let reject = rules.lines().find(|line| line.contains("REJECT")).unwrap();
    let with_set = |in_chain: &str| {
        let jump = "-A INPUT -m set --match-set unknown src -j DOUBT\n";
        rules
            .replace(":INPUT", ":DOUBT - [0:0]\n:INPUT")
            .replace(reject, &format!("{jump}-A DOUBT {in_chain}\n{reject}"))
    };
    let cases: Vec<(&str, &str, String)> = vec![
        (
            "another domain",
            LOG,
            log.replace("10.0.0.11", "db1.example.org"),
        ),
        (
            "a chain that may be entered accepts",
            RULES,
            with_set("-p tcp -j ACCEPT"),
        ),
        (
            "rules of another day",
            "db1/old/iptables-save.txt",
            rules.replace(reject, "-A INPUT -j ACCEPT"),
        ),
        (
            "sockets of another day",
            "db1/old/ss-ltnp.txt",
            text("db1/commands/ss-ltnp.txt").replace(":5432", ":5433"),
        ),
        (
            "a listener for IPv6 alone",
            "db1/commands/ss-ltnp.txt",
            text("db1/commands/ss-ltnp.txt").replace("0.0.0.0:5432", "   [::]:5432"),
        ),
    ];
    assert_eq!(
        diagnosis(&check(&base), "firewall-rejects-port").confidence,
        Confidence::Confirmed
    );
    for (what, path, content) in cases {
        let mut files = base.clone();
        assert_ne!(text_of(&files, path), Some(content.as_bytes()), "{what}");
        files.retain(|(name, _)| name != path);
        files.push((path.to_owned(), content.into_bytes()));
        let found = joined(&check(&files));
        let confirmed = ("firewall-rejects-port".to_owned(), Confidence::Confirmed);
        assert!(!found.contains(&confirmed), "{what}: {found:?}");
    }
}

fn text_of<'f>(files: &'f Files, path: &str) -> Option<&'f [u8]> {
    let (_, content) = files.iter().find(|(name, _)| name == path)?;
    Some(content)
}

#[test]
fn the_own_hosts_file_decides_and_another_one_does_not() {
    let mut files = sample("03-refused-rejected");
    replace(&mut files, "app1/logs/api.log", "10.0.0.11", "db");
    let hosts = |text: &str| text.as_bytes().to_vec();
    files.push(("db1/etc/hosts".to_owned(), hosts("10.0.0.11 db\n")));
    let shown = joined(&check(&files));
    assert_eq!(shown.len(), 1, "no other file is there: {shown:?}");
    files.push(("app1/etc/hosts".to_owned(), hosts("127.0.0.1 localhost\n")));
    assert_eq!(joined(&check(&files)), []);
}
