//! One test for each rule that is not a row of the table.

use super::*;
use crate::{
    deidentify::{NO_INSTANCE, OVERLAY_IN_PIXELS, RULE_NOT_APPLIED, explain},
    dicom::dataset::Span,
};

#[test]
fn what_nobody_reviews_goes_at_every_level() {
    let content = vec![
        text(0x0008, 0x0001, VR::UL, "\0\0\0\0"),     // retired
        text(0x0009, 0x0010, VR::LO, "YAMADA 1.0"),   // private creator
        text(0x0009, 0x1001, VR::LO, "Yamada"),       // private
        text(0x0010, 0x0000, VR::UL, "\0\0\0\0"),     // group length
        text(0x0010, 0x0033, VR::LO, "S45.03.02"),    // Japanese calendar
        text(0x0018, 0x9313, VR::UN, "Yamada"),       // listed nowhere, but UN
        text(0x0012, 0x9999, VR::LO, "Yamada"),       // not in PS3.6
        text(0x0014, 0x2006, VR::PN, "Yamada^Tarou"), // PN
        text(0x0008, 0x1190, VR::UR, "http://yamada.example"), // UR
        text(0x0014, 0x0102, VR::DA, "19700302"),     // DA
        text(0x0018, 0x1100, VR::PN, "Yamada^Tarou"), // a number by PS3.6
        text(0x0020, 0x3100, VR::CS, "YAMADA"),       // retired repeating group
        text(0x5000, 0x2500, VR::LO, "Yamada"),       // curve
        text(0x6000, 0x0022, VR::LO, "Yamada"),       // overlay
        text(0xFFFC, 0xFFFC, VR::OB, "Yamada"),       // trailing padding
        items(Tag(0x0088, 0x0200), vec![vec![text(0x0028, 0x0010, VR::US, "\x01\0")]]),
        items(Tag(0x0400, 0x0561), vec![vec![text(0x0010, 0x0010, VR::PN, "Yamada^Tarou")]]),
        items(Tag(0xFFFA, 0xFFFA), vec![vec![text(0x0400, 0x0105, VR::DT, "19700302")]]),
    ];
    let set = run(&content, CT);
    for element in &content {
        assert!(set.find(element.tag).is_none(), "{}", element.tag);
    }
    let set = run(&[items(KEPT_SEQUENCE, vec![content])], CT);
    assert!(first_item(&set, KEPT_SEQUENCE).is_empty());
}

#[test]
fn public_attributes_come_back_from_un() {
    let un = |group, element, value: &str| text(group, element, VR::UN, value);
    let content = [
        un(0x0008, 0x0016, CT),
        un(0x0008, 0x0060, "CT"),
        un(0x0010, 0x0010, "Yamada^Tarou"),
        un(0x0010, 0x0020, "ZZ-0000123"),
        un(0x0014, 0x2006, "Yamada^Tarou"),
        un(0x0020, 0x000E, "1.2.3"),
        un(0x0028, 0x0010, "\x01\0"),
        text(0x0028, 0x0103, VR::US, "\x01\0"),
        un(0x0028, 0x0120, "\x18\x7C"),
    ];
    let set = run(&content, CT);
    let vr = |group, element| set.find(Tag(group, element)).map(|e| e.vr);
    assert_eq!((vr(0x0008, 0x0060), set.text(Tag(0x0008, 0x0060))), (Some(VR::CS), Some("CT")));
    assert_eq!(vr(0x0008, 0x0016), Some(VR::UI));
    assert_eq!(vr(0x0010, 0x0010), Some(VR::PN));
    assert_eq!(vr(0x0014, 0x2006), None);
    assert_eq!(set.text(Tag(0x0020, 0x000E)), Some(keys().uid(b"1.2.3").as_str()));
    assert_eq!(vr(0x0028, 0x0010), Some(VR::US));
    assert_eq!(vr(0x0028, 0x0120), Some(VR::SS));
    let long = run(&[un(0x0008, 0x1090, &"x".repeat(70_000))], CT);
    assert!(long.find(Tag(0x0008, 0x1090)).is_none());
    assert!(!contains(&set.bytes, b"Yamada"));
}

