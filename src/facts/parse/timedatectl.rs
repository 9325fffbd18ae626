//! `timedatectl [status]` and `timedatectl show`: whether the clock is synchronised.
//!
//! Since systemd 239 `System clock synchronized: yes` is followed by `NTP service: active`; before, `NTP enabled:` (or
//! `Network time on:`, or `systemd-timesyncd.service active:`) stands around `NTP synchronized:`. In a container the
//! clock is the host's, so that it is synchronised while the service is inactive.

use crate::facts::{Input, Parser, Sink};

pub(super) const PARSER: Parser = Parser {
    name: "timedatectl",
    markers: &[
        "System clock synchronized:",
        "NTP synchronized:",
        "NTPSynchronized=",
    ],
    path: |_| false,
    parse,
};

fn parse(input: Input<'_>, sink: &mut Sink) {
    let mut status = Status::default();
    for (number, line) in input.lines() {
        if !status.take((number, line)) {
            std::mem::take(&mut status).fact(sink);
            status.take((number, line));
        }
    }
    status.fact(sink);
}

/// One output: what its lines said so far.
#[derive(Default)]
struct Status<'a> {
    synchronised: Option<((u64, &'a str), bool)>,
    service: String,
}

impl<'a> Status<'a> {
    /// Takes a line of the output; `false` for the first one of another, and for what is none.
    fn take(&mut self, line: (u64, &'a str)) -> bool {
        let Some((key, value)) = pair(line.1) else {
            return false;
        };
        match key {
            "System clock synchronized" | "NTP synchronized" | "NTPSynchronized" => {
                if self.synchronised.is_some() {
                    return false;
                }
                self.synchronised = yes(value).map(|yes| (line, yes));
                self.synchronised.is_some()
            }
            "NTP service" => self.name(value),
            "systemd-timesyncd.service active" => self.name(word(value, ["active", "inactive"])),
            "NTP enabled" | "Network time on" | "NTP" => {
                self.name(word(value, ["enabled", "disabled"]))
            }
            "Local time" | "Timezone" => self.synchronised.is_none(),
            _ => true,
        }
    }

    fn name(&mut self, service: &str) -> bool {
        self.service = service.to_ascii_lowercase();
        true
    }

    fn fact(self, sink: &mut Sink) {
        let Some((line, yes)) = self.synchronised else {
            return;
        };
        let fields = [
            ("synchronised", yes.to_string()),
            ("service", self.service),
            ("source", "timedatectl".to_owned()),
        ];
        sink.fact("clock", line, fields);
    }
}

/// Key and value of a line of `status`, or of `show`.
fn pair(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.split_once(": ").or_else(|| line.split_once('='))?;
    Some((key.trim(), value.trim()))
}

fn yes(value: &str) -> Option<bool> {
    match value {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    }
}

/// The first word for yes, the second for no, else the value itself.
fn word<'a>(value: &'a str, [if_yes, if_no]: [&'a str; 2]) -> &'a str {
    match yes(value) {
        Some(true) => if_yes,
        Some(false) => if_no,
        None => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clocks(text: &str) -> Vec<(u64, String)> {
        let facts = PARSER.read("timedatectl", text).facts;
        let values = |fact: &crate::facts::Fact| {
            assert!(fact.is("source", "timedatectl") && fact.text.contains("ynchronized"));
            let service = fact.get("service").unwrap_or("-");
            format!(
                "{} {service}",
                fact.get("synchronised").expect("the field is there")
            )
        };
        facts.iter().map(|fact| (fact.line, values(fact))).collect()
    }

    #[test]
    fn new_versions_name_the_service_below() {
        let text = "               Local time: Thu 2022-02-10 09:40:15 UTC\n           Universal time: Thu 2022-02-10 09:40:15 UTC\n                 \
            RTC time: n/a                        \n                Time zone: Etc/UTC (UTC, +0000)       \nSystem clock synchronized: yes                        \n              \
            NTP service: inactive                   \n          RTC in local TZ: no                         \n";
        assert_eq!(clocks(text), [(5, "true inactive".to_owned())]);
    }

    #[test]
    fn old_versions_name_it_above_or_not_at_all() {
        let el7 = "      Local time: Mon 2018-09-24 13:40:20 UTC\n     NTP enabled: yes\nNTP synchronized: no\n RTC in local TZ: no\n      DST active: n/a\n";
        assert_eq!(clocks(el7), [(3, "false enabled".to_owned())]);
        let xenial = " Network time on: no\nNTP synchronized: yes\n";
        assert_eq!(clocks(xenial), [(2, "true disabled".to_owned())]);
        let bionic = "                      Local time: Mon 2018-09-24 13:40:20 UTC\n       System clock synchronized: no\nsystemd-timesyncd.service active: yes\n";
        assert_eq!(clocks(bionic), [(2, "false active".to_owned())]);
        assert_eq!(
            clocks("NTP synchronized: yes\n"),
            [(1, "true -".to_owned())]
        );
    }

    #[test]
    fn show_and_several_outputs_in_one_text_are_read() {
        let text = "$ timedatectl show\nTimezone=Etc/UTC\nLocalRTC=no\nCanNTP=yes\nNTP=yes\nNTPSynchronized=no\nTimeUSec=Mon 2018-09-24 13:40:20 UTC\n\
            $ timedatectl\nSystem clock synchronized: yes\nNTP service: active\n\
            Local time: Mon 2018-09-24 13:40:20 UTC\nSystem clock synchronized: no\nNTP service: n/a\nRTC in local TZ: no\nNTP synchronized: yes\n";
        let expected = [
            (6, "false enabled"),
            (9, "true active"),
            (12, "false n/a"),
            (15, "true -"),
        ];
        assert_eq!(
            clocks(text),
            expected.map(|(line, value)| (line, value.to_owned()))
        );
    }

    #[test]
    fn lines_of_other_programs_give_nothing() {
        for text in [
            "Feb 10 09:40:15 node-1 check: System clock synchronized: yes\n",
            "System clock synchronized: maybe\nNTP service: active\n",
            "NTP service: active\nNTP synchronized:\n",
        ] {
            assert_eq!(clocks(text), [], "{text}");
        }
    }
}
