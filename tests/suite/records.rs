//! Lines to records: real logs of many formats, any wrapping, any way of reading; and `bundlecheck logs`.

use std::io::{self, Read};

use bundlecheck::log::{Folder, Formats, is_headless};
use bundlecheck::records::{Recorder, Rendering, Selection};
use bundlecheck::{Bundle, Catalog, Checker};
use serde_json::Value;

use crate::support::{corpus, run, stdout};

/// `inspect --json` of a file of the corpus.
fn inspected(path: &str) -> Option<Value> {
    let path = corpus()?.join(path);
    let output = run(&["inspect".as_ref(), path.as_os_str(), "--json".as_ref()]);
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

fn log<'a>(report: &'a Value, end: &str) -> &'a Value {
    let logs = report["logs"].as_array().unwrap();
    let named = |log: &&Value| log["entry"].as_str().unwrap().ends_with(end);
    logs.iter().find(named).unwrap()
}

fn count(log: &Value, name: &str) -> u64 {
    log[name].as_u64().unwrap()
}

#[test]
fn every_line_of_ten_systems_is_recognised() {
    for system in [
        "Apache",
        "HDFS",
        "Hadoop",
        "Linux",
        "Mac",
        "OpenSSH",
        "OpenStack",
        "Spark",
        "Windows",
        "Zookeeper",
    ] {
        let Some(report) = inspected(&format!("logs/loghub-{system}.log")) else {
            return;
        };
        let log = &report["logs"][0];
        assert_eq!(
            (
                count(log, "recognised"),
                count(log, "folded"),
                count(log, "other")
            ),
            (count(log, "lines"), 0, 0),
            "{system}: {log}"
        );
    }
}

/// Small logs in many formats: lines that are recognised, lines that belong to those, lines that are not understood.
///
/// Not understood are W3C logs with the date in another column, times of day without a date, days of the year, tables
/// in quotes, and what was written with other tools in mind than a reader of logs: traces of system calls, dumps of the
/// state of a system, OpenTelemetry's protocol, JSON without a level and a message.
const LNAV: &[(&str, u64, u64, u64)] = &[
    ("logfile_access_log.1", 1, 0, 0),
    ("logfile_ansi.0", 1, 0, 0),
    ("logfile_ansi.1", 10, 0, 0),
    ("logfile_block.1", 2, 2, 0),
    ("logfile_block.2", 2, 0, 0),
    ("logfile_blued.0", 6, 0, 0),
    ("logfile_caddy_log.1", 4, 0, 0),
    ("logfile_cxx.0", 1, 0, 0),
    ("logfile_docker_compose_with_noise.0", 23, 2, 0),
    ("logfile_dst.0", 10, 0, 0),
    ("logfile_epoch.0", 2, 0, 0),
    ("logfile_epoch.1", 2, 0, 0),
    ("logfile_filter.0", 13, 0, 0),
    ("logfile_filter.1", 1, 1, 3),
    ("logfile_generic.0", 2, 0, 0),
    ("logfile_generic.2", 2, 0, 0),
    ("logfile_generic_nanos.0", 2, 0, 0),
    ("logfile_grafana.0", 5, 0, 0),
    ("logfile_invalid_json.json", 4, 1, 0),
    ("logfile_java.0", 20, 0, 0),
    ("logfile_java.1", 20, 0, 0),
    ("logfile_journald.json", 2, 0, 0),
    ("logfile_json.json", 13, 1, 0),
    ("logfile_json_subsec.json", 2, 0, 0),
    ("logfile_leveltest.0", 8, 0, 0),
    ("logfile_logfmt.0", 5, 0, 0),
    ("logfile_mongodb.0", 3, 0, 0),
    ("logfile_muxed_syslog.0", 14, 0, 0),
    ("logfile_mysql_error.0", 4, 0, 0),
    ("logfile_mysql_slow.0", 6, 37, 0),
    ("logfile_openam.0", 0, 0, 2),
    ("logfile_partitions.0", 82, 0, 0),
    ("logfile_pino.0", 1, 0, 0),
    ("logfile_postgres.0", 21, 0, 0),
    ("logfile_postgres.1", 7, 38, 0),
    ("logfile_regexp_access_log.0", 2, 0, 0),
    ("logfile_rollover.0", 0, 0, 6),
    ("logfile_rollover.1", 5, 0, 0),
    ("logfile_rollover.2", 375, 0, 0),
    ("logfile_rust_tracing.0", 5, 0, 0),
    ("logfile_spark.0", 399, 0, 0),
    ("logfile_spark_dupe.0", 399, 0, 0),
    ("logfile_syslog_with_access_log.0", 5, 0, 0),
    ("logfile_syslog_with_mixed_times.0", 13, 0, 0),
    ("logfile_tai64n.0", 10, 0, 0),
    ("logfile_vami.0", 1, 2, 0),
    ("logfile_vdsm.0", 5, 11, 0),
    ("logfile_vpxd.0", 12, 0, 0),
    ("logfile_w3c.2", 0, 0, 22),
    ("logfile_w3c.3", 3, 0, 4),
    ("logfile_w3c.4", 0, 0, 6),
    ("logfile_w3c.5", 1, 0, 1),
    ("logfile_w3c.6", 1, 0, 4),
    ("logfile_with_zones.0", 3, 0, 0),
    ("logfile_xml_msg.0", 3, 31, 0),
    ("logfile_yday.0", 0, 0, 2),
    ("logfile_zap_console.0", 3, 6, 0),
];

