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
    // What troubleshoot concluded from other files.
    if file == "analysis.json" {
        return true;
    }
    // `/etc` holds settings, whatever they are called.
    if folder.split(['/', '!']).any(|name| name == "etc") {
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
    }
}
