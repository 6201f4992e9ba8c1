//! `detectors.yaml` as it is written.

use serde::{Deserialize, Deserializer, de};

use super::{super::super::options::ProfileOption, super::tags, names::Form, validate::Validator};
use crate::{
    dicom::{Tag, VR},
    records::Severity,
};

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::policy::checks) struct File {
    pub(super) names: Beside,
    pub(super) harmless: Vec<Vec<String>>,
    pub(super) eponyms: Vec<Vec<String>>,
    pub(super) detectors: Vec<Rule>,
}

/// What stands beside a name.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Beside {
    pub(super) honorifics: Vec<String>,
    pub(super) roles: Vec<String>,
    pub(super) titles: Vec<String>,
    pub(super) suffixes: Vec<String>,
    pub(super) given_endings: Vec<String>,
}

/// One detector.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rule {
    /// Its id, for reasons.
    pub(super) id: String,
    /// What it finds, in words for an operator.
    pub(super) what: String,
    pub(super) find: Find,
    #[serde(default)]
    pub(super) validate: Validator,
    #[serde(default)]
    pub(super) edges: Edges,
    #[serde(default)]
    pub(super) beside: Vec<String>,
    #[serde(default)]
    pub(super) except: Vec<String>,
    #[serde(default, deserialize_with = "vrs")]
    pub(super) vrs: Vec<VR>,
    #[serde(default, deserialize_with = "tags")]
    pub(super) not_in: Vec<Tag>,
    pub(super) unless: Option<ProfileOption>,
    #[serde(default)]
    pub(super) unless_imaging: bool,
    pub(super) severity: Severity,
    /// The row of the standard, the guide or the law.
    pub(super) reference: String,
    /// The requirement that it serves.
    #[serde(default = "nothing_left")]
    pub(super) requirement: String,
    pub(super) examples: Vec<String>,
    pub(super) counter_examples: Vec<String>,
}

/// No information is left by which a person can be identified (TR-0047 5.1.6(2)).
fn nothing_left() -> String {
    "R-5.1.6-2b".to_owned()
}

/// How a detector finds: the whole vocabulary.
#[derive(Debug, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Find {
    /// Regular expressions; any of them is enough.
    Pattern { patterns: Vec<String> },
    /// Words, in any case; any of them is enough.
    Words { words: Vec<String> },
    /// The lists of names.
    Names { form: Form },
}

/// What may not stand beside a match.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Edges {
    /// Anything may.
    #[default]
    Open,
    /// No Latin letter or digit beside one.
    Word,
    /// The same, nor a point and a digit.
    Number,
}

fn vrs<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<VR>, D::Error> {
    let words = Vec::<String>::deserialize(deserializer)?;
    let vr = |w: &String| w.parse().map_err(|_| de::Error::custom("expected VRs as CS"));
    words.iter().map(vr).collect()
}
