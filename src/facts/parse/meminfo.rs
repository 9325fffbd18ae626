//! `/proc/meminfo`: memory by its uses, one `Name:  number kB` a line.
//!
//! `MemAvailable` is there since Linux 3.14 (RHEL 6.6); before, it is estimated as free(1) did. The files of the NUMA
//! nodes below `/sys` begin their lines with `Node 0` and are left alone. See `proc_meminfo(5)`.

use super::free::percent;
use crate::facts::{Input, Parser, Sink};

pub(super) const PARSER: Parser = Parser {
    name: "meminfo",
    markers: &["MemTotal:"],
    path: |_| false,
    parse,
};

fn parse(input: Input<'_>, sink: &mut Sink) {
    let mut memory: Option<Memory> = None;
    for (number, line) in input.lines() {
        let Some((name, kib)) = value(line) else {
            finish(memory.take(), sink);
            continue;
        };
        if name == "MemTotal" {
            finish(
                memory.replace(Memory {
                    total: kib,
                    ..Memory::default()
                }),
                sink,
            );
        } else if let Some(memory) = &mut memory {
            memory.take(name, kib, (number, line));
        }
    }
    finish(memory, sink);
}

/// Name and number of a line; pages and other counts have no unit.
fn value(line: &str) -> Option<(&str, u64)> {
    let (name, value) = line.split_once(':')?;
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '(' | ')');
    let value = value.trim();
    let number = value.strip_suffix("kB").unwrap_or(value).trim_end();
    name.chars().all(is_name).then_some(())?;
    Some((name, number.parse().ok()?))
}

fn finish(memory: Option<Memory<'_>>, sink: &mut Sink) {
    if let Some(memory) = memory {
        memory.fact(sink);
    }
}

/// One file: the numbers that matter.
#[derive(Default)]
struct Memory<'a> {
    total: u64,
    /// The line that tells what is left: `MemAvailable`, else `MemFree`.
    line: Option<(u64, &'a str)>,
    available: Option<u64>,
    free: Option<u64>,
    /// `Buffers` and `Cached`.
    cache: u64,
    swap_total: Option<u64>,
    swap_free: Option<u64>,
}

impl<'a> Memory<'a> {
    fn take(&mut self, name: &str, kib: u64, line: (u64, &'a str)) {
        match name {
            "MemFree" => {
                self.free = Some(kib);
                self.line = self.line.or(Some(line));
            }
            "MemAvailable" => {
                self.available = Some(kib);
                self.line = Some(line);
            }
            "Buffers" | "Cached" => self.cache = self.cache.saturating_add(kib),
            "SwapTotal" => self.swap_total = Some(kib),
            "SwapFree" => self.swap_free = Some(kib),
            _ => {}
        }
    }

    fn fact(&self, sink: &mut Sink) {
        let (Some(line), Some(free)) = (self.line, self.free) else {
            return;
        };
        let available = self
            .available
            .unwrap_or_else(|| free.saturating_add(self.cache));
        let text = |value: Option<u64>| value.map(|kib| kib.to_string()).unwrap_or_default();
        let fields = [
            ("total_kib", self.total.to_string()),
            ("available_kib", available.to_string()),
            ("swap_total_kib", text(self.swap_total)),
            ("swap_free_kib", text(self.swap_free)),
            ("available_percent", percent(Some(available), self.total)),
        ];
        sink.fact("memory", line, fields);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Fact;

    fn facts(text: &str) -> Vec<Fact> {
        PARSER.read("proc/meminfo", text).facts
    }

    fn values(fact: &Fact) -> Vec<&str> {
        fact.fields.iter().map(|(_, value)| &**value).collect()
    }

    #[test]
    fn available_memory_is_the_kernels_estimate() {
        let found = facts(
            "MemTotal:        4026036 kB\nMemFree:          129248 kB\nMemAvailable:    2775844 kB\n\
             Buffers:          102024 kB\nCached:          2658200 kB\nActive(anon):     800388 kB\n\
             SwapTotal:       2097148 kB\nSwapFree:        2097140 kB\nHugePages_Total:       0\n",
        );
        assert_eq!(found.len(), 1);
        assert_eq!(
            (found[0].line, &*found[0].text),
            (3, "MemAvailable:    2775844 kB")
        );
        assert_eq!(
            values(&found[0]),
            ["4026036", "2775844", "2097148", "2097140", "68"]
        );
    }

    #[test]
    fn old_kernels_have_it_in_three_lines() {
        let found = facts(
            "$ cat /proc/meminfo\nMemTotal:  1000 kB\nMemFree:  100 kB\nBuffers:  50 kB\nCached:  250 kB\n\
             SwapCached:  7 kB\n$ uptime\nMemTotal:  10 kB\nMemFree:  1 kB\n",
        );
        assert_eq!((found[0].line, &*found[0].text), (3, "MemFree:  100 kB"));
        assert_eq!(values(&found[0]), ["1000", "400", "40"]);
        assert_eq!(values(&found[1]), ["10", "1", "10"]);
    }

    #[test]
    fn numa_nodes_and_cut_files_give_nothing() {
        for text in [
            "Node 0 MemTotal:       32845932 kB\nNode 0 MemFree:         1041772 kB\n",
            "MemTotal:        4026036 kB\n",
            "MemFree:        4026036 kB\n",
            "MemTotal: many\nMemFree: 1 kB\n",
            "MemTotal: 4 kB\n\nMemFree: 1 kB\n",
        ] {
            assert_eq!(facts(text), [], "{text}");
        }
        assert_eq!(
            values(&facts("MemTotal: 0 kB\nMemFree: 0 kB\n")[0]),
            ["0", "0"]
        );
    }
}
