//! Content items (PS3.15 E.3.4, Clean Structured Content): what becomes of one item of a content tree, of its value, and
//! of the codes in it; and codes outside of any tree (E.3.5, Clean Descriptors). Decides only; the walk carries out.
//!
//! An item is decided when it begins, from its own elements: its Value Type and its concept. A tree needs no more,
//! because an item that goes takes everything below it along.

use std::collections::{HashMap, hash_map::Entry};

use crate::{
    dicom::{
        Tag,
        dataset::{DataSet, Element, Item, Value, find},
        syntax::Encoding,
    },
    policy::{
        codes::Standing,
        content::{Content, ValueType},
        profile::{Action, Rule},
    },
};

const CONTENT: Tag = Tag(0x0040, 0xA730);
const ACQUISITION_CONTEXT: Tag = Tag(0x0040, 0x0555); // Type 2
const VALUE_TYPE: Tag = Tag(0x0040, 0xA040);
const CONCEPT_NAME: Tag = Tag(0x0040, 0xA043);
const MEASURED: Tag = Tag(0x0040, 0xA300);
const NUMERIC: Tag = Tag(0x0040, 0xA30A);
const REFERENCED_ITEM: Tag = Tag(0x0040, 0xDB73);
const SCHEMES: Tag = Tag(0x0008, 0x0110);
const CODE_VALUE: Tag = Tag(0x0008, 0x0100);
const LONG_CODE: Tag = Tag(0x0008, 0x0119);
const URN_CODE: Tag = Tag(0x0008, 0x0120);
const SCHEME: Tag = Tag(0x0008, 0x0102);
const SCHEME_VERSION: Tag = Tag(0x0008, 0x0103);
const MEANING: Tag = Tag(0x0008, 0x0104);
const RESOURCE_NAME: Tag = Tag(0x0008, 0x0122);

/// What stands for a local code. The designator is of the form that PS3.16 8.2 gives private schemes.
const LOCAL_CODE: &str = "ANONYMIZED";
const LOCAL_SCHEME: &str = "99TOKUMEI";
const LOCAL_URN: &str = "urn:uuid:00000000-0000-0000-0000-000000000000";

/// The sequences whose items are content items, so that one without a Value Type is a fault.
const OF_CONTENT: [Tag; 5] = [
    CONTENT,
    ACQUISITION_CONTEXT,
    Tag(0x0040, 0x0612), // Specimen Preparation Step Content Item
    Tag(0x0040, 0x0440), // Protocol Context
    Tag(0x0040, 0x0441), // Content Item Modifier
];

/// Whether a sequence goes where no item of it is left: the standard asks for one item at least where there is one.
pub(super) fn may_go(sequence: Tag) -> bool {
    sequence == SCHEMES || OF_CONTENT.contains(&sequence) && sequence != ACQUISITION_CONTEXT
}

/// Whether the items of a sequence beside the content tree are content items at all, if they must be.
pub(super) fn can_be(sequence: Tag, items: &[Item]) -> bool {
    sequence == CONTENT
        || !OF_CONTENT.contains(&sequence)
        || items.iter().all(|item| find(&item.elements, VALUE_TYPE).is_some())
}

