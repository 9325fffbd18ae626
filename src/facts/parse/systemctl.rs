//! `systemctl list-units [--all]` and `systemctl --failed`: the units of systemd and their states.
//!
//! Below the header `UNIT LOAD ACTIVE SUB [JOB] DESCRIPTION` stands one unit a row, with a mark (`●`, `*`) in
//! front where it failed or was not found; a blank line, a legend and `N loaded units listed.` end the listing.
//! The sentence after that tells what was asked for: `Pass --all` stands below a listing without `--state=` (old
//! versions print it always), `To show all installed unit files` alone below one with `--all`. See
//! `output_units_list` in systemd's `systemctl-list-units.c`.

use std::borrow::Cow;

use crate::facts::{Input, Parser, Sink};
use crate::text::strip_ansi;

pub(super) const PARSER: Parser = Parser {
    name: "systemctl list-units",
    markers: &[
        "loaded units listed",
        "LOAD   ACTIVE",
        "LOAD ACTIVE",
        "LOAD      ACTIVE",
        "LOAD   = Reflects",
    ],
    path: |_| false,
    parse,
};

/// Words of the column LOAD.
const LOADS: &[&str] = &[
    "loaded",
    "not-found",
    "bad-setting",
    "error",
    "masked",
    "merged",
    "stub",
];

/// Words of the column ACTIVE.
const STATES: &[&str] = &[
    "active",
    "reloading",
    "inactive",
    "failed",
    "activating",
    "deactivating",
    "maintenance",
    "refreshing",
];

/// Types of units that are worth a fact in any state.
const TELLING: &[&str] = &["service", "socket", "mount", "timer"];

/// The other types; they count only where they failed.
const OTHERS: &[&str] = &[
    "device",
    "automount",
    "swap",
    "target",
    "path",
    "slice",
    "scope",
    "snapshot",
];

/// The line without colours.
pub(super) fn plain(line: &str) -> Cow<'_, str> {
    if !line.contains('\x1b') {
        return Cow::Borrowed(line);
    }
    Cow::Owned(String::from_utf8_lossy(&strip_ansi(line.as_bytes())).into_owned())
}

/// Whether a word is the mark in front of a unit: `●`, `*`, `×`, also where its encoding was garbled.
pub(super) fn is_mark(word: &str) -> bool {
    word == "x" || (word.len() <= 8 && !word.contains(|c: char| c.is_ascii_alphanumeric()))
}

/// Whether this is a unit's name, by its type.
pub(super) fn is_unit(name: &str) -> bool {
    let of = |types: &[&str]| {
        name.rsplit_once('.')
            .is_some_and(|(_, t)| types.contains(&t))
    };
    of(TELLING) || of(OTHERS)
}

/// The word, if it is one of the column LOAD.
pub(super) fn load(word: &str) -> Option<&str> {
    LOADS.contains(&word).then_some(word)
}

/// The word, if it is one of the column ACTIVE.
pub(super) fn state(word: &str) -> Option<&str> {
    STATES.contains(&word).then_some(word)
}

/// Whether a unit is worth a fact: devices, scopes and the like are many and say nothing while they work.
pub(super) fn is_worth(name: &str, state: &str) -> bool {
    let telling = name
        .rsplit_once('.')
        .is_some_and(|(_, kind)| TELLING.contains(&kind));
    telling || state == "failed"
}

fn parse(input: Input<'_>, sink: &mut Sink) {
    let by_file = Asked::by(input.file());
    let mut listing = Listing::default();
    let mut above = "";
    let mut lines = input.lines().peekable();
    while let Some((number, line)) = lines.next() {
        let colourless = plain(line);
        let text = colourless.trim();
        if is_header(text) {
            listing = Listing {
                header: Some((number, line)),
                is_open: true,
                ..Listing::default()
            };
            listing.asked = by_file.or(Asked::by(above));
        } else if let Some(count) = footer(text) {
            // Without any unit, old versions leave the header out.
            if listing.header.is_none() {
                listing.header = Some((number, line));
                listing.asked = by_file.or(Asked::by(above));
            }
            let next = lines.peek().map_or("", |(_, next)| next.trim());
            listing.end(count, text, next, sink);
            listing = Listing::default();
        } else if listing.is_open {
            listing.row((number, line), text, sink);
        }
        if !text.is_empty() {
            above = line;
        }
    }
}

fn is_header(text: &str) -> bool {
    let mut words = text.split_whitespace();
    ["UNIT", "LOAD", "ACTIVE", "SUB"]
        .iter()
        .all(|name| words.next() == Some(name))
}

/// The number of units that the listing's last sentence states.
fn footer(text: &str) -> Option<usize> {
    let (count, _) = text.split_once(" loaded units listed.")?;
    count.parse().ok()
}

