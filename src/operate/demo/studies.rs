//! The made-up studies that the demo sends: invented people, invented hospital, drawn pictures.

use dicom_core::{Tag, VR};
use dicom_dictionary_std::{tags, uids};

use super::{
    objects::{Attributes, Charset, code},
    pictures::Picture,
};

/// What must become of a study.
#[derive(Clone, Copy)]
pub enum Expected {
    /// Forwarded without a word.
    Forwarded,
    /// Forwarded, marked, with a caution whose id begins so.
    Cautioned(&'static str),
    /// Kept back for a reason whose id begins so.
    Kept(&'static str),
}

/// A study, what must become of it, and whom nobody may find afterwards.
pub struct Study {
    /// What it is, in words.
    pub title: &'static str,
    /// Its objects.
    pub objects: Vec<Attributes>,
    /// What must become of each of them.
    pub expected: Expected,
    /// Its patient.
    pub person: &'static Person,
}

/// An invented patient.
pub struct Person {
    /// Name as in PN: alphabetic=ideographic=phonetic.
    pub name: &'static str,
    /// Patient ID.
    pub id: &'static str,
    /// Birth date, as DA.
    pub birth_date: &'static str,
    /// Sex, as CS.
    pub sex: &'static str,
    /// In which the objects write the texts.
    pub charset: Charset,
    /// Address.
    pub address: &'static str,
    /// Telephone number.
    pub telephone: &'static str,
    /// Accession number of every study.
    pub accession: &'static str,
    /// Referring physician and operator.
    pub staff: [&'static str; 2],
}

const TAROU: Person = Person {
    name: "Yamada^Tarou=山田^太郎=やまだ^たろう",
    id: "ZZ-0000123",
    birth_date: "19510312",
    sex: "M",
    charset: Charset::Ir87,
    address: "東京都架空区見本町",
    telephone: "03-0000-4649",
    accession: "ZZACC0001",
    staff: ["Kasou^Ichirou=架空^一郎", "Mihon^Jirou=見本^次郎"],
};

const HANAKO: Person = Person {
    name: "Suzuki^Hanako=鈴木^花子=すずき^はなこ",
    id: "ZZ-0000456",
    birth_date: "19620825",
    sex: "F",
    charset: Charset::Utf8,
    address: "大阪府架空市見本町",
    telephone: "06-0000-4649",
    accession: "ZZACC0002",
    staff: ["Reidai^Saburou=例題^三郎", "Mihon^Jirou=見本^次郎"],
};

const MICHIKO: Person = Person {
    name: "ﾀｶﾊｼ^ﾐﾁｺ=高橋^美智子=たかはし^みちこ",
    id: "ZZ-0000789",
    birth_date: "19740202",
    sex: "F",
    charset: Charset::Ir13Ir87,
    address: "北海道架空郡見本町",
    telephone: "011-000-4649",
    accession: "ZZACC0003",
    staff: ["ｶｿｳ^ｼﾛｳ=架空^四郎", "ﾐﾎﾝ^ｺﾞﾛｳ=見本^五郎"],
};

/// The invented hospital.
pub const HOSPITAL: &str = "Kakuu Mihon Hospital";
/// The machine's own name.
pub(in crate::operate) const STATION: &str = "KMH-ROOM7";

/// All studies, in the order in which they are sent.
pub fn all() -> Vec<Study> {
    let study = |title, expected, person, objects| Study { title, objects, expected, person };
    vec![
        study(
            "CT of a chest, name in kanji (ISO 2022 IR 87)",
            Expected::Forwarded,
            &TAROU,
            (1..=4).map(|n| ct(&TAROU, 1, n, "CHEST")).collect(),
        ),
        study(
            "CT of a head, name in UTF-8",
            Expected::Cautioned("CAUTION-HEAD"),
            &HANAKO,
            (1..=3).map(|n| ct(&HANAKO, 2, n, "HEAD")).collect(),
        ),
        study(
            "Chest radiograph, name in half-width kana (IR 13, IR 87)",
            Expected::Forwarded,
            &MICHIKO,
            vec![radiograph(&MICHIKO, 3)],
        ),
        study(
            "Ultrasound with the name written into its pixels",
            Expected::Kept("CAUTION-TEXT"),
            &TAROU,
            vec![ultrasound(&TAROU, 4)],
        ),
        study(
            "Photograph of a retina",
            Expected::Cautioned("CAUTION-FUNDUS"),
            &HANAKO,
            vec![fundus(&HANAKO, 5)],
        ),
        study(
            "MR of a knee with private attributes of a vendor",
            Expected::Forwarded,
            &TAROU,
            vec![private(&TAROU, 6)],
        ),
        study(
            "CT with the name typed in as its software version (a planted leak)",
            Expected::Kept("G2-02"),
            &HANAKO,
            vec![leak(&HANAKO, 7)],
        ),
        study(
            "Structured report that tells of the patient by name",
            Expected::Kept("CLASS-REPORT"),
            &MICHIKO,
            vec![report(&MICHIKO, 8)],
        ),
    ]
}

/// Everything of a study's identity that must not be found afterwards, in the writings of the object.
pub fn identities(study: &Study) -> Vec<String> {
    let person = study.person;
    let mut out: Vec<String> = [person.name]
        .iter()
        .chain(&person.staff)
        .flat_map(|name| name.split(['^', '=']))
        .chain([
            person.id,
            person.birth_date,
            person.address,
            person.telephone,
            person.accession,
            HOSPITAL,
            STATION,
        ])
        .map(str::to_owned)
        .collect();
    for object in &study.objects {
        out.extend(
            [tags::SOP_INSTANCE_UID, tags::SERIES_INSTANCE_UID, tags::STUDY_INSTANCE_UID]
                .map(|tag| object.text(tag)),
        );
    }
    out
}

/// Patient, study, series, equipment and SOP common modules (PS3.3 C.7, C.12.1).
pub(in crate::operate) fn object(
    person: &Person,
    study: u16,
    instance: u16,
    class: &str,
    modality: &str,
) -> Attributes {
    let text = |text: &str| person.charset.encode(text);
    let uid = |kind: u16, number: u16| format!("2.25.70207{kind}{study:03}00{number:03}4649");
    let mut o = Attributes::new();
    o.set_all(&[
        (tags::SPECIFIC_CHARACTER_SET, person.charset.term()),
        (tags::SOP_CLASS_UID, class),
        (tags::STUDY_DATE, "20251103"),
        (tags::SERIES_DATE, "20251103"),
        (tags::CONTENT_DATE, "20251103"),
        (tags::STUDY_TIME, "101500"),
        (tags::SERIES_TIME, "101600"),
        (tags::CONTENT_TIME, "101700"),
        (tags::ACCESSION_NUMBER, person.accession),
        (tags::MODALITY, modality),
        (tags::MANUFACTURER, "Made Up Machines"),
        (tags::INSTITUTION_NAME, HOSPITAL),
        (tags::STATION_NAME, STATION),
        (tags::MANUFACTURER_MODEL_NAME, "MUM-1"),
        (tags::PATIENT_ID, person.id),
        (tags::PATIENT_BIRTH_DATE, person.birth_date),
        (tags::PATIENT_SEX, person.sex),
        (tags::DEVICE_SERIAL_NUMBER, "ZZSN4649"),
        (tags::SOFTWARE_VERSIONS, "1.0"),
        (tags::STUDY_ID, "ZZ1"),
    ])
    .set(tags::SOP_INSTANCE_UID, uid(3, instance))
    .set(tags::STUDY_INSTANCE_UID, uid(1, 0))
    .set(tags::SERIES_INSTANCE_UID, uid(2, 1))
    .set(tags::SERIES_NUMBER, "1")
    .set(tags::INSTANCE_NUMBER, instance.to_string())
    .set(tags::PATIENT_NAME, text(person.name))
    .set(tags::PATIENT_ADDRESS, text(person.address))
    .set(tags::PATIENT_TELEPHONE_NUMBERS, person.telephone)
    .set(tags::REFERRING_PHYSICIAN_NAME, text(person.staff[0]))
    .set(tags::OPERATORS_NAME, text(person.staff[1]));
    o
}

/// Pixel description and pixels of one grey frame (PS3.3 C.7.6.3).
pub(in crate::operate) fn grey(o: &mut Attributes, picture: &Picture, bits: u16) {
    let stored = if bits == 8 { 8 } else { 12u16 };
    let side = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
    o.set(tags::SAMPLES_PER_PIXEL, 1u16)
        .set(tags::PHOTOMETRIC_INTERPRETATION, "MONOCHROME2")
        .set(tags::ROWS, side(picture.height))
        .set(tags::COLUMNS, side(picture.width))
        .set(tags::BITS_ALLOCATED, bits)
        .set(tags::BITS_STORED, stored)
        .set(tags::HIGH_BIT, stored - 1)
        .set(tags::PIXEL_REPRESENTATION, 0u16);
    let pixels = if bits == 8 { picture.bytes() } else { picture.words() };
    o.set_as(tags::PIXEL_DATA, VR::OW, pixels);
}

/// One slice of a trunk or a head (PS3.3 A.3).
fn ct(person: &Person, study: u16, instance: u16, body_part: &str) -> Attributes {
    let mut o = object(person, study, instance, uids::CT_IMAGE_STORAGE, "CT");
    plane(&mut o, study, instance);
    o.set_all(&[
        (tags::IMAGE_TYPE, "ORIGINAL\\PRIMARY\\AXIAL"),
        (tags::BODY_PART_EXAMINED, body_part),
        (tags::KVP, "120"),
        (tags::CONVOLUTION_KERNEL, "STANDARD"),
        (tags::ACQUISITION_NUMBER, "1"),
        (tags::RESCALE_INTERCEPT, "-1024"),
        (tags::RESCALE_SLOPE, "1"),
        (tags::RESCALE_TYPE, "HU"),
    ]);
    let mut picture = Picture::new(256, 256, 24);
    if body_part == "HEAD" {
        picture.ellipse((0.5, 0.5), (0.30, 0.38), 2000, 100);
        picture.ellipse((0.5, 0.5), (0.27, 0.35), 1064, 30);
    } else {
        picture.ellipse((0.5, 0.5), (0.45, 0.32), 1084, 40);
        picture.ellipse((0.33, 0.47), (0.13, 0.21), 224, 60);
        picture.ellipse((0.67, 0.47), (0.13, 0.21), 224, 60);
    }
    grey(&mut o, &picture, 16);
    o
}

/// Frame of reference and image plane (PS3.3 C.7.4.1, C.7.6.2).
pub(in crate::operate) fn plane(o: &mut Attributes, study: u16, instance: u16) {
    o.set_all(&[
        (tags::PATIENT_POSITION, "HFS"),
        (tags::POSITION_REFERENCE_INDICATOR, ""),
        (tags::PIXEL_SPACING, "1.5\\1.5"),
        (tags::IMAGE_ORIENTATION_PATIENT, "1\\0\\0\\0\\1\\0"),
        (tags::SLICE_THICKNESS, "5"),
    ])
    .set(tags::FRAME_OF_REFERENCE_UID, format!("2.25.702074{study:03}4649"))
    .set(tags::IMAGE_POSITION_PATIENT, format!("-192\\-192\\{}", instance * 5));
}

/// A computed radiograph (PS3.3 A.2).
fn radiograph(person: &Person, study: u16) -> Attributes {
    let mut o = object(person, study, 1, uids::COMPUTED_RADIOGRAPHY_IMAGE_STORAGE, "CR");
    o.set_all(&[
        (tags::IMAGE_TYPE, "ORIGINAL\\PRIMARY"),
        (tags::BODY_PART_EXAMINED, "CHEST"),
        (tags::VIEW_POSITION, "PA"),
        (tags::PATIENT_ORIENTATION, "L\\F"),
    ]);
    let mut picture = Picture::new(320, 320, 3200);
    picture.ellipse((0.32, 0.5), (0.15, 0.35), 900, 300);
    picture.ellipse((0.68, 0.5), (0.15, 0.35), 900, 300);
    grey(&mut o, &picture, 16);
    o
}

/// An ultrasound whose screen shows the patient's name and ID (PS3.3 A.6).
fn ultrasound(person: &Person, study: u16) -> Attributes {
    let mut o = object(person, study, 1, uids::ULTRASOUND_IMAGE_STORAGE, "US");
    o.set_all(&[
        (tags::IMAGE_TYPE, "ORIGINAL\\PRIMARY\\ABDOMINAL"),
        (tags::BODY_PART_EXAMINED, "ABDOMEN"),
        (tags::PATIENT_ORIENTATION, ""),
    ]);
    let mut picture = Picture::new(320, 240, 0);
    picture.ellipse((0.5, 0.6), (0.35, 0.35), 140, 120);
    picture.write((8, 6), 2, 255, "YAMADA TAROU");
    picture.write((8, 24), 1, 255, person.id);
    grey(&mut o, &picture, 8);
    o
}

/// A colour photograph of a retina (PS3.3 A.41).
fn fundus(person: &Person, study: u16) -> Attributes {
    let class = uids::OPHTHALMIC_PHOTOGRAPHY8_BIT_IMAGE_STORAGE;
    let mut o = object(person, study, 1, class, "OP");
    o.set_all(&[
        (tags::IMAGE_TYPE, "ORIGINAL\\PRIMARY\\\\COLOR"),
        (tags::ACQUISITION_DATE_TIME, "20251103101700"),
        (tags::PATIENT_ORIENTATION, "L\\F"),
        (tags::PATIENT_EYE_MOVEMENT_COMMANDED, ""),
        (tags::IMAGE_LATERALITY, "R"),
        (tags::BURNED_IN_ANNOTATION, "NO"),
        (tags::LOSSY_IMAGE_COMPRESSION, "00"),
        (tags::SYNCHRONIZATION_TRIGGER, "NO TRIGGER"),
        (tags::ACQUISITION_TIME_SYNCHRONIZED, "N"),
        (tags::EMMETROPIC_MAGNIFICATION, ""),
        (tags::HORIZONTAL_FIELD_OF_VIEW, ""),
        (tags::INTRA_OCULAR_PRESSURE, ""),
        (tags::PUPIL_DILATED, ""),
        (tags::DETECTOR_TYPE, ""),
        (tags::PHOTOMETRIC_INTERPRETATION, "RGB"),
        (tags::NUMBER_OF_FRAMES, "1"),
        (tags::FRAME_TIME, "40"),
        (tags::PIXEL_SPACING, "0.02\\0.02"),
    ])
    .set(tags::SYNCHRONIZATION_FRAME_OF_REFERENCE_UID, "2.25.7020754649")
    .set(tags::FRAME_INCREMENT_POINTER, vec![0x18u8, 0, 0x63, 0x10])
    .set(
        tags::ACQUISITION_DEVICE_TYPE_CODE_SEQUENCE,
        vec![code("409898007", "SCT", "Fundus Camera")],
    )
    .set(tags::ANATOMIC_REGION_SEQUENCE, vec![code("5665001", "SCT", "Retina")]);
    for empty in [
        tags::ACQUISITION_CONTEXT_SEQUENCE,
        tags::REFRACTIVE_STATE_SEQUENCE,
        tags::ILLUMINATION_TYPE_CODE_SEQUENCE,
        tags::LIGHT_PATH_FILTER_TYPE_STACK_CODE_SEQUENCE,
        tags::IMAGE_PATH_FILTER_TYPE_STACK_CODE_SEQUENCE,
        tags::LENSES_CODE_SEQUENCE,
    ] {
        o.set(empty, Vec::<Attributes>::new());
    }
    let mut picture = Picture::new(240, 240, 0);
    picture.ellipse((0.5, 0.5), (0.48, 0.48), 210, 90);
    picture.ellipse((0.66, 0.48), (0.08, 0.09), 250, 20);
    o.set(tags::SAMPLES_PER_PIXEL, 3u16)
        .set(tags::PLANAR_CONFIGURATION, 0u16)
        .set(tags::ROWS, 240u16)
        .set(tags::COLUMNS, 240u16)
        .set(tags::BITS_ALLOCATED, 8u16)
        .set(tags::BITS_STORED, 8u16)
        .set(tags::HIGH_BIT, 7u16)
        .set(tags::PIXEL_REPRESENTATION, 0u16)
        .set_as(tags::PIXEL_DATA, VR::OW, picture.retina());
    o
}

/// An MR whose vendor repeats the patient's name in attributes of its own (PS3.3 A.4).
fn private(person: &Person, study: u16) -> Attributes {
    let mut o = object(person, study, 1, uids::MR_IMAGE_STORAGE, "MR");
    plane(&mut o, study, 1);
    o.set_all(&[
        (tags::IMAGE_TYPE, "ORIGINAL\\PRIMARY\\OTHER"),
        (tags::BODY_PART_EXAMINED, "KNEE"),
        (tags::LATERALITY, "L"),
        (tags::SCANNING_SEQUENCE, "SE"),
        (tags::SEQUENCE_VARIANT, "NONE"),
        (tags::SCAN_OPTIONS, ""),
        (tags::MR_ACQUISITION_TYPE, "2D"),
        (tags::REPETITION_TIME, "600"),
        (tags::ECHO_TIME, "20"),
        (tags::ECHO_TRAIN_LENGTH, "1"),
    ])
    .set_as(Tag(0x0019, 0x0010), VR::LO, "MADE UP MACHINES")
    .set_as(Tag(0x0019, 0x1001), VR::LO, person.charset.encode(person.name))
    .set_as(Tag(0x0019, 0x1002), VR::UN, person.charset.encode(person.id));
    let mut picture = Picture::new(192, 192, 10);
    picture.ellipse((0.5, 0.5), (0.28, 0.45), 900, 500);
    grey(&mut o, &picture, 16);
    o
}

/// A CT in whose software version, which the profile keeps, somebody typed the patient's name.
fn leak(person: &Person, study: u16) -> Attributes {
    let mut o = ct(person, study, 1, "CHEST");
    o.set(tags::SOFTWARE_VERSIONS, "SUZUKI HANAKO");
    o
}

/// A text report (PS3.3 A.35.1).
fn report(person: &Person, study: u16) -> Attributes {
    let mut o = object(person, study, 1, uids::BASIC_TEXT_SR_STORAGE, "SR");
    let mut sentence = Attributes::new();
    sentence
        .set_all(&[(tags::RELATIONSHIP_TYPE, "CONTAINS"), (tags::VALUE_TYPE, "TEXT")])
        .set(tags::CONCEPT_NAME_CODE_SEQUENCE, vec![code("121071", "DCM", "Finding")])
        .set(tags::TEXT_VALUE, person.charset.encode("高橋美智子様、胸部に異常なし。"));
    o.set_all(&[
        (tags::VALUE_TYPE, "CONTAINER"),
        (tags::CONTINUITY_OF_CONTENT, "SEPARATE"),
        (tags::COMPLETION_FLAG, "COMPLETE"),
        (tags::VERIFICATION_FLAG, "UNVERIFIED"),
    ])
    .set(tags::REFERENCED_PERFORMED_PROCEDURE_STEP_SEQUENCE, Vec::<Attributes>::new())
    .set(tags::PERFORMED_PROCEDURE_CODE_SEQUENCE, Vec::<Attributes>::new())
    .set(tags::CONCEPT_NAME_CODE_SEQUENCE, vec![code("18748-4", "LN", "Diagnostic Imaging Report")])
    .set(tags::CONTENT_SEQUENCE, vec![sentence]);
    o
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_identities_are_in_the_objects() {
        for study in all() {
            let raw: Vec<u8> = study.objects.iter().flat_map(Attributes::encode).collect();
            for value in [study.person.id, study.person.birth_date, HOSPITAL] {
                assert!(raw.windows(value.len()).any(|w| w == value.as_bytes()), "{}", study.title);
            }
            assert!(identities(&study).iter().all(|v| v.chars().count() > 1), "{}", study.title);
        }
    }
}
