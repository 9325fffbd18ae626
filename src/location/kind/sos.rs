//! Reports of `sos report` (Red Hat, Ubuntu, Debian, SUSE and others), alone or gathered by `sos collect`.
//!
//! Layout: `sos/report` of github.com/sosreport/sos. The output of a command is in a file named after it: spaces become
//! `_` and slashes `.`, so that `journalctl --no-pager --unit kubelet` is `journalctl_--no-pager_--unit_kubelet`.

use super::{Kind, sure};
use crate::location::Place;
use crate::location::names::{archive_stem, container_id, is_date, is_digits, log_stem};

pub(super) static KIND: Kind = Kind {
    host,
    place,
    collector_errors,
    ..Kind::new(
        "sosreport",
        "sosreport",
        &[
            sure("sos_commands/"),
            sure("sos_reports/"),
            sure("sos_logs/"),
            sure("sos_strings/"),
        ],
    )
};

/// `sosreport-HOST[-LABEL][-CASE]-DATE-RANDOM`, and `sosreport-HOST[.CASE]-TIME` before 2018.
fn host(name: &str) -> Option<String> {
    let rest = name.strip_prefix("sosreport-")?;
    let date = (1..rest.len()).find(|&at| is_date(rest.get(at..at + 10).unwrap_or_default()));
    let Some(date) = date else {
        let is_time = |at: &usize| is_digits(rest.get(at + 1..at + 15).unwrap_or_default(), 14);
        let mut dashes = rest.match_indices('-').map(|(at, _)| at);
        let host = &rest[..dashes.find(is_time)?];
        let case = host.rsplit_once('.').filter(|(_, case)| is_digits(case, 5));
        return Some(case.map_or(host, |(host, _)| host).to_owned());
    };
    let mut host = rest.get(..date)?.trim_end_matches('-');
    // A case number may stand between the host and the date.
    while let Some((name, case)) = host.rsplit_once('-') {
        if name.is_empty() || !is_digits(case, 5) {
            break;
        }
        host = name;
    }
    Some(host.to_owned())
}

fn place(path: &[&str]) -> Option<Place> {
    let file = path.last()?;
    if let Some((_, unit)) = file.split_once("--unit_") {
        return Some(Place {
            unit: Some(journal_unit(unit).to_owned()),
            ..Place::default()
        });
    }
    if let [.., "sos_strings", _, file] = path {
        return strings_unit(file).map(|unit| Place {
            unit: Some(unit.to_owned()),
            ..Place::default()
        });
    }
    container_log(file).or_else(|| kubectl(file))
}

fn journal_unit(unit: &str) -> &str {
    let unit = unit.split("_--").next().unwrap_or(unit);
    let unit = archive_stem(unit);
    // The same command of a second plugin gets a number.
    let unit = match unit.rsplit_once('.') {
        Some((first, number)) if number.len() == 1 && is_digits(number, 1) => first,
        _ => unit,
    };
    unit.trim_end_matches(".service")
}

/// `sos_strings/nova/var.log.nova.nova-compute.log.tailed`: the end of a log above the size limit.
fn strings_unit(file: &str) -> Option<&str> {
    let log = file.strip_suffix(".tailed")?.strip_prefix("var.log.")?;
    let stem = log_stem(log);
    if stem.len() == log.len() {
        return log.split('.').next();
    }
    Some(stem.split_once('.').map_or(stem, |(_, file)| file))
}

/// `crictl_logs_-t_ID` and the same of docker and podman.
fn container_log(file: &str) -> Option<Place> {
    let (tool, rest) = file.split_once("_logs_-t_")?;
    matches!(tool, "crictl" | "docker" | "podman").then(|| Place {
        container: Some(container_id(rest).to_owned()),
        ..Place::default()
    })
}

