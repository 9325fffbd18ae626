//! Walks chains as the kernel would for the first packet of a connection.
//!
//! A rule whose conditions cannot be told is followed and not followed: what it may decide is kept beside what the
//! rest of the walk decides, and only if all agree the verdict is certain.

use std::collections::HashMap;
use std::net::IpAddr;

use super::packet::{Interface, Machine, Packet, Way};
use super::set::Key;
use super::truth::{self, Truth};
use super::{
    Action, Base, Chain, End, Family, Hook, IpSet, Policy, RejectKind, Rule, Ruleset, Source,
};

/// Rules that one walk looks at, so that chains which jump to each other twice end.
const MAX_STEPS: u32 = 200_000;
/// Chains in chains.
const MAX_DEPTH: usize = 32;

/// What becomes of a packet.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Verdict {
    /// It passes.
    Accept,
    /// It vanishes.
    Drop,
    /// It is answered with an error.
    Reject(RejectKind),
    /// It cannot be told.
    Unknown,
}

/// What the program that dials sees.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Symptom {
    /// ECONNREFUSED.
    Refused,
    /// ETIMEDOUT, or its own deadline.
    Timeout,
    /// EHOSTUNREACH.
    NoRoute,
    /// ENETUNREACH.
    NetUnreachable,
    /// ENOPROTOOPT.
    NoProtocol,
}

impl Symptom {
    /// The word for it, which is also the tag of the patterns that match it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Timeout => "timeout",
            Self::NoRoute => "no-route",
            Self::NetUnreachable => "net-unreachable",
            Self::NoProtocol => "no-protocol",
        }
    }
}

impl Verdict {
    /// What the client sees of it, as measured on Linux 6.18; `None` where the packet passes or nothing is known.
    pub fn symptom(self) -> Option<Symptom> {
        Some(match self {
            Self::Accept | Self::Unknown => return None,
            Self::Drop => Symptom::Timeout,
            Self::Reject(RejectKind::PortUnreachable | RejectKind::TcpReset) => Symptom::Refused,
            Self::Reject(RejectKind::NetUnreachable | RejectKind::NetProhibited) => {
                Symptom::NetUnreachable
            }
            Self::Reject(RejectKind::ProtoUnreachable) => Symptom::NoProtocol,
            Self::Reject(_) => Symptom::NoRoute,
        })
    }

    /// `accept`, `drop`, `reject` or `unknown`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Drop => "drop",
            Self::Reject(_) => "reject",
            Self::Unknown => "unknown",
        }
    }
}

/// The rule or policy that decides.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Step {
    /// The position of its ruleset among those that were given.
    pub ruleset: usize,
    /// Which program printed it.
    pub source: Source,
    /// Its table.
    pub table: String,
    /// Its chain.
    pub chain: String,
    /// Its line, from one.
    pub line: u64,
    /// The line as it stands.
    pub text: String,
    /// Whether it is the policy of a chain, not a rule.
    pub is_policy: bool,
}

/// The verdict on a packet, and what it rests on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Decision {
    /// What becomes of it.
    pub verdict: Verdict,
    /// The rule that decides, or that could and cannot be told; `None` where no rules are known at all.
    pub step: Option<Step>,
    /// Why it cannot be told.
    pub why: Option<String>,
}

impl Decision {
    fn unknown(why: impl Into<String>) -> Self {
        Self {
            verdict: Verdict::Unknown,
            step: None,
            why: Some(why.into()),
        }
    }
}

/// All rules of one machine, ready to be walked.
#[derive(Debug)]
pub struct Filter<'r> {
    rulesets: Vec<&'r Ruleset>,
    /// Base chains: ruleset and chain, in the order of their priorities.
    bases: Vec<(Base, usize, usize)>,
    /// Chains by ruleset, table and name.
    names: HashMap<(usize, &'r str, &'r str), usize>,
    /// Sets by name; the first of each name counts.
    sets: HashMap<&'r str, &'r IpSet>,
}

/// A packet on its way.
#[derive(Debug)]
pub(super) struct State<'p> {
    pub(super) packet: &'p Packet,
    machine: &'p Machine,
    pub(super) destination: Option<IpAddr>,
    pub(super) port: u16,
    pub(super) input: Interface,
    pub(super) output: Interface,
    pub(super) translated: bool,
    /// The mark, and which of its bits are known.
    pub(super) mark: (u32, u32),
    /// What a rule may have decided.
    maybe: Vec<(Verdict, Option<Step>, String)>,
    steps: u32,
    sets: &'p HashMap<&'p str, &'p IpSet>,
}

