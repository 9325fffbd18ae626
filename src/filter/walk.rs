//! Walks chains as the kernel would for the first packet of a connection.
//!
//! A rule whose conditions cannot be told is followed and not followed: what it may decide is kept beside what the
//! rest of the walk decides, and only if all agree the verdict is certain.

use std::cell::Cell;
use std::collections::HashMap;
use std::net::IpAddr;

use super::choice::is_shown_better;
use super::packet::{Interface, Machine, Packet, Way};
use super::set::Key;
use super::truth::{self, Truth};
use super::verdict::Verdict;
use super::{Action, Base, Chain, End, Family, Hook, IpSet, Policy, Rule, Ruleset, Source};

/// Rules that one walk looks at, so that chains which jump to each other twice end.
const MAX_STEPS: u32 = 200_000;
/// Rules that all walks of one machine look at together.
const MAX_WORK: u64 = 20_000_000;
/// The priority at which destinations are translated.
const NAT: i32 = -100;
/// Chains in chains.
const MAX_DEPTH: usize = 32;

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
    /// Where it goes instead, if its destination is translated: the address, if that is another one, and the port.
    pub translated: Option<(Option<IpAddr>, u16)>,
}

impl Decision {
    fn unknown(why: impl Into<String>) -> Self {
        Self {
            verdict: Verdict::Unknown,
            step: None,
            why: Some(why.into()),
            translated: None,
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
    /// Rules that were looked at so far.
    work: Cell<u64>,
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
    /// Whether its destination was translated.
    pub(super) translated: bool,
    /// Whether it has another address since.
    moved: bool,
    /// The mark, and which of its bits are known.
    pub(super) mark: (u32, u32),
    /// What a rule may have decided.
    maybe: Vec<(Verdict, Option<Step>, String)>,
    steps: u32,
    sets: &'p HashMap<&'p str, &'p IpSet>,
}

impl State<'_> {
    /// Sets bits of the mark, if that is `certain`; else they are not known any more.
    fn set_mark(&mut self, value: u32, mask: u32, certain: bool) {
        let (own, known) = self.mark;
        let known = if certain { known | mask } else { known & !mask };
        self.mark = ((own & !mask) ^ value, known);
    }

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
        if !self.moved {
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
            work: Cell::new(0),
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
            base.hook == Hook::Prerouting && base.priority == NAT
        };
        let whole =
            |ruleset: &&Ruleset| matches!(ruleset.source, Source::IptablesSave | Source::Nft);
        self.bases.iter().any(nat) || self.rulesets.iter().any(whole)
    }

    /// Whether the rules are those of `firewalld` or `ufw`, or made by it.
    pub fn shows_program(&self, program: &str) -> bool {
        let made = |chain: &Chain| match program {
            "firewalld" => {
                chain.name.starts_with("INPUT_ZONES")
                    || chain.name.starts_with("IN_")
                    || chain.table.ends_with(" firewalld")
            }
            _ => chain.name.starts_with("ufw"),
        };
        self.rulesets.iter().any(|ruleset| {
            let own = matches!(
                (program, ruleset.source),
                ("firewalld", Source::Firewalld) | ("ufw", Source::Ufw)
            );
            own || ruleset.chains.iter().any(made)
        })
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
            moved: false,
            mark: (0, u32::MAX),
            maybe: Vec::new(),
            steps: if self.work.get() > MAX_WORK {
                MAX_STEPS
            } else {
                0
            },
            sets: &self.sets,
        };
        let mut passed = None;
        let mut blocked = None;
        'ways: for hooks in Self::ways(packet.way) {
            for hook in *hooks {
                let hook = match (hook, state.moved, packet.way) {
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
            if state.moved && state.destination_local() != Some(true) {
                break;
            }
            (state.input, state.output) = (Interface::Named("lo".to_owned()), Interface::None);
        }
        self.work.set(self.work.get() + u64::from(state.steps));
        let (verdict, step) = blocked.unwrap_or((Verdict::Accept, passed));
        let moved = state.destination.filter(|_| state.moved);
        Decision {
            translated: state.translated.then_some((moved, state.port)),
            ..settle(verdict, step, state.maybe)
        }
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
        // `iptables-save -t nat` says nothing of the filter table.
        let has_filter = |ruleset: &Ruleset| {
            let mut chains = ruleset.chains.iter();
            ruleset.source == Source::Nft || chains.any(|chain| chain.table == "filter")
        };
        let complete = |ruleset: &&Ruleset| {
            fits(ruleset.family, family)
                && matches!(ruleset.source, Source::Nft | Source::IptablesSave)
                && has_filter(ruleset)
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
            // The kernel translates a connection once: for what the machine sends itself on its way out.
            let again = state.packet.way == Way::Local && hook == Hook::Prerouting;
            if again && base.priority == NAT {
                continue;
            }
            if !table_fits(&chain.table, state.packet.family) {
                continue;
            }
            let before = state.maybe.len();
            let (verdict, step) = match self.walk((*at, chain), state, 0, None) {
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

    /// Walks a chain; `outer` is why it may not have been entered at all.
    fn walk(
        &self,
        (at, chain): (usize, &Chain),
        state: &mut State<'_>,
        depth: usize,
        outer: Option<&str>,
    ) -> Flow {
        // After a return that may have happened, nothing in this chain is certain.
        let mut doubt: Option<String> = None;
        for rule in &chain.rules {
            state.steps += 1;
            let truth = match truth::all(&rule.matches, state) {
                Truth::No => continue,
                Truth::Yes => doubt.clone(),
                Truth::Maybe(why) => Some(doubt.clone().unwrap_or(why)),
            };
            let whole = truth.as_deref().or(outer).map(str::to_owned);
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
                    let flow = self.jump((at, chain, rule), name, state, (depth, whole.as_deref()));
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
                    translate(state, (*address, *port), whole.as_deref());
                    Some((Verdict::Accept, step()))
                }
                Action::SetMark { value, mask } => {
                    state.set_mark(*value, *mask, whole.is_none());
                    None
                }
                Action::Continue => None,
            };
            match (end, truth, whole) {
                (None, ..) | (Some(_), Some(_), None) => {}
                (Some((verdict, step)), None, None) => return Flow::End(verdict, step),
                (Some((verdict, step)), local, Some(why)) => {
                    state.maybe.push((verdict, Some(step), why));
                    // If the chain was entered it ends here.
                    if local.is_none() {
                        return Flow::Back;
                    }
                }
            }
        }
        Flow::Back
    }

    fn jump(
        &self,
        (at, chain, rule): (usize, &Chain, &Rule),
        name: &str,
        state: &mut State<'_>,
        (depth, outer): (usize, Option<&str>),
    ) -> Flow {
        if let Some(index) = self.names.get(&(at, &*chain.table, name)) {
            let next = &self.rulesets[at].chains[*index];
            self.walk((at, next), state, depth + 1, outer)
        } else {
            let why = format!("the chain {name} was not collected");
            let step = self.step(at, chain, rule);
            state.maybe.push((Verdict::Unknown, Some(step), why));
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
        let why = format!("its destination may be translated: {why}");
        state.maybe.push((Verdict::Unknown, None, why));
        return;
    }
    state.translated = true;
    state.moved |= address.is_some();
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
            step,
            verdict,
            why: None,
            translated: None,
        },
        Some((_, step, why)) => Decision {
            verdict: Verdict::Unknown,
            step,
            why: Some(why),
            translated: None,
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
