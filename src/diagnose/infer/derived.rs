//! What is worked out for one connection: who listens, what the packet filters do to it.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;

use super::book::{Book, Target};
use super::filters::Filters;
use super::relation::{Place, Relations, Row};
use super::symptom::Symptom;
use crate::filter::{
    Decision, Family, Filter, Interface, Machine, Net, Packet, Step, Verdict, Way,
};
use crate::location::EntryId;
use crate::text::printable_str;

/// The answer of a derived relation.
#[derive(Clone, Debug)]
pub(super) enum Answer {
    /// This.
    Row(Row),
    /// It cannot be told; why.
    Unknown(String),
}

impl Answer {
    /// What the client sees of it.
    fn produces(&self) -> Option<&str> {
        match self {
            Self::Row(row) => row.get("produces"),
            Self::Unknown(_) => None,
        }
    }
}

/// What derived relations need.
#[derive(Debug)]
pub(super) struct Derived<'a> {
    pub(super) book: &'a Book,
    pub(super) relations: &'a Relations,
    pub(super) filters: &'a Filters<'a>,
    /// What the packet filter of a machine does to a packet: many causes and findings ask for the same.
    pub(super) decisions: RefCell<HashMap<(String, Packet), Decision>>,
}

impl Derived<'_> {
    /// The answer of the relation `kind` for the connection of a symptom; `None` if there is no such relation.
    pub(super) fn ask(&self, kind: &str, symptom: &Symptom) -> Option<Answer> {
        Some(match kind {
            "listener" => self.listener(symptom).unwrap_or_else(Answer::Unknown),
            "filter_verdict" => self.verdict(symptom).unwrap_or_else(Answer::Unknown),
            "egress_verdict" => self.egress(symptom).unwrap_or_else(Answer::Unknown),
            "route_to" => self.route_to(symptom).unwrap_or_else(Answer::Unknown),
            "mount_of" => self.mount_of(symptom).unwrap_or_else(Answer::Unknown),
            "endpoints" => return self.endpoints(symptom),
            _ => return None,
        })
    }

    /// Whether a rule sends the connection on, to another port or machine.
    fn is_sent_on(
        &self,
        symptom: &Symptom,
        node: &str,
        address: Option<IpAddr>,
        port: u16,
    ) -> bool {
        let machine = self.book.machine(node);
        let packet = self.packet(symptom, (node, machine), address, port);
        self.filters.of_node.get(node).is_some_and(|(filter, _)| {
            let decision = self.evaluate(filter, (node, machine), &packet);
            decision.translated.is_some()
        })
    }

    fn evaluate(
        &self,
        filter: &Filter<'_>,
        (node, machine): (&str, &Machine),
        packet: &Packet,
    ) -> Decision {
        let key = (node.to_owned(), packet.clone());
        let mut decisions = self.decisions.borrow_mut();
        let decision = decisions.entry(key);
        decision
            .or_insert_with(|| filter.evaluate(machine, packet))
            .clone()
    }

    fn listener(&self, symptom: &Symptom) -> Result<Answer, String> {
        let port = symptom.port().ok_or("the log does not name the port")?;
        if let Some(Target::Container { node, name, .. }) = &symptom.target {
            let row = self.published(node, |row| {
                row.is("container", name) && row.is("container_port", &port.to_string())
            });
            let why = || format!("which ports the container {name} listens on was not collected");
            return Ok(listening(node, port, Reach::Open, row.ok_or_else(why)?));
        }
        let (node, address) = Self::machine(symptom)?;
        let address = address.or_else(|| self.book.only_address(node));
        if self.is_sent_on(symptom, node, address, port) {
            return Err(format!(
                "the packet filter of {node} sends what comes to tcp/{port} on, and who takes it there was not collected"
            ));
        }
        if self.book.in_cluster && (30_000..=32_767).contains(&port) {
            return Err(format!(
                "tcp/{port} of {node} may be the node port of a service, for which nothing listens"
            ));
        }
        let sockets = self.listening_sockets(node, port);
        if let [row, ..] = sockets[..]
            && row.is("process", "docker-proxy")
        {
            return Err(format!(
                "docker's proxy listens on tcp/{port} of {node} for a container, and whether anything listens in that was not collected"
            ));
        }
        if self.listings_differ(node, port) {
            return Err(format!(
                "two lists of the sockets of {node} differ as to tcp/{port}"
            ));
        }
        let loopback = matches!(symptom.target, Some(Target::Loopback { .. }));
        let known = sockets
            .iter()
            .filter_map(|row| Some((Reach::of(row, address, loopback)?, *row)));
        if let Some((reach, row)) = known.min_by_key(|(reach, _)| *reach) {
            return Ok(listening(node, port, reach, row));
        }
        if !sockets.is_empty() {
            return Err(format!(
                "the address on which tcp/{port} of {node} is listened on is not shown"
            ));
        }
        if let Some(row) = self.published_on(node, port) {
            let own = row
                .get("address")
                .and_then(|own| own.parse::<IpAddr>().ok());
            let local = own.is_some_and(|own| own.is_loopback()) && !loopback;
            let reach = if local { Reach::Loopback } else { Reach::Open };
            return Ok(listening(node, port, reach, row));
        }
        self.nobody(node, port, address.is_some_and(|address| address.is_ipv6()))
    }

    /// The sockets of a machine that listen on a port; of several commands that show the same one, the one that names
    /// the program comes first.
    fn listening_sockets(&self, node: &str, port: u16) -> Vec<&Row> {
        let mut sockets: Vec<&Row> = self.relations.listening(node, port).collect();
        sockets.sort_by_key(|row| row.get("process").is_none_or(|name| name.ends_with('/')));
        sockets
    }

    /// A port of the machine that docker forwards.
    fn published_on(&self, node: &str, port: u16) -> Option<&Row> {
        let port = port.to_string();
        let tcp = |row: &Row| row.get("proto").is_none_or(|proto| proto == "tcp");
        self.published(node, |row| row.is("port", &port) && tcp(row))
    }

    fn published(&self, node: &str, fits: impl Fn(&Row) -> bool) -> Option<&Row> {
        let rows = self.relations.rows("published_port").iter();
        let mut own = rows.filter(|row| row.node.as_deref() == Some(node));
        own.find(|row| fits(row))
    }

    /// Whether one complete list of sockets has a listening one on the port and another has not.
    fn listings_differ(&self, node: &str, port: u16) -> bool {
        let shown: BTreeSet<EntryId> = self
            .listening_sockets(node, port)
            .iter()
            .filter_map(|row| Some(row.place.as_ref()?.entry))
            .collect();
        let mut complete = self
            .relations
            .listings("socket", Some(node))
            .filter(|listing| listing.scope.contains("tcp4") && listing.scope.contains("tcp6"));
        !shown.is_empty() && complete.any(|listing| !shown.contains(&listing.place.entry))
    }

    /// That nothing listens, if everything that does was listed.
    fn nobody(&self, node: &str, port: u16, ipv6: bool) -> Result<Answer, String> {
        let family = if ipv6 { "tcp6" } else { "tcp4" };
        let listings: Vec<_> = self.relations.listings("socket", Some(node)).collect();
        let of = |scope: &str| {
            listings
                .iter()
                .find(|listing| listing.scope.contains(scope))
        };
        // A wildcard of IPv6 serves IPv4 as well, so both must have been listed.
        let (Some(listing), Some(_)) = (of(family), of("tcp6")) else {
            return Err(format!(
                "the listening sockets of {node} were not collected"
            ));
        };
        Ok(Answer::Row(Row {
            kind: Cow::Borrowed("listener"),
            node: Some(node.to_owned()),
            fields: fields([
                ("port", &*port.to_string()),
                ("state", "none"),
                ("says", &format!("nothing listens on tcp/{port} of {node}")),
            ]),
            place: Some(listing.place.clone()),
        }))
    }

    /// The machine that was dialled.
    fn machine(symptom: &Symptom) -> Result<(&str, Option<IpAddr>), String> {
        if let Some(dialled) = symptom.dialled() {
            return Ok(dialled);
        }
        Err(match &symptom.target {
            None => "the log does not name the host".to_owned(),
            Some(Target::Unknown(why)) => why.clone(),
            Some(Target::Service { id }) => format!("{id} is a service, not a machine"),
            Some(Target::Inside { container }) => {
                format!("the network of the container {container} was not collected")
            }
            Some(Target::Pod { id, .. }) => {
                format!("the network of the pod {id} was not collected")
            }
            Some(Target::Container { name, .. }) => {
                format!("the network of the container {name} was not collected")
            }
            Some(Target::Machine { .. } | Target::Loopback { .. }) => String::new(),
        })
    }

    /// What the packet filter of the target does.
    fn verdict(&self, symptom: &Symptom) -> Result<Answer, String> {
        let port = symptom.port().ok_or("the log does not name the port")?;
        if let Some(Target::Container { node, address, .. }) = &symptom.target {
            return self.between_containers(symptom, node, *address, port);
        }
        let (node, address) = Self::machine(symptom)?;
        let machine = self.book.machine(node);
        let address = address.or_else(|| self.book.only_address(node));
        let hidden = |(filter, _): &(Filter<'_>, _)| !filter.shows_translation();
        let proxied = || {
            let sockets = self.listening_sockets(node, port);
            sockets.iter().any(|row| row.is("process", "docker-proxy"))
        };
        if (self.published_on(node, port).is_some() || proxied())
            && self.filters.of_node.get(node).is_some_and(hidden)
        {
            return Err(format!(
                "docker forwards tcp/{port} of {node}, and the nat table was not collected"
            ));
        }
        let packet = self.packet(symptom, (node, machine), address, port);
        let answer = self.decide("filter_verdict", node, machine, &packet)?;
        if !symptom.client_is_guessed() {
            return Ok(answer);
        }
        let stranger = Packet {
            way: Way::In,
            source: None,
            input: Interface::Outside,
            output: Interface::None,
            ..packet
        };
        let other = self.decide("filter_verdict", node, machine, &stranger)?;
        if answer.produces() == other.produces() {
            return Ok(other);
        }
        Err(format!(
            "the bundle does not say whether {node} dialled itself, which its packet filter treats otherwise than others"
        ))
    }

    /// What the packet filter does to a connection that passes through the machine.
    fn between_containers(
        &self,
        symptom: &Symptom,
        node: &str,
        destination: Option<IpAddr>,
        port: u16,
    ) -> Result<Answer, String> {
        let machine = self.book.machine(node);
        let output = destination.and_then(|address| machine.interface_of(address));
        // What the machine itself sends to a container does not pass FORWARD.
        let (way, input, source) = if symptom.client.container.is_some() {
            let (input, source) = self.entrance(node, symptom);
            (Way::Through, input, source)
        } else {
            (Way::Out, Interface::None, None)
        };
        let packet = Packet {
            way,
            family: Family::V4,
            source,
            destination,
            port,
            input,
            output: output.map_or(Interface::Bridge, |name| Interface::Named(name.to_owned())),
        };
        self.decide("filter_verdict", node, machine, &packet)
    }

    fn packet(
        &self,
        symptom: &Symptom,
        (node, machine): (&str, &Machine),
        address: Option<IpAddr>,
        port: u16,
    ) -> Packet {
        let family = address.map_or(Family::V4, Family::of);
        let client = symptom.client.node.as_deref();
        let here = client == Some(node);
        let (way, input, output, source) = match (&symptom.client.container, here) {
            (None, true) => (
                Way::Local,
                Interface::None,
                Interface::Named("lo".to_owned()),
                address.map(Net::of),
            ),
            (Some(_), true) => {
                let (input, source) = self.entrance(node, symptom);
                (Way::In, input, Interface::None, source)
            }
            (_, false) => {
                let source = client
                    .and_then(|client| self.book.source(client, node, address))
                    .filter(|source| source.is_ipv4() == (family == Family::V4));
                let by = source
                    .and_then(|source| machine.interface_of(source))
                    .or_else(|| address.and_then(|address| machine.interface_of(address)));
                let input = by.map_or(Interface::Outside, |name| Interface::Named(name.to_owned()));
                (Way::In, input, Interface::None, source.map(Net::of))
            }
        };
        Packet {
            way,
            family,
            source,
            destination: address,
            port,
            input,
            output,
        }
    }

    /// By which interface, and from where, a container of a machine comes in.
    fn entrance(&self, node: &str, symptom: &Symptom) -> (Interface, Option<Net>) {
        match self.book.bridge(node, &symptom.client) {
            None => (Interface::Bridge, None),
            Some((names, net)) if names.is_empty() => (Interface::Bridge, net),
            Some((mut names, net)) if names.len() == 1 => {
                (Interface::Named(names.swap_remove(0)), net)
            }
            Some((names, net)) => (Interface::OneOf(names), net),
        }
    }

    /// What the packet filter of the client does to what it sends.
    fn egress(&self, symptom: &Symptom) -> Result<Answer, String> {
        let port = symptom.port().ok_or("the log does not name the port")?;
        let client = symptom
            .client
            .node
            .as_deref()
            .ok_or("the log does not say which machine it is from")?;
        if symptom.client.container.is_some()
            || matches!(symptom.target, Some(Target::Loopback { .. }))
        {
            return Err("the connection does not leave the machine by itself".to_owned());
        }
        let address = symptom
            .address()
            .ok_or("the address that was dialled is not known")?;
        let machine = self.book.machine(client);
        let output = machine
            .interface_of(address)
            .map_or(Interface::Outside, |name| Interface::Named(name.to_owned()));
        let packet = Packet {
            way: Way::Out,
            family: Family::of(address),
            source: None,
            destination: Some(address),
            port,
            input: Interface::None,
            output,
        };
        self.decide("egress_verdict", client, machine, &packet)
    }

    /// What the packet filter of a machine does to a packet, as a row of `kind`.
    fn decide(
        &self,
        kind: &'static str,
        node: &str,
        machine: &Machine,
        packet: &Packet,
    ) -> Result<Answer, String> {
        let known = self
            .filters
            .of_node
            .get(node)
            .filter(|(filter, _)| !filter.is_empty());
        let (filter, entries) =
            known.ok_or_else(|| format!("the packet filter rules of {node} were not collected"))?;
        if let Some(why) = self.filters.unreliable.get(node) {
            return Err(why.clone());
        }
        let Decision {
            verdict, step, why, ..
        } = self.evaluate(filter, (node, machine), packet);
        if verdict == Verdict::Unknown {
            let rule = step
                .map(|step| format!(" (line {} of {})", step.line, step.chain))
                .unwrap_or_default();
            let why = printable_str(why.as_deref().unwrap_or_default()).into_owned();
            return Err(format!(
                "the packet filter of {node} cannot be evaluated: {why}{rule}"
            ));
        }
        if verdict == Verdict::Accept
            && let Some(program) = self.filters.hidden.get(node)
        {
            return Err(format!(
                "{program} is active on {node}, and its rules are not in what was collected"
            ));
        }
        let by_kube_proxy = |step: &Step| step.text.contains("has no endpoints");
        if kind == "egress_verdict" && step.as_ref().is_some_and(by_kube_proxy) {
            return Err("kube-proxy rejects what goes to a service without endpoints".to_owned());
        }
        Ok(Answer::Row(decided(
            kind,
            (node, packet.port),
            (verdict, step),
            entries,
        )))
    }
}

