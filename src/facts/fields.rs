//! The kinds of facts and their fields: one table for documentation, errors and completion.

/// A kind of fact.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// Its name.
    pub name: &'static str,
    /// What a fact of it states.
    pub doc: &'static str,
    /// The fields that it may have.
    pub fields: &'static [&'static str],
    /// The fields that tell facts of the kind apart: there is one fact at most for each combination, so that one that
    /// says otherwise rules out what is looked for. Empty: any number, and only a complete listing rules out.
    pub keys: &'static [&'static str],
}

const fn kind(name: &'static str, doc: &'static str, fields: &'static [&'static str]) -> Kind {
    Kind {
        name,
        doc,
        fields,
        keys: &[],
    }
}

impl Kind {
    const fn keyed(self, keys: &'static [&'static str]) -> Self {
        Self { keys, ..self }
    }
}

/// All kinds that the built-in parsers know.
pub const KINDS: &[Kind] = &[
    kind("hostname", "A name of the machine itself.", &["name"]),
    kind(
        "address",
        "An address of an interface of the machine.",
        &["address", "prefix", "interface", "peer"],
    ),
    kind(
        "host_entry",
        "A line of /etc/hosts: a name and its address.",
        &["name", "address"],
    ),
    kind(
        "nameserver",
        "A DNS server that the machine asks.",
        &["address"],
    ),
    kind(
        "route",
        "A route of the machine; destination `default` or a network.",
        &["destination", "gateway", "interface", "source", "type"],
    ),
    kind(
        "neighbour",
        "A neighbour on a link (ARP, NDP) and whether it answers.",
        &["address", "interface", "state"],
    )
    .keyed(&["node", "address"]),
    kind(
        "socket",
        "A socket: protocol `tcp` or `udp`, state `listen`, `established` or others in lower case.",
        &[
            "proto",
            "address",
            "port",
            "state",
            "loopback",
            "wildcard",
            "process",
            "pid",
            "peer",
            "peer_port",
        ],
    ),
    kind(
        "published_port",
        "A port of the host that docker forwards to a container.",
        &["address", "port", "container", "container_port", "proto"],
    ),
    kind(
        "filter_policy",
        "What a packet filter chain does at its end.",
        &["source", "table", "chain", "policy", "packets"],
    ),
    kind(
        "filter_rule",
        "A rule of a packet filter, as it stands; for firewalld and ufw each of the rules that stand for what they print.",
        &["source", "table", "chain", "rule", "packets"],
    ),
    kind(
        "filter_state",
        "Whether a packet filter program is in use: `active` or `inactive`.",
        &["source", "state"],
    )
    .keyed(&["node", "source"]),
    kind(
        "unit",
        "A systemd unit.",
        &["unit", "name", "load", "state", "sub", "since", "result"],
    )
    .keyed(&["node", "name"]),
    kind(
        "container",
        "A container of docker or a CRI runtime.",
        &[
            "name",
            "id",
            "image",
            "state",
            "exit_code",
            "oom_killed",
            "restarts",
            "address",
            "network",
            "pod",
            "since",
        ],
    )
    .keyed(&["node", "pod", "name"]),
    kind(
        "pod",
        "A pod.",
        &[
            "id",
            "namespace",
            "name",
            "node",
            "address",
            "phase",
            "ready",
            "reason",
            "restarts",
            "host_network",
        ],
    )
    .keyed(&["id"]),
    kind(
        "kube_node",
        "A node of a kubernetes cluster.",
        &["name", "address", "ready", "reason"],
    )
    .keyed(&["name"]),
    kind(
        "service",
        "A kubernetes service; one fact a port.",
        &[
            "id",
            "namespace",
            "name",
            "type",
            "address",
            "port",
            "target_port",
            "proto",
        ],
    ),
    kind(
        "endpoints",
        "How many ready addresses a kubernetes service has.",
        &[
            "id",
            "namespace",
            "service",
            "ready",
            "not_ready",
            "addresses",
        ],
    )
    .keyed(&["id"]),
    kind(
        "kube_event",
        "A kubernetes event.",
        &["namespace", "object", "type", "reason", "message", "count"],
    ),
    kind(
        "disk",
        "A mounted file system and its space.",
        &[
            "mount",
            "filesystem",
            "size_kib",
            "used_percent",
            "available_kib",
        ],
    )
    .keyed(&["node", "mount"]),
    kind(
        "inode",
        "A mounted file system and its inodes.",
        &["mount", "filesystem", "used_percent"],
    )
    .keyed(&["node", "mount"]),
    kind(
        "memory",
        "Memory of the machine, in KiB.",
        &[
            "total_kib",
            "available_kib",
            "swap_total_kib",
            "swap_free_kib",
            "available_percent",
        ],
    )
    .keyed(&["node"]),
    kind(
        "clock",
        "Whether the clock is synchronised, and how far it is off.",
        &["synchronised", "offset_seconds", "service", "source"],
    )
    .keyed(&["node"]),
    kind(
        "time_source",
        "A time server that the machine asks, and whether it answers.",
        &["address", "reachable", "selected"],
    ),
    kind(
        "collected",
        "When the bundle was collected, as the clock of the machine printed it; `utc` says whether that is UTC.",
        &["printed", "utc"],
    ),
    kind(
        "time_zone",
        "In which zone the machine writes local times.",
        &["name", "offset"],
    ),
    kind(
        "uptime",
        "For how long the machine runs, in seconds; `exact` says whether to the second, else to the minute.",
        &["seconds", "exact"],
    ),
    kind(
        "check",
        "A test of a connection that somebody ran: status `connected`, `refused`, `timeout`, `no-route`, `unresolved`, `in-use` or `failed`.",
        &["tool", "from", "host", "port", "status"],
    ),
];

/// Kinds that the diagnosis works out from others when a clause asks for them.
pub const DERIVED: &[Kind] = &[
    kind(
        "listener",
        "Who listens on a port of a machine, as seen from the address that was dialled: state `open`, `loopback` (only there), `elsewhere` (another address) or `none`.",
        &["node", "port", "state", "address", "process", "says"],
    )
    .keyed(&["node", "port"]),
    kind(
        "filter_verdict",
        "What the packet filter of the machine that was dialled does to the connection: verdict `accept`, `drop` or `reject`, and the symptom that the client sees of it.",
        &["node", "port", "verdict", "kind", "produces", "table", "chain", "source", "rule", "says"],
    )
    .keyed(&["node", "port"]),
    kind(
        "egress_verdict",
        "What the packet filter of the client does to the connection, alike.",
        &["node", "port", "verdict", "kind", "produces", "table", "chain", "source", "rule", "says"],
    )
    .keyed(&["node", "port"]),
    kind(
        "route_to",
        "Whether the client has a route to the address that was dialled: exists `true` or `false`.",
        &["node", "exists", "destination"],
    )
    .keyed(&["node"]),
    kind(
        "mount_of",
        "The file system that has the path of the finding.",
        &["node", "mount", "path"],
    )
    .keyed(&["node"]),
    kind(
        "unit_log",
        "One of the last lines of the log of a systemd unit, where it has a file of its own.",
        &["unit"],
    ),
    kind(
        "known_port",
        "Which program usually listens on a port.",
        &["port", "process", "service"],
    ),
];

/// The kind of this name.
pub(crate) fn kind_named(name: &str) -> Option<&'static Kind> {
    KINDS.iter().chain(DERIVED).find(|kind| kind.name == name)
}
