//! The comparisons of `when`: numbers, quantities, booleans.

use std::cmp::Ordering;

/// Whether what is equal to, less or greater than the wanted satisfies one of `= == === < <= > >=`; nothing for others.
pub(super) fn ordered(operator: &str, ordering: Ordering) -> Option<bool> {
    Some(match operator {
        "=" | "==" | "===" => ordering.is_eq(),
        "<" => ordering.is_lt(),
        "<=" => ordering.is_le(),
        ">" => ordering.is_gt(),
        ">=" => ordering.is_ge(),
        _ => return None,
    })
}

/// As [`ordered`], with an error for other operators.
pub(super) fn holds(operator: &str, ordering: Ordering) -> Result<bool, String> {
    ordered(operator, ordering).ok_or_else(|| format!("unknown comparator: \"{operator}\""))
}

/// The words of a condition: split at every single blank.
pub(super) fn words(when: &str) -> Vec<&str> {
    when.trim().split(' ').collect()
}

/// The two words of a condition.
pub(super) fn two(when: &str) -> Result<(&str, &str), String> {
    match *words(when) {
        [operator, value] => Ok((operator, value)),
        _ => Err(format!("`{when}` is not of the form `<operator> <value>`")),
    }
}

/// The three words of a condition.
pub(super) fn three(when: &str) -> Result<(&str, &str, &str), String> {
    match *words(when) {
        [what, operator, value] => Ok((what, operator, value)),
        _ => Err(format!(
            "`{when}` is not of the form `<what> <operator> <value>`"
        )),
    }
}

/// A whole number as Go's `Atoi` reads it.
pub(super) fn integer(text: &str) -> Result<i64, String> {
    text.parse()
        .map_err(|_| format!("`{text}` is no whole number"))
}

/// `op N`, of a number.
pub(super) fn number(when: &str, actual: i64) -> Result<bool, String> {
    let (operator, value) = two(when)?;
    holds(operator, actual.cmp(&integer(value)?))
}

/// Whether two floats compare so; NaN compares to nothing.
pub(super) fn float(operator: &str, actual: f64, wanted: f64) -> Result<bool, String> {
    match actual.partial_cmp(&wanted) {
        Some(ordering) => holds(operator, ordering),
        None => holds(operator, Ordering::Equal).map(|_| false),
    }
}

/// A boolean as Go's `ParseBool` reads it.
pub(super) fn boolean(text: &str) -> Result<bool, String> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err(format!("`{text}` is neither `true` nor `false`")),
    }
}

/// A quantity of Kubernetes (`4`, `500m`, `8Gi`, `1e3`), in billionths.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Quantity(i128);

const BILLION: i128 = 1_000_000_000;

impl Quantity {
    pub(super) const ZERO: Self = Self(0);

    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let error = || format!("`{text}` is no quantity");
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let end = digits
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(digits.len());
        let (number, suffix) = digits.split_at_checked(end).ok_or_else(error)?;
        let (whole, part) = number.split_once('.').unwrap_or((number, ""));
        if whole.len() + part.len() == 0 || part.contains('.') || part.len() > 15 {
            return Err(error());
        }
        let value = || {
            let (up, down) = factor(suffix)?;
            let mantissa: i128 = format!("{whole}{part}").parse().ok()?;
            let scale = 10_i128.checked_pow(u32::try_from(part.len()).ok()?)?;
            let scale = scale.checked_mul(down)?;
            let value = mantissa.checked_mul(up)?.checked_mul(BILLION)?;
            // Rounded up, as Kubernetes does.
            value.checked_add(scale - 1)?.checked_div(scale)
        };
        let value = value().ok_or_else(error)?;
        Ok(Self(if negative { -value } else { value }))
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The whole number, rounded up.
    pub(super) fn value(self) -> i64 {
        let up = self.0.saturating_add(BILLION - 1).div_euclid(BILLION);
        i64::try_from(up).unwrap_or(i64::MAX)
    }

    /// The number, if it is whole.
    pub(super) fn whole(self) -> Option<i64> {
        (self.0 % BILLION == 0).then(|| self.value())
    }
}

/// What a suffix multiplies with, and divides by.
fn factor(suffix: &str) -> Option<(i128, i128)> {
    let decimal = |power| 1000_i128.checked_pow(power);
    let binary = |power| 1024_i128.checked_pow(power);
    let up = match suffix {
        "n" => return Some((1, BILLION)),
        "u" => return Some((1, 1_000_000)),
        "m" => return Some((1, 1000)),
        "" => Some(1),
        "k" => decimal(1),
        "M" => decimal(2),
        "G" => decimal(3),
        "T" => decimal(4),
        "P" => decimal(5),
        "E" => decimal(6),
        "Ki" => binary(1),
        "Mi" => binary(2),
        "Gi" => binary(3),
        "Ti" => binary(4),
        "Pi" => binary(5),
        "Ei" => binary(6),
        _ => {
            let exponent: i32 = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
            let power = 10_i128.checked_pow(exponent.unsigned_abs())?;
            return Some(if exponent < 0 { (1, power) } else { (power, 1) });
        }
    };
    Some((up?, 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_have_suffixes() {
        for (text, value) in [
            ("4", 4),
            ("500m", 1),
            ("8Gi", 8 << 30),
            ("16G", 16_000_000_000),
            ("1.5Ki", 1536),
            ("1e3", 1000),
            ("1E", 1_000_000_000_000_000_000),
            ("0", 0),
            (".5", 1),
            ("-2", -2),
        ] {
            assert_eq!(
                Quantity::parse(text).map(Quantity::value),
                Ok(value),
                "{text}"
            );
        }
        assert!(Quantity::parse("1500m").is_ok_and(|quantity| quantity.value() == 2));
        assert_eq!(Quantity::parse("1500m").map(Quantity::whole), Ok(None));
        for text in [
            "",
            "-",
            ".",
            "Gi",
            "1Gb",
            "1.2.3",
            "1e",
            "1e999",
            "99999999999999999999999999999999999999Ei",
        ] {
            assert!(Quantity::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn numbers_and_booleans_compare_as_in_go() {
        assert_eq!(number(">= 3", 3), Ok(true));
        assert_eq!(number("= +3", 3), Ok(true));
        assert!(number(">=3", 3).is_err());
        assert!(number("!= 3", 3).is_err());
        assert!(number(">  3", 3).is_err());
        assert_eq!(boolean("T"), Ok(true));
        assert!(boolean("yes").is_err());
        assert_eq!(float("<", f64::NAN, 1.0), Ok(false));
    }
}
