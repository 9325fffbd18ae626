//! What the kernel test cannot show: packets of which not everything is known, rules that cannot be decided, and which of
//! several listings counts. Rules are written as `iptables-save` prints them.

use bundlecheck::facts::{Gathered, Input, Recogniser, Sink};
use bundlecheck::filter::{
    Decision, Family, Filter, Interface, Machine, Net, Packet, RejectKind, Ruleset, Verdict, Way,
};

/// What the parsers find in a text.
pub(crate) fn gathered(path: &str, text: &str) -> Gathered {
    let wanted = Recogniser::by_path(path).or(Recogniser::new().by_text(text.as_bytes()));
    let mut sink = Sink::default();
    Recogniser::gather(wanted, Input { path, text }, &mut sink);
    sink.into_gathered()
}

fn rulesets(path: &str, text: &str) -> Vec<Ruleset> {
    gathered(path, text).rulesets
}

fn saved(policy: &str, rules: &str) -> Vec<Ruleset> {
    let text = format!(
        "*filter\n:INPUT {policy} [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n{rules}COMMIT\n"
    );
    rulesets("iptables-save.txt", &text)
}

/// From an unknown machine, by an unknown interface.
fn stranger() -> Packet {
    Packet {
        way: Way::In,
        family: Family::V4,
        source: None,
        destination: "10.0.0.11".parse().ok(),
        port: 5432,
        input: Interface::Outside,
        output: Interface::None,
    }
}

fn decide(rulesets: &[Ruleset], packet: &Packet) -> Decision {
    let machine = Machine {
        addresses: vec![(
            "eth0".to_owned(),
            "10.0.0.11".parse().expect("an address"),
            24,
        )],
    };
    Filter::new(rulesets).evaluate(&machine, packet)
}

fn verdict(policy: &str, rules: &str) -> Verdict {
    decide(&saved(policy, rules), &stranger()).verdict
}

const REJECT: Verdict = Verdict::Reject(RejectKind::PortUnreachable);

#[test]
fn what_cannot_be_told_of_the_client_makes_the_verdict_unknown_only_where_it_matters() {
    let cases = [
        (
            "-A INPUT -s 10.0.0.0/24 -j ACCEPT\n-A INPUT -j REJECT\n",
            Verdict::Unknown,
        ),
        (
            "-A INPUT -s 10.0.0.0/24 -j REJECT\n-A INPUT -j REJECT\n",
            REJECT,
        ),
        (
            "-A INPUT -s 127.0.0.0/8 -j ACCEPT\n-A INPUT -j REJECT\n",
            REJECT,
        ),
        ("-A INPUT -i lo -j ACCEPT\n-A INPUT -j REJECT\n", REJECT),
        (
            "-A INPUT -i docker0 -j ACCEPT\n-A INPUT -j REJECT\n",
            REJECT,
        ),
        (
            "-A INPUT -i eth1 -j ACCEPT\n-A INPUT -j REJECT\n",
            Verdict::Unknown,
        ),
        (
            "-A INPUT -s 10.0.0.0/24 -p udp -j ACCEPT\n-A INPUT -j REJECT\n",
            REJECT,
        ),
        (
            "-A INPUT -p tcp --dport 22 -s 10.0.0.0/24 -j ACCEPT\n-A INPUT -j REJECT\n",
            REJECT,
        ),
        ("-A INPUT -s 0.0.0.0/0 -j REJECT\n", REJECT),
    ];
    for (rules, expected) in cases {
        assert_eq!(verdict("ACCEPT", rules), expected, "{rules}");
    }
}

#[test]
fn sets_that_were_not_collected_are_undecidable_and_named() {
    let rules = "-A INPUT -m set --match-set friends src -j ACCEPT\n-A INPUT -j DROP\n";
    let decision = decide(&saved("ACCEPT", rules), &stranger());
    assert_eq!(decision.verdict, Verdict::Unknown);
    assert!(decision.why.is_some_and(|why| why.contains("friends")));
    // Whoever is in the set or not is dropped.
    let rules = "-A INPUT -m set --match-set foes src -j DROP\n-A INPUT -j DROP\n";
    assert_eq!(verdict("ACCEPT", rules), Verdict::Drop);
    // What passes one chain in either case goes on to the next.
    let raw = "*raw\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n-A PREROUTING -m set --match-set x src -j ACCEPT\nCOMMIT\n*filter\n:INPUT DROP [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n";
    assert_eq!(
        decide(&rulesets("iptables-save.txt", raw), &stranger()).verdict,
        Verdict::Drop
    );
}

#[test]
fn a_return_that_may_happen_makes_the_rest_of_its_chain_doubtful() {
    let rules = ":web - [0:0]\n-A INPUT -j web\n-A web -m set --match-set x src -j RETURN\n-A web -j DROP\n";
    assert_eq!(verdict("ACCEPT", rules), Verdict::Unknown);
    assert_eq!(verdict("DROP", rules), Verdict::Drop);
}

