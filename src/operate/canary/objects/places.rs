//! Canaries in which the identity stands where it is not looked for.

use dicom_core::{Tag, VR};
use dicom_dictionary_std::{tags, uids};

use super::{Canary, DESCRIBED, EVERYTHING, PATIENT, changed, items, text};
use crate::operate::demo::{
    objects::{Attributes, code},
    pictures::Picture,
    studies::{HOSPITAL, STATION, grey},
};

/// A maker's own attributes that nobody knows.
pub(super) fn private_unknown() -> Canary {
    let mut inside = Attributes::new();
    inside.set_as(Tag(0x0029, 0x0010), VR::LO, "MADE UP MACHINES").set_as(
        Tag(0x0029, 0x1001),
        VR::PN,
        text(PATIENT.name),
    );
    changed("private-unknown", |o| {
        o.set_as(Tag(0x0029, 0x0010), VR::LO, "MADE UP MACHINES")
            .set_as(Tag(0x0029, 0x1001), VR::LO, text("山田太郎"))
            .set_as(Tag(0x0029, 0x1002), VR::UN, PATIENT.id)
            .set_as(Tag(0x0029, 0x1003), VR::OB, "Yamada Tarou 1970-03-02")
            .set_as(Tag(0x0029, 0x1004), VR::DA, PATIENT.birth_date)
            .set_as(Tag(0x0029, 0x1005), VR::SQ, items(inside));
    })
}

/// Words in attributes that PS3.15 Table E.3.10-1 knows as safe.
pub(super) fn private_safe() -> Canary {
    changed("private-safe-text", |o| {
        o.set_as(Tag(0x2001, 0x0010), VR::LO, "Philips Imaging DD 001")
            .set_as(Tag(0x2001, 0x105D), VR::ST, text("山田太郎 ZZ-0000123"))
            .set_as(Tag(0x2001, 0x106E), VR::SH, "YAMADA TAROU")
            .set_as(Tag(0x0019, 0x0010), VR::LO, "GEMS_ACQU_01")
            .set_as(Tag(0x0019, 0x109E), VR::LO, "Yamada Tarou");
    })
}

/// Numbers there.
pub(super) fn private_safe_number() -> Canary {
    changed("private-safe-number", |o| {
        o.set_as(Tag(0x00E1, 0x0010), VR::LO, "ELSCINT1").set_as(
            Tag(0x00E1, 0x1021),
            VR::DS,
            PATIENT.birth_date,
        );
    })
}

/// A maker that says of its attributes that they name nobody (0008,0303), and is wrong.
pub(super) fn private_declared_safe() -> Canary {
    let mut said = Attributes::new();
    said.set(tags::PRIVATE_GROUP_REFERENCE, 0x0029u16)
        .set(tags::PRIVATE_CREATOR_REFERENCE, "MADE UP MACHINES")
        .set(tags::BLOCK_IDENTIFYING_INFORMATION_STATUS, "SAFE");
    changed("private-declared-safe", |o| {
        o.set(tags::PRIVATE_DATA_ELEMENT_CHARACTERISTICS_SEQUENCE, items(said))
            .set_as(Tag(0x0029, 0x0010), VR::LO, "MADE UP MACHINES")
            .set_as(Tag(0x0029, 0x1001), VR::LO, text("山田太郎"))
            .set_as(Tag(0x0029, 0x1002), VR::SH, PATIENT.id);
    })
}

/// Attributes of the standard, written as UN (PS3.5 6.2.2).
pub(super) fn unknown_vr() -> Canary {
    changed("unknown-vr", |o| {
        o.set_as(tags::PATIENT_NAME, VR::UN, text(PATIENT.name))
            .set_as(tags::STUDY_DESCRIPTION, VR::UN, text(EVERYTHING))
            .set_as(tags::MANUFACTURER, VR::UN, "Yamada Tarou")
            .set_as(tags::KVP, VR::UN, PATIENT.birth_date);
    })
}

/// A sequence inside UN, which is then Implicit VR Little Endian.
pub(super) fn unknown_sequence() -> Canary {
    let element = |tag: Tag, value: &[u8]| {
        let mut out = Vec::new();
        out.extend_from_slice(&tag.group().to_le_bytes());
        out.extend_from_slice(&tag.element().to_le_bytes());
        out.extend_from_slice(&u32::try_from(value.len()).unwrap_or(u32::MAX).to_le_bytes());
        out.extend_from_slice(value);
        out
    };
    let inside = [
        element(tags::PATIENT_NAME, b"Yamada^Tarou"),
        element(tags::PATIENT_ID, b"ZZ-0000123"),
        element(tags::PATIENT_BIRTH_DATE, b"19700302"),
    ];
    let item = element(Tag(0xFFFE, 0xE000), &inside.concat());
    changed("unknown-sequence", |o| {
        o.set_as(tags::REQUEST_ATTRIBUTES_SEQUENCE, VR::UN, item.clone())
            .set_as(tags::REFERENCED_IMAGE_SEQUENCE, VR::UN, item.clone())
            .set_as(tags::ACQUISITION_CONTEXT_SEQUENCE, VR::UN, item);
    })
}

