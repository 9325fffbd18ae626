//! Addresses and host names.

use crate::redact::Redactor;

#[test]
fn addresses_become_numbers_that_stay_the_same() {
    let redactor = Redactor::default().addresses(true);
    for (text, expected) in [
        (
            "dial tcp 10.0.0.7:5432: from 10.0.0.8",
            "dial tcp <ip-1>:5432: from <ip-2>",
        ),
        ("10.0.0.8/24 via 10.0.0.7.", "<ip-2>/24 via <ip-1>."),
        (
            "listen 127.0.0.1:80 0.0.0.0:* [::]:80 [::1]:80",
            "listen 127.0.0.1:80 0.0.0.0:* [::]:80 [::1]:80",
        ),
        (
            "inet 10.0.0.9 netmask 255.255.255.0",
            "inet <ip-3> netmask 255.255.255.0",
        ),
        (
            "[fe80::1]:80 fe80:0:0:0::1%eth0 2001:db8::",
            "[<ip-4>]:80 <ip-4>%eth0 <ip-5>",
        ),
        ("::ffff:10.0.0.7", "<ip-1>"),
        (
            "src=10.0.0.7, host:10.0.0.8:80",
            "src=<ip-1>, host:<ip-2>:80",
        ),
        (
            "link/ether 52:54:00:AB:cd:01 brd ff:ff:ff:ff:ff:ff",
            "link/ether <mac-1> brd ff:ff:ff:ff:ff:ff",
        ),
        ("52-54-00-ab-cd-01", "<mac-1>"),
        (
            "MAC=52:54:00:ab:cd:01:52:54:00:ab:cd:02:08:00",
            "MAC=52:54:00:ab:cd:01:52:54:00:ab:cd:02:08:00",
        ),
        (
            "12:34:56 std::fs v1.2.3.4 1.2.3.4.5 256.1.1.1 a::b",
            "12:34:56 std::fs v1.2.3.4 1.2.3.4.5 256.1.1.1 a::b",
        ),
        (
            "2024-01-02T10:11:12Z x.go:12: 1.2.3 libpam0g (>= 1.1.3.7), version: 6.2.0.1",
            "2024-01-02T10:11:12Z x.go:12: 1.2.3 libpam0g (>= 1.1.3.7), version: 6.2.0.1",
        ),
    ] {
        assert_eq!(redactor.redact(text), expected);
    }
}

#[test]
fn clones_share_their_numbers() {
    let redactor = Redactor::secrets().addresses(true);
    assert_eq!(
        redactor.clone().redact("10.0.0.1 10.0.0.2"),
        "<ip-1> <ip-2>"
    );
    assert_eq!(redactor.redact("10.0.0.3 10.0.0.2"), "<ip-3> <ip-2>");
    let other = Redactor::secrets().addresses(true);
    assert_eq!(other.redact("10.0.0.3"), "<ip-1>");
}

#[test]
fn host_names_become_numbers() {
    let names = ["node1", "Node1.example.com", "localhost", ""].map(str::to_owned);
    let redactor = Redactor::secrets().hosts(names);
    for (text, expected) in [
        (
            "node1 kubelet[1]: node12 node1-a a-node1",
            "<host-1> kubelet[1]: node12 node1-a a-node1",
        ),
        ("NODE1.example.com is down", "<host-2> is down"),
        (
            "Get \"https://api.example.com:6443/x\": EOF",
            "Get \"https://<host-3>:6443/x\": EOF",
        ),
        (
            "lookup api.example.com: no such host",
            "lookup api.example.com: no such host",
        ),
        ("dial api.example.com:443", "dial <host-3>:443"),
        (
            "postgres://a:b@db.example.com/x",
            "postgres://a:***HIDDEN***@<host-4>/x",
        ),
        (
            "http://localhost:80 main.go:123 x/daemon.go:54 10.0.0.1:80",
            "http://localhost:80 main.go:123 x/daemon.go:54 10.0.0.1:80",
        ),
    ] {
        assert_eq!(redactor.redact(text), expected);
    }
}
