//! Rules in their layers, and what a site may do.

use super::{options::ProfileOption, *};

fn messages(site: &str, terms: Terms) -> Vec<String> {
    match Policy::compile(&[("site.yaml", site)], terms) {
        Ok(_) => Vec::new(),
        Err(problems) => problems.into_iter().map(|p| p.message).collect(),
    }
}

const NOTHING: &str = "rules: []";
const CT: Subject<'_> = Subject {
    sop_class: "1.2.840.10008.5.1.4.1.1.2",
    modality: "CT",
    manufacturer: "",
    image_type: "",
};

#[test]
fn options_that_contradict_are_refused() {
    assert_eq!(messages(NOTHING, Terms::default()), [] as [&str; 0]);
    let options = ProfileOption::ALL.into_iter().collect();
    let found = messages(NOTHING, Terms { options, ..Terms::default() });
    assert!(found.iter().any(|m| m.contains("exclude each other")), "{found:?}");
    assert!(found.iter().any(|m| m.contains("forbidden")), "{found:?}");
}

#[test]
fn an_option_wins_over_the_profile_and_a_site_over_both() {
    let date = Tag(0x0008, 0x0020);
    let terms =
        Terms { options: [ProfileOption::ModifiedDates].into_iter().collect(), ..Terms::default() };
    let found = |site: &str| {
        let policy = Policy::compile(&[("site.yaml", site)], terms);
        let policy = policy.unwrap_or_else(|p| panic!("{p:?}"));
        let profile = policy.profile(&CT);
        let rule = profile.rule(date, VR::DA, None);
        (rule.action, rule.fallback, rule.option)
    };
    let shifted = (Action::ShiftDate, Action::Empty, Some(ProfileOption::ModifiedDates));
    assert_eq!(found(NOTHING), shifted);
    let site = "rules:\n  - { id: SITE, action: X, why: no, reference: ours, attributes: [{ tag: \"(0008,0020)\", name: StudyDate }] }";
    assert_eq!(found(site), (Action::Remove, Action::Remove, None));
    let some = "policies:\n  - id: SOME\n    why: no\n    reference: ours\n    when: { modalities: [CT] }\n    without: [modified_dates]";
    assert_eq!(found(some), (Action::Empty, Action::Empty, None));
}

/// An ultrasound image is one by its class, whatever it says of its modality.
#[test]
fn a_class_implies_a_modality() {
    let safe = [ProfileOption::SafePrivate].into_iter().collect();
    let policy = Policy::compile(&[], Terms { options: safe, ..Terms::default() });
    let policy = policy.unwrap_or_else(|p| panic!("{p:?}"));
    let retains = |sop_class, modality| {
        let subject = Subject { modality, ..Subject::of_class(sop_class) };
        let options = policy.profile(&subject).options();
        assert_eq!(options, policy.terms_for(&subject).options);
        options.has(ProfileOption::SafePrivate)
    };
    for class in ["1.2.840.10008.5.1.4.1.1.6.1", "1.2.840.10008.5.1.4.1.1.3.1"] {
        assert!(!retains(class, "") && !retains(class, "CT") && !retains(class, "US"));
    }
    assert!(retains(CT.sop_class, "") && retains(CT.sop_class, "CT"));
    assert!(!retains(CT.sop_class, "US"));
    // A screen can be of any modality.
    assert!(retains("1.2.840.10008.5.1.4.1.1.7", ""));
}

#[test]
fn an_id_stands_in_one_place() {
    let rule = |id: &str, tag: &str, name: &str| {
        format!(
            "rules:\n  - id: {id}\n    action: X\n    why: no\n    reference: ours\n    \
             attributes: [{{ tag: \"{tag}\", name: {name} }}]\n"
        )
    };
    let found = |files: &[(&str, &str)]| {
        let found = Policy::compile(files, Terms::default()).err().unwrap_or_default();
        found.into_iter().map(|p| (p.file, p.line, p.message)).collect::<Vec<_>>()
    };
    let one = rule("SITE", "(0008,0070)", "Manufacturer");
    let other = rule("SITE", "(0008,1090)", "ManufacturerModelName");
    assert_eq!(found(&[("a.yaml", &one), ("b.yaml", &other.replace("SITE", "OTHER"))]), []);
    let twice = ("b.yaml".to_owned(), 2, "this id stands already in a.yaml:2".to_owned());
    assert_eq!(found(&[("a.yaml", &one), ("b.yaml", &other)]), [twice]);
    for (id, place) in [
        ("SUP-ISSUER", "config/rules/supplementary.yaml:"),
        ("MOD-EYE", "config/rules/modalities.yaml:"),
        ("MOD-US-TEXT", "config/rules/modalities.yaml:"),
    ] {
        let found = found(&[("a.yaml", &one.replace("SITE", id))]);
        assert!(found.len() == 1 && found[0].2.contains(place), "{id}: {found:?}");
    }
    let both = format!("{one}{}", other.split_once('\n').map_or("", |(_, rule)| rule));
    let again = ("a.yaml".to_owned(), 7, "this id stands already in a.yaml:2".to_owned());
    assert_eq!(found(&[("a.yaml", &both)]), [again]);
}

#[test]
fn a_site_takes_no_object_apart() {
    let rule = "{ id: SITE, action: X, why: no, reference: ours, attributes: [{ tag: \"(0008,0018)\", name: SOPInstanceUID }] }";
    let message = "without this attribute the object would be none";
    let found = messages(&format!("rules:\n  - {rule}"), Terms::default());
    assert_eq!(found, [message]);
    let policy = "policies:\n  - id: SOME\n    why: no\n    reference: ours\n    when: { modalities: [CT] }\n    rules:\n      - ";
    assert_eq!(messages(&format!("{policy}{rule}"), Terms::default()), [message]);
    let under = rule.replace("(0008,0018)", "(0010,0040)").replace("SOPInstanceUID", "PatientSex");
    let under = under.replace("why: no", "why: no, under: []");
    assert_eq!(messages(&format!("rules:\n  - {under}"), Terms::default()).len(), 1);
}

#[test]
fn a_site_adds_rules_but_keeps_nothing() {
    let rule = |action: &str, tag: &str, name: &str| {
        format!(
            "rules:\n  - id: SITE\n    action: {action}\n    why: it says who\n    reference: ours\n    \
             attributes:\n      - {{ tag: \"{tag}\", name: {name} }}\n"
        )
    };
    let add = rule("X", "(0008,0070)", "Manufacturer");
    let policy = Policy::compile(&[("site.yaml", &add)], Terms::default())
        .unwrap_or_else(|p| panic!("{p:?}"));
    let profile = policy.profile(&CT);
    let found = profile.rule(Tag(0x0008, 0x0070), VR::LO, None);
    assert_eq!((found.action, &*found.id), (Action::Remove, "SITE"));
    let shipped = Policy::shipped().unwrap_or_else(|p| panic!("{p:?}"));
    assert_eq!(shipped.profile(&CT).rule(Tag(0x0008, 0x0070), VR::LO, None).action, Action::Keep);
    assert_eq!(shipped.digest().len(), 16);
    assert_ne!(shipped.digest(), policy.digest());
    for action in ["K", "recurse"] {
        let found = messages(&rule(action, "(0008,0014)", "InstanceCreatorUID"), Terms::default());
        assert!(!found.is_empty(), "{action}");
    }
}