/// What the command line, or the name of a file that is called like one, asks for.
#[derive(Clone, Copy, Default)]
struct Asked {
    /// Failed units.
    failed: bool,
    /// Units of some types.
    some_types: bool,
}

impl Asked {
    fn by(command: &str) -> Self {
        Self {
            failed: command.contains("failed"),
            some_types: command.contains("--type") || command.contains(" -t"),
        }
    }

    fn or(self, other: Self) -> Self {
        Self {
            failed: self.failed || other.failed,
            some_types: self.some_types || other.some_types,
        }
    }
}

/// How many rows were seen, and of what kinds.
#[derive(Default)]
struct Seen {
    rows: usize,
    failed: usize,
    /// Names that were shortened to the width of a terminal.
    cut: usize,
    /// Units that every machine has, and that are no services.
    roots: usize,
}

/// One listing: what was seen of it so far.
#[derive(Default)]
struct Listing<'a> {
    header: Option<(u64, &'a str)>,
    /// Whether rows are expected.
    is_open: bool,
    asked: Asked,
    seen: Seen,
}

impl Listing<'_> {
    fn row(&mut self, line: (u64, &str), text: &str, sink: &mut Sink) {
        let Some([name, load, state, sub]) = columns(text) else {
            self.is_open = false;
            return;
        };
        self.seen.rows += 1;
        self.seen.failed += usize::from(state == "failed");
        self.seen.cut += usize::from(name.contains('…') || name.contains("..."));
        self.seen.roots += usize::from(matches!(name, "-.mount" | "-.slice"));
        if is_worth(name, state) {
            let name = if name.contains("***") { "" } else { name };
            sink.fact(
                "unit",
                line,
                [
                    ("name", name),
                    ("load", load),
                    ("state", state),
                    ("sub", sub),
                ],
            );
        }
    }

    /// States that the listing is complete, where its end proves it.
    fn end(&self, count: usize, footer: &str, next: &str, sink: &mut Sink) {
        let Some(header) = self.header else { return };
        if count != self.seen.rows || self.seen.cut > 0 || self.asked.some_types {
            return;
        }
        let by_state = !footer.contains("Pass --all") && !next.starts_with("To show all");
        if self.seen.failed == self.seen.rows && (by_state || self.asked.failed) {
            sink.table("unit", "failed", header);
        } else if self.seen.roots > 0 && !by_state {
            sink.table("unit", "", header);
        }
    }
}

