//! The table of what is known to be secret. A new kind is one entry in one of these files.

mod headers;
mod pairs;
mod tokens;

use super::rule::Rule;

/// All rules. There may be 128.
pub(super) fn all() -> impl Iterator<Item = &'static Rule> {
    pairs::RULES
        .iter()
        .chain(headers::RULES)
        .chain(tokens::RULES)
}
