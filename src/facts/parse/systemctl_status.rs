//! `systemctl status [UNIT] [--all]`: a block for each unit.
//!
//! `● docker.service - Docker` at the left edge, then `Loaded:` and `Active:`, further fields, a blank line and the
//! last lines of the unit's journal. Versions before 209 have no mark, those before 247 indent by three spaces, later
//! ones align at the colons. Collectors mix in the errors of systemctl, in the middle of lines too: `Unit
//! x.service could not be found.` See `print_status_info` in systemd's `systemctl-show.c`.

use super::systemctl::{is_mark, is_unit, is_worth, load, plain, state};
use crate::facts::{Input, Parser, Sink};

pub(super) const PARSER: Parser = Parser {
    name: "systemctl status",
    markers: &[
        "Loaded: loaded",
        "Loaded: not-found",
        "Loaded: masked",
        "Loaded: error",
        "Loaded: bad-setting",
        ".service could not be found.",
    ],
    path: |_| false,
    parse,
};

/// How systemctl ends its error about a unit that it does not know.
const NOT_FOUND: &str = " could not be found.";

fn parse(input: Input<'_>, sink: &mut Sink) {
    // Package managers log the status of a unit that did not start once, long ago.
    if input.path.contains("var/log/") {
        return;
    }
    let mut unit: Option<Unit> = None;
    let mut is_torn = false;
    for (number, line) in input.lines() {
        let text = plain(line);
        if text.ends_with(NOT_FOUND) {
            if let Some(name) = missing(&text).filter(|name| is_worth(name, "")) {
                sink.fact(
                    "unit",
                    (number, line),
                    [("name", name), ("load", "not-found")],
                );
            }
            is_torn |= !text.starts_with("Unit ");
        } else if std::mem::take(&mut is_torn) {
            // The rest of the line in whose middle the error stands; it may look like a heading.
            continue;
        }
        read((number, line), &text, &mut unit, sink);
    }
}

/// Reads a line of a block.
fn read(line: (u64, &str), text: &str, unit: &mut Option<Unit>, sink: &mut Sink) {
    if text.trim().is_empty() {
        *unit = None;
    } else if let Some(name) = heading(text) {
        *unit = Some(Unit {
            name: name.to_owned(),
            load: None,
        });
    } else if let Some(value) = field(text, "Loaded:") {
        let word = value.split_whitespace().next().and_then(load);
        if let Some(unit) = unit {
            unit.load = word.map(str::to_owned);
        }
    } else if let Some(value) = field(text, "Active:")
        && let Some(unit) = unit.take()
    {
        unit.is_active(value, line, sink);
    }
}

/// The unit whose block is being read.
struct Unit {
    name: String,
    /// The first word of `Loaded:`; a block without it is something else.
    load: Option<String>,
}

impl Unit {
    fn is_active(&self, value: &str, line: (u64, &str), sink: &mut Sink) {
        let (Some(load), Some(active)) = (&self.load, Active::of(value)) else {
            return;
        };
        if !is_worth(&self.name, active.state) {
            return;
        }
        let name = if self.name.contains("***") {
            ""
        } else {
            &self.name
        };
        let fields = [
            ("name", name),
            ("load", load),
            ("state", active.state),
            ("sub", active.sub),
            ("result", active.result),
            ("since", &active.since),
        ];
        sink.fact("unit", line, fields);
    }
}

/// The name in the first line of a block, at the left edge: `● docker.service - Docker`, or without description.
fn heading(line: &str) -> Option<&str> {
    if line.starts_with(char::is_whitespace) {
        return None;
    }
    let mut words = line.split_whitespace().peekable();
    words.next_if(|word| is_mark(word));
    let name = words.next().filter(|name| is_unit(name))?;
    matches!(words.next(), None | Some("-")).then_some(name)
}

/// The unit that systemctl knows nothing of, where the line says only that.
fn missing(line: &str) -> Option<&str> {
    let name = line.strip_prefix("Unit ")?.strip_suffix(NOT_FOUND)?;
    (is_unit(name) && !name.contains([' ', '*'])).then_some(name)
}

/// The value of an indented field.
fn field<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let inner = line.trim_start();
    (inner.len() < line.len()).then_some(())?;
    inner.strip_prefix(name).map(str::trim)
}

/// What `Active:` says: `failed (Result: exit-code) since Fri 2022-02-04 09:57:32 UTC; 5 days ago`.
#[derive(Default)]
struct Active<'a> {
    state: &'a str,
    sub: &'a str,
    result: &'a str,
    since: String,
}

impl<'a> Active<'a> {
    fn of(value: &'a str) -> Option<Self> {
        let (what, since) = value.split_once(" since ").unwrap_or((value, ""));
        let mut active = Self {
            state: state(what.split_whitespace().next()?)?,
            since: since.split(';').next().and_then(time).unwrap_or_default(),
            ..Self::default()
        };
        let groups = what
            .split('(')
            .skip(1)
            .filter_map(|group| group.split_once(')'));
        for (group, _) in groups {
            match group.strip_prefix("Result: ") {
                Some(result) => active.result = result,
                None if active.sub.is_empty() => active.sub = group,
                None => {}
            }
        }
        Some(active)
    }
}

