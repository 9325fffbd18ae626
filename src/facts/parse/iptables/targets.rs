//! What targets do to the first packet of a TCP connection.

use super::options::Opt;
use crate::facts::parse::draft::{destination, mark_and_mask, reject};
use crate::facts::parse::names::number;
use crate::filter::{Action, RejectKind};

/// A target with its options.
#[derive(Debug)]
pub(super) struct Target<'a> {
    pub(super) name: &'a str,
    pub(super) is_goto: bool,
    pub(super) options: Vec<Opt<'a>>,
}

impl<'a> Target<'a> {
    /// The first value of an option, empty without values; `None` without the option.
    fn option(&self, name: &str) -> Option<&'a str> {
        self.options
            .iter()
            .find(|option| option.name == name)
            .map(Opt::value)
    }
}

/// What a rule with this target does.
pub(super) fn action(target: &Target<'_>) -> Action {
    if target.is_goto {
        return Action::Goto(target.name.to_owned());
    }
    match target.name {
        "REJECT" => target
            .option("--reject-with")
            .map_or(Action::Reject(RejectKind::PortUnreachable), reject),
        "MARK" => mark(target),
        "DNAT" => nat(target
            .options
            .iter()
            .filter(|option| option.name == "--to-destination")),
        "REDIRECT" => redirect(target.option("--to-ports").unwrap_or_default()),
        "CT" if target.option("--notrack").is_some() => untracked(),
        name => plain(name),
    }
}

/// What a target does whose options do not matter; every other word is the name of a chain.
pub(in crate::facts::parse) fn plain(name: &str) -> Action {
    match name {
        "" | "LOG" | "ULOG" | "NFLOG" | "CONNMARK" | "CT" | "TRACE" | "TCPMSS" | "CHECKSUM"
        | "CLASSIFY" | "DSCP" | "TOS" | "SET" | "TEE" | "AUDIT" | "SECMARK" | "CONNSECMARK"
        | "TTL" | "HL" | "ECN" | "IDLETIMER" | "RATEEST" | "LED" | "TCPOPTSTRIP" => {
            Action::Continue
        }
        // Source addresses change when everything is decided: the packet goes on.
        "ACCEPT" | "MASQUERADE" | "SNAT" | "SAME" => Action::Accept,
        "DROP" => Action::Drop,
        "RETURN" => Action::Return,
        "NOTRACK" => untracked(),
        "QUEUE" | "NFQUEUE" => Action::Unknown("userspace decides".to_owned()),
        "TARPIT" | "SYNPROXY" | "NETMAP" | "TPROXY" | "CLUSTERIP" | "DNPT" | "SNPT" | "HMARK"
        | "MIRROR" | "ROUTE" | "DELUDE" | "CHAOS" | "STEAL" | "BALANCE" | "RAWDNAT" | "RAWSNAT" => {
            Action::Unknown(format!("the target `{name}`"))
        }
        chain => Action::Jump(chain.to_owned()),
    }
}

/// Conditions on the state of an untracked packet fail that hold for all others, and no address is translated.
pub(in crate::facts::parse) fn untracked() -> Action {
    Action::Unknown("the connection is not tracked".to_owned())
}

/// `--to-destination`, which old versions allow several times.
fn nat<'a>(mut options: impl Iterator<Item = &'a Opt<'a>>) -> Action {
    match (options.next(), options.next()) {
        (Some(option), None) => destination(option.value()),
        _ => Action::Unknown("another destination, one of several".to_owned()),
    }
}

/// The machine itself, on this port; empty: on the same port.
pub(in crate::facts::parse) fn redirect(port: &str) -> Action {
    match port {
        "" => Action::Dnat(None, None),
        _ => port.parse().map_or_else(
            |_| Action::Unknown(format!("another port, one of `{port}`")),
            |port| Action::Dnat(None, Some(port)),
        ),
    }
}

/// The options of `MARK`, of which there is exactly one.
fn mark(target: &Target<'_>) -> Action {
    let changed = target
        .options
        .iter()
        .find_map(|option| mark_by(option.name.strip_prefix("--")?, option.value()));
    changed.unwrap_or_else(|| Action::Unknown("it changes the mark".to_owned()))
}

