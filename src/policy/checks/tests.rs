//! The shipped files load; mistakes are found, all at once.

use super::*;
use crate::policy::options::ProfileOption;

fn broken(name: &str, from: &str, to: &str) -> Vec<Problem> {
    let files = SHIPPED.map(|(n, text)| {
        let text = if n == name { text.replacen(from, to, 1) } else { text.to_owned() };
        (n.to_owned(), text)
    });
    Checks::build(files).err().unwrap_or_default()
}

#[test]
fn the_shipped_files_load() {
    let checks = Checks::shipped().unwrap_or_else(|p| panic!("{p:?}"));
    assert!(checks.cautions.len() > 10);
    let inside = checks.identifiers.rule(Tag(0x0008, 0x0100), &[Tag(0x0040, 0x1101)]);
    assert_eq!(inside.map(|r| r.class), Some(Class::Number));
    assert!(checks.identifiers.rule(Tag(0x0008, 0x0100), &[]).is_none());
    assert!(checks.identifiers.is_not_instance(Tag(0x0008, 0x1150)));
}

#[test]
fn classes_have_their_dispositions() {
    let checks = Checks::shipped().unwrap_or_else(|p| panic!("{p:?}"));
    let after =
        |uid: &str, done: Options| checks.disposition(uid, done).map(|r| r.rule.into_owned());
    let rule = |uid: &str| after(uid, Options::NONE);
    for uid in ["2", "4.2", "6.1", "66.4", "481.3", "11.1", "9.1.1", "77.1.6", "128"] {
        assert_eq!(rule(&format!("1.2.840.10008.5.1.4.1.1.{uid}")), None, "{uid}");
    }
    for (uid, id) in [
        ("1.2.840.10008.5.1.4.1.1.88.11", "CLASS-REPORT"),
        ("1.2.840.10008.5.1.4.1.1.88.33", "CLASS-REPORT"),
        ("1.2.840.10008.5.1.4.1.1.88.67", "CLASS-CONTENT"),
        ("1.2.840.10008.5.1.4.1.1.104.1", "CLASS-DOCUMENT"),
        ("1.2.840.10008.5.1.4.1.1.9.4.1", "CLASS-VOICE"),
        ("1.2.840.10008.5.1.4.1.1.66", "CLASS-RAW"),
        ("1.3.12.2.1107.5.9.1", "G2-07"),
        ("1.2.840.10008.5.1.4.1.1.9999", "G2-07"),
        ("", "G2-07"),
    ] {
        assert_eq!(rule(uid).as_deref(), Some(id), "{uid}");
    }
    // Cleaned item by item, a dose report and a key object selection may pass; another report may not.
    let cleaned: Options = [ProfileOption::StructuredContent].into_iter().collect();
    for class in ["59", "67", "68", "73", "76"] {
        assert_eq!(after(&format!("1.2.840.10008.5.1.4.1.1.88.{class}"), cleaned), None, "{class}");
    }
    for class in ["11", "22", "33", "34", "40", "50", "71"] {
        let class = format!("1.2.840.10008.5.1.4.1.1.88.{class}");
        assert_eq!(after(&class, cleaned).as_deref(), Some("CLASS-REPORT"), "{class}");
    }
}

#[test]
fn every_storage_class_of_the_dictionary_has_a_rule() {
    let checks = Checks::shipped().unwrap_or_else(|p| panic!("{p:?}"));
    // The dictionary cannot be listed: look every UID of its arcs up.
    let arcs = ["1.2.840.10008.5.1.4.1.1", "1.2.840.10008.5.1.4", "1.2.840.10008.5.1.1"];
    let below = |root: &str| (1..700).map(|n| format!("{root}.{n}")).collect::<Vec<_>>();
    let first: Vec<String> = arcs.iter().flat_map(|a| below(a)).collect();
    let mut found = 0;
    for uid in first.iter().cloned().chain(first.iter().flat_map(|f| below(f))) {
        if crate::dicom::sop_class::is_storage(&uid) {
            found += 1;
            let rule = checks.disposition(&uid, Options::NONE).map(|r| r.rule);
            assert_ne!(rule.as_deref(), Some("G2-07"), "{uid}");
        }
    }
    assert!(found > 120, "{found}");
}

#[test]
fn mistakes_are_found() {
    let cases = [
        ("identifiers.yaml", "word: 4", "word: 1", "lengths.word"),
        ("identifiers.yaml", "(0010,1000)", "(0010,0020)", "attributes[1].tag"),
        ("identifiers.yaml", "(0010,1000)", "0010,1000", "attributes[1].tag"),
        ("cautions.yaml", "warns: true", "warns: false", "cautions[0].examples"),
        ("cautions.yaml", "by: value", "by: guess", "cautions[0].find.by"),
        ("cautions.yaml", "id: HEAD-PART-XRAY", "id: HEAD-PART", "cautions[1].id"),
        ("classes.yaml", "1.2.840.10008.5.1.4.1.1.88.*", "1.2.840.*.88", "classes[1].uids[0]"),
        ("detectors.yaml", "- id: JP-ERA-ABBR\n", "- id: JP-ERA-KANJI\n", "detectors[1].id"),
        ("classes.yaml", "disposition: quarantine", "disposition: shrug", "classes[1].disposition"),
    ];
    for (file, from, to, key) in cases {
        let problems = broken(file, from, to);
        assert!(problems.iter().any(|p| p.key == key && p.line > 0), "{key}: {problems:?}");
    }
}

#[test]
fn a_file_of_the_directory_takes_the_place_of_the_shipped_one() {
    let folder = tempfile::tempdir().unwrap_or_else(|e| panic!("{e}"));
    assert!(Checks::load(Some(folder.path())).is_ok());
    let written = std::fs::write(folder.path().join("classes.yaml"), "classes: []\nextra: 1\n");
    assert!(written.is_ok());
    let problems = Checks::load(Some(folder.path())).err().unwrap_or_default();
    assert!(problems.iter().any(|p| p.key == "extra"), "{problems:?}");
}

#[test]
fn the_search_cannot_be_switched_off() {
    for length in ["2 ", "5000 "] {
        let found = broken("identifiers.yaml", "  word: 4 ", &format!("  word: {length}"));
        assert!(found.iter().any(|p| p.key == "lengths.word"), "{length}: {found:?}");
    }
    let files = SHIPPED.map(|(name, text)| {
        let text = if name == "cautions.yaml" { "cautions: []" } else { text };
        (name.to_owned(), text.to_owned())
    });
    let found = Checks::build(files).err().unwrap_or_default();
    assert!(found.iter().any(|p| p.message.contains("pass unseen")), "{found:?}");
}
