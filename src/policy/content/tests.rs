//! Table E.3.4-1 as it is written, against what is looked up.

use super::*;

fn content(active: &[ProfileOption]) -> Content {
    let mut problems = Vec::new();
    let content = Content::compile(active.iter().copied().collect(), true, &mut problems);
    assert_eq!(problems, []);
    content
}

/// The cells of the table, read without the code under test.
fn cells() -> Vec<Vec<&'static str>> {
    let lines = TABLE.lines().filter(|l| !l.starts_with('#')).skip(1);
    // No cell holds a comma or a quote; the assertion on the number of columns would see one.
    let rows: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
    assert!(rows.iter().all(|row| row.len() == 15));
    rows
}

/// What a cell of the table asks for, in the words of the standard (PS3.15 Table E.1-1a).
fn asked(cell: &str, value_type: &str) -> Action {
    match (cell, value_type) {
        ("X", _) => Action::Remove,
        ("K", "DATE" | "TIME" | "DATETIME") => Action::KeepDate,
        ("K", "UIDREF") => Action::KeepUid,
        ("K", _) => Action::Keep,
        ("C", "DATE" | "TIME" | "DATETIME") => Action::ShiftDate,
        ("C", "TEXT") => Action::CleanText,
        ("D" | "X/D", "UIDREF") => Action::Uid,
        ("D" | "X/D", "IMAGE" | "COMPOSITE" | "WAVEFORM") => Action::Keep,
        ("D" | "X/D", "TEXT" | "PNAME" | "DATE" | "TIME" | "DATETIME") => Action::Dummy,
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_row_is_found_under_every_option() {
    let rows = cells();
    assert_eq!(rows.len(), 206);
    let mut seen = 0;
    let options = std::iter::once(None).chain(COLUMNS.iter().map(Some));
    for (at, option) in options.enumerate() {
        let active: Vec<ProfileOption> = option.into_iter().copied().collect();
        let content = content(&active);
        for row in &rows {
            let [_, code, scheme, srt, value_type, _, _, basic, cells @ ..] = &row[..] else {
                panic!("a row is too short")
            };
            let cell = at.checked_sub(1).map_or("", |column| cells[column]);
            let expected = asked(if cell.is_empty() { basic } else { cell }, value_type);
            let parsed = ValueType::parse(value_type).expect("a Value Type");
            let plain = scheme.split(" [").next().expect("a scheme");
            let mut names = vec![(*scheme, *code), (plain, *code)];
            if !srt.is_empty() {
                names.extend([("SRT", *srt), ("SNM3", *srt), ("99SDM", *srt)]);
            }
            for (scheme, code) in names {
                let rule = content.rule(parsed, Some((scheme, code)));
                assert_eq!(rule.action, expected, "{code} {scheme} {value_type} {option:?}");
                assert_eq!(&*rule.id, "E3.4-1");
                assert_eq!(rule.option, option.copied().filter(|_| !cell.is_empty()));
                assert!(rule.reference.contains(value_type) && rule.reference.ends_with(basic));
                seen += 1;
            }
        }
    }
    assert!(seen >= 8 * 2 * 206, "{seen}");
    // The concepts that the standard gives in SNOMED CT are known in SNOMED RT too.
    assert!(rows.iter().filter(|r| r[2] == "SCT").all(|r| !r[3].is_empty()));
}

#[test]
fn options_that_disagree_leave_the_profile_alone() {
    let equipment = Some(("DCM", "121122"));
    let rule = |active: &[ProfileOption]| content(active).rule(ValueType::Text, equipment).action;
    assert_eq!(rule(&[DeviceIdentity]), Action::Keep);
    assert_eq!(rule(&[Descriptors]), Action::CleanText);
    assert_eq!(rule(&[Descriptors, DeviceIdentity]), Action::Remove);
    // Agreeing options do not.
    let device = Some(("DCM", "121012"));
    let both = content(&[Uids, DeviceIdentity]);
    assert_eq!(both.rule(ValueType::UidRef, device).action, Action::KeepUid);
}

#[test]
fn an_unlisted_concept_follows_its_value_type() {
    let plain = content(&[]);
    let dated = content(&[ModifiedDates, Descriptors]);
    let full = content(&[FullDates, Uids]);
    use Action::{CleanText as Clean, Dummy, Keep, KeepDate, KeepUid, ShiftDate, Uid};
    use ValueType as T;
    for (value_type, basic, under, retained) in [
        (T::Text, Dummy, Clean, Dummy),
        (T::PName, Dummy, Dummy, Dummy),
        (T::Date, Dummy, ShiftDate, KeepDate),
        (T::Time, Dummy, ShiftDate, KeepDate),
        (T::DateTime, Dummy, ShiftDate, KeepDate),
        (T::UidRef, Uid, Uid, KeepUid),
        (T::Composite, Keep, Keep, Keep),
        (T::Image, Keep, Keep, Keep),
        (T::Waveform, Keep, Keep, Keep),
        (T::Num, Keep, Keep, Keep),
        (T::Code, Keep, Keep, Keep),
        (T::Scoord, Keep, Keep, Keep),
        (T::Scoord3d, Keep, Keep, Keep),
        (T::Tcoord, Keep, Keep, Keep),
        (T::Container, Keep, Keep, Keep),
    ] {
        // Mean CTDIvol has no row of its own.
        for concept in [None, Some(("DCM", "113830"))] {
            let found = |c: &Content| c.rule(value_type, concept).action;
            assert_eq!(found(&plain), basic, "{value_type:?}");
            assert_eq!(found(&dated), under, "{value_type:?}");
            assert_eq!(found(&full), retained, "{value_type:?}");
        }
    }
    let local = Some(("99HOSP", "MRN"));
    assert_eq!(plain.rule(ValueType::Num, local).action, Action::Remove);
    assert_eq!(plain.rule(ValueType::Text, local).action, Action::Dummy);
}
