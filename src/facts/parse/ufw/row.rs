//! Rows: what they match and what they do.

use crate::facts::parse::draft::{Draft, Line, clip, nets, port_test};
use crate::facts::parse::names;
use crate::filter::{Action, Family, Net, RejectKind, Rule, Test};

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Direction {
    In,
    Out,
    Forward,
}

/// A row.
#[derive(Debug)]
pub(super) struct Row<'a> {
    line: Line<'a>,
    to: End<'a>,
    action: &'a str,
    pub(super) direction: Direction,
    from: End<'a>,
}

impl<'a> Row<'a> {
    /// Reads a row.
    pub(super) fn of(line: Line<'a>) -> Option<Self> {
        let text = without_number(line.1.trim());
        let actions = ["ALLOW", "DENY", "REJECT", "LIMIT"].into_iter();
        // The first that stands alone: a profile has a name of its own.
        let found = actions
            .filter_map(|action| Some((text.find(&format!(" {action} "))?, action)))
            .min()?;
        let (at, action) = found;
        let to = text.get(..at)?.trim();
        let rest = text.get(at + action.len() + 2..)?.trim_start();
        let (direction, from) = [
            ("IN ", Direction::In),
            ("OUT ", Direction::Out),
            ("FWD ", Direction::Forward),
        ]
        .into_iter()
        .find_map(|(word, direction)| Some((direction, rest.strip_prefix(word)?)))
        .unwrap_or((Direction::In, rest));
        let from = from.split_once(" # ").map_or(from, |(from, _)| from);
        let from = ["(out)", "(log)", "(log-all)"]
            .iter()
            .fold(from.trim(), |from, mark| {
                from.strip_suffix(mark).map_or(from, str::trim_end)
            });
        (!to.is_empty() && !from.is_empty()).then(|| Self {
            line,
            to: End::of(to),
            action,
            direction,
            from: End::of(from),
        })
    }

    /// The rules that it stands for.
    pub(super) fn rules(&self) -> Vec<Rule> {
        let mut draft = Draft::new(self.line);
        let is_v6 = self.to.is_v6 || self.from.is_v6;
        draft.need(Test::Family(if is_v6 { Family::V6 } else { Family::V4 }));
        for interface in [self.to.interface, self.from.interface]
            .into_iter()
            .flatten()
        {
            let names = vec![interface.to_owned()];
            draft.need(if self.direction == Direction::Out {
                Test::OutInterface(names)
            } else {
                Test::InInterface(names)
            });
        }
        self.to
            .conditions(&mut draft, Test::Destination, Test::DestinationPort);
        self.from
            .conditions(&mut draft, Test::Source, Test::SourcePort);
        draft.with(&self.action())
    }

    fn action(&self) -> Action {
        let is_tcp = self.to.is_for_tcp() || self.from.is_for_tcp();
        match self.action {
            // The first connections of each sender are accepted, and there are few.
            "ALLOW" | "LIMIT" => Action::Accept,
            "DENY" => Action::Drop,
            _ if is_tcp => Action::Reject(RejectKind::TcpReset),
            _ => Action::Reject(RejectKind::PortUnreachable),
        }
    }
}

/// The row without `[ 1] ` in front.
fn without_number(text: &str) -> &str {
    let numbered = text.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    match numbered {
        Some((number, rest)) if number.trim().bytes().all(|byte| byte.is_ascii_digit()) => {
            rest.trim_start()
        }
        _ => text,
    }
}

/// One end of a connection: address, ports and interface.
#[derive(Debug)]
struct End<'a> {
    address: Option<&'a str>,
    /// Ports as `80,443` or `6000:6007`, or the name of a profile.
    ports: Option<&'a str>,
    protocol: Option<&'a str>,
    interface: Option<&'a str>,
    is_v6: bool,
}

impl<'a> End<'a> {
    /// `Anywhere`, `22/tcp (v6) on eth0`, `10.0.0.5 22/tcp (OpenSSH)`, `10.0.0.0/24/tcp`, `Nginx Full (v6)`.
    fn of(text: &'a str) -> Self {
        let (text, interface) = text
            .rsplit_once(" on ")
            .map_or((text, None), |(text, name)| (text, Some(name.trim())));
        let is_marked = text.contains("(v6)");
        // With `verbose`, the name of the profile follows its ports.
        let text = text.split_once(" (").map_or(text, |(text, _)| text).trim();
        let (first, rest) = text.split_once(' ').unwrap_or((text, ""));
        let (bare, protocol) = split_protocol(first);
        let is_address = bare == "Anywhere" || nets(bare).is_ok();
        let (ports, protocol) = match (is_address, rest) {
            (true, "") => (None, protocol),
            (true, ports) => ports_of(ports),
            (false, _) => ports_of(text),
        };
        let address = Some(bare).filter(|_| is_address && bare != "Anywhere");
        let is_v6 = is_marked || address.is_some_and(|address| address.contains(':'));
        Self {
            address,
            ports,
            protocol,
            interface,
            is_v6,
        }
    }

