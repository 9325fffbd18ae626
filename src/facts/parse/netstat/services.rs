//! Names of services, which programs print in place of ports unless they are told not to (`-n`, `-P`).
//!
//! The names are those of `/etc/services` of Debian and Red Hat; where the two differ in the port, Debian's.

/// The port that a listing names by its service.
pub(super) fn port_of(name: &str) -> Option<u16> {
    let found = SERVICES.iter().find(|(service, _)| *service == name);
    found.map(|(_, port)| *port)
}

const SERVICES: &[(&str, u16)] = &[
    ("ftp-data", 20),
    ("ftp", 21),
    ("ssh", 22),
    ("telnet", 23),
    ("smtp", 25),
    ("mail", 25),
    ("time", 37),
    ("nicname", 43),
    ("whois", 43),
    ("tacacs", 49),
    ("domain", 53),
    ("bootps", 67),
    ("bootpc", 68),
    ("tftp", 69),
    ("finger", 79),
    ("http", 80),
    ("kerberos", 88),
    ("kerberos-sec", 88),
    ("pop3", 110),
    ("sunrpc", 111),
    ("portmapper", 111),
    ("auth", 113),
    ("ident", 113),
    ("nntp", 119),
    ("ntp", 123),
    ("epmap", 135),
    ("loc-srv", 135),
    ("netbios-ns", 137),
    ("netbios-dgm", 138),
    ("netbios-ssn", 139),
    ("imap", 143),
    ("imap2", 143),
    ("snmp", 161),
    ("snmptrap", 162),
    ("snmp-trap", 162),
    ("bgp", 179),
    ("ldap", 389),
    ("https", 443),
    ("microsoft-ds", 445),
    ("kpasswd", 464),
    ("submissions", 465),
    ("ssmtp", 465),
    ("smtps", 465),
    ("urd", 465),
    ("isakmp", 500),
    ("login", 513),
    ("shell", 514),
    ("syslog", 514),
    ("printer", 515),
    ("dhcpv6-client", 546),
    ("dhcpv6-server", 547),
    ("submission", 587),
    ("ipp", 631),
    ("ldaps", 636),
    ("kerberos-adm", 749),
    ("domain-s", 853),
    ("rsync", 873),
    ("rndc", 953),
    ("ftps", 990),
    ("imaps", 993),
    ("pop3s", 995),
    ("socks", 1080),
    ("openvpn", 1194),
    ("ms-sql-s", 1433),
    ("ms-sql-m", 1434),
    ("ncube-lm", 1521),
    ("l2tp", 1701),
    ("pptp", 1723),
    ("radius", 1812),
    ("radius-acct", 1813),
    ("mqtt", 1883),
    ("nfs", 2049),
    ("eforward", 2181),
    ("docker", 2375),
    ("docker-s", 2376),
    ("etcd-client", 2379),
    ("etcd-server", 2380),
    ("squid", 3128),
    ("ndl-aas", 3128),
    ("iscsi-target", 3260),
    ("mysql", 3306),
    ("ms-wbt-server", 3389),
    ("svn", 3690),
    ("epmd", 4369),
    ("ipsec-nat-t", 4500),
    ("vxlan", 4789),
    ("commplex-main", 5000),
    ("commplex-link", 5001),
    ("sip", 5060),
    ("sips", 5061),
    ("sip-tls", 5061),
    ("xmpp-client", 5222),
    ("xmpp-server", 5269),
    ("mdns", 5353),
    ("hostmon", 5355),
    ("llmnr", 5355),
    ("postgresql", 5432),
    ("postgres", 5432),
    ("amqps", 5671),
    ("amqp", 5672),
    ("rfb", 5900),
    ("vnc", 5900),
    ("couchdb", 5984),
    ("x11", 6000),
    ("redis", 6379),
    ("sun-sr-https", 6443),
    ("ircd", 6667),
    ("afs3-fileserver", 7000),
    ("afs3-callback", 7001),
    ("irdmi", 8000),
    ("vcom-tunnel", 8001),
    ("http-alt", 8080),
    ("webcache", 8080),
    ("puppet", 8140),
    ("intermapper", 8181),
    ("pcsync-https", 8443),
    ("otv", 8472),
    ("ddi-tcp-1", 8888),
    ("cslistener", 9000),
    ("websm", 9090),
    ("XmlIpcRegSvc", 9092),
    ("jetdirect", 9100),
    ("hp-pdl-datastr", 9100),
    ("wap-wsp", 9200),
    ("vrace", 9300),
    ("git", 9418),
    ("distinct", 9999),
    ("zabbix-agent", 10050),
    ("zabbix-trapper", 10051),
    ("memcache", 11211),
    ("mongodb", 27017),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_names_have_their_ports_and_unknown_ones_none() {
        assert_eq!(port_of("postgresql"), Some(5432));
        assert_eq!(port_of("amqp"), Some(5672));
        assert_eq!(port_of("etcd-client"), Some(2379));
        assert_eq!(port_of("5432"), None);
        assert_eq!(port_of("no-such-service"), None);
    }

    #[test]
    fn no_name_stands_twice() {
        for (at, (name, _)) in SERVICES.iter().enumerate() {
            assert!(
                SERVICES.iter().take(at).all(|(other, _)| other != name),
                "{name}"
            );
        }
    }
}