impl State<'_> {
    /// Whether a set has the packet.
    pub(super) fn look_up(&self, name: &str, ends: &[End]) -> Truth {
        let key = Key {
            source: self.packet.source,
            destination: self.destination,
            port: self.port,
        };
        match self.sets.get(name) {
            Some(set) => set.has(ends, &key),
            None => Truth::Maybe(format!("the set `{name}` was not collected")),
        }
    }

    pub(super) fn destination_local(&self) -> Option<bool> {
        if !self.translated {
            match self.packet.way {
                Way::In | Way::Local => return Some(true),
                Way::Out => return Some(false),
                Way::Through => {}
            }
        }
        self.destination
            .and_then(|address| self.machine.is_local(address))
    }

    pub(super) fn source_local(&self) -> bool {
        matches!(self.packet.way, Way::Out | Way::Local)
    }
}

/// How the walk of a chain ends.
enum Flow {
    /// A rule decided.
    End(Verdict, Step),
    /// The end of the chain, or a return.
    Back,
}

impl<'r> Filter<'r> {
    /// The rules of one machine. Where several programs show the same rules, the one that shows most is taken.
    pub fn new(rulesets: impl IntoIterator<Item = &'r Ruleset>) -> Self {
        let rulesets: Vec<&Ruleset> = rulesets.into_iter().collect();
        let mut bases = Vec::new();
        let mut names = HashMap::new();
        for (at, ruleset) in rulesets.iter().enumerate() {
            for (index, chain) in ruleset.chains.iter().enumerate() {
                if is_shown_better(&rulesets, at, chain) {
                    continue;
                }
                names
                    .entry((at, &*chain.table, &*chain.name))
                    .or_insert(index);
                bases.extend(chain.base.map(|base| (base, at, index)));
            }
        }
        bases.sort_by_key(|(base, at, index)| (base.hook, base.priority, *at, *index));
        Self {
            rulesets,
            bases,
            names,
            sets: HashMap::new(),
        }
    }

    /// The same rules with the sets that they name.
    #[must_use]
    pub fn with_sets(mut self, sets: impl IntoIterator<Item = &'r IpSet>) -> Self {
        for set in sets {
            self.sets.entry(&set.name).or_insert(set);
        }
        self
    }

    /// Whether the translation of destinations of what comes in is known.
    pub fn shows_translation(&self) -> bool {
        let nat = |(base, ..): &(Base, usize, usize)| {
            base.hook == Hook::Prerouting && base.priority == -100
        };
        let whole =
            |ruleset: &&Ruleset| matches!(ruleset.source, Source::IptablesSave | Source::Nft);
        self.bases.iter().any(nat) || self.rulesets.iter().any(whole)
    }

    /// Whether there are no rules and no policies at all.
    pub fn is_empty(&self) -> bool {
        self.bases.is_empty()
    }

