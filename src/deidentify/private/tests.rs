//! Made-up levels with the creators and numbers of the list.

use proptest::prelude::*;

use super::*;
use crate::dicom::encode::Writer;

const SIEMENS: &[u8] = b"SIEMENS MR HEADER ";
const PHILIPS: &[u8] = b"Philips Imaging DD 001";
const SC2000: &[u8] = b"SIEMENS Ultrasound SC2000 ";

type Made<'m> = (u16, u16, VR, &'m [u8]);

fn safe() -> &'static SafePrivate {
    static SAFE: std::sync::OnceLock<SafePrivate> = std::sync::OnceLock::new();
    SAFE.get_or_init(|| SafePrivate::read(&mut Vec::new()))
}

fn write(elements: &[Made<'_>], out: &mut Writer) {
    for (group, element, vr, value) in elements {
        out.element(Tag(*group, *element), *vr, value);
    }
}

fn parse(out: Writer, encoding: Encoding) -> DataSet {
    DataSet::parse(out.into_bytes(), encoding).unwrap_or_else(|e| panic!("{e}"))
}

fn set(elements: &[Made<'_>], encoding: Encoding) -> DataSet {
    let mut out = Writer::new(encoding);
    write(elements, &mut out);
    parse(out, encoding)
}

fn blocks(set: &DataSet, trust: bool) -> PrivateBlocks<'_> {
    PrivateBlocks::new(set, safe(), [ProfileOption::ModifiedDates].into_iter().collect(), trust)
}

fn plan_of(set: &DataSet, trust: bool) -> Vec<(Tag, VR, Action)> {
    let plan = blocks(set, trust).plan(&set.elements);
    assert!(plan.is_sorted_by(|a, b| a.tag < b.tag));
    plan.into_iter().map(|kept| (kept.tag, kept.vr, kept.action)).collect()
}

fn plan(elements: &[Made<'_>]) -> Vec<(Tag, VR, Action)> {
    plan_of(&set(elements, Encoding::ExplicitLittle), false)
}

fn tags(elements: &[Made<'_>]) -> Vec<Tag> {
    plan(elements).into_iter().map(|(tag, ..)| tag).collect()
}

/// What becomes of one value in block 10 of a group.
fn one(creator: &[u8], group: u16, low: u16, vr: VR, value: &[u8]) -> Option<Action> {
    let found = plan(&[(group, 0x0010, VR::LO, creator), (group, 0x1000 + low, vr, value)]);
    found.get(1).map(|(_, _, action)| *action)
}

#[test]
fn a_block_is_known_by_its_creator_under_any_number() {
    for block in [0x10_u16, 0x11, 0xE1, 0xFF] {
        let b_value = block << 8 | 0x0C;
        let other = block << 8 | 0x10;
        let found = plan(&[
            (0x0018, 0x1030, VR::LO, b"MADE UP"),
            (0x0019, block, VR::LO, SIEMENS),
            (0x0019, b_value, VR::IS, b"1000"),
            (0x0019, other, VR::LO, b"NOT LISTED"),
        ]);
        let expected = [
            (Tag(0x0019, block), VR::LO, Action::Keep),
            (Tag(0x0019, b_value), VR::IS, Action::Keep),
        ];
        assert_eq!(found, expected, "{block:02X}");
    }
}

#[test]
fn the_same_number_under_another_creator_goes() {
    let found = tags(&[
        (0x0019, 0x0010, VR::LO, b"ZZ MADE UP"),
        (0x0019, 0x0011, VR::LO, SIEMENS),
        (0x0019, 0x0012, VR::LO, b"GEMS_ACQU_01"),
        (0x0019, 0x100C, VR::IS, b"1000"),
        (0x0019, 0x110C, VR::IS, b"1000"),
        (0x0019, 0x1123, VR::DS, b"1.5 "),
        (0x0019, 0x120C, VR::IS, b"1000"),
        (0x0019, 0x1223, VR::DS, b"1.5 "),
        (0x0021, 0x110C, VR::IS, b"1000"),
    ]);
    let expected = [0x0011, 0x0012, 0x110C, 0x1223].map(|element| Tag(0x0019, element));
    assert_eq!(found, expected);
    // A creator of which nothing stays does not stay either.
    assert_eq!(tags(&[(0x0019, 0x0010, VR::LO, SIEMENS), (0x0019, 0x1015, VR::LO, b"A ")]), []);
    assert_eq!(tags(&[(0x0019, 0x0010, VR::LO, SIEMENS)]), []);
}

#[test]
fn both_blocks_of_a_creator_stay() {
    let found = tags(&[
        (0x0019, 0x0010, VR::LO, SIEMENS),
        (0x0019, 0x0011, VR::LO, SIEMENS),
        (0x0019, 0x100C, VR::IS, b"1000"),
        (0x0019, 0x110C, VR::IS, b"0 "),
        (0x0019, 0x110D, VR::CS, b"NONE"),
    ]);
    assert_eq!(found, [0x0010, 0x0011, 0x100C, 0x110C, 0x110D].map(|e| Tag(0x0019, e)));
}

#[test]
fn a_block_without_a_proper_creator_goes() {
    let value: Made<'_> = (0x0019, 0x100C, VR::IS, b"1000");
    let with = |vr, creator| tags(&[(0x0019, 0x0010, vr, creator), value]).len();
    assert_eq!(with(VR::LO, SIEMENS), 2);
    assert_eq!(with(VR::LO, b" SIEMENS MR HEADER\0"), 2);
    assert_eq!(with(VR::UN, SIEMENS), 2);
    assert_eq!(tags(&[value]), []);
    for creator in [
        &b""[..],
        b"  ",
        b"siemens mr header ",
        b"SIEMENS  MR HEADER",
        b"SIEMENS MR HEADER\\X",
        b"SIEMENS MR HEADER\\",
        b"\\SIEMENS MR HEADER",
        b"SIEMENS MR\0HEADER",
        "ＳIEMENS MR HEADER".as_bytes(),
        b"\x1b(BSIEMENS MR HEADER ",
        b"SIEMENS MR HEADE",
    ] {
        assert_eq!(with(VR::LO, creator), 0);
    }
    for vr in [VR::PN, VR::OB, VR::ST, VR::DS] {
        assert_eq!(with(vr, SIEMENS), 0, "{vr}");
    }
    // Another block's creator, another group's.
    assert_eq!(tags(&[(0x0019, 0x0011, VR::LO, SIEMENS), value]), []);
    assert_eq!(tags(&[(0x0017, 0x0010, VR::LO, SIEMENS), value]), []);
    // Numbers that are in no block.
    for number in [0x000C, 0x010C, 0x0F0C] {
        let found = tags(&[
            (0x0019, 0x0001, VR::LO, SIEMENS),
            (0x0019, number, VR::IS, b"1000"),
            (0x0019, 0x1011, VR::LO, SIEMENS),
        ]);
        assert_eq!(found, [], "{number:04X}");
    }
    // A creator behind its block is no data set at all.
    let mut out = Writer::new(Encoding::ExplicitLittle);
    write(&[value, (0x0019, 0x0010, VR::LO, SIEMENS)], &mut out);
    assert!(DataSet::parse(out.into_bytes(), Encoding::ExplicitLittle).is_err());
}

#[test]
fn each_item_has_creators_of_its_own() {
    for encoding in [Encoding::ExplicitLittle, Encoding::ExplicitBig] {
        let mut out = Writer::new(encoding);
        write(&[(0x2001, 0x0010, VR::LO, PHILIPS)], &mut out);
        out.begin_sequence(Tag(0x2001, 0x105F));
        for creator in [Some(PHILIPS), None, Some(&b"ZZ MADE UP"[..])] {
            out.begin_item();
            let creator = creator.map(|creator| (0x2001, 0x0010, VR::LO, creator));
            write(creator.as_slice(), &mut out);
            write(&[(0x2001, 0x1033, VR::CS, b"RL")], &mut out);
            out.end_item();
        }
        out.end_sequence();
        let set = parse(out, encoding);
        let expected = [
            (Tag(0x2001, 0x0010), VR::LO, Action::Keep),
            (Tag(0x2001, 0x105F), VR::SQ, Action::Keep),
        ];
        assert_eq!(plan_of(&set, false), expected);
        let items = items(&set.elements, Tag(0x2001, 0x105F));
        let blocks = blocks(&set, false);
        let kept: Vec<usize> = items.iter().map(|i| blocks.plan(&i.elements).len()).collect();
        assert_eq!(kept, [2, 0, 0]);
    }
}

#[test]
fn what_came_as_un_gets_the_vr_of_the_list() {
    let elements: [Made<'_>; 7] = [
        (0x2001, 0x0010, VR::LO, PHILIPS),
        (0x2001, 0x1003, VR::FL, &1000_f32.to_le_bytes()),
        (0x2001, 0x1008, VR::IS, b"1 "),
        (0x2001, 0x100A, VR::IS, b"YAMADA"),
        (0x2001, 0x1015, VR::SS, &[1, 0]),
        (0x2001, 0x105F, VR::UN, b"no items"),
        (0x2001, 0x107D, VR::OW, &[0, 0]),
    ];
    let expected = [
        (Tag(0x2001, 0x0010), VR::LO, Action::Keep),
        (Tag(0x2001, 0x1003), VR::FL, Action::Keep),
        (Tag(0x2001, 0x1008), VR::IS, Action::Keep),
        (Tag(0x2001, 0x1015), VR::SS, Action::Keep),
    ];
    // Implicit VR has no other VR for them.
    let implicit = set(&elements, Encoding::ImplicitLittle);
    assert_eq!(implicit.elements[1].vr, VR::UN);
    assert_eq!(plan_of(&implicit, false), expected);
    let unknown = elements.map(|(g, e, _, value)| (g, e, VR::UN, value));
    assert_eq!(plan_of(&set(&unknown, Encoding::ExplicitLittle), false), expected);
    // Of UN in big endian only strings are what they seem.
    let found = plan_of(&set(&unknown, Encoding::ExplicitBig), false);
    assert_eq!(found, [expected[0], expected[2]]);
    // A length that the VR cannot have.
    for (low, value) in [(0x03, &b"AB"[..]), (0x4F, b"ABCD"), (0x08, &[b' '; 1 << 17])] {
        let found = one(PHILIPS, 0x2001, low, VR::UN, value);
        assert_eq!(found, None, "{low:02X}");
    }
    assert_eq!(one(PHILIPS, 0x2001, 0x4F, VR::UN, &[0; 16]), Some(Action::Keep));
    // A row without a VR of its own is any number, but not anything.
    assert_eq!(one(SC2000, 0x0129, 0x03, VR::FD, &[0; 24]), Some(Action::Keep));
    assert_eq!(one(SC2000, 0x0129, 0x03, VR::DS, b"0\\0\\1 "), Some(Action::Keep));
    for vr in [VR::UN, VR::LO, VR::OB] {
        assert_eq!(one(SC2000, 0x0129, 0x03, vr, b"0 "), None, "{vr}");
    }
}

#[test]
fn a_vr_that_is_not_the_lists_goes() {
    for vr in [VR::LO, VR::DS, VR::PN, VR::OB, VR::SH, VR::UT] {
        assert_eq!(one(SIEMENS, 0x0019, 0x0C, vr, b"1000"), None, "{vr}");
    }
    for vr in [VR::OB, VR::OW] {
        assert_eq!(one(PHILIPS, 0x2001, 0x7D, vr, &[0; 8]), Some(Action::Keep), "{vr}");
    }
    assert_eq!(one(PHILIPS, 0x2001, 0x7D, VR::UN, &[0; 8]), None);
    // A sequence where a value is listed.
    let mut out = Writer::new(Encoding::ExplicitLittle);
    write(&[(0x0019, 0x0010, VR::LO, SIEMENS)], &mut out);
    out.begin_sequence(Tag(0x0019, 0x100C));
    out.end_sequence();
    assert_eq!(plan_of(&parse(out, Encoding::ExplicitLittle), false), []);
}

#[test]
fn values_are_looked_at() {
    use Action::{CleanText as Text, Keep, Uid};
    let philips = |low, vr, value: &str| one(PHILIPS, 0x2001, low, vr, value.as_bytes());
    for (value, expected) in [
        ("RL", Some(Keep)),
        ("EPI_2 FAST", Some(Keep)),
        ("A\\B ", Some(Keep)),
        ("", Some(Keep)),
        ("yamada", None),
        ("YAMADA^TAROU", None),
        ("山田", None),
        ("AN OVERLONG CODE STRING", None),
    ] {
        assert_eq!(philips(0x33, VR::CS, value), expected, "{value}");
    }
    for (value, is, ds) in [
        ("1000000050\\8\\0\\0", Some(Keep), Some(Keep)),
        (" +12 ", Some(Keep), Some(Keep)),
        ("-1.5e-3", None, Some(Keep)),
        ("", Some(Keep), Some(Keep)),
        ("99999999999", None, Some(Keep)),
        ("03-0000-0000", None, None),
        ("19701131X", None, None),
        ("1\\YAMADA", None, None),
        ("inf", None, None),
        ("NaN", None, None),
        ("0x10", None, None),
    ] {
        assert_eq!(philips(0x08, VR::IS, value), is, "{value}");
        assert_eq!(philips(0x23, VR::DS, value), ds, "{value}");
    }
    for (value, expected) in [
        ("EFGRE3D", Text),
        ("epi2_WIP", Text),
        ("0.984:1", Text),
        ("3_Plane", Text),
        ("1H\\B", Text),
        ("", Text),
        ("Yamada", Text),
        ("YamadaTaro", Text),
        ("Abe", Text),
        ("A1234", Text),
        ("Yamada Tarou", Text),
        ("Yamada^Tarou", Text),
        ("山田", Text),
        ("ZZ-0000123", Text),
        ("SENTENCEOFWORDS1IN1", Text),
        ("a\x1b$B", Text),
    ] {
        assert_eq!(philips(0x50, VR::LO, value), Some(expected), "{value}");
        assert_eq!(philips(0x5A, VR::ST, value), Some(expected), "{value}");
    }
    assert_eq!(one(SC2000, 0x0129, 0x02, VR::UI, b"1.2.392.99999.1"), Some(Uid));
    assert_eq!(one(PHILIPS, 0x2001, 0xD0, VR::AT, &[0x20, 0, 0x32, 0]), Some(Keep));
    assert_eq!(one(PHILIPS, 0x2001, 0x03, VR::FL, &1000.0_f32.to_le_bytes()), Some(Keep));
    assert_eq!(one(PHILIPS, 0x2001, 0x03, VR::FL, b"Yamada^T"), None);
}

#[test]
fn binary_values_with_text_or_room_for_a_picture_go() {
    let binary = |value: &[u8]| one(SC2000, 0x0129, 0x10, VR::OB, value).is_some();
    assert!(binary(&[]) && binary(&[0; MAX_BINARY]) && binary(b"V1.20\x00\x01\x02"));
    assert!(!binary(&[0; MAX_BINARY + 2]));
    assert!(!binary(b"\x00\x01Yamada^Tarou\x00\x00"));
    assert!(!binary(b"YAMADA"));
    assert!(!binary(b"Y\0A\0M\0A\0D\0A\0") && !binary(b"\0Y\0A\0M\0A\0D\0A"));
    let mut late = vec![0xFF; MAX_BINARY - 6];
    late.extend_from_slice(b"TAROU1");
    assert!(!binary(&late));
    // What the policy let go past unread.
    let mut long = set(&[(0x0129, 0x0010, VR::LO, SC2000)], Encoding::ExplicitLittle);
    let (tag, value) = (Tag(0x0129, 0x1010), Value::Discarded(1 << 20));
    long.elements.push(Element { tag, vr: VR::OB, value });
    assert_eq!(plan_of(&long, false), []);
}

/// An object that declares something about blocks of group 0029 and others.
fn declaring(status: &str, safe: &[u16], identifying: &[u16], level: &[Made<'_>]) -> DataSet {
    let numbers = |values: &[u16]| values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>();
    let (before, behind): (Vec<_>, Vec<_>) = level.iter().copied().partition(|made| made.0 < 8);
    let mut out = Writer::new(Encoding::ExplicitLittle);
    write(&before, &mut out);
    out.begin_sequence(Tag(0x0008, 0x0300));
    for (group, creator) in [(0x0029_u16, &b"ZZ MADE UP"[..]), (0x0019, SIEMENS), (0x0007, SIEMENS)]
    {
        out.begin_item();
        write(&[(8, 0x0301, VR::US, &group.to_le_bytes()), (8, 0x0302, VR::LO, creator)], &mut out);
        write(&[(8, 0x0303, VR::CS, status.as_bytes())], &mut out);
        write(&[(8, 0x0304, VR::US, &numbers(safe))], &mut out);
        out.begin_sequence(Tag(0x0008, 0x0305));
        out.begin_item();
        write(&[(8, 0x0306, VR::US, &numbers(identifying)), (8, 0x0307, VR::CS, b"X ")], &mut out);
        out.end_item();
        out.end_sequence();
        out.end_item();
    }
    out.end_sequence();
    write(&behind, &mut out);
    parse(out, Encoding::ExplicitLittle)
}

#[test]
fn declared_safe_counts_only_where_it_is_trusted() {
    let level: [Made<'_>; 9] = [
        (0x0007, 0x0010, VR::LO, SIEMENS),
        (0x0007, 0x1001, VR::US, &[1, 0]),
        (0x0029, 0x0010, VR::LO, b"ZZ MADE UP"),
        (0x0029, 0x1001, VR::US, &[1, 0]),
        (0x0029, 0x1002, VR::DA, b"20260704"),
        (0x0029, 0x1003, VR::AS, b"055Y"),
        (0x0029, 0x1004, VR::PN, b"Yamada^Tarou"),
        (0x0029, 0x1005, VR::UN, b"what"),
        (0x0029, 0x1006, VR::US, &[2, 0]),
    ];
    let kept = |status, safe: &[u16], identifying: &[u16], trust| {
        let found = plan_of(&declaring(status, safe, identifying, &level), trust);
        found.into_iter().map(|(tag, ..)| tag.element()).collect::<Vec<u16>>()
    };
    assert_eq!(kept("SAFE", &[1, 2], &[], false), [0_u16; 0]);
    assert_eq!(kept("SAFE", &[], &[], true), [0x0010, 0x1001, 0x1002, 0x1003, 0x1006]);
    assert_eq!(kept("SAFE", &[], &[1, 3], true), [0x0010, 0x1002, 0x1006]);
    assert_eq!(kept("MIXED ", &[1, 2, 4, 5], &[], true), [0x0010, 0x1001, 0x1002]);
    assert_eq!(kept("UNSAFE", &[], &[], true), [0_u16; 0]);
    assert_eq!(kept("safe", &[], &[], true), [0_u16; 0]);
    let found = plan_of(&declaring("SAFE", &[], &[], &level), true);
    assert_eq!(found[2], (Tag(0x0029, 0x1002), VR::DA, Action::ShiftDate));
    assert_eq!(found[3], (Tag(0x0029, 0x1003), VR::AS, Action::Age));
    // UNSAFE names no safe elements, whatever else it says.
    assert_eq!(kept("UNSAFE", &[1], &[], true), [0_u16; 0]);
    // Dates stay only as an option has them.
    let set = declaring("SAFE", &[], &[], &level);
    let dates = |options: &[ProfileOption]| {
        let options = options.iter().copied().collect();
        let plan = PrivateBlocks::new(&set, safe(), options, true).plan(&set.elements);
        plan.into_iter().find(|kept| kept.vr == VR::DA).map(|kept| kept.action)
    };
    assert_eq!(dates(&[]), None);
    assert_eq!(dates(&[ProfileOption::FullDates]), Some(Action::KeepDate));
    // The declaration does not say which of two blocks it means.
    let mut twice = level.to_vec();
    twice.insert(3, (0x0029, 0x0011, VR::LO, b"ZZ MADE UP"));
    assert_eq!(plan_of(&declaring("SAFE", &[], &[], &twice), true), []);
}

#[test]
fn declared_identifying_counts_always() {
    let level: [Made<'_>; 3] = [
        (0x0019, 0x0010, VR::LO, SIEMENS),
        (0x0019, 0x100C, VR::IS, b"1000"),
        (0x0019, 0x100D, VR::CS, b"NONE"),
    ];
    for trust in [false, true] {
        let found = plan_of(&declaring("SAFE", &[0x0C], &[0x0C], &level), trust);
        let tags: Vec<Tag> = found.into_iter().map(|(tag, ..)| tag).collect();
        assert_eq!(tags, [Tag(0x0019, 0x0010), Tag(0x0019, 0x100D)]);
    }
}

#[test]
fn a_level_without_private_elements_costs_nothing() {
    let set = set(&[(0x0008, 0x0060, VR::CS, b"MR")], Encoding::ExplicitLittle);
    let blocks = blocks(&set, true);
    assert_eq!(blocks.plan(&set.elements).capacity() + blocks.declared.capacity(), 0);
}

proptest! {
    #[test]
    fn no_bytes_are_too_strange(
        creator in prop_oneof![
            Just(PHILIPS.to_vec()),
            prop::collection::vec(any::<u8>(), 0..70),
        ],
        values in prop::collection::vec((any::<u8>(), prop::collection::vec(any::<u8>(), 0..40)), 1..20),
        implicit in any::<bool>(),
    ) {
        let encoding = if implicit { Encoding::ImplicitLittle } else { Encoding::ExplicitLittle };
        let mut values = values;
        values.sort();
        values.dedup_by_key(|(low, _)| *low);
        let mut made: Vec<Made<'_>> = vec![(0x2001, 0x0010, VR::LO, &creator)];
        made.extend(values.iter().map(|(low, value)| {
            (0x2001, 0x1000 + u16::from(*low), VR::UN, &value[..])
        }));
        let set = set(&made, encoding);
        for (tag, vr, _) in plan_of(&set, true) {
            let [_, low] = tag.element().to_be_bytes();
            let listed = safe().get(0x2001, low, "Philips Imaging DD 001");
            prop_assert!(tag.element() == 0x0010 || listed.is_some_and(|safe| safe.vrs == [vr]));
        }
    }

    #[test]
    fn no_name_stays_in_a_value_unseen(at in 0_usize..240, filling in any::<u8>()) {
        let mut value = vec![filling; 250];
        value[at..at + 10].copy_from_slice(b"YamadaTaro");
        let set = set(&[], Encoding::ExplicitLittle);
        let blocks = blocks(&set, false);
        for vr in [VR::OB, VR::OW, VR::OF, VR::CS, VR::DS, VR::IS, VR::PN, VR::UN] {
            prop_assert_eq!(blocks.action(vr, &value), None);
        }
        for vr in [VR::LO, VR::SH, VR::ST, VR::UT] {
            prop_assert_eq!(blocks.action(vr, &value), Some(Action::CleanText));
        }
    }
}

/// What our own list calls safe stays as it is while it is what the list says, and goes otherwise.
#[test]
fn what_we_call_safe_stays_by_its_form() {
    const RELA: &[u8] = b"GEMS_RELA_01";
    const PARM: &[u8] = b"GEMS_PARM_01";
    let keep = Some(Action::Keep);
    let mosaic = |value: u16| one(SIEMENS, 0x0019, 0x0A, VR::US, &value.to_le_bytes());
    assert_eq!((mosaic(48), mosaic(0), mosaic(4097)), (keep, None, None));
    let two = [48_u16.to_le_bytes(), 48_u16.to_le_bytes()].concat();
    assert_eq!(one(SIEMENS, 0x0019, 0x0A, VR::US, &two), None, "one number only");
    assert_eq!(one(SIEMENS, 0x0019, 0x0A, VR::SH, b"48"), None, "another VR");
    assert_eq!(one(SIEMENS, 0x0019, 0x0A, VR::UN, &48_u16.to_le_bytes()), keep);
    assert_eq!(one(SIEMENS, 0x0019, 0x0A, VR::US, b""), keep);
    let times = |values: &[f64]| {
        let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        one(SIEMENS, 0x0019, 0x29, VR::FD, &bytes)
    };
    assert_eq!(times(&[0.0, 1550.0, 120.0]), keep);
    for wrong in [47_325_722.5, -1.0, f64::NAN, f64::INFINITY] {
        assert_eq!(times(&[0.0, wrong]), None, "{wrong}");
    }
    let matrix = |text: &[u8]| one(SIEMENS, 0x0051, 0x0B, VR::SH, text);
    for text in [&b"64*64"[..], b"106p*106 ", b"64*64s", b"256*25.5"] {
        assert_eq!(matrix(text), keep, "{text:?}");
    }
    for text in [
        &b"64*Yamada"[..],
        b"64*64 Yamada",
        b"64*64\\64*64",
        b"19610717*1",
        b"64*",
        b"*",
        b"1.234567*2",
    ] {
        assert_eq!(matrix(text), None, "{text:?}");
    }
    let timer = |text: &[u8]| one(RELA, 0x0021, 0x5E, VR::DS, text);
    for (text, expected) in [
        (&b" 16.5 "[..], keep),
        (b"", keep),
        (b"-1", None),
        (b"1e9", None),
        (b"inf", None),
        (b"1\\2", None),
        (b"0x10", None),
    ] {
        assert_eq!(timer(text), expected, "{text:?}");
    }
    let multiband = |text: &[u8]| one(PARM, 0x0043, 0xB6, VR::LO, text);
    assert_eq!((multiband(b"2\\4\\19\\\\"), multiband(b"2\\Suzuki")), (keep, None));
    let technique = |text: &[u8]| one(PARM, 0x0043, 0xA4, VR::LO, text);
    assert_eq!(technique(b"3D continuous ASL technique "), keep);
    assert_eq!(technique(b"3D continuous ASL technique by Suzuki"), None);
}

#[test]
fn a_form_is_read_in_the_byte_order_of_the_data_set() {
    let found = |value: &[u8]| {
        let made = [(0x0019, 0x0010, VR::LO, SIEMENS), (0x0019, 0x100A, VR::US, value)];
        plan_of(&set(&made, Encoding::ExplicitBig), false).len()
    };
    assert_eq!((found(&[0, 48]), found(&[48, 0])), (2, 0));
}

#[test]
fn a_container_of_ours_stays_for_what_is_in_it() {
    const DD5: &[u8] = b"Philips MR Imaging DD 005 ";
    const DD1: &[u8] = b"Philips MR Imaging DD 001 ";
    let mut out = Writer::new(Encoding::ExplicitLittle);
    write(&[(0x2005, 0x0014, VR::LO, DD5)], &mut out);
    out.begin_sequence(Tag(0x2005, 0x140F));
    out.begin_item();
    let slope = 0.0075_f32.to_le_bytes();
    write(
        &[
            (0x2005, 0x0010, VR::LO, DD1),
            (0x2005, 0x100E, VR::FL, &slope),
            (0x2005, 0x1070, VR::LO, b"Yamada"),
        ],
        &mut out,
    );
    out.end_item();
    out.end_sequence();
    let set = parse(out, Encoding::ExplicitLittle);
    let top = plan_of(&set, false);
    assert_eq!(top.get(1), Some(&(Tag(0x2005, 0x140F), VR::SQ, Action::Keep)));
    let inside = match &set.elements[1].value {
        Value::Items(items) => blocks(&set, false).plan(&items[0].elements),
        _ => panic!("no items"),
    };
    let inside: Vec<Tag> = inside.into_iter().map(|kept| kept.tag).collect();
    assert_eq!(inside, [Tag(0x2005, 0x0010), Tag(0x2005, 0x100E)]);
}
