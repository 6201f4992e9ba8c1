//! The test build that does not de-identify (cargo feature `pass-through`): what the checks find by themselves.
//!
//! The profile is applied to the attributes in which an identity belongs, and to nothing else: they hold the values that
//! the checks must know, and every object has them, so a finding in them would hide all others. Whatever else an object
//! has is copied byte for byte. What then leaves was found by no check.
//!
//! Values that are not in memory cannot be copied: long ones that the policy discards are left out. Nothing is ever
//! written of what stands behind the pixels.

use super::{Done, Input, Part, RULE_NOT_APPLIED, apply};
use crate::{
    dicom::{
        Tag, VR,
        dataset::{DataSet, Element, Value},
        encode::Writer,
    },
    policy::Policy,
    receive::collect::Received,
    records::{Reason, batch::BatchKeys},
};

#[cfg(not(debug_assertions))]
compile_error!(
    "the feature `pass-through` makes a gateway that does not de-identify; it is for tests (`--profile proof`) and is \
     never part of a release build"
);

/// Where the identity of patient, staff, institution, study and object belongs: (group, element), at the top level.
const OWN: [(u16, u16); 52] = [
    (0x0008, 0x0005),
    (0x0008, 0x0012),
    (0x0008, 0x0016),
    (0x0008, 0x0018),
    (0x0008, 0x0020),
    (0x0008, 0x0021),
    (0x0008, 0x0022),
    (0x0008, 0x0023),
    (0x0008, 0x002A),
    (0x0008, 0x0030),
    (0x0008, 0x0031),
    (0x0008, 0x0032),
    (0x0008, 0x0033),
    (0x0008, 0x0050),
    (0x0008, 0x0080),
    (0x0008, 0x0081),
    (0x0008, 0x0090),
    (0x0008, 0x0092),
    (0x0008, 0x0094),
    (0x0008, 0x1010),
    (0x0008, 0x1040),
    (0x0008, 0x1048),
    (0x0008, 0x1050),
    (0x0008, 0x1060),
    (0x0008, 0x1070),
    (0x0010, 0x0010),
    (0x0010, 0x0020),
    (0x0010, 0x0021),
    (0x0010, 0x0030),
    (0x0010, 0x0032),
    (0x0010, 0x1000),
    (0x0010, 0x1001),
    (0x0010, 0x1005),
    (0x0010, 0x1010),
    (0x0010, 0x1040),
    (0x0010, 0x1050),
    (0x0010, 0x1060),
    (0x0010, 0x1090),
    (0x0010, 0x2154),
    (0x0010, 0x2155),
    (0x0018, 0x1000),
    (0x0018, 0x1002),
    (0x0020, 0x000D),
    (0x0020, 0x000E),
    (0x0020, 0x0010),
    (0x0020, 0x0052),
    (0x0020, 0x0200),
    (0x0032, 0x1032),
    (0x0032, 0x1033),
    (0x0038, 0x0010),
    (0x0040, 0x2016),
    (0x0040, 0x2017),
];

const SPECIFIC_CHARACTER_SET: Tag = Tag(0x0008, 0x0005);

fn is_own(tag: Tag) -> bool {
    OWN.binary_search(&(tag.group(), tag.element())).is_ok()
}

/// What the engine writes about what it did.
fn is_marker(tag: Tag) -> bool {
    tag.group() == 0x0012 || matches!(tag, Tag(0x0028, 0x0301..=0x0303))
}

/// The header that would leave, and what would be claimed of it.
///
/// # Errors
/// As [`apply`], of the attributes in which an identity belongs.
pub(super) fn encode(
    policy: &Policy,
    keys: &BatchKeys,
    received: &Received,
    recognizable: bool,
) -> Result<(Vec<u8>, Done), Reason> {
    let original = received.data_set();
    let mut own = Writer::new(original.encoding);
    for element in original.elements.iter().filter(|e| is_own(e.tag)) {
        if let Value::Bytes(span) = element.value {
            own.element(element.tag, element.vr, original.slice(span));
        }
    }
    let own = parsed(own, original)?;
    let mut cleaned = Writer::new(original.encoding);
    let sop_class = &received.announced().sop_class;
    let input = Input { data_set: &own, sop_class, part: Part::Head, recognizable };
    let done = apply(policy, keys, input, &mut cleaned)?;
    let cleaned = parsed(cleaned, original)?;
    Ok((merged(&cleaned, original), done))
}

fn parsed(writer: Writer, original: &DataSet) -> Result<DataSet, Reason> {
    DataSet::parse(writer.into_bytes(), original.encoding).map_err(|error| {
        Reason::new(RULE_NOT_APPLIED, "cannot be read back", "PS3.5 7").at(error.tag.to_string())
    })
}

/// What was cleaned, and everything of the original that is not cleaned, in the order of their tags.
fn merged(cleaned: &DataSet, original: &DataSet) -> Vec<u8> {
    let of = |data: &DataSet, from_original: bool| {
        let taken = data.elements.iter().map(move |e| (e.tag, from_original));
        taken.collect::<Vec<_>>()
    };
    let mut tags = of(original, true);
    tags.retain(|(tag, _)| {
        *tag == SPECIFIC_CHARACTER_SET || !(is_own(*tag) || is_marker(*tag) || tag.element() == 0)
    });
    // Of two elements with one tag the original's is written.
    let handed = tags.clone();
    tags.extend(of(cleaned, false).into_iter().filter(|(tag, _)| {
        !handed.iter().any(|(there, _)| there == tag) && *tag != SPECIFIC_CHARACTER_SET
    }));
    tags.sort_unstable_by_key(|(tag, _)| *tag);
    let mut out = Writer::new(original.encoding);
    for (tag, from_original) in tags {
        let source = if from_original { original } else { cleaned };
        if let Some(element) = source.find(tag) {
            copy(source, element, &mut out);
        }
    }
    out.into_bytes()
}

fn copy(data: &DataSet, element: &Element, out: &mut Writer) {
    match &element.value {
        Value::Bytes(span) => out.element(element.tag, element.vr, data.slice(*span)),
        Value::Items(items) => {
            out.begin_sequence(element.tag);
            for item in items {
                out.begin_item();
                item.elements.iter().for_each(|e| copy(data, e, out));
                out.end_item();
            }
            out.end_sequence();
        }
        Value::Fragments(spans) => {
            out.header(element.tag, VR::OB, crate::dicom::encode::UNDEFINED);
            for span in spans {
                out.fragment(span.length);
                out.raw(data.slice(*span));
            }
            out.end_sequence();
        }
        Value::Streamed | Value::Discarded(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_belongs_is_found_by_search() {
        assert!(OWN.is_sorted() && is_own(Tag(0x0010, 0x0010)) && !is_own(Tag(0x0020, 0x4000)));
    }
}
