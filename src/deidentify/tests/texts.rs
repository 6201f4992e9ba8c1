//! Kept text: its bytes stay, under the character set that it declares, or the object is kept back.

use proptest::prelude::*;

use super::*;
use crate::{
    deidentify::{RULE_NOT_APPLIED, UNDECODABLE},
    policy::{Terms, options::ProfileOption},
};

/// 東芝 in ISO 2022 IR 87.
const TOSHIBA: &[u8] = b"\x1b$BEl<G\x1b(B";
const MANUFACTURER: Tag = Tag(0x0008, 0x0070);

fn charset(value: &str) -> Made {
    text(0x0008, 0x0005, VR::CS, value)
}

#[test]
fn kept_text_keeps_its_bytes_and_its_character_set() {
    let set = run(&[charset("\\ISO 2022 IR 87"), bytes(MANUFACTURER, VR::LO, TOSHIBA)], CT);
    assert_eq!(set.text(Tag(0x0008, 0x0005)), Some("\\ISO 2022 IR 87"));
    let kept = set.find(MANUFACTURER).map(|e| set.value(e)).expect("it is kept");
    assert!(kept.starts_with(TOSHIBA));
}

/// 東芝 in UTF-8, which is not what an object says that names no character set.
const UNDECLARED: &[u8] = "東芝".as_bytes();
const CODE_MEANING: Tag = Tag(0x0008, 0x0104);
const ENHANCED_CT: &str = "1.2.840.10008.5.1.4.1.1.2.1";

#[test]
fn what_cannot_be_read_goes_as_far_as_the_iod_lets_it() {
    // Type 2 in a CT image, in no IOD's Modality LUT, Type 3.
    let manufacturer = bytes(MANUFACTURER, VR::LO, UNDECLARED);
    let set = run(std::slice::from_ref(&manufacturer), CT);
    assert_eq!(set.find(MANUFACTURER).map(|e| set.value(e)), Some(&[][..]));
    let nested =
        items(KEPT_SEQUENCE, vec![vec![], vec![charset("ISO_IR 6"), manufacturer.clone()]]);
    let set = run(&[charset("ISO_IR 192"), nested], CT);
    let tags: Vec<Tag> = item(&set, KEPT_SEQUENCE, 1).iter().map(|e| e.tag).collect();
    assert_eq!(tags, [Tag(0x0008, 0x0005)]);
    let kernel = bytes(Tag(0x0018, 0x1210), VR::SH, UNDECLARED);
    let agent = bytes(Tag(0x0018, 0x1160), VR::SH, UNDECLARED);
    let set = run(&[kernel, agent], CT);
    assert!(set.find(Tag(0x0018, 0x1210)).is_none() && set.find(Tag(0x0018, 0x1160)).is_none());
    // Read under the right set, it stays.
    let set = run(&[charset("ISO_IR 192"), manufacturer], CT);
    assert_eq!(set.find(MANUFACTURER).map(|e| set.value(e)), Some(UNDECLARED));
}

#[test]
fn what_cannot_be_read_and_must_be_there_is_kept_back() {
    let image_type = bytes(Tag(0x0008, 0x0008), VR::CS, "頭".as_bytes());
    let reason = refused(&[charset("ISO_IR 192"), image_type]);
    assert_eq!((reason.rule.as_ref(), reason.path.as_str()), (UNDECODABLE, "(0008,0008)"));
    let manufacturer = [bytes(MANUFACTURER, VR::LO, UNDECLARED)];
    for class in [ENHANCED_CT, "1.2.3.4"] {
        let set = data_set(&manufacturer, Encoding::ExplicitLittle);
        let reason = try_apply(&set, class).err().map(|r| r.rule);
        assert_eq!(reason.as_deref(), Some(UNDECODABLE), "{class}");
    }
    let code = [items(Tag(0x0008, 0x1032), vec![vec![bytes(CODE_MEANING, VR::LO, UNDECLARED)]])];
    assert_eq!(refused(&code).path, "(0008,1032)[1](0008,0104)");
}

