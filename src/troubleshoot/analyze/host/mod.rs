//! The analyzers of what host collectors have collected, on the machine itself or on every node.

pub(super) mod certificate;
pub(super) mod hardware;
pub(super) mod kernel;
pub(super) mod network;
pub(super) mod packages;
pub(super) mod system;

use serde_json::Value;

use super::super::Outcome;
use super::super::decode::{Decoder, Fields};
use super::super::glob::Reads;
use super::super::json;
use super::{Branch, Bundle, Check};

/// The names of nodes that were collected from afar.
const NODE_LIST: &str = "host-collectors/system/node_list.json";

/// Where a collector's file stands: of this machine, and of nodes.
#[derive(Clone, Debug)]
struct Place {
    local: String,
    /// Above the directories of nodes, and the file in them.
    remote: (&'static str, String),
}

/// What was collected of one node.
struct Collected<'f> {
    path: String,
    content: &'f [u8],
    /// The title, with the node.
    title: String,
}

impl Place {
    /// `host-collectors/system/<name>`.
    fn system(name: &str) -> Self {
        Self::new("host-collectors/system", name)
    }

    fn new(directory: &'static str, name: &str) -> Self {
        Self {
            local: format!("{directory}/{name}"),
            remote: (directory, name.to_owned()),
        }
    }

    fn reads(&self) -> Vec<Reads> {
        let (base, file) = &self.remote;
        vec![
            Reads::path(&*self.local),
            Reads::path(NODE_LIST),
            Reads::glob(&format!("{base}/*/{file}")),
        ]
    }

    /// The file of this machine, or those of all listed nodes.
    fn collected<'f>(
        &self,
        bundle: &Bundle<'f>,
        title: &str,
    ) -> Result<Vec<Collected<'f>>, String> {
        if let Some(content) = bundle.get(&self.local) {
            return Ok(vec![Collected {
                path: self.local.clone(),
                content,
                title: title.to_owned(),
            }]);
        }
        let Some(nodes) = bundle.get(NODE_LIST) else {
            return Err(format!("`{}` was not collected", self.local));
        };
        let nodes = super::parsed(NODE_LIST, nodes)?;
        let (base, file) = &self.remote;
        let mut collected = Vec::new();
        for node in json::list(&nodes, &["nodes"])
            .iter()
            .filter_map(Value::as_str)
        {
            let path = format!("{base}/{node}/{file}");
            collected.push(Collected {
                content: bundle.need(&path)?,
                path,
                title: format!("{title} - Node {node}"),
            });
        }
        Ok(collected)
    }

    /// What `conclude` says of the JSON of this machine, or of each listed node, under the title it gets.
    fn concluded(
        &self,
        bundle: &Bundle,
        title: &str,
        mut conclude: impl FnMut(&str, &Value) -> Result<Vec<Outcome>, String>,
    ) -> Result<Vec<Outcome>, String> {
        let mut outcomes = Vec::new();
        for one in self.collected(bundle, title)? {
            let file = super::parsed(&one.path, one.content)?;
            let said = conclude(&one.title, &file)?.into_iter();
            outcomes.extend(said.map(|outcome| outcome.on_file(&one.path)));
        }
        Ok(outcomes)
    }
}

/// A condition and what was collected; whether it holds.
type Condition = fn(&str, &Value) -> Result<bool, String>;

/// An analyzer that gives the first outcome whose condition holds.
#[derive(Debug)]
struct Simple {
    place: Place,
    title: String,
    condition: Condition,
    /// What replaces `{{ Info.MachineArch }}`, and such, in messages.
    replaces: Option<(&'static str, &'static str)>,
    branches: Vec<Branch>,
}

/// An analyzer of a file with a certain name.
fn fixed(
    decoder: &mut Decoder,
    fields: &Fields,
    file: &str,
    title: &str,
    condition: Condition,
) -> Option<Box<dyn Check>> {
    simple(
        decoder,
        fields,
        Place::system(file),
        title.to_owned(),
        condition,
    )
}

/// An analyzer of a file that is called as its collector.
fn named(
    decoder: &mut Decoder,
    fields: &Fields,
    (directory, default): (&'static str, &str),
    title: &str,
    condition: Condition,
) -> Option<Box<dyn Check>> {
    let collector = fields.text_or(decoder, "collectorName", default);
    let place = Place::new(directory, &format!("{collector}.json"));
    simple(decoder, fields, place, title.to_owned(), condition)
}

fn simple(
    decoder: &mut Decoder,
    fields: &Fields,
    place: Place,
    title: String,
    condition: Condition,
) -> Option<Box<dyn Check>> {
    Some(Box::new(Simple {
        place,
        title,
        condition,
        replaces: None,
        branches: decoder.outcomes(fields, false),
    }))
}

impl Check for Simple {
    fn title(&self) -> String {
        self.title.clone()
    }

    fn reads(&self) -> Vec<Reads> {
        self.place.reads()
    }

    fn evaluate(&self, title: &str, bundle: &Bundle) -> Result<Vec<Outcome>, String> {
        self.place.concluded(bundle, title, |title, file| {
            let branch = super::first(&self.branches, |when| (self.condition)(when, file))?;
            let outcome = branch.map(|branch| {
                let mut outcome = branch.outcome(title);
                if let Some((what, field)) = self.replaces {
                    outcome.message = outcome.message.replace(what, json::text(file, &[field]));
                }
                outcome
            });
            Ok(outcome.into_iter().collect())
        })
    }
}
