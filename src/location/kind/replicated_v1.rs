//! `replicated-support*.tar.gz` of Replicated's first appliances (2015 to 2017).
//!
//! Layout: the knowledge base of github.com/replicatedhq/help-center. One machine, with the logs of the
//! containers that its scheduler runs.

use super::{Kind, half, sure};
use crate::location::Place;

pub(super) static KIND: Kind = Kind {
    place,
    ..Kind::new(
        "replicated-v1",
        "Replicated support bundle (2016)",
        &[
            sure("daemon/replicated/"),
            half("daemon/"),
            half("scheduler/"),
        ],
    )
};

fn place(path: &[&str]) -> Option<Place> {
    let [.., "scheduler", "container", id, _] = path else {
        return None;
    };
    Some(Place {
        container: Some(id.chars().take(12).collect()),
        ..Place::default()
    })
}

#[cfg(test)]
mod tests {
    use crate::location::kind::tests::{expect, is_kind};

    #[test]
    fn it_is_known_by_its_daemon() {
        is_kind(
            "replicated-v1",
            &["daemon/journald/docker", "scheduler/nodes.txt"],
        );
        is_kind("replicated-v1", &["daemon/replicated/replicated.log"]);
        is_kind("none", &["scheduler/scheduler.log"]);
    }

    #[test]
    fn containers_are_known_by_their_ids() {
        expect(&[
            "scheduler/container/0123456789abcdef/stderr.log - - - - 0123456789ab",
            "daemon/replicated/replicated-operator.log - replicated-operator - - -",
            "daemon/journald/docker - docker - - -",
        ]);
    }
}
