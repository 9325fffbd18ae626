//! `df` in its forms: `-h`, `-k`, `-m`, `-al`, `-P`, `-T`, `-i`, `-B`, of coreutils, busybox, BSD and macOS.
//!
//! Below a header from `Filesystem` to `Mounted on` stands one file system a row. Which columns there are, and how
//! large a block is, says the header (`1K-blocks`, `1M-blocks`); with `-h` the numbers have units. A name that is
//! wider than its column has a line of its own, with the numbers on the next one. `-` stands for what a file system
//! does not have. File systems that only the kernel fills, or that are full by their nature, are left out.

use super::super::table::words;
use crate::facts::{Input, Parser, Sink};

pub(super) const PARSER: Parser = Parser {
    name: "df",
    markers: &["Mounted on"],
    path: |_| false,
    parse,
};

/// Words of a row that are looked at; what follows belongs to the mount point.
const MAX_WORDS: usize = 48;

/// File systems that are no disks, by name or type, and images that are always full.
const PSEUDO: &str = "aufs autofs binfmt_misc bpf bpffs cgroup cgroup2 cgroupfs configfs cramfs debugfs devfs \
    devpts devtmpfs efivarfs erofs fdescfs fusectl gvfsd-fuse hugetlbfs iso9660 linprocfs \
    lxcfs mqueue none nsfs overlay overlayfs portal proc procfs pstore ramfs rootfs \
    rpc_pipefs securityfs selinuxfs shm snapfuse squashfs sunrpc sysfs systemd-1 tmpfs \
    tracefs udev udf";

fn parse(input: Input<'_>, sink: &mut Sink) {
    let mut header: Option<Header> = None;
    let mut name: Option<&str> = None;
    for (number, line) in input.lines() {
        if let Some(found) = Header::of(line) {
            (header, name) = (Some(found), None);
            continue;
        }
        let Some(columns) = &header else { continue };
        if let Some(row) = columns.row(line, name) {
            row.facts((number, line), sink);
            name = None;
        } else if name.is_none() && is_alone(line) {
            name = Some(line.trim());
        } else if !line.starts_with("df: ") {
            header = None;
        }
    }
}

/// Whether the line is one word at the left edge, as a name that is too wide for its column.
fn is_alone(line: &str) -> bool {
    !line.starts_with(char::is_whitespace) && words(line).take(2).count() == 1
}

/// What a column holds.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Column {
    /// A word that does not matter: the type is told apart from it.
    Word,
    Type,
    Size,
    Used,
    Available,
    Percent,
    Inodes,
    InodePercent,
}

impl Column {
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "Type" => Self::Type,
            "File" => Self::Word,
            "Size" => Self::Size,
            "Used" => Self::Used,
            "Avail" | "Available" | "Free" => Self::Available,
            "Use%" | "Capacity" | "%Used" => Self::Percent,
            "Inodes" | "IUsed" | "IFree" | "iused" | "ifree" | "Iused" => Self::Inodes,
            "IUse%" | "%iused" | "%Iused" => Self::InodePercent,
            _ if name.ends_with("-blocks") => Self::Size,
            _ => return None,
        })
    }

    /// Whether the word may stand in this column.
    fn takes(self, word: &str) -> bool {
        match self {
            Self::Word | Self::Type => true,
            Self::Percent | Self::InodePercent => word == "-" || percent(word).is_some(),
            _ => word == "-" || bytes(word.trim_start_matches('-'), 1).is_some(),
        }
    }
}

/// The columns between the name and the mount point.
struct Header {
    columns: Vec<Column>,
    /// Bytes of a block.
    block: u64,
}

impl Header {
    fn of(line: &str) -> Option<Self> {
        let inner = line
            .trim()
            .strip_prefix("Filesystem")?
            .strip_suffix("Mounted on")?;
        let block = |name: &str| bytes(name.strip_suffix("-blocks")?, 1);
        let columns: Vec<Column> = inner
            .split_whitespace()
            .map(Column::of)
            .collect::<Option<_>>()?;
        let has_percent =
            columns.contains(&Column::Percent) || columns.contains(&Column::InodePercent);
        has_percent.then(|| Self {
            columns,
            block: inner.split_whitespace().find_map(block).unwrap_or(1),
        })
    }