/// An overlay whose words and bits are the patient's, and a curve.
pub(super) fn overlay() -> Canary {
    let at = |element| Tag(0x6000, element);
    changed("overlay", |o| {
        o.set_as(at(0x0010), VR::US, 16u16)
            .set_as(at(0x0011), VR::US, 16u16)
            .set_as(at(0x0022), VR::LO, text("山田太郎"))
            .set_as(at(0x0040), VR::CS, "G")
            .set_as(at(0x0050), VR::SS, vec![1u8, 0, 1, 0])
            .set_as(at(0x0100), VR::US, 1u16)
            .set_as(at(0x0102), VR::US, 0u16)
            .set_as(at(0x1500), VR::LO, "Yamada Tarou")
            .set_as(at(0x3000), VR::OW, b"ZZ-0000123 Yamada Tarou 19700302".to_vec())
            .set_as(Tag(0x5000, 0x0022), VR::LO, "Yamada Tarou")
            .set_as(Tag(0x5000, 0x3000), VR::OW, b"ZZ-0000123".to_vec());
    })
}

/// A small picture beside the image.
pub(super) fn icon() -> Canary {
    let mut picture = Attributes::new();
    grey(&mut picture, &Picture::new(4, 4, 9), 16);
    picture.set_as(tags::PIXEL_DATA, VR::OW, b"ZZ-0000123 Yamada Tarou 19700302".to_vec());
    changed("icon", |o| {
        o.set(tags::ICON_IMAGE_SEQUENCE, items(picture));
    })
}

/// Identity in the items of sequences, and deep below.
pub(super) fn nested() -> Canary {
    let mut patient = Attributes::new();
    patient
        .set(tags::PATIENT_NAME, text(PATIENT.name))
        .set(tags::PATIENT_ID, PATIENT.id)
        .set(tags::ISSUER_OF_PATIENT_ID, HOSPITAL);
    let mut original = Attributes::new();
    original
        .set(tags::ATTRIBUTE_MODIFICATION_DATE_TIME, "20251103101500")
        .set(tags::MODIFYING_SYSTEM, STATION)
        .set(tags::MODIFIED_ATTRIBUTES_SEQUENCE, items(patient.clone()));
    let mut deep = patient.clone();
    deep.set(tags::IMAGE_COMMENTS, text(EVERYTHING));
    for _ in 0..8 {
        let mut around = Attributes::new();
        around
            .set(tags::MANUFACTURER, "Yamada Tarou")
            .set(tags::SOURCE_IMAGE_SEQUENCE, items(deep));
        deep = around;
    }
    let mut reference = patient.clone();
    reference
        .set(tags::REFERENCED_SOP_CLASS_UID, uids::CT_IMAGE_STORAGE)
        .set(tags::REFERENCED_SOP_INSTANCE_UID, "1.2.392.99999.4649.4");
    changed("nested", |o| {
        o.set(tags::OTHER_PATIENT_I_DS_SEQUENCE, items(patient.clone()))
            .set(tags::REFERENCED_PATIENT_SEQUENCE, items(reference.clone()))
            .set(tags::REFERENCED_STUDY_SEQUENCE, items(reference.clone()))
            .set(tags::REFERENCED_IMAGE_SEQUENCE, items(reference))
            .set(tags::ORIGINAL_ATTRIBUTES_SEQUENCE, items(original))
            .set(tags::SOURCE_IMAGE_SEQUENCE, items(deep));
    })
}

/// The birth date in attributes of dates, times and numbers.
pub(super) fn dates() -> Canary {
    changed("dates", |o| {
        o.set_all(&[
            (tags::ACQUISITION_DATE_TIME, "19700302101500.000000+0900"),
            (tags::PERFORMED_PROCEDURE_STEP_START_DATE, "19700302"),
            (tags::CALIBRATION_DATE, "19700302"),
            (tags::DATE_OF_LAST_CALIBRATION, "1970.03.02"),
            (tags::PATIENT_BIRTH_TIME, "101500"),
            (tags::PATIENT_BIRTH_DATE_IN_ALTERNATIVE_CALENDAR, "S45.3.2"),
            (tags::EXPOSURE_TIME, "19700302"),
            (tags::TABLE_HEIGHT, "19700302"),
        ]);
    })
}

