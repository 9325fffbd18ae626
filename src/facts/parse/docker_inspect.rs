//! `docker inspect` and `podman inspect` of containers.
//!
//! An array of objects, of which a container has `State`, `Config` and `NetworkSettings`; those of images, networks and
//! volumes have not. podman writes `ImageName` and a name without the slash. Docker before 1.9 has no `State.Status`.
//! Ports are what is published now, not what the configuration asks for.

use serde_json::Value;
use serde_json::value::RawValue;

use super::kube_json::{Places, documents, is_json};
use super::probes::known;
use crate::facts::{Input, Parser, Sink};

pub(super) const PARSER: Parser = Parser {
    name: "docker-inspect",
    markers: &["\"NetworkSettings\""],
    path: |_| false,
    parse,
};

fn parse(input: Input<'_>, sink: &mut Sink) {
    if !is_json(input.text) {
        return;
    }
    let mut places = Places::of(input.text);
    let containers = |document: &&RawValue| document.get().contains("\"NetworkSettings\"");
    for document in documents(input.text).filter(containers) {
        let items = serde_json::from_str::<Vec<&RawValue>>(document.get());
        for item in items.unwrap_or_else(|_| vec![document]) {
            container(item, &mut places, sink);
        }
    }
}

/// Where the name stands.
#[derive(serde::Deserialize)]
struct Named<'a> {
    #[serde(borrow, rename = "Name")]
    name: &'a RawValue,
}

fn container(item: &RawValue, places: &mut Places<'_>, sink: &mut Sink) {
    let Ok(named) = serde_json::from_str::<Named<'_>>(item.get()) else {
        return;
    };
    let Ok(value) = serde_json::from_str::<Value>(item.get()) else {
        return;
    };
    let parts = (
        value.get("State"),
        value.get("Config"),
        value.get("NetworkSettings"),
    );
    let (Some(state), Some(_), Some(network)) = parts else {
        return;
    };
    let line = places.line_of(named.name.get());
    let name = known(text(&value, "/Name").trim_start_matches('/'));
    let fields = identity(&value, name)
        .into_iter()
        .chain(condition(&value, state));
    sink.fact("container", line, fields.chain(attachment(network)));
    published(network, name, line, sink);
    let hosts = value.pointer("/HostConfig/ExtraHosts");
    let hosts = hosts.and_then(Value::as_array).into_iter().flatten();
    hosts
        .filter_map(Value::as_str)
        .for_each(|host| extra_host(host, line, sink));
}

/// `db:172.17.0.1`: a line that docker adds to the container's /etc/hosts.
fn extra_host(text: &str, line: (u64, &str), sink: &mut Sink) {
    let Some((name, address)) = text.split_once([':', '=']) else {
        return;
    };
    if address.parse::<std::net::IpAddr>().is_ok() {
        sink.fact("host_entry", line, [("name", name), ("address", address)]);
    }
}

