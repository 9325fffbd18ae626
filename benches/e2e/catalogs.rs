//! Generated patterns: complaints of the corpus with one word changed, so that many lines nearly fit.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;

use crate::pool::complaints;
use crate::random::Random;

/// Sizes of the catalogs; each is the start of the next.
pub(crate) const SIZES: [usize; 4] = [30, 200, 1000, 2000];

/// Words that no line of the corpus has.
const CHANGED: &[&str] = &[
    "allotment",
    "anchor",
    "beacon",
    "bucket",
    "canary",
    "cipher",
    "cluster-map",
    "cohort",
    "courier",
    "cursor",
    "delta",
    "digest",
    "dispatch",
    "echo",
    "envelope",
    "epoch",
    "fabric",
    "fence",
    "gauge",
    "harbour",
    "hopper",
    "journal",
    "keyring",
    "lattice",
    "mandate",
    "meter",
    "mirror",
    "nonce",
    "oracle",
    "outpost",
    "parcel",
    "pivot",
    "quota",
    "ribbon",
    "saga",
    "sentinel",
    "token-ring",
    "trellis",
    "vault",
    "witness",
];

/// Of eight patterns in a row one ignores case, one has two words to choose from, one is a text, one begins with the
/// changed word, one with anything at all, and one leaves a gap behind its first word.
const ANY_CASE: usize = 0;
const EITHER: usize = 1;
const LITERAL: usize = 2;
const HEADLESS: usize = 3;
const OPEN: usize = 4;
const GAP: usize = 5;

/// A pattern and what it fits.
pub(crate) struct Generated {
    /// The changed complaint, with the marks of a template.
    pub(crate) message: String,
    /// The complaint as the corpus has it.
    natural: String,
    /// As a regex of Rust.
    pub(crate) regex: String,
    /// The same for tools that know no flags inside of a regex.
    pub(crate) portable: String,
    /// Whether it is a text without any operators.
    literal: bool,
}

/// All of them.
pub(crate) fn generated() -> Vec<Generated> {
    let complaints = complaints();
    let mut random = Random::new(200);
    let mut known = BTreeSet::new();
    let mut all = Vec::new();
    while all.len() < SIZES[SIZES.len() - 1] {
        let natural = random.pick(&complaints);
        let one = change(natural, all.len(), &mut random);
        if known.insert(one.regex.to_lowercase()) {
            all.push(one.loosened(all.len()));
        }
    }
    all
}

fn change(natural: &str, number: usize, random: &mut Random) -> Generated {
    let words: Vec<&str> = natural.split(' ').collect();
    let candidates: Vec<usize> = (0..words.len())
        .filter(|at| {
            words[*at].len() > 3 && words[*at].bytes().all(|byte| byte.is_ascii_lowercase())
        })
        .collect();
    let at = *random.pick(&candidates);
    let word = *random.pick(CHANGED);
    let with = |word: &str| {
        let mut words = words.clone();
        words[at] = word;
        words.join(" ")
    };
    let message = with(word);
    let marked = with("\0");
    let (before, after) = marked.split_once('\0').unwrap_or_default();
    let (before, after) = (regex(before), regex(after));
    let (native, portable) = spellings(word, number, random);
    let around = |word: &str| match number % 8 {
        // A text can only be what stands between two values.
        LITERAL => longest_text(&message, word),
        HEADLESS => format!("{word}{after}"),
        _ => format!("{before}{word}{after}"),
    };
    Generated {
        regex: around(&native),
        portable: around(&portable),
        natural: natural.to_owned(),
        message,
        literal: number % 8 == LITERAL,
    }
}

/// The changed word as a regex, for Rust and for other tools.
fn spellings(word: &str, number: usize, random: &mut Random) -> (String, String) {
    match number % 8 {
        ANY_CASE => {
            let letter = |letter: char| match letter {
                'a'..='z' => format!("[{}{letter}]", letter.to_ascii_uppercase()),
                _ => letter.to_string(),
            };
            (format!("(?i:{word})"), word.chars().map(letter).collect())
        }
        EITHER => {
            let either = format!("({word}|{})", random.pick(CHANGED));
            (either.clone(), either)
        }
        _ => (word.to_owned(), word.to_owned()),
    }
}

/// The part of a message that has `word` and no values.
fn longest_text(message: &str, word: &str) -> String {
    let part = message.split('%').find(|part| part.contains(word));
    let part = part.unwrap_or(word);
    // What follows the mark of a value is its letter.
    let letter = usize::from(!message.starts_with(part));
    part[letter..].trim().to_owned()
}

/// Values become what they look like.
fn regex(template: &str) -> String {
    let mut regex = template.replace("%d", "[0-9]+").replace("%m", r"[0-9.]+");
    for value in ["%i", "%h", "%u", "%w"] {
        regex = regex.replace(value, r"\S+");
    }
    regex
}

/// Some text in the place of values.
fn example(template: &str) -> String {
    let values = [
        ("%d", "17"),
        ("%m", "3.5"),
        ("%i", "10.42.0.7"),
        ("%h", "00c0ffee17"),
        ("%u", "4b0c6d1e"),
        ("%w", "orders"),
    ];
    values
        .iter()
        .fold(template.to_owned(), |text, (mark, value)| {
            text.replace(mark, value)
        })
}

/// Writes the first `size` patterns as files of a catalog, and beside it their regexes for other tools.
pub(crate) fn write(patterns: &[Generated], size: usize, below: &Path) -> io::Result<()> {
    let folder = below.join(format!("patterns-{size}"));
    let regexes = below.join(format!("patterns-{size}.txt"));
    fs::create_dir_all(&folder)?;
    let patterns = &patterns[..size];
    for (number, pattern) in patterns.iter().enumerate() {
        let id = id(number);
        fs::write(folder.join(format!("{id}.yaml")), pattern.yaml(&id))?;
    }
    let lines: String = patterns
        .iter()
        .map(|one| format!("{}\n", one.portable))
        .collect();
    fs::write(regexes, lines)
}

/// A catalog of the one pattern that every line of the corpus of lines fits.
pub(crate) fn write_every_line(below: &Path) -> io::Result<()> {
    let pattern = Generated {
        message: "a line of controller.go:87] of any kind".to_owned(),
        natural: "another line".to_owned(),
        regex: r"[a-z]+\.go:[0-9]+\]".to_owned(),
        portable: String::new(),
        literal: false,
    };
    fs::write(below.join("every-line.yaml"), pattern.yaml("every-line"))
}

/// The id of a pattern.
pub(crate) fn id(number: usize) -> String {
    format!("generated-{number:04}")
}

impl Generated {
    /// Without a text at its start, or with a short one, for some of them. What stands before the message in a line is
    /// no part of any, since patterns see what containers and syslog wrap without the wrapping.
    fn loosened(mut self, number: usize) -> Self {
        for regex in [&mut self.regex, &mut self.portable] {
            match number % 8 {
                OPEN => regex.insert_str(0, ".*"),
                GAP => *regex = regex.replacen(' ', ".*", 1),
                _ => {}
            }
        }
        self
    }

    fn yaml(&self, id: &str) -> String {
        let operator = if self.literal { "contains" } else { "regex" };
        format!(
            "id: {id}\n\
             title: A generated pattern\n\
             severity: warning\n\
             tags: [generated]\n\
             events:\n  seen:\n    text: {{ {operator}: '{}' }}\n\
             match: seen\n\
             cause: It was generated.\n\
             remediation:\n  - Nothing.\n\
             examples:\n  - '{}'\n\
             negative_examples:\n  - '{}'\n",
            self.regex,
            example(&self.message),
            example(&self.natural)
        )
    }
}
