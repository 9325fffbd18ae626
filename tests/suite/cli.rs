//! The command line: what it accepts, how it ends, and what it says when it cannot.

use std::io::Write as _;
use std::process::Stdio;

use crate::support::{program, run, stderr, stdout};

fn code(args: &[&str]) -> Option<i32> {
    run(args).status.code()
}

#[test]
fn the_bare_form_is_the_check_command() {
    let bundle = "samples/storageos-join/bundle";
    assert_eq!(stdout(&run(&[bundle])), stdout(&run(&["check", bundle])));
}

#[test]
fn the_exit_status_follows_fail_on() {
    let (sick, well) = ("samples/storageos-join/bundle", "samples/healthy/bundle");
    assert_eq!((code(&[sick]), code(&[well])), (Some(1), Some(0)));
    assert_eq!(code(&[sick, "--fail-on", "never"]), Some(0));
    assert_eq!(code(&[sick, well]), Some(1));
    assert_eq!(code(&["patterns", "check"]), Some(0));
}

#[test]
fn what_cannot_be_checked_exits_with_2_and_says_why() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, content: &[u8]| {
        let path = dir.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.display().to_string()
    };
    std::fs::create_dir(dir.path().join("empty")).unwrap();
    let empty = dir.path().join("empty").display().to_string();
    let rar = write("acme.rar", b"Rar!\x1a\x07\x01\0....");
    let nothing = write("nothing.log", b"");
    let prose = write("letter.txt", b"Dear customer,\nplease send the bundle.\n");
    let gpg = write("sos.tar.xz.gpg", b"\x8c\x0d\x04\x09\x03\x02....");
    for (args, says) in [
        (
            vec!["no-such-file.tar.gz"],
            "cannot open `no-such-file.tar.gz`: no such file or directory",
        ),
        (vec!["chek"], "did you mean the command `check`?"),
        (vec!["samples/helthy"], "did you mean `samples/healthy`?"),
        (
            vec![&rar],
            "RAR archives are not supported; repack it as tar.gz, zip or a directory",
        ),
        (
            vec![&gpg],
            "OpenPGP messages are not supported; decrypt it first",
        ),
        (vec![&empty], "is empty: there is nothing in it to check"),
        (vec![&nothing], "is empty: there is nothing in it to check"),
        (
            vec![&prose],
            "nothing that looks like a log was found in 1 file",
        ),
        (
            vec!["samples/healthy/bundle", "--format", "htlm"],
            "invalid value 'htlm'",
        ),
        (
            vec!["samples/healthy/bundle", "--select", "postgres-refused"],
            "no pattern is called `postgres-refused`\n  help: did you mean",
        ),
        (
            vec!["samples/healthy/bundle", "--since", "yesterday"],
            "`yesterday` is no time for --since",
        ),
        (
            vec!["samples/healthy/bundle", "-o", "/no/such/dir/r.json"],
            "cannot write `/no/such/dir/r.json`",
        ),
        (
            vec!["samples/healthy/bundle", "-o", "r.xyz"],
            "no extension that names a format",
        ),
        (vec!["explain", "postgres"], "did you mean `postgres-"),
        (
            vec!["patterns", "check", "no-such-dir"],
            "cannot load patterns: cannot read `no-such-dir`",
        ),
        (vec![], "required arguments were not provided"),
    ] {
        let output = run(&args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(
            stderr(&output).contains(says),
            "{args:?}: {}",
            stderr(&output)
        );
        assert_eq!(stdout(&output), "", "{args:?}");
    }
}

