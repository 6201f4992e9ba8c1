//! The canaries: made-up objects full of identifiers of one invented patient, made in code.
//!
//! They differ in how a name could get out: by its character set, by where it stands, by the kind of object. Each object
//! carries the patient's identity where it belongs, as a real one does, and once more where it does not.

mod bytes;
mod kinds;
mod places;

use dicom_core::Tag;
use dicom_dictionary_std::{tags, uids};

use crate::operate::demo::{
    objects::{Attributes, Charset, Value},
    pictures::Picture,
    studies::{Person, grey, object, plane},
};

/// A made-up object that is tried on a route.
pub(super) struct Canary {
    /// Its id, for log and ledger.
    pub id: &'static str,
    /// The object.
    pub object: Attributes,
}

const PATIENT: Person = Person {
    name: "Yamada^Tarou=山田^太郎=やまだ^たろう",
    id: "ZZ-0000123",
    birth_date: "19700302",
    sex: "M",
    charset: Charset::Ir87,
    address: "東京都架空区見本町1-2-3",
    telephone: "03-0000-4649",
    accession: "ZZACC4649",
    staff: ["Kasou^Ichirou=架空^一郎", "Reidai^Jirou=例題^次郎"],
};

/// Under which number the canaries' study goes in their UIDs.
const STUDY: u16 = 464;

/// Free texts about study, series, image and patient.
const DESCRIBED: [Tag; 11] = [
    tags::STUDY_DESCRIPTION,
    tags::SERIES_DESCRIPTION,
    tags::ADMITTING_DIAGNOSES_DESCRIPTION,
    tags::DERIVATION_DESCRIPTION,
    tags::PATIENT_COMMENTS,
    tags::ADDITIONAL_PATIENT_HISTORY,
    tags::CONTRAST_BOLUS_AGENT,
    tags::PROTOCOL_NAME,
    tags::IMAGE_COMMENTS,
    tags::REQUESTED_PROCEDURE_DESCRIPTION,
    tags::PERFORMED_PROCEDURE_STEP_DESCRIPTION,
];

/// Everything in one object that says who the patient is.
const EVERYTHING: &str = "CT chest 山田太郎様 ヤマダタロウ Yamada Tarou ZZ-0000123 昭和45年3月2日生 S45.3.2 1970/3/2 架空見本病院 03-0000-4649";

/// All canaries that must be stopped, or made clean.
pub(super) fn dirty() -> Vec<Canary> {
    let mut all = vec![
        described("charset-ir-87", PATIENT),
        described(
            "charset-ir-13",
            Person {
                charset: Charset::Ir13Ir87,
                name: "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう",
                ..PATIENT
            },
        ),
        described("charset-utf-8", Person { charset: Charset::Utf8, ..PATIENT }),
        ir_159(),
        shift_jis(),
        undeclared(),
        nested_charsets(),
        kinds::magnetic(),
        kinds::radiograph(),
        kinds::ultrasound(),
        kinds::secondary_capture(),
        kinds::radiotherapy(),
        kinds::structures(),
        kinds::presentation(),
        kinds::frames(),
        kinds::report(
            "dose-report",
            uids::X_RAY_RADIATION_DOSE_SR_STORAGE,
            ("113701", "X-Ray Radiation Dose Report"),
        ),
        kinds::report("text-report", uids::BASIC_TEXT_SR_STORAGE, ("121070", "Findings")),
        places::private_unknown(),
        places::private_safe(),
        places::private_safe_number(),
        places::private_declared_safe(),
        places::unknown_vr(),
        places::unknown_sequence(),
        places::overlay(),
        places::icon(),
        places::nested(),
        places::dates(),
        places::dates_in_texts(),
        places::code_meanings(),
        places::uids_of_dates(),
        places::behind_the_pixels(),
        places::in_the_pixels(),
    ];
    all.push(bytes::private_safe_bytes());
    for more in [places::typed(), bytes::tables(), bytes::code_parts(), bytes::shortened()] {
        all.extend(more);
    }
    all
}

/// Canaries that hold nothing that leads to a person but what belongs to it, and words that look as if: these must pass.
pub(super) fn clean() -> Vec<Canary> {
    let mut ct = ct(&PATIENT);
    ct.set_all(&[
        (tags::STUDY_DESCRIPTION, "CHEST"),
        (tags::SERIES_DESCRIPTION, "LUNG AXIAL 5.0 mm"),
        (tags::PROTOCOL_NAME, "CHEST"),
        (tags::SOFTWARE_VERSIONS, "VA48A"),
        (tags::CONVOLUTION_KERNEL, "B70f"),
        (tags::IMAGE_TYPE, "ORIGINAL\\PRIMARY\\AXIAL"),
    ]);
    let mut mr = mr(&Person { charset: Charset::Utf8, ..PATIENT });
    mr.set(tags::SERIES_DESCRIPTION, "膝 T1 矢状断");
    vec![Canary { id: "clean-ct", object: ct }, Canary { id: "clean-mr", object: mr }]
}

