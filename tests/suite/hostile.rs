//! Bundles that are damaged, or mean harm.

use bundlecheck::{Bundle, Catalog, Checker, Limits, Report};

use crate::pack::{self, Files};
use crate::support::{checker, run, stdout};

fn check(bytes: Vec<u8>) -> Report {
    checker()
        .check(&Bundle::from_reader("bundle", std::io::Cursor::new(bytes)))
        .unwrap()
}

fn refused(count: usize) -> String {
    (0..count).map(|at| format!("time=\"2026-11-20T12:{:02}:{:02}Z\" level=error msg=\"dial tcp 192.0.2.7:5432: connect: connection refused\" try={at}\n", at / 60 % 60, at % 60)).collect()
}

fn file(name: &str, content: impl Into<Vec<u8>>) -> Files {
    vec![(name.to_owned(), content.into())]
}

#[test]
fn a_truncated_bundle_gives_what_is_there_and_says_so_first() {
    let whole = pack::gzip(&pack::tar(&file("api.log", refused(20_000))));
    for percent in [20, 50, 90] {
        let report = check(whole[..whole.len() * percent / 100].to_vec());
        assert!(!report.bundle.complete);
        assert!(
            report.findings[0].count > 100,
            "{percent} %: {}",
            report.findings[0].count
        );
        assert!(
            report
                .not_checked
                .iter()
                .any(|warning| warning.reason == "truncated")
        );
        let mut text = Vec::new();
        bundlecheck::report::render::Human::plain()
            .render(&report, &mut text)
            .unwrap();
        let second_line = String::from_utf8(text)
            .unwrap()
            .lines()
            .nth(1)
            .unwrap()
            .to_owned();
        assert!(
            second_line.starts_with("This is not the whole bundle: "),
            "{second_line}"
        );
    }
}

#[test]
fn nothing_panics_wherever_a_bundle_is_cut_or_changed() {
    let plain = pack::tar(&file("api.log", refused(50)));
    for whole in [
        pack::gzip(&plain),
        pack::xz(&plain),
        pack::zstd(&plain),
        pack::bzip2(&plain),
        pack::zip(&file("api.log", refused(50))),
        plain,
    ] {
        for at in (0..whole.len()).step_by(whole.len() / 40 + 1) {
            check(whole[..at].to_vec());
            let mut changed = whole.clone();
            changed[at] ^= 0x55;
            check(changed);
        }
    }
}

#[test]
fn text_from_a_bundle_cannot_steer_the_terminal() {
    let line = "psql: could not connect to server: Connection refused \x1b]0;owned\x07\x1b[2JIs the server running on host \"db\" and accepting TCP/IP connections on port 5432?\u{202e}\n";
    let report = check(pack::tar(&file("logs/\x1b[31mevil\n.log", line)));
    assert_eq!(report.findings.len(), 1);
    let human = bundlecheck::report::render::Human {
        verbosity: bundlecheck::report::render::Verbosity::Verbose,
        ..bundlecheck::report::render::Human::plain()
    };
    for (name, format) in bundlecheck::report::render::Format::ALL {
        let mut out = Vec::new();
        format.render(&report, &human, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let steering = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        assert!(!text.contains(steering), "{name}: {text:?}");
    }
}

#[test]
fn names_are_labels_and_never_paths() {
    let mut files = file("../../root/passwd", refused(1));
    files.extend(file("/abs/api.log", refused(1)));
    let mut builder = tar::Builder::new(Vec::new());
    for (name, content) in &files {
        let mut header = tar::Header::new_old();
        header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
        header.set_size(content.len() as u64);
        header.set_cksum();
        builder.append(&header, &content[..]).unwrap();
    }
    let report = check(builder.into_inner().unwrap());
    assert_eq!(report.findings[0].evidence[0].entry, "../../root/passwd");
    assert_eq!(report.bundle.entries, 2);
}

#[test]
fn long_lines_nul_bytes_and_invalid_utf8_cost_nothing_else() {
    let mut text = vec![b'x'; 3 << 20];
    text.extend_from_slice(b"\n\xff\xfe\0\0\0 garbage\n");
    text.extend_from_slice(refused(3).as_bytes());
    let report = check(pack::tar(&file("api.log", text)));
    assert_eq!((report.findings[0].count, report.bundle.lines), (3, 5));
    assert_eq!(report.findings[0].evidence[0].line, 3);
}

#[test]
fn a_bomb_ends_at_the_limit_with_a_reason() {
    let bomb = pack::gzip(&vec![b'\n'; 50 << 20]);
    let catalog = Catalog::builtin();
    let mut limits = Limits::default();
    limits.total_bytes = 1 << 20;
    let checker = Checker::builder(&catalog).limits(limits).build().unwrap();
    let report = checker
        .check(&Bundle::from_reader("bomb.gz", std::io::Cursor::new(bomb)))
        .unwrap();
    assert!(report.bundle.bytes <= 1 << 20);
    assert_eq!(report.not_checked[0].reason, "limit");
}

/// The most memory that the program takes for `bundle`, in KiB, and its report as JSON.
#[cfg(target_os = "linux")]
fn watched(bundle: &[u8], args: &[&str]) -> (u64, serde_json::Value) {
    let directory = tempfile::tempdir().unwrap();
    let (path, report) = (
        directory.path().join("bundle"),
        directory.path().join("report.json"),
    );
    std::fs::write(&path, bundle).unwrap();
    let mut child = crate::support::program()
        .arg(&path)
        .args(["--format", "json", "--output"])
        .arg(&report)
        .args(args)
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id()));
        let line = status.unwrap_or_default();
        let line = line.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok());
        peak = peak.max(kibibytes.unwrap_or(0));
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    let report = std::fs::read(&report).unwrap();
    (peak, serde_json::from_slice(&report).unwrap())
}