#[test]
fn an_encrypted_zip_is_named_as_such() {
    let mut zip = crate::pack::zip(&vec![("api.log".to_owned(), b"x\n".to_vec())]);
    // Bit 0 of the flags in the local header and in the central directory: encrypted (APPNOTE 4.4.4).
    zip[6] |= 1;
    let central = zip
        .windows(4)
        .position(|window| window == b"PK\x01\x02")
        .unwrap();
    zip[central + 8] |= 1;
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), zip).unwrap();
    let output = run(&[file.path()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("api.log: encrypted: the zip member needs a password"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn a_broken_pattern_is_a_code_frame_and_exit_1_or_2() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("broken.yaml");
    std::fs::write(&path, "id: broken\ntitle: t\nseverty: error\n").unwrap();
    let checked = run(&["patterns".as_ref(), "check".as_ref(), path.as_os_str()]);
    assert_eq!(checked.status.code(), Some(1));
    for part in [
        "error[pattern/unknown-name]: unknown key `severty` in a pattern",
        "broken.yaml:3:1",
        "did you mean `severity`?",
        "0 patterns",
    ] {
        assert!(
            stdout(&checked).contains(part),
            "{part} in {}",
            stdout(&checked)
        );
    }
    let used = run(&[
        "samples/healthy/bundle".as_ref(),
        "--patterns".as_ref(),
        path.as_os_str(),
    ]);
    assert_eq!(used.status.code(), Some(2));
    assert!(stderr(&used).contains("did you mean `severity`?"));
}

#[test]
fn own_patterns_are_added_and_may_stand_alone() {
    let dir = tempfile::tempdir().unwrap();
    let text = "id: acme-license\ntitle: The license of {customer} has expired\nseverity: error\nevents:\n  expired: { msg: { regex: 'license of (?<customer>\\w+) has expired' } }\nmatch: expired\ncause: c\nremediation: [renew]\nexamples: ['license of acme has expired']\nnegative_examples: ['license of acme is valid']\n";
    std::fs::write(dir.path().join("acme-license.yaml"), text).unwrap();
    let log = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(
        log.path(),
        "2026-11-20T12:00:00Z ERROR license of initech has expired\n",
    )
    .unwrap();
    let patterns = dir.path().as_os_str();
    let output = run(&[
        log.path().as_os_str(),
        "--patterns".as_ref(),
        patterns,
        "--no-builtin".as_ref(),
        "-f".as_ref(),
        "concise".as_ref(),
    ]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stdout(&output)
            .contains(":1: error[acme-license] The license of initech has expired (1 time)"),
        "{}",
        stdout(&output)
    );
    assert_eq!(
        run(&["patterns".as_ref(), "check".as_ref(), patterns])
            .status
            .code(),
        Some(0)
    );
}

#[test]
fn standard_input_is_a_bundle() {
    let mut child = program()
        .arg("-")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let log = "E1120 12:00:00.000000       1 x.go:1] \"boom\" err=\"dial tcp 192.0.2.7:5432: connect: connection refused\"\n";
    child
        .stdin
        .take()
        .unwrap()
        .write_all(log.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(stdout(&output).contains("PostgreSQL at 192.0.2.7:5432 refuses connections"));
}

#[test]
fn a_closed_pipe_is_no_error() {
    let mut child = program()
        .args(["patterns", "list", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(
        (output.status.code(), stderr(&output)),
        (Some(0), String::new())
    );
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_at_once_and_leaves_nothing_behind() {
    let dir = tempfile::tempdir().unwrap();
    let mut child = program()
        .args(["logs", "-", "-o"])
        .arg(dir.path().join("all.log"))
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    // Its standard input stays open, so that it waits with the output begun; `wait` would close it.
    let stdin = child.stdin.take();
    while std::fs::read_dir(dir.path()).unwrap().count() == 0 {
        assert!(child.try_wait().unwrap().is_none(), "it has ended");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let interrupt = std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(interrupt.unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    drop(stdin);
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn limits_are_told_with_the_flag_that_raises_them() {
    let dir = tempfile::tempdir().unwrap();
    let log = "level=error msg=\"dial tcp 192.0.2.7:5432: connect: connection refused\"\n";
    let files = vec![
        ("a.log".to_owned(), log.repeat(2000).into_bytes()),
        ("b.log".to_owned(), log.as_bytes().to_vec()),
        (
            "c.tar".to_owned(),
            crate::pack::tar(&vec![("d.log".to_owned(), log.into())]),
        ),
    ];
    let path = dir.path().join("b.tar.gz");
    std::fs::write(&path, crate::pack::gzip(&crate::pack::tar(&files))).unwrap();
    for (flag, value) in [
        ("--max-unpacked", "100k"),
        ("--max-entry", "64KiB"),
        ("--max-entries", "1"),
        ("--max-depth", "0"),
        ("--max-archives", "0"),
    ] {
        let run = |args: &[&str]| {
            let output = program().arg(&path).args(args).output().unwrap();
            (output.status.code(), stdout(&output))
        };
        let (code, text) = run(&[flag, value]);
        assert_eq!(code, Some(1), "{flag}");
        assert!(
            text.contains(&format!("{flag} raises this limit")),
            "{text}"
        );
        assert!(text.contains("This is not the whole bundle"), "{text}");
        let (code, _) = run(&[flag, value, "--strict"]);
        assert_eq!(code, Some(2), "{flag}");
        let (_, text) = run(&["--limits", "none"]);
        assert!(!text.contains("raises this limit"), "{text}");
    }
    let output = run(&["x", "--max-entry", "many"].map(std::ffi::OsStr::new));
    assert!(stderr(&output).contains("expected a size such as 500M"));
}

/// Renaming onto `/dev/null` would take it from every program of the machine.
#[cfg(unix)]
#[test]
fn devices_links_and_permissions_outlive_an_output() {
    use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};

    let dir = tempfile::tempdir().unwrap();
    let (fifo, file, link) = (
        dir.path().join("fifo.json"),
        dir.path().join("file.json"),
        dir.path().join("link.json"),
    );
    assert!(
        std::process::Command::new("mkfifo")
            .arg(&fifo)
            .status()
            .unwrap()
            .success()
    );
    std::fs::write(&file, "old").unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
    std::os::unix::fs::symlink(&file, &link).unwrap();
    for command in ["check", "logs"] {
        let write = |to: &std::path::Path| {
            let mut child = program()
                .args([command, "samples/healthy/bundle", "-o"])
                .arg(to)
                .args(["-f", "jsonl"])
                .spawn()
                .unwrap();
            let piped = (to == fifo).then(|| std::fs::read_to_string(&fifo).unwrap());
            assert_eq!(child.wait().unwrap().code(), Some(0), "{command}");
            piped
        };
        let piped = write(&fifo).unwrap();
        assert!(piped.starts_with('{'), "{command}: {piped}");
        let kind = std::fs::symlink_metadata(&fifo).unwrap().file_type();
        assert!(kind.is_fifo(), "{command}");
        write(&link);
        assert!(link.is_symlink(), "{command}");
        // The first line of a report names the output.
        let linked = std::fs::read_to_string(&file).unwrap();
        assert_eq!(linked.lines().last(), piped.lines().last(), "{command}");
        let mode = std::fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o640, "{command}");
    }
    let names = std::fs::read_dir(dir.path()).unwrap().count();
    assert_eq!(names, 3, "temporary files are left");
}

#[test]
fn reports_go_to_files_in_the_format_of_their_extension() {
    let dir = tempfile::tempdir().unwrap();
    let (json, text) = (dir.path().join("r.json"), dir.path().join("r.txt"));
    let output = run(&[
        "samples/healthy/bundle".as_ref(),
        "-o".as_ref(),
        json.as_os_str(),
        "-o".as_ref(),
        text.as_os_str(),
    ]);
    assert_eq!(
        (output.status.code(), stdout(&output)),
        (Some(0), String::new())
    );
    let report: serde_json::Value = serde_json::from_slice(&std::fs::read(json).unwrap()).unwrap();
    assert_eq!(report["schema_version"], 2);
    assert!(
        std::fs::read_to_string(text)
            .unwrap()
            .contains("No known failure was found")
    );
    assert_eq!(
        std::fs::read_dir(dir.path()).unwrap().count(),
        2,
        "no temporary file is left"
    );
}

#[test]
fn json_has_all_its_parts_and_jsonl_says_its_version_first() {
    let report: serde_json::Value = serde_json::from_str(&stdout(&run(&[
        "samples/storageos-join/bundle",
        "-f",
        "json",
    ])))
    .unwrap();
    let parts: Vec<&str> = report
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(
        parts,
        [
            "schema_version",
            "tool",
            "catalog",
            "command",
            "bundle",
            "diagnoses",
            "findings",
            "unexplained",
            "not_checked",
            "stats"
        ]
    );
    let lines = stdout(&run(&["samples/storageos-join/bundle", "-f", "jsonl"]));
    let first: serde_json::Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    let last: serde_json::Value = serde_json::from_str(lines.lines().last().unwrap()).unwrap();
    assert_eq!(
        (&first["type"], &first["schema_version"], &last["type"]),
        (&"begin".into(), &2.into(), &"end".into())
    );
}

#[test]
fn colours_are_for_terminals_unless_asked_for() {
    let plain = program()
        .arg("samples/storageos-join/bundle")
        .env_remove("NO_COLOR")
        .output()
        .unwrap();
    assert!(!stdout(&plain).contains('\x1b'));
    let forced = run(&["samples/storageos-join/bundle", "--color", "always"]);
    assert!(stdout(&forced).contains("\x1b["));
}

#[test]
fn packages_get_their_completions_man_page_and_schemas() {
    for args in [
        &["generate", "completions", "bash"][..],
        &["generate", "man"],
        &["generate", "schema", "pattern"],
        &["generate", "schema", "report"],
    ] {
        let output = run(args);
        assert!(
            output.status.success() && output.stdout.len() > 1000,
            "{args:?}"
        );
    }
}

#[test]
fn one_wrong_name_does_not_cost_the_others() {
    let output = run(&["no-such-file", "samples/healthy/bundle"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("no such file or directory"));
    assert!(stdout(&output).contains("No known failure was found"));
}

#[test]
fn an_unknown_node_is_an_error_not_a_clean_bill() {
    let output = run(&["samples/storageos-join/bundle", "--node", "node9"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("its nodes are: node1, node2, node3, node4"));
}

#[test]
fn several_bundles_are_one_json_document_and_threads_leave_no_trace() {
    let bundles = [
        "samples/healthy/bundle",
        "samples/storageos-join/bundle",
        "-f",
        "json",
    ];
    let one = run(&[&bundles[..], &["-j1"]].concat());
    let reports: serde_json::Value = serde_json::from_slice(&one.stdout).unwrap();
    assert_eq!(reports.as_array().map(Vec::len), Some(2));
    for jobs in [&["-j", "2"][..], &["--jobs=2"], &["--jobs", "2"]] {
        assert_eq!(stdout(&run(&[&bundles[..], jobs].concat())), stdout(&one));
    }
}
