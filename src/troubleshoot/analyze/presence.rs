//! Whether something is there: `storageClass`, `ingressClass`, `customResourceDefinition`, `ingress`, `secret`,
//! `configMap`, `imagePullSecret`.

use serde_json::Value;

use super::super::decode::{Decoder, Fields};
use super::super::glob::Reads;
use super::super::json;
use super::super::{Outcome, Verdict};
use super::{Branch, Bundle, Check, last_of};

/// An object in a list of objects.
#[derive(Debug)]
struct Listed {
    file: String,
    name: String,
    title: String,
    /// What objects without a wanted name are found by, and how those are called.
    default: Option<(&'static str, &'static str)>,
    branches: Vec<Branch>,
}

pub(super) fn storage_class(decoder: &mut Decoder, fields: &Fields) -> Option<Box<dyn Check>> {
    let name = fields.text(decoder, "storageClassName");
    Some(Box::new(Listed {
        file: "cluster-resources/storage-classes.json".to_owned(),
        title: if name.is_empty() {
            "Default Storage Class".to_owned()
        } else {
            format!("Storage class {name}")
        },
        name,
        default: Some((
            "storageclass.kubernetes.io/is-default-class",
            "Default Storage Class",
        )),
        branches: decoder.outcomes(fields, false),
    }))
}

pub(super) fn ingress_class(decoder: &mut Decoder, fields: &Fields) -> Option<Box<dyn Check>> {
    let name = fields.text(decoder, "ingressClassName");
    Some(Box::new(Listed {
        file: "cluster-resources/ingress-classes.json".to_owned(),
        title: if name.is_empty() {
            "Default Ingress Class".to_owned()
        } else {
            format!("Ingress class {name}")
        },
        name,
        default: Some((
            "ingressclass.kubernetes.io/is-default-class",
            "Default Ingress Class",
        )),
        branches: decoder.outcomes(fields, false),
    }))
}

pub(super) fn definition(decoder: &mut Decoder, fields: &Fields) -> Option<Box<dyn Check>> {
    let name = fields.text(decoder, "customResourceDefinitionName");
    Some(Box::new(Listed {
        file: "cluster-resources/custom-resource-definitions.json".to_owned(),
        title: format!("Custom resource definition {name}"),
        name,
        default: None,
        branches: decoder.outcomes(fields, false),
    }))
}

pub(super) fn ingress(decoder: &mut Decoder, fields: &Fields) -> Option<Box<dyn Check>> {
    let name = fields.text(decoder, "ingressName");
    let namespace = fields.text(decoder, "namespace");
    Some(Box::new(Listed {
        file: format!("cluster-resources/ingress/{namespace}.json"),
        title: format!("Ingress {name}"),
        name,
        default: None,
        branches: decoder.outcomes(fields, false),
    }))
}

impl Check for Listed {
    fn title(&self) -> String {
        self.title.clone()
    }

    fn reads(&self) -> Vec<Reads> {
        vec![Reads::path(&*self.file)]
    }

    fn evaluate(&self, title: &str, bundle: &Bundle) -> Result<Vec<Outcome>, String> {
        let default = self.default.filter(|_| self.name.is_empty());
        let is_wanted = |object: &Value| {
            super::name(object) == self.name
                || default.is_some_and(|(annotation, _)| {
                    json::text(object, &["metadata", "annotations", annotation]) == "true"
                })
        };
        let is_there = bundle.items(&self.file)?.iter().any(is_wanted);
        let verdict = if is_there {
            Verdict::Pass
        } else {
            Verdict::Fail
        };
        let mut outcome = last_of(&self.branches, verdict, title).on_file(&self.file);
        if let Some((_, what)) = default
            && outcome.message.is_empty()
        {
            outcome.message = format!("{}{what} found", if is_there { "" } else { "No " });
        }
        Ok(vec![outcome])
    }
}

/// A secret or config map, or a key of it.
#[derive(Debug)]
struct Keyed {
    file: String,
    title: String,
    key: String,
    exists: &'static str,
    branches: Vec<Branch>,
}

pub(super) fn secret(decoder: &mut Decoder, fields: &Fields) -> Option<Box<dyn Check>> {
    let name = fields.text(decoder, "secretName");
    keyed(
        decoder,
        fields,
        ("secrets", "secretExists"),
        format!("Secret {name}"),
        &name,
    )
}

pub(super) fn config_map(decoder: &mut Decoder, fields: &Fields) -> Option<Box<dyn Check>> {
    let name = fields.text(decoder, "configMapName");
    keyed(
        decoder,
        fields,
        ("configmaps", "configMapExists"),
        format!("ConfigMap {name}"),
        &name,
    )
}

fn keyed(
    decoder: &mut Decoder,
    fields: &Fields,
    (directory, exists): (&str, &'static str),
    title: String,
    name: &str,
) -> Option<Box<dyn Check>> {
    let namespace = fields.text(decoder, "namespace");
    let key = fields.text(decoder, "key");
    let below = if key.is_empty() {
        String::new()
    } else {
        format!("/{key}")
    };
    Some(Box::new(Keyed {
        file: format!("{directory}/{namespace}/{name}{below}.json"),
        title,
        key,
        exists,
        branches: decoder.outcomes(fields, false),
    }))
}

impl Check for Keyed {
    fn title(&self) -> String {
        self.title.clone()
    }

    fn reads(&self) -> Vec<Reads> {
        vec![Reads::path(&*self.file)]
    }

    fn evaluate(&self, title: &str, bundle: &Bundle) -> Result<Vec<Outcome>, String> {
        let file = bundle.json(&self.file)?;
        let has_key = self.key.is_empty()
            || (json::text(&file, &["key"]) == self.key && json::flag(&file, &["keyExists"]));
        let is_there = json::flag(&file, &[self.exists]) && has_key;
        let verdict = if is_there {
            Verdict::Pass
        } else {
            Verdict::Fail
        };
        Ok(vec![
            last_of(&self.branches, verdict, title).on_file(&self.file),
        ])
    }
}

/// Credentials for a registry.
#[derive(Debug)]
struct ImagePullSecret {
    registry: String,
    branches: Vec<Branch>,
}

pub(super) fn image_pull_secret(decoder: &mut Decoder, fields: &Fields) -> Option<Box<dyn Check>> {
    Some(Box::new(ImagePullSecret {
        registry: fields.text(decoder, "registryName"),
        branches: decoder.outcomes(fields, false),
    }))
}

const PULL_SECRETS: [&str; 2] = [
    "cluster-resources/image-pull-secrets",
    "cluster-resources/image-pull-secrets/*",
];

impl Check for ImagePullSecret {
    fn title(&self) -> String {
        "Image Pull Secrets".to_owned()
    }

    fn reads(&self) -> Vec<Reads> {
        PULL_SECRETS.iter().map(|glob| Reads::glob(glob)).collect()
    }

    fn evaluate(&self, title: &str, bundle: &Bundle) -> Result<Vec<Outcome>, String> {
        let mut found = None;
        for (path, content) in self.reads().iter().flat_map(|reads| bundle.find(reads)) {
            if super::parsed(path, content)?.get(&self.registry).is_some() {
                found = Some(path);
            }
        }
        let (verdict, word) = match found {
            Some(_) => (Verdict::Pass, "found"),
            None => (Verdict::Fail, "not found"),
        };
        let mut outcome = last_of(&self.branches, verdict, title);
        if outcome.message.is_empty() {
            outcome.message = format!("Credentials to pull from: {} {word}", self.registry);
        }
        Ok(vec![match found {
            Some(path) => outcome.on_file(path),
            None => outcome,
        }])
    }
}
