//! The packet filter's evaluator against the kernel: what a client really sees, and what the rules, as they are
//! printed, are said to do to it.
//!
//! Two network namespaces are joined by a cable; one of them listens. For each set of rules the other one dials, and
//! the same rules are read back by `iptables-save`, `iptables -S`, `iptables -L -n -v` and `nft list ruleset`. Skipped, with a
//! message, where namespaces cannot be made or the programs are missing.

use std::io::Write as _;
use std::net::IpAddr;
use std::process::{Child, Command, Stdio};

use bundlecheck::facts::Gathered;

use crate::filter::gathered;
use bundlecheck::filter::{
    Family, Filter, Interface, Machine, Net, Packet, Ruleset, Symptom, Verdict, Way,
};

const SERVER: &str = "192.0.2.1";
const CLIENT: &str = "192.0.2.2";
const PORT: u16 = 5432;

/// Rules in the arguments of iptables, one a line.
const IPTABLES: &[&str] = &[
    "",
    "-P INPUT DROP",
    "-A INPUT -j DROP",
    "-A INPUT -j REJECT",
    "-A INPUT -p tcp -j REJECT --reject-with tcp-reset",
    "-A INPUT -j REJECT --reject-with icmp-host-prohibited",
    "-A INPUT -j REJECT --reject-with icmp-admin-prohibited",
    "-A INPUT -j REJECT --reject-with icmp-net-unreachable",
    "-A INPUT -j REJECT --reject-with icmp-host-unreachable",
    "-A INPUT -p tcp --dport 5432 -j ACCEPT\n-A INPUT -j REJECT",
    "-A INPUT -j REJECT\n-A INPUT -p tcp --dport 5432 -j ACCEPT",
    "-A INPUT -p tcp --dport 5000:5500 -j DROP",
    "-A INPUT -p tcp --dport 5433 -j DROP",
    "-A INPUT -p udp --dport 5432 -j DROP",
    "-A INPUT -p tcp -m multiport --dports 22,5432 -j REJECT",
    "-A INPUT -p tcp -m multiport ! --dports 22,443 -j DROP",
    "-A INPUT -s 192.0.2.0/24 -j DROP",
    "-A INPUT -s 198.51.100.0/24 -j DROP",
    "-A INPUT ! -s 192.0.2.2 -j DROP",
    "-A INPUT ! -s 198.51.100.1 -p tcp -j REJECT",
    "-A INPUT -d 192.0.2.1 -p tcp -j DROP",
    "-A INPUT -i bc-s -p tcp -j DROP",
    "-A INPUT -i lo -j DROP",
    "-A INPUT ! -i lo -j REJECT",
    "-A INPUT -i bc+ -j DROP",
    "-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n-A INPUT -j REJECT",
    "-A INPUT -m conntrack --ctstate NEW -p tcp -j DROP",
    "-A INPUT -m conntrack --ctstate INVALID -j DROP",
    "-A INPUT -m state --state NEW -p tcp --dport 5432 -j ACCEPT\n-P INPUT DROP",
    "-A INPUT -p tcp --syn -j DROP",
    "-A INPUT -p tcp ! --syn -j DROP",
    "-A INPUT -p tcp --tcp-flags SYN,ACK SYN -j REJECT",
    "-N web\n-A INPUT -j web\n-A web -p tcp --dport 5432 -j DROP",
    "-N web\n-A INPUT -j web\n-A web -p tcp --dport 5432 -j RETURN\n-A web -j DROP",
    "-N web\n-A INPUT -g web\n-A INPUT -j DROP\n-A web -p tcp --dport 80 -j ACCEPT",
    "-N a\n-N b\n-A INPUT -j a\n-A a -j b\n-A a -p tcp -j REJECT\n-A b -p tcp -j RETURN\n-A b -j DROP",
    "-A INPUT -p tcp -m iprange --src-range 192.0.2.2-192.0.2.9 -j DROP",
    "-A INPUT -p tcp -m iprange ! --src-range 192.0.2.2-192.0.2.9 -j DROP",
    "-A INPUT -p tcp -m addrtype --dst-type LOCAL -j DROP",
    "-A INPUT -p tcp -m addrtype ! --dst-type LOCAL -j DROP",
    "-A INPUT -p tcp -m mark --mark 0x1 -j DROP",
    "-t mangle -A PREROUTING -p tcp -j MARK --set-mark 0x1\n-A INPUT -p tcp -m mark --mark 0x1/0x1 -j DROP",
    "-t mangle -A INPUT -p tcp -j DROP",
    "-t raw -A PREROUTING -p tcp --dport 5432 -j DROP",
    "-A INPUT -p tcp --sport 1024:65535 -j DROP",
    "-A INPUT -p tcp --sport 1:1023 -j DROP",
    "-A INPUT -p icmp -j DROP",
    "-A INPUT -p tcp -m comment --comment \"DROP --dport 22\" -j REJECT",
    "-A INPUT -p tcp -j LOG\n-A INPUT -p tcp -j DROP",
    "-A FORWARD -j DROP",
    "-A OUTPUT -p udp -j DROP",
    "-t nat -A PREROUTING -p tcp --dport 5432 -j REDIRECT --to-ports 5439",
];

