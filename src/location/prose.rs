//! Documents, source code and configuration, in which lines of logs are quotations.

/// What the names of documents and source code end with.
const DOCUMENTS: [&str; 26] = [
    "adoc", "c", "cc", "cpp", "cs", "css", "go", "h", "hpp", "htm", "html", "java", "js", "kt",
    "markdown", "md", "php", "pl", "pm", "py", "rb", "rs", "rst", "scala", "swift", "ts",
];

/// What the names of configuration files end with.
const SETTINGS: [&str; 9] = [
    "cfg",
    "cnf",
    "conf",
    "ini",
    "properties",
    "rules",
    "service",
    "tf",
    "toml",
];

/// What YAML is called that says how things are, not how they should be: dumps of events and of the state of pods.
const STATES: [&str; 4] = ["describe", "event", "pod", "status"];

/// Whether the name of a file says that it holds prose, source code or configuration.
pub fn is_prose(path: &str) -> bool {
    let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
    if is_named_so(folder, file) {
        return true;
    }
    let ending = file.rsplit_once('.').map(|(_, ending)| ending);
    ending.is_some_and(|ending| {
        let is = |known: &&str| ending.eq_ignore_ascii_case(known);
        match &*ending.to_ascii_lowercase() {
            "yaml" | "yml" => !STATES.iter().any(|state| path.contains(state)),
            _ => DOCUMENTS.iter().any(is) || SETTINGS.iter().any(is),
        }
    })
}

/// The same by names without an ending, and by folders.
fn is_named_so(folder: &str, file: &str) -> bool {
    // What troubleshoot concluded from other files, and what a person has typed.
    if matches!(file, "analysis.json" | ".bash_history") {
        return true;
    }
    let stem = file.split('.').next().unwrap_or(file);
    if [
        "README",
        "CHANGELOG",
        "CHANGES",
        "NEWS",
        "NOTES",
        "COPYING",
        "LICENSE",
    ]
    .contains(&stem)
    {
        return true;
    }
    let is_separator = |byte: &u8| matches!(byte, b'/' | b'!');
    let mut before: &[u8] = b"";
    let mut is_set = false;
    for name in folder.as_bytes().split(is_separator) {
        // What a cluster was told, whatever it is; documentation of the system.
        if is_told(name) || (name == b"doc" && before == b"share") {
            return true;
        }
        is_set |= name == b"etc";
        before = name;
    }
    // `/etc` holds settings; only some programs write logs there.
    is_told(file.as_bytes())
        || (file == "doc" && before == b"share")
        || (is_set && !file.contains(".log"))
}

/// Whether a file or a folder holds configuration that a cluster was given.
fn is_told(name: &[u8]) -> bool {
    let first = |known: &&[u8]| {
        let rest = name.strip_prefix(*known);
        rest.is_some_and(|rest| rest.is_empty() || rest[0] == b'.')
    };
    matches!(name.first(), Some(b'c' | b's'))
        && [&b"configmap"[..], b"configmaps", b"secret", b"secrets"]
            .iter()
            .any(first)
}

#[cfg(test)]
mod tests {
    use super::is_prose;

    #[test]
    fn documents_are_known_by_their_names() {
        assert!(is_prose("docs/TROUBLESHOOTING.md") && is_prose("src/a.go"));
        assert!(!is_prose("var/log/a.go.log") && !is_prose("md") && !is_prose("rules.txt"));
    }

    #[test]
    fn settings_are_no_logs_but_dumps_in_yaml_are_searched() {
        assert!(is_prose("etc/redis/redis.conf") && is_prose("case/etc/motd"));
        assert!(is_prose("values.yaml") && is_prose("yamls/rules.YML"));
        assert!(!is_prose("namespaces/a/core/events.yaml") && !is_prose("pods/web.yaml"));
        assert!(!is_prose("etcd/etcd.log") && !is_prose("etc"));
        assert!(is_prose("usr/share/doc/app/notes") && is_prose("root/.bash_history"));
        assert!(is_prose("kubectl/configmaps") && is_prose("cluster-resources/configmaps/a.json"));
        assert!(!is_prose("etc/app/app.log") && !is_prose("share/app/doc.log"));
    }
}