    /// The row in this line; `name` stood on the line before.
    fn row<'r>(&'r self, line: &'r str, name: Option<&'r str>) -> Option<Row<'r>> {
        let words: Vec<(usize, &str)> = words(line).take(MAX_WORDS).collect();
        let count = self.columns.len();
        let fits = |&at: &usize| {
            let values = words.iter().skip(at).zip(&self.columns);
            words.len() > at + count && values.clone().all(|((_, word), column)| column.takes(word))
        };
        // A name may have spaces: it ends where the numbers begin.
        let first = match name {
            Some(_) => Some(0).filter(fits)?,
            None => (1..words.len()).find(fits)?,
        };
        let (start, _) = words.get(first)?;
        let (mount, _) = words.get(first + count)?;
        Some(Row {
            header: self,
            name: name.unwrap_or_else(|| line[..*start].trim()),
            values: words
                .iter()
                .skip(first)
                .take(count)
                .map(|(_, word)| *word)
                .collect(),
            mount: line[*mount..].trim_end(),
        })
    }
}

/// One file system.
struct Row<'r> {
    header: &'r Header,
    name: &'r str,
    values: Vec<&'r str>,
    mount: &'r str,
}

impl Row<'_> {
    fn get(&self, column: Column) -> Option<&str> {
        let at = self
            .header
            .columns
            .iter()
            .position(|other| *other == column)?;
        self.values.get(at).copied()
    }

    fn facts(&self, line: (u64, &str), sink: &mut Sink) {
        if is_pseudo(
            self.name,
            self.get(Column::Type).unwrap_or_default(),
            self.mount,
        ) {
            return;
        }
        let (mount, filesystem) = (shown(self.mount), shown(self.name));
        if let Some(used) = self.get(Column::Percent).and_then(percent) {
            let fields = [
                ("mount", mount.to_owned()),
                ("filesystem", filesystem.to_owned()),
                ("size_kib", self.kib(Column::Size)),
                ("used_percent", used.to_string()),
                ("available_kib", self.kib(Column::Available)),
            ];
            sink.fact("disk", line, fields);
        }
        if let Some(used) = self.get(Column::InodePercent).and_then(percent) {
            let fields = [
                ("mount", mount.to_owned()),
                ("filesystem", filesystem.to_owned()),
                ("used_percent", used.to_string()),
            ];
            sink.fact("inode", line, fields);
        }
    }

    /// A size in KiB, empty where there is none. What root alone may use makes "available" negative on BSD.
    fn kib(&self, column: Column) -> String {
        let value = self.get(column).filter(|value| *value != "-");
        let bytes = value.and_then(|value| match value.strip_prefix('-') {
            Some(_) => Some(0),
            None => bytes(value, self.header.block),
        });
        bytes
            .map(|bytes| (bytes / 1024).to_string())
            .unwrap_or_default()
    }
}

fn is_pseudo(name: &str, kind: &str, mount: &str) -> bool {
    let starts = |text: &str, starts: &str| starts.split(' ').any(|start| text.starts_with(start));
    PSEUDO
        .split(' ')
        .any(|pseudo| pseudo == name || pseudo == kind)
        || starts(name, "/dev/loop /dev/sr /dev/cdrom /proc/")
        || name.starts_with("map ")
        || starts(mount, "/proc/ /sys/ /dev/ /snap/ /var/lib/snapd/snap/")
        || mount == "/dev"
}

/// The value, unless a collector has put something else in its place.
fn shown(value: &str) -> &str {
    if value.contains("***") { "" } else { value }
}

fn percent(word: &str) -> Option<u64> {
    word.strip_suffix('%')?.parse().ok()
}

/// The bytes of a size such as `1.5G`, `512M`, `7,9Gi`, `20`; a number without a unit counts `unit` bytes each.
///
/// Units are powers of 1024, as `-h` of df and free prints them; `k`, `kB` and `MB` are powers of 1000.
pub(super) fn bytes(text: &str, unit: u64) -> Option<u64> {
    let end = text
        .find(|c: char| !matches!(c, '0'..='9' | '.' | ','))
        .unwrap_or(text.len());
    let (number, suffix) = text.split_at_checked(end)?;
    let factor = match suffix {
        "" => unit,
        _ => factor(suffix)?,
    };
    let (whole, part) = number.split_once(['.', ',']).unwrap_or((number, ""));
    let part = part.get(..part.len().min(6))?;
    let tenths = 10_u64.checked_pow(u32::try_from(part.len()).ok()?)?;
    let fraction = if part.is_empty() {
        0
    } else {
        part.parse::<u64>().ok()?
    };
    let whole = whole.parse::<u64>().ok()?.checked_mul(factor)?;
    whole.checked_add(
        u64::try_from(u128::from(fraction) * u128::from(factor) / u128::from(tenths)).ok()?,
    )
}

