//! Which attributes of an original hold identifiers, of which class, and how short a value may be to be searched for.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;

use super::{super::Problem, super::options::ProfileOption, Source, tag, tag_or_none, tags};
use crate::dicom::Tag;

/// What kind of identifier a value is. The class decides in which forms it is searched for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// A person's name: every group, component, order, script.
    PersonName,
    /// The patient's ID: with and without leading zeros and hyphens.
    PatientId,
    /// Another number or code: accession, order, visit, staff, device.
    Number,
    /// A date that identifies: as DA, with separators, in Japanese eras.
    BirthDate,
    /// Any other date of the examination: written out in a text, in the same ways.
    Date,
    /// Institution, department, ward.
    Institution,
    /// Station, AE title: what the device is called.
    Station,
    /// An address, also in parts.
    Address,
    /// A telephone number, with and without separators.
    Telephone,
    /// An instance UID.
    Uid,
}

impl Class {
    /// The class in words for an operator.
    pub fn words(self) -> &'static str {
        match self {
            Class::PersonName => "person's name",
            Class::PatientId => "patient ID",
            Class::Number => "identifying number",
            Class::BirthDate => "birth date",
            Class::Date => "original date",
            Class::Institution => "institution",
            Class::Station => "station",
            Class::Address => "address",
            Class::Telephone => "telephone number",
            Class::Uid => "original UID",
        }
    }
}

/// One attribute whose value identifies.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attribute {
    /// The attribute.
    #[serde(deserialize_with = "tag")]
    pub tag: Tag,
    /// Its name in PS3.6, for the reader of the file.
    pub name: String,
    /// Its class.
    pub class: Class,
    /// Only inside this sequence.
    #[serde(default, deserialize_with = "tag_or_none")]
    pub within: Option<Tag>,
    /// Not where this option is on: the attribute stays then on purpose.
    pub unless: Option<ProfileOption>,
    /// The row of the standard or the guide.
    pub reference: String,
}

/// The shortest values that are searched for, in characters (or bytes, where it says so). A value below them would be
/// found everywhere and identifies nobody.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lengths {
    /// A name's word in Latin script, at word boundaries, in any spelling of it.
    pub word: usize,
    /// The same, in exactly this spelling.
    pub exact_word: usize,
    /// A name's word in Latin script, in exactly this spelling, also inside other words.
    pub word_anywhere: usize,
    /// Family and given name in Latin script written together; shorter ones only with a space between.
    pub together: usize,
    /// A name in kanji or hangul, anywhere in a text.
    pub ideographs: usize,
    /// A name in kana, anywhere in a text; shorter ones as a whole run of kana.
    pub kana: usize,
    /// A number with a letter in it, at boundaries.
    pub number: usize,
    /// A number of digits alone, at boundaries.
    pub digits: usize,
    /// Anything, anywhere in a text, without looking at boundaries.
    pub anywhere: usize,
    /// Anything, as the whole value of a text attribute.
    pub whole: usize,
    /// ASCII in binary values, bytes.
    pub bytes: usize,
    /// Encoded kanji and kana in binary values, bytes.
    pub encoded_bytes: usize,
    /// Anything in pixel data and other long values, bytes.
    pub stream: usize,
    /// Digits alone in pixel data and other long values, bytes.
    pub stream_digits: usize,
    /// Strings that are searched for at the most. An object that carries more is kept back.
    pub most: usize,
    /// What all checks of one object may look at together, in bytes: one that one check looks at counts once, and an
    /// element as [`ELEMENT`] more. Past it the object is kept back.
    pub work: u64,
}

/// What looking at an element costs beside its value, in bytes.
pub const ELEMENT: u64 = 16;

/// What `identifiers.yaml` holds.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    lengths: Lengths,
    person_names: ByVr,
    uids: Uids,
    #[serde(default)]
    dates: Dates,
    generic: Vec<String>,
    harmless: Vec<Harmless>,
    attributes: Vec<Attribute>,
}

/// Terms of the standard, which say nothing of a person although a name may be spelt so.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Harmless {
    #[serde(deserialize_with = "tags")]
    tags: Vec<Tag>,
    values: Vec<String>,
}

/// Identifiers by VR: every element of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ByVr {
    reference: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Uids {
    reference: String,
    standard_root: String,
    #[serde(deserialize_with = "tags")]
    not_instances: Vec<Tag>,
}

/// Dates: every element of VR DA and DT.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Dates {
    reference: String,
    #[serde(deserialize_with = "tags")]
    published: Vec<Tag>,
}