/// The same with sets; skipped where there is no `ipset`.
const SETS: &[&str] = &[
    "ipset create x hash:ip\nipset add x 192.0.2.2\n-A INPUT -m set --match-set x src -j DROP",
    "ipset create x hash:ip\nipset add x 192.0.2.3\n-A INPUT -m set --match-set x src -j DROP",
    "ipset create x hash:net\nipset add x 192.0.2.0/25\n-A INPUT -m set ! --match-set x src -j DROP",
    "ipset create x hash:net\nipset add x 192.0.2.0/30\n-A INPUT -p tcp -m set --match-set x dst -j REJECT",
    "ipset create x hash:ip,port\nipset add x 192.0.2.1,tcp:5432\n-A INPUT -m set --match-set x dst,dst -j DROP",
    "ipset create x hash:ip,port\nipset add x 192.0.2.2,udp:5432\n-A INPUT -m set --match-set x src,dst -j DROP",
    "ipset create x bitmap:port range 1-65535\nipset add x 5400-5500\n-A INPUT -p tcp -m set --match-set x dst -j DROP",
];

/// Whole rulesets of nft.
const NFT: &[&str] = &[
    "table inet f { chain i { type filter hook input priority 0; policy drop; ct state established,related accept; iifname \"lo\" accept; tcp dport { 22, 80 } accept; } }",
    "table inet f { chain i { type filter hook input priority 0; policy drop; tcp dport { 22, 5000-6000 } accept; } }",
    "table inet f { chain i { type filter hook input priority 0; policy accept; tcp dport 5432 reject; } }",
    "table inet f { chain i { type filter hook input priority 0; policy accept; tcp dport 5432 reject with tcp reset; } }",
    "table inet f { chain i { type filter hook input priority 0; policy accept; ip saddr 192.0.2.0/24 reject with icmpx admin-prohibited; } }",
    "table inet f { chain i { type filter hook input priority 0; policy accept; ip saddr != 192.0.2.2 drop; } }",
    "table inet f { set ports { type inet_service; flags interval; elements = { 5400-5500 } } chain i { type filter hook input priority 0; policy accept; tcp dport @ports drop; } }",
    "table inet f { chain w { tcp dport 5432 drop; } chain i { type filter hook input priority 0; policy accept; tcp dport vmap { 22 : accept, 5432 : jump w }; } }",
    "table inet f { chain i { type filter hook input priority 0; policy accept; ct state vmap { established : accept, new : drop }; } }",
    "table ip f { chain i { type filter hook input priority 10; policy accept; meta l4proto tcp reject; } chain j { type filter hook input priority 0; policy drop; } }",
    "table ip6 f { chain i { type filter hook input priority 0; policy drop; } }",
    "table inet f { chain i { type filter hook input priority 0; policy accept; tcp flags syn / fin,syn,rst,ack drop; } }",
];

/// Pairs of namespaces that dial at the same time: most of it is waiting for packets that were dropped.
const LABS: usize = 8;

