//! `free`, of procps and busybox, with and without units.
//!
//! Below a header from `total` stand `Mem:`, with old versions `-/+ buffers/cache:`, and `Swap:`. New versions have a
//! column `available`; before, what programs can get is the second number of `-/+ buffers/cache:`. Numbers without a
//! unit may be KiB, MiB, GiB or bytes. The output does not tell, so the command or the file's name does, else the size
//! itself where only one unit makes a real machine of it; where nothing does, only the percentage is stated.

use super::df::bytes;
use crate::facts::{Input, Parser, Sink};

pub(super) const PARSER: Parser = Parser {
    name: "free",
    markers: &[
        "buff/cache",
        "-/+ buffers",
        "shared    buffers",
        "shared     buffers",
    ],
    path: |_| false,
    parse,
};

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;
const TIB: u64 = 1 << 40;

fn parse(input: Input<'_>, sink: &mut Sink) {
    let by_file = asked(input.file());
    let mut listing: Option<Listing> = None;
    let mut above = "";
    for (number, line) in input.lines() {
        let text = line.trim();
        if text.starts_with("total ") && text.split_whitespace().nth(1) == Some("used") {
            finish(listing.take(), sink);
            listing = Some(Listing::of(text, asked(above).or(by_file)));
        } else if let Some(open) = &mut listing
            && !open.take((number, line), text)
        {
            finish(listing.take(), sink);
        }
        if !text.is_empty() {
            above = text;
        }
    }
    finish(listing, sink);
}

fn finish(listing: Option<Listing<'_>>, sink: &mut Sink) {
    if let Some(listing) = listing {
        listing.fact(sink);
    }
}

/// The unit that a command such as `free -m`, or a file called `free_-m` or `freem`, asks for.
fn asked(command: &str) -> Option<u64> {
    let (_, options) = command.rsplit_once("free")?;
    let unit = |option: &str| {
        let letters = option.trim_start_matches('-');
        match letters {
            "kibi" => return Some(KIB),
            "mebi" => return Some(MIB),
            "gibi" => return Some(GIB),
            "bytes" => return Some(1),
            _ if letters.contains(|c| !"bkmghltvw".contains(c)) => return None,
            _ => {}
        }
        letters.chars().find_map(|letter| match letter {
            'b' => Some(1),
            'k' => Some(KIB),
            'm' => Some(MIB),
            'g' => Some(GIB),
            _ => None,
        })
    };
    let found = options.split([' ', '_', '.']).find_map(unit);
    found.or_else(|| options.is_empty().then_some(KIB))
}

/// One output.
struct Listing<'a> {
    columns: Vec<&'a str>,
    /// Bytes of a number without a unit, as the command has it.
    unit: Option<u64>,
    memory: Option<((u64, &'a str), Vec<&'a str>)>,
    /// Free memory on the line `-/+ buffers/cache:`.
    without_cache: Option<&'a str>,
    swap: Vec<&'a str>,
}

impl<'a> Listing<'a> {
    fn of(header: &'a str, unit: Option<u64>) -> Self {
        Self {
            columns: header.split_whitespace().collect(),
            unit,
            memory: None,
            without_cache: None,
            swap: Vec::new(),
        }
    }