/// What becomes of an item.
pub(super) enum Plan<'p> {
    /// It is neither a content item nor a code: its elements follow their own rules.
    None,
    /// It goes, with everything below it.
    Remove(&'p Rule),
    /// A content item: its value is treated so.
    Value(ValueType, &'p Rule),
    /// A code. Outside of a content tree its meaning, if nobody published it, is cleaned by this rule.
    Code(Standing<'p>, Option<&'p Rule>),
    /// The description of a public coding scheme.
    Scheme,
    /// A relationship to another item of the tree; its new place where that is another.
    Reference(Option<Vec<u8>>),
}

/// What becomes of one element of such an item, where its plan says so.
pub(super) enum Told<'p> {
    /// The value of a content item.
    Value(&'p Rule),
    /// This is written in its place.
    Text(&'p str),
    /// These bytes are.
    Bytes(&'p [u8]),
    /// It goes.
    Removed,
}

impl<'p> Plan<'p> {
    /// Decides about an item, or about the data set itself (`sequence` is then `None`). `inside` is whether it is below
    /// a content item. The error says in words what the object is kept back for.
    pub fn of(
        content: &'p Content,
        data: &'p DataSet,
        sequence: Option<Tag>,
        elements: &'p [Element],
        inside: bool,
        places: &mut Places,
    ) -> Result<Plan<'p>, &'static str> {
        let of_content = content.of_trees() && sequence.is_none_or(|tag| OF_CONTENT.contains(&tag));
        let described = content.described().filter(|_| !inside);
        if of_content && find(elements, VALUE_TYPE).is_some() {
            return item(content, data, elements);
        }
        match (sequence, find(elements, REFERENCED_ITEM)) {
            (None, _) => Ok(Plan::None),
            (Some(CONTENT), Some(reference)) if of_content => {
                places.renumber(content, data, data.value(reference)).map(Plan::Reference)
            }
            _ if of_content => Err("a content item without a Value Type"),
            (Some(SCHEMES), _) if inside || described.is_some() => {
                let scheme = text(data, elements, SCHEME).unwrap_or_default();
                let public = content.codes().is_public(scheme);
                Ok(if public { Plan::Scheme } else { Plan::Remove(content.local_scheme()) })
            }
            _ if inside || described.is_some() => {
                let plan = |standing| Plan::Code(standing, described);
                Ok(code(content, data, elements).map_or(Plan::None, plan))
            }
            _ => Ok(Plan::None),
        }
    }

    /// What becomes of an element of the item; `None` where its own rule decides.
    pub fn told(&self, data: &DataSet, element: &Element) -> Option<Told<'_>> {
        let tag = element.tag;
        match self {
            Plan::Value(value_type, rule) if value_tag(*value_type) == Some(tag) => {
                Some(Told::Value(rule))
            }
            Plan::Reference(Some(bytes)) if tag == REFERENCED_ITEM => Some(Told::Bytes(bytes)),
            Plan::Code(..) if tag == RESOURCE_NAME => Some(Told::Removed),
            Plan::Code(Standing::Local | Standing::Unlisted(_), Some(rule)) if tag == MEANING => {
                Some(Told::Value(rule))
            }
            // Registry, external id, name and organization: everyone can look them up.
            Plan::Scheme if matches!(tag, Tag(0x0008, 0x0112 | 0x0114..=0x0116)) => {
                Some(Told::Removed)
            }
            Plan::Code(Standing::Local, _) => local(tag),
            Plan::Code(..) | Plan::Scheme if tag == SCHEME_VERSION => {
                (!is_version(data.value(element))).then_some(Told::Removed)
            }
            Plan::Code(Standing::Reworded(meaning) | Standing::Unlisted(meaning), _)
                if tag == MEANING =>
            {
                Some(Told::Text(meaning))
            }
            _ => None,
        }
    }
}

/// Whether a Coding Scheme Version (0008,0103) is one, and not a word: `2.0b`, `20200101`.
fn is_version(value: &[u8]) -> bool {
    let known = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
    plain(value).is_some_and(|version| {
        version.bytes().any(|b| b.is_ascii_digit()) && version.bytes().all(known)
    })
}

/// The attribute that holds the value of a content item, as far as a rule of the item decides about it. Whatever else
/// stands in the item follows the rule of its attribute, so that a value in the wrong place is not kept.
fn value_tag(value_type: ValueType) -> Option<Tag> {
    Some(match value_type {
        ValueType::Text => Tag(0x0040, 0xA160),
        ValueType::PName => Tag(0x0040, 0xA123),
        ValueType::Date => Tag(0x0040, 0xA121),
        ValueType::Time => Tag(0x0040, 0xA122),
        ValueType::DateTime => Tag(0x0040, 0xA120),
        ValueType::UidRef => Tag(0x0040, 0xA124),
        _ => return None,
    })
}

/// What becomes of the elements of a code that goes.
fn local(tag: Tag) -> Option<Told<'static>> {
    Some(match tag {
        CODE_VALUE | LONG_CODE | MEANING => Told::Text(LOCAL_CODE),
        URN_CODE => Told::Text(LOCAL_URN),
        SCHEME => Told::Text(LOCAL_SCHEME),
        // Version, mapping resource, context group: of the code that was.
        Tag(0x0008, 0x0103 | 0x0105..=0x010F | 0x0117 | 0x0118) => Told::Removed,
        _ => return None,
    })
}

fn item<'p>(
    content: &'p Content,
    data: &DataSet,
    elements: &[Element],
) -> Result<Plan<'p>, &'static str> {
    let value_type = text(data, elements, VALUE_TYPE).and_then(ValueType::parse);
    let Some(value_type) = value_type else {
        return Err("a content item with an unknown Value Type");
    };
    let concept = match find(elements, CONCEPT_NAME).map(|e| &e.value) {
        Some(Value::Items(items)) => items.first().map(|name| {
            let of = |tag| text(data, &name.elements, tag);
            // What is not ASCII is no code of a public scheme.
            (of(SCHEME).unwrap_or_default(), code_value(data, &name.elements).unwrap_or_default())
        }),
        _ => None,
    };
    if concept.is_none() && value_type.needs_concept() {
        return Err("a content item without a concept name");
    }
    let rule = content.rule(value_type, concept);
    if rule.action == Action::Remove {
        return Ok(Plan::Remove(rule));
    }
    if value_type == ValueType::Num {
        for value in numbers(data, elements) {
            let number = value.ok_or("a number that is none")?;
            // The oldest are few enough to be known by their age (standards 2.5).
            if content.is_age(rule) && number > OLDEST {
                return Ok(Plan::Remove(content.too_old()));
            }
        }
    }
    Ok(Plan::Value(value_type, rule))
}

/// The highest age that is told as it is, in years.
const OLDEST: f64 = 89.0;

