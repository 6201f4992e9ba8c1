//! All 656 rows of Table E.1-1, in the data set and in an item, against the codes of the table itself.

use dicom_core::dictionary::{DataDictionary, DataDictionaryEntry, VirtualVr};
use dicom_dictionary_std::StandardDataDictionary;

use super::*;
use crate::policy::tables::{self, Code, Row};

const TOKEN: &str = "ZZ0000123";

/// The VR of an attribute, where the dictionary knows it and leaves no choice.
pub(super) fn known_vr(tag: Tag) -> Option<VR> {
    match StandardDataDictionary.by_tag(tag).map(|e| e.vr()) {
        Some(VirtualVr::Exact(vr)) => Some(vr),
        _ => None,
    }
}

fn vr_of(tag: Tag) -> VR {
    let known = StandardDataDictionary.by_tag(tag).is_some();
    known_vr(tag).unwrap_or(if known { VR::OW } else { VR::LO })
}

/// A value that could be a patient's, recognisable in the output.
pub(super) fn planted(tag: Tag) -> Made {
    let vr = vr_of(tag);
    let value: &[u8] = match vr {
        VR::SQ => {
            let inside = vec![
                text(0x0008, 0x0100, VR::SH, TOKEN),
                text(0x0008, 0x1155, VR::UI, "1.2.392.99999.123"),
                text(0x0040, 0xA123, VR::PN, "ZZ0000123^Tarou"),
            ];
            return items(tag, vec![inside]);
        }
        VR::DA => b"19700302",
        VR::TM => b"123456.78",
        VR::DT => b"19700302123456",
        VR::AS => b"055Y",
        VR::DS | VR::IS => b"197003",
        VR::UI => b"1.2.392.99999.123",
        VR::US | VR::SS => b"\x39\x30",
        VR::FL | VR::SL | VR::UL | VR::AT => b"\x39\x30\x39\x30",
        VR::FD => b"\x39\x30\x39\x30\x39\x30\x39\x30",
        _ => TOKEN.as_bytes(),
    };
    bytes(tag, vr, value)
}

/// What came out of a planted element.
#[derive(Debug, PartialEq)]
pub(super) enum Fate {
    Gone,
    Empty,
    Changed,
    Same,
    Items,
}

pub(super) fn fate(set: &DataSet, elements: &[Element], before: &Made) -> Fate {
    let Some(element) = crate::dicom::dataset::find(elements, before.tag) else {
        return Fate::Gone;
    };
    match (&element.value, &before.content) {
        (Value::Items(items), _) if items.is_empty() => Fate::Empty,
        (Value::Items(_), _) => Fate::Items,
        _ if set.value(element).is_empty() => Fate::Empty,
        (_, Content::Bytes(value)) if set.value(element) == *value => Fate::Same,
        _ => Fate::Changed,
    }
}

/// Whether the fate is one that the code allows. Which one of a compound code depends on the IOD, and has a test of its
/// own against the published resolution.
pub(super) fn allowed(code: Code, fate: &Fate) -> bool {
    let dummy = matches!(fate, Fate::Changed | Fate::Items);
    match code {
        Code::X => *fate == Fate::Gone,
        Code::Z => *fate == Fate::Empty || dummy,
        Code::D => dummy,
        Code::U => *fate == Fate::Changed,
        Code::ZD => *fate == Fate::Empty || dummy,
        Code::XZ => matches!(fate, Fate::Gone | Fate::Empty),
        Code::XD | Code::XZD | Code::XZU => matches!(fate, Fate::Gone | Fate::Empty) || dummy,
        Code::K | Code::C => false,
    }
}

/// Rows that a supplementary rule makes stricter, and rows that only a required attribute softens.
pub(super) fn stricter(tag: Tag) -> Option<Fate> {
    match tag {
        // Groups that do not belong into a data set.
        Tag(..0x0008, _) => Some(Fate::Gone),
        // Graphics, and a URL, for which nothing can stand.
        Tag(0x0070, 0x0001) | Tag(0x0072, 0x0071) => Some(Fate::Gone),
        _ => None,
    }
}