/// Bundles that want too much still give what is in the rest of them.
#[cfg(target_os = "linux")]
#[test]
fn bundles_that_want_too_much_end_within_their_limits() {
    const MOST: u64 = 256 << 10;
    /// Name, bundle, flags, and why something was not checked.
    type Case = (
        &'static str,
        Vec<u8>,
        &'static [&'static str],
        Option<&'static str>,
    );
    let tar = |name: &str, content: Vec<u8>| {
        let mut files = file("a.log", refused(5));
        files.extend(file(name, content));
        pack::tar(&files)
    };
    let many: Files = (0..3000)
        .map(|at| (format!("{at}.txt"), Vec::new()))
        .collect();
    let mut many = [file("a.log", refused(5)), many].concat();
    many.sort();
    many.rotate_right(1);
    let mut deep = pack::tar(&file("b.log", refused(5)));
    for _ in 0..1000 {
        deep = pack::tar(&file("again.tar", deep));
    }
    let long = [&vec![b'x'; 100 << 20][..], b"\n", refused(5).as_bytes()].concat();
    let cases: [Case; 5] = [
        (
            "a member of 1 GiB",
            tar("b.gz", pack::gzip(&vec![b'\n'; 1 << 20]).repeat(1024)),
            &["--max-unpacked", "8M"],
            Some("limit"),
        ),
        (
            "many entries",
            pack::tar(&many),
            &["--max-entries", "1000"],
            Some("limit"),
        ),
        (
            "a thousand archives",
            tar("b.tar", deep.clone()),
            &[],
            Some("limit"),
        ),
        (
            "all of them",
            tar("b.tar", deep),
            &["--limits", "none"],
            Some("limit"),
        ),
        ("a long line", pack::tar(&file("a.log", long)), &[], None),
    ];
    for (name, bundle, args, reason) in cases {
        let (peak, report) = watched(&bundle, args);
        assert!(peak < MOST, "{name}: {peak} KiB");
        assert_eq!(report["findings"][0]["count"], 5, "{name}");
        let told = &report["not_checked"][0]["reason"];
        assert_eq!(told.as_str(), reason, "{name}: {}", report["not_checked"]);
    }
}

#[test]
fn records_do_not_depend_on_where_blocks_are_cut() {
    let text = refused(30_000);
    let report = check(text.clone().into_bytes());
    assert_eq!(report.findings[0].count, 30_000);
    assert_eq!(
        report.findings[0].lines,
        text.matches("connection refused").count() as u64
    );
    let last = report.findings[0].evidence.last().unwrap();
    assert_eq!(
        last.text,
        text.lines()
            .nth(usize::try_from(last.line).unwrap() - 1)
            .unwrap()
    );
}