#[test]
fn small_logs_in_many_formats() {
    let Some(report) = inspected("logs/lnav") else {
        return;
    };
    let found: Vec<(&str, u64, u64, u64)> = report["logs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|log| {
            let entry = log["entry"].as_str().unwrap();
            (
                entry,
                count(log, "recognised"),
                count(log, "folded"),
                count(log, "other"),
            )
        })
        .collect();
    assert_eq!(found, LNAV);
}

/// Level, number of lines and first line of the message of every record in the output of Go's loggers, quirks included.
const GO: &[(&str, u64, &str)] = &[
    ("error", 1, "failed to start"),
    ("warn", 1, "line one"),
    ("info", 1, "plain"),
    ("info", 1, "a=b c"),
    ("info", 1, "simple"),
    ("debug", 1, ""),
    ("trace", 1, "tr"),
    ("info", 1, "with caller"),
    ("info", 2, "two words"),
    ("info", 1, "x y"),
    ("info", 1, "x y"),
    ("error", 1, "message here"),
    ("warn", 1, "message here"),
    ("info", 1, "message here"),
    ("debug", 1, "message here"),
    ("trace", 1, "message here"),
    ("error", 2, "line one"),
    ("warn", 1, "full ts message"),
    ("warn", 1, "full ts pad"),
    ("error", 1, "line one"),
    ("error", 10, "pretty"),
    ("info", 1, "line one"),
    ("error", 1, "with stack"),
    ("info", 1, "hello world"),
    ("warn", 2, "line one"),
    ("error", 5, "with stack"),
    ("info", 1, "hello world"),
    ("warn", 1, "coloured"),
    ("error", 1, "Reconciler error"),
    ("error", 1, "line one"),
    ("info", 1, ""),
    ("-", 1, "no level"),
    ("warn", 1, "unix time"),
    ("trace", 1, "unix ms time"),
    ("error", 1, "hello there"),
    ("warn", 1, "w"),
    ("error", 1, "hello there"),
    ("info", 1, "hello world"),
    ("error", 1, "line one"),
    ("info", 1, "info plus one"),
    ("trace", 1, "trace-ish"),
    ("error", 1, "line one"),
    ("error", 1, "fatal-ish"),
    ("info", 1, "plain message"),
    ("warn", 2, "multi"),
    ("warn", 2, "multi"),
    ("error", 4, "Failed to sync"),
    ("error", 4, "Failed to sync"),
    ("error", 4, "Failed to sync"),
    ("info", 1, "Verbose msg"),
    ("error", 1, "nil err"),
    ("error", 1, "nil err"),
    ("error", 1, "nil err"),
    ("info", 1, "read-only range request took too long"),
    (
        "warn",
        1,
        "read-only range request \"key:x\" took too long (152.3ms) to execute",
    ),
    ("error", 1, "e"),
    ("notice", 1, "n"),
    ("debug", 1, "d"),
    ("trace", 1, "t"),
    ("-", 1, "etcdserver: hello"),
    ("warn", 1, "2026-11-20T11:24:44Z etcdserver: hello"),
    ("error", 1, "hello there"),
    ("warn", 1, "hello there"),
    ("error", 2, "failed to reconcile"),
    ("warn", 1, "w"),
    ("error", 1, "failed"),
    ("-", 1, "std message"),
    ("-", 1, "std message micro"),
];

