//! What `inspect` looks for: identifier classes, caution rules, SOP class rules; and what a route does about them.
//!
//! The rules are data, `config/checks/*.yaml`: lists with a closed vocabulary, each entry with the row of the standard
//! or the guide that asks for it. The shipped files are inside the binary; a directory can take their place.

mod cautions;
mod classes;
mod contexts;
mod detectors;
mod identifiers;
pub mod kanji;
mod needs;
mod rows;

use std::{path::Path, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, de};

use super::{
    Problem,
    options::Options,
    safe_private::SafePrivate,
    source::{self, Named, Source},
};
use crate::{dicom::Tag, records::Reason};

pub use cautions::{CautionClass, CautionRule, Example, ExampleElement, Find, Unless, Words};
pub use classes::{ClassRule, Disposition};
pub use contexts::Contexts;
pub use detectors::{Detectors, Hit, Place};
pub use identifiers::{Attribute, Class, ELEMENT, Identifiers, Lengths};
pub use needs::{Needed, Needs};
pub use rows::{May, Row, Rows};

/// The shipped files, by name.
const SHIPPED: [(&str, &str); 4] = [
    ("identifiers.yaml", include_str!("../../config/checks/identifiers.yaml")),
    ("cautions.yaml", include_str!("../../config/checks/cautions.yaml")),
    ("classes.yaml", include_str!("../../config/checks/classes.yaml")),
    ("detectors.yaml", DETECTORS),
];
const DETECTORS: &str = include_str!("../../config/checks/detectors.yaml");

/// Not a site's to replace: a word too many in it would switch the search for a name off.
const CONTEXTS: (&str, &str) =
    ("config/checks/contexts.yaml", include_str!("../../config/checks/contexts.yaml"));

/// The checks, loaded and proven.
#[derive(Debug)]
pub struct Checks {
    /// Which attributes of an original hold identifiers, and how their values are searched for.
    pub identifiers: Identifiers,
    /// Words that decide whether what looks like an identifier is one.
    pub contexts: Arc<Contexts>,
    /// Image types that need care, recognised by the header.
    pub cautions: Vec<CautionRule>,
    /// The private attributes that an output may have, where an option lets them stay.
    pub safe_private: SafePrivate,
    /// What an output may hold of the attributes that carry identity.
    pub rows: Rows,
    /// What the IODs need.
    pub needs: Needs,
    /// What an identifier looks like, whoever it belongs to.
    pub detectors: Detectors,
    classes: Vec<ClassRule>,
    ids: Vec<Named>,
}

/// What a route does with an object that a caution was raised for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Response {
    /// Mark it, say so in the log and in the ledger, forward it.
    Warn,
    /// Keep it sealed until pixels or the series can be looked at.
    Hold,
    /// Keep it sealed until a person decides.
    Quarantine,
}

/// A route's responses to the cautions and to weak findings. The default is the shipped one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CautionResponses {
    /// Head or face in a volume: TR-0047 T6-1 to T6-3.
    pub head: Response,
    /// Retina: T6-6.
    pub fundus: Response,
    /// Photographs: T6-7.
    pub photograph: Response,
    /// Text may be burned into the pixels: PS3.15 E.3.1.
    pub burned_in: Response,
    /// A text in which something may identify a person, and as likely not: a weak finding and no other.
    pub weak_findings: WeakResponse,
}

/// What a route does with an object of which nothing but weak findings speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WeakResponse {
    /// Say so in the log and in the ledger, forward it.
    Warn,
    /// Keep it sealed until a person decides.
    Quarantine,
}

impl Default for CautionResponses {
    fn default() -> Self {
        CautionResponses {
            head: Response::Warn,
            fundus: Response::Warn,
            photograph: Response::Quarantine,
            burned_in: Response::Quarantine,
            weak_findings: WeakResponse::Warn,
        }
    }
}

impl CautionResponses {
    /// The response to one class of caution.
    pub fn response(&self, class: CautionClass) -> Response {
        match class {
            CautionClass::Head => self.head,
            CautionClass::Fundus => self.fundus,
            CautionClass::Photograph => self.photograph,
            CautionClass::BurnedIn => self.burned_in,
        }
    }
}

impl Checks {
    /// The shipped checks.
    ///
    /// # Errors
    /// Everything that is wrong in the files, at once.
    pub fn shipped() -> Result<Checks, Vec<Problem>> {
        Checks::build(
            SHIPPED.map(|(name, text)| (format!("config/checks/{name}"), text.to_owned())),
        )
    }

