//! Where and how a command ran that a transcript shows.
//!
//! What a command prints inside a container, in another network namespace or over ssh is not about the machine
//! whose files surround it; neither are files of a container's file system. And a listing that was filtered is not
//! complete.

/// Words before a program's name that let it run somewhere else.
const AWAY: &[&str] = &[
    "exec", "nsenter", "ssh", "rsh", "run", "debug", "ansible", "--",
];

/// Folders in which file systems of containers are.
const CONTAINERS: &[&str] = &[
    "rootfs/",
    "/merged/",
    "overlay2/",
    "io.containerd.",
    "var/lib/docker/",
    "var/lib/containers/",
    "var/lib/containerd/",
    "var/lib/kubelet/",
    "var/lib/lxc/",
    "var/lib/lxd/",
    "var/lib/machines/",
    "/diff/etc/",
];

/// Whether the file belongs to a container.
pub(crate) fn in_container(path: &str) -> bool {
    CONTAINERS.iter().any(|folder| path.contains(folder))
}

/// Follows the command lines of a transcript.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shell<'a> {
    program: &'static str,
    command: &'a str,
    away: bool,
}

impl<'a> Shell<'a> {
    /// Looks for command lines of `program`.
    pub(crate) fn of(program: &'static str) -> Self {
        Self {
            program,
            command: "",
            away: false,
        }
    }

    /// Takes a line that is no output of the program.
    pub(crate) fn see(&mut self, line: &'a str) {
        if let Some((prompt, command)) = prompt(line) {
            self.command = if is_call(command, self.program) {
                command
            } else {
                ""
            };
            self.away = is_container(prompt) || runs_away(command, self.program);
        } else if line.len() < 300 && is_call(line, self.program) {
            self.command = line;
            self.away |= runs_away(line, self.program);
        }
    }

    /// The last command line with the program, or nothing.
    pub(crate) fn command(&self) -> &'a str {
        self.command
    }

    /// Whether it ran in a container, another namespace or on another machine.
    pub(crate) fn is_away(&self) -> bool {
        self.away
    }
}

/// The prompt and the command of a line that somebody typed: `$ cmd`, `# cmd`, `[root@host ~]# cmd`.
pub(crate) fn prompt(line: &str) -> Option<(&str, &str)> {
    let line = line.trim_start();
    let (prompt, command) = line.split_once(['$', '#'])?;
    let command = command.strip_prefix(' ')?;
    let bracketed = prompt.starts_with('[') && prompt.ends_with(']');
    let plain = !prompt.contains(char::is_whitespace);
    let named = prompt.contains('@') || prompt.ends_with(['~', '/']) || prompt.starts_with("sh-");
    let typed = prompt.is_empty() || bracketed || plain && named || prompt == "/ ";
    typed.then_some((prompt, command))
}

/// Whether the prompt is a container's: its host is an id, or it is that of busybox at the root.
fn is_container(prompt: &str) -> bool {
    let host = prompt.split_once('@').map_or("", |(_, host)| host);
    let host = host.split([':', ' ']).next().unwrap_or(host);
    prompt == "/ " || host.len() == 12 && host.bytes().all(|b| b.is_ascii_hexdigit())
}

/// The word without its folder and quotes.
fn base(word: &str) -> &str {
    let word = word.rsplit('/').next().unwrap_or(word);
    word.trim_matches(|c: char| !c.is_ascii_alphanumeric())
}

fn is_call(line: &str, program: &str) -> bool {
    line.contains(program) && line.split_whitespace().any(|word| base(word) == program)
}

/// Whether something before the program, which `ip netns exec r1 ip addr` names twice, runs it elsewhere.
fn runs_away(command: &str, program: &str) -> bool {
    let command = command.split('|').next().unwrap_or(command);
    let words: Vec<&str> = command.split_whitespace().collect();
    let at = words
        .iter()
        .rposition(|word| base(word) == program)
        .unwrap_or(words.len());
    let (before, after) = words.split_at(at);
    let namespace = |word: &&str| program == "ip" && matches!(*word, "-n" | "-netns");
    before.iter().any(|word| AWAY.contains(word)) || after.iter().any(namespace)
}

/// The options that a program was called with, and whether it lists only a part.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Options {
    /// A bit for each letter.
    letters: u128,
    /// Whether a filter or another program saw to it that rows are missing.
    pub(crate) filtered: bool,
}

