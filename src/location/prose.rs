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
    let path = || folder.split(['/', '!']).chain([file]);
    let in_order = |first: &str, second: &str| {
        let mut names = path();
        names.any(|name| name == first) && names.next() == Some(second)
    };
    // What a cluster was told, whatever it is.
    let told = |name: &str| {
        matches!(
            stem_of(name),
            "configmap" | "configmaps" | "secret" | "secrets"
        )
    };
    // `/etc` holds settings; only some programs write logs there.
    let set = folder.split(['/', '!']).any(|name| name == "etc") && !file.contains(".log");
    set || in_order("share", "doc") || path().any(told)
}

fn stem_of(name: &str) -> &str {
    name.split('.').next().unwrap_or(name)
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