#[test]
fn facts_show_no_escape_codes() {
    let evil = "\u{1b}]0;owned\u{7}\u{202e}";
    let files: Files = vec![
        ("n1/api.log".to_owned(), b"level=error msg=\"dial tcp 10.0.0.11:5432: connect: connection refused\"\n".to_vec()),
        ("n1/hostname".to_owned(), format!("db{evil}\n").into_bytes()),
        ("n1/ip-addr.txt".to_owned(), format!("2: eth0{evil}: <BROADCAST,UP> mtu 1500\n    inet 10.0.0.11/24 scope global eth0{evil}\n").into_bytes()),
        ("n1/ss-ltnp.txt".to_owned(), format!("State  Recv-Q Send-Q Local Address:Port Peer Address:Port Process\nLISTEN 0 128 0.0.0.0:5432 0.0.0.0:* users:((\"pg{evil}\",pid=1,fd=3))\n").into_bytes()),
        ("n1/iptables-save.txt".to_owned(), format!("*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n-A INPUT -m set --match-set x{evil} src -j REJECT\n-A INPUT -p tcp --dport 5432 -j REJECT -m comment --comment \"{evil}\"\nCOMMIT\n").into_bytes()),
    ];
    let packed = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(packed.path(), pack::tar(&files)).unwrap();
    for format in ["human", "concise", "json", "jsonl"] {
        let args = [
            packed.path().as_os_str(),
            "--facts".as_ref(),
            "-v".as_ref(),
            "-f".as_ref(),
            format.as_ref(),
        ];
        let shown = stdout(&run(&args));
        assert!(shown.contains("5432"), "{format}: {shown}");
        assert!(!shown.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{format}");
    }
    let shown = stdout(&run(&[
        "inspect".as_ref(),
        packed.path().as_os_str(),
        "--facts".as_ref(),
    ]));
    assert!(shown.contains("socket") && !shown.contains(['\u{1b}', '\u{7}', '\u{202e}']));
}

/// Every fact parser on damaged output of every kind: no panic (a fault would be reported), and an end.
#[test]
fn damaged_output_of_commands_costs_at_most_itself() {
    let mut state = 7_u64;
    let mut random = |bound: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % bound
    };
    for sample in crate::support::decisions() {
        let mut files = pack::files(&sample.join("bundle"));
        for (_, content) in &mut files {
            for _ in 0..4 {
                let at = random(content.len().max(1));
                match random(4) {
                    0 => content.truncate(at),
                    1 if !content.is_empty() => content[at] = b" :/-[]{}\"\n\x1b\xff9"[random(13)],
                    2 => content.extend_from_within(..at),
                    _ => {
                        content.splice(at..at, *b"***HIDDEN***");
                    }
                }
            }
        }
        let packed = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(packed.path(), pack::tar(&files)).unwrap();
        let report = stdout(&run(&[
            packed.path().as_os_str(),
            "-f".as_ref(),
            "json".as_ref(),
        ]));
        assert!(
            !report.contains("a fault in bundlecheck"),
            "{}",
            sample.display()
        );
    }
}

/// A secret wherever a bundle can bring one in.
#[test]
fn no_secret_is_shown_where_it_is_to_be_masked() {
    let secret = "hunter2-and-more";
    let url = format!("postgres://app:{secret}@10.0.0.11:5432/shop");
    let mut files: Files = vec![
        (format!("n1/password={secret}/api.log"), format!("time=\"2026-11-20T11:24:44Z\" level=error msg=\"dial tcp 10.0.0.11:5432: connect: connection refused\" dsn=\"{url}\"\ntime=\"2026-11-20T11:24:45Z\" level=error msg=\"quite unknown: token={secret}\"\n").into_bytes()),
        ("n1/hostname".to_owned(), b"db-host-7\n".to_vec()),
        (format!("n1/token={secret}.zip"), b"PK\x03\x04 cut".to_vec()),
    ];
    files.extend(file(
        "n1/ip-addr.txt",
        "2: eth0: <BROADCAST,UP> mtu 1500\n    inet 10.0.0.11/24 scope global eth0\n",
    ));
    files.extend(file("n1/ss-ltnp.txt", format!("State  Recv-Q Send-Q Local Address:Port Peer Address:Port Process\nLISTEN 0 128 0.0.0.0:5432 0.0.0.0:* users:((\"pg --password={secret}\",pid=1,fd=3))\n")));
    let packed = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(packed.path(), pack::tar(&files)).unwrap();
    let show = |args: &[&str]| {
        let mut all = vec![packed.path().as_os_str()];
        all.extend(args.iter().map(std::ffi::OsStr::new));
        stdout(&run(&all))
    };
    for (name, _) in bundlecheck::report::render::Format::ALL {
        let plain = show(&["-f", name, "--facts", "-v"]);
        // The format of troubleshoot quotes no lines.
        let quotes = name != "troubleshoot-json";
        assert!(
            !quotes || plain.contains(secret),
            "{name}: the secret is there at all"
        );
        let masked = show(&["-f", name, "--facts", "-v", "--redact=addresses,hosts"]);
        assert!(!masked.contains(secret), "{name}: {masked}");
        assert!(!masked.contains("10.0.0.11"), "{name}: {masked}");
        assert!(!masked.contains("db-host-7"), "{name}: {masked}");
        assert!(
            (!quotes || masked.contains("***HIDDEN***")) && masked.contains("<ip-1>:5432"),
            "{name}: {masked}"
        );
        if name == "json" {
            serde_json::from_str::<serde_json::Value>(&masked).unwrap();
        }
    }
    let commands: [&[&str]; 3] = [
        &["inspect", "--facts", "--logs"],
        &["logs"],
        &["logs", "-f", "jsonl"],
    ];
    for command in commands {
        let mut args: Vec<_> = command.iter().map(std::ffi::OsStr::new).collect();
        args.push(packed.path().as_os_str());
        assert!(stdout(&run(&args)).contains(secret), "{command:?}");
        args.push("--redact=addresses".as_ref());
        let masked = stdout(&run(&args));
        assert!(
            !masked.contains(secret) && !masked.contains("10.0.0.11"),
            "{command:?}: {masked}"
        );
    }
}

