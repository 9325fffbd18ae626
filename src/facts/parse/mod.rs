//! The parsers: one file for each kind of output.

mod chrony;
mod crictl;
mod date;
mod df;
mod docker_inspect;
mod docker_ps;
mod draft;
mod firewalld;
mod free;
mod hostname;
mod hosts;
mod ifconfig;
mod ip_addr;
mod ip_neigh;
mod ip_route;
mod ipset;
mod iptables;
mod kube_json;
mod kube_object;
mod kube_table;
mod kube_yaml;
mod lsof;
mod meminfo;
mod names;
mod netstat;
mod nft;
mod ntpq;
mod origin;
mod probes;
mod proc_net;
mod resolv;
mod ss;
mod storageos;
mod systemctl;
mod systemctl_status;
mod time_zone;
mod timedatectl;
mod troubleshoot;
mod ufw;
mod uptime;

use super::Parser;

/// All parsers. The order does not matter: every parser that knows the path or finds its marker reads the text.
pub const PARSERS: &[Parser] = &[
    netstat::PARSER,
    ss::PARSER,
    proc_net::PARSER,
    lsof::PARSER,
    ip_addr::PARSER,
    ifconfig::PARSER,
    hosts::PARSER,
    hostname::PARSER,
    ip_neigh::PARSER,
    ip_route::PARSER,
    resolv::PARSER,
    kube_table::PARSER,
    kube_json::PARSER,
    kube_yaml::PARSER,
    docker_ps::PARSER,
    docker_inspect::PARSER,
    crictl::PARSER,
    systemctl::PARSER,
    systemctl_status::PARSER,
    df::PARSER,
    free::PARSER,
    meminfo::PARSER,
    timedatectl::PARSER,
    date::PARSER,
    time_zone::PARSER,
    uptime::PARSER,
    chrony::PARSER,
    ntpq::PARSER,
    probes::PARSER,
    storageos::PARSER,
    troubleshoot::PARSER,
    ipset::PARSER,
    iptables::SAVE,
    iptables::LIST,
    nft::PARSER,
    firewalld::PARSER,
    ufw::PARSER,
];