#[test]
fn bytes_stay_only_where_they_are_numbers_by_nature() {
    let set = run(
        &[
            bytes(Tag(0x0014, 0x3080), VR::OB, b"Yamada"), // Bad Pixel Image
            bytes(Tag(0x0016, 0x0062), VR::OB, b"Yamada"),
            bytes(Tag(0x0028, 0x1201), VR::OW, b"\x01\x02\x03\x04"),
            bytes(Tag(0x0028, 0x3006), VR::US, b"\x01\x02\x03\x04"),
            bytes(Tag(0x5400, 0x0110), VR::UT, b"Yamada"), // another VR than its own
        ],
        CT,
    );
    assert_eq!(set.find(Tag(0x0028, 0x1201)).map(|e| set.value(e)), Some(&[1, 2, 3, 4][..]));
    assert_eq!(set.find(Tag(0x0028, 0x3006)).map(|e| e.vr), Some(VR::US));
    assert!(set.find(Tag(0x0014, 0x3080)).is_none() && set.find(Tag(0x0016, 0x0062)).is_none());
    assert!(set.find(Tag(0x5400, 0x0110)).is_none());
    assert!(!contains(&set.bytes, b"Yamada"));
}

#[test]
fn pixels_inside_items_go() {
    let pixels = bytes(Tag(0x7FE0, 0x0010), VR::OW, b"pixels");
    let set = run(&[pixels.clone(), items(KEPT_SEQUENCE, vec![vec![pixels]])], CT);
    assert!(set.find(Tag(0x7FE0, 0x0010)).is_some());
    assert!(first_item(&set, KEPT_SEQUENCE).is_empty());
}

#[test]
fn uids_are_mapped_unless_they_say_what_something_is() {
    let set = run(
        &[
            text(0x0008, 0x0016, VR::UI, CT),
            text(0x0008, 0x0062, VR::UI, "1.2.840.10008.5.1.4.1.1.4\\1.3.12.2.1107.5.9.1"),
            text(0x0008, 0x1167, VR::UI, "1.2.3"),
            text(0x0008, 0x0058, VR::UI, "1.2.3\\1.2.840.10008.1.4.1.1\\1.2.4"),
            text(0x0008, 0x010C, VR::UI, "1.2.392.99999.4"),
            text(0x0008, 0x0118, VR::UI, "1.2.840.10008.8.1.1"),
            text(0x0008, 0x1150, VR::UI, "YAMADA"),
        ],
        CT,
    );
    let text = |group, element| set.text(Tag(group, element)).unwrap_or_default();
    let new = |uid: &str| keys().uid(uid.as_bytes());
    assert_eq!(text(0x0008, 0x0016), CT);
    assert_eq!(text(0x0008, 0x0062), "1.2.840.10008.5.1.4.1.1.4\\1.3.12.2.1107.5.9.1");
    assert_eq!(text(0x0008, 0x1167), new("1.2.3"));
    assert_eq!(
        text(0x0008, 0x0058),
        format!("{}\\1.2.840.10008.1.4.1.1\\{}", new("1.2.3"), new("1.2.4"))
    );
    assert_eq!(text(0x0008, 0x010C), new("1.2.392.99999.4"), "a local scheme names the hospital");
    assert_eq!(text(0x0008, 0x0118), "1.2.840.10008.8.1.1");
    assert_eq!(text(0x0008, 0x1150), new("YAMADA"));
}

#[test]
fn a_patient_gets_a_pseudonym() {
    let patient =
        [text(0x0010, 0x0010, VR::PN, "Yamada^Tarou"), text(0x0010, 0x0020, VR::LO, "ZZ-0000123")];
    let set = run(&patient, CT);
    let pseudonym = keys().pseudonym("", "ZZ-0000123");
    assert_eq!(set.text(Tag(0x0010, 0x0020)), Some(pseudonym.as_str()));
    assert_eq!(set.text(Tag(0x0010, 0x0010)), Some(format!("{pseudonym}^").as_str()));

    let elsewhere = [&patient[..], &[text(0x0010, 0x0021, VR::LO, "HOSPITAL B")]].concat();
    let other = run(&elsewhere, CT);
    assert_ne!(other.text(Tag(0x0010, 0x0020)), Some(pseudonym.as_str()));
    assert!(other.find(Tag(0x0010, 0x0021)).is_none());

    let nameless = run(&[patient[0].clone(), text(0x0010, 0x0020, VR::LO, "")], CT);
    assert_eq!(nameless.text(Tag(0x0010, 0x0010)), Some(""));
    assert_eq!(nameless.text(Tag(0x0010, 0x0020)), Some(""));
}