/// The row of a verdict, with the rule that decides.
fn decided(
    kind: &'static str,
    (node, port): (&str, u16),
    (verdict, step): (Verdict, Option<Step>),
    entries: &[EntryId],
) -> Row {
    let reject = match verdict {
        Verdict::Reject(kind) => kind.as_str(),
        _ => "",
    };
    let produces = verdict
        .symptom()
        .map_or("connected", crate::filter::Symptom::as_str);
    let rule = step.as_ref().map_or("", |step| step.text.trim());
    let rule = printable_str(rule).into_owned();
    let says = format!(
        "the packet filter of {node} {}s tcp/{}",
        verdict.as_str(),
        port
    );
    let (table, chain, source) = step.as_ref().map_or(("", "", ""), |step| {
        (&*step.table, &*step.chain, step.source.as_str())
    });
    Row {
        kind: Cow::Borrowed(kind),
        node: Some(node.to_owned()),
        fields: fields([
            ("port", &*port.to_string()),
            ("verdict", verdict.as_str()),
            ("kind", reject),
            ("produces", produces),
            ("table", table),
            ("chain", chain),
            ("source", source),
            ("rule", &rule),
            ("says", &says),
        ]),
        place: step.and_then(|step| {
            Some(Place {
                entry: *entries.get(step.ruleset)?,
                line: step.line,
                text: step.text,
            })
        }),
    }
}

