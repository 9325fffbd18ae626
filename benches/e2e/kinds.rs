//! The kinds of logs in a support bundle, and what their programs say.

/// A kind of log.
pub(crate) struct Kind {
    /// The path; `#` stands for a number.
    pub(crate) path: &'static str,
    /// A line: `@l` is the level, `@s` a source, `@m` the message, `%` and a letter a value.
    pub(crate) line: &'static str,
    /// How it writes debug, info, warning and error.
    pub(crate) levels: [&'static str; 4],
    /// Where in the program lines come from.
    pub(crate) sources: &'static [&'static str],
    /// Whether what stands in its messages is what the program says, not what its clients sent.
    pub(crate) speaks: bool,
}

const UPPER: [&str; 4] = ["DEBUG", "INFO", "WARN", "ERROR"];
const LOWER: [&str; 4] = ["debug", "info", "warn", "error"];
const LONG: [&str; 4] = ["debug", "info", "warning", "error"];
const GO: &[&str] = &[
    "reconciler.go:224",
    "kubelet_volumes.go:163",
    "reflector.go:324",
    "controller.go:87",
    "garbagecollector.go:443",
    "cacher.go:512",
    "trace.go:219",
    "server.go:1190",
];
const JAVA: &[&str] = &[
    "org.example.shop.OrderService",
    "org.example.shop.CartController",
    "org.apache.kafka.clients.NetworkClient",
    "com.zaxxer.hikari.pool.HikariPool",
    "org.example.batch.Scheduler",
];
const UNITS: &[&str] = &[
    "kubelet[812]",
    "systemd[1]",
    "containerd[903]",
    "NetworkManager[655]",
    "sshd[2211]",
    "CRON[31337]",
    "chronyd[590]",
    "dockerd[1022]",
];
const MODULES: &[&str] = &[
    "nova.compute.manager",
    "neutron.agent.dhcp.agent",
    "oslo_service.periodic_task",
    "cinder.volume.manager",
    "keystone.middleware.auth",
];
const ERLANG: &[&str] = &["<0.812.0>", "<0.1290.4>", "<0.77.0>", "<0.31022.1>"];

#[rustfmt::skip]
pub(crate) const KINDS: &[Kind] = &[
    Kind { path: "var/log/kube/kubelet-#.log", line: "@l%K     812 @s] @m", levels: ["I", "I", "W", "E"], sources: GO, speaks: true },
    Kind { path: "var/log/operator/manager-#.log", line: "time=\"%Z\" level=@l msg=\"@m\" controller=%w id=%h", levels: LONG, sources: &[""], speaks: true },
    Kind { path: "var/log/app/zap-#.log", line: "{\"level\":\"@l\",\"ts\":\"%E\",\"caller\":\"@s\",\"msg\":\"@m\",\"request\":\"%h\",\"took\":\"%mms\"}", levels: LOWER, sources: GO, speaks: true },
    Kind { path: "var/log/etcd/etcd-#.log", line: "{\"level\":\"@l\",\"ts\":\"%E\",\"caller\":\"mvcc/index.go:214\",\"msg\":\"@m\",\"compact-revision\":%d}", levels: LOWER, sources: &[""], speaks: true },
    Kind { path: "var/log/syslog.#", line: "%S node-1 @s: @m", levels: ["", "", "", ""], sources: UNITS, speaks: true },
    Kind { path: "journal/journalctl-#.log", line: "%J node-1 @s: @m", levels: ["", "", "", ""], sources: UNITS, speaks: true },
    Kind { path: "var/log/pods/shop_app-#/app/0.log", line: "%N stdout F @l @m trace=%h", levels: UPPER, sources: &[""], speaks: true },
    Kind { path: "var/lib/docker/containers/c#/c-json.log", line: "{\"log\":\"@l @s @m\\n\",\"stream\":\"stderr\",\"time\":\"%N\"}", levels: UPPER, sources: GO, speaks: true },
    Kind { path: "var/log/nginx/access-#.log", line: "%i - - [%C] \"GET /v1/%w/%d HTTP/1.1\" 200 %d \"-\" \"curl/7.88.1\" %m", levels: ["", "", "", ""], sources: &[""], speaks: false },
    Kind { path: "var/log/postgresql/postgresql-#.log", line: "%P UTC [2%d] shop@shop @l:  @m", levels: ["DEBUG", "LOG", "WARNING", "ERROR"], sources: &[""], speaks: true },
    Kind { path: "var/log/java/service-#.log", line: "%I @l  [http-exec-%d] @s - @m", levels: UPPER, sources: JAVA, speaks: true },
    Kind { path: "var/log/nova/nova-compute-#.log", line: "%P 2849 @l @s [req-%u - - - - -] @m", levels: ["DEBUG", "INFO", "WARNING", "ERROR"], sources: MODULES, speaks: true },
    Kind { path: "kernel/dmesg-#.log", line: "[%D] @s: @m", levels: ["", "", "", ""], sources: &["eth0", "xfs", "nvme0n1", "audit", "IPv6"], speaks: true },
    Kind { path: "var/log/calico/felix-#.log", line: "%P [@l][60] felix/@s: @m", levels: UPPER, sources: &["summary.go 100", "int_dataplane.go 1836", "calc_graph.go 465"], speaks: true },
    Kind { path: "var/log/rabbitmq/rabbit@node-#.log", line: "%P [@l] @s @m", levels: LONG, sources: ERLANG, speaks: true },
    Kind { path: "var/log/containerd/containerd-#.log", line: "time=\"%N\" level=@l msg=\"@m\" id=%h namespace=k8s.io", levels: LONG, sources: &[""], speaks: true },
    Kind { path: "var/log/spark/executor-#.log", line: "%L @l executor.@s: @m", levels: UPPER, sources: &["Executor", "BlockManager", "TaskSetManager"], speaks: true },
];