/// A slice of a chest with nothing in it.
fn ct(person: &Person) -> Attributes {
    let mut o = object(person, STUDY, 1, uids::CT_IMAGE_STORAGE, "CT");
    plane(&mut o, STUDY, 1);
    o.set_all(&[
        (tags::IMAGE_TYPE, "ORIGINAL\\PRIMARY\\AXIAL"),
        (tags::BODY_PART_EXAMINED, "CHEST"),
        (tags::KVP, "120"),
        (tags::RESCALE_INTERCEPT, "-1024"),
        (tags::RESCALE_SLOPE, "1"),
        (tags::RESCALE_TYPE, "HU"),
    ]);
    pixels(&mut o);
    o
}

/// A slice of a knee with nothing in it.
fn mr(person: &Person) -> Attributes {
    let mut o = object(person, STUDY, 1, uids::MR_IMAGE_STORAGE, "MR");
    plane(&mut o, STUDY, 1);
    o.set_all(&[
        (tags::IMAGE_TYPE, "ORIGINAL\\PRIMARY\\OTHER"),
        (tags::BODY_PART_EXAMINED, "KNEE"),
        (tags::SCANNING_SEQUENCE, "SE"),
        (tags::SEQUENCE_VARIANT, "NONE"),
        (tags::MR_ACQUISITION_TYPE, "2D"),
        (tags::REPETITION_TIME, "600"),
        (tags::ECHO_TIME, "20"),
    ]);
    pixels(&mut o);
    o
}

fn pixels(o: &mut Attributes) {
    grey(o, &Picture::new(4, 4, 24), 16);
}

/// A CT of a chest that was changed in some way.
fn changed(id: &'static str, change: impl FnOnce(&mut Attributes)) -> Canary {
    let mut object = ct(&PATIENT);
    change(&mut object);
    Canary { id, object }
}

fn text(text: &str) -> Value {
    PATIENT.charset.encode(text)
}

fn bytes(of: &[u8]) -> Value {
    Value::Text(of.to_vec())
}

fn items(one: Attributes) -> Vec<Attributes> {
    vec![one]
}

/// Everything about the patient in every description, in the person's own character set.
fn described(id: &'static str, person: Person) -> Canary {
    let mut object = ct(&person);
    for tag in DESCRIBED {
        object.set(tag, person.charset.encode(EVERYTHING));
    }
    Canary { id, object }
}

/// A kanji of JIS X 0212, by ISO 2022 IR 159 (PS3.5 6.1.2.4): 侊太郎.
fn ir_159() -> Canary {
    const GIVEN: &[u8] = b"\x1b$(D1#\x1b$BB@O:\x1b(B";
    let family = b"\x1b$B;3ED\x1b(B";
    changed("charset-ir-159", |o| {
        o.set(tags::SPECIFIC_CHARACTER_SET, "\\ISO 2022 IR 87\\ISO 2022 IR 159");
        o.set(tags::PATIENT_NAME, bytes(&[b"Yamada^Tarou=", &family[..], b"^", GIVEN].concat()));
        for tag in DESCRIBED {
            o.set(tag, bytes(&[b"CT chest ", &family[..], GIVEN].concat()));
        }
    })
}

/// Shift_JIS in an object that says Latin 1.
fn shift_jis() -> Canary {
    let encode = |text: &str| Value::Text(encoding_rs::SHIFT_JIS.encode(text).0.into_owned());
    changed("charset-shift-jis", |o| {
        o.set(tags::SPECIFIC_CHARACTER_SET, "ISO_IR 100");
        o.set(tags::PATIENT_NAME, encode(PATIENT.name));
        o.set(tags::PATIENT_ADDRESS, encode(PATIENT.address));
        for tag in DESCRIBED {
            o.set(tag, encode(EVERYTHING));
        }
        o.set(tags::MANUFACTURER, encode("山田太郎"));
    })
}

/// UTF-8 and ISO 2022 in an object that says nothing of its character set.
fn undeclared() -> Canary {
    changed("charset-undeclared", |o| {
        o.set(tags::SPECIFIC_CHARACTER_SET, "");
        for tag in DESCRIBED {
            o.set(tag, EVERYTHING);
        }
        o.set(tags::MANUFACTURER, text("山田太郎"));
        o.set(tags::SOFTWARE_VERSIONS, "山田太郎");
    })
}

/// An item in another character set than the object around it (PS3.5 7.5.3).
fn nested_charsets() -> Canary {
    let mut item = Attributes::new();
    item.set(tags::SPECIFIC_CHARACTER_SET, "ISO_IR 192")
        .set(tags::REQUESTED_PROCEDURE_DESCRIPTION, EVERYTHING)
        .set(tags::SCHEDULED_PROCEDURE_STEP_DESCRIPTION, text(EVERYTHING))
        .set(tags::REQUESTING_PHYSICIAN, PATIENT.staff[0]);
    changed("charset-of-an-item", |o| {
        o.set(tags::REQUEST_ATTRIBUTES_SEQUENCE, items(item));
    })
}
