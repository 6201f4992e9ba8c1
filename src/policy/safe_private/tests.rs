//! Both lists, and wrong ones.

use std::collections::{BTreeSet, HashSet};

use super::*;

fn shipped() -> SafePrivate {
    let mut problems = Vec::new();
    let safe = SafePrivate::read(&mut problems);
    assert_eq!(problems, []);
    safe
}

#[test]
fn every_row_is_found_under_its_creator_alone() {
    let safe = shipped();
    let standard = || safe.rows.iter().filter(|(_, safe)| safe.form.is_none());
    assert_eq!(standard().count(), 479);
    let creators: BTreeSet<&str> = standard().map(|((_, _, c), _)| *c).collect();
    assert_eq!(creators.len(), 20);
    for (at, text) in TEXTS.into_iter().enumerate() {
        for (line, fields) in records(text) {
            let (group, element) = block_tag(fields[0]).expect("checked");
            let found = safe.get(group, element, fields[1]).expect("listed");
            assert_eq!(
                (Some(found.vrs), found.form.is_some()),
                (vrs(fields[2]), at == 1),
                "{line}"
            );
            assert_eq!(safe.get(group, element, "ZZ MADE UP"), None);
            assert_eq!(safe.get(group ^ 0x1000, element, fields[1]), None);
        }
    }
    let of = |group, element, creator| safe.get(group, element, creator).map(|safe| safe.vrs);
    assert_eq!(of(0x0019, 0x0C, "SIEMENS MR HEADER"), Some(&[VR::IS][..]));
    assert_eq!(of(0x0043, 0x39, "GEMS_PARM_01"), Some(&[VR::IS][..]));
    assert_eq!(of(0x7053, 0x00, "Philips PET Private Group"), Some(&[VR::DS][..]));
    assert_eq!(of(0x2005, 0x0E, "Philips MR Imaging DD 001"), Some(&[VR::FL][..]));
    assert_eq!(of(0x7E01, 0x12, "HOLOGIC, Inc."), Some(&[VR::OB][..]));
    assert_eq!(of(0x2001, 0x7D, "Philips Imaging DD 001"), Some(&[VR::OW, VR::OB][..]));
    assert!(safe.knows(0x0019, "SIEMENS MR HEADER") && safe.knows(0x0019, "GEMS_ACQU_01"));
    assert!(!safe.knows(0x0029, "SIEMENS MR HEADER") && !safe.knows(0x0019, "NQLeft"));
    // Which of the blocks an element is in decides: the same number is other things for other creators.
    assert_eq!(of(0x2001, 0x01, "Philips Imaging DD 001"), Some(&[VR::FL][..]));
    assert_eq!(of(0x2001, 0x01, "Philips Imaging DD 002"), Some(&[VR::US][..]));
    assert_eq!(of(0x0029, 0x10, "SIEMENS CSA HEADER"), None);
    assert_eq!(of(0x0019, 0x0C, "Siemens MR Header"), None);
    assert_eq!(of(0x0019, 0x0C, "SIEMENS MR HEADER "), None);
}

/// What the table is like, so that another edition is read with open eyes.
#[test]
fn the_odd_rows_are_known() {
    let safe = shipped();
    let without = safe.rows.iter().filter(|(_, safe)| safe.vrs == NUMBERS);
    let without: Vec<(u16, u8)> = without.map(|((g, e, _), _)| (*g, *e)).collect();
    let expected = [(0x119, 0x11), (0x119, 0x12), (0x129, 3), (0x129, 4), (0x129, 5)];
    assert_eq!(without, expected);
    // No creator stands in the standard's list in two spellings; ours has the older ones of two.
    let standard = safe.rows.iter().filter(|(_, safe)| safe.form.is_none());
    let folded = standard.map(|((_, _, c), _)| c.to_uppercase());
    assert_eq!(folded.collect::<HashSet<_>>().len(), 20);
    // Nothing that names people or holds dates.
    for vr in [VR::PN, VR::DA, VR::DT, VR::TM, VR::AS, VR::AE, VR::UN, VR::UT] {
        assert!(safe.rows.iter().all(|(_, safe)| !safe.vrs.contains(&vr)), "{vr}");
    }
}

