//! Each check on data sets made to fail it, and on clean ones.

mod flipped;

use super::*;
use crate::{
    dicom::{encode::Writer, meta},
    policy::checks::Checks,
};

const LE: Encoding = Encoding::ExplicitLittle;

fn original() -> DataSet {
    let mut w = Writer::new(LE);
    w.text(Tag(0x0008, 0x0005), VR::CS, "ISO_IR 192");
    w.text(Tag(0x0008, 0x0018), VR::UI, "1.2.392.200036.9999.1.2.3.4567");
    w.text(Tag(0x0010, 0x0010), VR::PN, "Yamada^Tarou=山田^太郎");
    w.text(Tag(0x0010, 0x0020), VR::LO, "ZZ-0000123");
    w.text(Tag(0x0010, 0x0030), VR::DA, "19700302");
    w.text(Tag(0x0020, 0x000E), VR::UI, "1.2.3.4");
    DataSet::parse(w.into_bytes(), LE).unwrap_or_else(|e| panic!("{e}"))
}

fn checks() -> Checks {
    Checks::shipped().unwrap_or_else(|p| panic!("{p:?}"))
}

/// An object of which nothing was said to have been done.
fn case<'a>(checks: &'a Checks, original: &'a DataSet, echo: &'a Echo) -> Case<'a> {
    Case {
        checks,
        terms: Terms::default(),
        original,
        sop_class: "1.2.840.10008.5.1.4.1.1.2",
        echo,
        carried_out: Options::NONE,
        policy: "",
        recognizable: false,
    }
}

/// What is found in an output made by hand, but for what it lacks: rows and claims have tests of their own.
fn leaks(output: &[u8], encoding: Encoding, meta: &[u8]) -> Vec<(String, String)> {
    let (checks, original) = (checks(), original());
    let echo = Echo::gather(&checks, &original, Options::NONE);
    residuals(&case(&checks, &original, &echo), output, encoding, meta)
        .findings
        .into_iter()
        .filter(|r| !matches!(&*r.rule, "G2-01" | "G2-09"))
        .map(|r| (r.rule.into_owned(), r.path))
        .collect()
}

fn clean(w: &mut Writer) {
    w.text(Tag(0x0008, 0x0005), VR::CS, "ISO_IR 192");
    w.text(Tag(0x0008, 0x0016), VR::UI, "1.2.840.10008.5.1.4.1.1.2");
    w.text(Tag(0x0008, 0x0018), VR::UI, "2.25.329800735698586629295641978511506172918");
    w.text(Tag(0x0008, 0x0020), VR::DA, "");
    w.text(Tag(0x0008, 0x0060), VR::CS, "CT");
    w.text(Tag(0x0010, 0x0010), VR::PN, "A2345BCDEFG^");
    w.text(Tag(0x0010, 0x0020), VR::LO, "A2345BCDEFG");
}

fn file_meta() -> Vec<u8> {
    meta::build(
        "1.2.840.10008.5.1.4.1.1.2",
        "2.25.329800735698586629295641978511506172918",
        "1.2.840.10008.1.2.1",
    )
}

/// What is found where, in an output with more elements behind the clean ones.
fn found(more: impl FnOnce(&mut Writer)) -> Vec<(String, String)> {
    let mut w = Writer::new(LE);
    clean(&mut w);
    more(&mut w);
    leaks(&w.into_bytes(), LE, &file_meta())
}

fn one(rule: &str, path: &str) -> Vec<(String, String)> {
    vec![(rule.to_owned(), path.to_owned())]
}

#[test]
fn a_clean_object_has_no_findings() {
    assert_eq!(found(|_| {}), []);
    for encoding in [Encoding::ImplicitLittle, Encoding::ExplicitBig] {
        let mut w = Writer::new(encoding);
        clean(&mut w);
        assert_eq!(leaks(&w.into_bytes(), encoding, &file_meta()), []);
    }
}

#[test]
fn echoes_are_found_at_any_depth() {
    let nested = found(|w| {
        w.begin_sequence(Tag(0x0040, 0x0275));
        w.begin_item();
        w.end_item();
        w.begin_item();
        w.text(Tag(0x0040, 0x0007), VR::LO, "Head YAMADA");
        w.end_item();
        w.end_sequence();
    });
    assert_eq!(nested, one("G2-02", "(0040,0275)[2](0040,0007)"));
    assert_eq!(
        found(|w| w.text(Tag(0x0018, 0x1030), VR::LO, "CT Yama\\da")),
        one("G2-02", "(0018,1030)")
    );
    assert_eq!(
        found(|w| w.text(Tag(0x0018, 0x1030), VR::LO, "S45.3.2")),
        one("G2-02", "(0018,1030)")
    );
    assert_eq!(
        found(|w| w.text(Tag(0x0018, 0x1012), VR::DA, "19700302")),
        [one("G2-05", "(0018,1012)"), one("G2-02", "(0018,1012)")].concat()
    );
    let utf8 = found(|w| {
        w.begin_sequence(Tag(0x0040, 0x0260));
        w.begin_item();
        w.text(Tag(0x0008, 0x0005), VR::CS, "ISO_IR 192");
        w.text(Tag(0x0008, 0x0104), VR::LO, "頭部 山田様");
        w.end_item();
        w.end_sequence();
    });
    assert_eq!(utf8, one("G2-02", "(0040,0260)[1](0008,0104)"));
}

#[test]
fn echoes_are_found_in_binary_values() {
    for bytes in [&b"\0 Yamada\0xxx"[..], b"\0\x8E\x52\x93\x63\0", b"Y\0a\0m\0a\0d\0a\0"] {
        assert_eq!(
            found(|w| w.element(Tag(0x0028, 0x1201), VR::OW, bytes)),
            one("G2-02", "(0028,1201)")
        );
    }
    // In a long value, the longer identifiers.
    let mut long = vec![0; 100_000];
    long.splice(50_000..50_010, *b"ZZ-0000123");
    assert_eq!(
        found(|w| w.element(Tag(0x0028, 0x1201), VR::OW, &long)),
        one("G2-02", "(0028,1201)")
    );
}

