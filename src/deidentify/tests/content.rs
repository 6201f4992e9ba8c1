//! Content trees under the Clean Structured Content Option (PS3.15 E.3.4): dose reports and key object selections, with
//! names and numbers planted wherever a person can write one.

use std::collections::HashMap;

use super::*;
use crate::policy::{
    Terms,
    options::{Category, Options, ProfileOption},
};

const CT_DOSE: &str = "1.2.840.10008.5.1.4.1.1.88.67";
const KEY_OBJECTS: &str = "1.2.840.10008.5.1.4.1.1.88.59";
const CONTENT: Tag = Tag(0x0040, 0xA730);
const EVENT: &str = "1.2.392.99999.7.20";
const IMAGE: &str = "1.2.392.99999.7.30";

/// What must not leave, wherever it was written.
const PLANTED: [&str; 9] = [
    "Yamada",
    "Tarou",
    "Suzuki",
    "ZZ-0000123",
    "Sakura Clinic",
    "1.2.392.99999",
    "SN-4711",
    "19980402",
    "0312345678",
];

fn with(options: &[ProfileOption]) -> Policy {
    let options: Options = options.iter().copied().collect();
    let terms = Terms { category: Category::Personal, options, ..Terms::default() };
    Policy::compile(&[], terms).unwrap_or_else(|p| panic!("{p:?}"))
}

fn try_with(policy: &Policy, elements: &[Made], class: &str) -> Result<(Done, DataSet), Reason> {
    let before = data_set(elements, Encoding::ExplicitLittle);
    let mut out = Writer::new(Encoding::ExplicitLittle);
    let done = apply(policy, &keys(), input(&before, class), &mut out)?;
    Ok((done, parse(out.into_bytes(), Encoding::ExplicitLittle)))
}

fn code(tag: Tag, scheme: &str, value: &str, meaning: &str) -> Made {
    items(
        tag,
        vec![vec![
            text(0x0008, 0x0100, VR::SH, value),
            text(0x0008, 0x0102, VR::SH, scheme),
            text(0x0008, 0x0104, VR::LO, meaning),
        ]],
    )
}

/// A content item: relationship, Value Type, concept `(scheme, code, meaning)`, and its value.
fn item_of(value_type: &str, concept: (&str, &str, &str), value: Vec<Made>) -> Vec<Made> {
    let (scheme, code_value, meaning) = concept;
    let mut item = vec![
        text(0x0040, 0xA010, VR::CS, "CONTAINS"),
        text(0x0040, 0xA040, VR::CS, value_type),
        code(Tag(0x0040, 0xA043), scheme, code_value, meaning),
    ];
    item.extend(value);
    item
}

fn dcm<'a>(code: &'a str, meaning: &'a str) -> (&'static str, &'a str, &'a str) {
    ("DCM", code, meaning)
}

fn text_item(concept: (&str, &str, &str), value: &str) -> Vec<Made> {
    item_of("TEXT", concept, vec![text(0x0040, 0xA160, VR::UT, value)])
}

fn name_item(code: &str) -> Vec<Made> {
    let value = vec![text(0x0040, 0xA123, VR::PN, "Suzuki^Yamada")];
    item_of("PNAME", dcm(code, "Suzuki^Yamada"), value)
}

fn uid_item(code: &str, uid: &str) -> Vec<Made> {
    item_of("UIDREF", dcm(code, "UID"), vec![text(0x0040, 0xA124, VR::UI, uid)])
}

fn time_item(code: &str, value: &str) -> Vec<Made> {
    item_of("DATETIME", dcm(code, "Start"), vec![text(0x0040, 0xA120, VR::DT, value)])
}

fn code_item(concept: (&str, &str, &str), value: (&str, &str, &str)) -> Vec<Made> {
    let (scheme, code_value, meaning) = value;
    item_of("CODE", concept, vec![code(Tag(0x0040, 0xA168), scheme, code_value, meaning)])
}

fn number(concept: (&str, &str, &str), value: &str, unit: &str) -> Vec<Made> {
    let measured = vec![
        code(Tag(0x0040, 0x08EA), "UCUM", unit, "Yamada units"),
        text(0x0040, 0xA30A, VR::DS, value),
    ];
    item_of("NUM", concept, vec![items(Tag(0x0040, 0xA300), vec![measured])])
}