/// What we call safe ourselves is a number, a word of a few, or items; no date of eight digits is among the numbers of text.
#[test]
fn our_own_rows_leave_no_room_for_text() {
    let safe = shipped();
    let ours =
        safe.rows.iter().filter_map(|(key, safe)| Some((key, safe.vrs, safe.form.as_ref()?)));
    let mut seen = 0;
    for (key, vrs, form) in ours {
        seen += 1;
        let text = vrs.iter().any(|vr| matches!(*vr, VR::CS | VR::SH | VR::LO));
        assert!(!vrs.iter().any(|vr| matches!(*vr, VR::ST | VR::LT | VR::UI | VR::OB | VR::OW)));
        match &form.kind {
            Kind::Items => assert_eq!(vrs, [VR::SQ], "{key:?}"),
            Kind::Words(words) => assert!(text && words.len() < 20, "{key:?}"),
            Kind::Between(from, to) => {
                assert!(!text || to - from < 10_000_000.0, "{key:?}");
            }
        }
    }
    assert!(seen > 80, "{seen}");
    let mosaic = safe.get(0x0019, 0x0A, "SIEMENS MR HEADER").expect("listed");
    let kind = Kind::Between(1.0, 4096.0);
    assert_eq!(mosaic, &Safe { vrs: &[VR::US], form: Some(Form { most: 1, kind }) });
    // What nobody can look through.
    for (group, element, creator) in [
        (0x0029, 0x10, "SIEMENS CSA HEADER"),
        (0x0029, 0x20, "SIEMENS CSA HEADER"),
        (0x0021, 0x19, "SIEMENS MR SDS 01"),
        (0x0025, 0x1B, "GEMS_SERS_01"),
        (0x0043, 0x2A, "GEMS_PARM_01"),
        (0x0019, 0x9D, "GEMS_ACQU_01"),
        (0x0019, 0xA2, "GEMS_ACQU_01"),
    ] {
        assert_eq!(safe.get(group, element, creator), None, "{element:02X} of {creator}");
    }
}

#[test]
fn a_wrong_table_is_not_read() {
    for (text, expected) in [
        ("h\n\"(0019,xx0C)\",X,IS\n", "not tag, private creator, VR and meaning"),
        ("h\n\"(0019,100C)\",X,IS,b\n", "not a private attribute (gggg,xxee)"),
        ("h\n\"(0018,xx0C)\",X,IS,b\n", "not a private attribute (gggg,xxee)"),
        ("h\n\"(0007,xx0C)\",X,IS,b\n", "not a private attribute (gggg,xxee)"),
        ("h\n\"(FFFF,xx0C)\",X,IS,b\n", "not a private attribute (gggg,xxee)"),
        ("h\n\"(0019,xx0C)\",X ,IS,b\n", "not a private creator"),
        ("h\n\"(0019,xx0C)\",,IS,b\n", "not a private creator"),
        ("h\n\"(0019,xx0C)\",X,US or SS,b\n", "unknown VR"),
        ("h\n\"(0019,xx0C)\",X,IS,b\n\"(0019,xx0C)\",X,DS,b\n", "two rows for one attribute"),
    ] {
        let mut problems = Vec::new();
        SafePrivate::from([text, "h\n"], &mut problems);
        let messages: Vec<&str> = problems.iter().map(|p| p.message.as_str()).collect();
        assert_eq!(messages, [expected]);
    }
}

#[test]
fn a_form_that_says_too_little_is_not_read() {
    let read = |rows: &str| {
        let ours: &'static str = format!("h\n{rows}\n").leak();
        let mut problems = Vec::new();
        SafePrivate::from(["h\n\"(0019,xx0C)\",X,IS,b\n", ours], &mut problems);
        problems.into_iter().map(|p| (p.line, p.message)).collect::<Vec<_>>()
    };
    assert_eq!(read("\"(0019,xx0D)\",X,IS,1,0..9,a,b,c"), []);
    assert_eq!(read("\"(0019,xx0D)\",X,SH/LO,2,A|B#,a,b,c"), []);
    assert_eq!(read("\"(0019,xx0D)\",X,SQ,,items,a,b,c"), []);
    for bad in ["IS,0,0..9", "IS,1,9..0", "IS,1,0..", "IS,1,A|B", "LO,1,", "LO,1,A||B", "LO,1,##"] {
        let found = read(&format!("\"(0019,xx0D)\",X,{bad},a,b,c"));
        assert_eq!(found, [(2, "a form that no value has".to_owned())], "{bad}");
    }
    for bad in ["SQ,1,0..9", "IS,1,items", "IS,,items", "SQ,1,items"] {
        let found = read(&format!("\"(0019,xx0D)\",X,{bad},a,b,c"));
        assert_eq!(found, [(2, "a form that no value has".to_owned())], "{bad}");
    }
    assert_eq!(read("\"(0019,xx0D)\",X,IS,1,0..9,a,,c").len(), 1, "no reason is given");
    assert_eq!(
        read("\"(0019,xx0C)\",X,IS,1,0..9,a,b,c"),
        [(0, "two rows for one attribute".to_owned())]
    );
}
