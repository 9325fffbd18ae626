//! `cpu`, `memory`, `diskUsage`, `blockDevices`.

use serde_json::Value;

use super::super::super::Outcome;
use super::super::super::compare::{self, Quantity};
use super::super::super::decode::{Decoder, Fields};
use super::super::super::glob::Reads;
use super::super::super::json::{at, flag, integer, list, text};
use super::super::super::pattern::Pattern;
use super::super::{Branch, Bundle, Check};
use super::{Place, Simple};

/// What a level of x86-64 has besides the one before.
const LEVELS: &[(&str, &[&str])] = &[
    (
        "x86-64",
        &[
            "cmov", "cx8", "fpu", "fxsr", "mmx", "syscall", "sse", "sse2",
        ],
    ),
    (
        "x86-64-v2",
        &["cx16", "lahf_lm", "popcnt", "ssse3", "sse4_1", "sse4_2"],
    ),
    (
        "x86-64-v3",
        &[
            "avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "lzcnt", "movbe", "xsave",
        ],
    ),
    (
        "x86-64-v4",
        &["avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"],
    ),
];

pub(in super::super) fn cpu(decoder: &mut Decoder, fields: &Fields) -> Option<Box<dyn Check>> {
    Some(Box::new(Simple {
        place: Place::system("cpu.json"),
        title: "Number of CPUs".to_owned(),
        condition: cpu_holds,
        replaces: Some(("{{ Info.MachineArch }}", "machineArch")),
        branches: decoder.outcomes(fields, false),
    }))
}

fn cpu_holds(when: &str, file: &Value) -> Result<bool, String> {
    let parts: Vec<&str> = when.split(' ').collect();
    let (what, operator, wanted) = match *parts {
        [what, operator, wanted] => (what.to_lowercase(), operator, wanted),
        [operator, wanted] => ("count".to_owned(), operator, wanted),
        _ => return Err("unable to parse conditional".to_owned()),
    };
    let has = |flag: &str| list(file, &["flags"]).iter().any(|known| known == flag);
    match &*operator.to_lowercase() {
        "supports" => {
            let level = LEVELS.iter().position(|(level, _)| *level == wanted);
            let level =
                level.ok_or_else(|| format!("there is no microarchitecture \"{wanted}\""))?;
            let mut flags = LEVELS.iter().take(level + 1).flat_map(|(_, flags)| *flags);
            return Ok(flags.all(|flag| has(flag)));
        }
        "hasflags" => return Ok(wanted.split(',').all(has)),
        _ => {}
    }
    let (logical, physical) = (
        integer(file, &["logicalCount"]),
        integer(file, &["physicalCount"]),
    );
    let actual = match &*what {
        "logical" => logical,
        "physical" => physical,
        "count" => logical.max(physical),
        "machinearch" => {
            let is_it = text(file, &["machineArch"]) == wanted;
            return match operator {
                "=" | "==" | "===" => Ok(is_it),
                "!=" | "!==" => Ok(!is_it),
                _ => Err("unknown operator".to_owned()),
            };
        }
        _ => return Err("unable to parse conditional".to_owned()),
    };
    let wanted = compare::integer(wanted)?;
    match operator {
        "!=" | "!==" => Ok(actual != wanted),
        operator => compare::holds(operator, actual.cmp(&wanted)),
    }
}

pub(in super::super) fn memory(decoder: &mut Decoder, fields: &Fields) -> Option<Box<dyn Check>> {
    super::fixed(
        decoder,
        fields,
        "memory.json",
        "Amount of Memory",
        |when, file| {
            let (operator, wanted) = compare::two(when)?;
            bytes_hold(operator, wanted, number(file, "total"))
        },
    )
}

pub(in super::super) fn disk_usage(
    decoder: &mut Decoder,
    fields: &Fields,
) -> Option<Box<dyn Check>> {
    let collector = fields.text(decoder, "collectorName");
    let name = if collector.is_empty() {
        "diskUsage"
    } else {
        &collector
    };
    let place = Place::new("host-collectors/diskUsage", &format!("{name}.json"));
    super::simple(
        decoder,
        fields,
        place,
        format!("Disk Usage {collector}"),
        disk_holds,
    )
}