pub(super) fn softened(tag: Tag, fate: &Fate) -> bool {
    let required =
        [Tag(0x0070, 0x0082), Tag(0x0070, 0x0083), Tag(0x0018, 0x1078), Tag(0x0040, 0x1001)];
    required.contains(&tag) && matches!(fate, Fate::Changed | Fate::Empty)
}

/// The tags of a row; of a row that stands for many, some of them.
pub(super) fn tags(row: &Row) -> Vec<Tag> {
    match row.tag {
        Some(tag) => vec![tag],
        None if row.written.starts_with("(50") => {
            vec![Tag(0x5000, 0x3000), Tag(0x50FE, 0x2500)]
        }
        None if row.written.contains("3000") => vec![Tag(0x6000, 0x3000), Tag(0x60FE, 0x3000)],
        None if row.written.contains("4000") => vec![Tag(0x6002, 0x4000)],
        None => vec![Tag(0x0009, 0x0010), Tag(0x0009, 0x1001), Tag(0x6001, 0x3000)],
    }
}

fn walk(sop_class: &str) -> usize {
    let mut problems = Vec::new();
    let mut seen = 0;
    for row in tables::e1_1(&mut problems) {
        let tags = tags(&row);
        for tag in tags {
            for nested in [false, true] {
                check(row.basic, tag, nested, sop_class);
            }
        }
        seen += 1;
    }
    seen
}

fn check(code: Code, tag: Tag, nested: bool, sop_class: &str) {
    let element = planted(tag);
    let elements = match nested {
        true => vec![items(KEPT_SEQUENCE, vec![vec![element.clone()]])],
        false => vec![element.clone()],
    };
    if tag.group() < 0x0008 && !nested {
        // The file meta and command groups never reach a data set: only their rule is looked at.
        let profile = policy().profile(&Subject::of_class(sop_class));
        let rule = profile.rule(tag, element.vr, None);
        assert_eq!(rule.action, crate::policy::profile::Action::Remove);
        return;
    }
    let before = data_set(&elements, Encoding::ExplicitLittle);
    let (_, bytes) = try_apply(&before, sop_class).unwrap_or_else(|r| panic!("{tag}: {r:?}"));
    let after = parse(bytes, Encoding::ExplicitLittle);
    let level = if nested { first_item(&after, KEPT_SEQUENCE) } else { &after.elements[..] };
    let fate = fate(&after, level, &element);
    match stricter(tag) {
        Some(expected) => assert_eq!(fate, expected, "{tag} nested {nested}"),
        None => assert!(
            allowed(code, &fate) || softened(tag, &fate),
            "{tag} {code:?} nested {nested}: {fate:?}"
        ),
    }
    // Codes stay in the sequences whose items are cleaned one by one.
    let cleaned = code == Code::XZU || tag == Tag(0x0040, 0xA730);
    assert!(cleaned || !contains(&after.bytes, TOKEN.as_bytes()), "{tag} nested {nested}");
    assert!(!contains(&after.bytes, b"ZZ0000123^Tarou"), "{tag} nested {nested}");
    for original in ["1.2.392.99999.123", "19700302", "123456.78"] {
        assert!(!contains(&after.bytes, original.as_bytes()), "{tag} nested {nested}");
    }
}

#[test]
fn every_row_is_obeyed_in_a_ct_image() {
    assert_eq!(walk(CT), 656);
}

#[test]
fn every_row_is_obeyed_in_a_class_that_is_not_known() {
    assert_eq!(walk("1.2.392.99999.5"), 656);
}

#[test]
fn every_row_is_obeyed_in_other_images() {
    for class in [XA, PET, "1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.2.1"] {
        assert_eq!(walk(class), 656);
    }
}