/// A time as RFC 3339 if its zone is one, else as it stands; `None` where it is no whole time.
fn time(text: &str) -> Option<String> {
    let text = text.trim();
    let day = |word: &&str| word.starts_with(|c: char| c.is_ascii_digit());
    let mut words = text.split_whitespace().skip_while(|word| !day(word));
    let (date, time, zone) = (words.next()?, words.next()?, words.next()?);
    let seconds = time.split('.').next()?;
    let is_time = has_shape(date, "0000-00-00") && has_shape(seconds, "00:00:00");
    let is_whole = is_time && words.next().is_none() && time.len() < 32;
    is_whole.then(|| match offset(zone) {
        Some(offset) => format!("{date}T{time}{offset}"),
        None => text.to_owned(),
    })
}

/// The offset that RFC 3339 writes for a zone; names other than UTC's stand for more than one.
fn offset(zone: &str) -> Option<String> {
    if matches!(zone, "UTC" | "GMT" | "Z") {
        return Some("Z".to_owned());
    }
    if has_shape(zone, "+00:00") {
        return Some(zone.to_owned());
    }
    let minutes = match zone.get(3..) {
        Some("") => "00",
        Some(minutes) => minutes,
        None => return None,
    };
    let hours = zone.get(..3)?;
    let is_offset = has_shape(hours, "+00") && has_shape(minutes, "00");
    is_offset.then(|| format!("{hours}:{minutes}"))
}