fn container(concept: (&str, &str, &str), children: Vec<Vec<Made>>) -> Vec<Made> {
    let value = vec![text(0x0040, 0xA050, VR::CS, "SEPARATE"), items(CONTENT, children)];
    item_of("CONTAINER", concept, value)
}

/// The attributes of a document: its root container and what stands beside it.
fn document(concept: (&str, &str, &str), children: Vec<Vec<Made>>) -> Vec<Made> {
    let mut elements = container(concept, children);
    elements.retain(|e| e.tag != Tag(0x0040, 0xA010));
    elements.extend([
        text(0x0008, 0x0016, VR::UI, CT_DOSE),
        text(0x0010, 0x0010, VR::PN, "Yamada^Tarou"),
        text(0x0010, 0x0020, VR::LO, "ZZ-0000123"),
        text(0x0040, 0xA491, VR::CS, "COMPLETE"),
        text(0x0040, 0xA492, VR::LO, "by Suzuki"),
        items(
            Tag(0x0008, 0x0110),
            vec![
                vec![
                    text(0x0008, 0x0102, VR::SH, "99SAKURA"),
                    text(0x0008, 0x0115, VR::ST, "Sakura Clinic codes"),
                ],
                vec![
                    text(0x0008, 0x0102, VR::SH, "DCM"),
                    text(0x0008, 0x0103, VR::SH, "Yamada"),
                    text(0x0008, 0x0115, VR::ST, "as Yamada uses it"),
                ],
            ],
        ),
    ]);
    elements
}

/// Observer context, TID 1002 to 1004, and the procedure and subject context of TID 1005 to 1009.
fn context() -> Vec<Vec<Made>> {
    vec![
        code_item(dcm("121005", "Observer Type"), dcm("121006", "Person Yamada")),
        name_item("121008"),
        text_item(dcm("121009", "Person Observer's Organization Name"), "Sakura Clinic"),
        text_item(dcm("128774", "Person Observer's Login Name"), "Yamada"),
        uid_item("121012", "1.2.392.99999.7.40"),
        text_item(dcm("121013", "Device Observer Name"), "Sakura Clinic CT 1"),
        text_item(dcm("121016", "Device Observer Serial Number"), "SN-4711"),
        text_item(dcm("121015", "Device Observer Model Name"), "for Yamada"),
        text_item(dcm("121017", "Device Observer Physical Location"), "Sakura Clinic"),
        uid_item("121018", "1.2.392.99999.7.1"),
        name_item("121029"),
        text_item(dcm("121030", "Subject ID"), "ZZ-0000123"),
        item_of(
            "DATE",
            dcm("121031", "Subject Birth Date"),
            vec![text(0x0040, 0xA121, VR::DA, "19980402")],
        ),
        number(dcm("121033", "Subject Age"), "91", "a"),
        text_item(dcm("121022", "Accession Number"), "ZZ-0000123"),
    ]
}

/// CT dose, TID 10011 to 10013: what a dose registry reads, and what staff and vendors write beside it.
fn ct_dose() -> Vec<Made> {
    let event = container(
        dcm("113819", "CT Acquisition of Yamada"),
        vec![
            text_item(dcm("125203", "Acquisition Protocol"), "Chest Yamada"),
            code_item(dcm("123014", "Target Region"), ("SRT", "T-D3000", "Chest of Yamada")),
            uid_item("113769", EVENT),
            number(dcm("113830", "Mean CTDIvol"), "12.5", "mGy"),
            number(dcm("113838", "DLP"), "431.25", "mGy.cm"),
            container(
                dcm("113822", "CT Acquisition Parameters"),
                vec![
                    number(dcm("113733", "KVP"), "120", "kV"),
                    text_item(dcm("113832", "Identification of the X-Ray Source"), "SN-4711"),
                ],
            ),
            text_item(dcm("121106", "Comment"), "called 0312345678"),
            text_item(("99SAKURA", "Yamada", "Sakura Clinic"), "Yamada"),
            text_item(dcm("113780", "Reference Point Definition"), "by Suzuki"),
            number(("99SAKURA", "MRN", "Number of Yamada"), "0000123", "1"),
            code_item(dcm("113820", "CT Acquisition Type"), ("99SAKURA", "Y", "of Yamada")),
            container(
                dcm("113870", "Person participant"),
                vec![name_item("113870"), text_item(dcm("113871", "Person ID"), "ZZ-0000123")],
            ),
            time_item("111526", "19980402101500+0900"),
        ],
    );
    let mut children = context();
    children.extend([
        time_item("113809", "19980402101500.000"),
        time_item("113810", "19980402102000"),
        code_item(dcm("113705", "Scope of Accumulation"), dcm("113014", "Study")),
        number(dcm("113813", "CT Dose Length Product Total"), "431.25", "mGy.cm"),
        event,
    ]);
    document(dcm("113701", "X-Ray Radiation Dose Report of Yamada"), children)
}

