//! Journals of systemd, in the forms in which they are collected.
//!
//! How a journal becomes lines is no part of the public interface. The nearest that is: a check without any pattern, on
//! one thread. What that does with the lines is the same for all forms of JSON; `short`, the plain text that most
//! collectors write, is beside them for comparison. Items are entries.

#[expect(dead_code, reason = "the tests of the reader use more of it")]
#[path = "../../src/log/journal/writer.rs"]
mod writer;

use std::fmt::{self, Write as _};
use std::io::Cursor;

use bundlecheck::{Bundle, Catalog, Checker};
use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};

use self::writer::{BOOT, Compression, START, Writer};
use crate::random::Random;
use crate::words;

/// Entries of a journal.
const ENTRIES: usize = 10_000;
/// Of so many entries one has a stack trace, which is what systemd compresses.
const TRACES: usize = 50;

/// How a journal is written.
#[derive(Clone, Copy, Debug)]
enum Form {
    Binary,
    /// With the layout and the compression of systemd since version 252.
    Compact,
    Export,
    Json,
    Short,
}

/// All forms.
#[divan::bench(args = [Form::Binary, Form::Compact, Form::Export, Form::Json, Form::Short])]
fn read(bencher: Bencher<'_, '_>, form: Form) {
    let journal = form.write();
    let catalog = Catalog::default();
    let checker = Checker::builder(&catalog).jobs(1).build();
    let checker = checker.expect("a thread can be started");
    let bundle = Bundle::spooled("system.journal", &mut Cursor::new(&journal));
    let bundle = bundle.expect("files can be made");
    let check = || checker.check(&bundle).expect("it can be walked again");
    let report = check();
    assert!(report.stats.lines >= ENTRIES as u64 && report.not_checked.is_empty());
    bencher
        .counter(BytesCount::of_slice(&journal))
        .counter(ItemsCount::new(ENTRIES))
        .bench(check);
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Binary => "binary",
            Self::Compact => "binary, compact",
            Self::Export => "export",
            Self::Json => "json",
            Self::Short => "short",
        })
    }
}

impl Form {
    fn write(self) -> Vec<u8> {
        let mut random = Random::new(1);
        let entries = (0..ENTRIES).map(|number| Entry::new(number, &mut random));
        match self {
            Self::Binary => binary(entries, false),
            Self::Compact => binary(entries, true),
            Self::Export => entries
                .map(|entry| entry.export())
                .collect::<String>()
                .into(),
            Self::Json => entries.map(|entry| entry.json()).collect::<String>().into(),
            Self::Short => entries
                .map(|entry| entry.short())
                .collect::<String>()
                .into(),
        }
    }
}

fn binary(entries: impl Iterator<Item = Entry>, compact: bool) -> Vec<u8> {
    let mut writer = Writer::new(compact);
    for entry in entries {
        let mut items = Vec::new();
        for (name, value) in &entry.fields {
            let field = format!("{name}={value}");
            let compression = match field.len() {
                512.. if compact => Compression::Zstd,
                512.. => Compression::Lz4,
                _ => Compression::Plain,
            };
            items.push(writer.data(field.as_bytes(), compression));
        }
        writer.entry(&items);
    }
    writer.finish()
}

/// One entry, with the fields that journald adds to what a service writes.
struct Entry {
    number: usize,
    fields: Vec<(&'static str, String)>,
}

impl Entry {
    fn new(number: usize, random: &mut Random) -> Self {
        const UNITS: [&str; 4] = ["kubelet", "containerd", "etcd", "sshd"];
        let unit = UNITS[random.below(UNITS.len())];
        let mut message = words::activity(random.below(words::ACTIVITIES), random);
        if number.is_multiple_of(TRACES) {
            (0..20).for_each(|frame| message += &format!(" <- frame {frame} of {unit}"));
        }
        let own = [
            ("MESSAGE", message),
            ("PRIORITY", "6".to_owned()),
            ("SYSLOG_IDENTIFIER", unit.to_owned()),
            ("_PID", (800 + unit.len()).to_string()),
            ("_COMM", unit.to_owned()),
            ("_EXE", format!("/usr/bin/{unit}")),
            (
                "_CMDLINE",
                format!("/usr/bin/{unit} --config=/etc/{unit}.yaml"),
            ),
            ("_SYSTEMD_CGROUP", format!("/system.slice/{unit}.service")),
            ("_SYSTEMD_UNIT", format!("{unit}.service")),
        ];
        let common = [
            ("_TRANSPORT", "stdout"),
            ("_UID", "0"),
            ("_GID", "0"),
            ("_CAP_EFFECTIVE", "1ffffffffff"),
            ("_SYSTEMD_SLICE", "system.slice"),
            ("_SYSTEMD_INVOCATION_ID", "5bb09ae9e9cf4a8ba1b1a5bd2c9a5a5e"),
            ("_STREAM_ID", "0c1ae2f9d56f4be6a7e1a4ba2b2ad7a8"),
            (
                "_BOOT_ID",
                &BOOT
                    .iter()
                    .map(|byte| format!("{byte:02x}"))
                    .collect::<String>(),
            ),
            ("_MACHINE_ID", "b7b3a0c1f30a4b6d8ad0b7dc9a3b1c55"),
            ("_HOSTNAME", "node-1"),
        ]
        .map(|(name, value)| (name, value.to_owned()));
        Self {
            number,
            fields: own.into_iter().chain(common).collect(),
        }
    }

    /// Microseconds since 1970 and since the start of the machine, as [`Writer::entry`] counts them.
    fn times(&self) -> (u64, u64) {
        let since = self.number as u64 * 1_000_000;
        (START + since, since)
    }

    /// As `journalctl -o export` writes it.
    fn export(&self) -> String {
        let (time, since) = self.times();
        let mut text = format!("__REALTIME_TIMESTAMP={time}\n__MONOTONIC_TIMESTAMP={since}\n");
        for (name, value) in &self.fields {
            let _ = writeln!(text, "{name}={value}");
        }
        text + "\n"
    }

    /// As `journalctl -o json` writes it.
    fn json(&self) -> String {
        let (time, since) = self.times();
        let mut text =
            format!("{{\"__REALTIME_TIMESTAMP\":\"{time}\",\"__MONOTONIC_TIMESTAMP\":\"{since}\"");
        for (name, value) in &self.fields {
            let _ = write!(text, ",\"{name}\":\"{value}\"");
        }
        text + "}\n"
    }

    /// As `journalctl` writes it.
    fn short(&self) -> String {
        let seconds = self.number;
        let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        let value = |wanted| {
            let field = self.fields.iter().find(|(name, _)| *name == wanted);
            field.map_or("", |(_, value)| value)
        };
        format!(
            "Nov 20 {hours:02}:{minutes:02}:{seconds:02} node-1 {}[{}]: {}\n",
            value("SYSLOG_IDENTIFIER"),
            value("_PID"),
            value("MESSAGE")
        )
    }
}
