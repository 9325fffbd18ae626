//! `time`, `hostOS`, `hostServices`.

use serde_json::Value;

use super::super::super::compare;
use super::super::super::decode::{Decoder, Fields};
use super::super::super::json::{flag, text};
use super::super::super::semver::{Range, Version};
use super::super::Check;
use super::fixed;

pub(in super::super) fn time(decoder: &mut Decoder, fields: &Fields) -> Option<Box<dyn Check>> {
    fixed(decoder, fields, "time.json", "Time", time_holds)
}

/// `timezone == UTC`, `ntp == synchronized+active`.
fn time_holds(when: &str, file: &Value) -> Result<bool, String> {
    let (what, operator, wanted) = three(when)?;
    let is_equality = matches!(operator, "=" | "==" | "===");
    match what {
        "timezone" if is_equality => Ok(text(file, &["timezone"]) == wanted),
        "timezone" if operator == "!=" => Ok(text(file, &["timezone"]) != wanted),
        "timezone" => Err("Only supported operators are \"==\" and \"!=\"".to_owned()),
        "ntp" if is_equality => {
            let is_synchronized = flag(file, &["ntp_synchronized"]);
            let is_active = flag(file, &["ntp_active"]);
            match wanted {
                "synchronized+active" => Ok(is_synchronized && is_active),
                "synchronized+inactive" => Ok(is_synchronized && !is_active),
                "unsynchronized+active" => Ok(!is_synchronized && is_active),
                "unsynchronized+inactive" => Ok(!is_synchronized && !is_active),
                _ => Err(format!("Unknown status \"{wanted}\"")),
            }
        }
        "ntp" => Err("Only supported operator is \"==\"".to_owned()),
        _ => Err(format!("Unknown keyword: {what}")),
    }
}

/// Three words; here blanks around them are not cut off.
fn three(when: &str) -> Result<(&str, &str, &str), String> {
    match *when.split(' ').collect::<Vec<_>>() {
        [what, operator, wanted] => Ok((what, operator, wanted)),
        ref parts => Err(format!("Expected exactly 3 parts, got {}", parts.len())),
    }
}

pub(in super::super) fn os(decoder: &mut Decoder, fields: &Fields) -> Option<Box<dyn Check>> {
    fixed(
        decoder,
        fields,
        "hostos_info.json",
        "Host OS Info",
        os_holds,
    )
}

/// `ubuntu >= 20.04 && < 24.04`, `kernelVersion > 4.15`, `centos-8.2-kernel == 4.18`.
fn os_holds(when: &str, file: &Value) -> Result<bool, String> {
    let parts: Vec<&str> = when.split(' ').collect();
    let [wanted, ..] = *parts else {
        return Ok(false);
    };
    if !parts.len().is_multiple_of(3) {
        return Err(
            "when condition must have a multiple of 3 parts, such as 'ubuntu == 20.04' or \
            'rhel >= 8 && < 9'"
                .to_owned(),
        );
    }
    let mut range = String::new();
    for (index, part) in parts.chunks(3).enumerate() {
        let [joined, operator, version] = *part else {
            continue;
        };
        if index > 0 {
            range += match joined {
                "&&" => " ",
                "||" => " || ",
                _ => {
                    return Err(format!(
                        "invalid conditional, expected either && or ||, got \"{joined}\""
                    ));
                }
            };
        }
        range += &format!("{operator} {}", fixed_version(version)?.to_text());
    }
    let range = Range::parse(&range)?;
    let (platform, version) = (text(file, &["platform"]), text(file, &["platformVersion"]));
    let kernel = || fixed_version(text(file, &["kernelVersion"]));
    if wanted == "kernelVersion" && range.contains(&kernel()?) {
        return Ok(true);
    }
    let is_kernel = matches!(*wanted.split('-').collect::<Vec<_>>(), [_, _, "kernel"]);
    if is_kernel {
        return Ok(wanted == format!("{platform}-{version}-kernel") && range.contains(&kernel()?));
    }
    if wanted == platform || wanted == text(file, &["platformFamily"]) {
        return Ok(range.contains(&fixed_version(version)?));
    }
    Ok(false)
}