#[test]
fn loggers_of_go_are_read_as_they_were_meant() {
    let Some(corpus) = corpus() else {
        return;
    };
    let path = corpus.join("logs/go-loggers.txt");
    let output = run(&[
        "logs".as_ref(),
        path.as_os_str(),
        "-f".as_ref(),
        "jsonl".as_ref(),
    ]);
    let mut records: Vec<Value> = stdout(&output)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    records.sort_by_key(|record| count(record, "line"));
    // Headlines of the file say which logger wrote what is below.
    records.retain(|record| !record["msg"].as_str().unwrap().starts_with("### "));
    let found: Vec<(String, u64, String)> = records
        .iter()
        .map(|record| {
            let level = record["level"].as_str().unwrap_or("-").to_owned();
            let message = record["msg"]
                .as_str()
                .unwrap()
                .lines()
                .next()
                .unwrap_or_default();
            (level, count(record, "lines"), message.to_owned())
        })
        .collect();
    let found: Vec<(&str, u64, &str)> = found
        .iter()
        .map(|(level, lines, message)| (&**level, *lines, &**message))
        .collect();
    assert_eq!(found, GO);
}

#[test]
fn real_bundles_are_understood_and_levels_are_those_that_grep_counts() {
    for (name, kind, at_least) in [
        ("rke2-node.tar.gz", "rancher", 0.9999),
        ("sos-openstack.tar.xz", "sosreport", 0.92),
        ("sos-kubernetes.tar.xz", "sosreport", 0.97),
        ("sos-rabbitmq.tar.xz", "sosreport", 0.92),
        ("troubleshoot.tar.gz", "troubleshoot", 0.9),
    ] {
        let Some(report) = inspected(&format!("bundles/{name}")) else {
            return;
        };
        assert_eq!(report["bundle"]["kind"], kind);
        let sum = |names: &[&str]| -> u64 {
            let logs = report["logs"].as_array().unwrap();
            logs.iter()
                .flat_map(|log| names.iter().map(|name| count(log, name)))
                .sum()
        };
        let (recognised, all) = (
            sum(&["recognised"]),
            sum(&["recognised", "folded", "other"]),
        );
        #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
        let share = recognised as f64 / all as f64;
        assert!(share >= at_least, "{name}: {recognised} of {all}");
        let levels = |end: &str| log(&report, end)["levels"].clone();
        match name {
            "sos-openstack.tar.xz" => {
                let found = levels("nova/nova-compute.log.1.gz");
                assert_eq!(
                    ["error", "warn", "critical", "info", "debug"]
                        .map(|level| count(&found, level)),
                    [2469, 176, 8, 79, 12_196]
                );
            }
            "sos-kubernetes.tar.xz" => {
                let unit = "!journalctl_--no-pager_--unit_snap.kube-controller-manager.daemon";
                let found = levels(unit);
                assert_eq!(
                    ["error", "warn", "fatal"].map(|level| count(&found, level)),
                    [257, 83, 1]
                );
                let found = levels("!journalctl_--no-pager_--unit_snap.kube-apiserver.daemon");
                assert_eq!(
                    (
                        ["error", "warn", "info"].map(|level| count(&found, level)),
                        &found["fatal"]
                    ),
                    ([38, 76, 17_618], &Value::Null)
                );
            }
            "sos-rabbitmq.tar.xz" => {
                let found = levels("rabbit@juju-04f1e3-1-lxd-5.log");
                assert_eq!(
                    (count(&found, "warn"), &found["error"]),
                    (1256, &Value::Null)
                );
            }
            _ => {}
        }
    }
}

/// A small generator (xorshift), so that tests are the same on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).unwrap()
    }

    fn pick<'t, T>(&mut self, items: &'t [T]) -> &'t T {
        &items[self.below(items.len())]
    }
}

