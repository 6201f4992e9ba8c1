//! All 656 rows of Table E.1-1 under each option, in the data set, in an item and inside a private sequence, against the
//! option's column of the table itself.

use super::{
    rows::{self, Fate},
    *,
};
use crate::policy::{
    Terms,
    options::{Category, ProfileOption},
    tables::{self, Code, Row},
};

/// A text of which something may stay.
const TEXT: &str = "CHEST ZZ0000123";

/// What must become of a planted value.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Expected {
    /// What the profile asks for without options.
    Basic,
    /// The value as it was.
    Same,
    /// A date, moved.
    Shifted,
    /// The text without the word that nobody knows.
    Cleaned,
    /// The items, cleaned.
    Items,
}

/// Where the shipped rules take away what the option would keep: signatures, published dates, and what belongs to no
/// data set.
fn taken_anyway(tag: Tag) -> bool {
    matches!(
        tag,
        Tag(..0x0008, _)
            | Tag(0x0400, 0x0310)
            | Tag(0x0008, 0x0106 | 0x0107)
            | Tag(0x5000..=0x60FF, _)
    )
}

fn of_device(row: &Row) -> bool {
    row.options[ProfileOption::DeviceIdentity as usize].is_some()
}

fn expected(row: &Row, option: ProfileOption, tag: Tag) -> Expected {
    use ProfileOption::{Descriptors, ModifiedDates, PatientCharacteristics};
    let Some(code) = row.options[option as usize] else { return Expected::Basic };
    let Some(vr) = rows::known_vr(tag).filter(|_| !taken_anyway(tag)) else {
        return Expected::Basic;
    };
    match (code, vr) {
        (_, VR::SQ) => Expected::Items,
        (Code::K, _) => Expected::Same,
        // The date of a device is shifted with nobody's.
        _ if option == ModifiedDates && of_device(row) => Expected::Basic,
        (Code::C, VR::TM) if option == ModifiedDates => Expected::Same,
        (Code::C, VR::DA | VR::DT) if option == ModifiedDates => Expected::Shifted,
        (Code::C, VR::LO | VR::LT | VR::SH | VR::ST | VR::UC | VR::UT)
            if matches!(option, Descriptors | PatientCharacteristics) =>
        {
            Expected::Cleaned
        }
        _ => Expected::Basic,
    }
}

/// The planted element. Dates are those of a study, of which the shift is known.
fn planted(tag: Tag) -> Made {
    let made = rows::planted(tag);
    match made.vr {
        // The column of Structured Content names sequences of content items.
        VR::SQ if matches!(tag, Tag(0x0040, 0x0555 | 0xA730)) => {
            let code = vec![
                text(0x0008, 0x0100, VR::SH, "112039"),
                text(0x0008, 0x0102, VR::SH, "DCM"),
                text(0x0008, 0x0104, VR::LO, "Tracking Identifier"),
            ];
            let item = vec![
                text(0x0040, 0xA010, VR::CS, "CONTAINS"),
                text(0x0040, 0xA040, VR::CS, "NUM"),
                items(Tag(0x0040, 0xA043), vec![code]),
                text(0x0040, 0xA160, VR::UT, "ZZ0000123"),
            ];
            items(tag, vec![item])
        }
        VR::LO | VR::LT | VR::SH | VR::ST | VR::UC | VR::UT => text(tag.0, tag.1, made.vr, TEXT),
        VR::DA => text(tag.0, tag.1, VR::DA, "20260302"),
        VR::DT => text(tag.0, tag.1, VR::DT, "20260302123456"),
        _ => made,
    }
}

fn judge(expected: Expected, code: Code, tag: Tag, fate: &Fate, value: Option<&str>) -> bool {
    match expected {
        Expected::Basic => {
            rows::stricter(tag).map_or(rows::allowed(code, fate), |must| *fate == must)
                || rows::softened(tag, fate)
        }
        Expected::Same => *fate == Fate::Same,
        Expected::Items => matches!(fate, Fate::Items | Fate::Empty),
        Expected::Cleaned => value == Some("CHEST"),
        Expected::Shifted => value.is_some_and(|v| {
            v.len() >= 8
                && (2016..2026).contains(&v[..4].parse().unwrap_or(0))
                && v[8..] == "123456"[..v.len() - 8]
        }),
    }
}

fn tags(row: &Row) -> Vec<Tag> {
    rows::tags(row).into_iter().filter(|t| t.group() >= 0x0008).collect()
}

