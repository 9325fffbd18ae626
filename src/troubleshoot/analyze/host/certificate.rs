//! `certificate` and `certificatesCollection`.

use super::super::super::decode::{Decoder, Fields};
use super::super::super::glob::Reads;
use super::super::super::json::{list, text};
use super::super::super::{Outcome, Verdict};
use super::super::certificates::said;
use super::super::{Branch, Bundle, Check};
use super::Place;

/// Whether a key belongs to a certificate: a word that conditions name.
#[derive(Debug)]
struct KeyPair {
    place: Place,
    branches: Vec<Branch>,
}

pub(in super::super) fn key_pair(decoder: &mut Decoder, fields: &Fields) -> Option<Box<dyn Check>> {
    let collector = fields.text_or(decoder, "collectorName", "certificate");
    Some(Box::new(KeyPair {
        place: Place::new("host-collectors/certificate", &format!("{collector}.json")),
        branches: decoder.outcomes(fields, false),
    }))
}

impl Check for KeyPair {
    fn title(&self) -> String {
        "Certificate Key Pair".to_owned()
    }

    fn reads(&self) -> Vec<Reads> {
        self.place.reads()
    }

    fn evaluate(&self, title: &str, bundle: &Bundle) -> Result<Vec<Outcome>, String> {
        let mut outcomes = Vec::new();
        for one in self.place.collected(bundle, title)? {
            let word = String::from_utf8_lossy(one.content);
            let branch = super::super::first(&self.branches, |when| Ok(when == word.trim()))?;
            outcomes.extend(branch.map(|branch| branch.outcome(&one.title).on_file(&one.path)));
        }
        Ok(outcomes)
    }
}

#[derive(Debug)]
struct Collection {
    place: Place,
    branches: Vec<Branch>,
}

pub(in super::super) fn collection(
    decoder: &mut Decoder,
    fields: &Fields,
) -> Option<Box<dyn Check>> {
    let collector = fields.text_or(decoder, "collectorName", "certificatesCollection");
    Some(Box::new(Collection {
        place: Place::new(
            "host-collectors/certificatesCollection",
            &format!("{collector}.json"),
        ),
        branches: decoder.outcomes(fields, false),
    }))
}

impl Check for Collection {
    fn title(&self) -> String {
        // As troubleshoot writes it.
        "Host Cerfiticates Collection".to_owned()
    }

    fn reads(&self) -> Vec<Reads> {
        self.place.reads()
    }

    fn evaluate(&self, title: &str, bundle: &Bundle) -> Result<Vec<Outcome>, String> {
        self.place.concluded(bundle, title, |title, file| {
            let mut outcomes = Vec::new();
            for collection in file.as_array().into_iter().flatten() {
                let source = match text(collection, &["certificatePath"]) {
                    "" => String::new(),
                    path => format!("obtained from {path}"),
                };
                if text(collection, &["message"]) == "cert-missing" {
                    let message = format!("Certificate is missing, cannot be {source}");
                    outcomes.push(Outcome::new(Verdict::Fail, title, message));
                    continue;
                }
                for certificate in list(collection, &["certificateChain"]) {
                    let said = said(&self.branches, certificate, bundle.collected_at())?;
                    outcomes.extend(said.into_iter().map(|said| {
                        let mut outcome = said.branch.outcome(title);
                        outcome.uri.clear();
                        outcome.message = match said.days {
                            None => format!("{}, {source}", outcome.message),
                            Some(days) => format!("{} in {days} days, {source}", outcome.message),
                        };
                        outcome
                    }));
                }
            }
            if outcomes.is_empty() {
                outcomes.push(Outcome::new(Verdict::Warn, title, "no results"));
            }
            Ok(outcomes)
        })
    }
}