/// Documents, source code and commands quote the lines of logs.
#[test]
fn quotations_are_no_failures() {
    let quotations = [
        (
            "docs/TROUBLESHOOTING.md",
            "If you see `Out of memory: Killed process 1234 (java)` in dmesg",
        ),
        ("docs/a.rst", "No space left on device"),
        (
            "src/a.go",
            "return fmt.Errorf(\"x509: certificate signed by unknown authority\")",
        ),
        (
            "log/cron",
            "Nov 20 12:00:01 n CRON[7]: (root) CMD (grep -c \"No space left on device\" /var/log/syslog)",
        ),
        (
            "log/auth",
            "Nov 20 12:00:01 n sudo: a : TTY=pts/0 ; COMMAND=/bin/grep No space left on device /x",
        ),
        (
            "log/pg",
            "2026-11-20 12:00:01.000 UTC [7] LOG:  statement: SELECT 'FATAL: sorry, too many clients already'",
        ),
    ];
    for (name, line) in quotations {
        let report = check(pack::tar(&file(name, format!("{line}\n"))));
        let found: Vec<&str> = report.findings.iter().map(|found| &*found.id).collect();
        assert!(found.is_empty(), "{name}: {found:?}");
    }
}

/// The advice of the built-in patterns holds no secrets, so that masking leaves it readable.
#[test]
fn advice_is_never_masked() {
    let redactor = bundlecheck::redact::Redactor::secrets();
    let catalog = Catalog::builtin();
    assert!(catalog.patterns().len() > 10);
    let patterns = catalog.patterns().iter();
    let patterns = patterns.map(|one| (&one.id, &one.cause, &one.confirm, &one.remediation));
    let causes = catalog.causes().iter();
    let causes = causes.map(|one| (&one.id, &one.cause, &one.confirm, &one.remediation));
    let mut masked = Vec::new();
    for (id, cause, confirm, remediation) in patterns.chain(causes) {
        let steps = confirm
            .iter()
            .flat_map(|step| [Some(&step.run), step.expect.as_ref()]);
        let texts = [cause]
            .into_iter()
            .chain(steps.flatten())
            .chain(remediation);
        masked.extend(
            texts
                .filter(|text| redactor.redact(text) != ***text)
                .map(|text| (id, text)),
        );
    }
    assert!(masked.is_empty(), "{masked:#?}");
}

/// Rules of a vendor, and what is wrong with them.
#[test]
fn rules_of_users_are_applied_or_shown_with_their_mistake() {
    let dir = tempfile::tempdir().unwrap();
    let (rules, broken, log) = (
        dir.path().join("r.yaml"),
        dir.path().join("b.yaml"),
        dir.path().join("a.log"),
    );
    std::fs::write(
        &rules,
        "kind: redaction\nid: acme-license\nregex: 'license=(?P<mask>[A-Z0-9-]{8,})'\n",
    )
    .unwrap();
    std::fs::write(&broken, "kind: redaction\nid: x\nregex: '('\n").unwrap();
    std::fs::write(&log, "level=error msg=\"refused\" license=ACME-1234-5678\n").unwrap();
    let logs = |rules: &std::path::Path| {
        let output = crate::support::program()
            .arg("logs")
            .arg(&log)
            .arg("--redact-rules")
            .arg(rules)
            .output()
            .unwrap();
        (
            output.status.code(),
            stdout(&output),
            crate::support::stderr(&output),
        )
    };
    let (code, text, _) = logs(&rules);
    assert_eq!(code, Some(0));
    assert!(
        text.contains("license=***HIDDEN***") && !text.contains("ACME"),
        "{text}"
    );
    let (code, _, error) = logs(&broken);
    assert_eq!(code, Some(2));
    assert!(error.contains("b.yaml:3:8"), "{error}");
}
