//! Diagnostics of Docker Desktop (`com.docker.diagnose gather`).
//!
//! Layout: <https://docs.docker.com/desktop/troubleshoot-and-support/troubleshoot/>. Names of hosts and users are
//! masked. `log/host` is of the desktop, `log/vm` of the virtual machine in which the engine runs. A command that
//! failed leaves a `NAME.err.txt`.

use super::{Kind, half, sure};
use crate::location::names::is_digits;

pub(super) static KIND: Kind = Kind {
    collector_errors,
    ..Kind::new(
        "docker-desktop",
        "Docker Desktop diagnostics",
        &[
            sure("diagkit.json"),
            half("system.json"),
            half("log/vm/"),
            half("log/host/"),
            half("*.cmd.txt"),
        ],
    )
};

fn collector_errors(path: &[&str]) -> bool {
    match path {
        [file] => file.ends_with(".err.txt"),
        [time, file] => is_digits(time, 14) && file.ends_with(".err.txt"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::location::kind::tests::{expect, is_collector_errors, is_kind};

    #[test]
    fn it_is_known_by_both_of_its_machines() {
        is_kind(
            "docker-desktop",
            &["log/vm/init.log", "log/host/vpnkit.log"],
        );
        is_kind("docker-desktop", &["20240705011620/diagkit.json"]);
        is_kind("none", &["log/host/api.log"]);
    }

    #[test]
    fn logs_are_named_after_services() {
        expect(&[
            "log/vm/dockerd.log.1 - dockerd - - -",
            "log/host/com.docker.backend.exe.log - com.docker.backend.exe - - -",
        ]);
    }

    #[test]
    fn failed_commands_are_its_own_errors() {
        assert!(is_collector_errors("20240705011620/sw_vers.err.txt"));
        assert!(!is_collector_errors("node-1/curl.err.txt"));
    }
}
