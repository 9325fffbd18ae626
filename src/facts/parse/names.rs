//! Names of protocols, services and TCP flags, as packet filter programs print them.
//!
//! `iptables -L` without `-n` and old `nft` print names from the machine's /etc/protocols and /etc/services. Here
//! are those that filter rules use; a name that is not listed stays undecided.

/// IP protocols: number and the name that iptables prints.
const PROTOCOLS: &[(&str, &str)] = &[
    ("1", "icmp"),
    ("2", "igmp"),
    ("4", "ipencap"),
    ("6", "tcp"),
    ("17", "udp"),
    ("33", "dccp"),
    ("41", "ipv6"),
    ("47", "gre"),
    ("50", "esp"),
    ("51", "ah"),
    ("58", "ipv6-icmp"),
    ("88", "eigrp"),
    ("89", "ospf"),
    ("103", "pim"),
    ("108", "ipcomp"),
    ("112", "vrrp"),
    ("115", "l2tp"),
    ("132", "sctp"),
    ("135", "mh"),
    ("136", "udplite"),
];

/// The lower-case name of a protocol given by name or number; `None` for all protocols.
pub(super) fn protocol(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    match &*lower {
        "all" | "0" | "ip" => None,
        "icmpv6" | "icmp6" => Some("ipv6-icmp".to_owned()),
        _ => {
            let known = PROTOCOLS.iter().find(|(number, _)| *number == lower);
            Some(known.map_or(lower.clone(), |(_, name)| (*name).to_owned()))
        }
    }
}

/// Whether the text is a protocol by name or number, or the word for all.
pub(super) fn is_protocol(text: &str) -> bool {
    let named = |name: &str| PROTOCOLS.iter().any(|(_, known)| *known == name);
    text.parse::<u8>().is_ok() || named(text) || matches!(text, "all" | "icmpv6" | "icmp6")
}

/// TCP services by the names of /etc/services, which has odd ones for ports that other programs have made known:
/// zookeeper's is `eforward`, elasticsearch's `wap-wsp`.
const SERVICES: &[(&str, u16)] = &[
    ("tcpmux", 1),
    ("echo", 7),
    ("discard", 9),
    ("daytime", 13),
    ("chargen", 19),
    ("ftp-data", 20),
    ("ftp", 21),
    ("ssh", 22),
    ("telnet", 23),
    ("smtp", 25),
    ("time", 37),
    ("whois", 43),
    ("tacacs", 49),
    ("domain", 53),
    ("bootps", 67),
    ("bootpc", 68),
    ("tftp", 69),
    ("gopher", 70),
    ("finger", 79),
    ("http", 80),
    ("www", 80),
    ("kerberos", 88),
    ("pop2", 109),
    ("pop3", 110),
    ("sunrpc", 111),
    ("auth", 113),
    ("ident", 113),
    ("nntp", 119),
    ("ntp", 123),
    ("epmap", 135),
    ("netbios-ns", 137),
    ("netbios-dgm", 138),
    ("netbios-ssn", 139),
    ("imap", 143),
    ("imap2", 143),
    ("snmp", 161),
    ("snmp-trap", 162),
    ("snmptrap", 162),
    ("xdmcp", 177),
    ("bgp", 179),
    ("irc", 194),
    ("ldap", 389),
    ("svrloc", 427),
    ("https", 443),
    ("snpp", 444),
    ("microsoft-ds", 445),
    ("kpasswd", 464),
    ("smtps", 465),
    ("ssmtp", 465),
    ("submissions", 465),
    ("urd", 465),
    ("isakmp", 500),
    ("exec", 512),
    ("login", 513),
    ("shell", 514),
    ("syslog", 514),
    ("printer", 515),
    ("dhcpv6-client", 546),
    ("dhcpv6-server", 547),
    ("rtsp", 554),
    ("nntps", 563),
    ("submission", 587),
    ("ipp", 631),
    ("ldaps", 636),
    ("kerberos-adm", 749),
    ("domain-s", 853),
    ("rsync", 873),
    ("ftps-data", 989),
    ("ftps", 990),
    ("telnets", 992),
    ("imaps", 993),
    ("pop3s", 995),
    ("socks", 1080),
    ("rmiregistry", 1099),
    ("openvpn", 1194),
    ("ms-sql-s", 1433),
    ("ms-sql-m", 1434),
    ("ncube-lm", 1521),
    ("datametrics", 1645),
    ("l2f", 1701),
    ("pptp", 1723),
    ("radius", 1812),
    ("radius-acct", 1813),
    ("mqtt", 1883),
    ("cisco-sccp", 2000),
    ("nfs", 2049),
    ("gris", 2135),
    ("eforward", 2181),
    ("docker", 2375),
    ("docker-s", 2376),
    ("swarm", 2377),
    ("etcd-client", 2379),
    ("etcd-server", 2380),
    ("cvspserver", 2401),
    ("venus", 2430),
    ("f5-globalsite", 2792),
    ("hbci", 3000),
    ("ndl-aas", 3128),
    ("squid", 3128),
    ("iscsi-target", 3260),
    ("mysql", 3306),
    ("ms-wbt-server", 3389),
    ("nut", 3493),
    ("svn", 3690),
    ("epmd", 4369),
    ("commplex-main", 5000),
    ("commplex-link", 5001),
    ("mmcc", 5050),
    ("sip", 5060),
    ("sip-tls", 5061),
    ("xmpp-client", 5222),
    ("xmpp-server", 5269),
    ("mdns", 5353),
    ("postgres", 5432),
    ("postgresql", 5432),
    ("esmagent", 5601),
    ("amqps", 5671),
    ("amqp", 5672),
    ("rfb", 5900),
    ("vnc-server", 5900),
    ("x11", 6000),
    ("redis", 6379),
    ("sun-sr-https", 6443),
    ("ircd", 6667),
    ("ceph-mon", 6789),
    ("afs3-fileserver", 7000),
    ("afs3-callback", 7001),
    ("irdmi", 8000),
    ("http-alt", 8080),
    ("webcache", 8080),
    ("sunproxyadmin", 8081),
    ("tproxy", 8081),
    ("puppet", 8140),
    ("pcsync-https", 8443),
    ("fmtp", 8500),
    ("ddi-tcp-1", 8888),
    ("cslistener", 9000),
    ("websm", 9090),
    ("XmlIpcRegSvc", 9092),
    ("hp-pdl-datastr", 9100),
    ("jetdirect", 9100),
    ("bacula-dir", 9101),
    ("bacula-fd", 9102),
    ("bacula-sd", 9103),
    ("wap-wsp", 9200),
    ("vrace", 9300),
    ("git", 9418),
    ("zabbix-agent", 10050),
    ("zabbix-trapper", 10051),
    ("memcache", 11211),
    ("mongodb", 27017),
];

