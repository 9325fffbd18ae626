//! Support packets of Mattermost.
//!
//! Layout: `server/channels/app/support_packet.go` of github.com/mattermost/mattermost. In a cluster the
//! logs of each machine are in a directory named after it.

use super::{Kind, half, sure};
use crate::location::Place;

pub(super) static KIND: Kind = Kind {
    place,
    collector_errors,
    ..Kind::new(
        "mattermost",
        "Mattermost support packet",
        &[
            sure("sanitized_config.json"),
            half("metadata.yaml"),
            half("diagnostics.yaml"),
            half("support_packet.yaml"),
            half("stats.yaml"),
            half("plugins.json"),
            half("mattermost.log"),
            half("*/mattermost.log"),
        ],
    )
};

const LOGS: &[&str] = &[
    "mattermost.log",
    "audit.log",
    "ldap.log",
    "notifications.log",
];

fn place(path: &[&str]) -> Option<Place> {
    let node = match path {
        [top, node, file]
            if top.starts_with("mattermost_support_packet") && LOGS.contains(file) =>
        {
            node
        }
        // Without the directory above it could be any: a number is the best sign of a machine.
        [node, "mattermost.log"]
            if node.bytes().any(|byte| byte.is_ascii_digit())
                && !node.contains("log")
                && !node.starts_with("mattermost_support_packet") =>
        {
            node
        }
        _ => return None,
    };
    Some(Place {
        node: Some((*node).to_owned()),
        ..Place::default()
    })
}

fn collector_errors(path: &[&str]) -> bool {
    path.len() <= 2 && path.last() == Some(&"warning.txt")
}

#[cfg(test)]
mod tests {
    use crate::location::kind::tests::{expect, is_collector_errors, is_kind};

    #[test]
    fn old_and_new_packets_are_known() {
        is_kind("mattermost", &["metadata.yaml", "diagnostics.yaml"]);
        is_kind("mattermost", &["support_packet.yaml", "mattermost.log"]);
        is_kind("mattermost", &["sanitized_config.json"]);
        is_kind("none", &["logs/mattermost.log"]);
    }

    #[test]
    fn machines_of_a_cluster_have_directories() {
        expect(&[
            "mm-app-1/mattermost.log mm-app-1 mattermost - - -",
            "mattermost_support_packet_2024-01-01-10-00/mm-b/ldap.log mm-b ldap - - -",
            "mattermost_support_packet_2024-01-01-10-00/mattermost.log - mattermost - - -",
            "services/mattermost.log - mattermost - - -",
            "logs/mattermost.log - mattermost - - -",
            "opt/mattermost/logs/mattermost.log - mattermost - - -",
        ]);
    }

    #[test]
    fn its_own_errors_are_known() {
        assert!(is_collector_errors("warning.txt"));
        assert!(!is_collector_errors("app/var/data/warning.txt"));
    }
}
