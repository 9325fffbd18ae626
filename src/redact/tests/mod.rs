//! What is masked, what stays, and what holds for any text.

mod kept;
mod masked;
mod numbered;
mod own;
mod properties;

use std::collections::BTreeSet;

use super::rule::compile;
use super::{HIDDEN, rules};

/// `text` with every `{A36}` and the like filled: `A` letters and digits, `U` capitals and digits, `a` small letters
/// and digits, `H` hexadecimal digits. No secret of any form stands in the source, where scanners would find it.
fn filled(text: &str) -> String {
    let mut out = String::new();
    let mut parts = text.split('{');
    out.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let fill = part.split_once('}').and_then(|(head, rest)| {
            let alphabet = match head.as_bytes().first()? {
                b'A' => "aB3dE5gH7jK9mN1pQ2sT4vW6yZ",
                b'U' => "B3DE5GH7JK9MN1PQ2ST4VW6YZ",
                b'a' => "ab3de5gh7jk9mn1pq2st4vw6yz",
                b'H' => "3fa09c27be51d846",
                _ => return None,
            };
            let length = head[1..].parse().ok()?;
            let filler: String = alphabet.chars().cycle().take(length).collect();
            Some(filler + rest)
        });
        if let Some(fill) = fill {
            out.push_str(&fill);
        } else {
            out.push('{');
            out.push_str(part);
        }
    }
    out
}

/// A line in which `«` and `»` enclose the secrets, as it is written and as it is shown.
fn case(line: &str) -> (String, String) {
    let line = filled(line);
    let text = line.replace(['«', '»'], "");
    let mut shown = String::new();
    for (index, part) in line.split('«').enumerate() {
        match part.split_once('»') {
            Some((_, rest)) if index > 0 => {
                shown.push_str(HIDDEN);
                shown.push_str(rest);
            }
            _ => shown.push_str(part),
        }
    }
    (text, shown)
}

#[test]
fn rules_are_sound() {
    let rules: Vec<_> = rules::all().collect();
    let names: BTreeSet<&str> = rules.iter().map(|rule| rule.name).collect();
    assert_eq!(names.len(), rules.len(), "every rule has its own name");
    assert!(rules.len() <= 128, "the set of wanted rules has 128 bits");
    for rule in rules {
        assert!(!rule.literals.is_empty(), "{}", rule.name);
        if let Err(error) = compile(rule.regex) {
            panic!("{}: {error}", rule.name);
        }
    }
}