/// The numbers of a NUM item; `None` for one that is none (DS, PS3.5 6.2).
fn numbers<'p>(
    data: &'p DataSet,
    elements: &'p [Element],
) -> impl Iterator<Item = Option<f64>> + 'p {
    let measured = match find(elements, MEASURED).map(|e| &e.value) {
        Some(Value::Items(items)) => items.as_slice(),
        _ => &[],
    };
    let places = std::iter::once(elements).chain(measured.iter().map(|m| m.elements.as_slice()));
    places.filter_map(|elements| find(elements, NUMERIC)).flat_map(|element| {
        let values = data.value(element).split(|b| *b == b'\\');
        values.map(plain).filter(|value| *value != Some("")).map(|value| {
            let plain = |b: u8| b.is_ascii_digit() || b"+-.eE".contains(&b);
            value.filter(|text| text.bytes().all(plain))?.parse().ok()
        })
    })
}

/// What becomes of an item that is a code; `None` for one that is not.
fn code<'p>(
    content: &'p Content,
    data: &'p DataSet,
    elements: &'p [Element],
) -> Option<Standing<'p>> {
    let coded = [CODE_VALUE, LONG_CODE, URN_CODE, MEANING];
    if !coded.iter().any(|tag| find(elements, *tag).is_some()) {
        return None;
    }
    let known = text(data, elements, SCHEME).zip(code_value(data, elements));
    Some(known.map_or(Standing::Local, |(scheme, code)| {
        let meaning = text(data, elements, MEANING).unwrap_or_default();
        content.codes().standing(scheme, code, meaning)
    }))
}

/// The code of an item. Where a writer gives several, the first one that holds something speaks for them; then all of
/// them must say the same, which is not the case for a local one.
fn code_value<'p>(data: &'p DataSet, elements: &'p [Element]) -> Option<&'p str> {
    let mut codes = [CODE_VALUE, LONG_CODE, URN_CODE].into_iter().filter_map(|tag| {
        let value = data.value(find(elements, tag)?);
        Some(plain(value)).filter(|text| *text != Some(""))
    });
    let first = codes.next()??;
    codes.all(|other| other == Some(first)).then_some(first)
}

/// The value of an element as trimmed ASCII text.
fn text<'p>(data: &'p DataSet, elements: &[Element], tag: Tag) -> Option<&'p str> {
    plain(data.value(find(elements, tag)?))
}

fn plain(value: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(value).ok().filter(|t| t.is_ascii())?;
    Some(text.trim_matches([' ', '\0']))
}

/// How many items go before each item of the sequences that a relationship by reference passes: Referenced Content
/// Item Identifier (0040,DB73) counts items, and must count again where some go (PS3.3 C.17.3.2.5).
#[derive(Default)]
pub(super) struct Places {
    /// By the place of the sequence's items in memory: for each item how many up to and with it go.
    gone: HashMap<usize, Vec<u32>>,
}

impl Places {
    /// The identifier that names the same item in what is written; `None` where it is the same.
    fn renumber(
        &mut self,
        content: &Content,
        data: &DataSet,
        value: &[u8],
    ) -> Result<Option<Vec<u8>>, &'static str> {
        const NOWHERE: &str = "a reference to a content item that is not there";
        let (numbers, rest) = value.as_chunks::<4>();
        let read = |bytes: &[u8; 4]| match data.encoding {
            Encoding::ExplicitBig => u32::from_be_bytes(*bytes),
            _ => u32::from_le_bytes(*bytes),
        };
        let (Some([1, 0, 0, 0] | [0, 0, 0, 1]), []) = (numbers.first(), rest) else {
            return Err(NOWHERE);
        };
        let mut out = value.get(..4).unwrap_or_default().to_vec();
        let mut elements = data.elements.as_slice();
        for number in numbers.iter().skip(1).map(read) {
            let Some(Value::Items(items)) = find(elements, CONTENT).map(|e| &e.value) else {
                return Err(NOWHERE);
            };
            let at = (number as usize).checked_sub(1).ok_or(NOWHERE)?;
            let item = items.get(at).ok_or(NOWHERE)?;
            let gone = self.gone(content, data, items)?;
            let so_far = gone.get(at).copied().unwrap_or_default();
            let before = at.checked_sub(1).and_then(|b| gone.get(b)).copied().unwrap_or_default();
            if so_far != before {
                return Err("a reference to a content item that goes");
            }
            let new = number.saturating_sub(so_far);
            out.extend(match data.encoding {
                Encoding::ExplicitBig => new.to_be_bytes(),
                _ => new.to_le_bytes(),
            });
            elements = &item.elements;
        }
        Ok((out != value).then_some(out))
    }

    fn gone(
        &mut self,
        content: &Content,
        data: &DataSet,
        items: &[Item],
    ) -> Result<&[u32], &'static str> {
        let vacant = match self.gone.entry(items.as_ptr() as usize) {
            Entry::Occupied(known) => return Ok(known.into_mut()),
            Entry::Vacant(vacant) => vacant,
        };
        let mut count = 0;
        let mut counts = Vec::with_capacity(items.len());
        for one in items {
            let is_item = find(&one.elements, VALUE_TYPE).is_some();
            if is_item && matches!(item(content, data, &one.elements)?, Plan::Remove(_)) {
                count += 1;
            }
            counts.push(count);
        }
        Ok(vacant.insert(counts))
    }
}