    /// The names of the files that a directory may have.
    pub fn files() -> impl Iterator<Item = &'static str> {
        SHIPPED.into_iter().map(|(name, _)| name)
    }

    /// The checks of a directory; a file that is not there is the shipped one. `None` gives the shipped checks.
    ///
    /// # Errors
    /// Everything that is wrong in the files, at once, and files that cannot be read.
    pub fn load(directory: Option<&Path>) -> Result<Checks, Vec<Problem>> {
        let Some(directory) = directory else { return Checks::shipped() };
        let mut problems = Vec::new();
        let files = SHIPPED.map(|(name, shipped)| {
            let path = directory.join(name);
            let file = path.display().to_string();
            match source::text(&path) {
                Ok(text) => (file, text),
                Err(unread) if unread.is_missing() => {
                    (format!("config/checks/{name}"), shipped.to_owned())
                }
                Err(unread) => {
                    problems.push(unread.problem(&file));
                    (file, shipped.to_owned())
                }
            }
        });
        match Checks::build(files) {
            Ok(checks) if problems.is_empty() => Ok(checks),
            Ok(_) => Err(problems),
            Err(more) => {
                problems.extend(more);
                Err(problems)
            }
        }
    }

    fn build(files: [(String, String); 4]) -> Result<Checks, Vec<Problem>> {
        let [identifiers, cautions, classes, detectors] = files;
        let mut problems = Vec::new();
        let mut ids = Vec::new();
        let identifiers = read(&identifiers, &mut problems, Identifiers::compile);
        let cautions = read(&cautions, &mut problems, |file, source, problems| {
            let rules = cautions::compile(file, source, problems);
            let id = |(at, rule): (usize, &CautionRule)| {
                source.named(&format!("cautions[{at}].id"), &rule.id)
            };
            ids.extend(rules.iter().enumerate().map(id));
            rules
        });
        let classes = read(&classes, &mut problems, |file, source, problems| {
            let rules = classes::compile(file, source, problems);
            let id = |(at, rule): (usize, &ClassRule)| {
                source.named(&format!("classes[{at}].id"), &rule.id)
            };
            ids.extend(rules.iter().enumerate().map(id));
            rules
        });
        let detectors = read(&detectors, &mut problems, |file, source, problems| {
            let detectors = detectors::compile(file, source, DETECTORS, problems)?;
            let id = |(at, id): (usize, &str)| source.named(&format!("detectors[{at}].id"), id);
            ids.extend(detectors.ids().enumerate().map(id));
            Some(detectors)
        });
        problems.extend(source::several(ids.iter()));
        let safe_private = SafePrivate::read(&mut problems);
        let (rows, needs) = (Rows::read(&mut problems), Needs::read(&mut problems));
        let contexts = (CONTEXTS.0.to_owned(), CONTEXTS.1.to_owned());
        let contexts = read(&contexts, &mut problems, Contexts::compile).map(Arc::new);
        match (identifiers, cautions, classes, detectors.flatten(), contexts) {
            (Some(identifiers), Some(cautions), Some(classes), Some(detectors), Some(contexts))
                if problems.is_empty() =>
            {
                Ok(Checks {
                    identifiers,
                    contexts,
                    cautions,
                    safe_private,
                    rows,
                    needs,
                    detectors,
                    classes,
                    ids,
                })
            }
            _ => Err(problems),
        }
    }

    /// The ids of all rules, and where each stands.
    pub fn ids(&self) -> &[Named] {
        &self.ids
    }

    /// Why an object of a SOP class is kept back whatever it holds, after these options were carried out on it; `None` if
    /// it may pass the checks. A class that no rule names is kept back.
    pub fn disposition(&self, sop_class: &str, done: Options) -> Option<Reason> {
        classes::disposition(&self.classes, sop_class, done)
    }
}

/// Reads one file and checks its meaning.
fn read<F: de::DeserializeOwned, T>(
    (name, text): &(String, String),
    problems: &mut Vec<Problem>,
    compile: impl FnOnce(F, &Source, &mut Vec<Problem>) -> T,
) -> Option<T> {
    let source = Source::parse(name, text).map_err(|p| problems.extend(p)).ok()?;
    let (file, found) = source.read_what_fits::<F>();
    problems.extend(found);
    Some(compile(file?, &source, problems))
}

/// Reads a tag written as `(0010,0020)`.
fn tag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Tag, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse_tag(&text).ok_or_else(|| de::Error::custom("expected a tag as (0010,0020)"))
}

/// Reads a list of tags.
fn tags<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Tag>, D::Error> {
    let list = Vec::<String>::deserialize(deserializer)?;
    list.iter()
        .map(|t| parse_tag(t).ok_or_else(|| de::Error::custom("expected tags as (0010,0020)")))
        .collect()
}

/// Reads a tag, or nothing.
fn tag_or_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Tag>, D::Error> {
    tag(deserializer).map(Some)
}

fn parse_tag(text: &str) -> Option<Tag> {
    let (group, element) = text.strip_prefix('(')?.strip_suffix(')')?.split_once(',')?;
    let number = |t: &str| (t.len() == 4).then(|| u16::from_str_radix(t, 16).ok()).flatten();
    Some(Tag(number(group)?, number(element)?))
}

#[cfg(test)]
mod tests;