fn key_objects() -> Vec<Made> {
    let reference = items(
        Tag(0x0008, 0x1199),
        vec![vec![
            text(0x0008, 0x1150, VR::UI, "1.2.840.10008.5.1.4.1.1.2"),
            text(0x0008, 0x1155, VR::UI, IMAGE),
        ]],
    );
    // Concept names are optional where images are referred to (TID 2010).
    let image = vec![
        text(0x0040, 0xA010, VR::CS, "CONTAINS"),
        text(0x0040, 0xA040, VR::CS, "IMAGE"),
        reference,
    ];
    let mut children = context();
    children.push(text_item(dcm("113012", "Key Object Description"), "Yamada, see Suzuki"));
    children.push(image);
    document(dcm("113000", "Of Interest"), children)
}

/// A value of the tree.
#[derive(Debug, Clone, PartialEq)]
enum Leaf {
    Text(String),
    Code(String, String, String),
    None,
}

/// Every content item by the code of its concept: Value Type and value.
fn leaves(set: &DataSet) -> HashMap<String, Vec<(String, Leaf)>> {
    fn code_of(set: &DataSet, elements: &[Element], tag: Tag) -> Option<(String, String, String)> {
        let Value::Items(items) = &crate::dicom::dataset::find(elements, tag)?.value else {
            return None;
        };
        let of = |element| {
            let text = text_in(set, &items[0].elements, Tag(0x0008, element));
            text.unwrap_or_default().to_owned()
        };
        Some((of(0x0102), of(0x0100), of(0x0104)))
    }
    fn below(set: &DataSet, elements: &[Element], out: &mut HashMap<String, Vec<(String, Leaf)>>) {
        let Some(Value::Items(items)) =
            crate::dicom::dataset::find(elements, CONTENT).map(|e| &e.value)
        else {
            return;
        };
        for item in items {
            let elements = &item.elements;
            let of = |element| text_in(set, elements, Tag(0x0040, element)).map(str::to_owned);
            let (_, concept, _) = code_of(set, elements, Tag(0x0040, 0xA043)).unwrap_or_default();
            let plain = [0xA160, 0xA123, 0xA121, 0xA122, 0xA120, 0xA124].into_iter().find_map(of);
            let number = crate::dicom::dataset::find(elements, Tag(0x0040, 0xA300));
            let number = number.and_then(|e| match &e.value {
                Value::Items(items) => {
                    text_in(set, &items[0].elements, Tag(0x0040, 0xA30A)).map(str::to_owned)
                }
                _ => None,
            });
            let coded = code_of(set, elements, Tag(0x0040, 0xA168));
            let value = plain.or(number).map(Leaf::Text);
            let value = value.or(coded.map(|(s, c, m)| Leaf::Code(s, c, m))).unwrap_or(Leaf::None);
            let value_type = of(0xA040).expect("every item has one");
            out.entry(concept).or_default().push((value_type, value));
            below(set, elements, out);
        }
    }
    let mut out = HashMap::new();
    below(set, &set.elements, &mut out);
    out
}

fn values(leaves: &HashMap<String, Vec<(String, Leaf)>>, code: &str) -> Vec<Leaf> {
    leaves.get(code).into_iter().flatten().map(|(_, leaf)| leaf.clone()).collect()
}