#[test]
fn rules_do_what_the_kernel_does() {
    if let Err(why) = Lab::new(LABS) {
        let _ = writeln!(
            std::io::stderr(),
            "skipped: no network namespaces with a packet filter: {why}"
        );
        return;
    }
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let labs: Vec<_> = (0..LABS)
            .map(|at| scope.spawn(move || differences(at)))
            .collect();
        labs.into_iter()
            .flat_map(|lab| lab.join().unwrap())
            .collect()
    });
    assert!(
        wrong.is_empty(),
        "{} differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// Where the evaluator and the kernel differ, for the cases that fall to the lab `at`.
fn differences(at: usize) -> Vec<String> {
    let lab = Lab::new(at).unwrap();
    let mut wrong = Vec::new();
    for rules in IPTABLES.iter().skip(at).step_by(LABS) {
        lab.flush();
        for rule in rules.lines() {
            lab.server_shell(&format!("iptables {rule}"));
        }
        let seen = lab.dial();
        for command in ["iptables-save", "nft list ruleset"] {
            wrong.extend(lab.compare(rules, &[command], seen));
        }
        // These print one table at a time.
        for form in ["-S", "-L -n -v"] {
            let table = |table| format!("iptables -t {table} {form}");
            let commands = ["filter", "nat", "mangle", "raw"].map(table);
            wrong.extend(lab.compare(rules, &commands.each_ref().map(String::as_str), seen));
        }
    }
    let sets = if shell("command -v ipset").status.success() {
        SETS
    } else {
        &[]
    };
    for rules in sets.iter().skip(at).step_by(LABS) {
        lab.flush();
        for rule in rules.lines() {
            let program = if rule.starts_with("ipset") {
                ""
            } else {
                "iptables "
            };
            lab.server_shell(&format!("{program}{rule}"));
        }
        let seen = lab.dial();
        for list in ["ipset list", "ipset save"] {
            for form in ["iptables-save", "iptables -S", "iptables -L -n -v"] {
                wrong.extend(lab.compare(rules, &[list, form], seen));
            }
        }
    }
    for rules in NFT.iter().skip(at).step_by(LABS) {
        lab.flush();
        // A closing brace must stand on a line of its own.
        let lines = rules
            .replace("; }", ";\n}\n")
            .replace("} } chain", "}\n}\nchain");
        lab.server_shell(&format!("nft '{lines}'"));
        wrong.extend(lab.compare(rules, &["nft list ruleset"], lab.dial()));
    }
    wrong
}

/// Two namespaces and a listener in one of them.
struct Lab {
    listener: Child,
    server: String,
    client: String,
}

impl Lab {
    /// Makes them; or says why that is not possible here.
    fn new(at: usize) -> Result<Self, String> {
        let id = format!("{}-{at}", std::process::id());
        let (server, client) = (format!("bc-server-{id}"), format!("bc-client-{id}"));
        let script = format!(
            "set -e
            command -v iptables nft perl timeout > /dev/null
            ip netns add {server} && ip netns add {client}
            ip -n {server} link add bc-s type veth peer name bc-c netns {client}
            ip -n {server} addr add {SERVER}/24 dev bc-s && ip -n {client} addr add {CLIENT}/24 dev bc-c
            for n in {server} {client}; do ip -n $n link set lo up; done
            # The kernel sends few ICMP errors a second to one host, and would hide what REJECT does.
            ip netns exec {server} sysctl -q -w net.ipv4.icmp_ratelimit=0
            ip -n {server} link set bc-s up && ip -n {client} link set bc-c up
            ip netns exec {server} iptables -nL > /dev/null && ip netns exec {server} nft list ruleset > /dev/null"
        );
        let made = shell(&script);
        if !made.status.success() {
            clean(&server, &client);
            let why = String::from_utf8_lossy(&made.stderr);
            return Err(why
                .lines()
                .last()
                .unwrap_or("ip, iptables, nft or perl is missing")
                .to_owned());
        }
        let accept = format!(
            "use Socket; socket(S,PF_INET,SOCK_STREAM,0); setsockopt(S,SOL_SOCKET,SO_REUSEADDR,1); bind(S,sockaddr_in({PORT},INADDR_ANY)) or die; listen(S,64); print \"up\\n\"; close STDOUT; while(accept(C,S)){{close C}}"
        );
        let mut listener = Command::new("ip")
            .args(["netns", "exec", &server, "perl", "-e", &accept])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let up = listener.stdout.take().unwrap();
        std::io::copy(&mut std::io::BufReader::new(up), &mut std::io::sink()).unwrap();
        Ok(Self {
            listener,
            server,
            client,
        })
    }

    fn server_shell(&self, command: &str) -> String {
        let output = shell(&format!("ip netns exec {} {command}", self.server));
        assert!(
            output.status.success(),
            "{command}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }

    fn flush(&self) {
        self.server_shell("nft flush ruleset");
        for table in ["filter", "nat", "mangle", "raw"] {
            self.server_shell(&format!("iptables -t {table} -F"));
            self.server_shell(&format!("iptables -t {table} -X"));
        }
        self.server_shell("iptables -P INPUT ACCEPT");
        shell(&format!("ip netns exec {} ipset destroy", self.server));
    }

    /// What a client sees: `connected`, or the symptom. An ICMP error that arrives while the kernel is still busy with
    /// the first packet counts only when the second one, after a second, is answered as well.
    fn dial(&self) -> &'static str {
        let dial = format!(
            "ip netns exec {} timeout 2.5 bash -c 'exec 3<>/dev/tcp/{SERVER}/{PORT}'",
            self.client
        );
        let output = shell(&dial);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        match () {
            () if output.status.success() => "connected",
            () if output.status.code() == Some(124) => Symptom::Timeout.as_str(),
            () if error.contains("Connection refused") => Symptom::Refused.as_str(),
            () if error.contains("No route to host") => Symptom::NoRoute.as_str(),
            () if error.contains("Network is unreachable") => Symptom::NetUnreachable.as_str(),
            () => panic!("unknown outcome: {error}"),
        }
    }

    /// Compares what was seen with what the rules, as these commands print them, are said to do.
    fn compare(&self, rules: &str, commands: &[&str], seen: &str) -> Option<String> {
        let read =
            |command: &&str| gathered(&command.replace(' ', "_"), &self.server_shell(command));
        let parts: Vec<Gathered> = commands.iter().map(read).collect();
        let rulesets: Vec<&Ruleset> = parts.iter().flat_map(|part| &part.rulesets).collect();
        let machine = Machine {
            addresses: vec![("bc-s".into(), SERVER.parse().unwrap(), 24)],
        };
        let packet = Packet {
            way: Way::In,
            family: Family::V4,
            source: Some(Net::of(CLIENT.parse::<IpAddr>().unwrap())),
            destination: Some(SERVER.parse().unwrap()),
            port: PORT,
            input: Interface::Named("bc-s".into()),
            output: Interface::None,
        };
        let decision = Filter::new(rulesets.iter().copied())
            .with_sets(parts.iter().flat_map(|part| &part.sets))
            .evaluate(&machine, &packet);
        // Nothing listens behind a redirection in this test.
        let redirected = rules.contains("REDIRECT");
        let said = match decision.verdict {
            Verdict::Accept if redirected => "refused",
            Verdict::Accept => "connected",
            verdict => verdict.symptom().map_or("unknown", Symptom::as_str),
        };
        // nft prints some conditions of xtables empty; then unknown is the truth.
        let hidden = decision
            .why
            .as_deref()
            .is_some_and(|why| why.starts_with("nft does not show"));
        if said == "unknown" && hidden && commands == ["nft list ruleset"] {
            return None;
        }
        // An empty ruleset of nft has no chains, and accepts.
        let nothing = rulesets.iter().all(|ruleset| ruleset.chains.is_empty());
        (said != seen && !(nothing && seen == "connected")).then(|| {
            format!(
                "  {commands:?} of\n    {}\n  say {said}, the client sees {seen} ({:?})",
                rules.replace('\n', "\n    "),
                decision.why
            )
        })
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        let _ = self.listener.kill();
        let _ = self.listener.wait();
        clean(&self.server, &self.client);
    }
}

fn clean(server: &str, client: &str) {
    shell(&format!("ip netns del {server}; ip netns del {client}"));
}

fn shell(script: &str) -> std::process::Output {
    Command::new("bash").args(["-c", script]).output().unwrap()
}
