//! Tables of `kubectl get` and `oc get`: pods, nodes, services, endpoints, events; also parts of `get all`.
//!
//! Columns are aligned below the header, which tells the kind; `-A` adds NAMESPACE, `-o wide` more. RESTARTS may
//! be `8 (4m53s ago)`. Events have changed most: up to 1.13 NAME and KIND stood for OBJECT. A row that does not
//! fit its header is skipped, because kubectl writes warnings and messages with line ends between rows.

mod row;

use row::Row;

use super::probes::Prompt;
use crate::facts::table::Columns;
use crate::facts::{Input, Parser, Sink};

pub(super) const PARSER: Parser = Parser {
    name: "kubectl-get",
    markers: &[
        "RESTARTS  ",
        "ROLES  ",
        "CLUSTER-IP  ",
        "ENDPOINTS  ",
        "LAST SEEN  ",
        "LASTSEEN  ",
    ],
    path: |_| false,
    parse,
};

fn parse(input: Input<'_>, sink: &mut Sink) {
    let mut table: Option<Table<'_>> = None;
    let mut prompt = None;
    for line in input.lines() {
        if let Some(found) = Prompt::of(line.1) {
            (prompt, table) = (Some(found), None);
        } else if let Some(found) = Table::of(line.1) {
            let partial = prompt.is_some_and(|prompt: Prompt<'_>| prompt.is_partial());
            if let Some(kind) = found.complete().filter(|_| !partial) {
                sink.table(kind, "", line);
            }
            let asked = prompt.and_then(|prompt| prompt.option("-n", "--namespace"));
            table = Some(Table {
                namespace: asked.or_else(|| namespace_in(input.path)),
                ..found
            });
        } else if line.1.trim().is_empty() {
            table = None;
        } else if let Some(table) = &table {
            table.row(line, sink);
        }
    }
}

/// The value of a column, if the row is aligned with the header there.
pub(super) fn cell<'r>(columns: &Columns<'_>, row: &'r str, name: &str) -> Option<&'r str> {
    let value = columns.get(row, name)?;
    let start = value.as_ptr().addr() - row.as_ptr().addr();
    let before = row.get(..start)?.chars().next_back();
    let after = row.get(start + value.len()..)?.chars().next();
    let clear = |side: Option<char>| side.is_none_or(char::is_whitespace);
    (clear(before) && clear(after)).then_some(value)
}

/// The namespace that a path names: `namespaces/kube-system/`, `get_pods_-n_kube-system`.
fn namespace_in(path: &str) -> Option<&str> {
    let folder = path.split("namespaces/").nth(1);
    let option = || {
        let options = ["_-n_", "_--namespace_"];
        let value = options.iter().find_map(|option| path.split(option).nth(1));
        value?.split(['_', '/', '.']).next()
    };
    let folder = folder.and_then(|rest| Some(rest.split_once('/')?.0));
    folder.or_else(option).filter(|name| !name.is_empty())
}

/// What a table lists.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Pods,
    Nodes,
    Services,
    Endpoints,
    Events,
}

impl Kind {
    fn of(columns: &Columns<'_>) -> Option<Self> {
        let has = |names: &[&str]| columns.has(names);
        if has(&["NAME", "READY", "STATUS", "RESTARTS"]) {
            Some(Self::Pods)
        } else if has(&["NAME", "STATUS", "ROLES", "VERSION"]) {
            Some(Self::Nodes)
        } else if has(&["NAME", "CLUSTER-IP", "PORT(S)"]) {
            Some(Self::Services)
        } else if has(&["NAME", "ENDPOINTS", "AGE"]) && !has(&["ADDRESSTYPE"]) {
            Some(Self::Endpoints)
        } else if has(&["TYPE", "REASON", "MESSAGE"]) {
            let object = has(&["OBJECT"]) || has(&["NAME", "KIND"]);
            object.then_some(Self::Events)
        } else {
            None
        }
    }
}

/// A header and what is known about its rows.
#[derive(Debug)]
struct Table<'a> {
    kind: Kind,
    columns: Columns<'a>,
    /// The namespace of all rows, where they do not name it.
    namespace: Option<&'a str>,
}

impl<'a> Table<'a> {
    /// The table that a line is the header of.
    fn of(line: &'a str) -> Option<Self> {
        let first = line.split_whitespace().next()?;
        if !matches!(first, "NAME" | "NAMESPACE" | "LAST" | "LASTSEEN") {
            return None;
        }
        let columns = Columns::of(line);
        let kind = Kind::of(&columns)?;
        Some(Self {
            kind,
            columns,
            namespace: None,
        })
    }