fn clean(set: &DataSet) {
    for planted in PLANTED {
        assert!(!contains(&set.bytes, planted.as_bytes()), "{planted}");
    }
    assert!(!contains(&set.bytes, b"99SAKURA"));
}

fn words(text: &str) -> Vec<Leaf> {
    vec![Leaf::Text(text.to_owned())]
}

#[test]
fn a_dose_report_keeps_what_a_registry_reads_and_nothing_planted() {
    let policy = with(&[ProfileOption::StructuredContent]);
    let (done, set) = try_with(&policy, &ct_dose(), CT_DOSE).unwrap_or_else(|r| panic!("{r:?}"));
    clean(&set);
    assert!(done.carried_out.has(ProfileOption::StructuredContent));
    let found = leaves(&set);
    let is =
        |code: &str, expected: &str| assert_eq!(values(&found, code), words(expected), "{code}");
    is("113830", "12.5");
    is("113838", "431.25");
    is("113813", "431.25");
    is("113733", "120");
    is("113769", &keys().uid(EVENT.as_bytes()));
    is("121012", &keys().uid(b"1.2.392.99999.7.40"));
    // Required by their templates: a dummy.
    is("121008", "ANONYMIZED^");
    is("113832", "ANONYMIZED");
    is("113780", "ANONYMIZED");
    is("121030", "ANONYMIZED");
    is("113809", "19000101000000");
    is("111526", "19000101000000");
    for gone in ["125203", "121106", "121016", "121031", "121033", "113871", "128774", "121022"] {
        assert_eq!(values(&found, gone), [], "{gone}");
    }
    let region = Leaf::Code("SRT".into(), "T-D3000".into(), "Thoracic structure".into());
    assert_eq!(values(&found, "123014"), [region]);
    let local = || Leaf::Code("99TOKUMEI".into(), "ANONYMIZED".into(), "ANONYMIZED".into());
    assert_eq!(values(&found, "113820"), [local()]);
    // A text of a local concept says nothing; a number of one goes.
    assert_eq!(values(&found, "ANONYMIZED"), words("ANONYMIZED"));
    // Units are codes, and their meanings text.
    assert!(contains(&set.bytes, b"mGy.cm"));
    // Only the public scheme is still described.
    assert!(item_count(&set, Tag(0x0008, 0x0110)) == 1);
}

fn item_count(set: &DataSet, tag: Tag) -> usize {
    match set.find(tag).map(|e| &e.value) {
        Some(Value::Items(items)) => items.len(),
        _ => 0,
    }
}

#[test]
fn nothing_planted_leaves_under_any_option_that_a_hospital_may_choose() {
    use ProfileOption::{Descriptors, ModifiedDates, PatientCharacteristics, SafePrivate};
    let may = [Descriptors, ModifiedDates, PatientCharacteristics, SafePrivate];
    for bits in 0..16_u8 {
        let chosen = may.iter().enumerate().filter(|(at, _)| bits & (1 << at) != 0);
        let mut options = vec![ProfileOption::StructuredContent];
        options.extend(chosen.map(|(_, option)| *option));
        let policy = with(&options);
        for (object, class) in [(ct_dose(), CT_DOSE), (key_objects(), KEY_OBJECTS)] {
            let (_, set) = try_with(&policy, &object, class).unwrap_or_else(|r| panic!("{r:?}"));
            clean(&set);
            // 91 years are few enough to be known by.
            assert_eq!(values(&leaves(&set), "121033"), [], "{options:?}");
        }
    }
}

#[test]
fn dates_of_a_report_are_shifted_together() {
    let policy = with(&[ProfileOption::StructuredContent, ProfileOption::ModifiedDates]);
    let mut object = ct_dose();
    object.push(text(0x0008, 0x0020, VR::DA, "19980402"));
    let (done, set) = try_with(&policy, &object, CT_DOSE).unwrap_or_else(|r| panic!("{r:?}"));
    assert!(done.carried_out.has(ProfileOption::ModifiedDates));
    let study = set.text(Tag(0x0008, 0x0020)).expect("it was shifted").to_owned();
    assert_ne!(study, "19980402");
    let found = leaves(&set);
    assert_eq!(values(&found, "113809"), words(&format!("{study}101500.000")));
    assert_eq!(values(&found, "113810"), words(&format!("{study}102000")));
    assert_eq!(values(&found, "111526"), words(&format!("{study}101500+0900")));
    // A birth date is none of the dates that are shifted.
    assert_eq!(values(&found, "121031"), []);
}

