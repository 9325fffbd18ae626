//! Bundles that are damaged, or mean harm.

use bundlecheck::{Bundle, Catalog, Checker, Limits, Report};

use crate::pack::{self, Files};

fn check(bytes: Vec<u8>) -> Report {
    let catalog = Catalog::builtin();
    let checker = Checker::builder(&catalog).build().unwrap();
    checker
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
    let mut files = file("../../etc/passwd", refused(1));
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
    assert_eq!(report.findings[0].evidence[0].entry, "../../etc/passwd");
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