/// The identifiers file, ready for look-ups.
#[derive(Debug)]
pub struct Identifiers {
    /// The shortest values that are searched for.
    pub lengths: Lengths,
    /// Values that name nobody (`anonymous`), in lower case; they are not gathered.
    pub generic: HashSet<String>,
    /// The reference for every PN element.
    pub person_name_reference: String,
    /// The reference for every UI element that holds an instance UID.
    pub uid_reference: String,
    /// The reference for every DA and DT element.
    pub date_reference: String,
    /// UIDs below this root are the standard's own.
    pub standard_root: String,
    not_instances: HashSet<Tag>,
    published: HashSet<Tag>,
    harmless: HashMap<Tag, HashSet<String>>,
    attributes: HashMap<Tag, Vec<Attribute>>,
}

impl Identifiers {
    pub(super) fn compile(file: File, source: &Source, problems: &mut Vec<Problem>) -> Identifiers {
        let lengths = &file.lengths;
        // Below, a value is found everywhere; above, names and numbers would pass unsearched.
        let bounds = [
            ("word", lengths.word, 3..=6),
            ("exact_word", lengths.exact_word, 3..=5),
            ("word_anywhere", lengths.word_anywhere, 3..=10),
            ("together", lengths.together, 4..=10),
            ("ideographs", lengths.ideographs, 2..=3),
            ("kana", lengths.kana, 2..=6),
            ("number", lengths.number, 3..=6),
            ("digits", lengths.digits, 3..=7),
            ("anywhere", lengths.anywhere, 4..=12),
            ("whole", lengths.whole, 2..=4),
            ("bytes", lengths.bytes, 4..=8),
            ("encoded_bytes", lengths.encoded_bytes, 4..=6),
            ("stream", lengths.stream, 7..=12),
            ("stream_digits", lengths.stream_digits, 7..=14),
        ];
        for (key, length, bounds) in bounds.into_iter().filter(|(_, l, b)| !b.contains(l)) {
            let message = match length < *bounds.start() {
                true => format!("{length} is too short: such values are found everywhere"),
                false => format!("{length} is too long: names and numbers would pass unsearched"),
            };
            let remedy = format!("Use {} to {}", bounds.start(), bounds.end());
            problems.push(source.problem(&format!("lengths.{key}"), message, remedy));
        }
        let mut attributes: HashMap<Tag, Vec<Attribute>> = HashMap::new();
        for (i, attribute) in file.attributes.into_iter().enumerate() {
            let rules = attributes.entry(attribute.tag).or_default();
            if rules.iter().any(|r| r.within == attribute.within) {
                problems.push(source.problem(
                    &format!("attributes[{i}].tag"),
                    "this attribute is listed already",
                    "Remove one of the two",
                ));
            }
            rules.push(attribute);
        }
        let mut harmless: HashMap<Tag, HashSet<String>> = HashMap::new();
        for rule in file.harmless {
            for tag in rule.tags {
                harmless.entry(tag).or_default().extend(rule.values.iter().cloned());
            }
        }
        Identifiers {
            harmless,
            lengths: file.lengths,
            generic: file.generic.iter().map(|g| g.to_lowercase()).collect(),
            person_name_reference: file.person_names.reference,
            uid_reference: file.uids.reference,
            standard_root: file.uids.standard_root,
            date_reference: file.dates.reference,
            published: file.dates.published.into_iter().collect(),
            not_instances: file.uids.not_instances.into_iter().collect(),
            attributes,
        }
    }

    /// The rule for an attribute inside the sequences `parents` (outermost first), if it identifies.
    pub fn rule(&self, tag: Tag, parents: &[Tag]) -> Option<&Attribute> {
        let rules = self.attributes.get(&tag)?;
        rules.iter().find(|r| r.within.is_none_or(|w| parents.contains(&w)))
    }

    /// Whether a value of an attribute is a term of the standard.
    pub fn is_harmless(&self, tag: Tag, value: &str) -> bool {
        self.harmless.get(&tag).is_some_and(|terms| terms.contains(value.trim()))
    }

    /// Whether the date of an attribute is known to everyone, and stays.
    pub fn is_published(&self, tag: Tag) -> bool {
        self.published.contains(&tag)
    }

    /// Whether a UI attribute names a class, a syntax or a scheme, not an instance.
    pub fn is_not_instance(&self, tag: Tag) -> bool {
        self.not_instances.contains(&tag)
    }
}