#[test]
fn the_rule_or_the_policy_that_decides_is_named() {
    let by_rule = decide(
        &saved("ACCEPT", "-A INPUT -p tcp --dport 5432 -j DROP\n"),
        &stranger(),
    );
    let step = by_rule.step.expect("a rule");
    assert_eq!(
        (step.line, &*step.text, step.is_policy),
        (5, "-A INPUT -p tcp --dport 5432 -j DROP", false)
    );
    let by_policy = decide(
        &saved("DROP", "-A INPUT -p tcp --dport 22 -j ACCEPT\n"),
        &stranger(),
    );
    let step = by_policy.step.expect("a policy");
    assert_eq!(
        (step.line, &*step.text, step.is_policy),
        (2, ":INPUT DROP [0:0]", true)
    );
}

#[test]
fn chains_that_call_each_other_end() {
    let mut rules = String::new();
    for at in 0..24 {
        rules += &format!(":c{at} - [0:0]\n");
    }
    rules += "-A INPUT -j c0\n";
    for at in 0..23 {
        rules += &format!("-A c{at} -j c{next}\n-A c{at} -j c{next}\n", next = at + 1);
    }
    rules += "-A c23 -j c0\n";
    assert_eq!(verdict("ACCEPT", &rules), Verdict::Unknown);
    assert_eq!(verdict("ACCEPT", "-A INPUT -j missing\n"), Verdict::Unknown);
}

#[test]
fn a_published_port_is_translated_and_passes_forward() {
    let nat = "*nat\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n:DOCKER - [0:0]\n-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER\n-A DOCKER ! -i docker0 -p tcp -m tcp --dport 5432 -j DNAT --to-destination 172.17.0.2:5432\nCOMMIT\n";
    let filter = |rule: &str| {
        format!(
            "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n{rule}COMMIT\n"
        )
    };
    let decide = |rule: &str| {
        let rulesets = rulesets("iptables-save.txt", &(nat.to_owned() + &filter(rule)));
        decide(
            &rulesets,
            &Packet {
                input: Interface::Named("eth0".to_owned()),
                ..stranger()
            },
        )
        .verdict
    };
    assert_eq!(
        decide("-A FORWARD -d 172.17.0.2/32 ! -i docker0 -p tcp -m tcp --dport 5432 -j ACCEPT\n"),
        Verdict::Accept
    );
    assert_eq!(decide(""), Verdict::Drop);
}

#[test]
fn what_the_machine_sends_itself_goes_out_and_comes_in_by_lo() {
    let packet = Packet {
        way: Way::Local,
        source: "10.0.0.11".parse().ok().map(Net::of),
        input: Interface::None,
        output: Interface::Named("lo".to_owned()),
        ..stranger()
    };
    assert_eq!(
        decide(&saved("DROP", "-A INPUT -i lo -j ACCEPT\n"), &packet).verdict,
        Verdict::Accept
    );
    assert_eq!(decide(&saved("DROP", ""), &packet).verdict, Verdict::Drop);
    assert_eq!(
        decide(
            &saved("ACCEPT", "-A OUTPUT -p tcp --dport 5432 -j REJECT\n"),
            &packet
        )
        .verdict,
        REJECT
    );
}

#[test]
fn of_several_listings_the_one_that_shows_most_counts() {
    let mut all = rulesets(
        "iptables-L.txt",
        "Chain INPUT (policy DROP)\ntarget     prot opt source               destination         \n\nChain FORWARD (policy ACCEPT)\ntarget     prot opt source               destination         \n\nChain OUTPUT (policy ACCEPT)\ntarget     prot opt source               destination         \n",
    );
    all.extend(saved("DROP", "-A INPUT -p tcp --dport 5432 -j ACCEPT\n"));
    assert_eq!(decide(&all, &stranger()).verdict, Verdict::Accept);
    // iptables says nothing of nft's own tables: a packet must pass both.
    all.extend(rulesets("nft.txt", "table inet own {\n\tchain input {\n\t\ttype filter hook input priority 10; policy accept;\n\t\ttcp dport 5432 drop\n\t}\n}\n"));
    assert_eq!(decide(&all, &stranger()).verdict, Verdict::Drop);
}

#[test]
fn without_the_filter_table_nothing_is_known() {
    let nat = rulesets(
        "iptables_-t_nat_-nvL",
        "Chain PREROUTING (policy ACCEPT 0 packets, 0 bytes)\n pkts bytes target     prot opt in     out     source               destination         \n\nChain INPUT (policy ACCEPT 0 packets, 0 bytes)\n pkts bytes target     prot opt in     out     source               destination         \n\nChain OUTPUT (policy ACCEPT 0 packets, 0 bytes)\n pkts bytes target     prot opt in     out     source               destination         \n\nChain POSTROUTING (policy ACCEPT 0 packets, 0 bytes)\n pkts bytes target     prot opt in     out     source               destination         \n",
    );
    assert_eq!(decide(&nat, &stranger()).verdict, Verdict::Unknown);
    assert_eq!(decide(&[], &stranger()).verdict, Verdict::Unknown);
    let v6 = Packet {
        family: Family::V6,
        destination: "2001:db8::1".parse().ok(),
        ..stranger()
    };
    assert_eq!(
        decide(&saved("DROP", ""), &v6).verdict,
        Verdict::Unknown,
        "these rules are for IPv4"
    );
}