/// Payloads with the level and the message that they must give in any wrapping.
const PAYLOADS: &[(&str, &str, &str)] = &[
    (
        r#"time="2026-11-20T11:24:44Z" level=error msg="dial tcp \"x\": refused""#,
        "error",
        "dial tcp \"x\": refused",
    ),
    (
        r#"{"level":"warn","ts":1795173884.873661,"caller":"x.go:1","msg":"a \\ b"}"#,
        "warn",
        "a \\ b",
    ),
    (
        "E1120 11:24:44.874000   12985 main.go:148] \"Failed to sync\" err=\"boom it\"",
        "error",
        "Failed to sync",
    ),
    (
        "2026-11-20 11:24:44.874040 W | etcdserver: read-only range request took too long",
        "warn",
        "read-only range request took too long",
    ),
    (
        "2026-11-20T11:24:44.874Z [ERROR] core.cluster: failed",
        "error",
        "failed",
    ),
    (
        "plain text without any format",
        "-",
        "plain text without any format",
    ),
    (
        "ünï cöde \u{1f600} and <html> & \"quotes\"",
        "-",
        "ünï cöde \u{1f600} and <html> & \"quotes\"",
    ),
];

/// Wraps a line; the flag says whether it may be split over several lines.
type Wrap = fn(&str, &mut Random) -> Vec<String>;

