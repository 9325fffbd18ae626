//! `clusterVersion`: the version of Kubernetes.

use super::super::Outcome;
use super::super::decode::{Decoder, Fields};
use super::super::glob::Reads;
use super::super::json;
use super::super::semver::{Range, Version};
use super::{Branch, Bundle, Check};

const FILE: &str = "cluster-info/cluster_version.json";

#[derive(Debug)]
struct ClusterVersion {
    branches: Vec<Branch>,
}

pub(super) fn decode(decoder: &mut Decoder, fields: &Fields) -> Option<Box<dyn Check>> {
    let branches = decoder.outcomes(fields, false);
    for branch in &branches {
        if !branch.when.is_empty()
            && let Err(message) = Range::parse(&branch.when)
        {
            decoder.report("spec/when", message, &branch.when_span);
        }
    }
    Some(Box::new(ClusterVersion { branches }))
}

impl Check for ClusterVersion {
    fn title(&self) -> String {
        "Required Kubernetes Version".to_owned()
    }

    fn reads(&self) -> Vec<Reads> {
        vec![Reads::path(FILE)]
    }

    fn evaluate(&self, title: &str, bundle: &Bundle) -> Result<Vec<Outcome>, String> {
        let file = bundle.json(FILE)?;
        let text = json::text(&file, &["string"]);
        // The pre-release of EKS is a release.
        let release = match text.split_once('-') {
            Some((release, _)) if text.contains("-eks-") => release,
            _ => text,
        };
        let version = Version::parse(release.trim_start_matches('v'))
            .ok_or_else(|| format!("`{text}` is no version"))?;
        let found = super::first(&self.branches, |when| {
            Ok(Range::parse(when)?.contains(&version))
        })?;
        Ok(found
            .map(|branch| branch.outcome(title).on_file(FILE))
            .into_iter()
            .collect())
    }
}