    /// Whether a rule with this end has a part that is for TCP.
    fn is_for_tcp(&self) -> bool {
        self.protocol == Some("tcp") || (self.ports.is_some() && self.protocol.is_none())
    }

    fn conditions(
        &self,
        draft: &mut Draft,
        address: fn(Vec<Net>) -> Test,
        port: fn(Vec<(u16, u16)>) -> Test,
    ) {
        if let Some(Ok(nets)) = self.address.map(nets) {
            draft.need(address(nets));
        }
        if let Some(name) = self.protocol.and_then(names::protocol) {
            draft.need(Test::Protocol(vec![name]));
        }
        match self.ports {
            Some(ports) if is_port_list(ports) => draft.need(port_test(ports, ':', port)),
            Some(profile) => match PROFILES.iter().find(|(name, _)| *name == profile) {
                Some((_, "")) => draft.need(Test::Never),
                Some((_, ports)) => {
                    draft.need(Test::Protocol(vec!["tcp".to_owned()]));
                    draft.need(port_test(ports, ':', port));
                }
                None => draft.unknown(format!(
                    "the ports of the profile `{}` are not known",
                    clip(profile)
                )),
            },
            None => {}
        }
    }
}

/// Ports and protocol of `80,443/tcp`; a profile has no protocol here.
fn ports_of(text: &str) -> (Option<&str>, Option<&str>) {
    let (ports, protocol) = split_protocol(text);
    if is_port_list(ports) {
        (Some(ports), protocol)
    } else {
        (Some(text), None)
    }
}

/// A text and the protocol behind its last slash.
fn split_protocol(text: &str) -> (&str, Option<&str>) {
    match text.rsplit_once('/') {
        Some((before, protocol))
            if names::is_protocol(protocol) && protocol.parse::<u8>().is_err() =>
        {
            (before, Some(protocol))
        }
        _ => (text, None),
    }
}

fn is_port_list(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_digit() || matches!(byte, b',' | b':'))
}

