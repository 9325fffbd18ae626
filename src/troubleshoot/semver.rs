//! Versions and their ranges, as `blang/semver` reads them.

use std::cmp::Ordering;

/// A version: three numbers, and what makes it a pre-release.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Version {
    numbers: [u64; 3],
    pre: Vec<String>,
}

impl Version {
    /// A version with all its three numbers, and without a leading `v`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (text, build) = match text.split_once('+') {
            Some((text, build)) => (text, Some(build)),
            None => (text, None),
        };
        let (text, pre) = match text.split_once('-') {
            Some((text, pre)) => (text, Some(pre)),
            None => (text, None),
        };
        let mut numbers = [0; 3];
        let mut parts = text.split('.');
        for number in &mut numbers {
            *number = number_of(parts.next()?)?;
        }
        let words = |text: Option<&str>| {
            let words: Vec<String> = text?.split('.').map(str::to_owned).collect();
            let is_word = |word: &String| {
                !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
            };
            Some(words.iter().all(is_word).then_some(words))
        };
        if parts.next().is_some() || matches!(words(build), Some(None)) {
            return None;
        }
        let pre = match words(pre) {
            None => Vec::new(),
            Some(words) => words?,
        };
        Some(Self { numbers, pre })
    }

    /// A version that may have a leading `v`, leading zeros, and fewer numbers.
    pub(super) fn parse_tolerant(text: &str) -> Option<Self> {
        let text = text.trim().trim_start_matches('v');
        let mut parts: Vec<String> = text.splitn(3, '.').map(str::to_owned).collect();
        for part in &mut parts {
            let trimmed = part.trim_start_matches('0');
            if trimmed.len() < part.len() {
                let is_number = trimmed.starts_with(|c: char| c.is_ascii_digit());
                *part = format!("{}{trimmed}", if is_number { "" } else { "0" });
            }
        }
        if parts.len() < 3 && parts.last()?.contains(['+', '-']) {
            return None;
        }
        while parts.len() < 3 {
            parts.push("0".to_owned());
        }
        Self::parse(&parts.join("."))
    }

    /// Without what makes it a pre-release.
    pub(super) fn to_text(&self) -> String {
        let [major, minor, patch] = self.numbers;
        let pre = if self.pre.is_empty() {
            String::new()
        } else {
            format!("-{}", self.pre.join("."))
        };
        format!("{major}.{minor}.{patch}{pre}")
    }
}

/// A number without leading zeros.
fn number_of(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits || (text.len() > 1 && text.starts_with('0')) {
        return None;
    }
    text.parse().ok()
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        let numbers = self.numbers.cmp(&other.numbers);
        numbers.then_with(|| match (self.pre.is_empty(), other.pre.is_empty()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Greater,
            (false, true) => Ordering::Less,
            (false, false) => {
                let words = self.pre.iter().zip(&other.pre);
                let differs = words.map(|(a, b)| compare_words(a, b)).find(|o| o.is_ne());
                differs.unwrap_or_else(|| self.pre.len().cmp(&other.pre.len()))
            }
        })
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Numbers stand before words.
fn compare_words(a: &str, b: &str) -> Ordering {
    match (a.parse::<u64>(), b.parse::<u64>()) {
        (Ok(a), Ok(b)) => a.cmp(&b),
        (Ok(_), Err(_)) => Ordering::Less,
        (Err(_), Ok(_)) => Ordering::Greater,
        (Err(_), Err(_)) => a.cmp(b),
    }
}

/// Alternatives of conditions that hold together: `>= 1.20.0 < 2.0.0 || 3.x`.
#[derive(Clone, Debug)]
pub(super) struct Range {
    any: Vec<Vec<Bound>>,
}

#[derive(Clone, Debug)]
enum Bound {
    Is(Operator, Version),
    /// From the first on, before the second: what `1.2.x` means.
    Within {
        not: bool,
        from: Version,
        to: Version,
    },
}

#[derive(Clone, Copy, Debug)]
enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Range {
    /// Reads a range, or says what is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut any = Vec::new();
        for alternative in text.split("||") {
            let bounds = comparisons(alternative)
                .iter()
                .map(|part| bound(part))
                .collect::<Option<Vec<_>>>()
                .filter(|bounds| !bounds.is_empty());
            any.push(bounds.ok_or_else(|| format!("`{text}` is no range of versions"))?);
        }
        Ok(Self { any })
    }

    pub(super) fn contains(&self, version: &Version) -> bool {
        let holds = |bound: &Bound| match bound {
            Bound::Is(operator, wanted) => operator.holds(version.cmp(wanted)),
            Bound::Within { not, from, to } => (version >= from && version < to) != *not,
        };
        self.any.iter().any(|bounds| bounds.iter().all(holds))
    }
}

