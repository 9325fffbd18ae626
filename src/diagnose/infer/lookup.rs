//! What is looked up for one finding: the route to an address, the file system of a path, the pods of a service.

use std::borrow::Cow;
use std::net::IpAddr;

use super::book::Target;
use super::derived::{Answer, Derived, fields};
use super::relation::Row;
use super::symptom::Symptom;
use crate::filter::Net;

impl Derived<'_> {
    /// Which route the client has to the address.
    pub(super) fn route_to(&self, symptom: &Symptom) -> Result<Answer, String> {
        let unknown = "the log does not say which machine it is from";
        let client = symptom.client.node.as_deref().ok_or(unknown)?;
        let unknown = "the address that was dialled is not known";
        let address = symptom.address().ok_or(unknown)?;
        let rows = self.relations.rows("route").iter();
        let own = rows.filter(|row| row.node.as_deref() == Some(client));
        let reaches = |row: &&Row| {
            let Some(destination) = row.get("destination") else {
                return false;
            };
            let via = ["gateway", "source"]
                .into_iter()
                .find_map(|name| row.get(name));
            let family = via.and_then(|via| via.parse::<IpAddr>().ok());
            match destination {
                "default" => family.is_none_or(|via| via.is_ipv4() == address.is_ipv4()),
                network => Net::parse(network).is_some_and(|net| net.contains(address)),
            }
        };
        let blocks = |row: &&Row| {
            row.get("type").is_some_and(|kind| {
                matches!(kind, "unreachable" | "prohibit" | "blackhole" | "throw")
            })
        };
        let found = own.filter(reaches).find(|row| !blocks(row));
        let listing = self.relations.listings("route", Some(client)).next();
        let (there, place) = match (found, listing) {
            (Some(row), _) => ("true", row.place.clone()),
            (None, Some(listing)) => ("false", Some(listing.place.clone())),
            (None, None) => {
                return Err(format!("the list of routes of {client} was not collected"));
            }
        };
        let destination = found.and_then(|row| row.get("destination")).unwrap_or("");
        Ok(Answer::Row(Row {
            kind: Cow::Borrowed("route_to"),
            node: Some(client.to_owned()),
            fields: fields([("exists", there), ("destination", destination)]),
            place,
        }))
    }

    /// The file system on which the path that could not be written is.
    pub(super) fn mount_of(&self, symptom: &Symptom) -> Result<Answer, String> {
        let path = symptom.capture("path").filter(|path| path.starts_with('/'));
        let path = path.ok_or("the log does not say where the file was")?;
        if symptom.client.container.is_some() {
            return Err("the path is one inside of a container".to_owned());
        }
        let node = symptom.client.node.as_deref();
        let node = node.ok_or("the log does not say which machine it is from")?;
        let rows = self.relations.rows("disk").iter();
        let rows = rows.chain(self.relations.rows("inode"));
        let holds = |mount: &str| {
            let rest = path.strip_prefix(mount.trim_end_matches('/'));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let own = rows.filter(|row| row.node.as_deref() == Some(node));
        let mounts = own.filter(|row| row.get("mount").is_some_and(holds));
        let nearest = mounts.max_by_key(|row| row.get("mount").map(str::len));
        let why = || format!("the file systems of {node} were not collected");
        let row = nearest.ok_or_else(why)?;
        let mount = row.get("mount").unwrap_or_default();
        Ok(Answer::Row(Row {
            kind: Cow::Borrowed("mount_of"),
            node: Some(node.to_owned()),
            fields: fields([("mount", mount), ("path", path)]),
            place: row.place.clone(),
        }))
    }

    /// The addresses behind a service: as they are listed, else as kube-proxy's rules for the port that was dialled say.
    /// `None` where only listings are to be looked at.
    pub(super) fn endpoints(&self, symptom: &Symptom) -> Option<Answer> {
        let Some(Target::Service { id }) = &symptom.target else {
            return None;
        };
        let rows = self.relations.rows("endpoints").iter();
        let (rules, listed): (Vec<&Row>, Vec<&Row>) = rows
            .filter(|row| row.is("id", id))
            .partition(|row| row.get("port").is_some());
        if rules.is_empty() || !listed.is_empty() {
            return listed.first().map(|row| Answer::Row((*row).clone()));
        }
        let port = symptom.port().map(|port| port.to_string());
        let dialled = rules.iter().find(|row| row.get("port") == port.as_deref());
        Some(dialled.map_or_else(
            || Answer::Unknown(format!("the addresses behind {id} were not collected")),
            |row| Answer::Row((*row).clone()),
        ))
    }
}