/// What programs say at debug and info level.
pub(crate) const MESSAGES: &[&str] = &[
    "Caches populated for %w",
    "Starting reconciliation of %w, generation %d",
    "Reconciled %w in %m ms",
    "request served: path /v1/%w/%d status 200 took %m ms",
    "compacted to revision %d",
    "finished scheduled compaction at %d",
    "Volume pvc-%u is already attached to pod %w",
    "Container %h of %w started",
    "Pulled image registry.local/%w:1.%d in %m s",
    "Summarising %d dataplane reconciliation loops over 1m2s",
    "Session %d of user app opened",
    "checkpoint complete: wrote %d buffers, %d files added",
    "duration: %m ms, plan for %w",
    "accepting connection from %i to %i on 5672",
    "user guest authenticated and granted access to vhost %w",
    "renewed lease %h of %i for 3600 seconds",
    "Running periodic task update_available_resource, %d instances",
    "Instance %u has disk of %d MB and memory of %d MB",
    "Received event network-vif-plugged for %u",
    "Finished task %d in stage %d: %d bytes sent to driver",
    "link becomes ready, %d Mbps, full duplex",
    "probe of %w succeeded with %d bytes",
    "Selected source %i, offset %d us",
    "pam_unix: session opened for uid %d by %h",
    "Started session %d of root",
    "garbage collection freed %d objects in %m ms",
    "cleanup of sandbox %h finished",
    "loaded %d rules for chain %h, %d unchanged",
];

/// What programs say at warning and error level in a system that works.
pub(crate) const COMPLAINTS: &[&str] = &[
    "Retrying request %h to upstream %w after %d ms",
    "slow consumer on queue %w holds %d messages",
    "could not refresh token for %w, trying again in %d s",
    "unexpected answer %d from peer %i",
    "discarding stale entry %h of shard %d",
    "worker %d exceeded its budget of %d ms",
    "failed to parse header of frame %d from %i",
    "handshake with backend %w took %m ms",
    "replica %d lags by %d entries behind %i",
    "ignoring unknown option %w in section %d",
    "dropped %d samples of series %h",
    "lock of %w held for %d ms by %u",
    "cannot rename segment %h of volume %d",
    "invalid checksum in block %d of file %h",
    "scheduler skipped job %w because run %d still works",
    "rejected update of object %u at version %d",
];

/// Verbs, objects and tails of more messages.
pub(crate) const VERBS: &[&str] = &[
    "Synced",
    "Updated",
    "Scheduled",
    "Evaluated",
    "Released",
    "Queued",
    "Verified",
    "Resolved",
    "Merged",
    "Rotated",
    "Published",
    "Assigned",
    "Collected",
    "Flushed",
    "Registered",
];
pub(crate) const OBJECTS: &[&str] = &[
    "endpoint slice",
    "replica set",
    "service account",
    "route table",
    "snapshot",
    "config map",
    "work item",
    "index page",
    "volume claim",
    "policy",
    "certificate request",
    "batch",
    "subscription",
    "ledger entry",
    "node lease",
    "shard",
];
pub(crate) const TAILS: &[&str] = &[
    "%w in %m ms",
    "%h for %w",
    "%u",
    "%d of %d",
    "from %i",
    "%w, revision %d",
    "%h after %d attempts",
    "for tenant %w at %i",
];

/// Records of more than one line.
pub(crate) const TRACES: &[&str] = &[
    "%I WARN  [pool-%d] org.example.shop.OrderService - order %h is retried\norg.example.shop.StaleOrderException: version %d\n\tat org.example.shop.OrderService.place(OrderService.java:%d)\n\tat org.example.shop.CartController.checkout(CartController.java:%d)\n\tat java.base/java.lang.Thread.run(Thread.java:833)",
    "%P 2849 WARNING oslo_service.loopingcall [-] task %w overran by %m s\nTraceback (most recent call last):\n  File \"/usr/lib/python3/dist-packages/oslo_service/loopingcall.py\", line %d, in _run_loop\n    result = func(*self.args)\nTaskOverrun: %h",
];

/// Files that are no logs: a path and lines.
pub(crate) const OTHERS: &[(&str, &str)] = &[
    (
        "networking/ss-tan-#",
        "ESTAB      0      0      %i:4%d      %i:443",
    ),
    (
        "networking/netstat-#",
        "tcp        0      0 %i:2%d        %i:6443         ESTABLISHED 812/kubelet",
    ),
    (
        "etc/app/config-#.yaml",
        "- name: %w\n  replicas: %d\n  image: registry.local/%w:1.%d\n  uid: %u",
    ),
    ("etc/app/settings-#.conf", "pool_%w_size = %d"),
    (
        "proc/mounts-#",
        "overlay /run/containerd/%h/rootfs overlay rw,relatime,lowerdir=/snapshots/%d/fs 0 0",
    ),
];
