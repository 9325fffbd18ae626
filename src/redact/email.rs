//! Tells the addresses of persons from names of machines, units, queues and algorithms.

use std::ops::Range;

use super::words::is_in;

/// Whether the place is the address of a person, not of a machine or a unit.
pub(super) fn is_person(text: &str, range: &Range<usize>) -> bool {
    // Accounts of services, and who built the kernel; nodes of Erlang are named like this, too.
    const SERVICES: &str = "couchdb ejabberd emqx git rabbit rabbitmq riak root ssh vernemq dm-devel bhcompile buildd mockbuild";
    // Who names algorithms of SSH, and lists that the kernel asks to write to.
    const ALGORITHMS: &str = "openssh.com libssh.org lysator.liu.se vger.kernel.org";
    // Countries have two letters; units, files, queues and machines in a cluster end otherwise.
    const DOMAINS: &str = "
        academy agency aero app asia bank berlin biz blog business capital care center chat cloud club codes com
        company consulting coop design dev digital edu email energy engineering eu example expert finance fund global
        gmbh gov group health hosting info insure int international invalid jobs legal life live llc ltd management
        marketing media mil mobi museum name net network news one online org page partners plus post pro report rocks
        school science security shop site software solutions space store studio support swiss systems team tech
        technology tel today tools top travel university ventures vip website wiki work works world xyz zone";
    const FILES: &str = "js py sh ts rs pl md so";
    let (before, rest) = (&text[..range.start], &text[range.end..]);
    let Some((user, domain)) = text[range.clone()].split_once('@') else {
        return false;
    };
    let ending = domain.rsplit('.').next().unwrap_or_default();
    // `ssh://user@host/`, `host/name@REALM`, `git@host:path`, ciphers such as `aes256-gcm@openssh.com`.
    let authority = before.ends_with(['/', '*'])
        || before.ends_with(':') && !before.ends_with("mailto:") && before.contains("://")
        || rest.starts_with(['/', '@']);
    let path = rest.strip_prefix(':').and_then(|rest| rest.chars().next());
    let realm = domain.bytes().all(|b| !b.is_ascii_lowercase());
    !(authority
        || path.is_some_and(|c| !c.is_whitespace())
        || realm
        || !(ending.len() == 2 || is_in(DOMAINS, ending))
        || is_in(FILES, ending)
        || is_in(SERVICES, user)
        || is_in(ALGORITHMS, domain))
}