/// A change of the mark, named as `set-mark`, `and-mark`, `or-mark`, `xor-mark` or `set-xmark`.
pub(super) fn mark_by(change: &str, value: &str) -> Option<Action> {
    let (value, mask) = match change {
        "set-mark" => mark_and_mask(value).map(|(value, mask)| (value, mask | value)),
        "set-xmark" => mark_and_mask(value),
        "and-mark" => number(value).map(|bits| (0, !bits)),
        "or-mark" => number(value).map(|bits| (bits, bits)),
        "xor-mark" => number(value).map(|bits| (bits, 0)),
        _ => None,
    }?;
    Some(Action::SetMark { value, mask })
}

#[cfg(test)]
mod tests {
    use super::super::options::{read, words};
    use crate::facts::parse::draft::Draft;
    use crate::filter::{Action, RejectKind};

    fn action(specification: &str) -> Action {
        let mut draft = Draft::new((1, specification));
        read(&mut draft, &words(specification));
        draft.finish().remove(0).action
    }

    #[test]
    fn verdicts_are_the_kernels() {
        assert_eq!(action("-j ACCEPT"), Action::Accept);
        assert_eq!(action("-j RETURN"), Action::Return);
        assert_eq!(
            action("-j DOCKER-USER"),
            Action::Jump("DOCKER-USER".to_owned())
        );
        assert_eq!(
            action("-j REJECT"),
            Action::Reject(RejectKind::PortUnreachable)
        );
        assert_eq!(
            action("-j REJECT --reject-with tcp-reset"),
            Action::Reject(RejectKind::TcpReset)
        );
        assert_eq!(
            action("-j REJECT --reject-with icmp6-adm-prohibited"),
            Action::Reject(RejectKind::AdminProhibited)
        );
        assert_eq!(
            action("-j LOG --log-prefix \"IN dropped: \" --log-level 4"),
            Action::Continue
        );
        assert_eq!(action("-j MASQUERADE --random-fully"), Action::Accept);
        assert_eq!(action("-j CT --zone 1"), Action::Continue);
    }

    #[test]
    fn what_others_decide_is_unknown() {
        for text in [
            "-j NFQUEUE --queue-num 3",
            "-j NOTRACK",
            "-j CT --notrack",
            "-j REJECT --reject-with odd",
            "-j NETMAP --to 10.8.0.0/16",
        ] {
            assert!(matches!(action(text), Action::Unknown(_)), "{text}");
        }
    }

    #[test]
    fn other_destinations_are_named() {
        assert_eq!(
            action("-j DNAT --to-destination 10.0.0.2:8080"),
            Action::Dnat("10.0.0.2".parse().ok(), Some(8080))
        );
        assert_eq!(
            action("-j REDIRECT --to-ports 8080"),
            Action::Dnat(None, Some(8080))
        );
        assert_eq!(action("-j REDIRECT"), Action::Dnat(None, None));
        for several in [
            "-j DNAT --to-destination 10.0.0.2 --to-destination 10.0.0.3",
            "-j REDIRECT --to-ports 1-2",
        ] {
            assert!(matches!(action(several), Action::Unknown(_)), "{several}");
        }
    }

    #[test]
    fn every_change_of_the_mark_is_one_formula() {
        let set = |value, mask| Action::SetMark { value, mask };
        assert_eq!(action("-j MARK --set-mark 0x1"), set(1, u32::MAX));
        assert_eq!(action("-j MARK --set-mark 0xf/0x3"), set(0xf, 0xf));
        assert_eq!(action("-j MARK --set-xmark 0x4000/0x0"), set(0x4000, 0));
        assert_eq!(action("-j MARK --and-mark 0xff"), set(0, 0xffff_ff00));
        assert_eq!(action("-j MARK --or-mark 0x8000"), set(0x8000, 0x8000));
        assert!(matches!(action("-j MARK"), Action::Unknown(_)));
    }
}
