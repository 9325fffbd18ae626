//! Reports of `gitlabsos`: a machine with GitLab installed from the Omnibus package.
//!
//! Layout: `gitlabsos.rb` of gitlab.com/gitlab-com/support/toolbox/gitlabsos. Logs are where GitLab has them, so a
//! sosreport with GitLab's plugin gives the same services.

use super::{Kind, below, half, sure};
use crate::location::Place;

pub(super) static KIND: Kind = Kind {
    host,
    place,
    collector_errors,
    ..Kind::new(
        "gitlabsos",
        "GitLabSOS",
        &[
            sure("gitlabsos.log"),
            half("gitlab_status"),
            half("version-manifest.json"),
            half("opt/gitlab/"),
            half("var/log/gitlab/"),
        ],
    )
};

/// `gitlabsos.HOST_20240101100000`.
fn host(name: &str) -> Option<String> {
    let (host, stamp) = name.strip_prefix("gitlabsos.")?.rsplit_once('_')?;
    let dated = stamp.bytes().take(8).filter(u8::is_ascii_digit).count() == 8;
    (dated && !host.is_empty()).then(|| host.to_owned())
}

/// The directory is the service: the log itself is called `current`, and `@400000...` after rotation.
fn place(path: &[&str]) -> Option<Place> {
    match below(path, &["log", "gitlab"])? {
        [service, _, ..] => Some(Place {
            unit: Some((*service).to_owned()),
            ..Place::default()
        }),
        _ => None,
    }
}

fn collector_errors(path: &[&str]) -> bool {
    path.last() == Some(&"gitlabsos.log")
}

#[cfg(test)]
mod tests {
    use crate::location::kind::tests::{expect, is_collector_errors, is_kind};

    #[test]
    fn it_is_known_by_its_log() {
        is_kind(
            "gitlabsos",
            &["gitlabsos.git01_20240101100000/gitlabsos.log"],
        );
        is_kind("gitlabsos", &["g/gitlab_status", "g/version-manifest.json"]);
        is_kind("none", &["var/log/gitlab/puma/current"]);
    }

    #[test]
    fn directories_are_services() {
        expect(&[
            "gitlabsos.git01_20240101100000/var/log/gitlab/gitaly/current git01 gitaly - - -",
            "var/log/gitlab/gitlab-rails/production_json.log.1.gz - gitlab-rails - - -",
            "var/log/gitlab/reconfigure.log - reconfigure - - -",
        ]);
    }

    #[test]
    fn its_log_tells_what_went_wrong() {
        assert!(is_collector_errors("g/gitlabsos.log"));
    }
}