fn listening(node: &str, port: u16, reach: Reach, row: &Row) -> Answer {
    let process = row.get("process").or_else(|| row.get("container"));
    let (process, port) = (process.unwrap_or("a program"), port.to_string());
    let address = row.get("address").unwrap_or("*");
    let only = if reach == Reach::Open { "" } else { " only" };
    let bracketed = if address.contains(':') {
        format!("[{address}]")
    } else {
        address.to_owned()
    };
    let says = match (row.get("process"), row.get("container")) {
        (None, Some(container)) => {
            let host_port = row.get("port").unwrap_or(&port);
            format!(
                "docker forwards {bracketed}:{host_port} of {node} to the container {container}"
            )
        }
        _ => format!("{process} listens on {bracketed}:{port} of {node}{only}"),
    };
    Answer::Row(Row {
        kind: Cow::Borrowed("listener"),
        node: Some(node.to_owned()),
        fields: fields([
            ("port", &*port),
            ("state", reach.as_str()),
            ("address", address),
            ("process", process),
            ("says", &says),
        ]),
        place: row.place.clone(),
    })
}

/// How far a listening socket can be reached, nearest to what was dialled first.
#[derive(Clone, Copy, Eq, Ord, PartialEq, PartialOrd)]
enum Reach {
    /// From where it was dialled.
    Open,
    /// From its own machine.
    Loopback,
    /// By another address than the one that was dialled.
    Elsewhere,
}