#[test]
fn a_retained_age_is_not_that_of_the_oldest() {
    let policy = with(&[ProfileOption::StructuredContent, ProfileOption::PatientCharacteristics]);
    for (age, expected) in [("89", words("89")), ("90", vec![]), ("104", vec![])] {
        let object =
            document(dcm("113701", "Report"), vec![number(dcm("121033", "Subject Age"), age, "a")]);
        let (_, set) = try_with(&policy, &object, CT_DOSE).unwrap_or_else(|r| panic!("{r:?}"));
        assert_eq!(values(&leaves(&set), "121033"), expected, "{age}");
    }
}

#[test]
fn a_key_object_selection_keeps_its_references_and_drops_its_text() {
    let policy = with(&[ProfileOption::StructuredContent]);
    let (done, set) =
        try_with(&policy, &key_objects(), KEY_OBJECTS).unwrap_or_else(|r| panic!("{r:?}"));
    clean(&set);
    assert!(done.carried_out.has(ProfileOption::StructuredContent));
    let found = leaves(&set);
    assert_eq!(values(&found, "113012"), []);
    assert!(contains(&set.bytes, keys().uid(IMAGE.as_bytes()).as_bytes()));
    assert_eq!(
        text_in(&set, item(&set, Tag(0x0040, 0xA043), 0), Tag(0x0008, 0x0104)),
        Some("Of Interest")
    );
}

#[test]
fn without_the_option_nothing_is_claimed() {
    let policy = with(&[ProfileOption::ModifiedDates]);
    let (done, _) = try_with(&policy, &ct_dose(), CT_DOSE).unwrap_or_else(|r| panic!("{r:?}"));
    assert!(!done.carried_out.has(ProfileOption::StructuredContent));
}

#[test]
fn a_tree_that_is_not_understood_is_kept_back() {
    let policy = with(&[ProfileOption::StructuredContent]);
    let without = |tag: Tag, mut item: Vec<Made>| {
        item.retain(|e| e.tag != tag);
        item
    };
    let value_type = Tag(0x0040, 0xA040);
    let concept = Tag(0x0040, 0xA043);
    let comment = || text_item(dcm("121106", "Comment"), "Yamada");
    let reference = |path: &[u32]| {
        let bytes_of: Vec<u8> = path.iter().flat_map(|n| n.to_le_bytes()).collect();
        vec![
            text(0x0040, 0xA010, VR::CS, "INFERRED FROM"),
            bytes(Tag(0x0040, 0xDB73), VR::UL, &bytes_of),
        ]
    };
    let cases: [(&str, Vec<Made>); 8] = [
        ("no Value Type", without(value_type, comment())),
        ("no concept", without(concept, comment())),
        ("unknown Value Type", item_of("SONG", dcm("121106", "Comment"), vec![])),
        ("no number", number(dcm("113830", "Mean CTDIvol"), "12 Yamada", "mGy")),
        ("nan", number(dcm("113830", "Mean CTDIvol"), "nan", "mGy")),
        ("nothing there", reference(&[1, 9])),
        ("not from the root", reference(&[2, 1])),
        ("to itself as a number of other length", reference(&[1, 0])),
    ];
    for (what, item) in cases {
        let nested = container(dcm("113819", "CT Acquisition"), vec![item]);
        let object = document(dcm("113701", "Report"), vec![nested]);
        match try_with(&policy, &object, CT_DOSE) {
            Err(reason) => {
                assert_eq!(reason.rule, crate::deidentify::RULE_NOT_APPLIED, "{what}");
                assert!(reason.path.starts_with("(0040,A730)[1](0040,A730)[1]"), "{}", reason.path);
            }
            Ok(_) => panic!("{what}: it should be kept back"),
        }
    }
    // The document itself: a container that goes under the table.
    let object = document(dcm("121000", "Unique Device Identifiers"), vec![]);
    assert!(try_with(&policy, &object, CT_DOSE).is_err());
}