/// Name, LOAD, ACTIVE and SUB of a row.
fn columns(text: &str) -> Option<[&str; 4]> {
    let mut words = text.split_whitespace().peekable();
    words.next_if(|word| is_mark(word));
    let name = words.next().filter(|name| is_unit(name))?;
    Some([
        name,
        load(words.next()?)?,
        state(words.next()?)?,
        words.next()?,
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Gathered;

    const LEGEND: &str = "\nLOAD   = Reflects whether the unit definition was properly loaded.\n\
        ACTIVE = The high-level unit activation state, i.e. generalization of SUB.\n\
        SUB    = The low-level unit activation state, values depend on unit type.\n\n";

    fn read(path: &str, text: &str) -> Gathered {
        PARSER.read(path, text)
    }

    fn names(gathered: &Gathered) -> Vec<(u64, &str, &str)> {
        gathered
            .facts
            .iter()
            .map(|fact| {
                (
                    fact.line,
                    fact.get("name").unwrap_or(""),
                    fact.get("state").expect("the field is there"),
                )
            })
            .collect()
    }

    #[test]
    fn services_sockets_mounts_and_timers_are_listed_with_their_states() {
        let text = format!(
            "  UNIT                      LOAD   ACTIVE     SUB       DESCRIPTION\n  \
               dev-vda2.device           loaded activating tentative /dev/vda2\n  \
               -.mount                   loaded active     mounted   Root Mount\n\
             * remount-fs.service        loaded failed     failed    Remount Root and Kernel File Systems\n  \
               init.scope                loaded active     running   System and Service Manager\n  \
               docker.socket             loaded active     listening Docker Socket for the API\n  \
               logrotate.timer           loaded active     waiting   Daily rotation of log files\n\
             {LEGEND}6 loaded units listed. Pass --all to see loaded but inactive units, too.\n\
             To show all installed unit files use 'systemctl list-unit-files'.\n"
        );
        let gathered = read("sos_commands/systemd/systemctl_list-units", &text);
        assert_eq!(
            names(&gathered),
            [
                (3, "-.mount", "active"),
                (4, "remount-fs.service", "failed"),
                (6, "docker.socket", "active"),
                (7, "logrotate.timer", "active"),
            ]
        );
        assert_eq!(gathered.facts[2].get("sub"), Some("listening"));
        assert!(gathered.facts[1].text.starts_with("* remount-fs.service"));
        assert_eq!(
            (&*gathered.tables[0].kind, gathered.tables[0].scope),
            ("unit", "")
        );
        assert_eq!((gathered.tables.len(), gathered.tables[0].line), (1, 1));
    }

    #[test]
    fn coloured_marks_and_a_job_column_change_nothing() {
        let text = "\x1b[0;1;4m  UNIT            LOAD      ACTIVE     SUB     JOB   DESCRIPTION\x1b[0m\n\
            \x1b[0;1;31m●\x1b[0m \x1b[0;1;31mdocker.service \x1b[0m loaded    \x1b[0;1;31mfailed\x1b[0m  failed        Docker\n\
            ● gone.service    not-found inactive   dead          gone.service\n  \
            slow.service    loaded    activating start   start Slow\n";
        let gathered = read("x", text);
        assert_eq!(
            names(&gathered),
            [
                (2, "docker.service", "failed"),
                (3, "gone.service", "inactive"),
                (4, "slow.service", "activating"),
            ]
        );
        assert_eq!(gathered.facts[1].get("load"), Some("not-found"));
        assert!(
            gathered.tables.is_empty(),
            "the end of the listing is missing"
        );
    }

    #[test]
    fn failed_units_are_complete_whatever_their_number() {
        let none = "  UNIT LOAD ACTIVE SUB DESCRIPTION\n0 loaded units listed.\n";
        let gathered = read("systemctl_list-units_--failed", none);
        assert!(gathered.facts.is_empty());
        assert_eq!(
            (gathered.tables[0].scope, gathered.tables[0].line),
            ("failed", 1)
        );
        let two = format!(
            "$ systemctl --failed\n\n  UNIT           LOAD   ACTIVE SUB    DESCRIPTION\n\
             ● docker.service loaded failed failed Docker Application Container Engine\n\
             ● user-0.slice   loaded failed failed User Slice of UID 0\n\
             {LEGEND}2 loaded units listed.\n"
        );
        let gathered = read("node1.txt", &two);
        assert_eq!(
            names(&gathered),
            [
                (4, "docker.service", "failed"),
                (5, "user-0.slice", "failed")
            ]
        );
        assert_eq!(
            (gathered.tables[0].scope, gathered.tables[0].line),
            ("failed", 3)
        );
    }

    #[test]
    fn old_versions_end_every_listing_alike_so_that_the_command_decides() {
        let none = "0 loaded units listed. Pass --all to see loaded but inactive units, too.\n\
            To show all installed unit files use 'systemctl list-unit-files'.\n";
        let tables = |path: &str, text: &str| -> Vec<(&'static str, u64)> {
            read(path, text)
                .tables
                .iter()
                .map(|table| (table.scope, table.line))
                .collect()
        };
        assert_eq!(tables("systemctl_--failed", none), [("failed", 1)]);
        assert_eq!(
            tables("out.txt", &format!("# systemctl --failed\n{none}")),
            [("failed", 2)]
        );
        assert_eq!(tables("systemctl_list-units_foo", none), []);
    }

    #[test]
    fn a_listing_of_some_units_is_not_complete() {
        let tables = |rows: &str, end: &str| {
            let text = format!("UNIT LOAD ACTIVE SUB DESCRIPTION\n{rows}\n{end}\n");
            read("units", &text).tables.len()
        };
        let service = "docker.service loaded active running Docker";
        let root = "-.mount loaded active mounted Root Mount";
        assert_eq!(
            tables(service, "1 loaded units listed. Pass --all to see"),
            0,
            "one type"
        );
        assert_eq!(tables(root, "1 loaded units listed."), 0, "some states");
        assert_eq!(
            tables(root, "2 loaded units listed. Pass --all to see"),
            0,
            "a row is missing"
        );
        assert_eq!(tables(root, "1 loaded units listed. Pass --all to see"), 1);
        let cut = format!("{root}\nvery…name.service loaded active running Long");
        assert_eq!(
            tables(&cut, "2 loaded units listed. Pass --all to see"),
            0,
            "a name is cut"
        );
    }

    #[test]
    fn other_tables_and_redacted_names_give_no_units() {
        let near = "UNIT FILE        STATE\ndocker.service   enabled\n\n1 unit files listed.\n\
            NEXT LEFT LAST PASSED UNIT ACTIVATES\n\
            UNIT LOAD ACTIVE SUB\nthe load of active units is high\n- loaded failed x\n";
        assert!(read("x", near).is_empty());
        let hidden =
            "UNIT LOAD ACTIVE SUB DESCRIPTION\n● ***HIDDEN***.service loaded failed failed x\n";
        let gathered = read("x", hidden);
        assert_eq!(gathered.facts[0].get("name"), None);
        assert_eq!(gathered.facts[0].get("state"), Some("failed"));
    }
}