impl Reach {
    /// Of a socket; `None` where its address is not shown.
    fn of(row: &Row, address: Option<IpAddr>, loopback: bool) -> Option<Self> {
        if serves(row, address, loopback) {
            Some(Self::Open)
        } else if row.is("loopback", "true") {
            Some(Self::Loopback)
        } else {
            row.get("address").map(|_| Self::Elsewhere)
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Loopback => "loopback",
            Self::Elsewhere => "elsewhere",
        }
    }
}

/// Whether a listening socket takes connections to `address`.
fn serves(row: &Row, address: Option<IpAddr>, loopback: bool) -> bool {
    let Some(own) = row
        .get("address")
        .and_then(|own| own.parse::<IpAddr>().ok())
    else {
        return row.is("wildcard", "true");
    };
    match own {
        // An IPv6 wildcard takes IPv4 as well, unless it was made for IPv6 alone, which `ss` writes as `[::]` instead of `*`.
        own if own.is_unspecified() => {
            let place = row.place.as_ref();
            let v6_only = place.is_some_and(|place| place.text.contains(" [::]:"));
            match address {
                Some(IpAddr::V4(_)) => own.is_ipv4() || !v6_only,
                Some(IpAddr::V6(_)) => own.is_ipv6(),
                None => true,
            }
        }
        own if own.is_loopback() => {
            loopback && address.is_none_or(|address| own == address || !address.is_loopback())
        }
        own => address.is_none_or(|address| own == address),
    }
}

pub(super) fn fields<const N: usize>(
    fields: [(&'static str, &str); N],
) -> Vec<(Cow<'static, str>, String)> {
    let set = fields.into_iter().filter(|(_, value)| !value.is_empty());
    set.map(|(name, value)| (Cow::Borrowed(name), value.to_owned()))
        .collect()
}
