//! Output of `cockroach debug zip`.
//!
//! Layout: `pkg/cli/zip*.go` of github.com/cockroachdb/cockroach. What could not be fetched leaves a `NAME.err.txt`.

use super::{Kind, half, sure};
use crate::location::Place;

pub(super) static KIND: Kind = Kind {
    place,
    collector_errors,
    ..Kind::new(
        "cockroachdb",
        "CockroachDB debug zip",
        &[
            sure("crdb_internal.*"),
            sure("rangelog.json"),
            half("events.json"),
            half("liveness.json"),
            half("settings.json"),
            half("nodes.json"),
        ],
    )
};

/// `nodes/ID/logs/cockroach-health.HOST.USER.TIME.PID.log`: the id names the machine everywhere in the zip.
fn place(path: &[&str]) -> Option<Place> {
    let [.., "nodes", node, "logs", file] = path else {
        return None;
    };
    let program = file.split('.').next()?;
    program.starts_with("cockroach").then(|| Place {
        node: Some((*node).to_owned()),
        unit: Some(program.to_owned()),
        ..Place::default()
    })
}

fn collector_errors(path: &[&str]) -> bool {
    path.contains(&"debug") && path.last().is_some_and(|file| file.ends_with(".err.txt"))
}

#[cfg(test)]
mod tests {
    use crate::location::kind::tests::{expect, is_collector_errors, is_kind};

    #[test]
    fn it_is_known_by_its_tables() {
        is_kind("cockroachdb", &["debug/crdb_internal.jobs.txt"]);
        is_kind(
            "cockroachdb",
            &["debug/liveness.json", "debug/settings.json"],
        );
        is_kind("none", &["debug/settings.json"]);
    }

    #[test]
    fn logs_name_node_and_program() {
        expect(&[
            "debug/nodes/1/logs/cockroach-health.db1.roach.2024-01-01T00_00_00Z.001234.log 1 cockroach-health - - -",
            "debug/nodes/2/logs/cockroach.log 2 cockroach - - -",
            "debug/nodes/2/status.json 2 - - - -",
        ]);
    }

    #[test]
    fn failed_fetches_are_its_own_errors() {
        assert!(is_collector_errors("debug/nodes/2/status.err.txt"));
        assert!(!is_collector_errors("debug/nodes/2/err.txt"));
    }
}