#[test]
fn markers_say_what_was_done_and_keep_what_was_said() {
    let before = [
        text(0x0012, 0x0062, VR::CS, "NO"),
        text(0x0012, 0x0063, VR::LO, "First Tool"),
        items(
            Tag(0x0012, 0x0064),
            vec![vec![text(0x0008, 0x0100, VR::SH, "113101"), text(0x0009, 0x0010, VR::LO, "x")]],
        ),
        items(Tag(0x0018, 0xA001), vec![vec![text(0x0008, 0x0080, VR::LO, "Yamada Hospital")]]),
        text(0x0028, 0x0301, VR::CS, "YES"),
        text(0x0028, 0x0303, VR::CS, "UNMODIFIED"),
    ];
    let set = run(&before, CT);
    assert_eq!(set.text(Tag(0x0012, 0x0062)), Some("YES"));
    let method = set.text(Tag(0x0012, 0x0063)).expect("a method");
    let (first, ours) = method.split_once('\\').expect("two values");
    assert_eq!(first, "First Tool");
    assert!(ours.len() <= 64 && ours.contains(policy().digest()), "{ours}");
    assert_eq!(item(&set, Tag(0x0012, 0x0064), 0).len(), 1, "the private creator is gone");
    let ours = item(&set, Tag(0x0012, 0x0064), 1);
    assert_eq!(text_in(&set, ours, Tag(0x0008, 0x0100)), Some("113100"));
    assert!(item(&set, Tag(0x0018, 0xA001), 0).is_empty());
    let ours = item(&set, Tag(0x0018, 0xA001), 1);
    let maker = text_in(&set, ours, Tag(0x0008, 0x0070)).unwrap_or_default();
    assert!(maker.contains("Tokumei") && maker.ends_with(env!("CARGO_PKG_VERSION")), "{maker}");
    // dcm2niix takes the first two letters for a vendor's (TO: Toshiba), and model and version for the scanner's.
    assert!(!maker.starts_with("TO") && !maker.starts_with("To"), "{maker}");
    for other in [Tag(0x0008, 0x1090), Tag(0x0018, 0x1020)] {
        assert_eq!(text_in(&set, ours, other), None);
    }
    assert_eq!(set.text(Tag(0x0028, 0x0301)), Some("YES"), "no claim is made up");
    assert_eq!(set.text(Tag(0x0028, 0x0303)), Some("REMOVED"));
    assert!(set.elements.is_sorted_by_key(|e| e.tag));

    let plain = run(&[text(0x0020, 0x0013, VR::IS, "1"), text(0x0028, 0x0302, VR::CS, "NO")], CT);
    for (group, element) in [(0x0012, 0x0062), (0x0012, 0x0063), (0x0012, 0x0064), (0x0018, 0xA001)]
    {
        assert!(plain.find(Tag(group, element)).is_some());
    }
    assert_eq!(plain.text(Tag(0x0028, 0x0302)), Some("NO"), "left as received");
}

#[test]
fn a_recognizable_person_is_marked() {
    for before in [vec![], vec![text(0x0028, 0x0302, VR::CS, "NO")]] {
        let set = data_set(&before, Encoding::ExplicitLittle);
        let mut out = Writer::new(Encoding::ExplicitLittle);
        let input = Input { recognizable: true, ..input(&set, CT) };
        apply(policy(), &keys(), input, &mut out).expect("it can be done");
        let after = parse(out.into_bytes(), Encoding::ExplicitLittle);
        assert_eq!(after.text(Tag(0x0028, 0x0302)), Some("YES"));
    }
}

#[test]
fn the_tail_gets_no_markers() {
    let mut out = Writer::new(Encoding::ExplicitLittle);
    write(&[bytes(Tag(0xFFFC, 0xFFFC), VR::OB, b"xx")], &mut out);
    let tail = parse(out.into_bytes(), Encoding::ExplicitLittle);
    let mut out = Writer::new(Encoding::ExplicitLittle);
    let input = Input { part: Part::Tail, ..input(&tail, CT) };
    assert_eq!(apply(policy(), &keys(), input, &mut out), Ok(Done::default()));
    assert!(out.is_empty());
}