impl Operator {
    fn holds(self, ordering: Ordering) -> bool {
        match self {
            Self::Equal => ordering.is_eq(),
            Self::NotEqual => ordering.is_ne(),
            Self::Less => ordering.is_lt(),
            Self::LessOrEqual => ordering.is_le(),
            Self::Greater => ordering.is_gt(),
            Self::GreaterOrEqual => ordering.is_ge(),
        }
    }
}

/// The comparisons in a text; a blank after an operator does not end one.
fn comparisons(text: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match parts.last_mut() {
            Some(last) if last.ends_with(['<', '>', '=', '!']) => last.push_str(word),
            _ => parts.push(word.to_owned()),
        }
    }
    parts
}

fn bound(text: &str) -> Option<Bound> {
    let at = text.find(|c: char| c.is_ascii_digit())?;
    let (operator, version) = text.split_at_checked(at)?;
    let operator = match operator {
        "" | "=" | "==" => Operator::Equal,
        "!" | "!=" => Operator::NotEqual,
        "<" => Operator::Less,
        "<=" => Operator::LessOrEqual,
        ">" => Operator::Greater,
        ">=" => Operator::GreaterOrEqual,
        _ => return None,
    };
    if !version.contains('x') {
        return Some(Bound::Is(operator, Version::parse(version)?));
    }
    let numbers: Vec<&str> = version.split('.').take_while(|part| *part != "x").collect();
    if !version
        .split('.')
        .skip(numbers.len())
        .all(|part| part == "x")
    {
        return None;
    }
    let mut from = [0; 3];
    let mut to = [0; 3];
    for (at, number) in numbers.iter().enumerate() {
        *from.get_mut(at)? = number_of(number)?;
        *to.get_mut(at)? = number_of(number)?;
    }
    let last = to.get_mut(numbers.len().checked_sub(1)?)?;
    *last = last.checked_add(1)?;
    let version = |numbers| Version {
        numbers,
        pre: Vec::new(),
    };
    let (from, to) = (version(from), version(to));
    Some(match operator {
        Operator::Equal => Bound::Within {
            not: false,
            from,
            to,
        },
        Operator::NotEqual => Bound::Within {
            not: true,
            from,
            to,
        },
        Operator::Less => Bound::Is(Operator::Less, from),
        Operator::LessOrEqual => Bound::Is(Operator::Less, to),
        Operator::Greater => Bound::Is(Operator::GreaterOrEqual, to),
        Operator::GreaterOrEqual => Bound::Is(Operator::GreaterOrEqual, from),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_hold_as_in_blang() {
        for (range, version, holds) in [
            ("< 1.20.0", "1.19.9", true),
            ("<1.20.0", "1.20.0", false),
            (">= 1.20.0 <1.29.0", "1.28.3", true),
            (">= 1.20.0 <1.29.0", "1.29.0", false),
            ("<1.0.0 || >=2.0.0", "2.1.0", true),
            ("<1.0.0 || >=2.0.0", "1.1.0", false),
            ("1.2.x", "1.2.9", true),
            ("!=1.2.x", "1.2.9", false),
            (">1.x", "2.0.0", true),
            ("<=1.2.x", "1.2.5", true),
            ("= 1.2.3", "1.2.3+build", true),
            (">= 1.31.2", "1.31.2+k3s1", true),
            (">= 1.29.1", "1.29.1-gke.5", false),
            ("!1.0.0", "1.0.1", true),
        ] {
            let parsed = Range::parse(range).expect("a range");
            let version = Version::parse(version).expect("a version");
            assert_eq!(parsed.contains(&version), holds, "{range} {version:?}");
        }
        for range in ["", "||", ">= 1.20", "~1.2.3", "1.02.3", "latest", "<>1.0.0"] {
            assert!(Range::parse(range).is_err(), "{range}");
        }
    }

    #[test]
    fn pre_releases_stand_before_releases() {
        let order = ["1.0.0-1", "1.0.0-a", "1.0.0-a.1", "1.0.0-b", "1.0.0"];
        let versions: Vec<_> = order
            .iter()
            .filter_map(|text| Version::parse(text))
            .collect();
        assert!(versions.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!(versions.len(), order.len());
    }

    #[test]
    fn tolerant_versions_may_be_short() {
        for (text, expected) in [
            ("8", Some("8.0.0")),
            ("v20.04", Some("20.4.0")),
            ("4.15.0", Some("4.15.0")),
            ("", None),
            ("abc", None),
        ] {
            let version = Version::parse_tolerant(text).map(|version| version.to_text());
            assert_eq!(version.as_deref(), expected, "{text}");
        }
    }
}