fn disk_holds(when: &str, file: &Value) -> Result<bool, String> {
    let (what, operator, wanted) = compare::three(when)?;
    let (total, used) = (number(file, "total_bytes"), number(file, "used_bytes"));
    let available = total.saturating_sub(used);
    let part = |part: u64| {
        let (number, scale) = match wanted.strip_suffix('%') {
            Some(number) => (number, 100.0),
            None => (wanted, 1.0),
        };
        let number: f64 = number
            .parse()
            .map_err(|_| format!("`{wanted}` is no number"))?;
        compare::float(operator, float(part) / float(total), number / scale)
    };
    match &*what.to_lowercase() {
        "total" => bytes_hold(operator, wanted, total),
        "used" => bytes_hold(operator, wanted, used),
        "available" => bytes_hold(operator, wanted, available),
        "used/total" => part(used),
        "available/total" => part(available),
        _ => Err(format!("unknown disk usage statistic \"{what}\"")),
    }
}

#[expect(clippy::cast_precision_loss, reason = "as Go computes it")]
fn float(value: u64) -> f64 {
    value as f64
}

fn number(file: &Value, name: &str) -> u64 {
    at(file, &[name])
        .and_then(Value::as_u64)
        .unwrap_or_default()
}

fn bytes_hold(operator: &str, wanted: &str, actual: u64) -> Result<bool, String> {
    let wanted = Quantity::parse(wanted)?
        .whole()
        .and_then(|value| u64::try_from(value).ok());
    let wanted = wanted.ok_or("the quantity must be a positive whole number")?;
    compare::holds(operator, actual.cmp(&wanted))
}

#[derive(Debug)]
struct BlockDevices {
    place: Place,
    /// The regexes of conditions, in the order of outcomes.
    names: Vec<Option<Pattern>>,
    minimum: u64,
    partitions: bool,
    branches: Vec<Branch>,
}

pub(in super::super) fn block_devices(
    decoder: &mut Decoder,
    fields: &Fields,
) -> Option<Box<dyn Check>> {
    let branches = decoder.outcomes(fields, false);
    let mut names = Vec::new();
    for branch in &branches {
        let regex = branch
            .when
            .split(' ')
            .next()
            .filter(|regex| !regex.is_empty());
        names.push(match regex.map(Pattern::new) {
            None => None,
            Some(Ok(pattern)) => Some(pattern),
            Some(Err(reason)) => {
                let message = format!("the regex of `when` is not valid: {reason}");
                decoder.report("spec/regex", message, &branch.when_span);
                return None;
            }
        });
    }
    Some(Box::new(BlockDevices {
        place: Place::system("block_devices.json"),
        names,
        minimum: u64::try_from(fields.number(decoder, "minimumAcceptableSize")).unwrap_or_default(),
        partitions: fields.flag(decoder, "includeUnmountedPartitions"),
        branches,
    }))
}

impl Check for BlockDevices {
    fn title(&self) -> String {
        "Block Devices".to_owned()
    }

    fn reads(&self) -> Vec<Reads> {
        self.place.reads()
    }

    fn evaluate(&self, title: &str, bundle: &Bundle) -> Result<Vec<Outcome>, String> {
        self.place.concluded(bundle, title, |title, file| {
            let devices = file.as_array().map_or(&[][..], Vec::as_slice);
            for (branch, name) in self.branches.iter().zip(&self.names) {
                let holds = match name {
                    None => true,
                    Some(name) => self.holds(&branch.when, name, devices)?,
                };
                if holds {
                    return Ok(vec![branch.outcome(title)]);
                }
            }
            Ok(Vec::new())
        })
    }
}

impl BlockDevices {
    /// `regex op N`, of the number of devices that could be used.
    fn holds(&self, when: &str, name: &Pattern, devices: &[Value]) -> Result<bool, String> {
        let (_, operator, wanted) = compare::three(when)?;
        let eligible = devices
            .iter()
            .filter(|device| self.is_eligible(name, device, devices));
        let count = i64::try_from(eligible.count()).unwrap_or(i64::MAX);
        compare::holds(operator, count.cmp(&compare::integer(wanted)?))
    }

    fn is_eligible(&self, name: &Pattern, device: &Value, devices: &[Value]) -> bool {
        let kind = text(device, &["type"]);
        let kernel_name = text(device, &["kernel_name"]);
        name.is_match(text(device, &["name"]).as_bytes())
            && (kind == "disk" || (kind == "part" && self.partitions))
            && number(device, "size") >= self.minimum
            && text(device, &["mountpoint"]).is_empty()
            && text(device, &["filesystem_type"]).is_empty()
            && !flag(device, &["read_only"])
            && !flag(device, &["removable"])
            && !devices
                .iter()
                .any(|other| text(other, &["parent_kernel_name"]) == kernel_name)
    }
}