#[test]
fn types_of_the_iod_decide_compound_codes() {
    let references = || {
        let inside = vec![
            text(0x0008, 0x1150, VR::UI, XA),
            text(0x0008, 0x1155, VR::UI, "1.2.3"),
            text(0x0009, 0x0010, VR::LO, "x"),
        ];
        items(Tag(0x0008, 0x1140), vec![inside])
    };
    let date = text(0x0008, 0x0021, VR::DA, "19700302");
    let ct = run(&[references(), date.clone()], CT);
    assert!(ct.find(Tag(0x0008, 0x1140)).is_none());
    assert!(ct.find(Tag(0x0008, 0x0021)).is_none());
    let xa = run(&[references(), date.clone()], XA);
    let inside = first_item(&xa, Tag(0x0008, 0x1140));
    assert_eq!(inside.len(), 2);
    assert_eq!(text_in(&xa, inside, Tag(0x0008, 0x1155)), Some(keys().uid(b"1.2.3").as_str()));
    let source = items(Tag(0x0008, 0x2112), vec![vec![text(0x0008, 0x1155, VR::UI, "1.2.3")]]);
    let derived = run(&[items(Tag(0x0008, 0x9124), vec![vec![source.clone()]]), source], CT);
    assert!(derived.find(Tag(0x0008, 0x2112)).is_none());
    assert_eq!(first_item(&derived, Tag(0x0008, 0x9124)).len(), 1, "its items need the reference");
    let pet = run(&[date], PET);
    assert_eq!(pet.text(Tag(0x0008, 0x0021)), Some("19000101"));
}

#[test]
fn a_dummy_sequence_holds_one_item_that_names_nobody() {
    let code = |value: &str, meaning: &str| {
        vec![
            text(0x0008, 0x0080, VR::LO, "Yamada Hospital"),
            text(0x0008, 0x0100, VR::SH, value),
            text(0x0008, 0x0104, VR::LO, meaning),
            text(0x0040, 0xA040, VR::CS, "CODE"),
            items(Tag(0x0040, 0xA168), vec![vec![text(0x0008, 0x0104, VR::LO, "Yamada")]]),
        ]
    };
    let set =
        run(&[items(Tag(0x0040, 0x1101), vec![code("123", "Yamada"), code("124", "Sato")])], CT);
    let Some(Value::Items(all)) = set.find(Tag(0x0040, 0x1101)).map(|e| &e.value) else {
        panic!("it is a sequence")
    };
    assert_eq!(all.len(), 1);
    let first = &all[0].elements;
    assert_eq!(text_in(&set, first, Tag(0x0008, 0x0100)), Some("ANONYMIZED"));
    assert_eq!(text_in(&set, first, Tag(0x0040, 0xA040)), Some("CODE"));
    assert!(!contains(&set.bytes, b"Yamada") && !contains(&set.bytes, b"Sato"));
}

#[test]
fn overlay_bits_in_the_pixels_keep_the_object_back() {
    let position = bytes(Tag(0x6000, 0x0102), VR::US, &[12, 0]);
    assert_eq!(refused(&[position]).rule, OVERLAY_IN_PIXELS);
    let allocated = bytes(Tag(0x6002, 0x0100), VR::US, &[16, 0]);
    assert_eq!(refused(&[allocated]).rule, OVERLAY_IN_PIXELS);
    let plane =
        [bytes(Tag(0x6000, 0x0100), VR::US, &[1, 0]), bytes(Tag(0x6000, 0x0102), VR::US, &[0, 0])];
    run(&plane, CT);
}