#[test]
fn what_has_another_vr_than_its_own_goes_as_far_as_the_iod_lets_it() {
    // Too long to be an LO again, so that it stays UN.
    let long = [bytes(MANUFACTURER, VR::UN, &[b'Z'; 70_000])];
    let set = run(&long, CT);
    assert_eq!(set.find(MANUFACTURER).map(|e| (e.vr, set.value(e))), Some((VR::LO, &[][..])));
    let set = data_set(&long, Encoding::ExplicitLittle);
    let reason = try_apply(&set, ENHANCED_CT).err().map(|r| r.rule);
    assert_eq!(reason.as_deref(), Some(RULE_NOT_APPLIED));
    let rows = bytes(Tag(0x0028, 0x0010), VR::UN, &[0; 70_000]);
    assert_eq!(refused(&[rows]).rule, RULE_NOT_APPLIED);
    let protocol = bytes(Tag(0x0018, 0x1210), VR::UN, &[b'Z'; 70_000]);
    assert!(run(&[protocol], CT).find(Tag(0x0018, 0x1210)).is_none());
}

#[test]
fn what_cannot_be_read_may_still_go() {
    let name = bytes(Tag(0x0010, 0x0010), VR::PN, b"\xfa\xfb\xfc");
    let comment = bytes(Tag(0x0010, 0x4000), VR::LT, b"\xfa\xfb\xfc");
    let set = run(&[name, comment], CT);
    assert!(!contains(&set.bytes, b"\xfa\xfb"));
}

#[test]
fn identifiers_that_cannot_be_read_stay_apart() {
    let pseudonym = |id: &[u8]| {
        let set = run(&[bytes(Tag(0x0010, 0x0020), VR::LO, id)], CT);
        set.text(Tag(0x0010, 0x0020)).map(str::to_owned)
    };
    assert_ne!(pseudonym(b"\xff\xfe"), pseudonym(b"\xff\xfd"));
    assert_eq!(pseudonym(b"ZZ-1"), pseudonym(b"ZZ-1  "));
}

/// A policy that cleans descriptions.
fn cleaning() -> &'static Policy {
    static POLICY: std::sync::OnceLock<Policy> = std::sync::OnceLock::new();
    POLICY.get_or_init(|| {
        let options = [ProfileOption::Descriptors].into_iter().collect();
        let terms = Terms { options, ..Terms::default() };
        Policy::compile(&[], terms).unwrap_or_else(|p| panic!("{p:?}"))
    })
}

fn cleaned(elements: &[Made]) -> DataSet {
    let before = data_set(elements, Encoding::ExplicitLittle);
    let mut out = Writer::new(before.encoding);
    apply(cleaning(), &keys(), input(&before, CT), &mut out).unwrap_or_else(|r| panic!("{r:?}"));
    parse(out.into_bytes(), before.encoding)
}

/// `頭部単純 山田様` in ISO 2022 IR 87.
const HEAD_AND_NAME: &[u8] = b"\x1b$BF,ItC1=c\x1b(B \x1b$B;3EDMM\x1b(B";
const SERIES_DESCRIPTION: Tag = Tag(0x0008, 0x103E);
/// A text that stays as it is.
const SOFTWARE: Tag = Tag(0x0018, 0x1020);

/// A code string that nobody defined is a text like any other: what is known of it stays, for the rest the IOD decides.
#[test]
fn code_strings_that_are_no_terms_are_cleaned() {
    let (sex, image_type, part, contact) =
        (Tag(0x0010, 0x0040), Tag(0x0008, 0x0008), Tag(0x0018, 0x0015), Tag(0x0070, 0x0080));
    let sop = "ORIGINAL\\PRIMARY\\SAITOU\\CT_SOM5 SPI\\YAMADA";
    let values = |sex_is: &str, part_is: &str| {
        let set = cleaned(&[
            bytes(sex, VR::CS, sex_is.as_bytes()),
            bytes(image_type, VR::CS, sop.as_bytes()),
            bytes(part, VR::CS, part_is.as_bytes()),
            bytes(contact, VR::CS, b"SAITOU"),
            items(KEPT_SEQUENCE, vec![vec![bytes(contact, VR::CS, b"SAITOU")]]),
        ]);
        assert!(!contains(&set.bytes, b"SAITOU") && !contains(&set.bytes, b"YAMADA"));
        let of = |tag| set.text(tag).map(str::to_owned);
        (of(image_type), of(part), of(contact))
    };
    let text = |text: &str| Some(text.to_owned());
    let kept = text("ORIGINAL\\PRIMARY\\\\CT_SOM5 SPI");
    assert_eq!(values("F", "CHEST"), (kept.clone(), text("CHEST"), None));
    assert_eq!(values("SAITOU", "SAITOU"), (kept, None, None));
    // In a class whose IOD is not known, as where the value is needed, a dummy stands for it.
    let set = data_set(&[bytes(contact, VR::CS, b"SAITOU")], Encoding::ExplicitLittle);
    let mut out = Writer::new(set.encoding);
    apply(cleaning(), &keys(), input(&set, "1.2.3.4"), &mut out)
        .unwrap_or_else(|r| panic!("{r:?}"));
    assert_eq!(parse(out.into_bytes(), set.encoding).text(contact), Some("UNKNOWN"));
}