/// The bytes of a unit.
fn factor(suffix: &str) -> Option<u64> {
    let letter = suffix.chars().next()?;
    let base: u64 = match suffix.get(letter.len_utf8()..)? {
        "B" => 1000,
        "" if letter == 'k' => 1000,
        "" | "i" | "iB" => 1024,
        _ => return None,
    };
    let power = match letter {
        'B' if suffix.len() == 1 => 0,
        'k' | 'K' => 1,
        'M' => 2,
        'G' => 3,
        'T' => 4,
        'P' => 5,
        'E' => 6,
        _ => return None,
    };
    base.checked_pow(power)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Fact;

    fn facts(text: &str) -> Vec<Fact> {
        PARSER.read("df", text).facts
    }

    fn rows(text: &str) -> Vec<String> {
        let row = |fact: Fact| {
            let values: Vec<&str> = fact.fields.iter().map(|(_, value)| &**value).collect();
            format!("{} {}: {}", fact.line, fact.kind, values.join("|"))
        };
        facts(text).into_iter().map(row).collect()
    }

    #[test]
    fn disks_are_read_and_pseudo_file_systems_are_not() {
        let found = facts(
            "Filesystem     1K-blocks     Used Available Use% Mounted on\n\
             sysfs                  0        0         0    - /sys\n\
             udev             8151592        0   8151592   0% /dev\n\
             tmpfs            1639320     1504   1637816   1% /run\n\
             /dev/vda2      308585260 25514372 267326276   9% /\n\
             none                 492        4       488   1% /dev\n\
             efivarfs             120       85        31  74% /sys/firmware/efi/efivars\n\
             /dev/loop0         63488    63488         0 100% /snap/core20/1328\n\
             /dev/sr0         1048576  1048576         0 100% /media/cdrom\n\
             overlay        308585260 25514372 267326276   9% /var/lib/docker/overlay2/ab/merged\n\
             /dev/dm-2      104790020  2081948 102708072   2% /var/lib/instances\n",
        );
        let values: Vec<_> = found[0].fields.iter().map(|(n, v)| (&**n, &**v)).collect();
        assert_eq!(
            values,
            [
                ("mount", "/"),
                ("filesystem", "/dev/vda2"),
                ("size_kib", "308585260"),
                ("used_percent", "9"),
                ("available_kib", "267326276"),
            ]
        );
        assert_eq!((found[0].line, &*found[0].kind), (5, "disk"));
        assert!(found[0].text.starts_with("/dev/vda2 "));
        assert_eq!(found[1].get("mount"), Some("/var/lib/instances"));
        assert_eq!(found.len(), 2);
    }

    #[test]
    fn units_and_block_sizes_become_kib() {
        assert_eq!(
            rows(
                "Filesystem      Size  Used Avail Use% Mounted on\n/dev/sda1       7.9G  1.6G   512M  76% /\n/dev/sdb1   1.5T 0 1,5T 0% /data\n"
            ),
            [
                "2 disk: /|/dev/sda1|8283750|76|524288",
                "3 disk: /data|/dev/sdb1|1610612736|0|1610612736"
            ]
        );
        assert_eq!(
            rows(
                "Filesystem     1M-blocks  Used Available Use% Mounted on\n/dev/sda1           100    40        60  40% /\n"
            ),
            ["2 disk: /|/dev/sda1|102400|40|61440"]
        );
        assert_eq!(
            rows(
                "Filesystem     1024-blocks     Used Available Capacity Mounted on\n/dev/sda1  100 40 60 40% /\n"
            ),
            ["2 disk: /|/dev/sda1|100|40|60"]
        );
        assert_eq!(
            rows(
                "Filesystem 512-blocks Used Available Capacity iused ifree %iused  Mounted on\n/dev/disk1s1  2000 1000 1000 50% 10 90 10% /\nmap auto_home 0 0 0 100% 0 0 100% /home\n"
            ),
            [
                "2 disk: /|/dev/disk1s1|1000|50|500",
                "2 inode: /|/dev/disk1s1|10"
            ]
        );
        assert_eq!(
            rows(
                "Filesystem     1G-blocks  Used Available Use% Mounted on\n/dev/sda1           20G    4G        -1  40% /\n"
            ),
            ["2 disk: /|/dev/sda1|20971520|40|0"]
        );
    }

    #[test]
    fn inodes_are_facts_of_their_own_and_a_dash_is_none() {
        let text = "Filesystem       Inodes  IUsed    IFree IUse% Mounted on\n\
            /dev/vda1      10321920 262070 10059850    3% /\n\
            /dev/vda15            0      0        0     - /boot/efi\n";
        assert_eq!(rows(text), ["2 inode: /|/dev/vda1|3"]);
        let human = "Filesystem     Inodes IUsed IFree IUse% Mounted on\n/dev/sdb1        1.9M  1.9M     0  100% /srv\n";
        assert_eq!(rows(human), ["2 inode: /srv|/dev/sdb1|100"]);
    }

    #[test]
    fn wide_names_wrap_and_spaces_are_kept() {
        let text = "Filesystem           Type 1K-blocks      Used Available Use% Mounted on\n\
            /dev/mapper/VolGroup00-LogVol00\n                     ext4   8256952   8256952         0 100% /\n\
            //files.example/My Share cifs 100 90 10 90% /mnt/my share  x \n\
            files.example:/export nfs4 100 90 10 90% /mnt/nfs\n";
        assert_eq!(
            rows(text),
            [
                "3 disk: /|/dev/mapper/VolGroup00-LogVol00|8256952|100|0",
                "4 disk: /mnt/my share  x|//files.example/My Share|100|90|10",
                "5 disk: /mnt/nfs|files.example:/export|100|90|10",
            ]
        );
    }

    #[test]
    fn a_transcript_has_other_commands_around_and_errors_between() {
        let text = "$ df -h\ndf: /mnt/gone: Stale file handle\n\
            Filesystem      Size  Used Avail Use% Mounted on\n/dev/sda1        10G   10G     0 100% /\n\
            df: /mnt/x: Transport endpoint is not connected\n/dev/sdb1        10G   5G     5G 50% /data\n\
            $ free\n/dev/sdc1        10G   5G     5G 50% /not-a-row\n\
            $ df -i\nFilesystem     Inodes IUsed IFree IUse% Mounted on\n/dev/sda1         100   100     0  100% /\n";
        assert_eq!(
            rows(text),
            [
                "4 disk: /|/dev/sda1|10485760|100|0",
                "6 disk: /data|/dev/sdb1|10485760|50|5242880",
                "11 inode: /|/dev/sda1|100",
            ]
        );
    }

    #[test]
    fn redacted_names_are_left_out() {
        let text = "Filesystem 1K-blocks Used Available Use% Mounted on\n***HIDDEN***:/export 100 96 4 96% /mnt/***HIDDEN***\n";
        assert_eq!(rows(text), ["2 disk: 100|96|4"]);
    }

    #[test]
    fn what_is_no_table_of_df_gives_nothing() {
        for text in [
            "EXT4-fs (sda1): Mounted on /\n/dev/sda1 100 90 10 90% /\n",
            "Filesystem      Size  Used Avail Use% Mounted on\n\n/dev/sda1 100 90 10 90% /\n",
            "Filesystem Mounted on\n/dev/sda1 /\n",
            "Filesystem Size Colour Use% Mounted on\n/dev/sda1 1 red 5% /\n",
            "Filesystem 1K-blocks Used Available Use% Mounted on\n/dev/sda1 100 90 10 90%\n/dev/sda1 é 90 10 90% /\n",
        ] {
            assert_eq!(facts(text), [], "{text}");
        }
    }

    #[test]
    fn sizes_have_units_or_are_none() {
        assert_eq!(bytes("0", 1024), Some(0));
        assert_eq!(bytes("1.9Gi", 1), Some(2_040_109_465));
        assert_eq!(bytes("0B", 7), Some(0));
        assert_eq!(bytes("5k", 7), Some(5000));
        assert_eq!(bytes("1MB", 7), Some(1_000_000));
        for text in [
            "",
            "-",
            "G",
            "1X",
            "1GG",
            "1é",
            "1.2.3G",
            "99999999999999999999",
            "99999999E",
            ".",
        ] {
            assert_eq!(bytes(text, 1024), None, "{text}");
        }
    }
}
