//! Caution rules: image types that need care, recognised by the header (TR-0047 Table 6.1, PS3.15 E.3.1).

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::{super::Problem, Source, tag, tags};
use crate::dicom::Tag;

/// What a caution warns of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CautionClass {
    /// Head or face.
    Head,
    /// Retina.
    Fundus,
    /// A photograph.
    Photograph,
    /// Text in the pixels.
    BurnedIn,
}

/// One rule: the scope (SOP class or modality), and what must be found in it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CautionRule {
    /// The rule's id, for the ledger.
    pub id: String,
    /// What it warns of.
    pub class: CautionClass,
    /// What was seen, in words for an operator.
    pub kind: String,
    /// The row of the standard or the guide.
    pub reference: String,
    /// SOP Class UIDs in scope; one that ends in `.*` names all below it.
    #[serde(default)]
    pub sop_classes: Vec<String>,
    /// Values of Modality (0008,0060) in scope. With `sop_classes` too, either is enough; with neither, all objects.
    #[serde(default)]
    pub modalities: Vec<String>,
    /// What must be found.
    pub find: Find,
    /// What shows that the alarm would be false.
    #[serde(default)]
    pub unless: Option<Unless>,
    /// Objects that the rule must tell apart; the tests and `tokumei check` run them.
    pub examples: Vec<Example>,
}

/// What a rule looks for: the whole vocabulary.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case", deny_unknown_fields)]
pub enum Find {
    /// Nothing more: the scope is enough.
    Scope {},
    /// One of the attributes has one of the values (any of several; case and blanks do not matter).
    Value {
        /// The attributes.
        #[serde(deserialize_with = "tags")]
        tags: Vec<Tag>,
        /// The values.
        values: Vec<String>,
    },
    /// A value of one of the attributes contains one of the words (at word boundaries in Latin script).
    Words {
        /// The attributes; sequences are searched whole.
        #[serde(deserialize_with = "tags")]
        tags: Vec<Tag>,
        /// The words, in any case; kanji anywhere in the text.
        words: Words,
    },
    /// An item of one of the sequences has one of the Code Values (0008,0100).
    Code {
        /// The sequences, wherever they stand.
        #[serde(deserialize_with = "tags")]
        tags: Vec<Tag>,
        /// The code values.
        codes: Vec<String>,
    },
    /// One of the attributes is there and not empty.
    Present {
        /// The attributes.
        #[serde(deserialize_with = "tags")]
        tags: Vec<Tag>,
    },
    /// No body part that is known: the attributes are absent, empty, or have none of the known values, and no
    /// sequence has a code.
    UnknownPart {
        /// The attributes with plain values.
        #[serde(deserialize_with = "tags")]
        tags: Vec<Tag>,
        /// The values that say which part it is.
        known: Vec<String>,
        /// The coded sequences.
        #[serde(deserialize_with = "tags")]
        sequences: Vec<Tag>,
    },
}

/// An image in the space of the patient, of more than a screen's depth: it was computed, not copied from a screen.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unless {
    /// The object has all of these attributes, with a value, wherever they stand.
    #[serde(deserialize_with = "tags")]
    pub present: Vec<Tag>,
    /// And Bits Stored (0028,0101) is more than this.
    pub bits_over: u8,
}

/// Words to look for in a text that was put into normal spelling and spelt out between single spaces.
#[derive(Debug, Clone, Deserialize)]
#[serde(from = "Vec<String>")]
pub struct Words {
    single: HashSet<String>,
    phrases: Vec<String>,
    anywhere: Vec<String>,
}

impl From<Vec<String>> for Words {
    fn from(words: Vec<String>) -> Words {
        let mut sorted =
            Words { single: HashSet::new(), phrases: Vec::new(), anywhere: Vec::new() };
        for word in words {
            if !word.is_ascii() {
                sorted.anywhere.push(word);
            } else if word.contains([' ', '-']) {
                sorted.phrases.push(format!(" {} ", word.to_lowercase().replace('-', " ")));
            } else {
                sorted.single.insert(word.to_lowercase());
            }
        }
        sorted
    }
}

impl Words {
    /// Whether there is nothing to look for.
    pub fn is_empty(&self) -> bool {
        self.single.is_empty() && self.phrases.is_empty() && self.anywhere.is_empty()
    }

    /// Whether a line has one of the words. The line has each word between single spaces, one before the first and one
    /// behind the last.
    pub fn any_in(&self, line: &str) -> bool {
        line.split(' ').any(|word| self.single.contains(word))
            || self.phrases.iter().any(|phrase| line.contains(phrase.as_str()))
            || (!line.is_ascii() && self.anywhere.iter().any(|word| line.contains(word.as_str())))
    }
}

/// An object that a rule must judge as it says.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// Its SOP class.
    pub sop_class: String,
    /// Its attributes, in ascending order of their tags.
    #[serde(default)]
    pub elements: Vec<ExampleElement>,
    /// Whether the rule warns.
    pub warns: bool,
}

/// One attribute of an example: its text in UTF-8 (of Bits Stored the number), or for a sequence the Code Value of its one
/// item.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExampleElement {
    /// The attribute.
    #[serde(deserialize_with = "tag")]
    pub tag: Tag,
    /// The value of a text attribute.
    #[serde(default)]
    pub value: String,
    /// The Code Value of a sequence's only item.
    #[serde(default)]
    pub code: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    cautions: Vec<CautionRule>,
}

pub(super) fn compile(
    file: File,
    source: &Source,
    problems: &mut Vec<Problem>,
) -> Vec<CautionRule> {
    if file.cautions.is_empty() {
        let message = "no rule: images that show a person would pass unseen";
        problems.push(source.problem("cautions", message, "Keep the shipped rules"));
    }
    for (i, rule) in file.cautions.iter().enumerate() {
        let key = format!("cautions[{i}]");
        let unscoped = rule.sop_classes.is_empty() && rule.modalities.is_empty();
        let empty = match &rule.find {
            Find::Scope {} => unscoped,
            Find::Value { tags, values: list } | Find::Code { tags, codes: list } => {
                tags.is_empty() || list.is_empty()
            }
            Find::Words { tags, words } => tags.is_empty() || words.is_empty(),
            Find::Present { tags } | Find::UnknownPart { tags, .. } => tags.is_empty(),
        };
        if rule.unless.as_ref().is_some_and(|unless| unless.present.is_empty()) {
            let remedy = "Name attributes, or leave `unless` out";
            problems.push(source.problem(
                &format!("{key}.unless"),
                "it names no attribute",
                remedy,
            ));
        }
        if empty {
            let remedy = "Give it a scope, or tags and values";
            problems.push(source.problem(&key, "this rule says nothing", remedy));
        }
        let warning = |warns| rule.examples.iter().any(|e| e.warns == warns);
        if !warning(true) || !warning(false) {
            let message = "a rule needs an example that warns and one that does not";
            problems.push(source.problem(
                &format!("{key}.examples"),
                message,
                "Add the missing one",
            ));
        }
    }
    file.cautions
}
