//! Bundles of Replicated's `support-bundle`, version 2 (2017 to 2020), of appliances with the native scheduler.
//!
//! Layout: `pkg/collect` of github.com/replicatedcom/support-bundle. With several machines each has a
//! directory, named by its private address.

use super::{Kind, half};
use crate::location::Place;
use crate::location::names::log_stem;

pub(super) static KIND: Kind = Kind {
    place,
    collector_errors,
    ..Kind::new(
        "replicated",
        "Replicated support bundle (native scheduler)",
        &[half("VERSION.json"), half("index.json"), half("error.json")],
    )
};

fn place(path: &[&str]) -> Option<Place> {
    match path {
        // default/journald/docker/logs.raw, docker.journald.log/logs.raw
        [.., dir, unit, "logs.raw"] => {
            let named = unit
                .strip_suffix(".log")
                .unwrap_or(unit)
                .strip_suffix(".journald");
            let below = (*dir == "journald").then_some(*unit);
            named.or(below).map(|unit| Place {
                unit: Some(unit.trim_end_matches(".service").to_owned()),
                ..Place::default()
            })
        }
        // Replicated itself runs in containers; so does the application.
        [.., "container-logs" | "replicated", "logs", file]
            if file.contains(".stdout") || file.contains(".stderr") =>
        {
            Some(Place {
                container: Some(log_stem(file).to_owned()),
                ..Place::default()
            })
        }
        _ => None,
    }
}

fn collector_errors(path: &[&str]) -> bool {
    // At the top: the application may write a file of that name as well.
    path.len() <= 3 && path.last() == Some(&"error.json")
}

#[cfg(test)]
mod tests {
    use crate::location::kind::tests::{expect, is_collector_errors, is_kind};

    #[test]
    fn it_is_known_by_its_index() {
        is_kind(
            "replicated",
            &["supportbundle/VERSION.json", "supportbundle/index.json"],
        );
        is_kind("none", &["site/index.json", "site/a.log"]);
    }

    #[test]
    fn units_and_containers_are_in_the_names() {
        expect(&[
            "default/journald/docker/logs.raw - docker - - -",
            "10.10.0.5/replicated/replicated.journald.log/logs.raw 10.10.0.5 replicated - - -",
            "default/replicated/logs/replicated.stderr - - - - replicated",
            "app/container-logs/logs/api.stdout.log.gz - - - - api",
            "app/logs/worker.log - worker - - -",
        ]);
    }

    #[test]
    fn its_own_errors_are_at_the_top() {
        assert!(is_collector_errors("supportbundle/10.10.0.5/error.json"));
        assert!(!is_collector_errors("b/app/logs/api/error.json"));
    }
}