/// What a container is.
fn identity(value: &Value, name: &str) -> [(&'static str, String); 3] {
    let id = text(value, "/Id");
    let images = ["/ImageName", "/Config/Image"].map(|pointer| text(value, pointer));
    let image = images.into_iter().find(|image| !image.is_empty());
    [
        ("name", name.to_owned()),
        ("id", known(id.get(..12).unwrap_or(id)).to_owned()),
        ("image", known(image.unwrap_or_default()).to_owned()),
    ]
}

/// How a container is.
fn condition(value: &Value, state: &Value) -> [(&'static str, String); 5] {
    let started = Some(text(state, "/StartedAt")).filter(|time| !time.starts_with("0001-"));
    [
        ("state", state_of(state)),
        ("exit_code", exit_code(state)),
        ("oom_killed", scalar(state, "/OOMKilled")),
        ("restarts", scalar(value, "/RestartCount")),
        ("since", started.unwrap_or_default().to_owned()),
    ]
}

fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// A number or a truth as text.
fn scalar(value: &Value, pointer: &str) -> String {
    match value.pointer(pointer) {
        Some(found @ (Value::Number(_) | Value::Bool(_))) => found.to_string(),
        _ => String::new(),
    }
}

fn state_of(state: &Value) -> String {
    let status = text(state, "/Status");
    if !status.is_empty() {
        return status.to_ascii_lowercase();
    }
    let is = |name: &str| state.get(name).and_then(Value::as_bool) == Some(true);
    let flags = [
        ("Paused", "paused"),
        ("Restarting", "restarting"),
        ("Running", "running"),
        ("Dead", "dead"),
    ];
    let found = flags.into_iter().find(|(flag, _)| is(flag));
    found.map_or("exited", |(_, state)| state).to_owned()
}

/// The exit code of a container that has run; a running one has that of nothing.
fn exit_code(state: &Value) -> String {
    match &*state_of(state) {
        "running" | "paused" | "created" => String::new(),
        _ => scalar(state, "/ExitCode"),
    }
}

/// The address of a container and the network that it has it in: the first with an address, else the first.
fn attachment(settings: &Value) -> [(&'static str, String); 2] {
    let networks = settings.get("Networks").and_then(Value::as_object);
    let networks = || networks.into_iter().flatten();
    let has_address = |network: &Value| !text(network, "/IPAddress").is_empty();
    let found = networks().find(|(_, network)| has_address(network));
    let found = found.or_else(|| networks().next());
    let inner = found.map_or("", |(_, network)| text(network, "/IPAddress"));
    let outer = text(settings, "/IPAddress");
    let address = if inner.is_empty() { outer } else { inner };
    let network = found.map_or("", |(name, _)| name);
    [
        ("address", known(address).to_owned()),
        ("network", known(network).to_owned()),
    ]
}

/// `"5432/tcp": [{"HostIp": "0.0.0.0", "HostPort": "5432"}]`; `null` for what is only exposed.
fn published(settings: &Value, container: &str, line: (u64, &str), sink: &mut Sink) {
    let ports = settings.get("Ports").and_then(Value::as_object);
    for (inside, bindings) in ports.into_iter().flatten() {
        let (port, proto) = inside.split_once('/').unwrap_or((inside, "tcp"));
        for binding in bindings.as_array().into_iter().flatten() {
            let fields = [
                ("address", known(text(binding, "/HostIp"))),
                ("port", known(text(binding, "/HostPort"))),
                ("container", container),
                ("container_port", port),
                ("proto", proto),
            ];
            sink.fact("published_port", line, fields);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Fact;

    fn facts(text: &str) -> Vec<String> {
        let row = |fact: &Fact| {
            let fields = fact
                .fields
                .iter()
                .map(|(name, value)| format!(" {name}={value}"));
            format!("{} {}{}", fact.line, fact.kind, fields.collect::<String>())
        };
        PARSER
            .read("docker/inspect", text)
            .facts
            .iter()
            .map(row)
            .collect()
    }

    const DOCKER: &str = r#"[
    {
        "Id": "3f9a1c07d2be6c1d6e4f8d7a9b0c1d2e3f4a5b6c7d8e9f0a1b2c3d4e5f6a7b8c",
        "State": {"Status": "running", "Running": true, "OOMKilled": false, "ExitCode": 0,
            "StartedAt": "2026-01-01T00:00:00.1Z", "FinishedAt": "0001-01-01T00:00:00Z"},
        "Image": "sha256:1234",
        "Name": "/db",
        "RestartCount": 2,
        "HostConfig": {"NetworkMode": "shop"},
        "Config": {"Image": "postgres:15", "Env": ["POSTGRES_PASSWORD=***HIDDEN***"]},
        "NetworkSettings": {
            "Ports": {"5432/tcp": [{"HostIp": "0.0.0.0", "HostPort": "5432"}, {"HostIp": "::", "HostPort": "5432"}],
                "9187/tcp": null},
            "IPAddress": "",
            "Networks": {"none": {"IPAddress": ""}, "shop": {"IPAddress": "172.18.0.2"}}
        }
    },
    {
        "Id": "7d40be91c6fa6c1d6e4f8d7a9b0c1d2e3f4a5b6c7d8e9f0a1b2c3d4e5f6a7b8c",
        "State": {"Status": "exited", "Running": false, "OOMKilled": true, "ExitCode": 137,
            "StartedAt": "2026-01-01T00:00:00.1Z"},
        "Name": "/api",
        "RestartCount": 0,
        "Config": {"Image": "api:1"},
        "NetworkSettings": {"Ports": {}, "IPAddress": "", "Networks": {"bridge": {"IPAddress": ""}}}
    }
]
"#;

    #[test]
    fn containers_have_their_state_address_and_published_ports() {
        assert_eq!(
            facts(DOCKER),
            [
                "7 container name=db id=3f9a1c07d2be image=postgres:15 state=running oom_killed=false restarts=2 \
                 since=2026-01-01T00:00:00.1Z address=172.18.0.2 network=shop",
                "7 published_port address=0.0.0.0 port=5432 container=db container_port=5432 proto=tcp",
                "7 published_port address=:: port=5432 container=db container_port=5432 proto=tcp",
                "22 container name=api id=7d40be91c6fa image=api:1 state=exited exit_code=137 oom_killed=true restarts=0 \
                 since=2026-01-01T00:00:00.1Z network=bridge",
            ]
        );
        let transcript =
            format!("[root@web1 ~]# docker inspect db api\n{DOCKER}[root@web1 ~]# exit\n");
        assert_eq!(facts(&transcript).len(), 4);
    }

    #[test]
    fn old_docker_and_podman_are_read() {
        let old = r#"[{"Id":"3f9a1c07d2be","State":{"Running":true,"Paused":false,"ExitCode":0,
            "StartedAt":"0001-01-01T00:00:00Z"},"Name":"/db","Config":{"Image":"db"},
            "NetworkSettings":{"IPAddress":"172.17.0.2","Ports":null}}]"#;
        assert_eq!(
            facts(old),
            ["2 container name=db id=3f9a1c07d2be image=db state=running address=172.17.0.2"]
        );
        let podman = r#"{"Id":"3f9a1c07d2be","State":{"Status":"Exited","ExitCode":1},"Name":"db",
            "ImageName":"registry.example.com/db:1","Config":{},"NetworkSettings":{"IPAddress":"***HIDDEN***"}}"#;
        assert_eq!(
            facts(podman),
            [
                "1 container name=db id=3f9a1c07d2be image=registry.example.com/db:1 state=exited exit_code=1"
            ]
        );
    }

    #[test]
    fn other_objects_and_broken_texts_give_nothing() {
        for text in [
            r#"[{"Id":"x","Name":"bridge","NetworkSettings":{},"Config":{}}]"#,
            r#"[{"Id":"x","RepoTags":["a"],"Config":{}}]"#,
            r#"[{"Name":7,"State":1,"Config":2}]"#,
            r#"[{"Name":"/x","State":{},"Config":{},"NetworkSettings":{}"#,
            "[1,2]",
            "NetworkSettings",
            "",
        ] {
            assert!(facts(text).is_empty(), "{text}");
        }
        let odd = r#"[{"Name":"/ä","Id":"ääääääääääää","State":[],"Config":[],"NetworkSettings":{"Ports":{"/":[1]},"Networks":[]}}]"#;
        assert_eq!(facts(odd).len(), 2);
    }
}