/// A port given by number or by the name of a TCP service.
pub(super) fn port(text: &str) -> Option<u16> {
    let named = || {
        SERVICES
            .iter()
            .find(|(name, _)| *name == text)
            .map(|(_, port)| *port)
    };
    text.parse().ok().or_else(named)
}

/// A port or a range of ports with `separator` between its ends, either of which may be missing.
pub(super) fn port_range(text: &str, separator: char) -> Option<(u16, u16)> {
    if let Some(single) = port(text) {
        return Some((single, single));
    }
    // A name may have the separator in it (`ftp-data`), so every place is tried.
    text.match_indices(separator).find_map(|(at, _)| {
        let (first, last) = (&text[..at], &text[at + separator.len_utf8()..]);
        let first = if first.is_empty() {
            Some(0)
        } else {
            port(first)
        }?;
        let last = if last.is_empty() {
            Some(u16::MAX)
        } else {
            port(last)
        }?;
        (first <= last).then_some((first, last))
    })
}

/// Ports and ranges between commas.
pub(super) fn port_list(text: &str, separator: char) -> Option<Vec<(u16, u16)>> {
    text.split(',')
        .map(|item| port_range(item.trim(), separator))
        .collect()
}

/// The TCP flags by their bits.
const FLAGS: &[(u8, &str)] = &[
    (0x01, "FIN"),
    (0x02, "SYN"),
    (0x04, "RST"),
    (0x08, "PSH"),
    (0x10, "ACK"),
    (0x20, "URG"),
];

/// TCP flags between commas, `ALL`, `NONE`, or as a number; upper-case.
pub(super) fn tcp_flags(text: &str) -> Option<Vec<String>> {
    let bits = |bits: u8| {
        FLAGS
            .iter()
            .filter(|(bit, _)| bits & bit != 0)
            .map(|(_, name)| (*name).to_owned())
            .collect()
    };
    if let Some(hex) = text.strip_prefix("0x") {
        return Some(bits(u8::from_str_radix(hex, 16).ok()?));
    }
    let text = text.to_ascii_uppercase();
    match &*text {
        "ALL" => Some(bits(0x3f)),
        "NONE" => Some(Vec::new()),
        _ => text.split(',').map(flag).collect(),
    }
}

/// The upper-case name of one flag.
pub(super) fn flag(text: &str) -> Option<String> {
    let name = text.to_ascii_uppercase();
    let known = FLAGS.iter().any(|(_, known)| *known == name) || matches!(&*name, "ECN" | "CWR");
    known.then_some(name)
}

/// A number in decimal or with `0x`.
pub(super) fn number(text: &str) -> Option<u32> {
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn protocols_have_one_name() {
        assert_eq!(protocol("6").as_deref(), Some("tcp"));
        assert_eq!(protocol("TCP").as_deref(), Some("tcp"));
        assert_eq!(protocol("icmpv6").as_deref(), Some("ipv6-icmp"));
        assert_eq!(protocol("253").as_deref(), Some("253"));
        assert_eq!(protocol("all"), None);
        assert!(is_protocol("ipencap") && is_protocol("0") && !is_protocol("docker0"));
    }

    #[test]
    fn ranges_may_be_open_and_named() {
        assert_eq!(port_range("5432", ':'), Some((5432, 5432)));
        assert_eq!(port_range("1000:", ':'), Some((1000, 65535)));
        assert_eq!(port_range(":99", ':'), Some((0, 99)));
        assert_eq!(port_range("ftp-data-ssh", '-'), Some((20, 22)));
        assert_eq!(port_range("ftp-data", '-'), Some((20, 20)));
        assert_eq!(port_range("70000", ':'), None);
        assert_eq!(port_range("9:1", ':'), None);
        assert_eq!(
            port_list("80,https,8000:8010", ':'),
            Some(vec![(80, 80), (443, 443), (8000, 8010)])
        );
        assert_eq!(port_list("80,nothing", ':'), None);
    }

    #[test]
    fn flags_are_names_or_bits() {
        assert_eq!(tcp_flags("0x17"), tcp_flags("FIN,SYN,RST,ACK"));
        assert_eq!(tcp_flags("NONE"), Some(Vec::new()));
        assert_eq!(tcp_flags("ALL").map(|flags| flags.len()), Some(6));
        assert_eq!(tcp_flags("FUN"), None);
    }
}