    /// What becomes of the packet.
    pub fn evaluate(&self, machine: &Machine, packet: &Packet) -> Decision {
        let mut state = State {
            packet,
            machine,
            destination: packet.destination,
            port: packet.port,
            input: packet.input.clone(),
            output: packet.output.clone(),
            translated: false,
            mark: (0, u32::MAX),
            maybe: Vec::new(),
            steps: 0,
            sets: &self.sets,
        };
        let mut passed = None;
        let mut blocked = None;
        'ways: for hooks in Self::ways(packet.way) {
            for hook in *hooks {
                let hook = match (hook, state.translated, packet.way) {
                    (Hook::Input, true, Way::In) if state.destination_local() != Some(true) => {
                        state.output = state.route();
                        Hook::Forward
                    }
                    _ => *hook,
                };
                if let Some(missing) = self.missing(hook, packet.family) {
                    state.maybe.push((Verdict::Unknown, None, missing));
                }
                match self.pass(hook, &mut state) {
                    Some((Verdict::Accept, step)) => {
                        passed = step.filter(|_| decides(hook)).or(passed);
                    }
                    Some(block) => {
                        blocked = Some(block);
                        break 'ways;
                    }
                    None => {}
                }
            }
            if state.translated && state.destination_local() != Some(true) {
                break;
            }
            (state.input, state.output) = (Interface::Named("lo".to_owned()), Interface::None);
        }
        let (verdict, step) = blocked.unwrap_or((Verdict::Accept, passed));
        settle(verdict, step, state.maybe)
    }

    /// The hooks that a packet passes; a local one leaves and comes in again.
    fn ways(way: Way) -> &'static [&'static [Hook]] {
        match way {
            Way::In => &[&[Hook::Prerouting, Hook::Input]],
            Way::Out => &[&[Hook::Output, Hook::Postrouting]],
            Way::Local => &[
                &[Hook::Output, Hook::Postrouting],
                &[Hook::Prerouting, Hook::Input],
            ],
            Way::Through => &[&[Hook::Prerouting, Hook::Forward, Hook::Postrouting]],
        }
    }

    /// Why nothing can be said of a hook: of iptables only other tables were collected.
    fn missing(&self, hook: Hook, family: Family) -> Option<String> {
        if matches!(hook, Hook::Prerouting | Hook::Postrouting) {
            return None;
        }
        let filters = |(base, at, _): &(Base, usize, usize)| {
            base.hook == hook && base.priority == 0 && fits(self.rulesets[*at].family, family)
        };
        let complete = |ruleset: &&Ruleset| {
            fits(ruleset.family, family)
                && matches!(ruleset.source, Source::Nft | Source::IptablesSave)
        };
        let known = self.bases.iter().any(filters) || self.rulesets.iter().any(complete);
        // firewalld and ufw say nothing of the other hooks, and let them be.
        let managed =
            |ruleset: &&Ruleset| matches!(ruleset.source, Source::Firewalld | Source::Ufw);
        if known || self.rulesets.iter().any(managed) {
            return None;
        }
        Some(format!(
            "the filter table for IPv{} was not collected",
            if family == Family::V6 { 6 } else { 4 }
        ))
    }

    /// All base chains of a hook: the block, or that the packet passed and by which rule; `None` without chains.
    fn pass(&self, hook: Hook, state: &mut State<'_>) -> Option<(Verdict, Option<Step>)> {
        let mut passed = None;
        let of_hook = self.bases.iter().filter(|(base, ..)| base.hook == hook);
        for (base, at, index) in of_hook {
            if !fits(self.rulesets[*at].family, state.packet.family) {
                continue;
            }
            let chain = &self.rulesets[*at].chains[*index];
            if !table_fits(&chain.table, state.packet.family) {
                continue;
            }
            let before = state.maybe.len();
            let (verdict, step) = match self.walk((*at, chain), state, 0) {
                Flow::End(verdict, step) => (verdict, step),
                Flow::Back => self.policy(base.policy, (*at, chain), state),
            };
            if verdict != Verdict::Accept {
                return Some((verdict, Some(step)));
            }
            // What passes this chain in either case goes on to the next.
            let later = state.maybe.split_off(before);
            state.maybe.extend(
                later
                    .into_iter()
                    .filter(|(verdict, ..)| *verdict != Verdict::Accept),
            );
            if base.priority == 0 || passed.is_none() {
                passed = Some((verdict, Some(step)));
            }
        }
        passed
    }

    fn policy(
        &self,
        policy: Policy,
        (at, chain): (usize, &Chain),
        state: &mut State<'_>,
    ) -> (Verdict, Step) {
        let step = Step {
            ruleset: at,
            source: self.rulesets[at].source,
            table: chain.table.clone(),
            chain: chain.name.clone(),
            line: chain.line,
            text: chain.text.clone(),
            is_policy: true,
        };
        match policy {
            Policy::Accept => (Verdict::Accept, step),
            Policy::Drop => (Verdict::Drop, step),
            Policy::Reject(kind) => (Verdict::Reject(kind), step),
            Policy::Unknown => {
                let why = format!("the policy of the chain {} is not shown", chain.name);
                state
                    .maybe
                    .push((Verdict::Unknown, Some(step.clone()), why));
                (Verdict::Accept, step)
            }
        }
    }

    fn walk(&self, (at, chain): (usize, &Chain), state: &mut State<'_>, depth: usize) -> Flow {
        // After a return that may have happened, nothing in this chain is certain.
        let mut doubt: Option<String> = None;
        for rule in &chain.rules {
            state.steps += 1;
            let truth = match truth::all(&rule.matches, state) {
                Truth::No => continue,
                Truth::Yes => doubt.clone(),
                Truth::Maybe(why) => Some(doubt.clone().unwrap_or(why)),
            };
            let step = || self.step(at, chain, rule);
            if state.steps > MAX_STEPS || depth > MAX_DEPTH {
                state.maybe.push((
                    Verdict::Unknown,
                    Some(step()),
                    "the rules are too many".to_owned(),
                ));
                return Flow::Back;
            }
            let end = match &rule.action {
                Action::Accept => Some((Verdict::Accept, step())),
                Action::Drop => Some((Verdict::Drop, step())),
                Action::Reject(kind) => Some((Verdict::Reject(*kind), step())),
                Action::Unknown(why) => {
                    state
                        .maybe
                        .push((Verdict::Unknown, Some(step()), why.clone()));
                    None
                }
                Action::Return => match truth {
                    None => return Flow::Back,
                    why => {
                        doubt = why;
                        continue;
                    }
                },
                Action::Jump(name) | Action::Goto(name) => {
                    let flow = self.jump(at, chain, rule, name, state, depth);
                    match (flow, &rule.action, &truth) {
                        (Flow::End(verdict, step), ..) => Some((verdict, step)),
                        (Flow::Back, Action::Goto(_), None) => return Flow::Back,
                        (Flow::Back, Action::Goto(_), why) => {
                            doubt.clone_from(why);
                            None
                        }
                        (Flow::Back, ..) => None,
                    }
                }
                Action::Dnat(address, port) => {
                    translate(state, (*address, *port), truth.as_deref());
                    truth.is_none().then(|| (Verdict::Accept, step()))
                }
                Action::SetMark { value, mask } => {
                    let (own, known) = state.mark;
                    let certain = if truth.is_none() { u32::MAX } else { !mask };
                    state.mark = (
                        (own & !mask) ^ value,
                        (known | if truth.is_none() { *mask } else { 0 }) & certain,
                    );
                    None
                }
                Action::Continue => None,
            };
            match (end, truth) {
                (Some((verdict, step)), None) => return Flow::End(verdict, step),
                (Some((verdict, step)), Some(why)) => state.maybe.push((verdict, Some(step), why)),
                (None, _) => {}
            }
        }
        Flow::Back
    }

    fn jump(
        &self,
        at: usize,
        chain: &Chain,
        rule: &Rule,
        name: &str,
        state: &mut State<'_>,
        depth: usize,
    ) -> Flow {
        if let Some(index) = self.names.get(&(at, &*chain.table, name)) {
            self.walk((at, &self.rulesets[at].chains[*index]), state, depth + 1)
        } else {
            let why = format!("the chain {name} was not collected");
            state
                .maybe
                .push((Verdict::Unknown, Some(self.step(at, chain, rule)), why));
            Flow::Back
        }
    }

    fn step(&self, at: usize, chain: &Chain, rule: &Rule) -> Step {
        Step {
            ruleset: at,
            source: self.rulesets[at].source,
            table: chain.table.clone(),
            chain: chain.name.clone(),
            line: rule.line,
            text: rule.text.clone(),
            is_policy: false,
        }
    }
}