/// An unknown name of a character set goes: without it everything is ASCII.
#[test]
fn a_character_set_that_is_none_goes() {
    let set = cleaned(&[charset("SAITOU"), text(0x0008, 0x103E, VR::LO, "CT CHEST")]);
    assert!(set.find(Tag(0x0008, 0x0005)).is_none());
    let set = cleaned(&[charset("ISO-IR 100"), text(0x0008, 0x103E, VR::LO, "CT CHEST")]);
    assert_eq!(set.text(Tag(0x0008, 0x0005)), Some("ISO-IR 100"));
}

/// A policy that takes the option away asks for less text to stay, not for more.
#[test]
fn a_policy_without_the_option_cleans_what_no_row_lists() {
    let code = vec![
        text(0x0008, 0x0100, VR::SH, "ZZ-0000123"),
        text(0x0008, 0x0102, VR::SH, "99TOUTO"),
        text(0x0008, 0x0104, VR::LO, "Ward Yamada"),
    ];
    let set = cleaned(&[
        text(0x0008, 0x0060, VR::CS, "XC"),
        text(0x0008, 0x103E, VR::LO, "CHEST"),
        text(0x0028, 0x1055, VR::LO, "LUNG for Dr Yamada"),
        bytes(Tag(0x0018, 0x0015), VR::CS, b"YAMADA"),
        items(Tag(0x0008, 0x2218), vec![code]),
    ]);
    assert!(!contains(&set.bytes, b"Yamada") && !contains(&set.bytes, b"YAMADA"));
    assert!(!contains(&set.bytes, b"ZZ-0000123") && !contains(&set.bytes, b"113105"));
    assert_eq!(set.text(Tag(0x0008, 0x103E)), None);
    assert_eq!(set.text(Tag(0x0028, 0x1055)), Some("LUNG"));
}

#[test]
fn an_object_with_rewritten_text_is_in_utf8_at_every_level() {
    let japanese = || charset("\\ISO 2022 IR 87");
    let inside = vec![charset("ISO_IR 13"), bytes(SOFTWARE, VR::LO, b"\xB1\\\xB2")];
    let greek = vec![charset("ISO_IR 126"), bytes(SOFTWARE, VR::LO, b"\xC4")];
    let set = cleaned(&[
        japanese(),
        bytes(MANUFACTURER, VR::LO, TOSHIBA),
        bytes(SERIES_DESCRIPTION, VR::LO, HEAD_AND_NAME),
        // The second value has 0x5C in its second byte.
        bytes(SOFTWARE, VR::LO, b"\x1b$B3\\\x1b(B\\B"),
        items(KEPT_SEQUENCE, vec![inside, greek]),
    ]);
    let text = |elements, tag| text_in(&set, elements, tag).map(str::to_owned);
    let top = &set.elements[..];
    assert_eq!(text(top, Tag(0x0008, 0x0005)).as_deref(), Some("ISO_IR 192"));
    assert_eq!(text(top, MANUFACTURER).as_deref(), Some("東芝"));
    assert_eq!(text(top, SERIES_DESCRIPTION).as_deref(), Some("頭部単純"));
    assert_eq!(text(top, SOFTWARE).as_deref(), Some("顎\\B"));
    let first = first_item(&set, KEPT_SEQUENCE);
    assert_eq!(text(first, Tag(0x0008, 0x0005)).as_deref(), Some("ISO_IR 192"));
    assert_eq!(text(first, SOFTWARE).as_deref(), Some("ｱ\\ｲ"));
    let second = item(&set, KEPT_SEQUENCE, 1);
    assert_eq!(text(second, Tag(0x0008, 0x0005)).as_deref(), Some("ISO_IR 192"));
    assert_eq!(text(second, SOFTWARE).as_deref(), Some("Δ"));
    assert!(!contains(&set.bytes, "山田".as_bytes()) && !contains(&set.bytes, b";3ED"));
}