/// Whether the text is like the model, in which `0` stands for any digit and `+` for a sign.
fn has_shape(text: &str, model: &str) -> bool {
    let fits = |(byte, model): (u8, u8)| match model {
        b'0' => byte.is_ascii_digit(),
        b'+' => matches!(byte, b'+' | b'-'),
        other => byte == other,
    };
    text.len() == model.len() && text.bytes().zip(model.bytes()).all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Fact;

    fn facts(text: &str) -> Vec<Fact> {
        PARSER.read("systemctl_status_--all", text).facts
    }

    fn values(fact: &Fact) -> Vec<(&str, &str)> {
        fact.fields
            .iter()
            .map(|(name, value)| (&**name, &**value))
            .collect()
    }

    #[test]
    fn a_failed_service_has_its_result_and_the_time() {
        let found = facts(
            "● docker.service - Docker Application Container Engine\n   \
               Loaded: loaded (/lib/systemd/system/docker.service; enabled; vendor preset: enabled)\n  \
              Drop-In: /etc/systemd/system/docker.service.d\n           └─http-proxy.conf\n   \
               Active: failed (Result: exit-code) since Fri 2022-02-04 09:57:32 UTC; 5 days ago\n     \
                 Docs: https://docs.docker.com\n  \
              Process: 911 ExecStart=/usr/bin/dockerd (code=exited, status=1/FAILURE)\n \
             Main PID: 911 (code=exited, status=1/FAILURE)\n\n\
             Feb 04 09:57:32 node-1 systemd[1]: docker.service: Failed with result 'exit-code'.\n",
        );
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].line, 5);
        assert_eq!(
            values(&found[0]),
            [
                ("name", "docker.service"),
                ("load", "loaded"),
                ("state", "failed"),
                ("result", "exit-code"),
                ("since", "2022-02-04T09:57:32Z"),
            ]
        );
        assert!(
            found[0]
                .text
                .starts_with("   Active: failed (Result: exit-code) since Fri")
        );
    }

    #[test]
    fn one_text_may_hold_the_blocks_of_many_units_and_versions() {
        let found = facts(
            "* node-1\n    State: degraded\n   Failed: 1 units\n   CGroup: /\n           \
             |-docker.service\n           | `-911 /usr/bin/dockerd\n\n\
             * boot.mount - /boot\n     Loaded: loaded\n     Active: active (mounted) since Wed 2022-02-09 22:38:10 CET; 17h ago\n\n\
             * sys-devices-virtual-net-eth0.device - /sys/devices/virtual/net/eth0\n     Loaded: loaded\n     Active: active (plugged)\n\n\
             × swapfile.swap - /swapfile\n     Loaded: loaded\n     Active: failed (Result: exit-code) since Wed 2022-02-09 22:38:10 +0530; 17h ago\n\n\
             web.service - LSB: a web server\n   Loaded: loaded (/etc/rc.d/init.d/web)\n   \
               Active: activating (auto-restart) (Result: exit-code) since Mon, 2014-03-03 10:00:00 -03; 2s ago\n\n\
             ○ gone.service\n     Loaded: not-found (Reason: Unit gone.service not found.)\n     Active: inactive (dead)\n",
        );
        let short: Vec<_> = found
            .iter()
            .map(|f| {
                (
                    f.line,
                    f.get("name").expect("the field is there"),
                    f.get("state").expect("the field is there"),
                    f.get("since"),
                )
            })
            .collect();
        assert_eq!(
            short,
            [
                (
                    10,
                    "boot.mount",
                    "active",
                    Some("Wed 2022-02-09 22:38:10 CET")
                ),
                (
                    18,
                    "swapfile.swap",
                    "failed",
                    Some("2022-02-09T22:38:10+05:30")
                ),
                (
                    22,
                    "web.service",
                    "activating",
                    Some("2014-03-03T10:00:00-03:00")
                ),
                (26, "gone.service", "inactive", None),
            ]
        );
        assert_eq!(found[2].get("sub"), Some("auto-restart"));
        assert_eq!(found[2].get("result"), Some("exit-code"));
        assert_eq!(found[3].get("load"), Some("not-found"));
    }

    #[test]
    fn colours_are_no_part_of_a_value() {
        let found = facts(
            "\x1b[0;1;32m●\x1b[0m ssh.service - OpenBSD Secure Shell server\n     \
             Loaded: loaded (/lib/systemd/system/ssh.service; \x1b[0;1;32menabled\x1b[0m)\n     \
             Active: \x1b[0;1;32mactive (running)\x1b[0m since Fri 2022-02-04 09:57:32.123456 UTC; 1min ago\n",
        );
        assert_eq!(found[0].get("sub"), Some("running"));
        assert_eq!(found[0].get("since"), Some("2022-02-04T09:57:32.123456Z"));
    }

    #[test]
    fn errors_in_the_middle_of_a_line_leave_what_is_whole() {
        let found = facts(
            "* snap.mount - x\n     Loaded: loaded\n     Active: active (mounted) since Wed 2022-Unit tmp.mount could not be found.\n\
             02-09 22:38:10 UTC; 17h ago\n\n\
             * a.service - x\n     Loaded: loaded\n     Active: inactiveUnit fcoe.service could not be found.\n (dead)\n\n\
             * b.service - x\n     Loaded: loaded\n     Active: active (runUnit whoopsie.service could not be found.\n\
             Unit auditd.service could not be found.\nUnit rpc.target could not be found.\n",
        );
        let short: Vec<_> = found.iter().map(|f| (f.line, values(f))).collect();
        assert_eq!(
            short,
            [
                (
                    3,
                    vec![
                        ("name", "snap.mount"),
                        ("load", "loaded"),
                        ("state", "active"),
                        ("sub", "mounted")
                    ]
                ),
                (
                    13,
                    vec![
                        ("name", "b.service"),
                        ("load", "loaded"),
                        ("state", "active")
                    ]
                ),
                (14, vec![("name", "auditd.service"), ("load", "not-found")]),
            ]
        );
    }

    #[test]
    fn the_rest_of_a_torn_line_is_no_heading() {
        let found = facts(
            "* cloud-fiUnit rpc.service could not be found.\nUnit kbd.service could not be found.\n\
             nal.service - Final\n     Loaded: loaded\n     Active: active (exited)\n\n\
             * cron.service - x\n     Loaded: loaded\n     Active: active (running)\n",
        );
        let names: Vec<_> = found
            .iter()
            .map(|fact| fact.get("name").expect("the field is there"))
            .collect();
        assert_eq!(names, ["kbd.service", "cron.service"]);
    }

    #[test]
    fn lines_that_look_alike_give_nothing() {
        for text in [
            "docker.service - Docker\nActive: failed\n",
            "docker.service: Failed\n   Loaded: loaded\n   Active: failed\n",
            "   Loaded: loaded (x)\n   Active: active (running)\n",
            "● a.service - x\n\n   Loaded: loaded\n   Active: failed\n",
            "● a.service - x\n   Loaded: loaded\n   Active: yes\n",
            "● a.service - x\n   Loaded: perhaps\n   Active: active (running)\n",
            "node systemd[1]: Unit a.service could not be found.\nUnit ***HIDDEN***.service could not be found.\n",
        ] {
            assert_eq!(facts(text), [], "{text}");
        }
    }

    #[test]
    fn what_was_so_when_a_package_was_installed_is_no_fact() {
        let text = "Setting up radvd (1:2.17-2) ...\n● radvd.service - Router advertisement daemon\n     \
            Loaded: loaded (/lib/systemd/system/radvd.service; disabled)\n     Active: failed (Result: exit-code) since x\n";
        assert!(PARSER.read("node-1/var/log/apt/term.log", text).is_empty());
        assert_eq!(facts(text).len(), 1);
    }

    #[test]
    fn broken_times_are_left_out() {
        for text in [
            "Fri",
            "2022-02-04",
            "Fri 2022-02-04 09:57",
            "Fri 2022-02-04 09:57:3é UTC",
            "",
        ] {
            assert_eq!(time(text), None, "{text}");
        }
        assert_eq!(offset("+é0"), None);
        assert_eq!(offset("é:00"), None);
    }
}