const WRAPS: &[Wrap] = &[
    |line, random| {
        // docker's json-file, split behind any character.
        let cut = split_at(line, random);
        let json = |text: &str| {
            let log = serde_json::to_string(text)
                .unwrap()
                .replace('<', "\\u003c")
                .replace('&', "\\u0026");
            format!(r#"{{"log":{log},"stream":"stderr","time":"2026-11-20T11:24:45.123456789Z"}}"#)
        };
        match cut {
            Some(cut) => vec![json(&line[..cut]), json(&format!("{}\n", &line[cut..]))],
            None => vec![json(&format!("{line}\n"))],
        }
    },
    |line, random| match split_at(line, random) {
        Some(cut) => vec![
            format!("2026-11-20T11:24:45.1Z stdout P {}", &line[..cut]),
            format!("2026-11-20T11:24:45.1Z stdout F {}", &line[cut..]),
        ],
        None => vec![format!(
            "2026-11-20T11:24:45.123456789+01:00 stdout F {line}"
        )],
    },
    |line, _| vec![format!("Nov 20 11:24:45 node-1 app[7]: {line}")],
    |line, _| {
        vec![format!(
            "2026-11-20T11:24:45.123456+0100 node-1 app[7]: {line}"
        )]
    },
    |line, _| {
        vec![format!(
            "<14>1 2026-11-20T11:24:45Z node-1 app 7 - - {line}"
        )]
    },
    |line, _| vec![format!("web-1  | {line}")],
    |line, _| vec![format!("[pod/web-0/nginx] {line}")],
    |line, _| vec![format!("2026-11-20T11:24:45.123Z [web-server] {line}")],
];

/// The position of the wrapper that has a level.
const RFC_5424: usize = 4;

/// Where to split a line, now and then.
fn split_at(line: &str, random: &mut Random) -> Option<usize> {
    let cuts: Vec<usize> = line.char_indices().map(|(at, _)| at).skip(1).collect();
    (random.below(3) == 0 && !cuts.is_empty()).then(|| *random.pick(&cuts))
}

#[test]
fn a_payload_comes_back_from_any_chain_of_wrappers() {
    let formats = Formats::default();
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for round in 0..4000 {
        let (payload, level, message) = random.pick(PAYLOADS);
        let layers = random.below(4);
        let mut lines = vec![(*payload).to_owned()];
        let mut has_priority = false;
        for _ in 0..layers {
            // A line that was split is not wrapped again: the wrapper outside would see two lines.
            if lines.len() > 1 {
                break;
            }
            // A table of names with bars is no chain of such wrappers.
            let wrap = random.below(WRAPS.len());
            let wrapped = WRAPS[wrap](&lines[0], &mut random);
            if wrapped[0].matches("web-1  | ").count() < 2 {
                lines = wrapped;
                has_priority |= wrap == RFC_5424;
            }
        }
        let text = lines.join("\n") + "\n";
        let folder = Folder::new(&formats, text.as_bytes(), false);
        let records: Vec<_> = folder.records().collect();
        assert_eq!(records.len(), 1, "round {round}: {text}");
        let record = &records[0].record;
        assert_eq!(
            String::from_utf8_lossy(&record.msg),
            *message,
            "round {round}: {text}"
        );
        let known = record.level.to_string();
        let expected = if *level == "-" {
            // RFC 5424 gives a level of its own.
            if has_priority { "info" } else { "unknown" }
        } else {
            level
        };
        assert_eq!(known, expected, "round {round}: {text}");
        // From any of its bytes the same record is found.
        let at = random.below(text.len());
        assert_eq!(
            folder.record_at(at, 0).record,
            *record,
            "round {round} at {at}: {text}"
        );
    }
}

/// A log of several segments, with records of one and of many lines.
fn long_log() -> String {
    let mut random = Random(42);
    let mut text = String::new();
    for at in 0..40_000 {
        let (second, minute) = (at % 60, at / 60 % 60);
        text += &match random.below(6) {
            0 => format!(
                "2026-11-20T11:{minute:02}:{second:02}.{:03}Z\tERROR\tx/main.go:{at}\tfailed {at}\nmain.main\n\t/src/x/main.go:{at}\nruntime.main\n\t/go/proc.go:1\n",
                at % 1000
            ),
            1 => format!(
                "2026-11-20 11:{minute:02}:{second:02},123 ERROR [main] com.x.Y: boom {at}\njava.net.ConnectException: Connection refused\n\tat com.x.Y.z(Y.java:{at})\nCaused by: java.io.IOException\n"
            ),
            2 => format!(
                "E1120 11:{minute:02}:{second:02}.874000   12985 main.go:148] \"Failed to sync {at}\" err=\"boom it\" multi=<\n\ta\n\tb\n > dur=\"1s\"\n"
            ),
            3 => format!(
                "{{\n  \"level\": \"warn\",\n  \"msg\": \"pretty {at}\",\n  \"time\": \"2026-11-20T11:{minute:02}:{second:02}Z\"\n}}\n"
            ),
            _ => format!(
                "time=\"2026-11-20T11:{minute:02}:{second:02}Z\" level=info msg=\"fine {at}\" padding={}\n",
                "x".repeat(random.below(80))
            ),
        };
    }
    text
}

/// Reads a few bytes at a time.
struct Trickle {
    text: Vec<u8>,
    at: usize,
    random: Random,
    most: usize,
}

impl Read for Trickle {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = (1 + self.random.below(self.most))
            .min(buffer.len())
            .min(self.text.len() - self.at);
        buffer[..count].copy_from_slice(&self.text[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}

#[test]
fn records_do_not_depend_on_how_a_log_is_read() {
    let text = long_log();
    let formats = Formats::default();
    assert!(!is_headless(&formats, text.as_bytes()) && text.len() > 3 << 20);
    let mut expected: Vec<(u64, u64, String)> = Vec::new();
    let folder = Folder::new(&formats, text.as_bytes(), false);
    let (mut line, mut counted) = (1, 0);
    for span in folder.records() {
        line += text[counted..span.range.start].matches('\n').count() as u64;
        counted = span.range.start;
        let message = String::from_utf8_lossy(&span.record.msg).into_owned();
        expected.push((line, span.lines.len() as u64, message));
    }
    assert_eq!(expected.len(), 40_000);
    let catalog = Catalog::default();
    for (jobs, most) in [(1, 7000), (2, 1 << 20), (4, 65_537)] {
        let reader = Trickle {
            text: text.clone().into_bytes(),
            at: 0,
            random: Random(7),
            most,
        };
        let checker = Checker::builder(&catalog).jobs(jobs).build().unwrap();
        let recorder = Recorder::new(Selection::default(), Rendering::Jsonl);
        let mut out = Vec::new();
        checker
            .write_logs(&Bundle::from_reader("a.log", reader), &recorder, &mut out)
            .unwrap();
        let mut found: Vec<(u64, u64, String)> = String::from_utf8(out)
            .unwrap()
            .lines()
            .map(|line| {
                let record: Value = serde_json::from_str(line).unwrap();
                let message = record["msg"].as_str().unwrap().to_owned();
                (count(&record, "line"), count(&record, "lines"), message)
            })
            .collect();
        found.sort();
        assert!(
            found == expected,
            "{jobs} threads, up to {most} bytes at a time"
        );
    }
}

#[test]
fn one_journal_in_many_files_is_one_journal() {
    let Some(corpus) = corpus() else {
        return;
    };
    let journals = corpus.join("journals");
    let logs = |options: &[&str]| {
        let mut args = vec![
            "logs".as_ref(),
            journals.as_os_str(),
            "-f".as_ref(),
            "jsonl".as_ref(),
        ];
        args.extend(options.iter().map(std::ffi::OsStr::new));
        let output = run(&args);
        let records: Vec<Value> = stdout(&output)
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        records
    };
    let generated = logs(&["--entry", "generated*"]);
    // Six binary files and the stream that they were made from.
    assert_eq!(generated.len(), 2000);
    assert!(generated.iter().all(|record| record["copies"] == 6));
    assert!(generated.is_sorted_by_key(|record| record["time"].as_str().unwrap().to_owned()));
    assert_eq!(logs(&["--entry", "systemd-user-1000*"]).len(), 296);
}

#[test]
fn logs_are_one_time_line_over_machines() {
    let logs = |options: &[&str]| {
        let mut args = vec!["logs", "samples/storageos-join/bundle"];
        args.extend(options);
        stdout(&run(&args))
    };
    let all = logs(&[]);
    let times: Vec<&str> = all
        .lines()
        .filter(|line| !line.starts_with(' '))
        .filter_map(|line| line.split(' ').next())
        .collect();
    let dated: Vec<&&str> = times.iter().filter(|time| time.ends_with('Z')).collect();
    assert!(dated.len() > 50 && dated.is_sorted());
    let errors = logs(&["--level", "error", "--node", "node3", "--grep", "503"]);
    assert!(errors.lines().count() > 0);
    assert!(
        errors
            .lines()
            .all(|line| line.contains(" node3 ERROR ") && line.contains("503")),
        "{errors}"
    );
    let late = logs(&[
        "--since",
        "2018-09-24T13:41:00Z",
        "--until",
        "2018-09-24T13:41:05Z",
    ]);
    assert!(
        !late.is_empty()
            && late
                .lines()
                .all(|line| line.starts_with("2018-09-24T13:41:0")),
        "{late}"
    );
    assert_eq!(logs(&["-j", "1"]), logs(&["-j", "3"]));
    assert_eq!(logs(&["--entry", "*.nothing"]), "");
}

/// The messages of the records of small files, with their copies.
fn time_line(files: &[(&str, &str)]) -> Vec<(String, u64)> {
    let files = files.iter().map(|(path, text)| (*path, text.as_bytes()));
    let bundle = Bundle::from_files("b", files).unwrap();
    let catalog = Catalog::default();
    let checker = Checker::builder(&catalog).build().unwrap();
    let recorder = Recorder::new(Selection::default(), Rendering::Jsonl);
    let mut out = Vec::new();
    checker.write_logs(&bundle, &recorder, &mut out).unwrap();
    String::from_utf8(out)
        .unwrap()
        .lines()
        .map(|line| {
            let record: Value = serde_json::from_str(line).unwrap();
            let message = record["msg"].as_str().unwrap().to_owned();
            (message, record["copies"].as_u64().unwrap_or(0))
        })
        .collect()
}

#[test]
fn copies_are_left_out_and_what_others_wrote_is_not() {
    let line = |stamp: &str, tag: &str| format!("{stamp} node-1 {tag}: refused\n");
    let (first, second) = (
        line("2026-11-20T11:24:45+0000", "a[1]"),
        line("2026-11-20T11:24:45+0000", "b[2]"),
    );
    let both = first.clone() + &second;
    // Two processes, and a copy of both.
    let found = time_line(&[
        ("syslog", &both),
        ("syslog.1", &first),
        ("messages", &second),
    ]);
    assert_eq!(
        found,
        [("refused".to_owned(), 1), ("refused".to_owned(), 1)]
    );
    // Two containers on one machine.
    let json = |second: u8| {
        format!(
            "{{\"log\":\"refused\\n\",\"stream\":\"stderr\",\"time\":\"2026-11-20T11:24:45.{second}Z\"}}\n"
        )
    };
    let pods = [
        ("node-1/var/log/pods/shop_web-1_u1/web/0.log", &*json(1)),
        ("node-1/var/log/pods/shop_web-2_u2/web/0.log", &*json(1)),
    ];
    assert_eq!(time_line(&pods).len(), 2);
    // One process in one second, at times that are told apart.
    let (early, late) = (
        line("2026-11-20T11:24:45.100001+0000", "a[1]"),
        line("2026-11-20T11:24:45.900001+0000", "a[1]"),
    );
    assert_eq!(time_line(&[("a.log", &early), ("b.log", &late)]).len(), 2);
    assert_eq!(time_line(&[("a.log", &early), ("b.log", &early)]).len(), 1);
}

#[test]
fn a_crash_that_left_nothing_but_a_trace_is_a_log() {
    let trace = "panic: boom\n\ngoroutine 1 [running]:\nmain.main()\n\t/x/main.go:2 +0x1d\n";
    let found = time_line(&[("logs/web-previous.log", trace)]);
    assert_eq!(found.len(), 1);
    assert!(found[0].0.starts_with("panic: boom"), "{found:?}");
    // So is a log with a long banner.
    let banner = "welcome to the machine\n".repeat(300);
    let log = banner + &"2024-01-01 00:00:00 ERROR boom\n".repeat(300);
    let found = time_line(&[("logs/web.log", &log)]);
    assert_eq!(
        found
            .iter()
            .filter(|(message, _)| message == "boom")
            .count(),
        300
    );
}

#[test]
fn an_output_is_written_as_a_whole_or_not_at_all() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.log");
    std::fs::write(&path, "time=\"2026-11-20T11:24:44Z\" level=info msg=fine\n").unwrap();
    let log = path.as_os_str();
    let logs = |input: &std::ffi::OsStr, output: &std::ffi::OsStr| {
        run(&[
            "logs".as_ref(),
            input,
            "-f".as_ref(),
            "jsonl".as_ref(),
            "-o".as_ref(),
            output,
        ])
    };
    assert_eq!(logs(log, log).status.code(), Some(0));
    let written = std::fs::read_to_string(&path).unwrap();
    assert!(
        written.starts_with("{\"time\":\"2026-11-20T11:24:44.000000Z\""),
        "{written}"
    );
    // What is no log leaves the output as it was.
    let prose = dir.path().join("letter.txt");
    std::fs::write(&prose, "Dear customer,\n").unwrap();
    assert_eq!(logs(prose.as_os_str(), log).status.code(), Some(2));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), written);
}