/// Up to three numbers that a version begins with, without leading zeros.
fn fixed_version(text: &str) -> Result<Version, String> {
    let cut = |part: &str| {
        let rest = part.strip_prefix('0').filter(|_| part != "0");
        rest.unwrap_or(part).to_owned()
    };
    let parts: Vec<String> = text.split('.').map(cut).collect();
    let mut numbers = Vec::new();
    for part in parts.iter().take(3) {
        let end = part
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(part.len());
        numbers.push(part.get(..end).unwrap_or_default());
        if end < part.len() {
            break;
        }
    }
    let version = numbers.join(".");
    let version = version.trim_end_matches('.');
    Version::parse_tolerant(version).ok_or_else(|| format!("failed to parse version: {text}"))
}

pub(in super::super) fn services(decoder: &mut Decoder, fields: &Fields) -> Option<Box<dyn Check>> {
    fixed(
        decoder,
        fields,
        "systemctl_services.json",
        "Host Services",
        services_hold,
    )
}

/// `ufw.service == active,running,loaded`, of the first unit that begins so.
fn services_hold(when: &str, file: &Value) -> Result<bool, String> {
    let (unit, operator, wanted) = three(when)?;
    let is_equality = match operator {
        "=" | "==" => true,
        "!=" | "<>" => false,
        _ => return Err(format!("unexpected operator \"{operator}\"")),
    };
    let mut services = file.as_array().into_iter().flatten();
    let Some(service) = services.find(|service| text(service, &["Unit"]).starts_with(unit)) else {
        return Ok(false);
    };
    let mut states = wanted.split(',').zip(["Active", "Sub", "Load"]);
    let differs = states
        .any(|(wanted, field)| !matches!(wanted, "" | "*") && text(service, &[field]) != wanted);
    Ok(differs != is_equality)
}

/// `count op N`.
pub(super) fn count_holds(when: &str, count: usize) -> Result<bool, String> {
    let ["count", operator, wanted] = *when.split(' ').collect::<Vec<_>>() else {
        return Err(format!(
            "`{when}` is not of the form `count <operator> <value>`"
        ));
    };
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    compare::holds(operator, count.cmp(&compare::integer(wanted)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn systems_have_versions() {
        let file = json!({"platform": "ubuntu", "platformFamily": "debian", "platformVersion": "20.04", "kernelVersion": "5.4.0-1034-gcp"});
        for (when, holds) in [
            ("ubuntu == 20.04", Ok(true)),
            ("debian >= 20.04", Ok(true)),
            ("ubuntu >= 18.04 && < 20.04", Ok(false)),
            ("ubuntu == 18.04 || == 20.04", Ok(true)),
            ("centos >= 7", Ok(false)),
            ("kernelVersion >= 5.4", Ok(true)),
            ("kernelVersion > 5.4.0", Ok(false)),
            ("ubuntu-20.04-kernel >= 4.15", Ok(true)),
            ("ubuntu-18.04-kernel >= 4.15", Ok(false)),
            ("ubuntu 20.04", Err(())),
            ("ubuntu == x", Err(())),
            ("ubuntu == 1 or == 2", Err(())),
        ] {
            assert_eq!(os_holds(when, &file).map_err(|_| ()), holds, "{when}");
        }
    }

    #[test]
    fn services_have_states() {
        let file =
            json!([{"Unit": "ufw.service", "Load": "loaded", "Active": "inactive", "Sub": "dead"}]);
        for (when, holds) in [
            ("ufw == inactive", Ok(true)),
            ("ufw.service = *,dead,loaded", Ok(true)),
            ("ufw == active", Ok(false)),
            ("ufw != active", Ok(true)),
            ("ufw <> inactive,dead", Ok(false)),
            ("ufw != *", Ok(false)),
            ("other != active", Ok(false)),
            ("ufw > active", Err(())),
            ("ufw active", Err(())),
        ] {
            assert_eq!(services_hold(when, &file).map_err(|_| ()), holds, "{when}");
        }
    }
}
