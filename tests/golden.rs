//! What the shipped policy does to made-up objects, in words: a change of a rule shows here in review.
//!
//! After a change that is meant, `INSTA_UPDATE=always cargo test --test golden` writes `tests/golden/` anew; its diff
//! says what the change does.

use tokumei::{
    deidentify::explain,
    dicom::{dataset::DataSet, syntax::Encoding},
    operate::{
        config::{Config, Overrides},
        demo::studies,
    },
    policy::Policy,
    records::batch::BatchKeys,
};

/// Explains the first object of the made-up study whose title begins so, under a key of the test.
fn explained(title: &str) -> String {
    let config = Config::shipped(&Overrides::default()).unwrap_or_else(|p| panic!("{p:?}"));
    let policy = Policy::compile(&[], config.routes[0].terms).unwrap_or_else(|p| panic!("{p:?}"));
    let studies = studies::all();
    let study = studies.iter().find(|s| s.title.starts_with(title)).expect("a study of this title");
    let data_set = DataSet::parse(study.objects[0].encode(), Encoding::ExplicitLittle);
    let data_set = data_set.unwrap_or_else(|e| panic!("{e}"));
    let class = data_set.text(tokumei::dicom::Tag(0x0008, 0x0016)).expect("a SOP class");
    let keys = BatchKeys::derive("golden", &[7; 32]);
    let explanation = explain(&policy, &keys, &data_set, class, false);
    let mut lines = vec![format!("{}, {class}", study.title)];
    for row in &explanation.rows {
        let value = |v: &Option<tokumei::deidentify::Sensitive>| {
            v.as_ref().map_or("-".to_owned(), |v| format!("«{}»", v.reveal()))
        };
        let after = match &row.after {
            after if *after == row.before => "as it is".to_owned(),
            // The digest changes with every word of the rules.
            after => value(after).replace(policy.digest(), "(digest)"),
        };
        lines.push(format!(
            "{} {} {}\n    {} -> {}: {after}\n    {}: {}",
            row.path,
            row.vr,
            row.keyword,
            value(&row.before),
            row.action,
            row.rule,
            row.reference,
        ));
    }
    let claims: Vec<&str> = explanation.claims.iter().map(|o| o.code()).collect();
    lines.push(format!("claims 113100 {}", claims.join(" ")));
    if let Some(reason) = &explanation.refused {
        lines.push(format!("refused: {} at {}", reason.rule, reason.path));
    }
    lines.join("\n")
}

fn golden(name: &str, title: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("golden");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, explained(title)));
}

#[test]
fn ct_of_a_chest() {
    golden("ct_of_a_chest", "CT of a chest");
}

#[test]
fn mr_with_private_attributes() {
    golden("mr_with_private_attributes", "MR of a knee");
}

#[test]
fn radiograph_in_half_width_kana() {
    golden("radiograph_in_half_width_kana", "Chest radiograph");
}

#[test]
fn ultrasound() {
    golden("ultrasound", "Ultrasound");
}

#[test]
fn retina() {
    golden("retina", "Photograph of a retina");
}