impl Options {
    /// Those of a command line.
    pub(crate) fn of_command(command: &str, program: &str) -> Self {
        let mut options = Self::default();
        let mut words = command
            .split_whitespace()
            .skip_while(|word| base(word) != program)
            .skip(1);
        while let Some(word) = words.next() {
            if word.contains('|') {
                options.filtered = true;
                break;
            } else if let Some(long) = word.strip_prefix("--") {
                options.add_long(long);
            } else if matches!(word, "-f" | "-A") {
                options.add_long(words.next().unwrap_or_default());
            } else if let Some(letters) = word.strip_prefix('-') {
                options.add(letters);
            } else {
                let noise = !word.contains(|c: char| c.is_ascii_alphanumeric());
                options.filtered |= !noise && !word.contains('>');
            }
        }
        options
    }

    /// Those in the name of a file: `ss_-peaonmi`, `ss4apn`, `ss-lntp.txt`.
    pub(crate) fn of_file(file: &str, program: &str) -> Self {
        let mut options = Self::default();
        let letters = file.strip_prefix(program).unwrap_or_default();
        options.add(letters.split('.').next().unwrap_or_default());
        options
    }

    /// What either has.
    pub(crate) fn or(self, other: Self) -> Self {
        let letters = self.letters | other.letters;
        Self {
            letters,
            filtered: self.filtered || other.filtered,
        }
    }

    /// Whether this letter was among them.
    pub(crate) fn has(self, letter: u8) -> bool {
        self.letters & Self::bit(letter) != 0
    }

    /// The scope of a complete list of TCP sockets that listen.
    pub(crate) fn listen_scope(self) -> &'static str {
        match (self.has(b'4'), self.has(b'6')) {
            (true, false) => "listen tcp4",
            (false, true) => "listen tcp6",
            _ => "listen tcp4 tcp6",
        }
    }

    fn bit(letter: u8) -> u128 {
        1_u128.checked_shl(u32::from(letter)).unwrap_or(0)
    }

    fn add(&mut self, letters: &str) {
        for letter in letters.bytes() {
            self.letters |= Self::bit(letter);
        }
    }

    fn add_long(&mut self, name: &str) {
        self.add(match name {
            "ipv4" | "inet" => "4",
            "ipv6" | "inet6" => "6",
            "tcp" => "t",
            "udp" => "u",
            "raw" => "w",
            "unix" => "x",
            "wide" => "W",
            _ => "",
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prompts_are_told_from_other_lines() {
        assert_eq!(prompt("$ ss -lntp"), Some(("", "ss -lntp")));
        assert_eq!(prompt("[root@db-1 ~]# ss"), Some(("[root@db-1 ~]", "ss")));
        assert_eq!(
            prompt("admin@db-1:/var/log$ ss"),
            Some(("admin@db-1:/var/log", "ss"))
        );
        assert_eq!(prompt("costs me@example.com $ 5"), None);
        assert_eq!(prompt("tcp 0 0 0.0.0.0:22"), None);
    }

    #[test]
    fn commands_in_containers_and_on_other_machines_are_away() {
        let away = |line| {
            let mut shell = Shell::of("ss");
            shell.see(line);
            shell.is_away()
        };
        assert!(away("$ docker exec db ss -lntp"));
        assert!(away("# ip netns exec router ss -lntp"));
        assert!(away("$ docker exec db sh -c 'ss -lntp'"));
        assert!(runs_away("ip netns exec router ip addr", "ip"));
        assert!(runs_away("ip -n router addr", "ip"));
        assert!(!runs_away("sudo ip addr", "ip"));
        assert!(away("$ kubectl debug web -it --image=netshoot -- ss -ntlp"));
        assert!(away("root@3f9a1c07d2be:/# ss -lntp"));
        assert!(away("/ # ss -lntp"));
        assert!(away("$ ssh db-1 sudo ss -lntp"));
        assert!(!away("$ sudo ss -lntp | grep ssh"));
        assert!(!away("root@db-1:~# ss -lntp"));
    }

    #[test]
    fn options_come_from_command_lines_and_file_names() {
        let of = |command| Options::of_command(command, "ss");
        assert_eq!(of("/usr/sbin/ss -4 -ltn").listen_scope(), "listen tcp4");
        assert_eq!(of("ss -ltn -f inet6").listen_scope(), "listen tcp6");
        assert_eq!(
            of("ss --tcp --listening").listen_scope(),
            "listen tcp4 tcp6"
        );
        assert!(!of("===== ss -lntp 2>&1 =====").filtered);
        assert!(of("ss -tlnp sport = :8080").filtered);
        assert!(of("ss -tlnp | head").filtered);
        assert!(Options::of_file("ss4apn", "ss").has(b'4'));
        assert!(Options::of_file("ss_-peaonmi", "ss").has(b'm'));
        assert_eq!(Options::of_file("listening.txt", "ss"), Options::default());
    }
}
