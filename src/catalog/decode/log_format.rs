//! Documents of `kind: log-format`.

use super::Decoder;
use crate::catalog::{LEVELS, LogFormat, syntax};
use crate::yaml::Node;

impl Decoder<'_, '_> {
    pub(super) fn log_format(&mut self, node: &Node) -> Option<LogFormat> {
        let entries = self.entries("a log format", node, syntax::LOG_FORMAT, false)?;
        let id_node = entries.get("id")?;
        let line_node = entries.get("line")?;
        let line = self.exact_text("line", line_node)?;
        self.check_regex(&line, line_node)?;
        let named = |name: &str| {
            [format!("(?<{name}>"), format!("(?P<{name}>")]
                .iter()
                .any(|group| line.contains(group))
        };
        if !named("msg") && !named("payload") {
            let message =
                "the expression needs a group `msg`, or `payload` where it wraps other formats";
            self.report("pattern/log-format", message, &line_node.span);
            return None;
        }
        let time = match entries.get("time") {
            Some(node) => Some(self.exact_text("time", node)?),
            None => None,
        };
        let mut levels = Vec::new();
        if let Some(node) = entries.get("levels") {
            let words = self.entries("levels", node, &[], true)?;
            for (word, _, level) in &words.0 {
                levels.push(((*word).to_owned(), self.word("a level", level, &LEVELS)?));
            }
        }
        Some(LogFormat {
            id: self.id(id_node)?,
            line,
            time,
            levels,
            examples: self.examples("examples", entries.get("examples")?),
            negative_examples: self
                .examples("negative_examples", entries.get("negative_examples")?),
            source: self.source(id_node),
        })
    }
}