    /// The kind of which the table has everything.
    fn complete(&self) -> Option<&'static str> {
        let everywhere = self.columns.has(&["NAMESPACE"]);
        match self.kind {
            Kind::Nodes => Some("kube_node"),
            Kind::Pods if everywhere => Some("pod"),
            Kind::Services if everywhere => Some("service"),
            Kind::Endpoints if everywhere => Some("endpoints"),
            _ => None,
        }
    }

    /// States what a row says.
    fn row(&self, line: (u64, &str), sink: &mut Sink) {
        let row = Row { table: self, line };
        // A row that does not fit is none of the table's.
        let _skipped = match self.kind {
            Kind::Pods => row.pod(sink),
            Kind::Nodes => row.node(sink),
            Kind::Services => row.service(sink),
            Kind::Endpoints => row.endpoints(sink),
            Kind::Events => row.event(sink),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{Fact, Gathered};

    fn gathered(path: &str, text: &str) -> Gathered {
        PARSER.read(path, text)
    }

    /// Kind, line and all fields of each fact.
    fn facts(text: &str) -> Vec<String> {
        let row = |fact: &Fact| {
            let fields = fact
                .fields
                .iter()
                .map(|(name, value)| format!(" {name}={value}"));
            format!("{} {}{}", fact.line, fact.kind, fields.collect::<String>())
        };
        gathered("rke2/kubectl/all", text)
            .facts
            .iter()
            .map(row)
            .collect()
    }

    fn tables(text: &str) -> Vec<(String, u64)> {
        let tables = gathered("kubectl.txt", text).tables;
        tables
            .into_iter()
            .map(|table| (table.kind.into_owned(), table.line))
            .collect()
    }

    const PODS: &str = "\
NAMESPACE     NAME         READY   STATUS             RESTARTS        AGE   IP           NODE   NOMINATED NODE   READINESS GATES
kube-system   etcd-cp1     1/1     Running            0               14d   192.0.2.11   cp1    <none>           <none>
default       test-crash   0/1     CrashLoopBackOff   8 (4m53s ago)   21m   10.42.2.15   wk1    <none>           <none>
default       job-x2x      0/1     Completed          0               10m   <none>       wk1    <none>           <none>
default       waiting      0/2     Pending            0               10m   <none>       <none>   <none>         <none>
";

    #[test]
    fn pods_have_a_phase_or_a_reason() {
        assert_eq!(
            facts(PODS),
            [
                "2 pod namespace=kube-system name=etcd-cp1 node=cp1 address=192.0.2.11 phase=Running ready=true restarts=0",
                "3 pod namespace=default name=test-crash node=wk1 address=10.42.2.15 ready=false reason=CrashLoopBackOff restarts=8",
                "4 pod namespace=default name=job-x2x node=wk1 phase=Succeeded ready=false reason=Completed restarts=0",
                "5 pod namespace=default name=waiting phase=Pending ready=false restarts=0",
            ]
        );
        assert_eq!(tables(PODS), [("pod".to_owned(), 1)]);
    }

    #[test]
    fn a_namespace_may_come_from_the_command_or_the_path() {
        let text =
            "NAME    READY   STATUS    RESTARTS   AGE\nweb-0   1/1     Running   0          2d\n";
        let namespace = |path, text: &str| {
            let gathered = gathered(path, text);
            assert!(gathered.tables.is_empty());
            gathered.facts[0].get("namespace").map(str::to_owned)
        };
        let asked = format!("$ kubectl get pods -n shop\n{text}");
        assert_eq!(namespace("kubectl.txt", &asked).as_deref(), Some("shop"));
        assert_eq!(
            namespace("x/namespaces/shop/pods.txt", text).as_deref(),
            Some("shop")
        );
        assert_eq!(
            namespace("sos/kubectl_get_pods_-n_kube-system", text).as_deref(),
            Some("kube-system")
        );
        assert_eq!(namespace("kubectl.txt", text), None);
    }

    #[test]
    fn nodes_have_a_fact_for_each_address() {
        let text = "\
NAME   STATUS                     ROLES                  AGE   VERSION   INTERNAL-IP   EXTERNAL-IP    OS-IMAGE
cp1    Ready                      control-plane,master   14d   v1.32.7   192.0.2.11    <none>         Ubuntu 22.04
wk1    NotReady                   worker                 14d   v1.32.7   192.0.2.12    203.0.113.12   Ubuntu 22.04
wk2    Ready,SchedulingDisabled   <none>                 14d   v1.32.7   ***HIDDEN***   <none>        Ubuntu 22.04
";
        assert_eq!(
            facts(text),
            [
                "2 kube_node name=cp1 address=192.0.2.11 ready=true",
                "3 kube_node name=wk1 address=192.0.2.12 ready=false reason=NotReady",
                "3 kube_node name=wk1 address=203.0.113.12 ready=false reason=NotReady",
                "4 kube_node name=wk2 ready=true reason=Ready,SchedulingDisabled",
            ]
        );
        assert_eq!(tables(text), [("kube_node".to_owned(), 1)]);
        assert_eq!(gathered("n", text).facts[0].node.as_deref(), Some("cp1"));
    }

    #[test]
    fn services_have_a_fact_for_each_port() {
        let text = "\
NAMESPACE   NAME       TYPE           CLUSTER-IP   EXTERNAL-IP   PORT(S)                     AGE   SELECTOR
default     db         ClusterIP      10.43.29.4   <none>        5432/TCP                    14d   app=db
default     web        NodePort       10.43.29.5   <none>        80:30080/TCP,53:30053/UDP   14d   app=web
default     headless   ClusterIP      None         <none>        9093/TCP                    8d    <none>
default     outside    ExternalName   <none>       example.com   <none>                      8d    <none>
";
        assert_eq!(
            facts(text),
            [
                "2 service namespace=default name=db type=ClusterIP address=10.43.29.4 port=5432 proto=tcp",
                "3 service namespace=default name=web type=NodePort address=10.43.29.5 port=80 proto=tcp",
                "3 service namespace=default name=web type=NodePort address=10.43.29.5 port=53 proto=udp",
                "4 service namespace=default name=headless type=ClusterIP port=9093 proto=tcp",
                "5 service namespace=default name=outside type=ExternalName",
            ]
        );
        assert_eq!(tables(text), [("service".to_owned(), 1)]);
    }

    #[test]
    fn endpoints_are_counted_with_those_not_shown() {
        let text = "\
NAMESPACE   NAME   ENDPOINTS                                            AGE
default     db     <none>                                               8d
default     web    10.42.0.4:80,10.42.0.5:80,10.42.0.5:443              8d
default     many   192.0.2.1:1,192.0.2.2:1,192.0.2.3:1 + 3 more...      8d
default     gone   ***HIDDEN***:80                                      8d
";
        assert_eq!(
            facts(text),
            [
                "2 endpoints namespace=default service=db ready=0",
                "3 endpoints namespace=default service=web ready=2 addresses=10.42.0.4:80,10.42.0.5:80,10.42.0.5:443",
                "4 endpoints namespace=default service=many ready=6 addresses=192.0.2.1:1,192.0.2.2:1,192.0.2.3:1",
                "5 endpoints namespace=default service=gone ready=1",
            ]
        );
    }

    #[test]
    fn events_of_old_and_new_versions_name_their_object() {
        let new = "\
NAMESPACE   LAST SEEN   TYPE      REASON      OBJECT      SUBOBJECT   SOURCE         MESSAGE                                 FIRST SEEN   COUNT   NAME
default     58s         Warning   BackOff     pod/web-0               kubelet, wk1   Back-off restarting failed container    3m           12      web-0.17a
            and a line of a message
default     3m4s        Normal    Scheduled   pod/web-1               scheduler      Successfully assigned default/web-1     3m           1       web-1.17b
";
        assert_eq!(
            facts(new),
            [
                "2 kube_event namespace=default object=pod/web-0 type=Warning reason=BackOff message=Back-off restarting failed container count=12",
                "4 kube_event namespace=default object=pod/web-1 type=Normal reason=Scheduled message=Successfully assigned default/web-1 count=1",
            ]
        );
        let old = "\
LAST SEEN   FIRST SEEN   COUNT   NAME                     KIND   SUBOBJECT   TYPE      REASON      SOURCE         MESSAGE
1m          5m           4       web-0.15f3e1b0c1d2e3f4   Pod                Warning   Unhealthy   kubelet, wk1   Readiness probe failed
";
        assert_eq!(
            facts(old),
            [
                "2 kube_event object=pod/web-0 type=Warning reason=Unhealthy message=Readiness probe failed count=4"
            ]
        );
        assert!(tables(new).is_empty());
    }

    #[test]
    fn one_output_may_hold_several_tables() {
        let text = "\
$ kubectl get all
NAME        READY   STATUS    RESTARTS   AGE
pod/web-0   2/2     Running   1          2d

NAME          TYPE        CLUSTER-IP   EXTERNAL-IP   PORT(S)   AGE
service/web   ClusterIP   10.43.0.7    <none>        80/TCP    2d

NAME                  READY   UP-TO-DATE   AVAILABLE   AGE
deployment.apps/web   1/1     1            1           2d
$ kubectl get nodes -l zone=a
NAME   STATUS   ROLES    AGE   VERSION
wk1    Ready    <none>   2d    v1.27.1
$ date
wk2    Ready    <none>   2d    v1.27.1
";
        assert_eq!(
            facts(text),
            [
                "3 pod name=web-0 phase=Running ready=true restarts=1",
                "6 service name=web type=ClusterIP address=10.43.0.7 port=80 proto=tcp",
                "12 kube_node name=wk1 ready=true",
            ]
        );
        assert!(
            tables(text).is_empty(),
            "the nodes were selected by a label"
        );
    }

    #[test]
    fn near_misses_give_nothing() {
        for text in [
            "NAME      STATUS   AGE   VERSION\nkube-sys  Active   2d    v1\n",
            "NAME   ADDRESSTYPE   PORTS   ENDPOINTS    AGE\nweb-x  IPv4   80   10.42.0.4   8d\n",
            "NAME   READY   STATUS   RESTARTS   AGE\nnothing here fits the header\n",
            "NAME   STATUS   ROLES   AGE   VERSION\nx      green    data    3d    8.1\n",
            "NAME   READY   STATUS    RESTARTS   AGE\nä/ä    ä/ä     Running   0          2d\n",
            "NAME   CLUSTER-IP   PORT(S)   AGE\nx      10.0.0.1     http      3d\n",
            "no RESTARTS  here",
        ] {
            assert!(facts(text).is_empty(), "{text}");
        }
    }
}
