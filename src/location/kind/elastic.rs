//! Output of Elastic's support-diagnostics: Elasticsearch, Kibana, Logstash.
//!
//! Layout: github.com/elastic/support-diagnostics. Most files are answers of the interface of the cluster; only a
//! `local` run has the logs and the commands of the machine.

use super::{Kind, half};
use crate::location::Place;

pub(super) static KIND: Kind = Kind {
    place,
    collector_errors,
    ..Kind::new(
        "elastic",
        "Elastic support diagnostics",
        &[
            half("diagnostic_manifest.json"),
            half("diagnostics.log"),
            half("cat/"),
            half("commercial/"),
            half("syscalls/"),
            half("nodes_stats.json"),
            half("indices_stats.json"),
            half("cluster_state.json"),
            half("cluster_health.json"),
        ],
    )
};

/// The logs are named after the cluster, which says nothing about the program.
fn place(path: &[&str]) -> Option<Place> {
    let [.., top, "logs", file] = path else {
        return None;
    };
    let log = file.contains(".log") || file.ends_with("_server.json");
    (log && is_diagnostics(top)).then(|| Place {
        unit: Some("elasticsearch".to_owned()),
        ..Place::default()
    })
}

/// `local-diagnostics-20240101-100000`.
fn is_diagnostics(dir: &str) -> bool {
    let stamp = dir
        .split_once("-diagnostics-")
        .filter(|(kind, _)| matches!(*kind, "local" | "remote" | "api"));
    stamp.is_some_and(|(_, stamp)| stamp.starts_with(|c: char| c.is_ascii_digit()))
}

fn collector_errors(path: &[&str]) -> bool {
    path.len() <= 3 && path.last() == Some(&"diagnostics.log")
}

#[cfg(test)]
mod tests {
    use crate::location::kind::tests::{expect, is_collector_errors, is_kind};

    #[test]
    fn it_takes_two_of_its_files() {
        let top = "api-diagnostics-20240101-100000";
        is_kind("none", &[&format!("{top}/diagnostics.log")]);
        is_kind(
            "elastic",
            &[
                &format!("{top}/diagnostics.log"),
                &format!("{top}/cat/cat_nodes.txt"),
            ],
        );
    }

    #[test]
    fn its_logs_are_of_elasticsearch() {
        expect(&[
            "local-diagnostics-20240101-100000/logs/prod.log - elasticsearch - - -",
            "local-diagnostics-20240101-100000/logs/prod_server.json - elasticsearch - - -",
            "app/logs/prod.log - prod - - -",
        ]);
    }

    #[test]
    fn its_log_tells_what_went_wrong() {
        assert!(is_collector_errors(
            "api-diagnostics-20240101-100000/diagnostics.log"
        ));
    }
}
