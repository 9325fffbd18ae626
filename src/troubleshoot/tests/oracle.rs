//! What troubleshoot itself concluded of a bundle is what is concluded here.
//!
//! The data is in the folder that `BUNDLECHECK_CORPUS` names.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::super::decode;
use super::{Memory, shown};

fn corpus() -> Option<PathBuf> {
    let folder = std::env::var_os("BUNDLECHECK_CORPUS").map(PathBuf::from);
    let folder = folder.filter(|folder| folder.is_dir());
    if folder.is_none() {
        // Past the test harness, which would swallow it.
        let _ = writeln!(
            std::io::stderr(),
            "skipped: BUNDLECHECK_CORPUS names no folder"
        );
    }
    folder
}

/// The entries of an archive, relative to its only directory.
fn unpacked(archive: &Path) -> Memory {
    let name = archive
        .file_name()
        .expect("a name")
        .to_string_lossy()
        .into_owned();
    let folder =
        std::env::temp_dir().join(format!("bundlecheck-oracle-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let status = Command::new("tar")
        .arg("xzf")
        .arg(archive)
        .arg("-C")
        .arg(&folder)
        .status();
    assert!(status.expect("tar runs").success());
    let root = std::fs::read_dir(&folder)
        .expect("a folder")
        .flatten()
        .next()
        .expect("a root")
        .path();
    let mut files = Memory::default();
    add(&root, &root, &mut files);
    std::fs::remove_dir_all(&folder).expect("removed");
    files
}

fn add(root: &Path, folder: &Path, files: &mut Memory) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        let kind = entry.file_type().expect("a type");
        if kind.is_dir() {
            add(root, &path, files);
        } else if path.is_file() {
            let name = path
                .strip_prefix(root)
                .expect("below")
                .to_string_lossy()
                .into_owned();
            files
                .0
                .insert(name, std::fs::read(&path).expect("readable"));
        }
    }
}

/// `Fail|title|message` of every result in `analysis.json`.
fn analysis(files: &Memory) -> Vec<String> {
    let results: Vec<Value> = serde_json::from_slice(&files.0["analysis.json"]).expect("JSON");
    let result = |result: &Value| {
        let verdict = match result["severity"].as_str() {
            Some("error") => "Fail",
            Some("warn") => "Warn",
            _ => "Pass",
        };
        let text = |name| result["insight"][name].as_str().unwrap_or_default();
        format!("{verdict}|{}|{}", text("primary"), text("detail"))
    };
    results.iter().map(result).collect()
}

/// What is concluded, and the analyzers that could not be evaluated.
fn conclusions(spec: &str, files: &Memory) -> (Vec<String>, Vec<String>) {
    let (specs, _) = decode(spec);
    let (mut outcomes, mut errors) = (Vec::new(), Vec::new());
    for analyzer in specs.iter().flat_map(|spec| &spec.analyzers) {
        let mut wanted = Memory::default();
        for (path, content) in files.0.iter().filter(|(path, _)| analyzer.wants(path)) {
            wanted.0.insert(path.clone(), content.clone());
        }
        match analyzer.evaluate(&wanted) {
            Ok(found) => outcomes.extend(found.iter().map(shown)),
            Err(error) => errors.push(format!("{}: {error}", analyzer.key)),
        }
    }
    (outcomes, errors)
}

#[test]
fn a_preflight_is_concluded_as_troubleshoot_did() {
    let Some(corpus) = corpus() else { return };
    let folder = corpus.join("troubleshoot");
    let spec = std::fs::read_to_string(folder.join("all-analyzers-v1beta2.yaml")).expect("a spec");
    let files = unpacked(&folder.join("preflight-v1beta2.tar.gz"));
    let (outcomes, errors) = conclusions(&spec, &files);
    let expected = analysis(&files);
    assert_eq!(outcomes, expected);
    let keys: Vec<&str> = errors
        .iter()
        .filter_map(|error| error.split(':').next())
        .collect();
    assert_eq!(
        keys,
        ["secret", "configMap", "jsonCompare", "goldpinger", "event"]
    );
}

/// What the results of the other bundle answer, each without its title and message; its spec is not there.
const ASKED: &[(&str, &str)] = &[
    ("clusterVersion:", "when: '>= 1.15.0'"),
    (
        "customResourceDefinition:\n        customResourceDefinitionName: not.there",
        "",
    ),
    ("containerRuntime:", "when: '== containerd'"),
    ("storageClass:\n        storageClassName: not-there", ""),
    ("nodeResources:", "when: 'count() < 3'"),
    ("nodeResources:", "when: 'sum(cpuCapacity) < 4'"),
    (
        "nodeResources:",
        "when: 'min(ephemeralStorageCapacity) < 40Gi'",
    ),
    (
        "ingress:\n        namespace: default\n        ingressName: not-there",
        "",
    ),
    (
        "deploymentStatus:\n        namespace: default\n        name: api",
        "when: '< 1'",
    ),
    (
        "textAnalyze:\n        fileName: static-hi.log\n        regex: hi",
        "",
    ),
];

#[test]
fn a_support_bundle_is_concluded_as_troubleshoot_did() {
    let Some(corpus) = corpus() else { return };
    let files = unpacked(&corpus.join("bundles/troubleshoot.tar.gz"));
    let expected = analysis(&files);
    assert_eq!(expected.len(), ASKED.len());
    let mut spec =
        "apiVersion: troubleshoot.sh/v1beta2\nkind: SupportBundle\nspec:\n  analyzers:\n"
            .to_owned();
    for ((head, when), result) in ASKED.iter().zip(&expected) {
        let [verdict, title, message] = *result.splitn(3, '|').collect::<Vec<_>>() else {
            panic!("three parts")
        };
        let verdict = verdict.to_lowercase();
        spec += &format!(
            "    - {head}\n        checkName: {title:?}\n        outcomes:\n          - {verdict}:\n              \
             message: {message:?}\n              {when}\n"
        );
    }
    let (outcomes, errors) = conclusions(&spec, &files);
    assert_eq!((outcomes, errors), (expected, Vec::new()));
}