impl State<'_> {
    /// Where a translated packet goes out.
    fn route(&self) -> Interface {
        let interface = self
            .destination
            .and_then(|address| self.machine.interface_of(address));
        interface.map_or(Interface::Outside, |name| Interface::Named(name.to_owned()))
    }
}

fn translate(
    state: &mut State<'_>,
    (address, port): (Option<IpAddr>, Option<u16>),
    doubt: Option<&str>,
) {
    if let Some(why) = doubt {
        state.maybe.push((
            Verdict::Unknown,
            None,
            format!("its destination may be translated: {why}"),
        ));
        return;
    }
    state.translated = address.is_some();
    state.destination = address.or(state.destination);
    state.port = port.unwrap_or(state.port);
}

/// One verdict of what was decided and what may have been.
fn settle(
    verdict: Verdict,
    step: Option<Step>,
    maybe: Vec<(Verdict, Option<Step>, String)>,
) -> Decision {
    let symptom = |verdict: Verdict| (verdict.symptom(), verdict == Verdict::Unknown);
    match maybe
        .into_iter()
        .find(|(other, ..)| symptom(*other) != symptom(verdict))
    {
        None if step.is_none() => Decision::unknown("no rules were collected"),
        None => Decision {
            verdict,
            step,
            why: None,
        },
        Some((_, step, why)) => Decision {
            verdict: Verdict::Unknown,
            step,
            why: Some(why),
        },
    }
}