#[test]
fn what_a_collector_says_is_no_failure_and_is_listed() {
    let bundle = Bundle::from_files(
        "b",
        [
            (
                "logs/a-previous.log",
                &b"Error from server (BadRequest): previous terminated container \"x\" in pod \"y\" not found\n"[..],
            ),
            ("logs/b.log", b"unable to retrieve container logs for containerd://0a1b: connection refused\n"),
            ("logs/c.log", b"-- Logs begin at Fri 2022-02-04 09:34:04 UTC, end at Thu 2022-02-10 16:19:19 UTC. --\n-- No entries --\n"),
            ("logs/d.log", b"time=\"2026-11-20T11:24:44Z\" level=info msg=fine\n"),
        ],
    )
    .unwrap();
    let catalog = Catalog::builtin();
    let report = Checker::builder(&catalog)
        .build()
        .unwrap()
        .check(&bundle)
        .unwrap();
    assert!(
        report.findings.is_empty() && report.unexplained.is_empty(),
        "{:?}",
        report.findings
    );
    let uncollected: Vec<&str> = report
        .not_checked
        .iter()
        .filter(|warning| warning.reason == "uncollected")
        .map(|warning| &*warning.entry)
        .collect();
    assert_eq!(
        uncollected,
        ["logs/a-previous.log", "logs/b.log", "logs/c.log"]
    );
    assert!(report.bundle.complete);
}