    /// Takes a line of the output; `false` for any other.
    fn take(&mut self, line: (u64, &'a str), text: &'a str) -> bool {
        let Some((label, values)) = text.split_once(':') else {
            return false;
        };
        let values: Vec<&str> = values.split_whitespace().collect();
        if values.iter().any(|value| bytes(value, 1).is_none()) {
            return false;
        }
        match label {
            "Mem" if self.memory.is_none() => self.memory = Some((line, values)),
            "Swap" => self.swap = values,
            "Low" | "High" | "Total" | "Comm" => {}
            _ if label.starts_with("-/+ buffers") => self.without_cache = values.get(1).copied(),
            _ => return false,
        }
        true
    }

    fn fact(&self, sink: &mut Sink) {
        let Some((line, values)) = &self.memory else {
            return;
        };
        let get = |name: &str| {
            let at = self.columns.iter().position(|column| *column == name)?;
            bytes(values.get(at)?, 1)
        };
        let Some(total) = get("total").filter(|total| *total > 0) else {
            return;
        };
        let available = get("available")
            .or_else(|| bytes(self.without_cache?, 1))
            .or_else(|| {
                let cache = ["buffers", "cached"].into_iter().filter_map(get);
                Some(cache.fold(get("free")?, u64::saturating_add))
            });
        let has_units = values
            .first()
            .is_some_and(|value| value.ends_with(char::is_alphabetic));
        let unit = if has_units {
            Some(1)
        } else {
            unit(self.unit, total)
        };
        // Whole GiB are too coarse on a small machine: 0 of 1 may be nearly everything.
        let is_coarse = unit == Some(GIB) && total < 50;
        let available = available.filter(|_| !is_coarse);
        let kib = |value: Option<u64>| in_kib(value, unit);
        let swap = |at: usize| self.swap.get(at).and_then(|value| bytes(value, 1));
        let fields = [
            ("total_kib", kib(Some(total))),
            ("available_kib", kib(available)),
            ("swap_total_kib", kib(swap(0))),
            ("swap_free_kib", kib(swap(2).filter(|_| !is_coarse))),
            ("available_percent", percent(available, total)),
        ];
        if fields.iter().any(|(_, value)| !value.is_empty()) {
            sink.fact("memory", *line, fields);
        }
    }
}

/// The bytes that a number counts: as the command says, if that makes a machine; else by the size alone.
fn unit(asked: Option<u64>, total: u64) -> Option<u64> {
    let is_machine = |unit: &u64| (32 * MIB..64 * TIB).contains(&total.saturating_mul(*unit));
    asked.filter(is_machine).or(match total {
        0..64 => Some(GIB),
        2048..65_536 => Some(MIB),
        2_097_152..8_589_934_592 => Some(KIB),
        _ => None,
    })
}

fn in_kib(value: Option<u64>, unit: Option<u64>) -> String {
    let kib = || {
        u128::from(value?)
            .checked_mul(u128::from(unit?))
            .map(|bytes| bytes / 1024)
    };
    kib().map(|kib| kib.to_string()).unwrap_or_default()
}

/// How much of the memory is available, rounded down; empty where that is not known.
pub(super) fn percent(available: Option<u64>, total: u64) -> String {
    let percent = || (u128::from(available?) * 100).checked_div(u128::from(total));
    percent()
        .map(|percent| percent.to_string())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Fact;

    const NEW: &str =
        "              total        used        free      shared  buff/cache   available\n";
    const OLD: &str = "             total       used       free     shared    buffers     cached\n";

    fn facts(path: &str, text: &str) -> Vec<Fact> {
        PARSER.read(path, text).facts
    }

    fn values(path: &str, text: &str) -> String {
        let found = facts(path, text);
        assert_eq!(found.len(), 1, "{text}");
        let fields = found[0].fields.iter();
        fields
            .map(|(name, value)| format!("{name}={value} "))
            .collect::<String>()
            .trim_end()
            .to_owned()
    }

    #[test]
    fn available_memory_is_what_the_column_says() {
        let text = format!(
            "{NEW}Mem:        4026036      963044      127976        1256     2935016     2775572\n\
             Swap:       2097148           8     2097140\n"
        );
        let found = facts("sos_commands/memory/free", &text);
        assert_eq!((found[0].line, &*found[0].kind), (2, "memory"));
        assert!(found[0].text.starts_with("Mem:        4026036"));
        assert_eq!(
            values("sos_commands/memory/free", &text),
            "total_kib=4026036 available_kib=2775572 swap_total_kib=2097148 swap_free_kib=2097140 available_percent=68"
        );
    }

    #[test]
    fn old_versions_have_it_on_the_line_without_buffers_and_cache() {
        let text = format!(
            "{OLD}Mem:          7986       7800        186          0        250       6500\n\
             -/+ buffers/cache:       1050       6936\nSwap:            0          0          0\n"
        );
        assert_eq!(
            values("free_-m", &text),
            "total_kib=8177664 available_kib=7102464 swap_total_kib=0 swap_free_kib=0 available_percent=86"
        );
        let busybox = "             total         used         free       shared      buffers\n\
            Mem:       4026036       900000      3126036            0       100000\n\
            -/+ buffers:             800000      3226036\nSwap:            0            0            0\n";
        assert!(values("free", busybox).contains("available_kib=3226036"));
    }

    #[test]
    fn units_of_the_numbers_win() {
        let text = format!(
            "{NEW}Mem:           15Gi       2.1Gi       300Mi        12Mi        13Gi        12Gi\nSwap:            0B          0B          0B\n"
        );
        assert_eq!(
            values("free_-m", &text),
            "total_kib=15728640 available_kib=12582912 swap_total_kib=0 swap_free_kib=0 available_percent=80"
        );
        let old = format!(
            "{OLD}Mem:          3.7G       3.5G       200M         0B       100M       2.0G\n-/+ buffers/cache:       1.4G       2.3G\n"
        );
        assert!(values("x", &old).ends_with("available_kib=2411724 available_percent=62"));
    }

    #[test]
    fn the_command_tells_the_unit_else_the_size_does_else_only_the_percentage_is_known() {
        let text = |total: u64| format!("{NEW}Mem: {total} 0 0 0 0 {}\n", total / 2);
        assert!(values("freem", &text(1024)).starts_with("total_kib=1048576 "));
        assert!(values("free-m.txt", &text(1024)).starts_with("total_kib=1048576 "));
        assert!(
            values("x", &format!("$ free -wm\n{}", text(1024))).starts_with("total_kib=1048576 ")
        );
        assert!(
            values("x", &format!("$ free --gibi\n{}", text(128)))
                .starts_with("total_kib=134217728 ")
        );
        assert!(values("free", &text(1_048_576)).starts_with("total_kib=1048576 "));
        assert!(
            values("free", &text(3931)).starts_with("total_kib=4025344 "),
            "4 MiB are no machine"
        );
        assert!(values("memory.txt", &text(16_393_164)).starts_with("total_kib=16393164 "));
        assert_eq!(values("memory.txt", &text(128_000)), "available_percent=50");
        assert_eq!(values("memory.txt", &text(1024)), "available_percent=50");
    }

    #[test]
    fn whole_gibibytes_of_a_small_machine_say_nothing_about_what_is_left() {
        let text = format!("{NEW}Mem: 1 0 0 0 0 0\nSwap: 1 0 0\n");
        assert_eq!(
            values("free_-g", &text),
            "total_kib=1048576 swap_total_kib=1048576"
        );
    }

    #[test]
    fn a_text_may_have_several_outputs_and_other_lines() {
        let text = format!(
            "$ free -h\n{NEW}Mem: 4Gi 0B 0B 0B 0B 1Gi\n$ free -m\n{OLD}Mem: 4096 0 1024 0 512 512\nSwap: 0 0 0\nMem: 1 2 3\n"
        );
        let found = facts("x", &text);
        let short: Vec<_> = found
            .iter()
            .map(|f| {
                (
                    f.line,
                    f.get("available_percent").expect("the field is there"),
                )
            })
            .collect();
        assert_eq!(short, [(3, "25"), (6, "50")]);
    }

    #[test]
    fn what_is_no_output_of_free_gives_nothing() {
        for text in [
            "Mem:        4026036      963044      127976\n".to_owned(),
            format!("{NEW}Mem: n/a\n"),
            format!("{NEW}Mem:\n"),
            format!("{NEW}Mem: 0 0 0 0 0 0\n"),
            format!("{NEW}\nMem: 10 0 0 0 0 0\n"),
            "total used by buff/cache: 5\nMem: x\n".to_owned(),
            "total used free buffers\nMem: 0 1 18446744073709551615 18446744073709551615\n"
                .to_owned(),
        ] {
            assert_eq!(facts("free", &text), [], "{text}");
        }
    }
}