/// `kubectl_--namespace_NAMESPACE_logs_POD_-c_CONTAINER`, or `describe_pods_POD`; `oc` does the same.
///
/// The names of clusters have no `_`, so the words of the command are those of the file name.
fn kubectl(file: &str) -> Option<Place> {
    let mut words = file.split('_');
    if !matches!(words.next(), Some("kubectl" | "oc")) {
        return None;
    }
    // kubectl runs on this machine; what it shows is about all of them.
    let mut place = Place {
        clustered: true,
        ..Place::default()
    };
    if !words.any(|word| word == "--namespace") {
        return Some(place);
    }
    place.namespace = words.next().map(str::to_owned);
    let verb = words.next();
    if verb == Some("describe") && words.next() != Some("pods") {
        return Some(place);
    }
    if !matches!(verb, Some("describe" | "logs")) {
        return Some(place);
    }
    let Some(pod) = words.find(|word| !word.starts_with('-')) else {
        return Some(place);
    };
    place.pod = Some(pod.to_owned());
    if verb == Some("logs") {
        let container = words.skip_while(|word| *word != "-c").nth(1);
        place.container = Some(container.map_or(pod.to_owned(), |name| format!("{pod}/{name}")));
    }
    Some(place)
}

fn collector_errors(path: &[&str]) -> bool {
    path.len() >= 2 && path[path.len() - 2] == "sos_logs"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::location::kind::tests::{expect, is_collector_errors, is_kind};

    #[test]
    fn it_is_known_whatever_its_directory_is_called() {
        is_kind("sosreport", &["kubernetes/sos_commands/date/date"]);
        is_kind("sosreport", &["sos_logs/sos.log", "etc/hosts"]);
    }

    #[test]
    fn the_host_is_in_the_name() {
        let of = |name| host(name).unwrap_or_default();
        assert_eq!(of("sosreport-db01-2022-02-10-abcdefg"), "db01");
        assert_eq!(of("sosreport-db-01-00123456-2022-02-10-abcdefg"), "db-01");
        assert_eq!(
            of("sosreport-db01.example.com.00123456-20160210103022-a1b2"),
            "db01.example.com"
        );
        assert_eq!(of("sosreport-db-01-20160210103022"), "db-01");
        assert_eq!(of("sosreport-ticket"), "");
        assert_eq!(of("kubernetes"), "");
    }

    #[test]
    fn units_are_named_by_commands() {
        expect(&[
            "k/sos_commands/kubernetes/journalctl_--no-pager_--unit_snap.kubelet.daemon \
             - snap.kubelet.daemon - - -",
            "k/sos_commands/kubernetes/journalctl_--no-pager_--unit_kube-apiserver.daemon.xz \
             - kube-apiserver.daemon - - -",
            "k/sos_commands/kubernetes/journalctl_--no-pager_--unit_cdk.master.auth-webhook.1 \
             - cdk.master.auth-webhook - - -",
            "k/sos_commands/ssh/journalctl_--no-pager_--unit_ssh.service_--since_-1d - ssh - - -",
            "k/sos_strings/nova/var.log.nova.nova-compute.log.tailed - nova-compute - - -",
            "k/sos_strings/logs/var.log.messages.tailed - messages - - -",
        ]);
    }

    #[test]
    fn pods_and_containers_are_named_by_commands() {
        expect(&[
            "k/sos_commands/kubernetes/pods/\
             kubectl_--kubeconfig_.root.cdk.config_--namespace_kube-system_logs_coredns-5564855696-86vtt \
             - - kube-system coredns-5564855696-86vtt coredns-5564855696-86vtt clustered",
            "k/sos_commands/kubernetes/cluster-info/openstack/podlogs/neutron-0/\
             kubectl_--namespace_openstack_logs_neutron-0_-c_neutron-server \
             - - openstack neutron-0 neutron-0/neutron-server clustered",
            "k/sos_commands/kubernetes/pods/kubectl_--kubeconfig_.config_--namespace_default_describe_pods_web-0 \
             - - default web-0 - clustered",
            "k/sos_commands/kubernetes/pods/kubectl_--kubeconfig_.config_get_-o_json_--namespace_default_pods \
             - - default - - clustered",
            "k/sos_commands/kubernetes/kubectl_get_nodes - - - - - clustered",
            "k/sos_commands/crio/containers/logs/crictl_logs_-t_4f1b - - - - 4f1b",
        ]);
    }

    #[test]
    fn its_own_errors_are_in_its_logs() {
        assert!(is_collector_errors("k/sos_logs/cgroups-plugin-errors.txt"));
        assert!(is_collector_errors("sos_logs/sos.log"));
        assert!(!is_collector_errors(
            "k/sos_commands/logs/journalctl_--no-pager"
        ));
    }
}
