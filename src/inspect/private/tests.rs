//! Outputs with private elements, made by hand.

use super::*;
use crate::{
    dicom::{encode::Writer, meta},
    inspect::{
        echo::Echo,
        residual::{Case, residuals},
    },
    policy::{checks::Checks, options::Options},
};

const SIEMENS: &[u8] = b"SIEMENS MR HEADER ";
const SC2000: &[u8] = b"SIEMENS Ultrasound SC2000 ";

type Made<'m> = (u16, u16, VR, &'m [u8]);

fn wanted(trust_declared_safe: bool) -> Terms {
    let options = [ProfileOption::SafePrivate].into_iter().collect();
    Terms { options, trust_declared_safe, ..Terms::default() }
}

fn write(out: &mut Writer, elements: &[Made<'_>]) {
    for (group, element, vr, value) in elements {
        out.element(Tag(*group, *element), *vr, value);
    }
}

/// The output's head: with a claim, and declarations about (0029,xx01), (0029,xx02) of a made-up creator.
fn head(out: &mut Writer, claim: &str, status: &str) {
    write(out, &[(0x0008, 0x0018, VR::UI, b"2.25.3298007356985866")]);
    out.begin_sequence(Tag(0x0008, 0x0300));
    out.begin_item();
    let group: &[u8] =
        if out.encoding() == Encoding::ExplicitBig { &[0, 0x29] } else { &[0x29, 0] };
    write(out, &[(0x0008, 0x0301, VR::US, group), (0x0008, 0x0302, VR::LO, b"ZZ MADE UP")]);
    let listed: &[u8] = if out.encoding() == Encoding::ExplicitBig { &[0, 1] } else { &[1, 0] };
    out.text(Tag(0x0008, 0x0303), VR::CS, status);
    write(out, &[(0x0008, 0x0304, VR::US, listed)]);
    out.end_item();
    out.end_sequence();
    out.begin_sequence(Tag(0x0012, 0x0064));
    for code in ["113100", claim] {
        out.begin_item();
        out.text(Tag(0x0008, 0x0100), VR::SH, code);
        out.end_item();
    }
    out.end_sequence();
}

/// The paths at which something is wrong.
fn found_in(out: Writer, terms: Terms) -> Vec<String> {
    let checks = Checks::shipped().unwrap_or_else(|p| panic!("{p:?}"));
    let mut original = Writer::new(Encoding::ExplicitLittle);
    original.text(Tag(0x0010, 0x0010), VR::PN, "Yamada^Tarou");
    original.text(Tag(0x0010, 0x0020), VR::LO, "ZZ-0000123");
    let original = DataSet::parse(original.into_bytes(), Encoding::ExplicitLittle);
    let original = original.unwrap_or_else(|e| panic!("{e}"));
    let echo = Echo::gather(&checks, &original, Options::NONE);
    let meta =
        meta::build("1.2.840.10008.5.1.4.1.1.4", "2.25.3298007356985866", "1.2.840.10008.1.2.1");
    let encoding = out.encoding();
    let case = Case {
        checks: &checks,
        terms,
        original: &original,
        sop_class: "1.2.840.10008.5.1.4.1.1.4",
        echo: &echo,
        carried_out: Options::NONE,
        policy: "",
        recognizable: false,
    };
    let findings = residuals(&case, &out.into_bytes(), encoding, &meta).findings;
    // The rest of the output is no whole object.
    let private = findings.into_iter().filter(|r| !matches!(&*r.rule, "G2-01" | "G2-09"));
    private.map(|reason| reason.path).collect()
}

fn found(encoding: Encoding, claim: &str, terms: Terms, elements: &[Made<'_>]) -> Vec<String> {
    let mut out = Writer::new(encoding);
    head(&mut out, claim, "MIXED");
    write(&mut out, elements);
    found_in(out, terms)
}

fn wrong(elements: &[Made<'_>]) -> Vec<String> {
    found(Encoding::ExplicitLittle, "113111", wanted(false), elements)
}

const SAFE: [Made<'_>; 4] = [
    (0x0019, 0x0011, VR::LO, SIEMENS),
    (0x0019, 0x110C, VR::IS, b"1000"),
    (0x0019, 0x110D, VR::CS, b"NONE"),
    (0x0019, 0x110E, VR::FD, &[0; 24]),
];

#[test]
fn safe_elements_pass_where_they_are_wanted_and_claimed() {
    for encoding in [Encoding::ExplicitLittle, Encoding::ExplicitBig, Encoding::ImplicitLittle] {
        let nothing: [&str; 0] = [];
        assert_eq!(found(encoding, "113111", wanted(false), &SAFE), nothing);
        assert_eq!(found(encoding, "113107", wanted(false), &SAFE).len(), 4);
        assert_eq!(found(encoding, "113111", Terms::default(), &SAFE).len(), 4);
    }
}

#[test]
fn all_others_are_found() {
    let creator: Made<'_> = (0x0019, 0x0010, VR::LO, SIEMENS);
    for (element, path) in [
        ((0x0019, 0x1010, VR::IS, &b"1 "[..]), "(0019,1010)"),
        ((0x0019, 0x110C, VR::IS, b"1000"), "(0019,110C)"),
        ((0x0019, 0x100C, VR::LO, b"1000"), "(0019,100C)"),
        ((0x0019, 0x100C, VR::UN, b"1000"), "(0019,100C)"),
        ((0x0021, 0x100C, VR::IS, b"1000"), "(0021,100C)"),
        ((0x0019, 0x0012, VR::LO, b"ZZ MADE UP"), "(0019,0012)"),
        ((0x0029, 0x0010, VR::LO, SIEMENS), "(0029,0010)"),
        ((0x0019, 0x010C, VR::IS, b"1 "), "(0019,010C)"),
        ((0x0019, 0x1000, VR::UL, &[0; 4]), "(0019,1000)"),
    ] {
        assert_eq!(wrong(&[creator, element]), [path]);
    }
    assert_eq!(wrong(&[(0x0019, 0x0001, VR::LO, SIEMENS), creator]), ["(0019,0001)"]);
    assert_eq!(wrong(&[(0x0019, 0x100C, VR::IS, b"1000")]), ["(0019,100C)"]);
    let mut lower = SAFE;
    lower[0].3 = b"Siemens MR Header ";
    assert_eq!(wrong(&lower).len(), 4);
    let binary =
        |value| wrong(&[(0x0129, 0x0010, VR::LO, SC2000), (0x0129, 0x1010, VR::OB, value)]);
    assert_eq!(binary(&[0; MAX_BINARY]).len(), 0);
    assert_eq!(binary(&[0; MAX_BINARY + 2]), ["(0129,1010)"]);
}

#[test]
fn what_stays_is_searched_as_what_it_is() {
    for encoding in [Encoding::ExplicitLittle, Encoding::ImplicitLittle] {
        let text = |value| {
            let elements: [Made<'_>; 2] =
                [(0x0019, 0x0010, VR::LO, b"GEMS_ACQU_01"), (0x0019, 0x109E, VR::LO, value)];
            found(encoding, "113111", wanted(false), &elements)
        };
        assert_eq!(text(b"EFGRE3D ").len(), 0);
        assert_eq!(text(b"Yamada seq"), ["(0019,109E)"]);
        assert_eq!(text(b"ZZ-0000123"), ["(0019,109E)"]);
    }
}

#[test]
fn each_item_needs_its_own_creator() {
    let output = |inner: bool| {
        let mut out = Writer::new(Encoding::ExplicitLittle);
        head(&mut out, "113111", "UNSAFE");
        let creator: Made<'_> = (0x2001, 0x0010, VR::LO, b"Philips Imaging DD 001");
        write(&mut out, &[creator]);
        out.begin_sequence(Tag(0x2001, 0x105F));
        out.begin_item();
        write(&mut out, inner.then_some(creator).as_slice());
        write(&mut out, &[(0x2001, 0x1033, VR::CS, b"RL")]);
        out.end_item();
        out.end_sequence();
        found_in(out, wanted(false))
    };
    assert_eq!(output(true).len(), 0);
    assert_eq!(output(false), ["(2001,105F)[1](2001,1033)"]);
}

#[test]
fn a_declaration_counts_only_where_it_is_trusted() {
    let elements: [Made<'_>; 3] = [
        (0x0029, 0x0010, VR::LO, b"ZZ MADE UP"),
        (0x0029, 0x1001, VR::US, &[1, 0]),
        (0x0029, 0x1002, VR::US, &[1, 0]),
    ];
    for encoding in [Encoding::ExplicitLittle, Encoding::ExplicitBig] {
        let listed = found(encoding, "113111", wanted(true), &elements);
        assert_eq!(listed, ["(0029,1002)"]);
        assert_eq!(found(encoding, "113111", wanted(false), &elements).len(), 3);
    }
    let with = |status, vr, value| {
        let mut out = Writer::new(Encoding::ExplicitLittle);
        head(&mut out, "113111", status);
        write(&mut out, &[elements[0], (0x0029, 0x1003, vr, value)]);
        let mut paths = found_in(out, wanted(true));
        paths.dedup();
        paths.len()
    };
    assert_eq!(with("SAFE", VR::US, b"AB"), 0);
    assert_eq!(with("UNSAFE", VR::US, b"AB"), 2);
    for vr in [VR::PN, VR::AE, VR::UN] {
        assert_eq!(with("SAFE", vr, b"AB"), 1, "{vr}");
    }
}

/// The check knows our own list, and looks at the value by itself.
#[test]
fn what_we_call_safe_must_look_like_it() {
    let siemens: Made<'_> = (0x0019, 0x0010, VR::LO, SIEMENS);
    let text: Made<'_> = (0x0051, 0x0010, VR::LO, SIEMENS);
    let mosaic = |value: &[u8]| wrong(&[siemens, (0x0019, 0x100A, VR::US, value)]).len();
    assert_eq!(mosaic(&48_u16.to_le_bytes()), 0);
    for value in [&[0_u8, 0][..], &[0xFF, 0xFF], &[48, 0, 48, 0]] {
        assert_eq!(mosaic(value), 1, "{value:?}");
    }
    let times = |values: &[f64]| {
        let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        wrong(&[siemens, (0x0019, 0x1029, VR::FD, &bytes)]).len()
    };
    assert_eq!((times(&[0.0, 1550.0]), times(&[47_325_722.5]), times(&[f64::NAN])), (0, 1, 1));
    let matrix = |value: &[u8]| wrong(&[text, (0x0051, 0x100B, VR::SH, value)]).len();
    assert_eq!((matrix(b"106p*106 "), matrix(b"64*64s"), matrix(b"")), (0, 0, 0));
    for value in
        [&b"64*Suzuki"[..], b"64*64 x", b"19610717*1", b"64*64\\64*64", b"64*\xB1 ", b"1..2*3"]
    {
        assert!(matrix(value) > 0, "{value:?}");
    }
    let encodings = [Encoding::ExplicitBig, Encoding::ImplicitLittle];
    for (encoding, value) in encodings.into_iter().zip([48_u16.to_be_bytes(), 48_u16.to_le_bytes()])
    {
        let made = [siemens, (0x0019, 0x100A, VR::US, &value[..])];
        let nothing: [&str; 0] = [];
        assert_eq!(found(encoding, "113111", wanted(false), &made), nothing);
    }
}
