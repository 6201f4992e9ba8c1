//! Detectors over whole objects: strong hits, weak hits, places.

use crate::{
    dicom::{Tag, VR, dataset::DataSet, encode::Writer, meta, syntax::Encoding},
    inspect::{
        echo::Echo,
        residual::{Case, residuals},
    },
    policy::{Terms, checks::Checks, options::Options},
    records::{Reason, Severity},
};

const CT: &str = "1.2.840.10008.5.1.4.1.1.2";
const LE: Encoding = Encoding::ExplicitLittle;

/// What is found in an output with these texts, of an original that holds nothing.
fn found(texts: &[(Tag, VR, &str)]) -> Vec<Reason> {
    let checks = Checks::shipped().unwrap_or_else(|p| panic!("{p:?}"));
    let empty = DataSet::parse(Vec::new(), LE).unwrap_or_else(|e| panic!("{e}"));
    let echo = Echo::gather(&checks, &empty, Options::NONE);
    let mut w = Writer::new(LE);
    w.text(Tag(0x0008, 0x0005), VR::CS, "ISO_IR 192");
    texts.iter().for_each(|(tag, vr, text)| w.text(*tag, *vr, text));
    let meta = meta::build(CT, "2.25.1", "1.2.840.10008.1.2.1");
    let case = Case {
        checks: &checks,
        terms: Terms::default(),
        original: &empty,
        sop_class: CT,
        echo: &echo,
        carried_out: Options::NONE,
        policy: "",
        recognizable: false,
    };
    let reasons = residuals(&case, &w.into_bytes(), LE, &meta).findings;
    reasons.into_iter().filter(|r| r.rule == "G2-03").collect()
}

const DESCRIPTION: Tag = Tag(0x0008, 0x103E);

#[test]
fn a_stranger_s_name_is_found_although_the_original_had_none() {
    let reasons = found(&[(DESCRIPTION, VR::LO, "胸部 山田太郎様")]);
    assert_eq!(reasons.len(), 1);
    assert_eq!(reasons[0].severity, Severity::Strong);
    assert_eq!(reasons[0].path, "(0008,103E)");
    assert!(reasons[0].length.is_some());
}

#[test]
fn the_strong_one_of_several_values_counts() {
    let reasons = found(&[(DESCRIPTION, VR::LO, "33120015\\TEL 03-1234-5678")]);
    assert_eq!(reasons.len(), 1);
    assert_eq!(reasons[0].severity, Severity::Strong);
    let reasons = found(&[(DESCRIPTION, VR::LO, "33120015")]);
    assert_eq!(reasons.iter().map(|r| r.severity).collect::<Vec<_>>(), [Severity::Weak]);
}

#[test]
fn numbers_of_numeric_attributes_are_not_asked() {
    assert!(
        found(&[
            (Tag(0x0018, 0x0050), VR::DS, "19700302"),
            (Tag(0x0020, 0x0013), VR::IS, "123456789018")
        ])
        .is_empty()
    );
    assert!(
        found(&[(Tag(0x0008, 0x0060), VR::CS, "CT"), (Tag(0x0018, 0x0015), VR::CS, "HEAD")])
            .is_empty()
    );
    assert_eq!(found(&[(Tag(0x0010, 0x0040), VR::CS, "SAITOU")]).len(), 1);
    assert_eq!(found(&[(Tag(0x0010, 0x1010), VR::AS, "093Y")]).len(), 1);
    assert!(found(&[(Tag(0x0010, 0x1010), VR::AS, "090Y")]).is_empty());
}