/// Profiles of Debian's and Ubuntu's packages and of ufw itself, with their TCP ports.
const PROFILES: &[(&str, &str)] = &[
    ("OpenSSH", "22"),
    ("SSH", "22"),
    ("Nginx HTTP", "80"),
    ("Nginx HTTPS", "443"),
    ("Nginx Full", "80,443"),
    ("Nginx QUIC", ""),
    ("Apache", "80"),
    ("Apache Secure", "443"),
    ("Apache Full", "80,443"),
    ("Lighttpd HTTP", "80"),
    ("Lighttpd HTTPS", "443"),
    ("Lighttpd Full", "80,443"),
    ("WWW", "80"),
    ("WWW Secure", "443"),
    ("WWW Full", "80,443"),
    ("WWW Cache", "8080"),
    ("Postfix", "25"),
    ("Postfix SMTPS", "465"),
    ("Postfix Submission", "587"),
    ("Dovecot IMAP", "143"),
    ("Dovecot POP3", "110"),
    ("Dovecot Secure IMAP", "993"),
    ("Dovecot Secure POP3", "995"),
    ("SMTP", "25"),
    ("Mail submission", "587"),
    ("IMAP", "143"),
    ("IMAPS", "993"),
    ("POP3", "110"),
    ("POP3S", "995"),
    ("Samba", "139,445"),
    ("CIFS", "139,445"),
    ("NFS", "111,2049"),
    ("CUPS", "631"),
    ("IPP", "631"),
    ("LPD", "515"),
    ("DNS", "53"),
    ("Bind9", "53"),
    ("LDAP", "389"),
    ("LDAPS", "636"),
    ("Kerberos KDC", "88"),
    ("Kerberos Admin", "749"),
    ("Kerberos Full", "88,749"),
    ("Kerberos Password", ""),
    ("Squid", "3128"),
    ("Socks", "1080"),
    ("Transparent Proxy", "8081"),
    ("Telnet", "23"),
    ("VNC", "5900"),
    ("XMPP", "5222,5269"),
    ("svnserve", "3690"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::Match;

    fn rule(text: &str) -> (Direction, Rule) {
        let row = Row::of((1, text)).expect("a row");
        let mut rules = row.rules();
        assert_eq!(rules.len(), 1, "{text}");
        (row.direction, rules.remove(0))
    }

    fn conditions(text: &str) -> Vec<Match> {
        rule(text).1.matches
    }

    fn v4() -> Match {
        Test::Family(Family::V4).into()
    }

    fn v6() -> Match {
        Test::Family(Family::V6).into()
    }

    fn tcp() -> Match {
        Test::Protocol(vec!["tcp".to_owned()]).into()
    }

    fn ports(ranges: &[(u16, u16)]) -> Match {
        Test::DestinationPort(ranges.to_vec()).into()
    }

    fn source(text: &str) -> Match {
        Test::Source(nets(text).expect("networks")).into()
    }

    fn destination(text: &str) -> Match {
        Test::Destination(nets(text).expect("networks")).into()
    }

    #[test]
    fn ports_addresses_and_interfaces_are_conditions() {
        assert_eq!(
            conditions("22/tcp                     ALLOW IN    Anywhere                  "),
            [v4(), tcp(), ports(&[(22, 22)])]
        );
        assert_eq!(
            conditions("80,443/tcp (v6)            ALLOW       Anywhere (v6)"),
            [v6(), tcp(), ports(&[(80, 80), (443, 443)])]
        );
        assert_eq!(
            conditions("6000:6007/tcp              ALLOW IN    Anywhere"),
            [v4(), tcp(), ports(&[(6000, 6007)])]
        );
        assert_eq!(
            conditions("5432                       DENY        10.0.0.0/24"),
            [v4(), ports(&[(5432, 5432)]), source("10.0.0.0/24")]
        );
        assert_eq!(
            conditions("10.0.0.5 5432/tcp          ALLOW IN    Anywhere"),
            [v4(), destination("10.0.0.5"), tcp(), ports(&[(5432, 5432)])]
        );
        assert_eq!(
            conditions("10.0.0.0/24/tcp            ALLOW IN    Anywhere"),
            [v4(), destination("10.0.0.0/24"), tcp()]
        );
        let docker = Test::InInterface(vec!["docker0".to_owned()]).into();
        assert_eq!(
            conditions("Anywhere on docker0        ALLOW IN    172.17.0.0/16"),
            [v4(), docker, source("172.17.0.0/16")]
        );
        assert_eq!(
            conditions("22                         ALLOW IN    2001:db8::/32"),
            [v6(), ports(&[(22, 22)]), source("2001:db8::/32")]
        );
        assert_eq!(
            conditions("Anywhere/gre (v6)          ALLOW IN    Anywhere/gre (v6)"),
            [v6(), Test::Protocol(vec!["gre".to_owned()]).into()]
        );
        assert_eq!(
            conditions("Anywhere                   ALLOW       10.0.0.6 1234"),
            [
                v4(),
                source("10.0.0.6"),
                Test::SourcePort(vec![(1234, 1234)]).into()
            ]
        );
    }

    #[test]
    fn profiles_have_their_ports() {
        for text in [
            "OpenSSH                    ALLOW IN    Anywhere",
            "22/tcp (OpenSSH)           ALLOW IN    Anywhere",
        ] {
            assert_eq!(
                conditions(text),
                [v4(), tcp(), ports(&[(22, 22)])],
                "{text}"
            );
        }
        assert_eq!(
            conditions("22/tcp (OpenSSH (v6))      ALLOW IN    Anywhere (v6)"),
            [v6(), tcp(), ports(&[(22, 22)])]
        );
        assert_eq!(
            conditions("10.0.0.5 Nginx Full        ALLOW IN    Anywhere")[3],
            ports(&[(80, 80), (443, 443)])
        );
        let mine = conditions("My Own App (v6)            ALLOW IN    Anywhere (v6)");
        assert_eq!(
            mine[1],
            Test::Unknown("the ports of the profile `My Own App` are not known".to_owned()).into()
        );
    }

    #[test]
    fn actions_are_what_ufw_makes_of_them() {
        let action = |text| rule(text).1.action;
        assert_eq!(
            action("22/tcp                     LIMIT       Anywhere"),
            Action::Accept
        );
        assert_eq!(
            action("23                         REJECT IN   Anywhere"),
            Action::Reject(RejectKind::TcpReset)
        );
        assert_eq!(
            action("Anywhere                   REJECT IN   192.0.2.9"),
            Action::Reject(RejectKind::PortUnreachable)
        );
        assert_eq!(
            action("[ 3] Anywhere                   DENY IN     192.0.2.7"),
            Action::Drop
        );
        assert_eq!(
            action("8080/tcp                   ALLOW IN    Anywhere                   (log)"),
            Action::Accept
        );
    }

    #[test]
    fn directions_are_told_apart() {
        let (direction, rule) =
            rule("192.0.2.0/24 25/tcp        DENY OUT    Anywhere on eth1           (out)");
        assert_eq!(direction, Direction::Out);
        let eth1 = Test::OutInterface(vec!["eth1".to_owned()]).into();
        assert_eq!(
            rule.matches,
            [
                v4(),
                eth1,
                destination("192.0.2.0/24"),
                tcp(),
                ports(&[(25, 25)])
            ]
        );
        let forwarded = Row::of((1, "80/tcp on docker0          ALLOW FWD   Anywhere on eth0"));
        assert_eq!(forwarded.map(|row| row.direction), Some(Direction::Forward));
    }

    #[test]
    fn what_is_no_row_is_refused() {
        for text in ["", "ALLOW", " ALLOW ", "22/tcp ALLOWED IN Anywhere", "[ 1]"] {
            assert!(Row::of((1, text)).is_none(), "{text}");
        }
    }
}