/// Walks the table under one option; gives the number of values that the option decided about.
fn walk(option: ProfileOption, sop_class: &str) -> usize {
    let options = [option].into_iter().collect();
    let terms = Terms { category: Category::Personal, options, ..Terms::default() };
    let policy = Policy::compile(&[], terms).unwrap_or_else(|p| panic!("{p:?}"));
    let (mut decided, mut wrong) = (0, Vec::new());
    let rows = tables::e1_1(&mut Vec::new());
    assert_eq!(rows.len(), 656);
    for (row, tag) in rows.iter().flat_map(|row| tags(row).into_iter().map(move |tag| (row, tag))) {
        // Patient ID and name have a rule of their own that no option changes.
        let expected = expected(row, option, tag);
        decided += usize::from(expected != Expected::Basic);
        for place in ["top", "nested", "private"] {
            let element = planted(tag);
            let elements = match place {
                "top" => vec![element.clone()],
                "nested" => vec![items(KEPT_SEQUENCE, vec![vec![element.clone()]])],
                _ => vec![
                    text(0x0029, 0x0010, VR::LO, "ACME ZZ0000123"),
                    items(Tag(0x0029, 0x1001), vec![vec![element.clone()]]),
                ],
            };
            let before = data_set(&with_patient(elements), Encoding::ExplicitLittle);
            let mut out = Writer::new(before.encoding);
            let done = apply(&policy, &keys(), input(&before, sop_class), &mut out);
            let done = done.unwrap_or_else(|r| panic!("{tag} {place} under {option:?}: {r:?}"));
            let after = parse(out.into_bytes(), Encoding::ExplicitLittle);
            let at = format!("{tag} {place} in {sop_class} under {option:?}");
            if place == "private" {
                assert!(after.find(Tag(0x0029, 0x1001)).is_none(), "{at}");
                assert!(!contains(&after.bytes, b"ZZ0000123"), "{at}");
                continue;
            }
            let level = match place {
                "nested" => first_item(&after, KEPT_SEQUENCE),
                _ => &after.elements[..],
            };
            let fate = rows::fate(&after, level, &element);
            let value = text_in(&after, level, tag);
            let held = judge(expected, row.basic, tag, &fate, value);
            if !held {
                wrong.push(format!("{at}: {expected:?} of {:?}, but {fate:?}", row.basic));
            }
            // Claimed if and only if something was done.
            let acted = matches!(expected, Expected::Same | Expected::Shifted | Expected::Cleaned)
                && !(option == ProfileOption::ModifiedDates && element.vr == VR::TM);
            // Every object here has UIDs of its own besides, and every sequence a code.
            let besides = option == ProfileOption::Uids
                || option == ProfileOption::Descriptors && element.vr == VR::SQ;
            let idle = expected == Expected::Basic && !besides;
            if acted && !done.carried_out.has(option) || idle && !done.carried_out.is_empty() {
                wrong.push(format!("{at}: {expected:?}, claims {:?}", done.carried_out));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong: {:#?}", wrong.len(), wrong.get(..40).unwrap_or(&wrong));
    decided
}

/// The patient whose dates are shifted.
fn with_patient(mut elements: Vec<Made>) -> Vec<Made> {
    let id = text(0x0010, 0x0020, VR::LO, "ZZ-0000456");
    if !elements.iter().any(|e| e.tag == id.tag) {
        elements.push(id);
    }
    elements
}

/// Under each option the number of tags that it decides about: what its column of the table names, less what this
/// version has no way to clean, and what is no part of a data set.
fn every_option(sop_class: &str) {
    for option in ProfileOption::ALL {
        eprintln!("{option:?}");
        let decided = walk(option, sop_class);
        let none = option == ProfileOption::SafePrivate;
        assert_eq!(decided == 0, none, "{option:?} decided about {decided}");
    }
}

#[test]
fn every_row_under_every_option_in_a_ct_image() {
    every_option(CT);
}

#[test]
fn every_row_under_every_option_in_a_pet_image() {
    every_option(PET);
}

#[test]
fn every_row_under_every_option_in_a_class_that_is_not_known() {
    every_option("1.2.392.99999.5");
}

/// Codes outside of content trees: what is published stays, what is local is cleaned.
#[test]
fn codes_are_descriptors() {
    let options = [ProfileOption::Descriptors].into_iter().collect();
    let policy = Policy::compile(&[], Terms { options, ..Terms::default() });
    let policy = policy.unwrap_or_else(|p| panic!("{p:?}"));
    let code = |value: &str, scheme: &str, meaning: &str| {
        vec![
            text(0x0008, 0x0100, VR::SH, value),
            text(0x0008, 0x0102, VR::SH, scheme),
            text(0x0008, 0x0104, VR::LO, meaning),
        ]
    };
    let procedures = vec![
        code("69536005", "SCT", "Head"),
        code("69536005", "SCT", "Head of Dr. Yamada"),
        code("ZZ-0000123", "99TOUTO", "CT CHEST for Dr. Yamada"),
        code("ZZ-0000124", "L", "Yamada"),
    ];
    let before = data_set(&[items(Tag(0x0008, 0x1032), procedures)], Encoding::ExplicitLittle);
    let mut out = Writer::new(before.encoding);
    let done = apply(&policy, &keys(), input(&before, CT), &mut out);
    assert!(done.is_ok_and(|d| d.carried_out.has(ProfileOption::Descriptors)));
    let after = parse(out.into_bytes(), Encoding::ExplicitLittle);
    let of = |at: usize, element| {
        text_in(&after, item(&after, Tag(0x0008, 0x1032), at), Tag(0x0008, element)).unwrap_or("-")
    };
    let found: Vec<_> = (0..4).map(|at| [of(at, 0x0100), of(at, 0x0102), of(at, 0x0104)]).collect();
    assert_eq!(
        found,
        [
            ["69536005", "SCT", "Head"],
            ["69536005", "SCT", "Head"],
            ["ANONYMIZED", "99TOKUMEI", "CT CHEST"],
            ["ANONYMIZED", "99TOKUMEI", "ANONYMIZED"],
        ]
    );
}

/// A text that no rule names is cleaned as every other; the name of a product is not.
#[test]
fn text_that_nobody_lists_is_a_descriptor() {
    let options = [ProfileOption::Descriptors].into_iter().collect();
    let policy = Policy::compile(&[], Terms { options, ..Terms::default() });
    let policy = policy.unwrap_or_else(|p| panic!("{p:?}"));
    let explanation = (0x0028, 0x1055);
    let of = |value: &str| {
        let elements = [
            text(explanation.0, explanation.1, VR::LO, value),
            text(0x0008, 0x0070, VR::LO, "Made Up Machines"),
            text(0x0012, 0x0063, VR::LO, "by Dr Yamada"),
            text(0x0020, 0x0011, VR::IS, "Yamada"),
        ];
        let before = data_set(&elements, Encoding::ExplicitLittle);
        let mut out = Writer::new(before.encoding);
        apply(&policy, &keys(), input(&before, CT), &mut out).unwrap_or_else(|r| panic!("{r:?}"));
        parse(out.into_bytes(), Encoding::ExplicitLittle)
    };
    let found = |set: &DataSet, tag| text_in(set, &set.elements, tag).map(str::to_owned);
    let set = of("LUNG for Dr Yamada");
    assert_eq!(found(&set, Tag(0x0028, 0x1055)).as_deref(), Some("LUNG"));
    assert_eq!(found(&set, Tag(0x0008, 0x0070)).as_deref(), Some("Made Up Machines"));
    assert!(!contains(&set.bytes, b"Yamada"));
    assert_eq!(found(&of("Yamada"), Tag(0x0028, 0x1055)), None);
}

/// Earlier claims of what was retained do not stand beside ours.
#[test]
fn earlier_claims_of_retention_go() {
    let code = |value: &str, meaning: &str| {
        vec![
            text(0x0008, 0x0100, VR::SH, value),
            text(0x0008, 0x0102, VR::SH, "DCM"),
            text(0x0008, 0x0104, VR::LO, meaning),
        ]
    };
    let earlier = vec![
        code("113101", "Clean Pixel Data Option"),
        code("113106", "Retain Longitudinal Temporal Information Full Dates Option"),
        code("113110", "Retain UIDs Option"),
    ];
    let set = run(&[items(Tag(0x0012, 0x0064), earlier)], CT);
    let value = |at| text_in(&set, item(&set, Tag(0x0012, 0x0064), at), Tag(0x0008, 0x0100));
    assert_eq!([value(0), value(1)], [Some("113101"), Some("113100")]);
    assert!(!contains(&set.bytes, b"113106") && !contains(&set.bytes, b"113110"));
}
