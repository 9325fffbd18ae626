//! Catalogs of any size: the built-in one, and generated ones whose patterns are near misses of the generated logs.

use std::fmt;
use std::sync::LazyLock;

use bundlecheck::Catalog;

use crate::words;

/// The built-in patterns.
pub(crate) static BUILTIN: LazyLock<Catalog> = LazyLock::new(Catalog::builtin);

/// Which catalog.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Patterns {
    /// The built-in one.
    Builtin,
    /// A generated one of so many patterns.
    Generated(usize),
}

impl Patterns {
    /// What has grown where a catalog grows, smallest first.
    pub(crate) const SIZES: [Self; 4] = [
        Self::Generated(30),
        Self::Builtin,
        Self::Generated(1_000),
        Self::Generated(2_000),
    ];

    /// The catalog.
    ///
    /// # Panics
    ///
    /// When a generated pattern is broken.
    pub(crate) fn catalog(self) -> Catalog {
        match self {
            Self::Builtin => Catalog::builtin(),
            Self::Generated(count) => load(&files(count)),
        }
    }
}

impl fmt::Display for Patterns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Builtin => write!(f, "{} built-in", BUILTIN.patterns().len()),
            Self::Generated(count) => write!(f, "{count} generated"),
        }
    }
}

/// Generated pattern files, by path.
pub(crate) fn files(count: usize) -> Vec<(String, String)> {
    (0..count)
        .map(|number| (format!("generated/failure-{number}.yaml"), file(number)))
        .collect()
}

/// The catalog of these files.
pub(crate) fn load(files: &[(String, String)]) -> Catalog {
    let files = files.iter().map(|(path, text)| (&**path, &**text));
    let loaded = Catalog::load(files);
    assert!(
        loaded.problems.is_empty(),
        "generated patterns are sound: {}",
        loaded.problems[0].render_plain()
    );
    loaded.catalog
}

/// One pattern. Conditions are of the kinds, and about as frequent, as people write them.
fn file(number: usize) -> String {
    let words = words::failure(number);
    let condition = match number % 8 {
        0..=3 => format!("text: {{ contains: '{words}' }}"),
        4 | 5 => format!(r"text: {{ regex: '{words}(?<name>\S+)' }}"),
        6 => format!("text: {{ regex: '(?i){words}' }}"),
        _ => format!("level: error, msg: {{ starts_with: '{words}' }}"),
    };
    format!(
        "id: failure-{number}\n\
         title: '{words}'\n\
         severity: error\n\
         events:\n  failed: {{ {condition} }}\n\
         match: failed\n\
         cause: It is generated.\n\
         remediation: [Nothing is to be done.]\n\
         examples: ['{words}1']\n\
         negative_examples: [all is well]\n"
    )
}
