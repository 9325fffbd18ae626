use super::*;
use crate::log::{Level, is_headless};

const LOG: &str = "\
2026-11-20T11:24:44.873Z\tERROR\tx/main.go:96\twith stack\t{\"error\": \"boom\"}
main.main
\t/src/x/main.go:96
2026-11-20T11:24:45.000Z\tINFO\tx/main.go:97\tfine

2026-11-20T11:24:46.000Z\tWARN\tx/main.go:98\thm
";

fn kept(selection: Selection, text: &str) -> Vec<(u32, u32, String)> {
    let recorder = Recorder::new(selection, Rendering::Jsonl);
    let source = (&Origin::new("a/b.log"), &Place::default());
    let formats = Formats::default();
    let chunk = recorder
        .record(
            &formats,
            text.as_bytes(),
            source,
            is_headless(&formats, text.as_bytes()),
        )
        .expect("it is kept");
    let Some(chunk) = chunk else {
        return Vec::new();
    };
    let buffer = recorder.spool().take(chunk.data).expect("it is there");
    frames(&buffer)
        .map(|frame| {
            let body = String::from_utf8(frame.body.to_vec()).expect("UTF-8");
            (frame.line, frame.lines, body)
        })
        .collect()
}

#[test]
fn records_have_their_lines_and_their_rendering() {
    let records = kept(Selection::default(), LOG);
    let places: Vec<(u32, u32)> = records
        .iter()
        .map(|(line, lines, _)| (*line, *lines))
        .collect();
    assert_eq!(places, [(0, 3), (3, 1), (5, 1)]);
    assert_eq!(
        records[0].2,
        r#","level":"error","logger":"x/main.go:96","msg":"with stack\nmain.main\n\t/src/x/main.go:96","fields":{"error":"boom"},"format":"zap console""#
    );
}

#[test]
fn only_what_is_selected_is_kept() {
    let level = Selection {
        level: Some(Level::Warn),
        ..Selection::default()
    };
    assert_eq!(kept(level, LOG).len(), 2);
    let text = Selection::default().text("(?i)STACK").expect("a regex");
    assert_eq!(kept(text, LOG).len(), 1);
    for (glob, count) in [("*.log", 3), ("a/*", 3), ("*.txt", 0), ("b.log", 3)] {
        let entry = Selection::default().entry(glob).expect("a glob");
        assert_eq!(kept(entry, LOG).len(), count, "{glob}");
    }
    let unit = Selection {
        units: vec!["kubelet".to_owned()],
        ..Selection::default()
    };
    let journal = "Nov 07 22:50:01 node3 kubelet[8]: x\nNov 07 22:50:02 node3 dockerd[9]: y\n";
    assert_eq!(kept(unit, journal).len(), 1);
}

#[test]
fn output_of_commands_is_no_log() {
    assert_eq!(
        kept(
            Selection::default(),
            "Filesystem 1K-blocks Used\n/dev/sda1 1 1\n"
        ),
        []
    );
}
