//! Rows of `iptables -L`.

use super::options::addresses;
use super::remarks;
use crate::facts::parse::draft::{Draft, Line, nets};
use crate::facts::parse::names;
use crate::facts::table::words;
use crate::filter::{Net, Test};

/// The columns of a header that not every listing has.
#[derive(Clone, Copy)]
pub(super) struct Columns {
    number: bool,
    counters: bool,
    interfaces: bool,
}

impl Columns {
    pub(super) fn of(header: &str) -> Option<Self> {
        let names: Vec<&str> = header.split_whitespace().collect();
        let has = |name: &str| names.contains(&name);
        let is_header = ["target", "prot", "opt", "source", "destination"]
            .into_iter()
            .all(has);
        is_header.then(|| Self {
            number: has("num"),
            counters: has("pkts"),
            interfaces: has("in") && has("out"),
        })
    }

    /// Whether a line is a row, though its cells may not be those of the header.
    pub(super) fn is_row(self, line: &str) -> bool {
        let mut words = line.split_whitespace().skip(usize::from(self.number));
        let mut is_count = || words.next().and_then(count).is_some();
        if self.counters {
            is_count() && is_count()
        } else {
            line.contains(" -- ")
        }
    }
}

/// The cells of a rule.
#[derive(Debug)]
pub(super) struct Row<'a> {
    packets: Option<u64>,
    target: &'a str,
    protocol: &'a str,
    opt: &'a str,
    input: &'a str,
    output: &'a str,
    pub(super) source: &'a str,
    pub(super) destination: &'a str,
    remarks: &'a str,
}

/// What may stand in the column `opt`.
const OPTIONS: &[&str] = &["--", "-f", "!f"];

/// The words of a row from left to right.
struct Cells<'a> {
    line: &'a str,
    /// Where the last one ends.
    end: usize,
}

impl<'a> Cells<'a> {
    /// The next word, and how many spaces are in front of it.
    fn next(&mut self) -> Option<(usize, &'a str)> {
        let (gap, word) = words(self.rest()).next()?;
        self.end += gap + word.len();
        Some((gap, word))
    }

    fn word(&mut self) -> Option<&'a str> {
        self.next().map(|(_, word)| word)
    }

    /// The column `opt`; for IPv6, old versions leave it empty.
    fn option(&mut self) -> &'a str {
        let end = self.end;
        match self.word() {
            Some(word) if OPTIONS.contains(&word) => word,
            _ => {
                self.end = end;
                ""
            }
        }
    }

    fn rest(&self) -> &'a str {
        self.line.get(self.end..).unwrap_or_default()
    }
}

/// Spaces in front of a row without a target: its column has at least nine.
const NO_TARGET: usize = 9;

impl<'a> Row<'a> {
    pub(super) fn of(columns: Columns, line: &'a str) -> Option<Self> {
        let mut cells = Cells { line, end: 0 };
        if columns.number {
            cells.word()?.parse::<u64>().ok()?;
        }
        let packets = if columns.counters {
            Some(count(cells.word()?)?)
        } else {
            None
        };
        if columns.counters {
            count(cells.word()?)?;
        }
        let (gap, first) = cells.next()?;
        let (target, protocol) = if gap >= NO_TARGET {
            ("", first)
        } else {
            (first, cells.word()?)
        };
        // A long name of a protocol leaves no space in front of the options in old versions.
        let fused = OPTIONS
            .iter()
            .find(|opt| protocol.len() > 2 && protocol.ends_with(*opt));
        let (protocol, opt) = match fused {
            Some(opt) => (protocol.strip_suffix(opt)?, *opt),
            None => (protocol, cells.option()),
        };
        let (input, output) = if columns.interfaces {
            (cells.word()?, cells.word()?)
        } else {
            ("*", "*")
        };
        let (source, destination) = (cells.word()?, cells.word()?);
        let is_row = names::is_protocol(protocol.trim_start_matches('!')) || opt == "--";
        let remarks = cells.rest().trim();
        is_row.then_some(Self {
            packets,
            target,
            protocol,
            opt,
            input,
            output,
            source,
            destination,
            remarks,
        })
    }

    /// The rule that stands in this line.
    pub(super) fn draft(&self, columns: Columns, line: Line<'_>) -> Draft {
        let mut draft = Draft::new(line);
        draft.packets = self.packets;
        let (protocol, negated) = negated(self.protocol);
        match names::protocol(protocol) {
            Some(name) => draft.add(Test::Protocol(vec![name]), negated),
            None => draft.add(Test::Always, negated),
        }
        match self.opt {
            "-f" => draft.need(Test::Never),
            "" | "--" | "!f" => {}
            other => draft.unknown(format!("the option `{other}`")),
        }
        interface(&mut draft, self.input, Test::InInterface);
        interface(&mut draft, self.output, Test::OutInterface);
        address(&mut draft, self.source, Test::Source);
        address(&mut draft, self.destination, Test::Destination);
        if !columns.interfaces {
            draft.unknown("`iptables -L` without `-v` does not show interfaces");
        }
        let action = remarks::read(&mut draft, self.target, self.remarks);
        draft.emit(&action);
        draft
    }
}

/// A cell without the `!` in front of it.
pub(super) fn negated(cell: &str) -> (&str, bool) {
    cell.strip_prefix('!')
        .map_or((cell, false), |cell| (cell, true))
}

fn interface(draft: &mut Draft, cell: &str, test: fn(Vec<String>) -> Test) {
    let (name, negated) = negated(cell);
    let name = if name == "any" { "*" } else { name };
    draft.add(test(vec![name.to_owned()]), negated);
}

/// A cell with an address; without `-n`, names of hosts and networks stand there.
fn address(draft: &mut Draft, cell: &str, test: fn(Vec<Net>) -> Test) {
    let (text, negated) = negated(cell);
    if matches!(text, "anywhere" | "default") {
        draft.add(Test::Always, negated);
    } else if nets(text).is_ok() {
        addresses(draft, text, negated, test);
    } else {
        draft.unknown(format!("the address of `{text}` is not known"));
    }
}

/// A counter: `18`, `523M`.
pub(super) fn count(text: &str) -> Option<u64> {
    let factor = match text.as_bytes().last()? {
        b'K' => 1_000,
        b'M' => 1_000_000,
        b'G' => 1_000_000_000,
        b'T' => 1_000_000_000_000,
        _ => return text.parse().ok(),
    };
    text.get(..text.len() - 1)?
        .parse::<u64>()
        .ok()?
        .checked_mul(factor)
}
