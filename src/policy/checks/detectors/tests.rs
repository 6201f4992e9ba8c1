//! The detectors find generated identifiers and leave imaging texts alone; their file is held to its bounds.

mod bounds;
mod properties;

use super::*;
use crate::policy::checks::Checks;

pub(super) fn shipped() -> Detectors {
    Checks::shipped().unwrap_or_else(|p| panic!("{p:#?}")).detectors
}

pub(super) fn place(vr: VR) -> Place {
    Place { vr, tag: Tag(0x0008, 0x103E), options: Options::NONE }
}

#[test]
fn the_examples_hold() {
    // Loading runs every example and counter-example of the file.
    let detectors = shipped();
    assert!(detectors.detectors.len() > 50);
    let examples = detectors.detectors.iter().map(|d| d.rule.examples.len()).sum::<usize>();
    assert!(examples > 200, "{examples}");
}

#[test]
fn every_row_of_the_requirements_has_a_detector() {
    let detectors = shipped();
    let has = |id: &str| detectors.detectors.iter().any(|d| d.rule.id == id);
    for id in [
        "JP-ERA-KANJI",
        "JP-ERA-ABBR",
        "JP-ERA-7",
        "DATE-YMD",
        "DATE-8",
        "AGE",
        "PHONE-JP",
        "POSTAL-JP",
        "ADDRESS-JP",
        "MYNUMBER",
        "HOKENJA",
        "INSURED",
        "ID-JP",
        "LABELLED-JP",
        "HOSPITAL-JP",
        "NAME-JP-HONORIFIC",
        "MAIL",
        "URL",
        "IP",
        "PATH",
        "SSN",
        "PHONE-NANP",
        "ZIP",
        "MAC",
        "ACCOUNT",
        "PLATE",
        "VIN",
        "DEVICE-SERIAL",
        "NAME-JP",
        "NAME-JP-LATIN",
        "NAME-EN",
        "NAME-TITLE",
        "NAME-CARET",
    ] {
        assert!(has(id), "{id}");
    }
    let letters: String = detectors.detectors.iter().map(|d| d.rule.reference.as_str()).collect();
    for letter in ["A", "B", "C", "D", "F", "G", "I", "J", "K", "L", "M", "N", "O", "R"] {
        assert!(
            letters.contains(&format!("HIPAA {letter}"))
                || letters.contains(&format!(", {letter}")),
            "{letter}"
        );
    }
}

#[test]
fn two_weak_ones_are_strong() {
    let detectors = shipped();
    let severity = |text| detectors.search(text, place(VR::LO)).map(|hit| hit.severity());
    assert_eq!(severity("33120015"), Some(Severity::Weak));
    assert_eq!(severity("S3.2.1"), Some(Severity::Weak));
    assert_eq!(severity("S3.2.1 33120015"), Some(Severity::Strong));
    assert_eq!(severity("33120015 06130017"), Some(Severity::Weak));
}

#[test]
fn an_option_and_a_place_switch_a_detector_off() {
    let detectors = shipped();
    let found = |text, place| detectors.search(text, place).is_some();
    let serial = "serial number: ZZ12345";
    assert!(found(serial, place(VR::LO)));
    let kept: Options =
        [crate::policy::options::ProfileOption::DeviceIdentity].into_iter().collect();
    assert!(!found(serial, Place { options: kept, ..place(VR::LO) }));
    let version = Place { tag: Tag(0x0018, 0x1020), ..place(VR::LO) };
    assert!(found("2021.03.14", place(VR::LO)));
    assert!(!found("2021.03.14", version));
    assert!(found("JOHNSON", place(VR::CS)));
    assert!(!found("JOHNSON", place(VR::LT)));
}

#[test]
fn a_reason_says_which_detector_and_never_the_value() {
    let detectors = shipped();
    let hit = detectors.search("氏名：ZZ山田ZZ", place(VR::LO)).unwrap();
    assert_eq!(hit.id(), "LABELLED-JP");
    let reason = hit.reason();
    assert_eq!(reason.rule, "G2-03");
    assert!(reason.kind.contains("LABELLED-JP") && !format!("{reason:?}").contains("山田"));
    assert_eq!(&*reason.requirement, "R-5.1.6-2b");
}