#[test]
fn an_object_whose_text_is_only_kept_stays_in_its_own_set() {
    let set = cleaned(&[
        charset("\\ISO 2022 IR 87"),
        bytes(MANUFACTURER, VR::LO, TOSHIBA),
        text(0x0008, 0x103E, VR::LO, "CT CHEST YAMADA"),
    ]);
    assert_eq!(set.text(Tag(0x0008, 0x0005)), Some("\\ISO 2022 IR 87"));
    assert_eq!(set.text(SERIES_DESCRIPTION), Some("CT CHEST"));
    assert!(contains(&set.bytes, TOSHIBA));
}

/// Declarations, and pieces of values that are right under them.
const RIGHT: &[(&str, &[&[u8]])] = &[
    ("", &[b"ZZ", b" ", b"\\", b"~"]),
    ("ISO_IR 13", &[b"ZZ", b"\\", b"\xD4\xCF\xC0\xDE", b"~"]),
    ("ISO_IR 100", &[b"ZZ", b"\\", b"\xE9\xFC"]),
    ("ISO_IR 166", &[b"ZZ", b"\\", b"\xB9\xD2\xC1"]),
    ("ISO_IR 192", &[b"ZZ", b"\\", "山田".as_bytes(), "é".as_bytes()]),
    ("GB18030", &[b"ZZ", b"\\", b"\xD5\x5C", b"\x81\x30\x84\x36"]),
    ("\\ISO 2022 IR 87", &[b"ZZ", b"\\", b"\x1b$B3\\;3\x1b(B", TOSHIBA]),
    (
        "ISO 2022 IR 13\\ISO 2022 IR 87\\ISO 2022 IR 159",
        &[b"ZZ", b"\\", b"\xD4\xCF", b"\x1b$B3\\\x1b(J", b"\x1b$(D0!\x1b(J"],
    ),
    ("\\ISO 2022 IR 149", &[b"ZZ", b"\\", b"\x1b$)C\xFB\xF3"]),
    ("\\ISO 2022 IR 58", &[b"ZZ", b"\\", b"\x1b$)A\xD5\xC5"]),
    ("ISO 2022 IR 100\\ISO 2022 IR 126", &[b"ZZ", b"\\", b"\x1b-F\xC4", b"\x1b-A\xE9"]),
];

fn right() -> impl Strategy<Value = (&'static str, Vec<u8>)> {
    prop::sample::select(RIGHT).prop_flat_map(|(declared, pieces)| {
        let value = prop::collection::vec(prop::sample::select(pieces), 0..8);
        value.prop_map(move |pieces| (declared, pieces.concat()))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn kept_values_go_through_byte_for_byte(
        (outer, value) in right(),
        (inner, below) in right(),
        encoding in prop::sample::select(
            &[Encoding::ImplicitLittle, Encoding::ExplicitLittle, Encoding::ExplicitBig][..],
        ),
    ) {
        // A list, a single text, and both in an item that declares its own set.
        let (list, single) = (Tag(0x0018, 0x1210), Tag(0x0014, 0x0042));
        let kept = |declared: &str, value: &[u8]| {
            vec![charset(declared), bytes(list, VR::SH, value), bytes(single, VR::ST, value)]
        };
        let mut elements = kept(outer, &value);
        elements.push(items(KEPT_SEQUENCE, vec![kept(inner, &below)]));
        let before = data_set(&elements, encoding);
        let (_, bytes) = try_apply(&before, CT).unwrap_or_else(|r| panic!("{r:?}"));
        let after = parse(bytes, encoding);
        for tag in [Tag(0x0008, 0x0005), list, single] {
            let found = |set: &DataSet, elements: &[Element]| {
                crate::dicom::dataset::find(elements, tag).map(|e| set.value(e).to_vec())
            };
            prop_assert!(found(&before, &before.elements).is_some());
            prop_assert_eq!(found(&before, &before.elements), found(&after, &after.elements));
            prop_assert_eq!(
                found(&before, first_item(&before, KEPT_SEQUENCE)),
                found(&after, first_item(&after, KEPT_SEQUENCE))
            );
        }
    }
}
