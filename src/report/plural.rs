//! Numbers with their words.

/// `1 error`, `2 errors`, `1,204 lines`.
pub fn plural(count: u64, singular: &str) -> String {
    let word = match (count, singular) {
        (1, _) => singular.to_owned(),
        (_, "diagnosis") => "diagnoses".to_owned(),
        (_, word) if word.ends_with('y') && !word.ends_with("ay") => {
            format!("{}ies", &word[..word.len() - 1])
        }
        (_, word) => format!("{word}s"),
    };
    format!("{} {word}", thousands(count))
}

/// `41207331` as `41,207,331`.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1932735283` as `1.8 GiB`.
pub fn bytes(count: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    #[expect(clippy::cast_precision_loss, reason = "one decimal is shown")]
    let mut value = count as f64;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    if unit == 0 {
        format!("{count} B")
    } else {
        format!("{value:.1} {}", UNITS[unit])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_agree_with_their_words() {
        assert_eq!(plural(1, "entry"), "1 entry");
        assert_eq!(plural(2, "entry"), "2 entries");
        assert_eq!(plural(0, "diagnosis"), "0 diagnoses");
        assert_eq!(plural(41_207_331, "line"), "41,207,331 lines");
        assert_eq!(
            (bytes(999), bytes(1536), bytes(1_932_735_283)),
            ("999 B".into(), "1.5 KiB".into(), "1.8 GiB".into())
        );
    }
}
