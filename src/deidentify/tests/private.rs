//! Private elements in whole objects, under Retain Safe Private.

use super::*;
use crate::policy::{
    Terms,
    options::{Options, ProfileOption},
};

const MR: &str = "1.2.840.10008.5.1.4.1.1.4";
const CREATOR: &str = "SIEMENS MR HEADER";
const PHILIPS: &str = "Philips Imaging DD 001";

fn policy_with(options: &[ProfileOption], trust_declared_safe: bool) -> Policy {
    let options: Options = options.iter().copied().collect();
    let terms = Terms { options, trust_declared_safe, ..Terms::default() };
    Policy::compile(&[], terms).unwrap_or_else(|p| panic!("{p:?}"))
}

fn applied(policy: &Policy, elements: &[Made], encoding: Encoding) -> (Options, DataSet) {
    let before = data_set(elements, encoding);
    let mut out = Writer::new(encoding);
    let done = apply(policy, &keys(), input(&before, MR), &mut out);
    let done = done.unwrap_or_else(|r| panic!("{r:?}"));
    (done.carried_out, parse(out.into_bytes(), encoding))
}

fn private(elements: &[Element]) -> Vec<(Tag, VR)> {
    let odd = elements.iter().filter(|e| e.tag.group() % 2 == 1);
    odd.map(|e| (e.tag, e.vr)).collect()
}

fn diffusion() -> Vec<Made> {
    vec![
        text(0x0019, 0x0012, VR::LO, CREATOR),
        text(0x0019, 0x120C, VR::IS, "1000"),
        bytes(Tag(0x0019, 0x120E), VR::FD, &[1; 24]),
        text(0x0019, 0x1215, VR::LO, "Yamada^Tarou"),
        text(0x0029, 0x0010, VR::LO, "SIEMENS CSA HEADER"),
        bytes(Tag(0x0029, 0x1010), VR::OB, b"SV10Yamada^Tarou"),
    ]
}

#[test]
fn safe_elements_stay_as_they_were_and_are_claimed() {
    let policy = policy_with(&[ProfileOption::SafePrivate], false);
    for encoding in [Encoding::ExplicitLittle, Encoding::ExplicitBig, Encoding::ImplicitLittle] {
        let (done, set) = applied(&policy, &diffusion(), encoding);
        let unsaid = encoding == Encoding::ImplicitLittle;
        let vr = |vr| if unsaid { VR::UN } else { vr };
        let expected = [
            (Tag(0x0019, 0x0012), VR::LO),
            (Tag(0x0019, 0x120C), vr(VR::IS)),
            (Tag(0x0019, 0x120E), vr(VR::FD)),
        ];
        assert_eq!(private(&set.elements), expected);
        assert_eq!(set.text(Tag(0x0019, 0x120C)), Some("1000"));
        assert!(done.has(ProfileOption::SafePrivate));
        let claims = item(&set, Tag(0x0012, 0x0064), 1);
        assert_eq!(text_in(&set, claims, Tag(0x0008, 0x0100)), Some("113111"));
    }
    // Nothing private, nothing claimed.
    let (done, _) = applied(&policy, &diffusion()[4..], Encoding::ExplicitLittle);
    assert_eq!(done, Options::NONE);
    // Without the option nothing stays.
    let (done, set) = applied(&policy_with(&[], true), &diffusion(), Encoding::ExplicitLittle);
    assert_eq!((done, private(&set.elements)), (Options::NONE, vec![]));
}

#[test]
fn what_came_as_un_is_written_with_its_vr() {
    let policy = policy_with(&[ProfileOption::SafePrivate], false);
    let made = diffusion().into_iter().map(|made| match made.tag.element() {
        0x120C | 0x120E => Made { vr: VR::UN, ..made },
        _ => made,
    });
    let made: Vec<Made> = made.collect();
    let (_, set) = applied(&policy, &made, Encoding::ExplicitLittle);
    assert_eq!(
        private(&set.elements)[1..],
        [(Tag(0x0019, 0x120C), VR::IS), (Tag(0x0019, 0x120E), VR::FD)]
    );
}

#[test]
fn nested_levels_are_judged_by_themselves() {
    let inner = |creator: bool| {
        let mut level = vec![
            text(0x2001, 0x102D, VR::SS, "ab"),
            text(0x0008, 0x0080, VR::LO, "Yamada Clinic"),
            text(0x0008, 0x1155, VR::UI, "1.2.392.99999.5"),
        ];
        level.extend(creator.then(|| text(0x2001, 0x0010, VR::LO, PHILIPS)));
        level
    };
    let sequence = Tag(0x2001, 0x105F);
    let object = [
        text(0x2001, 0x0010, VR::LO, PHILIPS),
        items(sequence, vec![inner(true), inner(false)]),
        items(KEPT_SEQUENCE, vec![diffusion()]),
        // Whose items are replaced by a dummy.
        items(Tag(0x0040, 0x1101), vec![diffusion()]),
    ];
    let policy = policy_with(&[ProfileOption::SafePrivate], false);
    let (_, set) = applied(&policy, &object, Encoding::ExplicitLittle);
    assert_eq!(private(&set.elements).len(), 2);
    assert_eq!(private(item(&set, sequence, 0)).len(), 2);
    assert_eq!(private(item(&set, sequence, 1)), []);
    assert_eq!(private(first_item(&set, KEPT_SEQUENCE)).len(), 3);
    assert_eq!(private(first_item(&set, Tag(0x0040, 0x1101))), []);
    // The standard's own elements in a private sequence have their rules.
    assert_eq!(text_in(&set, item(&set, sequence, 0), Tag(0x0008, 0x0080)), None);
    let uid = text_in(&set, item(&set, sequence, 0), Tag(0x0008, 0x1155));
    assert_eq!(uid, Some(&*keys().uid(b"1.2.392.99999.5")));
}

#[test]
fn private_uids_are_mapped_and_names_go() {
    let object = [
        text(0x0129, 0x0010, VR::LO, "SIEMENS Ultrasound SC2000"),
        text(0x0129, 0x1002, VR::UI, "1.2.392.99999.6"),
        text(0x0129, 0x1007, VR::PN, "Yamada^Tarou"),
        text(0x0129, 0x1030, VR::CS, "Yamada Tarou"),
    ];
    let policy = policy_with(&[ProfileOption::SafePrivate], false);
    let (_, set) = applied(&policy, &object, Encoding::ExplicitLittle);
    let tags: Vec<Tag> = private(&set.elements).into_iter().map(|(tag, _)| tag).collect();
    assert_eq!(tags, [Tag(0x0129, 0x0010), Tag(0x0129, 0x1002)]);
    assert_eq!(set.text(Tag(0x0129, 0x1002)), Some(&*keys().uid(b"1.2.392.99999.6")));
    assert!(!contains(&set.bytes, b"Yamada"));
}

#[test]
fn nothing_private_stays_behind_the_pixels() {
    let policy = policy_with(&[ProfileOption::SafePrivate], false);
    let mut out = Writer::new(Encoding::ExplicitLittle);
    write(
        &[text(0x7FE1, 0x0010, VR::LO, PHILIPS), text(0x7FD1, 0x0010, VR::LO, PHILIPS)],
        &mut out,
    );
    let tail = parse(out.into_bytes(), Encoding::ExplicitLittle);
    assert!(super::super::nothing_behind(&policy, &keys(), MR, &tail).is_ok());
}
