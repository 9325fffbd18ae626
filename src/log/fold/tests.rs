use super::*;

/// A folder for a text that is a whole entry.
fn folder<'a>(formats: &'a Formats, text: &'a str) -> Folder<'a> {
    let text = text.as_bytes();
    Folder::new(formats, text, is_headless(formats, text))
}

fn record_of(text: &str, needle: &str) -> (String, String) {
    let formats = Formats::default();
    let at = text.find(needle).expect("the needle is in the text");
    let span = folder(&formats, text).record_at(at, 0);
    let lines = span.lines.len();
    (
        String::from_utf8(span.record.msg.into_owned()).expect("text"),
        format!(
            "{lines} lines from {}",
            text[..span.range.start].lines().count() + 1
        ),
    )
}

const RABBIT: &str = "2022-02-04 10:07:26.120 [warning] <0.8.0> closing AMQP connection <0.8.0>:\n\
                      client unexpectedly closed TCP connection\n\
                      2022-02-04 10:07:27.000 [info] <0.9.0> accepting\n";

#[test]
fn an_untimed_line_belongs_to_the_head_before_it() {
    let (msg, place) = record_of(RABBIT, "unexpectedly");
    assert_eq!(
        msg,
        "<0.8.0> closing AMQP connection <0.8.0>:\nclient unexpectedly closed TCP connection"
    );
    assert_eq!(place, "2 lines from 1");
    assert_eq!(record_of(RABBIT, "accepting").1, "1 lines from 3");
}

#[test]
fn traces_inside_a_wrapper_fold_by_stream() {
    let text = "2025-03-10T13:52:33Z stderr F 2025-03-10 13:52:33,100 ERROR boom\n\
                2025-03-10T13:52:33Z stderr F   at com.example.A\n\
                2025-03-10T13:52:33Z stdout F 2025-03-10 13:52:33,200 INFO fine\n\
                2025-03-10T13:52:33Z stderr F Caused by: java.net.ConnectException: Connection refused\n\
                2025-03-10T13:52:34Z stderr F 2025-03-10 13:52:34,100 ERROR next\n";
    let (msg, place) = record_of(text, "Connection refused");
    assert_eq!(
        msg,
        "boom\n  at com.example.A\nCaused by: java.net.ConnectException: Connection refused"
    );
    assert_eq!(place, "3 lines from 1");
}

#[test]
fn a_panic_is_a_record_of_its_own_with_the_time_before_it() {
    let text = "time=\"2026-11-20T11:24:44Z\" level=info msg=fine\npanic: runtime error\n\ngoroutine 1 [running]:\n\tmain.go:1\n";
    let formats = Formats::default();
    let span = folder(&formats, text).record_at(text.find("panic").expect("a panic"), 0);
    assert_eq!(
        span.record.time.map(|time| time.micros),
        Some(1_795_173_884_000_000)
    );
    assert!(span.record.msg.starts_with(b"panic: runtime error"));
}

#[test]
fn docker_timestamps_stand_on_continuation_lines_as_well() {
    let text = "2016-07-01T10:00:01.1Z psql: could not connect to server: Connection refused\n\
                2016-07-01T10:00:01.2Z \tIs the server running on host \"db\" and accepting\n\
                2016-07-01T10:00:01.3Z \tTCP/IP connections on port 5432?\n\
                2016-07-01T10:00:02.1Z next\n";
    let (msg, place) = record_of(text, "5432");
    assert!(
        msg.starts_with("psql: could not connect") && msg.ends_with("port 5432?"),
        "{msg}"
    );
    assert_eq!(place, "3 lines from 1");
}

#[test]
fn chained_traces_are_one_record() {
    let text = "2022-02-04 10:58:47 ERROR unit.x hook failed\n2022-02-04 10:58:48 DEBUG unit.x start\nTraceback (most recent call last):\n  File a\nOSError: [Errno 113] No route to host\n\nDuring handling of the above exception, another exception occurred:\n\nTraceback (most recent call last):\n  File b\nMaxRetryError: [Errno 113] No route to host\n2022-02-04 10:58:49 INFO unit.x next\n";
    for needle in ["OSError", "MaxRetryError", "File b"] {
        assert_eq!(record_of(text, needle).1, "9 lines from 3", "{needle}");
    }
}

#[test]
fn split_lines_are_joined_before_they_are_parsed() {
    let text = "2025-03-10T13:52:33Z stdout P time=\"2025-03-10T13:52:33Z\" level=error msg=\"connection \n\
                2025-03-10T13:52:33Z stderr F other\n\
                2025-03-10T13:52:33Z stdout P refused by \n\
                2025-03-10T13:52:33Z stdout F peer\" port=5432\n\
                2025-03-10T13:52:35Z stdout F time=\"2025-03-10T13:52:35Z\" level=info msg=next\n";
    for needle in ["connection", "refused", "5432"] {
        let (msg, place) = record_of(text, needle);
        assert_eq!(
            (msg.as_str(), place.as_str()),
            ("connection refused by peer", "3 lines from 1"),
            "{needle}"
        );
    }
    assert_eq!(record_of(text, "next").1, "1 lines from 5");
}

#[test]
fn output_of_a_command_knows_the_command() {
    let text = "[root@node06 ~]# nc -zv node04 5705\nNcat: Version 7.50\nNcat: Connection timed out.\n$ true\nroot@node1:~# x\nout\n";
    let formats = Formats::default();
    let command = |needle: &str| {
        let span = folder(&formats, text).record_at(text.find(needle).expect("it is there"), 0);
        span.record
            .field("command")
            .map(|command| String::from_utf8_lossy(command).into_owned())
    };
    assert_eq!(command("timed out").as_deref(), Some("nc -zv node04 5705"));
    assert_eq!(command("out\n").as_deref(), Some("x"));
    assert_eq!(command("[root"), None);
}