/// The birth date as people write it.
pub(super) fn dates_in_texts() -> Canary {
    let said = "born March 2, 1970 (02-MAR-1970, 03/02/1970, 1970.03.02, 1970年3月2日, S45.03.02)";
    changed("dates-in-texts", |o| {
        for tag in DESCRIBED {
            o.set(tag, text(said));
        }
    })
}

/// Names and numbers as codes and their meanings.
pub(super) fn code_meanings() -> Canary {
    let mut typed = code("ZZ-0000123", "99KMH", "");
    typed.set(tags::CODE_MEANING, text("山田太郎 CT"));
    let standard = code("51185008", "SCT", "Yamada Tarou");
    let mut request = Attributes::new();
    request.set(tags::REQUESTED_PROCEDURE_CODE_SEQUENCE, items(typed.clone()));
    changed("code-meanings", |o| {
        o.set(tags::PROCEDURE_CODE_SEQUENCE, items(typed.clone()))
            .set(tags::ANATOMIC_REGION_SEQUENCE, items(standard))
            .set(tags::INSTITUTION_CODE_SEQUENCE, items(code("ZZACC4649", "99KMH", HOSPITAL)))
            .set(tags::REQUEST_ATTRIBUTES_SEQUENCE, items(request));
    })
}

/// UIDs made from the birth date and the ID.
pub(super) fn uids_of_dates() -> Canary {
    let mut image = Attributes::new();
    image
        .set(tags::REFERENCED_SOP_CLASS_UID, "1.2.840.10008.19700302.1")
        .set(tags::REFERENCED_SOP_INSTANCE_UID, "1.2.392.99999.4649.19700302.123");
    changed("uids", |o| {
        o.set_all(&[
            (tags::FRAME_OF_REFERENCE_UID, "1.2.392.99999.4649.19700302"),
            (tags::IRRADIATION_EVENT_UID, "1.2.392.99999.4649.5"),
            (tags::DEVICE_UID, "1.2.392.99999.4649.6"),
            (tags::INSTANCE_CREATOR_UID, "1.2.392.99999.4649.7"),
            (tags::IMAGE_COMMENTS, "copy of 1.2.392.99999.4649.19700302.123"),
        ])
        .set(tags::REFERENCED_IMAGE_SEQUENCE, items(image));
    })
}

/// Elements behind Pixel Data.
pub(super) fn behind_the_pixels() -> Canary {
    changed("behind-the-pixels", |o| {
        o.set_as(Tag(0x7FE1, 0x0010), VR::LO, "MADE UP MACHINES")
            .set_as(Tag(0x7FE1, 0x1001), VR::LO, "Yamada Tarou")
            .set_as(Tag(0xFFFC, 0xFFFC), VR::OB, b"ZZ-0000123 Yamada Tarou".to_vec());
    })
}

/// The ID among the pixels' bytes.
pub(super) fn in_the_pixels() -> Canary {
    changed("in-the-pixels", |o| {
        o.set_as(
            tags::PIXEL_DATA,
            VR::OW,
            b"\0\x01ZZ-0000123\x05\0\x07\0\x09\0\x0b\0\x0d\0\x0f\0\x11\0\x13\0\x15\0\x17\0"
                .to_vec(),
        );
    })
}

/// Identifiers typed into attributes that every profile keeps, one in each object: each must be found by itself.
pub(super) fn typed() -> Vec<Canary> {
    let known: [(&str, &str); 11] = [
        ("typed-name", "YAMADA TAROU"),
        ("typed-kanji", "山田太郎"),
        ("typed-kana", "ヤマダ タロウ"),
        ("typed-patient-id", "ZZ-0000123"),
        ("typed-accession", "ZZACC4649"),
        ("typed-birth-date", "1970-03-02"),
        ("typed-telephone", "03-0000-4649"),
        ("typed-staff", "Kasou Ichirou"),
        ("typed-institution", HOSPITAL),
        ("typed-station", STATION),
        ("typed-serial-number", "ZZSN4649"),
    ];
    let places = [tags::SOFTWARE_VERSIONS, tags::MANUFACTURER, tags::MANUFACTURER_MODEL_NAME];
    let mut all: Vec<Canary> = known
        .iter()
        .zip(places.iter().cycle())
        .map(|((id, value), place)| {
            changed(id, |o| {
                o.set(*place, text(value));
            })
        })
        .collect();
    all.push(changed("typed-term", |o| {
        o.set_all(&[(tags::BODY_PART_EXAMINED, "YAMADA"), (tags::SCAN_OPTIONS, "ZZ_0000123")]);
    }));
    all.push(changed("typed-mother", |o| {
        o.set(tags::PATIENT_MOTHER_BIRTH_NAME, "Suzuki^Hanayo")
            .set(tags::SOFTWARE_VERSIONS, "for Hanayo");
    }));
    all
}