/// Whether the chains of a hook are those that people mean by "the packet filter".
fn decides(hook: Hook) -> bool {
    matches!(hook, Hook::Input | Hook::Forward | Hook::Output)
}

fn fits(rules: Family, packet: Family) -> bool {
    rules == Family::Any || rules == packet
}

/// nft's tables name their family.
fn table_fits(table: &str, family: Family) -> bool {
    match table.split_once(' ') {
        Some(("ip", _)) => family == Family::V4,
        Some(("ip6", _)) => family == Family::V6,
        _ => true,
    }
}

/// Whether another ruleset shows the rules of this chain as well, and better.
fn is_shown_better(rulesets: &[&Ruleset], at: usize, chain: &Chain) -> bool {
    let own = rulesets[at];
    let better = |(other_at, other): (usize, &&Ruleset)| {
        if other_at == at {
            return false;
        }
        let earlier = other_at < at;
        match (own.source, other.source) {
            (mine, theirs) if is_iptables(mine) && is_iptables(theirs) => {
                other.family == own.family
                    && (theirs, other_at) < (mine, at)
                    && shows(other, &chain.table, &chain.name)
            }
            // An iptables that does not show everything, beside an nft that does.
            (mine, Source::Nft) if is_iptables(mine) => {
                let table = format!(
                    "{} {}",
                    if own.family == Family::V6 {
                        "ip6"
                    } else {
                        "ip"
                    },
                    chain.table
                );
                (is_lossy(own) || has_no_policy(chain)) && shows(other, &table, &chain.name)
            }
            // iptables-nft's tables, of which nft shows the matches of xtables empty.
            (Source::Nft, theirs) if is_iptables(theirs) => {
                let (family, table) = chain.table.split_once(' ').unwrap_or_default();
                let family_fits = matches!(
                    (family, other.family),
                    ("ip", Family::V4) | ("ip6", Family::V6)
                );
                family_fits && !is_lossy(other) && shows(other, table, &chain.name)
            }
            (Source::Nft, Source::Nft) => earlier && shows(other, &chain.table, &chain.name),
            (Source::Firewalld, theirs) => {
                is_managed(other, theirs, |chain| {
                    chain.name == "INPUT_ZONES" || chain.table.ends_with(" firewalld")
                }) || (earlier && theirs == own.source)
            }
            (Source::Ufw, theirs) => {
                is_managed(other, theirs, |chain| chain.name.starts_with("ufw-"))
                    || (earlier && theirs == own.source)
            }
            _ => false,
        }
    };
    rulesets.iter().enumerate().any(better)
}

fn is_iptables(source: Source) -> bool {
    matches!(
        source,
        Source::IptablesSave | Source::IptablesSpec | Source::IptablesList
    )
}

/// Whether a ruleset has the chain with what it does at its end.
fn shows(ruleset: &Ruleset, table: &str, name: &str) -> bool {
    let same = |chain: &Chain| chain.table == table && chain.name == name && !has_no_policy(chain);
    ruleset.chains.iter().any(same)
}

fn has_no_policy(chain: &Chain) -> bool {
    chain
        .base
        .is_some_and(|base| base.policy == Policy::Unknown)
}

/// Whether the program that printed it left out conditions that it does not know.
fn is_lossy(ruleset: &Ruleset) -> bool {
    let lost = |test: &super::Test| matches!(test, super::Test::Unknown(why) if why == super::LOST_CONDITIONS);
    let mut rules = ruleset.chains.iter().flat_map(|chain| &chain.rules);
    rules.any(|rule| rule.matches.iter().any(|one| lost(&one.test)))
}

/// Whether another program shows the chains that firewalld or ufw have made.
fn is_managed(other: &Ruleset, source: Source, made: impl Fn(&Chain) -> bool) -> bool {
    (is_iptables(source) || source == Source::Nft) && other.chains.iter().any(made)
}
