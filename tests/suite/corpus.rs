//! Real bundles, against what `grep` finds in them. Skipped, with a message, where they are not.

use serde_json::Value;

use crate::support::{corpus, run, stdout};

fn report(name: &str, options: &[&str]) -> Option<Value> {
    let bundle = corpus()?.join("bundles").join(name);
    let mut args = vec![bundle.as_os_str(), "-f".as_ref(), "json".as_ref()];
    args.extend(options.iter().map(std::ffi::OsStr::new));
    Some(serde_json::from_slice(&run(&args).stdout).unwrap())
}

fn finding<'a>(report: &'a Value, id: &str) -> &'a Value {
    report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|finding| finding["id"] == id)
        .unwrap()
}

#[test]
fn a_single_node_bundle_has_the_lines_that_grep_counts() {
    let Some(report) = report("rke2-node.tar.gz", &[]) else {
        return;
    };
    assert_eq!(report["bundle"]["entries"], 311);
    assert_eq!(report["bundle"]["lines"], 596_589);
    let refused = finding(&report, "net-connection-refused");
    assert_eq!(
        (refused["count"].as_u64(), refused["lines"].as_u64()),
        (Some(6624), Some(6624))
    );
    // The other lines with these words are of the kubelet, which waits for its API server.
    let waits = finding(&report, "k8s-apiserver-unreachable");
    assert_eq!(waits["lines"], 6683 - 6624);
    let most = &refused["captures"][0];
    assert_eq!(most["count"], 6618);
    assert_eq!(
        most["values"].to_string(),
        r#"[{"name":"host","value":"127.0.0.1"},{"name":"port","value":"10249"}]"#
    );
}

#[test]
fn copies_of_a_journal_count_once() {
    let Some(report) = report("sos-kubernetes.tar.xz", &[]) else {
        return;
    };
    let refused = finding(&report, "k8s-apiserver-unreachable");
    // In the journal, again in its --boot part and, by unit, in four files. The other 13 of 527 are of other programs.
    assert_eq!(
        (refused["count"].as_u64(), refused["lines"].as_u64()),
        (Some(514), Some(1540))
    );
    assert_eq!(refused["first"], "2022-02-11T19:12:18Z");
    let others = finding(&report, "net-connection-refused");
    assert_eq!(
        (others["count"].as_u64(), others["lines"].as_u64()),
        (Some(13), Some(41))
    );
}

#[test]
fn links_are_not_scanned_twice() {
    let Some(report) = report("troubleshoot.tar.gz", &[]) else {
        return;
    };
    assert_eq!(report["bundle"]["entries"], 102);
    assert_eq!(finding(&report, "k8s-service-vip-unreachable")["lines"], 31);
}

#[test]
fn every_bundle_gives_the_same_bytes_for_any_number_of_threads() {
    let Some(folder) = corpus() else { return };
    for entry in std::fs::read_dir(folder.join("bundles")).unwrap() {
        let bundle = entry.unwrap().path();
        let one = run(&[bundle.as_os_str(), "-j1".as_ref(), "-v".as_ref()]);
        let two = run(&[bundle.as_os_str(), "-j2".as_ref(), "-v".as_ref()]);
        assert!(stdout(&one).len() > 200);
        assert_eq!(stdout(&one), stdout(&two), "{}", bundle.display());
    }
}