#[test]
fn original_uids_are_found_anywhere() {
    let uid = "1.2.392.200036.9999.1.2.3.4567";
    assert_eq!(found(|w| w.text(Tag(0x0020, 0x0052), VR::UI, uid)), one("G2-06", "(0020,0052)"));
    assert_eq!(
        found(|w| w.text(Tag(0x0020, 0x0052), VR::UI, "1.2.3.4")),
        one("G2-06", "(0020,0052)")
    );
    let text = format!("see {uid}.");
    assert_eq!(found(|w| w.text(Tag(0x0020, 0x4000), VR::LT, &text)), one("G2-06", "(0020,4000)"));
    assert_eq!(found(|w| w.text(Tag(0x0018, 0x1020), VR::LO, "1.2.3.4")), []);
}

#[test]
fn names_that_are_no_pseudonyms() {
    assert_eq!(
        found(|w| w.text(Tag(0x0032, 0x1032), VR::PN, "Suzuki^Hanako")),
        one("G2-04", "(0032,1032)")
    );
    assert_eq!(found(|w| w.text(Tag(0x0032, 0x1032), VR::PN, "")), []);
    assert_eq!(found(|w| w.text(Tag(0x0040, 0xA123), VR::PN, "ANONYMIZED^")), []);
}

#[test]
fn elements_that_have_no_place() {
    assert_eq!(found(|w| w.text(Tag(0x0011, 0x0010), VR::LO, "ACME")), one("G2-07", "(0011,0010)"));
    assert_eq!(
        found(|w| w.element(Tag(0x0018, 0x1020), VR::UN, b"ab")),
        one("G2-07", "(0018,1020)")
    );
    assert_eq!(found(|w| w.text(Tag(0x0018, 0xFFF0), VR::LO, "ab")), one("G2-07", "(0018,FFF0)"));
    assert_eq!(
        found(|w| w.element(Tag(0x5000, 0x0005), VR::US, b"ab")),
        one("G2-08", "(5000,0005)")
    );
    assert_eq!(
        found(|w| w.element(Tag(0x6002, 0x3000), VR::OW, b"ab")),
        one("G2-08", "(6002,3000)")
    );
    let icon = found(|w| {
        w.begin_sequence(Tag(0x0088, 0x0200));
        w.end_sequence();
    });
    assert_eq!(icon, one("G2-08", "(0088,0200)"));
}

#[test]
fn text_that_nobody_can_read() {
    assert_eq!(
        found(|w| w.element(Tag(0x0018, 0x1030), VR::LO, b"\xE9\xE9")),
        one("G2-14", "(0018,1030)")
    );
    assert_eq!(
        found(|w| w.element(Tag(0x0018, 0x0015), VR::CS, b"\xE9\xE9")),
        one("G2-14", "(0018,0015)")
    );
    // And what it may say is looked at.
    let both = found(|w| w.element(Tag(0x0018, 0x1030), VR::LO, b"\x8E\x52\x93\x63"));
    assert_eq!(both.iter().map(|(rule, _)| rule.as_str()).collect::<Vec<_>>(), ["G2-14", "G2-02"]);
}

#[test]
fn file_meta_is_ours_alone() {
    let output = {
        let mut w = Writer::new(LE);
        clean(&mut w);
        w.into_bytes()
    };
    let rules = |meta: &[u8]| -> Vec<(String, String)> { leaks(&output, LE, meta) };
    let mut preamble = file_meta();
    preamble.splice(0..2, *b"II");
    assert_eq!(rules(&preamble), one("G2-13", ""));
    let mut w = Writer::new(LE);
    w.text(Tag(0x0002, 0x0016), VR::AE, "HOSPITAL");
    let mut source = file_meta();
    source.extend_from_slice(&w.take());
    assert_eq!(rules(&source), one("G2-13", "(0002,0016)"));
    let original = meta::build(
        "1.2.840.10008.5.1.4.1.1.2",
        "1.2.392.200036.9999.1.2.3.4567",
        "1.2.840.10008.1.2.1",
    );
    assert_eq!(rules(&original), one("G2-06", "(0002,0003)"));
    assert_eq!(rules(b""), one("G2-13", ""));
}

#[test]
fn bytes_that_are_no_data_set() {
    assert_eq!(leaks(b"\x08\0\x05\0CS\xFF\xFF", LE, &file_meta()), one("G2-12", "(0008,0005)"));
}

#[test]
fn terms_of_the_standard_are_no_names() {
    let mut w = Writer::new(LE);
    w.text(Tag(0x0010, 0x0010), VR::PN, "Chest^Hand");
    let original = DataSet::parse(w.into_bytes(), LE).unwrap_or_else(|e| panic!("{e}"));
    let echo = Echo::gather(&checks(), &original, crate::policy::options::Options::NONE);
    let mut w = Writer::new(LE);
    w.text(Tag(0x0008, 0x1030), VR::LO, "CHEST");
    w.text(Tag(0x0018, 0x0015), VR::CS, "CHEST");
    w.text(Tag(0x0018, 0x1030), VR::LO, "CHEST, HAND");
    let checks = checks();
    let found = residuals(&case(&checks, &original, &echo), &w.into_bytes(), LE, &file_meta());
    let echoes = found.findings.iter().filter(|r| r.rule == "G2-02");
    assert_eq!(echoes.map(|r| r.path.as_str()).collect::<Vec<_>>(), ["(0018,1030)"]);
}
