//! Where a listing comes from, as far as its path and the line before it tell.
//!
//! The rules of a packet filter only count if they are in force on the machine itself. Files of the system, such
//! as /etc/sysconfig/iptables or /etc/nftables.conf, are what would be loaded, and what a command prints in a
//! network namespace or in a container holds there and not on the host.

/// The path of an entry, and the command line that stands above the listing, if one does.
#[derive(Clone, Copy, Debug)]
pub(super) struct Origin<'a> {
    path: &'a str,
    command: &'a str,
    /// How many other lines have followed the command.
    age: u8,
}

/// After so many lines that are no part of a listing, what follows is not of the command above them.
const MAX_AGE: u8 = 3;

impl<'a> Origin<'a> {
    /// What the entry at `path` tells.
    pub(super) fn new(path: &'a str) -> Self {
        Self {
            path,
            command: "",
            age: 0,
        }
    }

    /// Takes a line that stands outside of listings; one that names a program or a file is remembered for a while.
    pub(super) fn note(&mut self, line: &'a str, programs: &[&str]) {
        let named = |word: &&str| line.contains(*word);
        if line.starts_with("# Warning") || line.starts_with("# Completed") {
            return;
        }
        self.age = self.age.saturating_add(1);
        if programs.iter().any(named) || line.contains("/etc/") || line.contains(".rules") {
            (self.command, self.age) = (line, 0);
        } else if self.age > MAX_AGE {
            self.command = "";
        }
    }

    /// The name of the file.
    fn file(&self) -> &'a str {
        self.path.rsplit('/').next().unwrap_or(self.path)
    }

    /// Whether the listing is what is in force on the machine itself.
    pub(super) fn is_running_state(&self) -> bool {
        let mut folders = self.path.split('/').rev().skip(1);
        let system = folders.any(|folder| matches!(folder, "etc" | "usr" | "lib"));
        let file = self.file();
        let saved = [".rules", ".v4", ".v6", ".conf", ".nft", ".sh", ".py", ".md"]
            .iter()
            .any(|end| file.ends_with(end));
        let shown = self.command.contains("/etc/") && !self.command.contains("init.d");
        !(system || saved || shown || self.command.contains(".rules") || self.is_elsewhere())
    }

    /// Whether it was printed in a network namespace or a container.
    fn is_elsewhere(&self) -> bool {
        const WORDS: &[&str] = &[
            "netns",
            "nsenter",
            "docker exec",
            "podman exec",
            "kubectl exec",
            "lxc exec",
        ];
        let path = self.path.replace('_', " ");
        WORDS
            .iter()
            .any(|word| path.contains(word) || self.command.contains(word))
    }

    /// Whether the name of the file or the command has this text.
    pub(super) fn mentions(&self, text: &str) -> bool {
        self.command.contains(text) || self.file().contains(text)
    }

    /// The words of the command line, else those of the name of the file, in lower case.
    pub(super) fn words(&self) -> impl Iterator<Item = String> + use<'a> {
        let text = if self.command.is_empty() {
            self.file()
        } else {
            self.command
        };
        text.split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_ascii_lowercase)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_the_system_and_namespaces_are_not_the_running_state() {
        for path in [
            "sosreport-db1/etc/sysconfig/iptables",
            "node1/rules.v4",
            "node1/nftables.conf",
            "sosreport-db1/usr/share/ufw/iptables/user.rules",
            "sos_commands/networking/ip_netns_exec_qrouter-1_iptables-save",
        ] {
            assert!(!Origin::new(path).is_running_state(), "{path}");
        }
        for path in [
            "node1/networking/iptablessave",
            "node1/iptables.txt",
            "db1.etc.example/iptables-save",
        ] {
            assert!(Origin::new(path).is_running_state(), "{path}");
        }
    }

    #[test]
    fn the_command_above_tells_more_than_the_path() {
        let mut origin = Origin::new("node1/transcript.txt");
        origin.note("$ cat /etc/sysconfig/iptables", &["tables"]);
        assert!(!origin.is_running_state());
        origin.note("$ iptables -t nat -S", &["tables"]);
        origin.note("[rc=0]", &["tables"]);
        assert!(origin.is_running_state());
        assert!(origin.words().any(|word| word == "nat"));
        origin.note("$ ip netns exec blue iptables -S", &["tables"]);
        assert!(!origin.is_running_state());
        for _ in 0..=MAX_AGE {
            origin.note("something else", &["tables"]);
        }
        assert!(origin.is_running_state());
    }
}
