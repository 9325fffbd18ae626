//! Documents and source code, in which lines of logs are quotations.

/// What their names end with.
const ENDINGS: [&str; 26] = [
    "adoc", "c", "cc", "cpp", "cs", "css", "go", "h", "hpp", "htm", "html", "java", "js", "kt",
    "markdown", "md", "php", "pl", "pm", "py", "rb", "rs", "rst", "scala", "swift", "ts",
];

/// Whether the name of a file says that it holds prose or source code.
pub fn is_prose(path: &str) -> bool {
    let file = path.rsplit('/').next().unwrap_or(path);
    let ending = file.rsplit_once('.').map(|(_, ending)| ending);
    ending.is_some_and(|ending| {
        ENDINGS
            .iter()
            .any(|known| known.eq_ignore_ascii_case(ending))
    })
}

#[cfg(test)]
mod tests {
    use super::is_prose;

    #[test]
    fn documents_are_known_by_their_names() {
        assert!(is_prose("docs/TROUBLESHOOTING.md") && is_prose("src/a.go"));
        assert!(!is_prose("var/log/a.go.log") && !is_prose("md") && !is_prose("rules.yaml"));
    }
}
