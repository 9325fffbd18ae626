//! What a mistyped word may have meant.

use std::fmt::Write as _;
use std::path::Path;

use clap::CommandFactory as _;

use super::args::Cli;

/// Advice for a bundle that does not exist: a command, or a neighbour with a similar name.
pub(super) fn for_missing(path: &Path) -> String {
    let word = path.to_string_lossy();
    let mut advice = String::new();
    let command = Cli::command();
    let commands: Vec<String> = command
        .get_subcommands()
        .map(|command| command.get_name().to_owned())
        .collect();
    if !word.contains(['/', '.'])
        && let Some(near) = nearest(&word, &commands)
    {
        let _ = write!(advice, "\nhelp: did you mean the command `{near}`?");
    }
    let parent = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let siblings: Vec<String> = std::fs::read_dir(parent)
        .map(|entries| {
            entries
                .filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned()))
                .collect()
        })
        .unwrap_or_default();
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    if advice.is_empty()
        && let Some(near) = nearest(&name, &siblings)
    {
        let _ = write!(
            advice,
            "\nhelp: did you mean `{}`?",
            parent.join(near).display()
        );
    }
    advice
}

fn nearest<'a>(word: &str, names: &'a [String]) -> Option<&'a String> {
    let scored = names
        .iter()
        .map(|name| (strsim::jaro_winkler(name, word), name));
    scored
        .filter(|(score, _)| *score > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(a.1)))
        .map(|(_, name)| name)
}