#[test]
fn references_count_the_items_that_are_left() {
    let policy = with(&[ProfileOption::StructuredContent]);
    let reference = |path: &[u32]| {
        let value: Vec<u8> = path.iter().flat_map(|n| n.to_le_bytes()).collect();
        vec![
            text(0x0040, 0xA010, VR::CS, "INFERRED FROM"),
            bytes(Tag(0x0040, 0xDB73), VR::UL, &value),
        ]
    };
    let object = |path: &[u32]| {
        document(
            dcm("113701", "Report"),
            vec![
                text_item(dcm("121106", "Comment"), "Yamada"),
                container(
                    dcm("113819", "CT Acquisition"),
                    vec![
                        text_item(dcm("121106", "Comment"), "Suzuki"),
                        text_item(dcm("125203", "Acquisition Protocol"), "Yamada"),
                        number(dcm("113830", "Mean CTDIvol"), "12.5", "mGy"),
                    ],
                ),
                reference(path),
            ],
        )
    };
    let (_, set) =
        try_with(&policy, &object(&[1, 2, 3]), CT_DOSE).unwrap_or_else(|r| panic!("{r:?}"));
    let written = item(&set, CONTENT, 1);
    let element = crate::dicom::dataset::find(written, Tag(0x0040, 0xDB73)).expect("it stays");
    let numbers: Vec<u32> =
        set.value(element).as_chunks::<4>().0.iter().map(|n| u32::from_le_bytes(*n)).collect();
    assert_eq!(numbers, [1, 1, 1]);
    // What is referred to goes: nothing true could be written.
    assert!(try_with(&policy, &object(&[1, 2, 1]), CT_DOSE).is_err());
}

#[test]
fn a_container_without_children_left_has_no_empty_sequence() {
    let policy = with(&[ProfileOption::StructuredContent]);
    let inner = container(
        dcm("113819", "CT Acquisition"),
        vec![text_item(dcm("121106", "Comment"), "Yamada")],
    );
    let object = document(dcm("113701", "Report"), vec![inner]);
    let (_, set) = try_with(&policy, &object, CT_DOSE).unwrap_or_else(|r| panic!("{r:?}"));
    let inner = item(&set, CONTENT, 0);
    assert!(crate::dicom::dataset::find(inner, CONTENT).is_none());
    clean(&set);
}

/// The acquisition context of an image has the same items (PS3.15 Table E.1-1, column of 113104).
#[test]
fn the_acquisition_context_of_an_image_is_cleaned_item_by_item() {
    let policy = with(&[ProfileOption::StructuredContent]);
    let context = Tag(0x0040, 0x0555);
    let object = [
        text(0x0010, 0x0020, VR::LO, "ZZ-0000123"),
        items(
            context,
            vec![
                text_item(dcm("121106", "Comment"), "Yamada"),
                text_item(("99SAKURA", "Yamada", "Yamada"), "Yamada"),
                code_item(("SCT", "272741003", "Laterality"), ("SCT", "24028007", "Right Yamada")),
                item_of(
                    "NUMERIC",
                    dcm("113733", "KVP"),
                    vec![
                        text(0x0040, 0xA30A, VR::DS, "120"),
                        code(Tag(0x0040, 0x08EA), "UCUM", "kV", "kV"),
                    ],
                ),
            ],
        ),
    ];
    let dx = "1.2.840.10008.5.1.4.1.1.1.1";
    let (done, set) = try_with(&policy, &object, dx).unwrap_or_else(|r| panic!("{r:?}"));
    clean(&set);
    assert!(done.carried_out.has(ProfileOption::StructuredContent));
    assert_eq!(item_count(&set, context), 3);
    assert_eq!(text_in(&set, item(&set, context, 2), Tag(0x0040, 0xA30A)), Some("120"));
    let side = item(&set, context, 1);
    assert!(crate::dicom::dataset::find(side, Tag(0x0040, 0xA168)).is_some());
    assert!(contains(&set.bytes, b"24028007"));
}