#[test]
fn output_of_commands_is_one_record_a_line() {
    let psql = "psql: could not connect to server: Connection refused\n\tIs the server running on host \"db\" (10.0.0.11) and accepting\n\tTCP/IP connections on port 5432?\n";
    for needle in ["refused", "running", "5432"] {
        assert_eq!(record_of(psql, needle).1, "3 lines from 1", "{needle}");
    }
    let json = "{\n  node: {\n        key: \"/_etcd/registry/a\",\n        value: \"http://10.0.0.1:7001\",\n";
    assert_eq!(record_of(json, "registry").1, "1 lines from 3");
    let table = "node4   node2.nats   172.28.128.4:5708  1.9ms   OK\nnode4   node3.api    172.28.128.5:5705  3.0ms   ERROR  timeout\n";
    assert_eq!(record_of(table, "ERROR").1, "1 lines from 2");
}

/// The messages of all records of `lines`, each line wrapped.
fn wrapped(prefix: &str, lines: &str) -> Vec<String> {
    let text: String = lines
        .lines()
        .map(|line| format!("{prefix}{line}\n"))
        .collect();
    let formats = Formats::default();
    let folder = Folder::new(&formats, text.as_bytes(), false);
    let spans: Vec<Span> = folder.records().collect();
    for span in &spans {
        for line in &span.lines {
            let found = folder.record_at(line.start, 0);
            assert_eq!(found.range, span.range, "from {}", &text[line.clone()]);
        }
    }
    spans
        .iter()
        .map(|span| String::from_utf8_lossy(&span.record.msg).into_owned())
        .collect()
}

const WRAPPERS: [&str; 2] = [
    "2025-03-10T13:52:33.1Z stderr F ",
    "Nov 20 11:24:45 node-1 app[7]: ",
];

#[test]
fn traces_of_all_languages_are_one_record_in_a_wrapper() {
    let go = "time=\"2026-11-20T11:24:44Z\" level=info msg=fine\npanic: boom\n[signal SIGSEGV: x]\n\ngoroutine 1 [running]:\nmain.main()\n\t/x/main.go:2 +0x1d\nmain.(*Server).run(0xc0, 0x1)\n\t/x/main.go:3\nexit status 2\ntime=\"2026-11-20T11:24:45Z\" level=info msg=next";
    let python = "2026-11-20 11:24:44,100 - app - ERROR - failed\nTraceback (most recent call last):\n  File \"a.py\", line 1\n    f()\nKeyError: 'a'\n\nDuring handling of the above exception, another exception occurred:\n\nTraceback (most recent call last):\n  File \"b.py\", line 2\nValueError: b\n2026-11-20 11:24:45,100 - app - INFO - next";
    let java = "2026-11-20 11:24:44,100 ERROR [main] com.x.Y: failed\njava.lang.IllegalStateException: x\n\tat com.x.Y.z(Y.java:1)\nCaused by: java.net.ConnectException: refused\n\t... 3 more\n2026-11-20 11:24:45,100 INFO [main] com.x.Y: next";
    for prefix in WRAPPERS {
        let found = wrapped(prefix, go);
        assert_eq!(found.len(), 3, "{prefix}: {found:#?}");
        assert!(
            found[1].starts_with("panic: boom") && found[1].ends_with("exit status 2"),
            "{found:#?}"
        );
        let found = wrapped(prefix, python);
        assert_eq!(found.len(), 3, "{prefix}: {found:#?}");
        assert!(
            found[1].starts_with("Traceback") && found[1].ends_with("ValueError: b"),
            "{found:#?}"
        );
        let found = wrapped(prefix, java);
        assert_eq!(found.len(), 2, "{prefix}: {found:#?}");
        assert!(found[0].ends_with("... 3 more"), "{found:#?}");
    }
}

#[test]
fn details_of_interleaved_processes_find_their_error() {
    let lines = "2026-11-20 11:47:35.958 UTC [1] ERROR:  deadlock detected\n2026-11-20 11:47:35.959 UTC [2] ERROR:  other\n2026-11-20 11:47:35.960 UTC [1] DETAIL:  of one\n2026-11-20 11:47:35.961 UTC [2] STATEMENT:  of two";
    for prefix in ["", WRAPPERS[0]] {
        assert_eq!(
            wrapped(prefix, lines),
            ["deadlock detected\nof one", "other\nof two"],
            "{prefix}"
        );
    }
}

#[test]
fn plain_lines_far_apart_are_not_one_record() {
    let text = "Mar  1 10:00:00 node-1 app[7]: start\nMar  5 10:00:00 node-1 app[7]: at the office\nMar  9 10:00:00 node-1 app[7]:   indented\n";
    for needle in ["start", "office", "indented"] {
        assert!(record_of(text, needle).1.starts_with("1 lines"), "{needle}");
    }
}

#[test]
fn messages_of_a_journal_may_have_blank_lines() {
    let text = "Nov 07 22:50:01 node3 dockerd[812]: first\n                                    second\n                                    \n                                    third\n-- Subject: catalog\n\n-- more\nNov 07 22:50:02 node3 dockerd[812]: next\n";
    assert_eq!(record_of(text, "third").0, "first\nsecond\n\nthird");
    assert_eq!(record_of(text, "next").1, "1 lines from 8");
}