#[test]
fn what_was_not_read_in_can_only_go() {
    let mut set = data_set(&[text(0x0008, 0x0060, VR::CS, "CT")], Encoding::ExplicitLittle);
    let mut put = |tag: Tag, value: Value| {
        set.elements.push(Element { tag, vr: VR::OW, value });
        set.elements.sort_by_key(|e| e.tag);
        let result = try_apply(&set, CT).map(|_| ());
        set.elements.retain(|e| e.tag != tag);
        result
    };
    let long = || Value::Discarded(1 << 20);
    for gone in [Tag(0x0009, 0x1001), Tag(0x6000, 0x3000), Tag(0xFFFC, 0xFFFC)] {
        assert!(crate::policy::discards(gone), "{gone}");
        assert_eq!(put(gone, long()), Ok(()));
    }
    for kept in [Tag(0x5400, 0x1010), Tag(0x0028, 0x1201)] {
        assert!(!crate::policy::discards(kept), "{kept}");
        assert_eq!(put(kept, long()).map_err(|r| r.rule), Err(RULE_NOT_APPLIED.into()));
        assert!(put(kept, Value::Fragments(vec![Span::default()])).is_err());
        assert!(put(kept, Value::Streamed).is_err());
    }
    assert_eq!(put(Tag(0x7FE0, 0x0010), Value::Streamed), Ok(()));
    for looked_at in
        [Tag(0x0010, 0x0020), Tag(0x0010, 0x4000), Tag(0x0008, 0x0018), Tag(0x0040, 0xA730)]
    {
        assert!(!crate::policy::discards(looked_at), "{looked_at}");
    }
}

#[test]
fn an_object_without_an_instance_uid_is_kept_back() {
    let reason = refused(&[text(0x0008, 0x0018, VR::UI, "")]);
    assert_eq!(reason.rule, NO_INSTANCE);
}

#[test]
fn all_encodings_come_out_alike() {
    let elements = [
        text(0x0008, 0x0060, VR::CS, "CT"),
        text(0x0010, 0x0020, VR::LO, "ZZ-0000123"),
        text(0x0020, 0x000D, VR::UI, "1.2.392.99999.7.2"),
        items(KEPT_SEQUENCE, vec![vec![text(0x0028, 0x3003, VR::LO, "LUT")], vec![]]),
    ];
    for encoding in [Encoding::ImplicitLittle, Encoding::ExplicitLittle, Encoding::ExplicitBig] {
        let (done, bytes) = try_apply(&data_set(&elements, encoding), CT).expect("it can be done");
        let set = parse(bytes, encoding);
        assert_eq!(done.sop_instance, keys().uid(INSTANCE.as_bytes()));
        assert_eq!(set.text(SOP_INSTANCE), Some(done.sop_instance.as_str()));
        assert_eq!(set.text(Tag(0x0020, 0x000D)), Some(done.study.as_str()));
        assert_eq!(done.series, "");
        assert_eq!(
            text_in(&set, first_item(&set, KEPT_SEQUENCE), Tag(0x0028, 0x3003)),
            Some("LUT")
        );
    }
}

#[test]
fn explain_tells_what_apply_does() {
    let elements = [
        text(0x0008, 0x0060, VR::CS, "CT"),
        text(0x0010, 0x0010, VR::PN, "Yamada^Tarou"),
        text(0x0010, 0x0020, VR::LO, "ZZ-0000123"),
        text(0x0010, 0x1040, VR::LO, "1-2-3 Honcho"),
        items(KEPT_SEQUENCE, vec![vec![text(0x0008, 0x1155, VR::UI, "1.2.3")]]),
    ];
    let set = data_set(&elements, Encoding::ExplicitLittle);
    let told = explain(policy(), &keys(), &set, CT, false);
    assert!(told.refused.is_none());
    let after = run(&elements, CT);
    for row in told.rows.iter().filter(|r| !r.path.contains('[')) {
        let tag = crate::policy::tables::parse_tag(&row.path).expect("a path of one tag");
        let written = after.find(tag);
        assert_eq!(written.is_some(), row.after.is_some(), "{}", row.path);
        if let (Some(text), Some(shown)) = (after.text(tag), &row.after)
            && row.vr != VR::SQ
        {
            assert_eq!(text, shown.reveal(), "{}", row.path);
        }
    }
    let row = |path: &str| told.rows.iter().find(|r| r.path == path).expect("it is told");
    let name = row("(0010,0010)");
    assert_eq!((name.keyword, name.rule.as_str()), ("PatientName", "SUP-PATIENT-NAME"));
    assert_eq!(name.before.as_ref().map(|b| b.masked()), Some("12 characters"));
    assert_eq!(row("(0010,1040)").action, "remove");
    assert_eq!(row("(0028,3010)[1](0008,1155)").action, "new UID");
    assert!(row("(0012,0062)").before.is_none());
}
