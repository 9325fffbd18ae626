//! Durations as Go writes them.

/// `1m30s`, `-500ms`, `1.5h` in microseconds ([`time.ParseDuration`](https://pkg.go.dev/time#ParseDuration)).
pub(super) fn micros(text: &str) -> Option<i64> {
    let text = text.trim();
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0);
    }
    let mut total = 0.0_f64;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .filter(|digits| *digits > 0)?;
        let number: f64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let unit = rest
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(rest.len());
        let micros = match &rest[..unit] {
            "ns" => 1e-3,
            "us" | "\u{b5}s" | "\u{3bc}s" => 1.0,
            "ms" => 1e3,
            "s" => 1e6,
            "m" => 60e6,
            "h" => 3_600e6,
            _ => return None,
        };
        total += number * micros;
        rest = &rest[unit..];
    }
    // A thousand years are enough for a window.
    #[expect(clippy::cast_possible_truncation, reason = "it is checked to fit")]
    let whole = (total < 3.2e16).then_some(total as i64)?;
    Some(if negative { -whole } else { whole })
}

#[cfg(test)]
mod tests {
    use super::micros;

    #[test]
    fn durations_are_those_of_go() {
        for (text, wanted) in [
            ("10s", 10_000_000),
            ("1m30s", 90_000_000),
            ("-500ms", -500_000),
            ("1.5h", 5_400_000_000),
            ("0", 0),
            ("2us", 2),
        ] {
            assert_eq!(micros(text), Some(wanted), "{text}");
        }
        for text in ["", "10", "s", "10 s", "1d", "1..2s", "99999999999999h", "-"] {
            assert_eq!(micros(text), None, "{text}");
        }
    }
}
